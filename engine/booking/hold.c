/*
 * hold.c - holds and their timers; see hold.h.
 */
#include "engine/booking/hold.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/booking/reserve.h"
#include "engine/booking/rows.h"

/* ---- making ---- */

/* When a hold that is asked for now ends; made_ms: when it was made. */
static int64_t expiry_ms(uint32_t seconds, int64_t now_ms, int64_t made_ms) {
    int64_t asked = seconds == 0 ? FASTI_HOLD_SECONDS_DEFAULT : seconds;
    if (asked < FASTI_HOLD_SECONDS_MIN)
        asked = FASTI_HOLD_SECONDS_MIN;
    if (asked > FASTI_HOLD_SECONDS_MAX)
        asked = FASTI_HOLD_SECONDS_MAX;
    const int64_t cap_ms = made_ms + FASTI_HOLD_LIFE_SECONDS * INT64_C(1000);
    const int64_t end_ms = now_ms + asked * 1000;
    return end_ms < cap_ms ? end_ms : cap_ms;
}

static enum fasti_draft_result hold_add(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        const struct fasti_pending *pending,
                                        const struct fasti_rows *rows, uint32_t at, uint64_t id) {
    const struct fasti_facts *facts = &command->body.hold.book.appointments[at].facts;
    const struct fasti_record head = {
        .id = (uint32_t)id,
        .organization = command->organization.v,
        .kind = FASTI_RECORD_APPOINTMENT,
        .state = FASTI_STATE_HELD,
        .created_ms = pending->decided_ms,
        .item_count = rows->item_count & FASTI_RECORD_ITEMS,
        .flags = fasti_facts_flags(facts) & FASTI_RECORD_PLAIN_FLAGS,
    };
    const struct fasti_record_hold hold = {rows->expires_ms, pending->answer.body.book.token};
    const struct fasti_record_parts parts = {.items = rows->items,
                                             .hold = &hold,
                                             .request = command->request,
                                             .changed_ms = pending->decided_ms};
    uint32_t place;
    return fasti_draft_record_new(booking, &head, &parts, &place);
}

/* How a hold stands with somebody who shows a token. */
static enum fasti_outcome hold_standing(const struct fasti_record_ref *ref,
                                        const struct fasti_token *token, int64_t now_ms) {
    const struct fasti_record_hold *hold =
        ref->record == NULL ? NULL : fasti_record_hold(ref->record);
    if (hold == NULL)
        return FASTI_OUTCOME_NO_SUCH;
    if (!FASTI_MUTANT(HOLD_ANY_TOKEN) &&
        (hold->token.low != token->low || hold->token.high != token->high))
        return FASTI_OUTCOME_NOT_OWNER;
    if (ref->record->state == FASTI_STATE_RELEASED)
        return FASTI_OUTCOME_ALREADY;
    return ref->record->state == FASTI_STATE_EXPIRED ||
                   (!FASTI_MUTANT(HOLD_OUTLIVES) && hold->expires_ms <= now_ms)
               ? FASTI_OUTCOME_EXPIRED
               : FASTI_OUTCOME_HELD;
}

/* A confirmed hold has no token any more: NO_SUCH. What was looked at before it must be as it was
 * then, else the refusal were of no moment. */
static enum fasti_attempt standing_refuse(struct fasti_booking *booking,
                                          struct fasti_pending *pending,
                                          const struct fasti_record_ref *ref,
                                          enum fasti_outcome outcome,
                                          enum fasti_disposition *disposition) {
    const bool is_current = fasti_draft_is_current(booking);
    fasti_draft_drop(booking);
    if (!is_current)
        return FASTI_ATTEMPT_AGAIN;
    /* Every refusal rests on the record as it was looked at: a confirm that is not durable yet has
     * taken its token away, and a crash could give it back. */
    const bool is_known = ref->record != NULL;
    if (outcome == FASTI_OUTCOME_ALREADY)
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "the hold was released");
    *disposition = fasti_refuse(booking, pending, outcome, is_known ? &ref->entry->durable : NULL,
                                is_known ? fasti_cell_version(ref->word) : 0);
    return FASTI_ATTEMPT_END;
}

/* May a claim that began before the hold's time was over still confirm it? Asked after the clock
 * and the record were read, in this order; false: what is over by that clock stays so. */
