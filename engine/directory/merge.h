/*
 * merge.h - the openings that a schedule has after a put.
 *
 *   published (by id)  +  listed (any order)  --mode, source-->  merged (by id)
 *
 * One code path for check and publish: check compares the result with what is published, publish
 * copies it into the new configuration. Under the configuration lock.
 */
#ifndef FASTI_DIRECTORY_MERGE_H
#define FASTI_DIRECTORY_MERGE_H

#include "engine/directory/state.h"

/* Scratch and result; big (160 KiB): one a directory. */
struct fasti_merge {
    uint32_t count;
    bool is_changed; /* the result differs from what was published */
    const struct fasti_opening *order[FASTI_OPENINGS_MAX]; /* the listed ones, by id */
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
};

/* services: dense ids of put->body.openings.service_names (0 where only staged). Listed openings
 * must name services within the count. INVALID_OPENING: an id is listed twice or belongs to another
 * source; EXISTS; LIMIT_RECORDS. config may be NULL. */
FASTI_MUST_USE enum fasti_status fasti_openings_merge(struct fasti_merge *merge,
                                                      const struct fasti_schedule_config *config,
                                                      const struct fasti_put *put,
                                                      const fasti_service_id *services,
                                                      struct fasti_detail *detail);

#endif
