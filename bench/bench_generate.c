/*
 * bench_generate.c - fasti-bench generate: the reference workload as tables or
 * into a server.
 */
#include "bench/bench_generate.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define COUNT_LONG 1000 /* work of fewer things tells nothing where nobody watches */

void fasti_bench_progress_show(struct fasti_bench_progress *progress, uint64_t done) {
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    const uint64_t count = progress->count, parts = is_terminal ? 1000 : 10;
    const uint64_t step = (count + parts - 1) / parts;
    if (!is_terminal && count < COUNT_LONG)
        return;
    if (done < count && done < progress->told + step)
        return;
    progress->told = done;
    fprintf(stderr, "%s%s: %" PRIu64 " of %" PRIu64 " %s%s", is_terminal ? "\r" : "",
            progress->what, done, count, progress->things, is_terminal && done < count ? "" : "\n");
}

static error_t parse(int key, char *text, struct argp_state *state) {
    struct fasti_bench_generate *generate = state->input;
    bool is_good = true;
    switch (key) {
    case 'n':
        is_good = fasti_bench_number("--schedules", text, 1, FASTI_WORKLOAD_SCHEDULES_MAX,
                                     &generate->schedules);
        break;
    case 'r': {
        uint32_t seed = 0;
        is_good = fasti_bench_number("--seed", text, 0, UINT32_MAX, &seed);
        generate->seed = seed;
        break;
    }
    case 'f':
        is_good = fasti_bench_number("--fill-days", text, 0, FASTI_WORKLOAD_DAYS, &generate->days);
        break;
    case 'c': generate->csv = text; break;
    case 's': generate->server = text; break;
    case ARGP_KEY_END:
        if (generate->schedules == 0) {
            fprintf(stderr, "fasti-bench: generate needs --schedules N\n");
            is_good = false;
        } else if (generate->csv == NULL && generate->server == NULL) {
            fprintf(stderr, "fasti-bench: generate needs a --csv DIR, a --server "
                            "ADDRESS or both\n");
            is_good = false;
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

int fasti_bench_generate(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"schedules", 'n', "N", 0, "how many practitioners, 1 to 1000000 (needed)", 0},
        {"seed", 'r', "N", 0, "0 to 4294967295: another seed, another workload (default 20261005)",
         0},
        {"fill-days", 'f', "D", 0, "appointments on the first D days, 0 to 90 (default 90)", 0},
        {"csv", 'c', "DIR", 0, "write tables into DIR, which is made when missing", 0},
        {"server", 's', "SERVER", 0, "fill the server at unix:PATH or HOST:PORT", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Makes the reference workload: practitioners in 50 cities, 90 "
               "days of their hours "
               "from 2026-10-05 on, and what is booked."
               "\v--csv writes practitioners, motives, hours, open_seg, appts, "
               "book, q1, q2 and hot "
               "(.csv); none of them may be there. 5,000 practitioners take 120 "
               "MB of disk; "
               "what is free to book is kept in memory, 8 bytes each: some 4 KB "
               "a practitioner.\n"
               "--server makes the organization \"workload\" with services d05 "
               "to d60 and schedules "
               "s0, s1 ... at locations l0, l1 ..., of practitioners p0, p1 ... "
               "The server has no "
               "other records, and its clock says 2026-10-05 or earlier: fastid "
               "--now "
               "2026-10-05T00:00:00Z. A fill that broke off is run again, with "
               "the same options. A server takes 536,870,911 records, which is 560,000 schedules "
               "of 90 days, if its --memory has room for them.\n"
               "Exit: 0 done, 1 a file could not be written, 2 usage, 3 the "
               "server could not be "
               "reached or refused.",
    };
    struct fasti_bench_generate generate = {.seed = FASTI_WORKLOAD_SEED_DEFAULT,
                                            .days = FASTI_WORKLOAD_DAYS};
    if (argp_parse(&argp, argc, argv, 0, NULL, &generate) != 0)
        return FASTI_BENCH_EXIT_USAGE;
    int exit_status = generate.csv == NULL ? 0 : fasti_bench_generate_csv(&generate);
    if (exit_status == 0 && generate.server != NULL)
        exit_status = fasti_bench_fill(&generate);
    return exit_status;
}