static bool is_undecided(struct fasti_booking *booking, const struct fasti_record_ref *ref,
                         enum fasti_outcome standing) {
    return standing == FASTI_OUTCOME_EXPIRED && !fasti_record_is_settled(booking, ref);
}

/* What the draft does to a hold it does before the hold's time is over, or not at all. */
static void deadline_add(struct fasti_draft *draft, const struct fasti_record *hold) {
    const int64_t expires_ms = fasti_record_hold(hold)->expires_ms;
    if (expires_ms < draft->until_ms && !FASTI_MUTANT(HOLD_OUTLIVES))
        draft->until_ms = expires_ms;
}

/* The hold that the new one replaces ends first, in the draft: its time may be taken again. */
static enum fasti_attempt replaced_end(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending, uint32_t *records,
                                       enum fasti_disposition *disposition) {
    const struct fasti_hold *asked = &command->body.hold;
    *records = 0;
    if (asked->replaces.v == 0)
        return FASTI_ATTEMPT_END;
    const struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, asked->replaces);
    const enum fasti_outcome standing = hold_standing(&ref, &asked->token, pending->decided_ms);
    if (is_undecided(booking, &ref, standing))
        return FASTI_ATTEMPT_AGAIN;
    if (standing == FASTI_OUTCOME_EXPIRED || standing == FASTI_OUTCOME_ALREADY)
        return FASTI_ATTEMPT_END; /* it ended by itself: nothing is left to replace */
    if (standing != FASTI_OUTCOME_HELD)
        return standing_refuse(booking, pending, &ref, standing, disposition);
    enum fasti_look_result looked;
    const enum fasti_draft_result result =
        fasti_draft_end(booking, &ref, FASTI_STATE_RELEASED, 0, pending->decided_ms, &looked);
    if (result != FASTI_DRAFT_OK)
        return fasti_draft_stop(booking, pending, result, looked, disposition);
    *records = 1;
    deadline_add(booking->draft, ref.record);
    return FASTI_ATTEMPT_END;
}

static enum fasti_attempt hold_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.hold.book;
    struct fasti_book_answer *answer = &pending->answer.body.book;
    struct fasti_rows rows;
    uint32_t ended; /* the one that is replaced, if it is */
    fasti_draft_begin(booking);
    fasti_rows_begin(&rows, book, command, pending);
    answer->token = booking->token;
    rows.expires_ms =
        expiry_ms(command->body.hold.seconds, pending->decided_ms, pending->decided_ms);
    answer->expires_ms = rows.expires_ms;
    *disposition = FASTI_PUSHED; /* nothing refused it yet */
    const enum fasti_attempt replaced =
        replaced_end(booking, command, pending, &ended, disposition);
    if (replaced != FASTI_ATTEMPT_END || *disposition != FASTI_PUSHED)
        return replaced;
    const uint32_t numbers = fasti_rows_count(book);
    const uint64_t first = fasti_draft_numbers(booking, numbers);
    if (first == 0)
        return fasti_draft_refuse(booking, pending, FASTI_DRAFT_MEMORY, disposition);
    uint64_t id = first;
    enum fasti_draft_result added = FASTI_DRAFT_OK;
    bool is_looked = true;
    for (uint32_t a = 0; a < book->appointment_count && is_looked && added == FASTI_DRAFT_OK; a++) {
        is_looked = fasti_rows_take(booking, &rows, id, ended + a);
        if (!is_looked || rows.lost_count > 0)
            continue;
        answer->offsets[a] = (uint8_t)(id - first);
        added = hold_add(booking, command, pending, &rows, a, id);
        if (added == FASTI_DRAFT_OK)
            id += rows.item_count;
    }
    fasti_draft_numbers_give(booking, id, numbers - (uint32_t)(id - first));
    if (!is_looked)
        return fasti_rows_stop(booking, pending, &rows, disposition);
    if (added != FASTI_DRAFT_OK)
        return fasti_draft_refuse(booking, pending, added, disposition);
    if (rows.lost_count > 0)
        return fasti_rows_refuse(booking, pending, &rows, disposition);
    answer->appointment_count = book->appointment_count;
    pending->answer.record.v = first;
    pending->answer.outcome = FASTI_OUTCOME_HELD;
    const enum fasti_attempt swapped =
        fasti_draft_swap(booking, pending, FASTI_EFFECT_HOLD, command->request, disposition);
    if (swapped == FASTI_ATTEMPT_END && *disposition == FASTI_PUSHED)
        for (uint32_t a = 0; a < book->appointment_count; a++)
            (void)fasti_hold_timer_add(booking, first + answer->offsets[a], rows.expires_ms);
    return swapped;
}

