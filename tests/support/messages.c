/*
 * messages.c - see messages.h. Ranges are those that the wire's codec lets through.
 */
#include "tests/support/messages.h"

#include <stdio.h>
#include <string.h>

static uint64_t below(struct fasti_messages *m, uint64_t end) {
    return fasti_prng_below(&m->prng, end);
}
static uint32_t small(struct fasti_messages *m) {
    return (uint32_t)below(m, 99);
}
static bool flip(struct fasti_messages *m) {
    return below(m, 2) == 1;
}
static int64_t instant(struct fasti_messages *m) {
    return (int64_t)below(m, UINT64_C(1) << 33) - 1000;
}

static uint8_t text(struct fasti_messages *m, char *bytes, size_t min, size_t max) {
    const size_t length = min + below(m, max - min + 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)('!' + below(m, 90));
    return (uint8_t)length;
}

static void id(struct fasti_messages *m, struct fasti_id_text *text_id, size_t min) {
    text_id->length = text(m, text_id->bytes, min, FASTI_ID_BYTES_MAX);
}

/* ---- commands ---- */

void fasti_messages_opening(struct fasti_messages *m, struct fasti_opening *opening,
                            uint32_t service_end) {
    memset(opening, 0, sizeof *opening);
    id(m, &opening->id, 1);
    opening->kind = (uint8_t)(1 + below(m, 4));
    opening->capacity = flip(m) ? FASTI_CAPACITY_UNLIMITED : (uint32_t)below(m, 9);
    opening->flags = (uint8_t)below(m, 4);
    if (opening->kind == FASTI_OPENING_INSTANT) {
        opening->start_utc_s = instant(m);
        opening->end_utc_s = instant(m);
    } else {
        opening->weekdays = (uint8_t)below(m, 128);
        opening->start_minute = (uint16_t)below(m, 1440);
        opening->end_minute = (uint16_t)below(m, FASTI_OPENING_MINUTE_END + 1);
        opening->date_first.v = (int32_t)below(m, 80000);
        opening->date_last.v = (int32_t)below(m, 80000);
    }
    if (service_end > 1)
        opening->service_count = (uint8_t)below(m, FASTI_OPENING_SERVICES_MAX + 1);
    for (int i = 0; i < opening->service_count; i++)
        opening->services[i].v = (uint32_t)(1 + below(m, service_end - 1));
}

static void put_openings(struct fasti_messages *m, struct fasti_put *put) {
    put->body.openings.mode = (enum fasti_openings_mode)(1 + below(m, 3));
    put->body.openings.source = (uint32_t)below(m, 3);
    put->body.openings.service_name_count = (uint8_t)below(m, FASTI_SCHEDULE_SERVICES_MAX + 1);
    for (int i = 0; i < put->body.openings.service_name_count; i++)
        id(m, &put->body.openings.service_names[i], 1);
    put->body.openings.count = (uint32_t)below(m, flip(m) ? 4 : FASTI_OPENINGS_MAX + 1);
    put->body.openings.openings = m->openings;
    for (uint32_t i = 0; i < put->body.openings.count; i++) {
        fasti_messages_opening(m, &m->openings[i],
                               put->body.openings.service_name_count + UINT32_C(1));
        m->openings[i].source = put->body.openings.source;
    }
}

static void terms(struct fasti_messages *m, struct fasti_terms *to) {
    if (flip(m))
        return;
#define TERM(type, name, most, meaning) to->name = (type)below(m, (uint64_t)(most) + 1);
    FASTI_TERMS_TABLE(TERM)
#undef TERM
}

static void facts(struct fasti_messages *m, struct fasti_facts *to) {
    if (flip(m))
        return;
    to->audience = (uint8_t)below(m, FASTI_AUDIENCE_STAFF + 1);
    to->modality = (uint8_t)below(m, FASTI_MODALITY_HOME + 1);
    to->sector = (uint8_t)below(m, FASTI_SECTOR_PRIVATE + 1);
    to->acquaintance = (uint8_t)below(m, FASTI_ACQUAINTANCE_KNOWN + 1);
    to->language = flip(m) ? 0 : fasti_language_pack("deu", flip(m) ? 2 : 3);
    to->has_age = flip(m);
    to->age_months = to->has_age ? (uint16_t)below(m, FASTI_AGE_MONTHS_MAX + 1) : 0;
    to->has_referral = flip(m);
    to->is_override = to->audience == FASTI_AUDIENCE_STAFF && flip(m);
}

