/*
 * draft.c - claims of any number of days and records; see draft.h.
 */
#include "engine/booking/draft.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/booking/loading_seats.h"
#include "engine/rules/period.h"

/* ---- begin and drop ---- */

void fasti_draft_begin(struct fasti_booking *booking) {
    struct fasti_draft *draft = booking->draft;
    draft->day_count = draft->change_count = draft->record_count = 0;
    draft->guard_count = draft->guards_used = 0;
    draft->is_load = draft->is_early = false;
    draft->until_ms = INT64_MAX;
}

/* Beside those that were given back before, or in their place if these are more. */
void fasti_draft_numbers_give(struct fasti_booking *booking, uint64_t first, uint32_t items) {
    const uint64_t spare = booking->spare_record;
    const uint32_t count = booking->spare_count;
    if (count > 0 && first == spare + count) {
        booking->spare_count += items;
    } else if (count > 0 && first + items == spare) {
        booking->spare_record = first;
        booking->spare_count += items;
    } else if (items > count) {
        booking->spare_record = first;
        booking->spare_count = items;
    }
}

void fasti_draft_drop(struct fasti_booking *booking) {
    struct fasti_draft *draft = booking->draft;
    for (uint32_t i = 0; i < draft->day_count; i++)
        fasti_look_page_drop(booking, draft->days[i].page_index);
    for (uint32_t i = 0; i < draft->record_count; i++) {
        const struct fasti_draft_record *record = &draft->records[i];
        if (record->before == NULL && !draft->is_load)
            fasti_draft_numbers_give(booking, record->after->id, record->after->item_count);
        fasti_arena_free(&booking->arena, record->index, fasti_record_room(record->after));
    }
    fasti_draft_begin(booking);
}

/* ---- days ---- */

static bool is_day_of(const struct fasti_draft_day *day, fasti_schedule_id id, int64_t utc_s) {
    const int64_t into_day_s = utc_s - day->look.day.start_utc_s;
    return day->look.id.v == id.v && into_day_s >= 0 &&
           into_day_s < day->look.day.minutes * INT64_C(60);
}

enum fasti_look_result fasti_draft_day(struct fasti_booking *booking,
                                       fasti_organization_id organization, fasti_schedule_id id,
                                       int64_t utc_s, struct fasti_draft_day **day) {
    struct fasti_draft *draft = booking->draft;
    for (uint32_t i = 0; i < draft->day_count; i++) {
        *day = &draft->days[i];
        if (is_day_of(*day, id, utc_s))
            return FASTI_LOOK_OK;
    }
    if (draft->day_count == FASTI_DRAFT_CHANGES_MAX)
        return FASTI_LOOK_FULL;
    *day = &draft->days[draft->day_count];
    const enum fasti_look_result result =
        fasti_day_look(booking, organization, id, utc_s, &(*day)->look);
    if (result != FASTI_LOOK_OK)
        return result;
    (*day)->page = (*day)->look.page;
    (*day)->page_index = 0;
    (*day)->is_changed = (*day)->is_rested_on = false;
    draft->day_count++;
    return FASTI_LOOK_OK;
}

/* Cells of the effect: a day stands there once a change. */
static bool is_full(const struct fasti_draft *draft) {
    return draft->change_count + draft->record_count + draft->guards_used >= FASTI_CELLS_MAX;
}

enum fasti_draft_result fasti_draft_change(struct fasti_booking *booking,
                                           struct fasti_draft_day *day, uint32_t record,
                                           uint32_t item, const struct fasti_page_change *change) {
    struct fasti_draft *draft = booking->draft;
    if (fasti_cell_is_worn(day->look.word))
        return FASTI_DRAFT_WORN;
    if (is_full(draft))
        return FASTI_DRAFT_FULL;
    if (day->look.ref.chunk == NULL)
        return fasti_day_make(booking, &day->look) == FASTI_ATTEMPT_AGAIN ? FASTI_DRAFT_AGAIN
                                                                          : FASTI_DRAFT_MEMORY;
    if (!fasti_page_takes(day->page, change))
        return FASTI_DRAFT_TAKEN;
    uint32_t index = 0;
    if (!fasti_page_apply(&booking->arena, day->page, change, &index))
        return FASTI_DRAFT_MEMORY;
    fasti_look_page_drop(booking, day->page_index);
    day->page_index = index;
    day->page = index == 0 ? &fasti_page_empty : fasti_arena_at(&booking->state->arena, index);
    day->is_changed = true;
    draft->changes[draft->change_count++] = (struct fasti_draft_change){
        .day = (uint32_t)(day - draft->days), .record = record, .item = item, .page = *change};
    return FASTI_DRAFT_OK;
}

