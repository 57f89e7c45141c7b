/*
 * fasti_search.c - who can see me first? Over all organizations, or one.
 *
 *   options --> SEARCH --columns--> results --DESCRIBE, once an id--> names --> a table or JSON
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_facts.h"
#include "tools/fasti_places.h"

#define DAYS_DEFAULT  14 /* after the first */
#define LIMIT_DEFAULT 20
#define NAMES_MAX     (4 * FASTI_SEARCH_RESULTS_MAX) /* a result names four records */
#define CURSOR_BYTES  32
#define EARLIEST_S    (12 * 3600) /* local time is behind UTC by no more */

/* What a directory record is called. */
struct called {
    enum fasti_entity_kind kind;
    uint32_t id;
    struct fasti_id_text text, practitioner;
    struct fasti_name_text name;
};

struct searching {
    struct fasti_session *session;
    struct fasti_search_query query;
    bool is_from_today;
    int32_t days;                      /* without --to: after the first */
    struct fasti_search_answer answer; /* a copy: names are asked for behind it */
    uint64_t as_of;
    uint32_t called_count;
    struct called called[NAMES_MAX];
};

__attribute__((format(printf, 3, 4))) static enum fasti_exit
refuse(struct searching *searching, enum fasti_status status, const char *format, ...) {
    char sentence[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return fasti_session_fail(searching->session, FASTI_EXIT_INVALID, status, "%s", sentence);
}

/* ---- what ---- */

static enum fasti_exit code_read(struct searching *searching, const json_t *options,
                                 const char *option, struct fasti_id_text *code) {
    const char *text = fasti_field_text(options, option, NULL);
    if (text != NULL && fasti_id_text_set(code, text, strlen(text)) != FASTI_OK)
        return refuse(searching, FASTI_INVALID_ID,
                      "--%s: a code has 1 to %d bytes without control characters", option,
                      FASTI_ID_BYTES_MAX);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit what_read(struct searching *searching, const json_t *options) {
    struct fasti_search_query *query = &searching->query;
    struct fasti_detail detail;
    enum fasti_exit exit = code_read(searching, options, "specialty", &query->specialty);
    if (exit == FASTI_EXIT_DONE)
        exit = code_read(searching, options, "code", &query->code);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (query->specialty.length == 0 && query->code.length == 0)
        return refuse(searching, FASTI_INVALID_OPTION,
                      "search for what? Say --specialty CODE, --code CODE, or both");
    const int64_t minutes = fasti_field_integer(options, "minutes", 1);
    if (minutes < 1 || minutes > FASTI_SERVICE_MINUTES_MAX)
        return refuse(searching, FASTI_INVALID_RANGE, "--minutes must be 1 to %d",
                      FASTI_SERVICE_MINUTES_MAX);
    query->duration_minutes = (uint16_t)fasti_field_integer(options, "minutes", 0);
    const enum fasti_status status = fasti_facts_decode(options, &query->facts, &detail);
    return status == FASTI_OK ? FASTI_EXIT_DONE : refuse(searching, status, "%s", detail.text);
}

/* ---- where ---- */

/* "52.52,13.4" as south and west, behind them perhaps north and east. */
static bool degrees_read(const char *text, uint32_t count, int32_t e7[4]) {
    double degrees[4];
    if (!fasti_places_numbers(text, count, degrees))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (fabs(degrees[i]) > (i % 2 == 0 ? 90 : 180))
            return false;
        e7[i] = (int32_t)llround(degrees[i] * 1e7);
    }
    return true;
}

/* "5", "2.5", "2.5km" or "500m" in metres; false: it is something else. */
static bool radius_read(const char *text, uint32_t *radius_m) {
    char *end;
    double metres = strtod(text, &end);
    if (end == text || !isfinite(metres))
        return false;
    if (strcmp(end, "m") != 0)
        metres *= 1000;
    if (*end != '\0' && strcmp(end, "m") != 0 && strcmp(end, "km") != 0)
        return false;
    if (metres < 1 || metres > FASTI_SEARCH_RADIUS_MAX_M)
        return false;
    *radius_m = (uint32_t)llround(metres);
    return true;
}

static enum fasti_exit circle_read(struct searching *searching, const char *near,
                                   const char *within) {
    struct fasti_search_query *query = &searching->query;
    int32_t e7[4];
    if (near == NULL || within == NULL)
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--near and --within go together: around which point, and how far?");
    if (!degrees_read(near, 2, e7))
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--near: \"%.40s\" is not a latitude and a longitude like 52.52,13.405",
                      near);
    if (!radius_read(within, &query->radius_m))
        return refuse(searching, FASTI_INVALID_RANGE,
                      "--within: \"%.40s\" is not 1 metre to 20015.2 kilometres, like 5, 2.5 or "
                      "500m",
                      within);
    query->area = FASTI_SEARCH_CIRCLE;
    query->latitude_e7 = e7[0];
    query->longitude_e7 = e7[1];
    return FASTI_EXIT_DONE;
}

