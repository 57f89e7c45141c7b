/*
 * committer.c - numbering, batching, durability and the role that moves between workers.
 */
#include "engine/commit/committer.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/booking/apply.h"

/* Sealing at once halves the throughput of few clients: their next requests just miss the batch. */
#define GATHER_NS_MAX (500 * 1000)
/* As many are not waited for: the disk would stand still meanwhile. */
#define GATHER_COUNT_MAX 256
#define STUCK_US         50
/* A batch without effects after this pause states that the last one was durable. */
#define WATERMARK_NS    (20 * 1000 * 1000)
#define WATERMARK_POLLS 4 /* the same pause where time is simulated */
/* How often a low disk is looked at again. */
#define ROOM_NS (100 * 1000 * 1000)
/* A worker without work looks up once a minute. */
#define SIDE_US_MAX (60 * 1000 * 1000)

/* What may still be claimed, as the log's room is now. */
static void room_tell(struct fasti_committer *committer) {
    fasti_store_relaxed(&committer->state->is_disk_low, fasti_log_is_low(committer->log));
    fasti_store_relaxed(&committer->state->is_disk_full, fasti_log_is_full(committer->log));
}

void fasti_committer_init(struct fasti_committer *committer, struct fasti_state *state,
                          struct fasti_log *log, struct fasti_checkpoint *checkpoint,
                          struct fasti_upkeep *upkeep, struct fasti_booking **bookings,
                          struct fasti_roster_store *roster, uint32_t worker_count,
                          struct fasti_wake *wakes, struct fasti_hash128 digest) {
    memset(committer, 0, sizeof *committer);
    committer->state = state;
    committer->log = log;
    committer->checkpoint = checkpoint;
    committer->upkeep = upkeep;
    committer->roster = roster;
    committer->lsn_next = fasti_log_lsn_end(log);
    committer->bookings = bookings;
    committer->worker_count = worker_count;
    committer->wakes = wakes;
    committer->is_simulated = wakes[0].fd < 0;
    committer->digest = digest;
    committer->digest_next = digest;
    room_tell(committer);
    pthread_mutex_init(&committer->digest_lock, NULL);
}

/* Wakes every other worker that waits for something, at most once a batch. */
static void wake_others(const struct fasti_committer *committer, uint32_t self, uint64_t served) {
    for (uint32_t i = 0; i < committer->worker_count; i++) {
        if (i == self)
            continue;
        struct fasti_booking *booking = committer->bookings[i];
        if ((i < 64 && (served & UINT64_C(1) << i) != 0) ||
            fasti_load_seq_cst(&booking->waiting_count) > 0)
            fasti_wake_tell(&committer->wakes[i]);
    }
}

static void list_append(struct fasti_pending **first, struct fasti_pending **last,
                        struct fasti_pending *pending) {
    pending->next = NULL;
    if (*last == NULL)
        *first = pending;
    else
        (*last)->next = pending;
    *last = pending;
}

/* Hands a list back to the owners; status UNKNOWN when the log died under it. */
static uint64_t list_deliver(struct fasti_committer *committer, struct fasti_pending *first,
                             enum fasti_status status) {
    uint64_t served = 0;
    for (struct fasti_pending *pending = first, *next; pending != NULL; pending = next) {
        next = pending->next;
        const uint32_t owner = pending->worker;
        if (status != FASTI_OK)
            pending->answer.status = status;
        else
            fasti_effect_durable(pending);
        served |= UINT64_C(1) << owner;
        fasti_done_push(committer->bookings[owner], pending);
    }
    return served;
}

static void die(struct fasti_committer *committer, uint32_t worker) {
    struct fasti_state *state = committer->state;
    fasti_store_seq_cst(&state->is_dead, true);
    uint64_t served = list_deliver(committer, committer->in_flight, FASTI_UNKNOWN);
    served |= list_deliver(committer, committer->deferred, FASTI_UNKNOWN);
    served |= list_deliver(committer, fasti_effects_take(state), FASTI_UNKNOWN);
    committer->in_flight = committer->in_flight_last = NULL;
    committer->deferred = committer->deferred_last = NULL;
    (void)served; /* everybody is woken: refusals that wait are on their owners' lists */
    for (uint32_t i = 0; i < committer->worker_count; i++)
        if (i != worker)
            fasti_wake_tell(&committer->wakes[i]);
    fasti_store_seq_cst(&committer->role, UINT32_C(0));
}

