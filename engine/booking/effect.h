/*
 * effect.h - the logged record of one change: what changed, from which versions, decided when.
 *
 *   +------+------+-------+-------+--------+---------+---------+-------------------+------+
 *   | size | kind | flags | cells | import | decided | request | cells x {id, from} | body |
 *   | u32  | u16  | u16   | u32   | u32    | i64 ms  | 2 x u64 | u64, u32, u32      |      |
 *   +------+------+-------+-------+--------+---------+---------+-------------------+------+
 *
 * The size counts everything and is a multiple of 8. An effect is encoded before the swap that it
 * describes; the committer copies the bytes into a batch, where its place gives it its LSN. Apply
 * needs nothing else: no clock, no zone table, no rule. Bytes are described in FORMAT.md.
 */
#ifndef FASTI_BOOKING_EFFECT_H
#define FASTI_BOOKING_EFFECT_H

#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/booking/record.h"
#include "engine/directory/put.h"

/* Disk values: never renumbered. */
enum fasti_effect_kind {
    FASTI_EFFECT_PUT = 1,     /* body: a put */
    FASTI_EFFECT_STAGE = 2,   /* body: a put that waits for its import's commit; its organization
                                 may be one that the import makes (put.h: STAGED) */
    FASTI_EFFECT_PUBLISH = 3, /* commits the import; no body */
    FASTI_EFFECT_NOTHING = 4, /* a configuration version that changed nothing */
    FASTI_EFFECT_ABORT = 5,   /* forgets the import; no body. A raised epoch forgets all */
    FASTI_EFFECT_BOOK = 16,   /* body: the new records (appointments or a block) */
    FASTI_EFFECT_END = 17,   /* body: fasti_effect_end of each record (cancel, release, mark ...) */
    FASTI_EFFECT_TOUCH = 18, /* a day's version alone, after an edit; no body */
    FASTI_EFFECT_HOLD = 19,  /* body: the new holds; of one that they replace, its end */
    FASTI_EFFECT_CONFIRM = 20, /* body: the records as they become */
    FASTI_EFFECT_EXTEND = 21,  /* body: fasti_effect_expiry of each record */
    FASTI_EFFECT_EXPIRE = 22,  /* body: as END */
    FASTI_EFFECT_MOVE = 23,    /* body: the end of the old record and the new one */
    FASTI_EFFECT_LOAD = 24,    /* body: the new records, in whatever state they are */
    FASTI_EFFECT_RETIRE = 25,  /* days, or weeks' guards, that are past; body: their versions */
    FASTI_EFFECT_PURGE = 26,   /* records whose retention is over; no body */
};

struct fasti_effect_header {
    uint32_t size_bytes;
    uint16_t kind;
    uint16_t flags; /* 0 */
    uint32_t cell_count;
    uint32_t import; /* STAGE, PUBLISH, ABORT; of kinds that change days: the request's body hash */
    int64_t decided_ms;
    uint64_t request_low, request_high;
};
_Static_assert(sizeof(struct fasti_effect_header) == 40, "as on disk");

/* A cell that the effect swaps, from which version, and for a day's cell what is done to its ticks:
 * the page after it follows from the page before it and these, whatever the rules were. A day that
 * changes in several places stands there several times, one after the other, with one version. An
 * item around midnight stands there once a day; its visit is counted on the day where it starts.
 *
 *   tick    bits 0 to 10: first tick        bits 11 to 15: bits 0 to 4 of the place
 *   count   bits 0 to 10: ticks             bits 11 to 13: bits 5 to 7 of it; bit 14: shared,
 *                                           bit 15: released
 *
 * Shared, of a LOAD: by more than the item says, FASTI_SEATS_MAX at most (loading.h: Seats).
 * The place of ticks that are taken or released: which item they are of, among all items of the
 * effect's records in the order of their cells. Of a hold that is settled or extended (no ticks):
 * which of the effect's RECORD cells it is of. Both from 0. */
#define FASTI_EFFECT_CELL_RELEASES UINT16_C(0x8000)
#define FASTI_EFFECT_CELL_SHARES   UINT16_C(0x4000)
#define FASTI_EFFECT_TICK_BITS     11
struct fasti_effect_cell {
    uint64_t id;
    uint32_t from_version;
    uint16_t tick, count; /* of a day's cell; else 0 */
};
_Static_assert(sizeof(struct fasti_effect_cell) == 16, "as on disk");
_Static_assert(FASTI_TICKS_MAX < 1 << FASTI_EFFECT_TICK_BITS, "a tick and a count fit");
/* Each item has a cell of a day, and there is a cell of a record. */
_Static_assert(FASTI_CELLS_MAX <= 1 << 8, "a place fits");

