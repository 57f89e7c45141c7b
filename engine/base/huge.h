/*
 * huge.h - memory in huge pages, where the system has them: a page of 2 MB costs one fault and one
 * TLB entry. Advice only: where it is refused, or there are none, memory is as any other.
 *
 * Threading: any; of a piece of memory one at a time.
 */
#ifndef FASTI_BASE_HUGE_H
#define FASTI_BASE_HUGE_H

#include <stddef.h>

#define FASTI_HUGE_BYTES ((size_t)2 << 20)

/* Advises for all whole small pages of the memory. */
void fasti_huge_advise(void *memory, size_t bytes);

/* The same, then writes a zero into each small page: afterwards none of it faults. bytes: 1 or
 * more; what the memory held is lost. */
void fasti_huge_touch(void *memory, size_t bytes);

/* Zeroed memory, untouched and aligned to a huge page, which not every kernel does by itself. The
 * caller's to unmap. bytes: whole small pages. NULL: none. */
void *fasti_huge_map(size_t bytes);

#endif
