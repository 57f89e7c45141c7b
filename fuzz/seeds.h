/*
 * seeds.h - the parts of the program that writes the seeds of the fuzzers.
 */
#ifndef FASTI_FUZZ_SEEDS_H
#define FASTI_FUZZ_SEEDS_H

#include <stddef.h>

/* One file of a fuzzer's corpus. */
void seed_write(const char *fuzzer, const char *name, const void *bytes, size_t size);

/* Of the fuzzers that read texts: times, zones, lines, options, openings. */
void seeds_of_texts(void);

/* Of fuzz_log. */
void seeds_of_logs(void);

#endif
