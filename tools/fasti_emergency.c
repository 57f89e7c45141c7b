/*
 * fasti_emergency.c - sources, closed time, and the appointments inside it; see fasti_emergency.h.
 */
#include "tools/fasti_emergency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"

static enum fasti_exit no_memory(struct fasti_session *session) {
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
}

/* ---- the source ---- */

enum fasti_exit fasti_emergency_source(struct fasti_session *session, const json_t *options,
                                       struct fasti_emergency_source *source) {
    struct fasti_detail detail;
    const char *name = fasti_field_text(options, "source", "");
    if (strlen(name) == 0 || strlen(name) > FASTI_EMERGENCY_NAME_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_ID,
                                  "--source: a name for this emergency, 1 to %d bytes",
                                  FASTI_EMERGENCY_NAME_MAX);
    snprintf(source->name, sizeof source->name, "emergency:%s", name);
    const enum fasti_status status = fasti_field_source(source->name, &source->number, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "--source: %s", detail.text);
    return FASTI_EXIT_DONE;
}

/* ---- days ---- */

enum fasti_exit fasti_emergency_date(struct fasti_session *session, const char *name,
                                     const char *text, fasti_date *date) {
    if (text == NULL ||
        (fasti_date_parse(text, strlen(text), date) == FASTI_OK && fasti_date_is_bookable(*date)))
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_DATE,
                              "%s: \"%.30s\" is not a date like 2026-11-24, of 2000 to 2199", name,
                              text);
}

enum fasti_exit fasti_emergency_dates(struct fasti_session *session, const json_t *options,
                                      fasti_date *from, fasti_date *to) {
    const char *first = fasti_field_text(options, "from", NULL);
    const char *last = fasti_field_text(options, "to", NULL);
    if (first == NULL || last == NULL)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "which days? Say --from DATE and --to DATE, the last one "
                                  "included");
    enum fasti_exit exit = fasti_emergency_date(session, "--from", first, from);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_date(session, "--to", last, to);
    if (exit == FASTI_EXIT_DONE && to->v < from->v)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_DATE,
                                  "--to %s lies before --from %s", last, first);
    return exit;
}

static bool span_add(struct fasti_emergency_spans *spans, struct fasti_emergency_span span) {
    if (spans->count == spans->room) {
        const uint32_t room = spans->room == 0 ? 64 : 2 * spans->room;
        struct fasti_emergency_span *moved = realloc(spans->spans, room * sizeof *moved);
        if (moved == NULL)
            return false;
        spans->spans = moved;
        spans->room = room;
    }
    spans->spans[spans->count++] = span;
    return true;
}

/* Civil minutes of two dates at a schedule; a minute beyond the day is one of the next date. */
static enum fasti_exit span_civil(struct fasti_session *session, fasti_schedule_id schedule,
                                  fasti_date from, uint32_t from_minute, fasti_date to,
                                  uint32_t to_minute, struct fasti_emergency_span *span) {
    struct fasti_civil_answer first = {0}, last = {0};
    const bool is_over = to_minute > FASTI_DAY_MINUTES;
    enum fasti_exit exit =
        fasti_times_civil(session, schedule, from, (uint16_t)from_minute, &first);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_times_civil(session, schedule, (fasti_date){to.v + is_over},
                                 (uint16_t)(is_over ? to_minute - FASTI_DAY_MINUTES : to_minute),
                                 &last);
    span->from_utc_s = first.utc_s;
    span->to_utc_s = last.utc_s;
    return exit;
}

enum fasti_exit fasti_emergency_days(struct fasti_session *session,
                                     struct fasti_emergency_spans *spans, fasti_date from,
                                     fasti_date to) {
    for (uint32_t i = 0; i < spans->places.count; i++) {
        const struct fasti_place *place = &spans->places.places[i];
        struct fasti_emergency_span span = {.place = i};
        /* Schedules of one location share its zone. */
        if (i > 0 && fasti_id_text_equal(&place->location, &place[-1].location)) {
            span.from_utc_s = spans->spans[i - 1].from_utc_s;
            span.to_utc_s = spans->spans[i - 1].to_utc_s;
        } else {
            const enum fasti_exit exit =
                span_civil(session, place->id, from, 0, to, FASTI_DAY_MINUTES, &span);
            if (exit != FASTI_EXIT_DONE)
                return exit;
        }
        if (!span_add(spans, span))
            return no_memory(session);
    }
    return FASTI_EXIT_DONE;
}

