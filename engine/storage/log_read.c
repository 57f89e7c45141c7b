/*
 * log_read.c - reading the log back: every batch proved, a torn tail told from damage.
 *
 *   segments:  ACTIVE ... ACTIVE (tail) PREPARED | UNFINISHED ...      numbers without a gap
 *   tail:      batch | batch | batch | ?            what stands at ? is decided by `undecided`
 *
 * The decision table is in FORMAT.md; it rests on two facts: one batch is in flight at a time, and
 * a disk writes a sector of 512 bytes whole or not at all, over zeros. So what a torn write leaves
 * is at most one batch long, with each of its sectors whole or zero, and nothing sound behind it.
 * Nothing here writes. Memory is one window, whatever the log's size.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/storage/batch.h"
#include "engine/storage/log.h"

#define WINDOW_BYTES_MAX ((size_t)4 * FASTI_BATCH_BYTES_MAX)

enum segment_state {
    SEGMENT_ACTIVE,
    SEGMENT_PREPARED,
    SEGMENT_UNFINISHED, /* its preparation, or the first write to it, did not get far */
    SEGMENT_DAMAGED,
    SEGMENT_OTHER,
};

struct segment {
    uint64_t number;
    uint64_t file_bytes;
    enum segment_state state;
    bool mended;                        /* one of its headers is not sound */
    struct fasti_segment_header header; /* ACTIVE and PREPARED */
};

struct reader {
    struct fasti_io *io;
    fasti_log_visit visit;
    void *context;
    struct fasti_log_report *report; /* lsn_end, epoch, logged_ms and chain are the running ones */
    struct fasti_detail *detail;
    struct segment *segments;
    uint64_t segment_count;
    uint64_t lsn_from;

    /* The window: bytes [window_offset, window_end) of the file. */
    struct fasti_io_file file;
    const struct segment *segment; /* the file's */
    uint8_t *window;
    size_t window_bytes; /* holds the largest file, or WINDOW_BYTES_MAX of it */
    uint64_t window_offset, window_end;
    uint64_t limit; /* reading ends here */
};

/* What stands at and behind the place where a batch is expected. */
struct finding {
    struct fasti_batch_header header; /* of the batch at that place, when known */
    bool known;                       /* by its header or by its copy */
    uint64_t later;                   /* offset of a sound batch behind; 0 = none */
    uint64_t used_end;                /* end of the last block that is not zero; 0 = none */
};

/* ---- refusing ---- */

static void where_set(struct reader *r, uint64_t number, uint64_t offset) {
    fasti_segment_name(r->report->where.file, number);
    r->report->where.offset = offset;
    r->report->where.lsn = r->report->lsn_end;
}

static enum fasti_status refuse(struct reader *r, enum fasti_status status, uint64_t number,
                                uint64_t offset, const char *why) {
    where_set(r, number, offset);
    return fasti_detail_set(r->detail, status, "%s, offset %" PRIu64 ", LSN %" PRIu64 ": %s",
                            r->report->where.file, offset, r->report->lsn_end, why);
}

static enum fasti_status damaged(struct reader *r, uint64_t number, uint64_t offset,
                                 const char *why) {
    return refuse(r, FASTI_CORRUPT_LOG, number, offset, why);
}

/* ---- the window ---- */

static enum fasti_status segment_open(struct reader *r, const struct segment *segment,
                                      uint64_t limit) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_segment_name(name, segment->number);
    const enum fasti_status status = r->io->operations->open(r->io, name, &r->file);
    if (status != FASTI_OK)
        return refuse(r, FASTI_IO_OPEN, segment->number, 0, "the file could not be opened");
    r->segment = segment;
    r->window_offset = 0;
    r->window_end = 0;
    r->limit = limit;
    return FASTI_OK;
}

static void segment_close(struct reader *r) {
    r->io->operations->close_file(r->io, r->file);
}

/* Makes [offset, offset + size) readable, as far as the limit goes; what is in the window already
 * is moved, not read again. */
