/*
 * fasti_export_ics.c - export ics: appointments and blocks as events of one iCalendar (RFC 5545),
 * the openings of a schedule as its VAVAILABILITY (RFC 7953).
 *
 *   VCALENDAR { [VTIMEZONE, VAVAILABILITY ...]  VEVENT, VEVENT ... }
 *
 * What lies in the calendar: records that take time for good, that is, neither ended nor only held.
 * Nothing of a patient but, if asked for, the opaque reference. Lines end with CRLF, are folded
 * after 75 bytes and never inside a character. What is not ours is left to a reader: times of
 * events are UTC. tools/ICALENDAR.md says what our own import makes of it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_export.h"

#define TEXT_BYTES 600

struct calendar {
    struct fasti_session *session;
    struct fasti_export_file file;
    uint32_t schedule; /* dense id; 0: all */
    bool only_blocks, with_patients;
    struct fasti_id_text zone_name; /* of the schedule's place */
    struct fasti_zone zone;
    uint64_t event_count;
    uint32_t opening_count, left_out,
        closures_left_out; /* openings that are told, and those that cannot be */
    bool has_failed;
};

/* ---- lines ---- */

/* Writes one line, folded. */
static void line_write(struct calendar *calendar, const char *text) {
    const size_t size = strlen(text);
    size_t column = 0;
    for (size_t at = 0; at < size;) {
        size_t length = 1; /* bytes of the character */
        while (at + length < size && ((unsigned char)text[at + length] & 0xc0) == 0x80)
            length++;
        if (column + length > 75) {
            fputs("\r\n ", calendar->file.file);
            column = 1;
        }
        fwrite(text + at, 1, length, calendar->file.file);
        column += length;
        at += length;
    }
    if (fputs("\r\n", calendar->file.file) == EOF)
        calendar->has_failed = true;
}

__attribute__((format(printf, 2, 3))) static void line_format(struct calendar *calendar,
                                                              const char *format, ...) {
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    line_write(calendar, text);
}

/* A value of type TEXT (RFC 5545, 3.3.11). */
static void text_escape(const char *bytes, size_t size, char text[TEXT_BYTES]) {
    size_t used = 0;
    for (size_t i = 0; i < size && used + 3 < TEXT_BYTES; i++) {
        if (bytes[i] == '\\' || bytes[i] == ';' || bytes[i] == ',')
            text[used++] = '\\';
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            text[used++] = '\\';
            text[used++] = 'n';
        } else {
            text[used++] = bytes[i];
        }
    }
    text[used] = '\0';
}

static void text_write(struct calendar *calendar, const char *name, const char *bytes,
                       size_t size) {
    char text[TEXT_BYTES];
    text_escape(bytes, size, text);
    line_format(calendar, "%s:%s", name, text);
}

/* "20260303T080000Z". */
#define STAMP_BYTES 24
static void utc_format(int64_t utc_s, char text[STAMP_BYTES]) {
    char instant[FASTI_INSTANT_TEXT_BYTES]; /* 2026-03-03T08:00:00+00:00 */
    fasti_instant_format(utc_s, 0, instant);
    snprintf(text, STAMP_BYTES, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", instant, instant + 5, instant + 8,
             instant + 11, instant + 14, instant + 17);
}

/* "20260303T090000" of a local date and minute, which may be one of the next day. */
static void local_format(fasti_date date, uint32_t minute, char text[STAMP_BYTES]) {
    char day[FASTI_DATE_TEXT_BYTES];
    date.v += (int32_t)(minute / FASTI_DAY_MINUTES);
    minute %= FASTI_DAY_MINUTES;
    fasti_date_format(date, day);
    snprintf(text, STAMP_BYTES, "%.4s%.2s%.2sT%02u%02u00", day, day + 5, day + 8, minute / 60 % 100,
             minute % 60);
}