void fasti_messages_put(struct fasti_messages *m, struct fasti_put *put,
                        enum fasti_entity_kind kind) {
    memset(put, 0, sizeof *put);
    put->kind = kind;
    id(m, &put->id, 1);
    put->name.length = text(m, put->name.bytes, 0, FASTI_NAME_BYTES_MAX);
    switch (kind) {
    case FASTI_ENTITY_LOCATION:
        id(m, &put->body.location.zone, 1);
        put->body.location.has_position = flip(m);
        if (put->body.location.has_position) {
            put->body.location.latitude_e7 = (int32_t)below(m, 1800000001) - 900000000;
            put->body.location.longitude_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
        }
        break;
    case FASTI_ENTITY_SERVICE:
        put->body.service.duration_minutes = (uint16_t)below(m, 1441);
        put->body.service.grid_minutes = (uint16_t)below(m, 1441);
        put->body.service.offset_minutes = (uint16_t)below(m, 1441);
        terms(m, &put->body.service.terms);
        id(m, &put->body.service.code, 0);
        break;
    case FASTI_ENTITY_SCHEDULE:
        id(m, &put->body.schedule.location, 1);
        id(m, &put->body.schedule.practitioner, 0);
        put->body.schedule.resolution_minutes = (uint8_t)below(m, 16);
        put->body.schedule.service_count = (uint8_t)below(m, FASTI_SCHEDULE_SERVICES_MAX + 1);
        for (int i = 0; i < put->body.schedule.service_count; i++)
            id(m, &put->body.schedule.services[i], 1);
        put->body.schedule.language_count = (uint8_t)below(m, FASTI_SCHEDULE_LANGUAGES_MAX + 1);
        for (int i = 0; i < put->body.schedule.language_count; i++)
            put->body.schedule.languages[i] = (uint16_t)below(m, 65536);
        id(m, &put->body.schedule.substitute, 0);
        terms(m, &put->body.schedule.terms);
        put->body.schedule.specialty_count = (uint8_t)below(m, FASTI_SCHEDULE_SPECIALTIES_MAX + 1);
        for (int i = 0; i < put->body.schedule.specialty_count; i++)
            id(m, &put->body.schedule.specialties[i], 1);
        break;
    case FASTI_ENTITY_OPENINGS: put_openings(m, put); break;
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER:
    case FASTI_ENTITY_ZONE: break;
    }
}

static void list_query(struct fasti_messages *m, struct fasti_list_query *list) {
    list->by = flip(m) ? FASTI_LIST_BY_SCHEDULE : FASTI_LIST_BY_PATIENT;
    list->schedule.v = small(m);
    list->patient_length =
        text(m, list->patient, list->by == FASTI_LIST_BY_PATIENT ? 1 : 0, FASTI_PATIENT_BYTES_MAX);
    list->include_ended = flip(m);
    list->include_blocks = flip(m);
    list->source = flip(m) ? 0 : small(m);
    list->only_conflicts = flip(m);
    list->from_utc_s = flip(m) ? INT64_MIN : instant(m);
    list->to_utc_s = flip(m) ? INT64_MAX : instant(m);
    list->before.v = small(m);
    list->limit = (uint16_t)(1 + below(m, FASTI_LIST_MAX));
}

static void availability_query(struct fasti_messages *m, struct fasti_availability_query *query) {
    query->first.v = (int32_t)below(m, 90000);
    query->day_count = (uint16_t)(1 + below(m, FASTI_QUERY_DAYS_MAX));
    query->service_count = (uint16_t)(1 + below(m, FASTI_QUERY_SERVICES_MAX));
    query->location_count = (uint16_t)below(m, flip(m) ? 1 : FASTI_QUERY_LOCATIONS_MAX + 1);
    query->schedule_count = (uint16_t)below(m, FASTI_QUERY_SCHEDULES_MAX + 1);
    query->after = flip(m) ? 0 : fasti_prng_next(&m->prng);
    for (int i = 0; i < query->service_count; i++)
        query->services[i].v = (uint32_t)fasti_prng_next(&m->prng);
    for (int i = 0; i < query->location_count; i++)
        query->locations[i].v = (uint32_t)fasti_prng_next(&m->prng);
    for (int i = 0; i < query->schedule_count; i++)
        query->schedules[i].v = (uint32_t)fasti_prng_next(&m->prng);
    facts(m, &query->facts);
}

static void search_query(struct fasti_messages *m, struct fasti_search_query *query) {
    id(m, &query->specialty, 0);
    id(m, &query->code, 0);
    query->duration_minutes = (uint16_t)below(m, FASTI_SERVICE_MINUTES_MAX + 1);
    query->area = (enum fasti_search_area)below(m, 3);
    query->latitude_e7 = (int32_t)below(m, 1800000001) - 900000000;
    query->longitude_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
    query->north_e7 = (int32_t)below(m, 1800000001) - 900000000;
    query->east_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
    query->radius_m = (uint32_t)(1 + below(m, FASTI_SEARCH_RADIUS_MAX_M));
    if (flip(m))
        facts(m, &query->facts);
    query->first.v = (int32_t)below(m, 80000);
    query->last.v = query->first.v + (int32_t)below(m, FASTI_SEARCH_DAYS_MAX);
    query->from_minute = (uint16_t)below(m, 1440);
    query->to_minute = (uint16_t)below(m, 1441);
    query->weekdays = (uint8_t)below(m, 128);
    query->order = (enum fasti_search_order)(1 + below(m, 3));
    query->limit = (uint16_t)(1 + below(m, FASTI_SEARCH_RESULTS_MAX));
    query->start_limit = (uint16_t)(1 + below(m, FASTI_SEARCH_STARTS_MAX));
    query->after.key = flip(m) ? 0 : fasti_prng_next(&m->prng);
    query->after.schedule = flip(m) ? 0 : small(m);
}