/* ---- what was looked at ---- */

static bool is_cell(struct fasti_booking *booking, struct fasti_day_ref ref, uint64_t word) {
    return fasti_cell_read(&booking->state->arena, &ref.chunk->cells[ref.at]) == word;
}

/* Is the day's cell as it was? One that had no place may have got one since. */
static bool is_day_current(struct fasti_booking *booking, const struct fasti_draft_day *day) {
    const struct fasti_day_look *look = &day->look;
    const struct fasti_day_ref ref =
        look->ref.chunk != NULL
            ? look->ref
            : fasti_days_find(&booking->state->arena, &look->schedule->days, look->date);
    return ref.chunk == NULL || is_cell(booking, ref, look->word);
}

/* ---- guards ---- */

/* Days of the schedule that were looked at before its guard was read are of the guard's moment, or
 * later, if they are still as they were: else somebody's visit there might not be counted, though
 * the guard that it swapped is ours. */
static bool are_days_current(struct fasti_booking *booking, fasti_schedule_id id) {
    const struct fasti_draft *draft = booking->draft;
    bool are_current = true;
    for (uint32_t d = 0; d < draft->day_count && are_current; d++)
        are_current = draft->days[d].look.id.v != id.v || FASTI_MUTANT(GUARD_AFTER_DAYS) ||
                      is_day_current(booking, &draft->days[d]);
    return are_current;
}

static enum fasti_draft_result guard_add(struct fasti_booking *booking,
                                         const struct fasti_day_look *look, fasti_date guard,
                                         bool is_used) {
    struct fasti_draft *draft = booking->draft;
    uint32_t at = 0;
    while (at < draft->guard_count &&
           (draft->guards[at].schedule.v != look->id.v || draft->guards[at].guard.v != guard.v))
        at++;
    struct fasti_draft_guard *added = &draft->guards[at];
    if (at == draft->guard_count) {
        if (at == FASTI_DRAFT_GUARDS_MAX)
            return FASTI_DRAFT_FULL;
        *added = (struct fasti_draft_guard){.schedule = look->id, .guard = guard};
        added->ref = fasti_days_get(&booking->arena, &look->schedule->guards, guard);
        if (added->ref.chunk == NULL) /* nobody counts the visits of a week that is long past */
            return added->ref.is_retired ? FASTI_DRAFT_OK : FASTI_DRAFT_MEMORY;
        added->word =
            fasti_cell_read(&booking->state->arena, &added->ref.chunk->cells[added->ref.at]);
        if (fasti_cell_is_retired(added->word))
            return FASTI_DRAFT_OK;
        if (fasti_cell_is_worn(added->word))
            return FASTI_DRAFT_WORN;
        if (!are_days_current(booking, look->id))
            return FASTI_DRAFT_AGAIN;
        draft->guard_count++;
    }
    if (is_used && !added->is_used && is_full(draft))
        return FASTI_DRAFT_FULL;
    draft->guards_used += is_used && !added->is_used;
    added->is_used = added->is_used || is_used;
    return FASTI_DRAFT_OK;
}

enum fasti_draft_result fasti_draft_guards(struct fasti_booking *booking,
                                           const struct fasti_draft_day *day,
                                           fasti_service_id service, bool is_used) {
    const struct fasti_day_look *look = &day->look;
    const struct fasti_terms *schedule = &look->config->terms;
    const struct fasti_service *record = fasti_service_get(booking->state->directory, service);
    const bool is_week = fasti_terms_guard_week(schedule) ||
                         (record != NULL && fasti_terms_guard_week(&record->terms));
    const bool is_month = fasti_terms_guard_month(schedule) ||
                          (record != NULL && fasti_terms_guard_month(&record->terms));
    enum fasti_draft_result result = FASTI_DRAFT_OK;
    if (is_week)
        result = guard_add(booking, look, fasti_period_week(look->date).guard, is_used);
    if (is_month && result == FASTI_DRAFT_OK)
        result = guard_add(booking, look, fasti_period_month(look->date).guard, is_used);
    return result;
}

