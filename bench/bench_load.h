/*
 * bench_load.h - the parts of fasti-bench load: what was asked for, the run while it goes, and what
 * it came to.
 *
 *   bench_load_options.c  options -> struct fasti_bench_load
 *   bench_load.c          world, files, threads --measure--> result --> check, report, files
 *   bench_rush.c          the same for --rush: rounds in which all want the same slots
 *   bench_live.c          groups --publish, each second--> live --watch--> a line on stderr
 *   bench_verify.c        ledgers of all connections, and LIST of the server, judged
 *   bench_report.c        text, JSON, CSV;   bench_plot.c  PNG, by gnuplot
 */
#ifndef FASTI_BENCH_BENCH_LOAD_H
#define FASTI_BENCH_BENCH_LOAD_H

#include <signal.h>
#include <stdio.h>

#include "bench/bench.h"

#define FASTI_BENCH_SLOTS_MAX    1024 /* of a rush */
#define FASTI_BENCH_PATIENCE_MAX 60   /* seconds */

/* What was asked for. */
struct fasti_bench_load {
    const char *server, *organization, *csv, *png;
    uint32_t connections, threads, depth, seconds, days, within_km;
    uint32_t slots;    /* of a rush; 0: it is none */
    uint32_t rate;     /* 0: a closed loop, or a ramp has it */
    uint32_t patience; /* seconds; 0: the default */
    uint32_t seed;     /* 0: the time */
    struct fasti_bench_mix mix;
    struct fasti_bench_plan plan;
    bool has_mix, is_linear, clean, json, check, is_quiet;
    const volatile sig_atomic_t *is_stopped; /* not 0: a signal asks for the end; the main thread
                                                alone takes signals, and looks */
};

/* false: it was told on stderr. */
bool fasti_bench_load_options(int argc, char **argv, struct fasti_bench_load *load);

/* ---- while it runs ---- */

struct fasti_bench_live {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* running is 0 */
    uint32_t group_count, running;
    bool is_stopped;
    struct fasti_bench_pulse {
        struct fasti_bench_tally all; /* since the beginning */
        uint64_t in_flight;
        int64_t behind_ns; /* open loop: how long the next command has been due */
    } * groups;
};

/* Ends the program where there is no memory. */
void fasti_bench_live_init(struct fasti_bench_live *live, uint32_t group_count);
void fasti_bench_live_deinit(struct fasti_bench_live *live);
/* From a group's thread: how it stands, each second and, is_over, at the end. true: it should end
 * before its time. */
bool fasti_bench_live_publish(const struct fasti_bench_group *group, bool is_over);
/* From the main thread: returns when every group is over; until then a line each second. */
void fasti_bench_live_watch(struct fasti_bench_live *live, const struct fasti_bench_load *load);

/* Around the start of threads: signals are for the main thread. */
void fasti_bench_signals_block(bool is_blocked);

/* ---- what it came to ---- */

struct fasti_bench_result {
    struct fasti_bench_tally tallies[FASTI_BENCH_OPERATIONS];
    struct fasti_bench_tally steps[FASTI_BENCH_STEPS_MAX];
    struct fasti_bench_tally all; /* of all steps */
    struct fasti_histogram late_ns;
    double seconds;
    uint64_t cleaned, left;
    bool is_stopped; /* by a signal */
    uint32_t rounds; /* of a rush, each with a winner a slot */
    bool is_checked;
    uint64_t sales, shared_schedules, listed; /* looked at by the check */
};

/* Compares what all connections were told with itself and with the server. is_lost: a connection
 * was lost; the server is waited for, for it may be starting again, and what was found is told. 0,
 * or the exit status: it was told on stderr. */
int fasti_bench_verify(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                       const struct fasti_bench_connection *connections, bool is_lost,
                       struct fasti_bench_result *result);

/* Rounds of a rush instead of a run. 0, or the exit status: it was told. */
int fasti_bench_rush(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                     struct fasti_bench_connection *connections, struct fasti_bench_result *result);

void fasti_bench_report_text(const struct fasti_bench_load *load,
                             const struct fasti_bench_result *result);
void fasti_bench_report_json(const struct fasti_bench_load *load,
                             const struct fasti_bench_result *result);
/* The latency curve: rows of step,operation,percentile,latency_us,count. Step 0 is the run. */
void fasti_bench_report_csv(FILE *file, const struct fasti_bench_load *load,
                            const struct fasti_bench_result *result);

/* Points of a latency curve: ten a decade of 1 / (1 - percentile / 100), then 100. Returns how
 * many; percentiles and ranks: room for FASTI_BENCH_POINTS_MAX. */
#define FASTI_BENCH_POINTS_MAX 128
uint32_t fasti_bench_curve(uint64_t count, double percentiles[FASTI_BENCH_POINTS_MAX],
                           uint64_t ranks[FASTI_BENCH_POINTS_MAX]);

const char *fasti_bench_operation_name(enum fasti_bench_operation operation);

/* ---- files ---- */

/* A file that is written beside its name and takes it when it is whole. */
struct fasti_bench_file {
    const char *path; /* NULL: it was not asked for */
    char *beside;
    FILE *stream;
};

/* Makes it, before anything is measured. false: it was told. */
bool fasti_bench_file_open(struct fasti_bench_file *file, const char *path);
/* is_good: it takes its name; else it goes. false: it could not be written, and it was told. */
bool fasti_bench_file_close(struct fasti_bench_file *file, bool is_good);

/* Is there a gnuplot to run? false: it was told how to get one. */
bool fasti_bench_plot_find(void);
/* The latency curves of all operations as a picture. false: it was told. */
bool fasti_bench_plot(struct fasti_bench_file *file, const struct fasti_bench_load *load,
                      const struct fasti_bench_result *result);

#endif
