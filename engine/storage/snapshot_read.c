/*
 * snapshot_read.c - a snapshot's sections, each proved before anybody looks into it.
 *
 * A section that does not prove itself, or stands in another order than the header says, is
 * CORRUPT_SNAPSHOT: nothing of the file may be used then, whatever was handed out before. The file
 * may be longer than its contents (room was asked for ahead), so its copy of the header is found
 * from the header, or, when that is lost, by its place in the last block that is not zero.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/storage/snapshot.h"

#define WINDOW_BYTES ((size_t)4 << 20)

static enum fasti_status corrupt(const struct fasti_snapshot_reader *reader, uint64_t offset,
                                 const char *why, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_CORRUPT_SNAPSHOT, "%s, offset %" PRIu64 ": %s",
                            reader->name, offset, why);
}

/* Makes [offset, offset + size) readable, size at most a section; behind the file are zeros. */
static enum fasti_status window_load(struct fasti_snapshot_reader *reader, uint64_t offset,
                                     size_t size, struct fasti_detail *detail) {
    size_t done;
    FASTI_ASSERT(size <= FASTI_SECTION_BYTES_MAX);
    if (offset >= reader->window_offset && offset + size <= reader->window_end)
        return FASTI_OK;
    reader->window_offset = reader->window_end = 0;
    const enum fasti_status status = reader->io->operations->read(
        reader->io, reader->file, offset, reader->window, WINDOW_BYTES, &done);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "%s, offset %" PRIu64 ": the read failed",
                                reader->name, offset);
    reader->window_offset = offset;
    reader->window_end = offset + WINDOW_BYTES;
    return FASTI_OK;
}

static const uint8_t *window_at(const struct fasti_snapshot_reader *reader, uint64_t offset) {
    return reader->window + (offset - reader->window_offset);
}

/* ---- the header ---- */

/* The copy where the header says that it stands. */
static enum fasti_status copy_compare(struct fasti_snapshot_reader *reader,
                                      struct fasti_detail *detail) {
    struct fasti_snapshot_header copy;
    const uint64_t last = FASTI_BLOCK_BYTES + reader->header.body_bytes;
    FASTI_TRY(window_load(reader, last, FASTI_BLOCK_BYTES, detail));
    const uint8_t *bytes = window_at(reader, last) + FASTI_BLOCK_BYTES - FASTI_HEADER_BYTES;
    reader->is_mended = fasti_snapshot_header_check(bytes, &copy) != FASTI_HEADER_VALID ||
                        memcmp(&copy, &reader->header, sizeof copy) != 0;
    return FASTI_OK;
}

/* The header's block is lost: a copy in the last block that is not zero stands in for it. */
static enum fasti_status copy_find(struct fasti_snapshot_reader *reader, uint64_t file_bytes,
                                   bool *found, struct fasti_detail *detail) {
    *found = false;
    for (uint64_t block = file_bytes / FASTI_BLOCK_BYTES; block-- > 1;) {
        const uint64_t offset = block * FASTI_BLOCK_BYTES;
        if (offset < reader->window_offset || offset >= reader->window_end) {
            const uint64_t back = FASTI_SECTION_BYTES_MAX - FASTI_BLOCK_BYTES;
            FASTI_TRY(window_load(reader, offset > back ? offset - back : 0,
                                  FASTI_SECTION_BYTES_MAX, detail));
        }
        const uint8_t *bytes = window_at(reader, offset);
        if (fasti_bytes_are_zero(bytes, FASTI_BLOCK_BYTES))
            continue;
        *found = fasti_snapshot_header_check(bytes + FASTI_BLOCK_BYTES - FASTI_HEADER_BYTES,
                                             &reader->header) == FASTI_HEADER_VALID &&
                 FASTI_BLOCK_BYTES + reader->header.body_bytes == offset;
        return FASTI_OK;
    }
    return FASTI_OK;
}

static enum fasti_status header_read(struct fasti_snapshot_reader *reader, uint64_t generation,
                                     struct fasti_detail *detail) {
    uint64_t bytes;
    bool is_found = false;
    FASTI_TRY(fasti_io_size(reader->io, reader->name, &bytes));
    FASTI_TRY(window_load(reader, 0, FASTI_BLOCK_BYTES, detail));
    switch (fasti_snapshot_header_check(reader->window, &reader->header)) {
    case FASTI_HEADER_OTHER:
        return fasti_detail_set(detail, FASTI_UNSUPPORTED_FORMAT,
                                "%s is of another format version than this program reads",
                                reader->name);
    case FASTI_HEADER_ZERO: /* what was never finished has zeros there */
        if (fasti_bytes_are_zero(reader->window, FASTI_BLOCK_BYTES))
            return fasti_detail_set(detail, FASTI_NOT_FOUND, "%s was never finished", reader->name);
        __attribute__((fallthrough));
    case FASTI_HEADER_DAMAGED:
        FASTI_TRY(copy_find(reader, bytes, &is_found, detail));
        if (!is_found)
            return corrupt(reader, 0, "its header and the header's copy are damaged", detail);
        reader->is_mended = true;
        break;
    case FASTI_HEADER_VALID: FASTI_TRY(copy_compare(reader, detail)); break;
    }
    if (reader->header.generation != generation)
        return corrupt(reader, 0, "it holds another snapshot than its name says", detail);
    if (bytes < 2 * FASTI_BLOCK_BYTES + reader->header.body_bytes)
        return corrupt(reader, bytes, "the file is shorter than its header says", detail);
    return FASTI_OK;
}

