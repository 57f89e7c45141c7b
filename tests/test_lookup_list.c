/*
 * test_lookup_list.c - lists of appointments and blocks, paged in every way, against an array in
 * the order of the log; strangers in one hash bucket; what is not durable.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/lookup.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin; everything is booked before summer time begins. */
#define NOW       "2026-01-05T07:00:00Z"
#define DAYS      60
#define NOTED_MAX 2048
#define PATIENTS  8 /* of each organization */
#define SCHEDULES 3 /* "anna" and "bert" of organization 1, "carl" of 2 */
#define BUCKETED  3 /* patients 0 to 2 of the first one share a bucket */
#define NAMES_MAX (UINT32_C(1) << 23)

struct noted {
    struct fasti_record_view view; /* is_conflict: left to the model */
    uint32_t organization;
    uint8_t payload[4];
};

static struct engine_world *world;
static struct fasti_prng prng;
static struct noted noted[NOTED_MAX]; /* in the order of the log */
static uint32_t noted_count;
static char patients[2][PATIENTS][16];
static uint32_t open_until; /* local minutes of the day: the openings end there */

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, below(2), &command);
}

static struct fasti_answer must(struct fasti_command command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    return answer;
}

static uint32_t organization_of(uint32_t schedule) {
    return schedule == 3 ? 2 : 1;
}

/* ---- the world ---- */

static uint64_t bucket(uint32_t organization, const char *name) {
    return fasti_patient_bucket((fasti_organization_id){organization}, name, strlen(name));
}

/* In one bucket: three names of organization 1, as long as each other, and the first of them in
 * organization 2, too. */
static void patients_make(void) {
    for (uint32_t o = 0; o < 2; o++)
        for (uint32_t i = 0; i < PATIENTS; i++)
            snprintf(patients[o][i], sizeof patients[o][i], "q%07u", i);
    char *name = patients[0][0];
    uint32_t number = 0;
    do {
        cr_assert_lt(number, NAMES_MAX);
        snprintf(name, sizeof patients[0][0], "p%07u", number++);
    } while (bucket(1, name) != bucket(2, name));
    memcpy(patients[1][0], name, sizeof patients[1][0]);
    for (uint32_t found = 1; found < BUCKETED;
         found += bucket(1, name) == bucket(2, patients[1][0])) {
        cr_assert_lt(number, 2 * NAMES_MAX);
        name = patients[0][found];
        snprintf(name, sizeof patients[0][0], "p%07u", number++);
    }
}

static void openings_put(uint32_t organization, const char *schedule, const char *end) {
    const struct fasti_opening opening = engine_weekly("day", 0x7f, "08:00", end);
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, organization, schedule);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    must(command);
}

static void schedule_put(uint32_t organization, const char *id) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, organization, id);
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.service_count = 1;
    command.body.put.body.schedule.services[0] = engine_id("visit");
    must(command);
    openings_put(organization, id, "20:00");
}

static void setup(void) {
    prng = fasti_test_prng("lookup_list");
    world = engine_world_make(5, 2, NOW);
    engine_world_practice(world);
    openings_put(1, "anna", "20:00");
    schedule_put(1, "bert");
    must(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "other"));
    struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, 2, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    must(command);
    command = engine_put(FASTI_ENTITY_SERVICE, 2, "visit");
    command.body.put.body.service.duration_minutes = 15;
    must(command);
    schedule_put(2, "carl");
    patients_make();
    noted_count = 0;
    open_until = 20 * 60;
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(lookup_list, .init = setup, .fini = teardown);

/* ---- what happens ---- */

static int64_t start_random(void) {
    return engine_utc_s("2026-01-06T08:00:00+01:00") + (int64_t)below(DAYS) * 86400 +
           (int64_t)below(48) * 900;
}

