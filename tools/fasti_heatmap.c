/*
 * fasti_heatmap.c - where and when is there room? Free starts by day and cell of a grid.
 *
 *   options --> HEATMAP --columns--> cells x days --> a table a week, or JSON
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"

#define DAYS_DEFAULT    7 /* the first one and 6 more */
#define CELL_DEFAULT_E7 1000000
#define TABLE_DAYS      6 /* of one table: beside them stand the cell and its schedules */

struct heating {
    struct fasti_session *session;
    struct fasti_search_query question; /* as a search would ask */
    struct fasti_heatmap_query query;
    struct fasti_heatmap_answer answer; /* a copy */
    uint64_t as_of;
};

/* ---- the question ---- */

static enum fasti_exit cell_read(struct heating *heating, const json_t *options) {
    const char *text = fasti_field_text(options, "cell", NULL);
    char *end;
    heating->query.cell_e7 = CELL_DEFAULT_E7;
    if (text == NULL)
        return FASTI_EXIT_DONE;
    const double degrees = strtod(text, &end);
    const double e7 = degrees * 1e7;
    if (end == text || *end != '\0' || !isfinite(degrees) || e7 < FASTI_HEATMAP_CELL_MIN_E7 - 0.5 ||
        e7 > FASTI_HEATMAP_CELL_MAX_E7 + 0.5)
        return fasti_session_fail(heating->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--cell: \"%.30s\" is not 0.01 to 10 degrees", text);
    heating->query.cell_e7 = (uint32_t)llround(e7);
    return FASTI_EXIT_DONE;
}

/* What a search asks for, as far as a heat map does. */
static enum fasti_exit question_take(struct heating *heating) {
    const struct fasti_search_query *from = &heating->question;
    struct fasti_heatmap_query *query = &heating->query;
    if (from->area == FASTI_SEARCH_ANYWHERE)
        return fasti_session_fail(heating->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "where? Say --near LAT,LON --within KM, or --box "
                                  "SOUTH,WEST,NORTH,EAST");
    if (from->last.v - from->first.v >= FASTI_HEATMAP_DAYS_MAX)
        return fasti_session_fail(heating->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--from and --to: a heat map is of at most %d days, not %d",
                                  FASTI_HEATMAP_DAYS_MAX, from->last.v - from->first.v + 1);
    query->specialty = from->specialty;
    query->code = from->code;
    query->duration_minutes = from->duration_minutes;
    query->area = from->area;
    query->latitude_e7 = from->latitude_e7;
    query->longitude_e7 = from->longitude_e7;
    query->north_e7 = from->north_e7;
    query->east_e7 = from->east_e7;
    query->radius_m = from->radius_m;
    query->facts = from->facts;
    query->first = from->first;
    query->last = from->last;
    return FASTI_EXIT_DONE;
}

/* ---- JSON ---- */

static json_t *cell_json(const struct heating *heating, uint32_t at) {
    const struct fasti_heatmap_answer *answer = &heating->answer;
    const struct fasti_heatmap_cell *cell = &answer->cells[at];
    json_t *days = json_array();
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const struct fasti_heatmap_day *day = &answer->days[at * answer->day_count + d];
        json_array_append_new(
            days,
            json_pack("{s:o, s:I, s:I}", "date",
                      fasti_json_date((fasti_date){heating->query.first.v + (int32_t)d}),
                      "schedules", (json_int_t)day->schedules, "starts", (json_int_t)day->starts));
    }
    return json_pack("{s:f, s:f, s:I, s:o}", "south", cell->south_e7 / 1e7, "west",
                     cell->west_e7 / 1e7, "schedules", (json_int_t)cell->schedules, "days", days);
}

