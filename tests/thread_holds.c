/*
 * thread_holds.c - workers that hold, confirm, extend, release, book, move, mark, cancel and block
 * beside each other, while the clock runs so fast that holds expire all the time.
 *
 *   threads   -> histories (asked, answered, outcome; by the engine's clock)
 *   checker   -> no minute was given to two records that both lived for certain
 *                each ended and was confirmed once, in time; its state is what the last change says
 *   crash     -> the same digest, the same states, the same free starts
 *
 * A record lives for certain from the answer that made it until somebody asks for what ended it, or
 * until it was to expire. Env FASTI_HOLDS_SECONDS (6), FASTI_HOLDS_WORKERS (4), FASTI_SEED. Also
 * under ThreadSanitizer; exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define WORKERS_MAX  4
#define DEPTH        6
#define SCHEDULES    3
#define DAYS         4
#define STARTS       12 /* of a day's that are asked for */
#define ROWS_MAX     8
#define RECORDS_MAX  1000000
#define CHANGES_MAX  2000000
#define RECENT       96
#define TICK_SECONDS 300
#define TICKS        ((DAYS + 1) * 288)
#define SPEED        4000 /* the engine's milliseconds in one of ours */
#define FOREVER      INT64_MAX
#define FIRST_DAY    "2026-05-04T00:00:00+02:00" /* a Monday */

/* ---- the clock ---- */

static _Atomic int64_t frozen_ms; /* 0: it runs */
static int64_t clock_base_ms, clock_start_ns;

static int64_t running_ms(const struct fasti_clock *clock) {
    (void)clock;
    const int64_t frozen = atomic_load(&frozen_ms);
    return frozen != 0 ? frozen
                       : clock_base_ms +
                             (fasti_clock_monotonic_ns() - clock_start_ns) / 1000 * SPEED / 1000;
}

static int64_t now_ms(void) {
    return running_ms(NULL);
}

/* ---- what was acknowledged ---- */

struct span {
    uint32_t schedule;
    int64_t start_utc_s, end_utc_s;
};

enum made { MADE_BOOKED = 1, MADE_HELD, MADE_BLOCKED };

struct made_record {
    uint64_t id;
    struct fasti_token token;
    enum made made;
    bool is_confirmed, is_ended, is_request; /* as far as anybody was told: only hints */
    uint32_t span_count;
    struct span spans[ROWS_MAX];
    int64_t answered_ms, expires_ms;
};

