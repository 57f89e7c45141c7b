/*
 * batch.c - sealing and checking of headers; the bytes are in FORMAT.md.
 */
#include "engine/storage/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/panic.h"

#define BATCH_MAGIC   UINT64_C(0x4843544142534146) /* "FASBATCH" */
#define SEGMENT_MAGIC UINT64_C(0x544d474553534146) /* "FASSEGMT" */
#define BATCH_FLAGS   (FASTI_BATCH_FLAG_SEAL | FASTI_BATCH_FLAG_CLEAN | FASTI_BATCH_FLAG_IDLE)
#define CHECKED_BYTES 240 /* of a header, by its checksum */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the structs are the bytes on disk");

#define AT(type, field, place) \
    _Static_assert(offsetof(struct type, field) == (place), #field " has its place on disk")

_Static_assert(sizeof(struct fasti_batch_header) == FASTI_HEADER_BYTES, "batch header");
AT(fasti_batch_header, magic, 0);
AT(fasti_batch_header, format_version, 8);
AT(fasti_batch_header, header_bytes, 12);
AT(fasti_batch_header, flags, 14);
AT(fasti_batch_header, log_id, 16);
AT(fasti_batch_header, segment, 32);
AT(fasti_batch_header, offset, 40);
AT(fasti_batch_header, lsn_first, 48);
AT(fasti_batch_header, effect_count, 56);
AT(fasti_batch_header, payload_bytes, 60);
AT(fasti_batch_header, total_bytes, 64);
AT(fasti_batch_header, reserved_a, 68);
AT(fasti_batch_header, epoch, 72);
AT(fasti_batch_header, lsn_watermark, 80);
AT(fasti_batch_header, logged_ms, 88);
AT(fasti_batch_header, digest, 96);
AT(fasti_batch_header, previous, 112);
AT(fasti_batch_header, key_id, 128);
AT(fasti_batch_header, nonce, 136);
AT(fasti_batch_header, tag, 160);
AT(fasti_batch_header, term, 176);
AT(fasti_batch_header, replica_id, 184);
AT(fasti_batch_header, reserved_b, 192);
AT(fasti_batch_header, body_checksum, 208);
AT(fasti_batch_header, reserved_c, 224);
AT(fasti_batch_header, checksum, CHECKED_BYTES);

_Static_assert(sizeof(struct fasti_segment_header) == FASTI_HEADER_BYTES, "segment header");
AT(fasti_segment_header, magic, 0);
AT(fasti_segment_header, format_version, 8);
AT(fasti_segment_header, header_bytes, 12);
AT(fasti_segment_header, state, 14);
AT(fasti_segment_header, log_id, 16);
AT(fasti_segment_header, number, 32);
AT(fasti_segment_header, segment_bytes, 40);
AT(fasti_segment_header, lsn_first, 48);
AT(fasti_segment_header, created_ms, 56);
AT(fasti_segment_header, chain, 64);
AT(fasti_segment_header, reserved, 80);
AT(fasti_segment_header, checksum, CHECKED_BYTES);

bool fasti_bytes_are_zero(const void *bytes, size_t size) {
    const uint8_t *b = bytes;
    return size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0);
}

void fasti_batch_header_seal(struct fasti_batch_header *header, const void *body) {
    FASTI_ASSERT(header->total_bytes == fasti_batch_total_bytes(header->payload_bytes));
    header->magic = BATCH_MAGIC;
    header->format_version = FASTI_FORMAT_VERSION;
    header->header_bytes = FASTI_HEADER_BYTES;
    header->body_checksum = fasti_hash128(body, fasti_batch_body_bytes(header));
    header->checksum = fasti_hash128(header, CHECKED_BYTES);
}

void fasti_segment_header_seal(struct fasti_segment_header *header) {
    header->magic = SEGMENT_MAGIC;
    header->format_version = FASTI_FORMAT_VERSION;
    header->header_bytes = FASTI_HEADER_BYTES;
    header->checksum = fasti_hash128(header, CHECKED_BYTES);
}

