/*
 * recovery.h - from the log to the state: replay of every effect, checked batch by batch.
 *
 * After each batch the digest of what was replayed must be the digest that the batch states, so a
 * difference between running and replaying shows at the next start, with its place.
 */
#ifndef FASTI_COMMIT_RECOVERY_H
#define FASTI_COMMIT_RECOVERY_H

#include "engine/booking/state.h"
#include "engine/storage/log.h"

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
    bool has_begun; /* the first batch was seen; without snapshots it starts at LSN 1 */
    bool is_dry;    /* take effects apart only: nothing is applied, no digest is compared */
    struct fasti_detail *detail;
};

/* Reads the whole log through replay->booking. The state's floor of time, next ids and counts are
 * set at the end. CORRUPT_LOG, CORRUPT_STATE, UNSUPPORTED_FORMAT, LIMIT_MEMORY, STARTING (progress
 * said to stop); the disk is not changed. */
FASTI_MUST_USE enum fasti_status fasti_replay_run(struct fasti_replay *replay, struct fasti_io *io,
                                                  struct fasti_log_report *report);

#endif
