/*
 * import.c - the places of open imports and the puts that they hold.
 */
#include "engine/booking/import.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/panic.h"

void fasti_imports_init(struct fasti_imports *imports) {
    memset(imports, 0, sizeof *imports);
    imports->next_id = 1;
}

void fasti_imports_deinit(struct fasti_imports *imports) {
    for (uint32_t i = 0; i < FASTI_IMPORTS_MAX; i++)
        fasti_import_end(&imports->places[i]);
}

void fasti_import_end(struct fasti_staged_import *import) {
    for (uint32_t i = 0; i < import->count; i++)
        free(import->puts[i].bytes);
    free(import->puts);
    free(import->named);
    memset(import, 0, sizeof *import);
}

struct fasti_staged_import *fasti_import_find(struct fasti_imports *imports, uint32_t id) {
    for (uint32_t i = 0; id != 0 && i < FASTI_IMPORTS_MAX; i++)
        if (imports->places[i].id == id)
            return &imports->places[i];
    return NULL;
}

static struct fasti_staged_import *place_find(struct fasti_imports *imports, int64_t now_ms) {
    for (uint32_t i = 0; i < FASTI_IMPORTS_MAX; i++)
        if (imports->places[i].id == 0)
            return &imports->places[i];
    struct fasti_staged_import *oldest = &imports->places[0];
    for (uint32_t i = 1; i < FASTI_IMPORTS_MAX; i++)
        if (imports->places[i].used_ms < oldest->used_ms)
            oldest = &imports->places[i];
    if (now_ms - oldest->used_ms < FASTI_IMPORT_IDLE_MS)
        return NULL;
    fasti_import_end(oldest);
    return oldest;
}

enum fasti_status fasti_import_begin(struct fasti_imports *imports,
                                     fasti_organization_id organization, int64_t now_ms,
                                     struct fasti_staged_import **import) {
    *import = place_find(imports, now_ms);
    if (*import == NULL)
        return FASTI_BUSY;
    **import = (struct fasti_staged_import){
        .id = imports->next_id++, .organization = organization, .used_ms = now_ms};
    return FASTI_OK;
}

struct fasti_staged_import *fasti_import_of_log(struct fasti_imports *imports, uint32_t id) {
    struct fasti_staged_import *import = fasti_import_find(imports, id);
    if (import != NULL || id == 0)
        return import;
    /* Those that an earlier process left open can never be committed: the oldest gives way. */
    import = place_find(imports, INT64_MAX);
    FASTI_ASSERT(import != NULL);
    *import = (struct fasti_staged_import){.id = id, .used_ms = id};
    if (id >= imports->next_id)
        imports->next_id = id + 1;
    return import;
}

uint64_t fasti_import_key(fasti_organization_id organization, enum fasti_entity_kind kind,
                          const struct fasti_id_text *id) {
    return fasti_hash64_seeded(id->bytes, id->length,
                               (uint64_t)organization.v << 8 | (uint64_t)kind);
}

enum fasti_status fasti_import_reserve(struct fasti_staged_import *import) {
    if (import->count >= FASTI_IMPORT_EFFECTS_MAX)
        return FASTI_LIMIT_RECORDS;
    if (import->count == import->capacity) {
        const uint32_t capacity = import->capacity == 0 ? 64 : import->capacity * 2;
        struct fasti_staged_put *puts = realloc(import->puts, capacity * sizeof *puts);
        if (puts == NULL)
            return FASTI_LIMIT_MEMORY;
        import->puts = puts;
        import->capacity = capacity;
    }
    if (import->named_count == import->named_capacity) {
        const uint32_t capacity = import->named_capacity == 0 ? 64 : import->named_capacity * 2;
        uint64_t *named = realloc(import->named, capacity * sizeof *named);
        if (named == NULL)
            return FASTI_LIMIT_MEMORY;
        import->named = named;
        import->named_capacity = capacity;
    }
    return FASTI_OK;
}

enum fasti_status fasti_import_stage(struct fasti_staged_import *import, uint64_t key,
                                     const uint8_t *bytes, uint32_t size) {
    FASTI_ASSERT(import->count < import->capacity);
    uint8_t *copy = malloc(size);
    if (copy == NULL)
        return FASTI_LIMIT_MEMORY;
    memcpy(copy, bytes, size);
    import->puts[import->count++] =
        (struct fasti_staged_put){.bytes = copy, .size = size, .key = key};
    return FASTI_OK;
}

void fasti_import_name(struct fasti_staged_import *import, uint64_t key) {
    FASTI_ASSERT(import->named_count < import->named_capacity);
    import->named[import->named_count++] = key;
}

bool fasti_import_names(const struct fasti_staged_import *import, uint64_t key) {
    for (uint32_t i = 0; i < import->named_count; i++)
        if (import->named[i] == key)
            return true;
    return false;
}

const struct fasti_staged_put *fasti_import_find_put(const struct fasti_staged_import *import,
                                                     uint64_t key) {
    for (uint32_t i = import->count; i > 0; i--)
        if (import->puts[i - 1].key == key)
            return &import->puts[i - 1];
    return NULL;
}
