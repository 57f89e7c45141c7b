/*
 * command.h - what can be asked of the engine and what it answers, as plain data.
 *
 * A command holds no pointers but those marked borrowed; the wire's codec fills it, check and
 * reserve read it. Outcomes are decisions (logged, replayed); statuses are conditions. The client
 * library speaks in these structs too, so both ends of the wire share one vocabulary. Data only.
 */
#ifndef FASTI_BOOKING_COMMAND_H
#define FASTI_BOOKING_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/booking/cancel_reason.h"
#include "engine/booking/combination.h"
#include "engine/booking/whole.h"
#include "engine/directory/put.h"
#include "engine/rules/facts.h"
#include "engine/time/civil.h"

/* ---- outcomes: what the engine decided ---- */

/* Wire values: never renumbered. done = true: the state is now as asked. */
#define FASTI_OUTCOME_TABLE(X)                                             \
    X(NONE, 0, false, "no decision")                                       \
    X(BOOKED, 1, true, "booked")                                           \
    X(BLOCKED, 2, true, "blocked")                                         \
    X(CANCELLED, 3, true, "cancelled")                                     \
    X(UNBLOCKED, 4, true, "unblocked")                                     \
    X(CREATED, 5, true, "created")                                         \
    X(CHANGED, 6, true, "changed")                                         \
    X(UNCHANGED, 7, true, "nothing to change")                             \
    X(FOUND, 8, true, "found")                                             \
    X(STAGED, 9, true, "staged")                                           \
    X(PUBLISHED, 10, true, "published")                                    \
    X(HELD, 11, true, "held")                                              \
    X(EXTENDED, 12, true, "the hold was extended")                         \
    X(RELEASED, 13, true, "the hold was released")                         \
    X(REQUESTED, 14, true, "requested; it waits for approval")             \
    X(MOVED, 15, true, "moved")                                            \
    X(MARKED, 16, true, "the state was changed")                           \
    X(LOADED, 17, true, "loaded")                                          \
    X(TAKEN, 20, false, "the time is taken")                               \
    X(CLOSED, 21, false, "the schedule is not open then")                  \
    X(FULL, 22, false, "the schedule is open then but has no place")       \
    X(PAST, 23, false, "the time lies in the past")                        \
    X(OFF_GRID, 24, false, "the service does not start at that minute")    \
    X(NOT_OFFERED, 25, false, "the schedule does not offer the service")   \
    X(NO_SUCH, 26, false, "there is no such record")                       \
    X(ALREADY, 27, false, "the record is in that state already")           \
    X(OUTSIDE, 28, false, "the date is outside 2000 to 2199")              \
    X(EXPIRED, 29, false, "the hold has expired")                          \
    X(NOT_OWNER, 30, false, "the token is not that of the hold")           \
    X(WRONG_STATE, 31, false, "a record in that state cannot become this") \
    X(PAUSED, 32, false, "nothing may be booked there for now")            \
    X(AUDIENCE, 33, false, "who books may not book it")                    \
    X(MODALITY, 34, false, "it is not given in that way")                  \
    X(SECTOR, 35, false, "it is not for that insurance")                   \
    X(LANGUAGE, 36, false, "that language is not spoken there")            \
    X(ACQUAINTANCE, 37, false, "it is only for new or for known patients") \
    X(AGE, 38, false, "it is not for patients of that age")                \
    X(REFERRAL, 39, false, "it needs a referral")                          \
    X(HOURS, 40, false, "it is not given on that weekday or at that time") \
    X(NOTICE, 41, false, "it needs more notice")                           \
    X(HORIZON, 42, false, "that day is not open for booking yet")          \
    X(DAY_LIMIT, 43, false, "that day has as many visits as it may")       \
    X(WEEK_LIMIT, 44, false, "that week has as many visits as it may")     \
    X(MONTH_LIMIT, 45, false, "that month has as many visits as it may")   \
    X(BUFFER, 46, false, "it is too close to another visit")

enum fasti_outcome {
#define FASTI_OUTCOME_ENUM(name, value, done, text) FASTI_OUTCOME_##name = value,
    FASTI_OUTCOME_TABLE(FASTI_OUTCOME_ENUM)
#undef FASTI_OUTCOME_ENUM
};

