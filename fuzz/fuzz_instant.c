/*
 * fuzz_instant.c - bytes as a date, a time of day, an instant and a zone's name.
 *
 * What is accepted must print and read back the same; what is refused must not have been written.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/panic.h"
#include "engine/time/civil.h"
#include "engine/time/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void date_verify(const char *text, size_t size) {
    fasti_date date = {INT32_MIN};
    const enum fasti_status status = fasti_date_parse(text, size, &date);
    FASTI_ASSERT(status == FASTI_OK || (status == FASTI_INVALID_DATE && date.v == INT32_MIN));
    if (status != FASTI_OK)
        return;
    char printed[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(date, printed);
    FASTI_ASSERT(fasti_date_is_bookable(date));
    FASTI_ASSERT(strlen(printed) == size && memcmp(printed, text, size) == 0);
}

static void minutes_verify(const char *text, size_t size) {
    uint16_t minutes = UINT16_MAX;
    const enum fasti_status status = fasti_minutes_parse(text, size, &minutes);
    if (status == FASTI_OK)
        FASTI_ASSERT(size == 5 && minutes <= FASTI_DAY_MINUTES);
    else
        FASTI_ASSERT(status == FASTI_INVALID_TIME && minutes == UINT16_MAX);
}

static void instant_verify(const char *text, size_t size) {
    struct fasti_instant_text instant;
    const enum fasti_status status = fasti_instant_parse(text, size, &instant);
    if (status != FASTI_OK) {
        FASTI_ASSERT(status == FASTI_INVALID_DATE || status == FASTI_INVALID_TIME);
        return;
    }
    FASTI_ASSERT(fasti_date_is_bookable(instant.date));
    FASTI_ASSERT(instant.second_of_day >= 0 && instant.second_of_day < FASTI_DAY_SECONDS);
    FASTI_ASSERT(instant.has_offset || instant.offset_s == 0);

    char printed[FASTI_INSTANT_TEXT_BYTES];
    struct fasti_instant_text again;
    fasti_instant_format(fasti_instant_utc_s(&instant), instant.offset_s, printed);
    FASTI_ASSERT(fasti_instant_parse(printed, strlen(printed), &again) == FASTI_OK);
    FASTI_ASSERT(again.date.v == instant.date.v && again.second_of_day == instant.second_of_day &&
                 again.offset_s == instant.offset_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    date_verify(text, size);
    minutes_verify(text, size);
    instant_verify(text, size);
    if (fasti_zone_name_is_valid(text, size)) {
        FASTI_ASSERT(size > 0 && size <= FASTI_ZONE_NAME_BYTES_MAX && text[0] != '/');
        FASTI_ASSERT(memchr(text, '.', size) == NULL && memchr(text, '\0', size) == NULL);
    }
    return 0;
}