bool fasti_draft_is_current(struct fasti_booking *booking) {
    const struct fasti_draft *draft = booking->draft;
    uint32_t known = 0;
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[r];
        if (record->before == NULL)
            continue;
        known++;
        if (fasti_cell_read(&booking->state->arena, &record->entry->cell) != record->word)
            return false;
    }
    if (draft->day_count + draft->guard_count + known <= 1)
        return true;
    for (uint32_t d = 0; d < draft->day_count; d++)
        if (!is_day_current(booking, &draft->days[d]))
            return false;
    for (uint32_t g = 0; g < draft->guard_count; g++)
        if (!is_cell(booking, draft->guards[g].ref, draft->guards[g].word))
            return false;
    return true;
}

const struct fasti_page *fasti_draft_page(struct fasti_booking *booking,
                                          struct fasti_schedule *schedule, fasti_schedule_id id,
                                          fasti_date date) {
    struct fasti_draft *draft = booking->draft;
    struct fasti_arena *arena = &booking->state->arena;
    for (uint32_t i = 0; i < draft->day_count; i++)
        if (draft->days[i].look.id.v == id.v && draft->days[i].look.date.v == date.v)
            return draft->days[i].page;
    const struct fasti_day_ref ref = fasti_days_find(arena, &schedule->days, date);
    if (ref.chunk == NULL)
        return &fasti_page_empty;
    const uint32_t index = fasti_cell_index(fasti_cell_read(arena, &ref.chunk->cells[ref.at]));
    return index == 0 ? &fasti_page_empty : fasti_arena_at(arena, index);
}

/* ---- records ---- */

/* Which ticks of a day an item takes, and its visit if that starts among them. */
struct part {
    struct fasti_ticks ticks;
    int64_t end_s;
    struct fasti_page_visit visit;
};

/* The part of [at_s, end_s) on one day; false: not whole ticks of it. */
static bool part_of(const struct fasti_day_look *look, const struct fasti_item *item, int64_t at_s,
                    int64_t end_s, struct part *part) {
    const int64_t day_end_s = look->day.start_utc_s + look->day.minutes * INT64_C(60);
    part->end_s = day_end_s < end_s ? day_end_s : end_s;
    if (!fasti_look_place(look, at_s, (uint32_t)((part->end_s - at_s) / 60), &part->ticks))
        return false;
    const int64_t into_part_s = item->start_utc_s - at_s;
    const uint32_t resolution = look->config->resolution_minutes;
    part->visit = (struct fasti_page_visit){.seats = item->seats};
    if (item->service != 0 && into_part_s >= 0 && item->start_utc_s < part->end_s)
        part->visit = fasti_item_visit(
            item, part->ticks.tick + (uint32_t)(into_part_s / 60) / resolution, resolution);
    return true;
}

/* What an item asks of all its days. */
struct time_change {
    fasti_organization_id organization;
    const struct fasti_item *item;
    const struct fasti_page_change *change;
    int64_t now_ms;
};

/* What is loaded may come in another order than it was made in: where the day does not take it as
 * the item says, the seats of today count, of the schedule or of a service that shares starts, or
 * else those that the records there tell of, if they are more. */
static void seats_share(struct fasti_booking *booking, const struct fasti_draft_day *day,
                        const struct time_change *time, int64_t at_s,
                        struct fasti_page_change *here) {
    const struct fasti_item *item = time->item;
    const struct fasti_service *service =
        fasti_service_get(booking->state->directory, (fasti_service_id){item->service});
    const uint32_t group =
        service == NULL ? 0 : (uint32_t)service->terms.capacity + service->terms.overbook;
    uint32_t seats = fasti_schedule_seats(day->look.config);
    seats = group > seats ? group : seats;
    seats = seats < FASTI_SEATS_MAX ? seats : FASTI_SEATS_MAX;
    if (fasti_page_takes(day->page, here))
        return;
    const uint8_t before = here->seats_max;
    here->seats_max = seats > before ? (uint8_t)seats : before;
    if (fasti_page_takes(day->page, here))
        return;
    const struct fasti_loading_seats there =
        fasti_loading_seats_of(booking, day, item, here, at_s, time->now_ms);
    here->seats_max = there.most > before ? (uint8_t)there.most : before;
    booking->draft->is_early = !there.is_all && !fasti_page_takes(day->page, here);
}

