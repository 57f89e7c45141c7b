/*
 * rows.c - taking the rows of a booking in a draft; see rows.h.
 */
#include "engine/booking/rows.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/booking/hold.h"
#include "engine/booking/scene.h"

/* ---- refusals ---- */

/* Does the outcome tell of what is taken on that day? */
static bool rests_on_day(enum fasti_outcome outcome) {
    return outcome == FASTI_OUTCOME_TAKEN || outcome == FASTI_OUTCOME_BUFFER ||
           outcome == FASTI_OUTCOME_FULL || outcome == FASTI_OUTCOME_DAY_LIMIT ||
           outcome == FASTI_OUTCOME_WEEK_LIMIT || outcome == FASTI_OUTCOME_MONTH_LIMIT;
}

/* The day, and those around it that were looked at, for a visit may reach into them. */
static void days_rest(struct fasti_draft *draft, const struct fasti_draft_day *day) {
    for (uint32_t d = 0; d < draft->day_count; d++) {
        const struct fasti_day_look *look = &draft->days[d].look;
        const int32_t apart = look->date.v - day->look.date.v;
        if (look->id.v == day->look.id.v && apart >= -FASTI_RULE_BEFORE_MAX &&
            apart <= FASTI_RULE_AFTER_MAX)
            draft->days[d].is_rested_on = true;
    }
}

void fasti_rows_lose(struct fasti_rows *rows, struct fasti_draft *draft, enum fasti_outcome outcome,
                     const struct fasti_draft_day *day) {
    if (rows->lost_count++ == 0)
        rows->first = outcome;
    rows->rests_on_config = rows->rests_on_config || outcome != FASTI_OUTCOME_OUTSIDE;
    if (!FASTI_MUTANT(REFUSAL_EARLY) && rests_on_day(outcome) && day != NULL)
        days_rest(draft, day);
    rows->rests_on_guards = rows->rests_on_guards || outcome == FASTI_OUTCOME_WEEK_LIMIT ||
                            outcome == FASTI_OUTCOME_MONTH_LIMIT;
}

/* What the refusal rests on: days, and for a count over days its guard, with which everything that
 * was counted came. Returns how many. */
static uint32_t cells_rest(const struct fasti_draft *draft, const struct fasti_rows *rows,
                           struct fasti_pending_cell *cells) {
    uint32_t count = 0;
    for (uint32_t d = 0; d < draft->day_count; d++)
        if (draft->days[d].is_rested_on && draft->days[d].look.ref.chunk != NULL)
            cells[count++] = fasti_look_pending_cell(&draft->days[d].look, &fasti_summary_unknown);
    for (uint32_t g = 0; rows->rests_on_guards && g < draft->guard_count; g++)
        cells[count++] = fasti_draft_guard_cell(&draft->guards[g]);
    return count;
}

/* A refusal that takes longer than the clock stands still is told after so many tries. */
#define CLOCK_TRIES_MAX 8

enum fasti_attempt fasti_rows_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                     struct fasti_rows *rows, enum fasti_disposition *disposition) {
    struct fasti_state *state = booking->state;
    /* A visit that moves from one day to another meanwhile would be seen twice, or not at all; and
     * a hold that counts was over if the clock went on: others may have been told so. */
    const bool is_old = fasti_state_now_ms(state) != pending->decided_ms;
    if (!fasti_draft_is_current(booking) || (is_old && ++pending->tries <= CLOCK_TRIES_MAX)) {
        fasti_draft_drop(booking);
        return FASTI_ATTEMPT_AGAIN;
    }
    struct fasti_draft *draft = booking->draft;
    if (!fasti_pending_cells_make(booking, pending, draft->day_count + draft->guard_count + 1)) {
        fasti_draft_drop(booking);
        return FASTI_ATTEMPT_MEMORY;
    }
    pending->cell_count = cells_rest(draft, rows, pending->cells);
    fasti_draft_drop(booking);
    if (rows->rests_on_config)
        pending->cells[pending->cell_count++] = (struct fasti_pending_cell){
            .durable = &state->config_durable,
            .from_version = fasti_load_seq_cst(&state->config_version),
        };
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = rows->first;
    *disposition = fasti_wait_begin(booking, pending) ? FASTI_ANSWERED : FASTI_WAITING;
    return FASTI_ATTEMPT_END;
}

