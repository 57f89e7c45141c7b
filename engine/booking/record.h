/*
 * record.h - appointments and blocks: the table of record cells and what they point at.
 *
 *   record id --table--> entry { cell | chains | emitted | durable }
 *                                 |
 *                                 v
 *                        struct fasti_record (immutable; a change of state makes a new one)
 *
 *   item 0         the record's own entry: in its schedule's chain and its patient's
 *   item i > 0     entry id + i, a part: in its schedule's chain; its cell names the record
 *
 * A record's bytes are their own canonical form: no padding, zeroed tail; the same bytes are the
 * body of its effect and the input of its digest. Chains link the records of a schedule and of a
 * patient bucket, newest first; only the committer (or replay) adds to them, in log order. So a
 * record of n items has n numbers, of which the first names it.
 * A record that was purged leaves its entry, with an empty cell, in its chains until they are
 * swept; a chunk of which all are gone is emptied then: its entries read as those of numbers that
 * were never given. Numbers do not come again. Threading: cells by claims; chains one writer, many
 * readers; entries stay readable for ever.
 */
#ifndef FASTI_BOOKING_RECORD_H
#define FASTI_BOOKING_RECORD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/atomics.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/booking/command.h"
#include "engine/calendar/cell.h"
#include "engine/calendar/page.h"

/* From the start of the buffer before to the end of the buffer after. */
static inline int64_t fasti_item_begin_utc_s(const struct fasti_item *item) {
    return item->start_utc_s - item->before_minutes * INT64_C(60);
}
static inline int64_t fasti_item_end_utc_s(const struct fasti_item *item) {
    return item->start_utc_s + (item->minutes + item->after_minutes) * INT64_C(60);
}

/* The item's visit as pages keep it, which starts at this tick of its day. */
static inline struct fasti_page_visit fasti_item_visit(const struct fasti_item *item, uint32_t tick,
                                                       uint32_t resolution_minutes) {
    return (struct fasti_page_visit){
        .service = item->service & ((1u << 21) - 1),
        .tick = tick & ((1u << 11) - 1),
        .count = (uint16_t)(((uint32_t)item->minutes + item->after_minutes) / resolution_minutes),
        .before = (uint8_t)(item->before_minutes / resolution_minutes),
        .seats = item->seats,
    };
}

/* Small, since there are tens of millions: what most records say in the same way stands once, and
 * what few have stands behind the items. */
struct fasti_record {
    uint32_t id;
    uint32_t organization;
    uint8_t kind;  /* enum fasti_record_kind */
    uint8_t state; /* enum fasti_record_state */
    uint8_t reason;
    uint8_t patient_length;
    uint16_t payload_length;
    uint16_t item_count : 7; /* 1 to FASTI_ITEMS_MAX: doctor, room, device of one visit */
    uint16_t flags : 9;      /* FASTI_RECORD_HOLD ... */
    int64_t created_ms;
    struct fasti_item items[]; /* then what flags say, patient reference, payload, zeros to a
                                  multiple of 8 */
};
#define FASTI_RECORD_ITEMS UINT32_C(127) /* what an item count has room for */
_Static_assert(FASTI_ITEMS_MAX <= FASTI_RECORD_ITEMS, "an item count fits");

/* What follows the items, in the order of these bits. */
#define FASTI_RECORD_HOLD    UINT32_C(1)  /* a fasti_record_hold: a hold that was not confirmed */
#define FASTI_RECORD_MOVED   UINT32_C(2)  /* 8 bytes: number of the record that it was moved from */
#define FASTI_RECORD_SOURCE  UINT32_C(8)  /* a fasti_record_source: a block of an import */
#define FASTI_RECORD_REQUEST UINT32_C(16) /* the fasti_request_id that made it, not zeros */
#define FASTI_RECORD_CHANGED UINT32_C(32) /* 6 bytes: changed_ms, which is not created_ms */
/* What else a record's flags say; nothing of it stands behind the items. */
#define FASTI_RECORD_OVERRIDE       UINT32_C(4) /* staff made it against a rule, knowingly */
#define FASTI_RECORD_MODALITY_SHIFT 6           /* 3 bits: enum fasti_modality as asked for */
#define FASTI_RECORD_MODALITY       (UINT32_C(7) << FASTI_RECORD_MODALITY_SHIFT)
#define FASTI_RECORD_PLAIN_FLAGS    (FASTI_RECORD_OVERRIDE | FASTI_RECORD_MODALITY)

