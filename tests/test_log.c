/*
 * test_log.c - the log on a simulated disk: killed, torn, failing, full and damaged.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/storage/batch.h"
#include "engine/storage/log.h"
#include "tests/support/ledger.h"
#include "tests/support/seed.h"

#define SEGMENT  (8 * FASTI_BLOCK_BYTES) /* room for 6 blocks of batches */
#define NO_FAULT ((struct fasti_sim_faults){0})

/* One life of a process: reads, opens, appends `batches`, closes. Ends early when it is killed or
 * the log fails. */
struct life {
    enum fasti_status read, open;
    struct fasti_log_report report;
    struct fasti_detail detail;
    bool kept, failed;
    uint32_t appended;
};

static struct life live(struct fasti_sim_disk *disk, struct ledger *ledger, struct fasti_prng *prng,
                        uint32_t batches, uint32_t payload_max) {
    struct life life = {0};
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_log *log = NULL;
    const uint32_t acknowledged = ledger->acknowledged, written = ledger->written;
    life.read = ledger_read(ledger, io, &life.report, &life.detail);
    life.kept = ledger_is_kept(ledger, acknowledged, written);
    life.open = life.read;
    if (life.read == FASTI_OK)
        life.open = fasti_log_open(io, &life.report, 1000, SEGMENT, &log, &life.detail);
    if (life.open == FASTI_OK) {
        while (life.appended < batches && !life.failed) {
            const enum fasti_log_progress progress =
                ledger_append(ledger, log, prng, payload_max, disk);
            life.failed = progress != FASTI_LOG_DURABLE;
            life.appended += !life.failed;
        }
        fasti_log_close(log, !life.failed);
    }
    io->operations->close(io);
    return life;
}

static enum fasti_status read_only(struct fasti_sim_disk *disk, struct ledger *ledger,
                                   struct fasti_log_report *report, struct fasti_detail *detail) {
    struct fasti_io *io = fasti_sim_disk_open(disk);
    const enum fasti_status status = ledger_read(ledger, io, report, detail);
    io->operations->close(io);
    return status;
}

Test(log, an_empty_directory_is_an_empty_log) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct ledger ledger = {0};
    struct fasti_log_report report;
    struct fasti_detail detail;
    cr_assert_eq(read_only(disk, &ledger, &report, &detail), FASTI_OK);
    cr_assert_eq(report.lsn_end, 1);
    cr_assert_eq(report.epoch, 0);
    cr_assert_eq(report.segments, 0);
    fasti_sim_disk_destroy(disk);
}

Test(log, what_was_acknowledged_is_read_back_over_many_segments_and_lives) {
    struct fasti_prng prng = fasti_test_prng("many_lives");
    struct fasti_sim_disk *disk = fasti_sim_disk_create(fasti_prng_next(&prng));
    struct ledger ledger = {0};
    fasti_sim_disk_set_faults(disk, &(struct fasti_sim_faults){.delay_max = 5});
    for (uint32_t n = 0; n < 10; n++) {
        const struct life life = live(disk, &ledger, &prng, 40, 9000);
        cr_assert_eq(life.open, FASTI_OK, "%s", life.detail.text);
        cr_assert(life.kept);
        cr_assert_eq(life.appended, 40);
        cr_assert_eq(life.report.epoch, n);
        cr_assert_eq(life.report.clean, n > 0);
        cr_assert_not(life.report.torn);
    }
    struct fasti_log_report report;
    struct fasti_detail detail;
    cr_assert_eq(read_only(disk, &ledger, &report, &detail), FASTI_OK);
    cr_assert_eq(ledger.seen, 400);
    cr_assert_gt(report.segments, 50);
    cr_assert_leq(report.prepared, FASTI_SEGMENTS_RESERVED);
    cr_assert_eq(live(disk, &ledger, &prng, 0, 1).open, FASTI_OK);
    cr_assert_eq(read_only(disk, &ledger, &report, &detail), FASTI_OK);
    /* Opening completes the reserve; the stop may have taken one of it. */
    cr_assert_geq(report.prepared, FASTI_SEGMENTS_RESERVED - 1);
    cr_assert_eq(report.mended, 0);
    fasti_sim_disk_destroy(disk);
}

