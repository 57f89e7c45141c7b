/*
 * fasti_ical_series.c - the components of one UID as spans of time (RFC 5545 3.8.5, 3.8.4.4).
 *
 *   newest master: DTSTART + RRULE + RDATE, - EXDATE --> instances, each once, by when it begins
 *       instance named by an override        -> left out: the override stands for itself
 *       instance after RANGE=THISANDFUTURE   -> moved, and as long as that override
 *       override                             -> its own time
 *
 * Rules are expanded in the wall clock of their DTSTART; each instance then becomes an instant.
 * An instance is known by the instant at which it began first; a RECURRENCE-ID or EXDATE that is a
 * date means the instance that began on it.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ical_parts.h"

/* Around the window, for what is moved and for zones. */
#define MARGIN_SECONDS (2 * FASTI_DAY_SECONDS)

/* What the library takes for them, in days that we look at ourselves (0.1 us each). */
#define STEPS_OF_A_PERIOD    64
#define STEPS_OF_AN_INSTANCE 32

struct instance {
    int64_t wall_s, utc_s;
    uint32_t period; /* date that gives its end; NONE */
};

/* A series that is being expanded. */
struct series {
    struct fasti_ical_reader *reader;
    const struct fasti_ical_item *master; /* may be NULL */
    const struct fasti_zone *zone;        /* of the master's DTSTART */
    const uint32_t *items;
    uint32_t count;
    bool starts_count;
    uint32_t instance_count, instance_room;
    struct instance *instances;
};

static const struct fasti_ical_item *item_at(const struct series *series, uint32_t index) {
    return &series->reader->items[series->items[index]];
}

static int64_t utc_of(const struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                      const struct fasti_ical_time *time) {
    return fasti_ical_utc(fasti_ical_zone_of(reader, item, time), time->wall_s);
}

/* ---- which versions count ---- */

static bool is_same_recurrence(const struct fasti_ical_reader *reader,
                               const struct fasti_ical_item *a, const struct fasti_ical_item *b) {
    if (a->has_recurrence != b->has_recurrence)
        return false;
    return !a->has_recurrence ||
           (a->recurrence.is_date == b->recurrence.is_date &&
            utc_of(reader, a, &a->recurrence) == utc_of(reader, b, &b->recurrence));
}

/* The highest SEQUENCE wins, of equal ones the last in the file. Ordered by instant first, so that
 * versions of one instance are neighbours. */
static int compare_versions(const void *a, const void *b, void *context) {
    const struct fasti_ical_reader *reader = context;
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const struct fasti_ical_item *x = &reader->items[left], *y = &reader->items[right];
    if (x->has_recurrence != y->has_recurrence)
        return x->has_recurrence ? 1 : -1;
    if (x->has_recurrence) {
        const int64_t p = utc_of(reader, x, &x->recurrence), q = utc_of(reader, y, &y->recurrence);
        if (p != q)
            return p < q ? -1 : 1;
        if (x->recurrence.is_date != y->recurrence.is_date)
            return x->recurrence.is_date ? -1 : 1;
    }
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return (left > right) - (left < right);
}

static void mark_superseded(struct fasti_ical_reader *reader, const uint32_t *ordered,
                            uint32_t count) {
    for (uint32_t i = 0; i + 1 < count; i++) {
        struct fasti_ical_item *item = &reader->items[ordered[i]];
        item->is_superseded = is_same_recurrence(reader, item, &reader->items[ordered[i + 1]]);
        reader->result->counts.superseded += item->is_superseded;
    }
}

/* ---- dates of a master ---- */

/* The instance's own date, where dates name instances. */
static int32_t date_of(int64_t wall_s) {
    return fasti_date_of_utc(wall_s).v;
}

/* Does a date or time name the instance? Of a series of days a time does, too: as it is written, or
 * as the place sees it. */
static bool names(const struct series *series, const struct fasti_ical_item *item,
                  const struct fasti_ical_time *time, const struct instance *instance) {
    if (time->is_date)
        return date_of(time->wall_s) == date_of(instance->wall_s);
    const int64_t utc_s = utc_of(series->reader, item, time);
    if (utc_s == instance->utc_s)
        return true;
    return series->master->start.is_date &&
           (date_of(time->wall_s) == date_of(instance->wall_s) ||
            date_of(fasti_ical_wall(series->zone, utc_s)) == date_of(instance->wall_s));
}

