/*
 * snapshot_write.c - sections are filled in one buffer while the other one is written.
 *
 * Writes go through the log's queue beside its own, one at a time, and are not durable each: one
 * sync makes all of them so, and the header's block, which makes the file count, comes after it. A
 * failure is the file's alone: the log goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/storage/snapshot.h"

/* Room is asked for ahead, so that the file lies in few pieces and a full disk is found early. */
#define ROOM_BYTES_MIN (UINT64_C(1) << 20)
#define ROOM_BYTES_MAX (UINT64_C(64) << 20)

static void fail(struct fasti_snapshot_writer *writer, int error) {
    writer->stage = FASTI_SNAPSHOT_FAILED;
    if (writer->error == 0)
        writer->error = error;
}

enum fasti_status fasti_snapshot_begin(struct fasti_snapshot_writer *writer, struct fasti_io *io,
                                       struct fasti_log *log, uint64_t generation) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    *writer = (struct fasti_snapshot_writer){.io = io,
                                             .log = log,
                                             .file = {.handle = -1},
                                             .generation = generation,
                                             .offset = FASTI_BLOCK_BYTES};
    for (uint32_t i = 0; i < 2; i++) {
        writer->buffers[i] = aligned_alloc(FASTI_BLOCK_BYTES, FASTI_SECTION_BYTES_MAX);
        if (writer->buffers[i] == NULL) {
            fasti_snapshot_end(writer);
            return FASTI_LIMIT_MEMORY;
        }
    }
    fasti_snapshot_name(name, generation);
    const enum fasti_status status = io->operations->create(io, name, &writer->file);
    if (status != FASTI_OK) {
        writer->file.handle = -1;
        fasti_snapshot_end(writer);
        return status;
    }
    writer->stage = FASTI_SNAPSHOT_SECTIONS;
    return FASTI_OK;
}

/* ---- filling ---- */

/* Seals the section that is being filled: it waits for the queue, the other buffer is next. */
static void section_seal(struct fasti_snapshot_writer *writer) {
    uint8_t *bytes = writer->buffers[writer->filling];
    FASTI_ASSERT(writer->waiting_bytes == 0 && !writer->is_flying && writer->fill_bytes > 0);
    struct fasti_section_header header = {
        .kind = writer->kind,
        .entries = writer->entries,
        .bytes = writer->fill_bytes - FASTI_SECTION_HEADER_BYTES,
        .number = writer->sections,
    };
    memcpy(bytes, &header, sizeof header);
    header.checksum = fasti_hash128(bytes, writer->fill_bytes);
    memcpy(bytes, &header, sizeof header);
    const struct fasti_hash128 chain[2] = {writer->body_checksum, header.checksum};
    writer->body_checksum = fasti_hash128(chain, sizeof chain);
    const uint32_t whole =
        (writer->fill_bytes + FASTI_BLOCK_BYTES - 1) / FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
    memset(bytes + writer->fill_bytes, 0, whole - writer->fill_bytes);
    writer->waiting_bytes = whole;
    writer->sections++;
    writer->fill_bytes = 0;
    writer->entries = 0;
    writer->filling = 1 - writer->filling;
}

void *fasti_snapshot_place(struct fasti_snapshot_writer *writer, enum fasti_section_kind kind,
                           uint32_t bytes) {
    FASTI_ASSERT(bytes % 8 == 0 && bytes > 0 && bytes <= FASTI_ENTRY_BYTES_MAX);
    if (writer->stage != FASTI_SNAPSHOT_SECTIONS)
        return NULL;
    if (writer->fill_bytes > 0 &&
        (writer->kind != kind || FASTI_SECTION_BYTES_MAX - writer->fill_bytes < bytes)) {
        if (writer->waiting_bytes > 0 || writer->is_flying)
            return NULL;
        section_seal(writer);
    }
    if (writer->fill_bytes == 0) {
        writer->fill_bytes = FASTI_SECTION_HEADER_BYTES;
        writer->kind = kind;
    }
    void *place = writer->buffers[writer->filling] + writer->fill_bytes;
    writer->fill_bytes += bytes;
    writer->entries++;
    return place;
}

void fasti_snapshot_finish(struct fasti_snapshot_writer *writer,
                           const struct fasti_snapshot_header *header) {
    if (writer->stage != FASTI_SNAPSHOT_SECTIONS)
        return; /* it has failed */
    writer->header = *header;
    writer->stage = FASTI_SNAPSHOT_LAST;
}

/* ---- writing ---- */

/* Makes the file as long as the next write needs; false: the disk has no room. */
static bool room_get(struct fasti_snapshot_writer *writer, uint32_t bytes) {
    const uint64_t end = writer->offset + bytes;
    if (end <= writer->allocated)
        return true;
    uint64_t more = writer->offset < ROOM_BYTES_MIN ? ROOM_BYTES_MIN : writer->offset;
    more = more > ROOM_BYTES_MAX ? ROOM_BYTES_MAX : more;
    int error = 0;
    const enum fasti_status status =
        writer->io->operations->allocate(writer->io, writer->file, end + more, &error);
    if (status != FASTI_OK) {
        fail(writer, error == 0 ? EIO : error);
        return false;
    }
    writer->allocated = end + more;
    return true;
}

