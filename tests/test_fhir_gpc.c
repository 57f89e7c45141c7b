/*
 * test_fhir_gpc.c - the example messages of GP Connect (NHS England, STU3) as calls.
 *
 *   message                           call                       demanded: what Fasti says
 *   GET Slot                          AVAILABILITY a service     free: the starts
 *   POST Appointment                  BOOK, a row a slot         201 booked: BOOKED
 *                                                                409 not free: TAKEN
 *   GET Appointment, of a patient     SHOW, LIST by patient      200: FOUND
 *   PUT Appointment, another text     none                       gap: a payload never changes
 *   PUT Appointment, cancelled        CANCEL with a code         200 cancelled: CANCELLED
 *                                                                gap: the reason is a text
 *                                                                gap: of the past, refused
 *   If-Match on both                  none                       gap: a record has no version
 *
 * Slots are published one by one: an opening each, booked as a whole. What is demanded is read out
 * of the messages (fhir.h says where they lie; without them all is skipped); 409 is said by the
 * specification around them. A gap is asserted as it is now: who closes it finds this table.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/fhir_world.h"

#define SLOT_MINUTES 10 /* of the search */

static struct fhir_world world;

static void setup(void) {
    char path[512];
    if (!fhir_is_there(path))
        cr_skip_test("%s is absent", path);
}

static void teardown(void) {
    fhir_world_end(&world);
}

TestSuite(fhir_gpc, .init = setup, .fini = teardown);

static void says(uint64_t record, const struct fhir_visit *visit) {
    cr_assert_str_eq(fhir_difference(&world, record, visit), "");
}

/* ---- appointments ---- */

static void slots_open(const json_t *appointment) {
    const struct fhir_visit visit = fhir_visit_of(appointment);
    const json_t *slots = fhir_at(appointment, "slot");
    for (uint32_t i = 0; i < visit.slot_count; i++) {
        const int64_t start = visit.start_utc_s + (int64_t)i * visit.slot_minutes * 60;
        fhir_slot(&world, "Schedule/1", fhir_text(json_array_get(slots, i), "reference"), start,
                  start + visit.slot_minutes * 60, NULL, true);
    }
}

/* The practice of a response, at the moment when that appointment was made. */
static void practice(const json_t *appointment) {
    const char *location = fhir_actor(appointment, "Location/");
    const char *services[] = {fhir_text(appointment, "serviceType.0.text"), NULL};
    fhir_world_make(&world, fhir_text(appointment, "created"), "Europe/London",
                    fhir_text(appointment, "contained.0.identifier.0.value"), location);
    world.service = fhir_service(&world, services[0], fhir_visit_of(appointment).slot_minutes);
    world.schedule = fhir_schedule(&world, "Schedule/1", location,
                                   fhir_actor(appointment, "Practitioner/"), services);
    slots_open(appointment);
}

Test(fhir_gpc, a_booked_slot_is_the_patients) {
    const json_t *response = fhir_message(&world, "book_appt_response_example.json");
    const json_t *request = fhir_message(&world, "book_appt_request_example.json");
    cr_assert_str_eq(fhir_changed(request, response, ""), "");
    const struct fhir_visit asked = fhir_visit_of(request), told = fhir_visit_of(response);
    cr_assert_str_eq(asked.status, "booked");
    practice(response);
    cr_assert(fhir_is_offered(&world, &asked));
    const struct fasti_answer booked = fhir_book(&world, &asked);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    says(booked.record.v, &told);
    cr_assert_eq(fhir_show(&world, booked.record.v).body.show.view.created_ms,
                 fhir_utc_s(response, "created") * 1000);
    cr_assert_not(fhir_is_offered(&world, &asked));
}

