/*
 * bench_histogram.h - latencies in log-linear cells: at most 0.8 % wide from 0 to 18 minutes, as
 * HdrHistogram (hdrhistogram.org) keeps them with two digits.
 *
 *   value   0 1 2 ... 127 | 128 ... 255 | 256 258 ... | 512 516 ...
 *   cell    one each        one each      2 wide        4 wide         128 cells an octave
 *
 * A percentile is the upper end of its cell, never below the value that was recorded, and never
 * above the largest. Merging adds cells, so the percentiles of merged parts are exactly those of
 * one histogram of all their values. One writer; merge when the writers have stopped.
 */
#ifndef FASTI_BENCH_HISTOGRAM_H
#define FASTI_BENCH_HISTOGRAM_H

#include <stdint.h>

#define FASTI_HISTOGRAM_BITS      7 /* 2^7 cells an octave */
#define FASTI_HISTOGRAM_VALUE_MAX ((UINT64_C(1) << 40) - 1)
#define FASTI_HISTOGRAM_CELLS     ((40 - FASTI_HISTOGRAM_BITS + 1) << FASTI_HISTOGRAM_BITS)

struct fasti_histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t value_max;
    uint64_t cells[FASTI_HISTOGRAM_CELLS];
};

/* An all-zero histogram is an empty one. Larger values count as FASTI_HISTOGRAM_VALUE_MAX. */
void fasti_histogram_record(struct fasti_histogram *histogram, uint64_t value);

/* Adds from's values to histogram's. */
void fasti_histogram_merge(struct fasti_histogram *histogram, const struct fasti_histogram *from);

/* *part becomes what was recorded between two states of one histogram: now without before. Its
 * value_max and sum are those of its cells' ends. */
void fasti_histogram_since(struct fasti_histogram *part, const struct fasti_histogram *now,
                           const struct fasti_histogram *before);

/* The end of the cell that the rank-th smallest value lies in, rank 1 to count; 0 for other ranks.
 */
uint64_t fasti_histogram_at(const struct fasti_histogram *histogram, uint64_t rank);

/* The smallest cell end that at least per_million millionths of the values do not exceed; 0 when
 * there are none. per_million 1 to 1,000,000: 999,900 is the 99.99th percentile. */
uint64_t fasti_histogram_quantile(const struct fasti_histogram *histogram, uint32_t per_million);

/* The same of thousandths: per_mille 1 to 1000. */
uint64_t fasti_histogram_percentile(const struct fasti_histogram *histogram, uint32_t per_mille);

/* First and last value of the cell that value lies in. */
uint64_t fasti_histogram_cell_first(uint64_t value);
uint64_t fasti_histogram_cell_last(uint64_t value);

#endif
