/*
 * copy.c - a data directory into another one, while a server may write there.
 *
 *   newest snapshot, its first block last | sealed segments, whole | the tail, as far as it was
 * read
 *
 * Sealed segments and snapshots never change. Of the tail only what a reading of the log proved is
 * copied, and zeros behind it: nothing of that is ever rewritten. What goes while it is copied (the
 * server trims its log) begins the copy anew, with the snapshot that it was trimmed for.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/engine.h"
#include "engine/storage/log.h"
#include "engine/storage/snapshot.h"

#define CHUNK_BYTES ((size_t)1 << 20)
#define TRIES       8

struct copy {
    struct fasti_io *from, *to;
    const struct fasti_copy_options *options;
    struct fasti_copy_report *report;
    struct fasti_detail *detail;
    struct fasti_log_report log;
    struct fasti_snapshot_header snapshot; /* generation 0: there is none */
    struct fasti_detail unsound;           /* why the newest one is not copied; empty: it is */
    uint8_t *wanted, *found;               /* CHUNK_BYTES each */
    uint64_t done, total;
};

/* ---- what is to be copied ---- */

static enum fasti_status batch_pass(void *context, const struct fasti_batch *batch,
                                    const uint8_t *payload,
                                    const struct fasti_log_position *position) {
    (void)context, (void)batch, (void)payload, (void)position;
    return FASTI_OK;
}

/* The newest that is sound: damage is no reason to have no backup, an older one is copied. */
static enum fasti_status snapshot_choose(struct copy *copy) {
    uint64_t generations[16];
    uint32_t count;
    copy->snapshot.generation = 0;
    copy->unsound.text[0] = '\0';
    FASTI_TRY(fasti_snapshot_list(copy->from, generations, 16, &count));
    for (uint32_t i = 0; i < count && copy->snapshot.generation == 0; i++) {
        struct fasti_snapshot_reader reader;
        copy->detail->text[0] = '\0';
        const enum fasti_status status =
            fasti_snapshot_open(&reader, copy->from, generations[i], copy->detail);
        if (status != FASTI_OK) { /* not finished yet, or damaged: an older one */
            if (status != FASTI_NOT_FOUND)
                copy->unsound = *copy->detail;
            continue;
        }
        if (fasti_snapshot_verify(&reader, copy->detail) == FASTI_OK)
            copy->snapshot = reader.header;
        else
            copy->unsound = *copy->detail;
        fasti_snapshot_close(&reader);
    }
    return FASTI_OK;
}

static enum fasti_status source_look(struct copy *copy) {
    FASTI_TRY(snapshot_choose(copy));
    FASTI_TRY(fasti_log_read(copy->from, copy->snapshot.lsn_floor, batch_pass, NULL, &copy->log,
                             copy->detail));
    if (copy->log.segments == 0)
        return fasti_detail_set(copy->detail, FASTI_NOT_FOUND, "there is no log there");
    if (copy->snapshot.generation == 0 && copy->log.lsn_start != 1)
        return fasti_detail_set(
            copy->detail, FASTI_CORRUPT_LOG,
            "the log does not start at LSN 1, and there is no sound snapshot%s%s",
            copy->unsound.text[0] == '\0' ? "" : ": ", copy->unsound.text);
    copy->total = (copy->log.segment_last - copy->log.segment_read + 1) * copy->log.segment_bytes +
                  copy->snapshot.body_bytes;
    copy->done = 0;
    copy->report->snapshot = copy->snapshot.generation;
    copy->report->files = copy->report->bytes = copy->report->bytes_written = 0;
    copy->report->lsn_end = copy->log.lsn_end;
    copy->report->digest = copy->log.digest;
    return FASTI_OK;
}

/* ---- one file ---- */