static bool is_excluded(const struct series *series, const struct instance *instance) {
    for (uint32_t d = series->master->first_date; d != FASTI_ICAL_NONE;
         d = series->reader->dates[d].next) {
        const struct fasti_ical_date *date = &series->reader->dates[d];
        if (date->kind == FASTI_ICAL_EXDATE &&
            names(series, series->master, &date->value.time, instance))
            return true;
    }
    return false;
}

/* ---- expansion ---- */

/* false: no memory. */
static bool add_instance(struct series *series, int64_t wall_s, int64_t utc_s, uint32_t period) {
    void *instances = series->instances;
    if (!fasti_ical_grow(series->reader, &instances, &series->instance_room, series->instance_count,
                         sizeof *series->instances))
        return false;
    series->instances = instances;
    series->instances[series->instance_count++] = (struct instance){wall_s, utc_s, period};
    return true;
}

/* UNTIL on the wall clock of the start; a date means all of that day. Programs that have days but
 * write a time in UTC mean the date that they write, where the time is the day's first or last. */
static int64_t until_of(const struct fasti_ical_item *item, const struct fasti_ical_rule *rule,
                        const struct fasti_zone *zone) {
    const int64_t midnight_s = date_of(rule->until_wall_s) * FASTI_DAY_SECONDS;
    const int64_t second = rule->until_wall_s - midnight_s;
    if (!rule->until_is_utc)
        return rule->until_wall_s;
    if (item->start.is_date && (second == 0 || second == FASTI_DAY_SECONDS - 1))
        return midnight_s;
    return fasti_ical_wall(zone, rule->until_wall_s);
}

/* Reads a rule and begins with it; false: it is refused, or has no instance by last_wall_s. */
static bool begin_rule(struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                       const struct fasti_ical_rule_text *text, const struct fasti_zone *zone,
                       int64_t from_wall_s, int64_t last_wall_s, struct fasti_ical_rule *rule,
                       struct fasti_ical_expansion *expansion) {
    struct fasti_detail detail;
    uint64_t steps = 0;
    if (fasti_ical_rule_parse(fasti_ical_text(reader, text->text), text->size, rule, &detail) !=
        FASTI_OK) {
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, text->line, "%s", detail.text);
        return false;
    }
    const int64_t until = rule->has_until ? until_of(item, rule, zone) : INT64_MAX;
    const int64_t last = until < last_wall_s ? until : last_wall_s;
    const int64_t start = item->start.wall_s;
    if (last < start)
        return false;
    const bool happens =
        fasti_ical_rule_happens(rule, fasti_date_of_utc(start), fasti_date_of_utc(last), &steps);
    const uint64_t periods = fasti_ical_rule_periods(rule, start, from_wall_s, last);
    if (!fasti_ical_work(reader, steps + periods * STEPS_OF_A_PERIOD, text->line) || !happens)
        return false;
    if (fasti_ical_rule_begin(rule, start, item->start.is_date, from_wall_s, last, expansion) ==
        FASTI_OK)
        return true;
    fasti_ical_refuse(reader, FASTI_INVALID_FILE, text->line, "RRULE could not be expanded");
    return false;
}

/* Those of a rule that begin from first_utc_s on. */
static void add_rule(struct series *series, const struct fasti_ical_rule_text *text,
                     int64_t first_utc_s, int64_t last_wall_s) {
    struct fasti_ical_reader *reader = series->reader;
    struct fasti_ical_rule rule;
    struct fasti_ical_expansion expansion;
    int64_t wall_s;
    bool goes_on = true;
    const int64_t from_wall_s = fasti_ical_wall(series->zone, first_utc_s);
    if (!begin_rule(reader, series->master, text, series->zone, from_wall_s, last_wall_s, &rule,
                    &expansion))
        return;
    while (goes_on && fasti_ical_rule_next(&expansion, &wall_s)) {
        const int64_t utc_s = fasti_ical_utc(series->zone, wall_s);
        goes_on = fasti_ical_work(reader, STEPS_OF_AN_INSTANCE, text->line);
        if (goes_on && utc_s >= first_utc_s)
            goes_on = add_instance(series, wall_s, utc_s, FASTI_ICAL_NONE);
    }
    fasti_ical_rule_end(&expansion);
}

