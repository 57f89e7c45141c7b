/*
 * test_ical_rule.c - recurrence rules: what is refused and how it is said, the recorded rules with
 * the instances that others expect, and random rules of the list against a naive expansion.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/recur_model.h"
#include "tests/support/seed.h"
#include "tools/fasti_ical_forms.h"

#define RANDOM_RULES   2000
#define RULE_BYTES_MAX 1024

static struct fasti_detail detail;

static enum fasti_status parse(const char *text, struct fasti_ical_rule *rule) {
    detail.text[0] = '\0';
    return fasti_ical_rule_parse(text, strlen(text), rule, &detail);
}

Test(ical_rule, what_is_outside_the_list_is_refused_by_name) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "without FREQ"},
        {"INTERVAL=2", "without FREQ"},
        {"FREQ=HOURLY", "FREQ=HOURLY is not supported"},
        {"FREQ=MINUTELY;INTERVAL=15", "FREQ=MINUTELY is not supported"},
        {"FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY stands twice"},
        {"FREQ=DAILY;COUNT=2;UNTIL=20260101", "exclude each other"},
        {"FREQ=DAILY;COUNT=0", "COUNT=0 is not a number from 1 on"},
        {"FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not 1 to 1000"},
        {"FREQ=DAILY;INTERVAL=1001", "INTERVAL=1001 is not 1 to 1000"},
        {"FREQ=DAILY;UNTIL=20260230", "UNTIL=20260230 is not a date"},
        {"FREQ=DAILY;UNTIL=", "UNTIL= is not a date"},
        {"FREQ=WEEKLY;WKST=XX", "WKST=XX is not a weekday"},
        {"FREQ=WEEKLY;BYDAY=MO,XX", "BYDAY=MO,XX has a value"},
        {"FREQ=WEEKLY;BYDAY=", "BYDAY= has a value"},
        {"FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO has a value"},
        {"FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32 has a value"},
        {"FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 has a value"},
        {"FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1 has a value"},
        {"FREQ=YEARLY;RSCALE=HEBREW", "RSCALE=HEBREW is not supported"},
        {"FREQ=YEARLY;SKIP=FORWARD", "SKIP=FORWARD is not supported"},
        {"FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is not supported with FREQ=YEARLY"},
        {"FREQ=YEARLY;BYMONTHDAY=5", "without BYMONTH"},
        {"FREQ=YEARLY;BYMONTH=5;BYYEARDAY=5", "BYYEARDAY is not supported together with BYMONTH"},
        {"FREQ=YEARLY;BYYEARDAY=5;BYDAY=1MO", "BYDAY with numbers"},
        {"FREQ=YEARLY;BYMONTH=5;BYDAY=6MO", "BYDAY counts to 6 where there are at most 5"},
        {"FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", "BYSETPOS is not supported with FREQ=WEEKLY"},
        {"FREQ=WEEKLY;BYDAY=2MO", "BYDAY with numbers is not supported with FREQ=WEEKLY"},
        {"FREQ=MONTHLY;BYHOUR=9;BYSETPOS=1;BYDAY=MO",
         "BYSETPOS is not supported together with BYHOUR"},
        {"FREQ=MONTHLY;BYMONTHDAY=1,-1;BYSETPOS=1", "BYMONTHDAY from both ends"},
        {"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS without a part that names days"},
        {"FREQ=DAILY;BYMONTHDAY=-1", "FREQ=MONTHLY says the same"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fasti_ical_rule rule;
        cr_expect_eq(parse(cases[i].text, &rule), FASTI_INVALID_FILE, "%s", cases[i].text);
        cr_expect(strstr(detail.text, cases[i].says) != NULL, "%s: %s", cases[i].text, detail.text);
    }
}

Test(ical_rule, lists_are_sorted_and_habits_of_other_programs_are_read) {
    struct fasti_ical_rule rule;
    cr_assert_eq(parse("freq=monthly;byday=+2we, -1 mo,WE,we;", &rule), FASTI_OK, "%s",
                 detail.text);
    cr_assert_eq(rule.counts[FASTI_ICAL_BYDAY], 3);
    cr_expect_eq(fasti_ical_day_nth(rule.values[FASTI_ICAL_BYDAY][0]), -1);
    cr_expect_eq(fasti_ical_day_weekday(rule.values[FASTI_ICAL_BYDAY][0]), 0);
    cr_expect_eq(fasti_ical_day_nth(rule.values[FASTI_ICAL_BYDAY][1]), 0);
    cr_expect_eq(fasti_ical_day_nth(rule.values[FASTI_ICAL_BYDAY][2]), 2);
    cr_expect_eq(fasti_ical_day_weekday(rule.values[FASTI_ICAL_BYDAY][2]), 2);
}

/* The library would look for such a day for ever. */
Test(ical_rule, a_rule_that_never_happens_is_told_from_one_that_does) {
    static const struct {
        const char *text;
        struct fasti_civil start;
        bool happens;
    } cases[] = {
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", {2026, 1, 1}, false},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", {2023, 1, 1}, true},
        {"FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", {2023, 1, 1}, false},
        {"FREQ=YEARLY;INTERVAL=4", {2096, 2, 29}, true},
        {"FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29", {2100, 1, 1}, true},
        {"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", {2026, 4, 1}, false},
        {"FREQ=MONTHLY;INTERVAL=4;BYMONTH=5", {2026, 2, 1}, false},
        {"FREQ=MONTHLY;INTERVAL=4;BYMONTH=5", {2026, 1, 1}, true},
        {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", {2026, 1, 1}, false},
        {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-5", {2026, 1, 1}, true},
        {"FREQ=YEARLY;BYYEARDAY=366", {2026, 1, 1}, true},
        {"FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO", {2026, 1, 1}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fasti_ical_rule rule;
        uint64_t steps = 0;
        cr_assert_eq(parse(cases[i].text, &rule), FASTI_OK, "%s", detail.text);
        cr_expect_eq(fasti_ical_rule_happens(&rule, fasti_date_of_civil(cases[i].start),
                                             fasti_date_of_civil((struct fasti_civil){2700, 1, 1}),
                                             &steps),
                     cases[i].happens, "%s", cases[i].text);
    }
}

/* ---- the recorded rules ---- */

struct recorded {
    char rule[RULE_BYTES_MAX];
    int64_t start_wall_s;
    bool is_date;
    int64_t instances[512];
    uint32_t count;
};

static int64_t wall_of(const char *text, size_t size) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    cr_assert(size >= 8 && sscanf(text, "%4d%2d%2dT%2d%2d%2d", &year, &month, &day, &hour, &minute,
                                  &second) >= 3);
    if (size == 8)
        hour = minute = second = 0;
    const struct fasti_civil civil = {year, (uint8_t)month, (uint8_t)day};
    return fasti_date_of_civil(civil).v * FASTI_DAY_SECONDS + hour * 3600 + minute * 60 + second;
}

static void read_instances(struct recorded *recorded, const char *text) {
    recorded->count = 0;
    while (*text >= '0' && *text <= '9' && recorded->count < 512) {
        const size_t size = strcspn(text, ",\r\n");
        recorded->instances[recorded->count++] = wall_of(text, size);
        text += size + (text[size] == ',');
    }
}

/* Compares an accepted rule's instances with those expected. */
static void check_recorded(const struct recorded *recorded, struct fasti_ical_rule *rule,
                           uint32_t line) {
    struct fasti_ical_expansion expansion;
    const int64_t horizon = recorded->start_wall_s + 80 * 366 * FASTI_DAY_SECONDS;
    const int64_t last = rule->has_until ? rule->until_wall_s : horizon;
    int64_t wall_s;
    uint32_t count = 0;
    uint64_t steps = 0;
    cr_assert(fasti_ical_rule_happens(rule, fasti_date_of_utc(recorded->start_wall_s),
                                      fasti_date_of_utc(last), &steps));
    cr_assert_eq(fasti_ical_rule_begin(rule, recorded->start_wall_s, recorded->is_date,
                                       recorded->start_wall_s, last, &expansion),
                 FASTI_OK);
    while (fasti_ical_rule_next(&expansion, &wall_s)) {
        cr_expect(count < recorded->count && recorded->instances[count] == wall_s,
                  "line %u: %s: instance %u", line, recorded->rule, count);
        if (++count > recorded->count)
            break;
    }
    fasti_ical_rule_end(&expansion);
    cr_expect_eq(count, recorded->count, "line %u: %s: %u of %u", line, recorded->rule, count,
                 recorded->count);
}

static FILE *open_recorded(void) {
    const char *shared = getenv("FASTI_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/fixtures/rrule/icalrecur_test.txt",
             shared != NULL ? shared : FASTI_SOURCE_DIR "/../shared");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        cr_skip_test("%s is absent", path);
    return file;
}

/* Counts, so that the list does not change without a word. */
Test(ical_rule, each_recorded_rule_has_the_expected_instances_or_is_refused) {
    FILE *file = open_recorded();
    static struct recorded recorded;
    static char text[65536];
    uint32_t accepted = 0, refused = 0, too_often = 0, line = 0;
    while (fgets(text, sizeof text, file) != NULL) {
        line++;
        if (strncmp(text, "RRULE:", 6) == 0)
            snprintf(recorded.rule, sizeof recorded.rule, "%.*s", (int)strcspn(text + 6, "\r\n"),
                     text + 6);
        if (strncmp(text, "DTSTART:", 8) == 0) {
            const size_t size = strcspn(text + 8, "\r\n");
            recorded.is_date = size == 8;
            recorded.start_wall_s = wall_of(text + 8, size);
        }
        if (strncmp(text, "INSTANCES:", 10) != 0)
            continue;
        struct fasti_ical_rule rule;
        read_instances(&recorded, text + 10);
        if (parse(recorded.rule, &rule) == FASTI_OK) {
            accepted++;
            check_recorded(&recorded, &rule, line);
            continue;
        }
        refused++;
        cr_expect(detail.text[0] != '\0');
        too_often += strstr(recorded.rule, "LY") != NULL && strstr(detail.text, "FREQ=") != NULL &&
                     strstr(detail.text, "DAILY, WEEKLY, MONTHLY and YEARLY") != NULL;
        if (getenv("FASTI_SHOW") != NULL)
            printf("%u: %s: %s\n", line, recorded.rule, detail.text);
    }
    fclose(file);
    cr_expect_eq(accepted, 83, "accepted %u", accepted);
    cr_expect_eq(refused, 63, "refused %u", refused);
    cr_expect_eq(too_often, 23, "more often than daily %u", too_often);
}

/* ---- random rules ---- */

static struct fasti_prng prng;

static int32_t draw(int32_t first, int32_t last) {
    return first + (int32_t)fasti_prng_below(&prng, (uint64_t)(last - first + 1));
}

static void add_list(char *text, const char *name, int32_t first, int32_t last, int32_t sign) {
    const int32_t count = draw(1, 5);
    for (int32_t i = 0; i < count; i++) {
        const size_t used = strlen(text);
        const int32_t value = draw(first, last) * (sign == 0 ? draw(0, 1) * 2 - 1 : sign);
        if (i == 0)
            snprintf(text + used, RULE_BYTES_MAX - used, ";%s=%d", name, value);
        else
            snprintf(text + used, RULE_BYTES_MAX - used, ",%d", value);
    }
}

static void add_days(char *text, int32_t nth_max) {
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    const int32_t count = draw(1, 5);
    for (int32_t i = 0; i < count; i++) {
        const size_t used = strlen(text);
        char nth[8] = "";
        if (nth_max > 0 && draw(0, 3) > 0)
            snprintf(nth, sizeof nth, "%d", draw(1, nth_max) * (draw(0, 1) * 2 - 1));
        snprintf(text + used, RULE_BYTES_MAX - used, "%s%s%s", i == 0 ? ";BYDAY=" : ",", nth,
                 names[draw(0, 6)]);
    }
}

/* Parts at random: many of these rules are not in the list, and refused. */
static void draw_rule(char *text) {
    static const char *const frequencies[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    static const char *const days[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    const int32_t frequency = draw(0, 3);
    const bool is_month = draw(0, 2) == 0;
    snprintf(text, RULE_BYTES_MAX, "FREQ=%s;INTERVAL=%d;WKST=%s", frequencies[frequency],
             draw(0, 1) == 0 ? 1 : draw(1, draw(0, 9) == 0 ? 1000 : 14), days[draw(0, 6)]);
    if (is_month)
        add_list(text, "BYMONTH", 1, 12, 1);
    if (draw(0, 3) == 0)
        add_list(text, "BYMONTHDAY", 1, 31, frequency == 0 ? 1 : draw(-1, 1));
    if (frequency == 3 && draw(0, 3) == 0)
        add_list(text, "BYYEARDAY", 1, 366, draw(-1, 1));
    if (draw(0, 1) == 0)
        add_days(text, frequency < 2 ? 0 : frequency == 2 || is_month ? 5 : 53);
    if (draw(0, 3) == 0)
        add_list(text, "BYHOUR", 0, 23, 1);
    if (draw(0, 3) == 0)
        add_list(text, "BYMINUTE", 0, 59, 1);
    if (draw(0, 7) == 0)
        add_list(text, "BYSECOND", 0, 59, 1);
    if (frequency >= 2 && draw(0, 2) == 0)
        add_list(text, "BYSETPOS", 1, 6, draw(-1, 1));
    if (draw(0, 3) == 0) {
        const size_t used = strlen(text);
        snprintf(text + used, RULE_BYTES_MAX - used, ";COUNT=%d", draw(1, 30));
    }
}

/* The library against the model, whose instances are in *expected; those before `from` may be left
 * out, but only as a whole. */
static void compare(const struct fasti_ical_rule *rule, const char *text, int64_t start,
                    bool is_date, int64_t from, int64_t last,
                    const struct recur_model_instances *expected) {
    struct fasti_ical_expansion expansion;
    int64_t wall_s = 0;
    uint32_t count = 0;
    uint64_t steps = 0;
    if (!fasti_ical_rule_happens(rule, fasti_date_of_utc(start), fasti_date_of_utc(last), &steps)) {
        cr_assert_eq(expected->count, 0, "%s from %ld happens", text, (long)start);
        return;
    }
    cr_assert_eq(fasti_ical_rule_begin(rule, start, is_date, from, last, &expansion), FASTI_OK);
    bool goes_on = fasti_ical_rule_next(&expansion, &wall_s);
    while (count < expected->count && expected->wall_s[count] < from &&
           (!goes_on || expected->wall_s[count] < wall_s))
        count++;
    for (; goes_on && count < RECUR_MODEL_MAX; count++) {
        cr_assert(count < expected->count && expected->wall_s[count] == wall_s,
                  "%s from %ld (%ld): instance %u of %u: %ld, expected %ld", text, (long)start,
                  (long)from, count, expected->count, (long)wall_s,
                  (long)(count < expected->count ? expected->wall_s[count] : -1));
        goes_on = fasti_ical_rule_next(&expansion, &wall_s);
    }
    fasti_ical_rule_end(&expansion);
    cr_assert_eq(count, expected->count, "%s from %ld (%ld): %u of %u", text, (long)start,
                 (long)from, count, expected->count);
}

Test(ical_rule, random_rules_of_the_list_are_expanded_as_a_naive_model_does) {
    static struct recur_model_instances expected;
    static const int32_t years[] = {2, 3, 9, 20};
    prng = fasti_test_prng("random_rules_of_the_list");
    for (uint32_t tried = 0; tried < RANDOM_RULES;) {
        char text[RULE_BYTES_MAX];
        struct fasti_ical_rule rule;
        draw_rule(text);
        if (parse(text, &rule) != FASTI_OK)
            continue;
        tried++;
        const bool is_date = draw(0, 2) == 0;
        int64_t start = draw(8000, 40000) * FASTI_DAY_SECONDS + (is_date ? 0 : draw(0, 86399));
        const int64_t last = start + years[rule.frequency] * 366 * FASTI_DAY_SECONDS;
        struct fasti_ical_rule plain = rule;
        for (uint32_t part = FASTI_ICAL_BYHOUR; is_date && part <= FASTI_ICAL_BYSECOND; part++)
            plain.counts[part] = 0;
        recur_model_expand(&plain, start, last, &expected);
        /* Most real rules begin with an instance of their own. */
        if (expected.count > 0 && draw(0, 2) > 0) {
            start = expected.wall_s[draw(0, expected.count < 9 ? (int32_t)expected.count - 1 : 8)];
            recur_model_expand(&plain, start, last, &expected);
        }
        const int64_t from = draw(0, 1) == 0 ? start : start + draw(0, 2 * 366 * 86400);
        compare(&rule, text, start, is_date, from, last, &expected);
    }
}
