/*
 * fasti_combine.c - joint starts, chains and series of visits: what can be had together?
 *
 *   --part, --step --> steps --ids--> COMBINE, page by page --> offers, visits: a table or JSON
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_facts.h"
#include "tools/fasti_steps.h"
#include "tools/fasti_words.h"

#define DAYS_DEFAULT  14 /* after the first, and after the days between steps */
#define LIMIT_DEFAULT 5
#define PAGES_MAX     64 /* without an offer, one after the other */

struct combining {
    struct fasti_session *session;
    enum combine_kind { COMBINE_JOINT, COMBINE_CHAIN, COMBINE_VISITS } kind;
    struct fasti_steps steps;
    struct fasti_combine_query query;
    struct fasti_id_text schedules[FASTI_COMBINE_CHOICES_MAX]; /* of the query's choices */
    struct fasti_id_text services[FASTI_COMBINE_CHOICES_MAX];
    struct fasti_combine_answer answer; /* a copy */
    uint64_t as_of;
};

__attribute__((format(printf, 3, 4))) static enum fasti_exit
refuse(struct combining *combining, enum fasti_status status, const char *format, ...) {
    char sentence[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return fasti_session_fail(combining->session, FASTI_EXIT_INVALID, status, "%s", sentence);
}

/* ---- steps ---- */

static enum fasti_exit steps_read(struct combining *combining, const json_t *options) {
    const bool is_chain = combining->kind == COMBINE_CHAIN;
    const char *option = is_chain ? "step" : "part", *text;
    uint32_t count = 0;
    for (; (text = fasti_field_item(options, option, count)) != NULL; count++) {
        struct fasti_detail detail;
        const enum fasti_status status =
            is_chain ? fasti_steps_add(&combining->steps, text, &detail)
                     : fasti_steps_add_parts(&combining->steps, text, &detail);
        if (status != FASTI_OK)
            return refuse(combining, status, "--%s %u: %s", option, count + 1, detail.text);
    }
    if (count == 0)
        return refuse(combining, FASTI_INVALID_OPTION, "say --%s, once for each %s", option,
                      option);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit choice_add(struct combining *combining, uint32_t schedule,
                                  const struct fasti_id_text *text, uint32_t service,
                                  const struct fasti_id_text *service_text) {
    struct fasti_combine_query *query = &combining->query;
    if (query->choice_count == FASTI_COMBINE_CHOICES_MAX)
        return refuse(combining, FASTI_INVALID_RANGE,
                      "all parts together have more than %d schedules: name some, or a location",
                      FASTI_COMBINE_CHOICES_MAX);
    combining->schedules[query->choice_count] = *text;
    combining->services[query->choice_count] = *service_text;
    query->choices[query->choice_count++] = (struct fasti_combine_choice){{schedule}, {service}};
    query->parts[query->part_count].choice_count++;
    return FASTI_EXIT_DONE;
}

static bool is_meant(const struct fasti_put *put, const struct fasti_step_part *part) {
    if (part->location.length > 0 &&
        !fasti_id_text_equal(&part->location, &put->body.schedule.location))
        return false;
    for (uint32_t i = 0; i < put->body.schedule.service_count; i++)
        if (fasti_id_text_equal(&part->service, &put->body.schedule.services[i]))
            return true;
    return false;
}

/* All schedules that offer the part's service. */
static enum fasti_exit part_find(struct combining *combining, const struct fasti_step_part *part,
                                 uint32_t service) {
    const struct fasti_describe_answer *answer;
    const uint32_t before = combining->query.choice_count;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t after = 0; exit == FASTI_EXIT_DONE; after = answer->id) {
        exit = fasti_session_describe(combining->session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            break;
        if (is_meant(&answer->put, part))
            exit = choice_add(combining, answer->id, &answer->put.id, service, &part->service);
    }
    if (exit == FASTI_EXIT_DONE && combining->query.choice_count == before)
        return refuse(combining, FASTI_NOT_FOUND, "no schedule%s%.*s offers the service \"%.*s\"",
                      part->location.length > 0 ? " at location " : "", FASTI_PRINT(part->location),
                      FASTI_PRINT(part->service));
    return exit;
}

static enum fasti_exit id_resolve(struct combining *combining, enum fasti_entity_kind kind,
                                  const struct fasti_id_text *text, uint32_t *id) {
    char bytes[FASTI_ID_BYTES_MAX + 1];
    snprintf(bytes, sizeof bytes, "%.*s", FASTI_PRINT(*text));
    return fasti_session_resolve(combining->session, kind, bytes, id);
}

static enum fasti_exit part_resolve(struct combining *combining,
                                    const struct fasti_step_part *part) {
    uint32_t service, id;
    struct fasti_combine_query *query = &combining->query;
    query->parts[query->part_count] =
        (struct fasti_combine_part){.offset_minutes = part->offset_minutes};
    enum fasti_exit exit = id_resolve(combining, FASTI_ENTITY_SERVICE, &part->service, &service);
    if (exit == FASTI_EXIT_DONE && part->schedule_count == 0)
        exit = part_find(combining, part, service);
    for (uint32_t i = 0; i < part->schedule_count && exit == FASTI_EXIT_DONE; i++) {
        exit = id_resolve(combining, FASTI_ENTITY_SCHEDULE, &part->schedules[i], &id);
        if (exit == FASTI_EXIT_DONE)
            exit = choice_add(combining, id, &part->schedules[i], service, &part->service);
    }
    query->part_count++;
    return exit;
}

static enum fasti_exit steps_resolve(struct combining *combining) {
    const struct fasti_steps *steps = &combining->steps;
    struct fasti_combine_query *query = &combining->query;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    query->step_count = (uint8_t)steps->step_count;
    for (uint32_t s = 0; s < steps->step_count; s++)
        query->steps[s] = (struct fasti_combine_step){.part_count = steps->steps[s].part_count,
                                                      .days_min = steps->steps[s].days_min,
                                                      .days_max = steps->steps[s].days_max};
    for (uint32_t p = 0; p < steps->part_count && exit == FASTI_EXIT_DONE; p++)
        exit = part_resolve(combining, &steps->parts[p]);
    return exit;
}

/* ---- when ---- */

static enum fasti_exit date_read(struct combining *combining, const char *name, const char *text,
                                 fasti_date *date) {
    if (fasti_date_parse(text, strlen(text), date) == FASTI_OK && fasti_date_is_bookable(*date))
        return FASTI_EXIT_DONE;
    return refuse(combining, FASTI_INVALID_DATE,
                  "%s: \"%.30s\" is not a date like 2026-11-24, of the years 2000 to 2199", name,
                  text);
}

/* The steps are resolved: today is that of the first schedule. */
static enum fasti_exit dates_read(struct combining *combining, const json_t *options) {
    struct fasti_combine_query *query = &combining->query;
    const char *from = fasti_field_text(options, "from", NULL);
    const char *to = fasti_field_text(options, "to", NULL);
    enum fasti_exit exit =
        from == NULL
            ? fasti_times_today(combining->session, query->choices[0].schedule, &query->first)
            : date_read(combining, "--from", from, &query->first);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    int32_t days = DAYS_DEFAULT;
    for (uint32_t s = 0; s < query->step_count; s++)
        days += query->steps[s].days_max;
    days = days < FASTI_COMBINE_DAYS_MAX ? days : FASTI_COMBINE_DAYS_MAX - 1;
    query->last.v = query->first.v + days;
    if (to != NULL)
        exit = date_read(combining, "--to", to, &query->last);
    else if (query->last.v > FASTI_DATE_LAST)
        query->last.v = FASTI_DATE_LAST;
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_COMBINE_DAYS_MAX)
        return refuse(combining, FASTI_INVALID_RANGE,
                      "--from and --to: from the first to the last are 1 to %d days",
                      FASTI_COMBINE_DAYS_MAX);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit minute_read(struct combining *combining, const json_t *options,
                                   const char *option, uint16_t *minute) {
    const char *text = fasti_field_text(options, option, NULL);
    if (text != NULL && fasti_minutes_parse(text, strlen(text), minute) != FASTI_OK)
        return refuse(combining, FASTI_INVALID_TIME, "--%s: \"%.30s\" is not a time like 09:00",
                      option, text);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit hours_read(struct combining *combining, const json_t *options) {
    struct fasti_combine_query *query = &combining->query;
    const char *weekdays = fasti_field_text(options, "weekdays", NULL);
    query->to_minute = FASTI_DAY_MINUTES;
    enum fasti_exit exit = minute_read(combining, options, "after", &query->from_minute);
    if (exit == FASTI_EXIT_DONE)
        exit = minute_read(combining, options, "before", &query->to_minute);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (query->to_minute <= query->from_minute)
        return refuse(combining, FASTI_INVALID_TIME,
                      "--before must be later than --after, on the same day");
    if (weekdays != NULL && fasti_weekdays_parse(weekdays, &query->weekdays) != FASTI_OK)
        return refuse(combining, FASTI_INVALID_OPTION,
                      "--weekdays: \"%.30s\" is not like mon-fri or mon,wed,sun", weekdays);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit page_read(struct combining *combining, const json_t *options) {
    struct fasti_combine_query *query = &combining->query;
    struct fasti_instant_text after;
    const char *page = fasti_field_text(options, "page", NULL);
    const int64_t limit = fasti_field_integer(options, "limit", LIMIT_DEFAULT);
    if (limit < 1 || limit > FASTI_COMBINE_OFFERS_MAX)
        return refuse(combining, FASTI_INVALID_RANGE, "--limit must be 1 to %d",
                      FASTI_COMBINE_OFFERS_MAX);
    query->limit = (uint8_t)limit;
    if (page != NULL &&
        (fasti_instant_parse(page, strlen(page), &after) != FASTI_OK || !after.has_offset))
        return refuse(combining, FASTI_INVALID_OPTION,
                      "--page: \"%.40s\" is not what a page before printed, like "
                      "2026-11-24T09:00:00Z",
                      page);
    if (page != NULL)
        query->after_utc_s = fasti_instant_utc_s(&after);
    return FASTI_EXIT_DONE;
}

/* ---- the answer ---- */

static uint32_t rows_each(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    return answer->count == 0 ? 0 : (uint32_t)answer->row_count / answer->count;
}

static json_t *row_json(const struct combining *combining, const struct fasti_combine_row *row) {
    return json_pack("{s:o, s:o, s:o, s:i}", "schedule",
                     fasti_json_id(&combining->schedules[row->choice]), "service",
                     fasti_json_id(&combining->services[row->choice]), "start",
                     fasti_json_instant(row->start_utc_s, row->offset_minutes * 60), "minutes",
                     (int)row->minutes);
}

/* Steps of an offer, each an array of rows. */
static json_t *offer_json(const struct combining *combining, const struct fasti_combine_row *rows) {
    json_t *steps = json_array(), *step = NULL;
    for (uint32_t r = 0; r < rows_each(combining); r++) {
        if (r == 0 || rows[r].appointment != rows[r - 1].appointment) {
            step = json_array();
            json_array_append_new(steps, step);
        }
        json_array_append_new(step, row_json(combining, &rows[r]));
    }
    return json_pack("{s:o, s:o}", "start",
                     fasti_json_instant(rows->start_utc_s, rows->offset_minutes * 60), "steps",
                     steps);
}

/* "2026-11-24T09:00:00Z": where a page ended. */
static void cursor_format(const struct combining *combining, char text[FASTI_INSTANT_TEXT_BYTES]) {
    fasti_instant_format(combining->answer.next_utc_s, 0, text);
    memcpy(strchr(text, '+'), "Z", sizeof "Z");
}

/* All that could serve a part, and why some never can. */
static json_t *schedules_json(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    json_t *reasons = json_array();
    for (uint32_t c = 0; c < answer->choice_count; c++)
        json_array_append_new(reasons,
                              json_pack("{s:o, s:o, s:s}", "schedule",
                                        fasti_json_id(&combining->schedules[c]), "service",
                                        fasti_json_id(&combining->services[c]), "reason",
                                        fasti_reason_name((enum fasti_reason)answer->reasons[c])));
    return reasons;
}

static void print_json(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    char cursor[FASTI_INSTANT_TEXT_BYTES];
    json_t *offers = json_array();
    for (uint32_t i = 0; i < answer->count; i++)
        json_array_append_new(offers,
                              offer_json(combining, &answer->rows[i * rows_each(combining)]));
    cursor_format(combining, cursor);
    fasti_session_print_json(json_pack(
        "{s:s, s:o, s:o, s:i, s:b, s:o, s:I, s:o, s:o}", "organization",
        combining->session->organization_text, "first", fasti_json_date(combining->query.first),
        "last", fasti_json_date(combining->query.last), "count", (int)answer->count, "more",
        (int)answer->more, "page", answer->more ? json_string(cursor) : json_null(), "as_of",
        (json_int_t)combining->as_of, "schedules", schedules_json(combining), "offers", offers));
}

static void row_cells(struct fasti_columns *table, const struct combining *combining, uint32_t r,
                      const char *first) {
    const struct fasti_combine_row *row = &combining->answer.rows[r];
    char start[FASTI_TIMES_TEXT_BYTES];
    fasti_times_format(row->start_utc_s, row->offset_minutes * 60, start);
    fasti_columns_cell(table, "%s", first);
    fasti_columns_cell(table, "%s", start);
    fasti_columns_cell(table, "%u min", row->minutes);
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(combining->schedules[row->choice]));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(combining->services[row->choice]));
}

static void never_print(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    for (uint32_t c = 0; c < answer->choice_count; c++)
        if (answer->reasons[c] != FASTI_REASON_FREE)
            printf("never %.*s for %.*s: %s\n", FASTI_PRINT(combining->schedules[c]),
                   FASTI_PRINT(combining->services[c]),
                   fasti_reason_name((enum fasti_reason)answer->reasons[c]));
}

static void print_text(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    char first[FASTI_DATE_TEXT_BYTES], last[FASTI_DATE_TEXT_BYTES];
    char cursor[FASTI_INSTANT_TEXT_BYTES];
    struct fasti_columns table;
    fasti_columns_init(&table, 5);
    for (uint32_t r = 0; r < answer->row_count; r++) {
        char number[12] = "";
        if (r % rows_each(combining) == 0)
            snprintf(number, sizeof number, "%u", r / rows_each(combining) + 1);
        row_cells(&table, combining, r, number);
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    never_print(combining);
    fasti_date_format(combining->query.first, first);
    fasti_date_format(combining->query.last, last);
    cursor_format(combining, cursor);
    if (answer->count == 0 && !answer->more)
        printf("none%s from %s to %s\n", combining->query.after_utc_s != 0 ? " later" : "", first,
               last);
    if (answer->more)
        printf("there may be more: the same with --page %s\n", cursor);
}

/* ---- a series ---- */

static enum fasti_exit series_read(struct combining *combining, const json_t *options) {
    struct fasti_combine_query *query = &combining->query;
    struct fasti_combine_series *series = &query->series;
    struct fasti_instant_text start;
    const char *text = fasti_field_text(options, "start", "");
    const char *every = fasti_field_text(options, "every", "");
    const int64_t count = fasti_field_integer(options, "count", 1);
    const int64_t around = fasti_field_integer(options, "near", 0);
    uint32_t minutes = 0;
    if (fasti_instant_parse(text, strlen(text), &start) != FASTI_OK || start.has_offset ||
        start.second_of_day % 60 != 0 || !fasti_date_is_bookable(start.date))
        return refuse(combining, FASTI_INVALID_TIME,
                      "--start: \"%.40s\" is not a local time like 2026-11-24T09:00, without an "
                      "offset",
                      text);
    if (!fasti_span_minutes(every, &minutes) || minutes == 0 || minutes % FASTI_DAY_MINUTES != 0 ||
        minutes / FASTI_DAY_MINUTES > FASTI_COMBINE_DAYS_MAX)
        return refuse(combining, FASTI_INVALID_OPTION,
                      "--every: \"%.30s\" is not like 1w, 2w or 3d, up to %d days", every,
                      FASTI_COMBINE_DAYS_MAX);
    if (count < 1 || count > FASTI_ITEMS_MAX)
        return refuse(combining, FASTI_INVALID_RANGE, "--count must be 1 to %d", FASTI_ITEMS_MAX);
    if (around < 0 || around > FASTI_SERIES_NEAR_DAYS_MAX)
        return refuse(combining, FASTI_INVALID_RANGE, "--near must be 0 to %d days",
                      FASTI_SERIES_NEAR_DAYS_MAX);
    *series = (struct fasti_combine_series){.count = (uint8_t)count,
                                            .near_days = (uint8_t)around,
                                            .every_days = (uint16_t)(minutes / FASTI_DAY_MINUTES),
                                            .minute = (uint16_t)(start.second_of_day / 60),
                                            .first = start.date};
    const int32_t first = start.date.v - (int32_t)around;
    const int32_t last = start.date.v + (int32_t)((count - 1) * series->every_days + around);
    query->first.v = first < FASTI_DATE_FIRST ? FASTI_DATE_FIRST : first;
    query->last.v = last > FASTI_DATE_LAST ? FASTI_DATE_LAST : last;
    if (query->last.v - query->first.v >= FASTI_COMBINE_DAYS_MAX)
        return refuse(combining, FASTI_INVALID_RANGE,
                      "a series lies in at most %d days, with the days around: this one takes %d",
                      FASTI_COMBINE_DAYS_MAX, query->last.v - query->first.v + 1);
    query->limit = 1;
    return FASTI_EXIT_DONE;
}

static const char *fate_word(uint8_t fate) {
    static const char *const words[] = {
        [FASTI_SERIES_WISHED] = "wished",
        [FASTI_SERIES_NEAR] = "near",
        [FASTI_SERIES_NONE] = "none",
        [FASTI_SERIES_UNDECIDED] = "undecided",
    };
    return words[fate];
}

static bool is_had(const struct fasti_combine_visit *visit) {
    return visit->fate == FASTI_SERIES_WISHED || visit->fate == FASTI_SERIES_NEAR;
}

static void print_visits_json(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    json_t *visits = json_array();
    uint32_t r = 0, had = 0;
    for (uint32_t v = 0; v < answer->visit_count; v++) {
        const struct fasti_combine_visit *visit = &answer->visits[v];
        json_t *rows = json_array();
        for (; r < answer->row_count && is_had(visit) && answer->rows[r].appointment == had; r++)
            json_array_append_new(rows, row_json(combining, &answer->rows[r]));
        had += is_had(visit);
        json_array_append_new(
            visits,
            json_pack("{s:o, s:s, s:o}", "wished",
                      fasti_json_instant(visit->wished_utc_s, visit->wished_offset_minutes * 60),
                      "fate", fate_word(visit->fate), "rows", rows));
    }
    fasti_session_print_json(json_pack(
        "{s:s, s:i, s:i, s:I, s:o, s:o}", "organization", combining->session->organization_text,
        "count", (int)answer->visit_count, "had", (int)had, "as_of", (json_int_t)combining->as_of,
        "schedules", schedules_json(combining), "visits", visits));
}

static void print_visits_text(const struct combining *combining) {
    const struct fasti_combine_answer *answer = &combining->answer;
    struct fasti_columns table;
    uint32_t r = 0, had = 0;
    fasti_columns_init(&table, 6);
    for (uint32_t v = 0; v < answer->visit_count; v++) {
        const struct fasti_combine_visit *visit = &answer->visits[v];
        char wished[FASTI_TIMES_TEXT_BYTES], first[12];
        snprintf(first, sizeof first, "%u", v + 1);
        fasti_times_format(visit->wished_utc_s, visit->wished_offset_minutes * 60, wished);
        if (!is_had(visit)) {
            const char *const cells[] = {first, wished, "", "", "", fate_word(visit->fate)};
            for (uint32_t i = 0; i < 6; i++)
                fasti_columns_cell(&table, "%s", cells[i]);
            continue;
        }
        for (bool is_first = true; r < answer->row_count && answer->rows[r].appointment == had;
             r++, is_first = false) {
            row_cells(&table, combining, r, is_first ? first : "");
            fasti_columns_cell(&table, "%s", is_first ? fate_word(visit->fate) : "");
        }
        had++;
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    never_print(combining);
    printf("%u of %u visits can be had\n", had, answer->visit_count);
}

/* ---- the command ---- */

/* A page without an offer ended because there was too much to look at: the next one goes on. */
static enum fasti_exit ask(struct combining *combining) {
    struct fasti_command command = {.kind = FASTI_COMMAND_COMBINE};
    for (uint32_t pages = 0; pages < PAGES_MAX; pages++) {
        struct fasti_answer answer;
        command.body.combine = combining->query;
        const enum fasti_exit exit = fasti_session_call(combining->session, &command, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (answer.body.combine == NULL ||
            answer.body.combine->choice_count != combining->query.choice_count)
            return fasti_session_fail(combining->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                      "the server's answer has no offers");
        combining->answer = *answer.body.combine;
        combining->as_of = answer.as_of;
        if (combining->answer.count > 0 || !combining->answer.more)
            break;
        combining->query.after_utc_s = combining->answer.next_utc_s;
    }
    return FASTI_EXIT_DONE;
}

static void answer_print(const struct combining *combining) {
    const bool is_json = combining->session->is_json;
    if (combining->kind == COMBINE_VISITS && is_json)
        print_visits_json(combining);
    else if (combining->kind == COMBINE_VISITS)
        print_visits_text(combining);
    else if (is_json)
        print_json(combining);
    else
        print_text(combining);
}

static enum fasti_exit facts_read(struct combining *combining, const json_t *options) {
    struct fasti_detail detail;
    const enum fasti_status status = fasti_facts_decode(options, &combining->query.facts, &detail);
    return status == FASTI_OK ? FASTI_EXIT_DONE : refuse(combining, status, "%s", detail.text);
}

static enum fasti_exit combine_run(struct fasti_session *session, enum combine_kind kind,
                                   const json_t *options) {
    struct combining *combining = calloc(1, sizeof *combining);
    if (combining == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the answer");
    combining->session = session;
    combining->kind = kind;
    enum fasti_exit exit = steps_read(combining, options);
    if (exit == FASTI_EXIT_DONE)
        exit = hours_read(combining, options);
    if (exit == FASTI_EXIT_DONE)
        exit = facts_read(combining, options);
    if (exit == FASTI_EXIT_DONE)
        exit = kind == COMBINE_VISITS ? series_read(combining, options)
                                      : page_read(combining, options);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = steps_resolve(combining);
    if (exit == FASTI_EXIT_DONE && kind != COMBINE_VISITS)
        exit = dates_read(combining, options);
    if (exit == FASTI_EXIT_DONE)
        exit = ask(combining);
    if (exit == FASTI_EXIT_DONE)
        answer_print(combining);
    free(combining);
    return exit;
}

enum fasti_exit fasti_run_joint(struct fasti_session *session,
                                const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return combine_run(session, COMBINE_JOINT, options);
}

enum fasti_exit fasti_run_chain(struct fasti_session *session,
                                const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return combine_run(session, COMBINE_CHAIN, options);
}

enum fasti_exit fasti_run_visits(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return combine_run(session, COMBINE_VISITS, options);
}