enum fasti_disposition fasti_hold(struct fasti_booking *booking,
                                  const struct fasti_command *command,
                                  struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.hold.book;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    if (!fasti_rows_check(book, pending, &disposition))
        return disposition;
    if (booking->timers.count + book->appointment_count > FASTI_WORKER_HOLDS_MAX)
        return fasti_fail(pending, FASTI_BUSY,
                          "there are as many holds as there may be; try again");
    return fasti_attempts(booking, command, pending, hold_attempt, true);
}

/* ---- confirm, extend, release ---- */

/* A hold of the draft becomes an appointment. */
static enum fasti_draft_result confirm_one(struct fasti_booking *booking,
                                           const struct fasti_held *held, uint32_t at,
                                           const struct fasti_record_ref *ref, int64_t now_ms,
                                           enum fasti_look_result *looked) {
    const struct fasti_book_appointment *asked = &held->appointments[at];
    struct fasti_record head = *ref->record;
    head.state = held->is_request ? FASTI_STATE_PENDING : FASTI_STATE_BOOKED;
    head.patient_length = asked->patient_length;
    head.payload_length = asked->payload_length;
    struct fasti_record_parts parts = fasti_record_parts_of(ref->record);
    parts.hold = NULL;
    parts.changed_ms = now_ms;
    parts.patient = asked->patient;
    parts.payload = asked->payload;
    const struct fasti_page_change change = {.operation = FASTI_PAGE_SETTLE, .record = head.id};
    uint32_t place;
    const enum fasti_draft_result result =
        fasti_draft_record_replace(booking, ref, &head, &parts, &place);
    return result != FASTI_DRAFT_OK
               ? result
               : fasti_draft_hold_change(booking, ref->record, place, &change, looked);
}

static enum fasti_draft_result extend_one(struct fasti_booking *booking,
                                          const struct fasti_held *held,
                                          const struct fasti_record_ref *ref,
                                          struct fasti_pending *pending,
                                          enum fasti_look_result *looked) {
    uint32_t place;
    const enum fasti_draft_result result =
        fasti_draft_record_change(booking, ref, FASTI_DRAFT_EXPIRY, pending->decided_ms, &place);
    if (result != FASTI_DRAFT_OK)
        return result;
    struct fasti_record *after = booking->draft->records[place].after;
    struct fasti_record_hold *hold =
        (struct fasti_record_hold *)(void *)&after->items[after->item_count];
    const int64_t asked_ms = expiry_ms(held->seconds, pending->decided_ms, after->created_ms);
    if (asked_ms > hold->expires_ms) /* it never gets shorter */
        hold->expires_ms = asked_ms;
    int64_t *told_ms =
        &pending->answer.body.book.expires_ms; /* of several holds the first to end */
    if (*told_ms == 0 || *told_ms > hold->expires_ms)
        *told_ms = hold->expires_ms;
    const struct fasti_page_change change = {
        .operation = FASTI_PAGE_EXTEND, .record = after->id, .expires_ms = hold->expires_ms};
    return fasti_draft_hold_change(booking, ref->record, place, &change, looked);
}

static enum fasti_draft_result held_one(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_pending *pending, uint32_t at,
                                        const struct fasti_record_ref *ref,
                                        enum fasti_look_result *looked) {
    const struct fasti_held *held = &command->body.held;
    *looked = FASTI_LOOK_OK;
    if (command->kind == FASTI_COMMAND_CONFIRM)
        return confirm_one(booking, held, at, ref, pending->decided_ms, looked);
    if (command->kind == FASTI_COMMAND_EXTEND)
        return extend_one(booking, held, ref, pending, looked);
    return fasti_draft_end(booking, ref, FASTI_STATE_RELEASED, 0, pending->decided_ms, looked);
}

