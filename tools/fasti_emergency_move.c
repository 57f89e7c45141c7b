/*
 * fasti_emergency_move.c - emergency move: appointments in closed days to free times elsewhere.
 *
 *   spans --LIST--> cases --urgency--> in order: SHOW, earliest free rows --commit--> MOVE
 *   a plan's lines -----------------> in its order ---------------------------------> MOVE
 *
 * Each move is one claim that keeps the record's chain: the old time is given back only where the
 * new one is had. A record that is moved can not be moved again, so a run that broke off is
 * finished by the same command: what was moved lies in the closed days no more, and of a plan it is
 * GONE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_emergency_plan.h"
#include "tools/fasti_facts.h"
#include "tools/fasti_starts.h"
#include "tools/fasti_urgency.h"

#define TRIES_MAX      64 /* times that are tried for one appointment while others are faster */
#define TRIES_A_LOOK   8  /* after so many what is free is asked for again */
#define PROGRESS_CASES 500

struct moving {
    struct fasti_session *session;
    const json_t *options;
    bool is_commit, is_followed; /* a plan's lines are followed */
    bool has_targets;
    const char *plan_path;
    struct fasti_emergency_spans spans;
    struct fasti_urgency urgency;
    struct fasti_plan_cases plan;
    struct fasti_starts starts;
    uint32_t moved, unplaced, gone;
};

/* ---- whom ---- */

static enum fasti_exit spans_find(struct moving *moving) {
    struct fasti_session *session = moving->session;
    const bool has_source = json_object_get(moving->options, "source") != NULL;
    const bool has_places = fasti_places_are_said(moving->options, "");
    if (has_source == has_places)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "whose appointments? Say --source NAME of what is closed, or "
                                  "places (--location ID ...) with --from and --to");
    if (has_source) {
        struct fasti_emergency_source source;
        uint32_t unused;
        const enum fasti_exit exit = fasti_emergency_source(session, moving->options, &source);
        return exit != FASTI_EXIT_DONE
                   ? exit
                   : fasti_emergency_of_source(session, &source, &moving->spans, &unused);
    }
    fasti_date from, to;
    enum fasti_exit exit = fasti_emergency_dates(session, moving->options, &from, &to);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_places_find(session, moving->options, "", &moving->spans.places);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_days(session, &moving->spans, from, to);
    return exit;
}

/* The facts that are said lie in the case's object, for a plan. */
static enum fasti_exit facts_say(struct moving *moving, const json_t *said,
                                 struct fasti_case *one) {
    static const char *const names[] = {"by",  "modality",     "sector",  "language",
                                        "age", "patient_kind", "referral"};
    struct fasti_detail detail;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *value = json_object_get(said, names[i]);
        if (value != NULL)
            json_object_set(one->told, names[i], value);
    }
    const enum fasti_status status = fasti_facts_decode(one->told, &one->facts, &detail);
    return status == FASTI_OK
               ? FASTI_EXIT_DONE
               : fasti_session_fail(moving->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
}

static enum fasti_exit case_make(struct moving *moving, const struct fasti_emergency_inside *inside,
                                 struct fasti_case *one) {
    const json_t *own = fasti_urgency_object(&moving->urgency, inside->record);
    *one = (struct fasti_case){
        .record = inside->record,
        .rank = fasti_urgency_rank(&moving->urgency, inside->record, inside->service)};
    enum fasti_exit exit =
        fasti_emergency_json(moving->session, &moving->spans, inside, &one->told);
    if (exit == FASTI_EXIT_DONE)
        exit = facts_say(moving, moving->options, one);
    if (exit == FASTI_EXIT_DONE && own != NULL)
        exit = facts_say(moving, own, one);
    return exit;
}

/* They come by start and number; a stable order by rank keeps that. */
static void cases_sort(struct fasti_plan_cases *plan, struct fasti_case *room) {
    for (uint32_t width = 1; width < plan->count; width *= 2) { /* merges runs of `width` */
        for (uint32_t at = 0; at < plan->count; at += 2 * width) {
            const uint32_t middle = at + width < plan->count ? at + width : plan->count;
            const uint32_t end = at + 2 * width < plan->count ? at + 2 * width : plan->count;
            uint32_t left = at, right = middle;
            for (uint32_t out = at; out < end; out++) {
                const bool is_left = left < middle && (right >= end || plan->cases[left].rank <=
                                                                           plan->cases[right].rank);
                room[out] = is_left ? plan->cases[left++] : plan->cases[right++];
            }
        }
        memcpy(plan->cases, room, plan->count * sizeof *room);
    }
}

