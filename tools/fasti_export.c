/*
 * fasti_export.c - the walk of an export and the file that it becomes.
 */
#include "tools/fasti_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- names ---- */

static struct fasti_export_names *names_of(struct fasti_export *export,
                                           enum fasti_entity_kind kind) {
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: return &export->organizations;
    case FASTI_ENTITY_LOCATION: return &export->locations;
    case FASTI_ENTITY_PRACTITIONER: return &export->practitioners;
    case FASTI_ENTITY_SERVICE: return &export->services;
    case FASTI_ENTITY_SCHEDULE: return &export->schedules;
    case FASTI_ENTITY_OPENINGS:
    case FASTI_ENTITY_ZONE: break;
    }
    return NULL;
}

const struct fasti_id_text *fasti_export_name(const struct fasti_export *export,
                                              enum fasti_entity_kind kind, uint32_t id) {
    const struct fasti_export_names *names =
        names_of((struct fasti_export *)(uintptr_t) export, kind);
    return names == NULL || id >= names->count || names->names[id].organization == 0
               ? NULL
               : &names->names[id].id;
}

static bool names_init(struct fasti_export *export, enum fasti_entity_kind kind, uint32_t count) {
    struct fasti_export_names *names = names_of(export, kind);
    export->counts[kind] = count;
    names->names = calloc((size_t)count + 1, sizeof *names->names);
    names->count = count + 1;
    return names->names != NULL;
}

/* ---- begin and end ---- */

static enum fasti_exit status_ask(struct fasti_export *export, struct fasti_status_answer *status) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(export->session, &command, &answer);
    if (exit == FASTI_EXIT_DONE)
        *status = answer.body.status;
    return exit;
}

enum fasti_exit fasti_export_begin(struct fasti_export *export, struct fasti_session *session) {
    struct fasti_status_answer status;
    memset(export, 0, sizeof *export);
    export->session = session;
    enum fasti_exit exit = session->organization_text != NULL ? fasti_session_scope(session)
                                                              : fasti_session_connect(session);
    if (exit == FASTI_EXIT_DONE)
        exit = status_ask(export, &status);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    export->only = session->organization.v;
    export->digest = status.digest;
    if (names_init(export, FASTI_ENTITY_ORGANIZATION, status.organizations) &&
        names_init(export, FASTI_ENTITY_LOCATION, status.locations) &&
        names_init(export, FASTI_ENTITY_PRACTITIONER, status.practitioners) &&
        names_init(export, FASTI_ENTITY_SERVICE, status.services) &&
        names_init(export, FASTI_ENTITY_SCHEDULE, status.schedules))
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                              "no memory for the ids of the directory");
}

void fasti_export_end(struct fasti_export *export) {
    for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_SCHEDULE; kind++)
        free(names_of(export, (enum fasti_entity_kind)kind)->names);
}

enum fasti_exit fasti_export_is_same(struct fasti_export *export, bool *is_same) {
    struct fasti_status_answer status;
    const enum fasti_exit exit = status_ask(export, &status);
    *is_same = exit == FASTI_EXIT_DONE && fasti_hash128_equal(status.digest, export->digest);
    return exit;
}

/* ---- the directory ---- */

static bool is_told(const struct fasti_export *export, const struct fasti_describe_answer *record) {
    return export->only == 0 || record->kind == FASTI_ENTITY_ZONE ||
           (record->kind == FASTI_ENTITY_ORGANIZATION ? record->id : record->put.organization.v) ==
               export->only;
}

/* Learns a record's name and tells of it; false: the sink failed. */
static bool record_tell(struct fasti_export *export, const struct fasti_export_sink *sink,
                        const struct fasti_describe_answer *record) {
    struct fasti_export_names *names = names_of(export, record->kind);
    if (!is_told(export, record))
        return true;
    if (names != NULL && record->id < names->count)
        names->names[record->id] = (struct fasti_export_name){
            .organization =
                record->kind == FASTI_ENTITY_ORGANIZATION ? record->id : record->put.organization.v,
            .id = record->put.id};
    return sink->directory == NULL || sink->directory(sink->context, export, record);
}

static enum fasti_exit connection_fail(struct fasti_export *export, enum fasti_status status) {
    return fasti_session_fail_status(export->session, status,
                                     fasti_client_fault(export->session->client));
}

/* Zones are few, and nobody says how many. */
static enum fasti_exit zones_tell(struct fasti_export *export,
                                  const struct fasti_export_sink *sink) {
    struct fasti_session *session = export->session;
    const struct fasti_describe_answer *record;
    for (uint32_t after = 0;; after = record->id) {
        const enum fasti_exit exit =
            fasti_session_describe(session, FASTI_ENTITY_ZONE, 0, after, &record);
        if (exit != FASTI_EXIT_DONE || record->id == 0)
            return exit;
        if (!record_tell(export, sink, record))
            return FASTI_EXIT_FAILED;
    }
}