static struct noted *note(uint32_t schedule, uint64_t record) {
    cr_assert_lt(noted_count, NOTED_MAX);
    struct noted *n = &noted[noted_count++];
    memset(n, 0, sizeof *n);
    n->organization = organization_of(schedule);
    n->view.record.v = record;
    n->view.state = FASTI_STATE_BOOKED;
    n->view.schedule.v = schedule;
    n->view.offset_s = 3600;
    n->view.created_ms = n->view.changed_ms = fasti_engine_clock(world->engine)->offset_ms;
    return n;
}

static struct fasti_command book_command(uint32_t schedule, const char *patient) {
    const uint32_t organization = organization_of(schedule);
    struct fasti_command command = engine_book(schedule, organization == 1 ? 1 : 3, NOW, patient);
    command.organization.v = organization;
    command.body.book.items[0].start_utc_s = start_random();
    static uint8_t payload[4]; /* of the command that was made last */
    for (uint32_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)below(256);
    command.body.book.appointments[0].payload = payload;
    command.body.book.appointments[0].payload_length = (uint16_t)below(5);
    return command;
}

static void booked_note(const struct fasti_command *command, uint64_t record) {
    const struct fasti_book_item *item = &command->body.book.items[0];
    const struct fasti_book_appointment *appointment = &command->body.book.appointments[0];
    struct noted *n = note(item->schedule.v, record);
    n->view.item_count = 1;
    n->view.kind = FASTI_RECORD_APPOINTMENT;
    n->view.service = item->service;
    n->view.start_utc_s = item->start_utc_s;
    n->view.duration_minutes = 15;
    n->view.patient_length = appointment->patient_length;
    memcpy(n->view.patient, appointment->patient, appointment->patient_length);
    n->view.payload_length = appointment->payload_length;
    memcpy(n->payload, appointment->payload, appointment->payload_length);
}

static void book_random(void) {
    const uint32_t schedule = 1 + below(SCHEDULES);
    const struct fasti_command command =
        book_command(schedule, patients[organization_of(schedule) - 1][below(PATIENTS)]);
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED)
        booked_note(&command, answer.record.v);
}

static void block_random(void) {
    const uint32_t schedule = 1 + below(SCHEDULES);
    struct fasti_command command = engine_block(schedule, NOW, NOW);
    command.organization.v = organization_of(schedule);
    command.body.block.start_utc_s = start_random();
    command.body.block.end_utc_s = command.body.block.start_utc_s + 1800;
    const struct fasti_answer answer = run(command);
    if (answer.outcome != FASTI_OUTCOME_BLOCKED)
        return;
    struct noted *n = note(schedule, answer.record.v);
    n->view.kind = FASTI_RECORD_BLOCK;
    n->view.start_utc_s = command.body.block.start_utc_s;
    n->view.duration_minutes = 30;
}

static void end_random(void) {
    if (noted_count == 0)
        return;
    struct noted *n = &noted[below(noted_count)];
    struct fasti_command command = n->view.kind == FASTI_RECORD_BLOCK
                                       ? engine_unblock(n->view.record.v)
                                       : engine_cancel(n->view.record.v);
    command.organization.v = n->organization;
    command.body.cancel.reason = (uint8_t)below(FASTI_CANCEL_REASON_LAST + 1);
    const struct fasti_answer answer = run(command);
    if (n->view.state == FASTI_STATE_CANCELLED) {
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_ALREADY);
        return;
    }
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    n->view.state = FASTI_STATE_CANCELLED;
    n->view.reason = command.body.cancel.reason;
    n->view.changed_ms = fasti_engine_clock(world->engine)->offset_ms;
}

static void happen(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        fasti_engine_clock(world->engine)->offset_ms += below(1000);
        const uint32_t what = below(10);
        if (what < 6)
            book_random();
        else if (what < 8)
            block_random();
        else
            end_random();
    }
}

/* ---- the model ---- */

static bool is_conflict(const struct noted *n) {
    const int64_t minute = (n->view.start_utc_s + 3600) % 86400 / 60;
    return n->view.kind == FASTI_RECORD_APPOINTMENT && n->view.state == FASTI_STATE_BOOKED &&
           minute + 15 > (int64_t)open_until;
}

