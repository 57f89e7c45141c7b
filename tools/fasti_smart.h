/*
 * fasti_smart.h - a SMART Scheduling Links publication, read line by line into memory.
 *
 *   *.ndjson, *.json --line--> Location | Schedule | Slot | manifest | ignored --plan--> puts
 *
 * Files are told apart by each line's resourceType alone; the manifest's URLs are never fetched.
 * What a publication gets wrong but can be read all the same is an oddity: counted by kind with
 * its first place. What cannot be read (not JSON, a required field missing) is a bad line, which
 * refuses the whole import unless the caller passes it over.
 * After HL7/smart-scheduling-links specification.md. One feed belongs to one thread.
 */
#ifndef FASTI_TOOLS_FASTI_SMART_H
#define FASTI_TOOLS_FASTI_SMART_H

#include "engine/booking/command.h"

#define FASTI_SMART_FILES_MAX        1024
#define FASTI_SMART_SLOTS_MAX        (UINT32_C(1) << 20)
#define FASTI_SMART_CONCEPTS_MAX     8 /* services of one schedule */
#define FASTI_SMART_CODINGS_MAX      8 /* codings of one service */
#define FASTI_SMART_FEED_CODINGS_MAX (FASTI_SCHEDULE_SERVICES_MAX * FASTI_SMART_CODINGS_MAX)

#define FASTI_SMART_ODDITY_TABLE(X)                                                                \
    X(SLOT_ID_REPEATS, "slot ids are used again for another time: told apart by schedule, start "  \
                       "and end instead")                                                          \
    X(SLOT_REPEATS, "a slot is listed again, wholly alike: counted once")                          \
    X(SLOT_MERGED, "two slots have the same schedule, start and end: their places are added up")   \
    X(SLOT_OVERLAPS, "a slot overlaps the one before it on the same schedule")                     \
    X(SLOT_BUSY, "busy: the span is full")                                                         \
    X(CAPACITY_ZERO, "no places (capacity 0): the span is full")                                   \
    X(CAPACITY_BUSY, "busy, though places are left: the span is full")                             \
    X(STATUS_UNKNOWN, "the status is not one of FHIR's: the span is full")                         \
    X(STATUS_IN_ERROR, "marked as entered in error: left out")                                     \
    X(SCHEDULE_MISSING, "the slot's schedule is not in the publication: left out")                 \
    X(LOCATION_MISSING, "the schedule's location is not in the publication: made from its id")     \
    X(LOCATION_NONE, "the schedule names no location: made from the schedule's id")                \
    X(SERVICE_NONE, "the schedule names no service: \"unspecified\" is used")                      \
    X(SERVICES_MANY, "more services or codings than are read: the rest is left out")               \
    X(SCHEDULE_EMPTY, "the schedule has no slots")                                                 \
    X(SCHEDULE_REPEATS, "the schedule is listed again: the last one counts")                       \
    X(LOCATION_REPEATS, "the location is listed again: the last one counts")                       \
    X(END_BEFORE_START, "the slot ends before it starts, or is empty: left out")                   \
    X(SPAN_LONG, "the slot is longer than 24 hours")                                               \
    X(SECONDS, "the time has seconds: cut to whole minutes inside the span")                       \
    X(SINGLE_CROSSES_MIDNIGHT, "one visit across midnight cannot be kept as wall clock: left out") \
    X(EXTENSION_TYPE, "an extension has a value of the wrong type: not used")                      \
    X(FIELD_TYPE, "an optional field has the wrong type or size: not used")                        \
    X(RESOURCE_UNKNOWN, "the resourceType is not used here: the line is passed over")              \
    X(OFFSET_DIFFERS, "the offset written is not the one that the zone had then")                  \
    X(LINE_BAD, "the line could not be read: passed over")

enum fasti_smart_oddity_kind {
#define FASTI_SMART_ODDITY_ENUM(name, text) FASTI_SMART_##name,
    FASTI_SMART_ODDITY_TABLE(FASTI_SMART_ODDITY_ENUM)
#undef FASTI_SMART_ODDITY_ENUM
        FASTI_SMART_ODDITY_KINDS
};

