/*
 * fasti_export_csv.c - export csv: tables for a spreadsheet, a file a kind (RFC 4180).
 *
 *   DIR/organizations.csv ... openings.csv     a line a record
 *   DIR/appointments.csv, DIR/blocks.csv       a line an item of a record, in any state
 *
 * Lines end with CRLF, the first one has the headers. A cell with a comma, a quote or a line end
 * stands in quotes. A text that a spreadsheet would take for a formula gets an apostrophe in front,
 * so that what somebody named a service is never run; numbers and times are ours and stay.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_export.h"
#include "tools/fasti_words.h"

enum table {
    TABLE_ORGANIZATIONS,
    TABLE_LOCATIONS,
    TABLE_PRACTITIONERS,
    TABLE_SERVICES,
    TABLE_SCHEDULES,
    TABLE_OPENINGS,
    TABLE_APPOINTMENTS,
    TABLE_BLOCKS,
    TABLES,
};

#define RECORD_HEADERS                                                                \
    "organization,record,item,items,state,reason,schedule,service,start,end,minutes," \
    "buffer_before,buffer_after,created,changed,modality,override,moved_from"

static const struct {
    const char *name, *headers;
} tables[TABLES] = {
    {"organizations", "organization,name"},
    {"locations", "organization,location,name,zone,latitude,longitude"},
    {"practitioners", "organization,practitioner,name"},
    {"services", "organization,service,name,minutes,grid,offset,code"},
    {"schedules",
     "organization,schedule,name,location,practitioner,resolution,services,specialties"},
    {"openings", "organization,schedule,opening,rule,from,to,weekdays,first,last,services,capacity,"
                 "single,full,source_number"},
    {"appointments", RECORD_HEADERS},
    {"blocks", RECORD_HEADERS ",source_number,key"},
};

struct csv {
    struct fasti_session *session;
    bool with_patients, has_failed;
    bool is_line_begun;
    uint64_t lines[TABLES];
    struct fasti_export_file files[TABLES];
    FILE *file; /* of the line that is being written */
};

/* ---- cells ---- */

static void cell_begin(struct csv *csv) {
    if (csv->is_line_begun)
        putc(',', csv->file);
    csv->is_line_begun = true;
}

/* A number, a time or another word of ours. */
__attribute__((format(printf, 2, 3))) static void cell(struct csv *csv, const char *format, ...) {
    va_list arguments;
    cell_begin(csv);
    va_start(arguments, format);
    vfprintf(csv->file, format, arguments);
    va_end(arguments);
}

/* Would a spreadsheet run a cell that begins so? */
static bool is_formula(const char *bytes, size_t size) {
    return size > 0 && memchr("=+-@\t\r", bytes[0], 6) != NULL;
}

static void cell_text(struct csv *csv, const char *bytes, size_t size) {
    bool is_quoted = false;
    cell_begin(csv);
    for (size_t i = 0; i < size; i++)
        is_quoted = is_quoted || memchr(",\"\r\n", bytes[i], 4) != NULL;
    if (is_quoted)
        putc('"', csv->file);
    if (is_formula(bytes, size))
        putc('\'', csv->file);
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '"')
            putc('"', csv->file);
        putc(bytes[i], csv->file);
    }
    if (is_quoted)
        putc('"', csv->file);
}

static void cell_id(struct csv *csv, const struct fasti_id_text *id) {
    if (id == NULL)
        cell(csv, "%s", "");
    else
        cell_text(csv, id->bytes, id->length);
}

/* Several ids in one cell, parted by blanks. */
static void cell_ids(struct csv *csv, const struct fasti_id_text *ids, uint32_t count) {
    char text[FASTI_SCHEDULE_SERVICES_MAX * (FASTI_ID_BYTES_MAX + 1) + 1];
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i == 0 ? "" : " ",
                                 FASTI_PRINT(ids[i]));
    cell_text(csv, text, used);
}

static void line_begin(struct csv *csv, enum table table) {
    csv->file = csv->files[table].file;
    csv->is_line_begun = false;
    csv->lines[table]++;
}

static bool line_end(struct csv *csv) {
    if (fputs("\r\n", csv->file) != EOF || csv->has_failed)
        return !csv->has_failed;
    csv->has_failed = true;
    (void)fasti_session_fail(csv->session, FASTI_EXIT_FAILED, FASTI_IO_WRITE,
                             "cannot write the tables: is the disk full?");
    return false;
}

/* ---- the directory ---- */