/* A time of change: 0 to FASTI_RECORD_CHANGED_MAX. It stands last, before bytes that need no
 * alignment. */
#define FASTI_RECORD_CHANGED_BYTES 6
#define FASTI_RECORD_CHANGED_MAX   ((INT64_C(1) << (FASTI_RECORD_CHANGED_BYTES * 8)) - 1)

/* A hold takes its time until it expires; who has its token may confirm, extend and release it. */
struct fasti_record_hold {
    int64_t expires_ms;
    struct fasti_token token;
};
_Static_assert(sizeof(struct fasti_record_hold) == 24, "as on disk");

/* Where a block comes from, so that the next import of that source finds it. */
struct fasti_record_source {
    uint32_t source; /* fasti_source_of(name), never 0 */
    uint32_t zeros;
    uint64_t key; /* the importer's own; 0: none */
};
_Static_assert(sizeof(struct fasti_record_source) == 16, "as on disk");

_Static_assert(sizeof(struct fasti_item) == 24, "no padding");
_Static_assert(sizeof(struct fasti_record) == 24, "no padding");
#define AT(field, offset) \
    _Static_assert(offsetof(struct fasti_record, field) == (offset), "as on disk")
AT(state, 9);
AT(payload_length, 12);
AT(created_ms, 16);
#undef AT

/* What all flags together say. */
#define FASTI_RECORD_FLAGGED_MAX                                                                \
    (sizeof(struct fasti_record_hold) + sizeof(uint64_t) + sizeof(struct fasti_record_source) + \
     sizeof(fasti_request_id) + 8)

/* Bytes of what these flags say behind the items. */
static inline size_t fasti_record_flagged_bytes(uint32_t flags) {
    return ((flags & FASTI_RECORD_HOLD) != 0 ? sizeof(struct fasti_record_hold) : 0) +
           ((flags & FASTI_RECORD_MOVED) != 0 ? sizeof(uint64_t) : 0) +
           ((flags & FASTI_RECORD_SOURCE) != 0 ? sizeof(struct fasti_record_source) : 0) +
           ((flags & FASTI_RECORD_REQUEST) != 0 ? sizeof(fasti_request_id) : 0) +
           ((flags & FASTI_RECORD_CHANGED) != 0 ? FASTI_RECORD_CHANGED_BYTES : 0);
}
static inline size_t fasti_record_patient_offset(const struct fasti_record *record) {
    return sizeof *record + record->item_count * sizeof(struct fasti_item) +
           fasti_record_flagged_bytes(record->flags);
}
static inline size_t fasti_record_bytes_with(const struct fasti_record *record, size_t more) {
    return (fasti_record_patient_offset(record) + more + record->patient_length +
            record->payload_length + 7) /
           8 * 8;
}
static inline size_t fasti_record_bytes(const struct fasti_record *record) {
    return fasti_record_bytes_with(record, 0);
}
/* What it takes of the arena: as much as when it has changed. So a cancel needs no more than the
 * record that it ends gives back, and goes on where memory is full. */
