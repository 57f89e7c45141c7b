/*
 * fasti_record_line.c - records as lines of an export and back.
 */
#include "tools/fasti_record_line.h"

#include <stdio.h>
#include <string.h>

#include "tools/fasti_fields.h"
#include "tools/fasti_words.h"

static const char *const state_names[] = {
    "",         "booked",  "cancelled", "held",    "pending", "expired",
    "declined", "arrived", "fulfilled", "no-show", "moved",   "released",
};

/* ---- writing ---- */

static void set_number(json_t *object, const char *name, uint64_t value) {
    if (value != 0)
        json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void set_hex(json_t *object, const char *name, const void *bytes, size_t size) {
    char text[2 * FASTI_PAYLOAD_BYTES_MAX + 1];
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const uint8_t *)bytes)[i]);
    if (size > 0)
        json_object_set_new(object, name, json_string(text));
}

static void set_hex128(json_t *object, const char *name, uint64_t high, uint64_t low) {
    char text[33];
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)high,
             (unsigned long long)low);
    json_object_set_new(object, name, json_string(text));
}

/* By how many a tick may be taken with an item, where nothing else is said. */
static uint8_t seats_default(uint8_t kind) {
    return kind == FASTI_RECORD_BLOCK ? FASTI_SEATS_MAX : 1;
}

