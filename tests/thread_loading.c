/*
 * thread_loading.c - workers that book and workers that load, at the same times of one day.
 *
 *   2 threads book every start of a day, in orders of their own
 *   2 threads load the same record for every start, in the order of its numbers
 *   -> each start is taken once: BOOKED, or LOADED by one of them and UNCHANGED for the other
 *   -> all others were told TAKEN (or EXISTS, where a booking has got a number behind the record's)
 *   -> after a crash the digest is the one before it
 *
 * A plain program: ctest runs it, also under ThreadSanitizer. Exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/atomics.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define THREADS    4
#define STARTS     32
#define DEPTH      4
#define ROUNDS     5
#define ANSWER_MAX 16

struct racer {
    struct fasti_engine *engine;
    uint32_t worker, day;
    uint64_t seed;
    uint32_t booked[STARTS], loaded[STARTS], known[STARTS], refused[STARTS];
    uint32_t others; /* any other answer: must stay 0 */
    char why[256];   /* of one of those */
    _Alignas(8) uint8_t bytes[FASTI_WHOLE_BYTES_MAX];
};

static bool is_loader(const struct racer *racer) {
    return racer->worker >= THREADS / 2;
}

static int64_t start_of(uint32_t day, uint32_t target) {
    return engine_utc_s("2026-01-06T08:00:00+01:00") + day * INT64_C(86400) + target * 900 +
           (target >= STARTS / 2 ? 3600 : 0);
}

static void answer_take(struct racer *racer, const struct fasti_answer *answer) {
    const uint32_t target = (uint32_t)answer->tag;
    if (answer->outcome == FASTI_OUTCOME_BOOKED)
        racer->booked[target]++;
    else if (answer->outcome == FASTI_OUTCOME_LOADED)
        racer->loaded[target]++;
    else if (answer->outcome == FASTI_OUTCOME_UNCHANGED)
        racer->known[target]++;
    else if (answer->outcome == FASTI_OUTCOME_TAKEN ||
             (is_loader(racer) && (answer->status == FASTI_EXISTS || answer->status == FASTI_BUSY)))
        racer->refused[target]++;
    else {
        racer->others++;
        snprintf(racer->why, sizeof racer->why, "%s %s: %s", fasti_status_name(answer->status),
                 fasti_outcome_name(answer->outcome), answer->detail.text);
    }
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

/* The record that both loaders have for a start. */
static struct fasti_command load_of(struct racer *racer, uint32_t target) {
    const struct fasti_item item = {.schedule = 1,
                                    .service = 1,
                                    .start_utc_s = start_of(racer->day, target),
                                    .offset_minutes = 60,
                                    .minutes = 15,
                                    .seats = 1,
                                    .seats_max = 1};
    const struct fasti_whole whole = {.record = {(racer->day + 1) * UINT64_C(100000) + target},
                                      .organization = {1},
                                      .kind = FASTI_RECORD_APPOINTMENT,
                                      .state = FASTI_STATE_BOOKED,
                                      .created_ms = 1,
                                      .changed_ms = 1,
                                      .item_count = 1,
                                      .patient_length = 1,
                                      .items = &item,
                                      .patient = "p"};
    const char *field;
    const size_t size = fasti_whole_encode(&whole, racer->bytes, sizeof racer->bytes, &field);
    return (struct fasti_command){.kind = FASTI_COMMAND_LOAD,
                                  .body.load = {.bytes = racer->bytes, .size = (uint32_t)size}};
}

static struct fasti_command book_of(const struct racer *racer, uint32_t target) {
    struct fasti_command command = engine_book(1, 1, "2026-01-06T08:00:00+01:00", "p");
    command.body.book.items[0].start_utc_s = start_of(racer->day, target);
    return command;
}

static void order_make(struct racer *racer, uint32_t order[STARTS]) {
    struct fasti_prng prng = {racer->seed};
    for (uint32_t i = 0; i < STARTS; i++) {
        const uint32_t j = is_loader(racer) ? i : (uint32_t)fasti_prng_below(&prng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static void *race(void *context) {
    struct racer *racer = context;
    uint32_t order[STARTS] = {0}, sent = 0, answered = 0;
    order_make(racer, order);
    while (answered < STARTS) {
        while (sent < STARTS && sent - answered < DEPTH) {
            const uint32_t target = order[sent++];
            const struct fasti_command command =
                is_loader(racer) ? load_of(racer, target) : book_of(racer, target);
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

/* One day; false and a line where a start had not exactly one winner. */
static bool race_all(struct fasti_engine *engine, uint64_t seed, uint32_t day, uint32_t *loaded) {
    static struct racer racers[THREADS];
    pthread_t threads[THREADS];
    memset(racers, 0, sizeof racers);
    for (uint32_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.engine = engine, .worker = i, .day = day, .seed = seed + i};
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    bool is_right = true;
    for (uint32_t target = 0; target < STARTS; target++) {
        uint32_t won = 0, known = 0, loads = 0, others = 0;
        const char *why = "";
        for (uint32_t i = 0; i < THREADS; i++) {
            won += racers[i].booked[target] + racers[i].loaded[target];
            loads += racers[i].loaded[target];
            known += racers[i].known[target];
            others += racers[i].others;
            why = racers[i].others > 0 ? racers[i].why : why;
        }
        *loaded += loads;
        if (won != 1 || known > loads || others != 0) {
            fprintf(stderr,
                    "day %u, start %u: %u winners, %u of them loads, %u known, %u others (%s)\n",
                    day, target, won, loads, known, others, why);
            is_right = false;
        }
    }
    return is_right;
}

static struct fasti_engine *open_real(const char *path) {
    return engine_open_or_exit(path, THREADS, UINT64_C(64) << 20,
                               fasti_clock_fixed(engine_utc_s("2026-01-05T07:00:00Z") * 1000),
                               NULL);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_loading");
    char path[] = "/tmp/fasti-load-XXXXXX";
    if (mkdtemp(path) == NULL)
        return 1;
    struct engine_world world = {.worker_count = THREADS, .engine = open_real(path)};
    engine_world_practice(&world);
    bool is_right = true;
    uint32_t loaded = 0;
    static const uint32_t days[ROUNDS] = {0, 1, 2, 3, 6}; /* Tuesday to Friday, Monday */
    for (uint32_t round = 0; round < ROUNDS && is_right; round++)
        is_right = race_all(world.engine, fasti_prng_next(&prng), days[round], &loaded);
    fprintf(stderr, "thread_loading: %u of %u starts were loaded\n", loaded, ROUNDS * STARTS);
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