static bool model_wants(const struct fasti_list_query *query, uint32_t organization,
                        const struct noted *n) {
    const struct fasti_record_view *view = &n->view;
    const bool is_block = view->kind == FASTI_RECORD_BLOCK;
    if (n->organization != organization)
        return false;
    if (query->by == FASTI_LIST_BY_SCHEDULE && view->schedule.v != query->schedule.v)
        return false;
    if (query->by == FASTI_LIST_BY_PATIENT &&
        (is_block || view->patient_length != query->patient_length ||
         memcmp(view->patient, query->patient, query->patient_length) != 0))
        return false;
    if (is_block && !query->include_blocks)
        return false;
    if (view->state == FASTI_STATE_CANCELLED && !query->include_ended)
        return false;
    if (query->only_conflicts && !is_conflict(n))
        return false;
    return view->start_utc_s >= query->from_utc_s && view->start_utc_s < query->to_utc_s;
}

static void view_compare(const struct fasti_record_view *view, const struct noted *n) {
    struct fasti_record_view expected = n->view;
    expected.is_conflict = is_conflict(n);
    cr_assert_eq(view->record.v, expected.record.v, "record %lu, not %lu", view->record.v,
                 expected.record.v);
    cr_assert_eq(view->kind, expected.kind);
    cr_assert_eq(view->state, expected.state);
    cr_assert_eq(view->reason, expected.reason);
    cr_assert_eq(view->is_conflict, expected.is_conflict);
    cr_assert_eq(view->schedule.v, expected.schedule.v);
    cr_assert_eq(view->service.v, expected.service.v);
    cr_assert_eq(view->start_utc_s, expected.start_utc_s);
    cr_assert_eq(view->offset_s, expected.offset_s);
    cr_assert_eq(view->duration_minutes, expected.duration_minutes);
    cr_assert_eq(view->created_ms, expected.created_ms);
    cr_assert_eq(view->changed_ms, expected.changed_ms);
    cr_assert_eq(view->patient_length, expected.patient_length);
    cr_assert_arr_eq(view->patient, expected.patient, expected.patient_length);
    cr_assert_eq(view->payload_length, expected.payload_length);
}

static struct fasti_command list_random(void) {
    const uint32_t organization = 1 + below(2);
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {organization}};
    struct fasti_list_query *query = &command.body.list;
    query->by = below(2) == 0 ? FASTI_LIST_BY_SCHEDULE : FASTI_LIST_BY_PATIENT;
    query->schedule.v = 1 + below(SCHEDULES + 1); /* also another's, and none */
    const char *patient = patients[below(2)][below(PATIENTS)];
    query->patient_length = (uint8_t)strlen(patient);
    memcpy(query->patient, patient, strlen(patient));
    query->include_ended = below(2) == 0;
    query->include_blocks = below(2) == 0;
    query->only_conflicts = below(4) == 0;
    query->from_utc_s = below(2) == 0 ? INT64_MIN : start_random();
    query->to_utc_s = below(2) == 0 ? INT64_MAX : start_random();
    return command;
}

