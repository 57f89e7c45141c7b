/*
 * rush_slots.c - 64 connections on 100 free slots at the same moment: exactly 100 winners.
 *
 *   rush_slots SERVER RUNS
 *
 *   run 0, 2 ...   100 starts, each can be had once                   losers: TAKEN
 *   run 1, 3 ...   120 starts in an opening with 100 places           losers: TAKEN, FULL
 *
 * Each run is a day of its own. Every connection wants every start, in an order of its own, DEPTH
 * at a time; all begin at a barrier. Makes the organization "rush", which must not be there. Exit
 * 0: so it was in every run; 1: in which it was not. 1,000 runs (tests/test_quota.sh 1000) took
 * 66 to 85 s with sanitizers on two busy cores: 7.0 million requests, 29 connections won a slot a
 * run.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "tests/support/ask.h"
#include "tests/support/check.h"
#include "tests/support/seed.h"
#include "tests/support/stop.h"

#define CONNECTIONS 64
#define WINNERS     100
#define STARTS_MAX  120
#define DEPTH       8
#define MINUTES     5
#define OPEN_MINUTE (8 * 60)
#define DAY_S       86400

static const uint32_t start_counts[2] = {WINNERS, STARTS_MAX};
static const char *const schedules[2] = {"slots", "places"};

struct rush {
    const char *server;
    uint32_t runs;
    struct fasti_client *client;
    fasti_organization_id organization;
    uint32_t service, ids[2];
    int32_t day_first; /* UTC is the local time */
    pthread_barrier_t barrier;
    uint8_t outcomes[CONNECTIONS][STARTS_MAX]; /* of the run at hand */
    uint64_t busy[CONNECTIONS];
    uint64_t taken, full, winning; /* winning: connections that won a slot, all runs together */
};

struct member {
    struct rush *rush;
    pthread_t thread;
    uint32_t index;
    struct fasti_prng prng;
};

/* ---- the practice ---- */

static void put(struct rush *rush, struct fasti_put *record, enum fasti_entity_kind kind,
                const char *id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_PUT, .organization = rush->organization};
    struct fasti_answer answer;
    record->kind = kind;
    CHECK(fasti_id_text_set(&record->id, id, strlen(id)) == FASTI_OK, "%s", id);
    command.body.put = *record;
    CHECK(fasti_client_call(rush->client, &command, &answer) == FASTI_OK, "%s", id);
    const enum fasti_outcome wanted =
        kind == FASTI_ENTITY_OPENINGS ? FASTI_OUTCOME_CHANGED : FASTI_OUTCOME_CREATED;
    CHECK(answer.status == FASTI_OK && answer.outcome == wanted, "%s: %s %s", id,
          fasti_outcome_name(answer.outcome), answer.detail.text);
    if (kind == FASTI_ENTITY_ORGANIZATION)
        rush->organization.v = answer.id;
    if (kind == FASTI_ENTITY_SERVICE)
        rush->service = answer.id;
}

static struct fasti_id_text id_of(const char *text) {
    struct fasti_id_text id;
    CHECK(fasti_id_text_set(&id, text, strlen(text)) == FASTI_OK, "%s", text);
    return id;
}

/* A schedule that is open every day from OPEN_MINUTE on, for so many starts and WINNERS places. */
static void put_schedule(struct rush *rush, uint32_t index) {
    struct fasti_put schedule = {.kind = FASTI_ENTITY_SCHEDULE}, openings = {0};
    schedule.body.schedule.location = id_of("here");
    schedule.body.schedule.services[0] = id_of("visit");
    schedule.body.schedule.service_count = 1;
    put(rush, &schedule, FASTI_ENTITY_SCHEDULE, schedules[index]);
    const struct fasti_opening opening = {
        .id = id_of("daily"),
        .kind = FASTI_OPENING_WEEKLY,
        .weekdays = 127,
        .start_minute = OPEN_MINUTE,
        .end_minute = (uint16_t)(OPEN_MINUTE + start_counts[index] * MINUTES),
        .date_first = {rush->day_first},
        .date_last = {rush->day_first + (int32_t)rush->runs},
        .capacity = index == 0 ? FASTI_CAPACITY_UNLIMITED : WINNERS,
    };
    openings.body.openings.mode = FASTI_OPENINGS_REPLACE;
    openings.body.openings.count = 1;
    openings.body.openings.openings = &opening;
    put(rush, &openings, FASTI_ENTITY_OPENINGS, schedules[index]);
    rush->ids[index] =
        ask_resolve(rush->client, rush->organization, FASTI_ENTITY_SCHEDULE, schedules[index]);
}

