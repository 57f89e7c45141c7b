/*
 * seeds.c - writes the seeds of every fuzzer: build/fuzz/bin/seeds fuzz/corpus
 *
 * A seed is something small that its subject accepts, so that twenty seconds of fuzzing begin
 * behind the headers. What has an encoder is made with it: run this again when a format changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "engine/base/panic.h"
#include "engine/booking/effect.h"
#include "engine/storage/log.h"
#include "engine/storage/snapshot.h"
#include "fuzz/seeds.h"
#include "tests/support/engine_world.h"
#include "tests/support/messages.h"
#include "tools/fasti_record_line.h"

#define NOW        "2026-01-05T07:00:00Z"
#define SEED_BYTES 16384

#define TOUCHES_MAX 4

static const char *corpus;

void seed_write(const char *fuzzer, const char *name, const void *bytes, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", corpus, fuzzer);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", corpus, fuzzer, name);
    FILE *stream = fopen(path, "wb");
    FASTI_ASSERT(stream != NULL);
    FASTI_ASSERT(fwrite(bytes, 1, size, stream) == size);
    FASTI_ASSERT(fclose(stream) == 0);
}

/* ---- effects and puts, from a session ---- */

struct session {
    struct engine_world *world;
    uint32_t touches;            /* taken; an edit has hundreds */
    struct fasti_writer effects; /* behind a byte of flags */
    struct fasti_writer puts;    /* behind a byte of flags, each with its length */
    uint8_t effect_bytes[SEED_BYTES], put_bytes[SEED_BYTES];
};

static enum fasti_status effects_take(void *context, const struct fasti_batch *batch,
                                      const uint8_t *payload,
                                      const struct fasti_log_position *position) {
    struct session *session = context;
    uint32_t at = 0;
    (void)position;
    for (uint32_t i = 0; i < batch->effect_count; i++) {
        struct fasti_effect effect;
        FASTI_ASSERT(fasti_effect_decode(payload + at, batch->payload_bytes - at, &effect) ==
                     FASTI_OK);
        at += effect.header->size_bytes;
        if (effect.header->kind == FASTI_EFFECT_TOUCH && session->touches++ >= TOUCHES_MAX)
            continue; /* the fuzzer makes the versions right */
        fasti_write(&session->effects, effect.header, effect.header->size_bytes);
        if (effect.header->kind > FASTI_EFFECT_STAGE)
            continue;
        fasti_write_u16(&session->puts, (uint16_t)effect.body_bytes);
        fasti_write(&session->puts, effect.body, effect.body_bytes);
    }
    return FASTI_OK;
}

/* Writes what the session logged so far, with these flags. */
static void session_write(struct session *session, const char *name, uint8_t effect_flags,
                          uint8_t put_flags) {
    struct fasti_log_report report;
    session->effects =
        (struct fasti_writer){.bytes = session->effect_bytes, .capacity = SEED_BYTES};
    session->puts = (struct fasti_writer){.bytes = session->put_bytes, .capacity = SEED_BYTES};
    session->touches = 0;
    fasti_write_u8(&session->effects, effect_flags);
    fasti_write_u8(&session->puts, put_flags);
    engine_world_crash(session->world);
    struct fasti_io *io = fasti_sim_disk_open(session->world->disk);
    FASTI_ASSERT(fasti_log_read(io, 0, effects_take, session, &report, NULL) == FASTI_OK);
    io->operations->close(io);
    FASTI_ASSERT(!session->effects.failed && !session->puts.failed);
    seed_write("fuzz_replay", name, session->effects.bytes, session->effects.size);
    seed_write("fuzz_put", name, session->puts.bytes, session->puts.size);
    FASTI_ASSERT(engine_world_open(session->world) == FASTI_OK);
}

