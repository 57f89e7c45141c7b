/*
 * thread_upkeep.c - days retire and records are purged under the hands of racing workers.
 *
 *   workers 0 to 2   book and hold near now, cancel and mark what was made, block days that may
 * just retire, list, show, ask for availability, change the schedule and its resolution, which it
 * lets only while no day of it has time taken the clock        leaps 33 or 120 days after so many
 * commands: all days that were booked retire soon, while refusals still wait for versions of them;
 * the disk is slow
 *
 * No command may end in another way than it may; afterwards the log says what the engine said.
 * ASan poisons what was freed: who still holds it is found out. A plain program, also under TSan.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/base/prng.h"
#include "tests/support/engine_world.h"

#define START     "2026-01-05T07:00:00Z"
#define WORKERS   3
#define COMMANDS  4000 /* of each worker */
#define LEAP_EACH 150  /* commands of all */
#define DAY_S     INT64_C(86400)
#define LEAP_MS   (33 * DAY_S * 1000)
#define FAR_MS    (120 * DAY_S * 1000) /* what was just booked, or refused, retires at once */
#define MADE_MAX  256                  /* the newest are changed */
#define IN_FLIGHT 8

#define SETTLED    8 /* so often the same digest: a pass is over */
#define SETTLE_MAX 1000

static _Atomic int64_t now_ms;
static _Atomic uint64_t made[MADE_MAX];
static _Atomic uint32_t working = WORKERS;
static _Atomic uint32_t made_count, commands, leaps, changed, past, edits, held;

struct worker {
    struct engine_world *world;
    uint32_t number, in_flight;
    struct fasti_prng prng;
    bool is_wrong;
};

static int64_t clock_read(const struct fasti_clock *clock) {
    (void)clock;
    return fasti_load_relaxed(&now_ms);
}

static uint32_t below(struct worker *worker, uint32_t end) {
    return (uint32_t)fasti_prng_below(&worker->prng, end);
}

static uint64_t made_random(struct worker *worker) {
    return fasti_load_relaxed(&made[below(worker, MADE_MAX)]);
}

static struct fasti_command book_random(struct worker *worker) {
    struct fasti_command command = engine_book(1, 1, START, "p-1");
    command.body.book.items[0].start_utc_s = fasti_load_relaxed(&now_ms) / 1000 / DAY_S * DAY_S +
                                             (1 + below(worker, 3)) * DAY_S + 8 * 3600 +
                                             below(worker, 4) * 900;
    return command;
}

static struct fasti_command block_random(struct worker *worker) {
    struct fasti_command command = engine_block(1, START, "2026-01-05T08:00:00Z");
    struct fasti_block *block = &command.body.block;
    block->start_utc_s =
        fasti_load_relaxed(&now_ms) / 1000 / DAY_S * DAY_S - (30 + below(worker, 50)) * DAY_S;
    block->end_utc_s = block->start_utc_s + (1 + below(worker, 2) * 96) * 900;
    return command;
}

static struct fasti_command mark_random(struct worker *worker) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark =
        (struct fasti_mark){.record = {made_random(worker)}, .state = FASTI_STATE_NOSHOW};
    return command;
}

static struct fasti_command list_random(struct worker *worker) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){
        .by = below(worker, 2) == 0 ? FASTI_LIST_BY_SCHEDULE : FASTI_LIST_BY_PATIENT,
        .schedule = {1},
        .patient = "p-1",
        .patient_length = 3,
        .include_blocks = true,
        .include_ended = true,
        .from_utc_s = INT64_MIN,
        .to_utc_s = INT64_MAX,
        .limit = 20,
    };
    return command;
}

