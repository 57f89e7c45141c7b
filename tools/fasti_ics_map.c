/*
 * fasti_ics_map.c - lines of UIDs and schedules, sorted; see fasti_ics_map.h.
 */
#include "tools/fasti_ics_map.h"

#include <stdlib.h>
#include <string.h>

#include "tools/fasti_fields.h"
#include "tools/fasti_lines.h"

static const struct fasti_field map_fields[] = {
    {"uid", FASTI_FIELD_TEXT, true, NULL, NULL},
    {"schedule", FASTI_FIELD_TEXT, true, NULL, NULL},
};

static enum fasti_status read_object(const json_t *object, struct fasti_ics_mapping *row,
                                     struct fasti_detail *detail) {
    FASTI_TRY(fasti_fields_check(object, map_fields, 2, false, NULL, detail));
    const char *uid = fasti_field_text(object, "uid", "");
    const size_t size = strlen(uid);
    if (size == 0 || size > FASTI_ICAL_UID_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_TEXT, "\"uid\" must have 1 to %d bytes",
                                FASTI_ICAL_UID_BYTES_MAX);
    memcpy(row->uid, uid, size + 1);
    return fasti_field_id("schedule", fasti_field_text(object, "schedule", ""), &row->schedule,
                          detail);
}

enum fasti_status fasti_ics_map_parse(const char *bytes, size_t size, struct fasti_ics_mapping *row,
                                      struct fasti_detail *detail) {
    memset(row, 0, sizeof *row);
    json_t *object;
    FASTI_TRY(fasti_field_parse(bytes, size, &object, detail));
    const enum fasti_status status = read_object(object, row, detail);
    json_decref(object);
    return status;
}

static enum fasti_status row_add(struct fasti_ics_map *map, const struct fasti_ics_mapping *row,
                                 struct fasti_detail *detail) {
    if (map->count == FASTI_ICS_MAP_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS, "a map has at most %d lines",
                                FASTI_ICS_MAP_MAX);
    if (map->count == map->room) {
        const uint32_t room = map->room == 0 ? 64 : 2 * map->room;
        struct fasti_ics_mapping *moved = realloc(map->rows, room * sizeof *moved);
        if (moved == NULL)
            return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the map");
        map->rows = moved;
        map->room = room;
    }
    map->rows[map->count++] = *row;
    return FASTI_OK;
}

static int compare_rows(const void *left, const void *right) {
    const struct fasti_ics_mapping *a = left, *b = right;
    const int order = strcmp(a->uid, b->uid);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static enum fasti_status read_rows(struct fasti_lines *lines, struct fasti_ics_map *map,
                                   struct fasti_detail *detail) {
    struct fasti_ics_mapping row;
    struct fasti_detail why;
    bool found = true;
    for (;;) {
        FASTI_TRY(fasti_lines_next(lines, &found, detail));
        if (!found)
            return FASTI_OK;
        enum fasti_status status = fasti_ics_map_parse(lines->bytes, lines->size, &row, &why);
        row.line = lines->number;
        if (status == FASTI_OK)
            status = row_add(map, &row, &why);
        if (status != FASTI_OK)
            return fasti_detail_set(detail, status, "%.100s:%u: %.150s", lines->name, lines->number,
                                    why.text);
    }
}

enum fasti_status fasti_ics_map_read(const char *path, struct fasti_ics_map *map,
                                     struct fasti_detail *detail) {
    struct fasti_lines lines;
    *map = (struct fasti_ics_map){NULL, 0, 0};
    enum fasti_status status = fasti_lines_open(&lines, path, detail);
    if (status == FASTI_OK)
        status = read_rows(&lines, map, detail);
    if (status == FASTI_OK && map->count > 0)
        qsort(map->rows, map->count, sizeof *map->rows, compare_rows);
    for (uint32_t i = 1; i < map->count && status == FASTI_OK; i++)
        if (strcmp(map->rows[i - 1].uid, map->rows[i].uid) == 0)
            status = fasti_detail_set(detail, FASTI_INVALID_FILE,
                                      "%.100s:%u: line %u has this \"uid\" already", lines.name,
                                      map->rows[i].line, map->rows[i - 1].line);
    fasti_lines_close(&lines);
    return status;
}

void fasti_ics_map_deinit(struct fasti_ics_map *map) {
    free(map->rows);
    *map = (struct fasti_ics_map){NULL, 0, 0};
}

const struct fasti_ics_mapping *fasti_ics_map_find(const struct fasti_ics_map *map,
                                                   const char *uid) {
    uint32_t low = 0, high = map->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = strcmp(map->rows[middle].uid, uid);
        if (order == 0)
            return &map->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
