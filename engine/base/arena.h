/*
 * arena.h - small immutable objects named by 32 bits: pages, records, descriptors.
 *
 *   index = chunk (15 bits) | unit (17 bits)      address = chunks[chunk] + unit * 16
 *
 * Chunks of 2 MiB are taken from the allocator, as huge pages where the system has them, and never
 * given back; freed objects go to a free list of their size in the local that frees them. Index 0
 * is never given out.
 * Threading: one struct fasti_arena for all; one struct fasti_arena_local a worker, used by its
 * worker only. Addresses are valid until the object is freed, and stay readable memory for ever.
 */
#ifndef FASTI_BASE_ARENA_H
#define FASTI_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ahead.h"
#include "engine/base/atomics.h"
#include "engine/base/limits.h"

#define FASTI_ARENA_CLASSES  840 /* sizes of 16 to 13,424 bytes in steps of 16 */
#define FASTI_ARENA_SIZE_MAX ((FASTI_ARENA_CLASSES - 1) * FASTI_ARENA_UNIT_BYTES)

struct fasti_arena {
    _Atomic(uint8_t *) chunks[FASTI_ARENA_CHUNKS_MAX];
    _Atomic uint32_t chunk_count;
    uint32_t chunks_max;       /* the memory limit, 1 to FASTI_ARENA_CHUNKS_MAX */
    uint32_t chunks_reserved;  /* of them: for locals that may use the reserve */
    bool is_loading;           /* between load_begin and load_end */
    struct fasti_ahead *ahead; /* while it loads much: chunks that another thread made ready */
};

struct fasti_arena_local {
    struct fasti_arena *arena;
    bool uses_reserve; /* what gives memory back, or must not stop halfway, may go to the limit */
    uint32_t chunk;    /* the chunk being cut up */
    uint32_t unit;     /* its first unused unit */
    uint32_t unit_end; /* 0 before the first chunk */
    uint32_t spare;    /* the chunk after it, when has_spare */
    bool has_spare;
    bool is_scarce; /* a chunk was refused here: the last of the memory is kept for the reserve */
    uint64_t free_bytes; /* on the lists below */
    uint32_t free[FASTI_ARENA_CLASSES];
};

/* bytes_max bounds the memory taken, rounded up to whole chunks. */
void fasti_arena_init(struct fasti_arena *arena, uint64_t bytes_max);
void fasti_arena_deinit(struct fasti_arena *arena);

/* Keeps chunks back, at most half of all. Before anything is allocated. Once chunks are refused,
 * each local also keeps an eighth of a chunk of its free memory for those that may use the reserve,
 * who then take a larger object where there is none of their size: without that, what is freed out
 * of the reserve would serve the others until nothing is left of it. */
void fasti_arena_reserve(struct fasti_arena *arena, uint32_t chunks);

/* What was acknowledged must load, whatever the order in which it came to be: between the two, the
 * limit is an eighth and a chunk larger and nothing is kept back. Afterwards the whole reserve is
 * there again, beyond the limit if need be. By one thread, while no other uses the arena. */
void fasti_arena_load_begin(struct fasti_arena *arena);
/* In between: about so many bytes are going to be allocated; another thread takes them ahead. */
void fasti_arena_load_expect(struct fasti_arena *arena, uint64_t bytes);
void fasti_arena_load_end(struct fasti_arena *arena);

/* Would bytes of small objects surely find room here, half of the reserve left alone? Counts chunks
 * that nobody took and a quarter of what this local has on its free lists (sizes differ). */
bool fasti_arena_has_room(const struct fasti_arena_local *local, uint64_t bytes);
void fasti_arena_local_init(struct fasti_arena_local *local, struct fasti_arena *arena);

/* Returns the index of size bytes (1 to FASTI_ARENA_SIZE_MAX), uninitialised, 16-byte aligned;
 * 0 when the memory limit, less the reserve unless local->uses_reserve, is reached. */
uint32_t fasti_arena_alloc(struct fasti_arena_local *local, size_t size);

/* Takes the next chunk from the allocator once half of the current one is used, so that alloc need
 * not; while memory is scarce it takes none ahead. Call it between requests. */
void fasti_arena_prepare(struct fasti_arena_local *local);

/* Gives back an object that nobody can reach any more; size is what was asked for. */
void fasti_arena_free(struct fasti_arena_local *local, uint32_t index, size_t size);

/* Bytes taken from the allocator so far. */
uint64_t fasti_arena_bytes(struct fasti_arena *arena);

static inline void *fasti_arena_at(struct fasti_arena *arena, uint32_t index) {
    const uint32_t unit = index & ((UINT32_C(1) << FASTI_ARENA_UNIT_BITS) - 1);
    uint8_t *chunk = fasti_load_acquire(&arena->chunks[index >> FASTI_ARENA_UNIT_BITS]);
    return chunk + (size_t)unit * FASTI_ARENA_UNIT_BYTES;
}

#endif
