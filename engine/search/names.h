/*
 * names.h - where names are found: words of practitioners, places and services, in order.
 *
 *   entries    locations, practitioners, services, by dense id: name and its words, folded once
 *   postings   organization, word -> entry; sorted, so what begins with a word is one range
 *   schedules  by practitioner: who works where
 *   changes    names since then, by kind and id, looked through one by one; pairs: practitioners of
 *              schedules since then
 *
 * An index is made of the directory and never changes. An edit publishes another view: the same
 * index and one change more; with more than FASTI_NAMES_CHANGES_MAX of them the index is made anew
 * by merging, and only names that are other ones are folded. A view is one pointer, so a question
 * sees all of an edit or nothing.
 * Threading: making under the configuration lock; readers lock-free, online in the epoch.
 */
#ifndef FASTI_SEARCH_NAMES_H
#define FASTI_SEARCH_NAMES_H

#include "engine/base/epoch.h"
#include "engine/directory/directory.h"
#include "engine/search/fold.h"

#define FASTI_NAMES_KINDS 3 /* LOCATION, PRACTITIONER, SERVICE, one after the other */

/* In the text: the name, its folded words, one space. */
struct fasti_names_entry {
    uint32_t organization, text_at;
    uint16_t plain_length, fold_length;
    uint8_t name_length;
};

struct fasti_names_posting {
    uint64_t head; /* the word's first bytes, the first one highest, and zeros */
    uint32_t organization, word_at, entry;
};

struct fasti_names_index {
    uint32_t first[FASTI_NAMES_KINDS], count[FASTI_NAMES_KINDS]; /* entries of a kind */
    uint32_t entry_count, posting_count, practitioner_end;
    struct fasti_names_entry *entries;
    struct fasti_names_posting *postings;
    char *text;
    uint32_t *schedule_first; /* by practitioner, one more than there are: where they begin */
    uint32_t *schedules;      /* of a practitioner: rising */
};

/* A name that is newer than the index. */
struct fasti_names_change {
    uint32_t kind, id; /* kind: from 0 */
    struct fasti_names_entry entry;
    char text[];
};

struct fasti_names_pair {
    uint32_t practitioner, schedule;
};

struct fasti_names {
    const struct fasti_names_index *index;
    uint32_t change_count, pair_count;
    const struct fasti_names_change **changes; /* by kind and id; behind this struct */
    struct fasti_names_pair *pairs;            /* behind them */
};

/* One an engine. */
struct fasti_names_store {
    _Atomic(struct fasti_names *) current; /* seq_cst */
    _Atomic bool is_short;    /* there was no memory for the newest: current is not right */
    _Atomic int64_t retry_ms; /* not tried again before */
};

/* One name, wherever it stands. */
struct fasti_named {
    uint32_t kind, id;
    const struct fasti_names_entry *entry;
    const char *name, *fold;
};

void fasti_names_init(struct fasti_names_store *store);
/* When nobody reads any more. */
void fasti_names_deinit(struct fasti_names_store *store);

/* Brings what changed in the directory into the view. Without memory for that there is none until
 * the next call finds some. The limbo is the worker's; under the configuration lock. */
void fasti_names_sync(struct fasti_names_store *store, struct fasti_directory *directory,
                      int64_t now_ms, struct fasti_limbo *limbo);

/* Is it time to try again, after there was no memory? Any thread. */
bool fasti_names_are_due(const struct fasti_names_store *store, int64_t now_ms);

/* The view to look in; NULL: there is no memory for one. */
static inline const struct fasti_names *fasti_names_current(const struct fasti_names_store *store) {
    return fasti_load_seq_cst(&store->is_short) ? NULL : fasti_load_seq_cst(&store->current);
}

static inline enum fasti_entity_kind fasti_names_kind(uint32_t kind) {
    return (enum fasti_entity_kind)(FASTI_ENTITY_LOCATION + kind);
}

struct fasti_named fasti_names_at(const struct fasti_names_index *index, uint32_t entry);
struct fasti_named fasti_names_changed(const struct fasti_names_change *change);

/* Is there a newer name than the index's? */
bool fasti_names_is_old(const struct fasti_names *names, uint32_t kind, uint32_t id);

/* The first schedule of a practitioner, by dense id; 0: there is none. */
uint32_t fasti_names_schedule(const struct fasti_names *names,
                              const struct fasti_directory *directory, uint32_t practitioner);

#endif