/* Pages through a list; `grow`: things go on meanwhile, which the list began before. */
static uint32_t list_compare(struct fasti_command command, uint16_t limit, bool grow) {
    struct fasti_list_query *query = &command.body.list;
    uint32_t at = noted_count, pages = 0, seen = 0;
    bool more = true;
    query->limit = limit;
    query->before.v = 0;
    for (; more; pages++) {
        const struct fasti_answer answer = run(command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_list_answer *list = answer.body.list;
        cr_assert_leq(list->count, limit);
        for (uint32_t i = 0; i < list->count; i++, seen++) {
            while (at > 0 && !model_wants(query, command.organization.v, &noted[at - 1]))
                at--;
            cr_assert_gt(at, 0, "record %lu is too much", list->records[i].record.v);
            view_compare(&list->records[i], &noted[--at]);
        }
        more = list->more;
        query->before = list->next;
        cr_assert(!more || list->count == limit, "a page that could be full");
        cr_assert_leq(pages, noted_count);
        if (grow && below(2) == 0)
            for (uint32_t i = below(3); i > 0; i--)
                book_random();
    }
    for (; at > 0; at--)
        cr_assert_not(model_wants(query, command.organization.v, &noted[at - 1]),
                      "record %lu is missing", noted[at - 1].view.record.v);
    return seen;
}

/* ---- the tests ---- */

Test(lookup_list, every_page_size_of_every_list) {
    static const uint16_t limits[] = {1, 2, 3, 4, 5, 7, 16, 33, 255, 256};
    uint32_t seen = 0;
    for (int round = 0; round < 12; round++) {
        happen(60);
        if (round == 8) { /* the evening is closed: who is booked there is told of */
            open_until = 16 * 60;
            openings_put(1, "anna", "16:00");
            openings_put(1, "bert", "16:00");
            openings_put(2, "carl", "16:00");
        }
        for (int i = 0; i < 20; i++) {
            const struct fasti_command command = list_random();
            for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++)
                seen += list_compare(command, limits[l], false);
        }
        for (int i = 0; i < 10; i++)
            seen += list_compare(list_random(), limits[below(6)], true);
        if (round % 4 == 3) {
            world->now_ms = fasti_engine_clock(world->engine)->offset_ms;
            engine_world_crash(world);
            cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
        }
    }
    cr_assert_gt(seen, 10000, "%u records were listed", seen);
}

Test(lookup_list, strangers_in_one_bucket) {
    for (uint32_t i = 0; i < 200; i++)
        book_random();
    for (uint32_t o = 0; o < 2; o++)
        for (uint32_t i = 0; i < PATIENTS; i++) {
            struct fasti_command command = list_random();
            command.organization.v = 1 + o;
            command.body.list = (struct fasti_list_query){
                .by = FASTI_LIST_BY_PATIENT, .from_utc_s = INT64_MIN, .to_utc_s = INT64_MAX};
            command.body.list.patient_length = (uint8_t)strlen(patients[o][i]);
            memcpy(command.body.list.patient, patients[o][i], strlen(patients[o][i]));
            cr_assert_gt(list_compare(command, (uint16_t)(1 + below(4)), false), 0);
        }
}

Test(lookup_list, places_of_other_lists_are_refused) {
    for (uint32_t i = 0; i < 60; i++)
        book_random();
    for (uint32_t i = 0; i < noted_count; i++)
        for (uint32_t schedule = 1; schedule <= SCHEDULES; schedule++) {
            struct fasti_command command = {.kind = FASTI_COMMAND_LIST,
                                            .organization = {organization_of(schedule)}};
            command.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                                          .schedule = {schedule},
                                                          .before = noted[i].view.record,
                                                          .to_utc_s = INT64_MAX,
                                                          .limit = 1};
            const enum fasti_status status = run(command).status;
            cr_assert_eq(status == FASTI_OK, noted[i].view.schedule.v == schedule);
            command.organization.v = 3 - command.organization.v;
            cr_assert_eq(run(command).status, FASTI_INVALID_REFERENCE, "another tenant's list");
        }
    struct fasti_command command = list_random();
    command.body.list.limit = 0;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
    command.body.list.limit = FASTI_LIST_MAX + 1;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
    command.body.list.limit = 1;
    command.body.list.by = (enum fasti_list_by)3;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
}

/* More records than one call looks at: pages may be empty and still say that there is more. */
Test(lookup_list, a_page_looks_at_so_many) {
    struct fasti_command book = book_command(1, "needle");
    book.body.book.items[0].start_utc_s = engine_utc_s("2026-01-06T08:00:00+01:00");
    const uint64_t needle = must(book).record.v;
    book.body.book.items[0].start_utc_s += 900;
    for (uint32_t i = 0; i < FASTI_LOOKUP_SLICE + 10; i++)
        must(engine_cancel(must(book).record.v));
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){
        .by = FASTI_LIST_BY_SCHEDULE, .schedule = {1}, .to_utc_s = INT64_MAX, .limit = 5};
    struct fasti_answer answer = run(command);
    cr_assert_eq(answer.body.list->count, 0);
    cr_assert(answer.body.list->more);
    cr_assert_neq(answer.body.list->next.v, 0);
    command.body.list.before = answer.body.list->next;
    answer = run(command);
    cr_assert_eq(answer.body.list->count, 1);
    cr_assert_eq(answer.body.list->records[0].record.v, needle);
    cr_assert_not(answer.body.list->more);
}