static void names_query(struct fasti_messages *m, struct fasti_names_query *query) {
    query->text.length = text(m, query->text.bytes, 0, FASTI_NAME_BYTES_MAX);
    query->kinds = (uint8_t)below(m, FASTI_NAMES_ALL + 1);
    query->limit = (uint16_t)(1 + below(m, FASTI_NAMES_RESULTS_MAX));
    query->after.prefixes = (uint8_t)below(m, 9);
    query->after.name.length = text(m, query->after.name.bytes, 0, FASTI_NAME_BYTES_MAX);
    query->after.id = flip(m) ? 0 : 1 + small(m);
    if (query->after.id != 0)
        query->after.kind = (enum fasti_entity_kind)(FASTI_ENTITY_LOCATION + below(m, 3));
}

static void combine_query(struct fasti_messages *m, struct fasti_combine_query *query) {
    if (flip(m))
        facts(m, &query->facts);
    query->first.v = (int32_t)below(m, 80000);
    query->last.v = query->first.v + (int32_t)below(m, FASTI_COMBINE_DAYS_MAX);
    query->from_minute = (uint16_t)below(m, 1440);
    query->to_minute = (uint16_t)below(m, 1441);
    query->weekdays = (uint8_t)below(m, 128);
    query->limit = (uint8_t)(1 + below(m, FASTI_COMBINE_OFFERS_MAX));
    query->after_utc_s = flip(m) ? 0 : instant(m);
    query->step_count = (uint8_t)(1 + below(m, FASTI_COMBINE_STEPS_MAX));
    for (uint32_t s = 0; s < query->step_count; s++) {
        query->steps[s].part_count = (uint8_t)(1 + below(m, FASTI_COMBINE_PARTS_MAX));
        query->steps[s].days_min = (uint16_t)below(m, 3);
        query->steps[s].days_max = (uint16_t)below(m, 400);
        query->part_count = (uint8_t)(query->part_count + query->steps[s].part_count);
    }
    for (uint32_t p = 0; p < query->part_count; p++) {
        query->parts[p].choice_count = (uint8_t)(1 + below(m, 4));
        query->parts[p].offset_minutes = (int16_t)((int)below(m, 100) - 50);
        query->choice_count = (uint8_t)(query->choice_count + query->parts[p].choice_count);
    }
    for (uint32_t c = 0; c < query->choice_count; c++)
        query->choices[c] = (struct fasti_combine_choice){{small(m)}, {small(m)}};
    if (flip(m))
        query->series =
            (struct fasti_combine_series){.count = (uint8_t)(1 + below(m, FASTI_ITEMS_MAX)),
                                          .near_days = (uint8_t)below(m, 32),
                                          .every_days = (uint16_t)below(m, 400),
                                          .minute = (uint16_t)below(m, 1440),
                                          .first = {(int32_t)below(m, 80000)}};
}

static void heatmap_query(struct fasti_messages *m, struct fasti_heatmap_query *query) {
    id(m, &query->specialty, 0);
    id(m, &query->code, 0);
    query->duration_minutes = (uint16_t)below(m, FASTI_SERVICE_MINUTES_MAX + 1);
    query->area = flip(m) ? FASTI_SEARCH_CIRCLE : FASTI_SEARCH_BOX;
    query->latitude_e7 = (int32_t)below(m, 1800000001) - 900000000;
    query->longitude_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
    query->north_e7 = (int32_t)below(m, 1800000001) - 900000000;
    query->east_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
    query->radius_m = (uint32_t)(1 + below(m, FASTI_SEARCH_RADIUS_MAX_M));
    query->cell_e7 = FASTI_HEATMAP_CELL_MIN_E7 +
                     (uint32_t)below(m, FASTI_HEATMAP_CELL_MAX_E7 - FASTI_HEATMAP_CELL_MIN_E7 + 1);
    if (flip(m))
        facts(m, &query->facts);
    query->first.v = (int32_t)below(m, 80000);
    query->last.v = query->first.v + (int32_t)below(m, FASTI_HEATMAP_DAYS_MAX);
}

