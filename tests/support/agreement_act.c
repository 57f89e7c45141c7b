/*
 * agreement_act.c - random acts; what each comes to by the model; how the model follows.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/agreement.h"
#include "tests/support/check.h"

/* ---- making ---- */

static void row_fill(struct fasti_book *book, const struct rule_model_question *question) {
    book->items[book->item_count] = (struct fasti_book_item){
        .schedule = {question->schedule},
        .service = {question->service},
        .start_utc_s = question->start_utc_s,
        .is_alternative = book->item_count > 0,
    };
    book->item_count++;
}

static void rows_fill(struct fasti_book *book, const struct rule_model_question *question) {
    book->appointment_count = 1;
    book->appointments[0] = (struct fasti_book_appointment){
        .facts = question->facts, .patient = "p-1", .patient_length = 3};
    row_fill(book, question);
}

/* Some have alternatives, of whom the first is mostly one that will be lost. */
static void others_make(struct agreement *a, struct fasti_book *book, struct agreement_act *act) {
    if (!agreement_one_in(a, 3))
        return;
    const struct rule_model_question hopeful = act->question;
    if (!agreement_one_in(a, 3))
        act->question = agreement_question_random(a);
    act->question.facts = hopeful.facts;
    act->others[0] = hopeful;
    act->other_count = 1;
    if (agreement_one_in(a, 2)) {
        act->others[1] = agreement_question_random(a);
        act->others[1].facts = hopeful.facts;
        act->other_count = 2;
    }
    book->item_count = 0;
    act->is_fair = book->is_fair = agreement_one_in(a, 2);
    rows_fill(book, &act->question);
    for (uint32_t i = 0; i < act->other_count; i++)
        row_fill(book, &act->others[i]);
}

static bool takes_time(const struct rule_model_visit *visit) {
    return visit->state == FASTI_STATE_BOOKED || visit->state == FASTI_STATE_ARRIVED ||
           visit->state == FASTI_STATE_HELD;
}

/* It has a token, and no appointment was made of it. */
static bool is_hold(const struct rule_model_visit *visit) {
    return visit->state == FASTI_STATE_HELD || visit->state == FASTI_STATE_RELEASED;
}

/* Mostly one that still takes its time; held ones or others. */
static bool target_pick(struct agreement *a, bool is_held, struct agreement_act *act) {
    const struct rule_model *model = &a->model;
    const bool may_be_over = agreement_one_in(a, 8);
    for (int i = 0; i < 20 && model->visit_count > 0; i++) {
        act->target = agreement_below(a, model->visit_count);
        const struct rule_model_visit *visit = &model->visits[act->target];
        if (is_hold(visit) == is_held && (may_be_over || takes_time(visit)))
            return true;
    }
    return false;
}

static bool take_make(struct agreement *a, struct agreement_act *act) {
    const bool is_held = act->command.kind == FASTI_COMMAND_HOLD;
    struct fasti_book *book = is_held ? &act->command.body.hold.book : &act->command.body.book;
    act->question = agreement_question_hopeful(a);
    rows_fill(book, &act->question);
    others_make(a, book, act);
    if (is_held) {
        book->appointments[0].patient_length = 0;
        act->command.body.hold.seconds =
            10 + agreement_below(a, agreement_one_in(a, 2) ? 60 : 1700);
    }
    return true;
}

static bool held_make(struct agreement *a, struct agreement_act *act) {
    static const enum fasti_command_kind kinds[] = {FASTI_COMMAND_CONFIRM, FASTI_COMMAND_CONFIRM,
                                                    FASTI_COMMAND_EXTEND, FASTI_COMMAND_RELEASE};
    if (!target_pick(a, true, act))
        return false;
    const struct rule_model_visit *visit = &a->model.visits[act->target];
    struct fasti_held *held = &act->command.body.held;
    act->command.kind = kinds[agreement_below(a, 4)];
    held->token = visit->token;
    held->token.high += agreement_one_in(a, 8);
    held->seconds = 10 + agreement_below(a, 1700);
    held->count = 1;
    held->records[0].v = visit->record;
    held->appointments[0] = (struct fasti_book_appointment){.patient = "p-2", .patient_length = 3};
    return true;
}