static enum fasti_status window_load(struct reader *r, uint64_t offset, uint64_t size) {
    const uint64_t end = size < r->limit - offset ? offset + size : r->limit;
    FASTI_ASSERT(offset <= r->limit && end - offset <= r->window_bytes);
    if (offset >= r->window_offset && end <= r->window_end)
        return FASTI_OK;
    uint64_t kept = 0;
    if (offset >= r->window_offset && offset < r->window_end) {
        kept = r->window_end - offset;
        memmove(r->window, r->window + (offset - r->window_offset), (size_t)kept);
    }
    size_t wanted = r->window_bytes - (size_t)kept, done;
    if (wanted > r->limit - offset - kept)
        wanted = (size_t)(r->limit - offset - kept);
    r->window_offset = r->window_end = 0;
    const enum fasti_status status =
        r->io->operations->read(r->io, r->file, offset + kept, r->window + kept, wanted, &done);
    if (status != FASTI_OK)
        return refuse(r, status, r->segment->number, offset + kept, "the read failed");
    r->window_offset = offset;
    r->window_end = offset + kept + wanted;
    return FASTI_OK;
}

static const uint8_t *window_at(const struct reader *r, uint64_t offset) {
    FASTI_ASSERT(offset >= r->window_offset && offset < r->window_end);
    return r->window + (offset - r->window_offset);
}

/* ---- looking behind ---- */

/* A sound header that stands where it says it stands. One of another version counts too. */
static bool is_batch_here(const struct segment *segment, const struct fasti_log_id *log_id,
                          const uint8_t *bytes, uint64_t offset, bool is_copy,
                          struct fasti_batch_header *header) {
    const enum fasti_header_state state = fasti_batch_header_check(bytes, header);
    if (state == FASTI_HEADER_OTHER) {
        memset(header, 0, sizeof *header);
        header->offset = offset;
        return true;
    }
    if (state != FASTI_HEADER_VALID || header->segment != segment->number)
        return false;
    if (log_id != NULL &&
        (header->log_id.low != log_id->low || header->log_id.high != log_id->high))
        return false;
    return is_copy ? header->offset + header->total_bytes == offset + FASTI_HEADER_BYTES
                   : header->offset == offset;
}

static void block_look(const struct reader *r, const struct fasti_log_id *log_id, uint64_t place,
                       uint64_t block, struct finding *found) {
    const uint8_t *bytes = window_at(r, block);
    const uint64_t copy = block + FASTI_BLOCK_BYTES - FASTI_HEADER_BYTES;
    struct fasti_batch_header header;
    if (fasti_bytes_are_zero(bytes, FASTI_BLOCK_BYTES))
        return;
    found->used_end = block + FASTI_BLOCK_BYTES;
    if (block > place && found->later == 0 &&
        is_batch_here(r->segment, log_id, bytes, block, false, &header))
        found->later = block;
    if (!is_batch_here(r->segment, log_id, window_at(r, copy), copy, true, &header))
        return;
    if (header.offset > place && found->later == 0)
        found->later = header.offset;
    if (header.offset == place && !found->known) {
        found->header = header;
        found->known = true;
    }
}

/* Looks at every block from `from` to end for batches at and behind place. log_id NULL: batches of
 * any log count. */
static enum fasti_status scan(struct reader *r, const struct fasti_log_id *log_id, uint64_t place,
                              uint64_t from, uint64_t end, struct finding *found) {
    for (uint64_t block = from; block + FASTI_BLOCK_BYTES <= end; block += FASTI_BLOCK_BYTES) {
        if (block >= r->window_end || block < r->window_offset)
            FASTI_TRY(window_load(r, block, r->window_bytes));
        block_look(r, log_id, place, block, found);
    }
    return FASTI_OK;
}

/* ---- one batch ---- */

static bool is_same_log(struct fasti_log_id a, struct fasti_log_id b) {
    return a.low == b.low && a.high == b.high;
}

/* Why a sound header is not that of the next batch; NULL: it is. */
static const char *continuity_check(const struct reader *r, uint64_t offset,
                                    const struct fasti_batch_header *header) {
    const struct fasti_log_report *report = r->report;
    if (!is_same_log(header->log_id, report->log_id))
        return "a batch of another log stands here";
    if (header->segment != r->segment->number || header->offset != offset)
        return "a batch stands in the wrong place";
    if (header->lsn_first != report->lsn_end)
        return "the batch's LSN does not follow the one before";
    if (!fasti_hash128_equal(header->previous, report->chain))
        return "the batch does not continue the chain of checksums";
    if (header->epoch < report->epoch || header->logged_ms < report->logged_ms)
        return "the batch's epoch or time goes back";
    if (header->total_bytes > r->limit - offset)
        return "the batch is longer than its segment";
    return NULL;
}

