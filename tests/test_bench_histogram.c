/*
 * test_bench_histogram.c - percentiles against sorted arrays, cells against their own ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "bench/bench_histogram.h"
#include "engine/base/prng.h"

static uint64_t seed(void) {
    const char *text = getenv("FASTI_SEED");
    const uint64_t value = text != NULL ? strtoull(text, NULL, 0) : 20261124;
    printf("FASTI_SEED=%" PRIu64 "\n", value);
    return value;
}

Test(histogram, cells_tile_the_values) {
    uint64_t value = 0;
    uint32_t cells = 0;
    while (value <= FASTI_HISTOGRAM_VALUE_MAX) {
        const uint64_t last = fasti_histogram_cell_last(value);
        cr_assert_eq(fasti_histogram_cell_first(value), value, "cell of %" PRIu64, value);
        cr_assert_eq(fasti_histogram_cell_first(last), value, "cell of %" PRIu64, last);
        cr_assert_leq(last - value, value >> FASTI_HISTOGRAM_BITS, "too wide at %" PRIu64, value);
        value = last + 1;
        cells++;
    }
    cr_assert_eq(cells, FASTI_HISTOGRAM_CELLS);
}

Test(histogram, empty_and_huge) {
    static struct fasti_histogram histogram;
    cr_assert_eq(fasti_histogram_percentile(&histogram, 999), 0);
    fasti_histogram_record(&histogram, UINT64_MAX);
    cr_assert_eq(fasti_histogram_percentile(&histogram, 1), FASTI_HISTOGRAM_VALUE_MAX);
    fasti_histogram_record(&histogram, 0);
    cr_assert_eq(fasti_histogram_percentile(&histogram, 500), 0);
    cr_assert_eq(histogram.count, 2);
}

static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The naive twin: sort, take the value at the rank, round it up to its cell's end. */
Test(histogram, percentiles_of_random_values) {
    enum { COUNT = 20000 };
    struct fasti_prng prng = {seed()};
    static uint64_t values[COUNT];
    static struct fasti_histogram parts[3];
    for (uint32_t i = 0; i < COUNT; i++) {
        values[i] = fasti_prng_next(&prng) >> (24 + fasti_prng_below(&prng, 40));
        fasti_histogram_record(&parts[fasti_prng_below(&prng, 3)], values[i]);
    }
    fasti_histogram_merge(&parts[0], &parts[1]);
    fasti_histogram_merge(&parts[0], &parts[2]);
    cr_assert_eq(parts[0].count, COUNT);
    qsort(values, COUNT, sizeof values[0], compare);
    for (uint32_t per_mille = 1; per_mille <= 1000; per_mille++) {
        const uint64_t exact = values[(COUNT * per_mille + 999) / 1000 - 1];
        uint64_t expected = fasti_histogram_cell_last(exact);
        if (expected > values[COUNT - 1])
            expected = values[COUNT - 1];
        cr_assert_eq(fasti_histogram_percentile(&parts[0], per_mille), expected, "at %u per mille",
                     per_mille);
    }
}
