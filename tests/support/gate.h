/*
 * gate.h - a disk between the engine and another disk, with two switches that a test may turn while
 * the engine runs.
 *
 *   shut   completions stay behind the gate: whatever waits for the disk goes on waiting
 *   full   no more room: allocations fail with ENOSPC, free_bytes is 0
 *
 * With it a test says when a booking becomes durable, instead of hoping for a slow disk.
 * Threading: the switches from any thread; all else as the disk below. Open the gate before the
 * engine is closed: closing waits for what is queued.
 */
#ifndef FASTI_TESTS_SUPPORT_GATE_H
#define FASTI_TESTS_SUPPORT_GATE_H

#include "engine/base/atomics.h"
#include "engine/storage/io.h"

struct gate {
    struct fasti_io io; /* first: the io is the gate */
    struct fasti_io *under;
    _Atomic bool is_shut, is_full;
};

/* Takes `under` over; the switches stay as they are (a zeroed gate is open). Closing the gate's io
 * closes it too. The gate itself is the caller's. */
struct fasti_io *gate_init(struct gate *gate, struct fasti_io *under);
void gate_shut(struct gate *gate, bool is_shut);
void gate_fill(struct gate *gate, bool is_full);

#endif
