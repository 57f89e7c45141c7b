/*
 * loading_seats.c - a walk over the records of a schedule.
 */
#include "engine/booking/loading_seats.h"

#include "engine/calendar/claim.h"

#define STEPS_MAX (1 << 20)

/* The ticks that are asked about, and who was found there. */
struct account {
    uint32_t schedule;
    int64_t begin_s, tick_s; /* where the first tick begins; length of each */
    uint32_t count, most;
    bool is_cut; /* there are more records than are looked at: what is known counts as all */
    uint16_t taken[FASTI_TICKS_MAX];
};

static void item_add(struct account *account, const struct fasti_item *item) {
    const int64_t begin_s = fasti_item_begin_utc_s(item) - account->begin_s;
    const int64_t end_s = fasti_item_end_utc_s(item) - account->begin_s;
    if (item->schedule != account->schedule || end_s <= 0 ||
        begin_s >= account->tick_s * account->count)
        return;
    const int64_t from = begin_s <= 0 ? 0 : begin_s / account->tick_s;
    const int64_t end = (end_s + account->tick_s - 1) / account->tick_s;
    for (int64_t t = from; t < end && t < account->count; t++)
        account->taken[t] = (uint16_t)(account->taken[t] + item->seats);
    account->most = item->seats_max > account->most ? item->seats_max : account->most;
}

static void record_add(struct account *account, const struct fasti_record *record,
                       uint32_t item_count) {
    for (uint32_t i = 0; i < item_count; i++)
        item_add(account, &record->items[i]);
}

/* Those whose effects the log has: each item stands in the chain once. */
static void chain_add(struct fasti_booking *booking, struct account *account,
                      struct fasti_schedule *schedule) {
    struct fasti_records *records = &booking->state->records;
    uint64_t id = fasti_load_acquire(&schedule->record_head);
    for (uint32_t steps = 0; id != 0 && steps < STEPS_MAX; steps++) {
        struct fasti_record_entry *entry = fasti_records_find(records, (fasti_record_id){id});
        const uint64_t first = fasti_record_of_entry(entry, id);
        const struct fasti_record_ref ref =
            fasti_record_look_any(booking, (fasti_record_id){first});
        if (ref.record != NULL && id - first < ref.record->item_count &&
            !fasti_state_frees((enum fasti_record_state)ref.record->state))
            item_add(account, &ref.record->items[id - first]);
        id = fasti_load_relaxed(&entry->next_schedule);
    }
    account->is_cut = id != 0;
}

struct fasti_loading_seats fasti_loading_seats_of(struct fasti_booking *booking,
                                                  const struct fasti_draft_day *day,
                                                  const struct fasti_item *item,
                                                  const struct fasti_page_change *change,
                                                  int64_t begin_s, int64_t now_ms) {
    struct account account = {.schedule = item->schedule,
                              .begin_s = begin_s,
                              .tick_s = day->look.config->resolution_minutes * INT64_C(60),
                              .count = change->count};
    const struct fasti_draft *draft = booking->draft;
    const struct fasti_record *record = booking->load.current;
    chain_add(booking, &account, day->look.schedule);
    for (uint32_t i = 0; i < draft->record_count; i++)
        if (!fasti_state_frees((enum fasti_record_state)draft->records[i].after->state))
            record_add(&account, draft->records[i].after, draft->records[i].after->item_count);
    record_add(&account, record, (uint32_t)(item - record->items));
    struct fasti_loading_seats seats = {.most = account.most, .is_all = true};
    for (uint32_t t = 0; t < change->count && seats.is_all && !account.is_cut; t++)
        seats.is_all =
            fasti_page_taken_at(day->page, change->tick + t, 1, now_ms).most <= account.taken[t];
    return seats;
}
