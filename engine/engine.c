/*
 * engine.c - composition: state, log, committer and workers behind the one face.
 *
 * Each worker's storage queue and wake-up stand behind one epoll descriptor, so that a caller has
 * one thing to wait for. All branching over commands is here; rooms below know one thing each.
 */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/panic.h"
#include "engine/booking/cancel.h"
#include "engine/booking/configure.h"
#include "engine/booking/exported.h"
#include "engine/booking/hold.h"
#include "engine/booking/loading.h"
#include "engine/booking/lookup.h"
#include "engine/booking/move.h"
#include "engine/booking/once.h"
#include "engine/booking/reserve.h"
#include "engine/booking/scene.h"
#include "engine/calendar/kernels.h"
#include "engine/combine/combine.h"
#include "engine/commit/checkpoint.h"
#include "engine/commit/committer.h"
#include "engine/commit/edits.h"
#include "engine/commit/recovery.h"
#include "engine/search/availability.h"
#include "engine/search/find.h"
#include "engine/search/heatmap.h"
#include "engine/search/names_find.h"
#include "engine/search/roster.h"

#define MEMORY_BYTES_DEFAULT (UINT64_C(8) << 30)
#define SNAPSHOTS_LOOKED_AT  8
#define EDIT_LOOK_US         20 /* an edit that waits for claims under way looks so often */

/* What one worker adds to its booking part. */
struct fasti_worker {
    struct fasti_booking booking;
    struct fasti_search search;
    struct fasti_names_find *names;
    struct fasti_combine *combine;
    struct fasti_heatmap *heatmap; /* NULL: nobody asked for one yet */
    struct fasti_pending *ready;   /* done ones that poll has not handed out yet */
    struct fasti_edits edits;
    bool is_online; /* in the epoch; a worker that nobody uses delays nobody */
    int epoll_fd;
};

struct fasti_engine {
    struct fasti_state state;
    struct fasti_committer committer;
    struct fasti_checkpoint checkpoint;
    struct fasti_upkeep upkeep;
    struct fasti_roster_store roster;
    struct fasti_names_store names;
    struct fasti_io *io;
    struct fasti_log *log;
    uint32_t worker_count;
    struct fasti_worker *workers[FASTI_WORKERS_MAX];
    struct fasti_booking *bookings[FASTI_WORKERS_MAX];
    struct fasti_wake wakes[FASTI_WORKERS_MAX];
    int64_t started_ms, recovery_ms;
    uint64_t recovered_effects, epoch;
};

/* ---- open and close ---- */

/* The worker's thread is here again: it holds no reference of an earlier call. Before a command
 * others' words are read only where memory waits for it: polls, which follow submits, move the
 * epoch. */
static void worker_enter(struct fasti_worker *worker, bool is_command) {
    struct fasti_limbo *limbo = &worker->booking.limbo;
    if (!worker->is_online)
        fasti_epoch_online(limbo);
    else if (is_command && fasti_limbo_has_room(limbo, FASTI_LIMBO_MAX / 2))
        fasti_epoch_announce(limbo);
    else
        fasti_epoch_quiescent(limbo);
    worker->is_online = true;
}

static void worker_leave(struct fasti_worker *worker) {
    if (worker->is_online)
        fasti_epoch_offline(&worker->booking.limbo);
    worker->is_online = false;
}

/* What still waits when an engine is closed is given up: nobody will ask for it. */
static void list_drop(struct fasti_engine *engine, struct fasti_pending *pending) {
    for (struct fasti_pending *next; pending != NULL; pending = next) {
        next = pending->next;
        fasti_pending_give(engine->bookings[pending->worker], pending);
    }
}

static void pendings_drop(struct fasti_engine *engine) {
    list_drop(engine, fasti_effects_take(&engine->state));
    list_drop(engine, engine->committer.in_flight);
    list_drop(engine, engine->committer.deferred);
    for (uint32_t i = 0; i < engine->worker_count && engine->workers[i] != NULL; i++) {
        list_drop(engine, engine->workers[i]->ready);
        list_drop(engine, engine->workers[i]->edits.first);
        list_drop(engine, engine->bookings[i]->waiting);
        list_drop(engine, fasti_done_take(engine->bookings[i]));
    }
}

static void worker_close(struct fasti_engine *engine, uint32_t at) {
    struct fasti_worker *worker = engine->workers[at];
    if (worker == NULL)
        return;
    fasti_booking_deinit(&worker->booking);
    fasti_find_destroy(worker->search.find);
    fasti_names_find_destroy(worker->names);
    fasti_combine_destroy(worker->combine);
    fasti_heatmap_destroy(worker->heatmap);
    if (worker->epoll_fd >= 0)
        close(worker->epoll_fd);
    if (engine->wakes[at].fd >= 0)
        close(engine->wakes[at].fd);
    free(worker);
}

