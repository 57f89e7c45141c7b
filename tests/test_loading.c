/*
 * test_loading.c - EXPORT and LOAD: what one engine tells of its records another one takes, and is
 * the same then: by digest, after a crash, from a snapshot.
 *
 * The practice of engine_world.h: schedule 1, Monday 2026-01-05, 08:00 in Berlin.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/record.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW    "2026-01-05T07:00:00Z"
#define DAY(h) "2026-01-07T" h ":00+01:00"

static struct engine_world *source, *target;

static void setup(void) {
    source = engine_world_make(1, 2, NOW);
    target = engine_world_make(2, 2, NOW);
    engine_world_practice(source);
    engine_world_practice(target);
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(source->engine));
    cr_assert_not(fasti_engine_is_dead(target->engine));
    engine_world_free(source);
    engine_world_free(target);
}

TestSuite(loading, .init = setup, .fini = teardown);

static bool is_alike(void) {
    return fasti_hash128_equal(engine_world_digest(source), engine_world_digest(target));
}

static void restart(struct engine_world *world) {
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

/* ---- making ---- */

static struct fasti_answer done(struct engine_world *world, uint32_t worker,
                                const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, worker, command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s: %s", fasti_outcome_name(answer.outcome),
              answer.detail.text);
    return answer;
}

static uint64_t booked(struct engine_world *world, uint32_t worker, const char *start) {
    const struct fasti_command command = engine_book(1, 1, start, "p-1");
    return done(world, worker, &command).record.v;
}

static void marked(uint64_t record, enum fasti_record_state state) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark = (struct fasti_mark){.record = {record}, .state = (uint8_t)state};
    (void)done(source, 0, &command);
}

static struct fasti_answer held(struct engine_world *world, const char *start, uint32_t seconds) {
    struct fasti_command command = {.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    command.body.hold.seconds = seconds;
    command.body.hold.book.appointment_count = command.body.hold.book.item_count = 1;
    command.body.hold.book.items[0] = (struct fasti_book_item){
        .schedule = {1}, .service = {1}, .start_utc_s = engine_utc_s(start)};
    return done(world, 0, &command);
}

static void ended(const struct fasti_answer *hold, enum fasti_command_kind kind) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    command.body.held.token = hold->body.book.token;
    command.body.held.count = 1;
    command.body.held.records[0] = hold->record;
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = "p-9", .patient_length = 3};
    (void)done(source, 0, &command);
}

static uint64_t requested(const char *start) {
    struct fasti_command command = engine_book(1, 1, start, "p-2");
    command.body.book.is_request = true;
    return done(source, 1, &command).record.v;
}

static uint64_t blocked(const char *start, const char *end, uint64_t replaces) {
    struct fasti_command command = engine_block(1, start, end);
    command.body.block.source = 77;
    command.body.block.key = UINT64_MAX - 5;
    command.body.block.replaces.v = replaces;
    return done(source, 0, &command).record.v;
}

static uint64_t moved(uint64_t record, const char *start) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MOVE, .organization = {1}};
    command.body.move.record.v = record;
    command.body.move.book.appointment_count = command.body.move.book.item_count = 1;
    command.body.move.book.items[0] = (struct fasti_book_item){
        .schedule = {1}, .service = {1}, .start_utc_s = engine_utc_s(start)};
    return done(source, 0, &command).record.v;
}

static void pass(struct engine_world *world, int64_t seconds) {
    world->now_ms += seconds * 1000;
    fasti_engine_clock(world->engine)->offset_ms += seconds * 1000;
    engine_world_settle(world);
}

