/*
 * checkpoint.h - writes snapshots while serving, then lets go of the log that they replace.
 *
 *   IDLE -> WALKING -> SETTLING -> DRAINING -> WRITING -> TRIMMING -> IDLE
 *
 *   WALKING    slices (walk.h)
 *   SETTLING   until every worker was between two commands: what was swapped is pushed
 *   DRAINING   until all that the walk may have seen is numbered (lsn_end), and durable
 *   WRITING    last section, sync, header: from here on it counts
 *   TRIMMING   one file at a time: older snapshots, then the log below the older kept one
 *
 * Two generations are kept, and the log from the older one's floor on: if the newest is damaged, a
 * start loads the older one and replays more. A failure (a full disk) costs the snapshot, never the
 * log: it is told, the file is removed, the next one is tried when it is due again.
 * Threading: the committer's role; `done`, `due` and the figures of status: any thread.
 */
#ifndef FASTI_COMMIT_CHECKPOINT_H
#define FASTI_COMMIT_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/state.h"
#include "engine/commit/walk.h"
#include "engine/storage/log.h"
#include "engine/storage/snapshot.h"

#define FASTI_SNAPSHOTS_KEPT 2

enum fasti_checkpoint_stage {
    FASTI_CHECKPOINT_IDLE,
    FASTI_CHECKPOINT_WALKING,
    FASTI_CHECKPOINT_SETTLING,
    FASTI_CHECKPOINT_DRAINING,
    FASTI_CHECKPOINT_WRITING,
    FASTI_CHECKPOINT_TRIMMING,
};

/* Of a snapshot that counts. */
struct fasti_kept_snapshot {
    uint64_t generation, lsn_floor;
};

struct fasti_checkpoint {
    struct fasti_state *state;
    struct fasti_io *io;
    struct fasti_log *log;
    bool is_simulated;
    uint64_t epoch;
    uint64_t log_bytes_max; /* one is due when the log has grown by so much; UINT64_MAX: never */
    uint64_t bytes_last;    /* of the newest snapshot: the log may grow by as much, too */
    uint64_t log_bytes_at_last; /* appended when it was begun */

    /* The role's holder only. */
    enum fasti_checkpoint_stage stage;
    struct fasti_snapshot_writer writer;
    struct fasti_walk walk;
    struct fasti_snapshot_header header; /* as far as it is known */
    uint64_t settle_epoch; /* SETTLING: the epoch's counter that says that all were quiescent */
    uint64_t drain_number; /* DRAINING: effects taken up to this one must be numbered */
    struct fasti_kept_snapshot kept[FASTI_SNAPSHOTS_KEPT + 1]; /* newest first */
    uint32_t kept_count;
    uint64_t generation_next;
    uint64_t obsolete[8]; /* files to be removed */
    uint32_t obsolete_count;

    _Atomic bool is_wanted, is_active;
    _Atomic uint32_t begun, done; /* how many were begun, and how many of them are over */
    _Atomic int64_t next_ns;      /* the next slice may begin */
    pthread_mutex_t told_lock;
    struct fasti_snapshot_told {
        uint64_t generation, lsn, bytes; /* of the newest that counts; 0: there is none */
        int64_t written_ms;              /* logged time */
        int64_t step_ns_max;             /* the longest that one step held its worker up */
        uint64_t failed;                 /* how many were given up since the start */
        uint32_t failed_done;            /* the last of them: which `done` it was over at */
        enum fasti_status failed_status; /* DISK_LOW, IO_WRITE, LIMIT_MEMORY ... */
        struct fasti_detail why;
    } told;
};

/* What the committer knows at a moment: between two batches, in its role. */
struct fasti_checkpoint_moment {
    uint64_t lsn_next;    /* of the next effect that will be numbered */
    uint64_t lsn_durable; /* what is below is on the disk */
    uint64_t taken;       /* effects taken from the list so far */
    uint64_t waiting;     /* number of the oldest that was taken and not numbered; 0: none waits */
    int64_t logged_ms;
    struct fasti_hash128 digest; /* after lsn_next - 1 */
    uint32_t config_version;     /* numbered */
};

/* Is every effect up to this one numbered? Effects count as they are taken from the list. */
static inline bool fasti_moment_has_numbered(const struct fasti_checkpoint_moment *moment,
                                             uint64_t number) {
    return moment->waiting == 0 || moment->waiting > number;
}

/* log_bytes_max: 0 = the default. kept: the snapshots that a start found sound, newest first; of
 * those that it found otherwise only the numbers matter: generation_next is above all. */
void fasti_checkpoint_init(struct fasti_checkpoint *checkpoint, struct fasti_state *state,
                           struct fasti_io *io, struct fasti_log *log, bool is_simulated,
                           uint64_t epoch, uint64_t log_bytes_max);
void fasti_checkpoint_know(struct fasti_checkpoint *checkpoint, uint64_t generation,
                           uint64_t lsn_floor, uint64_t lsn_end, uint64_t bytes);
/* After the log was closed: nothing is in flight. */
void fasti_checkpoint_deinit(struct fasti_checkpoint *checkpoint);

/* Asks for a snapshot of what is acknowledged by now. Returns which `done` it will be over at: one
 * that is under way may have looked already, so it is the one after that. Any thread. */
uint32_t fasti_checkpoint_want(struct fasti_checkpoint *checkpoint);

/* Is there anything to do, in the role? Any thread. */
bool fasti_checkpoint_is_due(struct fasti_checkpoint *checkpoint);

/* Nanoseconds until the next step is useful; INT64_MAX: none is. Any thread. */
int64_t fasti_checkpoint_left_ns(struct fasti_checkpoint *checkpoint);

/* The next step needs a moment whose `taken` counts all that was pushed before: take it first. */
bool fasti_checkpoint_needs_all(const struct fasti_checkpoint *checkpoint);

/* One step, of a slice at most. */
void fasti_checkpoint_step(struct fasti_checkpoint *checkpoint, uint32_t worker,
                           const struct fasti_checkpoint_moment *moment);

/* Any thread. */
struct fasti_snapshot_told fasti_checkpoint_told(struct fasti_checkpoint *checkpoint);

#endif
