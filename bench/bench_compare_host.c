/*
 * bench_compare_host.c - what the machine gives while systems are compared: flushes a second, and
 * how many others want its cores.
 *
 * Bookings of every system wait for flushes, and a shared disk may give ten times as many in one
 * hour as in the next: so they are counted at each round, beside the figures.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/bench_compare.h"
#include "engine/engine.h"

#define FLUSH_BYTES 4096
#define FLUSH_NS    (INT64_C(300) * 1000 * 1000)

/* Writes of FLUSH_BYTES a second, each durable before the next one; 0: it cannot be said. */
static double flushes_count(const char *folder) {
    char path[FASTI_COMPARE_PATH_MAX];
    static _Alignas(FLUSH_BYTES) uint8_t block[FLUSH_BYTES];
    struct iovec part = {.iov_base = block, .iov_len = sizeof block};
    (void)snprintf(path, sizeof path, "%.4000s/flushes", folder);
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return 0;
    uint64_t count = 0;
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    int64_t now_ns = begin_ns;
    bool is_good = true;
    while (is_good && now_ns < begin_ns + FLUSH_NS) {
        is_good = pwritev2(file, &part, 1, 0, RWF_DSYNC) == (ssize_t)sizeof block;
        count += is_good;
        now_ns = fasti_clock_monotonic_ns();
    }
    (void)close(file);
    (void)unlink(path);
    return is_good ? 1e9 * (double)count / (double)(now_ns - begin_ns) : 0;
}

void fasti_compare_host_look(const char *folder, struct fasti_compare_host *host) {
    if (host->count == FASTI_COMPARE_ROUNDS_MAX)
        return;
    double load = 0;
    if (getloadavg(&load, 1) != 1)
        load = 0;
    host->load[host->count] = load;
    host->flushes[host->count++] = flushes_count(folder);
}
