/*
 * bench_compare.c - fasti-bench compare: Fasti beside PostgreSQL and Redis.
 *
 *   model -> folder -> start and load each system -> equal answers -> rounds -> report -> end all
 *   round:  each operation in turn:  fasti, postgres, redis, each for run_ms
 *
 * The systems take turns within a round, so that what else the machine does meets all of them; a
 * figure is the median of its rounds. All of it runs on two cores, this client included.
 */
#include "bench/bench_compare.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "bench/bench.h"

#define CORES           2
#define RUN_MS_MIN      10
#define RUN_MS_MAX      60000
#define SCHEDULES_MIN   10   /* fewer have not the hot slots */
#define RUSH_ASKS       3000 /* at random, of 100 slots: none is left out */
#define TMPFS           0x01021994
#define QUICK_SCHEDULES 1000
#define QUICK_RUN_MS    1000
#define QUICK_ROUNDS    3

static const char *const op_names[FASTI_COMPARE_OPS] = {"q1", "q2", "q3", "b", "c", "rush"};

static const struct config {
    enum fasti_compare_op op;
    uint32_t connections, depth;
} configs[] = {
    {FASTI_COMPARE_Q1, 16, 1},    {FASTI_COMPARE_Q1, 16, 16},     {FASTI_COMPARE_Q2, 16, 1},
    {FASTI_COMPARE_Q2, 16, 16},   {FASTI_COMPARE_Q3, 16, 1},      {FASTI_COMPARE_Q3, 16, 16},
    {FASTI_COMPARE_BOOK, 16, 1},  {FASTI_COMPARE_CANCEL, 16, 1}, /* of what was booked before */
    {FASTI_COMPARE_BOOK, 16, 16}, {FASTI_COMPARE_CANCEL, 16, 16}, {FASTI_COMPARE_BOOK, 64, 16},
    {FASTI_COMPARE_RUSH, 16, 1},  {FASTI_COMPARE_RUSH, 16, 16},
};
#define CONFIGS (sizeof configs / sizeof configs[0])

typedef struct fasti_compare_figure figures[CONFIGS][1 + FASTI_COMPARE_PEERS_MAX];

/* ---- one run ---- */

/* Every hot slot has exactly one winner. */
static bool winners_check(const struct fasti_compare_system *system, uint64_t done) {
    const struct fasti_workload_booking *hot = system->compare->model.bookings;
    bool is_right = done == FASTI_WORKLOAD_HOT && system->booked_count == FASTI_WORKLOAD_HOT;
    for (uint32_t slot = 0; slot < FASTI_WORKLOAD_HOT && is_right; slot++) {
        uint32_t winners = 0;
        for (uint32_t i = 0; i < FASTI_WORKLOAD_HOT; i++) {
            const struct fasti_workload_booking *won = &system->booked[i].wanted;
            winners += won->practitioner == hot[slot].practitioner &&
                       won->visit.start_cell == hot[slot].visit.start_cell;
        }
        is_right = winners == 1;
    }
    if (!is_right)
        fprintf(stderr, "fasti-bench: %s: %d hot slots have %" PRIu64 " winners\n",
                system->face->name, FASTI_WORKLOAD_HOT, done);
    return is_right;
}

static bool config_run(const struct config *config, struct fasti_compare_system *system,
                       struct fasti_compare_figure *figure) {
    struct fasti_compare_run run = {
        .system = system,
        .op = config->op,
        .connections = config->connections,
        .depth = config->depth,
        .duration_ns = (int64_t)system->compare->options.run_ms * 1000000,
        .least = config->op == FASTI_COMPARE_RUSH ? RUSH_ASKS : 0,
    };
    if (config->op != FASTI_COMPARE_CANCEL && !fasti_compare_clean(system))
        return false;
    if (config->op == FASTI_COMPARE_CANCEL && system->booked_count == 0) {
        run.op = FASTI_COMPARE_BOOK;
        if (!fasti_compare_loop(&run))
            return false;
        run.op = FASTI_COMPARE_CANCEL;
    }
    if (!fasti_compare_loop(&run))
        return false;
    const bool is_rush = config->op == FASTI_COMPARE_RUSH;
    if (run.failed > 0 || (!is_rush && run.refused > 0)) {
        fprintf(stderr, "fasti-bench: %s: %s: %" PRIu64 " refused, %" PRIu64 " failed\n",
                system->face->name, op_names[config->op], run.refused, run.failed);
        return false;
    }
    if (is_rush && !winners_check(system, run.done))
        return false;
    const uint64_t counted = is_rush ? run.refused : run.done;
    const uint32_t round = figure->rounds++;
    figure->per_second[round] = 1e9 * (double)counted / (double)run.elapsed_ns;
    figure->cpu_us[round] =
        counted == 0 ? 0 : (double)run.cpu_ns / 1e3 / (double)(run.done + run.refused);
    figure->winners_max = is_rush ? run.done : 0;
    return true;
}

