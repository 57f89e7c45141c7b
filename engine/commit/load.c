/*
 * load.c - entries that come from a disk are checked, never asserted.
 */
#include "engine/commit/load.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/booking/config_effect.h"
#include "engine/booking/hold.h"
#include "engine/booking/retire.h"
#include "engine/calendar/cell.h"
#include "engine/commit/entries.h"
#include "engine/rules/period.h"

#define PROGRESS_ENTRIES 65536

/* A section of the directory, to be read again. */
struct directory_section {
    uint64_t offset;
    uint32_t kinds; /* a bit a kind that has entries in it */
};

struct loader {
    struct fasti_load *load;
    struct fasti_state *state;
    struct fasti_snapshot_reader reader;
    struct fasti_detail *detail;
    struct directory_section *sections;
    uint32_t section_count, section_capacity;
    bool is_directory_loaded;
    struct fasti_publish publish;
    uint64_t progress_at;
    uint32_t staged_import, staged_place; /* of the entry before; 0: there was none */
};

static enum fasti_status corrupt(struct loader *loader, const char *what, uint64_t number) {
    return fasti_detail_set(loader->detail, FASTI_CORRUPT_SNAPSHOT, "%s: %s %" PRIu64,
                            loader->reader.name, what, number);
}

/* An entry's fixed part; NULL: the section ends in the middle of it. */
static const void *entry_take(const struct fasti_section *section, size_t *at, size_t size) {
    if (section->size - *at < size)
        return NULL;
    const void *entry = section->bytes + *at;
    *at += size;
    return entry;
}

/* ---- staged puts ---- */

static enum fasti_status staged_load(struct loader *loader, const struct fasti_section *section,
                                     size_t *at) {
    struct fasti_state *state = loader->state;
    const struct fasti_entry_staged *entry = entry_take(section, at, sizeof *entry);
    const uint8_t *bytes = entry == NULL || entry->bytes > FASTI_EFFECT_BYTES_MAX
                               ? NULL
                               : entry_take(section, at, fasti_entry_padded(entry->bytes));
    if (bytes == NULL || fasti_put_decode(bytes, entry->bytes, state->put_scratch) != FASTI_OK)
        return corrupt(loader, "a staged put is not well formed, of import",
                       entry == NULL ? 0 : entry->import);
    if (entry->place >= FASTI_IMPORTS_MAX)
        return corrupt(loader, "a staged put is in no place, of import", entry->import);
    if (loader->staged_import != entry->import && loader->staged_place == entry->place) {
        struct fasti_staged_import *ended =
            fasti_import_find(&state->imports, loader->staged_import);
        if (ended != NULL) /* while the walk was at it; the directory has what it put */
            fasti_import_end(ended);
    }
    loader->staged_import = entry->import;
    loader->staged_place = entry->place;
    struct fasti_staged_import *import = fasti_import_of_log(&state->imports, entry->import);
    if (import == NULL ||
        !fasti_catchup_note_import(loader->load->catchup, entry->import, entry->config_version))
        return corrupt(loader, "too many imports are open, with", entry->import);
    FASTI_TRY(fasti_import_reserve(import));
    return fasti_import_append(import, bytes, entry->bytes);
}

/* ---- the directory ---- */

static const struct fasti_entry_directory *directory_take(const struct fasti_section *section,
                                                          size_t *at, const uint8_t **bytes) {
    const struct fasti_entry_directory *entry = entry_take(section, at, sizeof *entry);
    if (entry == NULL || entry->bytes > FASTI_EFFECT_BYTES_MAX ||
        entry->kind < FASTI_ENTITY_ORGANIZATION || entry->kind > FASTI_ENTITY_ZONE)
        return NULL;
    *bytes = entry_take(section, at, fasti_entry_padded(entry->bytes));
    return *bytes == NULL ? NULL : entry;
}

