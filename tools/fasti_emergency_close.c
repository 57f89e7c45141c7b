/*
 * fasti_emergency_close.c - emergency close: places closed for days by one import; emergency end:
 * all of a source taken away again by one import.
 *
 *   close   BEGIN, PUT openings (UPSERT one closure of ALL) a schedule, COMMIT
 *   end     BEGIN, COMMIT with the source: its sweep takes the openings of all that no put named
 *
 * A closure is added beside those that the source has: closing one more place, or other days, never
 * opens what was closed before. The same closing again changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"
#include "tools/fasti_emergency.h"
#include "tools/fasti_import.h"

struct closing {
    struct fasti_session *session;
    const json_t *options;
    bool is_commit;
    struct fasti_emergency_source source;
    fasti_date from, to;
    struct fasti_emergency_spans spans;
    struct fasti_opening closure;
    struct fasti_emergency_insides insides;
    struct fasti_import_answer total;
    json_t *schedules, *appointments;
};

/* ---- close ---- */

static void closure_fill(struct closing *closing) {
    char from[FASTI_DATE_TEXT_BYTES], to[FASTI_DATE_TEXT_BYTES];
    char id[sizeof closing->source.name + 2 * sizeof from];
    fasti_date_format(closing->from, from);
    fasti_date_format(closing->to, to);
    snprintf(id, sizeof id, "%s %s %s", closing->source.name, from, to);
    closing->closure = (struct fasti_opening){.kind = FASTI_OPENING_CLOSED,
                                              .weekdays = 0x7f,
                                              .flags = FASTI_OPENING_ALL,
                                              .end_minute = FASTI_DAY_MINUTES,
                                              .date_first = closing->from,
                                              .date_last = closing->to,
                                              .capacity = FASTI_CAPACITY_UNLIMITED};
    const enum fasti_status status = fasti_id_text_set(&closing->closure.id, id, strlen(id));
    FASTI_ASSERT(status == FASTI_OK); /* the source's name is short enough */
}

static void closing_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                        size_t where_size) {
    const struct closing *closing = context;
    memset(put, 0, sizeof *put);
    snprintf(where, where_size, "emergency close");
    put->kind = FASTI_ENTITY_OPENINGS;
    put->id = closing->spans.places.places[index].schedule;
    put->body.openings.mode = FASTI_OPENINGS_UPSERT;
    put->body.openings.source = closing->source.number;
    put->body.openings.count = 1;
    put->body.openings.openings = &closing->closure;
}

static enum fasti_exit closing_find(struct closing *closing) {
    struct fasti_session *session = closing->session;
    if (!fasti_places_are_said(closing->options, ""))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "which places? Say --location ID, --schedule ID, --near LAT,LON "
                                  "--radius KM or --box SOUTH,WEST,NORTH,EAST");
    enum fasti_exit exit = fasti_emergency_source(session, closing->options, &closing->source);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_dates(session, closing->options, &closing->from, &closing->to);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_places_find(session, closing->options, "", &closing->spans.places);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_days(session, &closing->spans, closing->from, closing->to);
    return exit;
}

static void closing_print(const struct closing *closing) {
    const struct fasti_places *places = &closing->spans.places;
    char from[FASTI_DATE_TEXT_BYTES], to[FASTI_DATE_TEXT_BYTES];
    const bool is_changed = closing->total.created + closing->total.changed > 0;
    fasti_date_format(closing->from, from);
    fasti_date_format(closing->to, to);
    if (closing->session->is_json) {
        fasti_session_print_json(
            json_pack("{s:s, s:b, s:s, s:s, s:s, s:i, s:i, s:O, s:i, s:i, s:i, s:O}", "outcome",
                      !closing->is_commit ? "NONE"
                      : is_changed        ? "PUBLISHED"
                                          : "UNCHANGED",
                      "dry_run", (int)!closing->is_commit, "source", closing->source.name, "from",
                      from, "to", to, "locations", (int)places->location_count, "schedule_count",
                      (int)places->count, "schedules", closing->schedules, "changed",
                      (int)(closing->total.created + closing->total.changed), "unchanged",
                      (int)closing->total.unchanged, "appointment_count",
                      (int)closing->insides.count, "appointments", closing->appointments));
        return;
    }
    printf("%s: %u schedules at %u locations, %d days from %s to %s, as %s\n",
           !closing->is_commit ? "would be closed"
           : is_changed        ? "closed"
                               : "nothing changed, closed already",
           places->count, places->location_count, (int)(closing->to.v - closing->from.v + 1), from,
           to, closing->source.name);
    for (size_t i = 0; i < json_array_size(closing->schedules); i++)
        printf("  %.*s at %.*s: %u appointments\n", FASTI_PRINT(places->places[i].schedule),
               FASTI_PRINT(places->places[i].location), closing->insides.by_place[i]);
    if (places->count > json_array_size(closing->schedules))
        printf("  and %u more\n", places->count - (uint32_t)json_array_size(closing->schedules));
    fasti_emergency_insides_print(&closing->insides, closing->appointments);
    if (!closing->is_commit)
        puts("nothing was changed: --commit closes them");
    else if (closing->insides.count > 0)
        printf("they stay booked: fasti emergency move --source %s finds other times for them\n",
               closing->source.name + strlen("emergency:"));
    if (places->without_position > 0)
        printf("not looked at: %u locations without a position\n", places->without_position);
}

