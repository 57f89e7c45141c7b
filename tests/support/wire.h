/*
 * wire.h - a peer that may say anything: a raw socket and frames, for tests of a running server.
 *
 *   good citizen   wire_open, wire_hello, wire_call ...
 *   anybody else   wire_open, wire_push any bytes, wire_next: what comes back, or that it ended
 *
 * Every wait is bounded by WIRE_WAIT_MS, after which the program fails: no test passes or fails by
 * how long something took. Threading: one wire, one thread.
 */
#ifndef FASTI_TESTS_SUPPORT_WIRE_H
#define FASTI_TESTS_SUPPORT_WIRE_H

#include "api/codec.h"
#include "engine/booking/command.h"

#define WIRE_WAIT_MS 60000

struct wire;

/* where: "unix:PATH" or a port number of 127.0.0.1. The socket is non-blocking. */
struct wire *wire_open(const char *where);
void wire_close(struct wire *wire);
/* Closes so that the peer gets a reset instead of an end. */
void wire_reset(struct wire *wire);
int wire_fd(const struct wire *wire);
struct fasti_codec *wire_codec(struct wire *wire);

/* Sends all bytes; false: the peer has closed. */
bool wire_push(struct wire *wire, const void *bytes, size_t size);
/* Sends what the socket takes now; 0: nothing, it is full; -1: the peer has closed. */
long wire_try(struct wire *wire, const void *bytes, size_t size);
/* We send no more. */
void wire_finish(struct wire *wire);

/* The next frame of the server; NULL: the connection has ended. Valid until the next call. */
const struct fasti_server_frame *wire_next(struct wire *wire);
/* Reads to the end and forgets it. */
void wire_drain(struct wire *wire);

/* Sends a Hello; the reply's status, or UNREACHABLE when the connection ended. */
enum fasti_status wire_hello(struct wire *wire);
/* wire_open and wire_hello, which must work. */
struct wire *wire_greet(const char *where);

/* Encodes and sends one request. */
bool wire_ask(struct wire *wire, uint64_t id, const struct fasti_command *command);
/* The same request count times, with ids 1 to count, in one piece: it fits in a socket's buffer, so
 * this returns although the server may not read. */
void wire_ask_often(struct wire *wire, uint32_t count, const struct fasti_command *command);
/* The next frame, which must be an answer. */
const struct fasti_answer *wire_answer(struct wire *wire);
/* One request and its answer. */
const struct fasti_answer *wire_call(struct wire *wire, const struct fasti_command *command);
struct fasti_hash128 wire_digest(struct wire *wire);

#endif
