/*
 * bench_life.c - fasti-bench life: years of a calendar in minutes, on a real directory.
 *
 *   each day   bookings of a day some weeks ahead, cancels among them, marks of what is past
 *   midnight   the clock moves on; the engine retires, purges, compiles and snapshots by itself
 *   30 days    a line: memory, log and snapshots on the disk
 *   the end    a stop; the log behind the oldest snapshot is replayed, its digest must be the same
 *
 * Memory is flat when the last year needs no more than the half year before it.
 */
#include <argp.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench_inner.h"

#define DAY_MS       INT64_C(86400000)
#define AHEAD_DAYS   28 /* a day is booked so long before */
#define CANCEL_EACH  10 /* of so many bookings one is cancelled */
#define MARK_EACH    2  /* and one marked */
#define DEPTH        256
#define DAY_NS       (20 * 1000 * 1000) /* a night: the engine is polled for so long */
#define FLAT_PERCENT 105

struct life {
    struct fasti_bench_inner *bench;
    uint64_t *records; /* of the days that may still be changed: a ring of AHEAD_DAYS + 2 days */
    uint32_t day_room, in_flight;
    uint64_t booked, changed;
    int64_t day;
    uint64_t rss_first, rss_last; /* most, of the half year before the last year, and of that */
    uint64_t disk_most;
};

static uint64_t *day_records(const struct life *life, int64_t day) {
    return life->records + (uint64_t)(day % (AHEAD_DAYS + 2)) * life->day_room;
}

/* ---- acts ---- */

static bool answers_take(struct life *life) {
    struct fasti_bench_inner *bench = life->bench;
    const uint32_t count =
        fasti_engine_poll(bench->engine, 0, bench->answers, FASTI_BENCH_POLL_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_answer *answer = &bench->answers[i];
        bench->detail = answer->detail;
        if (answer->status != FASTI_OK || !fasti_outcome_is_done(answer->outcome))
            return fasti_bench_complain(bench, "a day's act", answer->status);
        if (answer->kind == FASTI_COMMAND_BOOK)
            day_records(life, life->day + AHEAD_DAYS)[answer->tag] = answer->record.v;
        life->booked += answer->kind == FASTI_COMMAND_BOOK;
        life->changed += answer->kind != FASTI_COMMAND_BOOK;
        life->in_flight--;
    }
    return true;
}

static bool act(struct life *life, uint64_t tag) {
    struct fasti_bench_inner *bench = life->bench;
    while (life->in_flight >= DEPTH)
        if (!answers_take(life))
            return false;
    if (fasti_engine_submit(bench->engine, 0, &bench->command, tag, &bench->answer)) {
        bench->detail = bench->answer.detail;
        return fasti_bench_complain(bench, "a day's act", bench->answer.status);
    }
    life->in_flight++;
    return true;
}

static bool acts_end(struct life *life) {
    while (life->in_flight > 0)
        if (!answers_take(life))
            return false;
    return true;
}

/* Books a share of the visits of the day that is AHEAD_DAYS ahead. */
static bool day_book(struct life *life, uint32_t count) {
    struct fasti_bench_inner *bench = life->bench;
    struct fasti_book *book = &bench->command.body.book;
    const int64_t date = FASTI_BENCH_DATE_FIRST + life->day + AHEAD_DAYS;
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.kind = FASTI_COMMAND_BOOK;
    bench->command.organization = bench->organization;
    book->appointment_count = book->item_count = 1;
    for (uint32_t i = 0; i < count; i++) {
        char patient[16];
        const int length = snprintf(patient, sizeof patient, "p-%" PRIu64,
                                    fasti_prng_below(&bench->prng, 1000000));
        book->items[0] = (struct fasti_book_item){
            .schedule = bench->schedules[i % bench->options->schedules],
            .service = bench->service,
            .start_utc_s =
                date * 86400 + (FASTI_BENCH_OPEN_MINUTE + (int64_t)(i / bench->options->schedules) *
                                                              FASTI_BENCH_VISIT_MINUTES) *
                                   60,
        };
        book->appointments[0] =
            (struct fasti_book_appointment){.patient = patient, .patient_length = (uint8_t)length};
        if (!act(life, i))
            return false;
    }
    return acts_end(life);
}

