/*
 * thread_conflicts.c - every kind of edit beside bookings: what it leaves outside is told of at
 * once.
 *
 *   worker 0       a calendar as it was (before) -- edit --> as it is then (after), then LIST of
 * conflicts workers 1, 2   book at random on four schedules and three days, meanwhile and for a
 * while after it
 *
 * A round is one edit. What is right is said by arrays and loops:
 *   - who asks after the edit was answered gets what `after` allows;
 *   - conflicts that LIST tells of right after the answer are all that were booked and that `after`
 * does not cover, no matter when their answers came: nothing slips between check and edit;
 *   - in the log a booking before the edit is one that `before` allows; on a day whose openings or
 *     services the edit changes there is a TOUCH after it, before its answer, and a booking behind
 *     that is one that `after` allows. So is, whatever the edit changes, a booking that is in the
 *     log after the edit was answered.
 * At the end a restart comes to the same digest. A plain program: ctest runs it, also under TSan.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/booking/effect.h"
#include "engine/calendar/cell.h"
#include "engine/storage/log.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"
#include "tests/support/stall.h"

#define SCHEDULES    4
#define DAYS         3
#define BOOKERS      2
#define ATTEMPTS_MAX 400 /* of one booker in a round */
#define AFTER        24  /* attempts of each after the edit, at least */
#define ROUNDS_EACH  12
#define STALL_US     3000                /* an edit and a list fit in, mostly */
#define STALL_NS_MAX 60000               /* a booking is under way so long */
#define FIRST_DAY    INT64_C(1767654000) /* Tuesday 2026-01-06, midnight in Berlin */

enum kind {
    KIND_REMOVED,   /* an opening */
    KIND_ADDED,     /* one */
    KIND_SHORTER,   /* one */
    KIND_DURATION,  /* and grid of the service: of all schedules */
    KIND_SERVICES,  /* of the schedule: it does not offer it any more */
    KIND_PAUSED,    /* the schedule */
    KIND_DAY_LIMIT, /* of the schedule */
    KIND_WEEK_LIMIT,
    KIND_CLOSED, /* all schedules, by one import */
    KINDS
};
static const char *const kind_names[KINDS] = {
    "opening removed",         "opening added",   "opening shorter", "service's minutes and grid",
    "schedule's services",     "schedule paused", "limit a day",     "limit a week",
    "all closed by one import"};

/* ---- the model ---- */

struct rules {
    bool has_afternoon, is_offered, is_paused, is_closed;
    uint32_t morning_end; /* minutes of the day */
    uint32_t minutes;     /* of a visit, and its grid */
    uint32_t day_limit, week_limit;
};

static struct rules rules_before(enum kind kind) {
    return (struct rules){
        .has_afternoon = kind != KIND_ADDED, .is_offered = true, .morning_end = 720, .minutes = 15};
}

/* Of schedule number s, from 0; edits but those of all are of the first one. */
static struct rules rules_after(enum kind kind, uint32_t s) {
    struct rules rules = rules_before(kind);
    if (kind == KIND_DURATION)
        rules.minutes = 20;
    rules.is_closed = kind == KIND_CLOSED;
    if (s != 0) {
        rules.has_afternoon = true;
        return rules;
    }
    rules.has_afternoon = kind != KIND_REMOVED;
    rules.morning_end = kind == KIND_SHORTER ? 600 : 720;
    rules.is_offered = kind != KIND_SERVICES;
    rules.is_paused = kind == KIND_PAUSED;
    rules.day_limit = kind == KIND_DAY_LIMIT ? 3 : 0;
    rules.week_limit = kind == KIND_WEEK_LIMIT ? 4 : 0;
    return rules;
}

static struct rules rules_of(enum kind kind, uint32_t s, bool is_after) {
    struct rules rules = is_after ? rules_after(kind, s) : rules_before(kind);
    rules.has_afternoon = rules.has_afternoon || s != 0;
    return rules;
}

static bool is_covered(const struct rules *rules, uint32_t start, uint32_t minutes) {
    if (!rules->is_offered || rules->is_closed)
        return false;
    return (start >= 480 && start + minutes <= rules->morning_end) ||
           (rules->has_afternoon && start >= 780 && start + minutes <= 1020);
}

/* Limits are counted elsewhere: here they allow. */
static bool is_allowed(const struct rules *rules, uint32_t start, uint32_t minutes) {
    const uint32_t anchor = start < 780 ? 480 : 780;
    return !rules->is_paused && minutes == rules->minutes &&
           (start - anchor) % rules->minutes == 0 && is_covered(rules, start, minutes);
}

