/*
 * fasti_ical_parts.h - the parts of the iCalendar reader, between its files.
 *
 * Private to tools/fasti_ical*.c.
 *
 *   fasti_ical.c         the read as a whole, and its result
 *   fasti_ical_file.c    lines, BEGIN and END -> items
 *   fasti_ical_line.c    one line -> values (libical)
 *   fasti_ical_zone.c    TZID -> zone
 *   fasti_ical_series.c  items of one UID -> spans (fasti_ical_rule.c expands their rules)
 *   fasti_ical_open.c    VAVAILABILITY -> openings
 */
#ifndef FASTI_TOOLS_FASTI_ICAL_PARTS_H
#define FASTI_TOOLS_FASTI_ICAL_PARTS_H

#include "tools/fasti_ical.h"
#include "tools/fasti_ical_rule.h"

#define FASTI_ICAL_NONE UINT32_MAX

/* A time as it is written: a wall clock and whose. */
struct fasti_ical_time {
    int64_t wall_s;
    bool is_date, is_utc;
    uint32_t tzid; /* index in the reader's zones; NONE: no TZID */
};

/* Days are nominal, seconds exact (RFC 5545 3.8.5.3); both have the same sign. */
struct fasti_ical_duration {
    int32_t days;
    int64_t seconds;
};

/* One value of a line. */
struct fasti_ical_value {
    struct fasti_ical_time time;
    bool has_end, has_duration; /* of a PERIOD */
    struct fasti_ical_time end;
    struct fasti_ical_duration duration; /* of a PERIOD or DURATION */
    int32_t offset_s;                    /* of a UTC-OFFSET */
};

enum fasti_ical_date_kind { FASTI_ICAL_RDATE, FASTI_ICAL_EXDATE, FASTI_ICAL_FREEBUSY };

struct fasti_ical_date {
    enum fasti_ical_date_kind kind;
    uint32_t line, next; /* of the same item */
    struct fasti_ical_value value;
};

struct fasti_ical_rule_text {
    uint32_t line, next; /* of the same item */
    uint32_t text;       /* in the reader's texts */
    uint32_t size;
};

enum fasti_ical_kind {
    FASTI_ICAL_SKIPPED,
    FASTI_ICAL_CALENDAR,
    FASTI_ICAL_EVENT,
    FASTI_ICAL_FREE_BUSY,
    FASTI_ICAL_AVAILABILITY,
    FASTI_ICAL_AVAILABLE,
    FASTI_ICAL_TIMEZONE,
    FASTI_ICAL_STANDARD,
    FASTI_ICAL_DAYLIGHT,
};

/* One component that is read. */
struct fasti_ical_item {
    enum fasti_ical_kind kind;
    uint32_t line;     /* of BEGIN */
    uint32_t parent;   /* item; NONE */
    uint32_t calendar; /* index in calendars */
    uint32_t uid;      /* in the reader's texts; 0: none */
    int64_t sequence;
    bool has_start, has_end, has_duration, has_recurrence, is_range;
    bool is_cancelled, is_transparent;
    struct fasti_ical_time start, end, recurrence;
    uint32_t start_line, end_line, recurrence_line;
    struct fasti_ical_duration duration;
    uint32_t first_date, last_date, first_rule, last_rule; /* NONE */
    int32_t offset_from_s, offset_to_s;                    /* STANDARD, DAYLIGHT */
    uint32_t tzid, location;                               /* TIMEZONE: texts; 0: none */
    uint8_t priority;                                      /* AVAILABILITY */
    bool is_superseded;
};

struct fasti_ical_calendar {
    uint32_t wr_zone; /* X-WR-TIMEZONE, index in zones; NONE */
};

/* A TZID that a time names, and what it means once it is looked up. */
struct fasti_ical_zone_use {
    uint32_t text; /* its name */
    uint32_t line; /* where it was first named */
    struct fasti_zone *zone;
};

struct fasti_ical_reader {
    const struct fasti_ical_options *options;
    struct fasti_ical *result;
    enum fasti_status status; /* OK while there are no refusals; LIMIT_MEMORY ends all */
    uint64_t steps;
    size_t library_bytes; /* lines that the library was given since its buffers were freed */
    uint32_t item_count, item_room, date_count, date_room, rule_count, rule_room;
    uint32_t calendar_count, calendar_room, busy_room, text_size, text_room;
    struct fasti_ical_item *items;
    struct fasti_ical_date *dates;
    struct fasti_ical_rule_text *rules;
    struct fasti_ical_calendar *calendars;
    char *texts; /* each with its NUL; the first one is empty */
    uint32_t zone_count;
    struct fasti_ical_zone_use zones[FASTI_ICAL_ZONES_MAX];
};

