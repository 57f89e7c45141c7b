/*
 * fasti_doctolib.c - the document: places, practitioners and motives, each once and by its id.
 */
#include "tools/fasti_doctolib.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_doctolib_record.h"
#include "tools/fasti_fields.h"

#define IN_PERSON_PHONE_HOME 13 /* bits of terms.modalities: all but video */
#define VIDEO                2

struct fasti_doctolib *fasti_doctolib_create(const struct fasti_doctolib_options *options) {
    struct fasti_doctolib *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return NULL;
    feed->options = *options;
    feed->notes = json_array();
    feed->left_out = json_object();
    return feed;
}

void fasti_doctolib_destroy(struct fasti_doctolib *feed) {
    if (feed == NULL)
        return;
    json_decref(feed->document);
    json_decref(feed->notes);
    json_decref(feed->left_out);
    free(feed->places);
    free(feed->practices);
    free(feed->practitioners);
    free(feed->specialities);
    free(feed->motives);
    free(feed->agendas);
    free(feed->offers);
    free(feed->schedules);
    free(feed->services);
    free(feed);
}

/* ---- records by id ---- */

/* Every table's rows begin with their id. */
static int compare_ids(const void *a, const void *b) {
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static uint32_t find(const void *rows, uint32_t count, size_t size, int64_t id) {
    const char *row = count == 0 ? NULL : bsearch(&id, rows, count, size, compare_ids);
    return row == NULL ? FASTI_DOCTOLIB_NONE
                       : (uint32_t)((size_t)(row - (const char *)rows) / size);
}

uint32_t fasti_doctolib_practice_find(const struct fasti_doctolib *feed, int64_t id) {
    return find(feed->practices, feed->practice_count, sizeof *feed->practices, id);
}
uint32_t fasti_doctolib_practitioner_find(const struct fasti_doctolib *feed, int64_t id) {
    return find(feed->practitioners, feed->practitioner_count, sizeof *feed->practitioners, id);
}
uint32_t fasti_doctolib_speciality_find(const struct fasti_doctolib *feed, int64_t id) {
    return find(feed->specialities, feed->speciality_count, sizeof *feed->specialities, id);
}
uint32_t fasti_doctolib_motive_find(const struct fasti_doctolib *feed, int64_t id) {
    return find(feed->motives, feed->motive_count, sizeof *feed->motives, id);
}
uint32_t fasti_doctolib_agenda_find(const struct fasti_doctolib *feed, int64_t id) {
    return find(feed->agendas, feed->agenda_count, sizeof *feed->agendas, id);
}

/* Sorts rows; an id that is there twice refuses the file: which one counts? */
static enum fasti_status sort(void *rows, uint32_t count, size_t size, const char *kind,
                              struct fasti_detail *detail) {
    if (count > 0)
        qsort(rows, count, size, compare_ids);
    for (uint32_t i = 1; i < count; i++) {
        const char *row = (const char *)rows + i * size;
        int64_t id;
        memcpy(&id, row, sizeof id);
        if (compare_ids(row - size, row) == 0)
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "%s %lld is there twice: take one of them out", kind,
                                    (long long)id);
    }
    return FASTI_OK;
}

/* ---- places ---- */

static bool degrees_read(const json_t *value, double limit, int32_t *degrees_e7) {
    const double degrees = json_number_value(value);
    if (!json_is_number(value) || !(degrees >= -limit && degrees <= limit))
        return false;
    *degrees_e7 = (int32_t)lround(degrees * 1e7);
    return true;
}

static void position_read(const struct fasti_doctolib_record *record,
                          struct fasti_doctolib_place *place) {
    const json_t *latitude = json_object_get(record->object, "latitude");
    const json_t *longitude = json_object_get(record->object, "longitude");
    if ((latitude == NULL || json_is_null(latitude)) &&
        (longitude == NULL || json_is_null(longitude)))
        return;
    place->has_position = degrees_read(latitude, 90.0, &place->latitude_e7) &&
                          degrees_read(longitude, 180.0, &place->longitude_e7);
    if (place->has_position)
        return;
    place->latitude_e7 = place->longitude_e7 = 0;
    fasti_doctolib_note(record, "latitude and longitude are not degrees: left out");
}

