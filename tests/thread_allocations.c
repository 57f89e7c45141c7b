/*
 * thread_allocations.c - requests allocate nothing: every call of the allocator on the server's
 * threads is counted while clients send thousands of requests of each kind.
 *
 *   client (main thread, not counted) --64 deep, 4 connections--> 2 workers (counted)
 *   a few thousand to warm up, then REQUESTS that are counted
 *   what only asks, or is refused     no call at all; only a connection's buffers may still double
 *                                     (realloc) on the way to their bound, which is counted apart
 *   what makes records                one call a chunk or slab that they grow by, and none else;
 *                                     it is made ahead, between requests: in a second part one
 *                                     thread counts inside of submit alone, where there is none
 *
 * Counted at link time (--wrap, see CMakeLists.txt): every reference from our own code, codec and
 * C++ included, goes through the functions below, and from there to whatever allocator the preset
 * has; so it works with ASan's, TSan's and jemalloc's, where replacing malloc would not.
 * A plain program: ctest runs it in every preset. Exits 77 where io_uring is denied.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api/client.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define REQUESTS    10000
#define RECORDS     (FASTI_RECORD_CHUNK * FASTI_RECORD_SLAB_CHUNKS) /* into another slab */
#define WARMUP      3000
#define CONNECTIONS 4
#define DEPTH       64
#define DEPTH_DEEP  700 /* more than a connection may be owed: the server stops reading */
#define WORKERS     2
/* From 4 KiB to the bounds of two outputs and one input, a connection. */
#define DOUBLINGS_MAX (CONNECTIONS * (2 * 11 + 10))

/* ---- the counters ---- */

static _Thread_local bool is_client; /* the main thread */
static _Atomic uint64_t allocations, frees, doublings;

static void count(_Atomic uint64_t *counter) {
    if (!is_client)
        fasti_add_relaxed(counter, UINT64_C(1));
}

#define WRAP(name, counter, parameters, arguments) \
    void *__real_##name parameters;                \
    void *__wrap_##name parameters;                \
    void *__wrap_##name parameters {               \
        count(&counter);                           \
        return __real_##name arguments;            \
    }
#define WRAP_FREE(name, parameters, arguments) \
    void __real_##name parameters;             \
    void __wrap_##name parameters;             \
    void __wrap_##name parameters {            \
        if (memory != NULL)                    \
            count(&frees);                     \
        __real_##name arguments;               \
    }

WRAP(mmap, allocations, (void *at, size_t size, int protection, int flags, int file, off_t offset),
     (at, size, protection, flags, file, offset))

int __real_munmap(void *memory, size_t size);
int __wrap_munmap(void *memory, size_t size);
int __wrap_munmap(void *memory, size_t size) {
    count(&frees);
    return __real_munmap(memory, size);
}

WRAP(malloc, allocations, (size_t size), (size))
WRAP(calloc, allocations, (size_t n, size_t size), (n, size))
WRAP(realloc, doublings, (void *old, size_t size), (old, size))
WRAP(aligned_alloc, allocations, (size_t align, size_t size), (align, size))
WRAP(_Znwm, allocations, (size_t size), (size)) /* operator new, new[] */
WRAP(_Znam, allocations, (size_t size), (size))
WRAP_FREE(free, (void *memory), (memory))
WRAP_FREE(_ZdlPv, (void *memory), (memory)) /* operator delete, delete[] */
WRAP_FREE(_ZdaPv, (void *memory), (memory))
WRAP_FREE(_ZdlPvm, (void *memory, size_t size), (memory, size))
WRAP_FREE(_ZdaPvm, (void *memory, size_t size), (memory, size))

int __real_posix_memalign(void **made, size_t align, size_t size);
int __wrap_posix_memalign(void **made, size_t align, size_t size);
int __wrap_posix_memalign(void **made, size_t align, size_t size) {
    count(&allocations);
    return __real_posix_memalign(made, align, size);
}

/* ---- the load ---- */