static json_t *item_json(const struct fasti_whole *whole, const struct fasti_item *item,
                         fasti_record_name *name, const void *context) {
    const struct fasti_id_text *schedule = name(context, FASTI_ENTITY_SCHEDULE, item->schedule);
    const struct fasti_id_text *service =
        item->service == 0 ? NULL : name(context, FASTI_ENTITY_SERVICE, item->service);
    if (schedule == NULL || (item->service != 0 && service == NULL))
        return NULL;
    char start[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(item->start_utc_s, item->offset_minutes * 60, start);
    json_t *object = json_object();
    json_object_set_new(object, "schedule", json_stringn(schedule->bytes, schedule->length));
    if (service != NULL)
        json_object_set_new(object, "service", json_stringn(service->bytes, service->length));
    json_object_set_new(object, "start", json_string(start));
    set_number(object, "minutes", item->minutes);
    set_number(object, "before", item->before_minutes);
    set_number(object, "after", item->after_minutes);
    if (item->seats != seats_default(whole->kind))
        set_number(object, "seats", item->seats);
    if (item->seats_max != seats_default(whole->kind))
        set_number(object, "seats_max", item->seats_max);
    return object;
}

static void set_patient(json_t *object, const struct fasti_whole *whole) {
    if (whole->patient_length == 0)
        return;
    const bool has_nul = memchr(whole->patient, '\0', whole->patient_length) != NULL;
    json_t *text = has_nul ? NULL : json_stringn(whole->patient, whole->patient_length);
    if (text != NULL) /* else it is not UTF-8 */
        json_object_set_new(object, "patient", text);
    else
        set_hex(object, "patient_hex", whole->patient, whole->patient_length);
}

json_t *fasti_record_line_json(const struct fasti_whole *whole, fasti_record_name *name,
                               const void *context) {
    json_t *items = json_array();
    for (uint32_t i = 0; i < whole->item_count; i++) {
        json_t *item = item_json(whole, &whole->items[i], name, context);
        if (item == NULL) {
            json_decref(items);
            return NULL;
        }
        json_array_append_new(items, item);
    }
    json_t *object = json_pack(
        "{s:s, s:I, s:s, s:s, s:I, s:I}", "kind", "record", "record", (json_int_t)whole->record.v,
        "type", whole->kind == FASTI_RECORD_BLOCK ? "block" : "appointment", "state",
        fasti_record_state_name((enum fasti_record_state)whole->state), "created_ms",
        (json_int_t)whole->created_ms, "changed_ms", (json_int_t)whole->changed_ms);
    set_number(object, "reason", whole->reason);
    if ((whole->request.low | whole->request.high) != 0)
        set_hex128(object, "request", whole->request.high, whole->request.low);
    set_patient(object, whole);
    set_hex(object, "payload", whole->payload, whole->payload_length);
    if (whole->modality != 0)
        json_object_set_new(
            object, "modality",
            json_string(fasti_words_text(&fasti_words_modalities, whole->modality)));
    if (whole->is_override)
        json_object_set_new(object, "override", json_true());
    set_number(object, "moved_from", whole->moved_from.v);
    set_number(object, "source_number", whole->source);
    if (whole->key != 0) {
        char key[17];
        snprintf(key, sizeof key, "%016llx", (unsigned long long)whole->key);
        json_object_set_new(object, "key", json_string(key));
    }
    if (whole->was_held) {
        json_object_set_new(object, "expires_ms", json_integer((json_int_t)whole->expires_ms));
        set_hex128(object, "token", whole->token_high, whole->token_low);
    }
    json_object_set_new(object, "items", items);
    return object;
}

/* ---- reading ---- */

static const struct fasti_field record_fields[] = {
    {"record", FASTI_FIELD_INTEGER, true, "N", NULL},
    {"type", FASTI_FIELD_TEXT, true, "TYPE", NULL},
    {"state", FASTI_FIELD_TEXT, true, "STATE", NULL},
    {"created_ms", FASTI_FIELD_INTEGER, true, "N", NULL},
    {"changed_ms", FASTI_FIELD_INTEGER, true, "N", NULL},
    {"items", FASTI_FIELD_ITEMS, true, "ITEMS", NULL},
    {"reason", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"request", FASTI_FIELD_TEXT, false, "HEX", NULL},
    {"patient", FASTI_FIELD_TEXT, false, "REFERENCE", NULL},
    {"patient_hex", FASTI_FIELD_TEXT, false, "HEX", NULL},
    {"payload", FASTI_FIELD_TEXT, false, "HEX", NULL},
    {"modality", FASTI_FIELD_TEXT, false, "WORD", NULL},
    {"override", FASTI_FIELD_FLAG, false, NULL, NULL},
    {"moved_from", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"source_number", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"key", FASTI_FIELD_TEXT, false, "HEX", NULL},
    {"expires_ms", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"token", FASTI_FIELD_TEXT, false, "HEX", NULL},
};

static const struct fasti_field item_fields[] = {
    {"schedule", FASTI_FIELD_TEXT, true, "ID", NULL},
    {"service", FASTI_FIELD_TEXT, false, "ID", NULL},
    {"start", FASTI_FIELD_TEXT, true, "TIME", NULL},
    {"minutes", FASTI_FIELD_INTEGER, true, "N", NULL},
    {"before", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"after", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"seats", FASTI_FIELD_INTEGER, false, "N", NULL},
    {"seats_max", FASTI_FIELD_INTEGER, false, "N", NULL},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum fasti_status number_get(const json_t *object, const char *name, int64_t most,
                                    int64_t absent, int64_t *value, struct fasti_detail *detail) {
    *value = fasti_field_integer(object, name, absent);
    if (*value >= 0 && *value <= most)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"%s\" must be 0 to %lld", name,
                            (long long)most);
}

static enum fasti_status hex128_get(const json_t *object, const char *name, uint64_t *high,
                                    uint64_t *low, struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    if (text == NULL || fasti_field_hex128(text, high, low))
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_TEXT, "\"%s\" must be 32 hexadecimal digits",
                            name);
}

static enum fasti_status start_get(const json_t *object, struct fasti_item *item,
                                   struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, "start", "");
    struct fasti_instant_text instant;
    if (fasti_instant_parse(text, strlen(text), &instant) != FASTI_OK || !instant.has_offset ||
        instant.offset_s % 60 != 0)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"start\": \"%.40s\" is not a time like 2026-11-24T09:00:00+01:00",
                                text);
    item->start_utc_s = fasti_instant_utc_s(&instant);
    item->offset_minutes = (int16_t)(instant.offset_s / 60);
    return FASTI_OK;
}

