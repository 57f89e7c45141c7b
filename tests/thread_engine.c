/*
 * thread_engine.c - racing workers on one engine and a real directory: exactly one winner a slot.
 *
 *   4 threads x every start of one day, in orders of their own, each several commands deep
 *   -> each start is BOOKED once; all others were told TAKEN; then all cancel everything
 *   -> each appointment is CANCELLED once; after a crash the digest is the one before it
 *
 * A plain program: ctest runs it, also under ThreadSanitizer. Exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define THREADS    4
#define STARTS     32
#define DEPTH      8
#define ANSWER_MAX 16

struct racer {
    struct fasti_engine *engine;
    uint32_t worker;
    uint64_t seed;
    bool is_cancelling;
    const uint64_t *targets; /* start instants, or record ids */
    uint32_t target_count;
    uint32_t done[STARTS];    /* BOOKED or CANCELLED, by target */
    uint32_t refused[STARTS]; /* TAKEN or ALREADY */
    uint64_t records[STARTS]; /* of what was booked */
    uint32_t others;          /* any other answer: must stay 0 */
};

static void answer_take(struct racer *racer, const struct fasti_answer *answer) {
    const uint32_t target = (uint32_t)answer->tag;
    const bool done =
        answer->outcome == FASTI_OUTCOME_BOOKED || answer->outcome == FASTI_OUTCOME_CANCELLED;
    const bool refused =
        answer->outcome == FASTI_OUTCOME_TAKEN || answer->outcome == FASTI_OUTCOME_ALREADY;
    racer->done[target] += done;
    racer->refused[target] += refused;
    racer->others += answer->status != FASTI_OK || !(done || refused);
    if (answer->outcome == FASTI_OUTCOME_BOOKED)
        racer->records[target] = answer->record.v;
}

static uint32_t answers_poll(struct racer *racer) {
    struct fasti_answer answers[ANSWER_MAX];
    uint32_t total = 0, count;
    do {
        count = fasti_engine_poll(racer->engine, racer->worker, answers, ANSWER_MAX);
        for (uint32_t i = 0; i < count; i++)
            answer_take(racer, &answers[i]);
        total += count;
    } while (count == ANSWER_MAX);
    return total;
}

static void *race(void *context) {
    struct racer *racer = context;
    struct fasti_prng prng = {racer->seed};
    uint32_t order[STARTS];
    for (uint32_t i = 0; i < racer->target_count; i++) {
        const uint32_t j = (uint32_t)fasti_prng_below(&prng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    uint32_t sent = 0, answered = 0;
    while (answered < racer->target_count) {
        while (sent < racer->target_count && sent - answered < DEPTH) {
            const uint32_t target = order[sent++];
            struct fasti_command command = engine_cancel(racer->targets[target]);
            if (!racer->is_cancelling) {
                command = engine_book(1, 1, "2026-01-06T08:00:00+01:00", "p");
                command.body.book.items[0].start_utc_s = (int64_t)racer->targets[target];
            }
            struct fasti_answer answer;
            if (fasti_engine_submit(racer->engine, racer->worker, &command, target, &answer)) {
                answer_take(racer, &answer);
                answered++;
            }
        }
        answered += answers_poll(racer);
        struct pollfd event = {.fd = fasti_engine_event_fd(racer->engine, racer->worker),
                               .events = POLLIN};
        if (fasti_engine_timeout_us(racer->engine, racer->worker) != 0) {
            fasti_engine_idle_enter(racer->engine, racer->worker);
            (void)poll(&event, 1, 1);
            fasti_engine_idle_leave(racer->engine, racer->worker);
        }
    }
    /* The role may be ours with others' effects waiting: leave it in order. */
    for (int i = 0; i < 50; i++) {
        (void)answers_poll(racer);
        fasti_engine_idle_enter(racer->engine, racer->worker);
        usleep(1000);
    }
    return NULL;
}

/* Runs all racers over the targets; false and a line when a target had not exactly one winner. */
static bool race_all(struct fasti_engine *engine, uint64_t seed, bool is_cancelling,
                     uint64_t *targets) {
    static struct racer racers[THREADS];
    pthread_t threads[THREADS];
    memset(racers, 0, sizeof racers);
    for (uint32_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.engine = engine,
                                   .worker = i,
                                   .seed = seed + i,
                                   .is_cancelling = is_cancelling,
                                   .targets = targets,
                                   .target_count = STARTS};
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    bool is_right = true;
    for (uint32_t target = 0; target < STARTS; target++) {
        uint32_t done = 0, refused = 0, others = 0;
        for (uint32_t i = 0; i < THREADS; i++) {
            done += racers[i].done[target];
            refused += racers[i].refused[target];
            others += racers[i].others;
            if (racers[i].records[target] != 0)
                targets[target] = racers[i].records[target];
        }
        if (done != 1 || refused != THREADS - 1 || others != 0) {
            fprintf(stderr, "target %u: %u winners, %u refused, %u others\n", target, done, refused,
                    others);
            is_right = false;
        }
    }
    return is_right;
}

/* How many of a schedule's records a list tells of in pages of a size. */
static uint32_t list_count(struct engine_world *world, uint16_t limit) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                                  .schedule = {1},
                                                  .include_ended = true,
                                                  .to_utc_s = INT64_MAX,
                                                  .limit = limit};
    for (uint32_t count = 0;;) {
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        if (answer.status != FASTI_OK)
            return UINT32_MAX;
        count += answer.body.list->count;
        if (!answer.body.list->more)
            return count;
        command.body.list.before = answer.body.list->next;
    }
}

/* Records got their numbers in another order than their places in the log: pages must not care. */
static bool pages_agree(struct engine_world *world, uint32_t expected) {
    bool is_right = true;
    for (uint16_t limit = 1; limit <= FASTI_LIST_MAX; limit = (uint16_t)(limit * 3 + 1)) {
        const uint32_t count = list_count(world, limit);
        if (count != expected)
            fprintf(stderr, "pages of %u: %u records, not %u\n", limit, count, expected);
        is_right = is_right && count == expected;
    }
    return is_right;
}

static struct fasti_engine *open_real(const char *path) {
    return engine_open_or_exit(path, THREADS, UINT64_C(64) << 20,
                               fasti_clock_fixed(engine_utc_s("2026-01-05T07:00:00Z") * 1000),
                               NULL);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_engine");
    char path[] = "/tmp/fasti-race-XXXXXX";
    if (mkdtemp(path) == NULL)
        return 1;
    struct engine_world world = {.worker_count = THREADS, .engine = open_real(path)};
    engine_world_practice(&world);
    bool is_right = true;
    for (uint32_t round = 0; round < 5 && is_right; round++) {
        uint64_t targets[STARTS];
        for (uint64_t i = 0; i < STARTS; i++)
            targets[i] = (uint64_t)engine_utc_s("2026-01-06T08:00:00+01:00") + i * 900 +
                         (i >= STARTS / 2 ? 3600 : 0);
        is_right = race_all(world.engine, fasti_prng_next(&prng), false, targets) &&
                   race_all(world.engine, fasti_prng_next(&prng), true, targets) &&
                   pages_agree(&world, (round + 1) * STARTS);
    }
    const struct fasti_hash128 digest = engine_world_digest(&world);
    engine_world_crash(&world);
    world.engine = open_real(path);
    if (!fasti_hash128_equal(engine_world_digest(&world), digest)) {
        fprintf(stderr, "another digest after the restart\n");
        is_right = false;
    }
    engine_world_crash(&world);
    engine_directory_remove(path);
    return is_right ? 0 : 1;
}
