/*
 * import.h - puts that were staged under an import and wait for its commit.
 *
 * Each staged put is an effect in the log and its encoded bytes here; PUBLISH applies them in
 * order, all or nothing: after a crash without PUBLISH in the log nothing of them is there.
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

struct fasti_staged_put {
    uint8_t *bytes; /* encoded put, owned */
    uint32_t size;
    uint64_t key; /* hash of (organization, kind, id) */
};

struct fasti_staged_import {
    uint32_t id;                        /* 0: free place */
    fasti_organization_id organization; /* whose import this is; 0: of several */
    int64_t used_ms;
    uint32_t count, capacity;
    struct fasti_staged_put *puts;
    uint64_t *named; /* keys of all puts, unchanged ones too: which schedules were named */
    uint32_t named_count, named_capacity;
    uint32_t unchanged;
};

struct fasti_imports {
    uint32_t next_id;
    struct fasti_staged_import places[FASTI_IMPORTS_MAX];
};

/* An import idle for longer than this gives its place to a new one when all are used. */
#define FASTI_IMPORT_IDLE_MS (10 * 60 * 1000)

void fasti_imports_init(struct fasti_imports *imports);
void fasti_imports_deinit(struct fasti_imports *imports);

/* A new import; BUSY when all places are in use. */
FASTI_MUST_USE enum fasti_status fasti_import_begin(struct fasti_imports *imports,
                                                    fasti_organization_id organization,
                                                    int64_t now_ms,
                                                    struct fasti_staged_import **import);
/* NULL: not open. */
struct fasti_staged_import *fasti_import_find(struct fasti_imports *imports, uint32_t id);
/* In replay: the import of a logged stage, made if new. NULL: no place or memory. */
struct fasti_staged_import *fasti_import_of_log(struct fasti_imports *imports, uint32_t id);
void fasti_import_end(struct fasti_staged_import *import);

uint64_t fasti_import_key(fasti_organization_id organization, enum fasti_entity_kind kind,
                          const struct fasti_id_text *id);

/* Room for one more put, made before its effect is logged. LIMIT_RECORDS, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_import_reserve(struct fasti_staged_import *import);
/* Copies encoded bytes; after reserve only memory for the copy can lack: LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_import_stage(struct fasti_staged_import *import,
                                                    uint64_t key, const uint8_t *bytes,
                                                    uint32_t size);
void fasti_import_name(struct fasti_staged_import *import, uint64_t key);
bool fasti_import_names(const struct fasti_staged_import *import, uint64_t key);
/* The newest staged put of a key; NULL if there is none. */
const struct fasti_staged_put *fasti_import_find_put(const struct fasti_staged_import *import,
                                                     uint64_t key);

#endif
