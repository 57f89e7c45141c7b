/*
 * test_bench_histogram.c - percentiles against sorted arrays, cells against their own ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The end of the cell of the rank-th of sorted values. */
static uint64_t naive_at(const uint64_t *sorted, uint32_t count, uint64_t rank) {
    const uint64_t last = fasti_histogram_cell_last(sorted[rank - 1]);
    return last < sorted[count - 1] ? last : sorted[count - 1];
}

/* The naive twin: sort, take the value at the rank, round it up to its cell's end. */
Test(histogram, percentiles_of_random_values) {
    enum { COUNT = 20000 };
    struct fasti_prng prng = {seed()};
    static uint64_t values[COUNT];
    static struct fasti_histogram whole, parts[3];
    for (uint32_t i = 0; i < COUNT; i++) {
        values[i] = fasti_prng_next(&prng) >> (24 + fasti_prng_below(&prng, 40));
        fasti_histogram_record(&whole, values[i]);
        fasti_histogram_record(&parts[fasti_prng_below(&prng, 3)], values[i]);
    }
    fasti_histogram_merge(&parts[0], &parts[1]);
    fasti_histogram_merge(&parts[0], &parts[2]);
    cr_assert(memcmp(&parts[0], &whole, sizeof whole) == 0, "merged parts are not the whole");
    qsort(values, COUNT, sizeof values[0], compare);
    for (uint64_t rank = 1; rank <= COUNT; rank++)
        cr_assert_eq(fasti_histogram_at(&whole, rank), naive_at(values, COUNT, rank));
    for (uint32_t per_mille = 1; per_mille <= 1000; per_mille++)
        cr_assert_eq(fasti_histogram_percentile(&whole, per_mille),
                     naive_at(values, COUNT, (COUNT * per_mille + 999) / 1000), "at %u per mille",
                     per_mille);
    for (uint32_t per_million = 999000; per_million <= 1000000; per_million += 7)
        cr_assert_eq(
            fasti_histogram_quantile(&whole, per_million),
            naive_at(values, COUNT, ((uint64_t)COUNT * per_million + 999999) / UINT64_C(1000000)),
            "at %u per million", per_million);
    cr_assert_eq(fasti_histogram_at(&whole, 0), 0);
    cr_assert_eq(fasti_histogram_at(&whole, COUNT + 1), 0);
}

/* One slow answer in ten thousand is seen at 99.995, and not at 99.99. */
Test(histogram, one_in_ten_thousand) {
    static struct fasti_histogram histogram;
    for (uint32_t i = 0; i < 9999; i++)
        fasti_histogram_record(&histogram, 100);
    fasti_histogram_record(&histogram, 1000000);
    cr_assert_eq(fasti_histogram_quantile(&histogram, 999900), 100);
    cr_assert_eq(fasti_histogram_quantile(&histogram, 999950), 1000000);
}

/* What came between two states is what was recorded between them. */
Test(histogram, parts_of_time) {
    struct fasti_prng prng = {seed()};
    static struct fasti_histogram now, before, between, part;
    for (uint32_t i = 0; i < 2000; i++) {
        const uint64_t value = fasti_prng_next(&prng) >> (24 + fasti_prng_below(&prng, 40));
        fasti_histogram_record(&now, value);
        fasti_histogram_record(i < 1000 ? &before : &between, value);
    }
    fasti_histogram_since(&part, &now, &before);
    cr_assert_eq(part.count, 1000);
    for (uint64_t rank = 1; rank < 1000; rank++)
        cr_assert_eq(fasti_histogram_at(&part, rank), fasti_histogram_at(&between, rank));
    cr_assert_geq(part.value_max, between.value_max);
    cr_assert_leq(part.value_max, fasti_histogram_cell_last(between.value_max));
    fasti_histogram_since(&part, &now, &now);
    cr_assert_eq(part.count, 0);
    cr_assert_eq(fasti_histogram_at(&part, 1), 0);
}
