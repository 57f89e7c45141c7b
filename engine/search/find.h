/*
 * find.h - who can see me first? Search over all organizations.
 *
 *   candidates.h --first place that may be free--> heap.h --the most hopeful--> rules --> the best
 *
 * A candidate is looked at while it may be among the best by the least key that it can have; its
 * days in order, from the first that may have a start, until one has a start that the query takes.
 * What is looked at is one consistent page a schedule and day; what is not durable yet may be
 * shown. Never writes.
 */
#ifndef FASTI_SEARCH_FIND_H
#define FASTI_SEARCH_FIND_H

#include "engine/search/row.h"

/* NULL: no memory. */
struct fasti_find *fasti_find_create(void);
void fasti_find_destroy(struct fasti_find *find);

/* *answer is the worker's own until its next search. organization 0: of whichever. INVALID_RANGE,
 * INVALID_DATE, LIMIT_MESSAGE (too many days to look at), LIMIT_MEMORY with a sentence. The caller
 * is online in the epoch. */
FASTI_MUST_USE enum fasti_status
fasti_find_run(struct fasti_search *search, fasti_organization_id organization,
               const struct fasti_search_query *query, int64_t now_ms,
               const struct fasti_search_answer **answer, struct fasti_detail *detail);

#endif
