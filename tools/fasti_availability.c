/*
 * fasti_availability.c - which starts are free, of some schedules or all that offer it.
 *
 *   ids --64 at a time, or none--> AVAILABILITY --pages--> a block of days for each row
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_facts.h"

#define DAYS_DEFAULT 7

struct named {
    uint32_t id; /* dense */
    struct fasti_id_text text;
};

struct asking {
    struct fasti_session *session;
    struct fasti_command command; /* of the page that is asked for */
    bool all_starts;
    struct named services[FASTI_QUERY_SERVICES_MAX];
    uint32_t listed_count;
    struct named *listed;                   /* schedules; none: all that fit */
    struct named schedule;                  /* of the row at hand */
    struct fasti_availability_answer *page; /* our own: ids of it are asked for by name */
    uint64_t rows, total, as_of;
    json_t *json; /* of rows, with --json */
};

/* ---- what is asked ---- */

/* One of the ids that an option names. */
static enum fasti_exit named_read(struct fasti_session *session, enum fasti_entity_kind kind,
                                  const char *name, struct named *named) {
    const enum fasti_exit exit = fasti_session_resolve(session, kind, name, &named->id);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const enum fasti_status status = fasti_id_text_set(&named->text, name, strlen(name));
    return status == FASTI_OK ? FASTI_EXIT_DONE
                              : fasti_session_fail(session, FASTI_EXIT_INVALID, status,
                                                   "\"%.64s\" is not an id", name);
}

static enum fasti_exit listed_read(struct asking *asking, const json_t *options) {
    uint32_t count = 0;
    while (fasti_field_item(options, "schedule", count) != NULL)
        count++;
    asking->listed = calloc(count + 1, sizeof *asking->listed);
    if (asking->listed == NULL)
        return fasti_session_fail(asking->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the schedules");
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (; asking->listed_count < count && exit == FASTI_EXIT_DONE; asking->listed_count++)
        exit = named_read(asking->session, FASTI_ENTITY_SCHEDULE,
                          fasti_field_item(options, "schedule", asking->listed_count),
                          &asking->listed[asking->listed_count]);
    return exit;
}

static enum fasti_exit too_many(struct fasti_session *session, const char *option, int most) {
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                              "--%s: at most %d of them", option, most);
}

/* Services and locations by name. */
static enum fasti_exit services_read(struct asking *asking, const json_t *options) {
    struct fasti_availability_query *query = &asking->command.body.availability;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    const char *name;
    for (size_t i = 0;
         exit == FASTI_EXIT_DONE && (name = fasti_field_item(options, "service", i)) != NULL; i++) {
        if (i == FASTI_QUERY_SERVICES_MAX)
            return too_many(asking->session, "service", FASTI_QUERY_SERVICES_MAX);
        exit = named_read(asking->session, FASTI_ENTITY_SERVICE, name, &asking->services[i]);
        for (size_t k = 0; k < i && exit == FASTI_EXIT_DONE; k++)
            if (asking->services[k].id == asking->services[i].id)
                exit = fasti_session_fail(asking->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                          "--service: \"%.64s\" is said twice", name);
        query->services[query->service_count++].v = asking->services[i].id;
    }
    for (size_t i = 0;
         exit == FASTI_EXIT_DONE && (name = fasti_field_item(options, "location", i)) != NULL;
         i++) {
        struct named location;
        if (i == FASTI_QUERY_LOCATIONS_MAX)
            return too_many(asking->session, "location", FASTI_QUERY_LOCATIONS_MAX);
        exit = named_read(asking->session, FASTI_ENTITY_LOCATION, name, &location);
        query->locations[query->location_count++].v = location.id;
    }
    return exit;
}

/* ---- one row ---- */

struct rows {
    const struct fasti_availability_answer *answer;
    uint32_t at;          /* the row's index in the answer */
    uint32_t start_first; /* of its first day, in the columns of starts */
};

