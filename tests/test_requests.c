/*
 * test_requests.c - the table of request ids: each answer of begin, what is dropped in which order,
 * and random sessions with restarts against a model of one bucket: an array and loops.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/requests.h"
#include "tests/support/seed.h"

#define NOW_MS INT64_C(1767596400000) /* 2026-01-05T07:00Z */
#define WAYS   FASTI_REQUEST_WAYS

static struct fasti_requests table;

static void set_up(void) {
    cr_assert(fasti_requests_init(&table, WAYS));
}

static void tear_down(void) {
    fasti_requests_deinit(&table);
}

TestSuite(requests, .init = set_up, .fini = tear_down);

/* A UUID version 7 of that time. */
static fasti_request_id id_of(int64_t ms, uint64_t random) {
    return (fasti_request_id){.low = UINT64_C(2) << 62 | random,
                              .high = (uint64_t)ms << 16 | UINT64_C(7) << 12};
}

static struct fasti_request request_of(int64_t ms, uint64_t random) {
    return (struct fasti_request){id_of(ms, random), {1}, 4711};
}

static struct fasti_request_answer answer_of(uint64_t record) {
    return (struct fasti_request_answer){
        .record = record,
        .count = record + 1,
        .decided_ms = NOW_MS,
        .id = 5,
        .outcome = 1,
        .effect_kind = 16,
    };
}

/* What begin says; the slot, where there is one, is in `slot`. */
static fasti_request_slot slot;
static struct fasti_request_answer told;
static enum fasti_request_result begin_at(struct fasti_request request, int64_t now_ms) {
    memset(&told, 0, sizeof told);
    return fasti_requests_begin(&table, &request, 0, now_ms, &told, &slot);
}
static enum fasti_request_result begin(struct fasti_request request) {
    return begin_at(request, NOW_MS);
}

static void expect_told(uint64_t record) {
    const struct fasti_request_answer answer = answer_of(record);
    cr_assert_eq(memcmp(&told, &answer, sizeof told), 0, "another answer than the first");
}

static void act(struct fasti_request request, uint64_t record) {
    const struct fasti_request_answer answer = answer_of(record);
    cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
    cr_assert_eq(fasti_requests_finish(&table, slot, &answer), 0);
}

static void refuse(struct fasti_request request, uint64_t record) {
    const struct fasti_request_answer answer = answer_of(record);
    cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
    cr_assert_eq(fasti_requests_refuse(&table, slot, &answer), 0);
}

/* ---- one at a time ---- */

Test(requests, an_id_of_version_7_has_a_time_and_no_other) {
    int64_t ms;
    /* The example of RFC 9562, A.6. */
    const fasti_request_id id = {UINT64_C(0x98c4dc0c0c07398f), UINT64_C(0x017f22e279b07cc3)};
    cr_assert(fasti_request_id_ms(id, &ms));
    cr_assert_eq(ms, INT64_C(1645557742000));
    cr_assert(fasti_request_id_ms(id_of((INT64_C(1) << 48) - 1, 0), &ms));
    cr_assert_eq(ms, (INT64_C(1) << 48) - 1);
    cr_assert_not(fasti_request_id_ms((fasti_request_id){0, 0}, &ms), "none");
    const fasti_request_id random = {id.low, (id.high & ~UINT64_C(0xf000)) | 0x4000};
    cr_assert_not(fasti_request_id_ms(random, &ms), "version 4");
    for (uint64_t variant = 0; variant < 4; variant++) {
        const fasti_request_id other = {id.low << 2 >> 2 | variant << 62, id.high};
        cr_assert_eq(fasti_request_id_ms(other, &ms), variant == 2);
    }
}