/* Fields of the record as import lines have them: one way to say a time or a rule. */
static void cell_field(struct csv *csv, const json_t *fields, const char *name) {
    const json_t *value = json_object_get(fields, name);
    if (json_is_string(value))
        cell_text(csv, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        cell(csv, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        cell(csv, "%.7f", json_real_value(value));
    else
        cell(csv, "%s", json_is_true(value) ? "yes" : "");
}

static bool opening_write(struct csv *csv, const struct fasti_export *export,
                          const struct fasti_describe_answer *record,
                          const struct fasti_opening *opening) {
    static const char *const columns[] = {"id", "rule", "from", "to", "weekdays", "first", "last"};
    static const char *const more[] = {"capacity", "single", "full"};
    static const struct fasti_id_text unknown = {.length = 1, .bytes = "?"};
    struct fasti_id_text services[FASTI_OPENING_SERVICES_MAX];
    for (uint32_t i = 0; i < opening->service_count; i++) {
        const struct fasti_id_text *name =
            fasti_export_name(export, FASTI_ENTITY_SERVICE, opening->services[i].v);
        services[i] = name == NULL ? unknown : *name;
    }
    json_t *fields = fasti_opening_json(&record->put.id, opening, services);
    line_begin(csv, TABLE_OPENINGS);
    cell_id(csv, fasti_export_name(export, FASTI_ENTITY_ORGANIZATION, record->put.organization.v));
    cell_id(csv, &record->put.id);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        cell_field(csv, fields, columns[i]);
    cell_ids(csv, services, opening->service_count);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        cell_field(csv, fields, more[i]);
    json_decref(fields);
    if (opening->source != 0)
        cell(csv, "%u", opening->source);
    else
        cell(csv, "%s", "");
    return line_end(csv);
}

/* The cells of a kind behind organization, id and name. */
static void rest_write(struct csv *csv, const struct fasti_put *put) {
    static const char *const fields_of[][5] = {
        [FASTI_ENTITY_LOCATION] = {"zone", "latitude", "longitude"},
        [FASTI_ENTITY_SERVICE] = {"minutes", "grid", "offset", "code"},
        [FASTI_ENTITY_SCHEDULE] = {"location", "practitioner", "resolution"},
    };
    if (put->kind != FASTI_ENTITY_LOCATION && put->kind != FASTI_ENTITY_SERVICE &&
        put->kind != FASTI_ENTITY_SCHEDULE)
        return;
    json_t *fields = fasti_put_json(put, true);
    for (size_t i = 0; fields_of[put->kind][i] != NULL; i++)
        cell_field(csv, fields, fields_of[put->kind][i]);
    json_decref(fields);
    if (put->kind == FASTI_ENTITY_SCHEDULE) {
        cell_ids(csv, put->body.schedule.services, put->body.schedule.service_count);
        cell_ids(csv, put->body.schedule.specialties, put->body.schedule.specialty_count);
    }
}

static bool directory_write(void *context, const struct fasti_export *export,
                            const struct fasti_describe_answer *record) {
    struct csv *csv = context;
    const struct fasti_put *put = &record->put;
    if (record->kind == FASTI_ENTITY_ZONE)
        return true;
    line_begin(csv, (enum table)(record->kind - FASTI_ENTITY_ORGANIZATION));
    if (record->kind != FASTI_ENTITY_ORGANIZATION)
        cell_id(csv, fasti_export_name(export, FASTI_ENTITY_ORGANIZATION, put->organization.v));
    cell_id(csv, &put->id);
    cell_text(csv, put->name.bytes, put->name.length);
    rest_write(csv, put);
    bool is_good = line_end(csv);
    for (uint32_t i = 0; i < record->opening_count && is_good; i++)
        is_good = opening_write(csv, export, record, &record->openings[i]);
    return is_good;
}

/* ---- records ---- */

static void cell_instant(struct csv *csv, int64_t utc_s, int32_t offset_s) {
    char text[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(utc_s, offset_s, text);
    cell(csv, "%s", text);
}

static void item_write(struct csv *csv, const struct fasti_export *export,
                       const struct fasti_whole *record, uint32_t at) {
    const struct fasti_item *item = &record->items[at];
    const int32_t offset_s = item->offset_minutes * 60;
    cell_id(csv, fasti_export_name(export, FASTI_ENTITY_ORGANIZATION, record->organization.v));
    cell(csv, "%llu", (unsigned long long)record->record.v);
    cell(csv, "%u", at + 1);
    cell(csv, "%u", record->item_count);
    cell(csv, "%s", fasti_record_state_name((enum fasti_record_state)record->state));
    const char *reason = fasti_cancel_reason_code(record->reason);
    cell(csv, "%s", reason == NULL ? "" : reason);
    cell_id(csv, fasti_export_name(export, FASTI_ENTITY_SCHEDULE, item->schedule));
    cell_id(csv, fasti_export_name(export, FASTI_ENTITY_SERVICE, item->service));
    cell_instant(csv, item->start_utc_s, offset_s);
    cell_instant(csv, item->start_utc_s + item->minutes * INT64_C(60), offset_s);
    cell(csv, "%u", item->minutes);
    cell(csv, "%u", item->before_minutes);
    cell(csv, "%u", item->after_minutes);
    cell_instant(csv, record->created_ms / 1000, 0);
    cell_instant(csv, record->changed_ms / 1000, 0);
    const char *modality =
        record->modality == 0 ? NULL : fasti_words_text(&fasti_words_modalities, record->modality);
    cell(csv, "%s", modality == NULL ? "" : modality);
    cell(csv, "%s", record->is_override ? "yes" : "");
    if (record->moved_from.v != 0)
        cell(csv, "%llu", (unsigned long long)record->moved_from.v);
    else
        cell(csv, "%s", "");
}

static bool record_write(void *context, const struct fasti_export *export,
                         const struct fasti_whole *record) {
    struct csv *csv = context;
    const bool is_block = record->kind == FASTI_RECORD_BLOCK;
    for (uint32_t i = 0; i < record->item_count; i++) {
        line_begin(csv, is_block ? TABLE_BLOCKS : TABLE_APPOINTMENTS);
        item_write(csv, export, record, i);
        if (is_block && record->source != 0)
            cell(csv, "%u,%016llx", record->source, (unsigned long long)record->key);
        else if (is_block)
            cell(csv, ",");
        else if (csv->with_patients)
            cell_text(csv, record->patient, record->patient_length);
        if (!line_end(csv))
            return false;
    }
    return true;
}

/* ---- the command ---- */

static enum fasti_exit files_open(struct csv *csv, const char *directory) {
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fasti_session_fail(csv->session, FASTI_EXIT_INVALID, FASTI_IO_OPEN,
                                  "cannot make the folder %.200s: %s", directory, strerror(errno));
    for (uint32_t i = 0; i < TABLES; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%.4000s/%s.csv", directory, tables[i].name);
        const enum fasti_exit exit = fasti_export_file_open(csv->session, path, &csv->files[i]);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        fprintf(csv->files[i].file, "%s%s\r\n", tables[i].headers,
                i == TABLE_APPOINTMENTS && csv->with_patients ? ",patient" : "");
    }
    return FASTI_EXIT_DONE;
}

static enum fasti_exit files_close(struct csv *csv, enum fasti_exit exit) {
    for (uint32_t i = 0; i < TABLES; i++) {
        const enum fasti_exit closed =
            fasti_export_file_close(csv->session, &csv->files[i], exit == FASTI_EXIT_DONE);
        exit = exit == FASTI_EXIT_DONE ? closed : exit;
    }
    return exit;
}

static void report(const struct csv *csv) {
    json_t *object = json_pack("{s:s}", "status", "OK");
    for (uint32_t i = 0; i < TABLES; i++)
        json_object_set_new(object, tables[i].name, json_integer((json_int_t)csv->lines[i]));
    if (csv->session->is_json) {
        fasti_session_print_json(object);
        return;
    }
    json_decref(object);
    printf("exported: %llu schedules, %llu openings, %llu lines of appointments, %llu of blocks\n",
           (unsigned long long)csv->lines[TABLE_SCHEDULES],
           (unsigned long long)csv->lines[TABLE_OPENINGS],
           (unsigned long long)csv->lines[TABLE_APPOINTMENTS],
           (unsigned long long)csv->lines[TABLE_BLOCKS]);
}

enum fasti_exit fasti_run_export_csv(struct fasti_session *session,
                                     const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct csv *csv = calloc(1, sizeof *csv);
    struct fasti_export export;
    if (csv == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    csv->session = session;
    csv->with_patients = fasti_field_flag(options, "patients");
    const struct fasti_export_sink sink = {
        .context = csv, .directory = directory_write, .record = record_write};
    enum fasti_exit exit = fasti_export_begin(&export, session);
    if (exit == FASTI_EXIT_DONE)
        exit = files_open(csv, fasti_field_text(options, "out", ""));
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_export_tell(&export, &sink);
    exit = files_close(csv, exit);
    if (exit == FASTI_EXIT_DONE)
        report(csv);
    fasti_export_end(&export);
    free(csv);
    return exit;
}
