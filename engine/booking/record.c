/*
 * record.c - the growing table of record entries and its chains.
 */
#include "engine/booking/record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/time/zone.h"

#define CHUNK_COUNT    (FASTI_RECORDS_MAX / FASTI_RECORD_CHUNK)
#define HUGE_BYTES     ((size_t)2 << 20)
#define SLAB_BYTES     (FASTI_RECORD_SLAB_CHUNKS * sizeof(struct fasti_record_chunk))
#define SLABS_MAX      (CHUNK_COUNT / FASTI_RECORD_SLAB_CHUNKS)
#define PATIENTS_BYTES (FASTI_PATIENT_BUCKETS * sizeof(uint64_t))

#define FLAGS_KNOWN                                                                           \
    (FASTI_RECORD_HOLD | FASTI_RECORD_MOVED | FASTI_RECORD_OVERRIDE | FASTI_RECORD_MODALITY | \
     FASTI_RECORD_SOURCE)

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
        return record->state == FASTI_STATE_BOOKED &&
               (record->flags & ~(FASTI_RECORD_MOVED | FASTI_RECORD_SOURCE)) == 0 &&
               record->patient_length == 0;
    return record->kind == FASTI_RECORD_APPOINTMENT && (record->flags & FASTI_RECORD_SOURCE) == 0 &&
           (is_hold || record->state == FASTI_STATE_BOOKED ||
            record->state == FASTI_STATE_PENDING) &&
           is_hold == (record->patient_length == 0) && (!is_hold || record->payload_length == 0);
}

/* NULL: it has none. */
static bool source_is_sound(const struct fasti_record_source *source) {
    return source == NULL || (source->source != 0 && source->zeros == 0);
}

/* Sizes, items, source and the zeros at the end. */
static bool shape_is_sound(const struct fasti_record *record, size_t bytes) {
    if (bytes < sizeof *record || record->patient_length > FASTI_PATIENT_BYTES_MAX ||
        record->payload_length > FASTI_PAYLOAD_BYTES_MAX || record->item_count < 1 ||
        record->item_count > FASTI_ITEMS_MAX || bytes < fasti_record_bytes(record) ||
        record->id == 0 || record->id > FASTI_RECORDS_MAX - record->item_count)
        return false;
    if (!source_is_sound(fasti_record_source(record)))
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

/* ---- memory ---- */

/* Zeroed memory that faults in whole huge pages where the system has them: aligned to one, which
 * not every kernel does by itself. NULL: none. */
static void *huge_get(size_t bytes) {
    const size_t more = bytes + HUGE_BYTES;
    uint8_t *memory = mmap(NULL, more, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    const size_t before = (HUGE_BYTES - (uintptr_t)memory % HUGE_BYTES) % HUGE_BYTES;
    if (before > 0)
        (void)munmap(memory, before);
    (void)munmap(memory + before + bytes, HUGE_BYTES - before);
    (void)madvise(memory + before, bytes, MADV_HUGEPAGE);
    return memory + before;
}

/* A zeroed chunk; NULL: no memory. */
static struct fasti_record_chunk *chunk_cut(struct fasti_record_slabs *slabs) {
    if (slabs->slab_count == 0 || slabs->cut_count == FASTI_RECORD_SLAB_CHUNKS) {
        uint8_t *slab = slabs->slab_count == SLABS_MAX ? NULL : huge_get(SLAB_BYTES);
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
    records->patients = huge_get(PATIENTS_BYTES);
    fasti_store_relaxed(&records->next_id, UINT64_C(1));
    if (records->slabs.slabs != NULL && records->chunks != NULL && records->patients != NULL)
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
    pthread_mutex_destroy(&records->slabs.lock);
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
    fasti_store_release(&records->patients[bucket], record->id); /* pairs with lookup's walk */
}

void fasti_records_link_item(struct fasti_records *records, const struct fasti_record *record,
                             uint32_t item, _Atomic uint64_t *schedule_head) {
    const uint64_t id = record->id + item;
    struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){id});
    fasti_store_relaxed(&entry->next_schedule, fasti_load_relaxed(schedule_head));
    fasti_store_release(schedule_head, id); /* pairs with the chain walk in lookup.c */
}
