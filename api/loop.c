/*
 * loop.c - the ring; see loop.h for the round.
 *
 * A completion's user_data says what it is and of which place:   what << 56 | worker << 32 | index
 * A connection's place is free again only when the kernel has returned its last operation, so a
 * completion never meets a stranger. While a peer has a receive or a send with the kernel its
 * buffers stay where they are.
 * Waiting: the storage queue and the wake-ups of the engine are behind one descriptor, looked at
 * with one-shot polls that are armed again after each look: level-triggered in effect.
 */
#include "api/loop.h"

#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/desk.h"

#define RECEIVE_GROUP      0
#define WAIT_MS_MAX        60000
#define GATHER_WAIT_US     1000
#define GATHER_COMPLETIONS 4
#define STOP_WAIT_MS       10 /* between looks at whether the others are done */

enum what {
    WHAT_WAKE = 1,
    WHAT_ENGINE,
    WHAT_ACCEPT,  /* index: listener */
    WHAT_ADOPT,   /* result: the fd that worker 0 hands over */
    WHAT_HANDOFF, /* worker 0's side of it; index: the fd */
    WHAT_RECEIVE, /* index: connection, as below */
    WHAT_SEND,
    WHAT_CANCEL,
};

struct loop {
    struct io_uring ring;
    const struct fasti_loop_options *options;
    struct fasti_desk *desk;
    struct io_uring_buf_ring *buffer_ring;
    uint8_t *buffers;
    size_t buffer_ring_bytes;
    uint32_t connection_count;
    uint32_t place_end; /* places below it were used at some time */
    bool is_accepting[2];
    bool is_engine_armed;
    bool is_stopping, is_dead, is_drained;
    int64_t stop_deadline_ms, sweep_ms;
};

static uint64_t user_data(enum what what, uint32_t worker, uint32_t index) {
    return (uint64_t)what << 56 | (uint64_t)worker << 32 | index;
}

static struct io_uring_sqe *sqe_get(struct loop *loop) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&loop->ring);
    if (sqe == NULL) {
        (void)io_uring_submit(&loop->ring);
        sqe = io_uring_get_sqe(&loop->ring);
    }
    FASTI_ASSERT(sqe != NULL); /* submitting empties the queue */
    return sqe;
}

/* ---- begin and end ---- */

static enum fasti_status ring_refused(int error, struct fasti_detail *detail) {
    if (error == -EMFILE || error == -ENFILE)
        return fasti_detail_set(detail, FASTI_IO_RING,
                                "no file descriptors are left for io_uring (%s): raise ulimit -n, "
                                "or take fewer --workers",
                                strerror(-error));
    if (error == -ENOMEM)
        return fasti_detail_set(detail, FASTI_IO_RING,
                                "no memory for io_uring (%s): raise ulimit -l, or take fewer "
                                "--workers",
                                strerror(-error));
    if (error == -EPERM || error == -ENOSYS || error == -EACCES)
        return fasti_detail_set(
            detail, FASTI_IO_RING,
            "the kernel refuses io_uring (%s): allow io_uring_setup, io_uring_enter and "
            "io_uring_register in the container's seccomp profile, and set "
            "kernel.io_uring_disabled to 0",
            strerror(-error));
    return fasti_detail_set(detail, FASTI_IO_RING, "io_uring could not be set up: %s%s",
                            strerror(-error),
                            error == -EINVAL ? "; Linux 6.0 or newer is needed" : "");
}

/* The best that this kernel knows: completions delivered only when we look for them. */
static int ring_open(struct io_uring *ring) {
    static const unsigned ways[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                    IORING_SETUP_COOP_TASKRUN, 0};
    int error = -EINVAL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && error == -EINVAL; i++) {
        struct io_uring_params params = {
            .flags = ways[i] | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL,
            .cq_entries = FASTI_LOOP_COMPLETIONS,
        };
        error = io_uring_queue_init_params(FASTI_LOOP_ENTRIES, ring, &params);
    }
    return error;
}

