/*
 * test_zone.c - zones and local days against an independent oracle, and the policy as examples.
 *
 * The oracle is the C library reading the same files: TZ is set to each zone of this machine and
 * localtime_r, mktime say what the wall clock shows. Local days are then checked against the bare
 * definition in zone.h, civil(X) = the first t with L(t) >= X, by looking at every minute. The
 * examples were computed by hand from the announcements of the changes, not with this code.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/time/civil.h"
#include "tests/support/seed.h"
#include "tests/support/zone_files.h"

#define HOUR INT64_C(3600)

static int64_t utc_of(const char *text) {
    struct fasti_instant_text instant;
    cr_assert_eq(fasti_instant_parse(text, strlen(text), &instant), FASTI_OK, "%s", text);
    return fasti_instant_utc_s(&instant);
}

static fasti_date date_of(const char *text) {
    fasti_date date;
    cr_assert_eq(fasti_date_parse(text, strlen(text), &date), FASTI_OK, "%s", text);
    return date;
}

static struct zone_files *open_files(void) {
    struct zone_files *files = zone_files_open(ZONE_FILES_FOLDER);
    if (files->count == 0) {
        zone_files_close(files);
        cr_skip_test("no time zones in " ZONE_FILES_FOLDER);
    }
    return files;
}

static void decode(const struct zone_file *file, struct fasti_zone *zone) {
    struct fasti_detail detail = {0};
    const enum fasti_status status = fasti_zone_decode_tzif(file->bytes, file->size, zone, &detail);
    cr_assert_eq(status, FASTI_OK, "%s: %s", file->name, detail.text);
}

/* ---- the oracle ------------------------------------------------------------------------------ */

static void oracle_set(const char *name) {
    char value[128];
    snprintf(value, sizeof value, ":" ZONE_FILES_FOLDER "/%s", name);
    setenv("TZ", value, 1);
    tzset();
}

static int32_t oracle_offset(int64_t utc_s) {
    const time_t time = utc_s;
    struct tm local;
    cr_assert_not_null(localtime_r(&time, &local));
    return (int32_t)local.tm_gmtoff;
}

static int64_t oracle_local(int64_t utc_s) {
    return utc_s + oracle_offset(utc_s);
}

static void expect_offset(const struct zone_file *file, const struct fasti_zone *zone,
                          int64_t utc_s) {
    const int32_t expected = oracle_offset(utc_s);
    const int32_t offset = fasti_zone_offset_at(zone, utc_s);
    if (offset != expected) {
        char text[FASTI_INSTANT_TEXT_BYTES];
        fasti_instant_format(utc_s, 0, text);
        cr_assert_fail("%s at %s: %d s, the C library says %d s", file->name, text, (int)offset,
                       (int)expected);
    }
}

Test(zone, the_oracle_tells_zones_apart) {
    struct zone_files *files = open_files();
    oracle_set("Europe/Paris");
    cr_assert_eq(oracle_offset(utc_of("2024-07-01T12:00:00Z")), 2 * HOUR);
    oracle_set("Asia/Tokyo");
    cr_assert_eq(oracle_offset(utc_of("2024-07-01T12:00:00Z")), 9 * HOUR);
    zone_files_close(files);
}

/* Around every change of the bookable range, so also every one of 2020 to 2100. */
Test(zone, every_change_agrees_with_the_c_library) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    uint64_t changes = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct zone_file *file = &files->files[i];
        decode(file, &zone);
        if (file->is_copy)
            continue;
        oracle_set(file->name);
        expect_offset(file, &zone, FASTI_ZONE_FIRST_UTC_S);
        for (uint32_t k = 1; k < zone.change_count; k++)
            for (int64_t step = -1; step <= 1; step++)
                expect_offset(file, &zone, zone.changes[k].utc_s + step);
        changes += zone.change_count - 1;
    }
    printf("%zu zones, %llu changes\n", files->count, (unsigned long long)changes);
    zone_files_close(files);
}

/* No change was missed: every day of 2020 to 2100, every week of the other years. Changes lie more
 * than a day apart, so one that the table lacked would show at noon. */
