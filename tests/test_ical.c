/*
 * test_ical.c - calendars read into busy spans and openings: series and their changes, zones, what
 * is refused and where, what is left out.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/ical.h"
#include "tests/support/seed.h"

#define SPANS_MAX    32
#define RANDOM_HOURS 40

static struct ical_place place;
static struct fasti_ical *result;
static struct fasti_detail detail;

static void set_up(void) {
    ical_place_open(&place, "Europe/Berlin");
}

static void tear_down(void) {
    fasti_ical_destroy(result);
    ical_place_close(&place);
}

TestSuite(ical, .init = set_up, .fini = tear_down);

/* A calendar around the text, read for 2026 and 2027. */
static enum fasti_status read_text(const char *text) {
    const struct fasti_ical_options options = {place.zoneinfo, &place.zone, ical_new_year(2026),
                                               ical_new_year(2028)};
    static char whole[65536];
    const int size = snprintf(whole, sizeof whole, "BEGIN:VCALENDAR\r\n%sEND:VCALENDAR\r\n", text);
    cr_assert(size > 0 && (size_t)size < sizeof whole);
    fasti_ical_destroy(result);
    detail.text[0] = '\0';
    return fasti_ical_read(whole, (size_t)size, &options, &result, &detail);
}

static void good(const char *text) {
    cr_assert_eq(read_text(text), FASTI_OK, "%s", detail.text);
}

/* The busy spans as the place's clock shows them, one a line: "2026-01-05T09:00+01:00/10:00" or,
 * to another day, its date, too. */
static const char *spans(void) {
    static char text[SPANS_MAX * 64];
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < result->busy_count && i < SPANS_MAX; i++) {
        const struct fasti_ical_busy *busy = &result->busy[i];
        char start[FASTI_INSTANT_TEXT_BYTES], end[FASTI_INSTANT_TEXT_BYTES];
        fasti_instant_format(busy->start_utc_s,
                             fasti_zone_offset_at(&place.zone, busy->start_utc_s), start);
        fasti_instant_format(busy->end_utc_s, fasti_zone_offset_at(&place.zone, busy->end_utc_s),
                             end);
        const bool is_same_day = strncmp(start, end, 10) == 0;
        used += (size_t)snprintf(text + used, sizeof text - used, "%.16s/%.*s ", start,
                                 is_same_day ? 5 : 16, end + (is_same_day ? 11 : 0));
    }
    return text;
}

#define EXPECT_SPANS(expected) cr_expect_str_eq(spans(), expected, "%s", spans())

#define EVENT(body) "BEGIN:VEVENT\r\nUID:a\r\n" body "END:VEVENT\r\n"

Test(ical, an_event_is_busy_in_its_own_zone_by_whatever_name) {
    static const char *const zones[] = {"TZID=Europe/Berlin", "TZID=W. Europe Standard Time",
                                        "TZID=/mozilla.org/2005/Europe/Berlin",
                                        "TZID=\"Europe/Berlin\"",
                                        "X-A=\"b:c;d\";TZID=Europe/Berlin"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 EVENT("DTSTART;%s:20260706T090000\r\nDTEND;%s:20260706T100000\r\n"), zones[i],
                 zones[i]);
        good(text);
        EXPECT_SPANS("2026-07-06T09:00/10:00 ");
    }
    cr_expect_str_eq(result->busy[0].uid, "a");
    cr_expect_eq(result->busy[0].line, 2);
    good(EVENT("DTSTART:20260706T070000Z\r\nDTEND:20260706T080000Z\r\n"));
    EXPECT_SPANS("2026-07-06T09:00/10:00 ");
    good("X-WR-TIMEZONE:America/New_York\r\n" EVENT(
        "DTSTART:20260706T030000\r\nDTEND:20260706T040000\r\n"));
    EXPECT_SPANS("2026-07-06T09:00/10:00 ");
}

#define CUSTOM_ZONE                                                                            \
    "BEGIN:VTIMEZONE\r\nTZID:Ours\r\n"                                                         \
    "BEGIN:STANDARD\r\nDTSTART:16011028T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n" \
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"                               \
    "BEGIN:DAYLIGHT\r\nDTSTART:16010325T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n"  \
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

