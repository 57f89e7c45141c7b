/*
 * test_epoch.c - one thread plays all workers: when exactly is memory given back?
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

#include "engine/base/epoch.h"

#define WORKERS 3

static struct fasti_arena arena;
static struct fasti_epoch epoch;
static struct fasti_arena_local locals[WORKERS];
static struct fasti_limbo limbos[WORKERS];

static void set_up(void) {
    fasti_arena_init(&arena, 1);
    fasti_epoch_init(&epoch, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        fasti_arena_local_init(&locals[i], &arena);
        cr_assert(fasti_limbo_init(&limbos[i], &epoch, &locals[i], i));
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        fasti_epoch_online(&limbos[i]);
}

static void tear_down(void) {
    for (uint32_t i = 0; i < WORKERS; i++)
        fasti_limbo_deinit(&limbos[i]);
    fasti_arena_deinit(&arena);
}

TestSuite(epoch, .init = set_up, .fini = tear_down);

/* Every worker up to `count` announces once. */
static void announce(uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        fasti_epoch_quiescent(&limbos[i]);
}

Test(epoch, a_worker_that_does_not_announce_keeps_everything) {
    fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 64), 64);
    for (int i = 0; i < 20; i++)
        announce(WORKERS - 1);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 10), 0, "the last worker may hold it");
    fasti_epoch_offline(&limbos[WORKERS - 1]);
    for (int i = 0; i < 20; i++)
        announce(WORKERS - 1);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 10), 1, "an offline worker holds nothing");
}

Test(epoch, pages_wait_three_steps_and_descriptors_four) {
    const uint32_t page = fasti_arena_alloc(&locals[0], 64);
    const uint32_t descriptor = fasti_arena_alloc(&locals[0], 128);
    fasti_limbo_retire(&limbos[0], page, 64);
    fasti_limbo_retire_descriptor(&limbos[0], descriptor, 128);
    const uint64_t start = epoch.counter;
    uint64_t page_at = 0, descriptor_at = 0;
    for (int i = 0; i < 10; i++) {
        if (page_at == 0 && fasti_limbo_collect(&limbos[0], 1) == 1)
            page_at = epoch.counter;
        else if (page_at != 0 && descriptor_at == 0 && fasti_limbo_collect(&limbos[0], 1) == 1)
            descriptor_at = epoch.counter;
        announce(WORKERS);
    }
    cr_assert_eq(page_at, start + FASTI_GRACE_PAGE);
    cr_assert_eq(descriptor_at, start + FASTI_GRACE_DESCRIPTOR);
    cr_assert_eq(fasti_arena_alloc(&locals[0], 64), page, "given back to the arena");
    cr_assert_eq(fasti_arena_alloc(&locals[0], 128), descriptor);
}

Test(epoch, collect_is_bounded_and_in_order) {
    for (int i = 0; i < 10; i++)
        fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 64), 64);
    for (int i = 0; i < 10; i++)
        announce(WORKERS);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 4), 4);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 100), 6);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 100), 0);
}

Test(epoch, pointers_are_freed_too) {
    fasti_limbo_retire_pointer(&limbos[1], malloc(100));
    for (int i = 0; i < 10; i++)
        announce(WORKERS);
    cr_assert_eq(fasti_limbo_collect(&limbos[1], 4), 1);
    fasti_limbo_retire_pointer(&limbos[1], malloc(100)); /* deinit frees what still waits */
}

Test(epoch, room_is_exact) {
    cr_assert(fasti_limbo_has_room(&limbos[0], FASTI_LIMBO_MAX));
    cr_assert_not(fasti_limbo_has_room(&limbos[0], FASTI_LIMBO_MAX + 1));
    fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 64), 64);
    cr_assert_not(fasti_limbo_has_room(&limbos[0], FASTI_LIMBO_MAX));
    cr_assert(fasti_limbo_has_room(&limbos[0], FASTI_LIMBO_MAX - 1));
}

Test(epoch, a_limbo_grows_when_asked_and_keeps_its_order) {
    for (int i = 0; i < 7; i++) { /* the ring begins in its middle */
        fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 32), 32);
        for (int round = 0; round < 10; round++)
            announce(WORKERS);
        cr_assert_eq(fasti_limbo_collect(&limbos[0], 1), 1);
    }
    const uint32_t first = fasti_arena_alloc(&locals[0], 64);
    fasti_limbo_retire(&limbos[0], first, 64);
    while (fasti_limbo_has_room(&limbos[0], 1))
        fasti_limbo_retire_pointer(&limbos[0], malloc(1));
    cr_assert(fasti_limbo_reserve(&limbos[0], FASTI_LIMBO_MAX));
    cr_assert(fasti_limbo_has_room(&limbos[0], FASTI_LIMBO_MAX));
    fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 64), 64);
    for (int i = 0; i < 10; i++)
        announce(WORKERS);
    cr_assert_eq(fasti_limbo_collect(&limbos[0], 1), 1);
    cr_assert_eq(fasti_arena_alloc(&locals[0], 64), first, "the oldest one came first");
    cr_assert_eq(fasti_limbo_collect(&limbos[0], UINT32_MAX), FASTI_LIMBO_MAX);
}

Test(epoch, waiting_ends_when_the_others_are_offline_and_not_before) {
    fasti_epoch_offline(&limbos[1]);
    fasti_epoch_offline(&limbos[2]);
    cr_assert(fasti_epoch_wait(&limbos[0]), "alone");
    fasti_epoch_online(&limbos[1]);
    cr_assert_not(fasti_epoch_wait(&limbos[0]), "the other one is in a command");
    fasti_epoch_offline(&limbos[1]);
    cr_assert(fasti_epoch_wait(&limbos[0]));
}

Test(epoch, announcing_offline_crashes, .signal = SIGABRT) {
    fasti_epoch_offline(&limbos[0]);
    fasti_epoch_quiescent(&limbos[0]);
}

Test(epoch, retiring_offline_crashes, .signal = SIGABRT) {
    fasti_epoch_offline(&limbos[0]);
    fasti_limbo_retire(&limbos[0], fasti_arena_alloc(&locals[0], 64), 64);
}
