/*
 * row.h - one schedule and service of a question, a day at a time.
 *
 *   schedule, service, facts --load--> rules --starts--> bits of the day's free starts
 *
 * What every query of this room does: it reads the cell, then the pattern, as claimers do, and one
 * consistent page a day. Never writes. Threading: the worker's own, online in the epoch.
 */
#ifndef FASTI_SEARCH_ROW_H
#define FASTI_SEARCH_ROW_H

#include "engine/booking/command.h"
#include "engine/calendar/kernels.h"
#include "engine/directory/directory.h"
#include "engine/rules/period.h"
#include "engine/rules/rule.h"

struct fasti_roster_store;
struct fasti_find;

/* What a query reads, and the room that it uses; one a worker. */
struct fasti_search {
    struct fasti_arena *arena;
    const struct fasti_directory *directory;
    const struct fasti_patterns *patterns;
    struct fasti_roster_store *roster;
    struct fasti_find *find; /* find.c's own */
    struct fasti_rules_scratch scratch;
    uint64_t starts[FASTI_DAY_WORDS_MAX];
    uint16_t lengths[FASTI_DAY_WORDS_MAX * 64];
    uint16_t ticks[FASTI_TICKS_MAX + FASTI_KERNEL_GROUP];
    struct fasti_availability_answer answer;
};

/* fasti_row_load and fasti_row_starts set all of it but the scene's now_ms: zeroing it costs a
 * week's answer 4 %. */
struct fasti_row {
    const struct fasti_schedule_config *config;
    struct fasti_schedule *schedule;
    fasti_service_id service;
    const struct fasti_service *terms;
    struct fasti_rules rules;
    struct fasti_day_ref ref; /* of the view's date */
    struct fasti_day_view view;
    struct fasti_rule_scene scene;
    struct counted {
        struct fasti_period period; /* whose visits these are; first 0: of none yet */
        uint32_t used[2];
    } week, month;
};

/* What a question over many schedules may say of the patient and of its dates, the first and the
 * last: INVALID_RANGE, INVALID_DATE with a sentence. Their order is the caller's to ask for. */
FASTI_MUST_USE enum fasti_status fasti_row_check(const struct fasti_facts *facts, fasti_date first,
                                                 fasti_date last, struct fasti_detail *detail);

/* Why the schedule cannot be asked at all; FREE: it can, and *row is filled. */
enum fasti_reason fasti_row_load(const struct fasti_search *search,
                                 fasti_organization_id organization, fasti_schedule_id schedule,
                                 fasti_service_id service, const struct fasti_facts *facts,
                                 struct fasti_row *row);

/* Asks for the pages and plans of the days, so that they come while the first ones are worked on
 * (row_ahead.c). */
void fasti_row_prefetch(const struct fasti_search *search, const struct fasti_row *row,
                        fasti_date first, uint32_t day_count);

/* The same of several commands to come, and for all that leads there, a step of all at a time:
 * what one step asks for comes while the others of the step ask. count: at most FASTI_COMING_MAX.
 */
void fasti_rows_prefetch(const struct fasti_search *search, const struct fasti_coming *coming,
                         uint32_t count);

#define FASTI_ROW_CONFIG_LINES 3

/* Asks for the parts of a configuration that a day asks for. */
static inline void fasti_row_config_prefetch(const struct fasti_schedule_config *config) {
    for (uint32_t line = 0; line < FASTI_ROW_CONFIG_LINES; line++)
        __builtin_prefetch((const char *)config + line * 64);
}

/* The key of a day's plan, whose pattern 0 means that there is none to look up. */
static inline struct fasti_plan_key fasti_row_plan_key(const struct fasti_schedule_config *config,
                                                       fasti_service_id service,
                                                       const struct fasti_service *terms,
                                                       struct fasti_day_ref ref) {
    struct fasti_plan_key key = {.pattern_id = FASTI_PATTERN_NONE};
    const uint32_t pattern =
        ref.chunk == NULL ? FASTI_PATTERN_NONE : fasti_load_acquire(&ref.chunk->patterns[ref.at]);
    if (pattern > FASTI_PATTERN_CLOSED &&
        !fasti_schedule_plan_key(config, service, terms, pattern, &key))
        key.pattern_id = FASTI_PATTERN_NONE;
    return key;
}

/* The day's free starts, in search->starts; why there are none. The row's scene has now_ms;
 * is_next: the view holds the day before. */
enum fasti_reason fasti_row_starts(struct fasti_search *search, struct fasti_row *row,
                                   fasti_date date, bool is_next);

/* The same; are there any? */
bool fasti_row_free(struct fasti_search *search, struct fasti_row *row, fasti_date date,
                    bool is_next);

/* What a verdict says of a day or of a schedule. */
enum fasti_reason fasti_row_reason(enum fasti_rule_verdict verdict);

#endif
