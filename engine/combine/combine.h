/*
 * combine.h - what can be had together? Joint starts and chains of them, as one booking takes them.
 *
 *   query -> lines (search/'s starts) -> starts of steps, in order -> choices -> probe (booking/'s
 *   rows in a draft) -> offers
 *
 * The room above booking/ and search/: which starts there are says the one, whether they can be had
 * together the other. Every offer went through the code that books, and so can be booked as it
 * stands until somebody changes its days. Never writes. Threading: one a worker.
 */
#ifndef FASTI_COMBINE_COMBINE_H
#define FASTI_COMBINE_COMBINE_H

#include "engine/booking/attempt.h"
#include "engine/search/row.h"

/* NULL: no memory. */
struct fasti_combine *fasti_combine_create(void);
void fasti_combine_destroy(struct fasti_combine *combine);

/* COMBINE. The answer's body is the worker's own until its next question. INVALID_RANGE,
 * INVALID_DATE, LIMIT_MESSAGE (too much to look at before the first start of a last step is
 * decided), LIMIT_MEMORY, BUSY (edited or booked all the time) with a sentence. */
FASTI_MUST_USE enum fasti_disposition fasti_combine(struct fasti_combine *combine,
                                                    struct fasti_booking *booking,
                                                    struct fasti_search *search,
                                                    const struct fasti_command *command,
                                                    struct fasti_pending *pending);

#endif