static enum fasti_status worker_open(struct fasti_engine *engine, uint32_t at) {
    engine->wakes[at].fd = -1;
    struct fasti_worker *worker = aligned_alloc(_Alignof(struct fasti_worker), sizeof *worker);
    if (worker == NULL)
        return FASTI_LIMIT_MEMORY;
    memset(worker, 0, sizeof *worker);
    worker->epoll_fd = -1;
    engine->workers[at] = worker;
    engine->bookings[at] = &worker->booking;
    FASTI_TRY(fasti_booking_init(&worker->booking, &engine->state, at));
    worker->search.arena = &engine->state.arena;
    worker->search.directory = engine->state.directory;
    worker->search.patterns = engine->state.patterns;
    worker->search.roster = &engine->roster;
    worker->search.find = fasti_find_create();
    worker->names = fasti_names_find_create();
    worker->combine = fasti_combine_create();
    const bool is_whole =
        worker->search.find != NULL && worker->names != NULL && worker->combine != NULL;
    return is_whole ? FASTI_OK : FASTI_LIMIT_MEMORY;
}

/* Puts the wake-up and the storage queue behind one descriptor; a simulated disk has none. */
static enum fasti_status worker_event_open(struct fasti_engine *engine, uint32_t at,
                                           struct fasti_detail *detail) {
    struct fasti_worker *worker = engine->workers[at];
    const int storage_fd = engine->io->operations->event_fd(engine->io, at);
    if (storage_fd < 0)
        return FASTI_OK;
    engine->wakes[at].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (engine->wakes[at].fd < 0 || worker->epoll_fd < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "no file descriptors for worker %u: %s", at,
                                strerror(errno));
    const int fds[2] = {engine->wakes[at].fd, storage_fd};
    for (int i = 0; i < 2; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fds[i], &event) != 0)
            return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot wait for worker %u's disk: %s",
                                    at, strerror(errno));
    }
    return FASTI_OK;
}

/* The snapshots that are there, newest first. */
struct candidates {
    uint64_t generations[SNAPSHOTS_LOOKED_AT];
    uint32_t count;
    uint32_t at; /* the one that is tried; count: the log alone */
};

static void recovery_fill(struct fasti_engine *engine, const struct fasti_replay *replay,
                          const struct fasti_log_report *report, struct fasti_recovery *recovery) {
    recovery->batches = report->batches;
    recovery->effects = report->effects;
    recovery->segments = report->segments;
    recovery->bytes = report->bytes;
    recovery->milliseconds = engine->recovery_ms;
    recovery->logged_ms = report->logged_ms;
    recovery->digest = replay->digest;
    recovery->clean = report->clean;
    recovery->torn = report->torn;
    recovery->mended = report->mended + replay->is_snapshot_mended;
    recovery->lacks_reserve = fasti_log_lacks_reserve(report);
    recovery->snapshot = replay->snapshot.generation;
    recovery->snapshot_entries = replay->snapshot_entries;
    if (report->torn) {
        struct fasti_detail where;
        (void)fasti_detail_set(&where, FASTI_OK, "%s offset %llu", report->where.file,
                               (unsigned long long)report->where.offset);
        memcpy(recovery->torn_where, where.text, sizeof recovery->torn_where - 1);
    }
}

/* One try: a snapshot, if there is one, and the log behind it. */
static enum fasti_status recover(struct fasti_engine *engine,
                                 const struct fasti_engine_options *options,
                                 const struct candidates *candidates,
                                 struct fasti_recovery *recovery, struct fasti_detail *detail,
                                 struct fasti_log_report *report) {
    struct fasti_replay replay = {
        .booking = engine->bookings[0],
        .progress = options->progress,
        .progress_context = options->progress_context,
        .detail = detail,
    };
    enum fasti_status status = FASTI_OK;
    const int64_t started_ns = fasti_clock_monotonic_ns();
    memset(report, 0, sizeof *report);
    worker_enter(engine->workers[0], false);
    fasti_arena_load_begin(&engine->state.arena);
    if (candidates->at < candidates->count)
        status = fasti_replay_load(&replay, engine->io, candidates->generations[candidates->at]);
    if (status == FASTI_OK)
        status = fasti_replay_run(&replay, engine->io, report);
    fasti_replay_end(&replay);
    fasti_arena_load_end(&engine->state.arena);
    worker_leave(engine->workers[0]);
    engine->recovery_ms = (fasti_clock_monotonic_ns() - started_ns) / 1000000;
    engine->recovered_effects = replay.effects;
    recovery_fill(engine, &replay, report, recovery);
    return status;
}

