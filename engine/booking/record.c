/*
 * record.c - the growing table of record entries and its chains.
 */
#include "engine/booking/record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/base/huge.h"
#include "engine/base/panic.h"
#include "engine/time/zone.h"

#define CHUNK_COUNT    (FASTI_RECORDS_MAX / FASTI_RECORD_CHUNK)
#define SLAB_BYTES     (FASTI_RECORD_SLAB_CHUNKS * sizeof(struct fasti_record_chunk))
#define SLABS_MAX      (CHUNK_COUNT / FASTI_RECORD_SLAB_CHUNKS)
#define PATIENTS_BYTES (FASTI_PATIENT_BUCKETS * sizeof(uint32_t))

#define FLAGS_KNOWN                                                                           \
    (FASTI_RECORD_HOLD | FASTI_RECORD_MOVED | FASTI_RECORD_OVERRIDE | FASTI_RECORD_MODALITY | \
     FASTI_RECORD_SOURCE | FASTI_RECORD_REQUEST | FASTI_RECORD_CHANGED)
#define FLAGS_BLOCK \
    (FASTI_RECORD_MOVED | FASTI_RECORD_SOURCE | FASTI_RECORD_REQUEST | FASTI_RECORD_CHANGED)
_Static_assert(FLAGS_KNOWN < 1 << 9, "flags fit");

static bool item_is_sound(const struct fasti_item *item) {
    return item->start_utc_s >= FASTI_ZONE_FIRST_UTC_S &&
           item->start_utc_s < FASTI_ZONE_END_UTC_S &&
           item->offset_minutes >= -FASTI_ZONE_OFFSET_SECONDS_MAX / 60 &&
           item->offset_minutes <= FASTI_ZONE_OFFSET_SECONDS_MAX / 60 && item->minutes >= 1 &&
           item->minutes <= FASTI_LOCAL_DAY_MINUTES_MAX &&
           item->before_minutes <= FASTI_BUFFER_MINUTES_MAX &&
           item->after_minutes <= FASTI_BUFFER_MINUTES_MAX && item->seats >= 1 &&
           item->seats <= item->seats_max && item->seats_max <= FASTI_SEATS_MAX &&
           item->service <= FASTI_SERVICES_MAX;
}

/* See ARCHITECTURE.md, "The life of a record", for the picture. */
bool fasti_state_may(enum fasti_record_state from, enum fasti_record_state to) {
    switch (from) {
    case FASTI_STATE_HELD:
        return to == FASTI_STATE_BOOKED || to == FASTI_STATE_PENDING ||
               to == FASTI_STATE_RELEASED || to == FASTI_STATE_EXPIRED;
    case FASTI_STATE_PENDING:
        return to == FASTI_STATE_BOOKED || to == FASTI_STATE_DECLINED ||
               to == FASTI_STATE_CANCELLED || to == FASTI_STATE_MOVED;
    case FASTI_STATE_BOOKED:
        return to == FASTI_STATE_CANCELLED || to == FASTI_STATE_ARRIVED ||
               to == FASTI_STATE_FULFILLED || to == FASTI_STATE_NOSHOW || to == FASTI_STATE_MOVED;
    case FASTI_STATE_ARRIVED:
        return to == FASTI_STATE_FULFILLED || to == FASTI_STATE_CANCELLED ||
               to == FASTI_STATE_NOSHOW;
    case FASTI_STATE_NOSHOW: return to == FASTI_STATE_ARRIVED || to == FASTI_STATE_FULFILLED;
    case FASTI_STATE_CANCELLED:
    case FASTI_STATE_EXPIRED:
    case FASTI_STATE_DECLINED:
    case FASTI_STATE_FULFILLED:
    case FASTI_STATE_MOVED:
    case FASTI_STATE_RELEASED: break;
    }
    return false;
}

bool fasti_state_frees(enum fasti_record_state state) {
    return state == FASTI_STATE_CANCELLED || state == FASTI_STATE_EXPIRED ||
           state == FASTI_STATE_DECLINED || state == FASTI_STATE_MOVED ||
           state == FASTI_STATE_RELEASED;
}

bool fasti_state_ends_hold(enum fasti_record_state state) {
    return state == FASTI_STATE_RELEASED || state == FASTI_STATE_EXPIRED;
}

