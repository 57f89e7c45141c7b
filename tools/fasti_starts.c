/*
 * fasti_starts.c - pools of free starts, and what fits beside what is taken; see fasti_starts.h.
 */
#include "tools/fasti_starts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"

#define BLOCK_DAYS   7    /* asked for at a time */
#define BLOCK_CELLS  7000 /* days of all targets at a time */
#define BATCH        32   /* schedules a question */
#define DAYS_DEFAULT 60
#define DAYS_MAX     400
#define TARGETS_MAX  10000
#define ZONE_EAST_S  (14 * 3600) /* no place is farther ahead of UTC */
#define COUNTED_DAYS 31          /* around the window: what its weeks and months hold */

static enum fasti_exit no_memory(struct fasti_session *session) {
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
}

/* ---- what is taken ---- */

static bool taken_add(struct fasti_target *target, const struct fasti_taken *taken) {
    if (target->count == target->room) {
        const uint32_t room = target->room == 0 ? 16 : 2 * target->room;
        struct fasti_taken *moved = realloc(target->taken, room * sizeof *moved);
        if (moved == NULL)
            return false;
        target->taken = moved;
        target->room = room;
    }
    target->taken[target->count++] = *taken;
    return true;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static struct fasti_taken taken_of(const struct fasti_starts *starts, const struct fasti_pool *pool,
                                   const struct fasti_start *start) {
    const struct fasti_terms *terms = &starts->targets.places[start->target].terms;
    const uint32_t before = larger(terms->before_minutes, pool->terms.before_minutes);
    const uint32_t after = larger(terms->after_minutes, pool->terms.after_minutes);
    return (struct fasti_taken){
        .from_utc_s = start->start_utc_s - INT64_C(60) * before,
        .to_utc_s = start->start_utc_s + INT64_C(60) * (start->minutes + after),
        .start_utc_s = start->start_utc_s,
        .offset_s = start->offset_s,
        .minutes = start->minutes,
        .service = pool->service,
    };
}

static bool has_limits(const struct fasti_terms *terms) {
    return terms->day_limit != 0 || terms->week_limit != 0 || terms->month_limit != 0;
}

/* Does it matter there what was booked before? Where one visit takes the time alone and nothing is
 * counted, what is free says all. */
static bool is_counted(const struct fasti_terms *schedule, const struct fasti_terms *service) {
    return schedule->capacity > 1 || service->capacity > 1 || schedule->overbook > 0 ||
           service->overbook > 0 || has_limits(schedule) || has_limits(service);
}

/* ---- what fits ---- */

/* By how many the busiest minute of the new one is taken. */
static uint32_t peak_of(const struct fasti_target *target, const struct fasti_taken *new) {
    uint32_t peak = 0;
    for (uint32_t i = 0; i < target->count; i++) {
        const struct fasti_taken *taken = &target->taken[i];
        const int64_t at =
            taken->from_utc_s > new->from_utc_s ? taken->from_utc_s : new->from_utc_s;
        uint32_t count = 0;
        if (taken->from_utc_s >= new->to_utc_s || taken->to_utc_s <= new->from_utc_s)
            continue;
        for (uint32_t j = 0; j < target->count; j++)
            count += target->taken[j].from_utc_s <= at && at < target->taken[j].to_utc_s;
        peak = larger(peak, count);
    }
    return peak;
}

/* Its time is free, a seat of it is, or it shares its start with a group that has room. */
static bool has_seat(const struct fasti_target *target, const struct fasti_terms *schedule,
                     const struct fasti_terms *service, const struct fasti_taken *new) {
    uint32_t overlaps = 0, alike = 0;
    for (uint32_t i = 0; i < target->count; i++) {
        const struct fasti_taken *taken = &target->taken[i];
        if (taken->from_utc_s >= new->to_utc_s || taken->to_utc_s <= new->from_utc_s)
            continue;
        overlaps++;
        alike += taken->start_utc_s == new->start_utc_s && taken->minutes == new->minutes &&
                 taken->service.v == new->service.v;
    }
    if (overlaps == 0 || (alike == overlaps && alike < service->capacity))
        return true;
    return schedule->capacity > 1 && peak_of(target, new) < schedule->capacity;
}

/* Days, weeks from Monday on, and months, counted through. */
struct periods {
    int64_t day, week, month;
};

static struct periods periods_of(const struct fasti_taken *taken) {
    const fasti_date date = fasti_date_of_utc(taken->start_utc_s + taken->offset_s);
    const struct fasti_civil civil = fasti_civil_of_date(date);
    return (struct periods){date.v, (date.v - fasti_date_weekday(date) + INT64_C(7000000)) / 7,
                            civil.year * INT64_C(12) + civil.month};
}

struct counts {
    uint32_t day, week, month;
};

static bool is_below(const struct counts *counts, const struct fasti_terms *terms) {
    return (terms->day_limit == 0 || counts->day < terms->day_limit) &&
           (terms->week_limit == 0 || counts->week < terms->week_limit) &&
           (terms->month_limit == 0 || counts->month < terms->month_limit);
}

static bool is_within_limits(const struct fasti_target *target, const struct fasti_terms *schedule,
                             const struct fasti_terms *service, const struct fasti_taken *new) {
    const struct periods own = periods_of(new);
    struct counts all = {0}, of_service = {0};
    if (!has_limits(schedule) && !has_limits(service))
        return true;
    for (uint32_t i = 0; i < target->count; i++) {
        const struct periods other = periods_of(&target->taken[i]);
        const struct counts one = {other.day == own.day, other.week == own.week,
                                   other.month == own.month};
        const uint32_t is_own = target->taken[i].service.v == new->service.v;
        all.day += one.day;
        all.week += one.week;
        all.month += one.month;
        of_service.day += is_own * one.day;
        of_service.week += is_own * one.week;
        of_service.month += is_own * one.month;
    }
    return is_below(&all, schedule) && is_below(&of_service, service);
}

static bool fits(const struct fasti_starts *starts, const struct fasti_pool *pool,
                 const struct fasti_start *start) {
    const struct fasti_target *target = &starts->states[start->target];
    const struct fasti_terms *terms = &starts->targets.places[start->target].terms;
    const struct fasti_taken new = taken_of(starts, pool, start);
    return has_seat(target, terms, &pool->terms, &new) &&
           is_within_limits(target, terms, &pool->terms, &new);
}

/* ---- asking ---- */

/* What is booked at a target in the window and in the weeks and months that it touches. */
static enum fasti_exit target_load(struct fasti_starts *starts, uint32_t index) {
    struct fasti_target *target = &starts->states[index];
    struct fasti_command command = {
        .kind = FASTI_COMMAND_LIST,
        .body.list = {.by = FASTI_LIST_BY_SCHEDULE,
                      .schedule = starts->targets.places[index].id,
                      .from_utc_s = (int64_t)(starts->first.v - COUNTED_DAYS) * FASTI_DAY_SECONDS,
                      .to_utc_s = (int64_t)(starts->last.v + COUNTED_DAYS) * FASTI_DAY_SECONDS,
                      .limit = FASTI_LIST_MAX}};
    for (bool more = true; more;) {
        struct fasti_answer answer;
        const enum fasti_exit exit = fasti_session_call(starts->session, &command, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        const struct fasti_list_answer *page = answer.body.list;
        for (uint32_t i = 0; i < page->count; i++) {
            const struct fasti_record_view *view = &page->records[i];
            const struct fasti_taken taken = {
                .from_utc_s = view->start_utc_s - INT64_C(60) * view->before_minutes,
                .to_utc_s = view->start_utc_s +
                            INT64_C(60) * (view->duration_minutes + view->after_minutes),
                .start_utc_s = view->start_utc_s,
                .offset_s = view->offset_s,
                .minutes = view->duration_minutes,
                .service = view->service};
            if (!taken_add(target, &taken))
                return no_memory(starts->session);
        }
        command.body.list.before = page->next;
        more = page->more;
    }
    target->is_loaded = true;
    return FASTI_EXIT_DONE;
}

static bool start_add(struct fasti_pool *pool, const struct fasti_start *start) {
    if (pool->count == pool->room) {
        const uint32_t room = pool->room == 0 ? 256 : 2 * pool->room;
        struct fasti_start *moved = realloc(pool->starts, room * sizeof *moved);
        if (moved == NULL)
            return false;
        pool->starts = moved;
        pool->room = room;
    }
    pool->starts[pool->count++] = *start;
    return true;
}

static uint32_t hope_of(uint8_t reason) {
    switch ((enum fasti_reason)reason) {
#define HOPE_CASE(name, value, hope, text) \
    case FASTI_REASON_##name: return hope;
        FASTI_REASON_TABLE(HOPE_CASE)
#undef HOPE_CASE
    }
    return 0;
}

static const char *reason_text(enum fasti_reason reason) {
    switch (reason) {
#define TEXT_CASE(name, value, hope, text) \
    case FASTI_REASON_##name: return text;
        FASTI_REASON_TABLE(TEXT_CASE)
#undef TEXT_CASE
    }
    return "?";
}

/* Starts of an answer whose first schedule is target `from`; a closed one is no start. */
static enum fasti_exit answer_add(struct fasti_starts *starts, struct fasti_pool *pool,
                                  const struct fasti_availability_answer *answer, uint32_t from) {
    uint32_t at = 0;
    for (uint32_t s = 0; s < answer->row_count; s++) {
        const uint32_t hope = hope_of(answer->reasons[s]);
        if (hope > pool->hope || pool->reason == FASTI_REASON_NOT_OFFERED) {
            pool->hope = hope;
            pool->reason = (enum fasti_reason)answer->reasons[s];
        }
        for (uint32_t i = 0; i < answer->totals[s]; i++, at++) {
            const struct fasti_start start = {.start_utc_s =
                                                  answer->base_utc_s + answer->starts[at],
                                              .offset_s = answer->offsets_minutes[at] * 60,
                                              .target = from + s,
                                              .minutes = answer->lengths_minutes[at]};
            if (!fasti_emergency_touches(starts->closed, starts->targets.places[from + s].id,
                                         start.start_utc_s,
                                         start.start_utc_s + INT64_C(60) * start.minutes) &&
                !start_add(pool, &start))
                return no_memory(starts->session);
        }
    }
    return FASTI_EXIT_DONE;
}

/* Asks for targets [from, end), as many at a time as an answer has room for. */
static enum fasti_exit batch_ask(struct fasti_starts *starts, struct fasti_pool *pool,
                                 fasti_date first, uint16_t days, uint32_t from, uint32_t end) {
    while (from < end) {
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
        struct fasti_availability_query *query = &command.body.availability;
        struct fasti_answer answer;
        const uint32_t count = end - from < BATCH ? end - from : BATCH;
        query->service_count = 1;
        query->services[0] = pool->service;
        query->facts = pool->facts;
        query->first = first;
        query->day_count = days;
        query->schedule_count = (uint16_t)count;
        for (uint32_t i = 0; i < count; i++)
            query->schedules[i] = starts->targets.places[from + i].id;
        enum fasti_exit exit = fasti_session_ask_again(starts->session, &command, &answer);
        if (exit == FASTI_EXIT_DONE && answer.status != FASTI_OK)
            exit = fasti_session_fail_status(starts->session, answer.status, &answer.detail);
        const uint32_t rows = exit == FASTI_EXIT_DONE ? answer.body.availability->row_count : 0;
        if (exit == FASTI_EXIT_DONE && (rows == 0 || rows > count))
            exit = fasti_session_fail(starts->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                      "the server answers %u of %u schedules", rows, count);
        if (exit == FASTI_EXIT_DONE)
            exit = answer_add(starts, pool, answer.body.availability, from);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        from += rows;
    }
    return FASTI_EXIT_DONE;
}

static int compare_starts(const void *a, const void *b) {
    const struct fasti_start *x = a, *y = b;
    if (x->start_utc_s != y->start_utc_s)
        return x->start_utc_s < y->start_utc_s ? -1 : 1;
    return (x->target > y->target) - (x->target < y->target);
}

/* Of many targets fewer days are asked for at a time: most starts are never looked at. */
static int32_t block_days(uint32_t targets) {
    const uint32_t days = BLOCK_CELLS / targets;
    return days < 1 ? 1 : days < BLOCK_DAYS ? (int32_t)days : BLOCK_DAYS;
}

/* Asks for the next days. Days are local: those of the next block may begin before the last ones of
 * this block have ended elsewhere, so what lies there is not offered before it is known. */
static enum fasti_exit block_ask(struct fasti_starts *starts, struct fasti_pool *pool) {
    const fasti_date first = {starts->first.v + pool->days_done};
    const int32_t left = starts->last.v - first.v + 1;
    const int32_t block = block_days(starts->targets.count);
    const int32_t days = left < block ? left : block;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < starts->targets.count && exit == FASTI_EXIT_DONE; i++)
        if (!starts->states[i].is_loaded &&
            is_counted(&starts->targets.places[i].terms, &pool->terms))
            exit = target_load(starts, i);
    if (exit == FASTI_EXIT_DONE)
        exit = batch_ask(starts, pool, first, (uint16_t)days, 0, starts->targets.count);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    pool->days_done += days;
    pool->sorted_until_utc_s =
        days == left ? INT64_MAX : (int64_t)(first.v + days) * FASTI_DAY_SECONDS - ZONE_EAST_S;
    if (pool->count > 0)
        qsort(pool->starts, pool->count, sizeof *pool->starts, compare_starts);
    return exit;
}

/* Makes sure that every start before an instant, and that one's, is there. */
static enum fasti_exit pool_reach(struct fasti_starts *starts, struct fasti_pool *pool,
                                  int64_t utc_s) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    while (exit == FASTI_EXIT_DONE && pool->sorted_until_utc_s != INT64_MAX &&
           pool->sorted_until_utc_s <= utc_s)
        exit = block_ask(starts, pool);
    return exit;
}

