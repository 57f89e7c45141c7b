/*
 * reserve.h - segments made ready ahead of the log's tail, so that an append never waits for room.
 *
 *   create, allocate -> zeros in steps of 1 MiB -> sync -> PREPARED header, durable -> ready
 *
 * One segment is made at a time, one queued operation at a time, in the order of numbers; a file
 * that is there already (left by a crash) is made again in place, so numbers have no gaps. When
 * the disk is full the reserve is low, and tries again now and then when room has come back.
 * Threading: the log's caller; fasti_reserve_is_low from any thread.
 */
#ifndef FASTI_STORAGE_RESERVE_H
#define FASTI_STORAGE_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/atomics.h"
#include "engine/base/status.h"
#include "engine/storage/batch.h"
#include "engine/storage/io.h"

struct fasti_spare {
    struct fasti_io_file file;
    uint64_t number;
};

enum fasti_reserve_stage {
    FASTI_RESERVE_IDLE,
    FASTI_RESERVE_ZEROS,
    FASTI_RESERVE_SYNC,
    FASTI_RESERVE_HEADER,
};

struct fasti_reserve {
    struct fasti_io *io;
    struct fasti_log_id log_id;
    uint64_t segment_bytes;
    uint64_t user;        /* tag of its queued operations */
    uint64_t number_next; /* of the segment being made, or to be made next */
    struct fasti_spare spares[FASTI_SEGMENTS_RESERVED]; /* ready, in order of numbers */
    uint32_t count;

    enum fasti_reserve_stage stage;
    struct fasti_io_file file; /* being made */
    uint64_t offset;           /* zeros reach to here */
    uint32_t step_bytes;       /* of the queued write */
    bool queued;               /* an operation is in a queue */
    uint32_t retry_countdown;  /* steps until a full disk is asked again */
    _Atomic bool low;

    uint8_t *zeros;   /* FASTI_RESERVE_STEP_BYTES of them */
    uint8_t *headers; /* FASTI_SEGMENT_HEADERS_BYTES, in flight in the last stage */
};

#define FASTI_RESERVE_STEP_BYTES (1024 * 1024)

/* LIMIT_MEMORY. deinit is allowed after a failed init and on a zeroed reserve. */
FASTI_MUST_USE enum fasti_status fasti_reserve_init(struct fasti_reserve *reserve,
                                                    struct fasti_io *io, uint64_t segment_bytes,
                                                    uint64_t user);

/* Closes the files; nothing may be queued any more. */
void fasti_reserve_deinit(struct fasti_reserve *reserve);

/* Takes over segment number_next, which reading found prepared; leaves it alone when it has
 * another size: it is made again then. */
FASTI_MUST_USE enum fasti_status fasti_reserve_adopt(struct fasti_reserve *reserve);

/* Queues the next operation through worker, unless one is queued or there is nothing to do. OK
 * also when the disk is full; IO_WRITE when it fails otherwise. */
FASTI_MUST_USE enum fasti_status fasti_reserve_step(struct fasti_reserve *reserve, uint32_t worker);

/* The queued operation's result. IO_WRITE when it failed for another reason than a full disk. */
FASTI_MUST_USE enum fasti_status fasti_reserve_complete(struct fasti_reserve *reserve,
                                                        int32_t result);

/* Removes the first spare; count > 0. The caller owns its file then. */
struct fasti_spare fasti_reserve_take(struct fasti_reserve *reserve);

/* The next step of a low reserve asks the disk for room. */
void fasti_reserve_look_for_room(struct fasti_reserve *reserve);

bool fasti_reserve_is_low(const struct fasti_reserve *reserve);

/* Writes both header blocks of a segment into blocks (FASTI_SEGMENT_HEADERS_BYTES). */
void fasti_segment_headers_fill(uint8_t *blocks, const struct fasti_segment_header *header);

#endif