/* The memory state and its workers, empty. */
static enum fasti_status state_open(struct fasti_engine *engine,
                                    const struct fasti_engine_options *options, uint64_t memory) {
    FASTI_TRY(fasti_state_init(&engine->state, options->worker_count, memory, options->clock));
    if (options->is_prefaulted)
        fasti_requests_prefault(&engine->state.requests);
    for (uint32_t i = 0; i < options->worker_count; i++) {
        FASTI_TRY(worker_open(engine, i));
        if (options->is_prefaulted)
            fasti_booking_prefault(engine->bookings[i]);
    }
    return FASTI_OK;
}

static void state_close(struct fasti_engine *engine) {
    for (uint32_t i = 0; i < engine->worker_count; i++) {
        worker_close(engine, i);
        engine->workers[i] = NULL;
        engine->bookings[i] = NULL;
        engine->wakes[i].fd = -1;
    }
    fasti_state_deinit(&engine->state);
    memset(&engine->state, 0, sizeof engine->state);
}

/* A snapshot may be at fault; the log never is when this says so. */
static bool is_snapshots_fault(enum fasti_status status) {
    return status == FASTI_CORRUPT_SNAPSHOT || status == FASTI_CORRUPT_STATE ||
           status == FASTI_NOT_FOUND || status == FASTI_IO_READ || status == FASTI_IO_OPEN;
}

/* Tries the snapshots from the newest on, then the log alone. A file that was never finished is no
 * reason for a word; one that is damaged is. */
static enum fasti_status recover_any(struct fasti_engine *engine,
                                     const struct fasti_engine_options *options, uint64_t memory,
                                     struct candidates *candidates, struct fasti_recovery *recovery,
                                     struct fasti_detail *detail, struct fasti_log_report *report) {
    FASTI_TRY(fasti_snapshot_list(engine->io, candidates->generations, SNAPSHOTS_LOOKED_AT,
                                  &candidates->count));
    for (;; candidates->at++) {
        FASTI_TRY(state_open(engine, options, memory));
        detail->text[0] = '\0';
        const enum fasti_status status =
            recover(engine, options, candidates, recovery, detail, report);
        if (status == FASTI_OK || candidates->at == candidates->count ||
            !is_snapshots_fault(status))
            return status;
        if (status != FASTI_NOT_FOUND) {
            if (recovery->snapshots_refused++ == 0)
                recovery->snapshot_why = *detail;
        }
        state_close(engine);
    }
}

/* What the snapshots beside the loaded one are good for. */
static void snapshots_know(struct fasti_engine *engine, const struct candidates *candidates,
                           const struct fasti_log_report *report) {
    struct fasti_detail unused;
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct fasti_snapshot_reader reader;
        uint64_t floor = 0, end = 0, bytes = 0;
        if (i >= candidates->at &&
            fasti_snapshot_open(&reader, engine->io, candidates->generations[i], &unused) ==
                FASTI_OK) {
            bytes = reader.header.body_bytes + 2 * FASTI_BLOCK_BYTES;
            end = reader.header.lsn_end;
            if (reader.header.lsn_floor >= report->lsn_start)
                floor = reader.header.lsn_floor;
            fasti_snapshot_close(&reader);
        }
        fasti_checkpoint_know(&engine->checkpoint, candidates->generations[i], floor, end, bytes);
    }
}

