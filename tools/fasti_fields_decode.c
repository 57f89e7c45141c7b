/*
 * fasti_fields_decode.c - a checked object becomes a put, an appointment or a block.
 *
 * Ranges that the server checks too are checked here, so that a file is refused whole before
 * anything is sent, with the line at hand.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/fasti_facts.h"
#include "tools/fasti_fields.h"
#include "tools/fasti_terms.h"
#include "tools/fasti_words.h"

static const char *const weekday_names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- weekdays ---- */

static int weekday_of(const char *text, size_t size) {
    for (int day = 0; day < 7; day++)
        if (size == 3 && strncmp(text, weekday_names[day], 3) == 0)
            return day;
    return -1;
}

enum fasti_status fasti_weekdays_parse(const char *text, uint8_t *weekdays) {
    uint32_t bits = 0;
    if (strcmp(text, "daily") == 0) {
        *weekdays = 0x7f;
        return FASTI_OK;
    }
    for (const char *at = text;; at++) {
        const size_t size = strcspn(at, ",");
        const char *dash = memchr(at, '-', size);
        const int first = weekday_of(at, dash == NULL ? size : (size_t)(dash - at));
        const int last =
            dash == NULL ? first : weekday_of(dash + 1, size - 1 - (size_t)(dash - at));
        if (first < 0 || last < 0)
            return FASTI_INVALID_OPTION;
        for (int day = first;; day = (day + 1) % 7) {
            bits |= 1u << day;
            if (day == last)
                break;
        }
        at += size;
        if (*at == '\0')
            break;
    }
    *weekdays = (uint8_t)bits;
    return FASTI_OK;
}

void fasti_weekdays_format(uint8_t weekdays, char text[32]) {
    size_t used = 0;
    text[0] = '\0';
    if ((weekdays & 0x7f) == 0x7f) {
        snprintf(text, 32, "daily");
        return;
    }
    for (int day = 0; day < 7; day++) {
        if ((weekdays >> day & 1) == 0)
            continue;
        int last = day;
        while (last + 1 < 7 && (weekdays >> (last + 1) & 1) != 0)
            last++;
        used += (size_t)snprintf(text + used, 32 - used, "%s%s", used == 0 ? "" : ",",
                                 weekday_names[day]);
        if (last > day)
            used += (size_t)snprintf(text + used, 32 - used, "%s%s", last > day + 1 ? "-" : ",",
                                     weekday_names[last]);
        day = last;
    }
}

/* ---- small values ---- */

static enum fasti_status decode_id(const json_t *object, const char *name, struct fasti_id_text *id,
                                   struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    return text == NULL ? FASTI_OK : fasti_field_id(name, text, id, detail);
}

static enum fasti_status decode_name(const json_t *object, struct fasti_name_text *name,
                                     struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, "name", NULL);
    if (text != NULL && fasti_name_text_set(name, text, strlen(text)) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "\"name\" must be at most %d bytes of plain text (UTF-8 without "
                                "control characters)",
                                FASTI_NAME_BYTES_MAX);
    return FASTI_OK;
}

static enum fasti_status decode_integer(const json_t *object, const char *name, int64_t min,
                                        int64_t max, int64_t *value, struct fasti_detail *detail) {
    *value = fasti_field_integer(object, name, *value);
    if (json_object_get(object, name) != NULL && (*value < min || *value > max))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"%s\" must be %ld to %ld", name,
                                (long)min, (long)max);
    return FASTI_OK;
}

static enum fasti_status decode_date(const json_t *object, const char *name, fasti_date *date,
                                     struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    if (text == NULL)
        return FASTI_OK;
    if (fasti_date_parse(text, strlen(text), date) != FASTI_OK || !fasti_date_is_bookable(*date))
        return fasti_detail_set(detail, FASTI_INVALID_DATE,
                                "\"%s\": \"%.30s\" is not a date like 2026-11-24 in 2000 to 2199",
                                name, text);
    return FASTI_OK;
}

/* The texts of a field, such as "service", of which there are so many at most. */
static enum fasti_status decode_ids(const json_t *object, const char *name, uint32_t max,
                                    const char *several, struct fasti_id_text *ids, uint8_t *count,
                                    struct fasti_detail *detail) {
    if (json_object_get(object, name) == NULL)
        return FASTI_OK;
    *count = 0;
    const char *text;
    for (size_t i = 0; (text = fasti_field_item(object, name, i)) != NULL; i++) {
        if (i == max)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"%s\" may name at most %u %s",
                                    name, max, several);
        FASTI_TRY(fasti_field_id(name, text, &ids[i], detail));
        (*count)++;
    }
    return FASTI_OK;
}

