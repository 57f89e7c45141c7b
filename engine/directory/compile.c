/*
 * compile.c - days to patterns, with as few expansions as there are different days.
 *
 *   openings ->  ranges [first, last] of dates   -> events: where the set of active ones changes
 *   dates:    |--- segment ---|-- segment --|-----------------------------|
 *              memo by weekday  memo         x x  odd: days around a change of offset
 *
 * Within a segment the same openings apply to every date, and two ordinary days with the same
 * weekday have the same spans; so a segment costs at most seven expansions, of its active openings
 * only. Odd days, and days behind the compiled range, are expanded one by one.
 */
#include "engine/directory/compile.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"

#define EVENTS_MAX   (2 * FASTI_OPENINGS_MAX)
#define ODD_MAX      (3 * FASTI_ZONE_TRANSITIONS_MAX)
#define MEMO_UNKNOWN UINT32_MAX

struct date_range {
    int32_t first, last; /* inclusive */
};

struct fasti_compiler {
    struct date_range ranges[FASTI_OPENINGS_MAX];
    uint32_t event_count, event_next;
    uint32_t odd_count, odd_next;
    int32_t events[EVENTS_MAX]; /* ascending; a segment ends before each */
    int32_t odd[ODD_MAX];       /* ascending */
    int32_t segment_end;        /* exclusive */
    uint32_t active_count;
    uint32_t memo[7];                                /* pattern by weekday, in this segment */
    struct fasti_opening active[FASTI_OPENINGS_MAX]; /* of this segment */
    bool has_nights;     /* hours that go on over midnight: a day depends on those around it */
    bool is_memo_useful; /* no active opening crosses a midnight: weekdays of a segment are alike */
    struct fasti_day_draft draft;
};

/* One schedule's compilation. */
struct job {
    struct fasti_directory *directory;
    struct fasti_compiler *compiler;
    const struct fasti_publish *publish;
    fasti_schedule_id id;
    struct fasti_schedule *schedule;
    const struct fasti_schedule_config *old, *now;
    enum fasti_touch touch;
    int32_t first; /* today - 1 */
    int32_t end;   /* exclusive: end of the last chunk that is compiled ahead */
};

struct fasti_compiler *fasti_compiler_create(void) {
    return calloc(1, sizeof(struct fasti_compiler));
}

void fasti_compiler_destroy(struct fasti_compiler *compiler) {
    free(compiler);
}

static int32_t chunk_first_of(int32_t date) {
    return date - (date - FASTI_DATE_FIRST) % FASTI_CHUNK_DAYS;
}

/* The day before today in the zone; FASTI_DATE_LAST + 1 when that lies behind all dates. */
static int32_t first_of(const struct fasti_zone *zone, int64_t now_ms) {
    const int64_t now_s = now_ms / 1000 - (now_ms % 1000 < 0);
    const int32_t first = fasti_zone_date_at(zone, now_s).v - 1;
    if (first < FASTI_DATE_FIRST)
        return FASTI_DATE_FIRST;
    return first <= FASTI_DATE_LAST ? first : FASTI_DATE_LAST + 1;
}

/* Exclusive end of what is compiled ahead: that of a chunk, or of all dates. */
static int32_t compile_end(const struct fasti_zone *zone, int64_t now_ms) {
    const int32_t end =
        chunk_first_of(first_of(zone, now_ms) + FASTI_COMPILE_DAYS_MAX - 1) + FASTI_CHUNK_DAYS;
    return end <= FASTI_DATE_LAST ? end : FASTI_DATE_LAST + 1;
}

static struct job job_make(struct fasti_directory *directory, fasti_schedule_id id,
                           const struct fasti_schedule_config *old, enum fasti_touch touch,
                           const struct fasti_publish *publish) {
    const struct fasti_schedule_config *now = fasti_config_get(directory, id);
    FASTI_ASSERT(now != NULL);
    struct job job = {
        .directory = directory,
        .compiler = directory->compiler,
        .publish = publish,
        .id = id,
        .schedule = fasti_schedule_get(directory, id),
        .old = old,
        .now = now,
        .touch = touch,
        .first = first_of(now->zone, publish->now_ms),
    };
    job.end = compile_end(now->zone, publish->now_ms);
    return job;
}

/* ---- segments ---- */

