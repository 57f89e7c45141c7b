/*
 * recovery.c - replay.
 */
#include "engine/commit/recovery.h"

#include "engine/base/clock.h"
#include "engine/booking/apply.h"
#include "engine/booking/catchup.h"
#include "engine/commit/load.h"

#define PROGRESS_WORK 65536 /* effects and batches; a fraction of a second */

/* Replay is bound by memory: effects are taken apart a while before they are applied, so that
 * what they change is on its way. Their cells are asked for at once, their pages halfway. */
#define AHEAD_EFFECTS 16 /* a power of two */

/* The effects of one batch that were taken apart and not applied yet. */
struct ahead {
    struct fasti_effect effects[AHEAD_EFFECTS];
    uint32_t begin, end; /* numbers of the batch's effects; end - begin <= AHEAD_EFFECTS */
    uint32_t at;         /* bytes of the payload that were taken apart */
};

static enum fasti_status place_say(const struct fasti_replay *replay, enum fasti_status status,
                                   const struct fasti_log_position *position, uint64_t lsn) {
    const struct fasti_detail why = *replay->detail;
    return fasti_detail_set(replay->detail, status, "%.120s (LSN %llu, file %.40s, offset %llu)",
                            why.text[0] != '\0' ? why.text : fasti_status_text(status),
                            (unsigned long long)lsn, position->file,
                            (unsigned long long)position->offset);
}

static enum fasti_status effect_visit(struct fasti_replay *replay, uint64_t lsn,
                                      const struct fasti_batch *batch,
                                      const struct fasti_effect *effect) {
    if (lsn < replay->snapshot.lsn_floor)
        return FASTI_OK; /* the snapshot has it */
    if (replay->catchup != NULL)
        replay->catchup->lsn = lsn;
    if (replay->effect != NULL)
        replay->effect(replay->effect_context, lsn, batch, effect);
    replay->effects++;
    if (replay->is_dry)
        return FASTI_OK;
    struct fasti_hash128 delta;
    FASTI_TRY(fasti_effect_replay(replay->booking, effect, &delta, replay->detail));
    replay->digest = fasti_hash128_add(replay->digest, delta);
    return FASTI_OK;
}

static struct fasti_effect *ahead_effect(struct ahead *ahead, uint32_t number) {
    return &ahead->effects[number % AHEAD_EFFECTS];
}

/* Takes effects apart as far ahead as there is room. */
static enum fasti_status ahead_fill(struct fasti_replay *replay, struct ahead *ahead,
                                    const struct fasti_batch *batch, const uint8_t *payload) {
    while (ahead->end < batch->effect_count && ahead->end - ahead->begin < AHEAD_EFFECTS) {
        struct fasti_effect *effect = ahead_effect(ahead, ahead->end);
        FASTI_TRY(
            fasti_effect_decode(payload + ahead->at, batch->payload_bytes - ahead->at, effect));
        ahead->at += effect->header->size_bytes;
        ahead->end++;
        if (replay->is_dry)
            continue;
        fasti_effect_prefetch_cell(replay->booking, effect);
        if (ahead->end - ahead->begin > AHEAD_EFFECTS / 2)
            fasti_effect_prefetch_page(replay->booking,
                                       ahead_effect(ahead, ahead->end - AHEAD_EFFECTS / 2));
    }
    return FASTI_OK;
}

/* Every effect of one batch. *number: the one that is at fault when the status is not OK. */
static enum fasti_status effects_visit(struct fasti_replay *replay, const struct fasti_batch *batch,
                                       const uint8_t *payload, uint32_t *number) {
    struct ahead ahead = {.begin = 0};
    for (*number = 0; *number < batch->effect_count; ++*number) {
        ahead.begin = *number;
        const enum fasti_status decoded = ahead_fill(replay, &ahead, batch, payload);
        if (ahead.end == *number) /* this one cannot be taken apart; later ones have their turn */
            return decoded;
        FASTI_TRY(
            effect_visit(replay, batch->lsn_first + *number, batch, ahead_effect(&ahead, *number)));
    }
    if (ahead.at != batch->payload_bytes)
        return fasti_detail_set(replay->detail, FASTI_CORRUPT_STATE,
                                "%u bytes follow the last effect of a batch",
                                batch->payload_bytes - ahead.at);
    return FASTI_OK;
}

/* Asked before the first batch, then now and again; false: somebody wants the start to end. */
static bool may_go_on(struct fasti_replay *replay, const struct fasti_batch *batch) {
    const bool is_due = !replay->has_begun || replay->work >= PROGRESS_WORK;
    replay->work += 1 + batch->effect_count;
    if (replay->progress == NULL || !is_due)
        return true;
    replay->work = 0;
    return replay->progress(replay->progress_context, replay->effects,
                            (double)(fasti_clock_monotonic_ns() - replay->started_ns) / 1e9);
}

/* Is this where replay may begin? */
static enum fasti_status beginning_check(struct fasti_replay *replay,
                                         const struct fasti_batch *batch) {
    const struct fasti_snapshot_header *snapshot = &replay->snapshot;
    const struct fasti_log_id id = replay->report->log_id;
    if (snapshot->generation == 0)
        return batch->lsn_first == 1 || replay->is_dry
                   ? FASTI_OK
                   : fasti_detail_set(replay->detail, FASTI_CORRUPT_LOG,
                                      "the log does not start at LSN 1: the segments before are "
                                      "missing, and no sound snapshot holds what was in them");
    if (snapshot->log_id.low != id.low || snapshot->log_id.high != id.high)
        return fasti_detail_set(replay->detail, FASTI_CORRUPT_SNAPSHOT,
                                "the snapshot is of another log");
    return batch->lsn_first <= snapshot->lsn_floor
               ? FASTI_OK
               : fasti_detail_set(replay->detail, FASTI_CORRUPT_LOG,
                                  "the log does not reach back to the snapshot: segments between "
                                  "them are missing");
}

