/*
 * bench_load.c - fasti-bench load: many connections against a running server.
 *
 * A closed loop: each connection keeps `depth` commands on their way, so throughput and latency
 * depend on each other, and a stall of the server hides the requests that it would have met
 * (an open loop comes later). Connections are dealt out to --threads threads, one by default: on
 * one machine every thread of the client takes a core from the server.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

struct options {
    const char *server, *organization;
    uint32_t connections, threads, depth, seconds, days;
    enum fasti_bench_mix mix;
    uint64_t seed;
    bool clean, json;
};

static const char *const mix_names[] = {"availability", "book", "mixed", "hold"};
static const char *const operation_names[] = {"availability", "book", "cancel", "hold", "confirm"};

static error_t set_mix(struct options *options, const char *text) {
    for (uint32_t i = 0; i < sizeof mix_names / sizeof mix_names[0]; i++)
        if (strcmp(text, mix_names[i]) == 0) {
            options->mix = (enum fasti_bench_mix)i;
            return 0;
        }
    fprintf(stderr, "fasti-bench: --mix takes availability, book, mixed or hold, not \"%s\"\n",
            text);
    return EINVAL;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    struct options *options = state->input;
    bool is_good = true;
    switch (key) {
    case 's': options->server = text; break;
    case 'o': options->organization = text; break;
    case 'c':
        is_good = fasti_bench_number("--connections", text, 1, FASTI_BENCH_CONNECTIONS_MAX,
                                     &options->connections);
        break;
    case 'p':
        is_good = fasti_bench_number("--threads", text, 1, FASTI_BENCH_CONNECTIONS_MAX,
                                     &options->threads);
        break;
    case 'd':
        is_good = fasti_bench_number("--depth", text, 1, FASTI_BENCH_DEPTH_MAX, &options->depth);
        break;
    case 't':
        is_good =
            fasti_bench_number("--seconds", text, 1, FASTI_BENCH_SECONDS_MAX, &options->seconds);
        break;
    case 'w':
        is_good = fasti_bench_number("--days", text, 1, FASTI_QUERY_DAYS_MAX, &options->days);
        break;
    case 'r': {
        uint32_t seed;
        is_good = fasti_bench_number("--seed", text, 1, UINT32_MAX, &seed);
        options->seed = seed;
        break;
    }
    case 'm': return set_mix(options, text);
    case 'l': options->clean = true; break;
    case 'j': options->json = true; break;
    case ARGP_KEY_END:
        if (options->organization == NULL) {
            fprintf(stderr, "fasti-bench: --organization is missing\n");
            is_good = false;
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

static bool parse_options(int argc, char **argv, struct options *options) {
    static const struct argp_option choices[] = {
        {"server", 's', "SERVER", 0, "unix:PATH or HOST:PORT (default 127.0.0.1:7600)", 0},
        {"organization", 'o', "ID", 0, "whose schedules to use", 0},
        {"connections", 'c', "N", 0, "1 to 64 (default 16)", 0},
        {"threads", 'p', "N", 0, "of the client, 1 to 64 (default 1)", 0},
        {"depth", 'd', "N", 0, "commands on their way on each connection (default 1)", 0},
        {"seconds", 't', "N", 0, "how long to measure (default 5)", 0},
        {"mix", 'm', "MIX", 0, "availability, book, mixed or hold (default availability)", 0},
        {"days", 'w', "N", 0, "window of an availability question (default 7)", 0},
        {"clean", 'l', NULL, 0, "cancel at the end what was booked", 0},
        {"seed", 'r', "N", 0, "repeat a run's choices, on a fresh server (default: the time)", 0},
        {"json", 'j', NULL, 0, "one JSON object", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Measures a running server with connections x depth commands on their way.",
    };
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *options = (struct options){
        .connections = 16,
        .threads = 1,
        .depth = 1,
        .seconds = 5,
        .days = 7,
        .seed = ((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) + (uint64_t)getpid(),
    };
    return argp_parse(&argp, argc, argv, 0, NULL, options) == 0;
}

/* ---- the report ---- */