static void stamp_write(struct calendar *calendar, const char *name, int64_t utc_s) {
    char text[STAMP_BYTES];
    utc_format(utc_s, text);
    line_format(calendar, "%s:%s", name, text);
}

/* ---- the zone ---- */

static void offset_format(int32_t offset_s, char text[8]) {
    const int minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    snprintf(text, 8, "%c%02d%02d", offset_s < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

/* One component a change: local time of the change, as clocks went before it. */
static void zone_write(struct calendar *calendar) {
    const struct fasti_zone *zone = &calendar->zone;
    line_write(calendar, "BEGIN:VTIMEZONE");
    text_write(calendar, "TZID", calendar->zone_name.bytes, calendar->zone_name.length);
    for (uint32_t i = 0; i < zone->change_count; i++) {
        const int32_t before = zone->changes[i == 0 ? 0 : i - 1].offset_s;
        char stamp[STAMP_BYTES], from[8], to[8];
        utc_format(zone->changes[i].utc_s + before, stamp);
        stamp[15] = '\0'; /* local: without the Z */
        offset_format(before, from);
        offset_format(zone->changes[i].offset_s, to);
        const char *kind = zone->changes[i].offset_s > before ? "DAYLIGHT" : "STANDARD";
        line_format(calendar, "BEGIN:%s", kind);
        line_format(calendar, "DTSTART:%s", i == 0 ? "16010101T000000" : stamp);
        line_format(calendar, "TZOFFSETFROM:%s", from);
        line_format(calendar, "TZOFFSETTO:%s", to);
        line_format(calendar, "END:%s", kind);
    }
    line_write(calendar, "END:VTIMEZONE");
}

/* ---- openings ---- */

static void weekdays_format(uint8_t weekdays, char text[32]) {
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t day = 0; day < 7; day++)
        if ((weekdays >> day & 1) != 0)
            used +=
                (size_t)snprintf(text + used, 32 - used, "%s%s", used == 0 ? "" : ",", names[day]);
}

/* 0 = Monday; 1970-01-01 was a Thursday. */
static uint32_t weekday_of(fasti_date date) {
    return (uint32_t)((date.v % 7 + 10) % 7);
}

/* Is all that the opening says said by a time and a rule? */
static bool is_plain(const struct fasti_opening *opening) {
    return opening->service_count == 0 && opening->flags == 0 &&
           opening->capacity == FASTI_CAPACITY_UNLIMITED;
}

static void uid_write(struct calendar *calendar, const struct fasti_id_text *schedule,
                      const char *what, const struct fasti_id_text *id) {
    char text[3 * FASTI_ID_BYTES_MAX + 32];
    const int length =
        snprintf(text, sizeof text, "%s-%.*s-%.*s@%.64s", what, FASTI_PRINT(*schedule),
                 FASTI_PRINT(*id), calendar->session->organization_text);
    text_write(calendar, "UID", text, (size_t)length);
}

static void local_write(struct calendar *calendar, const char *name, fasti_date date,
                        uint32_t minute) {
    char stamp[STAMP_BYTES];
    local_format(date, minute, stamp);
    line_format(calendar, "%s;TZID=%.*s:%s", name, FASTI_PRINT(calendar->zone_name), stamp);
}

/* The hours of a weekly opening, or of a dated one on each of its days, as a rule. */
static void hours_write(struct calendar *calendar, const struct fasti_opening *opening) {
    fasti_date first = opening->date_first;
    char weekdays[32], until[STAMP_BYTES];
    enum fasti_civil_kind kind;
    weekdays_format(opening->weekdays, weekdays);
    while ((opening->weekdays >> weekday_of(first) & 1) == 0)
        first.v++;
    local_write(calendar, "DTSTART", first, opening->start_minute);
    local_write(calendar, "DTEND", first, opening->end_minute);
    if (opening->date_last.v == FASTI_DATE_LAST) {
        line_format(calendar, "RRULE:FREQ=WEEKLY;BYDAY=%s", weekdays);
        return;
    }
    utc_format(fasti_zone_utc(&calendar->zone, opening->date_last, opening->start_minute, &kind),
               until);
    line_format(calendar, "RRULE:FREQ=WEEKLY;UNTIL=%s;BYDAY=%s", until, weekdays);
}

static bool has_days(const struct fasti_opening *opening) {
    for (int32_t day = opening->date_first.v;
         day <= opening->date_last.v && day < opening->date_first.v + 7; day++)
        if ((opening->weekdays >> weekday_of((fasti_date){day}) & 1) != 0)
            return true;
    return false;
}

static void available_write(struct calendar *calendar, const struct fasti_id_text *schedule,
                            const struct fasti_opening *opening) {
    line_write(calendar, "BEGIN:AVAILABLE");
    uid_write(calendar, schedule, "opening", &opening->id);
    stamp_write(calendar, "DTSTAMP", 0);
    if (opening->kind == FASTI_OPENING_INSTANT) {
        stamp_write(calendar, "DTSTART", opening->start_utc_s);
        stamp_write(calendar, "DTEND", opening->end_utc_s);
    } else {
        hours_write(calendar, opening);
    }
    line_write(calendar, "END:AVAILABLE");
}

/* A day's closure hides what opens below it. */
static void closure_write(struct calendar *calendar, const struct fasti_id_text *schedule,
                          const struct fasti_opening *opening, fasti_date date) {
    struct fasti_id_text id;
    id.length = (uint8_t)snprintf(id.bytes, sizeof id.bytes, "%d", date.v);
    line_write(calendar, "BEGIN:VAVAILABILITY");
    uid_write(calendar, schedule, "closed", &id);
    stamp_write(calendar, "DTSTAMP", 0);
    local_write(calendar, "DTSTART", date, opening->start_minute);
    local_write(calendar, "DTEND", date, opening->end_minute);
    /* Of all: it hides what dated openings and instants open, too. */
    line_write(calendar, (opening->flags & FASTI_OPENING_ALL) != 0 ? "PRIORITY:1" : "PRIORITY:5");
    line_write(calendar, "END:VAVAILABILITY");
}

/* Closures of more days are told as what they are: not by us. */
#define CLOSURE_DAYS_MAX 31
#define CLOSURES_MAX     64

static void closures_write(struct calendar *calendar,
                           const struct fasti_describe_answer *schedule) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < schedule->opening_count; i++) {
        const struct fasti_opening *opening = &schedule->openings[i];
        if (opening->kind != FASTI_OPENING_CLOSED)
            continue;
        const int32_t days = opening->date_last.v - opening->date_first.v + 1;
        if (days > CLOSURE_DAYS_MAX || count + (uint32_t)days > CLOSURES_MAX) {
            calendar->closures_left_out++;
            continue;
        }
        count += (uint32_t)days;
        calendar->opening_count++;
        for (fasti_date date = opening->date_first; date.v <= opening->date_last.v; date.v++)
            if ((opening->weekdays >> weekday_of(date) & 1) != 0)
                closure_write(calendar, &schedule->put.id, opening, date);
    }
}

