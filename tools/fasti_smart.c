/*
 * fasti_smart.c - one line of a publication: JSON in, one record of the feed out.
 *
 * Every field is looked at with its type in mind; nothing is trusted. A line either adds one
 * record or nothing: all of it is checked before the feed is touched.
 */
#include "tools/fasti_smart.h"
#include "tools/fasti_fields.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const oddity_names[] = {
#define ODDITY_NAME(name, text) #name,
    FASTI_SMART_ODDITY_TABLE(ODDITY_NAME)
#undef ODDITY_NAME
};
static const char *const oddity_texts[] = {
#define ODDITY_TEXT(name, text) text,
    FASTI_SMART_ODDITY_TABLE(ODDITY_TEXT)
#undef ODDITY_TEXT
};

const char *fasti_smart_oddity_name(enum fasti_smart_oddity_kind kind) {
    return oddity_names[kind];
}

const char *fasti_smart_oddity_text(enum fasti_smart_oddity_kind kind) {
    return oddity_texts[kind];
}

struct fasti_smart_feed *fasti_smart_feed_create(bool is_civil) {
    struct fasti_smart_feed *feed = calloc(1, sizeof *feed);
    if (feed != NULL)
        feed->is_civil = is_civil;
    return feed;
}

void fasti_smart_feed_destroy(struct fasti_smart_feed *feed) {
    if (feed == NULL)
        return;
    for (uint32_t i = 0; i < feed->file_count; i++)
        free(feed->files[i]);
    free(feed->locations);
    free(feed->schedules);
    free(feed->slots);
    free(feed->codings);
    free(feed);
}

enum fasti_status fasti_smart_add_file(struct fasti_smart_feed *feed, const char *name,
                                       uint32_t *file) {
    if (feed->file_count == FASTI_SMART_FILES_MAX)
        return FASTI_LIMIT_RECORDS;
    char *copy = strdup(name);
    if (copy == NULL)
        return FASTI_LIMIT_MEMORY;
    *file = feed->file_count;
    feed->files[feed->file_count++] = copy;
    return FASTI_OK;
}

void fasti_smart_note(struct fasti_smart_feed *feed, enum fasti_smart_oddity_kind kind,
                      struct fasti_smart_place place, const char *example) {
    struct fasti_smart_oddity *oddity = &feed->oddities[kind];
    const bool is_earlier = place.file != oddity->first.file ? place.file < oddity->first.file
                                                             : place.line < oddity->first.line;
    if (oddity->count++ > 0 && !is_earlier)
        return;
    oddity->first = place;
    snprintf(oddity->example, sizeof oddity->example, "%s", example == NULL ? "" : example);
    /* The example is somebody else's text: a cut or hostile one is not worth showing. */
    if (!fasti_text_is_plain(oddity->example, strlen(oddity->example)))
        oddity->example[0] = '\0';
}

/* Items with room for one more (moved when it grew by doubling), or NULL with *status. */
static void *grown(void *items, uint32_t *room, uint32_t count, size_t size, uint32_t max,
                   enum fasti_status *status, struct fasti_detail *detail) {
    if (count == max) {
        *status = fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                   "more than %u records of one kind in one import", max);
        return NULL;
    }
    if (count < *room)
        return items;
    const uint32_t wanted = *room == 0 ? 64 : *room * 2;
    void *moved = realloc(items, wanted * size);
    if (moved == NULL)
        *status = fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the publication");
    else
        *room = wanted;
    return moved;
}

/* ---- fields ---- */

static enum fasti_status required_id(const json_t *object, const char *field,
                                     struct fasti_id_text *id, struct fasti_detail *detail) {
    const json_t *value = json_object_get(object, field);
    if (!json_is_string(value))
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "\"%s\" is %s", field,
                                value == NULL ? "missing" : "not a text");
    if (fasti_id_text_set(id, json_string_value(value), json_string_length(value)) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_ID,
                                "\"%s\" is not 1 to %d bytes of plain text", field,
                                FASTI_ID_BYTES_MAX);
    return FASTI_OK;
}

/* "Location/116", "https://host/fhir/Location/116" or "Location/116/_history/2" -> "116". */
static bool reference_id(const char *text, size_t size, const char *type,
                         struct fasti_id_text *id) {
    const size_t type_size = strlen(type);
    const char *found = NULL;
    for (size_t i = 0; i + type_size + 1 < size; i++)
        if ((i == 0 || text[i - 1] == '/') && memcmp(text + i, type, type_size) == 0 &&
            text[i + type_size] == '/')
            found = text + i + type_size + 1;
    if (found == NULL)
        return false;
    size_t length = 0;
    const size_t left = size - (size_t)(found - text);
    while (length < left && found[length] != '/')
        length++;
    return fasti_id_text_set(id, found, length) == FASTI_OK;
}

