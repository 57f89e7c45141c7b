/*
 * log_image.c - see log_image.h.
 */
#include "tests/support/log_image.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"

#define FILES_MAX 64

static const struct fasti_log_id log_id = {0x1111, 0x2222};

void log_image_begin(struct log_image *image, size_t size) {
    FASTI_ASSERT(size >= FASTI_SEGMENT_BYTES_MIN && size % FASTI_BLOCK_BYTES == 0);
    *image = (struct log_image){.size = size, .lsn_next = 1, .epoch = 1};
    image->bytes = aligned_alloc(FASTI_BLOCK_BYTES, size);
    FASTI_ASSERT(image->bytes != NULL);
    memset(image->bytes, 0, size);
    struct fasti_segment_header header = {.state = FASTI_SEGMENT_ACTIVE,
                                          .log_id = log_id,
                                          .number = 1,
                                          .segment_bytes = size,
                                          .lsn_first = 1};
    fasti_segment_header_seal(&header);
    memcpy(image->bytes, &header, sizeof header);
    memcpy(image->bytes + FASTI_BLOCK_BYTES, &header, sizeof header);
    image->used = FASTI_SEGMENT_HEADERS_BYTES;
}

bool log_image_batch(struct log_image *image, const uint8_t *payload, uint32_t payload_bytes,
                     uint32_t effect_count, int64_t logged_ms, struct fasti_hash128 digest) {
    if (payload_bytes > FASTI_BATCH_BYTES_MAX - FASTI_BATCH_OVERHEAD_BYTES)
        return false;
    struct fasti_batch_header header = {
        .log_id = log_id,
        .segment = 1,
        .offset = image->used,
        .lsn_first = image->lsn_next,
        .effect_count = effect_count,
        .payload_bytes = payload_bytes,
        .total_bytes = fasti_batch_total_bytes(payload_bytes),
        .epoch = image->epoch,
        .lsn_watermark = image->lsn_next,
        .logged_ms = logged_ms,
        .digest = digest,
        .previous = image->chain,
    };
    if (header.total_bytes > image->size - image->used)
        return false;
    uint8_t *at = image->bytes + image->used;
    if (payload_bytes > 0)
        memcpy(at + sizeof header, payload, payload_bytes);
    fasti_batch_header_seal(&header, at + sizeof header);
    memcpy(at, &header, sizeof header);
    memcpy(at + header.total_bytes - sizeof header, &header, sizeof header);
    image->used += header.total_bytes;
    image->lsn_next += effect_count;
    image->chain = header.checksum;
    return true;
}

void log_image_place(struct log_image *image, struct fasti_sim_disk *disk) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_segment_name(name, 1);
    log_image_file(disk, name, image->bytes, image->size);
    free(image->bytes);
    image->bytes = NULL;
}

void log_image_file(struct fasti_sim_disk *disk, const char *name, const uint8_t *bytes,
                    size_t size) {
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_io_file file;
    int error;
    const size_t whole = size / FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
    FASTI_ASSERT(size % FASTI_SECTOR_BYTES == 0);
    FASTI_ASSERT(io->operations->create(io, name, &file) == FASTI_OK);
    FASTI_ASSERT(io->operations->allocate(io, file, size, &error) == FASTI_OK);
    if (whole > 0)
        FASTI_ASSERT(io->operations->write(io, file, 0, bytes, whole) == FASTI_OK);
    io->operations->close_file(io, file);
    io->operations->close(io);
}

/* Of one file, block by block. */
static struct fasti_hash128 file_hash(struct fasti_io *io, const struct fasti_io_entry *entry) {
    static _Alignas(FASTI_BLOCK_BYTES) uint8_t block[FASTI_BLOCK_BYTES];
    struct fasti_hash128 sum = fasti_hash128(entry, sizeof *entry);
    struct fasti_io_file file;
    FASTI_ASSERT(io->operations->open(io, entry->name, &file) == FASTI_OK);
    for (uint64_t at = 0; at < entry->size_bytes; at += sizeof block) {
        size_t done;
        FASTI_ASSERT(io->operations->read(io, file, at, block, sizeof block, &done) == FASTI_OK);
        const struct fasti_hash128 pair[2] = {sum, fasti_hash128(block, sizeof block)};
        sum = fasti_hash128(pair, sizeof pair);
    }
    io->operations->close_file(io, file);
    return sum;
}

struct fasti_hash128 log_image_hash(struct fasti_sim_disk *disk) {
    struct fasti_io_entry entries[FILES_MAX];
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_hash128 sum = {0, 0};
    uint32_t count;
    memset(entries, 0, sizeof entries);
    FASTI_ASSERT(io->operations->list(io, entries, FILES_MAX, &count) == FASTI_OK);
    FASTI_ASSERT(count <= FILES_MAX);
    for (uint32_t i = 0; i < count; i++)
        sum = fasti_hash128_add(sum, file_hash(io, &entries[i]));
    io->operations->close(io);
    return sum;
}