static bool round_run(struct fasti_compare *compare, uint32_t round, figures *result) {
    for (uint32_t i = 0; i < CONFIGS; i++) {
        if ((compare->options.ops >> configs[i].op & 1) == 0)
            continue;
        fprintf(stderr, "round %u of %u: %s, %u x %u\n", round + 1, compare->options.rounds,
                op_names[configs[i].op], configs[i].connections, configs[i].depth);
        for (uint32_t s = 0; s < compare->system_count; s++)
            if (!config_run(&configs[i], &compare->systems[s], &(*result)[i][s]))
                return false;
    }
    return true;
}

static bool rounds_run(struct fasti_compare *compare, figures *result) {
    struct fasti_compare_host *host = &compare->host;
    for (uint32_t round = 0; round < compare->options.rounds; round++) {
        fasti_compare_host_look(compare->folder, host);
        fprintf(stderr, "round %u of %u: %.0f flushes/s, load %.1f\n", round + 1,
                compare->options.rounds, host->flushes[round], host->load[round]);
        if (!round_run(compare, round, result))
            return false;
    }
    return true;
}

/* ---- the report ---- */

static void report(const struct fasti_compare *compare, const figures *result) {
    const bool json = compare->options.json;
    if (!json)
        printf("%u schedules, %u rounds of %u ms, medians; ratios: how many times as good Fasti "
               "is (least to greatest of a round)\n"
               "meanwhile: %.0f flushes/s of 4 KiB, load average %.1f\n"
               "%-7s %9s %-10s %11s %12s %22s %10s\n",
               compare->options.schedules, compare->options.rounds, compare->options.run_ms,
               fasti_compare_median(compare->host.flushes, compare->host.count),
               fasti_compare_median(compare->host.load, compare->host.count), "", "", "", "ops/s",
               "cpu us/op", "ops/s ratio", "cpu ratio");
    for (uint32_t i = 0; i < CONFIGS; i++) {
        const struct fasti_compare_figure *fasti = &(*result)[i][0];
        struct fasti_compare_line line = {
            .op = op_names[configs[i].op],
            .schedules = compare->options.schedules,
            .connections = configs[i].connections,
            .depth = configs[i].depth,
        };
        if (fasti->rounds == 0)
            continue;
        const uint32_t last = compare->system_count == 1 ? 1 : compare->system_count - 1;
        for (uint32_t s = 1; s <= last; s++) {
            const bool is_there = s < compare->system_count;
            const struct fasti_compare_figure *peer = is_there ? &(*result)[i][s] : NULL;
            line.peer_name = is_there ? compare->systems[s].face->name : NULL;
            if (json)
                fasti_compare_json_print(stdout, &line, fasti, peer);
            else
                fasti_compare_table_print(stdout, &line, s == 1, fasti, peer);
        }
    }
}

/* ---- the whole ---- */

/* Everything that is started from here on runs on so many cores. */
static void cores_take(void) {
    cpu_set_t all, few;
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        return;
    CPU_ZERO(&few);
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&few) < CORES; core++)
        if (CPU_ISSET(core, &all))
            CPU_SET(core, &few);
    if (sched_setaffinity(0, sizeof few, &few) != 0 || CPU_COUNT(&few) < CORES)
        fprintf(stderr, "fasti-bench: all runs on %d core, not on %d\n", CPU_COUNT(&few), CORES);
}

/* Fasti first, then the peers that were asked for. */
static bool systems_add(struct fasti_compare *compare) {
    const struct fasti_compare_face *faces[1 + FASTI_COMPARE_PEERS_MAX] = {&fasti_compare_fasti};
    uint32_t count = 1;
#ifdef FASTI_BENCH_POSTGRES
    if (compare->options.has_postgres)
        faces[count++] = &fasti_compare_postgres;
#endif
#ifdef FASTI_BENCH_REDIS
    if (compare->options.has_redis)
        faces[count++] = &fasti_compare_redis;
#endif
    for (uint32_t i = 0; i < count; i++) {
        if (!faces[i]->look())
            return false;
        compare->systems[i] = (struct fasti_compare_system){.face = faces[i], .compare = compare};
    }
    compare->system_count = count;
    return true;
}

