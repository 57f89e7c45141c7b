/*
 * test_rule.c - starts, verdicts and the memory of plans, against loops over single minutes.
 *
 *   opening_model (ticks that are open) + taken ticks + now --loops--> what rule.c must say
 *
 * One scratch serves a whole test, as it serves a worker: whatever it remembers of other services,
 * durations, grids and patterns must not show.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rules/rule.h"
#include "engine/time/civil.h"
#include "tests/support/opening_model.h"
#include "tests/support/seed.h"

#define OPENINGS_MAX 24
#define SERVICES     3
#define CASES_MAX    160 /* more patterns than the scratch remembers */

/* One schedule on one day, and what a service would find there. */
struct the_case {
    uint32_t resolution, opening_count;
    fasti_date date;
    const struct fasti_zone *zone;
    struct fasti_opening openings[OPENINGS_MAX];
    uint32_t pattern_id;             /* 0: not compiled */
    bool taken[3 * FASTI_TICKS_MAX]; /* nothing after the day's end */
    uint32_t page;                   /* arena index; 0: empty */
};

static struct fasti_prng prng;
static struct fasti_zone berlin, utc;
static struct fasti_patterns *patterns;
static struct fasti_arena arena;
static struct fasti_arena_local local;
static struct fasti_rules_scratch scratch; /* of the whole test */
static struct fasti_schedule_config *config;
/* As of terms that say nothing. */
static const struct fasti_rules rules = {
    .capacity = 1, .group = 1, .weekdays = 127, .to_minute = FASTI_RULE_NO_END};
static struct fasti_model_day model;
static struct the_case cases[CASES_MAX];

static void setup(void) {
    fasti_test_zone_berlin(&berlin);
    fasti_test_zone_utc(&utc);
    patterns = fasti_patterns_create();
    fasti_arena_init(&arena, UINT64_C(64) << 20);
    fasti_arena_local_init(&local, &arena);
    memset(&scratch, 0, sizeof scratch);
    config = calloc(1, sizeof *config + OPENINGS_MAX * sizeof config->openings[0]);
}

static void teardown(void) {
    free(config);
    fasti_arena_deinit(&arena);
    fasti_patterns_destroy(patterns);
}

TestSuite(rule, .init = setup, .fini = teardown);

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

/* ---- random days ---- */

static struct fasti_opening opening_random(uint32_t resolution, fasti_date date) {
    const uint32_t ticks = 1440 / resolution;
    const uint32_t start = below(ticks);
    uint32_t length = 1 + below(below(2) == 0 ? 8 : ticks);
    if (below(3) > 0) /* else it may go on over midnight */
        length = length < ticks - start ? length : ticks - start;
    length = length < ticks ? length : ticks;
    struct fasti_opening o = {.id = {1, "o"},
                              .kind = (uint8_t)(1 + below(4)),
                              .weekdays = 0x7f,
                              .start_minute = (uint16_t)(start * resolution),
                              .end_minute = (uint16_t)((start + length) * resolution),
                              .date_first = {date.v - 1},
                              .date_last = {date.v + 1},
                              .capacity = FASTI_CAPACITY_UNLIMITED};
    if (o.kind == FASTI_OPENING_CLOSED) {
        o.end_minute = (uint16_t)(o.start_minute + (below(4) + 1) * resolution);
        o.end_minute = o.end_minute <= 1440 ? o.end_minute : 1440;
        return o;
    }
    if (o.kind == FASTI_OPENING_INSTANT) {
        o.start_utc_s = date.v * FASTI_DAY_SECONDS +
                        60 * (int64_t)resolution * ((int64_t)below(2 * ticks) - ticks / 2);
        o.end_utc_s = o.start_utc_s + 60 * (int64_t)resolution * length;
        o.weekdays = 0;
        o.start_minute = o.end_minute = 0;
        o.date_first.v = o.date_last.v = 0;
    }
    o.flags = (uint8_t)(below(2) == 0 ? below(4) : 0);
    o.service_count = (uint8_t)below(SERVICES);
    for (uint32_t i = 0; i < o.service_count; i++)
        o.services[i].v = 1 + (i + below(2)) % SERVICES;
    if (o.service_count == 2 && o.services[0].v == o.services[1].v)
        o.service_count = 1;
    return o;
}

