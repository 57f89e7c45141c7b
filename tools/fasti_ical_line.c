/*
 * fasti_ical_line.c - the values of one line, by libical: dates, times, periods, durations,
 * offsets.
 *
 * The line alone is given to the library, in a component of its own: so what it finds wrong has a
 * line number, it never sees a nesting that it would mend, and nothing of one line is left for the
 * next. What it lets pass is looked at again: a 25th hour, the 30th of February, years that are not
 * 1601 to 2200 (before 1601 programs differ on the calendar, after it is not bookable).
 */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ical_parts.h"

/* The library keeps the last 2,500 buffers that it has made of lines. They are not freed after each
 * line, since it looks at all of their places then, which took half of the time of a read. */
#define LIBRARY_BYTES_MAX (UINT32_C(1) << 20)

#define YEAR_FIRST 1601
#define YEAR_LAST  2200
/* A duration beyond this is a mistake, and would overflow sums. */
#define DURATION_SECONDS_MAX (INT64_C(3660) * 86400)

static bool take_time(struct icaltimetype from, struct fasti_ical_time *time) {
    const struct fasti_civil civil = {from.year, (uint8_t)from.month, (uint8_t)from.day};
    if (from.year < YEAR_FIRST || from.year > YEAR_LAST || from.month < 1 || from.month > 12 ||
        from.day < 1 || from.day > 31 || !fasti_civil_exists(civil))
        return false;
    if (!from.is_date && (from.hour < 0 || from.hour > 23 || from.minute < 0 || from.minute > 59 ||
                          from.second < 0 || from.second > 60))
        return false;
    const int32_t second = from.second == 60 ? 59 : from.second; /* leap seconds are not counted */
    time->is_date = from.is_date != 0;
    time->is_utc = !from.is_date && icaltime_is_utc(from);
    time->wall_s = fasti_date_of_civil(civil).v * FASTI_DAY_SECONDS;
    if (!from.is_date)
        time->wall_s += from.hour * 3600 + from.minute * 60 + second;
    return true;
}

static bool take_duration(struct icaldurationtype from, struct fasti_ical_duration *duration) {
    const int64_t days = (int64_t)from.weeks * 7 + from.days;
    const int64_t seconds = (int64_t)from.hours * 3600 + (int64_t)from.minutes * 60 + from.seconds;
    if (days * 86400 + seconds > DURATION_SECONDS_MAX)
        return false;
    *duration = (struct fasti_ical_duration){(int32_t)(from.is_neg ? -days : days),
                                             from.is_neg ? -seconds : seconds};
    return true;
}

static bool take_period(struct icalperiodtype from, struct fasti_ical_value *value) {
    if (!take_time(from.start, &value->time))
        return false;
    value->has_end = !icaltime_is_null_time(from.end);
    value->has_duration = !value->has_end;
    value->end.tzid = value->time.tzid;
    return value->has_end ? take_time(from.end, &value->end)
                          : take_duration(from.duration, &value->duration);
}

/* false: not a value of a kind that is read, or not one that exists. */
static bool take_value(icalvalue *from, struct fasti_ical_value *value) {
    const icalvalue_kind kind = icalvalue_isa(from);
    if (kind == ICAL_DATE_VALUE)
        return take_time(icalvalue_get_date(from), &value->time);
    if (kind == ICAL_DATETIME_VALUE)
        return take_time(icalvalue_get_datetime(from), &value->time);
    if (kind == ICAL_PERIOD_VALUE)
        return take_period(icalvalue_get_period(from), value);
    if (kind == ICAL_DURATION_VALUE)
        return take_duration(icalvalue_get_duration(from), &value->duration);
    if (kind == ICAL_UTCOFFSET_VALUE)
        return value->offset_s = icalvalue_get_utcoffset(from), true;
    if (kind != ICAL_DATETIMEPERIOD_VALUE)
        return false;
    const struct icaldatetimeperiodtype either = icalvalue_get_datetimeperiod(from);
    return icaltime_is_null_time(either.time) ? take_period(either.period, value)
                                              : take_time(either.time, &value->time);
}

