/*
 * engine_copy.h - what one engine keeps, made again in another one by commands alone.
 *
 *   DESCRIBE kind by kind, by dense id --PUT--> the same dense ids
 *   EXPORT page by page --LOAD, a few records at a time--> the same records
 */
#ifndef FASTI_TESTS_SUPPORT_ENGINE_COPY_H
#define FASTI_TESTS_SUPPORT_ENGINE_COPY_H

#include "tests/support/engine_world.h"

/* A new world of the same clock, with few workers and a small disk. Ends the process with a
 * sentence where a command does not do what it should. The digests are the caller's to compare. */
struct engine_world *engine_copy(struct engine_world *from);

#endif
