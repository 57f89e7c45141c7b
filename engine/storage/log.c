/*
 * log.c - the append side: one batch in flight, one durable write a batch, segments in a row.
 *
 *   append:  fits in the tail  ------------------------------> WRITING -> durable -> IDLE
 *            does not: spare's header -> ACTIVATING -> PLACED -> WRITING
 *
 * A segment's ACTIVE header is durable before its first batch is written: one flush more every
 * segment, for which a segment that is not ACTIVE is known to hold nothing. Any failed or short
 * write, of a batch or of the reserve, fails the log for good (a full disk in the reserve does not:
 * nothing that matters was to be written there). Opening and closing use the blocking calls.
 */
#include "engine/storage/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/storage/batch.h"
#include "engine/storage/reserve.h"

/* Of the last segment, at most a batch, is kept back when the disk is full. */
#define LAST_ROOM_PART 4

enum log_user { USER_BATCH = 1, USER_ACTIVATE, USER_RESERVE, USER_SYNC, USER_BESIDE };

enum log_flight {
    FLIGHT_NONE,
    FLIGHT_ACTIVATING, /* the header of the next segment is in the queue */
    FLIGHT_PLACED,     /* it is durable, the batch is still to be queued */
    FLIGHT_WRITING,
};

struct log_tail {
    struct fasti_io_file file; /* handle -1: none yet */
    uint64_t number;
    uint64_t segment_bytes;
    uint64_t lsn_first;
    uint64_t offset; /* of the next batch */
};

struct fasti_log {
    struct fasti_io *io;
    struct fasti_log_id log_id;
    struct fasti_reserve reserve;
    struct log_tail tail, next; /* next: the segment being activated */
    uint64_t segment_first;     /* the oldest that is there */
    uint64_t epoch;

    /* After the last durable batch. */
    uint64_t lsn_end;
    int64_t logged_ms;
    struct fasti_hash128 digest, chain;

    uint8_t *buffers[2]; /* one is filled while the other flies */
    uint32_t filling;
    uint32_t capacity_bytes; /* of a payload */
    uint8_t *headers;        /* of the segment being activated */

    enum log_flight flight;
    struct fasti_batch_header flying; /* the batch in flight */
    uint32_t worker;                  /* whose queue holds something of ours */
    uint32_t queued;                  /* operations in it */
    bool failed;
    bool just_durable; /* to be told by the poll that runs */
    uint64_t appended_bytes;

    enum { BESIDE_NONE, BESIDE_QUEUED, BESIDE_OVER } beside;
    int32_t beside_result;
};

/* ---- building ---- */

/* Seals the filling buffer as the batch that goes to `at`; returns its size. */
static uint32_t batch_build(struct fasti_log *log, const struct log_tail *at, uint16_t flags,
                            uint32_t effect_count, uint32_t payload_bytes, int64_t logged_ms,
                            struct fasti_hash128 digest) {
    uint8_t *buffer = log->buffers[log->filling];
    struct fasti_batch_header header = {.flags = flags,
                                        .log_id = log->log_id,
                                        .segment = at->number,
                                        .offset = at->offset,
                                        .lsn_first = log->lsn_end,
                                        .effect_count = effect_count,
                                        .payload_bytes = payload_bytes,
                                        .total_bytes = fasti_batch_total_bytes(payload_bytes),
                                        .epoch = log->epoch,
                                        .lsn_watermark = log->lsn_end,
                                        .logged_ms = logged_ms,
                                        .digest = digest,
                                        .previous = log->chain};
    const uint32_t used = FASTI_HEADER_BYTES + payload_bytes;
    memset(buffer + used, 0, header.total_bytes - used);
    fasti_batch_header_seal(&header, buffer + FASTI_HEADER_BYTES);
    memcpy(buffer, &header, sizeof header);
    memcpy(buffer + header.total_bytes - FASTI_HEADER_BYTES, &header, sizeof header);
    log->flying = header;
    return header.total_bytes;
}

