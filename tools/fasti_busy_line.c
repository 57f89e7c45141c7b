/*
 * fasti_busy_line.c - text to a checked busy line; see fasti_busy_line.h.
 */
#include "tools/fasti_busy_line.h"

#include <string.h>

#include "tools/fasti_busy_plan.h"
#include "tools/fasti_fields.h"

static const struct fasti_field line_fields[] = {
    {"start", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"end", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"key", FASTI_FIELD_TEXT, false, NULL, NULL},
};

_Static_assert(FASTI_INSTANT_TEXT_BYTES >= FASTI_DATE_TEXT_BYTES,
               "a date is no longer than a time");

static enum fasti_status read_time(const json_t *object, const char *name,
                                   char time[FASTI_INSTANT_TEXT_BYTES],
                                   struct fasti_detail *detail) {
    fasti_date date;
    const char *text = fasti_field_text(object, name, "");
    if (fasti_date_parse(text, strlen(text), &date) != FASTI_OK || !fasti_date_is_bookable(date))
        return fasti_field_time(name, text, time, detail);
    fasti_date_format(date, time);
    return FASTI_OK;
}

static enum fasti_status read_object(const json_t *object, struct fasti_busy_line *line,
                                     struct fasti_detail *detail) {
    FASTI_TRY(fasti_fields_check(object, line_fields, 3, false, NULL, detail));
    FASTI_TRY(read_time(object, "start", line->start, detail));
    FASTI_TRY(read_time(object, "end", line->end, detail));
    const char *key = fasti_field_text(object, "key", "");
    line->key = key[0] == '\0' ? 0 : fasti_busy_key(0, key, strlen(key));
    return FASTI_OK;
}

enum fasti_status fasti_busy_line_parse(const char *bytes, size_t size,
                                        struct fasti_busy_line *line, struct fasti_detail *detail) {
    json_t *object;
    FASTI_TRY(fasti_field_parse(bytes, size, &object, detail));
    const enum fasti_status status = read_object(object, line, detail);
    json_decref(object);
    return status;
}
