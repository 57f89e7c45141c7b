/*
 * fasti_names.c - who is called so, and where? Of one organization.
 *
 *   TEXT... --> NAMES --columns--> rows --external ids, once an id--> a table or JSON
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"

#define LIMIT_DEFAULT 20
/* "2-practitioner-17-" and each byte of a name as "%C3". */
#define CURSOR_BYTES (40 + 3 * FASTI_NAME_BYTES_MAX)

struct naming {
    struct fasti_session *session;
    struct fasti_names_query query;
    struct fasti_names_answer answer; /* a copy: ids are asked for behind it */
    struct fasti_id_text schedules[FASTI_NAMES_RESULTS_MAX], locations[FASTI_NAMES_RESULTS_MAX];
    uint64_t as_of;
};

static const char *const kind_names[] = {"location", "practitioner", "service"};

__attribute__((format(printf, 3, 4))) static enum fasti_exit
refuse(struct naming *naming, enum fasti_status status, const char *format, ...) {
    char sentence[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return fasti_session_fail(naming->session, FASTI_EXIT_INVALID, status, "%s", sentence);
}

/* ---- the question ---- */

/* The arguments, joined by spaces. */
static enum fasti_exit text_read(struct naming *naming, const json_t *options) {
    char text[2 * FASTI_NAME_BYTES_MAX] = "";
    const char *word;
    for (size_t i = 0; (word = fasti_field_item(options, FASTI_ARGUMENT, i)) != NULL; i++) {
        const size_t length = strlen(text);
        if (length + strlen(word) + 1 > FASTI_NAME_BYTES_MAX)
            return refuse(naming, FASTI_INVALID_TEXT, "TEXT: a name has at most %d bytes",
                          FASTI_NAME_BYTES_MAX);
        snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? " " : "", word);
    }
    if (fasti_name_text_set(&naming->query.text, text, strlen(text)) != FASTI_OK)
        return refuse(naming, FASTI_INVALID_TEXT,
                      "TEXT: a name is UTF-8 without control characters");
    return FASTI_EXIT_DONE;
}

/* The kind's number from 0; 3: there is no such one. */
static uint32_t kind_find(const char *text, size_t size) {
    uint32_t kind = 0;
    while (kind < 3 &&
           (strlen(kind_names[kind]) != size || memcmp(kind_names[kind], text, size) != 0))
        kind++;
    return kind;
}

static enum fasti_exit kinds_read(struct naming *naming, const json_t *options) {
    const char *text;
    for (size_t i = 0; (text = fasti_field_item(options, "kind", i)) != NULL; i++) {
        const uint32_t kind = kind_find(text, strlen(text));
        if (kind == 3)
            return refuse(naming, FASTI_INVALID_OPTION,
                          "--kind: there is no \"%.30s\"; there are: location, practitioner, "
                          "service",
                          text);
        naming->query.kinds |= (uint8_t)(1u << kind);
    }
    return FASTI_EXIT_DONE;
}

/* "2-practitioner-17-Anna%20Berg": what the last row of a page said. */
static void cursor_format(const struct fasti_names_row *row, char text[CURSOR_BYTES]) {
    int at = snprintf(text, CURSOR_BYTES, "%u-%s-%u-", row->prefixes,
                      kind_names[row->kind - FASTI_ENTITY_LOCATION], row->id);
    for (uint32_t i = 0; i < row->name.length; i++) {
        const unsigned char byte = (unsigned char)row->name.bytes[i];
        const bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-';
        if (is_plain)
            at += snprintf(text + at, (size_t)(CURSOR_BYTES - at), "%c", byte);
        else
            at += snprintf(text + at, (size_t)(CURSOR_BYTES - at), "%%%02X", byte);
    }
}

/* A number of decimal digits alone, and behind it a '-'; false: it is something else. */
static bool number_read(const char **text, uint32_t most, uint32_t *number) {
    char *end;
    const size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 10 || (*text)[digits] != '-')
        return false;
    const unsigned long long value = strtoull(*text, &end, 10);
    *text = end + 1;
    *number = (uint32_t)value;
    return value <= most;
}

/* The rest of a cursor as the name that it was made of. */
static bool name_read(const char *text, struct fasti_name_text *name) {
    char bytes[FASTI_NAME_BYTES_MAX];
    size_t size = 0;
    for (; *text != '\0'; size++) {
        unsigned byte = (unsigned char)*text;
        int used = 1;
        if (size == sizeof bytes)
            return false;
        if (byte == '%' && (strspn(text + 1, "0123456789ABCDEF") < 2 ||
                            sscanf(text, "%%%2X%n", &byte, &used) != 1))
            return false;
        bytes[size] = (char)byte;
        text += used;
    }
    return fasti_name_text_set(name, bytes, size) == FASTI_OK;
}

static bool cursor_read(const char *text, struct fasti_names_place *place) {
    uint32_t prefixes;
    if (!number_read(&text, FASTI_NAMES_WORDS_MAX, &prefixes))
        return false;
    const size_t size = strcspn(text, "-");
    const uint32_t kind = kind_find(text, size);
    if (kind == 3 || text[size] != '-')
        return false;
    text += size + 1;
    place->prefixes = (uint8_t)prefixes;
    place->kind = (enum fasti_entity_kind)(FASTI_ENTITY_LOCATION + kind);
    return number_read(&text, UINT32_MAX, &place->id) && place->id != 0 &&
           name_read(text, &place->name);
}