/* What the closures of a source close on one schedule. Openings are copied: asking for times
 * overwrites them. */
static enum fasti_exit closures_add(struct fasti_session *session, uint32_t place,
                                    const struct fasti_describe_answer *answer, uint32_t source,
                                    struct fasti_emergency_spans *spans) {
    const uint32_t count = answer->opening_count;
    const fasti_schedule_id id = {answer->id};
    struct fasti_opening *openings = calloc((size_t)count + 1, sizeof *openings);
    enum fasti_exit exit = openings == NULL ? no_memory(session) : FASTI_EXIT_DONE;
    if (openings != NULL && count > 0)
        memcpy(openings, answer->openings, count * sizeof *openings);
    for (uint32_t i = 0; i < count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_emergency_span span = {.place = place};
        if (openings[i].source != source || openings[i].kind != FASTI_OPENING_CLOSED)
            continue;
        exit = span_civil(session, id, openings[i].date_first, openings[i].start_minute,
                          openings[i].date_last, openings[i].end_minute, &span);
        if (exit == FASTI_EXIT_DONE && !span_add(spans, span))
            exit = no_memory(session);
    }
    free(openings);
    return exit;
}

enum fasti_exit fasti_emergency_of_source(struct fasti_session *session,
                                          const struct fasti_emergency_source *source,
                                          struct fasti_emergency_spans *spans,
                                          uint32_t *opening_count) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    *opening_count = 0;
    for (uint32_t after = 0; exit == FASTI_EXIT_DONE;) {
        const struct fasti_describe_answer *answer;
        uint32_t of_source = 0;
        exit = fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            break;
        after = answer->id;
        for (uint32_t i = 0; i < answer->opening_count; i++)
            of_source += answer->openings[i].source == source->number;
        if (of_source == 0)
            continue;
        *opening_count += of_source;
        exit = fasti_places_add(&spans->places, answer)
                   ? closures_add(session, spans->places.count - 1, answer, source->number, spans)
                   : no_memory(session);
    }
    if (exit == FASTI_EXIT_DONE && *opening_count == 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                                  "nothing is closed or opened by %s: is the name right?",
                                  source->name);
    return exit;
}

void fasti_emergency_spans_deinit(struct fasti_emergency_spans *spans) {
    fasti_places_deinit(&spans->places);
    free(spans->spans);
    memset(spans, 0, sizeof *spans);
}