/* Kills a life at its every write; then the next one must find all that was acknowledged, go on,
 * and be found whole again. With again, that second life is killed somewhere first, too. */
static void kill_sweep(uint64_t seed, bool tear, uint32_t delay_max, bool again) {
    for (uint64_t n = 1;; n++) {
        struct fasti_prng prng = {seed};
        struct fasti_sim_disk *disk = fasti_sim_disk_create(seed + n);
        struct ledger ledger = {0};
        cr_assert_eq(live(disk, &ledger, &prng, 3, 9000).open, FASTI_OK);
        fasti_sim_disk_set_faults(
            disk,
            &(struct fasti_sim_faults){.kill_at_write = n, .tear = tear, .delay_max = delay_max});
        (void)live(disk, &ledger, &prng, 6, 9000);
        const bool killed = fasti_sim_disk_is_killed(disk);
        for (uint64_t m = 1; again && killed; m++) {
            fasti_sim_disk_set_faults(disk,
                                      &(struct fasti_sim_faults){.kill_at_write = m, .tear = tear});
            const struct life life = live(disk, &ledger, &prng, 0, 1);
            cr_assert_eq(life.read, FASTI_OK, "seed %llu, write %llu, again %llu: %s",
                         (unsigned long long)seed, (unsigned long long)n, (unsigned long long)m,
                         life.detail.text);
            cr_assert(life.kept);
            if (!fasti_sim_disk_is_killed(disk))
                break;
        }
        fasti_sim_disk_set_faults(disk, &NO_FAULT);
        for (uint32_t i = 0; i < 2; i++) {
            const struct life life = live(disk, &ledger, &prng, 3, 9000);
            cr_assert_eq(life.open, FASTI_OK, "seed %llu, write %llu: %s", (unsigned long long)seed,
                         (unsigned long long)n, life.detail.text);
            cr_assert(life.kept, "seed %llu, write %llu", (unsigned long long)seed,
                      (unsigned long long)n);
            cr_assert_eq(life.appended, 3);
            cr_assert(i == 0 || !life.report.torn, "a cut tail stays cut");
        }
        fasti_sim_disk_destroy(disk);
        if (!killed)
            break;
        cr_assert_lt(n, 500);
    }
}

Test(log, killed_at_every_write_without_tears) {
    struct fasti_prng prng = fasti_test_prng("kill");
    for (uint32_t i = 0; i < 4; i++)
        kill_sweep(fasti_prng_next(&prng), false, i, false);
}

Test(log, killed_at_every_write_with_tears) {
    struct fasti_prng prng = fasti_test_prng("kill_tear");
    for (uint32_t i = 0; i < 20; i++)
        kill_sweep(fasti_prng_next(&prng), true, i % 4, false);
}

Test(log, killed_again_at_every_write_of_the_recovery) {
    struct fasti_prng prng = fasti_test_prng("kill_again");
    for (uint32_t i = 0; i < 6; i++)
        kill_sweep(fasti_prng_next(&prng), true, i % 3, true);
}

/* Fails every write with one error: nothing is acknowledged by a failed log, no later life finds
 * anything wrong. */
static void fail_sweep(uint64_t seed, int32_t error, bool tear) {
    bool any_failed = false;
    for (uint64_t n = 1; n < 100; n++) {
        struct fasti_prng prng = {seed};
        struct fasti_sim_disk *disk = fasti_sim_disk_create(seed + n);
        struct ledger ledger = {0};
        cr_assert_eq(live(disk, &ledger, &prng, 3, 9000).open, FASTI_OK);
        fasti_sim_disk_set_faults(
            disk, &(struct fasti_sim_faults){
                      .fail_at_write = n, .fail_error = error, .tear = tear, .delay_max = 2});
        const struct life hurt = live(disk, &ledger, &prng, 6, 9000);
        const bool reached = fasti_sim_disk_write_count(disk) >= n;
        any_failed = any_failed || hurt.failed || hurt.open != FASTI_OK;
        if (hurt.failed)
            cr_assert_leq(ledger.written, ledger.acknowledged + 1, "one is in doubt at most");
        fasti_sim_disk_set_faults(disk, &NO_FAULT);
        const struct life life = live(disk, &ledger, &prng, 3, 9000);
        cr_assert_eq(life.open, FASTI_OK, "seed %llu, write %llu: %s", (unsigned long long)seed,
                     (unsigned long long)n, life.detail.text);
        cr_assert(life.kept);
        fasti_sim_disk_destroy(disk);
        if (!reached)
            break;
    }
    cr_assert(any_failed);
}