const char *fasti_outcome_name(enum fasti_outcome outcome);
const char *fasti_outcome_text(enum fasti_outcome outcome);
bool fasti_outcome_is_done(enum fasti_outcome outcome);

/* Why a schedule has no start in a window; also the reason of a single day. X(name, value, hope,
 * text): of a window's days the one with the most hope speaks; 0: it speaks for all days alike. */
#define FASTI_REASON_TABLE(X)                                       \
    X(FREE, 0, 11, "there are starts")                              \
    X(CLOSED, 1, 2, "no opening offers the service then")           \
    X(FULL, 2, 10, "open, but no start is free")                    \
    X(PAST, 3, 3, "every start of the window lies before now")      \
    X(NOT_OFFERED, 4, 0, "the schedule does not offer the service") \
    X(UNKNOWN, 5, 0, "no such schedule in this organization")       \
    X(OUTSIDE, 6, 1, "the day lies after 2199-12-31")               \
    X(PAUSED, 7, 0, "nothing may be booked there for now")          \
    X(AUDIENCE, 8, 0, "not for who asks")                           \
    X(MODALITY, 9, 0, "not in the way wished")                      \
    X(SECTOR, 10, 0, "not for that insurance")                      \
    X(LANGUAGE, 11, 0, "not in the language wished")                \
    X(ACQUAINTANCE, 12, 0, "only for new or for known patients")    \
    X(AGE, 13, 0, "not for patients of that age")                   \
    X(REFERRAL, 14, 0, "only with a referral")                      \
    X(HOURS, 15, 4, "open, but the service is not given that day")  \
    X(NOTICE, 16, 5, "too soon")                                    \
    X(HORIZON, 17, 9, "the day is not open for booking yet")        \
    X(DAY_LIMIT, 18, 8, "the day has as many visits as it may")     \
    X(WEEK_LIMIT, 19, 7, "the week has as many visits as it may")   \
    X(MONTH_LIMIT, 20, 6, "the month has as many visits as it may") \
    X(ELSEWHERE, 21, 0, "at none of the locations asked for")

enum fasti_reason {
#define FASTI_REASON_ENUM(name, value, hope, text) FASTI_REASON_##name = value,
    FASTI_REASON_TABLE(FASTI_REASON_ENUM)
#undef FASTI_REASON_ENUM
};
#define FASTI_REASON_LAST FASTI_REASON_ELSEWHERE
const char *fasti_reason_name(enum fasti_reason reason);

/* ---- commands ---- */

enum fasti_command_kind {
    FASTI_COMMAND_STATUS = 1,
    FASTI_COMMAND_RESOLVE = 2,
    FASTI_COMMAND_PUT = 3,
    FASTI_COMMAND_BOOK = 4,
    FASTI_COMMAND_CANCEL = 5, /* an appointment */
    FASTI_COMMAND_BLOCK = 6,
    FASTI_COMMAND_UNBLOCK = 7,
    FASTI_COMMAND_AVAILABILITY = 8,
    FASTI_COMMAND_SHOW = 9,
    FASTI_COMMAND_LIST = 10,
    FASTI_COMMAND_CHECKPOINT = 11,
    FASTI_COMMAND_IMPORT_BEGIN = 12,
    FASTI_COMMAND_IMPORT_COMMIT = 13,
    FASTI_COMMAND_IMPORT_ABORT = 14,
    FASTI_COMMAND_DESCRIBE = 15, /* one directory record, with its texts */
    FASTI_COMMAND_CIVIL = 16,    /* a local time of a schedule as an instant */
    FASTI_COMMAND_HOLD = 17,     /* rows like BOOK, for nobody yet, until they expire */
    FASTI_COMMAND_CONFIRM = 18,  /* holds become appointments */
    FASTI_COMMAND_EXTEND = 19,
    FASTI_COMMAND_RELEASE = 20,
    FASTI_COMMAND_MOVE = 21,    /* an appointment to other rows */
    FASTI_COMMAND_MARK = 22,    /* arrived, fulfilled, no-show; approve, decline */
    FASTI_COMMAND_EXPLAIN = 23, /* which rule, if any, would refuse a booking */
    FASTI_COMMAND_LOAD = 24,    /* records as they are, from an export */
    FASTI_COMMAND_EXPORT = 25,  /* records as they are kept, by number, a page at a time */
    FASTI_COMMAND_SEARCH = 26,  /* who can see me first? */
    FASTI_COMMAND_NAMES = 27,   /* practitioners, places and services by name */
    FASTI_COMMAND_HEATMAP = 28, /* where and when is there room? */
    FASTI_COMMAND_COMBINE = 29, /* what can be had together? */
};