/* The day's pattern and, perhaps, the plans of some services, as compiling makes them. */
static uint32_t pattern_make(const struct the_case *c) {
    static struct fasti_day_draft draft;
    uint32_t pattern_id;
    if (below(4) == 0)
        return FASTI_PATTERN_NONE;
    cr_assert_eq(fasti_openings_expand(c->openings, c->opening_count, c->zone, c->resolution,
                                       c->date, &draft),
                 FASTI_OK);
    cr_assert_eq(fasti_pattern_intern(patterns, &draft, &pattern_id), FASTI_OK);
    return pattern_id;
}

/* Takes visits and blocks of a few ticks, anywhere, through the real pages. */
static void page_make(struct the_case *c) {
    struct fasti_local_day day;
    fasti_zone_day(c->zone, c->date, &day);
    const uint32_t ticks = (uint32_t)day.minutes / c->resolution;
    const uint32_t wanted = below(3) == 0 ? 0 : below(60);
    c->page = 0;
    for (uint32_t i = 0; i < wanted; i++) {
        const uint32_t count = 1 + below(below(4) == 0 ? 40 : 6);
        const uint32_t tick = below(ticks);
        bool is_free = tick + count <= ticks;
        for (uint32_t t = tick; is_free && t < tick + count; t++)
            is_free = !c->taken[t];
        if (!is_free)
            continue;
        const struct fasti_page *page =
            c->page == 0 ? &fasti_page_empty : fasti_arena_at(&arena, c->page);
        const struct fasti_page_change change = {
            .operation = FASTI_PAGE_TAKE, .tick = (uint16_t)tick, .count = (uint16_t)count};
        uint32_t next;
        cr_assert(fasti_page_apply(&local, page, &change, &next));
        if (c->page != 0)
            fasti_arena_free(&local, c->page, fasti_page_bytes(page));
        c->page = next;
        for (uint32_t t = tick; t < tick + count; t++)
            c->taken[t] = true;
    }
}

static void case_make(struct the_case *c) {
    static const uint32_t resolutions[] = {1, 5, 10, 15};
    /* 23 hours, 25 hours, ordinary ones, and their neighbours. */
    static const int32_t dates[] = {20541, 20751, 20600};
    memset(c, 0, sizeof *c);
    c->resolution = resolutions[below(4)];
    c->date.v = dates[below(3)] + (int32_t)below(3) - 1;
    c->zone = below(4) == 0 ? &utc : &berlin;
    c->opening_count = below(OPENINGS_MAX + 1);
    for (uint32_t i = 0; i < c->opening_count; i++)
        c->openings[i] = opening_random(c->resolution, c->date);
    c->pattern_id = pattern_make(c);
    page_make(c);
}

/* ---- the model ---- */

struct question {
    const struct the_case *c;
    struct fasti_service terms;
    fasti_service_id service;
    int64_t now_ms;
};

static struct question question_make(const struct the_case *c) {
    struct question q = {.c = c, .service = {1 + below(SERVICES)}};
    const uint32_t r = c->resolution;
    q.terms.duration_minutes = (uint16_t)((1 + below(below(2) == 0 ? 6 : 60 / r + 1)) * r);
    q.terms.grid_minutes = (uint16_t)((1 + below(8)) * r);
    struct fasti_local_day day;
    fasti_zone_day(c->zone, c->date, &day);
    /* Mostly within the day, also a millisecond before or after a whole minute. */
    q.now_ms = (day.start_utc_s + 60 * ((int64_t)below(2000) - 300)) * 1000;
    q.now_ms += (int64_t)below(3) - 1 + (below(2) == 0 ? (int64_t)below(60000) : 0);
    if (below(3) == 0)
        q.now_ms = below(2) == 0 ? 0 : (day.start_utc_s + 3 * FASTI_DAY_SECONDS) * 1000;
    return q;
}