/* Can it be told, as one of the weekly ones or of the exceptions that open? */
static bool is_told(const struct fasti_opening *opening, bool is_exception) {
    const bool is_exact =
        is_plain(opening) && (opening->kind == FASTI_OPENING_INSTANT || has_days(opening));
    return is_exact && is_exception == (opening->kind == FASTI_OPENING_DATED ||
                                        opening->kind == FASTI_OPENING_INSTANT);
}

/* Weekly ones lie below closures, dated ones and instants above them: on a holiday they stay open.
 */
static void weekly_write(struct calendar *calendar, const struct fasti_describe_answer *schedule) {
    static const struct fasti_id_text weekly = {.length = 6, .bytes = "weekly"};
    line_write(calendar, "BEGIN:VAVAILABILITY");
    uid_write(calendar, &schedule->put.id, "availability", &weekly);
    stamp_write(calendar, "DTSTAMP", 0);
    line_write(calendar, "PRIORITY:9");
    for (uint32_t i = 0; i < schedule->opening_count; i++)
        if (is_told(&schedule->openings[i], false) &&
            schedule->openings[i].kind == FASTI_OPENING_WEEKLY) {
            available_write(calendar, &schedule->put.id, &schedule->openings[i]);
            calendar->opening_count++;
        }
    line_write(calendar, "END:VAVAILABILITY");
}