/* Kind, state, patient and flags of a new record, or of one that was confirmed. */
static bool nature_is_sound(const struct fasti_record *record) {
    const bool is_hold = record->state == FASTI_STATE_HELD;
    if ((record->flags & ~FLAGS_KNOWN) != 0 ||
        is_hold != ((record->flags & FASTI_RECORD_HOLD) != 0))
        return false;
    if (record->kind == FASTI_RECORD_BLOCK)
        return record->state == FASTI_STATE_BOOKED && (record->flags & ~FLAGS_BLOCK) == 0 &&
               record->patient_length == 0;
    return record->kind == FASTI_RECORD_APPOINTMENT && (record->flags & FASTI_RECORD_SOURCE) == 0 &&
           (is_hold || record->state == FASTI_STATE_BOOKED ||
            record->state == FASTI_STATE_PENDING) &&
           is_hold == (record->patient_length == 0) && (!is_hold || record->payload_length == 0);
}

/* What stands behind the items: nothing that would say what its absence says. */
static bool flagged_is_sound(const struct fasti_record *record) {
    const struct fasti_record_source *source = fasti_record_source(record);
    const fasti_request_id request = fasti_record_request(record);
    return (source == NULL || (source->source != 0 && source->zeros == 0)) &&
           ((record->flags & FASTI_RECORD_MOVED) == 0 || fasti_record_moved_from(record) != 0) &&
           ((record->flags & FASTI_RECORD_REQUEST) == 0 || (request.low | request.high) != 0) &&
           ((record->flags & FASTI_RECORD_CHANGED) == 0 ||
            fasti_record_changed_ms(record) != record->created_ms);
}

/* Sizes, items, what flags say and the zeros at the end. */
static bool shape_is_sound(const struct fasti_record *record, size_t bytes) {
    if (bytes < sizeof *record || record->patient_length > FASTI_PATIENT_BYTES_MAX ||
        record->payload_length > FASTI_PAYLOAD_BYTES_MAX || record->item_count < 1 ||
        record->item_count > FASTI_ITEMS_MAX || bytes < fasti_record_bytes(record) ||
        record->id == 0 || record->id > FASTI_RECORDS_MAX - record->item_count)
        return false;
    if (!flagged_is_sound(record))
        return false;
    for (uint32_t i = 0; i < record->item_count; i++)
        if (!item_is_sound(&record->items[i]))
            return false;
    const uint8_t *tail = fasti_record_payload(record) + record->payload_length;
    const uint8_t *end = (const uint8_t *)record + fasti_record_bytes(record);
    uint8_t rest = 0;
    for (; tail < end; tail++)
        rest |= *tail;
    return rest == 0;
}

bool fasti_record_is_sound(const struct fasti_record *record, size_t bytes) {
    return shape_is_sound(record, bytes) && nature_is_sound(record) && record->reason == 0;
}

bool fasti_record_is_kept_sound(const struct fasti_record *record, size_t bytes) {
    if (!shape_is_sound(record, bytes) || record->state < FASTI_STATE_BOOKED ||
        record->state > FASTI_STATE_RELEASED || (record->flags & ~FLAGS_KNOWN) != 0)
        return false;
    const bool is_hold = record->state == FASTI_STATE_HELD ||
                         fasti_state_ends_hold((enum fasti_record_state)record->state);
    return (record->kind == FASTI_RECORD_BLOCK || record->kind == FASTI_RECORD_APPOINTMENT) &&
           is_hold == ((record->flags & FASTI_RECORD_HOLD) != 0);
}

/* A block: booked, or ended by hand or by the one that replaced it. */
static bool block_is_load_sound(const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++)
        if (record->items[i].service != 0)
            return false;
    return (record->state == FASTI_STATE_BOOKED || record->state == FASTI_STATE_CANCELLED ||
            record->state == FASTI_STATE_MOVED) &&
           (record->flags & ~FLAGS_BLOCK) == 0 && record->patient_length == 0;
}

static bool appointment_is_load_sound(const struct fasti_record *record) {
    const bool is_hold = (record->flags & FASTI_RECORD_HOLD) != 0;
    const uint32_t modality =
        (record->flags & FASTI_RECORD_MODALITY) >> FASTI_RECORD_MODALITY_SHIFT;
    for (uint32_t i = 0; i < record->item_count; i++)
        if (record->items[i].service == 0)
            return false;
    return (record->flags & FASTI_RECORD_SOURCE) == 0 && modality <= FASTI_MODALITY_HOME &&
           is_hold == (record->patient_length == 0) && (!is_hold || record->payload_length == 0);
}