/* A UUID of version 7 (RFC 9562) of a time, ms since 1970 UTC, and 74 of 128 random bits. */
static inline fasti_request_id fasti_request_id_make(int64_t ms, uint64_t random, uint64_t more) {
    fasti_request_id id;
    id.low = UINT64_C(2) << 62 | more >> 2;
    id.high = (uint64_t)ms << 16 | 7u << 12 | (random & 0xfff);
    return id;
}

/* What only the owner of a hold knows; 0, 0: none. */
struct fasti_token {
    uint64_t low, high;
};

/* One row of a booking: the time of one schedule, from an instant on a whole minute. */
struct fasti_book_item {
    fasti_schedule_id schedule;
    fasti_service_id service;
    int64_t start_utc_s;
    uint8_t appointment; /* which of the booking's, from 0; rows of one stand together, in order */
    bool is_alternative; /* taken only if the row before it is not: the first free one of them */
};

/* Whom an appointment is for. */
struct fasti_book_appointment {
    struct fasti_facts facts; /* for the rules; not kept */
    const char *patient;      /* borrowed: opaque reference, 1 to FASTI_PATIENT_BYTES_MAX bytes */
    const uint8_t *payload;   /* borrowed: opaque, sealed by the caller */
    uint16_t payload_length;
    uint8_t patient_length;
};

/* All or nothing. Each appointment has rows that are taken together (doctor, room, device) and is
 * cancelled by itself (dose 1 and dose 2, a series, a family). */
struct fasti_book {
    uint8_t appointment_count, item_count; /* each 1 to FASTI_ITEMS_MAX */
    bool is_request;                       /* the appointments wait for approval */
    bool is_fair; /* among alternatives: the schedule with the fewest visits that day */
    struct fasti_book_appointment appointments[FASTI_ITEMS_MAX];
    struct fasti_book_item items[FASTI_ITEMS_MAX];
};

/* HOLD: a booking without patients and payloads. One token for all of its holds. */
struct fasti_hold {
    uint32_t
        seconds; /* how long; 0 = FASTI_HOLD_SECONDS_DEFAULT; the server keeps it within bounds */
    fasti_record_id replaces; /* a hold of the caller's that ends with it; 0 = none */
    struct fasti_token token; /* of that one */
    struct fasti_book book;   /* appointments have facts, but no patient and no payload */
};

/* CONFIRM, EXTEND, RELEASE: all or nothing. */
struct fasti_held {
    struct fasti_token token;
    uint32_t seconds; /* EXTEND: from now on, as in HOLD */
    bool is_request;  /* CONFIRM: they wait for approval */
    uint8_t count;    /* 1 to FASTI_ITEMS_MAX, no two alike */
    fasti_record_id records[FASTI_ITEMS_MAX];
    struct fasti_book_appointment appointments[FASTI_ITEMS_MAX]; /* CONFIRM: for whom each is */
};

/* MOVE: the rows of one appointment, whose patient and payload stay. */
struct fasti_move {
    fasti_record_id record;
    struct fasti_book book; /* one appointment: its facts, without patient and payload */
};

/* MARK: to FASTI_STATE_BOOKED (approve), DECLINED, ARRIVED, FULFILLED or NOSHOW. */
struct fasti_mark {
    fasti_record_id record;
    uint8_t state, reason; /* reason: as in CANCEL */
};

struct fasti_block {
    fasti_schedule_id schedule;
    int64_t start_utc_s, end_utc_s; /* whole ticks; over at most FASTI_ITEMS_MAX local days */
    uint32_t source;                /* fasti_source_of(name); 0 = by hand */
    uint64_t key;                   /* of a source: what it is there, as the importer likes; or 0 */
    fasti_record_id replaces; /* a block that ends with it, in one step, so that its own time may be
                                 taken again; 0 = none */
};

/* LOAD: records one after the other, as fasti_whole_encode writes them, by rising number; at most
 * FASTI_ITEMS_MAX of them, with at most so many items together. Their numbers were never used; one
 * that is there with the same bytes counts as loaded. No rule is asked. */
