/*
 * fasti_directory.c - create, set, list and show: organizations, locations, practitioners,
 * services, schedules and openings.
 *
 * Records come back as the fields that made them, so that what show prints can be imported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_terms.h"

/* ---- records as fields ---- */

static json_t *ids_json(const struct fasti_id_text *ids, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(list, fasti_json_id(&ids[i]));
    return list;
}

/* Adds what the record asks of a booking and its codes, where it says something; is_plain: as in an
 * import line, else as options take it. */
static void rules_fields(const struct fasti_put *put, bool is_plain, json_t *object) {
    if (put->kind == FASTI_ENTITY_SERVICE) {
        const uint16_t offset = put->body.service.offset_minutes;
        if (offset != 0)
            json_object_set_new(object, "offset", json_integer(offset));
        if (put->body.service.code.length > 0)
            json_object_set_new(object, "code", fasti_json_id(&put->body.service.code));
        fasti_terms_fields(&put->body.service.terms, is_plain, object);
    }
    if (put->kind != FASTI_ENTITY_SCHEDULE)
        return;
    fasti_terms_fields(&put->body.schedule.terms, is_plain, object);
    json_t *languages = json_array();
    for (uint32_t i = 0; i < put->body.schedule.language_count; i++) {
        char text[4];
        fasti_language_text(put->body.schedule.languages[i], text);
        json_array_append_new(languages, json_string(text));
    }
    if (json_array_size(languages) > 0)
        fasti_terms_set_words(object, "language", languages, is_plain);
    else
        json_decref(languages);
    if (put->body.schedule.substitute.length > 0)
        json_object_set_new(object, "substitute", fasti_json_id(&put->body.schedule.substitute));
    if (put->body.schedule.specialty_count > 0)
        json_object_set_new(
            object, "specialty",
            ids_json(put->body.schedule.specialties, put->body.schedule.specialty_count));
}

json_t *fasti_put_json(const struct fasti_put *put, bool is_plain) {
    json_t *object =
        json_pack("{s:o, s:o}", "id", fasti_json_id(&put->id), "name", fasti_json_name(&put->name));
    if (put->kind == FASTI_ENTITY_LOCATION) {
        json_object_set_new(object, "zone", fasti_json_id(&put->body.location.zone));
        if (put->body.location.has_position) {
            json_object_set_new(object, "latitude",
                                json_real(put->body.location.latitude_e7 / 1e7));
            json_object_set_new(object, "longitude",
                                json_real(put->body.location.longitude_e7 / 1e7));
        }
    } else if (put->kind == FASTI_ENTITY_SERVICE) {
        const uint16_t minutes = put->body.service.duration_minutes;
        const uint16_t grid = put->body.service.grid_minutes;
        json_object_set_new(object, "minutes", json_integer(minutes));
        json_object_set_new(object, "grid", json_integer(grid == 0 ? minutes : grid));
    } else if (put->kind == FASTI_ENTITY_SCHEDULE) {
        json_object_set_new(object, "location", fasti_json_id(&put->body.schedule.location));
        if (put->body.schedule.practitioner.length > 0)
            json_object_set_new(object, "practitioner",
                                fasti_json_id(&put->body.schedule.practitioner));
        json_object_set_new(object, "resolution",
                            json_integer(put->body.schedule.resolution_minutes));
        json_object_set_new(
            object, "service",
            ids_json(put->body.schedule.services, put->body.schedule.service_count));
    }
    rules_fields(put, is_plain, object);
    return object;
}

static const char *rule_name(uint8_t kind) {
    static const char *const names[] = {"?", "weekly", "dated", "closed", "instant"};
    return names[kind <= FASTI_OPENING_INSTANT ? kind : 0];
}

static void format_minute(uint16_t minute, char text[8]) {
    snprintf(text, 8, "%02u:%02u", minute / 60u % 100u, minute % 60u);
}