const char *fasti_smart_oddity_name(enum fasti_smart_oddity_kind kind);
const char *fasti_smart_oddity_text(enum fasti_smart_oddity_kind kind);

struct fasti_smart_place {
    uint32_t file; /* index in the feed's files */
    uint32_t line; /* from 1 */
};

struct fasti_smart_oddity {
    uint64_t count;
    struct fasti_smart_place first;
    char example[96]; /* what the first one says; may be empty */
};

struct fasti_smart_coding {
    struct fasti_id_text code;
    struct fasti_name_text display;
    uint64_t key;  /* hash of system and code: equal codings have equal keys */
    bool is_smart; /* of the SMART registry: the specific one */
};

/* One service as a schedule names it: several codings of the same thing. */
struct fasti_smart_concept {
    uint32_t coding_count;
    uint32_t codings[FASTI_SMART_CODINGS_MAX]; /* indexes in the feed's codings */
};

struct fasti_smart_location {
    struct fasti_id_text id;
    struct fasti_name_text name;
    bool has_position;
    int32_t latitude_e7, longitude_e7;
    struct fasti_smart_place place;
};

struct fasti_smart_schedule {
    struct fasti_id_text id;
    struct fasti_id_text location; /* empty: it names none */
    uint32_t concept_count;
    struct fasti_smart_concept concepts[FASTI_SMART_CONCEPTS_MAX];
    struct fasti_smart_place place;
};

struct fasti_smart_slot {
    struct fasti_id_text id; /* may be empty; not a key */
    struct fasti_id_text schedule;
    struct fasti_instant_text start, end; /* as written */
    bool is_full;
    bool has_capacity;
    uint32_t capacity;
    struct fasti_smart_place place;
};

struct fasti_smart_feed {
    bool is_civil; /* wall clocks count, offsets do not: a time may lack its offset */
    uint32_t file_count;
    char *files[FASTI_SMART_FILES_MAX];
    uint64_t line_count, manifest_count;
    uint32_t location_count, schedule_count, slot_count, coding_count;
    uint32_t location_room, schedule_room, slot_room, coding_room;
    struct fasti_smart_location *locations;
    struct fasti_smart_schedule *schedules;
    struct fasti_smart_slot *slots;
    struct fasti_smart_coding *codings; /* each once */
    struct fasti_smart_oddity oddities[FASTI_SMART_ODDITY_KINDS];
};

/* An empty feed; NULL when there is no memory. is_civil false: a time without offset makes its
 * line a bad one. */
struct fasti_smart_feed *fasti_smart_feed_create(bool is_civil);
void fasti_smart_feed_destroy(struct fasti_smart_feed *feed);

/* Gives a file a number. LIMIT_RECORDS: FASTI_SMART_FILES_MAX are there. */
FASTI_MUST_USE enum fasti_status fasti_smart_add_file(struct fasti_smart_feed *feed,
                                                      const char *name, uint32_t *file);

/* Reads one line (or one whole document) of JSON into the feed. A bad line leaves the feed as it
 * was: INVALID_FILE, INVALID_ID, INVALID_TIME or INVALID_DATE with a sentence that does not name
 * the place. LIMIT_RECORDS, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_smart_read_line(struct fasti_smart_feed *feed,
                                                       struct fasti_smart_place place,
                                                       const char *bytes, size_t size,
                                                       struct fasti_detail *detail);

/* Reads every *.ndjson and *.json file of a directory, by name. Errors name FILE:LINE. A *.json
 * file that is one document (a manifest over several lines) counts as one line. */
FASTI_MUST_USE enum fasti_status fasti_smart_read_directory(struct fasti_smart_feed *feed,
                                                            const char *path, bool skip_bad_lines,
                                                            struct fasti_detail *detail);

/* Counts an oddity and keeps the first place, by file and line, with its example (may be NULL). */
void fasti_smart_note(struct fasti_smart_feed *feed, enum fasti_smart_oddity_kind kind,
                      struct fasti_smart_place place, const char *example);

#endif
