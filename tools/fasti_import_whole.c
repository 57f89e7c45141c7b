/*
 * fasti_import_whole.c - import of our own export; see fasti_import_whole.h.
 */
#include "tools/fasti_import_whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_fields.h"
#include "tools/fasti_import.h"

#define LINES_MAX UINT32_MAX

/* What a line is. */
enum line_is { LINE_HEAD, LINE_DIRECTORY, LINE_ORGANIZATION, LINE_ZONE, LINE_RECORD, LINE_END };

/* A directory line as text: a million of them as objects would not fit. */
struct kept_line {
    char *text;
    uint32_t number;
};

/* A put: of one line, or of openings that follow each other. */
struct kept_put {
    uint32_t first, count; /* in lines */
    uint64_t owner;        /* the put of its organization; UINT64_MAX: none */
};

struct whole_import {
    struct fasti_session *session;
    struct fasti_lines *lines;
    const char *path;
    struct kept_line *kept;
    struct kept_put *puts;
    uint32_t kept_count, kept_room, put_count, put_room;
    json_t *organizations; /* id -> number of its put */
    uint64_t owner;        /* of the lines that come */
    uint32_t opening_services;

    /* the current line */
    json_t *object;
    enum line_is is;
    enum fasti_line_kind kind; /* of LINE_DIRECTORY */
    uint64_t records, last;    /* records that came; the last number */
    uint64_t line_count;       /* lines that came, without the end */
    char digest[33];           /* of the end; empty: it has none */
    bool has_ended;
    bool is_sent; /* something was */

    /* the put or record that is decoded */
    struct fasti_line line;
    struct fasti_zone zone;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
    struct fasti_record_line record;
    struct fasti_import_answer total;
};

/* ---- a line ---- */

/* What was done before a line refuses the rest. */
static const char *so_far(const struct whole_import *import) {
    return import->is_sent ? "the directory and the records before it were imported: mend the file "
                             "and import it again"
                           : "nothing was imported";
}

static enum fasti_exit bad_line(struct whole_import *import, enum fasti_status status,
                                const char *why) {
    return fasti_session_fail(import->session, FASTI_EXIT_INVALID, status, "%.100s:%u: %.200s; %s",
                              import->path, import->lines->number, why, so_far(import));
}

static enum fasti_status kind_of(struct whole_import *import, struct fasti_detail *detail) {
    static const struct {
        const char *name;
        enum line_is is;
    } others[] = {
        {"export", LINE_HEAD}, {"zone", LINE_ZONE}, {"record", LINE_RECORD}, {"end", LINE_END}};
    const char *name = fasti_field_text(import->object, "kind", NULL);
    if (name == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"kind\" is missing");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i].name) == 0) {
            import->is = others[i].is;
            return FASTI_OK;
        }
    if (!fasti_line_kind_find(name, &import->kind) || fasti_line_entity(import->kind) == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "an export has no lines of kind \"%.30s\"", name);
    import->is = import->kind == FASTI_LINE_ORGANIZATION ? LINE_ORGANIZATION : LINE_DIRECTORY;
    return FASTI_OK;
}

/* Parses a line's text into import->object and says what it is. */
static enum fasti_status line_parse(struct whole_import *import, const char *bytes, size_t size,
                                    struct fasti_detail *detail) {
    json_decref(import->object);
    FASTI_TRY(fasti_field_parse(bytes, size, &import->object, detail));
    return kind_of(import, detail);
}