static void optional_name(struct fasti_smart_feed *feed, struct fasti_smart_place place,
                          const json_t *value, struct fasti_name_text *name) {
    memset(name, 0, sizeof *name);
    if (value == NULL || json_is_null(value))
        return;
    if (!json_is_string(value) ||
        fasti_name_text_set(name, json_string_value(value), json_string_length(value)) != FASTI_OK)
        fasti_smart_note(feed, FASTI_SMART_FIELD_TYPE, place, "name or display");
}

/* ---- Location ---- */

static bool degrees_e7(const json_t *value, double limit, int32_t *result) {
    if (!json_is_number(value))
        return false;
    const double degrees = json_number_value(value);
    if (!(degrees >= -limit && degrees <= limit))
        return false;
    *result = (int32_t)lround(degrees * 1e7);
    return true;
}

static enum fasti_status read_location(struct fasti_smart_feed *feed,
                                       struct fasti_smart_place place, const json_t *object,
                                       struct fasti_detail *detail) {
    struct fasti_smart_location location = {.place = place};
    FASTI_TRY(required_id(object, "id", &location.id, detail));
    enum fasti_status full = FASTI_OK;
    struct fasti_smart_location *items =
        grown(feed->locations, &feed->location_room, feed->location_count, sizeof *items,
              FASTI_LOCATIONS_MAX, &full, detail);
    if (items == NULL)
        return full;
    feed->locations = items;
    optional_name(feed, place, json_object_get(object, "name"), &location.name);
    const json_t *position = json_object_get(object, "position");
    if (position != NULL) {
        location.has_position =
            degrees_e7(json_object_get(position, "latitude"), 90.0, &location.latitude_e7) &&
            degrees_e7(json_object_get(position, "longitude"), 180.0, &location.longitude_e7);
        if (!location.has_position) {
            location.latitude_e7 = location.longitude_e7 = 0;
            fasti_smart_note(feed, FASTI_SMART_FIELD_TYPE, place, "position");
        }
    }
    feed->locations[feed->location_count++] = location;
    return FASTI_OK;
}

/* ---- Schedule ---- */

/* FNV-1a over system, a NUL and the code: a key in memory only. */
static uint64_t coding_key(const char *system, const struct fasti_id_text *code) {
    uint64_t key = UINT64_C(14695981039346656037);
    for (const char *p = system;; p++) {
        key = (key ^ (uint8_t)*p) * UINT64_C(1099511628211);
        if (*p == '\0')
            break;
    }
    for (uint32_t i = 0; i < code->length; i++)
        key = (key ^ (uint8_t)code->bytes[i]) * UINT64_C(1099511628211);
    return key;
}

/* The index of a coding in the feed, added if new; false when it has no usable code. */
static bool read_coding(struct fasti_smart_feed *feed, struct fasti_smart_place place,
                        const json_t *object, uint32_t *index) {
    const json_t *code = json_object_get(object, "code");
    const json_t *system = json_object_get(object, "system");
    struct fasti_smart_coding coding = {0};
    if (!json_is_string(code) || (system != NULL && !json_is_string(system)) ||
        fasti_id_text_set(&coding.code, json_string_value(code), json_string_length(code)) !=
            FASTI_OK) {
        fasti_smart_note(feed, FASTI_SMART_FIELD_TYPE, place, "serviceType.coding");
        return false;
    }
    const char *name = system == NULL ? "" : json_string_value(system);
    coding.key = coding_key(name, &coding.code);
    coding.is_smart = strstr(name, "smarthealthit") != NULL;
    for (*index = 0; *index < feed->coding_count; (*index)++)
        if (feed->codings[*index].key == coding.key)
            return true;
    optional_name(feed, place, json_object_get(object, "display"), &coding.display);
    enum fasti_status full = FASTI_OK;
    struct fasti_smart_coding *items =
        grown(feed->codings, &feed->coding_room, feed->coding_count, sizeof *items,
              FASTI_SMART_FEED_CODINGS_MAX, &full, NULL);
    if (items == NULL) {
        fasti_smart_note(feed, FASTI_SMART_SERVICES_MANY, place, name);
        return false;
    }
    feed->codings = items;
    feed->codings[feed->coding_count++] = coding;
    return true;
}