/* Each dated or instant opening in a range of its own, so that it hides nothing but itself. */
static void exceptions_write(struct calendar *calendar,
                             const struct fasti_describe_answer *schedule) {
    const struct fasti_zone *zone = &calendar->zone;
    for (uint32_t i = 0; i < schedule->opening_count; i++) {
        const struct fasti_opening *opening = &schedule->openings[i];
        const bool is_instant = opening->kind == FASTI_OPENING_INSTANT;
        enum fasti_civil_kind kind;
        if (!is_told(opening, true))
            continue;
        if (!is_instant && opening->date_first.v != opening->date_last.v) {
            calendar->left_out++; /* of several days: it would hide what lies between */
            continue;
        }
        line_write(calendar, "BEGIN:VAVAILABILITY");
        uid_write(calendar, &schedule->put.id, "availability", &opening->id);
        stamp_write(calendar, "DTSTAMP", 0);
        stamp_write(calendar, "DTSTART",
                    is_instant
                        ? opening->start_utc_s
                        : fasti_zone_utc(zone, opening->date_first, opening->start_minute, &kind));
        stamp_write(calendar, "DTEND",
                    is_instant
                        ? opening->end_utc_s
                        : fasti_zone_utc(zone, opening->date_first, opening->start_minute, &kind) +
                              (opening->end_minute - opening->start_minute) * INT64_C(60));
        line_write(calendar, "PRIORITY:2");
        available_write(calendar, &schedule->put.id, opening);
        calendar->opening_count++;
        line_write(calendar, "END:VAVAILABILITY");
    }
}

static void openings_write(struct calendar *calendar,
                           const struct fasti_describe_answer *schedule) {
    for (uint32_t i = 0; i < schedule->opening_count; i++)
        calendar->left_out += schedule->openings[i].kind != FASTI_OPENING_CLOSED &&
                              !is_told(&schedule->openings[i], true) &&
                              !is_told(&schedule->openings[i], false);
    if (schedule->opening_count == 0)
        return;
    zone_write(calendar);
    weekly_write(calendar, schedule);
    closures_write(calendar, schedule);
    exceptions_write(calendar, schedule);
}

/* ---- events ---- */

static bool lies_in_calendar(const struct calendar *calendar, const struct fasti_whole *record) {
    if (calendar->only_blocks && record->kind != FASTI_RECORD_BLOCK)
        return false;
    switch ((enum fasti_record_state)record->state) {
    case FASTI_STATE_BOOKED:
    case FASTI_STATE_PENDING:
    case FASTI_STATE_ARRIVED:
    case FASTI_STATE_FULFILLED:
    case FASTI_STATE_NOSHOW: return true;
    case FASTI_STATE_CANCELLED:
    case FASTI_STATE_HELD:
    case FASTI_STATE_EXPIRED:
    case FASTI_STATE_DECLINED:
    case FASTI_STATE_MOVED:
    case FASTI_STATE_RELEASED: break;
    }
    return false;
}