static bool end_make(struct agreement *a, struct agreement_act *act) {
    if (!target_pick(a, agreement_one_in(a, 16), act))
        return false;
    const struct rule_model_visit *visit = &a->model.visits[act->target];
    act->command.kind = visit->service == 0 ? FASTI_COMMAND_UNBLOCK : FASTI_COMMAND_CANCEL;
    act->command.body.cancel.record.v = visit->record;
    return true;
}

static bool mark_make(struct agreement *a, struct agreement_act *act) {
    if (!target_pick(a, false, act) || a->model.visits[act->target].service == 0)
        return false;
    act->command.body.mark.record.v = a->model.visits[act->target].record;
    act->command.body.mark.state = FASTI_STATE_ARRIVED;
    return true;
}

static bool move_make(struct agreement *a, struct agreement_act *act) {
    if (!target_pick(a, false, act) || a->model.visits[act->target].service == 0)
        return false;
    struct rule_model_visit *visit = &a->model.visits[act->target];
    const enum fasti_record_state state = visit->state;
    visit->state = FASTI_STATE_MOVED; /* a move never sees the visit that it moves */
    act->question = agreement_question_hopeful(a);
    visit->state = state;
    act->command.body.move.record.v = visit->record;
    rows_fill(&act->command.body.move.book, &act->question);
    return true;
}

/* The block replaces another one, mostly near it; now and then what is none, or has ended. */
static void block_replace(struct agreement *a, struct agreement_act *act) {
    struct fasti_block *block = &act->command.body.block;
    for (int i = 0; i < 20; i++) {
        if (!target_pick(a, false, act))
            break;
        const struct rule_model_visit *old = &a->model.visits[act->target];
        if (old->service != 0 && !agreement_one_in(a, 16))
            continue;
        block->replaces.v = old->record;
        if (old->service != 0 || agreement_one_in(a, 8))
            return;
        const int64_t length_s = block->end_utc_s - block->start_utc_s;
        block->schedule.v = old->schedule;
        block->start_utc_s = old->start_utc_s + ((int64_t)agreement_below(a, 9) - 4) * 900;
        block->end_utc_s = block->start_utc_s + length_s;
        return;
    }
    act->target = AGREEMENT_NOBODY;
}

static bool block_make(struct agreement *a, struct agreement_act *act) {
    const uint32_t quarters = 1 + agreement_below(a, 8);
    const struct rule_model_question at = agreement_question_random(a);
    const int64_t start_s = at.start_utc_s / 900 * 900;
    struct fasti_block *block = &act->command.body.block;
    *block = (struct fasti_block){.schedule = {at.schedule},
                                  .start_utc_s = start_s,
                                  .end_utc_s = start_s + quarters * INT64_C(900)};
    if (!a->has_sources)
        return true;
    block->source = agreement_below(a, 2);
    block->key = block->source == 0 ? 0 : agreement_below(a, 2);
    if (agreement_one_in(a, 2))
        block_replace(a, act);
    return true;
}

bool agreement_act_of(struct agreement *a, enum fasti_command_kind kind,
                      struct agreement_act *act) {
    memset(act, 0, sizeof *act);
    act->target = AGREEMENT_NOBODY;
    act->command.kind = kind;
    act->command.organization.v = 1;
    if (agreement_one_in(a, 2)) {
        const uint64_t random = fasti_prng_next(&a->prng);
        act->command.request =
            fasti_request_id_make(a->model.now_ms, random, fasti_prng_next(&a->prng));
    }
    switch ((int)kind) {
    case FASTI_COMMAND_BOOK:
    case FASTI_COMMAND_HOLD: return take_make(a, act);
    case FASTI_COMMAND_CONFIRM: return held_make(a, act);
    case FASTI_COMMAND_CANCEL: return end_make(a, act);
    case FASTI_COMMAND_MARK: return mark_make(a, act);
    case FASTI_COMMAND_MOVE: return move_make(a, act);
    case FASTI_COMMAND_BLOCK: return block_make(a, act);
    default: CHECK(false, "no act of kind %d", (int)kind);
    }
    return false;
}

