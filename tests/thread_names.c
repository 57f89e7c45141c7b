/*
 * thread_names.c - questions for names beside edits of other workers: an edit that was answered is
 * found, what it replaced is not, and no question sees half of one.
 *
 *   workers 0, 1   own a person each: give it another name -> answered -> found by that, and not by
 *                  the one before; all persons together are always as many as there are
 *   worker 2       gives others new names, one by one
 *   worker 3       imports so many names at once that the index is made anew, of another
 *                  organization, where nobody is ever called as here
 *
 * A plain program: ctest runs it, also under ThreadSanitizer.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/seed.h"
#include "tests/support/thread_world.h"

#define WORKERS 4
#define PERSONS 60
#define IMPORT  (FASTI_NAMES_CHANGES_MAX + 100)
#define ROUNDS  150 /* of each owner, at least, and until there were enough imports */
#define IMPORTS 3

static uint64_t seed; /* of who gets another name */
static _Atomic uint32_t owners_left, imports;

/* How many are called so? */
static uint32_t told(uint32_t worker, uint32_t organization, const char *text, uint32_t round) {
    struct fasti_command command = {.kind = FASTI_COMMAND_NAMES, .organization = {organization}};
    if (fasti_name_text_set(&command.body.names.text, text, strlen(text)) != FASTI_OK)
        thread_fault(worker, round, text);
    command.body.names.limit = 10;
    const struct fasti_answer answer = thread_call(worker, &command);
    if (answer.status != FASTI_OK)
        thread_fault(worker, round, answer.detail.text);
    return answer.status == FASTI_OK ? answer.body.names->total : 0;
}

static struct fasti_command person_of(uint32_t organization, uint32_t person, const char *name,
                                      uint32_t number) {
    char text[64];
    snprintf(text, sizeof text, "p-%u", person);
    struct fasti_command command = engine_put(FASTI_ENTITY_PRACTITIONER, organization, text);
    snprintf(text, sizeof text, "%s %u", name, number);
    if (fasti_name_text_set(&command.body.put.name, text, strlen(text)) != FASTI_OK)
        abort();
    return command;
}

static void *own(void *context) {
    const uint32_t worker = *(uint32_t *)context;
    for (uint32_t round = 1;
         (round < ROUNDS || fasti_load_seq_cst(&imports) < IMPORTS) && thread_faults() == 0;
         round++) {
        char now[32], before[32];
        const uint32_t number = round * 2 + worker;
        const struct fasti_command command = person_of(1, worker, "Änne Müller", number + 1000);
        snprintf(now, sizeof now, "muller %u", number + 1000);
        snprintf(before, sizeof before, "%u anne", number + 998);
        if (thread_call(worker, &command).status != FASTI_OK)
            thread_fault(worker, round, "not edited");
        if (told(worker, 1, now, round) != 1)
            thread_fault(worker, round, "not told of a name that was given");
        if (told(worker, 1, before, round) != 0)
            thread_fault(worker, round, "told of a name that was taken away");
        if (told(worker, 1, "muell aen", round) != PERSONS)
            thread_fault(worker, round, "more or fewer than there are");
    }
    (void)fasti_add_seq_cst(&owners_left, UINT32_MAX);
    thread_leave(worker);
    return NULL;
}

static void *others_change(void *context) {
    struct fasti_prng prng = {seed};
    (void)context;
    for (uint32_t n = 0; fasti_load_seq_cst(&owners_left) > 0; n++) {
        const uint32_t person = 2 + (uint32_t)fasti_prng_below(&prng, PERSONS - 2);
        const struct fasti_command command = person_of(1, person, "Änne Müller", n % 10);
        if (thread_call(2, &command).status != FASTI_OK)
            thread_fault(2, n, "not edited");
        if (told(2, 1, "anna", n) != 0)
            thread_fault(2, n, "told of another organization's");
    }
    thread_leave(2);
    return NULL;
}

static void *others_import(void *context) {
    (void)context;
    for (uint32_t n = 0; fasti_load_seq_cst(&owners_left) > 0; n++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {2}};
        const uint32_t import = thread_call(3, &command).body.import.import;
        for (uint32_t person = 0; person < IMPORT; person++) {
            command = person_of(2, person, "Anna Ångström", n);
            command.import = import;
            if (thread_call(3, &command).status != FASTI_OK)
                thread_fault(3, n, "not staged");
        }
        command = (struct fasti_command){.kind = FASTI_COMMAND_IMPORT_COMMIT, .organization = {2}};
        command.body.import.import = import;
        if (thread_call(3, &command).status != FASTI_OK || told(3, 2, "aangst", n) != IMPORT)
            thread_fault(3, n, "not imported, or not told of it");
        (void)fasti_add_seq_cst(&imports, UINT32_C(1));
    }
    thread_leave(3);
    return NULL;
}

int main(void) {
    static void *(*const roles[WORKERS])(void *) = {own, own, others_change, others_import};
    struct fasti_prng prng = fasti_test_prng("thread_names");
    seed = fasti_prng_next(&prng);
    struct engine_world *world = thread_world_make(WORKERS, "2026-01-05T07:00:00Z");
    for (uint32_t i = 0; i < 2 + PERSONS; i++) {
        const struct fasti_command command =
            i < 2 ? engine_put(FASTI_ENTITY_ORGANIZATION, 0, i == 0 ? "here" : "there")
                  : person_of(1, i - 2, "Änne Müller", 0);
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        if (answer.status != FASTI_OK)
            thread_fault(0, i, answer.detail.text);
    }
    fasti_store_seq_cst(&owners_left, UINT32_C(2));
    if (!thread_world_run(roles))
        return 1;
    printf("thread_names: at least %d rounds of 2 owners, %u imports beside them, %u faults\n",
           ROUNDS, fasti_load_seq_cst(&imports), thread_faults());
    return thread_world_end();
}
