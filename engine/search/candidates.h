/*
 * candidates.h - which schedules a search means, wherever they are: by code and area.
 *
 *   codes, area --roster--> batches of candidates --take--> who searched
 *
 * Candidates are handed over a batch at a time, while they are found: a search needs no room for
 * all of a country. A schedule that is edited meanwhile may come twice, never not at all.
 * Threading: the worker's own, online in the epoch.
 */
#ifndef FASTI_SEARCH_CANDIDATES_H
#define FASTI_SEARCH_CANDIDATES_H

#include "engine/booking/command.h"
#include "engine/search/roster.h"

#define FASTI_CANDIDATES_BATCH  32
#define FASTI_CANDIDATE_NO_RANK UINT32_MAX

struct fasti_candidate {
    uint32_t schedule, rank; /* NO_RANK: it changed since the roster was made */
    uint64_t distance_mm;    /* where the order asks for it */
};

struct fasti_candidates {
    /* given */
    const struct fasti_directory *directory;
    const struct fasti_roster *roster;
    const struct fasti_search_query *query;
    fasti_organization_id organization; /* 0: any */
    struct fasti_geo_area area;
    void (*take)(void *context, const struct fasti_candidate *batch, uint32_t count);
    void *context;
    /* Rows of the matrix: who needs more than all of them have is counted, and not handed over.
     * `take` may make them fewer. has_days false: nobody is left out. */
    bool has_days;
    uint32_t day_count;
    const _Atomic uint8_t *days[FASTI_ROSTER_DAYS];
    /* found */
    uint32_t specialty, code; /* numbers; code UINT32_MAX: only changed schedules can have it */
    uint32_t total;
    uint32_t batch_count;
    struct fasti_candidate batch[FASTI_CANDIDATES_BATCH];
};

/* Finds all that the query means and gives those that may have a start to `take`, in batches. */
void fasti_candidates_find(struct fasti_candidates *candidates);

/* Does the query mean this offer? */
bool fasti_candidates_mean(const struct fasti_candidates *candidates,
                           const struct fasti_roster_offer *offer);

/* The offer of a schedule that is not in the ranks. */
struct fasti_roster_offer fasti_candidates_offer(const struct fasti_candidates *candidates,
                                                 fasti_service_id service);

#endif
