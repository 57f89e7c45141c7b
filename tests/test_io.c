/*
 * test_io.c - the real disk: one engine on a directory, a crash, a restart, a lock.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/storage/io.h"
#include "tests/support/engine_world.h"

static char path[] = "/tmp/fasti-io-XXXXXX";

static struct fasti_io *open_or_skip(void) {
    struct fasti_io *io;
    struct fasti_detail detail;
    cr_assert_not_null(mkdtemp(path));
    const enum fasti_status status = fasti_io_open_directory(path, 2, false, &io, &detail);
    if (status == FASTI_IO_RING)
        cr_skip_test("%s", detail.text);
    cr_assert_eq(status, FASTI_OK, "%s", detail.text);
    return io;
}

static void tidy(void) {
    struct fasti_io *io;
    struct fasti_io_entry entries[64];
    uint32_t count = 0;
    if (fasti_io_open_directory(path, 1, false, &io, NULL) == FASTI_OK) {
        (void)(io->operations->list(io, entries, 64, &count) == FASTI_OK);
        for (uint32_t i = 0; i < count && i < 64; i++)
            (void)(io->operations->remove(io, entries[i].name) == FASTI_OK);
        io->operations->close(io);
    }
    char lock[64];
    snprintf(lock, sizeof lock, "%s/lock", path);
    unlink(lock);
    rmdir(path);
}

Test(io, queued_writes_complete_and_stay) {
    struct fasti_io *io = open_or_skip();
    struct fasti_io_file file;
    cr_assert_eq(io->operations->create(io, "a", &file), FASTI_OK);
    struct fasti_io_file twice;
    cr_assert_eq(io->operations->create(io, "a", &twice), FASTI_EXISTS);
    uint8_t *block = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_BLOCK_BYTES);
    memset(block, 7, FASTI_BLOCK_BYTES);
    int error;
    cr_assert_eq(io->operations->allocate(io, file, 4 * FASTI_BLOCK_BYTES, &error), FASTI_OK);
    cr_assert_eq(io->operations->submit_write(io, 1, file, FASTI_BLOCK_BYTES, block,
                                              FASTI_BLOCK_BYTES, true, 42),
                 FASTI_OK);
    struct pollfd waiting = {.fd = io->operations->event_fd(io, 1), .events = POLLIN};
    cr_assert_eq(poll(&waiting, 1, 10000), 1, "the queue's descriptor tells of completions");
    struct fasti_io_completion completion;
    cr_assert_eq(io->operations->reap(io, 1, &completion, 1), 1);
    cr_assert_eq(completion.user, 42);
    cr_assert_eq(completion.result, FASTI_BLOCK_BYTES);
    io->operations->close_file(io, file);
    struct fasti_io *second;
    struct fasti_detail detail;
    cr_assert_eq(fasti_io_open_directory(path, 1, false, &second, &detail), FASTI_LOCKED);
    io->operations->close(io);
    cr_assert_eq(fasti_io_open_directory(path, 1, true, &io, &detail), FASTI_OK);
    cr_assert_eq(io->operations->open(io, "a", &file), FASTI_OK);
    size_t done;
    memset(block, 0, FASTI_BLOCK_BYTES);
    cr_assert_eq(io->operations->read(io, file, FASTI_BLOCK_BYTES, block, FASTI_BLOCK_BYTES, &done),
                 FASTI_OK);
    cr_assert_eq(done, FASTI_BLOCK_BYTES);
    cr_assert_eq(block[FASTI_BLOCK_BYTES - 1], 7);
    io->operations->close_file(io, file);
    io->operations->close(io);
    free(block);
    tidy();
}

Test(io, an_engine_on_a_directory_survives_a_crash) {
    struct fasti_io *io = open_or_skip();
    struct engine_world world = {.worker_count = 2,
                                 .now_ms = engine_utc_s("2026-01-05T07:00:00Z") * 1000};
    const struct fasti_engine_options options = {
        .worker_count = 2,
        .memory_bytes_max = UINT64_C(64) << 20,
        .segment_bytes = ENGINE_WORLD_SEGMENT_BYTES,
        .clock = fasti_clock_fixed(world.now_ms),
    };
    cr_assert_eq(fasti_engine_open(&options, io, &world.engine, &world.recovery, &world.detail),
                 FASTI_OK, "%s", world.detail.text);
    engine_world_practice(&world);
    const struct fasti_command book = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    cr_assert_eq(engine_world_run(&world, 1, &book).outcome, FASTI_OUTCOME_BOOKED);
    const struct fasti_hash128 digest = engine_world_digest(&world);
    engine_world_crash(&world);
    cr_assert_eq(fasti_io_open_directory(path, 2, false, &io, &world.detail), FASTI_OK);
    cr_assert_eq(fasti_engine_open(&options, io, &world.engine, &world.recovery, &world.detail),
                 FASTI_OK, "%s", world.detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(&world), digest));
    cr_assert_eq(engine_world_run(&world, 0, &book).outcome, FASTI_OUTCOME_TAKEN);
    engine_world_crash(&world);
    tidy();
}