bool agreement_act_random(struct agreement *a, struct agreement_act *act) {
    static const enum fasti_command_kind kinds[] = {
        FASTI_COMMAND_BOOK,    FASTI_COMMAND_BOOK,   FASTI_COMMAND_BOOK, FASTI_COMMAND_BOOK,
        FASTI_COMMAND_BOOK,    FASTI_COMMAND_HOLD,   FASTI_COMMAND_HOLD, FASTI_COMMAND_CONFIRM,
        FASTI_COMMAND_CONFIRM, FASTI_COMMAND_CANCEL, FASTI_COMMAND_MOVE, FASTI_COMMAND_MARK,
        FASTI_COMMAND_BLOCK,
    };
    return agreement_act_of(a, kinds[agreement_below(a, sizeof kinds / sizeof kinds[0])], act);
}

/* ---- what it comes to ---- */

/* The first free one of the alternatives; if there is none, what the first of them comes to. */
static enum fasti_outcome take_expect(const struct rule_model *model,
                                      const struct agreement_act *act,
                                      struct rule_model_visit *visit) {
    const struct rule_model_question *rows[1 + AGREEMENT_OTHERS] = {&act->question};
    uint32_t loads[1 + AGREEMENT_OTHERS] = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i <= act->other_count; i++) {
        const struct rule_model_question *row = i == 0 ? &act->question : &act->others[i - 1];
        const uint32_t load =
            act->is_fair ? rule_model_visits_on(model, row->schedule, row->start_utc_s) : 0;
        uint32_t at = count++;
        for (; at > 0 && loads[at - 1] > load; at--) {
            loads[at] = loads[at - 1];
            rows[at] = rows[at - 1];
        }
        loads[at] = load;
        rows[at] = row;
    }
    for (uint32_t i = 0; i < count; i++)
        if (rule_model_decide(model, rows[i], visit) == FASTI_OUTCOME_BOOKED)
            return FASTI_OUTCOME_BOOKED;
    return rule_model_decide(model, &act->question, visit);
}

static enum fasti_outcome move_expect(const struct rule_model *model,
                                      const struct agreement_act *act,
                                      struct rule_model_visit *visit) {
    static struct rule_model without;
    const struct rule_model_visit *old = &model->visits[act->target];
    if (is_hold(old))
        return FASTI_OUTCOME_NO_SUCH;
    if (old->state != FASTI_STATE_BOOKED)
        return FASTI_OUTCOME_WRONG_STATE;
    without = *model;
    without.visits[act->target].state = FASTI_STATE_MOVED;
    struct rule_model_question question = act->question;
    if (question.facts.modality == FASTI_MODALITY_ANY) /* it stays as it was */
        question.facts.modality = old->modality;
    const enum fasti_outcome outcome = rule_model_decide(&without, &question, visit);
    return outcome == FASTI_OUTCOME_BOOKED ? FASTI_OUTCOME_MOVED : outcome;
}

static enum fasti_outcome end_expect(const struct rule_model_visit *visit) {
    if (is_hold(visit))
        return FASTI_OUTCOME_NO_SUCH;
    if (visit->state == FASTI_STATE_CANCELLED)
        return FASTI_OUTCOME_ALREADY;
    if (visit->state == FASTI_STATE_MOVED)
        return FASTI_OUTCOME_WRONG_STATE;
    return visit->service == 0 ? FASTI_OUTCOME_UNBLOCKED : FASTI_OUTCOME_CANCELLED;
}