/* ---- one row ---- */

enum row_result { ROW_TAKEN, ROW_LOST, ROW_ENDS };
struct row {
    bool is_first; /* of all rows none was lost yet: if it is, it speaks for all */
    enum fasti_outcome outcome;
    struct fasti_draft_day *day;
};

static enum row_result row_lose(struct row *row, enum fasti_outcome outcome) {
    row->outcome = outcome;
    return ROW_LOST;
}

static enum row_result row_end(struct fasti_rows *rows, enum fasti_draft_result result,
                               enum fasti_look_result looked, uint64_t expired) {
    rows->result = result;
    rows->looked = looked;
    rows->expired = expired;
    return ROW_ENDS;
}

/* Takes a place that is free in the draft, for the record of number `id`. */
static enum row_result place_take(struct fasti_booking *booking, struct fasti_rows *rows,
                                  const struct fasti_book_item *asked,
                                  const struct fasti_rule_place *at, uint64_t id, uint32_t place,
                                  struct row *row) {
    const struct fasti_day_look *look = &row->day->look;
    const uint32_t resolution = look->config->resolution_minutes;
    const int32_t minute = (int32_t)(resolution * at->tick);
    struct fasti_item *item = &rows->items[rows->item_count];
    *item = (struct fasti_item){
        .schedule = asked->schedule.v,
        .service = asked->service.v,
        .start_utc_s = look->day.start_utc_s + INT64_C(60) * minute,
        .offset_minutes = (int16_t)(fasti_local_day_offset_s(&look->day, minute) / 60),
        .minutes = (uint16_t)(resolution * at->count),
        .before_minutes = at->before_minutes,
        .after_minutes = FASTI_MUTANT(BUFFER_NOT_TAKEN) ? 0 : at->after_minutes,
        .seats = 1,
        .seats_max = at->seats_max,
    };
    const struct fasti_page_change change = {
        .operation = FASTI_PAGE_TAKE,
        .record = rows->expires_ms == 0 ? 0 : (uint32_t)id,
        .expires_ms = rows->expires_ms,
    };
    enum fasti_look_result looked = FASTI_LOOK_OK;
    const enum fasti_draft_result result = fasti_draft_time(
        booking, rows->organization, item, place, rows->item_count, &change, rows->now_ms, &looked);
    if (result == FASTI_DRAFT_EXPIRED)
        return row_end(rows, FASTI_DRAFT_AGAIN, FASTI_LOOK_OK, booking->draft->expired);
    if (result == FASTI_DRAFT_TAKEN) { /* free, but a day of it keeps no more holds */
        if (row->is_first)
            (void)fasti_detail_set(rows->detail, FASTI_OK,
                                   "a day of one schedule keeps %d holds: try again when one ends",
                                   FASTI_PAGE_HOLDS_MAX);
        return row_lose(row, FASTI_OUTCOME_TAKEN);
    }
    if (result != FASTI_DRAFT_OK)
        return row_end(rows, result, looked, 0);
    row->outcome = FASTI_OUTCOME_BOOKED;
    rows->item_count++;
    return ROW_TAKEN;
}

