/*
 * fasti_holidays.c - lines of holidays to closed openings; see fasti_holidays.h.
 */
#include "tools/fasti_holidays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_fields.h"
#include "tools/fasti_lines.h"

#define CODE_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct fasti_field line_fields[] = {
    {"country", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"date", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"region", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"name", FASTI_FIELD_TEXT, false, NULL, NULL},
};

/* ---- places ---- */

enum fasti_status fasti_holidays_place(const char *country, const char *region,
                                       struct fasti_holidays_place *place,
                                       struct fasti_detail *detail) {
    memset(place, 0, sizeof *place);
    if (strlen(country) != 2 || strspn(country, CODE_LETTERS) != 2)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "country \"%.20s\" is not two capital letters, such as DE",
                                country);
    memcpy(place->country, country, 3);
    if (region == NULL || region[0] == '\0')
        return FASTI_OK;
    const size_t size = strlen(region);
    if (size > 3 || strspn(region, CODE_LETTERS "0123456789") != size)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "region \"%.20s\" is not one to three capital letters or digits, "
                                "such as BY for DE-BY",
                                region);
    memcpy(place->region, region, size + 1);
    return FASTI_OK;
}

void fasti_holidays_source(const struct fasti_holidays_place *place,
                           char name[FASTI_HOLIDAYS_SOURCE_BYTES]) {
    snprintf(name, FASTI_HOLIDAYS_SOURCE_BYTES, "holidays:%s%s%s", place->country,
             place->region[0] == '\0' ? "" : "-", place->region);
}

/* ---- lines ---- */

/* One bit a bookable date. */
struct days {
    uint8_t bits[(FASTI_DAYS_MAX + 7) / 8];
};

static enum fasti_status read_object(const json_t *object, struct fasti_holidays_place *of,
                                     fasti_date *date, struct fasti_detail *detail) {
    FASTI_TRY(fasti_fields_check(object, line_fields, 4, false, NULL, detail));
    FASTI_TRY(fasti_holidays_place(fasti_field_text(object, "country", ""),
                                   fasti_field_text(object, "region", NULL), of, detail));
    const char *text = fasti_field_text(object, "date", "");
    if (fasti_date_parse(text, strlen(text), date) == FASTI_OK && fasti_date_is_bookable(*date))
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_DATE,
                            "\"date\": \"%.40s\" is not a date like 2026-12-25, of 2000 to 2199",
                            text);
}

enum fasti_status fasti_holidays_parse(const char *bytes, size_t size,
                                       struct fasti_holidays_place *of, fasti_date *date,
                                       struct fasti_detail *detail) {
    json_t *object;
    FASTI_TRY(fasti_field_parse(bytes, size, &object, detail));
    const enum fasti_status status = read_object(object, of, date, detail);
    json_decref(object);
    return status;
}

static enum fasti_status read_line(const struct fasti_lines *lines,
                                   const struct fasti_holidays_place *place,
                                   struct fasti_holidays *holidays, struct days *days,
                                   struct fasti_detail *detail) {
    struct fasti_holidays_place of;
    struct fasti_detail reason;
    fasti_date date;
    const enum fasti_status status =
        fasti_holidays_parse(lines->bytes, lines->size, &of, &date, &reason);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "%.80s:%u: %.140s", lines->name, lines->number,
                                reason.text);
    holidays->line_count++;
    const bool is_regions = of.region[0] != '\0';
    if (strcmp(of.country, place->country) != 0 ||
        (is_regions && strcmp(of.region, place->region) != 0))
        return FASTI_OK;
    holidays->region_line_count += is_regions;
    const uint32_t at = (uint32_t)(date.v - FASTI_DATE_FIRST);
    holidays->day_count += (days->bits[at / 8] >> at % 8 & 1) == 0;
    days->bits[at / 8] |= (uint8_t)(1u << at % 8);
    return FASTI_OK;
}

/* Days that follow each other are one closed opening, named by its first. */
static enum fasti_status close_days(const struct days *days,
                                    const struct fasti_holidays_place *place,
                                    struct fasti_holidays *holidays, struct fasti_detail *detail) {
    struct fasti_opening *opening = NULL;
    char source[FASTI_HOLIDAYS_SOURCE_BYTES];
    fasti_holidays_source(place, source);
    for (int32_t at = 0; at < FASTI_DAYS_MAX; at++) {
        const fasti_date date = {FASTI_DATE_FIRST + at};
        if ((days->bits[at / 8] >> at % 8 & 1) == 0) {
            opening = NULL;
            continue;
        }
        if (opening != NULL) {
            opening->date_last = date;
            continue;
        }
        if (holidays->opening_count == FASTI_OPENINGS_MAX)
            return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                    "a schedule has at most %d openings: leave out years",
                                    FASTI_OPENINGS_MAX);
        opening = &holidays->openings[holidays->opening_count++];
        *opening = (struct fasti_opening){.kind = FASTI_OPENING_CLOSED,
                                          .weekdays = 0x7f,
                                          .end_minute = FASTI_DAY_MINUTES,
                                          .date_first = date,
                                          .date_last = date,
                                          .capacity = FASTI_CAPACITY_UNLIMITED};
        char first[FASTI_DATE_TEXT_BYTES], id[FASTI_HOLIDAYS_SOURCE_BYTES + sizeof first];
        fasti_date_format(date, first);
        snprintf(id, sizeof id, "%s %s", source, first);
        FASTI_TRY(fasti_id_text_set(&opening->id, id, strlen(id)));
    }
    return FASTI_OK;
}

static enum fasti_status read_days(struct fasti_holidays *holidays, const char *path,
                                   const struct fasti_holidays_place *place, struct days *days,
                                   struct fasti_detail *detail) {
    struct fasti_lines lines;
    bool found = true;
    enum fasti_status status = fasti_lines_open(&lines, path, detail);
    while (status == FASTI_OK && found) {
        status = fasti_lines_next(&lines, &found, detail);
        if (status == FASTI_OK && found)
            status = read_line(&lines, place, holidays, days, detail);
    }
    fasti_lines_close(&lines);
    if (status == FASTI_OK && holidays->line_count > 0 && holidays->day_count == 0)
        return fasti_detail_set(detail, FASTI_NOT_FOUND,
                                "%.80s has %u holidays, but none of %s%s%s: is the code right?",
                                path, holidays->line_count, place->country,
                                place->region[0] == '\0' ? "" : "-", place->region);
    return status;
}

enum fasti_status fasti_holidays_read(struct fasti_holidays *holidays, const char *path,
                                      const struct fasti_holidays_place *place,
                                      struct fasti_detail *detail) {
    memset(holidays, 0, sizeof *holidays);
    struct days *days = calloc(1, sizeof *days);
    if (days == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the days");
    enum fasti_status status = read_days(holidays, path, place, days, detail);
    if (status == FASTI_OK)
        status = close_days(days, place, holidays, detail);
    free(days);
    return status;
}