static enum fasti_status directory_note(struct loader *loader,
                                        const struct fasti_section *section) {
    if (loader->section_count == loader->section_capacity) {
        const uint32_t capacity = loader->section_capacity == 0 ? 64 : loader->section_capacity * 2;
        struct directory_section *grown =
            realloc(loader->sections, capacity * sizeof *loader->sections);
        if (grown == NULL)
            return FASTI_LIMIT_MEMORY;
        loader->sections = grown;
        loader->section_capacity = capacity;
    }
    struct directory_section *noted = &loader->sections[loader->section_count++];
    *noted = (struct directory_section){.offset = section->offset};
    for (size_t at = 0; at < section->size;) {
        const uint8_t *bytes;
        const struct fasti_entry_directory *entry = directory_take(section, &at, &bytes);
        if (entry == NULL)
            return corrupt(loader, "a directory entry is not well formed, at", section->offset);
        noted->kinds |= 1u << entry->kind;
    }
    return FASTI_OK;
}

static enum fasti_status put_load(struct loader *loader, const struct fasti_entry_directory *entry,
                                  const uint8_t *bytes) {
    struct fasti_state *state = loader->state;
    struct fasti_catchup *catchup = loader->load->catchup;
    struct fasti_put *put = &state->put_scratch->put;
    struct fasti_hash128 delta;
    uint32_t id = 0;
    if (fasti_put_decode(bytes, entry->bytes, state->put_scratch) != FASTI_OK ||
        (uint32_t)put->kind != entry->kind)
        return corrupt(loader, "a directory entry is not well formed, id", entry->id);
    const enum fasti_status status =
        fasti_directory_publish(state->directory, put, &loader->publish, &id, &delta);
    if (status == FASTI_LIMIT_MEMORY)
        return status;
    if (status != FASTI_OK || id != entry->id)
        return corrupt(loader, "a directory entry cannot be put, id", entry->id);
    if (!fasti_catchup_note_config(catchup, put->kind, id, entry->config_version))
        return FASTI_LIMIT_MEMORY;
    if (entry->config_version < catchup->directory_version)
        catchup->directory_version = entry->config_version;
    loader->load->digest = fasti_hash128_add(loader->load->digest, delta);
    loader->load->entries++;
    fasti_limbo_drain(&loader->load->booking->limbo);
    return FASTI_OK;
}

static enum fasti_status section_put(struct loader *loader, const struct fasti_section *section,
                                     uint32_t kinds) {
    for (size_t at = 0; at < section->size;) {
        const uint8_t *bytes;
        const struct fasti_entry_directory *entry = directory_take(section, &at, &bytes);
        if (entry == NULL)
            return corrupt(loader, "a directory entry is not well formed, at", section->offset);
        if ((kinds & 1u << entry->kind) != 0)
            FASTI_TRY(put_load(loader, entry, bytes));
    }
    return FASTI_OK;
}

/* All sections of the directory were noted: what is named first, then who names it. */
static enum fasti_status directory_load(struct loader *loader) {
    static const uint32_t orders[] = {
        1u << FASTI_ENTITY_ZONE,     1u << FASTI_ENTITY_ORGANIZATION,
        1u << FASTI_ENTITY_LOCATION, 1u << FASTI_ENTITY_PRACTITIONER,
        1u << FASTI_ENTITY_SERVICE,  1u << FASTI_ENTITY_SCHEDULE | 1u << FASTI_ENTITY_OPENINGS,
    };
    loader->is_directory_loaded = true;
    loader->load->catchup->directory_version = UINT32_MAX;
    for (uint32_t order = 0; order < sizeof orders / sizeof orders[0]; order++) {
        for (uint32_t i = 0; i < loader->section_count; i++) {
            struct fasti_section section;
            if ((loader->sections[i].kinds & orders[order]) == 0)
                continue;
            FASTI_TRY(fasti_snapshot_again(&loader->reader, loader->sections[i].offset, &section,
                                           loader->detail));
            FASTI_TRY(section_put(loader, &section, orders[order]));
        }
    }
    if (loader->load->catchup->directory_version == UINT32_MAX)
        loader->load->catchup->directory_version = 0; /* it was empty */
    return FASTI_OK;
}

/* ---- heads, days, guards ---- */

