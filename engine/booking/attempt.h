/*
 * attempt.h - what every claim path shares: a look at a day, the next page, the effect.
 *
 *   look  day's cell -> pattern -> paused? -> configuration -> terms -> config_seen (in this order)
 *   make  next page, effect: private until the swap
 *   swap  won: push; lost: drop what was made, look again
 *
 * An edit raises config_version, publishes, then touches the days that it changes (or, where ticks
 * get another meaning, pauses the schedule first: pause.h). So an attempt
 * that used something old loses its swap or comes before the edit in its cell's order, and one
 * that used something new reads a config_seen that covers it: the committer never numbers it
 * before the edit. That is why config_seen is read last.
 * Threading: any worker that is online in the epoch; a look is valid until its next command.
 */
#ifndef FASTI_BOOKING_ATTEMPT_H
#define FASTI_BOOKING_ATTEMPT_H

#include "engine/booking/state.h"
#include "engine/calendar/claim.h"

/* What became of a command. */
enum fasti_disposition {
    FASTI_ANSWERED, /* pending->answer is complete; the caller gives the pending back */
    FASTI_PUSHED,   /* the pending is with the committer */
    FASTI_WAITING,  /* the pending is on the worker's waiting list */
};

/* How one attempt ended. */
enum fasti_attempt {
    FASTI_ATTEMPT_AGAIN, /* the world moved under it */
    FASTI_ATTEMPT_MEMORY,
    FASTI_ATTEMPT_END, /* with a disposition */
};

/* One attempt at a command; *disposition is set where it ends. */
typedef enum fasti_attempt (*fasti_attempt_function)(struct fasti_booking *booking,
                                                     const struct fasti_command *command,
                                                     struct fasti_pending *pending,
                                                     enum fasti_disposition *disposition);

/* Attempts until one ends, at most FASTI_CLAIM_TRIES_MAX times (then BUSY). takes_room: refused
 * while the disk is low. */
FASTI_MUST_USE enum fasti_disposition
fasti_attempts(struct fasti_booking *booking, const struct fasti_command *command,
               struct fasti_pending *pending, fasti_attempt_function attempt, bool takes_room);

/* Ends a command with a status and a sentence. */
FASTI_MUST_USE enum fasti_disposition fasti_fail(struct fasti_pending *pending,
                                                 enum fasti_status status, const char *text);
/* Ends it with an outcome that rests on *durable reaching version (NULL: on nothing). */
FASTI_MUST_USE enum fasti_disposition fasti_refuse(struct fasti_booking *booking,
                                                   struct fasti_pending *pending,
                                                   enum fasti_outcome outcome,
                                                   _Atomic uint32_t *durable, uint32_t version);
/* The same, resting on what has been published up to now. */
FASTI_MUST_USE enum fasti_disposition fasti_refuse_config(struct fasti_booking *booking,
                                                          struct fasti_pending *pending,
                                                          enum fasti_outcome outcome);

/* ---- looking ---- */

/* One day of one schedule as an attempt sees it. */
struct fasti_day_look {
    fasti_schedule_id id;
    struct fasti_schedule *schedule;
    const struct fasti_schedule_config *config;
    fasti_date date;
    struct fasti_local_day day;
    struct fasti_day_ref ref; /* chunk NULL: never touched */
    uint64_t word;
    const struct fasti_page *page;
    uint32_t pattern_id;
};

enum fasti_look_result {
    FASTI_LOOK_OK,
    FASTI_LOOK_AGAIN,
    FASTI_LOOK_NO_SCHEDULE,
    FASTI_LOOK_OUTSIDE,
    FASTI_LOOK_RETIRED, /* the day is long past; its date and length are known, and no more */
    FASTI_LOOK_PAUSED,  /* its ticks or rules are about to be other ones: nothing may be claimed */
    FASTI_LOOK_FULL,    /* the draft has no room for one more day */
};

/* The schedule's day that contains an instant. */
enum fasti_look_result fasti_day_look(struct fasti_booking *booking,
                                      fasti_organization_id organization, fasti_schedule_id id,
                                      int64_t utc_s, struct fasti_day_look *look);
/* Ends (or tries again) after any result but OK. */
FASTI_MUST_USE enum fasti_attempt fasti_look_refuse(struct fasti_booking *booking,
                                                    struct fasti_pending *pending,
                                                    enum fasti_look_result result,
                                                    enum fasti_disposition *disposition);

/* Reads cell, page and pattern of a look whose schedule, date and chunk are set. */
void fasti_day_reload(struct fasti_booking *booking, struct fasti_day_look *look);

/* The ticks of the day that [utc_s, utc_s + minutes) takes; false: not whole ticks of this day. */
struct fasti_ticks {
    uint16_t tick, count;
};
bool fasti_look_place(const struct fasti_day_look *look, int64_t utc_s, uint32_t minutes,
                      struct fasti_ticks *place);

/* ---- making ---- */

/* A cell that was swapped 2^30 - 1 times takes no more: its version must never recur. */
static inline bool fasti_cell_is_worn(uint64_t word) {
    return fasti_cell_version(word) == FASTI_VERSION_MAX;
}
static inline uint64_t fasti_cell_next(uint64_t word, uint32_t index) {
    return fasti_cell_word(FASTI_TAG_PAGE, fasti_cell_version(word) + 1, index);
}
/* A day's or guard's cell that retired: nobody swaps it again. */
static inline uint64_t fasti_cell_retired(uint64_t word) {
    return fasti_cell_word(FASTI_TAG_VALUE, fasti_cell_version(word) + 1, 0);
}
static inline bool fasti_cell_is_retired(uint64_t word) {
    return fasti_cell_tag(word) == FASTI_TAG_VALUE;
}

/* Makes the day's chunk; the attempt starts again after it. */
enum fasti_attempt fasti_day_make(struct fasti_booking *booking, const struct fasti_day_look *look);

/* The day's summary with a page that page_apply built (0: with none), written into it before it is
 * published. */
struct fasti_summary fasti_look_page_finish(struct fasti_booking *booking,
                                            const struct fasti_day_look *look, uint32_t index);
/* After a lost swap: the page was never published. */
void fasti_look_page_drop(struct fasti_booking *booking, uint32_t index);
/* After a won one: readers may still hold the page that word named. */
void fasti_look_page_retire(struct fasti_booking *booking, uint64_t word);

/* Room for an effect of so many bytes, in the arena if it fits there; *writer writes into it.
 * false: no memory. */
bool fasti_pending_effect_begin(struct fasti_booking *booking, struct fasti_pending *pending,
                                enum fasti_effect_kind kind, size_t bytes,
                                struct fasti_writer *writer);
void fasti_pending_effect_drop(struct fasti_booking *booking, struct fasti_pending *pending);

/* summary: the day's when the swap is won. */
struct fasti_pending_cell fasti_look_pending_cell(const struct fasti_day_look *look,
                                                  const struct fasti_summary *summary);

enum fasti_attempt fasti_attempt_of(enum fasti_claim_result result);

#endif
