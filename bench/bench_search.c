/*
 * bench_search.c - fasti-bench search: questions of the reference workload to an engine in this
 * process, on a data directory that `fasti-bench generate` filled.
 *
 *   Q1   a week of one schedule
 *   Q2   who of a specialty, within 10 km, has a start of this length in two weeks: the first 20
 *   Q3   the same of the whole country
 *
 * Before it measures, answers to the first questions are compared with a walk over the workload's
 * own practitioners and appointments. One worker, one thread, no wire; figures are of its CPU
 * time.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/bench_histogram.h"
#include "bench/bench_inner.h"
#include "bench/bench_question.h"
#include "bench/workload.h"

#define QUESTIONS 4096
#define RESULTS   FASTI_BENCH_SEARCH_RESULTS
#define ROUNDS    10

struct options {
    struct fasti_bench_options inner;
    uint32_t checks;
    uint32_t only; /* one question; 0: all */
    uint32_t fill_days;
    uint64_t seed;
};

struct searcher {
    const struct options *options;
    struct fasti_bench_inner *inner;
    struct fasti_histogram times; /* ns */
    fasti_service_id services[FASTI_WORKLOAD_LENGTHS];
    uint32_t *practitioners; /* by schedule id */
    struct fasti_command questions[QUESTIONS];
};

/* ---- names ---- */

static void id_set(struct fasti_id_text *id, const char *format, uint32_t number) {
    id->length = (uint8_t)snprintf(id->bytes, sizeof id->bytes, format, number);
}

/* The dense id of a record that generate made; 0 and a line: it is not there. */
static uint32_t resolve(struct searcher *searcher, enum fasti_entity_kind kind, const char *format,
                        uint32_t number) {
    struct fasti_bench_inner *inner = searcher->inner;
    inner->command =
        (struct fasti_command){.kind = FASTI_COMMAND_RESOLVE, .organization = inner->organization};
    inner->command.body.resolve.kind = kind;
    id_set(&inner->command.body.resolve.id, format, number);
    if (!fasti_engine_submit(inner->engine, 0, &inner->command, 0, &inner->answer) ||
        inner->answer.id == 0) {
        fprintf(stderr,
                "fasti-bench: the data directory has no %.*s: fill it with fasti-bench "
                "generate --server and the same --schedules\n",
                inner->command.body.resolve.id.length, inner->command.body.resolve.id.bytes);
        return 0;
    }
    return inner->answer.id;
}

static bool names_learn(struct searcher *searcher) {
    struct fasti_bench_inner *inner = searcher->inner;
    const uint32_t count = searcher->options->inner.schedules;
    inner->organization.v = 0;
    inner->organization.v = resolve(searcher, FASTI_ENTITY_ORGANIZATION, "workload", 0);
    if (inner->organization.v == 0)
        return false;
    for (uint32_t cells = 1; cells <= FASTI_WORKLOAD_LENGTHS; cells++) {
        const uint32_t id =
            resolve(searcher, FASTI_ENTITY_SERVICE, "d%02u", cells * FASTI_WORKLOAD_CELL_MINUTES);
        if (id == 0)
            return false;
        searcher->services[cells - 1].v = id;
    }
    searcher->practitioners = calloc(count + 1, sizeof *searcher->practitioners);
    if (searcher->practitioners == NULL)
        abort();
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t id = resolve(searcher, FASTI_ENTITY_SCHEDULE, "s%u", i);
        if (id == 0 || id > count)
            return false;
        searcher->practitioners[id] = i;
        inner->schedules[i].v = id;
    }
    return true;
}

/* ---- questions ---- */

static void agenda_ask(struct searcher *searcher, uint32_t n, struct fasti_command *command) {
    const struct fasti_workload_agenda agenda =
        fasti_workload_agenda(searcher->options->seed, n, searcher->options->inner.schedules);
    fasti_bench_ask_agenda(command, searcher->inner->organization,
                           searcher->services[agenda.cells - 1],
                           searcher->inner->schedules[agenda.practitioner], &agenda);
}

