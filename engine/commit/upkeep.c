/*
 * upkeep.c - the stages of a pass; see upkeep.h.
 */
#include "engine/commit/upkeep.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/booking/config_effect.h"
#include "engine/rules/period.h"

#define PASS_MS  INT64_C(3600000)
#define LATER_NS INT64_C(10000000000) /* a pass that is due and may not begin asks again */
/* A clock that is so far beyond the log may be wrong, and what a pass lets go does not come back:
 * so it waits for a day, by the monotonic clock, before it believes it. */
#define LEAP_MS         (31 * INT64_C(86400000))
#define LEAP_WAIT_NS    (86400 * INT64_C(1000000000))
#define SLICE_NS        (400 * 1000)
#define PAUSE_NS        (600 * 1000)
#define SLICE_SIMULATED 256 /* steps, where time is simulated */
#define CLOCK_STEPS     16  /* between two looks at the clock: some microseconds each */
#define NUMBER_UNKNOWN  UINT64_MAX
#define EMPTY_HEADS     4096 /* so many empty chains are passed at once */

enum step {
    STEP_ON,
    STEP_WAIT, /* not now: come again in the next slice */
};

void fasti_upkeep_init(struct fasti_upkeep *upkeep, struct fasti_state *state,
                       struct fasti_booking **bookings, uint32_t worker_count, bool is_simulated,
                       const struct fasti_upkeep_rules *rules) {
    memset(upkeep, 0, sizeof *upkeep);
    upkeep->state = state;
    upkeep->bookings = bookings;
    upkeep->worker_count = worker_count;
    upkeep->is_simulated = is_simulated;
    upkeep->rules = *rules;
    fasti_store_relaxed(&upkeep->next_pass_ms, fasti_state_now_ms(state));
}

static bool is_wanted(const struct fasti_upkeep *upkeep) {
    return upkeep->rules.past_days != 0;
}

int64_t fasti_upkeep_left_ns(struct fasti_upkeep *upkeep) {
    if (!is_wanted(upkeep))
        return INT64_MAX;
    int64_t left_ns = fasti_load_relaxed(&upkeep->next_ns) - fasti_clock_monotonic_ns();
    if (!fasti_load_relaxed(&upkeep->is_active)) {
        const int64_t due_ns =
            (fasti_load_relaxed(&upkeep->next_pass_ms) - fasti_state_now_ms(upkeep->state)) *
            1000000;
        left_ns = due_ns > left_ns ? due_ns : left_ns;
    }
    return left_ns > 0 ? left_ns : 0;
}

/* ---- schedules ---- */

/* The slice ends: the moment of the next one counts what this one pushed. */
static enum step settle_begin(struct fasti_upkeep *upkeep, enum fasti_upkeep_stage next) {
    upkeep->stage = FASTI_UPKEEP_SETTLING;
    upkeep->next = next;
    upkeep->drain_number = NUMBER_UNKNOWN;
    upkeep->drain_lsn = 0;
    return STEP_WAIT;
}

/* Days that are far enough ahead are compiled once more; somebody's edit may be under way. */
static enum step schedule_compile(struct fasti_upkeep *upkeep, struct fasti_booking *booking,
                                  fasti_schedule_id id) {
    struct fasti_state *state = upkeep->state;
    if (!fasti_directory_is_compile_due(state->directory, id, upkeep->now_ms))
        return STEP_ON;
    if (pthread_mutex_trylock(&state->config_lock) != 0)
        return STEP_WAIT;
    const struct fasti_publish publish = fasti_config_publish_of(booking, upkeep->now_ms, true);
    fasti_directory_compile_ahead(state->directory, id, &publish);
    pthread_mutex_unlock(&state->config_lock);
    return STEP_ON;
}

/* Lets go of what a schedule has before the bound, days first: one chunk. */
static enum fasti_retire_result schedule_retire(struct fasti_upkeep *upkeep,
                                                struct fasti_booking *booking, fasti_schedule_id id,
                                                fasti_date bound,
                                                struct fasti_retired_chunk *chunk) {
    booking->arena.uses_reserve = true; /* in the end it gives memory back */
    enum fasti_retire_result result = fasti_retire_days(booking, id, bound, chunk);
    if (result == FASTI_RETIRE_PUSHED)
        fasti_add_relaxed(&upkeep->retired_days, (uint64_t)FASTI_CHUNK_DAYS);
    if (result == FASTI_RETIRE_NONE && bound.v > FASTI_DATE_FIRST)
        result = fasti_retire_guards(booking, id,
                                     fasti_days_chunk_of(fasti_period_week(bound).guard), chunk);
    booking->arena.uses_reserve = false;
    return result;
}

