/*
 * wire.c - see wire.h.
 */
#include "tests/support/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api_limits.h"
#include "api/frame.h"
#include "tests/support/check.h"

#define RECEIVE_BYTES (2 * FASTI_ANSWER_BYTES_MAX)

struct wire {
    int fd;
    size_t begin, end; /* unread bytes */
    struct fasti_codec *codec;
    struct fasti_server_frame frame;
    struct fasti_answer_space space;
    uint8_t bytes[RECEIVE_BYTES];
};

static int connect_to(const char *where) {
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const bool is_unix = strncmp(where, "unix:", 5) == 0;
    if (is_unix)
        memcpy(un.sun_path, where + 5, strlen(where + 5));
    else
        in.sin_port = htons((uint16_t)strtol(where, NULL, 10));
    const int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = is_unix ? (const struct sockaddr *)(const void *)&un
                                             : (const struct sockaddr *)(const void *)&in;
    const socklen_t size = is_unix ? sizeof un : sizeof in;
    CHECK(fd >= 0 && connect(fd, address, size) == 0, "%s: %s", where, strerror(errno));
    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "%s", strerror(errno));
    return fd;
}

struct wire *wire_open(const char *where) {
    struct wire *wire = malloc(sizeof *wire);
    CHECK(wire != NULL, "no memory");
    wire->fd = connect_to(where);
    wire->begin = wire->end = 0;
    wire->codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    CHECK(wire->codec != NULL, "no memory");
    return wire;
}

void wire_close(struct wire *wire) {
    close(wire->fd);
    fasti_codec_destroy(wire->codec);
    free(wire);
}

void wire_reset(struct wire *wire) {
    const struct linger now = {.l_onoff = 1};
    (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    wire_close(wire);
}

int wire_fd(const struct wire *wire) {
    return wire->fd;
}

struct fasti_codec *wire_codec(struct wire *wire) {
    return wire->codec;
}

static void wait_for(const struct wire *wire, short events) {
    struct pollfd event = {.fd = wire->fd, .events = events};
    int ready;
    do
        ready = poll(&event, 1, WIRE_WAIT_MS);
    while (ready < 0 && errno == EINTR);
    CHECK(ready == 1, "the server does nothing for %d ms", WIRE_WAIT_MS);
}

long wire_try(struct wire *wire, const void *bytes, size_t size) {
    const ssize_t sent = send(wire->fd, bytes, size, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

bool wire_push(struct wire *wire, const void *bytes, size_t size) {
    for (size_t sent = 0; sent < size;) {
        const long now = wire_try(wire, (const uint8_t *)bytes + sent, size - sent);
        if (now < 0)
            return false;
        if (now == 0)
            wait_for(wire, POLLOUT);
        sent += (size_t)now;
    }
    return true;
}

void wire_finish(struct wire *wire) {
    (void)shutdown(wire->fd, SHUT_WR);
}

/* false: the connection has ended. */
static bool read_more(struct wire *wire) {
    memmove(wire->bytes, wire->bytes + wire->begin, wire->end - wire->begin);
    wire->end -= wire->begin;
    wire->begin = 0;
    for (;;) {
        const ssize_t got = recv(wire->fd, wire->bytes + wire->end, RECEIVE_BYTES - wire->end, 0);
        if (got > 0) {
            wire->end += (size_t)got;
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return false;
        wait_for(wire, POLLIN);
    }
}

const struct fasti_server_frame *wire_next(struct wire *wire) {
    size_t size = 0;
    struct fasti_detail detail = {{0}};
    for (;;) {
        const enum fasti_frame_result result =
            fasti_frame_next(wire->bytes + wire->begin, wire->end - wire->begin,
                             FASTI_ANSWER_BYTES_MAX, &size, &detail);
        CHECK(result != FASTI_FRAME_INVALID, "the server's frame: %s", detail.text);
        if (result == FASTI_FRAME_COMPLETE)
            break;
        if (!read_more(wire)) {
            CHECK(wire->begin == wire->end, "it ended inside a frame");
            return NULL;
        }
    }
    const enum fasti_status status = fasti_codec_decode_server(
        wire->codec, wire->bytes + wire->begin, size, &wire->space, &wire->frame, &detail);
    CHECK(status == FASTI_OK, "the server's frame: %s", detail.text);
    wire->begin += size;
    return &wire->frame;
}

void wire_drain(struct wire *wire) {
    do
        wire->begin = wire->end = 0;
    while (read_more(wire));
}

enum fasti_status wire_hello(struct wire *wire) {
    const struct fasti_hello hello = {.wire_min = FASTI_WIRE_VERSION_MIN,
                                      .wire_max = FASTI_WIRE_VERSION_MAX,
                                      .client_length = 4,
                                      .client = "test"};
    const struct fasti_bytes frame = fasti_codec_encode_hello(wire->codec, &hello);
    (void)wire_push(wire, frame.bytes, frame.size); /* a refusal may be on its way already */
    const struct fasti_server_frame *reply = wire_next(wire);
    if (reply == NULL)
        return FASTI_UNREACHABLE;
    CHECK(reply->kind == FASTI_SERVER_HELLO_REPLY, "a Hello was answered with something else");
    return reply->hello.status;
}

struct wire *wire_greet(const char *where) {
    struct wire *wire = wire_open(where);
    const enum fasti_status status = wire_hello(wire);
    CHECK(status == FASTI_OK, "%s", fasti_status_name(status));
    return wire;
}

bool wire_ask(struct wire *wire, uint64_t id, const struct fasti_command *command) {
    struct fasti_bytes frame;
    const enum fasti_status status = fasti_codec_encode_request(wire->codec, id, command, &frame);
    CHECK(status == FASTI_OK, "%s", fasti_status_name(status));
    return wire_push(wire, frame.bytes, frame.size);
}

void wire_ask_often(struct wire *wire, uint32_t count, const struct fasti_command *command) {
    static uint8_t bytes[128 * 1024];
    size_t size = 0;
    for (uint64_t id = 1; id <= count; id++) {
        struct fasti_bytes frame;
        CHECK(fasti_codec_encode_request(wire->codec, id, command, &frame) == FASTI_OK, "encode");
        CHECK(size + frame.size <= sizeof bytes, "too many for one piece");
        memcpy(bytes + size, frame.bytes, frame.size);
        size += frame.size;
    }
    CHECK(wire_push(wire, bytes, size), "the connection ended");
}

const struct fasti_answer *wire_answer(struct wire *wire) {
    const struct fasti_server_frame *frame = wire_next(wire);
    CHECK(frame != NULL, "the connection ended instead of an answer");
    CHECK(frame->kind == FASTI_SERVER_ANSWER, "a Hello's reply instead of an answer");
    return &frame->answer;
}

const struct fasti_answer *wire_call(struct wire *wire, const struct fasti_command *command) {
    CHECK(wire_ask(wire, 4711, command), "the connection ended");
    const struct fasti_answer *answer = wire_answer(wire);
    CHECK(answer->tag == 4711, "an answer to another request");
    return answer;
}

struct fasti_hash128 wire_digest(struct wire *wire) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    const struct fasti_answer *answer = wire_call(wire, &command);
    CHECK(answer->status == FASTI_OK, "%s", answer->detail.text);
    return answer->body.status.digest;
}