/* Does the edit change a schedule's openings, or what is offered in them? */
static bool is_touching(enum kind kind, uint32_t s) {
    return kind == KIND_DURATION || kind == KIND_CLOSED ||
           (s == 0 && kind != KIND_PAUSED && kind != KIND_DAY_LIMIT && kind != KIND_WEEK_LIMIT);
}

/* ---- what happened ---- */

struct attempt {
    uint8_t schedule, day; /* from 0 */
    uint16_t start, minutes;
    bool is_after;   /* the edit had been answered when it was asked for */
    uint64_t record; /* 0: it was refused */
    uint64_t lsn;
};

struct round {
    enum kind kind;
    uint64_t edit_lsn, answer_lsn; /* of the edit's effect; what was durable at its answer */
    uint64_t touch_lsn[SCHEDULES][DAYS];
    uint32_t edit_number; /* which change of configuration it is */
    uint32_t count;
    struct attempt *attempts; /* those that were booked */
};

static struct engine_world *world;
static struct round rounds[KINDS * ROUNDS_EACH];
static uint32_t edit_count;       /* changes of configuration so far */
static uint64_t edit_durable_lsn; /* what was durable when the last one was answered */
static uint32_t faults;
static _Atomic uint32_t arrived, meetings; /* where all wait for the others */
static _Atomic uint32_t attempt_count;
static _Atomic bool is_edited, is_over;
static struct attempt attempts[BOOKERS][ATTEMPTS_MAX];
static uint32_t attempts_made[BOOKERS];

static void fault(const struct round *round, const char *what, uint64_t record) {
    fprintf(stderr, "%s: %s, record %llu\n", kind_names[round->kind], what,
            (unsigned long long)record);
    faults++;
}

static void call(uint32_t worker, const struct fasti_command *command,
                 struct fasti_answer *answer) {
    bool is_answered = fasti_engine_submit(world->engine, worker, command, 1, answer);
    while (!is_answered)
        is_answered = fasti_engine_poll(world->engine, worker, answer, 1) == 1;
}

static void call_again(uint32_t worker, const struct fasti_command *command,
                       struct fasti_answer *answer) {
    do
        call(worker, command, answer);
    while (answer->status == FASTI_BUSY);
}

/* Goes on looking after the log while it waits: a batch may be this worker's. */
static void rest(uint32_t worker) {
    struct fasti_answer none;
    (void)fasti_engine_poll(world->engine, worker, &none, 1);
    fasti_engine_idle_enter(world->engine, worker);
    sched_yield();
}

/* Waits until all three are here. */
static void meet(uint32_t worker) {
    const uint32_t meeting = fasti_load_seq_cst(&meetings);
    if (fasti_add_seq_cst(&arrived, UINT32_C(1)) % (1 + BOOKERS) == BOOKERS)
        (void)fasti_add_seq_cst(&meetings, UINT32_C(1));
    while (fasti_load_seq_cst(&meetings) == meeting)
        rest(worker);
}

/* ---- bookers ---- */

struct booker {
    uint32_t number;
    struct fasti_prng prng;
    struct stall stall;
};

static void attempt_make(struct booker *booker, struct attempt *attempt) {
    struct fasti_prng *prng = &booker->prng;
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = {1}};
    struct fasti_answer answer;
    const uint32_t step = fasti_prng_below(prng, 3) == 0 ? 20 : 15;
    *attempt = (struct attempt){
        .schedule = (uint8_t)(fasti_prng_below(prng, 2) * fasti_prng_below(prng, SCHEDULES)),
        .day = (uint8_t)fasti_prng_below(prng, DAYS),
        .start = (uint16_t)(480 + step * fasti_prng_below(prng, 540 / step)),
        .is_after = fasti_load_seq_cst(&is_edited)};
    struct fasti_book *book = &command.body.book;
    book->appointment_count = book->item_count = 1;
    book->items[0] = (struct fasti_book_item){
        .schedule = {1u + attempt->schedule},
        .service = {1},
        .start_utc_s = FIRST_DAY + attempt->day * FASTI_DAY_SECONDS + attempt->start * INT64_C(60)};
    book->appointments[0] = (struct fasti_book_appointment){.patient = "p", .patient_length = 1};
    /* Stops in the middle of it, now and then: the edit comes in between, and the list. */
    if (!attempt->is_after && fasti_prng_below(prng, 8) == 0)
        stall_arm(&booker->stall, (uint32_t)fasti_prng_below(prng, STALL_NS_MAX));
    call(1 + booker->number, &command, &answer);
    if (answer.status == FASTI_OK && answer.outcome == FASTI_OUTCOME_BOOKED)
        attempt->record = answer.record.v;
}

