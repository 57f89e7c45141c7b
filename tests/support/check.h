/*
 * check.h - the assertion of plain test programs: says where and what, then ends the program
 * at once (no leak report: what is left behind is not the point).
 */
#ifndef FASTI_TESTS_SUPPORT_CHECK_H
#define FASTI_TESTS_SUPPORT_CHECK_H

#include <stdio.h>
#include <unistd.h>

#define CHECK(condition, ...)                                                       \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: FAILED: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                           \
            fprintf(stderr, "\n");                                                  \
            fflush(stderr);                                                         \
            _exit(1);                                                               \
        }                                                                           \
    } while (0)

#endif
