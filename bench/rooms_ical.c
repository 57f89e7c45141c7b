/*
 * rooms_ical.c - what a calendar file costs: 20 MB of events read into busy spans, and the same
 * bytes through libical's own parser.
 *
 *   60,000 VEVENT of some 340 bytes as calendar programs write them: a time zone by name, a folded
 *   description, an attendee; every 20th a weekly series of two, on dates of two years
 *
 * The two take turns, three times each. The library only builds its tree; ours also looks zones
 * up, expands the series and sorts what is busy. Zones are the system's.
 */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/zoneinfo.h"
#include "bench/rooms.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/time/civil.h"
#include "tools/fasti_ical.h"

#define EVENTS      60000
#define EVENT_BYTES 512 /* room for each */
#define ROUNDS      3
#define FIRST_DATE  20454 /* 2026-01-01 */
#define DAYS        728

/* One event; returns its bytes. */
static size_t event_write(char *at, size_t room, uint32_t number) {
    const struct fasti_civil day =
        fasti_civil_of_date((fasti_date){FIRST_DATE + (int32_t)(number % DAYS)});
    const unsigned hour = 7 + number / DAYS % 10, minute = number % 4 * 15;
    char date[16];
    snprintf(date, sizeof date, "%04d%02u%02u", day.year, day.month, day.day);
    const int used = snprintf(
        at, room,
        "BEGIN:VEVENT\r\nUID:%08x-5b1e-4a57@calendar.example.org\r\nDTSTAMP:20260101T000000Z\r\n"
        "DTSTART;TZID=Europe/Berlin:%sT%02u%02u00\r\nDTEND;TZID=Europe/Berlin:%sT%02u%02u00\r\n"
        "%sSUMMARY:Meeting number %u\r\nDESCRIPTION:What is talked about in it\\, at some "
        "length\\, "
        "and on a line\r\n  that is folded\r\n"
        "ATTENDEE;CN=Somebody;PARTSTAT=ACCEPTED:mailto:somebody@example.org\r\n"
        "SEQUENCE:1\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\n",
        number, date, hour, minute, date, hour + 1, minute,
        number % 20 == 0 ? "RRULE:FREQ=WEEKLY;COUNT=2\r\n" : "", number);
    FASTI_ASSERT(used > 0 && (size_t)used < room);
    return (size_t)used;
}

/* NUL-terminated. */
static char *calendar_make(size_t *size) {
    static const char begin[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//fasti//bench//EN\r\n";
    static const char end[] = "END:VCALENDAR\r\n";
    char *text = malloc(EVENTS * EVENT_BYTES + sizeof begin + sizeof end);
    FASTI_ASSERT(text != NULL);
    memcpy(text, begin, sizeof begin - 1);
    *size = sizeof begin - 1;
    for (uint32_t i = 0; i < EVENTS; i++)
        *size += event_write(text + *size, EVENT_BYTES, i);
    memcpy(text + *size, end, sizeof end);
    *size += sizeof end - 1;
    return text;
}

static int64_t read_ours(const char *text, size_t size, const struct fasti_ical_options *options,
                         uint32_t *busy_count) {
    struct fasti_ical *calendar;
    struct fasti_detail detail = {""};
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const enum fasti_status status = fasti_ical_read(text, size, options, &calendar, &detail);
    const int64_t elapsed_ns = fasti_clock_monotonic_ns() - begin_ns;
    if (status != FASTI_OK)
        fprintf(stderr, "fasti-bench-rooms: %s\n", detail.text);
    FASTI_ASSERT(status == FASTI_OK);
    *busy_count = calendar->busy_count;
    fasti_ical_destroy(calendar);
    return elapsed_ns;
}

static int64_t read_libical(const char *text) {
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    icalcomponent *calendar = icalparser_parse_string(text);
    const int64_t elapsed_ns = fasti_clock_monotonic_ns() - begin_ns;
    FASTI_ASSERT(calendar != NULL);
    FASTI_ASSERT(icalcomponent_count_components(calendar, ICAL_VEVENT_COMPONENT) == EVENTS);
    icalcomponent_free(calendar);
    return elapsed_ns;
}

void rooms_ical(const struct rooms_options *options) {
    struct fasti_zoneinfo *zoneinfo = fasti_zoneinfo_open(FASTI_ZONEINFO_DEFAULT);
    static const char name[] = "Europe/Berlin";
    struct fasti_id_text id;
    struct fasti_detail detail;
    const struct fasti_zone *loaded;
    FASTI_ASSERT(zoneinfo != NULL && fasti_id_text_set(&id, name, sizeof name - 1) == FASTI_OK);
    if (fasti_zoneinfo_load(zoneinfo, &id, &loaded, &detail) != FASTI_OK) {
        fprintf(stderr, "fasti-bench-rooms: ical is left out: %s\n", detail.text);
        fasti_zoneinfo_close(zoneinfo);
        return;
    }
    static struct fasti_zone zone;
    zone = *loaded; /* the reader loads others */
    const struct fasti_ical_options window = {zoneinfo, &zone,
                                              (int64_t)FIRST_DATE * FASTI_DAY_SECONDS,
                                              (int64_t)(FIRST_DATE + 800) * FASTI_DAY_SECONDS};
    size_t size;
    char *text = calendar_make(&size);
    int64_t ours_ns = 0, libical_ns = 0;
    uint32_t busy_count = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        ours_ns += read_ours(text, size, &window, &busy_count);
        libical_ns += read_libical(text);
    }
    rooms_report(options, "calendar byte", size * ROUNDS, ours_ns);
    rooms_report(options, "calendar byte, libical", size * ROUNDS, libical_ns);
    if (!options->json)
        printf("%-28s %14.2f of libical's time, %.1f MB, %u events, %u busy spans\n", "",
               (double)ours_ns / (double)libical_ns, (double)size / 1e6, EVENTS, busy_count);
    free(text);
    fasti_zoneinfo_close(zoneinfo);
}
