/*
 * checkpoint.c - the stages of a snapshot.
 */
#include "engine/commit/checkpoint.h"

#include <errno.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/panic.h"

/* A slice, and the pause after it: a worker serves again in between. */
#define SLICE_NS         (400 * 1000)
#define PAUSE_NS         (600 * 1000)
#define SLICE_SIMULATED  8          /* steps, where time is simulated */
#define SLICE_STEPS_MAX  UINT32_MAX /* where the clock decides */
#define LOG_BYTES        (UINT64_C(256) << 20)
#define NUMBER_UNKNOWN   UINT64_MAX
#define ROOM_BYTES_EXTRA (UINT64_C(64) << 20) /* left free beside a snapshot */

void fasti_checkpoint_init(struct fasti_checkpoint *checkpoint, struct fasti_state *state,
                           struct fasti_io *io, struct fasti_log *log, bool is_simulated,
                           uint64_t epoch, uint64_t log_bytes_max) {
    memset(checkpoint, 0, sizeof *checkpoint);
    checkpoint->state = state;
    checkpoint->io = io;
    checkpoint->log = log;
    checkpoint->is_simulated = is_simulated;
    checkpoint->epoch = epoch;
    checkpoint->log_bytes_max = log_bytes_max == 0 ? LOG_BYTES : log_bytes_max;
    checkpoint->generation_next = 1;
    checkpoint->writer.file.handle = -1;
    pthread_mutex_init(&checkpoint->told_lock, NULL);
}

void fasti_checkpoint_know(struct fasti_checkpoint *checkpoint, uint64_t generation,
                           uint64_t lsn_floor, uint64_t lsn_end, uint64_t bytes) {
    if (generation >= checkpoint->generation_next)
        checkpoint->generation_next = generation + 1;
    if (lsn_floor == 0 || checkpoint->kept_count == FASTI_SNAPSHOTS_KEPT) {
        const uint32_t room = sizeof checkpoint->obsolete / sizeof checkpoint->obsolete[0];
        if (checkpoint->obsolete_count < room)
            checkpoint->obsolete[checkpoint->obsolete_count++] = generation;
        return;
    }
    checkpoint->kept[checkpoint->kept_count++] =
        (struct fasti_kept_snapshot){.generation = generation, .lsn_floor = lsn_floor};
    if (checkpoint->kept_count == 1) {
        checkpoint->bytes_last = bytes;
        checkpoint->told.generation = generation;
        checkpoint->told.lsn = lsn_end;
        checkpoint->told.bytes = bytes;
    }
}

void fasti_checkpoint_deinit(struct fasti_checkpoint *checkpoint) {
    if (checkpoint->state == NULL)
        return;
    fasti_snapshot_end(&checkpoint->writer);
    fasti_walk_end(&checkpoint->walk);
    pthread_mutex_destroy(&checkpoint->told_lock);
}

/* ---- what others ask ---- */

uint32_t fasti_checkpoint_want(struct fasti_checkpoint *checkpoint) {
    /* The next one is begun after this load, and, since it is wanted after it, surely. */
    const uint32_t begun = fasti_load_seq_cst(&checkpoint->begun);
    fasti_store_seq_cst(&checkpoint->is_wanted, true);
    return begun + 1;
}

static bool has_grown(const struct fasti_checkpoint *checkpoint) {
    if (checkpoint->log_bytes_max == UINT64_MAX)
        return false;
    const uint64_t limit = checkpoint->bytes_last > checkpoint->log_bytes_max
                               ? checkpoint->bytes_last
                               : checkpoint->log_bytes_max;
    return fasti_log_appended_bytes(checkpoint->log) - checkpoint->log_bytes_at_last >= limit;
}

bool fasti_checkpoint_is_due(struct fasti_checkpoint *checkpoint) {
    return fasti_load_relaxed(&checkpoint->is_active) || fasti_load_seq_cst(&checkpoint->is_wanted);
}