static void explain_query(struct fasti_messages *m, struct fasti_explain_query *query) {
    query->schedule.v = small(m);
    query->service.v = small(m);
    query->start_utc_s = instant(m);
    facts(m, &query->facts);
}

static void appointment(struct fasti_messages *m, struct fasti_book_appointment *appointment) {
    const uint32_t place = m->appointment++ % FASTI_MESSAGES_APPOINTMENTS;
    appointment->patient_length = text(m, m->patients[place], 1, FASTI_PATIENT_BYTES_MAX);
    appointment->patient = m->patients[place];
    appointment->payload_length = (uint16_t)(flip(m) ? 0 : below(m, FASTI_PAYLOAD_BYTES_MAX + 1));
    appointment->payload = m->payloads[place];
    for (int i = 0; i < appointment->payload_length; i++)
        m->payloads[place][i] = (uint8_t)below(m, 256);
}

static void rows(struct fasti_messages *m, struct fasti_book *body, uint64_t appointments) {
    body->appointment_count = (uint8_t)appointments;
    body->item_count = 0;
    body->is_fair = flip(m);
    for (uint32_t a = 0; a < appointments; a++) {
        facts(m, &body->appointments[a].facts);
        const uint64_t items = 1 + below(m, 3);
        for (uint32_t i = 0; i < items; i++)
            body->items[body->item_count++] = (struct fasti_book_item){
                .schedule = {(uint32_t)fasti_prng_next(&m->prng)},
                .service = {small(m)},
                .start_utc_s = instant(m),
                .appointment = (uint8_t)a,
                .is_alternative = i > 0 && flip(m),
            };
    }
}

static void book(struct fasti_messages *m, struct fasti_book *body) {
    rows(m, body, flip(m) ? 1 : 1 + below(m, 4));
    body->is_request = flip(m);
    for (uint32_t a = 0; a < body->appointment_count; a++)
        appointment(m, &body->appointments[a]);
}

static struct fasti_token token(struct fasti_messages *m) {
    return (struct fasti_token){fasti_prng_next(&m->prng), fasti_prng_next(&m->prng)};
}

static void hold(struct fasti_messages *m, struct fasti_hold *body) {
    body->seconds = small(m);
    body->replaces.v = flip(m) ? 0 : fasti_prng_next(&m->prng);
    body->token = token(m);
    rows(m, &body->book, 1 + below(m, 4));
}

static void held(struct fasti_messages *m, struct fasti_held *body, enum fasti_command_kind kind) {
    body->token = token(m);
    body->seconds = kind == FASTI_COMMAND_EXTEND ? small(m) : 0;
    body->is_request = kind == FASTI_COMMAND_CONFIRM && flip(m);
    body->count = (uint8_t)(1 + below(m, 4));
    for (uint32_t i = 0; i < body->count; i++) {
        body->records[i].v = fasti_prng_next(&m->prng);
        if (kind == FASTI_COMMAND_CONFIRM)
            appointment(m, &body->appointments[i]);
    }
}

static void block(struct fasti_messages *m, struct fasti_block *body) {
    body->schedule.v = small(m);
    body->start_utc_s = instant(m);
    body->end_utc_s = instant(m);
    body->source = flip(m) ? 0 : small(m);
    body->key = flip(m) ? 0 : fasti_prng_next(&m->prng);
    body->replaces.v = flip(m) ? 0 : small(m);
}