/* Fills `wanted` with [offset, offset + size) of the source, zeros from proved_bytes on. */
static enum fasti_status source_read(struct copy *copy, struct fasti_io_file file, uint64_t offset,
                                     size_t size, uint64_t proved_bytes) {
    size_t done = 0;
    if (offset < proved_bytes)
        FASTI_TRY(
            copy->from->operations->read(copy->from, file, offset, copy->wanted, size, &done));
    const uint64_t good = proved_bytes > offset ? proved_bytes - offset : 0;
    if (good < size)
        memset(copy->wanted + good, 0, size - (size_t)good);
    return FASTI_OK;
}

/* Writes a chunk unless the target has it. */
static enum fasti_status chunk_write(struct copy *copy, struct fasti_io_file file, uint64_t offset,
                                     size_t size, uint64_t there_bytes) {
    size_t done;
    if (offset + size <= there_bytes) {
        FASTI_TRY(copy->to->operations->read(copy->to, file, offset, copy->found, size, &done));
        if (memcmp(copy->found, copy->wanted, size) == 0)
            return FASTI_OK;
    }
    copy->report->bytes_written += size;
    return copy->to->operations->write(copy->to, file, offset, copy->wanted, size);
}

/* bytes: of the file, whole blocks; of them proved_bytes are copied, zeros are behind. */
static enum fasti_status chunks_copy(struct copy *copy, struct fasti_io_file source,
                                     struct fasti_io_file target, uint64_t there_bytes,
                                     uint64_t bytes, uint64_t proved_bytes, bool first_block_last) {
    for (uint64_t offset = 0; offset < bytes; offset += CHUNK_BYTES) {
        const size_t size = bytes - offset < CHUNK_BYTES ? (size_t)(bytes - offset) : CHUNK_BYTES;
        FASTI_TRY(source_read(copy, source, offset, size, proved_bytes));
        if (offset == 0 && first_block_last)
            memset(copy->wanted, 0, FASTI_BLOCK_BYTES);
        FASTI_TRY(chunk_write(copy, target, offset, size, there_bytes));
        copy->done += size;
        if (copy->options->progress != NULL)
            copy->options->progress(copy->options->progress_context, copy->done,
                                    copy->done > copy->total ? copy->done : copy->total);
    }
    if (!first_block_last)
        return FASTI_OK;
    FASTI_TRY(source_read(copy, source, 0, FASTI_BLOCK_BYTES, proved_bytes));
    return chunk_write(copy, target, 0, FASTI_BLOCK_BYTES, 0);
}

static enum fasti_status file_copy(struct copy *copy, const char *name, uint64_t bytes,
                                   uint64_t proved_bytes, bool first_block_last) {
    const struct fasti_io_operations *from = copy->from->operations, *to = copy->to->operations;
    struct fasti_io_file source, target;
    enum fasti_status status = from->open(copy->from, name, &source);
    if (status != FASTI_OK)
        return fasti_detail_set(copy->detail, status, "%s went while it was to be copied", name);
    uint64_t there_bytes = 0; /* not known: all of it is written */
    (void)!fasti_io_size(copy->to, name, &there_bytes);
    status = to->create(copy->to, name, &target);
    if (status == FASTI_EXISTS)
        status = to->open(copy->to, name, &target);
    if (status == FASTI_OK) {
        status =
            chunks_copy(copy, source, target, there_bytes, bytes, proved_bytes, first_block_last);
        to->close_file(copy->to, target);
    }
    from->close_file(copy->from, source);
    if (status != FASTI_OK)
        (void)fasti_detail_set(copy->detail, status, "%s could not be copied: %s", name,
                               fasti_status_text(status));
    copy->report->files++;
    copy->report->bytes += bytes;
    return status;
}

/* ---- all files ---- */

static enum fasti_status segments_copy(struct copy *copy) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    for (uint64_t number = copy->log.segment_read; number <= copy->log.segment_last; number++) {
        fasti_segment_name(name, number);
        const bool is_tail = number == copy->log.segment_last;
        uint64_t bytes = copy->log.segment_bytes;
        if (!is_tail)
            FASTI_TRY(fasti_io_size(copy->from, name, &bytes));
        bytes = bytes / FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
        FASTI_TRY(file_copy(copy, name, bytes, is_tail ? copy->log.offset : bytes, false));
    }
    return FASTI_OK;
}

