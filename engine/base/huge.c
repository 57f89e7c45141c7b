/*
 * huge.c - madvise(2) and mmap(2); see huge.h.
 */
#include "engine/base/huge.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096u

void fasti_huge_advise(void *memory, size_t bytes) {
    const uintptr_t first = ((uintptr_t)memory + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    const uintptr_t end = ((uintptr_t)memory + bytes) / PAGE_BYTES * PAGE_BYTES;
    if (first < end)
        (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

void fasti_huge_touch(void *memory, size_t bytes) {
    volatile uint8_t *at = memory;
    fasti_huge_advise(memory, bytes);
    for (size_t i = 0; i < bytes; i += PAGE_BYTES)
        at[i] = 0;
    at[bytes - 1] = 0;
}

void *fasti_huge_map(size_t bytes) {
    const size_t more = bytes + FASTI_HUGE_BYTES;
    uint8_t *memory = mmap(NULL, more, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    const size_t before =
        (FASTI_HUGE_BYTES - (uintptr_t)memory % FASTI_HUGE_BYTES) % FASTI_HUGE_BYTES;
    if (before > 0)
        (void)munmap(memory, before);
    (void)munmap(memory + before + bytes, FASTI_HUGE_BYTES - before);
    fasti_huge_advise(memory + before, bytes);
    return memory + before;
}