static void buffer_give(struct loop *loop, uint16_t at) {
    io_uring_buf_ring_add(
        loop->buffer_ring, loop->buffers + (size_t)at * FASTI_RECEIVE_BUFFER_BYTES,
        FASTI_RECEIVE_BUFFER_BYTES, at, io_uring_buf_ring_mask(FASTI_RECEIVE_BUFFERS), 0);
    io_uring_buf_ring_advance(loop->buffer_ring, 1);
}

static void *memory_map(size_t size) {
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static enum fasti_status buffers_open(struct loop *loop, struct fasti_detail *detail) {
    loop->buffer_ring_bytes = FASTI_RECEIVE_BUFFERS * sizeof(struct io_uring_buf);
    loop->buffer_ring = memory_map(loop->buffer_ring_bytes);
    loop->buffers = memory_map((size_t)FASTI_RECEIVE_BUFFERS * FASTI_RECEIVE_BUFFER_BYTES);
    if (loop->buffer_ring == NULL || loop->buffers == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for receive buffers");
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)loop->buffer_ring,
        .ring_entries = FASTI_RECEIVE_BUFFERS,
        .bgid = RECEIVE_GROUP,
    };
    io_uring_buf_ring_init(loop->buffer_ring);
    const int error = io_uring_register_buf_ring(&loop->ring, &registration, 0);
    if (error != 0)
        return ring_refused(error, detail);
    for (uint16_t i = 0; i < FASTI_RECEIVE_BUFFERS; i++)
        buffer_give(loop, i);
    return FASTI_OK;
}

static enum fasti_status loop_open(struct loop *loop, struct fasti_detail *detail) {
    const int error = ring_open(&loop->ring);
    if (error != 0) {
        loop->ring.ring_fd = -1;
        return ring_refused(error, detail);
    }
    loop->desk =
        fasti_desk_create(loop->options->engine, loop->options->worker, loop->options->zoneinfo);
    if (loop->desk == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for a worker");
    return buffers_open(loop, detail);
}

static void loop_close(struct loop *loop) {
    for (uint32_t i = 0; i < loop->place_end; i++)
        if (loop->desk->connections[i].state != FASTI_CONNECTION_FREE)
            (void)shutdown(loop->desk->connections[i].fd, SHUT_RDWR);
    if (loop->ring.ring_fd >= 0)
        io_uring_queue_exit(&loop->ring);
    for (uint32_t i = 0; i < loop->place_end; i++) {
        struct fasti_connection *connection = &loop->desk->connections[i];
        if (connection->state == FASTI_CONNECTION_FREE)
            continue;
        close(connection->fd);
        connection->is_receiving = connection->is_sending = false;
        fasti_connection_deinit(connection);
    }
    if (loop->buffer_ring != NULL)
        munmap(loop->buffer_ring, loop->buffer_ring_bytes);
    if (loop->buffers != NULL)
        munmap(loop->buffers, (size_t)FASTI_RECEIVE_BUFFERS * FASTI_RECEIVE_BUFFER_BYTES);
    fasti_desk_destroy(loop->desk);
}

/* ---- arming ---- */

static void wake_arm(struct loop *loop) {
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_poll_add(sqe, loop->options->crew->wake_fds[loop->options->worker], POLLIN);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_WAKE, 0, 0));
}

static void engine_arm(struct loop *loop) {
    const int fd = fasti_engine_event_fd(loop->options->engine, loop->options->worker);
    if (fd < 0 || loop->is_engine_armed)
        return;
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_poll_add(sqe, fd, POLLIN);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_ENGINE, 0, 0));
    loop->is_engine_armed = true;
}

static void accept_arm(struct loop *loop, uint32_t at) {
    if (loop->options->listeners[at] < 0 || loop->is_accepting[at] || loop->is_stopping)
        return;
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_multishot_accept(sqe, loop->options->listeners[at], NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_ACCEPT, 0, at));
    loop->is_accepting[at] = true;
}

static void cancel(struct loop *loop, uint64_t target) {
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_cancel64(sqe, target, 0);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_CANCEL, 0, 0));
}

