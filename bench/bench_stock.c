/*
 * bench_stock.c - free starts that a connection may book, asked for before the clock starts.
 *
 *   schedules     0   1   2   3   4      two connections:  A 0 2 4, B 1 3
 *                 |   |                  five connections of two schedules: starts are dealt out
 *                 A B A                  0: A C E A C E ...   1: B D B D ...
 *
 * So the run itself makes no conflicts. Each schedule is asked for one service, chosen by the run's
 * seed, so that connections which share a schedule see the same starts. A rush wants conflicts:
 * fasti_bench_stock_hot.
 */
#include "bench/bench.h"

static enum fasti_status call(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    FASTI_TRY(fasti_client_call(c->client, c->command, answer));
    if (answer->status != FASTI_OK)
        c->detail = answer->detail;
    return answer->status;
}

void fasti_bench_stock_ask(struct fasti_bench_connection *c, struct fasti_bench_pair pair,
                           fasti_date first, uint32_t days) {
    c->command->kind = FASTI_COMMAND_AVAILABILITY;
    struct fasti_availability_query *query = &c->command->body.availability;
    query->service_count = 1;
    query->services[0] = pair.service;
    query->location_count = 0;
    query->after = 0;
    query->facts = (struct fasti_facts){0};
    query->first = first;
    query->day_count = (uint16_t)days;
    query->schedule_count = 1;
    query->schedules[0] = pair.schedule;
}

/* Who of several takes turns with a schedule's starts. */
struct turns {
    uint32_t first, step;
};

/* Adds an answer's starts, without those that overlap the one before, up to a limit. */
static void stock_add(struct fasti_bench_connection *c, struct fasti_bench_pair pair,
                      const struct fasti_availability_answer *answer, struct turns turns,
                      uint32_t limit) {
    int64_t free_from_s = INT64_MIN;
    for (uint32_t i = 0, number = 0; i < answer->total && c->start_count < limit; i++) {
        const int64_t utc_s = answer->base_utc_s + answer->starts[i];
        if (utc_s < free_from_s)
            continue;
        free_from_s = utc_s + (int64_t)answer->lengths_minutes[i] * 60;
        if (number++ % turns.step == turns.first)
            c->starts[c->start_count++] =
                (struct fasti_bench_start){pair, utc_s, answer->lengths_minutes[i]};
    }
}

void fasti_bench_stock_shuffle(struct fasti_bench_connection *c) {
    for (uint32_t i = c->start_count; i > 1; i--) {
        const uint64_t other = fasti_prng_below(&c->prng, i);
        const struct fasti_bench_start start = c->starts[i - 1];
        c->starts[i - 1] = c->starts[other];
        c->starts[other] = start;
    }
}

/* The first pair behind those of the schedule that pair i is of. */
static uint32_t next_schedule(const struct fasti_bench_world *world, uint32_t i) {
    uint32_t next = i + 1;
    while (next < world->pair_count && world->pairs[next].schedule.v == world->pairs[i].schedule.v)
        next++;
    return next;
}

/* One random service of the schedule of pairs first to end - 1, the same for all connections. */
static enum fasti_status stock_ask_one(struct fasti_bench_connection *c,
                                       struct fasti_answer *answer, uint32_t first, uint32_t end,
                                       struct turns turns, uint32_t limit) {
    const struct fasti_bench_world *world = c->world;
    struct fasti_prng chooser = {c->seed ^ world->pairs[first].schedule.v};
    const struct fasti_bench_pair pair =
        world->pairs[first + fasti_prng_below(&chooser, end - first)];
    fasti_bench_stock_ask(c, pair, (fasti_date){world->today.v + 1}, FASTI_QUERY_DAYS_MAX);
    FASTI_TRY(call(c, answer));
    stock_add(c, pair, answer->body.availability, turns, limit);
    return FASTI_OK;
}

enum fasti_status fasti_bench_stock_collect(struct fasti_bench_connection *c,
                                            struct fasti_answer *answer) {
    const struct fasti_bench_world *world = c->world;
    uint32_t schedules = 0;
    for (uint32_t i = 0; i < world->pair_count; i = next_schedule(world, i))
        schedules++;
    for (uint32_t i = 0, next, number = 0; i < world->pair_count; i = next, number++) {
        next = next_schedule(world, i);
        const uint32_t owner = number % c->connection_count;
        if (c->index % schedules != owner || c->start_count == FASTI_BENCH_STARTS_MAX)
            continue;
        /* Of several connections at one schedule, this is number index / schedules. */
        const uint32_t sharing = (c->connection_count - 1 - owner) / schedules + 1;
        const struct turns turns = {c->index / schedules, sharing};
        FASTI_TRY(stock_ask_one(c, answer, i, next, turns, FASTI_BENCH_STARTS_MAX));
    }
    fasti_bench_stock_shuffle(c);
    return FASTI_OK;
}

enum fasti_status fasti_bench_stock_hot(struct fasti_bench_connection *c,
                                        struct fasti_answer *answer, uint32_t wanted) {
    const struct fasti_bench_world *world = c->world;
    /* From a random place on, one schedule after the other: few of them are enough. */
    uint32_t at = (uint32_t)fasti_prng_below(&c->prng, world->pair_count);
    while (at > 0 && world->pairs[at - 1].schedule.v == world->pairs[at].schedule.v)
        at--;
    for (uint32_t seen = 0; seen < world->pair_count && c->start_count < wanted;) {
        const uint32_t next = next_schedule(world, at);
        if (!world->pairs[at].is_shared)
            FASTI_TRY(stock_ask_one(c, answer, at, next, (struct turns){0, 1}, wanted));
        seen += next - at;
        at = next == world->pair_count ? 0 : next;
    }
    return FASTI_OK;
}