static inline size_t fasti_record_room(const struct fasti_record *record) {
    return fasti_record_bytes_with(
        record, (record->flags & FASTI_RECORD_CHANGED) != 0 ? 0 : FASTI_RECORD_CHANGED_BYTES);
}
static inline const char *fasti_record_patient(const struct fasti_record *record) {
    return (const char *)record + fasti_record_patient_offset(record);
}
static inline const uint8_t *fasti_record_payload(const struct fasti_record *record) {
    return (const uint8_t *)record + fasti_record_patient_offset(record) + record->patient_length;
}
/* What a flag says stands behind the items; NULL: the record has not got it. */
static inline const void *fasti_record_flagged(const struct fasti_record *record, uint32_t flag) {
    const uint8_t *first = (const uint8_t *)&record->items[record->item_count];
    return (record->flags & flag) == 0
               ? NULL
               : first + fasti_record_flagged_bytes(record->flags & (flag - 1));
}
/* NULL: it is no hold. */
static inline const struct fasti_record_hold *fasti_record_hold(const struct fasti_record *record) {
    return (const struct fasti_record_hold *)fasti_record_flagged(record, FASTI_RECORD_HOLD);
}
/* NULL: it was made by hand, or is no block. */
static inline const struct fasti_record_source *
fasti_record_source(const struct fasti_record *record) {
    return (const struct fasti_record_source *)fasti_record_flagged(record, FASTI_RECORD_SOURCE);
}
/* 0: it was not moved. */
static inline uint64_t fasti_record_moved_from(const struct fasti_record *record) {
    const uint64_t *from = (const uint64_t *)fasti_record_flagged(record, FASTI_RECORD_MOVED);
    return from == NULL ? 0 : *from;
}
/* Zeros: the command had none. */
static inline fasti_request_id fasti_record_request(const struct fasti_record *record) {
    const fasti_request_id *request =
        (const fasti_request_id *)fasti_record_flagged(record, FASTI_RECORD_REQUEST);
    return request == NULL ? (fasti_request_id){0, 0} : *request;
}
/* When it became what it is. */
static inline int64_t fasti_record_changed_ms(const struct fasti_record *record) {
    const void *changed = fasti_record_flagged(record, FASTI_RECORD_CHANGED);
    int64_t changed_ms = 0;
    if (changed == NULL)
        return record->created_ms;
    memcpy(&changed_ms, changed, FASTI_RECORD_CHANGED_BYTES); /* little endian: bytes.h */
    return changed_ms;
}

/* What stands behind a record's head: from it follow the flags that say so. */
struct fasti_record_parts {
    const struct fasti_item *items;
    const struct fasti_record_hold *hold;     /* NULL: none */
    uint64_t moved_from;                      /* 0: none */
    const struct fasti_record_source *source; /* NULL: none */
    fasti_request_id request;                 /* zeros: none */
    int64_t changed_ms;                       /* the head's created_ms: it never changed */
    const char *patient;                      /* patient_length and payload_length of the head */
    const uint8_t *payload;
};

/* Those of a record; they point into it. */
struct fasti_record_parts fasti_record_parts_of(const struct fasti_record *record);

/* The head with the flags that its parts ask for; of its own count OVERRIDE and MODALITY. */
struct fasti_record fasti_record_head_of(const struct fasti_record *head,
                                         const struct fasti_record_parts *parts);

/* A private record of a head and its parts, in fasti_record_room of the arena; 0: no memory. */
uint32_t fasti_record_make(struct fasti_arena_local *arena, const struct fasti_record *head,
                           const struct fasti_record_parts *parts);

/* Writes the record of a head as fasti_record_head_of made it; fasti_record_bytes of it. */
void fasti_record_write(struct fasti_writer *writer, const struct fasti_record *head,
                        const struct fasti_record_parts *parts);

static inline struct fasti_hash128 fasti_record_digest(const struct fasti_record *record) {
    return fasti_hash128(record, fasti_record_bytes(record));
}

/* Does it count as a booked appointment? */
static inline bool fasti_record_is_counted(const struct fasti_record *record) {
    return record->kind == FASTI_RECORD_APPOINTMENT && record->state == FASTI_STATE_BOOKED;
}