static void receive_arm(struct loop *loop, struct fasti_connection *connection) {
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_recv_multishot(sqe, connection->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = RECEIVE_GROUP;
    io_uring_sqe_set_data64(sqe, user_data(WHAT_RECEIVE, 0, connection->index));
    connection->is_receiving = true;
}

static void send_arm(struct loop *loop, struct fasti_connection *connection) {
    const struct fasti_buffer *sending = fasti_connection_sending(connection);
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_send(sqe, connection->fd, sending->bytes + sending->begin,
                       fasti_buffer_size(sending), MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_SEND, 0, connection->index));
    connection->is_sending = true;
}

/* ---- connections come and go ---- */

static struct fasti_connection *place_find(struct loop *loop) {
    for (uint32_t i = 0; i < FASTI_DESK_CONNECTIONS_MAX; i++) {
        if (loop->desk->connections[i].state != FASTI_CONNECTION_FREE)
            continue;
        if (i >= loop->place_end)
            loop->place_end = i + 1;
        return &loop->desk->connections[i];
    }
    return NULL;
}

static void adopt(struct loop *loop, int fd, bool is_refused) {
    static const int on = 1;
    /* A peer on a Unix socket refuses this option; nothing is lost. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    struct fasti_connection *connection = place_find(loop);
    FASTI_ASSERT(connection != NULL); /* the crew counts them */
    fasti_connection_init(connection, fd, loop->desk->now_ms);
    connection->is_refused = is_refused;
    loop->connection_count++;
    if (is_refused)
        fasti_desk_refuse(loop->desk, connection, FASTI_LIMIT_CONNECTIONS,
                          fasti_status_text(FASTI_LIMIT_CONNECTIONS));
    else if (loop->is_stopping)
        fasti_desk_refuse(loop->desk, connection, FASTI_BUSY, "the server is stopping");
    fasti_desk_touch(loop->desk, connection);
}

/* Worker 0: a new connection goes to the emptiest worker. */
static void accepted(struct loop *loop, int fd) {
    uint32_t worker;
    bool is_refused;
    if (!fasti_crew_place(loop->options->crew, &worker, &is_refused)) {
        if (is_refused)
            adopt(loop, fd, true);
        else
            close(fd);
        return;
    }
    if (worker == loop->options->worker) {
        adopt(loop, fd, false);
        return;
    }
    struct io_uring_sqe *sqe = sqe_get(loop);
    io_uring_prep_msg_ring(sqe, fasti_crew_ring_fd(loop->options->crew, worker), (unsigned)fd,
                           user_data(WHAT_ADOPT, 0, 0), 0);
    io_uring_sqe_set_data64(sqe, user_data(WHAT_HANDOFF, worker, (uint32_t)fd));
}

static void connection_free(struct loop *loop, struct fasti_connection *connection) {
    if (!connection->is_shut && (connection->is_receiving || connection->is_sending)) {
        (void)shutdown(connection->fd, SHUT_RDWR);
        connection->is_shut = true;
    }
    if (connection->is_receiving || connection->is_sending)
        return; /* their completions bring us here again */
    close(connection->fd);
    if (connection->is_refused)
        fasti_crew_leave_refused(loop->options->crew);
    else
        fasti_crew_leave(loop->options->crew, loop->options->worker);
    fasti_desk_forget(loop->desk, connection);
    loop->connection_count--;
}

/* A drained connection has said all: shut our side and wait for the peer to do the same. */
static void connection_linger(struct loop *loop, struct fasti_connection *connection) {
    if (connection->is_ended || shutdown(connection->fd, SHUT_WR) != 0) {
        connection->state = FASTI_CONNECTION_CLOSED;
        return;
    }
    connection->state = FASTI_CONNECTION_LINGERING;
    connection->deadline_ms = loop->desk->now_ms + FASTI_TIMEOUT_CLOSE_MS;
}

static void receive_adjust(struct loop *loop, struct fasti_connection *connection) {
    const bool is_wanted = !connection->is_ended && (!fasti_connection_is_live(connection) ||
                                                     !fasti_connection_is_blocked(connection));
    if (is_wanted && !connection->is_receiving) {
        receive_arm(loop, connection);
    } else if (!is_wanted && connection->is_receiving && !connection->is_cancelling) {
        cancel(loop, user_data(WHAT_RECEIVE, 0, connection->index));
        connection->is_cancelling = true;
    }
}

