/*
 * kernels.h - bit arithmetic over one day: which starts are free.
 *
 * A day is FASTI_DAY_WORDS_MAX words, bit t of word t / 64 = tick t. Every kernel has a scalar
 * form; where a wide one is worth it, the widest that the processor has is used, unless
 * fasti_kernels_choose said another. Tests compare each with a loop over single ticks. Pure
 * functions, any thread.
 */
#ifndef FASTI_CALENDAR_KERNELS_H
#define FASTI_CALENDAR_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/limits.h"

/* bit t of the result: t .. t + length - 1 are all free, i.e. 0 in taken; ticks beyond the last
 * word count as taken. words 1 to FASTI_DAY_WORDS_MAX; length >= 1. log2(length) shift steps. */
void fasti_kernel_runs(const uint64_t *taken, uint32_t words, uint32_t length, uint64_t *runs);

/* The candidates of the first `count` (<= words) words at which such a run starts, that is runs &
 * candidates, in one pass while the words are in registers. Returns the union of the words. */
uint64_t fasti_kernel_starts(const uint64_t *taken, uint32_t words, uint32_t length,
                             const uint64_t *candidates, uint32_t count, uint64_t *starts);

/* Writes the positions of the set bits, ascending, to ticks; returns how many. Writes whole groups,
 * so ticks needs room for FASTI_KERNEL_GROUP entries more, whose content is unspecified. */
uint32_t fasti_kernel_positions(const uint64_t *words, uint32_t word_count, uint16_t *ticks);
uint32_t fasti_kernel_positions_scalar(const uint64_t *words, uint32_t word_count, uint16_t *ticks);
#define FASTI_KERNEL_GROUP 32

/* Bit i of the result, i < count <= 64: bytes[i] >= least. The 64 bytes from there on can be read.
 * Others may write them meanwhile; each is read whole, as it is at some moment of the call. */
uint64_t fasti_kernel_at_least(const _Atomic uint8_t *bytes, uint32_t count, uint8_t least);
uint64_t fasti_kernel_at_least_scalar(const _Atomic uint8_t *bytes, uint32_t count, uint8_t least);

/* Days of FASTI_KERNEL_DAY_WORDS words. Bit i of the result, i < count <= 64: bit i of `which` is
 * set, and days[i] has a run of `length` (1 to 64) ones that begins at a bit of `window`; firsts[i]
 * is then the first such bit. No run goes on beyond the last word. A day of all ones is one of
 * which nothing is known: 0, whatever the window. Only days of `which` are read. Others may write
 * words meanwhile; each is read whole, as it is at some moment of the call. */
#define FASTI_KERNEL_DAY_WORDS 4
struct fasti_kernel_day {
    _Atomic uint64_t words[FASTI_KERNEL_DAY_WORDS];
};
uint64_t fasti_kernel_first_runs(const struct fasti_kernel_day *days, uint32_t count,
                                 uint64_t which, uint32_t length, const uint64_t *window,
                                 uint8_t *firsts);
uint64_t fasti_kernel_first_runs_scalar(const struct fasti_kernel_day *days, uint32_t count,
                                        uint64_t which, uint32_t length, const uint64_t *window,
                                        uint8_t *firsts);

/* Chooses for the whole process: "scalar", "avx2", "avx512", or (NULL or empty) the widest that
 * this processor has. Returns the name of what is used from now on, NULL (and nothing changed) for
 * one that is unknown or that the processor lacks. */
const char *fasti_kernels_choose(const char *name);

/* The bits of one word that belong to ticks [tick, end); the word overlaps the range. */
static inline uint64_t fasti_bits_mask(uint32_t word, uint32_t tick, uint32_t end) {
    const uint32_t base = word * 64;
    uint64_t mask = UINT64_MAX;
    if (tick > base)
        mask &= UINT64_MAX << (tick - base);
    if (end < base + 64)
        mask &= UINT64_MAX >> (base + 64 - end);
    return mask;
}

/* The bits of `low` from which on `length` (1 to 64) ones follow: a run that begins in a word ends
 * in it or in the next one, which is `high`. */
static inline uint64_t fasti_bits_runs_from(uint64_t low, uint64_t high, uint32_t length) {
    for (uint32_t have = 1; have < length;) {
        const uint32_t step = have < length - have ? have : length - have; /* 1 to 32 */
        low &= low >> step | high << (64 - step);
        high &= high >> step;
        have += step;
    }
    return low;
}

/* Ticks [tick, tick + count) inside the words. count 0: any is false, all is true. */
bool fasti_bits_any(const uint64_t *words, uint32_t tick, uint32_t count);
bool fasti_bits_all(const uint64_t *words, uint32_t tick, uint32_t count);
void fasti_bits_set(uint64_t *words, uint32_t tick, uint32_t count);
void fasti_bits_clear(uint64_t *words, uint32_t tick, uint32_t count);

/* Length of the longest run of ones. */
uint32_t fasti_bits_run_longest(const uint64_t *words, uint32_t word_count);

#endif
