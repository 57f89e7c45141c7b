/*
 * fasti_import_whole.h - import of our own export: the directory as one import, in the order of its
 * dense ids, then the records as they are, many in a LOAD, several on their way.
 *
 *   head, directory lines --stage, commit--> names --> dense ids here
 *   record lines --encode--> batch --LOAD--> loaded, there already, or refused with file and line
 *   end: how many lines and records there must have been, and the digest that comes of them
 *
 * A file is read twice: every line is looked at before anything is sent. Standard input is read
 * once: the directory is looked at before it is sent, a record as it comes. A run that broke off is
 * done again whole: what is there already counts as loaded. One session, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_IMPORT_WHOLE_H
#define FASTI_TOOLS_FASTI_IMPORT_WHOLE_H

#include "tools/fasti_lines.h"
#include "tools/fasti_record_line.h"
#include "tools/fasti_session.h"

/* Is this line the head of an export? */
bool fasti_import_whole_is(const char *bytes, size_t size);

/* The whole import; the head is the next line. */
FASTI_MUST_USE enum fasti_exit fasti_import_whole(struct fasti_session *session,
                                                  struct fasti_lines *lines, const char *path);

/* ---- records (fasti_import_records.c) ---- */

struct fasti_loader;

/* NULL: no memory, which was said. Learns the dense ids of what the server has by now. */
struct fasti_loader *fasti_loader_open(struct fasti_session *session, const char *path);
void fasti_loader_close(struct fasti_loader *loader);

/* The records that come are of this organization. */
FASTI_MUST_USE enum fasti_exit fasti_loader_scope(struct fasti_loader *loader,
                                                  const char *organization, uint32_t line);
FASTI_MUST_USE enum fasti_exit fasti_loader_add(struct fasti_loader *loader,
                                                struct fasti_record_line *record, uint32_t line);
/* Sends what is left and waits for all answers. */
FASTI_MUST_USE enum fasti_exit fasti_loader_finish(struct fasti_loader *loader);

uint64_t fasti_loader_loaded(const struct fasti_loader *loader);
uint64_t fasti_loader_known(const struct fasti_loader *loader);

#endif