void fasti_messages_command(struct fasti_messages *m, struct fasti_command *command,
                            enum fasti_command_kind kind) {
    memset(command, 0, sizeof *command);
    command->kind = kind;
    command->organization.v = (uint32_t)below(m, 3);
    command->request.low = fasti_prng_next(&m->prng);
    command->request.high = flip(m) ? 0 : fasti_prng_next(&m->prng);
    command->import = (uint32_t)below(m, 3);
    switch (kind) {
    case FASTI_COMMAND_RESOLVE:
        command->body.resolve.kind = (enum fasti_entity_kind)(1 + below(m, 7));
        id(m, &command->body.resolve.id, 1);
        break;
    case FASTI_COMMAND_PUT:
        fasti_messages_put(m, &command->body.put, (enum fasti_entity_kind)(1 + below(m, 6)));
        command->body.put.create_only = flip(m);
        command->if_match = below(m, 4) == 0 ? 0 : fasti_prng_next(&m->prng);
        if (command->body.put.kind != FASTI_ENTITY_ORGANIZATION)
            command->body.put.organization = command->organization;
        break;
    case FASTI_COMMAND_BOOK: book(m, &command->body.book); break;
    case FASTI_COMMAND_HOLD: hold(m, &command->body.hold); break;
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_EXTEND:
    case FASTI_COMMAND_RELEASE: held(m, &command->body.held, kind); break;
    case FASTI_COMMAND_MOVE:
        command->body.move.record.v = fasti_prng_next(&m->prng);
        rows(m, &command->body.move.book, 1);
        break;
    case FASTI_COMMAND_MARK:
        command->body.mark = (struct fasti_mark){.record = {fasti_prng_next(&m->prng)},
                                                 .state = (uint8_t)below(m, 256),
                                                 .reason = (uint8_t)below(m, 256)};
        break;
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_UNBLOCK:
        command->body.cancel.record.v = fasti_prng_next(&m->prng);
        command->body.cancel.reason = (uint8_t)below(m, 256);
        break;
    case FASTI_COMMAND_BLOCK: block(m, &command->body.block); break;
    case FASTI_COMMAND_AVAILABILITY: availability_query(m, &command->body.availability); break;
    case FASTI_COMMAND_SHOW: command->body.show.v = fasti_prng_next(&m->prng); break;
    case FASTI_COMMAND_LIST: list_query(m, &command->body.list); break;
    case FASTI_COMMAND_IMPORT_COMMIT:
    case FASTI_COMMAND_IMPORT_ABORT:
        command->body.import.import = small(m);
        command->body.import.source = kind == FASTI_COMMAND_IMPORT_COMMIT ? small(m) : 0;
        break;
    case FASTI_COMMAND_DESCRIBE:
        command->body.describe.kind = (enum fasti_entity_kind)(1 + below(m, 7));
        command->body.describe.id = small(m);
        command->body.describe.after = small(m);
        break;
    case FASTI_COMMAND_CIVIL:
        command->body.civil.schedule.v = small(m);
        command->body.civil.date.v = (int32_t)below(m, 90000);
        command->body.civil.minute = (uint16_t)below(m, 1441);
        break;
    case FASTI_COMMAND_EXPLAIN: explain_query(m, &command->body.explain); break;
    case FASTI_COMMAND_SEARCH: search_query(m, &command->body.search); break;
    case FASTI_COMMAND_NAMES: names_query(m, &command->body.names); break;
    case FASTI_COMMAND_COMBINE: combine_query(m, &command->body.combine); break;
    case FASTI_COMMAND_HEATMAP: heatmap_query(m, &command->body.heatmap); break;
    case FASTI_COMMAND_STATUS:
    case FASTI_COMMAND_CHECKPOINT:
    case FASTI_COMMAND_IMPORT_BEGIN:
    case FASTI_COMMAND_LOAD: /* not drawn: fasti_messages_kind */
    case FASTI_COMMAND_EXPORT: break;
    }
}

/* ---- answers ---- */

static void record_view(struct fasti_messages *m, struct fasti_record_view *view) {
    memset(view, 0, sizeof *view);
    view->record.v = fasti_prng_next(&m->prng);
    view->kind = (enum fasti_record_kind)(1 + below(m, 2));
    view->state = (enum fasti_record_state)(1 + below(m, FASTI_STATE_RELEASED));
    view->reason = (uint8_t)below(m, 256);
    view->is_conflict = flip(m);
    view->modality = (uint8_t)below(m, FASTI_MODALITY_HOME + 1);
    view->is_override = flip(m);
    view->item_count = (uint8_t)(flip(m) ? 1 : 1 + below(m, FASTI_ITEMS_MAX));
    view->item = (uint8_t)below(m, view->item_count);
    view->schedule.v = small(m);
    view->service.v = small(m);
    view->start_utc_s = instant(m);
    view->offset_s = (int32_t)below(m, 90000) - 45000;
    view->duration_minutes = (uint32_t)below(m, 1441);
    view->expires_ms = flip(m) ? 0 : instant(m);
    view->moved_from.v = flip(m) ? 0 : small(m);
    view->source = flip(m) ? 0 : small(m);
    view->key = flip(m) ? 0 : fasti_prng_next(&m->prng);
    view->before_minutes = (uint8_t)below(m, FASTI_BUFFER_MINUTES_MAX + 1);
    view->after_minutes = (uint8_t)below(m, FASTI_BUFFER_MINUTES_MAX + 1);
    view->created_ms = instant(m);
    view->changed_ms = instant(m);
    view->patient_length = text(m, view->patient, 0, FASTI_PATIENT_BYTES_MAX);
}

