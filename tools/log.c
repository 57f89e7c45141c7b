/*
 * log.c - fasti-log: looks at a data directory without changing it, also while no server runs.
 *
 *   fasti-log verify DIR   structure and checksums: exactly where and why it is damaged
 *   fasti-log dump DIR     one JSON object a line: every effect, in log order
 *   fasti-log digest DIR   replays all of it in memory and compares with what the log says; a log
 *                          that was trimmed from the oldest snapshot on
 *
 * Exit: 0 intact (a torn tail is reported; it is cut at the next start), 1 damaged, 2 usage,
 * 3 cannot read.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/engine.h"

enum { EXIT_INTACT = 0, EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_UNREADABLE = 3 };

struct arguments {
    enum fasti_inspect_mode mode;
    const char *directory;
    bool is_json;
};

static bool find_mode(const char *name, enum fasti_inspect_mode *mode) {
    static const char *const names[] = {
        [FASTI_INSPECT_VERIFY] = "verify",
        [FASTI_INSPECT_DUMP] = "dump",
        [FASTI_INSPECT_DIGEST] = "digest",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *mode = (enum fasti_inspect_mode)i;
            return true;
        }
    return false;
}

static error_t parse_argument(int key, char *text, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case 'j': arguments->is_json = true; return 0;
    case 'V': puts("fasti-log " FASTI_VERSION); exit(EXIT_INTACT);
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && !find_mode(text, &arguments->mode))
            argp_error(state, "there is no \"%s\"; there are verify, dump and digest", text);
        else if (state->arg_num == 1)
            arguments->directory = text;
        else if (state->arg_num > 1)
            argp_error(state, "\"%s\" is one argument too many", text);
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2)
            argp_error(state, "which directory? fasti-log verify|dump|digest DIR");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void format_digest(struct fasti_hash128 digest, char text[33]) {
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)digest.high,
             (unsigned long long)digest.low);
}

static void print_line(void *context, const char *line) {
    (void)context;
    puts(line);
}

/* ---- reports ---- */

static void print_json(const struct arguments *arguments, enum fasti_status status,
                       const struct fasti_inspect_report *report,
                       const struct fasti_detail *detail) {
    char logged[33], computed[33];
    format_digest(report->digest_logged, logged);
    format_digest(report->digest_computed, computed);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:b, s:b, s:I, s:s}", "status",
                  fasti_status_name(status), "message", status == FASTI_OK ? "" : detail->text,
                  "segments", (json_int_t)report->segments, "batches", (json_int_t)report->batches,
                  "effects", (json_int_t)report->effects, "bytes", (json_int_t)report->bytes,
                  "lsn_end", (json_int_t)report->lsn_end, "epoch", (json_int_t)report->epoch,
                  "digest", logged, "clean", (int)report->clean, "torn", (int)report->torn,
                  "mended", (json_int_t)report->mended, "where", report->where);
    json_object_set_new(object, "snapshots", json_integer(report->snapshots));
    json_object_set_new(object, "snapshot_bytes", json_integer((json_int_t)report->snapshot_bytes));
    json_object_set_new(object, "replayed_from_snapshot",
                        json_integer((json_int_t)report->snapshot));
    if (arguments->mode == FASTI_INSPECT_DIGEST && status == FASTI_OK)
        json_object_set_new(object, "digest_computed", json_string(computed));
    FASTI_ASSERT(object != NULL);
    /* After a dump the report goes where sentences go: standard output is effects only. */
    FILE *file = arguments->mode == FASTI_INSPECT_DUMP ? stderr : stdout;
    json_dumpf(object, file, JSON_COMPACT);
    putc('\n', file);
    json_decref(object);
}

