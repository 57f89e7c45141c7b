/*
 * import.h - puts that were staged under an import and wait for its commit.
 *
 *   slots  (organization, kind, id) --> newest put of it; of a schedule put twice, its openings
 *   puts   [1] [2] [3] ...              in the order of the log: PUBLISH applies them so
 *
 * Each staged put is an effect in the log and its encoded bytes here. All or nothing: after a crash
 * without PUBLISH in the log nothing of them is there. An import of one organization stages only
 * its records; one of several (organization 0) may make organizations and stage what is theirs.
 * Threading: everything under the configuration lock.
 */
#ifndef FASTI_BOOKING_IMPORT_H
#define FASTI_BOOKING_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/booking/effect.h"
#include "engine/directory/directory.h"

/* Which record a put is of. */
struct fasti_import_key {
    fasti_organization_id organization;
    enum fasti_entity_kind kind;
    struct fasti_id_text id;
};

struct fasti_staged_put {
    uint8_t *bytes; /* encoded put, owned */
    uint32_t size;
    bool is_zone;   /* staged by the server beside a location: its sender counts it not */
    uint32_t made;  /* ORGANIZATION: what others in the import call it (FASTI_ORGANIZATION_STAGED),
                       or its dense id where it was there before */
    uint32_t dense; /* ORGANIZATION: its dense id once it is published; else 0 */
};

/* What the import knows of one key: open addressing, kind 0 = free slot. */
struct fasti_staged_slot {
    struct fasti_import_key key;
    uint32_t put;  /* 1 + index of its newest staged put; 0: it was named but is unchanged */
    uint64_t etag; /* of the record as it was when it was found unchanged; 0: it was not */
    struct fasti_schedule_config *openings; /* after its staged puts, if it has several; owned */
};

struct fasti_staged_import {
    uint32_t id;                        /* 0: free place */
    fasti_organization_id organization; /* whose import this is; 0: of several */
    int64_t used_ms;
    uint32_t count, capacity;
    struct fasti_staged_put *puts;
    struct fasti_staged_slot *slots; /* slot_capacity is a power of two, at most half full */
    uint32_t slot_count, slot_capacity;
    uint32_t unchanged;
    uint32_t created[FASTI_KIND_SLOTS]; /* by kind: new records */
};

struct fasti_imports {
    uint32_t next_id;
    struct fasti_staged_import places[FASTI_IMPORTS_MAX];
};

/* An import idle for longer than this gives its place to a new one when all are used. */
#define FASTI_IMPORT_IDLE_MS (10 * 60 * 1000)

void fasti_imports_init(struct fasti_imports *imports);

/* A new import; BUSY when all places are in use (see fasti_import_idle). */
FASTI_MUST_USE enum fasti_status fasti_import_begin(struct fasti_imports *imports,
                                                    fasti_organization_id organization,
                                                    int64_t now_ms,
                                                    struct fasti_staged_import **import);
/* The import that was idle longest, if for longer than FASTI_IMPORT_IDLE_MS; else NULL. */
struct fasti_staged_import *fasti_import_idle(struct fasti_imports *imports, int64_t now_ms);
/* NULL: not open. */
struct fasti_staged_import *fasti_import_find(struct fasti_imports *imports, uint32_t id);
/* In replay: the import of a logged stage, made if new. NULL: id 0, or no place (a running engine
 * never has more open: aborts are logged, and a restart ends all). */
struct fasti_staged_import *fasti_import_of_log(struct fasti_imports *imports, uint32_t id);
void fasti_import_end(struct fasti_staged_import *import);
/* Forgets all; ids go on. */
void fasti_imports_end_all(struct fasti_imports *imports);

struct fasti_import_key fasti_import_key(fasti_organization_id organization,
                                         enum fasti_entity_kind kind,
                                         const struct fasti_id_text *id);
struct fasti_import_key fasti_import_key_of(const struct fasti_put *put);
bool fasti_import_key_equal(const struct fasti_import_key *a, const struct fasti_import_key *b);

/* Room for one more put, made before its effect is logged. LIMIT_RECORDS, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_import_reserve(struct fasti_staged_import *import);
/* Copies encoded bytes behind the others; the put's number, as FASTI_ORGANIZATION_STAGED counts, is
 * import->count then. After reserve only memory for the copy can lack: LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_import_append(struct fasti_staged_import *import,
                                                     const uint8_t *bytes, uint32_t size);
void fasti_import_unappend(struct fasti_staged_import *import);
/* The slot of a key, made if new (reserve was called). Valid until the next reserve. */
struct fasti_staged_slot *fasti_import_name(struct fasti_staged_import *import,
                                            const struct fasti_import_key *key);
/* The slot of a key that was named; NULL if it was not. Valid until the next reserve. */
struct fasti_staged_slot *fasti_import_slot(const struct fasti_staged_import *import,
                                            const struct fasti_import_key *key);
/* The newest staged put of a key; NULL if there is none. */
const struct fasti_staged_put *fasti_import_find_put(const struct fasti_staged_import *import,
                                                     const struct fasti_import_key *key);
#endif
