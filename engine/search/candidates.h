/*
 * candidates.h - which schedules a search means, wherever they are: by code and area.
 *
 *   codes, area --roster--> 64 ranks at a time --window--> candidates --take--> who searched
 *
 * Candidates are handed over while they are found, each with the first day, and the place on it,
 * that may have a start: a search needs no room for all of a country. Of some thousand ranks at a
 * time those come first that may have a start on the first day (where they are many: in its first
 * part), then those of the next one: who has enough of them leaves the others out. A schedule that
 * is edited meanwhile may come twice, never not at all. Threading: the worker's own, online in the
 * epoch.
 */
#ifndef FASTI_SEARCH_CANDIDATES_H
#define FASTI_SEARCH_CANDIDATES_H

#include "engine/booking/command.h"
#include "engine/search/ranks.h"
#include "engine/search/window.h"

#define FASTI_CANDIDATE_NO_RANK UINT32_MAX
#define FASTI_CANDIDATES_RANKS  64 /* words of ranks at a time */

struct fasti_candidate {
    uint32_t schedule, rank; /* NO_RANK: it changed since the roster was made */
    uint16_t day;            /* of the window: the first that may have a start */
    uint8_t first;           /* where on it; of a schedule without a rank nothing is known: 0 */
};

struct fasti_candidates {
    /* given */
    const struct fasti_directory *directory;
    const struct fasti_roster *roster;
    const struct fasti_search_query *query;
    fasti_organization_id organization; /* 0: any */
    struct fasti_geo_area area;
    const struct fasti_window *window;
    uint32_t part_end; /* parts of the window's days that are of use; take and pause may leave some
                          out */
    /* distance_mm: where the order asks for it */
    void (*take)(void *context, const struct fasti_candidate *candidate, uint64_t distance_mm);
    void (*pause)(void *context); /* more of them come, of a later day or part */
    void *context;
    /* found */
    uint32_t specialty, code; /* numbers; code UINT32_MAX: only changed schedules can have it */
    uint32_t total;           /* with those that have no start */
    uint32_t ranks_count, ranks_total;                /* words, and how many ranks are in them */
    struct fasti_ranks ranks[FASTI_CANDIDATES_RANKS]; /* for which no day is found yet */
};

/* Finds all that the query means, and gives those that may have a start to `take`. */
void fasti_candidates_find(struct fasti_candidates *candidates);

/* Does the query mean this offer? */
bool fasti_candidates_mean(const struct fasti_candidates *candidates,
                           const struct fasti_roster_offer *offer);

/* The offer of a schedule that is not in the ranks. */
struct fasti_roster_offer fasti_candidates_offer(const struct fasti_candidates *candidates,
                                                 fasti_service_id service);

#endif
