/*
 * arena.c - chunks cut into units of 16 bytes, with a free list a size and worker.
 *
 * malloc is jemalloc's in release builds.
 */
#include "engine/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/huge.h"
#include "engine/base/panic.h"

#if defined(__has_feature) /* clang; gcc 12 has only the macro */
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define CHUNK_UNITS (UINT32_C(1) << FASTI_ARENA_UNIT_BITS)
#define KEPT_BYTES  (FASTI_ARENA_CHUNK_BYTES / 8) /* a local, once memory is scarce */

void fasti_arena_init(struct fasti_arena *arena, uint64_t bytes_max) {
    memset(arena, 0, sizeof *arena);
    const uint64_t chunks =
        bytes_max / FASTI_ARENA_CHUNK_BYTES + (bytes_max % FASTI_ARENA_CHUNK_BYTES != 0);
    arena->chunks_max =
        chunks == 0 ? 1
                    : (uint32_t)(chunks < FASTI_ARENA_CHUNKS_MAX ? chunks : FASTI_ARENA_CHUNKS_MAX);
}

void fasti_arena_deinit(struct fasti_arena *arena) {
    fasti_ahead_destroy(arena->ahead);
    for (uint32_t i = 0; i < FASTI_ARENA_CHUNKS_MAX; i++) {
        uint8_t *chunk = fasti_load_relaxed(&arena->chunks[i]);
        if (chunk == NULL)
            continue;
        UNPOISON(chunk, FASTI_ARENA_CHUNK_BYTES);
        free(chunk);
    }
    memset(arena, 0, sizeof *arena);
}

void fasti_arena_local_init(struct fasti_arena_local *local, struct fasti_arena *arena) {
    memset(local, 0, sizeof *local);
    local->arena = arena;
}

static uint32_t unit_count(size_t size) {
    FASTI_ASSERT(size > 0 && size <= FASTI_ARENA_SIZE_MAX);
    return (uint32_t)((size + FASTI_ARENA_UNIT_BYTES - 1) / FASTI_ARENA_UNIT_BYTES);
}

void fasti_arena_reserve(struct fasti_arena *arena, uint32_t chunks) {
    arena->chunks_reserved = chunks < arena->chunks_max / 2 ? chunks : arena->chunks_max / 2;
}

static uint32_t chunks_at_most(uint64_t chunks) {
    return chunks < FASTI_ARENA_CHUNKS_MAX ? (uint32_t)chunks : FASTI_ARENA_CHUNKS_MAX;
}

void fasti_arena_load_begin(struct fasti_arena *arena) {
    arena->is_loading = true;
}

/* Less than that is not worth a thread. */
#define EXPECTED_BYTES_MIN (UINT64_C(64) << 20)

void fasti_arena_load_expect(struct fasti_arena *arena, uint64_t bytes) {
    const uint64_t bound = (uint64_t)arena->chunks_max * FASTI_ARENA_CHUNK_BYTES;
    if (!arena->is_loading || bytes < EXPECTED_BYTES_MIN || bytes > bound || arena->ahead != NULL)
        return;
    arena->ahead =
        fasti_ahead_create(FASTI_ARENA_CHUNK_BYTES, (uint32_t)(bytes / FASTI_ARENA_CHUNK_BYTES));
}

void fasti_arena_load_end(struct fasti_arena *arena) {
    arena->is_loading = false;
    fasti_ahead_destroy(arena->ahead);
    arena->ahead = NULL;
    const uint32_t needed =
        chunks_at_most((uint64_t)fasti_load_relaxed(&arena->chunk_count) + arena->chunks_reserved);
    if (arena->chunks_max < needed)
        arena->chunks_max = needed;
}

static uint32_t limit(const struct fasti_arena *arena, bool uses_reserve) {
    if (arena->is_loading)
        return chunks_at_most((uint64_t)arena->chunks_max + arena->chunks_max / 8 + 1);
    return arena->chunks_max - (uses_reserve ? 0 : arena->chunks_reserved);
}

bool fasti_arena_has_room(const struct fasti_arena_local *local, uint64_t bytes) {
    struct fasti_arena *arena = local->arena;
    const uint32_t end = arena->chunks_max - arena->chunks_reserved / 2;
    const uint32_t count = fasti_load_relaxed(&arena->chunk_count);
    const uint64_t untouched = count < end ? (uint64_t)(end - count) * FASTI_ARENA_CHUNK_BYTES : 0;
    return untouched + local->free_bytes / 4 >= bytes;
}

