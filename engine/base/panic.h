/*
 * panic.h - FASTI_ASSERT for programmer errors, FASTI_VERIFY for costly invariants.
 *
 * An assertion states what no input can make false; it stays on in release builds and crashes the
 * process with file, line and text. It is never used on bytes from network or disk: those return
 * a status. FASTI_VERIFY costs O(n) and exists only in test, simulator and fuzz builds.
 */
#ifndef FASTI_BASE_PANIC_H
#define FASTI_BASE_PANIC_H

_Noreturn void fasti_panic(const char *file, int line, const char *text);

#define FASTI_ASSERT(condition)                          \
    do {                                                 \
        if (__builtin_expect(!(condition), 0))           \
            fasti_panic(__FILE__, __LINE__, #condition); \
    } while (0)

#ifdef FASTI_VERIFY_ON
#define FASTI_VERIFY(condition) FASTI_ASSERT(condition)
#else
#define FASTI_VERIFY(condition)  \
    do {                         \
        (void)sizeof(condition); \
    } while (0)
#endif

#define FASTI_UNREACHABLE_CODE() fasti_panic(__FILE__, __LINE__, "unreachable")

#endif
