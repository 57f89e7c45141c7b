/*
 * fasti_conflicts.h - appointments that lie ahead and that no opening covers any more.
 *
 * An edit of openings or services never takes an appointment away: it stays, and whoever edits is
 * told of it at once, by the command that edits as by "fasti list conflicts" later.
 */
#ifndef FASTI_TOOLS_FASTI_CONFLICTS_H
#define FASTI_TOOLS_FASTI_CONFLICTS_H

#include "tools/fasti_options.h"

#define FASTI_CONFLICTS_LISTED 1000 /* so many are named at most */

/* The server's present time, rounded up to a second. */
FASTI_MUST_USE enum fasti_exit fasti_conflicts_now(struct fasti_session *session,
                                                   int64_t *now_utc_s);

/* Those of a schedule of the session's organization, or (0) of all: looks for at most `max`, adds
 * how many there are to *count and appends them to list as JSON while it holds fewer than
 * FASTI_CONFLICTS_LISTED. */
FASTI_MUST_USE enum fasti_exit fasti_conflicts_find(struct fasti_session *session,
                                                    fasti_schedule_id schedule, uint32_t max,
                                                    uint32_t *count, json_t *list);

/* Prints them for people, if count is not 0. */
void fasti_conflicts_print(uint32_t count, const json_t *list);

/* The lines alone: record, schedule and time of each. */
void fasti_conflicts_print_list(const json_t *list);

#endif
