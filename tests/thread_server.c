/*
 * thread_server.c - hostile peers against a whole server: frames that are wrong in every way we
 * know, random flips, peers that stop halfway, say nothing, take nothing or reset; and peers that
 * send much in one piece, which is read ahead.
 *
 *   each of them   a typed status and a living connection where framing allows, else a clean end;
 *                  nothing changes (digest); the bystander on another connection is served
 *
 * A plain program: ctest runs it, also under ThreadSanitizer. Exits 77 where io_uring is denied.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_limits.h"
#include "tests/support/check.h"
#include "tests/support/messages.h"
#include "tests/support/seed.h"
#include "tests/support/server_world.h"

#define FLIPS         1500
#define FLIPS_PREFIX  60
#define WORKERS       2
#define RESETS        40
#define PIECES        200
#define PIECE_MAX     40      /* questions in one */
#define LISTS         120     /* together more than a connection may be owed */
#define PATIENCE_LEFT 3600000 /* a timeout that does not come in this test */

static const struct fasti_command status_command = {.kind = FASTI_COMMAND_STATUS};

/* A frame that can be changed. */
struct mutable_frame {
    size_t size;
    uint8_t bytes[FASTI_FRAME_BYTES_MAX];
};

static void frame_encode(struct wire *wire, const struct fasti_command *command,
                         struct mutable_frame *frame) {
    struct fasti_bytes encoded;
    CHECK(fasti_codec_encode_request(wire_codec(wire), 7, command, &encoded) == FASTI_OK, "encode");
    memcpy(frame->bytes, encoded.bytes, encoded.size);
    frame->size = encoded.size;
}

/* ---- what must hold around every attack ---- */

struct watch {
    struct server_world *world;
    struct wire *bystander;
    struct fasti_hash128 digest;
};

static struct watch watch_begin(struct fasti_server_options options) {
    struct watch watch = {.world = server_world_start(options)};
    watch.bystander = wire_greet(watch.world->unix_where);
    watch.digest = wire_digest(watch.bystander);
    return watch;
}

static void watch_check(struct watch *watch, const char *after) {
    CHECK(fasti_hash128_equal(wire_digest(watch->bystander), watch->digest), "changed by: %s",
          after);
}

static void watch_end(struct watch *watch) {
    wire_close(watch->bystander);
    server_world_stop(watch->world);
}

/* The server's last words: a status outside any request, then the end. */
static void expect_end(struct wire *wire, enum fasti_status expected, const char *what) {
    const struct fasti_server_frame *frame = wire_next(wire);
    CHECK(frame != NULL, "%s: it closed without a word", what);
    const enum fasti_status status =
        frame->kind == FASTI_SERVER_HELLO_REPLY ? frame->hello.status : frame->answer.status;
    CHECK(status == expected, "%s: %s instead of %s", what, fasti_status_name(status),
          fasti_status_name(expected));
    CHECK(wire_next(wire) == NULL, "%s: it goes on", what);
}

static void expect_alive(struct wire *wire, const char *what) {
    const struct fasti_answer *answer = wire_call(wire, &status_command);
    CHECK(answer->status == FASTI_OK, "%s: %s", what, answer->detail.text);
}

/* ---- framing ---- */

static void prefix_put(uint8_t *bytes, uint32_t body_size) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(body_size >> 8 * i);
}

