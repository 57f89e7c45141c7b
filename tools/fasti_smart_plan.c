/*
 * fasti_smart_plan.c - sorts, joins and merges a feed into puts.
 *
 *   slots --schedule index--> spans --sort (schedule, start, end)--> merge --> openings
 *
 * Times of a span are whole minutes since 1970: of UTC normally, of the wall clock in civil mode.
 * Everything is sorted by key and then by place, so that files in another order give the same
 * plan wherever the publication does not contradict itself.
 */
#include "tools/fasti_smart_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

#define DAY_MINUTES INT64_C(1440)

struct span {
    uint32_t schedule; /* index in the plan's schedules */
    uint32_t slot;     /* index in the feed's slots */
    int64_t start_minute, end_minute;
};

static int compare_ids(const struct fasti_id_text *a, const struct fasti_id_text *b) {
    const size_t common = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->bytes, b->bytes, common);
    return order != 0 ? order : (int)a->length - (int)b->length;
}

static int compare_u64(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

static int compare_i64(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static uint64_t place_order(struct fasti_smart_place place) {
    return (uint64_t)place.file << 32 | place.line;
}

/* ---- locations and schedules: by id, each once ---- */

static int compare_locations(const void *a, const void *b) {
    const struct fasti_smart_location *x = a, *y = b;
    const int order = compare_ids(&x->id, &y->id);
    return order != 0 ? order : compare_u64(place_order(x->place), place_order(y->place));
}

static int compare_schedules(const void *a, const void *b) {
    const struct fasti_smart_schedule *x = a, *y = b;
    const int order = compare_ids(&x->id, &y->id);
    return order != 0 ? order : compare_u64(place_order(x->place), place_order(y->place));
}

static void sort_locations(struct fasti_smart_feed *feed) {
    if (feed->location_count == 0)
        return;
    qsort(feed->locations, feed->location_count, sizeof *feed->locations, compare_locations);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < feed->location_count; i++) {
        if (fasti_id_text_equal(&feed->locations[i].id, &feed->locations[kept].id))
            fasti_smart_note(feed, FASTI_SMART_LOCATION_REPEATS, feed->locations[i].place, NULL);
        else
            kept++;
        feed->locations[kept] = feed->locations[i];
    }
    feed->location_count = kept + 1;
}

static void sort_schedules(struct fasti_smart_feed *feed) {
    if (feed->schedule_count == 0)
        return;
    qsort(feed->schedules, feed->schedule_count, sizeof *feed->schedules, compare_schedules);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < feed->schedule_count; i++) {
        if (fasti_id_text_equal(&feed->schedules[i].id, &feed->schedules[kept].id))
            fasti_smart_note(feed, FASTI_SMART_SCHEDULE_REPEATS, feed->schedules[i].place, NULL);
        else
            kept++;
        feed->schedules[kept] = feed->schedules[i];
    }
    feed->schedule_count = kept + 1;
}

