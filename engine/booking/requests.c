/*
 * requests.c - the table of request ids: buckets of 64 ways behind striped locks.
 */
#include "engine/booking/requests.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/huge.h"
#include "engine/base/panic.h"

/* A way's word: | state 4 | time 48 | tag 12 |. The states are in the order in which ways are taken
 * for a new request, and time comes next: the smallest word is the way to take. */
enum way_state {
    WAY_FREE = 0, /* the whole word is 0 */
    WAY_AGED = 1, /* only as a rank: REFUSED or EFFECT, older than FASTI_REQUESTS_AGE_MS */
    WAY_REFUSED = 2,
    WAY_EFFECT = 3,
    WAY_PENDING = 4,
};
#define STATE_SHIFT 60
#define TIME_SHIFT  12
#define TAG_BITS    12

#define MARK_MASK ((UINT64_C(1) << STATE_SHIFT) - 1) /* of a word: all but the state */

#define WAY_NONE FASTI_REQUEST_WAYS

/* A request's bucket, and what its word is but for the state. */
struct place {
    struct fasti_request_bucket *bucket;
    struct fasti_request_entry *entries; /* the bucket's */
    pthread_mutex_t *lock;
    uint32_t slot; /* of way 0 */
    int64_t id_ms;
    uint64_t mark; /* time and tag */
};

static enum way_state word_state(uint64_t word) {
    return (enum way_state)(word >> STATE_SHIFT);
}

static int64_t word_ms(uint64_t word) {
    return (int64_t)(word << (64 - STATE_SHIFT) >> (64 - STATE_SHIFT) >> TIME_SHIFT);
}

static uint64_t word_with(enum way_state state, uint64_t word) {
    return (uint64_t)state << STATE_SHIFT | word << (64 - STATE_SHIFT) >> (64 - STATE_SHIFT);
}

/* ---- memory ---- */

bool fasti_requests_init(struct fasti_requests *requests, uint32_t entries_max) {
    FASTI_ASSERT(entries_max >= FASTI_REQUEST_WAYS && entries_max <= FASTI_REQUESTS_MAX);
    FASTI_ASSERT((entries_max & (entries_max - 1)) == 0);
    const uint32_t bucket_count = entries_max / FASTI_REQUEST_WAYS;
    const uint32_t lock_count =
        bucket_count < FASTI_REQUEST_LOCKS ? bucket_count : FASTI_REQUEST_LOCKS;
    *requests = (struct fasti_requests){.bucket_count = bucket_count};
    requests->locks = aligned_alloc(FASTI_CACHE_LINE_BYTES, lock_count * sizeof *requests->locks);
    /* calloc leaves zeros to the kernel. Entries need none: they are read where a word says so. */
    requests->buckets = calloc(bucket_count, sizeof *requests->buckets);
    requests->entries =
        aligned_alloc(FASTI_CACHE_LINE_BYTES, entries_max * sizeof *requests->entries);
    if (requests->locks == NULL || requests->buckets == NULL || requests->entries == NULL) {
        fasti_requests_deinit(requests);
        return false;
    }
    for (; requests->lock_count < lock_count; requests->lock_count++)
        pthread_mutex_init(&requests->locks[requests->lock_count].mutex, NULL);
    return true;
}

void fasti_requests_prefault(struct fasti_requests *requests) {
    fasti_huge_touch(requests->buckets, requests->bucket_count * sizeof *requests->buckets);
    fasti_huge_touch(requests->entries, (size_t)requests->bucket_count * FASTI_REQUEST_WAYS *
                                            sizeof *requests->entries);
}

void fasti_requests_deinit(struct fasti_requests *requests) {
    for (uint32_t i = 0; i < requests->lock_count; i++)
        pthread_mutex_destroy(&requests->locks[i].mutex);
    free(requests->locks);
    free(requests->buckets);
    free(requests->entries);
    memset(requests, 0, sizeof *requests);
}

/* ---- ways: the caller holds the bucket's lock ---- */

static struct place place_at(struct fasti_requests *requests, uint32_t bucket) {
    return (struct place){
        .bucket = &requests->buckets[bucket],
        .entries = &requests->entries[bucket * FASTI_REQUEST_WAYS],
        .lock = &requests->locks[bucket & (requests->lock_count - 1)].mutex,
        .slot = bucket * FASTI_REQUEST_WAYS,
    };
}

static struct place place_of(struct fasti_requests *requests, const struct fasti_request *request,
                             int64_t id_ms) {
    const uint64_t scope = (uint64_t)request->organization.v << 32;
    const uint64_t hash =
        fasti_hash_mix(request->id.low ^ fasti_hash_mix(request->id.high + scope));
    struct place place = place_at(requests, (uint32_t)hash & (requests->bucket_count - 1));
    place.id_ms = id_ms;
    place.mark = (uint64_t)id_ms << TIME_SHIFT | hash >> (64 - TAG_BITS);
    return place;
}

