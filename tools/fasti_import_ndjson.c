/*
 * fasti_import_ndjson.c - import ndjson FILE: all directory lines as one import, all or nothing,
 * the organizations among them; then appointments and blocks one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_book.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_import.h"
#include "tools/fasti_import_whole.h"
#include "tools/fasti_ndjson.h"

struct ndjson_import {
    struct fasti_session *session;
    const char *path;
    const struct fasti_ndjson_line **puts; /* the lines of the import, in order */
    struct fasti_line *decoded;            /* of the put that is on its way out */
    struct fasti_import_answer total;
    uint32_t conflicts_count, booked, blocked;
    json_t *refused, *conflicts;
};

static void decode(const struct ndjson_import *import, const struct fasti_ndjson_line *line) {
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_line_decode(line->object, line->kind, NULL, import->decoded, &detail);
    FASTI_ASSERT(status == FASTI_OK); /* it was when the file was read */
}

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    const struct ndjson_import *import = context;
    decode(import, import->puts[index]);
    *put = import->decoded->put;
    snprintf(where, where_size, "%.200s:%u", import->path, import->puts[index]->number);
}

static bool is_directory(const struct fasti_ndjson_line *line) {
    return line->kind != FASTI_LINE_APPOINTMENT && line->kind != FASTI_LINE_BLOCK;
}

/* All directory lines of the file as one import. Lines before the first organization are those of
 * --organization, which the import makes if it is not there. */
static enum fasti_exit import_directory(struct ndjson_import *import,
                                        const struct fasti_ndjson *file) {
    struct fasti_import_job job = {.is_of_several = true, .put = job_put, .context = import};
    import->puts = calloc((size_t)file->count + 1, sizeof *import->puts);
    if (import->puts == NULL)
        return fasti_session_fail(import->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory");
    for (uint32_t i = 0; i < file->count; i++)
        if (is_directory(&file->lines[i]))
            import->puts[job.count++] = &file->lines[i];
    enum fasti_exit exit;
    if (file->count > 0 && file->lines[0].group == 0 && is_directory(&file->lines[0]))
        exit = fasti_import_scope(import->session, &job.creates);
    else if (file->count > 0 && file->lines[0].group == 0)
        exit = fasti_session_scope(import->session); /* visits alone make nothing */
    else
        exit = fasti_session_connect(import->session);
    if (exit == FASTI_EXIT_DONE && job.count > 0)
        exit = fasti_import_run(import->session, &job, &import->total);
    return exit;
}

static enum fasti_exit block_line(struct ndjson_import *import) {
    struct fasti_session *session = import->session;
    struct fasti_command command;
    struct fasti_answer answer;
    enum fasti_exit exit = fasti_records_block(session, import->decoded, &command);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit == FASTI_EXIT_DONE && !fasti_outcome_is_done(answer.outcome))
        exit = fasti_session_refuse(session, &answer, "block");
    import->blocked += exit == FASTI_EXIT_DONE;
    return exit;
}

static enum fasti_exit book_line(struct ndjson_import *import) {
    struct fasti_session *session = import->session;
    struct fasti_book_run run = {.session = session, .command.kind = FASTI_COMMAND_BOOK};
    fasti_rows_of_line(import->decoded, &run.rows);
    enum fasti_exit exit = fasti_book_resolve(&run);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_ask(&run);
    if (exit == FASTI_EXIT_DONE && run.answer.outcome != FASTI_OUTCOME_BOOKED) {
        char what[256], lost[200];
        fasti_book_lost_text(&run, lost, sizeof lost);
        snprintf(what, sizeof what, "appointment: %s", lost);
        exit = run.rows.count == 1 ? fasti_session_refuse(session, &run.answer, "appointment")
                                   : fasti_session_refuse_with(session, &run.answer, what, NULL);
    }
    import->booked += exit == FASTI_EXIT_DONE;
    return exit;
}