static bool has_location(const struct fasti_smart_location *locations, uint32_t count,
                         const struct fasti_id_text *id) {
    const struct fasti_smart_location key = {.id = *id};
    uint32_t low = 0, high = count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = compare_ids(&locations[middle].id, &key.id);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool find_schedule(const struct fasti_smart_feed *feed, const struct fasti_id_text *id,
                          uint32_t *index) {
    uint32_t low = 0, high = feed->schedule_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = compare_ids(&feed->schedules[middle].id, id);
        if (order == 0) {
            *index = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The feed's locations and one for every schedule that names none or an absent one. */
static void plan_locations(struct fasti_smart_feed *feed, struct fasti_smart_plan *plan) {
    if (feed->location_count > 0)
        memcpy(plan->locations, feed->locations, feed->location_count * sizeof *plan->locations);
    uint32_t count = feed->location_count;
    for (uint32_t s = 0; s < feed->schedule_count; s++) {
        const struct fasti_smart_schedule *schedule = &feed->schedules[s];
        const bool is_named = schedule->location.length > 0;
        const struct fasti_id_text *id = is_named ? &schedule->location : &schedule->id;
        plan->schedules[s].location = *id;
        if (has_location(feed->locations, feed->location_count, id))
            continue;
        if (is_named)
            fasti_smart_note(feed, FASTI_SMART_LOCATION_MISSING, schedule->place, NULL);
        plan->locations[count++] =
            (struct fasti_smart_location){.id = *id, .place = schedule->place};
    }
    if (count > 0)
        qsort(plan->locations, count, sizeof *plan->locations, compare_locations);
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || !fasti_id_text_equal(&plan->locations[i].id, &plan->locations[i - 1].id))
            plan->locations[plan->location_count++] = plan->locations[i];
}

/* ---- services ---- */

static void add_service(struct fasti_smart_planned_schedule *schedule, uint32_t service) {
    uint32_t at = 0;
    while (at < schedule->service_count && schedule->services[at] < service)
        at++;
    if (at < schedule->service_count && schedule->services[at] == service)
        return;
    for (uint32_t i = schedule->service_count; i > at; i--)
        schedule->services[i] = schedule->services[i - 1];
    schedule->services[at] = service;
    schedule->service_count++;
}

static enum fasti_status plan_services(const struct fasti_smart_feed *feed,
                                       struct fasti_smart_plan *plan) {
    struct fasti_smart_services *services = malloc(sizeof *services);
    if (services == NULL)
        return FASTI_LIMIT_MEMORY;
    fasti_smart_services_join(feed, services);
    uint32_t unspecified = UINT32_MAX;
    for (uint32_t s = 0; s < feed->schedule_count; s++) {
        const struct fasti_smart_schedule *schedule = &feed->schedules[s];
        for (uint32_t i = 0; i < schedule->concept_count; i++)
            add_service(&plan->schedules[s],
                        fasti_smart_concept_service(services, &schedule->concepts[i]));
        if (schedule->concept_count > 0)
            continue;
        if (unspecified == UINT32_MAX) {
            unspecified = services->count++;
            const struct fasti_smart_service service = {.id = {11, "unspecified"},
                                                        .name = {11, "Unspecified"}};
            services->items[unspecified] = service;
        }
        add_service(&plan->schedules[s], unspecified);
    }
    plan->service_count = services->count;
    plan->services = calloc(services->count + 1, sizeof *plan->services);
    if (plan->services != NULL)
        memcpy(plan->services, services->items, services->count * sizeof *plan->services);
    free(services);
    return plan->services == NULL ? FASTI_LIMIT_MEMORY : FASTI_OK;
}

/* ---- spans ---- */

static int64_t seconds_of(const struct fasti_instant_text *instant, bool is_civil) {
    return is_civil ? (int64_t)instant->date.v * FASTI_DAY_SECONDS + instant->second_of_day
                    : fasti_instant_utc_s(instant);
}

static int compare_slot_ids(const void *a, const void *b, void *context) {
    const struct fasti_smart_feed *feed = context;
    const struct span *x = a, *y = b;
    const int order = compare_ids(&feed->slots[x->slot].id, &feed->slots[y->slot].id);
    if (order != 0)
        return order;
    return compare_u64(place_order(feed->slots[x->slot].place),
                       place_order(feed->slots[y->slot].place));
}

static int compare_keys(const struct span *x, const struct span *y) {
    if (x->schedule != y->schedule)
        return x->schedule < y->schedule ? -1 : 1;
    const int order = compare_i64(x->start_minute, y->start_minute);
    return order != 0 ? order : compare_i64(x->end_minute, y->end_minute);
}

static int compare_spans(const void *a, const void *b, void *context) {
    const struct fasti_smart_feed *feed = context;
    const struct span *x = a, *y = b;
    const int order = compare_keys(x, y);
    if (order != 0)
        return order;
    return compare_u64(place_order(feed->slots[x->slot].place),
                       place_order(feed->slots[y->slot].place));
}

/* Spans of the slots that count, in no order; oddities of single slots are noted. */
static uint32_t collect_spans(struct fasti_smart_feed *feed, struct span *spans) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < feed->slot_count; i++) {
        const struct fasti_smart_slot *slot = &feed->slots[i];
        const int64_t start_s = seconds_of(&slot->start, feed->is_civil);
        const int64_t end_s = seconds_of(&slot->end, feed->is_civil);
        struct span span = {
            .slot = i, .start_minute = (start_s + 59) / 60, .end_minute = end_s / 60};
        if (!find_schedule(feed, &slot->schedule, &span.schedule)) {
            char text[FASTI_ID_BYTES_MAX + 1];
            snprintf(text, sizeof text, "%.*s", slot->schedule.length, slot->schedule.bytes);
            fasti_smart_note(feed, FASTI_SMART_SCHEDULE_MISSING, slot->place, text);
            continue;
        }
        if (start_s % 60 != 0 || end_s % 60 != 0)
            fasti_smart_note(feed, FASTI_SMART_SECONDS, slot->place, NULL);
        if (span.end_minute <= span.start_minute) {
            fasti_smart_note(feed, FASTI_SMART_END_BEFORE_START, slot->place, NULL);
            continue;
        }
        if (span.end_minute - span.start_minute > DAY_MINUTES)
            fasti_smart_note(feed, FASTI_SMART_SPAN_LONG, slot->place, NULL);
        spans[count++] = span;
    }
    return count;
}

