/*
 * loading.h - LOAD: records as they were elsewhere, with their numbers and states.
 *
 *   bytes -> sound? -> names known? -> time free -> numbers nobody's -> swap, as a booking's
 *
 * All or nothing. No rule is asked: what was booked is loaded. A record whose state holds time
 * takes it, and is refused where that is taken; one that ended takes none. What is there already
 * with the same bytes is left alone and counts as loaded, so that a load that broke off is done
 * again whole.
 *
 * Seats. An item says by how many its ticks might be taken with it. Records come by number, not in
 * the order in which they were made, so where a day does not take one and the schedule or service
 * has more seats today, these count, or those that the records there tell of (loading_seats.h), and
 * the effect says so: what lay there together lies there together again. Where the log does not
 * have all records yet that lie there, the load is BUSY.
 *
 * Numbers. A booking's number is its alone, although nothing stands there yet: it comes from
 * next_id, which only grows. So a LOAD takes numbers from next_id on (and puts next_id behind
 * them), or below the first one that was given out since the start, where empty means that nobody
 * has it.
 * Threading: any worker; one LOAD at a time, under records.load_lock.
 */
#ifndef FASTI_BOOKING_LOADING_H
#define FASTI_BOOKING_LOADING_H

#include "engine/booking/draft.h"

FASTI_MUST_USE enum fasti_disposition fasti_loading(struct fasti_booking *booking,
                                                    const struct fasti_command *command,
                                                    struct fasti_pending *pending);

#endif
