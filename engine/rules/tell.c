/*
 * tell.c - verdicts in words, with the figures that they rest on.
 */
#include <stdio.h>

#include "engine/rules/rule.h"
#include "engine/time/civil.h"

static void instant_text(const struct fasti_day_view *view, int64_t utc_s,
                         char text[FASTI_INSTANT_TEXT_BYTES]) {
    fasti_instant_format(utc_s, fasti_zone_offset_at(view->config->zone, utc_s), text);
}

static void paused_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    const struct fasti_id_text *other = &view->config->substitute;
    const bool is_schedule = (view->config->terms.flags & FASTI_TERMS_PAUSED) != 0;
    if (is_schedule && other->length > 0)
        (void)fasti_detail_set(detail, FASTI_OK, "the schedule is paused; '%.*s' stands in",
                               other->length, other->bytes);
    else
        (void)fasti_detail_set(detail, FASTI_OK, "the %s is paused",
                               is_schedule ? "schedule" : "service");
}

/* "18 years", "6 months"; "2 days", "90 minutes". */
static void count_text(unsigned count, unsigned many, const char *large, const char *small,
                       char text[32]) {
    const bool is_large = count % many == 0 && count > 0;
    const unsigned number = is_large ? count / many : count;
    snprintf(text, 32, "%u %s%s", number, is_large ? large : small, number == 1 ? "" : "s");
}

static void age_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    const struct fasti_terms *a = &view->config->terms, *b = &view->terms->terms;
    const unsigned from =
        a->age_min_months > b->age_min_months ? a->age_min_months : b->age_min_months;
    const unsigned to =
        a->age_max_months == 0 || (b->age_max_months != 0 && b->age_max_months < a->age_max_months)
            ? b->age_max_months
            : a->age_max_months;
    char least[32], most[32];
    count_text(from, 12, "year", "month", least);
    count_text(to, 12, "year", "month", most);
    if (to == 0)
        (void)fasti_detail_set(detail, FASTI_OK, "only for patients of %s or more", least);
    else if (from == 0)
        (void)fasti_detail_set(detail, FASTI_OK, "only for patients of less than %s", most);
    else if (from < to)
        (void)fasti_detail_set(detail, FASTI_OK, "only for patients of %s or more and less than %s",
                               least, most);
    else
        (void)fasti_detail_set(detail, FASTI_OK,
                               "for nobody: schedule and service together ask for patients of %s "
                               "or more, and of less than %s",
                               least, most);
}

static void notice_tell(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                        struct fasti_detail *detail) {
    char text[FASTI_INSTANT_TEXT_BYTES];
    const int64_t soonest_ms = scene->now_ms + view->rules->notice_minutes * INT64_C(60000);
    instant_text(view, (soonest_ms + 59999) / 60000 * 60, text);
    char notice[32];
    const unsigned minutes = view->rules->notice_minutes;
    count_text(minutes, minutes % 1440 == 0 ? 1440 : 60, minutes % 1440 == 0 ? "day" : "hour",
               "minute", notice);
    (void)fasti_detail_set(detail, FASTI_OK, "it needs %s of notice: from %s on", notice, text);
}

static void horizon_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    char text[FASTI_INSTANT_TEXT_BYTES];
    const int64_t first = fasti_rule_opens_utc_s(view, 0), second = fasti_rule_opens_utc_s(view, 1);
    instant_text(view, first > second ? first : second, text);
    (void)fasti_detail_set(detail, FASTI_OK, "that day opens for booking at %s", text);
}

static void hours_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    const unsigned from = view->rules->from_minute;
    const unsigned to =
        view->rules->to_minute == FASTI_RULE_NO_END ? FASTI_DAY_MINUTES : view->rules->to_minute;
    if ((view->rules->weekdays >> fasti_date_weekday(view->date) & 1) == 0)
        (void)fasti_detail_set(detail, FASTI_OK, "it is not given on that weekday");
    else
        (void)fasti_detail_set(detail, FASTI_OK,
                               from < to ? "it is given from %02u:%02u to %02u:%02u only"
                                         : "it is never given: schedule and service together begin "
                                           "at %02u:%02u and end by %02u:%02u",
                               from / 60, from % 60, to / 60, to % 60);
}

/* used[i] of limits[i], of which the first that is reached speaks. */
static void limit_tell(const uint16_t limits[2], const uint32_t used[2], const char *period,
                       struct fasti_detail *detail) {
    const uint32_t i = limits[0] != 0 && used[0] >= limits[0] ? 0 : 1;
    (void)fasti_detail_set(detail, FASTI_OK, "%u of %u visits of the %s in that %s are booked",
                           (unsigned)used[i], (unsigned)limits[i], i == 0 ? "schedule" : "service",
                           period);
}

