/*
 * state.h - everything that workers share, what each worker owns, and a command on its way.
 *
 *   worker: decide --claim--> pending (effect) --push--> state.effects (newest first)
 *   committer: take all -> number -> batch -> durable --> owner's `done` list --> answer
 *
 * A pending is one command that waits: for its own effect to become durable, or (a refusal, a
 * look at a record) for the version that it rests on. It belongs to the worker that made it; the
 * committer only moves it from list to list.
 * Threading: each field says who may touch it; nothing here is thread-local or global.
 */
#ifndef FASTI_BOOKING_STATE_H
#define FASTI_BOOKING_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/epoch.h"
#include "engine/booking/command.h"
#include "engine/booking/effect.h"
#include "engine/booking/import.h"
#include "engine/booking/record.h"
#include "engine/booking/requests.h"
#include "engine/calendar/pattern.h"
#include "engine/directory/directory.h"
#include "engine/rules/rule.h"
#include "engine/rules/summary.h"

#define FASTI_PENDING_CELLS 2 /* in the pending itself; more of them in the arena */

/* A cell of a pending's effect, with the places that the committer keeps for it. Of a pending that
 * waits: what it rests on, *durable >= from_version (emitted is not used). */
struct fasti_pending_cell {
    uint32_t *emitted;
    _Atomic uint32_t *durable;
    uint32_t from_version;
    uint32_t schedule; /* of a day that a claim changes; 0: of something else */
    int32_t date;
    struct fasti_summary summary; /* of the day then, for search */
};

enum fasti_pending_kind {
    FASTI_PENDING_EFFECT = 1, /* waits for its own effect */
    FASTI_PENDING_WAIT = 2,   /* waits until all its cells are durable */
    FASTI_PENDING_LIST = 3,   /* the same, then the list is made again */
    FASTI_PENDING_SHOW = 4,   /* the same, then the record is looked at again */
    FASTI_PENDING_EXPORT = 5, /* the same, then the page is made again */
};

struct fasti_draft;
struct fasti_catchup;

struct fasti_pending {
    struct fasti_pending *next;
    enum fasti_pending_kind kind;
    uint16_t worker;
    bool is_answered; /* false: an effect of the engine's own, nobody waits */
    bool is_heap;     /* malloc'ed, not from the pool */
    uint32_t tries;

    /* request: owned from once_begin to once_end */
    bool has_request;
    bool has_rows; /* more than one */
    fasti_request_slot request_slot;
    uint32_t request_hash;

    /* effect */
    uint32_t effect_bytes;
    uint32_t effect_index; /* arena; 0: effect_heap */
    uint8_t *effect_heap;
    enum fasti_effect_kind effect_kind;
    uint32_t cell_count;
    struct fasti_pending_cell *cells; /* cells_own or cells_more */
    struct fasti_pending_cell cells_own[FASTI_PENDING_CELLS];
    struct fasti_pending_cell *cells_more; /* room for cells_room; in the arena at cells_index, or
                                              malloc'ed when that is 0 */
    uint32_t cells_index, cells_room;
    uint32_t config_seen; /* not emitted before this configuration version is */
    struct fasti_hash128 delta;
    int64_t decided_ms;
    int32_t appointments; /* what it adds to the count of booked appointments */
    uint64_t number;      /* of effects, in the order in which the committer took them */
    uint64_t edit_epoch;  /* not answered before the epoch's counter is there; 0: it is no edit */
    uint64_t edit_pushed; /* nor before so many effects are durable; 0: not known yet */

    fasti_organization_id organization;
    union {
        struct fasti_list_query list;
        fasti_record_id show;
        fasti_record_id export_after;
        struct { /* after a commit: where the count of conflicts stands */
            uint32_t schedule;
            uint64_t record; /* next one of its chain; 0 = the schedule is done */
        } conflicts;
    } query;

    struct fasti_answer answer;
};

/* Shared by all workers. Allocated once; several megabytes of address space. */
struct fasti_state {
    struct fasti_arena arena;
    struct fasti_epoch epoch;
    struct fasti_patterns *patterns;
    struct fasti_directory *directory;
    struct fasti_records records;
    struct fasti_requests requests;
    struct fasti_clock clock;
    struct fasti_catchup *catchup; /* while replay passes what a snapshot holds; else NULL */

    /* Configuration: one writer at a time. */
    pthread_mutex_t config_lock;
    struct fasti_imports imports;               /* under config_lock */
    struct fasti_put_scratch *put_scratch;      /* under config_lock */
    struct fasti_put_scratch *schedule_scratch; /* under config_lock: a staged schedule that is
                                                   looked at beside another staged put */
    struct fasti_put_scratch *openings_scratch; /* under config_lock: staged openings before others
                                                   of the same schedule */
    _Atomic uint32_t config_version;            /* raised before anything new becomes visible */
    _Atomic uint32_t config_durable;
    uint32_t config_emitted; /* committer */

    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic(struct fasti_pending *) effects; /* newest first */
    _Atomic uint64_t pushed;
    _Atomic uint64_t settled;    /* the first so many of them are durable */
    _Atomic uint64_t edit_epoch; /* of the edit that was published last (fasti_pending) */
    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic int64_t logged_ms; /* floor of decision times */
    _Atomic uint64_t lsn_durable;
    _Atomic uint64_t appointments;
    _Atomic bool is_dead;
    _Atomic bool is_disk_low;  /* what takes room is refused */
    _Atomic bool is_disk_full; /* the reserve is used up: all that writes is refused */
};

