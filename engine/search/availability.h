/*
 * availability.h - the agenda: every free start of some schedules and services in some days.
 *
 *   pairs.h --a row--> each local day: view (rules/) -> starts -> columns of the answer
 *
 * Each row stands for itself: one that is closed, full or unknown never hides another's starts, and
 * none depends on the order of ids. A page ends where it is full, and says where the next one
 * begins. Reads one consistent page per schedule and day; may show what is not durable yet (the
 * answer says as_of). Never writes.
 */
#ifndef FASTI_SEARCH_AVAILABILITY_H
#define FASTI_SEARCH_AVAILABILITY_H

#include "engine/search/row.h"

/* Fills search->answer. INVALID_RANGE (counts), INVALID_DATE, LIMIT_MESSAGE (one row has more than
 * FASTI_QUERY_STARTS_MAX starts: ask for fewer days), LIMIT_MEMORY, BUSY with a sentence. The
 * caller is online in the epoch. */
FASTI_MUST_USE enum fasti_status fasti_availability(struct fasti_search *search,
                                                    fasti_organization_id organization,
                                                    const struct fasti_availability_query *query,
                                                    int64_t now_ms, struct fasti_detail *detail);

#endif