/* DTSTART counts unless all rules have ended before it. */
static bool start_counts(const struct series *series) {
    const struct fasti_ical_item *master = series->master;
    int64_t until = INT64_MIN;
    if (master->first_rule == FASTI_ICAL_NONE)
        return true;
    if (!series->starts_count)
        return false;
    for (uint32_t r = master->first_rule; r != FASTI_ICAL_NONE; r = series->reader->rules[r].next) {
        const struct fasti_ical_rule_text *text = &series->reader->rules[r];
        struct fasti_ical_rule rule;
        struct fasti_detail detail;
        if (fasti_ical_rule_parse(fasti_ical_text(series->reader, text->text), text->size, &rule,
                                  &detail) != FASTI_OK ||
            !rule.has_until)
            return true;
        const int64_t ends = until_of(master, &rule, series->zone);
        until = ends > until ? ends : until;
    }
    return master->start.wall_s <= until;
}

static int compare_instances(const void *a, const void *b) {
    const struct instance *x = a, *y = b;
    if (x->utc_s != y->utc_s)
        return x->utc_s < y->utc_s ? -1 : 1;
    return (x->period == FASTI_ICAL_NONE) - (y->period == FASTI_ICAL_NONE);
}

/* One moment is one instance; one with an end of its own (a PERIOD) comes first and is kept. */
static void sort_instances(struct series *series) {
    uint32_t kept = 0;
    if (series->instance_count == 0)
        return;
    qsort(series->instances, series->instance_count, sizeof *series->instances, compare_instances);
    for (uint32_t i = 0; i < series->instance_count; i++)
        if (kept == 0 || series->instances[kept - 1].utc_s != series->instances[i].utc_s)
            series->instances[kept++] = series->instances[i];
    series->instance_count = kept;
}

static uint32_t count_dates(const struct fasti_ical_reader *reader,
                            const struct fasti_ical_item *item) {
    uint32_t count = 0;
    for (uint32_t d = item->first_date; d != FASTI_ICAL_NONE; d = reader->dates[d].next)
        count++;
    return count;
}

/* The master's set from first_utc_s to last_utc_s, EXDATEs left out. */
static void expand(struct series *series, int64_t first_utc_s, int64_t last_utc_s) {
    struct fasti_ical_reader *reader = series->reader;
    const struct fasti_ical_item *master = series->master;
    const int64_t last_wall_s = fasti_ical_wall(series->zone, last_utc_s);
    const int64_t start_utc_s = fasti_ical_utc(series->zone, master->start.wall_s);
    series->instance_count = 0;
    if (start_utc_s >= first_utc_s && start_utc_s <= last_utc_s && start_counts(series))
        add_instance(series, master->start.wall_s, start_utc_s, FASTI_ICAL_NONE);
    for (uint32_t r = master->first_rule; r != FASTI_ICAL_NONE; r = reader->rules[r].next)
        add_rule(series, &reader->rules[r], first_utc_s, last_wall_s);
    for (uint32_t d = master->first_date; d != FASTI_ICAL_NONE; d = reader->dates[d].next) {
        const struct fasti_ical_date *date = &reader->dates[d];
        const int64_t utc_s = utc_of(reader, master, &date->value.time);
        const bool is_period = date->value.has_end || date->value.has_duration;
        if (date->kind == FASTI_ICAL_RDATE && utc_s >= first_utc_s && utc_s <= last_utc_s)
            add_instance(series, fasti_ical_wall(series->zone, utc_s), utc_s,
                         is_period ? d : FASTI_ICAL_NONE);
    }
    sort_instances(series);
    uint32_t kept = 0;
    if (!fasti_ical_work(reader, (uint64_t)series->instance_count * count_dates(reader, master),
                         master->line))
        return;
    for (uint32_t i = 0; i < series->instance_count; i++)
        if (!is_excluded(series, &series->instances[i]))
            series->instances[kept++] = series->instances[i];
    series->instance_count = kept;
}

/* ---- ends ---- */

static int64_t after(const struct fasti_zone *zone, int64_t wall_s,
                     const struct fasti_ical_duration *duration) {
    return fasti_ical_utc(zone, wall_s + duration->days * FASTI_DAY_SECONDS) + duration->seconds;
}

/* When an instance of the item that begins at wall_s in its zone ends. DTEND gives all instances
 * one exact length, DURATION one in days and an exact rest, two dates a number of days. */
static int64_t end_of(const struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                      const struct fasti_zone *zone, int64_t wall_s) {
    const struct fasti_ical_duration whole_day = {.days = 1};
    if (item->has_end && item->start.is_date && item->end.is_date)
        return fasti_ical_utc(zone, wall_s + item->end.wall_s - item->start.wall_s);
    if (item->has_end)
        return fasti_ical_utc(zone, wall_s) + utc_of(reader, item, &item->end) -
               utc_of(reader, item, &item->start);
    if (item->has_duration)
        return after(zone, wall_s, &item->duration);
    return item->start.is_date ? after(zone, wall_s, &whole_day) : fasti_ical_utc(zone, wall_s);
}