static int date_compare(const void *a, const void *b) {
    const int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

static struct date_range range_of(const struct fasti_opening *opening,
                                  const struct fasti_zone *zone) {
    if (opening->kind != FASTI_OPENING_INSTANT)
        return (struct date_range){opening->date_first.v, opening->date_last.v};
    return (struct date_range){fasti_zone_date_at(zone, opening->start_utc_s).v,
                               fasti_zone_date_at(zone, opening->end_utc_s - 1).v};
}

static void event_add(struct job *job, int32_t date) {
    if (date > job->first && date < job->end)
        job->compiler->events[job->compiler->event_count++] = date;
}

/* Days in the compiled range whose length or offset is not the ordinary one. */
static void odd_find(struct job *job) {
    struct fasti_compiler *c = job->compiler;
    const struct fasti_zone *zone = job->now->zone;
    const int64_t from = ((int64_t)job->first - 2) * FASTI_DAY_SECONDS;
    const int64_t to = ((int64_t)job->end + 2) * FASTI_DAY_SECONDS;
    for (uint32_t i = 0; i < zone->change_count; i++) {
        if (zone->changes[i].utc_s < from || zone->changes[i].utc_s >= to)
            continue;
        const int32_t date = fasti_zone_date_at(zone, zone->changes[i].utc_s).v;
        for (int32_t near = date - 1; near <= date + 1; near++)
            if (near >= job->first && near < job->end)
                c->odd[c->odd_count++] = near;
    }
    qsort(c->odd, c->odd_count, sizeof c->odd[0], date_compare);
}

/* Does what opens or closes on one day change another? Hours that go on over midnight do, and so
 * does a closure of all beside an instant that crosses one. Ranges are filled. */
static bool has_nights(const struct fasti_compiler *c, const struct fasti_schedule_config *config) {
    bool has_hours = false, has_all = false, has_instants = false;
    for (uint32_t i = 0; i < config->opening_count; i++) {
        const struct fasti_opening *opening = &config->openings[i];
        has_hours = has_hours || opening->end_minute > FASTI_DAY_MINUTES;
        has_all = has_all || (opening->flags & FASTI_OPENING_ALL) != 0;
        has_instants = has_instants || (opening->kind == FASTI_OPENING_INSTANT &&
                                        c->ranges[i].first < c->ranges[i].last);
    }
    return has_hours || (has_all && has_instants);
}

static void segments_prepare(struct job *job) {
    struct fasti_compiler *c = job->compiler;
    c->event_count = c->event_next = c->odd_count = c->odd_next = 0;
    c->active_count = 0;
    c->segment_end = INT32_MIN;
    for (uint32_t i = 0; i < job->now->opening_count; i++)
        c->ranges[i] = range_of(&job->now->openings[i], job->now->zone);
    c->has_nights = has_nights(c, job->now);
    for (uint32_t i = 0; i < job->now->opening_count; i++) {
        c->ranges[i].first -= c->has_nights;
        c->ranges[i].last += c->has_nights;
        event_add(job, c->ranges[i].first);
        event_add(job, c->ranges[i].last + 1);
    }
    qsort(c->events, c->event_count, sizeof c->events[0], date_compare);
    if (job->now->opening_count > 0)
        odd_find(job);
}

/* A span between instants differs from day to day where it crosses midnights. */
static bool crosses(const struct fasti_opening *opening, struct date_range range) {
    return opening->kind == FASTI_OPENING_INSTANT ? range.first < range.last
                                                  : opening->end_minute > FASTI_DAY_MINUTES;
}

static void segment_begin(struct job *job, int32_t date) {
    struct fasti_compiler *c = job->compiler;
    c->active_count = 0;
    c->is_memo_useful = !c->has_nights;
    for (uint32_t i = 0; i < job->now->opening_count; i++) {
        if (date < c->ranges[i].first || date > c->ranges[i].last)
            continue;
        c->active[c->active_count++] = job->now->openings[i];
        c->is_memo_useful = c->is_memo_useful && !crosses(&job->now->openings[i], c->ranges[i]);
    }
    while (c->event_next < c->event_count && c->events[c->event_next] <= date)
        c->event_next++;
    if (date >= job->end)
        c->segment_end = date + 1;
    else
        c->segment_end = c->event_next < c->event_count ? c->events[c->event_next] : job->end;
    for (uint32_t i = 0; i < 7; i++)
        c->memo[i] = MEMO_UNKNOWN;
}

static bool is_odd(struct fasti_compiler *c, int32_t date) {
    while (c->odd_next < c->odd_count && c->odd[c->odd_next] < date)
        c->odd_next++;
    return c->odd_next < c->odd_count && c->odd[c->odd_next] == date;
}

/* ---- patterns ---- */

/* The pattern of one date; FASTI_PATTERN_NONE when the store has no room for it. */
static uint32_t pattern_expand(struct job *job, const struct fasti_opening *openings,
                               uint32_t count, const struct fasti_schedule_config *config,
                               int32_t date) {
    struct fasti_day_draft *draft = &job->compiler->draft;
    uint32_t pattern = FASTI_PATTERN_CLOSED;
    if (count == 0)
        return pattern;
    if (fasti_openings_expand(openings, count, config->zone, config->resolution_minutes,
                              (fasti_date){date}, draft) != FASTI_OK)
        return FASTI_PATTERN_NONE;
    if (draft->count > 0 &&
        fasti_pattern_intern(job->directory->patterns, draft, &pattern) != FASTI_OK)
        return FASTI_PATTERN_NONE;
    return pattern;
}

static void plan_make(struct job *job, fasti_service_id id, uint32_t pattern) {
    const struct fasti_service *service = fasti_service_get(job->directory, id);
    struct fasti_plan_key key;
    const struct fasti_plan *plan;
    if (fasti_schedule_plan_key(job->now, id, service, pattern, &key))
        (void)(fasti_plan_make(job->directory->patterns, &key, &plan) == FASTI_OK);
}

/* Expands the active openings on a date and makes the plans of every service. */
static uint32_t pattern_make(struct job *job, int32_t date) {
    struct fasti_compiler *c = job->compiler;
    const uint32_t pattern = pattern_expand(job, c->active, c->active_count, job->now, date);
    if (pattern > FASTI_PATTERN_CLOSED)
        for (uint32_t i = 0; i < job->now->service_count; i++)
            plan_make(job, job->now->services[i], pattern);
    return pattern;
}

/* Called with rising dates. */
static uint32_t pattern_of(struct job *job, int32_t date) {
    struct fasti_compiler *c = job->compiler;
    if (date >= c->segment_end)
        segment_begin(job, date);
    if (c->active_count == 0)
        return FASTI_PATTERN_CLOSED;
    if (is_odd(c, date) || !c->is_memo_useful)
        return pattern_make(job, date);
    uint32_t *memo = &c->memo[fasti_date_weekday((fasti_date){date})];
    if (*memo == MEMO_UNKNOWN)
        *memo = pattern_make(job, date);
    return *memo;
}

/* ---- days ---- */

/* What the date's pattern was under the old configuration. */
static uint32_t pattern_before(struct job *job, uint32_t stored, int32_t date) {
    if (stored != FASTI_PATTERN_NONE)
        return stored;
    if (job->old == NULL)
        return FASTI_PATTERN_CLOSED;
    return pattern_expand(job, job->old->openings, job->old->opening_count, job->old, date);
}

/* Of a paused schedule no claim is under way that would have to lose; one that begins sees the
 * pause or, after its end, the new configuration (attempt.c). */
static bool is_touched(struct job *job, struct fasti_day_ref ref, uint32_t stored, uint32_t after,
                       int32_t date) {
    if (fasti_load_seq_cst(&job->schedule->is_paused))
        return false;
    const uint32_t before = pattern_before(job, stored, date);
    if (before != after || after == FASTI_PATTERN_NONE)
        return true;
    if (job->touch != FASTI_TOUCH_CHANGED && after != FASTI_PATTERN_CLOSED)
        return true;
    return job->touch == FASTI_TOUCH_USED && fasti_load_acquire(&ref.chunk->cells[ref.at]) != 0;
}

static void day_touch(struct job *job, int32_t date) {
    job->publish->touch(job->publish->context, job->id, (fasti_date){date});
}

/* Compiles the days of one chunk from job->first on. */
static void chunk_compile(struct job *job, int32_t chunk_first) {
    uint32_t patterns[FASTI_CHUNK_DAYS];
    const int32_t from = chunk_first > job->first ? chunk_first : job->first;
    const int32_t chunk_end = chunk_first + FASTI_CHUNK_DAYS;
    const int32_t end = chunk_end <= FASTI_DATE_LAST ? chunk_end : FASTI_DATE_LAST + 1;
    bool is_open = false;
    for (int32_t date = from; date < end; date++) {
        patterns[date - from] = pattern_of(job, date);
        is_open |= patterns[date - from] > FASTI_PATTERN_CLOSED;
    }
    if (from >= end)
        return; /* today lies behind all dates */
    struct fasti_day_ref ref =
        fasti_days_find(job->directory->arena, &job->schedule->days, (fasti_date){from});
    const bool is_new = ref.chunk == NULL;
    if (is_new && is_open)
        ref = fasti_days_get(job->publish->arena, &job->schedule->days, (fasti_date){from});
    if (ref.chunk == NULL)
        return;
    for (int32_t date = from; date < end; date++, ref.at++) {
        const uint32_t stored = fasti_load_relaxed(&ref.chunk->patterns[ref.at]);
        const uint32_t after = patterns[date - from];
        fasti_store_release(&ref.chunk->patterns[ref.at], after); /* pairs with readers' acquire */
        if (!is_new && !job->publish->replay && is_touched(job, ref, stored, after, date))
            day_touch(job, date);
    }
}

/* The days before job->first may have another pattern now; nobody needs to know which. */
static void past_clear(struct job *job) {
    fasti_date chunk_first = {FASTI_DATE_FIRST};
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(job->directory->arena, &job->schedule->days, chunk_first,
                                          &chunk_first)) != NULL &&
           chunk_first.v < job->first) {
        for (int32_t at = 0; at < FASTI_CHUNK_DAYS && chunk_first.v + at < job->first; at++)
            fasti_store_release(&chunk->patterns[at], FASTI_PATTERN_NONE);
        chunk_first.v += FASTI_CHUNK_DAYS;
    }
}