/* Looks at one row and takes its time in the draft. */
static enum row_result row_take(struct fasti_booking *booking, struct fasti_rows *rows,
                                const struct fasti_book_item *asked, uint64_t id, uint32_t place,
                                struct row *row) {
    const struct fasti_asked question = {
        .organization = rows->organization,
        .schedule = asked->schedule,
        .service = asked->service,
        .start_utc_s = asked->start_utc_s,
        .facts =
            rows->facts != NULL ? rows->facts : &rows->book->appointments[asked->appointment].facts,
        .now_ms = rows->now_ms,
    };
    struct fasti_scene scene;
    const struct fasti_scene_end end = fasti_scene_load(booking, &question, &scene);
    row->day = scene.day;
    switch (end.result) {
    case FASTI_SCENE_OK: break;
    case FASTI_SCENE_REFUSED: return row_lose(row, end.outcome);
    case FASTI_SCENE_LOOK: return row_end(rows, FASTI_DRAFT_OK, end.looked, 0);
    case FASTI_SCENE_DRAFT: return row_end(rows, end.draft, FASTI_LOOK_OK, 0);
    }
    struct fasti_rule_place at = {0};
    const enum fasti_rule_verdict verdict =
        fasti_rule_check(&scene.view, &scene.scene, asked->start_utc_s, &at);
    if (verdict == FASTI_RULE_FREE)
        return place_take(booking, rows, asked, &at, id, place, row);
    if (row->is_first && verdict != FASTI_RULE_TAKEN)
        fasti_rule_tell(&scene.view, &scene.scene, verdict, rows->detail);
    return row_lose(row, fasti_outcome_of_verdict(verdict));
}

/* ---- alternatives ---- */

/* Visits that start on the day of a row, held ones too; UINT32_MAX where it cannot be looked at. */
static uint32_t row_load(struct fasti_booking *booking, const struct fasti_rows *rows,
                         const struct fasti_book_item *asked) {
    struct fasti_draft_day *day;
    if (fasti_draft_day(booking, rows->organization, asked->schedule, asked->start_utc_s, &day) !=
        FASTI_LOOK_OK)
        return UINT32_MAX;
    return fasti_page_visits_count(day->page, 0, FASTI_TICKS_MAX, NULL, 0, rows->now_ms);
}

/* The order in which the alternatives [first, end) are tried: as given, or those with the fewest
 * visits first. */
static void alternatives_order(struct fasti_booking *booking, const struct fasti_rows *rows,
                               uint32_t first, uint32_t end, uint8_t *order) {
    const struct fasti_book *book = rows->book;
    uint32_t loads[FASTI_ITEMS_MAX];
    for (uint32_t i = first; i < end; i++) {
        const bool is_fair = book->is_fair && end - first > 1;
        const uint32_t load = is_fair ? row_load(booking, rows, &book->items[i]) : 0;
        uint32_t at = i - first;
        for (; at > 0 && loads[at - 1] > load; at--) {
            loads[at] = loads[at - 1];
            order[at] = order[at - 1];
        }
        loads[at] = load;
        order[at] = (uint8_t)i;
    }
}

/* Takes the first free one of the next row and its alternatives. */
static enum row_result choice_take(struct fasti_booking *booking, struct fasti_rows *rows,
                                   uint64_t id, uint32_t place) {
    const struct fasti_book *book = rows->book;
    uint8_t order[FASTI_ITEMS_MAX];
    struct fasti_draft_day *days[FASTI_ITEMS_MAX]; /* of the lost ones, in order */
    const uint32_t first = rows->next;
    uint32_t end = first + 1;
    while (end < book->item_count && book->items[end].is_alternative)
        end++;
    rows->next = end;
    alternatives_order(booking, rows, first, end, order);
    for (uint32_t i = 0; i < end - first; i++) {
        struct row row = {.outcome = FASTI_OUTCOME_NONE,
                          .is_first = rows->lost_count == 0 && order[i] == first};
        const enum row_result result =
            row_take(booking, rows, &book->items[order[i]], id, place, &row);
        if (result == ROW_ENDS)
            return ROW_ENDS;
        rows->outcomes[order[i]] = (uint8_t)row.outcome;
        if (result == ROW_TAKEN) {
            if (rows->lost_count == 0) /* what an alternative before it said does not matter */
                rows->detail->text[0] = 0;
            return ROW_TAKEN;
        }
        days[order[i] - first] = row.day;
    }
    for (uint32_t i = first; i < end; i++) /* none is free: all of them say why */
        fasti_rows_lose(rows, booking->draft, (enum fasti_outcome)rows->outcomes[i],
                        days[i - first]);
    return ROW_LOST;
}

