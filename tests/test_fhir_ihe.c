/*
 * test_fhir_ihe.c - the example messages of IHE ITI Scheduling (R4) as calls.
 *
 *   message                           call                       demanded: what Fasti says
 *   $find                             AVAILABILITY               proposed: the starts, total, and
 *                                                                none that is held
 *                                                                gap: no _count, specialty, place
 *                                                                by text, several patients at once
 *   $hold of a proposed one           HOLD                       pending: HELD; cancelled: TAKEN
 *   $book of the held one             CONFIRM                    booked: BOOKED
 *                                                                cancelled: EXPIRED
 *   $book of a proposed one           BOOK                       booked: BOOKED; cancelled: TAKEN
 *   $book, status booked              MOVE                       booked: MOVED, under a new number
 *                                                                gap: more than the time changes
 *   $book, status cancelled           CANCEL with a code         cancelled: CANCELLED
 *   status-reason                     the code: its place in the code system, from 1
 *
 * A proposed Appointment is no record of ours: its id stands for schedule, service and start. What
 * is demanded is read out of the messages (fhir.h says where they lie; without them all is
 * skipped). A gap is asserted as it is now, where a call can show it: who closes it finds this
 * table.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/fhir_world.h"

#define PROPOSED_MAX 8

static struct fhir_world world;
static struct fhir_visit proposed[PROPOSED_MAX];
static uint32_t proposed_count;
static int64_t from, to; /* requestedPeriod */

static void setup(void) {
    char path[512];
    if (!fhir_is_there(path))
        cr_skip_test("%s is absent", path);
}

static void teardown(void) {
    fhir_world_end(&world);
}

TestSuite(fhir_ihe, .init = setup, .fini = teardown);

/* Appointment's actors: the practitioner by reference, the office by its name alone. */
static void practice(const json_t *appointment, const char *now) {
    const struct fhir_visit visit = fhir_visit_of(appointment);
    const char *office = fhir_text(appointment, "participant.1.actor.display");
    const char *doctor = fhir_actor(appointment, "Practitioner/");
    const char *services[] = {fhir_text(appointment, "serviceType.0.coding.0.code"), NULL};
    fhir_world_make(&world, now, "America/Los_Angeles", "IHE", office);
    world.service = fhir_service(&world, services[0], visit.slot_minutes);
    world.schedule = fhir_schedule(&world, doctor, office, doctor, services);
    from = fhir_utc_s(appointment, "requestedPeriod.0.start");
    to = fhir_utc_s(appointment, "requestedPeriod.0.end");
}

/* What $find has answered: a Slot a proposed Appointment. */
static const json_t *find_practice(void) {
    const json_t *bundle = fhir_message(&world, "example-iti-scheduling-bundle.json");
    practice(fhir_at(bundle, "entry.0.resource"), "2017-07-01T08:00:00Z");
    const json_t *entries = fhir_at(bundle, "entry");
    proposed_count = 0;
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *resource = fhir_at(json_array_get(entries, i), "resource");
        if (strcmp(fhir_text(resource, "resourceType"), "Appointment") != 0)
            continue; /* the OperationOutcome */
        cr_assert_lt(proposed_count, PROPOSED_MAX);
        const struct fhir_visit visit = fhir_visit_of(resource);
        cr_assert_str_eq(visit.status, "proposed");
        cr_assert_eq(fhir_utc_s(resource, "requestedPeriod.0.start"), from);
        cr_assert_eq(fhir_utc_s(resource, "requestedPeriod.0.end"), to);
        fhir_slot(&world, fhir_actor(resource, "Practitioner/"), fhir_text(resource, "id"),
                  visit.start_utc_s, visit.end_utc_s, NULL, true);
        proposed[proposed_count] = visit;
        proposed[proposed_count++].patient = "Patient/pat1";
    }
    return bundle;
}