/* A record in every state; returns how many. */
static uint32_t every_state(void) {
    const struct fasti_answer expired = held(source, DAY("16:00"), 10);
    cr_assert_eq(expired.record.v, 1);
    pass(source, 11);
    pass(target, 11);
    (void)booked(source, 0, DAY("08:00"));
    marked(booked(source, 1, DAY("08:15")), FASTI_STATE_ARRIVED);
    marked(booked(source, 0, DAY("08:30")), FASTI_STATE_FULFILLED);
    marked(booked(source, 1, DAY("08:45")), FASTI_STATE_NOSHOW);
    const struct fasti_command cancel = engine_cancel(booked(source, 0, DAY("09:00")));
    (void)done(source, 0, &cancel);
    (void)moved(booked(source, 0, DAY("09:15")), DAY("09:30"));
    (void)requested(DAY("09:45"));
    marked(requested(DAY("10:00")), FASTI_STATE_DECLINED);
    (void)held(source, DAY("10:15"), 1800);
    const struct fasti_answer released = held(source, DAY("10:30"), 1800);
    ended(&released, FASTI_COMMAND_RELEASE);
    const struct fasti_answer confirmed = held(source, DAY("10:45"), 1800);
    ended(&confirmed, FASTI_COMMAND_CONFIRM);
    const uint64_t first = blocked(DAY("11:00"), DAY("11:30"), 0);
    const uint64_t second = blocked(DAY("11:15"), DAY("11:45"), first);
    const struct fasti_command unblock = engine_unblock(second);
    (void)done(source, 0, &unblock);
    const struct fasti_command days =
        engine_block(1, "2026-01-08T12:00:00+01:00", "2026-01-11T12:00:00+01:00");
    (void)done(source, 0, &days);
    (void)booked(source, 0, DAY("11:15"));
    return 17;
}

/* ---- moving ---- */

static struct fasti_answer page_of(struct engine_world *world, uint64_t after) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_EXPORT,
                                          .body.export_after = {after}};
    return done(world, 0, &command);
}

static struct fasti_answer load_bytes(struct engine_world *world, uint32_t worker,
                                      const uint8_t *bytes, size_t size) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_LOAD,
                                          .body.load = {.bytes = bytes, .size = (uint32_t)size}};
    return engine_world_run(world, worker, &command);
}

/* All records of the source, one after the other; returns their size. */
static size_t exported(uint8_t *bytes) {
    const struct fasti_answer answer = page_of(source, 0);
    cr_assert_not(answer.body.exported.more);
    memcpy(bytes, answer.body.exported.bytes, answer.body.exported.size);
    return answer.body.exported.size;
}

/* One record changed by hand, loaded into the target. */
static struct fasti_answer load_changed(uint64_t number,
                                        void (*change)(struct fasti_record *record)) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    const size_t size = exported(bytes);
    for (size_t at = 0; at < size;) {
        struct fasti_record *record = (struct fasti_record *)(void *)(bytes + at);
        const size_t length = fasti_record_bytes(record);
        if (record->id == number) {
            change(record);
            return load_bytes(target, 0, bytes + at, length);
        }
        at += length;
    }
    cr_assert_fail("no record %llu", (unsigned long long)number);
    abort();
}

/* ---- the same again ---- */

Test(loading, records_in_every_state_are_the_same_elsewhere) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    const uint32_t count = every_state();
    const size_t size = exported(bytes);
    cr_assert_not(is_alike());
    struct fasti_answer answer = load_bytes(target, 0, bytes, size);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_LOADED, "%s", answer.detail.text);
    cr_assert_eq(answer.body.load.loaded, count);
    cr_assert_eq(answer.body.load.known, 0);
    cr_assert_eq(answer.record.v, 1);
    cr_assert(is_alike());
    restart(target);
    cr_assert(is_alike());
    engine_world_checkpoint(target);
    cr_assert(engine_world_checkpoint_wait(target, 100000));
    restart(target);
    cr_assert(is_alike());
    answer = page_of(target, 0);
    cr_assert_eq(answer.body.exported.size, size);
    cr_assert(memcmp(answer.body.exported.bytes, bytes, size) == 0);
    answer = load_bytes(target, 1, bytes, size);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_UNCHANGED);
    cr_assert_eq(answer.body.load.known, count);
    /* What is taken is taken, what ended is free, and numbers go on behind. */
    const struct fasti_command again = engine_book(1, 1, DAY("08:45"), "p-1");
    cr_assert_eq(engine_world_run(target, 0, &again).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(booked(target, 0, DAY("09:00")), booked(source, 0, DAY("09:00")));
    cr_assert(is_alike());
}