/* A line that is refused is reported and the next one tried; only a failure ends it. */
static enum fasti_exit book_lines(struct ndjson_import *import,
                                  const struct fasti_ndjson_line *lines, uint32_t count) {
    struct fasti_session *session = import->session;
    for (uint32_t i = 0; i < count; i++) {
        session->is_quiet = true;
        decode(import, &lines[i]);
        const enum fasti_exit exit =
            lines[i].kind == FASTI_LINE_BLOCK ? block_line(import) : book_line(import);
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

/* What comes after the commit: conflicts, then the appointments and blocks of one organization. */
static enum fasti_exit finish_group(struct ndjson_import *import,
                                    const struct fasti_ndjson_line *lines, uint32_t count) {
    struct fasti_session *session = import->session;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    uint32_t directory_count = 0;
    if (lines[0].kind == FASTI_LINE_ORGANIZATION) {
        decode(import, &lines[0]);
        exit = fasti_session_find(session, FASTI_ENTITY_ORGANIZATION, &import->decoded->put.id,
                                  &session->organization.v);
    }
    while (directory_count < count && is_directory(&lines[directory_count]))
        directory_count++;
    if (exit == FASTI_EXIT_DONE && directory_count > 0)
        exit = fasti_conflicts_find(session, (fasti_schedule_id){0}, UINT32_MAX,
                                    &import->conflicts_count, import->conflicts);
    if (exit == FASTI_EXIT_DONE)
        exit = book_lines(import, lines + directory_count, count - directory_count);
    return exit;
}

static enum fasti_exit import_file(struct ndjson_import *import, const struct fasti_ndjson *file) {
    enum fasti_exit exit = import_directory(import, file);
    for (uint32_t i = 0, end; i < file->count && exit == FASTI_EXIT_DONE; i = end) {
        for (end = i + 1; end < file->count && file->lines[end].group == file->lines[i].group;)
            end++;
        exit = finish_group(import, &file->lines[i], end - i);
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
                      (int)import->conflicts_count, "conflicts", import->conflicts));
        return;
    }
    fasti_conflicts_print(import->conflicts_count, import->conflicts);
    if (is_unchanged && refused == 0)
        printf("nothing changed: all %u records were there\n", total->unchanged);
    else
        printf("imported: %u records created, %u changed, %u unchanged\n", total->created,
               total->changed, total->unchanged);
    if (import->booked + import->blocked + refused > 0)
        printf("booked %u, blocked %u, refused %zu\n", import->booked, import->blocked, refused);
}

static enum fasti_exit import_lines(struct fasti_session *session, struct fasti_lines *lines,
                                    const char *path) {
    struct fasti_ndjson file;
    struct fasti_detail detail;
    struct ndjson_import import = {.session = session,
                                   .path = path,
                                   .decoded = malloc(sizeof *import.decoded),
                                   .refused = json_array(),
                                   .conflicts = json_array()};
    enum fasti_exit exit = FASTI_EXIT_DONE;
    const enum fasti_status status = fasti_ndjson_read_lines(&file, lines, &detail);
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
    free(import.puts);
    json_decref(import.refused);
    json_decref(import.conflicts);
    return exit;
}

enum fasti_exit fasti_run_import_ndjson(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options) {
    (void)spec;
    const char *path = fasti_field_text(options, FASTI_ARGUMENT, "");
    struct fasti_lines lines;
    struct fasti_detail detail;
    bool found = false;
    enum fasti_status status = fasti_lines_open(&lines, path, &detail);
    if (status == FASTI_OK) {
        status = fasti_lines_next(&lines, &found, &detail);
        if (status != FASTI_OK)
            fasti_lines_close(&lines);
    }
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s; nothing was imported",
                                  detail.text);
    lines.is_again = found;
    const enum fasti_exit exit = found && fasti_import_whole_is(lines.bytes, lines.size)
                                     ? fasti_import_whole(session, &lines, path)
                                     : import_lines(session, &lines, path);
    fasti_lines_close(&lines);
    return exit;
}
