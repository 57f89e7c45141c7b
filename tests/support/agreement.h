/*
 * agreement.h - an engine on a simulated disk beside the naive model of its rules: availability =
 * what BOOK accepts = what EXPLAIN says = what LIST shows = rule_model.
 *
 *   random terms, openings, patients and clock --> engine (simulated disk)  --> outcome
 *                                              \-> rule_model (a plain list) -> the same outcome
 *
 * An act is one command that takes, changes or frees time. agreement_expect says what the model
 * has it come to, agreement_apply lets the model follow what was answered: apart from each other,
 * so that two acts of two workers can be tried in both orders (booking_race.h).
 * Whatever differs ends the program, by check.h. Threading: one thread.
 */
#ifndef FASTI_TESTS_SUPPORT_AGREEMENT_H
#define FASTI_TESTS_SUPPORT_AGREEMENT_H

#include "engine/base/prng.h"
#include "tests/support/engine_world.h"
#include "tests/support/rule_model.h"

#define AGREEMENT_DAYS    12
#define AGREEMENT_MINUTES ((AGREEMENT_DAYS + 6) * 1440) /* from two days before the first */
#define AGREEMENT_NOBODY  UINT32_MAX

/* What takes each minute of a schedule: how many, whose start the first of them has, and whether
 * all are of that service and start. */
struct agreement_minute {
    uint16_t taken;
    bool is_mixed;
    uint32_t service;
    int64_t start_utc_s;
};
struct agreement_minutes {
    struct agreement_minute at[RULE_MODEL_SCHEDULES + 1][AGREEMENT_MINUTES];
};

#define AGREEMENT_OTHERS 2

struct agreement_act {
    struct fasti_command command;
    struct rule_model_question question; /* BOOK, HOLD, MOVE: the same as the command's row */
    struct rule_model_question others[AGREEMENT_OTHERS]; /* BOOK, HOLD: alternatives to it */
    uint32_t other_count;
    bool is_fair;    /* among them the schedule with the fewest visits that day comes first */
    uint32_t target; /* in the model's visits: which it changes */
};

struct agreement {
    struct fasti_prng prng;
    bool is_tight; /* few days and starts, limits that are soon reached: for what two workers do */
    bool has_sources;   /* blocks have sources and replace others; the explorers of mistakes go
                           without, for what they catch rests on the acts that their seeds make */
    bool has_snapshots; /* snapshots are written while acts go on, and loaded after crashes; as
                           above */
    struct engine_world *world;
    struct rule_model model;
    struct fasti_zone zone;
    fasti_date first_date;
    uint32_t seen[64]; /* questions, by what the model said (enum fasti_outcome) */
    uint32_t acts[64]; /* acts, by the same */
    struct agreement_minutes model_minutes, engine_minutes;
    char difference[128]; /* the first that agreement_lists_agree found last */
};

static inline uint32_t agreement_below(struct agreement *a, uint32_t end) {
    return (uint32_t)fasti_prng_below(&a->prng, end);
}
static inline bool agreement_one_in(struct agreement *a, uint32_t n) {
    return agreement_below(a, n) == 0;
}

/* ---- the world (agreement.c) ---- */

/* A new engine with random terms and openings around a night of 23 or 25 hours or a usual one. */
void agreement_begin(struct agreement *a, uint32_t round);
void agreement_end(struct agreement *a);

/* One random step of one worker, and what must hold after it. */
void agreement_step(struct agreement *a);
/* A crash, a restart, the same digest; then what must hold. */
void agreement_crash(struct agreement *a);

/* The command's answer from one of the workers; its status is OK. */
struct fasti_answer agreement_run(struct agreement *a, const struct fasti_command *command);

/* ---- random rules and questions (agreement_random.c) ---- */

void agreement_terms_random(struct agreement *a, struct fasti_terms *terms);
struct fasti_facts agreement_facts_random(struct agreement *a);
void agreement_opening_random(struct agreement *a, struct fasti_opening *opening, uint32_t at);
/* Mostly near something that is taken: there the rules about time and numbers are. */
struct rule_model_question agreement_question_random(struct agreement *a);
/* A start that the model takes, if some tries find one: else most questions would be refused. */
struct rule_model_question agreement_question_hopeful(struct agreement *a);
/* Local time, for messages; valid until the next call. */
const char *agreement_instant(const struct agreement *a, int64_t utc_s);

/* ---- acts (agreement_act.c) ---- */

/* false: there is nothing that such an act could be about. */
bool agreement_act_random(struct agreement *a, struct agreement_act *act);
/* Of a kind: BOOK, HOLD, MOVE, BLOCK, CANCEL (or UNBLOCK), CONFIRM (or EXTEND, RELEASE). */
bool agreement_act_of(struct agreement *a, enum fasti_command_kind kind, struct agreement_act *act);

/* What the act comes to. *visit: what it takes, where it takes something. */
enum fasti_outcome agreement_expect(const struct rule_model *model, const struct agreement_act *act,
                                    struct rule_model_visit *visit);
/* Does the answer say so? And a hold that is extended never gets shorter. */
bool agreement_holds(const struct rule_model *model, const struct agreement_act *act,
                     const struct fasti_answer *answer);
/* Lets the model follow an act that came to what agreement_expect says. */
void agreement_apply(struct rule_model *model, const struct agreement_act *act,
                     const struct fasti_answer *answer);
/* The act as a line, for messages; valid until the second next call. */
const char *agreement_act_text(const struct agreement *a, const struct agreement_act *act);

/* ---- comparing (agreement_compare.c) ---- */

void agreement_compare_explain(struct agreement *a, const struct rule_model_question *question);
/* Every minute of a window of days: offered exactly where the model would book. */
void agreement_compare_availability(struct agreement *a);
/* LIST tells of the model's live visits and blocks, of all of their time and of no others; false:
 * it does not, see a->difference. A visit without a number may have any that is not another's. */
bool agreement_lists_agree(struct agreement *a, const struct rule_model *model);
/* The same, which must hold; and for every schedule and minute held + booked <= seats: by what the
 * model takes, buffers too, and by what the engine lists. Where terms were lowered meanwhile,
 * nothing was added. */
void agreement_compare_lists(struct agreement *a);

#endif
