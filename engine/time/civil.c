/*
 * civil.c - dates as day counts and back, and their ISO 8601 text.
 *
 * The two conversions count years from 1 March, so that the leap day is the last day of the year
 * and every month but the last has a length that one linear formula gives (Hinnant). All parsers
 * take exactly the bytes they are given: no blanks, no signs, no locale, nothing behind the end.
 */
#include "engine/time/civil.h"

#include <stdio.h>

#include "engine/base/limits.h"
#include "engine/base/panic.h"

#define YEAR_MAX INT32_C(32767)

enum {
    ERA_DAYS = 146097,         /* of 400 Gregorian years */
    ERA_DAY_OF_EPOCH = 719468, /* 1970-01-01 counted from 0000-03-01 */
    EPOCH_WEEKDAY = 3,         /* 1970-01-01 was a Thursday */
    DATE_TEXT_LENGTH = 10,
    MINUTES_TEXT_LENGTH = 5,
};

/* ---- dates ----------------------------------------------------------------------------------- */

static bool year_is_leap(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint8_t month_days(int32_t year, uint8_t month) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year_is_leap(year) ? 29 : days[month - 1];
}

bool fasti_civil_exists(struct fasti_civil civil) {
    return civil.year >= -YEAR_MAX && civil.year <= YEAR_MAX && civil.month >= 1 &&
           civil.month <= 12 && civil.day >= 1 && civil.day <= month_days(civil.year, civil.month);
}

fasti_date fasti_date_of_civil(struct fasti_civil civil) {
    FASTI_ASSERT(fasti_civil_exists(civil));
    const int32_t year = civil.year - (civil.month <= 2);
    const int32_t era = (year >= 0 ? year : year - 399) / 400;
    const int32_t year_of_era = year - era * 400;
    const int32_t month_from_march = civil.month > 2 ? civil.month - 3 : civil.month + 9;
    const int32_t day_of_year = (153 * month_from_march + 2) / 5 + civil.day - 1;
    const int32_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (fasti_date){era * ERA_DAYS + day_of_era - ERA_DAY_OF_EPOCH};
}

struct fasti_civil fasti_civil_of_date(fasti_date date) {
    const int64_t day = (int64_t)date.v + ERA_DAY_OF_EPOCH;
    const int64_t era = (day >= 0 ? day : day - (ERA_DAYS - 1)) / ERA_DAYS;
    const int32_t day_of_era = (int32_t)(day - era * ERA_DAYS);
    const int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    const int32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int32_t month_from_march = (5 * day_of_year + 2) / 153;
    const int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct fasti_civil){
        .year = (int32_t)(era * 400) + year_of_era + (month <= 2),
        .month = (uint8_t)month,
        .day = (uint8_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1),
    };
}

uint8_t fasti_date_weekday(fasti_date date) {
    return (uint8_t)((date.v % 7 + 7 + EPOCH_WEEKDAY) % 7);
}

bool fasti_date_is_bookable(fasti_date date) {
    return date.v >= FASTI_DATE_FIRST && date.v <= FASTI_DATE_LAST;
}

/* ---- text in --------------------------------------------------------------------------------- */

/* Exactly count decimal digits -> *value. */
static bool digits_parse(const char *text, size_t count, int32_t *value) {
    int32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        sum = sum * 10 + (text[i] - '0');
    }
    *value = sum;
    return true;
}