static void model_ask(const struct question *q) {
    const struct fasti_model_question question = {
        .openings = q->c->openings,
        .opening_count = q->c->opening_count,
        .zone = q->c->zone,
        .resolution_minutes = q->c->resolution,
        .date = q->c->date,
        .service = q->service,
        .duration_ticks = q->terms.duration_minutes / q->c->resolution,
        .grid_ticks = q->terms.grid_minutes / q->c->resolution,
    };
    fasti_model_answer(&question, &model);
}

static bool model_is_free(const struct the_case *c, uint32_t tick, uint32_t length) {
    for (uint32_t t = tick; t < tick + length; t++)
        if (c->taken[t])
            return false;
    return true;
}

/* The shortest visit that may start at a tick and is free (is_free), or only may start; 0: none. */
static uint32_t model_length(const struct question *q, uint32_t tick, bool must_be_free) {
    const uint32_t normal = q->terms.duration_minutes / q->c->resolution;
    uint32_t shortest = 0;
    if (model.normal[tick] && (!must_be_free || model_is_free(q->c, tick, normal)))
        shortest = normal;
    for (uint32_t i = 0; i < model.single_count; i++) {
        const struct fasti_model_start *single = &model.singles[i];
        if (single->tick == tick && (shortest == 0 || single->length < shortest) &&
            (!must_be_free || model_is_free(q->c, tick, single->length)))
            shortest = single->length;
    }
    return shortest;
}

/* Why not, at a minute of the day where no visit may start. */
static enum fasti_rule_verdict model_refusal(const struct question *q, uint32_t minute) {
    bool is_full = false;
    for (uint32_t i = 0; i < model.piece_count; i++) {
        const struct fasti_model_piece *piece = &model.pieces[i];
        const uint32_t start = piece->start * q->c->resolution;
        const uint32_t end = piece->end * q->c->resolution;
        if (minute < start || minute >= end)
            continue;
        const uint32_t visit = minute / q->c->resolution * q->c->resolution;
        if (piece->is_full)
            is_full = true;
        else if (piece->is_single ||
                 visit + q->terms.duration_minutes <= piece->visit_end * q->c->resolution)
            return FASTI_RULE_OFF_GRID;
    }
    return is_full ? FASTI_RULE_FULL : FASTI_RULE_CLOSED;
}

static enum fasti_rule_verdict model_verdict(const struct question *q, int64_t day_start_s,
                                             uint32_t minute, uint32_t *length) {
    if ((day_start_s + minute * 60) * 1000 < q->now_ms)
        return FASTI_RULE_PAST;
    const uint32_t tick = minute / q->c->resolution;
    if (minute % q->c->resolution != 0 || model_length(q, tick, false) == 0)
        return model_refusal(q, minute);
    *length = model_length(q, tick, true);
    return *length == 0 ? FASTI_RULE_TAKEN : FASTI_RULE_FREE;
}

/* The first tick of the day that is not past. */
static uint32_t model_soonest(const struct question *q, int64_t day_start_s) {
    uint32_t tick = 0;
    while (tick < FASTI_TICKS_MAX &&
           (day_start_s + (int64_t)tick * q->c->resolution * 60) * 1000 < q->now_ms)
        tick++;
    return tick;
}

static bool model_covers(uint32_t tick, uint32_t count) {
    for (uint32_t i = 0; i < model.piece_count; i++) {
        uint32_t inside = 0;
        for (uint32_t t = tick; t < tick + count; t++)
            inside += t >= model.pieces[i].start && t < model.pieces[i].visit_end;
        if (inside == count && tick < model.pieces[i].end)
            return true;
    }
    return false;
}

/* ---- the comparison ---- */

static void config_set(const struct the_case *c) {
    config->zone = c->zone;
    config->resolution_minutes = (uint8_t)c->resolution;
    config->opening_count = (uint16_t)c->opening_count;
    memcpy(config->openings, c->openings, c->opening_count * sizeof c->openings[0]);
}

