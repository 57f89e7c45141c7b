/*
 * tz_rule.h - the POSIX TZ string in the footer of a TZif file, as a rule.
 *
 * Private to the room. Grammar: POSIX.1-2017 8.3 "TZ" without the leading-colon form, with the
 * extension of RFC 8536 3.3.1 (hours of a change -167 to 167), whatever the file's version.
 * Daylight time without its two dates is refused: POSIX leaves their meaning open.
 */
#ifndef FASTI_TIME_TZ_RULE_H
#define FASTI_TIME_TZ_RULE_H

#include "engine/time/zone.h"

enum fasti_tz_day_kind {
    FASTI_TZ_DAY_JULIAN, /* Jn: day 1 to 365 of a year without 29 February */
    FASTI_TZ_DAY_COUNT,  /* n: day 0 to 365, 29 February counts */
    FASTI_TZ_DAY_WEEK,   /* Mm.w.d: week 1 to 5 (5 = last) of a month, day 0 = Sunday */
};

struct fasti_tz_moment {
    enum fasti_tz_day_kind kind;
    int32_t day;
    int32_t month; /* WEEK only */
    int32_t week;  /* WEEK only */
    int32_t time_s;
};

/* Offsets are east positive, as in TZif, not west positive, as in the text. */
struct fasti_tz_rule {
    int32_t standard_offset_s;
    bool has_daylight;
    int32_t daylight_offset_s;
    struct fasti_tz_moment daylight_start; /* on the standard clock */
    struct fasti_tz_moment daylight_end;   /* on the daylight clock */
};

/* Reads the whole text. INVALID_ZONE, with what is wrong and where, otherwise. */
FASTI_MUST_USE enum fasti_status fasti_tz_rule_parse(const char *text, size_t size,
                                                     struct fasti_tz_rule *rule,
                                                     struct fasti_detail *detail);

/* Pushes the changes that the rule makes after the instant last_utc_s to the table's end. has_last:
 * the table holds a change at last_utc_s, and what it says stays until the rule's next change;
 * without it the rule holds from the beginning. RFC 8536 3.3 wants the two to agree, but zic 2022e
 * wrote a slim America/Ojinaga that says winter in a week of the rule's summer: so the change must
 * only be to one of the rule's offsets. INVALID_ZONE when it is not, or when the table is full. */
FASTI_MUST_USE enum fasti_status fasti_tz_rule_apply(const struct fasti_tz_rule *rule,
                                                     bool has_last, int64_t last_utc_s,
                                                     struct fasti_zone *zone,
                                                     struct fasti_detail *detail);

#endif
