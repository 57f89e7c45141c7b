/*
 * configure.c - puts under the configuration lock, and the way to imports.
 */
#include "engine/booking/configure.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/catchup.h"
#include "engine/booking/config_effect.h"
#include "engine/booking/import_commit.h"
#include "engine/booking/pause.h"
#include "engine/booking/stage.h"
#include "engine/calendar/cell.h"
#include "engine/directory/rehearse.h"

static enum fasti_outcome outcome_of(enum fasti_put_result result) {
    switch (result) {
    case FASTI_PUT_UNCHANGED: return FASTI_OUTCOME_UNCHANGED;
    case FASTI_PUT_CREATED: return FASTI_OUTCOME_CREATED;
    case FASTI_PUT_CHANGED: return FASTI_OUTCOME_CHANGED;
    }
    FASTI_UNREACHABLE_CODE();
}

/* The dense id that the put's answer names. */
static uint32_t put_id(const struct fasti_state *state, const struct fasti_put *put) {
    return fasti_directory_find(state->directory, put->organization, put->kind, &put->id);
}

/* Publishes a checked put and hands its effect over. */
static enum fasti_disposition put_publish(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          const struct fasti_put *put, enum fasti_put_result result,
                                          struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    if (!fasti_config_effect_make(booking, pending, FASTI_EFFECT_PUT, command->request, 0, put))
        return fasti_config_fail(pending, FASTI_LIMIT_MEMORY);
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    const struct fasti_publish publish =
        fasti_config_publish_of(booking, pending->decided_ms, false);
    const enum fasti_status status = fasti_directory_publish(state->directory, put, &publish,
                                                             &pending->answer.id, &pending->delta);
    if (status != FASTI_OK) {
        /* Others may have seen the raised version: log that nothing came of it. */
        fasti_config_effect_drop(pending);
        fasti_add_seq_cst(&state->config_version, UINT32_MAX);
        (void)fasti_config_effect_own(booking, FASTI_EFFECT_NOTHING, 0);
        return fasti_config_fail(pending, status);
    }
    pending->answer.outcome = outcome_of(result);
    fasti_config_edit_begin(booking, pending);
    fasti_effects_push(state, pending);
    return FASTI_PUSHED;
}

/* ---- staging ---- */

/* Body of a staged put inside its own effect's bytes. */
static void staged_body(const struct fasti_pending *pending, const uint8_t **bytes,
                        uint32_t *size) {
    struct fasti_effect effect;
    const enum fasti_status status =
        fasti_effect_decode(pending->effect_heap, pending->effect_bytes, &effect);
    FASTI_ASSERT(status == FASTI_OK);
    *bytes = effect.body;
    *size = effect.body_bytes;
}

/* A put that says what is there already, or what this import said last, is not logged again. */
static enum fasti_disposition put_again(struct fasti_booking *booking,
                                        struct fasti_staged_import *import,
                                        const struct fasti_put *put, uint32_t id,
                                        struct fasti_pending *pending) {
    import->unchanged += put->kind != FASTI_ENTITY_ZONE; /* those come with locations */
    pending->answer.id = id;
    return fasti_config_unchanged(booking, pending);
}

enum fasti_disposition fasti_configure_stage(struct fasti_booking *booking,
                                             const struct fasti_command *command,
                                             const struct fasti_put *put,
                                             struct fasti_staged_import *import,
                                             struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    enum fasti_put_result result;
    enum fasti_status status =
        fasti_stage_check(state, import, put, &result, &pending->answer.detail);
    if (status == FASTI_OK)
        status = fasti_import_reserve(import);
    if (status != FASTI_OK)
        return fasti_config_fail(pending, status);
    const struct fasti_import_key key = fasti_import_key_of(put);
    const struct fasti_staged_put *before = fasti_import_find_put(import, &key);
    import->used_ms = pending->decided_ms;
    if (result == FASTI_PUT_UNCHANGED && before == NULL) {
        struct fasti_staged_slot *slot = fasti_import_name(import, &key);
        if (slot->etag == 0)
            slot->etag = fasti_directory_etag(state->directory, put->kind, put_id(state, put));
        return put_again(booking, import, put, put_id(state, put), pending);
    }
    if (!fasti_config_effect_make(booking, pending, FASTI_EFFECT_STAGE, command->request,
                                  import->id, put))
        return fasti_config_fail(pending, FASTI_LIMIT_MEMORY);
    const uint8_t *bytes;
    uint32_t size;
    staged_body(pending, &bytes, &size);
    if (before != NULL && before->size == size && memcmp(before->bytes, bytes, size) == 0) {
        fasti_config_effect_drop(pending);
        return put_again(booking, import, put, before->made, pending);
    }
    status = fasti_stage_keep(state, import, put, result, bytes, size, &pending->answer.id);
    if (status != FASTI_OK) {
        fasti_config_effect_drop(pending);
        return fasti_config_fail(pending, status);
    }
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    pending->answer.outcome = FASTI_OUTCOME_STAGED;
    fasti_effects_push(state, pending);
    return FASTI_PUSHED;
}

