/*
 * fasti_busy_line.h - one line of busy times, as far as it can be checked without a server.
 *
 *   {"start":"2026-12-21","end":"2027-01-04","key":"winter leave"}
 *
 * Times stay text, since a local time needs the schedule's zone. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_BUSY_LINE_H
#define FASTI_TOOLS_FASTI_BUSY_LINE_H

#include "engine/booking/command.h"

struct fasti_busy_line {
    char start[FASTI_INSTANT_TEXT_BYTES], end[FASTI_INSTANT_TEXT_BYTES]; /* times or dates */
    uint64_t key; /* fasti_busy_key of its text; 0: it has none */
};

/* INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_busy_line_parse(const char *bytes, size_t size,
                                                       struct fasti_busy_line *line,
                                                       struct fasti_detail *detail);

#endif