/* Whatever a touched connection needs next. */
static void look_after(struct loop *loop, struct fasti_connection *connection) {
    if (connection->state == FASTI_CONNECTION_FREE)
        return;
    if (fasti_connection_is_live(connection) && !fasti_connection_is_blocked(connection)) {
        fasti_desk_resume(loop->desk, connection);
        if (connection->is_ended && fasti_connection_is_live(connection))
            fasti_desk_end(loop->desk, connection);
    }
    if (!connection->is_sending && fasti_buffer_size(fasti_connection_queued(connection)) > 0 &&
        connection->state < FASTI_CONNECTION_LINGERING) {
        connection->queued_at = !connection->queued_at;
        connection->send_ms = loop->desk->now_ms;
        send_arm(loop, connection);
    }
    if (connection->state == FASTI_CONNECTION_DRAINING && connection->in_flight == 0 &&
        !connection->is_sending && fasti_connection_owed(connection) == 0)
        connection_linger(loop, connection);
    if (connection->state == FASTI_CONNECTION_CLOSED)
        connection_free(loop, connection);
    else
        receive_adjust(loop, connection);
}

/* ---- completions ---- */

static void on_accept(struct loop *loop, uint32_t at, const struct io_uring_cqe *cqe) {
    if (!(cqe->flags & IORING_CQE_F_MORE))
        loop->is_accepting[at] = false; /* armed again by the next sweep: EMFILE needs a pause */
    if (cqe->res >= 0)
        accepted(loop, cqe->res);
}

static void on_handoff(struct loop *loop, uint32_t worker, int fd, int32_t result) {
    if (result >= 0)
        return;
    fasti_crew_move(loop->options->crew, worker, loop->options->worker);
    adopt(loop, fd, false);
}

static void on_receive(struct loop *loop, struct fasti_connection *connection,
                       const struct io_uring_cqe *cqe) {
    if (!(cqe->flags & IORING_CQE_F_MORE))
        connection->is_receiving = connection->is_cancelling = false;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        const uint16_t at = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
        if (cqe->res > 0)
            fasti_desk_receive(loop->desk, connection,
                               loop->buffers + (size_t)at * FASTI_RECEIVE_BUFFER_BYTES,
                               (size_t)cqe->res);
        buffer_give(loop, at);
    }
    if (cqe->res == 0)
        fasti_desk_end(loop->desk, connection);
    else if (cqe->res < 0 && cqe->res != -ENOBUFS && cqe->res != -ECANCELED && cqe->res != -EINTR)
        connection->state = FASTI_CONNECTION_CLOSED;
    fasti_desk_touch(loop->desk, connection);
}

/* While a connection is blocked it is us who do not read the rest of its frame. */
static void frame_excuse(struct loop *loop, struct fasti_connection *connection) {
    if (connection->frame_ms != 0 && fasti_connection_is_blocked(connection))
        connection->frame_ms = loop->desk->now_ms;
}

static void on_send(struct loop *loop, struct fasti_connection *connection, int32_t result) {
    connection->is_sending = false;
    fasti_desk_touch(loop->desk, connection);
    if (result <= 0 && result != -EINTR && result != -EAGAIN) {
        connection->state = FASTI_CONNECTION_CLOSED;
        return;
    }
    struct fasti_buffer *sending = fasti_connection_sending(connection);
    frame_excuse(loop, connection);
    if (result > 0) {
        fasti_buffer_consume(sending, (size_t)result);
        connection->send_ms = loop->desk->now_ms;
    }
    if (fasti_buffer_size(sending) > 0 && connection->state < FASTI_CONNECTION_LINGERING)
        send_arm(loop, connection);
}

static void stop_begin(struct loop *loop, int64_t timeout_ms) {
    if (loop->is_stopping)
        return;
    loop->is_stopping = true;
    loop->stop_deadline_ms = loop->desk->now_ms + timeout_ms;
    for (uint32_t i = 0; i < 2; i++)
        if (loop->is_accepting[i])
            cancel(loop, user_data(WHAT_ACCEPT, 0, i));
    for (uint32_t i = 0; i < loop->place_end; i++) {
        struct fasti_connection *connection = &loop->desk->connections[i];
        fasti_connection_drain(connection, loop->stop_deadline_ms);
        fasti_desk_touch(loop->desk, connection);
    }
}

