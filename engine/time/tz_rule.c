/*
 * tz_rule.c - POSIX TZ strings: parse, and write out year by year.
 *
 * A moment may lie up to a week outside its year (hours -167 to 167) and the end of one year's
 * daylight time may be the start of the next one's (daylight time all year, RFC 8536 3.3.1). So the
 * moments of all years are made first, sorted, and at equal instants the later year decides.
 */
#include "engine/time/tz_rule.h"

#include "engine/base/panic.h"
#include "engine/time/civil.h"
#include "engine/time/zone_table.h"

enum {
    YEAR_FIRST = 1998, /* a year and a week before the table's first instant is decided */
    YEAR_LAST = 2201,
    MOMENTS_MAX = 2 * (YEAR_LAST - YEAR_FIRST + 1),
    NAME_BYTES_MIN = 3,
    OFFSET_HOURS_MAX = 24,
    TIME_HOURS_MAX = 167,
    TIME_DEFAULT_S = 2 * 3600,
};

/* ---- parse ----------------------------------------------------------------------------------- */

/* at <= size; every read is behind peek. */
struct reader {
    const char *text;
    size_t size;
    size_t at;
};

/* NUL at the end: no rule has one inside that would be accepted. */
static char peek(const struct reader *reader) {
    return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static bool take(struct reader *reader, char wanted) {
    if (reader->at == reader->size || reader->text[reader->at] != wanted)
        return false;
    reader->at++;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "EST" or "<-03>"; the name itself is of no use here. */
static bool read_name(struct reader *reader) {
    const bool is_quoted = take(reader, '<');
    const size_t start = reader->at;
    for (;;) {
        const char c = peek(reader);
        if (!is_letter(c) && !(is_quoted && (is_digit(c) || c == '+' || c == '-')))
            break;
        reader->at++;
    }
    return reader->at - start >= NAME_BYTES_MIN && (!is_quoted || take(reader, '>'));
}

/* One to three digits, at most value_max. */
static bool read_number(struct reader *reader, int32_t value_max, int32_t *value) {
    const size_t start = reader->at;
    *value = 0;
    while (is_digit(peek(reader)) && reader->at - start < 3)
        *value = *value * 10 + (reader->text[reader->at++] - '0');
    return reader->at > start && *value <= value_max;
}

/* "[+-]h[h[h]][:mm[:ss]]" as seconds. */
static bool read_time(struct reader *reader, int32_t hours_max, int32_t *seconds) {
    const bool is_negative = peek(reader) == '-';
    if (is_negative || peek(reader) == '+')
        reader->at++;
    int32_t hours;
    int32_t minutes = 0;
    int32_t rest = 0;
    if (!read_number(reader, hours_max, &hours))
        return false;
    if (take(reader, ':')) {
        if (!read_number(reader, 59, &minutes))
            return false;
        if (take(reader, ':') && !read_number(reader, 59, &rest))
            return false;
    }
    const int32_t sum = hours * 3600 + minutes * 60 + rest;
    *seconds = is_negative ? -sum : sum;
    return true;
}

/* ",Mm.w.d[/time]", ",Jn[/time]" or ",n[/time]". */
static bool read_moment(struct reader *reader, struct fasti_tz_moment *moment) {
    *moment = (struct fasti_tz_moment){.kind = FASTI_TZ_DAY_COUNT, .time_s = TIME_DEFAULT_S};
    if (!take(reader, ','))
        return false;
    if (take(reader, 'M')) {
        moment->kind = FASTI_TZ_DAY_WEEK;
        if (!read_number(reader, 12, &moment->month) || moment->month == 0 || !take(reader, '.') ||
            !read_number(reader, 5, &moment->week) || moment->week == 0 || !take(reader, '.') ||
            !read_number(reader, 6, &moment->day))
            return false;
    } else if (take(reader, 'J')) {
        moment->kind = FASTI_TZ_DAY_JULIAN;
        if (!read_number(reader, 365, &moment->day) || moment->day == 0)
            return false;
    } else if (!read_number(reader, 365, &moment->day)) {
        return false;
    }
    return !take(reader, '/') || read_time(reader, TIME_HOURS_MAX, &moment->time_s);
}

/* Names what could not be read, or is NULL. */
static const char *read_rule(struct reader *reader, struct fasti_tz_rule *rule) {
    int32_t west_s;
    if (!read_name(reader))
        return "a name of standard time";
    if (!read_time(reader, OFFSET_HOURS_MAX, &west_s))
        return "the offset of standard time";
    rule->standard_offset_s = -west_s;
    rule->has_daylight = reader->at < reader->size;
    if (!rule->has_daylight)
        return NULL;
    if (!read_name(reader))
        return "a name of daylight time";
    rule->daylight_offset_s = rule->standard_offset_s + 3600;
    if (peek(reader) != ',') {
        if (!read_time(reader, OFFSET_HOURS_MAX, &west_s))
            return "the offset of daylight time";
        rule->daylight_offset_s = -west_s;
    }
    if (!read_moment(reader, &rule->daylight_start))
        return "the start of daylight time";
    if (!read_moment(reader, &rule->daylight_end))
        return "the end of daylight time";
    return reader->at == reader->size ? NULL : "the end of the rule";
}

enum fasti_status fasti_tz_rule_parse(const char *text, size_t size, struct fasti_tz_rule *rule,
                                      struct fasti_detail *detail) {
    struct reader reader = {.text = text, .size = size};
    *rule = (struct fasti_tz_rule){0};
    const char *missing = read_rule(&reader, rule);
    if (missing != NULL)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the footer's rule is wrong: expected %s at its byte %zu", missing,
                                reader.at);
    return FASTI_OK;
}

/* ---- write out ------------------------------------------------------------------------------- */

static int32_t year_start(int32_t year) {
    return fasti_date_of_civil((struct fasti_civil){year, 1, 1}).v;
}

/* The date of a moment in a year, as days since 1970. */
static int32_t moment_date(const struct fasti_tz_moment *moment, int32_t year) {
    const int32_t start = year_start(year);
    if (moment->kind == FASTI_TZ_DAY_COUNT)
        return start + moment->day;
    if (moment->kind == FASTI_TZ_DAY_JULIAN) {
        const bool has_leap_day = year_start(year + 1) - start == 366;
        return start + moment->day - 1 + (has_leap_day && moment->day >= 60);
    }
    const uint8_t month = (uint8_t)moment->month;
    const int32_t first = fasti_date_of_civil((struct fasti_civil){year, month, 1}).v;
    const int32_t end =
        month == 12 ? year_start(year + 1)
                    : fasti_date_of_civil((struct fasti_civil){year, (uint8_t)(month + 1), 1}).v;
    const int32_t weekday = (fasti_date_weekday((fasti_date){first}) + 1) % 7; /* 0 = Sunday */
    const int32_t date = first + (moment->day - weekday + 7) % 7 + 7 * (moment->week - 1);
    return date < end ? date : date - 7;
}

/* Puts a change behind all that are not later: stable, and nearly sorted input makes it short. */
static void changes_insert(struct fasti_zone_change *changes, uint32_t count, int64_t utc_s,
                           int32_t offset_s) {
    uint32_t i = count;
    for (; i > 0 && changes[i - 1].utc_s > utc_s; i--)
        changes[i] = changes[i - 1];
    changes[i] = (struct fasti_zone_change){utc_s, offset_s};
}

static uint32_t rule_changes(const struct fasti_tz_rule *rule,
                             struct fasti_zone_change changes[MOMENTS_MAX]) {
    uint32_t count = 0;
    if (!rule->has_daylight)
        return 0;
    for (int32_t year = YEAR_FIRST; year <= YEAR_LAST; year++) {
        const int64_t start_s = moment_date(&rule->daylight_start, year) * FASTI_DAY_SECONDS +
                                rule->daylight_start.time_s - rule->standard_offset_s;
        const int64_t end_s = moment_date(&rule->daylight_end, year) * FASTI_DAY_SECONDS +
                              rule->daylight_end.time_s - rule->daylight_offset_s;
        changes_insert(changes, count++, start_s, rule->daylight_offset_s);
        changes_insert(changes, count++, end_s, rule->standard_offset_s);
    }
    FASTI_ASSERT(count <= MOMENTS_MAX);
    return count;
}

enum fasti_status fasti_tz_rule_apply(const struct fasti_tz_rule *rule, bool has_last,
                                      int64_t last_utc_s, struct fasti_zone *zone,
                                      struct fasti_detail *detail) {
    if (has_last && last_utc_s >= FASTI_ZONE_END_UTC_S)
        return FASTI_OK;
    const bool is_seen = has_last && last_utc_s > FASTI_ZONE_FIRST_UTC_S;
    const int64_t from_s = is_seen ? last_utc_s : FASTI_ZONE_FIRST_UTC_S;

    struct fasti_zone_change changes[MOMENTS_MAX];
    const uint32_t count = rule_changes(rule, changes);
    int32_t offset_s = rule->standard_offset_s;
    uint32_t next = 0;
    for (; next < count && changes[next].utc_s <= from_s; next++)
        offset_s = changes[next].offset_s;
    FASTI_ASSERT(count == 0 || next > 0);

    if (is_seen) {
        offset_s = zone->changes[zone->change_count - 1].offset_s;
        if (offset_s != rule->standard_offset_s &&
            !(rule->has_daylight && offset_s == rule->daylight_offset_s))
            return fasti_detail_set(
                detail, FASTI_INVALID_ZONE,
                "the footer's rule has no offset of %d s as the last change has", (int)offset_s);
    }
    FASTI_TRY(fasti_zone_table_push(zone, from_s, offset_s, detail));
    for (; next < count; next++)
        FASTI_TRY(fasti_zone_table_push(zone, changes[next].utc_s, changes[next].offset_s, detail));
    return FASTI_OK;
}