int64_t fasti_checkpoint_left_ns(struct fasti_checkpoint *checkpoint) {
    if (!fasti_checkpoint_is_due(checkpoint))
        return INT64_MAX;
    const int64_t left_ns = fasti_load_relaxed(&checkpoint->next_ns) - fasti_clock_monotonic_ns();
    return left_ns > 0 ? left_ns : 0;
}

struct fasti_snapshot_told fasti_checkpoint_told(struct fasti_checkpoint *checkpoint) {
    pthread_mutex_lock(&checkpoint->told_lock);
    const struct fasti_snapshot_told told = checkpoint->told;
    pthread_mutex_unlock(&checkpoint->told_lock);
    return told;
}

/* ---- the end of one ---- */

static void over(struct fasti_checkpoint *checkpoint) {
    fasti_snapshot_end(&checkpoint->writer);
    fasti_walk_end(&checkpoint->walk);
    checkpoint->stage = FASTI_CHECKPOINT_TRIMMING;
}

static void give_up(struct fasti_checkpoint *checkpoint, enum fasti_status status,
                    const char *why) {
    pthread_mutex_lock(&checkpoint->told_lock);
    checkpoint->told.failed++;
    checkpoint->told.failed_done = fasti_load_relaxed(&checkpoint->begun);
    checkpoint->told.failed_status = status;
    (void)fasti_detail_set(&checkpoint->told.why, status, "no snapshot was written: %s", why);
    pthread_mutex_unlock(&checkpoint->told_lock);
    over(checkpoint);
}

static void writer_give_up(struct fasti_checkpoint *checkpoint) {
    const int error = checkpoint->writer.error;
    const bool is_full = error == ENOSPC || error == EDQUOT;
    give_up(checkpoint, is_full ? FASTI_DISK_LOW : FASTI_IO_WRITE,
            is_full      ? "the disk has no room for it: the log goes on growing"
            : error == 0 ? fasti_status_text(FASTI_IO_WRITE)
                         : strerror(error));
}

/* It counts: those behind the kept ones go, and the log below the floor of the oldest that stays.
 */
static void publish(struct fasti_checkpoint *checkpoint) {
    const struct fasti_snapshot_header *header = &checkpoint->writer.header;
    checkpoint->bytes_last = header->body_bytes + 2 * FASTI_BLOCK_BYTES;
    for (uint32_t i = checkpoint->kept_count; i > 0; i--)
        checkpoint->kept[i] = checkpoint->kept[i - 1];
    checkpoint->kept[0] = (struct fasti_kept_snapshot){.generation = header->generation,
                                                       .lsn_floor = header->lsn_floor};
    checkpoint->kept_count++;
    if (checkpoint->kept_count > FASTI_SNAPSHOTS_KEPT) {
        const uint32_t room = sizeof checkpoint->obsolete / sizeof checkpoint->obsolete[0];
        checkpoint->kept_count = FASTI_SNAPSHOTS_KEPT;
        if (checkpoint->obsolete_count < room)
            checkpoint->obsolete[checkpoint->obsolete_count++] =
                checkpoint->kept[FASTI_SNAPSHOTS_KEPT].generation;
    }
    pthread_mutex_lock(&checkpoint->told_lock);
    checkpoint->told.generation = header->generation;
    checkpoint->told.lsn = header->lsn_end;
    checkpoint->told.bytes = checkpoint->bytes_last;
    checkpoint->told.written_ms = header->logged_ms;
    pthread_mutex_unlock(&checkpoint->told_lock);
    over(checkpoint);
}