static void wrong_prefixes(void) {
    static const struct {
        const char *what;
        uint32_t body;
        size_t sent;
    } attacks[] = {
        {"zero length", 0, 16},
        {"one byte", 1, 16},
        {"shorter than any message", 8, 16},
        {"not a multiple of eight", 57, 64},
        {"aligned but for the prefix", 64, 72},
        {"longer than any message", FASTI_FRAME_BYTES_MAX + 4, 4},
        {"two gigabytes", 0x7fffffff, 4},
        {"four gigabytes", 0xffffffff, 4},
        {"another protocol", 0x20544547 /* "GET " */, 4},
    };
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    for (size_t i = 0; i < 2 * sizeof attacks / sizeof attacks[0]; i++) {
        const bool is_greeted = i % 2 == 1;
        uint8_t bytes[72] = {0};
        struct wire *wire = wire_open(watch.world->tcp_where);
        if (is_greeted)
            CHECK(wire_hello(wire) == FASTI_OK, "hello");
        prefix_put(bytes, attacks[i / 2].body);
        CHECK(wire_push(wire, bytes, attacks[i / 2].sent), "%s", attacks[i / 2].what);
        expect_end(wire, FASTI_INVALID_FRAME, attacks[i / 2].what);
        wire_close(wire);
        watch_check(&watch, attacks[i / 2].what);
    }
    watch_end(&watch);
}

static void wrong_greetings(void) {
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    struct wire *wire = wire_open(watch.world->unix_where);
    CHECK(wire_ask(wire, 1, &status_command), "ask");
    expect_end(wire, FASTI_INVALID_MESSAGE, "a request before the Hello");
    wire_close(wire);

    wire = wire_open(watch.world->unix_where);
    const struct fasti_hello hello = {.wire_min = 40, .wire_max = 41};
    const struct fasti_bytes frame = fasti_codec_encode_hello(wire_codec(wire), &hello);
    CHECK(wire_push(wire, frame.bytes, frame.size), "hello");
    expect_end(wire, FASTI_INVALID_VERSION, "a version of the future");
    wire_close(wire);

    wire = wire_greet(watch.world->unix_where);
    const struct fasti_hello again = {.wire_min = 1, .wire_max = 1};
    const struct fasti_bytes second = fasti_codec_encode_hello(wire_codec(wire), &again);
    CHECK(wire_push(wire, second.bytes, second.size), "hello");
    CHECK(wire_answer(wire)->status == FASTI_INVALID_MESSAGE, "a second Hello");
    expect_alive(wire, "a second Hello");
    wire_close(wire);
    watch_check(&watch, "greetings");
    watch_end(&watch);
}

/* ---- messages ---- */

/* What the codec makes of a frame: how many answers it must get, and whether any of its requests
 * might rightly change something. */
static uint32_t judge(struct fasti_codec *codec, const struct mutable_frame *frame, bool *changes) {
    struct fasti_client_frame opened;
    *changes = false;
    if (fasti_codec_open_client(codec, frame->bytes, frame->size, &opened, NULL) != FASTI_OK ||
        opened.kind == FASTI_CLIENT_HELLO)
        return 1;
    for (uint32_t i = 0; i < opened.request_count; i++) {
        uint64_t id;
        struct fasti_command command;
        struct fasti_detail detail;
        if (fasti_codec_decode_request(codec, i, &id, &command, &detail) != FASTI_OK)
            continue;
        switch (command.kind) {
        case FASTI_COMMAND_STATUS:
        case FASTI_COMMAND_RESOLVE:
        case FASTI_COMMAND_AVAILABILITY:
        case FASTI_COMMAND_SHOW:
        case FASTI_COMMAND_LIST:
        case FASTI_COMMAND_CHECKPOINT:
        case FASTI_COMMAND_DESCRIBE:
        case FASTI_COMMAND_EXPLAIN:
        case FASTI_COMMAND_EXPORT:
        case FASTI_COMMAND_SEARCH:
        case FASTI_COMMAND_NAMES:
        case FASTI_COMMAND_COMBINE:
        case FASTI_COMMAND_HEATMAP:
        case FASTI_COMMAND_CIVIL: break;
        case FASTI_COMMAND_PUT:
        case FASTI_COMMAND_BOOK:
        case FASTI_COMMAND_CANCEL:
        case FASTI_COMMAND_BLOCK:
        case FASTI_COMMAND_UNBLOCK:
        case FASTI_COMMAND_HOLD:
        case FASTI_COMMAND_CONFIRM:
        case FASTI_COMMAND_EXTEND:
        case FASTI_COMMAND_RELEASE:
        case FASTI_COMMAND_MOVE:
        case FASTI_COMMAND_MARK:
        case FASTI_COMMAND_LOAD:
        case FASTI_COMMAND_IMPORT_BEGIN:
        case FASTI_COMMAND_IMPORT_COMMIT:
        case FASTI_COMMAND_IMPORT_ABORT: *changes = true; break;
        }
    }
    return opened.request_count;
}

