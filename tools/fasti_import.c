/*
 * fasti_import.c - the pipeline of staged puts, its progress, its end.
 */
#include "tools/fasti_import.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fasti_commands.h"

/* Set by Ctrl-C; a signal handler can reach nothing else. */
static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int signal) {
    (void)signal;
    is_interrupted = 1;
}

struct pipeline {
    struct fasti_session *session;
    const struct fasti_import_job *job;
    fasti_organization_id scope;        /* of the import; 0: of several */
    fasti_organization_id organization; /* of the next put */
    uint32_t import;
    uint64_t count, sent, answered; /* puts */
    uint64_t barrier; /* 1 + the put of an organization that is on its way; 0: none is */
    uint64_t failed;  /* index of the first put that was refused, if failure is not OK */
    enum fasti_status failure;
    struct fasti_detail detail;
    uint64_t *staged; /* bit n: put n was staged; those are numbered by the server, in order */
    uint32_t *made;   /* with job->owner: what an organization's put was answered with */
};

/* On a terminal a line that overwrites itself; else a line a tenth of a long import. */
static void show_progress(const struct pipeline *pipeline, bool is_terminal) {
    const uint64_t count = pipeline->count, done = pipeline->answered;
    if (is_terminal && (done % 64 == 0 || done == count))
        fprintf(stderr, "\rimport: %llu of %llu records%s", (unsigned long long)done,
                (unsigned long long)count, done == count ? "\n" : "");
    else if (!is_terminal && count >= 1000 && done % (count / 10) == 0)
        fprintf(stderr, "import: %llu of %llu records\n", (unsigned long long)done,
                (unsigned long long)count);
}

/* BEGIN or COMMIT; the answer's status and outcome are the caller's to look at. A commit that was
 * BUSY is open still. */
static enum fasti_exit ask(struct pipeline *pipeline, enum fasti_command_kind kind,
                           struct fasti_answer *answer) {
    struct fasti_session *session = pipeline->session;
    struct fasti_command command = {
        .kind = kind, .body.import = {.import = pipeline->import, .source = pipeline->job->source}};
    const fasti_organization_id own = session->organization;
    session->organization = pipeline->scope;
    const enum fasti_exit exit = fasti_session_ask_again(session, &command, answer);
    session->organization = own;
    return exit;
}

/* The organization that the import makes comes first. */
static void put_fill(const struct pipeline *pipeline, uint64_t index, struct fasti_put *put,
                     char *where, size_t where_size) {
    const char *creates = pipeline->job->creates;
    if (creates != NULL && index == 0) {
        memset(put, 0, sizeof *put);
        where[0] = '\0';
        put->kind = FASTI_ENTITY_ORGANIZATION;
        put->create_only = true;
        const enum fasti_status status = fasti_id_text_set(&put->id, creates, strlen(creates));
        FASTI_ASSERT(status == FASTI_OK); /* fasti_import_scope has looked */
        return;
    }
    pipeline->job->put(pipeline->job->context, index - (creates != NULL), put, where, where_size);
}

/* Whose the next put is, where the job says so. */
static fasti_organization_id owner_of(const struct pipeline *pipeline) {
    if (pipeline->job->owner == NULL)
        return pipeline->organization;
    const uint64_t owner = pipeline->job->owner(pipeline->job->context, pipeline->sent);
    return (fasti_organization_id){owner == UINT64_MAX ? 0 : pipeline->made[owner]};
}

static enum fasti_status send_next(struct pipeline *pipeline, struct fasti_command *command) {
    char where[320];
    memset(command, 0, sizeof *command);
    command->kind = FASTI_COMMAND_PUT;
    command->import = pipeline->import;
    put_fill(pipeline, pipeline->sent, &command->body.put, where, sizeof where);
    const bool is_organization = command->body.put.kind == FASTI_ENTITY_ORGANIZATION;
    command->organization = is_organization ? pipeline->scope : owner_of(pipeline);
    command->body.put.organization.v = is_organization ? 0 : command->organization.v;
    const enum fasti_status status =
        fasti_client_send(pipeline->session->client, command, pipeline->sent);
    if (status == FASTI_OK && is_organization)
        pipeline->barrier = 1 + pipeline->sent;
    return status;
}

