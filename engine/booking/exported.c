/*
 * exported.c - pages of an export; see exported.h.
 */
#include "engine/booking/exported.h"

#include <string.h>

#include "engine/booking/draft.h"
#include "engine/booking/lookup.h"

enum page_step { PAGE_ON, PAGE_FULL, PAGE_WAITS };

/* Adds the record of a number, if there is one and it is told. */
static enum page_step record_add(struct fasti_booking *booking, const struct fasti_pending *pending,
                                 uint64_t id, struct fasti_export_answer *page,
                                 struct fasti_record_ref *ref) {
    *ref = fasti_record_look_any(booking, (fasti_record_id){id});
    if (ref->record == NULL ||
        (pending->organization.v != 0 && ref->record->organization != pending->organization.v))
        return PAGE_ON;
    const uint32_t durable = fasti_load_seq_cst(&ref->entry->durable);
    if (durable == 0)
        return PAGE_ON; /* nobody was told that it was made */
    if (durable < fasti_cell_version(ref->word))
        return PAGE_WAITS;
    const size_t bytes = fasti_record_bytes(ref->record);
    if (page->size + bytes > FASTI_EXPORT_BYTES_MAX)
        return PAGE_FULL;
    memcpy((uint8_t *)booking->exported + page->size, ref->record, bytes);
    page->size += (uint32_t)bytes;
    return PAGE_ON;
}

/* The number after one whose chunk was never made: of the next chunk. */
static uint64_t next_number(struct fasti_records *records, uint64_t id) {
    return fasti_records_find(records, (fasti_record_id){id}) != NULL
               ? id + 1
               : (id / FASTI_RECORD_CHUNK + 1) * FASTI_RECORD_CHUNK;
}

/* One try. PAGE_WAITS: for *durable to reach *version. */
static enum page_step page_fill(struct fasti_booking *booking, struct fasti_pending *pending,
                                _Atomic uint32_t **durable, uint32_t *version) {
    struct fasti_state *state = booking->state;
    struct fasti_export_answer *page = &pending->answer.body.exported;
    *page = (struct fasti_export_answer){.bytes = (const uint8_t *)booking->exported,
                                         .next = pending->query.export_after};
    const uint64_t end = fasti_load_seq_cst(&state->records.next_id);
    uint64_t id = pending->query.export_after.v + 1;
    for (uint32_t looked = 0; id < end && looked < FASTI_LOOKUP_SLICE; looked++) {
        struct fasti_record_ref ref;
        const enum page_step step = record_add(booking, pending, id, page, &ref);
        if (step == PAGE_WAITS) {
            *durable = &ref.entry->durable;
            *version = fasti_cell_version(ref.word);
            return step;
        }
        if (step == PAGE_FULL)
            break;
        id = next_number(&state->records, id);
        page->next.v = (id < end ? id : end) - 1;
    }
    page->more = id < end;
    *durable = &state->config_durable;
    *version = fasti_load_seq_cst(&state->config_version);
    return fasti_load_seq_cst(*durable) < *version ? PAGE_WAITS : PAGE_FULL;
}

enum fasti_disposition fasti_export_page(struct fasti_booking *booking,
                                         struct fasti_pending *pending) {
    if (pending->query.export_after.v >= FASTI_RECORDS_MAX) {
        pending->answer.status = fasti_detail_set(
            &pending->answer.detail, FASTI_INVALID_RANGE, "there are no records behind number %llu",
            (unsigned long long)pending->query.export_after.v);
        return FASTI_ANSWERED;
    }
    while (pending->tries++ < FASTI_LOOKUP_TRIES_MAX) {
        _Atomic uint32_t *durable = NULL;
        uint32_t version = 0;
        if (page_fill(booking, pending, &durable, &version) != PAGE_WAITS) {
            pending->answer.outcome = FASTI_OUTCOME_FOUND;
            return FASTI_ANSWERED;
        }
        pending->kind = FASTI_PENDING_EXPORT;
        if (!fasti_wait_for_one(booking, pending, durable, version))
            return FASTI_WAITING;
    }
    pending->answer.status = fasti_detail_set(&pending->answer.detail, FASTI_BUSY,
                                              "the records change too fast to be told; try again");
    return FASTI_ANSWERED;
}
