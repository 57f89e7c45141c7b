/*
 * thread_edit_order.c - an edit and a booking under chosen schedules: the list of conflicts that is
 * asked for as soon as the edit is answered knows of every booking that comes of the race.
 *
 *   worker 0   books 09:00 of a day                  stands still wherever the schedule says
 *   worker 1   closes the day, takes the service away, gives it another grid, pauses the schedule
 *              or asks for notice; polls until that is answered; asks for the conflicts of the
 *              schedule, or for all that it has where the edit leaves nothing outside
 *
 * Either the booking came first and the list has it, or it is refused: nothing is booked under the
 * old rules after the edit was answered. What thread_conflicts.c
 * meets now and then is met here by design, between any two accesses of a shared word. Seeds are
 * random and printed. thread_edit_order [RUNS]. Skipped under TSan, which does not know coroutines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/check.h"
#include "tests/support/engine_world.h"
#include "tests/support/explore.h"
#include "tests/support/seed.h"

#define RUNS     10000
#define HEAD_MAX 1000 /* an edit is published after some hundred */
#define POLLS    60   /* of worker 1 for an answer: it may need worker 0 */
#define DATE     "2026-01-06"

enum edit { EDIT_CLOSED, EDIT_SERVICE, EDIT_GRID, EDIT_PAUSE, EDIT_NOTICE, EDITS };

static struct engine_world *world;
static struct fasti_opening closure;
static struct fasti_command book, edit, list;
static struct fasti_answer booked, edited;
static bool is_booked, is_edited, is_listed; /* answered */
static bool leaves_outside;                  /* the edit, what was booked before */
static uint32_t head;                        /* of the edit, in yields */
static uint32_t conflict_count;
static uint64_t conflict;

/* ---- the two ---- */

static bool ask(uint32_t worker, const struct fasti_command *command, struct fasti_answer *answer) {
    bool is_told = fasti_engine_submit(world->engine, worker, command, 1, answer);
    for (int i = 0; i < POLLS && !is_told; i++)
        is_told = fasti_engine_poll(world->engine, worker, answer, 1) == 1;
    return is_told;
}

/* Its big part is gone with the next call. */
static void list_note(const struct fasti_answer *answer) {
    is_listed = answer->status == FASTI_OK;
    conflict_count = answer->body.list->count; /* or all that there is: at most the one */
    conflict = conflict_count > 0 ? answer->body.list->records[0].record.v : 0;
}

static void work(uint32_t worker) {
    static _Atomic uint32_t nothing;
    struct fasti_answer answer;
    for (uint32_t i = 0; i < head && worker == 0; i++)
        (void)fasti_load_relaxed(&nothing);
    if (worker == 0) {
        is_booked = fasti_engine_submit(world->engine, 0, &book, 1, &booked);
        fasti_engine_idle_enter(world->engine, 0); /* as a server does that waits */
        return;
    }
    is_edited = ask(1, &edit, &edited);
    list.body.list.only_conflicts = leaves_outside;
    if (is_edited && ask(1, &list, &answer))
        list_note(&answer);
}

/* What was not answered while both ran, is now. */
static void rest(void) {
    for (int i = 0; i < 10000 && !(is_booked && is_edited); i++)
        for (uint32_t w = 0; w < 2; w++) {
            struct fasti_answer answer;
            if (fasti_engine_poll(world->engine, w, &answer, 1) == 0)
                continue;
            if (w == 0) {
                booked = answer;
                is_booked = true;
            } else if (!is_edited) {
                edited = answer;
                is_edited = true;
            } else {
                list_note(&answer);
            }
        }
}

/* ---- edits ---- */

static struct fasti_command closure_put(enum fasti_openings_mode mode) {
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    command.body.put.body.openings.mode = mode;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &closure;
    return command;
}

static struct fasti_command service_put(uint16_t minutes) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = minutes;
    return command;
}

static struct fasti_command terms_put(uint8_t flags, uint32_t notice_minutes) {
    struct fasti_command command = engine_schedule(1, "anna", 5, "visit", "long");
    command.body.put.body.schedule.terms.flags = flags;
    command.body.put.body.schedule.terms.notice_minutes = notice_minutes;
    return command;
}

