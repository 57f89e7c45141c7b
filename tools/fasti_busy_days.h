/*
 * fasti_busy_days.h - the local days of a schedule: where its ticks and its blocks may end.
 *
 * The client has no zone table: the server says when a day starts, once for each day that is asked
 * about. One session, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_BUSY_DAYS_H
#define FASTI_TOOLS_FASTI_BUSY_DAYS_H

#include "tools/fasti_busy_plan.h"
#include "tools/fasti_session.h"

struct fasti_busy_days {
    struct fasti_session *session;
    fasti_schedule_id schedule;
    int64_t tick_s;        /* the schedule's resolution */
    int64_t *starts_utc_s; /* of each bookable date; INT64_MIN: not asked yet */
};

/* Every function says DONE, or has printed why not. deinit what was zeroed or inited. */
FASTI_MUST_USE enum fasti_exit fasti_busy_days_init(struct fasti_busy_days *days,
                                                    struct fasti_session *session,
                                                    fasti_schedule_id schedule);
void fasti_busy_days_deinit(struct fasti_busy_days *days);

/* Moves an instant to the last tick at or before it, or to the first one at or after it. */
FASTI_MUST_USE enum fasti_exit fasti_busy_days_down(struct fasti_busy_days *days, int64_t *utc_s);
FASTI_MUST_USE enum fasti_exit fasti_busy_days_up(struct fasti_busy_days *days, int64_t *utc_s);

/* Adds a time to *pieces, cut at midnights so that each piece fits in one block. */
FASTI_MUST_USE enum fasti_exit fasti_busy_days_cut(struct fasti_busy_days *days,
                                                   const struct fasti_busy_time *time,
                                                   struct fasti_busy_times *pieces);

#endif