/* Sends a frame whose prefix is right, unless it might change something; the answers must come. */
static bool frame_attack(struct watch *watch, struct wire *wire, struct fasti_codec *codec,
                         const struct mutable_frame *frame, const char *what) {
    bool changes;
    const uint32_t count = judge(codec, frame, &changes);
    if (changes)
        return false;
    CHECK(wire_push(wire, frame->bytes, frame->size), "%s: the connection ended", what);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(fasti_status_name(answer->status)[0] != '?', "%s: status %d", what, answer->status);
    }
    (void)watch;
    return true;
}

/* Every byte of a small frame in four ways: unions of every type, tables and vectors that point
 * anywhere. */
static void every_byte_of_a_request(void) {
    static struct mutable_frame frame;
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    struct wire *wire = wire_greet(watch.world->unix_where);
    struct fasti_codec *codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    const struct fasti_command commands[3] = {
        status_command,
        engine_availability(1, 1, "2026-01-06", 2),
        {.kind = FASTI_COMMAND_SHOW, .organization = {1}, .body.show = {3}},
    };
    for (int c = 0; c < 3; c++) {
        frame_encode(wire, &commands[c], &frame);
        for (size_t at = 4; at < frame.size; at++) {
            const uint8_t was = frame.bytes[at];
            const uint8_t values[] = {0, 0xff, (uint8_t)(was ^ 1), (uint8_t)(was ^ 0x80), 99};
            for (size_t v = 0; v < sizeof values; v++) {
                frame.bytes[at] = values[v];
                (void)frame_attack(&watch, wire, codec, &frame, "a byte changed");
            }
            frame.bytes[at] = was;
        }
    }
    expect_alive(wire, "changed bytes");
    watch_check(&watch, "changed bytes");
    fasti_codec_destroy(codec);
    wire_close(wire);
    watch_end(&watch);
}

/* A vector's length, found by its value, set to lengths that the frame does not hold. */
static void hostile_vectors(void) {
    static struct mutable_frame frame;
    static const uint32_t lengths[] = {0,    1,          36,         38,         64,        65,
                                       1024, 0x3fffffff, 0x40000000, 0x7fffffff, 0xffffffff};
    const uint32_t mark = 37;
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    struct wire *wire = wire_greet(watch.world->tcp_where);
    struct fasti_codec *codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    struct fasti_command command = engine_availability(1, 1, "2026-01-06", 1);
    command.body.availability.schedule_count = mark;
    for (uint32_t i = 0; i < mark; i++)
        command.body.availability.schedules[i].v = 1000 + i;
    frame_encode(wire, &command, &frame);
    uint32_t found = 0;
    for (size_t at = 4; at + 4 <= frame.size; at += 4) {
        if (memcmp(frame.bytes + at, &mark, 4) != 0)
            continue;
        found++;
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            memcpy(frame.bytes + at, &lengths[i], 4);
            (void)frame_attack(&watch, wire, codec, &frame, "a vector's length");
        }
        memcpy(frame.bytes + at, &mark, 4);
    }
    CHECK(found == 1, "%u places look like the vector's length", found);
    expect_alive(wire, "vectors");
    watch_check(&watch, "vectors");
    fasti_codec_destroy(codec);
    wire_close(wire);
    watch_end(&watch);
}

/* ---- random flips ---- */

