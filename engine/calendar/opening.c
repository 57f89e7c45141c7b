/*
 * opening.c - is a rule well-formed, and when could it next open time?
 *
 * The check runs on input (command line, wire, import) before a rule is logged; everything after
 * it may rely on its ranges. Fields that a kind does not use must be 0, so that equal rules are
 * equal byte for byte in log and digest. Pure functions, any thread.
 */
#include "engine/calendar/opening.h"

#include "engine/base/panic.h"
#include "engine/time/civil.h"

#define WEEKDAYS_ALL 0x7f
#define FLAGS_OPEN   (FASTI_OPENING_SINGLE | FASTI_OPENING_FULL)

static enum fasti_status services_check(const struct fasti_opening *opening,
                                        struct fasti_detail *detail) {
    if (opening->service_count > FASTI_OPENING_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "an opening names at most %d services, this one names %u",
                                FASTI_OPENING_SERVICES_MAX, opening->service_count);
    for (uint32_t i = 0; i < opening->service_count; i++) {
        if (opening->services[i].v == 0)
            return fasti_detail_set(detail, FASTI_INVALID_REFERENCE,
                                    "the opening's service %u is not set", i + 1);
        for (uint32_t j = 0; j < i; j++) {
            if (opening->services[j].v == opening->services[i].v)
                return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                        "the opening names one service twice (%u and %u)", j + 1,
                                        i + 1);
        }
    }
    return FASTI_OK;
}

static enum fasti_status instant_check(const struct fasti_opening *opening,
                                       struct fasti_detail *detail) {
    const int64_t first = (int64_t)FASTI_DATE_FIRST * FASTI_DAY_SECONDS;
    const int64_t end = ((int64_t)FASTI_DATE_LAST + 1) * FASTI_DAY_SECONDS;
    if (opening->weekdays != 0 || opening->start_minute != 0 || opening->end_minute != 0 ||
        opening->date_first.v != 0 || opening->date_last.v != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "an opening between two instants has no weekdays, dates or hours");
    if (opening->start_utc_s < first || opening->end_utc_s > end)
        return fasti_detail_set(detail, FASTI_INVALID_DATE,
                                "the opening's instants are not all in 2000 to 2199");
    if (opening->start_utc_s % 60 != 0 || opening->end_utc_s % 60 != 0)
        return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                                "the opening's instants are not whole minutes");
    if (opening->start_utc_s >= opening->end_utc_s)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening ends before or where it starts");
    return FASTI_OK;
}

static enum fasti_status hours_check(const struct fasti_opening *opening,
                                     uint32_t resolution_minutes, struct fasti_detail *detail) {
    const uint32_t start = opening->start_minute;
    const uint32_t end = opening->end_minute;
    if (start >= FASTI_DAY_MINUTES || end > FASTI_OPENING_MINUTE_END)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "the opening's hours (minute %u to %u) do not begin in 00:00 to "
                                "23:59 and end by the next date's 24:00",
                                start, end);
    if (end > start + FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening is longer than a day (minute %u to %u)", start, end);
    if (start >= end)
        return fasti_detail_set(
            detail, FASTI_INVALID_OPENING,
            "the opening ends (%02u:%02u) before or where it starts (%02u:%02u)", end / 60,
            end % 60, start / 60, start % 60);
    if (start % resolution_minutes != 0 || end % resolution_minutes != 0)
        return fasti_detail_set(
            detail, FASTI_INVALID_RESOLUTION,
            "%02u:%02u to %02u:%02u does not fit the schedule's resolution of %u minutes",
            start / 60, start % 60, end / 60, end % 60, resolution_minutes);
    return FASTI_OK;
}

