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

void fasti_imports_end_all(struct fasti_imports *imports) {
    for (uint32_t i = 0; i < FASTI_IMPORTS_MAX; i++)
        fasti_import_end(&imports->places[i]);
}

void fasti_import_end(struct fasti_staged_import *import) {
    for (uint32_t i = 0; i < import->count; i++)
        free(import->puts[i].bytes);
    for (uint32_t i = 0; i < import->slot_capacity; i++)
        free(import->slots[i].openings);
    free(import->puts);
    free(import->slots);
    memset(import, 0, sizeof *import);
}

struct fasti_staged_import *fasti_import_find(struct fasti_imports *imports, uint32_t id) {
    for (uint32_t i = 0; id != 0 && i < FASTI_IMPORTS_MAX; i++)
        if (imports->places[i].id == id)
            return &imports->places[i];
    return NULL;
}

static struct fasti_staged_import *place_find(struct fasti_imports *imports) {
    for (uint32_t i = 0; i < FASTI_IMPORTS_MAX; i++)
        if (imports->places[i].id == 0)
            return &imports->places[i];
    return NULL;
}

struct fasti_staged_import *fasti_import_idle(struct fasti_imports *imports, int64_t now_ms) {
    struct fasti_staged_import *oldest = NULL;
    for (uint32_t i = 0; i < FASTI_IMPORTS_MAX; i++) {
        struct fasti_staged_import *import = &imports->places[i];
        if (import->id != 0 && (oldest == NULL || import->used_ms < oldest->used_ms))
            oldest = import;
    }
    const bool is_idle = oldest != NULL && now_ms - oldest->used_ms >= FASTI_IMPORT_IDLE_MS;
    return is_idle ? oldest : NULL;
}

enum fasti_status fasti_import_begin(struct fasti_imports *imports,
                                     fasti_organization_id organization, int64_t now_ms,
                                     struct fasti_staged_import **import) {
    *import = place_find(imports);
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
    import = place_find(imports);
    if (import != NULL)
        *import = (struct fasti_staged_import){.id = id};
    if (id >= imports->next_id)
        imports->next_id = id + 1;
    return import;
}

struct fasti_import_key fasti_import_key(fasti_organization_id organization,
                                         enum fasti_entity_kind kind,
                                         const struct fasti_id_text *id) {
    return (struct fasti_import_key){organization, kind, *id};
}

struct fasti_import_key fasti_import_key_of(const struct fasti_put *put) {
    return fasti_import_key(put->organization, put->kind, &put->id);
}

bool fasti_import_key_equal(const struct fasti_import_key *a, const struct fasti_import_key *b) {
    return a->organization.v == b->organization.v && a->kind == b->kind &&
           fasti_id_text_equal(&a->id, &b->id);
}

/* Of a short text the hash mixes in the seed by exclusive or: unlike kinds and ids that differ in a
 * byte or two may have one hash, so what is found is always compared. */
static uint32_t key_place(const struct fasti_import_key *key) {
    const uint64_t seed = (uint64_t)key->organization.v << 8 | (uint64_t)key->kind;
    return (uint32_t)fasti_hash64_seeded(key->id.bytes, key->id.length, fasti_hash_mix(seed));
}

/* The key's slot, or the free one where it belongs. */
static struct fasti_staged_slot *slot_find(struct fasti_staged_slot *slots, uint32_t capacity,
                                           const struct fasti_import_key *key) {
    uint32_t at = key_place(key) & (capacity - 1);
    while (slots[at].key.kind != 0 && !fasti_import_key_equal(&slots[at].key, key))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static bool slots_grow(struct fasti_staged_import *import) {
    const uint32_t capacity = import->slot_capacity == 0 ? 256 : import->slot_capacity * 2;
    struct fasti_staged_slot *slots = calloc(capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < import->slot_capacity; i++)
        if (import->slots[i].key.kind != 0)
            *slot_find(slots, capacity, &import->slots[i].key) = import->slots[i];
    free(import->slots);
    import->slots = slots;
    import->slot_capacity = capacity;
    return true;
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
    if (import->slot_count >= FASTI_IMPORT_EFFECTS_MAX)
        return FASTI_LIMIT_RECORDS;
    if ((import->slot_count + 1) * 2 > import->slot_capacity && !slots_grow(import))
        return FASTI_LIMIT_MEMORY;
    return FASTI_OK;
}

enum fasti_status fasti_import_append(struct fasti_staged_import *import, const uint8_t *bytes,
                                      uint32_t size) {
    FASTI_ASSERT(import->count < import->capacity);
    uint8_t *copy = malloc(size);
    if (copy == NULL)
        return FASTI_LIMIT_MEMORY;
    memcpy(copy, bytes, size);
    import->puts[import->count++] = (struct fasti_staged_put){.bytes = copy, .size = size};
    return FASTI_OK;
}

void fasti_import_unappend(struct fasti_staged_import *import) {
    FASTI_ASSERT(import->count > 0);
    free(import->puts[--import->count].bytes);
}

struct fasti_staged_slot *fasti_import_name(struct fasti_staged_import *import,
                                            const struct fasti_import_key *key) {
    struct fasti_staged_slot *slot = slot_find(import->slots, import->slot_capacity, key);
    import->slot_count += slot->key.kind == 0;
    slot->key = *key;
    return slot;
}

struct fasti_staged_slot *fasti_import_slot(const struct fasti_staged_import *import,
                                            const struct fasti_import_key *key) {
    if (import->slot_capacity == 0)
        return NULL;
    struct fasti_staged_slot *slot = slot_find(import->slots, import->slot_capacity, key);
    return slot->key.kind != 0 ? slot : NULL;
}

const struct fasti_staged_put *fasti_import_find_put(const struct fasti_staged_import *import,
                                                     const struct fasti_import_key *key) {
    const struct fasti_staged_slot *slot = fasti_import_slot(import, key);
    return slot == NULL || slot->put == 0 ? NULL : &import->puts[slot->put - 1];
}