Test(requests, the_first_answer_is_told_again) {
    const struct fasti_request request = request_of(NOW_MS, 1);
    cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
    const fasti_request_slot owned = slot;
    cr_assert_eq(begin(request), FASTI_REQUEST_PENDING);
    const struct fasti_request_answer answer = answer_of(77);
    cr_assert_eq(fasti_requests_finish(&table, owned, &answer), 1, "worker 0 asked meanwhile");
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(begin(request), FASTI_REQUEST_DONE);
        expect_told(77);
    }
    struct fasti_request other = request;
    other.organization.v = 2;
    cr_assert_eq(begin(other), FASTI_REQUEST_NEW, "the same id of another organization");
}

/* Some of so many share the tag too, which is 12 bits of the hash. */
Test(requests, requests_of_one_bucket_and_time_are_told_apart) {
    for (uint64_t base = 0; base < 10; base++) {
        const struct fasti_request request = request_of(NOW_MS, base);
        act(request, base);
        for (uint32_t i = 1; i < 4096; i++) {
            struct fasti_request other = request;
            other.id.high |= i;
            cr_assert_eq(begin(other), FASTI_REQUEST_NEW);
            cr_assert_eq(fasti_requests_forget(&table, slot), 0);
        }
    }
    for (uint32_t i = 2; i <= 20001; i++) {
        struct fasti_request other = request_of(NOW_MS, 0);
        other.organization.v = i;
        cr_assert_eq(begin(other), FASTI_REQUEST_NEW);
        cr_assert_eq(fasti_requests_forget(&table, slot), 0);
        cr_assert_eq(begin(request_of(NOW_MS, 10 + i)), FASTI_REQUEST_NEW);
        cr_assert_eq(fasti_requests_forget(&table, slot), 0);
    }
}

Test(requests, a_refusal_is_told_again) {
    refuse(request_of(NOW_MS, 1), 5);
    cr_assert_eq(begin(request_of(NOW_MS, 1)), FASTI_REQUEST_DONE);
    expect_told(5);
}

Test(requests, another_body_is_a_mismatch_in_every_state) {
    const struct fasti_request request = request_of(NOW_MS, 1);
    struct fasti_request other = request;
    other.hash++;
    cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
    cr_assert_eq(begin(other), FASTI_REQUEST_MISMATCH);
    const struct fasti_request_answer answer = answer_of(1);
    cr_assert_eq(fasti_requests_finish(&table, slot, &answer), 0, "a mismatch does not wait");
    cr_assert_eq(begin(other), FASTI_REQUEST_MISMATCH);
    cr_assert_eq(begin(request), FASTI_REQUEST_DONE);
}

Test(requests, a_forgotten_id_is_new_to_the_next_who_asks) {
    const struct fasti_request request = request_of(NOW_MS, 1);
    cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
    cr_assert_eq(fasti_requests_forget(&table, slot), 0);
    struct fasti_request other = request;
    other.hash++;
    cr_assert_eq(begin(other), FASTI_REQUEST_NEW, "with another body too");
}

Test(requests, whoever_waits_is_named_once) {
    const struct fasti_request request = request_of(NOW_MS, 1);
    const struct fasti_request_answer answer = answer_of(1);
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(begin(request), FASTI_REQUEST_NEW);
        const fasti_request_slot owned = slot;
        for (uint32_t worker = 0; worker < FASTI_WORKERS_MAX; worker += 21)
            for (int i = 0; i < 2; i++)
                cr_assert_eq(fasti_requests_begin(&table, &request, worker, NOW_MS, &told, &slot),
                             FASTI_REQUEST_PENDING);
        const uint64_t workers =
            UINT64_C(1) | UINT64_C(1) << 21 | UINT64_C(1) << 42 | UINT64_C(1) << 63;
        cr_assert_eq(round == 0 ? fasti_requests_forget(&table, owned)
                                : fasti_requests_refuse(&table, owned, &answer),
                     workers);
    }
}

