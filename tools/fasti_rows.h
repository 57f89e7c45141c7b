/*
 * fasti_rows.h - the rows of a booking as a person types them.
 *
 *   --schedule anna --service visit --start 2026-11-30T09:00 --patient mother    plain options
 *   --item 'with room-1'                  the same appointment, at the same time
 *   --item 'or room-2'                    if room-1 cannot be had
 *   --item 'patient=child start=09:20'    another appointment
 *
 *   item = [with | or] [SCHEDULE] {NAME=VALUE}     NAME: schedule service start patient payload,
 *                                                  or a fact (fasti_facts.h): age=6y referral=yes
 *
 * What an item does not say is as before: an item that begins an appointment looks at the one that
 * began the appointment before it (the first one at the plain options), one that says "with" or
 * "or" at the row before it. With --schedule the plain options are the first row, else only what
 * the first item goes by. A hold has rows like these without patients; a move has those of one
 * appointment, and what the options do not say is as in its first row: then an item that says
 * "with" or "or" may be the first one, the options are the row before it. Words stand apart by
 * spaces; '...' and "..." take what is between them as it is, in the middle of a word too, as in a
 * shell, but there is no backslash. A bare word that begins with a quote is a schedule, whatever it
 * says: every id can be written. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_ROWS_H
#define FASTI_TOOLS_FASTI_ROWS_H

#include "tools/fasti_fields.h"

#define FASTI_ROW_KEPT UINT8_MAX /* the instant of the appointment that is moved */

/* The time of one schedule; its start still as text, since a local time needs the zone. */
struct fasti_row {
    struct fasti_id_text schedule, service;
    char start[FASTI_INSTANT_TEXT_BYTES];
    uint8_t time_of; /* the row whose instant it has: itself, one before that said a start, or
                        FASTI_ROW_KEPT */
    uint8_t number;  /* of its item, from 1; 0: the plain options, or a line without items */
    uint8_t appointment;
    bool is_alternative;
};

struct fasti_row_appointment {
    uint8_t patient_length;
    uint16_t payload_length;
    char patient[FASTI_PATIENT_BYTES_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    struct fasti_facts facts;
};

struct fasti_rows {
    uint32_t count, appointment_count; /* each 1 to FASTI_ITEMS_MAX */
    bool is_fair;
    struct fasti_row rows[FASTI_ITEMS_MAX];
    struct fasti_row_appointment appointments[FASTI_ITEMS_MAX];
};

enum fasti_item_place {
    FASTI_ITEM_BEGINS, /* an appointment */
    FASTI_ITEM_WITH,   /* the row before it, in the same appointment */
    FASTI_ITEM_OR,     /* instead of the row before it */
};

/* One --item into its words: *said (a new reference; NULL unless OK) has those of schedule,
 * service, start, patient, payload and the facts that it names. INVALID_OPTION with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_item_parse(const char *text, enum fasti_item_place *place,
                                                  json_t **said, struct fasti_detail *detail);

enum fasti_rows_use {
    FASTI_ROWS_BOOK, /* each appointment has a patient */
    FASTI_ROWS_HOLD, /* none has one: confirm says for whom */
    FASTI_ROWS_MOVE, /* one appointment, whose patient stays */
};

/* The options of book: schedule, service, start, patient, payload, item (texts), fair, facts. kept,
 * of a move only, else NULL: the first row of the appointment as it is, its start in local time,
 * time_of FASTI_ROW_KEPT. INVALID_* with a sentence that names the item by its number. */
FASTI_MUST_USE enum fasti_status fasti_rows_decode(const json_t *options, enum fasti_rows_use use,
                                                   const struct fasti_row *kept,
                                                   struct fasti_rows *rows,
                                                   struct fasti_detail *detail);

/* The rows of a checked appointment line. */
void fasti_rows_of_line(const struct fasti_line *line, struct fasti_rows *rows);

#endif