static enum fasti_outcome held_outcome(const struct fasti_command *command) {
    if (command->kind == FASTI_COMMAND_EXTEND)
        return FASTI_OUTCOME_EXTENDED;
    if (command->kind == FASTI_COMMAND_RELEASE)
        return FASTI_OUTCOME_RELEASED;
    return command->body.held.is_request ? FASTI_OUTCOME_REQUESTED : FASTI_OUTCOME_BOOKED;
}

static enum fasti_attempt held_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_held *held = &command->body.held;
    const enum fasti_effect_kind effect =
        command->kind == FASTI_COMMAND_CONFIRM  ? FASTI_EFFECT_CONFIRM
        : command->kind == FASTI_COMMAND_EXTEND ? FASTI_EFFECT_EXTEND
                                                : FASTI_EFFECT_END;
    fasti_draft_begin(booking);
    pending->answer.body.book.expires_ms = 0;
    for (uint32_t i = 0; i < held->count; i++) {
        const struct fasti_record_ref ref =
            fasti_record_look(booking, command->organization, held->records[i]);
        const enum fasti_outcome standing = hold_standing(&ref, &held->token, pending->decided_ms);
        pending->answer.record = held->records[i];
        if (is_undecided(booking, &ref, standing)) {
            fasti_draft_drop(booking);
            return FASTI_ATTEMPT_AGAIN;
        }
        if (standing != FASTI_OUTCOME_HELD)
            return standing_refuse(booking, pending, &ref, standing, disposition);
        deadline_add(booking->draft, ref.record);
        enum fasti_look_result looked;
        enum fasti_draft_result result = held_one(booking, command, pending, i, &ref, &looked);
        if (result == FASTI_DRAFT_TAKEN && fasti_record_moved_on(booking, &ref))
            result = FASTI_DRAFT_AGAIN;
        if (result != FASTI_DRAFT_OK)
            return fasti_draft_stop(booking, pending, result, looked, disposition);
    }
    pending->answer.record = held->records[0];
    pending->answer.outcome = held_outcome(command);
    return fasti_draft_swap(booking, pending, effect, command->request, disposition);
}

enum fasti_disposition fasti_held(struct fasti_booking *booking,
                                  const struct fasti_command *command,
                                  struct fasti_pending *pending) {
    const struct fasti_held *held = &command->body.held;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    if (held->count < 1 || held->count > FASTI_ITEMS_MAX)
        return fasti_fail(pending, FASTI_INVALID_RANGE, "1 to 64 holds at once");
    for (uint32_t i = 0; i < held->count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (held->records[i].v == held->records[j].v)
                return fasti_fail(pending, FASTI_INVALID_RANGE, "a hold is named twice");
    if (command->kind == FASTI_COMMAND_CONFIRM &&
        !fasti_appointments_check(held->appointments, held->count, pending, &disposition))
        return disposition;
    const bool frees = command->kind == FASTI_COMMAND_RELEASE;
    booking->arena.uses_reserve = frees;
    disposition = fasti_attempts(booking, command, pending, held_attempt, !frees);
    booking->arena.uses_reserve = false;
    return disposition;
}

/* ---- expiry ---- */

/* The hold as it is, if it has expired and nobody ended it yet. */
static struct fasti_record_ref expired_look(struct fasti_booking *booking, fasti_record_id id,
                                            int64_t now_ms) {
    struct fasti_record_ref ref = fasti_record_look_any(booking, id);
    if (ref.record != NULL && (ref.record->state != FASTI_STATE_HELD ||
                               fasti_record_hold(ref.record)->expires_ms > now_ms))
        ref.record = NULL;
    return ref;
}

enum fasti_attempt fasti_hold_expire(struct fasti_booking *booking, fasti_record_id id,
                                     int64_t now_ms) {
    const struct fasti_record_ref ref = expired_look(booking, id, now_ms);
    if (ref.record == NULL)
        return FASTI_ATTEMPT_AGAIN;
    struct fasti_pending *pending = fasti_pending_take(booking);
    if (pending == NULL)
        return FASTI_ATTEMPT_AGAIN; /* tried as often as a claim; then BUSY */
    pending->is_answered = false;
    pending->decided_ms = now_ms;
    enum fasti_look_result looked;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    fasti_draft_begin(booking);
    const enum fasti_draft_result result =
        fasti_draft_end(booking, &ref, FASTI_STATE_EXPIRED, 0, now_ms, &looked);
    enum fasti_attempt attempt = FASTI_ATTEMPT_AGAIN;
    if (result == FASTI_DRAFT_OK)
        attempt = fasti_draft_swap(booking, pending, FASTI_EFFECT_EXPIRE, (fasti_request_id){0},
                                   &disposition);
    else
        fasti_draft_drop(booking);
    if (attempt == FASTI_ATTEMPT_END && disposition == FASTI_PUSHED)
        return FASTI_ATTEMPT_AGAIN; /* the command that needs the time begins again */
    fasti_pending_give(booking, pending);
    return result == FASTI_DRAFT_MEMORY || attempt == FASTI_ATTEMPT_MEMORY ? FASTI_ATTEMPT_MEMORY
                                                                           : FASTI_ATTEMPT_AGAIN;
}

/* ---- timers: a binary heap ---- */

static void timer_down(struct fasti_hold_timers *timers, uint32_t at) {
    const struct fasti_hold_timer timer = timers->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= timers->count)
            break;
        if (child + 1 < timers->count &&
            timers->heap[child + 1].expires_ms < timers->heap[child].expires_ms)
            child++;
        if (timers->heap[child].expires_ms >= timer.expires_ms)
            break;
        timers->heap[at] = timers->heap[child];
        at = child;
    }
    timers->heap[at] = timer;
}

