/*
 * wake.h - how a worker's thread is woken: an eventfd, and how many writes to it nobody has read.
 *
 * A worker looks before it reads, since each round would make a system call that finds nothing.
 * unread grows before the write and shrinks after the read, so it is never less than what the
 * descriptor holds: who finds it readable finds unread too, and empties it.
 * Threading: tell by any thread, clear by the worker's own.
 */
#ifndef FASTI_COMMIT_WAKE_H
#define FASTI_COMMIT_WAKE_H

#include <stdint.h>
#include <unistd.h>

#include "engine/base/atomics.h"
#include "engine/base/limits.h"

struct fasti_wake {
    _Alignas(FASTI_CACHE_LINE_BYTES) int fd; /* -1: nobody waits, on a simulated disk */
    _Atomic uint32_t unread;
};

static inline void fasti_wake_tell(struct fasti_wake *wake) {
    static const uint64_t one = 1;
    if (wake->fd < 0)
        return;
    fasti_add_seq_cst(&wake->unread, UINT32_C(1));
    /* EAGAIN (the counter is full) means that the worker is about to wake anyway. */
    const ssize_t written = write(wake->fd, &one, sizeof one);
    (void)written;
}

static inline void fasti_wake_clear(struct fasti_wake *wake) {
    uint64_t count;
    if (wake->fd < 0 || fasti_load_seq_cst(&wake->unread) == 0)
        return;
    /* EAGAIN: whoever told is not at its write yet. */
    if (read(wake->fd, &count, sizeof count) == sizeof count)
        fasti_add_seq_cst(&wake->unread, UINT32_C(0) - (uint32_t)count);
}

#endif