bool fasti_emergency_touches(const struct fasti_emergency_spans *spans, fasti_schedule_id schedule,
                             int64_t from_utc_s, int64_t to_utc_s) {
    const uint32_t place = fasti_places_index(&spans->places, schedule);
    uint32_t low = 0, high = spans->count;
    if (place == spans->places.count)
        return false;
    while (low < high) { /* spans rise by place */
        const uint32_t middle = low + (high - low) / 2;
        if (spans->spans[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < spans->count && spans->spans[low].place == place; low++)
        if (spans->spans[low].from_utc_s < to_utc_s && from_utc_s < spans->spans[low].to_utc_s)
            return true;
    return false;
}

/* ---- appointments ---- */

static enum fasti_exit inside_add(struct fasti_session *session,
                                  struct fasti_emergency_insides *insides,
                                  const struct fasti_record_view *view, uint32_t place) {
    if (insides->count == insides->room) {
        const uint32_t room = insides->room == 0 ? 256 : 2 * insides->room;
        struct fasti_emergency_inside *moved = realloc(insides->insides, room * sizeof *moved);
        if (moved == NULL)
            return no_memory(session);
        insides->insides = moved;
        insides->room = room;
    }
    struct fasti_emergency_inside *inside = &insides->insides[insides->count++];
    *inside = (struct fasti_emergency_inside){.record = view->record,
                                              .place = place,
                                              .service = view->service,
                                              .start_utc_s = view->start_utc_s,
                                              .offset_s = view->offset_s,
                                              .minutes = view->duration_minutes,
                                              .modality = view->modality,
                                              .item_count = view->item_count,
                                              .patient_length = view->patient_length};
    memcpy(inside->patient, view->patient, view->patient_length);
    return FASTI_EXIT_DONE;
}

/* Only what is booked or asked for can be moved; holds end by themselves. */
static bool is_inside(const struct fasti_record_view *view, const struct fasti_emergency_span *span,
                      int64_t now_utc_s) {
    const int64_t end_utc_s = view->start_utc_s + (int64_t)view->duration_minutes * 60;
    return view->kind == FASTI_RECORD_APPOINTMENT &&
           (view->state == FASTI_STATE_BOOKED || view->state == FASTI_STATE_PENDING) &&
           view->start_utc_s < span->to_utc_s && end_utc_s > span->from_utc_s &&
           view->start_utc_s >= now_utc_s;
}

/* A visit of the day before may reach into the span. */
static enum fasti_exit span_list(struct fasti_session *session,
                                 const struct fasti_emergency_spans *spans,
                                 const struct fasti_emergency_span *span, int64_t now_utc_s,
                                 struct fasti_emergency_insides *insides) {
    struct fasti_command command = {
        .kind = FASTI_COMMAND_LIST,
        .body.list = {.by = FASTI_LIST_BY_SCHEDULE,
                      .schedule = spans->places.places[span->place].id,
                      .from_utc_s = span->from_utc_s - FASTI_DAY_SECONDS,
                      .to_utc_s = span->to_utc_s,
                      .limit = FASTI_LIST_MAX}};
    for (bool more = true; more;) {
        struct fasti_answer answer;
        enum fasti_exit exit = fasti_session_call(session, &command, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        const struct fasti_list_answer *page = answer.body.list;
        for (uint32_t i = 0; i < page->count && exit == FASTI_EXIT_DONE; i++)
            if (is_inside(&page->records[i], span, now_utc_s))
                exit = inside_add(session, insides, &page->records[i], span->place);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        command.body.list.before = page->next;
        more = page->more;
    }
    return FASTI_EXIT_DONE;
}

static int compare_records(const void *a, const void *b) {
    const struct fasti_emergency_inside *x = a, *y = b;
    if (x->record.v != y->record.v)
        return x->record.v < y->record.v ? -1 : 1;
    return (x->start_utc_s > y->start_utc_s) - (x->start_utc_s < y->start_utc_s);
}

static int compare_starts(const void *a, const void *b) {
    const struct fasti_emergency_inside *x = a, *y = b;
    if (x->start_utc_s != y->start_utc_s)
        return x->start_utc_s < y->start_utc_s ? -1 : 1;
    return (x->record.v > y->record.v) - (x->record.v < y->record.v);
}

/* Each record once, by its first item inside. */
static void insides_sort(struct fasti_emergency_insides *insides) {
    uint32_t kept = 0;
    if (insides->count == 0)
        return;
    qsort(insides->insides, insides->count, sizeof *insides->insides, compare_records);
    for (uint32_t i = 0; i < insides->count; i++)
        if (kept == 0 || insides->insides[kept - 1].record.v != insides->insides[i].record.v)
            insides->insides[kept++] = insides->insides[i];
    insides->count = kept;
    qsort(insides->insides, kept, sizeof *insides->insides, compare_starts);
}

enum fasti_exit fasti_emergency_inside(struct fasti_session *session,
                                       const struct fasti_emergency_spans *spans,
                                       struct fasti_emergency_insides *insides) {
    int64_t now_utc_s = 0;
    *insides = (struct fasti_emergency_insides){0};
    insides->by_place = calloc((size_t)spans->places.count + 1, sizeof *insides->by_place);
    enum fasti_exit exit =
        insides->by_place == NULL ? no_memory(session) : fasti_conflicts_now(session, &now_utc_s);
    for (uint32_t i = 0; i < spans->count && exit == FASTI_EXIT_DONE; i++)
        exit = span_list(session, spans, &spans->spans[i], now_utc_s, insides);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    insides_sort(insides);
    for (uint32_t i = 0; i < insides->count; i++)
        insides->by_place[insides->insides[i].place]++;
    if (insides->count > FASTI_EMERGENCY_APPOINTMENTS_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_LIMIT_RECORDS,
                                  "%u appointments lie there, and one command takes %d: say fewer "
                                  "places or days",
                                  insides->count, FASTI_EMERGENCY_APPOINTMENTS_MAX);
    return exit;
}

void fasti_emergency_insides_deinit(struct fasti_emergency_insides *insides) {
    free(insides->insides);
    free(insides->by_place);
    memset(insides, 0, sizeof *insides);
}

/* ---- telling ---- */

enum fasti_exit fasti_emergency_json(struct fasti_session *session,
                                     const struct fasti_emergency_spans *spans,
                                     const struct fasti_emergency_inside *inside, json_t **object) {
    struct fasti_id_text service;
    const enum fasti_exit exit =
        fasti_session_name(session, FASTI_ENTITY_SERVICE, inside->service.v, &service);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *patient = json_stringn(inside->patient, inside->patient_length);
    *object = json_pack("{s:I, s:o, s:o, s:o, s:i, s:o}", "record", (json_int_t)inside->record.v,
                        "schedule", fasti_json_id(&spans->places.places[inside->place].schedule),
                        "service", fasti_json_id(&service), "start",
                        fasti_json_instant(inside->start_utc_s, inside->offset_s), "minutes",
                        (int)inside->minutes, "patient",
                        patient != NULL ? patient : json_null() /* opaque bytes: see show */);
    return exit;
}

enum fasti_exit fasti_emergency_insides_json(struct fasti_session *session,
                                             const struct fasti_emergency_spans *spans,
                                             const struct fasti_emergency_insides *insides,
                                             json_t **list) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    *list = json_array();
    for (uint32_t i = 0; i < insides->count && i < FASTI_EMERGENCY_LISTED; i++) {
        json_t *object;
        exit = fasti_emergency_json(session, spans, &insides->insides[i], &object);
        if (exit != FASTI_EXIT_DONE)
            break;
        json_array_append_new(*list, object);
    }
    return exit;
}

void fasti_emergency_insides_print(const struct fasti_emergency_insides *insides,
                                   const json_t *list) {
    struct fasti_columns table;
    printf("appointments in those days: %u\n", insides->count);
    fasti_columns_init(&table, 5);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *record = json_array_get(list, i);
        char start[FASTI_TIMES_TEXT_BYTES];
        fasti_times_format(insides->insides[i].start_utc_s, insides->insides[i].offset_s, start);
        fasti_columns_cell(&table, "  record %lld",
                           (long long)fasti_field_integer(record, "record", 0));
        fasti_columns_cell(&table, "%s", start);
        fasti_columns_cell(&table, "%s", fasti_field_text(record, "schedule", ""));
        fasti_columns_cell(&table, "%s", fasti_field_text(record, "service", ""));
        fasti_columns_cell(&table, "%s", fasti_field_text(record, "patient", ""));
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    if (insides->count > json_array_size(list))
        printf("  and %u more\n", insides->count - (uint32_t)json_array_size(list));
}

json_t *fasti_emergency_places_json(const struct fasti_places *places, const uint32_t *by_place) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < places->count && i < FASTI_EMERGENCY_LISTED; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:i}", "schedule",
                                        fasti_json_id(&places->places[i].schedule), "location",
                                        fasti_json_id(&places->places[i].location), "appointments",
                                        (int)(by_place == NULL ? 0 : by_place[i])));
    return list;
}