/* A batch came back: what it took, and who will want the next one, those it served (if they come
 * back at once) and those who came meanwhile. */
static void pace_learn(struct fasti_committer *committer, int64_t now_ns) {
    const uint64_t here = fasti_load_relaxed(&committer->state->pushed) - committer->taken;
    const int64_t flush_ns = now_ns - committer->appended_ns;
    committer->flush_ns += (flush_ns - committer->flush_ns) / 8;
    committer->gather_target = committer->last_count + here;
    fasti_store_relaxed(&committer->last_batch_ns, now_ns);
}

static void batch_durable(struct fasti_committer *committer, uint32_t worker) {
    struct fasti_state *state = committer->state;
    pace_learn(committer, fasti_clock_monotonic_ns());
    pthread_mutex_lock(&committer->digest_lock);
    committer->digest = committer->digest_next;
    pthread_mutex_unlock(&committer->digest_lock);
    fasti_store_seq_cst(&state->lsn_durable, fasti_log_lsn_end(committer->log));
    fasti_store_seq_cst(&state->settled, committer->settled_next);
    struct fasti_pending *done = committer->in_flight;
    committer->in_flight = committer->in_flight_last = NULL;
    wake_others(committer, worker, list_deliver(committer, done, FASTI_OK));
    room_tell(committer);
}

/* ---- gathering ---- */

static void effects_gather(struct fasti_committer *committer) {
    struct fasti_pending *pending = fasti_effects_take(committer->state);
    for (struct fasti_pending *next; pending != NULL; pending = next) {
        next = pending->next;
        pending->number = ++committer->taken;
        list_append(&committer->deferred, &committer->deferred_last, pending);
    }
}

/* Numbers one effect: its bytes go into the batch, its versions and chains into the state. */
static void effect_emit(struct fasti_committer *committer, struct fasti_pending *pending,
                        uint8_t *target, int64_t *logged_ms) {
    struct fasti_state *state = committer->state;
    const uint8_t *bytes = pending->effect_index != 0
                               ? fasti_arena_at(&state->arena, pending->effect_index)
                               : pending->effect_heap;
    memcpy(target, bytes, pending->effect_bytes);
    fasti_effect_emitted(state, pending, bytes);
    for (uint32_t i = 0; i < pending->cell_count; i++)
        if (pending->cells[i].schedule != 0)
            fasti_roster_note(committer->roster, pending->cells[i].schedule, pending->cells[i].date,
                              committer->has_old_claims ? &fasti_summary_unknown
                                                        : &pending->cells[i].summary);
    committer->digest_next = fasti_hash128_add(committer->digest_next, pending->delta);
    committer->lsn_next++;
    if (pending->decided_ms > *logged_ms)
        *logged_ms = pending->decided_ms;
    list_append(&committer->in_flight, &committer->in_flight_last, pending);
}

/* The first so many effects that were taken are numbered. */
static uint64_t numbered_count(const struct fasti_committer *committer) {
    return committer->deferred == NULL ? committer->taken : committer->deferred->number - 1;
}

/* May a claim that began before the last edit still be numbered? Its summaries are of rules that
 * hold no more: search is told that nothing is known of such days. */
static bool old_claims_look(struct fasti_committer *committer) {
    const struct fasti_state *state = committer->state;
    const uint64_t edit = fasti_load_seq_cst(&state->edit_epoch);
    if (edit == committer->edit_over)
        return false;
    if (fasti_load_seq_cst(&state->epoch.counter) < edit)
        return true;
    if (committer->edit_marked != edit) {
        committer->edit_marked = edit;
        committer->edit_mark = fasti_load_seq_cst(&state->pushed);
    }
    if (numbered_count(committer) < committer->edit_mark)
        return true;
    committer->edit_over = edit;
    return false;
}

/* Moves every effect that is next from deferred into the batch, until nothing more fits or is
 * next. Passes repeat because one emission may make another effect next; deferred ones are few
 * (pushes of one day come nearly in order). Returns the payload's size. */