static void *book(void *context) {
    struct booker *booker = context;
    const uint32_t number = booker->number, worker = 1 + number;
    stall_init(&booker->stall);
    for (;;) {
        uint32_t after = 0;
        meet(worker);
        if (fasti_load_seq_cst(&is_over))
            break;
        attempts_made[number] = 0;
        while (attempts_made[number] < ATTEMPTS_MAX && after < AFTER) {
            struct attempt *attempt = &attempts[number][attempts_made[number]];
            if (!fasti_load_seq_cst(&is_edited) && attempts_made[number] >= ATTEMPTS_MAX - AFTER) {
                rest(worker); /* the edit takes its time */
                continue;
            }
            attempt_make(booker, attempt);
            after += attempt->is_after;
            attempts_made[number]++;
            (void)fasti_add_seq_cst(&attempt_count, UINT32_C(1));
        }
        meet(worker);
    }
    stall_deinit(&booker->stall);
    return NULL;
}

/* ---- edits ---- */

static const char *const schedule_names[SCHEDULES] = {"anna", "ben", "cleo", "dora"};

static void edit_do(const struct fasti_command *command) {
    struct fasti_answer answer;
    call_again(0, command, &answer);
    edit_count++;
    edit_durable_lsn = answer.as_of;
    if (answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome) &&
        answer.outcome != FASTI_OUTCOME_UNCHANGED)
        return;
    fprintf(stderr, "an edit: %s %s\n", fasti_outcome_name(answer.outcome), answer.detail.text);
    faults++;
}

static void opening_put(uint32_t s, enum fasti_openings_mode mode, const char *id, const char *from,
                        const char *to) {
    struct fasti_opening opening = engine_weekly(id, 0x1f, from, to);
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, schedule_names[s]);
    command.body.put.body.openings.mode = mode;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    edit_do(&command);
}

static void schedule_put(const char *service, const struct rules *rules) {
    struct fasti_command command = engine_schedule(1, "anna", 5, service, NULL);
    struct fasti_terms *terms = &command.body.put.body.schedule.terms;
    if (strcmp(service, "visit") == 0) {
        command.body.put.body.schedule.services[1] = engine_id("long");
        command.body.put.body.schedule.service_count = 2;
    }
    terms->flags = rules->is_paused ? FASTI_TERMS_PAUSED : 0;
    terms->day_limit = (uint16_t)rules->day_limit;
    terms->week_limit = (uint16_t)rules->week_limit;
    edit_do(&command);
}

/* Closes all schedules, or (is_after false) takes that back by the sweep of an import of nothing.
 */
static void import_do(bool is_after) {
    struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    struct fasti_answer answer;
    struct fasti_opening closure = engine_weekly("shut", 0x7f, "00:00", "24:00");
    call_again(0, &command, &answer);
    const uint32_t import = answer.body.import.import;
    closure.kind = FASTI_OPENING_CLOSED;
    closure.flags = FASTI_OPENING_ALL;
    for (uint32_t s = 0; s < SCHEDULES && is_after; s++) {
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, schedule_names[s]);
        command.import = import;
        command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        command.body.put.body.openings.source = 7;
        command.body.put.body.openings.count = 1;
        command.body.put.body.openings.openings = &closure;
        call_again(0, &command, &answer);
        if (answer.outcome != FASTI_OUTCOME_STAGED)
            faults++;
    }
    command = (struct fasti_command){.kind = FASTI_COMMAND_IMPORT_COMMIT,
                                     .organization = {1},
                                     .body.import = {.import = import, .source = 7}};
    edit_do(&command);
}

static void service_put(const struct rules *rules) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = (uint16_t)rules->minutes;
    edit_do(&command);
}

