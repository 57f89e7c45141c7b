/*
 * days.c - finds and makes the levels of one schedule's tree of days.
 *
 *   date - FASTI_DATE_FIRST  =  ((top * 64) + middle) * 32 + at
 *
 * A level is filled with zeros while private, then linked by one compare-and-swap; whoever loses
 * frees its copy at once, since nobody else ever saw it. Links are never changed or cleared.
 */
#include "engine/calendar/days.h"

#include <string.h>

#include "engine/base/panic.h"

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

/* The level behind link, made if there is none yet; NULL when there is no memory. */
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
    return fasti_arena_at(local->arena, index);
}

/* The level behind link, or NULL. */
static void *level_find(struct fasti_arena *arena, _Atomic uint32_t *link) {
    const uint32_t index = fasti_load_seq_cst(link); /* D3: pairs with D2 */
    return index == 0 ? NULL : fasti_arena_at(arena, index);
}

struct fasti_day_ref fasti_days_find(struct fasti_arena *arena, struct fasti_days *days,
                                     fasti_date date) {
    const struct place place = place_of(date);
    struct fasti_day_mid *mid = level_find(arena, &days->mids[place.top]);
    struct fasti_day_chunk *chunk =
        mid == NULL ? NULL : level_find(arena, &mid->chunks[place.middle]);
    return (struct fasti_day_ref){.chunk = chunk, .at = place.at};
}

struct fasti_day_ref fasti_days_get(struct fasti_arena_local *local, struct fasti_days *days,
                                    fasti_date date) {
    const struct place place = place_of(date);
    struct fasti_day_mid *mid =
        level_get(local, &days->mids[place.top], sizeof(struct fasti_day_mid));
    struct fasti_day_chunk *chunk =
        mid == NULL ? NULL
                    : level_get(local, &mid->chunks[place.middle], sizeof(struct fasti_day_chunk));
    return (struct fasti_day_ref){.chunk = chunk, .at = place.at};
}

bool fasti_days_next_chunk(struct fasti_arena *arena, struct fasti_days *days, fasti_date date,
                           fasti_date *chunk_first) {
    if (date.v > FASTI_DATE_LAST)
        return false;
    struct place place = place_of(date);
    for (; place.top < FASTI_TOP_MIDS; place.top++, place.middle = 0) {
        struct fasti_day_mid *mid = level_find(arena, &days->mids[place.top]);
        for (; mid != NULL && place.middle < FASTI_MID_CHUNKS; place.middle++) {
            if (level_find(arena, &mid->chunks[place.middle]) == NULL)
                continue;
            const uint32_t chunk = place.top * FASTI_MID_CHUNKS + place.middle;
            chunk_first->v = FASTI_DATE_FIRST + (int32_t)(chunk * FASTI_CHUNK_DAYS);
            return true;
        }
    }
    return false;
}
