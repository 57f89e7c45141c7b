/*
 * fasti_import_ics.c - import ics FILE: a calendar's openings published, its busy times blocked.
 *
 * The order: options and map, schedules and their zones, the whole file; only then openings, and
 * after them the blocks of one schedule after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_ics.h"
#include "tools/fasti_import.h"

#define SOURCE_BYTES 512

/* ---- options ---- */

/* "ics:" and the file's name, which stays the same where newer files come to the same place. */
static enum fasti_exit read_source(struct fasti_ics *ics, const json_t *options,
                                   char name[SOURCE_BYTES]) {
    struct fasti_detail detail;
    const char *slash = strrchr(ics->path, '/');
    snprintf(name, SOURCE_BYTES, "ics:%s", slash == NULL ? ics->path : slash + 1);
    ics->source_name = fasti_field_text(options, "source", name);
    const enum fasti_status status = fasti_field_source(ics->source_name, &ics->source, &detail);
    if (status == FASTI_OK)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(
        ics->session, FASTI_EXIT_INVALID, status, "--source: %s%s", detail.text,
        ics->source_name == name ? " (it is the file's name if not said)" : "");
}

static enum fasti_exit read_options(struct fasti_ics *ics, const json_t *options,
                                    char name[SOURCE_BYTES]) {
    const char *map = fasti_field_text(options, "map", NULL);
    ics->path = fasti_field_text(options, FASTI_ARGUMENT, "");
    ics->zoneinfo_path = fasti_field_text(options, "zoneinfo", FASTI_ZONEINFO_DEFAULT);
    ics->is_dry_run = fasti_field_flag(options, "dry-run");
    ics->skips_unmapped = fasti_field_flag(options, "skip-unmapped");
    ics->has_main = fasti_field_text(options, "schedule", NULL) != NULL;
    if (!ics->has_main && map == NULL)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "whose time is it? Say --schedule ID, --map FILE, or both");
    if (ics->has_main && ics->skips_unmapped)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--skip-unmapped: --schedule takes what the map does not name");
    struct fasti_detail detail;
    const enum fasti_status status =
        map == NULL ? FASTI_OK : fasti_ics_map_read(map, &ics->map, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, status,
                                  "--map: %s; nothing was sent", detail.text);
    if (map != NULL && ics->map.count == 0)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, FASTI_INVALID_FILE,
                                  "--map: %.200s is empty; nothing was sent", map);
    return read_source(ics, options, name);
}

/* ---- targets ---- */

/* The zone of the schedule's place, and whether the source has opened something there before. */
static enum fasti_exit describe(struct fasti_ics *ics, struct fasti_ics_target *target) {
    const struct fasti_describe_answer *answer;
    struct fasti_session *session = ics->session;
    uint32_t location;
    enum fasti_exit exit =
        fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, target->id.v, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    for (uint32_t i = 0; ics->has_main && ics->target_count == 0 && i < answer->opening_count; i++)
        ics->had_openings = ics->had_openings || answer->openings[i].source == ics->source;
    const struct fasti_id_text place = answer->put.body.schedule.location;
    exit = fasti_session_find(session, FASTI_ENTITY_LOCATION, &place, &location);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_describe(session, FASTI_ENTITY_LOCATION, location, 0, &answer);
    if (exit == FASTI_EXIT_DONE)
        target->zone = answer->put.body.location.zone;
    return exit;
}

/* The number of a schedule's target, which is made if it is not there yet. */
static enum fasti_exit target_get(struct fasti_ics *ics, const char *text, uint32_t *number) {
    struct fasti_ics_target target = {0};
    for (*number = 0; *number < ics->target_count; ++*number) {
        const struct fasti_id_text *known = &ics->targets[*number].text;
        if (known->length == strlen(text) && memcmp(known->bytes, text, known->length) == 0)
            return FASTI_EXIT_DONE;
    }
    if (ics->target_count == FASTI_ICS_TARGETS_MAX)
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, FASTI_LIMIT_RECORDS,
                                  "one import has at most %d schedules", FASTI_ICS_TARGETS_MAX);
    if (ics->target_count == ics->target_room) {
        const uint32_t room = ics->target_room == 0 ? 8 : 2 * ics->target_room;
        struct fasti_ics_target *moved = realloc(ics->targets, room * sizeof *moved);
        if (moved == NULL)
            return fasti_session_fail(ics->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                      "no memory");
        ics->targets = moved;
        ics->target_room = room;
    }
    enum fasti_exit exit =
        fasti_session_resolve(ics->session, FASTI_ENTITY_SCHEDULE, text, &target.id.v);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const enum fasti_status status = fasti_id_text_set(&target.text, text, strlen(text));
    FASTI_ASSERT(status == FASTI_OK); /* it was resolved */
    exit = describe(ics, &target);
    ics->targets[ics->target_count] = target;
    ics->target_count += exit == FASTI_EXIT_DONE;
    return exit;
}

