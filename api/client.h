/*
 * client.h - the C client library: blocking calls and pipelining over one connection.
 *
 * Speaks in the engine's commands and answers (engine/booking/command.h); the wire (PROTOCOL.md)
 * and FlatBuffers stay inside. The wire version is negotiated when the connection opens.
 *
 *   blocking    fasti_client_call(client, &command, &answer)
 *   pipelined   fasti_client_send(...) several times, fasti_client_flush, fasti_client_receive(...)
 *               answers come in any order; answer.tag says which command each belongs to
 *
 * Threading: one client belongs to one thread at a time; open as many as you like.
 * Memory: a client holds its buffers; what an answer points to is valid until the next receive or
 * call on the same client.
 */
#ifndef FASTI_API_CLIENT_H
#define FASTI_API_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/command.h"

#define FASTI_CLIENT_SERVER_DEFAULT "127.0.0.1:7600"

struct fasti_client;

/* What the server said of itself when the connection opened. */
struct fasti_client_server {
    uint32_t wire_version;
    char version[32];         /* of the server's program */
    uint32_t frame_bytes_max; /* largest request frame that it takes */
    uint32_t in_flight_max;   /* requests on their way on this connection; send keeps to it */
};

/* server: "unix:PATH", "HOST:PORT" or "[IPV6]:PORT"; NULL = FASTI_CLIENT_SERVER_DEFAULT.
 * timeout_ms bounds connecting and each blocking wait; 0 = 10,000. UNREACHABLE, INVALID_OPTION
 * (malformed server), INVALID_VERSION, INVALID_MESSAGE (not a server of ours), LIMIT_CONNECTIONS,
 * BUSY (it stops) with a sentence in *detail. */
FASTI_MUST_USE enum fasti_status fasti_client_open(const char *server, int32_t timeout_ms,
                                                   struct fasti_client **client,
                                                   struct fasti_detail *detail);
void fasti_client_close(struct fasti_client *client);

const struct fasti_client_server *fasti_client_server(const struct fasti_client *client);

/* The connected socket, for poll(2). */
int fasti_client_fd(const struct fasti_client *client);

/* Encodes a command into the send buffer; nothing is sent before flush (or receive). tag comes
 * back in the answer (not UINT64_MAX). BUSY: as many commands are on their way as the server takes,
 * or their answers fill the receive buffer: receive first; LIMIT_MESSAGE: the command does not fit
 * in a frame; UNREACHABLE: the connection is gone. */
FASTI_MUST_USE enum fasti_status
fasti_client_send(struct fasti_client *client, const struct fasti_command *command, uint64_t tag);

/* Sends all that was encoded; blocking. Takes answers meanwhile, for the server reads no more from
 * a peer that takes none. BUSY: the receive buffer is full; receive, the rest is sent on the way.
 */
FASTI_MUST_USE enum fasti_status fasti_client_flush(struct fasti_client *client);

/* The next answer, in the server's order; flushes first, waits up to the timeout. The return value
 * speaks of the connection (UNREACHABLE: closed or timed out, and what was on its way is unknown);
 * answer->status of the command. */
FASTI_MUST_USE enum fasti_status fasti_client_receive(struct fasti_client *client,
                                                      struct fasti_answer *answer);

/* After UNREACHABLE: the server's own last word on this connection, as a sentence; empty: it said
 * nothing. */
const struct fasti_detail *fasti_client_fault(const struct fasti_client *client);

/* An answer that already lies in the receive buffer? Never waits. */
bool fasti_client_has_answer(struct fasti_client *client);

/* send, flush, receive; nothing else may be on its way (INVALID_STATE). */
FASTI_MUST_USE enum fasti_status fasti_client_call(struct fasti_client *client,
                                                   const struct fasti_command *command,
                                                   struct fasti_answer *answer);

/* Commands that were sent and not answered yet. */
uint32_t fasti_client_in_flight(const struct fasti_client *client);

#endif
