/*
 * rooms.c - fasti-bench-rooms: what single rooms cost, below engine.h and without a wire.
 *
 *   claim   one day cell: read, build the next page, swap, retire; take and release in turn;
 *           then two day cells at once, with a descriptor
 *   rules   one candidate start asked of the rules, as claims do; one day's starts, as search does
 *   compile openings of 50,000 schedules to the patterns of their days (rooms_compile.c)
 *   ical    a calendar file of 20 MB read, beside libical's own parser (rooms_ical.c)
 *   week    seven days of a random schedule: free time, starts of one service, written out
 *   flush   4 KiB writes a second with RWF_DSYNC to a zeroed file: what the disk gives one writer
 *
 * The only program (rooms*.c) that may look below engine.h (tools/lint knows). One thread, bounded
 * loops; figures go to standard output, one line or one JSON object each. Not a test: asserts
 * nothing about time.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/bench_histogram.h"
#include "bench/rooms.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/epoch.h"
#include "engine/base/panic.h"
#include "engine/base/prng.h"
#include "engine/calendar/cell.h"
#include "engine/calendar/claim.h"
#include "engine/calendar/kernels.h"
#include "engine/calendar/page.h"
#include "engine/rules/rule.h"

#define CLAIM_COUNT     UINT32_C(10000000)
#define WEEK_SCHEDULES  UINT32_C(50000)
#define WEEK_QUERIES    UINT32_C(2000000)
#define WEEK_DAYS       7
#define DAY_TICKS       288 /* 24 hours at 5 minutes */
#define OPEN_TICK       90  /* 07:30 */
#define OPEN_TICK_END   228 /* 19:00 */
#define VISIT_TICKS     4   /* 20 minutes, also the grid */
#define FLUSH_FILE_SIZE (UINT32_C(16) << 20)

static void report(const struct rooms_options *options, const char *name, double rate, double ns) {
    if (options->json)
        printf("{\"figure\":\"%s\",\"per_second\":%.0f,\"ns\":%.1f}\n", name, rate, ns);
    else
        printf("%-28s %14.0f /s %12.1f ns each\n", name, rate, ns);
    fflush(stdout);
}

void rooms_report(const struct rooms_options *options, const char *name, uint64_t count,
                  int64_t elapsed_ns) {
    report(options, name, 1e9 * (double)count / (double)elapsed_ns,
           (double)elapsed_ns / (double)count);
}

/* ---- uncontended claims ---- */

struct workshop {
    struct fasti_arena arena;
    struct fasti_arena_local local;
    struct fasti_epoch epoch;
    struct fasti_limbo limbo;
};

static struct workshop *workshop_open(void) {
    struct workshop *shop = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *shop);
    FASTI_ASSERT(shop != NULL);
    fasti_arena_init(&shop->arena, UINT64_C(1) << 30);
    fasti_arena_local_init(&shop->local, &shop->arena);
    fasti_epoch_init(&shop->epoch, 1);
    const bool has_limbo = fasti_limbo_init(&shop->limbo, &shop->epoch, &shop->local, 0);
    FASTI_ASSERT(has_limbo);
    fasti_epoch_online(&shop->limbo);
    return shop;
}

static void workshop_close(struct workshop *shop) {
    fasti_epoch_offline(&shop->limbo);
    fasti_limbo_deinit(&shop->limbo);
    fasti_arena_deinit(&shop->arena);
    free(shop);
}

static const struct fasti_page *page_of(struct workshop *shop, uint64_t word) {
    return fasti_cell_index(word) == 0 ? &fasti_page_empty
                                       : fasti_arena_at(&shop->arena, fasti_cell_index(word));
}

enum {
    CLAIM_CELLS = 1024,
    CLAIM_CELLS_AT_ONCE = 2,
    CLAIM_VISITS = (OPEN_TICK_END - OPEN_TICK) / VISIT_TICKS
};

/* One visit taken or released in each of count day cells, the same of all, as reserve and cancel do
 * it: cells that follow the first. */
