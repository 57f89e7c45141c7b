/*
 * bench_load_options.c - what fasti-bench load may be asked for, and what does not go together.
 */
#include <argp.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_load.h"

/* Options without a letter. */
enum {
    KEY_RAMP = 256,
    KEY_RUSH,
    KEY_SPACING,
    KEY_PATIENCE,
    KEY_LINEAR,
    KEY_WITHIN,
    KEY_CSV,
    KEY_PNG,
    KEY_CHECK
};

static const struct argp_option choices[] = {
    {NULL, 0, NULL, 0, "Whom and what:", 1},
    {"server", 's', "SERVER", 0, "unix:PATH or HOST:PORT (default 127.0.0.1:7600)", 1},
    {"organization", 'o', "ID", 0, "whose schedules to use (needed)", 1},
    {"mix", 'm', "MIX", 0,
     "parts with weights, like search=60,page=30,book=8,cancel=1,hold=1, or availability (page), "
     "book, mixed (page=1,book=1), hold (default availability)",
     1},
    {"days", 'w', "N", 0, "window of a page, 1 to 60 (default 7)", 1},
    {"within", KEY_WITHIN, "KM", 0, "radius of a search; 0: the whole country (default 10)", 1},
    {NULL, 0, NULL, 0, "How:", 2},
    {"connections", 'c', "N", 0, "1 to 512 (default 16)", 2},
    {"threads", 'p', "N", 0, "of the client, 1 to 64 (default 1)", 2},
    {"depth", 'd', "N", 0, "commands on their way on each connection, 1 to 1024 (default 1)", 2},
    {"seconds", 't', "N", 0, "how long to measure, or each step of a ramp (default 5)", 2},
    {"rate", 'R', "N", 0, "open loop: N commands a second, 1 to 10000000", 2},
    {"spacing", KEY_SPACING, "HOW", 0, "of the open loop: poisson (default) or even", 2},
    {"patience", KEY_PATIENCE, "S", 0,
     "open loop: give a command up that is not sent S seconds after its time, 1 to 60 (default "
     "10)",
     2},
    {"ramp", KEY_RAMP, "WHAT=A..B/STEPS", 0,
     "rate=1000..20000/10 (an open loop) or connections=1..16/5: from A to B in 2 to 64 steps", 2},
    {"linear", KEY_LINEAR, NULL, 0, "a ramp of rates rises within each step, too", 2},
    {"rush", KEY_RUSH, "SLOTS", 0,
     "instead: rounds in which every connection wants the same 1 to 1024 free slots; each must "
     "have one winner",
     2},
    {"seed", 'r', "N", 0, "repeat a run's choices, on a fresh server (default: the time)", 2},
    {NULL, 0, NULL, 0, "Afterwards:", 3},
    {"check", KEY_CHECK, NULL, 0,
     "prove that no slot was sold twice and no booking is missing; exit 4 when it is not so", 3},
    {"clean", 'l', NULL, 0, "cancel what was booked", 3},
    {"json", 'j', NULL, 0, "one JSON object", 3},
    {"csv", KEY_CSV, "FILE", 0, "the latency curve as a table", 3},
    {"png", KEY_PNG, "FILE", 0, "the latency curve as a picture, by gnuplot", 3},
    {"quiet", 'q', NULL, 0, "no line each second", 3},
    {0},
};

