/*
 * clock.h - where time comes from: the system, a fixed test clock, or the simulator.
 *
 * Milliseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX). The engine reads a clock
 * once a command; apply and replay never do.
 */
#ifndef FASTI_BASE_CLOCK_H
#define FASTI_BASE_CLOCK_H

#include <stdint.h>

struct fasti_clock {
    int64_t (*now_ms)(const struct fasti_clock *clock);
    int64_t
        offset_ms; /* added to the system's time by the system clock; the value of a fixed one */
};

/* The system's real-time clock, shifted by offset_ms (0 in production; --now sets it). */
struct fasti_clock fasti_clock_system(int64_t offset_ms);

/* A clock that stands still at now_ms until its offset_ms is changed. */
struct fasti_clock fasti_clock_fixed(int64_t now_ms);

/* Monotonic nanoseconds, for measuring durations only. */
int64_t fasti_clock_monotonic_ns(void);

static inline int64_t fasti_clock_now_ms(const struct fasti_clock *clock) {
    return clock->now_ms(clock);
}

#endif
