/*
 * fasti_columns.c - cells are kept until all widths are known. A table that finds no memory ends
 * the program: it is a tool's last step, and half a table would be a wrong answer.
 */
#include "tools/fasti_columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

void fasti_columns_init(struct fasti_columns *table, uint32_t columns) {
    FASTI_ASSERT(columns >= 1 && columns <= FASTI_COLUMNS_MAX);
    *table = (struct fasti_columns){.columns = columns};
}

void fasti_columns_deinit(struct fasti_columns *table) {
    for (uint32_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
}

static void out_of_memory(void) {
    fputs("fasti: no memory for the table\n", stderr);
    exit(3);
}

void fasti_columns_cell(struct fasti_columns *table, const char *format, ...) {
    if (table->count == table->room) {
        table->room = table->room == 0 ? 64 : table->room * 2;
        table->cells = realloc(table->cells, table->room * sizeof *table->cells);
        if (table->cells == NULL)
            out_of_memory();
    }
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&table->cells[table->count], format, arguments) < 0)
        out_of_memory();
    va_end(arguments);
    table->count++;
}

/* Code points: close enough to columns for ids and names. */
static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

void fasti_columns_print(const struct fasti_columns *table, FILE *file) {
    size_t widths[FASTI_COLUMNS_MAX] = {0};
    for (uint32_t i = 0; i < table->count; i++) {
        const size_t width = width_of(table->cells[i]);
        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
    size_t behind = 0; /* spaces owed before the next cell that is not empty */
    for (uint32_t i = 0; i < table->count; i++) {
        const uint32_t column = i % table->columns;
        const char *cell = table->cells[i];
        if (cell[0] != '\0') {
            fprintf(file, "%*s%s", (int)behind, "", cell);
            behind = 0;
        }
        behind += widths[column] - width_of(cell) + 2;
        if (column + 1 == table->columns) {
            putc('\n', file);
            behind = 0;
        }
    }
}