static void claim_once(struct workshop *shop, _Atomic uint64_t *cells, uint32_t count, bool take,
                       uint16_t tick) {
    const struct fasti_page *pages[CLAIM_CELLS_AT_ONCE];
    struct fasti_claim_item items[CLAIM_CELLS_AT_ONCE];
    const struct fasti_page_change change = {.operation =
                                                 take ? FASTI_PAGE_TAKE : FASTI_PAGE_RELEASE,
                                             .tick = tick,
                                             .count = VISIT_TICKS};
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t word = fasti_cell_read(&shop->arena, &cells[i]);
        pages[i] = page_of(shop, word);
        uint32_t index;
        const bool has_page = fasti_page_apply(&shop->local, pages[i], &change, &index);
        FASTI_ASSERT(has_page);
        items[i] = (struct fasti_claim_item){
            .cell = &cells[i],
            .cell_id = i,
            .old_word = word,
            .new_word = fasti_cell_word(FASTI_TAG_PAGE, fasti_cell_version(word) + 1, index),
        };
    }
    const enum fasti_claim_result result = fasti_claim_swap(&shop->limbo, items, count);
    FASTI_ASSERT(result == FASTI_CLAIM_WON);
    for (uint32_t i = 0; i < count; i++)
        if (pages[i] != &fasti_page_empty)
            fasti_limbo_retire(&shop->limbo, fasti_cell_index(items[i].old_word),
                               fasti_page_bytes(pages[i]));
    fasti_epoch_quiescent(&shop->limbo);
    (void)fasti_limbo_collect(&shop->limbo, 4);
}

static void bench_claims(const struct rooms_options *options, const char *name, uint32_t count,
                         uint32_t claims) {
    static _Atomic uint64_t cells[CLAIM_CELLS];
    static uint8_t state[CLAIM_CELLS][CLAIM_VISITS];
    struct workshop *shop = workshop_open();
    struct fasti_prng prng = {1};
    memset(state, 0, sizeof state);
    for (uint32_t i = 0; i < CLAIM_CELLS; i++)
        fasti_store_relaxed(&cells[i], UINT64_C(0));
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < claims; i++) {
        const uint64_t random = fasti_prng_next(&prng);
        const uint32_t cell = (uint32_t)random % (CLAIM_CELLS / count) * count;
        const uint32_t visit = (uint32_t)(random >> 32) % CLAIM_VISITS;
        state[cell][visit] ^= 1;
        claim_once(shop, &cells[cell], count, state[cell][visit] != 0,
                   (uint16_t)(OPEN_TICK + visit * VISIT_TICKS));
    }
    rooms_report(options, name, claims, fasti_clock_monotonic_ns() - begin_ns);
    workshop_close(shop);
}

static void bench_claim(const struct rooms_options *options) {
    bench_claims(options, "claim k=1, page and retire", 1, CLAIM_COUNT);
    bench_claims(options, "claim k=2, pages and retire", 2, CLAIM_COUNT);
}

/* ---- rules ---- */

#define RULE_COUNT UINT32_C(4000000)
#define RULE_DATE  20600

static const struct fasti_terms *rule_terms(bool has_rules) {
    static const struct fasti_terms none, all = {.before_minutes = 5,
                                                 .after_minutes = 10,
                                                 .capacity = 1,
                                                 .notice_minutes = 120,
                                                 .horizon_days = 90,
                                                 .horizon_minute = 480,
                                                 .day_limit = 30,
                                                 .week_limit = 200,
                                                 .month_limit = 700,
                                                 .from_minute = 480,
                                                 .to_minute = 1080,
                                                 .age_min_months = 216,
                                                 .weekdays = 31,
                                                 .modalities = 1,
                                                 .sectors = 1,
                                                 .flags = FASTI_TERMS_REFERRAL};
    return has_rules ? &all : &none;
}

static const struct fasti_page *rule_page(struct workshop *shop) {
    struct fasti_prng prng = {3};
    uint32_t index = 0;
    for (uint16_t tick = OPEN_TICK; tick + 4 <= OPEN_TICK_END; tick += 8) {
        const struct fasti_page_change change = {
            .operation = FASTI_PAGE_TAKE,
            .tick = tick,
            .count = 4,
            .visit = {.service = 1, .tick = tick & 2047u, .count = 4}};
        const struct fasti_page *page =
            index == 0 ? &fasti_page_empty : fasti_arena_at(&shop->arena, index);
        if (fasti_prng_below(&prng, 10) >= 7)
            continue;
        const bool has_page = fasti_page_apply(&shop->local, page, &change, &index);
        FASTI_ASSERT(has_page);
    }
    return fasti_arena_at(&shop->arena, index);
}

