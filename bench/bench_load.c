/*
 * bench_load.c - fasti-bench load: many connections against a running server.
 *
 *   options, files -> world -> connections, dealt out to threads -> measure -> check -> clean
 *   -> report, files
 *
 * One thread by default: on one machine every thread of the client takes a core from the server.
 * All that can be wrong with what was asked for is told before anything is measured.
 */
#include "bench/bench_load.h"

#include <stdlib.h>

static volatile sig_atomic_t is_stopped;

/* The first SIGINT or SIGTERM ends the measurement, which is told as far as it came; the second one
 * ends the program. */
static void stop(int number) {
    (void)number;
    is_stopped = 1;
}

static void signals_catch(void) {
    struct sigaction action = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void fasti_bench_signals_block(bool is_blocked) {
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &signals, NULL);
}

/* ---- connections ---- */

/* Connection i of all belongs to group i % threads; those of a group stand together. */
static void connections_init(struct fasti_bench_connection *connections,
                             const struct fasti_bench_load *load,
                             const struct fasti_bench_world *world) {
    struct fasti_prng prng = {load->plan.seed};
    uint32_t at = 0;
    for (uint32_t group = 0; group < load->threads; group++)
        for (uint32_t i = group; i < load->connections; i += load->threads)
            connections[at++] = (struct fasti_bench_connection){
                .world = world,
                .server = load->server,
                .index = i,
                .connection_count = load->connections,
                .depth = load->depth,
                .days = load->days,
                .within_m = load->within_km * 1000,
                .mix = load->mix,
                .seed = load->plan.seed,
                .prng = {fasti_prng_next(&prng)},
                .clean = load->clean,
                .ledger = {.max = load->check ? FASTI_BENCH_SALES_MAX / load->connections : 0},
            };
}

/* false, with a message, when one of them failed. */
static bool connections_look(const struct fasti_bench_connection *connections, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_bench_connection *c = &connections[i];
        if (c->status == FASTI_OK)
            continue;
        fprintf(stderr, "fasti-bench: connection %u: %s\n", c->index,
                c->detail.text[0] != '\0' ? c->detail.text : fasti_status_text(c->status));
        return false;
    }
    return true;
}

/* ---- the run ---- */

struct groups {
    struct fasti_bench_group *all;
    pthread_t threads[FASTI_BENCH_THREADS_MAX];
    pthread_barrier_t barrier;
    struct fasti_bench_live live;
};

static void groups_start(struct groups *groups, const struct fasti_bench_load *load,
                         struct fasti_bench_connection *connections) {
    groups->all = calloc(load->threads, sizeof *groups->all);
    if (groups->all == NULL || pthread_barrier_init(&groups->barrier, NULL, load->threads + 1) != 0)
        abort();
    fasti_bench_live_init(&groups->live, load->threads);
    fasti_bench_signals_block(true);
    for (uint32_t i = 0, first = 0; i < load->threads; i++) {
        struct fasti_bench_group *group = &groups->all[i];
        group->plan = &load->plan;
        group->index = i;
        group->group_count = load->threads;
        group->connections = connections + first;
        group->count = (load->connections - i - 1) / load->threads + 1;
        group->barrier = &groups->barrier;
        group->live = &groups->live;
        for (uint32_t c = 0; c < group->count; c++) {
            group->connections[c].tallies = group->tallies;
            group->connections[c].steps = group->steps;
        }
        first += group->count;
        if (pthread_create(&groups->threads[i], NULL, fasti_bench_group_run, group) != 0)
            abort(); /* the others wait at the barrier: there is no way on */
    }
    fasti_bench_signals_block(false);
}

static void groups_gather(const struct groups *groups, const struct fasti_bench_load *load,
                          struct fasti_bench_result *result) {
    int64_t begin_ns = INT64_MAX, end_ns = INT64_MIN;
    for (uint32_t i = 0; i < load->threads; i++) {
        const struct fasti_bench_group *group = &groups->all[i];
        for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++)
            fasti_bench_tally_add(&result->tallies[op], &group->tallies[op]);
        for (uint32_t step = 0; step < load->plan.ramp.steps; step++)
            fasti_bench_tally_add(&result->steps[step], &group->steps[step]);
        fasti_histogram_merge(&result->late_ns, &group->late_ns);
        begin_ns = group->begin_ns < begin_ns ? group->begin_ns : begin_ns;
        end_ns = group->end_ns > end_ns ? group->end_ns : end_ns;
    }
    for (uint32_t step = 0; step < load->plan.ramp.steps; step++)
        fasti_bench_tally_add(&result->all, &result->steps[step]);
    result->seconds = (double)(end_ns - begin_ns) / 1e9;
}

static void groups_end(struct groups *groups, const struct fasti_bench_load *load) {
    for (uint32_t i = 0; i < load->threads; i++)
        (void)pthread_join(groups->threads[i], NULL);
    fasti_bench_live_deinit(&groups->live);
    (void)pthread_barrier_destroy(&groups->barrier);
    free(groups->all);
}

