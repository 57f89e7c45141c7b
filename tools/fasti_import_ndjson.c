/*
 * fasti_import_ndjson.c - import ndjson FILE: each organization's directory lines as one import,
 * all or nothing, then its appointments and blocks one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_import.h"
#include "tools/fasti_ndjson.h"

struct ndjson_import {
    struct fasti_session *session;
    const char *path;
    const struct fasti_ndjson_line *lines; /* of the group's import */
    struct fasti_line *decoded;            /* of the put that is on its way out */
    struct fasti_import_answer total;
    uint32_t booked, blocked;
    json_t *refused, *conflicts;
};

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct ndjson_import *import = context;
    const struct fasti_ndjson_line *line = &import->lines[index];
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_line_decode(line->object, line->kind, NULL, import->decoded, &detail);
    FASTI_ASSERT(status == FASTI_OK); /* it was when the file was read */
    *put = import->decoded->put;
    snprintf(where, where_size, "%.200s:%u", import->path, line->number);
}

static enum fasti_exit put_organization(struct ndjson_import *import,
                                        const struct fasti_ndjson_line *line) {
    struct fasti_session *session = import->session;
    struct fasti_command command = {.kind = FASTI_COMMAND_PUT};
    struct fasti_answer answer;
    char where[320];
    session->organization.v = 0;
    enum fasti_exit exit = fasti_session_connect(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    import->lines = line;
    job_put(import, 0, &command.body.put, where, sizeof where);
    exit = fasti_session_call(session, &command, &answer);
    if (exit == FASTI_EXIT_DONE && !fasti_outcome_is_done(answer.outcome))
        return fasti_session_refuse(session, &answer, "organization");
    if (exit != FASTI_EXIT_DONE)
        return exit;
    session->organization.v = answer.id;
    import->total.created += answer.outcome == FASTI_OUTCOME_CREATED;
    import->total.changed += answer.outcome == FASTI_OUTCOME_CHANGED;
    import->total.unchanged += answer.outcome == FASTI_OUTCOME_UNCHANGED;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit import_directory(struct ndjson_import *import,
                                        const struct fasti_ndjson_line *lines, uint32_t count) {
    const struct fasti_import_job job = {.count = count, .put = job_put, .context = import};
    struct fasti_import_answer result;
    if (count == 0)
        return FASTI_EXIT_DONE;
    import->lines = lines;
    const enum fasti_exit exit = fasti_import_run(import->session, &job, &result);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    import->total.created += result.created;
    import->total.changed += result.changed;
    import->total.unchanged += result.unchanged;
    import->total.conflicts += result.conflicts;
    return fasti_import_conflicts(import->session, import->total.conflicts, import->conflicts);
}

/* Books or blocks one line. */
static enum fasti_exit book_line(struct ndjson_import *import,
                                 const struct fasti_ndjson_line *line) {
    struct fasti_session *session = import->session;
    struct fasti_command command;
    struct fasti_answer answer;
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_line_decode(line->object, line->kind, NULL, import->decoded, &detail);
    FASTI_ASSERT(status == FASTI_OK);
    enum fasti_exit exit = fasti_records_command(session, import->decoded, &command);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit == FASTI_EXIT_DONE && !fasti_outcome_is_done(answer.outcome))
        exit = fasti_session_refuse(session, &answer, fasti_line_kind_name(line->kind));
    if (exit == FASTI_EXIT_DONE) {
        import->booked += line->kind == FASTI_LINE_APPOINTMENT;
        import->blocked += line->kind == FASTI_LINE_BLOCK;
    }
    return exit;
}

/* A line that is refused is reported and the next one tried; only a failure ends it. */
static enum fasti_exit book_lines(struct ndjson_import *import,
                                  const struct fasti_ndjson_line *lines, uint32_t count) {
    struct fasti_session *session = import->session;
    for (uint32_t i = 0; i < count; i++) {
        session->is_quiet = true;
        const enum fasti_exit exit = book_line(import, &lines[i]);
        session->is_quiet = false;
        if (exit == FASTI_EXIT_FAILED) {
            char why[sizeof session->failure];
            memcpy(why, session->failure, sizeof why);
            return fasti_session_fail(session, exit, FASTI_UNKNOWN, "%.100s:%u: %.300s",
                                      import->path, lines[i].number, why);
        }
        if (exit == FASTI_EXIT_DONE)
            continue;
        fprintf(stderr, "fasti: %s:%u: %s\n", import->path, lines[i].number, session->failure);
        json_array_append_new(import->refused,
                              json_pack("{s:I, s:s}", "line", (json_int_t)lines[i].number,
                                        "message", session->failure));
    }
    return FASTI_EXIT_DONE;
}

static bool is_directory(const struct fasti_ndjson_line *line) {
    return line->kind != FASTI_LINE_APPOINTMENT && line->kind != FASTI_LINE_BLOCK;
}

/* The lines of one organization, sorted. */
static enum fasti_exit import_group(struct ndjson_import *import,
                                    const struct fasti_ndjson_line *lines, uint32_t count) {
    enum fasti_exit exit;
    if (lines[0].kind == FASTI_LINE_ORGANIZATION) {
        exit = put_organization(import, lines++);
        count--;
    } else {
        exit = fasti_session_scope_or_create(import->session);
    }
    uint32_t directory_count = 0;
    while (directory_count < count && is_directory(&lines[directory_count]))
        directory_count++;
    if (exit == FASTI_EXIT_DONE)
        exit = import_directory(import, lines, directory_count);
    if (exit == FASTI_EXIT_DONE)
        exit = book_lines(import, lines + directory_count, count - directory_count);
    return exit;
}

static enum fasti_exit import_file(struct ndjson_import *import, const struct fasti_ndjson *file) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0, end; i < file->count && exit == FASTI_EXIT_DONE; i = end) {
        for (end = i + 1; end < file->count && file->lines[end].group == file->lines[i].group;)
            end++;
        exit = import_group(import, &file->lines[i], end - i);
    }
    return exit;
}