/* From one side of the edit to the other. */
static void edit(enum kind kind, bool is_after) {
    const struct rules rules = rules_of(kind, 0, is_after);
    switch (kind) {
    case KIND_REMOVED:
    case KIND_ADDED:
        opening_put(0, rules.has_afternoon ? FASTI_OPENINGS_UPSERT : FASTI_OPENINGS_REMOVE,
                    "afternoon", "13:00", "17:00");
        break;
    case KIND_SHORTER:
        opening_put(0, FASTI_OPENINGS_UPSERT, "morning", "08:00", is_after ? "10:00" : "12:00");
        break;
    case KIND_DURATION: service_put(&rules); break;
    case KIND_SERVICES: schedule_put(rules.is_offered ? "visit" : "long", &rules); break;
    case KIND_PAUSED:
    case KIND_DAY_LIMIT:
    case KIND_WEEK_LIMIT: schedule_put("visit", &rules); break;
    case KIND_CLOSED: import_do(is_after); break;
    case KINDS: break;
    }
}

/* ---- a round ---- */

#define CONFLICTS_MAX (BOOKERS * ATTEMPTS_MAX)
struct conflicts {
    uint32_t count;
    uint64_t records[CONFLICTS_MAX];
};

static void conflicts_list(struct conflicts *conflicts) {
    conflicts->count = 0;
    for (uint32_t s = 0; s < SCHEDULES; s++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
        command.body.list =
            (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                      .schedule = {1 + s},
                                      .only_conflicts = true,
                                      .to_utc_s = FIRST_DAY + 30 * FASTI_DAY_SECONDS,
                                      .limit = FASTI_LIST_MAX};
        for (bool more = true; more;) {
            struct fasti_answer answer;
            call_again(0, &command, &answer);
            const struct fasti_list_answer *page = answer.body.list;
            for (uint32_t i = 0; i < page->count && conflicts->count < CONFLICTS_MAX; i++)
                conflicts->records[conflicts->count++] = page->records[i].record.v;
            command.body.list.before = page->next;
            more = page->more;
        }
    }
}

static bool has(const struct conflicts *conflicts, uint64_t record) {
    for (uint32_t i = 0; i < conflicts->count; i++)
        if (conflicts->records[i] == record)
            return true;
    return false;
}

/* How long each visit is stands in its record. */
static void booked_keep(struct round *round) {
    round->attempts = calloc(BOOKERS * ATTEMPTS_MAX, sizeof *round->attempts);
    for (uint32_t b = 0; b < BOOKERS; b++)
        for (uint32_t i = 0; i < attempts_made[b]; i++)
            if (attempts[b][i].record != 0)
                round->attempts[round->count++] = attempts[b][i];
    for (uint32_t i = 0; i < round->count; i++) {
        const struct fasti_command command = {.kind = FASTI_COMMAND_SHOW,
                                              .organization = {1},
                                              .body.show = {round->attempts[i].record}};
        struct fasti_answer answer;
        call_again(0, &command, &answer);
        round->attempts[i].minutes = (uint16_t)answer.body.show.view.duration_minutes;
    }
}

/* Once a booking was decided under a limit there are no more than it says: those before it count.
 */
static void limits_check(const struct round *round) {
    const struct rules rules = rules_of(round->kind, 0, true);
    uint32_t of_day[DAYS] = {0}, of_week = 0;
    bool is_day_after[DAYS] = {false}, is_week_after = false;
    for (uint32_t i = 0; i < round->count; i++) {
        const struct attempt *attempt = &round->attempts[i];
        if (attempt->schedule != 0)
            continue;
        of_day[attempt->day]++;
        of_week++;
        is_day_after[attempt->day] |= attempt->is_after;
        is_week_after |= attempt->is_after;
    }
    for (uint32_t d = 0; d < DAYS; d++)
        if (rules.day_limit != 0 && is_day_after[d] && of_day[d] > rules.day_limit)
            fault(round, "a day has more than its limit, and somebody was let in after it", 0);
    if (rules.week_limit != 0 && is_week_after && of_week > rules.week_limit)
        fault(round, "a week has more than its limit, and somebody was let in after it", 0);
}

