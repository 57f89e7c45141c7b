/*
 * log.h - the write-ahead log: numbered batches of effects, durable one at a time.
 *
 *   segment file "log-0000000000000001" (FASTI_SEGMENT_BYTES, preallocated and zeroed)
 *   +-----------------+-----------------+---------+---------+---------+ - - - - - - - - +
 *   | segment header  | its copy        | batch   | batch   | batch   |  zeros          |
 *   +-----------------+-----------------+---------+---------+---------+ - - - - - - - - +
 *   batch: whole blocks: header (256 bytes) | payload | zeros | copy of the header (last 256)
 *
 * Invariants: LSNs are contiguous (one an effect); a batch's checksum covers header and payload
 * and the previous batch's checksum (a chain); a block that holds acknowledged records is never
 * rewritten; one batch is in flight at a time; a batch states that all before it were durable
 * (watermark). Recovery cuts a torn tail only; damage at or below the watermark is CORRUPT_LOG,
 * names file, offset and LSN, and changes nothing. A failed or short write fails the log for good.
 * This interface is the seam for a replicated log: FENCED and UNKNOWN are its other answers.
 * Threading: one caller at a time (the committer's role), which may move between workers.
 */
#ifndef FASTI_STORAGE_LOG_H
#define FASTI_STORAGE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/storage/io.h"

struct fasti_log;

/* What a batch header says (see FORMAT.md for its bytes). */
struct fasti_batch {
    uint64_t lsn_first;    /* of the batch's first effect */
    uint32_t effect_count; /* 0: a batch that only carries the watermark (open, idle, close) */
    uint32_t payload_bytes;
    uint64_t epoch;         /* raised by one at each seal */
    uint64_t lsn_watermark; /* every effect with a smaller LSN was durable when this was written */
    int64_t logged_ms;      /* the engine's logged time: never goes back */
    struct fasti_hash128 digest; /* of the state after the batch's last effect */
};

struct fasti_log_position {
    char file[FASTI_IO_NAME_BYTES_MAX + 1];
    uint64_t offset;
    uint64_t lsn;
};

struct fasti_log_report {
    uint64_t segments, batches, effects, bytes;
    uint64_t lsn_end;  /* the next LSN */
    uint64_t epoch;    /* of the last batch */
    int64_t logged_ms; /* of the last batch */
    struct fasti_hash128 digest;
    bool clean; /* the last batch was written by a clean stop */
    bool torn;  /* a torn tail was found at `where` (and cut, unless read only) */
    struct fasti_log_position where; /* of the torn tail or of the damage */
};

/* Called for every batch in order; payload lives until it returns. Another status than OK ends
 * the reading with that status. */
typedef enum fasti_status (*fasti_log_visit)(void *context, const struct fasti_batch *batch,
                                             const uint8_t *payload,
                                             const struct fasti_log_position *position);

/* Reads the whole log from the first segment, in order, verifying everything; changes nothing.
 * An empty directory is an empty log. Used by recovery and by tools. */
FASTI_MUST_USE enum fasti_status fasti_log_read(struct fasti_io *io, fasti_log_visit visit,
                                                void *context, struct fasti_log_report *report,
                                                struct fasti_detail *detail);

/* Opens for appending after fasti_log_read returned OK with this report: cuts a torn tail (writes
 * zeros over it), prepares the reserve, and seals: appends an empty batch with a raised epoch.
 * Blocking. The log keeps io but does not own it. */
FASTI_MUST_USE enum fasti_status fasti_log_open(struct fasti_io *io,
                                                const struct fasti_log_report *report,
                                                int64_t now_ms, struct fasti_log **log,
                                                struct fasti_detail *detail);

/* Blocking; no batch may be in flight. With clean, appends an empty batch marked as a clean stop
 * first (not after a failure). */
void fasti_log_close(struct fasti_log *log, bool clean);

/* The buffer for the next batch's payload: effects are encoded right here. Valid until append;
 * there are two, so filling may go on while the other is in flight. */
uint8_t *fasti_log_buffer(struct fasti_log *log, uint32_t *capacity_bytes);

/* Submits the buffer's first payload_bytes as one batch through worker's queue; epoch, watermark
 * and lsn_first are the log's own. BUSY while a batch is in flight, DISK_LOW when no prepared
 * segment is left (nothing was written), IO_WRITE or FENCED once the log has failed. */
FASTI_MUST_USE enum fasti_status fasti_log_append(struct fasti_log *log, uint32_t worker,
                                                  uint32_t effect_count, uint32_t payload_bytes,
                                                  int64_t logged_ms, struct fasti_hash128 digest);

enum fasti_log_progress {
    FASTI_LOG_IDLE,    /* nothing in flight */
    FASTI_LOG_WAITING, /* the batch is in flight */
    FASTI_LOG_DURABLE, /* the batch in flight became durable in this call */
    FASTI_LOG_FAILED,  /* the log is dead: what was in flight is UNKNOWN for ever */
};

/* Reaps worker's queue; the worker must be the one that appended. Also moves the preparation of
 * the next segments by one step when idle room is short. */
enum fasti_log_progress fasti_log_poll(struct fasti_log *log, uint32_t worker);

/* Something of this worker's is still in its queue (a batch or a preparation step): its role must
 * not move to another worker yet. */
bool fasti_log_is_busy(const struct fasti_log *log);

uint64_t fasti_log_lsn_end(const struct fasti_log *log);

/* true: fewer prepared segments than FASTI_SEGMENTS_RESERVED and no room for more. Any thread. */
bool fasti_log_is_low(const struct fasti_log *log);

/* Removes whole segments that hold only LSNs below lsn (after a snapshot). */
FASTI_MUST_USE enum fasti_status fasti_log_trim(struct fasti_log *log, uint64_t lsn);

#endif
