/*
 * thread_edits.c - agenda pages and claims beside an edit that gives ticks another meaning.
 *
 *   worker 0   puts schedule "anna" at resolution 15, its place into a zone an hour east, the
 *              resolution back, the place back ... while no day of it holds time
 *   worker 1   asks for a fortnight of it: always the same 32 quarter hours a working day, in
 * Berlin or all of them an hour earlier worker 2   books 08:00Z of another day, open in both zones,
 * looks whether just that is gone, cancels it; no edit may be done in between
 *
 * A page that mixes the patterns of one zone or resolution with the other shows other times; a
 * claim that an edit overtook takes other times. A plain program: ctest runs it, also under TSan.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/engine_world.h"

#define FLIPS    300
#define BOOKINGS 20 /* at least */

static _Atomic bool is_over, has_edited, has_claimed; /* the last two: the thread is at its end */
static _Atomic uint32_t booked;
static _Atomic uint32_t held_marks; /* odd: the claimer holds time, for sure */
static uint32_t changed, held;      /* edits: done, refused because time was held */

static struct fasti_command anna(uint8_t resolution_minutes) {
    return engine_schedule(1, "anna", resolution_minutes, "visit", NULL);
}

static struct fasti_command place(const char *zone) {
    struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id(zone);
    return command;
}

/* Edit number i; each changes something. */
static struct fasti_command flip(int i) {
    return i % 2 == 0 ? anna(i % 4 == 0 ? 15 : 5)
                      : place(i % 4 == 1 ? "Etc/East" : "Europe/Berlin");
}

static void zone_make(struct engine_world *world) {
    static struct fasti_zone zone;
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Etc/East");
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, 7200};
    command.body.put.body.zone = &zone;
    (void)engine_world_run(world, 0, &command);
}

static void call(struct engine_world *world, uint32_t worker, const struct fasti_command *command,
                 struct fasti_answer *answer) {
    bool is_answered = fasti_engine_submit(world->engine, worker, command, 1, answer);
    while (!is_answered)
        is_answered = fasti_engine_poll(world->engine, worker, answer, 1) == 1;
}

static void *edit(void *context) {
    struct engine_world *world = context;
    for (int i = 0; i < FLIPS || (fasti_load_seq_cst(&booked) < BOOKINGS && i < 100 * FLIPS); i++) {
        const struct fasti_command command = flip(i);
        struct fasti_answer answer;
        uint32_t mark;
        do {
            mark = fasti_load_seq_cst(&held_marks);
            call(world, 0, &command, &answer);
            held += answer.status == FASTI_INVALID_STATE;
            if (answer.status != FASTI_OK) { /* the log's turn: it may be this worker's */
                struct fasti_answer none;
                (void)fasti_engine_poll(world->engine, 0, &none, 1);
            }
        } while (answer.status == FASTI_INVALID_STATE || answer.status == FASTI_BUSY);
        const bool was_held = mark % 2 == 1 && mark == fasti_load_seq_cst(&held_marks);
        if (answer.outcome != FASTI_OUTCOME_CHANGED || was_held) {
            fprintf(stderr, "flip %d: %s\n", i,
                    was_held ? "done while a day held time" : answer.detail.text);
            break;
        }
        changed++;
    }
    fasti_engine_idle_enter(world->engine, 0);
    fasti_store_seq_cst(&is_over, true);
    fasti_store_seq_cst(&has_edited, true);
    return NULL;
}

/* Is every start a quarter hour from 08:00 to 11:45 or from 13:00 to 16:45 by one offset? */
static bool page_is_of(const struct fasti_availability_answer *page, int32_t offset_s) {
    bool is_right = page->total == 10 * 32;
    for (uint32_t i = 0; i < page->total; i++) {
        const int64_t minute = (page->base_utc_s + page->starts[i] + offset_s) % 86400 / 60;
        is_right = is_right && page->offsets_minutes[i] * 60 == offset_s;
        is_right = is_right && minute % 15 == 0 && minute >= 480 && minute < 1020 &&
                   (minute < 720 || minute >= 780);
    }
    return is_right;
}

static bool page_is_right(const struct fasti_availability_answer *page) {
    return page_is_of(page, 3600) || page_is_of(page, 7200);
}

/* Asks until the edits are over; returns how many pages were wrong. */
static uint32_t ask(struct engine_world *world) {
    const struct fasti_command command = engine_availability(1, 1, "2026-01-12", 14);
    uint32_t wrong = 0, asked = 0;
    for (; !fasti_load_seq_cst(&is_over); asked++) {
        struct fasti_answer answer;
        if (!fasti_engine_submit(world->engine, 1, &command, 2, &answer) ||
            (answer.status != FASTI_OK && answer.status != FASTI_BUSY) ||
            (answer.status == FASTI_OK && !page_is_right(answer.body.availability)))
            wrong++;
        (void)fasti_engine_poll(world->engine, 1, &answer, 1);
    }
    printf("%u pages beside them, %u wrong\n", asked, wrong);
    return asked == 0 ? 1 : wrong;
}