static void rules_loop(const struct rooms_options *options, const struct fasti_day_view *view,
                       const struct fasti_rule_scene *scene, const char *check_name,
                       const char *starts_name) {
    static uint64_t starts[FASTI_DAY_WORDS_MAX];
    struct fasti_rule_place place;
    uint64_t free_count = 0;
    int64_t begin_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < RULE_COUNT; i++) {
        const uint32_t tick = OPEN_TICK + i % (OPEN_TICK_END - OPEN_TICK - VISIT_TICKS);
        free_count += fasti_rule_check(view, scene, fasti_day_view_utc_s(view, tick), &place) ==
                      FASTI_RULE_FREE;
    }
    rooms_report(options, check_name, RULE_COUNT, fasti_clock_monotonic_ns() - begin_ns);
    begin_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < RULE_COUNT / 4; i++)
        free_count += fasti_rule_starts(view, scene, starts, NULL);
    rooms_report(options, starts_name, RULE_COUNT / 4, fasti_clock_monotonic_ns() - begin_ns);
    FASTI_ASSERT(free_count > 0);
}

static void bench_rule(const struct rooms_options *options, bool has_rules) {
    static struct fasti_zone zone = {.change_count = 1};
    static struct fasti_rules_scratch scratch;
    struct workshop *shop = workshop_open();
    struct fasti_patterns *patterns = fasti_patterns_create();
    struct fasti_schedule_config *config = calloc(1, sizeof *config + sizeof(struct fasti_opening));
    FASTI_ASSERT(patterns != NULL && config != NULL);
    const struct fasti_service service = {
        .duration_minutes = 20, .grid_minutes = 5, .terms = *rule_terms(has_rules)};
    const struct fasti_facts facts = {.sector = FASTI_SECTOR_PUBLIC,
                                      .modality = FASTI_MODALITY_IN_PERSON,
                                      .has_age = true,
                                      .age_months = 480,
                                      .has_referral = true};
    *config =
        (struct fasti_schedule_config){.zone = &zone, .resolution_minutes = 5, .opening_count = 1};
    config->openings[0] =
        (struct fasti_opening){.kind = FASTI_OPENING_WEEKLY,
                               .weekdays = 127,
                               .start_minute = OPEN_TICK * 5,
                               .end_minute = OPEN_TICK_END * 5,
                               .date_first = {FASTI_DATE_FIRST},
                               .date_last = {FASTI_DATE_LAST},
                               .capacity = has_rules ? 40 : FASTI_CAPACITY_UNLIMITED};
    struct fasti_rules rules;
    struct fasti_day_view view;
    fasti_rules_join(config, &service, &facts, &rules);
    fasti_day_view_load(patterns, config, (fasti_service_id){1}, &service, &rules,
                        (fasti_date){RULE_DATE}, FASTI_PATTERN_NONE, &scratch, &view);
    const struct fasti_rule_scene scene = {.page = rule_page(shop),
                                           .now_ms = (view.day.start_utc_s - 3 * 86400) * 1000};
    rules_loop(options, &view, &scene,
               has_rules ? "a candidate, every rule" : "a candidate, no rule",
               has_rules ? "starts of a day, every rule" : "starts of a day, no rule");
    free(config);
    fasti_patterns_destroy(patterns);
    workshop_close(shop);
}

static void bench_rules(const struct rooms_options *options) {
    bench_rule(options, false);
    bench_rule(options, true);
}

/* ---- a week of one schedule ---- */

struct week_store {
    struct workshop *shop;
    uint32_t *pages; /* [schedule][day], arena indexes */
    uint64_t starts[FASTI_DAY_WORDS_MAX];
};

