/*
 * fasti_ical_open.c - VAVAILABILITY (RFC 7953) as openings.
 *
 *   a week's rule in the place's own clock --> WEEKLY, with its dates
 *   anything else                          --> INSTANT, one for each span in the window
 *
 * An AVAILABLE opens time within its VAVAILABILITY only; where a VAVAILABILITY of a higher priority
 * is, those of lower ones say nothing (1 is the highest, 0, which is none, the lowest). What kind
 * of busy the time around is (BUSYTYPE) makes no difference: it is not open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ical_parts.h"

#define AVAILABILITIES_MAX 256

/* A VAVAILABILITY's own range. */
struct range {
    uint32_t item;
    int64_t start_utc_s, end_utc_s; /* INT64_MIN, INT64_MAX: without */
    uint8_t rank;                   /* 1 is the highest */
    bool is_masked;                 /* one of a higher rank is at the same time, too */
};

struct availability {
    struct fasti_ical_reader *reader;
    uint32_t count;
    struct range ranges[AVAILABILITIES_MAX];
};

/* ---- ranges ---- */

static int64_t instant_of(const struct fasti_ical_reader *reader,
                          const struct fasti_ical_item *item, const struct fasti_ical_time *time) {
    return fasti_ical_utc(fasti_ical_zone_of(reader, item, time), time->wall_s);
}

static bool read_range(struct fasti_ical_reader *reader, uint32_t index, struct range *range) {
    const struct fasti_ical_item *item = &reader->items[index];
    *range = (struct range){.item = index,
                            .start_utc_s = INT64_MIN,
                            .end_utc_s = INT64_MAX,
                            .rank = item->priority == 0 ? 10 : item->priority};
    if (item->has_start)
        range->start_utc_s = instant_of(reader, item, &item->start);
    if (item->has_end)
        range->end_utc_s = instant_of(reader, item, &item->end);
    else if (item->has_duration && item->has_start)
        range->end_utc_s =
            fasti_ical_utc(fasti_ical_zone_of(reader, item, &item->start),
                           item->start.wall_s + item->duration.days * FASTI_DAY_SECONDS) +
            item->duration.seconds;
    if (range->start_utc_s < range->end_utc_s)
        return true;
    fasti_ical_refuse(reader, FASTI_INVALID_FILE, item->line,
                      "the VAVAILABILITY ends before it starts, or is empty");
    return false;
}

static bool overlaps(const struct range *a, const struct range *b) {
    return a->start_utc_s < b->end_utc_s && b->start_utc_s < a->end_utc_s;
}

/* Those of one rank at one time all open what they open; RFC 7953's own example has such an hour.
 */
static void find_masked(struct availability *availability) {
    for (uint32_t i = 0; i < availability->count; i++)
        for (uint32_t j = 0; j < availability->count; j++) {
            struct range *a = &availability->ranges[i];
            const struct range *b = &availability->ranges[j];
            a->is_masked = a->is_masked || (b->rank < a->rank && overlaps(a, b));
        }
}

static bool read_ranges(struct availability *availability) {
    struct fasti_ical_reader *reader = availability->reader;
    for (uint32_t i = 0; i < reader->item_count; i++) {
        if (reader->items[i].kind != FASTI_ICAL_AVAILABILITY)
            continue;
        reader->result->has_availability = true;
        if (availability->count == AVAILABILITIES_MAX) {
            fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, reader->items[i].line,
                              "more than %d VAVAILABILITY components", AVAILABILITIES_MAX);
            return false;
        }
        if (!read_range(reader, i, &availability->ranges[availability->count++]))
            return false;
    }
    find_masked(availability);
    return true;
}

/* ---- openings ---- */

static void add_opening(struct fasti_ical_reader *reader, struct fasti_opening *opening,
                        const char *id, uint32_t line) {
    struct fasti_ical *result = reader->result;
    opening->capacity = FASTI_CAPACITY_UNLIMITED;
    if (reader->status != FASTI_OK || fasti_id_text_set(&opening->id, id, strlen(id)) != FASTI_OK)
        return;
    for (uint32_t i = 0; i < result->opening_count; i++)
        if (fasti_id_text_equal(&result->openings[i].id, &opening->id))
            return;
    if (result->openings == NULL)
        result->openings = calloc(FASTI_OPENINGS_MAX, sizeof *result->openings);
    if (result->openings == NULL)
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, line, "no memory for openings");
    else if (result->opening_count == FASTI_OPENINGS_MAX)
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, line,
                          "more than %d openings, as many as a schedule holds: make the window "
                          "shorter, or the hours weekly and in the place's time zone",
                          FASTI_OPENINGS_MAX);
    else
        result->openings[result->opening_count++] = *opening;
}

