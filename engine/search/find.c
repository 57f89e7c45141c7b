/*
 * find.c - candidates, their earliest starts, the best of them.
 */
#include "engine/search/find.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/heap.h"
#include "engine/time/civil.h"

#define DISTANCE_BIT 40 /* of a key by day: millimetres have 35 bits */
#define TRIES_MAX    16 /* of a schedule that is edited all the time */
#define LOOKS_MAX    32 /* at once */
#define LOOKS_MORE   4  /* at once, where there are as many results as are asked for */

struct found {
    uint64_t key;
    uint32_t schedule, rank; /* as the candidate's */
    uint32_t service;        /* 0: nothing was found */
    int32_t date;            /* of the first start */
    struct fasti_search_start start;
    fasti_organization_id organization;
    fasti_location_id location;
};

struct fasti_find {
    struct found best[FASTI_SEARCH_RESULTS_MAX + 1]; /* in order; one more than is asked for */
    uint32_t best_count;
    struct fasti_heap heap;
    struct fasti_search_answer answer;
};

/* One search. */
struct run {
    struct fasti_search *search;
    struct fasti_find *find;
    const struct fasti_search_query *query;
    const struct fasti_roster *roster;
    struct fasti_candidates candidates;
    uint16_t to_minute;
    int64_t now_ms;
    uint32_t looks;  /* at days, so far */
    bool is_cut;     /* there are more to look at than one search may */
    bool is_changed; /* some candidate had no rank: schedules may come twice */
    struct fasti_window window;
    struct fasti_row row;
};

struct fasti_find *fasti_find_create(void) {
    return calloc(1, sizeof(struct fasti_find));
}

void fasti_find_destroy(struct fasti_find *find) {
    free(find);
}

/* ---- a schedule's day ---- */

/* Minute of the local day at which a tick begins. */
static uint32_t local_minute(const struct fasti_day_view *view, uint32_t tick) {
    const int32_t minute = (int32_t)(tick * view->config->resolution_minutes);
    const int64_t local_s =
        view->day.start_utc_s + minute * INT64_C(60) + fasti_local_day_offset_s(&view->day, minute);
    return (uint32_t)(local_s % FASTI_DAY_SECONDS / 60);
}

/* The starts of one word whose local time the query takes. On an ordinary day those are a range. */
static uint64_t word_take(const struct run *run, uint32_t w, uint64_t starts) {
    const struct fasti_day_view *view = &run->row.view;
    const uint32_t resolution = view->config->resolution_minutes;
    const uint32_t from = run->query->from_minute, to = run->to_minute;
    if (view->day.change_minute < 0 && local_minute(view, 0) == 0) {
        const uint32_t first = (from + resolution - 1) / resolution;
        const uint32_t end = (to + resolution - 1) / resolution;
        return end <= w * 64 || first >= w * 64 + 64 ? 0 : starts & fasti_bits_mask(w, first, end);
    }
    uint64_t taken = starts;
    for (uint64_t left = starts; left != 0; left &= left - 1) {
        const uint32_t minute = local_minute(view, w * 64 + (uint32_t)__builtin_ctzll(left));
        if (minute < from || minute >= to)
            taken &= ~(left & -left);
    }
    return taken;
}

/* Leaves of the day's starts those whose local time the query takes; is there any? *tick: the
 * first. */
static bool hours_take(const struct run *run, uint32_t *tick) {
    const struct fasti_day_view *view = &run->row.view;
    uint64_t *starts = run->search->starts;
    bool is_found = false;
    for (uint32_t w = fasti_rule_word_first(view); w < fasti_rule_word_end(view); w++) {
        starts[w] = word_take(run, w, starts[w]);
        if (!is_found && starts[w] != 0)
            *tick = w * 64 + (uint32_t)__builtin_ctzll(starts[w]);
        is_found = is_found || starts[w] != 0;
    }
    return is_found;
}

