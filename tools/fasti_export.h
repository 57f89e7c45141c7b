/*
 * fasti_export.h - all that a server keeps, told one after the other, whatever is made of it.
 *
 *   zones -> organizations -> locations -> practitioners -> services -> schedules, each by dense id
 *         -> records by number, appointments and blocks in every state
 *
 * Nothing is kept of it but the external ids, by which records are named: so what is told may be
 * larger than memory. The directory is told by DESCRIBE, several questions on their way; records by
 * EXPORT, a page at a time. A server that is written to meanwhile is told as it is at many moments:
 * digests before and after say whether it was. One session, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_EXPORT_H
#define FASTI_TOOLS_FASTI_EXPORT_H

#include <stdio.h>

#include "tools/fasti_session.h"

#define FASTI_EXPORT_WINDOW 64 /* questions on their way */

/* External ids by dense id, and whose they are. */
struct fasti_export_names {
    uint32_t count; /* beyond the last dense id */
    struct fasti_export_name {
        uint32_t organization; /* 0: not told, as it is of another organization */
        struct fasti_id_text id;
    } * names;
};

struct fasti_export {
    struct fasti_session *session;
    uint32_t only; /* dense id of --organization; 0: all */
    struct fasti_hash128 digest;
    uint64_t record_count;
    uint32_t counts[8]; /* records by fasti_entity_kind, as the server said at the beginning */
    struct fasti_export_names organizations, locations, practitioners, services, schedules;
};

/* What is made of it. A function that is NULL is not called. false: it could not be written, and
 * has said why. */
struct fasti_export_sink {
    void *context;
    bool (*directory)(void *context, const struct fasti_export *export,
                      const struct fasti_describe_answer *record);
    bool (*record)(void *context, const struct fasti_export *export,
                   const struct fasti_whole *record);
};

/* Connects and learns what is there. All of the server, or what is of --organization; ends with
 * end, whatever it says. */
FASTI_MUST_USE enum fasti_exit fasti_export_begin(struct fasti_export *export,
                                                  struct fasti_session *session);

/* Tells all of it. */
FASTI_MUST_USE enum fasti_exit fasti_export_tell(struct fasti_export *export,
                                                 const struct fasti_export_sink *sink);

/* Is the server's digest still what it was? */
FASTI_MUST_USE enum fasti_exit fasti_export_is_same(struct fasti_export *export, bool *is_same);

void fasti_export_end(struct fasti_export *export);

/* The external id of a dense one; NULL: it was not told. */
const struct fasti_id_text *fasti_export_name(const struct fasti_export *export,
                                              enum fasti_entity_kind kind, uint32_t id);

/* ---- the file ---- */

/* What is written: standard output, or a file that has its name only once it is whole. */
struct fasti_export_file {
    FILE *file;
    char path[4096], part[4096 + 8]; /* empty: standard output */
};

/* path NULL: standard output. */
FASTI_MUST_USE enum fasti_exit fasti_export_file_open(struct fasti_session *session,
                                                      const char *path,
                                                      struct fasti_export_file *file);
/* is_whole: the file gets its name, once it lies on the disk; else it goes. */
FASTI_MUST_USE enum fasti_exit fasti_export_file_close(struct fasti_session *session,
                                                       struct fasti_export_file *file,
                                                       bool is_whole);

#endif
