/*
 * engine.h - the one face of the engine: open, submit, poll, close.
 *
 *   command (plain data) --submit--> answer now, or PENDING --log durable--> poll gives the answer
 *
 * api/ and tools/ include this header and what it includes, and nothing deeper. A command is
 * decided at once by the worker that submits it (any worker, any command); an answer that rests on
 * something not yet durable comes later through poll, with the caller's own tag. Queries never
 * write.
 * Threading: open and close from one thread; every other call names a worker, and one worker is
 * used by one thread at a time. A worker's thread calls poll whenever event_fd is readable, and
 * enters idle / leaves idle around blocking waits.
 */
#ifndef FASTI_ENGINE_H
#define FASTI_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/text.h"
#include "engine/booking/command.h"
#include "engine/storage/io.h"

/* ---- the engine ---- */

struct fasti_engine;

struct fasti_engine_options {
    uint32_t worker_count;     /* 1 to FASTI_WORKERS_MAX */
    uint64_t memory_bytes_max; /* pages, records, descriptors; 0 = 8 GiB, else 6 MiB a worker */
    uint64_t segment_bytes;    /* 0 = FASTI_SEGMENT_BYTES; small ones for tests */
    /* A snapshot is written when the log has grown by so much, or by the size of the last one if
     * that is more. 0 = 256 MiB; UINT64_MAX: only when CHECKPOINT asks. */
    uint64_t snapshot_log_bytes;
    /* A day of a schedule retires so many days after it: nobody claims there any more, and its
     * memory is free. At least FASTI_PAST_DAYS_MIN; 0: never. */
    uint32_t past_days;
    /* Records (appointments, blocks) are removed so many days after they ended and were changed
     * last, once their days retired. 0: never. Needs past_days. */
    uint32_t retention_days;
    /* A worker's commands under way and the table of request ids are in memory before the first one
     * comes: a page fault costs more than a booking. Servers say true. */
    bool is_prefaulted;
    struct fasti_clock clock; /* copied; see fasti_engine_clock */
    /* While it recovers, some times a second; false: stop, open gives STARTING. May be NULL. */
    bool (*progress)(void *context, uint64_t effects, double seconds);
    void *progress_context;
};

struct fasti_recovery {
    uint64_t batches, effects, segments, bytes;
    int64_t milliseconds;
    int64_t logged_ms; /* the log's time, 0 if it is new: the engine's never falls below it */
    struct fasti_hash128 digest;
    bool clean, torn;
    uint64_t mended;      /* damaged headers of batches, segments where the other copy stood in */
    bool lacks_reserve;   /* see fasti_log_lacks_reserve: files may be missing at the end */
    char torn_where[128]; /* file and offset of a tail that was cut */

    uint64_t snapshot; /* generation of the one that was loaded; 0: none */
    uint64_t snapshot_entries;
    uint32_t snapshots_refused;       /* newer ones that are damaged: a call for a human */
    struct fasti_detail snapshot_why; /* the newest of those */
};

/* Recovers from io's newest sound snapshot and its log, and opens the log for appending. Takes io
 * over (closes it on failure too). CORRUPT_LOG, UNSUPPORTED_FORMAT, IO_*, LIMIT_MEMORY, STARTING
 * (progress said to stop) with a sentence in *detail; nothing on disk was changed then. */
FASTI_MUST_USE enum fasti_status fasti_engine_open(const struct fasti_engine_options *options,
                                                   struct fasti_io *io,
                                                   struct fasti_engine **engine,
                                                   struct fasti_recovery *recovery,
                                                   struct fasti_detail *detail);

/* Stops: nothing may be pending unless the engine is dead. clean: marks the log. */
void fasti_engine_close(struct fasti_engine *engine, bool clean);

/* Decides a command for worker. true: *answer is complete. false: pending, poll will give it with
 * this tag. The command is borrowed for the call. */
FASTI_MUST_USE bool fasti_engine_submit(struct fasti_engine *engine, uint32_t worker,
                                        const struct fasti_command *command, uint64_t tag,
                                        struct fasti_answer *answer);

/* Says what will be asked for or booked next: memory is asked for it, so that the waits of several
 * commands come at once. count: at most FASTI_COMING_MAX. Changes no answer; any ids and dates will
 * do. By the worker's thread; like a submit it ends what an earlier answer pointed to. */
void fasti_engine_prefetch(struct fasti_engine *engine, uint32_t worker,
                           const struct fasti_coming *coming, uint32_t count);

/* Moves the log on and hands out up to max answers that became ready. Call it after every round
 * of submits and whenever event_fd is readable. Each answer's big parts (none in pending ones but
 * SHOW's payload) live until the next call. */
uint32_t fasti_engine_poll(struct fasti_engine *engine, uint32_t worker,
                           struct fasti_answer *answers, uint32_t max);