static void day_limit_tell(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                           struct fasti_detail *detail) {
    uint32_t used[2];
    for (uint32_t i = 0; i < 2; i++)
        used[i] = fasti_page_visits_count(scene->page, 0, FASTI_TICKS_MAX, &view->service, i,
                                          scene->now_ms);
    const uint16_t *limits = view->rules->day_limits;
    const bool is_reached =
        (limits[0] != 0 && used[0] >= limits[0]) || (limits[1] != 0 && used[1] >= limits[1]);
    if (is_reached)
        limit_tell(limits, used, "day", detail);
    else
        (void)fasti_detail_set(detail, FASTI_OK, "a day of one schedule keeps %d visits",
                               FASTI_PAGE_VISITS_MAX);
}

static void buffer_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    (void)fasti_detail_set(
        detail, FASTI_OK,
        "the time is free, but not the %u minutes before and %u minutes after it "
        "that the visit needs",
        (unsigned)view->rules->before_minutes, (unsigned)view->rules->after_minutes);
}

static void grid_tell(const struct fasti_day_view *view, struct fasti_detail *detail) {
    if (view->rules->is_override)
        (void)fasti_detail_set(detail, FASTI_OK,
                               "the schedule's time goes in steps of %u minutes: a visit starts at "
                               "one of them",
                               (unsigned)view->config->resolution_minutes);
    else
        (void)fasti_detail_set(detail, FASTI_OK, "the service does not start at that minute");
}

/* Verdicts that have no figures. */
static const char *plain_text(enum fasti_rule_verdict verdict) {
    switch (verdict) {
    case FASTI_RULE_FREE: return "the visit may be booked";
    case FASTI_RULE_PAST: return "the start lies in the past";
    case FASTI_RULE_AUDIENCE: return "who books may not book it";
    case FASTI_RULE_MODALITY: return "it is not given in that way (in person, video, phone, home)";
    case FASTI_RULE_SECTOR: return "only for one kind of insurance, and not for this one";
    case FASTI_RULE_LANGUAGE: return "that language is not spoken there";
    case FASTI_RULE_ACQUAINTANCE: return "only for new or only for known patients";
    case FASTI_RULE_REFERRAL: return "only with a referral";
    case FASTI_RULE_CLOSED: return "no opening of the service contains the visit";
    case FASTI_RULE_FULL: return "the opening has no place left";
    case FASTI_RULE_TAKEN: return "the time is taken";
    case FASTI_RULE_PAUSED:
    case FASTI_RULE_OFF_GRID:
    case FASTI_RULE_AGE:
    case FASTI_RULE_HOURS:
    case FASTI_RULE_NOTICE:
    case FASTI_RULE_HORIZON:
    case FASTI_RULE_DAY_LIMIT:
    case FASTI_RULE_WEEK_LIMIT:
    case FASTI_RULE_MONTH_LIMIT:
    case FASTI_RULE_BUFFER: break;
    }
    return "?";
}

void fasti_rule_tell(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                     enum fasti_rule_verdict verdict, struct fasti_detail *detail) {
    switch (verdict) {
    case FASTI_RULE_PAUSED: paused_tell(view, detail); break;
    case FASTI_RULE_AGE: age_tell(view, detail); break;
    case FASTI_RULE_HOURS: hours_tell(view, detail); break;
    case FASTI_RULE_NOTICE: notice_tell(view, scene, detail); break;
    case FASTI_RULE_HORIZON: horizon_tell(view, detail); break;
    case FASTI_RULE_DAY_LIMIT: day_limit_tell(view, scene, detail); break;
    case FASTI_RULE_WEEK_LIMIT:
        limit_tell(view->rules->week_limits, scene->week_used, "week", detail);
        break;
    case FASTI_RULE_MONTH_LIMIT:
        limit_tell(view->rules->month_limits, scene->month_used, "month", detail);
        break;
    case FASTI_RULE_BUFFER: buffer_tell(view, detail); break;
    case FASTI_RULE_OFF_GRID: grid_tell(view, detail); break;
    case FASTI_RULE_FREE:
    case FASTI_RULE_PAST:
    case FASTI_RULE_AUDIENCE:
    case FASTI_RULE_MODALITY:
    case FASTI_RULE_SECTOR:
    case FASTI_RULE_LANGUAGE:
    case FASTI_RULE_ACQUAINTANCE:
    case FASTI_RULE_REFERRAL:
    case FASTI_RULE_CLOSED:
    case FASTI_RULE_FULL:
    case FASTI_RULE_TAKEN:
        (void)fasti_detail_set(detail, FASTI_OK, "%s", plain_text(verdict));
        break;
    }
}
