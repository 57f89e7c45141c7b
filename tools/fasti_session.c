/*
 * fasti_session.c - connecting, asking, naming, and the two ways to say what went wrong.
 */
#include "tools/fasti_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void fasti_session_close(struct fasti_session *session) {
    if (session->client != NULL)
        fasti_client_close(session->client);
    session->client = NULL;
}

/* ---- printing ---- */

void fasti_session_print_json(json_t *answer) {
    FASTI_ASSERT(answer != NULL);
    json_dumpf(answer, stdout, JSON_COMPACT | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(answer);
}

enum fasti_exit fasti_session_fail(struct fasti_session *session, enum fasti_exit exit,
                                   enum fasti_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int used = snprintf(session->failure, sizeof session->failure, "%s", session->where);
    vsnprintf(session->failure + used, sizeof session->failure - (size_t)used, format, arguments);
    va_end(arguments);
    if (session->is_quiet)
        return exit;
    if (session->is_json) {
        const char *name = status == FASTI_OK ? "INVALID_OPTION" : fasti_status_name(status);
        json_t *sentence = json_string(session->failure);
        if (sentence == NULL) /* somebody's bytes that are not UTF-8 */
            sentence = json_string(fasti_status_text(status));
        fasti_session_print_json(
            json_pack("{s:{s:s, s:o}}", "error", "status", name, "message", sentence));
    }
    fprintf(stderr, "fasti: %s\n", session->failure);
    return exit;
}

/* Statuses that speak of what the user typed, not of a broken or foreign peer. */
static bool is_users_input(enum fasti_status status) {
    return fasti_status_class(status) == FASTI_CLASS_INVALID && status != FASTI_INVALID_FRAME &&
           status != FASTI_INVALID_MESSAGE && status != FASTI_INVALID_VERSION &&
           status != FASTI_INVALID_COMMAND;
}

enum fasti_exit fasti_session_fail_status(struct fasti_session *session, enum fasti_status status,
                                          const struct fasti_detail *detail) {
    const bool has_detail = detail != NULL && detail->text[0] != '\0' &&
                            strcmp(detail->text, fasti_status_text(status)) != 0; /* said already */
    return fasti_session_fail(
        session, is_users_input(status) ? FASTI_EXIT_INVALID : FASTI_EXIT_FAILED, status, "%s%s%s",
        fasti_status_text(status), has_detail ? ": " : "", has_detail ? detail->text : "");
}

enum fasti_exit fasti_session_refuse_with(struct fasti_session *session,
                                          const struct fasti_answer *answer, const char *sentence,
                                          json_t *more) {
    snprintf(session->failure, sizeof session->failure, "%s%s", session->where, sentence);
    if (session->is_json && !session->is_quiet) {
        json_t *object =
            json_pack("{s:s, s:s, s:s}", "outcome", fasti_outcome_name(answer->outcome), "message",
                      fasti_outcome_text(answer->outcome), "detail", answer->detail.text);
        if (more != NULL)
            json_object_update(object, more);
        fasti_session_print_json(object);
    }
    json_decref(more);
    if (!session->is_quiet)
        fprintf(stderr, "fasti: %s\n", session->failure);
    return FASTI_EXIT_REFUSED;
}

void fasti_session_why(const struct fasti_answer *answer, char *text, size_t size) {
    const char *outcome = fasti_outcome_text(answer->outcome), *detail = answer->detail.text;
    const bool has_detail = detail[0] != '\0' && strcmp(detail, outcome) != 0; /* said already */
    snprintf(text, size, "%s%s%s", outcome, has_detail ? ": " : "", has_detail ? detail : "");
}

enum fasti_exit fasti_session_refuse(struct fasti_session *session,
                                     const struct fasti_answer *answer, const char *what) {
    char why[300], sentence[sizeof session->failure - sizeof session->where];
    fasti_session_why(answer, why, sizeof why);
    snprintf(sentence, sizeof sentence, "%s: %s", what, why);
    return fasti_session_refuse_with(session, answer, sentence, NULL);
}

const char *fasti_entity_name(enum fasti_entity_kind kind) {
    static const char *const names[] = {"record",  "organization", "location", "practitioner",
                                        "service", "schedule",     "opening",  "zone"};
    return names[kind];
}

/* ---- connection ---- */

enum fasti_exit fasti_session_connect(struct fasti_session *session) {
    if (session->client != NULL)
        return FASTI_EXIT_DONE;
    struct fasti_detail detail = {""};
    const enum fasti_status status =
        fasti_client_open(session->server, session->timeout_ms, &session->client, &detail);
    if (status == FASTI_OK)
        return FASTI_EXIT_DONE;
    session->client = NULL;
    if (status != FASTI_UNREACHABLE)
        return fasti_session_fail_status(session, status, &detail);
    return fasti_session_fail(
        session, FASTI_EXIT_FAILED, status, "no server at %s (%s): start fastid, or say --server",
        session->server == NULL ? FASTI_CLIENT_SERVER_DEFAULT : session->server, detail.text);
}

enum fasti_exit fasti_session_scope(struct fasti_session *session) {
    const enum fasti_exit exit = fasti_session_connect(session);
    if (exit != FASTI_EXIT_DONE || session->organization.v != 0)
        return exit;
    if (session->organization_text == NULL)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "which organization? Say --organization ID, or set "
                                  "FASTI_ORGANIZATION");
    return fasti_session_resolve(session, FASTI_ENTITY_ORGANIZATION, session->organization_text,
                                 &session->organization.v);
}