/* A chunk from the allocator; false: the limit is reached. */
static bool chunk_take(struct fasti_arena *arena, bool uses_reserve, uint32_t *taken) {
    const uint32_t chunk = fasti_add_relaxed(&arena->chunk_count, 1);
    if (chunk >= limit(arena, uses_reserve)) {
        fasti_add_relaxed(&arena->chunk_count, UINT32_MAX); /* subtract one */
        return false;
    }
    uint8_t *memory = arena->ahead == NULL ? NULL : fasti_ahead_take(arena->ahead);
    if (memory == NULL)
        memory = aligned_alloc(FASTI_ARENA_CHUNK_BYTES, FASTI_ARENA_CHUNK_BYTES);
    if (memory == NULL) {
        fasti_add_relaxed(&arena->chunk_count, UINT32_MAX);
        return false;
    }
    /* Pages are read at random: a huge page costs one fault and one TLB entry. Advice only. */
    fasti_huge_advise(memory, FASTI_ARENA_CHUNK_BYTES);
    POISON(memory, FASTI_ARENA_CHUNK_BYTES);
    uint32_t place = chunk;
    for (uint8_t *empty = NULL; /* a refused neighbour may have shifted the count: find a hole */
         !fasti_cas_acq_rel(&arena->chunks[place], &empty, memory); empty = NULL)
        place = (place + 1) % FASTI_ARENA_CHUNKS_MAX;
    *taken = place;
    return true;
}

/* Puts what is left of the current chunk on the free lists, then starts a new one. */
static bool chunk_next(struct fasti_arena_local *local) {
    while (local->unit < local->unit_end) {
        uint32_t left = local->unit_end - local->unit;
        left = left < FASTI_ARENA_CLASSES - 1 ? left : FASTI_ARENA_CLASSES - 1;
        fasti_arena_free(local, local->chunk << FASTI_ARENA_UNIT_BITS | local->unit,
                         (size_t)left * FASTI_ARENA_UNIT_BYTES);
        local->unit += left;
    }
    if (!local->has_spare && !chunk_take(local->arena, local->uses_reserve, &local->spare)) {
        local->is_scarce = true;
        return false;
    }
    local->has_spare = false;
    local->chunk = local->spare;
    local->unit = local->chunk == 0 ? 1 : 0; /* index 0 means none */
    local->unit_end = CHUNK_UNITS;
    return true;
}

void fasti_arena_prepare(struct fasti_arena_local *local) {
    struct fasti_arena *arena = local->arena;
    const bool is_due = local->unit_end != 0 && local->unit_end - local->unit < CHUNK_UNITS / 2;
    const uint32_t ahead_max = arena->chunks_max - arena->chunks_reserved - arena->chunks_max / 4;
    if (local->has_spare || !is_due || fasti_load_relaxed(&arena->chunk_count) >= ahead_max)
        return;
    local->has_spare = chunk_take(arena, false, &local->spare);
}

/* Is what is left here kept for those that may use the reserve? */
static bool is_kept(const struct fasti_arena_local *local) {
    const uint64_t uncut = (uint64_t)(local->unit_end - local->unit) * FASTI_ARENA_UNIT_BYTES;
    return local->is_scarce && !local->uses_reserve && local->arena->chunks_reserved != 0 &&
           local->free_bytes + uncut < KEPT_BYTES;
}

static uint32_t list_pop(struct fasti_arena_local *local, uint32_t units) {
    const uint32_t index = local->free[units];
    if (index == 0)
        return 0;
    uint8_t *object = fasti_arena_at(local->arena, index);
    UNPOISON(object, (size_t)units * FASTI_ARENA_UNIT_BYTES);
    memcpy(&local->free[units], object, sizeof local->free[units]);
    local->free_bytes -= (uint64_t)units * FASTI_ARENA_UNIT_BYTES;
    return index;
}

/* The first units of the smallest larger object that is free; the rest of it is free too. */
static uint32_t list_split(struct fasti_arena_local *local, uint32_t units) {
    for (uint32_t larger = units + 1; larger < FASTI_ARENA_CLASSES; larger++) {
        const uint32_t index = list_pop(local, larger);
        if (index == 0)
            continue;
        fasti_arena_free(local, index + units, (size_t)(larger - units) * FASTI_ARENA_UNIT_BYTES);
        return index;
    }
    return 0;
}

uint32_t fasti_arena_alloc(struct fasti_arena_local *local, size_t size) {
    const uint32_t units = unit_count(size);
    if (is_kept(local))
        return 0;
    uint32_t index = list_pop(local, units);
    if (index != 0)
        return index;
    if (local->unit + units > local->unit_end && !chunk_next(local))
        return local->uses_reserve ? list_split(local, units) : 0;
    index = local->chunk << FASTI_ARENA_UNIT_BITS | local->unit;
    local->unit += units;
    UNPOISON(fasti_arena_at(local->arena, index), (size_t)units * FASTI_ARENA_UNIT_BYTES);
    return index;
}

void fasti_arena_free(struct fasti_arena_local *local, uint32_t index, size_t size) {
    const uint32_t units = unit_count(size);
    uint8_t *object = fasti_arena_at(local->arena, index);
    UNPOISON(object, (size_t)units * FASTI_ARENA_UNIT_BYTES);
    memcpy(object, &local->free[units], sizeof local->free[units]);
    POISON(object, (size_t)units * FASTI_ARENA_UNIT_BYTES);
    local->free[units] = index;
    local->free_bytes += (uint64_t)units * FASTI_ARENA_UNIT_BYTES;
}

uint64_t fasti_arena_bytes(struct fasti_arena *arena) {
    return (uint64_t)fasti_load_relaxed(&arena->chunk_count) * FASTI_ARENA_CHUNK_BYTES;
}