void fasti_compile_forget(struct fasti_directory *directory, fasti_schedule_id id) {
    struct fasti_schedule *schedule = fasti_schedule_get(directory, id);
    fasti_date first = {FASTI_DATE_FIRST};
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(directory->arena, &schedule->days, first, &first)) !=
           NULL) {
        for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++)
            fasti_store_release(&chunk->patterns[at], FASTI_PATTERN_NONE);
        first.v += FASTI_CHUNK_DAYS;
    }
}

void fasti_compile_schedule(struct fasti_directory *directory, fasti_schedule_id schedule,
                            const struct fasti_schedule_config *old, enum fasti_touch touch,
                            const struct fasti_publish *publish) {
    struct job job = job_make(directory, schedule, old, touch, publish);
    past_clear(&job);
    segments_prepare(&job);
    for (int32_t chunk = chunk_first_of(job.first); chunk < job.end; chunk += FASTI_CHUNK_DAYS)
        chunk_compile(&job, chunk);
    fasti_store_relaxed(&job.schedule->compiled_end, job.end);
    fasti_date later = {job.end};
    while (fasti_days_next_chunk(directory->arena, &job.schedule->days, later, &later)) {
        chunk_compile(&job, later.v);
        later.v += FASTI_CHUNK_DAYS;
    }
}

