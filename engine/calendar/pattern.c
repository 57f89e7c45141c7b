/*
 * pattern.c - the store of interned patterns and plans.
 *
 *   by_number  [number] -> pattern      filled once by the writer, read by anyone
 *   pattern_slots                       hash table of ids, for interning: the writer's alone
 *   plans ---> table {slots} -> entry   hash table that anyone reads while the writer adds
 *                |
 *              older tables             kept whole until destroy: a reader may still walk one
 *
 * Patterns, plans and tables are complete before their pointer is stored with release, and never
 * change or move afterwards. A reader that walks an older table may miss a newer plan: to it that
 * plan was never made, which is an answer that find may give.
 */
#include "engine/calendar/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/base/hash.h"
#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"

#define TABLE_SLOTS_FIRST 256 /* a power of two; tables are at most half full */

struct plan_entry {
    struct fasti_plan_key key;
    uint64_t hash;
    const struct fasti_plan *plan; /* in the same allocation */
};

struct plan_table {
    struct plan_table *older;
    uint32_t slot_count; /* a power of two */
    _Atomic(struct plan_entry *) slots[];
};

struct fasti_patterns {
    _Atomic(struct fasti_pattern *)
        *by_number; /* FASTI_PATTERNS_MAX + 1; untouched pages cost nothing */
    _Atomic uint32_t pattern_count;
    _Atomic uint32_t plan_count;
    uint32_t *pattern_slots; /* 0 = free */
    uint32_t pattern_slot_count;
    _Atomic(struct plan_table *) plans;
    uint64_t scratch[(FASTI_PLAN_SCRATCH_BYTES + 7) / 8];
};

static uint64_t hash_step(uint64_t hash, uint64_t value) {
    return fasti_hash_mix(hash * UINT64_C(0x9e3779b97f4a7c15) + value);
}

/* Field by field: what padding holds must not matter. */
static uint64_t spans_hash(const struct fasti_span *spans, uint32_t count) {
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = hash_step(hash, (uint64_t)spans[i].start_tick << 32 | spans[i].end_tick);
        hash = hash_step(hash, (uint32_t)spans[i].anchor_tick);
        hash = hash_step(hash, (uint64_t)spans[i].whole_end_tick << 32 | spans[i].capacity);
        hash = hash_step(hash, (uint64_t)spans[i].over_ticks << 40 |
                                   (uint64_t)spans[i].flags << 32 | spans[i].service_count);
        for (uint32_t s = 0; s < spans[i].service_count; s++)
            hash = hash_step(hash, spans[i].services[s].v);
    }
    return hash;
}

static bool span_equal(const struct fasti_span *a, const struct fasti_span *b) {
    return a->start_tick == b->start_tick && a->end_tick == b->end_tick &&
           a->anchor_tick == b->anchor_tick && a->whole_end_tick == b->whole_end_tick &&
           a->over_ticks == b->over_ticks && a->capacity == b->capacity && a->flags == b->flags &&
           a->service_count == b->service_count &&
           memcmp(a->services, b->services, a->service_count * sizeof a->services[0]) == 0;
}

static bool pattern_equal(const struct fasti_pattern *pattern,
                          const struct fasti_day_draft *draft) {
    if (pattern->span_count != draft->count)
        return false;
    for (uint32_t i = 0; i < draft->count; i++) {
        if (!span_equal(&pattern->spans[i], &draft->spans[i]))
            return false;
    }
    return true;
}

static bool names_services(const struct fasti_day_draft *draft) {
    for (uint32_t i = 0; i < draft->count; i++)
        if (draft->spans[i].service_count > 0)
            return true;
    return false;
}

