/*
 * fasti_import_doctolib.c - import doctolib FILE: a booking page's answer read as a directory,
 * published by one commit, and reported with all that has no place here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_doctolib.h"
#include "tools/fasti_import.h"
#include "tools/fasti_terms.h"

#define MINUTES_DEFAULT 15

struct doctolib_import {
    struct fasti_session *session;
    const char *path;
    bool is_dry_run;
    struct fasti_doctolib_options options;
    struct fasti_doctolib *feed;
    struct fasti_import_answer result;
    json_t *conflicts;
};

/* ---- reading ---- */

static enum fasti_exit read_options(struct doctolib_import *import, const json_t *options) {
    const char *zone = fasti_field_text(options, "zone", NULL);
    const int64_t minutes = fasti_field_integer(options, "minutes", MINUTES_DEFAULT);
    struct fasti_detail detail;
    enum fasti_status status = FASTI_OK;
    if (zone != NULL)
        status = fasti_field_id("zone", zone, &import->options.zone, &detail);
    if (status == FASTI_OK && (minutes < 1 || minutes > FASTI_SERVICE_MINUTES_MAX))
        status = fasti_detail_set(&detail, FASTI_INVALID_RANGE, "--minutes must be 1 to %d",
                                  FASTI_SERVICE_MINUTES_MAX);
    import->options.minutes = (uint16_t)minutes;
    import->path = fasti_field_text(options, FASTI_ARGUMENT, "");
    import->is_dry_run = fasti_field_flag(options, "dry-run");
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(import->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
}

/* All of a file, or of standard input; *bytes is the caller's to free. */
static enum fasti_status read_bytes(const char *path, char **bytes, size_t *size,
                                    struct fasti_detail *detail) {
    const bool is_standard = strcmp(path, "-") == 0;
    FILE *file = is_standard ? stdin : fopen(path, "r");
    *bytes = NULL;
    if (file == NULL)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%s", strerror(errno));
    *bytes = malloc(FASTI_DOCTOLIB_BYTES_MAX + 1);
    enum fasti_status status = FASTI_OK;
    if (*bytes == NULL)
        status = fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the file");
    *size = *bytes == NULL ? 0 : fread(*bytes, 1, FASTI_DOCTOLIB_BYTES_MAX + 1, file);
    if (status == FASTI_OK && ferror(file))
        status = fasti_detail_set(detail, FASTI_IO_READ, "%s", strerror(errno));
    if (status == FASTI_OK && *size > FASTI_DOCTOLIB_BYTES_MAX)
        status = fasti_detail_set(detail, FASTI_INVALID_FILE, "more than %d MiB: split the file",
                                  FASTI_DOCTOLIB_BYTES_MAX >> 20);
    if (!is_standard)
        fclose(file);
    return status;
}

static enum fasti_exit read_file(struct doctolib_import *import) {
    struct fasti_detail detail;
    char *bytes = NULL;
    size_t size = 0;
    enum fasti_status status = read_bytes(import->path, &bytes, &size, &detail);
    if (status == FASTI_OK) {
        import->feed = fasti_doctolib_create(&import->options);
        status = import->feed == NULL
                     ? fasti_detail_set(&detail, FASTI_LIMIT_MEMORY, "no memory for the records")
                     : fasti_doctolib_read(import->feed, bytes, size, &detail);
    }
    free(bytes);
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(import->session, FASTI_EXIT_INVALID, status,
                                    "%.200s: %s; nothing was imported", import->path, detail.text);
}

/* ---- what is there already ---- */

/* A zone that is only guessed from the country, and a place that is only guessed at all. */
static void keep_place(const struct doctolib_import *import, struct fasti_doctolib_place *place,
                       const struct fasti_put *put) {
    if (import->options.zone.length == 0)
        place->zone = put->body.location.zone;
    if (!place->is_made)
        return;
    place->name = put->name;
    place->has_position = put->body.location.has_position;
    place->latitude_e7 = put->body.location.latitude_e7;
    place->longitude_e7 = put->body.location.longitude_e7;
}

/* All that the file has no word for; what it has is its own. */
static void keep_service(const struct fasti_doctolib *feed, struct fasti_doctolib_service *service,
                         const struct fasti_put *put) {
    const bool is_told = feed->motives[service->motive].minutes > 0;
    const uint16_t minutes = put->body.service.duration_minutes;
    const uint16_t grid = put->body.service.grid_minutes;
    const struct fasti_terms told = service->terms;
    service->terms = put->body.service.terms;
    service->terms.acquaintances = told.acquaintances;
    service->terms.age_min_months = told.age_min_months;
    service->terms.age_max_months = told.age_max_months;
    service->terms.sectors = told.sectors;
    service->terms.modalities = told.modalities;
    service->terms.audiences = told.audiences;
    if (!is_told)
        service->minutes = minutes;
    service->grid_minutes = grid == minutes || grid == 0 ? service->minutes : grid;
    service->offset_minutes = put->body.service.offset_minutes;
    if (service->code.length == 0)
        service->code = put->body.service.code;
}

/* The one that the file tells, then the others as they are there. */
static void keep_specialties(struct fasti_doctolib_schedule *schedule,
                             const struct fasti_put *put) {
    const struct fasti_id_text *codes = put->body.schedule.specialties;
    const uint32_t told = schedule->specialty_count;
    for (uint32_t i = 0; i < put->body.schedule.specialty_count; i++) {
        const bool is_told = told > 0 && fasti_id_text_equal(&codes[i], &schedule->specialties[0]);
        if (!is_told && schedule->specialty_count < FASTI_SCHEDULE_SPECIALTIES_MAX)
            schedule->specialties[schedule->specialty_count++] = codes[i];
    }
}

static void keep_schedule(struct fasti_doctolib_schedule *schedule, const struct fasti_put *put) {
    const uint8_t is_paused = schedule->terms.flags;
    schedule->language_count = put->body.schedule.language_count;
    memcpy(schedule->languages, put->body.schedule.languages, sizeof schedule->languages);
    schedule->substitute = put->body.schedule.substitute;
    keep_specialties(schedule, put);
    schedule->terms = put->body.schedule.terms;
    schedule->terms.flags = (uint8_t)((schedule->terms.flags & ~FASTI_TERMS_PAUSED) | is_paused);
    schedule->resolution_minutes = put->body.schedule.resolution_minutes;
}

static enum fasti_exit keep_what_is_there(struct doctolib_import *import) {
    struct fasti_doctolib *feed = import->feed;
    const struct fasti_put *put;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < feed->place_count && exit == FASTI_EXIT_DONE; i++) {
        exit = fasti_session_find_put(import->session, FASTI_ENTITY_LOCATION, &feed->places[i].id,
                                      &put);
        if (put != NULL)
            keep_place(import, &feed->places[i], put);
    }
    for (uint32_t i = 0; i < feed->service_count && exit == FASTI_EXIT_DONE; i++) {
        exit = fasti_session_find_put(import->session, FASTI_ENTITY_SERVICE, &feed->services[i].id,
                                      &put);
        if (put != NULL)
            keep_service(feed, &feed->services[i], put);
    }
    for (uint32_t i = 0; i < feed->schedule_count && exit == FASTI_EXIT_DONE; i++) {
        exit = fasti_session_find_put(import->session, FASTI_ENTITY_SCHEDULE,
                                      &feed->schedules[i].id, &put);
        if (put != NULL)
            keep_schedule(&feed->schedules[i], put);
        fasti_doctolib_resolution(feed, &feed->schedules[i]);
    }
    return exit;
}