Test(requests, time_bounds_are_exact) {
    cr_assert_eq(begin(request_of(NOW_MS - FASTI_REQUESTS_AGE_MS - 1, 1)), FASTI_REQUEST_STALE);
    cr_assert_eq(begin(request_of(NOW_MS - FASTI_REQUESTS_AGE_MS, 1)), FASTI_REQUEST_NEW);
    cr_assert_eq(begin(request_of(NOW_MS + FASTI_REQUESTS_AHEAD_MS + 1, 1)), FASTI_REQUEST_AHEAD);
    cr_assert_eq(begin(request_of(NOW_MS + FASTI_REQUESTS_AHEAD_MS, 1)), FASTI_REQUEST_NEW);
}

Test(requests, what_is_there_is_told_whatever_its_age) {
    act(request_of(NOW_MS, 1), 1);
    cr_assert_eq(begin_at(request_of(NOW_MS, 1), NOW_MS + 2 * FASTI_REQUESTS_AGE_MS),
                 FASTI_REQUEST_DONE);
    cr_assert_eq(begin_at(request_of(NOW_MS, 1), NOW_MS - FASTI_REQUESTS_AGE_MS),
                 FASTI_REQUEST_DONE, "a clock that was set back");
}

Test(requests, what_is_pending_is_never_dropped) {
    fasti_request_slot slots[WAYS];
    for (uint64_t i = 0; i < WAYS; i++) {
        cr_assert_eq(begin(request_of(NOW_MS - 100 + (int64_t)i, i)), FASTI_REQUEST_NEW);
        slots[i] = slot;
    }
    const int64_t later_ms = NOW_MS + 2 * FASTI_REQUESTS_AGE_MS;
    cr_assert_eq(begin_at(request_of(later_ms, 9), later_ms), FASTI_REQUEST_FULL);
    cr_assert_eq(begin(request_of(NOW_MS - 100, 0)), FASTI_REQUEST_PENDING);
    cr_assert_eq(fasti_requests_forget(&table, slots[40]), 0);
    cr_assert_eq(begin_at(request_of(later_ms, 9), later_ms), FASTI_REQUEST_NEW);
    cr_assert_eq(begin_at(request_of(later_ms, 10), later_ms), FASTI_REQUEST_FULL);
}

/* 62 effects of NOW + 1 ... NOW + 62 and two refusals, the later one first. */
static void fill(void) {
    refuse(request_of(NOW_MS + 200, 1), 100);
    refuse(request_of(NOW_MS + 100, 1), 101);
    for (int64_t i = WAYS - 2; i > 0; i--)
        act(request_of(NOW_MS + i, 1), (uint64_t)i);
}

Test(requests, refusals_go_first_and_are_new_again_then_the_oldest_effects_which_are_stale) {
    fill();
    act(request_of(NOW_MS + 1000, 1), 200);
    cr_assert_eq(begin(request_of(NOW_MS + 200, 1)), FASTI_REQUEST_DONE, "the later refusal");
    cr_assert_eq(begin(request_of(NOW_MS + 100, 1)), FASTI_REQUEST_NEW, "its place: the other's");
    cr_assert_eq(begin(request_of(NOW_MS + 200, 1)), FASTI_REQUEST_NEW, "its place: an effect's");
    cr_assert_eq(begin(request_of(NOW_MS + 1, 1)), FASTI_REQUEST_STALE);
    cr_assert_eq(begin(request_of(NOW_MS + 1, 2)), FASTI_REQUEST_STALE, "nor at the same time");
    cr_assert_eq(begin(request_of(NOW_MS, 1)), FASTI_REQUEST_STALE);
    cr_assert_eq(begin(request_of(NOW_MS + 2, 1)), FASTI_REQUEST_DONE);
    expect_told(2);
    cr_assert_eq(begin(request_of(NOW_MS + 2, 2)), FASTI_REQUEST_NEW, "later than the horizon");
    cr_assert_eq(begin(request_of(NOW_MS + 2, 1)), FASTI_REQUEST_STALE, "it took this one's place");
}