/* ---- what is not durable ---- */

static struct fasti_answer polled(uint32_t worker, uint64_t tag) {
    struct fasti_answer answer;
    for (int i = 0; i < 1000; i++)
        if (fasti_engine_poll(world->engine, worker, &answer, 1) == 1) {
            cr_assert_eq(answer.tag, tag);
            return answer;
        }
    cr_assert(false, "tag %lu was never answered", tag);
    return answer;
}

Test(lookup_list, nothing_is_told_that_a_crash_could_take_back) {
    const struct fasti_command first = book_command(1, "p-1");
    const uint64_t record = must(first).record.v;
    struct fasti_command second = first;
    second.body.book.items[0].start_utc_s += 86400;
    struct fasti_command list = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    list.body.list = (struct fasti_list_query){
        .by = FASTI_LIST_BY_SCHEDULE, .schedule = {1}, .to_utc_s = INT64_MAX, .limit = 5};
    struct fasti_answer answer;
    fasti_sim_disk_set_faults(world->disk, &(struct fasti_sim_faults){.delay_max = 30});
    /* A booking under way is not listed, and nobody waits for it. */
    cr_assert_not(fasti_engine_submit(world->engine, 1, &second, 2, &answer));
    cr_assert(fasti_engine_submit(world->engine, 0, &list, 3, &answer));
    cr_assert_eq(answer.body.list->count, 1);
    cr_assert_eq(answer.body.list->records[0].record.v, record);
    cr_assert_eq(polled(1, 2).outcome, FASTI_OUTCOME_BOOKED);
    /* A cancel under way changes what was told before: the list waits for it, SHOW too. */
    const struct fasti_command cancel = engine_cancel(record);
    struct fasti_command show = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    show.body.show.v = record;
    cr_assert_not(fasti_engine_submit(world->engine, 1, &cancel, 4, &answer));
    cr_assert_not(fasti_engine_submit(world->engine, 0, &list, 5, &answer));
    cr_assert_eq(polled(1, 4).outcome, FASTI_OUTCOME_CANCELLED);
    answer = polled(0, 5);
    cr_assert_eq(answer.body.list->count, 1, "the first one has ended");
    cr_assert_neq(answer.body.list->records[0].record.v, record);
    answer = run(show);
    cr_assert_eq(answer.body.show.view.state, FASTI_STATE_CANCELLED);
}

Test(lookup_list, a_stranger_in_the_bucket_is_not_waited_for) {
    const struct fasti_command ours = book_command(1, patients[0][0]);
    const struct fasti_command theirs = book_command(3, patients[1][0]);
    const uint64_t record = must(ours).record.v;
    struct fasti_command cancel = engine_cancel(must(theirs).record.v);
    struct fasti_command list = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    list.body.list =
        (struct fasti_list_query){.by = FASTI_LIST_BY_PATIENT,
                                  .patient_length = ours.body.book.appointments[0].patient_length,
                                  .to_utc_s = INT64_MAX,
                                  .limit = 5};
    memcpy(list.body.list.patient, patients[0][0], list.body.list.patient_length);
    struct fasti_answer answer;
    fasti_sim_disk_set_faults(world->disk, &(struct fasti_sim_faults){.delay_max = 30});
    cancel.organization.v = 2;
    cr_assert_not(fasti_engine_submit(world->engine, 1, &cancel, 1, &answer));
    cr_assert(fasti_engine_submit(world->engine, 0, &list, 2, &answer));
    cr_assert_eq(answer.body.list->count, 1);
    cr_assert_eq(answer.body.list->records[0].record.v, record);
    cr_assert_eq(polled(1, 1).outcome, FASTI_OUTCOME_CANCELLED);
}
