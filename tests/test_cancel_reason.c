/*
 * test_cancel_reason.c - FHIR's cancellation reasons: the table both ways, what the engine takes
 * and refuses, and that it is there after a restart.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/booking/cancel_reason.h"
#include "tests/support/engine_world.h"

/* FHIR R4 4.0.1, CodeSystem appointment-cancellation-reason, in its order: written down here a
 * second time, since the numbers are on disks. */
static const char *const published[] = {
    "pat",      "pat-crs",   "pat-cpp",   "pat-dec",  "pat-fb",   "pat-lt",    "pat-mt",
    "pat-mv",   "pat-preg",  "pat-swl",   "pat-ucp",  "prov",     "prov-pers", "prov-dch",
    "prov-edu", "prov-hosp", "prov-labs", "prov-mri", "prov-onc", "maint",     "meds-inc",
    "other",    "oth-cms",   "oth-err",   "oth-fin",  "oth-iv",   "oth-int",   "oth-mu",
    "oth-room", "oth-oerr",  "oth-swie",  "oth-weath"};

#define PUBLISHED_COUNT (sizeof published / sizeof *published)

Test(cancel_reason, numbers_are_places_in_the_published_order) {
    cr_assert_eq(PUBLISHED_COUNT, 32);
    for (uint32_t number = 0; number < 256; number++) {
        const char *code = fasti_cancel_reason_code((uint8_t)number);
        cr_assert_eq(fasti_cancel_reason_is_known((uint8_t)number), number <= 32);
        if (number == 0 || number > PUBLISHED_COUNT) {
            cr_assert_null(code);
            continue;
        }
        uint8_t found = 0;
        cr_assert_str_eq(code, published[number - 1]);
        cr_assert(fasti_cancel_reason_find(code, &found));
        cr_assert_eq(found, number);
    }
}

Test(cancel_reason, another_word_is_no_code) {
    const char *const others[] = {"", "p", "PAT", "pat ", " pat", "pat-", "pat-crsx", "1", "none"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        uint8_t found = 77;
        cr_assert_not(fasti_cancel_reason_find(others[i], &found), "\"%s\"", others[i]);
        cr_assert_eq(found, 77);
    }
}

/* ---- the engine ---- */

#define NOW "2026-01-05T07:00:00Z"

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(11, 1, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(cancel_reasons, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static uint64_t booked(bool is_request) {
    struct fasti_command command = engine_book(1, 1, "2026-01-06T09:00:00+01:00", "p-1");
    command.body.book.is_request = is_request;
    const struct fasti_answer answer = run(&command);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", answer.detail.text);
    return answer.record.v;
}

static uint8_t reason_of(uint64_t record) {
    const struct fasti_command command = {
        .kind = FASTI_COMMAND_SHOW, .organization = {1}, .body.show = {record}};
    return run(&command).body.show.view.reason;
}

static struct fasti_command marking(uint64_t record, enum fasti_record_state state,
                                    uint8_t reason) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark =
        (struct fasti_mark){.record = {record}, .state = (uint8_t)state, .reason = reason};
    return command;
}

static void restart(void) {
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
}

Test(cancel_reasons, a_cancel_keeps_each_code_and_refuses_other_numbers) {
    uint64_t records[FASTI_CANCEL_REASON_LAST + 1];
    for (uint32_t reason = 0; reason < 256; reason++) {
        const uint64_t record = booked(false);
        struct fasti_command command = engine_cancel(record);
        command.body.cancel.reason = (uint8_t)reason;
        struct fasti_answer answer = run(&command);
        if (reason <= FASTI_CANCEL_REASON_LAST) {
            cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "%u", reason);
            cr_assert_eq(reason_of(record), reason);
            records[reason] = record;
            continue;
        }
        cr_assert_eq(answer.status, FASTI_INVALID_RANGE, "%u", reason);
        cr_assert(strstr(answer.detail.text, "cancellation reason") != NULL, "%s",
                  answer.detail.text);
        command.body.cancel.reason = 0;
        answer = run(&command);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "it stood as it was");
    }
    restart();
    for (uint32_t reason = 0; reason <= FASTI_CANCEL_REASON_LAST; reason++)
        cr_assert_eq(reason_of(records[reason]), reason);
}

Test(cancel_reasons, a_mark_takes_and_refuses_the_same) {
    const uint64_t record = booked(true);
    struct fasti_command command = marking(record, FASTI_STATE_DECLINED, 33);
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    command = marking(record, FASTI_STATE_BOOKED, 255);
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    command = marking(record, FASTI_STATE_DECLINED, FASTI_CANCEL_REASON_PROV_EDU);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_MARKED);
    restart();
    cr_assert_eq(reason_of(record), FASTI_CANCEL_REASON_PROV_EDU);
}

Test(cancel_reasons, an_unblock_takes_and_refuses_the_same) {
    const struct fasti_command block =
        engine_block(1, "2026-01-06T10:00:00+01:00", "2026-01-06T11:00:00+01:00");
    const uint64_t record = run(&block).record.v;
    struct fasti_command command = engine_unblock(record);
    command.body.cancel.reason = 33;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    command.body.cancel.reason = FASTI_CANCEL_REASON_OTH_ROOM;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_UNBLOCKED);
    cr_assert_eq(reason_of(record), FASTI_CANCEL_REASON_OTH_ROOM);
}
