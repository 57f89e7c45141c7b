/*
 * hash.h - XXH3 by another name: the one home of xxhash.h is hash.c.
 *
 * 128-bit values are checksums of the disk format and terms of the digest; 64-bit values serve
 * tables in memory only. Neither is a defence against an adversary.
 */
#ifndef FASTI_BASE_HASH_H
#define FASTI_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct fasti_hash128 {
    uint64_t low, high;
};

uint64_t fasti_hash64(const void *bytes, size_t size);
uint64_t fasti_hash64_seeded(const void *bytes, size_t size, uint64_t seed);
struct fasti_hash128 fasti_hash128(const void *bytes, size_t size);

/* Sum and difference modulo 2^128: the digest of a set is the sum of its records' hashes. */
static inline struct fasti_hash128 fasti_hash128_add(struct fasti_hash128 a,
                                                     struct fasti_hash128 b) {
    struct fasti_hash128 sum = {a.low + b.low, a.high + b.high};
    sum.high += sum.low < a.low;
    return sum;
}

static inline struct fasti_hash128 fasti_hash128_subtract(struct fasti_hash128 a,
                                                          struct fasti_hash128 b) {
    struct fasti_hash128 difference = {a.low - b.low, a.high - b.high};
    difference.high -= a.low < b.low;
    return difference;
}

static inline int fasti_hash128_equal(struct fasti_hash128 a, struct fasti_hash128 b) {
    return a.low == b.low && a.high == b.high;
}

/* A mixer for keys that are already numbers (splitmix64's finaliser). */
static inline uint64_t fasti_hash_mix(uint64_t x) {
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