static enum fasti_status batch_accept(struct reader *r, uint64_t offset,
                                      const struct fasti_batch_header *header) {
    struct fasti_log_report *report = r->report;
    const struct fasti_batch batch = {.lsn_first = header->lsn_first,
                                      .effect_count = header->effect_count,
                                      .payload_bytes = header->payload_bytes,
                                      .epoch = header->epoch,
                                      .lsn_watermark = header->lsn_watermark,
                                      .logged_ms = header->logged_ms,
                                      .digest = header->digest};
    const uint8_t *bytes = window_at(r, offset);
    const uint8_t *copy = bytes + header->total_bytes - FASTI_HEADER_BYTES;
    struct fasti_log_position position = {.offset = offset, .lsn = header->lsn_first};
    fasti_segment_name(position.file, r->segment->number);
    if (memcmp(bytes, header, FASTI_HEADER_BYTES) != 0 ||
        memcmp(copy, header, FASTI_HEADER_BYTES) != 0)
        report->mended++;
    report->batches++;
    report->effects += header->effect_count;
    report->bytes += header->total_bytes;
    report->lsn_end += header->effect_count;
    report->epoch = header->epoch;
    report->logged_ms = header->logged_ms;
    report->digest = header->digest;
    report->chain = header->checksum;
    report->clean = (header->flags & FASTI_BATCH_FLAG_CLEAN) != 0;
    return r->visit(r->context, &batch, bytes + FASTI_HEADER_BYTES, &position);
}

/* A torn write leaves at least one of its sectors that are not zero as zeros. */
static bool may_be_torn(const uint8_t *bytes, const struct fasti_batch_header *header) {
    const uint32_t payload_end = FASTI_HEADER_BYTES + header->payload_bytes;
    for (uint32_t at = 0; at < header->total_bytes; at += FASTI_SECTOR_BYTES) {
        const bool carries = at < payload_end || at + FASTI_SECTOR_BYTES == header->total_bytes;
        if (carries && fasti_bytes_are_zero(bytes + at, FASTI_SECTOR_BYTES))
            return true;
    }
    return false;
}

/* The last rows of the table: what is known of the batch at offset cannot prove its body. */
static enum fasti_status tail_decide(struct reader *r, uint64_t offset,
                                     const struct finding *found) {
    const uint64_t number = r->segment->number;
    const uint64_t room = r->limit - offset;
    const uint64_t reach = found->known                   ? found->header.total_bytes
                           : room < FASTI_BATCH_BYTES_MAX ? room
                                                          : FASTI_BATCH_BYTES_MAX;
    if (found->used_end > offset + reach)
        return damaged(r, number, offset, "more follows than a torn write can leave");
    FASTI_TRY(window_load(r, offset, reach));
    const uint8_t *bytes = window_at(r, offset);
    const bool torn = found->known ? may_be_torn(bytes, &found->header)
                                   : fasti_bytes_are_zero(bytes, FASTI_SECTOR_BYTES);
    if (!torn)
        return damaged(r, number, offset, "the batch is damaged, and not by a torn write");
    r->report->torn = true;
    r->report->torn_bytes = found->used_end - offset;
    where_set(r, number, offset);
    return FASTI_OK;
}

/* The header at offset does not prove a batch (header: what a sound one says, or NULL). Goes
 * through the table; *accepted: the batch was proved by its copy after all. */