enum fasti_status fasti_snapshot_open(struct fasti_snapshot_reader *reader, struct fasti_io *io,
                                      uint64_t generation, struct fasti_detail *detail) {
    *reader = (struct fasti_snapshot_reader){.io = io, .file = {.handle = -1}};
    fasti_snapshot_name(reader->name, generation);
    reader->window = aligned_alloc(FASTI_BLOCK_BYTES, WINDOW_BYTES);
    if (reader->window == NULL)
        return FASTI_LIMIT_MEMORY;
    enum fasti_status status = io->operations->open(io, reader->name, &reader->file);
    if (status != FASTI_OK) {
        reader->file.handle = -1;
        (void)fasti_detail_set(detail, status, "%s could not be opened", reader->name);
    } else {
        status = header_read(reader, generation, detail);
    }
    if (status != FASTI_OK)
        fasti_snapshot_close(reader);
    reader->offset = FASTI_BLOCK_BYTES;
    return status;
}

/* ---- sections ---- */

/* Proves the section at offset. header: as it stands there. */
static enum fasti_status section_load(struct fasti_snapshot_reader *reader, uint64_t offset,
                                      struct fasti_section_header *header,
                                      struct fasti_section *section, struct fasti_detail *detail) {
    const uint64_t end = FASTI_BLOCK_BYTES + reader->header.body_bytes;
    if (offset + FASTI_SECTION_HEADER_BYTES > end)
        return corrupt(reader, offset, "a section is missing", detail);
    FASTI_TRY(window_load(reader, offset, FASTI_SECTION_HEADER_BYTES, detail));
    memcpy(header, window_at(reader, offset), sizeof *header);
    if (header->bytes > FASTI_ENTRY_BYTES_MAX || header->bytes % 8 != 0 ||
        offset + FASTI_SECTION_HEADER_BYTES + header->bytes > end)
        return corrupt(reader, offset, "a section's size is damaged", detail);
    const size_t size = FASTI_SECTION_HEADER_BYTES + (size_t)header->bytes;
    FASTI_TRY(window_load(reader, offset, size, detail));
    uint8_t *bytes = reader->window + (offset - reader->window_offset);
    memset(bytes + offsetof(struct fasti_section_header, checksum), 0, sizeof header->checksum);
    const struct fasti_hash128 checksum = fasti_hash128(bytes, size);
    memcpy(bytes, header, sizeof *header);
    if (!fasti_hash128_equal(checksum, header->checksum))
        return corrupt(reader, offset, "a section is damaged", detail);
    if (header->key_id != 0 || header->flags != 0)
        return fasti_detail_set(detail, FASTI_UNSUPPORTED_FORMAT,
                                "%s is of another format version than this program reads",
                                reader->name);
    *section = (struct fasti_section){
        .kind = (enum fasti_section_kind)header->kind,
        .entries = header->entries,
        .offset = offset,
        .bytes = bytes + FASTI_SECTION_HEADER_BYTES,
        .size = (size_t)header->bytes,
    };
    return FASTI_OK;
}

enum fasti_status fasti_snapshot_next(struct fasti_snapshot_reader *reader,
                                      struct fasti_section *section, bool *has,
                                      struct fasti_detail *detail) {
    struct fasti_section_header header;
    *has = reader->number < reader->header.sections;
    if (!*has) {
        const bool is_whole =
            reader->offset == FASTI_BLOCK_BYTES + reader->header.body_bytes &&
            fasti_hash128_equal(reader->body_checksum, reader->header.body_checksum);
        return is_whole ? FASTI_OK
                        : corrupt(reader, reader->offset,
                                  "its sections are not those that its "
                                  "header counts",
                                  detail);
    }
    FASTI_TRY(section_load(reader, reader->offset, &header, section, detail));
    if (header.number != reader->number)
        return corrupt(reader, reader->offset, "a section stands in the wrong place", detail);
    const struct fasti_hash128 chain[2] = {reader->body_checksum, header.checksum};
    reader->body_checksum = fasti_hash128(chain, sizeof chain);
    reader->number++;
    reader->offset += (FASTI_SECTION_HEADER_BYTES + header.bytes + FASTI_BLOCK_BYTES - 1) /
                      FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
    return FASTI_OK;
}

enum fasti_status fasti_snapshot_again(struct fasti_snapshot_reader *reader, uint64_t offset,
                                       struct fasti_section *section, struct fasti_detail *detail) {
    struct fasti_section_header header;
    return section_load(reader, offset, &header, section, detail);
}

enum fasti_status fasti_snapshot_verify(struct fasti_snapshot_reader *reader,
                                        struct fasti_detail *detail) {
    for (bool has = true; has;) {
        struct fasti_section section;
        FASTI_TRY(fasti_snapshot_next(reader, &section, &has, detail));
    }
    return FASTI_OK;
}

void fasti_snapshot_close(struct fasti_snapshot_reader *reader) {
    if (reader->file.handle >= 0)
        reader->io->operations->close_file(reader->io, reader->file);
    free(reader->window);
    *reader = (struct fasti_snapshot_reader){.file = {.handle = -1}};
}
