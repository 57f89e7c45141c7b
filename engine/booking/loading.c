/*
 * loading.c - the claim path of LOAD; see loading.h.
 */
#include "engine/booking/loading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/booking/hold.h"
#include "engine/booking/rows.h"

/* Ends the command with a status and a sentence about a record. */
__attribute__((format(printf, 4, 5))) static enum fasti_disposition
fail(struct fasti_pending *pending, uint64_t record, enum fasti_status status, const char *format,
     ...) {
    char why[192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    pending->answer.status = fasti_detail_set(&pending->answer.detail, status, "record %llu: %s",
                                              (unsigned long long)record, why);
    return FASTI_ANSWERED;
}

/* ---- what is asked for ---- */

/* Takes the bytes apart into booking->load. false: *disposition says why not. */
static bool split(struct fasti_booking *booking, const struct fasti_command *command,
                  struct fasti_pending *pending, enum fasti_disposition *disposition) {
    const struct fasti_loading *load = &command->body.load;
    uint32_t items = 0;
    uint64_t end = 0;
    booking->load.count = 0;
    booking->load.known = 0;
    for (uint32_t at = 0; at < load->size;) {
        const void *here = load->bytes + at;
        const struct fasti_record *record = here;
        if (!fasti_record_is_load_sound(record, load->size - at)) {
            *disposition =
                fail(pending, load->size - at < sizeof *record ? end : record->id,
                     FASTI_INVALID_RANGE, "a field is out of its range, or does not fit its state");
            return false;
        }
        if (record->id < end) {
            *disposition = fail(pending, record->id, FASTI_INVALID_RANGE,
                                "the numbers of the records do not rise");
            return false;
        }
        if (record->id + record->item_count > FASTI_LOAD_NUMBERS_END) {
            *disposition = fail(pending, record->id, FASTI_INVALID_RANGE,
                                "numbers from %llu on are not loaded: too few would be left",
                                (unsigned long long)FASTI_LOAD_NUMBERS_END);
            return false;
        }
        items += record->item_count;
        if (booking->load.count == FASTI_ITEMS_MAX || items > FASTI_ITEMS_MAX) {
            *disposition = fail(pending, record->id, FASTI_INVALID_RANGE,
                                "one load has at most %d items", FASTI_ITEMS_MAX);
            return false;
        }
        end = record->id + record->item_count;
        booking->load.records[booking->load.count++] = record;
        at += (uint32_t)fasti_record_bytes(record);
    }
    if (booking->load.count > 0)
        return true;
    *disposition = fasti_fail(pending, FASTI_INVALID_RANGE, "a load has at least one record");
    return false;
}

/* What the record names and is not there; NULL: it is all there. */
static const char *unknown_name(const struct fasti_state *state,
                                const struct fasti_record *record) {
    const struct fasti_directory *directory = state->directory;
    const fasti_organization_id organization = {record->organization};
    if (fasti_organization_get(directory, organization) == NULL)
        return "there is no organization with its dense id";
    for (uint32_t i = 0; i < record->item_count; i++) {
        const struct fasti_item *item = &record->items[i];
        struct fasti_schedule *schedule =
            fasti_schedule_get(state->directory, (fasti_schedule_id){item->schedule});
        const struct fasti_schedule_config *config =
            schedule == NULL ? NULL : fasti_load_seq_cst(&schedule->config);
        if (config == NULL || config->organization.v != organization.v)
            return "its organization has no schedule with the dense id of an item";
        const struct fasti_service *service =
            fasti_service_get(directory, (fasti_service_id){item->service});
        if (item->service != 0 && (service == NULL || service->organization.v != organization.v))
            return "its organization has no service with the dense id of an item";
    }
    return NULL;
}

/* false: *disposition says which name is not there. */
static bool names_check(struct fasti_booking *booking, const struct fasti_command *command,
                        struct fasti_pending *pending, enum fasti_disposition *disposition) {
    for (uint32_t i = 0; i < booking->load.count; i++) {
        const struct fasti_record *record = booking->load.records[i];
        const bool is_others =
            command->organization.v != 0 && command->organization.v != record->organization;
        const char *unknown = is_others ? "it is of another organization than the load"
                                        : unknown_name(booking->state, record);
        if (unknown == NULL)
            continue;
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "record %llu: %s",
                               (unsigned long long)record->id, unknown);
        pending->answer.record.v = record->id;
        *disposition = fasti_refuse_config(booking, pending, FASTI_OUTCOME_NO_SUCH);
        return false;
    }
    return true;
}