static enum fasti_exit where_read(struct searching *searching, const json_t *options) {
    struct fasti_search_query *query = &searching->query;
    const char *near = fasti_field_text(options, "near", NULL);
    const char *within = fasti_field_text(options, "within", NULL);
    const char *box = fasti_field_text(options, "box", NULL);
    int32_t e7[4];
    if (box != NULL && (near != NULL || within != NULL))
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--box and --near do not go together: say one of them");
    if (near != NULL || within != NULL)
        return circle_read(searching, near, within);
    if (box == NULL)
        return FASTI_EXIT_DONE;
    if (!degrees_read(box, 4, e7) || e7[0] > e7[2])
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--box: \"%.60s\" is not SOUTH,WEST,NORTH,EAST in degrees, like "
                      "52.3,13.1,52.7,13.8",
                      box);
    query->area = FASTI_SEARCH_BOX;
    query->latitude_e7 = e7[0];
    query->longitude_e7 = e7[1];
    query->north_e7 = e7[2];
    query->east_e7 = e7[3];
    return FASTI_EXIT_DONE;
}

/* ---- when ---- */

static enum fasti_exit date_read(struct searching *searching, const char *name, const char *text,
                                 fasti_date *date) {
    if (fasti_date_parse(text, strlen(text), date) == FASTI_OK && fasti_date_is_bookable(*date))
        return FASTI_EXIT_DONE;
    return refuse(searching, FASTI_INVALID_DATE,
                  "%s: \"%.30s\" is not a date like 2026-11-24, of the years 2000 to 2199", name,
                  text);
}

/* Today of the westernmost place there can be, and today in UTC: the server's clock counts. */
static enum fasti_exit today_ask(struct searching *searching, fasti_date *first,
                                 fasti_date *today) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(searching->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const int64_t now_s = answer.body.status.now_ms / 1000;
    *first = fasti_date_of_utc(now_s - EARLIEST_S);
    *today = fasti_date_of_utc(now_s);
    return FASTI_EXIT_DONE;
}

/* The session is connected. */
static enum fasti_exit dates_read(struct searching *searching, const json_t *options) {
    struct fasti_search_query *query = &searching->query;
    const char *from = fasti_field_text(options, "from", NULL);
    const char *to = fasti_field_text(options, "to", NULL);
    fasti_date today;
    searching->is_from_today = from == NULL;
    enum fasti_exit exit = from == NULL ? today_ask(searching, &query->first, &today)
                                        : date_read(searching, "--from", from, &query->first);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    query->last.v = (from == NULL ? today.v : query->first.v) + searching->days;
    if (to != NULL)
        exit = date_read(searching, "--to", to, &query->last);
    else if (query->last.v > FASTI_DATE_LAST)
        query->last.v = FASTI_DATE_LAST;
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (query->last.v < query->first.v)
        return refuse(searching, FASTI_INVALID_RANGE, "--to %.30s is before %s", to,
                      from == NULL ? "today" : "--from");
    if (query->last.v - query->first.v >= FASTI_SEARCH_DAYS_MAX)
        return refuse(searching, FASTI_INVALID_RANGE,
                      "--from and --to: a search goes over at most %d days, not %d",
                      FASTI_SEARCH_DAYS_MAX, query->last.v - query->first.v + 1);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit minute_read(struct searching *searching, const json_t *options,
                                   const char *option, uint16_t *minute) {
    const char *text = fasti_field_text(options, option, NULL);
    if (text != NULL && fasti_minutes_parse(text, strlen(text), minute) != FASTI_OK)
        return refuse(searching, FASTI_INVALID_TIME, "--%s: \"%.30s\" is not a time like 09:00",
                      option, text);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit hours_read(struct searching *searching, const json_t *options) {
    struct fasti_search_query *query = &searching->query;
    const char *weekdays = fasti_field_text(options, "weekdays", NULL);
    query->to_minute = FASTI_DAY_MINUTES;
    enum fasti_exit exit = minute_read(searching, options, "after", &query->from_minute);
    if (exit == FASTI_EXIT_DONE)
        exit = minute_read(searching, options, "before", &query->to_minute);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (query->to_minute <= query->from_minute)
        return refuse(searching, FASTI_INVALID_TIME,
                      "--before must be later than --after, on the same day");
    if (weekdays != NULL && fasti_weekdays_parse(weekdays, &query->weekdays) != FASTI_OK)
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--weekdays: \"%.30s\" is not like mon-fri or mon,wed,sun", weekdays);
    return FASTI_EXIT_DONE;
}

/* ---- how it is told ---- */

/* "1772535600-17": key and schedule, decimal. */
static bool cursor_read(const char *text, struct fasti_search_place *place) {
    unsigned long long key = 0;
    unsigned schedule = 0;
    int used = 0;
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 19 || text[digits] != '-')
        return false;
    const size_t more = strspn(text + digits + 1, "0123456789");
    if (more == 0 || more > 9)
        return false;
    if (sscanf(text, "%llu-%u%n", &key, &schedule, &used) != 2 || text[used] != '\0')
        return false;
    *place = (struct fasti_search_place){key, schedule};
    return schedule != 0;
}

