/*
 * fuzz_options.c - bytes as the arguments of `fasti create`: parsed, decoded, decoded again.
 *
 *   kind | argument \n argument \n ...
 *
 * What decodes on its own says the same when it is set over itself, and as a line of an import.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/effect.h"
#include "tools/fasti_ndjson.h"
#include "tools/fasti_options.h"

#define ARGUMENTS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct arguments {
    int count;
    char *values[ARGUMENTS_MAX + 1];
    char text[4096];
};

static bool arguments_cut(struct arguments *arguments, const uint8_t *data, size_t size) {
    if (size >= sizeof arguments->text || memchr(data, '\0', size) != NULL)
        return false;
    memcpy(arguments->text, data, size);
    arguments->text[size] = '\0';
    static char program[] = "fasti create";
    arguments->values[0] = program;
    arguments->count = 1;
    for (char *at = arguments->text; at != NULL && arguments->count < ARGUMENTS_MAX;) {
        arguments->values[arguments->count++] = at;
        at = strchr(at, '\n');
        if (at != NULL)
            *at++ = '\0';
    }
    arguments->values[arguments->count] = NULL;
    return true;
}

/* Everything that a line says, as bytes. */
static size_t line_bytes(const struct fasti_line *line, uint8_t *bytes, size_t capacity) {
    struct fasti_writer writer = {.bytes = bytes, .capacity = capacity};
    if (line->kind == FASTI_LINE_APPOINTMENT || line->kind == FASTI_LINE_BLOCK)
        fasti_write(&writer, &line->visit, sizeof line->visit);
    else
        fasti_put_encode(&writer, &line->put);
    FASTI_ASSERT(!writer.failed);
    return writer.size;
}

static void same_verify(const struct fasti_line *a, const struct fasti_line *b) {
    static uint8_t first[8192], second[8192];
    const size_t size = line_bytes(a, first, sizeof first);
    FASTI_ASSERT(line_bytes(b, second, sizeof second) == size);
    FASTI_ASSERT(memcmp(first, second, size) == 0);
}

/* The same words as a line of a file. */
static void import_verify(json_t *object, const struct fasti_line *line) {
    static struct fasti_line again;
    struct fasti_detail detail = {{0}};
    enum fasti_line_kind kind;
    json_t *parsed = NULL;
    json_object_set_new(object, "kind", json_string(fasti_line_kind_name(line->kind)));
    char *text = json_dumps(object, JSON_COMPACT);
    FASTI_ASSERT(text != NULL);
    FASTI_ASSERT(fasti_ndjson_parse(text, strlen(text), &kind, &parsed, &detail) == FASTI_OK);
    FASTI_ASSERT(kind == line->kind);
    FASTI_ASSERT(fasti_line_decode(parsed, kind, NULL, &again, &detail) == FASTI_OK);
    same_verify(line, &again);
    json_decref(parsed);
    free(text);
}

static void weekdays_verify(const struct fasti_line *line) {
    char text[32];
    uint8_t weekdays = 0;
    if (line->kind != FASTI_LINE_OPENING || line->opening.weekdays == 0)
        return;
    fasti_weekdays_format(line->opening.weekdays, text);
    FASTI_ASSERT(fasti_weekdays_parse(text, &weekdays) == FASTI_OK);
    FASTI_ASSERT(weekdays == line->opening.weekdays);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fasti_line line, set;
    static struct arguments arguments;
    struct fasti_session session = {0};
    struct fasti_detail detail = {{0}};
    if (size < 2 || !arguments_cut(&arguments, data + 1, size - 1))
        return 0;
    const enum fasti_line_kind kind = (enum fasti_line_kind)(data[0] % FASTI_LINE_KINDS);
    struct fasti_command_spec spec = {.verb = "create", .help = "fuzz", .kind = kind};
    spec.fields = fasti_line_fields(kind, &spec.field_count);
    json_t *options = NULL;
    fasti_options_parse(&session, &spec, arguments.count, arguments.values,
                        ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, &options);
    FASTI_ASSERT(options != NULL);
    if (fasti_line_decode(options, kind, NULL, &line, &detail) == FASTI_OK) {
        FASTI_ASSERT(fasti_line_decode(options, kind, &line, &set, &detail) == FASTI_OK);
        same_verify(&line, &set);
        weekdays_verify(&line);
        import_verify(options, &line);
    } else {
        FASTI_ASSERT(detail.text[0] != '\0');
    }
    json_decref(options);
    return 0;
}