static enum fasti_status practices_read(const struct fasti_doctolib_record *record,
                                        uint32_t place) {
    struct fasti_doctolib *feed = record->feed;
    const json_t *ids;
    FASTI_TRY(fasti_doctolib_array(record, "practice_ids", &ids));
    const size_t count = json_array_size(ids);
    if (feed->practice_count + count > FASTI_DOCTOLIB_RECORDS_MAX)
        return fasti_doctolib_refuse(record, FASTI_LIMIT_RECORDS,
                                     "more than %d practices in one file: split it",
                                     FASTI_DOCTOLIB_RECORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct fasti_doctolib_practice practice = {.place = place};
        FASTI_TRY(
            fasti_doctolib_number(record, "practice_ids", json_array_get(ids, i), &practice.id));
        feed->practices[feed->practice_count++] = practice;
    }
    if (count == 0)
        fasti_doctolib_note(record, "no practice is here, so no agenda can be");
    return FASTI_OK;
}

static enum fasti_status zone_read(const struct fasti_doctolib_record *record,
                                   struct fasti_id_text *zone) {
    const json_t *zipcode = json_object_get(record->object, "zipcode");
    if (zipcode != NULL && !json_is_null(zipcode) && !json_is_string(zipcode))
        return fasti_doctolib_refuse(record, FASTI_INVALID_FILE,
                                     "\"zipcode\" is not a text (the time zone hangs on it)");
    return fasti_doctolib_zone(record->feed,
                               json_is_string(zipcode) ? json_string_value(zipcode) : "", zone,
                               record->detail);
}

static enum fasti_status place_read(struct fasti_doctolib_record *record) {
    static const char *const read[] = {"id", "name", "latitude", "longitude", "practice_ids", NULL};
    struct fasti_doctolib *feed = record->feed;
    struct fasti_doctolib_place place = {.is_made = false};
    const json_t *id = json_object_get(record->object, "id");
    if (!json_is_string(id) ||
        fasti_id_text_set(&place.id, json_string_value(id), json_string_length(id)) != FASTI_OK)
        return fasti_doctolib_refuse(record, FASTI_INVALID_ID,
                                     "\"id\" is not 1 to %d bytes of plain text",
                                     FASTI_ID_BYTES_MAX);
    snprintf(record->name, sizeof record->name, "place %.*s", (int)place.id.length, place.id.bytes);
    for (uint32_t i = 0; i < feed->place_count; i++)
        if (fasti_id_text_equal(&feed->places[i].id, &place.id))
            return fasti_doctolib_refuse(record, FASTI_INVALID_FILE,
                                         "is there twice: take one of them out");
    fasti_doctolib_name(record, "name", NULL, &place.name);
    position_read(record, &place);
    FASTI_TRY(practices_read(record, feed->place_count));
    FASTI_TRY(zone_read(record, &place.zone));
    fasti_doctolib_leave_others(record, read);
    feed->places[feed->place_count++] = place;
    return FASTI_OK;
}

/* ---- practitioners ---- */

static enum fasti_status practitioner_read(struct fasti_doctolib_record *record) {
    static const char *const read[] = {"id", "name_with_title", "name", NULL};
    struct fasti_doctolib_practitioner row = {.id = 0};
    FASTI_TRY(fasti_doctolib_id(record, &row.id));
    fasti_doctolib_name(record, "name_with_title", "name", &row.name);
    fasti_doctolib_leave_others(record, read);
    record->feed->practitioners[record->feed->practitioner_count++] = row;
    return FASTI_OK;
}

/* ---- specialities ---- */

