/*
 * lookup.c - resolve, describe, civil, show and list.
 */
#include "engine/booking/lookup.h"

#include <string.h>

#include "engine/calendar/claim.h"
#include "engine/directory/put_of.h"

static enum fasti_disposition answer(struct fasti_pending *pending, enum fasti_outcome outcome) {
    pending->answer.outcome = outcome;
    return FASTI_ANSWERED;
}

static const struct fasti_schedule_config *config_of(const struct fasti_booking *booking,
                                                     fasti_organization_id organization,
                                                     fasti_schedule_id id) {
    struct fasti_schedule *schedule = fasti_schedule_get(booking->state->directory, id);
    if (schedule == NULL)
        return NULL;
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    return config != NULL && config->organization.v == organization.v ? config : NULL;
}

/* ---- directory ---- */

/* Did an import stage a record of that id? */
static bool is_staged(struct fasti_state *state, uint32_t import, fasti_organization_id scope,
                      const struct fasti_resolve_query *query) {
    const struct fasti_import_key key = fasti_import_key(scope, query->kind, &query->id);
    pthread_mutex_lock(&state->config_lock);
    const struct fasti_staged_import *staged = fasti_import_find(&state->imports, import);
    const bool is_found = staged != NULL && fasti_import_find_put(staged, &key) != NULL;
    pthread_mutex_unlock(&state->config_lock);
    return is_found;
}

enum fasti_disposition fasti_lookup_resolve(struct fasti_booking *booking,
                                            const struct fasti_command *command,
                                            struct fasti_pending *pending) {
    const struct fasti_resolve_query *query = &command->body.resolve;
    const bool is_global =
        query->kind == FASTI_ENTITY_ORGANIZATION || query->kind == FASTI_ENTITY_ZONE;
    const fasti_organization_id scope =
        is_global ? (fasti_organization_id){0} : command->organization;
    pending->answer.id =
        fasti_directory_find(booking->state->directory, scope, query->kind, &query->id);
    const bool is_found =
        pending->answer.id != 0 ||
        (command->import != 0 && is_staged(booking->state, command->import, scope, query));
    return answer(pending, is_found ? FASTI_OUTCOME_FOUND : FASTI_OUTCOME_NO_SUCH);
}

/* Fills the put of one record if the organization may see it. The etag is of the very object that
 * is told, for another one may be published meanwhile. */
static bool describe(struct fasti_booking *booking, fasti_organization_id organization,
                     enum fasti_entity_kind kind, uint32_t id,
                     struct fasti_describe_answer *described) {
    const struct fasti_directory *directory = booking->state->directory;
    struct fasti_put *put = &described->put;
    const void *record = fasti_put_of(directory, kind, id, put);
    if (record == NULL)
        return false;
    if (kind == FASTI_ENTITY_ZONE) { /* its table is good until this worker's next command */
        described->etag = fasti_directory_etag(directory, kind, id);
        return true;
    }
    const bool is_own = kind == FASTI_ENTITY_ORGANIZATION ? organization.v == id
                                                          : put->organization.v == organization.v;
    if (!is_own && organization.v != 0)
        return false;
    if (kind == FASTI_ENTITY_ORGANIZATION)
        put->organization = organization;
    described->etag = fasti_record_etag(kind, id, record);
    if (kind == FASTI_ENTITY_SCHEDULE) {
        const struct fasti_schedule_config *config = record;
        memcpy(booking->openings, config->openings,
               config->opening_count * sizeof config->openings[0]);
        described->opening_count = config->opening_count;
    }
    return true;
}

enum fasti_disposition fasti_lookup_describe(struct fasti_booking *booking,
                                             const struct fasti_command *command,
                                             struct fasti_pending *pending) {
    const struct fasti_describe_query *query = &command->body.describe;
    struct fasti_describe_answer *described = &booking->describe;
    described->kind = query->kind;
    described->id = 0;
    described->etag = 0;
    described->opening_count = 0;
    described->openings = booking->openings;
    const uint32_t count = fasti_directory_count(booking->state->directory, query->kind);
    const uint64_t first = query->id != 0 ? query->id : UINT64_C(1) + query->after;
    const uint32_t last = query->id != 0 && query->id < count ? query->id : count;
    for (uint32_t id = (uint32_t)first; first <= last && id <= last && described->id == 0; id++) {
        if (describe(booking, command->organization, query->kind, id, described))
            described->id = id;
    }
    pending->answer.body.describe = described;
    pending->answer.id = described->id;
    return answer(pending, described->id != 0 ? FASTI_OUTCOME_FOUND : FASTI_OUTCOME_NO_SUCH);
}