/* May its day have retired? */
#define GONE_DAYS (FASTI_PAST_DAYS_MIN - 4)
static bool is_long_past(const struct time_change *time) {
    return time->item->start_utc_s < time->now_ms / 1000 - GONE_DAYS * INT64_C(86400);
}

/* Is the time of what is released gone with its day? Also where the page does not hold it: its day
 * had retired, and was another one before the schedule got another zone, which it may while all
 * days that are left are empty; or it was loaded, and a restart forgot that the day had retired
 * empty. */
static bool is_part_gone(const struct fasti_draft_day *day, const struct time_change *time,
                         const struct fasti_page_change *here) {
    return here->operation == FASTI_PAGE_RELEASE && is_long_past(time) &&
           !fasti_page_takes(day->page, here);
}

/* The part of the change from at_s on that lies on one day, and where it ends. *day NULL: it is a
 * release or a load, and the day retired. */
static enum fasti_draft_result time_part(struct fasti_booking *booking,
                                         const struct time_change *time, int64_t at_s,
                                         struct fasti_draft_day **day, struct part *part,
                                         struct fasti_page_change *here,
                                         enum fasti_look_result *looked) {
    const struct fasti_item *item = time->item;
    *looked = fasti_draft_day(booking, time->organization, (fasti_schedule_id){item->schedule},
                              at_s, day);
    if (*looked == FASTI_LOOK_RETIRED &&
        (time->change->operation == FASTI_PAGE_RELEASE || booking->draft->is_load)) {
        if (!is_long_past(time)) { /* the clock leapt since it was read; replay asks for its time */
            *looked = FASTI_LOOK_AGAIN;
            return FASTI_DRAFT_AGAIN;
        }
        part->end_s = (*day)->look.day.start_utc_s + (*day)->look.day.minutes * INT64_C(60);
        *looked = FASTI_LOOK_OK;
        *day = NULL;
        return FASTI_DRAFT_OK;
    }
    if (*looked != FASTI_LOOK_OK)
        return FASTI_DRAFT_AGAIN;
    if (!part_of(&(*day)->look, item, at_s, fasti_item_end_utc_s(item), part)) {
        const bool is_gone = is_long_past(time) && (booking->draft->is_load ||
                                                    time->change->operation == FASTI_PAGE_RELEASE);
        *day = is_gone ? NULL : *day; /* it had another resolution before its day retired */
        return is_gone ? FASTI_DRAFT_OK : FASTI_DRAFT_TAKEN;
    }
    *here = *time->change;
    here->tick = part->ticks.tick;
    here->count = part->ticks.count;
    here->seats_max = item->seats_max;
    here->visit = part->visit;
    if (booking->draft->is_load)
        seats_share(booking, *day, time, at_s, here);
    if (is_part_gone(*day, time, here)) {
        *day = NULL;
        return FASTI_DRAFT_OK;
    }
    const struct fasti_page_hold *expired =
        here->operation != FASTI_PAGE_TAKE
            ? NULL
            : fasti_page_expired((*day)->page, here->tick, here->count, time->now_ms);
    if (expired != NULL && !FASTI_MUTANT(EXPIRED_IS_TAKEN)) {
        booking->draft->expired = expired->record;
        return FASTI_DRAFT_EXPIRED;
    }
    return FASTI_DRAFT_OK;
}

/* Does every day take its part? Of several days that is asked before the first is changed: what
 * another one refuses must leave nothing in the draft, for an alternative may still come. */
