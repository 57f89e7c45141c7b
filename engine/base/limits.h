/*
 * limits.h - every bound of the engine, in one place.
 *
 * A loop, queue, buffer or message elsewhere cites one of these. `_MAX` is inclusive; `_END` is
 * exclusive; units come last. The static asserts at the end state how the bounds depend on each
 * other, so that raising one alone does not compile.
 */
#ifndef FASTI_BASE_LIMITS_H
#define FASTI_BASE_LIMITS_H

#include <stdint.h>

/* ---- civil time ---- */
/* Days are counted from 1970-01-01 (day 0). Bookable dates: 2000-01-01 to 2199-12-31. */
#define FASTI_DATE_FIRST            INT32_C(10957)
#define FASTI_DATE_LAST             INT32_C(84005)
#define FASTI_DAYS_MAX              (FASTI_DATE_LAST - FASTI_DATE_FIRST + 1)
#define FASTI_DAY_MINUTES           1440
#define FASTI_LOCAL_DAY_MINUTES_MAX (27 * 60) /* the longest local day served; 0 is possible */
#define FASTI_ZONE_NAME_BYTES_MAX   63
#define FASTI_ZONE_TRANSITIONS_MAX  1024 /* in the bookable range; real zones have up to 463 */
#define FASTI_TZIF_BYTES_MAX        (256 * 1024)

/* ---- calendar ---- */
#define FASTI_TICKS_MAX            FASTI_LOCAL_DAY_MINUTES_MAX /* at one minute a tick */
#define FASTI_DAY_WORDS_MAX        ((FASTI_TICKS_MAX + 63) / 64)
#define FASTI_CHUNK_DAYS           32
#define FASTI_MID_CHUNKS           64
#define FASTI_TOP_MIDS             36
#define FASTI_OPENINGS_MAX         1024 /* rules of one schedule */
#define FASTI_OPENING_MINUTE_END   2880 /* an opening may go on until the next midnight but one */
#define FASTI_OPENING_SERVICES_MAX 8    /* services named by one opening; none named = all */
#define FASTI_SPANS_MAX            1024 /* open spans of one local day */
#define FASTI_PATTERNS_MAX         (UINT32_C(1) << 20)
#define FASTI_PLANS_MAX            (UINT32_C(1) << 20)
#define FASTI_SINGLE_LENGTHS_MAX   63  /* distinct lengths of one schedule's SINGLE openings */
#define FASTI_PLAN_GROUPS_MAX      128 /* distinct visit lengths in one day for one service */
#define FASTI_PAST_DAYS_MIN        35  /* kept behind today: weeks and months count them */
#define FASTI_PAST_DAYS_DEFAULT    45
#define FASTI_COMPILE_DAYS_MAX     400  /* days compiled ahead; later days compile when asked */
#define FASTI_CELLS_MAX            256  /* cells of one claim */
#define FASTI_ITEMS_MAX            64   /* items of one booking */
#define FASTI_EPOCH_WAIT_MS        2000 /* an edit waits so long for other workers' commands */
#define FASTI_CLAIM_TRIES_MAX      1024

/* ---- directory ---- */
#define FASTI_ORGANIZATIONS_MAX        (UINT32_C(1) << 16)
#define FASTI_LOCATIONS_MAX            (UINT32_C(1) << 20)
#define FASTI_PRACTITIONERS_MAX        (UINT32_C(1) << 20)
#define FASTI_SERVICES_MAX             (UINT32_C(1) << 20)
#define FASTI_SCHEDULES_MAX            (UINT32_C(1) << 20)
#define FASTI_ZONES_MAX                1024
#define FASTI_SCHEDULE_SERVICES_MAX    64
#define FASTI_SCHEDULE_LANGUAGES_MAX   8
#define FASTI_SCHEDULE_SPECIALTIES_MAX 4
#define FASTI_ID_BYTES_MAX             64 /* an external id; FHIR ids have at most 64 */
#define FASTI_NAME_BYTES_MAX           128
#define FASTI_SERVICE_MINUTES_MAX      1440
#define FASTI_IMPORTS_MAX              16        /* staged imports open at once */
#define FASTI_IMPORT_EFFECTS_MAX       (1 << 20) /* staged records of one import */

