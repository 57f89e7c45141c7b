/*
 * days.c - finds and makes the levels of one schedule's tree of days.
 *
 *   date - FASTI_DATE_FIRST  =  ((top * 64) + middle) * 32 + at
 *
 * A level is filled with zeros while private, then linked by one compare-and-swap; whoever loses
 * frees its copy at once, since nobody else ever saw it. A link changes once more, when what is
 * behind it retires, and is never cleared: so nobody makes a second cell for a day.
 */
#include "engine/calendar/days.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/cell.h"

/* A link behind which everything retired. No level begins at the arena's last unit. */
#define LINK_RETIRED UINT32_MAX

struct place {
    uint32_t top, middle, at;
};

_Static_assert(sizeof(struct fasti_day_chunk) <= FASTI_ARENA_SIZE_MAX, "a chunk fits in the arena");
_Static_assert(sizeof(struct fasti_day_mid) <= FASTI_ARENA_SIZE_MAX, "a mid fits in the arena");

static struct place place_of(fasti_date date) {
    FASTI_ASSERT(date.v >= FASTI_DATE_FIRST && date.v <= FASTI_DATE_LAST);
    const uint32_t day = (uint32_t)(date.v - FASTI_DATE_FIRST);
    const uint32_t chunk = day / FASTI_CHUNK_DAYS;
    return (struct place){
        .top = chunk / FASTI_MID_CHUNKS,
        .middle = chunk % FASTI_MID_CHUNKS,
        .at = day % FASTI_CHUNK_DAYS,
    };
}

static void *level_at(struct fasti_arena *arena, uint32_t index) {
    return index == 0 || index == LINK_RETIRED ? NULL : fasti_arena_at(arena, index);
}

/* The level behind link, made if there is none yet; NULL when there is no memory, or it retired. */
static void *level_get(struct fasti_arena_local *local, _Atomic uint32_t *link, size_t size) {
    /* D1: pairs with D2, for the zeros; seq_cst for the rule in days.h */
    uint32_t index = fasti_load_seq_cst(link);
    if (index == 0) {
        const uint32_t made = fasti_arena_alloc(local, size);
        if (made == 0)
            return NULL;
        memset(fasti_arena_at(local->arena, made), 0, size);
        if (fasti_cas_seq_cst(link, &index, made)) /* D2: pairs with D1 and D3 */
            index = made;
        else
            fasti_arena_free(local, made, size);
    }
    return level_at(local->arena, index);
}

/* The level behind link, or NULL. */
static void *level_find(struct fasti_arena *arena, _Atomic uint32_t *link) {
    return level_at(arena, fasti_load_seq_cst(link)); /* D3: pairs with D2 */
}

/* Where there is no chunk: did the day retire? A link says so before retired_end does; of dates
 * that retired before a restart only retired_end knows. */
static struct fasti_day_ref ref_of(const struct fasti_days *days, fasti_date date,
                                   struct fasti_day_chunk *chunk, bool is_link_retired) {
    return (struct fasti_day_ref){
        .chunk = chunk,
        .at = place_of(date).at,
        .is_retired = chunk == NULL && (is_link_retired || fasti_days_is_retired(days, date)),
    };
}

struct fasti_day_ref fasti_days_find(struct fasti_arena *arena, struct fasti_days *days,
                                     fasti_date date) {
    const struct place place = place_of(date);
    uint32_t index = fasti_load_seq_cst(&days->mids[place.top]); /* D3: pairs with D2 */
    struct fasti_day_mid *mid = level_at(arena, index);
    if (mid == NULL)
        return ref_of(days, date, NULL, index == LINK_RETIRED);
    index = fasti_load_seq_cst(&mid->chunks[place.middle]); /* D3 */
    return ref_of(days, date, level_at(arena, index), index == LINK_RETIRED);
}

struct fasti_day_ref fasti_days_get(struct fasti_arena_local *local, struct fasti_days *days,
                                    fasti_date date) {
    const struct place place = place_of(date);
    const struct fasti_day_ref ref = fasti_days_find(local->arena, days, date);
    if (ref.chunk != NULL || ref.is_retired)
        return ref;
    struct fasti_day_mid *mid =
        level_get(local, &days->mids[place.top], sizeof(struct fasti_day_mid));
    if (mid != NULL)
        (void)level_get(local, &mid->chunks[place.middle], sizeof(struct fasti_day_chunk));
    return fasti_days_find(local->arena, days, date); /* it may have retired meanwhile */
}

