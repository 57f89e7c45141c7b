/*
 * ask.h - questions to a server that must be answered: anything else ends the program.
 *
 * What an answer points to is valid until the client's next call.
 */
#ifndef FASTI_TESTS_SUPPORT_ASK_H
#define FASTI_TESTS_SUPPORT_ASK_H

#include "api/client.h"

struct fasti_client *ask_open(const char *server);

/* The answer to a query, which must be FOUND; what: named when it is not. */
struct fasti_answer ask_found(struct fasti_client *client, fasti_organization_id organization,
                              struct fasti_command *command, const char *what);

/* The dense id of a record that is there. */
uint32_t ask_resolve(struct fasti_client *client, fasti_organization_id organization,
                     enum fasti_entity_kind kind, const char *id);

#endif
