/*
 * rule.c - starts and verdicts. See rule.h for the promise that search and reserve
 * cannot disagree: whatever one of them learns about a start, it learns in this file.
 */
#include "engine/rules/rule.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"
#include "engine/time/civil.h"

static void taken_add(struct fasti_page_taken *taken, struct fasti_page_taken part) {
    taken->least = part.least < taken->least ? part.least : taken->least;
    taken->most = part.most > taken->most ? part.most : taken->most;
}

/* Ticks [from, to) of a day around, whose page is not there where nobody may book. */
static void part_add(const struct fasti_rule_scene *scene, const struct fasti_page *page,
                     uint32_t from, uint32_t to, struct fasti_page_taken *taken) {
    static const struct fasti_page_taken all = {FASTI_SEATS_MAX, FASTI_SEATS_MAX};
    if (from < to)
        taken_add(taken,
                  page == NULL ? all : fasti_page_taken_at(page, from, to - from, scene->now_ms));
}

/* Ticks [from, to) counted away from the view's day: step 1 from its end on, step -1 from its start
 * back. pages: of the days there, the nearest first. */
static void around_add(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                       const struct fasti_page *const *pages, uint32_t page_count, int32_t step,
                       uint32_t from, uint32_t to, struct fasti_page_taken *taken) {
    for (uint32_t d = 0; d < page_count && from < to; d++) {
        const fasti_date date = {view->date.v + step * (int32_t)(d + 1)};
        const uint32_t there = pages[d] == NULL ? to : fasti_day_view_ticks_on(view, date);
        const uint32_t near = from < there ? from : there, far = to < there ? to : there;
        part_add(scene, pages[d], step > 0 ? near : there - far, step > 0 ? far : there - near,
                 taken);
        from -= near;
        to -= far;
    }
    part_add(scene, NULL, from, to, taken);
}

/* By how many the ticks [first, end) are taken, counted from the view's day on: below 0 they lie on
 * the days before, beyond its end on the days after. */
static struct fasti_page_taken range_taken(const struct fasti_day_view *view,
                                           const struct fasti_rule_scene *scene, int32_t first,
                                           int32_t end) {
    struct fasti_page_taken taken = {UINT32_MAX, 0};
    const int32_t ticks = (int32_t)view->day_ticks;
    if (first < 0)
        around_add(view, scene, scene->before, FASTI_RULE_BEFORE_MAX, -1,
                   end < 0 ? (uint32_t)-end : 0, (uint32_t)-first, &taken);
    const int32_t here = first > 0 ? first : 0;
    const int32_t here_end = end < ticks ? end : ticks;
    if (here < here_end)
        taken_add(&taken, fasti_page_taken_at(scene->page, (uint32_t)here,
                                              (uint32_t)(here_end - here), scene->now_ms));
    if (end > ticks)
        around_add(view, scene, scene->after, FASTI_RULE_AFTER_MAX, 1,
                   first > ticks ? (uint32_t)(first - ticks) : 0, (uint32_t)(end - ticks), &taken);
    taken.least = taken.least == UINT32_MAX ? 0 : taken.least;
    return taken;
}

/* ---- places of openings ---- */

/* Has this span, with those that are alike, as many visits as places? */
static bool is_used_up(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                       uint32_t at) {
    const struct fasti_span *span = &view->spans[at];
    if (span->capacity == FASTI_CAPACITY_UNLIMITED)
        return false;
    uint64_t places = 0;
    const struct fasti_span *first = NULL; /* alike; they are sorted by start */
    for (uint32_t i = 0; i < view->span_count; i++) {
        const struct fasti_span *other = &view->spans[i];
        if (!fasti_span_is_alike(other, span) || (other->flags & FASTI_OPENING_FULL) != 0)
            continue;
        first = first == NULL ? other : first;
        if (other->start_tick ==
            first->start_tick) /* else a piece behind a closure: the same places */
            places += other->capacity;
    }
    const uint32_t services = FASTI_MUTANT(QUOTA_COUNTS_ALL) ? 0 : span->service_count;
    return fasti_page_visits_count(scene->page, fasti_span_whole_start(span), span->whole_end_tick,
                                   span->services, services, scene->now_ms) >= places;
}

