/*
 * ledger.c - see ledger.h.
 */
#include "tests/support/ledger.h"

#include <string.h>

#include "engine/base/hash.h"

static enum fasti_status visit(void *context, const struct fasti_batch *batch,
                               const uint8_t *payload, const struct fasti_log_position *position) {
    struct ledger *ledger = context;
    if (position->lsn != batch->lsn_first || batch->lsn_watermark > batch->lsn_first)
        ledger->wrong = true;
    if (batch->effect_count == 0)
        return FASTI_OK;
    if (ledger->seen >= ledger->written) {
        ledger->wrong = true;
        return FASTI_OK;
    }
    const struct ledger_entry *entry = &ledger->entries[ledger->seen++];
    const struct fasti_hash128 hash = fasti_hash128(payload, batch->payload_bytes);
    if (entry->lsn_first != batch->lsn_first || entry->effect_count != batch->effect_count ||
        entry->payload_bytes != batch->payload_bytes || entry->logged_ms != batch->logged_ms ||
        !fasti_hash128_equal(entry->payload, hash) ||
        !fasti_hash128_equal(batch->digest, (struct fasti_hash128){entry->lsn_first, 7}))
        ledger->wrong = true;
    return FASTI_OK;
}

enum fasti_status ledger_read(struct ledger *ledger, struct fasti_io *io,
                              struct fasti_log_report *report, struct fasti_detail *detail) {
    ledger->seen = 0;
    ledger->wrong = false;
    const enum fasti_status status = fasti_log_read(io, 0, visit, ledger, report, detail);
    if (status == FASTI_OK && !ledger->wrong && ledger->seen >= ledger->acknowledged)
        ledger->acknowledged = ledger->written = ledger->seen;
    return status;
}

bool ledger_is_kept(const struct ledger *ledger, uint32_t acknowledged_before,
                    uint32_t written_before) {
    return !ledger->wrong && ledger->seen >= acknowledged_before && ledger->seen <= written_before;
}

static bool is_killed(const struct fasti_sim_disk *disk) {
    return disk != NULL && fasti_sim_disk_is_killed(disk);
}

enum fasti_log_progress ledger_append(struct ledger *ledger, struct fasti_log *log,
                                      struct fasti_prng *prng, uint32_t payload_max,
                                      const struct fasti_sim_disk *disk) {
    uint32_t capacity;
    uint8_t *buffer = fasti_log_buffer(log, &capacity);
    struct ledger_entry *entry = &ledger->entries[ledger->written];
    const uint32_t limit = payload_max < capacity ? payload_max : capacity;
    entry->payload_bytes = 1 + (uint32_t)fasti_prng_below(prng, limit);
    entry->effect_count = 1 + (uint32_t)fasti_prng_below(prng, 9);
    entry->lsn_first = fasti_log_lsn_end(log);
    entry->logged_ms = 1000 + (int64_t)entry->lsn_first;
    for (uint32_t i = 0; i < entry->payload_bytes; i++)
        buffer[i] = (uint8_t)(1 + fasti_prng_below(prng, 255)); /* no sector of zeros */
    entry->payload = fasti_hash128(buffer, entry->payload_bytes);
    enum fasti_log_progress progress = FASTI_LOG_IDLE;
    enum fasti_status status = FASTI_BUSY;
    while (status == FASTI_BUSY && progress != FASTI_LOG_FAILED && !is_killed(disk)) {
        status = fasti_log_append(log, 0, entry->effect_count, entry->payload_bytes,
                                  entry->logged_ms, (struct fasti_hash128){entry->lsn_first, 7});
        if (status == FASTI_BUSY) /* the next segment is still being prepared */
            progress = fasti_log_poll(log, 0);
    }
    if (status == FASTI_BUSY || status == FASTI_DISK_LOW)
        return progress;
    ledger->written++;
    if (status != FASTI_OK)
        return FASTI_LOG_FAILED;
    progress = FASTI_LOG_WAITING;
    while (progress == FASTI_LOG_WAITING && !is_killed(disk))
        progress = fasti_log_poll(log, 0);
    if (progress == FASTI_LOG_DURABLE)
        ledger->acknowledged = ledger->written;
    return progress;
}