Test(log, a_failed_or_short_write_is_never_acknowledged) {
    struct fasti_prng prng = fasti_test_prng("fail");
    const int32_t errors[] = {-EIO, -ENOSPC, -ECANCELED, 512, 1, 4096};
    for (uint32_t i = 0; i < 12; i++)
        fail_sweep(fasti_prng_next(&prng), errors[i % 6], i >= 6);
}

Test(log, a_failed_log_stays_failed) {
    struct fasti_prng prng = fasti_test_prng("dead");
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_log_report report;
    struct fasti_log *log;
    struct ledger ledger = {0};
    cr_assert_eq(ledger_read(&ledger, io, &report, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_open(io, &report, 0, SEGMENT, &log, NULL), FASTI_OK);
    fasti_sim_disk_set_faults(disk,
                              &(struct fasti_sim_faults){.fail_at_write = 1, .fail_error = -EIO});
    cr_assert_eq(ledger_append(&ledger, log, &prng, 100, disk), FASTI_LOG_FAILED);
    cr_assert_eq(fasti_log_append(log, 0, 0, 0, 9999, (struct fasti_hash128){0}), FASTI_IO_WRITE);
    cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_FAILED);
    cr_assert_not(fasti_log_is_busy(log));
    const uint64_t writes = fasti_sim_disk_write_count(disk);
    fasti_log_close(log, true);
    cr_assert_eq(fasti_sim_disk_write_count(disk), writes, "no mark of a clean stop");
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

Test(log, one_batch_in_flight_and_two_buffers) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_log_report report;
    struct fasti_log *log;
    struct ledger ledger = {0};
    uint32_t capacity;
    cr_assert_eq(ledger_read(&ledger, io, &report, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_open(io, &report, 5, 0, &log, NULL), FASTI_OK);
    uint8_t *first = fasti_log_buffer(log, &capacity);
    cr_assert_eq(capacity, FASTI_BATCH_BYTES_MAX - FASTI_BATCH_OVERHEAD_BYTES);
    cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_IDLE);
    memset(first, 'x', capacity);
    cr_assert_eq(fasti_log_append(log, 0, 1, capacity, 5, (struct fasti_hash128){0}), FASTI_OK);
    cr_assert(fasti_log_is_busy(log));
    cr_assert_neq(fasti_log_buffer(log, &capacity), first);
    cr_assert_eq(fasti_log_append(log, 0, 1, 1, 5, (struct fasti_hash128){0}), FASTI_BUSY);
    cr_assert_eq(fasti_log_lsn_end(log), 1);
    cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_DURABLE);
    cr_assert_eq(fasti_log_lsn_end(log), 2);
    cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_IDLE);
    cr_assert_not(fasti_log_is_busy(log));
    fasti_log_close(log, true);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