/* ---- numbers ---- */

/* Is what is there what is loaded? A hold may have expired since it was loaded the first time. */
static bool is_same(const struct fasti_record *there, const struct fasti_record *loaded) {
    const size_t bytes = fasti_record_bytes(loaded);
    if (there->state != FASTI_STATE_EXPIRED || loaded->state != FASTI_STATE_HELD)
        return fasti_record_bytes(there) == bytes && memcmp(there, loaded, bytes) == 0;
    struct fasti_record_parts parts = fasti_record_parts_of(there);
    parts.changed_ms = fasti_record_changed_ms(loaded);
    struct fasti_record head = fasti_record_head_of(there, &parts);
    head.state = loaded->state;
    uint8_t held[FASTI_RECORD_BYTES_MAX];
    struct fasti_writer writer = {.bytes = held, .capacity = sizeof held};
    fasti_record_write(&writer, &head, &parts);
    return writer.size == bytes && memcmp(held, loaded, bytes) == 0;
}

/* Looks at the entries of record i; *is_known: it is there. false: another one is, or no memory. */
static bool entries_look(struct fasti_booking *booking, uint32_t i, struct fasti_pending *pending,
                         enum fasti_disposition *disposition) {
    struct fasti_records *records = &booking->state->records;
    const struct fasti_record *record = booking->load.records[i];
    const struct fasti_record_ref ref =
        fasti_record_look_any(booking, (fasti_record_id){record->id});
    if (ref.record != NULL && is_same(ref.record, record)) {
        booking->load.known |= UINT64_C(1) << i;
        return true;
    }
    if (record->id < fasti_load_seq_cst(&records->purged_end)) {
        *disposition = fail(pending, record->id, FASTI_EXISTS,
                            "records with its number or greater ones were removed here after "
                            "their retention, and numbers do not come again");
        return false;
    }
    for (uint32_t n = 0; n < record->item_count; n++) {
        struct fasti_record_entry *entry =
            fasti_records_get(records, (fasti_record_id){record->id + n});
        if (entry == NULL) {
            *disposition = fail(pending, record->id, FASTI_LIMIT_MEMORY, "no memory for it");
            return false;
        }
        const uint64_t chunk = (record->id + n) / FASTI_RECORD_CHUNK;
        if (fasti_load_seq_cst(&entry->cell) != 0 ||
            fasti_records_chunk_state(records, chunk) != FASTI_CHUNK_OPEN) {
            *disposition = fail(pending, record->id, FASTI_EXISTS, "%s",
                                n == 0 ? "there is another one with its number already"
                                       : "a number of its items is another record's already");
            return false;
        }
    }
    return true;
}

/* Makes the numbers of all records that are not there ours. false: one of them may be somebody's.
 */
static bool numbers_reserve(struct fasti_booking *booking, struct fasti_pending *pending,
                            enum fasti_disposition *disposition) {
    struct fasti_records *records = &booking->state->records;
    uint64_t next = fasti_load_seq_cst(&records->next_id), after;
    do {
        /* After next_id; pairs with fasti_records_issue. */
        const uint64_t issued = fasti_load_seq_cst(&records->issued_first);
        after = next;
        for (uint32_t i = 0; i < booking->load.count; i++) {
            const struct fasti_record *record = booking->load.records[i];
            const uint64_t end = record->id + record->item_count;
            if ((booking->load.known >> i & 1) != 0)
                continue;
            if (record->id < next && end > issued) {
                *disposition = fail(pending, record->id, FASTI_EXISTS,
                                    "numbers from %llu to %llu were given out to others",
                                    (unsigned long long)issued, (unsigned long long)(next - 1));
                return false;
            }
            after = end > after ? end : after;
        }
    } while (after > next && !fasti_cas_seq_cst(&records->next_id, &next, after));
    return true;
}