static enum fasti_exit closing_run(struct closing *closing) {
    struct fasti_session *session = closing->session;
    const struct fasti_import_job job = {
        .count = closing->spans.places.count, .put = closing_put, .context = closing};
    enum fasti_exit exit = FASTI_EXIT_DONE;
    closure_fill(closing);
    if (closing->is_commit)
        exit = fasti_import_run(session, &job, &closing->total);
    /* After the commit, so that none of those is missed that were booked just before it. */
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_inside(session, &closing->spans, &closing->insides);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_insides_json(session, &closing->spans, &closing->insides,
                                            &closing->appointments);
    if (exit == FASTI_EXIT_DONE)
        closing->schedules =
            fasti_emergency_places_json(&closing->spans.places, closing->insides.by_place);
    return exit;
}

static void closing_deinit(struct closing *closing) {
    json_decref(closing->schedules);
    json_decref(closing->appointments);
    fasti_emergency_insides_deinit(&closing->insides);
    fasti_emergency_spans_deinit(&closing->spans);
}

enum fasti_exit fasti_run_emergency_close(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options) {
    (void)spec;
    struct closing closing = {
        .session = session, .options = options, .is_commit = fasti_field_flag(options, "commit")};
    enum fasti_exit exit = closing_find(&closing);
    if (exit == FASTI_EXIT_DONE)
        exit = closing_run(&closing);
    if (exit == FASTI_EXIT_DONE)
        closing_print(&closing);
    closing_deinit(&closing);
    return exit;
}

/* ---- end ---- */

static void nothing_put(const void *context, uint64_t index, struct fasti_put *put, char *where,
                        size_t where_size) {
    (void)context;
    (void)index;
    (void)where_size;
    memset(put, 0, sizeof *put);
    where[0] = '\0';
    FASTI_ASSERT(false); /* the import has no puts */
}

static void ending_print(const struct closing *closing, uint32_t opening_count,
                         uint32_t conflict_count, const json_t *conflicts) {
    const struct fasti_places *places = &closing->spans.places;
    if (closing->session->is_json) {
        fasti_session_print_json(json_pack(
            "{s:s, s:b, s:s, s:i, s:O, s:i, s:o, s:o}", "outcome",
            closing->is_commit ? "PUBLISHED" : "NONE", "dry_run", (int)!closing->is_commit,
            "source", closing->source.name, "schedule_count", (int)places->count, "schedules",
            closing->schedules, "openings", (int)opening_count, "conflict_count",
            closing->is_commit ? json_integer(conflict_count) : json_null(), "conflicts",
            closing->is_commit ? json_deep_copy(conflicts) : json_null()));
        return;
    }
    fasti_conflicts_print(conflict_count, conflicts);
    printf("%s: %u closures and openings of %s on %u schedules\n",
           closing->is_commit ? "taken away" : "would be taken away", opening_count,
           closing->source.name, places->count);
    for (size_t i = 0; i < json_array_size(closing->schedules); i++)
        printf("  %.*s at %.*s\n", FASTI_PRINT(places->places[i].schedule),
               FASTI_PRINT(places->places[i].location));
    if (places->count > json_array_size(closing->schedules))
        printf("  and %u more\n", places->count - (uint32_t)json_array_size(closing->schedules));
    if (!closing->is_commit)
        puts("nothing was changed: --commit takes them away, and tells of the appointments that no "
             "opening covers then");
}

/* The sweep of a commit takes away what is of the source on all schedules, also on those that got
 * some after they were looked at here. */
static enum fasti_exit ending_run(struct closing *closing, uint32_t *conflict_count,
                                  json_t *conflicts) {
    const struct fasti_import_job job = {.source = closing->source.number, .put = nothing_put};
    const struct fasti_places *places = &closing->spans.places;
    enum fasti_exit exit = fasti_import_run(closing->session, &job, &closing->total);
    for (uint32_t i = 0; i < places->count && exit == FASTI_EXIT_DONE; i++)
        exit = fasti_conflicts_find(closing->session, places->places[i].id, UINT32_MAX,
                                    conflict_count, conflicts);
    return exit;
}

enum fasti_exit fasti_run_emergency_end(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options) {
    (void)spec;
    uint32_t opening_count = 0, conflict_count = 0;
    json_t *conflicts = json_array();
    struct closing closing = {
        .session = session, .options = options, .is_commit = fasti_field_flag(options, "commit")};
    enum fasti_exit exit = fasti_emergency_source(session, options, &closing.source);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_of_source(session, &closing.source, &closing.spans, &opening_count);
    if (exit == FASTI_EXIT_DONE && closing.is_commit)
        exit = ending_run(&closing, &conflict_count, conflicts);
    if (exit == FASTI_EXIT_DONE) {
        closing.schedules = fasti_emergency_places_json(&closing.spans.places, NULL);
        ending_print(&closing, opening_count, conflict_count, conflicts);
    }
    json_decref(conflicts);
    closing_deinit(&closing);
    return exit;
}