static int64_t end_of_period(const struct series *series, const struct instance *instance) {
    const struct fasti_ical_value *value = &series->reader->dates[instance->period].value;
    if (value->has_end)
        return utc_of(series->reader, series->master, &value->end);
    return after(series->zone, instance->wall_s, &value->duration);
}

static int64_t length_of(const struct fasti_ical_reader *reader,
                         const struct fasti_ical_item *item) {
    const int64_t length =
        end_of(reader, item, fasti_ical_zone_of(reader, item, &item->start), item->start.wall_s) -
        utc_of(reader, item, &item->start);
    return length < 0 ? -length : length;
}

/* ---- spans ---- */

static void add_span(struct series *series, struct fasti_ical_spans *spans,
                     struct fasti_ical_span span) {
    const struct fasti_ical_options *options = series->reader->options;
    const int64_t start = span.start_utc_s < span.end_utc_s ? span.start_utc_s : span.end_utc_s;
    const int64_t end = span.start_utc_s < span.end_utc_s ? span.end_utc_s : span.start_utc_s;
    const bool meets = start == end ? start >= options->from_utc_s && start < options->to_utc_s
                                    : start < options->to_utc_s && end > options->from_utc_s;
    if (!meets)
        return;
    if (spans->count == FASTI_ICAL_BUSY_MAX) {
        fasti_ical_refuse(
            series->reader, FASTI_LIMIT_RECORDS, series->reader->items[span.item].line,
            "more than %d instances in the window: make it shorter", FASTI_ICAL_BUSY_MAX);
        return;
    }
    void *grown = spans->spans;
    if (!fasti_ical_grow(series->reader, &grown, &spans->room, spans->count, sizeof *spans->spans))
        return;
    spans->spans = grown;
    spans->spans[spans->count++] = span;
}

static bool is_override(const struct fasti_ical_item *item) {
    return item->has_recurrence && !item->is_superseded;
}

/* The override of exactly this instance; NULL. */
static const struct fasti_ical_item *override_of(const struct series *series,
                                                 const struct instance *instance) {
    for (uint32_t i = 0; i < series->count; i++) {
        const struct fasti_ical_item *item = item_at(series, i);
        if (is_override(item) && names(series, item, &item->recurrence, instance))
            return item;
    }
    return NULL;
}

/* The last override with RANGE=THISANDFUTURE before this instance: items are in this order. */
static uint32_t range_of(const struct series *series, const struct instance *instance) {
    uint32_t found = FASTI_ICAL_NONE;
    for (uint32_t i = 0; i < series->count; i++) {
        const struct fasti_ical_item *item = item_at(series, i);
        if (is_override(item) && item->is_range &&
            utc_of(series->reader, item, &item->recurrence) < instance->utc_s)
            found = series->items[i];
    }
    return found;
}

/* By how much of the wall clock an override moves what comes after it. */
static int64_t shift_of(const struct series *series, const struct fasti_ical_item *range) {
    const struct fasti_zone *zone = series->zone;
    return fasti_ical_wall(zone, utc_of(series->reader, range, &range->start)) -
           fasti_ical_wall(zone, utc_of(series->reader, range, &range->recurrence));
}

static void add_ranged(struct series *series, const struct instance *instance, uint32_t index,
                       struct fasti_ical_spans *spans) {
    const struct fasti_ical_item *range = &series->reader->items[index];
    if (range->is_cancelled)
        return;
    const int64_t wall_s = instance->wall_s + shift_of(series, range);
    const int64_t start = fasti_ical_utc(series->zone, wall_s);
    const int64_t end = instance->period != FASTI_ICAL_NONE
                            ? start + end_of_period(series, instance) - instance->utc_s
                            : end_of(series->reader, range, series->zone, wall_s);
    add_span(series, spans, (struct fasti_ical_span){start, end, instance->utc_s, index});
}

