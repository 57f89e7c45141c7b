/*
 * log_image.h - segment files made by hand for the simulated disk: what no running log would write.
 *
 *   begin -> batch ... -> place: one ACTIVE segment, number 1, sealed with right checksums
 *   file:  any bytes under any name
 *
 * Payloads and digests are the caller's, so a test or fuzzer reaches replay with effects that no
 * engine made.
 */
#ifndef FASTI_TESTS_SUPPORT_LOG_IMAGE_H
#define FASTI_TESTS_SUPPORT_LOG_IMAGE_H

#include "engine/storage/batch.h"
#include "engine/storage/log.h"

struct log_image {
    uint8_t *bytes; /* aligned to a block */
    size_t size;    /* of the segment, whole blocks */
    size_t used;
    uint64_t lsn_next, epoch;
    struct fasti_hash128 chain; /* checksum of the last batch */
};

/* size: whole blocks, at least FASTI_SEGMENT_BYTES_MIN. Freed by place. */
void log_image_begin(struct log_image *image, size_t size);

/* Appends one batch; false: it does not fit. epoch is image->epoch. */
bool log_image_batch(struct log_image *image, const uint8_t *payload, uint32_t payload_bytes,
                     uint32_t effect_count, int64_t logged_ms, struct fasti_hash128 digest);

/* Puts the segment on the disk under its name and frees the image. */
void log_image_place(struct log_image *image, struct fasti_sim_disk *disk);

/* Makes a file of size bytes (whole sectors). Its whole blocks have these bytes, the rest is 0.
 * bytes: aligned to a block. */
void log_image_file(struct fasti_sim_disk *disk, const char *name, const uint8_t *bytes,
                    size_t size);

/* Over all files: names, sizes, bytes. */
struct fasti_hash128 log_image_hash(struct fasti_sim_disk *disk);

#endif