static void print_json(const struct heating *heating) {
    const char *organization = heating->session->organization_text;
    json_t *cells = json_array();
    for (uint32_t i = 0; i < heating->answer.cell_count; i++)
        json_array_append_new(cells, cell_json(heating, i));
    fasti_session_print_json(json_pack(
        "{s:o, s:o, s:o, s:f, s:I, s:I, s:o}", "organization",
        organization == NULL ? json_null() : json_string(organization), "first",
        fasti_json_date(heating->query.first), "last", fasti_json_date(heating->query.last), "cell",
        heating->query.cell_e7 / 1e7, "candidates", (json_int_t)heating->answer.candidates, "as_of",
        (json_int_t)heating->as_of, "cells", cells));
}

/* ---- text ---- */

/* Days [first, end) of all cells. */
static void print_table(const struct heating *heating, uint32_t first, uint32_t end) {
    const struct fasti_heatmap_answer *answer = &heating->answer;
    struct fasti_columns table;
    fasti_columns_init(&table, 2 + end - first);
    fasti_columns_cell(&table, "%s", "south,west");
    fasti_columns_cell(&table, "%s", "schedules");
    for (uint32_t d = first; d < end; d++) {
        const fasti_date date = {heating->query.first.v + (int32_t)d};
        char text[FASTI_DATE_TEXT_BYTES];
        fasti_date_format(date, text);
        fasti_columns_cell(&table, "%s %s", fasti_times_weekday(date), text + strlen("2026-"));
    }
    for (uint32_t i = 0; i < answer->cell_count; i++) {
        const struct fasti_heatmap_cell *cell = &answer->cells[i];
        fasti_columns_cell(&table, "%.2f,%.2f", cell->south_e7 / 1e7, cell->west_e7 / 1e7);
        fasti_columns_cell(&table, "%u", cell->schedules);
        for (uint32_t d = first; d < end; d++) {
            const struct fasti_heatmap_day *day = &answer->days[i * answer->day_count + d];
            if (day->schedules == 0)
                fasti_columns_cell(&table, "%s", "-");
            else
                fasti_columns_cell(&table, "%u: %u", day->schedules, day->starts);
        }
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
}

static void print_text(const struct heating *heating) {
    const struct fasti_heatmap_answer *answer = &heating->answer;
    char first[FASTI_DATE_TEXT_BYTES], last[FASTI_DATE_TEXT_BYTES];
    if (answer->candidates == 0) {
        puts("none: no schedule offers that there");
        return;
    }
    for (uint32_t d = 0; d < answer->day_count; d += TABLE_DAYS) {
        const uint32_t left = answer->day_count - d;
        if (d > 0)
            puts("");
        print_table(heating, d, d + (left < TABLE_DAYS ? left : TABLE_DAYS));
    }
    fasti_date_format(heating->query.first, first);
    fasti_date_format(heating->query.last, last);
    printf("%u schedules offer it, in %u cells of %g degrees, from %s to %s; a day: schedules with "
           "free starts: their starts\n",
           answer->candidates, answer->cell_count, heating->query.cell_e7 / 1e7, first, last);
}

/* ---- the command ---- */

static enum fasti_exit ask(struct heating *heating) {
    struct fasti_command command = {.kind = FASTI_COMMAND_HEATMAP, .body.heatmap = heating->query};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(heating->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.body.heatmap == NULL)
        return fasti_session_fail(heating->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                  "the server's answer has no cells");
    heating->answer = *answer.body.heatmap;
    heating->as_of = answer.as_of;
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_run_heatmap(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct heating *heating = calloc(1, sizeof *heating);
    if (heating == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the answer");
    heating->session = session;
    enum fasti_exit exit = cell_read(heating, options);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_search_question(session, options, DAYS_DEFAULT - 1, &heating->question);
    if (exit == FASTI_EXIT_DONE)
        exit = question_take(heating);
    if (exit == FASTI_EXIT_DONE)
        exit = ask(heating);
    if (exit == FASTI_EXIT_DONE && session->is_json)
        print_json(heating);
    else if (exit == FASTI_EXIT_DONE)
        print_text(heating);
    free(heating);
    return exit;
}