static void cursor_format(const struct fasti_search_place *place, char text[CURSOR_BYTES]) {
    snprintf(text, CURSOR_BYTES, "%llu-%u", (unsigned long long)place->key, place->schedule);
}

static enum fasti_exit order_read(struct searching *searching, const json_t *options) {
    static const char *const orders[] = {"start", "distance", "day"};
    const char *text = fasti_field_text(options, "order", orders[0]);
    for (uint32_t i = 0; i < 3; i++)
        if (strcmp(text, orders[i]) == 0)
            searching->query.order = (enum fasti_search_order)(FASTI_SEARCH_BY_START + i);
    if (searching->query.order == 0)
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--order: there is no \"%.30s\"; there are: start, distance, day", text);
    if (searching->query.order != FASTI_SEARCH_BY_START &&
        searching->query.area != FASTI_SEARCH_CIRCLE)
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--order %s: distances are from a point: say --near and --within", text);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit page_read(struct searching *searching, const json_t *options) {
    const char *page = fasti_field_text(options, "page", NULL);
    const int64_t limit = fasti_field_integer(options, "limit", LIMIT_DEFAULT);
    const int64_t starts = fasti_field_integer(options, "starts", 1);
    const enum fasti_exit exit = order_read(searching, options);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (limit < 1 || limit > FASTI_SEARCH_RESULTS_MAX)
        return refuse(searching, FASTI_INVALID_RANGE, "--limit must be 1 to %d",
                      FASTI_SEARCH_RESULTS_MAX);
    if (starts < 1 || starts > FASTI_SEARCH_STARTS_MAX)
        return refuse(searching, FASTI_INVALID_RANGE, "--starts must be 1 to %d",
                      FASTI_SEARCH_STARTS_MAX);
    if (page != NULL && !cursor_read(page, &searching->query.after))
        return refuse(searching, FASTI_INVALID_OPTION,
                      "--page: \"%.40s\" is not what a page before printed, like 1772535600-17",
                      page);
    searching->query.limit = (uint16_t)limit;
    searching->query.start_limit = (uint16_t)starts;
    return FASTI_EXIT_DONE;
}

/* ---- names ---- */

/* Asks for what the record is called, once; the scope is the whole server. */
static enum fasti_exit called_ask(struct searching *searching, enum fasti_entity_kind kind,
                                  uint32_t id) {
    const struct fasti_describe_answer *answer;
    for (uint32_t i = 0; i < searching->called_count; i++)
        if (searching->called[i].kind == kind && searching->called[i].id == id)
            return FASTI_EXIT_DONE;
    const enum fasti_exit exit = fasti_session_describe(searching->session, kind, id, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    FASTI_ASSERT(searching->called_count < NAMES_MAX);
    struct called *called = &searching->called[searching->called_count++];
    *called = (struct called){.kind = kind, .id = id, .text = answer->put.id};
    if (answer->id != id) { /* a server that lost what it tells of */
        called->text.length =
            (uint8_t)snprintf(called->text.bytes, sizeof called->text.bytes, "#%u", id);
        return FASTI_EXIT_DONE;
    }
    called->name = answer->put.name;
    if (kind == FASTI_ENTITY_SCHEDULE)
        called->practitioner = answer->put.body.schedule.practitioner;
    return FASTI_EXIT_DONE;
}

static const struct called *called_get(const struct searching *searching,
                                       enum fasti_entity_kind kind, uint32_t id) {
    uint32_t at = 0;
    while (at < searching->called_count &&
           (searching->called[at].kind != kind || searching->called[at].id != id))
        at++;
    FASTI_ASSERT(at < searching->called_count);
    return &searching->called[at];
}

static enum fasti_exit names_ask(struct searching *searching) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    searching->session->organization.v = 0;
    for (uint32_t i = 0; i < searching->answer.count && exit == FASTI_EXIT_DONE; i++) {
        const struct fasti_search_result *result = &searching->answer.results[i];
        exit = called_ask(searching, FASTI_ENTITY_SCHEDULE, result->schedule.v);
        if (exit == FASTI_EXIT_DONE)
            exit = called_ask(searching, FASTI_ENTITY_SERVICE, result->service.v);
        if (exit == FASTI_EXIT_DONE)
            exit = called_ask(searching, FASTI_ENTITY_LOCATION, result->location.v);
        if (exit == FASTI_EXIT_DONE)
            exit = called_ask(searching, FASTI_ENTITY_ORGANIZATION, result->organization.v);
    }
    return exit;
}

