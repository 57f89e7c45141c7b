/*
 * thread_kill.c - fastid killed under load, again and again, and stopped once: what was
 * acknowledged is there, and nothing is sold twice.
 *
 *   clients (processes): book random slots, cancel some of what they booked; before each cancel and
 *   after each answer one entry in an acknowledgement log outside the data directory
 *   parent: waits for ACKS more entries -> SIGKILL -> start -> every entry against the server ->
 *   clients again ...; the last time SIGTERM: each answer that was promised comes first
 *
 *   acknowledged, no cancel sent     BOOKED, with its own slot
 *   cancel acknowledged              CANCELLED
 *   cancel sent, no answer           one of the two
 *   a slot                           at most one BOOKED record, whatever was not acknowledged
 *
 * A plain program: ctest runs it, with sanitizers in the server too. Exits 77 where io_uring is
 * denied.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/prng.h"
#include "tests/support/check.h"
#include "tests/support/engine_world.h"
#include "tests/support/fastid.h"
#include "tests/support/seed.h"
#include "tests/support/server_world.h"

#define CYCLES      10
#define ACKS        150 /* bookings acknowledged before each kill, at least */
#define PROCESSES   2
#define CONNECTIONS 3
#define DEPTH       4
#define SCHEDULES   2
#define STARTS      1600 /* of a schedule: 50 working days */
#define SLOTS       (SCHEDULES * STARTS)
#define ENTRIES_MAX 65536

enum entry_kind { ENTRY_BOOKED = 1, ENTRY_CANCEL_SENT, ENTRY_CANCELLED, ENTRY_STARTED };

struct entry {
    uint32_t kind, slot;
    uint64_t record;
};

/* ---- the clients ---- */

/* One request on its way, by tag. */
struct request {
    bool is_used, is_cancel;
    uint32_t slot;
    uint64_t record;
};

struct loader {
    struct fasti_client *client;
    struct request requests[DEPTH];
    uint64_t cancel_next; /* a record to cancel with the next request; 0 = none */
    uint32_t cancel_slot;
};

static void entry_write(int fd, enum entry_kind kind, uint32_t slot, uint64_t record) {
    const struct entry entry = {.kind = (uint32_t)kind, .slot = slot, .record = record};
    CHECK(write(fd, &entry, sizeof entry) == sizeof entry, "the acknowledgement log: %s",
          strerror(errno));
}

/* patient: room for a reference, which the command borrows. */
static struct fasti_command slot_book(uint32_t slot, char patient[FASTI_PATIENT_BYTES_MAX]) {
    struct fasti_command command = server_world_book(slot % STARTS);
    command.body.book.items[0].schedule.v = 1 + slot / STARTS;
    command.body.book.appointments[0] = (struct fasti_book_appointment){
        .patient = patient,
        .patient_length = (uint8_t)snprintf(patient, FASTI_PATIENT_BYTES_MAX, "p-%u", slot)};
    return command;
}

/* false: the server is gone. */
static bool requests_send(struct loader *loader, struct fasti_prng *prng, int acks) {
    for (uint64_t tag = 0; tag < DEPTH; tag++) {
        struct request *request = &loader->requests[tag];
        if (request->is_used)
            continue;
        *request = (struct request){.is_used = true, .is_cancel = loader->cancel_next != 0};
        request->record = loader->cancel_next;
        request->slot =
            request->is_cancel ? loader->cancel_slot : (uint32_t)fasti_prng_below(prng, SLOTS);
        loader->cancel_next = 0;
        if (request->is_cancel)
            entry_write(acks, ENTRY_CANCEL_SENT, request->slot, request->record);
        char patient[FASTI_PATIENT_BYTES_MAX];
        const struct fasti_command command =
            request->is_cancel ? engine_cancel(request->record) : slot_book(request->slot, patient);
        if (fasti_client_send(loader->client, &command, tag) != FASTI_OK)
            return false;
    }
    return fasti_client_flush(loader->client) == FASTI_OK;
}

