/*
 * fasti_urgency.h - a file that says who is moved first, and what is known of a patient.
 *
 *   {"service":"dialysis","rank":1}                    all of a service
 *   {"record":4711,"rank":0,"age":"6y"}                one appointment; facts for the rules
 *
 * A lower rank is more urgent; a record's own counts before its service's; what has none comes
 * last. Within a rank the earlier start is first, then the smaller record number. One file, one
 * thread.
 */
#ifndef FASTI_TOOLS_FASTI_URGENCY_H
#define FASTI_TOOLS_FASTI_URGENCY_H

#include "tools/fasti_fields.h"
#include "tools/fasti_session.h"

#define FASTI_URGENCY_NONE INT64_MAX /* the rank of what has none */

struct fasti_urgency_service {
    fasti_service_id id;
    uint32_t line;
    int64_t rank;
};

struct fasti_urgency_record {
    fasti_record_id id;
    uint32_t line;
    int64_t rank;   /* FASTI_URGENCY_NONE: its service's */
    json_t *object; /* the line, for its facts; owned */
};

struct fasti_urgency {
    uint32_t service_count, service_room, record_count, record_room;
    struct fasti_urgency_service *services; /* by id */
    struct fasti_urgency_record *records;   /* by id */
};

/* One line's text as a checked object (a new reference; NULL unless OK). INVALID_* with a sentence.
 */
FASTI_MUST_USE enum fasti_status fasti_urgency_parse(const char *bytes, size_t size,
                                                     json_t **object, struct fasti_detail *detail);

/* Reads a file; path NULL: nobody is more urgent. The session is scoped: services must be there.
 * The first bad line refuses it, with its number. deinit it in either case. */
FASTI_MUST_USE enum fasti_exit fasti_urgency_read(struct fasti_urgency *urgency,
                                                  struct fasti_session *session, const char *path);
void fasti_urgency_deinit(struct fasti_urgency *urgency);

int64_t fasti_urgency_rank(const struct fasti_urgency *urgency, fasti_record_id record,
                           fasti_service_id service);

/* The line of a record, borrowed; NULL: it has none. */
const json_t *fasti_urgency_object(const struct fasti_urgency *urgency, fasti_record_id record);

#endif