/* A link of a chain: 0, or a number below those that are given next, whose entry exists then (an
 * empty one, until its record is loaded). */
static enum fasti_status link_check(struct loader *loader, uint64_t link) {
    if (link == 0)
        return FASTI_OK;
    if (link >= loader->load->header.record_next)
        return corrupt(loader, "a chain leads to no record:", link);
    return fasti_records_get(&loader->state->records, (fasti_record_id){link}) == NULL
               ? FASTI_LIMIT_MEMORY
               : FASTI_OK;
}

static enum fasti_status head_load(struct loader *loader, const struct fasti_section *section,
                                   size_t *at) {
    struct fasti_state *state = loader->state;
    const struct fasti_entry_head *entry = entry_take(section, at, sizeof *entry);
    if (entry == NULL || entry->record == 0 || entry->record >= loader->load->header.record_next)
        return corrupt(loader, "a chain begins at no record, at", section->offset);
    FASTI_TRY(link_check(loader, entry->record));
    if (entry->what == FASTI_HEAD_PATIENT && entry->key < FASTI_PATIENT_BUCKETS) {
        fasti_store_relaxed(&state->records.patients[entry->key], (uint32_t)entry->record);
        loader->load->catchup->patient_lsns[entry->key] = entry->lsn;
        return FASTI_OK;
    }
    struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, (fasti_schedule_id){entry->key});
    if (entry->what != FASTI_HEAD_SCHEDULE || schedule == NULL)
        return corrupt(loader, "a chain is of unknown schedule", entry->key);
    fasti_store_relaxed(&schedule->record_head, (uint32_t)entry->record);
    return fasti_catchup_note_schedule(loader->load->catchup, entry->key, entry->lsn)
               ? FASTI_OK
               : FASTI_LIMIT_MEMORY;
}

/* A private copy of a page; *index 0 for none. */
static enum fasti_status page_load(struct loader *loader, const struct fasti_page *page,
                                   uint32_t bytes, uint32_t *index) {
    *index = 0;
    if (bytes == 0)
        return FASTI_OK;
    if (!fasti_page_is_sound(page, bytes))
        return FASTI_CORRUPT_SNAPSHOT;
    *index = fasti_arena_alloc(&loader->load->booking->arena, bytes);
    if (*index == 0)
        return FASTI_LIMIT_MEMORY;
    memcpy(fasti_arena_at(&loader->state->arena, *index), page, bytes);
    return FASTI_OK;
}

/* What was stored of a schedule before this mark, and retired while it was walked, goes again. */
static enum fasti_status retired_load(struct loader *loader, struct fasti_days *days,
                                      fasti_schedule_id id, fasti_date end) {
    if (fasti_days_chunk_of(end).v != end.v || end.v == FASTI_DATE_FIRST ||
        fasti_days_is_retired(days, (fasti_date){end.v - 1}))
        return corrupt(loader, "days retire twice, schedule", id.v);
    fasti_retire_alone(loader->load->booking, days, end);
    return FASTI_OK;
}

