/*
 * move.h - an appointment to other rows, in one claim: the old time goes only if the new one is
 * there.
 *
 *   end the old record in the draft -> take the rows -> new record -> one swap of all
 *
 * What the old record takes is free for the new one, so a move by five minutes never sees itself as
 * busy. The old record is MOVED; the new one has a number of its own and names the old one.
 */
#ifndef FASTI_BOOKING_MOVE_H
#define FASTI_BOOKING_MOVE_H

#include "engine/booking/attempt.h"

FASTI_MUST_USE enum fasti_disposition fasti_move(struct fasti_booking *booking,
                                                 const struct fasti_command *command,
                                                 struct fasti_pending *pending);

#endif
