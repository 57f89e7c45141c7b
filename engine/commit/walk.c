/*
 * walk.c - one step places at most one entry, or moves on over what holds nothing.
 */
#include "engine/commit/walk.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/calendar/claim.h"
#include "engine/commit/entries.h"
#include "engine/directory/put_of.h"

#define CLOCK_STEPS   16   /* between two looks at the clock: some microseconds */
#define EMPTY_HEADS   1024 /* what holds nothing is passed by so many at once */
#define EMPTY_BUCKETS 64

enum step {
    STEP_ON,   /* go on */
    STEP_WAIT, /* not now: the writer is full, or somebody is waited for */
    STEP_END,  /* the stage is over */
};

/* ---- begin and end ---- */

bool fasti_walk_begin(struct fasti_walk *walk, struct fasti_state *state,
                      struct fasti_snapshot_writer *writer) {
    *walk = (struct fasti_walk){.state = state, .writer = writer};
    walk->view = malloc(sizeof *walk->view);
    walk->openings = malloc(FASTI_OPENINGS_MAX * sizeof *walk->openings);
    walk->scratch_put = malloc(sizeof *walk->scratch_put);
    return walk->view != NULL && walk->openings != NULL && walk->scratch_put != NULL;
}

void fasti_walk_end(struct fasti_walk *walk) {
    free(walk->view);
    free(walk->openings);
    free(walk->scratch_put);
    free(walk->scratch);
    memset(walk, 0, sizeof *walk);
}

/* ---- staged puts: under the configuration lock ---- */

static enum step staged_step(struct fasti_walk *walk) {
    if (walk->place == FASTI_IMPORTS_MAX)
        return STEP_END;
    const struct fasti_staged_import *import = &walk->state->imports.places[walk->place];
    if (import->id != walk->import) { /* another one stands there now */
        walk->import = import->id;
        walk->put = 0;
    }
    if (import->id == 0 || walk->put >= import->count) {
        walk->place++;
        walk->import = 0;
        walk->put = 0;
        return STEP_ON;
    }
    const struct fasti_staged_put *put = &import->puts[walk->put];
    const uint32_t padded = fasti_entry_padded(put->size);
    struct fasti_entry_staged *entry =
        fasti_snapshot_place(walk->writer, FASTI_SECTION_STAGED, (uint32_t)sizeof *entry + padded);
    if (entry == NULL)
        return STEP_WAIT;
    *entry = (struct fasti_entry_staged){.import = import->id,
                                         .config_version =
                                             fasti_load_relaxed(&walk->state->config_version),
                                         .bytes = put->size,
                                         .place = walk->place};
    memset((uint8_t *)(entry + 1) + put->size, 0, padded - put->size);
    memcpy(entry + 1, put->bytes, put->size);
    walk->put++;
    return STEP_ON;
}

/* ---- the directory: under the configuration lock ---- */

/* What a stored record names must be stored behind it, for it may be made while the walk goes on.
 */
static enum fasti_entity_kind kind_after(enum fasti_entity_kind kind) {
    switch (kind) {
    case FASTI_ENTITY_SCHEDULE: return FASTI_ENTITY_SERVICE;
    case FASTI_ENTITY_SERVICE: return FASTI_ENTITY_PRACTITIONER;
    case FASTI_ENTITY_PRACTITIONER: return FASTI_ENTITY_LOCATION;
    case FASTI_ENTITY_LOCATION: return FASTI_ENTITY_ORGANIZATION;
    case FASTI_ENTITY_ORGANIZATION: return FASTI_ENTITY_ZONE;
    case FASTI_ENTITY_OPENINGS:
    case FASTI_ENTITY_ZONE: break;
    }
    return FASTI_ENTITY_OPENINGS; /* none */
}

