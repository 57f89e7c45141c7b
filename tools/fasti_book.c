/*
 * fasti_book.c - book: one row or several, all or nothing; and what holds and moves share with it.
 *
 * One row is answered as it always was; several add what became of each. JSON is one object for
 * both, with record and appointment for those who book one row.
 */
#include "tools/fasti_book.h"

#include <stdio.h>
#include <string.h>

#include "tools/fasti_commands.h"

/* ---- resolving ---- */

static enum fasti_exit row_resolve(struct fasti_book_run *run, uint32_t index) {
    struct fasti_session *session = run->session;
    const struct fasti_row *row = &run->rows.rows[index];
    struct fasti_book_item *item = &run->items[index];
    char schedule[FASTI_ID_BYTES_MAX + 1], service[FASTI_ID_BYTES_MAX + 1];
    struct fasti_civil_answer time;
    snprintf(schedule, sizeof schedule, "%.*s", FASTI_PRINT(row->schedule));
    snprintf(service, sizeof service, "%.*s", FASTI_PRINT(row->service));
    item->appointment = row->appointment;
    item->is_alternative = row->is_alternative;
    enum fasti_exit exit =
        fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &item->schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SERVICE, service, &item->service.v);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (row->time_of == FASTI_ROW_KEPT) {
        item->start_utc_s = run->kept_utc_s;
        run->offsets_s[index] = run->kept_offset_s;
        return exit;
    }
    if (row->time_of != index) { /* the same instant, also where another zone reads it otherwise */
        item->start_utc_s = run->items[row->time_of].start_utc_s;
        run->offsets_s[index] = run->offsets_s[row->time_of];
        return exit;
    }
    const char *name = row->number != 0          ? "start"
                       : run->start_name != NULL ? run->start_name
                                                 : "--start";
    exit = fasti_times_instant(session, item->schedule, name, row->start, &time);
    if (exit == FASTI_EXIT_DONE) {
        item->start_utc_s = time.utc_s;
        run->offsets_s[index] = time.offset_s;
    }
    return exit;
}

enum fasti_exit fasti_book_resolve(struct fasti_book_run *run) {
    struct fasti_session *session = run->session;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < run->rows.count && exit == FASTI_EXIT_DONE; i++) {
        if (run->rows.rows[i].number != 0)
            snprintf(session->where, sizeof session->where,
                     "item %u: ", (unsigned)run->rows.rows[i].number);
        exit = row_resolve(run, i);
        session->where[0] = '\0';
    }
    return exit;
}

/* ---- asking ---- */

static struct fasti_book *command_book(struct fasti_command *command) {
    if (command->kind == FASTI_COMMAND_HOLD)
        return &command->body.hold.book;
    if (command->kind == FASTI_COMMAND_MOVE)
        return &command->body.move.book;
    FASTI_ASSERT(command->kind == FASTI_COMMAND_BOOK);
    return &command->body.book;
}

/* Fills the command with the appointments that are not left out; rows[i]: which row its item i is.
 */
static void command_fill(struct fasti_book_run *run, uint8_t rows[FASTI_ITEMS_MAX]) {
    struct fasti_book *book = command_book(&run->command);
    uint32_t appointment = FASTI_ITEMS_MAX; /* none yet */
    memset(book, 0, sizeof *book);
    book->is_fair = run->rows.is_fair;
    book->is_request = run->is_request;
    for (uint32_t i = 0; i < run->rows.count; i++) {
        struct fasti_book_item item = run->items[i];
        if (run->is_left_out[item.appointment])
            continue;
        if (item.appointment != appointment) {
            const struct fasti_row_appointment *said = &run->rows.appointments[item.appointment];
            appointment = item.appointment;
            book->appointments[book->appointment_count++] = (struct fasti_book_appointment){
                .facts = said->facts,
                .patient = said->patient,
                .payload = said->payload,
                .payload_length = said->payload_length,
                .patient_length = said->patient_length,
            };
        }
        item.appointment = (uint8_t)(book->appointment_count - 1);
        rows[book->item_count] = (uint8_t)i;
        book->items[book->item_count++] = item;
    }
}

static void answer_take(struct fasti_book_run *run, const uint8_t rows[FASTI_ITEMS_MAX]) {
    const struct fasti_book *book = command_book(&run->command);
    const struct fasti_book_answer *answer = &run->answer.body.book;
    const bool is_booked = fasti_outcome_is_done(run->answer.outcome);
    for (uint32_t a = 0; is_booked && a < book->appointment_count; a++)
        run->records[run->record_count++].v = run->answer.record.v + answer->offsets[a];
    for (uint32_t i = 0; i < book->item_count; i++) {
        struct fasti_row_fate *fate = &run->fates[rows[i]];
        fate->outcome = (enum fasti_outcome)answer->outcomes[i];
        if (is_booked && fate->outcome == FASTI_OUTCOME_BOOKED)
            fate->record = run->records[book->items[i].appointment];
    }
}

