/*
 * ranks.h - the ranks of a roster that may be meant: by codes and by cells of the map.
 *
 *   block of the specialty, or its posting --+
 *   posting of the service's code          --+--and--> words of ranks whose cell the area touches
 *   rows of cells, column ranges           --+
 *
 * Pure reading of a roster, which does not change but for who is alive: the caller looks at that,
 * and at where exactly a rank is.
 */
#ifndef FASTI_SEARCH_RANKS_H
#define FASTI_SEARCH_RANKS_H

#include "engine/search/roster.h"

struct fasti_ranks_query {
    const struct fasti_roster *roster;
    uint32_t specialty, code; /* numbers; 0: whichever */
    const struct fasti_geo_area *area;
};

/* At most 64 ranks of one block: bit i of `bits`, which is not 0, is rank first + i. */
struct fasti_ranks {
    uint64_t bits;
    uint32_t first, count; /* bits from count on are 0 */
    uint16_t minutes; /* of a visit of each offer with the code; 0: they differ, or no code is */
    uint8_t needed;   /* no offer of theirs that is meant needs less (rules/summary.h) */
    bool is_even;     /* and none needs more */
};

/* Calls take with all of them, each rank once, until it says false. */
void fasti_ranks_each(const struct fasti_ranks_query *query,
                      bool (*take)(void *context, const struct fasti_ranks *ranks), void *context);

#endif