/* The kind of value that each property is to have. */
static bool is_kind_of(icalproperty_kind property, icalvalue_kind kind) {
    const bool is_time = kind == ICAL_DATE_VALUE || kind == ICAL_DATETIME_VALUE;
    if (property == ICAL_DURATION_PROPERTY)
        return kind == ICAL_DURATION_VALUE;
    if (property == ICAL_TZOFFSETFROM_PROPERTY || property == ICAL_TZOFFSETTO_PROPERTY)
        return kind == ICAL_UTCOFFSET_VALUE;
    if (property == ICAL_FREEBUSY_PROPERTY)
        return kind == ICAL_PERIOD_VALUE;
    if (property == ICAL_RDATE_PROPERTY)
        return is_time || kind == ICAL_PERIOD_VALUE || kind == ICAL_DATETIMEPERIOD_VALUE;
    return is_time;
}

static uint32_t zone_of(struct fasti_ical_reader *reader, icalproperty *property, uint32_t line) {
    icalparameter *parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    const char *name = parameter == NULL ? NULL : icalparameter_get_tzid(parameter);
    return name == NULL || name[0] == '\0' ? FASTI_ICAL_NONE
                                           : fasti_ical_zone_named(reader, name, line);
}

static void read_parameters(icalproperty *property, struct fasti_ical_line *line) {
    icalparameter *range = icalproperty_get_first_parameter(property, ICAL_RANGE_PARAMETER);
    icalparameter *type = icalproperty_get_first_parameter(property, ICAL_FBTYPE_PARAMETER);
    line->is_range = range != NULL && icalparameter_get_range(range) == ICAL_RANGE_THISANDFUTURE;
    line->is_free_time = type != NULL && icalparameter_get_fbtype(type) == ICAL_FBTYPE_FREE;
}

static void refuse_line(struct fasti_ical_reader *reader, const struct fasti_ical_line *line) {
    char shown[64];
    snprintf(shown, sizeof shown, "%s", line->text);
    if (!fasti_text_is_plain(shown, strlen(shown)))
        shown[strcspn(shown, ";:")] = '\0';
    fasti_ical_refuse(reader, FASTI_INVALID_FILE, line->number,
                      "%s%s is not a value that this property can have", shown,
                      strlen(line->text) > strlen(shown) ? "..." : "");
}

/* The library's component around the line; NULL where it reads none. */
static icalcomponent *parse(const struct fasti_ical_line *line) {
    static const char frame_begin[] = "BEGIN:VEVENT", frame_end[] = "END:VEVENT";
    icalparser *parser = icalparser_new();
    if (parser == NULL)
        return NULL;
    char begin[sizeof frame_begin], end[sizeof frame_end];
    memcpy(begin, frame_begin, sizeof begin);
    memcpy(end, frame_end, sizeof end);
    char *text = strdup(line->text);
    icalcomponent *component = NULL;
    if (text != NULL) {
        icalcomponent *none = icalparser_add_line(parser, begin);
        if (none == NULL)
            none = icalparser_add_line(parser, text);
        component = none == NULL ? icalparser_add_line(parser, end) : none;
    }
    free(text);
    icalparser_free(parser);
    return component;
}

void fasti_ical_line_values(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                            struct fasti_ical_line *line, fasti_ical_take *take) {
    const size_t line_bytes = strlen(line->text);
    icalcomponent *component = parse(line);
    bool is_right = component != NULL &&
                    icalcomponent_count_properties(component, ICAL_XLICERROR_PROPERTY) == 0 &&
                    icalcomponent_count_properties(component, ICAL_ANY_PROPERTY) > 0;
    icalproperty *property =
        is_right ? icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY) : NULL;
    while (is_right && property != NULL) {
        struct fasti_ical_value value = {0};
        icalvalue *from = icalproperty_get_value(property);
        value.time.tzid = zone_of(reader, property, line->number);
        is_right = from != NULL && is_kind_of(icalproperty_isa(property), icalvalue_isa(from)) &&
                   take_value(from, &value);
        read_parameters(property, line);
        if (is_right)
            take(reader, item, line, &value);
        property = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY);
    }
    if (!is_right)
        refuse_line(reader, line);
    if (component != NULL)
        icalcomponent_free(component);
    reader->library_bytes += line_bytes;
    if (reader->library_bytes > LIBRARY_BYTES_MAX)
        fasti_ical_line_forget(reader);
}

void fasti_ical_line_forget(struct fasti_ical_reader *reader) {
    icalmemory_free_ring();
    reader->library_bytes = 0;
}
