/*
 * reserve.c - the state machine that prepares segments; see reserve.h.
 */
#include "engine/storage/reserve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"

#define RETRY_STEPS 1024 /* between two questions to a full disk */

enum fasti_status fasti_reserve_init(struct fasti_reserve *reserve, struct fasti_io *io,
                                     uint64_t segment_bytes, uint64_t user) {
    *reserve = (struct fasti_reserve){.io = io, .segment_bytes = segment_bytes, .user = user};
    reserve->file.handle = -1;
    reserve->zeros = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_RESERVE_STEP_BYTES);
    reserve->headers = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_SEGMENT_HEADERS_BYTES);
    if (reserve->zeros == NULL || reserve->headers == NULL)
        return FASTI_LIMIT_MEMORY;
    memset(reserve->zeros, 0, FASTI_RESERVE_STEP_BYTES);
    return FASTI_OK;
}

void fasti_reserve_deinit(struct fasti_reserve *reserve) {
    for (uint32_t i = 0; i < reserve->count; i++)
        reserve->io->operations->close_file(reserve->io, reserve->spares[i].file);
    if (reserve->stage != FASTI_RESERVE_IDLE)
        reserve->io->operations->close_file(reserve->io, reserve->file);
    free(reserve->zeros);
    free(reserve->headers);
    *reserve = (struct fasti_reserve){0};
}

void fasti_segment_headers_fill(uint8_t *blocks, const struct fasti_segment_header *header) {
    memset(blocks, 0, FASTI_SEGMENT_HEADERS_BYTES);
    memcpy(blocks, header, sizeof *header);
    memcpy(blocks + FASTI_BLOCK_BYTES, header, sizeof *header);
}

static void spare_add(struct fasti_reserve *reserve, struct fasti_io_file file) {
    FASTI_ASSERT(reserve->count < FASTI_SEGMENTS_RESERVED);
    reserve->spares[reserve->count++] = (struct fasti_spare){file, reserve->number_next};
    reserve->number_next++;
    if (reserve->count == FASTI_SEGMENTS_RESERVED)
        fasti_store_relaxed(&reserve->low, false);
}

enum fasti_status fasti_reserve_adopt(struct fasti_reserve *reserve) {
    const struct fasti_io_operations *operations = reserve->io->operations;
    struct fasti_segment_header header;
    struct fasti_io_file file;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    size_t done;
    fasti_segment_name(name, reserve->number_next);
    FASTI_TRY(operations->open(reserve->io, name, &file));
    const enum fasti_status status =
        operations->read(reserve->io, file, 0, reserve->headers, FASTI_BLOCK_BYTES, &done);
    if (status == FASTI_OK &&
        fasti_segment_header_check(reserve->headers, &header) == FASTI_HEADER_VALID &&
        header.state == FASTI_SEGMENT_PREPARED && header.segment_bytes == reserve->segment_bytes)
        spare_add(reserve, file);
    else
        operations->close_file(reserve->io, file);
    return status;
}

/* The disk is full: what was begun stays as an unfinished file. */
static void give_up(struct fasti_reserve *reserve) {
    if (reserve->stage != FASTI_RESERVE_IDLE)
        reserve->io->operations->close_file(reserve->io, reserve->file);
    reserve->stage = FASTI_RESERVE_IDLE;
    reserve->retry_countdown = RETRY_STEPS;
    fasti_store_relaxed(&reserve->low, true);
}

static bool is_full(int error) {
    return error == ENOSPC || error == EDQUOT;
}

static enum fasti_status begin(struct fasti_reserve *reserve) {
    const struct fasti_io_operations *operations = reserve->io->operations;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    int error = 0;
    if (fasti_reserve_is_low(reserve)) {
        if (reserve->retry_countdown > 0) {
            reserve->retry_countdown--;
            return FASTI_OK;
        }
        reserve->retry_countdown = RETRY_STEPS;
        if (operations->free_bytes(reserve->io) < reserve->segment_bytes)
            return FASTI_OK;
    }
    fasti_segment_name(name, reserve->number_next);
    enum fasti_status status = operations->create(reserve->io, name, &reserve->file);
    if (status == FASTI_EXISTS)
        status = operations->open(reserve->io, name, &reserve->file);
    if (status != FASTI_OK) { /* no room for a name, or no descriptors: as good as full */
        give_up(reserve);
        return FASTI_OK;
    }
    reserve->stage = FASTI_RESERVE_ZEROS;
    reserve->offset = 0;
    status = operations->allocate(reserve->io, reserve->file, reserve->segment_bytes, &error);
    if (status == FASTI_OK || !is_full(error))
        return status;
    give_up(reserve);
    return FASTI_OK;
}