static uint32_t batch_fill(struct fasti_committer *committer, uint32_t *count, int64_t *logged_ms) {
    uint32_t capacity = 0;
    uint8_t *buffer = fasti_log_buffer(committer->log, &capacity);
    uint32_t size = 0;
    bool has_moved = true, was_full = false;
    committer->is_stuck = false;
    if (committer->deferred == NULL)
        return 0;
    fasti_roster_lock(committer->roster);
    committer->has_old_claims = old_claims_look(committer);
    while (has_moved && committer->deferred != NULL) {
        has_moved = false;
        struct fasti_pending *pending = committer->deferred;
        committer->deferred = committer->deferred_last = NULL;
        for (struct fasti_pending *next; pending != NULL; pending = next) {
            next = pending->next;
            const bool fits = capacity - size >= pending->effect_bytes;
            was_full = was_full || !fits;
            if (!fits || !fasti_effect_is_next(committer->state, pending)) {
                list_append(&committer->deferred, &committer->deferred_last, pending);
                continue;
            }
            effect_emit(committer, pending, buffer + size, logged_ms);
            size += pending->effect_bytes;
            (*count)++;
            has_moved = true;
        }
    }
    fasti_roster_unlock(committer->roster);
    committer->is_stuck = committer->deferred != NULL && !was_full;
    return size;
}

/* How much longer is it worth waiting for more effects? With `here` of `target` writers there, a
 * flush of F and a wait of W, target / (F + W) are served a second instead of here / F: worth it
 * while W < F * (target - here) / here. Who does not come back costs one such wait: the next target
 * counts the ones that did. */
static int64_t gather_left_ns(const struct fasti_committer *committer) {
    if (committer->is_simulated || committer->deferred != NULL)
        return 0;
    const uint64_t here = fasti_load_relaxed(&committer->state->pushed) - committer->taken;
    const uint64_t target = committer->gather_target;
    if (here == 0 || here >= target || here >= GATHER_COUNT_MAX)
        return 0;
    const int64_t worth_ns = committer->flush_ns * (int64_t)(target - here) / (int64_t)here;
    const int64_t passed_ns =
        fasti_clock_monotonic_ns() - fasti_load_relaxed(&committer->last_batch_ns);
    return (worth_ns < GATHER_NS_MAX ? worth_ns : GATHER_NS_MAX) - passed_ns;
}

static bool has_work(const struct fasti_committer *committer) {
    return fasti_load_seq_cst(&committer->state->effects) != NULL;
}

enum append_result { APPENDED, NOTHING_TO_APPEND, APPEND_LATER, APPEND_FAILED };

/* Fills the next batch unless one is filled already (the disk had no room for it). */
static enum append_result batch_prepare(struct fasti_committer *committer, bool watermark) {
    struct fasti_state *state = committer->state;
    if (committer->is_filled)
        return APPENDED;
    if (!watermark && gather_left_ns(committer) > 0)
        return APPEND_LATER;
    /* Nothing that is kept aside was next when all of it was looked at, and nothing came since. */
    if (committer->is_stuck && !has_work(committer) && !watermark)
        return APPEND_LATER;
    effects_gather(committer);
    int64_t logged_ms = fasti_load_relaxed(&state->logged_ms);
    committer->filled_count = 0;
    committer->filled_bytes = batch_fill(committer, &committer->filled_count, &logged_ms);
    if (committer->filled_count == 0 && !watermark)
        return committer->deferred == NULL ? NOTHING_TO_APPEND : APPEND_LATER;
    fasti_store_relaxed(&state->logged_ms, logged_ms);
    committer->is_filled = true;
    return APPENDED;
}

static enum append_result batch_append(struct fasti_committer *committer, uint32_t worker,
                                       bool watermark) {
    struct fasti_state *state = committer->state;
    const enum append_result prepared = batch_prepare(committer, watermark);
    if (prepared != APPENDED)
        return prepared;
    const enum fasti_status status =
        fasti_log_append(committer->log, worker, committer->filled_count, committer->filled_bytes,
                         fasti_load_relaxed(&state->logged_ms), committer->digest_next);
    room_tell(committer);
    if (status == FASTI_DISK_LOW || status == FASTI_BUSY)
        return APPEND_LATER; /* nothing was written; what waits goes on waiting for room */
    if (status != FASTI_OK)
        return APPEND_FAILED;
    committer->is_filled = false;
    committer->last_count = committer->filled_count;
    committer->settled_next = numbered_count(committer);
    committer->appended_ns = fasti_clock_monotonic_ns();
    fasti_store_relaxed(&committer->watermark_due, committer->filled_count > 0);
    return APPENDED;
}