void fasti_messages_availability(struct fasti_messages *m, uint16_t rows, uint16_t days,
                                 uint32_t cell_max) {
    struct fasti_availability_answer *a = &m->availability;
    memset(a, 0, sizeof *a);
    a->row_count = rows;
    a->next = flip(m) ? 0 : fasti_prng_next(&m->prng);
    a->day_count = days;
    a->base_utc_s = instant(m);
    const bool one_offset = flip(m), one_length = flip(m), no_next = flip(m);
    const bool one_service = flip(m);
    for (uint32_t r = 0; r < rows; r++) {
        a->schedules[r].v = small(m);
        a->services[r].v = one_service ? 7 : small(m);
        a->reasons[r] = (uint8_t)below(m, FASTI_REASON_LAST + 1);
        a->next_slot_utc_s[r] = no_next ? 0 : instant(m);
        a->next_slot_offset_s[r] = no_next ? 0 : -18000;
    }
    for (uint32_t cell = 0; cell < (uint32_t)rows * days; cell++) {
        a->day_reasons[cell] = (uint8_t)below(m, FASTI_REASON_LAST + 1);
        a->counts[cell] = (uint32_t)below(m, cell_max + 1);
        if (a->total + a->counts[cell] > FASTI_QUERY_STARTS_MAX)
            a->counts[cell] = FASTI_QUERY_STARTS_MAX - a->total;
        a->totals[cell / days] += a->counts[cell];
        a->total += a->counts[cell];
    }
    for (uint32_t i = 0; i < a->total; i++) {
        a->starts[i] = (uint32_t)fasti_prng_next(&m->prng);
        a->offsets_minutes[i] = (int16_t)(one_offset ? -300 : (int)below(m, 2000) - 1000);
        a->lengths_minutes[i] = (uint16_t)(one_length ? 15 : below(m, 1440));
    }
}

void fasti_messages_search(struct fasti_messages *m, uint16_t results, uint16_t start_max) {
    struct fasti_search_answer *answer = &m->search;
    memset(answer, 0, sizeof *answer);
    const bool one_offset = flip(m), one_length = flip(m), no_distance = flip(m);
    answer->count = results;
    answer->more = flip(m);
    answer->next.key = fasti_prng_next(&m->prng);
    answer->next.schedule = small(m);
    answer->candidates = small(m);
    for (uint32_t i = 0; i < results; i++) {
        struct fasti_search_result *result = &answer->results[i];
        result->schedule.v = 1 + small(m);
        result->organization.v = 1 + small(m);
        result->service.v = 1 + small(m);
        result->location.v = 1 + small(m);
        result->distance_m = no_distance ? FASTI_SEARCH_NO_DISTANCE : small(m);
        result->start_count = (uint16_t)(1 + below(m, start_max));
        answer->starts_total += result->start_count;
    }
    for (uint32_t i = 0; i < answer->starts_total; i++) {
        answer->starts[i].utc_s = instant(m);
        answer->starts[i].offset_minutes = (int16_t)(one_offset ? -300 : (int)below(m, 2000) - 999);
        answer->starts[i].minutes = (uint16_t)(one_length ? 15 : below(m, 1440));
    }
}

void fasti_messages_names(struct fasti_messages *m, uint16_t rows) {
    struct fasti_names_answer *answer = &m->names;
    memset(answer, 0, sizeof *answer);
    answer->count = rows;
    answer->more = flip(m);
    answer->total = small(m);
    for (uint32_t i = 0; i < rows; i++) {
        struct fasti_names_row *row = &answer->rows[i];
        row->kind = (enum fasti_entity_kind)(FASTI_ENTITY_LOCATION + below(m, 3));
        row->id = 1 + small(m);
        row->prefixes = (uint8_t)below(m, 9);
        id(m, &row->text, 1);
        row->name.length = text(m, row->name.bytes, 0, FASTI_NAME_BYTES_MAX);
        row->schedule.v = small(m);
        row->location.v = small(m);
        row->location_name.length = text(m, row->location_name.bytes, 0, FASTI_NAME_BYTES_MAX);
        row->has_position = flip(m);
        row->latitude_e7 = (int32_t)below(m, 1800000001) - 900000000;
        row->longitude_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000);
    }
}

void fasti_messages_combine(struct fasti_messages *m, uint8_t offers, uint16_t rows) {
    struct fasti_combine_answer *answer = &m->combine;
    memset(answer, 0, sizeof *answer);
    const bool one_offset = flip(m), one_length = flip(m);
    answer->count = offers;
    answer->row_count = (uint16_t)(offers * rows);
    answer->more = flip(m);
    answer->next_utc_s = flip(m) ? 0 : instant(m);
    answer->visit_count = (uint8_t)(flip(m) ? 0 : below(m, FASTI_ITEMS_MAX + 1));
    for (uint32_t v = 0; v < answer->visit_count; v++)
        answer->visits[v] =
            (struct fasti_combine_visit){.wished_utc_s = instant(m),
                                         .wished_offset_minutes = 60,
                                         .fate = (uint8_t)(1 + below(m, FASTI_SERIES_UNDECIDED))};
    answer->choice_count = (uint8_t)(1 + below(m, FASTI_COMBINE_CHOICES_MAX));
    for (uint32_t c = 0; c < answer->choice_count; c++)
        answer->reasons[c] = (uint8_t)below(m, FASTI_REASON_LAST + 1);
    for (uint32_t i = 0; i < answer->row_count; i++)
        answer->rows[i] = (struct fasti_combine_row){
            .schedule = {1 + small(m)},
            .service = {1 + small(m)},
            .start_utc_s = instant(m),
            .offset_minutes = (int16_t)(one_offset ? -300 : (int)below(m, 2000) - 999),
            .minutes = (uint16_t)(one_length ? 15 : below(m, 1440)),
            .appointment = (uint8_t)below(m, FASTI_COMBINE_STEPS_MAX),
            .choice = (uint8_t)below(m, answer->choice_count)};
}