static struct fasti_pattern *pattern_make(const struct fasti_day_draft *draft, uint32_t id) {
    struct fasti_pattern *pattern =
        calloc(1, sizeof *pattern + draft->count * sizeof pattern->spans[0]);
    if (pattern == NULL)
        return NULL;
    pattern->id = id;
    pattern->span_count = draft->count;
    pattern->tick_first = draft->count == 0 ? 0 : UINT32_MAX;
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct fasti_span *span = &draft->spans[i];
        FASTI_ASSERT(span->start_tick < span->end_tick && span->end_tick <= FASTI_TICKS_MAX);
        pattern->spans[i] = *span;
        pattern->tick_first =
            span->start_tick < pattern->tick_first ? span->start_tick : pattern->tick_first;
        pattern->tick_end = span->end_tick > pattern->tick_end ? span->end_tick : pattern->tick_end;
        if ((span->flags & FASTI_OPENING_FULL) == 0)
            fasti_bits_set(pattern->open, span->start_tick,
                           (uint32_t)span->end_tick - span->start_tick);
    }
    return pattern;
}

/* The pattern that equals the draft (0: none), and the slot where it is or belongs. */
static uint32_t pattern_search(const struct fasti_patterns *patterns,
                               const struct fasti_day_draft *draft, uint32_t *slot) {
    const uint32_t mask = patterns->pattern_slot_count - 1;
    *slot = (uint32_t)spans_hash(draft->spans, draft->count) & mask;
    for (; patterns->pattern_slots[*slot] != 0; *slot = (*slot + 1) & mask) {
        const uint32_t id = patterns->pattern_slots[*slot];
        if (pattern_equal(fasti_pattern_get(patterns, id), draft))
            return id;
    }
    return 0;
}

/* Doubles the table of ids when it is half full. The writer is alone with it. */
static bool pattern_slots_grow(struct fasti_patterns *patterns) {
    const uint32_t count = fasti_patterns_count(patterns);
    if (count < patterns->pattern_slot_count / 2)
        return true;
    const uint32_t slot_count = patterns->pattern_slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t number = 1; number <= count; number++) {
        const struct fasti_pattern *pattern = fasti_pattern_get(patterns, number);
        uint32_t slot =
            (uint32_t)spans_hash(pattern->spans, pattern->span_count) & (slot_count - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = pattern->id;
    }
    free(patterns->pattern_slots);
    patterns->pattern_slots = slots;
    patterns->pattern_slot_count = slot_count;
    return true;
}

enum fasti_status fasti_pattern_intern(struct fasti_patterns *patterns,
                                       const struct fasti_day_draft *draft, uint32_t *pattern_id) {
    uint32_t slot;
    FASTI_ASSERT(draft->count <= FASTI_SPANS_MAX);
    *pattern_id = pattern_search(patterns, draft, &slot);
    if (*pattern_id != 0)
        return FASTI_OK;
    const uint32_t number = fasti_patterns_count(patterns) + 1;
    const uint32_t id = number | (names_services(draft) ? FASTI_PATTERN_NAMES : 0);
    if (number > FASTI_PATTERNS_MAX)
        return FASTI_LIMIT_RECORDS;
    if (!pattern_slots_grow(patterns))
        return FASTI_LIMIT_MEMORY;
    struct fasti_pattern *pattern = pattern_make(draft, id);
    if (pattern == NULL)
        return FASTI_LIMIT_MEMORY;
    pattern_search(patterns, draft, &slot); /* again: the table may have grown */
    patterns->pattern_slots[slot] = id;
    fasti_store_release(&patterns->by_number[number], pattern); /* T1: pairs with T2 */
    fasti_store_release(&patterns->pattern_count, number);      /* T3: pairs with T4 */
    *pattern_id = id;
    return FASTI_OK;
}

const struct fasti_pattern *fasti_pattern_get(const struct fasti_patterns *patterns, uint32_t id) {
    const uint32_t number = id & ~FASTI_PATTERN_NAMES;
    FASTI_ASSERT(id != FASTI_PATTERN_NONE && number <= FASTI_PATTERNS_MAX);
    /* T2: pairs with T1 */
    const struct fasti_pattern *pattern = fasti_load_acquire(&patterns->by_number[number]);
    FASTI_ASSERT(pattern != NULL);
    return pattern;
}