/* All of it was there: told when all of it is durable. */
static enum fasti_disposition known_answer(struct fasti_booking *booking,
                                           struct fasti_pending *pending) {
    if (!fasti_pending_cells_make(booking, pending, booking->load.count))
        return fasti_fail(pending, FASTI_LIMIT_MEMORY, fasti_status_text(FASTI_LIMIT_MEMORY));
    pending->kind = FASTI_PENDING_WAIT;
    pending->cell_count = booking->load.count;
    for (uint32_t i = 0; i < booking->load.count; i++) {
        const struct fasti_record_ref ref =
            fasti_record_look_any(booking, (fasti_record_id){booking->load.records[i]->id});
        pending->cells[i] = (struct fasti_pending_cell){
            .durable = &ref.entry->durable, .from_version = fasti_cell_version(ref.word)};
    }
    pending->answer.body.load = (struct fasti_load_answer){.known = booking->load.count};
    pending->answer.record.v = booking->load.records[0]->id;
    pending->answer.outcome = FASTI_OUTCOME_UNCHANGED;
    return fasti_wait_begin(booking, pending) ? FASTI_ANSWERED : FASTI_WAITING;
}

/* ---- one attempt ---- */

static enum fasti_draft_result record_take(struct fasti_booking *booking,
                                           const struct fasti_record *record, int64_t now_ms,
                                           enum fasti_look_result *looked, uint32_t *item) {
    const bool is_held = record->state == FASTI_STATE_HELD;
    const struct fasti_page_change change = {
        .operation = FASTI_PAGE_TAKE,
        .record = is_held ? record->id : 0,
        .expires_ms = is_held ? fasti_record_hold(record)->expires_ms : 0,
    };
    const struct fasti_record_parts parts = fasti_record_parts_of(record);
    const uint32_t count =
        fasti_state_frees((enum fasti_record_state)record->state) ? 0 : record->item_count;
    uint32_t place = booking->draft->record_count;
    enum fasti_draft_result result = FASTI_DRAFT_OK;
    booking->load.current = record;
    for (*item = 0; *item < count && result == FASTI_DRAFT_OK; ++*item)
        result = fasti_draft_time(booking, (fasti_organization_id){record->organization},
                                  &record->items[*item], place, *item, &change, now_ms, looked);
    return result == FASTI_DRAFT_OK ? fasti_draft_record_new(booking, record, &parts, &place)
                                    : result;
}

/* Does the item begin and end on whole ticks of its schedule? Its day was looked at. */
static bool is_whole(struct fasti_booking *booking, const struct fasti_record *record,
                     const struct fasti_item *item) {
    struct fasti_draft_day *day;
    struct fasti_ticks ticks;
    const int64_t begin_s = fasti_item_begin_utc_s(item), end_s = fasti_item_end_utc_s(item);
    return fasti_draft_day(booking, (fasti_organization_id){record->organization},
                           (fasti_schedule_id){item->schedule}, begin_s, &day) != FASTI_LOOK_OK ||
           (fasti_look_place(&day->look, begin_s, 0, &ticks) &&
            (end_s - begin_s) / 60 % day->look.config->resolution_minutes == 0);
}

/* Ends the attempt after a record that could not be taken. */
static enum fasti_attempt record_stop(struct fasti_booking *booking, struct fasti_pending *pending,
                                      struct fasti_rows *rows, const struct fasti_record *record,
                                      uint32_t item, enum fasti_disposition *disposition) {
    struct fasti_draft *draft = booking->draft;
    const unsigned long long id = record->id;
    if (rows->result != FASTI_DRAFT_TAKEN || rows->looked != FASTI_LOOK_OK) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "record %llu", id);
        pending->answer.record.v = record->id;
        return fasti_rows_stop(booking, pending, rows, disposition);
    }
    if (!is_whole(booking, record, &record->items[item])) {
        fasti_draft_drop(booking);
        *disposition = fail(pending, record->id, FASTI_INVALID_RESOLUTION,
                            "item %u does not fit the resolution of its schedule", item + 1);
        return FASTI_ATTEMPT_END;
    }
    if (draft->is_early) {
        fasti_draft_drop(booking);
        *disposition =
            fail(pending, record->id, FASTI_BUSY,
                 "what lies at the time of item %u is being written just now; try again", item + 1);
        return FASTI_ATTEMPT_END;
    }
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                           "record %llu: the time of item %u is taken", id, item + 1);
    pending->answer.record.v = record->id;
    fasti_rows_lose(rows, draft, FASTI_OUTCOME_TAKEN, NULL);
    for (uint32_t d = 0; d < draft->day_count; d++)
        draft->days[d].is_rested_on = true;
    return fasti_rows_refuse(booking, pending, rows, disposition);
}