static void put_practice(struct rush *rush) {
    struct fasti_command status = {.kind = FASTI_COMMAND_STATUS};
    const int64_t now_ms =
        ask_found(rush->client, rush->organization, &status, "status").body.status.now_ms;
    rush->day_first = (int32_t)(now_ms / 1000 / DAY_S) + 1;
    struct fasti_put organization = {0}, location = {0}, service = {0};
    put(rush, &organization, FASTI_ENTITY_ORGANIZATION, "rush");
    location.body.location.zone = id_of("UTC");
    put(rush, &location, FASTI_ENTITY_LOCATION, "here");
    service.body.service.duration_minutes = MINUTES;
    put(rush, &service, FASTI_ENTITY_SERVICE, "visit");
    put_schedule(rush, 0);
    put_schedule(rush, 1);
}

/* ---- a run ---- */

static int64_t start_of(const struct rush *rush, uint32_t run, uint32_t slot) {
    return (int64_t)(rush->day_first + (int32_t)(run / 2)) * DAY_S +
           (OPEN_MINUTE + (int64_t)slot * MINUTES) * 60;
}

static void member_send(struct member *member, struct fasti_client *client, uint32_t run,
                        uint32_t slot) {
    const struct rush *rush = member->rush;
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = rush->organization};
    struct fasti_book *book = &command.body.book;
    char patient[32];
    book->appointment_count = book->item_count = 1;
    book->appointments[0].patient = patient;
    book->appointments[0].patient_length =
        (uint8_t)snprintf(patient, sizeof patient, "c%u-%u", member->index, slot);
    book->items[0].schedule.v = rush->ids[run % 2];
    book->items[0].service.v = rush->service;
    book->items[0].start_utc_s = start_of(rush, run, slot);
    CHECK(fasti_client_send(client, &command, slot) == FASTI_OK, "run %u", run);
}