static void frame_flip(struct fasti_prng *prng, struct mutable_frame *frame) {
    const uint64_t flips = 1 + fasti_prng_below(prng, 4);
    for (uint64_t i = 0; i < flips; i++)
        frame->bytes[4 + fasti_prng_below(prng, frame->size - 4)] ^=
            (uint8_t)(1u << fasti_prng_below(prng, 8));
}

static void random_flips(struct fasti_prng *prng) {
    static struct mutable_frame frame;
    static struct fasti_messages messages;
    static struct fasti_command command;
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    struct wire *wire = wire_greet(watch.world->unix_where);
    struct fasti_codec *codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    messages.prng.state = fasti_prng_next(prng);
    uint32_t sent = 0;
    for (uint32_t i = 0; i < FLIPS; i++) {
        fasti_messages_command(&messages, &command,
                               fasti_messages_kind(i % FASTI_MESSAGES_COMMAND_KINDS));
        frame_encode(wire, &command, &frame);
        frame_flip(prng, &frame);
        sent += frame_attack(&watch, wire, codec, &frame, "flips");
        if (i % 100 == 99)
            watch_check(&watch, "flips");
    }
    CHECK(sent > FLIPS / 4, "only %u of %d flipped frames were sent", sent, FLIPS);
    /* Flips of the prefix: it waits for more, or ends; the end of our side ends it in any case. */
    for (uint32_t i = 0; i < FLIPS_PREFIX; i++) {
        struct wire *victim = wire_greet(watch.world->unix_where);
        frame_encode(victim, &status_command, &frame);
        frame.bytes[fasti_prng_below(prng, 4)] ^= (uint8_t)(1u << fasti_prng_below(prng, 8));
        (void)wire_push(victim, frame.bytes, frame.size);
        wire_finish(victim);
        wire_drain(victim);
        wire_close(victim);
    }
    watch_check(&watch, "flips of the prefix");
    fasti_codec_destroy(codec);
    wire_close(wire);
    watch_end(&watch);
}

/* ---- halves and resets ---- */

static void halves(void) {
    static struct mutable_frame frame;
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = WORKERS});
    const struct fasti_command book = server_world_book(0);
    for (size_t cut = 1; cut < 64; cut += 9) {
        struct wire *wire = wire_greet(watch.world->unix_where);
        frame_encode(wire, &book, &frame);
        CHECK(wire_push(wire, frame.bytes, cut), "half a frame");
        wire_finish(wire);
        CHECK(wire_next(wire) == NULL, "an answer to half a frame of %zu bytes", cut);
        wire_close(wire);
    }
    watch_check(&watch, "half frames");
    struct wire *wire = wire_greet(watch.world->tcp_where);
    frame_encode(wire, &status_command, &frame);
    for (size_t at = 0; at < frame.size; at++) /* byte by byte */
        CHECK(wire_push(wire, frame.bytes + at, 1), "a byte");
    CHECK(wire_answer(wire)->status == FASTI_OK, "a frame in single bytes");
    /* All that was sent before our end is answered after it. */
    for (uint64_t i = 0; i < 10; i++)
        CHECK(wire_ask(wire, i, &status_command), "ask");
    wire_finish(wire);
    for (uint64_t i = 0; i < 10; i++)
        CHECK(wire_answer(wire)->status == FASTI_OK, "an answer after our end");
    CHECK(wire_next(wire) == NULL, "more than was asked for");
    wire_close(wire);
    watch_end(&watch);
}