struct result {
    struct fasti_bench_tally tallies[FASTI_BENCH_OPERATIONS];
    uint64_t cleaned, left;
    double seconds;
};

static double per_second(const struct result *result, uint64_t count) {
    return (double)count / result->seconds;
}

static double percentile_us(const struct fasti_bench_tally *tally, uint32_t per_mille) {
    return (double)fasti_histogram_percentile(&tally->latency_ns, per_mille) / 1e3;
}

static void print_text(const struct options *options, const struct result *result) {
    printf("%s, %u connections x depth %u, %.2f s, seed %" PRIu64 "\n", mix_names[options->mix],
           options->connections, options->depth, result->seconds, options->seed);
    printf("%-14s %12s %10s %10s %10s %10s %10s %9s %6s\n", "", "done/s", "p50 us", "p90 us",
           "p99 us", "p99.9 us", "max us", "refused", "busy");
    for (uint32_t i = 0; i < FASTI_BENCH_OPERATIONS; i++) {
        const struct fasti_bench_tally *tally = &result->tallies[i];
        if (tally->done + tally->refused + tally->busy == 0)
            continue;
        printf("%-14s %12.0f %10.1f %10.1f %10.1f %10.1f %10.1f %9" PRIu64 " %6" PRIu64 "\n",
               operation_names[i], per_second(result, tally->done), percentile_us(tally, 500),
               percentile_us(tally, 900), percentile_us(tally, 990), percentile_us(tally, 999),
               percentile_us(tally, 1000), tally->refused, tally->busy);
    }
    if (options->mix != FASTI_BENCH_MIX_AVAILABILITY)
        printf("%" PRIu64 " bookings of this run stand, %" PRIu64 " were cancelled after it\n",
               result->left, result->cleaned);
}

static void print_json(const struct options *options, const struct result *result) {
    printf("{\"mix\":\"%s\",\"connections\":%u,\"depth\":%u,\"seconds\":%.3f,\"seed\":%" PRIu64
           ",\"operations\":[",
           mix_names[options->mix], options->connections, options->depth, result->seconds,
           options->seed);
    const char *comma = "";
    for (uint32_t i = 0; i < FASTI_BENCH_OPERATIONS; i++) {
        const struct fasti_bench_tally *tally = &result->tallies[i];
        if (tally->done + tally->refused + tally->busy == 0)
            continue;
        printf("%s{\"op\":\"%s\",\"per_second\":%.0f,\"p50_us\":%.1f,\"p90_us\":%.1f,"
               "\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"done\":%" PRIu64
               ",\"refused\":%" PRIu64 ",\"busy\":%" PRIu64 "}",
               comma, operation_names[i], per_second(result, tally->done),
               percentile_us(tally, 500), percentile_us(tally, 900), percentile_us(tally, 990),
               percentile_us(tally, 999), percentile_us(tally, 1000), tally->done, tally->refused,
               tally->busy);
        comma = ",";
    }
    printf("],\"left\":%" PRIu64 ",\"cleaned\":%" PRIu64 "}\n", result->left, result->cleaned);
}

/* ---- the run ---- */

static void connections_init(struct fasti_bench_connection *connections,
                             const struct options *options, const struct fasti_bench_world *world) {
    struct fasti_prng prng = {options->seed};
    for (uint32_t i = 0; i < options->connections; i++) {
        struct fasti_bench_connection *c = &connections[i];
        c->world = world;
        c->server = options->server;
        c->index = i;
        c->connection_count = options->connections;
        c->depth = options->depth;
        c->days = options->days;
        c->mix = options->mix;
        c->prng = (struct fasti_prng){fasti_prng_next(&prng)};
        c->clean = options->clean;
    }
}

