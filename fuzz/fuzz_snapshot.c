/*
 * fuzz_snapshot.c - bytes as the sections of a snapshot, with right checksums, loaded into a state.
 *
 *   next record (4) | config version (2) | section: kind (1), zero (1), bytes (2), entries |
 * section ...
 *
 * Whatever the entries say, the load comes to OK or refuses; what it took is looked at then, as
 * search and lists would.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/cell.h"
#include "engine/commit/load.h"
#include "engine/storage/snapshot.h"

#define FUZZ_BYTES_MAX 32768
#define HEAD_BYTES     6
#define FILE_BYTES     (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the file ---- */

struct image {
    uint8_t *bytes; /* FILE_BYTES */
    size_t size;
    struct fasti_snapshot_header header;
};

static bool section_add(struct image *image, uint8_t kind, const uint8_t *entries, size_t size) {
    const size_t whole = (FASTI_SECTION_HEADER_BYTES + size + FASTI_BLOCK_BYTES - 1) /
                         FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
    if (image->size + whole + FASTI_BLOCK_BYTES > FILE_BYTES)
        return false;
    uint8_t *at = image->bytes + image->size;
    struct fasti_section_header header = {
        .kind = kind, .entries = 1, .bytes = size, .number = image->header.sections};
    memcpy(at, &header, sizeof header);
    if (size > 0)
        memcpy(at + sizeof header, entries, size);
    header.checksum = fasti_hash128(at, sizeof header + size);
    memcpy(at, &header, sizeof header);
    const struct fasti_hash128 chain[2] = {image->header.body_checksum, header.checksum};
    image->header.body_checksum = fasti_hash128(chain, sizeof chain);
    image->header.sections++;
    image->size += whole;
    return true;
}

static void image_build(struct image *image, const uint8_t *data, size_t size) {
    uint32_t record_next;
    uint16_t version;
    memcpy(&record_next, data, sizeof record_next);
    memcpy(&version, data + 4, sizeof version);
    image->size = FASTI_BLOCK_BYTES;
    image->header.generation = image->header.lsn_floor = image->header.lsn_end = 1;
    image->header.record_next = 1 + record_next % (1 << 20); /* far ones take much memory */
    image->header.config_version = version;
    image->header.request_buckets = 64;
    for (size_t at = HEAD_BYTES; at + 4 <= size;) {
        uint16_t bytes;
        const uint8_t kind = data[at];
        memcpy(&bytes, data + at + 2, sizeof bytes);
        at += 4;
        const size_t left = size - at;
        const size_t taken = (bytes < left ? bytes : left) / 8 * 8;
        if (!section_add(image, kind, data + at, taken) || taken == 0)
            break;
        at += taken;
    }
    image->header.body_bytes = image->size - FASTI_BLOCK_BYTES;
    fasti_snapshot_header_seal(&image->header);
    memcpy(image->bytes, &image->header, sizeof image->header);
    memcpy(image->bytes + image->size + FASTI_BLOCK_BYTES - FASTI_HEADER_BYTES, &image->header,
           sizeof image->header);
    image->size += FASTI_BLOCK_BYTES;
}

/* ---- what was loaded ---- */

static void days_look(struct fasti_state *state, struct fasti_schedule *schedule) {
    fasti_date first = {FASTI_DATE_FIRST};
    for (uint32_t chunks = 0;
         chunks < 16 && fasti_days_next_chunk(&state->arena, &schedule->days, first, &first);
         chunks++, first.v += FASTI_CHUNK_DAYS) {
        const struct fasti_day_ref ref = fasti_days_find(&state->arena, &schedule->days, first);
        for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
            const uint64_t word = fasti_load_relaxed(&ref.chunk->cells[at]);
            if (fasti_cell_index(word) == 0)
                continue;
            const struct fasti_page *page = fasti_arena_at(&state->arena, fasti_cell_index(word));
            (void)fasti_page_taken_at(page, 0, FASTI_TICKS_MAX, 0);
            (void)fasti_page_visits_count(page, 0, FASTI_TICKS_MAX, NULL, 0, 0);
            (void)fasti_page_expired(page, 0, FASTI_TICKS_MAX, INT64_MAX);
        }
    }
}

static void state_look(struct fasti_state *state) {
    const uint32_t schedules = fasti_directory_count(state->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; i <= schedules; i++) {
        struct fasti_schedule *schedule =
            fasti_schedule_get(state->directory, (fasti_schedule_id){i});
        days_look(state, schedule);
        uint64_t record = fasti_load_relaxed(&schedule->record_head);
        for (uint32_t steps = 0; record != 0 && steps < 1000; steps++) {
            const struct fasti_record_entry *entry =
                fasti_records_find(&state->records, (fasti_record_id){record});
            record = entry == NULL ? 0 : fasti_load_relaxed(&entry->next_schedule);
        }
    }
    (void)fasti_directory_digest(state->directory);
}

static void load(struct fasti_io *io) {
    struct fasti_state *state = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *state);
    struct fasti_booking *booking = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *booking);
    FASTI_ASSERT(state != NULL && booking != NULL);
    memset(state, 0, sizeof *state);
    memset(booking, 0, sizeof *booking);
    FASTI_ASSERT(fasti_state_init(state, 1, UINT64_C(64) << 20, fasti_clock_fixed(0)) == FASTI_OK);
    FASTI_ASSERT(fasti_booking_init(booking, state, 0) == FASTI_OK);
    fasti_epoch_online(&booking->limbo);
    struct fasti_detail detail = {""};
    struct fasti_load loaded = {.booking = booking, .catchup = fasti_catchup_create()};
    FASTI_ASSERT(loaded.catchup != NULL);
    const enum fasti_status status = fasti_load_snapshot(&loaded, io, 1, &detail);
    if (status == FASTI_OK)
        state_look(state);
    else
        FASTI_ASSERT(status == FASTI_LIMIT_MEMORY ||
                     (detail.text[0] != '\0' &&
                      (status == FASTI_CORRUPT_SNAPSHOT || status == FASTI_UNSUPPORTED_FORMAT)));
    fasti_catchup_destroy(loaded.catchup);
    fasti_booking_deinit(booking);
    fasti_state_deinit(state);
    free(booking);
    free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < HEAD_BYTES || size > FUZZ_BYTES_MAX)
        return 0;
    struct image image = {.bytes = aligned_alloc(FASTI_BLOCK_BYTES, FILE_BYTES)};
    FASTI_ASSERT(image.bytes != NULL);
    memset(image.bytes, 0, FILE_BYTES);
    image_build(&image, data, size);
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_io_file file;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_snapshot_name(name, 1);
    FASTI_ASSERT(io->operations->create(io, name, &file) == FASTI_OK);
    FASTI_ASSERT(io->operations->write(io, file, 0, image.bytes, image.size) == FASTI_OK);
    io->operations->close_file(io, file);
    load(io);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
    free(image.bytes);
    return 0;
}
