/*
 * cell.h - the versioned reference: one 64-bit word that every change swaps.
 *
 *   63  62 61                 32 31                  0
 *   +-----+---------------------+---------------------+
 *   | tag |       version       |        index        |
 *   +-----+---------------------+---------------------+
 *   tag 0 PAGE        index = arena index of a page or record; 0 = empty (version kept)
 *   tag 1 DESCRIPTOR  index = arena index of a claim in progress; version = the old one
 *   tag 2 VALUE       index = a value, inline: of a part, the number of its record
 *
 * Every swap adds one to the version, for ever; a word therefore never recurs (no ABA). 2^30 - 1
 * swaps exhaust a cell: the claim is then refused with LIMIT_VERSION.
 *
 * A cell id names a cell in log and replay, independent of memory:
 *   kind (4 bits) | key (60 bits)
 *   1 DAY      schedule (32) << 20 | date - FASTI_DATE_FIRST (20)
 *   2 RECORD   record id
 *   3 GUARD    schedule (32) << 20 | period (20)  a week or a month of a schedule: its version
 *              grows with every visit in it, while a rule counts visits over it
 *   4 CONFIG   0: the directory as a whole
 */
#ifndef FASTI_CALENDAR_CELL_H
#define FASTI_CALENDAR_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/atomics.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"

enum fasti_cell_tag { FASTI_TAG_PAGE = 0, FASTI_TAG_DESCRIPTOR = 1, FASTI_TAG_VALUE = 2 };

enum fasti_cell_kind {
    FASTI_CELL_DAY = 1,
    FASTI_CELL_RECORD = 2,
    FASTI_CELL_GUARD = 3,
    FASTI_CELL_CONFIG = 4,
};

#define FASTI_VERSION_MAX ((UINT32_C(1) << 30) - 1)

static inline uint64_t fasti_cell_word(enum fasti_cell_tag tag, uint32_t version, uint32_t index) {
    return (uint64_t)tag << 62 | (uint64_t)version << 32 | index;
}
static inline enum fasti_cell_tag fasti_cell_tag(uint64_t word) {
    return (enum fasti_cell_tag)(word >> 62);
}
static inline uint32_t fasti_cell_version(uint64_t word) {
    return (uint32_t)(word >> 32) & FASTI_VERSION_MAX;
}
static inline uint32_t fasti_cell_index(uint64_t word) {
    return (uint32_t)word;
}

static inline uint64_t fasti_cell_id_day(fasti_schedule_id schedule, fasti_date date) {
    return (uint64_t)FASTI_CELL_DAY << 60 | (uint64_t)schedule.v << 20 |
           (uint32_t)(date.v - FASTI_DATE_FIRST);
}
static inline uint64_t fasti_cell_id_record(fasti_record_id record) {
    return (uint64_t)FASTI_CELL_RECORD << 60 | record.v;
}
/* period: the guard of a fasti_period (rules/period.h). */
static inline uint64_t fasti_cell_id_guard(fasti_schedule_id schedule, fasti_date period) {
    return (uint64_t)FASTI_CELL_GUARD << 60 | (uint64_t)schedule.v << 20 |
           (uint32_t)(period.v - FASTI_DATE_FIRST);
}
static inline uint64_t fasti_cell_id_config(void) {
    return (uint64_t)FASTI_CELL_CONFIG << 60;
}
static inline enum fasti_cell_kind fasti_cell_id_kind(uint64_t id) {
    return (enum fasti_cell_kind)(id >> 60);
}
static inline fasti_schedule_id fasti_cell_id_schedule(uint64_t id) {
    return (fasti_schedule_id){(uint32_t)(id >> 20)};
}
static inline fasti_date fasti_cell_id_date(uint64_t id) {
    return (fasti_date){(int32_t)(id & 0xfffff) + FASTI_DATE_FIRST};
}
static inline fasti_record_id fasti_cell_id_record_id(uint64_t id) {
    return (fasti_record_id){id & ((UINT64_C(1) << 60) - 1)};
}

#endif