struct fasti_loading {
    const uint8_t *bytes; /* borrowed, 8-byte aligned */
    uint32_t size;        /* at most FASTI_LOAD_BYTES_MAX */
};

struct fasti_cancel {
    fasti_record_id record;
    uint8_t reason; /* enum fasti_cancel_reason; another number is INVALID_RANGE */
};

/* Its rows are pairs of a schedule and a service: by schedule, as they are listed, and for each of
 * them by service, as they are listed. With no schedules listed, the pairs that the organization
 * offers (at the locations, if there are any), by dense id of the schedule; listed ones that stand
 * elsewhere are ELSEWHERE. A page has as many rows as fit. */
struct fasti_availability_query {
    struct fasti_facts facts; /* no override */
    fasti_date first;         /* local date of each schedule */
    uint16_t day_count;       /* 1 to FASTI_QUERY_DAYS_MAX */
    uint16_t service_count;   /* 1 to FASTI_QUERY_SERVICES_MAX, each once */
    uint16_t schedule_count;  /* 0 to FASTI_QUERY_SCHEDULES_MAX */
    uint16_t location_count;  /* 0 to FASTI_QUERY_LOCATIONS_MAX; 0: anywhere */
    uint64_t after;           /* `next` of the page before; 0: the first one */
    fasti_service_id services[FASTI_QUERY_SERVICES_MAX];
    fasti_location_id locations[FASTI_QUERY_LOCATIONS_MAX];
    fasti_schedule_id schedules[FASTI_QUERY_SCHEDULES_MAX];
};

/* Days of a schedule that will be asked for or booked, and the request id that comes with it
 * (fasti_engine_prefetch). */
struct fasti_coming {
    fasti_schedule_id schedule;
    fasti_service_id service;
    fasti_date first;
    uint32_t day_count;
    fasti_organization_id organization; /* of the request id */
    fasti_request_id request;           /* zeros: none */
};

enum fasti_search_area {
    FASTI_SEARCH_ANYWHERE = 0,
    FASTI_SEARCH_CIRCLE = 1,
    FASTI_SEARCH_BOX = 2,
};

/* What comes first; ties by schedule. */
enum fasti_search_order {
    FASTI_SEARCH_BY_START = 1,    /* the earliest start */
    FASTI_SEARCH_BY_DISTANCE = 2, /* the nearest; a circle is needed */
    FASTI_SEARCH_BY_DAY = 3,      /* the local date of the earliest start, then the nearest */
};

/* A place in the order: the key of the last result of a page. */
struct fasti_search_place {
    uint64_t key;
    uint32_t schedule; /* 0: the beginning */
};

/* Schedules of whichever organization (that of the command, if it is not 0) that offer what is
 * asked for, with free starts. */
struct fasti_search_query {
    struct fasti_id_text specialty; /* code; empty: whichever */
    struct fasti_id_text code;      /* of the service; empty: whichever. One of the two is needed */
    uint16_t duration_minutes;      /* of the service; 0: whichever */
    enum fasti_search_area area;
    int32_t latitude_e7, longitude_e7; /* the circle's centre, or the box's south-west corner */
    int32_t north_e7, east_e7;         /* the box's other corner */
    uint32_t radius_m;                 /* 1 to FASTI_SEARCH_RADIUS_MAX_M */
    struct fasti_facts facts;          /* no override */
    fasti_date first, last;            /* local dates; at most FASTI_SEARCH_DAYS_MAX */
    uint16_t from_minute, to_minute;   /* a start's local time is in [from, to); to 0 = 1440 */
    uint8_t weekdays;                  /* of starts: bit 0 = Monday; 0 = all */
    enum fasti_search_order order;
    uint16_t limit;                  /* results: 1 to FASTI_SEARCH_RESULTS_MAX */
    uint16_t start_limit;            /* starts of each: 1 to FASTI_SEARCH_STARTS_MAX */
    struct fasti_search_place after; /* page on: `next` of the page before */
};

/* Of what kinds names are looked for. */
#define FASTI_NAMES_LOCATIONS     1
#define FASTI_NAMES_PRACTITIONERS 2
#define FASTI_NAMES_SERVICES      4
#define FASTI_NAMES_ALL           7

