/*
 * fasti_urgency.c - lines of ranks to sorted tables; see fasti_urgency.h.
 */
#include "tools/fasti_urgency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_facts.h"
#include "tools/fasti_lines.h"

static const struct fasti_field line_fields[] = {
    {"service", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"record", FASTI_FIELD_INTEGER, false, NULL, NULL},
    {"rank", FASTI_FIELD_INTEGER, false, NULL, NULL},
    FASTI_FACTS_SEARCH_FIELDS,
};

static enum fasti_status object_check(const json_t *object, struct fasti_detail *detail) {
    struct fasti_facts facts = {0};
    const bool has_service = json_object_get(object, "service") != NULL;
    const bool has_record = json_object_get(object, "record") != NULL;
    FASTI_TRY(fasti_fields_check(object, line_fields, sizeof line_fields / sizeof *line_fields,
                                 false, NULL, detail));
    if (has_service == has_record)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "a line is of a \"service\" or of a \"record\"");
    if (has_record && fasti_field_integer(object, "record", 0) < 1)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "\"record\" must be 1 or more");
    if (json_object_get(object, "rank") == NULL && (has_service || !fasti_facts_are_said(object)))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"rank\" is missing");
    if (has_service && fasti_facts_are_said(object))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "facts of a patient belong to a \"record\"");
    return fasti_facts_decode(object, &facts, detail);
}

enum fasti_status fasti_urgency_parse(const char *bytes, size_t size, json_t **object,
                                      struct fasti_detail *detail) {
    FASTI_TRY(fasti_field_parse(bytes, size, object, detail));
    const enum fasti_status status = object_check(*object, detail);
    if (status != FASTI_OK) {
        json_decref(*object);
        *object = NULL;
    }
    return status;
}

/* ---- tables ---- */

static bool service_add(struct fasti_urgency *urgency, struct fasti_urgency_service service) {
    if (urgency->service_count == urgency->service_room) {
        const uint32_t room = urgency->service_room == 0 ? 16 : 2 * urgency->service_room;
        struct fasti_urgency_service *moved = realloc(urgency->services, room * sizeof *moved);
        if (moved == NULL)
            return false;
        urgency->services = moved;
        urgency->service_room = room;
    }
    urgency->services[urgency->service_count++] = service;
    return true;
}

static bool record_add(struct fasti_urgency *urgency, struct fasti_urgency_record record) {
    if (urgency->record_count == urgency->record_room) {
        const uint32_t room = urgency->record_room == 0 ? 64 : 2 * urgency->record_room;
        struct fasti_urgency_record *moved = realloc(urgency->records, room * sizeof *moved);
        if (moved == NULL)
            return false;
        urgency->records = moved;
        urgency->record_room = room;
    }
    urgency->records[urgency->record_count++] = record;
    return true;
}

