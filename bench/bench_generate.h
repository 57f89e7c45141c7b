/*
 * bench_generate.h - the parts of fasti-bench generate: the reference workload (bench/workload.h)
 * as tables, and as the directory and appointments of a server.
 *
 *   bench_generate.c      the command: options, progress
 *   bench_generate_csv.c  nine tables in a directory
 *   bench_fill.c          a server's directory; bench_fill_records.c: its appointments
 */
#ifndef FASTI_BENCH_BENCH_GENERATE_H
#define FASTI_BENCH_BENCH_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/bench.h"
#include "bench/workload.h"

#define FASTI_BENCH_QUESTIONS  100000 /* of each kind, in a table */
#define FASTI_BENCH_FILL_LOADS 512    /* on their way */
#define FASTI_BENCH_FILL_PUTS  64
/* Of one import. Each commit is rehearsed on a copy of all tables, so few large ones cost less. */
#define FASTI_BENCH_FILL_SCHEDULES 25000

/* What was asked for. */
struct fasti_bench_generate {
    uint64_t seed;
    uint32_t schedules; /* 1 to FASTI_WORKLOAD_SCHEDULES_MAX */
    uint32_t days;      /* with appointments: 0 to FASTI_WORKLOAD_DAYS */
    const char *csv;    /* a directory; NULL: no tables */
    const char *server; /* NULL: none is filled */
};

/* How far a long piece of work is, on stderr: on a terminal a line that overwrites itself, else one
 * a tenth, and none for short work. */
struct fasti_bench_progress {
    const char *what, *things;
    uint64_t count; /* of things in all */
    uint64_t told;  /* what the last line said; starts as 0 */
};
void fasti_bench_progress_show(struct fasti_bench_progress *progress, uint64_t done);

/* One practitioner with all visits; large, so on the heap. */
struct fasti_bench_visits {
    struct fasti_workload_practitioner practitioner;
    uint32_t appointment_count, booking_count;
    struct fasti_workload_visit appointments[FASTI_WORKLOAD_VISITS_MAX];
    struct fasti_workload_visit bookings[FASTI_WORKLOAD_VISITS_MAX];
};

/* Both print a summary on stdout, or what is wrong on stderr; the exit status. */
int fasti_bench_generate_csv(const struct fasti_bench_generate *generate);
int fasti_bench_fill(const struct fasti_bench_generate *generate);

/* ---- a server that is being filled ---- */

struct fasti_bench_filler {
    const struct fasti_bench_generate *generate;
    struct fasti_client *client;
    struct fasti_command *command; /* the next one */
    struct fasti_answer answer;    /* the last one */
    fasti_organization_id organization;
    uint32_t import;                                   /* puts are staged in it; 0: at once */
    fasti_service_id services[FASTI_WORKLOAD_LENGTHS]; /* of 1 to 12 cells */
    fasti_schedule_id *schedules;                      /* by practitioner */
    struct fasti_opening openings[7 * FASTI_WORKLOAD_HALVES]; /* of the next put */
};

/* Says what failed: a status and the answer's sentence, or the connection's. false. */
bool fasti_bench_fill_complain(const struct fasti_bench_filler *filler, const char *step,
                               enum fasti_status status);

/* How many commands may be on their way, at most `wished`: with so many, small answers never make
 * the client library BUSY. */
uint32_t fasti_bench_fill_window(const struct fasti_bench_filler *filler, uint32_t wished);

/* Sends every appointment as LOADs, by rising number from 1, so that a fill that broke off is done
 * again whole: what is there already counts. false: it was told. */
bool fasti_bench_fill_records(struct fasti_bench_filler *filler);

#endif