Test(zone, every_day_agrees_with_the_c_library) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    const int32_t dense_first = date_of("2020-01-01").v;
    const int32_t dense_last = date_of("2100-12-31").v;
    for (size_t i = 0; i < files->count; i++) {
        const struct zone_file *file = &files->files[i];
        if (file->is_copy)
            continue;
        decode(file, &zone);
        oracle_set(file->name);
        for (int32_t date = FASTI_DATE_FIRST; date <= FASTI_DATE_LAST;) {
            expect_offset(file, &zone, date * FASTI_DAY_SECONDS + 12 * HOUR);
            date += date >= dense_first && date <= dense_last ? 1 : 7;
        }
    }
    zone_files_close(files);
}

/* ---- local days against the definition ------------------------------------------------------- */

/* No half hour of the 27 before start_s shows the date, the second before it neither. */
static void expect_start(const struct zone_file *file, fasti_date date, int64_t start_s) {
    const int64_t local_s = date.v * FASTI_DAY_SECONDS;
    bool is_right = oracle_local(start_s) >= local_s && oracle_local(start_s - 1) < local_s;
    for (int64_t back = 1; back <= 54; back++)
        is_right = is_right && oracle_local(start_s - back * HOUR / 2) < local_s;
    if (!is_right) {
        char text[FASTI_DATE_TEXT_BYTES];
        fasti_date_format(date, text);
        cr_assert_fail("%s: %s does not start at %lld", file->name, text, (long long)start_s);
    }
}

Test(zone, days_around_every_change_start_right) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    const int64_t from_s = utc_of("2020-01-01T00:00Z");
    const int64_t end_s = utc_of("2101-01-01T00:00Z");
    for (size_t i = 0; i < files->count; i++) {
        const struct zone_file *file = &files->files[i];
        if (file->is_copy)
            continue;
        decode(file, &zone);
        oracle_set(file->name);
        for (uint32_t k = 1; k < zone.change_count; k++) {
            const int64_t utc_s = zone.changes[k].utc_s;
            if (utc_s < from_s || utc_s >= end_s)
                continue;
            const int32_t near = fasti_date_of_utc(utc_s + zone.changes[k].offset_s).v;
            for (int32_t date = near - 1; date <= near + 2; date++) {
                struct fasti_local_day day;
                fasti_zone_day(&zone, (fasti_date){date}, &day);
                expect_start(file, (fasti_date){date}, day.start_utc_s);
            }
        }
        zone_invariants_verify(&zone, i, 20);
    }
    zone_files_close(files);
}

enum { WINDOW_MINUTES = 6 * 1440 };

/* Every civil minute of the three dates around a change, from the wall clock of every minute. */
static void expect_civil_times(const struct zone_file *file, const struct fasti_zone *zone,
                               const struct fasti_zone_change *change) {
    static int64_t local_s[WINDOW_MINUTES];
    const int64_t window_s = change->utc_s - WINDOW_MINUTES / 2 * 60;
    for (int i = 0; i < WINDOW_MINUTES; i++)
        local_s[i] = oracle_local(window_s + i * 60);

    const int32_t near = fasti_date_of_utc(change->utc_s + change->offset_s).v;
    int64_t wanted_s = (near - 1) * FASTI_DAY_SECONDS;
    int reached = 0;
    for (int minute = 0; minute < 3 * 1440; minute++, wanted_s += 60) {
        while (local_s[reached] < wanted_s)
            reached++;
        int count = 0;
        for (int i = reached; i < WINDOW_MINUTES && i <= reached + 200; i++)
            count += local_s[i] == wanted_s;
        const enum fasti_civil_kind expected = count == 0   ? FASTI_CIVIL_GAP
                                               : count == 1 ? FASTI_CIVIL_ONCE
                                                            : FASTI_CIVIL_FOLD;
        enum fasti_civil_kind kind;
        const int64_t utc_s =
            fasti_zone_utc(zone, (fasti_date){near - 1 + minute / 1440}, minute % 1440, &kind);
        if (utc_s != window_s + reached * INT64_C(60) || kind != expected) {
            char text[FASTI_INSTANT_TEXT_BYTES];
            fasti_instant_format(wanted_s, 0, text);
            cr_assert_fail("%s: %s is kind %d at %lld, expected kind %d at %lld", file->name, text,
                           (int)kind, (long long)utc_s, (int)expected,
                           (long long)(window_s + reached * INT64_C(60)));
        }
    }
}