/* A place in the order of names: as a row of an answer says. */
struct fasti_names_place {
    uint8_t prefixes;
    enum fasti_entity_kind kind;
    uint32_t id; /* 0: the beginning */
    struct fasti_name_text name;
};

/* Records of the command's organization, each of whose names has, for every word of the text, a
 * word that begins so; case, accents and umlauts do not count (search/fold.h). */
struct fasti_names_query {
    struct fasti_name_text text;    /* 1 to FASTI_NAMES_WORDS_MAX words */
    uint8_t kinds;                  /* bits; 0: all */
    uint16_t limit;                 /* rows: 1 to FASTI_NAMES_RESULTS_MAX */
    struct fasti_names_place after; /* page on: the last row of the page before */
};

/* Free starts by day and cell: of schedules of whichever organization (that of the command, if it
 * is not 0) that offer what is asked for. The grid begins at 90 degrees south, 180 west. */
struct fasti_heatmap_query {
    struct fasti_id_text specialty, code; /* as in a search; one of the two is needed */
    uint16_t duration_minutes;            /* of the service; 0: whichever */
    enum fasti_search_area area;          /* CIRCLE or BOX, as in a search */
    int32_t latitude_e7, longitude_e7, north_e7, east_e7;
    uint32_t radius_m;
    uint32_t cell_e7; /* side of a cell: FASTI_HEATMAP_CELL_MIN_E7 to _MAX_E7 */
    struct fasti_facts facts;
    fasti_date first, last; /* local dates; at most FASTI_HEATMAP_DAYS_MAX */
};

enum fasti_list_by { FASTI_LIST_BY_SCHEDULE = 1, FASTI_LIST_BY_PATIENT = 2 };

struct fasti_list_query {
    enum fasti_list_by by;
    fasti_schedule_id schedule;
    uint8_t patient_length;
    char patient[FASTI_PATIENT_BYTES_MAX];
    bool include_ended;  /* cancelled ones too */
    bool include_blocks; /* blocks too (by schedule) */
    uint32_t source;     /* only blocks of this source (by schedule); 0 = whatever there is */
    bool only_conflicts; /* only appointments that no opening covers any more */
    int64_t from_utc_s, to_utc_s; /* start in [from, to) */
    fasti_record_id before;       /* page on: `next` of the page before; 0 = from the newest */
    uint16_t limit;               /* 1 to FASTI_LIST_MAX */
};

struct fasti_resolve_query {
    enum fasti_entity_kind kind;
    struct fasti_id_text id;
};

struct fasti_describe_query {
    enum fasti_entity_kind kind;
    uint32_t id; /* dense id; 0: the first one at or after `after + 1` */
    uint32_t after;
};

/* One row as BOOK would decide it, looked at and not taken. */
struct fasti_explain_query {
    fasti_schedule_id schedule;
    fasti_service_id service;
    int64_t start_utc_s;
    struct fasti_facts facts;
};

/* Civil minute 0 to 1440 of a local date at the schedule's location. */
struct fasti_civil_query {
    fasti_schedule_id schedule;
    fasti_date date;
    uint16_t minute;
};

struct fasti_import {
    uint32_t import; /* as IMPORT_BEGIN answered */
    uint32_t source; /* COMMIT: schedules of this source that the import did not name lose its
                        openings; 0: they keep them */
};

struct fasti_command {
    enum fasti_command_kind kind;
    fasti_organization_id organization; /* scope; 0 only for STATUS, CHECKPOINT, organizations and
                                           imports of several; in such an import's puts it may be
                                           one that the import makes, as its PUT answered */
    fasti_request_id request;           /* a UUIDv7, or 0, 0: see once.h; puts and imports: kept in
                                           the log, whatever it is */
    uint32_t import;                    /* PUT: stage under this import; 0 = at once */
    uint64_t if_match;                  /* PUT at once: STALE unless the record's etag (the
                                           schedule's for OPENINGS) is this one; 0 = whatever is
                                           there. Not logged: what it let through holds anyway */
    union {
        struct fasti_put put;
        struct fasti_book book;
        struct fasti_block block;
        struct fasti_cancel cancel;
        struct fasti_hold hold;
        struct fasti_held held;
        struct fasti_move move;
        struct fasti_mark mark;
        struct fasti_availability_query availability;
        struct fasti_search_query search;
        struct fasti_names_query names;
        struct fasti_combine_query combine;
        struct fasti_heatmap_query heatmap;
        struct fasti_list_query list;
        struct fasti_resolve_query resolve;
        struct fasti_describe_query describe;
        struct fasti_civil_query civil;
        struct fasti_explain_query explain;
        struct fasti_import import;
        fasti_record_id show;
        struct fasti_loading load;
        fasti_record_id export_after; /* EXPORT: the page begins behind this number; 0: the first */
    } body;
};

