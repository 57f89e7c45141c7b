/*
 * fasti_ical_rule.c - a rule's text into parts, each with its range, and libical's iterator over
 * it.
 *
 * What is not in the list of forms is refused in fasti_ical_forms.c. Whether a rule happens by its
 * last moment is found by looking at the days of its periods: the library looks for a first day
 * without an end (icalrecur.c, next_yearday). Where there is one there is a next one, too, and at
 * most 400 years' worth of periods later, since the calendar repeats then.
 */
#include "tools/fasti_ical_rule.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_ical_forms.h"

static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

/* most: values that the library has room for, without the end mark. */
static const struct {
    const char *name;
    int16_t first, last;
    bool is_signed; /* -last to -first are there, too; 0 is not */
    uint8_t most;
} parts[FASTI_ICAL_PARTS] = {
    [FASTI_ICAL_BYMONTH] = {"BYMONTH", 1, 12, false, 12},
    [FASTI_ICAL_BYWEEKNO] = {"BYWEEKNO", 1, 53, true, 55},
    [FASTI_ICAL_BYYEARDAY] = {"BYYEARDAY", 1, 366, true, 60},
    [FASTI_ICAL_BYMONTHDAY] = {"BYMONTHDAY", 1, 31, true, 31},
    [FASTI_ICAL_BYDAY] = {"BYDAY", 1, 53, true, 60},
    [FASTI_ICAL_BYHOUR] = {"BYHOUR", 0, 23, false, 24},
    [FASTI_ICAL_BYMINUTE] = {"BYMINUTE", 0, 59, false, 60},
    [FASTI_ICAL_BYSECOND] = {"BYSECOND", 0, 59, false, 60},
    [FASTI_ICAL_BYSETPOS] = {"BYSETPOS", 1, 366, true, 60},
};

const char *fasti_ical_part_name(enum fasti_ical_part part) {
    return parts[part].name;
}

int32_t fasti_ical_day_weekday(int16_t value) {
    return (value % 8 + 8) % 8;
}

int32_t fasti_ical_day_nth(int16_t value) {
    return (value - fasti_ical_day_weekday(value)) / 8;
}

/* ---- text ---- */

struct text {
    const char *at;
    size_t size;
};

static bool text_is(struct text text, const char *word) {
    return text.size == strlen(word) && strncasecmp(text.at, word, text.size) == 0;
}

/* Takes what stands before the first separator, or all. */
static struct text text_cut(struct text *rest, char separator) {
    const char *end = rest->size == 0 ? NULL : memchr(rest->at, separator, rest->size);
    struct text head = {rest->at, end == NULL ? rest->size : (size_t)(end - rest->at)};
    const size_t taken = head.size + (end != NULL);
    *rest = (struct text){rest->at + taken, rest->size - taken};
    return head;
}