static void timer_up(struct fasti_hold_timers *timers, uint32_t at) {
    const struct fasti_hold_timer timer = timers->heap[at];
    for (uint32_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (timers->heap[parent].expires_ms <= timer.expires_ms)
            break;
        timers->heap[at] = timers->heap[parent];
    }
    timers->heap[at] = timer;
}

static void timer_remove(struct fasti_hold_timers *timers, uint32_t at) {
    timers->count--;
    if (at == timers->count)
        return;
    timers->heap[at] = timers->heap[timers->count];
    timer_down(timers, at);
    timer_up(timers, at);
}

/* Is the record still held? *expires_ms: until when. */
static bool is_held(struct fasti_booking *booking, uint64_t id, int64_t *expires_ms) {
    const struct fasti_record_ref ref = expired_look(booking, (fasti_record_id){id}, INT64_MAX);
    if (ref.record == NULL)
        return false;
    *expires_ms = fasti_record_hold(ref.record)->expires_ms;
    return true;
}

bool fasti_hold_timer_add(struct fasti_booking *booking, uint64_t record, int64_t expires_ms) {
    struct fasti_hold_timers *timers = &booking->timers;
    for (int i = 0; i < 2 && timers->count > 0; i++) {
        timers->cursor = (timers->cursor + 1) % timers->count;
        int64_t until_ms;
        if (!is_held(booking, timers->heap[timers->cursor].record, &until_ms))
            timer_remove(timers, timers->cursor);
    }
    if (timers->count == FASTI_WORKER_HOLDS_MAX)
        return false;
    timers->heap[timers->count] = (struct fasti_hold_timer){expires_ms, record};
    timer_up(timers, timers->count++);
    return true;
}

void fasti_hold_timers_run(struct fasti_booking *booking) {
    struct fasti_hold_timers *timers = &booking->timers;
    const int64_t now_ms = fasti_state_now_ms(booking->state);
    for (uint32_t i = 0; i < FASTI_HOLD_SLICE && fasti_hold_next_ms(timers) <= now_ms; i++) {
        const uint64_t id = timers->heap[0].record;
        int64_t until_ms = 0;
        const bool is_live = is_held(booking, id, &until_ms);
        if (is_live && until_ms <= now_ms) {
            booking->arena.uses_reserve = true; /* it gives memory back */
            const enum fasti_attempt attempt =
                fasti_hold_expire(booking, (fasti_record_id){id}, now_ms);
            booking->arena.uses_reserve = false;
            if (attempt == FASTI_ATTEMPT_MEMORY)
                return; /* the next poll tries again */
            continue;   /* looked at again: ended now, or somebody was faster */
        }
        if (is_live) { /* it was extended */
            timers->heap[0].expires_ms = until_ms;
            timer_down(timers, 0);
        } else {
            timer_remove(timers, 0);
        }
    }
}
