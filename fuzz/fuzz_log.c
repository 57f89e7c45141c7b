/*
 * fuzz_log.c - bytes as segment files on the simulated disk: read, verified, dumped, replayed, and
 * where they are a log, opened for writing and read again.
 *
 *   flags | number of the first | a file's blocks, sectors behind them (x FILES) | pieces ...
 *   piece: file | block | place / 16 | length | bytes          on files of zeros
 *
 * Where the flags say so, headers are sealed with right checksums before the pieces of damage (bit
 * 7 of the file) are put on them, so that the fuzzer gets past the checksums. Reading never
 * changes the disk; what it accepts can be opened, and reads the same afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/engine.h"
#include "fuzz/inspect.h"
#include "tests/support/log_image.h"

#define FILES      3
#define BLOCKS_MAX 16
#define FILE_BYTES ((BLOCKS_MAX + 1) * FASTI_BLOCK_BYTES)

enum { SEAL = 1, LINK = 2, COPY = 4, STRAY = 8 }; /* flags */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(FASTI_BLOCK_BYTES) uint8_t files[FILES][FILE_BYTES];

struct input {
    const uint8_t *bytes;
    size_t left;
};

static uint8_t take(struct input *input) {
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->bytes++;
}

/* Puts the pieces on the files: those of damage, or the others. */
static void pieces_put(struct input input, bool is_damage) {
    while (input.left >= 5) {
        const uint8_t file = take(&input);
        const size_t block = take(&input) % (BLOCKS_MAX + 1);
        const size_t place = block * FASTI_BLOCK_BYTES + (size_t)take(&input) * 16;
        size_t length = take(&input);
        length = length == 0 ? 256 : length;
        length = length < input.left ? length : input.left;
        length = length < FILE_BYTES - place ? length : FILE_BYTES - place;
        if ((file >> 7) == is_damage)
            memcpy(files[file % FILES] + place, input.bytes, length);
        input.bytes += length;
        input.left -= length;
    }
}

/* Seals the batch at `at` and writes its copy; returns its size, 0 if there is none. */
static size_t batch_seal(uint8_t *at, size_t room, uint8_t flags, struct fasti_hash128 *chain) {
    struct fasti_batch_header header;
    memcpy(&header, at, sizeof header);
    if (memcmp(at, "FASBATCH", 8) != 0 || header.total_bytes % FASTI_BLOCK_BYTES != 0 ||
        header.total_bytes == 0 || header.total_bytes > room)
        return 0;
    if ((flags & LINK) != 0)
        header.previous = *chain;
    header.body_checksum = fasti_hash128(at + sizeof header, fasti_batch_body_bytes(&header));
    header.checksum = fasti_hash128(&header, offsetof(struct fasti_batch_header, checksum));
    *chain = header.checksum;
    memcpy(at, &header, sizeof header);
    if ((flags & COPY) != 0)
        memcpy(at + header.total_bytes - sizeof header, &header, sizeof header);
    return header.total_bytes;
}

static void segment_seal(uint8_t *at, uint8_t flags, struct fasti_hash128 chain) {
    struct fasti_segment_header header;
    memcpy(&header, at, sizeof header);
    if (memcmp(at, "FASSEGMT", 8) != 0)
        return;
    if ((flags & LINK) != 0 && header.state == FASTI_SEGMENT_ACTIVE)
        header.chain = chain;
    header.checksum = fasti_hash128(&header, offsetof(struct fasti_segment_header, checksum));
    memcpy(at, &header, sizeof header);
}

static void files_seal(uint8_t flags) {
    struct fasti_hash128 chain = {0, 0};
    for (uint32_t f = 0; f < FILES; f++) {
        segment_seal(files[f], flags, chain);
        segment_seal(files[f] + FASTI_BLOCK_BYTES, flags, chain);
        if ((flags & COPY) != 0 && memcmp(files[f], "FASSEGMT", 8) == 0)
            memcpy(files[f] + FASTI_BLOCK_BYTES, files[f], FASTI_HEADER_BYTES);
        for (size_t at = FASTI_SEGMENT_HEADERS_BYTES; at < FILE_BYTES;) {
            const size_t bytes = batch_seal(files[f] + at, FILE_BYTES - at, flags, &chain);
            at += bytes == 0 ? FASTI_BLOCK_BYTES : bytes;
        }
    }
}