enum fasti_exit fasti_book_ask(struct fasti_book_run *run) {
    const struct fasti_book *book = command_book(&run->command);
    const struct fasti_book_answer *answer = &run->answer.body.book;
    uint8_t rows[FASTI_ITEMS_MAX];
    command_fill(run, rows);
    const enum fasti_exit exit = fasti_session_call(run->session, &run->command, &run->answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const bool is_booked = fasti_outcome_is_done(run->answer.outcome);
    if (answer->item_count != book->item_count ||
        (is_booked && answer->appointment_count != book->appointment_count))
        return fasti_session_fail(run->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                  "the server answered %u rows and %u appointments for %u and %u",
                                  answer->item_count, answer->appointment_count, book->item_count,
                                  book->appointment_count);
    answer_take(run, rows);
    return exit;
}

bool fasti_book_is_lost(const struct fasti_book_run *run, uint32_t row) {
    const struct fasti_row *rows = run->rows.rows;
    while (rows[row].is_alternative)
        row--;
    do {
        if (run->fates[row].outcome == FASTI_OUTCOME_BOOKED)
            return false;
        row++;
    } while (row < run->rows.count && rows[row].is_alternative);
    return true;
}

/* ---- rows ---- */

json_t *fasti_book_rows_json(const struct fasti_book_run *run) {
    json_t *rows = json_array();
    for (uint32_t i = 0; i < run->rows.count; i++) {
        const struct fasti_row *row = &run->rows.rows[i];
        const struct fasti_row_appointment *said = &run->rows.appointments[row->appointment];
        const struct fasti_row_fate *fate = &run->fates[i];
        json_t *object = json_pack(
            "{s:i, s:b, s:o, s:o, s:o, s:o, s:s, s:o}", "appointment", row->appointment + 1, "or",
            (int)row->is_alternative, "schedule", fasti_json_id(&row->schedule), "service",
            fasti_json_id(&row->service), "start",
            fasti_json_instant(run->items[i].start_utc_s, run->offsets_s[i]), "patient",
            said->patient_length == 0 ? json_null()
                                      : json_stringn(said->patient, said->patient_length),
            "outcome", fasti_outcome_name(fate->outcome), "record",
            fate->record.v == 0 ? json_null() : json_integer((json_int_t)fate->record.v));
        if (run->is_series)
            json_object_set_new(object, "nearest_free",
                                fate->free_utc_s == 0
                                    ? json_null()
                                    : fasti_json_instant(fate->free_utc_s, fate->free_offset_s));
        json_array_append_new(rows, object);
    }
    return rows;
}

/* The sentence of the answer if it is about this row: it is of the first one that is lost, and adds
 * to what the outcome says; else "". */
static const char *row_sentence(const struct fasti_book_run *run, uint32_t row) {
    const char *detail = run->answer.detail.text;
    uint32_t first = 0;
    while (first < run->rows.count && !fasti_book_is_lost(run, first))
        first++;
    for (uint32_t i = 0; i < run->rows.count; i++)
        if (run->is_left_out[run->rows.rows[i].appointment])
            return "";
    return row == first && strcmp(detail, fasti_outcome_text(run->fates[row].outcome)) ? detail
                                                                                       : "";
}

static void print_lost(const struct fasti_book_run *run, uint32_t i) {
    const struct fasti_row *row = &run->rows.rows[i];
    const struct fasti_row_appointment *said = &run->rows.appointments[row->appointment];
    char start[FASTI_TIMES_TEXT_BYTES];
    fasti_times_format(run->items[i].start_utc_s, run->offsets_s[i], start);
    const char *why = fasti_outcome_text(run->fates[i].outcome);
    const char *sentence = row_sentence(run, i), *mark = sentence[0] != '\0' ? ": " : "";
    if (!run->is_series) {
        if (row->number != 0)
            printf("  item %u: ", (unsigned)row->number);
        else
            fputs("  options: ", stdout);
        printf("%s, schedule %.*s, %.*s%s%.*s: %s%s%s\n", start, FASTI_PRINT(row->schedule),
               FASTI_PRINT(row->service), said->patient_length > 0 ? ", patient " : "",
               (int)said->patient_length, said->patient, why, mark, sentence);
        return;
    }
    printf("  %s: %s%s%s", start, why, mark, sentence);
    if (run->fates[i].free_utc_s != 0) {
        fasti_times_format(run->fates[i].free_utc_s, run->fates[i].free_offset_s, start);
        printf("; nearest free: %s", start);
    }
    putchar('\n');
}

/* Those that were lost, and how many places that is: alternatives stand for one. */
static void count_places(const struct fasti_book_run *run, uint32_t *lost, uint32_t *all) {
    *lost = *all = 0;
    for (uint32_t i = 0; i < run->rows.count; i++) {
        if (run->rows.rows[i].is_alternative)
            continue;
        ++*all;
        *lost += fasti_book_is_lost(run, i);
    }
}

static void print_all_lost(const struct fasti_book_run *run) {
    for (uint32_t i = 0; i < run->rows.count; i++)
        if (fasti_book_is_lost(run, i))
            print_lost(run, i);
}

void fasti_book_lost_text(const struct fasti_book_run *run, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < run->rows.count && used < size; i++) {
        const struct fasti_row *row = &run->rows.rows[i];
        if (fasti_book_is_lost(run, i))
            used += (size_t)snprintf(text + used, size - used, "%sitem %u, schedule %.*s: %s",
                                     used == 0 ? "" : "; ", (unsigned)row->number,
                                     FASTI_PRINT(row->schedule),
                                     fasti_outcome_text(run->fates[i].outcome));
    }
}

