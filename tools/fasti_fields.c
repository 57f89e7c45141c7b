/*
 * fasti_fields.c - the table of fields, and the checks that all of them share.
 */
#include "tools/fasti_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_facts.h"
#include "tools/fasti_terms.h"

#define TEXT(name, required, argument, help) \
    { name, FASTI_FIELD_TEXT, required, argument, help }
#define INTEGER(name, required, argument, help) \
    { name, FASTI_FIELD_INTEGER, required, argument, help }
#define TEXTS(name, argument, help) \
    { name, FASTI_FIELD_TEXTS, false, argument, help }
#define FLAG(name, help) \
    { name, FASTI_FIELD_FLAG, false, NULL, help }

static const struct fasti_field organization_fields[] = {
    TEXT("id", true, "ID", "Your id of the organization"),
    TEXT("name", false, "NAME", "Its name"),
};

static const struct fasti_field location_fields[] = {
    TEXT("id", true, "ID", "Your id of the location"),
    TEXT("name", false, "NAME", "Its name"),
    TEXT("zone", true, "ZONE", "IANA time zone, such as Europe/Berlin"),
    {"latitude", FASTI_FIELD_DEGREES, false, "DEGREES", "WGS 84, -90 to 90"},
    {"longitude", FASTI_FIELD_DEGREES, false, "DEGREES", "WGS 84, -180 to 180"},
};

static const struct fasti_field practitioner_fields[] = {
    TEXT("id", true, "ID", "Your id of the practitioner"),
    TEXT("name", false, "NAME", "A name, if it may be stored"),
};

static const struct fasti_field service_fields[] = {
    TEXT("id", true, "ID", "Your id of the service"),
    TEXT("name", false, "NAME", "Its name"),
    INTEGER("minutes", true, "N", "Length of a visit, 1 to 1440"),
    INTEGER("grid", false, "N", "Minutes from one start to the next; the length if not said"),
    INTEGER("offset", false, "N", "Minutes from an opening's begin to its first start"),
    TEXT("code", false, "CODE", "What it is in a catalogue that others use, too; '' for none"),
    FASTI_TERMS_FIELDS,
};

static const struct fasti_field schedule_fields[] = {
    TEXT("id", true, "ID", "Your id of the schedule"),
    TEXT("name", false, "NAME", "Its name"),
    TEXT("location", true, "ID", "Where it is"),
    TEXT("practitioner", false, "ID", "Whose time it is; none for a room or a device"),
    INTEGER("resolution", false, "N", "Minutes: 1, 5, 10 or 15; 5 if not said"),
    TEXTS("service", "ID", "A service that it offers; once for each"),
    FASTI_TERMS_FIELDS,
    TEXTS("language", "CODES", "Spoken there, such as de,en (ISO 639)"),
    TEXT("substitute", false, "ID", "The schedule that stands in while it is paused; '' for none"),
    TEXTS("specialty", "CODE",
          "What is done there, the main one first; once for each, '' for none"),
};

static const struct fasti_field opening_fields[] = {
    TEXT("schedule", true, "ID", "The schedule that it opens"),
    TEXT("id", true, "ID", "Your id of the opening, unique in its schedule"),
    TEXT("rule", false, "RULE", "weekly (if not said), dated, closed or instant"),
    TEXT("from", false, "TIME", "HH:MM; for instant 2026-11-24T09:00+01:00"),
    TEXT("to", false, "TIME",
         "HH:MM, up to 24:00; 26:00: 02:00 of the next day; for instant as --from"),
    TEXT("weekdays", false, "DAYS", "Such as mon-fri or mon,wed; every day if not said"),
    TEXT("first", false, "DATE", "First date; weekly: from the beginning if not said"),
    TEXT("last", false, "DATE", "Last date; weekly: for ever, else the first if not said"),
    TEXT("date", false, "DATE", "The one date, for --first and --last"),
    TEXTS("service", "ID", "A service that it is open for; all of the schedule if not said"),
    INTEGER("capacity", false, "N",
            "Places: so many visits may start in it on one day; no limit if not said"),
    FLAG("single", "One bookable start; a visit takes all of it"),
    FLAG("full", "Open, but with no place"),
    FLAG("all", "Closed: dated openings and instants, too"),
    FLAG("remove", "Take the opening with this id away"),
};

