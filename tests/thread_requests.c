/*
 * thread_requests.c - threads ask for the same request ids at the same time, decide them late, in
 * another order, as effects, refusals or not at all, and sleep until they are woken.
 *
 *   one owner     an id is never given to two at once; what its owners write needs no other lock
 *   one effect    of all commands with an id at most one ends as an effect, whatever is dropped
 *   one answer    where nothing is dropped, all threads end with the same answer to each id
 *   no sleep      whoever was told PENDING is woken (else the program does not end: ctest)
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/requests.h"
#include "tests/support/seed.h"

#define THREADS 4
#define KEYS    2000
#define HELD    24 /* ids that a thread owns at once, as if they waited for the disk */
#define ROUNDS  40
#define NOW_MS  INT64_C(1767596400000)

struct key {
    struct fasti_request request;
    _Atomic uint32_t owned;
    uint32_t owners;          /* plain: written by the owner of the moment */
    _Atomic uint64_t effect;  /* its record; 0: none */
    _Atomic uint64_t decided; /* effect or refusal, where nothing is dropped */
    uint64_t seen[THREADS];   /* the record that each thread was told */
};

struct held {
    uint32_t key;
    fasti_request_slot slot;
};

struct asker {
    uint32_t number;
    struct fasti_prng prng;
    uint32_t held_count, waiting_count;
    struct held held[HELD];
    uint32_t waiting[2 * KEYS]; /* each key is asked for twice; an id is held or waits */
    uint32_t again[2 * KEYS];   /* scratch of ask_again */
    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic uint32_t woken;
};

static struct fasti_requests table;
static bool is_dropping; /* the table is smaller than the keys are many */
static struct key keys[KEYS];
static struct asker askers[THREADS];
static _Atomic uint64_t records, faults, waits, effects, stale, full;

static void fault(const char *what) {
    fprintf(stderr, "fault: %s\n", what);
    fasti_add_relaxed(&faults, UINT64_C(1));
}

static void wake(uint64_t workers) {
    for (uint32_t i = 0; i < THREADS; i++)
        if ((workers >> i & 1) != 0)
            fasti_store_release(&askers[i].woken, 1U); /* pairs with the exchange in sleep */
}

/* One of those that the asker owns gets its end. */
static void end_one(struct asker *asker) {
    const uint32_t at = (uint32_t)fasti_prng_below(&asker->prng, asker->held_count);
    const struct held held = asker->held[at];
    struct key *key = &keys[held.key];
    const uint64_t how = fasti_prng_below(&asker->prng, 4);
    const struct fasti_request_answer answer = {
        .record = fasti_add_relaxed(&records, UINT64_C(1)) + 1,
        .decided_ms = NOW_MS,
        .effect_kind = how >= 2,
    };
    uint64_t none = 0, nothing = 0;
    asker->held[at] = asker->held[--asker->held_count];
    asker->waiting[asker->waiting_count++] = held.key; /* to hear its own answer, or go on */
    key->owners++;
    if (how >= 2 && !fasti_cas_acq_rel(&key->effect, &none, answer.record))
        fault("two commands with one id acted");
    if (how >= 1 && !is_dropping && !fasti_cas_acq_rel(&key->decided, &nothing, answer.record))
        fault("an id was decided twice");
    fasti_store_relaxed(&key->owned, 0U);
    if (how >= 2)
        fasti_add_relaxed(&effects, UINT64_C(1));
    if (how == 0)
        wake(fasti_requests_forget(&table, held.slot));
    else if (how == 1)
        wake(fasti_requests_refuse(&table, held.slot, &answer));
    else
        wake(fasti_requests_finish(&table, held.slot, &answer));
    wake(UINT64_C(1) << asker->number);
}

static void own(struct asker *asker, uint32_t k, fasti_request_slot slot) {
    if (fasti_exchange_acq_rel(&keys[k].owned, 1U) != 0)
        fault("an id has two owners");
    keys[k].owners++;
    asker->held[asker->held_count++] = (struct held){k, slot};
}

static void hear(struct asker *asker, struct key *key, const struct fasti_request_answer *answer) {
    uint64_t *seen = &key->seen[asker->number];
    if (!is_dropping && *seen != 0 && *seen != answer->record)
        fault("a second answer differs from the first");
    if (answer->effect_kind != 0 && answer->record != fasti_load_acquire(&key->effect))
        fault("the answer of another effect");
    *seen = answer->record;
    struct fasti_request other = key->request;
    struct fasti_request_answer unused;
    fasti_request_slot slot;
    other.hash ^= 1;
    if (!is_dropping && fasti_requests_begin(&table, &other, asker->number, NOW_MS, &unused,
                                             &slot) != FASTI_REQUEST_MISMATCH)
        fault("another body is no mismatch");
}