Test(requests, what_is_a_day_old_goes_before_refusals) {
    fill();
    const int64_t later_ms = NOW_MS + FASTI_REQUESTS_AGE_MS + 3; /* 1 and 2 are older than a day */
    for (uint64_t i = 0; i < 2; i++)
        cr_assert_eq(begin_at(request_of(later_ms, i), later_ms), FASTI_REQUEST_NEW);
    for (int64_t i = 1; i < WAYS - 1; i++)
        cr_assert_eq(begin_at(request_of(NOW_MS + i, 1), later_ms),
                     i <= 2 ? FASTI_REQUEST_STALE : FASTI_REQUEST_DONE);
    cr_assert_eq(begin_at(request_of(NOW_MS + 100, 1), later_ms), FASTI_REQUEST_DONE);
    cr_assert_eq(begin_at(request_of(later_ms, 2), later_ms), FASTI_REQUEST_NEW);
    cr_assert_eq(begin_at(request_of(NOW_MS + 200, 1), later_ms), FASTI_REQUEST_DONE);
    cr_assert_eq(begin_at(request_of(NOW_MS + 3, 1), later_ms), FASTI_REQUEST_DONE);
    expect_told(3);
}

Test(requests, replay_takes_what_a_log_may_hold) {
    struct fasti_request request = request_of(NOW_MS, 1);
    const struct fasti_request_answer first = answer_of(1), second = answer_of(2);
    fasti_requests_restore(&table, &request, &first);
    request.hash++;
    fasti_requests_restore(&table, &request, &second);
    request.hash--;
    const struct fasti_request none = {.hash = 1};
    const struct fasti_request plain = {.id = {UINT64_MAX, UINT64_MAX}};
    const struct fasti_request far = request_of((INT64_C(1) << 48) - 1, 0);
    const struct fasti_request zero = request_of(0, 0);
    fasti_requests_restore(&table, &none, &second);
    fasti_requests_restore(&table, &plain, &second);
    fasti_requests_restore(&table, &far, &second);
    fasti_requests_restore(&table, &zero, &second);
    cr_assert_eq(begin(request), FASTI_REQUEST_DONE);
    expect_told(1);
    cr_assert_eq(begin(far), FASTI_REQUEST_DONE);
    cr_assert_eq(begin(zero), FASTI_REQUEST_STALE);
    for (uint64_t i = 2; i < WAYS; i++)
        cr_assert_eq(begin(request_of(NOW_MS, i)), FASTI_REQUEST_NEW, "no place was wasted");
    cr_assert_eq(begin(request_of(NOW_MS, WAYS)), FASTI_REQUEST_NEW, "drops the first");
    cr_assert_eq(begin(request_of(NOW_MS, WAYS + 1)), FASTI_REQUEST_STALE, "at its time");
}

Test(requests, ending_twice_is_a_bug, .signal = SIGABRT) {
    act(request_of(NOW_MS, 1), 1);
    cr_assert_eq(fasti_requests_forget(&table, slot), 0);
}

Test(requests, an_id_without_a_time_is_a_bug, .signal = SIGABRT) {
    cr_assert_eq(begin((struct fasti_request){.id = {1, 2}}), FASTI_REQUEST_STALE);
}

/* A fixed seed: what the header promises has a chance of 3 in 100,000 to fail here. */
Test(requests, the_newest_half_is_there) {
    enum { ENTRIES = 64 * WAYS };
    struct fasti_prng prng = {1};
    static struct fasti_request requests[4 * ENTRIES];
    tear_down();
    cr_assert(fasti_requests_init(&table, ENTRIES));
    for (uint32_t i = 0; i < 4 * ENTRIES; i++) {
        requests[i] = request_of(NOW_MS + i / 4, fasti_prng_next(&prng) >> 2);
        act(requests[i], i);
    }
    for (uint32_t i = 4 * ENTRIES - ENTRIES / 2; i < 4 * ENTRIES; i++) {
        cr_assert_eq(begin(requests[i]), FASTI_REQUEST_DONE);
        expect_told(i);
    }
    for (uint32_t i = 0; i < 2 * ENTRIES; i++)
        cr_assert_eq(begin(requests[i]), FASTI_REQUEST_STALE);
}