/* Has the day a start that the query takes? *tick: the first. The row is loaded; its view may hold
 * the day before. */
static bool row_day(struct run *run, fasti_date date, fasti_date *viewed, uint32_t *tick) {
    const bool is_next = viewed->v != 0 && viewed->v + 1 == date.v;
    if (run->is_cut || run->looks == FASTI_SEARCH_LOOKS_MAX) {
        run->is_cut = true;
        return false;
    }
    run->looks++;
    *viewed = date;
    return fasti_row_free(run->search, &run->row, date, is_next) && hours_take(run, tick);
}

static bool row_begin(struct run *run, const struct fasti_schedule_config *config,
                      uint32_t schedule, uint32_t service) {
    run->row.scene = (struct fasti_rule_scene){.now_ms = run->now_ms};
    return fasti_row_load(run->search, config->organization, (fasti_schedule_id){schedule},
                          (fasti_service_id){service}, &run->query->facts,
                          &run->row) == FASTI_REASON_FREE;
}

/* ---- the best ---- */

static bool is_less(uint64_t key, uint32_t schedule, uint64_t other_key, uint32_t other_schedule) {
    return key < other_key || (key == other_key && schedule < other_schedule);
}

static bool is_after(const struct run *run, uint64_t key, uint32_t schedule) {
    const struct fasti_search_place *after = &run->query->after;
    return after->schedule == 0 || is_less(after->key, after->schedule, key, schedule);
}

/* Are there as many results as are asked for, and one more that tells that there are more? */
static bool is_full(const struct run *run) {
    return run->find->best_count > run->query->limit;
}

/* May something with such a key be among the best? */
static bool may_be_best(const struct run *run, uint64_t key, uint32_t schedule) {
    const struct found *last = &run->find->best[run->query->limit];
    return !is_full(run) || is_less(key, schedule, last->key, last->schedule);
}

/* Takes its place among the best, if it has one. A schedule that changed while candidates were
 * found may come twice: its first place counts. */
static void best_add(struct run *run, const struct found *found) {
    struct fasti_find *find = run->find;
    uint32_t at = find->best_count;
    if (!is_after(run, found->key, found->schedule))
        return;
    for (uint32_t i = 0; i < find->best_count && run->is_changed; i++)
        if (find->best[i].schedule == found->schedule)
            return;
    while (at > 0 && is_less(found->key, found->schedule, find->best[at - 1].key,
                             find->best[at - 1].schedule))
        at--;
    if (is_full(run) && at == find->best_count)
        return;
    find->best_count += !is_full(run);
    memmove(&find->best[at + 1], &find->best[at],
            (find->best_count - 1 - at) * sizeof find->best[0]);
    find->best[at] = *found;
}

/* The least key that a start of a day, from a place on it on, can have. */
static uint64_t least_key(const struct run *run, const struct fasti_window_day *day, uint8_t first,
                          uint64_t distance_mm) {
    switch (run->query->order) {
    case FASTI_SEARCH_BY_START: return (uint64_t)fasti_window_earliest_s(day, first);
    case FASTI_SEARCH_BY_DAY:
        return (uint64_t)(day->date.v - FASTI_DATE_FIRST) << DISTANCE_BIT | distance_mm;
    case FASTI_SEARCH_BY_DISTANCE: break;
    }
    return distance_mm;
}

/* ---- a candidate ---- */

/* May the day hold a start that the query takes, as far as summaries tell? *first: where. */
static bool may_be_free(const struct fasti_window_day *day, uint32_t rank, uint8_t needed,
                        uint8_t *first) {
    *first = 0;
    return rank == FASTI_CANDIDATE_NO_RANK ||
           fasti_window_day_may(day, FASTI_WINDOW_WHOLE, rank, 1, 1, needed, first) != 0;
}