Test(log, a_full_disk_is_low_first_then_refused_and_comes_back) {
    struct fasti_prng prng = fasti_test_prng("full");
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_sim_faults faults = {.capacity_bytes = 4 * SEGMENT};
    struct ledger ledger = {0};
    struct fasti_log_report report;
    struct fasti_log *log;
    fasti_sim_disk_set_faults(disk, &faults);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    cr_assert_eq(ledger_read(&ledger, io, &report, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_open(io, &report, 0, SEGMENT, &log, NULL), FASTI_OK);
    cr_assert_not(fasti_log_is_low(log));
    uint32_t after_low = 0;
    for (uint32_t i = 0; i < 200; i++) {
        if (ledger_append(&ledger, log, &prng, 3000, disk) != FASTI_LOG_DURABLE)
            break;
        after_low += fasti_log_is_low(log);
    }
    cr_assert(fasti_log_is_low(log));
    cr_assert_geq(after_low, 10, "the reserve still takes batches");
    cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_IDLE, "refused, not failed");
    faults.capacity_bytes = 0;
    const uint64_t writes = fasti_sim_disk_write_count(disk);
    fasti_sim_disk_set_faults(disk, &faults);
    cr_assert_gt(writes, 0);
    for (uint32_t i = 0; i < 5000 && fasti_log_is_low(log); i++)
        cr_assert_eq(fasti_log_poll(log, 0), FASTI_LOG_IDLE);
    cr_assert_not(fasti_log_is_low(log));
    cr_assert_eq(ledger_append(&ledger, log, &prng, 3000, disk), FASTI_LOG_DURABLE);
    fasti_log_close(log, true);
    cr_assert_eq(ledger_read(&ledger, io, &report, NULL), FASTI_OK);
    cr_assert_not(ledger.wrong);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

Test(log, no_room_for_the_first_segment_is_a_refusal) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct ledger ledger = {0};
    struct fasti_prng prng = {1};
    fasti_sim_disk_set_faults(disk, &(struct fasti_sim_faults){.capacity_bytes = SEGMENT - 1});
    struct life life = live(disk, &ledger, &prng, 1, 100);
    cr_assert_eq(life.open, FASTI_DISK_LOW);
    cr_assert_not_null(strstr(life.detail.text, "make room"), "%s", life.detail.text);
    fasti_sim_disk_set_faults(disk, &NO_FAULT);
    life = live(disk, &ledger, &prng, 1, 100);
    cr_assert_eq(life.open, FASTI_OK, "the unfinished segment is made again");
    fasti_sim_disk_destroy(disk);
}

