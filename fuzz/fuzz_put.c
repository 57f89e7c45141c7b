/*
 * fuzz_put.c - bytes as puts of the log: refused, or their own encoding; then checked, rehearsed
 * and published in a directory, in order.
 *
 *   flags | length (2) | put | length (2) | put ...
 *
 * Without UNCHECKED a put is published when the check allows it, as a running engine does: then it
 * cannot fail, says what the check had said, and a second check finds nothing to change. With it,
 * whatever was taken apart is published, as replay does. The deltas add up to the digest.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/effect.h"
#include "engine/directory/rehearse.h"
#include "fuzz/items.h"

#define DECIDED_MS INT64_C(1767600000000) /* 2026-01-05 */

enum { UNCHECKED = 1, REHEARSED = 2 }; /* flags */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

struct run {
    struct fasti_arena arena;
    struct fasti_arena_local local;
    struct fasti_epoch epoch;
    struct fasti_limbo limbo;
    struct fasti_patterns *patterns;
    struct fasti_directory *directory;
    struct fasti_hash128 digest;
    uint64_t touches;
    uint8_t flags;
};

static struct run *run_make(uint8_t flags) {
    struct run *run = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *run);
    FASTI_ASSERT(run != NULL);
    memset(run, 0, sizeof *run);
    run->flags = flags;
    fasti_arena_init(&run->arena, UINT64_C(64) << 20);
    fasti_arena_local_init(&run->local, &run->arena);
    fasti_epoch_init(&run->epoch, 1);
    FASTI_ASSERT(fasti_limbo_init(&run->limbo, &run->epoch, &run->local, 0));
    run->patterns = fasti_patterns_create();
    run->directory = fasti_directory_create(&run->arena, run->patterns);
    FASTI_ASSERT(run->patterns != NULL && run->directory != NULL);
    fasti_epoch_online(&run->limbo);
    return run;
}

static void run_free(struct run *run) {
    fasti_limbo_deinit(&run->limbo);
    fasti_directory_destroy(run->directory);
    fasti_patterns_destroy(run->patterns);
    fasti_arena_deinit(&run->arena);
    free(run);
}

/* What was taken apart says all that was there: written again it is the same bytes, but for zeros
 * to a multiple of 8. */
static void encoding_verify(const struct fasti_put *put, const uint8_t *bytes, size_t size) {
    static uint8_t again[FASTI_EFFECT_BYTES_MAX];
    static const uint8_t zeros[8];
    const size_t capacity = fasti_put_bytes_max(put);
    FASTI_ASSERT(capacity <= sizeof again);
    struct fasti_writer writer = {.bytes = again, .capacity = capacity};
    fasti_put_encode(&writer, put);
    FASTI_ASSERT(!writer.failed && writer.size <= size && size - writer.size < 8);
    FASTI_ASSERT(memcmp(again, bytes, writer.size) == 0);
    FASTI_ASSERT(memcmp(zeros, bytes + writer.size, size - writer.size) == 0);
}

static void touch(void *context, fasti_schedule_id schedule, fasti_date date) {
    struct run *run = context;
    FASTI_ASSERT(fasti_schedule_get(run->directory, schedule) != NULL);
    FASTI_ASSERT(fasti_date_is_bookable(date));
    run->touches++;
}

static enum fasti_status publish(struct run *run, struct fasti_directory *directory,
                                 const struct fasti_put *put, struct fasti_hash128 *delta) {
    const struct fasti_publish how = {.limbo = &run->limbo,
                                      .arena = &run->local,
                                      .now_ms = DECIDED_MS,
                                      .replay = (run->flags & UNCHECKED) != 0,
                                      .touch = touch,
                                      .context = run};
    uint32_t id = 0;
    const enum fasti_status status = fasti_directory_publish(directory, put, &how, &id, delta);
    FASTI_ASSERT(status != FASTI_OK || id != 0);
    return status;
}

