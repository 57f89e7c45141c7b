/*
 * connection.h - one peer: where it is in its life, what it sent, what it is owed.
 *
 *   HELLO --hello--> OPEN --EOF, bad frame, stop--> DRAINING --all sent--> LINGERING --> CLOSED
 *
 *   HELLO      only a Hello is taken
 *   OPEN       requests are taken
 *   DRAINING   no more input is taken; answers in flight and queued output are still sent
 *   LINGERING  our side is shut; what the peer still sends is thrown away, so that our last words
 *              reach it before a reset does
 *   CLOSED     given up; kept only until the kernel has returned its last operation
 *
 * input holds bytes of a frame that is not complete or not processed yet; while it is empty,
 * frames are read right where they were received. One output buffer is with the kernel (sending),
 * the other one collects (queued). Buffers grow by doubling up to their bound, and a quiet
 * connection gives large ones back: an active one allocates nothing.
 * Threading: belongs to one worker's thread.
 */
#ifndef FASTI_API_CONNECTION_H
#define FASTI_API_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api_limits.h"
#include "engine/engine.h"

enum fasti_connection_state {
    FASTI_CONNECTION_FREE = 0,
    FASTI_CONNECTION_HELLO,
    FASTI_CONNECTION_OPEN,
    FASTI_CONNECTION_DRAINING,
    FASTI_CONNECTION_LINGERING,
    FASTI_CONNECTION_CLOSED,
};

struct fasti_buffer {
    uint8_t *bytes;
    size_t begin, end, capacity; /* bytes[begin .. end) are in use */
};

/* What a peer may do, once TLS and rights are there: the server's authenticate step fills it when
 * a connection opens, and every request is checked against it before it is submitted. Until then
 * each peer that reaches the socket may name any organization. */
struct fasti_connection_scope {
    bool is_everything;
};

struct fasti_connection {
    enum fasti_connection_state state;
    int fd;
    uint32_t index;      /* in its worker's table */
    uint32_t generation; /* grows with every peer in this place */
    struct fasti_connection_scope scope;

    struct fasti_buffer input;
    struct fasti_buffer outputs[2];
    uint8_t queued_at;      /* index of the output that collects; the other one is sending */
    uint32_t request_index; /* requests of the first frame in input that were taken already */
    uint32_t in_flight;     /* requests without an answer */
    uint32_t reserved;      /* bytes that their answers may take beyond FASTI_ANSWER_BYTES_SMALL */
    bool is_waiting_zone;   /* a location's zone comes first: nothing else is taken */

    bool is_receiving;  /* the kernel holds a receive operation */
    bool is_cancelling; /* and was asked to give it back */
    bool is_sending;    /* the kernel holds outputs[!queued_at] */
    bool is_ended;      /* the peer sends no more */
    bool is_shut;       /* both sides are shut: only completions are missing */
    bool is_refused;    /* beyond the cap: only told so */
    bool is_dirty;      /* in the worker's list of connections to look after */
    uint32_t next_dirty;

    int64_t opened_ms;   /* monotonic, as all of these */
    int64_t active_ms;   /* last request or answer */
    int64_t frame_ms;    /* first byte of the incomplete frame; 0 = none */
    int64_t send_ms;     /* last progress of the send in the kernel's hands */
    int64_t deadline_ms; /* DRAINING and LINGERING: closed at the latest */
};

/* A place for a new peer: everything but index, generation and buffers is reset. */
void fasti_connection_init(struct fasti_connection *connection, int fd, int64_t now_ms);

/* Frees the buffers; the fd is the caller's. */
void fasti_connection_deinit(struct fasti_connection *connection);

/* Appends; false when that would exceed max_bytes or memory (nothing was appended). */
bool fasti_buffer_append(struct fasti_buffer *buffer, const void *bytes, size_t size,
                         size_t max_bytes);
/* Drops size bytes from the front. */
void fasti_buffer_consume(struct fasti_buffer *buffer, size_t size);
/* Frees the memory of an empty buffer that is larger than keep_bytes. */
void fasti_buffer_trim(struct fasti_buffer *buffer, size_t keep_bytes);

static inline size_t fasti_buffer_size(const struct fasti_buffer *buffer) {
    return buffer->end - buffer->begin;
}

/* Queues a whole frame; false when the peer is owed too much or there is no memory. */
bool fasti_connection_queue(struct fasti_connection *connection, const void *frame, size_t size);

/* Bytes that the peer has not taken yet. */
static inline size_t fasti_connection_owed(const struct fasti_connection *connection) {
    return fasti_buffer_size(&connection->outputs[0]) + fasti_buffer_size(&connection->outputs[1]);
}

static inline struct fasti_buffer *fasti_connection_queued(struct fasti_connection *connection) {
    return &connection->outputs[connection->queued_at];
}
static inline struct fasti_buffer *fasti_connection_sending(struct fasti_connection *connection) {
    return &connection->outputs[!connection->queued_at];
}

/* Must not take another request now: too much is or will be owed, or an earlier one must come
 * first. */
static inline bool fasti_connection_is_blocked(const struct fasti_connection *connection) {
    return connection->is_waiting_zone ||
           fasti_connection_owed(connection) + connection->reserved > FASTI_CONNECTION_OUTPUT_MAX;
}

/* Takes input? */
static inline bool fasti_connection_is_live(const struct fasti_connection *connection) {
    return connection->state == FASTI_CONNECTION_HELLO ||
           connection->state == FASTI_CONNECTION_OPEN;
}

/* No more input is taken from now on. */
void fasti_connection_drain(struct fasti_connection *connection, int64_t deadline_ms);

#endif