static enum fasti_status open_all(struct fasti_engine *engine,
                                  const struct fasti_engine_options *options,
                                  struct fasti_recovery *recovery, struct fasti_detail *detail) {
    const uint64_t memory =
        options->memory_bytes_max == 0 ? MEMORY_BYTES_DEFAULT : options->memory_bytes_max;
    if (memory / FASTI_ARENA_CHUNK_BYTES < 3 * (uint64_t)options->worker_count)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "%llu bytes of memory are too few for %u workers: %llu are needed",
                                (unsigned long long)memory, options->worker_count,
                                3ULL * options->worker_count * FASTI_ARENA_CHUNK_BYTES);
    if ((options->past_days != 0 && options->past_days < FASTI_PAST_DAYS_MIN) ||
        (options->retention_days != 0 && options->past_days == 0))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "days are kept for at least %d days after they are past, and "
                                "records are removed only where days are",
                                FASTI_PAST_DAYS_MIN);
    struct fasti_log_report report;
    struct candidates candidates = {.count = 0};
    FASTI_TRY(recover_any(engine, options, memory, &candidates, recovery, detail, &report));
    for (uint32_t i = 0; i < options->worker_count; i++)
        FASTI_TRY(worker_event_open(engine, i, detail));
    const int64_t now_ms = fasti_state_now_ms(&engine->state);
    FASTI_TRY(
        fasti_log_open(engine->io, &report, now_ms, options->segment_bytes, &engine->log, detail));
    engine->started_ms = now_ms;
    engine->epoch = report.epoch + 1;
    const bool is_simulated = engine->wakes[0].fd < 0;
    fasti_checkpoint_init(&engine->checkpoint, &engine->state, engine->io, engine->log,
                          is_simulated, engine->epoch, options->snapshot_log_bytes);
    snapshots_know(engine, &candidates, &report);
    const struct fasti_upkeep_rules rules = {options->past_days, options->retention_days};
    fasti_upkeep_init(&engine->upkeep, &engine->state, engine->bookings, engine->worker_count,
                      is_simulated, &rules);
    fasti_committer_init(&engine->committer, &engine->state, engine->log, &engine->checkpoint,
                         &engine->upkeep, engine->bookings, &engine->roster, engine->worker_count,
                         engine->wakes, recovery->digest);
    const bool is_known = fasti_edits_tell(engine->bookings[0], &engine->roster, &engine->names);
    FASTI_ASSERT(is_known); /* nobody else is here yet */
    return FASTI_OK;
}

enum fasti_status fasti_engine_open(const struct fasti_engine_options *options, struct fasti_io *io,
                                    struct fasti_engine **engine, struct fasti_recovery *recovery,
                                    struct fasti_detail *detail) {
    FASTI_ASSERT(options->worker_count >= 1 && options->worker_count <= FASTI_WORKERS_MAX);
    struct fasti_recovery ignored;
    struct fasti_detail unused;
    if (recovery == NULL)
        recovery = &ignored;
    if (detail == NULL)
        detail = &unused;
    memset(recovery, 0, sizeof *recovery);
    const size_t bytes = (sizeof **engine + FASTI_CACHE_LINE_BYTES - 1) / FASTI_CACHE_LINE_BYTES *
                         FASTI_CACHE_LINE_BYTES;
    *engine = aligned_alloc(FASTI_CACHE_LINE_BYTES, bytes);
    if (*engine == NULL) {
        io->operations->close(io);
        return FASTI_LIMIT_MEMORY;
    }
    memset(*engine, 0, sizeof **engine);
    (*engine)->io = io;
    (*engine)->worker_count = options->worker_count;
    fasti_roster_init(&(*engine)->roster);
    fasti_names_init(&(*engine)->names);
    for (uint32_t i = 0; i < FASTI_WORKERS_MAX; i++)
        (*engine)->wakes[i].fd = -1;
    const enum fasti_status status = open_all(*engine, options, recovery, detail);
    if (status != FASTI_OK) {
        fasti_engine_close(*engine, false);
        *engine = NULL;
    }
    return status;
}

void fasti_engine_close(struct fasti_engine *engine, bool clean) {
    const bool is_dead = fasti_load_relaxed(&engine->state.is_dead);
    if (engine->log != NULL)
        fasti_log_close(engine->log, clean && !is_dead);
    fasti_checkpoint_deinit(&engine->checkpoint);
    pendings_drop(engine);
    state_close(engine);
    fasti_roster_deinit(&engine->roster);
    fasti_names_deinit(&engine->names);
    engine->io->operations->close(engine->io);
    free(engine);
}

/* ---- submit ---- */

