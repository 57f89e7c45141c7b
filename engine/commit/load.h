/*
 * load.h - a snapshot's sections into an empty state.
 *
 *   sections, each proved -> entries, each checked -> state + what replay must know (catchup.h)
 *
 * The directory's puts are stored in the order of the walk, so that all that one names is behind
 * it: they are read again by kind, in the order in which they can be put. Days are compiled at the
 * end. Threading: the thread that recovers, alone.
 */
#ifndef FASTI_COMMIT_LOAD_H
#define FASTI_COMMIT_LOAD_H

#include "engine/booking/catchup.h"
#include "engine/booking/state.h"
#include "engine/storage/snapshot.h"

struct fasti_load {
    struct fasti_booking *booking;
    struct fasti_catchup *catchup;       /* filled */
    struct fasti_snapshot_header header; /* of the file that was loaded */
    struct fasti_hash128 digest;         /* of all that was loaded */
    uint64_t entries;
    uint32_t schedule_max; /* that a record names: replay makes it, if it is not there yet */
    bool is_mended;
    /* Asked now and then; false: stop with STARTING. May be NULL. */
    bool (*progress)(void *context, uint64_t effects, double seconds);
    void *progress_context;
    int64_t started_ns;
};

/* The state is new: nothing was ever applied to it. CORRUPT_SNAPSHOT, UNSUPPORTED_FORMAT, NOT_FOUND
 * (never finished), IO_*, LIMIT_MEMORY, STARTING: the state is to be thrown away then. */
FASTI_MUST_USE enum fasti_status fasti_load_snapshot(struct fasti_load *load, struct fasti_io *io,
                                                     uint64_t generation,
                                                     struct fasti_detail *detail);

#endif
