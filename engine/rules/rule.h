/*
 * rule.h - the one rule code: which starts are there, for whom, and why not.
 *
 *   terms of the schedule + of the service + facts --join--> rules
 *   schedule configuration + service + local date  --view--> plan (candidate starts)
 *   view + scene (pages, counts, now) --starts--> bit mask            used by search
 *   view + scene + instant            --check---> verdict, place      used by reserve and explain
 *
 * Search offers exactly what check accepts, since both read the same rules, the same plan and the
 * same scene. A verdict is the first rule, in the order of the enum's stages below, that excludes
 * the visit. Pure: no clock, no I/O, no allocation; a view lives in the caller's scratch until the
 * next view is loaded there.
 */
#ifndef FASTI_RULES_RULE_H
#define FASTI_RULES_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/calendar/page.h"
#include "engine/calendar/pattern.h"
#include "engine/directory/directory.h"
#include "engine/rules/facts.h"

/* In the order in which they are asked. */
enum fasti_rule_verdict {
    FASTI_RULE_FREE, /* the visit may be booked */
    FASTI_RULE_PAST, /* the start lies before now */
    /* who and how: holds for every start */
    FASTI_RULE_PAUSED,
    FASTI_RULE_AUDIENCE,     /* not for who books */
    FASTI_RULE_MODALITY,     /* not in the way wished */
    FASTI_RULE_SECTOR,       /* not for that insurance */
    FASTI_RULE_LANGUAGE,     /* not in the language wished */
    FASTI_RULE_ACQUAINTANCE, /* not for new, or not for known patients */
    FASTI_RULE_AGE,
    FASTI_RULE_REFERRAL, /* only with a referral */
    /* openings */
    FASTI_RULE_CLOSED,   /* no opening of the service contains the visit */
    FASTI_RULE_FULL,     /* an opening contains it, but has no place */
    FASTI_RULE_OFF_GRID, /* an opening contains it, but no start of its grid */
    /* when */
    FASTI_RULE_HOURS,   /* not on that weekday or at that time of the day */
    FASTI_RULE_NOTICE,  /* too soon */
    FASTI_RULE_HORIZON, /* that day is not open for booking yet */
    /* how many */
    FASTI_RULE_DAY_LIMIT,
    FASTI_RULE_WEEK_LIMIT,
    FASTI_RULE_MONTH_LIMIT,
    /* time */
    FASTI_RULE_TAKEN,  /* its time is taken */
    FASTI_RULE_BUFFER, /* its time is free, that of its buffers is taken */
};

#define FASTI_RULE_NO_END UINT16_MAX

/* What a service and a schedule ask together, for certain facts. */
struct fasti_rules {
    enum fasti_rule_verdict whoever; /* FREE, or what excludes every start */
    bool is_override;
    bool has_hours;   /* weekdays, from_minute or to_minute exclude something */
    bool has_limits;  /* of any kind */
    uint8_t needs;    /* FASTI_RULE_NEEDS_WEEK, _MONTH */
    uint8_t capacity; /* by so many a tick may be taken */
    uint8_t group;    /* so many visits of the service may share one start; 1: none do */
    uint8_t weekdays;
    uint8_t before_minutes, after_minutes; /* buffers */
    uint16_t before_ticks, after_ticks;    /* the same in ticks of the schedule, rounded up */
    uint16_t from_minute, to_minute; /* to: FASTI_RULE_NO_END: a visit may go on over midnight */
    uint32_t notice_minutes;
    struct {
        uint16_t days, minute;
    } horizons[2];           /* days 0: none */
    uint16_t day_limits[2];  /* [0] all visits of the schedule, [1] those of the service; 0: none */
    uint16_t week_limits[2]; /* as before */
    uint16_t month_limits[2];
};

/* Joins what both ask: the stricter holds. */
void fasti_rules_join(const struct fasti_schedule_config *config,
                      const struct fasti_service *service, const struct fasti_facts *facts,
                      struct fasti_rules *rules);

/* Plans found lately, by pattern: plans never change or go, so what was right stays right. */
#define FASTI_RULES_PLANS 64 /* a power of two */
struct fasti_rules_plan {
    struct fasti_plan_key key; /* pattern FASTI_PATTERN_NONE: nothing yet */
    const struct fasti_plan *plan;
};

/* Local days found lately, by date; zones never change or go. */
#define FASTI_RULES_DAYS 32 /* a power of two */
struct fasti_rules_day {
    const struct fasti_zone *zone; /* NULL: nothing yet */
    fasti_date date;
    struct fasti_local_day day;
};

/* One worker's room for days that are not compiled or whose openings ran out of places, and its
 * memory of plans and of local days. Starts zeroed. */
struct fasti_rules_scratch {
    struct fasti_rules_plan plans[FASTI_RULES_PLANS];
    struct fasti_rules_day days[FASTI_RULES_DAYS];
    struct fasti_day_draft draft;
    bool used_up[FASTI_SPANS_MAX]; /* of the view's spans */
    _Alignas(8) uint8_t plan[FASTI_PLAN_SCRATCH_BYTES];
    _Alignas(8) uint8_t plan_left[FASTI_PLAN_SCRATCH_BYTES];
};