Test(zone, civil_times_around_drawn_changes) {
    struct fasti_prng prng = fasti_test_prng("civil_times_around_drawn_changes");
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    for (size_t i = 0; i < files->count; i++) {
        const struct zone_file *file = &files->files[i];
        decode(file, &zone);
        if (file->is_copy || zone.change_count < 2)
            continue;
        oracle_set(file->name);
        for (int k = 0; k < 2; k++)
            expect_civil_times(file, &zone,
                               &zone.changes[1 + fasti_prng_below(&prng, zone.change_count - 1)]);
    }
    zone_files_close(files);
}

/* The changes that broke other software: dates in 2000 to 2024 of zones with odd midnights. */
Test(zone, civil_times_around_odd_changes) {
    const char *const names[] = {
        "America/Havana",    "Asia/Beirut",          "America/Sao_Paulo",   "Africa/Cairo",
        "Asia/Gaza",         "Asia/Hebron",          "Atlantic/Azores",     "America/St_Johns",
        "America/Goose_Bay", "Pacific/Apia",         "Pacific/Fakaofo",     "Antarctica/Casey",
        "Antarctica/Troll",  "Asia/Amman",           "Asia/Damascus",       "America/Asuncion",
        "America/Santiago",  "Asia/Pyongyang",       "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Tehran",       "America/Scoresbysund", "America/Nuuk",        "Europe/Dublin",
    };
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct zone_file *file = zone_files_find(files, names[i]);
        if (file == NULL)
            continue;
        decode(file, &zone);
        oracle_set(file->name);
        for (uint32_t k = 1; k < zone.change_count && k <= 40; k++)
            expect_civil_times(file, &zone, &zone.changes[k]);
    }
    zone_files_close(files);
}

/* Civil times that happen once, at every hour of the days of 2020 to 2037 with a change. */
Test(zone, mktime_agrees) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    const int64_t from_s = utc_of("2020-01-01T00:00Z");
    const int64_t end_s = utc_of("2038-01-01T00:00Z");
    for (size_t i = 0; i < files->count; i++) {
        const struct zone_file *file = &files->files[i];
        if (file->is_copy)
            continue;
        decode(file, &zone);
        oracle_set(file->name);
        for (uint32_t k = 1; k < zone.change_count; k++) {
            const int64_t change_s = zone.changes[k].utc_s;
            if (change_s < from_s || change_s >= end_s)
                continue;
            const fasti_date date = fasti_date_of_utc(change_s + zone.changes[k].offset_s);
            const struct fasti_civil civil = fasti_civil_of_date(date);
            for (int hour = 0; hour < 24; hour++) {
                enum fasti_civil_kind kind;
                const int64_t utc_s = fasti_zone_utc(&zone, date, hour * 60, &kind);
                struct tm local = {.tm_year = civil.year - 1900,
                                   .tm_mon = civil.month - 1,
                                   .tm_mday = civil.day,
                                   .tm_hour = hour,
                                   .tm_isdst = -1};
                if (kind == FASTI_CIVIL_ONCE)
                    cr_assert_eq(mktime(&local), utc_s, "%s %d-%02d-%02d %02d:00", file->name,
                                 (int)civil.year, civil.month, civil.day, hour);
            }
        }
    }
    zone_files_close(files);
}

/* ---- the policy by example ------------------------------------------------------------------- */

struct day_example {
    const char *zone;
    const char *date;
    const char *start;
    int32_t minutes, change_minute, offset_s, offset_after_s;
};