/* The next line; *found false at the end of the file. */
static enum fasti_exit line_next(struct whole_import *import, bool *found) {
    struct fasti_detail detail;
    const enum fasti_status status = fasti_lines_next(import->lines, found, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(import->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    if (!*found)
        return FASTI_EXIT_DONE;
    const enum fasti_status parsed =
        line_parse(import, import->lines->bytes, import->lines->size, &detail);
    import->line_count += import->is != LINE_END || parsed != FASTI_OK;
    return parsed == FASTI_OK ? FASTI_EXIT_DONE : bad_line(import, parsed, detail.text);
}

bool fasti_import_whole_is(const char *bytes, size_t size) {
    json_t *object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const bool is_head = kind != NULL && strcmp(kind, "export") == 0;
    json_decref(object);
    return is_head;
}

/* ---- directory lines ---- */

static enum fasti_status zone_decode(struct whole_import *import, struct fasti_detail *detail) {
    static const struct fasti_field fields[] = {
        {"id", FASTI_FIELD_TEXT, true, "ZONE", NULL},
        {"changes", FASTI_FIELD_ITEMS, true, "CHANGES", NULL},
    };
    static const char *const ignored[] = {"kind", NULL};
    struct fasti_put *put = &import->line.put;
    FASTI_TRY(fasti_fields_check(import->object, fields, 2, false, ignored, detail));
    memset(put, 0, sizeof *put);
    put->kind = FASTI_ENTITY_ZONE;
    FASTI_TRY(fasti_field_id("id", fasti_field_text(import->object, "id", ""), &put->id, detail));
    const json_t *changes = json_object_get(import->object, "changes");
    const size_t count = json_array_size(changes);
    if (count < 1 || count > FASTI_ZONE_TRANSITIONS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"changes\" must be 1 to %d pairs",
                                FASTI_ZONE_TRANSITIONS_MAX);
    import->zone.change_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const json_t *change = json_array_get(changes, i);
        const json_t *at = json_array_get(change, 0), *offset = json_array_get(change, 1);
        if (json_array_size(change) != 2 || !json_is_integer(at) || !json_is_integer(offset) ||
            json_integer_value(offset) < INT32_MIN || json_integer_value(offset) > INT32_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                    "\"changes\": number %zu is no pair of whole numbers of "
                                    "seconds: since 1970 UTC, and from UTC",
                                    i + 1);
        import->zone.changes[i] =
            (struct fasti_zone_change){json_integer_value(at), (int32_t)json_integer_value(offset)};
    }
    put->body.zone = &import->zone;
    return FASTI_OK;
}

/* Of openings: the number of their source, which is no field of an import line. */
static enum fasti_status source_take(struct whole_import *import, uint32_t *source,
                                     struct fasti_detail *detail) {
    const json_t *field = json_object_get(import->object, "source_number");
    *source = 0;
    if (field == NULL || import->kind != FASTI_LINE_OPENING)
        return FASTI_OK;
    if (!json_is_integer(field) || json_integer_value(field) < 1 ||
        json_integer_value(field) > UINT32_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "\"source_number\" must be 1 to 4294967295");
    *source = (uint32_t)json_integer_value(field);
    json_object_del(import->object, "source_number");
    return FASTI_OK;
}

static enum fasti_status directory_decode(struct whole_import *import,
                                          struct fasti_detail *detail) {
    uint32_t source;
    if (import->is == LINE_ZONE)
        return zone_decode(import, detail);
    FASTI_TRY(source_take(import, &source, detail));
    FASTI_TRY(fasti_line_decode(import->object, import->kind, NULL, &import->line, detail));
    if (import->kind != FASTI_LINE_OPENING)
        return FASTI_OK;
    import->line.put.body.openings.source = source;
    import->line.opening.source = source;
    return import->line.put.body.openings.mode == FASTI_OPENINGS_UPSERT
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_OPTION, "an export removes no openings");
}

/* Does the opening of the current line go with the put before it? Its services are named by the
 * put, which names only so many. */
static bool joins_put(struct whole_import *import) {
    const struct fasti_put *put = &import->line.put;
    const uint32_t services = put->body.openings.service_name_count;
    struct kept_put *last = import->put_count == 0 ? NULL : &import->puts[import->put_count - 1];
    const bool is_opening = import->is == LINE_DIRECTORY && import->kind == FASTI_LINE_OPENING;
    bool joins = false;
    if (is_opening && last != NULL && last->owner == import->owner &&
        last->count < FASTI_OPENINGS_MAX &&
        import->opening_services + services <= FASTI_SCHEDULE_SERVICES_MAX) {
        const char *text = import->kept[last->first].text;
        json_t *first = json_loads(text, 0, NULL);
        const char *kind = fasti_field_text(first, "kind", "");
        const char *schedule = fasti_field_text(first, "schedule", "");
        joins =
            strcmp(kind, "opening") == 0 && strlen(schedule) == put->id.length &&
            memcmp(schedule, put->id.bytes, put->id.length) == 0 &&
            fasti_field_integer(first, "source_number", 0) == (json_int_t)put->body.openings.source;
        json_decref(first);
    }
    if (is_opening)
        import->opening_services = joins ? import->opening_services + services : services;
    return joins;
}

