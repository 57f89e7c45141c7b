/*
 * catchup.h - replay over a state that a snapshot holds, parts of which are ahead of it.
 *
 *   log       ---|lsn_floor ............ lsn_end|--->        replayed as ever behind lsn_end
 *   cells     each as it was at some time between the two: its version says which effects it has
 *   chains    each head as it was at a known LSN: smaller effects are in it
 *   directory each record as it was at a known configuration version
 *
 * A snapshot is a fuzzy walk: between lsn_floor and lsn_end an effect may be contained in some of
 * the cells that it changes and not in others. What is contained is left alone, and what an effect
 * says of it is not compared with the state, which is a later one. From lsn_end on there is no
 * catching up: the state is that of the log, and the digest proves it.
 * Threading: the thread that replays, alone.
 */
#ifndef FASTI_BOOKING_CATCHUP_H
#define FASTI_BOOKING_CATCHUP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/booking/state.h"

struct fasti_catchup {
    uint64_t lsn;            /* of the effect that is replayed */
    uint64_t *schedule_lsns; /* by schedule: effects below it are in its chain */
    uint32_t schedule_count;
    uint64_t *patient_lsns;                      /* the same by bucket; FASTI_PATIENT_BUCKETS */
    uint32_t *config_versions[FASTI_KIND_SLOTS]; /* by dense id: puts below it are in the record */
    uint32_t config_counts[FASTI_KIND_SLOTS];
    uint32_t directory_version; /* the least of them: what is below is in every record */
    struct {
        uint32_t import, config_version; /* stages below it are in the import */
    } imports[FASTI_IMPORTS_MAX];
    uint32_t import_count;
};

/* NULL: no memory. */
struct fasti_catchup *fasti_catchup_create(void);
void fasti_catchup_destroy(struct fasti_catchup *catchup);

/* Notes what the snapshot says; false: no memory, or (imports) more than there may be. */
FASTI_MUST_USE bool fasti_catchup_note_schedule(struct fasti_catchup *catchup, uint32_t schedule,
                                                uint64_t lsn);
FASTI_MUST_USE bool fasti_catchup_note_config(struct fasti_catchup *catchup,
                                              enum fasti_entity_kind kind, uint32_t id,
                                              uint32_t version);
FASTI_MUST_USE bool fasti_catchup_note_import(struct fasti_catchup *catchup, uint32_t import,
                                              uint32_t version);

/* A cell of this version, beside an effect that starts from another one: is the effect contained in
 * it? Never outside of catching up. */
static inline bool fasti_is_contained(const struct fasti_state *state, uint32_t version,
                                      uint32_t from_version) {
    return state->catchup != NULL && version > from_version;
}

/* Has the effect that is replayed entered the chain already? */
bool fasti_is_chained_schedule(const struct fasti_state *state, uint32_t schedule);
bool fasti_is_chained_patient(const struct fasti_state *state, uint64_t bucket);

/* Is a configuration effect that starts from this version contained in a record, or in what is
 * staged of an import? id 0, a record that is not there: no. */
bool fasti_is_published(const struct fasti_state *state, enum fasti_entity_kind kind, uint32_t id,
                        uint32_t from_version);
bool fasti_is_staged(const struct fasti_state *state, uint32_t import, uint32_t from_version);

#endif