static enum fasti_status header_submit(struct fasti_reserve *reserve, uint32_t worker) {
    struct fasti_segment_header header = {.state = FASTI_SEGMENT_PREPARED,
                                          .log_id = reserve->log_id,
                                          .number = reserve->number_next,
                                          .segment_bytes = reserve->segment_bytes};
    fasti_segment_header_seal(&header);
    fasti_segment_headers_fill(reserve->headers, &header);
    return reserve->io->operations->submit_write(reserve->io, worker, reserve->file, 0,
                                                 reserve->headers, FASTI_SEGMENT_HEADERS_BYTES,
                                                 true, reserve->user);
}

static enum fasti_status zeros_submit(struct fasti_reserve *reserve, uint32_t worker) {
    const uint64_t left = reserve->segment_bytes - reserve->offset;
    reserve->step_bytes =
        left < FASTI_RESERVE_STEP_BYTES ? (uint32_t)left : FASTI_RESERVE_STEP_BYTES;
    return reserve->io->operations->submit_write(reserve->io, worker, reserve->file,
                                                 reserve->offset, reserve->zeros,
                                                 reserve->step_bytes, false, reserve->user);
}

enum fasti_status fasti_reserve_step(struct fasti_reserve *reserve, uint32_t worker) {
    enum fasti_status status = FASTI_OK;
    if (reserve->queued || reserve->count == FASTI_SEGMENTS_RESERVED)
        return FASTI_OK;
    if (reserve->stage == FASTI_RESERVE_IDLE)
        FASTI_TRY(begin(reserve));
    switch (reserve->stage) {
    case FASTI_RESERVE_IDLE: return FASTI_OK; /* the disk is full */
    case FASTI_RESERVE_ZEROS: status = zeros_submit(reserve, worker); break;
    case FASTI_RESERVE_SYNC:
        status =
            reserve->io->operations->submit_sync(reserve->io, worker, reserve->file, reserve->user);
        break;
    case FASTI_RESERVE_HEADER: status = header_submit(reserve, worker); break;
    }
    reserve->queued = status == FASTI_OK;
    return status == FASTI_BUSY ? FASTI_OK : status; /* a full queue: later */
}

enum fasti_status fasti_reserve_complete(struct fasti_reserve *reserve, int32_t result) {
    FASTI_ASSERT(reserve->queued && reserve->stage != FASTI_RESERVE_IDLE);
    reserve->queued = false;
    if (result < 0 && is_full(-result)) {
        give_up(reserve);
        return FASTI_OK;
    }
    switch (reserve->stage) {
    case FASTI_RESERVE_IDLE: FASTI_UNREACHABLE_CODE();
    case FASTI_RESERVE_ZEROS:
        if (result != (int32_t)reserve->step_bytes)
            return FASTI_IO_WRITE;
        reserve->offset += reserve->step_bytes;
        if (reserve->offset == reserve->segment_bytes)
            reserve->stage = FASTI_RESERVE_SYNC;
        break;
    case FASTI_RESERVE_SYNC:
        if (result != 0)
            return FASTI_IO_WRITE;
        reserve->stage = FASTI_RESERVE_HEADER;
        break;
    case FASTI_RESERVE_HEADER:
        if (result != FASTI_SEGMENT_HEADERS_BYTES)
            return FASTI_IO_WRITE;
        reserve->stage = FASTI_RESERVE_IDLE;
        spare_add(reserve, reserve->file);
        break;
    }
    return FASTI_OK;
}

struct fasti_spare fasti_reserve_take(struct fasti_reserve *reserve) {
    FASTI_ASSERT(reserve->count > 0);
    const struct fasti_spare spare = reserve->spares[0];
    reserve->count--;
    for (uint32_t i = 0; i < reserve->count; i++)
        reserve->spares[i] = reserve->spares[i + 1];
    return spare;
}

void fasti_reserve_look_for_room(struct fasti_reserve *reserve) {
    reserve->retry_countdown = 0;
}

bool fasti_reserve_is_low(const struct fasti_reserve *reserve) {
    return fasti_load_relaxed(&reserve->low);
}