/* The key by which the store knows the plan. */
static struct fasti_plan_key key_normal(const struct fasti_plan_key *key) {
    struct fasti_plan_key normal = *key;
    if ((key->pattern_id & FASTI_PATTERN_NAMES) == 0)
        normal.service = (fasti_service_id){0};
    return normal;
}

static bool key_equal(const struct fasti_plan_key *a, const struct fasti_plan_key *b) {
    return a->pattern_id == b->pattern_id && a->service.v == b->service.v &&
           a->duration_ticks == b->duration_ticks && a->grid_ticks == b->grid_ticks &&
           a->offset_ticks == b->offset_ticks;
}

static uint64_t key_hash(const struct fasti_plan_key *key) {
    return hash_step(fasti_hash_mix((uint64_t)key->pattern_id << 32 | key->service.v),
                     (uint64_t)key->duration_ticks << 32 | (uint64_t)key->offset_ticks << 16 |
                         key->grid_ticks);
}

static const struct fasti_plan *plan_search(const struct fasti_patterns *patterns,
                                            const struct fasti_plan_key *key, uint64_t hash) {
    struct plan_table *table = fasti_load_acquire(&patterns->plans); /* T6: pairs with T5 */
    const uint32_t mask = table->slot_count - 1;
    for (uint32_t slot = (uint32_t)hash & mask;; slot = (slot + 1) & mask) {
        /* T8: pairs with T7; the table is at most half full, so a free slot ends the walk */
        const struct plan_entry *entry = fasti_load_acquire(&table->slots[slot]);
        if (entry == NULL)
            return NULL;
        if (entry->hash == hash && key_equal(&entry->key, key))
            return entry->plan;
    }
}

const struct fasti_plan *fasti_plan_find(const struct fasti_patterns *patterns,
                                         const struct fasti_plan_key *key) {
    const struct fasti_plan_key normal = key_normal(key);
    return plan_search(patterns, &normal, key_hash(&normal));
}

void fasti_plan_prefetch(const struct fasti_patterns *patterns, const struct fasti_plan_key *key,
                         uint32_t level) {
    const struct fasti_plan_key normal = key_normal(key);
    const struct plan_table *table = fasti_load_acquire(&patterns->plans);
    _Atomic(struct plan_entry *) const *slot =
        &table->slots[(uint32_t)key_hash(&normal) & (table->slot_count - 1)];
    if (level == 0) {
        __builtin_prefetch(&patterns->by_number[key->pattern_id & ~FASTI_PATTERN_NAMES]);
        __builtin_prefetch(slot);
        return;
    }
    __builtin_prefetch(fasti_pattern_get(patterns, key->pattern_id));
    const char *entry = (const char *)fasti_load_acquire(slot);
    if (entry != NULL) {
        __builtin_prefetch(entry);
        __builtin_prefetch(entry + 64);
    }
}

static void table_put(struct plan_table *table, struct plan_entry *entry) {
    const uint32_t mask = table->slot_count - 1;
    uint32_t slot = (uint32_t)entry->hash & mask;
    while (fasti_load_relaxed(&table->slots[slot]) != NULL)
        slot = (slot + 1) & mask;
    fasti_store_release(&table->slots[slot], entry); /* T7: pairs with T8 */
}

static struct plan_table *table_make(uint32_t slot_count, struct plan_table *older) {
    struct plan_table *table = calloc(1, sizeof *table + slot_count * sizeof table->slots[0]);
    if (table != NULL) {
        table->older = older;
        table->slot_count = slot_count;
    }
    return table;
}

/* A table of twice the size with all entries takes over when the current one is half full. */
static bool table_grow(struct fasti_patterns *patterns) {
    struct plan_table *current = fasti_load_relaxed(&patterns->plans);
    if (fasti_plans_count(patterns) < current->slot_count / 2)
        return true;
    struct plan_table *table = table_make(current->slot_count * 2, current);
    if (table == NULL)
        return false;
    for (uint32_t slot = 0; slot < current->slot_count; slot++) {
        struct plan_entry *entry = fasti_load_relaxed(&current->slots[slot]);
        if (entry != NULL)
            table_put(table, entry);
    }
    fasti_store_release(&patterns->plans, table); /* T5: pairs with T6 */
    return true;
}