static enum fasti_draft_result time_check(struct fasti_booking *booking,
                                          const struct time_change *time,
                                          enum fasti_look_result *looked) {
    const int64_t end_s = fasti_item_end_utc_s(time->item);
    struct part part;
    for (int64_t at_s = fasti_item_begin_utc_s(time->item); at_s < end_s; at_s = part.end_s) {
        struct fasti_draft_day *day;
        struct fasti_page_change here;
        const enum fasti_draft_result result =
            time_part(booking, time, at_s, &day, &part, &here, looked);
        if (result != FASTI_DRAFT_OK)
            return result;
        if (day != NULL && !fasti_page_takes(day->page, &here))
            return FASTI_DRAFT_TAKEN;
    }
    return FASTI_DRAFT_OK;
}

static enum fasti_draft_result time_guards(struct fasti_booking *booking,
                                           const struct fasti_draft_day *day,
                                           const struct fasti_page_change *here) {
    const bool takes = here->operation == FASTI_PAGE_TAKE;
    if (here->visit.service == 0 ||
        (takes ? FASTI_MUTANT(TAKE_LEAVES_GUARD) : FASTI_MUTANT(RELEASE_LEAVES_GUARD)))
        return FASTI_DRAFT_OK;
    return fasti_draft_guards(booking, day, (fasti_service_id){here->visit.service}, true);
}

enum fasti_draft_result fasti_draft_time(struct fasti_booking *booking,
                                         fasti_organization_id organization,
                                         const struct fasti_item *item, uint32_t record,
                                         uint32_t at, const struct fasti_page_change *change,
                                         int64_t now_ms, enum fasti_look_result *looked) {
    const struct time_change time = {organization, item, change, now_ms};
    const int64_t begin_s = fasti_item_begin_utc_s(item), end_s = fasti_item_end_utc_s(item);
    enum fasti_draft_result result = FASTI_DRAFT_OK;
    struct part part;
    for (int64_t at_s = begin_s; result == FASTI_DRAFT_OK && at_s < end_s; at_s = part.end_s) {
        struct fasti_draft_day *day;
        struct fasti_page_change here;
        result = time_part(booking, &time, at_s, &day, &part, &here, looked);
        if (result == FASTI_DRAFT_OK && at_s == begin_s && part.end_s < end_s)
            result = time_check(booking, &time, looked);
        if (result == FASTI_DRAFT_OK && day == NULL)
            continue;
        if (result == FASTI_DRAFT_OK)
            result = time_guards(booking, day, &here);
        if (result == FASTI_DRAFT_OK)
            result = fasti_draft_change(booking, day, record, at, &here);
    }
    return result;
}

uint64_t fasti_draft_numbers(struct fasti_booking *booking, uint32_t items) {
    struct fasti_records *records = &booking->state->records;
    uint64_t id = booking->spare_record;
    if (booking->spare_count >= items && fasti_records_are_closed(records, id, items))
        booking->spare_count = 0; /* their chunk is about to be emptied */
    if (booking->spare_count >= items) {
        booking->spare_record += items;
        booking->spare_count -= items;
    } else {
        fasti_records_issue(records);
        id = fasti_add_seq_cst(&records->next_id, (uint64_t)items);
    }
    /* All entries of a record exist before anybody can come to it. */
    for (uint32_t i = 0; i < items; i++)
        if (fasti_records_get(records, (fasti_record_id){id + i}) == NULL) {
            fasti_draft_numbers_give(booking, id, items);
            return 0;
        }
    return id;
}

/* The next record's place in the draft; NULL: it has no more. */
static struct fasti_draft_record *record_add(struct fasti_draft *draft, uint32_t *place) {
    if (draft->record_count == FASTI_DRAFT_RECORDS_MAX || is_full(draft))
        return NULL;
    *place = draft->record_count;
    return &draft->records[*place];
}

static void record_place(struct fasti_booking *booking, struct fasti_draft_record *added,
                         uint32_t index) {
    added->after = fasti_arena_at(&booking->state->arena, index);
    added->index = index;
    booking->draft->record_count++;
}

