/*
 * fasti_ical.c - the read of an iCalendar file as a whole, and its result.
 *
 *   lines -> items;  TZIDs -> zones;  VEVENT groups -> spans -> busy;  VFREEBUSY -> busy;
 *   VAVAILABILITY -> openings
 *
 * A step begins only while nothing is refused; whatever is refused leaves the result without busy
 * spans and openings.
 */
#include "tools/fasti_ical.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ical_parts.h"

/* ---- services of the parts ---- */

enum fasti_status fasti_ical_refuse(struct fasti_ical_reader *reader, enum fasti_status status,
                                    uint32_t line, const char *format, ...) {
    struct fasti_ical *result = reader->result;
    if (reader->status == FASTI_OK || status == FASTI_LIMIT_MEMORY)
        reader->status = status;
    if (result->refusal_count < FASTI_ICAL_REFUSALS_MAX) {
        struct fasti_ical_refusal *refusal = &result->refusals[result->refusal_count];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
        va_end(arguments);
        refusal->line = line;
    }
    result->refusal_count++;
    return status;
}

bool fasti_ical_grow(struct fasti_ical_reader *reader, void **items, uint32_t *room, uint32_t count,
                     size_t size) {
    if (count < *room)
        return true;
    const uint32_t wanted = *room == 0 ? 64 : *room * 2;
    void *moved = realloc(*items, wanted * size);
    if (moved == NULL) {
        fasti_ical_refuse(reader, FASTI_LIMIT_MEMORY, 0, "no memory for the calendar");
        return false;
    }
    *items = moved;
    *room = wanted;
    return true;
}

uint32_t fasti_ical_keep(struct fasti_ical_reader *reader, const char *bytes, size_t size) {
    if (size == 0)
        return 0;
    while (reader->text_room - reader->text_size < size + 1) {
        void *texts = reader->texts;
        if (!fasti_ical_grow(reader, &texts, &reader->text_room, reader->text_room, 1))
            return 0;
        reader->texts = texts;
    }
    const uint32_t text = reader->text_size;
    memcpy(reader->texts + text, bytes, size);
    reader->texts[text + size] = '\0';
    reader->text_size += (uint32_t)size + 1;
    return text;
}

const char *fasti_ical_text(const struct fasti_ical_reader *reader, uint32_t text) {
    return reader->texts + text;
}

bool fasti_ical_work(struct fasti_ical_reader *reader, uint64_t steps, uint32_t line) {
    const uint64_t left = FASTI_ICAL_STEPS_MAX - reader->steps;
    if (steps <= left) {
        reader->steps += steps;
        return true;
    }
    if (reader->steps != FASTI_ICAL_STEPS_MAX)
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, line,
                          "the file's rules, dates and changes name too many days to look at all");
    reader->steps = FASTI_ICAL_STEPS_MAX;
    return false;
}

/* ---- busy spans ---- */

/* All lines are read: the texts do not move any more. */
static void add_busy(struct fasti_ical_reader *reader, uint32_t item, int64_t start_utc_s,
                     int64_t end_utc_s, int64_t recurrence_utc_s) {
    struct fasti_ical *result = reader->result;
    if (result->busy_count == FASTI_ICAL_BUSY_MAX) {
        fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, reader->items[item].line,
                          "more than %d busy spans in the window: make it shorter",
                          FASTI_ICAL_BUSY_MAX);
        return;
    }
    void *busy = result->busy;
    if (!fasti_ical_grow(reader, &busy, &reader->busy_room, result->busy_count,
                         sizeof *result->busy))
        return;
    result->busy = busy;
    result->busy[result->busy_count++] =
        (struct fasti_ical_busy){.start_utc_s = start_utc_s,
                                 .end_utc_s = end_utc_s,
                                 .recurrence_utc_s = recurrence_utc_s,
                                 .uid = fasti_ical_text(reader, reader->items[item].uid),
                                 .line = reader->items[item].line};
}

static void count_span(struct fasti_ical_reader *reader, const struct fasti_ical_span *span) {
    struct fasti_ical_counts *counts = &reader->result->counts;
    counts->instances++;
    if (reader->items[span->item].is_transparent)
        counts->transparent++;
    else if (span->start_utc_s == span->end_utc_s)
        counts->empty++;
    else if (span->start_utc_s < span->end_utc_s)
        add_busy(reader, span->item, span->start_utc_s, span->end_utc_s, span->recurrence_utc_s);
    else {
        counts->swapped++;
        add_busy(reader, span->item, span->end_utc_s, span->start_utc_s, span->recurrence_utc_s);
    }
}

static void read_events(struct fasti_ical_reader *reader) {
    struct fasti_ical_spans spans = {0};
    uint32_t count;
    uint32_t *items = fasti_ical_groups(reader, FASTI_ICAL_EVENT, FASTI_ICAL_NONE, &count);
    for (uint32_t i = 0; i < count && reader->status != FASTI_LIMIT_RECORDS;) {
        const uint32_t size = fasti_ical_group_size(reader, items, i, count);
        spans.count = 0;
        fasti_ical_series(reader, items + i, size, true, &spans);
        for (uint32_t s = 0; s < spans.count && reader->status == FASTI_OK; s++)
            count_span(reader, &spans.spans[s]);
        i += size;
    }
    free(spans.spans);
    free(items);
}