static void resets(void) {
    static struct mutable_frame frame;
    struct watch watch =
        watch_begin((struct fasti_server_options){.worker_count = WORKERS, .connections_max = 8});
    const struct fasti_command ask = engine_availability(1, 1, "2026-01-06", 60);
    for (int i = 0; i < RESETS; i++) {
        const char *where = i % 2 == 0 ? watch.world->tcp_where : watch.world->unix_where;
        struct wire *wire = wire_open(where);
        const enum fasti_status status = wire_hello(wire);
        /* The places of the ones before may not be free yet. */
        CHECK(status == FASTI_OK || status == FASTI_LIMIT_CONNECTIONS || i > 0, "%s",
              fasti_status_name(status));
        frame_encode(wire, &ask, &frame);
        for (int n = 0; n < 20; n++)
            (void)wire_push(wire, frame.bytes, frame.size);
        (void)wire_push(wire, frame.bytes, frame.size / 2);
        wire_reset(wire);
        watch_check(&watch, "a reset");
    }
    /* Every place is given back. */
    struct wire *wires[7];
    for (int i = 0; i < 7; i++)
        while (wires[i] = wire_open(watch.world->unix_where), wire_hello(wires[i]) != FASTI_OK)
            wire_close(wires[i]);
    for (int i = 0; i < 7; i++)
        wire_close(wires[i]);
    watch_end(&watch);
}

/* ---- patience ---- */

/* Waits for the server's end and closes; last words, if any, must be of `status`. */
static void expect_dropped(struct wire *wire, enum fasti_status status, const char *what) {
    const struct fasti_server_frame *frame;
    while ((frame = wire_next(wire)) != NULL) {
        const enum fasti_status said =
            frame->kind == FASTI_SERVER_HELLO_REPLY ? frame->hello.status : frame->answer.status;
        CHECK(said == status, "%s: %s", what, fasti_status_name(said));
    }
    wire_close(wire);
}

static void slow_and_idle(void) {
    static struct mutable_frame frame;
    struct watch watch = watch_begin((struct fasti_server_options){
        .worker_count = WORKERS,
        .timeouts = {.hello_ms = 100, .frame_ms = 100, .send_ms = 100, .idle_ms = PATIENCE_LEFT}});
    expect_dropped(wire_open(watch.world->tcp_where), FASTI_INVALID_MESSAGE, "no Hello");
    struct wire *wire = wire_greet(watch.world->unix_where);
    frame_encode(wire, &status_command, &frame);
    CHECK(wire_push(wire, frame.bytes, frame.size - 1), "most of a frame");
    expect_dropped(wire, FASTI_INVALID_FRAME, "a frame's last byte is missing");
    watch_check(&watch, "slow peers");
    watch_end(&watch);
    watch = watch_begin(
        (struct fasti_server_options){.worker_count = WORKERS, .timeouts.idle_ms = 1000});
    struct wire *idle = wire_greet(watch.world->tcp_where);
    struct pollfd event = {.fd = wire_fd(idle), .events = POLLIN};
    while (poll(&event, 1, 20) == 0) /* a busy neighbour stays */
        watch_check(&watch, "an idle peer");
    expect_dropped(idle, FASTI_OK, "idle");
    watch_end(&watch);
}

/* A peer whose frame came in time and is only waiting for its own answers to be read is not slow:
 * the server has stopped reading, not the peer sending. */
