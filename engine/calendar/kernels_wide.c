/*
 * kernels_wide.c - the same kernels with wide registers, and the choice among them.
 *
 *   word      1 0 1 1 0 ...          VPCOMPRESSB moves the numbers of the set bits
 *   numbers   0 1 2 3 4 ...    -->   to the front: 0 2 3 ...; popcount says how many
 *
 * No branch depends on the data: on the days of a practice, of which any start may be gone, the
 * scalar loop mispredicts at every second word.
 */
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/calendar/kernels.h"

/* One form of all kernels that have several. */
struct kernels {
    const char *name;
    uint32_t (*positions)(const uint64_t *words, uint32_t word_count, uint16_t *ticks);
    uint64_t (*at_least)(const _Atomic uint8_t *bytes, uint32_t count, uint8_t least);
    uint64_t (*first_runs)(const struct fasti_kernel_day *days, uint32_t count, uint64_t which,
                           uint32_t length, const uint64_t *window, uint8_t *firsts);
};

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512cd,avx512vbmi2,popcnt")))

WIDE static uint32_t positions_avx512(const uint64_t *words, uint32_t word_count, uint16_t *ticks) {
    const __m512i numbers = _mm512_set_epi64(
        0x3f3e3d3c3b3a3938, 0x3736353433323130, 0x2f2e2d2c2b2a2928, 0x2726252423222120,
        0x1f1e1d1c1b1a1918, 0x1716151413121110, 0x0f0e0d0c0b0a0908, 0x0706050403020100);
    uint16_t *end = ticks;
    for (uint32_t i = 0; i < word_count; i++) {
        const __m512i base = _mm512_set1_epi16((int16_t)(64 * i));
        const __m512i bits = _mm512_maskz_compress_epi8(words[i], numbers);
        const uint32_t count = (uint32_t)__builtin_popcountll(words[i]);
        _mm512_storeu_si512(
            end, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(bits)), base));
        if (count > 32) /* more than every other tick: rare */
            _mm512_storeu_si512(
                end + 32,
                _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bits, 1)), base));
        end += count;
    }
    return (uint32_t)(end - ticks);
}

/* What others write beside it are single bytes: a wide load reads each of them whole, which the
 * race detector cannot know. */
#define UNSEEN __attribute__((no_sanitize("thread")))

static uint64_t count_mask(uint32_t count) {
    return count == 0 ? 0 : UINT64_MAX >> (64 - count);
}

WIDE UNSEEN static uint64_t at_least_avx512(const _Atomic uint8_t *bytes, uint32_t count,
                                            uint8_t least) {
    const __m512i all = _mm512_loadu_si512((const void *)(uintptr_t)bytes);
    return _mm512_cmpge_epu8_mask(all, _mm512_set1_epi8((char)least)) & count_mask(count);
}

/* There is no comparison of unsigned bytes: max(a, b) = a where a >= b. */
#define WIDE2 __attribute__((target("avx2")))
WIDE2 UNSEEN static uint64_t at_least_avx2(const _Atomic uint8_t *bytes, uint32_t count,
                                           uint8_t least) {
    const __m256i *at = (const __m256i *)(uintptr_t)bytes;
    const __m256i wanted = _mm256_set1_epi8((char)least);
    const __m256i low = _mm256_loadu_si256(at), high = _mm256_loadu_si256(at + 1);
    const uint32_t first =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(low, wanted), low));
    const uint32_t second =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(high, wanted), high));
    return ((uint64_t)second << 32 | first) & count_mask(count);
}

#define LANES 8 /* days at once */