/* One local day of one schedule for one service. */
struct fasti_day_view {
    const struct fasti_schedule_config *config;
    const struct fasti_service *terms;
    const struct fasti_rules *rules;
    struct fasti_rules_scratch *scratch;
    fasti_service_id service;
    struct fasti_plan_key key;     /* of its plan; a pattern of FASTI_PATTERN_NONE: computed */
    bool has_plan;                 /* false: the service does not fit the schedule's resolution */
    const struct fasti_plan *plan; /* NULL: the day needs more spans or lengths than we serve */
    const struct fasti_span *spans;
    uint32_t span_count;
    struct fasti_local_day day;
    uint32_t day_ticks;                 /* whole ones in the day */
    uint32_t reach_before, reach_after; /* how far some visit of the day, with its buffers, reaches
                                           before its start and behind its end, ticks */
    fasti_date date;
};

/* A visit has at most a day, its buffers 4 hours each; a local day may have none. */
#define FASTI_RULE_BEFORE_MAX 2
#define FASTI_RULE_AFTER_MAX  3

/* What is taken and counted, as the asker saw it. */
struct fasti_rule_scene {
    const struct fasti_page *page;
    /* Of the days around, the nearest first, as far as fasti_rule_around says. What lies behind
     * them counts as taken. */
    const struct fasti_page *before[FASTI_RULE_BEFORE_MAX], *after[FASTI_RULE_AFTER_MAX];
    int64_t now_ms;
    uint32_t week_used[2], month_used[2]; /* visits, as the limits count them; where needed */
};

/* What of a scene a view needs beside its own page. */
enum {
    FASTI_RULE_NEEDS_WEEK = 1,
    FASTI_RULE_NEEDS_MONTH = 2,
    FASTI_RULE_NEEDS_AROUND = 4, /* pages of days around */
};
static inline uint32_t fasti_rule_needs(const struct fasti_day_view *view) {
    return view->rules->needs |
           ((view->reach_before | view->reach_after) != 0 ? FASTI_RULE_NEEDS_AROUND : 0);
}

/* How many days before and after it some visit of the view's day reaches into, with its buffers:
 * none beyond the bookable dates. */
struct fasti_rule_around {
    uint32_t before, after;
};
struct fasti_rule_around fasti_rule_around(const struct fasti_day_view *view);

struct fasti_rule_place {
    uint16_t tick, count; /* what the visit takes, without its buffers */
    uint8_t before_minutes, after_minutes;
    uint8_t seats_max; /* by so many each tick may be taken with it */
};

/* pattern_id as loaded from the day's chunk, FASTI_PATTERN_NONE where there is none. date must be
 * bookable; terms is the service's record; rules of the same two and of the facts. */
void fasti_day_view_load(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, fasti_service_id service,
                         const struct fasti_service *terms, const struct fasti_rules *rules,
                         fasti_date date, uint32_t pattern_id, struct fasti_rules_scratch *scratch,
                         struct fasti_day_view *view);

/* A view of one date -> of the next one, which is bookable: the same as loading that. */
void fasti_day_view_next(const struct fasti_patterns *patterns, uint32_t pattern_id,
                         struct fasti_rules_scratch *scratch, struct fasti_day_view *view);

/* First tick of the day whose start is not before now; may lie beyond the day. */
uint32_t fasti_rule_first_tick(const struct fasti_day_view *view, int64_t now_ms);

/* Words of the view's day that starts may lie in: [first, end); 0, 0 when there are none. */
static inline uint32_t fasti_rule_word_first(const struct fasti_day_view *view) {
    return view->plan == NULL ? 0 : view->plan->word_first;
}
static inline uint32_t fasti_rule_word_end(const struct fasti_day_view *view) {
    return view->plan == NULL ? 0 : view->plan->word_end;
}

/* Bit t of starts: a visit may start at tick t. Returns whether there is any. Writes the words
 * from fasti_rule_word_first to fasti_rule_word_end and leaves the others as they are. Where the
 * openings give visits of several lengths (plan->group_count > 1), lengths[t] becomes the length
 * in ticks of the visit that starts at t; else all have that of the plan's only group. Not for
 * rules that override (asserted): what staff may force has no list. */
bool fasti_rule_starts(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                       uint64_t *starts, uint16_t *lengths);

/* Why a day has no start, after fasti_rule_starts said so. */
enum fasti_rule_verdict fasti_rule_day(const struct fasti_day_view *view,
                                       const struct fasti_rule_scene *scene);

/* The verdict on one start inside the view's day; *place is filled when FREE. */
enum fasti_rule_verdict fasti_rule_check(const struct fasti_day_view *view,
                                         const struct fasti_rule_scene *scene, int64_t start_utc_s,
                                         struct fasti_rule_place *place);

/* A sentence about a verdict of check: which rule, its figures, what may help. */
void fasti_rule_tell(const struct fasti_day_view *view, const struct fasti_rule_scene *scene,
                     enum fasti_rule_verdict verdict, struct fasti_detail *detail);

/* Does some opening of the service still contain these ticks? (Edits may leave visits outside.) */
bool fasti_rule_covers(const struct fasti_day_view *view, uint32_t tick, uint32_t count);

/* From when on a date may be booked, as one horizon says; INT64_MIN: always. */
int64_t fasti_rule_opens_utc_s(const struct fasti_day_view *view, uint32_t horizon);

/* Minutes in ticks of the view's schedule, rounded up. */
static inline uint32_t fasti_day_view_ticks(const struct fasti_day_view *view, uint32_t minutes) {
    return (minutes + view->config->resolution_minutes - 1u) / view->config->resolution_minutes;
}

/* Whole ticks of the schedule in a local day. */
uint32_t fasti_day_view_ticks_on(const struct fasti_day_view *view, fasti_date date);

static inline int64_t fasti_day_view_utc_s(const struct fasti_day_view *view, uint32_t tick) {
    return view->day.start_utc_s + (int64_t)tick * view->config->resolution_minutes * 60;
}

#endif
