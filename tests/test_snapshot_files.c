/*
 * test_snapshot_files.c - snapshots as files: two generations, the log trimmed behind them, damage.
 *
 * Damage anywhere in the newest costs time and a word; damage in both, or a log that lost what a
 * snapshot knows, is refused.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/storage/batch.h"
#include "engine/storage/snapshot.h"
#include "tests/support/snapshot_session.h"

/* Files by name prefix, and the size of all of them. */
static uint32_t files_count(struct fasti_sim_disk *disk, const char *prefix, char *newest) {
    struct fasti_io_entry entries[256];
    struct fasti_io *io = fasti_sim_disk_open(disk);
    uint32_t count, found = 0;
    cr_assert_eq(io->operations->list(io, entries, 256, &count), FASTI_OK);
    for (uint32_t i = 0; i < count; i++)
        if (strncmp(entries[i].name, prefix, strlen(prefix)) == 0) {
            found++;
            if (newest != NULL)
                strcpy(newest, entries[i].name);
        }
    io->operations->close(io);
    return found;
}

static enum fasti_status inspect(struct fasti_sim_disk *disk, enum fasti_inspect_mode mode,
                                 struct fasti_inspect_report *report) {
    struct fasti_detail detail;
    struct fasti_io *io = fasti_sim_disk_open(disk);
    const enum fasti_status status = fasti_engine_inspect(io, mode, NULL, NULL, report, &detail);
    io->operations->close(io);
    return status;
}

/* A session whose log is trimmed; the engine is down when it returns. */
static struct fasti_hash128 long_session(struct session *s) {
    session_begin_in(s, engine_world_make_small(7, 2, SESSION_NOW), 7);
    engine_world_crash(s->world);
    s->world->snapshot_log_bytes = 512 * 1024;
    cr_assert_eq(engine_world_open(s->world), FASTI_OK, "%s", s->world->detail.text);
    for (uint32_t i = 0; i < 1500; i++)
        session_step(s);
    engine_world_settle(s->world);
    const struct fasti_hash128 digest = engine_world_digest(s->world);
    engine_world_crash(s->world);
    return digest;
}

Test(snapshot_files, the_log_is_trimmed_and_two_generations_are_kept) {
    static struct session s;
    char newest[FASTI_IO_NAME_BYTES_MAX + 1];
    const struct fasti_hash128 digest = long_session(&s);
    struct fasti_sim_disk *disk = s.world->disk;
    const uint32_t snapshots = files_count(disk, "snapshot-", newest);
    cr_assert(snapshots == 2 || snapshots == 3, "%u snapshots: two, and one that is written",
              snapshots);
    cr_assert_leq(files_count(disk, "log-", NULL), 24, "the log grows without bound");
    struct fasti_inspect_report report;
    cr_assert_eq(inspect(disk, FASTI_INSPECT_VERIFY, &report), FASTI_OK);
    cr_assert_geq(report.snapshots, 2);
    cr_assert_eq(inspect(disk, FASTI_INSPECT_DIGEST, &report), FASTI_OK);
    cr_assert_neq(report.snapshot, 0, "the log does not begin at LSN 1");
    cr_assert(fasti_hash128_equal(report.digest_computed, digest));
    cr_assert_eq(engine_world_open(s.world), FASTI_OK, "%s", s.world->detail.text);
    const uint64_t loaded = s.world->recovery.snapshot;
    cr_assert_gt(loaded, 2);
    cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));

    /* Damage anywhere in the newest that counts: the older one, and a word about it. */
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_snapshot_name(name, loaded);
    engine_world_crash(s.world);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 9, 1), FASTI_OK);
    cr_assert_eq(inspect(disk, FASTI_INSPECT_VERIFY, &report), FASTI_CORRUPT_SNAPSHOT);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 9, 1), FASTI_OK);
    uint32_t refused = 0;
    for (uint64_t offset = 0; offset < 48 * 1024; offset += 1237) {
        cr_assert_eq(fasti_sim_disk_flip(disk, name, offset, 0x10), FASTI_OK);
        cr_assert_eq(engine_world_open(s.world), FASTI_OK, "%s", s.world->detail.text);
        cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest), "offset %lu", offset);
        if (s.world->recovery.snapshots_refused > 0) {
            refused++;
            cr_assert_eq(s.world->recovery.snapshot, loaded - 1);
            cr_assert_not_null(strstr(s.world->recovery.snapshot_why.text, name), "%s",
                               s.world->recovery.snapshot_why.text);
        }
        engine_world_crash(s.world);
        cr_assert_eq(fasti_sim_disk_flip(disk, name, offset, 0x10), FASTI_OK);
    }
    cr_assert_gt(refused, 10);

    /* Both: the log does not reach back to its beginning, so nothing is made up. */
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 200, 0x10), FASTI_OK);
    fasti_snapshot_name(name, loaded - 1);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 200, 0x10), FASTI_OK);
    const enum fasti_status status = engine_world_open(s.world);
    cr_assert_eq(status, FASTI_CORRUPT_LOG, "%s, snapshot %lu of %lu: %s",
                 fasti_status_name(status), s.world->recovery.snapshot, loaded,
                 s.world->recovery.snapshot_why.text);
    cr_assert_not_null(strstr(s.world->detail.text, "no sound snapshot"), "%s",
                       s.world->detail.text);
    engine_world_free(s.world);
}

/* Segments that a snapshot knows to have been durable were lost from the end. */
Test(snapshot_files, knows_that_the_end_of_the_log_is_missing) {
    static struct session s;
    (void)long_session(&s);
    char newest[FASTI_IO_NAME_BYTES_MAX + 1];
    struct fasti_sim_disk *disk = s.world->disk;
    cr_assert_gt(files_count(disk, "log-", newest), 3);
    while (files_count(disk, "log-", newest) > 1) { /* prepared ones, then used ones */
        struct fasti_io *io = fasti_sim_disk_open(disk);
        cr_assert_eq(io->operations->remove(io, newest), FASTI_OK);
        io->operations->close(io);
    }
    const enum fasti_status status = engine_world_open(s.world);
    if (status != FASTI_OK)
        cr_assert_eq(status, FASTI_CORRUPT_LOG, "%s", s.world->detail.text);
    else
        cr_assert_eq(s.world->recovery.snapshots_refused, 0);
    cr_assert_neq(status, FASTI_OK, "a shorter log was taken for whole");
    cr_assert_not_null(strstr(s.world->detail.text, "missing at its end"), "%s",
                       s.world->detail.text);
    engine_world_free(s.world);
}
