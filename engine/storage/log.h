/*
 * log.h - the write-ahead log: numbered batches of effects, durable one at a time.
 *
 *   segment file "log-0000000000000001" (hexadecimal; preallocated and zeroed)
 *   +-----------------+-----------------+---------+---------+---------+ - - - - - - - - +
 *   | segment header  | its copy        | batch   | batch   | batch   |  zeros          |
 *   +-----------------+-----------------+---------+---------+---------+ - - - - - - - - +
 *   batch: whole blocks: header (256 bytes) | payload | zeros | copy of the header (last 256)
 *
 * Invariants: LSNs are contiguous from 1 (one an effect); a batch's checksum covers header and
 * payload and the previous batch's checksum (a chain); a block that holds acknowledged records is
 * never rewritten; one batch is in flight at a time; a batch states that all before it were durable
 * (watermark). Recovery cuts a torn tail only (the table in FORMAT.md); damage at or below the
 * watermark is CORRUPT_LOG, names file, offset and LSN, and changes nothing. A failed or short
 * write fails the log for good.
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
#include "engine/storage/batch.h"
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
    uint64_t segments, batches, effects, bytes; /* segments with batches; bytes of batches */
    uint64_t mended;    /* headers or copies that were damaged where the other one stood in */
    uint64_t lsn_start; /* of the oldest segment: 1 unless the log was trimmed */
    uint64_t lsn_read, segment_read; /* of the first segment that was read; its number */
    uint64_t lsn_end;                /* the next LSN */
    uint64_t epoch;                  /* of the last batch */
    int64_t logged_ms;               /* of the last batch */
    struct fasti_hash128 digest;
    bool clean;                      /* the last batch was written by a clean stop */
    bool torn;                       /* a torn tail was found at `where`; fasti_log_open cuts it */
    struct fasti_log_position where; /* of the torn tail or of the damage */

    /* Where appending goes on; all 0 for an empty log. */
    struct fasti_log_id log_id;
    uint64_t segment_first, segment_last; /* numbers; the last that is active */
    uint64_t segment_bytes;               /* of the last */
    uint64_t segment_lsn_first;           /* of the last */
    uint64_t offset;                      /* of the end in the last */
    uint64_t torn_bytes;                  /* from there to the end of what was torn */
    uint32_t prepared;                    /* sound prepared segments right after the last */
    struct fasti_hash128 chain;           /* checksum of the last batch */
};

/* Called for every batch in order; payload lives until it returns. Another status than OK ends
 * the reading with that status. */
typedef enum fasti_status (*fasti_log_visit)(void *context, const struct fasti_batch *batch,
                                             const uint8_t *payload,
                                             const struct fasti_log_position *position);

/* Reads the log in order, verifying everything; changes nothing. Segments whose effects are all
 * below lsn_from are only looked at by their headers; of the first one that is read, batches below
 * it are visited, too. lsn_from 0: from the first segment on. An empty directory is an empty log.
 * Used by recovery and by tools. CORRUPT_LOG and
 * UNSUPPORTED_FORMAT say where in report->where and why in *detail; IO_READ, IO_OPEN,
 * LIMIT_MEMORY; or what visit returned. Batches before the damage were visited. */
FASTI_MUST_USE enum fasti_status fasti_log_read(struct fasti_io *io, uint64_t lsn_from,
                                                fasti_log_visit visit, void *context,
                                                struct fasti_log_report *report,
                                                struct fasti_detail *detail);

/* Was this log, used up to here and not stopped cleanly, found without a prepared segment behind
 * it? Some are always kept ahead unless the disk is full: so the newest files may have been
 * deleted, which nothing else can tell from their never having been written. */
bool fasti_log_lacks_reserve(const struct fasti_log_report *report);

/* Opens for appending after fasti_log_read returned OK with this report: makes the tail durable,
 * cuts a torn one (writes zeros over it), seals (appends an empty batch with a raised epoch), and
 * prepares the reserve; a full disk leaves the log low, not closed. segment_bytes is the size of
 * new segments: whole blocks from FASTI_SEGMENT_BYTES_MIN to FASTI_SEGMENT_BYTES_MAX; 0 =
 * FASTI_SEGMENT_BYTES. Blocking, and uses worker 0's queue. The log keeps io but does not own it.
 * INVALID_OPTION, DISK_LOW (no room even for the seal), IO_*, LIMIT_MEMORY, CORRUPT_LOG (no epoch
 * is left: nothing was written); a kill in the middle leaves a log that reads the same. */