static const char doc[] =
    "Measures a running server."
    "\vA closed loop (the default) keeps connections x depth commands on their way: throughput and "
    "latency depend on each other, and while the server stalls nothing is asked, so a stall counts "
    "once a connection. An open loop (--rate, --ramp rate=) has the times of its commands before "
    "it "
    "begins and counts latency from them: a stall counts for all that should have been sent "
    "meanwhile. At most connections x depth are on their way then; what has no room waits, at most "
    "rate x patience commands; what waits longer is given up, told, and counted in \"all\" with "
    "the "
    "time it waited.\n"
    "search asks who of a schedule's specialty offers a service's code near a location, page for "
    "the "
    "free starts of one schedule, book takes a start that was free before the run, cancel the "
    "oldest "
    "own booking, hold a start, and the next hold of that connection confirms it. Without anything "
    "to book or to cancel the other is done.\n"
    "--check keeps up to 8388608 bookings (48 bytes each), shared out among the connections.\n"
    "When a connection is lost it waits up to a minute for the server, and looks at what is "
    "there.\n"
    "SIGINT or SIGTERM ends the measurement early; it is told as far as it came.\n"
    "Exit: 0 done, 1 a file could not be written, 2 usage, 3 the server could not be reached or "
    "refused, 4 a slot was sold twice, a rush had no single winner, or a booking is missing.";

static error_t complain(const char *option, const char *why) {
    fprintf(stderr, "fasti-bench: %s: %s\n", option, why);
    return EINVAL;
}

static error_t parse_text(struct fasti_bench_load *load, int key, const char *text) {
    char why[200];
    switch (key) {
    case 's': load->server = text; break;
    case 'o': load->organization = text; break;
    case KEY_CSV: load->csv = text; break;
    case KEY_PNG: load->png = text; break;
    case 'm':
        load->has_mix = true;
        return fasti_bench_mix_parse(text, &load->mix, why, sizeof why) ? 0
                                                                        : complain("--mix", why);
    case KEY_RAMP:
        return fasti_bench_ramp_parse(text, &load->plan.ramp, why, sizeof why)
                   ? 0
                   : complain("--ramp", why);
    case KEY_SPACING:
        load->plan.is_even = strcmp(text, "even") == 0;
        if (!load->plan.is_even && strcmp(text, "poisson") != 0)
            return complain("--spacing", "it is poisson or even");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    static const struct {
        int key;
        const char *name;
        uint32_t first, last;
        size_t offset;
    } numbers[] = {
#define NUMBER(letter, name, first, last, field) \
    {letter, name, first, last, offsetof(struct fasti_bench_load, field)}
        NUMBER('c', "--connections", 1, FASTI_BENCH_CONNECTIONS_MAX, connections),
        NUMBER('p', "--threads", 1, FASTI_BENCH_THREADS_MAX, threads),
        NUMBER('d', "--depth", 1, FASTI_BENCH_DEPTH_MAX, depth),
        NUMBER('t', "--seconds", 1, FASTI_BENCH_SECONDS_MAX, seconds),
        NUMBER('w', "--days", 1, FASTI_QUERY_DAYS_MAX, days),
        NUMBER('R', "--rate", 1, FASTI_BENCH_RATE_MAX, rate),
        NUMBER('r', "--seed", 1, UINT32_MAX, seed),
        NUMBER(KEY_WITHIN, "--within", 0, FASTI_SEARCH_RADIUS_MAX_M / 1000, within_km),
        NUMBER(KEY_PATIENCE, "--patience", 1, FASTI_BENCH_PATIENCE_MAX, patience),
        NUMBER(KEY_RUSH, "--rush", 1, FASTI_BENCH_SLOTS_MAX, slots),
#undef NUMBER
    };
    struct fasti_bench_load *load = state->input;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].key == key) {
            uint32_t *number = (uint32_t *)(void *)((char *)load + numbers[i].offset);
            return fasti_bench_number(numbers[i].name, text, numbers[i].first, numbers[i].last,
                                      number)
                       ? 0
                       : EINVAL;
        }
    switch (key) {
    case KEY_LINEAR: load->is_linear = true; break;
    case KEY_CHECK: load->check = true; break;
    case 'l': load->clean = true; break;
    case 'j': load->json = true; break;
    case 'q': load->is_quiet = true; break;
    default: return parse_text(load, key, text);
    }
    return 0;
}