Test(ical, a_files_own_zone_is_read_where_its_name_says_nothing) {
    good(CUSTOM_ZONE EVENT("DTSTART;TZID=Ours:20260328T090000\r\nDURATION:PT1H\r\n"
                           "RRULE:FREQ=DAILY;COUNT=3\r\n"));
    EXPECT_SPANS("2026-03-28T09:00/10:00 2026-03-29T09:00/10:00 2026-03-30T09:00/10:00 ");
    cr_assert_eq(read_text(EVENT("DTSTART;TZID=Ours:20260328T090000\r\nDURATION:PT1H\r\n")),
                 FASTI_INVALID_FILE);
    cr_expect(strstr(detail.text, "line 4: the time zone \"Ours\"") == detail.text, "%s",
              detail.text);
}

Test(ical, times_that_clocks_skip_or_repeat_are_those_of_the_zone) {
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260328T023000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=DAILY;COUNT=3\r\n"));
    EXPECT_SPANS("2026-03-28T02:30/03:30 2026-03-29T03:00/04:00 2026-03-30T02:30/03:30 ");
    good(EVENT("DTSTART;TZID=Europe/Berlin:20261025T023000\r\nDURATION:PT15M\r\n"));
    cr_expect_eq(result->busy[0].start_utc_s % 86400, 1800, "the first of the two");
}

Test(ical, days_last_as_long_as_the_place_has_them) {
    good(EVENT("DTSTART;VALUE=DATE:20260329\r\n"));
    EXPECT_SPANS("2026-03-29T00:00/2026-03-30T00:00 ");
    cr_expect_eq(result->busy[0].end_utc_s - result->busy[0].start_utc_s, 23 * 3600);
    good(EVENT("DTSTART;VALUE=DATE:20260328\r\nDTEND;VALUE=DATE:20260330\r\n"
               "RRULE:FREQ=MONTHLY;COUNT=2\r\n"));
    EXPECT_SPANS("2026-03-28T00:00/2026-03-30T00:00 2026-04-28T00:00/2026-04-30T00:00 ");
}

Test(ical, dtend_gives_an_exact_length_and_duration_days) {
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260327T220000\r\n"
               "DTEND;TZID=Europe/Berlin:20260328T060000\r\nRRULE:FREQ=DAILY;COUNT=2\r\n"));
    EXPECT_SPANS("2026-03-27T22:00/2026-03-28T06:00 2026-03-28T22:00/2026-03-29T07:00 ");
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260328T220000\r\nDURATION:P1DT1H\r\n"));
    EXPECT_SPANS("2026-03-28T22:00/2026-03-29T23:00 ");
}