/* "2023-03-25T14:00Z" */
static void format_instant(int64_t utc_s, char text[32]) {
    char date[FASTI_DATE_TEXT_BYTES];
    const fasti_date day = fasti_date_of_utc(utc_s);
    const int32_t minute = (int32_t)((utc_s - day.v * FASTI_DAY_SECONDS) / 60);
    fasti_date_format(day, date);
    snprintf(text, 32, "%.10sT%02d:%02dZ", date, (int)(minute / 60), (int)(minute % 60));
}

/* Whole minutes inside of the span. */
static void add_instant(struct fasti_ical_reader *reader, int64_t start, int64_t end,
                        uint32_t line) {
    const struct fasti_ical_options *options = reader->options;
    struct fasti_opening opening = {.kind = FASTI_OPENING_INSTANT};
    opening.start_utc_s = start + ((60 - start % 60) % 60 + 60) % 60;
    opening.end_utc_s = end - (end % 60 + 60) % 60;
    if (opening.start_utc_s >= opening.end_utc_s || opening.start_utc_s >= options->to_utc_s ||
        opening.end_utc_s <= options->from_utc_s)
        return;
    char first[32], last[32], id[72];
    format_instant(opening.start_utc_s, first);
    format_instant(opening.end_utc_s, last);
    snprintf(id, sizeof id, "%s/%s", first, last);
    add_opening(reader, &opening, id, line);
}

/* What of a span is within its range and outside of those with a higher rank, from rank on. */
static void add_unmasked(struct availability *availability, const struct range *range,
                         int64_t start, int64_t end, uint32_t line) {
    start = start > range->start_utc_s ? start : range->start_utc_s;
    end = end < range->end_utc_s ? end : range->end_utc_s;
    while (start < end) {
        /* The first range that masks something, and what is left before it. */
        int64_t masked_from = end, masked_to = end;
        for (uint32_t i = 0; i < availability->count; i++) {
            const struct range *other = &availability->ranges[i];
            if (other->rank >= range->rank || other->start_utc_s >= masked_from ||
                other->end_utc_s <= start)
                continue;
            masked_from = other->start_utc_s > start ? other->start_utc_s : start;
            masked_to = other->end_utc_s;
        }
        if (start < masked_from)
            add_instant(availability->reader, start, masked_from, line);
        start = masked_to;
    }
}

static void add_spans(struct availability *availability, const struct range *range,
                      const uint32_t *items, uint32_t count) {
    struct fasti_ical_spans spans = {0};
    fasti_ical_series(availability->reader, items, count, false, &spans);
    for (uint32_t i = 0; i < spans.count; i++)
        add_unmasked(availability, range, spans.spans[i].start_utc_s, spans.spans[i].end_utc_s,
                     availability->reader->items[spans.spans[i].item].line);
    free(spans.spans);
}

/* ---- weekly ---- */

static bool is_places_zone(const struct fasti_ical_reader *reader,
                           const struct fasti_ical_item *item, const struct fasti_ical_time *time) {
    const struct fasti_zone *zone = fasti_ical_zone_of(reader, item, time);
    return zone != NULL && (zone == reader->options->zone ||
                            memcmp(zone, reader->options->zone, sizeof *zone) == 0);
}

/* Minutes from start to end on the wall clock; 0: none that a weekly opening has. */
static int64_t minutes_of(const struct fasti_ical_reader *reader,
                          const struct fasti_ical_item *item) {
    int64_t seconds = item->start.is_date ? FASTI_DAY_SECONDS : 0;
    if (item->has_end)
        seconds =
            is_places_zone(reader, item, &item->end) ? item->end.wall_s - item->start.wall_s : 0;
    else if (item->has_duration)
        seconds = item->duration.days * FASTI_DAY_SECONDS + item->duration.seconds;
    return seconds <= 0 || seconds > FASTI_DAY_SECONDS || seconds % 60 != 0 ? 0 : seconds / 60;
}

/* One rule, every week, by weekdays alone. */
static bool read_week(const struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                      struct fasti_ical_rule *rule) {
    struct fasti_detail detail;
    if (item->first_rule == FASTI_ICAL_NONE || item->first_rule != item->last_rule)
        return false;
    const struct fasti_ical_rule_text *text = &reader->rules[item->first_rule];
    if (fasti_ical_rule_parse(fasti_ical_text(reader, text->text), text->size, rule, &detail) !=
            FASTI_OK ||
        rule->frequency != FASTI_ICAL_WEEKLY || rule->interval != 1 || rule->count != 0)
        return false;
    for (uint32_t part = 0; part < FASTI_ICAL_PARTS; part++)
        if (part != FASTI_ICAL_BYDAY && rule->counts[part] > 0)
            return false;
    return true;
}

static int64_t floor_days(int64_t minutes) {
    return minutes / FASTI_DAY_MINUTES - (minutes % FASTI_DAY_MINUTES < 0);
}

