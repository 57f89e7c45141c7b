/*
 * compile.h - writes the patterns of a schedule's days and makes the plans of its services.
 *
 *   chunks before today - 1     patterns of the past become 0 (not compiled)
 *   today - 1 ... + 400 days    compiled; a chunk is made only where some opening opens time
 *   chunks that exist later     compiled
 *
 * Runs after the new configuration is visible. Nothing here can fail: a day for which there is no
 * memory, or no room for its pattern or plan, stays "not compiled" and readers compute it.
 * Threading: under the configuration lock.
 */
#ifndef FASTI_DIRECTORY_COMPILE_H
#define FASTI_DIRECTORY_COMPILE_H

#include "engine/directory/state.h"

/* Which existing days from today - 1 on are touched. */
enum fasti_touch {
    FASTI_TOUCH_CHANGED, /* whose spans are other ones than before */
    FASTI_TOUCH_OPEN,    /* these and all that are open: what is offered changed */
    FASTI_TOUCH_USED,    /* these and all that ever held anything: ticks mean other instants */
};
/* A paused schedule is compiled, too, but none of its days is touched: no claim is under way. */

/* What waits for fasti_publish_finish: a schedule edited a thousand times is compiled once. */
struct fasti_later_item {
    fasti_schedule_id schedule;
    uint32_t order;                          /* of the edits */
    const struct fasti_schedule_config *old; /* before this edit; retired, readable until the end */
    enum fasti_touch touch;
};
struct fasti_compile_later {
    struct fasti_later_item *items;
    uint32_t count, capacity;
    fasti_service_id *services;
    uint32_t service_count, service_capacity;
};

/* NULL when there is no memory. */
struct fasti_compiler *fasti_compiler_create(void);
void fasti_compiler_destroy(struct fasti_compiler *compiler);

/* old: the configuration that the days' patterns were compiled from, NULL for a new schedule. */
void fasti_compile_schedule(struct fasti_directory *directory, fasti_schedule_id schedule,
                            const struct fasti_schedule_config *old, enum fasti_touch touch,
                            const struct fasti_publish *publish);

/* Every day's pattern becomes "not compiled", so that nobody reads it with another zone or
 * resolution: before such a configuration is published. */
void fasti_compile_forget(struct fasti_directory *directory, fasti_schedule_id schedule);

/* A service has another duration or grid: its plans on the existing days of every schedule that
 * offers it; their open days are touched. */
void fasti_compile_service(struct fasti_directory *directory, fasti_service_id service,
                           const struct fasti_publish *publish);

#endif