/* $find lists these proposed ones, by a bit each, and nothing else. */
static bool finds(uint32_t bits) {
    int64_t starts[FHIR_STARTS_MAX];
    const uint32_t count = fhir_offered(&world, world.service, from, to, starts);
    uint32_t at = 0;
    for (uint32_t i = 0; i < proposed_count; i++)
        if ((bits >> i & 1) != 0 && (at == count || starts[at++] != proposed[i].start_utc_s))
            return false;
    return at == count;
}

/* The status that an operation's definition demands then. */
static void demands(const char *operation, const char *phrase, char status[32]) {
    char *text = fhir_read_text(operation);
    fhir_quoted_before(text, "&quot;", phrase, status);
    free(text);
}

static void becomes(uint64_t record, struct fhir_visit visit, const char *status) {
    visit.status = status;
    cr_assert_str_eq(fhir_difference(&world, record, &visit), "");
}

static const char hold_xml[] = "operationdefinition-appointment-hold.xml";
static const char book_xml[] = "operationdefinition-appointment-book.xml";

Test(fhir_ihe, find_proposes_what_is_free) {
    const json_t *bundle = find_practice();
    cr_assert_eq(proposed_count, json_integer_value(fhir_at(bundle, "total")));
    cr_assert(finds(7), "in this order");
    const uint64_t record = fhir_book(&world, &proposed[1]).record.v;
    cr_assert(finds(5));
    cr_assert_eq(fhir_cancel(&world, record, 0), FASTI_OUTCOME_CANCELLED);
    cr_assert(finds(7));
}

Test(fhir_ihe, a_held_appointment_is_not_found) {
    find_practice();
    char *find = fhir_read_text("operationdefinition-appointment-find.xml");
    cr_assert_not_null(strstr(find, "SHALL NOT include any held appointments"));
    free(find);
    char accepted[32], rejected[32];
    demands(hold_xml, " if the hold is approved", accepted);
    demands(hold_xml, " if the hold is rejected", rejected);
    const struct fasti_answer held = fhir_hold(&world, &proposed[0]);
    cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
    struct fhir_visit nobody = proposed[0];
    nobody.patient = NULL;
    becomes(held.record.v, nobody, accepted);
    cr_assert(finds(6));
    cr_assert_eq(fhir_hold(&world, &proposed[0]).outcome, FASTI_OUTCOME_TAKEN, "%s", rejected);
    cr_assert_str_eq(rejected, "cancelled", "of a proposed one, which never became a record");
    cr_assert_eq(fhir_release(&world, &held), FASTI_OUTCOME_RELEASED);
    becomes(held.record.v, nobody, "cancelled");
    cr_assert(finds(7));
}

Test(fhir_ihe, a_held_appointment_is_booked_by_its_owner_alone) {
    find_practice();
    char status[32];
    demands(book_xml, " if a new appointment is booked", status);
    const struct fasti_answer held = fhir_hold(&world, &proposed[0]);
    cr_assert_eq(fhir_book(&world, &proposed[0]).outcome, FASTI_OUTCOME_TAKEN);
    struct fasti_answer thief = held;
    thief.body.book.token.low ^= 1;
    cr_assert_eq(fhir_confirm(&world, &thief, "Patient/thief"), FASTI_OUTCOME_NOT_OWNER);
    cr_assert_eq(fhir_confirm(&world, &held, proposed[0].patient), FASTI_OUTCOME_BOOKED);
    becomes(held.record.v, proposed[0], status);
    cr_assert(finds(6));
}

Test(fhir_ihe, a_hold_that_has_expired_is_found_again_and_not_booked) {
    find_practice();
    char status[32];
    demands(book_xml, " if an appointment is cancelled or not created", status);
    const struct fasti_answer held = fhir_hold(&world, &proposed[2]);
    cr_assert(finds(3));
    fhir_pass_to(&world, held.body.book.expires_ms / 1000);
    cr_assert(finds(7));
    cr_assert_eq(fhir_confirm(&world, &held, "Patient/pat1"), FASTI_OUTCOME_EXPIRED);
    cr_assert_str_eq(fhir_status_of(&world, held.record.v), status);
    cr_assert_eq(fhir_book(&world, &proposed[2]).outcome, FASTI_OUTCOME_BOOKED, "without a hold");
    cr_assert_eq(fhir_book(&world, &proposed[2]).outcome, FASTI_OUTCOME_TAKEN);
}

