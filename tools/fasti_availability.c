/*
 * fasti_availability.c - which starts are free, for some schedules or all that fit.
 *
 *   ids --64 at a time--> AVAILABILITY --columns--> a block of days for each schedule
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_facts.h"

#define DAYS_DEFAULT 7

struct chosen {
    fasti_schedule_id id;
    struct fasti_id_text text;
};

struct asking {
    struct fasti_session *session;
    fasti_service_id service;
    struct fasti_facts facts;
    fasti_date first;
    uint16_t days;
    bool all_starts;
    uint32_t count, room;
    struct chosen *schedules;
    uint64_t total, as_of;
    json_t *json; /* of schedules, with --json */
};

/* ---- which schedules ---- */

static enum fasti_exit choose(struct asking *asking, uint32_t id,
                              const struct fasti_id_text *text) {
    if (asking->count == asking->room) {
        asking->room = asking->room == 0 ? 64 : asking->room * 2;
        struct chosen *moved = realloc(asking->schedules, asking->room * sizeof *asking->schedules);
        if (moved == NULL)
            return fasti_session_fail(asking->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                      "no memory for the schedules");
        asking->schedules = moved;
    }
    asking->schedules[asking->count++] = (struct chosen){{id}, *text};
    return FASTI_EXIT_DONE;
}

static bool offers(const struct fasti_put *put, const char *service, const char *location) {
    const struct fasti_id_text *at = &put->body.schedule.location;
    if (location != NULL &&
        (strlen(location) != at->length || memcmp(location, at->bytes, at->length) != 0))
        return false;
    for (uint32_t i = 0; i < put->body.schedule.service_count; i++) {
        const struct fasti_id_text *offered = &put->body.schedule.services[i];
        if (strlen(service) == offered->length &&
            memcmp(service, offered->bytes, offered->length) == 0)
            return true;
    }
    return false;
}

/* The schedules named, or all of the organization that offer the service. */
static enum fasti_exit choose_schedules(struct asking *asking, const json_t *options) {
    struct fasti_session *session = asking->session;
    const char *service = fasti_field_text(options, "service", "");
    const char *location = fasti_field_text(options, "location", NULL);
    const char *name;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (size_t i = 0; (name = fasti_field_item(options, "schedule", i)) != NULL; i++) {
        struct fasti_id_text text;
        uint32_t id;
        exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, name, &id);
        if (exit == FASTI_EXIT_DONE && fasti_id_text_set(&text, name, strlen(name)) == FASTI_OK)
            exit = choose(asking, id, &text);
        if (exit != FASTI_EXIT_DONE)
            return exit;
    }
    if (asking->count > 0)
        return exit;
    const struct fasti_describe_answer *answer;
    for (uint32_t after = 0; exit == FASTI_EXIT_DONE; after = answer->id) {
        exit = fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            break;
        if (offers(&answer->put, service, location))
            exit = choose(asking, answer->id, &answer->put.id);
    }
    if (exit == FASTI_EXIT_DONE && asking->count == 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                                  "no schedule%s%s offers the service \"%s\"",
                                  location != NULL ? " at location " : "",
                                  location != NULL ? location : "", service);
    return exit;
}

/* ---- one schedule's rows ---- */

struct rows {
    const struct fasti_availability_answer *answer;
    uint32_t schedule;    /* index in the answer */
    uint32_t start_first; /* of its first day, in the columns of starts */
};

static int64_t start_at(const struct rows *rows, uint32_t index) {
    return rows->answer->base_utc_s + rows->answer->starts[index];
}

static json_t *rows_json(const struct asking *asking, const struct chosen *chosen,
                         const struct rows *rows) {
    const struct fasti_availability_answer *answer = rows->answer;
    json_t *days = json_array();
    uint32_t index = rows->start_first;
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const uint32_t row = rows->schedule * answer->day_count + d;
        json_t *starts = json_array();
        for (uint32_t i = 0; i < answer->counts[row]; i++, index++)
            json_array_append_new(starts,
                                  json_pack("{s:o, s:i}", "start",
                                            fasti_json_instant(start_at(rows, index),
                                                               answer->offsets_minutes[index] * 60),
                                            "minutes", (int)answer->lengths_minutes[index]));
        const fasti_date date = {asking->first.v + (int32_t)d};
        json_array_append_new(
            days, json_pack("{s:o, s:s, s:o}", "date", fasti_json_date(date), "reason",
                            fasti_reason_name((enum fasti_reason)answer->day_reasons[row]),
                            "starts", starts));
    }
    const int64_t next = answer->next_slot_utc_s[rows->schedule];
    return json_pack(
        "{s:o, s:s, s:I, s:o, s:o}", "schedule", fasti_json_id(&chosen->text), "reason",
        fasti_reason_name((enum fasti_reason)answer->reasons[rows->schedule]), "total",
        (json_int_t)answer->totals[rows->schedule], "next_slot",
        next == 0 ? json_null()
                  : fasti_json_instant(next, answer->next_slot_offset_s[rows->schedule]),
        "days", days);
}