/* NULL, or what does not go together. */
static const char *contradiction(const struct fasti_bench_load *load) {
    const enum fasti_bench_raised raised = load->plan.ramp.raised;
    if (load->organization == NULL)
        return "--organization is missing";
    if (raised == FASTI_BENCH_RAISED_RATE && load->rate > 0)
        return "--ramp rate= and --rate do not go together: say one of them";
    if (raised == FASTI_BENCH_RAISED_CONNECTIONS && load->connections > 0)
        return "--ramp connections= and --connections do not go together: say one of them";
    if (raised == FASTI_BENCH_RAISED_CONNECTIONS &&
        (load->plan.ramp.first > FASTI_BENCH_CONNECTIONS_MAX ||
         load->plan.ramp.last > FASTI_BENCH_CONNECTIONS_MAX))
        return "--ramp connections= goes up to 512 connections";
    if (load->is_linear && raised != FASTI_BENCH_RAISED_RATE)
        return "--linear is for --ramp rate=";
    if (load->plan.is_even && load->rate == 0 && raised != FASTI_BENCH_RAISED_RATE)
        return "--spacing is of an open loop: say --rate or --ramp rate=";
    if (load->patience > 0 && load->rate == 0 && raised != FASTI_BENCH_RAISED_RATE)
        return "--patience is of an open loop: say --rate or --ramp rate=";
    if (load->slots > 0 &&
        (load->rate > 0 || raised != FASTI_BENCH_RAISED_NOTHING || load->has_mix))
        return "--rush is a run of its own: without --mix, --rate and --ramp";
    if ((uint64_t)load->seconds * load->plan.ramp.steps > FASTI_BENCH_SECONDS_MAX)
        return "all steps together may take 3600 seconds";
    return NULL;
}

static void plan_make(struct fasti_bench_load *load) {
    struct fasti_bench_plan *plan = &load->plan;
    plan->ramp.is_linear = load->is_linear;
    plan->is_open = load->rate > 0 || plan->ramp.raised == FASTI_BENCH_RAISED_RATE;
    plan->rate = plan->ramp;
    if (plan->ramp.raised != FASTI_BENCH_RAISED_RATE)
        plan->rate = (struct fasti_bench_ramp){
            .first = load->rate, .last = load->rate, .steps = plan->ramp.steps};
    plan->step_ns = (int64_t)load->seconds * 1000000000;
    plan->patience_ns = (int64_t)(load->patience == 0 ? 10 : load->patience) * 1000000000;
    if (plan->ramp.raised == FASTI_BENCH_RAISED_CONNECTIONS)
        load->connections = plan->ramp.first > plan->ramp.last ? plan->ramp.first : plan->ramp.last;
    else if (load->connections == 0)
        load->connections = 16;
    if (load->threads > load->connections)
        load->threads = load->connections;
    if (load->slots > 0)
        load->mix = (struct fasti_bench_mix){.weights = {[FASTI_BENCH_PART_BOOK] = 1}};
    else if (!load->has_mix)
        load->mix = (struct fasti_bench_mix){.weights = {[FASTI_BENCH_PART_PAGE] = 1}};
    if (load->seed != 0) {
        plan->seed = load->seed;
        return;
    }
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct fasti_prng prng = {((uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec) +
                              (uint64_t)getpid()};
    plan->seed = 1 + fasti_prng_below(&prng, UINT32_MAX); /* one that --seed takes */
}

bool fasti_bench_load_options(int argc, char **argv, struct fasti_bench_load *load) {
    static const struct argp argp = {.options = choices, .parser = parse, .doc = doc};
    *load = (struct fasti_bench_load){
        .threads = 1,
        .depth = 1,
        .seconds = 5,
        .days = 7,
        .within_km = 10,
        .plan = {.ramp = {.steps = 1}},
    };
    if (argp_parse(&argp, argc, argv, 0, NULL, load) != 0)
        return false;
    const char *why = contradiction(load);
    if (why != NULL)
        fprintf(stderr, "fasti-bench: %s\n", why);
    else
        plan_make(load);
    return why == NULL;
}
