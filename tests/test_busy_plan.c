/*
 * test_busy_plan.c - the steps that make the blocks of a source equal to busy times, against
 * minutes.
 *
 *   model      a cell a minute: free, taken by others, or of which block
 *   each step  takes only what is free or its own; what is wanted and was blocked is never free
 *              between two steps, but for the second half of a time that becomes two
 *   at last    exactly what is wanted and not taken is blocked, and planning again changes nothing
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/seed.h"
#include "tools/fasti_busy_plan.h"

#define MINUTES   96
#define TAKEN     UINT32_MAX
#define TIMES_MAX 16

struct model {
    struct fasti_prng prng;
    uint32_t cells[MINUTES]; /* 0 free, TAKEN, or record */
    uint64_t keys[4096];     /* of a record */
    uint32_t next_record;
    struct fasti_busy_time wanted[TIMES_MAX];
    size_t wanted_count;
    int64_t from;
};

static uint32_t below(struct model *m, uint32_t count) {
    return (uint32_t)fasti_prng_below(&m->prng, count);
}

static void wanted_make(struct model *m) {
    m->wanted_count = below(m, 6);
    for (size_t i = 0; i < m->wanted_count; i++) {
        const int64_t start = below(m, MINUTES - 1);
        m->wanted[i] = (struct fasti_busy_time){
            .start_utc_s = start,
            .end_utc_s = start + 1 + below(m, (uint32_t)(MINUTES - start)) / (1 + below(m, 6)),
            .key = below(m, 4),
        };
        if (m->wanted[i].end_utc_s > MINUTES)
            m->wanted[i].end_utc_s = MINUTES;
    }
    m->wanted_count = fasti_busy_merge(m->wanted, m->wanted_count);
}

static bool is_wanted(const struct model *m, int64_t minute) {
    for (size_t i = 0; i < m->wanted_count; i++)
        if (minute >= m->wanted[i].start_utc_s && minute < m->wanted[i].end_utc_s)
            return true;
    return false;
}

/* The records in order of their times; those that end by `from` are past. */
static size_t blocks_of(const struct model *m, struct fasti_busy_block *blocks) {
    size_t count = 0;
    for (int64_t at = 0; at < MINUTES;) {
        int64_t end = at + 1;
        while (end < MINUTES && m->cells[end] == m->cells[at])
            end++;
        if (m->cells[at] != 0 && m->cells[at] != TAKEN && end > m->from)
            blocks[count++] =
                (struct fasti_busy_block){at, end, m->keys[m->cells[at]], m->cells[at]};
        at = end;
    }
    return count;
}

static size_t taken_of(const struct model *m, struct fasti_busy_span *taken) {
    size_t count = 0;
    for (int64_t at = 0; at < MINUTES; at++)
        if (m->cells[at] == TAKEN)
            taken[count++] = (struct fasti_busy_span){at, at + 1};
    return count;
}

/* Pieces of at most `most` minutes, as blocks have at most so many days. */
static void cut(const struct fasti_busy_times *missing, int64_t most,
                struct fasti_busy_times *pieces) {
    for (size_t i = 0; i < missing->count; i++)
        for (struct fasti_busy_time piece = missing->times[i];
             piece.start_utc_s < missing->times[i].end_utc_s; piece.start_utc_s = piece.end_utc_s) {
            piece.end_utc_s = missing->times[i].end_utc_s;
            if (piece.end_utc_s - piece.start_utc_s > most)
                piece.end_utc_s = piece.start_utc_s + most;
            cr_assert(fasti_busy_times_add(pieces, &piece));
        }
}

static void step_do(struct model *m, const struct fasti_busy_step *step) {
    uint32_t record = 0;
    if (step->kind != FASTI_BUSY_ADD)
        for (int64_t at = 0; at < MINUTES; at++)
            if (m->cells[at] == step->record) {
                m->cells[at] = 0;
                record = m->next_record;
            }
    cr_assert(step->kind == FASTI_BUSY_ADD || record != 0, "a block ends that is not there");
    if (step->kind == FASTI_BUSY_REMOVE)
        return;
    record = m->next_record++;
    m->keys[record] = step->time.key;
    cr_assert_lt(step->time.start_utc_s, step->time.end_utc_s);
    for (int64_t at = step->time.start_utc_s; at < step->time.end_utc_s; at++) {
        cr_assert_eq(m->cells[at], 0, "minute %d is taken", (int)at);
        m->cells[at] = record;
    }
}

