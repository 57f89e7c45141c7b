/*
 * check.h - is a question about a combination sound?
 *
 * Every count within its bound, so that what follows may rely on them. Pure, any thread.
 */
#ifndef FASTI_COMBINE_CHECK_H
#define FASTI_COMBINE_CHECK_H

#include "engine/booking/command.h"

/* INVALID_RANGE or INVALID_DATE with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_combine_check(const struct fasti_combine_query *query,
                                                     struct fasti_detail *detail);

#endif