/* How often an id stands for another key than where it was seen first. */
static void note_repeated_ids(struct fasti_smart_feed *feed, struct span *spans, uint32_t count) {
    if (count == 0)
        return;
    qsort_r(spans, count, sizeof *spans, compare_slot_ids, feed);
    uint32_t first = 0;
    for (uint32_t i = 1; i < count; i++) {
        const struct fasti_smart_slot *slot = &feed->slots[spans[i].slot];
        if (slot->id.length == 0 ||
            !fasti_id_text_equal(&slot->id, &feed->slots[spans[first].slot].id)) {
            first = i;
            continue;
        }
        char text[FASTI_ID_BYTES_MAX + 1];
        snprintf(text, sizeof text, "%.*s", slot->id.length, slot->id.bytes);
        if (compare_keys(&spans[i], &spans[first]) != 0)
            fasti_smart_note(feed, FASTI_SMART_SLOT_ID_REPEATS, slot->place, text);
    }
}

static bool slots_are_alike(const struct fasti_smart_slot *a, const struct fasti_smart_slot *b) {
    return fasti_id_text_equal(&a->id, &b->id) && a->is_full == b->is_full &&
           a->has_capacity == b->has_capacity && a->capacity == b->capacity;
}

/* Adds the places of a second slot of the same key; free if either is. */
static void merge_slot(struct fasti_smart_slot *kept, const struct fasti_smart_slot *other) {
    kept->is_full = kept->is_full && other->is_full;
    kept->has_capacity = kept->has_capacity && other->has_capacity;
    const uint64_t sum = (uint64_t)kept->capacity + other->capacity;
    kept->capacity = sum < FASTI_CAPACITY_UNLIMITED ? (uint32_t)sum : FASTI_CAPACITY_UNLIMITED - 1;
}

/* Sorts the spans, leaves one of each key, and returns how many are left. */
static uint32_t merge_spans(struct fasti_smart_feed *feed, struct span *spans, uint32_t count) {
    if (count == 0)
        return 0;
    qsort_r(spans, count, sizeof *spans, compare_spans, feed);
    uint32_t kept = 0;
    int64_t busy_until = spans[0].end_minute; /* the latest end on this schedule so far */
    for (uint32_t i = 1; i < count; i++) {
        struct fasti_smart_slot *slot = &feed->slots[spans[i].slot];
        struct fasti_smart_slot *before = &feed->slots[spans[kept].slot];
        const bool is_same_schedule = spans[i].schedule == spans[kept].schedule;
        if (compare_keys(&spans[i], &spans[kept]) == 0) {
            const bool is_alike = slots_are_alike(before, slot);
            fasti_smart_note(feed, is_alike ? FASTI_SMART_SLOT_REPEATS : FASTI_SMART_SLOT_MERGED,
                             slot->place, NULL);
            if (!is_alike)
                merge_slot(before, slot);
            continue;
        }
        if (is_same_schedule && spans[i].start_minute < busy_until)
            fasti_smart_note(feed, FASTI_SMART_SLOT_OVERLAPS, slot->place, NULL);
        if (!is_same_schedule || spans[i].end_minute > busy_until)
            busy_until = spans[i].end_minute;
        spans[++kept] = spans[i];
    }
    return kept + 1;
}

