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
_Static_assert(sizeof(struct fasti_page) + FASTI_DAY_WORDS_MAX * sizeof(uint64_t) <=
                   FASTI_ARENA_SIZE_MAX,
               "a full page fits in the arena");

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

/* Writes words into a new page that stores their hull; *index 0 when all are 0. */
static bool page_build(struct fasti_arena_local *arena, const uint64_t words[FASTI_DAY_WORDS_MAX],
                       uint32_t *index) {
    uint32_t first = 0;
    uint32_t end = FASTI_DAY_WORDS_MAX;
    while (end > 0 && words[end - 1] == 0)
        end--;
    if (end == 0) {
        *index = 0;
        return true;
    }
    while (words[first] == 0)
        first++;
    const size_t words_bytes = (end - first) * sizeof words[0];
    const uint32_t made = fasti_arena_alloc(arena, sizeof(struct fasti_page) + words_bytes);
    if (made == 0)
        return false;
    struct fasti_page *page = fasti_arena_at(arena->arena, made);
    *page = (struct fasti_page){
        .run_longest = FASTI_PAGE_RUN_MAX,
        .word_first = (uint8_t)first,
        .word_count = (uint8_t)(end - first),
    };
    memcpy(page->words, words + first, words_bytes);
    *index = made;
    return true;
}

bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index) {
    uint64_t words[FASTI_DAY_WORDS_MAX];
    ticks_assert(change->tick, change->count);
    words_spread(page, words);
    if (change->take) {
        FASTI_ASSERT(!fasti_bits_any(words, change->tick, change->count));
        fasti_bits_set(words, change->tick, change->count);
    } else {
        FASTI_ASSERT(fasti_bits_all(words, change->tick, change->count));
        fasti_bits_clear(words, change->tick, change->count);
    }
    return page_build(arena, words, index);
}

uint32_t fasti_page_run_longest_ticks(const struct fasti_page *page, const uint64_t *open) {
    uint64_t words[FASTI_DAY_WORDS_MAX];
    words_spread(page, words);
    for (uint32_t i = 0; i < FASTI_DAY_WORDS_MAX; i++)
        words[i] = open[i] & ~words[i];
    return fasti_bits_run_longest(words, FASTI_DAY_WORDS_MAX);
}
