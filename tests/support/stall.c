/*
 * stall.c - see stall.h.
 */
#include "tests/support/stall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check.h"

/* glibc has no name of its own for it before 2.39. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static struct timespec sleep_length; /* not changed while threads run */

static void sleep_now(int signal) {
    const int before = errno;
    (void)signal;
    (void)nanosleep(&sleep_length, NULL);
    errno = before;
}

void stall_prepare(uint32_t sleep_us) {
    sleep_length = (struct timespec){.tv_nsec = (long)sleep_us * 1000};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = sleep_now;
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGUSR2, &action, NULL) == 0, "no handler");
}

void stall_init(struct stall *stall) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR2;
    event.sigev_notify_thread_id = gettid();
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &stall->timer) == 0, "no timer");
}

void stall_deinit(struct stall *stall) {
    (void)timer_delete(stall->timer);
}

void stall_arm(struct stall *stall, uint32_t after_ns) {
    const struct itimerspec when = {.it_value = {.tv_nsec = (long)after_ns}};
    (void)timer_settime(stall->timer, 0, &when, NULL);
}
