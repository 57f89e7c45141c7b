/*
 * bench_engine.c - fasti-bench engine: the engine in this process, without wire and disk.
 *
 *   week    availability of seven days of one random schedule, starts written out
 *   book    durable bookings through submit and poll, `depth` on their way
 *   replay  the log that the bookings made, recovered by a second open
 *   with --data, on a real directory: bookings without and with a snapshot being written beside
 * them, then the start from it, and for comparison reading the file alone
 *
 * Else the disk is the simulated one, in memory: what is measured is the processor's share. One
 * worker, one thread, a clock that stands still. Every step is checked; a refusal ends the run.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/bench_histogram.h"
#include "bench/bench_inner.h"

#define BOOK_DAYS     60
#define SCHEDULES_MAX 100000
#define BOOKINGS_MAX  20000000
#define TAG_SNAPSHOT  UINT64_MAX
#define READ_BYTES    ((size_t)4 << 20)

/* ---- the figures ---- */

static bool bench_week(struct fasti_bench_inner *bench, const char *name) {
    struct fasti_availability_query *query = &bench->command.body.availability;
    bench->command.kind = FASTI_COMMAND_AVAILABILITY;
    bench->command.organization = bench->organization;
    query->service_count = 1;
    query->services[0] = bench->service;
    query->location_count = 0;
    query->after = 0;
    query->facts = (struct fasti_facts){0};
    query->first = (fasti_date){FASTI_BENCH_DATE_FIRST};
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
                return fasti_bench_complain(bench, name, bench->answer.status);
            starts += bench->answer.body.availability->total;
        }
        count += 256;
        (void)fasti_engine_poll(bench->engine, 0, bench->answers, FASTI_BENCH_POLL_MAX);
        now_ns = fasti_clock_monotonic_ns();
    }
    fasti_bench_report(bench->options, name, count, now_ns - begin_ns);
    if (!bench->options->json)
        printf("%-28s %14.1f starts a week\n", "", (double)starts / (double)count);
    return true;
}

/* The i-th start of a walk that visits each (schedule, day, visit) once: a stride that shares no
 * factor with the count. */
static void fill_book(struct fasti_bench_inner *bench, uint64_t i) {
    const uint64_t count = (uint64_t)bench->options->schedules * BOOK_DAYS * FASTI_BENCH_VISITS;
    const uint64_t at = i * UINT64_C(1000000007) % count;
    struct fasti_book *book = &bench->command.body.book;
    struct fasti_book_item *item = &book->items[0];
    book->appointment_count = book->item_count = 1;
    item->schedule = bench->schedules[at / (BOOK_DAYS * FASTI_BENCH_VISITS)];
    item->service = bench->service;
    const int64_t date = FASTI_BENCH_DATE_FIRST + (int64_t)(at / FASTI_BENCH_VISITS % BOOK_DAYS);
    item->start_utc_s =
        date * FASTI_DAY_SECONDS +
        (FASTI_BENCH_OPEN_MINUTE + (int64_t)(at % FASTI_BENCH_VISITS) * FASTI_BENCH_VISIT_MINUTES) *
            60;
    book->appointments[0] =
        (struct fasti_book_appointment){.patient = "patient0", .patient_length = 8};
}

/* Takes the answers that are there; false when one is not a booking. */
static bool book_poll(struct fasti_bench_inner *bench, uint32_t *in_flight) {
    const uint32_t count =
        fasti_engine_poll(bench->engine, 0, bench->answers, FASTI_BENCH_POLL_MAX);
    const int64_t now_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_answer *answer = &bench->answers[i];
        bench->detail = answer->detail;
        if (answer->status != FASTI_OK)
            return fasti_bench_complain(bench, "book", answer->status);
        if (answer->tag == TAG_SNAPSHOT) {
            bench->snapshot = answer->body.status;
            bench->is_snapshot_over = true;
            continue;
        }
        if (answer->outcome != FASTI_OUTCOME_BOOKED)
            return fasti_bench_complain(bench, "book", answer->status);
        if (bench->latency != NULL)
            fasti_histogram_record(
                bench->latency,
                (uint64_t)(now_ns - bench->begun_ns[answer->tag % FASTI_BENCH_TAGS]));
        --*in_flight;
    }
    return true;
}

