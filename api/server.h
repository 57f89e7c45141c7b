/*
 * server.h - the engine on a socket: listening, one thread a worker, a clean end.
 *
 *   open    the options are good, the addresses are ours; nobody is listened to yet
 *   start   listen -> one thread and ring a worker -> ready (address says where)
 *   run     nothing to do for the caller; fault_fd is readable once the engine is dead
 *   stop    no new connections, no new requests; what is in flight is answered (bounded); joined
 *
 * The engine belongs to the caller, is open before start and is closed after stop: a server that
 * could not listen is found out before its log is touched.
 * Threading: one thread starts and stops.
 */
#ifndef FASTI_API_SERVER_H
#define FASTI_API_SERVER_H

#include "api/loop.h"
#include "api/zoneinfo.h"

#define FASTI_LISTEN_DEFAULT "127.0.0.1:7600"

struct fasti_server_options {
    const char *listen;       /* "HOST:PORT", "[IPV6]:PORT", port 0 = a free one; NULL = no TCP */
    const char *unix_path;    /* NULL = no Unix socket */
    bool is_insecure;         /* may listen beyond loopback without TLS */
    uint32_t worker_count;    /* as the engine's */
    const char *zoneinfo;     /* NULL = FASTI_ZONEINFO_DEFAULT */
    uint32_t connections_max; /* 0 = FASTI_CONNECTIONS_MAX */
    struct fasti_timeouts timeouts; /* each 0 = as in api_limits.h */
};

struct fasti_server;

/* Checks the options, binds the TCP address, looks whether the Unix socket's path is free.
 * INVALID_OPTION (an address that is none, or beyond loopback without is_insecure), IO_OPEN (in
 * use, not allowed), LIMIT_MEMORY, with a sentence. options is copied, its texts are not. */
FASTI_MUST_USE enum fasti_status fasti_server_open(const struct fasti_server_options *options,
                                                   struct fasti_server **server,
                                                   struct fasti_detail *detail);

/* Listens and serves. A stale Unix socket, one that nobody listens on, is replaced. IO_OPEN,
 * IO_RING, LIMIT_MEMORY, with a sentence: nothing runs then, and close is left to do. */
FASTI_MUST_USE enum fasti_status fasti_server_start(struct fasti_server *server,
                                                    struct fasti_engine *engine,
                                                    struct fasti_detail *detail);

/* Frees a server that was not started. */
void fasti_server_close(struct fasti_server *server);

/* Where it listens, for people: "127.0.0.1:7600 and unix:PATH". */
const char *fasti_server_address(const struct fasti_server *server);
/* The TCP port, also when a free one was asked for; 0 without TCP. */
uint16_t fasti_server_port(const struct fasti_server *server);

/* Readable once the engine is dead and the workers are ending. */
int fasti_server_fault_fd(const struct fasti_server *server);

/* Ends and frees the server; returns how many commands were still undecided at the end (0 unless
 * the disk hangs or the engine is dead). */
uint32_t fasti_server_stop(struct fasti_server *server);

#endif
