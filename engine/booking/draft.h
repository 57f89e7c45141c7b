/*
 * draft.h - a claim in the making: the days that it changes and the records that it makes or ends.
 *
 *   begin -> day / take / release / record ... -> swap   WON: pushed; LOST: begin again
 *                                             -> drop    refused: nothing of it was seen
 *
 *   days       look (cell, configuration)   page as it becomes: what was added is taken already
 *   changes    of which day, which ticks, of which record
 *   records    new ones, private until the swap; known ones, whose cell is swapped too
 *
 * What is added later sees what was added before: two items of one booking never get one time, and
 * a move, which releases first, never sees itself as busy. Every day is looked at once, however
 * many items lie on it, so the swap proves all that was decided about it. The effect is encoded
 * before the swap; its cells ascend, and record i of its body belongs to its i-th RECORD cell.
 * Where a rule counts visits over a week or a month, every claim that changes visits in it swaps
 * the period's guard, too: so of two that counted at once one loses and counts again.
 * Threading: one draft a worker.
 */
#ifndef FASTI_BOOKING_DRAFT_H
#define FASTI_BOOKING_DRAFT_H

#include "engine/booking/attempt.h"

#define FASTI_DRAFT_RECORDS_MAX (2 * FASTI_ITEMS_MAX) /* a move ends as many as it makes */
#define FASTI_DRAFT_CHANGES_MAX FASTI_CELLS_MAX

struct fasti_draft_day {
    struct fasti_day_look look;
    const struct fasti_page *page; /* as it becomes */
    uint32_t page_index;           /* its private copy; 0: the look's own page, or no page */
    bool is_changed;               /* else it takes no part in the claim */
    bool is_rested_on;             /* a refusal tells of what is taken there */
    struct fasti_summary summary;  /* as it becomes, when the draft is swapped */
};

struct fasti_draft_change {
    uint32_t day;    /* in days */
    uint32_t record; /* in records */
    uint32_t item;   /* of the record; not of a hold that is settled or extended */
    struct fasti_page_change page;
};

/* The guard of a week or a month (rules/period.h): read before the days that it guards, or these
 * are looked at again. */
struct fasti_draft_guard {
    fasti_schedule_id schedule;
    fasti_date guard;
    struct fasti_day_ref ref;
    uint64_t word;
    bool is_used; /* else it takes no part in the claim */
};
#define FASTI_DRAFT_GUARDS_MAX (2 * FASTI_ITEMS_MAX)

/* What the effect's body says of a record. */
enum fasti_draft_form {
    FASTI_DRAFT_NEW,    /* all of it: it is made */
    FASTI_DRAFT_WHOLE,  /* all of it, as it becomes */
    FASTI_DRAFT_STATE,  /* its state and reason */
    FASTI_DRAFT_EXPIRY, /* until when it is held */
};

struct fasti_draft_record {
    enum fasti_draft_form form;
    struct fasti_record_entry *entry;
    uint64_t word;                     /* as looked at; 0: a new record */
    const struct fasti_record *before; /* NULL: a new record */
    struct fasti_record *after;        /* private copy at index */
    uint32_t index;
};

struct fasti_draft {
    uint32_t day_count, change_count, record_count, guard_count;
    uint32_t guards_used;
    bool is_load;     /* its records' numbers are a LOAD's, and its items lay together before */
    bool is_early;    /* TAKEN of a LOAD: by some whose records are not in the log yet */
    uint64_t expired; /* the hold that made EXPIRED the result */
    int64_t until_ms; /* its claim is won before this time only; INT64_MAX: at any time */
    struct fasti_draft_day days[FASTI_DRAFT_CHANGES_MAX];
    struct fasti_draft_change changes[FASTI_DRAFT_CHANGES_MAX];
    struct fasti_draft_record records[FASTI_DRAFT_RECORDS_MAX];
    struct fasti_draft_guard guards[FASTI_DRAFT_GUARDS_MAX];
};

/* Empties the worker's draft. */
void fasti_draft_begin(struct fasti_booking *booking);
/* Gives back what was made for it; it is empty then. */
void fasti_draft_drop(struct fasti_booking *booking);

/* The schedule's day that contains an instant, looked at when it is new to the draft. */
enum fasti_look_result fasti_draft_day(struct fasti_booking *booking,
                                       fasti_organization_id organization, fasti_schedule_id id,
                                       int64_t utc_s, struct fasti_draft_day **day);

enum fasti_draft_result {
    FASTI_DRAFT_OK,
    FASTI_DRAFT_AGAIN,   /* the day's place had to be made: begin again */
    FASTI_DRAFT_MEMORY,  /* no memory */
    FASTI_DRAFT_FULL,    /* more cells than one claim has */
    FASTI_DRAFT_WORN,    /* a cell takes no more versions */
    FASTI_DRAFT_TAKEN,   /* the day as it becomes does not take the change */
    FASTI_DRAFT_EXPIRED, /* an expired hold must go first: draft->expired */
};

/* Changes ticks of a day for item `item` of record `record` of the draft. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_change(struct fasti_booking *booking,
                                                          struct fasti_draft_day *day,
                                                          uint32_t record, uint32_t item,
                                                          const struct fasti_page_change *change);

/* Does the change to all ticks of an item, its buffers included, on each day that they touch; seats
 * and visit are the item's. What is released of a day that retired is gone already, and
 * what is loaded is history. *looked: how
 * the last look at a day went (not OK: AGAIN is returned). change's own ticks are not read. TAKE at
 * `now_ms` may be EXPIRED. TAKEN: no day was changed. */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_time(struct fasti_booking *booking, fasti_organization_id organization,
                 const struct fasti_item *item, uint32_t record, uint32_t at,
                 const struct fasti_page_change *change, int64_t now_ms,
                 enum fasti_look_result *looked);