void fasti_days_prefetch(struct fasti_arena *arena, struct fasti_days *days, fasti_date date,
                         uint32_t level) {
    const struct place place = place_of(date);
    _Atomic uint32_t *link = &days->mids[place.top];
    if (level == 0) {
        __builtin_prefetch(link);
        return;
    }
    struct fasti_day_mid *mid = level_at(arena, fasti_load_acquire(link));
    if (mid == NULL)
        return;
    link = &mid->chunks[place.middle];
    if (level == 1) {
        __builtin_prefetch(link);
        return;
    }
    struct fasti_day_chunk *chunk = level_at(arena, fasti_load_acquire(link));
    if (chunk == NULL)
        return;
    if (level == 2) {
        __builtin_prefetch(&chunk->cells[place.at]);
        __builtin_prefetch(&chunk->patterns[place.at]);
        return;
    }
    const uint64_t word = fasti_load_acquire(&chunk->cells[place.at]);
    if (fasti_cell_index(word) != 0)
        __builtin_prefetch(fasti_arena_at(arena, fasti_cell_index(word)));
}

struct fasti_day_chunk *fasti_days_next_chunk(struct fasti_arena *arena, struct fasti_days *days,
                                              fasti_date date, fasti_date *chunk_first) {
    if (date.v > FASTI_DATE_LAST)
        return NULL;
    struct place place = place_of(date);
    for (; place.top < FASTI_TOP_MIDS; place.top++, place.middle = 0) {
        struct fasti_day_mid *mid = level_find(arena, &days->mids[place.top]);
        for (; mid != NULL && place.middle < FASTI_MID_CHUNKS; place.middle++) {
            struct fasti_day_chunk *chunk = level_find(arena, &mid->chunks[place.middle]);
            if (chunk == NULL)
                continue;
            const uint32_t number = place.top * FASTI_MID_CHUNKS + place.middle;
            chunk_first->v = FASTI_DATE_FIRST + (int32_t)(number * FASTI_CHUNK_DAYS);
            return chunk;
        }
    }
    return NULL;
}

/* ---- retiring ---- */

static struct place place_next(struct place place) {
    place.middle++;
    if (place.middle == FASTI_MID_CHUNKS)
        place = (struct place){.top = place.top + 1};
    return place;
}

static bool is_before(struct place a, struct place b) {
    return a.top < b.top || (a.top == b.top && a.middle < b.middle);
}

/* The link says "retired" from now on, if nothing is behind it. */
static bool link_close(_Atomic uint32_t *link) {
    uint32_t index = 0;
    return fasti_cas_seq_cst(link, &index, LINK_RETIRED) || index == LINK_RETIRED;
}

bool fasti_days_close(struct fasti_arena_local *local, struct fasti_days *days, fasti_date end) {
    FASTI_ASSERT(fasti_days_chunk_of(end).v == end.v);
    const int32_t retired = fasti_load_seq_cst(&days->retired_end);
    const int32_t from = retired == 0 ? FASTI_DATE_FIRST : retired;
    if (end.v <= from)
        return true;
    const struct place last = place_of(end);
    for (struct place at = place_of((fasti_date){from}); is_before(at, last); at = place_next(at)) {
        const bool is_whole = at.middle == 0 && at.top < last.top;
        if (is_whole && link_close(&days->mids[at.top])) {
            at.middle = FASTI_MID_CHUNKS - 1;
            continue;
        }
        struct fasti_day_mid *mid =
            level_get(local, &days->mids[at.top], sizeof(struct fasti_day_mid));
        if (mid == NULL || !link_close(&mid->chunks[at.middle]))
            return false;
    }
    fasti_store_seq_cst(&days->retired_end, end.v);
    return true;
}

uint32_t fasti_days_retire(struct fasti_arena *arena, struct fasti_days *days, fasti_date first) {
    const struct place place = place_of(first);
    struct fasti_day_mid *mid = level_find(arena, &days->mids[place.top]);
    FASTI_ASSERT(place.at == 0 && mid != NULL);
    const uint32_t index = fasti_exchange_seq_cst(&mid->chunks[place.middle], LINK_RETIRED);
    FASTI_ASSERT(index != 0 && index != LINK_RETIRED);
    fasti_store_seq_cst(&days->retired_end, first.v + FASTI_CHUNK_DAYS);
    return index;
}
