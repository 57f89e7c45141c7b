/*
 * inspect.c - a data directory read offline: verify, dump, digest. Changes nothing.
 *
 * A dump is one JSON object an effect. It shows what the log holds, so patient references and
 * payloads are left out: their lengths stand for them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/cell.h"
#include "engine/commit/recovery.h"
#include "engine/engine.h"
#include "engine/storage/snapshot.h"

struct dump {
    void (*print)(void *context, const char *line);
    void *context;
    struct fasti_put_scratch *scratch;
};

#define SNAPSHOTS_MAX 16
#define LINE_BYTES    1024

/* Appends as printf would; what does not fit is cut (lines are bounded by construction). */
__attribute__((format(printf, 3, 4))) static void add(char *line, size_t *size, const char *format,
                                                      ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line + *size, LINE_BYTES - *size, format, arguments);
    va_end(arguments);
    *size += length > 0 ? (size_t)length : 0;
    *size = *size < LINE_BYTES ? *size : LINE_BYTES - 1;
}

/* A JSON string: ids are plain UTF-8, so only quotes and backslashes need escaping. */
static void add_text(char *line, size_t *size, const char *bytes, size_t length) {
    add(line, size, "\"");
    for (size_t i = 0; i < length; i++)
        add(line, size, bytes[i] == '"' || bytes[i] == '\\' ? "\\%c" : "%c", bytes[i]);
    add(line, size, "\"");
}