json_t *fasti_opening_json(const struct fasti_id_text *schedule,
                           const struct fasti_opening *opening,
                           const struct fasti_id_text *services) {
    json_t *object = json_pack("{s:o, s:o, s:s}", "schedule", fasti_json_id(schedule), "id",
                               fasti_json_id(&opening->id), "rule", rule_name(opening->kind));
    if (opening->kind == FASTI_OPENING_INSTANT) {
        json_object_set_new(object, "from", fasti_json_instant(opening->start_utc_s, 0));
        json_object_set_new(object, "to", fasti_json_instant(opening->end_utc_s, 0));
    } else {
        char from[8], to[8], weekdays[32];
        format_minute(opening->start_minute, from);
        format_minute(opening->end_minute, to);
        fasti_weekdays_format(opening->weekdays, weekdays);
        json_object_set_new(object, "from", json_string(from));
        json_object_set_new(object, "to", json_string(to));
        json_object_set_new(object, "weekdays", json_string(weekdays));
        json_object_set_new(object, "first", fasti_json_date(opening->date_first));
        json_object_set_new(object, "last", fasti_json_date(opening->date_last));
    }
    if (opening->service_count > 0) {
        json_t *names = json_array();
        for (uint32_t i = 0; i < opening->service_count; i++)
            json_array_append_new(names, fasti_json_id(&services[i]));
        json_object_set_new(object, "service", names);
    }
    if (opening->capacity != FASTI_CAPACITY_UNLIMITED)
        json_object_set_new(object, "capacity", json_integer(opening->capacity));
    if ((opening->flags & FASTI_OPENING_SINGLE) != 0)
        json_object_set_new(object, "single", json_true());
    if ((opening->flags & FASTI_OPENING_FULL) != 0)
        json_object_set_new(object, "full", json_true());
    if ((opening->flags & FASTI_OPENING_ALL) != 0)
        json_object_set_new(object, "all", json_true());
    return object;
}

/* External ids of an opening's services. */
static enum fasti_exit opening_services(struct fasti_session *session,
                                        const struct fasti_opening *opening,
                                        struct fasti_id_text *services) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < opening->service_count && exit == FASTI_EXIT_DONE; i++)
        exit =
            fasti_session_name(session, FASTI_ENTITY_SERVICE, opening->services[i].v, &services[i]);
    return exit;
}

/* ---- create and set ---- */

/* Each round that is lost is one that another edit of the record won. */
#define SET_TRIES_MAX 16

/* What is there already under the ids of the options, as a line to build on. */
struct base {
    bool is_found;
    uint64_t etag; /* of the record, an opening's schedule's; 0: there is none */
    struct fasti_line line;
};

static void opening_find(const struct fasti_describe_answer *schedule, const char *id,
                         struct base *base) {
    for (uint32_t i = 0; i < schedule->opening_count && !base->is_found; i++)
        if (strlen(id) == schedule->openings[i].id.length &&
            memcmp(id, schedule->openings[i].id.bytes, strlen(id)) == 0) {
            base->line.opening = schedule->openings[i];
            base->is_found = true;
        }
}

static enum fasti_exit find_base(struct fasti_session *session, enum fasti_line_kind kind,
                                 const json_t *options, struct base *base) {
    const bool is_opening = kind == FASTI_LINE_OPENING;
    const enum fasti_entity_kind entity =
        is_opening ? FASTI_ENTITY_SCHEDULE : fasti_line_entity(kind);
    const char *id = fasti_field_text(options, is_opening ? "schedule" : "id", "");
    struct fasti_id_text text;
    uint32_t dense = 0;
    memset(base, 0, sizeof *base);
    base->line.kind = kind;
    if (fasti_id_text_set(&text, id, strlen(id)) != FASTI_OK)
        return FASTI_EXIT_DONE; /* decode will say so */
    enum fasti_exit exit = fasti_session_find(session, entity, &text, &dense);
    if (exit != FASTI_EXIT_DONE || dense == 0)
        return exit;
    const struct fasti_describe_answer *answer;
    exit = fasti_session_describe(session, entity, dense, 0, &answer);
    if (exit != FASTI_EXIT_DONE || answer->id == 0)
        return exit;
    base->etag = answer->etag;
    if (!is_opening) {
        base->line.put = answer->put;
        base->is_found = true;
        return FASTI_EXIT_DONE;
    }
    opening_find(answer, fasti_field_text(options, "id", ""), base);
    base->line.put.body.openings.service_name_count = base->line.opening.service_count;
    return opening_services(session, &base->line.opening,
                            base->line.put.body.openings.service_names);
}

/* Which appointments a changed opening or schedule leaves outside all openings; what a service is
 * has no part in that. That they could not be looked for takes nothing back, and is said. */