static enum fasti_status undecided(struct reader *r, uint64_t offset,
                                   const struct fasti_batch_header *header, bool *accepted) {
    const struct segment *next = r->segment + 1;
    const bool is_last = next == r->segments + r->segment_count || next->state != SEGMENT_ACTIVE;
    const uint64_t number = r->segment->number;
    struct finding found = {.known = header != NULL};
    *accepted = false;
    if (header != NULL)
        found.header = *header;
    else if (!is_last && next->header.lsn_first == r->report->lsn_end &&
             fasti_hash128_equal(next->header.chain, r->report->chain))
        return FASTI_OK; /* the segment is complete: the next one goes on from here */
    FASTI_TRY(scan(r, &r->report->log_id, offset, offset, r->limit, &found));
    if (header == NULL && found.known) {
        const char *why = continuity_check(r, offset, &found.header);
        if (why != NULL)
            return damaged(r, number, offset, why);
        FASTI_TRY(window_load(r, offset, found.header.total_bytes));
        if (fasti_batch_body_is_sound(&found.header, window_at(r, offset) + FASTI_HEADER_BYTES)) {
            *accepted = true;
            return batch_accept(r, offset, &found.header);
        }
    }
    if (found.later != 0)
        return damaged(r, number, offset, "the batch is damaged, and sound ones follow it");
    if (!is_last)
        return damaged(r, number, offset, "the log breaks off here, but the next segment is used");
    if (found.used_end == 0)
        return FASTI_OK; /* the end of the log */
    return tail_decide(r, offset, &found);
}

/* ---- segments ---- */

/* The batches of the segment that is open. */
static enum fasti_status batches_read(struct reader *r) {
    uint64_t offset = FASTI_SEGMENT_HEADERS_BYTES;
    enum fasti_status status = FASTI_OK;
    bool accepted = true;
    while (status == FASTI_OK && accepted && offset < r->limit) {
        struct fasti_batch_header header;
        const uint64_t bytes_before = r->report->bytes;
        FASTI_TRY(window_load(r, offset, FASTI_BATCH_BYTES_MAX));
        const uint8_t *bytes = window_at(r, offset);
        const enum fasti_header_state state = fasti_batch_header_check(bytes, &header);
        if (state == FASTI_HEADER_OTHER)
            return refuse(r, FASTI_UNSUPPORTED_FORMAT, r->segment->number, offset,
                          "the batch has a format version that this program does not know");
        if (state == FASTI_HEADER_VALID) {
            const char *why = continuity_check(r, offset, &header);
            if (why != NULL)
                return damaged(r, r->segment->number, offset, why);
            status = fasti_batch_body_is_sound(&header, bytes + FASTI_HEADER_BYTES)
                         ? batch_accept(r, offset, &header)
                         : undecided(r, offset, &header, &accepted);
        } else {
            status = undecided(r, offset, NULL, &accepted);
        }
        if (accepted)
            offset += r->report->bytes - bytes_before;
    }
    r->report->offset = offset;
    return status;
}

static enum fasti_status active_check(struct reader *r, const struct segment *segment) {
    struct fasti_log_report *report = r->report;
    const struct fasti_segment_header *header = &segment->header;
    if (header->number != segment->number)
        return damaged(r, segment->number, 0, "the file holds another segment than its name says");
    if (report->segments == 0) {
        report->log_id = header->log_id;
        report->lsn_read = report->lsn_end = header->lsn_first;
        report->segment_read = segment->number;
        report->chain = header->chain;
    }
    if (report->segment_first == 0) {
        report->segment_first = segment->number;
        report->lsn_start = header->lsn_first;
    }
    if (!is_same_log(header->log_id, report->log_id))
        return damaged(r, segment->number, 0, "the segment belongs to another log");
    if (segment->number == 1 && header->lsn_first != 1)
        return damaged(r, segment->number, 0, "the first segment does not start at LSN 1");
    if (header->lsn_first != report->lsn_end)
        return damaged(r, segment->number, 0, "the segment's first LSN does not follow");
    if (!fasti_hash128_equal(header->chain, report->chain))
        return damaged(r, segment->number, 0,
                       "the segment does not continue the chain of checksums");
    if (segment->file_bytes < header->segment_bytes)
        return damaged(r, segment->number, segment->file_bytes,
                       "the file is shorter than its header says");
    return FASTI_OK;
}

static enum fasti_status active_read(struct reader *r, const struct segment *segment) {
    struct fasti_log_report *report = r->report;
    FASTI_TRY(active_check(r, segment));
    report->segments++;
    report->mended += segment->mended;
    report->segment_last = segment->number;
    report->segment_bytes = segment->header.segment_bytes;
    report->segment_lsn_first = segment->header.lsn_first;
    FASTI_TRY(segment_open(r, segment, segment->header.segment_bytes));
    const enum fasti_status status = batches_read(r);
    segment_close(r);
    return status;
}

