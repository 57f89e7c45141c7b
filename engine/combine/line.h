/*
 * line.h - the starts of a question's choices and steps, as bits of one line of minutes.
 *
 *   minute 0 = 00:00 UTC four days before the first date; bit m: a visit may start at minute m
 *
 *   choice   the free starts of one schedule and service, from its days, filled as they are needed
 *   step     dates, weekdays and hours of its local time  &  for each part: some choice is free
 *            at that minute + the part's offset
 *
 * What a choice's bits say comes from search/row.h, whatever the zone and resolution of each
 * schedule. A day of a choice is looked at once. Never writes. Threading: the worker's own, online
 * in the epoch.
 */
#ifndef FASTI_COMBINE_LINE_H
#define FASTI_COMBINE_LINE_H

#include "engine/search/row.h"

#define FASTI_LINE_MARGIN_DAYS 4 /* offsets of zones and parts, and a day around, reach so far */
#define FASTI_LINE_DAYS        (FASTI_COMBINE_DAYS_MAX + 2 * FASTI_LINE_MARGIN_DAYS)
#define FASTI_LINE_WORDS       ((FASTI_LINE_DAYS * FASTI_DAY_MINUTES + 63) / 64)
#define FASTI_LINE_MINUTES     (FASTI_LINE_WORDS * 64)

struct fasti_line_day {
    int32_t start_minute;
    uint16_t minutes; /* of every visit; 0: they differ */
};

struct fasti_line_choice {
    const struct fasti_schedule_config *config; /* NULL: it cannot be had */
    fasti_date first, next, last;               /* days of its zone: filled are those before next */
    int32_t filled_end;                         /* minutes before it are as they are */
    struct fasti_line_day days[FASTI_LINE_DAYS];
    uint64_t words[FASTI_LINE_WORDS];
};

struct fasti_line_step {
    const struct fasti_zone *zone; /* NULL: no choice of its first part can be had */
    uint32_t part_first;           /* of the query */
    uint32_t word_next;            /* words before it are as they are; later ones still lack the
                                      choices */
    uint64_t words[FASTI_LINE_WORDS];
    int32_t
        date_minutes[FASTI_COMBINE_DAYS_MAX + 1]; /* where each date begins; and the last ends */
};

/* A question's lines; one a worker, memory that is touched as far as it is needed. */
struct fasti_lines {
    struct fasti_search *search;
    const struct fasti_combine_query *query;
    fasti_organization_id organization;
    int64_t now_ms, base_utc_s;
    uint32_t looks;   /* so far: days, starts, choices */
    bool is_cut;      /* there was more to look at than one question may */
    bool has_changed; /* another configuration was published meanwhile: begin again */
    uint32_t day_count;
    uint32_t choice_first[FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX]; /* by part */
    uint8_t reasons[FASTI_COMBINE_CHOICES_MAX];
    struct fasti_row row;
    struct fasti_line_step steps[FASTI_COMBINE_STEPS_MAX];
    struct fasti_line_choice choices[FASTI_COMBINE_CHOICES_MAX];
};

/* Lines of a query that was checked, with nothing but its dates and hours. The caller has set
 * search, query, organization, now_ms. */
void fasti_lines_begin(struct fasti_lines *lines);

/* One thing more is looked at; false: it is too much. */
static inline bool fasti_lines_look(struct fasti_lines *lines, uint32_t count) {
    lines->is_cut = lines->is_cut || lines->looks + count > FASTI_COMBINE_LOOKS_MAX;
    lines->looks += lines->is_cut ? 0 : count;
    return !lines->is_cut;
}

/* A step's starts of one word of minutes. */
uint64_t fasti_lines_word(struct fasti_lines *lines, uint32_t step, uint32_t word);

/* May a visit of the choice start at a minute? Days are filled as far as that. */
bool fasti_lines_free(struct fasti_lines *lines, uint32_t choice, int32_t minute);

/* How long a visit of the choice that starts at a free minute is; 0: it is taken by now. */
uint32_t fasti_lines_length(struct fasti_lines *lines, uint32_t choice, int32_t minute);

/* Index, from the query's first date on, of the local date of a step's start. */
uint32_t fasti_lines_date(const struct fasti_lines *lines, uint32_t step, int32_t minute);

static inline int64_t fasti_lines_utc_s(const struct fasti_lines *lines, int32_t minute) {
    return lines->base_utc_s + minute * INT64_C(60);
}

#endif