static const struct day_example day_examples[] = {
    {"Etc/UTC", "2024-02-29", "2024-02-29T00:00:00Z", 1440, -1, 0, 0},
    {"Europe/Paris", "2024-03-31", "2024-03-31T00:00:00+01:00", 1380, 120, 3600, 7200},
    {"Europe/Paris", "2024-10-27", "2024-10-27T00:00:00+02:00", 1500, 180, 7200, 3600},
    {"Europe/Paris", "2199-03-31", "2199-03-31T00:00:00+01:00", 1380, 120, 3600, 7200},
    {"America/New_York", "2023-03-12", "2023-03-12T00:00:00-05:00", 1380, 120, -18000, -14400},
    /* Daylight time of negative length in the data, summer time on the clock. */
    {"Europe/Dublin", "2024-03-31", "2024-03-31T00:00:00Z", 1380, 60, 0, 3600},
    /* Half an hour. */
    {"Australia/Lord_Howe", "2024-04-07", "2024-04-07T00:00:00+11:00", 1470, 120, 39600, 37800},
    /* No midnight: 00:00 to 01:00. */
    {"Asia/Beirut", "2022-03-27", "2022-03-27T01:00:00+03:00", 1380, -1, 10800, 10800},
    {"America/Havana", "2024-03-10", "2024-03-10T01:00:00-04:00", 1380, -1, -14400, -14400},
    {"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", 1380, -1, -7200, -7200},
    {"Africa/Cairo", "2023-04-28", "2023-04-28T01:00:00+03:00", 1380, -1, 10800, 10800},
    {"Atlantic/Azores", "2024-03-31", "2024-03-31T01:00:00Z", 1380, -1, 0, 0},
    /* Midnight twice on the same date: 01:00 to 00:00. */
    {"America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00", 1500, 60, -14400, -18000},
    {"Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z", 1500, 60, 0, -3600},
    /* Back across midnight, 00:00 to 23:00: the old day is longer. */
    {"America/Sao_Paulo", "2019-02-16", "2019-02-16T00:00:00-02:00", 1500, 1440, -7200, -10800},
    {"America/Sao_Paulo", "2019-02-17", "2019-02-17T00:00:00-03:00", 1440, -1, -10800, -10800},
    {"Asia/Beirut", "2022-10-29", "2022-10-29T00:00:00+03:00", 1500, 1440, 10800, 7200},
    {"Africa/Cairo", "2023-10-26", "2023-10-26T00:00:00+03:00", 1500, 1440, 10800, 7200},
    /* 00:01 to 23:01 of the day before: the new day has begun and keeps the hour. */
    {"America/St_Johns", "2010-11-06", "2010-11-06T00:00:00-02:30", 1440, -1, -9000, -9000},
    {"America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30", 1500, 1, -9000, -12600},
    {"America/St_Johns", "2010-11-08", "2010-11-08T00:00:00-03:30", 1440, -1, -12600, -12600},
    /* Palestine: 2015-03-28 00:00 to 01:00, 2016-10-29 01:00 to 00:00. */
    {"Asia/Gaza", "2015-03-28", "2015-03-28T01:00:00+03:00", 1380, -1, 10800, 10800},
    {"Asia/Gaza", "2016-10-29", "2016-10-29T00:00:00+03:00", 1500, 60, 10800, 7200},
    /* A date that was skipped. */
    {"Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", 1440, -1, -36000, -36000},
    {"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00", 0, -1, 50400, 50400},
    {"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00", 1440, -1, 50400, 50400},
    /* 21 and 27 hours. */
    {"Antarctica/Casey", "2009-10-18", "2009-10-18T00:00:00+08:00", 1260, 120, 28800, 39600},
    {"Antarctica/Casey", "2010-03-05", "2010-03-05T00:00:00+11:00", 1620, 120, 39600, 28800},
};

Test(zone, days_by_example) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    for (size_t i = 0; i < sizeof day_examples / sizeof day_examples[0]; i++) {
        const struct day_example *example = &day_examples[i];
        const struct zone_file *file = zone_files_find(files, example->zone);
        cr_assert_not_null(file, "%s", example->zone);
        decode(file, &zone);
        struct fasti_local_day day;
        fasti_zone_day(&zone, date_of(example->date), &day);
        const char *zone_name = example->zone;
        cr_expect_eq(day.start_utc_s, utc_of(example->start), "%s %s", zone_name, example->date);
        cr_expect_eq(day.minutes, example->minutes, "%s %s: %d", zone_name, example->date,
                     (int)day.minutes);
        cr_expect_eq(day.change_minute, example->change_minute, "%s %s: %d", zone_name,
                     example->date, (int)day.change_minute);
        cr_expect_eq(day.offset_s, example->offset_s, "%s %s", zone_name, example->date);
        cr_expect_eq(day.offset_after_s, example->offset_after_s, "%s %s", zone_name,
                     example->date);
    }
    zone_files_close(files);
}

struct time_example {
    const char *zone;
    const char *date;
    int32_t civil_minute;
    enum fasti_civil_kind kind;
    const char *instant;
    int32_t minute_of_day;
};

