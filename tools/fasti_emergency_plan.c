/*
 * fasti_emergency_plan.c - cases to lines and back; see fasti_emergency_plan.h.
 */
#include "tools/fasti_emergency_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_export.h"
#include "tools/fasti_facts.h"
#include "tools/fasti_lines.h"

void fasti_plan_cases_deinit(struct fasti_plan_cases *plan) {
    for (uint32_t i = 0; i < plan->count; i++) {
        json_decref(plan->cases[i].told);
        free(plan->cases[i].rows);
    }
    free(plan->cases);
    *plan = (struct fasti_plan_cases){0};
}

bool fasti_case_rows_set(struct fasti_case *one, const struct fasti_case_row *rows,
                         uint32_t count) {
    struct fasti_case_row *own = calloc((size_t)count + 1, sizeof *own);
    if (own == NULL)
        return false;
    memcpy(own, rows, count * sizeof *own);
    free(one->rows);
    one->rows = own;
    one->row_count = count;
    return true;
}

const char *fasti_case_outcome(const struct fasti_case *one) {
    switch (one->fate) {
    case FASTI_CASE_PLANNED: return "PLANNED";
    case FASTI_CASE_MOVED: return "MOVED";
    case FASTI_CASE_GONE: return "GONE";
    case FASTI_CASE_OPEN:
    case FASTI_CASE_UNPLACED: break;
    }
    return "NONE";
}

/* ---- writing ---- */

enum fasti_exit fasti_case_json(struct fasti_session *session, const struct fasti_case *one,
                                json_t **object) {
    json_t *rows = json_array();
    const bool has_time = one->fate == FASTI_CASE_PLANNED || one->fate == FASTI_CASE_MOVED;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < one->row_count && has_time && exit == FASTI_EXIT_DONE; i++) {
        const struct fasti_case_row *row = &one->rows[i];
        struct fasti_id_text service;
        exit = fasti_session_name(session, FASTI_ENTITY_SERVICE, row->service.v, &service);
        if (exit == FASTI_EXIT_DONE)
            json_array_append_new(rows,
                                  json_pack("{s:o, s:o, s:o, s:i}", "schedule",
                                            fasti_json_id(&row->schedule_text), "service",
                                            fasti_json_id(&service), "start",
                                            fasti_json_instant(row->start_utc_s, row->offset_s),
                                            "minutes", (int)row->minutes));
    }
    *object = json_copy(one->told);
    json_object_set_new(*object, "rank",
                        one->rank == INT64_MAX ? json_null() : json_integer(one->rank));
    json_object_set_new(*object, "outcome", json_string(fasti_case_outcome(one)));
    json_object_set_new(*object, "moved_to",
                        one->moved_to.v == 0 ? json_null()
                                             : json_integer((json_int_t)one->moved_to.v));
    json_object_set_new(*object, "to", rows);
    json_object_set_new(*object, "why", json_string(has_time ? "" : one->why));
    return exit;
}

enum fasti_exit fasti_plan_write(struct fasti_session *session, const struct fasti_plan_cases *plan,
                                 const char *path) {
    struct fasti_export_file file; /* its owner's alone: it names patients */
    enum fasti_exit exit = fasti_export_file_open(session, path, &file);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    for (uint32_t i = 0; i < plan->count && exit == FASTI_EXIT_DONE; i++) {
        json_t *object;
        exit = fasti_case_json(session, &plan->cases[i], &object);
        (void)json_dumpf(object, file.file, JSON_COMPACT); /* close sees what failed */
        (void)fputc('\n', file.file);
        json_decref(object);
    }
    const enum fasti_exit closed = fasti_export_file_close(session, &file, exit == FASTI_EXIT_DONE);
    return exit == FASTI_EXIT_DONE ? closed : exit;
}

/* ---- reading ---- */

/* What a line that was written has; people may have changed it since. */
static const struct fasti_field line_fields[] = {
    {"record", FASTI_FIELD_INTEGER, true, NULL, NULL},
    {"to", FASTI_FIELD_ITEMS, true, NULL, NULL},
    {"schedule", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"service", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"start", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"minutes", FASTI_FIELD_INTEGER, false, NULL, NULL},
    {"outcome", FASTI_FIELD_TEXT, false, NULL, NULL},
    {"why", FASTI_FIELD_TEXT, false, NULL, NULL},
    FASTI_FACTS_SEARCH_FIELDS,
};
/* Those of them that may be null. */
static const char *const line_nulls[] = {"patient", "rank", "moved_to", NULL};

static const struct fasti_field row_fields[] = {
    {"schedule", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"service", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"start", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"minutes", FASTI_FIELD_INTEGER, false, NULL, NULL},
};

static enum fasti_status row_check(const json_t *object, struct fasti_detail *detail) {
    struct fasti_id_text id;
    struct fasti_instant_text instant;
    FASTI_TRY(fasti_fields_check(object, row_fields, sizeof row_fields / sizeof *row_fields, false,
                                 NULL, detail));
    const char *start = fasti_field_text(object, "start", "");
    const int64_t minutes = fasti_field_integer(object, "minutes", 0);
    FASTI_TRY(fasti_field_id("schedule", fasti_field_text(object, "schedule", ""), &id, detail));
    if (fasti_instant_parse(start, strlen(start), &instant) != FASTI_OK || !instant.has_offset ||
        instant.second_of_day % 60 != 0 || instant.offset_s % 60 != 0 ||
        !fasti_date_is_bookable(instant.date))
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"start\": \"%.40s\" is not an instant like "
                                "2026-11-24T09:00+01:00",
                                start);
    if (minutes < 0 || minutes > FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"minutes\" must be 0 to %d",
                                FASTI_DAY_MINUTES);
    return FASTI_OK;
}