enum fasti_exit fasti_session_ask(struct fasti_session *session, struct fasti_command *command,
                                  struct fasti_answer *answer) {
    command->organization = session->organization;
    command->request = session->request;
    const enum fasti_status status = fasti_client_call(session->client, command, answer);
    if (status == FASTI_UNREACHABLE) {
        const char *fault = fasti_client_fault(session->client)->text;
        return fasti_session_fail(session, FASTI_EXIT_FAILED, status,
                                  "the connection broke before the answer came: what was asked "
                                  "may or may not have been done (%s)",
                                  fault[0] != '\0' ? fault : fasti_status_text(status));
    }
    if (status != FASTI_OK)
        return fasti_session_fail_status(session, status, fasti_client_fault(session->client));
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_session_ask_again(struct fasti_session *session,
                                        struct fasti_command *command,
                                        struct fasti_answer *answer) {
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    enum fasti_exit exit = fasti_session_ask(session, command, answer);
    for (uint32_t tries = 1; exit == FASTI_EXIT_DONE && answer->status == FASTI_BUSY &&
                             tries < FASTI_SESSION_BUSY_TRIES;
         tries++) {
        (void)nanosleep(&pause, NULL);
        exit = fasti_session_ask(session, command, answer);
    }
    return exit;
}

enum fasti_exit fasti_session_call(struct fasti_session *session, struct fasti_command *command,
                                   struct fasti_answer *answer) {
    const enum fasti_exit exit = fasti_session_ask(session, command, answer);
    if (exit == FASTI_EXIT_DONE && answer->status != FASTI_OK)
        return fasti_session_fail_status(session, answer->status, &answer->detail);
    return exit;
}

/* ---- names ---- */

enum fasti_exit fasti_session_find(struct fasti_session *session, enum fasti_entity_kind kind,
                                   const struct fasti_id_text *text, uint32_t *id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE,
                                    .body.resolve = {.kind = kind, .id = *text}};
    struct fasti_answer answer;
    command.organization = session->organization;
    command.request = session->request;
    *id = 0;
    const enum fasti_status status = fasti_client_call(session->client, &command, &answer);
    if (status != FASTI_OK)
        return fasti_session_fail_status(session, status, fasti_client_fault(session->client));
    if (answer.status == FASTI_NOT_FOUND ||
        (answer.status == FASTI_OK && answer.outcome == FASTI_OUTCOME_NO_SUCH))
        return FASTI_EXIT_DONE;
    if (answer.status != FASTI_OK)
        return fasti_session_fail_status(session, answer.status, &answer.detail);
    *id = answer.id;
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_session_resolve(struct fasti_session *session, enum fasti_entity_kind kind,
                                      const char *text, uint32_t *id) {
    struct fasti_id_text id_text;
    if (fasti_id_text_set(&id_text, text, strlen(text)) != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_ID,
                                  "the id of the %s must be 1 to %d bytes of plain text",
                                  fasti_entity_name(kind), FASTI_ID_BYTES_MAX);
    const enum fasti_exit exit = fasti_session_find(session, kind, &id_text, id);
    if (exit != FASTI_EXIT_DONE || *id != 0)
        return exit;
    if (kind == FASTI_ENTITY_ORGANIZATION)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                                  "there is no organization \"%s\": fasti create organization "
                                  "--id %s makes it",
                                  text, text);
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                              "there is no %s \"%s\" in this organization: fasti list %ss shows "
                              "what there is",
                              fasti_entity_name(kind), text, fasti_entity_name(kind));
}

