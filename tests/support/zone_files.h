/*
 * zone_files.h - the TZif files of this machine (or of a folder that a test has made), for tests.
 *
 * "right" (leap seconds) and "posix" (copies) are left out. Files come sorted by name; is_copy
 * marks one whose bytes a file before it has, so that a long test visits each zone once.
 */
#ifndef FASTI_TESTS_SUPPORT_ZONE_FILES_H
#define FASTI_TESTS_SUPPORT_ZONE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/time/zone.h"

#define ZONE_FILES_FOLDER "/usr/share/zoneinfo"
#define ZONE_FILES_MAX    2048

struct zone_file {
    char name[64];
    uint8_t *bytes;
    size_t size;
    bool is_copy;
};

struct zone_files {
    size_t count; /* 0 where the machine has no time zones */
    struct zone_file files[ZONE_FILES_MAX];
};

/* Reads every TZif file below folder; zone_files_close frees it. Never NULL. */
struct zone_files *zone_files_open(const char *folder);
void zone_files_close(struct zone_files *files);

/* NULL if there is none of that name. */
const struct zone_file *zone_files_find(const struct zone_files *files, const char *name);

/* Asserts what every valid zone promises, at count dates drawn from seed and around every change
 * (at most count of them). For tests and fuzzers. */
void zone_invariants_verify(const struct fasti_zone *zone, uint64_t seed, uint32_t count);

#endif