static void on_wake(struct loop *loop) {
    uint64_t count;
    const ssize_t got = read(loop->options->crew->wake_fds[loop->options->worker], &count, 8);
    (void)got;
    wake_arm(loop);
    if (fasti_crew_is_stopping(loop->options->crew))
        stop_begin(loop, FASTI_TIMEOUT_STOP_MS);
}

static void on_completion(struct loop *loop, const struct io_uring_cqe *cqe) {
    const uint64_t data = io_uring_cqe_get_data64(cqe);
    const uint32_t index = (uint32_t)data;
    switch ((enum what)(data >> 56)) {
    case WHAT_WAKE: on_wake(loop); break;
    case WHAT_ENGINE: loop->is_engine_armed = false; break;
    case WHAT_ACCEPT: on_accept(loop, index, cqe); break;
    case WHAT_ADOPT: adopt(loop, cqe->res, false); break;
    case WHAT_HANDOFF: on_handoff(loop, (uint32_t)(data >> 32) & 0xff, (int)index, cqe->res); break;
    case WHAT_RECEIVE: on_receive(loop, &loop->desk->connections[index], cqe); break;
    case WHAT_SEND: on_send(loop, &loop->desk->connections[index], cqe->res); break;
    case WHAT_CANCEL: break;
    }
}

/* ---- time ---- */

/* Has a connection used up its patience? */
static void connection_sweep(struct loop *loop, struct fasti_connection *connection) {
    const struct fasti_timeouts *timeouts = &loop->options->timeouts;
    const int64_t now = loop->desk->now_ms;
    frame_excuse(loop, connection);
    if (connection->is_sending && now - connection->send_ms > timeouts->send_ms) {
        connection->state = FASTI_CONNECTION_CLOSED;
    } else if (!fasti_connection_is_live(connection)) {
        if (now > connection->deadline_ms)
            connection->state = FASTI_CONNECTION_CLOSED;
    } else if (connection->state == FASTI_CONNECTION_HELLO) {
        if (now - connection->opened_ms > timeouts->hello_ms)
            fasti_desk_refuse(loop->desk, connection, FASTI_INVALID_MESSAGE,
                              "no Hello came in time");
    } else if (connection->frame_ms != 0 && now - connection->frame_ms > timeouts->frame_ms) {
        fasti_desk_refuse(loop->desk, connection, FASTI_INVALID_FRAME,
                          "the rest of a frame did not come in time");
    } else if (connection->in_flight == 0 && !connection->is_sending &&
               now - connection->active_ms > timeouts->idle_ms) {
        fasti_connection_drain(connection, now + FASTI_TIMEOUT_CLOSE_MS);
    } else if (now - connection->active_ms > timeouts->quiet_ms && !connection->is_sending) {
        fasti_desk_trim(loop->desk, connection);
        return;
    } else {
        return;
    }
    fasti_desk_touch(loop->desk, connection);
}

static void sweep(struct loop *loop) {
    if (loop->desk->now_ms - loop->sweep_ms < FASTI_SWEEP_MS)
        return;
    loop->sweep_ms = loop->desk->now_ms;
    for (uint32_t i = 0; i < loop->place_end; i++)
        if (loop->desk->connections[i].state != FASTI_CONNECTION_FREE)
            connection_sweep(loop, &loop->desk->connections[i]);
    accept_arm(loop, 0);
    accept_arm(loop, 1);
}

