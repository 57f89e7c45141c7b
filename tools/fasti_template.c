/*
 * fasti_template.c - words in braces; see fasti_template.h.
 */
#include "tools/fasti_template.h"

#include <stdio.h>
#include <string.h>

#define TEXT_BYTES 1024 /* of a filled text; no field takes more */

/* ---- parsing ---- */

static bool has_location(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && strstr(text, "{location}") != NULL;
}

/* What is of one location must not be that of another, too. */
static enum fasti_status object_check(const json_t *object, bool is_of_several,
                                      enum fasti_line_kind *kind, struct fasti_detail *detail) {
    const char *name = json_string_value(json_object_get(object, "kind"));
    if (name == NULL || !fasti_line_kind_find(name, kind) ||
        (*kind != FASTI_LINE_SCHEDULE && *kind != FASTI_LINE_OPENING &&
         *kind != FASTI_LINE_SERVICE && *kind != FASTI_LINE_PRACTITIONER))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"kind\" must be practitioner, service, schedule or opening in a "
                                "template");
    if (*kind == FASTI_LINE_OPENING && json_object_get(object, "remove") != NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "a template opens, it takes nothing away");
    const bool is_schedule = *kind == FASTI_LINE_SCHEDULE;
    if (is_of_several && (is_schedule || *kind == FASTI_LINE_OPENING) &&
        !has_location(object, is_schedule ? "id" : "schedule"))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%s\" needs {location}: each location has a schedule of its own",
                                is_schedule ? "id" : "schedule");
    return FASTI_OK;
}

enum fasti_status fasti_template_parse(const char *bytes, size_t size, bool is_of_several,
                                       enum fasti_line_kind *kind, json_t **object,
                                       struct fasti_detail *detail) {
    FASTI_TRY(fasti_field_parse(bytes, size, object, detail));
    const enum fasti_status status = object_check(*object, is_of_several, kind, detail);
    if (status != FASTI_OK) {
        json_decref(*object);
        *object = NULL;
    }
    return status;
}

/* ---- filling ---- */

/* What a word stands for; NULL: there is no such word. */
static const char *value_of(const struct fasti_template_words *words, const char *name,
                            size_t length) {
    if (length == 8 && memcmp(name, "location", 8) == 0)
        return words->location;
    if (length == 4 && memcmp(name, "from", 4) == 0)
        return words->from;
    return length == 2 && memcmp(name, "to", 2) == 0 ? words->to : NULL;
}

static enum fasti_status text_fill(const struct fasti_template_words *words, const json_t *value,
                                   json_t **filled, struct fasti_detail *detail) {
    char out[TEXT_BYTES];
    size_t used = 0;
    const char *text = json_string_value(value);
    while (*text != '\0') {
        const size_t length = *text == '{' ? strcspn(text + 1, "}") : 0;
        const bool is_word = *text == '{' && text[1 + length] == '}';
        const char *part = is_word ? value_of(words, text + 1, length) : text;
        if (part == NULL)
            return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                    "there is no {%.*s}; there are: {location}, {from}, {to}",
                                    (int)(length < 40 ? length : 40), text + 1);
        const size_t part_size = is_word ? strlen(part) : 1;
        if (used + part_size >= sizeof out)
            return fasti_detail_set(detail, FASTI_INVALID_TEXT, "a text is longer than %d bytes",
                                    TEXT_BYTES - 1);
        memcpy(out + used, part, part_size);
        used += part_size;
        text += is_word ? length + 2 : 1;
    }
    *filled = json_stringn(out, used);
    return *filled != NULL ? FASTI_OK
                           : fasti_detail_set(detail, FASTI_INVALID_TEXT, "a text is not UTF-8");
}

static enum fasti_status value_fill(const struct fasti_template_words *words, const json_t *value,
                                    json_t **filled, struct fasti_detail *detail) {
    if (json_is_string(value))
        return text_fill(words, value, filled, detail);
    *filled = json_deep_copy(value);
    enum fasti_status status = FASTI_OK;
    for (size_t i = 0; i < json_array_size(value) && status == FASTI_OK; i++) {
        json_t *text;
        if (!json_is_string(json_array_get(value, i)))
            continue;
        status = text_fill(words, json_array_get(value, i), &text, detail);
        if (status == FASTI_OK)
            json_array_set_new(*filled, i, text);
    }
    if (status != FASTI_OK)
        json_decref(*filled);
    return status;
}

enum fasti_status fasti_template_fill(json_t *object, enum fasti_line_kind kind,
                                      const struct fasti_template_words *words, json_t **filled,
                                      struct fasti_line *line, struct fasti_detail *detail) {
    const char *name;
    json_t *value;
    enum fasti_status status = FASTI_OK;
    *filled = json_object();
    json_object_foreach(object, name, value) {
        json_t *own;
        if (status == FASTI_OK)
            status = value_fill(words, value, &own, detail);
        if (status == FASTI_OK)
            json_object_set_new(*filled, name, own);
    }
    if (status == FASTI_OK)
        status = fasti_line_decode(*filled, kind, NULL, line, detail);
    if (status != FASTI_OK) {
        json_decref(*filled);
        *filled = NULL;
    }
    return status;
}
