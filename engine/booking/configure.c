/*
 * configure.c - puts and imports under the configuration lock.
 */
#include "engine/booking/configure.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/pause.h"
#include "engine/booking/stage.h"
#include "engine/booking/touch.h"
#include "engine/calendar/cell.h"
#include "engine/directory/rehearse.h"

static enum fasti_disposition fail(struct fasti_pending *pending, enum fasti_status status) {
    pending->answer.status = status;
    if (pending->answer.detail.text[0] == '\0')
        (void)fasti_detail_set(&pending->answer.detail, status, "%s", fasti_status_text(status));
    return FASTI_ANSWERED;
}

/* ---- effects ---- */

/* Encodes a configuration effect on the heap (puts may be long). put NULL: no body. */
static bool effect_make(struct fasti_booking *booking, struct fasti_pending *pending,
                        enum fasti_effect_kind kind, fasti_request_id request, uint32_t import,
                        const struct fasti_put *put) {
    struct fasti_state *state = booking->state;
    const struct fasti_effect_header header = {
        .kind = (uint16_t)kind,
        .cell_count = 1,
        .import = import,
        .decided_ms = pending->decided_ms,
        .request_low = request.low,
        .request_high = request.high,
    };
    const struct fasti_effect_cell cell = {
        .id = fasti_cell_id_config(),
        .from_version = fasti_load_relaxed(&state->config_version),
    };
    const size_t capacity =
        sizeof header + sizeof cell + (put == NULL ? 0 : fasti_put_bytes_max(put)) + 8;
    struct fasti_writer writer = {.bytes = malloc(capacity), .capacity = capacity};
    if (writer.bytes == NULL)
        return false;
    fasti_effect_begin(&writer, &header, &cell);
    if (put != NULL)
        fasti_put_encode(&writer, put);
    const bool fits = fasti_effect_finish(&writer);
    FASTI_ASSERT(fits);
    pending->effect_heap = writer.bytes;
    pending->effect_bytes = (uint32_t)writer.size;
    pending->effect_kind = kind;
    pending->kind = FASTI_PENDING_EFFECT;
    pending->cell_count = 1;
    pending->cells[0] = (struct fasti_pending_cell){
        .emitted = &state->config_emitted,
        .durable = &state->config_durable,
        .from_version = cell.from_version,
    };
    return true;
}

static void effect_drop(struct fasti_pending *pending) {
    free(pending->effect_heap);
    pending->effect_heap = NULL;
    pending->cell_count = 0;
}

/* Logs an effect of the engine's own that has no body. No memory for it: the engine stops. */
static bool effect_own(struct fasti_booking *booking, enum fasti_effect_kind kind,
                       uint32_t import) {
    struct fasti_state *state = booking->state;
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending != NULL)
        pending->decided_ms = fasti_state_now_ms(state);
    if (pending == NULL ||
        !effect_make(booking, pending, kind, (fasti_request_id){0}, import, NULL)) {
        fasti_store_relaxed(&state->is_dead, true);
        return false;
    }
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    fasti_effects_push(state, pending);
    return true;
}

/* ---- publishing ---- */

static void touch(void *context, fasti_schedule_id schedule, fasti_date date) {
    struct fasti_booking *booking = context;
    /* An edit that cannot touch its days could let a booking slip through: stop instead. */
    if (!fasti_touch_day(booking, schedule, date))
        fasti_store_relaxed(&booking->state->is_dead, true);
}

static struct fasti_publish publish_of(struct fasti_booking *booking, int64_t now_ms, bool replay) {
    return (struct fasti_publish){
        .limbo = &booking->limbo,
        .arena = &booking->arena,
        .now_ms = now_ms,
        .replay = replay,
        .touch = touch,
        .context = booking,
    };
}

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
    const enum fasti_entity_kind kind =
        put->kind == FASTI_ENTITY_OPENINGS ? FASTI_ENTITY_SCHEDULE : put->kind;
    return fasti_directory_find(state->directory, put->organization, kind, &put->id);
}