Test(log, trim_removes_whole_old_segments_only) {
    uint32_t removed;
    struct fasti_prng prng = fasti_test_prng("trim");
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct ledger ledger = {0};
    struct fasti_log_report before, after;
    struct fasti_log *log;
    cr_assert_eq(ledger_read(&ledger, io, &before, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_open(io, &before, 0, SEGMENT, &log, NULL), FASTI_OK);
    for (uint32_t i = 0; i < 60; i++)
        cr_assert_eq(ledger_append(&ledger, log, &prng, 9000, disk), FASTI_LOG_DURABLE);
    const uint64_t floor = ledger.entries[30].lsn_first;
    cr_assert_eq(fasti_log_trim(log, 1, UINT32_MAX, &removed), FASTI_OK);
    cr_assert_eq(fasti_log_trim(log, floor, UINT32_MAX, &removed), FASTI_OK);
    fasti_log_close(log, true);

    uint32_t gone = 0;
    struct ledger rest = {0};
    struct fasti_log_report report;
    struct fasti_detail detail;
    (void)ledger_read(&rest, io, &after, &detail); /* all wrong, but it tells where it starts */
    cr_assert_gt(after.lsn_start, 1);
    cr_assert_leq(after.lsn_start, floor);
    while (ledger.entries[gone].lsn_first < after.lsn_start)
        gone++;
    rest = (struct ledger){.acknowledged = 60 - gone, .written = 60 - gone};
    memcpy(rest.entries, ledger.entries + gone, (60 - gone) * sizeof rest.entries[0]);
    cr_assert_eq(ledger_read(&rest, io, &report, &detail), FASTI_OK, "%s", detail.text);
    cr_assert_not(rest.wrong);
    cr_assert_eq(rest.seen, 60 - gone);
    cr_assert_eq(fasti_log_open(io, &report, 0, SEGMENT, &log, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_trim(log, UINT64_MAX, UINT32_MAX, &removed), FASTI_OK, "never the tail");
    fasti_log_close(log, true);
    cr_assert_eq(ledger_read(&rest, io, &report, &detail), FASTI_OK, "%s", detail.text);
    cr_assert_leq(report.segments, 2, "the tail, and one more if the stop's batch opened it");
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

static enum fasti_status visit_stop(void *context, const struct fasti_batch *batch,
                                    const uint8_t *payload,
                                    const struct fasti_log_position *position) {
    (void)payload;
    (void)position;
    *(uint64_t *)context = batch->lsn_first;
    return batch->lsn_first >= 2 ? FASTI_CORRUPT_STATE : FASTI_OK;
}

Test(log, a_visitor_can_stop_the_reading) {
    struct fasti_prng prng = {3};
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct ledger ledger = {0};
    struct fasti_log_report report;
    uint64_t last = 0;
    cr_assert_eq(live(disk, &ledger, &prng, 3, 100).appended, 3);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    cr_assert_eq(fasti_log_read(io, 0, visit_stop, &last, &report, NULL), FASTI_CORRUPT_STATE);
    cr_assert_eq(last, ledger.entries[1].lsn_first);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

/* ---- damage ---- */

/* One file's bytes, taken out of the simulated disk, changed, and put back. */
struct content {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    uint8_t *bytes;
    uint64_t size;
};

static struct content content_get(struct fasti_io *io, uint64_t number) {
    struct content content = {.size = SEGMENT};
    struct fasti_io_file file;
    size_t done;
    fasti_segment_name(content.name, number);
    content.bytes = aligned_alloc(FASTI_BLOCK_BYTES, SEGMENT);
    cr_assert_eq(io->operations->open(io, content.name, &file), FASTI_OK);
    cr_assert_eq(io->operations->read(io, file, 0, content.bytes, SEGMENT, &done), FASTI_OK);
    cr_assert_eq(done, SEGMENT);
    return content;
}

/* Frees the bytes. */
static void content_put(struct fasti_io *io, struct content *content, uint64_t number) {
    struct fasti_io_file file;
    fasti_segment_name(content->name, number);
    const enum fasti_status removed = io->operations->remove(io, content->name);
    cr_assert(removed == FASTI_OK || removed == FASTI_NOT_FOUND);
    cr_assert_eq(io->operations->create(io, content->name, &file), FASTI_OK);
    cr_assert_eq(io->operations->write(io, file, 0, content->bytes, content->size), FASTI_OK);
    free(content->bytes);
}

static struct fasti_hash128 disk_hash(struct fasti_io *io) {
    struct fasti_io_entry entries[64];
    struct fasti_hash128 sum = {0};
    uint32_t count;
    cr_assert_eq(io->operations->list(io, entries, 64, &count), FASTI_OK);
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_io_file file;
        uint8_t *bytes = aligned_alloc(FASTI_BLOCK_BYTES, SEGMENT);
        size_t done;
        cr_assert_eq(io->operations->open(io, entries[i].name, &file), FASTI_OK);
        cr_assert_eq(io->operations->read(io, file, 0, bytes, SEGMENT, &done), FASTI_OK);
        sum = fasti_hash128_add(sum, fasti_hash128(bytes, SEGMENT));
        sum = fasti_hash128_add(sum, fasti_hash128(&entries[i], sizeof entries[i]));
        free(bytes);
    }
    return sum;
}

/* A log of `batches` batches of one block each (payloads without zeros), closed without a mark:
 * the last batch is one with effects. Batch i stands behind the seal. */
struct sample {
    struct fasti_sim_disk *disk;
    struct fasti_io *io;
    struct ledger ledger;
    struct fasti_log_report report;
    struct fasti_detail detail;
};

static void sample_make(struct sample *sample, uint64_t seed, uint32_t batches) {
    struct fasti_prng prng = {seed};
    struct fasti_log *log;
    memset(sample, 0, sizeof *sample);
    sample->disk = fasti_sim_disk_create(seed);
    sample->io = fasti_sim_disk_open(sample->disk);
    cr_assert_eq(ledger_read(&sample->ledger, sample->io, &sample->report, NULL), FASTI_OK);
    cr_assert_eq(fasti_log_open(sample->io, &sample->report, 0, SEGMENT, &log, NULL), FASTI_OK);
    for (uint32_t i = 0; i < batches; i++)
        cr_assert_eq(ledger_append(&sample->ledger, log, &prng, 3500, NULL), FASTI_LOG_DURABLE);
    fasti_log_close(log, false);
    cr_assert_eq(ledger_read(&sample->ledger, sample->io, &sample->report, NULL), FASTI_OK);
}

static void sample_drop(struct sample *sample) {
    sample->io->operations->close(sample->io);
    fasti_sim_disk_destroy(sample->disk);
}

static enum fasti_status sample_read(struct sample *sample) {
    return ledger_read(&sample->ledger, sample->io, &sample->report, &sample->detail);
}

/* Refused with this status, file, offset and LSN, with a sentence, and nothing was written. */
static void sample_refused(struct sample *sample, enum fasti_status expected, uint64_t number,
                           uint64_t offset, uint64_t lsn) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    const struct fasti_hash128 before = disk_hash(sample->io);
    const enum fasti_status status = sample_read(sample);
    fasti_segment_name(name, number);
    cr_assert_eq(status, expected, "%s: %s", fasti_status_name(status), sample->detail.text);
    cr_assert_str_eq(sample->report.where.file, name);
    cr_assert_eq(sample->report.where.offset, offset, "%s", sample->detail.text);
    cr_assert_eq(sample->report.where.lsn, lsn, "%s", sample->detail.text);
    cr_assert_not_null(strstr(sample->detail.text, name));
    cr_assert_not(sample->ledger.wrong, "what was read before the damage is right");
    cr_assert(fasti_hash128_equal(before, disk_hash(sample->io)));
}

#define BATCH_AT(i) (FASTI_SEGMENT_HEADERS_BYTES + (uint64_t)(i)*FASTI_BLOCK_BYTES)

static void flip(struct sample *sample, uint64_t number, uint64_t offset) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_segment_name(name, number);
    cr_assert_eq(fasti_sim_disk_flip(sample->disk, name, offset, 0x10), FASTI_OK);
}

/* Segment 1 holds the seal (batch 0) and batches 1 to 5, segment 2 the batches 6 and 7. */
Test(log, one_damaged_header_is_mended_by_its_copy) {
    struct sample sample;
    for (uint32_t i = 0; i < 6; i++) {
        sample_make(&sample, i, 7);
        flip(&sample, 1, BATCH_AT(i) + 50);
        cr_assert_eq(sample_read(&sample), FASTI_OK, "%s", sample.detail.text);
        cr_assert_eq(sample.report.mended, 1);
        flip(&sample, 1, BATCH_AT((i + 1) % 6 + 1) - 50);
        cr_assert_eq(sample_read(&sample), FASTI_OK, "%s", sample.detail.text);
        cr_assert_eq(sample.report.mended, 2);
        flip(&sample, 1, FASTI_BLOCK_BYTES + 20);
        flip(&sample, 2, 20);
        cr_assert_eq(sample_read(&sample), FASTI_OK, "%s", sample.detail.text);
        cr_assert_eq(sample.report.mended, 4);
        cr_assert_eq(sample.ledger.seen, 7);
        cr_assert_not(sample.report.torn);
        sample_drop(&sample);
    }
}

Test(log, damage_below_the_tail_is_refused_where_it_is) {
    struct sample sample;
    for (uint32_t i = 0; i < 6; i++) {
        sample_make(&sample, i, 7);
        const uint64_t lsn = i == 0 ? 1 : sample.ledger.entries[i - 1].lsn_first;
        flip(&sample, 1, BATCH_AT(i) + FASTI_HEADER_BYTES);
        sample_refused(&sample, FASTI_CORRUPT_LOG, 1, BATCH_AT(i), lsn);
        flip(&sample, 1, BATCH_AT(i) + FASTI_HEADER_BYTES);
        flip(&sample, 1, BATCH_AT(i));
        flip(&sample, 1, BATCH_AT(i + 1) - 1);
        sample_refused(&sample, FASTI_CORRUPT_LOG, 1, BATCH_AT(i), lsn);
        sample_drop(&sample);
    }
}

Test(log, the_last_batch_is_damaged_or_torn) {
    struct sample sample;
    sample_make(&sample, 1, 4);
    const uint64_t lsn = sample.ledger.entries[3].lsn_first;
    flip(&sample, 1, BATCH_AT(4) + FASTI_HEADER_BYTES);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 1, BATCH_AT(4), lsn);
    flip(&sample, 1, BATCH_AT(4));
    flip(&sample, 1, BATCH_AT(5) - 1);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 1, BATCH_AT(4), lsn);
    flip(&sample, 1, BATCH_AT(4));
    flip(&sample, 1, BATCH_AT(5) - 1);

    /* A sector of zeros is what a torn write leaves: cut, and nothing comes back later. */
    struct content content = content_get(sample.io, 1);
    memset(content.bytes + BATCH_AT(4), 0, FASTI_SECTOR_BYTES);
    content_put(sample.io, &content, 1);
    sample.ledger.acknowledged = 3;
    cr_assert_eq(sample_read(&sample), FASTI_OK, "%s", sample.detail.text);
    cr_assert(sample.report.torn);
    cr_assert_eq(sample.report.where.offset, BATCH_AT(4));
    cr_assert_eq(sample.report.where.lsn, lsn);
    cr_assert_eq(sample.ledger.seen, 3);
    struct fasti_log *log;
    cr_assert_eq(fasti_log_open(sample.io, &sample.report, 0, SEGMENT, &log, NULL), FASTI_OK);
    fasti_log_close(log, false);
    content = content_get(sample.io, 1);
    cr_assert(fasti_bytes_are_zero(content.bytes + BATCH_AT(5), SEGMENT - BATCH_AT(5)));
    content_put(sample.io, &content, 1);
    cr_assert_eq(sample_read(&sample), FASTI_OK);
    cr_assert_not(sample.report.torn);
    sample_drop(&sample);
}

