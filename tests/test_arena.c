/*
 * test_arena.c - objects never overlap, stay as written, and fit in the limit.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "tests/support/seed.h"

#define OBJECTS 3000

static struct fasti_arena *arena_make(uint64_t bytes) {
    struct fasti_arena *arena = malloc(sizeof *arena);
    fasti_arena_init(arena, bytes);
    return arena;
}

static void arena_drop(struct fasti_arena *arena) {
    fasti_arena_deinit(arena);
    free(arena);
}

struct object {
    uint32_t index;
    uint32_t size; /* 0: not allocated */
    uint8_t fill;
};

static void object_check(struct fasti_arena *arena, const struct object *object) {
    const uint8_t *bytes = fasti_arena_at(arena, object->index);
    cr_assert_eq((uintptr_t)bytes % FASTI_ARENA_UNIT_BYTES, 0);
    for (uint32_t i = 0; i < object->size; i++)
        cr_assert_eq(bytes[i], object->fill);
}

/* Two workers allocate, and free what either of them allocated. */
Test(arena, random_objects_do_not_overlap) {
    struct fasti_prng prng = fasti_test_prng("arena.random_objects_do_not_overlap");
    struct fasti_arena *arena = arena_make(UINT64_C(64) << 20);
    struct fasti_arena_local locals[2];
    static struct object objects[OBJECTS];
    for (int i = 0; i < 2; i++)
        fasti_arena_local_init(&locals[i], arena);
    for (int round = 0; round < 60000; round++) {
        struct object *object = &objects[fasti_prng_below(&prng, OBJECTS)];
        struct fasti_arena_local *local = &locals[fasti_prng_below(&prng, 2)];
        if (object->size != 0) {
            object_check(arena, object);
            fasti_arena_free(local, object->index, object->size);
            object->size = 0;
            continue;
        }
        object->size = 1 + (uint32_t)fasti_prng_below(&prng, FASTI_ARENA_SIZE_MAX);
        object->fill = (uint8_t)fasti_prng_next(&prng);
        object->index = fasti_arena_alloc(local, object->size);
        cr_assert_neq(object->index, 0);
        memset(fasti_arena_at(arena, object->index), object->fill, object->size);
    }
    for (int i = 0; i < OBJECTS; i++)
        object_check(arena, &objects[i]);
    arena_drop(arena);
}

Test(arena, the_limit_holds_and_frees_are_used_again) {
    struct fasti_arena *arena = arena_make(UINT64_C(2) * FASTI_ARENA_CHUNK_BYTES);
    struct fasti_arena_local local;
    uint32_t count = 0, last = 0;
    fasti_arena_local_init(&local, arena);
    for (uint32_t index; (index = fasti_arena_alloc(&local, 1024)) != 0; count++)
        last = index;
    cr_assert_geq(count, 2 * FASTI_ARENA_CHUNK_BYTES / 1024 - 2, "all but the place of index 0");
    cr_assert_eq(fasti_arena_bytes(arena), UINT64_C(2) * FASTI_ARENA_CHUNK_BYTES);
    cr_assert_eq(fasti_arena_alloc(&local, 1024), 0, "and again");
    cr_assert_neq(fasti_arena_alloc(&local, 63 * 16), 0, "the rest of the first chunk");
    cr_assert_eq(fasti_arena_alloc(&local, 16), 0, "a class does not borrow from a larger one");
    fasti_arena_free(&local, last, 1024);
    cr_assert_eq(fasti_arena_alloc(&local, 1010), last, "the same class");
    cr_assert_eq(fasti_arena_bytes(arena), UINT64_C(2) * FASTI_ARENA_CHUNK_BYTES);
    arena_drop(arena);
}