static enum fasti_exit cases_find(struct moving *moving) {
    struct fasti_session *session = moving->session;
    struct fasti_emergency_insides insides = {0};
    struct fasti_case *room = NULL;
    enum fasti_exit exit = spans_find(moving);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_urgency_read(&moving->urgency, session,
                                  fasti_field_text(moving->options, "urgency", NULL));
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_emergency_inside(session, &moving->spans, &insides);
    if (exit == FASTI_EXIT_DONE) {
        moving->plan.cases = calloc((size_t)insides.count + 1, sizeof *moving->plan.cases);
        room = calloc((size_t)insides.count + 1, sizeof *room);
        if (moving->plan.cases == NULL || room == NULL)
            exit = fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    }
    for (uint32_t i = 0; i < insides.count && exit == FASTI_EXIT_DONE; i++)
        exit = case_make(moving, &insides.insides[i], &moving->plan.cases[moving->plan.count++]);
    if (exit == FASTI_EXIT_DONE)
        cases_sort(&moving->plan, room);
    free(room);
    fasti_emergency_insides_deinit(&insides);
    return exit;
}

/* ---- one move ---- */

static enum fasti_exit unplaced(struct moving *moving, struct fasti_case *one, const char *why) {
    one->fate = FASTI_CASE_UNPLACED;
    snprintf(one->why, sizeof one->why, "%.199s", why);
    moving->unplaced++;
    return FASTI_EXIT_DONE;
}

static enum fasti_exit gone(struct moving *moving, struct fasti_case *one, const char *why) {
    one->fate = FASTI_CASE_GONE;
    snprintf(one->why, sizeof one->why, "%.199s", why);
    moving->gone++;
    return FASTI_EXIT_DONE;
}

/* Tries the case's rows. *is_lost: they can not be had, and why says so; else it is MOVED or GONE.
 */
static enum fasti_exit rows_move(struct moving *moving, struct fasti_case *one, bool *is_lost,
                                 char why[200]) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MOVE};
    struct fasti_book *book = &command.body.move.book;
    struct fasti_answer answer;
    command.body.move.record = one->record;
    book->appointment_count = 1;
    book->appointments[0].facts = one->facts;
    book->item_count = (uint8_t)one->row_count;
    for (uint32_t i = 0; i < one->row_count; i++)
        book->items[i] = (struct fasti_book_item){.schedule = one->rows[i].schedule,
                                                  .service = one->rows[i].service,
                                                  .start_utc_s = one->rows[i].start_utc_s};
    *is_lost = false;
    const enum fasti_exit exit = fasti_session_ask_again(moving->session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.status != FASTI_OK)
        return fasti_session_fail_status(moving->session, answer.status, &answer.detail);
    fasti_session_why(&answer, why, 200);
    if (fasti_outcome_is_done(answer.outcome)) {
        one->fate = FASTI_CASE_MOVED;
        one->moved_to = answer.record;
        moving->moved++;
        return exit;
    }
    /* NO_SUCH may be of a row, too, but rows name what was there a moment ago. */
    if (answer.outcome == FASTI_OUTCOME_WRONG_STATE || answer.outcome == FASTI_OUTCOME_NO_SUCH)
        return gone(moving, one, why);
    *is_lost = true;
    return exit;
}

/* What the appointment takes now, as rows that keep their distance. *is_there false: it is GONE. */
static enum fasti_exit ask_fill(struct moving *moving, struct fasti_case *one,
                                struct fasti_starts_ask *ask, bool *is_there) {
    struct fasti_record_shown shown;
    enum fasti_outcome outcome;
    const enum fasti_exit exit = fasti_records_ask(moving->session, one->record, &shown, &outcome);
    *is_there = false;
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (outcome != FASTI_OUTCOME_FOUND)
        return gone(moving, one, "there is no such record");
    if (shown.view.state != FASTI_STATE_BOOKED && shown.view.state != FASTI_STATE_PENDING) {
        char why[64];
        snprintf(why, sizeof why, "the record is %s", fasti_record_state_name(shown.view.state));
        return gone(moving, one, why);
    }
    if (one->facts.modality == FASTI_MODALITY_ANY) /* it stays */
        one->facts.modality = shown.view.modality;
    *ask = (struct fasti_starts_ask){.facts = one->facts, .count = shown.view.item_count};
    for (uint32_t i = 0; i < ask->count; i++) {
        ask->services[i] = shown.items[i].service;
        ask->shifts_s[i] = shown.items[i].start_utc_s - shown.items[0].start_utc_s;
    }
    *is_there = true;
    return exit;
}