/* ---- openings ---- */

/* "2023-03-24T13:00Z/2023-03-25T03:00Z"; without the Z for wall clocks, "#2" for a second day. */
static void opening_id(const struct span *span, bool is_civil, uint32_t piece,
                       struct fasti_id_text *id) {
    char text[96], first[FASTI_DATE_TEXT_BYTES], last[FASTI_DATE_TEXT_BYTES], number[16] = "";
    const int start = (int)(span->start_minute % DAY_MINUTES);
    const int end = (int)(span->end_minute % DAY_MINUTES);
    const char *mark = is_civil ? "" : "Z";
    fasti_date_format((fasti_date){(int32_t)(span->start_minute / DAY_MINUTES)}, first);
    fasti_date_format((fasti_date){(int32_t)(span->end_minute / DAY_MINUTES)}, last);
    if (piece > 0)
        snprintf(number, sizeof number, "#%u", piece + 1);
    const int size = snprintf(text, sizeof text, "%sT%02d:%02d%s/%sT%02d:%02d%s%s", first,
                              start / 60, start % 60, mark, last, end / 60, end % 60, mark, number);
    const enum fasti_status status = fasti_id_text_set(id, text, (size_t)size);
    FASTI_ASSERT(status == FASTI_OK);
}

/* The part of a span on one of its days, as wall clock. The grid goes on over midnight: a later
 * day's part begins at the first start on it. One without a start is open all the same: FULL. */
static void set_hours(const struct span *span, uint32_t piece, uint16_t visit_minutes,
                      struct fasti_opening *opening) {
    const int64_t midnight = (span->start_minute / DAY_MINUTES + piece) * DAY_MINUTES;
    const int64_t end_minute = span->end_minute - midnight;
    const int64_t end = end_minute > DAY_MINUTES ? DAY_MINUTES : end_minute;
    int64_t start = span->start_minute - midnight;
    if (piece > 0) {
        const int64_t visits = (midnight - span->start_minute + visit_minutes - 1) / visit_minutes;
        start += visits * visit_minutes;
    }
    if (start >= end) {
        start = 0;
        opening->flags |= FASTI_OPENING_FULL;
    }
    opening->kind = FASTI_OPENING_DATED;
    opening->weekdays = 0x7f;
    opening->date_first = opening->date_last = (fasti_date){(int32_t)(midnight / DAY_MINUTES)};
    opening->start_minute = (uint16_t)start;
    opening->end_minute = (uint16_t)end;
}

/* One opening of a slot; in civil mode, of one of its days. */
static void make_opening(const struct fasti_smart_slot *slot, const struct span *span,
                         bool is_civil, uint32_t piece, const struct fasti_smart_options *options,
                         struct fasti_opening *opening) {
    const bool is_single = span->end_minute - span->start_minute <= FASTI_SMART_SINGLE_MINUTES;
    *opening =
        (struct fasti_opening){.source = options->source, .capacity = FASTI_CAPACITY_UNLIMITED};
    opening_id(span, is_civil, piece, &opening->id);
    opening->flags = (uint8_t)((is_single ? FASTI_OPENING_SINGLE : 0) |
                               (slot->is_full ? FASTI_OPENING_FULL : 0));
    if (slot->has_capacity)
        opening->capacity = slot->capacity;
    else if (is_single)
        opening->capacity = 1;
    if (is_civil) {
        set_hours(span, piece, options->minutes, opening);
        return;
    }
    opening->kind = FASTI_OPENING_INSTANT;
    opening->start_utc_s = span->start_minute * 60;
    opening->end_utc_s = span->end_minute * 60;
}

