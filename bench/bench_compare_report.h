/*
 * bench_compare_report.h - what fasti-bench compare prints: medians, ratios, a table, JSON lines.
 *
 * Pure functions over numbers, any thread; only _print write to a stream.
 */
#ifndef FASTI_BENCH_BENCH_COMPARE_REPORT_H
#define FASTI_BENCH_BENCH_COMPARE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FASTI_COMPARE_ROUNDS_MAX 25
#define FASTI_COMPARE_PEERS_MAX  2
#define FASTI_COMPARE_LINE_BYTES 512 /* a JSON line always fits */

enum fasti_compare_unit {
    FASTI_COMPARE_RATE,   /* answers a second: more is better */
    FASTI_COMPARE_CPU,    /* CPU time of the server's processes, us an answer: less is better */
    FASTI_COMPARE_WINNERS /* of the hot slots in a rush: as many as there are */
};

/* What one system did in all rounds of one operation. A round that answered nothing is 0, 0. */
struct fasti_compare_figure {
    uint32_t rounds; /* at most FASTI_COMPARE_ROUNDS_MAX */
    double per_second[FASTI_COMPARE_ROUNDS_MAX];
    double cpu_us[FASTI_COMPARE_ROUNDS_MAX];
    uint64_t winners_min, winners_max; /* of a rush */
};

/* One line: Fasti and one peer, or none. */
struct fasti_compare_line {
    const char *op;
    uint32_t schedules, connections, depth;
    double fasti, peer;
    const char *peer_name; /* NULL: there is none */
    enum fasti_compare_unit unit;
};

/* The middle one; of an even count the mean of the two in the middle. 0 of none. */
double fasti_compare_median(const double *values, uint32_t count);

/* How many times as good Fasti is: fasti / peer of what should be large, peer / fasti of what
 * should be small. 0 where that has no meaning (a divisor that is not above 0). */
double fasti_compare_ratio(enum fasti_compare_unit unit, double fasti, double peer);

/* Least and greatest of the rounds' own ratios of rates; 0, 0 when there is no round. */
void fasti_compare_spread(const struct fasti_compare_figure *fasti,
                          const struct fasti_compare_figure *peer, double *least, double *most);

/* Writes {"op":...,"unit":...} without a newline; its length, below size. size is at least
 * FASTI_COMPARE_LINE_BYTES; names are of at most 32 letters, digits and signs that JSON need not
 * escape. */
size_t fasti_compare_json(const struct fasti_compare_line *line, char *text, size_t size);

/* One operation of the table: a line each of Fasti and the peers. */
void fasti_compare_table_print(FILE *stream, const struct fasti_compare_line *line, bool is_first,
                               const struct fasti_compare_figure *fasti,
                               const struct fasti_compare_figure *peer);
/* The same as JSON lines: ops/s, CPU and, of a rush, winners. peer is NULL where there is none. */
void fasti_compare_json_print(FILE *stream, const struct fasti_compare_line *line,
                              const struct fasti_compare_figure *fasti,
                              const struct fasti_compare_figure *peer);

#endif
