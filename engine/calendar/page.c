/*
 * page.c - builds and reads what is taken of one local day.
 *
 *   page (stored words)     .  .  w3 w4 w5 .  .
 *   spread over the day     0  0  w3 w4 w5 0  0     change applied here, all words at hand
 *   next page               .  .  .  w4 w5 w6 .     only the hull of what is taken is stored
 *
 * Planes are added to and subtracted from like binary numbers, 64 ticks at a time: the carry of
 * one plane goes into the next. A page is private to its builder until a swap publishes it, and is
 * never written after that.
 */
#include "engine/calendar/page.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"

const struct fasti_page fasti_page_empty = {.run_longest = FASTI_PAGE_RUN_MAX};

_Static_assert(sizeof(struct fasti_page) == 8, "the words follow the head without a hole");
_Static_assert(sizeof(struct fasti_page) +
                       FASTI_PAGE_PLANES_MAX * FASTI_DAY_WORDS_MAX * sizeof(uint64_t) +
                       FASTI_PAGE_HOLDS_MAX * sizeof(struct fasti_page_hold) +
                       FASTI_PAGE_VISITS_MAX * sizeof(struct fasti_page_visit) <=
                   FASTI_ARENA_SIZE_MAX,
               "a full page fits in the arena");
_Static_assert(FASTI_PAGE_HOLDS_MAX <= UINT8_MAX, "a page counts its holds in a byte");

/* Words of the day, plane by plane: those from first to end, the others are 0. Only the first
 * `count` planes are there. */
struct planes {
    uint32_t count;
    uint32_t first, end;
    uint64_t words[FASTI_PAGE_PLANES_MAX][FASTI_DAY_WORDS_MAX];
};

/* With room to count up to `most` in each of ticks [tick, tick + ticks). */
static void planes_spread(const struct fasti_page *page, uint32_t most, uint32_t tick,
                          uint32_t ticks, struct planes *planes) {
    const uint32_t page_end = (uint32_t)page->word_first + page->word_count;
    const uint32_t first = tick / 64, end = (tick + ticks + 63) / 64;
    const bool has_words = page->word_count > 0;
    FASTI_ASSERT(page_end <= FASTI_DAY_WORDS_MAX && end <= FASTI_DAY_WORDS_MAX);
    FASTI_ASSERT(page->plane_count <= FASTI_PAGE_PLANES_MAX && most <= FASTI_SEATS_MAX);
    planes->count = page->plane_count == 0 ? 1 : page->plane_count;
    while (most >= 1u << planes->count)
        planes->count++;
    planes->first =
        has_words && (ticks == 0 || page->word_first < first) ? page->word_first : first;
    planes->end = has_words && (ticks == 0 || page_end > end) ? page_end : end;
    for (uint32_t plane = 0; plane < planes->count; plane++)
        for (uint32_t word = planes->first; word < planes->end; word++)
            planes->words[plane][word] = 0;
    for (uint32_t plane = 0; plane < page->plane_count; plane++)
        for (uint32_t word = 0; word < page->word_count; word++)
            planes->words[plane][page->word_first + word] =
                page->words[plane * (size_t)page->word_count + word];
}

/* Adds seats to each tick of [tick, tick + count). */
static void planes_add(struct planes *planes, uint32_t tick, uint32_t count, uint32_t seats) {
    const uint32_t end = tick + count;
    for (uint32_t word = tick / 64; word * 64 < end; word++) {
        const uint64_t mask = fasti_bits_mask(word, tick, end);
        for (uint32_t low = 0; seats >> low != 0; low++) {
            uint64_t carry = (seats >> low & 1) != 0 ? mask : 0;
            for (uint32_t plane = low; carry != 0; plane++) {
                FASTI_ASSERT(plane < planes->count);
                const uint64_t before = planes->words[plane][word];
                planes->words[plane][word] = before ^ carry;
                carry &= before;
            }
        }
    }
}

static void planes_subtract(struct planes *planes, uint32_t tick, uint32_t count, uint32_t seats) {
    const uint32_t end = tick + count;
    for (uint32_t word = tick / 64; word * 64 < end; word++) {
        const uint64_t mask = fasti_bits_mask(word, tick, end);
        for (uint32_t low = 0; seats >> low != 0; low++) {
            uint64_t borrow = (seats >> low & 1) != 0 ? mask : 0;
            for (uint32_t plane = low; borrow != 0; plane++) {
                FASTI_ASSERT(plane < planes->count);
                const uint64_t before = planes->words[plane][word];
                planes->words[plane][word] = before ^ borrow;
                borrow &= ~before;
            }
        }
    }
}

