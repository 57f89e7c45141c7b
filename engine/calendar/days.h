/*
 * days.h - the cells of one schedule: a three-level tree over 200 years of dates.
 *
 *   top (36 entries, in the schedule) -> mid (64) -> chunk of 32 days
 *
 * Levels are made when first needed, by whoever needs them, with one compare-and-swap; a loser
 * frees its copy. A chunk all of whose days are long past retires (booking/retire.h): its link says
 * so for ever, and nobody makes another. A chunk holds for each day:
 *   cells      the versioned reference that claims swap
 *   patterns   the compiled opening pattern; 0 = not compiled (compute it on the side)
 *   emitted    last version that the committer gave an LSN to (committer only)
 *   durable    last version that is on disk; what an answer may rest on
 */
#ifndef FASTI_CALENDAR_DAYS_H
#define FASTI_CALENDAR_DAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/atomics.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"

struct fasti_day_chunk {
    _Atomic uint64_t cells[FASTI_CHUNK_DAYS];
    _Atomic uint32_t patterns[FASTI_CHUNK_DAYS];
    _Atomic uint32_t durable[FASTI_CHUNK_DAYS];
    uint32_t emitted[FASTI_CHUNK_DAYS];
};

struct fasti_day_mid {
    _Atomic uint32_t chunks[FASTI_MID_CHUNKS];
};

/* The retirements of a tree since the start, counted as the versions of a cell: the log holds them
 * in their order, though what an older chunk still waits for may be long in coming. */
struct fasti_days_retirements {
    _Atomic uint32_t pushed; /* who retires, one at a time; seq_cst: before the link is closed */
    uint32_t emitted;        /* committer only */
    _Atomic uint32_t durable;
};

struct fasti_days {
    _Atomic uint32_t mids[FASTI_TOP_MIDS];
    _Atomic int32_t retired_end; /* days before this date retired; 0: none did. Only grows */
    struct fasti_days_retirements retirements;
};

/* One day's place in its chunk; chunk NULL: the day was never touched, or it retired. */
struct fasti_day_ref {
    struct fasti_day_chunk *chunk;
    uint32_t at;
    bool is_retired;
};

/* First day of the chunk that a date lies in. */
static inline fasti_date fasti_days_chunk_of(fasti_date date) {
    return (fasti_date){date.v - (date.v - FASTI_DATE_FIRST) % FASTI_CHUNK_DAYS};
}

/* date must be bookable. find never makes anything; get makes the chunk, chunk NULL: no memory, or
 * it retired.
 * Loads and stores of links are seq_cst: an editor publishes its configuration and then looks for
 * chunks, a claimer makes its chunk and then loads the configuration; one of them sees the other.
 */
struct fasti_day_ref fasti_days_find(struct fasti_arena *arena, struct fasti_days *days,
                                     fasti_date date);
struct fasti_day_ref fasti_days_get(struct fasti_arena_local *local, struct fasti_days *days,
                                    fasti_date date);

/* Asks the processor for what find and who looks at the day then read, a level a call, so that the
 * levels of many days are on their way at once: 0 the link to the mid, 1 the one to the chunk, 2
 * the day's cell and pattern, 3 its page. Changes nothing; reads what is there by then. */
#define FASTI_DAYS_LEVELS 4
void fasti_days_prefetch(struct fasti_arena *arena, struct fasti_days *days, fasti_date date,
                         uint32_t level);

/* For walks: the first chunk that exists and ends after date (so *chunk_first, its first day, may
 * be before date); NULL if there is none. date: FASTI_DATE_FIRST or later. It may retire meanwhile,
 * and find knows it no more; it is memory until the caller's next quiescent point. */
struct fasti_day_chunk *fasti_days_next_chunk(struct fasti_arena *arena, struct fasti_days *days,
                                              fasti_date date, fasti_date *chunk_first);

/* Did the day retire? */
static inline bool fasti_days_is_retired(const struct fasti_days *days, fasti_date date) {
    return date.v < fasti_load_seq_cst(&days->retired_end);
}

/* Retires the chunks from retired_end to end (the first day of a chunk) that were never made, so
 * that nobody makes them. false: one of them is there, or no memory; nothing is lost by calling
 * again. One caller at a time. */
bool fasti_days_close(struct fasti_arena_local *local, struct fasti_days *days, fasti_date end);

/* Retires the chunk that begins on a date and is there, whose cells take no claim any more; all
 * before it retired. Returns its arena index, the caller's to free when nobody can hold it. */
uint32_t fasti_days_retire(struct fasti_arena *arena, struct fasti_days *days, fasti_date first);

#endif
