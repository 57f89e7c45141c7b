/*
 * thread_linear.c - short recorded runs of racing workers, each judged as a whole: some order of
 * its commands, that respects real time, must explain every answer.
 *
 *   round   one or two schedules, 2 to 4 starts each in a week of their own, limits of 1 to 3
 *           4 threads x up to 5 commands, a clock that steps beside them so that holds end
 *   stalls  every other command sleeps somewhere on its way (tests/support/stall.h)
 *   check   linear_check (tests/support/linear.h): exactly, else with a time of its own for each
 *           command; rounds that need more are counted apart
 *   canary  of some rounds one answer is changed: most of those histories must be refused
 *
 * The engine decides a command while it is submitted, whenever the answer comes: in that span it
 * must find its place (a SHOW may look again until it answers). What is told at the end, when
 * nothing runs, is part of the history. Stamps are the monotonic clock's: a shared counter would
 * order the workers and hide races from ThreadSanitizer.
 *
 * Env FASTI_LINEAR_SECONDS (6), FASTI_LINEAR_WORKERS (4), FASTI_SEED, FASTI_LINEAR_ROUND (only this
 * one, again and again: threads never meet twice in the same way). A history that no order explains
 * is printed. TMPDIR (/tmp): on a disk in memory there are twice as many rounds. A plain program:
 * ctest runs it, also under ThreadSanitizer. Exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/engine_world.h"
#include "tests/support/linear_command.h"
#include "tests/support/linear_random.h"
#include "tests/support/seed.h"
#include "tests/support/stall.h"

#define WORKERS_MAX   4
#define COMMANDS_MAX  5 /* of a worker in a round */
#define ALONE_MAX     4 /* commands of the first worker before the others begin */
#define STEPS_MAX     6 /* of the clock in a round */
#define KINDS         7 /* of schedules */
#define WEEKS         4000
#define SHOWN_MAX     3 /* histories that are printed */
#define CANARY_EVERY  16
#define FIRST_MONDAY  "2026-01-12T00:00:00Z"
#define BEGIN         "2026-01-05T07:00:00Z"
#define SERVICE_TICKS 3
#define STALL_US      100
#define WAIT_SECONDS  60 /* for one answer */

/* ---- the engine ---- */

static _Atomic int64_t clock_ms;

static int64_t clock_read(const struct fasti_clock *clock) {
    (void)clock;
    return atomic_load(&clock_ms);
}

static uint32_t worker_count = WORKERS_MAX;

static struct fasti_engine *open_real(const char *path) {
    const struct fasti_clock clock = {.now_ms = clock_read};
    return engine_open_or_exit(path, worker_count, UINT64_C(256) << 20, clock, NULL);
}

static const struct {
    uint8_t capacity, day_limit, week_limit;
} kinds[KINDS] = {{1, 0, 0}, {1, 1, 0}, {1, 2, 0}, {1, 0, 1}, {1, 0, 2}, {2, 0, 0}, {2, 2, 3}};
static uint32_t kind_ids[KINDS];
static struct linear_naming naming;

static uint32_t put_or_exit(struct engine_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, 0, command);
    CHECK(answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome), "%s",
          answer.detail.text);
    return answer.id;
}

static void schedules_make(struct engine_world *world) {
    engine_world_practice(world);
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, "brief");
    command.body.put.body.service.duration_minutes = SERVICE_TICKS * 5;
    command.body.put.body.service.grid_minutes = 5; /* starts that overlap */
    naming.organization = 1;
    naming.service = put_or_exit(world, &command);
    const struct fasti_opening opening = engine_weekly("day", 0x7f, "08:00", "20:00");
    for (uint32_t k = 0; k < KINDS; k++) {
        char name[16];
        snprintf(name, sizeof name, "kind-%u", k);
        command = engine_schedule(1, name, 0, "brief", NULL);
        struct fasti_terms *terms = &command.body.put.body.schedule.terms;
        terms->capacity = kinds[k].capacity;
        terms->day_limit = kinds[k].day_limit;
        terms->week_limit = kinds[k].week_limit;
        kind_ids[k] = put_or_exit(world, &command);
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, name);
        command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        command.body.put.body.openings.count = 1;
        command.body.put.body.openings.openings = &opening;
        (void)put_or_exit(world, &command);
    }
}

/* ---- a round ---- */

struct round {
    uint32_t number;
    bool is_in_step; /* the workers wait for each other before each command */
    uint32_t step_count;
    uint32_t step_after[STEPS_MAX]; /* so many commands */
    uint32_t step_seconds[STEPS_MAX];
};

