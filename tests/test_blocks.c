/*
 * test_blocks.c - blocks that an import brought: their source and key are kept, told and listed by;
 * and one that replaces another in one step.
 *
 * The practice of engine_world.h: schedule 1, Monday 2026-01-05, 08:00 in Berlin.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/booking/record.h"
#include "tests/support/engine_world.h"

#define NOW    "2026-01-05T07:00:00Z"
#define FEED   UINT32_C(77)
#define OTHER  UINT32_C(78)
#define DAY(h) "2026-01-07T" h ":00+01:00"

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(world->engine));
    engine_world_free(world);
}

TestSuite(blocks, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

/* A crash; what was acknowledged is there again. */
static void restart(void) {
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    const struct fasti_hash128 after = engine_world_digest(world);
    cr_assert(memcmp(&before, &after, sizeof before) == 0);
}

static struct fasti_answer block(const char *start, const char *end, uint32_t source, uint64_t key,
                                 uint64_t replaces) {
    struct fasti_command command = engine_block(1, start, end);
    command.body.block.source = source;
    command.body.block.key = key;
    command.body.block.replaces.v = replaces;
    return run(&command);
}

static uint64_t blocked(const char *start, const char *end, uint32_t source, uint64_t key) {
    const struct fasti_answer answer = block(start, end, source, key, 0);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_BLOCKED, "%s", answer.detail.text);
    return answer.record.v;
}

static struct fasti_record_view shown(uint64_t record) {
    const struct fasti_command command = {
        .kind = FASTI_COMMAND_SHOW, .organization = {1}, .body.show = {record}};
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    return answer.body.show.view;
}

/* How many rows a list of schedule 1 has; the first one's record in *record. */
static uint32_t listed(uint32_t source, bool include_blocks, uint64_t *record) {
    const struct fasti_command command = {
        .kind = FASTI_COMMAND_LIST,
        .organization = {1},
        .body.list = {.by = FASTI_LIST_BY_SCHEDULE,
                      .schedule = {1},
                      .include_blocks = include_blocks,
                      .source = source,
                      .from_utc_s = engine_utc_s("2026-01-01T00:00:00Z"),
                      .to_utc_s = engine_utc_s("2026-02-01T00:00:00Z"),
                      .limit = FASTI_LIST_MAX}};
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK);
    *record = answer.body.list->count > 0 ? answer.body.list->records[0].record.v : 0;
    return answer.body.list->count;
}

static enum fasti_outcome book(const char *start) {
    const struct fasti_command command = engine_book(1, 1, start, "p-1");
    return run(&command).outcome;
}

/* ---- source and key ---- */

Test(blocks, source_and_key_are_kept_and_told) {
    const uint64_t by_hand = blocked(DAY("08:00"), DAY("09:00"), 0, 0);
    const uint64_t imported = blocked(DAY("09:00"), DAY("10:00"), FEED, UINT64_MAX - 1);
    const uint64_t keyless = blocked(DAY("10:00"), DAY("11:00"), FEED, 0);
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(shown(by_hand).source, 0);
        cr_assert_eq(shown(by_hand).key, 0);
        cr_assert_eq(shown(imported).source, FEED);
        cr_assert_eq(shown(imported).key, UINT64_MAX - 1);
        cr_assert_eq(shown(keyless).source, FEED);
        cr_assert_eq(shown(keyless).key, 0);
        restart();
    }
    /* Ended, it still tells whose it was. */
    const struct fasti_command unblock = engine_unblock(imported);
    cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
    restart();
    cr_assert_eq(shown(imported).state, FASTI_STATE_CANCELLED);
    cr_assert_eq(shown(imported).source, FEED);
    cr_assert_eq(shown(imported).key, UINT64_MAX - 1);
    cr_assert_eq(book(DAY("09:30")), FASTI_OUTCOME_BOOKED);
}

