/*
 * fuzz_lines.c - bytes as a line of busy times, of a holiday, of a map of UIDs, of a plan, of
 * urgency and of a template: refused with a sentence, or sound.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"
#include "tools/fasti_busy_line.h"
#include "tools/fasti_emergency_plan.h"
#include "tools/fasti_holidays.h"
#include "tools/fasti_ics_map.h"
#include "tools/fasti_template.h"
#include "tools/fasti_urgency.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void busy(const char *bytes, size_t size) {
    struct fasti_detail detail = {""};
    struct fasti_busy_line line;
    if (fasti_busy_line_parse(bytes, size, &line, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return;
    }
    FASTI_ASSERT(memchr(line.start, '\0', sizeof line.start) != NULL && line.start[0] != '\0');
    FASTI_ASSERT(memchr(line.end, '\0', sizeof line.end) != NULL && line.end[0] != '\0');
}

static void holiday(const char *bytes, size_t size) {
    struct fasti_detail detail = {""};
    struct fasti_holidays_place place;
    fasti_date date;
    char source[FASTI_HOLIDAYS_SOURCE_BYTES];
    if (fasti_holidays_parse(bytes, size, &place, &date, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return;
    }
    fasti_holidays_source(&place, source);
    FASTI_ASSERT(strlen(source) <= strlen("holidays:DE-XXX"));
    FASTI_ASSERT(fasti_date_is_bookable(date));
}

static void mapping(const char *bytes, size_t size) {
    struct fasti_detail detail = {""};
    struct fasti_ics_mapping row;
    if (fasti_ics_map_parse(bytes, size, &row, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return;
    }
    FASTI_ASSERT(memchr(row.uid, '\0', sizeof row.uid) != NULL && row.uid[0] != '\0');
    FASTI_ASSERT(row.schedule.length > 0 && row.schedule.length <= FASTI_ID_BYTES_MAX);
}

static void plan(const char *bytes, size_t size) {
    struct fasti_detail detail = {""};
    json_t *object;
    if (fasti_plan_parse(bytes, size, &object, &detail) == FASTI_OK)
        FASTI_ASSERT(json_array_size(json_object_get(object, "to")) <= FASTI_ITEMS_MAX);
    else
        FASTI_ASSERT(detail.text[0] != '\0' && object == NULL);
    json_decref(object);
}

static void urgency(const char *bytes, size_t size) {
    struct fasti_detail detail = {""};
    json_t *object;
    if (fasti_urgency_parse(bytes, size, &object, &detail) == FASTI_OK)
        FASTI_ASSERT((json_object_get(object, "service") == NULL) !=
                     (json_object_get(object, "record") == NULL));
    else
        FASTI_ASSERT(detail.text[0] != '\0' && object == NULL);
    json_decref(object);
}

static void template(const char *bytes, size_t size) {
    static const struct fasti_template_words words = {"north", "2026-03-03", "2026-03-04"};
    static struct fasti_line line;
    struct fasti_detail detail = {""};
    enum fasti_line_kind kind;
    json_t *object, *filled = NULL;
    if (fasti_template_parse(bytes, size, true, &kind, &object, &detail) == FASTI_OK &&
        fasti_template_fill(object, kind, &words, &filled, &line, &detail) == FASTI_OK)
        FASTI_ASSERT(line.kind == kind && filled != NULL);
    else
        FASTI_ASSERT(detail.text[0] != '\0' && filled == NULL);
    json_decref(object);
    json_decref(filled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    plan((const char *)data, size);
    urgency((const char *)data, size);
    template((const char *)data, size);
    mapping((const char *)data, size);
    busy((const char *)data, size);
    holiday((const char *)data, size);
    return 0;
}