static void search_ask(struct searcher *searcher, uint32_t n, bool is_country,
                       struct fasti_command *command) {
    const struct fasti_workload_search search = fasti_workload_search(searcher->options->seed, n);
    fasti_bench_ask_search(command, &search, is_country);
}

/* ---- what is right ---- */

struct first_start {
    uint32_t cell, practitioner;
};

static int first_compare(const void *a, const void *b) {
    const struct first_start *first = a, *second = b;
    if (first->cell != second->cell)
        return first->cell < second->cell ? -1 : 1;
    return first->practitioner < second->practitioner ? -1 : 1;
}

/* The first cell of a free start; UINT32_MAX: none. */
static uint32_t first_of(const struct fasti_workload_search *search,
                         const struct fasti_workload_practitioner *who,
                         const struct fasti_workload_visit *visits, uint32_t count) {
    const uint32_t end = search->day + (uint32_t)FASTI_WORKLOAD_SEARCH_DAYS;
    for (uint32_t day = search->day; day < end && day < FASTI_WORKLOAD_DAYS; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t span_count = fasti_workload_open(who, day, spans);
        for (uint32_t s = 0; s < span_count && (search->weekdays >> day % 7 & 1) != 0; s++)
            for (uint32_t cell = spans[s].start_cell; cell + search->cells <= spans[s].end_cell;
                 cell++) {
                const int32_t minute =
                    (int32_t)(cell % 288 * 5) + fasti_workload_offset_minutes(cell);
                bool is_free = minute >= search->first_minute && minute < search->end_minute;
                for (uint32_t v = 0; v < count && is_free; v++)
                    is_free = visits[v].start_cell + visits[v].cells <= cell ||
                              visits[v].start_cell >= cell + search->cells;
                if (is_free)
                    return cell;
            }
    }
    return UINT32_MAX;
}

static bool answer_check(struct searcher *searcher, uint32_t n, bool is_country) {
    static struct fasti_workload_visit visits[FASTI_WORKLOAD_VISITS_MAX];
    const struct fasti_workload_search search = fasti_workload_search(searcher->options->seed, n);
    const uint32_t schedules = searcher->options->inner.schedules;
    struct first_start *firsts = calloc(schedules, sizeof *firsts);
    uint32_t count = 0, candidates = 0;
    if (firsts == NULL)
        abort();
    for (uint32_t i = 0; i < schedules; i++) {
        struct fasti_workload_practitioner who;
        fasti_workload_practitioner(searcher->options->seed, i, &who);
        if (who.specialty != search.specialty || (who.lengths >> (search.cells - 1) & 1) == 0 ||
            (!is_country &&
             fasti_workload_distance_km(search.latitude, search.longitude, who.latitude,
                                        who.longitude) > FASTI_WORKLOAD_SEARCH_KM))
            continue;
        candidates++;
        const uint32_t booked = fasti_workload_appointments(searcher->options->seed, &who,
                                                            searcher->options->fill_days, visits);
        const uint32_t cell = first_of(&search, &who, visits, booked);
        if (cell != UINT32_MAX)
            firsts[count++] = (struct first_start){cell, i};
    }
    qsort(firsts, count, sizeof *firsts, first_compare);
    const struct fasti_search_answer *answer = searcher->inner->answer.body.search;
    bool is_right =
        answer->candidates == candidates && answer->count == (count < RESULTS ? count : RESULTS);
    for (uint32_t r = 0; r < answer->count && is_right; r++)
        is_right =
            searcher->practitioners[answer->results[r].schedule.v] == firsts[r].practitioner &&
            answer->starts[r].utc_s == fasti_workload_utc_s(firsts[r].cell);
    free(firsts);
    if (!is_right)
        fprintf(stderr,
                "fasti-bench: question %u of Q%d: %u results of %u candidates, not as the "
                "workload has it: %u of %u\n",
                n + 1, is_country ? 3 : 2, answer->count, answer->candidates, count, candidates);
    return is_right;
}

/* ---- figures ---- */

enum question { Q1 = 1, Q2, Q3 };