static enum fasti_status civil_check(const struct fasti_opening *opening,
                                     uint32_t resolution_minutes, struct fasti_detail *detail) {
    if (opening->start_utc_s != 0 || opening->end_utc_s != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "an opening with hours has no instants");
    if (opening->weekdays == 0 || opening->weekdays > WEEKDAYS_ALL)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening's weekdays (%u) are not 1 to %d", opening->weekdays,
                                WEEKDAYS_ALL);
    if (!fasti_date_is_bookable(opening->date_first) || !fasti_date_is_bookable(opening->date_last))
        return fasti_detail_set(detail, FASTI_INVALID_DATE,
                                "the opening's dates are not all in 2000 to 2199");
    if (opening->date_first.v > opening->date_last.v)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening's last date is before its first");
    return hours_check(opening, resolution_minutes, detail);
}

enum fasti_status fasti_opening_check(const struct fasti_opening *opening,
                                      uint32_t resolution_minutes, struct fasti_detail *detail) {
    FASTI_ASSERT(resolution_minutes == 1 || resolution_minutes == 5 || resolution_minutes == 10 ||
                 resolution_minutes == 15);
    if (opening->id.length == 0 || opening->id.length > FASTI_ID_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "the opening's id is empty or too long");
    if ((opening->flags & ~(FLAGS_OPEN | FASTI_OPENING_ALL)) != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening's flags (%u) are not known", opening->flags);
    if (opening->kind != FASTI_OPENING_CLOSED && (opening->flags & FASTI_OPENING_ALL) != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "an opening that opens time has no flag that closes all");
    FASTI_TRY(services_check(opening, detail));
    switch (opening->kind) {
    case FASTI_OPENING_WEEKLY:
    case FASTI_OPENING_DATED: return civil_check(opening, resolution_minutes, detail);
    case FASTI_OPENING_CLOSED:
        if ((opening->flags & FLAGS_OPEN) != 0 || opening->service_count != 0)
            return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                    "a closure closes for every service, and is neither single "
                                    "nor full");
        return civil_check(opening, resolution_minutes, detail);
    case FASTI_OPENING_INSTANT: return instant_check(opening, detail);
    default:
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "the opening's kind (%u) is not known", opening->kind);
    }
}

/* First date of a rule that is `from` or later; false if there is none. */
static bool rule_next_date(const struct fasti_opening *opening, const struct fasti_zone *zone,
                           fasti_date from, fasti_date *date) {
    if (opening->kind == FASTI_OPENING_CLOSED)
        return false;
    if (opening->kind == FASTI_OPENING_INSTANT) {
        const fasti_date first = fasti_zone_date_at(zone, opening->start_utc_s);
        const fasti_date last = fasti_zone_date_at(zone, opening->end_utc_s - 1);
        date->v = first.v > from.v ? first.v : from.v;
        return date->v <= last.v;
    }
    /* One that goes on over midnight opens the date after, too. */
    const int32_t over = opening->end_minute > FASTI_DAY_MINUTES;
    date->v = opening->date_first.v > from.v ? opening->date_first.v : from.v;
    for (int i = 0; i < 8 && date->v <= opening->date_last.v + over; i++, date->v++) {
        const fasti_date before = {date->v - 1};
        const bool is_own = date->v <= opening->date_last.v &&
                            (opening->weekdays >> fasti_date_weekday(*date) & 1) != 0;
        const bool is_rest = over != 0 && before.v >= opening->date_first.v &&
                             (opening->weekdays >> fasti_date_weekday(before) & 1) != 0;
        if (is_own || is_rest)
            return true;
    }
    return false;
}

bool fasti_openings_next_date(const struct fasti_opening *openings, uint32_t opening_count,
                              const struct fasti_zone *zone, fasti_date after, fasti_date *date) {
    FASTI_ASSERT(opening_count <= FASTI_OPENINGS_MAX);
    bool found = false;
    if (after.v >= FASTI_DATE_LAST)
        return false;
    const fasti_date from = {after.v < FASTI_DATE_FIRST ? FASTI_DATE_FIRST : after.v + 1};
    for (uint32_t i = 0; i < opening_count; i++) {
        fasti_date next;
        if (!rule_next_date(&openings[i], zone, from, &next) || next.v > FASTI_DATE_LAST)
            continue;
        if (!found || next.v < date->v)
            *date = next;
        found = true;
    }
    return found;
}