/* The view's plan without the openings that have no place left. */
static const struct fasti_plan *plan_of_places(const struct fasti_day_view *view,
                                               const struct fasti_rule_scene *scene) {
    struct fasti_rules_scratch *scratch = view->scratch;
    bool is_any_used_up = false;
    for (uint32_t i = 0; i < view->span_count; i++) {
        scratch->used_up[i] =
            fasti_span_offers(&view->spans[i], view->service) && is_used_up(view, scene, i);
        is_any_used_up = is_any_used_up || scratch->used_up[i];
    }
    if (!is_any_used_up)
        return view->plan;
    struct fasti_plan *plan = (struct fasti_plan *)(void *)scratch->plan_left;
    return fasti_plan_compute(view->spans, view->span_count, scratch->used_up, &view->key, plan) ==
                   FASTI_OK
               ? plan
               : NULL;
}

/* The same; NULL as view->plan. */
static inline const struct fasti_plan *plan_left(const struct fasti_day_view *view,
                                                 const struct fasti_rule_scene *scene) {
    return view->plan == NULL || !view->plan->has_quota ? view->plan : plan_of_places(view, scene);
}

/* ---- when and how many ---- */

/* Starts of visits of one length lie in [first, end); each stage narrows the one before it. */
struct window {
    uint32_t first, end;
};

/* Only where rules->has_hours. */
static struct window hours_ask(const struct fasti_day_view *view, uint32_t length) {
    const struct fasti_rules *rules = view->rules;
    const int32_t resolution = view->config->resolution_minutes;
    struct window window = {0, UINT32_MAX};
    if (rules->from_minute > 0)
        window.first = fasti_day_view_ticks(
            view, (uint32_t)fasti_zone_minute_of_day(view->config->zone, &view->day, view->date,
                                                     rules->from_minute));
    if (rules->to_minute != FASTI_RULE_NO_END) {
        const uint32_t end = (uint32_t)(fasti_zone_minute_of_day(view->config->zone, &view->day,
                                                                 view->date, rules->to_minute) /
                                        resolution);
        window.end = end < length ? 0 : end - length + 1;
    }
    if (rules->weekdays != 127 && (rules->weekdays >> fasti_date_weekday(view->date) & 1) == 0)
        window.end = 0;
    return window;
}

static inline struct window hours_window(const struct fasti_day_view *view, uint32_t length) {
    return view->rules->has_hours ? hours_ask(view, length) : (struct window){0, UINT32_MAX};
}

static uint32_t notice_tick(const struct fasti_day_view *view, int64_t now_ms) {
    return fasti_rule_first_tick(view, now_ms + view->rules->notice_minutes * INT64_C(60000));
}

int64_t fasti_rule_opens_utc_s(const struct fasti_day_view *view, uint32_t horizon) {
    const uint16_t days = view->rules->horizons[horizon].days;
    return days == 0 ? INT64_MIN
                     : fasti_zone_utc(view->config->zone, (fasti_date){view->date.v - days},
                                      view->rules->horizons[horizon].minute, NULL);
}

static bool is_beyond_horizon(const struct fasti_day_view *view, int64_t now_ms) {
    for (uint32_t i = 0; i < 2; i++)
        if (view->rules->horizons[i].days != 0 && fasti_rule_opens_utc_s(view, i) * 1000 > now_ms)
            return true;
    return false;
}

/* Visits on the view's day: of the schedule, of the service. */
static uint32_t day_used(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                         uint32_t which) {
    return fasti_page_visits_count(scene->page, 0, FASTI_TICKS_MAX, &view->service, which,
                                   scene->now_ms);
}

/* A page keeps no more. */
static inline bool is_page_full(const struct fasti_rule_scene *scene) {
    return (uint32_t)scene->page->visit_count + scene->page->hold_count >= FASTI_PAGE_VISITS_MAX;
}

static enum fasti_rule_verdict limits_ask(const struct fasti_day_view *view,
                                          const struct fasti_rule_scene *scene) {
    const struct fasti_rules *rules = view->rules;
    for (uint32_t i = 0; i < 2; i++)
        if (rules->day_limits[i] != 0 && day_used(view, scene, i) >= rules->day_limits[i])
            return FASTI_RULE_DAY_LIMIT;
    for (uint32_t i = 0; i < 2; i++)
        if (rules->week_limits[i] != 0 && scene->week_used[i] >= rules->week_limits[i])
            return FASTI_RULE_WEEK_LIMIT;
    for (uint32_t i = 0; i < 2; i++)
        if (rules->month_limits[i] != 0 && scene->month_used[i] >= rules->month_limits[i])
            return FASTI_RULE_MONTH_LIMIT;
    return FASTI_RULE_FREE;
}