/* ---- booking ---- */
#define FASTI_PATIENT_BYTES_MAX  64   /* opaque patient reference */
#define FASTI_PAYLOAD_BYTES_MAX  1024 /* opaque sealed payload */
#define FASTI_PAGE_HOLDS_MAX     144  /* holds of one schedule's day */
#define FASTI_PAGE_VISITS_MAX    1024 /* visits of one schedule's day */
#define FASTI_SEATS_MAX          127  /* by so many one time may be taken at once */
#define FASTI_BUFFER_MINUTES_MAX 240  /* before and after a visit */
#define FASTI_AGE_MONTHS_MAX     1800 /* of a patient, where a rule asks */
/* How long a hold may be asked for, and how old it may become by extending it. */
#define FASTI_HOLD_SECONDS_MIN     10
#define FASTI_HOLD_SECONDS_DEFAULT 300
#define FASTI_HOLD_SECONDS_MAX     1800
#define FASTI_HOLD_LIFE_SECONDS    3600
#define FASTI_WORKER_HOLDS_MAX     65536 /* holds that one worker made and that did not end yet */
#define FASTI_RECORDS_MAX          (UINT64_C(1) << 30)
#define FASTI_LOAD_NUMBERS_END     (UINT64_C(1) << 29) /* the other half is left to bookings */
#define FASTI_RECORD_CHUNK         4096
#define FASTI_RECORD_SLAB_CHUNKS   64 /* chunks of records in 6 MiB */
#define FASTI_PATIENT_BUCKETS      (UINT32_C(1) << 20)
#define FASTI_REQUESTS_MAX         (UINT32_C(1) << 20) /* request ids remembered */
#define FASTI_REQUEST_WAYS         64                  /* of one bucket */
#define FASTI_REQUEST_LOCKS        1024
#define FASTI_REQUESTS_AGE_MS      INT64_C(86400000) /* remembered so long, if there is room */
#define FASTI_REQUESTS_AHEAD_MS    INT64_C(300000)   /* a client's clock may be ahead so far */

/* ---- queries ---- */
#define FASTI_QUERY_SCHEDULES_MAX  64
#define FASTI_QUERY_SERVICES_MAX   16
#define FASTI_QUERY_LOCATIONS_MAX  16
#define FASTI_QUERY_ROWS_MAX       64    /* schedule and service, in one answer */
#define FASTI_QUERY_LOOKS_MAX      65536 /* for who offers it: 16 each, 1 for one elsewhere */
#define FASTI_QUERY_DAYS_MAX       60
#define FASTI_COMING_MAX           8        /* commands that memory is asked for together */
#define FASTI_QUERY_CELLS_MAX      1024     /* rows x days of one answer */
#define FASTI_QUERY_STARTS_MAX     65536    /* starts in one answer */
#define FASTI_NEXT_SLOT_DAYS_MAX   400      /* how far beyond the window next_slot looks */
#define FASTI_SEARCH_RADIUS_MAX_M  20015200 /* half way round the earth */
#define FASTI_SEARCH_DAYS_MAX      400      /* of one search */
#define FASTI_SEARCH_RESULTS_MAX   100
#define FASTI_SEARCH_STARTS_MAX    16        /* of each result */
#define FASTI_SEARCH_LOOKS_MAX     (1 << 17) /* at days of schedules, by one search */
#define FASTI_COMBINE_STEPS_MAX    4         /* of one chain */
#define FASTI_COMBINE_PARTS_MAX    4         /* taken together, of one step */
#define FASTI_COMBINE_CHOICES_MAX  64        /* schedules and services, of all parts */
#define FASTI_COMBINE_DAYS_MAX     400       /* of one question */
#define FASTI_COMBINE_OFFERS_MAX   32
#define FASTI_COMBINE_ROWS_MAX     512       /* of all offers */
#define FASTI_SERIES_NEAR_DAYS_MAX 31        /* from a wished date to another one */
#define FASTI_COMBINE_LOOKS_MAX    (1 << 17) /* at days, starts and choices, of one question */
#define FASTI_ROSTER_DAYS          128       /* that have summaries, from yesterday on (UTC) */
#define FASTI_ROSTER_NEAR_DAYS     48        /* of these, that have steps too */
#define FASTI_ROSTER_CHANGES_MAX   256       /* schedules that changed since the index was made */
#define FASTI_HEATMAP_DAYS_MAX     31
#define FASTI_HEATMAP_CELLS_MAX    1024   /* that have schedules in them */
#define FASTI_HEATMAP_CELL_MIN_E7  100000 /* side of a cell, degrees x 10^7 */
#define FASTI_HEATMAP_CELL_MAX_E7  100000000
#define FASTI_HEATMAP_LOOKS_MAX    (1 << 17) /* at days of schedules, by one heat map */
#define FASTI_HEATMAP_BYTES_MAX    (1 << 22) /* at summaries of days */
#define FASTI_NAMES_RESULTS_MAX    100
#define FASTI_NAMES_WORDS_MAX      8         /* of one question for names */
#define FASTI_NAMES_LOOKS_MAX      (1 << 17) /* at names, by one question */
#define FASTI_NAMES_CHANGES_MAX    1024      /* names that changed since their index was made */
#define FASTI_FOLD_BYTES_MAX       256       /* of the words of a name, as they are looked for */
#define FASTI_LIST_MAX             256       /* appointments in one page of a list */
#define FASTI_EXPORT_BYTES_MAX     65536     /* records in one page of an export */
#define FASTI_LOAD_BYTES_MAX       81920     /* records of one LOAD */

