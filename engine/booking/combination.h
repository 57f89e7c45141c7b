/*
 * combination.h - what can be had together: the question and its answer, as plain data.
 *
 *   step 0 ----- days ----> step 1 ----- days ----> ...        a chain; one step: a joint start
 *   | part 0: anna or bernd, for a visit                       each part: one of its choices
 *   | part 1: room-1 or room-2, 15 minutes later
 *
 * A series is one step so many times, each at its wished time or near it.
 *
 * One row of the answer is one row of a booking: an offer is booked as it stands, each step an
 * appointment of its parts. Data only.
 */
#ifndef FASTI_BOOKING_COMBINATION_H
#define FASTI_BOOKING_COMBINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/rules/facts.h"

struct fasti_combine_choice {
    fasti_schedule_id schedule;
    fasti_service_id service;
};

/* Its choices stand one after the other, in the order in which they are tried. */
struct fasti_combine_part {
    uint8_t choice_count;
    int16_t offset_minutes; /* from the step's start; of its first part 0; within a day */
};

/* Its parts stand one after the other. Its start is that of its first part; local times of it are
 * those of the first schedule of that part which there is. */
struct fasti_combine_step {
    uint8_t part_count;          /* 1 to FASTI_COMBINE_PARTS_MAX */
    uint16_t days_min, days_max; /* local dates from the start of the step before to its own; of
                                    the first step 0 */
};

struct fasti_combine_series {
    uint8_t count;       /* visits; 0: it is no series. Times parts at most FASTI_ITEMS_MAX */
    uint8_t near_days;   /* other starts lie at most so many days from the wished date */
    uint16_t every_days; /* from one wished date to the next: 1 to FASTI_COMBINE_DAYS_MAX */
    uint16_t minute;     /* wished, of the local day */
    fasti_date first;    /* wished date of the first visit; all lie in the query's dates */
};

/* Each part of an offer has another schedule than the others of its step; a step begins when all
 * of the step before it has ended, or later. */
struct fasti_combine_query {
    struct fasti_facts facts; /* no override */
    fasti_date first, last; /* local dates of every step's start; at most FASTI_COMBINE_DAYS_MAX */
    uint16_t from_minute, to_minute; /* a step's local start is in [from, to); to 0 = 1440 */
    uint8_t weekdays;                /* of steps' starts: bit 0 = Monday; 0 = all */
    uint8_t limit;                   /* offers: 1 to FASTI_COMBINE_OFFERS_MAX */
    int64_t after_utc_s;             /* last steps start after that; 0: page on with `next` */
    uint8_t step_count;              /* 1 to FASTI_COMBINE_STEPS_MAX */
    uint8_t part_count;              /* of all steps */
    uint8_t choice_count;            /* of all parts: 1 to FASTI_COMBINE_CHOICES_MAX */
    struct fasti_combine_step steps[FASTI_COMBINE_STEPS_MAX];
    struct fasti_combine_part parts[FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX];
    struct fasti_combine_choice choices[FASTI_COMBINE_CHOICES_MAX];
    struct fasti_combine_series series; /* one step; limit says nothing, and nothing is paged */
};

enum fasti_series_fate {
    FASTI_SERIES_WISHED = 1,
    FASTI_SERIES_NEAR = 2,      /* another start, the nearest that can be had */
    FASTI_SERIES_NONE = 3,      /* there is none near */
    FASTI_SERIES_UNDECIDED = 4, /* there was too much to look at */
};

/* An offer is row_count / count rows, by step and part: one for each start of the last step that
 * can be had, the earliest first; of several with that one, the one whose first step starts first,
 * then the second ...; of several with the same starts, the one with the choices named first. */
struct fasti_combine_answer {
    uint8_t count;       /* offers */
    uint16_t row_count;  /* of all offers */
    bool more;           /* there may be others: ask again with after = next */
    int64_t next_utc_s;  /* up to there all starts of last steps were looked at */
    uint8_t visit_count; /* of a series, as asked. Its offer has the rows of those that can be had,
                            in order: an appointment each */
    struct fasti_combine_visit {
        int64_t wished_utc_s; /* 0: no schedule says where that is */
        int16_t wished_offset_minutes;
        uint8_t fate; /* enum fasti_series_fate */
    } visits[FASTI_ITEMS_MAX];
    uint8_t choice_count;                       /* as asked */
    uint8_t reasons[FASTI_COMBINE_CHOICES_MAX]; /* enum fasti_reason: FREE, or why the choice
                                                   cannot be had at all */
    struct fasti_combine_row {
        fasti_schedule_id schedule;
        fasti_service_id service;
        int64_t start_utc_s;
        int16_t offset_minutes; /* local time there and then */
        uint16_t minutes;
        uint8_t appointment; /* of its offer: which step */
        uint8_t choice;      /* which of the query's */
    } rows[FASTI_COMBINE_ROWS_MAX];
};

#endif