static void blocked_is_not_slow(void) {
    static struct mutable_frame frame;
    struct watch watch = watch_begin((struct fasti_server_options){
        .worker_count = 1,
        .timeouts = {.frame_ms = 1000, .send_ms = PATIENCE_LEFT, .idle_ms = PATIENCE_LEFT}});
    for (uint32_t i = 0; i < 320; i++) {
        const struct fasti_command book = server_world_book(i);
        CHECK(wire_call(watch.bystander, &book)->outcome == FASTI_OUTCOME_BOOKED, "book %u", i);
    }
    const struct fasti_command list = server_world_list();
    const struct fasti_command cancel = engine_cancel(1); /* each list shows it and waits */
    struct wire *wire = wire_greet(watch.world->unix_where);
    gate_shut(&watch.world->gate, true);
    CHECK(wire_ask(wire, 0, &cancel), "ask");
    wire_ask_often(wire, LISTS, &list);
    frame_encode(wire, &status_command, &frame);
    CHECK(wire_push(wire, frame.bytes, 20), "a part of a frame");
    CHECK(wire_call(watch.bystander, &status_command)->status == FASTI_OK, "status");
    gate_shut(&watch.world->gate, false);
    for (int i = 0; i < 2500 / 20; i++) { /* several sweeps pass while we read nothing */
        CHECK(wire_call(watch.bystander, &status_command)->status == FASTI_OK, "status");
        (void)poll(NULL, 0, 20);
    }
    for (uint64_t i = 0; i <= LISTS; i++) {
        const struct fasti_answer *answer = wire_answer(wire);
        CHECK(answer->status == FASTI_OK, "%s", answer->detail.text);
    }
    CHECK(wire_push(wire, frame.bytes + 20, frame.size - 20), "the rest");
    const struct fasti_answer *answer = wire_answer(wire);
    CHECK(answer->status == FASTI_OK, "the frame: %s", answer->detail.text);
    wire_close(wire);
    watch_end(&watch);
}

/* ---- questions that come in one piece ---- */

/* Mostly for days of schedules, some of which are not there, or cannot be asked for. */
static struct fasti_command question_draw(struct fasti_prng *prng) {
    static const int32_t dates[] = {20454, 20458, 20461, 30000, FASTI_DATE_LAST, 0, INT32_MAX};
    static const uint32_t ids[] = {1, 1, 1, 2, 3, 0, 99999, UINT32_MAX};
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS, .organization = {1}};
    if (fasti_prng_below(prng, 6) == 0)
        return fasti_prng_below(prng, 2) == 0 ? command : server_world_show(1);
    struct fasti_availability_query *query = &command.body.availability;
    command.kind = FASTI_COMMAND_AVAILABILITY;
    query->first.v = dates[fasti_prng_below(prng, sizeof dates / sizeof dates[0])];
    query->day_count = (uint16_t)fasti_prng_below(prng, 40);
    query->service_count = (uint16_t)fasti_prng_below(prng, 3);
    for (uint32_t i = 0; i < query->service_count; i++)
        query->services[i].v = ids[fasti_prng_below(prng, sizeof ids / sizeof ids[0])];
    query->schedule_count = (uint16_t)fasti_prng_below(prng, 3);
    for (uint32_t i = 0; i < query->schedule_count; i++)
        query->schedules[i].v = ids[fasti_prng_below(prng, sizeof ids / sizeof ids[0])];
    return command;
}

/* All that an answer says, but for what changes from moment to moment. */
struct said {
    enum fasti_command_kind kind;
    enum fasti_status status;
    enum fasti_outcome outcome;
    char detail[sizeof(struct fasti_detail)];
    uint64_t sum;
};

static struct said said_by(const struct fasti_answer *answer) {
    struct said said;
    memset(&said, 0, sizeof said); /* they are compared as bytes */
    said.kind = answer->kind;
    said.status = answer->status;
    said.outcome = answer->outcome;
    memcpy(said.detail, answer->detail.text, strlen(answer->detail.text));
    if (answer->kind != FASTI_COMMAND_AVAILABILITY || answer->status != FASTI_OK)
        return said;
    const struct fasti_availability_answer *rows = answer->body.availability;
    said.sum = rows->total * UINT64_C(31) + rows->row_count + rows->next;
    for (uint32_t i = 0; i < rows->row_count; i++)
        said.sum = said.sum * 31 + rows->reasons[i] + rows->totals[i] + rows->schedules[i].v * 7u;
    for (uint32_t i = 0; i < rows->total; i++)
        said.sum = said.sum * 31 + (uint64_t)rows->base_utc_s + rows->starts[i];
    return said;
}

