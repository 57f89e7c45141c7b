/*
 * thread_search.c - searches beside bookings, cancels and edits of other workers: what was
 * acknowledged is found, and what was taken is not told.
 *
 *   workers 0, 1   own schedule 1 and 2, whose day has one start each:
 *                    book it -> acknowledged -> a search must not tell of it
 *                    cancel  -> acknowledged -> a search must tell of it, once
 *   worker 2       books and cancels at random on the others, so that batches are full of notes and
 *                  the committer's role moves
 *   worker 3       changes schedules, services and a zone: rosters are made anew all the time
 *   worker 4       one seat on its own schedule: books it; gives it two -> a search must tell of it
 *                  in spite of rosters that others had made anew between the two
 *
 * A plain program: ctest runs it, also under ThreadSanitizer.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/seed.h"
#include "tests/support/thread_world.h"

#define WORKERS        5
#define SEATS_SCHEDULE (3 + OTHERS)
#define OTHERS         12
#define ROUNDS         400 /* of each owner, at least, and until there were enough edits */
#define EDITS          60
#define ROUNDS_MAX     100000
#define DATE           20459 /* Tuesday 2026-01-06 */

static struct engine_world *world;
static uint64_t seed; /* of what is booked at random */
static _Atomic uint32_t owners_left, edits;

/* How often is the schedule told of, among all that offer the service? */
static uint32_t told(uint32_t worker, uint32_t schedule, uint32_t round) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SEARCH};
    command.body.search = (struct fasti_search_query){.specialty = engine_id("all"),
                                                      .code = engine_id("visit"),
                                                      .first = {DATE},
                                                      .last = {DATE},
                                                      .order = FASTI_SEARCH_BY_START,
                                                      .limit = FASTI_SEARCH_RESULTS_MAX,
                                                      .start_limit = 2};
    uint32_t count = 0;
    for (bool more = true; more;) {
        const struct fasti_answer answer = thread_call(worker, &command);
        if (answer.status != FASTI_OK) {
            thread_fault(worker, round, answer.detail.text);
            return 0;
        }
        for (uint32_t r = 0; r < answer.body.search->count; r++)
            count += answer.body.search->results[r].schedule.v == schedule;
        more = answer.body.search->more;
        command.body.search.after = answer.body.search->next;
    }
    return count;
}

/* Starts of the schedule in the agenda of all that offer it; it must be there, once. */
static uint32_t listed(uint32_t worker, uint32_t schedule, uint32_t round) {
    struct fasti_command command = engine_availability(0, 1, "2026-01-06", 1);
    struct fasti_availability_query *query = &command.body.availability;
    uint32_t starts = 0, rows = 0;
    query->schedule_count = 0;
    do {
        const struct fasti_answer answer = thread_call(worker, &command);
        if (answer.status != FASTI_OK) {
            thread_fault(worker, round, answer.detail.text);
            break;
        }
        const struct fasti_availability_answer *page = answer.body.availability;
        for (uint32_t r = 0; r < page->row_count; r++) {
            rows += page->schedules[r].v == schedule;
            starts += page->schedules[r].v == schedule ? page->totals[r] : 0;
        }
        query->after = page->next;
    } while (query->after != 0);
    if (rows != 1)
        thread_fault(worker, round, "not in the agenda, or twice");
    return starts;
}

static void *own(void *context) {
    const uint32_t worker = *(uint32_t *)context, schedule = worker + 1;
    const struct fasti_command book = engine_book(schedule, 1, "2026-01-06T08:00:00+01:00", "p-1");
    for (uint32_t round = 0;
         (round < ROUNDS || (fasti_load_seq_cst(&edits) < EDITS && round < ROUNDS_MAX)) &&
         thread_faults() == 0;
         round++) {
        const struct fasti_answer booked = thread_call(worker, &book);
        if (booked.outcome != FASTI_OUTCOME_BOOKED)
            thread_fault(worker, round, "not booked");
        if (told(worker, schedule, round) != 0)
            thread_fault(worker, round, "told of a start that is booked");
        if (listed(worker, schedule, round) != 0)
            thread_fault(worker, round, "a start that is booked is listed");
        const struct fasti_command cancel = engine_cancel(booked.record.v);
        if (thread_call(worker, &cancel).outcome != FASTI_OUTCOME_CANCELLED)
            thread_fault(worker, round, "not cancelled");
        if (told(worker, schedule, round) != 1)
            thread_fault(worker, round, "not told of a start that is free");
        if (listed(worker, schedule, round) != 1)
            thread_fault(worker, round, "a start that is free is not listed");
    }
    (void)fasti_add_seq_cst(&owners_left, UINT32_MAX);
    thread_leave(worker);
    return NULL;
}

static void *others_book(void *context) {
    struct fasti_prng prng = {seed};
    (void)context;
    while (fasti_load_seq_cst(&owners_left) > 0) {
        struct fasti_command command = engine_book(3 + (uint32_t)fasti_prng_below(&prng, OTHERS), 1,
                                                   "2026-01-06T09:00:00+01:00", "p-2");
        command.body.book.items[0].start_utc_s += (int64_t)fasti_prng_below(&prng, 12) * 900;
        const struct fasti_answer booked = thread_call(2, &command);
        const struct fasti_command cancel = engine_cancel(booked.record.v);
        if (booked.outcome == FASTI_OUTCOME_BOOKED && fasti_prng_below(&prng, 3) > 0)
            (void)thread_call(2, &cancel);
    }
    thread_leave(2);
    return NULL;
}

