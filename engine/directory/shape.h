/*
 * shape.h - what a put must satisfy whatever the directory holds: texts, ranges, modes, tables.
 *
 * check refuses with these sentences; publish asks again, so that a put from a damaged or forged
 * log cannot lead outside of an array. Pure functions, any thread.
 */
#ifndef FASTI_DIRECTORY_SHAPE_H
#define FASTI_DIRECTORY_SHAPE_H

#include "engine/directory/put.h"

/* Every field of put but the openings themselves. */
FASTI_MUST_USE enum fasti_status fasti_put_check_shape(const struct fasti_put *put,
                                                       struct fasti_detail *detail);

/* Every listed opening, for a schedule of this resolution. */
FASTI_MUST_USE enum fasti_status fasti_put_check_openings(const struct fasti_put *put,
                                                          uint32_t resolution_minutes,
                                                          struct fasti_detail *detail);

#endif
