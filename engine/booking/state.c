/*
 * state.c - the shared state, a worker's part of it, and the lists between workers and committer.
 */
#include "engine/booking/state.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/draft.h"

/* An id for each KiB of memory, 72 bytes each. */
static uint32_t requests_max(uint64_t memory_bytes_max) {
    uint32_t count = FASTI_REQUESTS_MAX;
    while (count > FASTI_REQUEST_WAYS && count > memory_bytes_max / 1024)
        count /= 2;
    return count;
}

enum fasti_status fasti_state_init(struct fasti_state *state, uint32_t worker_count,
                                   uint64_t memory_bytes_max, struct fasti_clock clock) {
    fasti_arena_init(&state->arena, memory_bytes_max);
    /* A chunk a worker for cancels and for edits that have begun, and some where there is much. */
    fasti_arena_reserve(&state->arena, worker_count + state->arena.chunks_max / 64);
    fasti_epoch_init(&state->epoch, worker_count);
    pthread_mutex_init(&state->config_lock, NULL);
    fasti_imports_init(&state->imports);
    state->clock = clock;
    state->patterns = fasti_patterns_create();
    if (state->patterns != NULL)
        state->directory = fasti_directory_create(&state->arena, state->patterns);
    state->put_scratch = malloc(sizeof *state->put_scratch);
    state->schedule_scratch = malloc(sizeof *state->schedule_scratch);
    state->openings_scratch = malloc(sizeof *state->openings_scratch);
    if (state->directory == NULL || state->put_scratch == NULL || state->schedule_scratch == NULL ||
        state->openings_scratch == NULL || !fasti_records_init(&state->records) ||
        !fasti_requests_init(&state->requests, requests_max(memory_bytes_max)))
        return FASTI_LIMIT_MEMORY;
    return FASTI_OK;
}

void fasti_state_deinit(struct fasti_state *state) {
    fasti_records_deinit(&state->records);
    fasti_requests_deinit(&state->requests);
    if (state->directory != NULL)
        fasti_directory_destroy(state->directory);
    if (state->patterns != NULL)
        fasti_patterns_destroy(state->patterns);
    fasti_imports_end_all(&state->imports);
    free(state->put_scratch);
    free(state->schedule_scratch);
    free(state->openings_scratch);
    pthread_mutex_destroy(&state->config_lock);
    fasti_arena_deinit(&state->arena);
}

enum fasti_status fasti_booking_init(struct fasti_booking *booking, struct fasti_state *state,
                                     uint32_t worker) {
    booking->state = state;
    booking->worker = (uint16_t)worker;
    fasti_arena_local_init(&booking->arena, &state->arena);
    if (!fasti_limbo_init(&booking->limbo, &state->epoch, &booking->arena, worker))
        return FASTI_LIMIT_MEMORY;
    booking->pool = calloc(FASTI_WORKER_PENDING_MAX, sizeof *booking->pool);
    booking->draft = malloc(sizeof *booking->draft);
    booking->timers.heap = malloc(FASTI_WORKER_HOLDS_MAX * sizeof *booking->timers.heap);
    booking->exported = malloc(FASTI_EXPORT_BYTES_MAX);
    if (booking->pool == NULL || booking->draft == NULL || booking->timers.heap == NULL ||
        booking->exported == NULL)
        return FASTI_LIMIT_MEMORY;
    return FASTI_OK;
}

void fasti_booking_prefault(struct fasti_booking *booking) {
    explicit_bzero(booking->pool, FASTI_WORKER_PENDING_MAX * sizeof *booking->pool);
}

void fasti_booking_deinit(struct fasti_booking *booking) {
    fasti_limbo_deinit(&booking->limbo);
    free(booking->pool);
    free(booking->draft);
    free(booking->timers.heap);
    free(booking->exported);
    booking->exported = NULL;
    booking->timers.heap = NULL;
    booking->pool = NULL;
    booking->draft = NULL;
}

void fasti_booking_prepare(struct fasti_booking *booking) {
    struct fasti_records *records = &booking->state->records;
    const uint64_t ahead = fasti_load_relaxed(&records->next_id) + FASTI_RECORD_CHUNK / 2;
    (void)fasti_records_get(records, (fasti_record_id){ahead}); /* none: a booking will say so */
    fasti_arena_prepare(&booking->arena);
}

/* Everything but the big query and detail parts starts empty. */
static void pending_clear(struct fasti_booking *booking, struct fasti_pending *pending) {
    memset(pending, 0, offsetof(struct fasti_pending, query));
    pending->worker = booking->worker;
    pending->cells = pending->cells_own;
    struct fasti_answer *answer = &pending->answer;
    memset(answer, 0, offsetof(struct fasti_answer, detail));
    answer->detail.text[0] = '\0';
    memset(&answer->body, 0,
           sizeof answer->body); /* it is sent: nothing of another's may be in it */
}

struct fasti_pending *fasti_pending_take(struct fasti_booking *booking) {
    struct fasti_pending *pending = booking->free;
    if (pending != NULL)
        booking->free = pending->next;
    else if (booking->pool_used < FASTI_WORKER_PENDING_MAX)
        pending = &booking->pool[booking->pool_used++];
    else
        return NULL;
    booking->pending_count++;
    pending_clear(booking, pending);
    pending->is_answered = true;
    return pending;
}