static void view_load(const struct question *q, struct fasti_day_view *view) {
    config_set(q->c);
    struct fasti_plan_key key;
    const struct fasti_plan *plan;
    if (q->c->pattern_id != FASTI_PATTERN_NONE && below(2) == 0 && /* as compiling would */
        fasti_schedule_plan_key(config, q->service, &q->terms, q->c->pattern_id, &key))
        cr_assert_eq(fasti_plan_make(patterns, &key, &plan), FASTI_OK);
    fasti_day_view_load(patterns, config, q->service, &q->terms, &rules, q->c->date,
                        q->c->pattern_id, &scratch, view);
    cr_assert(view->has_plan && view->plan != NULL);
}

static const struct fasti_page *page_of(const struct the_case *c) {
    return c->page == 0 ? &fasti_page_empty : fasti_arena_at(&arena, c->page);
}

/* Nothing is taken on the days around. */
static struct fasti_rule_scene scene_of(const struct question *q) {
    struct fasti_rule_scene scene = {.page = page_of(q->c), .now_ms = q->now_ms};
    for (uint32_t d = 0; d < FASTI_RULE_BEFORE_MAX; d++)
        scene.before[d] = &fasti_page_empty;
    for (uint32_t d = 0; d < FASTI_RULE_AFTER_MAX; d++)
        scene.after[d] = &fasti_page_empty;
    return scene;
}

/* Every tick: offered with its length exactly where the model has a free start that is not past. */
static uint32_t starts_compare(const struct question *q, const struct fasti_day_view *view) {
    static uint64_t starts[FASTI_DAY_WORDS_MAX];
    static uint16_t lengths[FASTI_DAY_WORDS_MAX * 64];
    memset(starts, 0xa5, sizeof starts); /* words outside of the plan's are not written */
    const struct fasti_rule_scene scene = scene_of(q);
    const bool any = fasti_rule_starts(view, &scene, starts, lengths);
    uint32_t count = 0;
    for (uint32_t tick = 0; tick < FASTI_TICKS_MAX; tick++) {
        const uint32_t word = tick / 64;
        const bool is_in = word >= fasti_rule_word_first(view) && word < fasti_rule_word_end(view);
        const bool is_offered = is_in && (starts[word] >> (tick % 64) & 1) != 0;
        const int64_t start_s = view->day.start_utc_s + (int64_t)tick * q->c->resolution * 60;
        const uint32_t length = start_s * 1000 < q->now_ms ? 0 : model_length(q, tick, true);
        cr_assert_eq(is_offered, length != 0, "date %d, resolution %u, tick %u: %d", q->c->date.v,
                     q->c->resolution, tick, is_offered);
        if (!is_offered)
            continue;
        const uint32_t said =
            view->plan->group_count > 1 ? lengths[tick] : view->plan->groups[0].length_ticks;
        cr_assert_eq(said, length, "tick %u is %u long, not %u", tick, said, length);
        cr_assert_eq(fasti_day_view_utc_s(view, tick), start_s);
        count++;
    }
    cr_assert_eq(any, count > 0);
    return count;
}

/* Every minute of the day, and seconds that are no whole minute. Returns how many are free. */
static uint32_t verdicts_compare(const struct question *q, const struct fasti_day_view *view,
                                 uint32_t seen[]) {
    uint32_t count = 0;
    const struct fasti_rule_scene scene = scene_of(q);
    for (uint32_t minute = 0; minute < (uint32_t)view->day.minutes; minute++) {
        struct fasti_rule_place place = {.tick = UINT16_MAX, .count = UINT16_MAX};
        uint32_t length = 0;
        const int64_t start_s = view->day.start_utc_s + minute * 60;
        const enum fasti_rule_verdict verdict = fasti_rule_check(view, &scene, start_s, &place);
        const enum fasti_rule_verdict expected =
            model_verdict(q, view->day.start_utc_s, minute, &length);
        cr_assert_eq(verdict, expected, "date %d, resolution %u, minute %u: %d, not %d",
                     q->c->date.v, q->c->resolution, minute, verdict, expected);
        seen[verdict]++;
        if (verdict != FASTI_RULE_FREE)
            continue;
        cr_assert_eq(place.tick, minute / q->c->resolution);
        cr_assert_eq(place.count, length);
        cr_assert(model_covers(place.tick, place.count));
        count++;
    }
    return count;
}

