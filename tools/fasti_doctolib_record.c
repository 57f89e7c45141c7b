/*
 * fasti_doctolib_record.c - fields of one object, and the list of what is left out.
 */
#include "tools/fasti_doctolib_record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"

/* ---- sentences ---- */

enum fasti_status fasti_doctolib_refuse(const struct fasti_doctolib_record *record,
                                        enum fasti_status status, const char *format, ...) {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fasti_detail_set(record->detail, status, "%s: %s", record->name, text);
}

void fasti_doctolib_note(const struct fasti_doctolib_record *record, const char *format, ...) {
    struct fasti_doctolib *feed = record->feed;
    char text[240];
    va_list arguments;
    if (feed->note_count++ >= FASTI_DOCTOLIB_NOTES_MAX)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_t *note = json_pack("{s:s, s:s}", "record", record->name, "text", text);
    if (note != NULL) /* else a text of the file was cut within a character */
        json_array_append_new(feed->notes, note);
}

/* ---- what is left out ---- */

/* What is kept of a field by its name; NULL: it is not there yet, and no more are told. */
static json_t *entry_of(const struct fasti_doctolib_record *record, const char *field,
                        bool may_add) {
    char key[96];
    snprintf(key, sizeof key, "%s.%s", record->kind, field);
    json_t *entry = json_object_get(record->feed->left_out, key);
    if (entry == NULL && may_add) {
        entry = json_pack("{s:s, s:s, s:i, s:[]}", "record", record->kind, "field", field, "count",
                          0, "of");
        json_object_set_new(record->feed->left_out, key, entry);
    }
    return entry;
}

static void field_leave(const struct fasti_doctolib_record *record, const char *field) {
    const bool has_room = json_object_size(record->feed->left_out) < FASTI_DOCTOLIB_FIELDS_MAX;
    const bool is_tellable = strlen(field) <= 48 && fasti_text_is_plain(field, strlen(field));
    json_t *entry = is_tellable ? entry_of(record, field, has_room) : NULL;
    if (entry == NULL)
        entry = entry_of(record, "(others)", true);
    json_t *count = json_object_get(entry, "count"), *of = json_object_get(entry, "of");
    json_integer_set(count, json_integer_value(count) + 1);
    json_t *name = json_string(record->name); /* NULL where a long id was cut within a character */
    if (name != NULL && json_array_size(of) < FASTI_DOCTOLIB_NOTES_MAX)
        json_array_append(of, name);
    json_decref(name);
}

bool fasti_doctolib_says(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_NULL:
    case JSON_FALSE: return false;
    case JSON_STRING: return json_string_length(value) > 0;
    case JSON_ARRAY: return json_array_size(value) > 0;
    case JSON_OBJECT: return json_object_size(value) > 0;
    case JSON_TRUE:
    case JSON_INTEGER:
    case JSON_REAL: break;
    }
    return true;
}

static bool is_listed(const char *name, const char *const *names) {
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void fasti_doctolib_leave_others(const struct fasti_doctolib_record *record,
                                 const char *const *read) {
    const char *name;
    json_t *value;
    /* jansson's iterators do not take const objects, though they change nothing. */
    json_t *object = json_incref((json_t *)(uintptr_t)record->object);
    json_object_foreach(object, name, value) {
        if (fasti_doctolib_says(value) && !is_listed(name, read))
            field_leave(record, name);
    }
    json_decref(object);
}

/* ---- fields ---- */

enum fasti_status fasti_doctolib_record_at(struct fasti_doctolib_record *record,
                                           const json_t *array, size_t index, const char *field) {
    record->object = json_array_get(array, index);
    snprintf(record->name, sizeof record->name, "%s[%zu]", field, index);
    return json_is_object(record->object)
               ? FASTI_OK
               : fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "is not an object");
}

enum fasti_status fasti_doctolib_number(const struct fasti_doctolib_record *record,
                                        const char *what, const json_t *value, int64_t *number) {
    *number = json_is_integer(value) ? json_integer_value(value) : 0;
    if (*number >= 1)
        return FASTI_OK;
    return fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "\"%.40s\" %s a whole number from 1",
                                 what, value == NULL ? "is missing; it must be" : "is not");
}

enum fasti_status fasti_doctolib_id(struct fasti_doctolib_record *record, int64_t *id) {
    FASTI_TRY(fasti_doctolib_number(record, "id", json_object_get(record->object, "id"), id));
    snprintf(record->name, sizeof record->name, "%s %lld", record->kind, (long long)*id);
    return FASTI_OK;
}

enum fasti_status fasti_doctolib_flag(const struct fasti_doctolib_record *record, const char *field,
                                      bool *flag) {
    const json_t *value = json_object_get(record->object, field);
    *flag = json_is_true(value);
    return value == NULL || json_is_null(value) || json_is_boolean(value)
               ? FASTI_OK
               : fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "\"%s\" is not true or false",
                                       field);
}

enum fasti_status fasti_doctolib_array(const struct fasti_doctolib_record *record,
                                       const char *field, const json_t **array) {
    *array = json_object_get(record->object, field);
    if (*array == NULL || json_is_null(*array))
        *array = NULL;
    else if (!json_is_array(*array))
        return fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "\"%s\" is not an array", field);
    return FASTI_OK;
}

/* So many bytes of a text as fit, whole characters only. */
static size_t cut(const char *text, size_t size, size_t most) {
    size_t end = size < most ? size : most;
    while (end < size && end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
        end--;
    return end;
}

void fasti_doctolib_name(const struct fasti_doctolib_record *record, const char *first,
                         const char *second, struct fasti_name_text *name) {
    const char *field = first;
    const json_t *value = json_object_get(record->object, first);
    if ((value == NULL || !fasti_doctolib_says(value)) && second != NULL) {
        field = second;
        value = json_object_get(record->object, second);
    }
    memset(name, 0, sizeof *name);
    if (value == NULL || !fasti_doctolib_says(value))
        return;
    const char *text = json_string_value(value);
    const size_t size = json_string_length(value);
    if (text == NULL || !fasti_text_is_plain(text, size)) {
        fasti_doctolib_note(record, "\"%s\" is not plain text: left out", field);
        return;
    }
    const size_t kept = cut(text, size, FASTI_NAME_BYTES_MAX);
    if (kept < size)
        fasti_doctolib_note(record, "\"%s\" has %zu bytes: cut to %d", field, size,
                            FASTI_NAME_BYTES_MAX);
    const enum fasti_status status = fasti_name_text_set(name, text, kept);
    FASTI_ASSERT(status == FASTI_OK);
}
