/*
 * bench_engine.c - fasti-bench engine: the engine in this process, without wire and disk.
 *
 *   week    availability of seven days of one random schedule, starts written out
 *   book    durable bookings through submit and poll, `depth` on their way
 *   replay  the log that the bookings made, recovered by a second open
 *
 * The disk is the simulated one, in memory: what is measured is the processor's share. One worker,
 * one thread, a clock that stands still. Every step is checked; a refusal ends the run.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define NOW_MS        INT64_C(1893456000000) /* 2030-01-01T00:00:00Z, a Tuesday */
#define DATE_FIRST    INT32_C(21916)         /* the day after */
#define OPEN_MINUTE   450                    /* 07:30 */
#define VISIT_MINUTES 20
#define VISITS        34 /* a day, until 18:50 */
#define BOOK_DAYS     60
#define POLL_MAX      64
#define SCHEDULES_MAX 100000
#define BOOKINGS_MAX  5000000

struct options {
    uint32_t schedules, depth, seconds, bookings;
    bool json;
};

struct bench {
    const struct options *options;
    struct fasti_sim_disk *disk;
    struct fasti_engine *engine;
    struct fasti_recovery recovery;
    struct fasti_detail detail;
    fasti_organization_id organization;
    fasti_service_id service;
    fasti_schedule_id *schedules;
    struct fasti_prng prng;
    struct fasti_command command;
    struct fasti_answer answer, answers[POLL_MAX];
};

static bool complain(const struct bench *bench, const char *step, enum fasti_status status) {
    fprintf(stderr, "fasti-bench: %s: %s%s%s\n", step, fasti_status_text(status),
            bench->detail.text[0] != '\0' ? ": " : "", bench->detail.text);
    return false;
}

static void report(const struct options *options, const char *name, uint64_t count, int64_t ns) {
    const double rate = 1e9 * (double)count / (double)ns, each = (double)ns / (double)count;
    if (options->json)
        printf("{\"figure\":\"%s\",\"count\":%" PRIu64 ",\"per_second\":%.0f,\"ns\":%.1f}\n", name,
               count, rate, each);
    else
        printf("%-28s %14.0f /s %12.1f ns each\n", name, rate, each);
    fflush(stdout);
}

static bool engine_open(struct bench *bench) {
    const struct fasti_engine_options options = {
        .worker_count = 1,
        .clock = fasti_clock_fixed(NOW_MS),
    };
    const enum fasti_status status =
        fasti_engine_open(&options, fasti_sim_disk_open(bench->disk), &bench->engine,
                          &bench->recovery, &bench->detail);
    return status == FASTI_OK || complain(bench, "open", status);
}

/* ---- a small directory ---- */

/* One command, to its durable answer. */
static bool ask(struct bench *bench, const char *step) {
    bool is_answered = fasti_engine_submit(bench->engine, 0, &bench->command, 0, &bench->answer);
    while (!is_answered && !fasti_engine_is_dead(bench->engine))
        is_answered = fasti_engine_poll(bench->engine, 0, &bench->answer, 1) == 1;
    bench->detail = bench->answer.detail;
    const bool is_done = is_answered && bench->answer.status == FASTI_OK &&
                         fasti_outcome_is_done(bench->answer.outcome);
    return is_done || complain(bench, step, bench->answer.status);
}

static void id_set(struct fasti_id_text *id, const char *text) {
    id->length = (uint8_t)strlen(text);
    memcpy(id->bytes, text, id->length);
}

static struct fasti_put *put_begin(struct bench *bench, enum fasti_entity_kind kind,
                                   const char *id) {
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.kind = FASTI_COMMAND_PUT;
    bench->command.organization = bench->organization;
    struct fasti_put *put = &bench->command.body.put;
    put->kind = kind;
    put->organization = bench->organization;
    id_set(&put->id, id);
    return put;
}

