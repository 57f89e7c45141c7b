/*
 * test_io.c - the real disk and its simulated twin under the same assertions; a lock between
 * processes, a kernel that denies io_uring; one engine on a directory, a crash, a restart.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/storage/io.h"
#include "tests/support/engine_world.h"
#include "tests/support/ledger.h"
#include "tests/support/seed.h"

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
    engine_directory_remove(path);
}

/* ---- both implementations ---- */

#define BLOCK FASTI_BLOCK_BYTES

static void names_are_kept(struct fasti_io *io) {
    const struct fasti_io_operations *operations = io->operations;
    const char *names[] = {"log-b", "a", "log-a"};
    struct fasti_io_entry entries[4];
    struct fasti_io_file file;
    uint32_t count = 9;
    int error = 0;
    cr_assert_eq(operations->list(io, NULL, 0, &count), FASTI_OK);
    cr_assert_eq(count, 0, "the lock file is not listed");
    cr_assert_eq(operations->open(io, "a", &file), FASTI_NOT_FOUND);
    cr_assert_eq(operations->remove(io, "a"), FASTI_NOT_FOUND);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(operations->create(io, names[i], &file), FASTI_OK);
        cr_assert_eq(operations->allocate(io, file, (i + 1) * BLOCK, &error), FASTI_OK);
        operations->close_file(io, file);
        cr_assert_eq(operations->create(io, names[i], &file), FASTI_EXISTS);
    }
    cr_assert_eq(operations->list(io, entries, 2, &count), FASTI_OK);
    cr_assert_eq(count, 3, "all are counted, though two fit");
    cr_assert_str_eq(entries[0].name, "a");
    cr_assert_str_eq(entries[1].name, "log-a");
    cr_assert_eq(entries[1].size_bytes, 3 * BLOCK);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(operations->remove(io, names[i]), FASTI_OK);
    cr_assert_eq(operations->list(io, NULL, 0, &count), FASTI_OK);
    cr_assert_eq(count, 0);
    cr_assert_gt(operations->free_bytes(io), 0);
}

static void bytes_are_kept(struct fasti_io *io) {
    const struct fasti_io_operations *operations = io->operations;
    uint8_t *blocks = aligned_alloc(BLOCK, 4 * BLOCK);
    struct fasti_io_file file;
    size_t done = 1;
    cr_assert_eq(operations->create(io, "f", &file), FASTI_OK);
    memset(blocks, 1, 4 * BLOCK);
    cr_assert_eq(operations->read(io, file, 0, blocks, BLOCK, &done), FASTI_OK);
    cr_assert_eq(done, 0);
    cr_assert_eq(blocks[BLOCK - 1], 0, "what is not there reads as zeros");
    memset(blocks, 2, 2 * BLOCK);
    cr_assert_eq(operations->write(io, file, BLOCK, blocks, 2 * BLOCK), FASTI_OK);
    memset(blocks, 9, 4 * BLOCK);
    cr_assert_eq(operations->read(io, file, 0, blocks, 4 * BLOCK, &done), FASTI_OK);
    cr_assert_eq(done, 3 * BLOCK, "a short read says how much there was");
    cr_assert_eq(blocks[BLOCK - 1], 0);
    cr_assert_eq(blocks[BLOCK], 2);
    cr_assert_eq(blocks[3 * BLOCK - 1], 2);
    cr_assert_eq(blocks[3 * BLOCK], 0);
    operations->close_file(io, file);
    cr_assert_eq(operations->remove(io, "f"), FASTI_OK);
    free(blocks);
}

static void queues_are_kept_apart(struct fasti_io *io) {
    const struct fasti_io_operations *operations = io->operations;
    struct fasti_io_completion completions[FASTI_IO_QUEUE_DEPTH];
    uint8_t *block = aligned_alloc(BLOCK, BLOCK);
    struct fasti_io_file file;
    uint64_t seen = 0;
    memset(block, 5, BLOCK);
    cr_assert_eq(operations->create(io, "q", &file), FASTI_OK);
    cr_assert_eq(operations->wait(io, 0), FASTI_INVALID_STATE);
    cr_assert_eq(operations->reap(io, 0, completions, 1), 0);
    for (uint64_t i = 0; i < FASTI_IO_QUEUE_DEPTH; i++)
        cr_assert_eq(operations->submit_write(io, 1, file, i * BLOCK, block, BLOCK, i % 2 == 0, i),
                     FASTI_OK);
    cr_assert_eq(operations->submit_write(io, 1, file, 0, block, BLOCK, true, 99), FASTI_BUSY);
    cr_assert_eq(operations->submit_sync(io, 1, file, 99), FASTI_BUSY);
    cr_assert_eq(operations->wait(io, 0), FASTI_INVALID_STATE, "the other queue is empty");
    while (seen != (1 << FASTI_IO_QUEUE_DEPTH) - 1) {
        cr_assert_eq(operations->wait(io, 1), FASTI_OK);
        const uint32_t count = operations->reap(io, 1, completions, 3);
        cr_assert_leq(count, 3);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(completions[i].result, BLOCK);
            cr_assert_eq(seen & UINT64_C(1) << completions[i].user, 0, "told once");
            seen |= UINT64_C(1) << completions[i].user;
        }
    }
    cr_assert_eq(operations->submit_sync(io, 1, file, 77), FASTI_OK);
    cr_assert_eq(operations->wait(io, 1), FASTI_OK);
    cr_assert_eq(operations->reap(io, 1, completions, FASTI_IO_QUEUE_DEPTH), 1);
    cr_assert_eq(completions[0].user, 77);
    cr_assert_eq(completions[0].result, 0);
    operations->close_file(io, file);
    cr_assert_eq(operations->remove(io, "q"), FASTI_OK);
    free(block);
}