static enum fasti_disposition status_answer(struct fasti_engine *engine, uint32_t worker,
                                            struct fasti_pending *pending) {
    struct fasti_state *state = &engine->state;
    const struct fasti_directory *directory = state->directory;
    const struct fasti_snapshot_told snapshot = fasti_checkpoint_told(&engine->checkpoint);
    pending->answer.body.status = (struct fasti_status_answer){
        .lsn_durable = fasti_load_seq_cst(&state->lsn_durable),
        .epoch = engine->epoch,
        .now_ms = fasti_state_now_ms(state),
        .started_ms = engine->started_ms,
        .digest = fasti_committer_digest(&engine->committer),
        .organizations = fasti_directory_count(directory, FASTI_ENTITY_ORGANIZATION),
        .locations = fasti_directory_count(directory, FASTI_ENTITY_LOCATION),
        .practitioners = fasti_directory_count(directory, FASTI_ENTITY_PRACTITIONER),
        .services = fasti_directory_count(directory, FASTI_ENTITY_SERVICE),
        .schedules = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE),
        .patterns = fasti_patterns_count(state->patterns),
        .plans = fasti_plans_count(state->patterns),
        .appointments = fasti_load_relaxed(&state->appointments),
        .records = fasti_load_relaxed(&state->records.next_id) - 1,
        .recovered_effects = engine->recovered_effects,
        .recovery_ms = engine->recovery_ms,
        .arena_bytes = fasti_arena_bytes(&state->arena),
        .disk_low = fasti_load_relaxed(&state->is_disk_low),
        .snapshot = snapshot.generation,
        .snapshot_lsn = snapshot.lsn,
        .snapshot_bytes = snapshot.bytes,
        .snapshots_failed = snapshot.failed,
        .past_days = engine->upkeep.rules.past_days,
        .retention_days = engine->upkeep.rules.retention_days,
        .retired_days = fasti_load_relaxed(&engine->upkeep.retired_days),
        .purged_records = fasti_load_relaxed(&engine->upkeep.purged_records),
        .workers = engine->worker_count,
        .pending = engine->bookings[worker]->pending_count,
    };
    pending->answer.outcome = FASTI_OUTCOME_FOUND;
    return FASTI_ANSWERED;
}

/* Writes a snapshot; the answer is the status after it, which says if it came about. */
static enum fasti_disposition checkpoint_answer(struct fasti_engine *engine, uint32_t worker,
                                                struct fasti_pending *pending) {
    pending->kind = FASTI_PENDING_WAIT;
    return fasti_wait_for_one(engine->bookings[worker], pending, &engine->checkpoint.done,
                              fasti_checkpoint_want(&engine->checkpoint))
               ? status_answer(engine, worker, pending)
               : FASTI_WAITING;
}

static void checkpoint_end(struct fasti_engine *engine, uint32_t worker,
                           struct fasti_pending *pending) {
    const struct fasti_snapshot_told told = fasti_checkpoint_told(&engine->checkpoint);
    if (pending->answer.status != FASTI_OK)
        return;
    if (told.failed > 0 && told.failed_done == pending->cells[0].from_version) {
        pending->answer.status = told.failed_status;
        pending->answer.detail = told.why;
        return;
    }
    (void)status_answer(engine, worker, pending);
}

/* What search answers, from what the worker keeps for it. */
static enum fasti_disposition question_answer(struct fasti_engine *engine, uint32_t worker_at,
                                              const struct fasti_command *command,
                                              struct fasti_pending *pending) {
    struct fasti_worker *worker = engine->workers[worker_at];
    struct fasti_answer *answer = &pending->answer;
    const fasti_organization_id organization = command->organization;
    const int64_t now_ms = fasti_state_now_ms(&engine->state);
    if (command->kind == FASTI_COMMAND_AVAILABILITY) {
        answer->status = fasti_availability(&worker->search, organization,
                                            &command->body.availability, now_ms, &answer->detail);
        answer->body.availability = &worker->search.answer;
    } else if (command->kind == FASTI_COMMAND_SEARCH) {
        answer->status = fasti_find_run(&worker->search, organization, &command->body.search,
                                        now_ms, &answer->body.search, &answer->detail);
    } else if (command->kind == FASTI_COMMAND_NAMES) {
        answer->status = fasti_names_find_run(
            worker->names, &engine->names, engine->state.directory, organization,
            &command->body.names, &answer->body.names, &answer->detail);
    } else {
        answer->status = fasti_heatmap_run(&worker->heatmap, &worker->search, organization,
                                           &command->body.heatmap, now_ms, &answer->body.heatmap,
                                           &answer->detail);
    }
    answer->outcome = answer->status == FASTI_OK ? FASTI_OUTCOME_FOUND : FASTI_OUTCOME_NONE;
    return FASTI_ANSWERED;
}

static enum fasti_disposition list_answer(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    pending->query.list = command->body.list;
    struct fasti_list_query *query = &pending->query.list;
    pending->answer.body.list = &booking->list;
    if (query->limit == 0 || query->limit > FASTI_LIST_MAX ||
        query->patient_length > FASTI_PATIENT_BYTES_MAX ||
        (query->by != FASTI_LIST_BY_SCHEDULE && query->by != FASTI_LIST_BY_PATIENT)) {
        pending->answer.status = fasti_detail_set(
            &pending->answer.detail, FASTI_INVALID_RANGE,
            "a list is by schedule or by patient and has 1 to %d records a page", FASTI_LIST_MAX);
        return FASTI_ANSWERED;
    }
    return fasti_lookup_list(booking, pending);
}

