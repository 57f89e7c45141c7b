/*
 * fuzz_replay.c - bytes as effects: taken apart and replayed into a fresh state, then put into a
 * log with right checksums and digests and recovered from it by the real code.
 *
 *   flags | effect | effect ...        flags: HELP, OPEN, EPOCHS, LOG; upper bits: effects a batch
 *
 * Without LOG the first part is all: it is much faster. With HELP an effect's size and its cells'
 * versions are made right before it is replayed, and an effect that is refused is left out;
 * without, the first refusal is the log's end and recovery must refuse there, too. What was
 * replayed has the digest of its parts; an engine that opens such a log answers every question,
 * books what it offers, and recovers to the same state.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/apply.h"
#include "engine/calendar/cell.h"
#include "fuzz/inspect.h"
#include "fuzz/items.h"
#include "tests/support/engine_ask.h"
#include "tests/support/log_image.h"

#define FUZZ_BYTES_MAX 16384
#define EFFECTS_MAX    (FUZZ_BYTES_MAX / sizeof(struct fasti_effect_header))

enum { HELP = 1, OPEN = 2, EPOCHS = 4, LOG = 8, BATCH_SHIFT = 4 }; /* flags */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A state as replay needs it, and what was replayed into it. */
struct replayed {
    struct fasti_state state;
    struct fasti_booking booking;
    struct fasti_hash128 digest;
    struct fasti_detail detail;
    int64_t logged_ms;
    enum fasti_status status; /* of the last effect */
    uint32_t count;
    uint32_t bytes; /* of `payload` in use; without HELP: all of the input */
    _Alignas(8) uint8_t payload[FUZZ_BYTES_MAX];
    uint32_t ends[EFFECTS_MAX]; /* of each effect in the payload */
    int64_t logged[EFFECTS_MAX];
    struct fasti_hash128 digests[EFFECTS_MAX];
};

/* ---- replay ---- */

static struct replayed *replayed_make(void) {
    struct replayed *r = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *r);
    FASTI_ASSERT(r != NULL);
    memset(r, 0, sizeof *r);
    FASTI_ASSERT(fasti_state_init(&r->state, 1, UINT64_C(64) << 20, fasti_clock_fixed(0)) ==
                 FASTI_OK);
    /* All of fasti_booking_init but the pool of pendings, which replay does not use. */
    r->booking.state = &r->state;
    fasti_arena_local_init(&r->booking.arena, &r->state.arena);
    FASTI_ASSERT(fasti_limbo_init(&r->booking.limbo, &r->state.epoch, &r->booking.arena, 0));
    r->booking.timers.heap = malloc(FASTI_WORKER_HOLDS_MAX * sizeof *r->booking.timers.heap);
    FASTI_ASSERT(r->booking.timers.heap != NULL);
    fasti_epoch_online(&r->booking.limbo);
    return r;
}

static void replayed_free(struct replayed *r) {
    fasti_booking_deinit(&r->booking);
    fasti_state_deinit(&r->state);
    free(r);
}

/* The version that a cell has now; 0 where there is none. */
static uint32_t version_now(struct replayed *r, uint64_t id) {
    const fasti_date date = fasti_cell_id_date(id);
    if (id == fasti_cell_id_config())
        return fasti_load_relaxed(&r->state.config_version);
    if (fasti_cell_id_kind(id) == FASTI_CELL_RECORD) {
        struct fasti_record_entry *entry =
            fasti_records_find(&r->state.records, fasti_cell_id_record_id(id));
        return entry == NULL ? 0 : fasti_cell_version(fasti_load_relaxed(&entry->cell));
    }
    struct fasti_schedule *schedule =
        fasti_schedule_get(r->state.directory, fasti_cell_id_schedule(id));
    if (fasti_cell_id_kind(id) != FASTI_CELL_DAY || schedule == NULL ||
        !fasti_date_is_bookable(date))
        return 0;
    const struct fasti_day_ref ref = fasti_days_find(&r->state.arena, &schedule->days, date);
    return ref.chunk == NULL ? 0
                             : fasti_cell_version(fasti_load_relaxed(&ref.chunk->cells[ref.at]));
}

static void effect_help(struct replayed *r, uint8_t *bytes, size_t left) {
    struct fasti_effect_header header;
    memcpy(&header, bytes, sizeof header);
    header.flags = 0;
    if (header.size_bytes < sizeof header || header.size_bytes > left)
        header.size_bytes = (uint32_t)left;
    header.size_bytes &= ~UINT32_C(7);
    memcpy(bytes, &header, sizeof header);
    for (size_t i = 0; i < header.cell_count; i++) {
        struct fasti_effect_cell cell;
        const size_t at = sizeof header + i * sizeof cell;
        if (at + sizeof cell > header.size_bytes)
            return;
        memcpy(&cell, bytes + at, sizeof cell);
        cell.from_version = version_now(r, cell.id);
        memcpy(bytes + at, &cell, sizeof cell);
    }
}

static void effect_keep(struct replayed *r, const struct fasti_effect *effect,
                        struct fasti_hash128 delta) {
    const int64_t decided_ms = effect->header->decided_ms;
    r->digest = fasti_hash128_add(r->digest, delta);
    r->logged_ms = decided_ms > r->logged_ms ? decided_ms : r->logged_ms;
    r->digests[r->count] = r->digest;
    r->logged[r->count] = r->logged_ms;
    r->ends[r->count++] = r->bytes;
}