/* ---- answers ---- */

enum fasti_record_kind { FASTI_RECORD_APPOINTMENT = 1, FASTI_RECORD_BLOCK = 2 };
/* Disk and wire values: never renumbered. */
enum fasti_record_state {
    FASTI_STATE_BOOKED = 1,
    FASTI_STATE_CANCELLED = 2,
    FASTI_STATE_HELD = 3,
    FASTI_STATE_PENDING = 4, /* waits for approval */
    FASTI_STATE_EXPIRED = 5,
    FASTI_STATE_DECLINED = 6,
    FASTI_STATE_ARRIVED = 7,
    FASTI_STATE_FULFILLED = 8,
    FASTI_STATE_NOSHOW = 9,
    FASTI_STATE_MOVED = 10, /* to another record */
    FASTI_STATE_RELEASED = 11,
};
/* In lower case, as the command line prints it; "?" for a value that is none. */
const char *fasti_record_state_name(enum fasti_record_state state);

/* One appointment or block, as asked for, and of its items one: in a list of a schedule the one
 * there, else the first. */
struct fasti_record_view {
    fasti_record_id record;
    enum fasti_record_kind kind;
    enum fasti_record_state state;
    uint8_t modality;         /* enum fasti_modality, as it was asked for */
    bool is_override;         /* staff made it against a rule */
    uint8_t reason;           /* of the last change of state; in old logs any number */
    bool is_conflict;         /* no opening of its schedule covers it any more */
    uint8_t item_count, item; /* this one of so many */
    fasti_schedule_id schedule;
    fasti_service_id service; /* 0 for a block */
    int64_t start_utc_s;
    int32_t offset_s; /* local offset at the start */
    uint32_t duration_minutes;
    uint8_t before_minutes, after_minutes; /* buffers, taken with it */
    int64_t created_ms, changed_ms;
    uint32_t source;            /* of a block: the import that brought it; 0 = by hand */
    uint64_t key;               /* the same, as the importer said */
    int64_t expires_ms;         /* of a hold; else 0 */
    fasti_record_id moved_from; /* 0: it was not moved */
    uint8_t patient_length;
    char patient[FASTI_PATIENT_BYTES_MAX];
    uint16_t payload_length; /* payload bytes: SHOW only, in the answer's payload */
};

/* What became of each row of a booking, and the numbers of its appointments. */
struct fasti_book_answer {
    uint8_t item_count;
    uint8_t appointment_count;         /* 0 when it was refused */
    uint8_t outcomes[FASTI_ITEMS_MAX]; /* enum fasti_outcome: BOOKED, why not, or NONE: an
                                          alternative that was not needed */
    uint8_t offsets[FASTI_ITEMS_MAX];  /* appointment i is record answer.record + offsets[i] */
    struct fasti_token token;          /* HOLD: of all its holds */
    int64_t expires_ms;                /* HOLD, EXTEND */
};

struct fasti_item_view {
    fasti_schedule_id schedule;
    fasti_service_id service; /* 0 of a block */
    int64_t start_utc_s;
    int32_t offset_s;
    uint32_t duration_minutes;
};

/* Columns of an availability answer: day d of row r is cell r * day_count + d. All rows of all its
 * pages are each pair once, whatever is booked or edited between two of them. */