/* One chunk of one schedule, or on to the next one. */
static enum step schedule_step(struct fasti_upkeep *upkeep, struct fasti_booking *booking) {
    struct fasti_state *state = upkeep->state;
    if (upkeep->schedule > fasti_directory_count(state->directory, FASTI_ENTITY_SCHEDULE)) {
        upkeep->stage = FASTI_UPKEEP_RECORDS;
        upkeep->record = 1;
        upkeep->is_chunk_gone = true;
        upkeep->record_end = fasti_load_relaxed(&state->records.next_id);
        return STEP_ON;
    }
    if (upkeep->chunk_count == FASTI_UPKEEP_CHUNKS_MAX)
        return settle_begin(upkeep, FASTI_UPKEEP_SCHEDULES);
    const fasti_schedule_id id = {upkeep->schedule};
    const struct fasti_schedule_config *config =
        fasti_load_seq_cst(&fasti_schedule_get(state->directory, id)->config);
    const fasti_date today = fasti_zone_date_at(config->zone, upkeep->now_ms / 1000);
    if (!fasti_date_is_bookable(today)) {
        upkeep->schedule++;
        return STEP_ON;
    }
    const fasti_date bound = fasti_retire_bound(today, upkeep->rules.past_days);
    struct fasti_retired_chunk chunk;
    const enum fasti_retire_result result = schedule_retire(upkeep, booking, id, bound, &chunk);
    if (result == FASTI_RETIRE_PUSHED) {
        upkeep->chunks[upkeep->chunk_count++] = chunk.index;
        return STEP_ON;
    }
    if (result != FASTI_RETIRE_LATER && schedule_compile(upkeep, booking, id) == STEP_WAIT)
        return STEP_WAIT;
    upkeep->schedule++; /* what could not be done now is done in the next pass */
    return result == FASTI_RETIRE_LATER ? STEP_WAIT : STEP_ON;
}

/* ---- records ---- */

/* Is a record's retention over, and each day retired that it takes time of? */
static bool is_purge_due(const struct fasti_upkeep *upkeep, const struct fasti_record *record) {
    const int64_t retention_s = upkeep->rules.retention_days * INT64_C(86400);
    const int64_t before_s = upkeep->now_ms / 1000 - retention_s;
    if (fasti_record_changed_ms(record) / 1000 >= before_s || record->state == FASTI_STATE_HELD)
        return false;
    for (uint32_t i = 0; i < record->item_count; i++) {
        const struct fasti_item *item = &record->items[i];
        const int64_t end_s = fasti_item_end_utc_s(item);
        if (end_s >= before_s)
            return false;
        if (fasti_state_frees((enum fasti_record_state)record->state))
            continue;
        const struct fasti_schedule *schedule =
            fasti_schedule_get(upkeep->state->directory, (fasti_schedule_id){item->schedule});
        const fasti_date last = {(int32_t)(end_s / 86400) + 2}; /* whatever its zone was */
        if (!fasti_days_is_retired(&schedule->days, last))
            return false;
    }
    return true;
}

/* Purges what was collected. What lost (somebody marked one of them) waits for the next pass. */
static enum step candidates_purge(struct fasti_upkeep *upkeep, struct fasti_booking *booking) {
    const uint32_t count = upkeep->candidate_count;
    upkeep->candidate_count = 0;
    booking->arena.uses_reserve = true; /* it gives memory back */
    const bool is_pushed =
        count > 0 && fasti_purge(booking, upkeep->candidates, count) == FASTI_RETIRE_PUSHED;
    booking->arena.uses_reserve = false;
    if (is_pushed) {
        upkeep->purged_count += count;
        fasti_add_relaxed(&upkeep->purged_records, (uint64_t)count);
    }
    return STEP_ON;
}