static bool facts_equal(const struct fasti_facts *a, const struct fasti_facts *b) {
    return a->audience == b->audience && a->modality == b->modality && a->sector == b->sector &&
           a->acquaintance == b->acquaintance && a->language == b->language &&
           a->age_months == b->age_months && a->has_age == b->has_age &&
           a->has_referral == b->has_referral;
}

/* The pool of a service for somebody; *index stays good, pointers do not. */
static enum fasti_exit pool_find(struct fasti_starts *starts, fasti_service_id service,
                                 const struct fasti_facts *facts, uint32_t *index) {
    for (*index = 0; *index < starts->pool_count; ++*index)
        if (starts->pools[*index].service.v == service.v &&
            facts_equal(&starts->pools[*index].facts, facts))
            return FASTI_EXIT_DONE;
    if (starts->pool_count == starts->pool_room) {
        const uint32_t room = starts->pool_room == 0 ? 8 : 2 * starts->pool_room;
        struct fasti_pool *moved = realloc(starts->pools, room * sizeof *moved);
        if (moved == NULL)
            return no_memory(starts->session);
        starts->pools = moved;
        starts->pool_room = room;
    }
    const struct fasti_describe_answer *answer;
    const enum fasti_exit exit =
        fasti_session_describe(starts->session, FASTI_ENTITY_SERVICE, service.v, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    starts->pools[starts->pool_count++] =
        (struct fasti_pool){.service = service,
                            .facts = *facts,
                            .terms = answer->put.body.service.terms,
                            .reason = FASTI_REASON_NOT_OFFERED,
                            .sorted_until_utc_s = INT64_MIN};
    return exit;
}

/* ---- finding ---- */

/* A start of the pool at an instant, at the location of the first row and at no target that another
 * row has. */
static bool row_find(const struct fasti_starts *starts, struct fasti_pool *pool, int64_t utc_s,
                     struct fasti_start *rows, uint32_t row) {
    const struct fasti_id_text *location = &starts->targets.places[rows[0].target].location;
    uint32_t low = 0, high = pool->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (pool->starts[middle].start_utc_s < utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < pool->count && pool->starts[low].start_utc_s == utc_s; low++) {
        struct fasti_start *start = &pool->starts[low];
        bool is_free =
            !start->is_dead &&
            fasti_id_text_equal(location, &starts->targets.places[start->target].location);
        for (uint32_t i = 0; i < row && is_free; i++)
            is_free = rows[i].target != start->target;
        if (!is_free || !fits(starts, pool, start))
            continue;
        rows[row] = *start;
        return true;
    }
    return false;
}

/* The other rows beside the first one. */
static enum fasti_exit rows_find(struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                                 const uint32_t pools[FASTI_ITEMS_MAX],
                                 struct fasti_start rows[FASTI_ITEMS_MAX], bool *found) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    *found = true;
    for (uint32_t i = 1; i < ask->count && *found && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_pool *pool = &starts->pools[pools[i]];
        const int64_t utc_s = rows[0].start_utc_s + ask->shifts_s[i];
        exit = pool_reach(starts, pool, utc_s);
        if (exit == FASTI_EXIT_DONE)
            *found = row_find(starts, pool, utc_s, rows, i);
    }
    return exit;
}

