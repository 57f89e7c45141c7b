/*
 * fasti_smart_plan.h - what a publication means: services, locations, schedules and openings.
 *
 *   feed --sort, join, merge--> plan --put(0), put(1) ...--> staged import
 *
 * Slots are keyed by (schedule, start, end). A slot of more than FASTI_SMART_SINGLE_MINUTES opens
 * its span for visits of the given length; a shorter one is one bookable start. All codings that
 * are seen together are one service, except that a coding which is seen with several specific
 * ones (of the SMART registry) tells nothing. The same feed gives the same plan, byte for byte.
 */
#ifndef FASTI_TOOLS_FASTI_SMART_PLAN_H
#define FASTI_TOOLS_FASTI_SMART_PLAN_H

#include "tools/fasti_smart.h"

#define FASTI_SMART_SINGLE_MINUTES 60
#define FASTI_SMART_OFFSETS_MAX    8

struct fasti_smart_options {
    struct fasti_id_text zone; /* of every location */
    uint16_t minutes;          /* of a visit, and the grid; 1 to FASTI_SERVICE_MINUTES_MAX */
    uint8_t resolution_max;    /* no coarser than this; 0: 15 */
    uint32_t source;           /* fasti_source_of(name) */
};

struct fasti_smart_service {
    struct fasti_id_text id;
    struct fasti_name_text name;
    struct fasti_id_text code; /* of the coding that names it, unless one is there already */
    uint16_t offset_minutes;   /* this and the terms: no feed has them, an import keeps */
    struct fasti_terms terms;  /* those of the service that is there */
};

struct fasti_smart_planned_schedule {
    struct fasti_id_text id, location;
    uint8_t resolution_minutes; /* divides exact_minutes */
    uint8_t exact_minutes;      /* all times and lengths are multiples of it; divides 30 */
    uint8_t service_count;
    uint32_t services[FASTI_SMART_CONCEPTS_MAX]; /* indexes in the plan's services, ascending */
    uint32_t opening_first, opening_count;       /* in the plan's openings */
    uint8_t language_count;                      /* this to the terms: as of a service */
    uint16_t languages[FASTI_SCHEDULE_LANGUAGES_MAX];
    struct fasti_id_text substitute;
    uint8_t specialty_count;
    struct fasti_id_text specialties[FASTI_SCHEDULE_SPECIALTIES_MAX];
    struct fasti_terms terms;
    struct fasti_smart_place place;
};

struct fasti_smart_offset {
    int32_t offset_s;
    uint64_t count; /* times (starts) written with it */
};

/* A span with places for more visits than fit one after the other into its time. */
struct fasti_smart_crowded {
    struct fasti_smart_place place;
    uint32_t places, fitting;
};
#define FASTI_SMART_CROWDED_MAX 3 /* so many are named */

struct fasti_smart_plan {
    struct fasti_smart_options options;
    uint32_t service_count, location_count, schedule_count, opening_count;
    struct fasti_smart_service *services;
    struct fasti_smart_location *locations;         /* by id */
    struct fasti_smart_planned_schedule *schedules; /* by id */
    struct fasti_opening *openings;
    uint32_t span_count;     /* slots kept: openings of one slot count once */
    uint32_t single_count;   /* ... that are one bookable start */
    uint32_t full_count;     /* ... that have no place */
    uint32_t full_day_count; /* (schedule, written date) all of whose slots are full */
    uint32_t capacity_count; /* ... with a number of places */
    uint32_t crowded_count;  /* ... of these, with more than fit: a schedule's capacity of more
                                visits at once (terms.h) makes use of them */
    struct fasti_smart_crowded crowded[FASTI_SMART_CROWDED_MAX]; /* the first ones */
    uint32_t offset_count; /* distinct ones, at most FASTI_SMART_OFFSETS_MAX are kept */
    struct fasti_smart_offset offsets[FASTI_SMART_OFFSETS_MAX];
};

/* Makes the plan of a feed, whose records it sorts and whose oddities it adds to. On OK the
 * caller frees the plan with destroy. LIMIT_RECORDS: more openings on one schedule than it can
 * hold; LIMIT_MEMORY. *detail says which schedule. */
FASTI_MUST_USE enum fasti_status fasti_smart_plan_make(struct fasti_smart_feed *feed,
                                                       const struct fasti_smart_options *options,
                                                       struct fasti_smart_plan **plan,
                                                       struct fasti_detail *detail);
void fasti_smart_plan_destroy(struct fasti_smart_plan *plan);

/* How many puts the plan is: services, locations, schedules, then each schedule's openings. */
uint64_t fasti_smart_plan_put_count(const struct fasti_smart_plan *plan);

/* Writes put number index (below the count), without its organization; it borrows from the plan.
 * place (may be NULL): where it comes from in the feed; line 0 for a service. */
void fasti_smart_plan_put(const struct fasti_smart_plan *plan, uint64_t index,
                          struct fasti_put *put, struct fasti_smart_place *place);

/* ---- services (fasti_smart_services.c) ---- */

struct fasti_smart_services {
    uint32_t count;
    struct fasti_smart_service items[FASTI_SMART_FEED_CODINGS_MAX + 1];
    uint32_t service_of[FASTI_SMART_FEED_CODINGS_MAX]; /* of a coding */
    bool is_broad[FASTI_SMART_FEED_CODINGS_MAX]; /* names the service only where it stands alone */
};

/* Joins the codings of a feed into services, named by the first specific coding of each, else by
 * the first one seen. */
void fasti_smart_services_join(const struct fasti_smart_feed *feed,
                               struct fasti_smart_services *services);

/* The service (index in items) that one concept of the feed names. */
uint32_t fasti_smart_concept_service(const struct fasti_smart_services *services,
                                     const struct fasti_smart_concept *concept);

#endif