/* serviceType is an array of concepts; one object instead of an array is let pass. */
static void read_concepts(struct fasti_smart_feed *feed, const json_t *types,
                          struct fasti_smart_schedule *schedule) {
    if (types != NULL && !json_is_array(types) && !json_is_object(types))
        fasti_smart_note(feed, FASTI_SMART_FIELD_TYPE, schedule->place, "serviceType");
    const size_t count = json_is_object(types) ? 1 : json_array_size(types);
    for (size_t i = 0; i < count; i++) {
        const json_t *type = json_is_object(types) ? types : json_array_get(types, i);
        const json_t *codings = json_object_get(type, "coding");
        struct fasti_smart_concept concept = {0};
        for (size_t c = 0; c < json_array_size(codings); c++) {
            uint32_t index;
            if (concept.coding_count == FASTI_SMART_CODINGS_MAX) {
                fasti_smart_note(feed, FASTI_SMART_SERVICES_MANY, schedule->place, NULL);
                break;
            }
            if (read_coding(feed, schedule->place, json_array_get(codings, c), &index))
            concept.codings[concept.coding_count++] = index;
        }
        if (concept.coding_count == 0)
            continue;
        if (schedule->concept_count == FASTI_SMART_CONCEPTS_MAX) {
            fasti_smart_note(feed, FASTI_SMART_SERVICES_MANY, schedule->place, NULL);
            return;
        }
        schedule->concepts[schedule->concept_count++] = concept;
    }
}

static enum fasti_status read_schedule(struct fasti_smart_feed *feed,
                                       struct fasti_smart_place place, const json_t *object,
                                       struct fasti_detail *detail) {
    struct fasti_smart_schedule schedule = {.place = place};
    FASTI_TRY(required_id(object, "id", &schedule.id, detail));
    enum fasti_status full = FASTI_OK;
    struct fasti_smart_schedule *items =
        grown(feed->schedules, &feed->schedule_room, feed->schedule_count, sizeof *items,
              FASTI_SCHEDULES_MAX, &full, detail);
    if (items == NULL)
        return full;
    feed->schedules = items;
    const json_t *actors = json_object_get(object, "actor");
    for (size_t i = 0; i < json_array_size(actors); i++) {
        const json_t *reference = json_object_get(json_array_get(actors, i), "reference");
        if (json_is_string(reference) &&
            reference_id(json_string_value(reference), json_string_length(reference), "Location",
                         &schedule.location))
            break;
    }
    if (schedule.location.length == 0)
        fasti_smart_note(feed, FASTI_SMART_LOCATION_NONE, place, NULL);
    read_concepts(feed, json_object_get(object, "serviceType"), &schedule);
    if (schedule.concept_count == 0)
        fasti_smart_note(feed, FASTI_SMART_SERVICE_NONE, place, NULL);
    feed->schedules[feed->schedule_count++] = schedule;
    return FASTI_OK;
}

/* ---- Slot ---- */

static enum fasti_status required_instant(const json_t *object, const char *field,
                                          bool needs_offset, struct fasti_instant_text *instant,
                                          struct fasti_detail *detail) {
    const json_t *value = json_object_get(object, field);
    if (!json_is_string(value))
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "\"%s\" is %s", field,
                                value == NULL ? "missing" : "not a text");
    const enum fasti_status status =
        fasti_instant_parse(json_string_value(value), json_string_length(value), instant);
    if (status == FASTI_INVALID_DATE)
        return fasti_detail_set(detail, status, "\"%s\": \"%.40s\": %s", field,
                                json_string_value(value), fasti_status_text(status));
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status,
                                "\"%s\": \"%.40s\" is not a time like "
                                "2023-03-24T09:00:00-04:00",
                                field, json_string_value(value));
    if (needs_offset && !instant->has_offset)
        return fasti_detail_set(
            detail, FASTI_INVALID_TIME,
            "\"%s\": \"%.40s\" has no offset from UTC (--civil reads wall clocks)", field,
            json_string_value(value));
    return FASTI_OK;
}

static void read_capacity(struct fasti_smart_feed *feed, const json_t *extensions,
                          struct fasti_smart_slot *slot) {
    static const char suffix[] = "slot-capacity";
    for (size_t i = 0; i < json_array_size(extensions); i++) {
        const json_t *extension = json_array_get(extensions, i);
        const char *url = json_string_value(json_object_get(extension, "url"));
        const size_t size = url == NULL ? 0 : strlen(url);
        if (size < sizeof suffix || strcmp(url + size - (sizeof suffix - 1), suffix) != 0)
            continue;
        const json_t *value = json_object_get(extension, "valueInteger");
        const json_int_t capacity = json_integer_value(value);
        if (!json_is_integer(value) || capacity < 0 || capacity >= FASTI_CAPACITY_UNLIMITED) {
            fasti_smart_note(feed, FASTI_SMART_EXTENSION_TYPE, slot->place, "slot-capacity");
            continue;
        }
        slot->has_capacity = true;
        slot->capacity = (uint32_t)capacity;
    }
}

