/*
 * fasti_emergency_surge.c - emergency surge: schedules and openings of a template, once for each
 * location, by one import.
 *
 *   {"kind":"schedule","id":"surge {location}","location":"{location}",
 *    "service":"shot","capacity":4}
 *   {"kind":"opening","schedule":"surge {location}","id":"day","from":"07:00","to":"20:00",
 *    "rule":"dated","first":"{from}","last":"{to}"}
 *
 * Lines are import lines (tools/JSON.md) whose texts may say {location}, {from} and {to}. Openings
 * are of the emergency's source, so that "emergency end" takes them away; what else the template
 * makes stays, and is found unchanged the next time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_emergency.h"
#include "tools/fasti_import.h"
#include "tools/fasti_lines.h"
#include "tools/fasti_template.h"

#define PUTS_MAX 100000

struct surge_line {
    json_t *object; /* as it stands in the file, or for one location; owned */
    enum fasti_line_kind kind;
    uint32_t number;
};

struct surge {
    struct fasti_session *session;
    const json_t *options;
    const char *path;
    struct fasti_emergency_source source;
    char from[FASTI_DATE_TEXT_BYTES], to[FASTI_DATE_TEXT_BYTES];
    uint32_t line_count, line_room, put_count, location_count;
    struct surge_line *lines;
    struct surge_line *puts;
    uint32_t schedule_count, opening_count;
    struct fasti_line *decoded; /* of the put that is on its way out */
    struct fasti_import_answer total;
};

/* ---- the template ---- */

static enum fasti_exit refuse_line(const struct surge *surge, uint32_t number,
                                   enum fasti_status status, const char *sentence) {
    return fasti_session_fail(surge->session, FASTI_EXIT_INVALID, status,
                              "%.200s:%u: %.200s; nothing was changed", surge->path, number,
                              sentence);
}

