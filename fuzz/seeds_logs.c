/*
 * seeds_logs.c - seeds of fuzz_log: segments as pieces on files of zeros, sealed by the fuzzer.
 */
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/effect.h"
#include "engine/calendar/cell.h"
#include "engine/storage/batch.h"
#include "fuzz/seeds.h"

#define BLOCKS 8 /* of each file */

enum { SEAL = 1, LINK = 2, COPY = 4 }; /* as in fuzz_log.c */

static uint8_t bytes[4096];
static struct fasti_writer writer;

static const struct fasti_log_id log_id = {1, 2};
static uint64_t epoch = 1;

static void begin(uint8_t flags, uint8_t file_count) {
    writer = (struct fasti_writer){.bytes = bytes, .capacity = sizeof bytes};
    fasti_write_u8(&writer, flags);
    fasti_write_u8(&writer, 1);
    for (uint8_t f = 0; f < 3; f++) {
        fasti_write_u8(&writer, f < file_count ? BLOCKS : 0);
        fasti_write_u8(&writer, 0);
    }
}

static void end(const char *name) {
    FASTI_ASSERT(!writer.failed);
    seed_write("fuzz_log", name, bytes, writer.size);
}

/* At most 256 bytes of a file. */
static void piece(uint8_t file, uint8_t block, uint8_t place, const void *data, size_t size) {
    FASTI_ASSERT(size > 0 && size <= 256);
    fasti_write_u8(&writer, file);
    fasti_write_u8(&writer, block);
    fasti_write_u8(&writer, place);
    fasti_write_u8(&writer, (uint8_t)size);
    fasti_write(&writer, data, size);
}

static void segment(uint8_t file, uint16_t state, uint64_t lsn_first) {
    struct fasti_segment_header header = {.state = state,
                                          .log_id = log_id,
                                          .number = 1u + file,
                                          .segment_bytes = BLOCKS * FASTI_BLOCK_BYTES,
                                          .lsn_first = lsn_first};
    fasti_segment_header_seal(&header);
    piece(file, 0, 0, &header, sizeof header);
}

/* A batch of one block. */
static void batch(uint8_t file, uint8_t block, uint16_t flags, uint64_t lsn, const uint8_t *payload,
                  uint32_t size, uint32_t effects) {
    static uint8_t body[FASTI_BLOCK_BYTES];
    struct fasti_batch_header header = {.flags = flags,
                                        .log_id = log_id,
                                        .segment = 1u + file,
                                        .offset = (uint64_t)block * FASTI_BLOCK_BYTES,
                                        .lsn_first = lsn,
                                        .effect_count = effects,
                                        .payload_bytes = size,
                                        .total_bytes = fasti_batch_total_bytes(size),
                                        .epoch = epoch,
                                        .lsn_watermark = lsn,
                                        .logged_ms = 1000};
    fasti_batch_header_seal(&header, body);
    piece(file, block, 0, &header, sizeof header);
    if (size > 0)
        piece(file, block, 16, payload, size);
}

static void seal_batch(uint8_t file, uint64_t lsn) {
    batch(file, 2, FASTI_BATCH_FLAG_SEAL, lsn, NULL, 0, 0);
}

/* Effects that replay to the empty digest: versions that came to nothing. */
static uint32_t nothings(uint8_t effects[256], uint32_t from_version, uint32_t count) {
    struct fasti_writer out = {.bytes = effects, .capacity = 256};
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_effect_cell cell = {.id = fasti_cell_id_config(),
                                               .from_version = from_version + i};
        const struct fasti_effect_header header = {.size_bytes = sizeof header + sizeof cell,
                                                   .kind = FASTI_EFFECT_NOTHING,
                                                   .cell_count = 1,
                                                   .decided_ms = 1000};
        fasti_effect_begin(&out, &header, &cell);
    }
    FASTI_ASSERT(!out.failed);
    return (uint32_t)out.size;
}

void seeds_of_logs(void) {
    uint8_t effects[256];
    begin(SEAL | LINK | COPY, 1);
    segment(0, FASTI_SEGMENT_ACTIVE, 1);
    seal_batch(0, 1);
    batch(0, 3, 0, 1, effects, nothings(effects, 0, 2), 2);
    batch(0, 4, 0, 3, effects, nothings(effects, 2, 1), 1);
    batch(0, 5, FASTI_BATCH_FLAG_CLEAN, 4, NULL, 0, 0);
    end("one-segment");

    begin(SEAL | LINK | COPY, 3);
    segment(0, FASTI_SEGMENT_ACTIVE, 1);
    seal_batch(0, 1);
    batch(0, 3, 0, 1, effects, nothings(effects, 0, 3), 3);
    segment(1, FASTI_SEGMENT_ACTIVE, 4);
    batch(1, 2, 0, 4, effects, nothings(effects, 3, 1), 1);
    segment(2, FASTI_SEGMENT_PREPARED, 0);
    end("three-segments");

    begin(SEAL | LINK | COPY, 1); /* bit 7 of the file: damage after sealing */
    segment(0, FASTI_SEGMENT_ACTIVE, 1);
    seal_batch(0, 1);
    batch(0, 3, 0, 1, effects, nothings(effects, 0, 1), 1);
    memset(effects, 0, sizeof effects);
    piece(0x80, 3, 0, effects, 256);
    piece(0x80, 3, 16, effects, 256);
    end("torn");

    begin(SEAL | LINK, 2); /* no copies */
    segment(0, FASTI_SEGMENT_ACTIVE, 1);
    seal_batch(0, 1);
    batch(0, 3, FASTI_BATCH_FLAG_IDLE, 1, NULL, 0, 0);
    segment(1, FASTI_SEGMENT_PREPARED, 0);
    end("without-copies");

    /* One more start is possible, and none. */
    for (uint64_t left = 1; left <= 2; left++) {
        epoch = FASTI_LOG_COUNTER_END - left;
        begin(SEAL | LINK | COPY, 2);
        segment(0, FASTI_SEGMENT_ACTIVE, 1);
        seal_batch(0, 1);
        segment(1, FASTI_SEGMENT_PREPARED, 0);
        end(left == 1 ? "last-epoch" : "last-epoch-but-one");
    }
    epoch = 1;
}