static void round_check(struct round *round, const struct conflicts *at_once,
                        const struct conflicts *later) {
    uint32_t outside = 0;
    for (uint32_t i = 0; i < round->count; i++) {
        const struct attempt *attempt = &round->attempts[i];
        const struct rules before = rules_of(round->kind, attempt->schedule, false);
        const struct rules after = rules_of(round->kind, attempt->schedule, true);
        const bool is_after = is_allowed(&after, attempt->start, attempt->minutes);
        const bool is_out = !is_covered(&after, attempt->start, attempt->minutes);
        if (!is_after && !is_allowed(&before, attempt->start, attempt->minutes))
            fault(round, "booked, which neither side allows", attempt->record);
        if (attempt->is_after && !is_after)
            fault(round, "booked after the edit was answered", attempt->record);
        if (is_out != has(at_once, attempt->record))
            fault(round,
                  is_out ? "it slipped: not among the conflicts that were told at once"
                         : "told of as a conflict, but it is covered",
                  attempt->record);
        outside += is_out;
    }
    if (at_once->count != outside || later->count != outside)
        fault(round, "there are other conflicts than the model has", later->count);
    limits_check(round);
}

static void round_run(struct round *round, struct fasti_prng *prng) {
    static struct conflicts at_once, later;
    const uint32_t head = (uint32_t)fasti_prng_below(prng, 60);
    if (round->kind == KIND_ADDED)
        edit(KIND_ADDED, false);
    fasti_store_seq_cst(&attempt_count, 0);
    fasti_store_seq_cst(&is_edited, false);
    meet(0);
    while (fasti_load_seq_cst(&attempt_count) < head)
        rest(0);
    edit(round->kind, true);
    round->edit_number = edit_count;
    round->answer_lsn = edit_durable_lsn;
    fasti_store_seq_cst(&is_edited, true);
    conflicts_list(&at_once);
    meet(0);
    struct fasti_answer answer;
    conflicts_list(&later);
    booked_keep(round);
    round_check(round, &at_once, &later);
    for (uint32_t i = 0; i < round->count; i++) {
        const struct fasti_command cancel = engine_cancel(round->attempts[i].record);
        call_again(0, &cancel, &answer);
    }
    if (round->kind != KIND_ADDED) /* which is as all begin */
        edit(round->kind, false);
}

/* ---- the log ---- */

struct reading {
    uint32_t edits;      /* changes of configuration so far */
    struct round *round; /* whose edit was the last one; NULL: none's */
};

static struct attempt *attempt_of(uint64_t record) {
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++)
        for (uint32_t i = 0; i < rounds[r].count; i++)
            if (rounds[r].attempts[i].record == record)
                return &rounds[r].attempts[i];
    return NULL;
}

static void effect_note(struct reading *reading, uint64_t lsn, const struct fasti_effect *effect) {
    if (effect->header->kind == FASTI_EFFECT_PUT || effect->header->kind == FASTI_EFFECT_PUBLISH) {
        reading->edits++;
        reading->round = NULL;
        for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++)
            if (rounds[r].edit_number == reading->edits) {
                reading->round = &rounds[r];
                rounds[r].edit_lsn = lsn;
            }
    }
    for (uint32_t i = 0; i < effect->header->cell_count; i++) {
        const uint64_t id = effect->cells[i].id;
        if (effect->header->kind == FASTI_EFFECT_BOOK &&
            fasti_cell_id_kind(id) == FASTI_CELL_RECORD) {
            struct attempt *attempt = attempt_of(fasti_cell_id_record_id(id).v);
            if (attempt != NULL)
                attempt->lsn = lsn;
        }
        const int64_t day = fasti_cell_id_kind(id) == FASTI_CELL_DAY
                                ? fasti_cell_id_date(id).v - (FIRST_DAY + 3600) / FASTI_DAY_SECONDS
                                : -1;
        if (effect->header->kind == FASTI_EFFECT_TOUCH && reading->round != NULL && day >= 0 &&
            day < DAYS)
            reading->round->touch_lsn[fasti_cell_id_schedule(id).v - 1][day] = lsn;
    }
}

static enum fasti_status batch_note(void *context, const struct fasti_batch *batch,
                                    const uint8_t *payload,
                                    const struct fasti_log_position *position) {
    (void)position;
    size_t at = 0;
    for (uint32_t i = 0; i < batch->effect_count; i++) {
        struct fasti_effect effect;
        FASTI_TRY(fasti_effect_decode(payload + at, batch->payload_bytes - at, &effect));
        effect_note(context, batch->lsn_first + i, &effect);
        at += effect.header->size_bytes;
    }
    return FASTI_OK;
}

