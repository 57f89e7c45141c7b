/*
 * fasti_busy.h - the blocks of one source on a schedule made equal to a list of busy times.
 *
 *   times -> ticks -> merged --+
 *   LIST: blocks of the source +-> missing -> steps (fasti_busy_plan.h) -> BLOCK, UNBLOCK
 *   LIST: what others take ----+                    lost to somebody: list again
 *
 * Only blocks of this source are touched, and only those that are not over yet: what is past stays.
 * Appointments stay, too: what is free around them is blocked, and they are told of as conflicts.
 * What was done is found by the next run, so a run that broke off is finished by running it again;
 * each step has a request id, so that asking twice for one does it once. One session, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_BUSY_H
#define FASTI_TOOLS_FASTI_BUSY_H

#include "tools/fasti_busy_plan.h"
#include "tools/fasti_session.h"

#define FASTI_BUSY_DAYS_MAX 3660 /* of one busy time */
#define FASTI_BUSY_ROUNDS   16   /* how often a step may be lost to somebody else */

struct fasti_busy_job {
    fasti_schedule_id schedule;
    uint32_t source; /* fasti_source_of(name), not 0 */
    bool is_dry_run; /* plans, and changes nothing */
    /* Each ends after it starts, lies in the years 2000 to 2199 and has at most FASTI_BUSY_DAYS_MAX
     * days; else in any order, on any second. They are rounded to whole ticks outwards, sorted and
     * merged in place. */
    struct fasti_busy_time *times;
    size_t count;
};

struct fasti_busy_result {
    uint32_t past;                        /* times that were over already: left out */
    uint32_t spans;                       /* what is left of the others when merged */
    uint32_t added, moved, removed, kept; /* blocks */
    uint32_t conflict_count;
    json_t *conflicts; /* at most FASTI_CONFLICTS_LISTED, as fasti_records_json; owned */
};

/* The session is scoped. *result is set in any case and deinited by the caller. A failure is
 * printed, with what was done up to then. */
FASTI_MUST_USE enum fasti_exit fasti_busy_run(struct fasti_session *session,
                                              const struct fasti_busy_job *job,
                                              struct fasti_busy_result *result);
void fasti_busy_result_deinit(struct fasti_busy_result *result);

/* Prints the conflicts for people, if there are any. */
void fasti_busy_print_conflicts(const struct fasti_busy_result *result);

#endif
