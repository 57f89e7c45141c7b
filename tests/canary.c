/*
 * canary.c - tests that must fail, each in one way that a real bug would.
 *
 * If one of these ever passes, the harness no longer reports failures and every green run is
 * worth nothing. tests/test_canary.sh runs each alone and expects a failure that names it; ctest
 * also runs two of them with WILL_FAIL. Criterion itself lets a leak pass, but its report is
 * there, and ctest fails a suite that prints one.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "engine/base/panic.h"

Test(canary, wrong_value) {
    cr_assert_eq(1 + 1, 3, "this test fails on purpose");
}

Test(canary, broken_invariant) {
    volatile bool holds = false;
    FASTI_ASSERT(holds);
}

Test(canary, heap_overflow) {
    volatile uint8_t *bytes = malloc(8);
    volatile size_t index = 8;
    cr_assert_not_null((void *)(uintptr_t)bytes);
    bytes[index] = 1; /* AddressSanitizer */
    free((void *)(uintptr_t)bytes);
}

Test(canary, signed_overflow) {
    volatile int large = INT_MAX;
    large = large + 1; /* UndefinedBehaviorSanitizer */
}

Test(canary, leak) {
    volatile uintptr_t lost = (uintptr_t)malloc(64); /* LeakSanitizer */
    lost = 0;
    cr_assert_eq(lost, 0);
}