/* Does a file of the target belong to the copy? Only snapshots and segments are looked at. */
static bool is_wanted(const struct copy *copy, const char *name, bool *is_known) {
    uint64_t number;
    *is_known = true;
    if (fasti_snapshot_name_parse(name, &number))
        return number == copy->snapshot.generation;
    if (fasti_segment_name_parse(name, &number))
        return number >= copy->log.segment_read && number <= copy->log.segment_last;
    *is_known = false;
    return true;
}

/* Counts what the target holds of a log and, with_removal, removes what is not of this copy. */
static enum fasti_status target_look(struct copy *copy, bool with_removal, uint32_t *known) {
    struct fasti_io_entry *entries;
    uint32_t count;
    enum fasti_status status = FASTI_OK;
    *known = 0;
    FASTI_TRY(fasti_io_entries(copy->to, &entries, &count));
    for (uint32_t i = 0; status == FASTI_OK && i < count; i++) {
        bool is_known;
        if (!is_wanted(copy, entries[i].name, &is_known) && with_removal)
            status = copy->to->operations->remove(copy->to, entries[i].name);
        *known += is_known;
    }
    free(entries);
    return status;
}

/* Replays the copy: is it what the log said? */
static enum fasti_status target_verify(struct copy *copy) {
    struct fasti_inspect_report found;
    FASTI_TRY(
        fasti_engine_inspect(copy->to, FASTI_INSPECT_DIGEST, NULL, NULL, &found, copy->detail));
    if (found.lsn_end == copy->log.lsn_end &&
        fasti_hash128_equal(found.digest_computed, copy->log.digest))
        return FASTI_OK;
    return fasti_detail_set(copy->detail, FASTI_CORRUPT_STATE,
                            "the copy holds another state than the log says: remove it and copy "
                            "again");
}

static enum fasti_status copy_once(struct copy *copy) {
    uint32_t known;
    FASTI_TRY(source_look(copy));
    if (copy->snapshot.generation != 0) {
        char name[FASTI_IO_NAME_BYTES_MAX + 1];
        const uint64_t bytes = copy->snapshot.body_bytes + 2 * FASTI_BLOCK_BYTES;
        fasti_snapshot_name(name, copy->snapshot.generation);
        FASTI_TRY(file_copy(copy, name, bytes, bytes, true));
    }
    FASTI_TRY(segments_copy(copy));
    FASTI_TRY(target_look(copy, true, &known));
    return target_verify(copy);
}

/* A server beside it may have written, or trimmed, what was being read. */
static bool is_passing(enum fasti_status status) {
    return status == FASTI_CORRUPT_LOG || status == FASTI_IO_OPEN || status == FASTI_NOT_FOUND;
}

enum fasti_status fasti_engine_copy(struct fasti_io *from, struct fasti_io *to,
                                    const struct fasti_copy_options *options,
                                    struct fasti_copy_report *report, struct fasti_detail *detail) {
    struct copy copy = {
        .from = from, .to = to, .options = options, .report = report, .detail = detail};
    uint32_t known = 0;
    memset(report, 0, sizeof *report);
    detail->text[0] = '\0';
    FASTI_TRY(target_look(&copy, false, &known));
    if (known > 0 && options->must_be_new)
        return fasti_detail_set(detail, FASTI_EXISTS,
                                "there is a log or a snapshot there already: name a directory that "
                                "is empty or not there");
    copy.wanted = aligned_alloc(FASTI_BLOCK_BYTES, CHUNK_BYTES);
    copy.found = aligned_alloc(FASTI_BLOCK_BYTES, CHUNK_BYTES);
    enum fasti_status status = FASTI_LIMIT_MEMORY;
    for (uint32_t i = 0; i < TRIES && copy.wanted != NULL && copy.found != NULL; i++) {
        status = copy_once(&copy);
        if (!is_passing(status))
            break;
    }
    free(copy.wanted);
    free(copy.found);
    return status;
}