/* A rehearsal says what the directory itself would say, and leaves no trace. */
static void rehearse(struct run *run, const struct fasti_put *put, enum fasti_status expected) {
    struct fasti_directory *rehearsal = fasti_rehearsal_begin(run->directory);
    enum fasti_put_result result;
    struct fasti_hash128 delta;
    FASTI_ASSERT(rehearsal != NULL);
    FASTI_ASSERT(fasti_directory_check(rehearsal, put, NULL, &result, NULL) == expected);
    if (expected == FASTI_OK) {
        FASTI_ASSERT(publish(run, rehearsal, put, &delta) == FASTI_OK);
        FASTI_ASSERT(fasti_directory_check(rehearsal, put, NULL, &result, NULL) == FASTI_OK);
        FASTI_ASSERT(result == FASTI_PUT_UNCHANGED);
    }
    fasti_rehearsal_end(rehearsal);
}

static void moved_look(void *context, fasti_schedule_id schedule) {
    struct run *run = context;
    FASTI_ASSERT(fasti_schedule_get(run->directory, schedule) != NULL);
}

static void put_do(struct run *run, const struct fasti_put *put) {
    enum fasti_put_result result;
    struct fasti_detail detail = {{0}};
    struct fasti_hash128 delta = {0, 0};
    const enum fasti_status status =
        fasti_directory_check(run->directory, put, NULL, &result, &detail);
    FASTI_ASSERT((status == FASTI_OK) == (detail.text[0] == '\0'));
    if ((run->flags & REHEARSED) != 0)
        rehearse(run, put, status);
    if ((run->flags & UNCHECKED) != 0) {
        const enum fasti_status published = publish(run, run->directory, put, &delta);
        FASTI_ASSERT(published == FASTI_OK || published == FASTI_CORRUPT_STATE);
        FASTI_ASSERT(status != FASTI_OK || published == FASTI_OK);
    } else if (status == FASTI_OK) {
        fasti_directory_moved(run->directory, put, moved_look, run);
        FASTI_ASSERT(publish(run, run->directory, put, &delta) == FASTI_OK);
        const bool is_same = fasti_hash128_equal(delta, (struct fasti_hash128){0, 0});
        FASTI_ASSERT(is_same == (result == FASTI_PUT_UNCHANGED));
        FASTI_ASSERT(fasti_directory_check(run->directory, put, NULL, &result, NULL) == FASTI_OK);
        FASTI_ASSERT(result == FASTI_PUT_UNCHANGED);
    }
    run->digest = fasti_hash128_add(run->digest, delta);
    for (int i = 0; i < 4; i++) {
        fasti_epoch_quiescent(&run->limbo);
        (void)fasti_limbo_collect(&run->limbo, UINT32_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fasti_put_scratch scratch;
    if (size < 3)
        return 0;
    struct run *run = run_make(data[0]);
    for (size_t at = 1; at + 2 < size;) {
        size_t length = (size_t)data[at] | (size_t)data[at + 1] << 8;
        at += 2;
        length = length < size - at ? length : size - at;
        uint8_t *exact = malloc(length + 1); /* so that reading beyond it is seen */
        FASTI_ASSERT(exact != NULL);
        memcpy(exact, data + at, length);
        at += length;
        if (fasti_put_decode(exact, length, &scratch) == FASTI_OK) {
            encoding_verify(&scratch.put, exact, length);
            put_do(run, &scratch.put);
        }
        free(exact);
    }
    FASTI_ASSERT(fasti_hash128_equal(fasti_directory_digest(run->directory), run->digest));
    run_free(run);
    return 0;
}

static size_t put_size(const uint8_t *bytes, size_t left) {
    const size_t size = left < 2 ? left : 2 + ((size_t)bytes[0] | (size_t)bytes[1] << 8);
    return size < left ? size : left;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    return fuzz_items_mutate(data, size, max_size, seed, put_size);
}