static enum fasti_status item_decode(const json_t *object, uint32_t at,
                                     struct fasti_record_line *line, struct fasti_detail *detail) {
    struct fasti_item *item = &line->items[at];
    int64_t minutes, before, after, seats, most;
    FASTI_TRY(fasti_fields_check(object, item_fields, COUNT(item_fields), false, NULL, detail));
    FASTI_TRY(fasti_field_id("schedule", fasti_field_text(object, "schedule", ""),
                             &line->schedules[at], detail));
    const char *service = fasti_field_text(object, "service", NULL);
    line->services[at].length = 0;
    if (service != NULL)
        FASTI_TRY(fasti_field_id("service", service, &line->services[at], detail));
    FASTI_TRY(start_get(object, item, detail));
    FASTI_TRY(number_get(object, "minutes", FASTI_LOCAL_DAY_MINUTES_MAX, 0, &minutes, detail));
    FASTI_TRY(number_get(object, "before", FASTI_BUFFER_MINUTES_MAX, 0, &before, detail));
    FASTI_TRY(number_get(object, "after", FASTI_BUFFER_MINUTES_MAX, 0, &after, detail));
    const uint8_t absent = seats_default(line->whole.kind);
    FASTI_TRY(number_get(object, "seats", FASTI_SEATS_MAX, absent, &seats, detail));
    FASTI_TRY(number_get(object, "seats_max", FASTI_SEATS_MAX, absent, &most, detail));
    item->schedule = 1;
    item->service = service != NULL;
    item->minutes = (uint16_t)minutes;
    item->before_minutes = (uint8_t)before;
    item->after_minutes = (uint8_t)after;
    item->seats = (uint8_t)seats;
    item->seats_max = (uint8_t)most;
    return FASTI_OK;
}

static enum fasti_status items_decode(const json_t *object, struct fasti_record_line *line,
                                      struct fasti_detail *detail) {
    const json_t *items = json_object_get(object, "items");
    const size_t count = json_array_size(items);
    if (count < 1 || count > FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"items\" must be 1 to %d objects",
                                FASTI_ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct fasti_detail why;
        const enum fasti_status status =
            item_decode(json_array_get(items, i), (uint32_t)i, line, &why);
        if (status != FASTI_OK)
            return fasti_detail_set(detail, status, "item %zu: %.180s", i + 1, why.text);
    }
    line->whole.item_count = (uint16_t)count;
    line->whole.items = line->items;
    return FASTI_OK;
}

static enum fasti_status nature_decode(const json_t *object, struct fasti_whole *whole,
                                       struct fasti_detail *detail) {
    const char *type = fasti_field_text(object, "type", "");
    const char *state = fasti_field_text(object, "state", "");
    if (strcmp(type, "appointment") != 0 && strcmp(type, "block") != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"type\" must be appointment or block");
    whole->kind = type[0] == 'b' ? FASTI_RECORD_BLOCK : FASTI_RECORD_APPOINTMENT;
    for (uint8_t i = 1; i < COUNT(state_names); i++)
        if (strcmp(state, state_names[i]) == 0)
            whole->state = i;
    if (whole->state == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"state\": there is no \"%.20s\"",
                                state);
    const char *modality = fasti_field_text(object, "modality", NULL);
    return modality == NULL ? FASTI_OK
                            : fasti_words_find(&fasti_words_modalities, "modality", modality,
                                               strlen(modality), NULL, &whole->modality, detail);
}