/* A start of the row's day, as an answer has it. */
static struct fasti_search_start start_at(const struct run *run, uint32_t tick) {
    const struct fasti_day_view *view = &run->row.view;
    const uint32_t resolution = view->config->resolution_minutes;
    const uint32_t length = view->plan->group_count == 1 ? view->plan->groups[0].length_ticks
                                                         : run->search->lengths[tick];
    return (struct fasti_search_start){
        .utc_s = fasti_day_view_utc_s(view, tick),
        .offset_minutes =
            (int16_t)(fasti_local_day_offset_s(&view->day, (int32_t)(tick * resolution)) / 60),
        .minutes = (uint16_t)(length * resolution),
    };
}

/* A candidate that is looked at. */
struct look {
    struct fasti_hope hope;
    uint64_t distance_mm;     /* where the order asks for it */
    fasti_service_id service; /* the first that is meant; 0: not known yet */
    struct fasti_schedule *schedule;
    const struct fasti_schedule_config *config; /* asked for */
    struct fasti_plan_key key;                  /* of the date's plan, once the day is there */
};

static fasti_date look_date(const struct run *run, const struct look *look) {
    return run->window.days[look->hope.candidate.day].date;
}

static void look_begin(struct run *run, struct look *look) {
    const struct fasti_candidate *candidate = &look->hope.candidate;
    look->distance_mm = look->hope.key;
    if (run->query->order == FASTI_SEARCH_BY_DAY)
        look->distance_mm &= (UINT64_C(1) << DISTANCE_BIT) - 1;
    look->service.v = 0;
    look->key.pattern_id = FASTI_PATTERN_NONE;
    look->schedule =
        fasti_schedule_get(run->search->directory, (fasti_schedule_id){candidate->schedule});
    if (candidate->rank == FASTI_CANDIDATE_NO_RANK)
        return;
    const struct fasti_roster_entry *entry = &run->roster->entries[candidate->rank];
    const struct fasti_roster_offer *offers = &run->roster->offers[entry->offer_first];
    for (uint32_t i = 0; i < entry->offer_count && look->service.v == 0; i++)
        if (fasti_candidates_mean(&run->candidates, &offers[i]))
            look->service.v = offers[i].service;
}

/* The earliest start of one service, if that is before what *found has (service 0: nothing). A
 * place that is too late ends it: its later days are later (window.h). */
static void offer_look(struct run *run, const struct look *look,
                       const struct fasti_roster_offer *offer, struct found *found) {
    const struct fasti_candidate *candidate = &look->hope.candidate;
    fasti_date viewed = {0};
    for (uint32_t d = candidate->day; d * FASTI_WINDOW_PARTS < run->candidates.part_end; d++) {
        const struct fasti_window_day *day = &run->window.days[d];
        uint32_t tick;
        uint8_t first;
        if (found->service != 0 && day->date.v > found->date)
            return;
        if (!may_be_free(day, candidate->rank, offer->needed, &first))
            continue;
        if (!may_be_best(run, least_key(run, day, first, look->distance_mm), candidate->schedule))
            return;
        if (!row_day(run, day->date, &viewed, &tick))
            continue;
        const struct fasti_search_start start = start_at(run, tick);
        if (found->service != 0 && start.utc_s >= found->start.utc_s)
            return;
        found->start = start;
        found->service = offer->service;
        found->date = day->date.v;
        return;
    }
}

