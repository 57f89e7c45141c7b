/*
 * crew.h - what the workers of one server share: who has how many connections, and how all of them
 * begin and end together.
 *
 *   begin   every worker reports its ring or its failure; all go on, or none
 *   run     the acceptor asks for the emptiest worker; each worker tells when a peer has left
 *   end     a worker that has nothing left to answer goes on serving the engine until all have:
 *           another's answer may rest on a batch that this one has in its hands
 *
 * Threading: any thread; one mutex, taken when connections come and go, never for a request.
 */
#ifndef FASTI_API_CREW_H
#define FASTI_API_CREW_H

#include <pthread.h>
#include <stdbool.h>

#include "engine/engine.h"

struct fasti_crew {
    pthread_mutex_t mutex;
    pthread_cond_t begun;
    uint32_t worker_count;
    uint32_t connections_max;
    uint32_t connection_count, refused_count;
    uint32_t connection_counts[FASTI_WORKERS_MAX];
    int ring_fds[FASTI_WORKERS_MAX];
    int wake_fds[FASTI_WORKERS_MAX]; /* eventfds; -1 = not open */
    int fault_fd;                    /* eventfd: readable once the engine is dead */
    uint32_t reported_count;
    enum fasti_status status; /* of the first worker that could not begin */
    struct fasti_detail detail;
    uint32_t drained_count;
    uint32_t undecided_count; /* commands without an answer when their worker ended */
    bool is_stopping, is_dead;
};

/* IO_OPEN when there are no file descriptors left. */
FASTI_MUST_USE enum fasti_status fasti_crew_init(struct fasti_crew *crew, uint32_t worker_count,
                                                 uint32_t connections_max,
                                                 struct fasti_detail *detail);
void fasti_crew_deinit(struct fasti_crew *crew);

/* Worker: reports and waits for all others; false: one of them failed, so nobody runs. */
bool fasti_crew_begin(struct fasti_crew *crew, uint32_t worker, int ring_fd,
                      enum fasti_status status, const struct fasti_detail *detail);
/* Main: workers from `worker` on could not even be started. */
void fasti_crew_shrink(struct fasti_crew *crew, uint32_t worker, const char *sentence);
/* Main: waits for all reports; the first failure with its sentence. */
FASTI_MUST_USE enum fasti_status fasti_crew_wait_begun(struct fasti_crew *crew,
                                                       struct fasti_detail *detail);

/* Counts a new connection for the emptiest worker and says which; false: there are too many.
 * *refused: there is even room to tell it so (give that back with leave_refused). */
bool fasti_crew_place(struct fasti_crew *crew, uint32_t *worker, bool *refused);
void fasti_crew_move(struct fasti_crew *crew, uint32_t from, uint32_t to);
void fasti_crew_leave(struct fasti_crew *crew, uint32_t worker);
void fasti_crew_leave_refused(struct fasti_crew *crew);
int fasti_crew_ring_fd(struct fasti_crew *crew, uint32_t worker);

/* Asks all workers to end. dead: because the engine is; makes fault_fd readable. */
void fasti_crew_stop(struct fasti_crew *crew, bool dead);
bool fasti_crew_is_stopping(struct fasti_crew *crew);
/* Worker, once: nothing is left to answer. */
void fasti_crew_report_drained(struct fasti_crew *crew);
bool fasti_crew_is_drained(struct fasti_crew *crew);
/* Worker, at its end. */
void fasti_crew_report_undecided(struct fasti_crew *crew, uint32_t count);

#endif