static struct fasti_command schedule_of(const char *id) {
    struct fasti_command command = engine_schedule(1, id, 5, "visit", NULL);
    command.body.put.body.schedule.specialty_count = 1;
    command.body.put.body.schedule.specialties[0] = engine_id("all");
    return command;
}

/* A zone that nobody is in: whatever changes there, the roster is made anew. */
static struct fasti_command zone_of(uint32_t n) {
    static struct fasti_zone zone;
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Pacific/Auckland");
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, n % 2 == 0 ? 3600 : 7200};
    command.body.put.body.zone = &zone;
    return command;
}

static struct fasti_command edit_of(uint32_t n) {
    struct fasti_command command = schedule_of("other-0");
    command.body.put.body.schedule.terms.capacity = (uint8_t)(1 + n / 3 % 2);
    if (n % 3 == 0) { /* all schedules offer it */
        command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
        command.body.put.body.service.duration_minutes = 15;
        command.body.put.body.service.code = engine_id("visit");
        command.body.put.body.service.terms.notice_minutes = 1 + n / 3 % 5;
    }
    return n % 3 == 1 ? zone_of(n / 3) : command;
}

static void *country_change(void *context) {
    (void)context;
    for (uint32_t n = 0; fasti_load_seq_cst(&owners_left) > 0; n++) {
        const struct fasti_command command = edit_of(n);
        const struct fasti_answer answer = thread_call(3, &command);
        if (answer.status != FASTI_OK)
            thread_fault(3, n, answer.detail.text);
        (void)fasti_add_seq_cst(&edits, UINT32_C(1));
    }
    thread_leave(3);
    return NULL;
}

/* A claim under the old rules may be numbered after somebody else had the roster made anew. */
static void *seats_change(void *context) {
    (void)context;
    struct fasti_command one = schedule_of("seats"), two = one;
    const struct fasti_command book =
        engine_book(SEATS_SCHEDULE, 1, "2026-01-06T08:00:00+01:00", "p-3");
    two.body.put.body.schedule.terms.capacity = 2;
    for (uint32_t round = 0; fasti_load_seq_cst(&owners_left) > 0; round++) {
        struct fasti_answer answers[2];
        /* Both are on their way at once. */
        bool is_told[2] = {fasti_engine_submit(world->engine, 4, &book, 0, &answers[0]), false};
        is_told[1] = fasti_engine_submit(world->engine, 4, &two, 1, &answers[1]);
        while (!is_told[0] || !is_told[1]) {
            struct fasti_answer answer;
            if (fasti_engine_poll(world->engine, 4, &answer, 1) == 1) {
                answers[answer.tag] = answer;
                is_told[answer.tag] = true;
            } else {
                thread_rest(4);
            }
        }
        if (answers[0].outcome != FASTI_OUTCOME_BOOKED || answers[1].status != FASTI_OK)
            thread_fault(4, round, "not booked, or no second seat");
        if (told(4, SEATS_SCHEDULE, round) != 1)
            thread_fault(4, round, "not told of a second seat");
        const struct fasti_command cancel = engine_cancel(answers[0].record.v);
        if (thread_call(4, &cancel).outcome != FASTI_OUTCOME_CANCELLED ||
            thread_call(4, &one).status != FASTI_OK)
            thread_fault(4, round, "not cancelled, or no single seat");
    }
    thread_leave(4);
    return NULL;
}

static void must(struct fasti_command command) {
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    if (answer.status != FASTI_OK || !fasti_outcome_is_done(answer.outcome)) {
        fprintf(stderr, "%s\n", answer.detail.text);
        exit(1);
    }
}

static void schedule_make(const char *id, const char *start, const char *end) {
    const struct fasti_opening opening = engine_weekly("hours", 0x1f, start, end);
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    must(schedule_of(id));
    must(command);
}

int main(void) {
    static void *(*const roles[WORKERS])(void *) = {own, own, others_book, country_change,
                                                    seats_change};
    struct fasti_prng prng = fasti_test_prng("thread_search");
    seed = fasti_prng_next(&prng);
    world = thread_world_make(WORKERS, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    struct fasti_command service = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    service.body.put.body.service.duration_minutes = 15;
    service.body.put.body.service.code = engine_id("visit");
    must(service);
    schedule_make("anna", "08:00", "08:15");
    schedule_make("ben", "08:00", "08:15");
    for (uint32_t i = 0; i < OTHERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "other-%u", i);
        schedule_make(id, "09:00", "12:00");
    }
    schedule_make("seats", "08:00", "08:15");
    fasti_store_seq_cst(&owners_left, UINT32_C(2));
    if (!thread_world_run(roles))
        return 1;
    printf("thread_search: at least %d rounds of 2 owners, %u edits beside them, %u faults\n",
           ROUNDS, fasti_load_seq_cst(&edits), thread_faults());
    return thread_world_end();
}