static void add_instances(struct series *series, uint32_t master, struct fasti_ical_spans *spans) {
    for (uint32_t i = 0; i < series->instance_count; i++) {
        const struct instance *instance = &series->instances[i];
        if (!fasti_ical_work(series->reader, series->count, series->master->line))
            return;
        if (override_of(series, instance) != NULL)
            continue;
        const uint32_t range = range_of(series, instance);
        if (range != FASTI_ICAL_NONE) {
            add_ranged(series, instance, range, spans);
            continue;
        }
        const int64_t end =
            instance->period != FASTI_ICAL_NONE
                ? end_of_period(series, instance)
                : end_of(series->reader, series->master, series->zone, instance->wall_s);
        if (!series->master->is_cancelled)
            add_span(series, spans,
                     (struct fasti_ical_span){instance->utc_s, end, instance->utc_s, master});
    }
}

/* Is the override's instance one of the master's set, wherever the window is? */
static bool has_instance(struct series *series, const struct fasti_ical_item *item) {
    const int64_t utc_s = utc_of(series->reader, item, &item->recurrence);
    expand(series, utc_s - FASTI_DAY_SECONDS, utc_s + FASTI_DAY_SECONDS);
    for (uint32_t i = 0; i < series->instance_count; i++)
        if (names(series, item, &item->recurrence, &series->instances[i]))
            return true;
    return false;
}

/* An override takes its own time, unless the master says EXDATE for its instance, or it is left
 * from an older version of the series whose rule it still carries and that has no such instance. */
static bool override_counts(struct series *series, const struct fasti_ical_item *item) {
    if (item->is_cancelled)
        return false;
    if (series->master == NULL)
        return true;
    const int64_t utc_s = utc_of(series->reader, item, &item->recurrence);
    const struct instance named = {fasti_ical_wall(series->zone, utc_s), utc_s, FASTI_ICAL_NONE};
    if (is_excluded(series, &named))
        return false;
    return item->first_rule == FASTI_ICAL_NONE || item->sequence >= series->master->sequence ||
           has_instance(series, item);
}

static void add_override(struct series *series, uint32_t index, struct fasti_ical_spans *spans) {
    struct fasti_ical_reader *reader = series->reader;
    const struct fasti_ical_item *item = &reader->items[index];
    const struct fasti_zone *zone = fasti_ical_zone_of(reader, item, &item->start);
    add_span(series, spans,
             (struct fasti_ical_span){utc_of(reader, item, &item->start),
                                      end_of(reader, item, zone, item->start.wall_s),
                                      utc_of(reader, item, &item->recurrence), index});
}

/* ---- the whole ---- */

/* DTSTART must be there, an end at most once. What is cancelled needs neither. */
static bool is_whole(struct fasti_ical_reader *reader, const struct fasti_ical_item *item) {
    const bool has_length = item->duration.days != 0 || item->duration.seconds != 0;
    if (!item->has_start && !item->is_cancelled)
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, item->line,
                          "the component has no DTSTART: when is it?");
    else if (item->has_end && item->has_duration && has_length)
        fasti_ical_refuse(reader, FASTI_INVALID_FILE, item->end_line,
                          "DTEND and DURATION exclude each other");
    return item->has_start || item->is_cancelled;
}

/* How far before and after the window instances may begin that are in it. */
static int64_t reach_of(const struct series *series) {
    int64_t reach = length_of(series->reader, series->master);
    for (uint32_t d = series->master->first_date; d != FASTI_ICAL_NONE;
         d = series->reader->dates[d].next) {
        const struct fasti_ical_value *value = &series->reader->dates[d].value;
        const int64_t length =
            value->has_end ? value->end.wall_s - value->time.wall_s
                           : value->duration.days * FASTI_DAY_SECONDS + value->duration.seconds;
        const int64_t size = length < 0 ? -length : length;
        reach = size > reach ? size : reach;
    }
    for (uint32_t i = 0; i < series->count; i++) {
        const struct fasti_ical_item *item = item_at(series, i);
        if (!is_override(item) || !item->is_range || !item->has_start)
            continue;
        const int64_t shift = shift_of(series, item);
        const int64_t far = (shift < 0 ? -shift : shift) + length_of(series->reader, item);
        reach = far > reach ? far : reach;
    }
    return reach + MARGIN_SECONDS;
}

static void expand_series(struct series *series, uint32_t master, struct fasti_ical_spans *spans) {
    const struct fasti_ical_options *options = series->reader->options;
    series->master = &series->reader->items[master];
    series->zone = fasti_ical_zone_of(series->reader, series->master, &series->master->start);
    const int64_t reach = reach_of(series);
    expand(series, options->from_utc_s - reach, options->to_utc_s + reach);
    add_instances(series, master, spans);
}