/* Sets is_full from status and places; false: the slot does not count. */
static bool read_slot_status(struct fasti_smart_feed *feed, const char *status,
                             struct fasti_smart_slot *slot) {
    if (strcmp(status, "entered-in-error") == 0) {
        fasti_smart_note(feed, FASTI_SMART_STATUS_IN_ERROR, slot->place, NULL);
        return false;
    }
    const bool has_places = !slot->has_capacity || slot->capacity > 0;
    const bool is_busy = strncmp(status, "busy", 4) == 0;
    const bool is_free = strcmp(status, "free") == 0;
    if (is_busy)
        fasti_smart_note(feed, FASTI_SMART_SLOT_BUSY, slot->place, status);
    if (is_busy && slot->has_capacity && slot->capacity > 0)
        fasti_smart_note(feed, FASTI_SMART_CAPACITY_BUSY, slot->place, NULL);
    if (!has_places)
        fasti_smart_note(feed, FASTI_SMART_CAPACITY_ZERO, slot->place, status);
    if (!is_busy && !is_free)
        fasti_smart_note(feed, FASTI_SMART_STATUS_UNKNOWN, slot->place, status);
    slot->is_full = !is_free || !has_places;
    return true;
}

static enum fasti_status read_slot(struct fasti_smart_feed *feed, struct fasti_smart_place place,
                                   const json_t *object, struct fasti_detail *detail) {
    struct fasti_smart_slot slot = {.place = place};
    const json_t *reference = json_object_get(json_object_get(object, "schedule"), "reference");
    if (!json_is_string(reference) ||
        !reference_id(json_string_value(reference), json_string_length(reference), "Schedule",
                      &slot.schedule))
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "\"schedule.reference\" is %s",
                                reference == NULL ? "missing" : "not like \"Schedule/ID\"");
    FASTI_TRY(required_instant(object, "start", !feed->is_civil, &slot.start, detail));
    FASTI_TRY(required_instant(object, "end", !feed->is_civil, &slot.end, detail));
    const json_t *status = json_object_get(object, "status");
    if (!json_is_string(status))
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "\"status\" is %s",
                                status == NULL ? "missing" : "not a text");
    enum fasti_status full = FASTI_OK;
    struct fasti_smart_slot *items = grown(feed->slots, &feed->slot_room, feed->slot_count,
                                           sizeof *items, FASTI_SMART_SLOTS_MAX, &full, detail);
    if (items == NULL)
        return full;
    feed->slots = items;
    const json_t *id = json_object_get(object, "id");
    if (!json_is_string(id) ||
        fasti_id_text_set(&slot.id, json_string_value(id), json_string_length(id)) != FASTI_OK)
        fasti_smart_note(feed, FASTI_SMART_FIELD_TYPE, place, "id");
    read_capacity(feed, json_object_get(object, "extension"), &slot);
    if (read_slot_status(feed, json_string_value(status), &slot))
        feed->slots[feed->slot_count++] = slot;
    return FASTI_OK;
}

/* ---- one line ---- */

static enum fasti_status read_object(struct fasti_smart_feed *feed, struct fasti_smart_place place,
                                     const json_t *object, struct fasti_detail *detail) {
    const json_t *type = json_object_get(object, "resourceType");
    if (type == NULL && json_is_array(json_object_get(object, "output"))) {
        feed->manifest_count++;
        return FASTI_OK;
    }
    if (!json_is_string(type))
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "\"resourceType\" is %s",
                                type == NULL ? "missing" : "not a text");
    const char *name = json_string_value(type);
    if (strcmp(name, "Location") == 0)
        return read_location(feed, place, object, detail);
    if (strcmp(name, "Schedule") == 0)
        return read_schedule(feed, place, object, detail);
    if (strcmp(name, "Slot") == 0)
        return read_slot(feed, place, object, detail);
    fasti_smart_note(feed, FASTI_SMART_RESOURCE_UNKNOWN, place, name);
    return FASTI_OK;
}

enum fasti_status fasti_smart_read_line(struct fasti_smart_feed *feed,
                                        struct fasti_smart_place place, const char *bytes,
                                        size_t size, struct fasti_detail *detail) {
    json_t *object;
    FASTI_TRY(fasti_field_parse(bytes, size, &object, detail));
    enum fasti_status status;
    if (json_is_object(object))
        status = read_object(feed, place, object, detail);
    else
        status = fasti_detail_set(detail, FASTI_INVALID_FILE, "not a JSON object");
    json_decref(object);
    feed->line_count += status == FASTI_OK;
    return status;
}