/* By number and slug; what else there is describes it to people, and it is no record here. */
static enum fasti_status speciality_read(struct fasti_doctolib_record *record) {
    struct fasti_doctolib_speciality row = {.id = 0};
    FASTI_TRY(fasti_doctolib_id(record, &row.id));
    const json_t *slug = json_object_get(record->object, "slug");
    if (!json_is_string(slug) || fasti_id_text_set(&row.code, json_string_value(slug),
                                                   json_string_length(slug)) != FASTI_OK) {
        row.code.length = 0;
        fasti_doctolib_note(record,
                            "\"slug\" is not 1 to %d bytes of plain text: who has it is not "
                            "found by it",
                            FASTI_ID_BYTES_MAX);
    }
    record->feed->specialities[record->feed->speciality_count++] = row;
    return FASTI_OK;
}

/* ---- motives ---- */

/* The motive of the catalogue that all practices share. */
static enum fasti_status code_read(const struct fasti_doctolib_record *record,
                                   struct fasti_id_text *code) {
    const json_t *value = json_object_get(record->object, "ref_visit_motive_id");
    int64_t id;
    char text[32];
    if (value == NULL || json_is_null(value))
        return FASTI_OK;
    FASTI_TRY(fasti_doctolib_number(record, "ref_visit_motive_id", value, &id));
    const int size = snprintf(text, sizeof text, "doctolib:%lld", (long long)id);
    return fasti_id_text_set(code, text, (size_t)size);
}

/* None of the recorded answers tells a length; where one does it is taken. */
static enum fasti_status minutes_read(const struct fasti_doctolib_record *record,
                                      uint16_t *minutes) {
    const json_t *value = json_object_get(record->object, "duration");
    *minutes = 0;
    if (value == NULL || json_is_null(value))
        return FASTI_OK;
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 1 || number > FASTI_SERVICE_MINUTES_MAX)
        return fasti_doctolib_refuse(record, FASTI_INVALID_RANGE,
                                     "\"duration\" is not a whole number of minutes, 1 to %d",
                                     FASTI_SERVICE_MINUTES_MAX);
    *minutes = (uint16_t)number;
    return FASTI_OK;
}

static void vaccination_note(const struct fasti_doctolib_record *record) {
    static const char *const fields[] = {"first_shot_motive", "vaccination_days_range"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const json_t *value = json_object_get(record->object, fields[i]);
        const bool is_zero = json_is_integer(value) && json_integer_value(value) == 0;
        if (value != NULL && fasti_doctolib_says(value) && !is_zero)
            fasti_doctolib_note(record,
                                "\"%s\": no rule asks for a second visit: book both at once "
                                "(\"fasti book --item\")",
                                fields[i]);
    }
}

static enum fasti_status motive_read(struct fasti_doctolib_record *record) {
    static const char *const read[] = {"id",
                                       "name",
                                       "duration",
                                       "ref_visit_motive_id",
                                       "telehealth",
                                       "allow_new_patients",
                                       "new_patient_restrictions",
                                       "age_referral_restrictions",
                                       "configurations",
                                       "first_shot_motive",
                                       "vaccination_days_range",
                                       NULL};
    struct fasti_doctolib_motive row = {.object = record->object};
    bool is_video, allows_new;
    FASTI_TRY(fasti_doctolib_id(record, &row.id));
    fasti_doctolib_name(record, "name", NULL, &row.name);
    FASTI_TRY(minutes_read(record, &row.minutes));
    FASTI_TRY(code_read(record, &row.code));
    FASTI_TRY(fasti_doctolib_flag(record, "telehealth", &is_video));
    FASTI_TRY(fasti_doctolib_flag(record, "allow_new_patients", &allows_new));
    if (json_is_boolean(json_object_get(record->object, "telehealth")))
        row.modalities = is_video ? VIDEO : IN_PERSON_PHONE_HOME;
    row.refuses_new = json_is_false(json_object_get(record->object, "allow_new_patients"));
    vaccination_note(record);
    fasti_doctolib_leave_others(record, read);
    record->feed->motives[record->feed->motive_count++] = row;
    return FASTI_OK;
}