/* All records of a kind by dense id; answers come in the order of the questions. */
static enum fasti_exit kind_tell(struct fasti_export *export, const struct fasti_export_sink *sink,
                                 enum fasti_entity_kind kind) {
    struct fasti_client *client = export->session->client;
    const uint32_t allowed = fasti_client_server(client)->in_flight_max;
    const uint32_t window = allowed < FASTI_EXPORT_WINDOW ? allowed : FASTI_EXPORT_WINDOW;
    const uint32_t count = export->counts[kind];
    for (uint32_t sent = 0, told = 0; told < count;) {
        struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                        .body.describe = {.kind = kind, .id = sent + 1}};
        if (sent < count && sent - told < window) {
            const enum fasti_status status = fasti_client_send(client, &command, sent + 1);
            sent += status == FASTI_OK;
            if (status == FASTI_OK)
                continue;
            if (status != FASTI_BUSY || sent == told) /* BUSY: answers must be taken first */
                return connection_fail(export, status);
        }
        struct fasti_answer answer;
        const enum fasti_status status = fasti_client_receive(client, &answer);
        if (status != FASTI_OK)
            return connection_fail(export, status);
        if (answer.status != FASTI_OK || answer.body.describe == NULL ||
            answer.body.describe->id != told + 1)
            return fasti_session_fail(export->session, FASTI_EXIT_FAILED, answer.status,
                                      "the server does not tell of a record that it counts (kind "
                                      "%d, dense id %u): %s",
                                      (int)kind, told + 1, answer.detail.text);
        if (!record_tell(export, sink, answer.body.describe))
            return FASTI_EXIT_FAILED;
        told++;
    }
    return FASTI_EXIT_DONE;
}

/* ---- records ---- */

static enum fasti_exit page_tell(struct fasti_export *export, const struct fasti_export_sink *sink,
                                 const struct fasti_export_answer *page) {
    for (size_t at = 0; at < page->size;) {
        struct fasti_whole whole;
        const size_t bytes = fasti_whole_decode(page->bytes + at, page->size - at, &whole);
        if (bytes == 0)
            return fasti_session_fail(export->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                      "the server tells of a record that is not sound, among those "
                                      "up to number %llu: run fasti-log verify on its data",
                                      (unsigned long long)page->next.v);
        for (uint32_t i = 0; i < whole.item_count; i++)
            if (fasti_export_name(export, FASTI_ENTITY_SCHEDULE, whole.items[i].schedule) == NULL ||
                (whole.items[i].service != 0 &&
                 fasti_export_name(export, FASTI_ENTITY_SERVICE, whole.items[i].service) == NULL))
                return fasti_session_fail(export->session, FASTI_EXIT_FAILED, FASTI_STALE,
                                          "record %llu is of a schedule or service that was made "
                                          "while the export ran: export again",
                                          (unsigned long long)whole.record.v);
        export->record_count++;
        if (!sink->record(sink->context, export, &whole))
            return FASTI_EXIT_FAILED;
        at += bytes;
    }
    return FASTI_EXIT_DONE;
}

static enum fasti_exit records_tell(struct fasti_export *export,
                                    const struct fasti_export_sink *sink) {
    struct fasti_session *session = export->session;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    bool more = true;
    for (fasti_record_id after = {0}; more && exit == FASTI_EXIT_DONE;) {
        struct fasti_command command = {.kind = FASTI_COMMAND_EXPORT, .body.export_after = after};
        struct fasti_answer answer;
        session->organization.v = export->only;
        exit = fasti_session_ask_again(session, &command, &answer);
        if (exit == FASTI_EXIT_DONE && answer.status != FASTI_OK)
            exit = fasti_session_fail_status(session, answer.status, &answer.detail);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        after = answer.body.exported.next;
        more = answer.body.exported.more;
        exit = page_tell(export, sink, &answer.body.exported);
    }
    return exit;
}

enum fasti_exit fasti_export_tell(struct fasti_export *export,
                                  const struct fasti_export_sink *sink) {
    static const enum fasti_entity_kind kinds[] = {FASTI_ENTITY_ORGANIZATION, FASTI_ENTITY_LOCATION,
                                                   FASTI_ENTITY_PRACTITIONER, FASTI_ENTITY_SERVICE,
                                                   FASTI_ENTITY_SCHEDULE};
    export->session->organization.v = 0; /* the whole server: what is not told is left out here */
    enum fasti_exit exit = zones_tell(export, sink);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && exit == FASTI_EXIT_DONE; i++)
        exit = kind_tell(export, sink, kinds[i]);
    if (exit == FASTI_EXIT_DONE && sink->record != NULL)
        exit = records_tell(export, sink);
    return exit;
}

/* ---- the file ---- */

enum fasti_exit fasti_export_file_open(struct fasti_session *session, const char *path,
                                       struct fasti_export_file *file) {
    file->path[0] = file->part[0] = '\0';
    file->file = stdout;
    if (path == NULL)
        return FASTI_EXIT_DONE;
    if (strlen(path) >= sizeof file->path)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "the name of the file is too long");
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(file->part, sizeof file->part, "%s.part", path);
    (void)unlink(file->part); /* of a run that broke off */
    const int fd = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file->file != NULL)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_IO_OPEN, "cannot write %.200s: %s",
                              file->part, strerror(errno));
}

enum fasti_exit fasti_export_file_close(struct fasti_session *session,
                                        struct fasti_export_file *file, bool is_whole) {
    if (file->file == NULL)
        return FASTI_EXIT_DONE;
    const bool is_named = file->path[0] != '\0';
    bool is_good = fflush(file->file) == 0 && !ferror(file->file);
    if (is_named && is_whole)
        is_good = is_good && fsync(fileno(file->file)) == 0;
    int why = errno;
    if (is_named && fclose(file->file) != 0 && is_good) {
        is_good = false;
        why = errno;
    }
    file->file = NULL;
    if (is_named && is_whole && is_good && rename(file->part, file->path) != 0) {
        is_good = false;
        why = errno;
    }
    if (is_named && (!is_whole || !is_good))
        (void)unlink(file->part);
    if (is_good || !is_whole)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_IO_WRITE, "cannot write %.200s: %s",
                              is_named ? file->path : "to standard output", strerror(why));
}
