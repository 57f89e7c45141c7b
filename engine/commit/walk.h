/*
 * walk.h - the fuzzy walk over a live state that a snapshot is made of, in slices.
 *
 *   staged puts -> directory -> heads of chains -> days -> guards -> records -> request ids
 *
 * Claims go on meanwhile: each thing is stored with what says which effects it holds (a cell's
 * version; the LSN or configuration version of the slice that looked at it). The order matters:
 *
 *   staged before directory   an import that ends before it is stored is in each record stored
 *   schedules first, zones last   what a stored record names is stored behind it
 *   directory before days     a day or a head that is stored is of a schedule that is stored, with
 *                             its resolution; records may be of later ones, which replay makes
 *   heads before records      every entry of a stored chain is linked when it is stored
 *   request ids last          what was pending when the walk came by is waited for
 *
 * Threading: the committer's role, between two batches, so that chains stand still in a slice; the
 * directory's part takes the configuration lock for a slice, and comes again when somebody has it.
 */
#ifndef FASTI_COMMIT_WALK_H
#define FASTI_COMMIT_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/state.h"
#include "engine/storage/snapshot.h"

enum fasti_walk_stage {
    FASTI_WALK_STAGED,
    FASTI_WALK_DIRECTORY,
    FASTI_WALK_HEADS,
    FASTI_WALK_DAYS,
    FASTI_WALK_GUARDS,
    FASTI_WALK_RECORDS,
    FASTI_WALK_REQUESTS,
    FASTI_WALK_DONE,
};

struct fasti_walk {
    struct fasti_state *state;
    struct fasti_snapshot_writer *writer;
    enum fasti_walk_stage stage;
    uint64_t lsn; /* of the next effect, in this slice */

    uint32_t place, import, put; /* STAGED: place of the import, its id, its next put */
    uint32_t schedule_count;     /* those that the directory's part stored */
    enum fasti_entity_kind kind; /* DIRECTORY */
    uint64_t at, end;            /* id of what is next, and the first that is not looked at */
    fasti_date date;             /* DAYS, GUARDS: from where on, of schedule `at` */
    bool is_patients;            /* HEADS */
    struct fasti_requests_view *view;
    uint64_t pending[FASTI_REQUEST_WAYS]; /* REQUESTS: what was pending at the first look */
    uint32_t view_at;                     /* of the view, next to be placed */
    bool is_looked;                       /* the view is of bucket `at` */

    /* DIRECTORY: a record's entries that were made at once and wait for their places. */
    uint8_t *scratch;
    size_t scratch_bytes, scratch_at, scratch_capacity;
    struct fasti_put *scratch_put;
    struct fasti_opening *openings; /* FASTI_OPENINGS_MAX */

    uint64_t entries[3]; /* as in the header */
    bool has_failed;     /* no memory */
};

/* How long a slice may go on. */
struct fasti_walk_budget {
    int64_t end_ns;   /* monotonic; 0: entries alone count */
    uint32_t entries; /* at most so many steps */
};

/* false: no memory. end is right then, too, and on a zeroed walk. */
bool fasti_walk_begin(struct fasti_walk *walk, struct fasti_state *state,
                      struct fasti_snapshot_writer *writer);
void fasti_walk_end(struct fasti_walk *walk);

/* Goes on until the budget is used, the writer is full, somebody is waited for, or all is done.
 * lsn: of the next effect that will be numbered. */
enum fasti_walk_stage fasti_walk_slice(struct fasti_walk *walk, uint64_t lsn,
                                       struct fasti_walk_budget budget);

#endif
