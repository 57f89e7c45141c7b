/*
 * fastid.h - the real server as a process of its own: start, kill, stop; and the programs beside
 * it.
 *
 *   /tmp/fasti-NAME-XXXXXX/  data   the server's directory
 *                            s      its Unix socket
 *                            acks   what a test's clients were told (theirs to write)
 *
 * The process dies with the test (PDEATHSIG), whatever becomes of the test. The binaries are those
 * beside the test's own. Exits 77 where the kernel denies io_uring.
 */
#ifndef FASTI_TESTS_SUPPORT_FASTID_H
#define FASTI_TESTS_SUPPORT_FASTID_H

#include <stdbool.h>
#include <sys/types.h>

#include "api/client.h"

#define FASTID_NOW "2026-01-05T07:00:00Z" /* Monday, 08:00 in Berlin */

struct fastid {
    char directory[64], data[80], socket[80], acks[80], where[96]; /* where: as clients name it */
    pid_t pid;                                                     /* 0 while it is down */
    int log_fd;                     /* its standard error: read up to "ready" */
    const char *snapshot_log_bytes; /* NULL: the default */
};

void fastid_make(struct fastid *fastid, const char *name);
/* Starts it on what is in the directory; returns when it says that it is ready. */
void fastid_start(struct fastid *fastid);
/* SIGKILL, and waits. */
void fastid_kill(struct fastid *fastid);
/* SIGTERM; it must exit 0 with a clean stop. */
void fastid_stop(struct fastid *fastid);
/* Removes the directory; it is down. */
void fastid_free(struct fastid *fastid);

/* Runs a program beside the test; its exit status. */
int fastid_run(const char *program, const char *first, const char *second);

struct fasti_client *fastid_connect(const struct fastid *fastid);
/* Puts organization, zone, "visit" (15 min) and schedule_count schedules (ids from 1 on) with the
 * hours of engine_world.h. */
void fastid_practice(struct fasti_client *client, uint32_t schedule_count);

#endif
