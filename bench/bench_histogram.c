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

void fasti_histogram_since(struct fasti_histogram *part, const struct fasti_histogram *now,
                           const struct fasti_histogram *before) {
    *part = (struct fasti_histogram){.count = now->count - before->count};
    for (uint32_t i = 0; i < FASTI_HISTOGRAM_CELLS; i++) {
        part->cells[i] = now->cells[i] - before->cells[i];
        if (part->cells[i] == 0)
            continue;
        part->value_max = cell_last(i) < now->value_max ? cell_last(i) : now->value_max;
        part->sum += part->cells[i] * part->value_max;
    }
}

uint64_t fasti_histogram_at(const struct fasti_histogram *histogram, uint64_t rank) {
    uint64_t seen = 0;
    for (uint32_t i = 0; i < FASTI_HISTOGRAM_CELLS && rank > 0; i++) {
        seen += histogram->cells[i];
        if (seen >= rank)
            return cell_last(i) < histogram->value_max ? cell_last(i) : histogram->value_max;
    }
    return 0;
}

uint64_t fasti_histogram_quantile(const struct fasti_histogram *histogram, uint32_t per_million) {
    /* Rounded up, so that a million asks for every value; counts stay far below 2^64 / 10^6. */
    return fasti_histogram_at(histogram,
                              (histogram->count * per_million + 999999) / UINT64_C(1000000));
}

uint64_t fasti_histogram_percentile(const struct fasti_histogram *histogram, uint32_t per_mille) {
    return fasti_histogram_quantile(histogram, per_mille * 1000);
}
