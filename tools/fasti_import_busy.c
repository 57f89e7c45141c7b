/*
 * fasti_import_busy.c - import busy FILE: lines of busy times, read as a whole, made blocks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_busy.h"
#include "tools/fasti_busy_line.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_lines.h"

struct busy_import {
    struct fasti_session *session;
    struct fasti_busy_job job;
    struct fasti_busy_times times;
    struct fasti_lines lines;
    uint32_t line_count;
};

/* Prints why a line is refused. */
static enum fasti_exit refuse_line(struct busy_import *import, enum fasti_exit exit,
                                   enum fasti_status status, const char *why) {
    return fasti_session_fail(import->session, exit, status, "%.100s:%u: %.250s; nothing was sent",
                              import->lines.name, import->lines.number, why);
}

/* A date or a time. The server answers what a local time means; it changes nothing yet. */
static enum fasti_exit resolve(struct busy_import *import, const char *name, const char *text,
                               int64_t *utc_s) {
    struct fasti_session *session = import->session;
    session->is_quiet = true;
    const enum fasti_exit exit =
        fasti_times_bound(session, import->job.schedule, name, text, utc_s);
    session->is_quiet = false;
    if (exit == FASTI_EXIT_DONE)
        return exit;
    char why[sizeof session->failure];
    memcpy(why, session->failure, sizeof why);
    return refuse_line(import, exit,
                       exit == FASTI_EXIT_INVALID ? FASTI_INVALID_TIME : FASTI_UNREACHABLE, why);
}

static enum fasti_exit read_line(struct busy_import *import) {
    struct fasti_detail detail;
    struct fasti_busy_line line;
    struct fasti_busy_time time = {.line = import->lines.number};
    const enum fasti_status status =
        fasti_busy_line_parse(import->lines.bytes, import->lines.size, &line, &detail);
    if (status != FASTI_OK)
        return refuse_line(import, FASTI_EXIT_INVALID, status, detail.text);
    enum fasti_exit exit = resolve(import, "start", line.start, &time.start_utc_s);
    if (exit == FASTI_EXIT_DONE)
        exit = resolve(import, "end", line.end, &time.end_utc_s);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (time.end_utc_s <= time.start_utc_s)
        return refuse_line(import, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                           "\"end\" does not lie after \"start\"");
    if (time.end_utc_s - time.start_utc_s > (int64_t)FASTI_BUSY_DAYS_MAX * FASTI_DAY_SECONDS)
        return refuse_line(import, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                           "a busy time has at most 3,660 days: is the year right?");
    time.key = line.key;
    import->line_count++;
    return fasti_busy_times_add(&import->times, &time)
               ? exit
               : refuse_line(import, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
}

static enum fasti_exit read_file(struct busy_import *import, const char *path) {
    struct fasti_detail detail;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    bool found = true;
    enum fasti_status status = fasti_lines_open(&import->lines, path, &detail);
    while (status == FASTI_OK && exit == FASTI_EXIT_DONE && found) {
        status = fasti_lines_next(&import->lines, &found, &detail);
        if (status == FASTI_OK && found)
            exit = read_line(import);
    }
    fasti_lines_close(&import->lines);
    if (status != FASTI_OK)
        return fasti_session_fail(import->session, FASTI_EXIT_INVALID, status,
                                  "%s; nothing was sent", detail.text);
    return exit;
}

static void print_report(const struct busy_import *import, const struct fasti_busy_result *result,
                         const json_t *options) {
    const bool is_dry = import->job.is_dry_run;
    const uint32_t changes = result->added + result->moved + result->removed;
    if (import->session->is_json) {
        fasti_session_print_json(json_pack(
            "{s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:O}", "outcome",
            is_dry         ? "NONE"
            : changes == 0 ? "UNCHANGED"
                           : "PUBLISHED",
            "schedule", fasti_field_text(options, "schedule", ""), "source",
            fasti_field_text(options, "source", ""), "dry_run", (int)is_dry, "lines",
            (int)import->line_count, "past", (int)result->past, "spans", (int)result->spans,
            "added", (int)result->added, "moved", (int)result->moved, "removed",
            (int)result->removed, "kept", (int)result->kept, "conflict_count",
            (int)result->conflict_count, "conflicts", result->conflicts));
        return;
    }
    fasti_busy_print_conflicts(result);
    if (changes == 0)
        printf("nothing changed: all %u blocks were there\n", result->kept);
    else
        printf("%s: %u blocks added, %u moved, %u removed, %u kept\n",
               is_dry ? "would be done" : "done", result->added, result->moved, result->removed,
               result->kept);
    if (result->past > 0)
        printf("%u of %u busy times are over already and were left out\n", result->past,
               import->line_count);
}

enum fasti_exit fasti_run_import_busy(struct fasti_session *session,
                                      const struct fasti_command_spec *spec,
                                      const json_t *options) {
    (void)spec;
    struct fasti_detail detail;
    struct busy_import import = {.session = session};
    import.job.is_dry_run = fasti_field_flag(options, "dry-run");
    const enum fasti_status status =
        fasti_field_source(fasti_field_text(options, "source", ""), &import.job.source, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "--source: %s", detail.text);
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE,
                                     fasti_field_text(options, "schedule", ""),
                                     &import.job.schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = read_file(&import, fasti_field_text(options, FASTI_ARGUMENT, ""));
    if (exit == FASTI_EXIT_DONE) {
        struct fasti_busy_result result;
        import.job.times = import.times.times;
        import.job.count = import.times.count;
        exit = fasti_busy_run(session, &import.job, &result);
        if (exit == FASTI_EXIT_DONE)
            print_report(&import, &result, options);
        fasti_busy_result_deinit(&result);
    }
    free(import.times.times);
    return exit;
}