static const struct time_example time_examples[] = {
    {"Europe/Paris", "2024-03-31", 119, FASTI_CIVIL_ONCE, "2024-03-31T01:59:00+01:00", 119},
    {"Europe/Paris", "2024-03-31", 120, FASTI_CIVIL_GAP, "2024-03-31T03:00:00+02:00", 120},
    {"Europe/Paris", "2024-03-31", 150, FASTI_CIVIL_GAP, "2024-03-31T03:00:00+02:00", 120},
    {"Europe/Paris", "2024-03-31", 180, FASTI_CIVIL_ONCE, "2024-03-31T03:00:00+02:00", 120},
    {"Europe/Paris", "2024-03-31", 1440, FASTI_CIVIL_ONCE, "2024-04-01T00:00:00+02:00", 1380},
    {"Europe/Paris", "2024-10-27", 119, FASTI_CIVIL_ONCE, "2024-10-27T01:59:00+02:00", 119},
    {"Europe/Paris", "2024-10-27", 120, FASTI_CIVIL_FOLD, "2024-10-27T02:00:00+02:00", 120},
    {"Europe/Paris", "2024-10-27", 179, FASTI_CIVIL_FOLD, "2024-10-27T02:59:00+02:00", 179},
    {"Europe/Paris", "2024-10-27", 180, FASTI_CIVIL_ONCE, "2024-10-27T03:00:00+01:00", 240},
    {"America/Sao_Paulo", "2019-02-16", 1410, FASTI_CIVIL_FOLD, "2019-02-16T23:30:00-02:00", 1410},
    {"America/Sao_Paulo", "2019-02-16", 1440, FASTI_CIVIL_ONCE, "2019-02-17T00:00:00-03:00", 1500},
    {"America/St_Johns", "2010-11-06", 1410, FASTI_CIVIL_FOLD, "2010-11-06T23:30:00-02:30", 1410},
    {"America/St_Johns", "2010-11-06", 1440, FASTI_CIVIL_FOLD, "2010-11-07T00:00:00-02:30", 1440},
    {"America/St_Johns", "2010-11-07", 0, FASTI_CIVIL_FOLD, "2010-11-07T00:00:00-02:30", 0},
    {"America/St_Johns", "2010-11-07", 30, FASTI_CIVIL_ONCE, "2010-11-07T00:30:00-03:30", 90},
    {"Pacific/Apia", "2011-12-30", 600, FASTI_CIVIL_GAP, "2011-12-31T00:00:00+14:00", 0},
    {"Pacific/Apia", "2011-12-29", 1440, FASTI_CIVIL_GAP, "2011-12-31T00:00:00+14:00", 1440},
    {"Pacific/Apia", "2011-12-30", 1440, FASTI_CIVIL_ONCE, "2011-12-31T00:00:00+14:00", 0},
};

Test(zone, times_by_example) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    for (size_t i = 0; i < sizeof time_examples / sizeof time_examples[0]; i++) {
        const struct time_example *example = &time_examples[i];
        const struct zone_file *file = zone_files_find(files, example->zone);
        cr_assert_not_null(file, "%s", example->zone);
        decode(file, &zone);
        const fasti_date date = date_of(example->date);
        enum fasti_civil_kind kind;
        struct fasti_local_day day;
        const int64_t utc_s = fasti_zone_utc(&zone, date, example->civil_minute, &kind);
        fasti_zone_day(&zone, date, &day);
        cr_expect_eq(utc_s, utc_of(example->instant), "%s %s %d", example->zone, example->date,
                     (int)example->civil_minute);
        cr_expect_eq(kind, example->kind, "%s %s %d", example->zone, example->date,
                     (int)example->civil_minute);
        cr_expect_eq(fasti_zone_minute_of_day(&zone, &day, date, example->civil_minute),
                     example->minute_of_day, "%s %s %d", example->zone, example->date,
                     (int)example->civil_minute);
    }
    zone_files_close(files);
}

Test(zone, dates_of_instants) {
    struct zone_files *files = open_files();
    static struct fasti_zone zone;
    decode(zone_files_find(files, "America/St_Johns"), &zone);
    /* 23:30 again on the wall clock of 6 November, yet in the day that began 31 minutes ago. */
    const int64_t repeated_s = utc_of("2010-11-06T23:30:00-03:30");
    cr_expect_eq(fasti_zone_date_at(&zone, repeated_s).v, date_of("2010-11-07").v);
    cr_expect_eq(fasti_date_of_utc(repeated_s + fasti_zone_offset_at(&zone, repeated_s)).v,
                 date_of("2010-11-06").v);
    cr_expect_eq(fasti_zone_date_at(&zone, utc_of("2010-11-06T23:59:59-02:30")).v,
                 date_of("2010-11-06").v);
    decode(zone_files_find(files, "Pacific/Apia"), &zone);
    cr_expect_eq(fasti_zone_date_at(&zone, utc_of("2011-12-29T23:59:59-10:00")).v,
                 date_of("2011-12-29").v);
    cr_expect_eq(fasti_zone_date_at(&zone, utc_of("2011-12-31T00:00:00+14:00")).v,
                 date_of("2011-12-31").v);
    cr_expect_eq(fasti_zone_date_at(&zone, INT64_MAX).v,
                 fasti_zone_date_at(&zone, INT64_C(1) << 40).v);
    cr_expect_eq(fasti_zone_date_at(&zone, INT64_MIN).v,
                 fasti_zone_date_at(&zone, -(INT64_C(1) << 40)).v);
    zone_files_close(files);
}