static void conflicts_ask(struct fasti_session *session, const struct fasti_answer *answer,
                          const struct fasti_line *line, uint32_t *count, json_t *list) {
    if (answer->outcome != FASTI_OUTCOME_CHANGED ||
        (line->kind != FASTI_LINE_OPENING && line->kind != FASTI_LINE_SCHEDULE))
        return;
    char id[FASTI_ID_BYTES_MAX + 1];
    fasti_schedule_id schedule;
    snprintf(id, sizeof id, "%.*s", FASTI_PRINT(line->put.id));
    session->is_quiet = true;
    enum fasti_exit exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, id, &schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_conflicts_find(session, schedule, UINT32_MAX, count, list);
    session->is_quiet = false;
    if (exit != FASTI_EXIT_DONE)
        fprintf(stderr, "fasti: changed, but whom it leaves outside could not be asked: %s\n",
                session->failure);
}

static enum fasti_exit print_put(struct fasti_session *session, const struct fasti_answer *answer,
                                 const struct fasti_line *line) {
    uint32_t count = 0;
    json_t *conflicts = json_array();
    conflicts_ask(session, answer, line, &count, conflicts);
    const struct fasti_id_text *id =
        line->kind == FASTI_LINE_OPENING ? &line->opening.id : &line->put.id;
    if (session->is_json) {
        json_t *object;
        if (line->kind != FASTI_LINE_OPENING)
            object = fasti_put_json(&line->put, true);
        else if (line->put.body.openings.mode == FASTI_OPENINGS_REMOVE)
            object = json_pack("{s:o, s:o, s:b}", "schedule", fasti_json_id(&line->put.id), "id",
                               fasti_json_id(id), "remove", 1);
        else
            object = fasti_opening_json(&line->put.id, &line->opening,
                                        line->put.body.openings.service_names);
        object =
            json_pack("{s:s, s:I, s:o}", "outcome", fasti_outcome_name(answer->outcome), "as_of",
                      (json_int_t)answer->as_of, fasti_line_kind_name(line->kind), object);
        if (count > 0) {
            json_object_set_new(object, "conflict_count", json_integer(count));
            json_object_set(object, "conflicts", conflicts);
        }
        fasti_session_print_json(object);
    } else {
        printf("%s %.*s: %s\n", fasti_line_kind_name(line->kind), FASTI_PRINT(*id),
               fasti_outcome_text(answer->outcome));
        fasti_conflicts_print(count, conflicts);
    }
    json_decref(conflicts);
    return FASTI_EXIT_DONE;
}

/* Puts what a line says. *answer is the caller's to look at. */
static enum fasti_exit ask_put(struct fasti_session *session, const struct fasti_line *line,
                               bool create_only, uint64_t if_match, struct fasti_answer *answer) {
    struct fasti_command command = {.kind = FASTI_COMMAND_PUT, .if_match = if_match};
    command.body.put = line->put;
    command.body.put.create_only = create_only;
    command.body.put.organization = session->organization;
    return fasti_session_ask_again(session, &command, answer);
}

static enum fasti_exit decode_line(struct fasti_session *session,
                                   const struct fasti_command_spec *spec, const json_t *options,
                                   const struct fasti_line *base, struct fasti_line *line) {
    struct fasti_detail detail;
    const enum fasti_status status = fasti_line_decode(options, spec->kind, base, line, &detail);
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
}

static bool is_removal(const struct fasti_line *line) {
    return line->kind == FASTI_LINE_OPENING &&
           line->put.body.openings.mode == FASTI_OPENINGS_REMOVE;
}

/* One round of set: read, change, put it back if it is still what was read. What is not there is
 * created, unless somebody else does so first. A removal keeps nothing of what it read. */
static enum fasti_exit set_once(struct fasti_session *session,
                                const struct fasti_command_spec *spec, const json_t *options,
                                struct fasti_line *line, struct fasti_answer *answer) {
    struct base base;
    enum fasti_exit exit = find_base(session, spec->kind, options, &base);
    if (exit == FASTI_EXIT_DONE)
        exit = decode_line(session, spec, options, base.is_found ? &base.line : NULL, line);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const bool is_kept = !is_removal(line);
    return ask_put(session, line, is_kept && !base.is_found,
                   is_kept && base.is_found ? base.etag : 0, answer);
}

static bool is_overtaken(const struct fasti_answer *answer) {
    return answer->status == FASTI_STALE || answer->status == FASTI_EXISTS;
}

static enum fasti_exit set_rounds(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options,
                                  struct fasti_line *line, struct fasti_answer *answer) {
    for (uint32_t tries = 0; tries < SET_TRIES_MAX; tries++) {
        const enum fasti_exit exit = set_once(session, spec, options, line, answer);
        if (exit != FASTI_EXIT_DONE || !is_overtaken(answer))
            return exit;
    }
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_STALE,
                              "others changed the %s each of the %d times that it was read: "
                              "nothing was set, try again",
                              fasti_line_kind_name(spec->kind), SET_TRIES_MAX);
}