Test(arena, the_reserve_lends_and_what_it_frees_is_kept) {
    struct fasti_arena *arena = arena_make(UINT64_C(4) * FASTI_ARENA_CHUNK_BYTES);
    struct fasti_arena_local local;
    fasti_arena_reserve(arena, 1);
    fasti_arena_local_init(&local, arena);
    uint32_t last = 0;
    for (uint32_t index; (index = fasti_arena_alloc(&local, 1024)) != 0;)
        last = index;
    fasti_arena_free(&local, last, 1024);
    cr_assert_eq(fasti_arena_alloc(&local, 1024), 0, "the last of it is kept");
    local.uses_reserve = true;
    cr_assert_eq(fasti_arena_alloc(&local, 1024), last, "for those that may use the reserve");
    while (fasti_arena_alloc(&local, 1024) != 0) { /* they take all there is */
    }
    fasti_arena_free(&local, last, 1024);
    const uint32_t half = fasti_arena_alloc(&local, 512);
    cr_assert_neq(half, 0, "they borrow from a larger class");
    cr_assert_neq(fasti_arena_alloc(&local, 512), 0, "and what was left of it is free");
    memset(fasti_arena_at(arena, half), 1, 512);
    arena_drop(arena);
}

Test(arena, loading_goes_beyond_the_limit_and_leaves_the_reserve) {
    struct fasti_arena *arena = arena_make(UINT64_C(8) * FASTI_ARENA_CHUNK_BYTES);
    struct fasti_arena_local local, other;
    fasti_arena_reserve(arena, 2);
    fasti_arena_local_init(&local, arena);
    fasti_arena_local_init(&other, arena);
    fasti_arena_load_begin(arena);
    while (fasti_arena_alloc(&local, 1024) != 0) {
    }
    cr_assert_eq(fasti_arena_bytes(arena), UINT64_C(10) * FASTI_ARENA_CHUNK_BYTES);
    fasti_arena_load_end(arena);
    cr_assert_eq(fasti_arena_alloc(&other, 1024), 0);
    other.uses_reserve = true;
    cr_assert_neq(fasti_arena_alloc(&other, 1024), 0);
    arena_drop(arena);
}

Test(arena, no_limit_is_the_largest_one) {
    struct fasti_arena *arena = arena_make(UINT64_MAX);
    cr_assert_eq(arena->chunks_max, FASTI_ARENA_CHUNKS_MAX);
    arena_drop(arena);
}

Test(arena, too_large_a_size_crashes, .signal = SIGABRT) {
    struct fasti_arena *arena = arena_make(1);
    struct fasti_arena_local local;
    fasti_arena_local_init(&local, arena);
    fasti_arena_alloc(&local, FASTI_ARENA_SIZE_MAX + 1);
}

Test(arena, what_is_made_ready_ahead_is_there_in_turn) {
    struct fasti_ahead *ahead = fasti_ahead_create(1 << 16, 100);
    cr_assert_not_null(ahead);
    for (uint32_t i = 0; i < 100; i++) {
        uint8_t *piece = fasti_ahead_take(ahead);
        cr_assert_not_null(piece, "piece %u", i);
        cr_assert_eq((uintptr_t)piece % (1 << 16), 0);
        memset(piece, 1, 1 << 16);
        free(piece);
    }
    cr_assert_null(fasti_ahead_take(ahead), "no more were asked for");
    fasti_ahead_destroy(ahead);
    ahead = fasti_ahead_create(1 << 16, 1000); /* nobody takes them */
    free(fasti_ahead_take(ahead));
    fasti_ahead_destroy(ahead);
    fasti_ahead_destroy(NULL);
}

/* A load that expects much allocates as any other, and more than it expected. */
Test(arena, a_load_may_expect_what_it_allocates) {
    static struct fasti_arena arena;
    struct fasti_arena_local local;
    fasti_arena_init(&arena, UINT64_C(256) << 20);
    fasti_arena_local_init(&local, &arena);
    fasti_arena_load_begin(&arena);
    fasti_arena_load_expect(&arena, UINT64_C(64) << 20);
    cr_assert_not_null(arena.ahead);
    for (uint32_t i = 0; i < 8000; i++) {
        const uint32_t index = fasti_arena_alloc(&local, 10000);
        cr_assert_neq(index, 0);
        memset(fasti_arena_at(&arena, index), 7, 10000);
    }
    fasti_arena_load_end(&arena);
    cr_assert_null(arena.ahead);
    fasti_arena_deinit(&arena);
}