struct load {
    struct server_world *world;
    struct fasti_client *clients[CONNECTIONS];
    uint32_t depth;
    uint64_t records[CONNECTIONS][DEPTH]; /* of the last round's bookings */
};

/* One request a connection and place, then all answers. */
typedef struct fasti_command (*command_make)(const struct load *load, uint32_t connection,
                                             uint32_t place);

static void round_run(struct load *load, command_make make, enum fasti_outcome outcome) {
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        for (uint32_t place = 0; place < load->depth; place++) {
            const struct fasti_command command = make(load, c, place);
            CHECK(fasti_client_send(load->clients[c], &command, place) == FASTI_OK, "send");
        }
        CHECK(fasti_client_flush(load->clients[c]) == FASTI_OK, "flush");
    }
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        for (uint32_t i = 0; i < load->depth; i++) {
            struct fasti_answer answer;
            CHECK(fasti_client_receive(load->clients[c], &answer) == FASTI_OK, "receive");
            CHECK(answer.status == FASTI_OK && answer.outcome == outcome, "%s %s: %s",
                  fasti_status_name(answer.status), fasti_outcome_name(answer.outcome),
                  answer.detail.text);
            if (outcome == FASTI_OUTCOME_BOOKED || outcome == FASTI_OUTCOME_BLOCKED)
                load->records[c][answer.tag] = answer.record.v;
        }
}

static struct fasti_command make_status(const struct load *load, uint32_t c, uint32_t place) {
    (void)load, (void)c, (void)place;
    return (struct fasti_command){.kind = FASTI_COMMAND_STATUS};
}

static struct fasti_command make_availability(const struct load *load, uint32_t c, uint32_t place) {
    (void)load;
    return engine_availability(1, 1, "2026-01-06", (uint16_t)(1 + (c * DEPTH + place) % 60));
}

static struct fasti_command make_show(const struct load *load, uint32_t c, uint32_t place) {
    return server_world_show(load->records[c][place]);
}

static struct fasti_command make_list(const struct load *load, uint32_t c, uint32_t place) {
    struct fasti_command list = server_world_list();
    (void)load, (void)c;
    list.body.list.limit = (uint16_t)(1 + place);
    return list;
}

static struct fasti_command make_resolve(const struct load *load, uint32_t c, uint32_t place) {
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE, .organization = {1}};
    (void)load, (void)c, (void)place;
    command.body.resolve.kind = FASTI_ENTITY_SCHEDULE;
    command.body.resolve.id = engine_id("anna");
    return command;
}

static struct fasti_command make_describe(const struct load *load, uint32_t c, uint32_t place) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    (void)load, (void)c, (void)place;
    command.body.describe.kind = FASTI_ENTITY_SCHEDULE;
    command.body.describe.id = 1;
    return command;
}

static struct fasti_command make_civil(const struct load *load, uint32_t c, uint32_t place) {
    struct fasti_command command = {.kind = FASTI_COMMAND_CIVIL, .organization = {1}};
    (void)load, (void)c;
    command.body.civil.schedule.v = 1;
    command.body.civil.date.v = 20500;
    command.body.civil.minute = (uint16_t)place;
    return command;
}

static struct fasti_command make_search(const struct load *load, uint32_t c, uint32_t place) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SEARCH};
    (void)load;
    command.body.search = (struct fasti_search_query){
        .code = engine_id("first-visit"),
        .first = {20459},
        .last = {20459 + 20 + (int32_t)((c * DEPTH + place) % 20)},
        .order = FASTI_SEARCH_BY_START,
        .limit = 20,
        .start_limit = 3,
    };
    return command;
}