static const struct fasti_field appointment_fields[] = {
    TEXT("schedule", false, "ID", "The schedule to book on"), /* these three, or items */
    TEXT("service", false, "ID", "The service to book"),
    TEXT("start", false, "TIME",
         "2026-11-24T09:00, local time of the schedule, or with an offset or Z"),
    TEXT("patient", true, "REFERENCE", "Your opaque reference of the patient, up to 64 bytes"),
    TEXT("payload", false, "HEX", "Sealed bytes to keep with it, in hexadecimal, up to 1024 bytes"),
    {"items", FASTI_FIELD_ITEMS, false, "ITEMS", "What it takes together: doctor, room, device"},
    FASTI_FACTS_FIELDS,
};

static const struct fasti_field block_fields[] = {
    TEXT("schedule", true, "ID", "The schedule to block"),
    TEXT("start", true, "TIME",
         "2026-11-24T09:00, local time of the schedule, or with an offset or Z"),
    TEXT("end", true, "TIME", "Likewise; a block touches at most 64 local days"),
    TEXT("source", false, "NAME", "Whose it is: imports of that source keep it or take it away"),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *name;
    enum fasti_entity_kind entity;
    const struct fasti_field *fields;
    uint32_t field_count;
} kinds[FASTI_LINE_KINDS] = {
    {"organization", FASTI_ENTITY_ORGANIZATION, organization_fields, COUNT(organization_fields)},
    {"location", FASTI_ENTITY_LOCATION, location_fields, COUNT(location_fields)},
    {"practitioner", FASTI_ENTITY_PRACTITIONER, practitioner_fields, COUNT(practitioner_fields)},
    {"service", FASTI_ENTITY_SERVICE, service_fields, COUNT(service_fields)},
    {"schedule", FASTI_ENTITY_SCHEDULE, schedule_fields, COUNT(schedule_fields)},
    {"opening", FASTI_ENTITY_OPENINGS, opening_fields, COUNT(opening_fields)},
    {"appointment", 0, appointment_fields, COUNT(appointment_fields)},
    {"block", 0, block_fields, COUNT(block_fields)},
};

const char *fasti_line_kind_name(enum fasti_line_kind kind) {
    return kinds[kind].name;
}

bool fasti_line_kind_find(const char *name, enum fasti_line_kind *kind) {
    for (uint32_t i = 0; i < FASTI_LINE_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum fasti_line_kind)i;
            return true;
        }
    return false;
}

enum fasti_entity_kind fasti_line_entity(enum fasti_line_kind kind) {
    return kinds[kind].entity;
}

const struct fasti_field *fasti_line_fields(enum fasti_line_kind kind, uint32_t *count) {
    *count = kinds[kind].field_count;
    return kinds[kind].fields;
}

/* ---- checks ---- */

static bool is_texts(const json_t *value) {
    if (json_is_string(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)))
            return false;
    return json_is_array(value);
}

static bool has_type(const json_t *value, enum fasti_field_type type) {
    switch (type) {
    case FASTI_FIELD_TEXT: return json_is_string(value);
    case FASTI_FIELD_INTEGER: return json_is_integer(value);
    case FASTI_FIELD_DEGREES: return json_is_number(value);
    case FASTI_FIELD_TEXTS: return is_texts(value);
    case FASTI_FIELD_FLAG: return json_is_boolean(value);
    case FASTI_FIELD_ITEMS: return json_is_array(value);
    case FASTI_FIELD_SPAN: return json_is_integer(value) || json_is_string(value);
    case FASTI_FIELD_YES: return json_is_boolean(value);
    case FASTI_FIELD_HEADING:
    default: return false;
    }
}

static const char *type_text(enum fasti_field_type type) {
    static const char *const texts[] = {"a text",
                                        "a whole number",
                                        "a number",
                                        "a text or an array of texts",
                                        "true or false",
                                        "an array of objects",
                                        "a whole number or a text",
                                        "true or false"};
    return texts[type];
}