static void piece_ask(struct fasti_prng *prng, struct wire *wire, struct watch *watch) {
    static uint8_t piece[PIECE_MAX * 512];
    static struct mutable_frame frame;
    struct said expected[PIECE_MAX];
    const uint32_t count = 1 + (uint32_t)fasti_prng_below(prng, PIECE_MAX);
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_command command = question_draw(prng);
        struct fasti_bytes encoded;
        while (fasti_codec_encode_request(wire_codec(wire), 7, &command, &encoded) != FASTI_OK)
            command = question_draw(prng); /* what the client refuses itself */
        frame_encode(wire, &command, &frame);
        CHECK(frame.size <= 512, "a question of %zu bytes", frame.size);
        memcpy(piece + size, frame.bytes, frame.size);
        size += frame.size;
        expected[i] = said_by(wire_call(watch->bystander, &command));
    }
    const size_t cut = fasti_prng_below(prng, 3) == 0 ? fasti_prng_below(prng, size) : size;
    CHECK(wire_push(wire, piece, cut) && wire_push(wire, piece + cut, size - cut), "push");
    for (uint32_t i = 0; i < count; i++) {
        const struct said said = said_by(wire_answer(wire));
        CHECK(memcmp(&said, &expected[i], sizeof said) == 0,
              "question %u of %u: %s instead of %s, %s instead of %s", i, count,
              fasti_status_name(said.status), fasti_status_name(expected[i].status), said.detail,
              expected[i].detail);
    }
}

/* What is read ahead is answered in order, and as if it had come alone. */
static void questions_in_one_piece(struct fasti_prng *prng) {
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = 1});
    struct wire *wire = wire_greet(watch.world->unix_where);
    for (uint32_t i = 0; i < 40; i += 3) {
        const struct fasti_command book = server_world_book(i);
        (void)wire_call(watch.bystander, &book);
    }
    watch.digest = wire_digest(watch.bystander);
    for (uint32_t piece = 0; piece < PIECES; piece++)
        piece_ask(prng, wire, &watch);
    wire_close(wire);
    watch_end(&watch);
}

/* ---- bookings that come in one piece ---- */

/* Of each 4 the third is the second again, and the fourth wants its time, too. */
#define BOOKINGS 12

static uint32_t booking_key(uint32_t round, uint32_t i) {
    return round * BOOKINGS + i - (i % 4 < 2 ? 0 : i % 4 - 1);
}

static struct fasti_command booking_of(uint32_t round, uint32_t i, char patient[16]) {
    const uint32_t key = booking_key(round, i);
    struct fasti_command book = server_world_book(key);
    book.request =
        fasti_request_id_make(engine_utc_s(SERVER_WORLD_NOW) * 1000, key, i % 4 == 3 ? 4 : 0);
    book.body.book.appointments[0].patient = patient;
    book.body.book.appointments[0].patient_length =
        (uint8_t)snprintf(patient, 16, "patient-%u%s", key, i % 4 == 3 ? "b" : "");
    return book;
}

/* Is the booked record that of the patient who wanted it? Returns which of the round's keys it is.
 */
static uint32_t booking_check(struct watch *watch, uint32_t round, uint64_t record) {
    const struct fasti_command show = server_world_show(record);
    const struct fasti_record_view *view = &wire_call(watch->bystander, &show)->body.show.view;
    for (uint32_t i = 0; i < BOOKINGS; i++) {
        char patient[16];
        const struct fasti_command book = booking_of(round, i, patient);
        if (book.body.book.items[0].start_utc_s == view->start_utc_s &&
            view->patient_length == strlen(patient) &&
            memcmp(view->patient, patient, view->patient_length) == 0)
            return i;
    }
    CHECK(false, "record %llu is nobody's", (unsigned long long)record);
    return 0;
}