static const struct fasti_id_text *service_text(const struct asking *asking, uint32_t id) {
    uint32_t at = 0;
    while (at + 1 < asking->command.body.availability.service_count &&
           asking->services[at].id != id)
        at++;
    return &asking->services[at].text;
}

static fasti_date date_at(const struct asking *asking, uint32_t day) {
    return (fasti_date){asking->command.body.availability.first.v + (int32_t)day};
}

static int64_t start_at(const struct rows *rows, uint32_t index) {
    return rows->answer->base_utc_s + rows->answer->starts[index];
}

static json_t *rows_json(const struct asking *asking, const struct rows *rows) {
    const struct fasti_availability_answer *answer = rows->answer;
    json_t *days = json_array();
    uint32_t index = rows->start_first;
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const uint32_t cell = rows->at * answer->day_count + d;
        json_t *starts = json_array();
        for (uint32_t i = 0; i < answer->counts[cell]; i++, index++)
            json_array_append_new(starts,
                                  json_pack("{s:o, s:i}", "start",
                                            fasti_json_instant(start_at(rows, index),
                                                               answer->offsets_minutes[index] * 60),
                                            "minutes", (int)answer->lengths_minutes[index]));
        const fasti_date date = date_at(asking, d);
        json_array_append_new(
            days, json_pack("{s:o, s:s, s:o}", "date", fasti_json_date(date), "reason",
                            fasti_reason_name((enum fasti_reason)answer->day_reasons[cell]),
                            "starts", starts));
    }
    const int64_t next = answer->next_slot_utc_s[rows->at];
    return json_pack(
        "{s:o, s:o, s:s, s:I, s:o, s:o}", "schedule", fasti_json_id(&asking->schedule.text),
        "service", fasti_json_id(service_text(asking, answer->services[rows->at].v)), "reason",
        fasti_reason_name((enum fasti_reason)answer->reasons[rows->at]), "total",
        (json_int_t)answer->totals[rows->at], "next_slot",
        next == 0 ? json_null() : fasti_json_instant(next, answer->next_slot_offset_s[rows->at]),
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

static void print_rows(const struct asking *asking, const struct rows *rows) {
    const struct fasti_availability_answer *answer = rows->answer;
    uint32_t index = rows->start_first;
    const bool is_empty = answer->totals[rows->at] == 0;
    const struct fasti_id_text *service = service_text(asking, answer->services[rows->at].v);
    printf("schedule %.*s", FASTI_PRINT(asking->schedule.text));
    if (asking->command.body.availability.service_count > 1)
        printf(", service %.*s", FASTI_PRINT(*service));
    printf(": %u starts%s%s\n", answer->totals[rows->at], is_empty ? ": " : "",
           is_empty ? reason_text((enum fasti_reason)answer->reasons[rows->at]) : "");
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const uint32_t cell = rows->at * answer->day_count + d;
        const fasti_date date = date_at(asking, d);
        char text[FASTI_DATE_TEXT_BYTES], offset[16] = "";
        fasti_date_format(date, text);
        printf("  %s %s", fasti_times_weekday(date), text);
        if (answer->counts[cell] == 0) {
            printf("  %s\n", fasti_reason_name((enum fasti_reason)answer->day_reasons[cell]));
            continue;
        }
        fasti_times_format_offset(answer->offsets_minutes[index] * 60, offset);
        printf(" %s %4u:", offset, answer->counts[cell]);
        print_starts(rows, index, answer->counts[cell], asking->all_starts);
        putchar('\n');
        index += answer->counts[cell];
    }
    if (answer->totals[rows->at] == 0 && answer->next_slot_utc_s[rows->at] != 0) {
        char next[FASTI_TIMES_TEXT_BYTES];
        fasti_times_format(answer->next_slot_utc_s[rows->at], answer->next_slot_offset_s[rows->at],
                           next);
        printf("  next start: %s\n", next);
    }
}