static void active_headers_build(struct fasti_log *log, const struct log_tail *tail) {
    struct fasti_segment_header header = {.state = FASTI_SEGMENT_ACTIVE,
                                          .log_id = log->log_id,
                                          .number = tail->number,
                                          .segment_bytes = tail->segment_bytes,
                                          .lsn_first = tail->lsn_first,
                                          .created_ms = log->logged_ms,
                                          .chain = log->chain};
    fasti_segment_header_seal(&header);
    fasti_segment_headers_fill(log->headers, &header);
}

static bool tail_has_room(const struct fasti_log *log, uint32_t total_bytes) {
    return log->tail.file.handle >= 0 && log->tail.segment_bytes - log->tail.offset >= total_bytes;
}

/* Makes the first spare the next segment, whose header is built; reserve.count > 0. */
static void next_take(struct fasti_log *log) {
    const struct fasti_spare spare = fasti_reserve_take(&log->reserve);
    log->next = (struct log_tail){.file = spare.file,
                                  .number = spare.number,
                                  .segment_bytes = log->reserve.segment_bytes,
                                  .lsn_first = log->lsn_end,
                                  .offset = FASTI_SEGMENT_HEADERS_BYTES};
    active_headers_build(log, &log->next);
}

/* The next segment's header is durable: it is the tail now. */
static void next_become_tail(struct fasti_log *log) {
    if (log->tail.file.handle >= 0)
        log->io->operations->close_file(log->io, log->tail.file);
    log->tail = log->next;
    log->next.file.handle = -1;
}

static void batch_is_durable(struct fasti_log *log) {
    log->appended_bytes += log->flying.total_bytes;
    log->tail.offset += log->flying.total_bytes;
    log->lsn_end += log->flying.effect_count;
    log->logged_ms = log->flying.logged_ms;
    log->digest = log->flying.digest;
    log->chain = log->flying.checksum;
}

/* ---- the queue ---- */

static void batch_submit(struct fasti_log *log) {
    const enum fasti_status status = log->io->operations->submit_write(
        log->io, log->worker, log->tail.file, log->tail.offset, log->buffers[1 - log->filling],
        log->flying.total_bytes, true, USER_BATCH);
    if (status == FASTI_OK) {
        log->flight = FLIGHT_WRITING;
        log->queued++;
    } else if (status != FASTI_BUSY) {
        log->failed = true;
    }
}

static void completion_handle(struct fasti_log *log, const struct fasti_io_completion *completion) {
    FASTI_ASSERT(log->queued > 0);
    log->queued--;
    switch ((enum log_user)completion->user) {
    case USER_ACTIVATE:
        FASTI_ASSERT(log->flight == FLIGHT_ACTIVATING);
        if (completion->result != FASTI_SEGMENT_HEADERS_BYTES) {
            log->failed = true;
            return;
        }
        next_become_tail(log);
        log->flight = FLIGHT_PLACED;
        return;
    case USER_BATCH:
        FASTI_ASSERT(log->flight == FLIGHT_WRITING);
        if (completion->result != (int32_t)log->flying.total_bytes) {
            log->failed = true;
            return;
        }
        batch_is_durable(log);
        log->flight = FLIGHT_NONE;
        log->just_durable = true;
        return;
    case USER_RESERVE:
        log->failed |= fasti_reserve_complete(&log->reserve, completion->result) != FASTI_OK;
        return;
    case USER_SYNC: log->failed |= completion->result != 0; return;
    case USER_BESIDE:
        log->beside = BESIDE_OVER;
        log->beside_result = completion->result;
        return;
    }
    FASTI_UNREACHABLE_CODE();
}

static void queue_reap(struct fasti_log *log) {
    struct fasti_io_completion completions[FASTI_IO_QUEUE_DEPTH];
    const uint32_t count =
        log->io->operations->reap(log->io, log->worker, completions, FASTI_IO_QUEUE_DEPTH);
    for (uint32_t i = 0; i < count; i++)
        completion_handle(log, &completions[i]);
}

/* Blocks until nothing is queued, or nothing will ever come. */
static void queue_drain(struct fasti_log *log) {
    while (log->queued > 0 && log->io->operations->wait(log->io, log->worker) == FASTI_OK)
        queue_reap(log);
    log->failed |= log->queued > 0;
}

static void reserve_step(struct fasti_log *log) {
    const bool was_queued = log->reserve.queued;
    log->failed |= fasti_reserve_step(&log->reserve, log->worker) != FASTI_OK;
    if (!was_queued && log->reserve.queued)
        log->queued++;
}