static enum fasti_exit line_add(struct surge *surge, const struct fasti_lines *lines) {
    struct fasti_detail detail;
    struct surge_line line = {.number = lines->number};
    if (surge->line_count == surge->line_room) {
        const uint32_t room = surge->line_room == 0 ? 16 : 2 * surge->line_room;
        struct surge_line *moved = realloc(surge->lines, room * sizeof *moved);
        if (moved == NULL)
            return refuse_line(surge, line.number, FASTI_LIMIT_MEMORY, "no memory");
        surge->lines = moved;
        surge->line_room = room;
    }
    const enum fasti_status status = fasti_template_parse(
        lines->bytes, lines->size, surge->location_count > 1, &line.kind, &line.object, &detail);
    if (status != FASTI_OK)
        return refuse_line(surge, line.number, status, detail.text);
    surge->lines[surge->line_count++] = line;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit template_read(struct surge *surge) {
    struct fasti_lines lines;
    struct fasti_detail detail;
    bool found = true;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    enum fasti_status status = fasti_lines_open(&lines, surge->path, &detail);
    while (status == FASTI_OK && found && exit == FASTI_EXIT_DONE) {
        status = fasti_lines_next(&lines, &found, &detail);
        if (status == FASTI_OK && found)
            exit = line_add(surge, &lines);
    }
    fasti_lines_close(&lines);
    if (status != FASTI_OK)
        return fasti_session_fail(surge->session, FASTI_EXIT_INVALID, status,
                                  "%s; nothing was changed", detail.text);
    if (exit == FASTI_EXIT_DONE && surge->line_count == 0)
        return fasti_session_fail(surge->session, FASTI_EXIT_INVALID, FASTI_INVALID_FILE,
                                  "%.200s is empty: it opens nothing", surge->path);
    return exit;
}

/* ---- the puts ---- */

static int compare_puts(const void *a, const void *b) {
    const struct surge_line *x = a, *y = b;
    if (x->kind != y->kind) /* what is named comes before what names it */
        return x->kind < y->kind ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static enum fasti_exit put_add(struct surge *surge, const struct surge_line *line,
                               const char *location, bool is_first) {
    const struct fasti_template_words words = {location, surge->from, surge->to};
    struct fasti_detail detail;
    json_t *object;
    const enum fasti_status status =
        fasti_template_fill(line->object, line->kind, &words, &object, surge->decoded, &detail);
    if (status != FASTI_OK)
        return refuse_line(surge, line->number, status, detail.text);
    if (!is_first && json_equal(object, line->object)) { /* not of a location: once is enough */
        json_decref(object);
        return FASTI_EXIT_DONE;
    }
    surge->puts[surge->put_count++] = (struct surge_line){object, line->kind, line->number};
    surge->schedule_count += line->kind == FASTI_LINE_SCHEDULE;
    surge->opening_count += line->kind == FASTI_LINE_OPENING;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit puts_make(struct surge *surge) {
    const uint64_t most = (uint64_t)surge->line_count * surge->location_count;
    const char *location;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (most > PUTS_MAX)
        return fasti_session_fail(surge->session, FASTI_EXIT_INVALID, FASTI_LIMIT_RECORDS,
                                  "%llu lines for all locations, and one command takes %d: say "
                                  "fewer locations",
                                  (unsigned long long)most, PUTS_MAX);
    surge->puts = calloc(most + 1, sizeof *surge->puts);
    surge->decoded = malloc(sizeof *surge->decoded);
    if (surge->puts == NULL || surge->decoded == NULL)
        return fasti_session_fail(surge->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory");
    for (size_t i = 0; exit == FASTI_EXIT_DONE &&
                       (location = fasti_field_item(surge->options, "location", i)) != NULL;
         i++)
        for (uint32_t n = 0; n < surge->line_count && exit == FASTI_EXIT_DONE; n++)
            exit = put_add(surge, &surge->lines[n], location, i == 0);
    qsort(surge->puts, surge->put_count, sizeof *surge->puts, compare_puts);
    return exit;
}

static void surge_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                      size_t where_size) {
    const struct surge *surge = context;
    struct fasti_detail detail;
    const enum fasti_status status = fasti_line_decode(
        surge->puts[index].object, surge->puts[index].kind, NULL, surge->decoded, &detail);
    FASTI_ASSERT(status == FASTI_OK); /* it was when the put was made */
    *put = surge->decoded->put;
    if (put->kind == FASTI_ENTITY_OPENINGS)
        put->body.openings.source = surge->source.number;
    snprintf(where, where_size, "%.200s:%u", surge->path, surge->puts[index].number);
}

/* ---- the command ---- */

static enum fasti_exit locations_check(struct surge *surge) {
    const char *location;
    for (size_t i = 0; (location = fasti_field_item(surge->options, "location", i)) != NULL; i++) {
        uint32_t unused;
        const enum fasti_exit exit =
            fasti_session_resolve(surge->session, FASTI_ENTITY_LOCATION, location, &unused);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        surge->location_count++;
    }
    return FASTI_EXIT_DONE;
}

static void surge_print(const struct surge *surge, bool is_commit) {
    const uint32_t changed = surge->total.created + surge->total.changed;
    json_t *schedules = json_array();
    for (uint32_t i = 0; i < surge->put_count; i++)
        if (surge->puts[i].kind == FASTI_LINE_SCHEDULE &&
            json_array_size(schedules) < FASTI_EMERGENCY_LISTED)
            json_array_append(schedules, json_object_get(surge->puts[i].object, "id"));
    if (surge->session->is_json) {
        fasti_session_print_json(
            json_pack("{s:s, s:b, s:s, s:s, s:s, s:i, s:i, s:O, s:i, s:i, s:i, s:i}", "outcome",
                      !is_commit    ? "NONE"
                      : changed > 0 ? "PUBLISHED"
                                    : "UNCHANGED",
                      "dry_run", (int)!is_commit, "source", surge->source.name, "from", surge->from,
                      "to", surge->to, "locations", (int)surge->location_count, "schedule_count",
                      (int)surge->schedule_count, "schedules", schedules, "openings",
                      (int)surge->opening_count, "created", (int)surge->total.created, "changed",
                      (int)surge->total.changed, "unchanged", (int)surge->total.unchanged));
    } else {
        printf("%s: %u schedules with %u openings at %u locations, as %s\n",
               !is_commit    ? "would be opened"
               : changed > 0 ? "opened"
                             : "nothing changed, opened already",
               surge->schedule_count, surge->opening_count, surge->location_count,
               surge->source.name);
        for (size_t i = 0; i < json_array_size(schedules); i++)
            printf("  %s\n", json_string_value(json_array_get(schedules, i)));
        if (is_commit)
            printf("fasti emergency end --source %s takes the openings away again\n",
                   surge->source.name + strlen("emergency:"));
        else
            puts("nothing was changed: --commit opens them");
    }
    json_decref(schedules);
}

static void surge_deinit(struct surge *surge) {
    for (uint32_t i = 0; i < surge->line_count; i++)
        json_decref(surge->lines[i].object);
    for (uint32_t i = 0; i < surge->put_count; i++)
        json_decref(surge->puts[i].object);
    free(surge->lines);
    free(surge->puts);
    free(surge->decoded);
}

enum fasti_exit fasti_run_emergency_surge(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options) {
    (void)spec;
    struct surge surge = {
        .session = session, .options = options, .path = fasti_field_text(options, "template", "")};
    const bool is_commit = fasti_field_flag(options, "commit");
    fasti_date from = {0}, to = {0};
    enum fasti_exit exit = fasti_emergency_source(session, options, &surge.source);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_dates(session, options, &from, &to);
    fasti_date_format(from, surge.from);
    fasti_date_format(to, surge.to);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = locations_check(&surge);
    if (exit == FASTI_EXIT_DONE)
        exit = template_read(&surge);
    if (exit == FASTI_EXIT_DONE)
        exit = puts_make(&surge);
    const struct fasti_import_job job = {
        .count = surge.put_count, .put = surge_put, .context = &surge};
    if (exit == FASTI_EXIT_DONE && is_commit)
        exit = fasti_import_run(session, &job, &surge.total);
    if (exit == FASTI_EXIT_DONE)
        surge_print(&surge, is_commit);
    surge_deinit(&surge);
    return exit;
}
