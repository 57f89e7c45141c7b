/*
 * fasti_export_ndjson.c - export ndjson: all that a server keeps as lines that import ndjson takes.
 *
 *   {"kind":"export","format":1,...}      then zones, organizations ... schedules and openings,
 *   {"kind":"record",...}                 records, and at last
 *   {"kind":"end","records":N,"digest":"..."}
 *
 * A line is of the organization that the last line of kind organization names.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_export.h"
#include "tools/fasti_record_line.h"

struct lines {
    struct fasti_export_file file;
    struct fasti_session *session;
    uint32_t organization; /* whose the next line is */
    uint64_t line_count;
    struct fasti_name_text *names; /* of organizations, by dense id */
    json_t *zones;                 /* names of those that are told; NULL: all are */
};

static bool line_write(struct lines *lines, json_t *object) {
    const bool is_good =
        json_dumpf(object, lines->file.file, JSON_COMPACT | JSON_REAL_PRECISION(10)) == 0 &&
        putc('\n', lines->file.file) != EOF;
    json_decref(object);
    lines->line_count++;
    if (!is_good)
        (void)fasti_session_fail(lines->session, FASTI_EXIT_FAILED, FASTI_IO_WRITE,
                                 "cannot write the export: is the disk full?");
    return is_good;
}

/* "kind" first, then the fields of the object, whose reference is taken. */
static json_t *kind_json(const char *kind, json_t *fields) {
    json_t *object = json_pack("{s:s}", "kind", kind);
    json_object_update(object, fields);
    json_decref(fields);
    return object;
}

/* Says whose the next lines are. */
static bool scope_write(struct lines *lines, const struct fasti_export *export, uint32_t id) {
    if (lines->organization == id)
        return true;
    lines->organization = id;
    const struct fasti_id_text *text = fasti_export_name(export, FASTI_ENTITY_ORGANIZATION, id);
    return line_write(lines,
                      json_pack("{s:s, s:o, s:o}", "kind", "organization", "id",
                                fasti_json_id(text), "name", fasti_json_name(&lines->names[id])));
}

static bool zone_write(struct lines *lines, const struct fasti_put *put) {
    const struct fasti_zone *zone = put->body.zone;
    char name[FASTI_ID_BYTES_MAX + 1];
    snprintf(name, sizeof name, "%.*s", FASTI_PRINT(put->id));
    if (lines->zones != NULL && json_object_get(lines->zones, name) == NULL)
        return true;
    json_t *changes = json_array();
    for (uint32_t i = 0; i < zone->change_count; i++)
        json_array_append_new(changes, json_pack("[I, I]", (json_int_t)zone->changes[i].utc_s,
                                                 (json_int_t)zone->changes[i].offset_s));
    return line_write(lines,
                      json_pack("{s:s, s:s, s:o}", "kind", "zone", "id", name, "changes", changes));
}

static bool openings_write(struct lines *lines, const struct fasti_export *export,
                           const struct fasti_describe_answer *record) {
    for (uint32_t i = 0; i < record->opening_count; i++) {
        const struct fasti_opening *opening = &record->openings[i];
        struct fasti_id_text services[FASTI_OPENING_SERVICES_MAX];
        for (uint32_t s = 0; s < opening->service_count; s++) {
            const struct fasti_id_text *name =
                fasti_export_name(export, FASTI_ENTITY_SERVICE, opening->services[s].v);
            if (name == NULL) {
                (void)fasti_session_fail(lines->session, FASTI_EXIT_FAILED, FASTI_STALE,
                                         "an opening of schedule %.*s is of a service that was "
                                         "made while the export ran: export again",
                                         FASTI_PRINT(record->put.id));
                return false;
            }
            services[s] = *name;
        }
        json_t *object =
            kind_json("opening", fasti_opening_json(&record->put.id, opening, services));
        if (opening->source != 0)
            json_object_set_new(object, "source_number", json_integer(opening->source));
        if (!line_write(lines, object))
            return false;
    }
    return true;
}

static bool directory_write(void *context, const struct fasti_export *export,
                            const struct fasti_describe_answer *record) {
    static const char *const kinds[] = {"",        "organization", "location", "practitioner",
                                        "service", "schedule",     "",         "zone"};
    struct lines *lines = context;
    if (record->kind == FASTI_ENTITY_ZONE)
        return zone_write(lines, &record->put);
    if (record->kind == FASTI_ENTITY_ORGANIZATION) {
        lines->names[record->id] = record->put.name;
        return scope_write(lines, export, record->id);
    }
    return scope_write(lines, export, record->put.organization.v) &&
           line_write(lines, kind_json(kinds[record->kind], fasti_put_json(&record->put, true))) &&
           openings_write(lines, export, record);
}

static const struct fasti_id_text *record_name(const void *context, enum fasti_entity_kind kind,
                                               uint32_t id) {
    return fasti_export_name(context, kind, id);
}