static inline enum fasti_rule_verdict limits_verdict(const struct fasti_day_view *view,
                                                     const struct fasti_rule_scene *scene) {
    if (is_page_full(scene))
        return FASTI_RULE_DAY_LIMIT;
    return view->rules->has_limits ? limits_ask(view, scene) : FASTI_RULE_FREE;
}

/* ---- time ---- */

/* By so many of the group at `tick` tick `at` is taken; *end, behind it, becomes the end of the
 * ticks of which that is true, if it comes sooner. */
static uint32_t group_taken(const struct fasti_page_visit *visits, uint32_t count, int32_t at,
                            int32_t *end) {
    uint32_t taken = 0;
    for (uint32_t v = 0; v < count; v++) {
        const int32_t from = (int32_t)visits[v].tick - visits[v].before;
        const int32_t to = (int32_t)visits[v].tick + visits[v].count;
        if (from <= at && at < to)
            taken += visits[v].seats;
        const int32_t edge = at < from ? from : at < to ? to : *end;
        *end = edge < *end ? edge : *end;
    }
    return taken;
}

/* May one visit more share this start and take ticks [first, end)? Whatever takes any of them
 * shares the start already: the visits there may be shorter or longer than this one. */
static bool is_shared(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                      uint32_t tick, int32_t first, int32_t end) {
    struct fasti_page_visit visits[FASTI_SEATS_MAX];
    if (view->rules->group <= 1)
        return false;
    const uint32_t count =
        fasti_page_visits_at(scene->page, tick, view->service, scene->now_ms, visits);
    if (count == 0 || count >= view->rules->group)
        return false;
    if (FASTI_MUTANT(SHARED_UNTIL_START))
        first = (int32_t)tick, end = first + 1;
    for (int32_t at = first, next; at < end; at = next) {
        next = end;
        const uint32_t own =
            FASTI_MUTANT(SHARED_BY_COUNT) ? count : group_taken(visits, count, at, &next);
        const struct fasti_page_taken taken = range_taken(view, scene, at, next);
        if (taken.least != own || taken.most != own)
            return false;
    }
    return true;
}

/* Is the time of one visit more free, with its buffers, in a start that it shares or by itself? */
static enum fasti_rule_verdict time_verdict(const struct fasti_day_view *view,
                                            const struct fasti_rule_scene *scene, uint32_t tick,
                                            uint32_t length, struct fasti_rule_place *place) {
    const struct fasti_rules *rules = view->rules;
    const int32_t first = (int32_t)tick, end = (int32_t)(tick + length);
    const int32_t all_first = first - rules->before_ticks, all_end = end + rules->after_ticks;
    *place = (struct fasti_rule_place){
        .tick = (uint16_t)tick,
        .count = (uint16_t)length,
        .before_minutes = rules->before_minutes,
        .after_minutes = rules->after_minutes,
        .seats_max = rules->group,
    };
    if (is_shared(view, scene, tick, all_first, all_end))
        return FASTI_RULE_FREE;
    place->seats_max = rules->capacity;
    if (range_taken(view, scene, all_first, all_end).most < rules->capacity)
        return FASTI_RULE_FREE;
    const bool is_own_free = is_shared(view, scene, tick, first, end) ||
                             range_taken(view, scene, first, end).most < rules->capacity;
    return is_own_free ? FASTI_RULE_BUFFER : FASTI_RULE_TAKEN;
}

/* ---- starts ---- */

/* Clears the bits outside the window in words [first, end); the union of those that stay. */
static uint64_t mask_window(uint64_t *words, uint32_t first, uint32_t end, struct window window) {
    uint64_t any = 0;
    for (uint32_t word = first; word < end; word++) {
        const uint32_t base = word * 64;
        if (base + 64 <= window.first || base >= window.end)
            words[word] = 0;
        else
            words[word] &= fasti_bits_mask(word, window.first, window.end);
        any |= words[word];
    }
    return any;
}

static void lengths_write(const uint64_t *words, uint32_t first, uint32_t end, uint16_t length,
                          uint16_t *lengths) {
    for (uint32_t word = first; word < end; word++)
        for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1)
            lengths[word * 64 + (uint32_t)__builtin_ctzll(bits)] = length;
}

