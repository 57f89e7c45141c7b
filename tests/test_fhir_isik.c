/*
 * test_fhir_isik.c - the example messages of ISiK Terminplanung (gematik, R4) as calls.
 *
 *   message                           call                       demanded: what Fasti says
 *   Appointment/$book, proposed       BOOK                       201 booked: BOOKED
 *                                     BOOK as a request          201 pending: REQUESTED
 *                                                                422: TAKEN, NOT_OFFERED, CLOSED,
 *                                                                OFF_GRID, PAST; 400: a status
 *   $book with cancelled-appt-id      MOVE                       both or none: MOVED; the new one
 *                                                                names the old one (replaces)
 *   $book of a known id               MOVE                       gap: the id stays; a record's
 *                                                                number does not
 *   PATCH Appointment.status          CANCEL, MARK               cancelled; booked (approved),
 *                                                                arrived, fulfilled, noshow
 *   GET Appointment, Slot, Schedule   SHOW, LIST; AVAILABILITY; DESCRIBE
 *                                                                gap: no search by specialty,
 *                                                                service type or actor
 *   Communication, Binary             none                       not Fasti's
 *
 * A Slot here is open time: visits of a service start every so many minutes as they are long. What
 * is demanded is read out of the messages (fhir.h says where they lie; without them all is
 * skipped). A gap is asserted as it is now: who closes it finds this table.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/fhir_world.h"

#define NOW     "2022-12-01T08:00:00Z"
#define DAY     86400
#define COUNSEL "Appointment-ISiKTerminExample.json"
#define ICU     "Appointment-ISiKTerminExampleExtendedICU.json"

static struct fhir_world world;
static uint32_t icu; /* the other service */

static void setup(void) {
    char path[512];
    if (!fhir_is_there(path))
        cr_skip_test("%s is absent", path);
}

static void teardown(void) {
    fhir_world_end(&world);
}

TestSuite(fhir_isik, .init = setup, .fini = teardown);

static const char *service_of(const json_t *message) {
    const json_t *code = fhir_at(message, "serviceType.0.coding.0.code");
    return code != NULL ? json_string_value(code) : fhir_text(message, "type.0.coding.0.code");
}

static const char *id_of(const char *reference) {
    return strchr(reference, '/') + 1;
}

/* The schedule of the messages: it offers the services that it names, and those more. */
static void schedule_put(const json_t *calendar, const char *more) {
    const char *services[] = {service_of(calendar), more, NULL};
    world.schedule = fhir_schedule(&world, fhir_text(calendar, "id"), "Krankenhaus",
                                   fhir_text(calendar, "actor.0.reference"), services);
}

/* No message names an organization and a place: they are in Germany. */
static void practice(void) {
    const json_t *unit =
        fhir_message(&world, "HealthcareService-ISiKMedizinischeBehandlungseinheitExample.json");
    const json_t *calendar = fhir_message(&world, "Schedule-ISiKKalenderExample.json");
    const json_t *slot = fhir_message(&world, "Slot-ISiKTerminblockExample.json");
    const json_t *counsel = fhir_message(&world, COUNSEL), *other = fhir_message(&world, ICU);
    cr_assert_str_eq(service_of(unit), service_of(calendar));
    cr_assert_str_eq(service_of(counsel), service_of(calendar));
    cr_assert_str_eq(id_of(fhir_text(slot, "schedule.reference")), fhir_text(calendar, "id"));
    cr_assert_str_eq(id_of(fhir_text(counsel, "slot.0.reference")), fhir_text(slot, "id"));
    cr_assert_str_eq(id_of(fhir_text(other, "slot.0.reference")), fhir_text(slot, "id"));
    fhir_world_make(&world, NOW, "Europe/Berlin", "ISiK", "Krankenhaus");
    world.service = fhir_service(&world, service_of(counsel), fhir_visit_of(counsel).slot_minutes);
    icu = fhir_service(&world, service_of(other), fhir_visit_of(other).slot_minutes);
    schedule_put(calendar, NULL);
    const int64_t start = fhir_utc_s(slot, "start"), end = fhir_utc_s(slot, "end");
    fhir_slot(&world, fhir_text(calendar, "id"), fhir_text(slot, "id"), start, end, NULL, false);
    fhir_slot(&world, fhir_text(calendar, "id"), "a day later", start + DAY, end + DAY, NULL,
              false);
}

static struct fhir_visit counsel_visit(void) {
    return fhir_visit_of(world.messages[3]);
}