/* Under one configuration; false: another one was published meanwhile. */
static bool candidate_look_once(struct run *run, const struct look *look, struct found *found) {
    const struct fasti_candidate *candidate = &look->hope.candidate;
    const struct fasti_roster *roster = run->roster;
    const struct fasti_schedule *schedule = look->schedule;
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    const struct fasti_roster_entry *entry =
        candidate->rank == FASTI_CANDIDATE_NO_RANK ? NULL : &roster->entries[candidate->rank];
    const uint32_t count = entry == NULL ? config->service_count : entry->offer_count;
    if (run->candidates.area.kind == FASTI_GEO_CIRCLE) /* for the answer */
        __builtin_prefetch(fasti_location_get(run->search->directory, config->location));
    *found = (struct found){.key = look->distance_mm,
                            .schedule = candidate->schedule,
                            .rank = candidate->rank,
                            .organization = config->organization,
                            .location = config->location};
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_roster_offer offer =
            entry == NULL ? fasti_candidates_offer(&run->candidates, config->services[i])
                          : roster->offers[entry->offer_first + i];
        if (fasti_candidates_mean(&run->candidates, &offer) &&
            row_begin(run, config, candidate->schedule, offer.service))
            offer_look(run, look, &offer, found);
    }
    return config == fasti_load_seq_cst(&schedule->config);
}

static void candidate_look(struct run *run, const struct look *look) {
    struct found found;
    bool is_one = false;
    for (int tries = 0; tries < TRIES_MAX && !is_one; tries++)
        is_one = candidate_look_once(run, look, &found);
    if (!is_one || found.service == 0) /* edited all the time: it is left out */
        return;
    if (run->query->order == FASTI_SEARCH_BY_START)
        found.key = (uint64_t)found.start.utc_s;
    if (run->query->order == FASTI_SEARCH_BY_DAY)
        found.key = (uint64_t)(found.date - FASTI_DATE_FIRST) << DISTANCE_BIT | look->distance_mm;
    best_add(run, &found);
}

/* The key of the plan that the day asks for, where it is compiled. */
static void look_key(const struct run *run, struct look *look) {
    const struct fasti_search *search = run->search;
    const struct fasti_service *terms = fasti_service_get(search->directory, look->service);
    if (terms != NULL)
        look->key = fasti_row_plan_key(
            look->config, look->service, terms,
            fasti_days_find(search->arena, &look->schedule->days, look_date(run, look)));
}

/* Asks for what the looks will read, a step of all of them at a time: what one step asks for comes
 * while the others of the step ask. */
static void looks_prefetch(struct run *run, struct look *looks, uint32_t count) {
    struct fasti_arena *arena = run->search->arena;
    for (struct look *look = looks; look < looks + count; look++) {
        __builtin_prefetch(look->schedule);
        fasti_days_prefetch(arena, &look->schedule->days, look_date(run, look), 0);
    }
    for (struct look *look = looks; look < looks + count; look++) {
        look->config = fasti_load_seq_cst(&look->schedule->config);
        fasti_row_config_prefetch(look->config);
        fasti_days_prefetch(arena, &look->schedule->days, look_date(run, look), 1);
    }
    for (struct look *look = looks; look < looks + count; look++)
        fasti_days_prefetch(arena, &look->schedule->days, look_date(run, look), 2);
    for (struct look *look = looks; look < looks + count; look++) {
        fasti_days_prefetch(arena, &look->schedule->days, look_date(run, look), 3);
        look_key(run, look);
    }
    for (uint32_t level = 0; level < FASTI_PLAN_LEVELS; level++)
        for (struct look *look = looks; look < looks + count; look++)
            if (look->key.pattern_id != FASTI_PATTERN_NONE)
                fasti_plan_prefetch(run->search->patterns, &look->key, level);
}

/* How many are looked at together: as many as are wanted still, and some that may just be better.
 */
static uint32_t looks_wanted(const struct run *run) {
    const uint32_t wanted = run->query->limit + 1 - run->find->best_count + LOOKS_MORE;
    return wanted < LOOKS_MAX ? wanted : LOOKS_MAX;
}