static bool record_write(void *context, const struct fasti_export *export,
                         const struct fasti_whole *record) {
    struct lines *lines = context;
    json_t *object = fasti_record_line_json(record, record_name, export);
    FASTI_ASSERT(object != NULL); /* the walk looked at its names */
    if (scope_write(lines, export, record->organization.v))
        return line_write(lines, object);
    json_decref(object);
    return false;
}

/* ---- one organization's zones ---- */

static bool zone_note(void *context, const struct fasti_export *export,
                      const struct fasti_describe_answer *record) {
    struct lines *lines = context;
    char name[FASTI_ID_BYTES_MAX + 1];
    (void)export;
    if (record->kind != FASTI_ENTITY_LOCATION)
        return true;
    snprintf(name, sizeof name, "%.*s", FASTI_PRINT(record->put.body.location.zone));
    json_object_set_new(lines->zones, name, json_true());
    return true;
}

/* Those that its locations are in: another one may be in use elsewhere, with another table. */
static enum fasti_exit zones_note(struct lines *lines, struct fasti_export *export) {
    const struct fasti_export_sink sink = {.context = lines, .directory = zone_note};
    if (export->only == 0)
        return FASTI_EXIT_DONE;
    lines->zones = json_object();
    return fasti_export_tell(export, &sink);
}

/* ---- the command ---- */

static void digest_format(struct fasti_hash128 digest, char text[33]) {
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)digest.high,
             (unsigned long long)digest.low);
}

static enum fasti_exit lines_write(struct lines *lines, struct fasti_export *export,
                                   bool *is_same) {
    const struct fasti_export_sink sink = {
        .context = lines, .directory = directory_write, .record = record_write};
    char digest[33];
    enum fasti_exit exit = zones_note(lines, export);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *head = json_pack("{s:s, s:i}", "kind", "export", "format", 1);
    if (export->only != 0)
        json_object_set_new(head, "of", json_string(lines->session->organization_text));
    if (!line_write(lines, head))
        return FASTI_EXIT_FAILED;
    exit = fasti_export_tell(export, &sink);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_is_same(export, is_same);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *end =
        json_pack("{s:s, s:I, s:I}", "kind", "end", "lines", (json_int_t)lines->line_count,
                  "records", (json_int_t) export->record_count);
    digest_format(export->digest, digest);
    if (export->only == 0 && *is_same)
        json_object_set_new(end, "digest", json_string(digest));
    return line_write(lines, end) ? FASTI_EXIT_DONE : FASTI_EXIT_FAILED;
}

/* Where lines go to standard output, what is told of them goes to standard error. */
static void report(struct fasti_session *session, const struct fasti_export *export,
                   const struct lines *lines, bool is_same) {
    char digest[33];
    digest_format(export->digest, digest);
    if (session->is_json) {
        json_t *object =
            json_pack("{s:s, s:I, s:I, s:b}", "status", "OK", "lines",
                      (json_int_t)lines->line_count, "records", (json_int_t) export->record_count,
                      "is_whole", (int)(export->only == 0 && is_same));
        if (export->only == 0 && is_same)
            json_object_set_new(object, "digest", json_string(digest));
        fasti_session_print_json(object);
    } else {
        fprintf(stderr, "exported: %llu lines, %llu records, digest %s\n",
                (unsigned long long)lines->line_count, (unsigned long long)export->record_count,
                export->only != 0 ? "none (one organization)"
                : is_same         ? digest
                                  : "none");
    }
    if (export->only == 0 && !is_same)
        fprintf(stderr, "fasti: the server was written to while it was exported: records may be as "
                        "they were at different moments. Stop what writes, or export from a "
                        "restored backup, to be sure\n");
}

enum fasti_exit fasti_run_export_ndjson(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options) {
    (void)spec;
    const char *path = fasti_field_text(options, "out", NULL);
    struct lines lines = {.session = session};
    struct fasti_export export;
    bool is_same = false;
    if (session->is_json && path == NULL)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "with --json the lines need a file: --out FILE");
    enum fasti_exit exit = fasti_export_begin(&export, session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_file_open(session, path, &lines.file);
    if (exit == FASTI_EXIT_DONE) {
        lines.names = calloc((size_t) export.organizations.count + 1, sizeof *lines.names);
        exit = lines.names == NULL
                   ? fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory")
                   : lines_write(&lines, &export, &is_same);
        const enum fasti_exit closed =
            fasti_export_file_close(session, &lines.file, exit == FASTI_EXIT_DONE);
        exit = exit == FASTI_EXIT_DONE ? closed : exit;
    }
    if (exit == FASTI_EXIT_DONE)
        report(session, &export, &lines, is_same);
    json_decref(lines.zones);
    free(lines.names);
    fasti_export_end(&export);
    return exit;
}