static enum fasti_status object_check(const json_t *object, struct fasti_detail *detail) {
    struct fasti_facts facts = {0};
    FASTI_TRY(fasti_fields_check(object, line_fields, sizeof line_fields / sizeof *line_fields,
                                 false, line_nulls, detail));
    const json_t *to = json_object_get(object, "to");
    if (fasti_field_integer(object, "record", 0) < 1)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "\"record\" must be 1 or more");
    if (json_array_size(to) > FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"to\" may have at most %d rows",
                                FASTI_ITEMS_MAX);
    for (size_t i = 0; i < json_array_size(to); i++)
        FASTI_TRY(row_check(json_array_get(to, i), detail));
    return fasti_facts_decode(object, &facts, detail);
}

enum fasti_status fasti_plan_parse(const char *bytes, size_t size, json_t **object,
                                   struct fasti_detail *detail) {
    FASTI_TRY(fasti_field_parse(bytes, size, object, detail));
    const enum fasti_status status = object_check(*object, detail);
    if (status != FASTI_OK) {
        json_decref(*object);
        *object = NULL;
    }
    return status;
}

struct reading {
    struct fasti_session *session;
    struct fasti_lines lines;
    struct fasti_plan_cases *plan;
    uint32_t room;
};

static enum fasti_exit refuse(struct reading *reading, enum fasti_status status,
                              const char *sentence) {
    return fasti_session_fail(reading->session, FASTI_EXIT_INVALID, status, "%.200s:%u: %.250s",
                              reading->lines.name, reading->lines.number, sentence);
}

static enum fasti_exit row_read(struct reading *reading, const json_t *object,
                                struct fasti_case_row *row) {
    struct fasti_session *session = reading->session;
    const char *schedule = fasti_field_text(object, "schedule", "");
    const char *service = fasti_field_text(object, "service", "");
    const char *start = fasti_field_text(object, "start", "");
    struct fasti_instant_text instant;
    enum fasti_status status = fasti_instant_parse(start, strlen(start), &instant);
    if (status == FASTI_OK)
        status = fasti_id_text_set(&row->schedule_text, schedule, strlen(schedule));
    FASTI_ASSERT(status == FASTI_OK); /* the line was checked */
    snprintf(session->where, sizeof session->where, "line %u: ", reading->lines.number);
    enum fasti_exit exit =
        fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &row->schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SERVICE, service, &row->service.v);
    session->where[0] = '\0';
    row->start_utc_s = fasti_instant_utc_s(&instant);
    row->offset_s = instant.offset_s;
    row->minutes = (uint32_t)fasti_field_integer(object, "minutes", 0);
    return exit;
}

static enum fasti_exit case_read(struct reading *reading, struct fasti_case *one) {
    struct fasti_case_row rows[FASTI_ITEMS_MAX];
    struct fasti_detail detail;
    const json_t *to = json_object_get(one->told, "to");
    const json_t *rank = json_object_get(one->told, "rank");
    const size_t count = json_array_size(to);
    enum fasti_exit exit = FASTI_EXIT_DONE;
    one->record.v = (uint64_t)fasti_field_integer(one->told, "record", 0);
    one->rank = json_is_integer(rank) ? json_integer_value(rank) : INT64_MAX;
    const enum fasti_status status = fasti_facts_decode(one->told, &one->facts, &detail);
    FASTI_ASSERT(status == FASTI_OK); /* the line was checked */
    for (size_t i = 0; i < count && exit == FASTI_EXIT_DONE; i++)
        exit = row_read(reading, json_array_get(to, i), &rows[i]);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    one->fate = count > 0 ? FASTI_CASE_PLANNED : FASTI_CASE_OPEN;
    return fasti_case_rows_set(one, rows, (uint32_t)count)
               ? exit
               : refuse(reading, FASTI_LIMIT_MEMORY, "no memory");
}

static enum fasti_exit line_read(struct reading *reading) {
    struct fasti_plan_cases *plan = reading->plan;
    if (plan->count == FASTI_EMERGENCY_APPOINTMENTS_MAX)
        return refuse(reading, FASTI_LIMIT_RECORDS, "a plan has at most 100000 appointments");
    if (plan->count == reading->room) {
        const uint32_t room = reading->room == 0 ? 64 : 2 * reading->room;
        struct fasti_case *moved = realloc(plan->cases, room * sizeof *moved);
        if (moved == NULL)
            return refuse(reading, FASTI_LIMIT_MEMORY, "no memory");
        plan->cases = moved;
        reading->room = room;
    }
    struct fasti_detail detail;
    json_t *object;
    const enum fasti_status status =
        fasti_plan_parse(reading->lines.bytes, reading->lines.size, &object, &detail);
    if (status != FASTI_OK)
        return refuse(reading, status, detail.text);
    plan->cases[plan->count++] = (struct fasti_case){.told = object};
    return case_read(reading, &plan->cases[plan->count - 1]);
}

enum fasti_exit fasti_plan_read(struct fasti_session *session, const char *path,
                                struct fasti_plan_cases *plan) {
    struct reading reading = {.session = session, .plan = plan};
    struct fasti_detail detail;
    bool found = true;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    enum fasti_status status = fasti_lines_open(&reading.lines, path, &detail);
    while (status == FASTI_OK && found && exit == FASTI_EXIT_DONE) {
        status = fasti_lines_next(&reading.lines, &found, &detail);
        if (status == FASTI_OK && found)
            exit = line_read(&reading);
    }
    fasti_lines_close(&reading.lines);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "--plan: %s", detail.text);
    return exit;
}
