/*
 * test_kernels.c - every kernel against a loop over single ticks.
 *
 * Inputs: random days of every word count, plus the patterns at which word-wise code breaks (empty,
 * full, single bits at word edges, alternating). All lengths from 1 beyond the day's end.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/calendar/kernels.h"
#include "tests/support/seed.h"

#define WORDS FASTI_DAY_WORDS_MAX

static bool bit(const uint64_t *words, uint32_t tick) {
    return words[tick / 64] >> (tick % 64) & 1;
}

/* Days with long runs are as likely as noise: dense, sparse, or blocks. */
static void day_random(struct fasti_prng *prng, uint64_t *words) {
    const uint64_t style = fasti_prng_below(prng, 6);
    for (uint32_t i = 0; i < WORDS; i++) {
        const uint64_t a = fasti_prng_next(prng), b = fasti_prng_next(prng);
        const uint64_t c = fasti_prng_next(prng);
        words[i] = style == 0 ? a : style == 1 ? (a & b & c) : style == 2 ? (a | b | c) : 0;
        if (style == 3)
            words[i] = a % 8 == 0 ? b : 0;
        if (style == 4)
            words[i] = a % 8 == 0 ? b : UINT64_MAX;
        if (style == 5)
            words[i] = UINT64_MAX << (a % 64) & UINT64_MAX >> (b % 64);
    }
}

static void runs_compare(const uint64_t *taken, uint32_t words, uint32_t length) {
    uint64_t runs[WORDS];
    memset(runs, 0xa5, sizeof runs);
    fasti_kernel_runs(taken, words, length, runs);
    uint32_t free_after = 0; /* free ticks from t on */
    for (uint32_t t = words * 64; t-- > 0;) {
        free_after = bit(taken, t) ? 0 : free_after + 1;
        cr_assert_eq(bit(runs, t), free_after >= length, "words %u length %u tick %u", words,
                     length, t);
    }
}

Test(kernels, runs_random) {
    struct fasti_prng prng = fasti_test_prng("kernels.runs_random");
    for (int round = 0; round < 400; round++) {
        uint64_t taken[WORDS];
        day_random(&prng, taken);
        const uint32_t words = 1 + (uint32_t)fasti_prng_below(&prng, WORDS);
        for (int i = 0; i < 20; i++)
            runs_compare(taken, words, 1 + (uint32_t)fasti_prng_below(&prng, words * 64 + 70));
    }
}

Test(kernels, starts_are_candidates_with_a_run) {
    struct fasti_prng prng = fasti_test_prng("kernels.starts");
    for (int round = 0; round < 4000; round++) {
        uint64_t taken[WORDS], candidates[WORDS], runs[WORDS], starts[WORDS + 1];
        day_random(&prng, taken);
        day_random(&prng, candidates);
        const uint32_t words = 1 + (uint32_t)fasti_prng_below(&prng, WORDS);
        const uint32_t count = (uint32_t)fasti_prng_below(&prng, words + 1);
        const uint32_t length = 1 + (uint32_t)fasti_prng_below(&prng, 150);
        uint64_t any = 0;
        memset(starts, 0xa5, sizeof starts);
        fasti_kernel_runs(taken, words, length, runs);
        const uint64_t said = fasti_kernel_starts(taken, words, length, candidates, count, starts);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(starts[i], runs[i] & candidates[i], "length %u word %u", length, i);
            any |= starts[i];
        }
        cr_assert_eq(said, any);
        cr_assert_eq(starts[count], UINT64_C(0xa5a5a5a5a5a5a5a5), "wrote beyond the count");
    }
}

Test(kernels, runs_every_length) {
    uint64_t taken[WORDS] = {0};
    for (uint32_t length = 1; length <= WORDS * 64 + 130; length++) {
        runs_compare(taken, WORDS, length);
        runs_compare(taken, 1, length);
    }
    const uint32_t ticks[] = {0, 1, 62, 63, 64, 65, 127, 128, WORDS * 64 - 1};
    for (size_t i = 0; i < sizeof ticks / sizeof ticks[0]; i++)
        fasti_bits_set(taken, ticks[i], 1);
    for (uint32_t length = 1; length <= WORDS * 64 + 1; length++)
        runs_compare(taken, WORDS, length);
    memset(taken, 0xff, sizeof taken);
    for (uint32_t length = 1; length <= 200; length++)
        runs_compare(taken, WORDS, length);
}

