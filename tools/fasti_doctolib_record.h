/*
 * fasti_doctolib_record.h - one object of a booking page's answer: its fields by type, each
 * mistake a sentence that names the record, and what is left out noted or counted.
 */
#ifndef FASTI_TOOLS_FASTI_DOCTOLIB_RECORD_H
#define FASTI_TOOLS_FASTI_DOCTOLIB_RECORD_H

#include "tools/fasti_doctolib.h"

struct fasti_doctolib_record {
    struct fasti_doctolib *feed;
    const json_t *object;
    const char *kind; /* "visit motive" */
    char name[80];    /* "visit motive 1830057", "visit_motives[3]" while it has no id */
    struct fasti_detail *detail;
};

/* Item `index` of the array `field`, which must be an object. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_record_at(struct fasti_doctolib_record *record,
                                                          const json_t *array, size_t index,
                                                          const char *field);

/* "NAME: ..." as the detail; returns status. */
__attribute__((format(printf, 3, 4))) enum fasti_status
fasti_doctolib_refuse(const struct fasti_doctolib_record *record, enum fasti_status status,
                      const char *format, ...);

/* What is said of a record and cannot be kept. */
__attribute__((format(printf, 2, 3))) void
fasti_doctolib_note(const struct fasti_doctolib_record *record, const char *format, ...);

/* Counts the fields that say something and are not in `read` (NULL-terminated). */
void fasti_doctolib_leave_others(const struct fasti_doctolib_record *record,
                                 const char *const *read);

/* A whole number from 1 on. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_number(const struct fasti_doctolib_record *record,
                                                       const char *what, const json_t *value,
                                                       int64_t *number);
/* The record's "id", which becomes part of its name. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_id(struct fasti_doctolib_record *record,
                                                   int64_t *id);
/* True or false; absent or null is false. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_flag(const struct fasti_doctolib_record *record,
                                                     const char *field, bool *flag);
/* Absent or null is NULL, which has no items. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_array(const struct fasti_doctolib_record *record,
                                                      const char *field, const json_t **array);
/* The first of two fields that is there (second may be NULL); one that is no text is left out, one
 * that is too long is cut, both noted. */
void fasti_doctolib_name(const struct fasti_doctolib_record *record, const char *first,
                         const char *second, struct fasti_name_text *name);

/* One agenda, added to the feed; its schedules come later (fasti_doctolib_agendas.c). */
FASTI_MUST_USE enum fasti_status fasti_doctolib_agenda_read(struct fasti_doctolib_record *record);

/* Does it say something: not absent, null, false, "" or without items? */
bool fasti_doctolib_says(const json_t *value);

#endif