struct worker {
    struct fasti_engine *engine;
    uint32_t at, out, op_count;
    bool is_alone;
    struct stall stall;
    struct fasti_prng prng;
    struct linear_op ops[ALONE_MAX + COMMANDS_MAX];
    bool is_dropped[ALONE_MAX + COMMANDS_MAX];
};

static struct round round_now;
static struct linear_history history;
static struct worker workers[WORKERS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of naming and the history's records */
static pthread_barrier_t begin_barrier, end_barrier;
static _Atomic uint32_t asked_count, finished_count;
static _Atomic bool is_over;
static uint64_t failures, busy_count, command_count, beside_count;

/* Starts on two days; 10:00 and 10:10 share a tick, so do 10:10 and 10:15. */
static void world_make(struct fasti_prng *prng, struct linear_world *world) {
    static const uint16_t firsts[] = {120, 122, 123, 2 * LINEAR_DAY_TICKS + 120,
                                      2 * LINEAR_DAY_TICKS + 123};
    world->schedule_count = (uint8_t)(1 + fasti_prng_below(prng, LINEAR_SCHEDULES_MAX));
    uint32_t kind = (uint32_t)fasti_prng_below(prng, KINDS);
    for (uint32_t s = 0; s < world->schedule_count; s++) {
        naming.schedules[s] = kind_ids[kind];
        world->schedules[s].capacity = kinds[kind].capacity;
        world->schedules[s].day_limit = kinds[kind].day_limit;
        world->schedules[s].week_limit = kinds[kind].week_limit;
        kind = (kind + 1 + (uint32_t)fasti_prng_below(prng, KINDS - 1)) % KINDS; /* another */
        const uint32_t most = 2 + (uint32_t)fasti_prng_below(prng, 3);
        uint32_t first = (uint32_t)fasti_prng_below(prng, 5);
        for (uint32_t i = 0; i < most; i++, first++)
            world->starts[world->start_count++] = (struct linear_span){
                (uint8_t)s, firsts[first % 5], (uint16_t)(firsts[first % 5] + SERVICE_TICKS)};
    }
}

static void round_make(struct fasti_prng *prng, uint32_t number) {
    memset(&history, 0, sizeof history);
    round_now = (struct round){.number = number};
    naming.monday_utc_s = engine_utc_s(FIRST_MONDAY);
    world_make(prng, &history.world);
    history.clock_ms = atomic_load(&clock_ms);
    round_now.is_in_step = fasti_prng_below(prng, 4) != 0;
    round_now.step_count = (uint32_t)fasti_prng_below(prng, STEPS_MAX + 1);
    uint32_t after = 0;
    for (uint32_t i = 0; i < round_now.step_count; i++) {
        after += (uint32_t)fasti_prng_below(prng, 6);
        round_now.step_after[i] = after;
        if (round_now.is_in_step) /* beside them */
            round_now.step_after[i] = (after + worker_count - 1) / worker_count * worker_count;
        round_now.step_seconds[i] = 1 + (uint32_t)fasti_prng_below(prng, 12);
    }
}

static uint32_t below(struct worker *worker, uint32_t bound) {
    return (uint32_t)fasti_prng_below(&worker->prng, bound);
}

/* ---- a worker ---- */

static void answer_take(struct worker *worker, const struct fasti_answer *answer) {
    struct linear_op *op = &worker->ops[answer->tag];
    if (op->kind == LINEAR_SHOW) {
        op->returned = fasti_clock_monotonic_ns();
        op->clock_ms[1] = atomic_load(&clock_ms);
    }
    worker->out--;
    pthread_mutex_lock(&lock);
    worker->is_dropped[answer->tag] = answer->status == FASTI_BUSY; /* nothing was changed */
    busy_count += answer->status == FASTI_BUSY;
    if (answer->status == FASTI_OK)
        linear_answer_take(&naming, &history, answer, op);
    else if (answer->status != FASTI_BUSY) /* the command stays without an outcome: unexplained */
        fprintf(stderr, "round %u: %s: %s\n", round_now.number, fasti_status_name(answer->status),
                answer->detail.text);
    pthread_mutex_unlock(&lock);
}

static uint32_t answers_poll(struct worker *worker) {
    struct fasti_answer answers[8];
    const uint32_t count = fasti_engine_poll(worker->engine, worker->at, answers, 8);
    for (uint32_t i = 0; i < count; i++)
        answer_take(worker, &answers[i]);
    return count;
}

static void answers_wait(struct worker *worker) {
    struct pollfd event = {.fd = fasti_engine_event_fd(worker->engine, worker->at),
                           .events = POLLIN};
    if (answers_poll(worker) == 0 && fasti_engine_timeout_us(worker->engine, worker->at) != 0)
        (void)poll(&event, 1, 1);
    if (worker->out == 0)
        return;
    const int64_t asked = worker->ops[worker->op_count - 1].invoked;
    CHECK(fasti_clock_monotonic_ns() - asked < WAIT_SECONDS * INT64_C(1000000000),
          "round %u: worker %u gets no answer", round_now.number, worker->at);
}

static bool is_before(_Atomic uint32_t *count, uint32_t least) {
    return atomic_load_explicit(count, memory_order_relaxed) < least;
}

/* In a round in step all of a step's commands are made ready and begin together. */
static void ask(struct worker *worker, uint32_t step) {
    struct fasti_command command;
    struct fasti_answer answer;
    const uint32_t at = worker->op_count++;
    struct linear_op *op = &worker->ops[at];
    pthread_mutex_lock(&lock);
    linear_op_random(&history, &naming, &worker->prng, op);
    op->worker = (uint8_t)worker->at;
    linear_command_make(&naming, op, &command);
    pthread_mutex_unlock(&lock);
    worker->out++;
    if (!worker->is_alone) {
        atomic_fetch_add_explicit(&asked_count, 1, memory_order_relaxed);
        while (round_now.is_in_step && is_before(&asked_count, (step + 1) * worker_count))
            if (answers_poll(worker) == 0)
                sched_yield();
        if (below(worker, 2) == 0)
            stall_arm(&worker->stall, below(worker, 1024u << below(worker, 8)));
    }
    op->clock_ms[0] = atomic_load(&clock_ms);
    op->invoked = fasti_clock_monotonic_ns();
    const bool is_answered = fasti_engine_submit(worker->engine, worker->at, &command, at, &answer);
    op->returned = fasti_clock_monotonic_ns();
    op->clock_ms[1] = atomic_load(&clock_ms);
    if (is_answered)
        answer_take(worker, &answer);
}

/* Now and then a command follows one whose answer still waits for the disk. */
static void round_work(struct worker *worker) {
    const uint32_t commands = 1 + below(worker, COMMANDS_MAX);
    for (uint32_t step = 0; step < commands; step++) {
        ask(worker, step);
        while (worker->out > 0 &&
               (step + 1 == commands || worker->out > 1 || below(worker, 3) != 0))
            answers_wait(worker);
    }
    atomic_fetch_add_explicit(&asked_count, COMMANDS_MAX - commands, memory_order_relaxed);
    atomic_fetch_add(&finished_count, 1);
    while (is_before(&finished_count, worker_count)) /* the committer's role may be ours */
        answers_wait(worker);
}

/* Between the barriers the worker is its thread's, else the first one's. */
static void *work(void *context) {
    struct worker *worker = context;
    stall_init(&worker->stall);
    for (;;) {
        pthread_barrier_wait(&begin_barrier);
        if (atomic_load(&is_over))
            break;
        round_work(worker);
        fasti_engine_idle_enter(worker->engine, worker->at);
        pthread_barrier_wait(&end_barrier);
    }
    stall_deinit(&worker->stall);
    return NULL;
}

/* ---- the first thread: before, beside and after the workers ---- */

static void alone_run(struct worker *worker, uint32_t commands) {
    worker->is_alone = true;
    for (uint32_t i = 0; i < commands; i++) {
        ask(worker, 0);
        while (worker->out > 0)
            for (uint32_t w = 0; w < worker_count; w++)
                answers_wait(&workers[w]);
    }
    worker->is_alone = false;
}

static void clock_run(void) {
    for (uint32_t i = 0; i < round_now.step_count; i++) {
        while (is_before(&asked_count, round_now.step_after[i]) &&
               is_before(&finished_count, worker_count))
            sched_yield();
        struct linear_op *op = &history.ops[history.op_count++];
        *op = (struct linear_op){.kind = LINEAR_CLOCK, .worker = WORKERS_MAX};
        op->clock_ms[0] = atomic_load(&clock_ms);
        op->clock_ms[1] = op->clock_ms[0] + round_now.step_seconds[i] * INT64_C(1000);
        op->invoked = fasti_clock_monotonic_ns();
        atomic_store(&clock_ms, op->clock_ms[1]);
        op->returned = fasti_clock_monotonic_ns();
    }
}

/* Which of the world's starts a schedule offers. */
static void free_look(struct engine_world *world, uint32_t schedule, struct linear_op *op) {
    char first[16];
    fasti_date_format((fasti_date){(int32_t)(naming.monday_utc_s / 86400)}, first);
    const struct fasti_command command =
        engine_availability(naming.schedules[schedule], naming.service, first, 7);
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    CHECK(answer.status == FASTI_OK, "%s", answer.detail.text);
    const struct fasti_availability_answer *told = answer.body.availability;
    for (uint32_t i = 0; i < history.world.start_count; i++)
        for (uint32_t s = 0; s < told->total && history.world.starts[i].schedule == schedule; s++)
            op->end_free[i] =
                op->end_free[i] ||
                told->base_utc_s + told->starts[s] ==
                    naming.monday_utc_s + history.world.starts[i].first * LINEAR_TICK_SECONDS;
}

static void end_look(struct engine_world *world) {
    struct linear_op *op = &history.ops[history.op_count++];
    *op = (struct linear_op){
        .kind = LINEAR_END, .worker = WORKERS_MAX, .outcome = FASTI_OUTCOME_FOUND};
    op->clock_ms[0] = op->clock_ms[1] = atomic_load(&clock_ms);
    op->invoked = fasti_clock_monotonic_ns();
    for (uint32_t r = 0; r < history.record_count; r++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
        command.body.show.v = naming.known[r].id;
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        op->end_states[r] =
            answer.outcome == FASTI_OUTCOME_FOUND ? (uint8_t)answer.body.show.view.state : 0;
    }
    for (uint32_t s = 0; s < history.world.schedule_count; s++)
        free_look(world, s, op);
    op->returned = fasti_clock_monotonic_ns();
}

static void round_run(struct engine_world *world, struct fasti_prng *prng, uint32_t number,
                      uint32_t week) {
    round_make(prng, number);
    naming.monday_utc_s += week * INT64_C(7) * 86400;
    for (uint32_t w = 0; w < worker_count; w++) {
        workers[w].op_count = workers[w].out = 0;
        workers[w].prng.state = fasti_prng_next(prng);
    }
    atomic_store(&asked_count, 0);
    atomic_store(&finished_count, 0);
    alone_run(&workers[0], (uint32_t)fasti_prng_below(prng, ALONE_MAX + 1));
    pthread_barrier_wait(&begin_barrier);
    clock_run();
    pthread_barrier_wait(&end_barrier);
    end_look(world);
    for (uint32_t w = 0; w < worker_count; w++)
        for (uint32_t i = 0; i < workers[w].op_count; i++)
            if (!workers[w].is_dropped[i])
                history.ops[history.op_count++] = workers[w].ops[i];
    command_count += history.op_count - round_now.step_count - 1;
    beside_count += linear_pairs_count(&history);
}

/* ---- judgement ---- */

/* From what is promised to what is known to go wrong. */
static const struct {
    uint32_t loose;
    const char *name;
} judgements[] = {
    {0, "exact"},
    {LINEAR_OWN_TIME, "own times"},
    {LINEAR_OWN_TIME | LINEAR_TOLD_OVER, "over, then held"},
    {LINEAR_TORN, "torn refusals"},
    {LINEAR_OWN_TIME | LINEAR_TORN, "torn, own times"},
    {LINEAR_OWN_TIME | LINEAR_TOLD_OVER | LINEAR_TORN, "all of these"},
};
#define JUDGEMENTS          (sizeof judgements / sizeof judgements[0])
#define JUDGEMENTS_PROMISED 2

static uint64_t judged[JUDGEMENTS], node_count, node_count_max;
static uint64_t canary_count, canary_refused_count;

static void round_judge(uint64_t seed) {
    struct linear_result promised = {.verdict = LINEAR_UNEXPLAINED};
    uint32_t at = 0;
    for (; at < JUDGEMENTS; at++) {
        const struct linear_result result = linear_check(&history, judgements[at].loose);
        node_count += result.nodes;
        node_count_max = result.nodes > node_count_max ? result.nodes : node_count_max;
        if (at < JUDGEMENTS_PROMISED)
            promised = result;
        if (result.verdict == LINEAR_EXPLAINED)
            break;
    }
    if (at < JUDGEMENTS)
        judged[at]++;
    if (at < JUDGEMENTS_PROMISED || failures++ >= SHOWN_MAX)
        return;
    fprintf(stderr, "FASTI_SEED=%" PRIu64 " FASTI_LINEAR_ROUND=%u (%s)\n", seed, round_now.number,
            at < JUDGEMENTS ? judgements[at].name : "nothing explains it");
    linear_print(stderr, &history, &promised);
}

/* An answer is changed: what was done was refused, or the other way round. */
static void canary_run(struct fasti_prng *prng) {
    static struct linear_history other;
    other = history;
    struct linear_op *op = &other.ops[fasti_prng_below(prng, other.op_count)];
    if (op->kind == LINEAR_CLOCK)
        return;
    if (op->kind == LINEAR_END)
        op->end_free[0] = !op->end_free[0];
    else if (op->outcome == FASTI_OUTCOME_TAKEN)
        op->outcome = FASTI_OUTCOME_BOOKED;
    else if (op->outcome == FASTI_OUTCOME_ALREADY)
        op->outcome = FASTI_OUTCOME_CANCELLED;
    else
        op->outcome = FASTI_OUTCOME_TAKEN;
    canary_count++;
    canary_refused_count += linear_check(&other, LINEAR_OWN_TIME).verdict == LINEAR_UNEXPLAINED;
}

/* ---- the session ---- */

static uint32_t number_of(const char *name, uint32_t otherwise) {
    const char *text = getenv(name);
    return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 0);
}

