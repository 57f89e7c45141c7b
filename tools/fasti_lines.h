/*
 * fasti_lines.h - text files read a line at a time, with caps.
 *
 * A line holds at most FASTI_LINE_BYTES_MAX bytes without its line end ("\n" or "\r\n"); lines
 * count from 1, so that an error can name FILE:LINE. Empty lines are passed over. One reader
 * belongs to one thread.
 */
#ifndef FASTI_TOOLS_FASTI_LINES_H
#define FASTI_TOOLS_FASTI_LINES_H

#include <stdio.h>

#include "engine/booking/command.h"

#define FASTI_LINE_BYTES_MAX (UINT32_C(1) << 20)
#define FASTI_LINES_MAX      (UINT32_C(1) << 22) /* of one file */

struct fasti_lines {
    FILE *file;
    char name[256];  /* for messages: the path, or "(standard input)" */
    uint32_t number; /* of the current line; 0 before the first */
    char *bytes;     /* the current line, NUL-terminated; valid until the next call */
    size_t size;
    uint32_t number_max; /* FASTI_LINES_MAX, unless the reader raises it */
    bool is_again;       /* the reader sets it: the next line is the current one once more */
};

/* path "-": standard input. IO_OPEN, INVALID_FILE (a directory), LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_lines_open(struct fasti_lines *lines, const char *path,
                                                  struct fasti_detail *detail);
void fasti_lines_close(struct fasti_lines *lines);

/* Moves to the next line that is not empty; *found false at the end of the file. INVALID_FILE: a
 * line or the file is too long, or holds a NUL (lines->number says where); IO_READ. */
FASTI_MUST_USE enum fasti_status fasti_lines_next(struct fasti_lines *lines, bool *found,
                                                  struct fasti_detail *detail);

#endif
