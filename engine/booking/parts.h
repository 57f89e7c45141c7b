/*
 * parts.h - an effect of the log, taken apart and checked before it is applied again.
 *
 *   effect --split--> DAY cells, RECORD cells, GUARD cells; a body part for each record
 *          --check--> each record may change so, and each day's change is of one of its items
 *
 * Effects come from disk: whatever does not fit the state so far is CORRUPT_STATE, with a sentence
 * that names the record or the schedule. Versions and bits of days are checked by who applies them.
 * Pure but for the state that it reads; the thread that replays, alone.
 */
#ifndef FASTI_BOOKING_PARTS_H
#define FASTI_BOOKING_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/draft.h"
#include "engine/booking/effect.h"
#include "engine/booking/record.h"
#include "engine/booking/state.h"

/* An effect taken apart: its days, and of each record what the body says and what it is now. */
struct fasti_parts {
    enum fasti_effect_kind kind;
    const struct fasti_effect_cell *days, *records, *guards;
    uint32_t day_count, record_count, guard_count;
    uint32_t item_count; /* of all records together, as far as they have a place */
    struct fasti_parts_item {
        const struct fasti_item *item;
        uint32_t record;     /* in records */
        uint32_t resolution; /* of its schedule, minutes */
        uint32_t ticks_seen; /* while days are applied */
    } items[FASTI_CELLS_MAX];
    const void *bodies[FASTI_CELLS_MAX];                 /* as fasti_parts_form says */
    const struct fasti_record *befores[FASTI_CELLS_MAX]; /* NULL: the record is new */
    bool is_ahead[FASTI_CELLS_MAX]; /* the state has the record as this effect, or a later one,
                                       leaves it (catchup.h): `before` is that, too */
};

/* Fills *parts, which point into the effect and the state: they are good until either changes. */
FASTI_MUST_USE enum fasti_status fasti_parts_take(struct fasti_state *state,
                                                  const struct fasti_effect *effect,
                                                  struct fasti_parts *parts,
                                                  struct fasti_detail *detail);

/* What the body says of a record of an effect of this kind. */
enum fasti_draft_form fasti_draft_form_of(enum fasti_effect_kind kind, uint32_t from_version);

static inline bool fasti_draft_form_is_whole(enum fasti_draft_form form) {
    return form == FASTI_DRAFT_NEW || form == FASTI_DRAFT_WHOLE;
}

/* The same of record i. */
enum fasti_draft_form fasti_parts_form(const struct fasti_parts *parts, uint32_t i);

/* Record i with its items: as it was before the effect, or the new one. */
const struct fasti_record *fasti_parts_items(const struct fasti_parts *parts, uint32_t i);

/* Which record a day's cell is of; record_count: of none that may change there. */
uint32_t fasti_parts_record(const struct fasti_parts *parts, const struct fasti_effect_cell *cell);

/* CORRUPT_STATE: "what number". */
enum fasti_status fasti_corrupt(struct fasti_detail *detail, const char *what, uint64_t number);

#endif