void fasti_ical_series(struct fasti_ical_reader *reader, const uint32_t *items, uint32_t count,
                       bool starts_count, struct fasti_ical_spans *spans) {
    uint32_t *ordered = malloc(count * sizeof *ordered);
    if (ordered == NULL) {
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, 0, "no memory for a series");
        return;
    }
    bool are_whole = true;
    for (uint32_t i = 0; i < count; i++)
        are_whole = is_whole(reader, &reader->items[items[i]]) && are_whole;
    memcpy(ordered, items, count * sizeof *ordered);
    qsort_r(ordered, count, sizeof *ordered, compare_versions, reader);
    mark_superseded(reader, ordered, count);
    struct series series = {
        .reader = reader, .items = ordered, .count = count, .starts_count = starts_count};
    uint32_t master = FASTI_ICAL_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (!reader->items[ordered[i]].has_recurrence && !reader->items[ordered[i]].is_superseded)
            master = ordered[i];
    if (are_whole && master != FASTI_ICAL_NONE && reader->items[master].has_start)
        expand_series(&series, master, spans);
    for (uint32_t i = 0; i < count && are_whole; i++) {
        const struct fasti_ical_item *item = &reader->items[ordered[i]];
        reader->result->counts.cancelled += item->is_cancelled && !item->is_superseded;
        if (is_override(item) && override_counts(&series, item))
            add_override(&series, ordered[i], spans);
    }
    free(series.instances);
    free(ordered);
}

/* ---- observances of a zone ---- */

static void add_wall(struct fasti_ical_reader *reader, struct fasti_ical_walls *walls,
                     int64_t wall_s) {
    void *grown = walls->walls;
    if (!fasti_ical_grow(reader, &grown, &walls->room, walls->count, sizeof *walls->walls))
        return;
    walls->walls = grown;
    walls->walls[walls->count++] = wall_s;
}

void fasti_ical_observance(struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                           int64_t last_wall_s, struct fasti_ical_walls *walls) {
    /* UNTIL is UTC; the wall clock is the one before the change. */
    struct fasti_zone before = {.change_count = 1,
                                .changes = {{FASTI_ZONE_FIRST_UTC_S, item->offset_from_s}}};
    add_wall(reader, walls, item->start.wall_s);
    for (uint32_t r = item->first_rule; r != FASTI_ICAL_NONE; r = reader->rules[r].next) {
        struct fasti_ical_rule rule;
        struct fasti_ical_expansion expansion;
        int64_t wall_s;
        if (!begin_rule(reader, item, &reader->rules[r], &before, item->start.wall_s, last_wall_s,
                        &rule, &expansion))
            continue;
        while (fasti_ical_rule_next(&expansion, &wall_s) &&
               fasti_ical_work(reader, STEPS_OF_AN_INSTANCE, item->line))
            add_wall(reader, walls, wall_s);
        fasti_ical_rule_end(&expansion);
    }
    for (uint32_t d = item->first_date; d != FASTI_ICAL_NONE; d = reader->dates[d].next)
        if (reader->dates[d].kind == FASTI_ICAL_RDATE)
            add_wall(reader, walls, reader->dates[d].value.time.wall_s);
}

/* ---- groups ---- */

static int compare_uids(const void *a, const void *b, void *context) {
    const struct fasti_ical_reader *reader = context;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const int order = strcmp(fasti_ical_text(reader, reader->items[x].uid),
                             fasti_ical_text(reader, reader->items[y].uid));
    return order != 0 ? order : (x > y) - (x < y);
}

uint32_t *fasti_ical_groups(struct fasti_ical_reader *reader, enum fasti_ical_kind kind,
                            uint32_t parent, uint32_t *count) {
    uint32_t *items = malloc((reader->item_count + 1) * sizeof *items);
    *count = 0;
    if (items == NULL) {
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, 0, "no memory for the components");
        return NULL;
    }
    for (uint32_t i = 0; i < reader->item_count; i++)
        if (reader->items[i].kind == kind &&
            (parent == FASTI_ICAL_NONE || reader->items[i].parent == parent))
            items[(*count)++] = i;
    qsort_r(items, *count, sizeof *items, compare_uids, reader);
    return items;
}

uint32_t fasti_ical_group_size(const struct fasti_ical_reader *reader, const uint32_t *items,
                               uint32_t first, uint32_t count) {
    const char *uid = fasti_ical_text(reader, reader->items[items[first]].uid);
    uint32_t size = 1;
    while (uid[0] != '\0' && first + size < count &&
           strcmp(fasti_ical_text(reader, reader->items[items[first + size]].uid), uid) == 0)
        size++;
    return size;
}
