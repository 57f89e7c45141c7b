/*
 * kernels.c - portable bit arithmetic over the words of one day.
 *
 *   tick     0 1 2 3 4 5 6 7          length 3: free & free >> 1 -> runs of 2,
 *   free     1 1 1 1 0 1 1 0                    & again >> 1     -> runs of 3
 *   runs     1 1 0 0 0 0 0 0          each step at most doubles the run: log2(length) steps
 *
 * Words are written in ascending order and read at or above the one written, so every shift works
 * in place. Pure functions, any thread, no allocation.
 */
#include "engine/calendar/kernels.h"

#include <string.h>

#include "engine/base/panic.h"

#define GROUP 8 /* positions written at once */

/* words &= words >> shift, with zeros coming in beyond the last word. */
static void and_shifted(uint64_t *words, uint32_t count, uint32_t shift) {
    const uint32_t skip = shift / 64;
    const uint32_t bits = shift % 64;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t low = i + skip < count ? words[i + skip] : 0;
        const uint64_t high = i + skip + 1 < count ? words[i + skip + 1] : 0;
        words[i] &= bits == 0 ? low : low >> bits | high << (64 - bits);
    }
}

/* Each word is answered in registers, and no word waits for another. */
static inline uint64_t runs_word(const uint64_t *taken, uint32_t words, uint32_t length,
                                 uint32_t at) {
    return fasti_bits_runs_from(~taken[at], at + 1 < words ? ~taken[at + 1] : 0, length);
}

void fasti_kernel_runs(const uint64_t *taken, uint32_t words, uint32_t length, uint64_t *runs) {
    FASTI_ASSERT(words >= 1 && words <= FASTI_DAY_WORDS_MAX);
    FASTI_ASSERT(length >= 1);
    if (length <= 64) {
        for (uint32_t i = 0; i < words; i++)
            runs[i] = runs_word(taken, words, length, i);
        return;
    }
    if (length > words * 64) {
        memset(runs, 0, words * sizeof *runs);
        return;
    }
    for (uint32_t i = 0; i < words; i++)
        runs[i] = ~taken[i];
    for (uint32_t have = 1; have < length;) {
        const uint32_t step = have < length - have ? have : length - have;
        and_shifted(runs, words, step);
        have += step;
    }
}

uint64_t fasti_kernel_starts(const uint64_t *taken, uint32_t words, uint32_t length,
                             const uint64_t *candidates, uint32_t count, uint64_t *starts) {
    uint64_t any = 0;
    FASTI_ASSERT(count <= words);
    if (length <= 64) {
        for (uint32_t i = 0; i < count; i++)
            any |= starts[i] = runs_word(taken, words, length, i) & candidates[i];
        return any;
    }
    uint64_t runs[FASTI_DAY_WORDS_MAX];
    fasti_kernel_runs(taken, words, length, runs);
    for (uint32_t i = 0; i < count; i++)
        any |= starts[i] = runs[i] & candidates[i];
    return any;
}

/* How many bits are set decides when a group ends, not which: the branches are easy to predict
 * (after simdjson's flatten_bits, Langdale and Lemire 2019). */
uint32_t fasti_kernel_positions_scalar(const uint64_t *words, uint32_t word_count,
                                       uint16_t *ticks) {
    static const uint64_t beyond = UINT64_C(1) << 63; /* keeps ctz defined once no bit is left */
    uint32_t count = 0;
    for (uint32_t i = 0; i < word_count; i++) {
        uint64_t left = words[i];
        const uint32_t base = i * 64;
        for (uint16_t *group = ticks + count; left != 0; group += GROUP) {
            for (uint32_t k = 0; k < GROUP; k++) {
                group[k] = (uint16_t)(base + (uint32_t)__builtin_ctzll(left | beyond));
                left &= left - 1;
            }
        }
        count += (uint32_t)__builtin_popcountll(words[i]);
    }
    return count;
}

bool fasti_bits_any(const uint64_t *words, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    for (uint32_t i = tick / 64; i * 64 < end; i++) {
        if ((words[i] & fasti_bits_mask(i, tick, end)) != 0)
            return true;
    }
    return false;
}

bool fasti_bits_all(const uint64_t *words, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    for (uint32_t i = tick / 64; i * 64 < end; i++) {
        if ((~words[i] & fasti_bits_mask(i, tick, end)) != 0)
            return false;
    }
    return true;
}

void fasti_bits_set(uint64_t *words, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    for (uint32_t i = tick / 64; i * 64 < end; i++)
        words[i] |= fasti_bits_mask(i, tick, end);
}

void fasti_bits_clear(uint64_t *words, uint32_t tick, uint32_t count) {
    const uint32_t end = tick + count;
    for (uint32_t i = tick / 64; i * 64 < end; i++)
        words[i] &= ~fasti_bits_mask(i, tick, end);
}

uint32_t fasti_bits_run_longest(const uint64_t *words, uint32_t word_count) {
    uint32_t longest = 0;
    uint32_t run = 0; /* ones that reach up to the bit before the next one looked at */
    for (uint32_t i = 0; i < word_count; i++) {
        uint64_t left = words[i];
        for (uint32_t bit = 0; bit < 64;) {
            const uint32_t zeros = left == 0 ? 64 - bit : (uint32_t)__builtin_ctzll(left);
            if (zeros > 0) {
                run = 0;
                bit += zeros;
                left = bit < 64 ? left >> zeros : 0;
                continue;
            }
            const uint32_t ones = ~left == 0 ? 64 - bit : (uint32_t)__builtin_ctzll(~left);
            run += ones;
            longest = run > longest ? run : longest;
            bit += ones;
            left = bit < 64 ? left >> ones : 0;
        }
    }
    return longest;
}
