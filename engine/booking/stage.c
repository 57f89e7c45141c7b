/*
 * stage.c - what is published and what is staged, looked at as one.
 */
#include "engine/booking/stage.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"

/* A check may hold a staged schedule while it asks for the services that the schedule names. */
struct staged_context {
    struct fasti_staged_import *import;
    struct fasti_put_scratch *schedule, *other;
};

static bool staged_find(const void *context, fasti_organization_id organization,
                        enum fasti_entity_kind kind, const struct fasti_id_text *id,
                        const struct fasti_put **put) {
    const struct staged_context *staged = context;
    const struct fasti_import_key key = fasti_import_key(organization, kind, id);
    const struct fasti_staged_put *found = fasti_import_find_put(staged->import, &key);
    if (found == NULL)
        return false;
    if (put == NULL)
        return true;
    struct fasti_put_scratch *scratch =
        kind == FASTI_ENTITY_SCHEDULE ? staged->schedule : staged->other;
    *put = &scratch->put;
    return fasti_put_decode(found->bytes, found->size, scratch) == FASTI_OK;
}

/* ---- organizations that the import makes ---- */

/* The staged put that makes the organization; NULL: there is none. */
static const struct fasti_staged_put *maker_of(const struct fasti_staged_import *import,
                                               fasti_organization_id organization) {
    const uint32_t number = organization.v & ~FASTI_ORGANIZATION_STAGED;
    return number == 0 || number > import->count ? NULL : &import->puts[number - 1];
}

bool fasti_stage_place(const struct fasti_staged_import *import, struct fasti_put *put) {
    if ((put->organization.v & FASTI_ORGANIZATION_STAGED) == 0)
        return true;
    const struct fasti_staged_put *maker = maker_of(import, put->organization);
    if (maker == NULL)
        return false;
    if (maker->dense != 0)
        put->organization.v = maker->dense;
    return true;
}

static enum fasti_status organization_check(const struct fasti_staged_import *import,
                                            const struct fasti_put *put,
                                            struct fasti_detail *detail) {
    if ((put->organization.v & FASTI_ORGANIZATION_STAGED) == 0)
        return FASTI_OK;
    const struct fasti_staged_put *maker = maker_of(import, put->organization);
    if (maker != NULL && maker->made == put->organization.v)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_REFERENCE, "this import makes no organization %u",
                            put->organization.v);
}

/* ---- openings put several times ---- */

static struct fasti_schedule_config *openings_copy(const struct fasti_state *state) {
    uint32_t count;
    const struct fasti_opening *openings =
        fasti_directory_checked_openings(state->directory, &count);
    struct fasti_schedule_config *copy = calloc(1, sizeof *copy + count * sizeof *openings);
    if (copy == NULL)
        return NULL;
    copy->opening_count = (uint16_t)count;
    memcpy(copy->openings, openings, count * sizeof *openings);
    return copy;
}

/* Sets staged->openings, where openings of the put's schedule were staged before. They are written
 * out when a second put comes: most schedules are put once. */
static enum fasti_status openings_before(struct fasti_state *state,
                                         struct fasti_staged_import *import,
                                         const struct fasti_put *put, struct fasti_staged *staged,
                                         struct fasti_detail *detail) {
    const struct fasti_import_key key = fasti_import_key_of(put);
    struct fasti_staged_slot *slot = fasti_import_slot(import, &key);
    if (slot == NULL || slot->put == 0)
        return FASTI_OK;
    if (slot->openings == NULL) {
        struct fasti_put_scratch *first = state->openings_scratch;
        const struct fasti_staged_put *kept = &import->puts[slot->put - 1];
        enum fasti_put_result result;
        FASTI_TRY(fasti_put_decode(kept->bytes, kept->size, first));
        first->put.organization = put->organization;
        FASTI_TRY(fasti_directory_check(state->directory, &first->put, staged, &result, detail));
        slot->openings = openings_copy(state);
    }
    staged->openings = slot->openings;
    return slot->openings == NULL ? FASTI_LIMIT_MEMORY : FASTI_OK;
}

/* ---- check and keep ---- */

enum fasti_status fasti_stage_check(struct fasti_state *state, struct fasti_staged_import *import,
                                    const struct fasti_put *put, enum fasti_put_result *result,
                                    struct fasti_detail *detail) {
    const struct staged_context context = {import, state->schedule_scratch, state->put_scratch};
    struct fasti_staged staged = {
        .find = staged_find, .context = &context, .created = import->created};
    FASTI_TRY(organization_check(import, put, detail));
    if (put->kind == FASTI_ENTITY_OPENINGS)
        FASTI_TRY(openings_before(state, import, put, &staged, detail));
    return fasti_directory_check(state->directory, put, &staged, result, detail);
}

/* Makes the put of this number the newest of its key. LIMIT_MEMORY: nothing changed. */
static enum fasti_status learn(struct fasti_state *state, struct fasti_staged_import *import,
                               const struct fasti_put *put, enum fasti_put_result result,
                               uint32_t number) {
    const struct fasti_import_key key = fasti_import_key_of(put);
    struct fasti_staged_slot *slot = fasti_import_name(import, &key);
    if (put->kind == FASTI_ENTITY_OPENINGS && slot->put != 0) {
        struct fasti_schedule_config *openings = openings_copy(state);
        if (openings == NULL)
            return FASTI_LIMIT_MEMORY;
        free(slot->openings);
        slot->openings = openings;
    }
    slot->put = number;
    import->created[put->kind] += result == FASTI_PUT_CREATED;
    return FASTI_OK;
}

enum fasti_status fasti_stage_keep(struct fasti_state *state, struct fasti_staged_import *import,
                                   const struct fasti_put *put, enum fasti_put_result result,
                                   const uint8_t *bytes, uint32_t size, uint32_t *id) {
    const struct fasti_import_key key = fasti_import_key_of(put);
    const struct fasti_staged_put *before = fasti_import_find_put(import, &key);
    uint32_t made = 0;
    if (put->kind == FASTI_ENTITY_ORGANIZATION) {
        made = fasti_directory_find(state->directory, put->organization, put->kind, &put->id);
        if (made == 0)
            made = before != NULL ? before->made : FASTI_ORGANIZATION_STAGED | (import->count + 1);
    }
    FASTI_TRY(fasti_import_append(import, bytes, size));
    const enum fasti_status status = learn(state, import, put, result, import->count);
    if (status != FASTI_OK) {
        fasti_import_unappend(import);
        return status;
    }
    import->puts[import->count - 1].made = made;
    import->puts[import->count - 1].is_zone = put->kind == FASTI_ENTITY_ZONE;
    *id = made;
    return FASTI_OK;
}
