/*
 * booking_race.c - see booking_race.h.
 *
 * A submit never waits: it claims and pushes, so a coroutine is one submit; polls, which make
 * durable, come after both, or end worker 1's part where a crash follows.
 */
#include "tests/support/booking_race.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/explore.h"

#define ACTS_BEFORE 6
#define POLLS_MAX   1000
#define CRASH_POLLS 60 /* a crash may come before an answer */

struct part {
    struct agreement_act act;
    struct fasti_answer answer;
    bool is_told;
};

static struct agreement *world; /* whose two workers run */
static struct part parts[2];
static bool ends_in_crash;

/* ---- the acts ---- */

/* The act asks for this row. */
static void row_set(struct agreement_act *act, const struct rule_model_question *question) {
    struct fasti_book *book = act->command.kind == FASTI_COMMAND_HOLD ? &act->command.body.hold.book
                              : act->command.kind == FASTI_COMMAND_MOVE
                                  ? &act->command.body.move.book
                                  : &act->command.body.book;
    act->question = *question;
    for (uint32_t i = 0; i < act->other_count; i++)
        act->others[i].facts = question->facts;
    book->items[0].schedule.v = question->schedule;
    book->items[0].service.v = question->service;
    book->items[0].start_utc_s = question->start_utc_s;
    book->appointments[0].facts = question->facts;
}

/* Two acts that change one record; false: there are none. */
static bool acts_of_one_record(struct agreement *a) {
    static const enum fasti_command_kind changes[] = {FASTI_COMMAND_CANCEL, FASTI_COMMAND_MOVE,
                                                      FASTI_COMMAND_MARK, FASTI_COMMAND_CONFIRM};
    for (int i = 0; i < 40; i++)
        if (agreement_act_of(a, changes[agreement_below(a, 4)], &parts[0].act) &&
            agreement_act_of(a, changes[agreement_below(a, 4)], &parts[1].act) &&
            parts[0].act.target == parts[1].act.target)
            return true;
    return false;
}

/* The second takes what the first gives back: time, or better a place in its week or month. */
static bool acts_in_a_row(struct agreement *a) {
    struct agreement_act *first = &parts[0].act, *second = &parts[1].act;
    if (!agreement_act_of(a, FASTI_COMMAND_CANCEL, first) ||
        !agreement_act_of(a, FASTI_COMMAND_BOOK, second))
        return false;
    struct rule_model_visit visit, *freed = &a->model.visits[first->target];
    const enum fasti_record_state state = freed->state;
    bool is_found = false;
    for (int i = 0; i < 100 && !is_found; i++) {
        const struct rule_model_question question = agreement_question_random(a);
        row_set(second, &question);
        const enum fasti_outcome before = agreement_expect(&a->model, second, &visit);
        freed->state = FASTI_STATE_CANCELLED;
        is_found = agreement_expect(&a->model, second, &visit) == FASTI_OUTCOME_BOOKED &&
                   (before == FASTI_OUTCOME_WEEK_LIMIT || before == FASTI_OUTCOME_MONTH_LIMIT ||
                    (before != FASTI_OUTCOME_BOOKED && i >= 60));
        freed->state = state;
    }
    return is_found;
}

/* Both change one record, one frees what the other takes, both want one time, or anything. */
static void acts_make(struct agreement *a) {
    struct agreement_act *first = &parts[0].act, *second = &parts[1].act;
    const uint32_t dice = agreement_below(a, 3);
    const bool is_made = (dice == 0 && acts_of_one_record(a)) || (dice == 1 && acts_in_a_row(a));
    if (!is_made) {
        while (!agreement_act_random(a, first)) {
        }
        while (!agreement_act_random(a, second)) {
        }
    }
    if (!is_made && first->question.schedule != 0 && second->question.schedule != 0 &&
        agreement_one_in(a, 2)) { /* at about the same time */
        struct rule_model_question question = second->question;
        question.schedule = first->question.schedule;
        question.start_utc_s =
            first->question.start_utc_s + ((int64_t)agreement_below(a, 3) - 1) * 900;
        row_set(second, &question);
    }
    first->command.request = second->command.request = (fasti_request_id){0};
}

/* ---- a run ---- */

/* Whether the disk takes nothing any more. */
static void disk_kill(bool is_dead) {
    const struct fasti_sim_faults faults = {.kill_at_write = is_dead};
    fasti_sim_disk_set_faults(world->world->disk, &faults);
}

static void work(uint32_t worker) {
    struct fasti_engine *engine = world->world->engine;
    struct part *part = &parts[worker];
    part->is_told = fasti_engine_submit(engine, worker, &part->act.command, worker, &part->answer);
    if (!ends_in_crash || worker == 0)
        return;
    for (int i = 0; i < CRASH_POLLS && !part->is_told; i++)
        part->is_told = fasti_engine_poll(engine, worker, &part->answer, 1) == 1;
    disk_kill(true);
}