/* Days 70 % full: each visit of the day is taken with that chance. */
static void week_fill(struct week_store *store, struct fasti_prng *prng) {
    for (uint32_t i = 0; i < WEEK_SCHEDULES * WEEK_DAYS; i++) {
        uint32_t index = 0;
        for (uint16_t tick = OPEN_TICK; tick + VISIT_TICKS <= OPEN_TICK_END; tick += VISIT_TICKS) {
            if (fasti_prng_below(prng, 10) >= 7)
                continue;
            const struct fasti_page *page =
                index == 0 ? &fasti_page_empty : fasti_arena_at(&store->shop->arena, index);
            const struct fasti_page_change change = {
                .operation = FASTI_PAGE_TAKE, .tick = tick, .count = VISIT_TICKS};
            const uint32_t old = index;
            const size_t old_bytes = fasti_page_bytes(page);
            const bool has_page = fasti_page_apply(&store->shop->local, page, &change, &index);
            FASTI_ASSERT(has_page);
            if (old != 0)
                fasti_arena_free(&store->shop->local, old, old_bytes);
        }
        store->pages[i] = index;
    }
    for (uint32_t tick = OPEN_TICK; tick + VISIT_TICKS <= OPEN_TICK_END; tick += VISIT_TICKS)
        fasti_bits_set(store->starts, tick, 1);
}

/* Starts of one day: free runs of the visit's length, masked by the candidates, written out. */
static uint32_t day_starts(const struct week_store *store, uint32_t index, uint16_t *ticks) {
    enum { WORD_FIRST = OPEN_TICK / 64, WORDS = (OPEN_TICK_END + 63) / 64 - WORD_FIRST };
    const struct fasti_page *page =
        index == 0 ? &fasti_page_empty : fasti_arena_at(&store->shop->arena, index);
    uint64_t taken[WORDS], runs[WORDS];
    for (uint32_t w = 0; w < WORDS; w++)
        taken[w] = fasti_page_word(page, w + WORD_FIRST);
    fasti_kernel_runs(taken, WORDS, VISIT_TICKS, runs);
    for (uint32_t w = 0; w < WORDS; w++)
        runs[w] &= store->starts[w + WORD_FIRST];
    return fasti_kernel_positions(runs, WORDS, ticks);
}

static void bench_week(const struct rooms_options *options) {
    struct week_store store = {.shop = workshop_open()};
    struct fasti_prng prng = {2};
    static uint16_t ticks[WEEK_DAYS * DAY_TICKS + FASTI_KERNEL_GROUP];
    store.pages = calloc(WEEK_SCHEDULES * WEEK_DAYS, sizeof *store.pages);
    FASTI_ASSERT(store.pages != NULL);
    week_fill(&store, &prng);
    uint64_t total = 0;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < WEEK_QUERIES; i++) {
        const uint64_t schedule = fasti_prng_below(&prng, WEEK_SCHEDULES);
        uint32_t count = 0;
        for (uint32_t day = 0; day < WEEK_DAYS; day++) /* as availability does */
            __builtin_prefetch(
                fasti_arena_at(&store.shop->arena, store.pages[schedule * WEEK_DAYS + day]));
        for (uint32_t day = 0; day < WEEK_DAYS; day++)
            count += day_starts(&store, store.pages[schedule * WEEK_DAYS + day], ticks + count);
        total += count;
    }
    const int64_t elapsed_ns = fasti_clock_monotonic_ns() - begin_ns;
    rooms_report(options, "week of a random schedule", WEEK_QUERIES, elapsed_ns);
    if (!options->json)
        printf("%-28s %14.1f starts a week, kernel %s\n", "", (double)total / WEEK_QUERIES,
               options->kernel);
    free(store.pages);
    workshop_close(store.shop);
}

/* ---- the disk ---- */

/* Zeroed and synced, so that a write changes data blocks only. */
static int flush_file_open(const struct rooms_options *options, void *block) {
    char path[4096];
    const int length =
        snprintf(path, sizeof path, "%s/fasti-bench.%ld.tmp", options->directory, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof path)
        return -1;
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_DIRECT | O_CLOEXEC, 0600);
    if (file < 0)
        return -1;
    (void)unlink(path);
    for (uint32_t at = 0; at < FLUSH_FILE_SIZE; at += FASTI_BLOCK_BYTES)
        if (pwrite(file, block, FASTI_BLOCK_BYTES, at) != FASTI_BLOCK_BYTES) {
            (void)close(file);
            return -1;
        }
    if (fsync(file) == 0)
        return file;
    (void)close(file);
    return -1;
}