/* ---- the document ---- */

static enum fasti_status profile_read(struct fasti_doctolib *feed, const json_t *data,
                                      struct fasti_detail *detail) {
    static const char *const read[] = {"id", "name_with_title", "country",
                                       "bookable_on_request_enabled", NULL};
    struct fasti_doctolib_record record = {feed, json_object_get(data, "profile"), "profile",
                                           "profile", detail};
    bool is_on_request;
    if (record.object == NULL || json_is_null(record.object)) /* only the country hangs on it */
        return FASTI_OK;
    if (!json_is_object(record.object))
        return fasti_doctolib_refuse(&record, FASTI_INVALID_FILE, "is not an object");
    feed->profile = fasti_field_integer(record.object, "id", 0);
    fasti_doctolib_name(&record, "name_with_title", NULL, &feed->profile_name);
    const char *country = fasti_field_text(record.object, "country", "");
    if (strlen(country) == 2)
        memcpy(feed->country, country, 3);
    FASTI_TRY(fasti_doctolib_flag(&record, "bookable_on_request_enabled", &is_on_request));
    if (is_on_request)
        fasti_doctolib_note(&record, "bookable_on_request_enabled: whether a booking waits for "
                                     "approval is said when it is made (\"fasti book\")");
    fasti_doctolib_leave_others(&record, read);
    return FASTI_OK;
}

static enum fasti_status table_find(const json_t *data, const char *field, const json_t **array,
                                    struct fasti_detail *detail) {
    *array = json_object_get(data, field);
    if (!json_is_array(*array))
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "data.%s is %s: is it the answer that a booking page begins with?",
                                field, *array == NULL ? "missing" : "not an array");
    if (json_array_size(*array) > FASTI_DOCTOLIB_RECORDS_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                "data.%s has %zu records, at most %d: split the file", field,
                                json_array_size(*array), FASTI_DOCTOLIB_RECORDS_MAX);
    return FASTI_OK;
}

static enum fasti_status each(struct fasti_doctolib *feed, const json_t *array, const char *field,
                              const char *kind,
                              enum fasti_status (*read)(struct fasti_doctolib_record *record),
                              struct fasti_detail *detail) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct fasti_doctolib_record record = {feed, NULL, kind, "", detail};
        FASTI_TRY(fasti_doctolib_record_at(&record, array, i, field));
        FASTI_TRY(read(&record));
    }
    return FASTI_OK;
}

/* How many items of the field all records have, at least one each; no more than are read. */
static size_t items_of(const json_t *array, const char *field) {
    size_t total = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *items = json_object_get(json_array_get(array, i), field);
        const size_t count = json_array_size(items) + json_object_size(items);
        total += count > 0 ? count : 1;
    }
    return total < FASTI_DOCTOLIB_RECORDS_MAX ? total : FASTI_DOCTOLIB_RECORDS_MAX;
}

static enum fasti_status tables_alloc(struct fasti_doctolib *feed, const json_t *data,
                                      struct fasti_detail *detail) {
    const json_t *places = json_object_get(data, "places");
    const json_t *agendas = json_object_get(data, "agendas");
    const size_t schedules = items_of(agendas, "visit_motive_ids_by_practice_id");
    const size_t practices = items_of(places, "practice_ids");
    feed->schedules = calloc(schedules + 1, sizeof *feed->schedules);
    /* Each schedule may make a place for its practice. */
    feed->places = calloc(json_array_size(places) + schedules + 1, sizeof *feed->places);
    feed->practices = calloc(practices + schedules + 1, sizeof *feed->practices);
    feed->practitioners = calloc(json_array_size(json_object_get(data, "practitioners")) + 1,
                                 sizeof *feed->practitioners);
    feed->specialities = calloc(json_array_size(json_object_get(data, "specialities")) + 1,
                                sizeof *feed->specialities);
    feed->motives =
        calloc(json_array_size(json_object_get(data, "visit_motives")) + 1, sizeof *feed->motives);
    feed->agendas = calloc(json_array_size(agendas) + 1, sizeof *feed->agendas);
    return feed->places != NULL && feed->practices != NULL && feed->practitioners != NULL &&
                   feed->specialities != NULL && feed->motives != NULL && feed->agendas != NULL &&
                   feed->schedules != NULL
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the records");
}