/* The end of a chunk of numbers: all of it gone? Then none of them is given again. */
static void chunk_end(struct fasti_upkeep *upkeep, uint64_t chunk) {
    struct fasti_records *records = &upkeep->state->records;
    if (upkeep->is_chunk_gone && upkeep->closed_count < FASTI_UPKEEP_CLOSED_MAX &&
        fasti_records_chunk_state(records, chunk) == FASTI_CHUNK_OPEN) {
        fasti_records_chunk_set(records, chunk, FASTI_CHUNK_CLOSED);
        upkeep->closed[upkeep->closed_count++] = (uint32_t)chunk;
    }
    upkeep->is_chunk_gone = true;
}

static enum step records_end(struct fasti_upkeep *upkeep) {
    return settle_begin(upkeep, upkeep->purged_count > 0 || upkeep->closed_count > 0
                                    ? FASTI_UPKEEP_SWEEPING
                                    : FASTI_UPKEEP_IDLE);
}

static enum step record_step(struct fasti_upkeep *upkeep, struct fasti_booking *booking,
                             bool is_walking) {
    struct fasti_state *state = upkeep->state;
    if (is_walking)
        return STEP_WAIT;
    fasti_store_seq_cst(&upkeep->holds_walks, true);
    if (upkeep->candidate_count == FASTI_PURGE_MAX)
        return candidates_purge(upkeep, booking);
    if (upkeep->rules.retention_days == 0 || upkeep->record >= upkeep->record_end ||
        upkeep->purged_count >= FASTI_UPKEEP_PURGES_MAX ||
        fasti_load_relaxed(&state->is_disk_low)) {
        (void)candidates_purge(upkeep, booking);
        return records_end(upkeep);
    }
    const uint64_t chunk = upkeep->record / FASTI_RECORD_CHUNK;
    struct fasti_record_entry *entry =
        fasti_records_find(&state->records, (fasti_record_id){upkeep->record});
    if (entry == NULL || fasti_records_chunk_state(&state->records, chunk) == FASTI_CHUNK_EMPTIED) {
        upkeep->record = (chunk + 1) * FASTI_RECORD_CHUNK;
        upkeep->is_chunk_gone = true; /* of the next one nothing was seen */
        return STEP_ON;
    }
    const uint64_t word = fasti_cell_read(&state->arena, &entry->cell);
    if (fasti_cell_tag(word) == FASTI_TAG_PAGE && fasti_cell_index(word) != 0) {
        const struct fasti_record *record = fasti_arena_at(&state->arena, fasti_cell_index(word));
        if (is_purge_due(upkeep, record))
            upkeep->candidates[upkeep->candidate_count++] = upkeep->record;
        else
            upkeep->is_chunk_gone = false;
    } else if (word != 0 && !fasti_records_is_gone(&state->records, upkeep->record)) {
        /* a part: its record decides, which may stand in the chunk before */
        const uint64_t record = fasti_cell_index(word);
        upkeep->is_chunk_gone = upkeep->is_chunk_gone && record / FASTI_RECORD_CHUNK == chunk;
    }
    upkeep->record++;
    if (upkeep->record % FASTI_RECORD_CHUNK == 0)
        chunk_end(upkeep, chunk);
    return STEP_ON;
}

/* ---- settling and grace ---- */

bool fasti_upkeep_needs_all(const struct fasti_upkeep *upkeep) {
    return upkeep->stage == FASTI_UPKEEP_SETTLING && upkeep->drain_number == NUMBER_UNKNOWN;
}

static void grace_begin(struct fasti_upkeep *upkeep) {
    upkeep->stage = FASTI_UPKEEP_GRACE;
    upkeep->grace_epoch =
        fasti_load_seq_cst(&upkeep->state->epoch.counter) + FASTI_GRACE_DESCRIPTOR;
    for (uint32_t i = 0; i < upkeep->worker_count; i++) /* a look that began by now may have missed
                                                           what is durable: the one after it */
        upkeep->looks[i] = fasti_load_seq_cst(&upkeep->bookings[i]->waits_looked) + 2;
}

static enum step settle_step(struct fasti_upkeep *upkeep,
                             const struct fasti_checkpoint_moment *moment) {
    if (upkeep->drain_number == NUMBER_UNKNOWN)
        upkeep->drain_number = moment->taken;
    if (upkeep->drain_lsn == 0 && !fasti_moment_has_numbered(moment, upkeep->drain_number))
        return STEP_WAIT;
    if (upkeep->drain_lsn == 0)
        upkeep->drain_lsn = moment->lsn_next;
    if (moment->lsn_durable < upkeep->drain_lsn)
        return STEP_WAIT;
    grace_begin(upkeep);
    return STEP_WAIT;
}