/* Writes a snapshot of the session as fuzz_snapshot takes it. */
static void snapshot_write(struct session *session, const char *name) {
    static uint8_t bytes[SEED_BYTES];
    struct fasti_writer out = {.bytes = bytes, .capacity = sizeof bytes};
    struct fasti_snapshot_reader reader;
    struct fasti_detail detail;
    uint64_t generation;
    uint32_t count;
    engine_world_checkpoint(session->world);
    FASTI_ASSERT(engine_world_checkpoint_wait(session->world, 100000));
    engine_world_crash(session->world);
    struct fasti_io *io = fasti_sim_disk_open(session->world->disk);
    FASTI_ASSERT(fasti_snapshot_list(io, &generation, 1, &count) == FASTI_OK && count == 1);
    FASTI_ASSERT(fasti_snapshot_open(&reader, io, generation, &detail) == FASTI_OK);
    fasti_write_u32(&out, (uint32_t)reader.header.record_next - 1);
    fasti_write_u16(&out, (uint16_t)reader.header.config_version);
    for (bool has = true; has;) {
        struct fasti_section section;
        FASTI_ASSERT(fasti_snapshot_next(&reader, &section, &has, &detail) == FASTI_OK);
        if (!has)
            break;
        fasti_write_u8(&out, (uint8_t)section.kind);
        fasti_write_u8(&out, 0);
        fasti_write_u16(&out, (uint16_t)section.size);
        fasti_write(&out, section.bytes, section.size);
    }
    FASTI_ASSERT(!out.failed);
    seed_write("fuzz_snapshot", name, out.bytes, out.size);
    fasti_snapshot_close(&reader);
    io->operations->close(io);
    FASTI_ASSERT(engine_world_open(session->world) == FASTI_OK);
}

static struct fasti_answer run(struct session *session, struct fasti_command command) {
    const struct fasti_answer answer = engine_world_run(session->world, 0, &command);
    if (answer.status != FASTI_OK || !fasti_outcome_is_done(answer.outcome))
        fprintf(stderr, "seeds: %s\n", answer.detail.text);
    FASTI_ASSERT(answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome));
    return answer;
}

/* Rows for one schedule, two appointments. */
static struct fasti_book rows(const char *start) {
    struct fasti_book book = engine_book(1, 1, start, "p-3").body.book;
    book.items[1] = book.items[0];
    book.items[1].start_utc_s += 900;
    book.items[1].appointment = 1;
    book.appointments[1] = book.appointments[0];
    book.item_count = book.appointment_count = 2;
    return book;
}

static struct fasti_command held(enum fasti_command_kind kind, const struct fasti_answer *hold) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    command.body.held.token = hold->body.book.token;
    command.body.held.count = 1;
    command.body.held.records[0] = hold->record;
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = "p-4", .patient_length = 3};
    return command;
}

