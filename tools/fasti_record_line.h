/*
 * fasti_record_line.h - one record of an export as a line, with all that is kept of it, and back.
 *
 *   struct fasti_whole <--> {"kind":"record","record":17,"type":"appointment","state":"booked",
 * ...}
 *
 * Schedules and services stand there by their external ids; whose they are the lines before say. A
 * field that says nothing (0, false, empty) is left out. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_RECORD_LINE_H
#define FASTI_TOOLS_FASTI_RECORD_LINE_H

#include <jansson.h>

#include "engine/booking/command.h"

/* The external id of a schedule or service; NULL: there is none (yet). */
typedef const struct fasti_id_text *fasti_record_name(const void *context,
                                                      enum fasti_entity_kind kind, uint32_t id);

/* A new reference; NULL: a name is not there. */
json_t *fasti_record_line_json(const struct fasti_whole *whole, fasti_record_name *name,
                               const void *context);

/* A record whose dense ids are not known yet: 1 where there is one. */
struct fasti_record_line {
    struct fasti_whole whole; /* points into this */
    struct fasti_item items[FASTI_ITEMS_MAX];
    struct fasti_id_text schedules[FASTI_ITEMS_MAX], services[FASTI_ITEMS_MAX]; /* "": a block */
    char patient[FASTI_PATIENT_BYTES_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
};

/* Checks all that can be without a server. INVALID_* with a sentence that names the field. */
FASTI_MUST_USE enum fasti_status fasti_record_line_decode(const json_t *object,
                                                          struct fasti_record_line *line,
                                                          struct fasti_detail *detail);

#endif
