/*
 * fasti_options.h - one command's options, from a table of fields through argp into an object.
 */
#ifndef FASTI_TOOLS_FASTI_OPTIONS_H
#define FASTI_TOOLS_FASTI_OPTIONS_H

#include <argp.h>

#include "tools/fasti_fields.h"
#include "tools/fasti_session.h"

#define FASTI_OPTIONS_MAX 40 /* fields of one command */

/* One command: two words, or one. */
struct fasti_command_spec {
    const char *verb;
    const char *noun;     /* NULL: a command of one word */
    const char *argument; /* a positional argument, such as "DIR", or several, "RECORD..."; NULL:
                             none */
    const char *help;     /* one sentence, then after a \v more */
    const struct fasti_field *fields;
    uint32_t field_count;
    enum fasti_exit (*run)(struct fasti_session *session, const struct fasti_command_spec *spec,
                           const json_t *options);
    enum fasti_line_kind kind; /* of create and set */
};

/* The name under which options hold the positional argument, of several an array. */
#define FASTI_ARGUMENT "argument"

/* Options of every command: --server, --organization, --json ... argp's input: the session. */
extern const struct argp fasti_options_global;

/* Parses argv (argv[0]: what usage calls the program) into *options, a new object. A mistake
 * prints a sentence and ends the program with FASTI_EXIT_INVALID; so does --help with 0. argp_flags
 * 0; a fuzzer that must not end passes argp's ARGP_NO_ERRS, ARGP_NO_EXIT and ARGP_NO_HELP, and
 * then the object has what was right. */
void fasti_options_parse(struct fasti_session *session, const struct fasti_command_spec *spec,
                         int argc, char **argv, unsigned int argp_flags, json_t **options);

#endif