static void why_none(const struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                     const struct fasti_pool *pool, struct fasti_detail *why) {
    char last[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(starts->last, last);
    if (pool->count == 0)
        (void)fasti_detail_set(
            why, FASTI_OK, "no target has a free start until %s: %s", last,
            reason_text(pool->reason == FASTI_REASON_FREE ? FASTI_REASON_CLOSED : pool->reason));
    else if (ask->count > 1)
        (void)fasti_detail_set(why, FASTI_OK, "no location has its %u rows free together until %s",
                               ask->count, last);
    else
        (void)fasti_detail_set(
            why, FASTI_OK, "what is free until %s goes to more urgent ones, or was taken", last);
}

enum fasti_exit fasti_starts_find(struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                                  struct fasti_start rows[FASTI_ITEMS_MAX], bool *found,
                                  struct fasti_detail *why) {
    uint32_t pools[FASTI_ITEMS_MAX];
    enum fasti_exit exit = FASTI_EXIT_DONE;
    *found = false;
    for (uint32_t i = 0; i < ask->count && exit == FASTI_EXIT_DONE; i++)
        exit = pool_find(starts, ask->services[i], &ask->facts, &pools[i]);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    struct fasti_pool *pool = &starts->pools[pools[0]];
    for (uint32_t i = pool->first; exit == FASTI_EXIT_DONE && !*found; i++) {
        while (exit == FASTI_EXIT_DONE && pool->sorted_until_utc_s != INT64_MAX &&
               (i >= pool->count || pool->starts[i].start_utc_s >= pool->sorted_until_utc_s))
            exit = block_ask(starts, pool);
        if (exit != FASTI_EXIT_DONE || i >= pool->count)
            break;
        struct fasti_start *start = &pool->starts[i];
        /* What does not fit now never will: time is taken here and not given back. */
        start->is_dead = start->is_dead || !fits(starts, pool, start);
        pool->first += start->is_dead && i == pool->first;
        if (start->is_dead)
            continue;
        rows[0] = *start;
        exit = rows_find(starts, ask, pools, rows, found);
    }
    if (exit == FASTI_EXIT_DONE && !*found)
        why_none(starts, ask, pool, why);
    return exit;
}

enum fasti_exit fasti_starts_take(struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                                  const struct fasti_start *rows) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < ask->count && exit == FASTI_EXIT_DONE; i++) {
        uint32_t index;
        exit = pool_find(starts, ask->services[i], &ask->facts, &index);
        if (exit != FASTI_EXIT_DONE)
            break;
        const struct fasti_taken taken = taken_of(starts, &starts->pools[index], &rows[i]);
        if (!taken_add(&starts->states[rows[i].target], &taken))
            exit = no_memory(starts->session);
    }
    return exit;
}