/* One event: items [first, first + count) of a record, which follow each other. */
static void event_write(struct calendar *calendar, const struct fasti_export *export,
                        const struct fasti_whole *record, uint32_t first, uint32_t count) {
    const struct fasti_item *item = &record->items[first], *last = item + count - 1;
    const bool is_block = record->kind == FASTI_RECORD_BLOCK;
    const struct fasti_id_text *service =
        fasti_export_name(export, FASTI_ENTITY_SERVICE, item->service);
    const struct fasti_id_text *schedule =
        fasti_export_name(export, FASTI_ENTITY_SCHEDULE, item->schedule);
    char uid[FASTI_ID_BYTES_MAX + 48];
    const int length =
        snprintf(uid, sizeof uid, "record-%llu-%u@%.64s", (unsigned long long)record->record.v,
                 first + 1, calendar->session->organization_text);
    line_write(calendar, "BEGIN:VEVENT");
    text_write(calendar, "UID", uid, (size_t)length);
    stamp_write(calendar, "DTSTAMP", record->changed_ms / 1000);
    stamp_write(calendar, "CREATED", record->created_ms / 1000);
    stamp_write(calendar, "LAST-MODIFIED", record->changed_ms / 1000);
    stamp_write(calendar, "DTSTART", item->start_utc_s);
    stamp_write(calendar, "DTEND", last->start_utc_s + last->minutes * INT64_C(60));
    if (is_block || service == NULL)
        line_write(calendar, "SUMMARY:blocked");
    else
        text_write(calendar, "SUMMARY", service->bytes, service->length);
    line_format(calendar, "CATEGORIES:%s", is_block ? "BLOCK" : "APPOINTMENT");
    line_format(calendar, "STATUS:%s",
                record->state == FASTI_STATE_PENDING ? "TENTATIVE" : "CONFIRMED");
    line_write(calendar, "TRANSP:OPAQUE");
    line_write(calendar, "CLASS:PRIVATE");
    text_write(calendar, "X-FASTI-SCHEDULE", schedule->bytes, schedule->length);
    line_format(calendar, "X-FASTI-STATE:%s",
                fasti_record_state_name((enum fasti_record_state)record->state));
    if (calendar->with_patients && record->patient_length > 0)
        text_write(calendar, "X-FASTI-PATIENT", record->patient, record->patient_length);
    line_write(calendar, "END:VEVENT");
    calendar->event_count++;
}

static bool record_write(void *context, const struct fasti_export *export,
                         const struct fasti_whole *record) {
    struct calendar *calendar = context;
    if (!lies_in_calendar(calendar, record))
        return true;
    for (uint32_t i = 0, end; i < record->item_count; i = end) {
        const struct fasti_item *item = &record->items[i];
        end = i + 1;
        while (record->kind == FASTI_RECORD_BLOCK && end < record->item_count &&
               record->items[end].schedule == item->schedule &&
               record->items[end].start_utc_s == record->items[end - 1].start_utc_s +
                                                     record->items[end - 1].minutes * INT64_C(60))
            end++;
        if (calendar->schedule == 0 || calendar->schedule == item->schedule)
            event_write(calendar, export, record, i, end - i);
    }
    if (calendar->has_failed)
        (void)fasti_session_fail(calendar->session, FASTI_EXIT_FAILED, FASTI_IO_WRITE,
                                 "cannot write the calendar: is the disk full?");
    return !calendar->has_failed;
}

/* ---- the command ---- */

/* A record of the organization by its external id; what *answer points to is good until the next
 * question. */
static enum fasti_exit described(struct fasti_session *session, enum fasti_entity_kind kind,
                                 const struct fasti_id_text *id,
                                 const struct fasti_describe_answer **answer) {
    char text[FASTI_ID_BYTES_MAX + 1];
    uint32_t dense;
    snprintf(text, sizeof text, "%.*s", FASTI_PRINT(*id));
    const enum fasti_exit exit = fasti_session_resolve(session, kind, text, &dense);
    return exit == FASTI_EXIT_DONE ? fasti_session_describe(session, kind, dense, 0, answer) : exit;
}

