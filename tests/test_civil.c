/*
 * test_civil.c - dates against a calendar that is counted day by day, and ISO text.
 *
 * The model only knows month lengths, the leap year rule and that 1900-01-01 was a Monday, 25,567
 * days before 1970. Text that must be refused is copied to memory of its exact size first, so that
 * the sanitizer sees a read behind it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/time/civil.h"
#include "tests/support/seed.h"

#define DAY_OF_1900 INT32_C(-25567)

static int naive_month_days(int year, int month) {
    const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 400 == 0 || (year % 100 != 0 && year % 4 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

static enum fasti_status parse_date(const char *text, size_t size, fasti_date *date) {
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, text, size);
    const enum fasti_status status = fasti_date_parse(copy, size, date);
    free(copy);
    return status;
}

static enum fasti_status parse_minutes(const char *text, size_t size, uint16_t *minutes) {
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, text, size);
    const enum fasti_status status = fasti_minutes_parse(copy, size, minutes);
    free(copy);
    return status;
}

static enum fasti_status parse_instant(const char *text, size_t size,
                                       struct fasti_instant_text *instant) {
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, text, size);
    const enum fasti_status status = fasti_instant_parse(copy, size, instant);
    free(copy);
    return status;
}

Test(civil, every_date_of_1900_to_2300) {
    fasti_date date = {DAY_OF_1900};
    uint8_t weekday = 0;
    for (int year = 1900; year <= 2300; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= naive_month_days(year, month); day++) {
                const struct fasti_civil civil = {year, (uint8_t)month, (uint8_t)day};
                const struct fasti_civil back = fasti_civil_of_date(date);
                char naive_text[48];
                char text[FASTI_DATE_TEXT_BYTES];
                snprintf(naive_text, sizeof naive_text, "%04d-%02d-%02d", year, month, day);
                fasti_date_format(date, text);
                const bool is_bookable = year >= 2000 && year <= 2199;
                fasti_date read = {0};
                const enum fasti_status status = fasti_date_parse(text, strlen(text), &read);

                if (!fasti_civil_exists(civil) || fasti_date_of_civil(civil).v != date.v ||
                    back.year != year || back.month != month || back.day != day ||
                    fasti_date_weekday(date) != weekday || strcmp(text, naive_text) != 0 ||
                    fasti_date_is_bookable(date) != is_bookable ||
                    status != (is_bookable ? FASTI_OK : FASTI_INVALID_DATE) ||
                    (is_bookable && read.v != date.v))
                    cr_assert_fail("%s: day %d, printed as %s", naive_text, (int)date.v, text);
                date.v++;
                weekday = (uint8_t)((weekday + 1) % 7);
            }
    cr_assert_eq(date.v, DAY_OF_1900 + 401 * 365 + 97, "97 leap days");
}

Test(civil, dates_that_do_not_exist) {
    for (int year = 1999; year <= 2200; year++)
        for (int month = 0; month <= 14; month++)
            for (int day = 0; day <= 33; day++) {
                char text[48];
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                const bool exists = year >= 2000 && year <= 2199 && month >= 1 && month <= 12 &&
                                    day >= 1 && day <= naive_month_days(year, month);
                fasti_date date;
                if ((fasti_date_parse(text, 10, &date) == FASTI_OK) != exists)
                    cr_assert_fail("%s", text);
            }
}

Test(civil, dates_refused) {
    const char *const texts[] = {
        "",           "2023",        "2023-03-2",   "2023-03-024",  "2023-04-31",
        "2023-02-29", "1900-01-01",  "9999-12-31",  "0000-00-00",   "2023/03/24",
        "2023-3-024", " 2023-03-24", "2023-03-24 ", "20230324",     "+023-03-24",
        "-023-03-24", "2023-03-2x",  "2023-03--1",  "2023-03-\xd9", "2023-W12-5",
        "1999-12-31", "2200-01-01",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fasti_date date = {7};
        cr_expect_eq(parse_date(texts[i], strlen(texts[i]), &date), FASTI_INVALID_DATE, "%s",
                     texts[i]);
        cr_expect_eq(date.v, 7, "%s: a refusal writes nothing", texts[i]);
    }
    fasti_date date;
    cr_expect_eq(parse_date("2023-03-2\0", 10, &date), FASTI_INVALID_DATE);
}

Test(civil, far_years) {
    const int32_t years[] = {-32767, -401, -400, -4, -1, 0, 1, 4, 1582, 9999, 10000, 32767};
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        const struct fasti_civil civil = {years[i], 2, 28};
        const struct fasti_civil back = fasti_civil_of_date(fasti_date_of_civil(civil));
        cr_expect(back.year == civil.year && back.month == 2 && back.day == 28, "%d",
                  (int)years[i]);
    }
    cr_expect_not(fasti_civil_exists((struct fasti_civil){32768, 1, 1}));
    cr_expect_not(fasti_civil_exists((struct fasti_civil){1900, 2, 29}));
    char text[FASTI_DATE_TEXT_BYTES];
    fasti_date_format((fasti_date){INT32_MAX}, text);
    cr_expect_str_eq(text, "+5881580-07-11");
    fasti_date_format((fasti_date){INT32_MIN}, text);
    cr_expect_str_eq(text, "-5877641-06-23");
}

Test(civil, minutes) {
    for (int hour = 0; hour <= 99; hour++)
        for (int minute = 0; minute <= 99; minute++) {
            char text[32];
            snprintf(text, sizeof text, "%02d:%02d", hour, minute);
            const bool is_good = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
            uint16_t minutes = 9999;
            const enum fasti_status status = parse_minutes(text, 5, &minutes);
            cr_assert_eq(status, is_good ? FASTI_OK : FASTI_INVALID_TIME, "%s", text);
            cr_assert_eq(minutes, is_good ? hour * 60 + minute : 9999, "%s", text);
        }
    const char *const texts[] = {"", "9:00", "09:0", "09:00:00", "0900", "09.00", "-9:00", "09:+1"};
    uint16_t minutes;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(parse_minutes(texts[i], strlen(texts[i]), &minutes), FASTI_INVALID_TIME, "%s",
                     texts[i]);
}

Test(civil, instants_read) {
    const struct {
        const char *text;
        int32_t second_of_day;
        bool has_offset;
        int32_t offset_s;
        int64_t utc_s;
    } cases[] = {
        {"2023-03-24T09:00:00-04:00", 32400, true, -14400, 1679662800},
        {"2023-03-24T09:00", 32400, false, 0, 1679648400},
        {"2023-03-24T09:00Z", 32400, true, 0, 1679648400},
        {"2023-03-24T09:00:30.999Z", 32430, true, 0, 1679648430},
        {"2023-03-24T09:00:30.1+05:45", 32430, true, 20700, 1679627730},
        {"2023-03-24T23:59:59-00:00", 86399, true, 0, 1679702399},
        {"2023-03-24T00:00+23:59", 0, true, 86340, 1679529660},
        {"2000-01-01T00:00:00Z", 0, true, 0, 946684800},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fasti_instant_text instant;
        cr_assert_eq(parse_instant(cases[i].text, strlen(cases[i].text), &instant), FASTI_OK, "%s",
                     cases[i].text);
        cr_expect_eq(instant.second_of_day, cases[i].second_of_day, "%s", cases[i].text);
        cr_expect_eq(instant.has_offset, cases[i].has_offset, "%s", cases[i].text);
        cr_expect_eq(instant.offset_s, cases[i].offset_s, "%s", cases[i].text);
        cr_expect_eq(fasti_instant_utc_s(&instant), cases[i].utc_s, "%s", cases[i].text);
    }
}

Test(civil, instants_refused) {
    const struct {
        const char *text;
        enum fasti_status status;
    } cases[] = {
        {"", FASTI_INVALID_DATE},
        {"2023-04-31T09:00:00Z", FASTI_INVALID_DATE},
        {"1900-01-01T09:00:00Z", FASTI_INVALID_DATE},
        {"9999-12-31T09:00:00Z", FASTI_INVALID_DATE},
        {"2023-03-24", FASTI_INVALID_TIME},
        {"2023-03-24T", FASTI_INVALID_TIME},
        {"2023-03-24 09:00:00Z", FASTI_INVALID_TIME},
        {"2023-03-24T24:00:00Z", FASTI_INVALID_TIME},
        {"2023-03-24T09:60:00Z", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:60Z", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:0", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00.", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00.Z", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00z", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00ZZ", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00+0400", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00+04", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00+24:00", FASTI_INVALID_TIME},
        {"2023-03-24T09:00:00+04:00x", FASTI_INVALID_TIME},
        {"2023-03-24T09:00.5Z", FASTI_INVALID_TIME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fasti_instant_text instant = {.second_of_day = 7};
        cr_expect_eq(parse_instant(cases[i].text, strlen(cases[i].text), &instant), cases[i].status,
                     "%s", cases[i].text);
        cr_expect_eq(instant.second_of_day, 7, "%s: a refusal writes nothing", cases[i].text);
    }
}

Test(civil, instants_printed) {
    const struct {
        int64_t utc_s;
        int32_t offset_s;
        const char *text;
    } cases[] = {
        {1679662800, -14400, "2023-03-24T09:00:00-04:00"},
        {1679627730, 20700, "2023-03-24T09:00:30+05:45"},
        {0, 0, "1970-01-01T00:00:00+00:00"},
        {-1, 0, "1969-12-31T23:59:59+00:00"},
        {0, -2670, "1969-12-31T23:15:30-00:44:30"},
        {253402300800, 0, "+10000-01-01T00:00:00+00:00"},
        {INT64_MAX, 86399, "+5881580-07-09T23:59:59+23:59:59"},
        {INT64_MIN, -86399, "-5877641-06-25T00:00:01-23:59:59"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[FASTI_INSTANT_TEXT_BYTES];
        fasti_instant_format(cases[i].utc_s, cases[i].offset_s, text);
        cr_expect_str_eq(text, cases[i].text);
    }
}

/* What is printed reads back the same; what is printed and then damaged never crashes. */
Test(civil, instants_round_trip) {
    struct fasti_prng prng = fasti_test_prng("instants_round_trip");
    for (int i = 0; i < 200000; i++) {
        const int64_t day =
            FASTI_DATE_FIRST + 1 + (int64_t)fasti_prng_below(&prng, FASTI_DAYS_MAX - 2);
        const int64_t utc_s = day * 86400 + (int64_t)fasti_prng_below(&prng, 86400);
        const int32_t offset_s = 60 * ((int32_t)fasti_prng_below(&prng, 2879) - 1439);
        char text[FASTI_INSTANT_TEXT_BYTES];
        struct fasti_instant_text instant;
        fasti_instant_format(utc_s, offset_s, text);
        cr_assert_eq(fasti_instant_parse(text, strlen(text), &instant), FASTI_OK, "%s", text);
        cr_assert_eq(fasti_instant_utc_s(&instant), utc_s, "%s", text);
        cr_assert_eq(instant.offset_s, offset_s, "%s", text);

        const size_t size = fasti_prng_below(&prng, strlen(text) + 1);
        text[fasti_prng_below(&prng, strlen(text))] = (char)fasti_prng_next(&prng);
        if (parse_instant(text, size, &instant) == FASTI_OK)
            cr_assert(fasti_date_is_bookable(instant.date) && instant.second_of_day < 86400);
    }
}
