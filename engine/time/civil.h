/*
 * civil.h - the proleptic Gregorian calendar as numbers: dates, weekdays, text.
 *
 * A date is a count of days since 1970-01-01 (fasti_date). A civil time of day is a count of
 * minutes since 00:00, 0 to 1439 (an end may be 1440). Instants are seconds since
 * 1970-01-01T00:00:00Z without leap seconds. ISO 8601 text; algorithms after H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms". Pure functions, any thread.
 */
#ifndef FASTI_TIME_CIVIL_H
#define FASTI_TIME_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/status.h"

#define FASTI_DAY_SECONDS        INT64_C(86400)
#define FASTI_DATE_TEXT_BYTES    16 /* "2023-03-24" and its NUL */
#define FASTI_INSTANT_TEXT_BYTES 40 /* "2023-03-24T09:00:00-04:00" and its NUL */

struct fasti_civil {
    int32_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31 */
};

/* Any year -32767 to 32767; the month and day must exist (asserted). */
fasti_date fasti_date_of_civil(struct fasti_civil civil);
struct fasti_civil fasti_civil_of_date(fasti_date date);
bool fasti_civil_exists(struct fasti_civil civil);

/* 0 = Monday ... 6 = Sunday (ISO 8601 order). */
uint8_t fasti_date_weekday(fasti_date date);

/* FASTI_DATE_FIRST to FASTI_DATE_LAST: the dates that can hold bookings. */
bool fasti_date_is_bookable(fasti_date date);

/* "YYYY-MM-DD" exactly; 31 April, year 1900 and year 9999 are INVALID_DATE. */
FASTI_MUST_USE enum fasti_status fasti_date_parse(const char *text, size_t size, fasti_date *date);
void fasti_date_format(fasti_date date, char text[FASTI_DATE_TEXT_BYTES]);

/* "HH:MM", 00:00 to 24:00 -> 0 to 1440; else INVALID_TIME. */
FASTI_MUST_USE enum fasti_status fasti_minutes_parse(const char *text, size_t size,
                                                     uint16_t *minutes);

/* What an ISO 8601 / RFC 3339 instant says: wall clock and, if given, its offset. */
struct fasti_instant_text {
    fasti_date date;
    int32_t second_of_day; /* 0 to 86399 */
    bool has_offset;
    int32_t offset_s; /* -86399 to 86399; 0 without offset */
};

/* "YYYY-MM-DDTHH:MM[:SS[.fff]][Z|+HH:MM|-HH:MM]"; fractions are cut. INVALID_DATE/INVALID_TIME. */
FASTI_MUST_USE enum fasti_status fasti_instant_parse(const char *text, size_t size,
                                                     struct fasti_instant_text *instant);

/* Seconds since 1970 of wall clock minus offset. */
int64_t fasti_instant_utc_s(const struct fasti_instant_text *instant);

/* "2023-03-24T09:00:00-04:00"; offsets with seconds are written +HH:MM:SS. */
void fasti_instant_format(int64_t utc_s, int32_t offset_s, char text[FASTI_INSTANT_TEXT_BYTES]);

/* Floor division to the UTC date. */
static inline fasti_date fasti_date_of_utc(int64_t utc_s) {
    const int64_t day = utc_s / FASTI_DAY_SECONDS - (utc_s % FASTI_DAY_SECONDS < 0);
    return (fasti_date){(int32_t)day};
}

#endif