static void add_item(char *line, size_t *size, const struct fasti_item *item) {
    char start[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(item->start_utc_s, item->offset_minutes * 60, start);
    add(line, size, ",\"schedule\":%u,\"service\":%u,\"start\":\"%s\",\"minutes\":%u",
        item->schedule, item->service, start, item->minutes);
    if (item->before_minutes != 0 || item->after_minutes != 0)
        add(line, size, ",\"before\":%u,\"after\":%u", item->before_minutes, item->after_minutes);
}

/* What the effect does to a day. */
static void add_day(char *line, size_t *size, const struct fasti_effect_cell *cell) {
    char date[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(fasti_cell_id_date(cell->id), date);
    add(line, size, ",\"day\":{\"schedule\":%u,\"date\":\"%s\",\"tick\":%u,\"ticks\":%u}",
        fasti_cell_id_schedule(cell->id).v, date, fasti_effect_cell_tick(cell),
        fasti_effect_cell_count(cell));
}

static void add_record(char *line, size_t *size, const struct fasti_effect *effect) {
    const struct fasti_record *record = (const struct fasti_record *)(const void *)effect->body;
    const bool is_load = effect->header->kind == FASTI_EFFECT_LOAD;
    if (!(is_load ? fasti_record_is_load_sound(record, effect->body_bytes)
                  : fasti_record_is_sound(record, effect->body_bytes)))
        return;
    add(line, size, ",\"record\":%llu,\"organization\":%u,\"type\":\"%s\"",
        (unsigned long long)record->id, record->organization,
        record->kind == FASTI_RECORD_BLOCK ? "block" : "appointment");
    if (is_load)
        add(line, size, ",\"state\":\"%s\"",
            fasti_record_state_name((enum fasti_record_state)record->state));
    add_item(line, size, &record->items[0]);
    if ((record->flags & FASTI_RECORD_OVERRIDE) != 0)
        add(line, size, ",\"override\":true");
    const struct fasti_record_source *source = fasti_record_source(record);
    if (source != NULL)
        add(line, size, ",\"source\":%u,\"key\":\"%016llx\"", source->source,
            (unsigned long long)source->key);
    add(line, size, ",\"patient_bytes\":%u,\"payload_bytes\":%u", record->patient_length,
        record->payload_length);
}

static void add_end(char *line, size_t *size, const struct fasti_effect *effect) {
    const struct fasti_effect_end *end =
        (const struct fasti_effect_end *)(const void *)effect->body;
    if (effect->body_bytes < sizeof *end)
        return;
    add(line, size, ",\"record\":%llu,\"organization\":%u,\"reason\":%u",
        (unsigned long long)end->record, end->organization, end->reason);
}

static const char *entity_name(enum fasti_entity_kind kind) {
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: return "organization";
    case FASTI_ENTITY_LOCATION: return "location";
    case FASTI_ENTITY_PRACTITIONER: return "practitioner";
    case FASTI_ENTITY_SERVICE: return "service";
    case FASTI_ENTITY_SCHEDULE: return "schedule";
    case FASTI_ENTITY_OPENINGS: return "openings";
    case FASTI_ENTITY_ZONE: return "zone";
    }
    return "?";
}

static void add_put(char *line, size_t *size, const struct fasti_effect *effect,
                    struct fasti_put_scratch *scratch) {
    if (fasti_put_decode(effect->body, effect->body_bytes, scratch) != FASTI_OK)
        return;
    const struct fasti_put *put = &scratch->put;
    add(line, size, ",\"entity\":\"%s\",\"organization\":%u,\"id\":", entity_name(put->kind),
        put->organization.v);
    add_text(line, size, put->id.bytes, put->id.length);
    if (put->kind == FASTI_ENTITY_OPENINGS)
        add(line, size, ",\"openings\":%u", put->body.openings.count);
}

static void effect_dump(void *context, uint64_t lsn, const struct fasti_batch *batch,
                        const struct fasti_effect *effect) {
    const struct dump *dump = context;
    char line[LINE_BYTES];
    size_t size = 0;
    const struct fasti_effect_header *header = effect->header;
    const enum fasti_effect_kind kind = (enum fasti_effect_kind)header->kind;
    add(line, &size, "{\"lsn\":%llu,\"epoch\":%llu,\"effect\":\"%s\",\"decided_ms\":%lld",
        (unsigned long long)lsn, (unsigned long long)batch->epoch, fasti_effect_kind_name(kind),
        (long long)header->decided_ms);
    add(line, &size, ",\"versions\":[");
    for (uint32_t i = 0; i < header->cell_count && i < 8; i++)
        add(line, &size, i == 0 ? "%u" : ",%u", effect->cells[i].from_version);
    add(line, &size, "]");
    if (header->cell_count > 0 && fasti_cell_id_kind(effect->cells[0].id) == FASTI_CELL_DAY)
        add_day(line, &size, &effect->cells[0]);
    if (header->import != 0)
        add(line, &size, ",\"import\":%u", header->import);
    if (kind == FASTI_EFFECT_BOOK || kind == FASTI_EFFECT_LOAD)
        add_record(line, &size, effect);
    else if (kind == FASTI_EFFECT_END)
        add_end(line, &size, effect);
    else if (kind == FASTI_EFFECT_PUT || kind == FASTI_EFFECT_STAGE)
        add_put(line, &size, effect, dump->scratch);
    add(line, &size, "}");
    dump->print(dump->context, line);
}

static void report_fill(struct fasti_inspect_report *report, const struct fasti_log_report *log,
                        struct fasti_hash128 computed) {
    *report = (struct fasti_inspect_report){
        .segments = log->segments,
        .batches = log->batches,
        .effects = log->effects,
        .bytes = log->bytes,
        .lsn_end = log->lsn_end,
        .epoch = log->epoch,
        .digest_logged = log->digest,
        .digest_computed = computed,
        .clean = log->clean,
        .torn = log->torn,
        .mended = log->mended,
    };
    if (log->where.file[0] != '\0')
        snprintf(report->where, sizeof report->where, "file %s, offset %llu, LSN %llu",
                 log->where.file, (unsigned long long)log->where.offset,
                 (unsigned long long)log->where.lsn);
}

/* A state for one thread that lives as long as the replay, from a snapshot or (0) from LSN 1. */
static enum fasti_status digest_run(struct fasti_replay *replay, struct fasti_io *io,
                                    uint64_t generation, struct fasti_log_report *log) {
    struct fasti_state *state = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *state);
    struct fasti_booking *booking = aligned_alloc(FASTI_CACHE_LINE_BYTES, sizeof *booking);
    enum fasti_status status = FASTI_LIMIT_MEMORY;
    if (state != NULL && booking != NULL) {
        memset(state, 0, sizeof *state);
        memset(booking, 0, sizeof *booking);
        status = fasti_state_init(state, 1, UINT64_MAX, fasti_clock_fixed(0));
        if (status == FASTI_OK)
            status = fasti_booking_init(booking, state, 0);
        if (status == FASTI_OK) {
            replay->booking = booking;
            fasti_epoch_online(&booking->limbo);
            if (generation != 0)
                status = fasti_replay_load(replay, io, generation);
            if (status == FASTI_OK)
                status = fasti_replay_run(replay, io, log);
            fasti_replay_end(replay);
        }
        fasti_booking_deinit(booking);
        fasti_state_deinit(state);
    }
    free(booking);
    free(state);
    return status;
}