static void run(struct agreement *a, bool with_crash) {
    world = a;
    ends_in_crash = with_crash;
    parts[0].is_told = parts[1].is_told = false;
    fasti_explore_init(2, work);
    fasti_explore_run_random(fasti_prng_next(&a->prng));
    for (int i = 0; !with_crash && i < POLLS_MAX && !(parts[0].is_told && parts[1].is_told); i++)
        for (uint32_t w = 0; w < 2; w++) {
            struct fasti_answer answer;
            if (fasti_engine_poll(a->world->engine, w, &answer, 1) == 0)
                continue;
            CHECK(answer.tag == w && !parts[w].is_told, "an answer that nobody waits for");
            parts[w].answer = answer;
            parts[w].is_told = true;
        }
}

static bool fault(const struct agreement *a, const char *what) {
    printf("fault: %s\n", what);
    for (uint32_t i = 0; i < 2; i++)
        printf("worker %u: %s: %s %s\n", i, agreement_act_text(a, &parts[i].act),
               !parts[i].is_told ? "not told" : fasti_status_name(parts[i].answer.status),
               !parts[i].is_told ? "" : fasti_outcome_name(parts[i].answer.outcome));
    for (uint32_t first = 0; first < 2; first++) {
        static struct rule_model model;
        struct rule_model_visit visit;
        model = a->model;
        const enum fasti_outcome one = agreement_expect(&model, &parts[first].act, &visit);
        agreement_apply(&model, &parts[first].act, &parts[first].answer);
        printf("worker %u first: %s, then %s\n", first, fasti_outcome_name(one),
               fasti_outcome_name(agreement_expect(&model, &parts[1 - first].act, &visit)));
    }
    fasti_explore_print();
    return false;
}

/* ---- orders ---- */

/* The model follows a part that came to what was answered; false: it comes to something else. What
 * nobody was told may be anything. */
static bool follow(struct rule_model *model, const struct part *part) {
    static const struct fasti_answer unknown = {.body.book.expires_ms = INT64_MAX};
    if (part->is_told && !agreement_holds(model, &part->act, &part->answer))
        return false;
    agreement_apply(model, &part->act, part->is_told ? &part->answer : &unknown);
    return true;
}

/* `length` parts one after the other, beginning with one of them. */
static bool order_follows(const struct agreement *a, uint32_t length, uint32_t first,
                          struct rule_model *model) {
    *model = a->model;
    return (length < 1 || follow(model, &parts[first])) &&
           (length < 2 || follow(model, &parts[1 - first]));
}

/* Outcomes alone do not tell the order: of alternatives each order may take another one. NULL: the
 * model is now that of an order that comes to the same outcomes and the same list. */
static const char *not_serial(struct agreement *a) {
    static struct rule_model model;
    const char *why = "the two come to this in neither order";
    for (uint32_t first = 0; first < 2; first++) {
        if (!order_follows(a, 2, first, &model))
            continue;
        if (agreement_lists_agree(a, &model)) {
            a->model = model;
            return NULL;
        }
        why = a->difference;
    }
    return why;
}

/* ---- races ---- */

static void begin(struct agreement *a, uint32_t round) {
    a->is_tight = true;
    agreement_begin(a, round);
    for (uint32_t i = 0; i < ACTS_BEFORE; i++) {
        struct agreement_act act;
        if (!agreement_act_random(a, &act))
            continue;
        const struct fasti_answer answer = agreement_run(a, &act.command);
        CHECK(agreement_holds(&a->model, &act, &answer), "%s: %s", agreement_act_text(a, &act),
              fasti_outcome_name(answer.outcome));
        agreement_apply(&a->model, &act, &answer);
    }
    engine_world_settle(a->world);
}

bool booking_race_run(struct agreement *a, uint32_t round, uint32_t races) {
    begin(a, round);
    for (uint32_t i = 0; i < races; i++) {
        acts_make(a);
        run(a, false);
        for (uint32_t w = 0; w < 2; w++)
            if (!parts[w].is_told || parts[w].answer.status != FASTI_OK)
                return fault(a, "not answered");
        const char *why = not_serial(a);
        if (why != NULL)
            return fault(a, why);
    }
    agreement_compare_availability(a);
    agreement_crash(a);
    agreement_end(a);
    return true;
}

/* ---- crashes ---- */

bool booking_race_crash(struct agreement *a, uint32_t round) {
    static struct rule_model model;
    begin(a, round);
    do /* until when it would be extended is not known unless it is told */
        acts_make(a);
    while (parts[0].act.command.kind == FASTI_COMMAND_EXTEND ||
           parts[1].act.command.kind == FASTI_COMMAND_EXTEND);
    run(a, true);
    engine_world_crash(a->world);
    disk_kill(false);
    CHECK(engine_world_open(a->world) == FASTI_OK, "%s", a->world->detail.text);
    bool holds = false;
    for (uint32_t order = 0; order < 5 && !holds; order++) { /* none, 0, 1, 0 and 1, 1 and 0 */
        const uint32_t length = (order + 1) / 2, first = (order + 1) % 2;
        const bool has[2] = {length == 2 || (length == 1 && first == 0),
                             length == 2 || (length == 1 && first == 1)};
        holds = (has[0] || !parts[0].is_told) && (has[1] || !parts[1].is_told) &&
                order_follows(a, length, first, &model) && agreement_lists_agree(a, &model);
    }
    if (!holds)
        return fault(a, "what was told is lost, or rested on what is lost");
    agreement_end(a);
    return true;
}
