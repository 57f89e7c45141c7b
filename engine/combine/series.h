/*
 * series.h - visits at the same local time every so many days, each at its wish or near it.
 *
 *   wishes, in order: those that can be had beside those before them
 *   the others, in order: the nearest start that can be had beside all that is placed
 *                         same day first, then a day before or after ...; of one distance in days
 *                         the nearest to the wished time of its day, then the earlier
 *
 * All placed visits are probed together each time, in order, as one booking will take them; they
 * follow each other as their wishes do, and none overlaps another. Threading: as lines.
 */
#ifndef FASTI_COMBINE_SERIES_H
#define FASTI_COMBINE_SERIES_H

#include "engine/combine/line.h"
#include "engine/combine/probe.h"

/* Room for a question about a series; one a worker. */
struct fasti_series {
    struct fasti_lines *lines;
    struct fasti_booking *booking;
    const struct fasti_command *command; /* its query was checked and is that of the lines */
    struct fasti_pending *pending;
    struct fasti_book *book;
    struct fasti_combine_answer *answer;
    enum fasti_probe_result failed; /* FREE: it did not */
    uint16_t minutes[FASTI_ITEMS_MAX];
    struct fasti_series_visit {
        bool is_placed;
        int32_t start, begin, end; /* minutes: of the first part; of all of them */
        uint8_t choices[FASTI_COMBINE_PARTS_MAX];
        uint16_t lengths[FASTI_COMBINE_PARTS_MAX];
    } visits[FASTI_ITEMS_MAX];
};

/* The series has but its pointers. Fills the answer's visits, and rows of those that are placed.
 * What was not decided when there was too much to look at is UNDECIDED. */
void fasti_series_find(struct fasti_series *series);

#endif