/* Outlook writes "BYDAY=MO, FR". */
static struct text text_trim(struct text text) {
    while (text.size > 0 && text.at[0] == ' ')
        text = (struct text){text.at + 1, text.size - 1};
    while (text.size > 0 && text.at[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Digits with an optional sign, at most 9999999; takes them from *text. */
static bool text_number(struct text *text, int32_t *number) {
    const bool has_sign = text->size > 0 && (text->at[0] == '-' || text->at[0] == '+');
    const bool is_negative = has_sign && text->at[0] == '-';
    size_t length = has_sign;
    *number = 0;
    while (length < text->size && text->at[length] >= '0' && text->at[length] <= '9' &&
           *number < 1000000)
        *number = *number * 10 + (text->at[length++] - '0');
    if (length == has_sign)
        return false;
    if (is_negative)
        *number = -*number;
    *text = (struct text){text->at + length, text->size - length};
    return true;
}

static enum fasti_status wrong(struct text name, struct text value, const char *what,
                               struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_INVALID_FILE, "RRULE: %.*s=%.*s %s",
                            (int)(name.size < 20 ? name.size : 20), name.at,
                            (int)(value.size < 40 ? value.size : 40), value.at, what);
}

/* ---- values ---- */

static bool read_weekday(struct text text, int32_t *weekday) {
    for (*weekday = 0; *weekday < 7; (*weekday)++)
        if (text_is(text, weekdays[*weekday]))
            return true;
    return false;
}

static bool read_value(enum fasti_ical_part part, struct text text, int16_t *value) {
    int32_t number = 0, weekday = 0;
    const bool has_number = text_number(&text, &number);
    const int32_t size = number < 0 ? -number : number;
    if (has_number ? size < parts[part].first || size > parts[part].last ||
                         (number < 0 && !parts[part].is_signed)
                   : part != FASTI_ICAL_BYDAY)
        return false;
    if (part != FASTI_ICAL_BYDAY) {
        *value = (int16_t)number;
        return text.size == 0;
    }
    if (!read_weekday(text_trim(text), &weekday))
        return false;
    *value = (int16_t)(number * 8 + weekday);
    return true;
}

/* Ascending and each once: the library takes the lists as they come. */
static bool insert(struct fasti_ical_rule *rule, enum fasti_ical_part part, int16_t value) {
    int16_t *values = rule->values[part];
    uint32_t at = rule->counts[part];
    for (uint32_t i = 0; i < rule->counts[part]; i++)
        if (values[i] == value)
            return true;
    if (rule->counts[part] == parts[part].most)
        return false;
    for (; at > 0 && values[at - 1] > value; at--)
        values[at] = values[at - 1];
    values[at] = value;
    rule->counts[part]++;
    return true;
}

static enum fasti_status read_list(struct fasti_ical_rule *rule, enum fasti_ical_part part,
                                   struct text name, struct text value,
                                   struct fasti_detail *detail) {
    struct text rest = value;
    do {
        int16_t number;
        const struct text item = text_trim(text_cut(&rest, ','));
        if (!read_value(part, item, &number))
            return wrong(name, value, "has a value that is not one of this part's", detail);
        if (!insert(rule, part, number))
            return wrong(name, value, "has more values than are read", detail);
    } while (rest.size > 0);
    return FASTI_OK;
}

static bool read_digits(const char *at, size_t size, int32_t *number) {
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *number = *number * 10 + (at[i] - '0');
    }
    return true;
}

/* "19971224", "19971224T000000" or "19971224T000000Z". */
static bool read_until(struct fasti_ical_rule *rule, struct text text) {
    int32_t year, month, day, hour = 23, minute = 59, second = 59;
    rule->until_is_date = text.size == 8;
    rule->until_is_utc = text.size == 16 && (text.at[15] == 'Z' || text.at[15] == 'z');
    if (!rule->until_is_date && !rule->until_is_utc && text.size != 15)
        return false;
    if (!read_digits(text.at, 4, &year) || !read_digits(text.at + 4, 2, &month) ||
        !read_digits(text.at + 6, 2, &day))
        return false;
    if (!rule->until_is_date &&
        ((text.at[8] != 'T' && text.at[8] != 't') || !read_digits(text.at + 9, 2, &hour) ||
         !read_digits(text.at + 11, 2, &minute) || !read_digits(text.at + 13, 2, &second)))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    const struct fasti_civil civil = {year, (uint8_t)month, (uint8_t)day};
    if (!fasti_civil_exists(civil))
        return false;
    rule->has_until = true;
    rule->until_wall_s =
        fasti_date_of_civil(civil).v * FASTI_DAY_SECONDS + hour * 3600 + minute * 60 + second;
    return true;
}

static bool read_frequency(struct fasti_ical_rule *rule, struct text text) {
    static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (uint32_t i = 0; i < 4; i++)
        if (text_is(text, names[i])) {
            rule->frequency = (enum fasti_ical_frequency)i;
            return true;
        }
    return false;
}

/* ---- parts ---- */

enum {
    SEEN_FREQ = 1 << FASTI_ICAL_PARTS,
    SEEN_INTERVAL = SEEN_FREQ << 1,
    SEEN_COUNT = SEEN_FREQ << 2,
    SEEN_UNTIL = SEEN_FREQ << 3,
    SEEN_WKST = SEEN_FREQ << 4,
};

static enum fasti_status read_scalar(struct fasti_ical_rule *rule, struct text name,
                                     struct text value, uint32_t *seen,
                                     struct fasti_detail *detail) {
    struct text rest = value;
    int32_t number;
    if (text_is(name, "FREQ")) {
        *seen = SEEN_FREQ;
        if (!read_frequency(rule, value))
            return wrong(name, value, "is not supported: DAILY, WEEKLY, MONTHLY and YEARLY are",
                         detail);
    } else if (text_is(name, "INTERVAL")) {
        *seen = SEEN_INTERVAL;
        if (!text_number(&rest, &number) || rest.size > 0 || number < 1 ||
            number > FASTI_ICAL_RULE_INTERVAL_MAX)
            return wrong(name, value, "is not 1 to 1000", detail);
        rule->interval = (uint16_t)number;
    } else if (text_is(name, "COUNT")) {
        if (!text_number(&rest, &number) || rest.size > 0 || number == 0)
            return wrong(name, value, "is not a number from 1 on", detail);
        *seen = number < 0 ? 0 : SEEN_COUNT; /* some programs write -1 for none */
        rule->count = number < 0 ? 0 : (uint32_t)number;
    } else if (text_is(name, "UNTIL")) {
        *seen = SEEN_UNTIL;
        if (!read_until(rule, value))
            return wrong(name, value, "is not a date or time that exists", detail);
    } else if (text_is(name, "WKST")) {
        *seen = SEEN_WKST;
        if (!read_weekday(value, &number))
            return wrong(name, value, "is not a weekday", detail);
        rule->week_start = (uint8_t)number;
    } else
        return wrong(name, value, "is not supported", detail);
    return FASTI_OK;
}

static enum fasti_status read_part(struct fasti_ical_rule *rule, struct text name,
                                   struct text value, uint32_t *seen, struct fasti_detail *detail) {
    for (uint32_t part = 0; part < FASTI_ICAL_PARTS; part++)
        if (text_is(name, parts[part].name)) {
            *seen = UINT32_C(1) << part;
            return read_list(rule, (enum fasti_ical_part)part, name, value, detail);
        }
    return read_scalar(rule, name, value, seen, detail);
}

static enum fasti_status read_parts(struct text text, struct fasti_ical_rule *rule,
                                    struct fasti_detail *detail) {
    uint32_t seen = 0;
    while (text.size > 0) {
        struct text value = text_trim(text_cut(&text, ';'));
        if (value.size == 0)
            continue; /* Google once wrote a semicolon at the end */
        const struct text name = text_trim(text_cut(&value, '='));
        uint32_t part = 0;
        FASTI_TRY(read_part(rule, name, text_trim(value), &part, detail));
        if ((seen & part) != 0)
            return wrong(name, value, "stands twice", detail);
        seen |= part;
    }
    if ((seen & SEEN_FREQ) == 0)
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "RRULE without FREQ");
    if ((seen & SEEN_COUNT) != 0 && (seen & SEEN_UNTIL) != 0)
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "RRULE: COUNT and UNTIL exclude each other");
    return FASTI_OK;
}

