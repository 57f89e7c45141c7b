/*
 * fasti_options.c - argp for a table of fields: the option of a field has its name, with - for _.
 *
 * Values take their JSON types here, so that one decoder serves the command line and files. A
 * field given twice is refused unless it is a list.
 */
#include "tools/fasti_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FIELDS 0x1000 /* + the field's index */

enum global_key {
    KEY_SERVER = 's',
    KEY_ORGANIZATION = 'o',
    KEY_JSON = 'j',
    KEY_REQUEST = 0x200,
    KEY_TIMEOUT
};

static const struct argp_option global_options[] = {
    {0, 0, NULL, 0, "Options of every command:", -2},
    {"server", KEY_SERVER, "ADDRESS", 0,
     "unix:PATH or HOST:PORT (also FASTI_SERVER; else " FASTI_CLIENT_SERVER_DEFAULT ")", -2},
    {"organization", KEY_ORGANIZATION, "ID", 0, "Whose data it is (also FASTI_ORGANIZATION)", -2},
    {"json", KEY_JSON, NULL, 0, "Answer with one JSON object (tools/JSON.md)", -2},
    {"request-id", KEY_REQUEST, "UUID", 0,
     "Your id of this request, a UUID of version 7: sent again with the same id, a command that "
     "books, holds, moves or cancels gets its first answer and is not done twice",
     -2},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Wait at most so long for an answer (10)", -2},
    {0},
};

/* 32 hexadecimal digits, with or without a UUID's dashes, not all zero. */
static bool parse_request(const char *text, fasti_request_id *request) {
    char digits[33];
    size_t size = 0;
    *request = (fasti_request_id){0, 0};
    for (; *text != '\0' && size < sizeof digits - 1; text++)
        if (*text != '-')
            digits[size++] = *text;
    digits[size] = '\0';
    return text[strspn(text, "-")] == '\0' &&
           fasti_field_hex128(digits, &request->high, &request->low) &&
           (request->high | request->low) != 0;
}