/* Openings that a span needs: one, or one a day in civil mode; 0 when it cannot be kept. */
static uint32_t piece_count(struct fasti_smart_feed *feed, const struct span *span) {
    if (!feed->is_civil)
        return 1;
    const int64_t days =
        (span->end_minute - 1) / DAY_MINUTES - span->start_minute / DAY_MINUTES + 1;
    if (days > 1 && span->end_minute - span->start_minute <= FASTI_SMART_SINGLE_MINUTES) {
        fasti_smart_note(feed, FASTI_SMART_SINGLE_CROSSES_MIDNIGHT, feed->slots[span->slot].place,
                         NULL);
        return 0;
    }
    return days > FASTI_OPENINGS_MAX ? FASTI_OPENINGS_MAX + 1 : (uint32_t)days;
}

static enum fasti_status too_many_openings(const struct fasti_smart_feed *feed,
                                           const struct fasti_smart_planned_schedule *schedule,
                                           const struct fasti_smart_slot *slot,
                                           struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                            "%.80s:%u: schedule \"%.*s\" has more than %d spans: publish a shorter "
                            "window",
                            feed->files[slot->place.file], slot->place.line, schedule->id.length,
                            schedule->id.bytes, FASTI_OPENINGS_MAX);
}

static enum fasti_status plan_openings(struct fasti_smart_feed *feed, const struct span *spans,
                                       uint32_t count, struct fasti_smart_plan *plan,
                                       struct fasti_detail *detail) {
    uint32_t room = count + 1;
    plan->openings = calloc(room, sizeof *plan->openings);
    if (plan->openings == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the openings");
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_smart_slot *slot = &feed->slots[spans[i].slot];
        struct fasti_smart_planned_schedule *schedule = &plan->schedules[spans[i].schedule];
        const uint32_t pieces = piece_count(feed, &spans[i]);
        if (schedule->opening_count == 0)
            schedule->opening_first = plan->opening_count;
        if (schedule->opening_count + pieces > FASTI_OPENINGS_MAX)
            return too_many_openings(feed, schedule, slot, detail);
        if (plan->opening_count + pieces > room) {
            room = room * 2 + pieces;
            struct fasti_opening *moved = realloc(plan->openings, room * sizeof *moved);
            if (moved == NULL)
                return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the openings");
            plan->openings = moved;
        }
        for (uint32_t piece = 0; piece < pieces; piece++)
            make_opening(slot, &spans[i], feed->is_civil, piece, &plan->options,
                         &plan->openings[plan->opening_count++]);
        schedule->opening_count += pieces;
        plan->span_count += pieces > 0;
    }
    return FASTI_OK;
}

/* ---- resolution and figures ---- */

static int64_t greatest_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        const int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The coarsest resolution that is exact for the visits' length and for every span. */
static void plan_resolutions(const struct span *spans, uint32_t count,
                             struct fasti_smart_plan *plan) {
    static const uint8_t coarser_first[] = {15, 10, 5, 1};
    const uint8_t max = plan->options.resolution_max == 0 ? 15 : plan->options.resolution_max;
    for (uint32_t s = 0, i = 0; s < plan->schedule_count; s++) {
        int64_t exact = greatest_divisor(plan->options.minutes, 30);
        for (; i < count && spans[i].schedule == s; i++)
            exact = greatest_divisor(greatest_divisor(exact, spans[i].start_minute),
                                     spans[i].end_minute);
        plan->schedules[s].exact_minutes = (uint8_t)exact;
        for (uint32_t r = 0; r < sizeof coarser_first; r++)
            if (coarser_first[r] <= max && exact % coarser_first[r] == 0) {
                plan->schedules[s].resolution_minutes = coarser_first[r];
                break;
            }
    }
}

static void count_offset(struct fasti_smart_plan *plan, const struct fasti_instant_text *instant) {
    if (!instant->has_offset)
        return;
    for (uint32_t i = 0; i < plan->offset_count; i++)
        if (plan->offsets[i].offset_s == instant->offset_s) {
            plan->offsets[i].count++;
            return;
        }
    if (plan->offset_count < FASTI_SMART_OFFSETS_MAX)
        plan->offsets[plan->offset_count++] = (struct fasti_smart_offset){instant->offset_s, 1};
}

