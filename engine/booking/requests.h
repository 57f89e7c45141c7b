/*
 * requests.h - commands at most once: what every request id that is still remembered led to.
 *
 *   (organization, request id) --hash--> bucket of 64 ways
 *
 *   words    64 x | state 4 | time of the id 48 | tag 12 |    looked through, 8 bytes each
 *   entries  64 x { request, answer, waiters }                a cache line each, read on a match
 *
 *             begin: NEW            finish                      dropped
 *   (nothing) ----------> PENDING ----------> an effect's answer ------> below the horizon: STALE
 *       ^                  |   | refuse                         dropped
 *       |      forget      |   +------------> a refusal -----------+
 *       +------------------+---------------------------------------+
 *
 * A client's request id is a UUID version 7 (RFC 9562): its first 48 bits are its time, in ms since
 * 1970 UTC. That is what lets an id be forgotten: each bucket has a horizon, the latest time of an
 * effect that was dropped from it, and what lies at or below it and is not found may be one of
 * those. It is STALE, never done a second time. An id without a time cannot be told from a
 * forgotten one, so its command is refused before it gets here (fasti_request_id_ms).
 *
 * What is dropped when a bucket is full: what is older than FASTI_REQUESTS_AGE_MS, oldest first;
 * then the oldest refusal; then the oldest effect; never what is PENDING. Oldest by the id's own
 * time, not by arrival: else one client whose clock is ahead would push the horizon ahead for all.
 * A dropped refusal leaves no trace, for nothing was done: its id is new again.
 *
 * Invariants: a key stands in at most one way. The id of an effect that was finished or restored is
 * found, or lies at or below the horizon of its bucket; so at most one command with it acts.
 *
 * How many: of entries_max ids at least the newest half is there. (A bucket is meant to hold 32 of
 * them then; it meets a 65th less than once in two million buckets.) 72 bytes an entry, touched
 * when used unless a server touched all at its start, and 64 KiB of locks.
 *
 * After a restart refusals are new again, and of a bucket's effects the 64 latest are there and the
 * others lie below its horizon, in whatever order the log has them. That differs from before in
 * harmless ways: what was STALE may be DONE again, since refusals and commands under way took no
 * room; and an id that was among the oldest of its bucket while it was pending may be STALE.
 *
 * Threading: any worker, any call, but prefault and restore (before any other). One of
 * FASTI_REQUEST_LOCKS mutexes is held for a look through one bucket; never two, and nothing is
 * called meanwhile. No allocation after init. Rejected: a lock-free table (dropping the oldest and
 * taking its place are one step here); one queue in order of arrival (see above; and every command
 * would meet at its two ends).
 */
#ifndef FASTI_BOOKING_REQUESTS_H
#define FASTI_BOOKING_REQUESTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/atomics.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"

/* The time that a request id carries. false: it is not a UUID version 7 (none, 0 and 0, is not one
 * either). `high` is the UUID's first eight bytes as one big-endian number, `low` the others:
 *
 *   high  | unix_ts_ms 48 | version 4 = 7 | random 12 |      low  | variant 2 = 10 | random 62 | */
static inline bool fasti_request_id_ms(fasti_request_id id, int64_t *ms) {
    *ms = (int64_t)(id.high >> 16);
    return (id.high >> 12 & 0xf) == 7 && id.low >> 62 == 2;
}

/* Who asks for what. */
struct fasti_request {
    fasti_request_id id; /* fasti_request_id_ms is true of it */
    fasti_organization_id organization;
    uint32_t hash; /* of the command's body: the same id with another hash is a MISMATCH */
};

/* As much of an answer as is told again. */
struct fasti_request_answer {
    uint64_t record; /* 0: none */
    uint64_t count;  /* of records and the like: the command's kind says of what */
    int64_t decided_ms;
    uint32_t id;          /* dense id of a put; 0: none */
    uint16_t outcome;     /* enum fasti_outcome */
    uint16_t effect_kind; /* enum fasti_effect_kind; 0: a refusal */
};
_Static_assert(sizeof(struct fasti_request_answer) == 32, "no padding");

struct fasti_request_entry {
    struct fasti_request request;
    struct fasti_request_answer answer; /* unless it is PENDING */
    uint64_t waiters;                   /* a bit a worker that was told PENDING */
};
_Static_assert(sizeof(struct fasti_request_entry) == FASTI_CACHE_LINE_BYTES, "one cache line");

struct fasti_request_bucket {
    int64_t horizon_ms; /* 0: no effect was dropped yet */
    uint64_t words[FASTI_REQUEST_WAYS];
};

struct fasti_request_lock {
    _Alignas(FASTI_CACHE_LINE_BYTES) pthread_mutex_t mutex;
};

struct fasti_requests {
    uint32_t bucket_count, lock_count;    /* powers of two */
    struct fasti_request_lock *locks;     /* bucket b is behind lock b % lock_count */
    struct fasti_request_bucket *buckets; /* behind their locks, as are their entries */
    struct fasti_request_entry *entries;  /* FASTI_REQUEST_WAYS a bucket */
};

