/*
 * thread_race.c - racing processes on one fastid: exactly one winner a slot, one cancel a booking.
 *
 *   4 processes x 4 connections x every slot, each connection in an order of its own, 8 deep
 *   -> each slot is BOOKED once, all others are told TAKEN, the list's pages hold each
 *      booking once; then all cancel all
 *   -> each appointment is CANCELLED once, all others are told ALREADY; once more from the start
 *
 * Results are written to memory that parent and children share. A plain program: ctest runs it,
 * with sanitizers in the server too. Exits 77 where io_uring is denied.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/prng.h"
#include "tests/support/check.h"
#include "tests/support/engine_world.h"
#include "tests/support/fastid.h"
#include "tests/support/seed.h"
#include "tests/support/server_world.h"

#define PROCESSES   4
#define CONNECTIONS 4 /* of a process */
#define RACERS      (PROCESSES * CONNECTIONS)
#define SLOTS       64
#define DEPTH       8
#define ROUNDS      3
#define PAGE        5

/* Shared by all processes. */
struct race {
    bool is_cancelling;
    uint64_t records[SLOTS]; /* of what was booked; written by its one winner */
    uint8_t outcomes[RACERS][SLOTS];
};

struct racer {
    struct fasti_client *client;
    uint32_t order[SLOTS], sent, answered;
};

static void order_make(struct fasti_prng *prng, uint32_t order[SLOTS]) {
    for (uint32_t i = 0; i < SLOTS; i++) {
        const uint32_t j = (uint32_t)fasti_prng_below(prng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static void send_some(const struct race *race, struct racer *racer) {
    while (racer->sent < SLOTS && racer->sent - racer->answered < DEPTH) {
        const uint32_t slot = racer->order[racer->sent++];
        const struct fasti_command command =
            race->is_cancelling ? engine_cancel(race->records[slot]) : server_world_book(slot);
        const enum fasti_status status = fasti_client_send(racer->client, &command, slot);
        CHECK(status == FASTI_OK, "%s", fasti_status_name(status));
    }
    CHECK(fasti_client_flush(racer->client) == FASTI_OK, "the connection ended");
}

static void receive_one(struct race *race, struct racer *racer, uint32_t at) {
    struct fasti_answer answer;
    const enum fasti_status status = fasti_client_receive(racer->client, &answer);
    CHECK(status == FASTI_OK && answer.status == FASTI_OK, "%s %s: %s", fasti_status_name(status),
          fasti_status_name(answer.status), answer.detail.text);
    race->outcomes[at][answer.tag] = (uint8_t)answer.outcome;
    if (answer.outcome == FASTI_OUTCOME_BOOKED)
        race->records[answer.tag] = answer.record.v;
    racer->answered++;
}

/* A racing process: waits for the pipe's end, then runs all of its connections. */
static void process_run(const struct fastid *fastid, struct race *race, uint32_t process,
                        uint64_t seed, int start_fd) {
    struct fasti_prng prng = {seed};
    struct racer racers[CONNECTIONS];
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        racers[c] = (struct racer){.client = fastid_connect(fastid)};
        order_make(&prng, racers[c].order);
    }
    char byte;
    while (read(start_fd, &byte, 1) > 0) {
        /* until the parent closes it */
    }
    for (uint32_t turn = 0; turn < SLOTS; turn++) {
        for (uint32_t c = 0; c < CONNECTIONS; c++)
            send_some(race, &racers[c]);
        for (uint32_t c = 0; c < CONNECTIONS; c++)
            receive_one(race, &racers[c], process * CONNECTIONS + c);
    }
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        fasti_client_close(racers[c].client);
}

static void race_run(const struct fastid *fastid, struct race *race, struct fasti_prng *prng) {
    int start[2];
    pid_t pids[PROCESSES];
    memset(race->outcomes, 0, sizeof race->outcomes);
    CHECK(pipe(start) == 0, "pipe");
    for (uint32_t p = 0; p < PROCESSES; p++) {
        const uint64_t seed = fasti_prng_next(prng);
        pids[p] = fork();
        CHECK(pids[p] >= 0, "fork");
        if (pids[p] == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(start[1]);
            process_run(fastid, race, p, seed, start[0]);
            _exit(0);
        }
    }
    close(start[0]);
    close(start[1]);
    for (uint32_t p = 0; p < PROCESSES; p++) {
        int status;
        CHECK(waitpid(pids[p], &status, 0) == pids[p] && status == 0, "a racing process failed");
    }
}

static void race_check(const struct race *race) {
    const uint8_t winner = race->is_cancelling ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_BOOKED;
    const uint8_t loser = race->is_cancelling ? FASTI_OUTCOME_ALREADY : FASTI_OUTCOME_TAKEN;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t won = 0, lost = 0;
        for (uint32_t r = 0; r < RACERS; r++) {
            won += race->outcomes[r][slot] == winner;
            lost += race->outcomes[r][slot] == loser;
        }
        CHECK(won == 1 && lost == RACERS - 1, "slot %u: %u winners, %u losers of %d", slot, won,
              lost, RACERS);
    }
}

/* The schedule's list, a few records a page: each booking once, whatever order the workers gave
 * numbers in and the log took them in. */
static void pages_check(struct fasti_client *client, const struct race *race) {
    struct fasti_command list = server_world_list();
    struct fasti_answer answer;
    uint32_t seen[SLOTS] = {0}, count = 0;
    list.body.list.include_ended = false;
    list.body.list.limit = PAGE;
    do {
        CHECK(fasti_client_call(client, &list, &answer) == FASTI_OK, "the connection ended");
        CHECK(answer.status == FASTI_OK, "%s", answer.detail.text);
        for (uint32_t i = 0; i < answer.body.list->count; i++, count++)
            for (uint32_t slot = 0; slot < SLOTS; slot++)
                seen[slot] += race->records[slot] == answer.body.list->records[i].record.v;
        list.body.list.before = answer.body.list->next;
    } while (answer.body.list->more);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        CHECK(seen[slot] == 1, "record %lu stands %u times in the list",
              (unsigned long)race->records[slot], seen[slot]);
    CHECK(count == SLOTS, "%u records in the list", count);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_race");
    struct fastid fastid;
    alarm(300);
    struct race *race =
        mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(race != MAP_FAILED, "no memory");
    fastid_make(&fastid, "race");
    fastid_start(&fastid);
    struct fasti_client *client = fastid_connect(&fastid);
    fastid_practice(client, 1);
    for (int round = 0; round < ROUNDS; round++)
        for (int cancelling = 0; cancelling < 2; cancelling++) {
            race->is_cancelling = cancelling == 1;
            race_run(&fastid, race, &prng);
            race_check(race);
            if (!race->is_cancelling)
                pages_check(client, race);
        }
    fasti_client_close(client);
    fastid_stop(&fastid);
    fastid_free(&fastid);
    return 0;
}