static bool key_equal(const struct fasti_request *a, const struct fasti_request *b) {
    return a->id.low == b->id.low && a->id.high == b->id.high &&
           a->organization.v == b->organization.v;
}

/* The way of a request, from way `from` on; WAY_NONE: it is not there. */
static uint32_t way_find(const struct place *place, const struct fasti_request *request,
                         uint32_t from) {
    for (uint32_t way = from; way < FASTI_REQUEST_WAYS; way++) {
        const uint64_t word = place->bucket->words[way];
        if (((word ^ place->mark) & MARK_MASK) == 0 && word_state(word) != WAY_FREE &&
            key_equal(&place->entries[way].request, request))
            return way;
    }
    return WAY_NONE;
}

/* When a way is taken: a smaller rank goes first. */
static uint64_t word_rank(uint64_t word, int64_t age_ms) {
    const enum way_state state = word_state(word);
    const bool is_aged = (state == WAY_REFUSED || state == WAY_EFFECT) && word_ms(word) < age_ms;
    return is_aged ? word_with(WAY_AGED, word) : word;
}

/* The way to take for a new request; it may be PENDING: then all are. age_ms: what is older than
 * this time is of no more use. */
static uint32_t way_choose(const struct place *place, int64_t age_ms) {
    uint32_t chosen = 0;
    uint64_t lowest = UINT64_MAX;
    for (uint32_t way = 0; way < FASTI_REQUEST_WAYS && lowest != 0; way++) {
        const uint64_t rank = word_rank(place->bucket->words[way], age_ms);
        if (rank < lowest) {
            lowest = rank;
            chosen = way;
        }
    }
    return chosen;
}

static void horizon_raise(struct fasti_request_bucket *bucket, int64_t ms) {
    if (bucket->horizon_ms < ms)
        bucket->horizon_ms = ms;
}

/* Puts a request in a way, dropping what was there. */
static void way_take(const struct place *place, uint32_t way, enum way_state state,
                     const struct fasti_request *request) {
    const uint64_t dropped = place->bucket->words[way];
    FASTI_ASSERT(word_state(dropped) != WAY_PENDING);
    if (word_state(dropped) == WAY_EFFECT)
        horizon_raise(place->bucket, word_ms(dropped));
    place->bucket->words[way] = word_with(state, place->mark);
    place->entries[way] = (struct fasti_request_entry){.request = *request};
    FASTI_VERIFY(way_find(place, request, 0) == way);
    FASTI_VERIFY(way_find(place, request, way + 1) == WAY_NONE);
}

/* ---- requests ---- */

static enum fasti_request_result known_begin(const struct place *place, uint32_t way,
                                             const struct fasti_request *request, uint32_t worker,
                                             struct fasti_request_answer *answer) {
    struct fasti_request_entry *entry = &place->entries[way];
    if (entry->request.hash != request->hash)
        return FASTI_REQUEST_MISMATCH;
    if (word_state(place->bucket->words[way]) == WAY_PENDING) {
        entry->waiters |= UINT64_C(1) << worker;
        return FASTI_REQUEST_PENDING;
    }
    *answer = entry->answer;
    return FASTI_REQUEST_DONE;
}

static enum fasti_request_result unknown_begin(const struct place *place,
                                               const struct fasti_request *request, int64_t now_ms,
                                               fasti_request_slot *slot) {
    const int64_t age_ms = now_ms - FASTI_REQUESTS_AGE_MS;
    if (place->id_ms > now_ms + FASTI_REQUESTS_AHEAD_MS)
        return FASTI_REQUEST_AHEAD;
    if (place->id_ms < age_ms || place->id_ms <= place->bucket->horizon_ms)
        return FASTI_REQUEST_STALE;
    const uint32_t way = way_choose(place, age_ms);
    if (word_state(place->bucket->words[way]) == WAY_PENDING)
        return FASTI_REQUEST_FULL;
    way_take(place, way, WAY_PENDING, request);
    *slot = (fasti_request_slot){place->slot + way};
    return FASTI_REQUEST_NEW;
}

enum fasti_request_result fasti_requests_begin(struct fasti_requests *requests,
                                               const struct fasti_request *request, uint32_t worker,
                                               int64_t now_ms, struct fasti_request_answer *answer,
                                               fasti_request_slot *slot) {
    int64_t id_ms;
    const bool has_time = fasti_request_id_ms(request->id, &id_ms);
    FASTI_ASSERT(has_time);
    FASTI_ASSERT(worker < FASTI_WORKERS_MAX);
    const struct place place = place_of(requests, request, id_ms);
    pthread_mutex_lock(place.lock);
    const uint32_t way = way_find(&place, request, 0);
    const enum fasti_request_result result = way != WAY_NONE
                                                 ? known_begin(&place, way, request, worker, answer)
                                                 : unknown_begin(&place, request, now_ms, slot);
    pthread_mutex_unlock(place.lock);
    return result;
}

