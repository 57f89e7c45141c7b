/*
 * exported.h - records as they are kept, by number, a page at a time.
 *
 * What is told is durable, as SHOW and LIST have it: a record that is not durable at all is passed
 * over, one whose newest version is not makes the page wait and look again; and so does a
 * configuration that is not, so that no record names what a crash could still take back. A page
 * begins at a number and ends at a number: no other record is looked at. Records that change
 * between two pages are told as they are when their page is made.
 * Threading: any worker; a page lives in the worker until its next command.
 */
#ifndef FASTI_BOOKING_EXPORTED_H
#define FASTI_BOOKING_EXPORTED_H

#include "engine/booking/attempt.h"

/* Of pending->organization (0: of all), from behind pending->query.export_after. Fills
 * pending->answer. */
FASTI_MUST_USE enum fasti_disposition fasti_export_page(struct fasti_booking *booking,
                                                        struct fasti_pending *pending);

#endif
