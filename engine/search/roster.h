/*
 * roster.h - where candidates are found, and summaries of days that say who may be free.
 *
 *   rank      0 1 2 3 | 4 5 6 7 8 | 9 ...        schedules by main specialty (a block), cell of the
 *   block     dermatology   eye doctors          map, id
 *   cells     a a b d | a c c e e |              sorted: a circle is a few ranges of ranks
 *   postings  of a block: for each service code and each further specialty a bitmap of its ranks
 *   matrix    [day][rank] runs of summaries (rules/summary.h): a day with less than is needed is
 *             passed
 *   steps     [day][rank] of the near days: from where on a visit may be
 *   seats     of an organization: its schedules by id, for questions that name none (pairs.h)
 *
 * A roster is made of the directory, published, and never changes but for its summaries and
 * for what changed since: changed schedules lose their `alive` bit and stand in a list that is
 * looked through one by one, until there are too many and the roster is made anew (so it is when a
 * day begins). Who reads bits first and the list then misses nobody, and may meet one twice.
 *
 * Summaries. Whoever makes the roster computes them; from then on the committer alone writes them,
 * in log order, as the claims say. While a roster is being made, the committer also keeps a journal
 * of what it writes, which is written into the new one before that is published. A summary never
 * promises less than what was acknowledged allows; a reader may meet words of steps of two moments,
 * each of them later than that. Threading: making and noting changes under the configuration lock;
 * notes by the committer; readers lock-free, online in the epoch.
 */
#ifndef FASTI_SEARCH_ROSTER_H
#define FASTI_SEARCH_ROSTER_H

#include <pthread.h>

#include "engine/base/epoch.h"
#include "engine/calendar/kernels.h"
#include "engine/directory/directory.h"
#include "engine/rules/summary.h"
#include "engine/search/geo.h"

/* A service that a schedule offers. */
struct fasti_roster_offer {
    uint32_t service;
    uint32_t code;    /* number; 0: none */
    uint16_t minutes; /* of a visit */
    uint8_t needed;   /* fasti_summary_needed */
};

/* What is known of a schedule by rank. */
struct fasti_roster_entry {
    struct fasti_geo_point point;
    struct fasti_geo place;
    uint32_t schedule;
    uint32_t offer_first, offer_count;
};

_Static_assert(FASTI_SUMMARY_WORDS == FASTI_KERNEL_DAY_WORDS, "a summary's steps are a day's");

struct fasti_roster_posting {
    uint32_t code;    /* number */
    size_t words_at;  /* of its bitmap: bit r - block's first rank */
    uint16_t minutes; /* of a visit with the code; 0: they differ, or it is a specialty */
    uint8_t needed;   /* the least of any offer with the code; 0 of specialties */
    bool is_even;     /* all of them need that */
};

struct fasti_roster_block {
    uint32_t specialty; /* number; 0: schedules without one */
    uint32_t rank_first, rank_end;
    uint32_t posting_first, posting_end; /* by code */
    uint8_t needed;                      /* the least of any offer */
    bool has_further;                    /* somebody has further specialties */
};

/* A schedule of an organization, and where it stood when the roster was made. */
struct fasti_roster_seat {
    uint32_t schedule, location;
};

/* A date of the matrix, in whatever zone. */
struct fasti_roster_day {
    int64_t start_min_s, start_max_s; /* when local days of it begin, UTC */
    bool is_plain;                    /* no clock changes: elapsed time is the time of day */
};

struct fasti_roster_changes {
    uint32_t count;
    uint32_t schedules[]; /* ascending */
};

