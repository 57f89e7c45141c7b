/*
 * config_effect.h - what every change of the directory shares: its effect, and how it is published.
 *
 * Each effect swaps the one CONFIG cell: from config_version, which the caller raises before
 * anything new becomes visible. Threading: under the configuration lock.
 */
#ifndef FASTI_BOOKING_CONFIG_EFFECT_H
#define FASTI_BOOKING_CONFIG_EFFECT_H

#include "engine/booking/attempt.h"

/* Ends a command with a status, and its own sentence where none is there yet. */
FASTI_MUST_USE enum fasti_disposition fasti_config_fail(struct fasti_pending *pending,
                                                        enum fasti_status status);

/* UNCHANGED: rests on what is published, which may not be durable yet. */
FASTI_MUST_USE enum fasti_disposition fasti_config_unchanged(struct fasti_booking *booking,
                                                             struct fasti_pending *pending);

/* Encodes an effect on the heap (puts may be long); put NULL: no body. false: no memory. */
FASTI_MUST_USE bool fasti_config_effect_make(struct fasti_booking *booking,
                                             struct fasti_pending *pending,
                                             enum fasti_effect_kind kind, fasti_request_id request,
                                             uint32_t import, const struct fasti_put *put);
void fasti_config_effect_drop(struct fasti_pending *pending);

/* Logs an effect of the engine's own that has no body. No memory for it: the engine stops. */
bool fasti_config_effect_own(struct fasti_booking *booking, enum fasti_effect_kind kind,
                             uint32_t import);

/* The edit is published: it is answered when every claim that began under the old rules has come to
 * its end, and is durable (ARCHITECTURE, "Edits beside bookings"). */
void fasti_config_edit_begin(struct fasti_booking *booking, struct fasti_pending *pending);

/* How the directory publishes for this worker: its days are touched by claims, unless in replay. */
struct fasti_publish fasti_config_publish_of(struct fasti_booking *booking, int64_t now_ms,
                                             bool replay);

#endif
