/*
 * snapshot.c - headers and names of snapshots; the bytes are in FORMAT.md.
 */
#include "engine/storage/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"

#define SNAPSHOT_MAGIC UINT64_C(0x5350414e53534146) /* "FASSNAPS" */
#define NAME_PREFIX    "snapshot-"
#define NAME_DIGITS    16

#define AT(type, field, place) \
    _Static_assert(offsetof(struct type, field) == (place), #field " has its place on disk")

_Static_assert(sizeof(struct fasti_snapshot_header) == FASTI_HEADER_BYTES, "snapshot header");
AT(fasti_snapshot_header, magic, 0);
AT(fasti_snapshot_header, flags, 14);
AT(fasti_snapshot_header, log_id, 16);
AT(fasti_snapshot_header, generation, 32);
AT(fasti_snapshot_header, epoch, 40);
AT(fasti_snapshot_header, lsn_floor, 48);
AT(fasti_snapshot_header, lsn_end, 56);
AT(fasti_snapshot_header, logged_ms, 64);
AT(fasti_snapshot_header, body_bytes, 72);
AT(fasti_snapshot_header, sections, 80);
AT(fasti_snapshot_header, config_version, 84);
AT(fasti_snapshot_header, entries, 88);
AT(fasti_snapshot_header, digest, 112);
AT(fasti_snapshot_header, key_id, 128);
AT(fasti_snapshot_header, nonce, 136);
AT(fasti_snapshot_header, tag, 160);
AT(fasti_snapshot_header, term, 176);
AT(fasti_snapshot_header, replica_id, 184);
AT(fasti_snapshot_header, record_next, 192);
AT(fasti_snapshot_header, import_next, 200);
AT(fasti_snapshot_header, request_buckets, 204);
AT(fasti_snapshot_header, body_checksum, 208);
AT(fasti_snapshot_header, purged_end, 224);
AT(fasti_snapshot_header, reserved, 232);
AT(fasti_snapshot_header, checksum, 240);

_Static_assert(sizeof(struct fasti_section_header) == FASTI_SECTION_HEADER_BYTES, "section");
AT(fasti_section_header, entries, 8);
AT(fasti_section_header, bytes, 16);
AT(fasti_section_header, number, 24);
AT(fasti_section_header, checksum, 32);
AT(fasti_section_header, key_id, 48);
AT(fasti_section_header, nonce, 56);
AT(fasti_section_header, tag, 80);
AT(fasti_section_header, reserved, 96);

void fasti_snapshot_header_seal(struct fasti_snapshot_header *header) {
    header->magic = SNAPSHOT_MAGIC;
    header->format_version = FASTI_FORMAT_VERSION;
    header->header_bytes = FASTI_HEADER_BYTES;
    header->checksum = fasti_hash128(header, offsetof(struct fasti_snapshot_header, checksum));
}

enum fasti_header_state fasti_snapshot_header_check(const void *bytes,
                                                    struct fasti_snapshot_header *header) {
    const enum fasti_header_state state = fasti_envelope_check(bytes, SNAPSHOT_MAGIC);
    if (state != FASTI_HEADER_VALID)
        return state;
    memcpy(header, bytes, sizeof *header);
    const bool agrees =
        header->header_bytes == FASTI_HEADER_BYTES && header->flags == 0 &&
        header->generation > 0 && header->generation < FASTI_LOG_COUNTER_END &&
        header->epoch < FASTI_LOG_COUNTER_END && header->lsn_floor > 0 &&
        header->lsn_floor <= header->lsn_end && header->lsn_end < FASTI_LOG_COUNTER_END &&
        header->body_bytes % FASTI_BLOCK_BYTES == 0 &&
        header->body_bytes < FASTI_LOG_COUNTER_END / 2 && header->record_next > 0 &&
        header->record_next <= FASTI_RECORDS_MAX && header->purged_end <= header->record_next;
    return agrees ? FASTI_HEADER_VALID : FASTI_HEADER_DAMAGED;
}

void fasti_snapshot_name(char name[FASTI_IO_NAME_BYTES_MAX + 1], uint64_t generation) {
    snprintf(name, FASTI_IO_NAME_BYTES_MAX + 1, NAME_PREFIX "%016" PRIx64, generation);
}

bool fasti_snapshot_name_parse(const char *name, uint64_t *generation) {
    const size_t prefix = sizeof NAME_PREFIX - 1;
    if (strncmp(name, NAME_PREFIX, prefix) != 0)
        return false;
    return strlen(name) == prefix + NAME_DIGITS && fasti_number_parse(name + prefix, generation);
}

static void generation_add(uint64_t *generations, uint32_t max, uint32_t *count,
                           uint64_t generation) {
    uint32_t at = *count < max ? *count : max;
    while (at > 0 && generations[at - 1] < generation) {
        if (at < max)
            generations[at] = generations[at - 1];
        at--;
    }
    if (at < max)
        generations[at] = generation;
    ++*count;
}

enum fasti_status fasti_snapshot_list(struct fasti_io *io, uint64_t *generations, uint32_t max,
                                      uint32_t *count) {
    struct fasti_io_entry *entries;
    uint32_t total;
    uint64_t generation;
    *count = 0;
    FASTI_TRY(fasti_io_entries(io, &entries, &total));
    for (uint32_t at = 0; at < total; at++)
        if (fasti_snapshot_name_parse(entries[at].name, &generation))
            generation_add(generations, max, count, generation);
    free(entries);
    if (*count > max)
        *count = max;
    return FASTI_OK;
}
