/*
 * thread_server_load.c - a whole server at its bounds: connections, requests on their way, bytes
 * owed to a peer that does not read, a full disk, a stop with requests in flight.
 *
 *   every refusal is definite (BUSY, LIMIT_CONNECTIONS): what it refused was not done; what was
 *   promised is kept; whoever keeps to the rules is served meanwhile
 *
 * A shut gate (gate.h) holds every write back, so that requests pile up as long as a test likes.
 * A plain program: ctest runs it, also under ThreadSanitizer. Exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "api/api_limits.h"
#include "api/client.h"
#include "tests/support/check.h"
#include "tests/support/server_world.h"

#define CAP           8
#define PATIENCE_LEFT 3600000 /* a timeout that does not come in this test */
#define OVER          70      /* requests beyond a cap */
#define GREEDY_BYTES  (64 * 1024 * 1024)
#define LISTS         300
#define PIPELINED     500
#define LIBRARY_ASKED 500
#define LARGE_BYTES   (64 * 1024)
#define RECORDS       256
#define STOPPED       200

static const struct fasti_command status_command = {.kind = FASTI_COMMAND_STATUS};

static void expect_served(struct wire *wire, const char *while_what) {
    const struct fasti_answer *answer = wire_call(wire, &status_command);
    CHECK(answer->status == FASTI_OK, "%s: %s", while_what, answer->detail.text);
}

static uint64_t appointments(struct wire *wire) {
    return wire_call(wire, &status_command)->body.status.appointments;
}

static uint64_t book_ok(struct wire *wire, uint32_t i) {
    const struct fasti_command book = server_world_book(i);
    const struct fasti_answer *answer = wire_call(wire, &book);
    CHECK(answer->status == FASTI_OK && answer->outcome == FASTI_OUTCOME_BOOKED,
          "booking %u: %s %s", i, fasti_status_name(answer->status),
          fasti_outcome_name(answer->outcome));
    return answer->record.v;
}

/* ---- connections ---- */

static void connection_cap(void) {
    struct server_world *world = server_world_start(
        (struct fasti_server_options){.worker_count = 2, .connections_max = CAP});
    struct wire *wires[CAP], *over[FASTI_REFUSED_MAX + 8];
    for (int i = 0; i < CAP; i++)
        wires[i] = wire_greet(i % 2 == 0 ? world->tcp_where : world->unix_where);
    uint32_t told = 0, closed = 0;
    for (size_t i = 0; i < sizeof over / sizeof over[0]; i++) {
        over[i] = wire_open(world->unix_where);
        const enum fasti_status status = wire_hello(over[i]);
        told += status == FASTI_LIMIT_CONNECTIONS;
        closed += status == FASTI_UNREACHABLE;
        CHECK(status == FASTI_LIMIT_CONNECTIONS || status == FASTI_UNREACHABLE, "%s",
              fasti_status_name(status));
        CHECK(wire_next(over[i]) == NULL, "a refused connection goes on");
    }
    CHECK(told >= 1 && told + closed == FASTI_REFUSED_MAX + 8, "%u told, %u closed", told, closed);
    for (int i = 0; i < CAP; i++)
        expect_served(wires[i], "others are refused");
    for (size_t i = 0; i < sizeof over / sizeof over[0]; i++)
        wire_close(over[i]);
    wire_close(wires[0]); /* its place is free: somebody gets in */
    while (wires[0] = wire_open(world->tcp_where), wire_hello(wires[0]) != FASTI_OK)
        wire_close(wires[0]);
    for (int i = 0; i < CAP; i++) {
        expect_served(wires[i], "a place was given on");
        wire_close(wires[i]);
    }
    server_world_stop(world);
}

/* ---- requests on their way ---- */

