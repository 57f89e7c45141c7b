/*
 * days.h - the cells of one schedule: a three-level tree over 200 years of dates.
 *
 *   top (36 entries, in the schedule) -> mid (64) -> chunk of 32 days
 *
 * Levels are made when first needed, by whoever needs them, with one compare-and-swap; a loser
 * frees its copy. They are never freed while the engine lives. A chunk holds for each day:
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

struct fasti_days {
    _Atomic uint32_t mids[FASTI_TOP_MIDS];
};

/* One day's place in its chunk; chunk NULL: the day was never touched. */
struct fasti_day_ref {
    struct fasti_day_chunk *chunk;
    uint32_t at;
};

/* date must be bookable. find never makes anything; get makes the chunk, chunk NULL: no memory.
 * Loads and stores of links are seq_cst: an editor publishes its configuration and then looks for
 * chunks, a claimer makes its chunk and then loads the configuration; one of them sees the other.
 */
struct fasti_day_ref fasti_days_find(struct fasti_arena *arena, struct fasti_days *days,
                                     fasti_date date);
struct fasti_day_ref fasti_days_get(struct fasti_arena_local *local, struct fasti_days *days,
                                    fasti_date date);

/* For walks: first day of the first chunk that exists and ends after date (so it may begin before
 * date); false if there is none. date: FASTI_DATE_FIRST or later. */
bool fasti_days_next_chunk(struct fasti_arena *arena, struct fasti_days *days, fasti_date date,
                           fasti_date *chunk_first);

#endif