struct fasti_pending *fasti_pending_make(struct fasti_booking *booking) {
    struct fasti_pending *pending = malloc(sizeof *pending);
    if (pending == NULL)
        return NULL;
    pending_clear(booking, pending);
    pending->is_heap = true;
    return pending;
}

static void cells_more_give(struct fasti_booking *booking, struct fasti_pending *pending) {
    if (pending->cells_index != 0)
        fasti_arena_free(&booking->arena, pending->cells_index,
                         pending->cells_room * sizeof *pending->cells);
    else
        free(pending->cells_more);
    pending->cells_more = NULL;
    pending->cells_index = pending->cells_room = 0;
}

void fasti_pending_give(struct fasti_booking *booking, struct fasti_pending *pending) {
    FASTI_ASSERT(pending->worker == booking->worker);
    if (pending->effect_index != 0)
        fasti_arena_free(&booking->arena, pending->effect_index, pending->effect_bytes);
    cells_more_give(booking, pending);
    free(pending->effect_heap);
    if (pending->is_heap) {
        free(pending);
        return;
    }
    pending->effect_heap = NULL;
    pending->next = booking->free;
    booking->free = pending;
    booking->pending_count--;
}

static void stack_push(_Atomic(struct fasti_pending *) *stack, struct fasti_pending *pending) {
    struct fasti_pending *newest = fasti_load_relaxed(stack);
    do
        pending->next = newest;
    while (!fasti_cas_seq_cst(stack, &newest, pending));
}

static struct fasti_pending *stack_take(_Atomic(struct fasti_pending *) *stack) {
    struct fasti_pending *newest = fasti_exchange_seq_cst(stack, NULL);
    struct fasti_pending *oldest = NULL;
    while (newest != NULL) {
        struct fasti_pending *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

void fasti_effects_push(struct fasti_state *state, struct fasti_pending *pending) {
    stack_push(&state->effects, pending); /* pairs with the exchange in effects_take */
    fasti_add_relaxed(&state->pushed, UINT64_C(1));
}

struct fasti_pending *fasti_effects_take(struct fasti_state *state) {
    return fasti_load_relaxed(&state->effects) == NULL ? NULL : stack_take(&state->effects);
}

void fasti_done_push(struct fasti_booking *owner, struct fasti_pending *pending) {
    stack_push(&owner->done, pending); /* pairs with the exchange in done_take */
}

struct fasti_pending *fasti_done_take(struct fasti_booking *owner) {
    return fasti_load_relaxed(&owner->done) == NULL ? NULL : stack_take(&owner->done);
}

/* ---- cells and waits ---- */

bool fasti_pending_cells_make(struct fasti_booking *booking, struct fasti_pending *pending,
                              uint32_t count) {
    FASTI_ASSERT(count <= 2 * FASTI_CELLS_MAX); /* a refusal rests on days around, too */
    pending->cells = pending->cells_own;
    if (count <= FASTI_PENDING_CELLS)
        return true;
    const size_t bytes = count * sizeof *pending->cells;
    if (count > pending->cells_room) {
        cells_more_give(booking, pending);
        if (bytes <= FASTI_ARENA_SIZE_MAX) {
            pending->cells_index = fasti_arena_alloc(&booking->arena, bytes);
            if (pending->cells_index != 0)
                pending->cells_more = fasti_arena_at(&booking->state->arena, pending->cells_index);
        } else {
            pending->cells_more = malloc(bytes);
        }
        pending->cells_room = pending->cells_more == NULL ? 0 : count;
    }
    pending->cells = pending->cells_more;
    return pending->cells != NULL;
}

bool fasti_wait_is_over(const struct fasti_pending *pending) {
    for (uint32_t i = 0; i < pending->cell_count; i++)
        if (fasti_load_seq_cst(pending->cells[i].durable) < pending->cells[i].from_version)
            return false;
    return true;
}

bool fasti_wait_begin(struct fasti_booking *booking, struct fasti_pending *pending) {
    if (fasti_wait_is_over(pending))
        return true;
    fasti_add_seq_cst(&booking->waiting_count, UINT32_C(1));
    /* The committer stores `durable`, then looks at waiting_count; we did it the other way round:
     * one of us sees the other (both sequentially consistent). */
    if (fasti_wait_is_over(pending)) {
        fasti_add_seq_cst(&booking->waiting_count, UINT32_MAX); /* minus one */
        return true;
    }
    pending->next = booking->waiting;
    booking->waiting = pending;
    return false;
}

bool fasti_wait_for_one(struct fasti_booking *booking, struct fasti_pending *pending,
                        _Atomic uint32_t *durable, uint32_t version) {
    pending->cell_count = durable != NULL;
    pending->cells = pending->cells_own;
    if (durable != NULL)
        pending->cells[0] =
            (struct fasti_pending_cell){.durable = durable, .from_version = version};
    return fasti_wait_begin(booking, pending);
}