/* Ticks of a word that are taken by `least`, 1 or more, or more. */
static uint64_t planes_reach(const struct planes *planes, uint32_t word, uint32_t least) {
    uint64_t more = 0, equal = least >> planes->count == 0 ? UINT64_MAX : 0;
    if (word < planes->first || word >= planes->end)
        return 0;
    for (uint32_t plane = planes->count; plane-- > 0;) {
        const uint64_t bits = planes->words[plane][word];
        if ((least >> plane & 1) == 0)
            more |= equal & bits;
        equal &= (least >> plane & 1) != 0 ? bits : ~bits;
    }
    return more | equal;
}

static uint32_t planes_count(const struct planes *planes, uint32_t tick) {
    uint32_t count = 0;
    if (tick / 64 < planes->first || tick / 64 >= planes->end)
        return 0;
    for (uint32_t plane = 0; plane < planes->count; plane++)
        count |= (uint32_t)(planes->words[plane][tick / 64] >> (tick % 64) & 1) << plane;
    return count;
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

static bool has_expired(const struct fasti_page *page, int64_t now_ms) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    for (uint32_t h = 0; h < page->hold_count; h++)
        if (is_expired(&holds[h], now_ms))
            return true;
    return false;
}

/* The day's planes without what expired. */
static void planes_at(const struct fasti_page *page, int64_t now_ms, struct planes *planes) {
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    planes_spread(page, 0, 0, 0, planes);
    for (uint32_t h = 0; h < page->hold_count; h++)
        if (is_expired(&holds[h], now_ms))
            planes_subtract(planes, holds[h].tick, holds[h].count, holds[h].visit.seats);
}

void fasti_page_full(const struct fasti_page *page, uint32_t capacity, int64_t now_ms,
                     uint32_t word_first, uint32_t word_count, uint64_t *words) {
    FASTI_ASSERT(capacity >= 1 && capacity <= FASTI_SEATS_MAX);
    if (capacity >= 1u << page->plane_count) {
        memset(words, 0, word_count * sizeof *words); /* no tick is taken so often */
        return;
    }
    if ((page->plane_count <= 1 || capacity == 1) &&
        (page->hold_count == 0 || !has_expired(page, now_ms))) {
        for (uint32_t i = 0; i < word_count; i++)
            words[i] = fasti_page_word(page, word_first + i);
        return;
    }
    struct planes planes;
    planes_at(page, now_ms, &planes);
    for (uint32_t i = 0; i < word_count; i++)
        words[i] = planes_reach(&planes, word_first + i, capacity);
}