enum fasti_status fasti_ical_rule_parse(const char *text, size_t size, struct fasti_ical_rule *rule,
                                        struct fasti_detail *detail) {
    *rule = (struct fasti_ical_rule){.interval = 1};
    if (size > FASTI_ICAL_RULE_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "RRULE is longer than %d bytes",
                                FASTI_ICAL_RULE_BYTES_MAX);
    FASTI_TRY(read_parts((struct text){text, size}, rule, detail));
    return fasti_ical_forms_check(rule, detail);
}

/* ---- whether a rule happens ---- */

static bool has_value(const struct fasti_ical_rule *rule, enum fasti_ical_part part, int32_t value,
                      int32_t from_end) {
    for (uint32_t i = 0; i < rule->counts[part]; i++)
        if (rule->values[part][i] == value || rule->values[part][i] == from_end)
            return true;
    return rule->counts[part] == 0;
}

/* A period of the rule: a month, or a year. */
struct period {
    fasti_date first, end;
};

static struct period month_of(int32_t year, int32_t month) {
    const int32_t next_year = year + month / 12, next_month = month % 12 + 1;
    return (struct period){
        fasti_date_of_civil((struct fasti_civil){year, (uint8_t)month, 1}),
        fasti_date_of_civil((struct fasti_civil){next_year, (uint8_t)next_month, 1})};
}

