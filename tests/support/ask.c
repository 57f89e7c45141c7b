/*
 * ask.c - each question is one blocking call.
 */
#include "tests/support/ask.h"

#include <string.h>

#include "tests/support/stop.h"

struct fasti_client *ask_open(const char *server) {
    struct fasti_client *client;
    struct fasti_detail detail = {""};
    if (fasti_client_open(server, 0, &client, &detail) != FASTI_OK)
        stop("no server", detail.text);
    return client;
}

struct fasti_answer ask_found(struct fasti_client *client, fasti_organization_id organization,
                              struct fasti_command *command, const char *what) {
    struct fasti_answer answer;
    command->organization = organization;
    if (fasti_client_call(client, command, &answer) != FASTI_OK)
        stop("no answer", what);
    if (answer.status != FASTI_OK || answer.outcome != FASTI_OUTCOME_FOUND)
        stop(answer.detail.text[0] != '\0' ? answer.detail.text : "refused", what);
    return answer;
}

uint32_t ask_resolve(struct fasti_client *client, fasti_organization_id organization,
                     enum fasti_entity_kind kind, const char *id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE, .body.resolve.kind = kind};
    if (fasti_id_text_set(&command.body.resolve.id, id, strlen(id)) != FASTI_OK)
        stop("not an id", id);
    return ask_found(client, organization, &command, id).id;
}
