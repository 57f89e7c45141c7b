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

typedef uint32_t (*positions_kernel)(const uint64_t *words, uint32_t word_count, uint16_t *ticks);

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))

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

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vbmi2");
}

#else

#define positions_avx512 fasti_kernel_positions_scalar

static bool has_avx512(void) {
    return false;
}

#endif

static uint32_t positions_first(const uint64_t *words, uint32_t word_count, uint16_t *ticks);

/* Of the processor, not of an engine: the one variable outside a function in engine/. */
static _Atomic(positions_kernel) positions = positions_first;

/* Nobody has chosen yet. */
static uint32_t positions_first(const uint64_t *words, uint32_t word_count, uint16_t *ticks) {
    (void)fasti_kernels_choose(NULL);
    return fasti_kernel_positions(words, word_count, ticks);
}

const char *fasti_kernels_choose(const char *name) {
    const bool is_any = name == NULL || name[0] == '\0';
    if ((is_any || strcmp(name, "avx512") == 0) && has_avx512()) {
        fasti_store_relaxed(&positions, positions_avx512);
        return "avx512";
    }
    if (!is_any && strcmp(name, "scalar") != 0)
        return NULL;
    fasti_store_relaxed(&positions, fasti_kernel_positions_scalar);
    return "scalar";
}

uint32_t fasti_kernel_positions(const uint64_t *words, uint32_t word_count, uint16_t *ticks) {
    return fasti_load_relaxed(&positions)(words, word_count, ticks);
}