/* Unchanged: rests on what is published, which may not be durable yet. */
static enum fasti_disposition unchanged(struct fasti_booking *booking,
                                        struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = FASTI_OUTCOME_UNCHANGED;
    return fasti_wait_begin(booking, pending, &state->config_durable,
                            fasti_load_seq_cst(&state->config_version))
               ? FASTI_ANSWERED
               : FASTI_WAITING;
}

/* Publishes a checked put and hands its effect over. */
static enum fasti_disposition put_publish(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          const struct fasti_put *put, enum fasti_put_result result,
                                          struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    if (!effect_make(booking, pending, FASTI_EFFECT_PUT, command->request, 0, put))
        return fail(pending, FASTI_LIMIT_MEMORY);
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    const struct fasti_publish publish = publish_of(booking, pending->decided_ms, false);
    const enum fasti_status status = fasti_directory_publish(state->directory, put, &publish,
                                                             &pending->answer.id, &pending->delta);
    if (status != FASTI_OK) {
        /* Others may have seen the raised version: log that nothing came of it. */
        effect_drop(pending);
        fasti_add_seq_cst(&state->config_version, UINT32_MAX);
        (void)effect_own(booking, FASTI_EFFECT_NOTHING, 0);
        return fail(pending, status);
    }
    pending->answer.outcome = outcome_of(result);
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
    return unchanged(booking, pending);
}

static enum fasti_disposition put_stage(struct fasti_booking *booking,
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
        return fail(pending, status);
    const uint64_t key = fasti_import_key(put->organization, put->kind, &put->id);
    const struct fasti_staged_put *before = fasti_import_find_put(import, key);
    import->used_ms = pending->decided_ms;
    if (result == FASTI_PUT_UNCHANGED && before == NULL) {
        (void)fasti_import_name(import, key);
        return put_again(booking, import, put, put_id(state, put), pending);
    }
    if (!effect_make(booking, pending, FASTI_EFFECT_STAGE, command->request, import->id, put))
        return fail(pending, FASTI_LIMIT_MEMORY);
    const uint8_t *bytes;
    uint32_t size;
    staged_body(pending, &bytes, &size);
    if (before != NULL && before->size == size && memcmp(before->bytes, bytes, size) == 0) {
        effect_drop(pending);
        return put_again(booking, import, put, before->made, pending);
    }
    status = fasti_stage_keep(state, import, put, result, bytes, size, &pending->answer.id);
    if (status != FASTI_OK) {
        effect_drop(pending);
        return fail(pending, status);
    }
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    pending->answer.outcome = FASTI_OUTCOME_STAGED;
    fasti_effects_push(state, pending);
    return FASTI_PUSHED;
}

static enum fasti_disposition put_locked(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const struct fasti_put *put = &command->body.put;
    pending->decided_ms = fasti_state_now_ms(state);
    if (command->import != 0) {
        struct fasti_staged_import *import = fasti_import_find(&state->imports, command->import);
        if (import == NULL ||
            (import->organization.v != 0 && import->organization.v != command->organization.v)) {
            (void)fasti_detail_set(&pending->answer.detail, FASTI_NOT_FOUND,
                                   "import %u is not open in this organization; begin a new one",
                                   command->import);
            return fail(pending, FASTI_NOT_FOUND);
        }
        return put_stage(booking, command, put, import, pending);
    }
    enum fasti_put_result result;
    const enum fasti_status status =
        fasti_directory_check(state->directory, put, NULL, &result, &pending->answer.detail);
    if (status != FASTI_OK)
        return fail(pending, status);
    if (result == FASTI_PUT_UNCHANGED) {
        pending->answer.id = put_id(state, put);
        return unchanged(booking, pending);
    }
    struct fasti_moved moved = {0};
    fasti_directory_moved(state->directory, put, fasti_moved_add, &moved);
    const enum fasti_status paused = fasti_pause_begin(booking, &moved, &pending->answer.detail);
    const enum fasti_disposition disposition =
        paused == FASTI_OK ? put_publish(booking, command, put, result, pending)
                           : fail(pending, paused);
    fasti_pause_end(booking, &moved);
    return disposition;
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
        return fail(pending, condition);
    const bool is_global = put->kind == FASTI_ENTITY_ORGANIZATION || put->kind == FASTI_ENTITY_ZONE;
    if (put->organization.v != (is_global ? 0 : command->organization.v))
        return fail(pending, FASTI_INVALID_REFERENCE);
    pthread_mutex_lock(&state->config_lock);
    const enum fasti_disposition disposition = put_locked(booking, command, pending);
    pthread_mutex_unlock(&state->config_lock);
    return disposition;
}