enum fasti_draft_result fasti_draft_record_new(struct fasti_booking *booking,
                                               const struct fasti_record *head,
                                               const struct fasti_record_parts *parts,
                                               uint32_t *place) {
    struct fasti_draft_record *added = record_add(booking->draft, place);
    if (added == NULL)
        return FASTI_DRAFT_FULL;
    const uint32_t index = fasti_record_make(&booking->arena, head, parts);
    if (index == 0)
        return FASTI_DRAFT_MEMORY;
    *added = (struct fasti_draft_record){
        .form = FASTI_DRAFT_NEW,
        .entry = fasti_records_find(&booking->state->records, (fasti_record_id){head->id}),
    };
    record_place(booking, added, index);
    return FASTI_DRAFT_OK;
}

enum fasti_draft_result fasti_draft_record_replace(struct fasti_booking *booking,
                                                   const struct fasti_record_ref *ref,
                                                   const struct fasti_record *head,
                                                   const struct fasti_record_parts *parts,
                                                   uint32_t *place) {
    if (fasti_cell_is_worn(ref->word))
        return FASTI_DRAFT_WORN;
    struct fasti_draft_record *added = record_add(booking->draft, place);
    if (added == NULL)
        return FASTI_DRAFT_FULL;
    const uint32_t index = fasti_record_make(&booking->arena, head, parts);
    if (index == 0)
        return FASTI_DRAFT_MEMORY;
    *added = (struct fasti_draft_record){
        .form = FASTI_DRAFT_WHOLE, .entry = ref->entry, .word = ref->word, .before = ref->record};
    record_place(booking, added, index);
    return FASTI_DRAFT_OK;
}

enum fasti_draft_result fasti_draft_record_change(struct fasti_booking *booking,
                                                  const struct fasti_record_ref *ref,
                                                  enum fasti_draft_form form, int64_t now_ms,
                                                  uint32_t *place) {
    struct fasti_record_parts parts = fasti_record_parts_of(ref->record);
    parts.changed_ms = now_ms;
    const enum fasti_draft_result result =
        fasti_draft_record_replace(booking, ref, ref->record, &parts, place);
    if (result == FASTI_DRAFT_OK)
        booking->draft->records[*place].form = form;
    return result;
}

struct fasti_record_ref fasti_record_look_any(struct fasti_booking *booking, fasti_record_id id) {
    struct fasti_arena *arena = &booking->state->arena;
    struct fasti_record_ref ref = {.entry = fasti_records_find(&booking->state->records, id)};
    if (ref.entry == NULL)
        return ref;
    ref.word = fasti_cell_read(arena, &ref.entry->cell);
    /* Else nothing yet, or a part of another record. */
    if (fasti_cell_tag(ref.word) == FASTI_TAG_PAGE && fasti_cell_index(ref.word) != 0)
        ref.record = fasti_arena_at(arena, fasti_cell_index(ref.word));
    return ref;
}

struct fasti_record_ref fasti_record_look(struct fasti_booking *booking,
                                          fasti_organization_id organization, fasti_record_id id) {
    struct fasti_record_ref ref = fasti_record_look_any(booking, id);
    if (ref.record != NULL && ref.record->organization != organization.v)
        ref.record = NULL;
    return ref;
}

bool fasti_record_moved_on(struct fasti_booking *booking, const struct fasti_record_ref *ref) {
    return fasti_cell_read(&booking->state->arena, &ref->entry->cell) != ref->word;
}

bool fasti_record_is_settled(struct fasti_booking *booking, const struct fasti_record_ref *ref) {
    return fasti_cell_settled(&booking->state->arena, &ref->entry->cell) == ref->word;
}