/* Adds the entry of the scratch put to the scratch; false: no memory. */
static bool scratch_add(struct fasti_walk *walk, uint32_t id) {
    const size_t wanted = sizeof(struct fasti_entry_directory) +
                          (fasti_put_bytes_max(walk->scratch_put) + 15) / 8 * 8;
    if (walk->scratch_capacity - walk->scratch_bytes < wanted) {
        const size_t capacity = walk->scratch_bytes + wanted + 4096;
        uint8_t *grown = realloc(walk->scratch, capacity);
        if (grown == NULL)
            return false;
        walk->scratch = grown;
        walk->scratch_capacity = capacity;
    }
    struct fasti_entry_directory entry = {
        .kind = (uint32_t)walk->scratch_put->kind,
        .id = id,
        .config_version = fasti_load_relaxed(&walk->state->config_version),
    };
    struct fasti_writer writer = {.bytes = walk->scratch + walk->scratch_bytes + sizeof entry,
                                  .capacity = wanted - sizeof entry};
    fasti_put_encode(&writer, walk->scratch_put);
    entry.bytes = (uint32_t)writer.size;
    fasti_write_pad8(&writer);
    FASTI_ASSERT(!writer.failed);
    memcpy(walk->scratch + walk->scratch_bytes, &entry, sizeof entry);
    walk->scratch_bytes += sizeof entry + writer.size;
    return true;
}

/* A record and, of a schedule, its openings, as they are now. */
static bool record_take(struct fasti_walk *walk, uint32_t id) {
    const struct fasti_directory *directory = walk->state->directory;
    walk->scratch_bytes = walk->scratch_at = 0;
    if (fasti_put_of(directory, walk->kind, id, walk->scratch_put) == NULL)
        return true;
    if (!scratch_add(walk, id))
        return false;
    uint32_t at = 0;
    while (walk->kind == FASTI_ENTITY_SCHEDULE &&
           fasti_put_of_openings(directory, (fasti_schedule_id){id}, &at, walk->openings,
                                 walk->scratch_put))
        if (!scratch_add(walk, id))
            return false;
    return true;
}

/* Places the next entry that waits in the scratch. */
static enum step scratch_step(struct fasti_walk *walk) {
    struct fasti_entry_directory entry;
    memcpy(&entry, walk->scratch + walk->scratch_at, sizeof entry);
    const uint32_t bytes = (uint32_t)sizeof entry + fasti_entry_padded(entry.bytes);
    void *place = fasti_snapshot_place(walk->writer, FASTI_SECTION_DIRECTORY, bytes);
    if (place == NULL)
        return STEP_WAIT;
    memcpy(place, walk->scratch + walk->scratch_at, bytes);
    walk->scratch_at += bytes;
    walk->entries[2]++;
    return STEP_ON;
}

static enum step directory_step(struct fasti_walk *walk) {
    if (walk->scratch_at < walk->scratch_bytes)
        return scratch_step(walk);
    if (walk->kind == FASTI_ENTITY_OPENINGS)
        return STEP_END;
    const uint32_t count = fasti_directory_count(walk->state->directory, walk->kind);
    if (walk->at > count) {
        if (walk->kind == FASTI_ENTITY_SCHEDULE)
            walk->schedule_count = count;
        walk->kind = kind_after(walk->kind);
        walk->at = 1;
        return STEP_ON;
    }
    walk->has_failed = !record_take(walk, (uint32_t)walk->at);
    walk->at++;
    return walk->has_failed ? STEP_WAIT : STEP_ON;
}

/* ---- heads ---- */

static uint64_t head_at(const struct fasti_walk *walk) {
    struct fasti_state *state = walk->state;
    if (walk->is_patients)
        return fasti_load_acquire(&state->records.patients[walk->at]);
    const fasti_schedule_id id = {(uint32_t)walk->at};
    return fasti_load_acquire(&fasti_schedule_get(state->directory, id)->record_head);
}

static enum step heads_step(struct fasti_walk *walk) {
    if (walk->at == walk->end) {
        if (walk->is_patients)
            return STEP_END;
        walk->is_patients = true;
        walk->at = 0;
        walk->end = FASTI_PATIENT_BUCKETS;
        return STEP_ON;
    }
    uint64_t head = head_at(walk);
    for (uint32_t i = 0; head == 0 && i < EMPTY_HEADS && walk->at + 1 < walk->end; i++) {
        walk->at++;
        head = head_at(walk);
    }
    if (head != 0) {
        struct fasti_entry_head *entry =
            fasti_snapshot_place(walk->writer, FASTI_SECTION_HEADS, sizeof *entry);
        if (entry == NULL)
            return STEP_WAIT;
        *entry = (struct fasti_entry_head){
            .lsn = walk->lsn,
            .record = head,
            .what = walk->is_patients ? FASTI_HEAD_PATIENT : FASTI_HEAD_SCHEDULE,
            .key = (uint32_t)walk->at,
        };
    }
    walk->at++;
    return STEP_ON;
}

