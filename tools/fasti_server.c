/*
 * fasti_server.c - how the server is: status and checkpoint.
 */
#include <stdio.h>

#include "tools/fasti_columns.h"
#include "tools/fasti_commands.h"

static json_t *status_json(const struct fasti_session *session,
                           const struct fasti_status_answer *status) {
    const struct fasti_client_server *server = fasti_client_server(session->client);
    char digest[33];
    snprintf(digest, sizeof digest, "%016llx%016llx", (unsigned long long)status->digest.high,
             (unsigned long long)status->digest.low);
    json_t *object = json_pack(
        "{s:s, s:i, s:I, s:I, s:o, s:o, s:s, s:b}", "version", server->version, "wire_version",
        (int)server->wire_version, "lsn_durable", (json_int_t)status->lsn_durable, "epoch",
        (json_int_t)status->epoch, "now", fasti_json_instant(status->now_ms / 1000, 0), "started",
        fasti_json_instant(status->started_ms / 1000, 0), "digest", digest, "disk_low",
        (int)status->disk_low);
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"organizations", status->organizations},
        {"locations", status->locations},
        {"practitioners", status->practitioners},
        {"services", status->services},
        {"schedules", status->schedules},
        {"patterns", status->patterns},
        {"plans", status->plans},
        {"appointments", status->appointments},
        {"records", status->records},
        {"recovered_effects", status->recovered_effects},
        {"recovery_ms", (uint64_t)status->recovery_ms},
        {"arena_bytes", status->arena_bytes},
        {"workers", status->workers},
        {"pending", status->pending},
        {"snapshot", status->snapshot},
        {"snapshot_lsn", status->snapshot_lsn},
        {"snapshot_bytes", status->snapshot_bytes},
        {"snapshots_failed", status->snapshots_failed},
        {"past_days", status->past_days},
        {"retention_days", status->retention_days},
        {"retired_days", status->retired_days},
        {"purged_records", status->purged_records},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(object, counts[i].name, json_integer((json_int_t)counts[i].value));
    return object;
}

static void print_object(json_t *object) {
    struct fasti_columns table;
    const char *name;
    json_t *value;
    fasti_columns_init(&table, 2);
    json_object_foreach(object, name, value) {
        fasti_columns_cell(&table, "%s", name);
        if (json_is_integer(value))
            fasti_columns_cell(&table, "%lld", (long long)json_integer_value(value));
        else
            fasti_columns_cell(&table, "%s",
                               json_is_boolean(value) ? (json_is_true(value) ? "yes" : "no")
                                                      : json_string_value(value));
    }
    fasti_columns_print(&table, stdout);
    fasti_columns_deinit(&table);
}

enum fasti_exit fasti_run_status(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec, (void)options;
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    enum fasti_exit exit = fasti_session_connect(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    json_t *object = status_json(session, &answer.body.status);
    if (session->is_json) {
        fasti_session_print_json(object);
        return FASTI_EXIT_DONE;
    }
    print_object(object);
    json_decref(object);
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_run_checkpoint(struct fasti_session *session,
                                     const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec, (void)options;
    struct fasti_command command = {.kind = FASTI_COMMAND_CHECKPOINT};
    struct fasti_answer answer;
    enum fasti_exit exit = fasti_session_connect(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(answer.outcome))
        return fasti_session_refuse(session, &answer, "checkpoint");
    if (session->is_json)
        fasti_session_print_json(status_json(session, &answer.body.status));
    else
        printf("snapshot %llu is written: %llu bytes, all that is below log position %llu\n",
               (unsigned long long)answer.body.status.snapshot,
               (unsigned long long)answer.body.status.snapshot_bytes,
               (unsigned long long)answer.body.status.snapshot_lsn);
    return FASTI_EXIT_DONE;
}