/* An empty text takes it back: every other one may be an id or a code. */
static enum fasti_status decode_optional_id(const json_t *object, const char *name,
                                            struct fasti_id_text *id, struct fasti_detail *detail) {
    if (strcmp(fasti_field_text(object, name, "-"), "") != 0)
        return decode_id(object, name, id, detail);
    memset(id, 0, sizeof *id);
    return FASTI_OK;
}

/* ---- kinds ---- */

static enum fasti_status decode_degrees(const json_t *object, const char *name, double limit,
                                        int32_t *value, struct fasti_detail *detail) {
    const json_t *field = json_object_get(object, name);
    if (field == NULL)
        return FASTI_OK;
    const double degrees = json_number_value(field);
    if (!(degrees >= -limit && degrees <= limit))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"%s\" must be -%.0f to %.0f", name,
                                limit, limit);
    *value = (int32_t)lround(degrees * 1e7);
    return FASTI_OK;
}

static enum fasti_status decode_location(const json_t *object, struct fasti_put *put,
                                         struct fasti_detail *detail) {
    FASTI_TRY(decode_id(object, "zone", &put->body.location.zone, detail));
    FASTI_TRY(decode_degrees(object, "latitude", 90.0, &put->body.location.latitude_e7, detail));
    FASTI_TRY(decode_degrees(object, "longitude", 180.0, &put->body.location.longitude_e7, detail));
    const bool has_latitude = json_object_get(object, "latitude") != NULL;
    const bool has_longitude = json_object_get(object, "longitude") != NULL;
    if (has_latitude != has_longitude && !put->body.location.has_position)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "a position needs both \"latitude\" and \"longitude\"");
    put->body.location.has_position |= has_latitude;
    return FASTI_OK;
}

static enum fasti_status decode_service(const json_t *object, struct fasti_put *put,
                                        struct fasti_detail *detail) {
    int64_t minutes = put->body.service.duration_minutes, grid = put->body.service.grid_minutes;
    int64_t offset = put->body.service.offset_minutes;
    FASTI_TRY(decode_integer(object, "minutes", 1, FASTI_SERVICE_MINUTES_MAX, &minutes, detail));
    FASTI_TRY(decode_integer(object, "grid", 1, FASTI_SERVICE_MINUTES_MAX, &grid, detail));
    put->body.service.duration_minutes = (uint16_t)minutes;
    put->body.service.grid_minutes = (uint16_t)grid;
    FASTI_TRY(decode_integer(object, "offset", 0, FASTI_SERVICE_MINUTES_MAX, &offset, detail));
    put->body.service.offset_minutes = (uint16_t)offset;
    FASTI_TRY(decode_optional_id(object, "code", &put->body.service.code, detail));
    return fasti_terms_decode(object, &put->body.service.terms, detail);
}

/* Languages in texts with commas; "any" alone: it does not say. */
static enum fasti_status decode_languages(const json_t *object, struct fasti_put *put,
                                          struct fasti_detail *detail) {
    struct fasti_words_walk walk = {.value = json_object_get(object, "language")};
    const char *first = fasti_field_item(object, "language", 0), *word;
    size_t length;
    if (walk.value == NULL)
        return FASTI_OK;
    put->body.schedule.language_count = 0;
    if (first != NULL && strcmp(first, FASTI_WORD_ANY) == 0 &&
        fasti_field_item(object, "language", 1) == NULL)
        return FASTI_OK;
    while (fasti_words_next(&walk, &word, &length)) {
        const uint32_t count = put->body.schedule.language_count;
        if (count == FASTI_SCHEDULE_LANGUAGES_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "\"language\" may name at most %d languages",
                                    FASTI_SCHEDULE_LANGUAGES_MAX);
        FASTI_TRY(fasti_words_language("language", word, length,
                                       &put->body.schedule.languages[count], detail));
        put->body.schedule.language_count++;
    }
    return FASTI_OK;
}

