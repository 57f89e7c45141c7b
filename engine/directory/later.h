/*
 * later.h - leaving a schedule's or service's days for the end of a row of publishes.
 */
#ifndef FASTI_DIRECTORY_LATER_H
#define FASTI_DIRECTORY_LATER_H

#include "engine/directory/compile.h"

/* false: later is NULL or has no room; compile at once. */
bool fasti_later_schedule(struct fasti_compile_later *later, fasti_schedule_id schedule,
                          const struct fasti_schedule_config *old, enum fasti_touch touch);
bool fasti_later_service(struct fasti_compile_later *later, fasti_service_id service);

#endif
