/*
 * import_commit.c - sweep, rehearsal and publication of staged puts.
 */
#include "engine/booking/import_commit.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/catchup.h"
#include "engine/booking/config_effect.h"
#include "engine/booking/configure.h"
#include "engine/booking/pause.h"
#include "engine/booking/stage.h"
#include "engine/directory/agree.h"
#include "engine/directory/rehearse.h"

void fasti_import_abort(struct fasti_booking *booking, struct fasti_staged_import *import) {
    if (import->count > 0)
        (void)fasti_config_effect_own(booking, FASTI_EFFECT_ABORT, import->id);
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
        const struct fasti_import_key key =
            fasti_import_key(config->organization, FASTI_ENTITY_OPENINGS, &config->id);
        if (!is_of_source || fasti_import_slot(import, &key) != NULL)
            continue;
        struct fasti_put put = {
            .kind = FASTI_ENTITY_OPENINGS, .organization = config->organization, .id = config->id};
        put.body.openings.mode = FASTI_OPENINGS_REPLACE;
        put.body.openings.source = source;
        struct fasti_pending *pending = fasti_pending_make(booking);
        if (pending == NULL)
            return FASTI_LIMIT_MEMORY;
        pending->decided_ms = fasti_state_now_ms(state);
        const enum fasti_disposition staged =
            fasti_configure_stage(booking, command, &put, import, pending);
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
    struct fasti_moved *moved; /* NULL: nobody asks; else reach_bytes is counted, too */
    uint64_t reach_bytes;
    struct fasti_import_key reached; /* the openings that were counted last */
    struct fasti_import_answer answer;
    struct fasti_hash128 delta;
    uint32_t fault;        /* index + 1 of the put that is being applied; 0: none is */
    uint32_t from_version; /* of the PUBLISH that is replayed */
};

static void result_count(struct fasti_import_answer *answer, enum fasti_put_result result) {
    answer->created += result == FASTI_PUT_CREATED;
    answer->changed += result == FASTI_PUT_CHANGED;
    answer->unchanged += result == FASTI_PUT_UNCHANGED;
}

/* A schedule whose openings are put one by one is compiled once, so it is counted once in a row. */
static uint64_t staged_reach(const struct fasti_directory *directory, const struct fasti_put *put,
                             struct staged_run *run) {
    if (put->kind == FASTI_ENTITY_OPENINGS) {
        const struct fasti_import_key key = fasti_import_key_of(put);
        if (fasti_import_key_equal(&key, &run->reached))
            return 0;
        run->reached = key;
    }
    return fasti_directory_reach_bytes(directory, put);
}

/* In replay over a snapshot: does it hold what this put of the import did? */
static bool is_contained(const struct fasti_state *state, struct fasti_staged_import *import,
                         uint32_t index, const struct staged_run *run) {
    const struct fasti_put *put = &state->put_scratch->put;
    if (state->catchup == NULL)
        return false;
    const uint32_t id =
        fasti_directory_find(run->directory, put->organization, put->kind, &put->id);
    if (!fasti_is_published(state, put->kind, id, run->from_version))
        return false;
    if (put->kind == FASTI_ENTITY_ORGANIZATION)
        import->puts[index].dense = id;
    return true;
}

/* Applies one staged put, which scratch holds. */
static enum fasti_status staged_run_one(struct fasti_booking *booking,
                                        struct fasti_staged_import *import, uint32_t index,
                                        struct staged_run *run, struct fasti_detail *detail) {
    struct fasti_put *put = &booking->state->put_scratch->put;
    enum fasti_put_result result;
    if (!fasti_stage_place(import, put))
        return FASTI_INVALID_REFERENCE;
    if (is_contained(booking->state, import, index, run))
        return FASTI_OK;
    FASTI_TRY(fasti_directory_check(run->directory, put, &fasti_staged_nothing, &result, detail));
    if (run->moved != NULL) {
        fasti_directory_moved(run->directory, put, fasti_moved_add, run->moved);
        fasti_directory_limited(run->directory, put, fasti_limited_add, run->moved);
        run->reach_bytes +=
            result == FASTI_PUT_UNCHANGED ? 0 : staged_reach(booking->state->directory, put, run);
    }
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
        run->fault = i + 1;
        FASTI_TRY(fasti_put_decode(import->puts[i].bytes, import->puts[i].size,
                                   booking->state->put_scratch));
        FASTI_TRY(staged_run_one(booking, import, i, run, detail));
    }
    run->fault = 0;
    return FASTI_OK;
}

/* Index + 1 of the newest staged put of a record; 0: it has none. */
static uint32_t put_of(const struct fasti_staged_import *import, fasti_organization_id organization,
                       enum fasti_entity_kind kind, const struct fasti_id_text *id) {
    const struct fasti_import_key key = fasti_import_key(organization, kind, id);
    const struct fasti_staged_slot *slot = fasti_import_slot(import, &key);
    return slot == NULL ? 0 : slot->put;
}

