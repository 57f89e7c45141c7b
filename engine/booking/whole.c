/*
 * whole.c - records taken apart and put together.
 */
#include "engine/booking/whole.h"

#include <string.h>

#include "engine/base/bytes.h"
#include "engine/booking/record.h"

_Static_assert(FASTI_WHOLE_BYTES_MAX == FASTI_RECORD_BYTES_MAX, "the same record");

/* What is wrong in a word; NULL: nothing that can be told apart. */
static const char *fault_of(const struct fasti_whole *whole) {
    if (whole->record.v == 0 || whole->record.v >= FASTI_RECORDS_MAX)
        return "record";
    if (whole->organization.v == 0)
        return "organization";
    if (whole->item_count < 1 || whole->item_count > FASTI_ITEMS_MAX)
        return "items";
    if (whole->patient_length > FASTI_PATIENT_BYTES_MAX)
        return "patient";
    if (whole->payload_length > FASTI_PAYLOAD_BYTES_MAX)
        return "payload";
    if (whole->modality > FASTI_MODALITY_HOME)
        return "modality";
    if (whole->source == 0 && whole->key != 0)
        return "key";
    if (whole->changed_ms < 0 || whole->changed_ms > FASTI_RECORD_CHANGED_MAX)
        return "changed_ms";
    return NULL;
}

size_t fasti_whole_encode(const struct fasti_whole *whole, uint8_t *bytes, size_t room,
                          const char **field) {
    *field = fault_of(whole);
    if (*field != NULL)
        return 0;
    const struct fasti_record head = {
        .id = (uint32_t)whole->record.v,
        .organization = whole->organization.v,
        .kind = whole->kind,
        .state = whole->state,
        .reason = whole->reason,
        .patient_length = whole->patient_length,
        .payload_length = whole->payload_length,
        .item_count = whole->item_count & FASTI_RECORD_ITEMS,
        .flags = ((whole->is_override ? FASTI_RECORD_OVERRIDE : 0) |
                  (uint32_t)whole->modality << FASTI_RECORD_MODALITY_SHIFT) &
                 FASTI_RECORD_PLAIN_FLAGS,
        .created_ms = whole->created_ms,
    };
    const struct fasti_record_hold hold = {.expires_ms = whole->expires_ms,
                                           .token = {whole->token_low, whole->token_high}};
    const struct fasti_record_source source = {.source = whole->source, .key = whole->key};
    const struct fasti_record_parts parts = {
        .items = whole->items,
        .hold = whole->was_held ? &hold : NULL,
        .moved_from = whole->moved_from.v,
        .source = whole->source != 0 ? &source : NULL,
        .request = whole->request,
        .changed_ms = whole->changed_ms,
        .patient = whole->patient,
        .payload = whole->payload,
    };
    const struct fasti_record full = fasti_record_head_of(&head, &parts);
    struct fasti_writer writer = {.bytes = bytes, .capacity = room};
    fasti_record_write(&writer, &full, &parts);
    if (writer.failed)
        return 0;
    if (fasti_record_is_load_sound((const struct fasti_record *)(const void *)bytes, writer.size))
        return writer.size;
    *field = "state";
    return 0;
}

size_t fasti_whole_decode(const uint8_t *bytes, size_t size, struct fasti_whole *whole) {
    const struct fasti_record *record = (const struct fasti_record *)(const void *)bytes;
    if (!fasti_record_is_load_sound(record, size))
        return 0;
    const struct fasti_record_hold *hold = fasti_record_hold(record);
    const struct fasti_record_source *source = fasti_record_source(record);
    *whole = (struct fasti_whole){
        .record = {record->id},
        .organization = {record->organization},
        .kind = record->kind,
        .state = record->state,
        .reason = record->reason,
        .modality =
            (uint8_t)((record->flags & FASTI_RECORD_MODALITY) >> FASTI_RECORD_MODALITY_SHIFT),
        .is_override = (record->flags & FASTI_RECORD_OVERRIDE) != 0,
        .created_ms = record->created_ms,
        .changed_ms = fasti_record_changed_ms(record),
        .request = fasti_record_request(record),
        .was_held = hold != NULL,
        .moved_from = {fasti_record_moved_from(record)},
        .item_count = record->item_count,
        .payload_length = record->payload_length,
        .patient_length = record->patient_length,
        .items = record->items,
        .patient = fasti_record_patient(record),
        .payload = fasti_record_payload(record),
    };
    if (hold != NULL) {
        whole->expires_ms = hold->expires_ms;
        whole->token_low = hold->token.low;
        whole->token_high = hold->token.high;
    }
    if (source != NULL) {
        whole->source = source->source;
        whole->key = source->key;
    }
    return fasti_record_bytes(record);
}