Test(fhir_gpc, a_slot_that_is_not_free_is_a_conflict) {
    const json_t *response = fhir_message(&world, "book_appt_response_example.json");
    struct fhir_visit asked = fhir_visit_of(response);
    practice(response);
    const uint64_t first = fhir_book(&world, &asked).record.v;
    asked.patient = "Patient/2";
    cr_assert_eq(fhir_book(&world, &asked).outcome, FASTI_OUTCOME_TAKEN, "409");
    cr_assert_eq(fhir_hold(&world, &asked).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(fhir_listed(&world, "Patient/2", 0, INT64_MAX, true)->count, 0);
    cr_assert_str_eq(fhir_status_of(&world, first), "booked");
    cr_assert_eq(fhir_cancel(&world, first, 0), FASTI_OUTCOME_CANCELLED);
    asked.start_utc_s += 300; /* not where the Slot begins */
    cr_assert_eq(fhir_book(&world, &asked).outcome, FASTI_OUTCOME_OFF_GRID);
    asked.start_utc_s = asked.end_utc_s; /* where no Slot is */
    cr_assert_eq(fhir_book(&world, &asked).outcome, FASTI_OUTCOME_CLOSED);
}

Test(fhir_gpc, only_the_future_is_booked) {
    const json_t *response = fhir_message(&world, "book_appt_response_example.json");
    const struct fhir_visit asked = fhir_visit_of(response);
    practice(response);
    const uint64_t record = fhir_book(&world, &asked).record.v;
    fhir_pass_to(&world, asked.start_utc_s + 60);
    cr_assert_eq(fhir_book(&world, &asked).outcome, FASTI_OUTCOME_PAST);
    /* Gap: GP Connect wants the past left alone; an adapter compares before it cancels. */
    cr_assert_eq(fhir_cancel(&world, record, 0), FASTI_OUTCOME_CANCELLED);
}

Test(fhir_gpc, an_amendment_changes_the_text_alone) {
    const json_t *response = fhir_message(&world, "book_appt_response_example.json");
    const json_t *amendment = fhir_message(&world, "amend_appt_request_example.json");
    const json_t *amended = fhir_message(&world, "amend_appt_response_example.json");
    cr_assert_str_eq(fhir_changed(response, amendment, ""), "description");
    cr_assert_str_eq(fhir_changed(response, amendment, "description"), "");
    cr_assert_str_eq(fhir_changed(amendment, amended, ""), "");
    const struct fhir_visit before = fhir_visit_of(response), after = fhir_visit_of(amended);
    practice(response);
    const struct fasti_answer booked = fhir_book(&world, &before);
    says(booked.record.v, &before);
    /* Gap: no call changes a payload. A move to its own time keeps the old one. */
    cr_assert_str_eq(fhir_difference(&world, booked.record.v, &after), "text");
    const struct fasti_answer moved = fhir_move(&world, booked.record.v, &after);
    cr_assert_eq(moved.outcome, FASTI_OUTCOME_MOVED);
    says(moved.record.v, &before);
    cr_assert_str_eq(fhir_difference(&world, moved.record.v, &after), "text");
}

Test(fhir_gpc, a_cancelled_slot_is_free_again) {
    const json_t *cancelled = fhir_message(&world, "cancel_appt_response_example.json");
    const json_t *request = fhir_message(&world, "cancel_appt_request_example.json");
    const json_t *before = fhir_message(&world, "amend_appt_response_example.json");
    cr_assert_str_eq(fhir_changed(before, request, ""), "status");
    cr_assert_str_eq(fhir_changed(before, request, "status"), "");
    cr_assert_str_eq(fhir_changed(request, cancelled, ""), "");
    const struct fhir_visit asked = fhir_visit_of(before), told = fhir_visit_of(cancelled);
    cr_assert_str_eq(told.status, "cancelled");
    practice(cancelled);
    struct fhir_visit other = asked;
    const uint64_t record = fhir_book(&world, &asked).record.v;
    other.patient = "Patient/2";
    cr_assert_eq(fhir_book(&world, &other).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(fhir_cancel(&world, record, 17), FASTI_OUTCOME_CANCELLED);
    says(record, &told);
    /* Gap: the reason is a text ("extension.1.valueString"), a record keeps a code. */
    cr_assert_eq(fhir_show(&world, record).body.show.view.reason, 17);
    cr_assert_not_null(fhir_at(cancelled, "extension.1.valueString"));
    cr_assert(fhir_is_offered(&world, &asked));
    cr_assert_eq(fhir_cancel(&world, record, 18), FASTI_OUTCOME_ALREADY);
    cr_assert_eq(fhir_book(&world, &other).outcome, FASTI_OUTCOME_BOOKED);
    says(record, &told);
}

Test(fhir_gpc, three_slots_are_one_appointment) {
    const json_t *appointment = fhir_message(&world, "read_appt_response_example.json");
    const struct fhir_visit told = fhir_visit_of(appointment);
    cr_assert_eq(told.slot_count, 3);
    practice(appointment);
    struct fhir_visit middle = told;
    middle.slot_count = 1;
    middle.start_utc_s += told.slot_minutes * 60;
    const uint64_t one = fhir_book(&world, &middle).record.v;
    const struct fasti_answer refused = fhir_book(&world, &told);
    cr_assert_eq(refused.outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(refused.body.book.outcomes[0], FASTI_OUTCOME_BOOKED);
    cr_assert_eq(refused.body.book.outcomes[1], FASTI_OUTCOME_TAKEN);
    cr_assert(fhir_is_offered(&world, &told), "all or nothing");
    cr_assert_eq(fhir_cancel(&world, one, 0), FASTI_OUTCOME_CANCELLED);
    const struct fasti_answer booked = fhir_book(&world, &told);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    says(booked.record.v, &told);
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    command.body.describe.kind = FASTI_ENTITY_SCHEDULE;
    command.body.describe.id = fhir_show(&world, booked.record.v).body.show.items[2].schedule.v;
    const struct fasti_put *put = &fhir_run(&world, &command).body.describe->put;
    const struct fasti_id_text with = engine_id(fhir_actor(appointment, "Practitioner/"));
    const struct fasti_id_text where = engine_id(fhir_actor(appointment, "Location/"));
    cr_assert(fasti_id_text_equal(&put->body.schedule.practitioner, &with));
    cr_assert(fasti_id_text_equal(&put->body.schedule.location, &where));
}

Test(fhir_gpc, a_patient_has_two_appointments) {
    const json_t *bundle = fhir_message(&world, "retrieve_patients_appts_response_example.json");
    const json_t *newer = fhir_at(bundle, "entry.0.resource");
    const json_t *older = fhir_at(bundle, "entry.1.resource");
    const json_t *read = fhir_message(&world, "read_appt_response_example.json");
    cr_assert(json_equal(read, newer) != 0, "one appointment, read alone and in the list");
    const struct fhir_visit visits[2] = {fhir_visit_of(newer), fhir_visit_of(older)};
    practice(older);
    const uint64_t first = fhir_book(&world, &visits[1]).record.v;
    slots_open(newer);
    fhir_pass_to(&world, fhir_utc_s(newer, "created"));
    const uint64_t second = fhir_book(&world, &visits[0]).record.v;
    struct fhir_visit other = visits[0];
    other.start_utc_s -= 86400;
    fhir_slot(&world, "Schedule/1", "other", other.start_utc_s, other.start_utc_s + 600, NULL,
              true);
    other.patient = "Patient/3";
    other.slot_count = 1;
    cr_assert_eq(fhir_book(&world, &other).outcome, FASTI_OUTCOME_BOOKED);
    const struct fasti_list_answer *list =
        fhir_listed(&world, visits[0].patient, 0, INT64_MAX, false);
    cr_assert_eq(list->count, json_array_size(fhir_at(bundle, "entry")));
    cr_assert_eq(list->records[0].record.v, second);
    cr_assert_eq(list->records[1].record.v, first);
    says(second, &visits[0]);
    says(first, &visits[1]);
    const int64_t from = visits[0].start_utc_s, to = from + 86400;
    cr_assert_eq(fhir_listed(&world, visits[0].patient, from, to, false)->count, 1);
    cr_assert_eq(fhir_cancel(&world, second, 0), FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(fhir_listed(&world, visits[0].patient, from, to, false)->count, 0);
    cr_assert_eq(fhir_listed(&world, visits[0].patient, from, to, true)->count, 1);
}

/* ---- search ---- */

/* The first entry of a type, of those from *at on. */
static const json_t *entry(const json_t *bundle, const char *type, size_t *at) {
    const json_t *entries = fhir_at(bundle, "entry");
    for (; *at < json_array_size(entries); ++*at) {
        const json_t *resource = fhir_at(json_array_get(entries, *at), "resource");
        if (strcmp(fhir_text(resource, "resourceType"), type) == 0)
            return resource;
    }
    return NULL;
}

static void searched_practice(const json_t *bundle, const char *const *services) {
    size_t at = 0, where = 0, who = 0;
    const json_t *plan = entry(bundle, "Schedule", &at);
    const json_t *site = entry(bundle, "Location", &where);
    const json_t *owner = entry(bundle, "Organization", &who);
    cr_assert_str_eq(fhir_text(plan, "actor.0.reference"), "Location/17");
    cr_assert_str_eq(fhir_text(site, "id"), "17");
    cr_assert_str_eq(fhir_text(site, "managingOrganization.reference"), "Organization/23");
    cr_assert_str_eq(fhir_text(owner, "id"), "23");
    fhir_world_make(&world, "2016-08-15T08:00:00Z", "Europe/London",
                    fhir_text(owner, "identifier.0.value"), "Location/17");
    world.service = fhir_service(&world, services[0], SLOT_MINUTES);
    cr_assert_eq(fhir_service(&world, services[1], SLOT_MINUTES), world.service + 1);
    world.schedule = fhir_schedule(&world, "Schedule/14", "Location/17",
                                   fhir_text(plan, "actor.1.reference"), services);
    for (at = 0; (plan = entry(bundle, "Slot", &at)) != NULL; at++) {
        cr_assert_str_eq(fhir_text(plan, "schedule.reference"), "Schedule/14");
        cr_assert_eq(fhir_utc_s(plan, "end") - fhir_utc_s(plan, "start"), SLOT_MINUTES * 60);
        fhir_slot(&world, "Schedule/14", fhir_text(plan, "id"), fhir_utc_s(plan, "start"),
                  fhir_utc_s(plan, "end"), fhir_text(plan, "serviceType.0.text"), true);
    }
}

Test(fhir_gpc, a_search_lists_the_free_slots) {
    const json_t *bundle = fhir_message(&world, "search_for_free_slots_response_example.json");
    size_t at = 0;
    const json_t *slots[2] = {entry(bundle, "Slot", &at), NULL};
    at++;
    slots[1] = entry(bundle, "Slot", &at);
    const char *services[] = {fhir_text(slots[0], "serviceType.0.text"),
                              fhir_text(slots[1], "serviceType.0.text"), NULL};
    searched_practice(bundle, services);
    at = 0;
    const json_t *plan = entry(bundle, "Schedule", &at);
    const int64_t from = fhir_utc_s(plan, "planningHorizon.start");
    const int64_t to = fhir_utc_s(plan, "planningHorizon.end");
    int64_t starts[FHIR_STARTS_MAX];
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_str_eq(fhir_text(slots[i], "status"), "free");
        cr_assert_eq(fhir_offered(&world, world.service + i, from, to, starts), 1);
        cr_assert_eq(starts[0], fhir_utc_s(slots[i], "start"));
    }
    struct fhir_visit visit = {
        .patient = "Patient/1", .slot_count = 1, .slot_minutes = SLOT_MINUTES};
    visit.start_utc_s = fhir_utc_s(slots[0], "start");
    visit.end_utc_s = fhir_utc_s(slots[0], "end");
    const struct fasti_answer booked = fhir_book(&world, &visit);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_eq(fhir_offered(&world, world.service, from, to, starts), 0, "busy, no longer free");
    cr_assert_eq(fhir_offered(&world, world.service + 1, from, to, starts), 1);
    visit.start_utc_s = fhir_utc_s(slots[1], "start"); /* another serviceType's Slot */
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_CLOSED);
    cr_assert_eq(fhir_cancel(&world, booked.record.v, 0), FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(fhir_offered(&world, world.service, from, to, starts), 1);
}