/* Gives the service a code to be found by. */
static void code_give(struct load *load) {
    struct fasti_answer answer;
    struct fasti_command put = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    put.body.put.body.service.duration_minutes = 15;
    put.body.put.body.service.code = engine_id("first-visit");
    CHECK(fasti_client_call(load->clients[0], &put, &answer) == FASTI_OK &&
              answer.status == FASTI_OK,
          "%s", answer.detail.text);
    const struct fasti_command search = make_search(load, 0, 0);
    CHECK(fasti_client_call(load->clients[0], &search, &answer) == FASTI_OK &&
              answer.status == FASTI_OK,
          "%s", answer.detail.text);
    CHECK(answer.body.search->count > 0, "found by its code: %u of %u", answer.body.search->count,
          answer.body.search->candidates);
}

static struct fasti_command make_book(const struct load *load, uint32_t c, uint32_t place) {
    (void)load;
    return server_world_book(c * DEPTH + place);
}

static struct fasti_command make_cancel(const struct load *load, uint32_t c, uint32_t place) {
    return engine_cancel(load->records[c][place]);
}

static struct fasti_command make_block(const struct load *load, uint32_t c, uint32_t place) {
    (void)load;
    struct fasti_command command = engine_block(1, SERVER_WORLD_NOW, SERVER_WORLD_NOW);
    command.body.block.start_utc_s = server_world_start_utc_s(c * DEPTH + place);
    command.body.block.end_utc_s = command.body.block.start_utc_s + 600;
    return command;
}

static struct fasti_command make_unblock(const struct load *load, uint32_t c, uint32_t place) {
    return engine_unblock(load->records[c][place]);
}

/* ---- the rules ---- */

/* What records and pages have grown by: chunks of the arena, slabs of the table of records. */
static uint64_t chunks(const struct load *load) {
    struct fasti_answer answer;
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    CHECK(fasti_client_call(load->clients[0], &command, &answer) == FASTI_OK, "status");
    return answer.body.status.arena_bytes / FASTI_ARENA_CHUNK_BYTES +
           (answer.body.status.records + FASTI_RECORD_CHUNK / 2) /
               (FASTI_RECORD_CHUNK * FASTI_RECORD_SLAB_CHUNKS);
}

static void pair_run(struct load *load, command_make make, enum fasti_outcome outcome,
                     command_make undo, enum fasti_outcome undone, uint32_t requests) {
    for (uint32_t sent = 0; sent < requests; sent += CONNECTIONS * load->depth) {
        round_run(load, make, outcome);
        if (undo != NULL)
            round_run(load, undo, undone);
    }
}

static void expect_none(struct load *load, const char *what, command_make make,
                        enum fasti_outcome outcome) {
    pair_run(load, make, outcome, NULL, outcome, WARMUP);
    const uint64_t made = fasti_load_relaxed(&allocations), freed = fasti_load_relaxed(&frees);
    pair_run(load, make, outcome, NULL, outcome, REQUESTS);
    const uint64_t more = fasti_load_relaxed(&allocations) - made;
    const uint64_t less = fasti_load_relaxed(&frees) - freed;
    CHECK(more == 0 && less == 0, "%s: %lu allocations, %lu frees in %d requests", what,
          (unsigned long)more, (unsigned long)less, REQUESTS);
}

static void expect_growth(struct load *load, const char *what, command_make make,
                          enum fasti_outcome outcome, command_make undo,
                          enum fasti_outcome undone) {
    pair_run(load, make, outcome, undo, undone, WARMUP);
    const uint64_t before = chunks(load);
    const uint64_t made = fasti_load_relaxed(&allocations), freed = fasti_load_relaxed(&frees);
    pair_run(load, make, outcome, undo, undone, RECORDS);
    const uint64_t more = fasti_load_relaxed(&allocations) - made;
    const uint64_t less = fasti_load_relaxed(&frees) - freed;
    const uint64_t growth = chunks(load) - before;
    CHECK(growth > 0 && more <= growth + less &&
              less <= 2 * growth, /* a slab gives its edges back */
          "%s: %lu allocations, %lu frees, %lu chunks of growth in %d requests", what,
          (unsigned long)more, (unsigned long)less, (unsigned long)growth, 2 * RECORDS);
}

/* ---- where growth is paid ---- */