/* ---- running ---- */

uint8_t *fasti_log_buffer(struct fasti_log *log, uint32_t *capacity_bytes) {
    *capacity_bytes = log->capacity_bytes;
    return log->buffers[log->filling] + FASTI_HEADER_BYTES;
}

enum fasti_status fasti_log_append(struct fasti_log *log, uint32_t worker, uint32_t effect_count,
                                   uint32_t payload_bytes, int64_t logged_ms,
                                   struct fasti_hash128 digest) {
    FASTI_ASSERT(payload_bytes <= log->capacity_bytes);
    FASTI_ASSERT(effect_count > 0 || payload_bytes == 0);
    FASTI_ASSERT(logged_ms >= log->logged_ms);
    if (log->failed)
        return FASTI_IO_WRITE;
    if (log->flight != FLIGHT_NONE)
        return FASTI_BUSY;
    FASTI_ASSERT(log->queued == 0 || log->worker == worker);
    const bool fits = tail_has_room(log, fasti_batch_total_bytes(payload_bytes));
    if (!fits && log->reserve.count == 0)
        return fasti_log_is_low(log) ? FASTI_DISK_LOW : FASTI_BUSY; /* it is being prepared */
    log->worker = worker;
    if (!fits)
        next_take(log);
    (void)batch_build(log, fits ? &log->tail : &log->next,
                      effect_count == 0 ? FASTI_BATCH_FLAG_IDLE : 0, effect_count, payload_bytes,
                      logged_ms, digest);
    log->filling = 1 - log->filling;
    if (fits) {
        log->flight = FLIGHT_PLACED;
        batch_submit(log);
    } else {
        const enum fasti_status status =
            log->io->operations->submit_write(log->io, worker, log->next.file, 0, log->headers,
                                              FASTI_SEGMENT_HEADERS_BYTES, true, USER_ACTIVATE);
        log->flight = FLIGHT_ACTIVATING;
        log->failed = status != FASTI_OK; /* its queue cannot be full: we hold two places at most */
        log->queued += status == FASTI_OK;
    }
    return log->failed ? FASTI_IO_WRITE : FASTI_OK;
}

enum fasti_log_progress fasti_log_poll(struct fasti_log *log, uint32_t worker) {
    FASTI_ASSERT(log->queued == 0 || log->worker == worker);
    log->worker = worker;
    log->just_durable = false;
    if (log->queued > 0)
        queue_reap(log);
    if (!log->failed && log->flight == FLIGHT_PLACED)
        batch_submit(log);
    if (!log->failed && log->reserve.count < FASTI_SEGMENTS_RESERVED)
        reserve_step(log);
    if (log->failed)
        return FASTI_LOG_FAILED;
    if (log->just_durable)
        return FASTI_LOG_DURABLE;
    return log->flight == FLIGHT_NONE ? FASTI_LOG_IDLE : FASTI_LOG_WAITING;
}

bool fasti_log_is_busy(const struct fasti_log *log) {
    return log->queued > 0 || (log->flight != FLIGHT_NONE && !log->failed);
}

uint64_t fasti_log_lsn_end(const struct fasti_log *log) {
    return log->lsn_end;
}

bool fasti_log_is_low(const struct fasti_log *log) {
    return fasti_reserve_is_low(&log->reserve);
}

bool fasti_log_is_full(const struct fasti_log *log) {
    if (!fasti_reserve_is_low(&log->reserve) || log->reserve.count > 0 ||
        log->flight == FLIGHT_ACTIVATING) /* a whole segment is about to be the tail */
        return false;
    const uint64_t kept = log->tail.segment_bytes / LAST_ROOM_PART;
    return !tail_has_room(log,
                          kept < FASTI_BATCH_BYTES_MAX ? (uint32_t)kept : FASTI_BATCH_BYTES_MAX);
}

void fasti_log_look_for_room(struct fasti_log *log) {
    fasti_reserve_look_for_room(&log->reserve);
}

struct fasti_log_id fasti_log_id(const struct fasti_log *log) {
    return log->log_id;
}

uint64_t fasti_log_appended_bytes(const struct fasti_log *log) {
    return log->appended_bytes;
}

