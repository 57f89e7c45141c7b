/*
 * bench_histogram.c - log-linear cells by shifting: no logarithm, no floating point.
 *
 * A value of at least 2^(BITS + 1) is shifted right until BITS + 1 bits remain; shift and
 * remaining bits name its cell.
 */
#include "bench/bench_histogram.h"

/* How far value is shifted: 0 below 2^(BITS + 1). */
static uint32_t shift_of(uint64_t value) {
    const uint32_t width = value == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(value);
    return width <= FASTI_HISTOGRAM_BITS + 1 ? 0 : width - FASTI_HISTOGRAM_BITS - 1;
}

static uint32_t cell_of(uint64_t value) {
    const uint32_t shift = shift_of(value);
    return (shift << FASTI_HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static uint64_t cell_last(uint32_t cell) {
    if (cell < UINT32_C(2) << FASTI_HISTOGRAM_BITS)
        return cell;
    const uint32_t shift = (cell >> FASTI_HISTOGRAM_BITS) - 1;
    const uint64_t bits = cell - (shift << FASTI_HISTOGRAM_BITS);
    return ((bits + 1) << shift) - 1;
}

uint64_t fasti_histogram_cell_first(uint64_t value) {
    const uint32_t shift = shift_of(value);
    return value >> shift << shift;
}

uint64_t fasti_histogram_cell_last(uint64_t value) {
    return cell_last(cell_of(value));
}

void fasti_histogram_record(struct fasti_histogram *histogram, uint64_t value) {
    if (value > FASTI_HISTOGRAM_VALUE_MAX)
        value = FASTI_HISTOGRAM_VALUE_MAX;
    histogram->cells[cell_of(value)]++;
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->value_max)
        histogram->value_max = value;
}

void fasti_histogram_merge(struct fasti_histogram *histogram, const struct fasti_histogram *from) {
    for (uint32_t i = 0; i < FASTI_HISTOGRAM_CELLS; i++)
        histogram->cells[i] += from->cells[i];
    histogram->count += from->count;
    histogram->sum += from->sum;
    if (from->value_max > histogram->value_max)
        histogram->value_max = from->value_max;
}

uint64_t fasti_histogram_percentile(const struct fasti_histogram *histogram, uint32_t per_mille) {
    /* Rounded up, so that 1000 asks for every value; counts stay far below 2^64 / 1000. */
    const uint64_t wanted = (histogram->count * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < FASTI_HISTOGRAM_CELLS && wanted > 0; i++) {
        seen += histogram->cells[i];
        if (seen >= wanted)
            return cell_last(i) < histogram->value_max ? cell_last(i) : histogram->value_max;
    }
    return 0;
}