/* ---- publishing ---- */

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct doctolib_import *import = context;
    fasti_doctolib_put(import->feed, index, put);
    snprintf(where, where_size, "%.200s", import->path);
}

static enum fasti_exit publish(struct doctolib_import *import) {
    struct fasti_import_job job = {
        .count = fasti_doctolib_put_count(import->feed), .put = job_put, .context = import};
    uint32_t listed = 0;
    enum fasti_exit exit = fasti_import_scope(import->session, &job.creates);
    if (exit == FASTI_EXIT_DONE && job.creates == NULL)
        exit = keep_what_is_there(import);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_import_run(import->session, &job, &import->result);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_conflicts_find(import->session, (fasti_schedule_id){0},
                                    import->result.conflicts, &listed, import->conflicts);
    return exit;
}

/* ---- report ---- */

static bool is_unchanged(const struct doctolib_import *import) {
    return !import->is_dry_run && import->result.created == 0 && import->result.changed == 0;
}

/* [{"service", "rules": {...}}] of those that the file restricts; is_plain as fasti_terms_fields.
 */
static json_t *rules_json(const struct fasti_doctolib *feed, bool is_plain) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < feed->service_count; i++) {
        const struct fasti_doctolib_service *service = &feed->services[i];
        json_t *rules = json_object();
        fasti_terms_fields(&service->terms, is_plain, rules);
        if (json_object_size(rules) > 0)
            json_array_append_new(list, json_pack("{s:o, s:o}", "service",
                                                  fasti_json_id(&service->id), "rules", rules));
        else
            json_decref(rules);
    }
    return list;
}

static json_t *left_out_json(const struct fasti_doctolib *feed) {
    json_t *list = json_array(), *entry;
    const char *key;
    json_object_foreach(feed->left_out, key, entry) {
        json_array_append(list, entry);
    }
    return list;
}