static bool systems_start(struct fasti_compare *compare) {
    for (uint32_t i = 0; i < compare->system_count; i++) {
        struct fasti_compare_system *system = &compare->systems[i];
        system->links = calloc(FASTI_COMPARE_CONNECTIONS_MAX, sizeof *system->links);
        system->booked = calloc(compare->model.booking_count, sizeof *system->booked);
        if (system->links == NULL || system->booked == NULL)
            abort();
        fprintf(stderr, "%s: starting and loading\n", system->face->name);
        if (!system->face->start(system))
            return false;
    }
    return true;
}

static void systems_free(struct fasti_compare *compare) {
    for (uint32_t s = 0; s < compare->system_count; s++) {
        struct fasti_compare_system *system = &compare->systems[s];
        for (uint32_t i = 0; i < system->link_count; i++)
            system->face->close(&system->links[i]);
        system->face->stop(system);
        free(system->booked);
        free(system->links);
    }
    fasti_compare_processes_stop();
}

static bool run(struct fasti_compare *compare) {
    figures *result = calloc(1, sizeof *result);
    struct statfs disk;
    if (result == NULL)
        abort();
    if (statfs(compare->folder, &disk) == 0 && disk.f_type == TMPFS)
        fprintf(stderr,
                "fasti-bench: %s lies in memory, where durable means nothing; take a --dir on a "
                "disk\n",
                compare->folder);
    cores_take();
    fasti_compare_model_init(&compare->model, compare->options.seed, compare->options.schedules);
    const bool is_good =
        systems_start(compare) && fasti_compare_check(compare) && rounds_run(compare, result);
    systems_free(compare);
    fasti_compare_model_deinit(&compare->model);
    if (is_good)
        report(compare, (const figures *)result);
    else if (fasti_compare_is_interrupted())
        fputs("fasti-bench: stopped; nothing is left\n", stderr);
    free(result);
    return is_good;
}

/* Before anything is started: can this build do it? */
static bool peers_check(const struct fasti_compare_options *options) {
    const char *missing = NULL;
#ifndef FASTI_BENCH_REDIS
    if (options->has_redis)
        missing = "libhiredis-dev";
#endif
#ifndef FASTI_BENCH_POSTGRES
    if (options->has_postgres)
        missing = "libpq-dev";
#endif
    (void)options;
    if (missing != NULL)
        fprintf(stderr,
                "fasti-bench: built without %s: tools/setup bench installs what the peers need; "
                "then build again\n",
                missing);
    return missing == NULL;
}

static int compare_in_folder(struct fasti_compare *compare) {
    fasti_compare_signals_init();
    if (!peers_check(&compare->options) || !systems_add(compare))
        return FASTI_BENCH_EXIT_SERVER;
    if (!fasti_compare_folder_make(compare->options.dir, compare->system_count > 1,
                                   compare->folder))
        return FASTI_BENCH_EXIT_FILE;
    const bool is_good = run(compare);
    fasti_compare_folder_remove(compare->folder);
    return is_good ? 0 : FASTI_BENCH_EXIT_SERVER;
}

/* ---- options ---- */

/* Next name of a list with commas; its length, 0 at the end. */
static size_t name_next(const char **at, const char **name) {
    *name = *at;
    const size_t length = strcspn(*at, ",");
    *at += length + ((*at)[length] == ',');
    return length;
}

static bool peers_parse(struct fasti_compare_options *options, const char *text) {
    const char *at = text, *name;
    options->has_postgres = options->has_redis = false;
    if (strcmp(text, "none") == 0)
        return true;
    for (size_t length; (length = name_next(&at, &name)) > 0;) {
        if (length == 8 && strncmp(name, "postgres", length) == 0)
            options->has_postgres = true;
        else if (length == 5 && strncmp(name, "redis", length) == 0)
            options->has_redis = true;
        else
            break;
    }
    if (*at == '\0' && (options->has_postgres || options->has_redis))
        return true;
    fprintf(stderr,
            "fasti-bench: --peers takes postgres, redis, both with a comma, or none, not \"%s\"\n",
            text);
    return false;
}