static bool has_looked(struct fasti_upkeep *upkeep, uint32_t worker) {
    struct fasti_booking *booking = upkeep->bookings[worker];
    return fasti_load_seq_cst(&booking->waiting_count) == 0 ||
           (int32_t)(fasti_load_seq_cst(&booking->waits_looked) - upkeep->looks[worker]) >= 0;
}

/* Nobody holds a pointer into what was unlinked before the grace began. */
static void days_free(struct fasti_upkeep *upkeep, struct fasti_booking *booking) {
    for (uint32_t i = 0; i < upkeep->chunk_count; i++)
        fasti_arena_free(&booking->arena, upkeep->chunks[i], sizeof(struct fasti_day_chunk));
    upkeep->chunk_count = 0;
}

/* One closed chunk of records, out of all chains, a step. */
static void closed_empty(struct fasti_upkeep *upkeep) {
    struct fasti_records *records = &upkeep->state->records;
    const uint64_t chunk = upkeep->closed[--upkeep->closed_count];
    if (fasti_records_is_chunk_gone(records, chunk))
        fasti_records_chunk_empty(records, chunk);
    else /* one was purged as part of more, or taken up when it closed */
        fasti_records_chunk_set(records, chunk, FASTI_CHUNK_OPEN);
}

static enum step grace_step(struct fasti_upkeep *upkeep, struct fasti_booking *booking) {
    if (fasti_load_seq_cst(&upkeep->state->epoch.counter) < upkeep->grace_epoch)
        return STEP_WAIT;
    for (uint32_t i = 0; i < upkeep->worker_count; i++)
        if (!has_looked(upkeep, i))
            return STEP_WAIT;
    days_free(upkeep, booking);
    if (upkeep->was_swept && upkeep->closed_count > 0) {
        closed_empty(upkeep);
        return STEP_ON;
    }
    upkeep->was_swept = false;
    upkeep->stage = upkeep->next;
    if (upkeep->stage == FASTI_UPKEEP_RECORDS) { /* a round more: a snapshot may come first */
        fasti_store_seq_cst(&upkeep->holds_walks, false);
        return STEP_WAIT;
    }
    if (upkeep->stage == FASTI_UPKEEP_SWEEPING) {
        upkeep->chain = 0;
        upkeep->is_patients = true;
        upkeep->is_chain_begun = false;
    }
    return STEP_ON;
}

/* ---- sweeping ---- */

/* The head of the chain that is next; NULL: that was the last one. */
static _Atomic uint32_t *chain_head(struct fasti_upkeep *upkeep) {
    struct fasti_state *state = upkeep->state;
    for (uint32_t i = 0;
         i < EMPTY_HEADS && upkeep->is_patients && upkeep->chain < FASTI_PATIENT_BUCKETS &&
         fasti_load_relaxed(&state->records.patients[upkeep->chain]) == 0;
         i++)
        upkeep->chain++;
    if (upkeep->is_patients && upkeep->chain == FASTI_PATIENT_BUCKETS) {
        upkeep->is_patients = false;
        upkeep->chain = 1;
    }
    if (upkeep->is_patients)
        return &state->records.patients[upkeep->chain];
    if (upkeep->chain > fasti_directory_count(state->directory, FASTI_ENTITY_SCHEDULE))
        return NULL;
    return &fasti_schedule_get(state->directory, (fasti_schedule_id){(uint32_t)upkeep->chain})
                ->record_head;
}

static enum step sweep_step(struct fasti_upkeep *upkeep) {
    if (!upkeep->is_chain_begun) {
        upkeep->link = chain_head(upkeep);
        upkeep->is_chain_begun = true;
    }
    if (upkeep->link == NULL) {
        const bool was_full = upkeep->purged_count >= FASTI_UPKEEP_PURGES_MAX;
        upkeep->purged_count = 0;
        upkeep->was_swept = true;
        upkeep->next = FASTI_UPKEEP_IDLE;
        if (was_full) /* and so on, from where it stopped */
            upkeep->next = FASTI_UPKEEP_RECORDS;
        grace_begin(upkeep);
        return STEP_ON;
    }
    if (!fasti_records_sweep(&upkeep->state->records, &upkeep->link, upkeep->is_patients)) {
        upkeep->chain++;
        upkeep->is_chain_begun = false;
    }
    return STEP_ON;
}