static enum fasti_status day_load(struct loader *loader, const struct fasti_section *section,
                                  size_t *at) {
    struct fasti_state *state = loader->state;
    const bool is_guard = section->kind == FASTI_SECTION_GUARDS;
    const struct fasti_entry_day *entry = entry_take(section, at, sizeof *entry);
    const struct fasti_page *page =
        entry == NULL || entry->bytes > FASTI_ARENA_SIZE_MAX || entry->bytes % 8 != 0
            ? NULL
            : entry_take(section, at, entry->bytes);
    if (page == NULL || entry->version > FASTI_VERSION_MAX ||
        (entry->version == 0 && entry->bytes != 0))
        return corrupt(loader, "a day is not well formed, at", section->offset);
    const fasti_schedule_id id = fasti_cell_id_schedule(entry->cell);
    const fasti_date date = fasti_cell_id_date(entry->cell);
    struct fasti_schedule *schedule = fasti_schedule_get(state->directory, id);
    const enum fasti_cell_kind kind = is_guard ? FASTI_CELL_GUARD : FASTI_CELL_DAY;
    if (schedule == NULL || fasti_cell_id_kind(entry->cell) != kind ||
        (is_guard ? !fasti_period_is_guard(date) || entry->bytes != 0
                  : !fasti_date_is_bookable(date)))
        return corrupt(loader, "a day is of unknown schedule", id.v);
    struct fasti_days *days = is_guard ? &schedule->guards : &schedule->days;
    if (entry->version == 0)
        return retired_load(loader, days, id, date);
    uint32_t index;
    const enum fasti_status status = page_load(loader, page, entry->bytes, &index);
    if (status != FASTI_OK)
        return status == FASTI_LIMIT_MEMORY ? status
                                            : corrupt(loader, "a day is not sound, schedule", id.v);
    const struct fasti_day_ref ref = fasti_days_get(&loader->load->booking->arena, days, date);
    if (ref.chunk == NULL)
        return ref.is_retired
                   ? corrupt(loader, "a day stands behind its retirement, schedule", id.v)
                   : FASTI_LIMIT_MEMORY;
    if (fasti_load_relaxed(&ref.chunk->cells[ref.at]) != 0)
        return corrupt(loader, "a day stands there twice, schedule", id.v);
    fasti_store_relaxed(&ref.chunk->cells[ref.at],
                        fasti_cell_word(FASTI_TAG_PAGE, entry->version, index));
    ref.chunk->emitted[ref.at] = entry->version;
    fasti_store_relaxed(&ref.chunk->durable[ref.at], entry->version);
    return FASTI_OK;
}

/* ---- records ---- */

/* Every number of a new record has an entry that nobody else has. */
static enum fasti_status entries_make(struct loader *loader, uint64_t id, uint32_t items) {
    for (uint32_t i = 0; i < items; i++) {
        const struct fasti_record_entry *entry =
            fasti_records_get(&loader->state->records, (fasti_record_id){id + i});
        if (entry == NULL)
            return FASTI_LIMIT_MEMORY;
        if (fasti_load_relaxed(&entry->cell) != 0)
            return corrupt(loader, "a record stands there twice:", id);
    }
    return FASTI_OK;
}

static enum fasti_status schedules_check(struct loader *loader, const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const uint32_t schedule = record->items[i].schedule;
        if (schedule == 0 || schedule > FASTI_SCHEDULES_MAX)
            return corrupt(loader, "a record is of unknown schedule", schedule);
        if (schedule > loader->load->schedule_max)
            loader->load->schedule_max = schedule;
    }
    return FASTI_OK;
}

static enum fasti_status links_load(struct loader *loader, const struct fasti_entry_record *entry,
                                    const uint8_t *links, uint64_t id) {
    struct fasti_state *state = loader->state;
    FASTI_TRY(link_check(loader, entry->next_patient));
    for (uint32_t i = 0; i < entry->items; i++) {
        struct fasti_record_entry *part =
            fasti_records_find(&state->records, (fasti_record_id){id + i});
        uint32_t next;
        memcpy(&next, links + i * sizeof next, sizeof next);
        FASTI_TRY(link_check(loader, next));
        FASTI_ASSERT(part != NULL); /* made for all of them before */
        fasti_store_relaxed(&part->next_schedule, next);
    }
    struct fasti_record_entry *first = fasti_records_find(&state->records, (fasti_record_id){id});
    FASTI_ASSERT(first != NULL);
    fasti_store_relaxed(&first->next_patient, entry->next_patient);
    first->emitted = entry->version;
    fasti_store_relaxed(&first->durable, entry->version);
    return FASTI_OK;
}

/* One that was purged: its entries, so that the chains through it go on. */
static enum fasti_status purged_load(struct loader *loader, const struct fasti_entry_record *entry,
                                     const uint8_t *links, uint64_t id) {
    struct fasti_records *records = &loader->state->records;
    if (id == 0 || id >= loader->load->header.record_next ||
        loader->load->header.record_next - id < entry->items)
        return corrupt(loader, "a purged record has a number that was never given:", id);
    FASTI_TRY(entries_make(loader, id, entry->items));
    for (uint32_t i = 1; i < entry->items; i++)
        fasti_store_relaxed(&fasti_records_find(records, (fasti_record_id){id + i})->cell,
                            fasti_record_part_word(id));
    fasti_store_relaxed(&fasti_records_find(records, (fasti_record_id){id})->cell,
                        fasti_cell_word(FASTI_TAG_PAGE, entry->version, 0));
    return links_load(loader, entry, links, id);
}

