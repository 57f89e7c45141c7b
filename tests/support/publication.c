/*
 * publication.c - a line a resource, read with jansson and the C library's calendar only.
 */
#include "tests/support/publication.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/stop.h"

#define DAY_SECONDS 86400

/* The local calendar day of an instant, in days since 1970. */
int32_t publication_day(time_t at) {
    struct tm local;
    localtime_r(&at, &local);
    struct tm midnight = {
        .tm_year = local.tm_year, .tm_mon = local.tm_mon, .tm_mday = local.tm_mday};
    return (int32_t)(timegm(&midnight) / DAY_SECONDS);
}

/* "2023-03-24T08:00:00-05:00" */
static time_t time_of(const char *text, bool is_civil) {
    struct tm tm = {.tm_isdst = -1};
    int hours = 0, minutes = 0, used = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        stop("not a time", text);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    if (is_civil)
        return mktime(&tm);
    const char *offset = text + used;
    if (strcmp(offset, "Z") != 0 && sscanf(offset + 1, "%2d:%2d", &hours, &minutes) != 2)
        stop("not an offset", text);
    const time_t east = (time_t)(hours * 3600 + minutes * 60);
    return timegm(&tm) - (offset[0] == '-' ? -east : east);
}

static const char *text_of(const json_t *object, const char *field) {
    const char *text = json_string_value(json_object_get(object, field));
    return text == NULL ? "" : text;
}

uint32_t publication_schedule(struct publication *publication, const char *id) {
    for (uint32_t i = 0; i < publication->schedule_count; i++)
        if (strcmp(publication->schedules[i], id) == 0)
            return i;
    if (publication->schedule_count == PUBLICATION_SCHEDULES_MAX || strlen(id) > FASTI_ID_BYTES_MAX)
        stop("no room for schedule", id);
    strcpy(publication->schedules[publication->schedule_count], id);
    return publication->schedule_count++;
}

static void read_schedule(struct publication *publication, const json_t *line) {
    (void)publication_schedule(publication, text_of(line, "id"));
    size_t i, j;
    const json_t *type, *coding;
    json_array_foreach(json_object_get(line, "serviceType"), i, type) {
        json_array_foreach(json_object_get(type, "coding"), j, coding) {
            const char *code = text_of(coding, "code");
            uint32_t known = 0;
            while (known < publication->coding_count &&
                   strcmp(publication->codings[known], code) != 0)
                known++;
            if (known < publication->coding_count)
                continue;
            if (publication->coding_count == 16)
                stop("more than 16 codings", code);
            snprintf(publication->codings[publication->coding_count++], 128, "%s", code);
        }
    }
}

/* -1 where the slot does not say */
static json_int_t capacity_of(const json_t *line) {
    size_t i;
    const json_t *extension;
    json_array_foreach(json_object_get(line, "extension"), i, extension) {
        if (strstr(text_of(extension, "url"), "/slot-capacity") != NULL)
            return json_integer_value(json_object_get(extension, "valueInteger"));
    }
    return -1;
}

/* The same (schedule, start, end) again adds places to it, whatever its id. */
static void read_slot(struct publication *publication, const json_t *line, bool is_civil) {
    const char *reference = text_of(json_object_get(line, "schedule"), "reference");
    if (strrchr(reference, '/') == NULL)
        stop("not a schedule", reference);
    const json_int_t capacity = capacity_of(line);
    struct publication_span span = {
        .schedule = publication_schedule(publication, strrchr(reference, '/') + 1),
        .start = time_of(text_of(line, "start"), is_civil),
        .end = time_of(text_of(line, "end"), is_civil),
        .is_free = strcmp(text_of(line, "status"), "free") == 0 && capacity != 0,
        .places = capacity,
        .slots = 1};
    span.day_first = publication_day(span.start);
    span.day_last = publication_day(span.end - 1);
    for (uint32_t i = 0; i < publication->span_count; i++) {
        struct publication_span *known = &publication->spans[i];
        if (known->schedule != span.schedule || known->start != span.start ||
            known->end != span.end)
            continue;
        known->is_free = known->is_free || span.is_free;
        known->places = known->places < 0 || span.places < 0 ? -1 : known->places + span.places;
        known->slots++;
        return;
    }
    if (publication->span_count == PUBLICATION_SPANS_MAX)
        stop("too many slots", reference);
    publication->spans[publication->span_count++] = span;
}

static void read_file(struct publication *publication, const char *path, bool is_civil) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        stop("cannot be opened", path);
    char *text = NULL;
    size_t room = 0;
    while (getline(&text, &room, file) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        if (line == NULL)
            stop("a line is not JSON", path);
        const char *type = text_of(line, "resourceType");
        if (strcmp(type, "Schedule") == 0)
            read_schedule(publication, line);
        else if (strcmp(type, "Slot") == 0)
            read_slot(publication, line, is_civil);
        json_decref(line);
    }
    free(text);
    fclose(file);
}

void publication_read(struct publication *publication, const char *path, bool is_civil) {
    DIR *directory = opendir(path);
    if (directory == NULL)
        stop("cannot be opened", path);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (strstr(entry->d_name, ".ndjson") != NULL)
            read_file(publication, file, is_civil);
    }
    closedir(directory);
}