/* Room for one more line and one more put. */
static bool kept_grow(struct whole_import *import) {
    if (import->kept_count == import->kept_room) {
        const uint32_t room = import->kept_room == 0 ? 256 : import->kept_room * 2;
        struct kept_line *moved = realloc(import->kept, room * sizeof *moved);
        if (moved == NULL)
            return false;
        import->kept = moved;
        import->kept_room = room;
    }
    if (import->put_count == import->put_room) {
        const uint32_t room = import->put_room == 0 ? 256 : import->put_room * 2;
        struct kept_put *moved = realloc(import->puts, room * sizeof *moved);
        if (moved == NULL)
            return false;
        import->puts = moved;
        import->put_room = room;
    }
    return true;
}

/* Keeps the current line, for one more put or with the last one. */
static enum fasti_exit line_keep(struct whole_import *import) {
    char *text = kept_grow(import) ? strndup(import->lines->bytes, import->lines->size) : NULL;
    if (text == NULL)
        return fasti_session_fail(import->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the directory of %.100s", import->path);
    const bool joins = joins_put(import);
    import->kept[import->kept_count++] = (struct kept_line){text, import->lines->number};
    if (joins) {
        import->puts[import->put_count - 1].count++;
        return FASTI_EXIT_DONE;
    }
    import->puts[import->put_count++] = (struct kept_put){import->kept_count - 1, 1, import->owner};
    return FASTI_EXIT_DONE;
}

/* Says whose the next lines are; the first time it is a put. */
static enum fasti_exit organization_take(struct whole_import *import) {
    const char *id = fasti_field_text(import->object, "id", "");
    const json_t *known = json_object_get(import->organizations, id);
    if (known != NULL) {
        import->owner = (uint64_t)json_integer_value(known);
        return FASTI_EXIT_DONE;
    }
    import->owner = UINT64_MAX;
    const enum fasti_exit exit = line_keep(import);
    import->owner = import->put_count - 1;
    json_object_set_new(import->organizations, id, json_integer((json_int_t)import->owner));
    return exit;
}

static enum fasti_exit directory_take(struct whole_import *import) {
    struct fasti_detail detail;
    const enum fasti_status status = directory_decode(import, &detail);
    if (status != FASTI_OK)
        return bad_line(import, status, detail.text);
    if (import->is == LINE_ORGANIZATION)
        return organization_take(import);
    if (import->is != LINE_ZONE && import->owner == UINT64_MAX)
        return bad_line(import, FASTI_INVALID_FILE, "no organization line came before it");
    return line_keep(import);
}

/* ---- records and the end ---- */

static enum fasti_exit end_take(struct whole_import *import) {
    const uint64_t lines = (uint64_t)fasti_field_integer(import->object, "lines", -1);
    const uint64_t records = (uint64_t)fasti_field_integer(import->object, "records", -1);
    char why[200];
    if (lines != import->line_count || records != import->records) {
        snprintf(why, sizeof why,
                 "the end tells of %lld lines and %lld records, there were %llu and %llu: the file "
                 "is not as it was written",
                 (long long)lines, (long long)records, (unsigned long long)import->line_count,
                 (unsigned long long)import->records);
        return bad_line(import, FASTI_INVALID_FILE, why);
    }
    snprintf(import->digest, sizeof import->digest, "%.32s",
             fasti_field_text(import->object, "digest", ""));
    import->has_ended = true;
    return FASTI_EXIT_DONE;
}

/* Looks at a line behind the directory; a record is decoded then. */
static enum fasti_exit rest_check(struct whole_import *import) {
    struct fasti_detail detail;
    if (import->has_ended)
        return bad_line(import, FASTI_INVALID_FILE, "lines behind the end");
    switch (import->is) {
    case LINE_END: return end_take(import);
    case LINE_ORGANIZATION:
        if (json_object_get(import->organizations, fasti_field_text(import->object, "id", "")) !=
            NULL)
            return FASTI_EXIT_DONE;
        return bad_line(import, FASTI_INVALID_FILE,
                        "an organization that was not among the directory lines");
    case LINE_RECORD: break;
    case LINE_HEAD:
    case LINE_DIRECTORY:
    case LINE_ZONE:
        return bad_line(import, FASTI_INVALID_FILE, "a directory line behind the records");
    }
    const enum fasti_status status =
        fasti_record_line_decode(import->object, &import->record, &detail);
    if (status != FASTI_OK)
        return bad_line(import, status, detail.text);
    if (import->record.whole.record.v <= import->last)
        return bad_line(import, FASTI_INVALID_FILE, "the numbers of the records do not rise");
    import->last = import->record.whole.record.v + import->record.whole.item_count - 1;
    import->records++;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit truncated(struct whole_import *import) {
    return fasti_session_fail(import->session, FASTI_EXIT_INVALID, FASTI_INVALID_FILE,
                              "%.100s ends after line %u without a line of kind end: the export "
                              "broke off, or the file was cut; %s",
                              import->path, import->lines->number, so_far(import));
}

/* ---- reading ---- */

/* Reads the head and the directory; the current line is the first one behind it. */
static enum fasti_exit directory_read(struct whole_import *import) {
    bool found;
    enum fasti_exit exit = line_next(import, &found);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (fasti_field_integer(import->object, "format", 0) != 1)
        return bad_line(import, FASTI_UNSUPPORTED_FORMAT,
                        "an export of a format that this version does not know");
    while ((exit = line_next(import, &found)) == FASTI_EXIT_DONE && found) {
        if (import->is == LINE_RECORD || import->is == LINE_END)
            return exit;
        exit = import->is == LINE_HEAD ? bad_line(import, FASTI_INVALID_FILE, "a second head")
                                       : directory_take(import);
        if (exit != FASTI_EXIT_DONE)
            return exit;
    }
    return exit == FASTI_EXIT_DONE ? truncated(import) : exit;
}

/* Looks at all that is left of a file; then the first line behind the directory is the current one
 * again. */
static enum fasti_exit rest_read(struct whole_import *import) {
    const uint32_t number = import->lines->number;
    const uint64_t line_count = import->line_count;
    struct fasti_detail detail;
    bool found = true;
    enum fasti_exit exit = rest_check(import);
    while (exit == FASTI_EXIT_DONE && (exit = line_next(import, &found)) == FASTI_EXIT_DONE &&
           found)
        exit = rest_check(import);
    if (exit == FASTI_EXIT_DONE && !import->has_ended)
        exit = truncated(import);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    fasti_lines_close(import->lines);
    enum fasti_status status = fasti_lines_open(import->lines, import->path, &detail);
    import->lines->number_max = LINES_MAX;
    found = true;
    while (status == FASTI_OK && found && import->lines->number < number)
        status = fasti_lines_next(import->lines, &found, &detail);
    if (status == FASTI_OK)
        status = line_parse(import, import->lines->bytes, import->lines->size, &detail);
    import->line_count = line_count;
    import->records = import->last = 0;
    import->has_ended = false;
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(import->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
}

/* ---- the directory ---- */

/* Decodes a put again; its text was good when it was read. */
static void put_decode(struct whole_import *import, const struct kept_line *line) {
    struct fasti_detail detail;
    enum fasti_status status = line_parse(import, line->text, strlen(line->text), &detail);
    if (status == FASTI_OK)
        status = directory_decode(import, &detail);
    FASTI_ASSERT(status == FASTI_OK);
}

static void openings_join(struct whole_import *import, const struct kept_put *kept) {
    struct fasti_put put = import->line.put;
    put.body.openings.count = 0;
    put.body.openings.service_name_count = 0;
    for (uint32_t i = 0; i < kept->count; i++) {
        put_decode(import, &import->kept[kept->first + i]);
        struct fasti_opening *opening = &import->openings[put.body.openings.count++];
        *opening = import->line.opening;
        for (uint32_t s = 0; s < opening->service_count; s++) {
            put.body.openings.service_names[put.body.openings.service_name_count++] =
                import->line.put.body.openings.service_names[s];
            opening->services[s].v = put.body.openings.service_name_count;
        }
    }
    put.body.openings.openings = import->openings;
    import->line.put = put;
}

static void job_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                    size_t where_size) {
    struct whole_import *import = (struct whole_import *)(uintptr_t)context;
    const struct kept_put *kept = &import->puts[index];
    put_decode(import, &import->kept[kept->first]);
    if (import->line.put.kind == FASTI_ENTITY_OPENINGS)
        openings_join(import, kept);
    *put = import->line.put;
    snprintf(where, where_size, "%.200s:%u", import->path, import->kept[kept->first].number);
}

static uint64_t job_owner(const void *context, uint64_t index) {
    const struct whole_import *import = context;
    return import->puts[index].owner;
}

static enum fasti_exit directory_import(struct whole_import *import) {
    const struct fasti_import_job job = {.count = import->put_count,
                                         .is_of_several = true,
                                         .put = job_put,
                                         .owner = job_owner,
                                         .context = import};
    json_t *object = json_incref(import->object);
    const enum line_is is = import->is;
    enum fasti_exit exit = fasti_session_connect(import->session);
    import->session->organization.v = 0;
    import->is_sent = true;
    if (exit == FASTI_EXIT_DONE && job.count > 0)
        exit = fasti_import_run(import->session, &job, &import->total);
    json_decref(import->object);
    import->object = object; /* the current line */
    import->is = is;
    return exit;
}

/* ---- the records ---- */

/* The id of the organization whose the line before the current one was. */
static const char *owner_id(const struct whole_import *import) {
    const char *id;
    json_t *put;
    json_object_foreach(import->organizations, id,
                        put) if ((uint64_t)json_integer_value(put) == import->owner) return id;
    return NULL;
}

static enum fasti_exit records_load(struct whole_import *import, struct fasti_loader *loader) {
    const char *owner = owner_id(import);
    bool found = true;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (owner != NULL)
        exit = fasti_loader_scope(loader, owner, import->lines->number);
    while (exit == FASTI_EXIT_DONE && found) {
        exit = rest_check(import);
        if (exit == FASTI_EXIT_DONE && import->is == LINE_ORGANIZATION)
            exit = fasti_loader_scope(loader, fasti_field_text(import->object, "id", ""),
                                      import->lines->number);
        if (exit == FASTI_EXIT_DONE && import->is == LINE_RECORD)
            exit = fasti_loader_add(loader, &import->record, import->lines->number);
        if (exit == FASTI_EXIT_DONE)
            exit = line_next(import, &found);
    }
    if (exit == FASTI_EXIT_DONE && !import->has_ended)
        exit = truncated(import);
    return exit == FASTI_EXIT_DONE ? fasti_loader_finish(loader) : exit;
}

/* ---- the report ---- */

static enum fasti_exit report(struct whole_import *import, const struct fasti_loader *loader) {
    struct fasti_session *session = import->session;
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    char digest[33];
    const enum fasti_exit exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(digest, sizeof digest, "%016llx%016llx",
             (unsigned long long)answer.body.status.digest.high,
             (unsigned long long)answer.body.status.digest.low);
    const struct fasti_import_answer *total = &import->total;
    const uint64_t loaded = fasti_loader_loaded(loader), known = fasti_loader_known(loader);
    const bool is_unchanged = total->created == 0 && total->changed == 0 && loaded == 0;
    const bool is_same = strcmp(digest, import->digest) == 0;
    if (session->is_json) {
        fasti_session_print_json(json_pack(
            "{s:s, s:I, s:i, s:i, s:i, s:I, s:I, s:s, s:b}", "outcome",
            is_unchanged ? "UNCHANGED" : "PUBLISHED", "lines", (json_int_t)import->line_count + 1,
            "created", (int)total->created, "changed", (int)total->changed, "unchanged",
            (int)total->unchanged, "loaded", (json_int_t)loaded, "known", (json_int_t)known,
            "digest", digest, "is_same", (int)is_same));
        return exit;
    }
    printf("imported: %u records created, %u changed, %u unchanged\n", total->created,
           total->changed, total->unchanged);
    printf("loaded: %llu records, %llu were there already\n", (unsigned long long)loaded,
           (unsigned long long)known);
    if (is_same)
        printf("the digest is that of the export: %s\n", digest);
    else if (import->digest[0] != '\0')
        printf("the digest is %s, that of the export %s: the server was not empty, or a hold has "
               "expired since\n",
               digest, import->digest);
    return exit;
}

enum fasti_exit fasti_import_whole(struct fasti_session *session, struct fasti_lines *lines,
                                   const char *path) {
    struct whole_import *import = calloc(1, sizeof *import);
    if (import == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    import->session = session;
    import->lines = lines;
    import->path = path;
    import->owner = UINT64_MAX;
    import->organizations = json_object();
    lines->number_max = LINES_MAX;
    struct fasti_loader *loader = NULL;
    enum fasti_exit exit = directory_read(import);
    if (exit == FASTI_EXIT_DONE && strcmp(path, "-") != 0)
        exit = rest_read(import);
    if (exit == FASTI_EXIT_DONE)
        exit = directory_import(import);
    if (exit == FASTI_EXIT_DONE) {
        loader = fasti_loader_open(session, path);
        exit = loader == NULL ? FASTI_EXIT_FAILED : records_load(import, loader);
    }
    if (exit == FASTI_EXIT_DONE)
        exit = report(import, loader);
    fasti_loader_close(loader);
    for (uint32_t i = 0; i < import->kept_count; i++)
        free(import->kept[i].text);
    free(import->kept);
    free(import->puts);
    json_decref(import->organizations);
    json_decref(import->object);
    free(import);
    return exit;
}
