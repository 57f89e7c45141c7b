/*
 * fasti_busy_plan.c - merging busy times, and the steps from blocks to them; see fasti_busy_plan.h.
 */
#include "tools/fasti_busy_plan.h"

#include <stdlib.h>
#include <string.h>

bool fasti_busy_times_add(struct fasti_busy_times *to, const struct fasti_busy_time *time) {
    if (to->count == to->room) {
        const size_t room = to->room == 0 ? 64 : 2 * to->room;
        struct fasti_busy_time *moved = realloc(to->times, room * sizeof *moved);
        if (moved == NULL)
            return false;
        to->times = moved;
        to->room = room;
    }
    to->times[to->count++] = *time;
    return true;
}

uint64_t fasti_busy_key(uint64_t key, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t hash = key == 0 ? UINT64_C(0xcbf29ce484222325) : key;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash == 0 ? 1 : hash;
}

/* ---- merging ---- */

static int compare_times(const void *left, const void *right) {
    const struct fasti_busy_time *a = left, *b = right;
    if (a->start_utc_s != b->start_utc_s)
        return a->start_utc_s < b->start_utc_s ? -1 : 1;
    if (a->end_utc_s != b->end_utc_s)
        return a->end_utc_s < b->end_utc_s ? -1 : 1;
    return a->key == b->key ? 0 : a->key < b->key ? -1 : 1;
}

static int compare_keys(const void *left, const void *right) {
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a == b ? 0 : a < b ? -1 : 1;
}

/* The key of times that are merged: that of one, or of all the different ones of them. */
static uint64_t key_of(const struct fasti_busy_time *times, size_t count) {
    uint64_t key = 0;
    bool is_one = true;
    for (size_t i = 0; i < count; i++) {
        is_one = is_one && (times[i].key == 0 || key == 0 || times[i].key == key);
        key = key == 0 ? times[i].key : key;
    }
    uint64_t *keys = is_one ? NULL : malloc(count * sizeof *keys);
    if (keys == NULL)
        return key; /* without memory the block is one of a part: the next import changes it */
    for (size_t i = 0; i < count; i++)
        keys[i] = times[i].key;
    qsort(keys, count, sizeof *keys, compare_keys);
    key = 0;
    for (size_t i = 0; i < count; i++)
        if (keys[i] != 0 && (i == 0 || keys[i] != keys[i - 1]))
            key = fasti_busy_key(key, &keys[i], sizeof keys[i]);
    free(keys);
    return key;
}

size_t fasti_busy_merge(struct fasti_busy_time *times, size_t count) {
    size_t merged = 0;
    if (count > 0)
        qsort(times, count, sizeof *times, compare_times);
    for (size_t first = 0, end; first < count; first = end) {
        struct fasti_busy_time one = times[first];
        for (end = first + 1; end < count && times[end].start_utc_s <= one.end_utc_s; end++)
            if (times[end].end_utc_s > one.end_utc_s)
                one.end_utc_s = times[end].end_utc_s;
        one.key = key_of(times + first, end - first);
        times[merged++] = one;
    }
    return merged;
}

/* ---- what is missing ---- */