/* ---- beside the log ---- */

static enum fasti_status beside_begin(struct fasti_log *log, uint32_t worker) {
    if (log->failed)
        return FASTI_IO_WRITE;
    if (log->beside != BESIDE_NONE)
        return FASTI_BUSY;
    FASTI_ASSERT(log->queued == 0 || log->worker == worker);
    log->worker = worker;
    return FASTI_OK;
}

static enum fasti_status beside_end(struct fasti_log *log, enum fasti_status status) {
    if (status == FASTI_OK) {
        log->beside = BESIDE_QUEUED;
        log->queued++;
    }
    return status;
}

enum fasti_status fasti_log_beside_write(struct fasti_log *log, uint32_t worker,
                                         struct fasti_io_file file, uint64_t offset,
                                         const void *buffer, size_t size, bool durable) {
    FASTI_TRY(beside_begin(log, worker));
    return beside_end(log, log->io->operations->submit_write(log->io, worker, file, offset, buffer,
                                                             size, durable, USER_BESIDE));
}

enum fasti_status fasti_log_beside_sync(struct fasti_log *log, uint32_t worker,
                                        struct fasti_io_file file) {
    FASTI_TRY(beside_begin(log, worker));
    return beside_end(log, log->io->operations->submit_sync(log->io, worker, file, USER_BESIDE));
}

bool fasti_log_beside_take(struct fasti_log *log, int32_t *result) {
    if (log->beside != BESIDE_OVER)
        return false;
    log->beside = BESIDE_NONE;
    *result = log->beside_result;
    return true;
}

/* ---- trimming ---- */

/* The first LSN of a segment before the tail, from its header. */
static enum fasti_status lsn_first_read(struct fasti_log *log, uint64_t number, uint8_t *blocks,
                                        uint64_t *lsn) {
    const struct fasti_io_operations *operations = log->io->operations;
    struct fasti_segment_header header;
    struct fasti_io_file file;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    size_t done;
    fasti_segment_name(name, number);
    FASTI_TRY(operations->open(log->io, name, &file));
    const enum fasti_status status =
        operations->read(log->io, file, 0, blocks, FASTI_SEGMENT_HEADERS_BYTES, &done);
    operations->close_file(log->io, file);
    FASTI_TRY(status);
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *bytes = blocks + (size_t)i * FASTI_BLOCK_BYTES;
        if (fasti_segment_header_check(bytes, &header) == FASTI_HEADER_VALID &&
            header.state == FASTI_SEGMENT_ACTIVE) {
            *lsn = header.lsn_first;
            return FASTI_OK;
        }
    }
    return FASTI_CORRUPT_LOG;
}

enum fasti_status fasti_log_trim(struct fasti_log *log, uint64_t lsn, uint32_t max,
                                 uint32_t *removed) {
    enum fasti_status status = FASTI_OK;
    *removed = 0;
    uint8_t *blocks = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_SEGMENT_HEADERS_BYTES);
    if (blocks == NULL)
        return FASTI_LIMIT_MEMORY;
    while (status == FASTI_OK && *removed < max && log->segment_first < log->tail.number) {
        char name[FASTI_IO_NAME_BYTES_MAX + 1];
        uint64_t lsn_next = log->tail.lsn_first;
        if (log->segment_first + 1 < log->tail.number)
            status = lsn_first_read(log, log->segment_first + 1, blocks, &lsn_next);
        if (status != FASTI_OK || lsn_next > lsn)
            break;
        /* From the oldest on, so that numbers never have a gap. */
        fasti_segment_name(name, log->segment_first);
        status = log->io->operations->remove(log->io, name);
        log->segment_first += status == FASTI_OK;
        *removed += status == FASTI_OK;
    }
    free(blocks);
    return status;
}

/* ---- opening and closing ---- */

