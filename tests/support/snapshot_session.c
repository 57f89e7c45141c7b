/*
 * snapshot_session.c - see snapshot_session.h.
 */
#include "tests/support/snapshot_session.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

uint32_t session_below(struct session *s, uint32_t end) {
    return (uint32_t)fasti_prng_below(&s->prng, end);
}

const char *session_patient(uint32_t i) {
    static const char *const names[SESSION_PATIENTS] = {"p-1", "p-2", "p-3", "p-4", "p-5", "p-6"};
    return names[i];
}

/* ---- acts ---- */

static fasti_request_id request_new(struct session *s) {
    s->id_next++;
    return (fasti_request_id){.high = (uint64_t)s->world->now_ms << 16 | 0x7000,
                              .low = UINT64_C(1) << 63 | s->id_next};
}

static struct fasti_answer run(struct session *s, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(s->world, session_below(s, 2), command);
    if (answer.status == FASTI_OK && (command->request.high | command->request.low) != 0 &&
        s->asked_count < SESSION_MADE_MAX && fasti_outcome_is_done(answer.outcome)) {
        s->asked[s->asked_count] = *command;
        s->answered[s->asked_count++] = answer.outcome;
    }
    return answer;
}

static void start_random(struct session *s, char text[32]) {
    snprintf(text, 32, "2026-01-%02u%c%02u:%02u:00+01:00", 5 + session_below(s, 12), 'T',
             8 + session_below(s, 9), 15 * session_below(s, 4));
}

static uint32_t schedule_random(struct session *s) {
    return s->schedules[session_below(s, s->schedule_count)];
}

/* A schedule more, which is booked from now on. */
static void grow_step(struct session *s) {
    char name[24];
    if (s->schedule_count == SESSION_MADE_MAX)
        return;
    snprintf(name, sizeof name, "grown-%u", s->schedule_count);
    struct fasti_command command = engine_schedule(1, name, 0, "visit", NULL);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_CREATED, "%s", answer.detail.text);
    const struct fasti_opening opening = engine_weekly("day", 0x1f, "08:00", "17:00");
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, name);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    cr_assert_eq(run(s, &command).outcome, FASTI_OUTCOME_CHANGED);
    s->schedules[s->schedule_count++] = answer.id;
}

static void take_step(struct session *s) {
    char start[32];
    start_random(s, start);
    struct fasti_command command = engine_book(schedule_random(s), 1, start,
                                               session_patient(session_below(s, SESSION_PATIENTS)));
    const uint32_t other = schedule_random(s);
    if (session_below(s, 3) == 0 && other != command.body.book.items[0].schedule.v) {
        command.body.book.items[1] = command.body.book.items[0]; /* both at once, one visit */
        command.body.book.items[1].schedule.v = other;
        command.body.book.item_count = 2;
    }
    const bool is_hold = session_below(s, 3) == 0;
    if (is_hold) {
        const struct fasti_book book = command.body.book;
        command.kind = FASTI_COMMAND_HOLD;
        memset(&command.body, 0, sizeof command.body);
        command.body.hold.book = book;
        command.body.hold.seconds = 600;
        command.body.hold.book.appointments[0].patient = NULL;
        command.body.hold.book.appointments[0].patient_length = 0;
    }
    if (session_below(s, 2) == 0)
        command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED && s->record_count < SESSION_MADE_MAX)
        s->records[s->record_count++] = answer.record.v;
    if (answer.outcome == FASTI_OUTCOME_HELD && s->hold_count < SESSION_MADE_MAX) {
        s->holds[s->hold_count].record = answer.record.v;
        s->holds[s->hold_count++].token = answer.body.book.token;
    }
}

static void held_step(struct session *s) {
    if (s->hold_count == 0)
        return;
    const uint32_t at = session_below(s, s->hold_count), dice = session_below(s, 4);
    struct fasti_command command = {.organization = {1}};
    command.kind = dice < 2    ? FASTI_COMMAND_CONFIRM
                   : dice == 2 ? FASTI_COMMAND_EXTEND
                               : FASTI_COMMAND_RELEASE;
    command.body.held.count = 1;
    command.body.held.records[0].v = s->holds[at].record;
    command.body.held.token = s->holds[at].token;
    command.body.held.seconds = 900;
    const char *who = session_patient(session_below(s, SESSION_PATIENTS));
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = who, .patient_length = 3};
    if (session_below(s, 2) == 0)
        command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED && s->record_count < SESSION_MADE_MAX)
        s->records[s->record_count++] = s->holds[at].record;
}

