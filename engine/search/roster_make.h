/*
 * roster_make.h - a roster from the directory, and its end.
 *
 * Threading: under the configuration lock; what is made is private until it is published.
 */
#ifndef FASTI_SEARCH_ROSTER_MAKE_H
#define FASTI_SEARCH_ROSTER_MAKE_H

#include "engine/search/roster.h"

#define FASTI_ROSTER_PARTS 16 /* pointers of one, at most: the limbo needs room for so many */

/* Summaries of schedules that did not change since `before` (NULL: there is none) was made are
 * taken from there, the others from their pages. NULL: no memory. */
struct fasti_roster *fasti_roster_make(const struct fasti_roster_source *source,
                                       const struct fasti_roster *before);

/* Writes a day's summary, if the schedule has a rank and the date a row. */
void fasti_roster_set(struct fasti_roster *roster, uint32_t schedule, int32_t date,
                      const struct fasti_summary *summary);

/* Nothing is known of any day: each is looked at. Before it is published. */
void fasti_roster_forget(struct fasti_roster *roster);

/* At once; NULL: nothing. */
void fasti_roster_free(struct fasti_roster *roster);
/* When nobody can read it any more. The limbo has room for FASTI_ROSTER_PARTS. */
void fasti_roster_retire(struct fasti_roster *roster, struct fasti_limbo *limbo);

/* The UTC date of a time: a roster is made anew when it changes. */
int32_t fasti_roster_day_of(int64_t now_ms);

#endif
