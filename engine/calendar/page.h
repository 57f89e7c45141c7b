/*
 * page.h - the immutable state of one schedule's local day.
 *
 *   +---------+---------+---------+-------+--------+--------+-----------+----------+----------+
 *   | longest | first   | words a | holds | visits | planes | words of  | holds,   | visits,  |
 *   | run (1) | word(1) | plane(1)| (1)   | (2)    | (2)    | taken bits| 24 each  | 8 each   |
 *   +---------+---------+---------+-------+--------+--------+-----------+----------+----------+
 *
 * Only the words from the first to the last taken bit are stored; bits outside are free. Bit t =
 * tick t (minutes since the day's start / resolution). An empty day has no page (index 0).
 * A tick is taken by as many as the planes' bits say, read as a binary number, plane 0 the lowest:
 * one plane unless some tick is taken more than once (a schedule with a capacity, an overbooking).
 * What is held is taken too; its hold says until when. From then on it counts as free, though its
 * bits stay set until somebody's EXPIRE: so readers ask with the time, and a claimer that needs the
 * time of an expired hold expires it first.
 * Visits say which service starts at which tick and what it takes, so that every limit and quota is
 * counted from the page itself, and what shares a start is told from what lies beside it, whatever
 * the rules were when it was written; those of holds stand in the holds.
 * page_apply is the one code path that builds the next page, for claims and for replay alike.
 * Written once before it is published; then read by anyone in an epoch.
 */
#ifndef FASTI_CALENDAR_PAGE_H
#define FASTI_CALENDAR_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"

#define FASTI_PAGE_RUN_MAX 255

struct fasti_page {
    uint8_t run_longest; /* longest free run of open time in steps of 5 minutes, rounded up, capped
                            at 255; set by the claimer, 255 where nobody computed it */
    uint8_t word_first;
    uint8_t word_count;   /* of one plane: 1 to FASTI_DAY_WORDS_MAX; 0 only in the empty page */
    uint8_t hold_count;   /* at most FASTI_PAGE_HOLDS_MAX; behind the words, by tick */
    uint16_t visit_count; /* at most FASTI_PAGE_VISITS_MAX; behind the holds, ascending */
    uint16_t plane_count; /* 1 to FASTI_PAGE_PLANES_MAX, no more than needed; 0 in the empty page */
    uint64_t words[];     /* plane 0, then plane 1 ... */
};

#define FASTI_PAGE_PLANES_MAX 7
_Static_assert(FASTI_SEATS_MAX < 1 << FASTI_PAGE_PLANES_MAX, "the planes count all seats");

/* A visit that starts on the day. What it takes, with its buffers, may lie on the days around, too.
 */
struct fasti_page_visit {
    uint32_t service : 21; /* 0: none */
    uint32_t tick : 11;    /* where it starts: behind its buffer */
    uint16_t count;        /* ticks that it takes from there on */
    uint8_t before;        /* and before that */
    uint8_t seats;         /* of each */
};
_Static_assert(sizeof(struct fasti_page_visit) == 8, "no padding");
_Static_assert(FASTI_SERVICES_MAX < 1u << 21, "a service fits");
_Static_assert(FASTI_TICKS_MAX < 1u << 11, "a tick fits");
_Static_assert(FASTI_BUFFER_MINUTES_MAX <= UINT8_MAX, "a buffer fits");

/* Ticks that are taken until a record's hold expires. */
struct fasti_page_hold {
    int64_t expires_ms;
    uint32_t record;
    uint16_t tick, count;
    struct fasti_page_visit visit; /* of service 0: it is counted on another day, where it starts */
};
_Static_assert(sizeof(struct fasti_page_hold) == 24, "no padding");
_Static_assert(FASTI_RECORDS_MAX <= UINT32_MAX, "a record's number fits in a hold");

/* The page of a day on which nothing is taken. */
extern const struct fasti_page fasti_page_empty;

static inline uint32_t fasti_page_words(const struct fasti_page *page) {
    return (uint32_t)page->word_count * page->plane_count;
}

static inline size_t fasti_page_bytes(const struct fasti_page *page) {
    return sizeof *page + fasti_page_words(page) * sizeof page->words[0] +
           page->hold_count * sizeof(struct fasti_page_hold) +
           page->visit_count * sizeof(struct fasti_page_visit);
}

static inline const struct fasti_page_hold *fasti_page_holds(const struct fasti_page *page) {
    return (const struct fasti_page_hold *)(const void *)(page->words + fasti_page_words(page));
}

