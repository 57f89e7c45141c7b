/*
 * roster.c - what changed since a roster was made, summaries, and the journal.
 */
#include "engine/search/roster.h"

#include <stdlib.h>
#include <string.h>

#include "engine/search/roster_make.h"

#define JOURNAL_MAX (1 << 16)
#define RETRY_MS    1000

void fasti_roster_init(struct fasti_roster_store *store) {
    memset(store, 0, sizeof *store);
    pthread_mutex_init(&store->lock, NULL);
}

void fasti_roster_deinit(struct fasti_roster_store *store) {
    fasti_roster_free(fasti_load_seq_cst(&store->current));
    free(store->journal);
    pthread_mutex_destroy(&store->lock);
}

bool fasti_roster_is_old(const struct fasti_roster_store *store, int64_t now_ms) {
    return fasti_load_relaxed(&store->day) != fasti_roster_day_of(now_ms) &&
           now_ms >= fasti_load_relaxed(&store->retry_ms);
}

/* ---- summaries ---- */

void fasti_roster_lock(struct fasti_roster_store *store) {
    pthread_mutex_lock(&store->lock);
}

void fasti_roster_unlock(struct fasti_roster_store *store) {
    pthread_mutex_unlock(&store->lock);
}

void fasti_roster_note(struct fasti_roster_store *store, uint32_t schedule, int32_t date,
                       const struct fasti_summary *summary) {
    struct fasti_roster *roster = fasti_load_seq_cst(&store->current);
    if (roster != NULL)
        fasti_roster_set(roster, schedule, date, summary);
    if (store->journal_count < store->journal_capacity)
        store->journal[store->journal_count++] =
            (struct fasti_roster_note){schedule, date, *summary};
    else
        store->is_journal_short = store->journal_capacity > 0;
}

/* ---- making it anew ---- */

/* From now on the committer keeps what it writes. false: no memory. */
static bool journal_begin(struct fasti_roster_store *store) {
    struct fasti_roster_note *notes = malloc(JOURNAL_MAX * sizeof *notes);
    if (notes == NULL)
        return false;
    fasti_roster_lock(store);
    store->journal = notes;
    store->journal_count = 0;
    store->journal_capacity = JOURNAL_MAX;
    store->is_journal_short = false;
    fasti_roster_unlock(store);
    return true;
}

/* Under the lock: the roster is told what happened while it was made, and is the one from now on.
 * More than the journal holds: nothing is known of any day. */
static struct fasti_roster *journal_end(struct fasti_roster_store *store,
                                        struct fasti_roster *made) {
    fasti_roster_lock(store);
    struct fasti_roster *old = fasti_load_seq_cst(&store->current);
    if (made != NULL) {
        if (store->is_journal_short)
            fasti_roster_forget(made);
        for (uint32_t i = 0; i < store->journal_count && !store->is_journal_short; i++)
            fasti_roster_set(made, store->journal[i].schedule, store->journal[i].date,
                             &store->journal[i].summary);
        fasti_store_seq_cst(&store->current, made);
    }
    free(store->journal);
    store->journal = NULL;
    store->journal_count = store->journal_capacity = 0;
    fasti_roster_unlock(store);
    return made == NULL ? NULL : old;
}

static bool make_anew(struct fasti_roster_store *store, const struct fasti_roster_source *source,
                      struct fasti_limbo *limbo) {
    /* The first one is made before anybody books. */
    const bool is_first =
        fasti_load_seq_cst(&store->current) == NULL && !fasti_load_relaxed(&store->is_short);
    if (!fasti_limbo_reserve(limbo, FASTI_ROSTER_PARTS) || (!is_first && !journal_begin(store)))
        return false;
    struct fasti_roster *made = fasti_roster_make(source, fasti_load_seq_cst(&store->current));
    struct fasti_roster *old = journal_end(store, made);
    if (old != NULL)
        fasti_roster_retire(old, limbo);
    return made != NULL;
}

/* ---- changes ---- */

static int id_compare(const void *a, const void *b) {
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

/* The list with these in it, too; NULL: no memory. */
static struct fasti_roster_changes *changes_add(const struct fasti_roster_changes *before,
                                                const uint32_t *ids, uint32_t count) {
    const uint32_t had = before == NULL ? 0 : before->count;
    struct fasti_roster_changes *made =
        malloc(sizeof *made + (had + count) * sizeof made->schedules[0]);
    if (made == NULL)
        return NULL;
    if (had > 0)
        memcpy(made->schedules, before->schedules, had * sizeof made->schedules[0]);
    memcpy(made->schedules + had, ids, count * sizeof ids[0]);
    qsort(made->schedules, had + count, sizeof made->schedules[0], id_compare);
    made->count = 0;
    for (uint32_t i = 0; i < had + count; i++)
        if (made->count == 0 || made->schedules[made->count - 1] != made->schedules[i])
            made->schedules[made->count++] = made->schedules[i];
    return made;
}

/* First into the list, then out of the ranks: who reads in the other order misses none. */
static void changes_publish(struct fasti_roster *roster, struct fasti_roster_changes *changes,
                            struct fasti_limbo *limbo) {
    struct fasti_roster_changes *before = fasti_load_seq_cst(&roster->changes);
    fasti_store_seq_cst(&roster->changes, changes);
    for (uint32_t i = 0; i < changes->count; i++) {
        const uint32_t id = changes->schedules[i];
        const uint32_t rank = id < roster->schedule_end ? roster->ranks[id] : 0;
        if (rank == 0)
            continue;
        _Atomic uint64_t *word = &roster->alive[(rank - 1) / 64];
        fasti_store_seq_cst(word, fasti_load_relaxed(word) & ~(UINT64_C(1) << ((rank - 1) % 64)));
    }
    if (before != NULL)
        fasti_limbo_retire_pointer(limbo, before);
}

/* false: no memory. */
static bool changes_take(struct fasti_roster_store *store, const struct fasti_roster_source *source,
                         struct fasti_limbo *limbo) {
    const uint32_t *ids;
    uint32_t count;
    const bool are_few = fasti_directory_changes(source->directory, &ids, &count);
    struct fasti_roster *roster = fasti_load_seq_cst(&store->current);
    const struct fasti_roster_changes *before =
        roster == NULL ? NULL : fasti_load_seq_cst(&roster->changes);
    if (roster == NULL || !are_few || fasti_load_relaxed(&store->is_short) ||
        fasti_load_relaxed(&store->day) != fasti_roster_day_of(source->now_ms) ||
        (before == NULL ? 0 : before->count) + count > FASTI_ROSTER_CHANGES_MAX)
        return make_anew(store, source, limbo);
    if (count == 0)
        return true;
    struct fasti_roster_changes *changes =
        fasti_limbo_reserve(limbo, 1) ? changes_add(before, ids, count) : NULL;
    if (changes != NULL)
        changes_publish(roster, changes, limbo);
    return changes != NULL;
}

void fasti_roster_sync(struct fasti_roster_store *store, const struct fasti_roster_source *source,
                       struct fasti_limbo *limbo) {
    const bool is_done = changes_take(store, source, limbo);
    fasti_store_seq_cst(&store->is_short, !is_done);
    fasti_store_relaxed(&store->retry_ms, is_done ? INT64_MIN : source->now_ms + RETRY_MS);
    fasti_store_relaxed(&store->day, is_done ? fasti_roster_day_of(source->now_ms) : INT32_MIN);
    if (is_done)
        fasti_directory_changes_end(source->directory);
    fasti_store_seq_cst(&store->version, source->version);
}
