/*
 * fasti_ndjson.c - our own import lines: text to checked objects, in the order of an import.
 */
#include "tools/fasti_ndjson.h"

#include <stdlib.h>
#include <string.h>

#include "tools/fasti_lines.h"

static enum fasti_status parse_object(const json_t *object, enum fasti_line_kind *kind,
                                      struct fasti_detail *detail) {
    const char *name = fasti_field_text(object, "kind", NULL);
    if (name == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "\"kind\" is missing");
    if (!fasti_line_kind_find(name, kind))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "there is no kind \"%.30s\"; there are organization, location, "
                                "practitioner, service, schedule, opening, appointment, block",
                                name);
    struct fasti_line *line = malloc(sizeof *line);
    if (line == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the line");
    const enum fasti_status status = fasti_line_decode(object, *kind, NULL, line, detail);
    free(line);
    return status;
}

enum fasti_status fasti_ndjson_parse(const char *bytes, size_t size, enum fasti_line_kind *kind,
                                     json_t **object, struct fasti_detail *detail) {
    FASTI_TRY(fasti_field_parse(bytes, size, object, detail));
    const enum fasti_status status = parse_object(*object, kind, detail);
    if (status != FASTI_OK) {
        json_decref(*object);
        *object = NULL;
    }
    return status;
}

static enum fasti_status add_line(struct fasti_ndjson *file, const struct fasti_lines *lines,
                                  uint32_t *group, struct fasti_detail *detail) {
    struct fasti_ndjson_line line = {.number = lines->number};
    struct fasti_detail reason = {""};
    if (file->count == FASTI_NDJSON_LINES_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                "%.100s:%u: more than %u records: split the file", lines->name,
                                lines->number, FASTI_NDJSON_LINES_MAX);
    if (file->count == file->room) {
        const uint32_t room = file->room == 0 ? 256 : file->room * 2;
        struct fasti_ndjson_line *moved = realloc(file->lines, room * sizeof *moved);
        if (moved == NULL)
            return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for %.100s",
                                    lines->name);
        file->lines = moved;
        file->room = room;
    }
    const enum fasti_status status =
        fasti_ndjson_parse(lines->bytes, lines->size, &line.kind, &line.object, &reason);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "%.80s:%u: %.140s", lines->name, lines->number,
                                reason.text);
    *group += line.kind == FASTI_LINE_ORGANIZATION;
    line.group = *group;
    file->lines[file->count++] = line;
    return FASTI_OK;
}

/* ---- records named once ---- */

static bool has_id(const struct fasti_ndjson_line *line) {
    return line->kind != FASTI_LINE_APPOINTMENT && line->kind != FASTI_LINE_BLOCK;
}

/* By record: organization, kind, schedule (of an opening) and id. */
static int compare_records(const struct fasti_ndjson_line *a, const struct fasti_ndjson_line *b) {
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    const int order = a->kind != FASTI_LINE_OPENING
                          ? 0
                          : strcmp(fasti_field_text(a->object, "schedule", ""),
                                   fasti_field_text(b->object, "schedule", ""));
    return order != 0 ? order
                      : strcmp(fasti_field_text(a->object, "id", ""),
                               fasti_field_text(b->object, "id", ""));
}

static int compare_names(const void *a, const void *b) {
    const struct fasti_ndjson_line *const *x = a, *const *y = b;
    const int order = compare_records(*x, *y);
    return order != 0 ? order : ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

/* A record that is there twice is a slip of whoever wrote the file: which one counts? */
static enum fasti_status check_unique(const struct fasti_ndjson *file, const char *name,
                                      struct fasti_detail *detail) {
    const struct fasti_ndjson_line **lines = calloc((size_t)file->count + 1, sizeof *lines);
    if (lines == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for %.100s", name);
    uint32_t count = 0;
    for (uint32_t i = 0; i < file->count; i++)
        if (has_id(&file->lines[i]))
            lines[count++] = &file->lines[i];
    qsort(lines, count, sizeof *lines, compare_names);
    const struct fasti_ndjson_line *first = NULL, *again = NULL;
    for (uint32_t i = 1; i < count; i++)
        if (compare_records(lines[i - 1], lines[i]) == 0 &&
            (again == NULL || lines[i]->number < again->number)) {
            first = lines[i - 1];
            again = lines[i];
        }
    enum fasti_status status = FASTI_OK;
    if (again != NULL)
        status = fasti_detail_set(detail, FASTI_INVALID_FILE,
                                  "%.80s:%u: %s \"%.64s\" is in line %u already", name,
                                  again->number, fasti_line_kind_name(again->kind),
                                  fasti_field_text(again->object, "id", ""), first->number);
    free(lines);
    return status;
}

enum fasti_status fasti_ndjson_read_lines(struct fasti_ndjson *file, struct fasti_lines *lines,
                                          struct fasti_detail *detail) {
    uint32_t group = 0;
    enum fasti_status status;
    bool found;
    memset(file, 0, sizeof *file);
    while ((status = fasti_lines_next(lines, &found, detail)) == FASTI_OK && found) {
        status = add_line(file, lines, &group, detail);
        if (status != FASTI_OK)
            break;
    }
    return status == FASTI_OK ? check_unique(file, lines->name, detail) : status;
}

enum fasti_status fasti_ndjson_read(struct fasti_ndjson *file, const char *path,
                                    struct fasti_detail *detail) {
    struct fasti_lines lines;
    memset(file, 0, sizeof *file);
    FASTI_TRY(fasti_lines_open(&lines, path, detail));
    const enum fasti_status status = fasti_ndjson_read_lines(file, &lines, detail);
    fasti_lines_close(&lines);
    return status;
}

void fasti_ndjson_deinit(struct fasti_ndjson *file) {
    for (uint32_t i = 0; i < file->count; i++)
        json_decref(file->lines[i].object);
    free(file->lines);
    memset(file, 0, sizeof *file);
}

/* Appointments and blocks keep the order of the file among themselves. */
static uint32_t rank_of(enum fasti_line_kind kind) {
    return kind == FASTI_LINE_BLOCK ? FASTI_LINE_APPOINTMENT : (uint32_t)kind;
}

static int compare_lines(const void *a, const void *b) {
    const struct fasti_ndjson_line *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (rank_of(x->kind) != rank_of(y->kind))
        return rank_of(x->kind) < rank_of(y->kind) ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

void fasti_ndjson_sort(struct fasti_ndjson *file) {
    if (file->count > 0)
        qsort(file->lines, file->count, sizeof *file->lines, compare_lines);
}