/* One empty text takes all of them back. */
static enum fasti_status decode_specialties(const json_t *object, struct fasti_put *put,
                                            struct fasti_detail *detail) {
    const char *first = fasti_field_item(object, "specialty", 0);
    if (first != NULL && first[0] == '\0' && fasti_field_item(object, "specialty", 1) == NULL) {
        put->body.schedule.specialty_count = 0;
        return FASTI_OK;
    }
    return decode_ids(object, "specialty", FASTI_SCHEDULE_SPECIALTIES_MAX, "specialties",
                      put->body.schedule.specialties, &put->body.schedule.specialty_count, detail);
}

static enum fasti_status decode_schedule(const json_t *object, struct fasti_put *put,
                                         struct fasti_detail *detail) {
    int64_t resolution = put->body.schedule.resolution_minutes;
    FASTI_TRY(decode_id(object, "location", &put->body.schedule.location, detail));
    FASTI_TRY(decode_id(object, "practitioner", &put->body.schedule.practitioner, detail));
    FASTI_TRY(decode_integer(object, "resolution", 1, 15, &resolution, detail));
    if (resolution != 0 && resolution != 1 && resolution != 5 && resolution != 10 &&
        resolution != 15)
        return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                                "\"resolution\" must be 1, 5, 10 or 15 minutes");
    put->body.schedule.resolution_minutes = (uint8_t)resolution;
    FASTI_TRY(fasti_terms_decode(object, &put->body.schedule.terms, detail));
    FASTI_TRY(decode_languages(object, put, detail));
    FASTI_TRY(decode_optional_id(object, "substitute", &put->body.schedule.substitute, detail));
    FASTI_TRY(decode_specialties(object, put, detail));
    return decode_ids(object, "service", FASTI_SCHEDULE_SERVICES_MAX, "services",
                      put->body.schedule.services, &put->body.schedule.service_count, detail);
}

/* ---- openings ---- */

static enum fasti_status decode_rule(const json_t *object, struct fasti_opening *opening,
                                     struct fasti_detail *detail) {
    static const char *const rules[] = {"", "weekly", "dated", "closed", "instant"};
    const char *text = fasti_field_text(object, "rule", opening->kind == 0 ? "weekly" : NULL);
    for (uint8_t kind = FASTI_OPENING_WEEKLY; text != NULL && kind <= FASTI_OPENING_INSTANT;
         kind++) {
        if (strcmp(text, rules[kind]) != 0)
            continue;
        if (opening->kind != kind) { /* times of another rule mean nothing in this one */
            opening->weekdays = 0;
            opening->start_minute = opening->end_minute = 0;
            opening->date_first.v = opening->date_last.v = 0;
            opening->start_utc_s = opening->end_utc_s = 0;
        }
        opening->kind = kind;
        return FASTI_OK;
    }
    if (text == NULL)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                            "\"rule\" must be weekly, dated, closed or instant");
}

/* A time with a date; example says how one looks. */
static enum fasti_status parse_time(const char *name, const char *text, const char *example,
                                    struct fasti_instant_text *instant,
                                    struct fasti_detail *detail) {
    const enum fasti_status status = fasti_instant_parse(text, strlen(text), instant);
    if (status == FASTI_INVALID_DATE)
        return fasti_detail_set(detail, status, "\"%s\": \"%.40s\": %s", name, text,
                                fasti_status_text(status));
    if (status != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"%s\": \"%.40s\" is not a time like %s", name, text, example);
    return FASTI_OK;
}

static enum fasti_status decode_instant(const json_t *object, const char *name, int64_t *utc_s,
                                        struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    struct fasti_instant_text instant;
    if (text == NULL)
        return *utc_s != 0
                   ? FASTI_OK
                   : fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" is missing", name);
    FASTI_TRY(parse_time(name, text, "2026-11-24T09:00+01:00", &instant, detail));
    if (!instant.has_offset)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"%s\": \"%.40s\" has no offset from UTC, like "
                                "2026-11-24T09:00+01:00",
                                name, text);
    *utc_s = fasti_instant_utc_s(&instant);
    return FASTI_OK;
}

static enum fasti_status decode_minute(const json_t *object, const char *name, bool is_required,
                                       uint16_t *minute, struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    if (text == NULL)
        return is_required
                   ? fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" is missing", name)
                   : FASTI_OK;
    if (fasti_minutes_parse(text, strlen(text), minute) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"%s\": \"%.30s\" is not a time like 09:00", name, text);
    return FASTI_OK;
}

