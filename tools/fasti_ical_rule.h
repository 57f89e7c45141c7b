/*
 * fasti_ical_rule.h - recurrence rules (RFC 5545 3.3.10) that are expanded rightly, and no others.
 *
 *   "FREQ=MONTHLY;BYDAY=2TU" --parse--> parts, sorted --check--> a form of the list, or a refusal
 *                                         --begin, next--> libical --> wall clocks, ascending
 *
 * libical 3.0.16 expands some rules wrongly without a word, and never returns from others. So the
 * library never sees a rule's text: we read its parts, refuse by name what is not in the list of
 * forms (tools/ICALENDAR.md says how the list was found), sort what the library wants sorted, make
 * sure that the rule can happen at all, count COUNT ourselves, and give the library a last moment.
 * A wall clock is seconds since 1970-01-01T00:00 on it, without any zone.
 * One expansion belongs to one thread.
 */
#ifndef FASTI_TOOLS_FASTI_ICAL_RULE_H
#define FASTI_TOOLS_FASTI_ICAL_RULE_H

#include "engine/booking/command.h"

#define FASTI_ICAL_RULE_BYTES_MAX    2048 /* a rule's text */
#define FASTI_ICAL_RULE_VALUES_MAX   60   /* of one part */
#define FASTI_ICAL_RULE_INTERVAL_MAX 1000

enum fasti_ical_frequency {
    FASTI_ICAL_DAILY,
    FASTI_ICAL_WEEKLY,
    FASTI_ICAL_MONTHLY,
    FASTI_ICAL_YEARLY,
};

/* The BY parts, in the order in which RFC 5545 evaluates them. */
enum fasti_ical_part {
    FASTI_ICAL_BYMONTH,
    FASTI_ICAL_BYWEEKNO,
    FASTI_ICAL_BYYEARDAY,
    FASTI_ICAL_BYMONTHDAY,
    FASTI_ICAL_BYDAY,
    FASTI_ICAL_BYHOUR,
    FASTI_ICAL_BYMINUTE,
    FASTI_ICAL_BYSECOND,
    FASTI_ICAL_BYSETPOS,
    FASTI_ICAL_PARTS,
};

struct fasti_ical_rule {
    enum fasti_ical_frequency frequency;
    uint16_t interval; /* 1 to FASTI_ICAL_RULE_INTERVAL_MAX */
    uint32_t count;    /* 0: without COUNT */
    bool has_until;
    bool until_is_date, until_is_utc;
    int64_t until_wall_s; /* as written; of a date its last second */
    uint8_t week_start;   /* 0 = Monday */
    uint8_t counts[FASTI_ICAL_PARTS];
    int16_t values[FASTI_ICAL_PARTS][FASTI_ICAL_RULE_VALUES_MAX]; /* ascending, each once */
};

/* BYDAY's values: nth * 8 + weekday, 0 = Monday; nth 0: every one. */
int32_t fasti_ical_day_weekday(int16_t value);
int32_t fasti_ical_day_nth(int16_t value);

/* Reads a rule's text and looks whether it is in the list. INVALID_FILE: *detail names the part
 * that is wrong or not supported, without the place. */
FASTI_MUST_USE enum fasti_status fasti_ical_rule_parse(const char *text, size_t size,
                                                       struct fasti_ical_rule *rule,
                                                       struct fasti_detail *detail);

/* Does a rule that starts on a date name a day in a period that begins by `last`? It must, or the
 * library would not return: asked before begin. *steps grows by the days looked at. */
bool fasti_ical_rule_happens(const struct fasti_ical_rule *rule, fasti_date start, fasti_date last,
                             uint64_t *steps);

struct fasti_ical_expansion {
    void *iterator; /* the library's; NULL at the end */
    int64_t start_wall_s, last_wall_s;
    uint32_t left; /* of COUNT; UINT32_MAX without */
};

/* Begins with the instances at or after the start, up to and with last_wall_s: both from the year
 * 1601 to 2201. Those before from_wall_s may be left out, where that is known without looking at
 * them. INVALID_FILE where the library refuses; ended then. */
FASTI_MUST_USE enum fasti_status fasti_ical_rule_begin(const struct fasti_ical_rule *rule,
                                                       int64_t start_wall_s, bool is_date,
                                                       int64_t from_wall_s, int64_t last_wall_s,
                                                       struct fasti_ical_expansion *expansion);

/* How many periods the library goes through then. */
uint64_t fasti_ical_rule_periods(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                                 int64_t from_wall_s, int64_t last_wall_s);

/* The next instance; false: there is none, the expansion has ended and freed what it had. */
bool fasti_ical_rule_next(struct fasti_ical_expansion *expansion, int64_t *wall_s);
void fasti_ical_rule_end(struct fasti_ical_expansion *expansion);

#endif
