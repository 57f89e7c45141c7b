/*
 * fasti_holidays.h - a file of public holidays, and the days of one place in it.
 *
 *   {"country":"DE","date":"2026-12-25","name":"Christmas Day"}              all of Germany
 *   {"country":"DE","region":"BY","date":"2026-01-06","name":"Epiphany"}     Bavaria alone
 *
 * A place is a country or a region of it; it has the holidays of the country and its own. Codes are
 * those of ISO 3166: "DE", and of "DE-BY" what stands behind the dash. One file, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_HOLIDAYS_H
#define FASTI_TOOLS_FASTI_HOLIDAYS_H

#include "engine/booking/command.h"

struct fasti_holidays_place {
    char country[3];
    char region[4]; /* empty: of no region */
};

struct fasti_holidays {
    uint32_t line_count;                               /* of all places */
    uint32_t day_count;                                /* of the place, each once */
    uint32_t region_line_count;                        /* of the place's own region */
    uint32_t opening_count;                            /* days that follow each other are one */
    struct fasti_opening openings[FASTI_OPENINGS_MAX]; /* of kind CLOSED; source is not set */
};

/* Codes as a place; region may be NULL. INVALID_OPTION with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_holidays_place(const char *country, const char *region,
                                                      struct fasti_holidays_place *place,
                                                      struct fasti_detail *detail);

/* "holidays:DE-BY": the name of the place's source. */
#define FASTI_HOLIDAYS_SOURCE_BYTES 24
void fasti_holidays_source(const struct fasti_holidays_place *place,
                           char name[FASTI_HOLIDAYS_SOURCE_BYTES]);

/* One line's text as the place and date of a holiday. INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_holidays_parse(const char *bytes, size_t size,
                                                      struct fasti_holidays_place *of,
                                                      fasti_date *date,
                                                      struct fasti_detail *detail);

/* Reads a whole file ("-": standard input), every line whatever its place. A file with lines, but
 * none that counts for the place, is NOT_FOUND: most likely the code is wrong; a file without any
 * has no holidays. Else IO_OPEN, INVALID_* with a sentence that names FILE:LINE. */
FASTI_MUST_USE enum fasti_status fasti_holidays_read(struct fasti_holidays *holidays,
                                                     const char *path,
                                                     const struct fasti_holidays_place *place,
                                                     struct fasti_detail *detail);

#endif
