/*
 * recovery.h - from the log to the state: replay of every effect, checked batch by batch.
 *
 *   [snapshot -> state, parts of it ahead] -> log from its floor on -> the state, proved
 *
 * After each batch the digest of what was replayed must be the digest that the batch states, so a
 * difference between running and replaying shows at the next start, with its place. Over a snapshot
 * that holds from the end of its walk on, where its own digest is compared, too.
 */
#ifndef FASTI_COMMIT_RECOVERY_H
#define FASTI_COMMIT_RECOVERY_H

#include "engine/booking/state.h"
#include "engine/storage/log.h"
#include "engine/storage/snapshot.h"

struct fasti_replay {
    struct fasti_booking *booking;
    struct fasti_hash128 digest;
    uint64_t effects, epoch;
    int64_t started_ns;
    bool (*progress)(void *context, uint64_t effects, double seconds); /* false: stop; or NULL */
    void *progress_context;
    uint64_t work; /* effects and batches since progress was asked */
    /* For tools: sees every effect before it is applied; may be NULL. */
    void (*effect)(void *context, uint64_t lsn, const struct fasti_batch *batch,
                   const struct fasti_effect *effect);
    void *effect_context;
    bool has_begun; /* the first batch was seen */
    /* Of the snapshot that was loaded; zeros without one. Effects below lsn_floor are passed by; of
     * those below lsn_end parts are in the state already. */
    struct fasti_snapshot_header snapshot;
    struct fasti_catchup *catchup;
    uint64_t snapshot_entries;
    uint32_t schedule_max; /* that a record of the snapshot names */
    bool is_snapshot_mended;
    const struct fasti_log_report *report; /* while the log is read */
    bool is_dry; /* take effects apart only: nothing is applied, no digest is compared */
    struct fasti_detail *detail;
};

/* Loads a snapshot into replay->booking's state, which is new, and sets what replay must know of
 * it. As fasti_load_snapshot. Whatever the status, fasti_replay_end comes at the end. */
FASTI_MUST_USE enum fasti_status fasti_replay_load(struct fasti_replay *replay, struct fasti_io *io,
                                                   uint64_t generation);
void fasti_replay_end(struct fasti_replay *replay);

/* Reads the log, behind what was loaded, through replay->booking. The state's floor of time, next
 * ids and counts are set at the end. CORRUPT_LOG, CORRUPT_STATE, UNSUPPORTED_FORMAT, LIMIT_MEMORY,
 * STARTING (progress said to stop); the disk is not changed. */
FASTI_MUST_USE enum fasti_status fasti_replay_run(struct fasti_replay *replay, struct fasti_io *io,
                                                  struct fasti_log_report *report);

#endif