static struct period year_of(int32_t year) {
    return (struct period){month_of(year, 1).first, month_of(year, 12).end};
}

static bool is_weekday_named(const struct fasti_ical_rule *rule, fasti_date date,
                             struct period within) {
    if (rule->counts[FASTI_ICAL_BYDAY] == 0)
        return true;
    for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYDAY]; i++) {
        const int16_t value = rule->values[FASTI_ICAL_BYDAY][i];
        const int32_t nth = fasti_ical_day_nth(value);
        if (fasti_ical_day_weekday(value) == fasti_date_weekday(date) &&
            (nth == 0 || nth == (date.v - within.first.v) / 7 + 1 ||
             nth == -((within.end.v - 1 - date.v) / 7 + 1)))
            return true;
    }
    return false;
}

/* Forms without BYWEEKNO; what a form lacks comes from the start. */
static bool is_day_named(const struct fasti_ical_rule *rule, struct fasti_civil start,
                         fasti_date date) {
    const struct fasti_civil civil = fasti_civil_of_date(date);
    const struct period month = month_of(civil.year, civil.month), year = year_of(civil.year);
    const bool is_yearly = rule->frequency == FASTI_ICAL_YEARLY;
    const uint8_t *counts = rule->counts;
    const bool names_days =
        counts[FASTI_ICAL_BYYEARDAY] + counts[FASTI_ICAL_BYMONTHDAY] + counts[FASTI_ICAL_BYDAY] > 0;
    if (!names_days && civil.day != start.day)
        return false;
    if (is_yearly && !names_days && counts[FASTI_ICAL_BYMONTH] == 0 && civil.month != start.month)
        return false;
    return has_value(rule, FASTI_ICAL_BYMONTH, civil.month, civil.month) &&
           has_value(rule, FASTI_ICAL_BYYEARDAY, date.v - year.first.v + 1, date.v - year.end.v) &&
           has_value(rule, FASTI_ICAL_BYMONTHDAY, civil.day, date.v - month.end.v) &&
           is_weekday_named(rule, date,
                            is_yearly && counts[FASTI_ICAL_BYMONTH] == 0 ? year : month);
}

/* Of the days named in a period, is one at a place of BYSETPOS? */
static bool happens_in(const struct fasti_ical_rule *rule, struct fasti_civil start,
                       struct period period, uint64_t *steps) {
    int32_t named = 0;
    for (fasti_date date = period.first; date.v < period.end.v; date.v++, (*steps)++)
        named += is_day_named(rule, start, date);
    if (rule->counts[FASTI_ICAL_BYSETPOS] == 0)
        return named > 0;
    for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYSETPOS]; i++) {
        const int32_t position = rule->values[FASTI_ICAL_BYSETPOS][i];
        if ((position < 0 ? -position : position) <= named)
            return true;
    }
    return false;
}

bool fasti_ical_rule_happens(const struct fasti_ical_rule *rule, fasti_date start, fasti_date last,
                             uint64_t *steps) {
    if (rule->frequency == FASTI_ICAL_DAILY || rule->frequency == FASTI_ICAL_WEEKLY)
        return true; /* the library looks no further than the last moment that it is given */
    const struct fasti_civil civil = fasti_civil_of_date(start);
    const bool is_yearly = rule->frequency == FASTI_ICAL_YEARLY;
    for (int32_t skipped = 0;; skipped += rule->interval) {
        const int32_t months = civil.month - 1 + (is_yearly ? 0 : skipped);
        const int32_t year = civil.year + months / 12 + (is_yearly ? skipped : 0);
        const struct period period = is_yearly ? year_of(year) : month_of(year, months % 12 + 1);
        if (period.first.v > last.v)
            return false;
        if (happens_in(rule, civil, period, steps))
            return true;
    }
}

/* ---- the library ---- */

