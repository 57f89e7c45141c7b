/*
 * plan.c - from the open spans of a day to the masks of candidate starts for one service.
 *
 *   span        |-----------------------|      duration 3, grid 2
 *   anchor  a . . . . .
 *   starts        x   x   x   x   x   x        the last one still has 3 ticks in the span
 *
 * Runs when a plan is first needed, never per query, so it is written for plainness.
 */
#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"
#include "engine/calendar/pattern.h"

/* The group of one visit length, made in its place if new; NULL when there are too many. */
static struct fasti_plan_group *group_get(struct fasti_plan *plan, uint32_t length_ticks) {
    uint32_t at = 0;
    while (at < plan->group_count && plan->groups[at].length_ticks < length_ticks)
        at++;
    struct fasti_plan_group *group = &plan->groups[at];
    if (at < plan->group_count && group->length_ticks == length_ticks)
        return group;
    if (plan->group_count == FASTI_PLAN_GROUPS_MAX)
        return NULL;
    memmove(group + 1, group, (plan->group_count - at) * sizeof *group);
    plan->group_count++;
    memset(group, 0, sizeof *group);
    group->length_ticks = (uint16_t)length_ticks;
    return group;
}

/* First tick of anchor + offset, anchor + offset + grid, ... that is not before start_tick, which
 * is not before the anchor. */
static uint32_t grid_first(const struct fasti_span *span, uint32_t grid_ticks, uint32_t offset) {
    const int64_t first = (int64_t)span->anchor_tick + offset;
    const int64_t before = (int64_t)span->start_tick - first;
    FASTI_ASSERT(span->anchor_tick <= (int32_t)span->start_tick);
    return (uint32_t)(before <= 0 ? first
                                  : first + (before + grid_ticks - 1) / grid_ticks * grid_ticks);
}

static enum fasti_status span_plan(const struct fasti_span *span, const struct fasti_plan_key *key,
                                   struct fasti_plan *plan) {
    const bool single = (span->flags & FASTI_OPENING_SINGLE) != 0;
    const uint32_t length =
        single ? fasti_span_visit_end(span) - span->start_tick : key->duration_ticks;
    const uint32_t step = single ? FASTI_TICKS_MAX : key->grid_ticks;
    uint32_t tick = grid_first(span, step, single ? 0 : key->offset_ticks);
    if (tick >= span->end_tick || tick + length > fasti_span_visit_end(span))
        return FASTI_OK;
    struct fasti_plan_group *group = group_get(plan, length);
    if (group == NULL)
        return FASTI_LIMIT_RECORDS;
    plan->tick_first =
        plan->tick_end == 0 || tick < plan->tick_first ? (uint16_t)tick : plan->tick_first;
    for (; tick < span->end_tick && tick + length <= fasti_span_visit_end(span); tick += step) {
        fasti_bits_set(group->starts, tick, 1);
        if (tick + length > plan->tick_end)
            plan->tick_end = (uint16_t)(tick + length);
    }
    return FASTI_OK;
}

/* The hull of all groups' words that are not 0. */
static void hull_set(struct fasti_plan *plan) {
    plan->word_first = plan->group_count == 0 ? 0 : FASTI_DAY_WORDS_MAX;
    plan->word_end = 0;
    for (uint32_t g = 0; g < plan->group_count; g++) {
        for (uint8_t i = 0; i < FASTI_DAY_WORDS_MAX; i++) {
            if (plan->groups[g].starts[i] == 0)
                continue;
            if (i < plan->word_first)
                plan->word_first = i;
            if (i >= plan->word_end)
                plan->word_end = (uint8_t)(i + 1);
        }
    }
}

enum fasti_status fasti_plan_compute(const struct fasti_span *spans, uint32_t span_count,
                                     const bool *used_up, const struct fasti_plan_key *key,
                                     struct fasti_plan *scratch) {
    FASTI_ASSERT(key->duration_ticks >= 1 && key->duration_ticks <= FASTI_TICKS_MAX);
    FASTI_ASSERT(key->grid_ticks >= 1 && key->grid_ticks <= FASTI_TICKS_MAX);
    FASTI_ASSERT(key->offset_ticks < key->grid_ticks);
    memset(scratch, 0, sizeof *scratch);
    for (uint32_t i = 0; i < span_count; i++) {
        FASTI_ASSERT(spans[i].start_tick < spans[i].end_tick);
        FASTI_ASSERT(spans[i].end_tick <= FASTI_TICKS_MAX);
        if (!fasti_span_offers(&spans[i], key->service))
            continue;
        scratch->is_open = true;
        scratch->has_quota |= spans[i].capacity != FASTI_CAPACITY_UNLIMITED;
        if ((spans[i].flags & FASTI_OPENING_FULL) == 0 && (used_up == NULL || !used_up[i]))
            FASTI_TRY(span_plan(&spans[i], key, scratch));
    }
    hull_set(scratch);
    return FASTI_OK;
}