static struct fasti_command hold_random(struct worker *worker) {
    struct fasti_command command = {.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    command.body.hold.seconds = 10 + below(worker, 1000);
    command.body.hold.book = book_random(worker).body.book;
    command.body.hold.book.appointments[0].patient_length = 0;
    return command;
}

static struct fasti_command edit_random(struct worker *worker) {
    return below(worker, 4) == 0 ? engine_schedule(1, "anna", 15, "visit", NULL)
                                 : engine_schedule(1, "anna", 5, "visit", "long");
}

static struct fasti_command command_random(struct worker *worker) {
    if (below(worker, 24) == 0)
        return edit_random(worker);
    if (below(worker, 12) == 0)
        return hold_random(worker);
    switch (below(worker, 10)) {
    case 0: return block_random(worker);
    case 1: return engine_cancel(made_random(worker));
    case 2: return engine_unblock(made_random(worker));
    case 3: return mark_random(worker);
    case 4: return list_random(worker);
    case 5: {
        struct fasti_command show = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
        show.body.show.v = made_random(worker);
        return show;
    }
    case 6: {
        struct fasti_command ask = engine_availability(1, 1, "2026-01-05", 7);
        ask.body.availability.first.v =
            (int32_t)(fasti_load_relaxed(&now_ms) / 1000 / DAY_S) - (int32_t)below(worker, 80);
        return ask;
    }
    default: return book_random(worker);
    }
}

static bool is_allowed(const struct fasti_answer *answer) {
    if (answer->status == FASTI_BUSY)
        return true;
    if (answer->status == FASTI_OK)
        return true;
    return (answer->kind == FASTI_COMMAND_LIST && answer->status == FASTI_INVALID_REFERENCE) ||
           (answer->kind == FASTI_COMMAND_PUT && answer->status == FASTI_INVALID_STATE);
}

static void answer_take(struct worker *worker, const struct fasti_answer *answer) {
    if (!is_allowed(answer)) {
        fprintf(stderr, "command %d: status %d, %s\n", answer->kind, answer->status,
                answer->detail.text);
        worker->is_wrong = true;
    }
    if (answer->status != FASTI_OK)
        return;
    if (answer->outcome == FASTI_OUTCOME_BOOKED || answer->outcome == FASTI_OUTCOME_BLOCKED)
        fasti_store_relaxed(&made[fasti_add_relaxed(&made_count, UINT32_C(1)) % MADE_MAX],
                            answer->record.v);
    if (answer->outcome == FASTI_OUTCOME_CANCELLED || answer->outcome == FASTI_OUTCOME_MARKED ||
        answer->outcome == FASTI_OUTCOME_UNBLOCKED)
        (void)fasti_add_relaxed(&changed, UINT32_C(1));
    if (answer->outcome == FASTI_OUTCOME_PAST)
        (void)fasti_add_relaxed(&past, UINT32_C(1));
    if (answer->kind == FASTI_COMMAND_PUT)
        (void)fasti_add_relaxed(&edits, UINT32_C(1));
    if (answer->outcome == FASTI_OUTCOME_HELD)
        (void)fasti_add_relaxed(&held, UINT32_C(1));
}

static void poll_some(struct worker *worker) {
    struct fasti_answer answers[4];
    const uint32_t count = fasti_engine_poll(worker->world->engine, worker->number, answers, 4);
    for (uint32_t i = 0; i < count; i++)
        answer_take(worker, &answers[i]);
    worker->in_flight -= count;
}

static void *work(void *context) {
    struct worker *worker = context;
    for (uint32_t i = 0; i < COMMANDS && !worker->is_wrong; i++) {
        const struct fasti_command command = command_random(worker);
        struct fasti_answer answer;
        if (fasti_engine_submit(worker->world->engine, worker->number, &command, 1, &answer))
            answer_take(worker, &answer);
        else
            worker->in_flight++;
        if (fasti_add_relaxed(&commands, UINT32_C(1)) % LEAP_EACH == LEAP_EACH - 1) {
            (void)fasti_add_relaxed(&now_ms, below(worker, 2) == 0 ? LEAP_MS : FAR_MS);
            (void)fasti_add_relaxed(&leaps, UINT32_C(1));
        }
        while (worker->in_flight >= IN_FLIGHT)
            poll_some(worker);
        poll_some(worker);
    }
    bool is_counted = false;
    while (fasti_load_seq_cst(&working) > 0) { /* who has the committer's role goes on polling */
        poll_some(worker);
        if (worker->in_flight == 0 && !is_counted)
            (void)fasti_add_seq_cst(&working, UINT32_MAX); /* minus one */
        is_counted = is_counted || worker->in_flight == 0;
    }
    fasti_engine_idle_enter(worker->world->engine, worker->number);
    return NULL;
}

/* The digest once the upkeep wants nothing more: what it pushed last is not durable at once. */
static struct fasti_hash128 digest_settled(struct engine_world *world) {
    struct fasti_hash128 digest = engine_world_digest(world);
    for (uint32_t same = 0, rounds = 0; same < SETTLED && rounds < SETTLE_MAX; rounds++) {
        engine_world_settle(world);
        const struct fasti_hash128 next = engine_world_digest(world);
        same = fasti_hash128_equal(next, digest) ? same + 1 : 0;
        digest = next;
    }
    return digest;
}

static bool is_open_again(struct engine_world *world) {
    engine_world_crash(world);
    if (engine_world_open(world) == FASTI_OK)
        return true;
    fprintf(stderr, "it does not open: %s\n", world->detail.text);
    return false;
}

/* A crash and a start, twice: in the middle of a pass, and when it is over; then the log says what
 * was told. */
static bool is_recovered(struct engine_world *world) {
    const struct fasti_command status = {.kind = FASTI_COMMAND_STATUS};
    const struct fasti_status_answer told = engine_world_run(world, 0, &status).body.status;
    printf("%u leaps, %u made, %u held, %u changed, %u edits, %u refused as past, %llu days "
           "retired, %llu purged\n",
           fasti_load_relaxed(&leaps), fasti_load_relaxed(&made_count), fasti_load_relaxed(&held),
           fasti_load_relaxed(&changed), fasti_load_relaxed(&edits), fasti_load_relaxed(&past),
           (unsigned long long)told.retired_days, (unsigned long long)told.purged_records);
    if (!is_open_again(world))
        return false;
    const struct fasti_hash128 digest = digest_settled(world);
    if (!is_open_again(world))
        return false;
    if (!fasti_hash128_equal(engine_world_digest(world), digest)) {
        fprintf(stderr, "the log says something else than the engine said\n");
        return false;
    }
    return told.retired_days > 0 && told.purged_records > 0 && fasti_load_relaxed(&past) > 0 &&
           fasti_load_relaxed(&changed) > 0 && fasti_load_relaxed(&edits) > 0 &&
           fasti_load_relaxed(&held) > 0;
}

int main(void) {
    struct engine_world *world = engine_world_make(1, WORKERS, START);
    engine_world_practice(world);
    engine_world_crash(world);
    world->past_days = FASTI_PAST_DAYS_MIN;
    world->retention_days = 50;
    if (engine_world_open(world) != FASTI_OK)
        return 1;
    const struct fasti_sim_faults slow = {.delay_max = 30};
    fasti_sim_disk_set_faults(world->disk, &slow);
    fasti_store_relaxed(&now_ms, world->now_ms);
    fasti_engine_clock(world->engine)->now_ms = clock_read;
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    bool is_wrong = false;
    for (uint32_t w = 0; w < WORKERS; w++)
        workers[w] = (struct worker){.world = world, .number = w, .prng = {w + 1}};
    for (uint32_t w = 0; w < WORKERS; w++)
        if (pthread_create(&threads[w], NULL, work, &workers[w]) != 0)
            return 1;
    for (uint32_t w = 0; w < WORKERS; w++) {
        pthread_join(threads[w], NULL);
        is_wrong = is_wrong || workers[w].is_wrong;
    }
    world->now_ms = fasti_load_relaxed(&now_ms);
    const bool is_good = !is_wrong && is_recovered(world);
    engine_world_free(world);
    return is_good ? 0 : 1;
}
