/*
 * fasti_records.c - appointments and blocks: cancel, block, unblock, show; the rows of lists.
 *
 * A list tells of one item a row; what is shown alone has all its items. The items of a block are
 * its days: shown alone it is one span.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_words.h"

static const char *kind_name(enum fasti_record_kind kind) {
    return kind == FASTI_RECORD_BLOCK ? "block" : "appointment";
}

/* ---- reasons ---- */

enum fasti_exit fasti_records_reason(struct fasti_session *session, const json_t *options,
                                     uint8_t *reason) {
    const char *code = fasti_field_text(options, "reason", NULL);
    char codes[400] = "";
    *reason = FASTI_CANCEL_REASON_NONE;
    if (code == NULL || fasti_cancel_reason_find(code, reason))
        return FASTI_EXIT_DONE;
    for (uint8_t i = 1; i <= FASTI_CANCEL_REASON_LAST; i++) {
        const size_t used = strlen(codes);
        snprintf(codes + used, sizeof codes - used, "%s%s", i == 1 ? "" : ", ",
                 fasti_cancel_reason_code(i));
    }
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                              "--reason: there is no \"%.30s\"; there are: %s", code, codes);
}

#define REASON_BYTES 32

/* ", pat-crs"; of an old log's number without a code ", reason 200"; nothing where none is given.
 */
static const char *reason_format(const struct fasti_record_view *view, char text[REASON_BYTES]) {
    const char *code = fasti_cancel_reason_code(view->reason);
    text[0] = '\0';
    if (code != NULL)
        snprintf(text, REASON_BYTES, ", %s", code);
    else if (view->reason != FASTI_CANCEL_REASON_NONE)
        snprintf(text, REASON_BYTES, ", reason %u", view->reason);
    return text;
}

/* ---- how it takes place ---- */

#define WAY_BYTES 32

/* ", video, override", ", imported"; nothing where nothing was asked for. */
static const char *way_format(const struct fasti_record_view *view, char text[WAY_BYTES]) {
    const char *way = fasti_words_text(&fasti_words_modalities, view->modality);
    snprintf(text, WAY_BYTES, "%s%s%s%s", way != NULL ? ", " : "", way != NULL ? way : "",
             view->is_override ? ", override" : "", view->source != 0 ? ", imported" : "");
    return text;
}

/* ---- a record as JSON and as text ---- */

/* Names of what a view points at; service empty for a block. */
static enum fasti_exit view_names(struct fasti_session *session,
                                  const struct fasti_record_view *view,
                                  struct fasti_id_text *schedule, struct fasti_id_text *service) {
    service->length = 0;
    const enum fasti_exit exit =
        fasti_session_name(session, FASTI_ENTITY_SCHEDULE, view->schedule.v, schedule);
    if (exit != FASTI_EXIT_DONE || view->service.v == 0)
        return exit;
    return fasti_session_name(session, FASTI_ENTITY_SERVICE, view->service.v, service);
}

/* The patient reference is opaque bytes: text where it is UTF-8, else hexadecimal. */
static json_t *patient_json(const struct fasti_record_view *view) {
    json_t *text = json_stringn(view->patient, view->patient_length);
    if (text != NULL)
        return text;
    char hex[2 * FASTI_PATIENT_BYTES_MAX + 3] = "0x";
    for (uint32_t i = 0; i < view->patient_length; i++)
        snprintf(hex + 2 + 2 * i, 3, "%02x", (uint8_t)view->patient[i]);
    return json_string(hex);
}