static enum fasti_exit create_once(struct fasti_session *session,
                                   const struct fasti_command_spec *spec, const json_t *options,
                                   struct fasti_line *line, struct fasti_answer *answer) {
    const enum fasti_exit exit = decode_line(session, spec, options, NULL, line);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (is_removal(line))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "an opening is removed with: fasti set opening --remove");
    return ask_put(session, line, true, 0, answer);
}

static enum fasti_exit run_put(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options, bool is_create) {
    struct fasti_line line;
    struct fasti_answer answer;
    enum fasti_exit exit = spec->kind == FASTI_LINE_ORGANIZATION ? fasti_session_connect(session)
                                                                 : fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = is_create ? create_once(session, spec, options, &line, &answer)
                         : set_rounds(session, spec, options, &line, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.status != FASTI_OK)
        return fasti_session_fail_status(session, answer.status, &answer.detail);
    if (!fasti_outcome_is_done(answer.outcome))
        return fasti_session_refuse(session, &answer, fasti_line_kind_name(spec->kind));
    return print_put(session, &answer, &line);
}

enum fasti_exit fasti_run_create(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    return run_put(session, spec, options, true);
}

enum fasti_exit fasti_run_set(struct fasti_session *session, const struct fasti_command_spec *spec,
                              const json_t *options) {
    return run_put(session, spec, options, false);
}

/* ---- list ---- */

/* "limit_day" as its option is called. */
static const char *option_text(const char *name, char text[32]) {
    snprintf(text, 32, "%s", name);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return text;
}

static void append_rule(char *text, size_t size, const char *option, const json_t *value) {
    const size_t used = strlen(text);
    if (json_is_string(value))
        snprintf(text + used, size - used, ", %s %s", option, json_string_value(value));
    else
        snprintf(text + used, size - used, ", %s %d", option, (int)json_integer_value(value));
}

/* Appends ", notice 2d, paused yes, specialty a, specialty b": as options take them. */
static void append_rules(const struct fasti_put *put, char *text, size_t size) {
    json_t *fields = json_object();
    const char *name;
    json_t *value;
    rules_fields(put, false, fields);
    json_object_foreach(fields, name, value) {
        char option[32];
        option_text(name, option);
        for (size_t i = 0; i < json_array_size(value); i++)
            append_rule(text, size, option, json_array_get(value, i));
        if (!json_is_array(value))
            append_rule(text, size, option, value);
    }
    json_decref(fields);
}

static void add_row(struct fasti_columns *table, const struct fasti_describe_answer *answer) {
    const struct fasti_put *put = &answer->put;
    char more[1200] = "";
    fasti_columns_cell(table, "%.*s", FASTI_PRINT(put->id));
    if (put->kind == FASTI_ENTITY_SCHEDULE) {
        fasti_columns_cell(table, "location %.*s%s%.*s", FASTI_PRINT(put->body.schedule.location),
                           put->body.schedule.practitioner.length > 0 ? ", practitioner " : "",
                           FASTI_PRINT(put->body.schedule.practitioner));
        snprintf(more, sizeof more, "%u min resolution, %u services, %u openings",
                 put->body.schedule.resolution_minutes, put->body.schedule.service_count,
                 answer->opening_count);
    } else {
        fasti_columns_cell(table, "%.*s", FASTI_PRINT(put->name));
    }
    if (put->kind == FASTI_ENTITY_LOCATION)
        snprintf(more, sizeof more, "%.*s", FASTI_PRINT(put->body.location.zone));
    if (put->kind == FASTI_ENTITY_SERVICE)
        snprintf(more, sizeof more, "%u min, every %u min", put->body.service.duration_minutes,
                 put->body.service.grid_minutes == 0 ? put->body.service.duration_minutes
                                                     : put->body.service.grid_minutes);
    append_rules(put, more, sizeof more);
    fasti_columns_cell(table, "%s", more);
}