/* Adds the connections up; false, with a message, when one of them failed. */
static bool gather(const struct fasti_bench_connection *connections, uint32_t count,
                   struct result *result) {
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_bench_connection *c = &connections[i];
        if (c->status != FASTI_OK) {
            fprintf(stderr, "fasti-bench: connection %u: %s\n", i,
                    c->detail.text[0] != '\0' ? c->detail.text : fasti_status_text(c->status));
            return false;
        }
        for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++) {
            fasti_histogram_merge(&result->tallies[op].latency_ns, &c->tallies[op].latency_ns);
            result->tallies[op].done += c->tallies[op].done;
            result->tallies[op].refused += c->tallies[op].refused;
            result->tallies[op].busy += c->tallies[op].busy;
        }
        result->cleaned += c->cleaned;
        result->left += c->left;
    }
    return true;
}

/* Deals the connections out, runs every group on a thread, and times the whole. */
static void groups_run(const struct options *options, struct fasti_bench_connection *connections,
                       struct result *result) {
    struct fasti_bench_group groups[FASTI_BENCH_CONNECTIONS_MAX] = {{0}};
    pthread_t threads[FASTI_BENCH_CONNECTIONS_MAX];
    pthread_barrier_t barrier;
    const uint32_t count =
        options->threads < options->connections ? options->threads : options->connections;
    if (pthread_barrier_init(&barrier, NULL, count) != 0)
        abort();
    for (uint32_t i = 0, first = 0; i < count; i++) {
        const uint32_t end = (uint32_t)((uint64_t)(i + 1) * options->connections / count);
        groups[i] = (struct fasti_bench_group){
            .connections = connections + first,
            .count = end - first,
            .duration_ns = (int64_t)options->seconds * 1000000000,
            .barrier = &barrier,
        };
        first = end;
        if (pthread_create(&threads[i], NULL, fasti_bench_group_run, &groups[i]) != 0)
            abort(); /* the others wait at the barrier: there is no way on */
    }
    int64_t begin_ns = INT64_MAX, end_ns = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
        begin_ns = groups[i].begin_ns < begin_ns ? groups[i].begin_ns : begin_ns;
        end_ns = groups[i].end_ns > end_ns ? groups[i].end_ns : end_ns;
    }
    result->seconds = (double)(end_ns - begin_ns) / 1e9;
    (void)pthread_barrier_destroy(&barrier);
}

static int run(const struct options *options, const struct fasti_bench_world *world) {
    struct fasti_bench_connection *connections = calloc(options->connections, sizeof *connections);
    struct result *result = calloc(1, sizeof *result);
    if (connections == NULL || result == NULL)
        abort();
    connections_init(connections, options, world);
    groups_run(options, connections, result);
    const bool is_good = gather(connections, options->connections, result);
    if (is_good)
        (options->json ? print_json : print_text)(options, result);
    free(result);
    free(connections);
    return is_good ? 0 : FASTI_BENCH_EXIT_SERVER;
}

int fasti_bench_load(int argc, char **argv) {
    struct options options;
    if (!parse_options(argc, argv, &options))
        return FASTI_BENCH_EXIT_USAGE;
    struct fasti_client *client = NULL;
    struct fasti_bench_world world;
    struct fasti_detail detail = {0};
    enum fasti_status status = fasti_client_open(options.server, 0, &client, &detail);
    if (status == FASTI_OK) {
        status = fasti_bench_world_read(client, options.organization, &world, &detail);
        fasti_client_close(client);
    }
    if (status != FASTI_OK) {
        fprintf(stderr, "fasti-bench: %s\n",
                detail.text[0] != '\0' ? detail.text : fasti_status_text(status));
        return status == FASTI_INVALID_OPTION ? FASTI_BENCH_EXIT_USAGE : FASTI_BENCH_EXIT_SERVER;
    }
    const int exit_status = run(&options, &world);
    fasti_bench_world_deinit(&world);
    return exit_status;
}