static bool rows_keep(const struct moving *moving, struct fasti_case *one,
                      const struct fasti_starts_ask *ask, const struct fasti_start *found) {
    struct fasti_case_row rows[FASTI_ITEMS_MAX];
    for (uint32_t i = 0; i < ask->count; i++) {
        const struct fasti_place *place = &moving->starts.targets.places[found[i].target];
        rows[i] = (struct fasti_case_row){.schedule = place->id,
                                          .service = ask->services[i],
                                          .schedule_text = place->schedule,
                                          .start_utc_s = found[i].start_utc_s,
                                          .offset_s = found[i].offset_s,
                                          .minutes = found[i].minutes};
    }
    return fasti_case_rows_set(one, rows, ask->count);
}

/* Looks for the earliest rows and, with --commit, takes them; the next ones where others were
 * faster. */
static enum fasti_exit case_place(struct moving *moving, struct fasti_case *one) {
    struct fasti_starts_ask ask;
    struct fasti_start found[FASTI_ITEMS_MAX];
    struct fasti_detail detail = {""};
    char why[200] = "";
    bool is_there, is_found, is_lost = false;
    enum fasti_exit exit = ask_fill(moving, one, &ask, &is_there);
    for (uint32_t tries = 0; tries < TRIES_MAX && exit == FASTI_EXIT_DONE && is_there; tries++) {
        if (tries % TRIES_A_LOOK == TRIES_A_LOOK - 1)
            fasti_starts_forget(&moving->starts);
        exit = fasti_starts_find(&moving->starts, &ask, found, &is_found, &detail);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (!is_found)
            return unplaced(moving, one, is_lost ? why : detail.text);
        if (!rows_keep(moving, one, &ask, found))
            return fasti_session_fail(moving->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                      "no memory");
        one->fate = FASTI_CASE_PLANNED;
        if (moving->is_commit)
            exit = rows_move(moving, one, &is_lost, why);
        if (exit != FASTI_EXIT_DONE || one->fate == FASTI_CASE_GONE)
            return exit;
        if (!is_lost)
            return fasti_starts_take(&moving->starts, &ask, found);
        fasti_starts_refused(&moving->starts, &ask, found);
    }
    return exit == FASTI_EXIT_DONE && is_there ? unplaced(moving, one, why) : exit;
}

/* As the plan says; where that is lost, as if there were none, among the targets that are said. */
static enum fasti_exit case_follow(struct moving *moving, struct fasti_case *one) {
    char why[200] = "the plan has no time for it";
    bool is_lost = true;
    if (one->fate == FASTI_CASE_PLANNED) {
        const enum fasti_exit exit = rows_move(moving, one, &is_lost, why);
        if (exit != FASTI_EXIT_DONE || !is_lost)
            return exit;
    }
    return moving->has_targets ? case_place(moving, one) : unplaced(moving, one, why);
}

/* Times of the plan are not given to others. */
static enum fasti_exit plan_take(struct moving *moving) {
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < moving->plan.count && exit == FASTI_EXIT_DONE; i++) {
        const struct fasti_case *one = &moving->plan.cases[i];
        for (uint32_t n = 0; n < one->row_count && exit == FASTI_EXIT_DONE; n++) {
            const struct fasti_starts_ask ask = {
                .facts = one->facts, .count = 1, .services = {one->rows[n].service}};
            const uint32_t target =
                fasti_places_index(&moving->starts.targets, one->rows[n].schedule);
            const struct fasti_start start = {.start_utc_s = one->rows[n].start_utc_s,
                                              .offset_s = one->rows[n].offset_s,
                                              .target = target,
                                              .minutes = (uint16_t)one->rows[n].minutes};
            if (target < moving->starts.targets.count)
                exit = fasti_starts_take(&moving->starts, &ask, &start);
        }
    }
    return exit;
}

static enum fasti_exit cases_run(struct moving *moving) {
    const uint32_t count = moving->plan.count;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_case *one = &moving->plan.cases[i];
        exit = moving->is_followed ? case_follow(moving, one) : case_place(moving, one);
        if ((i + 1) % PROGRESS_CASES == 0)
            fprintf(stderr, "emergency: %u of %u appointments\n", i + 1, count);
    }
    if (exit != FASTI_EXIT_DONE && moving->moved > 0)
        fprintf(stderr,
                "fasti: before that %u appointments were moved; run it again, and it goes on from "
                "there\n",
                moving->moved);
    return exit;
}

