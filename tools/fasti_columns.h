/*
 * fasti_columns.h - short tables for people: columns as wide as their widest cell.
 */
#ifndef FASTI_TOOLS_FASTI_COLUMNS_H
#define FASTI_TOOLS_FASTI_COLUMNS_H

#include <stdint.h>
#include <stdio.h>

#define FASTI_COLUMNS_MAX 8

struct fasti_columns {
    uint32_t columns; /* 1 to FASTI_COLUMNS_MAX */
    uint32_t count, room;
    char **cells; /* owned copies, by row */
};

void fasti_columns_init(struct fasti_columns *table, uint32_t columns);
void fasti_columns_deinit(struct fasti_columns *table);

/* Adds the next cell, by row; printf's format. Cells are UTF-8. */
__attribute__((format(printf, 2, 3))) void fasti_columns_cell(struct fasti_columns *table,
                                                              const char *format, ...);

/* Prints all rows, two spaces between columns, no space at the end of a line. */
void fasti_columns_print(const struct fasti_columns *table, FILE *file);

#endif
