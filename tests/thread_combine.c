/*
 * thread_combine.c - combinations beside bookings, cancels and edits of other workers.
 *
 *   workers 0, 1   a doctor and a room of their own, with one start a day each, in a chain of two
 *                  days: offered -> booked as it stands -> not offered -> cancelled -> offered
 * again workers 2, 3   both book what they are offered on the same doctors and rooms: it is booked,
 * or the other one was faster; nothing else ever comes of an offer worker 4       gives a shared
 * doctor a second seat and takes it back, all the time
 *
 * A plain program: ctest runs it, also under ThreadSanitizer.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/seed.h"
#include "tests/support/thread_world.h"

#define WORKERS 5
#define ROUNDS  150   /* of each owner */
#define DATE    20459 /* Tuesday 2026-01-06 */
#define OWN     2     /* doctors of workers 0 and 1; their rooms are OWN + 2, + 3 */
#define SHARED  6     /* two doctors and two rooms */

static struct engine_world *world;
static _Atomic uint32_t owners_left, booked, lost, edits;

/* Two steps, on two days that follow each other: one of the doctors and one of the rooms, each. */
static struct fasti_command question(const uint32_t *schedules, uint32_t each) {
    struct fasti_command command = {.kind = FASTI_COMMAND_COMBINE, .organization = {1}};
    struct fasti_combine_query *query = &command.body.combine;
    query->first.v = DATE;
    query->last.v = DATE + 1;
    query->limit = 1;
    query->step_count = 2;
    query->part_count = 4;
    for (uint32_t s = 0; s < 2; s++)
        query->steps[s] =
            (struct fasti_combine_step){.part_count = 2, .days_min = s > 0, .days_max = s > 0};
    for (uint32_t p = 0; p < 4; p++) {
        query->parts[p].choice_count = (uint8_t)each;
        for (uint32_t i = 0; i < each; i++)
            query->choices[query->choice_count++] =
                (struct fasti_combine_choice){{schedules[p % 2 * each + i]}, {1}};
    }
    return command;
}

/* Asks, and makes a booking of the offer; false: there is none. */
static bool offer_get(uint32_t worker, uint32_t round, const struct fasti_command *asked,
                      struct fasti_command *book) {
    const struct fasti_answer answer = thread_call(worker, asked);
    if (answer.status != FASTI_OK) {
        thread_fault(worker, round, answer.detail.text);
        return false;
    }
    const struct fasti_combine_answer *offers = answer.body.combine;
    memset(book, 0, sizeof *book);
    book->kind = FASTI_COMMAND_BOOK;
    book->organization.v = 1;
    book->body.book.appointment_count = 2;
    book->body.book.item_count = (uint8_t)offers->row_count;
    for (uint32_t r = 0; r < offers->row_count; r++) {
        const struct fasti_combine_row *row = &offers->rows[r];
        book->body.book.items[r] = (struct fasti_book_item){.schedule = row->schedule,
                                                            .service = row->service,
                                                            .start_utc_s = row->start_utc_s,
                                                            .appointment = row->appointment};
        book->body.book.appointments[row->appointment].patient = "p";
        book->body.book.appointments[row->appointment].patient_length = 1;
    }
    return offers->count == 1;
}

static void both_cancel(uint32_t worker, uint32_t round, const struct fasti_answer *answer) {
    for (uint32_t a = 0; a < 2; a++) {
        const struct fasti_command cancel =
            engine_cancel(answer->record.v + answer->body.book.offsets[a]);
        if (thread_call(worker, &cancel).outcome != FASTI_OUTCOME_CANCELLED)
            thread_fault(worker, round, "not cancelled");
    }
}