/* It may be missing: then nobody has one. */
static enum fasti_status specialities_read(struct fasti_doctolib *feed, const json_t *data,
                                           struct fasti_detail *detail) {
    const json_t *specialities = json_object_get(data, "specialities");
    if (specialities == NULL || json_is_null(specialities))
        return FASTI_OK;
    FASTI_TRY(table_find(data, "specialities", &specialities, detail));
    FASTI_TRY(each(feed, specialities, "specialities", "speciality", speciality_read, detail));
    return sort(feed->specialities, feed->speciality_count, sizeof *feed->specialities,
                "speciality", detail);
}

static enum fasti_status data_read(struct fasti_doctolib *feed, const json_t *data,
                                   struct fasti_detail *detail) {
    static const char *const read[] = {"profile",       "visit_motives", "agendas", "places",
                                       "practitioners", "specialities",  NULL};
    const struct fasti_doctolib_record record = {feed, data, "data", "data", detail};
    const json_t *places, *practitioners, *motives, *agendas;
    FASTI_TRY(table_find(data, "places", &places, detail));
    FASTI_TRY(table_find(data, "practitioners", &practitioners, detail));
    FASTI_TRY(table_find(data, "visit_motives", &motives, detail));
    FASTI_TRY(table_find(data, "agendas", &agendas, detail));
    FASTI_TRY(tables_alloc(feed, data, detail));
    FASTI_TRY(profile_read(feed, data, detail));
    FASTI_TRY(each(feed, places, "places", "place", place_read, detail));
    FASTI_TRY(
        sort(feed->practices, feed->practice_count, sizeof *feed->practices, "practice", detail));
    FASTI_TRY(
        each(feed, practitioners, "practitioners", "practitioner", practitioner_read, detail));
    FASTI_TRY(sort(feed->practitioners, feed->practitioner_count, sizeof *feed->practitioners,
                   "practitioner", detail));
    FASTI_TRY(specialities_read(feed, data, detail));
    FASTI_TRY(each(feed, motives, "visit_motives", "visit motive", motive_read, detail));
    FASTI_TRY(
        sort(feed->motives, feed->motive_count, sizeof *feed->motives, "visit motive", detail));
    FASTI_TRY(each(feed, agendas, "agendas", "agenda", fasti_doctolib_agenda_read, detail));
    FASTI_TRY(sort(feed->agendas, feed->agenda_count, sizeof *feed->agendas, "agenda", detail));
    fasti_doctolib_leave_others(&record, read);
    return FASTI_OK;
}

enum fasti_status fasti_doctolib_read(struct fasti_doctolib *feed, const char *bytes, size_t size,
                                      struct fasti_detail *detail) {
    json_error_t error;
    if (size == 0)
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "the file is empty");
    feed->document = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (feed->document == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "line %d, column %d: not JSON: %.120s",
                                error.line, error.column, error.text);
    const json_t *data = json_object_get(feed->document, "data");
    if (!json_is_object(data))
        return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                "there is no object \"data\": is it the answer that a booking page "
                                "begins with?");
    FASTI_TRY(data_read(feed, data, detail));
    FASTI_TRY(fasti_doctolib_read_schedules(feed, detail));
    FASTI_TRY(fasti_doctolib_read_conditions(feed, detail));
    return fasti_doctolib_plan(feed, detail);
}