/* Cancels some of what is booked for some weeks on, marks some of yesterday. */
static bool day_change(struct life *life, uint32_t count) {
    struct fasti_bench_inner *bench = life->bench;
    const uint64_t *ahead = day_records(life, life->day + AHEAD_DAYS);
    const uint64_t *past = day_records(life, life->day + AHEAD_DAYS + 1); /* oldest of the ring */
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.organization = bench->organization;
    bench->command.kind = FASTI_COMMAND_CANCEL;
    for (uint32_t i = 0; i < count; i += CANCEL_EACH) {
        bench->command.body.cancel = (struct fasti_cancel){.record = {ahead[i]}};
        if (!act(life, 0))
            return false;
    }
    bench->command.kind = FASTI_COMMAND_MARK;
    for (uint32_t i = 1; i < count && past[0] != 0; i += MARK_EACH) { /* odd: none is cancelled */
        bench->command.body.mark =
            (struct fasti_mark){.record = {past[i]}, .state = FASTI_STATE_FULFILLED};
        if (!act(life, 0))
            return false;
    }
    return acts_end(life);
}

/* ---- what it costs ---- */

/* Bytes of this process in memory. */
static uint64_t rss_bytes(void) {
    unsigned long long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%llu %llu", &size, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t directory_bytes(const char *path) {
    uint64_t bytes = 0;
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char name[4096];
        struct stat info;
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (stat(name, &info) == 0 && S_ISREG(info.st_mode))
            bytes += (uint64_t)info.st_size;
    }
    if (directory != NULL)
        closedir(directory);
    return bytes;
}

static bool month_report(struct life *life, int64_t days) {
    struct fasti_bench_inner *bench = life->bench;
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.kind = FASTI_COMMAND_STATUS;
    if (!fasti_bench_ask(bench, "status"))
        return false;
    const struct fasti_status_answer *status = &bench->answer.body.status;
    const uint64_t rss = rss_bytes(), disk = directory_bytes(bench->options->data);
    if (life->day >= days - 365 && rss > life->rss_last)
        life->rss_last = rss;
    if (life->day < days - 365 && life->day >= days - 365 - 180 && rss > life->rss_first)
        life->rss_first = rss;
    if (disk > life->disk_most)
        life->disk_most = disk;
    if (bench->options->json)
        printf("{\"day\":%" PRId64 ",\"booked\":%" PRIu64 ",\"appointments\":%" PRIu64
               ",\"rss\":%" PRIu64 ",\"arena\":%" PRIu64 ",\"disk\":%" PRIu64 "}\n",
               life->day, life->booked, status->appointments, rss, status->arena_bytes, disk);
    else
        printf("day %4" PRId64 ": %9" PRIu64 " booked, %8" PRIu64 " there, purged %9" PRIu64
               "; memory %5.0f MB, arena %5.0f, disk %6.0f; snapshot %" PRIu64 "\n",
               life->day, life->booked, status->appointments, status->purged_records,
               (double)rss / 1e6, (double)status->arena_bytes / 1e6, (double)disk / 1e6,
               status->snapshot);
    fflush(stdout);
    return true;
}

/* ---- a life ---- */

static bool night(struct life *life) {
    struct fasti_bench_inner *bench = life->bench;
    fasti_engine_clock(bench->engine)->offset_ms += DAY_MS;
    life->day++;
    const int64_t stop_ns = fasti_clock_monotonic_ns() + DAY_NS;
    while (fasti_clock_monotonic_ns() < stop_ns)
        if (!answers_take(life))
            return false;
    return true;
}

static bool live(struct life *life, int64_t days) {
    const uint32_t count = life->day_room;
    while (life->day < days) {
        if (!day_book(life, count) || !day_change(life, count))
            return false;
        if (life->day % 30 == 0 && !month_report(life, days))
            return false;
        if (!night(life))
            return false;
    }
    return month_report(life, days);
}