static void order_check(struct round *round) {
    for (uint32_t s = 0; s < SCHEDULES; s++)
        for (uint32_t d = 0; d < DAYS; d++) {
            const uint64_t lsn = round->touch_lsn[s][d];
            if (is_touching(round->kind, s) && (lsn == 0 || lsn >= round->answer_lsn))
                fault(round,
                      lsn == 0 ? "a day was not touched" : "answered before a touch was durable",
                      s * 10 + d);
        }
    for (uint32_t i = 0; i < round->count; i++) {
        const struct attempt *attempt = &round->attempts[i];
        const struct rules before = rules_of(round->kind, attempt->schedule, false);
        const struct rules after = rules_of(round->kind, attempt->schedule, true);
        const uint64_t touched = round->touch_lsn[attempt->schedule][attempt->day];
        if (attempt->lsn == 0)
            fault(round, "not in the log", attempt->record);
        if (attempt->lsn < round->edit_lsn &&
            !is_allowed(&before, attempt->start, attempt->minutes))
            fault(round, "in the log before the edit that allows it", attempt->record);
        if (attempt->lsn >= round->answer_lsn &&
            !is_allowed(&after, attempt->start, attempt->minutes))
            fault(round, "in the log after the edit was answered, which does not allow it",
                  attempt->record);
        if (touched != 0 && attempt->lsn > touched &&
            !is_allowed(&after, attempt->start, attempt->minutes))
            fault(round, "in the log behind the touch of an edit that does not allow it",
                  attempt->record);
    }
}

static void log_check(void) {
    struct reading reading = {0};
    static struct fasti_log_report report;
    struct fasti_detail detail = {""};
    struct fasti_io *io = fasti_sim_disk_open(world->disk);
    const enum fasti_status status = fasti_log_read(io, 0, batch_note, &reading, &report, &detail);
    io->operations->close(io);
    if (status != FASTI_OK || reading.edits != edit_count) {
        fprintf(stderr, "the log: %s, %u edits of %u\n", detail.text, reading.edits, edit_count);
        faults++;
    }
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++)
        order_check(&rounds[r]);
}

/* ---- the run ---- */

static void practice_make(void) {
    engine_world_practice(world);
    for (uint32_t b = 1; b <= BOOKERS; b++) /* who has not begun holds up nobody's edit */
        fasti_engine_idle_enter(world->engine, b);
    edit_count = 7; /* zone, organization, location, two services, schedule, openings */
    for (uint32_t s = 1; s < SCHEDULES; s++) {
        const struct fasti_command command =
            engine_schedule(1, schedule_names[s], 5, "visit", "long");
        edit_do(&command);
        opening_put(s, FASTI_OPENINGS_UPSERT, "morning", "08:00", "12:00");
        opening_put(s, FASTI_OPENINGS_UPSERT, "afternoon", "13:00", "17:00");
    }
}

int main(void) {
    struct booker bookers[BOOKERS];
    pthread_t threads[BOOKERS];
    struct fasti_prng prng = fasti_test_prng("conflicts");
    uint32_t booked = 0, between = 0;
    world = engine_world_make(1, 1 + BOOKERS, "2026-01-05T07:00:00Z");
    practice_make();
    stall_prepare(STALL_US);
    for (uint32_t b = 0; b < BOOKERS; b++) {
        bookers[b] = (struct booker){.number = b, .prng = {fasti_prng_next(&prng)}};
        if (pthread_create(&threads[b], NULL, book, &bookers[b]) != 0)
            return 1;
    }
    for (uint32_t r = 0; r < KINDS * ROUNDS_EACH; r++) {
        rounds[r].kind = (enum kind)(r % KINDS);
        round_run(&rounds[r], &prng);
    }
    fasti_store_seq_cst(&is_over, true);
    meet(0);
    for (uint32_t b = 0; b < BOOKERS; b++)
        pthread_join(threads[b], NULL);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    log_check();
    if (engine_world_open(world) != FASTI_OK ||
        !fasti_hash128_equal(engine_world_digest(world), before)) {
        fprintf(stderr, "another state after a restart: %s\n", world->detail.text);
        faults++;
    }
    for (uint32_t r = 0; r < KINDS * ROUNDS_EACH; r++) {
        booked += rounds[r].count;
        for (uint32_t i = 0; i < rounds[r].count; i++)
            between +=
                rounds[r].attempts[i].lsn > rounds[r].edit_lsn && !rounds[r].attempts[i].is_after;
        free(rounds[r].attempts);
    }
    engine_world_free(world);
    printf("%d edits beside %u bookings, %u of them asked for before an answer and logged behind "
           "the edit; %u faults\n",
           KINDS * ROUNDS_EACH, booked, between, faults);
    return faults == 0 ? 0 : 1;
}
