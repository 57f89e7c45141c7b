/*
 * client.c - blocking sockets, one send buffer and one receive buffer a client.
 *
 *   send     encode -> append to the send buffer        (flushed when it is full)
 *   receive  frame in the receive buffer? -> decode     (else poll, read, look again)
 *
 * A tag travels as the request's id, one higher: id 0 is the server's own, for what it says of the
 * connection. After any fault of the connection the client is broken for good: what was on its way
 * is unknown, and every later call says UNREACHABLE.
 */
#include "api/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "api/frame.h"
#include "engine/engine.h"

#define TIMEOUT_MS_DEFAULT 10000
#define SEND_BYTES         (2 * FASTI_FRAME_BYTES_MAX)
#define RECEIVE_BYTES      (2 * FASTI_ANSWER_BYTES_MAX)

struct fasti_client {
    int fd;
    int32_t timeout_ms;
    bool is_broken;
    struct fasti_detail fault; /* why, where the server said so */
    uint32_t in_flight;
    uint64_t calls; /* each has its own tag */
    struct fasti_client_server server;
    struct fasti_codec *codec;
    size_t send_size;
    size_t receive_at, receive_size; /* unread bytes: [receive_at, receive_size) */
    uint8_t *send, *receive;         /* SEND_BYTES, RECEIVE_BYTES */
    struct fasti_server_frame frame;
    struct fasti_answer_space space;
};

static enum fasti_status broken(struct fasti_client *client) {
    client->is_broken = true;
    return FASTI_UNREACHABLE;
}

/* ---- the socket ---- */

static bool wait_for(const struct fasti_client *client, int fd, short events) {
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int ready;
    do
        ready = poll(&poll_fd, 1, client->timeout_ms);
    while (ready < 0 && errno == EINTR);
    return ready == 1;
}

static bool connect_fd(const struct fasti_client *client, int fd, const struct sockaddr *address,
                       socklen_t size) {
    if (connect(fd, address, size) == 0)
        return true;
    if (errno != EINPROGRESS && errno != EAGAIN)
        return false;
    int error = 0;
    socklen_t error_size = sizeof error;
    if (!wait_for(client, fd, POLLOUT) ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0)
        error = ETIMEDOUT;
    errno = error;
    return error == 0;
}

static enum fasti_status connect_unix(struct fasti_client *client, const char *path,
                                      struct fasti_detail *detail) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "the socket's path has 1 to %zu bytes",
                                sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (client->fd >= 0 &&
        connect_fd(client, client->fd, (const struct sockaddr *)(const void *)&address,
                   sizeof address))
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_UNREACHABLE, "nobody answers at unix:%.140s: %s", path,
                            strerror(errno));
}