static enum fasti_status record_load(struct loader *loader, const struct fasti_section *section,
                                     size_t *at) {
    struct fasti_state *state = loader->state;
    struct fasti_booking *booking = loader->load->booking;
    const struct fasti_entry_record *entry = entry_take(section, at, sizeof *entry);
    if (entry == NULL || entry->items < 1 || entry->items > FASTI_ITEMS_MAX ||
        entry->version == 0 || entry->version > FASTI_VERSION_MAX || entry->bytes % 8 != 0)
        return corrupt(loader, "a record is not well formed, at", section->offset);
    const uint8_t *links =
        entry_take(section, at, fasti_entry_padded(entry->items * (uint32_t)sizeof(uint32_t)));
    const void *body = links == NULL ? NULL : entry_take(section, at, entry->bytes);
    const struct fasti_record *record = body;
    if (body != NULL && entry->bytes == FASTI_ENTRY_PURGED)
        return purged_load(loader, entry, links, *(const uint64_t *)body);
    if (record == NULL || !fasti_record_is_kept_sound(record, entry->bytes) ||
        record->item_count != entry->items || fasti_record_bytes(record) != entry->bytes)
        return corrupt(loader, "a record is not sound, at", section->offset);
    FASTI_TRY(entries_make(loader, record->id, record->item_count));
    FASTI_TRY(schedules_check(loader, record));
    const uint32_t index = fasti_arena_alloc(&booking->arena, fasti_record_room(record));
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    struct fasti_record *made = fasti_arena_at(&state->arena, index);
    memcpy(made, record, entry->bytes);
    fasti_records_publish(&state->records, made, index);
    struct fasti_record_entry *first =
        fasti_records_find(&state->records, (fasti_record_id){record->id});
    fasti_store_relaxed(&first->cell, fasti_cell_word(FASTI_TAG_PAGE, entry->version, index));
    FASTI_TRY(links_load(loader, entry, links, record->id));
    fasti_add_relaxed(&state->appointments, (uint64_t)fasti_record_is_counted(record));
    const struct fasti_record_hold *hold = fasti_record_hold(record);
    if (hold != NULL && record->state == FASTI_STATE_HELD)
        (void)fasti_hold_timer_add(booking, record->id, hold->expires_ms);
    loader->load->digest = fasti_hash128_add(loader->load->digest, fasti_record_digest(record));
    return FASTI_OK;
}

/* ---- request ids ---- */

static enum fasti_status request_load(struct loader *loader, const struct fasti_section *section,
                                      size_t *at) {
    struct fasti_requests *requests = &loader->state->requests;
    const struct fasti_entry_request *entry = entry_take(section, at, sizeof *entry);
    if (entry == NULL ||
        (entry->what != FASTI_REQUEST_EFFECT && entry->what != FASTI_REQUEST_HORIZON))
        return corrupt(loader, "a request id is not well formed, at", section->offset);
    if (entry->what == FASTI_REQUEST_HORIZON) {
        fasti_requests_restore_horizon(requests, entry->bucket,
                                       loader->load->header.request_buckets, entry->horizon_ms);
        return FASTI_OK;
    }
    const struct fasti_request request = {
        .id = {.low = entry->id_low, .high = entry->id_high},
        .organization = {entry->organization},
        .hash = entry->hash,
    };
    fasti_requests_restore(requests, &request, &entry->answer);
    return FASTI_OK;
}

/* ---- all of it ---- */

