/*
 * fasti_template.h - import lines with words in braces, filled in for one location.
 *
 *   {"kind":"schedule","id":"surge {location}","location":"{location}","service":"shot"}
 *   north -->  {"kind":"schedule","id":"surge north","location":"north","service":"shot"}
 *
 * Words stand in texts and in arrays of texts: {location}, {from}, {to}. Pure functions, any
 * thread.
 */
#ifndef FASTI_TOOLS_FASTI_TEMPLATE_H
#define FASTI_TOOLS_FASTI_TEMPLATE_H

#include "tools/fasti_fields.h"

struct fasti_template_words {
    const char *location, *from, *to;
};

/* One line's text: its kind, which is practitioner, service, schedule or opening, and the object (a
 * new reference; NULL unless OK). is_of_several: for more than one location, so that schedules need
 * {location} in their ids. INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_template_parse(const char *bytes, size_t size,
                                                      bool is_of_several,
                                                      enum fasti_line_kind *kind, json_t **object,
                                                      struct fasti_detail *detail);

/* The object with its words filled in (a new reference; NULL unless OK), decoded into *line.
 * INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_template_fill(json_t *object, enum fasti_line_kind kind,
                                                     const struct fasti_template_words *words,
                                                     json_t **filled, struct fasti_line *line,
                                                     struct fasti_detail *detail);

#endif
