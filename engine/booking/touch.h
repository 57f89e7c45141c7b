/*
 * touch.h - adding one to a day's version: how an edit makes claims under the old rules lose.
 */
#ifndef FASTI_BOOKING_TOUCH_H
#define FASTI_BOOKING_TOUCH_H

#include "engine/booking/attempt.h"

/* Swaps the day's cell for one with the same taken time, and logs that. The day's chunk exists.
 * Under the configuration lock. false: no memory (the caller stops the engine), or the cell is
 * worn out. */
FASTI_MUST_USE bool fasti_touch_day(struct fasti_booking *booking, fasti_schedule_id schedule,
                                    fasti_date date);

#endif