static inline uint32_t fasti_effect_cell_tick(const struct fasti_effect_cell *cell) {
    return cell->tick & ((1u << FASTI_EFFECT_TICK_BITS) - 1);
}
static inline uint32_t fasti_effect_cell_count(const struct fasti_effect_cell *cell) {
    return cell->count & ((1u << FASTI_EFFECT_TICK_BITS) - 1);
}
static inline bool fasti_effect_cell_releases(const struct fasti_effect_cell *cell) {
    return (cell->count & FASTI_EFFECT_CELL_RELEASES) != 0;
}
static inline bool fasti_effect_cell_shares(const struct fasti_effect_cell *cell) {
    return (cell->count & FASTI_EFFECT_CELL_SHARES) != 0;
}
static inline uint32_t fasti_effect_cell_place(const struct fasti_effect_cell *cell) {
    return (uint32_t)(cell->tick >> FASTI_EFFECT_TICK_BITS) |
           (cell->count >> FASTI_EFFECT_TICK_BITS & 7u) << 5;
}
static inline void fasti_effect_cell_set(struct fasti_effect_cell *cell, uint32_t tick,
                                         uint32_t count, bool releases, uint32_t place) {
    cell->tick = (uint16_t)(tick | (place & 31) << FASTI_EFFECT_TICK_BITS);
    cell->count = (uint16_t)(count | (place >> 5) << FASTI_EFFECT_TICK_BITS |
                             (releases ? FASTI_EFFECT_CELL_RELEASES : 0u));
}

struct fasti_effect_end {
    uint64_t record;
    uint32_t organization;
    uint8_t state, reason; /* what the record becomes */
    uint16_t reserved;     /* 0 */
};
_Static_assert(sizeof(struct fasti_effect_end) == 16, "as on disk");

/* Until when a hold is held from now on. */
struct fasti_effect_expiry {
    uint64_t record;
    uint32_t organization;
    uint32_t reserved; /* 0 */
    int64_t expires_ms;
};
_Static_assert(sizeof(struct fasti_effect_expiry) == 24, "as on disk");

/* The largest effect that changes days: all items, each around midnight, each its own record. */
#define FASTI_EFFECT_BOOK_BYTES_MAX                                                            \
    (sizeof(struct fasti_effect_header) + FASTI_CELLS_MAX * sizeof(struct fasti_effect_cell) + \
     FASTI_ITEMS_MAX *                                                                         \
         (sizeof(struct fasti_record) + sizeof(struct fasti_item) + FASTI_RECORD_FLAGGED_MAX + \
          FASTI_PATIENT_BYTES_MAX + FASTI_PAYLOAD_BYTES_MAX))
_Static_assert(FASTI_EFFECT_BOOK_BYTES_MAX <= FASTI_EFFECT_BYTES_MAX, "it fits in a batch");
_Static_assert(sizeof(struct fasti_effect_header) +
                       FASTI_CELLS_MAX * sizeof(struct fasti_effect_cell) + FASTI_LOAD_BYTES_MAX <=
                   FASTI_EFFECT_BYTES_MAX,
               "and so does a LOAD");

/* An effect's parts, pointing into its bytes (8-byte aligned). */
struct fasti_effect {
    const struct fasti_effect_header *header;
    const struct fasti_effect_cell *cells;
    const uint8_t *body;
    uint32_t body_bytes;
};

/* Room for a decoded put and what it borrows. 180 KiB: the engine has three, under its lock. */
struct fasti_put_scratch {
    struct fasti_put put;
    struct fasti_zone zone;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
};

/* Takes the first effect of bytes apart; checks sizes, kind and counts only. CORRUPT_STATE. */
FASTI_MUST_USE enum fasti_status fasti_effect_decode(const uint8_t *bytes, size_t size,
                                                     struct fasti_effect *effect);

/* Writes header and cells; the caller appends the body and then calls finish. */
void fasti_effect_begin(struct fasti_writer *writer, const struct fasti_effect_header *header,
                        const struct fasti_effect_cell *cells);

/* Pads and sets the size. false: it did not fit. */
bool fasti_effect_finish(struct fasti_writer *writer);

/* Upper bound of a put's encoded body. */
size_t fasti_put_bytes_max(const struct fasti_put *put);
void fasti_put_encode(struct fasti_writer *writer, const struct fasti_put *put);
/* bytes: an encoded put and at most 7 zeros. Texts and counts are sound then, and what is encoded
 * again is the same bytes; ranges are the directory's business. CORRUPT_STATE. */
FASTI_MUST_USE enum fasti_status fasti_put_decode(const uint8_t *bytes, size_t size,
                                                  struct fasti_put_scratch *scratch);

const char *fasti_effect_kind_name(enum fasti_effect_kind kind);

#endif
