/*
 * stall.h - stops the calling thread for a moment, somewhere in what it is about to do.
 *
 *   stall_arm |--- submit ------.                .----- submit goes on ---|
 *                               '--- signal: sleeps, others run ---'
 *
 * Short calls on few cores hardly ever meet; a thread that sleeps between any two instructions is
 * met by all others. A timer of its own sends each thread a signal whose handler sleeps. Under
 * ThreadSanitizer the signal arrives at the next atomic access. Threading: each thread for itself.
 */
#ifndef FASTI_TESTS_SUPPORT_STALL_H
#define FASTI_TESTS_SUPPORT_STALL_H

#include <stdint.h>
#include <time.h>

struct stall {
    timer_t timer;
};

/* Once, before any thread arms one: takes SIGUSR2, the sleep's length. */
void stall_prepare(uint32_t sleep_us);

/* By the thread that will be stopped. */
void stall_init(struct stall *stall);
void stall_deinit(struct stall *stall);

/* Once, so long from now on; a new call forgets the one before. */
void stall_arm(struct stall *stall, uint32_t after_ns);

#endif
