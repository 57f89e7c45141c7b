/*
 * stop.h - how a program that a session runs ends when it cannot go on: what, of which, exit 1.
 */
#ifndef FASTI_TESTS_SUPPORT_STOP_H
#define FASTI_TESTS_SUPPORT_STOP_H

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* At once, also with threads at work: no leak report. */
static inline _Noreturn void stop(const char *what, const char *which) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, which);
    fflush(NULL);
    _exit(1);
}

#endif
