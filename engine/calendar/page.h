/*
 * page.h - the immutable state of one schedule's local day.
 *
 *   +-------------+-----------+------------+-------+--------+------------------+-----------------+
 *   | longest run | first     | word count | holds | limits | words of taken   | holds, 16 bytes |
 *   | 1 byte      | word 1    | 1          | 1     | 2      | bits, 8 each     | each            |
 *   +-------------+-----------+------------+-------+--------+------------------+-----------------+
 *
 * Only the words from the first to the last taken bit are stored; bits outside are free. Bit t =
 * tick t (minutes since the day's start / resolution). An empty day has no page (index 0).
 * What is held is taken too; its hold says until when. From then on it counts as free, though its
 * bits stay set until somebody's EXPIRE: so readers ask with the time, and a claimer that needs the
 * time of an expired hold expires it first.
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
    uint8_t hold_count; /* at most FASTI_PAGE_HOLDS_MAX; behind the words, by tick */
    uint16_t counter_count;
    uint16_t reserved;
    uint64_t words[];
};

/* Ticks that are taken until a record's hold expires. */
struct fasti_page_hold {
    int64_t expires_ms;
    uint32_t record;
    uint16_t tick, count;
};
_Static_assert(sizeof(struct fasti_page_hold) == 16, "no padding");
_Static_assert(FASTI_RECORDS_MAX <= UINT32_MAX, "a record's number fits in a hold");

/* The page of a day on which nothing is taken. */
extern const struct fasti_page fasti_page_empty;

static inline size_t fasti_page_bytes(const struct fasti_page *page) {
    return sizeof *page + page->word_count * sizeof page->words[0] +
           page->hold_count * sizeof(struct fasti_page_hold);
}

static inline const struct fasti_page_hold *fasti_page_holds(const struct fasti_page *page) {
    return (const struct fasti_page_hold *)(const void *)(page->words + page->word_count);
}

/* A word of taken bits; words that are not stored are 0. */
static inline uint64_t fasti_page_word(const struct fasti_page *page, uint32_t word) {
    return word - page->word_first < page->word_count ? page->words[word - page->word_first] : 0;
}

/* Any tick of [tick, tick + count) taken? All of them taken? tick + count <= FASTI_TICKS_MAX.
 * Expired holds count as taken here. */
bool fasti_page_any(const struct fasti_page *page, uint32_t tick, uint32_t count);
bool fasti_page_all(const struct fasti_page *page, uint32_t tick, uint32_t count);

/* Clears in words, which are the day's from word_first on, the ticks whose hold expired by now.
 * Costs nothing on a page without holds. */
void fasti_page_expired_clear(const struct fasti_page *page, int64_t now_ms, uint32_t word_first,
                              uint32_t word_count, uint64_t *words);

/* Any tick of [tick, tick + count) taken by something that is not an expired hold? */
bool fasti_page_any_at(const struct fasti_page *page, uint32_t tick, uint32_t count,
                       int64_t now_ms);

/* The first hold that expired by now and has a tick of [tick, tick + count); NULL: none. */
const struct fasti_page_hold *fasti_page_expired(const struct fasti_page *page, uint32_t tick,
                                                 uint32_t count, int64_t now_ms);

/* What one effect does to one day. */
enum fasti_page_operation {
    FASTI_PAGE_TAKE,    /* ticks that were free; with a record they are held until expires_ms */
    FASTI_PAGE_RELEASE, /* ticks that were taken; with a record its hold of just these goes */
    FASTI_PAGE_SETTLE,  /* the record's holds become taken for good; ticks and count 0 */
    FASTI_PAGE_EXTEND,  /* the record's holds expire at expires_ms; ticks and count 0 */
};
struct fasti_page_change {
    enum fasti_page_operation operation;
    uint16_t tick;   /* first */
    uint16_t count;  /* TAKE of 0: only the version changes (an edit of the configuration) */
    uint32_t record; /* whose hold; 0: none is meant */
    int64_t expires_ms;
};

/* May the change be applied: its ticks free or taken, its holds there, and room for a new one? */
bool fasti_page_takes(const struct fasti_page *page, const struct fasti_page_change *change);

/* Builds the next page of a change that page_takes. Gives its arena index in *index, always a new
 * object of fasti_page_bytes that nobody else knows; 0 when the day is empty again (no page).
 * false: no memory, *index unchanged. */
bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index);

/* Longest run of ticks that are open and not taken, held ones counted as free; open has
 * FASTI_DAY_WORDS_MAX words. */
uint32_t fasti_page_run_longest_ticks(const struct fasti_page *page, const uint64_t *open);

/* The same as run_longest states it: steps of 5 minutes, rounded up, at most 255. The claimer
 * writes it into the page that page_apply built (255 there) before the swap publishes the page. */
static inline uint8_t fasti_page_run_steps(uint32_t ticks, uint32_t resolution_minutes) {
    const uint32_t steps = (ticks * resolution_minutes + 4) / 5;
    return (uint8_t)(steps < FASTI_PAGE_RUN_MAX ? steps : FASTI_PAGE_RUN_MAX);
}

#endif