/* Holds come with a timer; no room: whoever needs their time will expire them. */
static void timers_add(struct fasti_booking *booking) {
    for (uint32_t i = 0; i < booking->load.count; i++) {
        const struct fasti_record *record = booking->load.records[i];
        if (record->state == FASTI_STATE_HELD && (booking->load.known >> i & 1) == 0)
            (void)fasti_hold_timer_add(booking, record->id, fasti_record_hold(record)->expires_ms);
    }
}

static enum fasti_attempt load_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    static const struct fasti_book none = {0};
    struct fasti_load_answer told = {0};
    struct fasti_rows rows;
    fasti_draft_begin(booking);
    booking->draft->is_load = true;
    fasti_rows_begin(&rows, &none, command, pending);
    for (uint32_t i = 0; i < booking->load.count; i++) {
        const struct fasti_record *record = booking->load.records[i];
        if ((booking->load.known >> i & 1) != 0) {
            told.known++;
            continue;
        }
        uint32_t item;
        rows.looked = FASTI_LOOK_OK;
        rows.result = record_take(booking, record, rows.now_ms, &rows.looked, &item);
        if (rows.result == FASTI_DRAFT_EXPIRED) {
            rows.expired = booking->draft->expired;
            return fasti_rows_stop(booking, pending, &rows, disposition);
        }
        if (rows.result != FASTI_DRAFT_OK)
            return record_stop(booking, pending, &rows, record, item - (item > 0), disposition);
        told.loaded++;
    }
    /* Once, and last of all: they stay ours when nothing comes of it, for next_id never goes back,
     * and what was refused may come again. */
    if (!booking->load.has_numbers && !numbers_reserve(booking, pending, disposition)) {
        fasti_draft_drop(booking);
        return FASTI_ATTEMPT_END;
    }
    booking->load.has_numbers = true;
    pending->answer.body.load = told;
    pending->answer.record.v = booking->load.records[0]->id;
    pending->answer.outcome = FASTI_OUTCOME_LOADED;
    const enum fasti_attempt swapped = fasti_draft_swap(booking, pending, FASTI_EFFECT_LOAD,
                                                        (fasti_request_id){0, 0}, disposition);
    if (swapped == FASTI_ATTEMPT_END && *disposition == FASTI_PUSHED)
        timers_add(booking);
    return swapped;
}

/* ---- the command ---- */

/* Is each of the records that are there durable? Those that are made now would be told before them.
 */
static bool are_known_durable(struct fasti_booking *booking) {
    for (uint32_t i = 0; i < booking->load.count; i++) {
        if ((booking->load.known >> i & 1) == 0)
            continue;
        const struct fasti_record_ref ref =
            fasti_record_look_any(booking, (fasti_record_id){booking->load.records[i]->id});
        if (fasti_load_seq_cst(&ref.entry->durable) < fasti_cell_version(ref.word))
            return false;
    }
    return true;
}

static enum fasti_disposition load_locked(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    enum fasti_disposition disposition = FASTI_ANSWERED;
    for (uint32_t i = 0; i < booking->load.count; i++)
        if (!entries_look(booking, i, pending, &disposition))
            return disposition;
    const uint32_t known = (uint32_t)__builtin_popcountll(booking->load.known);
    if (known == booking->load.count)
        return known_answer(booking, pending);
    if (!are_known_durable(booking))
        return fasti_fail(pending, FASTI_BUSY,
                          "some of the records are being loaded just now; try again");
    booking->load.has_numbers = false;
    return fasti_attempts(booking, command, pending, load_attempt, true);
}

enum fasti_disposition fasti_loading(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending) {
    struct fasti_records *records = &booking->state->records;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    if (!split(booking, command, pending, &disposition) ||
        !names_check(booking, command, pending, &disposition))
        return disposition;
    fasti_epoch_offline(&booking->limbo); /* what was looked up so far is not held on to */
    pthread_mutex_lock(&records->load_lock);
    fasti_epoch_online(&booking->limbo);
    disposition = load_locked(booking, command, pending);
    pthread_mutex_unlock(&records->load_lock);
    return disposition;
}