static struct fasti_command edit_make(enum edit kind, bool is_after) {
    switch (kind) {
    case EDIT_CLOSED: return closure_put(is_after ? FASTI_OPENINGS_UPSERT : FASTI_OPENINGS_REMOVE);
    case EDIT_SERVICE:
        return is_after ? engine_schedule(1, "anna", 5, "long", NULL)
                        : engine_schedule(1, "anna", 5, "visit", "long");
    case EDIT_GRID: return service_put(is_after ? 35 : 15); /* no start at 09:00 any more */
    case EDIT_PAUSE: return terms_put(is_after ? FASTI_TERMS_PAUSED : 0, 0);
    case EDIT_NOTICE: return terms_put(0, is_after ? 3 * 24 * 60 : 0);
    case EDITS: break;
    }
    return edit;
}

static void begin(void) {
    world = engine_world_make_small(1, 2, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    closure = engine_weekly("shut", 0x7f, "00:00", "24:00");
    closure.kind = FASTI_OPENING_CLOSED;
    CHECK(fasti_date_parse(DATE, strlen(DATE), &closure.date_first) == FASTI_OK, "a date");
    closure.date_last = closure.date_first;
    book = engine_book(1, 1, DATE "T08:00:00Z", "p-1");
    list = (struct fasti_command){.kind = FASTI_COMMAND_LIST, .organization = {1}};
    list.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                               .schedule = {1},
                                               .only_conflicts = true,
                                               .from_utc_s = engine_utc_s(DATE "T00:00:00Z"),
                                               .to_utc_s = engine_utc_s(DATE "T23:00:00Z"),
                                               .limit = FASTI_LIST_MAX};
}

/* ---- a run ---- */

/* NULL: all holds. */
static const char *judge(enum edit kind) {
    const bool won = booked.outcome == FASTI_OUTCOME_BOOKED;
    if (!is_booked || !is_edited || booked.status != FASTI_OK || edited.status != FASTI_OK ||
        edited.outcome == FASTI_OUTCOME_UNCHANGED)
        return "not answered, or not as it should be";
    if (!won && booked.outcome != FASTI_OUTCOME_CLOSED &&
        booked.outcome != FASTI_OUTCOME_NOT_OFFERED && booked.outcome != FASTI_OUTCOME_OFF_GRID &&
        booked.outcome != FASTI_OUTCOME_PAUSED && booked.outcome != FASTI_OUTCOME_NOTICE)
        return "refused for another reason than the edit";
    if (is_listed && kind != EDIT_GRID && conflict_count != (won ? 1u : 0u))
        return won ? "booked, and not among those that were told of at once"
                   : "a conflict without a booking";
    if (is_listed && conflict_count == 1 && conflict != booked.record.v)
        return "another record is the conflict";
    return NULL;
}

static void undo(enum edit kind) {
    const struct fasti_command back = edit_make(kind, false);
    const struct fasti_command cancel = engine_cancel(booked.record.v);
    if (booked.outcome == FASTI_OUTCOME_BOOKED)
        CHECK(engine_world_run(world, 0, &cancel).outcome == FASTI_OUTCOME_CANCELLED, "cancel");
    CHECK(engine_world_run(world, 0, &back).status == FASTI_OK, "undo");
    engine_world_settle(world);
}

int main(int argc, char **argv) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    puts("thread_edit_order: skipped under TSan");
    return 77;
#endif
#endif
    const uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : RUNS;
    struct fasti_prng prng = fasti_test_prng("thread_edit_order");
    uint64_t won = 0, listed = 0;
    const char *why = NULL;
    for (uint64_t run = 0; run < runs && why == NULL; run++) {
        if (run % 500 == 0) { /* what runs leave behind is dropped */
            if (run > 0)
                engine_world_free(world);
            begin();
        }
        const enum edit kind = (enum edit)fasti_prng_below(&prng, EDITS);
        edit = edit_make(kind, true);
        head = (uint32_t)fasti_prng_below(&prng, HEAD_MAX);
        leaves_outside = kind < EDIT_PAUSE;
        is_booked = is_edited = is_listed = false;
        conflict_count = 0;
        fasti_explore_init(2, work);
        fasti_explore_run_random(fasti_prng_next(&prng));
        rest();
        why = judge(kind);
        won += booked.outcome == FASTI_OUTCOME_BOOKED;
        listed += is_listed;
        if (why != NULL)
            printf("edit %d, booking %s: %s\n", kind, fasti_outcome_name(booked.outcome), why);
        else
            undo(kind);
    }
    if (why != NULL)
        fasti_explore_print();
    engine_world_free(world);
    printf("thread_edit_order: %" PRIu64 " schedules asked for, %" PRIu64 " switches, %" PRIu64
           " bookings won, %" PRIu64 " lists while both ran: %s\n",
           runs, fasti_explore_switches(), won, listed, why == NULL ? "all holds" : "a fault");
    return why == NULL ? 0 : 1;
}