static void question_compare(const struct question *q, uint32_t seen[]) {
    struct fasti_day_view view;
    model_ask(q);
    view_load(q, &view);
    cr_assert_eq(view.plan->is_open, model.is_open);
    const uint32_t count = starts_compare(q, &view);
    cr_assert_eq(count, verdicts_compare(q, &view, seen));
    const struct fasti_rule_scene scene = scene_of(q);
    if (count == 0)
        cr_assert_eq(fasti_rule_day(&view, &scene),
                     fasti_model_why_none(&model, model_soonest(q, view.day.start_utc_s)));
    for (int i = 0; i < 40; i++) {
        const uint32_t tick = below(FASTI_TICKS_MAX - 60);
        const uint32_t length = 1 + below(60);
        cr_assert_eq(fasti_rule_covers(&view, tick, length), model_covers(tick, length));
    }
}

Test(rule, every_minute_is_as_the_model_has_it) {
    uint32_t seen[FASTI_RULE_BUFFER + 1] = {0};
    prng = fasti_test_prng("rule.every_minute");
    for (uint32_t i = 0; i < CASES_MAX; i++)
        case_make(&cases[i]);
    for (int round = 0; round < 2500; round++) {
        struct the_case *c = &cases[below(CASES_MAX)];
        if (below(8) == 0) {
            if (c->page != 0)
                fasti_arena_free(&local, c->page, fasti_page_bytes(page_of(c)));
            case_make(c);
        }
        const struct question q = question_make(c);
        question_compare(&q, seen);
    }
    static const uint8_t possible[] = {FASTI_RULE_FREE, FASTI_RULE_PAST,     FASTI_RULE_CLOSED,
                                       FASTI_RULE_FULL, FASTI_RULE_OFF_GRID, FASTI_RULE_TAKEN};
    for (uint32_t i = 0; i < sizeof possible; i++)
        cr_assert_gt(seen[possible[i]], 500, "verdict %u was hardly seen", possible[i]);
}

/* One pattern, asked for by turns with every service, duration and grid: what was found lately for
 * one of them is not given to another. */
Test(rule, the_memory_of_plans_mixes_nothing_up) {
    uint32_t seen[FASTI_RULE_BUFFER + 1] = {0};
    prng = fasti_test_prng("rule.memory");
    for (int round = 0; round < 12; round++) {
        struct the_case *c = &cases[0];
        do {
            case_make(c);
        } while (c->pattern_id <= FASTI_PATTERN_CLOSED);
        struct question questions[12];
        for (int i = 0; i < 12; i++) {
            questions[i] = question_make(c);
            questions[i].now_ms = 0;
        }
        for (int i = 0; i < 6; i++) { /* differ in one thing only */
            questions[i + 6] = questions[i];
            questions[i + 6].service.v = 1 + questions[i].service.v % SERVICES;
            questions[i + 6].terms.grid_minutes =
                (uint16_t)(questions[i].terms.grid_minutes + (i % 2) * (int)c->resolution);
        }
        for (int i = 0; i < 60; i++)
            question_compare(&questions[below(12)], seen);
    }
    cr_assert_gt(seen[FASTI_RULE_FREE], 100);
}

/* ---- views ---- */

static bool plans_equal(const struct fasti_plan *a, const struct fasti_plan *b) {
    return a->is_open == b->is_open && a->word_first == b->word_first &&
           a->word_end == b->word_end && a->group_count == b->group_count &&
           memcmp(a->groups, b->groups, a->group_count * sizeof a->groups[0]) == 0;
}

static bool spans_equal(const struct fasti_span *a, const struct fasti_span *b) {
    return a->start_tick == b->start_tick && a->end_tick == b->end_tick &&
           a->anchor_tick == b->anchor_tick && a->flags == b->flags &&
           a->service_count == b->service_count &&
           memcmp(a->services, b->services, a->service_count * sizeof a->services[0]) == 0;
}