static void ask(struct asker *asker, uint32_t k) {
    struct fasti_request_answer answer;
    fasti_request_slot slot;
    for (uint32_t level = 0; level < 2 && k % 4 == 0; level++)
        fasti_requests_prefetch(&table, keys[k].request.id, keys[k].request.organization, NOW_MS,
                                level);
    switch (fasti_requests_begin(&table, &keys[k].request, asker->number, NOW_MS, &answer, &slot)) {
    case FASTI_REQUEST_NEW: own(asker, k, slot); break;
    case FASTI_REQUEST_PENDING:
        asker->waiting[asker->waiting_count++] = k;
        fasti_add_relaxed(&waits, UINT64_C(1));
        break;
    case FASTI_REQUEST_DONE: hear(asker, &keys[k], &answer); break;
    case FASTI_REQUEST_STALE: fasti_add_relaxed(&stale, UINT64_C(1)); break;
    case FASTI_REQUEST_FULL: fasti_add_relaxed(&full, UINT64_C(1)); break;
    case FASTI_REQUEST_MISMATCH:
    case FASTI_REQUEST_AHEAD: fault("an answer that cannot be"); break;
    }
    if (asker->held_count == HELD)
        end_one(asker);
}

static void ask_again(struct asker *asker) {
    const uint32_t count = asker->waiting_count;
    memcpy(asker->again, asker->waiting, count * sizeof asker->again[0]);
    asker->waiting_count = 0;
    for (uint32_t i = 0; i < count; i++)
        ask(asker, asker->again[i]);
}

static void *run(void *argument) {
    struct asker *asker = argument;
    /* In about the order of their times, so that not all are stale where some are dropped. */
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint32_t end = i + 100 < KEYS ? i + 100 : KEYS;
        const uint32_t first = i < 100 ? 0 : i - 100;
        ask(asker, first + (uint32_t)fasti_prng_below(&asker->prng, end - first));
        if (asker->held_count > 0 && fasti_prng_below(&asker->prng, 10) == 0)
            end_one(asker);
        if (fasti_exchange_acq_rel(&asker->woken, 0U) != 0)
            ask_again(asker);
    }
    for (uint32_t k = 0; k < KEYS && !is_dropping; k++)
        ask(asker, k);
    while (asker->held_count + asker->waiting_count > 0) {
        if (asker->held_count > 0)
            end_one(asker);
        else if (fasti_exchange_acq_rel(&asker->woken, 0U) != 0)
            ask_again(asker);
        else
            sched_yield();
    }
    return NULL;
}

static void round_begin(struct fasti_prng *prng, uint32_t entries_max) {
    if (!fasti_requests_init(&table, entries_max))
        abort();
    for (uint32_t k = 0; k < KEYS; k++) {
        const uint64_t ms = (uint64_t)NOW_MS - KEYS / 4 + k / 4;
        keys[k] = (struct key){
            .request = {.id = {UINT64_C(2) << 62 | fasti_prng_next(prng) >> 2, ms << 16 | 7 << 12},
                        .organization = {1 + k % 3},
                        .hash = (uint32_t)fasti_prng_next(prng)},
        };
    }
    for (uint32_t i = 0; i < THREADS; i++)
        askers[i] = (struct asker){.number = i, .prng = {fasti_prng_next(prng)}};
}

/* Everybody was told the same, and what was decided. */
static void answers_compare(void) {
    for (uint32_t k = 0; k < KEYS; k++) {
        const uint64_t decided = fasti_load_relaxed(&keys[k].decided);
        for (uint32_t i = 0; i < THREADS; i++)
            if (keys[k].seen[i] == 0 || keys[k].seen[i] != decided)
                fault("threads were told different things");
    }
}

static void round_run(struct fasti_prng *prng, uint32_t entries_max) {
    pthread_t threads[THREADS];
    is_dropping = entries_max < KEYS;
    round_begin(prng, entries_max);
    for (uint32_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, run, &askers[i]) != 0)
            abort();
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (!is_dropping)
        answers_compare();
    fasti_requests_deinit(&table);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_requests");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        round_run(&prng, 1U << 14);
        round_run(&prng, (uint32_t)FASTI_REQUEST_WAYS << (i % 4));
    }
    const uint64_t found = fasti_load_relaxed(&faults);
    printf("thread_requests: %" PRIu64 " effects, %" PRIu64 " waits, %" PRIu64 " stale, %" PRIu64
           " full, %" PRIu64 " faults\n",
           fasti_load_relaxed(&effects), fasti_load_relaxed(&waits), fasti_load_relaxed(&stale),
           fasti_load_relaxed(&full), found);
    return found == 0 ? 0 : 1;
}