/* Looks at those that wait, as long as one may be among the best: the others need no look. */
static void hopes_look(struct run *run) {
    struct fasti_heap *heap = &run->find->heap;
    struct look looks[LOOKS_MAX];
    for (uint32_t count = 1; count > 0 && !run->is_cut;) {
        const uint32_t wanted = looks_wanted(run);
        for (count = 0; count < wanted && heap->count > 0 &&
                        may_be_best(run, heap->hopes[0].key, heap->hopes[0].candidate.schedule);
             count++) {
            looks[count].hope = fasti_heap_take(heap);
            look_begin(run, &looks[count]);
        }
        looks_prefetch(run, looks, count);
        for (uint32_t i = 0; i < count && !run->is_cut; i++)
            if (may_be_best(run, looks[i].hope.key, looks[i].hope.candidate.schedule))
                candidate_look(run, &looks[i]);
    }
    heap->count = 0;
}

/* Leaves out what is too late by now. */
static void parts_cut(struct run *run) {
    uint32_t *end = &run->candidates.part_end;
    const struct found *last = &run->find->best[run->query->limit];
    for (; is_full(run) && *end > 0; --*end) {
        const uint32_t d = (*end - 1) / FASTI_WINDOW_PARTS, part = (*end - 1) % FASTI_WINDOW_PARTS;
        if (least_key(run, &run->window.days[d], (uint8_t)(part * 64), 0) <= last->key)
            return;
    }
}

static void candidate_take(void *context, const struct fasti_candidate *candidate,
                           uint64_t distance_mm) {
    struct run *run = context;
    const struct fasti_hope hope = {
        .key = least_key(run, &run->window.days[candidate->day], candidate->first, distance_mm),
        .candidate = *candidate};
    run->is_changed = run->is_changed || candidate->rank == FASTI_CANDIDATE_NO_RANK;
    if (!may_be_best(run, hope.key, candidate->schedule) ||
        (run->query->order == FASTI_SEARCH_BY_DISTANCE &&
         !is_after(run, hope.key, candidate->schedule)))
        return;
    fasti_heap_put(&run->find->heap, &hope);
    if (run->find->heap.count == FASTI_HEAP_MAX)
        hopes_look(run);
}

/* Enough for all results? Then what is later may be of no use. */
static void candidates_pause(void *context) {
    struct run *run = context;
    if (run->find->heap.count + run->find->best_count > run->query->limit) {
        hopes_look(run);
        parts_cut(run);
    }
}

/* ---- the answer ---- */

/* The first starts of a result's day, up to the limit. */
static void starts_write(struct run *run, struct fasti_search_result *result) {
    struct fasti_search_answer *answer = &run->find->answer;
    const struct fasti_day_view *view = &run->row.view;
    const uint64_t *starts = run->search->starts;
    for (uint32_t w = fasti_rule_word_first(view); w < fasti_rule_word_end(view); w++)
        for (uint64_t left = starts[w]; left != 0 && result->start_count < run->query->start_limit;
             left &= left - 1) {
            answer->starts[answer->starts_total++] =
                start_at(run, w * 64 + (uint32_t)__builtin_ctzll(left));
            result->start_count++;
        }
}

/* A result's starts, all under one configuration; false: another one was published meanwhile. */
static bool result_starts(struct run *run, const struct found *found, uint32_t rank,
                          const struct fasti_schedule_config *config,
                          struct fasti_search_result *result) {
    const struct fasti_schedule *schedule =
        fasti_schedule_get(run->search->directory, result->schedule);
    const struct fasti_service *service =
        fasti_service_get(run->search->directory, result->service);
    const uint8_t needed = fasti_summary_needed(config, service);
    fasti_date viewed = {0};
    const bool is_offered = row_begin(run, config, found->schedule, found->service);
    for (uint32_t d = 0;
         is_offered && d < run->window.count && result->start_count < run->query->start_limit;
         d++) {
        const struct fasti_window_day *day = &run->window.days[d];
        uint32_t tick;
        uint8_t first;
        if (day->date.v >= found->date && may_be_free(day, rank, needed, &first) &&
            row_day(run, day->date, &viewed, &tick))
            starts_write(run, result);
    }
    return config == fasti_load_seq_cst(&schedule->config);
}