static struct plan_entry *entry_make(const struct fasti_plan_key *key, uint64_t hash,
                                     const struct fasti_plan *plan) {
    const size_t plan_bytes = sizeof *plan + plan->group_count * sizeof plan->groups[0];
    struct plan_entry *entry = malloc(sizeof *entry + plan_bytes);
    if (entry == NULL)
        return NULL;
    memcpy(entry + 1, plan, plan_bytes);
    *entry = (struct plan_entry){
        .key = *key, .hash = hash, .plan = (const struct fasti_plan *)(entry + 1)};
    return entry;
}

enum fasti_status fasti_plan_make(struct fasti_patterns *patterns, const struct fasti_plan_key *key,
                                  const struct fasti_plan **plan) {
    const struct fasti_plan_key normal = key_normal(key);
    const uint64_t hash = key_hash(&normal);
    *plan = plan_search(patterns, &normal, hash);
    if (*plan != NULL)
        return FASTI_OK;
    const uint32_t count = fasti_plans_count(patterns);
    if (count == FASTI_PLANS_MAX)
        return FASTI_LIMIT_RECORDS;
    const struct fasti_pattern *pattern = fasti_pattern_get(patterns, key->pattern_id);
    struct fasti_plan *scratch = (struct fasti_plan *)patterns->scratch;
    FASTI_TRY(fasti_plan_compute(pattern->spans, pattern->span_count, NULL, &normal, scratch));
    struct plan_entry *entry = table_grow(patterns) ? entry_make(&normal, hash, scratch) : NULL;
    if (entry == NULL)
        return FASTI_LIMIT_MEMORY;
    table_put(fasti_load_relaxed(&patterns->plans), entry);
    fasti_store_release(&patterns->plan_count, count + 1); /* T3: pairs with T4 */
    *plan = entry->plan;
    return FASTI_OK;
}

struct fasti_patterns *fasti_patterns_create(void) {
    static const struct fasti_day_draft closed = {.count = 0};
    struct fasti_patterns *patterns = calloc(1, sizeof *patterns);
    if (patterns == NULL)
        return NULL;
    patterns->by_number = calloc(FASTI_PATTERNS_MAX + 1, sizeof patterns->by_number[0]);
    patterns->pattern_slots = calloc(TABLE_SLOTS_FIRST, sizeof *patterns->pattern_slots);
    patterns->pattern_slot_count = TABLE_SLOTS_FIRST;
    struct plan_table *table = table_make(TABLE_SLOTS_FIRST, NULL);
    fasti_store_release(&patterns->plans, table); /* T5: pairs with T6 */
    uint32_t id;
    if (patterns->by_number == NULL || patterns->pattern_slots == NULL || table == NULL ||
        fasti_pattern_intern(patterns, &closed, &id) != FASTI_OK) {
        fasti_patterns_destroy(patterns);
        return NULL;
    }
    FASTI_ASSERT(id == FASTI_PATTERN_CLOSED);
    return patterns;
}

void fasti_patterns_destroy(struct fasti_patterns *patterns) {
    if (patterns == NULL)
        return;
    struct plan_table *table = fasti_load_relaxed(&patterns->plans);
    for (uint32_t slot = 0; table != NULL && slot < table->slot_count; slot++)
        free(fasti_load_relaxed(&table->slots[slot]));
    while (table != NULL) {
        struct plan_table *older = table->older;
        free(table);
        table = older;
    }
    for (uint32_t n = 1; n <= fasti_patterns_count(patterns); n++)
        free(fasti_load_relaxed(&patterns->by_number[n]));
    free(patterns->pattern_slots);
    free(patterns->by_number);
    free(patterns);
}

uint32_t fasti_patterns_count(const struct fasti_patterns *patterns) {
    return fasti_load_acquire(&patterns->pattern_count); /* T4: pairs with T3 */
}

uint32_t fasti_plans_count(const struct fasti_patterns *patterns) {
    return fasti_load_acquire(&patterns->plan_count); /* T4: pairs with T3 */
}