void fasti_messages_heatmap(struct fasti_messages *m, uint16_t cells, uint16_t days) {
    struct fasti_heatmap_answer *answer = &m->heatmap;
    memset(answer, 0, sizeof *answer);
    answer->cell_count = cells;
    answer->day_count = days;
    answer->candidates = small(m);
    for (uint32_t i = 0; i < cells; i++)
        answer->cells[i] = (struct fasti_heatmap_cell){
            .south_e7 = (int32_t)below(m, 1800000001) - 900000000,
            .west_e7 = (int32_t)((int64_t)below(m, 3600000001) - 1800000000),
            .schedules = 1 + small(m)};
    for (uint32_t row = 0; row < (uint32_t)cells * days; row++)
        answer->days[row] = (struct fasti_heatmap_day){small(m), small(m)};
}

static void list_answer(struct fasti_messages *m) {
    memset(&m->list, 0, sizeof m->list);
    m->list.count = (uint16_t)below(m, FASTI_LIST_MAX + 1);
    m->list.more = flip(m);
    for (int i = 0; i < m->list.count; i++)
        record_view(m, &m->list.records[i]);
}

static void describe_answer(struct fasti_messages *m) {
    struct fasti_describe_answer *describe = &m->describe;
    memset(describe, 0, sizeof *describe);
    describe->id = (uint32_t)below(m, 3);
    describe->openings = m->openings;
    if (describe->id == 0)
        return; /* there is none */
    describe->kind = (enum fasti_entity_kind)(1 + below(m, 5));
    fasti_messages_put(m, &describe->put, describe->kind);
    describe->put.organization.v = (uint32_t)below(m, 9);
    describe->etag = fasti_prng_next(&m->prng);
    if (describe->kind == FASTI_ENTITY_SCHEDULE)
        describe->opening_count = small(m);
    for (uint32_t i = 0; i < describe->opening_count; i++) {
        fasti_messages_opening(m, &m->openings[i], 1000);
        m->openings[i].source = (uint32_t)below(m, 3);
    }
}

static void status_answer(struct fasti_messages *m, struct fasti_status_answer *status) {
    status->lsn_durable = fasti_prng_next(&m->prng);
    status->digest.high = fasti_prng_next(&m->prng);
    status->digest.low = fasti_prng_next(&m->prng);
    status->now_ms = instant(m);
    status->organizations = small(m);
    status->records = small(m);
    status->pending = small(m);
    status->disk_low = flip(m);
    status->workers = 3;
    status->snapshot = small(m);
    status->snapshot_lsn = fasti_prng_next(&m->prng);
    status->snapshot_bytes = fasti_prng_next(&m->prng);
    status->snapshots_failed = small(m);
    status->past_days = (uint32_t)small(m);
    status->retention_days = (uint32_t)small(m);
    status->retired_days = small(m);
    status->purged_records = small(m);
}

static void show_answer(struct fasti_messages *m, struct fasti_answer *answer) {
    record_view(m, &answer->body.show.view);
    answer->body.show.view.payload_length = (uint16_t)below(m, FASTI_PAYLOAD_BYTES_MAX + 1);
    for (int i = 0; i < answer->body.show.view.payload_length; i++)
        m->payload[i] = (uint8_t)below(m, 256);
    answer->body.show.payload = m->payload;
    const struct fasti_record_view *view = &answer->body.show.view;
    memset(m->items, 0, sizeof m->items);
    for (uint32_t i = 0; i < view->item_count; i++)
        m->items[i] = (struct fasti_item_view){
            .schedule = {i == 0 ? view->schedule.v : small(m)},
            .service = {i == 0 ? view->service.v : small(m)},
            .start_utc_s = i == 0 ? view->start_utc_s : instant(m),
            .offset_s = view->offset_s,
            .duration_minutes = i == 0 ? view->duration_minutes : small(m),
        };
    answer->body.show.items = m->items;
}

