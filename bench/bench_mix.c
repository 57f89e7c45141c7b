/*
 * bench_mix.c - weights of the parts of a load: read, written, drawn.
 */
#include "bench/bench_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_names[FASTI_BENCH_PARTS] = {"search", "page", "book", "cancel",
                                                          "hold"};

/* Mixes with a name of their own; those of one part are called by it, too. */
static const struct {
    const char *name;
    struct fasti_bench_mix mix;
} named[] = {
    {"availability", {.weights = {[FASTI_BENCH_PART_PAGE] = 1}}},
    {"mixed", {.weights = {[FASTI_BENCH_PART_PAGE] = 1, [FASTI_BENCH_PART_BOOK] = 1}}},
    {"search", {.weights = {[FASTI_BENCH_PART_SEARCH] = 1}}},
    {"page", {.weights = {[FASTI_BENCH_PART_PAGE] = 1}}},
    {"book", {.weights = {[FASTI_BENCH_PART_BOOK] = 1}}},
    {"hold", {.weights = {[FASTI_BENCH_PART_HOLD] = 1}}},
};
#define NAMED_COUNT (sizeof named / sizeof named[0])

/* The part of that name; FASTI_BENCH_PARTS: there is none. */
static enum fasti_bench_part part_of(const char *name, size_t length) {
    for (uint32_t i = 0; i < FASTI_BENCH_PARTS; i++)
        if (strlen(part_names[i]) == length && memcmp(part_names[i], name, length) == 0)
            return (enum fasti_bench_part)i;
    return FASTI_BENCH_PARTS;
}

/* "60" up to a comma or the end, which *rest becomes. */
static bool weight_read(const char *text, const char **rest, uint32_t *weight) {
    char *end;
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 7)
        return false;
    const unsigned long value = strtoul(text, &end, 10);
    *rest = end;
    *weight = (uint32_t)value;
    return value <= FASTI_BENCH_WEIGHT_MAX && (*end == ',' || *end == '\0');
}

/* How many bytes of an item of the list a sentence shows. */
static int shown(const char *item) {
    const size_t length = strcspn(item, ",");
    return (int)(length < 40 ? length : 40);
}

static bool list_read(const char *text, struct fasti_bench_mix *mix, char *why, size_t why_size) {
    uint32_t seen = 0, sum = 0;
    for (const char *at = text, *rest = NULL;; at = rest + 1) {
        const size_t length = strcspn(at, "=,");
        const enum fasti_bench_part part = part_of(at, length);
        if (at[length] != '=' || part == FASTI_BENCH_PARTS) {
            snprintf(why, why_size,
                     "\"%.*s\" is not a part with a weight, like book=8; there are: search, page, "
                     "book, cancel, hold",
                     shown(at), at);
            return false;
        }
        if ((seen >> part & 1) != 0) {
            snprintf(why, why_size, "%s stands twice", part_names[part]);
            return false;
        }
        seen |= 1u << part;
        if (!weight_read(at + length + 1, &rest, &mix->weights[part])) {
            snprintf(why, why_size, "%s takes a weight from 0 to %d, not \"%.*s\"",
                     part_names[part], FASTI_BENCH_WEIGHT_MAX, shown(at + length + 1),
                     at + length + 1);
            return false;
        }
        sum += mix->weights[part];
        if (*rest == '\0')
            break;
    }
    if (sum == 0)
        snprintf(why, why_size, "all weights are 0: nothing would be sent");
    return sum > 0;
}

bool fasti_bench_mix_parse(const char *text, struct fasti_bench_mix *mix, char *why,
                           size_t why_size) {
    for (uint32_t i = 0; i < NAMED_COUNT; i++)
        if (strcmp(text, named[i].name) == 0) {
            *mix = named[i].mix;
            return true;
        }
    if (strchr(text, '=') == NULL) {
        snprintf(
            why, why_size,
            "\"%.40s\" is not a mix: write parts with weights, like search=60,page=30,book=10, "
            "or availability, book, mixed, hold, search",
            text);
        return false;
    }
    *mix = (struct fasti_bench_mix){0};
    return list_read(text, mix, why, why_size);
}

void fasti_bench_mix_format(const struct fasti_bench_mix *mix,
                            char text[FASTI_BENCH_MIX_TEXT_BYTES]) {
    for (uint32_t i = 0; i < NAMED_COUNT; i++)
        if (memcmp(mix, &named[i].mix, sizeof *mix) == 0) {
            snprintf(text, FASTI_BENCH_MIX_TEXT_BYTES, "%s", named[i].name);
            return;
        }
    size_t length = 0;
    for (uint32_t i = 0; i < FASTI_BENCH_PARTS; i++)
        if (mix->weights[i] > 0)
            length +=
                (size_t)snprintf(text + length, FASTI_BENCH_MIX_TEXT_BYTES - length, "%s%s=%u",
                                 length > 0 ? "," : "", part_names[i], mix->weights[i]);
}

enum fasti_bench_part fasti_bench_mix_pick(const struct fasti_bench_mix *mix,
                                           struct fasti_prng *prng) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < FASTI_BENCH_PARTS; i++)
        sum += mix->weights[i];
    uint64_t drawn = fasti_prng_below(prng, sum);
    uint32_t part = 0;
    while (part < FASTI_BENCH_PARTS - 1 && drawn >= mix->weights[part])
        drawn -= mix->weights[part++];
    return (enum fasti_bench_part)part;
}

bool fasti_bench_mix_writes(const struct fasti_bench_mix *mix) {
    return mix->weights[FASTI_BENCH_PART_BOOK] > 0 || mix->weights[FASTI_BENCH_PART_CANCEL] > 0 ||
           mix->weights[FASTI_BENCH_PART_HOLD] > 0;
}