/* One connection: what is beyond its cap is BUSY, and only what was not refused is booked. */
static void in_flight_cap(void) {
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 2});
    struct wire *wire = wire_greet(world->unix_where), *other = wire_greet(world->unix_where);
    const uint32_t count = FASTI_CONNECTION_IN_FLIGHT_MAX + OVER;
    static bool is_refused[FASTI_CONNECTION_IN_FLIGHT_MAX + OVER];
    gate_shut(&world->gate, true);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_command book = server_world_book(i);
        CHECK(wire_ask(wire, i, &book), "ask");
    }
    for (uint32_t i = 0; i < OVER; i++) { /* the refusals need no disk */
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(answer->status == FASTI_BUSY, "%s", fasti_status_name(answer->status));
        is_refused[answer->tag] = true;
    }
    expect_served(other, "another's requests wait");
    gate_shut(&world->gate, false);
    for (uint32_t i = 0; i < count - OVER; i++) {
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(answer->outcome == FASTI_OUTCOME_BOOKED && !is_refused[answer->tag], "%s",
              fasti_outcome_name(answer->outcome));
    }
    CHECK(appointments(other) == count - OVER, "%lu booked", (unsigned long)appointments(other));
    for (uint32_t i = 0; i < count; i++) /* nothing was claimed for a refusal */
        if (is_refused[i])
            (void)book_ok(other, i);
    wire_close(wire);
    wire_close(other);
    server_world_stop(world);
}

/* One worker: its connections use up all of its places; one more is told before a claim. */
static void worker_cap(void) {
    enum { EACH = 300, PEERS = FASTI_WORKER_PENDING_MAX / EACH + 1 };
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct wire *wires[PEERS], *late = wire_greet(world->unix_where);
    const uint64_t record = book_ok(late, 0);
    const struct fasti_command cancel = engine_cancel(record);
    const struct fasti_command show = server_world_show(record); /* waits for the cancel */
    gate_shut(&world->gate, true);
    for (int w = 0; w < PEERS; w++) {
        wires[w] = wire_greet(world->unix_where);
        if (w == 0)
            CHECK(wire_ask(wires[w], 0, &cancel), "ask");
        wire_ask_often(wires[w], EACH, &show);
    }
    /* All are taken once a status finds no place. */
    const struct fasti_answer *answer;
    do
        answer = wire_call(late, &status_command);
    while (answer->status == FASTI_OK);
    CHECK(answer->status == FASTI_BUSY, "%s", fasti_status_name(answer->status));
    const struct fasti_command book = server_world_book(1);
    answer = wire_call(late, &book);
    CHECK(answer->status == FASTI_BUSY, "%s", fasti_status_name(answer->status));
    gate_shut(&world->gate, false);
    uint32_t done = 0, busy = 0;
    for (int w = 0; w < PEERS; w++) {
        for (uint32_t i = 0; i < EACH + (w == 0); i++) {
            answer = wire_answer(wires[w]);
            done += answer->status == FASTI_OK && fasti_outcome_is_done(answer->outcome);
            busy += answer->status == FASTI_BUSY;
        }
        wire_close(wires[w]);
    }
    CHECK(done + busy == PEERS * EACH + 1 && done <= FASTI_WORKER_PENDING_MAX,
          "%u done, %u refused", done, busy);
    CHECK(appointments(late) == 0, "a refused booking was made");
    (void)book_ok(late, 1);
    wire_close(late);
    server_world_stop(world);
}

/* ---- bytes ---- */

/* Thousands of questions, no answer read: the server stops reading, then drops the peer. */
static void greedy_peer(const char *how) {
    struct server_world *world = server_world_start(
        (struct fasti_server_options){.worker_count = 1, .timeouts.send_ms = 200});
    const bool is_tcp = strcmp(how, "tcp") == 0;
    struct wire *greedy = wire_greet(is_tcp ? world->tcp_where : world->unix_where);
    struct wire *other = wire_greet(world->unix_where);
    const struct fasti_command ask = engine_availability(1, 1, "2026-01-06", 60);
    struct fasti_bytes frame;
    CHECK(fasti_codec_encode_request(wire_codec(greedy), 1, &ask, &frame) == FASTI_OK, "encode");
    size_t sent = 0, at = 0;
    for (long now; (now = wire_try(greedy, frame.bytes + at, frame.size - at)) >= 0;) {
        sent += (size_t)now;
        at = (at + (size_t)now) % frame.size;
        CHECK(sent < GREEDY_BYTES, "the server takes %zu bytes from a peer that reads none", sent);
        if (now == 0)
            expect_served(other, "a peer does not read"); /* and time passes */
    }
    (void)book_ok(other, 0);
    wire_close(greedy);
    wire_close(other);
    server_world_stop(world);
}

/* Far more is asked for in one piece than may be owed, and read only then: the server answers as
 * the peer reads, and loses nothing. */