static struct icaltimetype library_time(int64_t wall_s, bool is_date) {
    const fasti_date date = fasti_date_of_utc(wall_s);
    const struct fasti_civil civil = fasti_civil_of_date(date);
    const int32_t second = (int32_t)(wall_s - date.v * FASTI_DAY_SECONDS);
    struct icaltimetype time = icaltime_null_time();
    time.year = civil.year;
    time.month = civil.month;
    time.day = civil.day;
    time.is_date = is_date;
    if (!is_date) {
        time.hour = second / 3600;
        time.minute = second / 60 % 60;
        time.second = second % 60;
    }
    return time;
}

/* The library's encoding: Sunday is 1, the sign goes over both. */
static short library_day(int16_t value) {
    const int32_t weekday = (fasti_ical_day_weekday(value) + 1) % 7 + 1;
    const int32_t nth = fasti_ical_day_nth(value);
    return (short)(nth < 0 ? nth * 8 - weekday : nth * 8 + weekday);
}

/* In the order of the week, as the library wants them. */
static void fill_days(const struct fasti_ical_rule *rule, short *list) {
    uint32_t filled = 0;
    for (int32_t day = 0; day < 7; day++)
        for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYDAY]; i++) {
            const int16_t value = rule->values[FASTI_ICAL_BYDAY][i];
            if (fasti_ical_day_weekday(value) == (rule->week_start + day) % 7)
                list[filled++] = library_day(value);
        }
    if (filled > 0)
        list[filled] = ICAL_RECURRENCE_ARRAY_MAX;
}

static void fill(const struct fasti_ical_rule *rule, enum fasti_ical_part part, short *list) {
    for (uint32_t i = 0; i < rule->counts[part]; i++)
        list[i] = rule->values[part][i];
    if (rule->counts[part] > 0)
        list[rule->counts[part]] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* Times of day mean nothing where the start is a date (RFC 5545 3.3.10). */
static void library_rule(const struct fasti_ical_rule *rule, bool is_date,
                         struct icalrecurrencetype *recur) {
    static const icalrecurrencetype_frequency frequencies[] = {
        ICAL_DAILY_RECURRENCE, ICAL_WEEKLY_RECURRENCE, ICAL_MONTHLY_RECURRENCE,
        ICAL_YEARLY_RECURRENCE};
    icalrecurrencetype_clear(recur);
    recur->freq = frequencies[rule->frequency];
    recur->interval = (short)rule->interval;
    recur->week_start = (icalrecurrencetype_weekday)((rule->week_start + 1) % 7 + 1);
    fill(rule, FASTI_ICAL_BYMONTH, recur->by_month);
    fill(rule, FASTI_ICAL_BYWEEKNO, recur->by_week_no);
    fill(rule, FASTI_ICAL_BYYEARDAY, recur->by_year_day);
    fill(rule, FASTI_ICAL_BYMONTHDAY, recur->by_month_day);
    fill_days(rule, recur->by_day);
    fill(rule, FASTI_ICAL_BYSETPOS, recur->by_set_pos);
    if (is_date)
        return;
    fill(rule, FASTI_ICAL_BYHOUR, recur->by_hour);
    fill(rule, FASTI_ICAL_BYMINUTE, recur->by_minute);
    fill(rule, FASTI_ICAL_BYSECOND, recur->by_second);
}

/* The first time of a day, which the rule names or the start has. */
static int64_t first_second_of_day(const struct fasti_ical_rule *rule, int64_t start_wall_s) {
    const int64_t start = start_wall_s - fasti_date_of_utc(start_wall_s).v * FASTI_DAY_SECONDS;
    const int64_t units[] = {start / 3600, start / 60 % 60, start % 60};
    int64_t second = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t part = FASTI_ICAL_BYHOUR + i;
        second = second * 60 + (rule->counts[part] > 0 ? rule->values[part][0] : units[i]);
    }
    return second;
}

/* Where the library begins. Of several weekdays every few weeks it gets the first one of the
 * start's week wrong unless it begins there; what lies before the start is then passed over. */
