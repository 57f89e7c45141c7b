/*
 * rooms.h - what the parts of fasti-bench-rooms share: its options and how a figure is printed.
 */
#ifndef FASTI_BENCH_ROOMS_H
#define FASTI_BENCH_ROOMS_H

#include <stdbool.h>
#include <stdint.h>

struct rooms_options {
    const char *directory; /* of the file that flush writes */
    uint32_t flush_seconds;
    const char *only; /* NULL: all of them */
    bool json;
    const char *kernel; /* chosen */
};

/* Prints a figure: what was done so many times in that time. */
void rooms_report(const struct rooms_options *options, const char *name, uint64_t count,
                  int64_t elapsed_ns);

/* ical: a calendar of 20 MB through the reader of iCalendar files, and through libical's own
 * (rooms_ical.c). */
void rooms_ical(const struct rooms_options *options);

/* compile: openings of many schedules to the patterns of their days (rooms_compile.c). */
void rooms_compile(const struct rooms_options *options);

#endif