/* ---- days and guards ---- */

static enum step day_place(struct fasti_walk *walk, enum fasti_section_kind kind, uint64_t cell,
                           uint64_t word) {
    const uint32_t index = kind == FASTI_SECTION_DAYS ? fasti_cell_index(word) : 0;
    const struct fasti_page *page = index == 0 ? NULL : fasti_arena_at(&walk->state->arena, index);
    const uint32_t bytes = page == NULL ? 0 : (uint32_t)fasti_page_bytes(page);
    struct fasti_entry_day *entry =
        fasti_snapshot_place(walk->writer, kind, (uint32_t)sizeof *entry + bytes);
    if (entry == NULL)
        return STEP_WAIT;
    *entry =
        (struct fasti_entry_day){.cell = cell, .version = fasti_cell_version(word), .bytes = bytes};
    if (page != NULL)
        memcpy(entry + 1, page, bytes);
    walk->entries[0]++;
    return STEP_ON;
}

/* Behind the cells of schedule `at`: before which date they retired, also while it was walked. */
static enum step retired_place(struct fasti_walk *walk, enum fasti_section_kind kind,
                               const struct fasti_days *days) {
    const fasti_date end = {fasti_load_seq_cst(&days->retired_end)};
    const fasti_schedule_id id = {(uint32_t)walk->at};
    if (end.v != 0) {
        struct fasti_entry_day *entry = fasti_snapshot_place(walk->writer, kind, sizeof *entry);
        if (entry == NULL)
            return STEP_WAIT;
        *entry = (struct fasti_entry_day){.cell = kind == FASTI_SECTION_DAYS
                                                      ? fasti_cell_id_day(id, end)
                                                      : fasti_cell_id_guard(id, end)};
        walk->entries[0]++;
    }
    walk->at++;
    walk->date.v = FASTI_DATE_FIRST;
    return STEP_ON;
}

/* From walk->date on to the next cell of schedule `at` that was ever swapped. */
static enum step days_step(struct fasti_walk *walk, enum fasti_section_kind kind) {
    struct fasti_state *state = walk->state;
    if (walk->at == walk->end)
        return STEP_END;
    const fasti_schedule_id id = {(uint32_t)walk->at};
    struct fasti_schedule *schedule = fasti_schedule_get(state->directory, id);
    struct fasti_days *days = kind == FASTI_SECTION_DAYS ? &schedule->days : &schedule->guards;
    fasti_date first;
    struct fasti_day_chunk *chunk = fasti_days_next_chunk(&state->arena, days, walk->date, &first);
    if (chunk == NULL)
        return retired_place(walk, kind, days);
    if (walk->date.v < first.v)
        walk->date = first;
    for (; walk->date.v < first.v + FASTI_CHUNK_DAYS && walk->date.v <= FASTI_DATE_LAST;
         walk->date.v++) {
        const uint64_t word = fasti_cell_read(&state->arena, &chunk->cells[walk->date.v - first.v]);
        if (fasti_cell_version(word) == 0)
            continue;
        const uint64_t cell = kind == FASTI_SECTION_DAYS ? fasti_cell_id_day(id, walk->date)
                                                         : fasti_cell_id_guard(id, walk->date);
        const enum step step = day_place(walk, kind, cell, word);
        walk->date.v += step == STEP_ON;
        return step;
    }
    return STEP_ON;
}

/* ---- records ---- */

/* How many numbers a purged record had: its parts still name it. */
static uint32_t purged_items(struct fasti_walk *walk) {
    uint32_t items = 1;
    for (; items < FASTI_ITEMS_MAX; items++) {
        const struct fasti_record_entry *part =
            fasti_records_find(&walk->state->records, (fasti_record_id){walk->at + items});
        if (part == NULL || fasti_load_acquire(&part->cell) != fasti_record_part_word(walk->at))
            break;
    }
    return items;
}