static void patient_pipeliner(void) {
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct wire *wire = wire_greet(world->unix_where), *other = wire_greet(world->unix_where);
    struct fasti_command ask = engine_availability(1, 1, "2026-01-06", 60);
    ask.body.availability.schedule_count = 4;
    for (int i = 1; i < 4; i++)
        ask.body.availability.schedules[i] = ask.body.availability.schedules[0];
    wire_ask_often(wire, PIPELINED, &ask);
    for (int i = 0; i < 100; i++)
        expect_served(other, "another does not read yet");
    uint32_t starts = 0;
    for (uint64_t i = 1; i <= PIPELINED; i++) {
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(answer->tag == i && answer->status == FASTI_OK, "%s", answer->detail.text);
        CHECK(i == 1 || answer->body.availability->total == starts, "another answer");
        starts = answer->body.availability->total;
    }
    CHECK(PIPELINED * starts * sizeof starts > 2 * FASTI_CONNECTION_OUTPUT_END, "too little");
    wire_close(wire);
    wire_close(other);
    server_world_stop(world);
}

/* The client library sends far more than the server takes from a peer that reads nothing: it takes
 * answers while it sends, and says BUSY where the caller must. */
static void library_pipeliner(void) {
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct fasti_client *client = NULL;
    struct fasti_detail detail;
    CHECK(fasti_client_open(world->unix_where, 0, &client, &detail) == FASTI_OK, "%s", detail.text);
    struct fasti_command ask = engine_availability(1, 1, "2026-01-06", 60);
    ask.body.availability.schedule_count = 16;
    for (int i = 1; i < 16; i++)
        ask.body.availability.schedules[i] = ask.body.availability.schedules[0];
    struct fasti_answer answer;
    uint32_t sent = 0, taken = 0;
    while (taken < LIBRARY_ASKED) {
        enum fasti_status status = FASTI_OK;
        for (; sent < LIBRARY_ASKED && status == FASTI_OK; sent += status == FASTI_OK)
            status = fasti_client_send(client, &ask, sent);
        if (status == FASTI_OK)
            status = fasti_client_flush(client);
        CHECK(status == FASTI_OK || status == FASTI_BUSY, "after %u: %s", sent,
              fasti_status_name(status));
        CHECK(fasti_client_receive(client, &answer) == FASTI_OK, "%s",
              fasti_client_fault(client)->text);
        CHECK(answer.status == FASTI_OK && answer.tag == taken, "%s", answer.detail.text);
        taken++;
    }
    fasti_client_close(client);
    server_world_stop(world);
}

/* Long lists that wait for one cancel come due all at once: as many as fit are taken, the others
 * wait in the socket, and a peer that reads gets every one. */
static void lists_at_once(void) {
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct wire *wire = wire_greet(world->unix_where), *other = wire_greet(world->unix_where);
    const uint64_t first = book_ok(wire, 0);
    for (uint32_t i = 1; i <= RECORDS; i++)
        (void)book_ok(wire, i);
    const struct fasti_command list = server_world_list();
    const struct fasti_command cancel = engine_cancel(first); /* each list shows it and waits */
    gate_shut(&world->gate, true);
    CHECK(wire_ask(wire, 0, &cancel), "ask");
    wire_ask_often(wire, LISTS, &list);
    expect_served(other, "another waits");
    gate_shut(&world->gate, false);
    expect_served(other, "another is owed much");
    for (uint64_t i = 0; i <= LISTS; i++) {
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(answer->status == FASTI_OK, "%s", answer->detail.text);
        CHECK(answer->tag == 0 || answer->body.list->count == FASTI_LIST_MAX, "a short list");
    }
    wire_close(wire);
    wire_close(other);
    server_world_stop(world);
}

/* Half of a large frame, and its rest. */
static void half_push(struct wire *wire, bool is_rest) {
    static uint8_t bytes[LARGE_BYTES];
    const uint32_t body = LARGE_BYTES - 4;
    memcpy(bytes, &body, sizeof body); /* both of us are little-endian */
    CHECK(wire_push(wire, is_rest ? bytes + LARGE_BYTES / 2 : bytes, LARGE_BYTES / 2), "push");
}