Test(blocks, a_list_is_of_one_source) {
    uint64_t record;
    (void)blocked(DAY("08:00"), DAY("09:00"), 0, 0);
    const uint64_t imported = blocked(DAY("09:00"), DAY("10:00"), FEED, 1);
    (void)blocked(DAY("10:00"), DAY("11:00"), OTHER, 1);
    cr_assert_eq(book(DAY("11:00")), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(listed(0, true, &record), 4);
    cr_assert_eq(listed(FEED, true, &record), 1);
    cr_assert_eq(record, imported);
    cr_assert_eq(listed(FEED, false, &record), 0, "a list without blocks has none of a source");
    cr_assert_eq(listed(79, true, &record), 0);
}

Test(blocks, a_key_without_a_source_is_refused) {
    const struct fasti_answer answer = block(DAY("09:00"), DAY("10:00"), 0, 1, 0);
    cr_assert_eq(answer.status, FASTI_INVALID_RANGE);
    cr_assert(strstr(answer.detail.text, "key") != NULL);
    cr_assert_eq(book(DAY("09:00")), FASTI_OUTCOME_BOOKED);
}

/* A request id remembers the whole command, also what is new in it. */
Test(blocks, another_source_is_another_command) {
    struct fasti_command command = engine_block(1, DAY("09:00"), DAY("10:00"));
    command.request = fasti_request_id_make(engine_utc_s(NOW) * 1000, 1, 2);
    command.body.block.source = FEED;
    const struct fasti_answer first = run(&command);
    cr_assert_eq(first.outcome, FASTI_OUTCOME_BLOCKED);
    cr_assert_eq(run(&command).record.v, first.record.v);
    restart();
    cr_assert_eq(run(&command).record.v, first.record.v);
    command.body.block.key = 5;
    cr_assert_eq(run(&command).status, FASTI_MISMATCH);
    command.body.block.source = OTHER;
    cr_assert_eq(run(&command).status, FASTI_MISMATCH);
}

/* ---- bytes of a log ---- */

struct bytes {
    _Alignas(8) uint8_t bytes[sizeof(struct fasti_record) + sizeof(struct fasti_item) +
                              sizeof(struct fasti_record_source)];
};

static struct fasti_record_source *source_of(struct bytes *bytes) {
    return (struct fasti_record_source *)(void *)(bytes->bytes + sizeof bytes->bytes -
                                                  sizeof(struct fasti_record_source));
}

static struct bytes sound(void) {
    struct bytes bytes = {{0}};
    struct fasti_record *record = (struct fasti_record *)(void *)bytes.bytes;
    *record = (struct fasti_record){.id = 1,
                                    .organization = 1,
                                    .kind = FASTI_RECORD_BLOCK,
                                    .state = FASTI_STATE_BOOKED,
                                    .item_count = 1,
                                    .flags = FASTI_RECORD_SOURCE};
    record->items[0] = (struct fasti_item){.schedule = 1,
                                           .start_utc_s = engine_utc_s(NOW),
                                           .minutes = 60,
                                           .seats = FASTI_SEATS_MAX,
                                           .seats_max = FASTI_SEATS_MAX};
    *source_of(&bytes) = (struct fasti_record_source){.source = FEED, .key = 9};
    return bytes;
}

static bool is_sound(const struct bytes *bytes, size_t size) {
    return fasti_record_is_sound((const struct fasti_record *)(const void *)bytes->bytes, size);
}

Test(blocks, a_source_is_well_formed) {
    struct bytes bytes = sound();
    struct fasti_record *record = (struct fasti_record *)(void *)bytes.bytes;
    cr_assert(is_sound(&bytes, sizeof bytes.bytes));
    cr_assert_eq(fasti_record_bytes(record), sizeof bytes.bytes);
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes - 8), "cut off");
    source_of(&bytes)->source = 0;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes));
    bytes = sound();
    source_of(&bytes)->zeros = 1;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes));
    bytes = sound();
    record->flags |= FASTI_RECORD_OVERRIDE;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes), "no block is made against a rule");
    bytes = sound();
    record->kind = FASTI_RECORD_APPOINTMENT;
    record->patient_length = 8;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes), "an appointment has no source");
}

