/*
 * fuzz_smart.c - bytes as the lines of a publication: read, planned, and every put looked at.
 *
 * The first byte's lowest bit chooses wall clocks or instants; the rest is cut at line ends.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "tools/fasti_smart_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_opening(const struct fasti_opening *opening) {
    FASTI_ASSERT(opening->id.length > 0);
    if (opening->kind == FASTI_OPENING_INSTANT)
        FASTI_ASSERT(opening->start_utc_s < opening->end_utc_s);
    else
        FASTI_ASSERT(opening->start_minute < opening->end_minute && opening->end_minute <= 1440);
}

static void check_plan(struct fasti_smart_feed *feed) {
    struct fasti_smart_options options = {.minutes = 15, .source = 1};
    struct fasti_smart_plan *plan;
    struct fasti_detail detail;
    if (fasti_smart_plan_make(feed, &options, &plan, &detail) != FASTI_OK)
        return;
    for (uint64_t i = 0; i < fasti_smart_plan_put_count(plan); i++) {
        struct fasti_put put;
        fasti_smart_plan_put(plan, i, &put, NULL);
        FASTI_ASSERT(put.id.length > 0);
        if (put.kind == FASTI_ENTITY_OPENINGS)
            for (uint32_t o = 0; o < put.body.openings.count; o++)
                check_opening(&put.body.openings.openings[o]);
    }
    fasti_smart_plan_destroy(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct fasti_smart_feed *feed = fasti_smart_feed_create((data[0] & 1) != 0);
    uint32_t file = 0;
    if (feed == NULL || fasti_smart_add_file(feed, "fuzz", &file) != FASTI_OK)
        return 0;
    const char *at = (const char *)data + 1;
    size_t left = size - 1;
    for (uint32_t number = 1; left > 0; number++) {
        const char *end = memchr(at, '\n', left);
        const size_t length = end == NULL ? left : (size_t)(end - at);
        struct fasti_detail detail = {""};
        const struct fasti_smart_place place = {file, number};
        const enum fasti_status status = fasti_smart_read_line(feed, place, at, length, &detail);
        FASTI_ASSERT(status == FASTI_OK || detail.text[0] != '\0');
        at += length + (end != NULL);
        left -= length + (end != NULL);
    }
    check_plan(feed);
    fasti_smart_feed_destroy(feed);
    return 0;
}