/* As many rounds as there are weeks, on one engine; the number of the next round. */
static uint32_t engine_run(uint64_t seed, uint32_t number, int64_t until_ns) {
    const char *folder = getenv("TMPDIR");
    char path[96];
    snprintf(path, sizeof path, "%.64s/fasti-linear-XXXXXX", folder == NULL ? "/tmp" : folder);
    CHECK(mkdtemp(path) != NULL, "no directory");
    const uint32_t only = number_of("FASTI_LINEAR_ROUND", UINT32_MAX);
    pthread_t threads[WORKERS_MAX];
    atomic_store(&clock_ms, engine_utc_s(BEGIN) * 1000);
    atomic_store(&is_over, false);
    struct engine_world world = {.worker_count = worker_count, .engine = open_real(path)};
    schedules_make(&world);
    for (uint32_t w = 0; w < worker_count; w++) {
        workers[w] = (struct worker){.engine = world.engine, .at = w};
        CHECK(pthread_create(&threads[w], NULL, work, &workers[w]) == 0, "no thread");
    }
    for (uint32_t week = 0;
         week < WEEKS && failures < SHOWN_MAX && fasti_clock_monotonic_ns() < until_ns;
         week++, number++) {
        const uint32_t chosen = only == UINT32_MAX ? number : only;
        struct fasti_prng prng = {fasti_hash_mix(seed + chosen)};
        round_run(&world, &prng, chosen, week);
        round_judge(seed);
        if (number % CANARY_EVERY == 0)
            canary_run(&prng);
    }
    atomic_store(&is_over, true);
    pthread_barrier_wait(&begin_barrier);
    for (uint32_t w = 0; w < worker_count; w++)
        pthread_join(threads[w], NULL);
    for (int i = 0; i < 10; i++) {
        engine_world_settle(&world);
        usleep(2000);
    }
    engine_world_crash(&world);
    engine_directory_remove(path);
    return number;
}