static void positions_compare(const char *kernel) {
    struct fasti_prng prng = fasti_test_prng("kernels.positions");
    for (int round = 0; round < 2000; round++) {
        uint64_t words[WORDS];
        uint16_t ticks[WORDS * 64 + FASTI_KERNEL_GROUP + 1];
        day_random(&prng, words);
        const uint32_t used = (uint32_t)fasti_prng_below(&prng, WORDS + 1);
        memset(ticks, 0xee, sizeof ticks);
        const uint32_t count = fasti_kernel_positions(words, used, ticks);
        uint32_t expected = 0;
        for (uint32_t t = 0; t < used * 64; t++) {
            if (bit(words, t))
                cr_assert_eq(ticks[expected++], t, "%s", kernel);
        }
        cr_assert_eq(count, expected, "%s", kernel);
        cr_assert_eq(ticks[count + FASTI_KERNEL_GROUP], 0xeeee,
                     "%s: nothing is written beyond the last group", kernel);
    }
}

static void at_least_compare(const char *kernel) {
    struct fasti_prng prng = fasti_test_prng("kernels.at_least");
    static _Atomic uint8_t bytes[256];
    for (int round = 0; round < 20000; round++) {
        const uint32_t at = (uint32_t)fasti_prng_below(&prng, sizeof bytes - 64);
        const uint32_t count = (uint32_t)fasti_prng_below(&prng, 65);
        const uint32_t spread = 1u << fasti_prng_below(&prng, 9); /* also many that are equal */
        const uint8_t least = (uint8_t)(255 - fasti_prng_below(&prng, spread));
        for (uint32_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(255 - fasti_prng_below(&prng, spread));
        uint64_t expected = 0;
        for (uint32_t i = 0; i < count; i++)
            if (bytes[at + i] >= least)
                expected |= UINT64_C(1) << i;
        cr_assert_eq(fasti_kernel_at_least(&bytes[at], count, least), expected, "%s: %u of %u",
                     kernel, least, count);
    }
}

/* The first bit of the window from which on so many ones follow; 256: none. */
static uint32_t first_run_naive(const uint64_t *words, uint32_t length, const uint64_t *window) {
    uint32_t ones = 0;
    for (uint32_t t = 0; t < FASTI_KERNEL_DAY_WORDS * 64; t++)
        ones += bit(words, t);
    if (ones == FASTI_KERNEL_DAY_WORDS * 64)
        return 0;
    for (uint32_t t = 0; t + length <= FASTI_KERNEL_DAY_WORDS * 64; t++) {
        uint32_t run = 0;
        while (run < length && bit(words, t + run))
            run++;
        if (run == length && bit(window, t))
            return t;
    }
    return 256;
}

/* Days of long runs, of short ones, of all ones, of none. */
static void days_random(struct fasti_prng *prng, struct fasti_kernel_day *days, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t w = 0, kind = (uint32_t)fasti_prng_below(prng, 12);
             w < FASTI_KERNEL_DAY_WORDS; w++) {
            uint64_t word = kind == 0 ? UINT64_MAX : 0;
            for (uint32_t t = 0; kind > 1 && t < 64;) {
                const uint32_t run = 1 + (uint32_t)fasti_prng_below(prng, kind < 6 ? 60 : 9);
                const uint64_t ones = fasti_prng_below(prng, 2) == 0 ? 0 : UINT64_MAX;
                word |= t + run < 64 ? ones << t & ~(UINT64_MAX << (t + run)) : ones << t;
                t += run;
            }
            days[i].words[w] = word;
        }
}

static void window_random(struct fasti_prng *prng, uint64_t *window) {
    const uint32_t from = (uint32_t)fasti_prng_below(prng, 256);
    const uint32_t room = 256 - from;
    memset(window, 0, FASTI_KERNEL_DAY_WORDS * sizeof window[0]);
    fasti_bits_set(window, from, (uint32_t)fasti_prng_below(prng, room + 1));
    if (fasti_prng_below(prng, 3) == 0)
        memset(window, 0xff, FASTI_KERNEL_DAY_WORDS * sizeof window[0]);
}

