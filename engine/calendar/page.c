/*
 * page.c - builds and reads the taken bits of one local day.
 *
 *   page (stored words)     .  .  w3 w4 w5 .  .
 *   spread over the day     0  0  w3 w4 w5 0  0     change applied here, all words at hand
 *   next page               .  .  .  w4 w5 w6 .     only the hull of what is taken is stored
 *
 * A page is private to its builder until a swap publishes it, and is never written after that.
 */
#include "engine/calendar/page.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"

const struct fasti_page fasti_page_empty = {.run_longest = FASTI_PAGE_RUN_MAX};

_Static_assert(sizeof(struct fasti_page) == 8, "the words follow the head without a hole");
_Static_assert(sizeof(struct fasti_page) + FASTI_DAY_WORDS_MAX * sizeof(uint64_t) +
                       FASTI_PAGE_HOLDS_MAX * sizeof(struct fasti_page_hold) <=
                   FASTI_ARENA_SIZE_MAX,
               "a full page fits in the arena");
_Static_assert(FASTI_PAGE_HOLDS_MAX <= UINT8_MAX, "a page counts its holds in a byte");

/* All words of the day; those that the page does not store are 0. */
static void words_spread(const struct fasti_page *page, uint64_t words[FASTI_DAY_WORDS_MAX]) {
    FASTI_ASSERT((uint32_t)page->word_first + page->word_count <= FASTI_DAY_WORDS_MAX);
    memset(words, 0, FASTI_DAY_WORDS_MAX * sizeof words[0]);
    if (page->word_count > 0) /* the empty page has no words to point at */
        memcpy(words + page->word_first, page->words, page->word_count * sizeof words[0]);
}

static void ticks_assert(uint32_t tick, uint32_t count) {
    FASTI_ASSERT(count <= FASTI_TICKS_MAX && tick <= FASTI_TICKS_MAX - count);
}

bool fasti_page_any(const struct fasti_page *page, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    ticks_assert(tick, count);
    for (uint32_t i = tick / 64; i * 64 < end; i++) {
        if ((fasti_page_word(page, i) & fasti_bits_mask(i, tick, end)) != 0)
            return true;
    }
    return false;
}

bool fasti_page_all(const struct fasti_page *page, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    ticks_assert(tick, count);
    for (uint32_t i = tick / 64; i * 64 < end; i++) {
        if ((~fasti_page_word(page, i) & fasti_bits_mask(i, tick, end)) != 0)
            return false;
    }
    return true;
}

/* ---- holds ---- */

static bool is_expired(const struct fasti_page_hold *hold, int64_t now_ms) {
    return hold->expires_ms <= now_ms;
}

static bool overlaps(const struct fasti_page_hold *hold, uint32_t tick, uint32_t count) {
    return hold->tick < tick + count && tick < (uint32_t)hold->tick + hold->count;
}

void fasti_page_expired_clear(const struct fasti_page *page, int64_t now_ms, uint32_t word_first,
                              uint32_t word_count, uint64_t *words) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    for (uint32_t h = 0; h < page->hold_count; h++) {
        const uint32_t tick = holds[h].tick, end = tick + holds[h].count;
        if (!is_expired(&holds[h], now_ms))
            continue;
        for (uint32_t word = tick / 64; word * 64 < end; word++)
            if (word >= word_first && word < word_first + word_count)
                words[word - word_first] &= ~fasti_bits_mask(word, tick, end);
    }
}

bool fasti_page_any_at(const struct fasti_page *page, uint32_t tick, uint32_t count,
                       int64_t now_ms) {
    if (!fasti_page_any(page, tick, count))
        return false;
    if (page->hold_count == 0)
        return true;
    uint64_t words[FASTI_DAY_WORDS_MAX];
    words_spread(page, words);
    fasti_page_expired_clear(page, now_ms, 0, FASTI_DAY_WORDS_MAX, words);
    return fasti_bits_any(words, tick, count);
}

const struct fasti_page_hold *fasti_page_expired(const struct fasti_page *page, uint32_t tick,
                                                 uint32_t count, int64_t now_ms) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    for (uint32_t h = 0; h < page->hold_count; h++)
        if (is_expired(&holds[h], now_ms) && overlaps(&holds[h], tick, count))
            return &holds[h];
    return NULL;
}

/* The record's first hold from place `from` on; only one of just these ticks unless count is 0.
 * hold_count: none. */
static uint32_t hold_find(const struct fasti_page *page, const struct fasti_page_change *change,
                          uint32_t from) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    uint32_t h = from;
    while (h < page->hold_count && (holds[h].record != change->record ||
                                    (change->count != 0 && (holds[h].tick != change->tick ||
                                                            holds[h].count != change->count))))
        h++;
    return h;
}

