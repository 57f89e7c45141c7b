/*
 * names.c - what changed since an index of names was made, and views of both.
 */
#include "engine/search/names.h"

#include <stdlib.h>
#include <string.h>

#include "engine/search/names_make.h"

#define RETRY_MS  1000
#define PAIRS_MAX FASTI_NAMES_CHANGES_MAX

void fasti_names_init(struct fasti_names_store *store) {
    memset(store, 0, sizeof *store);
}

void fasti_names_deinit(struct fasti_names_store *store) {
    struct fasti_names *names = fasti_load_seq_cst(&store->current);
    if (names == NULL)
        return;
    for (uint32_t i = 0; i < names->change_count; i++)
        free((void *)(uintptr_t)names->changes[i]);
    fasti_names_free((struct fasti_names_index *)(uintptr_t)names->index);
    free(names);
}

bool fasti_names_are_due(const struct fasti_names_store *store, int64_t now_ms) {
    return fasti_load_seq_cst(&store->is_short) && now_ms >= fasti_load_relaxed(&store->retry_ms);
}

/* ---- reading ---- */

struct fasti_named fasti_names_at(const struct fasti_names_index *index, uint32_t at) {
    const struct fasti_names_entry *entry = &index->entries[at];
    uint32_t kind = FASTI_NAMES_KINDS - 1;
    while (at < index->first[kind])
        kind--;
    const char *name = index->text + entry->text_at;
    return (struct fasti_named){.kind = kind,
                                .id = at - index->first[kind] + 1,
                                .entry = entry,
                                .name = name,
                                .fold = name + entry->name_length};
}

struct fasti_named fasti_names_changed(const struct fasti_names_change *change) {
    return (struct fasti_named){.kind = change->kind,
                                .id = change->id,
                                .entry = &change->entry,
                                .name = change->text,
                                .fold = change->text + change->entry.name_length};
}

