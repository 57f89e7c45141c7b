/*
 * fasti_session.h - one run of the command line client: its options, connection and answers.
 *
 * Every command ends in one of four ways, which are the exit codes. Answers go to standard
 * output, as text or as one JSON object (JSON.md); sentences about failures go to standard error,
 * with --json as an object on standard output too. One session, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_SESSION_H
#define FASTI_TOOLS_FASTI_SESSION_H

#include <jansson.h>

#include "api/client.h"
#include "engine/engine.h"

enum fasti_exit {
    FASTI_EXIT_DONE = 0,
    FASTI_EXIT_REFUSED = 1, /* by an outcome of the engine */
    FASTI_EXIT_INVALID = 2, /* usage, or input that is wrong */
    FASTI_EXIT_FAILED = 3,  /* unreachable, or another status */
};

#define FASTI_SESSION_NAMES_MAX  64
#define FASTI_SESSION_BUSY_TRIES 64 /* 20 ms apart */

/* For printf's "%.*s": an id or name text. */
#define FASTI_PRINT(text) (int)(text).length, (text).bytes

struct fasti_session_name {
    enum fasti_entity_kind kind;
    uint32_t id;
    struct fasti_id_text text;
};

struct fasti_session {
    const char *server;            /* NULL: the default */
    const char *organization_text; /* NULL: not given */
    bool is_json;
    fasti_request_id request;
    int32_t timeout_ms; /* 0: the client's default */
    bool is_quiet;      /* failures are kept in `failure` only, for a caller that collects them */
    char failure[512];  /* the sentence of the last failure */
    char where[24];     /* what every failure begins with, as "--item 2: "; empty: nothing */
    struct fasti_client *client;
    fasti_organization_id organization; /* 0 until scoped */
    uint32_t name_next;                 /* the cache of names is a ring */
    struct fasti_session_name names[FASTI_SESSION_NAMES_MAX];
};

void fasti_session_close(struct fasti_session *session);

/* Every function below says DONE, or has printed why not and says how the program ends. */

/* Connects if that was not done yet. */
FASTI_MUST_USE enum fasti_exit fasti_session_connect(struct fasti_session *session);

/* Connects, and finds the organization that --organization names. */
FASTI_MUST_USE enum fasti_exit fasti_session_scope(struct fasti_session *session);

/* Sets the organization and request id of the command and asks; what is answered is the caller's
 * to look at. */
FASTI_MUST_USE enum fasti_exit fasti_session_ask(struct fasti_session *session,
                                                 struct fasti_command *command,
                                                 struct fasti_answer *answer);

/* As ask, but asks again while the server is BUSY, up to FASTI_SESSION_BUSY_TRIES times in all. */
FASTI_MUST_USE enum fasti_exit fasti_session_ask_again(struct fasti_session *session,
                                                       struct fasti_command *command,
                                                       struct fasti_answer *answer);

/* As ask, and refuses statuses that are not OK; the outcome is the caller's to look at. */
FASTI_MUST_USE enum fasti_exit fasti_session_call(struct fasti_session *session,
                                                  struct fasti_command *command,
                                                  struct fasti_answer *answer);

/* The dense id of an external id; *id 0 (and DONE) when there is none. */
FASTI_MUST_USE enum fasti_exit fasti_session_find(struct fasti_session *session,
                                                  enum fasti_entity_kind kind,
                                                  const struct fasti_id_text *text, uint32_t *id);

/* As find, but an id that is not there is INVALID with a sentence. */
FASTI_MUST_USE enum fasti_exit fasti_session_resolve(struct fasti_session *session,
                                                     enum fasti_entity_kind kind, const char *text,
                                                     uint32_t *id);

/* The external id of a dense one; "#N" if the server does not know it. */
FASTI_MUST_USE enum fasti_exit fasti_session_name(struct fasti_session *session,
                                                  enum fasti_entity_kind kind, uint32_t id,
                                                  struct fasti_id_text *text);

/* One record by dense id, or (id 0) the first one after `after`; *answer->id 0 if there is none.
 * What *answer points to is valid until the next call. */
FASTI_MUST_USE enum fasti_exit fasti_session_describe(struct fasti_session *session,
                                                      enum fasti_entity_kind kind, uint32_t id,
                                                      uint32_t after,
                                                      const struct fasti_describe_answer **answer);

/* The put of the record that is there under an external id; *put NULL: there is none. Valid until
 * the next call. */
FASTI_MUST_USE enum fasti_exit fasti_session_find_put(struct fasti_session *session,
                                                      enum fasti_entity_kind kind,
                                                      const struct fasti_id_text *id,
                                                      const struct fasti_put **put);

/* ---- printing ---- */

/* Prints a failure: status may be OK (then only the sentence counts). Returns exit. */
__attribute__((format(printf, 4, 5))) enum fasti_exit
fasti_session_fail(struct fasti_session *session, enum fasti_exit exit, enum fasti_status status,
                   const char *format, ...);

/* Prints a status that the server or client library gave. */
enum fasti_exit fasti_session_fail_status(struct fasti_session *session, enum fasti_status status,
                                          const struct fasti_detail *detail);

/* Prints an outcome that is not done; `what` names the thing, as in "appointment 17". REFUSED. */
enum fasti_exit fasti_session_refuse(struct fasti_session *session,
                                     const struct fasti_answer *answer, const char *what);

/* An outcome in words, with the sentence of the answer where that adds something. */
void fasti_session_why(const struct fasti_answer *answer, char *text, size_t size);

/* As refuse, with a sentence of the caller's own; with --json the fields of `more` (its reference
 * is taken; NULL: none) stand in the object. */
enum fasti_exit fasti_session_refuse_with(struct fasti_session *session,
                                          const struct fasti_answer *answer, const char *sentence,
                                          json_t *more);

/* Prints the answer as JSON and drops the reference; for is_json only. */
void fasti_session_print_json(json_t *answer);

/* "organization", "location" ... */
const char *fasti_entity_name(enum fasti_entity_kind kind);

/* ---- JSON of small things (new references) ---- */

json_t *fasti_json_id(const struct fasti_id_text *text);
json_t *fasti_json_name(const struct fasti_name_text *text);
json_t *fasti_json_instant(int64_t utc_s, int32_t offset_s);
json_t *fasti_json_date(fasti_date date);

#endif
