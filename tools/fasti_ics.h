/*
 * fasti_ics.h - the parts of "fasti import ics": a calendar file shared out among schedules.
 *
 *   options, map --> targets (schedule, its place's zone)            fasti_import_ics.c
 *   file --read in each zone--> times of each target, openings       fasti_ics_read.c
 *   openings: one import; times: fasti_busy_run, target by target    fasti_import_ics.c
 *   counts, conflicts, refusals                                      fasti_ics_report.c
 *
 * Nothing is sent before the whole file was read for all targets. One import, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_ICS_H
#define FASTI_TOOLS_FASTI_ICS_H

#include "tools/fasti_busy.h"
#include "tools/fasti_ics_map.h"

#define FASTI_ICS_TARGETS_MAX  4096 /* schedules of one import */
#define FASTI_ICS_DAYS_DEFAULT 400  /* how far ahead, where --until is not said */

/* A schedule, and what of the file is its own. */
struct fasti_ics_target {
    struct fasti_id_text text;
    fasti_schedule_id id;
    struct fasti_id_text zone; /* of its place: what days and times without a zone mean */
    struct fasti_busy_times times;
    struct fasti_busy_result result; /* zeros until its blocks were set */
};

struct fasti_ics {
    struct fasti_session *session;
    const char *path, *zoneinfo_path;
    const char *source_name;
    uint32_t source;
    bool is_dry_run, skips_unmapped;
    int64_t from_utc_s, to_utc_s; /* the window */

    struct fasti_ics_map map; /* targets of its rows are filled */
    bool has_main;            /* targets[0] is that of --schedule: it takes what is not mapped */
    bool had_openings;        /* of this source, before: a file without any takes them away */
    struct fasti_ics_target *targets;
    uint32_t target_count, target_room;

    /* what the file had */
    struct fasti_ical_counts counts; /* as read for targets[0] */
    uint32_t busy, unmapped;         /* spans; those that the map sends nowhere */
    bool has_availability;
    struct fasti_opening *openings; /* owned; of targets[0] */
    uint32_t opening_count;

    /* what became of it */
    struct fasti_import_answer published; /* the openings */
    uint32_t uncovered_count;             /* appointments that no opening covers any more */
    json_t *uncovered;
};

/* Reads the file for all targets. A failure is printed, every refusal of it. */
FASTI_MUST_USE enum fasti_exit fasti_ics_read(struct fasti_ics *ics);

/* Prints refusals, `listed` of `count`, with the file's name; INVALID, or FAILED where there is no
 * memory. */
enum fasti_exit fasti_ics_refuse(struct fasti_ics *ics, enum fasti_status status,
                                 const struct fasti_ical_refusal *refusals, uint32_t listed,
                                 uint32_t count);

/* Prints what was done. */
void fasti_ics_report(const struct fasti_ics *ics);

#endif