static bool ask(struct searcher *searcher, uint32_t n) {
    struct fasti_bench_inner *inner = searcher->inner;
    if (fasti_engine_submit(inner->engine, 0, &searcher->questions[n], 0, &inner->answer) &&
        inner->answer.status == FASTI_OK)
        return true;
    inner->detail = inner->answer.detail;
    return fasti_bench_complain(inner, "question", inner->answer.status);
}

/* This thread's time on a core: other work on the machine does not count. */
static int64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct figure {
    enum question question;
    const char *name;
    double best_ns; /* each, of the fastest round; 0: none yet */
    uint64_t count, candidates, results;
};

static void questions_make(struct searcher *searcher, enum question question) {
    for (uint32_t n = 0; n < QUESTIONS; n++) {
        if (question == Q1)
            agenda_ask(searcher, n, &searcher->questions[n]);
        else
            search_ask(searcher, n, question == Q3, &searcher->questions[n]);
    }
}

static bool answers_check(struct searcher *searcher, enum question question) {
    questions_make(searcher, question);
    for (uint32_t n = 0; n < searcher->options->checks; n++)
        if (!ask(searcher, n) || !answer_check(searcher, n, question == Q3))
            return false;
    return true;
}

static bool round_run(struct searcher *searcher, struct figure *figure) {
    struct fasti_bench_inner *inner = searcher->inner;
    const uint64_t before = figure->count;
    questions_make(searcher, figure->question);
    const int64_t begin_ns = cpu_ns();
    const int64_t stop_ns =
        begin_ns + (int64_t)searcher->options->inner.seconds * INT64_C(1000000000) / ROUNDS;
    int64_t now_ns = begin_ns;
    while (now_ns < stop_ns) {
        for (uint32_t i = 0; i < 64; i++, figure->count++) {
            if (!ask(searcher, (uint32_t)(figure->count % QUESTIONS)))
                return false;
            if (figure->question == Q1)
                continue;
            figure->candidates += inner->answer.body.search->candidates;
            figure->results += inner->answer.body.search->count;
        }
        (void)fasti_engine_poll(inner->engine, 0, inner->answers, FASTI_BENCH_POLL_MAX);
        now_ns = cpu_ns();
    }
    const double each = (double)(now_ns - begin_ns) / (double)(figure->count - before);
    if (figure->best_ns == 0 || each < figure->best_ns)
        figure->best_ns = each;
    return true;
}

/* How long single questions take, by the wall clock: what else the machine does is in it. */
static bool times_tell(struct searcher *searcher, const struct figure *figure) {
    struct fasti_histogram *times = &searcher->times;
    memset(times, 0, sizeof *times);
    questions_make(searcher, figure->question);
    for (uint32_t n = 0; n < QUESTIONS; n++) {
        const int64_t begin_ns = fasti_clock_monotonic_ns();
        if (!ask(searcher, n))
            return false;
        fasti_histogram_record(times, (uint64_t)(fasti_clock_monotonic_ns() - begin_ns));
    }
    const double p50 = (double)fasti_histogram_percentile(times, 500) / 1e3;
    const double p99 = (double)fasti_histogram_percentile(times, 990) / 1e3;
    if (searcher->options->inner.json)
        printf("{\"figure\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f}\n", figure->name, p50, p99);
    else
        printf("%-28s %14.1f us p50, %.1f us p99 of %d\n", "", p50, p99, QUESTIONS);
    return true;
}