enum fasti_disposition fasti_lookup_civil(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    const struct fasti_civil_query *query = &command->body.civil;
    const struct fasti_schedule_config *config =
        config_of(booking, command->organization, query->schedule);
    if (config == NULL)
        return answer(pending, FASTI_OUTCOME_NO_SUCH);
    if (!fasti_date_is_bookable(query->date))
        return answer(pending, FASTI_OUTCOME_OUTSIDE);
    if (query->minute > FASTI_DAY_MINUTES) {
        pending->answer.status =
            fasti_detail_set(&pending->answer.detail, FASTI_INVALID_TIME,
                             "a day has minutes 0 to 1440, not %u", (unsigned)query->minute);
        return FASTI_ANSWERED;
    }
    struct fasti_civil_answer *civil = &pending->answer.body.civil;
    civil->utc_s = fasti_zone_utc(config->zone, query->date, query->minute, &civil->kind);
    civil->offset_s = fasti_zone_offset_at(config->zone, civil->utc_s);
    return answer(pending, FASTI_OUTCOME_FOUND);
}

/* ---- records ---- */

/* What an entry of a chain or a number leads to. */
struct seen {
    struct fasti_record_entry *entry; /* the record's own; NULL: there is none */
    uint64_t word;                    /* of its cell */
    uint32_t item;                    /* which of its items the entry stands for */
};

static struct seen look_at(struct fasti_state *state, uint64_t id) {
    struct seen seen = {.entry = fasti_records_find(&state->records, (fasti_record_id){id})};
    if (seen.entry == NULL)
        return seen;
    const uint64_t record = fasti_record_of_entry(seen.entry, id);
    seen.item = (uint32_t)(id - record);
    if (record != id)
        seen.entry = fasti_records_find(&state->records, (fasti_record_id){record});
    seen.word = fasti_cell_read(&state->arena, &seen.entry->cell);
    return seen;
}

static const struct fasti_record *seen_record(struct fasti_state *state, const struct seen *seen) {
    return fasti_arena_at(&state->arena, fasti_cell_index(seen->word));
}

/* The record's state now: a hold that has expired is so before anybody has said it. */
static enum fasti_record_state state_at(const struct fasti_record *record, int64_t now_ms) {
    return record->state == FASTI_STATE_HELD && fasti_record_hold(record)->expires_ms <= now_ms
               ? FASTI_STATE_EXPIRED
               : (enum fasti_record_state)record->state;
}

/* Does no opening cover the item any more? */
static bool is_item_conflict(struct fasti_booking *booking, const struct fasti_record *record,
                             const struct fasti_item *item) {
    struct fasti_state *state = booking->state;
    const fasti_service_id service = {item->service};
    const struct fasti_service *terms = fasti_service_get(state->directory, service);
    struct fasti_day_look look;
    enum fasti_look_result looked = FASTI_LOOK_AGAIN;
    for (uint32_t i = 0; looked == FASTI_LOOK_AGAIN && i < FASTI_LOOKUP_TRIES_MAX; i++)
        looked = fasti_day_look(booking, (fasti_organization_id){record->organization},
                                (fasti_schedule_id){item->schedule}, item->start_utc_s, &look);
    struct fasti_ticks ticks;
    if (looked == FASTI_LOOK_PAUSED || looked == FASTI_LOOK_AGAIN)
        return false; /* an edit is under way that this very record refuses */
    if (looked == FASTI_LOOK_RETIRED)
        return false; /* it is over, and nobody need see to it */
    if (looked != FASTI_LOOK_OK || terms == NULL || !fasti_schedule_offers(look.config, service) ||
        !fasti_look_place(&look, item->start_utc_s, 0, &ticks))
        return true;
    static const struct fasti_rules none; /* openings alone are asked for */
    struct fasti_day_view view;
    fasti_day_view_load(state->patterns, look.config, service, terms, &none, look.date,
                        look.pattern_id, &booking->scratch, &view);
    /* It may go on after the day's end. */
    return item->minutes % look.config->resolution_minutes != 0 ||
           !fasti_rule_covers(&view, ticks.tick, item->minutes / look.config->resolution_minutes);
}

