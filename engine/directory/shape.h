/*
 * shape.h - what a put must satisfy whatever the directory holds: texts, ranges, modes, tables.
 *
 * check refuses with these sentences; publish asks again for all but the texts' characters, so that
 * a put from a damaged or forged log cannot lead outside of an array. Pure functions, any thread.
 */
#ifndef FASTI_DIRECTORY_SHAPE_H
#define FASTI_DIRECTORY_SHAPE_H

#include "engine/directory/put.h"

/* Every field of put but the openings themselves. */
FASTI_MUST_USE enum fasti_status fasti_put_check_shape(const struct fasti_put *put,
                                                       struct fasti_detail *detail);

/* Every id and name of a put whose shape is good is plain text; the openings' lengths too. */
FASTI_MUST_USE enum fasti_status fasti_put_check_texts(const struct fasti_put *put,
                                                       struct fasti_detail *detail);

/* Every listed opening, for a schedule of this resolution. */
FASTI_MUST_USE enum fasti_status fasti_put_check_openings(const struct fasti_put *put,
                                                          uint32_t resolution_minutes,
                                                          struct fasti_detail *detail);

/* Openings that stand already, for another resolution. */
FASTI_MUST_USE enum fasti_status
fasti_openings_check_resolution(const struct fasti_opening *openings, uint32_t count,
                                uint32_t resolution_minutes, struct fasti_detail *detail);

/* The offsets of a zone must be multiples of a schedule's resolution, and so must the instant at
 * which clocks skip a midnight: then a whole tick of a local day is a whole multiple in UTC, a
 * local time that fits is an instant that fits, and every day has whole ticks. */
FASTI_MUST_USE enum fasti_status fasti_resolution_check_zone(uint32_t resolution_minutes,
                                                             const struct fasti_zone *zone,
                                                             const struct fasti_id_text *schedule,
                                                             struct fasti_detail *detail);

#endif
