/*
 * whole.h - a record with all that is kept of it, as plain data and as bytes.
 *
 *   record of the engine --EXPORT--> bytes --decode--> struct fasti_whole --> a line of an export
 *   a line of an export --> struct fasti_whole --encode--> bytes --LOAD--> record of the engine
 *
 * The bytes are those of the log (FORMAT.md, "Record"): a record that was encoded is the record, to
 * the bit, and has its digest. Pure functions, any thread.
 */
#ifndef FASTI_BOOKING_WHOLE_H
#define FASTI_BOOKING_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"

/* What a record takes: the time of one schedule, from its buffer before to its buffer after. In
 * instants: which bits of which days that is follows from the schedule's zone and resolution. */
struct fasti_item {
    uint32_t schedule;
    uint32_t service;       /* 0: a block */
    int64_t start_utc_s;    /* of the visit, without its buffers */
    int16_t offset_minutes; /* local offset at the start, as it was when the record was made */
    uint16_t minutes;       /* of the visit */
    uint8_t before_minutes, after_minutes; /* buffers, taken with it; to FASTI_BUFFER_MINUTES_MAX */
    uint8_t seats;     /* it takes so many of each tick: a visit 1, a block all of them */
    uint8_t seats_max; /* by so many a tick might be taken with it; 1 to FASTI_SEATS_MAX */
};

/* One record. What is borrowed points into the bytes that it was decoded from, or is the caller's.
 */
struct fasti_whole {
    fasti_record_id record;
    fasti_organization_id organization;
    uint8_t kind;  /* enum fasti_record_kind */
    uint8_t state; /* enum fasti_record_state */
    uint8_t reason;
    uint8_t modality; /* enum fasti_modality, as it was asked for */
    bool is_override; /* staff made it against a rule */
    int64_t created_ms, changed_ms;
    fasti_request_id request;
    bool was_held; /* held, released or expired: it has the two below */
    int64_t expires_ms;
    uint64_t token_low, token_high;
    fasti_record_id moved_from; /* 0: none */
    uint32_t source;            /* of a block; 0: by hand */
    uint64_t key;               /* of a block with a source */
    uint16_t item_count;        /* 1 to FASTI_ITEMS_MAX */
    uint16_t payload_length;
    uint8_t patient_length;
    const struct fasti_item *items; /* borrowed; as the next two */
    const char *patient;
    const uint8_t *payload;
};

/* Room for any record. */
#define FASTI_WHOLE_BYTES_MAX                                                     \
    (24 + FASTI_ITEMS_MAX * 24 + 24 + 8 + 16 + 16 + 8 + FASTI_PATIENT_BYTES_MAX + \
     FASTI_PAYLOAD_BYTES_MAX)

/* Writes a record; bytes are 8-byte aligned. Returns how many were written, a multiple of 8; 0: it
 * is not sound (*field names what is wrong with it), or there is no room (*field NULL). */
size_t fasti_whole_encode(const struct fasti_whole *whole, uint8_t *bytes, size_t room,
                          const char **field);

/* Takes the record at the front of bytes (8-byte aligned) apart. Returns its length; 0: there is no
 * record that could be loaded. */
size_t fasti_whole_decode(const uint8_t *bytes, size_t size, struct fasti_whole *whole);

#endif
