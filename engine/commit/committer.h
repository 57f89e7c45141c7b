/*
 * committer.h - where effects get their numbers and become durable.
 *
 *   role: one worker at a time (a word: 0 = free, worker + 1)
 *   take all pushed effects -> those whose versions are next -> batch -> one write in flight
 *        |                                                                 |
 *        +-- others are kept aside (deferred) until what they build on     v durable
 *            has been numbered                               owners' done lists, one wake a batch
 *
 * A worker that finds effects and a free role takes it, and keeps it while its batch is in flight;
 * it gives the role up when nothing is left (release, then look at the list again). Batches are
 * gathered adaptively: as long as those who were served last and may come back are worth the wait.
 * When an append fails the engine is dead: everything waiting is UNKNOWN.
 */
#ifndef FASTI_COMMIT_COMMITTER_H
#define FASTI_COMMIT_COMMITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/state.h"
#include "engine/commit/checkpoint.h"
#include "engine/commit/upkeep.h"
#include "engine/commit/wake.h"
#include "engine/search/roster.h"
#include "engine/storage/log.h"

struct fasti_committer {
    struct fasti_state *state;
    struct fasti_log *log;
    struct fasti_checkpoint *checkpoint;
    struct fasti_upkeep *upkeep;
    struct fasti_roster_store *roster; /* told of the summaries of days, in log order */
    struct fasti_booking **bookings;   /* all workers */
    uint32_t worker_count;
    struct fasti_wake *wakes; /* one a worker */
    bool is_simulated;

    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic uint32_t role;
    _Atomic bool watermark_due; /* a batch with effects is the newest one */
    _Atomic int64_t last_batch_ns, last_room_ns;
    _Atomic uint32_t idle_polls; /* since the last batch, where time is simulated */

    /* The role's holder only. */
    struct fasti_pending *deferred, *deferred_last;
    struct fasti_pending *in_flight, *in_flight_last;
    uint32_t in_flight_count;
    uint32_t last_count;           /* effects of the last batch */
    uint64_t gather_target;        /* how many may want the next one */
    int64_t appended_ns, flush_ns; /* when the last batch went out; what batches take, smoothed */
    bool is_stuck;  /* what is deferred waits for an effect that was not pushed yet */
    bool is_filled; /* the log's buffer holds a batch that was not appended yet */
    uint32_t filled_count, filled_bytes;
    uint64_t taken;                  /* effects taken from the list so far */
    uint64_t edit_marked, edit_mark; /* an edit, and how much was pushed when its grace was over */
    uint64_t edit_over;              /* the last edit of which no claim under older rules is left */
    bool has_old_claims;             /* there may be some in this batch */
    uint64_t settled_next;           /* the first so many are durable when the batch in flight is */
    uint64_t lsn_next;               /* of the next effect that is numbered */
    struct fasti_hash128 digest_next; /* after the batch in flight */
    struct fasti_hash128 digest;      /* durable; read by status under digest_lock */
    pthread_mutex_t digest_lock;
};

/* After replay: digest is the recovered one. */
void fasti_committer_init(struct fasti_committer *committer, struct fasti_state *state,
                          struct fasti_log *log, struct fasti_checkpoint *checkpoint,
                          struct fasti_upkeep *upkeep, struct fasti_booking **bookings,
                          struct fasti_roster_store *roster, uint32_t worker_count,
                          struct fasti_wake *wakes, struct fasti_hash128 digest);

/* Moves the log on as far as it goes without waiting. Any worker, often. */
void fasti_committer_step(struct fasti_committer *committer, uint32_t worker);

/* Microseconds until step should be called again though nothing happens; 0 = at once, -1 = not. */
int32_t fasti_committer_timeout_us(const struct fasti_committer *committer, uint32_t worker);

struct fasti_hash128 fasti_committer_digest(struct fasti_committer *committer);

#endif