/* The first and last dates whose hours lie wholly in the range; false: it cuts through some. */
static bool cut_dates(const struct fasti_ical_reader *reader, const struct range *range,
                      int64_t start_minute, int64_t end_minute, int64_t *first, int64_t *last) {
    const struct fasti_zone *zone = reader->options->zone;
    if (range->start_utc_s != INT64_MIN) {
        const int64_t from = fasti_ical_wall(zone, range->start_utc_s) / 60;
        const int64_t date = floor_days(from - start_minute + FASTI_DAY_MINUTES - 1);
        if (date > *first && (date - 1) * FASTI_DAY_MINUTES + end_minute > from)
            return false;
        *first = date > *first ? date : *first;
    }
    if (range->end_utc_s != INT64_MAX) {
        const int64_t to = fasti_ical_wall(zone, range->end_utc_s) / 60;
        const int64_t date = floor_days(to - end_minute);
        if (date < *last && (date + 1) * FASTI_DAY_MINUTES + start_minute < to)
            return false;
        *last = date < *last ? date : *last;
    }
    return true;
}

static void add_weekly(struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                       struct fasti_opening *opening) {
    char first[FASTI_DATE_TEXT_BYTES], last[FASTI_DATE_TEXT_BYTES], id[64];
    if (opening->date_first.v > opening->date_last.v ||
        opening->date_last.v < fasti_date_of_utc(reader->options->from_utc_s).v - 1)
        return;
    fasti_date_format(opening->date_first, first);
    fasti_date_format(opening->date_last, last);
    snprintf(id, sizeof id, "weekly-%02x-%u-%u-%.10s/%.10s", opening->weekdays,
             opening->start_minute, opening->end_minute, first, last);
    add_opening(reader, opening, id, item->line);
}

/* true: the component is a week's rule and has been added. */
static bool try_weekly(struct availability *availability, const struct range *range,
                       uint32_t index) {
    struct fasti_ical_reader *reader = availability->reader;
    const struct fasti_ical_item *item = &reader->items[index];
    struct fasti_ical_rule rule;
    if (range->is_masked || !item->has_start || item->has_recurrence || item->is_cancelled ||
        item->first_date != FASTI_ICAL_NONE || item->start.wall_s % 60 != 0 ||
        !is_places_zone(reader, item, &item->start) || !read_week(reader, item, &rule))
        return false;
    const int64_t minutes = minutes_of(reader, item);
    const fasti_date start = fasti_date_of_utc(item->start.wall_s);
    const int64_t start_minute = item->start.wall_s / 60 - (int64_t)start.v * FASTI_DAY_MINUTES;
    int64_t first = start.v, last = FASTI_DATE_LAST;
    if (rule.has_until) {
        const int64_t until = rule.until_is_utc
                                  ? fasti_ical_wall(reader->options->zone, rule.until_wall_s)
                                  : rule.until_wall_s;
        const int64_t date = floor_days(until / 60 - start_minute);
        last = date < last ? date : last;
    }
    first = first < FASTI_DATE_FIRST ? FASTI_DATE_FIRST : first;
    if (minutes == 0 ||
        !cut_dates(reader, range, start_minute, start_minute + minutes, &first, &last))
        return false;
    struct fasti_opening opening = {.kind = FASTI_OPENING_WEEKLY,
                                    .start_minute = (uint16_t)start_minute,
                                    .end_minute = (uint16_t)(start_minute + minutes),
                                    .date_first = {(int32_t)first},
                                    .date_last = {(int32_t)(last < first ? first - 1 : last)}};
    for (uint32_t i = 0; i < rule.counts[FASTI_ICAL_BYDAY]; i++)
        opening.weekdays |=
            (uint8_t)(1 << fasti_ical_day_weekday(rule.values[FASTI_ICAL_BYDAY][i]));
    if (opening.weekdays == 0)
        opening.weekdays = (uint8_t)(1 << fasti_date_weekday(start));
    add_weekly(reader, item, &opening);
    return true;
}

void fasti_ical_open(struct fasti_ical_reader *reader) {
    struct availability availability = {.reader = reader};
    if (!read_ranges(&availability))
        return;
    for (uint32_t r = 0; r < availability.count && reader->status == FASTI_OK; r++) {
        const struct range *range = &availability.ranges[r];
        uint32_t count;
        uint32_t *items = fasti_ical_groups(reader, FASTI_ICAL_AVAILABLE, range->item, &count);
        for (uint32_t i = 0; i < count && items != NULL;) {
            const uint32_t size = fasti_ical_group_size(reader, items, i, count);
            if (size > 1 || !try_weekly(&availability, range, items[i]))
                add_spans(&availability, range, items + i, size);
            i += size;
        }
        free(items);
    }
}