/* How far a place is from where the search asks. */
static uint32_t distance_of(const struct run *run, fasti_location_id id) {
    if (run->candidates.area.kind != FASTI_GEO_CIRCLE)
        return FASTI_SEARCH_NO_DISTANCE;
    const struct fasti_location *location = fasti_location_get(run->search->directory, id);
    const struct fasti_geo place = {location->latitude_e7, location->longitude_e7};
    return location->has_position
               ? (uint32_t)llround(fasti_geo_distance_m(run->candidates.area.centre, place))
               : FASTI_SEARCH_NO_DISTANCE;
}

static struct fasti_search_result result_of(const struct run *run, const struct found *found,
                                            fasti_organization_id organization,
                                            fasti_location_id id) {
    return (struct fasti_search_result){.schedule = {found->schedule},
                                        .organization = organization,
                                        .service = {found->service},
                                        .location = id,
                                        .distance_m = distance_of(run, id)};
}

/* The one start that is asked for is known already. */
static void result_write_first(struct run *run, const struct found *found) {
    struct fasti_search_answer *answer = &run->find->answer;
    struct fasti_search_result *result = &answer->results[answer->count++];
    *result = result_of(run, found, found->organization, found->location);
    result->start_count = 1;
    answer->starts[answer->starts_total++] = found->start;
}

/* Without starts (somebody took the last ones meanwhile, or edits it all the time) it is none. */
static void result_write(struct run *run, const struct found *found) {
    struct fasti_search_answer *answer = &run->find->answer;
    const fasti_schedule_id id = {found->schedule};
    const uint32_t starts_before = answer->starts_total;
    struct fasti_search_result *result = &answer->results[answer->count];
    bool is_one = false;
    for (int tries = 0; tries < TRIES_MAX && !is_one; tries++) {
        const struct fasti_schedule_config *config =
            fasti_load_seq_cst(&fasti_schedule_get(run->search->directory, id)->config);
        answer->starts_total = starts_before;
        *result = result_of(run, found, config->organization, config->location);
        is_one = result_starts(run, found, found->rank, config, result);
    }
    if (is_one && result->start_count > 0)
        answer->count++;
    else
        answer->starts_total = starts_before;
}

static void answer_write(struct run *run) {
    struct fasti_find *find = run->find;
    struct fasti_search_answer *answer = &find->answer;
    const uint32_t count = is_full(run) ? run->query->limit : find->best_count;
    answer->count = 0;
    answer->starts_total = 0;
    answer->more = is_full(run);
    answer->next = run->query->after;
    for (uint32_t i = 0; i < count; i++) {
        if (run->query->start_limit == 1)
            result_write_first(run, &find->best[i]);
        else
            result_write(run, &find->best[i]);
        answer->next = (struct fasti_search_place){find->best[i].key, find->best[i].schedule};
    }
}

/* ---- the question ---- */

static enum fasti_status area_check(const struct fasti_search_query *query,
                                    struct fasti_detail *detail) {
    const int32_t latitudes[] = {query->latitude_e7, query->north_e7};
    const int32_t longitudes[] = {query->longitude_e7, query->east_e7};
    if ((unsigned)query->area > FASTI_SEARCH_BOX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "an area is a circle, a box, or none");
    for (int i = 0; i < 2; i++)
        if (latitudes[i] < -900000000 || latitudes[i] > 900000000 || longitudes[i] < -1800000000 ||
            longitudes[i] > 1800000000)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "a position lies beyond 90 degrees north-south or 180 "
                                    "east-west");
    if (query->area == FASTI_SEARCH_BOX && query->latitude_e7 > query->north_e7)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the box's north lies south of its south");
    if (query->area == FASTI_SEARCH_CIRCLE &&
        (query->radius_m == 0 || query->radius_m > FASTI_SEARCH_RADIUS_MAX_M))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a radius is 1 to %d metres, not %u",
                                FASTI_SEARCH_RADIUS_MAX_M, query->radius_m);
    return FASTI_OK;
}