/* ---- imports ---- */

static void import_abort(struct fasti_booking *booking, struct fasti_staged_import *import) {
    if (import->count > 0)
        (void)effect_own(booking, FASTI_EFFECT_ABORT, import->id);
    fasti_import_end(import);
}

/* Stages the emptying of every schedule that has openings of this source and was not named. */
static enum fasti_status sweep_stage(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_staged_import *import) {
    struct fasti_state *state = booking->state;
    const uint32_t source = command->body.import.source;
    const uint32_t count = fasti_directory_count(state->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t id = 1; source != 0 && id <= count; id++) {
        struct fasti_schedule *schedule =
            fasti_schedule_get(state->directory, (fasti_schedule_id){id});
        const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
        if (config->organization.v != import->organization.v)
            continue;
        bool is_of_source = false;
        for (uint32_t i = 0; i < config->opening_count && !is_of_source; i++)
            is_of_source = config->openings[i].source == source;
        const uint64_t key =
            fasti_import_key(config->organization, FASTI_ENTITY_OPENINGS, &config->id);
        if (!is_of_source || fasti_import_slot(import, key) != NULL)
            continue;
        struct fasti_put put = {
            .kind = FASTI_ENTITY_OPENINGS, .organization = config->organization, .id = config->id};
        put.body.openings.mode = FASTI_OPENINGS_REPLACE;
        put.body.openings.source = source;
        struct fasti_pending *pending = fasti_pending_make(booking);
        if (pending == NULL)
            return FASTI_LIMIT_MEMORY;
        pending->decided_ms = fasti_state_now_ms(state);
        const enum fasti_disposition staged = put_stage(booking, command, &put, import, pending);
        FASTI_ASSERT(staged != FASTI_WAITING); /* openings of the source are there, so it changes */
        if (staged != FASTI_PUSHED) {
            const enum fasti_status status = pending->answer.status;
            fasti_pending_give(booking, pending);
            return status;
        }
    }
    return FASTI_OK;
}

/* Where staged puts are applied, and what is learnt from that. */
struct staged_run {
    struct fasti_directory *directory; /* the engine's, or a rehearsal of it */
    struct fasti_publish publish;
    struct fasti_moved *moved; /* NULL: nobody asks */
    struct fasti_import_answer answer;
    struct fasti_hash128 delta;
};

static void result_count(struct fasti_import_answer *answer, enum fasti_put_result result) {
    answer->created += result == FASTI_PUT_CREATED;
    answer->changed += result == FASTI_PUT_CHANGED;
    answer->unchanged += result == FASTI_PUT_UNCHANGED;
}

/* Applies one staged put, which scratch holds. */
static enum fasti_status staged_run_one(struct fasti_booking *booking,
                                        struct fasti_staged_import *import, uint32_t index,
                                        struct staged_run *run, struct fasti_detail *detail) {
    struct fasti_put *put = &booking->state->put_scratch->put;
    enum fasti_put_result result;
    if (!fasti_stage_place(import, put))
        return FASTI_INVALID_REFERENCE;
    FASTI_TRY(fasti_directory_check(run->directory, put, NULL, &result, detail));
    if (run->moved != NULL)
        fasti_directory_moved(run->directory, put, fasti_moved_add, run->moved);
    if (put->kind != FASTI_ENTITY_ZONE) /* those come with locations */
        result_count(&run->answer, result);
    if (result != FASTI_PUT_UNCHANGED) {
        struct fasti_hash128 one;
        uint32_t id;
        FASTI_TRY(fasti_directory_publish(run->directory, put, &run->publish, &id, &one));
        run->delta = fasti_hash128_add(run->delta, one);
    }
    if (put->kind == FASTI_ENTITY_ORGANIZATION)
        import->puts[index].dense =
            fasti_directory_find(run->directory, put->organization, put->kind, &put->id);
    return FASTI_OK;
}

