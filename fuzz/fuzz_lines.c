/*
 * fuzz_lines.c - bytes as a line of busy times, of a holiday and of a map of UIDs: refused with a
 * sentence, or sound.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"
#include "tools/fasti_busy_line.h"
#include "tools/fasti_holidays.h"
#include "tools/fasti_ics_map.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    mapping((const char *)data, size);
    busy((const char *)data, size);
    holiday((const char *)data, size);
    return 0;
}
