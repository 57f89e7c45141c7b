/*
 * encode.h - the canonical bytes of a directory record, for the digest and for "did it change?".
 * The encodings are written down at the head of encode.c. Pure functions, any thread.
 */
#ifndef FASTI_DIRECTORY_ENCODE_H
#define FASTI_DIRECTORY_ENCODE_H

#include "engine/directory/state.h"

#define FASTI_ENCODING_BYTES_MAX (128 + 12 * FASTI_ZONE_TRANSITIONS_MAX)

struct fasti_encoding {
    size_t size;
    uint8_t bytes[FASTI_ENCODING_BYTES_MAX];
};

/* A record of a kind but OPENINGS; SCHEDULE takes a configuration (openings left out). */
void fasti_encode_record(struct fasti_encoding *encoding, enum fasti_entity_kind kind, uint32_t id,
                         const void *record);
void fasti_encode_opening(struct fasti_encoding *encoding, fasti_schedule_id schedule,
                          const struct fasti_opening *opening);

bool fasti_encoding_equal(const struct fasti_encoding *a, const struct fasti_encoding *b);

/* Whether two openings would be encoded alike. */
bool fasti_opening_equal(const struct fasti_opening *a, const struct fasti_opening *b);

/* What one record, or all openings of one schedule, add to the digest. NULL record: nothing. */
struct fasti_hash128 fasti_digest_record(enum fasti_entity_kind kind, uint32_t id,
                                         const void *record);
struct fasti_hash128 fasti_digest_openings(fasti_schedule_id schedule,
                                           const struct fasti_schedule_config *config);

#endif