struct fasti_roster {
    uint32_t rank_count, block_count, schedule_end; /* schedules below the end have ranks */
    fasti_date first;                               /* of the matrix */
    int32_t offset_max_s;                           /* of all zones, from its first day on */
    struct fasti_roster_entry *entries;             /* by rank */
    uint32_t *schedules; /* by rank, as entries say: who only orders candidates reads no more */
    uint32_t *cells;     /* by rank; FASTI_GEO_NOWHERE: without a position, the last of a block */
    struct fasti_roster_offer *offers;
    struct fasti_roster_block *blocks;
    struct fasti_roster_posting *postings;
    uint64_t *words;
    uint32_t *ranks; /* by schedule; rank + 1, 0: none */
    struct fasti_roster_seat *seats;
    uint32_t organization_end; /* organizations below it have seats */
    uint32_t *seat_ends;       /* by organization; the next one's first */
    struct fasti_roster_codes *codes;
    _Atomic uint64_t *alive; /* by rank */
    _Atomic uint8_t *matrix; /* FASTI_ROSTER_DAYS rows of rank_count; 64 bytes more can be read */
    struct fasti_kernel_day *steps; /* FASTI_ROSTER_NEAR_DAYS rows of rank_count */
    struct fasti_roster_day days[FASTI_ROSTER_DAYS];
    _Atomic(struct fasti_roster_changes *) changes; /* seq_cst */
};

struct fasti_roster_note {
    uint32_t schedule;
    int32_t date;
    struct fasti_summary summary;
};

/* One an engine. */
struct fasti_roster_store {
    _Atomic(struct fasti_roster *) current; /* seq_cst */
    _Atomic bool is_short;    /* there was no memory for the newest: current is not right */
    _Atomic uint32_t version; /* of the configuration, up to which changes are in the roster */
    _Atomic int32_t day;      /* the UTC date that it was made on */
    _Atomic int64_t retry_ms; /* not tried again before, where there was no memory */
    pthread_mutex_t lock;     /* summaries, journal */
    struct fasti_roster_note *journal;
    uint32_t journal_count, journal_capacity; /* capacity 0: nothing is kept */
    bool is_journal_short;
};

void fasti_roster_init(struct fasti_roster_store *store);
/* When nobody reads any more. */
void fasti_roster_deinit(struct fasti_roster_store *store);

/* What making one reads. */
struct fasti_roster_source {
    struct fasti_directory *directory;
    const struct fasti_patterns *patterns;
    struct fasti_arena *arena;
    uint32_t version; /* of the configuration: what is published */
    int64_t now_ms;
};

/* Brings what changed in the directory into the roster; makes it anew where that is better, or
 * where a day has begun. Without memory for that there is no search until the next call finds some.
 * The limbo is the worker's; under the configuration lock. */
void fasti_roster_sync(struct fasti_roster_store *store, const struct fasti_roster_source *source,
                       struct fasti_limbo *limbo);

/* The roster to search in; NULL: there is no memory for one. */
static inline const struct fasti_roster *
fasti_roster_current(const struct fasti_roster_store *store) {
    return fasti_load_seq_cst(&store->is_short) ? NULL : fasti_load_seq_cst(&store->current);
}

/* Did a day begin (UTC) since it was made? Any thread. */
bool fasti_roster_is_old(const struct fasti_roster_store *store, int64_t now_ms);

/* The committer's: the summary of a day as an effect leaves it. Between lock and unlock, which are
 * for a batch at a time. */
void fasti_roster_lock(struct fasti_roster_store *store);
void fasti_roster_unlock(struct fasti_roster_store *store);
void fasti_roster_note(struct fasti_roster_store *store, uint32_t schedule, int32_t date,
                       const struct fasti_summary *summary);

/* The number of a code of specialties or of services; 0: nobody has it. */
uint32_t fasti_roster_code(const struct fasti_roster *roster, bool is_specialty,
                           const struct fasti_id_text *code);

/* A posting of the block; NULL: none of it has the code. */
const struct fasti_roster_posting *fasti_roster_posting(const struct fasti_roster *roster,
                                                        const struct fasti_roster_block *block,
                                                        uint32_t code);

static inline const _Atomic uint8_t *fasti_roster_day(const struct fasti_roster *roster,
                                                      fasti_date date) {
    const uint32_t at = (uint32_t)(date.v - roster->first.v);
    return at < FASTI_ROSTER_DAYS ? roster->matrix + (size_t)at * roster->rank_count : NULL;
}

/* The same of steps; NULL: the date is not near. */
static inline const struct fasti_kernel_day *
fasti_roster_steps_on(const struct fasti_roster *roster, fasti_date date) {
    const uint32_t at = (uint32_t)(date.v - roster->first.v);
    return at < FASTI_ROSTER_NEAR_DAYS
               ? (const struct fasti_kernel_day *)roster->steps + (size_t)at * roster->rank_count
               : NULL;
}

#endif