/* Appends an empty batch with the blocking calls. */
static enum fasti_status empty_append(struct fasti_log *log, uint16_t flags, int64_t logged_ms) {
    const struct fasti_io_operations *operations = log->io->operations;
    FASTI_ASSERT(log->flight == FLIGHT_NONE && log->queued == 0);
    if (!tail_has_room(log, fasti_batch_total_bytes(0))) {
        if (log->reserve.count == 0)
            return FASTI_DISK_LOW;
        next_take(log);
        const enum fasti_status status = operations->write(log->io, log->next.file, 0, log->headers,
                                                           FASTI_SEGMENT_HEADERS_BYTES);
        if (status != FASTI_OK)
            return status; /* next.file is closed with the log */
        next_become_tail(log);
    }
    const uint32_t total = batch_build(log, &log->tail, flags, 0, 0, logged_ms, log->digest);
    FASTI_TRY(operations->write(log->io, log->tail.file, log->tail.offset,
                                log->buffers[log->filling], total));
    batch_is_durable(log);
    return FASTI_OK;
}

/* Blocks until count spares are ready or the disk is full. */
static enum fasti_status reserve_fill(struct fasti_log *log, uint32_t count) {
    while (log->reserve.count < count && !fasti_reserve_is_low(&log->reserve) && !log->failed) {
        reserve_step(log);
        queue_drain(log);
    }
    return log->failed ? FASTI_IO_WRITE : FASTI_OK;
}

/* Writes zeros over what a torn write left. */
static enum fasti_status tail_cut(struct fasti_log *log, uint64_t bytes) {
    for (uint64_t done = 0; done < bytes;) {
        const uint64_t left = bytes - done;
        const size_t step =
            left < FASTI_RESERVE_STEP_BYTES ? (size_t)left : FASTI_RESERVE_STEP_BYTES;
        FASTI_TRY(log->io->operations->write(log->io, log->tail.file, log->tail.offset + done,
                                             log->reserve.zeros, step));
        done += step;
    }
    return FASTI_OK;
}

/* Takes the tail over. What a killed process wrote last may have been read from a cache: it is
 * made durable before anything is built on it. */
static enum fasti_status tail_open(struct fasti_log *log, const struct fasti_log_report *report) {
    const struct fasti_io_operations *operations = log->io->operations;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    log->tail.number = report->segment_last;
    log->tail.segment_bytes = report->segment_bytes;
    log->tail.lsn_first = report->segment_lsn_first;
    log->tail.offset = report->offset;
    fasti_segment_name(name, report->segment_last);
    FASTI_TRY(operations->open(log->io, name, &log->tail.file));
    FASTI_TRY(operations->submit_sync(log->io, log->worker, log->tail.file, USER_SYNC));
    log->queued++;
    queue_drain(log);
    if (log->failed)
        return FASTI_IO_WRITE;
    if (report->torn)
        FASTI_TRY(tail_cut(log, report->torn_bytes));
    if (report->offset > FASTI_SEGMENT_HEADERS_BYTES)
        return FASTI_OK;
    /* A segment without batches: a torn activation may have left one header of the two. */
    active_headers_build(log, &log->tail);
    return operations->write(log->io, log->tail.file, 0, log->headers, FASTI_SEGMENT_HEADERS_BYTES);
}

static enum fasti_status memory_get(struct fasti_log *log, uint64_t segment_bytes) {
    const uint64_t room = segment_bytes - FASTI_SEGMENT_HEADERS_BYTES;
    const uint32_t batch = room < FASTI_BATCH_BYTES_MAX ? (uint32_t)room : FASTI_BATCH_BYTES_MAX;
    log->capacity_bytes = batch - FASTI_BATCH_OVERHEAD_BYTES;
    for (uint32_t i = 0; i < 2; i++) {
        log->buffers[i] = aligned_alloc(FASTI_BLOCK_BYTES, batch);
        if (log->buffers[i] == NULL)
            return FASTI_LIMIT_MEMORY;
    }
    log->headers = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_SEGMENT_HEADERS_BYTES);
    if (log->headers == NULL)
        return FASTI_LIMIT_MEMORY;
    return fasti_reserve_init(&log->reserve, log->io, segment_bytes, USER_RESERVE);
}