/* Candidates whose time is free, all of it on the view's day, in words [first, end); their union.
 * With a buffer before the visit the run begins so many ticks before the start. */
static uint64_t free_plain(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                           const struct fasti_plan_group *group, uint32_t first, uint32_t end,
                           uint64_t *starts) {
    const uint32_t before = view->rules->before_ticks;
    const uint32_t after = FASTI_MUTANT(SEARCH_WITHOUT_BUFFER) ? 0 : view->rules->after_ticks;
    const uint32_t total = before + group->length_ticks + after;
    const uint32_t back = (before + 63) / 64;
    const uint32_t base = first > back ? first - back : 0;
    uint64_t taken[FASTI_DAY_WORDS_MAX];
    /* A visit may reach beyond the last word that has a start. */
    uint32_t reach = end + (total + 63u) / 64u;
    reach = reach < FASTI_DAY_WORDS_MAX ? reach : FASTI_DAY_WORDS_MAX;
    fasti_page_full(scene->page, view->rules->capacity, scene->now_ms, base, reach - base, taken);
    if (before == 0)
        return fasti_kernel_starts(taken, reach - base, total, group->starts + first, end - first,
                                   starts + first);
    uint64_t runs[FASTI_DAY_WORDS_MAX];
    uint64_t any = 0;
    fasti_kernel_runs(taken, reach - base, total, runs);
    const uint32_t words = before / 64, bits = before % 64;
    for (uint32_t word = first; word < end; word++) {
        const uint32_t at = word - base;
        uint64_t here = at >= words ? runs[at - words] : 0;
        if (bits != 0)
            here = here << bits | (at > words ? runs[at - words - 1] >> (64 - bits) : 0);
        any |= starts[word] = here & group->starts[word];
    }
    return any;
}

/* The same where visits or buffers reach into the days around: one candidate after the other. */
static uint64_t free_around(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                            const struct fasti_plan_group *group, uint32_t first, uint32_t end,
                            uint64_t *starts) {
    struct fasti_rule_place place;
    uint64_t any = 0;
    for (uint32_t word = first; word < end; word++) {
        starts[word] = 0;
        for (uint64_t bits = group->starts[word]; bits != 0; bits &= bits - 1) {
            const uint32_t tick = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (time_verdict(view, scene, tick, group->length_ticks, &place) == FASTI_RULE_FREE)
                starts[word] |= bits & -bits;
        }
        any |= starts[word];
    }
    return any;
}

/* Adds the candidates that are taken, but may be shared; their union. */
static uint64_t shared_add(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                           const struct fasti_plan_group *group, uint32_t first, uint32_t end,
                           uint64_t *starts) {
    uint64_t any = 0;
    for (uint32_t word = first; word < end; word++)
        for (uint64_t bits = group->starts[word] & ~starts[word]; bits != 0; bits &= bits - 1) {
            const uint32_t tick = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const int32_t begin = (int32_t)tick - view->rules->before_ticks;
            const int32_t behind = (int32_t)tick + group->length_ticks + view->rules->after_ticks;
            if (is_shared(view, scene, tick, begin, behind))
                starts[word] |= bits & -bits;
            any |= starts[word];
        }
    return any;
}

/* The starts of one group, in words [first, end); their union. */
static uint64_t group_starts(const struct fasti_day_view *view,
                             const struct fasti_rule_scene *scene,
                             const struct fasti_plan_group *group, uint32_t first, uint32_t end,
                             uint64_t *starts) {
    const bool is_around = (view->reach_before | view->reach_after) != 0;
    uint64_t any = is_around ? free_around(view, scene, group, first, end, starts)
                             : free_plain(view, scene, group, first, end, starts);
    if (!is_around && view->rules->group > 1)
        any |= shared_add(view, scene, group, first, end, starts);
    struct window window = hours_window(view, group->length_ticks);
    const uint32_t soonest = notice_tick(view, scene->now_ms);
    window.first = soonest > window.first ? soonest : window.first;
    const bool is_cut = window.first > first * 64 || window.end < end * 64;
    return is_cut ? mask_window(starts, first, end, window) : any;
}