Test(loading, a_record_of_its_own_lives_on) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    const struct fasti_answer hold = held(source, DAY("10:15"), 60);
    const uint64_t record = booked(source, 0, DAY("08:00"));
    cr_assert_eq(load_bytes(target, 0, bytes, exported(bytes)).outcome, FASTI_OUTCOME_LOADED);
    const struct fasti_command cancel = engine_cancel(record);
    (void)done(source, 0, &cancel);
    (void)done(target, 1, &cancel);
    cr_assert(is_alike());
    pass(source, 61); /* its timer came with it */
    pass(target, 61);
    cr_assert(is_alike());
    cr_assert_eq(page_of(target, hold.record.v - 1)
                     .body.exported.bytes[offsetof(struct fasti_record, state)],
                 FASTI_STATE_EXPIRED);
    restart(target);
    cr_assert(is_alike());
    /* A load that is repeated finds the hold expired: it is the one that was loaded. */
    cr_assert_eq(load_bytes(target, 0, bytes, fasti_record_bytes((const void *)bytes)).outcome,
                 FASTI_OUTCOME_UNCHANGED);
}

Test(loading, one_that_broke_off_is_done_again) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    (void)every_state();
    const size_t size = exported(bytes);
    size_t half = 0;
    for (uint32_t i = 0; i < 6; i++)
        half += fasti_record_bytes((const struct fasti_record *)(const void *)(bytes + half));
    cr_assert_eq(load_bytes(target, 0, bytes + half, size - half).outcome, FASTI_OUTCOME_LOADED);
    cr_assert_not(is_alike());
    restart(target);
    const struct fasti_answer answer = load_bytes(target, 0, bytes, size);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_LOADED, "%s", answer.detail.text);
    cr_assert_eq(answer.body.load.loaded, 6);
    cr_assert_eq(answer.body.load.known, 11);
    cr_assert(is_alike());
    restart(target);
    cr_assert(is_alike());
}

/* Two visits at one time, made before and after there were seats for two; loaded the other way
 * round. */
static void shared(const struct fasti_command *more) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    (void)booked(source, 0, DAY("08:00"));
    (void)done(source, 0, more);
    (void)done(target, 0, more);
    (void)booked(source, 0, DAY("08:00"));
    const size_t size = exported(bytes), half = size / 2;
    cr_assert_eq(load_bytes(target, 0, bytes + half, half).outcome, FASTI_OUTCOME_LOADED);
    const struct fasti_answer answer = load_bytes(target, 0, bytes, half);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_LOADED, "%s", answer.detail.text);
    cr_assert(is_alike());
    restart(target);
    cr_assert(is_alike());
    /* There is no third seat, for nobody. */
    struct fasti_record *third = (struct fasti_record *)(void *)bytes;
    third->id = 9;
    cr_assert_eq(load_bytes(target, 0, bytes, half).outcome, FASTI_OUTCOME_TAKEN);
}

Test(loading, visits_that_share_time_come_in_any_order) {
    struct fasti_command more = engine_schedule(1, "anna", 0, "visit", "long");
    more.body.put.body.schedule.terms.capacity = 2;
    shared(&more);
}

Test(loading, visits_that_share_a_start_come_in_any_order) {
    struct fasti_command more = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    more.body.put.body.service.duration_minutes = 15;
    more.body.put.body.service.terms.capacity = 2;
    shared(&more);
}

/* The same, but there is one seat again by the time of the load. */
static void once_shared(uint32_t apart) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    struct fasti_command more = engine_schedule(1, "anna", 0, "visit", "long");
    (void)booked(source, 0, DAY("08:00"));
    more.body.put.body.schedule.terms.capacity = 2;
    (void)done(source, 0, &more);
    (void)booked(source, 0, DAY("08:00"));
    more.body.put.body.schedule.terms.capacity = 0;
    (void)done(source, 0, &more);
    const size_t size = exported(bytes), half = size / 2;
    struct fasti_record *first = (struct fasti_record *)(void *)bytes;
    struct fasti_record *second = (struct fasti_record *)(void *)(bytes + half);
    first->id = 2; /* as if the number of the second had been given out first */
    second->id = 1;
    if (apart == 0) { /* by one load, too */
        static _Alignas(8) uint8_t turned[FASTI_EXPORT_BYTES_MAX];
        memcpy(turned, second, half);
        memcpy(turned + half, first, half);
        cr_assert_eq(load_bytes(target, 0, turned, size).outcome, FASTI_OUTCOME_LOADED);
    } else {
        cr_assert_eq(load_bytes(target, 0, bytes + half, half).outcome, FASTI_OUTCOME_LOADED);
        const struct fasti_answer answer = load_bytes(target, 0, bytes, half);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_LOADED, "%s", answer.detail.text);
    }
    restart(target);
    first->id = 9; /* nobody says that there were three */
    cr_assert_eq(load_bytes(target, 0, bytes, half).outcome, FASTI_OUTCOME_TAKEN);
}