/* ---- tables and names ------------------------------------------------------------------------ */

Test(zone, tables_refused) {
    static struct fasti_zone good;
    static struct fasti_zone zone;
    const int64_t at_s = utc_of("2024-03-31T01:00:00Z");
    good = (struct fasti_zone){
        .change_count = 3,
        .changes = {{0, 3600}, {at_s, 7200}, {at_s + 48 * HOUR, 3600}},
    };
    cr_assert_eq(fasti_zone_check(&good), FASTI_OK);
    zone_invariants_verify(&good, 1, 10);

#define REFUSES(change)                                                     \
    do {                                                                    \
        zone = good;                                                        \
        change;                                                             \
        cr_expect_eq(fasti_zone_check(&zone), FASTI_INVALID_ZONE, #change); \
    } while (0)
    REFUSES(zone.change_count = 0);
    REFUSES(zone.change_count = FASTI_ZONE_TRANSITIONS_MAX + 1);
    REFUSES(zone.change_count = UINT32_MAX);
    REFUSES(zone.changes[0].utc_s = FASTI_ZONE_FIRST_UTC_S + 1);
    REFUSES(zone.changes[0].offset_s = 3601);
    REFUSES(zone.changes[0].offset_s = 7200);
    REFUSES(zone.changes[0].offset_s = 86400);
    REFUSES(zone.changes[0].offset_s = INT32_MIN);
    REFUSES(zone.changes[1].offset_s = INT32_MAX);
    REFUSES(zone.changes[1].offset_s = 3600 + 3 * 3600 + 60);
    REFUSES(zone.changes[1].utc_s += 1);
    REFUSES(zone.changes[1].utc_s += 60);
    REFUSES(zone.changes[1].utc_s = zone.changes[2].utc_s);
    REFUSES(zone.changes[1].utc_s = FASTI_ZONE_FIRST_UTC_S);
    REFUSES(zone.changes[1].utc_s = INT64_MIN);
    REFUSES(zone.changes[2].utc_s = FASTI_ZONE_END_UTC_S);
    REFUSES(zone.changes[2].utc_s = INT64_MAX);
#undef REFUSES
}

Test(zone, names) {
    const char *const good[] = {"UTC",        "Europe/Paris", "America/Argentina/Buenos_Aires",
                                "Etc/GMT+12", "Etc/GMT-14",   "America/Port-au-Prince",
                                "EST5EDT"};
    const char *const bad[] = {
        "",       "/",   "/etc/passwd",   "Europe/",       "Europe//Paris", "..",   "../passwd",
        "a/../b", "a.b", "Europe/Paris ", "Europe\\Paris", "caf\xc3\xa9",   "a\nb", ":UTC",
        "~"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(fasti_zone_name_is_valid(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(fasti_zone_name_is_valid(bad[i], strlen(bad[i])), "%s", bad[i]);
    cr_expect_not(fasti_zone_name_is_valid("UTC\0x", 5));
    char name[FASTI_ZONE_NAME_BYTES_MAX + 1];
    memset(name, 'a', sizeof name);
    cr_expect(fasti_zone_name_is_valid(name, FASTI_ZONE_NAME_BYTES_MAX));
    cr_expect_not(fasti_zone_name_is_valid(name, FASTI_ZONE_NAME_BYTES_MAX + 1));

    struct zone_files *files = open_files();
    for (size_t i = 0; i < files->count; i++)
        cr_expect(fasti_zone_name_is_valid(files->files[i].name, strlen(files->files[i].name)),
                  "%s", files->files[i].name);
    zone_files_close(files);
}