/* When holds may expire: a binary heap, the soonest first. */
struct fasti_hold_timer {
    int64_t expires_ms;
    uint64_t record;
};
struct fasti_hold_timers {
    struct fasti_hold_timer *heap; /* FASTI_WORKER_HOLDS_MAX */
    uint32_t count, cursor;
};

/* One worker's own things. */
struct fasti_booking {
    struct fasti_state *state;
    uint16_t worker;
    struct fasti_arena_local arena;
    struct fasti_limbo limbo;
    struct fasti_rules_scratch scratch;

    struct fasti_pending
        *pool; /* FASTI_WORKER_PENDING_MAX; those from pool_used on were never taken */
    uint32_t pool_used;
    struct fasti_pending *free;
    uint32_t pending_count;
    struct fasti_pending *waiting;  /* WAIT, LIST, SHOW */
    _Atomic uint32_t waiting_count; /* > 0: the committer wakes this worker after each batch */
    _Atomic uint32_t waits_looked;  /* how often `waiting` was looked through */
    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic(struct fasti_pending *) done; /* newest first */
    struct fasti_draft *draft; /* the claim that is being made */
    struct fasti_hold_timers timers;
    struct fasti_token token; /* for the next HOLD: random, the engine's */
    uint64_t spare_record; /* numbers that a lost claim gave back, spare_count from this one on */
    uint32_t spare_count;

    struct { /* the LOAD that is being decided */
        uint32_t count;
        uint64_t known; /* bit i: records[i] is there already */
        const struct fasti_record *records[FASTI_ITEMS_MAX];
        const struct fasti_record *current; /* whose time is being taken */
        bool has_numbers; /* those of all that are not there yet are this load's */
    } load;

    uint64_t *exported; /* FASTI_EXPORT_BYTES_MAX */
    struct fasti_list_answer list;
    struct fasti_describe_answer describe;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    struct fasti_item_view items[FASTI_ITEMS_MAX];
};

/* max(clock, what the log has seen): decision times never go back. */
static inline int64_t fasti_state_now_ms(struct fasti_state *state) {
    const int64_t now_ms = fasti_clock_now_ms(&state->clock);
    const int64_t floor_ms = fasti_load_relaxed(&state->logged_ms);
    return now_ms > floor_ms ? now_ms : floor_ms;
}

/* A free pending, its answer emptied; NULL: the pool is used up (BUSY). */
struct fasti_pending *fasti_pending_take(struct fasti_booking *booking);
/* The same from the heap, for the engine's own effects; NULL: no memory. */
struct fasti_pending *fasti_pending_make(struct fasti_booking *booking);
/* Gives a pending and its effect's bytes back; the owner only. */
void fasti_pending_give(struct fasti_booking *booking, struct fasti_pending *pending);

/* Hands an encoded effect to the committer. */
void fasti_effects_push(struct fasti_state *state, struct fasti_pending *pending);

/* Takes all that was pushed, oldest first; NULL = nothing. The committer only. */
struct fasti_pending *fasti_effects_take(struct fasti_state *state);

/* Puts a finished pending on its owner's done list; any worker. */
void fasti_done_push(struct fasti_booking *owner, struct fasti_pending *pending);
/* All done ones, oldest first; the owner only. */
struct fasti_pending *fasti_done_take(struct fasti_booking *owner);

/* Room for so many cells at pending->cells, for an effect or a wait. false: no memory. */
bool fasti_pending_cells_make(struct fasti_booking *booking, struct fasti_pending *pending,
                              uint32_t count);

/* Are all cells that the pending rests on durable? */
bool fasti_wait_is_over(const struct fasti_pending *pending);
/* The same; if not, it joins the worker's waiting list. */
bool fasti_wait_begin(struct fasti_booking *booking, struct fasti_pending *pending);
/* Rests on one cell (durable NULL: on nothing). */
bool fasti_wait_for_one(struct fasti_booking *booking, struct fasti_pending *pending,
                        _Atomic uint32_t *durable, uint32_t version);

FASTI_MUST_USE enum fasti_status fasti_state_init(struct fasti_state *state, uint32_t worker_count,
                                                  uint64_t memory_bytes_max,
                                                  struct fasti_clock clock);
void fasti_state_deinit(struct fasti_state *state);
FASTI_MUST_USE enum fasti_status fasti_booking_init(struct fasti_booking *booking,
                                                    struct fasti_state *state, uint32_t worker);
/* Every page of the commands that may be under way is there, before any is. */
void fasti_booking_prefault(struct fasti_booking *booking);
void fasti_booking_deinit(struct fasti_booking *booking);

/* Takes memory for what the next requests may add, half a chunk ahead, so that they need not. */
void fasti_booking_prepare(struct fasti_booking *booking);

#endif
