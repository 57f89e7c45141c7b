/*
 * loop.h - one worker's event loop: one io_uring that accepts, receives, sends and waits.
 *
 *   completions -> desk (requests in) -> engine poll (answers out) -> one send a connection -> wait
 *
 * Worker 0 accepts and hands each connection to the emptiest worker with a message from ring to
 * ring. Receives are multishot into a shared ring of buffers; a connection that is blocked gets
 * its receive cancelled, so that the peer's own socket fills up. The api's only file with liburing
 * is loop.c. Threading: fasti_loop_run is a worker's whole life.
 */
#ifndef FASTI_API_LOOP_H
#define FASTI_API_LOOP_H

#include "api/crew.h"

/* Milliseconds; what each means is in api_limits.h. */
struct fasti_timeouts {
    int64_t hello_ms, frame_ms, send_ms, idle_ms, quiet_ms;
};

struct fasti_loop_options {
    struct fasti_engine *engine;
    struct fasti_crew *crew;
    uint32_t worker;
    const char *zoneinfo;
    struct fasti_timeouts timeouts;
    int listeners[2]; /* worker 0: listening sockets, -1 = none; owned by the caller */
};

/* Reports to the crew, serves until the crew stops, gives everything back. Blocking. */
void fasti_loop_run(const struct fasti_loop_options *options);

#endif