enum fasti_exit fasti_session_describe(struct fasti_session *session, enum fasti_entity_kind kind,
                                       uint32_t id, uint32_t after,
                                       const struct fasti_describe_answer **answer) {
    static const struct fasti_describe_answer none;
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                    .body.describe = {.kind = kind, .id = id, .after = after}};
    struct fasti_answer result;
    command.organization = session->organization;
    *answer = &none;
    const enum fasti_status status = fasti_client_call(session->client, &command, &result);
    if (status != FASTI_OK)
        return fasti_session_fail_status(session, status, fasti_client_fault(session->client));
    if (result.status == FASTI_NOT_FOUND || result.outcome == FASTI_OUTCOME_NO_SUCH)
        return FASTI_EXIT_DONE;
    if (result.status != FASTI_OK)
        return fasti_session_fail_status(session, result.status, &result.detail);
    *answer = result.body.describe;
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_session_find_put(struct fasti_session *session, enum fasti_entity_kind kind,
                                       const struct fasti_id_text *id,
                                       const struct fasti_put **put) {
    const struct fasti_describe_answer *answer;
    uint32_t dense;
    enum fasti_exit exit = fasti_session_find(session, kind, id, &dense);
    *put = NULL;
    if (exit != FASTI_EXIT_DONE || dense == 0)
        return exit;
    exit = fasti_session_describe(session, kind, dense, 0, &answer);
    if (exit == FASTI_EXIT_DONE && answer->id != 0)
        *put = &answer->put;
    return exit;
}

enum fasti_exit fasti_session_name(struct fasti_session *session, enum fasti_entity_kind kind,
                                   uint32_t id, struct fasti_id_text *text) {
    for (uint32_t i = 0; i < FASTI_SESSION_NAMES_MAX; i++)
        if (session->names[i].kind == kind && session->names[i].id == id) {
            *text = session->names[i].text;
            return FASTI_EXIT_DONE;
        }
    const struct fasti_describe_answer *answer;
    const enum fasti_exit exit = fasti_session_describe(session, kind, id, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer->id == id && id != 0) {
        *text = answer->put.id;
    } else {
        text->length = (uint8_t)snprintf(text->bytes, sizeof text->bytes, "#%u", id);
    }
    struct fasti_session_name *name =
        &session->names[session->name_next++ % FASTI_SESSION_NAMES_MAX];
    *name = (struct fasti_session_name){kind, id, *text};
    return FASTI_EXIT_DONE;
}

/* ---- JSON ---- */

json_t *fasti_json_id(const struct fasti_id_text *text) {
    return json_stringn(text->bytes, text->length);
}

json_t *fasti_json_name(const struct fasti_name_text *text) {
    return json_stringn(text->bytes, text->length);
}

json_t *fasti_json_instant(int64_t utc_s, int32_t offset_s) {
    char text[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(utc_s, offset_s, text);
    return json_string(text);
}

json_t *fasti_json_date(fasti_date date) {
    char text[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(date, text);
    return json_string(text);
}
