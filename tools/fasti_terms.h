/*
 * fasti_terms.h - what a service or a schedule asks of a booking, as options and as JSON.
 *
 *   --notice 2d --age-min 18y      {"notice":2880,"age_min":216}      struct fasti_terms
 *
 * A number 0, no, and the word "any" say nothing: so a term is taken back. Pure functions, any
 * thread.
 */
#ifndef FASTI_TOOLS_FASTI_TERMS_H
#define FASTI_TOOLS_FASTI_TERMS_H

#include "tools/fasti_fields.h"

/* Fields of both services and schedules, for a table. */
#define FASTI_TERMS_FIELDS                                                                      \
    {"Rules (below):", FASTI_FIELD_HEADING, false, NULL, NULL},                                 \
        {"buffer_before", FASTI_FIELD_INTEGER, false, "N", "Minutes kept free before a visit"}, \
        {"buffer_after", FASTI_FIELD_INTEGER, false, "N", "Minutes kept free after a visit"},   \
        {"notice", FASTI_FIELD_SPAN, false, "SPAN",                                             \
         "How long before a visit it must be booked: minutes, 2h, 3d"},                         \
        {"horizon", FASTI_FIELD_INTEGER, false, "DAYS", "How many days ahead may be booked"},   \
        {"horizon_at", FASTI_FIELD_TEXT, false, "HH:MM",                                        \
         "Local time at which the next day of the horizon opens; midnight if not said"},        \
        {"limit_day", FASTI_FIELD_INTEGER, false, "N", "Visits a day (a service: of its own)"}, \
        {"limit_week", FASTI_FIELD_INTEGER, false, "N", "Visits a week from Monday on"},        \
        {"limit_month", FASTI_FIELD_INTEGER, false, "N", "Visits a month"},                     \
        {"capacity", FASTI_FIELD_INTEGER, false, "N",                                           \
         "Visits at once (a service: that share one start, a group)"},                          \
        {"overbook", FASTI_FIELD_INTEGER, false, "N",                                           \
         "Visits at once beyond that, for --by staff"},                                         \
        {"weekdays", FASTI_FIELD_TEXT, false, "DAYS", "Only on these, such as mon,tue-fri"},    \
        {"from", FASTI_FIELD_TEXT, false, "HH:MM", "First local time that a visit may take"},   \
        {"to", FASTI_FIELD_TEXT, false, "HH:MM", "The end of the last visit, up to 24:00"},     \
        {"modality", FASTI_FIELD_TEXTS, false, "WAYS", "Of in-person,video,phone,home"},        \
        {"sector", FASTI_FIELD_TEXTS, false, "SECTORS", "Insurance, of public,private"},        \
        {"audience", FASTI_FIELD_TEXTS, false, "WHO",                                           \
         "Who may book, of public,own,referrer (staff always may)"},                            \
        {"patients", FASTI_FIELD_TEXTS, false, "KINDS", "Of new,known"},                        \
        {"age_min", FASTI_FIELD_SPAN, false, "AGE", "Least age: 18y, 6m, or months"},           \
        {"age_max", FASTI_FIELD_SPAN, false, "AGE", "Age that is too old: 18y, 6m, or months"}, \
        {"referral", FASTI_FIELD_YES, false, "YES|NO", "Only with a referral"}, {               \
        "paused", FASTI_FIELD_YES, false, "YES|NO", "Nothing may be booked for now"             \
    }

/* Lays what the checked object says over *terms. INVALID_* with a sentence that names the field. */
FASTI_MUST_USE enum fasti_status fasti_terms_decode(const json_t *object, struct fasti_terms *terms,
                                                    struct fasti_detail *detail);

/* Adds the fields that say something. is_plain: numbers, arrays and booleans as in an import line;
 * else each as the text of its option. */
void fasti_terms_fields(const struct fasti_terms *terms, bool is_plain, json_t *object);

/* Adds an array of texts, or (not is_plain) one text of them with commas; takes the reference. */
void fasti_terms_set_words(json_t *object, const char *name, json_t *words, bool is_plain);

#endif