void fasti_starts_refused(struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                          const struct fasti_start *rows) {
    for (uint32_t p = 0; p < starts->pool_count; p++) {
        struct fasti_pool *pool = &starts->pools[p];
        for (uint32_t i = 0; pool->service.v == ask->services[0].v && i < pool->count; i++)
            if (pool->starts[i].start_utc_s == rows[0].start_utc_s &&
                pool->starts[i].target == rows[0].target)
                pool->starts[i].is_dead = true;
    }
}

void fasti_starts_forget(struct fasti_starts *starts) {
    for (uint32_t p = 0; p < starts->pool_count; p++) {
        struct fasti_pool *pool = &starts->pools[p];
        pool->count = pool->first = 0;
        pool->days_done = 0;
        pool->hope = 0;
        pool->reason = FASTI_REASON_NOT_OFFERED;
        pool->sorted_until_utc_s = INT64_MIN;
    }
}

/* ---- life ---- */

/* --earliest, today at the first target if not said, and --latest. */
static enum fasti_exit window_read(struct fasti_starts *starts, const json_t *options) {
    struct fasti_session *session = starts->session;
    const char *earliest = fasti_field_text(options, "earliest", NULL);
    const char *latest = fasti_field_text(options, "latest", NULL);
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (earliest == NULL)
        exit = fasti_times_today(session, starts->targets.places[0].id, &starts->first);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_date(session, "--earliest", earliest, &starts->first);
    starts->last.v = starts->first.v + DAYS_DEFAULT - 1;
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_date(session, "--latest", latest, &starts->last);
    if (exit == FASTI_EXIT_DONE &&
        (starts->last.v < starts->first.v || starts->last.v - starts->first.v >= DAYS_MAX))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_DATE,
                                  "--latest must be 0 to %d days after --earliest (today if that "
                                  "is not said)",
                                  DAYS_MAX - 1);
    if (starts->last.v > FASTI_DATE_LAST)
        starts->last.v = FASTI_DATE_LAST;
    return exit;
}

enum fasti_exit fasti_starts_init(struct fasti_starts *starts, struct fasti_session *session,
                                  const json_t *options,
                                  const struct fasti_emergency_spans *closed) {
    *starts = (struct fasti_starts){.session = session, .closed = closed};
    enum fasti_exit exit = fasti_places_find(session, options, "to_", &starts->targets);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (starts->targets.count > TARGETS_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_LIMIT_RECORDS,
                                  "%u schedules are targets, and one command takes %d: say fewer",
                                  starts->targets.count, TARGETS_MAX);
    starts->states = calloc(starts->targets.count, sizeof *starts->states);
    return starts->states == NULL ? no_memory(session) : window_read(starts, options);
}

void fasti_starts_deinit(struct fasti_starts *starts) {
    for (uint32_t i = 0; i < starts->targets.count && starts->states != NULL; i++)
        free(starts->states[i].taken);
    for (uint32_t i = 0; i < starts->pool_count; i++)
        free(starts->pools[i].starts);
    free(starts->states);
    free(starts->pools);
    fasti_places_deinit(&starts->targets);
}