static void format_start(const struct rows *rows, uint32_t index, char text[8]) {
    const int64_t local =
        start_at(rows, index) + (int64_t)rows->answer->offsets_minutes[index] * 60;
    const int64_t day = (int64_t)fasti_date_of_utc(local).v * FASTI_DAY_SECONDS;
    snprintf(text, 8, "%02d:%02d", (int)((local - day) / 3600 % 100),
             (int)((local - day) / 60 % 60));
}

/* How many starts from index on follow each other in one step with one offset; *step_s is it. */
static uint32_t run_length(const struct rows *rows, uint32_t index, uint32_t count,
                           int64_t *step_s) {
    const int16_t *offsets = rows->answer->offsets_minutes;
    uint32_t length = 1;
    *step_s = count > 1 ? start_at(rows, index + 1) - start_at(rows, index) : 0;
    while (length < count && offsets[index + length] == offsets[index] &&
           start_at(rows, index + length) - start_at(rows, index + length - 1) == *step_s)
        length++;
    return length;
}

/* "10:00 to 18:45 every 15 min"; single starts one by one. */
static void print_starts(const struct rows *rows, uint32_t index, uint32_t count, bool all) {
    while (count > 0) {
        char first[8], last[8];
        int64_t step_s;
        const uint32_t length = run_length(rows, index, count, &step_s);
        format_start(rows, index, first);
        if (all || length < 4) {
            printf("  %s", first);
            index++;
            count--;
            continue;
        }
        format_start(rows, index + length - 1, last);
        printf("  %s to %s every %d min", first, last, (int)(step_s / 60));
        index += length;
        count -= length;
    }
}

static const char *reason_text(enum fasti_reason reason) {
    switch (reason) {
#define REASON_CASE(name, value, hope, text) \
    case FASTI_REASON_##name: return text;
        FASTI_REASON_TABLE(REASON_CASE)
#undef REASON_CASE
    }
    return "?";
}

static void print_rows(const struct asking *asking, const struct chosen *chosen,
                       const struct rows *rows) {
    const struct fasti_availability_answer *answer = rows->answer;
    uint32_t index = rows->start_first;
    const bool is_empty = answer->totals[rows->schedule] == 0;
    printf("schedule %.*s: %u starts%s%s\n", FASTI_PRINT(chosen->text),
           answer->totals[rows->schedule], is_empty ? ": " : "",
           is_empty ? reason_text((enum fasti_reason)answer->reasons[rows->schedule]) : "");
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const uint32_t row = rows->schedule * answer->day_count + d;
        const fasti_date date = {asking->first.v + (int32_t)d};
        char text[FASTI_DATE_TEXT_BYTES], offset[16] = "";
        fasti_date_format(date, text);
        printf("  %s %s", fasti_times_weekday(date), text);
        if (answer->counts[row] == 0) {
            printf("  %s\n", fasti_reason_name((enum fasti_reason)answer->day_reasons[row]));
            continue;
        }
        fasti_times_format_offset(answer->offsets_minutes[index] * 60, offset);
        printf(" %s %4u:", offset, answer->counts[row]);
        print_starts(rows, index, answer->counts[row], asking->all_starts);
        putchar('\n');
        index += answer->counts[row];
    }
    if (answer->totals[rows->schedule] == 0 && answer->next_slot_utc_s[rows->schedule] != 0) {
        char next[FASTI_TIMES_TEXT_BYTES];
        fasti_times_format(answer->next_slot_utc_s[rows->schedule],
                           answer->next_slot_offset_s[rows->schedule], next);
        printf("  next start: %s\n", next);
    }
}

/* ---- asking ---- */

