/*
 * crew.c - see crew.h. Everything under the one mutex; wake-ups are eventfd writes.
 */
#include "api/crew.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "api/api_limits.h"

static void event_write(int fd) {
    static const uint64_t one = 1;
    const ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* a full counter is readable all the same */
}

enum fasti_status fasti_crew_init(struct fasti_crew *crew, uint32_t worker_count,
                                  uint32_t connections_max, struct fasti_detail *detail) {
    FASTI_ASSERT(worker_count >= 1 && worker_count <= FASTI_WORKERS_MAX);
    memset(crew, 0, sizeof *crew);
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->begun, NULL);
    crew->worker_count = worker_count;
    crew->connections_max = connections_max;
    crew->fault_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool is_open = crew->fault_fd >= 0;
    for (uint32_t i = 0; i < FASTI_WORKERS_MAX; i++) {
        crew->wake_fds[i] = i < worker_count ? eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) : -1;
        is_open = is_open && (i >= worker_count || crew->wake_fds[i] >= 0);
    }
    if (is_open)
        return FASTI_OK;
    fasti_crew_deinit(crew);
    return fasti_detail_set(detail, FASTI_IO_OPEN, "no file descriptors are left for the workers");
}

void fasti_crew_deinit(struct fasti_crew *crew) {
    for (uint32_t i = 0; i < crew->worker_count; i++)
        if (crew->wake_fds[i] >= 0)
            close(crew->wake_fds[i]);
    if (crew->fault_fd >= 0)
        close(crew->fault_fd);
    pthread_cond_destroy(&crew->begun);
    pthread_mutex_destroy(&crew->mutex);
}

/* ---- begin ---- */

bool fasti_crew_begin(struct fasti_crew *crew, uint32_t worker, int ring_fd,
                      enum fasti_status status, const struct fasti_detail *detail) {
    pthread_mutex_lock(&crew->mutex);
    crew->ring_fds[worker] = ring_fd;
    if (status != FASTI_OK && crew->status == FASTI_OK) {
        crew->status = status;
        crew->detail = *detail;
    }
    crew->reported_count++;
    pthread_cond_broadcast(&crew->begun);
    while (crew->reported_count < crew->worker_count)
        pthread_cond_wait(&crew->begun, &crew->mutex);
    const bool is_on = crew->status == FASTI_OK;
    pthread_mutex_unlock(&crew->mutex);
    return is_on;
}

void fasti_crew_shrink(struct fasti_crew *crew, uint32_t worker, const char *sentence) {
    pthread_mutex_lock(&crew->mutex);
    crew->status = fasti_detail_set(&crew->detail, FASTI_LIMIT_MEMORY, "%s", sentence);
    crew->reported_count += crew->worker_count - worker;
    pthread_cond_broadcast(&crew->begun);
    pthread_mutex_unlock(&crew->mutex);
}

enum fasti_status fasti_crew_wait_begun(struct fasti_crew *crew, struct fasti_detail *detail) {
    pthread_mutex_lock(&crew->mutex);
    while (crew->reported_count < crew->worker_count)
        pthread_cond_wait(&crew->begun, &crew->mutex);
    const enum fasti_status status = crew->status;
    if (status != FASTI_OK && detail != NULL)
        *detail = crew->detail;
    pthread_mutex_unlock(&crew->mutex);
    return status;
}

/* ---- run ---- */

bool fasti_crew_place(struct fasti_crew *crew, uint32_t *worker, bool *refused) {
    pthread_mutex_lock(&crew->mutex);
    const bool is_placed = crew->connection_count < crew->connections_max;
    *refused = !is_placed && crew->refused_count < FASTI_REFUSED_MAX;
    *worker = 0;
    if (is_placed) {
        for (uint32_t i = 1; i < crew->worker_count; i++)
            if (crew->connection_counts[i] < crew->connection_counts[*worker])
                *worker = i;
        crew->connection_count++;
        crew->connection_counts[*worker]++;
    }
    crew->refused_count += *refused;
    pthread_mutex_unlock(&crew->mutex);
    return is_placed;
}

void fasti_crew_move(struct fasti_crew *crew, uint32_t from, uint32_t to) {
    pthread_mutex_lock(&crew->mutex);
    crew->connection_counts[from]--;
    crew->connection_counts[to]++;
    pthread_mutex_unlock(&crew->mutex);
}

void fasti_crew_leave(struct fasti_crew *crew, uint32_t worker) {
    pthread_mutex_lock(&crew->mutex);
    crew->connection_count--;
    crew->connection_counts[worker]--;
    pthread_mutex_unlock(&crew->mutex);
}

void fasti_crew_leave_refused(struct fasti_crew *crew) {
    pthread_mutex_lock(&crew->mutex);
    crew->refused_count--;
    pthread_mutex_unlock(&crew->mutex);
}

int fasti_crew_ring_fd(struct fasti_crew *crew, uint32_t worker) {
    pthread_mutex_lock(&crew->mutex);
    const int fd = crew->ring_fds[worker];
    pthread_mutex_unlock(&crew->mutex);
    return fd;
}

/* ---- end ---- */

void fasti_crew_stop(struct fasti_crew *crew, bool dead) {
    pthread_mutex_lock(&crew->mutex);
    crew->is_stopping = true;
    if (dead && !crew->is_dead)
        event_write(crew->fault_fd);
    crew->is_dead = crew->is_dead || dead;
    for (uint32_t i = 0; i < crew->worker_count; i++)
        event_write(crew->wake_fds[i]);
    pthread_mutex_unlock(&crew->mutex);
}

bool fasti_crew_is_stopping(struct fasti_crew *crew) {
    pthread_mutex_lock(&crew->mutex);
    const bool is_stopping = crew->is_stopping;
    pthread_mutex_unlock(&crew->mutex);
    return is_stopping;
}

void fasti_crew_report_drained(struct fasti_crew *crew) {
    pthread_mutex_lock(&crew->mutex);
    crew->drained_count++;
    pthread_mutex_unlock(&crew->mutex);
}

bool fasti_crew_is_drained(struct fasti_crew *crew) {
    pthread_mutex_lock(&crew->mutex);
    const bool is_drained = crew->drained_count == crew->worker_count;
    pthread_mutex_unlock(&crew->mutex);
    return is_drained;
}

void fasti_crew_report_undecided(struct fasti_crew *crew, uint32_t count) {
    pthread_mutex_lock(&crew->mutex);
    crew->undecided_count += count;
    pthread_mutex_unlock(&crew->mutex);
}
