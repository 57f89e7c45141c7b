/*
 * bench_mix.h - what a load consists of: parts with weights.
 *
 *   search=60,page=30,book=8,cancel=1,hold=1     of 100 commands so many, drawn one by one
 *   page     a week of one schedule (availability)      hold    a hold, or the confirm of one
 *
 * Four names stand for a mix of their own: availability (page), book, mixed (page and book), hold.
 * Pure functions, any thread.
 */
#ifndef FASTI_BENCH_MIX_H
#define FASTI_BENCH_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/prng.h"

#define FASTI_BENCH_WEIGHT_MAX     1000000
#define FASTI_BENCH_MIX_TEXT_BYTES 96

enum fasti_bench_part {
    FASTI_BENCH_PART_SEARCH,
    FASTI_BENCH_PART_PAGE,
    FASTI_BENCH_PART_BOOK,
    FASTI_BENCH_PART_CANCEL,
    FASTI_BENCH_PART_HOLD,
    FASTI_BENCH_PARTS,
};

struct fasti_bench_mix {
    uint32_t weights[FASTI_BENCH_PARTS]; /* 0 to FASTI_BENCH_WEIGHT_MAX, not all 0 */
};

/* Reads a name or a list of part=weight. false: *mix is undefined, and why, of why_size bytes, has
 * a sentence. */
bool fasti_bench_mix_parse(const char *text, struct fasti_bench_mix *mix, char *why,
                           size_t why_size);

/* The mix as fasti_bench_mix_parse reads it, by name where it has one. */
void fasti_bench_mix_format(const struct fasti_bench_mix *mix,
                            char text[FASTI_BENCH_MIX_TEXT_BYTES]);

/* A part, each as often as its weight says. */
enum fasti_bench_part fasti_bench_mix_pick(const struct fasti_bench_mix *mix,
                                           struct fasti_prng *prng);

/* Does it have commands that write: book, cancel, hold? */
bool fasti_bench_mix_writes(const struct fasti_bench_mix *mix);

#endif