/* false: the server is gone. */
static bool answer_take(struct loader *loader, struct fasti_prng *prng, int acks) {
    struct fasti_answer answer;
    if (fasti_client_receive(loader->client, &answer) != FASTI_OK)
        return false;
    if (answer.status == FASTI_BUSY && answer.tag == 0)
        return false; /* it is stopping */
    CHECK(answer.status == FASTI_OK && answer.tag < DEPTH, "%s: %s",
          fasti_status_name(answer.status), answer.detail.text);
    struct request *request = &loader->requests[answer.tag];
    CHECK(request->is_used, "an answer to nothing");
    request->is_used = false;
    if (request->is_cancel) {
        CHECK(answer.outcome == FASTI_OUTCOME_CANCELLED, "own cancel: %s",
              fasti_outcome_name(answer.outcome));
        entry_write(acks, ENTRY_CANCELLED, request->slot, request->record);
    } else if (answer.outcome == FASTI_OUTCOME_BOOKED) {
        entry_write(acks, ENTRY_BOOKED, request->slot, answer.record.v);
        if (fasti_prng_below(prng, 4) == 0) {
            loader->cancel_next = answer.record.v;
            loader->cancel_slot = request->slot;
        }
    } else {
        CHECK(answer.outcome == FASTI_OUTCOME_TAKEN, "%s", fasti_outcome_name(answer.outcome));
    }
    return true;
}

static void process_run(const struct fastid *fastid, uint64_t seed) {
    static struct loader loaders[CONNECTIONS];
    struct fasti_prng prng = {seed};
    const int acks = open(fastid->acks, O_WRONLY | O_APPEND | O_CLOEXEC);
    CHECK(acks >= 0, "%s: %s", fastid->acks, strerror(errno));
    for (uint32_t c = 0; c < CONNECTIONS; c++)
        loaders[c] = (struct loader){.client = fastid_connect(fastid)};
    entry_write(acks, ENTRY_STARTED, 0, 0);
    bool is_up = true;
    while (is_up) {
        for (uint32_t c = 0; c < CONNECTIONS && is_up; c++)
            is_up = requests_send(&loaders[c], &prng, acks);
        for (uint32_t c = 0; c < CONNECTIONS && is_up; c++)
            is_up = answer_take(&loaders[c], &prng, acks);
    }
    /* What was answered before the end still counts, on every connection. */
    for (uint32_t c = 0; c < CONNECTIONS; c++) {
        while (fasti_client_in_flight(loaders[c].client) > 0 &&
               answer_take(&loaders[c], &prng, acks)) {
            /* goes on */
        }
        fasti_client_close(loaders[c].client);
    }
}

static void processes_start(const struct fastid *fastid, struct fasti_prng *prng, pid_t *pids) {
    for (uint32_t p = 0; p < PROCESSES; p++) {
        const uint64_t seed = fasti_prng_next(prng);
        pids[p] = fork();
        CHECK(pids[p] >= 0, "fork");
        if (pids[p] == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            process_run(fastid, seed);
            _exit(0);
        }
    }
}

static void processes_wait(const pid_t *pids) {
    for (uint32_t p = 0; p < PROCESSES; p++) {
        int status;
        CHECK(waitpid(pids[p], &status, 0) == pids[p] && status == 0, "a client failed");
    }
}

/* ---- the check ---- */

static struct entry entries[ENTRIES_MAX];

static uint32_t entries_read(const struct fastid *fastid) {
    const int fd = open(fastid->acks, O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? -1 : read(fd, entries, sizeof entries);
    CHECK(got >= 0 && (size_t)got < sizeof entries, "%s: %s", fastid->acks, strerror(errno));
    close(fd);
    return (uint32_t)((size_t)got / sizeof entries[0]);
}

static uint32_t entries_count(const struct fastid *fastid, enum entry_kind kind) {
    const uint32_t count = entries_read(fastid);
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += entries[i].kind == (uint32_t)kind;
    return found;
}

static uint32_t booked_count(const struct fastid *fastid) {
    return entries_count(fastid, ENTRY_BOOKED);
}

static bool has_entry(uint32_t count, enum entry_kind kind, uint64_t record) {
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].kind == kind && entries[i].record == record)
            return true;
    return false;
}