static void write_queue(struct fasti_snapshot_writer *writer, uint32_t worker, uint64_t offset,
                        const uint8_t *bytes, uint32_t size, bool durable) {
    const enum fasti_status status =
        fasti_log_beside_write(writer->log, worker, writer->file, offset, bytes, size, durable);
    writer->is_flying = status == FASTI_OK;
    writer->flying_bytes = size;
    if (status != FASTI_OK && status != FASTI_BUSY)
        fail(writer, EIO);
}

static void section_queue(struct fasti_snapshot_writer *writer, uint32_t worker) {
    if (room_get(writer, writer->waiting_bytes))
        write_queue(writer, worker, writer->offset, writer->buffers[1 - writer->filling],
                    writer->waiting_bytes, false);
}

/* The header's copy, at the end of the file's last block. */
static void copy_queue(struct fasti_snapshot_writer *writer, uint32_t worker) {
    uint8_t *block = writer->buffers[0];
    struct fasti_snapshot_header *header = &writer->header;
    header->generation = writer->generation;
    header->body_bytes = writer->offset - FASTI_BLOCK_BYTES;
    header->sections = writer->sections;
    header->body_checksum = writer->body_checksum;
    fasti_snapshot_header_seal(header);
    memset(block, 0, FASTI_BLOCK_BYTES);
    memcpy(block + FASTI_BLOCK_BYTES - FASTI_HEADER_BYTES, header, sizeof *header);
    if (room_get(writer, FASTI_BLOCK_BYTES))
        write_queue(writer, worker, writer->offset, block, FASTI_BLOCK_BYTES, false);
}

static void header_queue(struct fasti_snapshot_writer *writer, uint32_t worker) {
    uint8_t *block = writer->buffers[1];
    memset(block, 0, FASTI_BLOCK_BYTES);
    memcpy(block, &writer->header, sizeof writer->header);
    write_queue(writer, worker, 0, block, FASTI_BLOCK_BYTES, true);
}

static void sync_queue(struct fasti_snapshot_writer *writer, uint32_t worker) {
    const enum fasti_status status = fasti_log_beside_sync(writer->log, worker, writer->file);
    writer->is_flying = status == FASTI_OK;
    writer->flying_bytes = 0;
    if (status != FASTI_OK && status != FASTI_BUSY)
        fail(writer, EIO);
}

static void completion_take(struct fasti_snapshot_writer *writer, int32_t result) {
    writer->is_flying = false;
    if (result != (int32_t)writer->flying_bytes) {
        fail(writer, result < 0 ? -result : EIO);
        return;
    }
    switch (writer->stage) {
    case FASTI_SNAPSHOT_SECTIONS:
    case FASTI_SNAPSHOT_LAST:
        writer->offset += writer->flying_bytes;
        if (writer->waiting_bytes == 0) /* it was the copy */
            writer->stage = FASTI_SNAPSHOT_SYNC;
        writer->waiting_bytes = 0;
        return;
    case FASTI_SNAPSHOT_SYNC: writer->stage = FASTI_SNAPSHOT_HEADER; return;
    case FASTI_SNAPSHOT_HEADER: writer->stage = FASTI_SNAPSHOT_DONE; return;
    case FASTI_SNAPSHOT_NONE:
    case FASTI_SNAPSHOT_DONE:
    case FASTI_SNAPSHOT_FAILED: return;
    }
}

enum fasti_snapshot_stage fasti_snapshot_step(struct fasti_snapshot_writer *writer,
                                              uint32_t worker) {
    int32_t result;
    if (writer->is_flying && fasti_log_beside_take(writer->log, &result))
        completion_take(writer, result);
    if (writer->is_flying)
        return writer->stage;
    switch (writer->stage) {
    case FASTI_SNAPSHOT_SECTIONS:
        if (writer->waiting_bytes > 0)
            section_queue(writer, worker);
        break;
    case FASTI_SNAPSHOT_LAST:
        if (writer->waiting_bytes == 0 && writer->fill_bytes > 0)
            section_seal(writer);
        if (writer->waiting_bytes > 0)
            section_queue(writer, worker);
        else
            copy_queue(writer, worker);
        break;
    case FASTI_SNAPSHOT_SYNC: sync_queue(writer, worker); break;
    case FASTI_SNAPSHOT_HEADER: header_queue(writer, worker); break;
    case FASTI_SNAPSHOT_NONE:
    case FASTI_SNAPSHOT_DONE:
    case FASTI_SNAPSHOT_FAILED: break;
    }
    return writer->stage;
}

void fasti_snapshot_end(struct fasti_snapshot_writer *writer) {
    if (writer->io != NULL && writer->file.handle >= 0) {
        writer->io->operations->close_file(writer->io, writer->file);
        if (writer->stage != FASTI_SNAPSHOT_DONE) {
            char name[FASTI_IO_NAME_BYTES_MAX + 1];
            fasti_snapshot_name(name, writer->generation);
            (void)!writer->io->operations->remove(writer->io, name); /* a start ignores it, too */
        }
    }
    free(writer->buffers[0]);
    free(writer->buffers[1]);
    *writer = (struct fasti_snapshot_writer){.file = {.handle = -1}};
}