/* Every start of the run's day once, and again as long as the server is busy. */
static void member_rush(struct member *member, struct fasti_client *client, uint32_t run) {
    const uint32_t count = start_counts[run % 2];
    uint32_t order[STARTS_MAX], sent = 0, answered = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = (uint32_t)fasti_prng_below(&member->prng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    while (answered < count) {
        struct fasti_answer answer;
        while (sent < count && sent - answered < DEPTH)
            member_send(member, client, run, order[sent++]);
        CHECK(fasti_client_receive(client, &answer) == FASTI_OK, "run %u: %s", run,
              fasti_client_fault(client)->text);
        if (answer.status == FASTI_BUSY) {
            member->rush->busy[member->index]++;
            member_send(member, client, run, (uint32_t)answer.tag);
            continue;
        }
        CHECK(answer.status == FASTI_OK, "run %u: %s", run, answer.detail.text);
        member->rush->outcomes[member->index][answer.tag] = (uint8_t)answer.outcome;
        answered++;
    }
}

static void *member_run(void *context) {
    struct member *member = context;
    struct fasti_client *client = ask_open(member->rush->server);
    for (uint32_t run = 0; run < member->rush->runs; run++) {
        pthread_barrier_wait(&member->rush->barrier);
        member_rush(member, client, run);
        pthread_barrier_wait(&member->rush->barrier);
    }
    fasti_client_close(client);
    return NULL;
}

/* Starts that the run's day offers. */
static uint32_t offered(struct rush *rush, uint32_t run) {
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
    struct fasti_availability_query *query = &command.body.availability;
    query->service_count = 1;
    query->services[0].v = rush->service;
    query->first.v = rush->day_first + (int32_t)(run / 2);
    query->day_count = query->schedule_count = 1;
    query->schedules[0].v = rush->ids[run % 2];
    return ask_found(rush->client, rush->organization, &command, "availability")
        .body.availability->total;
}

static void run_check(struct rush *rush, uint32_t run) {
    uint32_t winners = 0;
    bool has_won[CONNECTIONS] = {false};
    for (uint32_t slot = 0; slot < start_counts[run % 2]; slot++) {
        uint32_t here = 0;
        for (uint32_t c = 0; c < CONNECTIONS; c++) {
            const uint8_t outcome = rush->outcomes[c][slot];
            here += outcome == FASTI_OUTCOME_BOOKED;
            has_won[c] |= outcome == FASTI_OUTCOME_BOOKED;
            rush->taken += outcome == FASTI_OUTCOME_TAKEN;
            rush->full += outcome == FASTI_OUTCOME_FULL;
            CHECK(outcome == FASTI_OUTCOME_BOOKED || outcome == FASTI_OUTCOME_TAKEN ||
                      (outcome == FASTI_OUTCOME_FULL && run % 2 == 1),
                  "run %u, slot %u: outcome %u", run, slot, outcome);
        }
        CHECK(here <= 1 && (here == 1 || run % 2 == 1), "run %u, slot %u: %u winners", run, slot,
              here);
        winners += here;
    }
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        rush->winning += has_won[c];
    CHECK(winners == WINNERS, "run %u: %u winners", run, winners);
    CHECK(offered(rush, run) == 0, "run %u: there is still an offer", run);
}

static uint64_t appointments(struct rush *rush) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return ask_found(rush->client, rush->organization, &command, "status").body.status.appointments;
}

static void rush_run(struct rush *rush) {
    static struct member members[CONNECTIONS];
    struct fasti_prng prng = fasti_test_prng("rush_slots");
    const uint64_t before = appointments(rush);
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    uint64_t busy = 0;
    CHECK(pthread_barrier_init(&rush->barrier, NULL, CONNECTIONS + 1) == 0, "barrier");
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        members[c] = (struct member){.rush = rush, .index = c, .prng = {fasti_prng_next(&prng)}};
        CHECK(pthread_create(&members[c].thread, NULL, member_run, &members[c]) == 0, "thread");
    }
    for (uint32_t run = 0; run < rush->runs; run++) {
        const uint32_t free_starts = offered(rush, run);
        CHECK(free_starts == start_counts[run % 2], "run %u begins with %u", run, free_starts);
        memset(rush->outcomes, 0, sizeof rush->outcomes);
        pthread_barrier_wait(&rush->barrier);
        pthread_barrier_wait(&rush->barrier);
        run_check(rush, run);
    }
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        pthread_join(members[c].thread, NULL);
        busy += rush->busy[c];
    }
    pthread_barrier_destroy(&rush->barrier);
    const uint64_t made = appointments(rush) - before;
    CHECK(made == (uint64_t)rush->runs * WINNERS, "%" PRIu64 " appointments", made);
    printf("%u runs of %d connections, %.1f s: %d winners in each, %" PRIu64 " taken, %" PRIu64
           " full, %" PRIu64 " busy; %.1f won a slot, on average\n",
           rush->runs, CONNECTIONS, (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9, WINNERS,
           rush->taken, rush->full, busy, (double)rush->winning / rush->runs);
}

int main(int argc, char **argv) {
    static struct rush rush;
    if (argc != 3)
        stop("usage", "rush_slots SERVER RUNS");
    rush.server = argv[1];
    rush.runs = (uint32_t)strtoul(argv[2], NULL, 10);
    if (rush.runs == 0 || rush.runs > 10000)
        stop("not 1 to 10000 runs", argv[2]);
    rush.client = ask_open(rush.server);
    put_practice(&rush);
    rush_run(&rush);
    fasti_client_close(rush.client);
    return 0;
}