/* ---- asking ---- */

/* What the row's schedule is called; rows of one stand together. */
static enum fasti_exit schedule_name(struct asking *asking, uint32_t id) {
    if (asking->schedule.id == id)
        return FASTI_EXIT_DONE;
    asking->schedule.id = id;
    for (uint32_t i = 0; i < asking->listed_count; i++)
        if (asking->listed[i].id == id) {
            asking->schedule.text = asking->listed[i].text;
            return FASTI_EXIT_DONE;
        }
    return fasti_session_name(asking->session, FASTI_ENTITY_SCHEDULE, id, &asking->schedule.text);
}

static enum fasti_exit page_ask(struct asking *asking) {
    struct fasti_answer answer;
    enum fasti_exit exit = fasti_session_call(asking->session, &asking->command, &answer);
    if (exit == FASTI_EXIT_DONE) {
        *asking->page = *answer.body.availability;
        /* All pages tell of what lies below the first one's. */
        asking->as_of = asking->as_of == 0 ? answer.as_of : asking->as_of;
    }
    return exit;
}

static enum fasti_exit page_tell(struct asking *asking) {
    struct rows rows = {.answer = asking->page};
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (; rows.at < rows.answer->row_count && exit == FASTI_EXIT_DONE; rows.at++) {
        exit = schedule_name(asking, rows.answer->schedules[rows.at].v);
        if (exit == FASTI_EXIT_DONE && asking->session->is_json)
            json_array_append_new(asking->json, rows_json(asking, &rows));
        else if (exit == FASTI_EXIT_DONE)
            print_rows(asking, &rows);
        rows.start_first += rows.answer->totals[rows.at];
        asking->rows++;
    }
    asking->total += rows.answer->total;
    return exit;
}

/* All pages of a question. */
static enum fasti_exit pages_ask(struct asking *asking) {
    struct fasti_availability_query *query = &asking->command.body.availability;
    enum fasti_exit exit;
    query->after = 0;
    do {
        exit = page_ask(asking);
        if (exit == FASTI_EXIT_DONE)
            exit = page_tell(asking);
        query->after = asking->page->next;
    } while (exit == FASTI_EXIT_DONE && query->after != 0);
    return exit;
}

static enum fasti_exit nobody(struct asking *asking) {
    const bool is_placed = asking->command.body.availability.location_count > 0;
    const bool is_one = asking->command.body.availability.service_count == 1;
    return fasti_session_fail(asking->session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                              "no schedule%s offers %s \"%.*s\"%s",
                              is_placed ? " at such a location" : "",
                              is_one ? "the service" : "any of the services, such as",
                              FASTI_PRINT(asking->services[0].text),
                              is_placed ? "; \"fasti list schedules\" shows where they are" : "");
}

/* Today where the first schedule is. */
static enum fasti_exit today_find(struct asking *asking) {
    struct fasti_availability_query *query = &asking->command.body.availability;
    if (asking->listed_count > 0)
        return fasti_times_today(asking->session, (fasti_schedule_id){asking->listed[0].id},
                                 &query->first);
    const uint16_t days = query->day_count;
    enum fasti_exit exit;
    query->first = (fasti_date){FASTI_DATE_FIRST}; /* any: it is asked which schedules there are */
    query->day_count = 1;
    do {
        exit = page_ask(asking);
        query->after = asking->page->next;
    } while (exit == FASTI_EXIT_DONE && asking->page->row_count == 0 && query->after != 0);
    query->day_count = days;
    if (exit != FASTI_EXIT_DONE)
        return exit;
    return asking->page->row_count == 0
               ? nobody(asking)
               : fasti_times_today(asking->session, asking->page->schedules[0], &query->first);
}

