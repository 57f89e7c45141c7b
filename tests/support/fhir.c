/*
 * fhir.c - see fhir.h.
 */
#include "tests/support/fhir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/engine_world.h"

static void die(const char *what, const char *more) {
    fprintf(stderr, "fhir: %s: %s\n", what, more);
    abort();
}

/* ---- messages ---- */

bool fhir_is_there(char path[512]) {
    const char *shared = getenv("FASTI_SHARED");
    snprintf(path, 512, "%s/fixtures/fhir",
             shared != NULL ? shared : FASTI_SOURCE_DIR "/../shared");
    return access(path, R_OK) == 0;
}

static FILE *file_open(const char *name) {
    char folder[512], path[640];
    if (!fhir_is_there(folder))
        die("no such folder", folder);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("no such message", path);
    return file;
}

json_t *fhir_read(const char *name) {
    FILE *file = file_open(name);
    json_error_t error;
    json_t *message = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    fclose(file);
    if (message == NULL)
        die(name, error.text);
    return message;
}

char *fhir_read_text(const char *name) {
    FILE *file = file_open(name);
    char *text = calloc(1, 1 << 16);
    const size_t size = fread(text, 1, (1 << 16) - 1, file);
    if (size == (1 << 16) - 1)
        die(name, "too long");
    fclose(file);
    return text;
}

const json_t *fhir_at(const json_t *message, const char *path) {
    const json_t *at = message;
    for (const char *part = path; at != NULL && *part != '\0';) {
        char key[64];
        const size_t length = strcspn(part, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, part);
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                               : json_object_get(at, key);
        part += length + (part[length] == '.');
    }
    return at;
}

const char *fhir_text(const json_t *message, const char *path) {
    const char *text = json_string_value(fhir_at(message, path));
    if (text == NULL)
        die("there is no text at", path);
    return text;
}

int64_t fhir_utc_s(const json_t *message, const char *path) {
    return engine_utc_s(fhir_text(message, path));
}

const char *fhir_actor(const json_t *appointment, const char *kind) {
    const json_t *participants = json_object_get(appointment, "participant");
    for (size_t i = 0; i < json_array_size(participants); i++) {
        const char *reference =
            json_string_value(fhir_at(json_array_get(participants, i), "actor.reference"));
        if (reference != NULL && strncmp(reference, kind, strlen(kind)) == 0)
            return reference;
    }
    return NULL;
}

const char *fhir_changed(const json_t *before, const json_t *after, const char *apart) {
    static const char *const elements[] = {"resourceType", "status",  "description",
                                           "start",        "end",     "slot",
                                           "created",      "comment", "participant"};
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strcmp(elements[i], apart) != 0 &&
            !json_equal(json_object_get(before, elements[i]), json_object_get(after, elements[i])))
            return elements[i];
    return "";
}

void fhir_quoted_before(const char *text, const char *quote, const char *phrase, char word[32]) {
    const char *end = strstr(text, phrase);
    if (end == NULL)
        die("there is no phrase", phrase);
    const char *quotes[2] = {NULL, NULL}; /* the last two before the phrase */
    for (const char *at = text; (at = strstr(at, quote)) != NULL && at < end; at++) {
        quotes[0] = quotes[1];
        quotes[1] = at;
    }
    if (quotes[0] == NULL)
        die("nothing is quoted before", phrase);
    const char *begin = quotes[0] + strlen(quote);
    snprintf(word, 32, "%.*s", (int)(quotes[1] - begin), begin);
}

/* ---- an Appointment ---- */

static void visit_start(const char *text, struct fhir_visit *visit) {
    struct fasti_instant_text instant;
    if (fasti_instant_parse(text, strlen(text), &instant) != FASTI_OK || !instant.has_offset)
        die("no instant", text);
    visit->start_utc_s = fasti_instant_utc_s(&instant);
    visit->has_offset = text[strlen(text) - 1] != 'Z';
    visit->offset_s = instant.offset_s;
}

struct fhir_visit fhir_visit_of(const json_t *appointment) {
    struct fhir_visit made = {0}, *visit = &made;
    if (strcmp(fhir_text(appointment, "resourceType"), "Appointment") != 0)
        die("not an Appointment", fhir_text(appointment, "resourceType"));
    visit->patient = fhir_actor(appointment, "Patient/");
    visit->status = fhir_text(appointment, "status");
    visit_start(fhir_text(appointment, "start"), visit);
    visit->end_utc_s = fhir_utc_s(appointment, "end");
    const size_t slots = json_array_size(json_object_get(appointment, "slot"));
    visit->slot_count = slots == 0 ? 1 : (uint32_t)slots;
    const int64_t seconds = visit->end_utc_s - visit->start_utc_s;
    if (slots > FHIR_VISIT_SLOTS || seconds <= 0 || seconds % (60 * visit->slot_count) != 0)
        die("slots that are no equal parts", fhir_text(appointment, "start"));
    visit->slot_minutes = (uint32_t)(seconds / 60 / visit->slot_count);
    const char *description = json_string_value(json_object_get(appointment, "description"));
    const char *comment = json_string_value(json_object_get(appointment, "comment"));
    if (description != NULL || comment != NULL)
        visit->payload_length = (uint16_t)snprintf(visit->payload, sizeof visit->payload, "%s\n%s",
                                                   description == NULL ? "" : description,
                                                   comment == NULL ? "" : comment);
    if (visit->payload_length >= sizeof visit->payload)
        die("too long", description);
    return made;
}

void fhir_rows(struct fasti_book *book, const struct fhir_visit *visit, uint32_t schedule,
               uint32_t service) {
    book->appointment_count = 1;
    book->appointments[0] = (struct fasti_book_appointment){
        .patient = visit->patient,
        .patient_length = (uint8_t)(visit->patient == NULL ? 0 : strlen(visit->patient)),
        .payload = (const uint8_t *)visit->payload,
        .payload_length = visit->payload_length,
    };
    book->item_count = (uint8_t)visit->slot_count;
    for (uint32_t i = 0; i < visit->slot_count; i++)
        book->items[i] = (struct fasti_book_item){
            .schedule = {schedule},
            .service = {service},
            .start_utc_s = visit->start_utc_s + (int64_t)i * visit->slot_minutes * 60,
        };
}

const char *fhir_status(enum fasti_record_state state) {
    switch (state) {
    case FASTI_STATE_HELD: /* IHE: until it is booked */
    case FASTI_STATE_PENDING: /* ISiK: until it is approved */ return "pending";
    case FASTI_STATE_BOOKED: return "booked";
    case FASTI_STATE_ARRIVED: return "arrived";
    case FASTI_STATE_FULFILLED: return "fulfilled";
    case FASTI_STATE_NOSHOW: return "noshow";
    case FASTI_STATE_CANCELLED:
    case FASTI_STATE_DECLINED:
    case FASTI_STATE_MOVED: /* the one that replaces it names it */
    case FASTI_STATE_EXPIRED:
    case FASTI_STATE_RELEASED: return "cancelled";
    }
    return "entered-in-error";
}
