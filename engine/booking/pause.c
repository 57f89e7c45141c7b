/*
 * pause.c - looks at every existing day of the moved schedules, twice.
 */
#include "engine/booking/pause.h"

#include <stdlib.h>

#include "engine/base/epoch.h"
#include "engine/calendar/claim.h"

static void schedule_add(struct fasti_moved *moved, fasti_schedule_id id, bool must_be_idle) {
    if (moved->count == moved->capacity) {
        const uint32_t capacity = moved->capacity == 0 ? 16 : moved->capacity * 2;
        struct fasti_moved_schedule *schedules =
            realloc(moved->schedules, capacity * sizeof *schedules);
        moved->is_short = moved->is_short || schedules == NULL;
        if (schedules == NULL)
            return;
        moved->schedules = schedules;
        moved->capacity = capacity;
    }
    moved->schedules[moved->count++] = (struct fasti_moved_schedule){id, must_be_idle};
}

void fasti_moved_add(void *context, fasti_schedule_id schedule) {
    schedule_add(context, schedule, true);
}

void fasti_limited_add(void *context, fasti_schedule_id schedule) {
    schedule_add(context, schedule, false);
}

enum day_state { DAYS_IDLE, DAYS_WRITING, DAYS_HELD };

/* Of all days: is one held (*date: the first), else is one not durable yet? */
static enum day_state days_state(struct fasti_booking *booking, struct fasti_schedule *schedule,
                                 fasti_date *date) {
    struct fasti_arena *arena = &booking->state->arena;
    fasti_date chunk_first = {FASTI_DATE_FIRST};
    enum day_state state = DAYS_IDLE;
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(arena, &schedule->days, chunk_first, &chunk_first)) !=
           NULL) {
        for (int32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
            const uint64_t word = fasti_cell_read(arena, &chunk->cells[at]);
            *date = (fasti_date){chunk_first.v + at};
            if (fasti_cell_index(word) != 0)
                return DAYS_HELD;
            if (fasti_load_seq_cst(&chunk->durable[at]) != fasti_cell_version(word))
                state = DAYS_WRITING;
        }
        chunk_first.v += FASTI_CHUNK_DAYS;
    }
    const struct fasti_days_retirements *retirements = &schedule->days.retirements;
    if (fasti_load_seq_cst(&retirements->durable) != fasti_load_seq_cst(&retirements->pushed))
        state = DAYS_WRITING; /* what retires waits for what was claimed there before */
    return state;
}

static enum fasti_status idle_check(struct fasti_booking *booking, fasti_schedule_id id,
                                    struct fasti_detail *detail) {
    struct fasti_schedule *schedule = fasti_schedule_get(booking->state->directory, id);
    fasti_date date;
    const enum day_state state = days_state(booking, schedule, &date);
    if (state == DAYS_IDLE)
        return FASTI_OK;
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    if (state == DAYS_WRITING)
        return fasti_detail_set(detail, FASTI_BUSY,
                                "a change of schedule '%.*s' is being written; try again",
                                config->id.length, config->id.bytes);
    char text[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(date, text);
    return fasti_detail_set(detail, FASTI_INVALID_STATE,
                            "schedule '%.*s' has time taken on %s: its time zone and resolution "
                            "can change only while no day of it has",
                            config->id.length, config->id.bytes, text);
}

static void all_store(struct fasti_booking *booking, const struct fasti_moved *moved,
                      bool is_paused) {
    for (uint32_t i = 0; i < moved->count; i++)
        fasti_store_seq_cst(
            &fasti_schedule_get(booking->state->directory, moved->schedules[i].id)->is_paused,
            is_paused);
}

static enum fasti_status all_idle(struct fasti_booking *booking, struct fasti_moved *moved,
                                  struct fasti_detail *detail) {
    for (uint32_t i = 0; i < moved->count; i++) {
        if (!moved->schedules[i].must_be_idle)
            continue;
        const enum fasti_status status = idle_check(booking, moved->schedules[i].id, detail);
        if (status != FASTI_OK) {
            moved->held.v = status == FASTI_INVALID_STATE ? moved->schedules[i].id.v : 0;
            return status;
        }
    }
    return FASTI_OK;
}

static int schedule_compare(const void *a, const void *b) {
    const uint32_t first = ((const struct fasti_moved_schedule *)a)->id.v;
    const uint32_t second = ((const struct fasti_moved_schedule *)b)->id.v;
    return (first > second) - (first < second);
}

/* An import may move a schedule more than once. */
static void moved_unique(struct fasti_moved *moved) {
    uint32_t kept = 0;
    if (moved->count > 0)
        qsort(moved->schedules, moved->count, sizeof *moved->schedules, schedule_compare);
    for (uint32_t i = 0; i < moved->count; i++) {
        struct fasti_moved_schedule *last = kept == 0 ? NULL : &moved->schedules[kept - 1];
        if (last != NULL && last->id.v == moved->schedules[i].id.v)
            last->must_be_idle = last->must_be_idle || moved->schedules[i].must_be_idle;
        else
            moved->schedules[kept++] = moved->schedules[i];
    }
    moved->count = kept;
}

enum fasti_status fasti_pause_begin(struct fasti_booking *booking, struct fasti_moved *moved,
                                    struct fasti_detail *detail) {
    if (moved->is_short)
        return FASTI_LIMIT_MEMORY;
    moved_unique(moved);
    FASTI_TRY(all_idle(booking, moved, detail));
    all_store(booking, moved, true);
    const bool is_alone = moved->count == 0 || fasti_epoch_wait(&booking->limbo);
    const enum fasti_status status =
        is_alone ? all_idle(booking, moved, detail)
                 : fasti_detail_set(detail, FASTI_BUSY, "another command takes long; try again");
    if (status != FASTI_OK)
        all_store(booking, moved, false);
    return status;
}

void fasti_pause_end(struct fasti_booking *booking, struct fasti_moved *moved) {
    all_store(booking, moved, false);
    free(moved->schedules);
    *moved = (struct fasti_moved){0};
}
