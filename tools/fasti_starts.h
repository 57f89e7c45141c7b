/*
 * fasti_starts.h - the free starts of many schedules, earliest first, given away one by one.
 *
 *   AVAILABILITY --a week at a time--> pool of a service and facts, by time --find--> rows
 * --take-->
 *
 * What was taken here is not offered again, though the server does not know of it yet: by time
 * (buffers included), seats, shared starts and limits over days, weeks and months, counted with the
 * visits that LIST tells of. Places of openings are not counted here: who asks for such a start may
 * be refused. Overbooking is not used. One of these, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_STARTS_H
#define FASTI_TOOLS_FASTI_STARTS_H

#include "tools/fasti_emergency.h"

/* A start of a service at a target: the time of one row. */
struct fasti_start {
    int64_t start_utc_s;
    int32_t offset_s;
    uint32_t target; /* in targets */
    uint16_t minutes;
    bool is_dead; /* taken, here or by others */
};

/* What is taken at a target, with buffers. */
struct fasti_taken {
    int64_t from_utc_s, to_utc_s, start_utc_s;
    int32_t offset_s;
    uint32_t minutes;
    fasti_service_id service;
};

struct fasti_target {
    bool is_loaded; /* what was booked there before is among the taken */
    uint32_t count, room;
    struct fasti_taken *taken;
};

struct fasti_pool {
    fasti_service_id service;
    struct fasti_facts facts;
    struct fasti_terms terms; /* of the service */
    enum fasti_reason reason; /* the most hopeful one of a target without a start */
    uint32_t hope;
    int32_t days_done;           /* from the first on */
    int64_t sorted_until_utc_s;  /* no start before this is missing */
    uint32_t count, room, first; /* starts before `first` are dead */
    struct fasti_start *starts;  /* by time, then target */
};

struct fasti_starts {
    struct fasti_session *session;
    const struct fasti_emergency_spans *closed; /* nothing is offered inside */
    struct fasti_places targets;
    struct fasti_target *states; /* of the targets */
    fasti_date first, last;
    uint32_t pool_count, pool_room;
    struct fasti_pool *pools;
};

/* Rows that stay as far apart as they are: doctor and room. */
struct fasti_starts_ask {
    struct fasti_facts facts;
    uint32_t count; /* 1 to FASTI_ITEMS_MAX */
    fasti_service_id services[FASTI_ITEMS_MAX];
    int64_t shifts_s[FASTI_ITEMS_MAX]; /* from the first row's start; of the first 0 */
};

/* Targets of the options (fasti_places.h, prefix "to_"), their days --earliest to --latest. deinit
 * it in either case. */
FASTI_MUST_USE enum fasti_exit fasti_starts_init(struct fasti_starts *starts,
                                                 struct fasti_session *session,
                                                 const json_t *options,
                                                 const struct fasti_emergency_spans *closed);
void fasti_starts_deinit(struct fasti_starts *starts);

/* The earliest rows that are free, all at one location; *found false: there are none, and why says
 * so in words. */
FASTI_MUST_USE enum fasti_exit fasti_starts_find(struct fasti_starts *starts,
                                                 const struct fasti_starts_ask *ask,
                                                 struct fasti_start rows[FASTI_ITEMS_MAX],
                                                 bool *found, struct fasti_detail *why);

/* The rows are taken from now on. */
FASTI_MUST_USE enum fasti_exit fasti_starts_take(struct fasti_starts *starts,
                                                 const struct fasti_starts_ask *ask,
                                                 const struct fasti_start *rows);

/* The server refused the rows: the first one is not offered again. */
void fasti_starts_refused(struct fasti_starts *starts, const struct fasti_starts_ask *ask,
                          const struct fasti_start *rows);

/* Forgets what is free, for others have booked: it is asked for again. */
void fasti_starts_forget(struct fasti_starts *starts);

#endif