/* The appointment as its answer must be. */
static void becomes(uint64_t record, struct fhir_visit visit, const char *status) {
    visit.status = status;
    cr_assert_str_eq(fhir_difference(&world, record, &visit), "");
}

/* What the definition of $book says before a phrase. */
static const char *demanded(size_t parameter, const char *phrase) {
    static char word[32];
    const json_t *book =
        fhir_message(&world, "OperationDefinition-ISiKAppointmentBookOperation.json");
    const json_t *parameters = fhir_at(book, "parameter");
    fhir_quoted_before(fhir_text(json_array_get(parameters, parameter), "documentation"), "'",
                       phrase, word);
    return word;
}

Test(fhir_isik, a_proposed_appointment_is_booked) {
    practice();
    const struct fhir_visit visit = counsel_visit();
    cr_assert_str_eq(visit.status, demanded(0, " enthalten"));
    cr_assert(fhir_is_offered(&world, &visit));
    const struct fasti_answer booked = fhir_book(&world, &visit);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    becomes(booked.record.v, visit, demanded(3, " oder 'pending' ändern"));
    cr_assert_str_eq(fhir_text(world.messages[2], "status"), "busy");
    cr_assert_not(fhir_is_offered(&world, &visit), "the Slot is busy now");
}

Test(fhir_isik, a_proposed_appointment_waits_for_approval) {
    practice();
    const struct fhir_visit visit = counsel_visit();
    const struct fasti_answer asked = fhir_request(&world, &visit);
    cr_assert_eq(asked.outcome, FASTI_OUTCOME_REQUESTED);
    becomes(asked.record.v, visit, demanded(3, " ändern"));
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_TAKEN, "its time is its own");
    cr_assert_eq(fhir_mark(&world, asked.record.v, FASTI_STATE_BOOKED), FASTI_OUTCOME_MARKED);
    becomes(asked.record.v, visit, "booked");
    cr_assert_eq(fhir_cancel(&world, asked.record.v, 0), FASTI_OUTCOME_CANCELLED);
    const uint64_t second = fhir_request(&world, &visit).record.v;
    cr_assert_eq(fhir_mark(&world, second, FASTI_STATE_DECLINED), FASTI_OUTCOME_MARKED);
    becomes(second, visit, "cancelled");
    cr_assert(fhir_is_offered(&world, &visit));
}

/* Both examples reference one Slot. */
Test(fhir_isik, two_appointments_of_one_slot_conflict) {
    practice();
    const struct fhir_visit visit = counsel_visit();
    const struct fhir_visit other = fhir_visit_of(world.messages[4]);
    const uint32_t counsel = world.service;
    cr_assert_str_eq(other.status, "proposed");
    const uint64_t first = fhir_book(&world, &visit).record.v;
    world.service = icu;
    cr_assert_eq(fhir_book(&world, &other).outcome, FASTI_OUTCOME_NOT_OFFERED,
                 "422: the calendar's serviceType is another one");
    schedule_put(world.messages[1], service_of(world.messages[4]));
    cr_assert_eq(fhir_book(&world, &other).outcome, FASTI_OUTCOME_TAKEN, "422");
    becomes(first, visit, "booked");
    cr_assert_eq(fhir_cancel(&world, first, 0), FASTI_OUTCOME_CANCELLED);
    const struct fasti_answer booked = fhir_book(&world, &other);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    becomes(booked.record.v, other, "booked");
    world.service = counsel;
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_TAKEN);
}

Test(fhir_isik, what_no_slot_covers_is_refused) {
    practice();
    struct fhir_visit visit = counsel_visit();
    visit.start_utc_s += 3600;
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_CLOSED, "beyond the Slot");
    visit.start_utc_s -= 7 * DAY;
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_CLOSED, "no Slot");
    visit = counsel_visit();
    fhir_pass_to(&world, visit.start_utc_s + 1);
    cr_assert_eq(fhir_book(&world, &visit).outcome, FASTI_OUTCOME_PAST);
}