/* ---- snapshots and upkeep ---- */

static struct fasti_checkpoint_moment moment_now(const struct fasti_committer *committer) {
    return (struct fasti_checkpoint_moment){
        .lsn_next = committer->lsn_next,
        .lsn_durable = fasti_log_lsn_end(committer->log),
        .taken = committer->taken,
        .waiting = committer->deferred == NULL ? 0 : committer->deferred->number,
        .logged_ms = fasti_load_relaxed(&committer->state->logged_ms),
        .digest = committer->digest_next,
        .config_version = committer->state->config_emitted,
    };
}

/* One step of a snapshot and one of the upkeep, if they are due. */
static void side_steps(struct fasti_committer *committer, uint32_t worker) {
    struct fasti_checkpoint *checkpoint = committer->checkpoint;
    struct fasti_upkeep *upkeep = committer->upkeep;
    if (fasti_checkpoint_needs_all(checkpoint) || fasti_upkeep_needs_all(upkeep))
        effects_gather(committer);
    const struct fasti_checkpoint_moment moment = moment_now(committer);
    const uint32_t done = fasti_load_relaxed(&checkpoint->done);
    if (!fasti_load_seq_cst(&upkeep->holds_walks) || checkpoint->stage != FASTI_CHECKPOINT_IDLE)
        fasti_checkpoint_step(checkpoint, worker, &moment);
    fasti_upkeep_step(upkeep, worker, &moment, checkpoint->stage == FASTI_CHECKPOINT_WALKING);
    if (fasti_load_relaxed(&checkpoint->done) != done || fasti_upkeep_needs_looks(upkeep))
        wake_others(committer, worker, 0);
}

/* ---- the role ---- */

static bool watermark_is_due(struct fasti_committer *committer) {
    if (!fasti_load_relaxed(&committer->watermark_due))
        return false;
    if (committer->is_simulated)
        return fasti_add_relaxed(&committer->idle_polls, UINT32_C(1)) + 1 >= WATERMARK_POLLS;
    return fasti_clock_monotonic_ns() - fasti_load_relaxed(&committer->last_batch_ns) >=
           WATERMARK_NS;
}

/* While the disk is low nobody may push, so somebody has to look whether there is room again. */
static bool room_is_due(struct fasti_committer *committer) {
    if (!fasti_load_relaxed(&committer->state->is_disk_low))
        return false;
    return committer->is_simulated ||
           fasti_clock_monotonic_ns() - fasti_load_relaxed(&committer->last_room_ns) >= ROOM_NS;
}

/* Asks for room at most every ROOM_NS, however often the log is polled. */
static void room_look(struct fasti_committer *committer) {
    if (!room_is_due(committer) || committer->is_simulated)
        return;
    fasti_log_look_for_room(committer->log);
    fasti_store_relaxed(&committer->last_room_ns, fasti_clock_monotonic_ns());
}

static bool role_take(struct fasti_committer *committer, uint32_t worker) {
    uint32_t expected = 0;
    return fasti_cas_seq_cst(&committer->role, &expected, worker + 1);
}

/* One turn of the role's holder. true: go on; false: nothing more to do now. */
static bool holder_turn(struct fasti_committer *committer, uint32_t worker) {
    room_look(committer);
    switch (fasti_log_poll(committer->log, worker)) {
    case FASTI_LOG_WAITING: side_steps(committer, worker); return false;
    case FASTI_LOG_FAILED: die(committer, worker); return false;
    case FASTI_LOG_DURABLE: batch_durable(committer, worker); break;
    case FASTI_LOG_IDLE: break;
    }
    room_tell(committer);
    switch (batch_append(committer, worker, watermark_is_due(committer))) {
    case APPENDED: fasti_store_relaxed(&committer->idle_polls, UINT32_C(0)); return true;
    case APPEND_LATER: side_steps(committer, worker); return false;
    case APPEND_FAILED: die(committer, worker); return false;
    case NOTHING_TO_APPEND: side_steps(committer, worker); break;
    }
    if (fasti_log_is_busy(committer->log))
        return false; /* a segment is being prepared in this worker's queue */
    /* Effects pushed before this store find the role free and their pusher takes it; those pushed
     * earlier are seen by the look after it. */
    fasti_store_seq_cst(&committer->role, UINT32_C(0));
    return has_work(committer) && role_take(committer, worker);
}