/* ---- as time goes on ---- */

bool fasti_directory_is_compile_due(const struct fasti_directory *directory, fasti_schedule_id id,
                                    int64_t now_ms) {
    const struct fasti_schedule *schedule = fasti_schedule_get(directory, id);
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    return fasti_load_relaxed(&schedule->compiled_end) < compile_end(config->zone, now_ms);
}

void fasti_directory_compile_ahead(struct fasti_directory *directory, fasti_schedule_id id,
                                   const struct fasti_publish *publish) {
    struct job job = job_make(directory, id, NULL, FASTI_TOUCH_CHANGED, publish);
    const int32_t compiled = fasti_load_relaxed(&job.schedule->compiled_end);
    FASTI_ASSERT(publish->replay);
    segments_prepare(&job);
    for (int32_t chunk = chunk_first_of(compiled > job.first ? compiled : job.first);
         chunk < job.end; chunk += FASTI_CHUNK_DAYS)
        chunk_compile(&job, chunk);
    fasti_store_relaxed(&job.schedule->compiled_end, job.end);
}

/* ---- services ---- */

/* One existing day of a schedule that offers the service. */
static void service_day(struct job *job, fasti_service_id service, uint32_t stored, int32_t date) {
    const uint32_t pattern =
        stored != FASTI_PATTERN_NONE
            ? stored
            : pattern_expand(job, job->now->openings, job->now->opening_count, job->now, date);
    uint32_t *memo = &job->compiler->memo[fasti_date_weekday((fasti_date){date})];
    if (pattern > FASTI_PATTERN_CLOSED && pattern != *memo) {
        plan_make(job, service, pattern);
        *memo = pattern;
    }
    if (!job->publish->replay && pattern != FASTI_PATTERN_CLOSED &&
        !fasti_load_seq_cst(&job->schedule->is_paused))
        day_touch(job, date);
}

static void service_schedule(struct job *job, fasti_service_id service) {
    for (uint32_t i = 0; i < 7; i++)
        job->compiler->memo[i] = MEMO_UNKNOWN;
    fasti_date first = {job->first};
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(job->directory->arena, &job->schedule->days, first,
                                          &first)) != NULL) {
        for (int32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
            const int32_t date = first.v + at;
            if (date >= job->first && date <= FASTI_DATE_LAST)
                service_day(job, service, fasti_load_relaxed(&chunk->patterns[at]), date);
        }
        first.v += FASTI_CHUNK_DAYS;
    }
}

void fasti_compile_service(struct fasti_directory *directory, fasti_service_id service,
                           const struct fasti_publish *publish) {
    const uint32_t count = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; i <= count; i++) {
        const fasti_schedule_id id = {i};
        if (!fasti_schedule_offers(fasti_config_get(directory, id), service))
            continue;
        struct job job = job_make(directory, id, NULL, FASTI_TOUCH_OPEN, publish);
        service_schedule(&job, service);
    }
}