static void *own(void *context) {
    const uint32_t worker = *(uint32_t *)context;
    const uint32_t schedules[] = {OWN + worker, OWN + 2 + worker};
    const struct fasti_command asked = question(schedules, 1);
    struct fasti_command *book = malloc(sizeof *book), *none = malloc(sizeof *none);
    if (book == NULL || none == NULL)
        exit(1);
    for (uint32_t round = 0; round < ROUNDS && thread_faults() == 0; round++) {
        if (!offer_get(worker, round, &asked, book)) {
            thread_fault(worker, round, "not offered what is free");
            break;
        }
        const struct fasti_answer answer = thread_call(worker, book);
        if (answer.outcome != FASTI_OUTCOME_BOOKED)
            thread_fault(worker, round, "not booked as it was offered");
        if (offer_get(worker, round, &asked, none))
            thread_fault(worker, round, "offered what is booked");
        if (answer.outcome == FASTI_OUTCOME_BOOKED)
            both_cancel(worker, round, &answer);
    }
    free(book);
    free(none);
    (void)fasti_add_seq_cst(&owners_left, UINT32_MAX);
    thread_leave(worker);
    return NULL;
}

static void *share(void *context) {
    const uint32_t worker = *(uint32_t *)context;
    const uint32_t schedules[] = {SHARED, SHARED + 1, SHARED + 2, SHARED + 3};
    const struct fasti_command asked = question(schedules, 2);
    struct fasti_command *book = malloc(sizeof *book);
    if (book == NULL)
        exit(1);
    for (uint32_t round = 0; fasti_load_seq_cst(&owners_left) > 0 && thread_faults() == 0;
         round++) {
        if (!offer_get(worker, round, &asked, book))
            continue;
        const struct fasti_answer answer = thread_call(worker, book);
        if (answer.outcome == FASTI_OUTCOME_BOOKED) {
            (void)fasti_add_seq_cst(&booked, UINT32_C(1));
            both_cancel(worker, round, &answer);
        } else if (answer.outcome == FASTI_OUTCOME_TAKEN) {
            (void)fasti_add_seq_cst(&lost, UINT32_C(1));
        } else {
            thread_fault(worker, round, fasti_outcome_name(answer.outcome));
        }
    }
    free(book);
    thread_leave(worker);
    return NULL;
}

static void *seats_change(void *context) {
    (void)context;
    for (uint32_t n = 0; fasti_load_seq_cst(&owners_left) > 0; n++) {
        struct fasti_command command = engine_schedule(1, "shared-0", 15, "visit", NULL);
        command.body.put.body.schedule.terms.capacity = (uint8_t)(1 + n % 2);
        const struct fasti_answer answer = thread_call(4, &command);
        if (answer.status != FASTI_OK)
            thread_fault(4, n, answer.detail.text);
        (void)fasti_add_seq_cst(&edits, UINT32_C(1));
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

static void schedule_make(const char *id, const char *end) {
    const struct fasti_opening opening = engine_weekly("hours", 0x1f, "08:00", end);
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    must(engine_schedule(1, id, 15, "visit", NULL));
    must(command);
}

int main(void) {
    static void *(*const roles[WORKERS])(void *) = {own, own, share, share, seats_change};
    static const char *const ids[] = {"own-0",    "own-1",    "room-0",   "room-1",
                                      "shared-0", "shared-1", "shared-2", "shared-3"};
    (void)fasti_test_prng("thread_combine");
    world = thread_world_make(WORKERS, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    for (uint32_t i = 0; i < 8; i++)
        schedule_make(ids[i], i < 4 ? "08:15" : "08:45");
    fasti_store_seq_cst(&owners_left, UINT32_C(2));
    if (!thread_world_run(roles))
        return 1;
    printf(
        "thread_combine: %d rounds of 2 owners; beside them %u offers booked, %u lost to another "
        "worker, %u edits; %u faults\n",
        ROUNDS, fasti_load_seq_cst(&booked), fasti_load_seq_cst(&lost), fasti_load_seq_cst(&edits),
        thread_faults());
    return thread_world_end() == 0 && fasti_load_seq_cst(&booked) > 0 ? 0 : 1;
}