/* Does no opening cover one of its items any more? Blocks and ended records never conflict. */
static bool is_conflict(struct fasti_booking *booking, const struct fasti_record *record) {
    if ((record->flags & FASTI_RECORD_OVERRIDE) != 0) /* no opening had to cover it */
        return false;
    if (record->kind != FASTI_RECORD_APPOINTMENT ||
        (record->state != FASTI_STATE_BOOKED && record->state != FASTI_STATE_PENDING))
        return false;
    for (uint32_t i = 0; i < record->item_count; i++)
        if (is_item_conflict(booking, record, &record->items[i]))
            return true;
    return false;
}

static void view_fill(struct fasti_booking *booking, const struct fasti_record *record,
                      uint32_t item_at, int64_t now_ms, struct fasti_record_view *view) {
    const struct fasti_item *item = &record->items[item_at];
    const struct fasti_record_source *source = fasti_record_source(record);
    *view = (struct fasti_record_view){
        .record = {record->id},
        .kind = (enum fasti_record_kind)record->kind,
        .state = state_at(record, now_ms),
        .reason = record->reason,
        .modality =
            (uint8_t)((record->flags & FASTI_RECORD_MODALITY) >> FASTI_RECORD_MODALITY_SHIFT),
        .is_override = (record->flags & FASTI_RECORD_OVERRIDE) != 0,
        .is_conflict = is_conflict(booking, record),
        .item_count = (uint8_t)record->item_count,
        .item = (uint8_t)item_at,
        .schedule = {item->schedule},
        .service = {item->service},
        .start_utc_s = item->start_utc_s,
        .offset_s = item->offset_minutes * 60,
        .duration_minutes = item->minutes,
        .before_minutes = item->before_minutes,
        .after_minutes = item->after_minutes,
        .source = source == NULL ? 0 : source->source,
        .key = source == NULL ? 0 : source->key,
        .created_ms = record->created_ms,
        .changed_ms = fasti_record_changed_ms(record),
        .expires_ms = fasti_record_hold(record) == NULL ? 0 : fasti_record_hold(record)->expires_ms,
        .moved_from = {fasti_record_moved_from(record)},
        .patient_length = record->patient_length,
        .payload_length = record->payload_length,
    };
    memcpy(view->patient, fasti_record_patient(record), record->patient_length);
}

static void items_fill(struct fasti_booking *booking, const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++)
        booking->items[i] = (struct fasti_item_view){
            .schedule = {record->items[i].schedule},
            .service = {record->items[i].service},
            .start_utc_s = record->items[i].start_utc_s,
            .offset_s = record->items[i].offset_minutes * 60,
            .duration_minutes = record->items[i].minutes,
        };
}

static enum fasti_disposition busy(struct fasti_pending *pending) {
    pending->answer.status = fasti_detail_set(&pending->answer.detail, FASTI_BUSY,
                                              "the records change too fast to be told; try again");
    return FASTI_ANSWERED;
}

/* Waits for an entry's newest version; ANSWERED with BUSY when that was tried too often. */
static enum fasti_disposition wait_for(struct fasti_booking *booking, struct fasti_pending *pending,
                                       enum fasti_pending_kind kind,
                                       struct fasti_record_entry *entry, uint32_t version) {
    pending->kind = kind;
    if (++pending->tries <= FASTI_LOOKUP_TRIES_MAX) {
        if (!fasti_wait_for_one(booking, pending, &entry->durable, version))
            return FASTI_WAITING;
        return kind == FASTI_PENDING_SHOW ? fasti_lookup_show(booking, pending)
                                          : fasti_lookup_list(booking, pending);
    }
    return busy(pending);
}

/* Is what is over by now_ms over for ever? Not while a confirm that began before is under way: then
 * look again. now_ms was read before the record was looked at. */
static bool is_tellable(struct fasti_booking *booking, const struct seen *seen, int64_t now_ms) {
    const struct fasti_record *record = seen_record(booking->state, seen);
    return state_at(record, now_ms) == (enum fasti_record_state)record->state ||
           fasti_cell_settled(&booking->state->arena, &seen->entry->cell) == seen->word;
}

/* May the record be told of as the cell's word has it? WAIT: its newest version is not durable. */
enum telling { TELL, TELL_NOTHING, TELL_WAIT };