/* The number of a put as its sender counts: the server stages those of zones by itself. */
static uint32_t number_of(const struct fasti_staged_import *import, uint32_t put) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < put; i++)
        number += !import->puts[i].is_zone;
    return put == 0 || import->puts[put - 1].is_zone ? 0 : number;
}

static const struct fasti_schedule_config *config_of(const struct fasti_directory *directory,
                                                     fasti_schedule_id schedule) {
    return fasti_load_seq_cst(&fasti_schedule_get(directory, schedule)->config);
}

/* The put that gave a schedule that holds time another zone or resolution; 0: none alone. */
static uint32_t fault_of_held(const struct fasti_staged_import *import,
                              const struct fasti_directory *directory, fasti_schedule_id schedule) {
    const struct fasti_schedule_config *config = config_of(directory, schedule);
    const uint32_t put = put_of(import, config->organization, FASTI_ENTITY_SCHEDULE, &config->id);
    return put != 0 ? put
                    : put_of(import, config->organization, FASTI_ENTITY_LOCATION,
                             &fasti_location_get(directory, config->location)->id);
}

/* The put after which the parts of a schedule did not agree any more: the last one of them. 0:
 * none, or it is of an organization that only this import makes. */
static uint32_t fault_of_parts(const struct fasti_staged_import *import,
                               const struct fasti_directory *directory,
                               fasti_schedule_id schedule) {
    const struct fasti_schedule_config *config = config_of(directory, schedule);
    const fasti_organization_id scope = config->organization;
    uint32_t puts[3 + FASTI_SCHEDULE_SERVICES_MAX], last = 0;
    uint32_t count = 0;
    puts[count++] = put_of(import, scope, FASTI_ENTITY_SCHEDULE, &config->id);
    puts[count++] = put_of(import, scope, FASTI_ENTITY_OPENINGS, &config->id);
    puts[count++] = put_of(import, scope, FASTI_ENTITY_LOCATION,
                           &fasti_location_get(directory, config->location)->id);
    for (uint32_t i = 0; i < config->service_count; i++) {
        const struct fasti_service *service = fasti_service_get(directory, config->services[i]);
        if (fasti_agree_service(service, config->resolution_minutes, &config->id, NULL) != FASTI_OK)
            puts[count++] = put_of(import, scope, FASTI_ENTITY_SERVICE, &service->id);
    }
    for (uint32_t i = 0; i < count; i++)
        last = puts[i] > last ? puts[i] : last;
    return last;
}

/* Would the commit go through as the directory is now, and which schedules would it move? A put
 * may fit when it is staged and not fit any more when it is published: others edit, too. */
static enum fasti_status staged_rehearse(struct fasti_booking *booking,
                                         struct fasti_staged_import *import, int64_t now_ms,
                                         struct fasti_moved *moved, uint32_t *fault,
                                         struct fasti_detail *detail) {
    struct staged_run run = {
        .directory = fasti_rehearsal_begin(booking->state->directory),
        .publish = fasti_config_publish_of(booking, now_ms, false),
        .moved = moved,
    };
    if (run.directory == NULL)
        return FASTI_LIMIT_MEMORY;
    enum fasti_status status = staged_run(booking, import, &run, detail);
    *fault = fasti_status_class(status) == FASTI_CLASS_INVALID ? run.fault : 0;
    if (status == FASTI_OK) {
        fasti_schedule_id schedule;
        status = fasti_rehearsal_check(run.directory, booking->state->directory, &schedule, detail);
        if (status != FASTI_OK)
            *fault = fault_of_parts(import, run.directory, schedule);
    }
    if (status == FASTI_OK && !fasti_arena_has_room(&booking->arena, run.reach_bytes))
        status = FASTI_LIMIT_MEMORY;
    /* A schedule that only this import makes has no day yet. */
    const uint32_t known = fasti_directory_count(booking->state->directory, FASTI_ENTITY_SCHEDULE);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < moved->count; i++)
        if (moved->schedules[i].id.v <= known)
            moved->schedules[kept++] = moved->schedules[i];
    moved->count = kept;
    *fault = number_of(import, *fault);
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
        .publish = fasti_config_publish_of(booking, pending->decided_ms, false),
        .answer = {.import = import->id, .unchanged = import->unchanged},
    };
    if (!fasti_config_effect_make(booking, pending, FASTI_EFFECT_PUBLISH, command->request,
                                  import->id, NULL))
        return fasti_config_fail(pending, FASTI_LIMIT_MEMORY);
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    run.publish.later = fasti_publish_begin();
    const enum fasti_status status = staged_run(booking, import, &run, &pending->answer.detail);
    fasti_publish_finish(state->directory, &run.publish);
    if (status != FASTI_OK) {
        /* Part of it is visible and none of it is in the log: only a restart is all or nothing. */
        fasti_config_effect_drop(pending);
        fasti_store_relaxed(&state->is_dead, true);
        return fasti_config_fail(pending, FASTI_UNKNOWN);
    }
    pending->delta = run.delta;
    pending->answer.body.import = run.answer;
    pending->answer.outcome = FASTI_OUTCOME_PUBLISHED;
    fasti_config_edit_begin(booking, pending);
    fasti_effects_push(state, pending);
    return FASTI_PUSHED;
}

