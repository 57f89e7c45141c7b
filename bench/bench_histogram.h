/*
 * bench_histogram.h - latencies in log-linear cells: 3 % wide from 32 ns to 18 minutes.
 *
 *   value   0 1 2 ... 31 | 32 ... 63 | 64 66 68 ... | 128 132 136 ...
 *   cell    one each       one each    2 wide         4 wide           32 cells an octave
 *
 * A percentile is the upper end of its cell, never below the value that was recorded, and never
 * above the largest. One writer; merge when the writers have stopped.
 */
#ifndef FASTI_BENCH_HISTOGRAM_H
#define FASTI_BENCH_HISTOGRAM_H

#include <stdint.h>

#define FASTI_HISTOGRAM_BITS      5 /* 2^5 cells an octave */
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

/* The smallest cell end that at least per_mille thousandths of the values do not exceed; 0 when
 * there are none. per_mille 1 to 1000. */
uint64_t fasti_histogram_percentile(const struct fasti_histogram *histogram, uint32_t per_mille);

/* First and last value of the cell that value lies in. */
uint64_t fasti_histogram_cell_first(uint64_t value);
uint64_t fasti_histogram_cell_last(uint64_t value);

#endif