/* Which of them hears something? */
static uint32_t heard(struct wire *const *wires, uint32_t count) {
    struct pollfd events[FASTI_LARGE_INPUTS_MAX + 1];
    for (uint32_t i = 0; i < count; i++)
        events[i] = (struct pollfd){.fd = wire_fd(wires[i]), .events = POLLIN};
    CHECK(poll(events, count, WIRE_WAIT_MS) > 0, "nobody hears anything");
    uint32_t at = 0;
    while (events[at].revents == 0)
        at++;
    return at;
}

/* A worker keeps so many large messages that are not complete; one more is told, and room that
 * nobody uses any more is given on. */
static void large_inputs(void) {
    enum { COUNT = FASTI_LARGE_INPUTS_MAX + 1 };
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct wire *wires[COUNT];
    for (int i = 0; i < COUNT; i++) {
        wires[i] = wire_greet(world->unix_where);
        half_push(wires[i], false);
    }
    const uint32_t refused = heard(wires, COUNT);
    CHECK(wire_answer(wires[refused])->status == FASTI_BUSY, "one too many");
    CHECK(wire_next(wires[refused]) == NULL, "it goes on");
    wire_close(wires[refused]);
    wires[refused] = wires[COUNT - 1];
    for (int i = 0; i < COUNT - 1; i++) {
        half_push(wires[i], true);
        CHECK(wire_answer(wires[i])->status == FASTI_INVALID_MESSAGE, "zeros");
    }
    wires[COUNT - 1] = wire_greet(world->unix_where); /* the others keep nothing now */
    half_push(wires[COUNT - 1], false);
    half_push(wires[COUNT - 1], true);
    CHECK(wire_answer(wires[COUNT - 1])->status == FASTI_INVALID_MESSAGE, "zeros");
    for (int i = 0; i < COUNT; i++) {
        expect_served(wires[i], "after its large frame");
        wire_close(wires[i]);
    }
    server_world_stop(world);
}

/* ---- the disk ---- */

/* Books and cancels until a booking is refused. */
static void fill_until_low(struct wire *wire) {
    const struct fasti_command book = server_world_book(1000);
    const struct fasti_answer *answer;
    while ((answer = wire_call(wire, &book))->status == FASTI_OK) {
        const struct fasti_command cancel = engine_cancel(answer->record.v);
        CHECK(wire_call(wire, &cancel)->outcome == FASTI_OUTCOME_CANCELLED, "cancel");
    }
    CHECK(answer->status == FASTI_DISK_LOW, "%s", fasti_status_name(answer->status));
}

/* A real disk fills up, is found low again after a restart of the engine, and has room again. */
static void disk_low(void) {
    struct server_world *world =
        server_world_start_on_disk((struct fasti_server_options){.worker_count = 2});
    struct wire *wire = wire_greet(world->unix_where), *other = wire_greet(world->tcp_where);
    const struct fasti_command keep = engine_cancel(book_ok(wire, 0));
    const struct fasti_command book = server_world_book(1);
    gate_fill(&world->gate, true);
    fill_until_low(wire);
    const struct fasti_hash128 digest = wire_digest(other);
    CHECK(wire_call(other, &book)->status == FASTI_DISK_LOW, "on the other worker");
    CHECK(wire_call(other, &status_command)->body.status.disk_low, "status");
    const struct fasti_command ask = engine_availability(1, 1, "2026-01-06", 1);
    CHECK(wire_call(other, &ask)->body.availability->total == 31, "a refusal claimed a slot");
    CHECK(fasti_hash128_equal(wire_digest(other), digest), "a refusal changed something");
    CHECK(wire_call(other, &keep)->outcome == FASTI_OUTCOME_CANCELLED, "cancels are served");
    gate_fill(&world->gate, false);
    /* Nobody asks for anything but this: the engine has to look by itself. */
    for (int i = 0; wire_call(wire, &status_command)->body.status.disk_low; i++) {
        CHECK(i < WIRE_WAIT_MS / 20, "the room is not found");
        (void)poll(NULL, 0, 20);
    }
    CHECK(wire_call(wire, &book)->outcome == FASTI_OUTCOME_BOOKED, "room has come back");
    const struct fasti_hash128 after = wire_digest(other);
    wire_close(wire);
    wire_close(other);
    server_world_down(world);
    server_world_recover(world);
    CHECK(fasti_hash128_equal(engine_world_digest(&world->engine), after), "another state");
    server_world_stop(world);
}