static const struct fasti_field *find_field(const struct fasti_field *fields, uint32_t count,
                                            const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (fields[i].type != FASTI_FIELD_HEADING && strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static bool is_listed(const char *name, const char *const *names) {
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Names the first few: behind the file and line of an import there is room for 140 bytes. */
static enum fasti_status unknown_field(const char *name, const struct fasti_field *fields,
                                       uint32_t count, struct fasti_detail *detail) {
    static const char more[] = " ... (tools/JSON.md)";
    char known[72] = "";
    for (uint32_t i = 0; i < count; i++) {
        const size_t used = strlen(known);
        if (fields[i].type == FASTI_FIELD_HEADING)
            continue;
        if (used + strlen(fields[i].name) + sizeof ", " + sizeof more > sizeof known) {
            snprintf(known + used, sizeof known - used, "%s", more);
            break;
        }
        snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", fields[i].name);
    }
    return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                            "there is no field \"%.30s\" here; there are: %s", name, known);
}

enum fasti_status fasti_fields_check(const json_t *object, const struct fasti_field *fields,
                                     uint32_t count, bool is_partial, const char *const *ignored,
                                     struct fasti_detail *detail) {
    if (!json_is_object(object))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "not a JSON object");
    const char *name;
    json_t *value;
    /* jansson's iterators do not take const objects, though they change nothing. */
    json_t *iterated = json_incref((json_t *)(uintptr_t)object);
    enum fasti_status status = FASTI_OK;
    json_object_foreach(iterated, name, value) {
        const struct fasti_field *field = find_field(fields, count, name);
        if (status != FASTI_OK || is_listed(name, ignored))
            continue;
        if (field == NULL)
            status = unknown_field(name, fields, count, detail);
        else if (!has_type(value, field->type))
            status = fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" must be %s", name,
                                      type_text(field->type));
    }
    json_decref(iterated);
    for (uint32_t i = 0; i < count && status == FASTI_OK && !is_partial; i++)
        if (fields[i].is_required && json_object_get(object, fields[i].name) == NULL)
            status =
                fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"%s\" is missing", fields[i].name);
    return status;
}

/* ---- values ---- */

const char *fasti_field_text(const json_t *object, const char *name, const char *absent) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : absent;
}

int64_t fasti_field_integer(const json_t *object, const char *name, int64_t absent) {
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool fasti_field_flag(const json_t *object, const char *name) {
    return json_is_true(json_object_get(object, name));
}

const char *fasti_field_item(const json_t *object, const char *name, size_t index) {
    const json_t *value = json_object_get(object, name);
    if (json_is_string(value))
        return index == 0 ? json_string_value(value) : NULL;
    return json_string_value(json_array_get(value, index));
}

enum fasti_status fasti_field_id(const char *name, const char *text, struct fasti_id_text *id,
                                 struct fasti_detail *detail) {
    if (fasti_id_text_set(id, text, strlen(text)) == FASTI_OK)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_ID,
                            "\"%s\" must be 1 to %d bytes of plain text (UTF-8 without control "
                            "characters)",
                            name, FASTI_ID_BYTES_MAX);
}

enum fasti_status fasti_field_source(const char *name, uint32_t *source,
                                     struct fasti_detail *detail) {
    struct fasti_id_text id;
    FASTI_TRY(fasti_field_id("source", name, &id, detail));
    *source = fasti_source_of(name, strlen(name));
    return FASTI_OK;
}

enum fasti_status fasti_field_patient(const char *text, char patient[FASTI_PATIENT_BYTES_MAX],
                                      uint8_t *length, struct fasti_detail *detail) {
    const size_t size = strlen(text);
    if (size == 0 || size > FASTI_PATIENT_BYTES_MAX || !fasti_text_is_plain(text, size))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "\"patient\" must be 1 to %d bytes of plain text (UTF-8 without "
                                "control characters)",
                                FASTI_PATIENT_BYTES_MAX);
    memcpy(patient, text, size);
    *length = (uint8_t)size;
    return FASTI_OK;
}

enum fasti_status fasti_field_record(const char *name, const char *text, fasti_record_id *record,
                                     struct fasti_detail *detail) {
    const size_t size = strlen(text);
    record->v = 0;
    if (size > 0 && size < 20 && strspn(text, "0123456789") == size) /* 19 digits fit always */
        record->v = strtoull(text, NULL, 10);
    if (record->v != 0)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_ID,
                            "%s%s\"%.40s\" is not the number of a record, as book, hold and list "
                            "print it",
                            name, name[0] == '\0' ? "" : ": ", text);
}

bool fasti_field_hex128(const char *text, uint64_t *high, uint64_t *low) {
    char half[17] = "";
    if (strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
        return false;
    memcpy(half, text, 16);
    *high = strtoull(half, NULL, 16);
    *low = strtoull(text + 16, NULL, 16);
    return true;
}

enum fasti_status fasti_field_parse(const char *bytes, size_t size, json_t **object,
                                    struct fasti_detail *detail) {
    json_error_t error;
    *object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    return *object != NULL
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_FILE, "not JSON: %.120s (column %d)",
                                  error.text, error.column);
}