void fasti_requests_prefetch(struct fasti_requests *requests, fasti_request_id id,
                             fasti_organization_id organization, int64_t now_ms, uint32_t level) {
    const struct fasti_request request = {.id = id, .organization = organization};
    int64_t id_ms;
    if (!fasti_request_id_ms(id, &id_ms))
        return;
    const struct place place = place_of(requests, &request, id_ms);
    if (level == 0) {
        __builtin_prefetch(place.lock, 1);
        for (size_t at = 0; at < sizeof *place.bucket; at += FASTI_CACHE_LINE_BYTES)
            __builtin_prefetch((const uint8_t *)place.bucket + at, 1);
        return;
    }
    pthread_mutex_lock(place.lock);
    __builtin_prefetch(&place.entries[way_choose(&place, now_ms - FASTI_REQUESTS_AGE_MS)], 1);
    pthread_mutex_unlock(place.lock);
}

/* PENDING becomes state; answer NULL: there is none. */
static uint64_t pending_end(struct fasti_requests *requests, fasti_request_slot slot,
                            enum way_state state, const struct fasti_request_answer *answer) {
    const uint32_t bucket = slot.v / FASTI_REQUEST_WAYS, way = slot.v % FASTI_REQUEST_WAYS;
    FASTI_ASSERT(bucket < requests->bucket_count);
    const struct place place = place_at(requests, bucket);
    pthread_mutex_lock(place.lock);
    uint64_t *word = &place.bucket->words[way];
    struct fasti_request_entry *entry = &place.entries[way];
    FASTI_ASSERT(word_state(*word) == WAY_PENDING);
    *word = state == WAY_FREE ? 0 : word_with(state, *word);
    if (answer != NULL)
        entry->answer = *answer;
    const uint64_t waiters = entry->waiters;
    entry->waiters = 0;
    pthread_mutex_unlock(place.lock);
    return waiters;
}

uint64_t fasti_requests_finish(struct fasti_requests *requests, fasti_request_slot slot,
                               const struct fasti_request_answer *answer) {
    return pending_end(requests, slot, WAY_EFFECT, answer);
}

uint64_t fasti_requests_refuse(struct fasti_requests *requests, fasti_request_slot slot,
                               const struct fasti_request_answer *answer) {
    return pending_end(requests, slot, WAY_REFUSED, answer);
}

uint64_t fasti_requests_forget(struct fasti_requests *requests, fasti_request_slot slot) {
    return pending_end(requests, slot, WAY_FREE, NULL);
}

void fasti_requests_restore(struct fasti_requests *requests, const struct fasti_request *request,
                            const struct fasti_request_answer *answer) {
    int64_t id_ms;
    if (!fasti_request_id_ms(request->id, &id_ms))
        return;
    const struct place place = place_of(requests, request, id_ms);
    if (way_find(&place, request, 0) != WAY_NONE || id_ms <= place.bucket->horizon_ms)
        return;
    const uint32_t way = way_choose(&place, INT64_MIN);
    const uint64_t oldest = place.bucket->words[way];
    if (word_state(oldest) != WAY_FREE && word_ms(oldest) >= id_ms) {
        horizon_raise(place.bucket, id_ms); /* of 65 it is the oldest itself */
        return;
    }
    way_take(&place, way, WAY_EFFECT, request);
    place.entries[way].answer = *answer;
}

/* ---- snapshots ---- */

void fasti_requests_look(struct fasti_requests *requests, uint32_t bucket,
                         struct fasti_requests_view *view) {
    FASTI_ASSERT(bucket < requests->bucket_count);
    const struct place place = place_at(requests, bucket);
    pthread_mutex_lock(place.lock);
    view->horizon_ms = place.bucket->horizon_ms;
    view->count = 0;
    for (uint32_t way = 0; way < FASTI_REQUEST_WAYS; way++) {
        const uint64_t word = place.bucket->words[way];
        view->pending[way] = word_state(word) == WAY_PENDING ? word : 0;
        if (word_state(word) != WAY_EFFECT)
            continue;
        view->requests[view->count] = place.entries[way].request;
        view->answers[view->count++] = place.entries[way].answer;
    }
    pthread_mutex_unlock(place.lock);
}

void fasti_requests_restore_horizon(struct fasti_requests *requests, uint32_t bucket,
                                    uint32_t bucket_count, int64_t horizon_ms) {
    if (bucket_count == requests->bucket_count && bucket < bucket_count) {
        horizon_raise(&requests->buckets[bucket], horizon_ms);
        return;
    }
    for (uint32_t i = 0; i < requests->bucket_count; i++)
        horizon_raise(&requests->buckets[i], horizon_ms);
}