bool fasti_busy_is_kept(const struct fasti_busy_block *block, const struct fasti_busy_time *wanted,
                        size_t wanted_count) {
    size_t low = 0, high = wanted_count; /* the last one that starts no later than the block */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (wanted[middle].start_utc_s <= block->start_utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && wanted[low - 1].end_utc_s >= block->end_utc_s &&
           wanted[low - 1].key == block->key;
}

/* The next span that covers something, of both lists; false: there are no more. */
struct covers {
    const struct fasti_busy_time *wanted;
    const struct fasti_busy_block *blocks;
    const struct fasti_busy_span *taken;
    size_t wanted_count, block_count, taken_count, block, span;
};

static bool next_cover(struct covers *covers, struct fasti_busy_span *cover) {
    while (
        covers->block < covers->block_count &&
        !fasti_busy_is_kept(&covers->blocks[covers->block], covers->wanted, covers->wanted_count))
        covers->block++;
    const bool has_block = covers->block < covers->block_count;
    const bool has_span = covers->span < covers->taken_count;
    if (has_block && (!has_span || covers->blocks[covers->block].start_utc_s <
                                       covers->taken[covers->span].start_utc_s)) {
        const struct fasti_busy_block *block = &covers->blocks[covers->block++];
        *cover = (struct fasti_busy_span){block->start_utc_s, block->end_utc_s};
        return true;
    }
    if (has_span)
        *cover = covers->taken[covers->span++];
    return has_span;
}

bool fasti_busy_missing(const struct fasti_busy_time *wanted, size_t wanted_count,
                        const struct fasti_busy_block *blocks, size_t block_count,
                        const struct fasti_busy_span *taken, size_t taken_count, int64_t from_utc_s,
                        struct fasti_busy_times *missing) {
    struct covers covers = {wanted, blocks, taken, wanted_count, block_count, taken_count, 0, 0};
    struct fasti_busy_span cover;
    bool has_cover = next_cover(&covers, &cover);
    int64_t at_s = from_utc_s; /* what lies before is looked at */
    for (size_t w = 0; w < wanted_count; w++) {
        struct fasti_busy_time piece = wanted[w];
        if (at_s < piece.start_utc_s)
            at_s = piece.start_utc_s;
        while (at_s < wanted[w].end_utc_s) {
            while (has_cover && cover.end_utc_s <= at_s)
                has_cover = next_cover(&covers, &cover);
            if (has_cover && cover.start_utc_s <= at_s) {
                at_s = cover.end_utc_s;
                continue;
            }
            piece.start_utc_s = at_s;
            piece.end_utc_s = has_cover && cover.start_utc_s < wanted[w].end_utc_s
                                  ? cover.start_utc_s
                                  : wanted[w].end_utc_s;
            if (!fasti_busy_times_add(missing, &piece))
                return false;
            at_s = piece.end_utc_s;
        }
    }
    return true;
}

/* ---- steps ---- */

struct stepping {
    const struct fasti_busy_time *wanted, *missing;
    const struct fasti_busy_block *blocks;
    size_t wanted_count, missing_count, block_count;
    struct fasti_busy_step *steps;
    size_t count;
};

static void step_add(struct stepping *s, enum fasti_busy_step_kind kind, uint64_t record,
                     const struct fasti_busy_time *time) {
    s->steps[s->count++] = (struct fasti_busy_step){.kind = kind, .record = record, .time = *time};
}

/* What is missing and touches no block that must go. */
static void add_free(struct stepping *s) {
    size_t b = 0;
    for (size_t m = 0; m < s->missing_count; m++) {
        while (b < s->block_count &&
               (s->blocks[b].end_utc_s <= s->missing[m].start_utc_s ||
                fasti_busy_is_kept(&s->blocks[b], s->wanted, s->wanted_count)))
            b++;
        if (b == s->block_count || s->blocks[b].start_utc_s >= s->missing[m].end_utc_s)
            step_add(s, FASTI_BUSY_ADD, 0, &s->missing[m]);
    }
}

/* The block becomes what is missing of its time; a piece that reaches into the next block that must
 * go ends there, and goes on with that one. *m: the first piece that ends after the block's start,
 * at_s: from where on it was not used. */
static void replace(struct stepping *s, size_t b, int64_t next_utc_s, size_t *m, int64_t *at_s) {
    const struct fasti_busy_block *block = &s->blocks[b];
    bool is_used = false;
    for (; *m < s->missing_count; (*m)++) {
        struct fasti_busy_time piece = s->missing[*m];
        if (piece.end_utc_s <= block->start_utc_s)
            continue; /* add_free had it */
        if (piece.start_utc_s >= block->end_utc_s)
            break;
        if (piece.start_utc_s < *at_s)
            piece.start_utc_s = *at_s;
        const bool is_cut = piece.end_utc_s > next_utc_s;
        if (is_cut)
            piece.end_utc_s = next_utc_s;
        step_add(s, is_used ? FASTI_BUSY_ADD : FASTI_BUSY_REPLACE, is_used ? 0 : block->record,
                 &piece);
        is_used = true;
        *at_s = piece.end_utc_s;
        if (is_cut)
            break;
    }
}

/* The next block from b on that is not kept. */
static size_t next_gone(const struct stepping *s, size_t b) {
    while (b < s->block_count && fasti_busy_is_kept(&s->blocks[b], s->wanted, s->wanted_count))
        b++;
    return b;
}

size_t fasti_busy_steps(const struct fasti_busy_time *wanted, size_t wanted_count,
                        const struct fasti_busy_time *missing, size_t missing_count,
                        const struct fasti_busy_block *blocks, size_t block_count,
                        struct fasti_busy_step *steps) {
    struct stepping s = {wanted,        missing,     blocks, wanted_count,
                         missing_count, block_count, steps,  0};
    struct fasti_busy_step *const end = steps + missing_count + 2 * block_count;
    struct fasti_busy_step *removes = end; /* written downwards, for they come last */
    size_t m = 0;
    int64_t at_s = INT64_MIN;
    add_free(&s);
    for (size_t b = next_gone(&s, 0), next; b < block_count; b = next) {
        const size_t before = s.count;
        next = next_gone(&s, b + 1);
        replace(&s, b, next < block_count ? blocks[next].start_utc_s : INT64_MAX, &m, &at_s);
        if (s.count == before)
            *--removes = (struct fasti_busy_step){
                .kind = FASTI_BUSY_REMOVE,
                .record = blocks[b].record,
                .time = {blocks[b].start_utc_s, blocks[b].end_utc_s, blocks[b].key, 0}};
    }
    memmove(steps + s.count, removes, (size_t)(end - removes) * sizeof *steps);
    return s.count + (size_t)(end - removes);
}