static void first_runs_compare(const char *kernel) {
    struct fasti_prng prng = fasti_test_prng("kernels.first_runs");
    static struct fasti_kernel_day days[64];
    for (int round = 0; round < 4000; round++) {
        const uint32_t count = (uint32_t)fasti_prng_below(&prng, 65);
        const uint32_t length = 1 + (uint32_t)fasti_prng_below(&prng, round % 4 == 0 ? 64 : 12);
        uint64_t which = fasti_prng_next(&prng), window[FASTI_KERNEL_DAY_WORDS];
        if (round % 3 == 0)
            which &= fasti_prng_next(&prng) & fasti_prng_next(&prng);
        uint8_t firsts[64];
        days_random(&prng, days, 64);
        window_random(&prng, window);
        const uint64_t found = fasti_kernel_first_runs(days, count, which, length, window, firsts);
        for (uint32_t i = 0; i < 64; i++) {
            uint64_t words[FASTI_KERNEL_DAY_WORDS];
            for (uint32_t w = 0; w < FASTI_KERNEL_DAY_WORDS; w++)
                words[w] = days[i].words[w];
            const uint32_t expected =
                i >= count || (which >> i & 1) == 0 ? 256 : first_run_naive(words, length, window);
            cr_assert_eq(found >> i & 1, expected < 256, "%s: day %u", kernel, i);
            if (expected < 256)
                cr_assert_eq(firsts[i], expected, "%s: day %u", kernel, i);
        }
    }
}

Test(kernels, every_form_that_this_processor_has) {
    static const char *const names[] = {"scalar", "avx2", "avx512"};
    positions_compare("before any choice");
    at_least_compare("before any choice");
    first_runs_compare("before any choice");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *chosen = fasti_kernels_choose(names[i]);
        if (chosen == NULL) {
            fprintf(stderr, "skipped: this processor has no %s\n", names[i]);
            continue;
        }
        cr_assert_str_eq(chosen, names[i]);
        positions_compare(names[i]);
        at_least_compare(names[i]);
        first_runs_compare(names[i]);
    }
    cr_assert_null(fasti_kernels_choose("abacus"));
    cr_assert_not_null(fasti_kernels_choose(NULL));
    cr_assert_not_null(fasti_kernels_choose(""));
}

Test(kernels, ranges) {
    struct fasti_prng prng = fasti_test_prng("kernels.ranges");
    for (int round = 0; round < 20000; round++) {
        uint64_t words[WORDS], set[WORDS], cleared[WORDS];
        day_random(&prng, words);
        const uint32_t tick = (uint32_t)fasti_prng_below(&prng, WORDS * 64 + 1);
        const uint64_t room = WORDS * 64 - tick + 1;
        const uint32_t count =
            (uint32_t)fasti_prng_below(&prng, round % 2 || room < 70 ? room : 70);
        bool any = false, all = true;
        memcpy(set, words, sizeof set);
        memcpy(cleared, words, sizeof cleared);
        for (uint32_t t = tick; t < tick + count; t++) {
            any = any || bit(words, t);
            all = all && bit(words, t);
            set[t / 64] |= UINT64_C(1) << (t % 64);
            cleared[t / 64] &= ~(UINT64_C(1) << (t % 64));
        }
        cr_assert_eq(fasti_bits_any(words, tick, count), any);
        cr_assert_eq(fasti_bits_all(words, tick, count), all);
        uint64_t changed[WORDS];
        memcpy(changed, words, sizeof changed);
        fasti_bits_set(changed, tick, count);
        cr_assert_arr_eq(changed, set, sizeof set);
        memcpy(changed, words, sizeof changed);
        fasti_bits_clear(changed, tick, count);
        cr_assert_arr_eq(changed, cleared, sizeof cleared);
    }
}

static uint32_t run_longest_naive(const uint64_t *words, uint32_t count) {
    uint32_t longest = 0, run = 0;
    for (uint32_t t = 0; t < count * 64; t++) {
        run = bit(words, t) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

Test(kernels, run_longest) {
    struct fasti_prng prng = fasti_test_prng("kernels.run_longest");
    uint64_t words[WORDS] = {0};
    cr_assert_eq(fasti_bits_run_longest(words, WORDS), 0);
    cr_assert_eq(fasti_bits_run_longest(words, 0), 0);
    memset(words, 0xff, sizeof words);
    cr_assert_eq(fasti_bits_run_longest(words, WORDS), WORDS * 64);
    for (int round = 0; round < 5000; round++) {
        day_random(&prng, words);
        const uint32_t count = 1 + (uint32_t)fasti_prng_below(&prng, WORDS);
        cr_assert_eq(fasti_bits_run_longest(words, count), run_longest_naive(words, count));
    }
}