static int64_t wait_us(struct loop *loop) {
    const int32_t engine_us = fasti_engine_timeout_us(loop->options->engine, loop->options->worker);
    int64_t wait = engine_us >= 0 ? engine_us : WAIT_MS_MAX * INT64_C(1000);
    const bool is_accept_down = (loop->options->listeners[0] >= 0 && !loop->is_accepting[0]) ||
                                (loop->options->listeners[1] >= 0 && !loop->is_accepting[1]);
    if ((loop->connection_count > 0 || is_accept_down) && wait > FASTI_SWEEP_MS * 1000)
        wait = FASTI_SWEEP_MS * 1000;
    if (loop->is_stopping && wait > STOP_WAIT_MS * 1000)
        wait = STOP_WAIT_MS * 1000;
    /* A simulated disk has no descriptor to wait for. */
    if (fasti_engine_event_fd(loop->options->engine, loop->options->worker) < 0 && wait > 1000)
        wait = 1000;
    return wait;
}

static void wait_for_completions(struct loop *loop) {
    const int64_t wait = wait_us(loop);
    struct __kernel_timespec timeout = {.tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000};
    struct io_uring_cqe *cqe;
    fasti_engine_idle_enter(loop->options->engine, loop->options->worker);
    /* Only a batch that is being gathered asks for so short a wait. Its writers come back one by
     * one, and a round for each costs more than they do. */
    const unsigned wanted = wait > 0 && wait < GATHER_WAIT_US ? GATHER_COMPLETIONS : 1;
    const int result = io_uring_submit_and_wait_timeout(&loop->ring, &cqe, wanted, &timeout, NULL);
    fasti_engine_idle_leave(loop->options->engine, loop->options->worker);
    FASTI_ASSERT(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
                 result == -EBUSY);
}

static void completions_take(struct loop *loop) {
    unsigned head, count = 0;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(&loop->ring, head, cqe) {
        on_completion(loop, cqe);
        count++;
    }
    io_uring_cq_advance(&loop->ring, count);
}

/* ---- the round ---- */

/* The engine's log failed: what is in flight was answered UNKNOWN; everybody ends. */
static void death_check(struct loop *loop) {
    if (loop->is_dead || !fasti_engine_is_dead(loop->options->engine))
        return;
    loop->is_dead = true;
    fasti_crew_stop(loop->options->crew, true);
    stop_begin(loop, FASTI_TIMEOUT_CLOSE_MS);
    if (loop->stop_deadline_ms > loop->desk->now_ms + FASTI_TIMEOUT_CLOSE_MS)
        loop->stop_deadline_ms = loop->desk->now_ms + FASTI_TIMEOUT_CLOSE_MS;
}

static bool is_over(struct loop *loop) {
    if (!loop->is_stopping)
        return false;
    if (!loop->is_drained && loop->connection_count == 0 && loop->desk->slot_count == 0) {
        loop->is_drained = true;
        fasti_crew_report_drained(loop->options->crew);
    }
    return fasti_crew_is_drained(loop->options->crew) ||
           loop->desk->now_ms > loop->stop_deadline_ms;
}

static void now_read(struct loop *loop) {
    loop->desk->now_ms = fasti_clock_monotonic_ns() / 1000000;
}

static void serve(struct loop *loop) {
    now_read(loop);
    loop->sweep_ms = loop->desk->now_ms;
    wake_arm(loop);
    accept_arm(loop, 0);
    accept_arm(loop, 1);
    while (!is_over(loop)) {
        completions_take(loop);
        fasti_desk_poll(loop->desk);
        death_check(loop);
        sweep(loop);
        while (loop->desk->dirty != 0) {
            for (struct fasti_connection *connection;
                 (connection = fasti_desk_take_dirty(loop->desk)) != NULL;)
                look_after(loop, connection);
            fasti_desk_poll(loop->desk);
        }
        engine_arm(loop);
        wait_for_completions(loop);
        now_read(loop);
    }
}

void fasti_loop_run(const struct fasti_loop_options *options) {
    struct loop *loop = calloc(1, sizeof *loop);
    struct fasti_detail detail = {{0}};
    enum fasti_status status = FASTI_LIMIT_MEMORY;
    if (loop != NULL) {
        loop->options = options;
        status = loop_open(loop, &detail);
    }
    if (fasti_crew_begin(options->crew, options->worker, loop == NULL ? -1 : loop->ring.ring_fd,
                         status, &detail)) {
        serve(loop);
        fasti_crew_report_undecided(options->crew, loop->desk->slot_count);
    }
    if (loop != NULL)
        loop_close(loop);
    free(loop);
}