static enum fasti_exit find_targets(struct fasti_ics *ics, const json_t *options) {
    uint32_t number;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (ics->has_main)
        exit = target_get(ics, fasti_field_text(options, "schedule", ""), &number);
    for (uint32_t i = 0; i < ics->map.count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_ics_mapping *row = &ics->map.rows[i];
        char text[FASTI_ID_BYTES_MAX + 1];
        snprintf(text, sizeof text, "%.*s", FASTI_PRINT(row->schedule));
        exit = target_get(ics, text, &row->target);
    }
    return exit;
}

static enum fasti_exit find_window(struct fasti_ics *ics, const json_t *options) {
    enum fasti_exit exit = fasti_conflicts_now(ics->session, &ics->from_utc_s);
    ics->to_utc_s = ics->from_utc_s + (int64_t)FASTI_ICS_DAYS_DEFAULT * FASTI_DAY_SECONDS;
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_times_bound(ics->session, ics->targets[0].id, "--until",
                                 fasti_field_text(options, "until", NULL), &ics->to_utc_s);
    const int64_t days = (ics->to_utc_s - ics->from_utc_s) / FASTI_DAY_SECONDS;
    if (exit == FASTI_EXIT_DONE &&
        (ics->to_utc_s <= ics->from_utc_s || days >= FASTI_ICAL_WINDOW_DAYS_MAX))
        return fasti_session_fail(ics->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--until must lie ahead, by less than %d days",
                                  FASTI_ICAL_WINDOW_DAYS_MAX);
    return exit;
}

/* ---- sending ---- */

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct fasti_ics *ics = context;
    FASTI_ASSERT(index == 0);
    memset(put, 0, sizeof *put);
    snprintf(where, where_size, "%.200s", ics->path);
    put->kind = FASTI_ENTITY_OPENINGS;
    put->id = ics->targets[0].text;
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.source = ics->source;
    put->body.openings.count = ics->opening_count;
    put->body.openings.openings = ics->openings;
}

/* The source of the commit is 0: openings that it has on other schedules are of other files. */
static enum fasti_exit publish_openings(struct fasti_ics *ics) {
    const struct fasti_import_job job = {.count = 1, .put = job_put, .context = ics};
    if (ics->is_dry_run || !(ics->has_availability || ics->had_openings))
        return FASTI_EXIT_DONE;
    const enum fasti_exit exit = fasti_import_run(ics->session, &job, &ics->published);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    return fasti_conflicts_find(ics->session, ics->targets[0].id, UINT32_MAX, &ics->uncovered_count,
                                ics->uncovered);
}

static enum fasti_exit publish(struct fasti_ics *ics) {
    enum fasti_exit exit = publish_openings(ics);
    for (uint32_t i = 0; i < ics->target_count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_ics_target *target = &ics->targets[i];
        const struct fasti_busy_job job = {.schedule = target->id,
                                           .source = ics->source,
                                           .is_dry_run = ics->is_dry_run,
                                           .times = target->times.times,
                                           .count = target->times.count};
        exit = fasti_busy_run(ics->session, &job, &target->result);
    }
    return exit;
}

static void deinit(struct fasti_ics *ics) {
    for (uint32_t i = 0; i < ics->target_count; i++) {
        free(ics->targets[i].times.times);
        fasti_busy_result_deinit(&ics->targets[i].result);
    }
    free(ics->targets);
    free(ics->openings);
    fasti_ics_map_deinit(&ics->map);
    json_decref(ics->uncovered);
}

enum fasti_exit fasti_run_import_ics(struct fasti_session *session,
                                     const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    char name[SOURCE_BYTES];
    struct fasti_ics ics = {.session = session, .uncovered = json_array()};
    enum fasti_exit exit = read_options(&ics, options, name);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = find_targets(&ics, options);
    if (exit == FASTI_EXIT_DONE)
        exit = find_window(&ics, options);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_ics_read(&ics);
    if (exit == FASTI_EXIT_DONE)
        exit = publish(&ics);
    if (exit == FASTI_EXIT_DONE)
        fasti_ics_report(&ics);
    deinit(&ics);
    return exit;
}
