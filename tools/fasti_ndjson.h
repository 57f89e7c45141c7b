/*
 * fasti_ndjson.h - a file of our own import lines, read and checked as a whole.
 *
 *   {"kind":"location","id":"north","zone":"Europe/Berlin"}
 *
 * Fields are those of the command line (fasti_fields.h). A line of kind "organization" sets whose
 * the lines after it are. One file, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_NDJSON_H
#define FASTI_TOOLS_FASTI_NDJSON_H

#include "tools/fasti_fields.h"
#include "tools/fasti_lines.h"

#define FASTI_NDJSON_LINES_MAX (UINT32_C(1) << 20)

struct fasti_ndjson_line {
    json_t *object; /* owned */
    enum fasti_line_kind kind;
    uint32_t number;
    uint32_t group; /* how many organization lines came before or are it */
};

struct fasti_ndjson {
    uint32_t count, room;
    struct fasti_ndjson_line *lines;
};

/* One line's text into its kind and object (a new reference, also when it is not decoded further).
 * Everything is checked that can be without a server. INVALID_* with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_ndjson_parse(const char *bytes, size_t size,
                                                    enum fasti_line_kind *kind, json_t **object,
                                                    struct fasti_detail *detail);

/* Reads a whole file ("-": standard input). The first bad line refuses it, and so does a record
 * that is there twice; *detail names FILE:LINE. deinit it in either case. */
FASTI_MUST_USE enum fasti_status fasti_ndjson_read(struct fasti_ndjson *file, const char *path,
                                                   struct fasti_detail *detail);
/* The same of a file that is open, from its next line on. */
FASTI_MUST_USE enum fasti_status fasti_ndjson_read_lines(struct fasti_ndjson *file,
                                                         struct fasti_lines *lines,
                                                         struct fasti_detail *detail);
void fasti_ndjson_deinit(struct fasti_ndjson *file);

/* Sorts by group, then kind (so that what is named comes before what names it), then line. */
void fasti_ndjson_sort(struct fasti_ndjson *file);

#endif
