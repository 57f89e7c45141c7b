/*
 * cancel.h - ending a record and giving its time back: cancel and unblock.
 *
 *   look at the record -> release its items' time -> one swap of record and days -> push
 *
 * All cells change in one claim: two cancels cannot both win, and a late one frees nobody else's
 * time. Served from the reserve while the disk is low. Threading: any worker; lock-free.
 */
#ifndef FASTI_BOOKING_CANCEL_H
#define FASTI_BOOKING_CANCEL_H

#include "engine/booking/attempt.h"

/* CANCEL of an appointment or UNBLOCK of a block, by command->kind. */
FASTI_MUST_USE enum fasti_disposition fasti_cancel(struct fasti_booking *booking,
                                                   const struct fasti_command *command,
                                                   struct fasti_pending *pending);

#endif