/* An hour of the next date, 24:01 to 48:00, as timetables write it. */
static bool night_parse(const char *text, uint16_t *minute) {
    char day[8];
    if (strlen(text) != 5 || text[0] < '2' || text[0] > '4')
        return false;
    const int hours = (text[0] - '0') * 10 + text[1] - '0' - 24;
    if (text[1] < '0' || text[1] > '9' || hours < 0 || hours > 24)
        return false;
    snprintf(day, sizeof day, "%02d%.3s", hours, text + 2);
    if (fasti_minutes_parse(day, strlen(day), minute) != FASTI_OK)
        return false;
    *minute = (uint16_t)(*minute + FASTI_DAY_MINUTES);
    return true;
}

static enum fasti_status decode_to(const json_t *object, bool is_required, uint16_t *minute,
                                   struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, "to", NULL);
    return text != NULL && night_parse(text, minute)
               ? FASTI_OK
               : decode_minute(object, "to", is_required, minute, detail);
}

static enum fasti_status decode_dates(const json_t *object, struct fasti_opening *opening,
                                      struct fasti_detail *detail) {
    fasti_date first = opening->date_first, last = opening->date_last;
    const bool has_last = json_object_get(object, "last") != NULL;
    const bool has_date = json_object_get(object, "date") != NULL;
    if (has_date && (has_last || json_object_get(object, "first") != NULL))
        return fasti_detail_set(
            detail, FASTI_INVALID_OPTION,
            "\"date\" stands for \"first\" and \"last\": give one or the other");
    if (opening->kind == FASTI_OPENING_WEEKLY && first.v == 0) {
        first.v = FASTI_DATE_FIRST;
        last.v = FASTI_DATE_LAST;
    }
    FASTI_TRY(decode_date(object, "first", &first, detail));
    FASTI_TRY(decode_date(object, "date", &first, detail));
    if (has_date || last.v == 0)
        last = first;
    FASTI_TRY(decode_date(object, "last", &last, detail));
    if (first.v == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"date\" is missing");
    if (first.v > last.v)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING, "\"last\" lies before \"first\"");
    opening->date_first = first;
    opening->date_last = last;
    return FASTI_OK;
}

static enum fasti_status decode_hours(const json_t *object, struct fasti_opening *opening,
                                      struct fasti_detail *detail) {
    const bool is_closure = opening->kind == FASTI_OPENING_CLOSED;
    const bool is_new = opening->end_minute == 0;
    if (is_new && is_closure)
        opening->end_minute = FASTI_DAY_MINUTES;
    FASTI_TRY(decode_minute(object, "from", is_new && !is_closure, &opening->start_minute, detail));
    FASTI_TRY(decode_to(object, is_new && !is_closure, &opening->end_minute, detail));
    if (opening->start_minute >= opening->end_minute)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "\"to\" must lie after \"from\"; 02:00 on the next day is 26:00");
    if (opening->end_minute > opening->start_minute + FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "\"to\" lies more than a day after \"from\"");
    const char *weekdays = fasti_field_text(object, "weekdays", NULL);
    if (weekdays == NULL && opening->weekdays == 0)
        opening->weekdays = 0x7f;
    if (weekdays != NULL && fasti_weekdays_parse(weekdays, &opening->weekdays) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"weekdays\": \"%.30s\" is not like mon-fri or mon,wed,sun",
                                weekdays);
    return decode_dates(object, opening, detail);
}

static void decode_flag(const json_t *object, const char *name, uint8_t bit, uint8_t *flags) {
    if (json_object_get(object, name) != NULL)
        *flags = (uint8_t)(fasti_field_flag(object, name) ? *flags | bit : *flags & ~bit);
}

