/*
 * pattern.h - days with the same open spans share one immutable pattern; its start masks for one
 * service are a plan.
 *
 *   schedule's day --4 bytes--> pattern {spans}  --(duration, grid, service)--> plan {masks}
 *
 * A visit may start at tick t if an opening span offers the service, is not FULL, t = anchor +
 * offset + n * grid, and [t, t + duration) lies in that span; a SINGLE span has the one start
 * anchor = start, of its whole length. A plan answers "which ticks may a visit of this service
 * start at, and how long is it": one group a visit length (all normal openings share the service's
 * duration; a SINGLE opening has its own), each with a bit mask of candidate starts. Starts =
 * candidates & (and-shift of free time). Interned by content, never freed; FASTI_PATTERNS_MAX and
 * FASTI_PLANS_MAX bound them. Threading: intern and plan_make under the engine's configuration lock
 * (one writer); all reads lock-free, any thread. Pattern id 0 means "not compiled", 1 is the empty
 * (closed) day; the ids of patterns that name services have a bit of their own, so that a plan is
 * looked up without reading the pattern first.
 */
#ifndef FASTI_CALENDAR_PATTERN_H
#define FASTI_CALENDAR_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/calendar/opening.h"

#define FASTI_PATTERN_NONE   UINT32_C(0)
#define FASTI_PATTERN_CLOSED UINT32_C(1)
#define FASTI_PATTERN_NAMES  (UINT32_C(1) << 31) /* bit of an id: some span lists services */

struct fasti_patterns; /* the store: one an engine */

struct fasti_pattern {
    uint32_t id;
    uint32_t span_count;
    uint32_t tick_first, tick_end;      /* hull of the spans; 0, 0 when closed */
    uint64_t open[FASTI_DAY_WORDS_MAX]; /* union of all spans that are not FULL */
    struct fasti_span spans[];
};

struct fasti_plan_group {
    uint16_t length_ticks;
    uint64_t starts[FASTI_DAY_WORDS_MAX]; /* bit t: a visit may start at tick t if time is free */
};

struct fasti_plan {
    bool is_open;   /* some opening of the day offers the service, with places or FULL */
    bool has_quota; /* some opening that offers it has a number of places */
    uint8_t word_first, word_end;  /* words of `starts` that are not all zero, over all groups */
    uint16_t tick_first, tick_end; /* of all its visits: from the first start to the last end, which
                                      may lie behind the day's; 0, 0: there are none */
    uint32_t group_count;
    struct fasti_plan_group groups[]; /* by length_ticks, no two alike */
};

/* Room for one plan computed outside the store. */
#define FASTI_PLAN_SCRATCH_BYTES \
    (sizeof(struct fasti_plan) + FASTI_PLAN_GROUPS_MAX * sizeof(struct fasti_plan_group))

/* NULL when there is no memory. */
struct fasti_patterns *fasti_patterns_create(void);
void fasti_patterns_destroy(struct fasti_patterns *patterns);

/* The id of the draft's pattern, made if new. LIMIT_RECORDS, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_pattern_intern(struct fasti_patterns *patterns,
                                                      const struct fasti_day_draft *draft,
                                                      uint32_t *pattern_id);

/* id must be one that intern gave. */
const struct fasti_pattern *fasti_pattern_get(const struct fasti_patterns *patterns, uint32_t id);

/* What a plan depends on. Services that no span names share plans (service matters only where a
 * span lists services), so the store keys by it only then. */
struct fasti_plan_key {
    uint32_t pattern_id;
    fasti_service_id service;
    uint16_t duration_ticks; /* 1 to FASTI_TICKS_MAX */
    uint16_t grid_ticks;     /* 1 to FASTI_TICKS_MAX */
    uint16_t offset_ticks;   /* below grid_ticks */
};

/* The interned plan, or NULL if it was never made. Lock-free. */
const struct fasti_plan *fasti_plan_find(const struct fasti_patterns *patterns,
                                         const struct fasti_plan_key *key);

/* Asks the processor for what plan_find and pattern_get of the key read, a level a call, so that
 * those of many days are on their way at once. Changes nothing. */
#define FASTI_PLAN_LEVELS 2
void fasti_plan_prefetch(const struct fasti_patterns *patterns, const struct fasti_plan_key *key,
                         uint32_t level);

/* The interned plan, made if new. LIMIT_RECORDS, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_plan_make(struct fasti_patterns *patterns,
                                                 const struct fasti_plan_key *key,
                                                 const struct fasti_plan **plan);

/* Computes a plan from spans into scratch (FASTI_PLAN_SCRATCH_BYTES, 8-byte aligned): the one
 * function that plan_make calls too. used_up[i]: span i counts as FULL; NULL: none does. More than
 * FASTI_PLAN_GROUPS_MAX lengths: LIMIT_RECORDS. */
FASTI_MUST_USE enum fasti_status fasti_plan_compute(const struct fasti_span *spans,
                                                    uint32_t span_count, const bool *used_up,
                                                    const struct fasti_plan_key *key,
                                                    struct fasti_plan *scratch);

/* How many of each exist (status command). */
uint32_t fasti_patterns_count(const struct fasti_patterns *patterns);
uint32_t fasti_plans_count(const struct fasti_patterns *patterns);

#endif