enum fasti_exit fasti_run_list_entities(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options) {
    (void)options;
    const enum fasti_entity_kind kind = fasti_line_entity(spec->kind);
    enum fasti_exit exit = kind == FASTI_ENTITY_ORGANIZATION ? fasti_session_connect(session)
                                                             : fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    struct fasti_columns table;
    fasti_columns_init(&table, 3);
    json_t *records = json_array();
    const struct fasti_describe_answer *answer;
    for (uint32_t after = 0;; after = answer->id) {
        exit = fasti_session_describe(session, kind, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            break;
        if (session->is_json)
            json_array_append_new(records, fasti_put_json(&answer->put, true));
        else
            add_row(&table, answer);
    }
    if (exit == FASTI_EXIT_DONE && session->is_json)
        fasti_session_print_json(json_pack("{s:O}", spec->noun, records));
    else if (exit == FASTI_EXIT_DONE && table.count > 0)
        fasti_columns_print(&table, stdout);
    else if (exit == FASTI_EXIT_DONE)
        puts("none");
    json_decref(records);
    fasti_columns_deinit(&table);
    return exit;
}

/* ---- show ---- */

static void print_opening(const json_t *opening, struct fasti_columns *table) {
    const char *weekdays = fasti_field_text(opening, "weekdays", "");
    const char *first = fasti_field_text(opening, "first", NULL);
    fasti_columns_cell(table, "  opening %s", fasti_field_text(opening, "id", ""));
    fasti_columns_cell(table, "%s", fasti_field_text(opening, "rule", ""));
    fasti_columns_cell(table, "%s to %s", fasti_field_text(opening, "from", ""),
                       fasti_field_text(opening, "to", ""));
    fasti_columns_cell(table, "%s", weekdays);
    if (first != NULL)
        fasti_columns_cell(table, "%s to %s", first, fasti_field_text(opening, "last", ""));
    else
        fasti_columns_cell(table, "%s", "");
    fasti_columns_cell(table, "%s%s%s", fasti_field_flag(opening, "single") ? "single " : "",
                       fasti_field_flag(opening, "full") ? "full" : "",
                       fasti_field_flag(opening, "all") ? "all" : "");
}

/* Openings as fields; the answer's are copied first, since naming services asks the server. */
static enum fasti_exit openings_json(struct fasti_session *session,
                                     const struct fasti_describe_answer *answer, json_t *list) {
    const struct fasti_id_text schedule = answer->put.id;
    const uint32_t count = answer->opening_count;
    struct fasti_opening *openings = calloc((size_t)count + 1, sizeof *openings);
    if (openings == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the openings");
    if (count > 0)
        memcpy(openings, answer->openings, count * sizeof *openings);
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_id_text services[FASTI_OPENING_SERVICES_MAX];
        exit = opening_services(session, &openings[i], services);
        if (exit == FASTI_EXIT_DONE)
            json_array_append_new(list, fasti_opening_json(&schedule, &openings[i], services));
    }
    free(openings);
    return exit;
}

static void print_entity(const char *kind, json_t *fields, const json_t *openings) {
    const char *name;
    json_t *value;
    struct fasti_columns table;
    printf("%s\n", kind);
    fasti_columns_init(&table, 2);
    json_object_foreach(fields, name, value) {
        char *text = json_is_string(value)
                         ? strdup(json_string_value(value))
                         : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(10));
        char option[32];
        fasti_columns_cell(&table, "  %s", option_text(name, option));
        fasti_columns_cell(&table, "%s", text == NULL ? "?" : text);
        free(text);
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    fasti_columns_init(&table, 6);
    for (size_t i = 0; i < json_array_size(openings); i++)
        print_opening(json_array_get(openings, i), &table);
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
}

enum fasti_exit fasti_run_show_entity(struct fasti_session *session,
                                      const struct fasti_command_spec *spec,
                                      const json_t *options) {
    const enum fasti_entity_kind kind = fasti_line_entity(spec->kind);
    const char *id = fasti_field_text(options, FASTI_ARGUMENT, "");
    uint32_t dense;
    const struct fasti_describe_answer *answer;
    enum fasti_exit exit = kind == FASTI_ENTITY_ORGANIZATION ? fasti_session_connect(session)
                                                             : fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, kind, id, &dense);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_describe(session, kind, dense, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *fields = fasti_put_json(&answer->put, session->is_json);
    json_t *openings = json_array();
    if (kind == FASTI_ENTITY_SCHEDULE)
        exit = openings_json(session, answer, openings);
    if (exit == FASTI_EXIT_DONE && !session->is_json)
        print_entity(spec->noun, fields, openings);
    if (exit == FASTI_EXIT_DONE && session->is_json) {
        json_t *object = json_pack("{s:O}", spec->noun, fields);
        if (kind == FASTI_ENTITY_SCHEDULE)
            json_object_set(object, "openings", openings);
        fasti_session_print_json(object);
    }
    json_decref(fields);
    json_decref(openings);
    return exit;
}
