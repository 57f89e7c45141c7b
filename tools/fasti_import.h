/*
 * fasti_import.h - an import: puts staged in a pipeline, then published by one commit.
 *
 *   BEGIN --> PUT PUT PUT ... (up to a window on their way) --> COMMIT
 *                 any failure, or Ctrl-C --> ABORT: nothing is changed
 *
 * A put of an organization is waited for: its answer says what the puts after it call it.
 */
#ifndef FASTI_TOOLS_FASTI_IMPORT_H
#define FASTI_TOOLS_FASTI_IMPORT_H

#include "tools/fasti_session.h"

#define FASTI_IMPORT_WINDOW 64 /* puts on their way */

/* What is to be imported. put fills number index, without its organization, and says where it
 * comes from (for messages); what put points to lives until the next call. Puts are the session's
 * organization's, until one of an ORGANIZATION says whose the ones after it are. */
struct fasti_import_job {
    uint64_t count;
    uint32_t source;     /* of the commit; 0: openings of other schedules stay */
    bool is_of_several;  /* puts of organizations are among them */
    const char *creates; /* an organization that is put before all else; NULL: none is */
    void (*put)(const void *context, uint64_t index, struct fasti_put *put, char *where,
                size_t where_size);
    /* The number of the put of the organization that put `index` is of (UINT64_MAX: of none); NULL:
     * of the last one before it. */
    uint64_t (*owner)(const void *context, uint64_t index);
    const void *context;
};

/* Connects and finds the organization of --organization; one that is not there leaves the session
 * without a scope and is what *creates says (else NULL): the import then makes it. */
FASTI_MUST_USE enum fasti_exit fasti_import_scope(struct fasti_session *session,
                                                  const char **creates);

/* *result: of the commit. The session is scoped to what `creates` names then, and left as it was
 * if that is NULL. A failure is printed, and nothing is changed. */
FASTI_MUST_USE enum fasti_exit fasti_import_run(struct fasti_session *session,
                                                const struct fasti_import_job *job,
                                                struct fasti_import_answer *result);

#endif