static int compare_services(const void *a, const void *b) {
    const struct fasti_urgency_service *x = a, *y = b;
    return (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

static int compare_records(const void *a, const void *b) {
    const struct fasti_urgency_record *x = a, *y = b;
    return (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

/* ---- the file ---- */

static enum fasti_exit refuse(struct fasti_session *session, const struct fasti_lines *lines,
                              enum fasti_status status, const char *sentence) {
    return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%.200s:%u: %.250s", lines->name,
                              lines->number, sentence);
}

static enum fasti_exit read_line(struct fasti_urgency *urgency, struct fasti_session *session,
                                 const struct fasti_lines *lines) {
    struct fasti_detail detail;
    json_t *object;
    const enum fasti_status status =
        fasti_urgency_parse(lines->bytes, lines->size, &object, &detail);
    if (status != FASTI_OK)
        return refuse(session, lines, status, detail.text);
    const int64_t rank = fasti_field_integer(object, "rank", FASTI_URGENCY_NONE);
    const char *service = fasti_field_text(object, "service", NULL);
    bool has_room;
    if (service == NULL) {
        const fasti_record_id id = {(uint64_t)fasti_field_integer(object, "record", 0)};
        has_room =
            record_add(urgency, (struct fasti_urgency_record){id, lines->number, rank, object});
        if (!has_room)
            json_decref(object);
    } else {
        fasti_service_id id;
        snprintf(session->where, sizeof session->where, "line %u: ", lines->number);
        const enum fasti_exit exit =
            fasti_session_resolve(session, FASTI_ENTITY_SERVICE, service, &id.v);
        session->where[0] = '\0';
        json_decref(object);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        has_room = service_add(urgency, (struct fasti_urgency_service){id, lines->number, rank});
    }
    return has_room ? FASTI_EXIT_DONE : refuse(session, lines, FASTI_LIMIT_MEMORY, "no memory");
}

/* What is there twice is a slip: which rank counts? */
static enum fasti_exit tables_sort(struct fasti_urgency *urgency, struct fasti_session *session,
                                   const char *path) {
    uint32_t line = 0;
    if (urgency->service_count > 0)
        qsort(urgency->services, urgency->service_count, sizeof *urgency->services,
              compare_services);
    if (urgency->record_count > 0)
        qsort(urgency->records, urgency->record_count, sizeof *urgency->records, compare_records);
    for (uint32_t i = 1; i < urgency->service_count; i++)
        if (urgency->services[i].id.v == urgency->services[i - 1].id.v)
            line = urgency->services[i].line;
    for (uint32_t i = 1; i < urgency->record_count; i++)
        if (urgency->records[i].id.v == urgency->records[i - 1].id.v)
            line = urgency->records[i].line;
    if (line == 0)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_FILE,
                              "%.200s:%u: this service or record is in another line, too", path,
                              line);
}

enum fasti_exit fasti_urgency_read(struct fasti_urgency *urgency, struct fasti_session *session,
                                   const char *path) {
    struct fasti_lines lines;
    struct fasti_detail detail;
    bool found = true;
    *urgency = (struct fasti_urgency){0};
    if (path == NULL)
        return FASTI_EXIT_DONE;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    enum fasti_status status = fasti_lines_open(&lines, path, &detail);
    while (status == FASTI_OK && found && exit == FASTI_EXIT_DONE) {
        status = fasti_lines_next(&lines, &found, &detail);
        if (status == FASTI_OK && found)
            exit = read_line(urgency, session, &lines);
    }
    fasti_lines_close(&lines);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    return exit == FASTI_EXIT_DONE ? tables_sort(urgency, session, path) : exit;
}

void fasti_urgency_deinit(struct fasti_urgency *urgency) {
    for (uint32_t i = 0; i < urgency->record_count; i++)
        json_decref(urgency->records[i].object);
    free(urgency->services);
    free(urgency->records);
    *urgency = (struct fasti_urgency){0};
}

static const struct fasti_urgency_record *record_find(const struct fasti_urgency *urgency,
                                                      fasti_record_id record) {
    const struct fasti_urgency_record key = {.id = record};
    return urgency->record_count == 0 ? NULL
                                      : bsearch(&key, urgency->records, urgency->record_count,
                                                sizeof key, compare_records);
}

int64_t fasti_urgency_rank(const struct fasti_urgency *urgency, fasti_record_id record,
                           fasti_service_id service) {
    const struct fasti_urgency_record *own = record_find(urgency, record);
    const struct fasti_urgency_service key = {.id = service};
    if (own != NULL && own->rank != FASTI_URGENCY_NONE)
        return own->rank;
    if (urgency->service_count == 0)
        return FASTI_URGENCY_NONE;
    const struct fasti_urgency_service *of =
        bsearch(&key, urgency->services, urgency->service_count, sizeof key, compare_services);
    return of == NULL ? FASTI_URGENCY_NONE : of->rank;
}

const json_t *fasti_urgency_object(const struct fasti_urgency *urgency, fasti_record_id record) {
    const struct fasti_urgency_record *own = record_find(urgency, record);
    return own == NULL ? NULL : own->object;
}
