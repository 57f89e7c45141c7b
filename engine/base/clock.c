/*
 * clock.c - the system clock and a clock that stands still.
 */
#include "engine/base/clock.h"

#include <time.h>

static int64_t system_now_ms(const struct fasti_clock *clock) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + clock->offset_ms;
}

static int64_t fixed_now_ms(const struct fasti_clock *clock) {
    return clock->offset_ms;
}

struct fasti_clock fasti_clock_system(int64_t offset_ms) {
    return (struct fasti_clock){system_now_ms, offset_ms};
}

struct fasti_clock fasti_clock_fixed(int64_t now_ms) {
    return (struct fasti_clock){fixed_now_ms, now_ms};
}

int64_t fasti_clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
