/*
 * fasti_import_holidays.c - import holidays FILE: the days of a place closed on every schedule of
 * the locations that lie in it, by one commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_holidays.h"
#include "tools/fasti_import.h"

struct holidays_import {
    struct fasti_session *session;
    const json_t *options;
    struct fasti_holidays_place place;
    char source_name[FASTI_HOLIDAYS_SOURCE_BYTES];
    uint32_t source;
    struct fasti_holidays holidays;
    uint32_t schedule_count, schedule_room;
    struct schedule {
        struct fasti_id_text text;
        fasti_schedule_id id;
    } * schedules;
    struct fasti_import_answer total;
    uint32_t conflict_count;
    json_t *conflicts;
};

/* ---- which schedules ---- */

static bool is_at(const struct holidays_import *import, const struct fasti_id_text *location) {
    const char *id;
    if (fasti_field_flag(import->options, "all-locations"))
        return true;
    for (size_t i = 0; (id = fasti_field_item(import->options, "location", i)) != NULL; i++)
        if (strlen(id) == location->length && memcmp(id, location->bytes, location->length) == 0)
            return true;
    return false;
}

/* Each location that is named must be there, or a typing mistake would leave its schedules open. */
static enum fasti_exit check_locations(struct holidays_import *import) {
    struct fasti_session *session = import->session;
    const char *id;
    size_t count = 0;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (; exit == FASTI_EXIT_DONE &&
           (id = fasti_field_item(import->options, "location", count)) != NULL;
         count++) {
        uint32_t unused;
        exit = fasti_session_resolve(session, FASTI_ENTITY_LOCATION, id, &unused);
    }
    if (exit == FASTI_EXIT_DONE &&
        (count > 0) == fasti_field_flag(import->options, "all-locations"))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "which locations lie there? Say --location ID, once for each, or "
                                  "--all-locations");
    return exit;
}

static bool schedule_add(struct holidays_import *import, uint32_t id,
                         const struct fasti_id_text *text) {
    if (import->schedule_count == import->schedule_room) {
        const uint32_t room = import->schedule_room == 0 ? 64 : 2 * import->schedule_room;
        struct schedule *moved = realloc(import->schedules, room * sizeof *moved);
        if (moved == NULL)
            return false;
        import->schedules = moved;
        import->schedule_room = room;
    }
    import->schedules[import->schedule_count++] = (struct schedule){*text, { id }};
    return true;
}

static enum fasti_exit find_schedules(struct holidays_import *import) {
    struct fasti_session *session = import->session;
    for (uint32_t after = 0;;) {
        const struct fasti_describe_answer *answer;
        const enum fasti_exit exit =
            fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (answer->id == 0)
            break;
        after = answer->id;
        if (is_at(import, &answer->put.body.schedule.location) &&
            !schedule_add(import, answer->id, &answer->put.id))
            return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    }
    if (import->schedule_count > 0)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                              "no schedule is at these locations: nothing was imported");
}

/* ---- the import ---- */

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct holidays_import *import = context;
    memset(put, 0, sizeof *put);
    snprintf(where, where_size, "%.200s", fasti_field_text(import->options, FASTI_ARGUMENT, ""));
    put->kind = FASTI_ENTITY_OPENINGS;
    put->id = import->schedules[index].text;
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.source = import->source;
    put->body.openings.count = import->holidays.opening_count;
    put->body.openings.openings = import->holidays.openings;
}

static enum fasti_exit publish(struct holidays_import *import) {
    const struct fasti_import_job job = {.count = import->schedule_count,
                                         .source = import->source,
                                         .put = job_put,
                                         .context = import};
    enum fasti_exit exit = fasti_import_run(import->session, &job, &import->total);
    for (uint32_t i = 0; i < import->schedule_count && exit == FASTI_EXIT_DONE; i++)
        exit = fasti_conflicts_find(import->session, import->schedules[i].id, UINT32_MAX,
                                    &import->conflict_count, import->conflicts);
    return exit;
}

static enum fasti_exit read_input(struct holidays_import *import) {
    struct fasti_detail detail;
    const char *path = fasti_field_text(import->options, FASTI_ARGUMENT, "");
    enum fasti_status status = fasti_holidays_place(
        fasti_field_text(import->options, "country", ""),
        fasti_field_text(import->options, "region", NULL), &import->place, &detail);
    if (status == FASTI_OK)
        status = fasti_holidays_read(&import->holidays, path, &import->place, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(import->session, FASTI_EXIT_INVALID, status,
                                  "%s; nothing was imported", detail.text);
    fasti_holidays_source(&import->place, import->source_name);
    import->source = fasti_source_of(import->source_name, strlen(import->source_name));
    if (import->place.region[0] != '\0' && import->holidays.region_line_count == 0 &&
        import->holidays.line_count > 0)
        fprintf(stderr, "fasti: %.200s names no holiday of %s alone: those of all of %s count\n",
                path, import->source_name + strlen("holidays:"), import->place.country);
    return FASTI_EXIT_DONE;
}

static void print_report(const struct holidays_import *import) {
    const struct fasti_import_answer *total = &import->total;
    const bool is_unchanged = total->created == 0 && total->changed == 0;
    if (import->session->is_json) {
        fasti_session_print_json(json_pack(
            "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:O}", "outcome",
            is_unchanged ? "UNCHANGED" : "PUBLISHED", "country", import->place.country, "region",
            import->place.region, "source", import->source_name, "lines",
            (int)import->holidays.line_count, "days", (int)import->holidays.day_count, "schedules",
            (int)import->schedule_count, "changed", (int)(total->created + total->changed),
            "unchanged", (int)total->unchanged, "conflict_count", (int)import->conflict_count,
            "conflicts", import->conflicts));
        return;
    }
    fasti_conflicts_print(import->conflict_count, import->conflicts);
    if (is_unchanged)
        printf("nothing changed: %u days are closed on %u schedules\n", import->holidays.day_count,
               import->schedule_count);
    else
        printf("imported: %u days of %s are closed on %u schedules\n", import->holidays.day_count,
               import->source_name, import->schedule_count);
}

enum fasti_exit fasti_run_import_holidays(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options) {
    (void)spec;
    struct holidays_import *import = calloc(1, sizeof *import);
    if (import == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    import->session = session;
    import->options = options;
    import->conflicts = json_array();
    enum fasti_exit exit = read_input(import);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = check_locations(import);
    if (exit == FASTI_EXIT_DONE)
        exit = find_schedules(import);
    if (exit == FASTI_EXIT_DONE)
        exit = publish(import);
    if (exit == FASTI_EXIT_DONE)
        print_report(import);
    json_decref(import->conflicts);
    free(import->schedules);
    free(import);
    return exit;
}