/* ---- report ---- */

static void case_row(const struct fasti_case *one, struct fasti_columns *table) {
    char start[FASTI_TIMES_TEXT_BYTES];
    const bool has_time = one->fate == FASTI_CASE_PLANNED || one->fate == FASTI_CASE_MOVED;
    struct fasti_instant_text instant;
    const char *text = fasti_field_text(one->told, "start", "");
    fasti_columns_cell(table, "  record %llu", (unsigned long long)one->record.v);
    if (fasti_instant_parse(text, strlen(text), &instant) == FASTI_OK)
        fasti_times_format(fasti_instant_utc_s(&instant), instant.offset_s, start);
    else
        snprintf(start, sizeof start, "%.30s", text);
    fasti_columns_cell(table, "%s", start);
    fasti_columns_cell(table, "%s", fasti_field_text(one->told, "schedule", ""));
    fasti_columns_cell(table, "%s", fasti_field_text(one->told, "service", ""));
    fasti_columns_cell(table, "%s", fasti_field_text(one->told, "patient", ""));
    if (!has_time) {
        fasti_columns_cell(table, "-> %s: %s", one->fate == FASTI_CASE_GONE ? "gone" : "none",
                           one->why);
        return;
    }
    fasti_times_format(one->rows[0].start_utc_s, one->rows[0].offset_s, start);
    if (one->moved_to.v != 0)
        fasti_columns_cell(table, "-> %s %.*s%s, record %llu", start,
                           FASTI_PRINT(one->rows[0].schedule_text),
                           one->row_count > 1 ? " ..." : "", (unsigned long long)one->moved_to.v);
    else
        fasti_columns_cell(table, "-> %s %.*s%s", start, FASTI_PRINT(one->rows[0].schedule_text),
                           one->row_count > 1 ? " ..." : "");
}

static enum fasti_exit print_json(struct moving *moving, uint32_t planned) {
    json_t *moves = json_array();
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < moving->plan.count && exit == FASTI_EXIT_DONE; i++) {
        json_t *object;
        exit = fasti_case_json(moving->session, &moving->plan.cases[i], &object);
        json_array_append_new(moves, object);
    }
    if (exit == FASTI_EXIT_DONE)
        fasti_session_print_json(
            json_pack("{s:s, s:b, s:i, s:i, s:i, s:i, s:i, s:O}", "outcome",
                      moving->moved > 0 ? "MOVED" : "NONE", "dry_run", (int)!moving->is_commit,
                      "appointment_count", (int)moving->plan.count, "planned", (int)planned,
                      "moved", (int)moving->moved, "unplaced", (int)moving->unplaced, "gone",
                      (int)moving->gone, "moves", moves));
    json_decref(moves);
    return exit;
}

static void print_text(struct moving *moving, uint32_t planned) {
    struct fasti_columns table;
    const uint32_t count = moving->plan.count;
    if (count == 0) {
        puts("no appointment lies in those days");
        return;
    }
    fasti_columns_init(&table, 6);
    for (uint32_t i = 0; i < count && i < FASTI_EMERGENCY_LISTED; i++)
        case_row(&moving->plan.cases[i], &table);
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    if (count > FASTI_EMERGENCY_LISTED)
        printf("  and %u more: --json lists all\n", count - FASTI_EMERGENCY_LISTED);
    if (moving->is_commit)
        printf("moved: %u of %u appointments", moving->moved, count);
    else
        printf("would be moved: %u of %u appointments", planned, count);
    if (moving->unplaced > 0)
        printf("; %u find no time and stay as they are", moving->unplaced);
    if (moving->gone > 0)
        printf("; %u were moved or ended before", moving->gone);
    putchar('\n');
    if (!moving->is_commit)
        puts("nothing was changed: --commit moves them");
}

static enum fasti_exit report(struct moving *moving) {
    uint32_t planned = 0;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (uint32_t i = 0; i < moving->plan.count; i++)
        planned += moving->plan.cases[i].fate == FASTI_CASE_PLANNED;
    if (moving->plan_path != NULL && !moving->is_followed)
        exit = fasti_plan_write(moving->session, &moving->plan, moving->plan_path);
    if (exit == FASTI_EXIT_DONE && moving->session->is_json)
        exit = print_json(moving, planned);
    else if (exit == FASTI_EXIT_DONE)
        print_text(moving, planned);
    return exit == FASTI_EXIT_DONE && moving->unplaced > 0 ? FASTI_EXIT_REFUSED : exit;
}

