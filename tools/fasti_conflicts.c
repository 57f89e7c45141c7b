/*
 * fasti_conflicts.c - appointments that an edit left outside all openings; see fasti_conflicts.h.
 */
#include "tools/fasti_conflicts.h"

#include <stdlib.h>

#include "tools/fasti_commands.h"

enum fasti_exit fasti_conflicts_now(struct fasti_session *session, int64_t *now_utc_s) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    const enum fasti_exit exit = fasti_session_call(session, &command, &answer);
    if (exit == FASTI_EXIT_DONE)
        *now_utc_s = (answer.body.status.now_ms + 999) / 1000;
    return exit;
}

static enum fasti_exit schedule_conflicts(struct fasti_session *session, fasti_schedule_id schedule,
                                          int64_t now_utc_s, struct fasti_list_answer *page,
                                          uint32_t *count, json_t *list) {
    struct fasti_command command = {
        .kind = FASTI_COMMAND_LIST,
        .body.list = {.by = FASTI_LIST_BY_SCHEDULE,
                      .schedule = schedule,
                      .only_conflicts = true,
                      .from_utc_s = now_utc_s,
                      .to_utc_s = (int64_t)(FASTI_DATE_LAST + 2) * FASTI_DAY_SECONDS,
                      .limit = FASTI_LIST_MAX}};
    enum fasti_exit exit;
    do {
        struct fasti_answer answer;
        exit = fasti_session_call(session, &command, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        *page = *answer.body.list; /* naming a record asks the server in between */
        *count += page->count;
        for (uint32_t i = 0; i < page->count && exit == FASTI_EXIT_DONE; i++) {
            json_t *object = NULL;
            if (json_array_size(list) >= FASTI_CONFLICTS_LISTED)
                continue;
            exit = fasti_records_json(session, &page->records[i], &object);
            if (exit == FASTI_EXIT_DONE)
                json_array_append_new(list, object);
        }
        command.body.list.before = page->next;
    } while (exit == FASTI_EXIT_DONE && page->more);
    return exit;
}

enum fasti_exit fasti_conflicts_find(struct fasti_session *session, fasti_schedule_id schedule,
                                     uint32_t max, uint32_t *count, json_t *list) {
    struct fasti_list_answer *page = malloc(sizeof *page);
    if (page == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    int64_t now_utc_s = 0;
    uint32_t found = 0;
    enum fasti_exit exit = max == 0 ? FASTI_EXIT_DONE : fasti_conflicts_now(session, &now_utc_s);
    if (exit == FASTI_EXIT_DONE && schedule.v != 0 && max > 0)
        exit = schedule_conflicts(session, schedule, now_utc_s, page, &found, list);
    for (uint32_t after = 0; exit == FASTI_EXIT_DONE && schedule.v == 0 && found < max;) {
        const struct fasti_describe_answer *answer;
        exit = fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            break;
        after = answer->id;
        exit =
            schedule_conflicts(session, (fasti_schedule_id){after}, now_utc_s, page, &found, list);
    }
    *count += found;
    free(page);
    return exit;
}

void fasti_conflicts_print(uint32_t count, const json_t *list) {
    if (count == 0)
        return;
    printf("appointments that no opening covers any more: %u (kept; move or cancel them)\n", count);
    fasti_conflicts_print_list(list);
}

void fasti_conflicts_print_list(const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *record = json_array_get(list, i);
        printf("  record %lld  schedule %s  %s\n",
               (long long)fasti_field_integer(record, "record", 0),
               fasti_field_text(record, "schedule", ""), fasti_field_text(record, "start", ""));
    }
}