/* What flags say stands behind the items; what says nothing new does not. */
Test(blocks, a_request_and_a_change_are_well_formed) {
    struct bytes bytes = sound();
    struct fasti_record *record = (struct fasti_record *)(void *)bytes.bytes;
    uint64_t *behind = (uint64_t *)(void *)source_of(&bytes);
    record->flags = FASTI_RECORD_REQUEST;
    behind[0] = 0;
    behind[1] = 7;
    cr_assert(is_sound(&bytes, sizeof bytes.bytes));
    cr_assert_eq(fasti_record_request(record).high, 7);
    cr_assert_eq(fasti_record_changed_ms(record), record->created_ms);
    behind[1] = 0;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes), "no request id is left out");
    record->flags = FASTI_RECORD_MOVED | FASTI_RECORD_CHANGED;
    behind[0] = 5;
    behind[1] = 1;
    cr_assert(is_sound(&bytes, sizeof bytes.bytes));
    cr_assert_eq(fasti_record_changed_ms(record), 1);
    cr_assert_eq(fasti_record_moved_from(record), 5);
    record->created_ms = 1;
    cr_assert_not(is_sound(&bytes, sizeof bytes.bytes), "no change is left out");
}

/* ---- replacing ---- */

Test(blocks, one_that_replaces_another_may_take_its_time) {
    const uint64_t old = blocked(DAY("09:00"), DAY("11:00"), FEED, 1);
    cr_assert_eq(block(DAY("10:00"), DAY("12:00"), FEED, 1, 0).outcome, FASTI_OUTCOME_TAKEN);
    const struct fasti_answer moved = block(DAY("10:00"), DAY("12:00"), FEED, 2, old);
    cr_assert_eq(moved.outcome, FASTI_OUTCOME_MOVED, "%s", moved.detail.text);
    restart();
    const struct fasti_record_view now = shown(moved.record.v);
    cr_assert_eq(now.moved_from.v, old);
    cr_assert_eq(now.source, FEED);
    cr_assert_eq(now.key, 2);
    cr_assert_eq(now.start_utc_s, engine_utc_s(DAY("10:00")));
    cr_assert_eq(shown(old).state, FASTI_STATE_MOVED);
    cr_assert_eq(shown(old).key, 1);
    cr_assert_eq(book(DAY("09:00")), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book(DAY("10:00")), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book(DAY("11:45")), FASTI_OUTCOME_TAKEN);
    restart();
}

Test(blocks, one_of_several_days_replaces_one_of_several_days) {
    const uint64_t old = blocked("2026-01-07T10:00:00+01:00", "2026-01-12T00:00:00+01:00", FEED, 1);
    const struct fasti_answer moved =
        block("2026-01-09T10:00:00+01:00", "2026-01-15T00:00:00+01:00", FEED, 1, old);
    cr_assert_eq(moved.outcome, FASTI_OUTCOME_MOVED, "%s", moved.detail.text);
    cr_assert_eq(shown(moved.record.v).item_count, 6);
    cr_assert_eq(book("2026-01-08T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book("2026-01-09T09:45:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book("2026-01-09T10:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book("2026-01-14T10:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    restart();
    const struct fasti_command unblock = engine_unblock(moved.record.v);
    cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
    cr_assert_eq(book("2026-01-14T10:00:00+01:00"), FASTI_OUTCOME_BOOKED);
}

Test(blocks, a_refused_replacement_changes_nothing) {
    const uint64_t old = blocked(DAY("09:00"), DAY("10:00"), FEED, 1);
    cr_assert_eq(book(DAY("10:15")), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(block(DAY("09:30"), DAY("10:30"), FEED, 1, old).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(shown(old).state, FASTI_STATE_BOOKED);
    cr_assert_eq(book(DAY("09:00")), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book(DAY("10:00")), FASTI_OUTCOME_BOOKED);
    restart();
}

Test(blocks, only_a_block_that_is_there_is_replaced) {
    struct fasti_command command = engine_book(1, 1, DAY("08:00"), "p-1");
    const uint64_t visit = run(&command).record.v;
    const uint64_t old = blocked(DAY("09:00"), DAY("10:00"), FEED, 1);
    command = engine_unblock(old);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_UNBLOCKED);
    cr_assert_eq(block(DAY("09:00"), DAY("10:00"), FEED, 1, old).outcome,
                 FASTI_OUTCOME_WRONG_STATE);
    cr_assert_eq(block(DAY("09:00"), DAY("10:00"), FEED, 1, visit).outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(block(DAY("09:00"), DAY("10:00"), FEED, 1, 999).outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(book(DAY("09:00")), FASTI_OUTCOME_BOOKED);
}