/* The entry of record `at` with its links; `bytes` of body go behind them. NULL: no room now. */
static uint8_t *record_place(struct fasti_walk *walk, const struct fasti_record_entry *from,
                             uint64_t word, uint32_t items, uint32_t bytes) {
    const uint32_t links = fasti_entry_padded(items * (uint32_t)sizeof(uint32_t));
    struct fasti_entry_record *entry = fasti_snapshot_place(
        walk->writer, FASTI_SECTION_RECORDS, (uint32_t)sizeof *entry + links + bytes);
    if (entry == NULL)
        return NULL;
    *entry = (struct fasti_entry_record){
        .version = fasti_cell_version(word),
        .next_patient = fasti_load_relaxed(&from->next_patient),
        .items = items,
        .bytes = bytes,
    };
    uint8_t *target = (uint8_t *)(entry + 1);
    memset(target, 0, links);
    for (uint32_t i = 0; i < items; i++) {
        const struct fasti_record_entry *part =
            fasti_records_find(&walk->state->records, (fasti_record_id){walk->at + i});
        const uint32_t next = fasti_load_relaxed(&part->next_schedule);
        memcpy(target + i * sizeof next, &next, sizeof next);
    }
    return target + links;
}

static enum step records_step(struct fasti_walk *walk) {
    struct fasti_state *state = walk->state;
    if (walk->at == walk->end)
        return STEP_END;
    const uint64_t chunk = walk->at / FASTI_RECORD_CHUNK;
    struct fasti_record_entry *from =
        fasti_records_find(&state->records, (fasti_record_id){walk->at});
    if (from == NULL || fasti_records_chunk_state(&state->records, chunk) == FASTI_CHUNK_EMPTIED) {
        const uint64_t next = (chunk + 1) * FASTI_RECORD_CHUNK;
        walk->at = next < walk->end ? next : walk->end;
        return STEP_ON;
    }
    const uint64_t word = fasti_cell_read(&state->arena, &from->cell);
    if (fasti_cell_tag(word) != FASTI_TAG_PAGE || word == 0) {
        walk->at++;
        return STEP_ON;
    }
    const struct fasti_record *record =
        fasti_cell_index(word) == 0 ? NULL : fasti_arena_at(&state->arena, fasti_cell_index(word));
    const uint32_t bytes =
        record == NULL ? FASTI_ENTRY_PURGED : (uint32_t)fasti_record_bytes(record);
    const uint32_t items = record == NULL ? purged_items(walk) : record->item_count;
    uint8_t *body = record_place(walk, from, word, items, bytes);
    if (body == NULL)
        return STEP_WAIT;
    if (record == NULL)
        memcpy(body, &walk->at, sizeof walk->at);
    else
        memcpy(body, record, bytes);
    walk->at++;
    walk->entries[1]++;
    return STEP_ON;
}

/* ---- request ids ---- */

/* What was pending in this bucket when the walk came by may be an effect below the snapshot's
 * floor: it is stored once it has its answer. What came later has a greater LSN. */
static bool is_settled(struct fasti_walk *walk) {
    if (!walk->is_looked)
        memset(walk->pending, 0xff, sizeof walk->pending); /* the first look */
    fasti_requests_look(&walk->state->requests, (uint32_t)walk->at, walk->view);
    uint64_t left = 0;
    for (uint32_t way = 0; way < FASTI_REQUEST_WAYS; way++) {
        const bool waits = walk->view->pending[way] != 0 &&
                           (!walk->is_looked || walk->view->pending[way] == walk->pending[way]);
        walk->pending[way] = waits ? walk->view->pending[way] : 0;
        left |= walk->pending[way];
    }
    walk->is_looked = true;
    return left == 0;
}