/* "HH:MM" with both parts in range of a clock; 24:00 is not. */
static bool clock_parse(const char *text, size_t size, int32_t *minutes) {
    int32_t hour;
    int32_t minute;
    if (size < MINUTES_TEXT_LENGTH || !digits_parse(text, 2, &hour) || text[2] != ':' ||
        !digits_parse(text + 3, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = hour * 60 + minute;
    return true;
}

enum fasti_status fasti_date_parse(const char *text, size_t size, fasti_date *date) {
    int32_t year;
    int32_t month;
    int32_t day;
    if (size != DATE_TEXT_LENGTH || !digits_parse(text, 4, &year) || text[4] != '-' ||
        !digits_parse(text + 5, 2, &month) || text[7] != '-' || !digits_parse(text + 8, 2, &day))
        return FASTI_INVALID_DATE;
    const struct fasti_civil civil = {year, (uint8_t)month, (uint8_t)day};
    if (!fasti_civil_exists(civil) || !fasti_date_is_bookable(fasti_date_of_civil(civil)))
        return FASTI_INVALID_DATE;
    *date = fasti_date_of_civil(civil);
    return FASTI_OK;
}

enum fasti_status fasti_minutes_parse(const char *text, size_t size, uint16_t *minutes) {
    int32_t value;
    if (size != MINUTES_TEXT_LENGTH)
        return FASTI_INVALID_TIME;
    if (clock_parse(text, size, &value))
        *minutes = (uint16_t)value;
    else if (text[0] == '2' && text[1] == '4' && text[2] == ':' && text[3] == '0' && text[4] == '0')
        *minutes = FASTI_DAY_MINUTES;
    else
        return FASTI_INVALID_TIME;
    return FASTI_OK;
}

/* ":SS" and then ".f..." if present; returns the bytes used, or SIZE_MAX if they are wrong. */
static size_t seconds_parse(const char *text, size_t size, int32_t *second) {
    *second = 0;
    if (size == 0 || text[0] != ':')
        return 0;
    if (size < 3 || !digits_parse(text + 1, 2, second) || *second > 59)
        return SIZE_MAX;
    if (size == 3 || text[3] != '.')
        return 3;
    size_t used = 4;
    while (used < size && text[used] >= '0' && text[used] <= '9')
        used++;
    return used == 4 ? SIZE_MAX : used;
}

/* "", "Z", "+HH:MM" or "-HH:MM", and nothing behind it. */
static bool offset_parse(const char *text, size_t size, struct fasti_instant_text *instant) {
    instant->has_offset = size > 0;
    instant->offset_s = 0;
    if (size == 0 || (size == 1 && text[0] == 'Z'))
        return true;
    int32_t minutes;
    if (size != 1 + MINUTES_TEXT_LENGTH || (text[0] != '+' && text[0] != '-') ||
        !clock_parse(text + 1, size - 1, &minutes))
        return false;
    instant->offset_s = (text[0] == '-' ? -60 : 60) * minutes;
    return true;
}

enum fasti_status fasti_instant_parse(const char *text, size_t size,
                                      struct fasti_instant_text *instant) {
    struct fasti_instant_text read = {0};
    if (size < DATE_TEXT_LENGTH)
        return FASTI_INVALID_DATE;
    FASTI_TRY(fasti_date_parse(text, DATE_TEXT_LENGTH, &read.date));
    text += DATE_TEXT_LENGTH;
    size -= DATE_TEXT_LENGTH;

    int32_t minutes;
    if (size < 1 || text[0] != 'T' || !clock_parse(text + 1, size - 1, &minutes))
        return FASTI_INVALID_TIME;
    text += 1 + MINUTES_TEXT_LENGTH;
    size -= 1 + MINUTES_TEXT_LENGTH;

    int32_t second;
    const size_t used = seconds_parse(text, size, &second);
    if (used == SIZE_MAX || !offset_parse(text + used, size - used, &read))
        return FASTI_INVALID_TIME;
    read.second_of_day = minutes * 60 + second;
    *instant = read;
    return FASTI_OK;
}

int64_t fasti_instant_utc_s(const struct fasti_instant_text *instant) {
    return instant->date.v * FASTI_DAY_SECONDS + instant->second_of_day - instant->offset_s;
}

/* ---- text out -------------------------------------------------------------------------------- */

void fasti_date_format(fasti_date date, char text[FASTI_DATE_TEXT_BYTES]) {
    const struct fasti_civil civil = fasti_civil_of_date(date);
    const bool is_plain = civil.year >= 0 && civil.year <= 9999;
    const int length =
        snprintf(text, FASTI_DATE_TEXT_BYTES, is_plain ? "%04d-%02u-%02u" : "%+05d-%02u-%02u",
                 (int)civil.year, (unsigned)civil.month, (unsigned)civil.day);
    FASTI_ASSERT(length > 0 && length < FASTI_DATE_TEXT_BYTES);
}

void fasti_instant_format(int64_t utc_s, int32_t offset_s, char text[FASTI_INSTANT_TEXT_BYTES]) {
    FASTI_ASSERT(offset_s > -FASTI_DAY_SECONDS && offset_s < FASTI_DAY_SECONDS);
    const int64_t utc_bound = (INT32_MAX - INT64_C(2)) * FASTI_DAY_SECONDS;
    const int64_t utc_kept = utc_s > utc_bound    ? utc_bound
                             : utc_s < -utc_bound ? -utc_bound
                                                  : utc_s;
    const int64_t local_s = utc_kept + offset_s;
    const fasti_date date = fasti_date_of_utc(local_s);
    const int second = (int)(local_s - date.v * FASTI_DAY_SECONDS);
    const int offset = offset_s < 0 ? -offset_s : offset_s;

    char date_text[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(date, date_text);
    int length = snprintf(text, FASTI_INSTANT_TEXT_BYTES, "%sT%02d:%02d:%02d%c%02d:%02d", date_text,
                          second / 3600, second / 60 % 60, second % 60, offset_s < 0 ? '-' : '+',
                          offset / 3600, offset / 60 % 60);
    FASTI_ASSERT(length > 0 && length + 4 <= FASTI_INSTANT_TEXT_BYTES);
    if (offset % 60 != 0)
        length += snprintf(text + length, 4, ":%02d", offset % 60);
    FASTI_ASSERT(length < FASTI_INSTANT_TEXT_BYTES);
}