/* One file a step: a removal may take a while. */
static void trim_step(struct fasti_checkpoint *checkpoint) {
    if (checkpoint->obsolete_count > 0) {
        char name[FASTI_IO_NAME_BYTES_MAX + 1];
        fasti_snapshot_name(name, checkpoint->obsolete[--checkpoint->obsolete_count]);
        (void)!checkpoint->io->operations->remove(checkpoint->io, name);
        return; /* one that cannot be removed wastes room: the next start sees it again */
    }
    if (checkpoint->kept_count == FASTI_SNAPSHOTS_KEPT) {
        uint32_t removed = 0;
        const uint64_t floor = checkpoint->kept[FASTI_SNAPSHOTS_KEPT - 1].lsn_floor;
        if (fasti_log_trim(checkpoint->log, floor, 1, &removed) == FASTI_OK && removed > 0)
            return;
    }
    checkpoint->stage = FASTI_CHECKPOINT_IDLE;
    fasti_store_relaxed(&checkpoint->is_active, false);
    fasti_add_seq_cst(&checkpoint->done, UINT32_C(1));
}

/* ---- stages ---- */

static void begin(struct fasti_checkpoint *checkpoint,
                  const struct fasti_checkpoint_moment *moment) {
    struct fasti_state *state = checkpoint->state;
    fasti_store_relaxed(&checkpoint->is_active, true);
    fasti_store_seq_cst(&checkpoint->is_wanted, false); /* before it is begun: see want */
    fasti_add_seq_cst(&checkpoint->begun, UINT32_C(1));
    checkpoint->log_bytes_at_last = fasti_log_appended_bytes(checkpoint->log);
    const uint64_t free_bytes = checkpoint->io->operations->free_bytes(checkpoint->io);
    if (fasti_load_relaxed(&state->is_disk_low) ||
        free_bytes < checkpoint->bytes_last + checkpoint->bytes_last / 8 +
                         (checkpoint->is_simulated ? 0 : ROOM_BYTES_EXTRA)) {
        give_up(checkpoint, FASTI_DISK_LOW, "the disk has no room for it: the log goes on growing");
        return;
    }
    checkpoint->header = (struct fasti_snapshot_header){
        .log_id = fasti_log_id(checkpoint->log),
        .epoch = checkpoint->epoch,
        .lsn_floor = moment->lsn_next,
        .config_version = moment->config_version,
        .request_buckets = state->requests.bucket_count,
    };
    const enum fasti_status status = fasti_snapshot_begin(
        &checkpoint->writer, checkpoint->io, checkpoint->log, checkpoint->generation_next++);
    if (status != FASTI_OK || !fasti_walk_begin(&checkpoint->walk, state, &checkpoint->writer)) {
        const enum fasti_status why = status == FASTI_OK ? FASTI_LIMIT_MEMORY : status;
        give_up(checkpoint, why, fasti_status_text(why));
        return;
    }
    checkpoint->stage = FASTI_CHECKPOINT_WALKING;
}

static void walk_step(struct fasti_checkpoint *checkpoint,
                      const struct fasti_checkpoint_moment *moment) {
    const struct fasti_walk_budget budget = {
        .end_ns = checkpoint->is_simulated ? 0 : fasti_clock_monotonic_ns() + SLICE_NS,
        .entries = checkpoint->is_simulated ? SLICE_SIMULATED : SLICE_STEPS_MAX,
    };
    const enum fasti_walk_stage stage =
        fasti_walk_slice(&checkpoint->walk, moment->lsn_next, budget);
    if (checkpoint->walk.has_failed) {
        give_up(checkpoint, FASTI_LIMIT_MEMORY, fasti_status_text(FASTI_LIMIT_MEMORY));
        return;
    }
    if (stage != FASTI_WALK_DONE)
        return;
    /* Read under the lock that gives them, so that they are not smaller than what was stored. */
    if (pthread_mutex_trylock(&checkpoint->state->config_lock) != 0)
        return;
    checkpoint->header.import_next = checkpoint->state->imports.next_id;
    pthread_mutex_unlock(&checkpoint->state->config_lock);
    checkpoint->header.record_next = fasti_load_relaxed(&checkpoint->state->records.next_id);
    checkpoint->header.purged_end = fasti_load_relaxed(&checkpoint->state->records.purged_end);
    memcpy(checkpoint->header.entries, checkpoint->walk.entries, sizeof checkpoint->header.entries);
    checkpoint->settle_epoch = fasti_load_seq_cst(&checkpoint->state->epoch.counter) + 2;
    checkpoint->drain_number = NUMBER_UNKNOWN;
    checkpoint->stage = FASTI_CHECKPOINT_SETTLING;
}