static enum fasti_status decode_opening(const json_t *object, struct fasti_put *put,
                                        struct fasti_opening *opening,
                                        struct fasti_detail *detail) {
    const bool is_new = opening->kind == 0;
    int64_t capacity = is_new ? FASTI_CAPACITY_UNLIMITED : opening->capacity;
    FASTI_TRY(decode_id(object, "schedule", &put->id, detail));
    FASTI_TRY(decode_id(object, "id", &opening->id, detail));
    put->body.openings.count = 1;
    put->body.openings.mode = FASTI_OPENINGS_UPSERT;
    if (fasti_field_flag(object, "remove")) { /* only the id counts, not what stands there */
        *opening = (struct fasti_opening){.id = opening->id, .capacity = FASTI_CAPACITY_UNLIMITED};
        put->body.openings.service_name_count = 0;
        put->body.openings.mode = FASTI_OPENINGS_REMOVE;
        return FASTI_OK;
    }
    FASTI_TRY(decode_rule(object, opening, detail));
    if (opening->kind == FASTI_OPENING_INSTANT) {
        FASTI_TRY(decode_instant(object, "from", &opening->start_utc_s, detail));
        FASTI_TRY(decode_instant(object, "to", &opening->end_utc_s, detail));
    } else {
        FASTI_TRY(decode_hours(object, opening, detail));
    }
    FASTI_TRY(
        decode_integer(object, "capacity", 0, FASTI_CAPACITY_UNLIMITED - 1, &capacity, detail));
    opening->capacity = (uint32_t)capacity;
    decode_flag(object, "single", FASTI_OPENING_SINGLE, &opening->flags);
    decode_flag(object, "full", FASTI_OPENING_FULL, &opening->flags);
    decode_flag(object, "all", FASTI_OPENING_ALL, &opening->flags);
    FASTI_TRY(decode_ids(object, "service", FASTI_OPENING_SERVICES_MAX, "services",
                         put->body.openings.service_names, &put->body.openings.service_name_count,
                         detail));
    opening->service_count = put->body.openings.service_name_count;
    for (uint32_t i = 0; i < opening->service_count; i++)
        opening->services[i].v = i + 1;
    return FASTI_OK;
}

/* ---- appointments and blocks ---- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum fasti_status fasti_field_payload(const char *text, uint8_t payload[FASTI_PAYLOAD_BYTES_MAX],
                                      uint16_t *length, struct fasti_detail *detail) {
    const size_t size = strlen(text);
    bool is_hex = size % 2 == 0 && size / 2 <= FASTI_PAYLOAD_BYTES_MAX;
    for (size_t i = 0; is_hex && i < size; i += 2) {
        const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        is_hex = high >= 0 && low >= 0;
        payload[i / 2] = (uint8_t)(is_hex ? high << 4 | low : 0);
    }
    if (!is_hex)
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "\"payload\" must be pairs of hexadecimal digits, at most %d bytes",
                                FASTI_PAYLOAD_BYTES_MAX);
    *length = (uint16_t)(size / 2);
    return FASTI_OK;
}

enum fasti_status fasti_field_time(const char *name, const char *text,
                                   char time[FASTI_INSTANT_TEXT_BYTES],
                                   struct fasti_detail *detail) {
    struct fasti_instant_text instant;
    FASTI_TRY(
        parse_time(name, text, "2026-11-24T09:00 or 2026-11-24T09:00+01:00", &instant, detail));
    const size_t size = strlen(text);
    if (size >= FASTI_INSTANT_TEXT_BYTES)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"%s\": \"%.40s\" has more digits than a time needs", name, text);
    memcpy(time, text, size + 1);
    return FASTI_OK;
}

/* time holds what stands there already; empty: nothing does. */
static enum fasti_status decode_time(const json_t *object, const char *name,
                                     char time[FASTI_INSTANT_TEXT_BYTES],
                                     struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    if (text != NULL)
        return fasti_field_time(name, text, time, detail);
    return time[0] != '\0'
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" is missing", name);
}

static enum fasti_status decode_needed_id(const json_t *object, const char *name,
                                          struct fasti_id_text *id, struct fasti_detail *detail) {
    FASTI_TRY(decode_id(object, name, id, detail));
    return id->length > 0
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" is missing", name);
}

static enum fasti_status decode_item(const json_t *object, struct fasti_line_item *item,
                                     struct fasti_detail *detail) {
    static const struct fasti_field fields[] = {
        {"schedule", FASTI_FIELD_TEXT, true, NULL, NULL},
        {"service", FASTI_FIELD_TEXT, true, NULL, NULL},
        {"start", FASTI_FIELD_TEXT, true, NULL, NULL},
    };
    FASTI_TRY(fasti_fields_check(object, fields, 3, false, NULL, detail));
    memset(item, 0, sizeof *item);
    FASTI_TRY(decode_id(object, "schedule", &item->schedule, detail));
    FASTI_TRY(decode_id(object, "service", &item->service, detail));
    return decode_time(object, "start", item->start, detail);
}