/* Did each item start on a bookable date of its place, by the clock of then? */
static bool dates_are_bookable(const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const int64_t local_s =
            record->items[i].start_utc_s + record->items[i].offset_minutes * INT64_C(60);
        if (local_s < FASTI_DATE_FIRST * INT64_C(86400) ||
            local_s >= (FASTI_DATE_LAST + 1) * INT64_C(86400))
            return false;
    }
    return true;
}

/* Are its times some of this calendar's, and a hold's end one that a hold may have? */
static bool times_are_sound(const struct fasti_record *record) {
    const int64_t end_ms = FASTI_ZONE_END_UTC_S * 1000;
    const struct fasti_record_hold *hold = fasti_record_hold(record);
    const int64_t changed_ms = fasti_record_changed_ms(record);
    return record->created_ms >= 0 && record->created_ms < end_ms && changed_ms >= 0 &&
           changed_ms < end_ms &&
           (hold == NULL ||
            (hold->expires_ms >= record->created_ms &&
             hold->expires_ms <= record->created_ms + FASTI_HOLD_LIFE_SECONDS * INT64_C(1000)));
}

bool fasti_record_is_load_sound(const struct fasti_record *record, size_t bytes) {
    if (!fasti_record_is_kept_sound(record, bytes) || !dates_are_bookable(record) ||
        !times_are_sound(record))
        return false;
    const bool is_moved = (record->flags & FASTI_RECORD_MOVED) != 0;
    const uint64_t from = fasti_record_moved_from(record);
    if (is_moved && (from == 0 || from == record->id || from >= FASTI_RECORDS_MAX))
        return false;
    return record->kind == FASTI_RECORD_BLOCK ? block_is_load_sound(record)
                                              : appointment_is_load_sound(record);
}

/* ---- parts ---- */

struct fasti_record_parts fasti_record_parts_of(const struct fasti_record *record) {
    return (struct fasti_record_parts){
        .items = record->items,
        .hold = fasti_record_hold(record),
        .moved_from = fasti_record_moved_from(record),
        .source = fasti_record_source(record),
        .request = fasti_record_request(record),
        .changed_ms = fasti_record_changed_ms(record),
        .patient = fasti_record_patient(record),
        .payload = fasti_record_payload(record),
    };
}

struct fasti_record fasti_record_head_of(const struct fasti_record *head,
                                         const struct fasti_record_parts *parts) {
    struct fasti_record made = *head;
    const bool has_request = (parts->request.low | parts->request.high) != 0;
    made.flags = (uint16_t)((head->flags & FASTI_RECORD_PLAIN_FLAGS) |
                            (parts->hold != NULL ? FASTI_RECORD_HOLD : 0) |
                            (parts->moved_from != 0 ? FASTI_RECORD_MOVED : 0) |
                            (parts->source != NULL ? FASTI_RECORD_SOURCE : 0) |
                            (has_request ? FASTI_RECORD_REQUEST : 0) |
                            (parts->changed_ms != head->created_ms ? FASTI_RECORD_CHANGED : 0)) &
                 FLAGS_KNOWN;
    return made;
}

void fasti_record_write(struct fasti_writer *writer, const struct fasti_record *head,
                        const struct fasti_record_parts *parts) {
    fasti_write(writer, head, sizeof *head);
    fasti_write(writer, parts->items, head->item_count * sizeof *parts->items);
    if ((head->flags & FASTI_RECORD_HOLD) != 0)
        fasti_write(writer, parts->hold, sizeof *parts->hold);
    if ((head->flags & FASTI_RECORD_MOVED) != 0)
        fasti_write(writer, &parts->moved_from, sizeof parts->moved_from);
    if ((head->flags & FASTI_RECORD_SOURCE) != 0)
        fasti_write(writer, parts->source, sizeof *parts->source);
    if ((head->flags & FASTI_RECORD_REQUEST) != 0)
        fasti_write(writer, &parts->request, sizeof parts->request);
    if ((head->flags & FASTI_RECORD_CHANGED) != 0)
        fasti_write(writer, &parts->changed_ms, FASTI_RECORD_CHANGED_BYTES);
    fasti_write(writer, parts->patient, head->patient_length);
    fasti_write(writer, parts->payload, head->payload_length);
    fasti_write_pad8(writer);
}

uint32_t fasti_record_make(struct fasti_arena_local *arena, const struct fasti_record *head,
                           const struct fasti_record_parts *parts) {
    const struct fasti_record whole = fasti_record_head_of(head, parts);
    const size_t bytes = fasti_record_bytes(&whole);
    const uint32_t index = fasti_arena_alloc(arena, fasti_record_room(&whole));
    if (index == 0)
        return 0;
    struct fasti_writer writer = {.bytes = fasti_arena_at(arena->arena, index), .capacity = bytes};
    fasti_record_write(&writer, &whole, parts);
    FASTI_ASSERT(!writer.failed && writer.size == bytes);
    return index;
}