/* The fastest of several rounds, in turns, so that what else the machine does meets all alike. */
static bool figures(struct searcher *searcher) {
    struct figure all[] = {{Q1, "Q1 week of a schedule", 0, 0, 0, 0},
                           {Q2, "Q2 search within 10 km", 0, 0, 0, 0},
                           {Q3, "Q3 search of the country", 0, 0, 0, 0}};
    const uint32_t only = searcher->options->only;
    if (!answers_check(searcher, Q2) || !answers_check(searcher, Q3))
        return false;
    for (uint32_t round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
            if ((only == 0 || only == all[i].question) && !round_run(searcher, &all[i]))
                return false;
    for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (only != 0 && only != all[i].question)
            continue;
        fasti_bench_report(&searcher->options->inner, all[i].name, all[i].count,
                           (int64_t)(all[i].best_ns * (double)all[i].count));
        if (all[i].question != Q1 && !searcher->options->inner.json)
            printf("%-28s %14.1f candidates, %.1f results each", "",
                   (double)all[i].candidates / (double)all[i].count,
                   (double)all[i].results / (double)all[i].count);
        if (all[i].question != Q1 && !searcher->options->inner.json && only == 0)
            printf(", %.1f x Q1", all[i].best_ns / all[0].best_ns);
        if (all[i].question != Q1 && !searcher->options->inner.json)
            putchar('\n');
        if (!times_tell(searcher, &all[i]))
            return false;
    }
    return true;
}

/* ---- the subcommand ---- */

static bool run(struct searcher *searcher) {
    return fasti_bench_inner_open(searcher->inner) && names_learn(searcher) && figures(searcher);
}

static error_t parse(int key, char *text, struct argp_state *state) {
    struct options *options = state->input;
    uint32_t seed = 0;
    bool is_good = true;
    switch (key) {
    case 'n':
        is_good = fasti_bench_number("--schedules", text, 1, FASTI_WORKLOAD_SCHEDULES_MAX,
                                     &options->inner.schedules);
        break;
    case 's':
        is_good = fasti_bench_number("--seed", text, 0, UINT32_MAX, &seed);
        options->seed = seed;
        break;
    case 't':
        is_good = fasti_bench_number("--seconds", text, 1, FASTI_BENCH_SECONDS_MAX,
                                     &options->inner.seconds);
        break;
    case 'q': is_good = fasti_bench_number("--only", text, 1, 3, &options->only); break;
    case 'f':
        is_good =
            fasti_bench_number("--fill-days", text, 0, FASTI_WORKLOAD_DAYS, &options->fill_days);
        break;
    case 'c': is_good = fasti_bench_number("--check", text, 0, QUESTIONS, &options->checks); break;
    case 'D': options->inner.data = text; break;
    case 'j': options->inner.json = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

int fasti_bench_search(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"data", 'D', "DIR", 0, "a data directory that generate filled (needed)", 0},
        {"schedules", 'n', "N", 0, "as it was filled with (default 5000)", 0},
        {"seed", 's', "S", 0, "of the workload, as it was filled with", 0},
        {"seconds", 't', "N", 0,
         "of each figure, in 10 rounds, the fastest of which counts (default 3)", 0},
        {"check", 'c', "N", 0, "questions of each kind that are checked first (default 100)", 0},
        {"only", 'q', "1|2|3", 0, "measure one of the three questions", 0},
        {"fill-days", 'f', "D", 0, "as it was filled with (default 90)", 0},
        {"json", 'j', NULL, 0, "one JSON object a line", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Asks the reference workload's questions in this process, on a directory that no "
               "server has open. Exit 3 when an answer is wrong.",
    };
    struct options options = {
        .inner = {.schedules = 5000,
                  .seconds = 3,
                  .now_ms = FASTI_WORKLOAD_START_UTC_S * INT64_C(1000)},
        .checks = 100,
        .fill_days = FASTI_WORKLOAD_DAYS,
        .seed = FASTI_WORKLOAD_SEED_DEFAULT,
    };
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return FASTI_BENCH_EXIT_USAGE;
    if (options.inner.data == NULL) {
        fputs("fasti-bench: search needs a --data DIR\n", stderr);
        return FASTI_BENCH_EXIT_USAGE;
    }
    struct searcher *searcher = calloc(1, sizeof *searcher);
    if (searcher == NULL)
        abort();
    searcher->options = &options;
    searcher->inner = fasti_bench_inner_make(&options.inner);
    const bool is_good = run(searcher);
    if (searcher->inner->engine != NULL)
        fasti_bench_inner_free(searcher->inner);
    free(searcher->practitioners);
    free(searcher);
    return is_good ? 0 : FASTI_BENCH_EXIT_SERVER;
}