/* Every table of contents needs one: which room decides which command. */
static enum fasti_disposition dispatch(struct fasti_engine *engine, uint32_t worker,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending) {
    struct fasti_booking *booking = engine->bookings[worker];
    switch (command->kind) {
    case FASTI_COMMAND_STATUS: return status_answer(engine, worker, pending);
    case FASTI_COMMAND_CHECKPOINT: return checkpoint_answer(engine, worker, pending);
    case FASTI_COMMAND_RESOLVE: return fasti_lookup_resolve(booking, command, pending);
    case FASTI_COMMAND_DESCRIBE: return fasti_lookup_describe(booking, command, pending);
    case FASTI_COMMAND_CIVIL: return fasti_lookup_civil(booking, command, pending);
    case FASTI_COMMAND_PUT: return fasti_configure_put(booking, command, pending);
    case FASTI_COMMAND_IMPORT_BEGIN:
    case FASTI_COMMAND_IMPORT_COMMIT:
    case FASTI_COMMAND_IMPORT_ABORT: return fasti_configure_import(booking, command, pending);
    case FASTI_COMMAND_BOOK: return fasti_reserve_book(booking, command, pending);
    case FASTI_COMMAND_BLOCK: return fasti_reserve_block(booking, command, pending);
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_UNBLOCK: return fasti_cancel(booking, command, pending);
    case FASTI_COMMAND_HOLD:
        /* From the kernel, here: the rooms below have no randomness. */
        if (engine->io->operations->random(engine->io, &booking->token, sizeof booking->token) !=
            FASTI_OK) {
            pending->answer.status = fasti_detail_set(&pending->answer.detail, FASTI_IO_READ, "%s",
                                                      "no random bytes for the hold's token");
            return FASTI_ANSWERED;
        }
        return fasti_hold(booking, command, pending);
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_EXTEND:
    case FASTI_COMMAND_RELEASE: return fasti_held(booking, command, pending);
    case FASTI_COMMAND_MOVE: return fasti_move(booking, command, pending);
    case FASTI_COMMAND_MARK: return fasti_mark(booking, command, pending);
    case FASTI_COMMAND_EXPLAIN: return fasti_explain(booking, command, pending);
    case FASTI_COMMAND_AVAILABILITY:
    case FASTI_COMMAND_SEARCH:
    case FASTI_COMMAND_NAMES:
    case FASTI_COMMAND_HEATMAP: return question_answer(engine, worker, command, pending);
    case FASTI_COMMAND_SHOW:
        pending->query.show = command->body.show;
        return fasti_lookup_show(booking, pending);
    case FASTI_COMMAND_LIST: return list_answer(booking, command, pending);
    case FASTI_COMMAND_LOAD: return fasti_loading(booking, command, pending);
    case FASTI_COMMAND_COMBINE:
        return fasti_combine(engine->workers[worker]->combine, booking,
                             &engine->workers[worker]->search, command, pending);
    case FASTI_COMMAND_EXPORT:
        pending->query.export_after = command->body.export_after;
        return fasti_export_page(booking, pending);
    }
    pending->answer.status = fasti_detail_set(&pending->answer.detail, FASTI_INVALID_COMMAND,
                                              "command %d is not known", (int)command->kind);
    return FASTI_ANSWERED;
}

/* What did not come about has neither outcome nor number. */
static void answer_seal(struct fasti_answer *answer) {
    if (answer->status == FASTI_OK)
        return;
    answer->outcome = FASTI_OUTCOME_NONE;
    if (answer->kind != FASTI_COMMAND_IMPORT_COMMIT) /* the put at fault */
        answer->id = 0;
    answer->record = (fasti_record_id){0};
}

/* After a commit: how many appointments do the openings leave outside now? They are counted a slice
 * at a time, so that nobody else on this worker waits long; true: all were. */
static bool import_is_counted(struct fasti_engine *engine, struct fasti_booking *booking,
                              struct fasti_pending *pending) {
    return pending->answer.kind != FASTI_COMMAND_IMPORT_COMMIT ||
           pending->answer.status != FASTI_OK ||
           fasti_lookup_conflicts(booking, pending, fasti_state_now_ms(&engine->state));
}