static inline const struct fasti_page_visit *fasti_page_visits(const struct fasti_page *page) {
    return (const struct fasti_page_visit *)(const void *)(fasti_page_holds(page) +
                                                           page->hold_count);
}

/* Could bytes (8-byte aligned) that a snapshot holds be a page? Sizes, places and ranges; whether
 * bits, holds and visits agree is not asked. */
bool fasti_page_is_sound(const struct fasti_page *page, size_t bytes);

/* A word of taken bits; words that are not stored are 0. */
static inline uint64_t fasti_page_word(const struct fasti_page *page, uint32_t word) {
    const uint32_t at = word - page->word_first;
    if (at >= page->word_count)
        return 0;
    uint64_t bits = page->words[at];
    for (uint32_t plane = 1; plane < page->plane_count; plane++)
        bits |= page->words[plane * page->word_count + at];
    return bits;
}

/* Any tick of [tick, tick + count) taken? All of them taken? tick + count <= FASTI_TICKS_MAX.
 * Expired holds count as taken here. */
bool fasti_page_any(const struct fasti_page *page, uint32_t tick, uint32_t count);
bool fasti_page_all(const struct fasti_page *page, uint32_t tick, uint32_t count);

/* Bit t of words, which are the day's from word_first on: tick t is taken by `capacity` or more,
 * expired holds not counted. capacity 1 to FASTI_SEATS_MAX. On a page of one plane without holds
 * that costs no more than a copy. */
void fasti_page_full(const struct fasti_page *page, uint32_t capacity, int64_t now_ms,
                     uint32_t word_first, uint32_t word_count, uint64_t *words);

/* The least and the most that a tick of [tick, tick + count) is taken by, expired holds not
 * counted. count 0: 0, 0. */
struct fasti_page_taken {
    uint32_t least, most;
};
struct fasti_page_taken fasti_page_taken_at(const struct fasti_page *page, uint32_t tick,
                                            uint32_t count, int64_t now_ms);

/* Visits, held ones too unless they expired, that start in [tick_first, tick_end) and are of one of
 * the services (none named: of any). */
uint32_t fasti_page_visits_count(const struct fasti_page *page, uint32_t tick_first,
                                 uint32_t tick_end, const fasti_service_id *services,
                                 uint32_t service_count, int64_t now_ms);

/* The visits of a service that start at a tick, as before; room for FASTI_SEATS_MAX, which no tick
 * exceeds. Returns how many. */
uint32_t fasti_page_visits_at(const struct fasti_page *page, uint32_t tick,
                              fasti_service_id service, int64_t now_ms,
                              struct fasti_page_visit *visits);

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
    uint16_t tick;     /* first */
    uint16_t count;    /* TAKE of 0: only the version changes (an edit of the configuration) */
    uint8_t seats_max; /* TAKE: by how many a tick may be taken with it; 0 = 1 */
    uint32_t record;   /* whose hold; 0: none is meant */
    int64_t expires_ms;
    struct fasti_page_visit visit; /* TAKE, RELEASE: what is counted, of service 0: nothing is;
                                      its seats are what each tick takes, 0 = 1 */
};

/* May the change be applied: its ticks free or taken, its hold or visit there, and room for a new
 * one? */
bool fasti_page_takes(const struct fasti_page *page, const struct fasti_page_change *change);

/* Builds the next page of a change that page_takes. Gives its arena index in *index, always a new
 * object of fasti_page_bytes that nobody else knows; 0 when the day is empty again (no page).
 * false: no memory, *index unchanged. */
bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index);

/* Bit t of words, which are the day's from word_first on: tick t is open and taken by fewer than
 * `capacity`, held ones counted as free. open has FASTI_DAY_WORDS_MAX words. */
void fasti_page_hope(const struct fasti_page *page, uint32_t capacity, const uint64_t *open,
                     uint32_t word_first, uint32_t word_count, uint64_t *words);

/* A free run as run_longest states it: steps of 5 minutes, rounded up, at most 255. The claimer
 * writes it into the page that page_apply built (255 there) before the swap publishes the page. */
static inline uint8_t fasti_page_run_steps(uint32_t ticks, uint32_t resolution_minutes) {
    const uint32_t steps = (ticks * resolution_minutes + 4) / 5;
    return (uint8_t)(steps < FASTI_PAGE_RUN_MAX ? steps : FASTI_PAGE_RUN_MAX);
}

#endif