/* An acknowledged booking against what the server shows; true: it is still booked. */
static bool entry_check(struct fasti_client *client, uint32_t count, const struct entry *entry) {
    const struct fasti_command show = server_world_show(entry->record);
    char patient[FASTI_PATIENT_BYTES_MAX];
    const struct fasti_command wanted = slot_book(entry->slot, patient);
    struct fasti_answer answer;
    CHECK(fasti_client_call(client, &show, &answer) == FASTI_OK, "the connection ended");
    CHECK(answer.outcome == FASTI_OUTCOME_FOUND, "record %lu was acknowledged and is lost",
          (unsigned long)entry->record);
    const struct fasti_record_view *view = &answer.body.show.view;
    CHECK(view->start_utc_s == wanted.body.book.items[0].start_utc_s &&
              view->schedule.v == wanted.body.book.items[0].schedule.v &&
              view->patient_length == wanted.body.book.appointments[0].patient_length &&
              memcmp(view->patient, wanted.body.book.appointments[0].patient,
                     view->patient_length) == 0,
          "record %lu is another booking", (unsigned long)entry->record);
    const bool is_booked = view->state == FASTI_STATE_BOOKED;
    if (has_entry(count, ENTRY_CANCELLED, entry->record))
        CHECK(!is_booked, "the cancel of %lu was acknowledged and is lost",
              (unsigned long)entry->record);
    else if (!has_entry(count, ENTRY_CANCEL_SENT, entry->record))
        CHECK(is_booked, "nobody cancelled record %lu", (unsigned long)entry->record);
    return is_booked;
}

/* All that is booked, also what nobody was told of: no two at one time. */
static void lists_check(struct fasti_client *client) {
    static bool is_taken[SCHEDULES][STARTS];
    memset(is_taken, 0, sizeof is_taken);
    for (uint32_t s = 0; s < SCHEDULES; s++) {
        struct fasti_command list = server_world_list();
        list.body.list.schedule.v = 1 + s;
        list.body.list.include_ended = false;
        struct fasti_answer answer;
        do {
            CHECK(fasti_client_call(client, &list, &answer) == FASTI_OK, "the connection ended");
            CHECK(answer.status == FASTI_OK, "%s", answer.detail.text);
            for (uint32_t i = 0; i < answer.body.list->count; i++) {
                const struct fasti_record_view *view = &answer.body.list->records[i];
                uint32_t start = 0;
                while (start < STARTS && server_world_start_utc_s(start) != view->start_utc_s)
                    start++;
                CHECK(start < STARTS && !is_taken[s][start], "record %lu: its slot is sold twice",
                      (unsigned long)view->record.v);
                is_taken[s][start] = true;
                list.body.list.before = view->record;
            }
        } while (answer.body.list->more);
    }
}

static void everything_check(const struct fastid *fastid) {
    static bool is_sold[SLOTS];
    struct fasti_client *client = fastid_connect(fastid);
    const uint32_t count = entries_read(fastid);
    memset(is_sold, 0, sizeof is_sold);
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].kind != ENTRY_BOOKED || !entry_check(client, count, &entries[i]))
            continue;
        CHECK(!is_sold[entries[i].slot], "slot %u is sold twice", entries[i].slot);
        is_sold[entries[i].slot] = true;
    }
    lists_check(client);
    fasti_client_close(client);
}

/* Clients run until enough was acknowledged, then the server ends, somehow. */
static void cycle(struct fastid *fastid, struct fasti_prng *prng, void (*end)(struct fastid *)) {
    pid_t pids[PROCESSES];
    const uint32_t wanted = booked_count(fastid) + ACKS + (uint32_t)fasti_prng_below(prng, 30);
    const uint32_t started = entries_count(fastid, ENTRY_STARTED) + PROCESSES;
    processes_start(fastid, prng, pids);
    while (booked_count(fastid) < wanted || entries_count(fastid, ENTRY_STARTED) < started)
        (void)poll(NULL, 0, 1);
    end(fastid);
    processes_wait(pids);
    fastid_start(fastid);
    everything_check(fastid);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_kill");
    struct fastid fastid;
    alarm(300);
    fastid_make(&fastid, "kill");
    fastid.snapshot_log_bytes = "512K"; /* so that kills hit snapshots, too */
    close(open(fastid.acks, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    fastid_start(&fastid);
    struct fasti_client *client = fastid_connect(&fastid);
    fastid_practice(client, SCHEDULES);
    fasti_client_close(client);
    for (int i = 0; i < CYCLES; i++)
        cycle(&fastid, &prng, fastid_kill);
    cycle(&fastid, &prng, fastid_stop);
    fprintf(stderr, "thread_kill: %u bookings acknowledged\n", booked_count(&fastid));
    fastid_stop(&fastid);
    CHECK(fastid_run("fasti-log", "verify", fastid.data) == 0, "fasti-log verify");
    CHECK(fastid_run("fasti-log", "digest", fastid.data) == 0, "fasti-log digest");
    fastid_free(&fastid);
    return 0;
}
