/*
 * fasti_list.c - lists of appointments and blocks, page after page.
 */
#include <stdlib.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"

#define LIST_LIMIT_DEFAULT 1000
#define LIST_LIMIT_MAX     1000000

struct listing {
    struct fasti_session *session;
    json_t *records; /* with --json */
    struct fasti_columns table;
    int64_t left; /* records that may still be shown */
    bool more;
};

static enum fasti_exit add_record(struct listing *listing, const struct fasti_record_view *view) {
    if (!listing->session->is_json)
        return fasti_records_row(listing->session, view, &listing->table);
    json_t *object;
    const enum fasti_exit exit = fasti_records_json(listing->session, view, &object);
    if (exit == FASTI_EXIT_DONE)
        json_array_append_new(listing->records, object);
    return exit;
}

/* Asks page after page. The page is copied: naming records asks the server in between. */
static enum fasti_exit list_pages(struct listing *listing, struct fasti_command *command) {
    struct fasti_list_answer *page = malloc(sizeof *page);
    if (page == NULL)
        return fasti_session_fail(listing->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for the list");
    enum fasti_exit exit;
    do {
        struct fasti_answer answer;
        command->body.list.limit =
            (uint16_t)(listing->left < FASTI_LIST_MAX ? listing->left : FASTI_LIST_MAX);
        exit = fasti_session_call(listing->session, command, &answer);
        if (exit != FASTI_EXIT_DONE)
            break;
        *page = *answer.body.list;
        for (uint32_t i = 0; i < page->count && exit == FASTI_EXIT_DONE; i++)
            exit = add_record(listing, &page->records[i]);
        command->body.list.before = page->next;
        listing->left -= page->count;
        listing->more = page->more;
    } while (exit == FASTI_EXIT_DONE && listing->more && listing->left > 0);
    free(page);
    return exit;
}

/* --from and --to, local to the schedule where there is one. */
static enum fasti_exit list_bounds(struct fasti_session *session, const json_t *options,
                                   struct fasti_list_query *query) {
    query->from_utc_s = (int64_t)FASTI_DATE_FIRST * FASTI_DAY_SECONDS - FASTI_DAY_SECONDS;
    query->to_utc_s = (int64_t)(FASTI_DATE_LAST + 2) * FASTI_DAY_SECONDS;
    const enum fasti_exit exit =
        fasti_times_bound(session, query->schedule, "--from",
                          fasti_field_text(options, "from", NULL), &query->from_utc_s);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    return fasti_times_bound(session, query->schedule, "--to",
                             fasti_field_text(options, "to", NULL), &query->to_utc_s);
}

/* --source: only its blocks. */
static enum fasti_exit list_source(struct fasti_session *session, const json_t *options,
                                   struct fasti_list_query *query) {
    struct fasti_detail detail;
    const char *name = fasti_field_text(options, "source", NULL);
    if (name == NULL)
        return FASTI_EXIT_DONE;
    query->include_blocks = true;
    const enum fasti_status status = fasti_field_source(name, &query->source, &detail);
    if (status == FASTI_OK && query->by == FASTI_LIST_BY_SCHEDULE)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION, "--source: %s",
                              status == FASTI_OK ? "say whose blocks, with --schedule ID"
                                                 : detail.text);
}

/* Fills the query from the options; the session is scoped. */
static enum fasti_exit list_query(struct fasti_session *session, const json_t *options,
                                  struct fasti_list_query *query) {
    const char *schedule = fasti_field_text(options, "schedule", NULL);
    const char *patient = fasti_field_text(options, "patient", NULL);
    if ((schedule == NULL) == (patient == NULL))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "whose appointments? Say --schedule ID or --patient REFERENCE");
    query->by = schedule != NULL ? FASTI_LIST_BY_SCHEDULE : FASTI_LIST_BY_PATIENT;
    query->include_ended = fasti_field_flag(options, "all");
    query->include_blocks = fasti_field_flag(options, "blocks");
    query->only_conflicts = fasti_field_flag(options, "conflicts");
    enum fasti_exit exit = list_source(session, options, query);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (schedule != NULL) {
        exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &query->schedule.v);
        if (exit != FASTI_EXIT_DONE)
            return exit;
    } else {
        struct fasti_detail detail;
        const enum fasti_status status =
            fasti_field_patient(patient, query->patient, &query->patient_length, &detail);
        if (status != FASTI_OK)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    }
    return list_bounds(session, options, query);
}

/* Makes the listing, fills it and prints it. */
static enum fasti_exit list_run(struct fasti_session *session, const json_t *options,
                                enum fasti_exit (*fill)(struct listing *listing,
                                                        const json_t *options)) {
    struct listing listing = {.session = session,
                              .left = fasti_field_integer(options, "limit", LIST_LIMIT_DEFAULT)};
    if (listing.left < 1 || listing.left > LIST_LIMIT_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--limit must be 1 to %d", LIST_LIMIT_MAX);
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    fasti_columns_init(&listing.table, FASTI_RECORDS_COLUMNS);
    listing.records = json_array();
    exit = fill(&listing, options);
    if (exit == FASTI_EXIT_DONE && session->is_json) {
        fasti_session_print_json(
            json_pack("{s:O, s:b}", "appointments", listing.records, "more", (int)listing.more));
    } else if (exit == FASTI_EXIT_DONE) {
        fasti_columns_print(&listing.table, stdout);
        if (listing.table.count == 0)
            puts("none");
        if (listing.more)
            puts("and more: raise --limit");
    }
    json_decref(listing.records);
    fasti_columns_deinit(&listing.table);
    return exit;
}

static enum fasti_exit appointments_fill(struct listing *listing, const json_t *options) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST};
    const enum fasti_exit exit = list_query(listing->session, options, &command.body.list);
    return exit == FASTI_EXIT_DONE ? list_pages(listing, &command) : exit;
}

enum fasti_exit fasti_run_list_appointments(struct fasti_session *session,
                                            const struct fasti_command_spec *spec,
                                            const json_t *options) {
    (void)spec;
    return list_run(session, options, appointments_fill);
}

/* Of all schedules, one after the other; what lies ahead, unless something else is asked for. */
static enum fasti_exit conflicts_fill(struct listing *listing, const json_t *options) {
    struct fasti_session *session = listing->session;
    const struct fasti_describe_answer *schedule;
    int64_t now_utc_s;
    enum fasti_exit exit = fasti_conflicts_now(session, &now_utc_s);
    for (uint32_t after = 0; exit == FASTI_EXIT_DONE;) {
        exit = fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, 0, after, &schedule);
        if (exit != FASTI_EXIT_DONE || schedule->id == 0)
            return exit;
        after = schedule->id;
        if (listing->left == 0) { /* there may be some; nobody has looked */
            listing->more = true;
            return FASTI_EXIT_DONE;
        }
        struct fasti_command command = {.kind = FASTI_COMMAND_LIST};
        command.body.list = (struct fasti_list_query){
            .by = FASTI_LIST_BY_SCHEDULE, .schedule = {after}, .only_conflicts = true};
        exit = list_bounds(session, options, &command.body.list);
        if (fasti_field_text(options, "from", NULL) == NULL)
            command.body.list.from_utc_s = now_utc_s;
        if (exit == FASTI_EXIT_DONE)
            exit = list_pages(listing, &command);
        if (listing->more)
            return exit;
    }
    return exit;
}

enum fasti_exit fasti_run_list_conflicts(struct fasti_session *session,
                                         const struct fasti_command_spec *spec,
                                         const json_t *options) {
    (void)spec;
    return list_run(session, options, conflicts_fill);
}