static void a_log_is_kept(struct fasti_io *io) {
    struct fasti_prng prng = fasti_test_prng("a_log_is_kept");
    struct ledger ledger = {0};
    struct fasti_log_report report;
    struct fasti_detail detail;
    struct fasti_log *log;
    for (uint32_t life = 0; life < 3; life++) {
        cr_assert_eq(ledger_read(&ledger, io, &report, &detail), FASTI_OK, "%s", detail.text);
        cr_assert_not(ledger.wrong);
        cr_assert_eq(ledger.seen, life * 30);
        cr_assert_eq(fasti_log_open(io, &report, 0, 16 * BLOCK, &log, &detail), FASTI_OK);
        for (uint32_t i = 0; i < 30; i++)
            cr_assert_eq(ledger_append(&ledger, log, &prng, 20000, NULL), FASTI_LOG_DURABLE);
        fasti_log_close(log, life != 1);
    }
    cr_assert_eq(ledger_read(&ledger, io, &report, &detail), FASTI_OK, "%s", detail.text);
    cr_assert_eq(ledger.seen, 90);
    cr_assert(report.clean);
    cr_assert_gt(report.segments, 3);
}

static void contract_check(struct fasti_io *io) {
    uint8_t random[2][16];
    cr_assert_eq(io->operations->random(io, random[0], 16), FASTI_OK);
    cr_assert_eq(io->operations->random(io, random[1], 16), FASTI_OK);
    cr_assert_neq(memcmp(random[0], random[1], 16), 0);
    names_are_kept(io);
    bytes_are_kept(io);
    queues_are_kept_apart(io);
    a_log_is_kept(io);
}

Test(io, the_real_disk_keeps_the_contract) {
    struct fasti_io *io = open_or_skip();
    contract_check(io);
    io->operations->close(io);
    engine_directory_remove(path);
}

Test(io, the_simulated_disk_keeps_the_contract) {
    struct fasti_prng prng = fasti_test_prng("simulated_contract");
    struct fasti_sim_disk *disk = fasti_sim_disk_create(fasti_prng_next(&prng));
    fasti_sim_disk_set_faults(disk, &(struct fasti_sim_faults){.delay_max = 4});
    struct fasti_io *io = fasti_sim_disk_open(disk);
    contract_check(io);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
}

/* Runs in a child: a failed assertion there would be lost, so it answers with its exit status. */
static int child_run(int (*body)(void)) {
    int result;
    fflush(NULL);
    const pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0)
        _exit(body());
    cr_assert_eq(waitpid(child, &result, 0), child);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static int open_is_locked(void) {
    struct fasti_io *io;
    struct fasti_detail detail;
    return fasti_io_open_directory(path, 1, false, &io, &detail) == FASTI_LOCKED ? 0 : 1;
}

static int open_is_free(void) {
    struct fasti_io *io;
    struct fasti_detail detail;
    if (fasti_io_open_directory(path, 1, false, &io, &detail) != FASTI_OK)
        return 1;
    _exit(0); /* the process ends with the lock in its hands */
}

Test(io, one_process_has_the_directory) {
    struct fasti_io *io = open_or_skip();
    cr_assert_eq(child_run(open_is_locked), 0);
    io->operations->close(io);
    cr_assert_eq(child_run(open_is_free), 0);
    cr_assert_eq(child_run(open_is_free), 0, "a process that ended gives it back");
    engine_directory_remove(path);
}

/* As a container's seccomp profile does: io_uring_setup answers EPERM. */
static int open_without_uring(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = 4, .filter = code};
    struct fasti_io *io;
    struct fasti_detail detail;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 77;
    if (fasti_io_open_directory(path, 1, false, &io, &detail) != FASTI_IO_RING)
        return 1;
    return strstr(detail.text, "seccomp") != NULL ? 0 : 2;
}

Test(io, a_kernel_that_denies_io_uring_is_named_with_the_remedy) {
    cr_assert_not_null(mkdtemp(path));
    const int result = child_run(open_without_uring);
    engine_directory_remove(path);
    if (result == 77)
        cr_skip_test("no seccomp filter may be set here");
    cr_assert_eq(result, 0);
}

/* ---- an engine on it ---- */

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
    engine_directory_remove(path);
}