/* ---- a pass ---- */

/* Is the clock so far beyond the log that it may be wrong? */
static bool is_leap_doubted(struct fasti_upkeep *upkeep, int64_t now_ms) {
    const int64_t logged_ms = fasti_load_relaxed(&upkeep->state->logged_ms);
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (upkeep->is_simulated || logged_ms == 0 || now_ms - logged_ms <= LEAP_MS) {
        upkeep->doubted_ns = 0;
        return false;
    }
    if (upkeep->doubted_ns == 0)
        upkeep->doubted_ns = now_ns;
    return now_ns - upkeep->doubted_ns < LEAP_WAIT_NS;
}

static bool pass_is_due(struct fasti_upkeep *upkeep) {
    struct fasti_state *state = upkeep->state;
    const int64_t now_ms = fasti_state_now_ms(state);
    if (now_ms < fasti_load_relaxed(&upkeep->next_pass_ms))
        return false;
    if (fasti_load_relaxed(&state->is_disk_low) || is_leap_doubted(upkeep, now_ms)) {
        upkeep->pause_ns = LATER_NS;
        return false;
    }
    /* A clock that is set back now must not make decisions older than what this pass lets go:
     * replay asks both for their time. The role's holder alone writes it. */
    if (now_ms > fasti_load_relaxed(&state->logged_ms))
        fasti_store_relaxed(&state->logged_ms, now_ms);
    upkeep->now_ms = now_ms;
    upkeep->stage = FASTI_UPKEEP_SCHEDULES;
    upkeep->schedule = 1;
    fasti_store_relaxed(&upkeep->next_pass_ms, now_ms + PASS_MS);
    fasti_store_relaxed(&upkeep->is_active, true);
    return true;
}

static enum step stage_step(struct fasti_upkeep *upkeep, struct fasti_booking *booking,
                            const struct fasti_checkpoint_moment *moment, bool is_walking) {
    switch (upkeep->stage) {
    case FASTI_UPKEEP_IDLE:
        if (fasti_load_relaxed(&upkeep->is_active)) {
            fasti_store_seq_cst(&upkeep->holds_walks, false);
            fasti_store_relaxed(&upkeep->is_active, false);
            return STEP_WAIT;
        }
        return pass_is_due(upkeep) ? STEP_ON : STEP_WAIT;
    case FASTI_UPKEEP_SCHEDULES: return schedule_step(upkeep, booking);
    case FASTI_UPKEEP_RECORDS: return record_step(upkeep, booking, is_walking);
    case FASTI_UPKEEP_SETTLING: return settle_step(upkeep, moment);
    case FASTI_UPKEEP_GRACE: return grace_step(upkeep, booking);
    case FASTI_UPKEEP_SWEEPING: return sweep_step(upkeep);
    }
    return STEP_WAIT;
}

void fasti_upkeep_step(struct fasti_upkeep *upkeep, uint32_t worker,
                       const struct fasti_checkpoint_moment *moment, bool is_walking) {
    if (!is_wanted(upkeep))
        return;
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (!upkeep->is_simulated && now_ns < fasti_load_relaxed(&upkeep->next_ns))
        return;
    upkeep->pause_ns = PAUSE_NS;
    const bool is_low = fasti_load_relaxed(&upkeep->state->is_disk_low);
    for (uint32_t steps = 0;; steps++) {
        if (upkeep->is_simulated ? steps >= SLICE_SIMULATED
                                 : steps % CLOCK_STEPS == CLOCK_STEPS - 1 &&
                                       fasti_clock_monotonic_ns() - now_ns >= SLICE_NS)
            break;
        if ((upkeep->stage == FASTI_UPKEEP_SCHEDULES && is_low) ||
            stage_step(upkeep, upkeep->bookings[worker], moment, is_walking) == STEP_WAIT)
            break;
    }
    if (!upkeep->is_simulated)
        fasti_store_relaxed(&upkeep->next_ns, fasti_clock_monotonic_ns() + upkeep->pause_ns);
}
