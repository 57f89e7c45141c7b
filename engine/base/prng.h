/*
 * prng.h - splitmix64 (Steele, Lea, Flood 2014): seeds of tests and of the simulator.
 * Not for secrets. A fixed seed gives the same stream on every machine.
 */
#ifndef FASTI_BASE_PRNG_H
#define FASTI_BASE_PRNG_H

#include <stdint.h>

__extension__ typedef unsigned __int128 fasti_uint128;

struct fasti_prng {
    uint64_t state;
};

static inline uint64_t fasti_prng_next(struct fasti_prng *prng) {
    uint64_t z = (prng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform enough for tests: 0 <= result < end; end > 0. */
static inline uint64_t fasti_prng_below(struct fasti_prng *prng, uint64_t end) {
    return (uint64_t)(((fasti_uint128)fasti_prng_next(prng) * end) >> 64);
}

#endif
