/*
 * ahead.h - memory made ready by a thread of its own, a little ahead of who needs it.
 *
 *   thread: allocate, touch -> [ ready | ready | ... ] -> take: the loading thread, without a fault
 *
 * Zeroing pages takes the kernel longer than a start takes to fill them; on another core it costs
 * the start nothing. For starts only: what runs takes its memory by itself. Threading: create, take
 * and destroy by one thread.
 */
#ifndef FASTI_BASE_AHEAD_H
#define FASTI_BASE_AHEAD_H

#include <stdint.h>

struct fasti_ahead;

/* Makes count pieces of bytes (a power of two, and their alignment) ready, one after the other.
 * NULL: no memory or no thread; then everybody allocates for himself. */
struct fasti_ahead *fasti_ahead_create(uint64_t bytes, uint32_t count);

/* The next piece, the caller's to free; waits for one that is being made. NULL: none is left. */
void *fasti_ahead_take(struct fasti_ahead *ahead);

/* Ends the thread and frees what nobody took. NULL is allowed. */
void fasti_ahead_destroy(struct fasti_ahead *ahead);

#endif