static void print_text(const struct arguments *arguments, enum fasti_status status,
                       const struct fasti_inspect_report *report,
                       const struct fasti_detail *detail) {
    FILE *file = arguments->mode == FASTI_INSPECT_DUMP ? stderr : stdout;
    char logged[33], computed[33];
    format_digest(report->digest_logged, logged);
    format_digest(report->digest_computed, computed);
    if (status != FASTI_OK) {
        fprintf(stderr, "fasti-log: %s%s%s\n", fasti_status_text(status),
                detail->text[0] != '\0' ? ": " : "", detail->text);
        if (report->where[0] != '\0')
            fprintf(stderr, "fasti-log: at %s\n", report->where);
    }
    fprintf(file, "%llu segments, %llu batches, %llu effects, %llu bytes, log position %llu\n",
            (unsigned long long)report->segments, (unsigned long long)report->batches,
            (unsigned long long)report->effects, (unsigned long long)report->bytes,
            (unsigned long long)report->lsn_end);
    fprintf(file, "digest %s\n", logged);
    if (status == FASTI_OK && arguments->mode == FASTI_INSPECT_DIGEST)
        fprintf(file, "digest %s by replay\n", computed);
    if (status != FASTI_OK)
        return;
    if (report->snapshots > 0)
        fprintf(file, "%u snapshots, %llu bytes\n", report->snapshots,
                (unsigned long long)report->snapshot_bytes);
    if (report->snapshot > 0)
        fprintf(file, "replayed from snapshot %llu on: the log before it was trimmed\n",
                (unsigned long long)report->snapshot);
    if (report->mended > 0)
        fprintf(file,
                "%llu damaged headers, each read from its other copy: the disk may be failing\n",
                (unsigned long long)report->mended);
    if (report->torn)
        fprintf(file, "intact, with a torn tail that was never acknowledged: %s\n", report->where);
    else
        fprintf(file, "intact, %s\n", report->clean ? "stopped cleanly" : "not stopped cleanly");
}

/* ---- the run ---- */

static int exit_code(enum fasti_status status) {
    if (status == FASTI_OK)
        return EXIT_INTACT;
    return fasti_status_class(status) == FASTI_CLASS_CORRUPT ? EXIT_DAMAGED : EXIT_UNREADABLE;
}

/* A directory that is not there must not be made by looking at it. */
static bool is_directory(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "fasti-log: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode))
        fprintf(stderr, "fasti-log: %s is not a directory\n", path);
    return S_ISDIR(info.st_mode);
}

static int inspect(const struct arguments *arguments) {
    struct fasti_io *io;
    struct fasti_detail detail = {""};
    struct fasti_inspect_report report = {0};
    if (!is_directory(arguments->directory))
        return EXIT_UNREADABLE;
    enum fasti_status status = fasti_io_open_directory(arguments->directory, 1, true, &io, &detail);
    if (status == FASTI_OK) {
        status = fasti_engine_inspect(io, arguments->mode,
                                      arguments->mode == FASTI_INSPECT_DUMP ? print_line : NULL,
                                      NULL, &report, &detail);
        io->operations->close(io);
    }
    if (arguments->is_json)
        print_json(arguments, status, &report, &detail);
    else
        print_text(arguments, status, &report, &detail);
    return exit_code(status);
}

int main(int argc, char **argv) {
    static const struct argp_option options[] = {
        {"json", 'j', NULL, 0, "Report as one JSON object (tools/JSON.md)", 0},
        {"version", 'V', NULL, 0, "Print the version", -1},
        {0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse_argument,
        .args_doc = "verify|dump|digest DIR",
        .doc = "Looks at a data directory of fastid without changing it.\v"
               "verify: structure and checksums, of snapshots too. dump: every effect as a line of "
               "JSON (the report "
               "goes to standard error). digest: replays all of it and compares.\n"
               "Exit: 0 intact (a torn tail is reported), 1 damaged, 2 usage, 3 cannot read."};
    struct arguments arguments = {.mode = FASTI_INSPECT_VERIFY};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    const int code = inspect(&arguments);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("fasti-log: the report could not be written\n", stderr);
        return EXIT_UNREADABLE;
    }
    return code;
}
