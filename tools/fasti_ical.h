/*
 * fasti_ical.h - an iCalendar file (RFC 5545, RFC 7953), read into what it blocks and opens.
 *
 *   bytes --lines--> components --series, zones--> busy spans, openings
 *                        |
 *                        `--> refusals: what is wrong, with its line; then nothing else is there
 *
 * VEVENT and VFREEBUSY become busy spans, VAVAILABILITY becomes openings; VTODO, VJOURNAL, VALARM
 * and what else a file has are skipped and counted. Names, summaries and attendees are not read.
 * What each decision is (times that do not exist, swapped ends, all-day events, replaced versions)
 * says tools/ICALENDAR.md. One read belongs to one thread.
 */
#ifndef FASTI_TOOLS_FASTI_ICAL_H
#define FASTI_TOOLS_FASTI_ICAL_H

#include "api/zoneinfo.h"
#include "engine/booking/command.h"

#define FASTI_ICAL_FILE_BYTES_MAX  (32 * 1024 * 1024)
#define FASTI_ICAL_LINE_BYTES_MAX  (64 * 1024) /* of a property that is read, unfolded */
#define FASTI_ICAL_UID_BYTES_MAX   255
#define FASTI_ICAL_COMPONENTS_MAX  (1 << 16) /* that are read, of one file */
#define FASTI_ICAL_DATES_MAX       (1 << 18) /* RDATE, EXDATE and FREEBUSY values of one file */
#define FASTI_ICAL_ZONES_MAX       64        /* TZIDs of one file */
#define FASTI_ICAL_BUSY_MAX        (1 << 16) /* busy spans of one read */
#define FASTI_ICAL_WINDOW_DAYS_MAX 3660
#define FASTI_ICAL_STEPS_MAX       (UINT64_C(1) << 26) /* days and instances looked at in a file */
#define FASTI_ICAL_REFUSALS_MAX    32

/* Time that is taken. Spans may overlap each other; none is empty. */
struct fasti_ical_busy {
    int64_t start_utc_s, end_utc_s; /* meets the window; not cut to it */
    int64_t recurrence_utc_s;       /* which instance of its series: when it began first */
    const char *uid;                /* "" where the file has none; lives as long as the result */
    uint32_t line;                  /* of the component's BEGIN */
};

struct fasti_ical_refusal {
    uint32_t line; /* 0: of the file as a whole */
    char text[200];
};

/* What was read and what was left out, for a report. */
struct fasti_ical_counts {
    uint32_t events;      /* VEVENT components */
    uint32_t instances;   /* of their series that meet the window, before the three below */
    uint32_t transparent; /* instances that take no time: TRANSPARENT, or shown as free */
    uint32_t empty;       /* instances without length */
    uint32_t swapped;    /* instances whose end was before their start: taken the other way round */
    uint32_t cancelled;  /* components with STATUS:CANCELLED */
    uint32_t superseded; /* components that a later version of theirs replaces */
    uint32_t skipped;    /* components without meaning here: VTODO, VJOURNAL, VALARM ... */
    uint32_t odd_lines;  /* lines that are no property, after one that is not read */
    uint32_t freebusy;   /* VFREEBUSY components */
    uint32_t available;  /* AVAILABLE components */
};

struct fasti_ical {
    uint32_t busy_count;
    struct fasti_ical_busy *busy; /* by start, end */
    uint32_t opening_count;
    struct fasti_opening *openings; /* WEEKLY and INSTANT, ids from their content, all services */
    bool has_availability;          /* there is a VAVAILABILITY: outside openings it is closed */
    uint32_t refusal_count;         /* more than are listed, it may be */
    struct fasti_ical_refusal refusals[FASTI_ICAL_REFUSALS_MAX];
    struct fasti_ical_counts counts;
    char *texts; /* the uids */
};

struct fasti_ical_options {
    struct fasti_zoneinfo *zoneinfo; /* where TZIDs are looked up */
    const struct fasti_zone *zone;   /* the place's: all-day events and times without a zone */
    int64_t from_utc_s, to_utc_s;    /* the window; at most FASTI_ICAL_WINDOW_DAYS_MAX long */
};

/* Reads a file. OK: *result has all that the file says of the window. INVALID_FILE or
 * LIMIT_RECORDS: *result has the refusals and nothing else, *detail the first of them with its
 * line; INVALID_RANGE: the window. *result is NULL where there is no memory (LIMIT_MEMORY), else it
 * is to be destroyed. */
FASTI_MUST_USE enum fasti_status fasti_ical_read(const char *bytes, size_t size,
                                                 const struct fasti_ical_options *options,
                                                 struct fasti_ical **result,
                                                 struct fasti_detail *detail);

/* The same of a file by its path; IO_OPEN and IO_READ, too. Sentences do not name the path. */
FASTI_MUST_USE enum fasti_status fasti_ical_read_file(const char *path,
                                                      const struct fasti_ical_options *options,
                                                      struct fasti_ical **result,
                                                      struct fasti_detail *detail);

void fasti_ical_destroy(struct fasti_ical *result); /* may be NULL */

#endif
