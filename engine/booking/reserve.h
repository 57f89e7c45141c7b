/*
 * reserve.h - deciding and claiming: book, block, cancel, unblock.
 *
 *   look (cell, then configuration) -> verdict of rules/ -> page, record, effect -> swap -> push
 *
 * A lost swap starts again from the look, at most FASTI_CLAIM_TRIES_MAX times (then BUSY).
 * Refusals come with what they rest on: TAKEN with the day's version, CLOSED and the like with
 * the configuration's, so that no answer tells of a change that a crash could still take back.
 * Threading: any worker; lock-free but for memory.
 */
#ifndef FASTI_BOOKING_RESERVE_H
#define FASTI_BOOKING_RESERVE_H

#include "engine/booking/state.h"

/* What became of a command. */
enum fasti_disposition {
    FASTI_ANSWERED, /* pending->answer is complete; the caller gives the pending back */
    FASTI_PUSHED,   /* the pending is with the committer */
    FASTI_WAITING,  /* the pending is on the worker's waiting list */
};

FASTI_MUST_USE enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                                         const struct fasti_command *command,
                                                         struct fasti_pending *pending);
FASTI_MUST_USE enum fasti_disposition fasti_reserve_block(struct fasti_booking *booking,
                                                          const struct fasti_command *command,
                                                          struct fasti_pending *pending);
/* CANCEL of an appointment or UNBLOCK of a block, by command->kind. */
FASTI_MUST_USE enum fasti_disposition fasti_reserve_end(struct fasti_booking *booking,
                                                        const struct fasti_command *command,
                                                        struct fasti_pending *pending);

/* Adds one to a day's version without changing it (after an edit); logs it. Never fails but for
 * memory, which stops the engine: false. */
FASTI_MUST_USE bool fasti_reserve_touch(struct fasti_booking *booking, fasti_schedule_id schedule,
                                        fasti_date date);

#endif