Test(fhir_ihe, a_booked_appointment_is_modified) {
    find_practice();
    char status[32];
    demands(book_xml, " if a new appointment is booked or an existing appointment is modified",
            status);
    const uint64_t record = fhir_book(&world, &proposed[0]).record.v;
    const struct fasti_answer blocker = fhir_hold(&world, &proposed[1]);
    cr_assert_eq(fhir_move(&world, record, &proposed[1]).outcome, FASTI_OUTCOME_TAKEN);
    becomes(record, proposed[0], status);
    cr_assert_eq(fhir_release(&world, &blocker), FASTI_OUTCOME_RELEASED);
    const struct fasti_answer moved = fhir_move(&world, record, &proposed[1]);
    cr_assert_eq(moved.outcome, FASTI_OUTCOME_MOVED);
    becomes(moved.record.v, proposed[1], status);
    cr_assert(finds(5));
    cr_assert_eq(fhir_show(&world, moved.record.v).body.show.view.moved_from.v, record);
}

/* "<code value=" of each concept, in the order of the file. */
static uint32_t concepts(const char *text, const char *codes[64]) {
    uint32_t count = 0;
    for (const char *at = text; (at = strstr(at, "<concept>")) != NULL; at++) {
        const char *code = strstr(at, "<code value=\"");
        cr_assert(code != NULL && count < 64);
        codes[count++] = code + strlen("<code value=\"");
    }
    return count;
}

Test(fhir_ihe, every_reason_for_a_cancellation_is_kept) {
    find_practice();
    char status[32];
    demands(book_xml, " if an appointment is cancelled or not created", status);
    char *text = fhir_read_text("codesystem-status-reason.xml");
    const char *codes[64];
    const uint32_t count = concepts(text, codes);
    cr_assert(count > 0 && count <= UINT8_MAX);
    uint64_t records[64];
    for (uint32_t i = 0; i < count; i++) {
        records[i] = fhir_book(&world, &proposed[0]).record.v;
        cr_assert_eq(fhir_cancel(&world, records[i], (uint8_t)(i + 1)), FASTI_OUTCOME_CANCELLED);
    }
    for (uint32_t i = 0; i < count; i++) {
        becomes(records[i], proposed[0], status);
        const uint8_t reason = fhir_show(&world, records[i]).body.show.view.reason;
        cr_assert_eq(codes[reason - 1], codes[i]);
    }
    free(text);
    cr_assert_eq(fhir_listed(&world, "Patient/pat1", from, to, true)->count, count);
    cr_assert(finds(7));
}

Test(fhir_ihe, the_booked_example_is_a_record) {
    const json_t *appointment = fhir_message(&world, "example-appointment.json");
    const json_t *patient = fhir_message(&world, "example-patient.json");
    const json_t *doctor = fhir_message(&world, "example-practitioner.json");
    const struct fhir_visit visit = fhir_visit_of(appointment);
    cr_assert_str_eq(visit.patient + strlen("Patient/"), fhir_text(patient, "id"));
    cr_assert_str_eq(fhir_actor(appointment, "Practitioner/") + strlen("Practitioner/"),
                     fhir_text(doctor, "id"));
    practice(appointment, "2025-03-01T08:00:00Z");
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_CLOSED, "nothing is open yet");
    fhir_slot(&world, fhir_actor(appointment, "Practitioner/"), "slot", visit.start_utc_s,
              visit.end_utc_s, NULL, true);
    const struct fasti_answer booked = fhir_book(&world, &visit);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_str_eq(fhir_difference(&world, booked.record.v, &visit), "");
    const struct fasti_list_answer *list =
        fhir_listed(&world, visit.patient, visit.start_utc_s, visit.end_utc_s, false);
    cr_assert_eq(list->count, 1);
    cr_assert_eq(list->records[0].offset_s, -7 * 3600, "summer time in Napa by then");
}