/* Words of days in a row -> the same word of all of them in each of four registers. */
WIDE UNSEEN static void days_turn(const struct fasti_kernel_day *days, __m512i *words) {
    const __m512i *at = (const __m512i *)(uintptr_t)days;
    const __m512i evens = _mm512_set_epi64(13, 9, 5, 1, 12, 8, 4, 0);
    const __m512i odds = _mm512_set_epi64(15, 11, 7, 3, 14, 10, 6, 2);
    const __m512i a = _mm512_loadu_si512(at), b = _mm512_loadu_si512(at + 1);
    const __m512i c = _mm512_loadu_si512(at + 2), d = _mm512_loadu_si512(at + 3);
    /* words 0 of days 0 to 3, then words 1; words 2, then words 3 */
    const __m512i low01 = _mm512_permutex2var_epi64(a, evens, b);
    const __m512i low23 = _mm512_permutex2var_epi64(a, odds, b);
    const __m512i high01 = _mm512_permutex2var_epi64(c, evens, d);
    const __m512i high23 = _mm512_permutex2var_epi64(c, odds, d);
    words[0] = _mm512_shuffle_i64x2(low01, high01, 0x44);
    words[1] = _mm512_shuffle_i64x2(low01, high01, 0xee);
    words[2] = _mm512_shuffle_i64x2(low23, high23, 0x44);
    words[3] = _mm512_shuffle_i64x2(low23, high23, 0xee);
}

/* As runs_word in kernels.c, of eight days. */
WIDE static __m512i runs_of(__m512i low, __m512i high, uint32_t length) {
    for (uint32_t have = 1; have < length;) {
        const uint32_t step = have < length - have ? have : length - have; /* 1 to 32 */
        const __m128i by = _mm_cvtsi32_si128((int)step), back = _mm_cvtsi32_si128(64 - (int)step);
        low = _mm512_and_si512(
            low, _mm512_or_si512(_mm512_srl_epi64(low, by), _mm512_sll_epi64(high, back)));
        high = _mm512_and_si512(high, _mm512_srl_epi64(high, by));
        have += step;
    }
    return low;
}

/* Eight days; returns which of `lanes` have one. */
WIDE static __mmask8 lanes_first_runs(const struct fasti_kernel_day *days, __mmask8 lanes,
                                      uint32_t length, const uint64_t *window, uint8_t *firsts) {
    __m512i words[FASTI_KERNEL_DAY_WORDS];
    days_turn(days, words);
    const __m512i all = _mm512_and_si512(_mm512_and_si512(words[0], words[1]),
                                         _mm512_and_si512(words[2], words[3]));
    __mmask8 found = _mm512_mask_cmpeq_epi64_mask(lanes, all, _mm512_set1_epi64(-1));
    __m512i first = _mm512_setzero_si512();
    for (uint32_t w = 0; w < FASTI_KERNEL_DAY_WORDS; w++) {
        if (window[w] == 0)
            continue;
        const __m512i next = w + 1 < FASTI_KERNEL_DAY_WORDS ? words[w + 1] : _mm512_setzero_si512();
        const __m512i runs = _mm512_and_si512(runs_of(words[w], next, length),
                                              _mm512_set1_epi64((long long)window[w]));
        const __mmask8 here = _mm512_mask_test_epi64_mask(lanes & (__mmask8)~found, runs, runs);
        const __m512i lowest =
            _mm512_and_si512(runs, _mm512_sub_epi64(_mm512_setzero_si512(), runs));
        const __m512i bit =
            _mm512_sub_epi64(_mm512_set1_epi64((long long)w * 64 + 63), _mm512_lzcnt_epi64(lowest));
        first = _mm512_mask_mov_epi64(first, here, bit);
        found |= here;
    }
    _mm512_mask_cvtepi64_storeu_epi8(firsts, found, first);
    return found;
}

/* So few of eight are quicker one by one. */
#define LANES_FEW 2

WIDE static uint64_t first_runs_avx512(const struct fasti_kernel_day *days, uint32_t count,
                                       uint64_t which, uint32_t length, const uint64_t *window,
                                       uint8_t *firsts) {
    uint64_t found = 0;
    for (uint32_t i = 0; i < count; i += LANES) {
        const __mmask8 lanes = (__mmask8)(which >> i);
        if (lanes == 0)
            continue;
        if (count - i < LANES || __builtin_popcount(lanes) <= LANES_FEW)
            found |= fasti_kernel_first_runs_scalar(days + i, count - i < LANES ? count - i : LANES,
                                                    lanes, length, window, firsts + i)
                     << i;
        else
            found |= (uint64_t)lanes_first_runs(days + i, lanes, length, window, firsts + i) << i;
    }
    return found;
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi2");
}