static int64_t library_start(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                             bool is_date) {
    if (rule->frequency != FASTI_ICAL_WEEKLY || rule->counts[FASTI_ICAL_BYDAY] == 0)
        return start_wall_s;
    const fasti_date date = fasti_date_of_utc(start_wall_s);
    int32_t first = 7;
    for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYDAY]; i++) {
        const int32_t weekday = fasti_ical_day_weekday(rule->values[FASTI_ICAL_BYDAY][i]);
        const int32_t into = (weekday - rule->week_start + 7) % 7;
        first = into < first ? into : first;
    }
    const int32_t into = (fasti_date_weekday(date) - rule->week_start + 7) % 7;
    return (date.v + first - into) * FASTI_DAY_SECONDS +
           (is_date ? 0 : first_second_of_day(rule, start_wall_s));
}

/* A start that the rule could as well have: whole intervals of days or weeks later, by `from`. */
static int64_t later_start(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                           int64_t from_wall_s) {
    const bool is_weekly = rule->frequency == FASTI_ICAL_WEEKLY;
    const int64_t interval_s = rule->interval * (is_weekly ? 7 : 1) * FASTI_DAY_SECONDS;
    if ((rule->frequency != FASTI_ICAL_DAILY && !is_weekly) || rule->count > 0 ||
        from_wall_s <= start_wall_s)
        return start_wall_s;
    return start_wall_s + (from_wall_s - start_wall_s) / interval_s * interval_s;
}

uint64_t fasti_ical_rule_periods(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                                 int64_t from_wall_s, int64_t last_wall_s) {
    static const int64_t days[] = {1, 7, 28, 365};
    const int64_t length_s = days[rule->frequency] * FASTI_DAY_SECONDS * rule->interval;
    const int64_t start = later_start(rule, start_wall_s, from_wall_s);
    return last_wall_s < start ? 0 : (uint64_t)((last_wall_s - start) / length_s + 1);
}

enum fasti_status fasti_ical_rule_begin(const struct fasti_ical_rule *rule, int64_t first_wall_s,
                                        bool is_date, int64_t from_wall_s, int64_t last_wall_s,
                                        struct fasti_ical_expansion *expansion) {
    const int64_t start_wall_s = later_start(rule, first_wall_s, from_wall_s);
    struct icalrecurrencetype recur;
    library_rule(rule, is_date, &recur);
    recur.until = library_time(last_wall_s, is_date);
    *expansion = (struct fasti_ical_expansion){.start_wall_s = start_wall_s,
                                               .last_wall_s = last_wall_s,
                                               .left = rule->count == 0 ? UINT32_MAX : rule->count};
    const int64_t library_start_s = library_start(rule, start_wall_s, is_date);
    if (last_wall_s < start_wall_s || last_wall_s < library_start_s)
        return FASTI_OK;
    expansion->iterator = icalrecur_iterator_new(recur, library_time(library_start_s, is_date));
    return expansion->iterator == NULL ? FASTI_INVALID_FILE : FASTI_OK;
}

void fasti_ical_rule_end(struct fasti_ical_expansion *expansion) {
    if (expansion->iterator != NULL)
        icalrecur_iterator_free(expansion->iterator);
    expansion->iterator = NULL;
}

/* The library's next one; false at its end. */
static bool library_next(struct fasti_ical_expansion *expansion, int64_t *wall_s) {
    const struct icaltimetype time = icalrecur_iterator_next(expansion->iterator);
    if (icaltime_is_null_time(time))
        return false;
    const struct fasti_civil civil = {time.year, (uint8_t)time.month, (uint8_t)time.day};
    *wall_s = fasti_date_of_civil(civil).v * FASTI_DAY_SECONDS + time.hour * 3600 +
              time.minute * 60 + time.second;
    return *wall_s <= expansion->last_wall_s;
}

bool fasti_ical_rule_next(struct fasti_ical_expansion *expansion, int64_t *wall_s) {
    if (expansion->iterator != NULL && expansion->left > 0)
        while (library_next(expansion, wall_s))
            if (*wall_s >= expansion->start_wall_s) {
                expansion->left -= expansion->left != UINT32_MAX;
                return true;
            }
    fasti_ical_rule_end(expansion);
    return false;
}