Test(loading, visits_that_shared_time_once_come_in_any_order) {
    once_shared(1);
}

Test(loading, visits_that_shared_time_once_come_in_one_load) {
    once_shared(0);
}

/* Who lies there is not in the log yet: it is not said that the time is taken. */
Test(loading, a_load_does_not_judge_by_half_of_what_is_there) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    (void)booked(source, 0, DAY("08:00"));
    const size_t size = exported(bytes);
    const struct fasti_command book = engine_book(1, 1, DAY("08:00"), "p-2");
    struct fasti_answer answer;
    cr_assert_not(fasti_engine_submit(target->engine, 1, &book, 1, &answer));
    ((struct fasti_record *)(void *)bytes)->id = 9;
    const struct fasti_command load = {
        .kind = FASTI_COMMAND_LOAD, .organization = {1}, .body.load = {bytes, (uint32_t)size}};
    cr_assert(fasti_engine_submit(target->engine, 0, &load, 1, &answer));
    cr_assert_eq(answer.status, FASTI_BUSY, "%s", answer.detail.text);
    for (int i = 0; i < 100 && fasti_engine_poll(target->engine, 1, &answer, 1) == 0; i++) {
    }
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_BOOKED);
    answer = load_bytes(target, 0, bytes, size);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_TAKEN, "%s", answer.detail.text);
}

/* ---- pages ---- */

Test(loading, pages_are_bounded_and_leave_nothing_out) {
    uint64_t after = 0;
    uint32_t count = 0, pages = 0;
    for (uint32_t day = 0; day < 20; day++)
        for (uint32_t i = 0; i < 32; i++) {
            const int64_t start_s = engine_utc_s("2026-01-12T08:00:00+01:00") +
                                    (day + day / 5 * 2) * INT64_C(86400) + i * 900 +
                                    (i < 16 ? 0 : 3600);
            static uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
            struct fasti_command command = engine_book(1, 1, NOW, "p-1");
            command.body.book.items[0].start_utc_s = start_s;
            command.body.book.appointments[0].payload = payload;
            command.body.book.appointments[0].payload_length = sizeof payload;
            (void)done(source, i % 2, &command);
        }
    for (bool more = true; more; pages++) {
        const struct fasti_answer answer = page_of(source, after);
        const struct fasti_export_answer *page = &answer.body.exported;
        for (size_t at = 0; at < page->size; count++) {
            struct fasti_whole whole;
            const size_t bytes = fasti_whole_decode(page->bytes + at, page->size - at, &whole);
            cr_assert_neq(bytes, 0);
            cr_assert_gt(whole.record.v, after);
            after = whole.record.v;
            at += bytes;
        }
        cr_assert_geq(page->next.v, after);
        after = page->next.v;
        more = page->more;
    }
    cr_assert_eq(count, 640);
    cr_assert_gt(pages, 10);
    const struct fasti_command beyond = {.kind = FASTI_COMMAND_EXPORT,
                                         .body.export_after = {UINT64_MAX}};
    cr_assert_eq(engine_world_run(source, 0, &beyond).status, FASTI_INVALID_RANGE);
    const struct fasti_command others = {.kind = FASTI_COMMAND_EXPORT, .organization = {2}};
    cr_assert_eq(done(source, 0, &others).body.exported.size, 0);
}

/* ---- refusals ---- */