Test(log, more_than_one_torn_batch_is_damage) {
    struct sample sample;
    sample_make(&sample, 1, 4);
    struct content content = content_get(sample.io, 1);
    memset(content.bytes + BATCH_AT(3), 0, FASTI_SECTOR_BYTES); /* not the last */
    content_put(sample.io, &content, 1);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 1, BATCH_AT(3), sample.ledger.entries[2].lsn_first);
    sample_drop(&sample);
}

Test(log, a_missing_swapped_short_or_foreign_segment_is_refused) {
    struct sample sample, other;
    sample_make(&sample, 1, 20);
    sample_make(&other, 2, 20);
    const uint64_t lsn_2 = sample.ledger.entries[5].lsn_first;
    struct content two = content_get(sample.io, 2), three = content_get(sample.io, 3);

    cr_assert_eq(sample.io->operations->remove(sample.io, two.name), FASTI_OK);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 2, 0, lsn_2);
    struct content keep = {.bytes = aligned_alloc(FASTI_BLOCK_BYTES, SEGMENT), .size = SEGMENT};
    memcpy(keep.bytes, two.bytes, SEGMENT);
    content_put(sample.io, &two, 3);
    content_put(sample.io, &three, 2);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 2, 0, lsn_2);

    struct content foreign = content_get(other.io, 2);
    content_put(sample.io, &foreign, 2);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 2, 0, lsn_2);

    keep.size = SEGMENT / 2;
    content_put(sample.io, &keep, 2);
    sample_refused(&sample, FASTI_CORRUPT_LOG, 2, SEGMENT / 2, lsn_2);

    for (uint64_t n = 1; n <= 4; n++) { /* the prepared ones stay */
        char name[FASTI_IO_NAME_BYTES_MAX + 1];
        fasti_segment_name(name, n);
        cr_assert_eq(sample.io->operations->remove(sample.io, name), FASTI_OK);
    }
    sample_refused(&sample, FASTI_CORRUPT_LOG, 1, 0, 1);
    sample_drop(&sample);
    sample_drop(&other);
}