/* Reads the guards that limits of the schedule or of the service over weeks and months need on a
 * day: before anybody counts the visits of those. is_used: they take part in the claim. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_guards(struct fasti_booking *booking,
                                                          const struct fasti_draft_day *day,
                                                          fasti_service_id service, bool is_used);

static inline struct fasti_pending_cell
fasti_draft_guard_cell(const struct fasti_draft_guard *guard) {
    return (struct fasti_pending_cell){
        .emitted = &guard->ref.chunk->emitted[guard->ref.at],
        .durable = &guard->ref.chunk->durable[guard->ref.at],
        .from_version = fasti_cell_version(guard->word),
    };
}

/* Is all that was looked at, days, guards and records, still as it was? Then it is of one moment:
 * what rests on several days, or on visits that were counted over them, may be told. One day always
 * is. */
bool fasti_draft_is_current(struct fasti_booking *booking);

/* A schedule's page of a date, as the draft makes it or as it is. */
const struct fasti_page *fasti_draft_page(struct fasti_booking *booking,
                                          struct fasti_schedule *schedule, fasti_schedule_id id,
                                          fasti_date date);

/* Ends a command (or tries it again) after a result other than OK; the draft is dropped. */
FASTI_MUST_USE enum fasti_attempt fasti_draft_refuse(struct fasti_booking *booking,
                                                     struct fasti_pending *pending,
                                                     enum fasti_draft_result result,
                                                     enum fasti_disposition *disposition);

/* So many numbers one after the other, for the items of new records; 0: no memory, or none are
 * left. Those of a draft's records go back with its drop; others are given back. */
uint64_t fasti_draft_numbers(struct fasti_booking *booking, uint32_t items);
void fasti_draft_numbers_give(struct fasti_booking *booking, uint64_t first, uint32_t items);

/* A known record, as it was looked at. */
struct fasti_record_ref {
    struct fasti_record_entry *entry;
    uint64_t word;
    const struct fasti_record *record;
};

/* Adds a new record. Its id is from fasti_draft_numbers; its flags but OVERRIDE and MODALITY follow
 * from the parts. *place: where in the draft. */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_record_new(struct fasti_booking *booking, const struct fasti_record *head,
                       const struct fasti_record_parts *parts, uint32_t *place);

/* Adds a known record that becomes another one (WHOLE). */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_record_replace(struct fasti_booking *booking, const struct fasti_record_ref *ref,
                           const struct fasti_record *head, const struct fasti_record_parts *parts,
                           uint32_t *place);

/* Adds a known record of which little changes (STATE, EXPIRY), now: `after` is a private copy of
 * it. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_record_change(struct fasti_booking *booking,
                                                                 const struct fasti_record_ref *ref,
                                                                 enum fasti_draft_form form,
                                                                 int64_t now_ms, uint32_t *place);

/* The record of a number, if it is there and of this organization; record NULL: it is not. */
struct fasti_record_ref fasti_record_look(struct fasti_booking *booking,
                                          fasti_organization_id organization, fasti_record_id id);

/* The same of whatever organization: for what the engine does by itself. */
struct fasti_record_ref fasti_record_look_any(struct fasti_booking *booking, fasti_record_id id);

/* Has the record changed since it was looked at? */
bool fasti_record_moved_on(struct fasti_booking *booking, const struct fasti_record_ref *ref);
/* Is it as it was, and no claim of it under way (see fasti_cell_settled)? */
bool fasti_record_is_settled(struct fasti_booking *booking, const struct fasti_record_ref *ref);

/* A known record gets a state that frees its time: releases all of it, a hold's too. *looked as in
 * fasti_draft_time. AGAIN, too, when the record is another one by now. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_end(struct fasti_booking *booking,
                                                       const struct fasti_record_ref *ref,
                                                       enum fasti_record_state state,
                                                       uint8_t reason, int64_t now_ms,
                                                       enum fasti_look_result *looked);

/* Does SETTLE or EXTEND to the holds of a known record of the draft, on every day of its items. */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_hold_change(struct fasti_booking *booking, const struct fasti_record *record,
                        uint32_t place, const struct fasti_page_change *change,
                        enum fasti_look_result *looked);

/* Ends a command (or tries it again) after a result other than OK, or a look that was not OK; the
 * draft is dropped. */
FASTI_MUST_USE enum fasti_attempt fasti_draft_stop(struct fasti_booking *booking,
                                                   struct fasti_pending *pending,
                                                   enum fasti_draft_result result,
                                                   enum fasti_look_result looked,
                                                   enum fasti_disposition *disposition);

/* Reads config_seen (last of all looks), encodes the effect, swaps all cells. WON: the pending is
 * with the committer and the draft is empty. Else the draft is dropped. */
FASTI_MUST_USE enum fasti_attempt fasti_draft_swap(struct fasti_booking *booking,
                                                   struct fasti_pending *pending,
                                                   enum fasti_effect_kind kind,
                                                   fasti_request_id request,
                                                   enum fasti_disposition *disposition);

#endif