/* A segment behind the tail: it must hold no batch. A prepared one is believed after a look at the
 * place of its first batch; an unfinished one is looked through. */
static enum fasti_status spare_read(struct reader *r, const struct segment *segment) {
    struct fasti_log_report *report = r->report;
    const uint64_t first = FASTI_SEGMENT_HEADERS_BYTES;
    const bool is_ours = segment->state == SEGMENT_PREPARED &&
                         is_same_log(segment->header.log_id, report->log_id) &&
                         segment->header.number == segment->number;
    const uint64_t whole = segment->file_bytes / FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES;
    const uint64_t limit = is_ours && whole > first ? first + FASTI_BLOCK_BYTES : whole;
    struct finding found = {0};
    if (limit > first) {
        FASTI_TRY(segment_open(r, segment, limit));
        const enum fasti_status status = scan(r, NULL, 0, first, limit, &found);
        segment_close(r);
        FASTI_TRY(status);
    }
    if (found.later != 0)
        return damaged(r, segment->number, 0, "the segment's header is lost, but it holds batches");
    const bool is_whole = is_ours && segment->file_bytes >= segment->header.segment_bytes &&
                          found.used_end == 0 && !segment->mended;
    if (is_whole && segment->number == report->segment_last + report->prepared + 1)
        report->prepared++;
    return FASTI_OK;
}

/* Everything of it lies below where reading begins: the next one goes on at or below that. */
static bool is_below(const struct reader *r, const struct segment *segment) {
    const struct segment *next = segment + 1;
    return r->lsn_from > 0 && segment->state == SEGMENT_ACTIVE &&
           next < r->segments + r->segment_count && next->state == SEGMENT_ACTIVE &&
           next->header.lsn_first <= r->lsn_from;
}

/* A segment that is not read: what its header says of it, of its log and of its order. */
static enum fasti_status below_check(struct reader *r, const struct segment *segment) {
    struct fasti_log_report *report = r->report;
    const struct fasti_segment_header *header = &segment->header;
    if (header->number != segment->number)
        return damaged(r, segment->number, 0, "the file holds another segment than its name says");
    if (report->segment_first == 0) {
        report->segment_first = segment->number;
        report->lsn_start = header->lsn_first;
    }
    return is_same_log(header->log_id, segment[1].header.log_id) &&
                   header->lsn_first <= segment[1].header.lsn_first
               ? FASTI_OK
               : damaged(r, segment->number, 0, "the segment does not fit the one after it");
}

static enum fasti_status segments_read(struct reader *r) {
    for (uint64_t i = 0; i < r->segment_count; i++) {
        const struct segment *segment = &r->segments[i];
        if (segment->number != r->segments[0].number + i)
            return damaged(r, r->segments[0].number + i, 0, "the segment is missing");
        if (segment->state == SEGMENT_OTHER)
            return refuse(r, FASTI_UNSUPPORTED_FORMAT, segment->number, 0,
                          "the segment has a format version that this program does not know");
        if (segment->state == SEGMENT_DAMAGED)
            return damaged(r, segment->number, 0, "both headers of the segment are damaged");
        if (is_below(r, segment)) {
            FASTI_TRY(below_check(r, segment));
        } else if (segment->state != SEGMENT_ACTIVE) {
            if (r->report->segments == 0 && segment->number != i + 1)
                return damaged(r, 1, 0, "every segment that held batches is missing");
            FASTI_TRY(spare_read(r, segment));
        } else if (i > 0 && r->segments[i - 1].state != SEGMENT_ACTIVE) {
            return damaged(r, r->segments[i - 1].number, 0,
                           "the segment's header is lost, and a later segment is used");
        } else {
            FASTI_TRY(active_read(r, segment));
        }
    }
    return FASTI_OK;
}

/* ---- what is there ---- */