/* The starts of visits of several lengths: one in two groups has the first one's length. */
static bool groups_starts(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                          const struct fasti_plan *plan, uint32_t first, uint32_t end,
                          uint64_t *starts, uint16_t *lengths) {
    uint64_t any = 0;
    memset(starts + first, 0, (end - first) * sizeof *starts);
    for (uint32_t g = 0; g < plan->group_count; g++) {
        uint64_t own[FASTI_DAY_WORDS_MAX];
        any |= group_starts(view, scene, &plan->groups[g], first, end, own);
        for (uint32_t word = first; word < end; word++) {
            own[word] &= ~starts[word];
            starts[word] |= own[word];
        }
        lengths_write(own, first, end, plan->groups[g].length_ticks, lengths);
    }
    return any != 0;
}

bool fasti_rule_starts(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                       uint64_t *starts, uint16_t *lengths) {
    FASTI_ASSERT(!view->rules->is_override);
    const uint32_t first = fasti_rule_word_first(view);
    const uint32_t end = fasti_rule_word_end(view);
    if (first == end)
        return false;
    const struct fasti_plan *plan = plan_left(view, scene);
    if (plan == NULL || view->rules->whoever != FASTI_RULE_FREE ||
        is_beyond_horizon(view, scene->now_ms) || limits_verdict(view, scene) != FASTI_RULE_FREE) {
        memset(starts + first, 0, (end - first) * sizeof *starts);
        return false;
    }
    if (view->plan->group_count > 1 || plan->group_count == 0) /* by view->plan the asker knows */
        return groups_starts(view, scene, plan, first, end, starts, lengths);
    return group_starts(view, scene, &plan->groups[0], first, end, starts) != 0;
}

/* Does some opening of the service, with all of these flags, end after this tick? */
static bool is_ahead(const struct fasti_day_view *view, uint32_t tick, uint8_t flags) {
    for (uint32_t i = 0; i < view->span_count; i++)
        if (view->spans[i].end_tick > tick && (view->spans[i].flags & flags) == flags &&
            fasti_span_offers(&view->spans[i], view->service))
            return true;
    return false;
}

/* Is there a candidate not before a tick, in the hours or at any time? */
static bool is_any_start(const struct fasti_day_view *view, uint32_t soonest, bool in_hours) {
    for (uint32_t g = 0; g < view->plan->group_count; g++) {
        const struct fasti_plan_group *group = &view->plan->groups[g];
        const struct window hours =
            in_hours ? hours_window(view, group->length_ticks) : (struct window){0, UINT32_MAX};
        const uint32_t first = soonest > hours.first ? soonest : hours.first;
        const uint32_t end = hours.end < FASTI_TICKS_MAX ? hours.end : FASTI_TICKS_MAX;
        if (first < end && fasti_bits_any(group->starts, first, end - first))
            return true;
    }
    return false;
}

enum fasti_rule_verdict fasti_rule_day(const struct fasti_day_view *view,
                                       const struct fasti_rule_scene *scene) {
    const struct fasti_rules *rules = view->rules;
    if (rules->whoever != FASTI_RULE_FREE)
        return rules->whoever;
    if (view->plan == NULL || !view->plan->is_open)
        return FASTI_RULE_CLOSED;
    const uint32_t soonest = fasti_rule_first_tick(view, scene->now_ms);
    if (!is_ahead(view, soonest, 0))
        return FASTI_RULE_PAST;
    if (!is_any_start(view, soonest, true)) {
        if (view->plan->group_count == 0 || is_ahead(view, soonest, FASTI_OPENING_FULL))
            return FASTI_RULE_FULL; /* open without a place, or too short for any start */
        return is_any_start(view, 0, true) || !is_any_start(view, soonest, false)
                   ? FASTI_RULE_PAST
                   : FASTI_RULE_HOURS;
    }
    if (rules->notice_minutes != 0 && !is_any_start(view, notice_tick(view, scene->now_ms), true))
        return FASTI_RULE_NOTICE;
    if (is_beyond_horizon(view, scene->now_ms))
        return FASTI_RULE_HORIZON;
    const enum fasti_rule_verdict limit = limits_verdict(view, scene);
    return limit != FASTI_RULE_FREE ? limit : FASTI_RULE_FULL;
}

/* ---- check ---- */