bool fasti_engine_submit(struct fasti_engine *engine, uint32_t worker,
                         const struct fasti_command *command, uint64_t tag,
                         struct fasti_answer *answer) {
    FASTI_ASSERT(worker < engine->worker_count);
    struct fasti_booking *booking = engine->bookings[worker];
    worker_enter(engine->workers[worker], true);
    struct fasti_pending *pending = fasti_pending_take(booking);
    if (pending == NULL) {
        memset(answer, 0, sizeof *answer);
        answer->tag = tag;
        answer->kind = command->kind;
        answer->status =
            fasti_detail_set(&answer->detail, FASTI_BUSY, "%s", fasti_status_text(FASTI_BUSY));
        return true;
    }
    pending->organization = command->organization;
    pending->answer.tag = tag;
    pending->answer.kind = command->kind;
    pending->answer.as_of = fasti_load_seq_cst(&engine->state.lsn_durable);
    if (fasti_once_begin(booking, command, pending) &&
        dispatch(engine, worker, command, pending) != FASTI_ANSWERED)
        return false;
    if (!fasti_edit_is_whole(&engine->workers[worker]->edits, booking, &engine->roster,
                             &engine->names, pending))
        return false;
    fasti_once_end(booking, pending);
    if (!import_is_counted(engine, booking, pending)) {
        pending->next = engine->workers[worker]->ready; /* polls go on with it */
        engine->workers[worker]->ready = pending;
        return false;
    }
    answer_seal(&pending->answer);
    *answer = pending->answer;
    fasti_pending_give(booking, pending);
    return true;
}

/* ---- poll ---- */

/* Moves waiting ones whose version is durable (or whose engine is dead) to the ready list. */
static void waiting_check(struct fasti_engine *engine, struct fasti_worker *worker) {
    struct fasti_booking *booking = &worker->booking;
    const bool is_dead = fasti_load_seq_cst(&engine->state.is_dead);
    struct fasti_pending **link = &booking->waiting;
    while (*link != NULL) {
        struct fasti_pending *pending = *link;
        if (!is_dead && !fasti_wait_is_over(pending)) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        fasti_add_seq_cst(&booking->waiting_count, UINT32_MAX); /* minus one */
        if (is_dead)
            pending->answer.status = FASTI_UNKNOWN;
        pending->next = worker->ready;
        worker->ready = pending;
    }
    fasti_add_seq_cst(&booking->waits_looked, UINT32_C(1));
}

/* Looks again where a look was waiting; true: its answer is complete. */
static bool is_complete(struct fasti_booking *booking, struct fasti_pending *pending) {
    if (pending->answer.status != FASTI_OK)
        return true;
    if (pending->kind == FASTI_PENDING_SHOW)
        return fasti_lookup_show(booking, pending) == FASTI_ANSWERED;
    if (pending->kind == FASTI_PENDING_LIST)
        return fasti_lookup_list(booking, pending) == FASTI_ANSWERED;
    if (pending->kind == FASTI_PENDING_EXPORT)
        return fasti_export_page(booking, pending) == FASTI_ANSWERED;
    return true;
}

uint32_t fasti_engine_poll(struct fasti_engine *engine, uint32_t worker_at,
                           struct fasti_answer *answers, uint32_t max) {
    FASTI_ASSERT(worker_at < engine->worker_count);
    struct fasti_worker *worker = engine->workers[worker_at];
    struct fasti_booking *booking = &worker->booking;
    worker_enter(worker, false);
    (void)fasti_limbo_collect(&booking->limbo, 256);
    fasti_booking_prepare(booking);
    fasti_wake_clear(&engine->wakes[worker_at]);
    if (!fasti_load_relaxed(&engine->state.is_dead) &&
        !fasti_load_relaxed(&engine->state.is_disk_low)) /* cancels need the reserve more */
        fasti_hold_timers_run(booking);
    fasti_committer_step(&engine->committer, worker_at);
    if (booking->waiting != NULL)
        waiting_check(engine, worker);
    if (worker->edits.first != NULL) /* a thread that was idle before each poll moves no epoch */
        fasti_epoch_quiescent(&booking->limbo);
    fasti_edits_resume(&worker->edits, &worker->ready);
    const int64_t now_ms = fasti_state_now_ms(&engine->state);
    if (fasti_roster_is_old(&engine->roster, now_ms) ||
        fasti_names_are_due(&engine->names, now_ms)) /* a day began; if it fails: next time */
        (void)fasti_edits_tell(booking, &engine->roster, &engine->names);
    struct fasti_pending *counting = NULL;
    uint32_t count = 0;
    while (count < max) {
        if (worker->ready == NULL)
            worker->ready = fasti_done_take(booking);
        struct fasti_pending *pending = worker->ready;
        if (pending == NULL)
            break;
        worker->ready = pending->next;
        if (!fasti_edit_is_whole(&worker->edits, booking, &engine->roster, &engine->names, pending))
            continue;
        if (!is_complete(booking, pending))
            continue; /* it waits again */
        if (!import_is_counted(engine, booking, pending)) {
            pending->next = counting;
            counting = pending;
            continue;
        }
        if (pending->answer.kind == FASTI_COMMAND_CHECKPOINT)
            checkpoint_end(engine, worker_at, pending);
        const bool is_big = pending->kind == FASTI_PENDING_SHOW ||
                            pending->kind == FASTI_PENDING_LIST ||
                            pending->kind == FASTI_PENDING_EXPORT;
        if (pending->is_answered) {
            fasti_once_end(booking, pending);
            answer_seal(&pending->answer);
            pending->answer.as_of = fasti_load_seq_cst(&engine->state.lsn_durable);
            answers[count++] = pending->answer;
        }
        fasti_pending_give(booking, pending);
        if (is_big && worker->ready != NULL) {
            /* Its big part lives in the worker: hand out the rest at the next call. */
            fasti_wake_tell(&engine->wakes[worker_at]);
            break;
        }
    }
    for (struct fasti_pending *next; counting != NULL; counting = next) {
        next = counting->next; /* the next poll goes on with them: timeout_ms says at once */
        counting->next = worker->ready;
        worker->ready = counting;
    }
    return count;
}

