/*
 * reserve.h - taking time: book and block.
 *
 *   each row: day -> verdict of rules/ -> taken in the draft    then one swap of all days -> push
 *
 * All rows are looked at even when one is lost, so that a refusal names every one. A lost swap
 * starts again from the first look. Refusals come with what they rest on: TAKEN with the day's
 * version, CLOSED and the like with the configuration's, so that no answer tells of a change that a
 * crash could still take back. Threading: any worker; lock-free but for memory.
 */
#ifndef FASTI_BOOKING_RESERVE_H
#define FASTI_BOOKING_RESERVE_H

#include "engine/booking/attempt.h"

FASTI_MUST_USE enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                                         const struct fasti_command *command,
                                                         struct fasti_pending *pending);
/* A patient reference and payload within their bounds for each? Else *disposition is set. */
FASTI_MUST_USE bool fasti_appointments_check(const struct fasti_book_appointment *appointments,
                                             uint32_t count, struct fasti_pending *pending,
                                             enum fasti_disposition *disposition);
FASTI_MUST_USE enum fasti_disposition fasti_reserve_block(struct fasti_booking *booking,
                                                          const struct fasti_command *command,
                                                          struct fasti_pending *pending);

#endif