enum fasti_draft_result fasti_draft_end(struct fasti_booking *booking,
                                        const struct fasti_record_ref *ref,
                                        enum fasti_record_state state, uint8_t reason,
                                        int64_t now_ms, enum fasti_look_result *looked) {
    const struct fasti_record *record = ref->record;
    const bool is_held = record->state == FASTI_STATE_HELD;
    const struct fasti_page_change change = {.operation = FASTI_PAGE_RELEASE,
                                             .record = is_held ? record->id : 0};
    uint32_t place = 0;
    *looked = FASTI_LOOK_OK;
    enum fasti_draft_result result =
        fasti_draft_record_change(booking, ref, FASTI_DRAFT_STATE, now_ms, &place);
    const bool keeps = FASTI_MUTANT(EXPIRY_KEEPS_TIME) && state == FASTI_STATE_EXPIRED;
    for (uint32_t i = 0; i < record->item_count && result == FASTI_DRAFT_OK && !keeps; i++)
        result = fasti_draft_time(booking, (fasti_organization_id){record->organization},
                                  &record->items[i], place, i, &change, now_ms, looked);
    if (result == FASTI_DRAFT_OK) {
        struct fasti_record *after = booking->draft->records[place].after;
        after->state = (uint8_t)state;
        after->reason = reason;
    }
    /* A day does not hold what the record takes. Either somebody else ended the record after we
     * looked at it (then even the zone may have changed since), or a log said so that no engine
     * wrote: replay knows no zone, so it cannot compare instants with an effect's ticks. */
    if (result == FASTI_DRAFT_TAKEN && fasti_record_moved_on(booking, ref))
        return FASTI_DRAFT_AGAIN;
    return result;
}

/* Once a day: a second item on it finds the holds changed already. */
static bool is_day_changed(const struct fasti_draft *draft, const struct fasti_draft_day *day,
                           uint32_t place) {
    for (uint32_t c = 0; c < draft->change_count; c++)
        if (&draft->days[draft->changes[c].day] == day && draft->changes[c].record == place)
            return true;
    return false;
}

enum fasti_draft_result fasti_draft_hold_change(struct fasti_booking *booking,
                                                const struct fasti_record *record, uint32_t place,
                                                const struct fasti_page_change *change,
                                                enum fasti_look_result *looked) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const struct fasti_item *item = &record->items[i];
        const int64_t end_s = fasti_item_end_utc_s(item);
        for (int64_t at_s = fasti_item_begin_utc_s(item); at_s < end_s;) {
            struct fasti_draft_day *day;
            *looked = fasti_draft_day(booking, (fasti_organization_id){record->organization},
                                      (fasti_schedule_id){item->schedule}, at_s, &day);
            if (*looked != FASTI_LOOK_OK)
                return FASTI_DRAFT_AGAIN;
            enum fasti_draft_result result = FASTI_DRAFT_OK;
            if (is_day_of(day, (fasti_schedule_id){item->schedule}, item->start_utc_s))
                result = fasti_draft_guards(booking, day, (fasti_service_id){item->service}, true);
            if (result == FASTI_DRAFT_OK && !is_day_changed(booking->draft, day, place))
                result = fasti_draft_change(booking, day, place, 0, change);
            if (result != FASTI_DRAFT_OK)
                return result;
            at_s = day->look.day.start_utc_s + day->look.day.minutes * INT64_C(60);
        }
    }
    return FASTI_DRAFT_OK;
}

/* ---- the end ---- */

enum fasti_attempt fasti_draft_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                      enum fasti_draft_result result,
                                      enum fasti_disposition *disposition) {
    fasti_draft_drop(booking);
    switch (result) {
    case FASTI_DRAFT_OK:
    case FASTI_DRAFT_EXPIRED: /* asked for with fasti_rows_stop */
    case FASTI_DRAFT_AGAIN: return FASTI_ATTEMPT_AGAIN;
    case FASTI_DRAFT_MEMORY: return FASTI_ATTEMPT_MEMORY;
    case FASTI_DRAFT_FULL:
        *disposition = fasti_fail(pending, FASTI_INVALID_RANGE,
                                  "the command touches more days and records than one claim may");
        return FASTI_ATTEMPT_END;
    case FASTI_DRAFT_WORN:
        *disposition =
            fasti_fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return FASTI_ATTEMPT_END;
    case FASTI_DRAFT_TAKEN:
        *disposition = fasti_fail(pending, FASTI_CORRUPT_STATE,
                                  "the day does not hold the time that the record takes");
        return FASTI_ATTEMPT_END;
    }
    FASTI_UNREACHABLE_CODE();
}

enum fasti_attempt fasti_draft_stop(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_draft_result result, enum fasti_look_result looked,
                                    enum fasti_disposition *disposition) {
    if (looked == FASTI_LOOK_OK)
        return fasti_draft_refuse(booking, pending, result, disposition);
    fasti_draft_drop(booking);
    return fasti_look_refuse(booking, pending, looked, disposition);
}
