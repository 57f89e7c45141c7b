/*
 * fasti_ics_map.h - which events of a calendar belong to which schedule, by their UIDs.
 *
 *   {"uid":"2f9c1b@example.org","schedule":"anna"}     a line each; lines sorted by uid once read
 *
 * Knows no server: schedules are texts. One map belongs to one thread.
 */
#ifndef FASTI_TOOLS_FASTI_ICS_MAP_H
#define FASTI_TOOLS_FASTI_ICS_MAP_H

#include "tools/fasti_ical.h"

#define FASTI_ICS_MAP_MAX 65536 /* lines: as many as a file may have components */

struct fasti_ics_mapping {
    char uid[FASTI_ICAL_UID_BYTES_MAX + 1];
    struct fasti_id_text schedule;
    uint32_t line;
    uint32_t target; /* the caller's number of the schedule */
};

struct fasti_ics_map {
    struct fasti_ics_mapping *rows; /* by uid, each once */
    uint32_t count, room;
};

/* One line. INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_ics_map_parse(const char *bytes, size_t size,
                                                     struct fasti_ics_mapping *row,
                                                     struct fasti_detail *detail);

/* A file of them ("-": standard input) into *map, which is to be deinited whatever is returned.
 * A sentence names file and line. */
FASTI_MUST_USE enum fasti_status fasti_ics_map_read(const char *path, struct fasti_ics_map *map,
                                                    struct fasti_detail *detail);
void fasti_ics_map_deinit(struct fasti_ics_map *map);

/* NULL: the map does not name it. */
const struct fasti_ics_mapping *fasti_ics_map_find(const struct fasti_ics_map *map,
                                                   const char *uid);

#endif
