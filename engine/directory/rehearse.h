/*
 * rehearse.h - what edits would do, before anybody can see them.
 *
 * A rehearsal is a directory of its own that begins with the records of another one: the tables of
 * pointers are copied, the records are shared and never written. Check and publish run on it as
 * they do on the real one, but compile no day, touch nothing and retire nothing; ending it frees
 * what it made. So a staged import is decided by the very code that will publish it, and what
 * passes here can fail there only for want of memory.
 * Threading: under the configuration lock.
 */
#ifndef FASTI_DIRECTORY_REHEARSE_H
#define FASTI_DIRECTORY_REHEARSE_H

#include "engine/directory/directory.h"

/* NULL: no memory. */
struct fasti_directory *fasti_rehearsal_begin(const struct fasti_directory *directory);
/* Is every schedule that the rehearsal makes or changes, or whose services it changes, in agreement
 * (agree.h)? published: where it began. INVALID_RESOLUTION, INVALID_REFERENCE: *schedule is the
 * first that is not. */
FASTI_MUST_USE enum fasti_status fasti_rehearsal_check(const struct fasti_directory *rehearsal,
                                                       const struct fasti_directory *published,
                                                       fasti_schedule_id *schedule,
                                                       struct fasti_detail *detail);
void fasti_rehearsal_end(struct fasti_directory *rehearsal);

/* Remembers memory that ends with the rehearsal; frees it and says false when there is no room for
 * that. On a real directory: true, and nothing else. */
FASTI_MUST_USE bool fasti_made_keep(struct fasti_directory *directory, void *memory);

/* Calls visit for each published schedule whose ticks would mean other instants after this put:
 * the table of its zone or its resolution would be another one. The put has passed its check. */
void fasti_directory_moved(const struct fasti_directory *directory, const struct fasti_put *put,
                           void (*visit)(void *context, fasti_schedule_id schedule), void *context);

/* Calls visit for each published schedule that this put gives its first limit over a week, or over
 * a month: its own, or that of a service which it offers. The put has passed its check. */
void fasti_directory_limited(const struct fasti_directory *directory, const struct fasti_put *put,
                             void (*visit)(void *context, fasti_schedule_id schedule),
                             void *context);

/* An upper estimate of the memory that publishing this put takes from the arena: chunks of days,
 * and touches of the days that exist (none of a schedule that it moves). Asked before anything is
 * published. */
uint64_t fasti_directory_reach_bytes(const struct fasti_directory *directory,
                                     const struct fasti_put *put);

#endif