#define FASTI_RECORD_BYTES_MAX                                                   \
    (sizeof(struct fasti_record) + FASTI_ITEMS_MAX * sizeof(struct fasti_item) + \
     FASTI_RECORD_FLAGGED_MAX + FASTI_PATIENT_BYTES_MAX + FASTI_PAYLOAD_BYTES_MAX)
_Static_assert(FASTI_RECORD_BYTES_MAX <= FASTI_ARENA_SIZE_MAX, "a record is one arena object");
_Static_assert(FASTI_LOAD_BYTES_MAX >=
                   FASTI_ITEMS_MAX *
                       (FASTI_RECORD_BYTES_MAX - (FASTI_ITEMS_MAX - 1) * sizeof(struct fasti_item)),
               "as many records as one LOAD may have fit, however large they are");

/* May a record of this state become one of that? fasti_state_frees: does it give its time back?
 * fasti_state_ends_hold: was it a hold that had not been confirmed? */
bool fasti_state_may(enum fasti_record_state from, enum fasti_record_state to);
bool fasti_state_frees(enum fasti_record_state state);
bool fasti_state_ends_hold(enum fasti_record_state state);

/* May the record at the front of bytes that came from a log be that of a new booking or hold? Every
 * field's range, its size (fasti_record_bytes <= bytes then) and the zeros at its end; nothing that
 * it names is looked up. record is 8-byte aligned. */
bool fasti_record_is_sound(const struct fasti_record *record, size_t bytes);
/* The same of a record in any state, as a snapshot keeps it. */
bool fasti_record_is_kept_sound(const struct fasti_record *record, size_t bytes);
/* The same, and what its state says of patient, payload and flags: as one that is loaded. */
bool fasti_record_is_load_sound(const struct fasti_record *record, size_t bytes);

struct fasti_record_entry {
    _Atomic uint64_t cell;
    _Atomic uint32_t next_schedule, next_patient; /* older record of the same chain; 0 = end */
    _Atomic uint32_t durable;
    uint32_t emitted; /* committer only */
};

struct fasti_record_chunk {
    struct fasti_record_entry entries[FASTI_RECORD_CHUNK];
};

/* Chunks are cut from huge pages: a fault for each 4 KiB of them would cost more than replaying the
 * records in it. Under the lock, which is taken once a chunk. */
struct fasti_record_slabs {
    pthread_mutex_t lock;
    uint32_t slab_count, cut_count; /* chunks that were cut of the newest slab */
    uint8_t **slabs;                /* room for as many as FASTI_RECORDS_MAX need */
};

enum fasti_chunk_state {
    FASTI_CHUNK_OPEN,
    FASTI_CHUNK_CLOSED,  /* all numbers were given, and none of them is taken up again */
    FASTI_CHUNK_EMPTIED, /* all records were purged, and the chains swept */
};

struct fasti_records {
    struct fasti_record_slabs slabs;
    _Atomic(struct fasti_record_chunk *) *chunks; /* FASTI_RECORDS_MAX / FASTI_RECORD_CHUNK */
    _Atomic uint8_t *chunk_states;                /* of each: enum fasti_chunk_state */
    _Atomic uint32_t *patients;                   /* heads, FASTI_PATIENT_BUCKETS */
    _Atomic uint64_t next_id;
    /* The least number that was given to a new record since the start (UINT64_MAX: none was). Below
     * it, and from next_id on, an entry that is empty is nobody's: LOAD may fill it. */
    _Atomic uint64_t issued_first;
    _Atomic uint64_t purged_end; /* above every number that was purged: none below comes again */
    pthread_mutex_t load_lock;   /* one LOAD at a time; it looks at numbers, then makes records */
};

/* false: no memory. */
bool fasti_records_init(struct fasti_records *records);
void fasti_records_deinit(struct fasti_records *records);