static void book_answer(struct fasti_messages *m, struct fasti_answer *answer) {
    struct fasti_book_answer *book = &answer->body.book;
    book->item_count = (uint8_t)(1 + below(m, FASTI_ITEMS_MAX));
    book->appointment_count = (uint8_t)(1 + below(m, book->item_count));
    answer->record.v++; /* a booking that came about has a number */
    for (uint32_t i = 0; i < book->item_count; i++)
        book->outcomes[i] = (uint8_t)answer->outcome;
    for (uint32_t i = 1; i < book->appointment_count; i++)
        book->offsets[i] = (uint8_t)i;
    if (answer->kind != FASTI_COMMAND_HOLD)
        return;
    book->token = token(m);
    book->expires_ms = instant(m);
}

static void combine_answer(struct fasti_messages *m, struct fasti_answer *answer) {
    fasti_messages_combine(m, (uint8_t)below(m, FASTI_COMBINE_OFFERS_MAX + 1),
                           (uint16_t)(1 + below(m, 16)));
    answer->body.combine = &m->combine;
}

static void import_answer(struct fasti_messages *m, struct fasti_import_answer *import) {
    import->import = small(m);
    import->created = small(m);
    import->changed = small(m);
    import->unchanged = small(m);
    import->conflicts = small(m);
}

static void found_answer(struct fasti_messages *m, struct fasti_answer *answer) {
    if (answer->kind == FASTI_COMMAND_SEARCH) {
        fasti_messages_search(m, (uint16_t)below(m, FASTI_SEARCH_RESULTS_MAX + 1), 4);
        answer->body.search = &m->search;
    } else if (answer->kind == FASTI_COMMAND_NAMES) {
        fasti_messages_names(m, (uint16_t)below(m, FASTI_NAMES_RESULTS_MAX + 1));
        answer->body.names = &m->names;
    } else {
        fasti_messages_heatmap(m, (uint16_t)below(m, 40),
                               (uint16_t)(1 + below(m, FASTI_HEATMAP_DAYS_MAX)));
        answer->body.heatmap = &m->heatmap;
    }
}

void fasti_messages_answer(struct fasti_messages *m, struct fasti_answer *answer,
                           enum fasti_command_kind kind) {
    memset(answer, 0, sizeof *answer);
    answer->tag = fasti_prng_next(&m->prng);
    answer->kind = kind;
    answer->outcome = FASTI_OUTCOME_FOUND;
    answer->id = small(m);
    answer->record.v = small(m);
    answer->as_of = fasti_prng_next(&m->prng);
    if (flip(m))
        snprintf(answer->detail.text, sizeof answer->detail.text, "%s", "a sentence");
    switch (kind) {
    case FASTI_COMMAND_AVAILABILITY:
        fasti_messages_availability(m, (uint16_t)(1 + below(m, 17)), (uint16_t)(1 + below(m, 60)),
                                    10);
        answer->body.availability = &m->availability;
        break;
    case FASTI_COMMAND_SEARCH:
    case FASTI_COMMAND_NAMES:
    case FASTI_COMMAND_HEATMAP: found_answer(m, answer); break;
    case FASTI_COMMAND_COMBINE: combine_answer(m, answer); break;
    case FASTI_COMMAND_LIST:
        list_answer(m);
        answer->body.list = &m->list;
        break;
    case FASTI_COMMAND_BOOK:
    case FASTI_COMMAND_MOVE:
    case FASTI_COMMAND_HOLD:
        answer->outcome = FASTI_OUTCOME_BOOKED;
        book_answer(m, answer);
        break;
    case FASTI_COMMAND_EXTEND:
        answer->outcome = FASTI_OUTCOME_EXTENDED;
        answer->body.book.expires_ms = instant(m);
        break;
    case FASTI_COMMAND_SHOW: show_answer(m, answer); break;
    case FASTI_COMMAND_DESCRIBE:
        describe_answer(m);
        answer->body.describe = &m->describe;
        break;
    case FASTI_COMMAND_STATUS:
    case FASTI_COMMAND_CHECKPOINT: status_answer(m, &answer->body.status); break;
    case FASTI_COMMAND_IMPORT_BEGIN:
    case FASTI_COMMAND_IMPORT_COMMIT:
    case FASTI_COMMAND_IMPORT_ABORT: import_answer(m, &answer->body.import); break;
    case FASTI_COMMAND_CIVIL:
        answer->body.civil.utc_s = instant(m);
        answer->body.civil.offset_s = -3600;
        answer->body.civil.kind = (enum fasti_civil_kind)below(m, 3);
        break;
    case FASTI_COMMAND_EXPLAIN:
        answer->body.explain.verdict = flip(m) ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_WEEK_LIMIT;
        answer->body.explain.duration_minutes = small(m);
        break;
    case FASTI_COMMAND_RESOLVE:
    case FASTI_COMMAND_PUT:
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_BLOCK:
    case FASTI_COMMAND_UNBLOCK:
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_RELEASE:
    case FASTI_COMMAND_MARK:
    case FASTI_COMMAND_LOAD:
    case FASTI_COMMAND_EXPORT: break;
    }
}