/* Readable when poll may have something for this worker; one descriptor a worker, owned by the
 * engine (an epoll descriptor over its wake-up and its storage queue). -1 on a simulated disk. */
int fasti_engine_event_fd(struct fasti_engine *engine, uint32_t worker);

/* Microseconds until poll should be called even if nothing happens (idle watermark, a batch that
 * is being gathered); 0 = at once, -1 = never. */
int32_t fasti_engine_timeout_us(struct fasti_engine *engine, uint32_t worker);

/* Around a blocking wait of the worker's thread: nothing that an answer pointed to stays valid. A
 * thread that neither calls nor is idle holds up the answers of edits, and edits of zones and
 * resolutions (BUSY). */
void fasti_engine_idle_enter(struct fasti_engine *engine, uint32_t worker);
void fasti_engine_idle_leave(struct fasti_engine *engine, uint32_t worker);

/* The log failed: every answer is UNKNOWN from now on; the process should end. */
bool fasti_engine_is_dead(const struct fasti_engine *engine);

/* The newest snapshot that counts (generation 0: none yet), and how many were given up since the
 * start, the last for why. Any thread. */
struct fasti_snapshot_news {
    uint64_t generation, lsn, bytes, failed;
    int64_t step_ns_max; /* the longest that one step of any snapshot held its worker up */
    struct fasti_detail why;
};
void fasti_engine_snapshot(struct fasti_engine *engine, struct fasti_snapshot_news *news);

/* The engine's clock, for tests that move time (offset_ms); not while workers run. */
struct fasti_clock *fasti_engine_clock(struct fasti_engine *engine);

/* Which form of the search kernels this process uses: "scalar", "avx2", "avx512"; NULL or empty:
 * the widest that the processor has, as without a call. The name of it; NULL: there is none of that
 * name here, and nothing changed. */
const char *fasti_engine_choose_kernel(const char *name);

/* ---- offline ---- */

struct fasti_inspect_report {
    uint64_t segments, batches, effects, bytes, lsn_end, epoch;
    struct fasti_hash128 digest_logged;   /* as the last batch says */
    struct fasti_hash128 digest_computed; /* by replaying; only when replay was asked for */
    bool clean, torn;
    uint64_t mended;                          /* damaged headers where the other copy stood in */
    uint32_t snapshots, snapshots_unfinished; /* files; each that is finished was verified */
    uint64_t snapshot_bytes;                  /* of those that are */
    uint64_t snapshot; /* DIGEST: generation of the one that replay began from; 0: LSN 1 */
    char where[160];   /* "file FILE, offset N, LSN N" of a torn tail or of damage */
};

enum fasti_inspect_mode {
    FASTI_INSPECT_VERIFY, /* structure and checksums, of snapshots too */
    FASTI_INSPECT_DUMP,   /* and one JSON line an effect to print */
    FASTI_INSPECT_DIGEST, /* and a full replay in memory, comparing every batch's digest: from LSN
                             1, or, where the log was trimmed, from the oldest snapshot */
};

/* Reads a data directory without changing it. print may be NULL. */
FASTI_MUST_USE enum fasti_status
fasti_engine_inspect(struct fasti_io *io, enum fasti_inspect_mode mode,
                     void (*print)(void *context, const char *line), void *context,
                     struct fasti_inspect_report *report, struct fasti_detail *detail);

/* ---- backups ---- */

struct fasti_copy_report {
    uint64_t snapshot; /* generation of the one that was copied; 0: none, the log from LSN 1 on */
    uint64_t files, bytes, bytes_written; /* bytes: of all files; written: that were not there */
    uint64_t lsn_end;                     /* the copy holds what is below */
    struct fasti_hash128 digest;          /* of the state there, as the log says and replay found */
};

struct fasti_copy_options {
    bool must_be_new; /* refuse a target that holds a log or a snapshot already: EXISTS */
    /* Now and then; may be NULL. total: of all files. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
};

/* Copies the newest snapshot of a data directory and its log behind it, up to what is there now:
 * also while a server writes there, which is not held up. What is equal in the target already is
 * not written again, so a copy that broke off is finished by running it again; other generations
 * and older segments in the target go at the end. Then the copy is replayed: its digest must be
 * that of the log. from may be read only; to was opened for writing (it is locked). EXISTS,
 * NOT_FOUND (from holds no log), CORRUPT_*, IO_*, LIMIT_MEMORY, with a sentence; the target is no
 * good then. */
FASTI_MUST_USE enum fasti_status fasti_engine_copy(struct fasti_io *from, struct fasti_io *to,
                                                   const struct fasti_copy_options *options,
                                                   struct fasti_copy_report *report,
                                                   struct fasti_detail *detail);

#endif
