/*
 * fasti_import.h - an import: puts staged in a pipeline, then published by one commit.
 *
 *   BEGIN --> PUT PUT PUT ... (up to a window on their way) --> COMMIT
 *                 any failure, or Ctrl-C --> ABORT: nothing is changed
 */
#ifndef FASTI_TOOLS_FASTI_IMPORT_H
#define FASTI_TOOLS_FASTI_IMPORT_H

#include "tools/fasti_session.h"

#define FASTI_IMPORT_WINDOW    64   /* puts on their way */
#define FASTI_IMPORT_CONFLICTS 1000 /* conflicts listed at most */

/* What is to be imported. put fills number index, without its organization, and says where it
 * comes from (for messages); what put points to lives until the next call. */
struct fasti_import_job {
    uint64_t count;
    uint32_t source; /* of the commit; 0: openings of other schedules stay */
    void (*put)(const void *context, uint64_t index, struct fasti_put *put, char *where,
                size_t where_size);
    const void *context;
};

/* The session is scoped. *result: of the commit. A failure is printed, and nothing is changed. */
FASTI_MUST_USE enum fasti_exit fasti_import_run(struct fasti_session *session,
                                                const struct fasti_import_job *job,
                                                struct fasti_import_answer *result);

/* The appointments of the organization that no opening covers any more, appended to list as JSON;
 * stops when list holds `count` or FASTI_IMPORT_CONFLICTS of them. */
FASTI_MUST_USE enum fasti_exit fasti_import_conflicts(struct fasti_session *session, uint32_t count,
                                                      json_t *list);

/* Prints them for people, if count is not 0. */
void fasti_import_print_conflicts(uint32_t count, const json_t *list);

#endif
