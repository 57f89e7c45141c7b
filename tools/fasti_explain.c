/*
 * fasti_explain.c - explain: would a time be booked, and if not, which rule is against it.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_commands.h"
#include "tools/fasti_facts.h"

static const char *message_text(const struct fasti_explain_answer *explain) {
    return explain->verdict == FASTI_OUTCOME_BOOKED ? "it would be booked"
                                                    : fasti_outcome_text(explain->verdict);
}

/* "schedule anna, visit, Mon 2026-11-30 09:00 +01:00, 20 min: ...". */
static void print_text(const json_t *options, const struct fasti_answer *answer,
                       const struct fasti_civil_answer *time) {
    const struct fasti_explain_answer *explain = &answer->body.explain;
    const char *outcome = fasti_outcome_text(explain->verdict), *detail = answer->detail.text;
    const bool is_free = explain->verdict == FASTI_OUTCOME_BOOKED;
    char start[FASTI_TIMES_TEXT_BYTES], minutes[32] = "";
    fasti_times_format(time->utc_s, time->offset_s, start);
    if (is_free)
        snprintf(minutes, sizeof minutes, ", %u min", (unsigned)explain->duration_minutes);
    printf("schedule %s, %s, %s%s: ", fasti_field_text(options, "schedule", ""),
           fasti_field_text(options, "service", ""), start, minutes);
    if (is_free || detail[0] == '\0' || strcmp(outcome, detail) == 0)
        printf("%s\n", is_free ? detail : outcome);
    else
        printf("%s: %s\n", outcome, detail);
}

static void print_json(const json_t *options, const struct fasti_answer *answer,
                       const struct fasti_civil_answer *time) {
    const struct fasti_explain_answer *explain = &answer->body.explain;
    const bool is_free = explain->verdict == FASTI_OUTCOME_BOOKED;
    fasti_session_print_json(
        json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:I}", "outcome",
                  fasti_outcome_name(explain->verdict), "message", message_text(explain), "detail",
                  answer->detail.text, "bookable", (int)is_free, "schedule",
                  fasti_field_text(options, "schedule", ""), "service",
                  fasti_field_text(options, "service", ""), "start",
                  fasti_json_instant(time->utc_s, time->offset_s), "minutes",
                  is_free ? json_integer(explain->duration_minutes) : json_null(), "as_of",
                  (json_int_t)answer->as_of));
}

enum fasti_exit fasti_run_explain(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct fasti_command command = {.kind = FASTI_COMMAND_EXPLAIN};
    struct fasti_explain_query *query = &command.body.explain;
    struct fasti_civil_answer time;
    struct fasti_answer answer;
    struct fasti_detail detail;
    const enum fasti_status status = fasti_facts_decode(options, &query->facts, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE,
                                     fasti_field_text(options, "schedule", ""), &query->schedule.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SERVICE,
                                     fasti_field_text(options, "service", ""), &query->service.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_times_instant(session, query->schedule, "--start",
                                   fasti_field_text(options, "start", ""), &time);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    query->start_utc_s = time.utc_s;
    exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.outcome != FASTI_OUTCOME_FOUND)
        return fasti_session_refuse(session, &answer, "explain");
    if (session->is_json)
        print_json(options, &answer, &time);
    else
        print_text(options, &answer, &time);
    return answer.body.explain.verdict == FASTI_OUTCOME_BOOKED ? FASTI_EXIT_DONE
                                                               : FASTI_EXIT_REFUSED;
}
