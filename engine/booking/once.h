/*
 * once.h - commands at most once: from a command to its place in the table of request ids and back.
 *
 *   begin: no id ---------------------------------> go on, as ever
 *          new ----> the pending owns a slot -----> decided -> end: remembered or forgotten
 *          known --> the first answer once more, MISMATCH, STALE_REQUEST, or BUSY while it is
 * decided
 *
 * Of the commands that take, free or change time: BOOK, BLOCK, CANCEL, UNBLOCK, HOLD, CONFIRM,
 * EXTEND, RELEASE, MOVE, MARK. Puts and imports do nothing the second time anyway. An answer is
 * told again only when it may be told: an effect's once it is durable, a refusal's once what it
 * rests on is. The hash of the body goes into the effect, so that after a restart another body is
 * told apart too; what else is told comes from the record and from the command, whose body is the
 * same. Threading: any worker.
 */
#ifndef FASTI_BOOKING_ONCE_H
#define FASTI_BOOKING_ONCE_H

#include "engine/booking/state.h"

/* Of all that a command says but its organization and request id. */
uint32_t fasti_command_hash(const struct fasti_command *command);

/* true: go on and decide. false: pending->answer is complete. */
FASTI_MUST_USE bool fasti_once_begin(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending);

/* The pending's answer is complete and may be told. */
void fasti_once_end(struct fasti_booking *booking, struct fasti_pending *pending);

/* Replay: an effect that had this request, of this organization. outcome as it was answered. */
void fasti_once_restore(struct fasti_state *state, const struct fasti_effect_header *header,
                        fasti_organization_id organization, enum fasti_outcome outcome,
                        uint64_t record);

#endif