enum fasti_exit fasti_records_json(struct fasti_session *session,
                                   const struct fasti_record_view *view, json_t **object) {
    struct fasti_id_text schedule, service;
    const enum fasti_exit exit = view_names(session, view, &schedule, &service);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const int64_t end_s = view->start_utc_s + (int64_t)view->duration_minutes * 60;
    char key[17];
    snprintf(key, sizeof key, "%016llx", (unsigned long long)view->key);
    *object = json_pack(
        "{s:I, s:s, s:s, s:i, s:b, s:o, s:o, s:o, s:o, s:s?, s:i, s:o, s:o, s:s?, s:b, s:o, s:s?, "
        "s:i, s:i, s:i, s:i}",
        "record", (json_int_t)view->record.v, "kind", kind_name(view->kind), "state",
        fasti_record_state_name(view->state), "reason", (int)view->reason, "conflict",
        (int)view->is_conflict, "schedule", fasti_json_id(&schedule), "start",
        fasti_json_instant(view->start_utc_s, view->offset_s), "end",
        fasti_json_instant(end_s, view->offset_s), "created",
        fasti_json_instant(view->created_ms / 1000, 0), "reason_code",
        fasti_cancel_reason_code(view->reason), "minutes", (int)view->duration_minutes, "service",
        view->service.v == 0 ? json_null() : fasti_json_id(&service), "patient",
        view->patient_length == 0 ? json_null() : patient_json(view), "modality",
        fasti_words_text(&fasti_words_modalities, view->modality), "override",
        (int)view->is_override, "source",
        view->source == 0 ? json_null() : json_integer(view->source), "key",
        view->key == 0 ? NULL : key, "before", (int)view->before_minutes, "after",
        (int)view->after_minutes, "item", view->item + 1, "item_count", (int)view->item_count);
    return FASTI_EXIT_DONE;
}

/* ---- a record with its items ---- */

enum fasti_exit fasti_records_ask(struct fasti_session *session, fasti_record_id record,
                                  struct fasti_record_shown *shown, enum fasti_outcome *outcome) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .body.show = record};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    *outcome = answer.outcome;
    if (answer.outcome != FASTI_OUTCOME_FOUND)
        return exit;
    /* Copied: naming what it points at asks the server again. */
    shown->view = answer.body.show.view;
    memcpy(shown->items, answer.body.show.items, shown->view.item_count * sizeof *shown->items);
    if (shown->view.payload_length > 0)
        memcpy(shown->payload, answer.body.show.payload, shown->view.payload_length);
    return exit;
}

/* The view of one item. */
static struct fasti_record_view item_view(const struct fasti_record_shown *shown, uint32_t index) {
    struct fasti_record_view view = shown->view;
    view.item = (uint8_t)index;
    view.schedule = shown->items[index].schedule;
    view.service = shown->items[index].service;
    view.start_utc_s = shown->items[index].start_utc_s;
    view.offset_s = shown->items[index].offset_s;
    view.duration_minutes = shown->items[index].duration_minutes;
    return view;
}

/* Where a block of several days ends. */
static int64_t block_end(const struct fasti_record_shown *shown, int32_t *offset_s) {
    const struct fasti_item_view *last = &shown->items[shown->view.item_count - 1];
    *offset_s = last->offset_s;
    return last->start_utc_s + (int64_t)last->duration_minutes * 60;
}

static bool is_long_block(const struct fasti_record_view *view) {
    return view->kind == FASTI_RECORD_BLOCK && view->item_count > 1;
}

/* ", with schedule room-1, room, 20 min"; the time only where it is not that of the first item. */
static enum fasti_exit print_more(struct fasti_session *session,
                                  const struct fasti_record_shown *shown, uint32_t index) {
    const struct fasti_record_view view = item_view(shown, index);
    struct fasti_id_text schedule, service;
    const enum fasti_exit exit = view_names(session, &view, &schedule, &service);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char start[FASTI_TIMES_TEXT_BYTES];
    fasti_times_format(view.start_utc_s, view.offset_s, start);
    const bool is_then = view.start_utc_s != shown->items[0].start_utc_s;
    printf(", with schedule %.*s, %.*s, %s%s%u min", FASTI_PRINT(schedule), FASTI_PRINT(service),
           is_then ? start : "", is_then ? ", " : "", view.duration_minutes);
    return exit;
}