static enum fasti_exit first_read(struct asking *asking, const json_t *options) {
    const char *from = fasti_field_text(options, "from", NULL);
    if (from == NULL)
        return today_find(asking);
    const enum fasti_status status =
        fasti_date_parse(from, strlen(from), &asking->command.body.availability.first);
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(asking->session, FASTI_EXIT_INVALID, status,
                                    "--from: \"%.30s\" is not a date like 2026-11-24", from);
}

static enum fasti_exit ask_all(struct asking *asking) {
    struct fasti_availability_query *query = &asking->command.body.availability;
    if (asking->listed_count == 0) {
        const enum fasti_exit exit = pages_ask(asking);
        return exit == FASTI_EXIT_DONE && asking->rows == 0 ? nobody(asking) : exit;
    }
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < asking->listed_count && exit == FASTI_EXIT_DONE;) {
        query->schedule_count = 0;
        while (i < asking->listed_count && query->schedule_count < FASTI_QUERY_SCHEDULES_MAX)
            query->schedules[query->schedule_count++].v = asking->listed[i++].id;
        exit = pages_ask(asking);
    }
    return exit;
}

static void print_answer(const struct asking *asking) {
    const struct fasti_availability_query *query = &asking->command.body.availability;
    if (asking->session->is_json) {
        json_t *services = json_array();
        for (uint32_t i = 0; i < query->service_count; i++)
            json_array_append_new(services, fasti_json_id(&asking->services[i].text));
        fasti_session_print_json(json_pack("{s:o, s:o, s:o, s:i, s:I, s:I, s:O}", "service",
                                           fasti_json_id(&asking->services[0].text), "services",
                                           services, "first", fasti_json_date(query->first),
                                           "day_count", (int)query->day_count, "total",
                                           (json_int_t)asking->total, "as_of",
                                           (json_int_t)asking->as_of, "schedules", asking->json));
    } else if (asking->rows > 1 && query->service_count > 1) {
        printf("%llu starts in %llu rows of a schedule and a service\n",
               (unsigned long long)asking->total, (unsigned long long)asking->rows);
    } else if (asking->rows > 1) {
        printf("%llu starts in %llu schedules\n", (unsigned long long)asking->total,
               (unsigned long long)asking->rows);
    }
}

static enum fasti_exit question_read(struct asking *asking, const json_t *options) {
    struct fasti_availability_query *query = &asking->command.body.availability;
    struct fasti_detail detail;
    const int64_t days = fasti_field_integer(options, "days", DAYS_DEFAULT);
    if (days < 1 || days > FASTI_QUERY_DAYS_MAX)
        return fasti_session_fail(asking->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--days must be 1 to %d", FASTI_QUERY_DAYS_MAX);
    query->day_count = (uint16_t)days;
    const enum fasti_status status = fasti_facts_decode(options, &query->facts, &detail);
    enum fasti_exit exit =
        status == FASTI_OK
            ? fasti_session_scope(asking->session)
            : fasti_session_fail(asking->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    if (exit == FASTI_EXIT_DONE)
        exit = services_read(asking, options);
    if (exit == FASTI_EXIT_DONE)
        exit = listed_read(asking, options);
    return exit == FASTI_EXIT_DONE ? first_read(asking, options) : exit;
}

enum fasti_exit fasti_run_availability(struct fasti_session *session,
                                       const struct fasti_command_spec *spec,
                                       const json_t *options) {
    (void)spec;
    struct asking asking = {.session = session,
                            .command = {.kind = FASTI_COMMAND_AVAILABILITY},
                            .all_starts = fasti_field_flag(options, "starts"),
                            .page = calloc(1, sizeof *asking.page),
                            .json = json_array()};
    enum fasti_exit exit = asking.page != NULL
                               ? question_read(&asking, options)
                               : fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                                    "no memory for an answer");
    if (exit == FASTI_EXIT_DONE)
        exit = ask_all(&asking);
    if (exit == FASTI_EXIT_DONE)
        print_answer(&asking);
    free(asking.listed);
    free(asking.page);
    json_decref(asking.json);
    return exit;
}
