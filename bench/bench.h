/*
 * bench.h - the parts of fasti-bench: one function a subcommand, and what they share.
 *
 *   bench.c             the program: picks the subcommand
 *   bench_load.c        load: the run; bench_load_options.c what may be asked for; see bench_load.h
 *   bench_rush.c        load --rush: everybody wants the same few slots
 *   bench_mix.c         what a load consists of; bench_pace.c when an open loop sends
 *   bench_ledger.c      what was sold, and whether that can be; bench_verify.c asks the server
 *   bench_live.c        a line each second; bench_report.c what a run came to; bench_plot.c a
 * picture bench_world.c       the schedules and services that a server knows; bench_questions.c
 * searches bench_connection.c  one connection: commands, answers, its stock of free starts
 * (bench_stock.c) bench_engine.c      engine: figures in process, on the simulated disk
 *   bench_life.c        life: years of a calendar, memory and disk
 *   bench_generate.c    generate: the reference workload (workload.h), see bench_generate.h
 *   bench_search.c      search: its questions, in process, answers checked
 *   bench_question.c    a question of the workload as a command
 *   bench_compare.c     compare: Fasti beside PostgreSQL and Redis, see bench_compare.h
 *   bench_inner.c       what engine, life and search share: an engine in this process
 *   bench_group.c       the connections of one thread, by poll: closed loop and open loop
 *   bench_histogram.c   latencies
 *   rooms.c             fasti-bench-rooms, a program of its own: the rooms below the engine
 *
 * bench/ knows api/client.h and engine/engine.h and nothing deeper but the random numbers of
 * engine/base/prng.h.
 */
#ifndef FASTI_BENCH_BENCH_H
#define FASTI_BENCH_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/client.h"
#include "bench/bench_histogram.h"
#include "bench/bench_ledger.h"
#include "bench/bench_mix.h"
#include "bench/bench_pace.h"
#include "engine/base/prng.h"
#include "engine/engine.h"

#define FASTI_BENCH_CONNECTIONS_MAX 512
#define FASTI_BENCH_THREADS_MAX     64
#define FASTI_BENCH_DEPTH_MAX       1024
#define FASTI_BENCH_SECONDS_MAX     3600
#define FASTI_BENCH_PAIRS_MAX       (UINT32_C(1) << 20)
#define FASTI_BENCH_STARTS_MAX      (UINT32_C(1) << 16) /* free starts that one connection keeps */
#define FASTI_BENCH_QUESTIONS_MAX   2048                /* searches that are asked in turn */

enum {
    FASTI_BENCH_EXIT_FILE = 1,
    FASTI_BENCH_EXIT_USAGE = 2,
    FASTI_BENCH_EXIT_SERVER = 3,
    FASTI_BENCH_EXIT_CHECK = 4, /* what the server acknowledged cannot be true */
};

/* A whole number between first and last, or a message and false. */
bool fasti_bench_number(const char *name, const char *text, uint32_t first, uint32_t last,
                        uint32_t *number);

/* The subcommands: arguments without the program's name; the exit status. */
int fasti_bench_load(int argc, char **argv);
int fasti_bench_engine(int argc, char **argv);
int fasti_bench_life(int argc, char **argv);
int fasti_bench_generate(int argc, char **argv);
int fasti_bench_search(int argc, char **argv);
int fasti_bench_compare(int argc, char **argv);

/* ---- what a server knows ---- */

/* One service that one schedule offers. */
struct fasti_bench_pair {
    fasti_schedule_id schedule;
    fasti_service_id service;
    bool is_shared; /* more than one visit of the schedule may be at one time */
};

/* Who offers this near there? Of a pair that the server has. */
struct fasti_bench_question {
    struct fasti_id_text specialty, code; /* one of them may be empty */
    bool has_position;
    int32_t latitude_e7, longitude_e7;
};

struct fasti_bench_world {
    fasti_organization_id organization;
    fasti_date today;               /* UTC, by the server's clock */
    int64_t ahead_ms;               /* the server's clock less our monotonic one */
    struct fasti_bench_pair *pairs; /* those of one schedule stand together, by rising id */
    uint32_t pair_count;
    struct fasti_bench_question *questions; /* NULL: fasti_bench_questions_read was not called */
    uint32_t question_count;
};