static void told(uint32_t seconds, uint32_t rounds) {
    fprintf(stderr, "%u workers, %u s: %u rounds, %llu commands, %llu pairs beside each other\n",
            worker_count, seconds, rounds, (unsigned long long)command_count,
            (unsigned long long)beside_count);
    fprintf(stderr,
            "%llu busy; %llu states met, at most %llu at once; %llu of %llu canaries refused\n",
            (unsigned long long)busy_count, (unsigned long long)node_count,
            (unsigned long long)node_count_max, (unsigned long long)canary_refused_count,
            (unsigned long long)canary_count);
    for (uint32_t i = 0; i < JUDGEMENTS; i++)
        fprintf(stderr, "%s%s %llu", i == 0 ? "explained: " : ", ", judgements[i].name,
                (unsigned long long)judged[i]);
    fprintf(stderr, "\n");
}

int main(void) {
    const uint64_t seed = fasti_test_prng("thread_linear").state;
    const uint32_t seconds = number_of("FASTI_LINEAR_SECONDS", 6);
    worker_count = number_of("FASTI_LINEAR_WORKERS", WORKERS_MAX);
    worker_count = worker_count < 1 || worker_count > WORKERS_MAX ? WORKERS_MAX : worker_count;
    stall_prepare(STALL_US);
    pthread_barrier_init(&begin_barrier, NULL, worker_count + 1);
    pthread_barrier_init(&end_barrier, NULL, worker_count + 1);
    const int64_t until_ns = fasti_clock_monotonic_ns() + seconds * INT64_C(1000000000);
    uint32_t rounds = 0;
    while (failures < SHOWN_MAX && fasti_clock_monotonic_ns() < until_ns)
        rounds = engine_run(seed, rounds, until_ns);
    told(seconds, rounds);
    CHECK(canary_refused_count * 4 >= canary_count * 3, "the checker lets wrong answers pass");
    return failures == 0 ? 0 : 1;
}