/* Writes a refusal down; LIMIT_* and INVALID_FILE become the read's status. Returns it. */
__attribute__((format(printf, 4, 5))) enum fasti_status
fasti_ical_refuse(struct fasti_ical_reader *reader, enum fasti_status status, uint32_t line,
                  const char *format, ...);

/* Room for one more of an array that doubles; false: no memory, which is refused. */
bool fasti_ical_grow(struct fasti_ical_reader *reader, void **items, uint32_t *room, uint32_t count,
                     size_t size);
/* A text kept with its NUL; 0 where there is no memory or it is empty. */
uint32_t fasti_ical_keep(struct fasti_ical_reader *reader, const char *bytes, size_t size);
const char *fasti_ical_text(const struct fasti_ical_reader *reader, uint32_t text);

/* Counts work; false: there is too much of it, which is refused. */
bool fasti_ical_work(struct fasti_ical_reader *reader, uint64_t steps, uint32_t line);

/* ---- lines ---- */

/* All components of a file into items. The first thing that is not iCalendar ends it. */
void fasti_ical_file_read(struct fasti_ical_reader *reader, const char *bytes, size_t size);

/* The index of a TZID, made when it is new; NONE: there are too many, which is refused. */
uint32_t fasti_ical_zone_named(struct fasti_ical_reader *reader, const char *name, uint32_t line);

/* The values of a line "NAME;PARAMETER=x:a,b" that ends with a NUL, one at a time. */
struct fasti_ical_line {
    uint32_t number;
    const char *text;
    bool is_range;     /* RANGE=THISANDFUTURE */
    bool is_free_time; /* FBTYPE=FREE */
};

typedef void fasti_ical_take(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                             const struct fasti_ical_line *line,
                             const struct fasti_ical_value *value);

/* Gives each value to take; a line that does not hold values of its kind is refused. */
void fasti_ical_line_values(struct fasti_ical_reader *reader, struct fasti_ical_item *item,
                            struct fasti_ical_line *line, fasti_ical_take *take);

/* Frees what the library keeps of lines. */
void fasti_ical_line_forget(struct fasti_ical_reader *reader);

/* ---- zones ---- */

/* Looks up every TZID that a time names. */
void fasti_ical_zones_resolve(struct fasti_ical_reader *reader);
void fasti_ical_zones_free(struct fasti_ical_reader *reader);

/* The zone of a time of an item; NULL for UTC. */
const struct fasti_zone *fasti_ical_zone_of(const struct fasti_ical_reader *reader,
                                            const struct fasti_ical_item *item,
                                            const struct fasti_ical_time *time);
int64_t fasti_ical_utc(const struct fasti_zone *zone, int64_t wall_s);
int64_t fasti_ical_wall(const struct fasti_zone *zone, int64_t utc_s);

/* ---- series ---- */

struct fasti_ical_span {
    int64_t start_utc_s, end_utc_s; /* may be swapped or empty */
    int64_t recurrence_utc_s;
    uint32_t item;
};

struct fasti_ical_spans {
    uint32_t count, room;
    struct fasti_ical_span *spans;
};

/* Of items with one uid, those that count: sets is_superseded on the others. Adds the spans that
 * meet the window, cancelled ones left out. starts_count: does DTSTART count where its rule does
 * not name it? (It does in a VEVENT, not in an AVAILABLE.) */
void fasti_ical_series(struct fasti_ical_reader *reader, const uint32_t *items, uint32_t count,
                       bool starts_count, struct fasti_ical_spans *spans);

/* Moments that a rule of a zone's observance or an RDATE names, in its own wall clock, up to
 * last_wall_s: take(context, wall_s). */
struct fasti_ical_walls {
    uint32_t count, room;
    int64_t *walls;
};
void fasti_ical_observance(struct fasti_ical_reader *reader, const struct fasti_ical_item *item,
                           int64_t last_wall_s, struct fasti_ical_walls *walls);

/* Orders items by uid, then as in the file; items without uid are alone. */
uint32_t *fasti_ical_groups(struct fasti_ical_reader *reader, enum fasti_ical_kind kind,
                            uint32_t parent, uint32_t *count);
/* How many from `first` on are one group. */
uint32_t fasti_ical_group_size(const struct fasti_ical_reader *reader, const uint32_t *items,
                               uint32_t first, uint32_t count);

/* ---- openings ---- */

void fasti_ical_open(struct fasti_ical_reader *reader);

#endif
