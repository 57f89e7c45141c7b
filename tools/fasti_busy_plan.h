/*
 * fasti_busy_plan.h - what must change so that the blocks of one source are just the busy times.
 *
 *   wanted    |=========K1=========|     |====K2====|       merged, ticks, one key each
 *   taken            |visit|                                of others: stays, is blocked around
 *   own       |-K1--|            |-K3------|                blocks of the source that are there
 *             keep         add   replace    add             an own block inside its key is kept
 *
 * Only ADD, REPLACE and REMOVE change anything, and what is wanted now and was blocked before is
 * never free in between: ADDs that touch nothing come first; then each own block that reaches into
 * what is wanted is REPLACEd by that, in one step; what is left is REMOVEd last. One case has no
 * such step: a busy time that becomes two. The second half is added right after the first.
 * Pure functions on arrays, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_BUSY_PLAN_H
#define FASTI_TOOLS_FASTI_BUSY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One busy time: half-open, on whole ticks of the schedule. */
struct fasti_busy_time {
    int64_t start_utc_s, end_utc_s;
    uint64_t key;  /* fasti_busy_key of where it comes from; 0: none */
    uint32_t line; /* where it stands in its file, for messages */
};

/* A block of the source that is there. */
struct fasti_busy_block {
    int64_t start_utc_s, end_utc_s;
    uint64_t key, record;
};

struct fasti_busy_span {
    int64_t start_utc_s, end_utc_s;
};

enum fasti_busy_step_kind { FASTI_BUSY_ADD, FASTI_BUSY_REPLACE, FASTI_BUSY_REMOVE };

struct fasti_busy_step {
    enum fasti_busy_step_kind kind;
    uint64_t record; /* REPLACE, REMOVE */
    struct fasti_busy_time time;
};

/* A growing array of times; times NULL and count 0 is empty. free() its times. */
struct fasti_busy_times {
    struct fasti_busy_time *times;
    size_t count, room;
};

/* false: no memory. */
bool fasti_busy_times_add(struct fasti_busy_times *to, const struct fasti_busy_time *time);

/* A key for a text such as an event's id, never 0 (FNV-1a); key 0 begins, another one goes on. */
uint64_t fasti_busy_key(uint64_t key, const void *bytes, size_t size);

/* Sorts the times and merges what overlaps or adjoins; the key of what was merged stands for all of
 * their keys, in whatever order they came. Returns how many are left. */
size_t fasti_busy_merge(struct fasti_busy_time *times, size_t count);

/* Is the block inside a wanted time of its key? wanted: as merge leaves it. */
bool fasti_busy_is_kept(const struct fasti_busy_block *block, const struct fasti_busy_time *wanted,
                        size_t wanted_count);

/* Adds to *missing, in order, what of the wanted times no block that is kept and none of `taken`
 * covers, from from_utc_s on. blocks and taken rise by start. false: no memory. */
bool fasti_busy_missing(const struct fasti_busy_time *wanted, size_t wanted_count,
                        const struct fasti_busy_block *blocks, size_t block_count,
                        const struct fasti_busy_span *taken, size_t taken_count, int64_t from_utc_s,
                        struct fasti_busy_times *missing);

/* The steps that block what is missing and end the blocks that are not kept, in the order in which
 * they are to be done. missing and blocks rise by start. steps has room for missing_count + 2 x
 * block_count; returns how many there are. */
size_t fasti_busy_steps(const struct fasti_busy_time *wanted, size_t wanted_count,
                        const struct fasti_busy_time *missing, size_t missing_count,
                        const struct fasti_busy_block *blocks, size_t block_count,
                        struct fasti_busy_step *steps);

#endif