/* Do log and snapshots together hold everything? lsn_floor, lsn_end: the greatest of any. */
static enum fasti_status whole_check(const struct fasti_log_report *log, uint64_t lsn_floor,
                                     uint64_t lsn_end, struct fasti_detail *detail) {
    if (log->lsn_start > 1 && lsn_floor < log->lsn_start)
        return fasti_detail_set(detail, FASTI_CORRUPT_LOG,
                                "the log does not start at LSN 1, and no snapshot holds what was "
                                "before LSN %llu",
                                (unsigned long long)log->lsn_start);
    if (lsn_end > log->lsn_end)
        return fasti_detail_set(detail, FASTI_CORRUPT_LOG,
                                "the log ends at LSN %llu, and a snapshot knows LSN %llu: files of "
                                "the log are missing at its end",
                                (unsigned long long)log->lsn_end, (unsigned long long)lsn_end - 1);
    detail->text[0] = '\0';
    return FASTI_OK;
}

/* Every section of every snapshot that was finished. */
static enum fasti_status snapshots_verify(struct fasti_io *io, const struct fasti_log_report *log,
                                          struct fasti_inspect_report *report,
                                          struct fasti_detail *detail) {
    uint64_t generations[SNAPSHOTS_MAX], lsn_floor = 0, lsn_end = 0;
    uint32_t count;
    FASTI_TRY(fasti_snapshot_list(io, generations, SNAPSHOTS_MAX, &count));
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_snapshot_reader reader;
        enum fasti_status status = fasti_snapshot_open(&reader, io, generations[i], detail);
        if (status == FASTI_NOT_FOUND) {
            report->snapshots_unfinished++;
            continue;
        }
        FASTI_TRY(status);
        report->snapshots++;
        report->snapshot_bytes += reader.header.body_bytes + 2 * FASTI_BLOCK_BYTES;
        report->mended += reader.is_mended;
        if (reader.header.lsn_floor > lsn_floor)
            lsn_floor = reader.header.lsn_floor;
        if (reader.header.lsn_end > lsn_end)
            lsn_end = reader.header.lsn_end;
        status = fasti_snapshot_verify(&reader, detail);
        fasti_snapshot_close(&reader);
        FASTI_TRY(status);
    }
    return whole_check(log, lsn_floor, lsn_end, detail);
}

/* The oldest snapshot that was finished: the most of the log is replayed behind it. 0: none is. */
static enum fasti_status snapshot_choose(struct fasti_io *io, uint64_t *generation) {
    uint64_t generations[SNAPSHOTS_MAX];
    uint32_t count;
    struct fasti_detail unused;
    *generation = 0;
    FASTI_TRY(fasti_snapshot_list(io, generations, SNAPSHOTS_MAX, &count));
    while (count-- > 0 && *generation == 0) {
        struct fasti_snapshot_reader reader;
        if (fasti_snapshot_open(&reader, io, generations[count], &unused) != FASTI_OK)
            continue;
        *generation = generations[count];
        fasti_snapshot_close(&reader);
    }
    return FASTI_OK;
}

/* From LSN 1 where the log begins there, else from a snapshot. */
static enum fasti_status digest_inspect(struct fasti_replay *replay, struct fasti_io *io,
                                        struct fasti_log_report *log, uint64_t *generation) {
    *generation = 0;
    const enum fasti_status status = digest_run(replay, io, 0, log);
    if (status != FASTI_CORRUPT_LOG || log->lsn_start == 1)
        return status;
    FASTI_TRY(snapshot_choose(io, generation));
    if (*generation == 0)
        return status; /* and what it says */
    replay->has_begun = false;
    replay->effects = replay->epoch = replay->work = 0;
    replay->digest = (struct fasti_hash128){0};
    return digest_run(replay, io, *generation, log);
}

enum fasti_status fasti_engine_inspect(struct fasti_io *io, enum fasti_inspect_mode mode,
                                       void (*print)(void *context, const char *line),
                                       void *context, struct fasti_inspect_report *report,
                                       struct fasti_detail *detail) {
    struct fasti_detail unused;
    struct dump dump = {.print = print, .context = context};
    struct fasti_replay replay = {
        .is_dry = mode != FASTI_INSPECT_DIGEST,
        .detail = detail != NULL ? detail : &unused,
    };
    replay.detail->text[0] = '\0';
    struct fasti_log_report log = {0};
    if (mode == FASTI_INSPECT_DUMP && print != NULL) {
        dump.scratch = malloc(sizeof *dump.scratch);
        if (dump.scratch == NULL)
            return FASTI_LIMIT_MEMORY;
        replay.effect = effect_dump;
        replay.effect_context = &dump;
    }
    uint64_t generation = 0;
    enum fasti_status status = mode == FASTI_INSPECT_DIGEST
                                   ? digest_inspect(&replay, io, &log, &generation)
                                   : fasti_replay_run(&replay, io, &log);
    free(dump.scratch);
    report_fill(report, &log, replay.digest);
    report->snapshot = generation;
    if (status == FASTI_OK && mode != FASTI_INSPECT_DUMP)
        status = snapshots_verify(io, &log, report, replay.detail);
    return status;
}