static enum fasti_disposition put_staged(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending) {
    const struct fasti_put *put = &command->body.put;
    struct fasti_staged_import *import =
        fasti_import_find(&booking->state->imports, command->import);
    if (import == NULL ||
        (import->organization.v != 0 && import->organization.v != command->organization.v)) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_NOT_FOUND,
                               "import %u is not open in this organization; begin a new one",
                               command->import);
        return fasti_config_fail(pending, FASTI_NOT_FOUND);
    }
    if (put->kind == FASTI_ENTITY_ORGANIZATION && import->organization.v != 0) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_INVALID_REFERENCE,
                               "an import of one organization makes no other");
        return fasti_config_fail(pending, FASTI_INVALID_REFERENCE);
    }
    return fasti_configure_stage(booking, command, put, import, pending);
}

/* ---- at once ---- */

/* Is the record still the one that the put was made from? Asked before all else: what is wrong
 * with the put otherwise may come of its being old. */
static enum fasti_status match_check(const struct fasti_state *state,
                                     const struct fasti_command *command,
                                     struct fasti_detail *detail) {
    const struct fasti_put *put = &command->body.put;
    const uint32_t id = put_id(state, put);
    if (command->if_match == 0 ||
        command->if_match == fasti_directory_etag(state->directory, put->kind, id))
        return FASTI_OK;
    if (id == 0)
        return fasti_detail_set(detail, FASTI_STALE, "there is no such record: create it");
    return fasti_detail_set(detail, FASTI_STALE,
                            "'%.*s' has changed since it was described: describe it again and put "
                            "what it should be now",
                            put->id.length, put->id.bytes);
}

static enum fasti_disposition put_locked(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const struct fasti_put *put = &command->body.put;
    pending->decided_ms = fasti_state_now_ms(state);
    if (command->import != 0)
        return put_staged(booking, command, pending);
    enum fasti_put_result result;
    enum fasti_status status = match_check(state, command, &pending->answer.detail);
    if (status == FASTI_OK)
        status =
            fasti_directory_check(state->directory, put, NULL, &result, &pending->answer.detail);
    if (status != FASTI_OK)
        return fasti_config_fail(pending, status);
    if (result == FASTI_PUT_UNCHANGED) {
        pending->answer.id = put_id(state, put);
        fasti_config_edit_begin(booking, pending); /* it may rest on one that is under way */
        return fasti_config_unchanged(booking, pending);
    }
    if (!fasti_arena_has_room(&booking->arena, fasti_directory_reach_bytes(state->directory, put)))
        return fasti_config_fail(pending, FASTI_LIMIT_MEMORY);
    struct fasti_moved moved = {0};
    fasti_directory_moved(state->directory, put, fasti_moved_add, &moved);
    fasti_directory_limited(state->directory, put, fasti_limited_add, &moved);
    const enum fasti_status paused = fasti_pause_begin(booking, &moved, &pending->answer.detail);
    const enum fasti_disposition disposition =
        paused == FASTI_OK ? put_publish(booking, command, put, result, pending)
                           : fasti_config_fail(pending, paused);
    fasti_pause_end(booking, &moved);
    return disposition;
}

/* Offline while somebody else's edit is waited for: it may wait for this worker (pause.h). */
static void config_lock(struct fasti_booking *booking) {
    if (pthread_mutex_trylock(&booking->state->config_lock) == 0)
        return;
    fasti_epoch_offline(&booking->limbo);
    pthread_mutex_lock(&booking->state->config_lock);
    fasti_epoch_online(&booking->limbo);
}

static enum fasti_status configure_condition(const struct fasti_booking *booking) {
    if (fasti_load_relaxed(&booking->state->is_dead))
        return FASTI_UNKNOWN;
    return fasti_load_relaxed(&booking->state->is_disk_low) ? FASTI_DISK_LOW : FASTI_OK;
}

