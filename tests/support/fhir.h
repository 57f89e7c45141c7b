/*
 * fhir.h - example messages of FHIR scheduling, and an Appointment of them as a booking of ours.
 *
 *   fhir_read("book_appt_request_example.json") -> fhir_visit_of -> fhir_rows -> a command's book
 *
 * Messages lie in $FASTI_SHARED/fixtures/fhir (default ../shared beside the checkout) and belong to
 * others: read there, never copied. A path names a value in one: "participant.0.actor.reference".
 * What a message lacks ends the program. One thread.
 */
#ifndef FASTI_TESTS_SUPPORT_FHIR_H
#define FASTI_TESTS_SUPPORT_FHIR_H

#include <jansson.h>

#include "engine/booking/command.h"

#define FHIR_VISIT_SLOTS 8

/* ---- messages ---- */

/* The folder of the messages is there; path: where it was looked for. */
bool fhir_is_there(char path[512]);
/* A JSON message; the caller's json_decref. */
json_t *fhir_read(const char *name);
/* Any file as text; the caller's free. */
char *fhir_read_text(const char *name);

const json_t *fhir_at(const json_t *message, const char *path); /* NULL: it is not there */
const char *fhir_text(const json_t *message, const char *path);
int64_t fhir_utc_s(const json_t *message, const char *path);
/* The participant whose reference begins so: "Patient/"; NULL: none. */
const char *fhir_actor(const json_t *appointment, const char *kind);
/* The first element of an Appointment, apart from one, that another does not say alike; "": none.
 * Looked at is what a client says of it, not its organization and extensions. */
const char *fhir_changed(const json_t *before, const json_t *after, const char *apart);
/* The last word in these quotes before the phrase: what a definition demands then. */
void fhir_quoted_before(const char *text, const char *quote, const char *phrase, char word[32]);

/* ---- an Appointment as Fasti sees it ---- */

/* Appointment.slot are equal parts of start to end: a row each. */
struct fhir_visit {
    const char *patient, *status; /* borrowed of the message; patient may be NULL */
    int64_t start_utc_s, end_utc_s;
    bool has_offset; /* start tells more than UTC */
    int32_t offset_s;
    uint32_t slot_count; /* 1 to FHIR_VISIT_SLOTS */
    uint32_t slot_minutes;
    /* What the caller seals: description and comment, a line each. */
    char payload[256];
    uint16_t payload_length;
};

/* The message lives as long as the visit. */
struct fhir_visit fhir_visit_of(const json_t *appointment);
/* Its rows on one schedule, and for whom; visit is borrowed by the booking. */
void fhir_rows(struct fasti_book *book, const struct fhir_visit *visit, uint32_t schedule,
               uint32_t service);

/* FHIR's Appointment.status of a record. */
const char *fhir_status(enum fasti_record_state state);

#endif