static void count_places(const struct fasti_smart_slot *slot, int64_t minutes,
                         struct fasti_smart_plan *plan) {
    const bool is_single = minutes <= FASTI_SMART_SINGLE_MINUTES;
    const int64_t fitting = is_single ? 1 : minutes / plan->options.minutes;
    if (!slot->has_capacity || slot->capacity == 0 || slot->is_full)
        return;
    plan->capacity_count++;
    if (slot->capacity <= fitting)
        return;
    if (plan->crowded_count < FASTI_SMART_CROWDED_MAX)
        plan->crowded[plan->crowded_count] =
            (struct fasti_smart_crowded){slot->place, slot->capacity, (uint32_t)fitting};
    plan->crowded_count++;
}

static void count_figures(const struct fasti_smart_feed *feed, const struct span *spans,
                          uint32_t count, struct fasti_smart_plan *plan) {
    bool day_is_full = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_smart_slot *slot = &feed->slots[spans[i].slot];
        const int64_t minutes = spans[i].end_minute - spans[i].start_minute;
        plan->single_count += minutes <= FASTI_SMART_SINGLE_MINUTES;
        plan->full_count += slot->is_full;
        count_places(slot, minutes, plan);
        count_offset(plan, &slot->start);
        const bool is_new_day = i == 0 || spans[i].schedule != spans[i - 1].schedule ||
                                slot->start.date.v != feed->slots[spans[i - 1].slot].start.date.v;
        if (is_new_day) {
            plan->full_day_count += day_is_full;
            day_is_full = true;
        }
        day_is_full = day_is_full && slot->is_full;
    }
    plan->full_day_count += day_is_full;
}

/* ---- the plan ---- */

static enum fasti_status plan_spans(struct fasti_smart_feed *feed, struct fasti_smart_plan *plan,
                                    struct fasti_detail *detail) {
    struct span *spans = calloc((size_t)feed->slot_count + 1, sizeof *spans);
    if (spans == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the slots");
    uint32_t count = collect_spans(feed, spans);
    note_repeated_ids(feed, spans, count);
    count = merge_spans(feed, spans, count);
    plan_resolutions(spans, count, plan);
    count_figures(feed, spans, count, plan);
    const enum fasti_status status = plan_openings(feed, spans, count, plan, detail);
    free(spans);
    for (uint32_t s = 0; s < plan->schedule_count; s++)
        if (plan->schedules[s].opening_count == 0)
            fasti_smart_note(feed, FASTI_SMART_SCHEDULE_EMPTY, plan->schedules[s].place, NULL);
    return status;
}

static enum fasti_status fill_plan(struct fasti_smart_feed *feed, struct fasti_smart_plan *plan,
                                   struct fasti_detail *detail) {
    sort_locations(feed);
    sort_schedules(feed);
    plan->schedule_count = feed->schedule_count;
    plan->schedules = calloc((size_t)feed->schedule_count + 1, sizeof *plan->schedules);
    plan->locations =
        calloc((size_t)feed->location_count + feed->schedule_count + 1, sizeof *plan->locations);
    if (plan->schedules == NULL || plan->locations == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the schedules");
    for (uint32_t s = 0; s < feed->schedule_count; s++) {
        plan->schedules[s].id = feed->schedules[s].id;
        plan->schedules[s].place = feed->schedules[s].place;
    }
    plan_locations(feed, plan);
    if (plan_services(feed, plan) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the services");
    return plan_spans(feed, plan, detail);
}

enum fasti_status fasti_smart_plan_make(struct fasti_smart_feed *feed,
                                        const struct fasti_smart_options *options,
                                        struct fasti_smart_plan **plan,
                                        struct fasti_detail *detail) {
    *plan = calloc(1, sizeof **plan);
    if (*plan == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the plan");
    (*plan)->options = *options;
    const enum fasti_status status = fill_plan(feed, *plan, detail);
    if (status != FASTI_OK) {
        fasti_smart_plan_destroy(*plan);
        *plan = NULL;
    }
    return status;
}

void fasti_smart_plan_destroy(struct fasti_smart_plan *plan) {
    if (plan == NULL)
        return;
    free(plan->services);
    free(plan->locations);
    free(plan->schedules);
    free(plan->openings);
    free(plan);
}