/* Applies every staged put in order. */
static enum fasti_status staged_run(struct fasti_booking *booking,
                                    struct fasti_staged_import *import, struct staged_run *run,
                                    struct fasti_detail *detail) {
    for (uint32_t i = 0; i < import->count; i++) {
        FASTI_TRY(fasti_put_decode(import->puts[i].bytes, import->puts[i].size,
                                   booking->state->put_scratch));
        FASTI_TRY(staged_run_one(booking, import, i, run, detail));
    }
    return FASTI_OK;
}

/* Would the commit go through as the directory is now, and which schedules would it move? A put
 * may fit when it is staged and not fit any more when it is published: others edit, too. */
static enum fasti_status staged_rehearse(struct fasti_booking *booking,
                                         struct fasti_staged_import *import, int64_t now_ms,
                                         struct fasti_moved *moved, struct fasti_detail *detail) {
    struct staged_run run = {
        .directory = fasti_rehearsal_begin(booking->state->directory),
        .publish = publish_of(booking, now_ms, false),
        .moved = moved,
    };
    if (run.directory == NULL)
        return FASTI_LIMIT_MEMORY;
    const enum fasti_status status = staged_run(booking, import, &run, detail);
    /* A schedule that only this import makes has no day yet. */
    const uint32_t known = fasti_directory_count(booking->state->directory, FASTI_ENTITY_SCHEDULE);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < moved->count; i++)
        if (moved->ids[i].v <= known)
            moved->ids[kept++] = moved->ids[i];
    moved->count = kept;
    fasti_rehearsal_end(run.directory);
    return status;
}

/* Publishes a rehearsed import; it can fail only for want of memory, and then the engine ends. */
static enum fasti_disposition staged_publish(struct fasti_booking *booking,
                                             const struct fasti_command *command,
                                             struct fasti_staged_import *import,
                                             struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    struct staged_run run = {
        .directory = state->directory,
        .publish = publish_of(booking, pending->decided_ms, false),
        .answer = {.import = import->id, .unchanged = import->unchanged},
    };
    if (!effect_make(booking, pending, FASTI_EFFECT_PUBLISH, command->request, import->id, NULL))
        return fail(pending, FASTI_LIMIT_MEMORY);
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    const enum fasti_status status = staged_run(booking, import, &run, &pending->answer.detail);
    if (status != FASTI_OK) {
        /* Part of it is visible and none of it is in the log: only a restart is all or nothing. */
        effect_drop(pending);
        fasti_store_relaxed(&state->is_dead, true);
        return fail(pending, FASTI_UNKNOWN);
    }
    pending->delta = run.delta;
    pending->answer.body.import = run.answer;
    pending->answer.outcome = FASTI_OUTCOME_PUBLISHED;
    fasti_effects_push(state, pending);
    return FASTI_PUSHED;
}

/* Before anything is visible: the sweep staged, every put good beside what others published since,
 * and what it moves at rest. */
static enum fasti_status import_prepare(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_staged_import *import,
                                        struct fasti_moved *moved, int64_t now_ms,
                                        struct fasti_detail *detail) {
    FASTI_TRY(sweep_stage(booking, command, import));
    if (import->count == 0)
        return FASTI_OK;
    FASTI_TRY(staged_rehearse(booking, import, now_ms, moved, detail));
    return fasti_pause_begin(booking, moved, detail);
}

/* A refused commit ends the import: it is all or nothing, once. */
static enum fasti_disposition import_commit(struct fasti_booking *booking,
                                            const struct fasti_command *command,
                                            struct fasti_staged_import *import,
                                            struct fasti_pending *pending) {
    struct fasti_moved moved = {0};
    pending->query.conflicts.schedule = 0;
    pending->query.conflicts.record = 0;
    const enum fasti_status status = import_prepare(booking, command, import, &moved,
                                                    pending->decided_ms, &pending->answer.detail);
    enum fasti_disposition disposition;
    if (status != FASTI_OK) {
        disposition = fail(pending, status);
    } else if (import->count == 0) {
        pending->answer.body.import =
            (struct fasti_import_answer){.import = import->id, .unchanged = import->unchanged};
        disposition = unchanged(booking, pending);
    } else {
        disposition = staged_publish(booking, command, import, pending);
    }
    fasti_pause_end(booking, &moved);
    const bool is_published = disposition == FASTI_PUSHED;
    if (is_published || import->count == 0 || fasti_load_relaxed(&booking->state->is_dead))
        fasti_import_end(import);
    else
        import_abort(booking, import);
    return disposition;
}

