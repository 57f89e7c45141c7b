/*
 * bench_inner.h - an engine in this process, for figures without the wire: a directory of equal
 * schedules, all day open, and commands to it.
 *
 * One worker, one thread, a clock that stands still unless a figure moves it.
 */
#ifndef FASTI_BENCH_BENCH_INNER_H
#define FASTI_BENCH_BENCH_INNER_H

#include "bench/bench.h"

#define FASTI_BENCH_NOW_MS        INT64_C(1893456000000) /* 2030-01-01T00:00:00Z, a Tuesday */
#define FASTI_BENCH_DATE_FIRST    INT32_C(21916)         /* the day after */
#define FASTI_BENCH_OPEN_MINUTE   450                    /* 07:30 */
#define FASTI_BENCH_VISIT_MINUTES 20
#define FASTI_BENCH_VISITS        34        /* a day, until 18:50 */
#define FASTI_BENCH_TAGS          (1 << 20) /* bookings on their way, at most */
#define FASTI_BENCH_POLL_MAX      64

/* What the subcommands ask for; those of the engine have a default. */
struct fasti_bench_options {
    uint32_t schedules, depth, seconds, bookings;
    const char *data; /* NULL: a simulated disk */
    bool json;
    int64_t now_ms;    /* of the clock; 0 = FASTI_BENCH_NOW_MS */
    int32_t open_days; /* from FASTI_BENCH_DATE_FIRST on */
    uint64_t snapshot_log_bytes;
    uint32_t past_days, retention_days, years;
};

struct fasti_bench_inner {
    const struct fasti_bench_options *options;
    struct fasti_sim_disk *disk;
    struct fasti_engine *engine;
    struct fasti_recovery recovery;
    struct fasti_detail detail;
    fasti_organization_id organization;
    fasti_service_id service;
    fasti_schedule_id *schedules;
    struct fasti_prng prng;
    struct fasti_command command;
    struct fasti_answer answer, answers[FASTI_BENCH_POLL_MAX];

    uint64_t sent;                       /* bookings, of all there is room for */
    int64_t begun_ns[FASTI_BENCH_TAGS];  /* by tag */
    struct fasti_histogram *latency;     /* NULL: nobody asks */
    struct fasti_status_answer snapshot; /* when it was written */
    bool is_snapshot_over;
};

/* Ends the program where there is no memory. options outlive it. */
struct fasti_bench_inner *fasti_bench_inner_make(const struct fasti_bench_options *options);
/* Its engine is open. */
void fasti_bench_inner_free(struct fasti_bench_inner *bench);

/* Opens the engine, on the simulated disk or on options->data. false, here and below: it was told
 * on stderr. */
bool fasti_bench_inner_open(struct fasti_bench_inner *bench);
/* An organization, a place, a service and the schedules. */
bool fasti_bench_inner_fill(struct fasti_bench_inner *bench);

/* bench->command, to its durable answer in bench->answer; it must be done. */
bool fasti_bench_ask(struct fasti_bench_inner *bench, const char *step);

/* Says what failed; false. */
bool fasti_bench_complain(const struct fasti_bench_inner *bench, const char *step,
                          enum fasti_status status);
/* One figure: count things in ns. */
void fasti_bench_report(const struct fasti_bench_options *options, const char *name, uint64_t count,
                        int64_t ns);

#endif