/* Whom and what it is for. */
static enum fasti_status texts_decode(const json_t *object, struct fasti_record_line *line,
                                      struct fasti_detail *detail) {
    struct fasti_whole *whole = &line->whole;
    const char *patient = fasti_field_text(object, "patient", NULL);
    const char *hex = fasti_field_text(object, "patient_hex", NULL);
    whole->patient = line->patient;
    whole->payload = line->payload;
    if (patient != NULL) {
        const size_t size = strlen(patient);
        if (size < 1 || size > FASTI_PATIENT_BYTES_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_TEXT, "\"patient\" must be 1 to %d bytes",
                                    FASTI_PATIENT_BYTES_MAX);
        memcpy(line->patient, patient, size);
        whole->patient_length = (uint8_t)size;
    } else if (hex != NULL) {
        uint16_t size = 0;
        if (fasti_field_payload(hex, line->payload, &size, detail) != FASTI_OK || size < 1 ||
            size > FASTI_PATIENT_BYTES_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                    "\"patient_hex\" must be 1 to %d bytes in hexadecimal",
                                    FASTI_PATIENT_BYTES_MAX);
        memcpy(line->patient, line->payload, size);
        whole->patient_length = (uint8_t)size;
    }
    return fasti_field_payload(fasti_field_text(object, "payload", ""), line->payload,
                               &whole->payload_length, detail);
}

/* What only holds and what only blocks have. */
static enum fasti_status rest_decode(const json_t *object, struct fasti_whole *whole,
                                     struct fasti_detail *detail) {
    int64_t source, from;
    FASTI_TRY(number_get(object, "moved_from", FASTI_RECORDS_MAX - 1, 0, &from, detail));
    FASTI_TRY(number_get(object, "source_number", UINT32_MAX, 0, &source, detail));
    whole->moved_from.v = (uint64_t)from;
    whole->source = (uint32_t)source;
    const char *key = fasti_field_text(object, "key", NULL);
    if (key != NULL) {
        char padded[40];
        uint64_t high;
        snprintf(padded, sizeof padded, "0000000000000000%.20s", key);
        if (!fasti_field_hex128(padded, &high, &whole->key))
            return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                    "\"key\" must be 16 hexadecimal digits");
    }
    const bool has_expiry = json_object_get(object, "expires_ms") != NULL;
    if (has_expiry != (json_object_get(object, "token") != NULL))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "a hold has both \"expires_ms\" and \"token\"");
    whole->was_held = has_expiry;
    whole->expires_ms = fasti_field_integer(object, "expires_ms", 0);
    return hex128_get(object, "token", &whole->token_high, &whole->token_low, detail);
}

enum fasti_status fasti_record_line_decode(const json_t *object, struct fasti_record_line *line,
                                           struct fasti_detail *detail) {
    static const char *const ignored[] = {"kind", NULL};
    struct fasti_whole *whole = &line->whole;
    int64_t record, reason;
    FASTI_TRY(
        fasti_fields_check(object, record_fields, COUNT(record_fields), false, ignored, detail));
    *whole = (struct fasti_whole){.organization = {1}};
    FASTI_TRY(number_get(object, "record", FASTI_RECORDS_MAX - 1, 0, &record, detail));
    FASTI_TRY(number_get(object, "reason", UINT8_MAX, 0, &reason, detail));
    whole->record.v = (uint64_t)record;
    whole->reason = (uint8_t)reason;
    whole->created_ms = fasti_field_integer(object, "created_ms", 0);
    whole->changed_ms = fasti_field_integer(object, "changed_ms", 0);
    whole->is_override = fasti_field_flag(object, "override");
    FASTI_TRY(nature_decode(object, whole, detail));
    FASTI_TRY(hex128_get(object, "request", &whole->request.high, &whole->request.low, detail));
    FASTI_TRY(texts_decode(object, line, detail));
    FASTI_TRY(rest_decode(object, whole, detail));
    FASTI_TRY(items_decode(object, line, detail));
    _Alignas(8) uint8_t bytes[FASTI_WHOLE_BYTES_MAX];
    const char *field;
    if (fasti_whole_encode(whole, bytes, sizeof bytes, &field) > 0)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                            "\"%s\" is out of its range, or a field does not fit it",
                            field == NULL ? "items" : field);
}