static enum fasti_status query_check(const struct fasti_search_query *query,
                                     struct fasti_detail *detail) {
    FASTI_TRY(area_check(query, detail));
    if (query->specialty.length == 0 && query->code.length == 0)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "search for the code of a specialty or of a service");
    if (query->order < FASTI_SEARCH_BY_START || query->order > FASTI_SEARCH_BY_DAY)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "results come by start, by distance or by day");
    if (query->order != FASTI_SEARCH_BY_START && query->area != FASTI_SEARCH_CIRCLE)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "distances are from the centre of a circle: say where and how far");
    if (query->limit == 0 || query->limit > FASTI_SEARCH_RESULTS_MAX || query->start_limit == 0 ||
        query->start_limit > FASTI_SEARCH_STARTS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "ask for 1 to %d schedules with 1 to %d starts each",
                                FASTI_SEARCH_RESULTS_MAX, FASTI_SEARCH_STARTS_MAX);
    if (query->from_minute >= FASTI_DAY_MINUTES || query->to_minute > FASTI_DAY_MINUTES ||
        (query->to_minute != 0 && query->to_minute <= query->from_minute) || query->weekdays > 127)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "starts lie between two times of one day, on some weekday");
    FASTI_TRY(fasti_row_check(&query->facts, query->first, query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_SEARCH_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a search goes over 1 to %d days, from the first to the last",
                                FASTI_SEARCH_DAYS_MAX);
    return FASTI_OK;
}

static struct fasti_geo_area area_of(const struct fasti_search_query *query) {
    const struct fasti_geo place = {query->latitude_e7, query->longitude_e7};
    switch (query->area) {
    case FASTI_SEARCH_CIRCLE: return fasti_geo_circle(place, query->radius_m);
    case FASTI_SEARCH_BOX:
        return fasti_geo_box(place, (struct fasti_geo){query->north_e7, query->east_e7});
    case FASTI_SEARCH_ANYWHERE: break;
    }
    return (struct fasti_geo_area){.kind = FASTI_GEO_ANYWHERE};
}

enum fasti_status fasti_find_run(struct fasti_search *search, fasti_organization_id organization,
                                 const struct fasti_search_query *query, int64_t now_ms,
                                 const struct fasti_search_answer **answer,
                                 struct fasti_detail *detail) {
    FASTI_TRY(query_check(query, detail));
    struct run run; /* large: what is set before it is read is not zeroed */
    run.search = search;
    run.find = search->find;
    run.query = query;
    run.roster = fasti_roster_current(search->roster);
    run.to_minute = (uint16_t)(query->to_minute == 0 ? FASTI_DAY_MINUTES : query->to_minute);
    run.now_ms = now_ms;
    run.looks = 0;
    run.is_cut = run.is_changed = false;
    if (run.roster == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "there is no memory for a search");
    run.candidates.directory = search->directory;
    run.candidates.roster = run.roster;
    run.candidates.query = query;
    run.candidates.organization = organization;
    run.candidates.area = area_of(query);
    run.candidates.take = candidate_take;
    run.candidates.pause = candidates_pause;
    run.candidates.context = &run;
    fasti_window_set(run.roster, query, run.to_minute, now_ms, &run.window);
    run.candidates.window = &run.window;
    run.candidates.part_end = run.window.count * FASTI_WINDOW_PARTS;
    run.find->best_count = run.find->heap.count = 0;
    fasti_candidates_find(&run.candidates);
    hopes_look(&run);
    run.find->answer.candidates = run.candidates.total;
    answer_write(&run);
    if (run.is_cut)
        return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                "there are more than %d days of schedules to look at: search in a "
                                "smaller area, in fewer days, or for a code",
                                FASTI_SEARCH_LOOKS_MAX);
    *answer = &search->find->answer;
    return FASTI_OK;
}