/* The digest of the state, then of what the directory says. */
static bool end(struct life *life) {
    struct fasti_bench_inner *bench = life->bench;
    struct fasti_inspect_report report;
    struct fasti_io *io;
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.kind = FASTI_COMMAND_STATUS;
    if (!fasti_bench_ask(bench, "status"))
        return false;
    const struct fasti_hash128 digest = bench->answer.body.status.digest;
    fasti_engine_close(bench->engine, true);
    bench->engine = NULL;
    enum fasti_status status =
        fasti_io_open_directory(bench->options->data, 1, true, &io, &bench->detail);
    if (status == FASTI_OK) {
        status =
            fasti_engine_inspect(io, FASTI_INSPECT_DIGEST, NULL, NULL, &report, &bench->detail);
        io->operations->close(io);
    }
    if (status != FASTI_OK || report.digest_computed.low != digest.low ||
        report.digest_computed.high != digest.high)
        return fasti_bench_complain(bench, "the digest of what is on the disk", status);
    printf("digest right after replay of %" PRIu64 " effects behind snapshot %" PRIu64 "\n",
           report.effects, report.snapshot);
    return fasti_bench_inner_open(bench);
}

static bool is_flat(const struct life *life) {
    const double ratio = (double)life->rss_last / (double)life->rss_first;
    printf("%" PRIu64 " bookings, %" PRIu64 " changes; memory of the last year %.0f MB, %.2f x of "
           "the half year before; at most %.0f MB on the disk\n",
           life->booked, life->changed, (double)life->rss_last / 1e6, ratio,
           (double)life->disk_most / 1e6);
    return life->rss_last * 100 <= life->rss_first * FLAT_PERCENT;
}

static bool run(struct fasti_bench_inner *bench) {
    const struct fasti_bench_options *options = bench->options;
    const int64_t days = (int64_t)options->years * 365;
    struct life life = {.bench = bench, .day_room = options->bookings / (uint32_t)days};
    life.records = calloc((uint64_t)life.day_room * (AHEAD_DAYS + 2), sizeof *life.records);
    if (life.records == NULL)
        abort();
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const bool is_good = fasti_bench_inner_open(bench) && fasti_bench_inner_fill(bench) &&
                         live(&life, days) && end(&life);
    printf("%.0f s\n", (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9);
    free(life.records);
    return is_good && is_flat(&life);
}

/* ---- the subcommand ---- */

static error_t parse(int key, char *text, struct argp_state *state) {
    struct fasti_bench_options *options = state->input;
    bool is_good = true;
    switch (key) {
    case 'n':
        is_good = fasti_bench_number("--schedules", text, 1, 100000, &options->schedules);
        break;
    case 'b':
        is_good = fasti_bench_number("--bookings", text, 7300, 100000000, &options->bookings);
        break;
    case 'y': is_good = fasti_bench_number("--years", text, 2, 20, &options->years); break;
    case 'r':
        is_good = fasti_bench_number("--retention-days", text, 1, 90, &options->retention_days);
        break;
    case 'D': options->data = text; break;
    case 'j': options->json = true; break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return is_good ? 0 : EINVAL;
}

int fasti_bench_life(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"data", 'D', "DIR", 0, "a new directory on a real disk (needed)", 0},
        {"schedules", 'n', "N", 0, "how many schedules (default 1200)", 0},
        {"bookings", 'b', "N", 0, "how many bookings in all (default 20000000)", 0},
        {"years", 'y', "N", 0, "of the engine's time (default 2)", 0},
        {"retention-days", 'r', "N", 0, "records are kept so long (default 60)", 0},
        {"json", 'j', NULL, 0, "one JSON object a line", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "Lives through years of a calendar in this process, one worker. Exit 3 when memory "
               "is not flat, or the digest not right.",
    };
    struct fasti_bench_options options = {
        .schedules = 1200,
        .bookings = 20000000,
        .years = 2,
        .past_days = FASTI_PAST_DAYS_DEFAULT,
        .retention_days = 60,
    };
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return FASTI_BENCH_EXIT_USAGE;
    const uint64_t room = (uint64_t)options.schedules * FASTI_BENCH_VISITS * 365 * options.years;
    if (options.data == NULL || options.bookings > room) {
        fprintf(stderr, options.data == NULL
                            ? "fasti-bench: life needs a --data DIR\n"
                            : "fasti-bench: so many bookings have no room on so few schedules\n");
        return FASTI_BENCH_EXIT_USAGE;
    }
    options.open_days = (int32_t)options.years * 365 + AHEAD_DAYS + 1;
    struct fasti_bench_inner *bench = fasti_bench_inner_make(&options);
    if (!run(bench)) /* commands may be on their way, and an engine with those cannot close */
        exit(FASTI_BENCH_EXIT_SERVER);
    fasti_bench_inner_free(bench);
    return 0;
}