static bool bench_flush(const struct rooms_options *options) {
    void *block = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_BLOCK_BYTES);
    FASTI_ASSERT(block != NULL);
    memset(block, 0, FASTI_BLOCK_BYTES);
    const int file = flush_file_open(options, block);
    bool is_done = file >= 0;
    static struct fasti_histogram histogram;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const int64_t end_ns = begin_ns + (int64_t)options->flush_seconds * 1000000000;
    int64_t now_ns = begin_ns;
    const struct iovec vector = {block, FASTI_BLOCK_BYTES};
    for (uint32_t at = 0; is_done && now_ns < end_ns;
         at = (at + FASTI_BLOCK_BYTES) % FLUSH_FILE_SIZE) {
        is_done = pwritev2(file, &vector, 1, at, RWF_DSYNC) == FASTI_BLOCK_BYTES;
        const int64_t done_ns = fasti_clock_monotonic_ns();
        fasti_histogram_record(&histogram, (uint64_t)(done_ns - now_ns));
        now_ns = done_ns;
    }
    if (is_done) {
        rooms_report(options, "4 KiB RWF_DSYNC writes", histogram.count, now_ns - begin_ns);
        if (!options->json)
            printf("%-28s %14.1f us p50, %.1f us p99\n", "",
                   (double)fasti_histogram_percentile(&histogram, 500) / 1e3,
                   (double)fasti_histogram_percentile(&histogram, 990) / 1e3);
    } else {
        fprintf(stderr, "fasti-bench-rooms: flush in %s: %s\n", options->directory,
                strerror(errno));
    }
    if (file >= 0)
        (void)close(file);
    free(block);
    return is_done;
}

/* ---- the program ---- */

static error_t parse(int key, char *text, struct argp_state *state) {
    struct rooms_options *options = state->input;
    switch (key) {
    case 'd': options->directory = text; return 0;
    case 'j': options->json = true; return 0;
    case 'o':
        if (strcmp(text, "claim") != 0 && strcmp(text, "rules") != 0 && strcmp(text, "week") != 0 &&
            strcmp(text, "compile") != 0 && strcmp(text, "ical") != 0 && strcmp(text, "flush") != 0)
            argp_error(state, "--only takes claim, rules, week, compile, ical or flush");
        options->only = text;
        return 0;
    case 's': {
        char *end;
        const unsigned long seconds = strtoul(text, &end, 10);
        if (*end != '\0' || seconds < 1 || seconds > 600)
            argp_error(state, "--flush-seconds takes 1 to 600");
        options->flush_seconds = (uint32_t)seconds;
        return 0;
    }
    default: return ARGP_ERR_UNKNOWN;
    }
}

static bool is_wanted(const struct rooms_options *options, const char *figure) {
    return options->only == NULL || strcmp(options->only, figure) == 0;
}

int main(int argc, char **argv) {
    static const struct argp_option choices[] = {
        {"directory", 'd', "DIR", 0, "where the disk figure writes 16 MiB (default .)", 0},
        {"flush-seconds", 's', "N", 0, "how long the disk figure takes (default 3)", 0},
        {"only", 'o', "FIGURE", 0, "claim, rules, week, compile, ical or flush (default: all)", 0},
        {"json", 'j', NULL, 0, "one JSON object a figure", 0},
        {0},
    };
    static const struct argp argp = {
        .options = choices,
        .parser = parse,
        .doc = "What single rooms of Fasti cost: a claim, a week of one schedule, a disk write.",
    };
    struct rooms_options options = {.directory = ".", .flush_seconds = 3};
    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return 2;
    options.kernel = fasti_kernels_choose(getenv("FASTI_KERNEL"));
    if (options.kernel == NULL) {
        fputs("fasti-bench-rooms: FASTI_KERNEL: this processor has no such kernel\n", stderr);
        return 2;
    }
    if (is_wanted(&options, "claim"))
        bench_claim(&options);
    if (is_wanted(&options, "rules"))
        bench_rules(&options);
    if (is_wanted(&options, "week"))
        bench_week(&options);
    if (is_wanted(&options, "compile"))
        rooms_compile(&options);
    if (is_wanted(&options, "ical"))
        rooms_ical(&options);
    return !is_wanted(&options, "flush") || bench_flush(&options) ? 0 : 1;
}