/* The first change of [0, count) that is not before (kind, id). */
static uint32_t change_bound(const struct fasti_names *names, uint32_t kind, uint32_t id) {
    uint32_t first = 0, end = names->change_count;
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        const struct fasti_names_change *change = names->changes[middle];
        if (change->kind < kind || (change->kind == kind && change->id < id))
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static bool change_is(const struct fasti_names *names, uint32_t at, uint32_t kind, uint32_t id) {
    return at < names->change_count && names->changes[at]->kind == kind &&
           names->changes[at]->id == id;
}

bool fasti_names_is_old(const struct fasti_names *names, uint32_t kind, uint32_t id) {
    return names->change_count > 0 && change_is(names, change_bound(names, kind, id), kind, id);
}

static uint32_t practitioner_of(const struct fasti_directory *directory, uint32_t schedule) {
    return fasti_load_seq_cst(&fasti_schedule_get(directory, (fasti_schedule_id){schedule})->config)
        ->practitioner.v;
}

/* Those of the index that are another's by now are among the pairs, so they are few. */
uint32_t fasti_names_schedule(const struct fasti_names *names,
                              const struct fasti_directory *directory, uint32_t practitioner) {
    const struct fasti_names_index *index = names->index;
    uint32_t found = 0;
    const bool is_known = practitioner < index->practitioner_end;
    const uint32_t end = is_known ? index->schedule_first[practitioner + 1] : 0;
    for (uint32_t i = is_known ? index->schedule_first[practitioner] : 0; i < end && found == 0;
         i++)
        if (practitioner_of(directory, index->schedules[i]) == practitioner)
            found = index->schedules[i];
    for (uint32_t i = 0; i < names->pair_count; i++) {
        const struct fasti_names_pair pair = names->pairs[i];
        if (pair.practitioner == practitioner && (found == 0 || pair.schedule < found) &&
            practitioner_of(directory, pair.schedule) == practitioner)
            found = pair.schedule;
    }
    return found;
}

/* ---- views ---- */

/* Room for so many changes and pairs; NULL: no memory. */
static struct fasti_names *view_make(const struct fasti_names_index *index, uint32_t changes,
                                     uint32_t pairs) {
    struct fasti_names *names = calloc(1, sizeof *names + changes * sizeof names->changes[0] +
                                              pairs * sizeof names->pairs[0]);
    if (names == NULL)
        return NULL;
    names->index = index;
    names->changes = (const struct fasti_names_change **)(names + 1);
    names->pairs = (struct fasti_names_pair *)(names->changes + changes);
    return names;
}

/* NULL: no memory. */
static struct fasti_names_change *change_make(const struct fasti_directory *directory,
                                              uint32_t kind, uint32_t id) {
    struct fasti_fold fold;
    uint32_t organization;
    const struct fasti_name_text *name = fasti_names_of(directory, kind, id, &organization);
    fasti_fold(name->bytes, name->length, &fold);
    struct fasti_names_change *change =
        malloc(sizeof *change + (size_t)name->length + fold.length + 1);
    if (change == NULL)
        return NULL;
    change->kind = kind;
    change->id = id;
    change->entry = (struct fasti_names_entry){.organization = organization,
                                               .plain_length = fold.plain_length,
                                               .fold_length = fold.length,
                                               .name_length = name->length};
    memcpy(change->text, name->bytes, name->length);
    memcpy(change->text + name->length, fold.bytes, fold.length);
    change->text[name->length + fold.length] = ' ';
    return change;
}

/* Is the name that is published the one that the view has? */
static bool is_the_same(const struct fasti_names *names, const struct fasti_directory *directory,
                        uint32_t kind, uint32_t id) {
    const struct fasti_names_index *index = names->index;
    const uint32_t at = change_bound(names, kind, id);
    uint32_t organization;
    struct fasti_named named;
    if (change_is(names, at, kind, id))
        named = fasti_names_changed(names->changes[at]);
    else if (id <= index->count[kind])
        named = fasti_names_at(index, index->first[kind] + id - 1);
    else
        return false;
    const struct fasti_name_text *name = fasti_names_of(directory, kind, id, &organization);
    return named.entry->organization == organization && named.entry->name_length == name->length &&
           memcmp(named.name, name->bytes, name->length) == 0;
}

/* One edit under way: the view that is made, and changes of the one before that it has not. */
struct editing {
    struct fasti_names *names;
    const struct fasti_directory *directory;
    uint32_t made_count, replaced_count;
    struct fasti_names_change *made[FASTI_NAMES_CHANGES_MAX];
    const struct fasti_names_change *replaced[FASTI_NAMES_CHANGES_MAX];
};

static bool name_take(struct editing *editing, uint32_t kind, uint32_t id) {
    struct fasti_names *names = editing->names;
    if (is_the_same(names, editing->directory, kind, id))
        return true;
    struct fasti_names_change *change = change_make(editing->directory, kind, id);
    if (change == NULL)
        return false;
    const uint32_t at = change_bound(names, kind, id);
    editing->made[editing->made_count++] = change;
    if (change_is(names, at, kind, id)) {
        editing->replaced[editing->replaced_count++] = names->changes[at];
    } else {
        memmove(&names->changes[at + 1], &names->changes[at],
                (names->change_count - at) * sizeof names->changes[0]);
        names->change_count++;
    }
    names->changes[at] = change;
    return true;
}

/* Has the index the schedule as one of the practitioner's? */
static bool index_has(const struct fasti_names_index *index, uint32_t practitioner,
                      uint32_t schedule) {
    if (practitioner >= index->practitioner_end)
        return false;
    uint32_t first = index->schedule_first[practitioner];
    uint32_t end = index->schedule_first[practitioner + 1];
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        if (index->schedules[middle] == schedule)
            return true;
        if (index->schedules[middle] < schedule)
            first = middle + 1;
        else
            end = middle;
    }
    return false;
}

/* The practitioner of a schedule, unless that is known. */
static void pair_take(struct editing *editing, uint32_t schedule) {
    struct fasti_names *names = editing->names;
    const uint32_t practitioner = practitioner_of(editing->directory, schedule);
    if (practitioner == 0 || index_has(names->index, practitioner, schedule))
        return;
    for (uint32_t i = 0; i < names->pair_count; i++)
        if (names->pairs[i].schedule == schedule && names->pairs[i].practitioner == practitioner)
            return;
    names->pairs[names->pair_count++] = (struct fasti_names_pair){practitioner, schedule};
}

