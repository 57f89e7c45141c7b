/*
 * changed.c - which schedules a search must look at anew, and which names.
 */
#include <stdlib.h>

#include "engine/directory/state.h"

#define WIDE_MAX 16 /* edits of services and places that are followed up: each looks at all */

static void id_add(struct fasti_changed *changed, uint32_t id) {
    if (changed->is_all)
        return;
    if (changed->count == changed->capacity) {
        const uint32_t capacity = changed->capacity == 0 ? 64 : changed->capacity * 2;
        uint32_t *ids = capacity > FASTI_ROSTER_CHANGES_MAX * 4
                            ? NULL /* search is made anew for less */
                            : realloc(changed->ids, capacity * sizeof *ids);
        changed->is_all = ids == NULL;
        if (ids == NULL)
            return;
        changed->ids = ids;
        changed->capacity = capacity;
    }
    changed->ids[changed->count++] = id;
}

/* Schedules that offer the service, or are at the location. */
static void wide_add(struct fasti_directory *directory, enum fasti_entity_kind kind, uint32_t id) {
    struct fasti_changed *changed = &directory->changed;
    const uint32_t count = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE);
    changed->is_all = changed->is_all || ++changed->wide_count > WIDE_MAX;
    for (uint32_t s = 1; s <= count && !changed->is_all; s++) {
        const struct fasti_schedule_config *config =
            fasti_config_get(directory, (fasti_schedule_id){s});
        if (kind == FASTI_ENTITY_LOCATION ? config->location.v == id
                                          : fasti_schedule_offers(config, (fasti_service_id){id}))
            id_add(changed, s);
    }
}

static void name_add(struct fasti_changed *changed, enum fasti_entity_kind kind, uint32_t id) {
    if (changed->is_any_name)
        return;
    if (changed->name_count == changed->name_capacity) {
        const uint32_t capacity = changed->name_capacity == 0 ? 64 : changed->name_capacity * 2;
        struct fasti_renamed *names = capacity > FASTI_NAMES_CHANGES_MAX * 2
                                          ? NULL /* the index is made anew for less */
                                          : realloc(changed->names, capacity * sizeof *names);
        changed->is_any_name = names == NULL;
        if (names == NULL)
            return;
        changed->names = names;
        changed->name_capacity = capacity;
    }
    changed->names[changed->name_count++] = (struct fasti_renamed){kind, id};
}

void fasti_changed_add(struct fasti_directory *directory, enum fasti_entity_kind kind,
                       uint32_t id) {
    if (kind == FASTI_ENTITY_LOCATION || kind == FASTI_ENTITY_PRACTITIONER ||
        kind == FASTI_ENTITY_SERVICE || kind == FASTI_ENTITY_SCHEDULE)
        name_add(&directory->changed, kind, id);
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER: break;
    case FASTI_ENTITY_LOCATION:
    case FASTI_ENTITY_SERVICE: wide_add(directory, kind, id); break;
    case FASTI_ENTITY_SCHEDULE:
    case FASTI_ENTITY_OPENINGS: id_add(&directory->changed, id); break;
    case FASTI_ENTITY_ZONE: directory->changed.is_all = true; break;
    }
}

bool fasti_directory_changes(const struct fasti_directory *directory, const uint32_t **ids,
                             uint32_t *count) {
    *ids = directory->changed.ids;
    *count = directory->changed.count;
    return !directory->changed.is_all;
}

void fasti_directory_changes_end(struct fasti_directory *directory) {
    directory->changed.count = directory->changed.wide_count = 0;
    directory->changed.is_all = false;
}

bool fasti_directory_names(const struct fasti_directory *directory,
                           const struct fasti_renamed **changes, uint32_t *count) {
    *changes = directory->changed.names;
    *count = directory->changed.name_count;
    return !directory->changed.is_any_name;
}

void fasti_directory_names_end(struct fasti_directory *directory) {
    directory->changed.name_count = 0;
    directory->changed.is_any_name = false;
}