static enum fasti_outcome mark_expect(const struct rule_model_visit *visit) {
    if (is_hold(visit))
        return FASTI_OUTCOME_NO_SUCH;
    if (visit->state == FASTI_STATE_ARRIVED)
        return FASTI_OUTCOME_ALREADY;
    return visit->state == FASTI_STATE_BOOKED ? FASTI_OUTCOME_MARKED : FASTI_OUTCOME_WRONG_STATE;
}

static enum fasti_outcome held_expect(const struct rule_model *model,
                                      const struct agreement_act *act) {
    const struct rule_model_visit *visit = &model->visits[act->target];
    const struct fasti_token *token = &act->command.body.held.token;
    if (!is_hold(visit))
        return FASTI_OUTCOME_NO_SUCH; /* confirmed: it has no token any more */
    if (token->low != visit->token.low || token->high != visit->token.high)
        return FASTI_OUTCOME_NOT_OWNER;
    if (visit->state == FASTI_STATE_RELEASED)
        return FASTI_OUTCOME_ALREADY;
    if (visit->expires_ms <= model->now_ms)
        return FASTI_OUTCOME_EXPIRED;
    return act->command.kind == FASTI_COMMAND_CONFIRM  ? FASTI_OUTCOME_BOOKED
           : act->command.kind == FASTI_COMMAND_EXTEND ? FASTI_OUTCOME_EXTENDED
                                                       : FASTI_OUTCOME_RELEASED;
}

/* A block takes all seats. */
static enum fasti_outcome block_expect(const struct rule_model *model,
                                       const struct agreement_act *act,
                                       struct rule_model_visit *visit) {
    static struct rule_model without;
    const struct fasti_block *block = &act->command.body.block;
    *visit = (struct rule_model_visit){
        .schedule = block->schedule.v,
        .start_utc_s = block->start_utc_s,
        .minutes = (int32_t)((block->end_utc_s - block->start_utc_s) / 60),
        .seats = FASTI_SEATS_MAX,
    };
    if (act->target == AGREEMENT_NOBODY)
        return rule_model_is_free(model, block->schedule.v, block->start_utc_s, block->end_utc_s)
                   ? FASTI_OUTCOME_BLOCKED
                   : FASTI_OUTCOME_TAKEN;
    const struct rule_model_visit *old = &model->visits[act->target];
    if (old->service != 0)
        return FASTI_OUTCOME_NO_SUCH;
    if (old->state != FASTI_STATE_BOOKED)
        return FASTI_OUTCOME_WRONG_STATE;
    without = *model;
    without.visits[act->target].state = FASTI_STATE_MOVED;
    return rule_model_is_free(&without, block->schedule.v, block->start_utc_s, block->end_utc_s)
               ? FASTI_OUTCOME_MOVED
               : FASTI_OUTCOME_TAKEN;
}

enum fasti_outcome agreement_expect(const struct rule_model *model, const struct agreement_act *act,
                                    struct rule_model_visit *visit) {
    switch ((int)act->command.kind) {
    case FASTI_COMMAND_BOOK: return take_expect(model, act, visit);
    case FASTI_COMMAND_HOLD: {
        const enum fasti_outcome outcome = take_expect(model, act, visit);
        return outcome == FASTI_OUTCOME_BOOKED ? FASTI_OUTCOME_HELD : outcome;
    }
    case FASTI_COMMAND_MOVE: return move_expect(model, act, visit);
    case FASTI_COMMAND_BLOCK: return block_expect(model, act, visit);
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_UNBLOCK: return end_expect(&model->visits[act->target]);
    case FASTI_COMMAND_MARK: return mark_expect(&model->visits[act->target]);
    default: return held_expect(model, act);
    }
}

bool agreement_holds(const struct rule_model *model, const struct agreement_act *act,
                     const struct fasti_answer *answer) {
    struct rule_model_visit visit;
    if (answer->outcome != agreement_expect(model, act, &visit))
        return false;
    return answer->outcome != FASTI_OUTCOME_EXTENDED ||
           answer->body.book.expires_ms >= model->visits[act->target].expires_ms;
}

/* ---- following ---- */