/* Changes into a copy of the view before; false: no memory, and nothing of it is left. */
static bool changes_copy(struct editing *editing, const struct fasti_names *before,
                         const struct fasti_renamed *changes, uint32_t count) {
    struct fasti_names *names =
        view_make(before->index, before->change_count + count, before->pair_count + count);
    editing->names = names;
    editing->made_count = editing->replaced_count = 0;
    if (names == NULL)
        return false;
    memcpy(names->changes, before->changes, before->change_count * sizeof names->changes[0]);
    memcpy(names->pairs, before->pairs, before->pair_count * sizeof names->pairs[0]);
    names->change_count = before->change_count;
    names->pair_count = before->pair_count;
    for (uint32_t i = 0; i < count; i++) {
        if (changes[i].kind == FASTI_ENTITY_SCHEDULE)
            pair_take(editing, changes[i].id);
        else if (!name_take(editing, (uint32_t)(changes[i].kind - FASTI_ENTITY_LOCATION),
                            changes[i].id)) {
            while (editing->made_count > 0)
                free(editing->made[--editing->made_count]);
            free(names);
            return false;
        }
    }
    return true;
}

static bool make_anew(struct fasti_names_store *store, const struct fasti_directory *directory,
                      struct fasti_limbo *limbo) {
    struct fasti_names *before = fasti_load_seq_cst(&store->current);
    if (!fasti_limbo_reserve(limbo, FASTI_NAMES_PARTS + 1 + FASTI_NAMES_CHANGES_MAX))
        return false;
    struct fasti_names_index *index =
        fasti_names_make(directory, before == NULL ? NULL : before->index);
    struct fasti_names *names = index == NULL ? NULL : view_make(index, 0, 0);
    if (names == NULL) {
        fasti_names_free(index);
        return false;
    }
    fasti_store_seq_cst(&store->current, names);
    if (before == NULL)
        return true;
    for (uint32_t i = 0; i < before->change_count; i++)
        fasti_limbo_retire_pointer(limbo, (void *)(uintptr_t)before->changes[i]);
    fasti_names_retire((struct fasti_names_index *)(uintptr_t)before->index, limbo);
    fasti_limbo_retire_pointer(limbo, before);
    return true;
}

/* false: no memory. */
static bool changes_take(struct fasti_names_store *store, struct fasti_directory *directory,
                         struct fasti_limbo *limbo) {
    const struct fasti_renamed *changes;
    uint32_t count;
    const bool are_few = fasti_directory_names(directory, &changes, &count);
    struct fasti_names *before = fasti_load_seq_cst(&store->current);
    if (before == NULL || !are_few || fasti_load_seq_cst(&store->is_short) ||
        before->change_count + count > FASTI_NAMES_CHANGES_MAX ||
        before->pair_count + count > PAIRS_MAX)
        return make_anew(store, directory, limbo);
    if (count == 0)
        return true;
    struct editing *editing = malloc(sizeof *editing);
    if (editing == NULL)
        return false;
    editing->directory = directory;
    const bool is_done =
        fasti_limbo_reserve(limbo, count + 1) && changes_copy(editing, before, changes, count);
    if (is_done) {
        fasti_store_seq_cst(&store->current, editing->names);
        for (uint32_t i = 0; i < editing->replaced_count; i++)
            fasti_limbo_retire_pointer(limbo, (void *)(uintptr_t)editing->replaced[i]);
        fasti_limbo_retire_pointer(limbo, before);
    }
    free(editing);
    return is_done;
}

void fasti_names_sync(struct fasti_names_store *store, struct fasti_directory *directory,
                      int64_t now_ms, struct fasti_limbo *limbo) {
    const bool is_done = changes_take(store, directory, limbo);
    fasti_store_relaxed(&store->retry_ms, is_done ? INT64_MIN : now_ms + RETRY_MS);
    fasti_store_seq_cst(&store->is_short, !is_done);
    if (is_done)
        fasti_directory_names_end(directory);
}