FASTI_MUST_USE enum fasti_status
fasti_log_open(struct fasti_io *io, const struct fasti_log_report *report, int64_t now_ms,
               uint64_t segment_bytes, struct fasti_log **log, struct fasti_detail *detail);

/* Blocking. What is still in flight (an idle batch may be at any time) is waited for, its result is
 * lost. With clean, appends an empty batch marked as a clean stop (not after a failure) when what
 * is in flight is durable. */
void fasti_log_close(struct fasti_log *log, bool clean);

/* The buffer for the next batch's payload: effects are encoded right here. Valid until append
 * returns OK; there are two, so filling may go on while the other is in flight. The capacity is
 * the same for ever: FASTI_BATCH_BYTES_MAX - FASTI_BATCH_OVERHEAD_BYTES, less with segments that
 * are smaller than a batch. */
uint8_t *fasti_log_buffer(struct fasti_log *log, uint32_t *capacity_bytes);

/* Submits the buffer's first payload_bytes as one batch through worker's queue; epoch, watermark
 * and lsn_first are the log's own. effect_count 0 (with payload_bytes 0): a watermark. logged_ms
 * must not be less than before. BUSY while a batch is in flight, or while the next segment is still
 * being prepared (poll moves it on); DISK_LOW when no prepared segment is left and the disk is
 * full: nothing was written and the buffer is as it was. IO_WRITE or FENCED: the log has failed,
 * for good. */
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
 * the next segments by one step when the reserve is short: a step is a write of 1 MiB, or the
 * creation of the file, which blocks for a directory sync. */
enum fasti_log_progress fasti_log_poll(struct fasti_log *log, uint32_t worker);

/* Something of this worker's is still in its queue (a batch or a preparation step): its role must
 * not move to another worker yet. */
bool fasti_log_is_busy(const struct fasti_log *log);

/* The LSN after the last durable one: the first of the next batch while none is in flight. */
uint64_t fasti_log_lsn_end(const struct fasti_log *log);

/* true: fewer prepared segments than FASTI_SEGMENTS_RESERVED and no room for more. Any thread. */
bool fasti_log_is_low(const struct fasti_log *log);

/* true: low, no prepared segment is left and the tail is nearly full: what is left is for what was
 * begun already, for seals and clean stops. The log's caller only. */
bool fasti_log_is_full(const struct fasti_log *log);

/* A low log asks for room at the next poll, and not only after many. */
void fasti_log_look_for_room(struct fasti_log *log);

/* Removes at most max whole segments that hold only LSNs below lsn (after a snapshot), the oldest
 * first; *removed says how many: fewer than max when no more are left. Blocking; IO_*. */
FASTI_MUST_USE enum fasti_status fasti_log_trim(struct fasti_log *log, uint64_t lsn, uint32_t max,
                                                uint32_t *removed);

/* The log's, for a snapshot's header. */
struct fasti_log_id fasti_log_id(const struct fasti_log *log);

/* Bytes of batches that were appended since the log was opened. */
uint64_t fasti_log_appended_bytes(const struct fasti_log *log);

/* ---- beside the log: another file's writes through the same queue, one at a time ---- */

/* Queues it through worker's queue, as append; buffer and file stay until it is over. BUSY: one is
 * under way, or the queue is full. A failure of it is told by take and does not fail the log. */
FASTI_MUST_USE enum fasti_status fasti_log_beside_write(struct fasti_log *log, uint32_t worker,
                                                        struct fasti_io_file file, uint64_t offset,
                                                        const void *buffer, size_t size,
                                                        bool durable);
/* The same of a sync, which covers the writes that were over before. */
FASTI_MUST_USE enum fasti_status fasti_log_beside_sync(struct fasti_log *log, uint32_t worker,
                                                       struct fasti_io_file file);
/* true, once: it is over. *result: its bytes (0 of a sync), or a negative errno. */
FASTI_MUST_USE bool fasti_log_beside_take(struct fasti_log *log, int32_t *result);

#endif
