/*
 * panic.c - the end of a process that found itself wrong: one line on stderr, then abort().
 */
#include "engine/base/panic.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void fasti_panic(const char *file, int line, const char *text) {
    fprintf(stderr, "fasti: bug: %s:%d: %s does not hold; the process stops\n", file, line, text);
    fflush(stderr);
    abort();
}
