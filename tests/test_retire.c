/*
 * test_retire.c - in which order what retires is logged.
 *
 *   a claim in chunk A: swapped, not yet pushed | A retires | B retires
 *   the log:  claim, A, B   whenever the claim comes; B before A is a log that does not open
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/apply.h"
#include "engine/booking/retire.h"
#include "engine/calendar/cell.h"
#include "tests/support/directory_world.h"

#define NOW_MS (INT64_C(20500) * 86400000) /* a day of 2026 */

static struct fasti_state *state;
static struct fasti_booking *booking;
static const fasti_schedule_id schedule = {1};

static void put(const struct fasti_put *put) {
    const struct fasti_publish publish = {
        .limbo = &booking->limbo, .arena = &booking->arena, .now_ms = NOW_MS, .replay = true};
    uint32_t id;
    struct fasti_hash128 delta;
    cr_assert_eq(fasti_directory_publish(state->directory, put, &publish, &id, &delta), FASTI_OK);
}

static void set_up(void) {
    state = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *state);
    booking = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *booking);
    cr_assert(state != NULL && booking != NULL);
    memset(state, 0, sizeof *state);
    memset(booking, 0, sizeof *booking);
    cr_assert_eq(fasti_state_init(state, 1, UINT64_C(256) << 20, fasti_clock_fixed(NOW_MS)),
                 FASTI_OK);
    cr_assert_eq(fasti_booking_init(booking, state, 0), FASTI_OK);
    fasti_epoch_online(&booking->limbo);
    const struct fasti_zone zone = zone_fixed(0);
    const struct fasti_put puts[] = {
        put_organization("praxis", ""),
        put_zone("Test/Zero", &zone),
        put_location(1, "haus", "Test/Zero"),
        put_service(1, "visit", 15, 15),
        put_schedule(1, "anna", "haus", 5, (const char *const[]){"visit", NULL}),
    };
    for (uint32_t i = 0; i < sizeof puts / sizeof puts[0]; i++)
        put(&puts[i]);
}

static void tear_down(void) {
    fasti_booking_deinit(booking);
    fasti_state_deinit(state);
    free(booking);
    free(state);
}

TestSuite(retire, .init = set_up, .fini = tear_down);

static struct fasti_days *days(void) {
    return &fasti_schedule_get(state->directory, schedule)->days;
}

/* A claim of a day that is not with the committer yet. */
static struct fasti_day_ref day_claim(fasti_date date) {
    const struct fasti_day_ref ref = fasti_days_get(&booking->arena, days(), date);
    cr_assert_not_null(ref.chunk);
    fasti_store_seq_cst(&ref.chunk->cells[ref.at], fasti_cell_word(FASTI_TAG_PAGE, 1, 0));
    return ref;
}

static struct fasti_pending *chunk_retire(fasti_date bound) {
    struct fasti_retired_chunk chunk;
    cr_assert_eq(fasti_retire_days(booking, schedule, bound, &chunk), FASTI_RETIRE_PUSHED);
    struct fasti_pending *pending = fasti_effects_take(state);
    cr_assert(pending != NULL && pending->next == NULL);
    return pending;
}

static void emit(struct fasti_pending *pending) {
    cr_assert(fasti_effect_is_next(state, pending));
    fasti_effect_emitted(state, pending, fasti_arena_at(&state->arena, pending->effect_index));
    fasti_pending_effect_drop(booking, pending);
    fasti_pending_give(booking, pending);
}

Test(retire, a_chunk_is_logged_behind_every_older_one) {
    const fasti_date today = {(int32_t)(NOW_MS / 86400000)};
    const fasti_date bound = fasti_retire_bound(today, FASTI_PAST_DAYS_MIN);
    const struct fasti_day_ref older = day_claim((fasti_date){bound.v - 3 * FASTI_CHUNK_DAYS + 7});
    const struct fasti_day_ref newer = day_claim((fasti_date){bound.v - FASTI_CHUNK_DAYS + 7});
    newer.chunk->emitted[newer.at] = 1;
    struct fasti_pending *first = chunk_retire(bound), *second = chunk_retire(bound);
    cr_assert_not(fasti_effect_is_next(state, first));
    cr_assert_not(fasti_effect_is_next(state, second), "it overtakes an older chunk");
    older.chunk->emitted[older.at] = 1; /* the claim's effect came */
    cr_assert_not(fasti_effect_is_next(state, second));
    emit(first);
    emit(second);
}

/* Who lost, here because a version is the last one, leaves the order as it was. */
Test(retire, who_lost_is_not_waited_for) {
    const fasti_date today = {(int32_t)(NOW_MS / 86400000)};
    const fasti_date bound = fasti_retire_bound(today, FASTI_PAST_DAYS_MIN);
    const struct fasti_day_ref ref = day_claim((fasti_date){bound.v - FASTI_CHUNK_DAYS});
    fasti_store_seq_cst(&ref.chunk->cells[ref.at],
                        fasti_cell_word(FASTI_TAG_PAGE, FASTI_VERSION_MAX, 0));
    struct fasti_retired_chunk chunk;
    cr_assert_eq(fasti_retire_days(booking, schedule, bound, &chunk), FASTI_RETIRE_LATER);
    cr_assert_null(fasti_effects_take(state));
    fasti_store_seq_cst(&ref.chunk->cells[ref.at], 0);
    emit(chunk_retire(bound));
}