static struct fasti_sim_disk *disk_make(struct input input) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    size_t sizes[FILES];
    memset(files, 0, sizeof files);
    const uint8_t flags = take(&input);
    const uint64_t first = take(&input) % 4;
    for (uint32_t f = 0; f < FILES; f++) {
        sizes[f] = (size_t)take(&input) % (BLOCKS_MAX + 1) * FASTI_BLOCK_BYTES;
        sizes[f] += (size_t)take(&input) % 8 * FASTI_SECTOR_BYTES;
    }
    pieces_put(input, false);
    if ((flags & SEAL) != 0)
        files_seal(flags);
    pieces_put(input, true);
    for (uint32_t f = 0; f < FILES; f++) {
        char name[FASTI_IO_NAME_BYTES_MAX + 1];
        fasti_segment_name(name, first == 0 ? FASTI_LOG_COUNTER_END / 2 + f : first + f);
        if (sizes[f] > 0)
            log_image_file(disk, name, files[f], sizes[f]);
    }
    if ((flags & STRAY) != 0)
        log_image_file(disk, "log-00000000000000zz", files[0], FASTI_BLOCK_BYTES);
    return disk;
}

/* ---- what must hold ---- */

/* Everything that a batch shows is readable and adds up. */
static enum fasti_status visit(void *context, const struct fasti_batch *batch,
                               const uint8_t *payload, const struct fasti_log_position *position) {
    uint64_t *effects = context;
    FASTI_ASSERT(position->lsn == batch->lsn_first && position->file[0] != '\0');
    FASTI_ASSERT(batch->lsn_watermark <= batch->lsn_first);
    *effects += batch->effect_count + (fasti_hash64(payload, batch->payload_bytes) == 1);
    return FASTI_OK;
}

static enum fasti_status read_log(struct fasti_io *io, struct fasti_log_report *report) {
    struct fasti_detail detail = {{0}};
    uint64_t effects = 0;
    const enum fasti_status status = fasti_log_read(io, 0, visit, &effects, report, &detail);
    FASTI_ASSERT(status == FASTI_OK || status == FASTI_CORRUPT_LOG ||
                 status == FASTI_UNSUPPORTED_FORMAT);
    FASTI_ASSERT(report->effects == effects);
    if (status == FASTI_OK)
        FASTI_ASSERT(report->lsn_end - report->lsn_start == effects);
    else
        FASTI_ASSERT(detail.text[0] != '\0' && report->where.file[0] != '\0');
    return status;
}

/* A log that was read opens for writing, and then reads as before, with one more epoch. One that
 * has none left is refused, untouched. */
static void open_log(struct fasti_sim_disk *disk, const struct fasti_log_report *before) {
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_detail detail = {{0}};
    struct fasti_log_report after;
    struct fasti_log *log;
    const enum fasti_status status =
        fasti_log_open(io, before, 1000, FASTI_SEGMENT_BYTES_MIN, &log, &detail);
    if (before->epoch == FASTI_LOG_COUNTER_END - 1) {
        FASTI_ASSERT(status == FASTI_CORRUPT_LOG && fasti_sim_disk_write_count(disk) == 0);
        io->operations->close(io);
        return;
    }
    FASTI_ASSERT(status == FASTI_OK);
    fasti_log_close(log, true);
    FASTI_ASSERT(read_log(io, &after) == FASTI_OK);
    FASTI_ASSERT(after.clean && !after.torn && after.effects == before->effects);
    FASTI_ASSERT(after.epoch == before->epoch + 1 && after.logged_ms >= before->logged_ms);
    io->operations->close(io);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fasti_sim_disk *disk = disk_make((struct input){data, size});
    const struct fasti_hash128 hash = log_image_hash(disk);
    fasti_sim_disk_set_faults(disk, &(struct fasti_sim_faults){0}); /* counts from 0 */
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_log_report report;
    const enum fasti_status status = read_log(io, &report);
    io->operations->close(io);
    struct fasti_inspect_report inspected;
    const enum fasti_status verified = fuzz_inspect(disk, FASTI_INSPECT_VERIFY, &inspected);
    FASTI_ASSERT(status == FASTI_OK || verified != FASTI_OK);
    FASTI_ASSERT(fuzz_inspect(disk, FASTI_INSPECT_DUMP, &inspected) == verified);
    if (verified == FASTI_OK && inspected.effects > 0 &&
        fuzz_inspect(disk, FASTI_INSPECT_DIGEST, &inspected) == FASTI_OK)
        FASTI_ASSERT(fasti_hash128_equal(inspected.digest_logged, inspected.digest_computed));
    FASTI_ASSERT(fasti_sim_disk_write_count(disk) == 0);
    FASTI_ASSERT(fasti_hash128_equal(log_image_hash(disk), hash));
    if (status == FASTI_OK)
        open_log(disk, &report);
    fasti_sim_disk_destroy(disk);
    return 0;
}