enum fasti_header_state fasti_envelope_check(const void *bytes, uint64_t magic) {
    struct fasti_hash128 checksum;
    uint64_t magic_found;
    uint32_t version;
    memcpy(&magic_found, bytes, sizeof magic_found);
    if (magic_found != magic) {
        return fasti_bytes_are_zero(bytes, FASTI_HEADER_BYTES) ? FASTI_HEADER_ZERO
                                                               : FASTI_HEADER_DAMAGED;
    }
    memcpy(&checksum, (const uint8_t *)bytes + CHECKED_BYTES, sizeof checksum);
    if (!fasti_hash128_equal(checksum, fasti_hash128(bytes, CHECKED_BYTES)))
        return FASTI_HEADER_DAMAGED;
    memcpy(&version, (const uint8_t *)bytes + 8, sizeof version);
    return version == FASTI_FORMAT_VERSION ? FASTI_HEADER_VALID : FASTI_HEADER_OTHER;
}

enum fasti_header_state fasti_batch_header_check(const void *bytes,
                                                 struct fasti_batch_header *header) {
    const enum fasti_header_state state = fasti_envelope_check(bytes, BATCH_MAGIC);
    if (state != FASTI_HEADER_VALID)
        return state;
    memcpy(header, bytes, sizeof *header);
    /* The checksum holds, so a contradiction below was sealed by something that is not Fasti. */
    const bool agrees =
        header->header_bytes == FASTI_HEADER_BYTES && (header->flags & ~BATCH_FLAGS) == 0 &&
        header->payload_bytes <= FASTI_BATCH_BYTES_MAX - FASTI_BATCH_OVERHEAD_BYTES &&
        header->total_bytes == fasti_batch_total_bytes(header->payload_bytes) &&
        (header->effect_count > 0 || header->payload_bytes == 0) &&
        header->lsn_watermark <= header->lsn_first && header->lsn_first > 0 &&
        header->lsn_first < FASTI_LOG_COUNTER_END - header->effect_count &&
        header->epoch < FASTI_LOG_COUNTER_END;
    return agrees ? FASTI_HEADER_VALID : FASTI_HEADER_DAMAGED;
}

enum fasti_header_state fasti_segment_header_check(const void *bytes,
                                                   struct fasti_segment_header *header) {
    const enum fasti_header_state state = fasti_envelope_check(bytes, SEGMENT_MAGIC);
    if (state != FASTI_HEADER_VALID)
        return state;
    memcpy(header, bytes, sizeof *header);
    const bool agrees = header->header_bytes == FASTI_HEADER_BYTES &&
                        header->segment_bytes % FASTI_BLOCK_BYTES == 0 &&
                        header->segment_bytes >= FASTI_SEGMENT_BYTES_MIN &&
                        header->segment_bytes <= FASTI_SEGMENT_BYTES_MAX &&
                        (header->state == FASTI_SEGMENT_PREPARED ||
                         (header->state == FASTI_SEGMENT_ACTIVE && header->lsn_first > 0 &&
                          header->lsn_first < FASTI_LOG_COUNTER_END));
    return agrees ? FASTI_HEADER_VALID : FASTI_HEADER_DAMAGED;
}

bool fasti_batch_body_is_sound(const struct fasti_batch_header *header, const void *body) {
    return fasti_hash128_equal(header->body_checksum,
                               fasti_hash128(body, fasti_batch_body_bytes(header)));
}

void fasti_segment_name(char name[FASTI_IO_NAME_BYTES_MAX + 1], uint64_t number) {
    snprintf(name, FASTI_IO_NAME_BYTES_MAX + 1, "log-%016" PRIx64, number);
}

bool fasti_number_parse(const char *digits, uint64_t *number) {
    uint64_t value = 0;
    for (const char *c = digits; *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9')
            value = value << 4 | (uint64_t)(*c - '0');
        else if (*c >= 'a' && *c <= 'f')
            value = value << 4 | (uint64_t)(*c - 'a' + 10);
        else
            return false;
    }
    *number = value;
    return value > 0 && value < FASTI_LOG_COUNTER_END;
}

bool fasti_segment_name_parse(const char *name, uint64_t *number) {
    return strlen(name) == 20 && memcmp(name, "log-", 4) == 0 &&
           fasti_number_parse(name + 4, number);
}
