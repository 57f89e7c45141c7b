/*
 * fasti_ical_forms.c - which parts of a recurrence rule go together, as data.
 *
 * A rule is in the list when one form of its FREQ has all of its parts, and the form's conditions
 * hold. The list is what libical 3.0.16 expands as tests/support/recur_model.c does over random
 * rules (tests/test_ical_rule.c); tools/ICALENDAR.md names what is outside and what became of it.
 */
#include "tools/fasti_ical_forms.h"

#define BIT(part) (UINT32_C(1) << FASTI_ICAL_##part)
#define TIMES     (BIT(BYHOUR) | BIT(BYMINUTE) | BIT(BYSECOND))

static const char *const frequency_names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

static const struct {
    enum fasti_ical_frequency frequency;
    uint32_t parts;
} forms[] = {
    {FASTI_ICAL_DAILY, BIT(BYMONTH) | BIT(BYMONTHDAY) | BIT(BYDAY) | TIMES},
    {FASTI_ICAL_WEEKLY, BIT(BYMONTH) | BIT(BYDAY) | TIMES},
    {FASTI_ICAL_MONTHLY, BIT(BYMONTH) | BIT(BYMONTHDAY) | BIT(BYDAY) | TIMES},
    {FASTI_ICAL_MONTHLY, BIT(BYMONTH) | BIT(BYMONTHDAY) | BIT(BYDAY) | BIT(BYSETPOS)},
    {FASTI_ICAL_YEARLY, BIT(BYMONTH) | BIT(BYMONTHDAY) | BIT(BYDAY) | TIMES},
    {FASTI_ICAL_YEARLY, BIT(BYMONTH) | BIT(BYMONTHDAY) | BIT(BYDAY) | BIT(BYSETPOS)},
    {FASTI_ICAL_YEARLY, BIT(BYYEARDAY) | BIT(BYDAY) | TIMES},
    {FASTI_ICAL_YEARLY, BIT(BYYEARDAY) | BIT(BYDAY) | BIT(BYSETPOS)},
};

static bool has(const struct fasti_ical_rule *rule, enum fasti_ical_part part) {
    return rule->counts[part] > 0;
}

static uint32_t parts_of(const struct fasti_ical_rule *rule) {
    uint32_t used = 0;
    for (uint32_t part = 0; part < FASTI_ICAL_PARTS; part++)
        used |= (uint32_t)(rule->counts[part] > 0) << part;
    return used;
}

static bool is_in_a_form(enum fasti_ical_frequency frequency, uint32_t used) {
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].frequency == frequency && (used & ~forms[i].parts) == 0)
            return true;
    return false;
}

/* Names a part that no form of the FREQ has, or two that none has both of. */
static enum fasti_status refuse_parts(enum fasti_ical_frequency frequency, uint32_t used,
                                      struct fasti_detail *detail) {
    for (uint32_t a = 0; a < FASTI_ICAL_PARTS; a++)
        for (uint32_t b = 0; b <= a; b++) {
            const uint32_t both = UINT32_C(1) << a | UINT32_C(1) << b;
            if ((used & both) != both || is_in_a_form(frequency, both))
                continue;
            const char *name = fasti_ical_part_name((enum fasti_ical_part)a);
            if (is_in_a_form(frequency, UINT32_C(1) << a) &&
                is_in_a_form(frequency, UINT32_C(1) << b))
                return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                        "RRULE: %s is not supported together with %s", name,
                                        fasti_ical_part_name((enum fasti_ical_part)b));
            if (a == b)
                return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                        "RRULE: %s is not supported with FREQ=%s", name,
                                        frequency_names[frequency]);
        }
    return fasti_detail_set(detail, FASTI_INVALID_FILE,
                            "RRULE: these parts are not supported together");
}

static bool counts_from_both_ends(const struct fasti_ical_rule *rule, enum fasti_ical_part part) {
    return has(rule, part) && rule->values[part][0] < 0 &&
           rule->values[part][rule->counts[part] - 1] > 0;
}

/* How far BYDAY may count: 0 where "2MO" means nothing or is not supported. */
static int32_t nth_max(const struct fasti_ical_rule *rule) {
    if (rule->frequency == FASTI_ICAL_MONTHLY)
        return 5;
    if (rule->frequency != FASTI_ICAL_YEARLY || has(rule, FASTI_ICAL_BYYEARDAY))
        return 0;
    return has(rule, FASTI_ICAL_BYMONTH) ? 5 : 53;
}

static enum fasti_status check_days(const struct fasti_ical_rule *rule,
                                    struct fasti_detail *detail) {
    const int32_t most = nth_max(rule);
    for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYDAY]; i++) {
        const int32_t nth = fasti_ical_day_nth(rule->values[FASTI_ICAL_BYDAY][i]);
        if ((nth < 0 ? -nth : nth) <= most)
            continue;
        if (most == 0)
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "RRULE: BYDAY with numbers is not supported with FREQ=%s%s",
                                    frequency_names[rule->frequency],
                                    rule->frequency == FASTI_ICAL_YEARLY ? " and BYYEARDAY" : "");
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "RRULE: BYDAY counts to %d where there are at most %d", (int)nth,
                                (int)most);
    }
    return FASTI_OK;
}

static enum fasti_status check_month_days(const struct fasti_ical_rule *rule,
                                          struct fasti_detail *detail) {
    if (!has(rule, FASTI_ICAL_BYMONTHDAY))
        return FASTI_OK;
    if (rule->frequency == FASTI_ICAL_DAILY && rule->values[FASTI_ICAL_BYMONTHDAY][0] < 0)
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "RRULE: BYMONTHDAY from the month's end is not supported with "
                                "FREQ=DAILY: FREQ=MONTHLY says the same");
    if (rule->frequency == FASTI_ICAL_YEARLY && !has(rule, FASTI_ICAL_BYMONTH))
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "RRULE: BYMONTHDAY is not supported with FREQ=YEARLY without "
                                "BYMONTH: programs differ on whether it means every month");
    return FASTI_OK;
}

static enum fasti_status check_positions(const struct fasti_ical_rule *rule,
                                         struct fasti_detail *detail) {
    if (!has(rule, FASTI_ICAL_BYSETPOS))
        return FASTI_OK;
    const enum fasti_ical_part lists[] = {FASTI_ICAL_BYMONTHDAY, FASTI_ICAL_BYYEARDAY};
    for (uint32_t i = 0; i < 2; i++)
        if (counts_from_both_ends(rule, lists[i]))
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "RRULE: BYSETPOS is not supported together with %s from both "
                                    "ends",
                                    fasti_ical_part_name(lists[i]));
    if (!has(rule, FASTI_ICAL_BYMONTHDAY) && !has(rule, FASTI_ICAL_BYYEARDAY) &&
        !has(rule, FASTI_ICAL_BYDAY))
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "RRULE: BYSETPOS without a part that names days");
    return FASTI_OK;
}

enum fasti_status fasti_ical_forms_check(const struct fasti_ical_rule *rule,
                                         struct fasti_detail *detail) {
    const uint32_t used = parts_of(rule);
    if (!is_in_a_form(rule->frequency, used))
        return refuse_parts(rule->frequency, used, detail);
    FASTI_TRY(check_days(rule, detail));
    FASTI_TRY(check_month_days(rule, detail));
    return check_positions(rule, detail);
}