/* 0, or the exit status: it was told. The check is before the cleaning: it wants to find what was
 * booked. */
static int measure(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                   struct fasti_bench_connection *connections, struct fasti_bench_result *result) {
    struct groups groups;
    int exit_status = 0;
    groups_start(&groups, load, connections);
    (void)pthread_barrier_wait(&groups.barrier);
    fasti_bench_live_watch(&groups.live, load);
    (void)pthread_barrier_wait(&groups.barrier);
    groups_gather(&groups, load, result);
    if (!connections_look(connections, load->connections))
        exit_status = FASTI_BENCH_EXIT_SERVER;
    if (load->check) {
        const int found = fasti_bench_verify(load, world, connections, exit_status != 0, result);
        exit_status = exit_status == 0 || found == FASTI_BENCH_EXIT_CHECK ? found : exit_status;
    }
    (void)pthread_barrier_wait(&groups.barrier);
    groups_end(&groups, load);
    if (exit_status == 0 && !connections_look(connections, load->connections))
        exit_status = FASTI_BENCH_EXIT_SERVER; /* the cleaning failed */
    return exit_status;
}

static int run(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
               struct fasti_bench_result *result) {
    struct fasti_bench_connection *connections = calloc(load->connections, sizeof *connections);
    if (connections == NULL)
        abort();
    connections_init(connections, load, world);
    signals_catch();
    const int exit_status = load->slots > 0 ? fasti_bench_rush(load, world, connections, result)
                                            : measure(load, world, connections, result);
    for (uint32_t i = 0; i < load->connections; i++) {
        result->cleaned += connections[i].cleaned;
        result->left += connections[i].left;
        fasti_bench_ledger_deinit(&connections[i].ledger);
    }
    result->is_stopped = is_stopped != 0;
    free(connections);
    return exit_status;
}

/* ---- the subcommand ---- */

static enum fasti_status world_read(const struct fasti_bench_load *load,
                                    struct fasti_bench_world *world, struct fasti_detail *detail) {
    struct fasti_client *client = NULL;
    FASTI_TRY(fasti_client_open(load->server, 0, &client, detail));
    enum fasti_status status = fasti_bench_world_read(client, load->organization, world, detail);
    if (status == FASTI_OK && load->mix.weights[FASTI_BENCH_PART_SEARCH] > 0)
        status = fasti_bench_questions_read(client, world, load->plan.seed, detail);
    fasti_client_close(client);
    return status;
}

/* With a world, and files that can be written. A measured result is told even if it is not right.
 */
static int load_run(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                    struct fasti_bench_file *csv, struct fasti_bench_file *png) {
    struct fasti_bench_result *result = calloc(1, sizeof *result);
    if (result == NULL)
        abort();
    int exit_status = run(load, world, result);
    const bool is_measured = exit_status == 0 || exit_status == FASTI_BENCH_EXIT_CHECK;
    if (is_measured)
        (load->json ? fasti_bench_report_json : fasti_bench_report_text)(load, result);
    if (is_measured && csv->stream != NULL)
        fasti_bench_report_csv(csv->stream, load, result);
    const bool is_drawn =
        is_measured && (png->stream == NULL || fasti_bench_plot(png, load, result));
    const bool is_written = fasti_bench_file_close(csv, is_measured);
    const bool is_kept = fasti_bench_file_close(png, is_drawn);
    if (exit_status == 0 && !(is_drawn && is_written && is_kept))
        exit_status = FASTI_BENCH_EXIT_FILE;
    free(result);
    return exit_status;
}

int fasti_bench_load(int argc, char **argv) {
    struct fasti_bench_load load;
    struct fasti_bench_file csv, png;
    struct fasti_bench_world world = {0};
    struct fasti_detail detail = {0};
    if (!fasti_bench_load_options(argc, argv, &load))
        return FASTI_BENCH_EXIT_USAGE;
    load.is_stopped = &is_stopped;
    if (load.png != NULL && !fasti_bench_plot_find())
        return FASTI_BENCH_EXIT_FILE;
    const enum fasti_status status = world_read(&load, &world, &detail);
    int exit_status = 0;
    if (status != FASTI_OK) {
        fprintf(stderr, "fasti-bench: %s\n",
                detail.text[0] != '\0' ? detail.text : fasti_status_text(status));
        exit_status =
            status == FASTI_INVALID_OPTION ? FASTI_BENCH_EXIT_USAGE : FASTI_BENCH_EXIT_SERVER;
    } else if (!fasti_bench_file_open(&csv, load.csv)) {
        exit_status = FASTI_BENCH_EXIT_FILE;
    } else if (!fasti_bench_file_open(&png, load.png)) {
        (void)fasti_bench_file_close(&csv, false);
        exit_status = FASTI_BENCH_EXIT_FILE;
    } else {
        exit_status = load_run(&load, &world, &csv, &png);
    }
    fasti_bench_world_deinit(&world);
    return exit_status;
}