/* ---- the face ---- */

static bool rows_are_sound(const struct fasti_book *book) {
    if (book->appointment_count < 1 || book->appointment_count > FASTI_ITEMS_MAX ||
        book->item_count < book->appointment_count || book->item_count > FASTI_ITEMS_MAX)
        return false;
    uint32_t appointment = 0;
    for (uint32_t i = 0; i < book->item_count; i++) {
        const struct fasti_book_item *item = &book->items[i];
        const bool is_first = i == 0 || item->appointment != appointment;
        if (item->appointment != appointment + (i > 0 && is_first) ||
            (is_first && item->is_alternative))
            return false;
        appointment = item->appointment;
    }
    return appointment + 1 == book->appointment_count;
}

bool fasti_rows_check(const struct fasti_book *book, struct fasti_pending *pending,
                      enum fasti_disposition *disposition) {
    if (!rows_are_sound(book)) {
        *disposition =
            fasti_fail(pending, FASTI_INVALID_RANGE,
                       "a booking has 1 to 64 rows for 1 to 64 appointments: each appointment has "
                       "rows, which stand together, and its first is no alternative");
        return false;
    }
    for (uint32_t a = 0; a < book->appointment_count; a++)
        if (!fasti_facts_are_sound(&book->appointments[a].facts)) {
            *disposition = fasti_fail(pending, FASTI_INVALID_RANGE, FASTI_FACTS_TEXT);
            return false;
        }
    for (uint32_t i = 0; i < book->item_count; i++)
        if (book->items[i].start_utc_s % 60 != 0) {
            *disposition =
                fasti_fail(pending, FASTI_INVALID_TIME, "a booking starts on a whole minute");
            return false;
        }
    return true;
}

uint32_t fasti_facts_flags(const struct fasti_facts *facts) {
    return (facts->is_override ? FASTI_RECORD_OVERRIDE : 0) | (uint32_t)facts->modality
                                                                  << FASTI_RECORD_MODALITY_SHIFT;
}

uint32_t fasti_rows_count(const struct fasti_book *book) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < book->item_count; i++)
        count += !book->items[i].is_alternative;
    return count;
}

void fasti_rows_begin(struct fasti_rows *rows, const struct fasti_book *book,
                      const struct fasti_command *command, struct fasti_pending *pending) {
    struct fasti_book_answer *answer = &pending->answer.body.book;
    memset(answer, 0, offsetof(struct fasti_book_answer, offsets));
    answer->item_count = book->item_count;
    pending->answer.record.v = 0; /* of an attempt that lost its swap */
    memset(rows, 0, offsetof(struct fasti_rows, items));
    rows->book = book;
    rows->organization = command->organization;
    rows->now_ms = pending->decided_ms;
    rows->outcomes = answer->outcomes;
    rows->detail = &pending->answer.detail;
    rows->detail->text[0] = 0;
}

bool fasti_rows_take(struct fasti_booking *booking, struct fasti_rows *rows, uint64_t id,
                     uint32_t place) {
    const struct fasti_book *book = rows->book;
    const uint8_t appointment = book->items[rows->next].appointment;
    rows->item_count = 0;
    while (rows->next < book->item_count && book->items[rows->next].appointment == appointment)
        if (choice_take(booking, rows, id, place) == ROW_ENDS)
            return false;
    return true;
}

enum fasti_attempt fasti_rows_stop(struct fasti_booking *booking, struct fasti_pending *pending,
                                   const struct fasti_rows *rows,
                                   enum fasti_disposition *disposition) {
    if (rows->expired == 0)
        return fasti_draft_stop(booking, pending, rows->result, rows->looked, disposition);
    fasti_draft_drop(booking);
    return fasti_hold_expire(booking, (fasti_record_id){rows->expired}, rows->now_ms);
}
