/*
 * upkeep.h - a calendar that lives for years: what is past goes, what comes is compiled.
 *
 *   IDLE -> SCHEDULES -> RECORDS -> SETTLING -> GRACE -> SWEEPING -> GRACE -> IDLE
 *
 *   SCHEDULES  of each schedule: RETIRE of old days and weeks, patterns of new days. When as many
 *              chunks wait to be freed as there may: SETTLING, GRACE, and on from there
 *   RECORDS    PURGE of what is older than its retention
 *   SETTLING   until all that was pushed is numbered and durable
 *   GRACE      until nobody can hold what was unlinked: it is freed
 *   SWEEPING   chains lose what was purged; after another GRACE chunks of entries of which all are
 *              gone are emptied
 *
 * A pass is made every hour of the engine's time, so also one that a test moves; where the clock is
 * a month beyond the log, only after a day. Whether a day is past is asked in its place's zone, as
 * booking does.
 *
 * What retired or was purged may still be held by a worker in a command (the epoch's grace), by a
 * claim's helper (a step more), or by a command that waits for a version of it: that one was
 * durable before the effect that let it go, so it leaves the list when its worker looks through it
 * again.
 *
 * From RECORDS on no snapshot's walk goes on: it may have stored a link that is swept, and what a
 * purged record had been would be missing where the log is replayed from before its PURGE.
 *
 * Threading: the committer's role, in slices; `left_ns`, `holds_walks`: any thread.
 */
#ifndef FASTI_COMMIT_UPKEEP_H
#define FASTI_COMMIT_UPKEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/retire.h"
#include "engine/booking/state.h"
#include "engine/commit/checkpoint.h"

#define FASTI_UPKEEP_CHUNKS_MAX 256    /* of days, that wait for the grace */
#define FASTI_UPKEEP_CLOSED_MAX 1024   /* of records, the same */
#define FASTI_UPKEEP_PURGES_MAX 262144 /* records between two sweeps */

enum fasti_upkeep_stage {
    FASTI_UPKEEP_IDLE,
    FASTI_UPKEEP_SCHEDULES,
    FASTI_UPKEEP_RECORDS,
    FASTI_UPKEEP_SETTLING,
    FASTI_UPKEEP_GRACE,
    FASTI_UPKEEP_SWEEPING,
};

/* How long things are kept, in days of the engine's time. */
struct fasti_upkeep_rules {
    uint32_t past_days;      /* days are kept so long; 0: for ever; FASTI_PAST_DAYS_MIN or more */
    uint32_t retention_days; /* records, after their last day and last change; 0: for ever */
};

struct fasti_upkeep {
    struct fasti_state *state;
    struct fasti_booking **bookings;
    uint32_t worker_count;
    bool is_simulated;
    struct fasti_upkeep_rules rules;

    /* The role's holder only. */
    enum fasti_upkeep_stage stage, next; /* next: after the GRACE */
    int64_t now_ms;                      /* of this pass */
    int64_t doubted_ns, pause_ns;        /* monotonic: since when the clock is not believed; after
                                            this slice */
    uint32_t schedule;                   /* SCHEDULES: the next one */
    uint64_t record, record_end;         /* RECORDS: the next number, and the first not looked at */
    uint64_t candidates[FASTI_PURGE_MAX];
    uint32_t candidate_count;
    bool is_chunk_gone;                       /* nothing was found in the chunk of `record` yet */
    uint32_t purged_count;                    /* since the last sweep */
    uint32_t chunks[FASTI_UPKEEP_CHUNKS_MAX]; /* arena indexes of retired ones */
    uint32_t chunk_count;
    uint32_t closed[FASTI_UPKEEP_CLOSED_MAX]; /* chunks of records */
    uint32_t closed_count;
    bool was_swept; /* the closed ones are out of all chains */

    uint64_t drain_number, drain_lsn;  /* SETTLING */
    uint64_t grace_epoch;              /* GRACE */
    uint32_t looks[FASTI_WORKERS_MAX]; /* GRACE: waits_looked that says enough */
    uint64_t chain;                    /* SWEEPING: a bucket or a schedule */
    bool is_patients, is_chain_begun;
    _Atomic uint32_t *link;

    _Atomic bool is_active, holds_walks;           /* holds_walks: no snapshot may begin */
    _Atomic int64_t next_pass_ms;                  /* engine's time */
    _Atomic int64_t next_ns;                       /* monotonic: the next slice may begin */
    _Atomic uint64_t retired_days, purged_records; /* since the start */
};

void fasti_upkeep_init(struct fasti_upkeep *upkeep, struct fasti_state *state,
                       struct fasti_booking **bookings, uint32_t worker_count, bool is_simulated,
                       const struct fasti_upkeep_rules *rules);

/* Nanoseconds until the next step is useful; INT64_MAX: none is. */
int64_t fasti_upkeep_left_ns(struct fasti_upkeep *upkeep);

/* As fasti_checkpoint_needs_all. */
bool fasti_upkeep_needs_all(const struct fasti_upkeep *upkeep);

/* Does it wait for workers whose commands wait? Somebody wakes them. */
static inline bool fasti_upkeep_needs_looks(const struct fasti_upkeep *upkeep) {
    return upkeep->stage == FASTI_UPKEEP_GRACE;
}

/* One step, of a slice at most. is_walking: a snapshot's walk goes on. */
void fasti_upkeep_step(struct fasti_upkeep *upkeep, uint32_t worker,
                       const struct fasti_checkpoint_moment *moment, bool is_walking);

#endif