/* The entry of an id, its chunk made if need be; NULL: no memory or beyond FASTI_RECORDS_MAX. */
struct fasti_record_entry *fasti_records_get(struct fasti_records *records, fasti_record_id id);

/* Before new records' numbers are taken from next_id on: notes the first one that ever is. */
void fasti_records_issue(struct fasti_records *records);

/* NULL where no chunk is. */
struct fasti_record_entry *fasti_records_find(struct fasti_records *records, fasti_record_id id);

/* The cell word of a part: of item i of a record, at entry id + i. */
static inline uint64_t fasti_record_part_word(uint64_t record) {
    return fasti_cell_word(FASTI_TAG_VALUE, 1, (uint32_t)record);
}
/* The number of the record that an entry belongs to: its own, or that of which it is a part. */
static inline uint64_t fasti_record_of_entry(struct fasti_record_entry *entry, uint64_t id) {
    const uint64_t word = fasti_load_acquire(&entry->cell); /* pairs with records_publish */
    return fasti_cell_tag(word) == FASTI_TAG_VALUE ? fasti_cell_index(word) : id;
}

/* Patient references are compared byte for byte, inside one organization. */
uint64_t fasti_patient_bucket(fasti_organization_id organization, const char *patient,
                              size_t length);

/* The bucket of a record's patient. */
static inline uint64_t fasti_record_bucket(const struct fasti_record *record) {
    return fasti_patient_bucket((fasti_organization_id){record->organization},
                                fasti_record_patient(record), record->patient_length);
}

/* A new record becomes visible: its entry names it, its parts their record. Every entry exists. */
void fasti_records_publish(struct fasti_records *records, const struct fasti_record *record,
                           uint32_t index);

/* Adds a record to the chain of its patient; its items to those of their schedules follow with
 * link_item. Committer or replay only. */
void fasti_records_link_patient(struct fasti_records *records, const struct fasti_record *record);
void fasti_records_link_item(struct fasti_records *records, const struct fasti_record *record,
                             uint32_t item, _Atomic uint32_t *schedule_head);

/* ---- what is gone ---- */

/* A record of these numbers is purged. */
static inline void fasti_records_purged(struct fasti_records *records, uint64_t id,
                                        uint32_t items) {
    uint64_t end = fasti_load_relaxed(&records->purged_end);
    while (end < id + items && !fasti_cas_seq_cst(&records->purged_end, &end, id + items))
        ;
}

/* Was the record of an entry purged? Also of a part whose record is being published: who empties
 * chunks looks once more after the grace. */
bool fasti_records_is_gone(struct fasti_records *records, uint64_t id);

/* One step along a chain from *link on: over the next entry, or past one that is gone, which is
 * taken out. false: the chain is over. The committer's role, or replay; readers may be on it. */
bool fasti_records_sweep(struct fasti_records *records, _Atomic uint32_t **link, bool is_patient);

/* Is every number of a chunk without a record: purged, or (a gap) never used? */
bool fasti_records_is_chunk_gone(struct fasti_records *records, uint64_t chunk);

static inline enum fasti_chunk_state fasti_records_chunk_state(const struct fasti_records *records,
                                                               uint64_t chunk) {
    return (enum fasti_chunk_state)fasti_load_seq_cst(&records->chunk_states[chunk]);
}
static inline void fasti_records_chunk_set(struct fasti_records *records, uint64_t chunk,
                                           enum fasti_chunk_state state) {
    fasti_store_seq_cst(&records->chunk_states[chunk], (uint8_t)state);
}

/* Is one of these numbers in a chunk that is not open any more? It is not given again then. */
bool fasti_records_are_closed(const struct fasti_records *records, uint64_t first, uint32_t items);

/* Empties a closed chunk that is gone, out of all chains, and that nobody can hold an entry of. */
void fasti_records_chunk_empty(struct fasti_records *records, uint64_t chunk);

#endif
