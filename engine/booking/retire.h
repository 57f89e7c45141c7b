/*
 * retire.h - what is long past goes: days and weeks of a schedule, records after their retention.
 *
 *   RETIRE  a chunk of days (or of weeks' guards), all of them past: every cell is swapped to
 *           "retired", so whoever had looked at one loses, and nobody claims there again
 *   PURGE   records whose retention is over: their cells become empty, a version further on
 *
 * Both are claims as any: encoded before the swap, numbered in the order of their cells, replayed.
 * What goes is memory: a retired day's page says nothing that its records do not. An appointment
 * stays as history when its day retires, and may still be marked or cancelled; then no time is
 * given back. A purged one is gone from digest, lists and the next snapshot.
 * What a retired chunk and purged entries leave behind is freed by the caller (commit/upkeep.h),
 * when nobody can hold a pointer to it.
 * Threading: one caller at a time for each schedule and record; replay alone.
 */
#ifndef FASTI_BOOKING_RETIRE_H
#define FASTI_BOOKING_RETIRE_H

#include "engine/booking/attempt.h"

/* What became of an attempt to let something go. */
enum fasti_retire_result {
    FASTI_RETIRE_NONE,   /* nothing (more) to do before the bound */
    FASTI_RETIRE_PUSHED, /* an effect is with the committer */
    FASTI_RETIRE_LATER,  /* somebody was faster, or there is no memory or room: try again */
};

/* An unlinked chunk that nobody has freed yet. */
struct fasti_retired_chunk {
    uint32_t index; /* arena, sizeof(struct fasti_day_chunk) */
};

/* Retires the schedule's oldest chunk of days that exists and ends at bound (the first day of a
 * chunk) or before; where there is none, closes the dates before bound. *chunk: when PUSHED. */
FASTI_MUST_USE enum fasti_retire_result fasti_retire_days(struct fasti_booking *booking,
                                                          fasti_schedule_id schedule,
                                                          fasti_date bound,
                                                          struct fasti_retired_chunk *chunk);
/* The same of the guards of its weeks; bound: the place of a guard. */
FASTI_MUST_USE enum fasti_retire_result fasti_retire_guards(struct fasti_booking *booking,
                                                            fasti_schedule_id schedule,
                                                            fasti_date bound,
                                                            struct fasti_retired_chunk *chunk);

/* The date before which days retire when today is a schedule's day: the first day of a chunk. */
fasti_date fasti_retire_bound(fasti_date today, uint32_t past_days);

/* Removes records, all at once: 1 to FASTI_PURGE_MAX numbers, ascending. */
#define FASTI_PURGE_MAX FASTI_CLAIM_PART
FASTI_MUST_USE enum fasti_retire_result fasti_purge(struct fasti_booking *booking,
                                                    const uint64_t *records, uint32_t count);

/* RETIRE and PURGE in replay, as fasti_effect_replay. */
FASTI_MUST_USE enum fasti_status fasti_retire_replay(struct fasti_booking *booking,
                                                     const struct fasti_effect *effect,
                                                     struct fasti_detail *detail);
FASTI_MUST_USE enum fasti_status fasti_purge_replay(struct fasti_booking *booking,
                                                    const struct fasti_effect *effect,
                                                    struct fasti_hash128 *delta,
                                                    struct fasti_detail *detail);

/* By a thread that is alone: all days (or guards) of a schedule before end, the first of a chunk,
 * are retired, whatever they hold. */
void fasti_retire_alone(struct fasti_booking *booking, struct fasti_days *days, fasti_date end);

#endif
