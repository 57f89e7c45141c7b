/*
 * lookup.h - looking at the directory and at records; never writes.
 *
 * Records are told of only as the log has them. A record that is not durable at all is not told of:
 * nobody was told that it was made. One whose newest version is not durable yet makes SHOW and LIST
 * wait for it and look again, at most LOOKUP_TRIES_MAX times (then BUSY).
 * A list is paged by places in a chain, not by numbers: chains are in log order and only grow at
 * their head, so pages neither miss nor repeat a record.
 * Threading: any worker; results live in the worker until its next command.
 */
#ifndef FASTI_BOOKING_LOOKUP_H
#define FASTI_BOOKING_LOOKUP_H

#include "engine/booking/attempt.h"

#define FASTI_LOOKUP_TRIES_MAX 64
#define FASTI_LOOKUP_SLICE     4096 /* records looked at in one call: about a millisecond */

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

/* Booked appointments of the pending's organization (0: none is counted) that start at or after now
 * and that no opening covers any more, counted into the answer of its import: looks at up to
 * FASTI_LOOKUP_SLICE schedules and records a call. true: all were looked at. */
FASTI_MUST_USE bool fasti_lookup_conflicts(struct fasti_booking *booking,
                                           struct fasti_pending *pending, int64_t now_ms);

#endif
