/*
 * lookup.h - looking at the directory and at records; never writes.
 *
 * Records are told of only as the log has them: a record whose newest version is not durable yet
 * makes SHOW and LIST wait for it and look again, at most LOOKUP_TRIES_MAX times (then BUSY).
 * Threading: any worker; results live in the worker until its next command.
 */
#ifndef FASTI_BOOKING_LOOKUP_H
#define FASTI_BOOKING_LOOKUP_H

#include "engine/booking/attempt.h"

#define FASTI_LOOKUP_TRIES_MAX 64

/* Each fills pending->answer. */
FASTI_MUST_USE enum fasti_disposition fasti_lookup_resolve(struct fasti_booking *booking,
                                                           const struct fasti_command *command,
                                                           struct fasti_pending *pending);
FASTI_MUST_USE enum fasti_disposition fasti_lookup_describe(struct fasti_booking *booking,
                                                            const struct fasti_command *command,
                                                            struct fasti_pending *pending);
FASTI_MUST_USE enum fasti_disposition fasti_lookup_civil(struct fasti_booking *booking,
                                                         const struct fasti_command *command,
                                                         struct fasti_pending *pending);

/* From pending->organization and pending->query, so that a look can be repeated. */
FASTI_MUST_USE enum fasti_disposition fasti_lookup_show(struct fasti_booking *booking,
                                                        struct fasti_pending *pending);
FASTI_MUST_USE enum fasti_disposition fasti_lookup_list(struct fasti_booking *booking,
                                                        struct fasti_pending *pending);

/* Booked appointments of one organization that start at or after now and that no opening covers
 * any more: how many, counting at most FASTI_LIST_MAX a schedule. */
uint32_t fasti_lookup_conflicts(struct fasti_booking *booking, fasti_organization_id organization,
                                int64_t now_ms);

#endif