/* Plans and does one import; returns how many steps it took. */
static size_t import(struct model *m) {
    struct fasti_busy_block blocks[MINUTES];
    struct fasti_busy_span taken[MINUTES];
    struct fasti_busy_times missing = {NULL, 0, 0}, pieces = {NULL, 0, 0};
    bool was[MINUTES];
    const size_t block_count = blocks_of(m, blocks), taken_count = taken_of(m, taken);
    for (int64_t at = 0; at < MINUTES; at++)
        was[at] = at >= m->from && is_wanted(m, at) && m->cells[at] != 0;
    cr_assert(fasti_busy_missing(m->wanted, m->wanted_count, blocks, block_count, taken,
                                 taken_count, m->from, &missing));
    cut(&missing, 1 + below(m, 40), &pieces);
    struct fasti_busy_step *steps = calloc(pieces.count + 2 * block_count + 1, sizeof *steps);
    const size_t count = fasti_busy_steps(m->wanted, m->wanted_count, pieces.times, pieces.count,
                                          blocks, block_count, steps);
    cr_assert_leq(count, pieces.count + 2 * block_count);
    for (size_t i = 0; i < count; i++) {
        step_do(m, &steps[i]);
        if (i + 1 < count && steps[i + 1].kind == FASTI_BUSY_ADD)
            continue;
        for (int64_t at = 0; at < MINUTES; at++)
            cr_assert(!was[at] || m->cells[at] != 0, "minute %d is free in between", (int)at);
    }
    free(steps);
    free(missing.times);
    free(pieces.times);
    return count;
}

static void compare(const struct model *m) {
    for (int64_t at = m->from; at < MINUTES; at++) {
        const bool is_blocked = m->cells[at] != 0 && m->cells[at] != TAKEN;
        cr_assert_eq(is_blocked, is_wanted(m, at) && m->cells[at] != TAKEN, "minute %d", (int)at);
    }
}

/* Somebody books what is free, somebody cancels. */
static void others(struct model *m) {
    for (int i = 0; i < 3; i++) {
        const uint32_t start = below(m, MINUTES - 4), length = 1 + below(m, 4);
        bool is_free = true;
        for (uint32_t at = start; at < start + length; at++)
            is_free = is_free && m->cells[at] == 0;
        for (uint32_t at = start; at < start + length; at++)
            if (is_free || (m->cells[at] == TAKEN && below(m, 3) == 0))
                m->cells[at] = is_free ? TAKEN : 0;
    }
}

Test(busy_plan, random_imports_beside_others) {
    struct model m = {.prng = fasti_test_prng("busy_plan")};
    for (int round = 0; round < 4000; round++) {
        memset(m.cells, 0, sizeof m.cells);
        m.next_record = 1;
        m.from = 0;
        for (int i = 0; i < 6; i++) {
            others(&m);
            wanted_make(&m);
            if (below(&m, 3) == 0)
                m.from += below(&m, 20);
            if (m.from >= MINUTES)
                break;
            import(&m);
            compare(&m);
            cr_assert_eq(import(&m), 0, "an import that changed nothing since changes something");
        }
    }
}

/* ---- merging ---- */

Test(busy_plan, times_are_merged_and_their_keys_with_them) {
    struct fasti_busy_time times[] = {
        {30, 40, 3, 4}, {10, 20, 1, 1}, {15, 25, 2, 2},
        {25, 28, 1, 3}, {50, 60, 0, 5}, {55, 58, 7, 6},
    };
    cr_assert_eq(fasti_busy_merge(times, 6), 3);
    cr_assert(times[0].start_utc_s == 10 && times[0].end_utc_s == 28);
    cr_assert(times[1].start_utc_s == 30 && times[1].key == 3 && times[1].line == 4);
    cr_assert_eq(times[2].key, 7, "a time without a key takes that of the other");
    const uint64_t key = times[0].key;
    cr_assert(key != 0 && key != 1 && key != 2);
    struct fasti_busy_time again[] = {{10, 28, 2, 1}, {11, 12, 1, 2}, {13, 14, 1, 3}};
    cr_assert_eq(fasti_busy_merge(again, 3), 1);
    cr_assert_eq(again[0].key, key, "the keys count, in whatever order and however often");
    cr_assert_eq(fasti_busy_merge(again, 0), 0);
}

Test(busy_plan, keys_of_texts) {
    cr_assert_neq(fasti_busy_key(0, "", 0), 0);
    cr_assert_eq(fasti_busy_key(0, "ab", 2), fasti_busy_key(fasti_busy_key(0, "a", 1), "b", 1));
    cr_assert_neq(fasti_busy_key(0, "ab", 2), fasti_busy_key(0, "ba", 2));
}