static enum telling telling_of(const struct seen *seen) {
    if (seen->entry == NULL || fasti_cell_index(seen->word) == 0)
        return TELL_NOTHING;
    const uint32_t durable = fasti_load_seq_cst(&seen->entry->durable);
    if (durable == 0)
        return TELL_NOTHING;
    return durable < fasti_cell_version(seen->word) ? TELL_WAIT : TELL;
}

enum fasti_disposition fasti_lookup_show(struct fasti_booking *booking,
                                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const int64_t now_ms = fasti_state_now_ms(state);
    const struct seen seen = look_at(state, pending->query.show.v);
    const enum telling telling = telling_of(&seen);
    if (telling == TELL_NOTHING || seen.item != 0)
        return answer(pending, FASTI_OUTCOME_NO_SUCH);
    const struct fasti_record *record = seen_record(state, &seen);
    if (record->organization != pending->organization.v)
        return answer(pending, FASTI_OUTCOME_NO_SUCH);
    if (telling == TELL_WAIT)
        return wait_for(booking, pending, FASTI_PENDING_SHOW, seen.entry,
                        fasti_cell_version(seen.word));
    if (!is_tellable(booking, &seen, now_ms))
        return ++pending->tries <= FASTI_LOOKUP_TRIES_MAX ? fasti_lookup_show(booking, pending)
                                                          : busy(pending);
    view_fill(booking, record, 0, now_ms, &pending->answer.body.show.view);
    items_fill(booking, record);
    memcpy(booking->payload, fasti_record_payload(record), record->payload_length);
    pending->answer.body.show.items = booking->items;
    pending->answer.body.show.payload = booking->payload;
    pending->answer.record.v = record->id;
    return answer(pending, FASTI_OUTCOME_FOUND);
}

static bool list_wants(const struct fasti_list_query *query, fasti_organization_id organization,
                       const struct fasti_record *record, uint32_t item, int64_t now_ms) {
    const int64_t start_utc_s = record->items[item].start_utc_s;
    if (record->organization != organization.v || start_utc_s < query->from_utc_s ||
        start_utc_s >= query->to_utc_s)
        return false;
    if (fasti_state_frees(state_at(record, now_ms)) && !query->include_ended)
        return false;
    if (record->kind == FASTI_RECORD_BLOCK) {
        const struct fasti_record_source *source = fasti_record_source(record);
        return query->include_blocks && query->by == FASTI_LIST_BY_SCHEDULE &&
               (query->source == 0 || (source != NULL && source->source == query->source));
    }
    if (query->source != 0)
        return false;
    return query->by == FASTI_LIST_BY_SCHEDULE ||
           (record->patient_length == query->patient_length &&
            memcmp(fasti_record_patient(record), query->patient, query->patient_length) == 0);
}

static uint64_t chain_next(const struct fasti_list_query *query, struct fasti_record_entry *entry) {
    return query->by == FASTI_LIST_BY_PATIENT ? fasti_load_relaxed(&entry->next_patient)
                                              : fasti_load_relaxed(&entry->next_schedule);
}

/* The head of the chain that the query walks; 0: empty or not this organization's. */
static uint64_t chain_head(const struct fasti_booking *booking,
                           const struct fasti_list_query *query,
                           fasti_organization_id organization) {
    struct fasti_state *state = booking->state;
    if (query->by == FASTI_LIST_BY_PATIENT) /* pairs with records_link */
        return fasti_load_acquire(&state->records.patients[fasti_patient_bucket(
            organization, query->patient, query->patient_length)]);
    if (config_of(booking, organization, query->schedule) == NULL)
        return 0;
    return fasti_load_acquire(&fasti_schedule_get(state->directory, query->schedule)->record_head);
}

/* Is a record's item in the chain that the query walks? */
static bool chain_has(const struct fasti_list_query *query, fasti_organization_id organization,
                      const struct fasti_record *record, uint32_t item) {
    if (query->by == FASTI_LIST_BY_SCHEDULE)
        return record->organization == organization.v &&
               record->items[item].schedule == query->schedule.v;
    return record->kind == FASTI_RECORD_APPOINTMENT && item == 0 &&
           fasti_patient_bucket((fasti_organization_id){record->organization},
                                fasti_record_patient(record), record->patient_length) ==
               fasti_patient_bucket(organization, query->patient, query->patient_length);
}