/* All that was swapped when the walk ended is pushed by now. */
static void settle_step(struct fasti_checkpoint *checkpoint) {
    if (fasti_load_seq_cst(&checkpoint->state->epoch.counter) >= checkpoint->settle_epoch)
        checkpoint->stage = FASTI_CHECKPOINT_DRAINING;
}

bool fasti_checkpoint_needs_all(const struct fasti_checkpoint *checkpoint) {
    return checkpoint->stage == FASTI_CHECKPOINT_DRAINING &&
           checkpoint->drain_number == NUMBER_UNKNOWN;
}

static void drain_step(struct fasti_checkpoint *checkpoint,
                       const struct fasti_checkpoint_moment *moment) {
    struct fasti_snapshot_header *header = &checkpoint->header;
    if (checkpoint->drain_number == NUMBER_UNKNOWN)
        checkpoint->drain_number = moment->taken;
    if (header->lsn_end == 0) {
        if (!fasti_moment_has_numbered(moment, checkpoint->drain_number))
            return;
        header->lsn_end = moment->lsn_next;
        header->logged_ms = moment->logged_ms;
        header->digest = moment->digest;
    }
    if (moment->lsn_durable < header->lsn_end)
        return;
    fasti_snapshot_finish(&checkpoint->writer, header);
    checkpoint->stage = FASTI_CHECKPOINT_WRITING;
}

static void stage_step(struct fasti_checkpoint *checkpoint, uint32_t worker,
                       const struct fasti_checkpoint_moment *moment) {
    const enum fasti_snapshot_stage written =
        checkpoint->stage == FASTI_CHECKPOINT_IDLE || checkpoint->stage == FASTI_CHECKPOINT_TRIMMING
            ? FASTI_SNAPSHOT_NONE
            : fasti_snapshot_step(&checkpoint->writer, worker);
    if (written == FASTI_SNAPSHOT_FAILED) {
        writer_give_up(checkpoint);
        return;
    }
    switch (checkpoint->stage) {
    case FASTI_CHECKPOINT_IDLE: begin(checkpoint, moment); break;
    case FASTI_CHECKPOINT_WALKING: walk_step(checkpoint, moment); break;
    case FASTI_CHECKPOINT_SETTLING: settle_step(checkpoint); break;
    case FASTI_CHECKPOINT_DRAINING: drain_step(checkpoint, moment); break;
    case FASTI_CHECKPOINT_WRITING:
        if (written == FASTI_SNAPSHOT_DONE)
            publish(checkpoint);
        break;
    case FASTI_CHECKPOINT_TRIMMING: trim_step(checkpoint); break;
    }
}

void fasti_checkpoint_step(struct fasti_checkpoint *checkpoint, uint32_t worker,
                           const struct fasti_checkpoint_moment *moment) {
    if (checkpoint->stage == FASTI_CHECKPOINT_IDLE && has_grown(checkpoint))
        fasti_store_seq_cst(&checkpoint->is_wanted, true);
    if (!fasti_checkpoint_is_due(checkpoint))
        return;
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (!checkpoint->is_simulated && now_ns < fasti_load_relaxed(&checkpoint->next_ns))
        return;
    stage_step(checkpoint, worker, moment);
    if (checkpoint->is_simulated)
        return;
    const int64_t end_ns = fasti_clock_monotonic_ns();
    fasti_store_relaxed(&checkpoint->next_ns, end_ns + PAUSE_NS);
    if (end_ns - now_ns <= checkpoint->told.step_ns_max)
        return;
    pthread_mutex_lock(&checkpoint->told_lock);
    checkpoint->told.step_ns_max = end_ns - now_ns; /* the role's holder alone writes it */
    pthread_mutex_unlock(&checkpoint->told_lock);
}