/* One command, counted only while it is decided. */
static struct fasti_answer submit_counted(struct engine_world *world,
                                          const struct fasti_command *command) {
    struct fasti_answer answer;
    is_client = false;
    const bool is_answered = fasti_engine_submit(world->engine, 0, command, 1, &answer);
    is_client = true;
    while (!is_answered && fasti_engine_poll(world->engine, 0, &answer, 1) == 0) {
        /* until it is durable */
    }
    return answer;
}

static void growth_is_made_ahead(void) {
    struct engine_world *world = engine_world_make(1, 1, SERVER_WORLD_NOW);
    engine_world_practice(world);
    uint64_t before = 0;
    for (uint32_t i = 0; i < 100 + REQUESTS; i++) {
        if (i == 100)
            before = fasti_load_relaxed(&allocations);
        const struct fasti_command book = server_world_book(i % 100);
        const struct fasti_answer booked = submit_counted(world, &book);
        CHECK(booked.outcome == FASTI_OUTCOME_BOOKED, "%s", booked.detail.text);
        const struct fasti_command cancel = engine_cancel(booked.record.v);
        CHECK(submit_counted(world, &cancel).outcome == FASTI_OUTCOME_CANCELLED, "cancel");
    }
    const uint64_t more = fasti_load_relaxed(&allocations) - before;
    CHECK(more == 0, "%lu allocations inside of %d requests", (unsigned long)more, 2 * REQUESTS);
    engine_world_free(world);
}

int main(void) {
    struct load load = {.depth = DEPTH};
    is_client = true;
    alarm(300);
    load.world = server_world_start_on_disk((struct fasti_server_options){
        .worker_count = WORKERS, .timeouts.quiet_ms = 3600000}); /* a slow machine is not quiet */
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        CHECK(fasti_client_open(load.world->unix_where, WIRE_WAIT_MS, &load.clients[c], NULL) ==
                  FASTI_OK,
              "connect");
    CHECK(fasti_load_relaxed(&allocations) > 0, "the counters count nothing");
    expect_growth(&load, "book, cancel", make_book, FASTI_OUTCOME_BOOKED, make_cancel,
                  FASTI_OUTCOME_CANCELLED);
    expect_growth(&load, "block, unblock", make_block, FASTI_OUTCOME_BLOCKED, make_unblock,
                  FASTI_OUTCOME_UNBLOCKED);
    round_run(&load, make_book, FASTI_OUTCOME_BOOKED);
    expect_none(&load, "book what is taken", make_book, FASTI_OUTCOME_TAKEN);
    expect_none(&load, "status", make_status, FASTI_OUTCOME_FOUND);
    expect_none(&load, "availability", make_availability, FASTI_OUTCOME_FOUND);
    code_give(&load);
    expect_none(&load, "search", make_search, FASTI_OUTCOME_FOUND);
    expect_none(&load, "show", make_show, FASTI_OUTCOME_FOUND);
    expect_none(&load, "list", make_list, FASTI_OUTCOME_FOUND);
    expect_none(&load, "resolve", make_resolve, FASTI_OUTCOME_FOUND);
    expect_none(&load, "describe", make_describe, FASTI_OUTCOME_FOUND);
    expect_none(&load, "civil", make_civil, FASTI_OUTCOME_FOUND);
    load.depth = DEPTH_DEEP;
    expect_none(&load, "availability without reading", make_availability, FASTI_OUTCOME_FOUND);
    load.depth = DEPTH;
    round_run(&load, make_cancel, FASTI_OUTCOME_CANCELLED);
    expect_none(&load, "cancel again", make_cancel, FASTI_OUTCOME_ALREADY);
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        fasti_client_close(load.clients[c]);
    server_world_stop(load.world);
    CHECK(fasti_load_relaxed(&doublings) <= DOUBLINGS_MAX, "%lu times a buffer grew",
          (unsigned long)fasti_load_relaxed(&doublings));
    growth_is_made_ahead();
    return 0;
}
