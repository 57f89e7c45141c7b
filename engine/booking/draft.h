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
};

struct fasti_draft_change {
    uint32_t day;    /* in days */
    uint32_t record; /* in records */
    struct fasti_page_change page;
};

struct fasti_draft_record {
    struct fasti_record_entry *entry;
    uint64_t word;                     /* as looked at; 0: a new record */
    const struct fasti_record *before; /* NULL: a new record */
    struct fasti_record *after;        /* private copy at index */
    uint32_t index;
};

struct fasti_draft {
    uint32_t day_count, change_count, record_count;
    struct fasti_draft_day days[FASTI_DRAFT_CHANGES_MAX];
    struct fasti_draft_change changes[FASTI_DRAFT_CHANGES_MAX];
    struct fasti_draft_record records[FASTI_DRAFT_RECORDS_MAX];
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
    FASTI_DRAFT_AGAIN,  /* the day's place had to be made: begin again */
    FASTI_DRAFT_MEMORY, /* no memory */
    FASTI_DRAFT_FULL,   /* more cells than one claim has */
    FASTI_DRAFT_WORN,   /* a cell takes no more versions */
    FASTI_DRAFT_TAKEN,  /* the day as it becomes does not take the change */
};

/* Changes ticks of a day for record `record` of the draft. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_change(struct fasti_booking *booking,
                                                          struct fasti_draft_day *day,
                                                          uint32_t record,
                                                          const struct fasti_page_change *change);

/* Does the change to the ticks of [item's start, + minutes), on each day that it touches. *looked:
 * how the last look at a day went (not OK: AGAIN is returned). change's own ticks are not read. */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_time(struct fasti_booking *booking, fasti_organization_id organization,
                 const struct fasti_item *item, uint32_t record,
                 const struct fasti_page_change *change, enum fasti_look_result *looked);

/* Ends a command (or tries it again) after a result other than OK; the draft is dropped. */
FASTI_MUST_USE enum fasti_attempt fasti_draft_refuse(struct fasti_booking *booking,
                                                     struct fasti_pending *pending,
                                                     enum fasti_draft_result result,
                                                     enum fasti_disposition *disposition);

/* So many numbers one after the other, for the items of new records; 0: no memory, or none are
 * left. Those of a draft's records go back with its drop; others are given back. */
uint64_t fasti_draft_numbers(struct fasti_booking *booking, uint32_t items);
void fasti_draft_numbers_give(struct fasti_booking *booking, uint64_t first, uint32_t items);

/* Adds a new record: a copy of `record` with `tail` behind its items, zero-filled. Its id is from
 * fasti_draft_numbers. *place: where in the draft. */
FASTI_MUST_USE enum fasti_draft_result
fasti_draft_record_new(struct fasti_booking *booking, const struct fasti_record *head,
                       const struct fasti_item *items, const char *patient, const uint8_t *payload,
                       uint32_t *place);

/* Adds a known record, to be changed: *after is a private copy of what word names. */
FASTI_MUST_USE enum fasti_draft_result fasti_draft_record_change(struct fasti_booking *booking,
                                                                 struct fasti_record_entry *entry,
                                                                 uint64_t word, uint32_t *place);

/* Reads config_seen (last of all looks), encodes the effect, swaps all cells. WON: the pending is
 * with the committer and the draft is empty. Else the draft is dropped. */
FASTI_MUST_USE enum fasti_attempt fasti_draft_swap(struct fasti_booking *booking,
                                                   struct fasti_pending *pending,
                                                   enum fasti_effect_kind kind,
                                                   fasti_request_id request,
                                                   enum fasti_disposition *disposition);

#endif