/* Asks the server for all schedules of an organization (external id). */
FASTI_MUST_USE enum fasti_status fasti_bench_world_read(struct fasti_client *client,
                                                        const char *organization,
                                                        struct fasti_bench_world *world,
                                                        struct fasti_detail *detail);
/* Makes up to FASTI_BENCH_QUESTIONS_MAX questions, of random pairs with a specialty or a code.
 * NOT_FOUND: no pair that was looked at has either. */
FASTI_MUST_USE enum fasti_status fasti_bench_questions_read(struct fasti_client *client,
                                                            struct fasti_bench_world *world,
                                                            uint64_t seed,
                                                            struct fasti_detail *detail);
void fasti_bench_world_deinit(struct fasti_bench_world *world);

/* ---- one connection ---- */

enum fasti_bench_operation {
    FASTI_BENCH_SEARCH,
    FASTI_BENCH_AVAILABILITY,
    FASTI_BENCH_BOOK,
    FASTI_BENCH_CANCEL,
    FASTI_BENCH_HOLD,
    FASTI_BENCH_CONFIRM,
    FASTI_BENCH_OPERATIONS,
};

struct fasti_bench_start {
    struct fasti_bench_pair pair;
    int64_t utc_s;
    uint16_t minutes; /* of a visit that starts there */
};

/* A start that is booked, with the record to cancel it by. */
struct fasti_bench_booking {
    struct fasti_bench_start start;
    fasti_record_id record;
    struct fasti_token token; /* while it is held */
    uint32_t sale;            /* in the ledger; FASTI_BENCH_NO_SALE: none */
};

struct fasti_bench_tally {
    struct fasti_histogram latency_ns; /* of answers with status OK, and of what was given up */
    uint64_t done;                     /* outcome as asked, or an answer to a question */
    uint64_t refused;                  /* another outcome: TAKEN ... */
    uint64_t busy;                     /* another status: BUSY, DISK_LOW ... */
    uint64_t unsent;                   /* open loop: given up after waiting for a connection */
};

/* Adds from's counts and latencies to tally's. */
void fasti_bench_tally_add(struct fasti_bench_tally *tally, const struct fasti_bench_tally *from);

struct fasti_bench_connection {
    /* given */
    const struct fasti_bench_world *world;
    const char *server;
    uint32_t index, connection_count; /* this one of so many, which share the schedules out */
    uint32_t depth, days;
    uint32_t within_m; /* radius of a search; 0: the whole country */
    struct fasti_bench_mix mix;
    uint64_t seed;          /* of the run: all connections have the same */
    struct fasti_prng prng; /* seeded apart for each connection and run: request ids too */
    bool clean;             /* cancel at the end what was booked */
    struct fasti_bench_tally *tallies; /* FASTI_BENCH_OPERATIONS of them; its thread's */
    struct fasti_bench_tally *steps;   /* one a step of the run, all operations; its thread's */
    struct fasti_bench_ledger ledger;  /* of what was booked; max 0: it is not kept */
    /* results, valid after the thread has ended */
    enum fasti_status status;
    struct fasti_detail detail;
    uint64_t cleaned; /* bookings cancelled after the measurement */
    uint64_t left;    /* bookings of this run that stand */
    /* its thread's own */
    char patient[FASTI_PATIENT_BYTES_MAX + 1]; /* of the command that is encoded next */
    struct fasti_client *client;
    struct fasti_command *command;
    struct fasti_bench_flight *flights; /* flight_count of them; a command's tag is its index */
    uint32_t *flights_free;
    uint32_t flight_count, flight_free_count;
    struct fasti_bench_start *starts;     /* free, shuffled */
    struct fasti_bench_booking *bookings; /* a ring: oldest at booking_first */
    struct fasti_bench_booking *holds;    /* to be confirmed next; at most depth */
    uint32_t start_count, booking_first, booking_count, hold_count;
};

/* Connects, and collects free starts where the mix books; c->status says what came of it. answer:
 * room for one. */