Test(log, a_segment_without_a_sound_header_is_refused) {
    struct sample sample;
    for (uint64_t number = 1; number <= 2; number++) {
        sample_make(&sample, 1, 7);
        const uint64_t lsn = number == 1 ? 1 : sample.ledger.entries[5].lsn_first;
        flip(&sample, number, 1);
        flip(&sample, number, FASTI_BLOCK_BYTES + 1);
        sample_refused(&sample, FASTI_CORRUPT_LOG, number, 0, lsn);
        struct content content = content_get(sample.io, number);
        memset(content.bytes, 0, FASTI_SEGMENT_HEADERS_BYTES); /* as if never used */
        content_put(sample.io, &content, number);
        sample_refused(&sample, FASTI_CORRUPT_LOG, number, 0, lsn);
        sample_drop(&sample);
    }
}

/* Seals a changed header again, as a program with a bug (or a newer one) would. */
static void reseal(uint8_t *header) {
    const struct fasti_hash128 checksum = fasti_hash128(header, 240);
    memcpy(header + 240, &checksum, sizeof checksum);
}

Test(log, a_newer_format_is_named_and_a_gap_is_refused) {
    struct sample sample;
    struct change {
        uint32_t at; /* of a byte of the header of batch 4, which is raised by one */
        enum fasti_status status;
    } changes[] = {
        {8, FASTI_UNSUPPORTED_FORMAT}, /* version */
        {16, FASTI_CORRUPT_LOG},       /* log id */
        {32, FASTI_CORRUPT_LOG},       /* segment */
        {40, FASTI_CORRUPT_LOG},       /* offset */
        {49, FASTI_CORRUPT_LOG},       /* LSN */
        {112, FASTI_CORRUPT_LOG},      /* chain */
        {64, FASTI_CORRUPT_LOG},       /* total bytes */
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        sample_make(&sample, i, 5);
        struct content content = content_get(sample.io, 1);
        content.bytes[BATCH_AT(4) + changes[i].at]++;
        reseal(content.bytes + BATCH_AT(4));
        memset(content.bytes + BATCH_AT(5) - FASTI_HEADER_BYTES, 0xff, FASTI_HEADER_BYTES);
        content_put(sample.io, &content, 1);
        sample_refused(&sample, changes[i].status, 1, BATCH_AT(4),
                       sample.ledger.entries[3].lsn_first);
        sample_drop(&sample);
    }
    sample_make(&sample, 1, 5);
    struct content content = content_get(sample.io, 1);
    for (uint32_t i = 0; i < 2; i++) {
        content.bytes[i * FASTI_BLOCK_BYTES + 8]++;
        reseal(content.bytes + i * FASTI_BLOCK_BYTES);
    }
    content_put(sample.io, &content, 1);
    sample_refused(&sample, FASTI_UNSUPPORTED_FORMAT, 1, 0, 1);
    sample_drop(&sample);
}

