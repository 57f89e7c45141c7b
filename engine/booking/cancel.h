/*
 * cancel.h - changes of a record's state: cancel and unblock give its time back, mark keeps it or,
 * when it declines, gives it back too.
 *
 *   look at the record -> may it? -> release its items' time, if so -> one swap of record and days
 *
 * All cells change in one claim: two cancels cannot both win, and a late one frees nobody else's
 * time. What gives time back is served from the reserve while the disk is low. Threading: any
 * worker; lock-free.
 */
#ifndef FASTI_BOOKING_CANCEL_H
#define FASTI_BOOKING_CANCEL_H

#include "engine/booking/attempt.h"

/* CANCEL of an appointment or UNBLOCK of a block, by command->kind. */
FASTI_MUST_USE enum fasti_disposition fasti_cancel(struct fasti_booking *booking,
                                                   const struct fasti_command *command,
                                                   struct fasti_pending *pending);
/* MARK: approve, decline, arrived, fulfilled, no-show. */
FASTI_MUST_USE enum fasti_disposition fasti_mark(struct fasti_booking *booking,
                                                 const struct fasti_command *command,
                                                 struct fasti_pending *pending);

#endif