#else

#define positions_avx512  fasti_kernel_positions_scalar
#define at_least_avx512   fasti_kernel_at_least_scalar
#define at_least_avx2     fasti_kernel_at_least_scalar
#define first_runs_avx512 fasti_kernel_first_runs_scalar

static bool has_avx2(void) {
    return false;
}

static bool has_avx512(void) {
    return false;
}

#endif

uint64_t fasti_kernel_at_least_scalar(const _Atomic uint8_t *bytes, uint32_t count, uint8_t least) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < count; i++)
        mask |= (uint64_t)(fasti_load_relaxed(&bytes[i]) >= least) << i;
    return mask;
}

/* The first run of a word, if there is one: most days end there. */
uint64_t fasti_kernel_first_runs_scalar(const struct fasti_kernel_day *days, uint32_t count,
                                        uint64_t which, uint32_t length, const uint64_t *window,
                                        uint8_t *firsts) {
    uint64_t found = 0;
    for (uint64_t left = count == 0 ? 0 : which & UINT64_MAX >> (64 - count); left != 0;
         left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        uint64_t words[FASTI_KERNEL_DAY_WORDS + 1] = {0}, all = UINT64_MAX;
        for (uint32_t w = 0; w < FASTI_KERNEL_DAY_WORDS; w++)
            all &= words[w] = fasti_load_relaxed(&days[i].words[w]);
        uint64_t runs = 0;
        uint32_t w = 0;
        for (; w < FASTI_KERNEL_DAY_WORDS && all != UINT64_MAX; w++) {
            runs = window[w] & words[w];
            if (runs != 0)
                runs &= fasti_bits_runs_from(words[w], words[w + 1], length);
            if (runs != 0)
                break;
        }
        if (runs == 0 && all != UINT64_MAX)
            continue;
        firsts[i] = (uint8_t)(all == UINT64_MAX ? 0 : w * 64 + (uint32_t)__builtin_ctzll(runs));
        found |= left & -left;
    }
    return found;
}

static const struct kernels scalar = {"scalar", fasti_kernel_positions_scalar,
                                      fasti_kernel_at_least_scalar, fasti_kernel_first_runs_scalar};
static const struct kernels avx2 = {"avx2", fasti_kernel_positions_scalar, at_least_avx2,
                                    fasti_kernel_first_runs_scalar};
static const struct kernels avx512 = {"avx512", positions_avx512, at_least_avx512,
                                      first_runs_avx512};

/* Of the processor, not of an engine: the one variable outside a function in engine/. NULL: nobody
 * has chosen yet. */
static _Atomic(const struct kernels *) chosen;

const char *fasti_kernels_choose(const char *name) {
    const bool is_any = name == NULL || name[0] == '\0';
    const struct kernels *kernels = NULL;
    if ((is_any || strcmp(name, avx512.name) == 0) && has_avx512())
        kernels = &avx512;
    else if ((is_any || strcmp(name, avx2.name) == 0) && has_avx2())
        kernels = &avx2;
    else if (is_any || strcmp(name, scalar.name) == 0)
        kernels = &scalar;
    if (kernels == NULL)
        return NULL;
    fasti_store_relaxed(&chosen, kernels);
    return kernels->name;
}

static const struct kernels *kernels_used(void) {
    if (fasti_load_relaxed(&chosen) == NULL)
        (void)fasti_kernels_choose(NULL);
    return fasti_load_relaxed(&chosen);
}

uint32_t fasti_kernel_positions(const uint64_t *words, uint32_t word_count, uint16_t *ticks) {
    return kernels_used()->positions(words, word_count, ticks);
}

uint64_t fasti_kernel_at_least(const _Atomic uint8_t *bytes, uint32_t count, uint8_t least) {
    return kernels_used()->at_least(bytes, count, least);
}

uint64_t fasti_kernel_first_runs(const struct fasti_kernel_day *days, uint32_t count,
                                 uint64_t which, uint32_t length, const uint64_t *window,
                                 uint8_t *firsts) {
    return kernels_used()->first_runs(days, count, which, length, window, firsts);
}
