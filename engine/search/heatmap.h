/*
 * heatmap.h - where and when is there room? Free starts by day and by cell of a grid.
 *
 *   codes, area --roster--> ranks --summaries--> days worth a look --rules--> starts counted
 *                                                                    by cell and local day
 *
 * What is counted is what AVAILABILITY tells of each schedule. Days whose summary is less than the
 * visit needs count nothing and are not looked at; of the others one consistent page is. Never
 * writes. What is not durable yet may be shown.
 */
#ifndef FASTI_SEARCH_HEATMAP_H
#define FASTI_SEARCH_HEATMAP_H

#include "engine/search/row.h"

/* One a worker, made when it is asked for the first time. */
struct fasti_heatmap;
void fasti_heatmap_destroy(struct fasti_heatmap *heatmap);

/* *heatmap: NULL before the first time. *answer is the worker's own until its next one.
 * organization 0: of whichever. INVALID_RANGE, INVALID_DATE, LIMIT_MESSAGE (too many cells, or days
 * to look at) with a sentence; LIMIT_MEMORY. The caller is online in the epoch. */
FASTI_MUST_USE enum fasti_status
fasti_heatmap_run(struct fasti_heatmap **heatmap, struct fasti_search *search,
                  fasti_organization_id organization, const struct fasti_heatmap_query *query,
                  int64_t now_ms, const struct fasti_heatmap_answer **answer,
                  struct fasti_detail *detail);

#endif
