/*
 * state.h - what the directory holds; for the files of this room only.
 *
 *   tables[kind]   dense id -> record        indexes[kind]  external id -> dense id
 *   bulks          configurations that a change of a zone replaced all at once, until nobody can
 *                  read them any more: they may be more than a limbo holds
 *   work           the writer's scratch memory, used under the configuration lock
 *
 * Kinds index the arrays as they are numbered; slots 0 and OPENINGS stay unused.
 */
#ifndef FASTI_DIRECTORY_STATE_H
#define FASTI_DIRECTORY_STATE_H

#include "engine/directory/directory.h"
#include "engine/directory/index.h"
#include "engine/directory/table.h"

/* What stands in the ZONE table. Replaced ones are kept in `older`: configurations point in. */
struct fasti_zone_record {
    struct fasti_zone_record *older;
    struct fasti_id_text name;
    struct fasti_zone zone;
};

/* One schedule whose configuration is replaced because its zone is another one now. */
struct fasti_bulk_item {
    fasti_schedule_id schedule;
    const struct fasti_schedule_config *old;
    struct fasti_schedule_config *now;
};

struct fasti_bulk {
    struct fasti_bulk *next;
    uint64_t free_at; /* epoch counter from which every `old` may be freed */
    uint32_t count;
    struct fasti_bulk_item items[];
};

struct fasti_merge;
struct fasti_compiler;

/* Schedules that a search may find by other things since it was told last. */
struct fasti_changed {
    uint32_t *ids; /* some may be there twice */
    uint32_t count, capacity;
    uint32_t wide_count;         /* edits that changed many schedules */
    bool is_all;                 /* or any */
    struct fasti_renamed *names; /* what may have another name, some twice */
    uint32_t name_count, name_capacity;
    bool is_any_name;
};

/* What a rehearsal made and nobody else will ever see. */
struct fasti_made {
    void **items;
    uint32_t count, capacity;
};

struct fasti_directory {
    struct fasti_arena *arena;
    struct fasti_patterns *patterns;
    struct fasti_table tables[FASTI_KIND_SLOTS];
    struct fasti_index indexes[FASTI_KIND_SLOTS];
    struct fasti_bulk *bulks;
    struct fasti_merge *merge;
    struct fasti_compiler *compiler;
    struct fasti_changed changed;
    struct fasti_made *made; /* of a rehearsal (rehearse.h); NULL in the directory itself */
};

static inline bool fasti_kind_is_known(enum fasti_entity_kind kind) {
    return kind >= FASTI_ENTITY_ORGANIZATION && kind <= FASTI_ENTITY_ZONE;
}

/* The key's 32 bits in the index of its kind. */
uint32_t fasti_directory_tag(fasti_organization_id organization, const struct fasti_id_text *id);

/* The configuration that is published; NULL for a schedule that does not exist. */
const struct fasti_schedule_config *fasti_config_get(const struct fasti_directory *directory,
                                                     fasti_schedule_id schedule);

/* Notes what a published record changes for search (changed.c). */
void fasti_changed_add(struct fasti_directory *directory, enum fasti_entity_kind kind, uint32_t id);

static inline size_t fasti_config_bytes(uint32_t opening_count) {
    return sizeof(struct fasti_schedule_config) + opening_count * sizeof(struct fasti_opening);
}

#endif