/* ---- the end ---- */

static void *stop_main(void *context) {
    server_world_down(context);
    return NULL;
}

/* A stop begins while bookings wait for the disk: each is answered, each is there afterwards. */
static void stop_in_flight(void) {
    enum { PEERS = 2, EACH = STOPPED / PEERS };
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = PEERS});
    struct wire *wires[PEERS], *others[PEERS]; /* one of each a worker: the emptiest is chosen */
    for (uint32_t w = 0; w < PEERS; w++)
        wires[w] = wire_greet(world->tcp_where);
    for (uint32_t w = 0; w < PEERS; w++)
        others[w] = wire_greet(world->unix_where);
    gate_shut(&world->gate, true);
    for (uint32_t i = 0; i < STOPPED; i++) {
        const struct fasti_command book = server_world_book(i);
        CHECK(wire_ask(wires[i % PEERS], i, &book), "ask");
    }
    for (uint32_t w = 0; w < PEERS; w++)
        while (wire_call(others[w], &status_command)->body.status.pending < EACH) {
            /* until all of them are claimed */
        }
    pthread_t stopper;
    CHECK(pthread_create(&stopper, NULL, stop_main, world) == 0, "no thread");
    for (uint32_t w = 0; w < PEERS; w++) { /* their end says that the stop has begun */
        CHECK(wire_next(others[w]) == NULL, "words at the stop");
        wire_close(others[w]);
    }
    gate_shut(&world->gate, false);
    uint64_t records[STOPPED];
    for (uint32_t i = 0; i < STOPPED; i++) {
        const struct fasti_answer *answer = wire_answer(wires[i % PEERS]);
        CHECK(answer->outcome == FASTI_OUTCOME_BOOKED, "%s", fasti_outcome_name(answer->outcome));
        records[i] = answer->record.v;
    }
    for (uint32_t w = 0; w < PEERS; w++) {
        CHECK(wire_next(wires[w]) == NULL, "more than was asked for");
        wire_close(wires[w]);
    }
    pthread_join(stopper, NULL);
    server_world_recover(world);
    for (uint32_t i = 0; i < STOPPED; i++) {
        const struct fasti_command show = server_world_show(records[i]);
        const struct fasti_answer answer = engine_world_run(&world->engine, 0, &show);
        CHECK(answer.outcome == FASTI_OUTCOME_FOUND &&
                  answer.body.show.view.state == FASTI_STATE_BOOKED,
              "record %lu was acknowledged and is lost", (unsigned long)records[i]);
    }
    server_world_stop(world);
}

static void greedy_unix(void) {
    greedy_peer("unix");
}

static void greedy_tcp(void) {
    greedy_peer("tcp");
}

/* The batch that says "the last one was durable" is on its way when the engine is stopped. */
static void stop_with_watermark(void) {
    struct server_world *world =
        server_world_start((struct fasti_server_options){.worker_count = 1});
    struct wire *wire = wire_greet(world->unix_where);
    (void)book_ok(wire, 0);
    gate_shut(&world->gate, true);
    for (int i = 0; i < 50; i++) /* idle, as simulated time counts it */
        expect_served(wire, "nothing is written");
    const struct fasti_hash128 digest = wire_digest(wire);
    wire_close(wire);
    server_world_down(world);
    gate_shut(&world->gate, false);
    server_world_reopen(world);
    CHECK(world->engine.recovery.clean, "the stop was not clean");
    CHECK(fasti_hash128_equal(world->engine.recovery.digest, digest), "another state");
    server_world_stop(world);
}

/* With an argument: the test of that name only. */
int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        {"connection_cap", connection_cap},
        {"in_flight_cap", in_flight_cap},
        {"worker_cap", worker_cap},
        {"greedy_unix", greedy_unix},
        {"greedy_tcp", greedy_tcp},
        {"stop_in_flight", stop_in_flight},
        {"lists_at_once", lists_at_once},
        {"stop_with_watermark", stop_with_watermark},
        {"disk_low", disk_low},
        {"large_inputs", large_inputs},
        {"patient_pipeliner", patient_pipeliner},
        {"library_pipeliner", library_pipeliner},
    };
    alarm(240);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        if (argc < 2 || strcmp(argv[1], tests[i].name) == 0)
            tests[i].run();
    return 0;
}