static enum step requests_step(struct fasti_walk *walk) {
    if (walk->at == walk->end)
        return STEP_END;
    if (walk->view_at == UINT32_MAX) {
        if (!is_settled(walk))
            return STEP_WAIT;
        walk->view_at = 0;
    }
    const struct fasti_requests_view *view = walk->view;
    for (uint32_t i = 0;
         view->count == 0 && view->horizon_ms == 0 && i < EMPTY_BUCKETS && walk->at + 1 < walk->end;
         i++) {
        walk->at++;
        walk->is_looked = false;
        if (!is_settled(walk)) {
            walk->view_at = UINT32_MAX;
            return STEP_WAIT;
        }
    }
    if (walk->view_at > view->count || (view->horizon_ms == 0 && walk->view_at == view->count)) {
        walk->at++;
        walk->view_at = UINT32_MAX;
        walk->is_looked = false;
        return STEP_ON;
    }
    struct fasti_entry_request *entry =
        fasti_snapshot_place(walk->writer, FASTI_SECTION_REQUESTS, sizeof *entry);
    if (entry == NULL)
        return STEP_WAIT;
    if (walk->view_at == view->count) {
        *entry = (struct fasti_entry_request){.what = FASTI_REQUEST_HORIZON,
                                              .bucket = (uint32_t)walk->at,
                                              .horizon_ms = view->horizon_ms};
    } else {
        const struct fasti_request *request = &view->requests[walk->view_at];
        *entry = (struct fasti_entry_request){
            .what = FASTI_REQUEST_EFFECT,
            .id_low = request->id.low,
            .id_high = request->id.high,
            .organization = request->organization.v,
            .hash = request->hash,
            .answer = view->answers[walk->view_at],
        };
    }
    walk->view_at++;
    return STEP_ON;
}

/* ---- slices ---- */

static void stage_begin(struct fasti_walk *walk, enum fasti_walk_stage stage) {
    struct fasti_state *state = walk->state;
    walk->stage = stage;
    walk->at = 1;
    walk->end = (uint64_t)walk->schedule_count + 1; /* of a later one replay has everything */
    walk->date.v = FASTI_DATE_FIRST;
    if (stage == FASTI_WALK_DIRECTORY)
        walk->kind = FASTI_ENTITY_SCHEDULE;
    /* A number that is given later is made by an effect that is replayed. */
    if (stage == FASTI_WALK_RECORDS)
        walk->end = fasti_load_relaxed(&state->records.next_id);
    if (stage == FASTI_WALK_REQUESTS) {
        walk->at = 0;
        walk->end = state->requests.bucket_count;
        walk->view_at = UINT32_MAX;
    }
}

static enum step step_of(struct fasti_walk *walk) {
    switch (walk->stage) {
    case FASTI_WALK_STAGED: return staged_step(walk);
    case FASTI_WALK_DIRECTORY: return directory_step(walk);
    case FASTI_WALK_HEADS: return heads_step(walk);
    case FASTI_WALK_DAYS: return days_step(walk, FASTI_SECTION_DAYS);
    case FASTI_WALK_GUARDS: return days_step(walk, FASTI_SECTION_GUARDS);
    case FASTI_WALK_RECORDS: return records_step(walk);
    case FASTI_WALK_REQUESTS: return requests_step(walk);
    case FASTI_WALK_DONE: break;
    }
    return STEP_WAIT;
}

static bool is_over(const struct fasti_walk_budget *budget, uint32_t steps) {
    if (steps >= budget->entries)
        return true;
    return budget->end_ns != 0 && steps % CLOCK_STEPS == 0 &&
           fasti_clock_monotonic_ns() >= budget->end_ns;
}

enum fasti_walk_stage fasti_walk_slice(struct fasti_walk *walk, uint64_t lsn,
                                       struct fasti_walk_budget budget) {
    pthread_mutex_t *lock = &walk->state->config_lock;
    bool is_locked = false;
    walk->lsn = lsn;
    for (uint32_t steps = 0; walk->stage != FASTI_WALK_DONE && !is_over(&budget, steps); steps++) {
        const bool needs_lock = walk->stage <= FASTI_WALK_DIRECTORY;
        if (needs_lock && !is_locked) {
            if (pthread_mutex_trylock(lock) != 0)
                break;
            is_locked = true;
        }
        const enum step step = step_of(walk);
        if (step == STEP_WAIT)
            break;
        if (step == STEP_END)
            stage_begin(walk, walk->stage + 1);
        if (is_locked && walk->stage > FASTI_WALK_DIRECTORY) {
            pthread_mutex_unlock(lock);
            is_locked = false;
        }
    }
    if (is_locked)
        pthread_mutex_unlock(lock);
    return walk->stage;
}
