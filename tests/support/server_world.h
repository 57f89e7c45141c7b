/*
 * server_world.h - a whole server in this process: threads, sockets, an engine on a simulated (or a
 * real) disk behind a gate (gate.h), the practice of engine_world.h, a clock that stands still.
 *
 *   server_world_start -> wire_greet(world->unix_where or tcp_where) ... -> server_world_stop
 */
#ifndef FASTI_TESTS_SUPPORT_SERVER_WORLD_H
#define FASTI_TESTS_SUPPORT_SERVER_WORLD_H

#include "api/server.h"
#include "tests/support/engine_world.h"
#include "tests/support/gate.h"
#include "tests/support/wire.h"

#define SERVER_WORLD_NOW "2026-01-05T07:00:00Z" /* Monday, 08:00 in Berlin */

#define SERVER_WORLD_SEGMENT_BYTES (1u << 20) /* on a real disk */

struct server_world {
    struct engine_world engine; /* single-threaded use only while the server is down */
    struct gate gate;
    struct fasti_server *server; /* NULL while it is down */
    bool is_real_disk;           /* in the directory, beside the socket */
    char directory[32], path[64], data[64];
    char unix_where[72], tcp_where[8];
};

/* options: timeouts, connections_max, worker_count; the rest is filled in. */
struct server_world *server_world_start(struct fasti_server_options options);
/* The same on a real disk, behind the gate too. */
struct server_world *server_world_start_on_disk(struct fasti_server_options options);
/* Stops the server; nothing may be undecided. The engine is still open. */
void server_world_down(struct server_world *world);
/* Crashes the engine and opens it again on what is on the disk; the server stays down. */
void server_world_recover(struct server_world *world);
/* Stops the engine cleanly with whatever its disk has in hand and opens it again; the server is
 * down and stays so. */
void server_world_reopen(struct server_world *world);
/* down, unless it is, and the end of everything. */
void server_world_stop(struct server_world *world);

/* Start i of "visit" on anna's schedule: 32 a working day, from Tuesday on. */
int64_t server_world_start_utc_s(uint32_t i);
struct fasti_command server_world_book(uint32_t i);
struct fasti_command server_world_show(uint64_t record);
/* Everything on anna's schedule, cancelled ones too, as much as one answer takes. */
struct fasti_command server_world_list(void);

#endif