/* What was found unchanged is not put again: it must be so still, or what is published would be a
 * mixture of two imports. */
static enum fasti_status unchanged_check(const struct fasti_directory *directory,
                                         const struct fasti_staged_import *import,
                                         struct fasti_detail *detail) {
    for (uint32_t i = 0; i < import->slot_capacity; i++) {
        const struct fasti_staged_slot *slot = &import->slots[i];
        const struct fasti_import_key *key = &slot->key;
        if (key->kind == 0 || slot->put != 0 || slot->etag == 0)
            continue;
        const uint32_t id = fasti_directory_find(directory, key->organization, key->kind, &key->id);
        if (fasti_directory_etag(directory, key->kind, id) != slot->etag)
            return fasti_detail_set(
                detail, FASTI_STALE,
                "'%.*s' was changed by somebody else after the import had found "
                "it unchanged: import again",
                key->id.length, key->id.bytes);
    }
    return FASTI_OK;
}

/* Before anything is visible: the sweep staged, every put good beside what others published since,
 * and what it moves at rest. */
static enum fasti_status import_prepare(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_staged_import *import,
                                        struct fasti_moved *moved, struct fasti_pending *pending) {
    struct fasti_detail *detail = &pending->answer.detail;
    FASTI_TRY(unchanged_check(booking->state->directory, import, detail));
    FASTI_TRY(sweep_stage(booking, command, import));
    if (import->count == 0)
        return FASTI_OK;
    FASTI_TRY(
        staged_rehearse(booking, import, pending->decided_ms, moved, &pending->answer.id, detail));
    const enum fasti_status status = fasti_pause_begin(booking, moved, detail);
    if (moved->held.v != 0)
        pending->answer.id =
            number_of(import, fault_of_held(import, booking->state->directory, moved->held));
    return status;
}

/* A refused commit ends the import: it is all or nothing, once. One that came at a busy moment may
 * come again. */
enum fasti_disposition fasti_import_commit(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_staged_import *import,
                                           struct fasti_pending *pending) {
    struct fasti_moved moved = {0};
    pending->query.conflicts.schedule = 0;
    pending->query.conflicts.record = 0;
    const enum fasti_status status = import_prepare(booking, command, import, &moved, pending);
    enum fasti_disposition disposition;
    if (status != FASTI_OK) {
        disposition = fasti_config_fail(pending, status);
    } else if (import->count == 0) {
        pending->answer.body.import =
            (struct fasti_import_answer){.import = import->id, .unchanged = import->unchanged};
        fasti_config_edit_begin(booking, pending);
        disposition = fasti_config_unchanged(booking, pending);
    } else {
        disposition = staged_publish(booking, command, import, pending);
    }
    fasti_pause_end(booking, &moved);
    const bool is_published = disposition == FASTI_PUSHED;
    if (status == FASTI_BUSY)
        return disposition;
    if (is_published || import->count == 0 || fasti_load_relaxed(&booking->state->is_dead))
        fasti_import_end(import);
    else
        fasti_import_abort(booking, import);
    return disposition;
}

enum fasti_disposition fasti_import_open(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    struct fasti_staged_import *import = NULL;
    enum fasti_status status =
        fasti_import_begin(&state->imports, command->organization, pending->decided_ms, &import);
    struct fasti_staged_import *idle = fasti_import_idle(&state->imports, pending->decided_ms);
    if (status == FASTI_BUSY && idle != NULL) {
        fasti_import_abort(booking, idle);
        status = fasti_import_begin(&state->imports, command->organization, pending->decided_ms,
                                    &import);
    }
    if (status != FASTI_OK)
        return fasti_config_fail(pending, status);
    pending->answer.outcome = FASTI_OUTCOME_CREATED;
    pending->answer.body.import = (struct fasti_import_answer){.import = import->id};
    return FASTI_ANSWERED;
}

enum fasti_status fasti_import_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    struct fasti_staged_import *import = fasti_import_find(&state->imports, effect->header->import);
    if (state->catchup != NULL &&
        effect->cells[0].from_version < state->catchup->directory_version) {
        if (import != NULL) /* each record that it put is a later one in the snapshot */
            fasti_import_end(import);
        return FASTI_OK;
    }
    if (import == NULL)
        return fasti_detail_set(detail, FASTI_CORRUPT_STATE,
                                "import %u is published but nothing was staged",
                                effect->header->import);
    struct staged_run run = {
        .directory = state->directory,
        .publish = fasti_config_publish_of(booking, effect->header->decided_ms, true),
        .from_version = effect->cells[0].from_version,
    };
    run.publish.later = fasti_publish_begin();
    const enum fasti_status status = staged_run(booking, import, &run, detail);
    fasti_publish_finish(state->directory, &run.publish);
    *delta = run.delta;
    fasti_import_end(import);
    return status == FASTI_OK || status == FASTI_LIMIT_MEMORY ? status : FASTI_CORRUPT_STATE;
}
