/*
 * fasti_backup.c - fasti backup and restore: a data directory copied, hot, and proved by its
 * digest.
 *
 * Files to files, on this machine: no server is asked, a running one is not held up.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engine.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_session.h"

#define DATA_DEFAULT "./data"

struct progress {
    bool is_terminal;
    uint64_t told; /* tenths, or hundredths on a terminal */
};

static void progress_tell(void *context, uint64_t done, uint64_t total) {
    struct progress *progress = context;
    const uint64_t parts = progress->is_terminal ? 100 : 10;
    const uint64_t part = total == 0 ? parts : done * parts / total;
    if (part == progress->told)
        return;
    progress->told = part;
    fprintf(stderr,
            progress->is_terminal ? "\r%3" PRIu64 " %% of %" PRIu64 " MB "
                                  : "%3" PRIu64 " %% of %" PRIu64 " MB\n",
            part * 100 / parts, total / 1000000);
    if (progress->is_terminal && part == parts)
        fputc('\n', stderr);
}

static enum fasti_exit fail(const struct fasti_session *session, const char *what,
                            enum fasti_status status, const struct fasti_detail *detail) {
    const char *why = detail->text[0] != '\0' ? detail->text : fasti_status_text(status);
    if (session->is_json)
        fasti_session_print_json(
            json_pack("{s:s, s:s}", "status", fasti_status_name(status), "message", why));
    fprintf(stderr, "fasti: %s: %s\n", what, why);
    return fasti_status_class(status) == FASTI_CLASS_INVALID ? FASTI_EXIT_INVALID
                                                             : FASTI_EXIT_FAILED;
}

/* A directory that is not there must not be made by looking at it. */
static bool is_directory(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        fprintf(stderr, "fasti: %s: %s\n", path, strerror(errno));
    else if (!S_ISDIR(info.st_mode))
        fprintf(stderr, "fasti: %s is not a directory\n", path);
    else
        return true;
    return false;
}

static void report_print(const struct fasti_session *session, const char *verb,
                         const struct fasti_copy_report *report) {
    char digest[33];
    snprintf(digest, sizeof digest, "%016" PRIx64 "%016" PRIx64, report->digest.high,
             report->digest.low);
    if (session->is_json)
        fasti_session_print_json(
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s}", "status", "OK", "snapshot",
                      (json_int_t)report->snapshot, "files", (json_int_t)report->files, "bytes",
                      (json_int_t)report->bytes, "bytes_written", (json_int_t)report->bytes_written,
                      "lsn_end", (json_int_t)report->lsn_end, "digest", digest));
    else
        printf("%s: %" PRIu64 " files, %" PRIu64 " bytes, of which %" PRIu64 " were written; all "
               "below log position %" PRIu64 "\ndigest %s, the same by replay\n",
               verb, report->files, report->bytes, report->bytes_written, report->lsn_end, digest);
}

static enum fasti_exit copy_run(const struct fasti_session *session, const char *verb,
                                const char *from_path, const char *to_path, bool must_be_new) {
    struct fasti_detail detail = {""};
    struct fasti_copy_report report;
    struct fasti_io *from = NULL, *to = NULL;
    struct progress progress = {.is_terminal = isatty(STDERR_FILENO) == 1};
    const struct fasti_copy_options options = {
        .must_be_new = must_be_new,
        .progress = session->is_json ? NULL : progress_tell,
        .progress_context = &progress,
    };
    if (!is_directory(from_path))
        return FASTI_EXIT_INVALID;
    enum fasti_status status = fasti_io_open_directory(from_path, 1, true, &from, &detail);
    if (status != FASTI_OK)
        return fail(session, from_path, status, &detail);
    status = fasti_io_open_directory(to_path, 1, false, &to, &detail);
    if (status == FASTI_OK) {
        status = fasti_engine_copy(from, to, &options, &report, &detail);
        to->operations->close(to);
    }
    from->operations->close(from);
    if (status != FASTI_OK)
        return fail(session, to_path, status, &detail);
    report_print(session, verb, &report);
    return FASTI_EXIT_DONE;
}

/* The option's directory, or the one that fastid takes when it is told none. */
static const char *data_of(const json_t *options, const char *name) {
    const char *path = json_string_value(json_object_get(options, name));
    return path != NULL ? path : DATA_DEFAULT;
}

enum fasti_exit fasti_run_backup(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    const char *to = json_string_value(json_object_get(options, FASTI_ARGUMENT));
    return copy_run(session, "backed up", data_of(options, "from"), to, false);
}

enum fasti_exit fasti_run_restore(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    const char *from = json_string_value(json_object_get(options, FASTI_ARGUMENT));
    return copy_run(session, "restored", from, data_of(options, "to"), true);
}
