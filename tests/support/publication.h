/*
 * publication.h - a second, plain reading of a SMART publication, for what checks its import.
 *
 *   *.ndjson --line--> schedules, codings, slots --key (schedule, start, end)--> spans
 *
 * It shares no code with tools/fasti_smart*.c, and local time is the C library's (TZ), not ours.
 * What cannot be read ends the program. Threading: read by one, then anybody looks.
 */
#ifndef FASTI_TESTS_SUPPORT_PUBLICATION_H
#define FASTI_TESTS_SUPPORT_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "engine/base/limits.h"

#define PUBLICATION_SCHEDULES_MAX 4096
#define PUBLICATION_SPANS_MAX     65536
#define PUBLICATION_SHORT_SECONDS 3600 /* a slot of up to this length is one visit */

struct publication_span {
    uint32_t schedule; /* index in the publication's schedules */
    time_t start, end;
    int32_t day_first, day_last; /* local */
    bool is_free;
    int64_t places; /* of its slots together; -1: one of them does not say */
    uint32_t slots; /* with this key */
};

struct publication {
    uint32_t schedule_count, span_count, coding_count;
    char schedules[PUBLICATION_SCHEDULES_MAX][FASTI_ID_BYTES_MAX + 1];
    char codings[16][128]; /* distinct codes of all services */
    struct publication_span spans[PUBLICATION_SPANS_MAX];
};

/* All *.ndjson of a directory, added to *publication, which begins as zeros. is_civil: the wall
 * clock that is written counts, not the offset. */
void publication_read(struct publication *publication, const char *path, bool is_civil);

/* The index of a schedule, which is made when it is new. */
uint32_t publication_schedule(struct publication *publication, const char *id);

/* The local calendar day of an instant, in days since 1970. */
int32_t publication_day(time_t at);

#endif