/* Everything between the allocated log and one that can be appended to. */
static enum fasti_status log_start(struct fasti_log *log, const struct fasti_log_report *report,
                                   int64_t now_ms, uint64_t segment_bytes) {
    FASTI_TRY(memory_get(log, segment_bytes));
    if (report->segments > 0)
        FASTI_TRY(tail_open(log, report));
    else
        FASTI_TRY(log->io->operations->random(log->io, &log->log_id, sizeof log->log_id));
    log->reserve.log_id = log->log_id;
    log->reserve.number_next = report->segment_last + 1;
    for (uint32_t i = 0; i < report->prepared && i < FASTI_SEGMENTS_RESERVED; i++) {
        FASTI_TRY(fasti_reserve_adopt(&log->reserve));
        if (log->reserve.count <= i)
            break;
    }
    if (!tail_has_room(log, fasti_batch_total_bytes(0)))
        FASTI_TRY(reserve_fill(log, 1));
    FASTI_TRY(empty_append(log, FASTI_BATCH_FLAG_SEAL,
                           now_ms > report->logged_ms ? now_ms : report->logged_ms));
    return reserve_fill(log, FASTI_SEGMENTS_RESERVED);
}

enum fasti_status fasti_log_open(struct fasti_io *io, const struct fasti_log_report *report,
                                 int64_t now_ms, uint64_t segment_bytes, struct fasti_log **log,
                                 struct fasti_detail *detail) {
    const uint64_t bytes = segment_bytes == 0 ? FASTI_SEGMENT_BYTES : segment_bytes;
    if (bytes % FASTI_BLOCK_BYTES != 0 || bytes < FASTI_SEGMENT_BYTES_MIN ||
        bytes > FASTI_SEGMENT_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "segments of %" PRIu64 " bytes: whole blocks of %d, at least %d "
                                "and at most %" PRIu64 " bytes are possible",
                                bytes, FASTI_BLOCK_BYTES, FASTI_SEGMENT_BYTES_MIN,
                                FASTI_SEGMENT_BYTES_MAX);
    if (report->epoch + 1 >= FASTI_LOG_COUNTER_END)
        return fasti_detail_set(detail, FASTI_CORRUPT_LOG,
                                "the log's epoch %" PRIu64 " is the last one there is: no log that "
                                "was written by starts alone reaches it; restore a backup",
                                report->epoch);
    struct fasti_log *made = calloc(1, sizeof *made);
    if (made == NULL)
        return FASTI_LIMIT_MEMORY;
    made->io = io;
    made->log_id = report->log_id;
    made->tail.file.handle = -1;
    made->next.file.handle = -1;
    made->segment_first = report->segments > 0 ? report->segment_first : 1;
    made->epoch = report->epoch + 1;
    made->lsn_end = report->lsn_end;
    made->logged_ms = report->logged_ms;
    made->digest = report->digest;
    made->chain = report->chain;
    const enum fasti_status status = log_start(made, report, now_ms, bytes);
    if (status != FASTI_OK) {
        fasti_log_close(made, false);
        return fasti_detail_set(
            detail, status, "the log could not be opened for writing: %s",
            status == FASTI_DISK_LOW
                ? "the disk has no room for a file of the log, and none that was kept ready is "
                  "left; nothing acknowledged was changed: make room, and start again"
                : fasti_status_text(status));
    }
    *log = made;
    return FASTI_OK;
}

/* What is in flight comes to its end: the last idle batch, and the segment that it may need. */
static void flight_finish(struct fasti_log *log) {
    queue_drain(log);
    while (!log->failed && log->flight == FLIGHT_PLACED) {
        batch_submit(log); /* the queue is empty: it has room */
        queue_drain(log);
    }
    FASTI_ASSERT(log->failed || log->flight == FLIGHT_NONE);
}

void fasti_log_close(struct fasti_log *log, bool clean) {
    if (clean)
        flight_finish(log);
    else
        queue_drain(log);
    /* Without room for the mark the next start is merely not known to follow a clean stop. */
    if (clean && !log->failed)
        (void)empty_append(log, FASTI_BATCH_FLAG_CLEAN, log->logged_ms);
    if (log->tail.file.handle >= 0)
        log->io->operations->close_file(log->io, log->tail.file);
    if (log->next.file.handle >= 0)
        log->io->operations->close_file(log->io, log->next.file);
    if (log->reserve.io != NULL)
        fasti_reserve_deinit(&log->reserve);
    free(log->buffers[0]);
    free(log->buffers[1]);
    free(log->headers);
    free(log);
}
