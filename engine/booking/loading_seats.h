/*
 * loading_seats.h - by how many may ticks be taken, as the records say that lie there?
 *
 *   taken 1 of 1   A             made first, when there was one seat
 *   taken 2 of 2   A B           B was made when there were two
 *   loaded: B, then A            A says 1 of 1; B, which is there, says 2
 *
 * Who came last to a tick saw all the others there, and said by how many it might be taken. So the
 * most that any of those who are there says is enough for all of them, in whatever order they come.
 * Threading: under records.load_lock, by the worker whose draft is being made.
 */
#ifndef FASTI_BOOKING_LOADING_SEATS_H
#define FASTI_BOOKING_LOADING_SEATS_H

#include "engine/booking/draft.h"

struct fasti_loading_seats {
    uint32_t most; /* that one of them says; 0: nobody is there */
    bool is_all;   /* false: ticks are taken by some whose records are not in the log yet */
};

/* Of those who take ticks of change, which lie on the day and begin at begin_s: records in the log
 * and in the draft, and items before `item` of the record that is being loaded. Walks all records
 * of the schedule: only where a load is refused otherwise. */
struct fasti_loading_seats fasti_loading_seats_of(struct fasti_booking *booking,
                                                  const struct fasti_draft_day *day,
                                                  const struct fasti_item *item,
                                                  const struct fasti_page_change *change,
                                                  int64_t begin_s, int64_t now_ms);

#endif