/* Until the next step of a snapshot or of the upkeep is useful; INT64_MAX: none is. */
static int64_t side_left_ns(const struct fasti_committer *committer) {
    const int64_t snapshot_ns = fasti_checkpoint_left_ns(committer->checkpoint);
    const int64_t upkeep_ns = fasti_upkeep_left_ns(committer->upkeep);
    if (fasti_load_seq_cst(&committer->upkeep->holds_walks))
        return upkeep_ns;
    return snapshot_ns < upkeep_ns ? snapshot_ns : upkeep_ns;
}

void fasti_committer_step(struct fasti_committer *committer, uint32_t worker) {
    if (fasti_load_relaxed(&committer->state->is_dead)) {
        uint32_t expected = 0;
        /* Others may still push until they notice; whoever comes by empties the list. */
        if (fasti_load_relaxed(&committer->role) == worker + 1 ||
            fasti_cas_seq_cst(&committer->role, &expected, worker + 1))
            die(committer, worker);
        return;
    }
    if (fasti_load_relaxed(&committer->role) != worker + 1) {
        const bool is_free = fasti_load_relaxed(&committer->role) == 0;
        const bool is_wanted = has_work(committer) ||
                               (is_free && (watermark_is_due(committer) || room_is_due(committer) ||
                                            side_left_ns(committer) == 0));
        if (!is_wanted || !role_take(committer, worker))
            return;
    }
    while (holder_turn(committer, worker)) {
    }
}

/* The same in microseconds, in the role or to take it; -1: none. */
static int32_t side_timeout_us(const struct fasti_committer *committer, uint32_t worker) {
    const uint32_t role = fasti_load_relaxed(&committer->role);
    const int64_t left_ns = side_left_ns(committer);
    if ((role != 0 && role != worker + 1) || left_ns == INT64_MAX)
        return -1;
    return left_ns / 1000 < SIDE_US_MAX ? (int32_t)(left_ns / 1000) + 1 : SIDE_US_MAX;
}

static int32_t log_timeout_us(const struct fasti_committer *committer, uint32_t worker) {
    if (fasti_load_relaxed(&committer->role) == worker + 1 &&
        (committer->is_filled || committer->deferred != NULL || has_work(committer)) &&
        !fasti_log_is_busy(committer->log)) {
        if (committer->is_filled)
            return 1000;
        const int64_t left_ns = gather_left_ns(committer);
        if (left_ns > 0)
            return (int32_t)(left_ns / 1000 + 1);
        /* A neighbour is about to push: in a moment, or when its edit is published. */
        return committer->is_stuck && !has_work(committer) ? STUCK_US : 0;
    }
    if (fasti_load_relaxed(&committer->state->is_disk_low))
        return 100 * 1000;
    if (!fasti_load_relaxed(&committer->watermark_due) || committer->is_simulated)
        return -1;
    const int64_t passed_ns =
        fasti_clock_monotonic_ns() - fasti_load_relaxed(&committer->last_batch_ns);
    return passed_ns >= WATERMARK_NS ? 1000 : (int32_t)((WATERMARK_NS - passed_ns) / 1000 + 1000);
}

int32_t fasti_committer_timeout_us(const struct fasti_committer *committer, uint32_t worker) {
    const int32_t log_us = log_timeout_us(committer, worker);
    const int32_t side_us = side_timeout_us(committer, worker);
    return log_us < 0 || (side_us >= 0 && side_us < log_us) ? side_us : log_us;
}

struct fasti_hash128 fasti_committer_digest(struct fasti_committer *committer) {
    pthread_mutex_lock(&committer->digest_lock);
    const struct fasti_hash128 digest = committer->digest;
    pthread_mutex_unlock(&committer->digest_lock);
    return digest;
}