/* Why no candidate start stands at this tick. */
static enum fasti_rule_verdict verdict_without_candidate(const struct fasti_day_view *view,
                                                         const struct fasti_rule_scene *scene,
                                                         uint32_t tick) {
    const uint32_t count =
        (uint32_t)view->terms->duration_minutes / view->config->resolution_minutes;
    enum fasti_rule_verdict verdict = FASTI_RULE_CLOSED;
    for (uint32_t i = 0; i < view->span_count; i++) {
        const struct fasti_span *span = &view->spans[i];
        if (!fasti_span_offers(span, view->service) || tick < span->start_tick ||
            tick >= span->end_tick)
            continue;
        if ((span->flags & FASTI_OPENING_FULL) != 0 || is_used_up(view, scene, i))
            verdict = FASTI_RULE_FULL;
        else if (tick + count <= fasti_span_visit_end(span) ||
                 (span->flags & FASTI_OPENING_SINGLE) != 0)
            return FASTI_RULE_OFF_GRID;
    }
    return verdict;
}

/* Whether a visit of this length may start at this tick at this time, and that many. */
static enum fasti_rule_verdict when_verdict(const struct fasti_day_view *view,
                                            const struct fasti_rule_scene *scene, uint32_t tick,
                                            uint32_t length) {
    const struct window hours = hours_window(view, length);
    if (tick < hours.first || tick >= hours.end)
        return FASTI_RULE_HOURS;
    if (!FASTI_MUTANT(CLAIM_WITHOUT_NOTICE) && tick < notice_tick(view, scene->now_ms))
        return FASTI_RULE_NOTICE;
    if (is_beyond_horizon(view, scene->now_ms))
        return FASTI_RULE_HORIZON;
    return limits_verdict(view, scene);
}

/* Staff waives the rules: any tick, with the length of the first candidate there, else the
 * service's. */
static enum fasti_rule_verdict override_check(const struct fasti_day_view *view,
                                              const struct fasti_rule_scene *scene, uint32_t tick,
                                              bool is_whole, struct fasti_rule_place *place) {
    if (!is_whole)
        return FASTI_RULE_OFF_GRID;
    if (is_page_full(scene))
        return FASTI_RULE_DAY_LIMIT;
    uint32_t length = 0;
    for (uint32_t g = 0; view->plan != NULL && g < view->plan->group_count && length == 0; g++)
        if (fasti_bits_any(view->plan->groups[g].starts, tick, 1))
            length = view->plan->groups[g].length_ticks;
    if (length == 0)
        length = fasti_day_view_ticks(view, view->terms->duration_minutes);
    return time_verdict(view, scene, tick, length, place);
}

enum fasti_rule_verdict fasti_rule_check(const struct fasti_day_view *view,
                                         const struct fasti_rule_scene *scene, int64_t start_utc_s,
                                         struct fasti_rule_place *place) {
    const int64_t tick_s = (int64_t)view->config->resolution_minutes * 60;
    const int64_t into_day_s = start_utc_s - view->day.start_utc_s;
    FASTI_ASSERT(into_day_s >= 0 && into_day_s < (int64_t)view->day.minutes * 60);
    if (start_utc_s * 1000 < scene->now_ms)
        return FASTI_RULE_PAST;
    const uint32_t tick = (uint32_t)(into_day_s / tick_s);
    const bool is_whole = into_day_s % tick_s == 0;
    if (view->rules->is_override)
        return override_check(view, scene, tick, is_whole, place);
    if (view->rules->whoever != FASTI_RULE_FREE)
        return view->rules->whoever;
    const struct fasti_plan *plan = is_whole ? plan_left(view, scene) : NULL;
    enum fasti_rule_verdict first = FASTI_RULE_FREE; /* FREE: no candidate yet */
    for (uint32_t g = 0; plan != NULL && g < plan->group_count; g++) {
        const struct fasti_plan_group *group = &plan->groups[g];
        if (!fasti_bits_any(group->starts, tick, 1))
            continue;
        enum fasti_rule_verdict verdict = when_verdict(view, scene, tick, group->length_ticks);
        if (verdict == FASTI_RULE_FREE)
            verdict = time_verdict(view, scene, tick, group->length_ticks, place);
        if (verdict == FASTI_RULE_FREE)
            return verdict;
        first = first == FASTI_RULE_FREE ? verdict : first;
    }
    return first != FASTI_RULE_FREE ? first : verdict_without_candidate(view, scene, tick);
}