/* One booking more on its way. */
static bool book_send(struct fasti_bench_inner *bench, uint32_t *in_flight) {
    fill_book(bench, bench->sent);
    bench->begun_ns[bench->sent % FASTI_BENCH_TAGS] = fasti_clock_monotonic_ns();
    if (fasti_engine_submit(bench->engine, 0, &bench->command, bench->sent, &bench->answer)) {
        bench->detail = bench->answer.detail;
        return fasti_bench_complain(bench, "book", bench->answer.status);
    }
    bench->sent++;
    ++*in_flight;
    return true;
}

static uint64_t book_room(const struct fasti_bench_inner *bench) {
    return (uint64_t)bench->options->schedules * BOOK_DAYS * FASTI_BENCH_VISITS;
}

static bool bench_book(struct fasti_bench_inner *bench) {
    const uint64_t room = book_room(bench);
    const uint64_t wanted = bench->options->bookings < room ? bench->options->bookings : room;
    uint32_t in_flight = 0;
    bench->command.kind = FASTI_COMMAND_BOOK;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    while (bench->sent < wanted || in_flight > 0) {
        while (in_flight < bench->options->depth && bench->sent < wanted)
            if (!book_send(bench, &in_flight))
                return false;
        if (!book_poll(bench, &in_flight))
            return false;
    }
    fasti_bench_report(bench->options,
                       bench->options->data == NULL ? "durable bookings, sim disk"
                                                    : "durable bookings",
                       wanted, fasti_clock_monotonic_ns() - begin_ns);
    return true;
}

/* ---- with a snapshot beside them, on a real directory ---- */

/* Bookings, closed loop, for so long, or until the snapshot is written. */
static bool book_measure(struct fasti_bench_inner *bench, struct fasti_histogram *latency,
                         bool has_snapshot, double *rate) {
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const int64_t stop_ns = begin_ns + (int64_t)bench->options->seconds * 1000000000;
    const uint64_t first = bench->sent;
    uint32_t in_flight = 0;
    bench->latency = latency;
    bool goes_on = true;
    while (goes_on || in_flight > 0) {
        goes_on = goes_on && bench->sent < book_room(bench) &&
                  (has_snapshot ? !bench->is_snapshot_over : fasti_clock_monotonic_ns() < stop_ns);
        while (goes_on && in_flight < bench->options->depth && bench->sent < book_room(bench))
            if (!book_send(bench, &in_flight))
                return false;
        if (!book_poll(bench, &in_flight))
            return false;
    }
    while (has_snapshot && !bench->is_snapshot_over)
        if (!book_poll(bench, &in_flight))
            return false;
    bench->latency = NULL;
    *rate = 1e9 * (double)(bench->sent - first) / (double)(fasti_clock_monotonic_ns() - begin_ns);
    return true;
}

static void latency_report(const struct fasti_bench_options *options, const char *name,
                           const struct fasti_histogram *latency, double rate) {
    const double us = 1e-3;
    const double p50 = us * (double)fasti_histogram_percentile(latency, 500);
    const double p99 = us * (double)fasti_histogram_percentile(latency, 990);
    const double p999 = us * (double)fasti_histogram_percentile(latency, 999);
    const double most = us * (double)latency->value_max;
    if (options->json)
        printf("{\"figure\":\"%s\",\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,"
               "\"p999_us\":%.0f,\"max_us\":%.0f}\n",
               name, rate, p50, p99, p999, most);
    else
        printf("%-28s %14.0f /s   p50 %.0f  p99 %.0f  p99.9 %.0f  max %.0f us\n", name, rate, p50,
               p99, p999, most);
    fflush(stdout);
}