enum fasti_exit fasti_records_print(struct fasti_session *session,
                                    const struct fasti_record_shown *shown) {
    const struct fasti_record_view *view = &shown->view;
    struct fasti_id_text schedule, service;
    enum fasti_exit exit = view_names(session, view, &schedule, &service);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char start[FASTI_TIMES_TEXT_BYTES];
    fasti_times_format(view->start_utc_s, view->offset_s, start);
    printf("%s %llu: %s", kind_name(view->kind), (unsigned long long)view->record.v, start);
    if (is_long_block(view)) {
        int32_t offset_s;
        const int64_t end_s = block_end(shown, &offset_s);
        fasti_times_format(end_s, offset_s, start);
        printf(" to %s", start);
    } else {
        printf(", %u min", view->duration_minutes);
    }
    printf(", schedule %.*s", FASTI_PRINT(schedule));
    if (service.length > 0)
        printf(", %.*s", FASTI_PRINT(service));
    for (uint32_t i = 1; i < view->item_count && !is_long_block(view); i++) {
        exit = print_more(session, shown, i);
        if (exit != FASTI_EXIT_DONE)
            return exit;
    }
    if (view->patient_length > 0) {
        json_t *patient = patient_json(view);
        printf(", patient %s", json_string_value(patient));
        json_decref(patient);
    }
    char reason[REASON_BYTES], way[WAY_BYTES];
    printf("%s: %s%s%s\n", way_format(view, way), fasti_record_state_name(view->state),
           reason_format(view, reason),
           !view->is_conflict  ? ""
           : view->is_override ? ", and no opening covers it"
                               : ", but no opening covers it any more");
    return FASTI_EXIT_DONE;
}

static enum fasti_exit items_json(struct fasti_session *session,
                                  const struct fasti_record_shown *shown, json_t *items) {
    for (uint32_t i = 0; i < shown->view.item_count; i++) {
        const struct fasti_record_view view = item_view(shown, i);
        struct fasti_id_text schedule, service;
        const enum fasti_exit exit = view_names(session, &view, &schedule, &service);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        const int64_t end_s = view.start_utc_s + (int64_t)view.duration_minutes * 60;
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:i}", "schedule", fasti_json_id(&schedule),
                             "service", view.service.v == 0 ? json_null() : fasti_json_id(&service),
                             "start", fasti_json_instant(view.start_utc_s, view.offset_s), "end",
                             fasti_json_instant(end_s, view.offset_s), "minutes",
                             (int)view.duration_minutes));
    }
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_records_shown_json(struct fasti_session *session,
                                         const struct fasti_record_shown *shown, json_t **object) {
    enum fasti_exit exit = fasti_records_json(session, &shown->view, object);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *items = json_array();
    json_object_set_new(*object, "items", items);
    exit = items_json(session, shown, items);
    if (exit != FASTI_EXIT_DONE) {
        json_decref(*object);
        return exit;
    }
    if (is_long_block(&shown->view)) {
        int32_t offset_s;
        const int64_t end_s = block_end(shown, &offset_s);
        json_object_set_new(*object, "end", fasti_json_instant(end_s, offset_s));
        json_object_set_new(*object, "minutes",
                            json_integer((end_s - shown->view.start_utc_s) / 60));
    }
    return exit;
}

/* ---- changes ---- */

json_t *fasti_records_numbers(const fasti_record_id *records, uint32_t count) {
    json_t *numbers = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(numbers, json_integer((json_int_t)records[i].v));
    return numbers;
}

static bool done_show(struct fasti_session *session, fasti_record_id record, json_t *shown_all) {
    struct fasti_record_shown shown;
    enum fasti_outcome outcome;
    json_t *object;
    enum fasti_exit exit = fasti_records_ask(session, record, &shown, &outcome);
    if (exit != FASTI_EXIT_DONE || outcome != FASTI_OUTCOME_FOUND)
        return false;
    if (!session->is_json)
        return fasti_records_print(session, &shown) == FASTI_EXIT_DONE;
    exit = fasti_records_shown_json(session, &shown, &object);
    if (exit == FASTI_EXIT_DONE)
        json_array_append_new(shown_all, object);
    return exit == FASTI_EXIT_DONE;
}