/* Where the query's page begins; false: `before` is not a place of its chain. */
static bool chain_place(struct fasti_booking *booking, const struct fasti_list_query *query,
                        fasti_organization_id organization, uint64_t *id) {
    struct fasti_state *state = booking->state;
    *id = chain_head(booking, query, organization);
    if (query->before.v == 0)
        return true;
    const struct seen seen = look_at(state, query->before.v);
    if (telling_of(&seen) == TELL_NOTHING ||
        !chain_has(query, organization, seen_record(state, &seen), seen.item))
        return false;
    *id = chain_next(query, fasti_records_find(&state->records, query->before));
    return true;
}

#define LIST_STEPS_MAX (1 << 20)

enum fasti_disposition fasti_lookup_list(struct fasti_booking *booking,
                                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    const struct fasti_list_query *query = &pending->query.list;
    struct fasti_list_answer *list = &booking->list;
    const int64_t now_ms = fasti_state_now_ms(state);
    list->count = 0;
    list->next = query->before;
    pending->answer.body.list = list;
    uint64_t id;
    if (!chain_place(booking, query, pending->organization, &id)) {
        pending->answer.status = fasti_detail_set(
            &pending->answer.detail, FASTI_INVALID_REFERENCE,
            "record %llu is no place of this list: page on with `next` of the page before",
            (unsigned long long)query->before.v);
        return FASTI_ANSWERED;
    }
    /* What was purged stands in a chain until it is swept; a file that somebody made up may have a
     * ring of such. */
    for (uint32_t looked = 0, steps = 0; id != 0 && list->count < query->limit &&
                                         looked < FASTI_LOOKUP_SLICE && steps < LIST_STEPS_MAX;
         steps++) {
        const struct seen seen = look_at(state, id);
        const struct fasti_record *record = seen_record(state, &seen);
        const enum telling telling = telling_of(&seen);
        const bool is_theirs =
            telling != TELL_NOTHING && record->organization == pending->organization.v;
        if (telling == TELL_WAIT && is_theirs)
            return wait_for(booking, pending, FASTI_PENDING_LIST, seen.entry,
                            fasti_cell_version(seen.word));
        if (is_theirs && !is_tellable(booking, &seen, now_ms)) {
            if (++pending->tries > FASTI_LOOKUP_TRIES_MAX)
                return busy(pending);
            continue; /* the same once more */
        }
        if (is_theirs && list_wants(query, pending->organization, record, seen.item, now_ms) &&
            (!query->only_conflicts || is_conflict(booking, record)))
            view_fill(booking, record, seen.item, now_ms, &list->records[list->count++]);
        if (telling != TELL_NOTHING) { /* else: at the head, as many as commands wait at most */
            list->next = (fasti_record_id){id};
            looked++;
        }
        id = chain_next(query, fasti_records_find(&state->records, (fasti_record_id){id}));
    }
    list->more = id != 0;
    return answer(pending, FASTI_OUTCOME_FOUND);
}

/* The newest record of a schedule of the organization; 0: none, or another's. */
static uint64_t conflicts_head(struct fasti_booking *booking, fasti_organization_id organization,
                               fasti_schedule_id id) {
    return config_of(booking, organization, id) == NULL
               ? 0
               : fasti_load_acquire(
                     &fasti_schedule_get(booking->state->directory, id)->record_head);
}

bool fasti_lookup_conflicts(struct fasti_booking *booking, struct fasti_pending *pending,
                            int64_t now_ms) {
    struct fasti_state *state = booking->state;
    uint32_t *schedule = &pending->query.conflicts.schedule;
    uint64_t *id = &pending->query.conflicts.record;
    if (pending->organization.v == 0)
        return true; /* an import of several tells nobody of another's appointments */
    const uint32_t count = fasti_directory_count(state->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t looked = 0; looked < FASTI_LOOKUP_SLICE; looked++) {
        if (*id == 0) {
            if (*schedule >= count)
                return true;
            *id = conflicts_head(booking, pending->organization, (fasti_schedule_id){++*schedule});
            continue;
        }
        const struct seen seen = look_at(state, *id);
        const struct fasti_record *record = seen_record(state, &seen);
        /* Once a record, whatever its items are. A chain that leads to none comes from a file that
         * somebody made up. */
        pending->answer.body.import.conflicts +=
            seen.item == 0 && fasti_cell_index(seen.word) != 0 &&
            record->items[0].start_utc_s * 1000 >= now_ms && is_conflict(booking, record);
        struct fasti_record_entry *entry =
            fasti_records_find(&state->records, (fasti_record_id){*id});
        *id = fasti_load_relaxed(&entry->next_schedule);
    }
    return false;
}
