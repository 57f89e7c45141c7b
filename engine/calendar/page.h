/*
 * page.h - the immutable state of one schedule's local day.
 *
 *   +-------------+-----------+------------+-------+--------+------------------+-------+
 *   | longest run | first     | word count | holds | limits | words of taken   | holds |
 *   | 1 byte      | word 1    | 1          | 1     | 2      | bits, 8 each     | later |
 *   +-------------+-----------+------------+-------+--------+------------------+-------+
 *
 * Only the words from the first to the last taken bit are stored; bits outside are free. Bit t =
 * tick t (minutes since the day's start / resolution). An empty day has no page (index 0).
 * page_apply is the one code path that builds the next page, for claims and for replay alike.
 * Written once before it is published; then read by anyone in an epoch.
 */
#ifndef FASTI_CALENDAR_PAGE_H
#define FASTI_CALENDAR_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/limits.h"

#define FASTI_PAGE_RUN_MAX 255

struct fasti_page {
    uint8_t run_longest; /* longest free run of open time in steps of 5 minutes, rounded up, capped
                            at 255; set by the claimer, 255 where nobody computed it */
    uint8_t word_first;
    uint8_t word_count; /* 1 to FASTI_DAY_WORDS_MAX; 0 only in the empty page */
    uint8_t hold_count; /* 0 until holds land */
    uint16_t counter_count;
    uint16_t reserved;
    uint64_t words[];
};

/* The page of a day on which nothing is taken. */
extern const struct fasti_page fasti_page_empty;

static inline size_t fasti_page_bytes(const struct fasti_page *page) {
    return sizeof *page + page->word_count * sizeof page->words[0];
}

/* A word of taken bits; words that are not stored are 0. */
static inline uint64_t fasti_page_word(const struct fasti_page *page, uint32_t word) {
    return word - page->word_first < page->word_count ? page->words[word - page->word_first] : 0;
}

/* Any tick of [tick, tick + count) taken? All of them taken? tick + count <= FASTI_TICKS_MAX. */
bool fasti_page_any(const struct fasti_page *page, uint32_t tick, uint32_t count);
bool fasti_page_all(const struct fasti_page *page, uint32_t tick, uint32_t count);

/* What one effect does to one day. */
struct fasti_page_change {
    bool take;      /* else release */
    uint16_t tick;  /* first */
    uint16_t count; /* 0: nothing changes but the version (an edit of the configuration) */
};

/* Builds the next page: take asserts that the ticks were free, release that they were taken.
 * Gives its arena index in *index, always a new object of fasti_page_bytes that nobody else knows;
 * 0 when the day is empty again (no page). false: no memory, *index unchanged. */
bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index);

/* Longest run of ticks that are open and not taken; open has FASTI_DAY_WORDS_MAX words. */
uint32_t fasti_page_run_longest_ticks(const struct fasti_page *page, const uint64_t *open);

/* The same as run_longest states it: steps of 5 minutes, rounded up, at most 255. The claimer
 * writes it into the page that page_apply built (255 there) before the swap publishes the page. */
static inline uint8_t fasti_page_run_steps(uint32_t ticks, uint32_t resolution_minutes) {
    const uint32_t steps = (ticks * resolution_minutes + 4) / 5;
    return (uint8_t)(steps < FASTI_PAGE_RUN_MAX ? steps : FASTI_PAGE_RUN_MAX);
}

#endif
