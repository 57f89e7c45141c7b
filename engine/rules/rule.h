/*
 * rule.h - the one rule code: which starts are there, for whom, and why not.
 *
 *   schedule configuration + service + local date --view--> plan (candidate starts)
 *   view + page (taken time) + now --starts--> bit mask        used by search
 *   view + page + now + instant    --check---> verdict         used by reserve
 *
 * Search offers exactly what check accepts, since both read the same plan, the same page and the
 * same first permitted tick. Pure: no clock, no I/O, no allocation; a view lives in the caller's
 * scratch until the next view is loaded there.
 */
#ifndef FASTI_RULES_RULE_H
#define FASTI_RULES_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/calendar/page.h"
#include "engine/calendar/pattern.h"
#include "engine/directory/directory.h"

/* Plans found lately, by pattern: plans never change or go, so what was right stays right. */
#define FASTI_RULES_PLANS 64 /* a power of two */
struct fasti_rules_plan {
    struct fasti_plan_key key; /* pattern FASTI_PATTERN_NONE: nothing yet */
    const struct fasti_plan *plan;
};

/* One worker's room for days that are not compiled, and its memory of plans. Starts zeroed. */
struct fasti_rules_scratch {
    struct fasti_rules_plan plans[FASTI_RULES_PLANS];
    struct fasti_day_draft draft;
    _Alignas(8) uint8_t plan[FASTI_PLAN_SCRATCH_BYTES];
};

/* One local day of one schedule for one service. */
struct fasti_day_view {
    const struct fasti_schedule_config *config;
    const struct fasti_service *terms;
    fasti_service_id service;
    struct fasti_plan_key key;     /* of its plan; a pattern of FASTI_PATTERN_NONE: computed */
    bool has_plan;                 /* false: the service does not fit the schedule's resolution */
    const struct fasti_plan *plan; /* NULL: the day needs more spans or lengths than we serve */
    const struct fasti_span *spans;
    uint32_t span_count;
    struct fasti_local_day day;
    fasti_date date;
};

enum fasti_rule_verdict {
    FASTI_RULE_FREE,     /* the visit may be booked */
    FASTI_RULE_TAKEN,    /* time is taken */
    FASTI_RULE_CLOSED,   /* no opening of the service contains the visit */
    FASTI_RULE_FULL,     /* an opening without places contains the start */
    FASTI_RULE_PAST,     /* the start lies before now */
    FASTI_RULE_OFF_GRID, /* an opening contains the visit, but no start of its grid */
};

struct fasti_rule_place {
    uint16_t tick, count; /* what the visit takes */
};

/* pattern_id as loaded from the day's chunk, FASTI_PATTERN_NONE where there is none. date must be
 * bookable; terms is the service's record. */
void fasti_day_view_load(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, fasti_service_id service,
                         const struct fasti_service *terms, fasti_date date, uint32_t pattern_id,
                         struct fasti_rules_scratch *scratch, struct fasti_day_view *view);

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
 * in ticks of the visit that starts at t; else all have that of the plan's only group. */
bool fasti_rule_starts(const struct fasti_day_view *view, const struct fasti_page *page,
                       int64_t now_ms, uint64_t *starts, uint16_t *lengths);

/* Does some opening of the service end after the first tick that is not in the past? */
bool fasti_rule_is_ahead(const struct fasti_day_view *view, int64_t now_ms);

/* The verdict on one start inside the view's day; *place is filled when FREE. */
enum fasti_rule_verdict fasti_rule_check(const struct fasti_day_view *view,
                                         const struct fasti_page *page, int64_t now_ms,
                                         int64_t start_utc_s, struct fasti_rule_place *place);

/* Does some opening of the service still contain these ticks? (Edits may leave visits outside.) */
bool fasti_rule_covers(const struct fasti_day_view *view, uint32_t tick, uint32_t count);

static inline int64_t fasti_day_view_utc_s(const struct fasti_day_view *view, uint32_t tick) {
    return view->day.start_utc_s + (int64_t)tick * view->config->resolution_minutes * 60;
}

#endif