struct fasti_availability_answer {
    uint16_t row_count, day_count;
    uint32_t total; /* starts in the answer */
    uint64_t next;  /* `after` of the next page; 0: this is the last one. A page can be empty */
    int64_t base_utc_s;
    fasti_schedule_id schedules[FASTI_QUERY_ROWS_MAX]; /* a row */
    fasti_service_id services[FASTI_QUERY_ROWS_MAX];   /* a row */
    uint8_t reasons[FASTI_QUERY_ROWS_MAX];             /* enum fasti_reason, a row */
    uint32_t totals[FASTI_QUERY_ROWS_MAX];
    int64_t next_slot_utc_s[FASTI_QUERY_ROWS_MAX]; /* when its window is empty; 0 = none within
                                                      FASTI_NEXT_SLOT_DAYS_MAX days */
    int32_t next_slot_offset_s[FASTI_QUERY_ROWS_MAX];
    uint32_t counts[FASTI_QUERY_CELLS_MAX];          /* starts a cell */
    uint8_t day_reasons[FASTI_QUERY_CELLS_MAX];      /* enum fasti_reason, a cell */
    uint32_t starts[FASTI_QUERY_STARTS_MAX];         /* seconds since base_utc_s, by cell, rising */
    int16_t offsets_minutes[FASTI_QUERY_STARTS_MAX]; /* local offset of each start */
    uint16_t lengths_minutes[FASTI_QUERY_STARTS_MAX]; /* length of a visit that starts there */
};

/* A schedule may offer the service under more than one id: the one with the earliest start is told.
 * A page is right when it is made; what is booked or freed between two pages may move a schedule
 * from one side of the place between them to the other. */
struct fasti_search_answer {
    uint16_t count;
    bool more;                      /* ask again with after = next */
    struct fasti_search_place next; /* of the last result */
    uint32_t candidates;            /* schedules that offer it there, with free starts or without */
    uint32_t starts_total;
    struct fasti_search_result {
        fasti_schedule_id schedule;
        fasti_organization_id organization;
        fasti_service_id service;
        fasti_location_id location;
        uint32_t distance_m; /* rounded; FASTI_SEARCH_NO_DISTANCE: of no circle */
        uint16_t start_count;
    } results[FASTI_SEARCH_RESULTS_MAX];
    struct fasti_search_start {
        int64_t utc_s;
        int16_t offset_minutes;                                   /* local time there and then */
        uint16_t minutes;                                         /* of a visit */
    } starts[FASTI_SEARCH_RESULTS_MAX * FASTI_SEARCH_STARTS_MAX]; /* by result, rising */
};
#define FASTI_SEARCH_NO_DISTANCE UINT32_MAX

/* Exact where nothing changes while it is made: of a schedule and local day as many starts as an
 * availability lists, and of several services that are meant the one with most. Starts overlap
 * where a service's grid is finer than its visits. */
struct fasti_heatmap_answer {
    uint16_t cell_count, day_count;
    uint32_t candidates; /* schedules that offer it there, with free starts or without */
    struct fasti_heatmap_cell {
        int32_t south_e7, west_e7;    /* its corner, which is part of it; north and east are not */
        uint32_t schedules;           /* of the candidates; never 0 */
    } cells[FASTI_HEATMAP_CELLS_MAX]; /* from the south, then from the west */
    struct fasti_heatmap_day {
        uint32_t schedules;                                   /* with a free start */
        uint32_t starts;                                      /* of all of them */
    } days[FASTI_HEATMAP_CELLS_MAX * FASTI_HEATMAP_DAYS_MAX]; /* cell * day_count + day */
};

/* Rows rise by how many words of the text are only the beginning of one, then by the name as it is
 * looked for (its plain words, byte by byte), by kind and by dense id: none of that changes for a
 * record unless its name does, so pages one after the other tell of each other record once. */
struct fasti_names_answer {
    uint16_t count;
    bool more;      /* ask again with after = the last row */
    uint32_t total; /* records that match, on all pages */
    struct fasti_names_row {
        enum fasti_entity_kind kind; /* LOCATION, PRACTITIONER or SERVICE */
        uint32_t id;
        uint8_t prefixes; /* words of the text that are only the beginning of one */
        struct fasti_id_text text;
        struct fasti_name_text name;
        fasti_schedule_id schedule; /* of a practitioner: the first one, by dense id; 0: none */
        fasti_location_id location; /* a location itself; a practitioner's: of that schedule */
        struct fasti_name_text location_name;
        bool has_position;
        int32_t latitude_e7, longitude_e7; /* of the location */
    } rows[FASTI_NAMES_RESULTS_MAX];
};

struct fasti_list_answer {
    uint16_t count;
    bool more;            /* there may be others: ask again with before = next, even when this page
                             has fewer than `limit` or none */
    fasti_record_id next; /* the place where this page ended; 0 = nowhere */
    struct fasti_record_view records[FASTI_LIST_MAX];
};