/* "HOST:PORT" or "[IPV6]:PORT" taken apart; false: neither. */
static bool host_split(const char *server, char host[256], char port[8]) {
    const char *colon = strrchr(server, ':');
    if (colon == NULL || colon == server || colon[1] == '\0' || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    const long number = strtol(colon + 1, NULL, 10);
    if (number < 1 || number > UINT16_MAX)
        return false;
    size_t length = (size_t)(colon - server);
    if (server[0] == '[') {
        if (server[length - 1] != ']')
            return false;
        server++;
        length -= 2;
    }
    if (length == 0 || length > 255)
        return false;
    memcpy(host, server, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static enum fasti_status connect_tcp(struct fasti_client *client, const char *server,
                                     struct fasti_detail *detail) {
    char host[256], port[8];
    if (!host_split(server, host, port))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%.120s\" is no server: write unix:PATH, HOST:PORT or "
                                "[IPV6]:PORT, with a port from 1 to 65535",
                                server);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return fasti_detail_set(detail, FASTI_UNREACHABLE, "%.120s: %s", server,
                                gai_strerror(error));
    enum fasti_status status = FASTI_UNREACHABLE;
    int reason = 0;
    for (struct addrinfo *at = found; at != NULL && status != FASTI_OK; at = at->ai_next) {
        client->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (client->fd >= 0 && connect_fd(client, client->fd, at->ai_addr, at->ai_addrlen)) {
            const int one = 1;
            (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            status = FASTI_OK;
            break;
        }
        reason = errno;
        if (client->fd >= 0)
            close(client->fd);
        client->fd = -1;
    }
    freeaddrinfo(found);
    if (status == FASTI_OK)
        return status;
    return fasti_detail_set(detail, status,
                            "nobody answers at %.120s: %s; is fastid running there?", server,
                            strerror(reason));
}

/* ---- sending and receiving bytes ---- */

/* Waits until more can be sent. The server reads no more from a peer that takes no answers: those
 * that come meanwhile are taken, as far as the buffer goes. */
static bool flush_wait(struct fasti_client *client) {
    const size_t room = RECEIVE_BYTES - client->receive_size;
    struct pollfd poll_fd = {.fd = client->fd,
                             .events = (short)(POLLOUT | (room > 0 ? POLLIN : 0))};
    int ready;
    do
        ready = poll(&poll_fd, 1, client->timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready != 1)
        return false;
    if ((poll_fd.revents & POLLIN) == 0)
        return true;
    const ssize_t done = recv(client->fd, client->receive + client->receive_size, room, 0);
    if (done > 0)
        client->receive_size += (size_t)done;
    return done > 0 || errno == EAGAIN || errno == EINTR;
}

/* Nothing more can be sent nor taken before the caller takes an answer. */
static bool is_crowded(const struct fasti_client *client) {
    return client->receive_size == RECEIVE_BYTES;
}

enum fasti_status fasti_client_flush(struct fasti_client *client) {
    size_t sent = 0;
    bool is_crammed = false;
    while (!client->is_broken && sent < client->send_size && !is_crammed) {
        const ssize_t done =
            send(client->fd, client->send + sent, client->send_size - sent, MSG_NOSIGNAL);
        if (done > 0)
            sent += (size_t)done;
        else if (errno == EAGAIN && is_crowded(client))
            is_crammed = true;
        else if (errno == EAGAIN ? !flush_wait(client) : errno != EINTR)
            client->is_broken = true;
    }
    if (client->is_broken)
        sent = client->send_size;
    memmove(client->send, client->send + sent, client->send_size - sent);
    client->send_size -= sent;
    if (client->is_broken)
        return FASTI_UNREACHABLE;
    return is_crammed ? FASTI_BUSY : FASTI_OK;
}

static enum fasti_status append(struct fasti_client *client, struct fasti_bytes frame) {
    if (SEND_BYTES - client->send_size < frame.size &&
        fasti_client_flush(client) == FASTI_UNREACHABLE)
        return FASTI_UNREACHABLE;
    if (SEND_BYTES - client->send_size < frame.size)
        return FASTI_BUSY;
    memcpy(client->send + client->send_size, frame.bytes, frame.size);
    client->send_size += frame.size;
    return FASTI_OK;
}

/* The size of a whole frame at the front of the receive buffer; 0: it is not all there. */
static size_t frame_ready(struct fasti_client *client) {
    size_t size = 0;
    switch (fasti_frame_next(client->receive + client->receive_at,
                             client->receive_size - client->receive_at, FASTI_ANSWER_BYTES_MAX,
                             &size, NULL)) {
    case FASTI_FRAME_COMPLETE: return size;
    case FASTI_FRAME_PARTIAL: return 0;
    case FASTI_FRAME_INVALID: client->is_broken = true; return 0;
    }
    return 0;
}

/* Moves what is unread to the front, then reads once, waiting if need be. */
static enum fasti_status receive_more(struct fasti_client *client) {
    memmove(client->receive, client->receive + client->receive_at,
            client->receive_size - client->receive_at);
    client->receive_size -= client->receive_at;
    client->receive_at = 0;
    for (;;) {
        const ssize_t done = recv(client->fd, client->receive + client->receive_size,
                                  RECEIVE_BYTES - client->receive_size, 0);
        if (done > 0) {
            client->receive_size += (size_t)done;
            return FASTI_OK;
        }
        if (done == 0 || (errno != EAGAIN && errno != EINTR))
            return broken(client);
        if (errno == EAGAIN && !wait_for(client, client->fd, POLLIN))
            return broken(client);
    }
}

/* The next frame of the server, decoded into client->frame. */
static enum fasti_status frame_receive(struct fasti_client *client, struct fasti_detail *detail) {
    size_t size;
    while ((size = frame_ready(client)) == 0) {
        if (client->is_broken)
            return FASTI_UNREACHABLE;
        FASTI_TRY(receive_more(client));
    }
    const enum fasti_status status =
        fasti_codec_decode_server(client->codec, client->receive + client->receive_at, size,
                                  &client->space, &client->frame, detail);
    client->receive_at += size;
    return status == FASTI_OK ? FASTI_OK : broken(client);
}

/* ---- the interface ---- */

static enum fasti_status handshake(struct fasti_client *client, struct fasti_detail *detail) {
    struct fasti_hello hello = {.wire_min = FASTI_WIRE_VERSION_MIN,
                                .wire_max = FASTI_WIRE_VERSION_MAX};
    hello.client_length =
        (uint8_t)snprintf(hello.client, sizeof hello.client, "fasti-client %s", FASTI_VERSION);
    FASTI_TRY(append(client, fasti_codec_encode_hello(client->codec, &hello)));
    FASTI_TRY(fasti_client_flush(client));
    if (frame_receive(client, detail) != FASTI_OK || client->frame.kind != FASTI_SERVER_HELLO_REPLY)
        return fasti_detail_set(detail, FASTI_UNREACHABLE,
                                "the server closed the connection or does not speak Fasti");
    const struct fasti_hello_reply *reply = &client->frame.hello;
    if (reply->status != FASTI_OK)
        return fasti_detail_set(detail, reply->status, "%s", reply->detail.text);
    if (reply->wire_version < FASTI_WIRE_VERSION_MIN ||
        reply->wire_version > FASTI_WIRE_VERSION_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_VERSION,
                                "the server chose wire version %u, this client speaks %d to %d",
                                reply->wire_version, FASTI_WIRE_VERSION_MIN,
                                FASTI_WIRE_VERSION_MAX);
    if (reply->in_flight_max == 0 || reply->frame_bytes_max < FASTI_FRAME_BYTES_MIN)
        return fasti_detail_set(detail, FASTI_INVALID_MESSAGE,
                                "the server takes no request at all (%u on their way, of %u bytes)",
                                reply->in_flight_max, reply->frame_bytes_max);
    client->server = (struct fasti_client_server){
        .wire_version = reply->wire_version,
        .frame_bytes_max = reply->frame_bytes_max,
        .in_flight_max = reply->in_flight_max,
    };
    memcpy(client->server.version, reply->server, sizeof client->server.version);
    return FASTI_OK;
}

static enum fasti_status open_all(struct fasti_client *client, const char *server,
                                  struct fasti_detail *detail) {
    client->codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    client->send = malloc(SEND_BYTES);
    client->receive = malloc(RECEIVE_BYTES);
    if (client->codec == NULL || client->send == NULL || client->receive == NULL)
        return FASTI_LIMIT_MEMORY;
    if (strncmp(server, "unix:", 5) == 0)
        FASTI_TRY(connect_unix(client, server + 5, detail));
    else
        FASTI_TRY(connect_tcp(client, server, detail));
    return handshake(client, detail);
}

enum fasti_status fasti_client_open(const char *server, int32_t timeout_ms,
                                    struct fasti_client **client, struct fasti_detail *detail) {
    *client = calloc(1, sizeof **client);
    if (*client == NULL)
        return FASTI_LIMIT_MEMORY;
    (*client)->fd = -1;
    (*client)->timeout_ms = timeout_ms == 0 ? TIMEOUT_MS_DEFAULT : timeout_ms;
    const enum fasti_status status =
        open_all(*client, server == NULL ? FASTI_CLIENT_SERVER_DEFAULT : server, detail);
    if (status != FASTI_OK) {
        fasti_client_close(*client);
        *client = NULL;
    }
    return status;
}

void fasti_client_close(struct fasti_client *client) {
    if (client == NULL)
        return;
    if (client->fd >= 0)
        close(client->fd);
    if (client->codec != NULL)
        fasti_codec_destroy(client->codec);
    free(client->send);
    free(client->receive);
    free(client);
}

const struct fasti_client_server *fasti_client_server(const struct fasti_client *client) {
    return &client->server;
}

int fasti_client_fd(const struct fasti_client *client) {
    return client->fd;
}

enum fasti_status fasti_client_send(struct fasti_client *client,
                                    const struct fasti_command *command, uint64_t tag) {
    if (client->is_broken)
        return FASTI_UNREACHABLE;
    if (client->in_flight >= client->server.in_flight_max)
        return FASTI_BUSY;
    struct fasti_bytes frame;
    FASTI_ASSERT(tag != UINT64_MAX);
    FASTI_TRY(fasti_codec_encode_request(client->codec, tag + 1, command, &frame));
    if (frame.size > client->server.frame_bytes_max)
        return FASTI_LIMIT_MESSAGE;
    FASTI_TRY(append(client, frame));
    client->in_flight++;
    return FASTI_OK;
}

enum fasti_status fasti_client_receive(struct fasti_client *client, struct fasti_answer *answer) {
    if (client->in_flight == 0)
        return FASTI_INVALID_STATE;
    if (fasti_client_flush(client) == FASTI_UNREACHABLE)
        return FASTI_UNREACHABLE;
    FASTI_TRY(frame_receive(client, NULL));
    if (client->frame.kind != FASTI_SERVER_ANSWER)
        return broken(client);
    if (client->frame.answer.tag == 0) { /* of the connection, or of a frame that it did not read */
        const enum fasti_status status = client->frame.answer.status;
        const char *sentence = client->frame.answer.detail.text;
        (void)fasti_detail_set(&client->fault, status, "%s (%s)",
                               sentence[0] != '\0' ? sentence : fasti_status_text(status),
                               fasti_status_name(status));
        return broken(client);
    }
    client->in_flight--;
    *answer = client->frame.answer;
    answer->tag--;
    return FASTI_OK;
}

const struct fasti_detail *fasti_client_fault(const struct fasti_client *client) {
    return &client->fault;
}

bool fasti_client_has_answer(struct fasti_client *client) {
    return !client->is_broken && frame_ready(client) != 0;
}

enum fasti_status fasti_client_call(struct fasti_client *client,
                                    const struct fasti_command *command,
                                    struct fasti_answer *answer) {
    if (client->in_flight != 0)
        return FASTI_INVALID_STATE;
    const uint64_t tag = ++client->calls;
    FASTI_TRY(fasti_client_send(client, command, tag));
    FASTI_TRY(fasti_client_receive(client, answer));
    return answer->tag == tag ? FASTI_OK : broken(client);
}

uint32_t fasti_client_in_flight(const struct fasti_client *client) {
    return client->in_flight;
}