static void fault_keep(struct pipeline *pipeline, uint64_t index,
                       const struct fasti_answer *answer) {
    pipeline->failed = index;
    pipeline->failure = answer->status != FASTI_OK ? answer->status : FASTI_INVALID_REFERENCE;
    pipeline->detail = answer->detail;
    if (pipeline->detail.text[0] == '\0')
        fasti_detail_set(&pipeline->detail, FASTI_OK, "%s",
                         answer->status != FASTI_OK ? fasti_status_text(answer->status)
                                                    : fasti_outcome_text(answer->outcome));
}

static void take_answer(struct pipeline *pipeline, const struct fasti_answer *answer) {
    pipeline->answered++;
    if (pipeline->barrier == 1 + answer->tag) {
        pipeline->barrier = 0;
        pipeline->organization.v = answer->id;
        if (pipeline->made != NULL)
            pipeline->made[answer->tag] = answer->id;
    }
    const bool is_good = answer->status == FASTI_OK && fasti_outcome_is_done(answer->outcome);
    if (answer->outcome == FASTI_OUTCOME_STAGED)
        pipeline->staged[answer->tag / 64] |= UINT64_C(1) << answer->tag % 64;
    if (is_good || (pipeline->failure != FASTI_OK && answer->tag > pipeline->failed))
        return;
    fault_keep(pipeline, answer->tag, answer);
}

/* Stages all puts. The return value speaks of the connection; pipeline->failure of the puts. */
static enum fasti_status stage(struct pipeline *pipeline) {
    struct fasti_client *client = pipeline->session->client;
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    const uint32_t allowed = fasti_client_server(client)->in_flight_max;
    const uint32_t window = allowed < FASTI_IMPORT_WINDOW ? allowed : FASTI_IMPORT_WINDOW;
    struct fasti_command *command = malloc(sizeof *command);
    if (command == NULL)
        return FASTI_LIMIT_MEMORY;
    enum fasti_status status = FASTI_OK;
    while (status == FASTI_OK && pipeline->answered < pipeline->count) {
        const bool may_send = pipeline->failure == FASTI_OK && !is_interrupted &&
                              pipeline->barrier == 0 && pipeline->sent < pipeline->count &&
                              pipeline->sent - pipeline->answered < window;
        if (may_send) {
            status = send_next(pipeline, command);
            pipeline->sent += status == FASTI_OK;
            if (status == FASTI_LIMIT_MESSAGE) { /* this put, not the connection */
                pipeline->failed = pipeline->sent;
                pipeline->failure = status;
                fasti_detail_set(&pipeline->detail, status, "%s", fasti_status_text(status));
                status = FASTI_OK;
            }
            continue;
        }
        if (pipeline->sent == pipeline->answered)
            break; /* failed or interrupted, and all that was on its way is back */
        struct fasti_answer answer;
        status = fasti_client_receive(client, &answer);
        if (status == FASTI_OK && answer.tag >= pipeline->sent)
            status = FASTI_INVALID_MESSAGE; /* nobody asked for that */
        if (status != FASTI_OK)
            break;
        take_answer(pipeline, &answer);
        show_progress(pipeline, is_terminal);
    }
    free(command);
    return status;
}

/* Gives the staged puts up; what went wrong is printed by the caller, so this says nothing. */
static void abandon(struct pipeline *pipeline) {
    struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_ABORT,
                                    .organization = pipeline->scope,
                                    .body.import = {.import = pipeline->import}};
    struct fasti_answer answer;
    if (fasti_client_call(pipeline->session->client, &command, &answer) != FASTI_OK)
        fputs("fasti: the server did not hear of the abort; it forgets the import by itself\n",
              stderr);
}

/* Prints what was refused: a put (failed below count), or all of it. */
static enum fasti_exit refuse(struct pipeline *pipeline) {
    const bool is_input = fasti_status_class(pipeline->failure) == FASTI_CLASS_INVALID &&
                          pipeline->failure != FASTI_STALE;
    const enum fasti_exit exit = is_input ? FASTI_EXIT_INVALID : FASTI_EXIT_FAILED;
    const char *why = pipeline->detail.text;
    if (pipeline->failed >= pipeline->count)
        return fasti_session_fail(pipeline->session, exit, pipeline->failure,
                                  "%s; nothing was imported", why);
    struct fasti_put put;
    char where[320] = "";
    put_fill(pipeline, pipeline->failed, &put, where, sizeof where);
    return fasti_session_fail(
        pipeline->session, exit, pipeline->failure, "%s%s%s \"%.*s\": %s; nothing was imported",
        where, where[0] == '\0' ? "" : ": ",
        put.kind == FASTI_ENTITY_OPENINGS ? "openings of" : fasti_entity_name(put.kind),
        FASTI_PRINT(put.id), why);
}