static bool ops_parse(struct fasti_compare_options *options, const char *text) {
    const char *at = text, *name;
    options->ops = 0;
    for (size_t length; (length = name_next(&at, &name)) > 0;) {
        uint32_t op = 0;
        while (op < FASTI_COMPARE_OPS &&
               (strlen(op_names[op]) != length || strncmp(op_names[op], name, length) != 0))
            op++;
        if (op == FASTI_COMPARE_OPS) {
            options->ops = 0;
            break;
        }
        options->ops |= 1u << op;
    }
    if (options->ops != 0)
        return true;
    fprintf(stderr, "fasti-bench: --ops takes some of q1,q2,q3,b,c,rush, not \"%s\"\n", text);
    return false;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    struct fasti_compare_options *options = state->input;
    uint32_t seed = 0;
    bool is_good = true;
    switch (key) {
    case 'p': is_good = peers_parse(options, text); break;
    case 'o': is_good = ops_parse(options, text); break;
    case 'n':
        is_good =
            fasti_bench_number("--schedules", text, SCHEDULES_MIN, 100000, &options->schedules);
        break;
    case 'r':
        is_good = fasti_bench_number("--seed", text, 0, UINT32_MAX, &seed);
        options->seed = seed;
        break;
    case 't':
        is_good = fasti_bench_number("--run-ms", text, RUN_MS_MIN, RUN_MS_MAX, &options->run_ms);
        break;
    case 'N':
        is_good =
            fasti_bench_number("--rounds", text, 1, FASTI_COMPARE_ROUNDS_MAX, &options->rounds);
        break;
    case 'c':
        is_good =
            fasti_bench_number("--check", text, 0, FASTI_COMPARE_CHECKS_MAX, &options->checks);
        break;
    case 'q':
        options->schedules = QUICK_SCHEDULES;
        options->run_ms = QUICK_RUN_MS;
        options->rounds = QUICK_ROUNDS;
        break;
    case 'd': options->dir = text; break;
    case 'j': options->json = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

int fasti_bench_compare(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"peers", 'p', "LIST", 0, "postgres, redis, both (default) or none", 0},
        {"quick", 'q', NULL, 0,
         "1000 schedules, 3 rounds of 1000 ms; options behind it change "
         "that",
         0},
        {"schedules", 'n', "N", 0, "of the workload, 10 to 100000 (default 5000)", 0},
        {"seed", 'r', "S", 0, "of the workload (default 20261005)", 0},
        {"run-ms", 't', "MS", 0, "of each system in each round, 10 to 60000 (default 3000)", 0},
        {"rounds", 'N', "N", 0, "1 to 25 (default 5); figures are medians", 0},
        {"ops", 'o', "LIST", 0, "some of q1,q2,q3,b,c,rush (default: all)", 0},
        {"check", 'c', "N", 0,
         "questions of each kind that are checked first, 0 to 10000 "
         "(default 1000)",
         0},
        {"dir", 'd', "DIR", 0,
         "where the private folder is made: on a disk (default $TMPDIR or "
         "/tmp)",
         0},
        {"json", 'j', NULL, 0, "JSON lines instead of the table", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc =
            "Measures Fasti beside PostgreSQL and Redis: the reference workload (see generate) in "
            "each, equal answers, then all in turn, on two cores with the client."
            "\vq1: a week of one schedule; q2: who within 10 km; q3: of the whole country; b: "
            "book, durable; c: cancel; rush: all want 100 slots, refusals are counted, each slot "
            "has one winner. 16 connections with 1 and 16 requests each on their way, b also 64 "
            "x 16.\n"
            "Servers are started in a private folder, on Unix sockets only, and ended; as root, "
            "PostgreSQL and Redis run as the user postgres or nobody. Needs Debian's "
            "postgresql-15, redis-server, libpq-dev and libhiredis-dev when it is built "
            "(tools/setup bench), and the source tree.\n"
            "With all peers 5000 schedules take some 4 GB of disk and 3 GB of memory, more of "
            "them in proportion, and PostgreSQL's log up to 8 GB more in a long run.\n"
            "Exit: 0 done, 1 no folder could be made, 2 usage, 3 a server is missing or failed, or "
            "an answer is wrong.",
    };
    struct fasti_compare *compare = calloc(1, sizeof *compare);
    if (compare == NULL)
        abort();
    compare->options = (struct fasti_compare_options){
        .schedules = 5000,
        .run_ms = 3000,
        .rounds = 5,
        .checks = 1000,
        .seed = FASTI_WORKLOAD_SEED_DEFAULT,
        .has_postgres = true,
        .has_redis = true,
        .ops = (1u << FASTI_COMPARE_OPS) - 1,
    };
    int status = FASTI_BENCH_EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &compare->options) == 0)
        status = compare_in_folder(compare);
    free(compare);
    return status;
}