/* ---- a model of one bucket ---- */

#define KEYS 512 /* key k has the k-th time, so that the oldest is always one */

enum model_state { ABSENT, PENDING, REFUSED, EFFECT };

struct model_key {
    struct fasti_request request;
    int64_t ms;
    enum model_state state;
    fasti_request_slot slot;
    uint64_t waiters;
    struct fasti_request_answer answer;
    bool is_logged;
    struct fasti_request logged;
};

static struct model_key keys[KEYS];
static uint32_t log_order[KEYS], log_count;
static int64_t horizon_ms, clock_ms;
static uint32_t results[8];

static uint32_t model_count(void) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < KEYS; k++)
        count += keys[k].state != ABSENT;
    return count;
}

/* The first key in that state, which is its oldest; KEYS: none. end: look at keys before it. */
static uint32_t model_oldest(enum model_state state, uint32_t end) {
    for (uint32_t k = 0; k < end; k++)
        if (keys[k].state == state)
            return k;
    return KEYS;
}

static uint32_t model_oldest_aged(void) {
    uint32_t end = 0;
    while (end < KEYS && keys[end].ms < clock_ms - FASTI_REQUESTS_AGE_MS)
        end++;
    const uint32_t refusal = model_oldest(REFUSED, end), effect = model_oldest(EFFECT, end);
    return refusal < effect ? refusal : effect;
}

static void model_drop(uint32_t k) {
    if (keys[k].state == EFFECT && keys[k].ms > horizon_ms)
        horizon_ms = keys[k].ms;
    keys[k].state = ABSENT;
}

static bool model_room(void) {
    uint32_t k = KEYS;
    if (model_count() < WAYS)
        return true;
    if ((k = model_oldest_aged()) < KEYS || (k = model_oldest(REFUSED, KEYS)) < KEYS ||
        (k = model_oldest(EFFECT, KEYS)) < KEYS)
        model_drop(k);
    return k < KEYS;
}

static enum fasti_request_result model_begin(uint32_t k, const struct fasti_request *request,
                                             uint32_t worker) {
    struct model_key *key = &keys[k];
    if (key->state != ABSENT && key->request.hash != request->hash)
        return FASTI_REQUEST_MISMATCH;
    if (key->state == PENDING)
        key->waiters |= UINT64_C(1) << worker;
    if (key->state != ABSENT)
        return key->state == PENDING ? FASTI_REQUEST_PENDING : FASTI_REQUEST_DONE;
    if (key->ms > clock_ms + FASTI_REQUESTS_AHEAD_MS)
        return FASTI_REQUEST_AHEAD;
    if (key->ms < clock_ms - FASTI_REQUESTS_AGE_MS || key->ms <= horizon_ms)
        return FASTI_REQUEST_STALE;
    if (!model_room())
        return FASTI_REQUEST_FULL;
    key->request = *request;
    key->state = PENDING;
    key->waiters = 0;
    return FASTI_REQUEST_NEW;
}

static void key_log(uint32_t k) {
    cr_assert_not(keys[k].is_logged, "the same id acted twice");
    keys[k].is_logged = true;
    keys[k].logged = keys[k].request;
    log_order[log_count++] = k;
}

/* The log's effects, the latest 64 of them; the others lie below the horizon. */
static void model_restart(void) {
    uint32_t kept = 0;
    horizon_ms = 0;
    for (uint32_t k = KEYS; k-- > 0;) {
        keys[k].state = keys[k].is_logged && kept < WAYS ? EFFECT : ABSENT;
        kept += keys[k].state == EFFECT;
        if (keys[k].is_logged && keys[k].state == ABSENT && horizon_ms == 0)
            horizon_ms = keys[k].ms;
        keys[k].request = keys[k].logged;
    }
}