static void change_step(struct session *s) {
    if (s->record_count == 0)
        return;
    struct fasti_command command = engine_cancel(s->records[session_below(s, s->record_count)]);
    if (session_below(s, 3) == 0) {
        char start[32];
        start_random(s, start);
        const fasti_record_id record = command.body.cancel.record;
        command.kind = FASTI_COMMAND_MOVE;
        memset(&command.body.move, 0, sizeof command.body.move);
        command.body.move.record = record;
        command.body.move.book.appointment_count = command.body.move.book.item_count = 1;
        command.body.move.book.items[0] = (struct fasti_book_item){
            .schedule = {schedule_random(s)}, .service = {1}, .start_utc_s = engine_utc_s(start)};
    }
    command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_MOVED && s->record_count < SESSION_MADE_MAX)
        s->records[s->record_count++] = answer.record.v;
}

/* An opening comes, changes or goes; sometimes in an import that is open for a while. */
static void edit_step(struct session *s) {
    static const char *const names[] = {"extra-1", "extra-2", "extra-3"};
    struct fasti_opening opening = engine_weekly(
        names[session_below(s, 3)], (uint8_t)(1u << session_below(s, 7)), "17:00", "19:00");
    struct fasti_command command =
        engine_put(FASTI_ENTITY_OPENINGS, 1, session_below(s, 2) == 0 ? "anna" : "bert");
    command.body.put.body.openings.mode =
        session_below(s, 3) == 0 ? FASTI_OPENINGS_REMOVE : FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.source = session_below(s, 2) == 0 ? 0 : 7;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    if (session_below(s, 2) == 0) {
        (void)engine_world_run(s->world, 0, &command); /* of another source: it is refused */
        return;
    }
    struct fasti_command import = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    if (s->import == 0)
        s->import = run(s, &import).body.import.import;
    command.import = s->import;
    (void)engine_world_run(s->world, 0, &command);
    char name[24];
    snprintf(name, sizeof name, "new-%u", session_below(s, 1000));
    command = engine_schedule(1, name, 0, "visit", NULL);
    command.import = s->import;
    if (session_below(s, 4) == 0)
        (void)engine_world_run(s->world, 0, &command);
    if (session_below(s, 4) == 0) {
        import.kind =
            session_below(s, 4) == 0 ? FASTI_COMMAND_IMPORT_ABORT : FASTI_COMMAND_IMPORT_COMMIT;
        import.body.import.import = s->import;
        (void)engine_world_run(s->world, 0, &import);
        s->import = 0;
    }
}

static void block_step(struct session *s) {
    char start[32];
    start_random(s, start);
    struct fasti_command command = engine_block(schedule_random(s), start, start);
    command.body.block.end_utc_s += 60 * (15 + 15 * (int64_t)session_below(s, 4));
    (void)run(s, &command);
}

void session_step(struct session *s) {
    const uint32_t dice = session_below(s, 17);
    if (dice == 16)
        grow_step(s);
    else if (dice < 7)
        take_step(s);
    else if (dice < 10)
        held_step(s);
    else if (dice < 13)
        change_step(s);
    else if (dice < 15)
        edit_step(s);
    else
        block_step(s);
    if (session_below(s, 40) == 0) { /* some holds expire */
        s->world->now_ms += 300000;
        fasti_engine_clock(s->world->engine)->offset_ms += 300000;
    }
}

void session_begin_in(struct session *s, struct engine_world *world, uint64_t seed) {
    s->world = world;
    s->prng.state = seed;
    s->import = 0;
    s->schedules[0] = 1;
    s->schedules[1] = 2;
    s->schedule_count = 2;
    s->record_count = s->hold_count = s->asked_count = 0;
    s->id_next = 0;
    engine_world_practice(s->world);
    const struct fasti_command command = engine_schedule(1, "bert", 0, "visit", NULL);
    cr_assert_eq(engine_world_run(s->world, 0, &command).outcome, FASTI_OUTCOME_CREATED);
    const struct fasti_opening opening = engine_weekly("day", 0x1f, "08:00", "17:00");
    struct fasti_command put = engine_put(FASTI_ENTITY_OPENINGS, 1, "bert");
    put.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    put.body.put.body.openings.count = 1;
    put.body.put.body.openings.openings = &opening;
    cr_assert_eq(engine_world_run(s->world, 0, &put).outcome, FASTI_OUTCOME_CHANGED);
}

void session_begin(struct session *s, uint64_t seed) {
    session_begin_in(s, engine_world_make(seed, 2, SESSION_NOW), seed);
}

/* What was done once is not done again after the restart. */
void session_asked_again(struct session *s) {
    for (uint32_t i = 0; i < s->asked_count; i++) {
        const struct fasti_answer answer = engine_world_run(s->world, 0, &s->asked[i]);
        cr_assert_eq(answer.outcome, s->answered[i], "request %u: %s, then %s", i,
                     fasti_outcome_name(s->answered[i]), fasti_outcome_name(answer.outcome));
    }
}

void session_reopen(struct session *s) {
    engine_world_crash(s->world);
    cr_assert_eq(engine_world_open(s->world), FASTI_OK, "%s", s->world->detail.text);
}