static bool bench_snapshot(struct fasti_bench_inner *bench) {
    static struct fasti_histogram without, with;
    double rate;
    if (!book_measure(bench, &without, false, &rate))
        return false;
    latency_report(bench->options, "bookings alone", &without, rate);
    struct fasti_command command = {.kind = FASTI_COMMAND_CHECKPOINT};
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    if (fasti_engine_submit(bench->engine, 0, &command, TAG_SNAPSHOT, &bench->answer))
        return fasti_bench_complain(bench, "snapshot", bench->answer.status);
    if (!book_measure(bench, &with, true, &rate))
        return false;
    const double seconds = (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9;
    latency_report(bench->options, "bookings beside a snapshot", &with, rate);
    const uint64_t bytes = bench->snapshot.snapshot_bytes;
    struct fasti_snapshot_news news;
    fasti_engine_snapshot(bench->engine, &news);
    fasti_bench_report(bench->options, "snapshot, appointments", bench->snapshot.appointments,
                       (int64_t)(seconds * 1e9));
    if (!bench->options->json)
        printf("%-28s %14.1f s, %.0f MB; p99 %.2f x of alone; longest step %.2f ms\n", "", seconds,
               (double)bytes / 1e6,
               (double)fasti_histogram_percentile(&with, 990) /
                   (double)fasti_histogram_percentile(&without, 990),
               (double)news.step_ns_max / 1e6);
    return true;
}

/* The snapshot's file, read and looked at by nobody. */
static bool bench_read(struct fasti_bench_inner *bench, int64_t *ns) {
    struct fasti_io *io;
    struct fasti_io_file file;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    uint8_t *buffer = aligned_alloc(FASTI_BLOCK_BYTES, READ_BYTES);
    enum fasti_status status =
        fasti_io_open_directory(bench->options->data, 1, true, &io, &bench->detail);
    if (buffer == NULL || status != FASTI_OK)
        return fasti_bench_complain(bench, "read", status);
    (void)snprintf(name, sizeof name, "snapshot-%016" PRIx64, bench->snapshot.snapshot);
    status = io->operations->open(io, name, &file);
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    uint64_t offset = 0;
    size_t done = READ_BYTES;
    for (; status == FASTI_OK && offset < bench->snapshot.snapshot_bytes; offset += READ_BYTES)
        status = io->operations->read(io, file, offset, buffer, READ_BYTES, &done);
    *ns = fasti_clock_monotonic_ns() - begin_ns;
    io->operations->close_file(io, file);
    io->operations->close(io);
    free(buffer);
    return status == FASTI_OK || fasti_bench_complain(bench, "read", status);
}

static bool bench_recover(struct fasti_bench_inner *bench) {
    int64_t read_ns = 0;
    fasti_engine_close(bench->engine, true);
    bench->engine = NULL;
    if (!bench_read(bench, &read_ns) || !fasti_bench_inner_open(bench))
        return false;
    const double seconds = (double)bench->recovery.milliseconds / 1e3;
    fasti_bench_report(bench->options, "recovery, entries", bench->recovery.snapshot_entries,
                       bench->recovery.milliseconds * 1000000);
    if (!bench->options->json)
        printf("%-28s %14.2f s: snapshot %" PRIu64 " and %" PRIu64
               " effects; reading its file %.2f s: %.2f x\n",
               "", seconds, bench->recovery.snapshot, bench->recovery.effects,
               (double)read_ns / 1e9, seconds * 1e9 / (double)read_ns);
    return true;
}

static bool bench_replay(struct fasti_bench_inner *bench) {
    fasti_engine_close(bench->engine, true);
    bench->engine = NULL;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    if (!fasti_bench_inner_open(bench))
        return false;
    fasti_bench_report(bench->options, "replay, effects", bench->recovery.effects,
                       fasti_clock_monotonic_ns() - begin_ns);
    return true;
}

static bool run_all(struct fasti_bench_inner *bench) {
    return fasti_bench_inner_open(bench) && fasti_bench_inner_fill(bench) &&
           bench_week(bench, "week, all free") && bench_book(bench) &&
           (bench->options->data == NULL ? bench_week(bench, "week, booked") && bench_replay(bench)
                                         : bench_snapshot(bench) && bench_recover(bench));
}

/* ---- the subcommand ---- */

static error_t parse(int key, char *text, struct argp_state *state) {
    struct fasti_bench_options *options = state->input;
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
    case 'D': options->data = text; break;
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
        {"data", 'D', "DIR", 0, "a new directory on a real disk, with snapshots", 0},
        {"json", 'j', NULL, 0, "one JSON object a figure", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Measures the engine in this process, one worker, on a simulated disk.",
    };
    struct fasti_bench_options options = {.schedules = 1000,
                                          .depth = 256,
                                          .seconds = 2,
                                          .bookings = 500000,
                                          .open_days = 365,
                                          .snapshot_log_bytes = UINT64_MAX};
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return FASTI_BENCH_EXIT_USAGE;
    struct fasti_bench_inner *bench = fasti_bench_inner_make(&options);
    /* After a failure commands may be on their way, and an engine with those cannot close. */
    if (!run_all(bench))
        exit(FASTI_BENCH_EXIT_SERVER);
    fasti_bench_inner_free(bench);
    return 0;
}