static enum fasti_exit page_read(struct naming *naming, const json_t *options) {
    const char *page = fasti_field_text(options, "page", NULL);
    const int64_t limit = fasti_field_integer(options, "limit", LIMIT_DEFAULT);
    if (limit < 1 || limit > FASTI_NAMES_RESULTS_MAX)
        return refuse(naming, FASTI_INVALID_RANGE, "--limit must be 1 to %d",
                      FASTI_NAMES_RESULTS_MAX);
    if (page != NULL && !cursor_read(page, &naming->query.after))
        return refuse(naming, FASTI_INVALID_OPTION,
                      "--page: \"%.60s\" is not what a page before printed, like "
                      "0-practitioner-17-Anna%%20Berg",
                      page);
    naming->query.limit = (uint16_t)limit;
    return FASTI_EXIT_DONE;
}

/* ---- the answer ---- */

static enum fasti_exit ids_ask(struct naming *naming) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < naming->answer.count && exit == FASTI_EXIT_DONE; i++) {
        const struct fasti_names_row *row = &naming->answer.rows[i];
        if (row->schedule.v != 0)
            exit = fasti_session_name(naming->session, FASTI_ENTITY_SCHEDULE, row->schedule.v,
                                      &naming->schedules[i]);
        if (exit == FASTI_EXIT_DONE && row->location.v != 0)
            exit = fasti_session_name(naming->session, FASTI_ENTITY_LOCATION, row->location.v,
                                      &naming->locations[i]);
    }
    return exit;
}

static json_t *row_json(const struct naming *naming, uint32_t i) {
    const struct fasti_names_row *row = &naming->answer.rows[i];
    const bool has_location = row->location.v != 0;
    return json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "kind",
        kind_names[row->kind - FASTI_ENTITY_LOCATION], "id", fasti_json_id(&row->text), "name",
        fasti_json_name(&row->name), "whole", row->prefixes == 0, "schedule",
        row->schedule.v == 0 ? json_null() : fasti_json_id(&naming->schedules[i]), "location",
        has_location ? fasti_json_id(&naming->locations[i]) : json_null(), "location_name",
        has_location ? fasti_json_name(&row->location_name) : json_null(), "latitude",
        row->has_position ? json_real(row->latitude_e7 / 1e7) : json_null(), "longitude",
        row->has_position ? json_real(row->longitude_e7 / 1e7) : json_null());
}

static void print_json(const struct naming *naming) {
    const struct fasti_names_answer *answer = &naming->answer;
    char cursor[CURSOR_BYTES];
    json_t *results = json_array();
    for (uint32_t i = 0; i < answer->count; i++)
        json_array_append_new(results, row_json(naming, i));
    if (answer->more)
        cursor_format(&answer->rows[answer->count - 1], cursor);
    fasti_session_print_json(
        json_pack("{s:s, s:o, s:I, s:i, s:b, s:o, s:I, s:o}", "organization",
                  naming->session->organization_text, "text", fasti_json_name(&naming->query.text),
                  "total", (json_int_t)answer->total, "count", (int)answer->count, "more",
                  (int)answer->more, "page", answer->more ? json_string(cursor) : json_null(),
                  "as_of", (json_int_t)naming->as_of, "results", results));
}

static void row_cells(struct fasti_columns *table, const struct naming *naming, uint32_t i) {
    const struct fasti_names_row *row = &naming->answer.rows[i];
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(row->name));
    fasti_columns_cell(table, "%s", kind_names[row->kind - FASTI_ENTITY_LOCATION]);
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(row->text));
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(naming->schedules[i]));
    if (row->location_name.length > 0)
        fasti_columns_cell(table, "%.*s", FASTI_PRINT(row->location_name));
    else
        fasti_columns_cell(table, "%.*s", FASTI_PRINT(naming->locations[i]));
    if (row->has_position)
        fasti_columns_cell(table, "%.4f,%.4f", row->latitude_e7 / 1e7, row->longitude_e7 / 1e7);
    else
        fasti_columns_cell(table, "%s", "");
}

static void print_text(const struct naming *naming) {
    static const char *const heads[] = {"name", "kind", "id", "schedule", "location", "where"};
    const struct fasti_names_answer *answer = &naming->answer;
    struct fasti_columns table;
    char cursor[CURSOR_BYTES];
    fasti_columns_init(&table, 6);
    for (uint32_t i = 0; i < 6 && answer->count > 0; i++)
        fasti_columns_cell(&table, "%s", heads[i]);
    for (uint32_t i = 0; i < answer->count; i++)
        row_cells(&table, naming, i);
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    if (answer->count == 0)
        puts(answer->total == 0 ? "none: nobody and no place is called so"
                                : "none: no other one is called so");
    else
        printf("%u of %u\n", answer->count, answer->total);
    if (!answer->more)
        return;
    cursor_format(&answer->rows[answer->count - 1], cursor);
    printf("and more: the same with --page %s\n", cursor);
}

/* ---- the command ---- */

static enum fasti_exit ask(struct naming *naming) {
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES, .body.names = naming->query};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(naming->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.body.names == NULL)
        return fasti_session_fail(naming->session, FASTI_EXIT_FAILED, FASTI_INVALID_MESSAGE,
                                  "the server's answer has no names");
    naming->answer = *answer.body.names;
    naming->as_of = answer.as_of;
    return ids_ask(naming);
}

enum fasti_exit fasti_run_names(struct fasti_session *session,
                                const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct naming *naming = calloc(1, sizeof *naming);
    if (naming == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the answer");
    naming->session = session;
    enum fasti_exit exit = text_read(naming, options);
    if (exit == FASTI_EXIT_DONE)
        exit = kinds_read(naming, options);
    if (exit == FASTI_EXIT_DONE)
        exit = page_read(naming, options);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = ask(naming);
    if (exit == FASTI_EXIT_DONE && session->is_json)
        print_json(naming);
    else if (exit == FASTI_EXIT_DONE)
        print_text(naming);
    free(naming);
    return exit;
}