/* A page of records in any state, as fasti_whole_decode reads them, by rising number. */
struct fasti_export_answer {
    const uint8_t *bytes; /* borrowed, 8-byte aligned */
    uint32_t size;        /* at most FASTI_EXPORT_BYTES_MAX */
    bool more;            /* there may be others: ask again with export_after = next, even when this
                             page has none */
    fasti_record_id next; /* the number up to which was looked */
};

/* What became of the records of a LOAD. */
struct fasti_load_answer {
    uint32_t loaded, known; /* made now; there already, with the same bytes */
};

struct fasti_status_answer {
    uint64_t lsn_durable; /* every effect below it is durable */
    uint64_t epoch;
    int64_t now_ms, started_ms;
    struct fasti_hash128 digest; /* of the durable state */
    uint32_t organizations, locations, practitioners, services, schedules, patterns, plans;
    uint64_t appointments; /* booked now */
    uint64_t records;      /* ever made */
    uint64_t recovered_effects;
    int64_t recovery_ms;
    uint64_t arena_bytes;
    bool disk_low;
    uint32_t workers;
    uint32_t pending;                      /* of the answering worker */
    uint64_t snapshot;                     /* number of the newest; 0: there is none */
    uint64_t snapshot_lsn, snapshot_bytes; /* it holds what is below; its size */
    uint64_t snapshots_failed;             /* given up since the start */
    uint32_t past_days, retention_days;    /* kept after they are past; 0: for ever */
    uint64_t retired_days, purged_records; /* since the start */
};

struct fasti_describe_answer {
    enum fasti_entity_kind kind;
    uint32_t id;                          /* dense id; 0: there is none */
    uint64_t etag;                        /* of the record as told here (fasti_record_etag) */
    struct fasti_put put;                 /* the record as a put; openings and zone left out */
    uint32_t opening_count;               /* a schedule's */
    const struct fasti_opening *openings; /* valid until the worker's next call; .services are
                                             dense ids here */
};

/* Under zone.h's policy: a time in a gap is the first instant after it, a time in a fold the first
 * of the two; the kind says so. */
struct fasti_civil_answer {
    int64_t utc_s;
    int32_t offset_s;
    enum fasti_civil_kind kind;
};

/* The sentence stands in the answer's detail. */
struct fasti_explain_answer {
    enum fasti_outcome verdict; /* BOOKED: it would be booked; else as BOOK would refuse it */
    uint32_t duration_minutes;  /* when BOOKED: of the visit */
};

struct fasti_import_answer {
    uint32_t import;
    uint32_t created, changed, unchanged; /* records */
    uint32_t conflicts; /* the organization's booked appointments, from now on, that no opening
                           covers after the commit; 0 for an import of several: LIST says */
};

/* The answer of one command. Big parts live in the worker and stay valid until its next call. */
struct fasti_answer {
    uint64_t tag; /* as given to submit */
    enum fasti_command_kind kind;
    enum fasti_status status;
    enum fasti_outcome outcome; /* when status is OK */
    uint32_t id;            /* RESOLVE, PUT, DESCRIBE: dense id; of a refused IMPORT_COMMIT: which
                               staged put is at fault, from 1 (0: none alone) */
    fasti_record_id record; /* BOOK, BLOCK, CANCEL, UNBLOCK, SHOW; LOAD: the first one, or the one
                               that an outcome refuses */
    uint64_t as_of;         /* log position that the answer rests on */
    struct fasti_detail detail; /* a sentence when it was refused; else empty */
    union {
        const struct fasti_availability_answer *availability;
        const struct fasti_search_answer *search;
        const struct fasti_names_answer *names;
        const struct fasti_combine_answer *combine;
        const struct fasti_heatmap_answer *heatmap;
        const struct fasti_list_answer *list;
        const struct fasti_describe_answer *describe;
        struct fasti_status_answer status;
        struct fasti_import_answer import;
        struct fasti_civil_answer civil;
        struct fasti_explain_answer explain;
        struct fasti_book_answer book;
        struct fasti_load_answer load;
        struct fasti_export_answer exported;
        struct {
            struct fasti_record_view view;       /* its first item */
            const struct fasti_item_view *items; /* all view.item_count; as payload, borrowed */
            const uint8_t *payload;
        } show;
    } body;
};

#endif