static void read_free_busy(struct fasti_ical_reader *reader) {
    const struct fasti_ical_options *options = reader->options;
    for (uint32_t i = 0; i < reader->item_count && reader->status == FASTI_OK; i++)
        for (uint32_t d = reader->items[i].first_date;
             reader->items[i].kind == FASTI_ICAL_FREE_BUSY && d != FASTI_ICAL_NONE;
             d = reader->dates[d].next) {
            const struct fasti_ical_item *item = &reader->items[i];
            const struct fasti_ical_value *value = &reader->dates[d].value;
            const struct fasti_zone *zone = fasti_ical_zone_of(reader, item, &value->time);
            const int64_t start = fasti_ical_utc(zone, value->time.wall_s);
            const int64_t end =
                value->has_end ? fasti_ical_utc(fasti_ical_zone_of(reader, item, &value->end),
                                                value->end.wall_s)
                               : fasti_ical_utc(zone, value->time.wall_s + value->duration.days *
                                                                               FASTI_DAY_SECONDS) +
                                     value->duration.seconds;
            if (start < end && start < options->to_utc_s && end > options->from_utc_s)
                add_busy(reader, i, start, end, start);
        }
}

static int compare_busy(const void *a, const void *b) {
    const struct fasti_ical_busy *x = a, *y = b;
    if (x->start_utc_s != y->start_utc_s)
        return x->start_utc_s < y->start_utc_s ? -1 : 1;
    if (x->end_utc_s != y->end_utc_s)
        return x->end_utc_s < y->end_utc_s ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* ---- the whole ---- */

static enum fasti_status check_window(const struct fasti_ical_options *options,
                                      struct fasti_detail *detail) {
    if (options->from_utc_s < FASTI_ZONE_FIRST_UTC_S || options->to_utc_s > FASTI_ZONE_END_UTC_S ||
        options->from_utc_s >= options->to_utc_s ||
        options->to_utc_s - options->from_utc_s > FASTI_ICAL_WINDOW_DAYS_MAX * FASTI_DAY_SECONDS)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the window is empty, longer than %d days, or not in 2000 to 2199",
                                FASTI_ICAL_WINDOW_DAYS_MAX);
    return FASTI_OK;
}

static void read_all(struct fasti_ical_reader *reader, const char *bytes, size_t size) {
    fasti_ical_file_read(reader, bytes, size);
    if (reader->status == FASTI_OK)
        fasti_ical_zones_resolve(reader);
    if (reader->status == FASTI_OK)
        read_events(reader);
    if (reader->status == FASTI_OK)
        read_free_busy(reader);
    if (reader->status == FASTI_OK)
        fasti_ical_open(reader);
}

static void drop_all(struct fasti_ical *result) {
    free(result->busy);
    free(result->openings);
    result->busy = NULL;
    result->openings = NULL;
    result->busy_count = result->opening_count = 0;
}

static enum fasti_status finish(struct fasti_ical_reader *reader, struct fasti_detail *detail) {
    struct fasti_ical *result = reader->result;
    fasti_ical_zones_free(reader);
    fasti_ical_line_forget(reader);
    result->texts = reader->texts;
    free(reader->items);
    free(reader->dates);
    free(reader->rules);
    free(reader->calendars);
    if (reader->status == FASTI_OK) {
        if (result->busy_count > 0)
            qsort(result->busy, result->busy_count, sizeof *result->busy, compare_busy);
        return FASTI_OK;
    }
    drop_all(result);
    const struct fasti_ical_refusal *first = &result->refusals[0];
    if (first->line == 0)
        return fasti_detail_set(detail, reader->status, "%s", first->text);
    return fasti_detail_set(detail, reader->status, "line %u: %s", first->line, first->text);
}

enum fasti_status fasti_ical_read(const char *bytes, size_t size,
                                  const struct fasti_ical_options *options,
                                  struct fasti_ical **result, struct fasti_detail *detail) {
    *result = calloc(1, sizeof **result);
    struct fasti_ical_reader *reader = calloc(1, sizeof *reader);
    char *texts = calloc(1, 64);
    if (*result == NULL || reader == NULL || texts == NULL) {
        free(*result);
        free(reader);
        free(texts);
        *result = NULL;
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the calendar");
    }
    *reader = (struct fasti_ical_reader){
        .options = options, .result = *result, .texts = texts, .text_size = 1, .text_room = 64};
    enum fasti_status status = check_window(options, detail);
    if (status == FASTI_OK) {
        if (size > FASTI_ICAL_FILE_BYTES_MAX)
            fasti_ical_refuse(reader, FASTI_LIMIT_RECORDS, 0, "the file is larger than %d MiB",
                              FASTI_ICAL_FILE_BYTES_MAX / (1024 * 1024));
        else
            read_all(reader, size == 0 ? "" : bytes, size);
        status = finish(reader, detail);
    } else
        (*result)->texts = texts;
    free(reader);
    return status;
}

enum fasti_status fasti_ical_read_file(const char *path, const struct fasti_ical_options *options,
                                       struct fasti_ical **result, struct fasti_detail *detail) {
    *result = NULL;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%s", strerror(errno));
    char *bytes = malloc(FASTI_ICAL_FILE_BYTES_MAX + 1);
    const size_t size = bytes == NULL ? 0 : fread(bytes, 1, FASTI_ICAL_FILE_BYTES_MAX + 1, file);
    const bool has_failed = ferror(file) != 0;
    fclose(file);
    enum fasti_status status;
    if (bytes == NULL)
        status = fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the file");
    else if (has_failed)
        status = fasti_detail_set(detail, FASTI_IO_READ, "the file could not be read");
    else
        status = fasti_ical_read(bytes, size, options, result, detail);
    free(bytes);
    return status;
}

void fasti_ical_destroy(struct fasti_ical *result) {
    if (result == NULL)
        return;
    drop_all(result);
    free(result->texts);
    free(result);
}
