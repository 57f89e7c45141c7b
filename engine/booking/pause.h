/*
 * pause.h - edits that no claim may cross: another zone or resolution, a first limit over weeks or
 * months.
 *
 *   does a day hold anything? --yes--> refused
 *        | no
 *   paused (no look succeeds) -> every worker was between two commands -> look again
 *        | still nothing                                             | something came before that
 *   publish, then on again                                           on again, refused
 *
 * Taken bits are counted in ticks from a local day's start. While a day holds any, another zone or
 * resolution would move them to other instants, and two patients could get one time. A claimer
 * reads the cell, then is_paused, then the configuration: it sees the pause, or is done before the
 * second look, or comes after the end and sees what was published. So the edit touches no day. The
 * second look also wants every day durable: an effect of it that is still to be numbered might come
 * behind the edit in the log. Moving what is taken is not offered yet.
 * A limit over a week or a month counts under the period's guard, which claims swap only while
 * there is such a limit: so when the first one comes, the schedule is paused for a moment, too, and
 * no claim that knew of none is left. What it holds does not matter then.
 * Threading: under the configuration lock.
 */
#ifndef FASTI_BOOKING_PAUSE_H
#define FASTI_BOOKING_PAUSE_H

#include "engine/booking/state.h"

/* The schedules that an edit moves. Starts zeroed. */
struct fasti_moved {
    struct fasti_moved_schedule {
        fasti_schedule_id id;
        bool must_be_idle; /* it may hold no time */
    } * schedules;
    uint32_t count, capacity;
    bool is_short;          /* there was no memory for all */
    fasti_schedule_id held; /* the one that holds time, where that refused the begin */
};

/* Adds one: for fasti_directory_moved, context is the struct. */
void fasti_moved_add(void *context, fasti_schedule_id schedule);
/* The same for fasti_directory_limited. */
void fasti_limited_add(void *context, fasti_schedule_id schedule);

/* Nothing is claimed on them until the end. INVALID_STATE with a sentence when one of them holds
 * time; BUSY: a worker did not come out of a command, or what emptied a day is not durable yet;
 * LIMIT_MEMORY. Nothing is paused then. */
FASTI_MUST_USE enum fasti_status fasti_pause_begin(struct fasti_booking *booking,
                                                   struct fasti_moved *moved,
                                                   struct fasti_detail *detail);

/* Claims go on; frees the list. Harmless after a refused begin. */
void fasti_pause_end(struct fasti_booking *booking, struct fasti_moved *moved);

#endif