/* What a result names. */
struct names {
    const struct called *schedule, *service, *location, *organization;
};

static struct names names_of(const struct searching *searching,
                             const struct fasti_search_result *result) {
    return (struct names){
        .schedule = called_get(searching, FASTI_ENTITY_SCHEDULE, result->schedule.v),
        .service = called_get(searching, FASTI_ENTITY_SERVICE, result->service.v),
        .location = called_get(searching, FASTI_ENTITY_LOCATION, result->location.v),
        .organization = called_get(searching, FASTI_ENTITY_ORGANIZATION, result->organization.v),
    };
}

/* ---- JSON ---- */

static json_t *result_json(const struct searching *searching,
                           const struct fasti_search_result *result,
                           const struct fasti_search_start *starts) {
    const struct names names = names_of(searching, result);
    json_t *all = json_array();
    for (uint32_t i = 0; i < result->start_count; i++)
        json_array_append_new(
            all, json_pack("{s:o, s:i}", "start",
                           fasti_json_instant(starts[i].utc_s, starts[i].offset_minutes * 60),
                           "minutes", (int)starts[i].minutes));
    return json_pack(
        "{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "start",
        fasti_json_instant(starts->utc_s, starts->offset_minutes * 60), "minutes",
        (int)starts->minutes, "distance_m",
        result->distance_m == FASTI_SEARCH_NO_DISTANCE ? json_null()
                                                       : json_integer(result->distance_m),
        "schedule", fasti_json_id(&names.schedule->text), "name",
        fasti_json_name(&names.schedule->name), "practitioner",
        names.schedule->practitioner.length == 0 ? json_null()
                                                 : fasti_json_id(&names.schedule->practitioner),
        "service", fasti_json_id(&names.service->text), "service_name",
        fasti_json_name(&names.service->name), "location", fasti_json_id(&names.location->text),
        "location_name", fasti_json_name(&names.location->name), "organization",
        fasti_json_id(&names.organization->text), "organization_name",
        fasti_json_name(&names.organization->name), "starts", all);
}

static void print_json(const struct searching *searching) {
    const struct fasti_search_answer *answer = &searching->answer;
    const struct fasti_search_start *starts = answer->starts;
    const char *organization = searching->session->organization_text;
    char cursor[CURSOR_BYTES];
    json_t *results = json_array();
    for (uint32_t i = 0; i < answer->count; i++) {
        json_array_append_new(results, result_json(searching, &answer->results[i], starts));
        starts += answer->results[i].start_count;
    }
    cursor_format(&answer->next, cursor);
    fasti_session_print_json(json_pack(
        "{s:o, s:o, s:o, s:I, s:i, s:b, s:o, s:I, s:o}", "organization",
        organization == NULL ? json_null() : json_string(organization), "first",
        fasti_json_date(searching->query.first), "last", fasti_json_date(searching->query.last),
        "candidates", (json_int_t)answer->candidates, "count", (int)answer->count, "more",
        (int)answer->more, "page", answer->more ? json_string(cursor) : json_null(), "as_of",
        (json_int_t)searching->as_of, "results", results));
}

/* ---- text ---- */

/* "850 m", "1.2 km", "240 km". */
static void distance_format(uint32_t distance_m, char text[16]) {
    if (distance_m == FASTI_SEARCH_NO_DISTANCE)
        text[0] = '\0';
    else if (distance_m < 1000)
        snprintf(text, 16, "%u m", distance_m);
    else
        snprintf(text, 16, "%.*f km", distance_m < 100000 ? 1 : 0, distance_m / 1000.0);
}

