/*
 * probe.h - would one booking take these rows? Asked of the code that books, nothing is taken.
 *
 *   rows -> draft (booking/rows.h) -> all taken there? -> the draft is dropped
 *
 * Rows see each other there: limits a day, a week and a month, places of openings, buffers, visits
 * that share a start. An expired hold that is in the way ends in the draft, as the booking would
 * end it first. Never writes. Threading: the worker's own, online in the epoch.
 */
#ifndef FASTI_COMBINE_PROBE_H
#define FASTI_COMBINE_PROBE_H

#include "engine/booking/rows.h"

#define FASTI_PROBE_ROW_LOOKS 8 /* what a row costs, in looks at a day */

enum fasti_probe_result {
    FASTI_PROBE_FREE,
    FASTI_PROBE_LOST,   /* some row cannot be had beside the others */
    FASTI_PROBE_MEMORY, /* that cannot be told */
    FASTI_PROBE_BUSY,   /* the same: the days change all the time */
};

/* *minutes: how long each row's visit is, when FREE. The pending's answer is used for it. */
FASTI_MUST_USE enum fasti_probe_result
fasti_probe(struct fasti_booking *booking, const struct fasti_command *command,
            struct fasti_pending *pending, const struct fasti_book *book, uint16_t *minutes);

#endif