/* Each that is read ahead is decided once, and for its own patient and time. */
static void bookings_in_one_piece(struct fasti_prng *prng) {
    static uint8_t piece[BOOKINGS * 512];
    static struct mutable_frame frame;
    struct watch watch = watch_begin((struct fasti_server_options){.worker_count = 1});
    struct wire *wire = wire_greet(watch.world->unix_where);
    for (uint32_t round = 0; round < 50; round++) {
        uint64_t records[BOOKINGS];
        uint32_t seen = 0, taken = 0;
        size_t size = 0;
        for (uint32_t i = 0; i < BOOKINGS; i++) {
            char patient[16];
            const struct fasti_command book = booking_of(round, i, patient);
            frame_encode(wire, &book, &frame);
            CHECK(frame.size <= 512, "a booking of %zu bytes", frame.size);
            memcpy(piece + size, frame.bytes, frame.size);
            size += frame.size;
        }
        const size_t cut = fasti_prng_below(prng, 3) == 0 ? fasti_prng_below(prng, size) : size;
        CHECK(wire_push(wire, piece, cut) && wire_push(wire, piece + cut, size - cut), "push");
        for (uint32_t i = 0; i < BOOKINGS; i++) { /* refusals overtake what waits for the log */
            const struct fasti_answer *answer = wire_answer(wire);
            CHECK(answer->status == FASTI_OK || answer->status == FASTI_BUSY, "%s",
                  answer->detail.text);
            records[i] = answer->record.v;
            taken += answer->outcome == FASTI_OUTCOME_TAKEN;
        }
        for (uint32_t i = 0; i < BOOKINGS; i++)
            if (records[i] != 0)
                seen |= 1u << booking_check(&watch, round, records[i]);
        CHECK(seen == 0x333 && taken == BOOKINGS / 4, "seen %x, %u taken", seen, taken);
    }
    watch.digest = wire_digest(watch.bystander);
    wire_close(wire);
    watch_end(&watch);
}

/* A frame of which a part came first, and the rest with others behind it, has come: who is quiet
 * after that is idle, not slow. */
static void read_questions_are_not_slow(void) {
    static struct mutable_frame frame;
    static uint8_t piece[4 * 512];
    struct watch watch = watch_begin((struct fasti_server_options){
        .worker_count = 1, .timeouts = {.frame_ms = 500, .idle_ms = PATIENCE_LEFT}});
    struct wire *wire = wire_greet(watch.world->unix_where);
    struct fasti_command week = {.kind = FASTI_COMMAND_AVAILABILITY, .organization = {1}};
    week.body.availability = (struct fasti_availability_query){.first = {20458},
                                                               .day_count = 7,
                                                               .service_count = 1,
                                                               .schedule_count = 1,
                                                               .services = {{1}},
                                                               .schedules = {{1}}};
    frame_encode(wire, &week, &frame);
    for (size_t i = 0; i < 4; i++)
        memcpy(piece + i * frame.size, frame.bytes, frame.size);
    const size_t first = frame.size + frame.size / 2;
    CHECK(wire_push(wire, piece, first), "one and a half");
    CHECK(wire_answer(wire)->status == FASTI_OK, "the first");
    CHECK(wire_push(wire, piece + first, 4 * frame.size - first), "the rest");
    for (int i = 0; i < 3; i++)
        CHECK(wire_answer(wire)->status == FASTI_OK, "answer %d", i);
    for (int i = 0; i < 1500 / 20; i++) { /* several sweeps pass */
        CHECK(wire_call(watch.bystander, &status_command)->status == FASTI_OK, "status");
        (void)poll(NULL, 0, 20);
    }
    CHECK(wire_call(wire, &week)->status == FASTI_OK, "it is still there");
    wire_close(wire);
    watch_end(&watch);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_server");
    alarm(240);
    wrong_prefixes();
    wrong_greetings();
    every_byte_of_a_request();
    hostile_vectors();
    random_flips(&prng);
    halves();
    questions_in_one_piece(&prng);
    bookings_in_one_piece(&prng);
    resets();
    slow_and_idle();
    blocked_is_not_slow();
    read_questions_are_not_slow();
    return 0;
}