struct fasti_page_taken fasti_page_taken_at(const struct fasti_page *page, uint32_t tick,
                                            uint32_t count, int64_t now_ms) {
    struct fasti_page_taken taken = {0, 0};
    ticks_assert(tick, count);
    if (count == 0 || !fasti_page_any(page, tick, count))
        return taken;
    struct planes planes;
    planes_at(page, now_ms, &planes);
    taken.least = UINT32_MAX;
    for (uint32_t t = tick; t < tick + count; t++) {
        const uint32_t here = planes_count(&planes, t);
        taken.least = here < taken.least ? here : taken.least;
        taken.most = here > taken.most ? here : taken.most;
    }
    return taken;
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

/* ---- visits ---- */

/* All of a visit as one number, by which they are ordered: by tick first, and equal days have equal
 * pages. */
static uint64_t visit_key(const struct fasti_page_visit *visit) {
    return (uint64_t)visit->tick << 53 | (uint64_t)visit->service << 32 |
           (uint64_t)visit->count << 16 | (uint64_t)visit->before << 8 | visit->seats;
}

static bool is_named(uint32_t service, const fasti_service_id *services, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (services[i].v == service)
            return true;
    return count == 0;
}

/* Does a hold hold the time of a visit of this day? */
static bool is_held(const struct fasti_page_hold *hold, int64_t now_ms) {
    return hold->visit.service != 0 &&
           (FASTI_MUTANT(EXPIRED_IS_COUNTED) || !is_expired(hold, now_ms));
}

uint32_t fasti_page_visits_count(const struct fasti_page *page, uint32_t tick_first,
                                 uint32_t tick_end, const fasti_service_id *services,
                                 uint32_t service_count, int64_t now_ms) {
    const struct fasti_page_visit *visits = fasti_page_visits(page);
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    uint32_t count = 0;
    for (uint32_t v = 0; v < page->visit_count; v++)
        count += visits[v].tick >= tick_first && visits[v].tick < tick_end &&
                 is_named(visits[v].service, services, service_count);
    for (uint32_t h = 0; h < page->hold_count; h++)
        count += is_held(&holds[h], now_ms) && holds[h].visit.tick >= tick_first &&
                 holds[h].visit.tick < tick_end &&
                 is_named(holds[h].visit.service, services, service_count);
    return count;
}

uint32_t fasti_page_visits_at(const struct fasti_page *page, uint32_t tick,
                              fasti_service_id service, int64_t now_ms,
                              struct fasti_page_visit *visits) {
    const struct fasti_page_visit *all = fasti_page_visits(page);
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    uint32_t count = 0;
    for (uint32_t v = 0; v < page->visit_count && count < FASTI_SEATS_MAX; v++)
        if (all[v].tick == tick && all[v].service == service.v)
            visits[count++] = all[v];
    for (uint32_t h = 0; h < page->hold_count && count < FASTI_SEATS_MAX; h++)
        if (is_held(&holds[h], now_ms) && holds[h].visit.tick == tick &&
            holds[h].visit.service == service.v)
            visits[count++] = holds[h].visit;
    return count;
}

static bool has_visit(const struct fasti_page *page, const struct fasti_page_visit *visit) {
    const struct fasti_page_visit *visits = fasti_page_visits(page);
    const uint64_t key = visit_key(visit);
    for (uint32_t v = 0; v < page->visit_count; v++)
        if (visit_key(&visits[v]) == key)
            return true;
    return false;
}

/* ---- changes ---- */

static uint32_t change_seats(const struct fasti_page_change *change) {
    return change->visit.seats == 0 ? 1 : change->visit.seats;
}

/* The visit as the page keeps it. */
static struct fasti_page_visit change_visit(const struct fasti_page_change *change) {
    struct fasti_page_visit visit = change->visit;
    visit.seats = (uint8_t)change_seats(change);
    return visit;
}

/* Is each tick of the change taken by at most `most`, whether what takes it expired or not? */
static bool leaves_room(const struct fasti_page *page, const struct fasti_page_change *change) {
    const uint32_t seats = change_seats(change);
    const uint32_t most = change->seats_max == 0 ? 1 : change->seats_max;
    if (seats > most || most > FASTI_SEATS_MAX)
        return false;
    if (seats == most)
        return !fasti_page_any(page, change->tick, change->count);
    return fasti_page_taken_at(page, change->tick, change->count, INT64_MIN).most <= most - seats;
}

/* Is what a RELEASE gives back there? */
static bool is_there(const struct fasti_page *page, const struct fasti_page_change *change) {
    const uint32_t seats = change_seats(change);
    if (change->count == 0 || seats > FASTI_SEATS_MAX ||
        !fasti_page_all(page, change->tick, change->count) ||
        (seats > 1 &&
         fasti_page_taken_at(page, change->tick, change->count, INT64_MIN).least < seats))
        return false;
    /* What is held is somebody else's, however much the ticks look like ours. */
    if (change->record == 0 && page->hold_count > 0 &&
        fasti_page_taken_at(page, change->tick, change->count, INT64_MAX).least < seats)
        return false;
    const struct fasti_page_visit visit = change_visit(change);
    if (change->record == 0)
        return visit.service == 0 || has_visit(page, &visit);
    const uint32_t at = hold_find(page, change, 0);
    return at < page->hold_count && fasti_page_holds(page)[at].visit.seats == seats;
}

bool fasti_page_takes(const struct fasti_page *page, const struct fasti_page_change *change) {
    if ((uint32_t)change->tick + change->count > FASTI_TICKS_MAX ||
        change->visit.tick > FASTI_TICKS_MAX || change->visit.service > FASTI_SERVICES_MAX)
        return false;
    switch (change->operation) {
    case FASTI_PAGE_TAKE:
        if (change->count == 0)
            return change->record == 0 && change->visit.service == 0;
        return leaves_room(page, change) &&
               (change->visit.service == 0 ||
                page->visit_count + page->hold_count < FASTI_PAGE_VISITS_MAX) &&
               (change->record == 0 || page->hold_count < FASTI_PAGE_HOLDS_MAX);
    case FASTI_PAGE_RELEASE: return is_there(page, change);
    case FASTI_PAGE_SETTLE:
    case FASTI_PAGE_EXTEND:
        return change->count == 0 && change->record != 0 &&
               hold_find(page, change, 0) < page->hold_count;
    }
    return false;
}

/* A day while its next page is made. */
struct making {
    struct planes planes;
    uint32_t hold_count, visit_count;
    struct fasti_page_hold holds[FASTI_PAGE_HOLDS_MAX];
    struct fasti_page_visit visits[FASTI_PAGE_VISITS_MAX];
};

static void visit_add(struct making *making, const struct fasti_page_visit *visit) {
    FASTI_ASSERT(making->visit_count < FASTI_PAGE_VISITS_MAX);
    const uint64_t key = visit_key(visit);
    uint32_t at = making->visit_count++;
    for (; at > 0 && visit_key(&making->visits[at - 1]) > key; at--)
        making->visits[at] = making->visits[at - 1];
    making->visits[at] = *visit;
}

static void visit_remove(struct making *making, const struct fasti_page_visit *visit) {
    const uint64_t key = visit_key(visit);
    uint32_t at = 0;
    while (at < making->visit_count && visit_key(&making->visits[at]) != key)
        at++;
    FASTI_ASSERT(at < making->visit_count);
    making->visit_count--;
    memmove(making->visits + at, making->visits + at + 1,
            (making->visit_count - at) * sizeof making->visits[0]);
}

/* Behind those of the same tick. */
static void hold_add(struct making *making, const struct fasti_page_hold *hold) {
    uint32_t at = making->hold_count++;
    for (; at > 0 && making->holds[at - 1].tick > hold->tick; at--)
        making->holds[at] = making->holds[at - 1];
    making->holds[at] = *hold;
}

static void take(struct making *making, const struct fasti_page_change *change) {
    planes_add(&making->planes, change->tick, change->count, change_seats(change));
    const struct fasti_page_hold hold = {
        .expires_ms = change->expires_ms,
        .record = change->record,
        .tick = change->tick,
        .count = change->count,
        .visit = change_visit(change),
    };
    if (change->record != 0)
        hold_add(making, &hold);
    else if (hold.visit.service != 0)
        visit_add(making, &hold.visit);
}

/* Settles or extends all holds of the record; removes one of just the change's ticks, for it may
 * have two seats of one start. */
static void holds_change(const struct fasti_page *page, struct making *making,
                         const struct fasti_page_change *change) {
    const bool is_release = change->operation == FASTI_PAGE_RELEASE;
    const uint32_t first = hold_find(page, change, 0);
    uint32_t kept = 0;
    for (uint32_t h = 0; h < page->hold_count; h++) {
        const bool is_meant = is_release ? h == first : hold_find(page, change, h) == h;
        struct fasti_page_hold hold = making->holds[h];
        const bool becomes_visit =
            change->operation == FASTI_PAGE_SETTLE
                ? !FASTI_MUTANT(CONFIRM_UNCOUNTED)
                : FASTI_MUTANT(RELEASE_LEAVES_VISIT) && change->operation == FASTI_PAGE_RELEASE;
        if (is_meant && becomes_visit && hold.visit.service != 0)
            visit_add(making, &hold.visit);
        if (is_meant && change->operation != FASTI_PAGE_EXTEND)
            continue;
        if (is_meant && !FASTI_MUTANT(EXTEND_LEAVES_PAGE))
            hold.expires_ms = change->expires_ms;
        making->holds[kept++] = hold;
    }
    making->hold_count = kept;
}

static void release(const struct fasti_page *page, struct making *making,
                    const struct fasti_page_change *change) {
    planes_subtract(&making->planes, change->tick, change->count,
                    FASTI_MUTANT(RELEASE_ONE_SEAT) ? 1 : change_seats(change));
    const struct fasti_page_visit visit = change_visit(change);
    if (change->record != 0)
        holds_change(page, making, change);
    else if (visit.service != 0)
        visit_remove(making, &visit);
}

/* The words and planes that are not all 0. */
struct hull {
    uint32_t first, end, planes;
};

static struct hull hull_of(const struct planes *planes) {
    struct hull hull = {FASTI_DAY_WORDS_MAX, 0, 0};
    for (uint32_t plane = 0; plane < planes->count; plane++) {
        for (uint32_t word = planes->first; word < planes->end; word++) {
            if (planes->words[plane][word] == 0)
                continue;
            hull.first = word < hull.first ? word : hull.first;
            hull.end = word >= hull.end ? word + 1 : hull.end;
            hull.planes = plane + 1;
        }
    }
    return hull;
}

/* Writes what was made into a new page; *index 0 when nothing is taken. What is held and what is
 * counted is taken, so there is neither then, unless a claim that must lose (somebody else ended
 * its record) released a stranger's time: such a page has a word of zeros, and nobody will see it.
 */
static bool page_build(struct fasti_arena_local *arena, const struct making *making,
                       uint32_t *index) {
    struct hull hull = hull_of(&making->planes);
    if (hull.planes == 0 && making->hold_count == 0 && making->visit_count == 0) {
        *index = 0;
        return true;
    }
    if (hull.planes == 0)
        hull = (struct hull){0, 1, 1};
    const struct fasti_page head = {
        .run_longest = FASTI_PAGE_RUN_MAX,
        .word_first = (uint8_t)hull.first,
        .word_count = (uint8_t)(hull.end - hull.first),
        .hold_count = (uint8_t)making->hold_count,
        .visit_count = (uint16_t)making->visit_count,
        .plane_count = (uint16_t)hull.planes,
    };
    const uint32_t made = fasti_arena_alloc(arena, fasti_page_bytes(&head));
    if (made == 0)
        return false;
    struct fasti_page *page = fasti_arena_at(arena->arena, made);
    *page = head;
    for (uint32_t plane = 0; plane < hull.planes; plane++)
        memcpy(page->words + plane * (size_t)head.word_count,
               making->planes.words[plane] + hull.first, head.word_count * sizeof page->words[0]);
    uint64_t *end = page->words + fasti_page_words(page);
    memcpy(end, making->holds, making->hold_count * sizeof making->holds[0]);
    end += making->hold_count * sizeof making->holds[0] / sizeof *end;
    memcpy(end, making->visits, making->visit_count * sizeof making->visits[0]);
    *index = made;
    return true;
}

bool fasti_page_apply(struct fasti_arena_local *arena, const struct fasti_page *page,
                      const struct fasti_page_change *change, uint32_t *index) {
    struct making making;
    FASTI_ASSERT(fasti_page_takes(page, change));
    planes_spread(page, change->operation == FASTI_PAGE_TAKE ? change->seats_max : 0, change->tick,
                  change->count, &making.planes);
    making.hold_count = page->hold_count;
    making.visit_count = page->visit_count;
    memcpy(making.holds, fasti_page_holds(page), page->hold_count * sizeof making.holds[0]);
    memcpy(making.visits, fasti_page_visits(page), page->visit_count * sizeof making.visits[0]);
    switch (change->operation) {
    case FASTI_PAGE_TAKE: take(&making, change); break;
    case FASTI_PAGE_RELEASE: release(page, &making, change); break;
    case FASTI_PAGE_SETTLE:
    case FASTI_PAGE_EXTEND: holds_change(page, &making, change); break;
    }
    return page_build(arena, &making, index);
}

void fasti_page_hope(const struct fasti_page *page, uint32_t capacity, const uint64_t *open,
                     uint32_t word_first, uint32_t word_count, uint64_t *words) {
    FASTI_ASSERT(word_first + word_count <= FASTI_DAY_WORDS_MAX);
    /* Held time may become free without a new page. */
    fasti_page_full(page, capacity, INT64_MAX, word_first, word_count, words);
    for (uint32_t i = 0; i < word_count; i++)
        words[i] = open[word_first + i] & ~words[i];
}

/* ---- from a snapshot ---- */

static bool visit_is_sound(const struct fasti_page_visit *visit) {
    return visit->tick < FASTI_TICKS_MAX && visit->seats <= FASTI_SEATS_MAX &&
           visit->count <= FASTI_TICKS_MAX;
}

bool fasti_page_is_sound(const struct fasti_page *page, size_t bytes) {
    if (bytes < sizeof *page || page->word_count < 1 || page->plane_count < 1 ||
        page->plane_count > FASTI_PAGE_PLANES_MAX ||
        page->word_first + page->word_count > FASTI_DAY_WORDS_MAX ||
        page->hold_count > FASTI_PAGE_HOLDS_MAX || page->visit_count > FASTI_PAGE_VISITS_MAX ||
        bytes != fasti_page_bytes(page))
        return false;
    const struct fasti_page_hold *holds = fasti_page_holds(page);
    for (uint32_t i = 0; i < page->hold_count; i++)
        if (holds[i].record == 0 || holds[i].tick + holds[i].count > FASTI_TICKS_MAX ||
            !visit_is_sound(&holds[i].visit))
            return false;
    const struct fasti_page_visit *visits = fasti_page_visits(page);
    for (uint32_t i = 0; i < page->visit_count; i++)
        if (visits[i].service == 0 || !visit_is_sound(&visits[i]))
            return false;
    return true;
}