/* Effects of every kind that changes days, some with request ids. */
static void holds(struct session *session) {
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = {1}};
    command.request = fasti_request_id_make(session->world->now_ms, 1, 2);
    command.body.book = rows("2026-01-09T09:00:00+01:00");
    const struct fasti_answer booked = run(session, command);
    command = (struct fasti_command){.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    command.body.hold.book = rows("2026-01-09T10:00:00+01:00");
    struct fasti_answer hold = run(session, command);
    run(session, held(FASTI_COMMAND_EXTEND, &hold));
    run(session, held(FASTI_COMMAND_CONFIRM, &hold));
    hold.record.v++;
    run(session, held(FASTI_COMMAND_RELEASE, &hold));
    command = (struct fasti_command){.kind = FASTI_COMMAND_MOVE, .organization = {1}};
    command.body.move.record = booked.record;
    command.body.move.book = engine_book(1, 1, "2026-01-09T11:00:00+01:00", "x").body.book;
    const struct fasti_answer moved = run(session, command);
    command = (struct fasti_command){.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark = (struct fasti_mark){.record = moved.record, .state = FASTI_STATE_ARRIVED};
    run(session, command);
    run(session, engine_block(1, "2026-01-12T09:00:00Z", "2026-01-14T10:00:00Z"));
}

static void bookings(struct session *session) {
    run(session, engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1"));
    struct fasti_command book = engine_book(1, 2, "2026-01-06T09:00:00+01:00", "p-2");
    book.body.book.appointments[0].payload_length = 6;
    book.body.book.appointments[0].payload = (const uint8_t *)"sealed";
    const struct fasti_answer booked = run(session, book);
    run(session, engine_cancel(booked.record.v));
    const struct fasti_answer blocked =
        run(session, engine_block(1, "2026-01-07T09:00:00Z", "2026-01-07T10:00:00Z"));
    run(session, engine_unblock(blocked.record.v));
    struct fasti_command imported = engine_block(1, "2026-01-08T09:00:00Z", "2026-01-08T10:00:00Z");
    imported.body.block.source = 77;
    imported.body.block.key = 1;
    const struct fasti_answer brought = run(session, imported);
    imported.body.block.end_utc_s += 3600;
    imported.body.block.replaces = brought.record;
    run(session, imported);
}

/* Openings of other kinds and an edit that touches days. */
static void edits(struct session *session) {
    struct fasti_opening openings[3] = {engine_weekly("afternoon", 0x1f, "13:00", "16:00"),
                                        engine_weekly("closed", 0x7f, "00:00", "24:00"),
                                        {.id = engine_id("instant")}};
    openings[1].kind = FASTI_OPENING_CLOSED;
    openings[1].date_first.v = openings[1].date_last.v = 20460;
    openings[2].kind = FASTI_OPENING_INSTANT;
    openings[2].flags = FASTI_OPENING_SINGLE;
    openings[2].start_utc_s = engine_utc_s("2026-01-10T09:00:00Z");
    openings[2].end_utc_s = engine_utc_s("2026-01-10T09:25:00Z");
    openings[2].capacity = 1;
    openings[2].service_count = 1;
    openings[2].services[0].v = 1;
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 3;
    command.body.put.body.openings.openings = openings;
    command.body.put.body.openings.service_name_count = 1;
    command.body.put.body.openings.service_names[0] = engine_id("visit");
    run(session, command);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REMOVE;
    command.body.put.body.openings.count = 1;
    run(session, command);
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = 20;
    command.body.put.body.service.code = engine_id("57");
    run(session, command);
    command = engine_schedule(1, "anna", 5, "visit", "long");
    command.body.put.body.schedule.specialty_count = 2;
    command.body.put.body.schedule.specialties[0] = engine_id("skin");
    command.body.put.body.schedule.specialties[1] = engine_id("eyes");
    run(session, command);
    run(session, engine_put(FASTI_ENTITY_PRACTITIONER, 1, "dr"));
}

/* An import that makes an organization, and one that is given up. */
static void imports(struct session *session) {
    const struct fasti_command begin = {.kind = FASTI_COMMAND_IMPORT_BEGIN};
    struct fasti_command end = {.kind = FASTI_COMMAND_IMPORT_COMMIT};
    for (int i = 0; i < 2; i++) {
        const uint32_t import = run(session, begin).body.import.import;
        struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "clinic");
        command.import = import;
        const uint32_t organization = run(session, command).id;
        command = engine_put(FASTI_ENTITY_LOCATION, organization, "site");
        command.import = import;
        command.body.put.body.location.zone = engine_id("Europe/Berlin");
        command.body.put.body.location.has_position = i == 0;
        command.body.put.body.location.latitude_e7 = 535413000;
        run(session, command);
        end.kind = i == 0 ? FASTI_COMMAND_IMPORT_ABORT : FASTI_COMMAND_IMPORT_COMMIT;
        end.body.import.import = import;
        run(session, end);
    }
}

static const struct fasti_id_text *seed_name(const void *context, enum fasti_entity_kind kind,
                                             uint32_t id) {
    static const struct fasti_id_text name = {.length = 4, .bytes = "anna"};
    (void)context;
    (void)kind;
    (void)id;
    return &name;
}

/* The records of a page: as they are, and the first two as lines. */
static void record_seeds(const uint8_t *bytes, uint32_t size) {
    for (uint32_t at = 0, i = 0; at < size; i++) {
        static uint8_t seed[4096];
        struct fasti_whole whole;
        char name[32];
        const size_t length = fasti_whole_decode(bytes + at, size - at, &whole);
        FASTI_ASSERT(length > 0 && length < sizeof seed);
        seed[0] = 1;
        memcpy(seed + 1, bytes + at, length);
        snprintf(name, sizeof name, "record-%u", i);
        seed_write("fuzz_record_line", name, seed, length + 1);
        at += (uint32_t)length;
        json_t *object = fasti_record_line_json(&whole, seed_name, NULL);
        const size_t text = json_dumpb(object, (char *)seed + 1, sizeof seed - 1, JSON_COMPACT);
        FASTI_ASSERT(text > 0 && text < sizeof seed);
        json_decref(object);
        seed[0] = 0;
        snprintf(name, sizeof name, "line-%u", i);
        if (i < 2)
            seed_write("fuzz_record_line", name, seed, text + 1);
    }
}

/* What another engine tells of its records, for a LOAD here. */
static void loads(struct session *session, struct session *other) {
    static uint64_t bytes[FASTI_EXPORT_BYTES_MAX / 8];
    const struct fasti_answer page =
        run(other, (struct fasti_command){.kind = FASTI_COMMAND_EXPORT});
    const uint32_t size = page.body.exported.size;
    memcpy(bytes, page.body.exported.bytes, size);
    run(session,
        (struct fasti_command){.kind = FASTI_COMMAND_LOAD,
                               .body.load = {.bytes = (const uint8_t *)bytes, .size = size}});
    struct fasti_command command = {.kind = FASTI_COMMAND_EXPORT, .body.export_after = {3}};
    struct fasti_codec *codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    struct fasti_bytes frame;
    FASTI_ASSERT(codec != NULL);
    FASTI_ASSERT(fasti_codec_encode_request(codec, 1, &command, &frame) == FASTI_OK);
    seed_write("fuzz_request", "command-export", frame.bytes, frame.size);
    command = (struct fasti_command){.kind = FASTI_COMMAND_LOAD,
                                     .body.load = {.bytes = (const uint8_t *)bytes, .size = size}};
    FASTI_ASSERT(fasti_codec_encode_request(codec, 1, &command, &frame) == FASTI_OK);
    seed_write("fuzz_request", "command-load", frame.bytes, frame.size);
    struct fasti_answer answer = page;
    answer.body.exported.bytes = (const uint8_t *)bytes;
    frame = fasti_codec_encode_answer(codec, &answer);
    seed_write("fuzz_answer", "answer-export", frame.bytes, frame.size);
    record_seeds((const uint8_t *)bytes, size);
    fasti_codec_destroy(codec);
}

static void session_seeds(void) {
    static struct session session;
    session.world = engine_world_make(1, 1, NOW);
    engine_world_practice(session.world);
    session_write(&session, "practice", 0x0b, 0x00);
    bookings(&session);
    session_write(&session, "bookings", 0x2b, 0x01);
    edits(&session);
    session_write(&session, "edits", 0x01, 0x02);
    imports(&session);
    session_write(&session, "imports", 0xf9, 0x03);
    engine_world_free(session.world);
    session.world = engine_world_make(1, 1, NOW);
    engine_world_practice(session.world);
    holds(&session);
    session_write(&session, "holds", 0x2b, 0x00);
    snapshot_write(&session, "holds");
    static struct session other;
    other.world = session.world;
    bookings(&other);
    session.world = engine_world_make(1, 1, NOW);
    engine_world_practice(session.world);
    loads(&session, &other);
    session_write(&session, "loads", 0x2b, 0x00);
    snapshot_write(&session, "loads");
    engine_world_free(other.world);
    engine_world_free(session.world);
}

/* ---- the wire ---- */

static void request_seeds(void) {
    static struct fasti_messages messages = {.prng = {7}};
    static struct fasti_command command;
    struct fasti_codec *codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    FASTI_ASSERT(codec != NULL);
    for (uint32_t i = 0; i < FASTI_MESSAGES_COMMAND_KINDS; i++) {
        const enum fasti_command_kind kind = fasti_messages_kind(i);
        struct fasti_bytes frame = {0};
        char name[32];
        snprintf(name, sizeof name, "command-%02d", (int)kind);
        for (int tries = 0; tries < 1000; tries++) { /* until one is small */
            fasti_messages_command(&messages, &command, kind);
            if (fasti_codec_encode_request(codec, 1, &command, &frame) == FASTI_OK &&
                frame.size <= 1500)
                break;
            frame.size = 0;
        }
        if (frame.size > 0)
            seed_write("fuzz_request", name, frame.bytes, frame.size);
    }
    fasti_codec_destroy(codec);
}

static void answer_seeds(void) {
    static struct fasti_messages messages = {.prng = {9}};
    static struct fasti_answer answer;
    struct fasti_codec *codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    FASTI_ASSERT(codec != NULL);
    for (uint32_t i = 0; i < FASTI_MESSAGES_COMMAND_KINDS; i++) {
        const enum fasti_command_kind kind = fasti_messages_kind(i);
        struct fasti_bytes frame = {0};
        char name[32];
        snprintf(name, sizeof name, "answer-%02d", (int)kind);
        for (int tries = 0; tries < 1000; tries++) {
            fasti_messages_answer(&messages, &answer, kind);
            frame = fasti_codec_encode_answer(codec, &answer);
            if (frame.size <= 1500)
                break;
        }
        if (frame.size <= 4096)
            seed_write("fuzz_answer", name, frame.bytes, frame.size);
    }
    fasti_codec_destroy(codec);
}

static void frame_seeds(void) {
    static const uint8_t two[] = {12, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                  20, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t wrong[] = {13, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t huge[] = {0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    seed_write("fuzz_frame", "whole-and-part", two, sizeof two);
    seed_write("fuzz_frame", "unaligned", wrong, sizeof wrong);
    seed_write("fuzz_frame", "huge", huge, sizeof huge);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: seeds DIR (fuzz/corpus)\n");
        return 2;
    }
    corpus = argv[1];
    (void)mkdir(corpus, 0777);
    session_seeds();
    request_seeds();
    answer_seeds();
    frame_seeds();
    seeds_of_texts();
    seeds_of_logs();
    return 0;
}