static struct fasti_request_answer key_answer(uint32_t k) {
    return answer_of(1000 + k);
}

static int key_later(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

/* The log as it is, shuffled, or the latest time first. */
static void log_disorder(struct fasti_prng *prng) {
    const uint64_t how = fasti_prng_below(prng, 3);
    for (uint32_t i = log_count; i > 1 && how == 1; i--) {
        const uint64_t other = fasti_prng_below(prng, i);
        const uint32_t k = log_order[i - 1];
        log_order[i - 1] = log_order[other];
        log_order[other] = k;
    }
    if (how == 2)
        qsort(log_order, log_count, sizeof log_order[0], key_later);
}

/* Some of what was pending had become durable; the log is read in any order. */
static void restart(struct fasti_prng *prng) {
    for (uint32_t k = 0; k < KEYS; k++)
        if (keys[k].state == PENDING && fasti_prng_below(prng, 2) == 0)
            key_log(k);
    tear_down();
    set_up();
    log_disorder(prng);
    for (uint32_t i = 0; i < log_count; i++) {
        const struct fasti_request_answer answer = key_answer(log_order[i]);
        fasti_requests_restore(&table, &keys[log_order[i]].logged, &answer);
        keys[log_order[i]].answer = answer;
    }
    model_restart();
}

static void step_begin(struct fasti_prng *prng, uint32_t k) {
    struct model_key *key = &keys[k];
    struct fasti_request request = {id_of(key->ms, k), {7}, 0};
    request.hash = (uint32_t)(fasti_prng_below(prng, 8) == 0); /* else 0 */
    const uint32_t worker = (uint32_t)fasti_prng_below(prng, FASTI_WORKERS_MAX);
    const enum fasti_request_result expected = model_begin(k, &request, worker);
    if (fasti_prng_below(prng, 4) == 0) /* changes nothing */
        fasti_requests_prefetch(&table, request.id, request.organization, clock_ms,
                                (uint32_t)fasti_prng_below(prng, 2));
    const enum fasti_request_result result =
        fasti_requests_begin(&table, &request, worker, clock_ms, &told, &slot);
    cr_assert_eq(result, expected, "%d, the model says %d", (int)result, (int)expected);
    results[result]++;
    if (result == FASTI_REQUEST_NEW)
        key->slot = slot;
    if (result == FASTI_REQUEST_DONE)
        cr_assert_eq(memcmp(&told, &key->answer, sizeof told), 0, "another answer");
}

static void step_end(struct fasti_prng *prng, uint32_t k) {
    struct model_key *key = &keys[k];
    const uint64_t how = fasti_prng_below(prng, 8);
    uint64_t waiters;
    key->answer = key_answer(k);
    if (how == 0) {
        waiters = fasti_requests_forget(&table, key->slot);
        key->state = ABSENT;
    } else if (how <= 2) {
        waiters = fasti_requests_refuse(&table, key->slot, &key->answer);
        key->state = REFUSED;
    } else {
        key_log(k);
        waiters = fasti_requests_finish(&table, key->slot, &key->answer);
        key->state = EFFECT;
    }
    cr_assert_eq(waiters, key->waiters);
}

/* Keys of a whole day, and half a day before and after, are asked for while time goes on. */
static void session(struct fasti_prng *prng) {
    const uint32_t per_day = 20 + (uint32_t)fasti_prng_below(prng, 200);
    const uint64_t ends = 1 + fasti_prng_below(prng, 40); /* of 100 steps */
    const int64_t step_ms = FASTI_REQUESTS_AGE_MS / per_day;
    memset(keys, 0, sizeof keys);
    log_count = 0;
    horizon_ms = 0;
    for (uint32_t k = 0; k < KEYS; k++)
        keys[k].ms = NOW_MS + k * step_ms + (int64_t)fasti_prng_below(prng, (uint64_t)step_ms);
    for (uint32_t now = 0; now < KEYS * 8; now++) {
        clock_ms = NOW_MS + now * step_ms / 8;
        const uint32_t first = now / 8 > per_day * 5 / 4 ? now / 8 - per_day * 5 / 4 : 0;
        const uint32_t end = now / 8 + 2 < KEYS ? now / 8 + 2 : KEYS;
        for (int i = 0; i < 8; i++) {
            const uint32_t k = first + (uint32_t)fasti_prng_below(prng, end - first);
            if (keys[k].state == PENDING && fasti_prng_below(prng, 100) < ends)
                step_end(prng, k);
            else
                step_begin(prng, k);
        }
        if (fasti_prng_below(prng, 300) == 0)
            restart(prng);
    }
}

/* FULL is rare: 60 sessions may have none. */
static bool has_all_results(void) {
    for (int result = FASTI_REQUEST_NEW; result <= FASTI_REQUEST_FULL; result++)
        if (results[result] == 0)
            return false;
    return true;
}

Test(requests, random_sessions_and_restarts_go_as_the_model_says) {
    struct fasti_prng prng = fasti_test_prng("requests/random_sessions");
    memset(results, 0, sizeof results);
    for (int i = 0; i < 60 || (i < 600 && !has_all_results()); i++) {
        tear_down();
        set_up();
        session(&prng);
    }
    for (int result = FASTI_REQUEST_NEW; result <= FASTI_REQUEST_FULL; result++)
        cr_assert_gt(results[result], 0, "result %d never came", result);
}

/* ---- many buckets: what must hold whatever is dropped ---- */

#define MANY 6000

struct many_key {
    struct fasti_request request;
    uint64_t answer; /* of its effect; 0: none yet */
};

static void many_restart(const struct many_key *many, uint32_t entries_max) {
    tear_down();
    cr_assert(fasti_requests_init(&table, entries_max));
    for (uint32_t i = 0; i < MANY; i++) {
        const struct fasti_request_answer answer = answer_of(many[i].answer);
        if (many[i].answer != 0)
            fasti_requests_restore(&table, &many[i].request, &answer);
    }
}

static void many_step(struct fasti_prng *prng, struct many_key *key, uint64_t number) {
    const enum fasti_request_result result = begin(key->request);
    const struct fasti_request_answer answer = answer_of(number);
    if (result == FASTI_REQUEST_NEW) {
        cr_assert_eq(key->answer, 0, "an id acts twice");
        if (fasti_prng_below(prng, 3) == 0) {
            cr_assert_eq(fasti_requests_refuse(&table, slot, &answer), 0);
            return;
        }
        key->answer = number;
        cr_assert_eq(fasti_requests_finish(&table, slot, &answer), 0);
    } else if (result == FASTI_REQUEST_DONE && key->answer != 0) {
        expect_told(key->answer);
    } else {
        cr_assert(result == FASTI_REQUEST_DONE || result == FASTI_REQUEST_STALE);
    }
}

Test(requests, no_id_acts_twice_whatever_is_dropped) {
    struct fasti_prng prng = fasti_test_prng("requests/no_id_acts_twice");
    static struct many_key many[MANY];
    for (uint32_t i = 0; i < MANY; i++) { /* many have the same time */
        many[i].request =
            request_of(NOW_MS - (int64_t)fasti_prng_below(&prng, 200), fasti_prng_next(&prng) >> 2);
        many[i].request.organization.v = (uint32_t)fasti_prng_below(&prng, 3);
    }
    for (uint64_t number = 1; number < 100000; number++) {
        if (number % 20000 == 1) /* another size each time */
            many_restart(many, (uint32_t)WAYS << fasti_prng_below(&prng, 6));
        many_step(&prng, &many[fasti_prng_below(&prng, MANY)], number);
    }
}