static void as_it_is(struct fasti_record *record) {
    (void)record;
}
static void no_item(struct fasti_record *record) {
    record->item_count = 0;
}
static void wrong_state(struct fasti_record *record) {
    record->state = FASTI_STATE_HELD; /* without a hold's time and token */
}
static void wrong_minutes(struct fasti_record *record) {
    record->items[0].minutes = 0;
}
static void wrong_modality(struct fasti_record *record) {
    record->flags |= FASTI_RECORD_MODALITY;
}
static void wrong_service(struct fasti_record *record) {
    record->items[0].service = 0;
}
static void other_organization(struct fasti_record *record) {
    record->organization = 2;
}
static void other_schedule(struct fasti_record *record) {
    record->items[0].schedule = 9;
}
static void other_service(struct fasti_record *record) {
    record->items[0].service = 9;
}
static void other_resolution(struct fasti_record *record) {
    record->items[0].minutes = 14;
}
static void beyond(struct fasti_record *record) {
    record->items[0].start_utc_s = (FASTI_DATE_LAST + 1) * FASTI_DAY_SECONDS;
}
static void later(struct fasti_record *record) {
    record->id = 7;
}
static void another(struct fasti_record *record) {
    record->created_ms++;
}

static void refused(void (*change)(struct fasti_record *record), enum fasti_status status,
                    enum fasti_outcome outcome, const char *why) {
    const struct fasti_hash128 before = engine_world_digest(target);
    const struct fasti_answer answer = load_changed(1, change);
    cr_assert_eq(answer.status, status, "%s: %s", why, answer.detail.text);
    cr_assert_eq(answer.outcome, outcome, "%s", why);
    cr_assert(strstr(answer.detail.text, why) != NULL, "no \"%s\" in: %s", why, answer.detail.text);
    cr_assert(strstr(answer.detail.text, "record ") != NULL, "no number in: %s",
              answer.detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(target), before));
}

Test(loading, what_does_not_fit_is_refused_with_its_number) {
    (void)booked(source, 0, DAY("08:00"));
    refused(no_item, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "out of its range");
    refused(wrong_state, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "record 1");
    refused(wrong_minutes, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "record 1");
    refused(wrong_modality, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "record 1");
    refused(beyond, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "record 1");
    refused(wrong_service, FASTI_INVALID_RANGE, FASTI_OUTCOME_NONE, "record 1");
    refused(other_organization, FASTI_OK, FASTI_OUTCOME_NO_SUCH, "organization");
    refused(other_schedule, FASTI_OK, FASTI_OUTCOME_NO_SUCH, "schedule");
    refused(other_service, FASTI_OK, FASTI_OUTCOME_NO_SUCH, "service");
    refused(other_resolution, FASTI_INVALID_RESOLUTION, FASTI_OUTCOME_NONE, "resolution");
    cr_assert_eq(load_changed(1, as_it_is).outcome, FASTI_OUTCOME_LOADED);
    refused(later, FASTI_OK, FASTI_OUTCOME_TAKEN, "taken");
    refused(another, FASTI_EXISTS, FASTI_OUTCOME_NONE, "another one");
    cr_assert(is_alike());
    /* A number that is refused stays nobody's. */
    const struct fasti_command cancel = engine_cancel(1);
    (void)done(target, 0, &cancel);
    cr_assert_eq(load_changed(1, later).outcome, FASTI_OUTCOME_LOADED);
    cr_assert_eq(booked(target, 0, DAY("09:00")), 8);
}