void agreement_apply(struct rule_model *model, const struct agreement_act *act,
                     const struct fasti_answer *answer) {
    struct rule_model_visit visit = {0};
    const enum fasti_outcome outcome = agreement_expect(model, act, &visit);
    struct rule_model_visit *target =
        act->target == AGREEMENT_NOBODY ? NULL : &model->visits[act->target];
    if (!fasti_outcome_is_done(outcome))
        return;
    switch ((int)act->command.kind) {
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_UNBLOCK: target->state = FASTI_STATE_CANCELLED; return;
    case FASTI_COMMAND_MARK: target->state = FASTI_STATE_ARRIVED; return;
    case FASTI_COMMAND_RELEASE: target->state = FASTI_STATE_RELEASED; return;
    case FASTI_COMMAND_CONFIRM: target->state = FASTI_STATE_BOOKED; return;
    case FASTI_COMMAND_EXTEND: target->expires_ms = answer->body.book.expires_ms; return;
    case FASTI_COMMAND_MOVE: target->state = FASTI_STATE_MOVED; break;
    case FASTI_COMMAND_BLOCK: /* one that replaces another */
        if (target != NULL)
            target->state = FASTI_STATE_MOVED;
        break;
    default: break;
    }
    CHECK(model->visit_count < RULE_MODEL_VISITS, "the model is full");
    visit.record = answer->record.v;
    visit.state = act->command.kind == FASTI_COMMAND_HOLD ? FASTI_STATE_HELD : FASTI_STATE_BOOKED;
    if (visit.state == FASTI_STATE_HELD) {
        visit.expires_ms = answer->body.book.expires_ms;
        visit.token = answer->body.book.token;
    }
    model->visits[model->visit_count++] = visit;
}

/* ---- telling ---- */

static const char *kind_text(enum fasti_command_kind kind) {
    switch ((int)kind) {
    case FASTI_COMMAND_BOOK: return "book";
    case FASTI_COMMAND_HOLD: return "hold";
    case FASTI_COMMAND_MOVE: return "move";
    case FASTI_COMMAND_BLOCK: return "block";
    case FASTI_COMMAND_CANCEL: return "cancel";
    case FASTI_COMMAND_UNBLOCK: return "unblock";
    case FASTI_COMMAND_MARK: return "mark";
    case FASTI_COMMAND_CONFIRM: return "confirm";
    case FASTI_COMMAND_EXTEND: return "extend";
    case FASTI_COMMAND_RELEASE: return "release";
    default: return "?";
    }
}

const char *agreement_act_text(const struct agreement *a, const struct agreement_act *act) {
    static char texts[2][400];
    static uint32_t next;
    char *text = texts[next++ % 2];
    const enum fasti_command_kind kind = act->command.kind;
    int size = snprintf(text, sizeof texts[0], "%s", kind_text(kind));
    if (act->target != AGREEMENT_NOBODY) {
        const struct rule_model_visit *visit = &a->model.visits[act->target];
        size += snprintf(text + size, sizeof texts[0] - (size_t)size,
                         " record %llu (schedule %u, service %u, %s)",
                         (unsigned long long)visit->record, visit->schedule, visit->service,
                         agreement_instant(a, visit->start_utc_s));
    }
    if (kind == FASTI_COMMAND_BLOCK)
        (void)snprintf(text + size, sizeof texts[0] - (size_t)size, " schedule %u at %s",
                       act->command.body.block.schedule.v,
                       agreement_instant(a, act->command.body.block.start_utc_s));
    for (uint32_t i = 0; act->question.schedule != 0 && i <= act->other_count; i++) {
        const struct rule_model_question *row = i == 0 ? &act->question : &act->others[i - 1];
        size += snprintf(text + size, sizeof texts[0] - (size_t)size,
                         "%s schedule %u, service %u at %s",
                         i == 0         ? ""
                         : act->is_fair ? ", fair or"
                                        : ", or",
                         row->schedule, row->service, agreement_instant(a, row->start_utc_s));
    }
    return text;
}
