/*
 * test_days.c - the tree of days: every bookable date has its own cell, made once, found again.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

#include "engine/calendar/days.h"
#include "tests/support/seed.h"

static struct fasti_arena *arena_make(uint64_t bytes) {
    struct fasti_arena *arena = malloc(sizeof *arena);
    fasti_arena_init(arena, bytes);
    return arena;
}

static void arena_drop(struct fasti_arena *arena) {
    fasti_arena_deinit(arena);
    free(arena);
}

Test(days, every_date_has_its_own_cell) {
    struct fasti_arena *arena = arena_make(UINT64_C(8) << 20);
    struct fasti_arena_local local;
    struct fasti_days days = {0};
    fasti_arena_local_init(&local, arena);
    for (int32_t v = FASTI_DATE_FIRST; v <= FASTI_DATE_LAST; v++) {
        const struct fasti_day_ref ref = fasti_days_get(&local, &days, (fasti_date){v});
        cr_assert_not_null(ref.chunk);
        cr_assert_eq(ref.chunk->cells[ref.at], 0, "fresh, and shared with no other date");
        cr_assert_eq(ref.chunk->patterns[ref.at], 0);
        cr_assert_eq(ref.chunk->emitted[ref.at], 0);
        cr_assert_eq(ref.chunk->durable[ref.at], 0);
        ref.chunk->cells[ref.at] = (uint64_t)v;
    }
    for (int32_t v = FASTI_DATE_FIRST; v <= FASTI_DATE_LAST; v++) {
        const struct fasti_day_ref ref = fasti_days_find(arena, &days, (fasti_date){v});
        cr_assert_not_null(ref.chunk);
        cr_assert_eq(ref.chunk->cells[ref.at], (uint64_t)v);
    }
    arena_drop(arena);
}

Test(days, find_makes_nothing) {
    struct fasti_arena *arena = arena_make(UINT64_C(1) << 20);
    struct fasti_arena_local local;
    struct fasti_days days = {0};
    fasti_arena_local_init(&local, arena);
    cr_assert_null(fasti_days_find(arena, &days, (fasti_date){20000}).chunk);
    cr_assert_eq(fasti_arena_bytes(arena), 0);
    const struct fasti_day_ref made = fasti_days_get(&local, &days, (fasti_date){20000});
    const struct fasti_day_ref found = fasti_days_find(arena, &days, (fasti_date){20000});
    cr_assert_eq(made.chunk, found.chunk);
    cr_assert_eq(made.at, found.at);
    cr_assert_eq(fasti_days_get(&local, &days, (fasti_date){20000}).chunk, made.chunk);
    cr_assert_null(fasti_days_find(arena, &days, (fasti_date){20000 + 32}).chunk);
    arena_drop(arena);
}

Test(days, walk_visits_chunks_in_order) {
    struct fasti_prng prng = fasti_test_prng("days.walk_visits_chunks_in_order");
    struct fasti_arena *arena = arena_make(UINT64_C(8) << 20);
    struct fasti_arena_local local;
    struct fasti_days days = {0};
    bool made[FASTI_DAYS_MAX / FASTI_CHUNK_DAYS + 1] = {0};
    const int32_t chunks = FASTI_DAYS_MAX / FASTI_CHUNK_DAYS + 1;
    fasti_arena_local_init(&local, arena);
    fasti_date first;
    cr_assert_not(fasti_days_next_chunk(arena, &days, (fasti_date){FASTI_DATE_FIRST}, &first));
    for (int i = 0; i < 40; i++) {
        const int32_t day = i == 0   ? 0
                            : i == 1 ? FASTI_DAYS_MAX - 1
                                     : (int32_t)fasti_prng_below(&prng, FASTI_DAYS_MAX);
        fasti_days_get(&local, &days, (fasti_date){FASTI_DATE_FIRST + day});
        made[day / FASTI_CHUNK_DAYS] = true;
    }
    fasti_date from = {FASTI_DATE_FIRST};
    for (int32_t chunk = 0; chunk < chunks; chunk++) {
        if (!made[chunk])
            continue;
        cr_assert(fasti_days_next_chunk(arena, &days, from, &first));
        cr_assert_eq(first.v, FASTI_DATE_FIRST + chunk * FASTI_CHUNK_DAYS);
        from.v = first.v + FASTI_CHUNK_DAYS - 1; /* a date inside finds the chunk that holds it */
        fasti_date again;
        if (from.v <= FASTI_DATE_LAST) {
            cr_assert(fasti_days_next_chunk(arena, &days, from, &again));
            cr_assert_eq(again.v, first.v);
        }
        from.v = first.v + FASTI_CHUNK_DAYS;
    }
    cr_assert_not(fasti_days_next_chunk(arena, &days, from, &first));
    arena_drop(arena);
}

Test(days, no_memory_is_no_chunk) {
    struct fasti_arena *arena = arena_make(1);
    struct fasti_arena_local local;
    struct fasti_days days = {0};
    fasti_arena_local_init(&local, arena);
    while (fasti_arena_alloc(&local, 256) != 0)
        continue;
    while (fasti_arena_alloc(&local, 16) != 0)
        continue;
    cr_assert_null(fasti_days_get(&local, &days, (fasti_date){20000}).chunk);
    cr_assert_null(fasti_days_find(arena, &days, (fasti_date){20000}).chunk);
    arena_drop(arena);
}

Test(days, an_unbookable_date_crashes, .signal = SIGABRT) {
    struct fasti_arena *arena = arena_make(1);
    struct fasti_days days = {0};
    fasti_days_find(arena, &days, (fasti_date){FASTI_DATE_FIRST - 1});
}