Test(loading, sizes_and_order_are_looked_at) {
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    (void)booked(source, 0, DAY("08:00"));
    (void)booked(source, 0, DAY("08:15"));
    const size_t size = exported(bytes), half = size / 2;
    cr_assert_eq(load_bytes(target, 0, bytes, 0).status, FASTI_INVALID_RANGE);
    for (size_t cut = 8; cut < size; cut += 8)
        if (cut != half)
            cr_assert_eq(load_bytes(target, 0, bytes, cut).status, FASTI_INVALID_RANGE, "%zu", cut);
    struct fasti_record *second = (struct fasti_record *)(void *)(bytes + half);
    second->id = 1; /* twice */
    cr_assert_eq(load_bytes(target, 0, bytes, size).status, FASTI_INVALID_RANGE);
    const struct fasti_command others = {.kind = FASTI_COMMAND_LOAD,
                                         .organization = {2},
                                         .body.load = {.bytes = bytes, .size = (uint32_t)half}};
    cr_assert_eq(engine_world_run(target, 0, &others).outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(engine_world_digest(target).low, engine_world_digest(target).low);
}

/* A booking's number is its own before anything stands there. */
Test(loading, numbers_of_bookings_are_not_taken) {
    (void)booked(source, 0, DAY("08:00"));
    (void)booked(source, 0, DAY("08:15"));
    cr_assert_eq(booked(target, 0, DAY("09:00")), 1);
    const struct fasti_command lost = engine_book(1, 1, DAY("09:00"), "p-1");
    cr_assert_eq(engine_world_run(target, 1, &lost).outcome, FASTI_OUTCOME_TAKEN);
    /* Number 2 was given to the one that lost and is kept for its worker's next one. */
    const struct fasti_answer answer = load_changed(2, as_it_is);
    cr_assert_eq(answer.status, FASTI_EXISTS, "%s", answer.detail.text);
    cr_assert_eq(booked(target, 1, DAY("09:15")), 2);
    restart(target);
    cr_assert_eq(load_changed(2, as_it_is).status, FASTI_EXISTS);
    cr_assert_eq(load_changed(2, later).outcome, FASTI_OUTCOME_LOADED);
    cr_assert_eq(booked(target, 0, DAY("09:30")), 8);
}

/* Loads and bookings take turns at the same times; each time is taken once, and a crash at any
 * moment leaves what was acknowledged. */
Test(loading, a_booking_and_a_load_race_for_a_time) {
    struct fasti_prng prng = fasti_test_prng("loading");
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    static const char *const starts[] = {DAY("08:00"), DAY("08:15"), DAY("08:30"), DAY("08:45"),
                                         DAY("09:00"), DAY("09:15"), DAY("09:30"), DAY("09:45")};
    enum { COUNT = sizeof starts / sizeof starts[0] };
    for (uint32_t i = 0; i < COUNT; i++)
        cr_assert_eq(booked(source, 0, starts[i]), i + 1);
    struct fasti_record *first = (struct fasti_record *)(void *)bytes;
    const size_t length = exported(bytes) / COUNT;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct fasti_record *record = (struct fasti_record *)(void *)(bytes + i * length);
        record->id += 100;
    }
    cr_assert_eq(first->id, 101);
    struct fasti_answer answers[2 * COUNT];
    uint32_t sent[2 * COUNT];
    for (uint32_t i = 0; i < 2 * COUNT; i++)
        sent[i] = i;
    for (uint32_t i = 2 * COUNT - 1; i > 0; i--) {
        const uint32_t other = (uint32_t)fasti_prng_below(&prng, i + 1), kept = sent[i];
        sent[i] = sent[other];
        sent[other] = kept;
    }
    uint32_t ready = 0;
    bool is_ready[2 * COUNT] = {false};
    for (uint32_t i = 0; i < 2 * COUNT; i++) { /* all are decided before anything is durable */
        const uint32_t at = sent[i] / 2;
        struct fasti_command command = engine_book(1, 1, starts[at], "p-7");
        if (sent[i] % 2 == 1)
            command = (struct fasti_command){
                .kind = FASTI_COMMAND_LOAD,
                .body.load = {.bytes = bytes + at * length, .size = (uint32_t)length}};
        is_ready[sent[i]] =
            fasti_engine_submit(target->engine, sent[i] % 2, &command, sent[i], &answers[sent[i]]);
        ready += is_ready[sent[i]];
    }
    for (uint32_t worker = 0; ready < 2 * COUNT; worker ^= 1) {
        struct fasti_answer got[4];
        const uint32_t count = fasti_engine_poll(target->engine, worker, got, 4);
        for (uint32_t i = 0; i < count; i++) {
            answers[got[i].tag] = got[i];
            ready++;
        }
    }
    for (uint32_t at = 0; at < COUNT; at++) {
        const struct fasti_answer *book = &answers[2 * at], *load = &answers[2 * at + 1];
        const bool is_booked = book->outcome == FASTI_OUTCOME_BOOKED;
        const bool is_loaded = load->outcome == FASTI_OUTCOME_LOADED;
        cr_assert(is_booked || book->outcome == FASTI_OUTCOME_TAKEN);
        cr_assert(is_loaded || load->outcome == FASTI_OUTCOME_TAKEN ||
                      load->status == FASTI_EXISTS || load->status == FASTI_BUSY,
                  "%s", load->detail.text);
        cr_assert(!(is_booked && is_loaded));
    }
    restart(target);
}
