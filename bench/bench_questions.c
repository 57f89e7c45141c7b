/*
 * bench_questions.c - searches about what a server really has: who of this specialty offers this
 * code near there?
 *
 * Of random pairs: the schedule's main specialty, the service's code, and the point where the
 * schedule's location is. So each question has at least one candidate; popular specialties and
 * large cities are asked for as often as they are there.
 */
#include <stdlib.h>

#include "bench/bench.h"

struct asking {
    struct fasti_client *client;
    struct fasti_command command;
    struct fasti_answer answer;
};

/* One call; an answer's own refusal counts as failure. */
static enum fasti_status ask(struct asking *asking, struct fasti_detail *detail) {
    const enum fasti_status status =
        fasti_client_call(asking->client, &asking->command, &asking->answer);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "the connection: %s", fasti_status_text(status));
    if (asking->answer.status != FASTI_OK)
        *detail = asking->answer.detail;
    return asking->answer.status;
}

static enum fasti_status describe(struct asking *asking, enum fasti_entity_kind kind, uint32_t id,
                                  struct fasti_detail *detail) {
    asking->command.kind = FASTI_COMMAND_DESCRIBE;
    asking->command.body.describe = (struct fasti_describe_query){.kind = kind, .id = id};
    FASTI_TRY(ask(asking, detail));
    return asking->answer.body.describe->id == id
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_NOT_FOUND,
                                  "the server does not know any more what it told of");
}

static enum fasti_status question_read(struct asking *asking, struct fasti_bench_pair pair,
                                       struct fasti_bench_question *question,
                                       struct fasti_detail *detail) {
    *question = (struct fasti_bench_question){0};
    FASTI_TRY(describe(asking, FASTI_ENTITY_SERVICE, pair.service.v, detail));
    question->code = asking->answer.body.describe->put.body.service.code;
    FASTI_TRY(describe(asking, FASTI_ENTITY_SCHEDULE, pair.schedule.v, detail));
    const struct fasti_put *schedule = &asking->answer.body.describe->put;
    if (schedule->body.schedule.specialty_count > 0)
        question->specialty = schedule->body.schedule.specialties[0];
    asking->command.kind = FASTI_COMMAND_RESOLVE;
    asking->command.body.resolve = (struct fasti_resolve_query){
        .kind = FASTI_ENTITY_LOCATION, .id = schedule->body.schedule.location};
    FASTI_TRY(ask(asking, detail));
    FASTI_TRY(describe(asking, FASTI_ENTITY_LOCATION, asking->answer.id, detail));
    const struct fasti_put *location = &asking->answer.body.describe->put;
    question->has_position = location->body.location.has_position;
    question->latitude_e7 = location->body.location.latitude_e7;
    question->longitude_e7 = location->body.location.longitude_e7;
    return FASTI_OK;
}

static enum fasti_status read_all(struct asking *asking, struct fasti_bench_world *world,
                                  uint64_t seed, struct fasti_detail *detail) {
    struct fasti_prng prng = {seed};
    const uint32_t wanted = world->pair_count < FASTI_BENCH_QUESTIONS_MAX
                                ? world->pair_count
                                : FASTI_BENCH_QUESTIONS_MAX;
    for (uint32_t i = 0; i < wanted; i++) {
        struct fasti_bench_question *question = &world->questions[world->question_count];
        const uint64_t pair = fasti_prng_below(&prng, world->pair_count);
        FASTI_TRY(question_read(asking, world->pairs[pair], question, detail));
        if (question->code.length > 0 || question->specialty.length > 0)
            world->question_count++;
    }
    if (world->question_count > 0)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_NOT_FOUND,
                            "nobody can be searched for: no schedule has a specialty, and no "
                            "service a code");
}

enum fasti_status fasti_bench_questions_read(struct fasti_client *client,
                                             struct fasti_bench_world *world, uint64_t seed,
                                             struct fasti_detail *detail) {
    struct asking *asking = calloc(1, sizeof *asking); /* a command is too big for the stack */
    world->questions = calloc(FASTI_BENCH_QUESTIONS_MAX, sizeof *world->questions);
    enum fasti_status status = FASTI_LIMIT_MEMORY;
    if (asking != NULL && world->questions != NULL) {
        asking->client = client;
        asking->command.organization = world->organization;
        status = read_all(asking, world, seed, detail);
    }
    free(asking);
    return status;
}