/* After a batch: from the end of the snapshot's walk on the state is that of the log. */
static enum fasti_status digest_check(struct fasti_replay *replay,
                                      const struct fasti_batch *batch) {
    const uint64_t end = batch->lsn_first + batch->effect_count;
    if (end < replay->snapshot.lsn_end)
        return FASTI_OK;
    if (!fasti_hash128_equal(replay->digest, batch->digest) ||
        (end == replay->snapshot.lsn_end &&
         !fasti_hash128_equal(replay->digest, replay->snapshot.digest)))
        return fasti_detail_set(replay->detail, FASTI_CORRUPT_STATE,
                                "what was replayed has another digest than the log states");
    if (replay->schedule_max >
        fasti_directory_count(replay->booking->state->directory, FASTI_ENTITY_SCHEDULE))
        return fasti_detail_set(replay->detail, FASTI_CORRUPT_STATE,
                                "the snapshot has records of schedules that were never made");
    replay->booking->state->catchup = NULL;
    return FASTI_OK;
}

static enum fasti_status batch_visit(void *context, const struct fasti_batch *batch,
                                     const uint8_t *payload,
                                     const struct fasti_log_position *position) {
    struct fasti_replay *replay = context;
    replay->detail->text[0] = '\0';
    if (!may_go_on(replay, batch))
        return FASTI_STARTING;
    if (!replay->has_begun) {
        const enum fasti_status begun = beginning_check(replay, batch);
        if (begun != FASTI_OK)
            return place_say(replay, begun, position, batch->lsn_first);
    }
    replay->has_begun = true;
    if (!replay->is_dry && batch->epoch > replay->epoch &&
        batch->lsn_first >= replay->snapshot.lsn_floor) {
        /* Another process wrote on from here: it forgot what was staged. */
        fasti_imports_end_all(&replay->booking->state->imports);
        replay->epoch = batch->epoch;
    }
    uint32_t number;
    const enum fasti_status status = effects_visit(replay, batch, payload, &number);
    if (status != FASTI_OK)
        return place_say(replay, status, position, batch->lsn_first + number);
    const enum fasti_status proved = replay->is_dry ? FASTI_OK : digest_check(replay, batch);
    if (proved != FASTI_OK)
        return place_say(replay, proved, position, batch->lsn_first);
    if (replay->booking != NULL) /* retired parts of the directory: nobody else reads them */
        fasti_limbo_drain(&replay->booking->limbo);
    return FASTI_OK;
}

enum fasti_status fasti_replay_load(struct fasti_replay *replay, struct fasti_io *io,
                                    uint64_t generation) {
    replay->started_ns = fasti_clock_monotonic_ns();
    replay->catchup = fasti_catchup_create();
    if (replay->catchup == NULL)
        return FASTI_LIMIT_MEMORY;
    struct fasti_load load = {
        .booking = replay->booking,
        .catchup = replay->catchup,
        .progress = replay->progress,
        .progress_context = replay->progress_context,
        .started_ns = replay->started_ns,
    };
    FASTI_TRY(fasti_load_snapshot(&load, io, generation, replay->detail));
    replay->snapshot = load.header;
    replay->digest = load.digest;
    replay->epoch = load.header.epoch;
    replay->snapshot_entries = load.entries;
    replay->schedule_max = load.schedule_max;
    replay->is_snapshot_mended = load.is_mended;
    replay->booking->state->catchup = replay->catchup;
    return FASTI_OK;
}

void fasti_replay_end(struct fasti_replay *replay) {
    if (replay->booking != NULL)
        replay->booking->state->catchup = NULL;
    fasti_catchup_destroy(replay->catchup);
    replay->catchup = NULL;
}

/* A log that ends before what a snapshot knows to have been durable has lost its end. */
static enum fasti_status end_check(const struct fasti_replay *replay) {
    if (replay->report->lsn_end >= replay->snapshot.lsn_end &&
        (replay->has_begun || replay->snapshot.generation == 0))
        return FASTI_OK;
    return fasti_detail_set(
        replay->detail, FASTI_CORRUPT_LOG,
        "the log ends at LSN %llu, but snapshot %llu knows that LSN %llu was durable: "
        "files of the log are missing at its end",
        (unsigned long long)replay->report->lsn_end,
        (unsigned long long)replay->snapshot.generation,
        (unsigned long long)replay->snapshot.lsn_end - 1);
}

enum fasti_status fasti_replay_run(struct fasti_replay *replay, struct fasti_io *io,
                                   struct fasti_log_report *report) {
    if (replay->started_ns == 0)
        replay->started_ns = fasti_clock_monotonic_ns();
    replay->report = report;
    FASTI_TRY(fasti_log_read(io, replay->snapshot.lsn_floor, batch_visit, replay, report,
                             replay->detail));
    if (replay->is_dry)
        return FASTI_OK;
    FASTI_TRY(end_check(replay));
    struct fasti_state *state = replay->booking->state;
    fasti_imports_end_all(&state->imports);
    fasti_store_relaxed(&state->logged_ms, report->logged_ms);
    fasti_store_relaxed(&state->lsn_durable, report->lsn_end);
    return FASTI_OK;
}