static enum fasti_disposition import_begin(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    struct fasti_staged_import *import = NULL;
    enum fasti_status status =
        fasti_import_begin(&state->imports, command->organization, pending->decided_ms, &import);
    struct fasti_staged_import *idle = fasti_import_idle(&state->imports, pending->decided_ms);
    if (status == FASTI_BUSY && idle != NULL) {
        import_abort(booking, idle);
        status = fasti_import_begin(&state->imports, command->organization, pending->decided_ms,
                                    &import);
    }
    if (status != FASTI_OK)
        return fail(pending, status);
    pending->answer.outcome = FASTI_OUTCOME_CREATED;
    pending->answer.body.import = (struct fasti_import_answer){.import = import->id};
    return FASTI_ANSWERED;
}

static enum fasti_disposition import_locked(struct fasti_booking *booking,
                                            const struct fasti_command *command,
                                            struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    pending->decided_ms = fasti_state_now_ms(state);
    if (command->kind == FASTI_COMMAND_IMPORT_BEGIN)
        return import_begin(booking, command, pending);
    struct fasti_staged_import *import =
        fasti_import_find(&state->imports, command->body.import.import);
    if (import == NULL || import->organization.v != command->organization.v)
        return fail(pending, FASTI_NOT_FOUND);
    if (command->kind == FASTI_COMMAND_IMPORT_COMMIT)
        return import_commit(booking, command, import, pending);
    import_abort(booking, import);
    pending->answer.outcome = FASTI_OUTCOME_UNCHANGED;
    return FASTI_ANSWERED;
}

enum fasti_disposition fasti_configure_import(struct fasti_booking *booking,
                                              const struct fasti_command *command,
                                              struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const enum fasti_status condition = configure_condition(booking);
    if (condition != FASTI_OK)
        return fail(pending, condition);
    pthread_mutex_lock(&state->config_lock);
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
    struct fasti_staged_import *import =
        fasti_import_of_log(&state->imports, effect->header->import);
    if (import == NULL)
        return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "a staged put names no import");
    FASTI_TRY(fasti_import_reserve(import));
    return fasti_import_append(import, effect->body, effect->body_bytes);
}

static enum fasti_status publish_replay(struct fasti_booking *booking,
                                        const struct fasti_effect *effect,
                                        struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    struct fasti_staged_import *import = fasti_import_find(&state->imports, effect->header->import);
    if (import == NULL)
        return fasti_detail_set(detail, FASTI_CORRUPT_STATE,
                                "import %u is published but nothing was staged",
                                effect->header->import);
    struct staged_run run = {
        .directory = state->directory,
        .publish = publish_of(booking, effect->header->decided_ms, true),
    };
    const enum fasti_status status = staged_run(booking, import, &run, detail);
    *delta = run.delta;
    fasti_import_end(import);
    return status == FASTI_OK || status == FASTI_LIMIT_MEMORY ? status : FASTI_CORRUPT_STATE;
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
        FASTI_TRY(fasti_put_decode(effect->body, effect->body_bytes, state->put_scratch));
        const struct fasti_publish publish = publish_of(booking, effect->header->decided_ms, true);
        uint32_t id;
        FASTI_TRY(fasti_directory_publish(state->directory, &state->put_scratch->put, &publish, &id,
                                          delta));
    } else if (kind == FASTI_EFFECT_STAGE) {
        FASTI_TRY(stage_replay(booking, effect, detail));
    } else if (kind == FASTI_EFFECT_PUBLISH) {
        FASTI_TRY(publish_replay(booking, effect, delta, detail));
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
