/*
 * ahead.c - a thread and a short queue.
 */
#include "engine/base/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engine/base/huge.h"

#define READY_MAX 32 /* pieces that wait to be taken */

struct fasti_ahead {
    uint64_t bytes;
    uint32_t left; /* pieces that are still to be made; the thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    uint8_t *ready[READY_MAX];
    uint32_t first, count;
    bool is_over;   /* the thread makes no more */
    bool is_ending; /* nobody takes any more */
};

/* A piece whose every page is there; NULL: no memory. */
static uint8_t *piece_make(uint64_t bytes) {
    uint8_t *piece = aligned_alloc(bytes, bytes);
    if (piece != NULL)
        fasti_huge_touch(piece, bytes);
    return piece;
}

static void *thread_main(void *context) {
    struct fasti_ahead *ahead = context;
    bool goes_on = true;
    while (goes_on) {
        uint8_t *piece = ahead->left == 0 ? NULL : piece_make(ahead->bytes);
        pthread_mutex_lock(&ahead->lock);
        while (ahead->count == READY_MAX && !ahead->is_ending)
            pthread_cond_wait(&ahead->changed, &ahead->lock);
        goes_on = piece != NULL && !ahead->is_ending;
        if (goes_on) {
            ahead->ready[(ahead->first + ahead->count++) % READY_MAX] = piece;
            ahead->left--;
        } else {
            free(piece);
            ahead->is_over = true;
        }
        pthread_cond_broadcast(&ahead->changed);
        pthread_mutex_unlock(&ahead->lock);
    }
    return NULL;
}

struct fasti_ahead *fasti_ahead_create(uint64_t bytes, uint32_t count) {
    struct fasti_ahead *ahead = calloc(1, sizeof *ahead);
    if (ahead == NULL)
        return NULL;
    ahead->bytes = bytes;
    ahead->left = count;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (pthread_create(&ahead->thread, NULL, thread_main, ahead) == 0)
        return ahead;
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
    return NULL;
}

void *fasti_ahead_take(struct fasti_ahead *ahead) {
    uint8_t *piece = NULL;
    pthread_mutex_lock(&ahead->lock);
    while (ahead->count == 0 && !ahead->is_over)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    if (ahead->count > 0) {
        piece = ahead->ready[ahead->first];
        ahead->first = (ahead->first + 1) % READY_MAX;
        ahead->count--;
        pthread_cond_broadcast(&ahead->changed);
    }
    pthread_mutex_unlock(&ahead->lock);
    return piece;
}

void fasti_ahead_destroy(struct fasti_ahead *ahead) {
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->is_ending = true;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    (void)pthread_join(ahead->thread, NULL);
    for (uint32_t i = 0; i < ahead->count; i++)
        free(ahead->ready[(ahead->first + i) % READY_MAX]);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