/* After a commit that broke off: those that were moved, all of them, for they must be told, and the
 * next run does not find them any more. Nothing is asked of the server. */
static void moved_report(struct moving *moving) {
    struct fasti_columns table;
    json_t *moves = json_array();
    fasti_columns_init(&table, 6);
    for (uint32_t i = 0; i < moving->plan.count; i++) {
        const struct fasti_case *one = &moving->plan.cases[i];
        if (one->fate != FASTI_CASE_MOVED)
            continue;
        if (!moving->session->is_json) {
            case_row(one, &table);
            continue;
        }
        json_t *object = json_copy(one->told), *rows = json_array();
        for (uint32_t r = 0; r < one->row_count; r++)
            json_array_append_new(
                rows,
                json_pack("{s:o, s:o}", "schedule", fasti_json_id(&one->rows[r].schedule_text),
                          "start",
                          fasti_json_instant(one->rows[r].start_utc_s, one->rows[r].offset_s)));
        json_object_set_new(object, "outcome", json_string("MOVED"));
        json_object_set_new(object, "moved_to", json_integer((json_int_t)one->moved_to.v));
        json_object_set_new(object, "to", rows);
        json_array_append_new(moves, object);
    }
    if (moving->session->is_json)
        fasti_session_print_json(json_pack("{s:s, s:b, s:b, s:i, s:O}", "outcome", "MOVED",
                                           "dry_run", 0, "broken_off", 1, "moved",
                                           (int)moving->moved, "moves", moves));
    else
        fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
    json_decref(moves);
}

/* ---- the command ---- */

static enum fasti_exit options_check(struct moving *moving) {
    struct fasti_session *session = moving->session;
    moving->has_targets = fasti_places_are_said(moving->options, "to_");
    if (!moving->has_targets && !moving->is_followed)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "where to? Say --to-location ID, --to-schedule ID, --to-near "
                                  "LAT,LON --to-radius KM, --to-box or --to-all");
    if ((session->request.low | session->request.high) != 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--request-id is of one appointment; run this again as often as "
                                  "you like");
    if (moving->is_followed && (json_object_get(moving->options, "source") != NULL ||
                                json_object_get(moving->options, "urgency") != NULL ||
                                fasti_places_are_said(moving->options, "")))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "the plan says who is moved, and in which order: say --plan "
                                  "with --commit without --source, places and --urgency");
    return FASTI_EXIT_DONE;
}

static enum fasti_exit move_run(struct moving *moving) {
    enum fasti_exit exit = options_check(moving);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(moving->session);
    if (exit == FASTI_EXIT_DONE)
        exit = moving->is_followed
                   ? fasti_plan_read(moving->session, moving->plan_path, &moving->plan)
                   : cases_find(moving);
    if (exit == FASTI_EXIT_DONE && moving->has_targets)
        exit = fasti_starts_init(&moving->starts, moving->session, moving->options, &moving->spans);
    if (exit == FASTI_EXIT_DONE && moving->has_targets && moving->is_followed)
        exit = plan_take(moving);
    if (exit == FASTI_EXIT_DONE)
        exit = cases_run(moving);
    if (exit != FASTI_EXIT_DONE && moving->moved > 0)
        moved_report(moving);
    return exit == FASTI_EXIT_DONE ? report(moving) : exit;
}

enum fasti_exit fasti_run_emergency_move(struct fasti_session *session,
                                         const struct fasti_command_spec *spec,
                                         const json_t *options) {
    (void)spec;
    struct moving *moving = calloc(1, sizeof *moving);
    if (moving == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    moving->session = session;
    moving->options = options;
    moving->is_commit = fasti_field_flag(options, "commit");
    moving->plan_path = fasti_field_text(options, "plan", NULL);
    moving->is_followed = moving->is_commit && moving->plan_path != NULL;
    const enum fasti_exit exit = move_run(moving);
    if (moving->has_targets)
        fasti_starts_deinit(&moving->starts);
    fasti_plan_cases_deinit(&moving->plan);
    fasti_urgency_deinit(&moving->urgency);
    fasti_emergency_spans_deinit(&moving->spans);
    free(moving);
    return exit;
}