enum fasti_disposition fasti_configure_put(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const struct fasti_put *put = &command->body.put;
    const enum fasti_status condition = configure_condition(booking);
    if (condition != FASTI_OK)
        return fasti_config_fail(pending, condition);
    const bool is_global = put->kind == FASTI_ENTITY_ORGANIZATION || put->kind == FASTI_ENTITY_ZONE;
    if (put->organization.v != (is_global ? 0 : command->organization.v))
        return fasti_config_fail(pending, FASTI_INVALID_REFERENCE);
    if (command->import != 0 && command->if_match != 0) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_INVALID_RANGE,
                               "put.if_match is for a put at once: under an import it must be 0");
        return fasti_config_fail(pending, FASTI_INVALID_RANGE);
    }
    config_lock(booking);
    const enum fasti_disposition disposition = put_locked(booking, command, pending);
    pthread_mutex_unlock(&state->config_lock);
    return disposition;
}

/* ---- imports ---- */

static enum fasti_disposition import_locked(struct fasti_booking *booking,
                                            const struct fasti_command *command,
                                            struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    pending->decided_ms = fasti_state_now_ms(state);
    if (command->kind == FASTI_COMMAND_IMPORT_BEGIN)
        return fasti_import_open(booking, command, pending);
    struct fasti_staged_import *import =
        fasti_import_find(&state->imports, command->body.import.import);
    if (import == NULL || import->organization.v != command->organization.v)
        return fasti_config_fail(pending, FASTI_NOT_FOUND);
    if (command->kind == FASTI_COMMAND_IMPORT_COMMIT)
        return fasti_import_commit(booking, command, import, pending);
    fasti_import_abort(booking, import);
    pending->answer.outcome = FASTI_OUTCOME_UNCHANGED;
    return FASTI_ANSWERED;
}

enum fasti_disposition fasti_configure_import(struct fasti_booking *booking,
                                              const struct fasti_command *command,
                                              struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const enum fasti_status condition = configure_condition(booking);
    if (condition != FASTI_OK)
        return fasti_config_fail(pending, condition);
    config_lock(booking);
    const enum fasti_disposition disposition = import_locked(booking, command, pending);
    pthread_mutex_unlock(&state->config_lock);
    return disposition;
}

/* ---- replay ---- */

static enum fasti_status stage_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    FASTI_TRY(fasti_put_decode(effect->body, effect->body_bytes, state->put_scratch));
    if (fasti_is_staged(state, effect->header->import, effect->cells[0].from_version))
        return FASTI_OK;
    struct fasti_staged_import *import =
        fasti_import_of_log(&state->imports, effect->header->import);
    if (import == NULL && effect->header->import != 0 && state->catchup != NULL)
        return FASTI_OK; /* it ended, and another took its place, before the snapshot looked */
    if (import == NULL)
        return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "a staged put names no import");
    FASTI_TRY(fasti_import_reserve(import));
    return fasti_import_append(import, effect->body, effect->body_bytes);
}

static enum fasti_status put_replay(struct fasti_booking *booking,
                                    const struct fasti_effect *effect,
                                    struct fasti_hash128 *delta) {
    struct fasti_state *state = booking->state;
    FASTI_TRY(fasti_put_decode(effect->body, effect->body_bytes, state->put_scratch));
    const struct fasti_put *put = &state->put_scratch->put;
    if (fasti_is_published(state, put->kind, put_id(state, put), effect->cells[0].from_version))
        return FASTI_OK;
    const struct fasti_publish publish =
        fasti_config_publish_of(booking, effect->header->decided_ms, true);
    uint32_t id;
    return fasti_directory_publish(state->directory, put, &publish, &id, delta);
}

enum fasti_status fasti_configure_replay(struct fasti_booking *booking,
                                         const struct fasti_effect *effect,
                                         struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const uint32_t from = fasti_load_relaxed(&state->config_version);
    if (effect->header->cell_count != 1 || effect->cells[0].id != fasti_cell_id_config() ||
        effect->cells[0].from_version != from)
        return fasti_detail_set(detail, FASTI_CORRUPT_STATE,
                                "a change of the directory starts from another version than %u",
                                from);
    const enum fasti_effect_kind kind = (enum fasti_effect_kind)effect->header->kind;
    if (kind == FASTI_EFFECT_PUT) {
        FASTI_TRY(put_replay(booking, effect, delta));
    } else if (kind == FASTI_EFFECT_STAGE) {
        FASTI_TRY(stage_replay(booking, effect, detail));
    } else if (kind == FASTI_EFFECT_PUBLISH) {
        FASTI_TRY(fasti_import_replay(booking, effect, delta, detail));
    } else if (kind == FASTI_EFFECT_ABORT) {
        struct fasti_staged_import *import =
            fasti_import_find(&state->imports, effect->header->import);
        if (import != NULL)
            fasti_import_end(import);
    }
    fasti_store_relaxed(&state->config_version, from + 1);
    fasti_store_relaxed(&state->config_durable, from + 1);
    state->config_emitted = from + 1;
    return FASTI_OK;
}