/* ---- memory ---- */

/* A zeroed chunk; NULL: no memory. */
static struct fasti_record_chunk *chunk_cut(struct fasti_record_slabs *slabs) {
    if (slabs->slab_count == 0 || slabs->cut_count == FASTI_RECORD_SLAB_CHUNKS) {
        uint8_t *slab = slabs->slab_count == SLABS_MAX ? NULL : fasti_huge_map(SLAB_BYTES);
        if (slab == NULL)
            return NULL;
        slabs->slabs[slabs->slab_count++] = slab;
        slabs->cut_count = 0;
    }
    uint8_t *slab = slabs->slabs[slabs->slab_count - 1];
    return (struct fasti_record_chunk *)(void *)(slab + slabs->cut_count++ *
                                                            sizeof(struct fasti_record_chunk));
}

bool fasti_records_init(struct fasti_records *records) {
    memset(records, 0, sizeof *records);
    pthread_mutex_init(&records->slabs.lock, NULL);
    /* The arrays are large and mostly untouched: calloc leaves that to the kernel's zero pages. */
    records->slabs.slabs = calloc(SLABS_MAX, sizeof *records->slabs.slabs);
    records->chunks = calloc(CHUNK_COUNT, sizeof *records->chunks);
    records->chunk_states = calloc(CHUNK_COUNT, sizeof *records->chunk_states);
    records->patients = fasti_huge_map(PATIENTS_BYTES);
    fasti_store_relaxed(&records->next_id, UINT64_C(1));
    fasti_store_relaxed(&records->issued_first, UINT64_MAX);
    pthread_mutex_init(&records->load_lock, NULL);
    if (records->slabs.slabs != NULL && records->chunks != NULL && records->patients != NULL &&
        records->chunk_states != NULL)
        return true;
    fasti_records_deinit(records);
    return false;
}

void fasti_records_deinit(struct fasti_records *records) {
    for (uint32_t i = 0; i < records->slabs.slab_count; i++)
        (void)munmap(records->slabs.slabs[i], SLAB_BYTES);
    if (records->patients != NULL)
        (void)munmap(records->patients, PATIENTS_BYTES);
    free(records->slabs.slabs);
    free(records->chunks);
    free(records->chunk_states);
    pthread_mutex_destroy(&records->slabs.lock);
    pthread_mutex_destroy(&records->load_lock);
    memset(records, 0, sizeof *records);
}

/* ---- entries ---- */

struct fasti_record_entry *fasti_records_find(struct fasti_records *records, fasti_record_id id) {
    if (id.v == 0 || id.v >= FASTI_RECORDS_MAX)
        return NULL;
    /* pairs with the store in records_get */
    struct fasti_record_chunk *chunk =
        fasti_load_acquire(&records->chunks[id.v / FASTI_RECORD_CHUNK]);
    return chunk == NULL ? NULL : &chunk->entries[id.v % FASTI_RECORD_CHUNK];
}

struct fasti_record_entry *fasti_records_get(struct fasti_records *records, fasti_record_id id) {
    if (id.v == 0 || id.v >= FASTI_RECORDS_MAX)
        return NULL;
    struct fasti_record_entry *entry = fasti_records_find(records, id);
    if (entry != NULL)
        return entry;
    pthread_mutex_lock(&records->slabs.lock);
    _Atomic(struct fasti_record_chunk *) *place = &records->chunks[id.v / FASTI_RECORD_CHUNK];
    if (fasti_load_relaxed(place) == NULL) { /* no other worker was faster */
        struct fasti_record_chunk *made = chunk_cut(&records->slabs);
        if (made != NULL)
            fasti_store_release(place, made); /* pairs with records_find */
    }
    pthread_mutex_unlock(&records->slabs.lock);
    return fasti_records_find(records, id);
}

/* next_id only grows: who sees that it has grown sees this, too (pairs with numbers_reserve in
 * loading.c). Written once or twice a run. */
void fasti_records_issue(struct fasti_records *records) {
    const uint64_t next = fasti_load_relaxed(&records->next_id);
    uint64_t first = fasti_load_relaxed(&records->issued_first);
    while (next < first && !fasti_cas_seq_cst(&records->issued_first, &first, next))
        ;
}