/* The place of a PENDING entry: its owner's, from NEW until finish, refuse or forget. */
typedef struct {
    uint32_t v;
} fasti_request_slot;

enum fasti_request_result {
    FASTI_REQUEST_NEW = 1,      /* the caller's to decide: *slot is set */
    FASTI_REQUEST_PENDING = 2,  /* somebody decides it, or its answer is not durable yet */
    FASTI_REQUEST_DONE = 3,     /* decided before: *answer is set, an effect's or a refusal's */
    FASTI_REQUEST_MISMATCH = 4, /* the id was used for another body */
    FASTI_REQUEST_STALE = 5,    /* too old to know whether it was used */
    FASTI_REQUEST_AHEAD = 6,    /* further ahead than FASTI_REQUESTS_AHEAD_MS: a wrong clock */
    FASTI_REQUEST_FULL = 7,     /* no place: too many are PENDING; BUSY */
};

/* entries_max: a power of two, FASTI_REQUEST_WAYS to FASTI_REQUESTS_MAX. false: no memory, and
 * nothing to deinit. */
FASTI_MUST_USE bool fasti_requests_init(struct fasti_requests *requests, uint32_t entries_max);

/* Touches all memory of a new table: nobody waits for a page later, and a server's is in huge pages
 * where the system has them, since each id is looked for at a place of its own. */
void fasti_requests_prefault(struct fasti_requests *requests);

/* A zeroed one may be deinited too. */
void fasti_requests_deinit(struct fasti_requests *requests);

/* Asks for memory of what begin with this key will touch: at level 0 the lock and the bucket, at
 * level 1, which takes the lock, the way that a new request would get. First level 0 for many keys,
 * then level 1. Any id will do; nothing is decided. */
void fasti_requests_prefetch(struct fasti_requests *requests, fasti_request_id id,
                             fasti_organization_id organization, int64_t now_ms, uint32_t level);

/* Asks for the right to decide a command; before anything of it is claimed.
 *
 * worker, 0 to FASTI_WORKERS_MAX - 1: who asks. now_ms: fasti_state_now_ms. *slot is set when NEW,
 * *answer when DONE.
 *
 * NEW: exactly one caller of all that ask with this key is told so; it ends with one of finish,
 * refuse and forget, or the id stays PENDING for ever (that is right for an engine that is dead and
 * answers UNKNOWN). PENDING: the command is put aside, nobody blocks; the worker is noted, will be
 * in the set that the owner's last call returns, and then asks again, which may be NEW if the owner
 * forgot. Asking earlier is harmless. MISMATCH, STALE, AHEAD, FULL: nothing was changed. */
FASTI_MUST_USE enum fasti_request_result fasti_requests_begin(struct fasti_requests *requests,
                                                              const struct fasti_request *request,
                                                              uint32_t worker, int64_t now_ms,
                                                              struct fasti_request_answer *answer,
                                                              fasti_request_slot *slot);

/* The command's effect is durable: answer may be told from now on, again and again. Returns the
 * workers (a bit each, the owner's too if it asked) that wait: wake them, in any order. */
FASTI_MUST_USE uint64_t fasti_requests_finish(struct fasti_requests *requests,
                                              fasti_request_slot slot,
                                              const struct fasti_request_answer *answer);

/* The command was refused, and what the refusal rests on is durable: remembered until its place is
 * needed, at most until a restart. Returns as finish. */
FASTI_MUST_USE uint64_t fasti_requests_refuse(struct fasti_requests *requests,
                                              fasti_request_slot slot,
                                              const struct fasti_request_answer *answer);

/* The command ended with a status (BUSY, no memory ...): nothing was decided, nothing pushed, and
 * the id is as if it had never come: NEW to the next who asks, or STALE if the horizon has passed
 * it meanwhile. Returns as finish. */
FASTI_MUST_USE uint64_t fasti_requests_forget(struct fasti_requests *requests,
                                              fasti_request_slot slot);

/* Replay: the log has an effect with this request. The request may be anything that a log can hold:
 * an id without a time is passed over, and of two effects with one id the first counts. By one
 * thread, before any begin. */
void fasti_requests_restore(struct fasti_requests *requests, const struct fasti_request *request,
                            const struct fasti_request_answer *answer);

/* ---- for snapshots ---- */

/* What one bucket remembers. */
struct fasti_requests_view {
    int64_t horizon_ms;
    uint32_t count; /* effects that were finished or restored */
    struct fasti_request requests[FASTI_REQUEST_WAYS];
    struct fasti_request_answer answers[FASTI_REQUEST_WAYS];
    uint64_t pending[FASTI_REQUEST_WAYS]; /* by way: a mark of what is PENDING there; 0: nothing */
};

/* bucket below requests->bucket_count. Any thread. */
void fasti_requests_look(struct fasti_requests *requests, uint32_t bucket,
                         struct fasti_requests_view *view);

/* Before any begin: what a snapshot says of a bucket, of a table with so many. Where that is
 * another number than here, the horizon is raised everywhere: what may have been dropped is STALE.
 */
void fasti_requests_restore_horizon(struct fasti_requests *requests, uint32_t bucket,
                                    uint32_t bucket_count, int64_t horizon_ms);

#endif