static bool put_schedule(struct bench *bench, uint32_t i) {
    char id[32];
    (void)snprintf(id, sizeof id, "schedule-%u", i);
    struct fasti_put *put = put_begin(bench, FASTI_ENTITY_SCHEDULE, id);
    id_set(&put->body.schedule.location, "place");
    put->body.schedule.resolution_minutes = 5;
    put->body.schedule.service_count = 1;
    id_set(&put->body.schedule.services[0], "visit");
    if (!ask(bench, "schedule"))
        return false;
    bench->schedules[i] = (fasti_schedule_id){bench->answer.id};

    struct fasti_opening opening = {
        .kind = FASTI_OPENING_WEEKLY,
        .weekdays = 0x7f,
        .start_minute = OPEN_MINUTE,
        .end_minute = OPEN_MINUTE + VISITS * VISIT_MINUTES,
        .date_first = {DATE_FIRST},
        .date_last = {DATE_FIRST + 364},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
    id_set(&opening.id, "daily");
    put = put_begin(bench, FASTI_ENTITY_OPENINGS, id);
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.count = 1;
    put->body.openings.openings = &opening;
    return ask(bench, "openings");
}

static bool put_directory(struct bench *bench) {
    static const struct fasti_zone zone = {
        .change_count = 1,
        .changes = {{.utc_s = FASTI_ZONE_FIRST_UTC_S, .offset_s = 0}},
    };
    struct fasti_put *put = put_begin(bench, FASTI_ENTITY_ZONE, "UTC");
    put->body.zone = &zone;
    if (!ask(bench, "zone"))
        return false;
    (void)put_begin(bench, FASTI_ENTITY_ORGANIZATION, "bench");
    if (!ask(bench, "organization"))
        return false;
    bench->organization = (fasti_organization_id){bench->answer.id};
    put = put_begin(bench, FASTI_ENTITY_LOCATION, "place");
    id_set(&put->body.location.zone, "UTC");
    if (!ask(bench, "location"))
        return false;
    put = put_begin(bench, FASTI_ENTITY_SERVICE, "visit");
    put->body.service.duration_minutes = VISIT_MINUTES;
    if (!ask(bench, "service"))
        return false;
    bench->service = (fasti_service_id){bench->answer.id};
    for (uint32_t i = 0; i < bench->options->schedules; i++)
        if (!put_schedule(bench, i))
            return false;
    return true;
}

/* ---- the figures ---- */

static bool bench_week(struct bench *bench, const char *name) {
    struct fasti_availability_query *query = &bench->command.body.availability;
    bench->command.kind = FASTI_COMMAND_AVAILABILITY;
    bench->command.organization = bench->organization;
    query->service = bench->service;
    query->facts = (struct fasti_facts){0};
    query->first = (fasti_date){DATE_FIRST};
    query->day_count = 7;
    query->schedule_count = 1;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const int64_t stop_ns = begin_ns + (int64_t)bench->options->seconds * 1000000000;
    int64_t now_ns = begin_ns;
    uint64_t count = 0, starts = 0;
    while (now_ns < stop_ns) {
        for (uint32_t i = 0; i < 256; i++) {
            query->schedules[0] =
                bench->schedules[fasti_prng_below(&bench->prng, bench->options->schedules)];
            if (!fasti_engine_submit(bench->engine, 0, &bench->command, 0, &bench->answer) ||
                bench->answer.status != FASTI_OK)
                return complain(bench, name, bench->answer.status);
            starts += bench->answer.body.availability->total;
        }
        count += 256;
        (void)fasti_engine_poll(bench->engine, 0, bench->answers, POLL_MAX);
        now_ns = fasti_clock_monotonic_ns();
    }
    report(bench->options, name, count, now_ns - begin_ns);
    if (!bench->options->json)
        printf("%-28s %14.1f starts a week\n", "", (double)starts / (double)count);
    return true;
}

/* The i-th start of a walk that visits each (schedule, day, visit) once: a stride that shares no
 * factor with the count. */
static void fill_book(struct bench *bench, uint64_t i) {
    const uint64_t count = (uint64_t)bench->options->schedules * BOOK_DAYS * VISITS;
    const uint64_t at = i * UINT64_C(1000000007) % count;
    struct fasti_book *book = &bench->command.body.book;
    struct fasti_book_item *item = &book->items[0];
    book->appointment_count = book->item_count = 1;
    item->schedule = bench->schedules[at / (BOOK_DAYS * VISITS)];
    item->service = bench->service;
    const int64_t date = DATE_FIRST + (int64_t)(at / VISITS % BOOK_DAYS);
    item->start_utc_s =
        date * FASTI_DAY_SECONDS + (OPEN_MINUTE + (int64_t)(at % VISITS) * VISIT_MINUTES) * 60;
    book->appointments[0] =
        (struct fasti_book_appointment){.patient = "patient0", .patient_length = 8};
}

/* Takes the answers that are there; false when one is not a booking. */
static bool book_poll(struct bench *bench, uint32_t *in_flight) {
    const uint32_t count = fasti_engine_poll(bench->engine, 0, bench->answers, POLL_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (bench->answers[i].status != FASTI_OK ||
            bench->answers[i].outcome != FASTI_OUTCOME_BOOKED) {
            bench->detail = bench->answers[i].detail;
            return complain(bench, "book", bench->answers[i].status);
        }
    *in_flight -= count;
    return true;
}

static bool bench_book(struct bench *bench) {
    const uint64_t room = (uint64_t)bench->options->schedules * BOOK_DAYS * VISITS;
    const uint64_t wanted = bench->options->bookings < room ? bench->options->bookings : room;
    uint32_t in_flight = 0;
    bench->command.kind = FASTI_COMMAND_BOOK;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    for (uint64_t sent = 0; sent < wanted || in_flight > 0;) {
        for (; in_flight < bench->options->depth && sent < wanted; sent++, in_flight++) {
            fill_book(bench, sent);
            if (fasti_engine_submit(bench->engine, 0, &bench->command, sent, &bench->answer)) {
                bench->detail = bench->answer.detail;
                return complain(bench, "book", bench->answer.status);
            }
        }
        if (!book_poll(bench, &in_flight))
            return false;
    }
    report(bench->options, "durable bookings, sim disk", wanted,
           fasti_clock_monotonic_ns() - begin_ns);
    return true;
}

static bool bench_replay(struct bench *bench) {
    fasti_engine_close(bench->engine, true);
    bench->engine = NULL;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    if (!engine_open(bench))
        return false;
    report(bench->options, "replay, effects", bench->recovery.effects,
           fasti_clock_monotonic_ns() - begin_ns);
    return true;
}

static bool run_all(struct bench *bench) {
    return engine_open(bench) && put_directory(bench) && bench_week(bench, "week, all free") &&
           bench_book(bench) && bench_week(bench, "week, booked") && bench_replay(bench);
}

/* ---- the subcommand ---- */

static error_t parse(int key, char *text, struct argp_state *state) {
    struct options *options = state->input;
    bool is_good = true;
    switch (key) {
    case 'n':
        is_good = fasti_bench_number("--schedules", text, 1, SCHEDULES_MAX, &options->schedules);
        break;
    case 'd':
        is_good = fasti_bench_number("--depth", text, 1, FASTI_BENCH_DEPTH_MAX, &options->depth);
        break;
    case 't': is_good = fasti_bench_number("--seconds", text, 1, 600, &options->seconds); break;
    case 'b':
        is_good = fasti_bench_number("--bookings", text, 1, BOOKINGS_MAX, &options->bookings);
        break;
    case 'j': options->json = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

int fasti_bench_engine(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"schedules", 'n', "N", 0, "how many schedules (default 1000)", 0},
        {"bookings", 'b', "N", 0, "how many bookings, as far as there is room (default 500000)", 0},
        {"depth", 'd', "N", 0, "bookings on their way (default 256)", 0},
        {"seconds", 't', "N", 0, "how long the week figures take each (default 2)", 0},
        {"json", 'j', NULL, 0, "one JSON object a figure", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Measures the engine in this process, one worker, on a simulated disk.",
    };
    struct options options = {.schedules = 1000, .depth = 256, .seconds = 2, .bookings = 500000};
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return FASTI_BENCH_EXIT_USAGE;
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        abort();
    bench->options = &options;
    bench->prng = (struct fasti_prng){1};
    bench->disk = fasti_sim_disk_create(1);
    bench->schedules = calloc(options.schedules, sizeof *bench->schedules);
    if (bench->disk == NULL || bench->schedules == NULL)
        abort();
    /* After a failure commands may be on their way, and an engine with those cannot close. */
    if (!run_all(bench))
        exit(FASTI_BENCH_EXIT_SERVER);
    fasti_engine_close(bench->engine, true);
    fasti_sim_disk_destroy(bench->disk);
    free(bench->schedules);
    free(bench);
    return 0;
}