uint64_t fasti_patient_bucket(fasti_organization_id organization, const char *patient,
                              size_t length) {
    return fasti_hash64_seeded(patient, length, organization.v) % FASTI_PATIENT_BUCKETS;
}

/* ---- publishing and chains ---- */

void fasti_records_publish(struct fasti_records *records, const struct fasti_record *record,
                           uint32_t index) {
    const uint64_t part = fasti_record_part_word(record->id);
    for (uint32_t i = 1; i < record->item_count; i++) {
        struct fasti_record_entry *entry =
            fasti_records_find(records, (fasti_record_id){record->id + i});
        fasti_store_release(&entry->cell, part); /* pairs with fasti_record_of_entry */
    }
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){record->id});
    /* The record was private until here; pairs with the loads in cell_read. */
    fasti_store_release(&entry->cell, fasti_cell_word(FASTI_TAG_PAGE, 1, index));
}

void fasti_records_link_patient(struct fasti_records *records, const struct fasti_record *record) {
    if (record->patient_length == 0)
        return;
    const uint64_t bucket = fasti_record_bucket(record);
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){record->id});
    fasti_store_relaxed(&entry->next_patient, fasti_load_relaxed(&records->patients[bucket]));
    fasti_store_release(&records->patients[bucket],
                        (uint32_t)record->id); /* pairs with lookup's walk */
}

void fasti_records_link_item(struct fasti_records *records, const struct fasti_record *record,
                             uint32_t item, _Atomic uint32_t *schedule_head) {
    const uint64_t id = record->id + item;
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){id});
    fasti_store_relaxed(&entry->next_schedule, fasti_load_relaxed(schedule_head));
    fasti_store_release(schedule_head, (uint32_t)id); /* pairs with the chain walk in lookup.c */
}

/* ---- what is gone ---- */

bool fasti_records_is_gone(struct fasti_records *records, uint64_t id) {
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){id});
    uint64_t word = entry == NULL ? 0 : fasti_load_acquire(&entry->cell);
    const bool is_part = fasti_cell_tag(word) == FASTI_TAG_VALUE;
    if (is_part) {
        entry = fasti_records_find(records, (fasti_record_id){fasti_cell_index(word)});
        word = entry == NULL ? 0 : fasti_load_acquire(&entry->cell);
    }
    return fasti_cell_tag(word) == FASTI_TAG_PAGE && fasti_cell_index(word) == 0 &&
           (word != 0 || is_part); /* the chunk before, where its record was, is emptied */
}

bool fasti_records_sweep(struct fasti_records *records, _Atomic uint32_t **link, bool is_patient) {
    const uint32_t id = fasti_load_relaxed(*link);
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){id});
    if (entry == NULL)
        return false;
    _Atomic uint32_t *next = is_patient ? &entry->next_patient : &entry->next_schedule;
    if (fasti_records_is_gone(records, id))
        fasti_store_release(*link, fasti_load_relaxed(next)); /* readers go on from the entry */
    else
        *link = next;
    return true;
}

bool fasti_records_is_chunk_gone(struct fasti_records *records, uint64_t chunk) {
    struct fasti_record_chunk *entries = fasti_load_acquire(&records->chunks[chunk]);
    for (uint32_t i = 0; entries != NULL && i < FASTI_RECORD_CHUNK; i++)
        if (fasti_load_acquire(&entries->entries[i].cell) != 0 &&
            !fasti_records_is_gone(records, chunk * FASTI_RECORD_CHUNK + i))
            return false;
    return true;
}

bool fasti_records_are_closed(const struct fasti_records *records, uint64_t first, uint32_t items) {
    const uint64_t last = first + items - 1;
    return fasti_records_chunk_state(records, first / FASTI_RECORD_CHUNK) != FASTI_CHUNK_OPEN ||
           fasti_records_chunk_state(records, last / FASTI_RECORD_CHUNK) != FASTI_CHUNK_OPEN;
}

void fasti_records_chunk_empty(struct fasti_records *records, uint64_t chunk) {
    struct fasti_record_chunk *entries = fasti_load_acquire(&records->chunks[chunk]);
    FASTI_ASSERT(fasti_records_chunk_state(records, chunk) == FASTI_CHUNK_CLOSED);
    fasti_records_chunk_set(records, chunk, FASTI_CHUNK_EMPTIED);
    /* Anonymous memory reads as zeros after it; where that is refused it is written. */
    if (entries != NULL && madvise(entries, sizeof *entries, MADV_DONTNEED) != 0)
        memset(entries, 0, sizeof *entries);
}