/* Every byte of a small log, one at a time: right contents, or refused; or cut, and then nothing
 * but the tail's last batch. Nothing is ever written. */
Test(log, a_flip_of_any_byte_never_gives_wrong_contents) {
    struct fasti_prng prng = fasti_test_prng("flip");
    struct sample sample;
    uint32_t mended = 0, refused = 0, torn = 0, unharmed = 0;
    sample_make(&sample, fasti_prng_next(&prng), 7);
    const struct fasti_log_report whole = sample.report;
    const struct ledger ledger = sample.ledger;
    fasti_sim_disk_set_faults(sample.disk, &NO_FAULT);
    for (uint64_t number = 1; number <= 3; number++) {
        for (uint64_t offset = 0; offset < SEGMENT; offset++) {
            char name[FASTI_IO_NAME_BYTES_MAX + 1];
            const uint8_t mask = (uint8_t)(1U << fasti_prng_below(&prng, 8));
            fasti_segment_name(name, number);
            cr_assert_eq(fasti_sim_disk_flip(sample.disk, name, offset, mask), FASTI_OK);
            sample.ledger.acknowledged = sample.ledger.written = ledger.acknowledged;
            const enum fasti_status status = sample_read(&sample);
            cr_assert_not(sample.ledger.wrong, "%s, %llu", name, (unsigned long long)offset);
            if (status == FASTI_OK && !sample.report.torn) {
                cr_assert_eq(sample.ledger.seen, 7);
                cr_assert_eq(sample.report.batches, whole.batches);
                cr_assert(fasti_hash128_equal(sample.report.chain, whole.chain));
                mended += sample.report.mended > 0;
                unharmed += sample.report.mended == 0;
            } else if (status == FASTI_OK) {
                cr_assert_eq(number, 2, "torn only at the tail");
                cr_assert_eq(sample.ledger.seen, 7, "a flip is not a tear");
                torn++;
            } else {
                cr_assert_eq(status, FASTI_CORRUPT_LOG);
                refused++;
            }
            cr_assert_eq(fasti_sim_disk_flip(sample.disk, name, offset, mask), FASTI_OK);
        }
    }
    fprintf(stderr, "mended %u, refused %u, torn %u, unharmed %u\n", mended, refused, torn,
            unharmed);
    cr_assert_gt(mended, 10 * FASTI_HEADER_BYTES);
    cr_assert_gt(refused, 10000);
    cr_assert_eq(fasti_sim_disk_write_count(sample.disk), 0);
    sample_drop(&sample);
}