static void print_report(const struct ndjson_import *import, uint32_t line_count) {
    const struct fasti_import_answer *total = &import->total;
    const size_t refused = json_array_size(import->refused);
    const bool is_unchanged =
        total->created == 0 && total->changed == 0 && import->booked + import->blocked == 0;
    if (import->session->is_json) {
        fasti_session_print_json(
            json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:O, s:i, s:O}", "outcome",
                      is_unchanged ? "UNCHANGED" : "PUBLISHED", "lines", (int)line_count, "created",
                      (int)total->created, "changed", (int)total->changed, "unchanged",
                      (int)total->unchanged, "booked", (int)import->booked, "blocked",
                      (int)import->blocked, "refused", import->refused, "conflict_count",
                      (int)total->conflicts, "conflicts", import->conflicts));
        return;
    }
    fasti_import_print_conflicts(total->conflicts, import->conflicts);
    if (is_unchanged && refused == 0)
        printf("nothing changed: all %u records were there\n", total->unchanged);
    else
        printf("imported: %u records created, %u changed, %u unchanged\n", total->created,
               total->changed, total->unchanged);
    if (import->booked + import->blocked + refused > 0)
        printf("booked %u, blocked %u, refused %zu\n", import->booked, import->blocked, refused);
}

enum fasti_exit fasti_run_import_ndjson(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options) {
    (void)spec;
    struct fasti_ndjson file;
    struct fasti_detail detail;
    struct ndjson_import import = {.session = session,
                                   .path = fasti_field_text(options, FASTI_ARGUMENT, ""),
                                   .decoded = malloc(sizeof *import.decoded),
                                   .refused = json_array(),
                                   .conflicts = json_array()};
    enum fasti_exit exit = FASTI_EXIT_DONE;
    const enum fasti_status status = fasti_ndjson_read(&file, import.path, &detail);
    if (status != FASTI_OK)
        exit = fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s; nothing was imported",
                                  detail.text);
    if (import.decoded == NULL)
        exit = fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    fasti_ndjson_sort(&file);
    if (exit == FASTI_EXIT_DONE)
        exit = import_file(&import, &file);
    if (exit == FASTI_EXIT_DONE)
        print_report(&import, file.count);
    if (exit == FASTI_EXIT_DONE && json_array_size(import.refused) > 0)
        exit = FASTI_EXIT_REFUSED;
    fasti_ndjson_deinit(&file);
    free(import.decoded);
    json_decref(import.refused);
    json_decref(import.conflicts);
    return exit;
}
