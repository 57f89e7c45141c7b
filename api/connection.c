/*
 * connection.c - buffers and the life of one peer; see connection.h for the picture.
 */
#include "api/connection.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_FIRST 4096

/* ---- buffers ---- */

bool fasti_buffer_append(struct fasti_buffer *buffer, const void *bytes, size_t size,
                         size_t max_bytes) {
    const size_t used = fasti_buffer_size(buffer);
    if (size > max_bytes || used > max_bytes - size)
        return false;
    if (buffer->end + size > buffer->capacity && buffer->begin > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->begin, used);
        buffer->begin = 0;
        buffer->end = used;
    }
    if (used + size > buffer->capacity) {
        size_t capacity = buffer->capacity == 0 ? BUFFER_BYTES_FIRST : buffer->capacity;
        while (capacity < used + size)
            capacity *= 2;
        uint8_t *grown = realloc(buffer->bytes, capacity);
        if (grown == NULL)
            return false;
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->end, bytes, size);
    buffer->end += size;
    return true;
}

void fasti_buffer_consume(struct fasti_buffer *buffer, size_t size) {
    FASTI_ASSERT(size <= fasti_buffer_size(buffer));
    buffer->begin += size;
    if (buffer->begin == buffer->end)
        buffer->begin = buffer->end = 0;
}

void fasti_buffer_trim(struct fasti_buffer *buffer, size_t keep_bytes) {
    if (buffer->capacity <= keep_bytes || fasti_buffer_size(buffer) > 0)
        return;
    free(buffer->bytes);
    memset(buffer, 0, sizeof *buffer);
}

/* ---- life ---- */

void fasti_connection_init(struct fasti_connection *connection, int fd, int64_t now_ms) {
    FASTI_ASSERT(connection->state == FASTI_CONNECTION_FREE);
    const struct fasti_connection old = *connection;
    *connection = (struct fasti_connection){
        .state = FASTI_CONNECTION_HELLO,
        .fd = fd,
        .index = old.index,
        .generation = old.generation + 1,
        .opened_ms = now_ms,
        .active_ms = now_ms,
    };
}

void fasti_connection_deinit(struct fasti_connection *connection) {
    FASTI_ASSERT(!connection->is_sending && !connection->is_receiving);
    free(connection->input.bytes);
    free(connection->outputs[0].bytes);
    free(connection->outputs[1].bytes);
    memset(&connection->input, 0, sizeof connection->input);
    memset(connection->outputs, 0, sizeof connection->outputs);
    connection->fd = -1;
    connection->state = FASTI_CONNECTION_FREE;
}

bool fasti_connection_queue(struct fasti_connection *connection, const void *frame, size_t size) {
    return fasti_buffer_append(fasti_connection_queued(connection), frame, size,
                               FASTI_CONNECTION_OUTPUT_END);
}

void fasti_connection_drain(struct fasti_connection *connection, int64_t deadline_ms) {
    if (!fasti_connection_is_live(connection))
        return;
    connection->state = FASTI_CONNECTION_DRAINING;
    connection->deadline_ms = deadline_ms;
    connection->frame_ms = 0;
    connection->input.begin = connection->input.end = 0;
}