static bool parse_integer(const char *text, json_int_t *value) {
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static error_t parse_global(int key, char *argument, struct argp_state *state) {
    struct fasti_session *session = state->input;
    json_int_t seconds;
    switch (key) {
    case KEY_SERVER: session->server = argument; return 0;
    case KEY_ORGANIZATION: session->organization_text = argument; return 0;
    case KEY_JSON: session->is_json = true; return 0;
    case KEY_REQUEST:
        if (!parse_request(argument, &session->request))
            argp_error(state, "--request-id: a UUID, 32 hexadecimal digits");
        return 0;
    case KEY_TIMEOUT:
        if (!parse_integer(argument, &seconds) || seconds < 1 || seconds > 3600)
            argp_error(state, "--timeout: 1 to 3600 seconds");
        else
            session->timeout_ms = (int32_t)seconds * 1000;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp fasti_options_global = {.options = global_options, .parser = parse_global};

/* ---- one command ---- */

struct parsing {
    struct fasti_session *session;
    const struct fasti_command_spec *spec;
    json_t *options;
};

#define NAME_BYTES 32

static const char *option_name(const struct fasti_field *field, char name[NAME_BYTES]) {
    snprintf(name, NAME_BYTES, "%s", field->name);
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return name;
}

static json_t *yes_value(const char *name, const char *argument, struct argp_state *state) {
    const bool is_yes = strcmp(argument, "yes") == 0;
    if (!is_yes && strcmp(argument, "no") != 0)
        argp_error(state, "--%s: there is no \"%s\"; there are: yes, no", name, argument);
    return json_boolean(is_yes);
}

static void take_value(const struct fasti_field *field, const char *argument, json_t *options,
                       struct argp_state *state) {
    char option[NAME_BYTES];
    const char *name = option_name(field, option);
    json_t *list = json_object_get(options, field->name);
    if (field->type == FASTI_FIELD_TEXTS && list == NULL)
        json_object_set_new(options, field->name, list = json_array());
    else if (field->type != FASTI_FIELD_TEXTS && list != NULL)
        argp_error(state, "--%s is given twice", name);
    json_int_t integer;
    char *end;
    json_t *value = NULL;
    switch (field->type) {
    case FASTI_FIELD_INTEGER:
        if (parse_integer(argument, &integer))
            value = json_integer(integer);
        else
            argp_error(state, "--%s: \"%s\" is not a whole number", name, argument);
        break;
    case FASTI_FIELD_DEGREES:
        value = json_real(strtod(argument, &end));
        if (end == argument || *end != '\0' || value == NULL) /* NULL: nan and inf */
            argp_error(state, "--%s: \"%s\" is not a number", name, argument);
        break;
    case FASTI_FIELD_FLAG: value = json_true(); break;
    case FASTI_FIELD_YES: value = yes_value(name, argument, state); break;
    case FASTI_FIELD_SPAN: /* its reader knows which units there are */
    case FASTI_FIELD_TEXT:
    case FASTI_FIELD_TEXTS:
    case FASTI_FIELD_HEADING:
    case FASTI_FIELD_ITEMS: /* no option: what a fuzzer says is refused by its type */
    default:
        value = json_string(argument);
        if (value == NULL)
            argp_error(state, "--%s: the text is not UTF-8", name);
        break;
    }
    if (field->type == FASTI_FIELD_TEXTS)
        json_array_append_new(list, value);
    else
        json_object_set_new(options, field->name, value);
}

/* "RECORD..." stands for one or more. */
static bool takes_several(const struct fasti_command_spec *spec) {
    return spec->argument != NULL && strstr(spec->argument, "...") != NULL;
}

static void take_argument(struct parsing *parsing, const char *argument, struct argp_state *state) {
    const struct fasti_command_spec *spec = parsing->spec;
    json_t *value = json_string(argument);
    if (value == NULL) {
        argp_error(state, "%s: the text is not UTF-8",
                   spec->argument == NULL ? "" : spec->argument);
    } else if (spec->argument == NULL || (state->arg_num > 0 && !takes_several(spec))) {
        json_decref(value);
        argp_error(state, "\"%s\" is one argument too many", argument);
    } else if (takes_several(spec)) {
        json_t *list = json_object_get(parsing->options, FASTI_ARGUMENT);
        if (list == NULL)
            json_object_set_new(parsing->options, FASTI_ARGUMENT, list = json_array());
        json_array_append_new(list, value);
    } else {
        json_object_set_new(parsing->options, FASTI_ARGUMENT, value);
    }
}

static error_t parse_command(int key, char *argument, struct argp_state *state) {
    struct parsing *parsing = state->input;
    const struct fasti_command_spec *spec = parsing->spec;
    char name[NAME_BYTES];
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = parsing->session; return 0;
    case ARGP_KEY_ARG: take_argument(parsing, argument, state); return 0;
    case ARGP_KEY_END:
        if (spec->argument != NULL && state->arg_num == 0)
            argp_error(state, "%s is missing", spec->argument);
        for (uint32_t i = 0; i < spec->field_count; i++)
            if (spec->fields[i].is_required &&
                json_object_get(parsing->options, spec->fields[i].name) == NULL)
                argp_error(state, "--%s is missing", option_name(&spec->fields[i], name));
        return 0;
    default: break;
    }
    if (key < KEY_FIELDS || (uint32_t)(key - KEY_FIELDS) >= spec->field_count)
        return ARGP_ERR_UNKNOWN;
    take_value(&spec->fields[key - KEY_FIELDS], argument, parsing->options, state);
    return 0;
}

void fasti_options_parse(struct fasti_session *session, const struct fasti_command_spec *spec,
                         int argc, char **argv, unsigned int argp_flags, json_t **options) {
    struct argp_option table[FASTI_OPTIONS_MAX + 1] = {{0}};
    char names[FASTI_OPTIONS_MAX][NAME_BYTES];
    FASTI_ASSERT(spec->field_count <= FASTI_OPTIONS_MAX);
    int group = 0; /* help sorts options inside a group */
    for (uint32_t i = 0; i < spec->field_count; i++) {
        const struct fasti_field *field = &spec->fields[i];
        if (field->type == FASTI_FIELD_HEADING)
            table[i] = (struct argp_option){.doc = field->name, .group = ++group};
        else
            table[i] = (struct argp_option){.name = option_name(field, names[i]),
                                            .key = KEY_FIELDS + (int)i,
                                            .arg = field->argument,
                                            .doc = field->help,
                                            .group = group};
    }
    const struct argp_child children[] = {{&fasti_options_global, 0, NULL, -2}, {0}};
    /* An empty table before options of a child leaks inside glibc's help; none at all does not. */
    const struct argp argp = {.options = spec->field_count > 0 ? table : NULL,
                              .parser = parse_command,
                              .args_doc = spec->argument,
                              .doc = spec->help,
                              .children = children};
    *options = json_object();
    struct parsing parsing = {session, spec, *options};
    (void)argp_parse(&argp, argc, argv, argp_flags, NULL, &parsing);
}