/* Joins what the two header blocks say; the one that promises more wins. */
static void segment_classify(const uint8_t *blocks, struct segment *segment) {
    struct fasti_segment_header headers[2];
    enum fasti_header_state states[2];
    bool zero = true;
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *bytes = blocks + (size_t)i * FASTI_BLOCK_BYTES;
        states[i] = fasti_segment_header_check(bytes, &headers[i]);
        zero = zero && fasti_bytes_are_zero(bytes, FASTI_SECTOR_BYTES);
    }
    segment->state = zero ? SEGMENT_UNFINISHED : SEGMENT_DAMAGED;
    for (uint32_t i = 0; i < 2; i++) {
        if (states[i] == FASTI_HEADER_OTHER)
            segment->state = SEGMENT_OTHER;
    }
    for (uint16_t kind = FASTI_SEGMENT_PREPARED; kind <= FASTI_SEGMENT_ACTIVE; kind++) {
        for (uint32_t i = 0; i < 2; i++) {
            if (states[i] != FASTI_HEADER_VALID || headers[i].state != kind)
                continue;
            segment->state = kind == FASTI_SEGMENT_ACTIVE ? SEGMENT_ACTIVE : SEGMENT_PREPARED;
            segment->header = headers[i];
            segment->mended = states[1 - i] != FASTI_HEADER_VALID ||
                              memcmp(&headers[0], &headers[1], sizeof headers[0]) != 0;
        }
    }
}

static enum fasti_status segments_classify(struct reader *r) {
    for (uint64_t i = 0; i < r->segment_count; i++) {
        struct segment *segment = &r->segments[i];
        FASTI_TRY(segment_open(r, segment, FASTI_SEGMENT_HEADERS_BYTES));
        const enum fasti_status status = window_load(r, 0, FASTI_SEGMENT_HEADERS_BYTES);
        segment_close(r);
        FASTI_TRY(status);
        segment_classify(r->window, segment);
    }
    return FASTI_OK;
}

/* Lists the directory; names come in byte order, which is that of the numbers. */
static enum fasti_status segments_list(struct reader *r) {
    struct fasti_io_entry *entries;
    uint32_t count;
    FASTI_TRY(fasti_io_entries(r->io, &entries, &count));
    r->segments = calloc((size_t)count + 1, sizeof *r->segments);
    const enum fasti_status status = r->segments == NULL ? FASTI_LIMIT_MEMORY : FASTI_OK;
    for (uint32_t i = 0; status == FASTI_OK && i < count; i++) {
        uint64_t number;
        if (!fasti_segment_name_parse(entries[i].name, &number))
            continue;
        r->segments[r->segment_count].number = number;
        r->segments[r->segment_count].file_bytes = entries[i].size_bytes;
        r->segment_count++;
    }
    free(entries);
    return status;
}

static enum fasti_status window_get(struct reader *r) {
    r->window_bytes = FASTI_SEGMENT_HEADERS_BYTES;
    for (uint64_t i = 0; i < r->segment_count; i++) {
        const uint64_t bytes = r->segments[i].file_bytes;
        if (bytes > r->window_bytes)
            r->window_bytes = bytes < WINDOW_BYTES_MAX
                                  ? (size_t)bytes / FASTI_BLOCK_BYTES * FASTI_BLOCK_BYTES
                                  : WINDOW_BYTES_MAX;
    }
    r->window = aligned_alloc(FASTI_BLOCK_BYTES, r->window_bytes);
    return r->window == NULL ? FASTI_LIMIT_MEMORY : FASTI_OK;
}

bool fasti_log_lacks_reserve(const struct fasti_log_report *report) {
    const bool is_full = report->segment_bytes - report->offset < fasti_batch_total_bytes(0);
    return !report->clean && report->prepared == 0 &&
           (report->segment_last > 1 || (report->segments == 1 && is_full));
}

enum fasti_status fasti_log_read(struct fasti_io *io, uint64_t lsn_from, fasti_log_visit visit,
                                 void *context, struct fasti_log_report *report,
                                 struct fasti_detail *detail) {
    struct reader r = {.io = io,
                       .lsn_from = lsn_from,
                       .visit = visit,
                       .context = context,
                       .report = report,
                       .detail = detail};
    *report = (struct fasti_log_report){.lsn_start = 1, .lsn_end = 1, .lsn_read = 1};
    enum fasti_status status = segments_list(&r);
    if (status == FASTI_OK)
        status = window_get(&r);
    if (status == FASTI_OK)
        status = segments_classify(&r);
    if (status == FASTI_OK)
        status = segments_read(&r);
    free(r.segments);
    free(r.window);
    return status;
}
