/*
 * hold.h - holds: time taken for a while, for whoever has the token.
 *
 *   HOLD --> held --CONFIRM--> booked, or pending (waits for approval)
 *             |  \--EXTEND--> held, longer, at most FASTI_HOLD_LIFE_SECONDS after it was made
 *             |---RELEASE--> released
 *             \---time-----> expired
 *
 * The time of a hold that has expired is free for everybody from that moment on, by the clock of
 * decisions; its bits stay until an EXPIRE, which comes from whoever needs the time, or from the
 * timer. A confirm that comes later is EXPIRED, whether the EXPIRE was logged yet or not: nothing
 * is resurrected. Confirming needs no time of anybody, so it cannot be refused as TAKEN. Timers:
 * each worker keeps a heap of the holds that it made (worker 0 those of replay), and looks at what
 * is due when it polls. What ended otherwise leaves the heap lazily. Threading: any worker; heaps
 * their worker only.
 */
#ifndef FASTI_BOOKING_HOLD_H
#define FASTI_BOOKING_HOLD_H

#include "engine/booking/draft.h"

FASTI_MUST_USE enum fasti_disposition fasti_hold(struct fasti_booking *booking,
                                                 const struct fasti_command *command,
                                                 struct fasti_pending *pending);
/* CONFIRM, EXTEND, RELEASE by command->kind. */
FASTI_MUST_USE enum fasti_disposition fasti_held(struct fasti_booking *booking,
                                                 const struct fasti_command *command,
                                                 struct fasti_pending *pending);

/* Ends a hold that has expired by now_ms, in a claim and effect of its own. The draft must be
 * empty. AGAIN: it is ended, by us or by somebody else; MEMORY. */
FASTI_MUST_USE enum fasti_attempt fasti_hold_expire(struct fasti_booking *booking,
                                                    fasti_record_id record, int64_t now_ms);

/* ---- timers ---- */

/* Adds a hold; looks at two others meanwhile and lets go of those that ended. false: full. */
bool fasti_hold_timer_add(struct fasti_booking *booking, uint64_t record, int64_t expires_ms);

/* Expires what is due, at most FASTI_HOLD_SLICE of them. */
void fasti_hold_timers_run(struct fasti_booking *booking);
#define FASTI_HOLD_SLICE 64

/* When the next one may be due, ms; INT64_MAX: none. */
static inline int64_t fasti_hold_next_ms(const struct fasti_hold_timers *timers) {
    return timers->count == 0 ? INT64_MAX : timers->heap[0].expires_ms;
}

#endif