static void views_compare(const struct fasti_day_view *a, const struct fasti_day_view *b) {
    cr_assert_eq(a->date.v, b->date.v);
    cr_assert_eq(a->config, b->config);
    cr_assert_eq(a->terms, b->terms);
    cr_assert_eq(a->service.v, b->service.v);
    cr_assert_eq(a->has_plan, b->has_plan);
    cr_assert_eq(a->key.pattern_id, b->key.pattern_id);
    cr_assert_eq(a->day.start_utc_s, b->day.start_utc_s);
    cr_assert_eq(a->day.minutes, b->day.minutes);
    cr_assert_eq(a->day.offset_s, b->day.offset_s);
    cr_assert_eq(a->day.change_minute, b->day.change_minute);
    cr_assert_eq(a->day.offset_after_s, b->day.offset_after_s);
    cr_assert_eq(a->day.segment, b->day.segment);
    cr_assert_eq(a->span_count, b->span_count);
    for (uint32_t i = 0; i < a->span_count; i++)
        cr_assert(spans_equal(&a->spans[i], &b->spans[i]));
    cr_assert_eq(a->plan == NULL, b->plan == NULL);
    if (a->plan != NULL)
        cr_assert(plans_equal(a->plan, b->plan));
}

/* Sixty days on, across both changes of offset, compiled and not, by steps and by leaps. */
Test(rule, the_next_view_is_the_loaded_view) {
    static struct fasti_rules_scratch other;
    prng = fasti_test_prng("rule.next");
    for (int round = 0; round < 60; round++) {
        struct the_case *c = &cases[0];
        case_make(c);
        for (uint32_t i = 0; i < c->opening_count; i++)
            if (c->openings[i].kind != FASTI_OPENING_INSTANT) {
                c->openings[i].date_last.v += (int32_t)below(60);
                c->openings[i].weekdays = (uint8_t)(1 + below(127));
            }
        struct question q = question_make(c);
        q.terms.grid_minutes += (uint16_t)(below(3) == 0); /* perhaps no plan here */
        config_set(c);
        struct fasti_day_view walked, loaded;
        const int32_t first = c->date.v - 20;
        for (c->date.v = first; c->date.v < first + 60; c->date.v++) {
            const uint32_t pattern_id = pattern_make(c);
            if (c->date.v == first)
                fasti_day_view_load(patterns, config, q.service, &q.terms, &rules, c->date,
                                    pattern_id, &scratch, &walked);
            else
                fasti_day_view_next(patterns, pattern_id, &scratch, &walked);
            memset(&other, 0, sizeof other);
            fasti_day_view_load(patterns, config, q.service, &q.terms, &rules, c->date, pattern_id,
                                &other, &loaded);
            views_compare(&walked, &loaded);
        }
    }
}

/* A service that does not fit the resolution has no plan, no start and no place. */
Test(rule, a_service_that_does_not_fit_is_off_the_grid) {
    struct the_case *c = &cases[0];
    memset(c, 0, sizeof *c);
    c->resolution = 5;
    c->date.v = 20600;
    c->zone = &utc;
    c->opening_count = 1;
    c->openings[0] = (struct fasti_opening){.id = {1, "o"},
                                            .kind = FASTI_OPENING_WEEKLY,
                                            .weekdays = 0x7f,
                                            .start_minute = 480,
                                            .end_minute = 720,
                                            .date_first = {FASTI_DATE_FIRST},
                                            .date_last = {FASTI_DATE_LAST},
                                            .capacity = FASTI_CAPACITY_UNLIMITED};
    config_set(c);
    const struct fasti_service terms = {.duration_minutes = 7, .grid_minutes = 5};
    struct fasti_day_view view;
    uint64_t starts[FASTI_DAY_WORDS_MAX];
    struct fasti_rule_place place;
    fasti_day_view_load(patterns, config, (fasti_service_id){1}, &terms, &rules, c->date, 0,
                        &scratch, &view);
    cr_assert(!view.has_plan && view.plan == NULL);
    const struct fasti_rule_scene scene = {.page = &fasti_page_empty};
    cr_assert_not(fasti_rule_starts(&view, &scene, starts, NULL));
    const int64_t eight = view.day.start_utc_s + 480 * 60;
    cr_assert_eq(fasti_rule_check(&view, &scene, eight, &place), FASTI_RULE_OFF_GRID);
    cr_assert_eq(fasti_rule_check(&view, &scene, eight - 300, &place), FASTI_RULE_CLOSED);
}
