/*
 * configure.h - changes of the directory: put, import, and their replay.
 *
 *   lock -> check -> pause -> raise config_version -> publish, touch days -> push effect
 *        -> unlock
 *
 * config_version is raised before anything new is visible, and every effect carries the version
 * that its worker had seen, so the committer never numbers a booking before the configuration that
 * it was decided under. Threading: any worker, one at a time (a mutex: not on the booking path).
 */
#ifndef FASTI_BOOKING_CONFIGURE_H
#define FASTI_BOOKING_CONFIGURE_H

#include "engine/booking/attempt.h"

/* PUT, at once or staged (command->import). */
FASTI_MUST_USE enum fasti_disposition fasti_configure_put(struct fasti_booking *booking,
                                                          const struct fasti_command *command,
                                                          struct fasti_pending *pending);

/* IMPORT_BEGIN, IMPORT_COMMIT, IMPORT_ABORT. */
FASTI_MUST_USE enum fasti_disposition fasti_configure_import(struct fasti_booking *booking,
                                                             const struct fasti_command *command,
                                                             struct fasti_pending *pending);

/* A put under an import, for the import's own sweep, too. Under the configuration lock. */
FASTI_MUST_USE enum fasti_disposition fasti_configure_stage(struct fasti_booking *booking,
                                                            const struct fasti_command *command,
                                                            const struct fasti_put *put,
                                                            struct fasti_staged_import *import,
                                                            struct fasti_pending *pending);

/* PUT, STAGE, PUBLISH, NOTHING and ABORT of the log. */
FASTI_MUST_USE enum fasti_status fasti_configure_replay(struct fasti_booking *booking,
                                                        const struct fasti_effect *effect,
                                                        struct fasti_hash128 *delta,
                                                        struct fasti_detail *detail);

#endif