void fasti_bench_connection_prepare(struct fasti_bench_connection *c, struct fasti_answer *answer);
/* May another command be sent? */
bool fasti_bench_connection_has_room(const struct fasti_bench_connection *c);
/* Encodes one command of the mix; there is room. Its latency counts from intended_ns (monotonic; 0:
 * from now) and, all operations together, for a step of the run. fasti_client_flush sends it. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_send(struct fasti_bench_connection *c,
                                                             int64_t intended_ns, uint32_t step);
/* The same of a chosen operation: BOOK takes the last of c->starts, CANCEL the oldest booking. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_launch(struct fasti_bench_connection *c,
                                                               enum fasti_bench_operation operation,
                                                               int64_t intended_ns, uint32_t step);
/* Sends what is encoded; what does not go yet goes once answers are taken. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_flush(struct fasti_bench_connection *c);
/* Sends until depth commands are on their way: a closed loop. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_refill(struct fasti_bench_connection *c,
                                                               uint32_t step);
/* Takes one answer, waiting for it, and all others that are there. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_take(struct fasti_bench_connection *c,
                                                             struct fasti_answer *answer);
/* Is anything on its way? */
bool fasti_bench_connection_waits(const struct fasti_bench_connection *c);
/* Cancels this run's bookings, where asked to, and closes. The ledger stays. */
void fasti_bench_connection_finish(struct fasti_bench_connection *c, struct fasti_answer *answer);

/* ---- free starts ---- */

/* Command c->command asks for the starts of a pair. */
void fasti_bench_stock_ask(struct fasti_bench_connection *c, struct fasti_bench_pair pair,
                           fasti_date first, uint32_t days);
/* Fills c->starts: of each schedule of this connection's one random service, from tomorrow on, no
 * two overlapping, none in another connection's stock; shuffled. */
FASTI_MUST_USE enum fasti_status fasti_bench_stock_collect(struct fasti_bench_connection *c,
                                                           struct fasti_answer *answer);
/* Up to `wanted` starts of random schedules, no two overlapping, for all to want at once. */
FASTI_MUST_USE enum fasti_status fasti_bench_stock_hot(struct fasti_bench_connection *c,
                                                       struct fasti_answer *answer,
                                                       uint32_t wanted);
void fasti_bench_stock_shuffle(struct fasti_bench_connection *c);

/* ---- the connections of one thread ---- */

/* How a run goes; the same for all threads. */
struct fasti_bench_plan {
    bool is_open;                 /* commands are sent when they are due, whoever answered */
    bool is_even;                 /* the open loop's: equally far apart; else poisson */
    struct fasti_bench_ramp ramp; /* steps 1, raised NOTHING: none */
    struct fasti_bench_ramp rate; /* of the open loop: the ramp's, or a constant one of its steps */
    int64_t step_ns;              /* of each step */
    int64_t patience_ns; /* a command that is not sent so long after its time is given up */
    uint64_t seed;
};

struct fasti_bench_live;

struct fasti_bench_group {
    const struct fasti_bench_plan *plan;
    uint32_t index, group_count; /* connection i of all belongs to group i % group_count */
    struct fasti_bench_connection *connections;
    uint32_t count;
    pthread_barrier_t *barrier; /* of all groups and their starter; passed when all are prepared,
                                   have measured, and may finish */
    struct fasti_bench_live *live;
    /* results */
    int64_t begin_ns, end_ns;
    struct fasti_bench_tally tallies[FASTI_BENCH_OPERATIONS];
    struct fasti_bench_tally steps[FASTI_BENCH_STEPS_MAX]; /* all operations, by intended time */
    struct fasti_histogram
        late_ns; /* open loop: from when it should have been sent to the sending */
    /* its thread's own */
    struct fasti_bench_pace pace;
    int64_t due_ns;   /* of the next command, since begin_ns; INT64_MAX: none is left */
    uint32_t turn;    /* connection that may send next */
    int64_t heard_ns; /* when the last answer came */
    int64_t published_ns;
    bool is_stopped; /* as the live line knows: the run ends before its time */
};

/* pthread's start function: argument is a struct fasti_bench_group. One poll for all connections,
 * so that the client costs the server's cores as little as it can. */
void *fasti_bench_group_run(void *group);

#endif
