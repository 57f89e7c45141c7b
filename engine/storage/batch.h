/*
 * batch.h - the bytes of batch and segment headers (FORMAT.md), checked and sealed.
 *
 * Both headers are 256 bytes in one envelope whose places never change: magic at 0, format version
 * at 8, header size at 12, XXH3-128 of bytes 0 to 239 at 240. So a header proves itself, with or
 * without its payload, and another version is told from damage.
 *
 *   batch:    | header 256 | body: payload, zeros | copy of the header 256 |   whole blocks
 *   segment:  | header 256, zeros | copy 256, zeros |                          two blocks
 *
 * The structs are the bytes: little endian, fixed offsets, no holes. Pure functions, any thread.
 */
#ifndef FASTI_STORAGE_BATCH_H
#define FASTI_STORAGE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/storage/io.h"

#define FASTI_FORMAT_VERSION        2
#define FASTI_HEADER_BYTES          256
#define FASTI_SECTOR_BYTES          512 /* what a disk writes whole or not at all */
#define FASTI_SEGMENT_BYTES_MIN     (4 * FASTI_BLOCK_BYTES) /* one batch of two blocks; for tests */
#define FASTI_SEGMENT_BYTES_MAX     (UINT64_C(1) << 30)
#define FASTI_SEGMENT_HEADERS_BYTES (2 * FASTI_BLOCK_BYTES)
#define FASTI_BATCH_OVERHEAD_BYTES  (2 * FASTI_HEADER_BYTES)

/* Of segment numbers, LSNs and epochs: what was read can always be counted on from. */
#define FASTI_LOG_COUNTER_END (UINT64_C(1) << 63)

#define FASTI_BATCH_FLAG_SEAL  1 /* the first batch of its epoch */
#define FASTI_BATCH_FLAG_CLEAN 2 /* written by a clean stop */
#define FASTI_BATCH_FLAG_IDLE  4 /* carries only the watermark */

struct fasti_log_id {
    uint64_t low, high;
};

struct fasti_batch_header {
    uint64_t magic;
    uint32_t format_version;
    uint16_t header_bytes;
    uint16_t flags;
    struct fasti_log_id log_id;
    uint64_t segment;
    uint64_t offset; /* of the batch in its segment */
    uint64_t lsn_first;
    uint32_t effect_count;
    uint32_t payload_bytes;
    uint32_t total_bytes; /* of the batch, whole blocks */
    uint32_t reserved_a;
    uint64_t epoch;
    uint64_t lsn_watermark;
    int64_t logged_ms;
    struct fasti_hash128 digest;
    struct fasti_hash128 previous; /* checksum of the batch before */
    uint64_t key_id;               /* 0 = not encrypted; nonce and tag are zero then */
    uint8_t nonce[24];
    uint8_t tag[16];
    uint64_t term;       /* replication; 0 here */
    uint64_t replica_id; /* replication; 0 here */
    uint8_t reserved_b[16];
    struct fasti_hash128 body_checksum; /* of all between header and copy, as stored */
    uint8_t reserved_c[16];
    struct fasti_hash128 checksum;
};

#define FASTI_SEGMENT_PREPARED 1 /* zeroed, holds no batch */
#define FASTI_SEGMENT_ACTIVE   2 /* batches may follow */

struct fasti_segment_header {
    uint64_t magic;
    uint32_t format_version;
    uint16_t header_bytes;
    uint16_t state;
    struct fasti_log_id log_id;
    uint64_t number;
    uint64_t segment_bytes;
    uint64_t lsn_first;         /* of the first batch; 0 while prepared */
    int64_t created_ms;         /* logged time; 0 while prepared */
    struct fasti_hash128 chain; /* checksum of the batch before the first; 0 while prepared */
    uint8_t reserved[160];
    struct fasti_hash128 checksum;
};

enum fasti_header_state {
    FASTI_HEADER_VALID,
    FASTI_HEADER_ZERO,    /* its sector was never written */
    FASTI_HEADER_DAMAGED, /* neither */
    FASTI_HEADER_OTHER,   /* sound, but of another format version */
};

/* Fills magic, version, header size, body_checksum and checksum; the sizes are set. body: all
 * between header and copy, payload and zeros. */
void fasti_batch_header_seal(struct fasti_batch_header *header, const void *body);

/* Fills magic, version, header size and checksum. */
void fasti_segment_header_seal(struct fasti_segment_header *header);

/* What all headers share. VALID: checksum, magic and version hold; the fields are not looked at. */
enum fasti_header_state fasti_envelope_check(const void *bytes, uint64_t magic);

/* VALID also means that sizes and flags agree with each other. bytes: FASTI_HEADER_BYTES of them;
 * ZERO looks at those only. */
enum fasti_header_state fasti_batch_header_check(const void *bytes,
                                                 struct fasti_batch_header *header);
enum fasti_header_state fasti_segment_header_check(const void *bytes,
                                                   struct fasti_segment_header *header);

/* The bytes between header and copy are those that were sealed. */
bool fasti_batch_body_is_sound(const struct fasti_batch_header *header, const void *body);

static inline uint32_t fasti_batch_total_bytes(uint32_t payload_bytes) {
    return (payload_bytes + FASTI_BATCH_OVERHEAD_BYTES + FASTI_BLOCK_BYTES - 1) /
           FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
}

static inline uint32_t fasti_batch_body_bytes(const struct fasti_batch_header *header) {
    return header->total_bytes - FASTI_BATCH_OVERHEAD_BYTES;
}

bool fasti_bytes_are_zero(const void *bytes, size_t size);

/* Lower case hexadecimal digits, at most 16: 1 to FASTI_LOG_COUNTER_END - 1; false: they are not.
 */
bool fasti_number_parse(const char *digits, uint64_t *number);

/* "log-" and sixteen hexadecimal digits. */
void fasti_segment_name(char name[FASTI_IO_NAME_BYTES_MAX + 1], uint64_t number);

/* false: not the name of a segment (numbers are 1 to FASTI_LOG_COUNTER_END - 1). */
bool fasti_segment_name_parse(const char *name, uint64_t *number);

#endif