static void result_cells(struct fasti_columns *table, const struct searching *searching,
                         const struct fasti_search_result *result,
                         const struct fasti_search_start *starts) {
    const struct names names = names_of(searching, result);
    char start[FASTI_TIMES_TEXT_BYTES], distance[16];
    fasti_times_format(starts->utc_s, starts->offset_minutes * 60, start);
    distance_format(result->distance_m, distance);
    fasti_columns_cell(table, "%s", start);
    if (searching->query.area == FASTI_SEARCH_CIRCLE)
        fasti_columns_cell(table, "%s", distance);
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.schedule->text));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.schedule->name));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.schedule->practitioner));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.service->text));
    if (names.location->name.length > 0)
        fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.location->name));
    else
        fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.location->text));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(names.organization->text));
    for (uint32_t i = 1; i < result->start_count; i++) { /* further starts, a line each */
        fasti_times_format(starts[i].utc_s, starts[i].offset_minutes * 60, start);
        fasti_columns_cell(table, "%s", start);
        for (uint32_t column = 1; column < table->columns; column++)
            fasti_columns_cell(table, "%s", "");
    }
}

static void print_table(const struct searching *searching) {
    static const char *const heads[] = {"first start",  "distance", "schedule", "name",
                                        "practitioner", "service",  "location", "organization"};
    const struct fasti_search_answer *answer = &searching->answer;
    const struct fasti_search_start *starts = answer->starts;
    const bool has_distance = searching->query.area == FASTI_SEARCH_CIRCLE;
    struct fasti_columns table;
    fasti_columns_init(&table, has_distance ? 8 : 7);
    for (uint32_t i = 0; i < 8 && answer->count > 0; i++)
        if (i != 1 || has_distance)
            fasti_columns_cell(&table, "%s", heads[i]);
    for (uint32_t i = 0; i < answer->count; i++) {
        result_cells(&table, searching, &answer->results[i], starts);
        starts += answer->results[i].start_count;
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
}

static void print_text(const struct searching *searching) {
    const struct fasti_search_answer *answer = &searching->answer;
    char first[FASTI_DATE_TEXT_BYTES], last[FASTI_DATE_TEXT_BYTES], cursor[CURSOR_BYTES];
    if (searching->is_from_today)
        snprintf(first, sizeof first, "today");
    else
        fasti_date_format(searching->query.first, first);
    fasti_date_format(searching->query.last, last);
    print_table(searching);
    const bool is_later = searching->query.after.schedule != 0;
    if (answer->candidates == 0)
        puts("none: no schedule offers that there");
    else if (answer->count == 0 && !answer->more)
        printf("none: %s of the %u schedules that offer it is free from %s to %s\n",
               is_later ? "no other" : "not one", answer->candidates, first, last);
    else
        printf("%u of %u schedules that offer it, from %s to %s\n", answer->count,
               answer->candidates, first, last);
    cursor_format(&answer->next, cursor);
    if (answer->more)
        printf("and more: the same with --page %s\n", cursor);
}

/* ---- the command ---- */

static enum fasti_exit ask(struct searching *searching) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SEARCH, .body.search = searching->query};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(searching->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.body.search == NULL)
        return fasti_session_fail(searching->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                  "the server's answer has no results");
    searching->answer = *answer.body.search;
    searching->as_of = answer.as_of;
    return names_ask(searching);
}

enum fasti_exit fasti_run_search(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct searching *searching = calloc(1, sizeof *searching);
    if (searching == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the answer");
    searching->session = session;
    searching->days = DAYS_DEFAULT;
    enum fasti_exit exit = what_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = where_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = hours_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = page_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = session->organization_text == NULL ? fasti_session_connect(session)
                                                  : fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = dates_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = ask(searching);
    if (exit == FASTI_EXIT_DONE && session->is_json)
        print_json(searching);
    else if (exit == FASTI_EXIT_DONE)
        print_text(searching);
    free(searching);
    return exit;
}

enum fasti_exit fasti_search_question(struct fasti_session *session, const json_t *options,
                                      int32_t days, struct fasti_search_query *query) {
    struct searching *searching = calloc(1, sizeof *searching);
    if (searching == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the question");
    searching->session = session;
    searching->days = days;
    enum fasti_exit exit = what_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = where_read(searching, options);
    if (exit == FASTI_EXIT_DONE)
        exit = session->organization_text == NULL ? fasti_session_connect(session)
                                                  : fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = dates_read(searching, options);
    *query = searching->query;
    free(searching);
    return exit;
}
