/*
 * ledger.h - what a test wrote to a log and what the log acknowledged, to hold recovery against.
 */
#ifndef FASTI_TESTS_SUPPORT_LEDGER_H
#define FASTI_TESTS_SUPPORT_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/prng.h"
#include "engine/storage/io.h"
#include "engine/storage/log.h"

#define LEDGER_ENTRIES_MAX 512

struct ledger_entry {
    uint64_t lsn_first;
    uint32_t effect_count, payload_bytes;
    struct fasti_hash128 payload;
    int64_t logged_ms;
};

struct ledger {
    struct ledger_entry entries[LEDGER_ENTRIES_MAX]; /* batches with effects, in order */
    uint32_t acknowledged;
    uint32_t written; /* acknowledged, or one more: the batch in flight */

    /* Of the last ledger_read: */
    uint32_t seen;
    bool wrong; /* a batch that was not written, or out of order */
};

/* Reads the log and compares it with the ledger. When the status is OK and nothing was wrong, the
 * ledger takes over what was seen: the batch in flight is acknowledged or forgotten. */
enum fasti_status ledger_read(struct ledger *ledger, struct fasti_io *io,
                              struct fasti_log_report *report, struct fasti_detail *detail);

/* Everything acknowledged was seen, and nothing else but possibly the batch in flight. */
bool ledger_is_kept(const struct ledger *ledger, uint32_t acknowledged_before,
                    uint32_t written_before);

/* Appends one batch of random size (at most payload_max) and polls until something is final:
 * DURABLE; FAILED; IDLE: the disk is full; WAITING: killed. disk may be NULL. */
enum fasti_log_progress ledger_append(struct ledger *ledger, struct fasti_log *log,
                                      struct fasti_prng *prng, uint32_t payload_max,
                                      const struct fasti_sim_disk *disk);

#endif