static void print_json(const struct doctolib_import *import) {
    const struct fasti_doctolib *feed = import->feed;
    const char *organization = import->session->organization_text;
    json_t *object = json_pack("{s:s, s:s, s:b, s:I, s:i}", "outcome",
                               import->is_dry_run     ? "NONE"
                               : is_unchanged(import) ? "UNCHANGED"
                                                      : "PUBLISHED",
                               "organization", organization == NULL ? "" : organization, "dry_run",
                               (int)import->is_dry_run, "profile", (json_int_t)feed->profile,
                               "minutes", (int)feed->options.minutes);
    const struct {
        const char *name;
        uint32_t value;
    } counts[] = {
        {"locations", feed->place_count},
        {"practitioners", feed->practitioner_count},
        {"services", feed->service_count},
        {"services_without_minutes", feed->guess_count},
        {"schedules", feed->schedule_count},
        {"created", import->result.created},
        {"changed", import->result.changed},
        {"unchanged", import->result.unchanged},
        {"conflict_count", import->result.conflicts},
        {"note_count", feed->note_count},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(object, counts[i].name, json_integer(counts[i].value));
    json_object_set(object, "conflicts", import->conflicts);
    json_object_set_new(object, "rules", rules_json(feed, true));
    json_object_set(object, "notes", feed->notes);
    json_object_set_new(object, "left_out", left_out_json(feed));
    fasti_session_print_json(object);
}

static void print_rules(const struct fasti_doctolib *feed) {
    json_t *list = rules_json(feed, false), *entry, *value;
    const char *name;
    size_t i;
    json_array_foreach(list, i, entry) {
        printf("service %s:", fasti_field_text(entry, "service", ""));
        json_object_foreach(json_object_get(entry, "rules"), name, value)
            printf(" %s %s", name, json_is_string(value) ? json_string_value(value) : "?");
        putchar('\n');
    }
    json_decref(list);
}

/* A line a kind of record: "left out of visit motive: position (4), speciality_id (4)". */
static void print_left_out(const struct fasti_doctolib *feed) {
    const char *key, *last = "";
    json_t *entry;
    json_object_foreach(feed->left_out, key, entry) {
        const char *record = fasti_field_text(entry, "record", "");
        const bool is_same = strcmp(record, last) == 0;
        if (is_same)
            printf(", ");
        else
            printf("%sleft out of %s: ", last[0] == '\0' ? "" : "\n", record);
        printf("%s (%lld)", fasti_field_text(entry, "field", ""),
               (long long)fasti_field_integer(entry, "count", 0));
        last = record;
    }
    if (last[0] != '\0')
        putchar('\n');
}

static void print_text(const struct doctolib_import *import) {
    const struct fasti_doctolib *feed = import->feed;
    size_t i;
    json_t *note;
    printf("read: profile %lld \"%.*s\": %u places, %u practitioners, %u visit motives, %u "
           "agendas\n",
           (long long)feed->profile, FASTI_PRINT(feed->profile_name),
           feed->place_count - feed->made_count, feed->practitioner_count, feed->motive_count,
           feed->agenda_count);
    if (feed->guess_count > 0)
        printf("length: the file tells none of %u services: %u minutes where they are new\n",
               feed->guess_count, feed->options.minutes);
    print_rules(feed);
    json_array_foreach(feed->notes, i, note) {
        printf("note: %s: %s\n", fasti_field_text(note, "record", ""),
               fasti_field_text(note, "text", ""));
    }
    if (feed->note_count > json_array_size(feed->notes))
        printf("note: and %zu more\n", feed->note_count - json_array_size(feed->notes));
    print_left_out(feed);
    fasti_conflicts_print(import->result.conflicts, import->conflicts);
    if (import->is_dry_run)
        puts("dry run: nothing was imported");
    else if (is_unchanged(import))
        printf("nothing changed: all %u records were there\n", import->result.unchanged);
    else
        printf("imported: %u records created, %u changed, %u unchanged\n", import->result.created,
               import->result.changed, import->result.unchanged);
}

/* ---- the command ---- */

enum fasti_exit fasti_run_import_doctolib(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options) {
    (void)spec;
    struct doctolib_import import = {.session = session, .conflicts = json_array()};
    enum fasti_exit exit = read_options(&import, options);
    if (exit == FASTI_EXIT_DONE)
        exit = read_file(&import);
    if (exit == FASTI_EXIT_DONE && !import.is_dry_run)
        exit = publish(&import);
    if (exit == FASTI_EXIT_DONE && session->is_json)
        print_json(&import);
    else if (exit == FASTI_EXIT_DONE)
        print_text(&import);
    fasti_doctolib_destroy(import.feed);
    json_decref(import.conflicts);
    return exit;
}