static enum fasti_status entry_load(struct loader *loader, const struct fasti_section *section,
                                    size_t *at) {
    switch (section->kind) {
    case FASTI_SECTION_STAGED: return staged_load(loader, section, at);
    case FASTI_SECTION_HEADS: return head_load(loader, section, at);
    case FASTI_SECTION_DAYS:
    case FASTI_SECTION_GUARDS: return day_load(loader, section, at);
    case FASTI_SECTION_RECORDS: return record_load(loader, section, at);
    case FASTI_SECTION_REQUESTS: return request_load(loader, section, at);
    case FASTI_SECTION_DIRECTORY: break;
    }
    return fasti_detail_set(loader->detail, FASTI_UNSUPPORTED_FORMAT,
                            "%s has a section of a kind that this version does not know",
                            loader->reader.name);
}

static enum fasti_status section_load(struct loader *loader, const struct fasti_section *section) {
    if (section->kind == FASTI_SECTION_DIRECTORY)
        return directory_note(loader, section);
    for (size_t at = 0; at < section->size; loader->load->entries++)
        FASTI_TRY(entry_load(loader, section, &at));
    return FASTI_OK;
}

static bool may_go_on(struct loader *loader) {
    const struct fasti_load *load = loader->load;
    if (load->progress == NULL || load->entries < loader->progress_at)
        return true;
    loader->progress_at = load->entries + PROGRESS_ENTRIES;
    return load->progress(load->progress_context, load->entries,
                          (double)(fasti_clock_monotonic_ns() - load->started_ns) / 1e9);
}

static enum fasti_status sections_load(struct loader *loader) {
    struct fasti_section section;
    bool has = true;
    while (has) {
        if (!may_go_on(loader))
            return FASTI_STARTING;
        FASTI_TRY(fasti_snapshot_next(&loader->reader, &section, &has, loader->detail));
        const bool is_early = has && (section.kind == FASTI_SECTION_STAGED ||
                                      section.kind == FASTI_SECTION_DIRECTORY);
        if (!loader->is_directory_loaded && !is_early) {
            const uint64_t offset = section.offset;
            FASTI_TRY(directory_load(loader)); /* its reads move the window */
            if (has)
                FASTI_TRY(fasti_snapshot_again(&loader->reader, offset, &section, loader->detail));
        } else if (loader->is_directory_loaded && is_early) {
            return corrupt(loader, "a section comes too late, at", section.offset);
        }
        if (has)
            FASTI_TRY(section_load(loader, &section));
    }
    return FASTI_OK;
}

enum fasti_status fasti_load_snapshot(struct fasti_load *load, struct fasti_io *io,
                                      uint64_t generation, struct fasti_detail *detail) {
    struct fasti_state *state = load->booking->state;
    struct loader loader = {.load = load, .state = state, .detail = detail};
    FASTI_TRY(fasti_snapshot_open(&loader.reader, io, generation, detail));
    const struct fasti_snapshot_header *header = &loader.reader.header;
    load->header = *header;
    load->is_mended = loader.reader.is_mended;
    enum fasti_status status = FASTI_OK;
    if (header->key_id != 0)
        status = fasti_detail_set(detail, FASTI_UNSUPPORTED_FORMAT,
                                  "%s is encrypted, which this version does not read",
                                  loader.reader.name);
    fasti_arena_load_expect(&state->arena, header->body_bytes);
    loader.publish = fasti_config_publish_of(load->booking, header->logged_ms, true);
    loader.publish.later = fasti_publish_begin();
    if (status == FASTI_OK)
        status = sections_load(&loader);
    fasti_publish_finish(state->directory, &loader.publish);
    fasti_snapshot_close(&loader.reader);
    free(loader.sections);
    if (status != FASTI_OK)
        return status;
    fasti_store_relaxed(&state->config_version, load->header.config_version);
    fasti_store_relaxed(&state->config_durable, load->header.config_version);
    state->config_emitted = load->header.config_version;
    if (load->header.import_next > state->imports.next_id)
        state->imports.next_id = load->header.import_next;
    if (load->header.record_next > fasti_load_relaxed(&state->records.next_id))
        fasti_store_relaxed(&state->records.next_id, load->header.record_next);
    fasti_store_relaxed(&state->records.purged_end, load->header.purged_end);
    return FASTI_OK;
}