Test(ical, exdates_rdates_and_periods_change_the_set) {
    good(EVENT("DTSTART:20260105T080000Z\r\nDTEND:20260105T090000Z\r\n"
               "RRULE:FREQ=DAILY;COUNT=4\r\nEXDATE:20260106T080000Z,20260107T080000Z\r\n"
               "RDATE;VALUE=PERIOD:20260110T080000Z/PT2H,20260111T080000Z/20260111T083000Z\r\n"
               "RDATE:20260108T080000Z,20260112T080000Z\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-08T09:00/10:00 2026-01-10T09:00/11:00 "
                 "2026-01-11T09:00/09:30 2026-01-12T09:00/10:00 ");
    good(EVENT("DTSTART:20260105T080000Z\r\nDTEND:20260105T090000Z\r\n"
               "RRULE:FREQ=DAILY;COUNT=2\r\nEXDATE;VALUE=DATE:20260106\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 ");
}

#define DAILY "DTSTART:20260105T080000Z\r\nDTEND:20260105T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\n"

Test(ical, overrides_move_change_and_cancel_instances_and_the_highest_sequence_wins) {
    good(EVENT(DAILY) EVENT("RECURRENCE-ID:20260106T080000Z\r\nDTSTART:20260106T120000Z\r\n"
                            "DURATION:PT30M\r\nSEQUENCE:2\r\n")
             EVENT("RECURRENCE-ID:20260106T080000Z\r\nDTSTART:20260106T130000Z\r\n"
                   "DURATION:PT30M\r\nSEQUENCE:1\r\n")
                 EVENT("RECURRENCE-ID:20260107T080000Z\r\nDTSTART:20260107T080000Z\r\n"
                       "STATUS:CANCELLED\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T13:00/13:30 2026-01-08T09:00/10:00 ");
    cr_expect_eq(result->busy[1].recurrence_utc_s % 86400, 8 * 3600);
    cr_expect_eq(result->counts.superseded, 1);
    cr_expect_eq(result->counts.cancelled, 1);
    good(EVENT(DAILY "SEQUENCE:1\r\n") EVENT("DTSTART:20260105T110000Z\r\nDURATION:PT1H\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T09:00/10:00 2026-01-07T09:00/10:00 "
                 "2026-01-08T09:00/10:00 ");
    good(EVENT(DAILY "STATUS:CANCELLED\r\n"));
    EXPECT_SPANS("");
}

Test(ical, this_and_future_moves_what_comes_after_it) {
    good(EVENT(DAILY) EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T080000Z\r\n"
                            "DTSTART:20260106T100000Z\r\nDURATION:PT2H\r\n")
             EVENT("RECURRENCE-ID:20260108T080000Z\r\nDTSTART:20260109T100000Z\r\n"
                   "DURATION:PT1H\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T11:00/13:00 2026-01-07T11:00/13:00 "
                 "2026-01-09T11:00/12:00 ");
    good(EVENT(DAILY) EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20260106T080000Z\r\n"
                            "STATUS:CANCELLED\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 ");
}

Test(ical, what_takes_no_time_is_counted_and_swapped_ends_are_taken_the_other_way_round) {
    good("BEGIN:VEVENT\r\nDTSTART:20260105T080000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT\r\n"
         "END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20260105T080000Z\r\nDURATION:PT1H\r\n"
         "X-MICROSOFT-CDO-BUSYSTATUS:FREE\r\nEND:VEVENT\r\n"
         "BEGIN:VEVENT\r\nDTSTART:20260105T080000Z\r\nEND:VEVENT\r\n"
         "BEGIN:VTODO\r\nBEGIN:VALARM\r\nEND:VALARM\r\nDTSTART:nonsense\r\nEND:VTODO\r\n"
         "BEGIN:VEVENT\r\nDTSTART:20260105T100000Z\r\nDTEND:20260105T090000Z\r\nBEGIN:VALARM\r\n"
         "TRIGGER:-PT15M\r\nDURATION:x\r\nEND:VALARM\r\nEND:VEVENT\r\n");
    EXPECT_SPANS("2026-01-05T10:00/11:00 ");
    cr_expect_eq(result->counts.transparent, 2);
    cr_expect_eq(result->counts.empty, 1);
    cr_expect_eq(result->counts.swapped, 1);
    cr_expect_eq(result->counts.skipped, 2);
    cr_expect_eq(result->counts.events, 4);
}

Test(ical, until_names_its_day_or_its_moment_and_a_start_beside_its_rule_counts) {
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=DAILY;UNTIL=20260106\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T09:00/10:00 ");
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=DAILY;UNTIL=20260106T080000Z\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T09:00/10:00 ");
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=1\r\n"));
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-06T09:00/10:00 ");
    good(EVENT("DTSTART;TZID=Europe/Berlin:20260105T090000\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=DAILY;UNTIL=20260104T080000Z\r\n"));
    EXPECT_SPANS("");
    static const char *const untils[] = {"20260106", "20260106T000000Z", "20260106T235959Z",
                                         "20260105T230000Z", "20260106T225959Z"};
    for (size_t i = 0; i < sizeof untils / sizeof *untils; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 EVENT("DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=DAILY;UNTIL=%s\r\n"), untils[i]);
        good(text);
        cr_expect_eq(result->busy_count, 2, "%s: %s", untils[i], spans());
    }
}

Test(ical, free_busy_periods_are_busy_but_for_free_ones) {
    good("BEGIN:VFREEBUSY\r\nUID:f\r\nFREEBUSY:20260105T080000Z/PT1H,20260105T100000Z/"
         "20260105T110000Z\r\nFREEBUSY;FBTYPE=FREE:20260105T120000Z/PT1H\r\n"
         "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260105T130000Z/PT1H\r\nEND:VFREEBUSY\r\n");
    EXPECT_SPANS("2026-01-05T09:00/10:00 2026-01-05T11:00/12:00 2026-01-05T14:00/15:00 ");
}

/* ---- refusals ---- */

Test(ical, what_is_wrong_is_said_with_its_line_and_nothing_else_is_left) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "line 2: the component has no DTSTART"},
        {"BEGIN:VEVENT\r\n", "line 3: END:VCALENDAR where BEGIN:VEVENT of line 2 is open"},
        {EVENT("DTSTART:20260230T080000Z\r\n"), "line 4: DTSTART:20260230T080000Z is not a value"},
        {EVENT("DTSTART:20260105T250000Z\r\n"), "line 4: DTSTART:20260105T250000Z is not a value"},
        {EVENT("DTSTART:99990105T080000Z\r\n"), "line 4: DTSTART"},
        {EVENT("DTSTART:soon\r\n"), "line 4: DTSTART:soon is not a value"},
        {EVENT("DTSTART\r\n"), "line 4: the line is no property"},
        {EVENT("DTSTART;TZID=a\r\n"), "line 4: DTSTART has no value"},
        {EVENT("DTSTART:20260105T080000Z\r\nDTSTART:20260105T080000Z\r\n"),
         "line 5: DTSTART stands twice"},
        {EVENT("DTSTART:20260105T080000Z\r\nDURATION:long\r\n"), "line 5: DURATION:long"},
        {EVENT("DTSTART:20260105T080000Z\r\nDTEND:20260105T090000Z\r\nDURATION:PT1H\r\n"),
         "line 5: DTEND and DURATION exclude each other"},
        {EVENT("DTSTART:20260105T080000Z\r\nRRULE:FREQ=HOURLY\r\n"), "line 5: RRULE: FREQ=HOURLY"},
        {EVENT("DTSTART:20260105T080000Z\r\nRRULE:FREQ=YEARLY\r\n ;BYWEEKNO=3\r\n"),
         "line 5: RRULE: BYWEEKNO is not supported"},
        {EVENT("DTSTART:20260105T080000Z\r\nEXRULE:FREQ=DAILY\r\n"), "line 5: EXRULE"},
        {EVENT("DTSTART:20260105T080000Z\r\nSEQUENCE:x\r\n"), "line 5: SEQUENCE is not a number"},
        {EVENT("DTSTART;TZID=Nowhere/Town:20260105T080000\r\n"), "line 4: the time zone"},
        {"METHOD:CANCEL\r\n", "line 2: METHOD:CANCEL is a message"},
        {"CALSCALE:HEBREW\r\n", "line 2: CALSCALE:HEBREW"},
        {EVENT("EXDATE:20260105T080000Z\r\n20260106T080000Z\r\n"),
         "line 5: the line is no property"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        cr_expect_eq(read_text(cases[i].text), FASTI_INVALID_FILE, "case %zu", i);
        cr_expect(strstr(detail.text, cases[i].says) == detail.text, "case %zu: %s", i,
                  detail.text);
        /* A whole event before it is not there either. */
        snprintf(text, sizeof text, "%s%s",
                 "BEGIN:VEVENT\r\nDTSTART:20260105T080000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n",
                 cases[i].text);
        cr_expect_eq(read_text(text), FASTI_INVALID_FILE, "case %zu", i);
        cr_expect_eq(result->busy_count, 0);
        cr_expect_gt(result->refusal_count, 0);
    }
}

Test(ical, all_that_is_not_supported_is_told_at_once) {
    cr_assert_eq(
        read_text(EVENT(
            "DTSTART:20260105T080000Z\r\nRRULE:FREQ=HOURLY\r\n") "BEGIN:VEVENT\r\nDTSTART:"
                                                                 "20260105T080000Z\r\nRRULE:FREQ="
                                                                 "DAILY;"
                                                                 "BYSETPOS=1\r\nEND:VEVENT\r\n"),
        FASTI_INVALID_FILE);
    cr_assert_eq(result->refusal_count, 2);
    cr_expect_eq(result->refusals[0].line + result->refusals[1].line, 5 + 9);
}

static enum fasti_status read_bytes(const char *bytes, size_t size) {
    const struct fasti_ical_options options = {place.zoneinfo, &place.zone, ical_new_year(2026),
                                               ical_new_year(2028)};
    fasti_ical_destroy(result);
    return fasti_ical_read(bytes, size, &options, &result, &detail);
}

Test(ical, what_is_no_calendar_is_refused_and_odd_frames_are_read) {
    cr_expect_eq(read_bytes("", 0), FASTI_INVALID_FILE);
    cr_expect(strstr(detail.text, "no BEGIN:VCALENDAR") != NULL, "%s", detail.text);
    cr_expect_eq(read_bytes("<html>", 6), FASTI_INVALID_FILE);
    cr_expect_eq(read_bytes("BEGIN:VCALENDAR\n\0", 17), FASTI_INVALID_FILE);
    cr_expect_eq(read_bytes("UID:a\n", 6), FASTI_INVALID_FILE);
    cr_expect_eq(read_bytes("END:VCALENDAR\n", 14), FASTI_INVALID_FILE);
    static const char cut[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260105T080000Z\n";
    cr_expect_eq(read_bytes(cut, strlen(cut)), FASTI_INVALID_FILE);
    cr_expect(strstr(detail.text, "line 2: BEGIN:VEVENT has no END") != NULL, "%s", detail.text);
    static const char odd[] = "\xef\xbb\xbf"
                              "begin:vcalendar\n\nBEGIN:VTODO\nEND:VTOOD\n"
                              "BEGIN:VEVENT\nDESCRIPTION:some\nmore of it: here\nDTST\n ART:2026010"
                              "5T080000Z\nDURATION:PT1H\nEND:VEVENT\nend:vcalendar";
    cr_expect_eq(read_bytes(odd, strlen(odd)), FASTI_OK, "%s", detail.text);
    cr_expect_eq(result->counts.odd_lines, 1);
}

Test(ical, work_and_numbers_are_bounded) {
    static char text[2 * 1024 * 1024];
    size_t used = 0;
    used += (size_t)snprintf(text, sizeof text, "BEGIN:VCALENDAR\n");
    for (uint32_t i = 0; i <= FASTI_ICAL_COMPONENTS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "BEGIN:VEVENT\nEND:VEVENT\n");
    cr_expect_eq(read_bytes(text, used), FASTI_LIMIT_RECORDS);
    cr_expect(strstr(detail.text, "more than 65536 components") != NULL, "%s", detail.text);
    cr_expect_eq(read_text(EVENT("DTSTART:20260105T080000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY;"
                                 "BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10\r\n")),
                 FASTI_LIMIT_RECORDS);
    cr_expect(strstr(detail.text, "more than 65536 instances") != NULL, "%s", detail.text);
    const struct fasti_ical_options options = {place.zoneinfo, &place.zone, ical_new_year(2026),
                                               ical_new_year(2037)};
    fasti_ical_destroy(result);
    cr_expect_eq(fasti_ical_read("", 0, &options, &result, &detail), FASTI_INVALID_RANGE);
}

/* ---- openings ---- */

static bool opening_is(uint32_t index, const char *id) {
    return index < result->opening_count && result->openings[index].id.length == strlen(id) &&
           memcmp(result->openings[index].id.bytes, id, strlen(id)) == 0;
}

#define HOURS                                                                       \
    "BEGIN:AVAILABLE\r\nUID:h\r\nDTSTART;TZID=Europe/Berlin:20260105T090000\r\n"    \
    "DTEND;TZID=Europe/Berlin:20260105T170000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\n" \
    "END:AVAILABLE\r\n"

Test(ical, hours_of_a_week_in_the_places_zone_are_a_weekly_opening) {
    good("BEGIN:VAVAILABILITY\r\n" HOURS "END:VAVAILABILITY\r\n");
    cr_assert_eq(result->opening_count, 1);
    const struct fasti_opening *opening = &result->openings[0];
    cr_expect(result->has_availability);
    cr_expect_eq(opening->kind, FASTI_OPENING_WEEKLY);
    cr_expect_eq(opening->weekdays, 3);
    cr_expect_eq(opening->start_minute, 540);
    cr_expect_eq(opening->end_minute, 1020);
    cr_expect_eq(opening->capacity, FASTI_CAPACITY_UNLIMITED);
    cr_expect(opening_is(0, "weekly-03-540-1020-2026-01-05/2199-12-31"));
    cr_expect_eq(fasti_opening_check(opening, 15, &detail), FASTI_OK, "%s", detail.text);
    good("BEGIN:VAVAILABILITY\r\nDTSTART;TZID=Europe/Berlin:20260201T000000\r\n"
         "DTEND;TZID=Europe/Berlin:20260301T000000\r\n" HOURS "END:VAVAILABILITY\r\n");
    cr_expect(opening_is(0, "weekly-03-540-1020-2026-02-01/2026-02-28"));
}

Test(ical, other_hours_are_openings_between_instants) {
    good("BEGIN:VAVAILABILITY\r\nDTEND;TZID=Europe/Berlin:20260112T120000\r\n" HOURS
         "END:VAVAILABILITY\r\n");
    cr_assert_eq(result->opening_count, 3);
    cr_expect(opening_is(0, "2026-01-05T08:00Z/2026-01-05T16:00Z"));
    cr_expect(opening_is(1, "2026-01-06T08:00Z/2026-01-06T16:00Z"));
    cr_expect(opening_is(2, "2026-01-12T08:00Z/2026-01-12T11:00Z"), "cut at noon");
    cr_expect_eq(fasti_opening_check(&result->openings[2], 15, &detail), FASTI_OK);
}

Test(ical, a_higher_priority_hides_what_lower_ones_open) {
    good("BEGIN:VAVAILABILITY\r\nDTEND;TZID=Europe/Berlin:20260107T000000\r\n" HOURS
         "END:VAVAILABILITY\r\n"
         "BEGIN:VAVAILABILITY\r\nPRIORITY:1\r\nDTSTART;TZID=Europe/Berlin:20260105T120000\r\n"
         "DURATION:PT1H\r\nEND:VAVAILABILITY\r\n");
    cr_assert_eq(result->opening_count, 3);
    cr_expect(opening_is(0, "2026-01-05T08:00Z/2026-01-05T11:00Z"));
    cr_expect(opening_is(1, "2026-01-05T12:00Z/2026-01-05T16:00Z"));
    cr_expect(opening_is(2, "2026-01-06T08:00Z/2026-01-06T16:00Z"));
}

/* The two forms of the same hours: weekly, and, since COUNT asks for it, instant by instant. */
static void read_hours(const char *range, const char *hours, const char *count,
                       struct fasti_opening *openings, uint32_t *opening_count) {
    char text[1024];
    snprintf(text, sizeof text,
             "BEGIN:VAVAILABILITY\r\n%sBEGIN:AVAILABLE\r\n%s%s\r\nEND:AVAILABLE\r\n"
             "END:VAVAILABILITY\r\n",
             range, hours, count);
    good(text);
    *opening_count = result->opening_count;
    memcpy(openings, result->openings, result->opening_count * sizeof *openings);
}

static bool is_same_day(const struct fasti_day_draft *a, const struct fasti_day_draft *b) {
    bool is_same = a->count == b->count;
    for (uint32_t i = 0; i < a->count && is_same; i++)
        is_same = a->spans[i].start_tick == b->spans[i].start_tick &&
                  a->spans[i].end_tick == b->spans[i].end_tick &&
                  a->spans[i].anchor_tick == b->spans[i].anchor_tick;
    return is_same;
}

Test(ical, weekly_openings_open_what_their_instances_do) {
    static struct fasti_opening weekly[FASTI_OPENINGS_MAX], instants[FASTI_OPENINGS_MAX];
    static struct fasti_day_draft a, b;
    struct fasti_prng prng = fasti_test_prng("weekly_openings");
    for (uint32_t round = 0; round < RANDOM_HOURS; round++) {
        char hours[512], range[256];
        const uint32_t start = (uint32_t)fasti_prng_below(&prng, 200);
        const uint32_t end = start + 1 + (uint32_t)fasti_prng_below(&prng, 286 - start);
        snprintf(hours, sizeof hours,
                 "DTSTART;TZID=Europe/Berlin:202601%02dT%02u%02u00\r\nDURATION:PT%uM\r\n"
                 "RRULE:FREQ=WEEKLY;BYDAY=MO,%s",
                 1 + (int)fasti_prng_below(&prng, 28), start / 12, start % 12 * 5,
                 (end - start) * 5, fasti_prng_below(&prng, 2) == 0 ? "TH" : "WE,FR");
        snprintf(range, sizeof range, "DTSTART;TZID=Europe/Berlin:20260%d01T000000\r\n",
                 1 + (int)fasti_prng_below(&prng, 9));
        uint32_t weekly_count, instant_count;
        read_hours(range, hours, "", weekly, &weekly_count);
        read_hours(range, hours, ";COUNT=900", instants, &instant_count);
        cr_assert(weekly_count == 1 && weekly[0].kind == FASTI_OPENING_WEEKLY, "%s%s", range,
                  hours);
        for (int32_t day = 0; day < 720; day++) {
            const fasti_date date = {fasti_date_of_utc(ical_new_year(2026)).v + day};
            cr_assert_eq(fasti_openings_expand(weekly, 1, &place.zone, 5, date, &a), FASTI_OK);
            cr_assert_eq(fasti_openings_expand(instants, instant_count, &place.zone, 5, date, &b),
                         FASTI_OK);
            cr_assert(is_same_day(&a, &b), "day %d: %s%s", day, range, hours);
        }
    }
}