json_t *fasti_records_done(struct fasti_session *session, const fasti_record_id *records,
                           uint32_t count) {
    json_t *shown_all = json_array();
    session->request = (fasti_request_id){0, 0}; /* it was the change's */
    session->is_quiet = true;
    for (uint32_t i = 0; i < count; i++)
        if (!done_show(session, records[i], shown_all))
            break;
    session->is_quiet = false;
    return shown_all;
}

enum fasti_exit fasti_records_changed(struct fasti_session *session,
                                      const struct fasti_answer *answer) {
    const enum fasti_outcome outcome = answer->outcome;
    const fasti_record_id record = answer->record;
    const uint64_t as_of = answer->as_of;
    if (!session->is_json)
        printf("%s: record %llu\n", fasti_outcome_text(outcome), (unsigned long long)record.v);
    json_t *shown = fasti_records_done(session, &record, 1);
    json_t *appointment =
        json_array_size(shown) > 0 ? json_incref(json_array_get(shown, 0)) : json_null();
    if (session->is_json)
        fasti_session_print_json(json_pack(
            "{s:s, s:I, s:I, s:o}", "outcome", fasti_outcome_name(outcome), "record",
            (json_int_t)record.v, "as_of", (json_int_t)as_of, "appointment", appointment));
    else
        json_decref(appointment);
    json_decref(shown);
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_records_change(struct fasti_session *session, struct fasti_command *command,
                                     const char *what) {
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(session, command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(answer.outcome))
        return fasti_session_refuse(session, &answer, what);
    return fasti_records_changed(session, &answer);
}

enum fasti_exit fasti_records_block(struct fasti_session *session, const struct fasti_line *line,
                                    struct fasti_command *command) {
    const struct fasti_line_visit *visit = &line->visit;
    struct fasti_block *block = &command->body.block;
    char schedule[FASTI_ID_BYTES_MAX + 1];
    snprintf(schedule, sizeof schedule, "%.*s", FASTI_PRINT(visit->schedule));
    memset(command, 0, sizeof *command);
    command->kind = FASTI_COMMAND_BLOCK;
    block->source = visit->source;
    enum fasti_exit exit =
        fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &block->schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_times_resolve(session, block->schedule, "--start", visit->start,
                                   &block->start_utc_s);
    if (exit == FASTI_EXIT_DONE)
        exit =
            fasti_times_resolve(session, block->schedule, "--end", visit->end, &block->end_utc_s);
    return exit;
}

enum fasti_exit fasti_run_block(struct fasti_session *session,
                                const struct fasti_command_spec *spec, const json_t *options) {
    struct fasti_line line;
    struct fasti_detail detail;
    struct fasti_command command;
    const enum fasti_status status = fasti_line_decode(options, spec->kind, NULL, &line, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_block(session, &line, &command);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char what[FASTI_INSTANT_TEXT_BYTES + FASTI_ID_BYTES_MAX + 32];
    snprintf(what, sizeof what, "schedule %.*s at %s", FASTI_PRINT(line.visit.schedule),
             line.visit.start);
    return fasti_records_change(session, &command, what);
}

enum fasti_exit fasti_records_number(struct fasti_session *session, const char *name,
                                     const char *text, fasti_record_id *record) {
    struct fasti_detail detail;
    const enum fasti_status status = fasti_field_record(name, text, record, &detail);
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
}

enum fasti_exit fasti_records_argument(struct fasti_session *session, const json_t *options,
                                       fasti_record_id *record) {
    return fasti_records_number(session, "", fasti_field_text(options, FASTI_ARGUMENT, ""), record);
}

static enum fasti_exit run_cancel(struct fasti_session *session, const json_t *options,
                                  enum fasti_command_kind kind, const char *noun) {
    uint8_t reason;
    fasti_record_id record;
    enum fasti_exit exit = fasti_records_argument(session, options, &record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_reason(session, options, &reason);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    struct fasti_command command = {.kind = kind,
                                    .body.cancel = {.record = record, .reason = reason}};
    char what[64];
    snprintf(what, sizeof what, "%s %llu", noun, (unsigned long long)record.v);
    return fasti_records_change(session, &command, what);
}

enum fasti_exit fasti_run_cancel(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return run_cancel(session, options, FASTI_COMMAND_CANCEL, "appointment");
}

enum fasti_exit fasti_run_unblock(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return run_cancel(session, options, FASTI_COMMAND_UNBLOCK, "block");
}

/* ---- show ---- */

static void payload_hex(const uint8_t *payload, uint16_t length,
                        char text[2 * FASTI_PAYLOAD_BYTES_MAX + 1]) {
    text[0] = '\0';
    for (uint32_t i = 0; i < length && i < FASTI_PAYLOAD_BYTES_MAX; i++)
        snprintf(text + 2 * i, 3, "%02x", payload[i]);
}

enum fasti_exit fasti_run_show_record(struct fasti_session *session,
                                      const struct fasti_command_spec *spec,
                                      const json_t *options) {
    (void)spec;
    fasti_record_id record;
    struct fasti_record_shown shown;
    struct fasti_answer answer = {.outcome = FASTI_OUTCOME_NONE};
    enum fasti_exit exit = fasti_records_argument(session, options, &record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_ask(session, record, &shown, &answer.outcome);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char what[40], hex[2 * FASTI_PAYLOAD_BYTES_MAX + 1];
    snprintf(what, sizeof what, "record %llu", (unsigned long long)record.v);
    if (answer.outcome != FASTI_OUTCOME_FOUND)
        return fasti_session_refuse(session, &answer, what);
    payload_hex(shown.payload, shown.view.payload_length, hex);
    if (!session->is_json) {
        exit = fasti_records_print(session, &shown);
        if (exit == FASTI_EXIT_DONE && hex[0] != '\0')
            printf("payload: %s\n", hex);
        return exit;
    }
    json_t *object;
    exit = fasti_records_shown_json(session, &shown, &object);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_object_set_new(object, "payload", json_string(hex));
    fasti_session_print_json(json_pack("{s:s, s:o}", "outcome", fasti_outcome_name(answer.outcome),
                                       "appointment", object));
    return FASTI_EXIT_DONE;
}

/* ---- rows of a list ---- */

enum fasti_exit fasti_records_row(struct fasti_session *session,
                                  const struct fasti_record_view *view,
                                  struct fasti_columns *table) {
    struct fasti_id_text schedule, service;
    const enum fasti_exit exit = view_names(session, view, &schedule, &service);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char start[FASTI_TIMES_TEXT_BYTES];
    fasti_times_format(view->start_utc_s, view->offset_s, start);
    json_t *patient = patient_json(view);
    fasti_columns_cell(table, "%llu", (unsigned long long)view->record.v);
    fasti_columns_cell(table, "%s", start);
    fasti_columns_cell(table, "%u min", view->duration_minutes);
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(schedule));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(service));
    fasti_columns_cell(table, "%s", view->patient_length > 0 ? json_string_value(patient) : "");
    if (view->item_count > 1)
        fasti_columns_cell(table, "%d of %u", view->item + 1, view->item_count);
    else
        fasti_columns_cell(table, "%s", "");
    char reason[REASON_BYTES], way[WAY_BYTES];
    fasti_columns_cell(table, "%s%s%s%s",
                       view->kind == FASTI_RECORD_BLOCK && view->state == FASTI_STATE_BOOKED
                           ? "blocked"
                           : fasti_record_state_name(view->state),
                       reason_format(view, reason), way_format(view, way),
                       view->is_conflict ? ", not covered" : "");
    json_decref(patient);
    return FASTI_EXIT_DONE;
}