/* cancelled-appt-id: the old one ends if, and only if, the new one is accepted. */
Test(fhir_isik, a_move_is_one_transaction) {
    practice();
    const struct fhir_visit visit = counsel_visit();
    struct fhir_visit later = visit, blocker = visit;
    later.start_utc_s += DAY;
    later.end_utc_s += DAY;
    blocker.start_utc_s += DAY;
    blocker.patient = "Patient/other";
    const uint64_t old = fhir_book(&world, &visit).record.v;
    const uint64_t other = fhir_book(&world, &blocker).record.v;
    cr_assert_eq(fhir_move(&world, old, &later).outcome, FASTI_OUTCOME_TAKEN);
    becomes(old, visit, "booked");
    cr_assert_eq(fhir_cancel(&world, other, 0), FASTI_OUTCOME_CANCELLED);
    const struct fasti_answer moved = fhir_move(&world, old, &later);
    cr_assert_eq(moved.outcome, FASTI_OUTCOME_MOVED);
    becomes(moved.record.v, later, "booked");
    becomes(old, visit, demanded(1, "). Die Verschiebung"));
    cr_assert_eq(fhir_show(&world, moved.record.v).body.show.view.moved_from.v, old);
    cr_assert(fhir_is_offered(&world, &visit));
    /* Gap: an appointment that is known by its id keeps it; here the moved one has a new number. */
    cr_assert_neq(moved.record.v, old);
    cr_assert_eq(fhir_move(&world, old, &visit).outcome, FASTI_OUTCOME_WRONG_STATE);
}

Test(fhir_isik, a_patch_changes_the_status) {
    practice();
    const struct fhir_visit visit = counsel_visit();
    const uint64_t came = fhir_book(&world, &visit).record.v;
    cr_assert_eq(fhir_mark(&world, came, FASTI_STATE_ARRIVED), FASTI_OUTCOME_MARKED);
    becomes(came, visit, "arrived");
    cr_assert_eq(fhir_mark(&world, came, FASTI_STATE_FULFILLED), FASTI_OUTCOME_MARKED);
    becomes(came, visit, "fulfilled");
    cr_assert_eq(fhir_cancel(&world, came, 0), FASTI_OUTCOME_WRONG_STATE);
    struct fhir_visit later = visit;
    later.start_utc_s += DAY;
    later.end_utc_s += DAY;
    const uint64_t away = fhir_book(&world, &later).record.v;
    cr_assert_eq(fhir_mark(&world, away, FASTI_STATE_NOSHOW), FASTI_OUTCOME_MARKED);
    becomes(away, later, "noshow");
}

/* A list, not a scenario: each interaction that is demanded of a server, and the call for it. Some
 * parameters of the searches are a gap, see the head. */
Test(fhir_isik, every_interaction_that_is_demanded_has_a_call) {
    static const char *const known[][2] = {
        {"Schedule", "read"},           /* DESCRIBE */
        {"Schedule", "search-type"},    /* DESCRIBE after DESCRIBE, by a client's own filter */
        {"Slot", "read"},               /* by its schedule and start: AVAILABILITY */
        {"Slot", "search-type"},        /* AVAILABILITY */
        {"Appointment", "read"},        /* SHOW */
        {"Appointment", "search-type"}, /* LIST */
        {"Appointment", "patch"},       /* CANCEL, MARK */
        {"HealthcareService", "read"},
        {"HealthcareService", "search-type"}, /* DESCRIBE */
    };
    const json_t *statement =
        fhir_message(&world, "CapabilityStatement-ISiKCapabilityStatementTerminplanungServer.json");
    const json_t *resources = fhir_at(statement, "rest.0.resource");
    uint32_t found = 0;
    for (size_t i = 0; i < json_array_size(resources); i++) {
        const json_t *resource = json_array_get(resources, i);
        if (strcmp(fhir_text(resource, "extension.0.valueCode"), "SHALL") != 0)
            continue; /* Communication, Binary: MAY */
        const json_t *interactions = fhir_at(resource, "interaction");
        for (size_t j = 0; j < json_array_size(interactions); j++, found++) {
            const char *code = fhir_text(json_array_get(interactions, j), "code");
            bool is_known = false;
            for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
                is_known |= strcmp(known[k][0], fhir_text(resource, "type")) == 0 &&
                            strcmp(known[k][1], code) == 0;
            cr_assert(is_known, "%s %s", fhir_text(resource, "type"), code);
        }
    }
    cr_assert_eq(found, sizeof known / sizeof known[0]);
    const json_t *appointment = json_array_get(resources, 2);
    cr_assert_eq(json_array_size(fhir_at(appointment, "operation")), 1);
    const json_t *book =
        fhir_message(&world, "OperationDefinition-ISiKAppointmentBookOperation.json");
    cr_assert_str_eq(fhir_text(appointment, "operation.0.definition"), fhir_text(book, "url"));
}
