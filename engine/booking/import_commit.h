/*
 * import_commit.h - open imports and their end: all of one or nothing.
 *
 *   sweep -> rehearse -> pause what it moves -> raise config_version -> publish all -> push PUBLISH
 *
 * The rehearsal (directory/rehearse.h) is the same code on a copy of the tables: what it refuses is
 * refused before anything is visible, and the publish can then fail only for want of memory.
 * Threading: under the configuration lock.
 */
#ifndef FASTI_BOOKING_IMPORT_COMMIT_H
#define FASTI_BOOKING_IMPORT_COMMIT_H

#include "engine/booking/attempt.h"

/* A new import in the command's organization. */
FASTI_MUST_USE enum fasti_disposition fasti_import_open(struct fasti_booking *booking,
                                                        const struct fasti_command *command,
                                                        struct fasti_pending *pending);
/* Publishes; refused or not, the import is gone. */
FASTI_MUST_USE enum fasti_disposition fasti_import_commit(struct fasti_booking *booking,
                                                          const struct fasti_command *command,
                                                          struct fasti_staged_import *import,
                                                          struct fasti_pending *pending);
/* Forgets it, and says so in the log where the log knows of it. */
void fasti_import_abort(struct fasti_booking *booking, struct fasti_staged_import *import);

/* PUBLISH of the log. */
FASTI_MUST_USE enum fasti_status fasti_import_replay(struct fasti_booking *booking,
                                                     const struct fasti_effect *effect,
                                                     struct fasti_hash128 *delta,
                                                     struct fasti_detail *detail);

#endif