void fasti_engine_prefetch(struct fasti_engine *engine, uint32_t worker,
                           const struct fasti_coming *coming, uint32_t count) {
    struct fasti_requests *requests = &engine->state.requests;
    const int64_t now_ms = fasti_state_now_ms(&engine->state);
    FASTI_ASSERT(worker < engine->worker_count);
    worker_enter(engine->workers[worker], true);
    for (uint32_t i = 0; i < count; i++)
        fasti_requests_prefetch(requests, coming[i].request, coming[i].organization, now_ms, 0);
    fasti_rows_prefetch(&engine->workers[worker]->search, coming, count);
    for (uint32_t i = 0; i < count; i++)
        fasti_requests_prefetch(requests, coming[i].request, coming[i].organization, now_ms, 1);
}

int fasti_engine_event_fd(struct fasti_engine *engine, uint32_t worker) {
    return engine->workers[worker]->epoll_fd;
}

#define ROOM_US 100000 /* as often as the committer asks the disk for room */

/* When a hold of this worker may expire; -1: it has none. What is due and could not be expired is
 * tried again in a moment. */
static int32_t hold_timeout_us(struct fasti_engine *engine, uint32_t worker) {
    const int64_t next_ms = fasti_hold_next_ms(&engine->bookings[worker]->timers);
    if (next_ms == INT64_MAX)
        return -1;
    const int64_t left_ms = next_ms - fasti_state_now_ms(&engine->state);
    if (left_ms < 1 && fasti_load_relaxed(&engine->state.is_disk_low))
        return ROOM_US;
    return left_ms < 1 ? 1000 : (int32_t)(left_ms < 60000 ? left_ms : 60000) * 1000;
}

int32_t fasti_engine_timeout_us(struct fasti_engine *engine, uint32_t worker) {
    if (engine->workers[worker]->ready != NULL)
        return 0;
    const int32_t committer_us = fasti_committer_timeout_us(&engine->committer, worker);
    int32_t hold_us = hold_timeout_us(engine, worker);
    if (engine->workers[worker]->edits.first != NULL && (hold_us < 0 || hold_us > EDIT_LOOK_US))
        hold_us = EDIT_LOOK_US;
    return committer_us < 0 || (hold_us >= 0 && hold_us < committer_us) ? hold_us : committer_us;
}

void fasti_engine_idle_enter(struct fasti_engine *engine, uint32_t worker) {
    worker_leave(engine->workers[worker]);
}

void fasti_engine_idle_leave(struct fasti_engine *engine, uint32_t worker) {
    worker_enter(engine->workers[worker], false);
}

const char *fasti_engine_choose_kernel(const char *name) {
    return fasti_kernels_choose(name);
}

bool fasti_engine_is_dead(const struct fasti_engine *engine) {
    return fasti_load_relaxed(&engine->state.is_dead);
}

void fasti_engine_snapshot(struct fasti_engine *engine, struct fasti_snapshot_news *news) {
    const struct fasti_snapshot_told told = fasti_checkpoint_told(&engine->checkpoint);
    *news = (struct fasti_snapshot_news){
        .generation = told.generation,
        .lsn = told.lsn,
        .bytes = told.bytes,
        .failed = told.failed,
        .step_ns_max = told.step_ns_max,
        .why = told.why,
    };
}

struct fasti_clock *fasti_engine_clock(struct fasti_engine *engine) {
    return &engine->state.clock;
}