/* Learns the schedule's zone, by way of its place. */
static enum fasti_exit zone_learn(struct calendar *calendar, const char *name) {
    struct fasti_session *session = calendar->session;
    const struct fasti_describe_answer *answer;
    struct fasti_id_text id;
    enum fasti_exit exit =
        fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, name, &calendar->schedule);
    if (exit == FASTI_EXIT_DONE)
        exit =
            fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, calendar->schedule, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    id = answer->put.body.schedule.location;
    exit = described(session, FASTI_ENTITY_LOCATION, &id, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    calendar->zone_name = answer->put.body.location.zone;
    exit = described(session, FASTI_ENTITY_ZONE, &calendar->zone_name, &answer);
    if (exit == FASTI_EXIT_DONE)
        calendar->zone = *answer->put.body.zone;
    return exit;
}

static enum fasti_exit calendar_write(struct calendar *calendar, struct fasti_export *export) {
    const struct fasti_export_sink sink = {.context = calendar, .record = record_write};
    const struct fasti_describe_answer *schedule;
    line_write(calendar, "BEGIN:VCALENDAR");
    line_write(calendar, "VERSION:2.0");
    line_write(calendar, "PRODID:-//Fasti//Fasti " FASTI_VERSION "//EN");
    line_write(calendar, "CALSCALE:GREGORIAN");
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (calendar->schedule != 0 && !calendar->only_blocks) {
        exit = fasti_session_describe(calendar->session, FASTI_ENTITY_SCHEDULE, calendar->schedule,
                                      0, &schedule);
        if (exit == FASTI_EXIT_DONE)
            openings_write(calendar, schedule);
    }
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_tell(export, &sink);
    line_write(calendar, "END:VCALENDAR");
    return exit;
}

static void report(const struct calendar *calendar) {
    if (calendar->session->is_json)
        fasti_session_print_json(json_pack(
            "{s:s, s:I, s:i, s:i, s:i}", "status", "OK", "events",
            (json_int_t)calendar->event_count, "openings", (int)calendar->opening_count, "left_out",
            (int)calendar->left_out, "closures_left_out", (int)calendar->closures_left_out));
    else
        fprintf(stderr, "exported: %llu events, %u openings\n",
                (unsigned long long)calendar->event_count, calendar->opening_count);
    if (calendar->left_out > 0)
        fprintf(stderr,
                "fasti: %u openings are left out: services, places and the like cannot be said in "
                "iCalendar (fasti export ndjson has them)\n",
                calendar->left_out);
    if (calendar->closures_left_out > 0)
        fprintf(stderr,
                "fasti: %u closures of more than %d days each, or %d in all, are left out: their "
                "time looks open in the calendar (fasti export ndjson has them)\n",
                calendar->closures_left_out, CLOSURE_DAYS_MAX, CLOSURES_MAX);
}

enum fasti_exit fasti_run_export_ics(struct fasti_session *session,
                                     const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    const char *path = fasti_field_text(options, "out", NULL);
    const char *schedule = fasti_field_text(options, "schedule", NULL);
    struct calendar *calendar = calloc(1, sizeof *calendar);
    struct fasti_export export = {0};
    if (calendar == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    calendar->session = session;
    calendar->only_blocks = fasti_field_flag(options, "blocks");
    calendar->with_patients = fasti_field_flag(options, "patients");
    enum fasti_exit exit =
        session->is_json && path == NULL
            ? fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                 "with --json the calendar needs a file: --out FILE")
            : fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_begin(&export, session);
    if (exit == FASTI_EXIT_DONE && schedule != NULL)
        exit = zone_learn(calendar, schedule);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_file_open(session, path, &calendar->file);
    if (exit == FASTI_EXIT_DONE) {
        exit = calendar_write(calendar, &export);
        const enum fasti_exit closed =
            fasti_export_file_close(session, &calendar->file, exit == FASTI_EXIT_DONE);
        exit = exit == FASTI_EXIT_DONE ? closed : exit;
    }
    if (exit == FASTI_EXIT_DONE)
        report(calendar);
    fasti_export_end(&export);
    free(calendar);
    return exit;
}