static bool has_hold(const struct fasti_page *page, const struct fasti_page_change *change) {
    return change->record == 0 || hold_find(page, change, 0) < page->hold_count;
}

bool fasti_page_takes(const struct fasti_page *page, const struct fasti_page_change *change) {
    if ((uint32_t)change->tick + change->count > FASTI_TICKS_MAX)
        return false;
    switch (change->operation) {
    case FASTI_PAGE_TAKE:
        return !fasti_page_any(page, change->tick, change->count) &&
               (change->record == 0 ||
                (change->count > 0 && page->hold_count < FASTI_PAGE_HOLDS_MAX));
    case FASTI_PAGE_RELEASE:
        return change->count > 0 && fasti_page_all(page, change->tick, change->count) &&
               has_hold(page, change);
    case FASTI_PAGE_SETTLE:
    case FASTI_PAGE_EXTEND:
        return change->count == 0 && change->record != 0 && has_hold(page, change);
    }
    return false;
}

/* The next page's holds into `next`; returns how many. */
static uint32_t holds_apply(const struct fasti_page *page, const struct fasti_page_change *change,
                            struct fasti_page_hold next[FASTI_PAGE_HOLDS_MAX]) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    const bool is_taken = change->operation == FASTI_PAGE_TAKE && change->record != 0;
    const struct fasti_page_hold taken = {change->expires_ms, change->record, change->tick,
                                          change->count};
    uint32_t count = 0;
    bool is_placed = !is_taken;
    for (uint32_t h = 0; h < page->hold_count; h++) {
        const bool is_meant = change->record != 0 && !is_taken && hold_find(page, change, h) == h;
        if (!is_placed && holds[h].tick > taken.tick) {
            next[count++] = taken;
            is_placed = true;
        }
        if (is_meant && change->operation != FASTI_PAGE_EXTEND)
            continue;
        next[count] = holds[h];
        if (is_meant)
            next[count].expires_ms = change->expires_ms;
        count++;
    }
    if (!is_placed)
        next[count++] = taken;
    return count;
}

/* ---- building ---- */

/* Writes words and holds into a new page that stores the words' hull; *index 0 when all are 0. */
static bool page_build(struct fasti_arena_local *arena, const uint64_t words[FASTI_DAY_WORDS_MAX],
                       const struct fasti_page_hold *holds, uint32_t hold_count, uint32_t *index) {
    uint32_t first = 0;
    uint32_t end = FASTI_DAY_WORDS_MAX;
    while (end > 0 && words[end - 1] == 0)
        end--;
    if (end == 0) { /* what is held is taken, so there are no holds either */
        *index = 0;
        return true;
    }
    while (words[first] == 0)
        first++;
    const size_t words_bytes = (end - first) * sizeof words[0];
    const size_t holds_bytes = hold_count * sizeof *holds;
    const uint32_t made =
        fasti_arena_alloc(arena, sizeof(struct fasti_page) + words_bytes + holds_bytes);
    if (made == 0)
        return false;
    struct fasti_page *page = fasti_arena_at(arena->arena, made);
    *page = (struct fasti_page){
        .run_longest = FASTI_PAGE_RUN_MAX,
        .word_first = (uint8_t)first,
        .word_count = (uint8_t)(end - first),
        .hold_count = (uint8_t)hold_count,
    };
    memcpy(page->words, words + first, words_bytes);
    memcpy(page->words + page->word_count, holds, holds_bytes);
    *index = made;
    return true;
}

bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index) {
    uint64_t words[FASTI_DAY_WORDS_MAX];
    struct fasti_page_hold holds[FASTI_PAGE_HOLDS_MAX];
    FASTI_ASSERT(fasti_page_takes(page, change));
    words_spread(page, words);
    if (change->operation == FASTI_PAGE_TAKE)
        fasti_bits_set(words, change->tick, change->count);
    else if (change->operation == FASTI_PAGE_RELEASE)
        fasti_bits_clear(words, change->tick, change->count);
    const bool has_holds = page->hold_count > 0 || change->record != 0;
    const uint32_t hold_count = has_holds ? holds_apply(page, change, holds) : 0;
    return page_build(arena, words, holds, hold_count, index);
}

uint32_t fasti_page_run_longest_ticks(const struct fasti_page *page, const uint64_t *open) {
    uint64_t words[FASTI_DAY_WORDS_MAX];
    words_spread(page, words);
    /* Held time may become free without a new page. */
    fasti_page_expired_clear(page, INT64_MAX, 0, FASTI_DAY_WORDS_MAX, words);
    for (uint32_t i = 0; i < FASTI_DAY_WORDS_MAX; i++)
        words[i] = open[i] & ~words[i];
    return fasti_bits_run_longest(words, FASTI_DAY_WORDS_MAX);
}