/* ---- what became of it ---- */

static void print_json(const struct fasti_book_run *run, json_t *appointments, uint32_t left_out) {
    json_t *records = fasti_records_numbers(run->records, run->record_count);
    json_t *first = json_array_size(appointments) > 0
                        ? json_deep_copy(json_array_get(appointments, 0))
                        : json_null();
    fasti_session_print_json(json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:o, s:O, s:i}", "outcome",
        fasti_outcome_name(run->answer.outcome), "record", (json_int_t)run->records[0].v, "as_of",
        (json_int_t)run->answer.as_of, "appointment", first, "records", records, "rows",
        fasti_book_rows_json(run), "appointments", appointments, "left_out", (int)left_out));
}

enum fasti_exit fasti_book_print(struct fasti_book_run *run) {
    struct fasti_session *session = run->session;
    uint32_t lost, all;
    count_places(run, &lost, &all);
    if (!session->is_json && run->record_count == 1)
        printf("booked: record %llu\n", (unsigned long long)run->records[0].v);
    else if (!session->is_json)
        printf("booked: %u appointments\n", run->record_count);
    json_t *appointments = fasti_records_done(session, run->records, run->record_count);
    if (session->is_json) {
        print_json(run, appointments, lost);
    } else if (lost > 0) {
        printf("left out: %u of %u\n", lost, all);
        print_all_lost(run);
    }
    json_decref(appointments);
    return FASTI_EXIT_DONE;
}

static const char *done_word(const struct fasti_book_run *run) {
    return run->command.kind == FASTI_COMMAND_HOLD   ? "held"
           : run->command.kind == FASTI_COMMAND_MOVE ? "moved"
                                                     : "booked";
}

enum fasti_exit fasti_book_refuse(struct fasti_book_run *run, const char *sentence) {
    uint32_t lost, all;
    char counted[80];
    count_places(run, &lost, &all);
    if (lost == all)
        snprintf(counted, sizeof counted, "nothing was %s: none of it can be had", done_word(run));
    else
        snprintf(counted, sizeof counted, "nothing was %s: %u of %u cannot be had", done_word(run),
                 lost, all);
    json_t *more = json_pack("{s:[], s:o}", "records", "rows", fasti_book_rows_json(run));
    const enum fasti_exit exit = fasti_session_refuse_with(
        run->session, &run->answer, sentence != NULL ? sentence : counted, more);
    if (!run->session->is_json && (run->rows.count > 1 || run->is_series))
        print_all_lost(run);
    return exit;
}

/* One row is refused with the sentence that names it. */
static enum fasti_exit refuse_one(struct fasti_book_run *run) {
    const struct fasti_row *row = &run->rows.rows[0];
    char why[300], sentence[512];
    fasti_session_why(&run->answer, why, sizeof why);
    snprintf(sentence, sizeof sentence, "schedule %.*s at %s: %s", FASTI_PRINT(row->schedule),
             row->start, why);
    return fasti_book_refuse(run, sentence);
}

/* Is it a row that stands in the way, and not a record that the command names? */
static bool is_of_row(const struct fasti_book_run *run) {
    const enum fasti_outcome outcome = run->answer.outcome;
    if (outcome == FASTI_OUTCOME_NOT_OWNER || outcome == FASTI_OUTCOME_EXPIRED ||
        outcome == FASTI_OUTCOME_ALREADY || outcome == FASTI_OUTCOME_WRONG_STATE)
        return false;
    for (uint32_t i = 0; i < run->rows.count; i++)
        if (run->fates[i].outcome == outcome)
            return true;
    return false;
}

enum fasti_exit fasti_book_refuse_rows(struct fasti_book_run *run, const char *what) {
    if (!is_of_row(run))
        return fasti_session_refuse(run->session, &run->answer, what);
    return run->rows.count == 1 ? refuse_one(run) : fasti_book_refuse(run, NULL);
}

/* ---- the command ---- */

enum fasti_exit fasti_run_book(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    (void)spec;
    struct fasti_book_run run = {.session = session, .command.kind = FASTI_COMMAND_BOOK};
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_rows_decode(options, FASTI_ROWS_BOOK, NULL, &run.rows, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    run.is_request = fasti_field_flag(options, "request");
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_resolve(&run);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_ask(&run);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (fasti_outcome_is_done(run.answer.outcome))
        return fasti_book_print(&run);
    return fasti_book_refuse_rows(&run, "booking");
}
