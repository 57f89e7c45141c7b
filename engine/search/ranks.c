/*
 * ranks.c - blocks, bitmaps and rows of cells, a word of ranks at a time.
 */
#include "engine/search/ranks.h"

/* One block of one question. */
struct looking {
    const struct fasti_ranks_query *query;
    const struct fasti_roster_block *block;
    const uint64_t *specialty, *code; /* of the block's ranks; NULL: all have it */
    uint16_t minutes;
    uint8_t needed;
    bool is_even;
    bool goes_on;
    bool (*take)(void *context, const struct fasti_ranks *ranks);
    void *context;
};

/* The first rank of [first, end) whose cell is not less: looked for in steps that double, since it
 * mostly lies near. */
static uint32_t cell_bound(const struct fasti_roster *roster, uint32_t first, uint32_t end,
                           uint32_t cell) {
    for (uint32_t step = 1; first < end; step *= 2) {
        const uint32_t at = step < end - first ? first + step - 1 : end - 1;
        if (roster->cells[at] >= cell) {
            end = at;
            break;
        }
        first = at + 1;
    }
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        if (roster->cells[middle] < cell)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static void range_take(struct looking *looking, uint32_t first, uint32_t end) {
    const uint32_t base = looking->block->rank_first;
    for (uint32_t rank = first; rank < end && looking->goes_on;) {
        const uint32_t bit = rank - base, left = 64 - bit % 64;
        const uint32_t here = left < end - rank ? left : end - rank;
        uint64_t word = UINT64_MAX;
        if (looking->specialty != NULL)
            word &= looking->specialty[bit / 64];
        if (looking->code != NULL)
            word &= looking->code[bit / 64];
        const struct fasti_ranks ranks = {.bits = word >> bit % 64 & UINT64_MAX >> (64 - here),
                                          .first = rank,
                                          .count = here,
                                          .minutes = looking->minutes,
                                          .needed = looking->needed,
                                          .is_even = looking->is_even};
        if (ranks.bits != 0)
            looking->goes_on = looking->take(looking->context, &ranks);
        rank += here;
    }
}

/* One row of cells between two columns, from a rank on that is not behind them; the rank behind
 * them. */
static uint32_t columns_take(struct looking *looking, uint32_t from, uint32_t west, uint32_t east) {
    const struct fasti_roster *roster = looking->query->roster;
    const uint32_t block_end = looking->block->rank_end;
    const uint32_t first = cell_bound(roster, from, block_end, west);
    const uint32_t end = cell_bound(roster, first, block_end, east + 1);
    range_take(looking, first, end);
    return end;
}

/* The block's ranks inside the area's hull, a row of cells at a time; rows without anybody are
 * passed. */
static void hull_take(struct looking *looking) {
    const struct fasti_roster *roster = looking->query->roster;
    const struct fasti_geo *sw = &looking->query->area->south_west;
    const struct fasti_geo *ne = &looking->query->area->north_east;
    const uint32_t west = fasti_geo_column(sw->longitude_e7);
    const uint32_t east = fasti_geo_column(ne->longitude_e7);
    const uint32_t north = fasti_geo_row(ne->latitude_e7), end = looking->block->rank_end;
    uint32_t next = looking->block->rank_first;
    for (uint32_t row = fasti_geo_row(sw->latitude_e7); row <= north && looking->goes_on; row++) {
        next = cell_bound(roster, next, end, row * FASTI_GEO_COLUMNS);
        if (next == end || roster->cells[next] == FASTI_GEO_NOWHERE)
            return; /* nobody is further north */
        row = roster->cells[next] / FASTI_GEO_COLUMNS;
        if (row > north)
            return;
        const uint32_t line = row * FASTI_GEO_COLUMNS, last = line + FASTI_GEO_COLUMNS - 1;
        if (sw->longitude_e7 <= ne->longitude_e7) {
            next = columns_take(looking, next, line + west, line + east);
        } else if (east >= west) { /* all round, the gap inside one column */
            next = columns_take(looking, next, line, last);
        } else { /* over the 180th meridian */
            next = columns_take(looking, next, line, line + east);
            next = columns_take(looking, next, line + west, last);
        }
    }
}

/* false: nobody of the block has the codes. */
static bool postings_find(struct looking *looking) {
    const struct fasti_roster *roster = looking->query->roster;
    const uint32_t specialty = looking->query->specialty, code = looking->query->code;
    const struct fasti_roster_posting *posting;
    looking->needed = looking->block->needed;
    if (specialty != 0 && specialty != looking->block->specialty) {
        posting = looking->block->has_further
                      ? fasti_roster_posting(roster, looking->block, specialty)
                      : NULL;
        if (posting == NULL)
            return false;
        looking->specialty = roster->words + posting->words_at;
    }
    if (code != 0) {
        posting = fasti_roster_posting(roster, looking->block, code);
        if (posting == NULL)
            return false;
        looking->code = roster->words + posting->words_at;
        looking->minutes = posting->minutes;
        looking->needed = posting->needed;
        looking->is_even = posting->is_even;
    }
    return true;
}

void fasti_ranks_each(const struct fasti_ranks_query *query,
                      bool (*take)(void *context, const struct fasti_ranks *ranks), void *context) {
    bool goes_on = true;
    for (uint32_t b = 0; b < query->roster->block_count && goes_on; b++) {
        struct looking looking = {.query = query,
                                  .block = &query->roster->blocks[b],
                                  .goes_on = true,
                                  .take = take,
                                  .context = context};
        if (!postings_find(&looking))
            continue;
        if (query->area->kind == FASTI_GEO_ANYWHERE)
            range_take(&looking, looking.block->rank_first, looking.block->rank_end);
        else
            hull_take(&looking);
        goes_on = looking.goes_on;
    }
}