/* Are all starts of 2026-02-02 there but 08:00Z, which is open in both zones? */
static bool is_taken_right(struct engine_world *world) {
    const struct fasti_command command = engine_availability(1, 1, "2026-02-02", 1);
    struct fasti_answer answer;
    call(world, 2, &command, &answer);
    const struct fasti_availability_answer *page = answer.body.availability;
    bool is_right = answer.status == FASTI_OK && page->total == 31;
    for (uint32_t i = 0; is_right && i < page->total; i++)
        is_right = (page->base_utc_s + page->starts[i]) % 86400 != 8 * 3600;
    return is_right;
}

/* Books and cancels until the edits are over; *context is the world. NULL: all went right. */
static void *claim(void *context) {
    struct engine_world *world = context;
    uint32_t wrong = 0;
    while (!fasti_load_seq_cst(&is_over)) {
        const struct fasti_command book = engine_book(1, 1, "2026-02-02T08:00:00Z", "p-1");
        struct fasti_answer answer;
        call(world, 2, &book, &answer);
        if (answer.status == FASTI_BUSY || answer.status == FASTI_INVALID_STATE)
            continue; /* an edit is under way */
        const struct fasti_command cancel = engine_cancel(answer.record.v);
        if (answer.outcome != FASTI_OUTCOME_BOOKED || !is_taken_right(world)) {
            fprintf(stderr, "booking %u: status %d, outcome %d %s\n", fasti_load_seq_cst(&booked),
                    answer.status, answer.outcome, answer.detail.text);
            wrong++;
            break;
        }
        (void)fasti_add_seq_cst(&booked, UINT32_C(1));
        (void)fasti_add_seq_cst(&held_marks, UINT32_C(1));
        for (uint32_t i = 0; i < 16; i++) /* an edit meets it for sure */
            (void)fasti_engine_poll(world->engine, 2, &answer, 1);
        (void)fasti_add_seq_cst(&held_marks, UINT32_C(1));
        do
            call(world, 2, &cancel, &answer);
        while (answer.status == FASTI_BUSY); /* an edit is under way */
        if (answer.outcome != FASTI_OUTCOME_CANCELLED) {
            fprintf(stderr, "cancel %u: status %d, outcome %d %s\n", fasti_load_seq_cst(&booked),
                    answer.status, answer.outcome, answer.detail.text);
            wrong++;
            break;
        }
        for (uint32_t i = 0; i < 64; i++) /* leaves the edits their turn */
            (void)fasti_engine_poll(world->engine, 2, &answer, 1);
    }
    fasti_engine_idle_enter(world->engine, 2);
    fasti_store_seq_cst(&has_claimed, true);
    printf("%u bookings beside them, %u wrong\n", fasti_load_seq_cst(&booked), wrong);
    return wrong == 0 && fasti_load_seq_cst(&booked) >= BOOKINGS ? NULL : context;
}

int main(void) {
    struct engine_world *world = engine_world_make(1, 3, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    zone_make(world);
    const struct fasti_command first = anna(5);
    (void)engine_world_run(world, 0, &first);
    pthread_t editor, claimer;
    if (pthread_create(&editor, NULL, edit, world) != 0 ||
        pthread_create(&claimer, NULL, claim, world) != 0)
        return 1;
    uint32_t wrong = ask(world);
    while (!fasti_load_seq_cst(&has_edited) || !fasti_load_seq_cst(&has_claimed)) {
        struct fasti_answer none; /* a batch that others wait for may be one of these workers' */
        (void)fasti_engine_poll(world->engine, 1, &none, 1);
        fasti_engine_idle_enter(world->engine, 1);
        if (!fasti_load_seq_cst(&has_edited))
            continue; /* it looks after its own */
        (void)fasti_engine_poll(world->engine, 0, &none, 1);
        fasti_engine_idle_enter(world->engine, 0);
    }
    void *claimed;
    pthread_join(editor, NULL);
    pthread_join(claimer, &claimed);
    printf("%u edits, %u refused while time was held\n", changed, held);
    wrong += claimed != NULL || changed < FLIPS;
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    if (engine_world_open(world) != FASTI_OK ||
        !fasti_hash128_equal(engine_world_digest(world), before)) {
        fprintf(stderr, "another state after a restart: %s\n", world->detail.text);
        wrong++;
    }
    engine_world_free(world);
    return wrong == 0 ? 0 : 1;
}
