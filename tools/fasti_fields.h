/*
 * fasti_fields.h - the words of the command line and of import lines: one table for both.
 *
 *   fasti create service --id checkup --minutes 20          --options--+
 *                                                                      +--> object --decode--> line
 *   {"kind":"service","id":"checkup","minutes":20}          --jansson--+
 *
 * A field is an option of the same name, with - for _. An object whose fields are not in the table,
 * or of another type, is refused with a sentence that names the field. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_FIELDS_H
#define FASTI_TOOLS_FASTI_FIELDS_H

#include <jansson.h>

#include "engine/booking/command.h"

enum fasti_field_type {
    FASTI_FIELD_TEXT,
    FASTI_FIELD_INTEGER,
    FASTI_FIELD_DEGREES, /* a decimal number */
    FASTI_FIELD_TEXTS,   /* a text or an array of texts; a repeated option */
    FASTI_FIELD_FLAG,    /* true or false; an option without argument */
    FASTI_FIELD_ITEMS,   /* an array of objects; no option */
    FASTI_FIELD_SPAN,    /* a whole number, or a text like 2h or 18y */
    FASTI_FIELD_YES,     /* true or false; an option with yes or no */
    FASTI_FIELD_HEADING, /* no field: the name is what help says above those that follow */
};

struct fasti_field {
    const char *name;
    enum fasti_field_type type;
    bool is_required;
    const char *argument; /* how help calls the value; NULL for a flag */
    const char *help;
};

enum fasti_line_kind {
    FASTI_LINE_ORGANIZATION,
    FASTI_LINE_LOCATION,
    FASTI_LINE_PRACTITIONER,
    FASTI_LINE_SERVICE,
    FASTI_LINE_SCHEDULE,
    FASTI_LINE_OPENING,
    FASTI_LINE_APPOINTMENT,
    FASTI_LINE_BLOCK,
    FASTI_LINE_KINDS
};

/* What an appointment or block line says; times still as text, since a local time needs the
 * schedule's zone. */
struct fasti_line_visit {
    struct fasti_id_text schedule, service;
    char start[FASTI_INSTANT_TEXT_BYTES], end[FASTI_INSTANT_TEXT_BYTES];
    uint8_t patient_length;
    uint16_t payload_length;
    char patient[FASTI_PATIENT_BYTES_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    struct fasti_facts facts;
    uint32_t source; /* of a block; 0 = by hand */
};

/* What an appointment takes beside its first item: room, device. */
struct fasti_line_item {
    struct fasti_id_text schedule, service;
    char start[FASTI_INSTANT_TEXT_BYTES];
};

struct fasti_line {
    enum fasti_line_kind kind;
    struct fasti_put put;          /* directory kinds and openings; organization not set */
    struct fasti_opening opening;  /* put.body.openings.openings points here */
    struct fasti_line_visit visit; /* appointment and block; of an appointment the first item */
    uint32_t more_count;           /* the other items of an appointment */
    struct fasti_line_item more[FASTI_ITEMS_MAX - 1]; /* beyond more_count: not set */
};

/* "location"; and back: false when there is no such kind. */
const char *fasti_line_kind_name(enum fasti_line_kind kind);
bool fasti_line_kind_find(const char *name, enum fasti_line_kind *kind);

/* The entity that a directory line puts; 0 for appointment and block. */
enum fasti_entity_kind fasti_line_entity(enum fasti_line_kind kind);

const struct fasti_field *fasti_line_fields(enum fasti_line_kind kind, uint32_t *count);

/* Every field known and of its type, every required one there (unless is_partial). Names in
 * `ignored` (NULL-terminated, may be NULL) are passed over. INVALID_OPTION. */
FASTI_MUST_USE enum fasti_status
fasti_fields_check(const json_t *object, const struct fasti_field *fields, uint32_t count,
                   bool is_partial, const char *const *ignored, struct fasti_detail *detail);

/* Decodes an object (its "kind" is not looked at). base NULL: all required fields must be there,
 * what is not said has its default. base: what is not said stays as in base, which is a line of
 * the same kind and id. *line points into itself: it is not to be copied. INVALID_* with a
 * sentence that names the field. */
FASTI_MUST_USE enum fasti_status fasti_line_decode(const json_t *object, enum fasti_line_kind kind,
                                                   const struct fasti_line *base,
                                                   struct fasti_line *line,
                                                   struct fasti_detail *detail);

/* ---- values of checked objects; the default where the field is absent ---- */

const char *fasti_field_text(const json_t *object, const char *name, const char *absent);

/* The object that bytes are, the caller's to give back; no name in it twice. INVALID_FILE: it is
 * NULL. */
FASTI_MUST_USE enum fasti_status fasti_field_parse(const char *bytes, size_t size, json_t **object,
                                                   struct fasti_detail *detail);
int64_t fasti_field_integer(const json_t *object, const char *name, int64_t absent);
bool fasti_field_flag(const json_t *object, const char *name);
/* Text number index of a TEXTS field; NULL beyond the last. */
const char *fasti_field_item(const json_t *object, const char *name, size_t index);

/* Text of a checked field as an id. INVALID_ID with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_field_id(const char *name, const char *text,
                                                struct fasti_id_text *id,
                                                struct fasti_detail *detail);

/* The name of a source as its number, never 0. INVALID_ID with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_field_source(const char *name, uint32_t *source,
                                                    struct fasti_detail *detail);

/* Text as a patient reference. INVALID_TEXT with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_field_patient(const char *text,
                                                     char patient[FASTI_PATIENT_BYTES_MAX],
                                                     uint8_t *length, struct fasti_detail *detail);

/* Hexadecimal text as a payload. INVALID_TEXT with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_field_payload(const char *text,
                                                     uint8_t payload[FASTI_PAYLOAD_BYTES_MAX],
                                                     uint16_t *length, struct fasti_detail *detail);

/* Text as the number of a record. INVALID_ID with a sentence, before it the name unless "". */
FASTI_MUST_USE enum fasti_status fasti_field_record(const char *name, const char *text,
                                                    fasti_record_id *record,
                                                    struct fasti_detail *detail);

/* Exactly 32 hexadecimal digits as a number of 128 bits; false: text is something else. */
bool fasti_field_hex128(const char *text, uint64_t *high, uint64_t *low);

/* Text as a time with a date, with or without an offset; it stays text. INVALID_DATE, INVALID_TIME
 * with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_field_time(const char *name, const char *text,
                                                  char time[FASTI_INSTANT_TEXT_BYTES],
                                                  struct fasti_detail *detail);

/* "mon-fri,sun", "daily" -> bits, and back ("mon-fri,sun"). INVALID_OPTION. */
FASTI_MUST_USE enum fasti_status fasti_weekdays_parse(const char *text, uint8_t *weekdays);
void fasti_weekdays_format(uint8_t weekdays, char text[32]);

#endif