/* The first item becomes the visit itself. */
static enum fasti_status decode_items(const json_t *items, struct fasti_line *line,
                                      struct fasti_detail *detail) {
    const size_t count = json_array_size(items);
    if (count < 1 || count > FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"items\" has %zu items, not 1 to %d",
                                count, FASTI_ITEMS_MAX);
    line->more_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct fasti_line_item item;
        struct fasti_detail reason;
        const enum fasti_status status = decode_item(json_array_get(items, i), &item, &reason);
        if (status != FASTI_OK)
            return fasti_detail_set(detail, status, "\"items\": item %zu: %.200s", i + 1,
                                    reason.text);
        if (i > 0) {
            line->more[line->more_count++] = item;
            continue;
        }
        line->visit.schedule = item.schedule;
        line->visit.service = item.service;
        memcpy(line->visit.start, item.start, sizeof item.start);
    }
    return FASTI_OK;
}

static enum fasti_status decode_place(const json_t *object, struct fasti_line *line,
                                      struct fasti_detail *detail) {
    const json_t *items = json_object_get(object, "items");
    if (items == NULL) {
        FASTI_TRY(decode_needed_id(object, "schedule", &line->visit.schedule, detail));
        FASTI_TRY(decode_time(object, "start", line->visit.start, detail));
        return line->kind == FASTI_LINE_BLOCK
                   ? FASTI_OK
                   : decode_needed_id(object, "service", &line->visit.service, detail);
    }
    static const char *const names[] = {"schedule", "service", "start"};
    for (uint32_t i = 0; i < 3; i++)
        if (json_object_get(object, names[i]) != NULL)
            return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                    "\"%s\" stands in each of \"items\", or alone without them",
                                    names[i]);
    return decode_items(items, line, detail);
}

static enum fasti_status decode_source(const json_t *object, uint32_t *source,
                                       struct fasti_detail *detail) {
    const char *name = fasti_field_text(object, "source", NULL);
    return name == NULL ? FASTI_OK : fasti_field_source(name, source, detail);
}

static enum fasti_status decode_visit(const json_t *object, struct fasti_line *line,
                                      struct fasti_detail *detail) {
    struct fasti_line_visit *visit = &line->visit;
    FASTI_TRY(decode_place(object, line, detail));
    if (line->kind == FASTI_LINE_BLOCK) {
        FASTI_TRY(decode_source(object, &visit->source, detail));
        return decode_time(object, "end", visit->end, detail);
    }
    FASTI_TRY(fasti_facts_decode(object, &visit->facts, detail));
    FASTI_TRY(fasti_field_patient(fasti_field_text(object, "patient", ""), visit->patient,
                                  &visit->patient_length, detail));
    return fasti_field_payload(fasti_field_text(object, "payload", ""), visit->payload,
                               &visit->payload_length, detail);
}

/* ---- a line ---- */

static enum fasti_status decode_put(const json_t *object, struct fasti_line *line,
                                    struct fasti_detail *detail) {
    struct fasti_put *put = &line->put;
    put->kind = fasti_line_entity(line->kind);
    if (line->kind == FASTI_LINE_OPENING)
        return decode_opening(object, put, &line->opening, detail);
    FASTI_TRY(decode_id(object, "id", &put->id, detail));
    FASTI_TRY(decode_name(object, &put->name, detail));
    if (line->kind == FASTI_LINE_LOCATION)
        return decode_location(object, put, detail);
    if (line->kind == FASTI_LINE_SERVICE)
        return decode_service(object, put, detail);
    if (line->kind == FASTI_LINE_SCHEDULE)
        return decode_schedule(object, put, detail);
    return FASTI_OK;
}

enum fasti_status fasti_line_decode(const json_t *object, enum fasti_line_kind kind,
                                    const struct fasti_line *base, struct fasti_line *line,
                                    struct fasti_detail *detail) {
    static const char *const ignored[] = {"kind", NULL};
    uint32_t count;
    const struct fasti_field *fields = fasti_line_fields(kind, &count);
    FASTI_TRY(fasti_fields_check(object, fields, count, base != NULL, ignored, detail));
    if (base != NULL)
        *line = *base;
    else
        memset(line, 0, offsetof(struct fasti_line, more));
    line->kind = kind;
    if (kind == FASTI_LINE_OPENING)
        line->put.body.openings.openings = &line->opening;
    return kind == FASTI_LINE_APPOINTMENT || kind == FASTI_LINE_BLOCK
               ? decode_visit(object, line, detail)
               : decode_put(object, line, detail);
}
