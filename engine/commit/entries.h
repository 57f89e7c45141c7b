/*
 * entries.h - the bytes of a snapshot's entries; described in FORMAT.md, "Snapshot".
 *
 * Each is a multiple of 8 bytes; sections are rows of them without a gap.
 */
#ifndef FASTI_COMMIT_ENTRIES_H
#define FASTI_COMMIT_ENTRIES_H

#include <stdint.h>

#include "engine/booking/requests.h"

/* STAGED: a put that waits in an import; its bytes and zeros follow. */
struct fasti_entry_staged {
    uint32_t import, config_version, bytes;
    uint32_t
        place; /* of FASTI_IMPORTS_MAX: another import in it means that the one before has ended */
};

/* DIRECTORY: a record as a put; its bytes and zeros follow. */
struct fasti_entry_directory {
    uint32_t kind, id, config_version, bytes;
};

/* HEADS: the newest entry of a chain. */
enum { FASTI_HEAD_SCHEDULE = 1, FASTI_HEAD_PATIENT = 2 };
struct fasti_entry_head {
    uint64_t lsn, record;
    uint32_t what, key; /* key: schedule, or bucket */
};

/* DAYS: a page follows, none when bytes is 0. GUARDS: bytes is 0. Of version 0: the days (weeks)
 * before it retired; it stands behind those of its schedule. */
struct fasti_entry_day {
    uint64_t cell;
    uint32_t version, bytes;
};

/* RECORDS: next_schedule of each item (4 bytes each) and zeros to a multiple of 8, the record. Of
 * one that was purged and still stands in chains: its number instead. */
struct fasti_entry_record {
    uint32_t version, next_patient;
    uint32_t items, bytes; /* bytes of the record, or FASTI_ENTRY_PURGED */
};
#define FASTI_ENTRY_PURGED ((uint32_t)sizeof(uint64_t)) /* no record is as short */

/* REQUESTS: what an id led to, or the horizon of a bucket. */
enum { FASTI_REQUEST_EFFECT = 1, FASTI_REQUEST_HORIZON = 2 };
struct fasti_entry_request {
    uint32_t what, bucket; /* bucket: HORIZON only */
    int64_t horizon_ms;
    uint64_t id_low, id_high;
    uint32_t organization, hash;
    struct fasti_request_answer answer;
};

_Static_assert(sizeof(struct fasti_entry_staged) == 16, "as on disk");
_Static_assert(sizeof(struct fasti_entry_directory) == 16, "as on disk");
_Static_assert(sizeof(struct fasti_entry_head) == 24, "as on disk");
_Static_assert(sizeof(struct fasti_entry_day) == 16, "as on disk");
_Static_assert(sizeof(struct fasti_entry_record) == 16, "as on disk");
_Static_assert(sizeof(struct fasti_entry_request) == 72, "as on disk");

static inline uint32_t fasti_entry_padded(uint32_t bytes) {
    return (bytes + 7) / 8 * 8;
}

#endif