/* Replays all that can be; every effect of a batch, then the next one. */
static void replay(struct replayed *r, const uint8_t *data, size_t size, uint8_t flags) {
    const uint32_t batch = 1 + (flags >> BATCH_SHIFT);
    for (size_t at = 0; at < size;) {
        uint8_t *copy = r->payload + r->bytes;
        memcpy(copy, data + at, size - at);
        if ((flags & HELP) != 0 && size - at >= sizeof(struct fasti_effect_header))
            effect_help(r, copy, size - at);
        struct fasti_effect effect;
        struct fasti_hash128 delta = {0, 0};
        if ((flags & EPOCHS) != 0 && r->count % batch == 0)
            fasti_imports_end_all(&r->state.imports);
        r->detail.text[0] = '\0';
        r->status = fasti_effect_decode(copy, size - at, &effect);
        const bool is_whole = r->status == FASTI_OK;
        const bool is_publish = is_whole && effect.header->kind == FASTI_EFFECT_PUBLISH;
        if (is_whole) {
            fasti_effect_prefetch_cell(&r->booking, &effect);
            fasti_effect_prefetch_page(&r->booking, &effect);
            r->status = fasti_effect_replay(&r->booking, &effect, &delta, &r->detail);
        }
        fasti_limbo_drain(&r->booking.limbo);
        at += is_whole ? effect.header->size_bytes : size;
        if (r->status == FASTI_OK) {
            r->bytes += effect.header->size_bytes;
            effect_keep(r, &effect, delta);
        } else if ((flags & HELP) == 0 || is_publish) {
            return; /* a refused PUBLISH leaves half of itself: recovery ends there */
        }
    }
}

/* The running digest is the sum over what is there. */
static void digest_verify(struct replayed *r) {
    struct fasti_hash128 sum = fasti_directory_digest(r->state.directory);
    for (uint64_t id = 1; id < fasti_load_relaxed(&r->state.records.next_id); id++) {
        struct fasti_record_entry *entry =
            fasti_records_find(&r->state.records, (fasti_record_id){id});
        if (entry == NULL) {
            id |= FASTI_RECORD_CHUNK - 1; /* none of its chunk */
            continue;
        }
        const uint64_t word = fasti_load_relaxed(&entry->cell);
        const uint32_t index = fasti_cell_index(word);
        if (index != 0 &&
            fasti_cell_tag(word) == FASTI_TAG_PAGE) /* else a part of another record */
            sum =
                fasti_hash128_add(sum, fasti_record_digest(fasti_arena_at(&r->state.arena, index)));
    }
    FASTI_ASSERT(fasti_hash128_equal(sum, r->digest));
}

/* ---- the same through a log ---- */

/* What was kept as batches; with a refusal at the end, that one as the last batch. */
static struct fasti_sim_disk *disk_make(const struct replayed *r, uint8_t flags, size_t size) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    const uint32_t batch = 1 + (flags >> BATCH_SHIFT);
    struct log_image image;
    const size_t blocks = 2 + 2 * (r->count / batch + 2) + size / FASTI_BLOCK_BYTES;
    log_image_begin(&image, blocks * FASTI_BLOCK_BYTES);
    for (uint32_t first = 0; first < r->count; first += batch) {
        const uint32_t last = first + batch < r->count ? first + batch - 1 : r->count - 1;
        const uint32_t begin = first == 0 ? 0 : r->ends[first - 1];
        image.epoch += (flags & EPOCHS) != 0;
        FASTI_ASSERT(log_image_batch(&image, r->payload + begin, r->ends[last] - begin,
                                     last - first + 1, r->logged[last], r->digests[last]));
    }
    const bool is_refused = r->status != FASTI_OK && (flags & HELP) == 0;
    if (is_refused && r->bytes < size) {
        image.epoch += (flags & EPOCHS) != 0 && r->count % batch == 0;
        FASTI_ASSERT(log_image_batch(&image, r->payload + r->bytes, (uint32_t)size - r->bytes, 1,
                                     r->logged_ms, r->digest));
    }
    log_image_place(&image, disk);
    return disk;
}

/* Recovers from the log of what was replayed. */
static void log_verify(const struct replayed *r, uint8_t flags, size_t size) {
    const bool is_whole = r->status == FASTI_OK || (flags & HELP) != 0;
    struct fasti_sim_disk *disk = disk_make(r, flags, size);
    struct fasti_inspect_report report;
    const enum fasti_status status = fuzz_inspect(disk, FASTI_INSPECT_DIGEST, &report);
    FASTI_ASSERT(status == (is_whole ? FASTI_OK : r->status));
    if (is_whole) {
        FASTI_ASSERT(fasti_hash128_equal(report.digest_computed, r->digest));
        FASTI_ASSERT(report.effects == r->count);
    }
    const enum fasti_status dumped = fuzz_inspect(disk, FASTI_INSPECT_DUMP, &report);
    FASTI_ASSERT(dumped == FASTI_OK || !is_whole);
    if (is_whole && (flags & OPEN) != 0)
        engine_ask_all(disk, r->digest);
    fasti_sim_disk_destroy(disk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > FUZZ_BYTES_MAX)
        return 0;
    struct replayed *r = replayed_make();
    replay(r, data + 1, size - 1, data[0]);
    if (r->status == FASTI_OK)
        digest_verify(r);
    if ((data[0] & LOG) != 0)
        log_verify(r, data[0], size - 1);
    replayed_free(r);
    return 0;
}

static size_t effect_size(const uint8_t *bytes, size_t left) {
    uint32_t size;
    if (left < sizeof size)
        return left;
    memcpy(&size, bytes, sizeof size);
    return size >= sizeof(struct fasti_effect_header) && size <= left ? size : left;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    return fuzz_items_mutate(data, size, max_size, seed, effect_size);
}