static enum fasti_exit ask_batch(struct asking *asking, uint32_t from, uint32_t count) {
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
    struct fasti_availability_query *query = &command.body.availability;
    struct fasti_answer answer;
    query->service = asking->service;
    query->facts = asking->facts;
    query->first = asking->first;
    query->day_count = asking->days;
    query->schedule_count = (uint16_t)count;
    for (uint32_t i = 0; i < count; i++)
        query->schedules[i] = asking->schedules[from + i].id;
    const enum fasti_exit exit = fasti_session_call(asking->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    struct rows rows = {.answer = answer.body.availability};
    asking->total += rows.answer->total;
    asking->as_of = answer.as_of;
    for (rows.schedule = 0; rows.schedule < rows.answer->schedule_count; rows.schedule++) {
        const struct chosen *chosen = &asking->schedules[from + rows.schedule];
        if (asking->session->is_json)
            json_array_append_new(asking->json, rows_json(asking, chosen, &rows));
        else
            print_rows(asking, chosen, &rows);
        rows.start_first += rows.answer->totals[rows.schedule];
    }
    return FASTI_EXIT_DONE;
}

/* As many schedules a question as its limits on schedules, cells and starts allow. */
static uint32_t batch_size(uint16_t days) {
    const uint32_t by_cells = (uint32_t)FASTI_QUERY_CELLS_MAX / days;
    const uint32_t by_starts = (uint32_t)FASTI_QUERY_STARTS_MAX / (days * UINT32_C(288));
    const uint32_t size = by_cells < by_starts ? by_cells : by_starts;
    return size < 1 ? 1 : size < FASTI_QUERY_SCHEDULES_MAX ? size : FASTI_QUERY_SCHEDULES_MAX;
}

static enum fasti_exit ask_all(struct asking *asking, const json_t *options) {
    struct fasti_session *session = asking->session;
    const char *from = fasti_field_text(options, "from", NULL);
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (from == NULL) {
        exit = fasti_times_today(session, asking->schedules[0].id, &asking->first);
    } else {
        const enum fasti_status status = fasti_date_parse(from, strlen(from), &asking->first);
        if (status != FASTI_OK)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, status,
                                      "--from: \"%.30s\" is not a date like 2026-11-24", from);
    }
    const uint32_t step = batch_size(asking->days);
    for (uint32_t i = 0; i < asking->count && exit == FASTI_EXIT_DONE; i += step)
        exit = ask_batch(asking, i, asking->count - i < step ? asking->count - i : step);
    return exit;
}

static void print_answer(const struct asking *asking, const json_t *options) {
    if (asking->session->is_json)
        fasti_session_print_json(json_pack(
            "{s:s, s:o, s:i, s:I, s:I, s:O}", "service", fasti_field_text(options, "service", ""),
            "first", fasti_json_date(asking->first), "day_count", (int)asking->days, "total",
            (json_int_t)asking->total, "as_of", (json_int_t)asking->as_of, "schedules",
            asking->json));
    else if (asking->count > 1)
        printf("%llu starts in %u schedules\n", (unsigned long long)asking->total, asking->count);
}

enum fasti_exit fasti_run_availability(struct fasti_session *session,
                                       const struct fasti_command_spec *spec,
                                       const json_t *options) {
    (void)spec;
    const int64_t days = fasti_field_integer(options, "days", DAYS_DEFAULT);
    if (days < 1 || days > FASTI_QUERY_DAYS_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--days must be 1 to %d", FASTI_QUERY_DAYS_MAX);
    struct asking asking = {.session = session,
                            .days = (uint16_t)days,
                            .all_starts = fasti_field_flag(options, "starts"),
                            .json = json_array()};
    struct fasti_detail detail;
    const enum fasti_status status = fasti_facts_decode(options, &asking.facts, &detail);
    enum fasti_exit exit = status == FASTI_OK ? fasti_session_scope(session)
                                              : fasti_session_fail(session, FASTI_EXIT_INVALID,
                                                                   status, "%s", detail.text);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SERVICE,
                                     fasti_field_text(options, "service", ""), &asking.service.v);
    if (exit == FASTI_EXIT_DONE)
        exit = choose_schedules(&asking, options);
    if (exit == FASTI_EXIT_DONE)
        exit = ask_all(&asking, options);
    if (exit == FASTI_EXIT_DONE)
        print_answer(&asking, options);
    free(asking.schedules);
    json_decref(asking.json);
    return exit;
}