/* ---- threads and memory ---- */
#define FASTI_WORKERS_MAX        64
#define FASTI_WORKER_PENDING_MAX 8192 /* commands of one worker that wait for the log */
#define FASTI_LIMBO_MAX          65536
#define FASTI_ARENA_UNIT_BYTES   16
#define FASTI_ARENA_UNIT_BITS    17
/* A chunk is a huge page. */
#define FASTI_ARENA_CHUNK_BYTES (FASTI_ARENA_UNIT_BYTES << FASTI_ARENA_UNIT_BITS)
#define FASTI_ARENA_CHUNKS_MAX  (1 << (32 - FASTI_ARENA_UNIT_BITS))

/* ---- log ---- */
#define FASTI_BLOCK_BYTES       4096
#define FASTI_EFFECT_BYTES_MAX  (192 * 1024)
#define FASTI_BATCH_BYTES_MAX   (1024 * 1024)
#define FASTI_SEGMENT_BYTES     (32 * 1024 * 1024)
#define FASTI_SEGMENTS_RESERVED 2 /* prepared segments kept ahead of the tail */

_Static_assert(FASTI_DAYS_MAX <= FASTI_TOP_MIDS * FASTI_MID_CHUNKS * FASTI_CHUNK_DAYS,
               "the day tree covers every bookable date");
_Static_assert(FASTI_SPANS_MAX >= FASTI_OPENINGS_MAX, "all openings may lie on one day");
_Static_assert(FASTI_PLAN_GROUPS_MAX > 2 * FASTI_SINGLE_LENGTHS_MAX,
               "a change of offset may give every single opening another length, and the "
               "service has its own");
_Static_assert(
    3 * FASTI_ITEMS_MAX <= FASTI_CELLS_MAX,
    "a booking of many rows fits where each takes a record and two days, around midnight; "
    "with longer buffers and limits over weeks and months fewer rows do (INVALID_RANGE)");
_Static_assert(FASTI_COMBINE_ROWS_MAX >=
                   FASTI_COMBINE_OFFERS_MAX * FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX,
               "all offers have room");
_Static_assert(FASTI_COMBINE_STEPS_MAX *FASTI_COMBINE_PARTS_MAX <= FASTI_ITEMS_MAX,
               "an offer is one booking");
_Static_assert(FASTI_REQUESTS_MAX % FASTI_REQUEST_WAYS == 0, "request ids lie in whole buckets");
_Static_assert(FASTI_WORKERS_MAX <= 64, "the workers that wait for a request are bits of a word");
_Static_assert(FASTI_EFFECT_BYTES_MAX + 2 * FASTI_BLOCK_BYTES <= FASTI_BATCH_BYTES_MAX,
               "one effect always fits in a batch");
_Static_assert(FASTI_BATCH_BYTES_MAX % FASTI_BLOCK_BYTES == 0, "batches are whole blocks");
_Static_assert(FASTI_SEGMENT_BYTES >= 4 * FASTI_BATCH_BYTES_MAX, "a segment holds several batches");
_Static_assert(FASTI_ARENA_CHUNK_BYTES == 2 * 1024 * 1024, "a chunk is a huge page of x86-64");

#endif