struct change {
    uint32_t record; /* in records */
    enum fasti_outcome outcome;
    enum fasti_record_state state; /* that it gave; 0: none */
    int64_t asked_ms, answered_ms, expires_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct made_record *records;
static struct change *changes;
static uint32_t record_count, change_count;
static uint64_t refused_with_number, busy_count, failures;
static int64_t first_day_utc_s;
static _Atomic bool is_over;
static _Atomic int waiters;

static void fail(const char *what, uint64_t record) {
    if (failures++ < 20)
        fprintf(stderr, "record %llu: %s\n", (unsigned long long)record, what);
}

/* ---- a worker ---- */

struct asked {
    bool is_used;
    struct fasti_command command;
    uint32_t target, targets[4], target_count; /* in records; UINT32_MAX: none */
    int64_t asked_ms;
};

struct worker {
    struct fasti_engine *engine;
    uint32_t at, out;
    struct fasti_prng prng;
    struct asked asked[DEPTH];
};

static uint32_t below(struct worker *worker, uint32_t bound) {
    return (uint32_t)fasti_prng_below(&worker->prng, bound);
}

static int64_t start_random(struct worker *worker, uint32_t *service) {
    const int64_t day = first_day_utc_s + (int64_t)below(worker, DAYS) * 86400;
    *service = below(worker, 4) == 0 ? 2 : 1;
    const int64_t grid_s = *service == 2 ? 1200 : 900;
    return day + 8 * 3600 + grid_s * below(worker, STARTS);
}

static void rows_random(struct worker *worker, struct fasti_book *book, uint32_t appointments) {
    const uint32_t rows = appointments + (below(worker, 3) == 0 ? below(worker, 3) : 0);
    book->appointment_count = (uint8_t)appointments;
    book->item_count = (uint8_t)rows;
    book->is_fair = below(worker, 2) == 0;
    for (uint32_t i = 0; i < rows; i++) {
        struct fasti_book_item *item = &book->items[i];
        item->appointment = (uint8_t)(i < appointments ? i : appointments - 1);
        item->is_alternative = i >= appointments && below(worker, 2) == 0;
        item->schedule.v = 1 + below(worker, SCHEDULES);
        item->start_utc_s = start_random(worker, &item->service.v);
        if (i > 0 && below(worker, 2) == 0)
            item->start_utc_s = book->items[0].start_utc_s, item->service = book->items[0].service;
    }
    for (uint32_t a = 0; a < appointments; a++)
        book->appointments[a] =
            (struct fasti_book_appointment){.patient = "p-1",
                                            .patient_length = 3,
                                            .payload = (const uint8_t *)"abcde",
                                            .payload_length = (uint16_t)below(worker, 6)};
}

/* Something that was made a short while ago; false: there is nothing. */
static bool target_random(struct worker *worker, uint32_t *target, struct made_record *copy) {
    pthread_mutex_lock(&lock);
    bool found = false;
    for (int i = 0; i < 6 && record_count > 0 && !found; i++) {
        const uint32_t most = record_count < RECENT ? record_count : RECENT;
        /* now and then any, so that nothing stays for ever */
        *target = below(worker, 4) == 0 ? below(worker, record_count)
                                        : record_count - 1 - below(worker, most);
        *copy = records[*target];
        found = !copy->is_ended || below(worker, 12) == 0;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static void make_random(struct worker *worker, struct asked *asked) {
    struct fasti_command *command = &asked->command;
    const uint32_t kind = below(worker, 10);
    if (kind < 5) {
        command->kind = FASTI_COMMAND_HOLD;
        command->body.hold.seconds = 10 + below(worker, 20) * (below(worker, 4) == 0 ? 10 : 1);
        rows_random(worker, &command->body.hold.book, 1 + below(worker, 3));
    } else if (kind < 9) {
        command->kind = FASTI_COMMAND_BOOK;
        command->body.book.is_request = below(worker, 4) == 0;
        rows_random(worker, &command->body.book, 1 + below(worker, below(worker, 6) == 0 ? 6 : 2));
    } else {
        command->kind = FASTI_COMMAND_BLOCK;
        struct fasti_block *block = &command->body.block;
        uint32_t unused;
        block->schedule.v = 1 + below(worker, SCHEDULES);
        block->start_utc_s = start_random(worker, &unused);
        block->end_utc_s = block->start_utc_s + 300 * (1 + below(worker, 12));
        if (below(worker, 2) == 0) { /* over a night */
            block->start_utc_s += 3 * 3600;
            block->end_utc_s = block->start_utc_s + 20 * 3600 + 300 * below(worker, 20);
        }
    }
}

static void held_fill(struct worker *worker, struct asked *asked, const struct made_record *record,
                      enum fasti_command_kind kind) {
    struct fasti_held *held = &asked->command.body.held;
    asked->command.kind = kind;
    held->token = record->token;
    held->seconds = 10 + below(worker, 60);
    held->is_request = below(worker, 4) == 0;
    held->count = 1;
    held->records[0].v = record->id;
    held->appointments[0] = (struct fasti_book_appointment){.patient = "p-2", .patient_length = 3};
    /* Its brothers of the same booking, together; EXTEND tells when the first of them ends. */
    pthread_mutex_lock(&lock);
    for (uint32_t r = asked->target + 1;
         r < record_count && held->count < 3 && records[r].token.low == record->token.low; r++) {
        held->appointments[held->count] = held->appointments[0];
        asked->targets[asked->target_count++] = r;
        held->records[held->count++].v = records[r].id;
    }
    pthread_mutex_unlock(&lock);
}

static void change_random(struct worker *worker, struct asked *asked,
                          const struct made_record *record) {
    struct fasti_command *command = &asked->command;
    const uint32_t dice = below(worker, 100);
    asked->targets[0] = asked->target;
    asked->target_count = 1;
    if (record->made == MADE_BLOCKED) {
        *command = engine_unblock(record->id);
    } else if (record->made == MADE_HELD && (!record->is_confirmed || dice < 5)) {
        if (dice < 45)
            held_fill(worker, asked, record, FASTI_COMMAND_CONFIRM);
        else if (dice < 65)
            held_fill(worker, asked, record, FASTI_COMMAND_EXTEND);
        else if (dice < 80)
            held_fill(worker, asked, record, FASTI_COMMAND_RELEASE);
        else {
            make_random(worker, asked);
            command->kind = FASTI_COMMAND_HOLD;
            memset(&command->body, 0, sizeof command->body);
            command->body.hold.seconds = 10;
            rows_random(worker, &command->body.hold.book, 1 + below(worker, 2));
            command->body.hold.replaces.v = record->id;
            command->body.hold.token = record->token;
        }
    } else if (dice < 45) {
        *command = engine_cancel(record->id);
    } else if (dice < 75) {
        command->kind = FASTI_COMMAND_MOVE;
        command->body.move.record.v = record->id;
        rows_random(worker, &command->body.move.book, 1);
        if (record->span_count == 1 && below(worker, 2) == 0) { /* partly on itself */
            struct fasti_book *book = &command->body.move.book;
            book->item_count = 1;
            book->items[0].schedule.v = record->spans[0].schedule;
            book->items[0].service.v = 1;
            book->items[0].start_utc_s = record->spans[0].start_utc_s + 900 * (below(worker, 2));
        }
    } else {
        static const uint8_t states[] = {FASTI_STATE_BOOKED,   FASTI_STATE_BOOKED,
                                         FASTI_STATE_DECLINED, FASTI_STATE_ARRIVED,
                                         FASTI_STATE_ARRIVED,  FASTI_STATE_NOSHOW};
        command->kind = FASTI_COMMAND_MARK;
        command->body.mark.record.v = record->id;
        command->body.mark.state =
            below(worker, 300) == 0 ? FASTI_STATE_FULFILLED : states[below(worker, 6)];
    }
}

/* ---- answers ---- */

static uint32_t minutes_of(uint32_t service) {
    return service == 2 ? 40 : 15;
}

static void made_add(const struct asked *asked, const struct fasti_book *book,
                     const struct fasti_answer *answer, enum made made, int64_t answered_ms) {
    const struct fasti_book_answer *told = &answer->body.book;
    for (uint32_t a = 0; a < told->appointment_count && record_count < RECORDS_MAX; a++) {
        struct made_record *record = &records[record_count++];
        *record = (struct made_record){.id = answer->record.v + told->offsets[a],
                                       .made = made,
                                       .is_request = book->is_request,
                                       .answered_ms = answered_ms};
        if (made == MADE_HELD) {
            record->token = told->token;
            record->expires_ms = told->expires_ms;
        }
        for (uint32_t i = 0; i < book->item_count; i++) {
            const struct fasti_book_item *item = &book->items[i];
            if (item->appointment == a && told->outcomes[i] == FASTI_OUTCOME_BOOKED)
                record->spans[record->span_count++] =
                    (struct span){item->schedule.v, item->start_utc_s,
                                  item->start_utc_s + 60 * (int64_t)minutes_of(item->service.v)};
        }
        if (record->span_count == 0)
            fail("made without time", record->id);
    }
    (void)asked;
}

static void change_add(const struct asked *asked, uint32_t target,
                       const struct fasti_answer *answer, enum fasti_record_state state,
                       int64_t answered_ms) {
    if (change_count == CHANGES_MAX)
        return;
    changes[change_count++] = (struct change){.record = target,
                                              .outcome = answer->outcome,
                                              .state = state,
                                              .asked_ms = asked->asked_ms,
                                              .answered_ms = answered_ms,
                                              .expires_ms = answer->body.book.expires_ms};
    records[target].is_ended = records[target].is_ended || state == FASTI_STATE_CANCELLED ||
                               state == FASTI_STATE_MOVED || state == FASTI_STATE_RELEASED ||
                               state == FASTI_STATE_DECLINED ||
                               answer->outcome == FASTI_OUTCOME_EXPIRED;
    records[target].is_confirmed =
        records[target].is_confirmed ||
        (answer->kind == FASTI_COMMAND_CONFIRM && fasti_outcome_is_done(answer->outcome));
}

static enum fasti_record_state state_given(const struct asked *asked) {
    const struct fasti_command *command = &asked->command;
    const enum fasti_command_kind kind = command->kind;
    if (kind == FASTI_COMMAND_CANCEL || kind == FASTI_COMMAND_UNBLOCK)
        return FASTI_STATE_CANCELLED;
    if (kind == FASTI_COMMAND_MOVE)
        return FASTI_STATE_MOVED;
    if (kind == FASTI_COMMAND_RELEASE)
        return FASTI_STATE_RELEASED;
    if (kind == FASTI_COMMAND_CONFIRM)
        return command->body.held.is_request ? FASTI_STATE_PENDING : FASTI_STATE_BOOKED;
    return kind == FASTI_COMMAND_MARK ? (enum fasti_record_state)command->body.mark.state
                                      : (enum fasti_record_state)0;
}

static void answer_take(struct worker *worker, const struct fasti_answer *answer) {
    struct asked *asked = &worker->asked[answer->tag];
    const struct fasti_command *command = &asked->command;
    const int64_t answered_ms = now_ms();
    asked->is_used = false;
    worker->out--;
    pthread_mutex_lock(&lock);
    if (answer->status != FASTI_OK) {
        busy_count += answer->status == FASTI_BUSY;
        if (answer->status != FASTI_BUSY) {
            fprintf(stderr, "command %d: %s: %s\n", (int)command->kind,
                    fasti_status_name(answer->status), answer->detail.text);
            fail("a status that nothing here may cause", answer->record.v);
        }
        pthread_mutex_unlock(&lock);
        return;
    }
    const bool is_done = fasti_outcome_is_done(answer->outcome);
    const bool makes = command->kind == FASTI_COMMAND_BOOK || command->kind == FASTI_COMMAND_HOLD ||
                       command->kind == FASTI_COMMAND_MOVE || command->kind == FASTI_COMMAND_BLOCK;
    if (makes && !is_done)
        refused_with_number += answer->record.v != 0;
    if (is_done && command->kind == FASTI_COMMAND_BOOK)
        made_add(asked, &command->body.book, answer, MADE_BOOKED, answered_ms);
    if (is_done && command->kind == FASTI_COMMAND_HOLD)
        made_add(asked, &command->body.hold.book, answer, MADE_HELD, answered_ms);
    if (is_done && command->kind == FASTI_COMMAND_MOVE)
        made_add(asked, &command->body.move.book, answer, MADE_BOOKED, answered_ms);
    if (is_done && command->kind == FASTI_COMMAND_BLOCK && record_count < RECORDS_MAX)
        records[record_count++] = (struct made_record){
            .id = answer->record.v,
            .made = MADE_BLOCKED,
            .span_count = 1,
            .spans = {{command->body.block.schedule.v, command->body.block.start_utc_s,
                       command->body.block.end_utc_s}},
            .answered_ms = answered_ms};
    const bool names_hold =
        command->kind == FASTI_COMMAND_HOLD && command->body.hold.replaces.v != 0;
    if (asked->target != UINT32_MAX && !names_hold)
        for (uint32_t t = 0; t < asked->target_count; t++)
            if (is_done || t == 0)
                change_add(asked, asked->targets[t], answer, is_done ? state_given(asked) : 0,
                           answered_ms);
    /* Whether a hold was replaced or had ended by itself, the answer does not say: SHOW will. */
    if (names_hold && is_done)
        change_add(asked, asked->target, answer, FASTI_STATE_RELEASED, answered_ms);
    pthread_mutex_unlock(&lock);
}

static void ask_one(struct worker *worker, uint32_t at) {
    struct asked *asked = &worker->asked[at];
    struct made_record copy;
    memset(asked, 0, sizeof *asked);
    asked->is_used = true;
    asked->target = UINT32_MAX;
    asked->command.organization.v = 1;
    if (below(worker, 100) < 58 && target_random(worker, &asked->target, &copy))
        change_random(worker, asked, &copy);
    else {
        asked->target = UINT32_MAX;
        make_random(worker, asked);
    }
    struct fasti_answer answer;
    asked->asked_ms = now_ms();
    worker->out++;
    if (fasti_engine_submit(worker->engine, worker->at, &asked->command, at, &answer))
        answer_take(worker, &answer);
}

static void *work(void *context) {
    struct worker *worker = context;
    struct fasti_answer answers[8];
    while (!atomic_load(&is_over) || worker->out > 0) {
        for (uint32_t i = 0; i < DEPTH && !atomic_load(&is_over); i++)
            if (!worker->asked[i].is_used)
                ask_one(worker, i);
        const uint32_t count = fasti_engine_poll(worker->engine, worker->at, answers, 8);
        for (uint32_t i = 0; i < count; i++)
            answer_take(worker, &answers[i]);
        struct pollfd event = {.fd = fasti_engine_event_fd(worker->engine, worker->at),
                               .events = POLLIN};
        if (count == 0 && fasti_engine_timeout_us(worker->engine, worker->at) != 0) {
            fasti_engine_idle_enter(worker->engine, worker->at);
            (void)poll(&event, 1, 1);
            fasti_engine_idle_leave(worker->engine, worker->at);
        }
    }
    atomic_fetch_sub(&waiters, 1); /* the committer's role may be ours until nobody waits */
    for (int i = 0; i < 50 || atomic_load(&waiters) > 0; i++) {
        (void)fasti_engine_poll(worker->engine, worker->at, answers, 8);
        fasti_engine_idle_enter(worker->engine, worker->at);
        usleep(1000);
    }
    return NULL;
}

/* ---- the checker ---- */

struct life {
    int64_t from_ms, to_ms;
    uint64_t record;
};

struct fold {
    const struct change *end, *confirm;
    const struct change *first, *last; /* all of its changes: [first, last) */
    bool is_replaced;                  /* perhaps: a hold that ended by itself may be named, too */
    int64_t expires_ms;
};

static int life_compare(const void *a, const void *b) {
    const struct life *x = a, *y = b;
    return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

static void change_fold(const struct change *change, struct fold *fold) {
    const struct made_record *record = &records[change->record];
    if (change->outcome == FASTI_OUTCOME_EXPIRED && change->answered_ms < record->expires_ms)
        fail("told to be expired before its time", record->id);
    if (change->outcome == FASTI_OUTCOME_EXTENDED && change->expires_ms > fold->expires_ms)
        fold->expires_ms = change->expires_ms;
    if (change->state == 0)
        return;
    if (change->outcome == FASTI_OUTCOME_BOOKED || change->outcome == FASTI_OUTCOME_REQUESTED) {
        if (fold->confirm != NULL)
            fail("confirmed twice", record->id);
        fold->confirm = change;
    } else if (change->outcome == FASTI_OUTCOME_HELD) {
        fold->is_replaced = true;
        /* which of several it was that ended it, nobody was told: perhaps the first */
        if (fold->end == NULL ||
            (fold->end->outcome == FASTI_OUTCOME_HELD && change->asked_ms < fold->end->asked_ms))
            fold->end = change;
    } else if (change->state == FASTI_STATE_CANCELLED || change->state == FASTI_STATE_MOVED ||
               change->state == FASTI_STATE_RELEASED || change->state == FASTI_STATE_DECLINED) {
        if (fold->end != NULL && !(fold->is_replaced && fold->end->outcome == FASTI_OUTCOME_HELD))
            fail("ended twice", record->id);
        fold->end = change;
    }
}

/* May this mark be the last one that was made? changes are sorted by record. */
static bool may_be_last(const struct change *mark, const struct change *first,
                        const struct change *end) {
    for (const struct change *other = first; other < end; other++)
        if (other->state != 0 && other->asked_ms > mark->answered_ms)
            return false;
    return true;
}

static bool is_marked(const struct change *first, const struct change *end,
                      enum fasti_record_state state) {
    for (const struct change *mark = first; mark < end; mark++)
        if (mark->outcome == FASTI_OUTCOME_MARKED && mark->state == state &&
            may_be_last(mark, first, end))
            return true;
    return false;
}

static int change_compare(const void *a, const void *b) {
    const struct change *x = a, *y = b;
    if (x->record != y->record)
        return x->record > y->record ? 1 : -1;
    return (x->answered_ms > y->answered_ms) - (x->answered_ms < y->answered_ms);
}

static struct fasti_record_view shown(struct engine_world *world, uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = record;
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    if (answer.status != FASTI_OK || answer.outcome != FASTI_OUTCOME_FOUND) {
        fail("acknowledged, but not there", record);
        return (struct fasti_record_view){0};
    }
    return answer.body.show.view;
}

static void state_check(const struct made_record *record, const struct fold *fold, bool has_marks,
                        const struct fasti_record_view *view) {
    const enum fasti_record_state state = view->state;
    const bool is_confirmed = record->made != MADE_HELD || fold->confirm != NULL;
    if (fold->end != NULL) {
        const bool may_expire = fold->is_replaced && state == FASTI_STATE_EXPIRED;
        if (state != fold->end->state && !may_expire)
            fail("ended, but its state says otherwise", record->id);
    } else if (!is_confirmed) {
        if (state != (fold->expires_ms <= now_ms() ? FASTI_STATE_EXPIRED : FASTI_STATE_HELD))
            fail("a hold's state is not what its time says", record->id);
        if (state == FASTI_STATE_HELD && view->expires_ms != fold->expires_ms)
            fail("a hold's time is not what was acknowledged", record->id);
    } else if (has_marks) {
        if (!is_marked(fold->first, fold->last, state))
            fail("no mark that may be the last gives this state", record->id);
    } else {
        const bool is_request = fold->confirm != NULL ? fold->confirm->state == FASTI_STATE_PENDING
                                                      : record->is_request;
        /* a moved one has the state of its origin */
        if (state != FASTI_STATE_BOOKED && state != FASTI_STATE_PENDING)
            fail("its state comes from nowhere", record->id);
        if (record->made == MADE_HELD && (state == FASTI_STATE_PENDING) != is_request)
            fail("confirmed as something else", record->id);
    }
}

static bool is_live(enum fasti_record_state state) {
    return state == FASTI_STATE_BOOKED || state == FASTI_STATE_HELD ||
           state == FASTI_STATE_PENDING || state == FASTI_STATE_ARRIVED ||
           state == FASTI_STATE_FULFILLED || state == FASTI_STATE_NOSHOW;
}

static uint32_t tick_of(int64_t utc_s) {
    const int64_t tick = (utc_s - first_day_utc_s) / TICK_SECONDS;
    return tick < 0 ? 0 : tick >= TICKS ? TICKS - 1 : (uint32_t)tick;
}

static bool taken[SCHEDULES + 1][TICKS];

/* Free starts of visits are those that no live record covers. */
static void availability_check(struct engine_world *world) {
    for (uint32_t schedule = 1; schedule <= SCHEDULES; schedule++) {
        struct fasti_command command = engine_availability(schedule, 1, "2026-05-04", DAYS);
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        const struct fasti_availability_answer *told = answer.body.availability;
        uint32_t expected = 0, at = 0;
        for (uint32_t day = 0; day < DAYS; day++)
            for (uint32_t minute = 480; minute < 1020; minute += 15) {
                const int64_t start = first_day_utc_s + day * INT64_C(86400) + minute * 60;
                const uint32_t tick = tick_of(start);
                if ((minute >= 720 && minute < 780) || taken[schedule][tick] ||
                    taken[schedule][tick + 1] || taken[schedule][tick + 2])
                    continue;
                expected++;
                while (at < told->total && told->base_utc_s + told->starts[at] < start)
                    at++;
                if (at == told->total || told->base_utc_s + told->starts[at] != start)
                    fail("a free start is not offered, schedule", schedule);
            }
        if (expected != told->total)
            fail("a taken start is offered, schedule", schedule);
    }
}

static void folds_make(struct fold *folds, bool *has_marks) {
    for (uint32_t r = 0; r < record_count; r++)
        folds[r].expires_ms = records[r].expires_ms;
    qsort(changes, change_count, sizeof *changes, change_compare);
    for (uint32_t i = 0; i < change_count; i++) {
        struct fold *fold = &folds[changes[i].record];
        fold->first = fold->first == NULL ? &changes[i] : fold->first;
        fold->last = &changes[i] + 1;
        change_fold(&changes[i], &folds[changes[i].record]);
        if (changes[i].outcome == FASTI_OUTCOME_MARKED && changes[i].state != FASTI_STATE_DECLINED)
            has_marks[changes[i].record] = true;
    }
}

/* Ticks of all records together. */
static uint64_t lives_count(void) {
    uint64_t count = 0;
    for (uint32_t r = 0; r < record_count; r++)
        for (uint32_t s = 0; s < records[r].span_count; s++)
            count += tick_of(records[r].spans[s].end_utc_s - 1) -
                     tick_of(records[r].spans[s].start_utc_s) + 1;
    return count;
}

/* Counts the lives of each tick, or places them: lives NULL counts. */
static void lives_walk(const struct fold *folds, uint32_t *counts, struct life *lives) {
    for (uint32_t r = 0; r < record_count; r++) {
        const struct made_record *record = &records[r];
        int64_t to_ms = FOREVER;
        if (record->made == MADE_HELD && folds[r].confirm == NULL)
            to_ms = folds[r].expires_ms;
        if (folds[r].end != NULL && folds[r].end->asked_ms < to_ms)
            to_ms = folds[r].end->asked_ms;
        for (uint32_t s = 0; s < record->span_count; s++)
            for (uint32_t t = tick_of(record->spans[s].start_utc_s);
                 t <= tick_of(record->spans[s].end_utc_s - 1); t++) {
                uint32_t *count = &counts[record->spans[s].schedule * TICKS + t];
                if (lives != NULL)
                    lives[*count] = (struct life){record->answered_ms, to_ms, record->id};
                ++*count;
            }
    }
}

/* Places the lives by tick; counts[tick] becomes where they end. */
static void lives_place(const struct fold *folds, uint32_t *counts, struct life *lives) {
    lives_walk(folds, counts, NULL);
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= (SCHEDULES + 1) * TICKS; i++) {
        const uint32_t count = counts[i];
        counts[i] = sum;
        sum += count;
    }
    lives_walk(folds, counts, lives);
}

static void lives_check(struct life *lives, const uint32_t *counts) {
    for (uint32_t i = 0, from = 0; i < (SCHEDULES + 1) * TICKS; from = counts[i++]) {
        qsort(lives + from, counts[i] - from, sizeof *lives, life_compare);
        for (uint32_t l = from, last = from; l < counts[i]; l++) {
            if (lives[l].to_ms <= lives[l].from_ms)
                continue; /* its end was asked for before its answer was seen */
            if (l > last && lives[last].to_ms > lives[l].from_ms)
                fail("a minute was given twice", lives[l].record);
            if (lives[l].to_ms > lives[last].to_ms || lives[last].to_ms <= lives[last].from_ms)
                last = l;
        }
    }
}

static void changes_check(const struct fold *folds) {
    for (uint32_t i = 0; i < change_count; i++) {
        const struct change *change = &changes[i];
        const struct fold *fold = &folds[change->record];
        if (change == fold->confirm && change->asked_ms >= fold->expires_ms)
            fail("confirmed after its time", records[change->record].id);
        if (change->state != 0 && fold->end != NULL && change != fold->end && !fold->is_replaced &&
            change->asked_ms > fold->end->answered_ms)
            fail("changed after its end", records[change->record].id);
    }
}

static void states_check(struct engine_world *world, const struct fold *folds,
                         const bool *has_marks) {
    memset(taken, 0, sizeof taken);
    for (uint32_t r = 0; r < record_count; r++) {
        const struct made_record *record = &records[r];
        const struct fasti_record_view view = shown(world, record->id);
        state_check(record, &folds[r], has_marks[r], &view);
        if (!is_live(view.state))
            continue;
        for (uint32_t s = 0; s < record->span_count; s++)
            for (uint32_t t = tick_of(record->spans[s].start_utc_s);
                 t <= tick_of(record->spans[s].end_utc_s - 1); t++) {
                if (taken[record->spans[s].schedule][t])
                    fail("two live records on one minute at the end", record->id);
                taken[record->spans[s].schedule][t] = true;
            }
    }
}

static void records_check(struct engine_world *world) {
    struct fold *folds = calloc(record_count, sizeof *folds);
    bool *has_marks = calloc(record_count, sizeof *has_marks);
    uint32_t *counts = calloc((SCHEDULES + 1) * TICKS + 1, sizeof *counts);
    struct life *lives = malloc((lives_count() + 1) * sizeof *lives);
    folds_make(folds, has_marks);
    lives_place(folds, counts, lives);
    lives_check(lives, counts);
    changes_check(folds);
    states_check(world, folds, has_marks);
    availability_check(world);
    free(counts);
    free(lives);
    free(has_marks);
    free(folds);
}

/* ---- the session ---- */

static uint32_t worker_count = WORKERS_MAX;

static struct fasti_engine *open_real(const char *path, struct fasti_recovery *recovery) {
    const struct fasti_clock clock = {.now_ms = running_ms};
    return engine_open_or_exit(path, worker_count, UINT64_C(256) << 20, clock, recovery);
}

static void schedules_make(struct engine_world *world) {
    engine_world_practice(world);
    const struct fasti_opening openings[2] = {
        engine_weekly("morning", 0x1f, "08:00", "12:00"),
        engine_weekly("afternoon", 0x1f, "13:00", "17:00"),
    };
    for (int i = 0; i < 2; i++) {
        static const char *names[] = {"bert", "cleo"};
        struct fasti_command command = engine_schedule(1, names[i], 0, "visit", "long");
        if (engine_world_run(world, 0, &command).status != FASTI_OK)
            abort();
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, names[i]);
        command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        command.body.put.body.openings.count = 2;
        command.body.put.body.openings.openings = openings;
        if (engine_world_run(world, 0, &command).status != FASTI_OK)
            abort();
    }
}

static uint32_t number_of(const char *name, uint32_t otherwise) {
    const char *text = getenv(name);
    return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 0);
}

static void settle(struct engine_world *world) {
    for (int i = 0; i < 20; i++) {
        engine_world_settle(world);
        usleep(2000);
    }
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_holds");
    const uint32_t seconds = number_of("FASTI_HOLDS_SECONDS", 6);
    worker_count = number_of("FASTI_HOLDS_WORKERS", WORKERS_MAX);
    worker_count = worker_count < 1 || worker_count > WORKERS_MAX ? WORKERS_MAX : worker_count;
    char path[] = "/tmp/fasti-holds-XXXXXX";
    if (mkdtemp(path) == NULL)
        return 1;
    records = calloc(RECORDS_MAX, sizeof *records);
    changes = calloc(CHANGES_MAX, sizeof *changes);
    first_day_utc_s = engine_utc_s(FIRST_DAY);
    clock_base_ms = engine_utc_s("2026-01-05T07:00:00Z") * 1000;
    clock_start_ns = fasti_clock_monotonic_ns();
    struct engine_world world = {.worker_count = worker_count, .engine = open_real(path, NULL)};
    schedules_make(&world);
    static struct worker workers[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    for (uint32_t i = 0; i < worker_count; i++) {
        workers[i] = (struct worker){.engine = world.engine, .at = i};
        workers[i].prng.state = fasti_prng_next(&prng);
        atomic_fetch_add(&waiters, 1);
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    sleep(seconds);
    atomic_store(&is_over, true);
    for (uint32_t i = 0; i < worker_count; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&frozen_ms, now_ms());
    settle(&world);
    records_check(&world);
    const struct fasti_hash128 digest = engine_world_digest(&world);
    engine_world_crash(&world);
    world.engine = open_real(path, &world.recovery);
    if (!fasti_hash128_equal(world.recovery.digest, digest))
        fail("another digest after the crash", 0);
    records_check(&world);
    atomic_fetch_add(&frozen_ms, INT64_C(7200000)); /* all holds of before are over */
    settle(&world);
    records_check(&world);
    engine_world_crash(&world);
    engine_directory_remove(path);
    fprintf(stderr,
            "%u workers, %u s: %u records, %u changes, %llu busy, %llu refused with a number\n",
            worker_count, seconds, record_count, change_count, (unsigned long long)busy_count,
            (unsigned long long)refused_with_number);
    free(records);
    free(changes);
    if (refused_with_number > 0)
        fail("a refusal has the number of a record", refused_with_number);
    return failures == 0 ? 0 : 1;
}
