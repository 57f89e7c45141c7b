/*
 * hash.c - the only file that includes xxhash.h.
 */
#include "engine/base/hash.h"

#include <xxhash.h>

uint64_t fasti_hash64(const void *bytes, size_t size) {
    return XXH3_64bits(bytes, size);
}

uint64_t fasti_hash64_seeded(const void *bytes, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, size, seed);
}

struct fasti_hash128 fasti_hash128(const void *bytes, size_t size) {
    const XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (struct fasti_hash128){hash.low64, hash.high64};
}