/* The index of the put that the server staged as number (from 1); count if it is none of ours. */
static uint64_t staged_index(const struct pipeline *pipeline, uint32_t number) {
    uint64_t seen = 0;
    for (uint64_t index = 0; number != 0 && index < pipeline->count; index++) {
        seen += pipeline->staged[index / 64] >> index % 64 & 1;
        if (seen == number)
            return index;
    }
    return pipeline->count;
}

static enum fasti_exit commit(struct pipeline *pipeline, struct fasti_import_answer *result) {
    struct fasti_answer answer;
    const enum fasti_exit exit = ask(pipeline, FASTI_COMMAND_IMPORT_COMMIT, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.status == FASTI_UNKNOWN)
        return fasti_session_fail_status(pipeline->session, answer.status, &answer.detail);
    if (answer.status != FASTI_OK || !fasti_outcome_is_done(answer.outcome)) {
        fault_keep(pipeline, staged_index(pipeline, answer.id), &answer);
        if (answer.status == FASTI_BUSY)
            abandon(pipeline);
        return refuse(pipeline);
    }
    *result = answer.body.import;
    return exit;
}

static enum fasti_exit run_pipeline(struct pipeline *pipeline, struct fasti_import_answer *result) {
    struct fasti_session *session = pipeline->session;
    struct fasti_answer answer;
    const enum fasti_exit exit = ask(pipeline, FASTI_COMMAND_IMPORT_BEGIN, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (answer.status != FASTI_OK)
        return fasti_session_fail_status(session, answer.status, &answer.detail);
    pipeline->import = answer.body.import.import;
    const enum fasti_status status = stage(pipeline);
    const char *fault = fasti_client_fault(session->client)->text;
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, status,
                                  "the connection broke while staging (%s): nothing was imported",
                                  fault[0] != '\0' ? fault : fasti_status_text(status));
    if (pipeline->failure != FASTI_OK || is_interrupted) {
        abandon(pipeline);
        return pipeline->failure != FASTI_OK
                   ? refuse(pipeline)
                   : fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_OK,
                                        "interrupted: nothing was imported");
    }
    return commit(pipeline, result);
}

enum fasti_exit fasti_import_run(struct fasti_session *session, const struct fasti_import_job *job,
                                 struct fasti_import_answer *result) {
    const bool is_of_several = job->is_of_several || job->creates != NULL;
    struct pipeline pipeline = {.session = session,
                                .job = job,
                                .count = job->count + (job->creates != NULL),
                                .scope = is_of_several ? (fasti_organization_id){0}
                                                       : session->organization,
                                .organization = session->organization,
                                .failure = FASTI_OK};
    pipeline.staged = calloc(pipeline.count / 64 + 1, sizeof *pipeline.staged);
    if (job->owner != NULL)
        pipeline.made = calloc(pipeline.count + 1, sizeof *pipeline.made);
    if (pipeline.staged == NULL || (job->owner != NULL && pipeline.made == NULL)) {
        free(pipeline.staged);
        free(pipeline.made);
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                  "no memory for %llu records; nothing was imported",
                                  (unsigned long long)pipeline.count);
    }
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART}, before;
    is_interrupted = 0;
    sigaction(SIGINT, &action, &before);
    enum fasti_exit exit = run_pipeline(&pipeline, result);
    sigaction(SIGINT, &before, NULL);
    free(pipeline.staged);
    free(pipeline.made);
    if (exit == FASTI_EXIT_DONE && job->creates != NULL)
        exit = fasti_session_resolve(session, FASTI_ENTITY_ORGANIZATION, job->creates,
                                     &session->organization.v);
    return exit;
}

enum fasti_exit fasti_import_scope(struct fasti_session *session, const char **creates) {
    struct fasti_id_text id;
    const char *text = session->organization_text;
    *creates = NULL;
    if (text == NULL || fasti_id_text_set(&id, text, strlen(text)) != FASTI_OK)
        return fasti_session_scope(session); /* says what is wrong */
    enum fasti_exit exit = fasti_session_connect(session);
    if (exit == FASTI_EXIT_DONE)
        exit =
            fasti_session_find(session, FASTI_ENTITY_ORGANIZATION, &id, &session->organization.v);
    if (exit == FASTI_EXIT_DONE && session->organization.v == 0)
        *creates = text;
    return exit;
}
