/*
 * test_codec.c - the wire's codec: what goes in comes out, and nothing hostile gets through.
 *
 * Round trips of random commands and answers compare whole structs (both sides start from zeroed
 * memory). Hostile input: every truncation, random bytes flipped, misaligned frames, unknown union
 * members, counts beyond their arrays. Decoding must answer with a status and a sentence.
 */
#include "api/codec.h"

#include <criterion/criterion.h>
#include <string.h>

#include "api/api_limits.h"
#include "tests/support/messages.h"
#include "tests/support/seed.h"

static struct fasti_codec *codec;
static struct fasti_messages m;
static struct fasti_answer_space space;

static void setup(void) {
    m.prng = fasti_test_prng("test_codec");
    codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    cr_assert_not_null(codec);
}

static void teardown(void) {
    fasti_codec_destroy(codec);
}

TestSuite(codec, .init = setup, .fini = teardown);

static enum fasti_command_kind any_kind(void) {
    return fasti_messages_kind(fasti_prng_below(&m.prng, FASTI_MESSAGES_COMMAND_KINDS));
}

/* ---- commands ---- */

static void assert_books_equal(const struct fasti_book *sent, const struct fasti_book *got) {
    cr_assert_eq(got->item_count, sent->item_count);
    cr_assert_eq(got->appointment_count, sent->appointment_count);
    cr_assert_eq(got->is_fair, sent->is_fair);
    cr_assert_eq(got->is_request, sent->is_request);
    for (uint32_t i = 0; i < sent->item_count; i++) {
        cr_assert_eq(got->items[i].schedule.v, sent->items[i].schedule.v);
        cr_assert_eq(got->items[i].service.v, sent->items[i].service.v);
        cr_assert_eq(got->items[i].start_utc_s, sent->items[i].start_utc_s);
        cr_assert_eq(got->items[i].appointment, sent->items[i].appointment);
        cr_assert_eq(got->items[i].is_alternative, sent->items[i].is_alternative);
    }
}

static void assert_appointments_equal(const struct fasti_book_appointment *s,
                                      const struct fasti_book_appointment *g, uint32_t count) {
    for (uint32_t a = 0; a < count; a++) {
        cr_assert_eq(g[a].patient_length, s[a].patient_length);
        cr_assert_arr_eq(g[a].patient, s[a].patient, s[a].patient_length);
        cr_assert_eq(g[a].payload_length, s[a].payload_length);
        if (s[a].payload_length > 0)
            cr_assert_arr_eq(g[a].payload, s[a].payload, s[a].payload_length);
    }
}

static void assert_held_equal(const struct fasti_command *sent, const struct fasti_command *got) {
    const struct fasti_held *s = &sent->body.held, *g = &got->body.held;
    cr_assert_eq(g->count, s->count);
    cr_assert_eq(g->seconds, s->seconds);
    cr_assert_eq(g->is_request, s->is_request);
    cr_assert(g->token.low == s->token.low && g->token.high == s->token.high);
    for (uint32_t i = 0; i < s->count; i++)
        cr_assert_eq(g->records[i].v, s->records[i].v);
    if (sent->kind == FASTI_COMMAND_CONFIRM)
        assert_appointments_equal(s->appointments, g->appointments, s->count);
}

static void assert_commands_equal(struct fasti_command *sent, struct fasti_command *got) {
    if (sent->kind == FASTI_COMMAND_PUT && sent->body.put.kind == FASTI_ENTITY_OPENINGS) {
        const uint32_t count = got->body.put.body.openings.count;
        cr_assert_eq(count, sent->body.put.body.openings.count);
        cr_assert(memcmp(got->body.put.body.openings.openings, m.openings,
                         count * sizeof m.openings[0]) == 0);
        got->body.put.body.openings.openings = m.openings;
    }
    /* Rows beyond the last are as they were. */
    if (sent->kind == FASTI_COMMAND_BOOK) {
        assert_books_equal(&sent->body.book, &got->body.book);
        assert_appointments_equal(sent->body.book.appointments, got->body.book.appointments,
                                  sent->body.book.appointment_count);
        got->body.book = sent->body.book;
    } else if (sent->kind == FASTI_COMMAND_HOLD) {
        assert_books_equal(&sent->body.hold.book, &got->body.hold.book);
        got->body.hold.book = sent->body.hold.book;
    } else if (sent->kind == FASTI_COMMAND_MOVE) {
        assert_books_equal(&sent->body.move.book, &got->body.move.book);
        got->body.move.book = sent->body.move.book;
    } else if (sent->kind == FASTI_COMMAND_CONFIRM || sent->kind == FASTI_COMMAND_EXTEND ||
               sent->kind == FASTI_COMMAND_RELEASE) {
        assert_held_equal(sent, got);
        got->body.held = sent->body.held;
    }
    cr_assert(memcmp(sent, got, sizeof *sent) == 0, "kind %d", (int)sent->kind);
}

Test(codec, commands_come_back_as_they_were_sent) {
    static struct fasti_command sent, got;
    for (int round = 0; round < 4000; round++) {
        fasti_messages_command(&m, &sent, any_kind());
        struct fasti_bytes frame;
        const uint64_t id = fasti_prng_next(&m.prng);
        cr_assert_eq(fasti_codec_encode_request(codec, id, &sent, &frame), FASTI_OK);
        cr_assert_eq(frame.size % 8, 0);
        cr_assert_eq(frame.size, 4 + (size_t)frame.bytes[0] + ((size_t)frame.bytes[1] << 8) +
                                     ((size_t)frame.bytes[2] << 16));
        struct fasti_client_frame opened;
        struct fasti_detail detail = {{0}};
        uint64_t got_id = 0;
        memset(&got, 0, sizeof got);
        cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                     FASTI_OK);
        cr_assert_eq(opened.kind, FASTI_CLIENT_REQUESTS);
        cr_assert_eq(opened.request_count, 1);
        cr_assert_eq(fasti_codec_decode_request(codec, 0, &got_id, &got, &detail), FASTI_OK, "%s",
                     detail.text);
        cr_assert_eq(got_id, id);
        assert_commands_equal(&sent, &got);
    }
}

Test(codec, a_batch_holds_its_requests_in_order) {
    static struct fasti_command sent[FASTI_BATCH_MAX], got;
    uint64_t ids[FASTI_BATCH_MAX];
    for (uint32_t i = 0; i < FASTI_BATCH_MAX; i++) {
        fasti_messages_command(&m, &sent[i],
                               i % 2 == 0 ? FASTI_COMMAND_BOOK : FASTI_COMMAND_AVAILABILITY);
        ids[i] = i * 7;
    }
    struct fasti_bytes frame;
    cr_assert_eq(fasti_codec_encode_batch(codec, ids, sent, FASTI_BATCH_MAX, &frame), FASTI_OK);
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(opened.request_count, FASTI_BATCH_MAX);
    for (uint32_t i = 0; i < FASTI_BATCH_MAX; i++) {
        uint64_t id = 0;
        memset(&got, 0, sizeof got);
        cr_assert_eq(fasti_codec_decode_request(codec, i, &id, &got, &detail), FASTI_OK);
        cr_assert_eq(id, ids[i]);
        assert_commands_equal(&sent[i], &got);
    }
}

/* Puts of openings are the worst for the verifier: four tables each. */
Test(codec, a_batch_of_openings_passes_the_verifier) {
    static struct fasti_command sent[FASTI_BATCH_MAX];
    uint64_t ids[FASTI_BATCH_MAX] = {0};
    for (uint32_t i = 0; i < FASTI_BATCH_MAX; i++) {
        fasti_messages_command(&m, &sent[i], FASTI_COMMAND_STATUS);
        sent[i].kind = FASTI_COMMAND_PUT;
        fasti_messages_put(&m, &sent[i].body.put, FASTI_ENTITY_OPENINGS);
        sent[i].body.put.body.openings.count = 1;
    }
    struct fasti_bytes frame;
    cr_assert_eq(fasti_codec_encode_batch(codec, ids, sent, FASTI_BATCH_MAX, &frame), FASTI_OK);
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK, "%s", detail.text);
}

Test(codec, the_largest_list_of_openings_fits) {
    static struct fasti_command sent, got;
    memset(&sent, 0, sizeof sent);
    sent.kind = FASTI_COMMAND_PUT;
    sent.body.put.kind = FASTI_ENTITY_OPENINGS;
    sent.body.put.id.length = FASTI_ID_BYTES_MAX;
    memset(sent.body.put.id.bytes, 'x', FASTI_ID_BYTES_MAX);
    sent.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    sent.body.put.body.openings.service_name_count = FASTI_SCHEDULE_SERVICES_MAX;
    for (int i = 0; i < FASTI_SCHEDULE_SERVICES_MAX; i++)
        sent.body.put.body.openings.service_names[i] = sent.body.put.id;
    sent.body.put.body.openings.count = FASTI_OPENINGS_MAX;
    sent.body.put.body.openings.openings = m.openings;
    for (int i = 0; i < FASTI_OPENINGS_MAX; i++) {
        fasti_messages_opening(&m, &m.openings[i], 2);
        m.openings[i].id = sent.body.put.id;
        m.openings[i].kind = i == 0 ? FASTI_OPENING_WEEKLY : FASTI_OPENING_INSTANT;
        m.openings[i].weekdays = 1;
        m.openings[i].capacity = 1;
        m.openings[i].service_count = FASTI_OPENING_SERVICES_MAX;
        for (int s = 0; s < FASTI_OPENING_SERVICES_MAX; s++)
            m.openings[i].services[s].v = FASTI_SCHEDULE_SERVICES_MAX;
    }
    struct fasti_bytes frame;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &sent, &frame), FASTI_OK);
    cr_assert_leq(frame.size, FASTI_FRAME_BYTES_MAX);
    struct fasti_client_frame opened;
    struct fasti_detail detail;
    uint64_t id;
    memset(&got, 0, sizeof got);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(fasti_codec_decode_request(codec, 0, &id, &got, &detail), FASTI_OK);
    assert_commands_equal(&sent, &got);
}

/* Encodes a command whose plain data breaks a rule, and says what decoding makes of it. */
static enum fasti_status decoded(const struct fasti_command *sent, struct fasti_detail *detail) {
    static struct fasti_command got;
    struct fasti_bytes frame;
    struct fasti_client_frame opened;
    uint64_t id = 0;
    memset(detail, 0, sizeof *detail);
    cr_assert_eq(fasti_codec_encode_request(codec, 77, sent, &frame), FASTI_OK);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, detail),
                 FASTI_OK);
    const enum fasti_status status = fasti_codec_decode_request(codec, 0, &id, &got, detail);
    cr_assert_eq(id, 77, "the id is known also when the command is refused");
    cr_assert_eq(got.kind, sent->kind);
    return status;
}

static void assert_refused(const struct fasti_command *sent, enum fasti_status status,
                           const char *field) {
    struct fasti_detail detail;
    cr_assert_eq(decoded(sent, &detail), status, "%s: %s", field, detail.text);
    cr_assert_not_null(strstr(detail.text, field), "%s does not name %s", detail.text, field);
}

Test(codec, wrong_fields_are_refused_by_name) {
    static struct fasti_command c;
    fasti_messages_command(&m, &c, FASTI_COMMAND_AVAILABILITY);
    c.body.availability.day_count = 61;
    assert_refused(&c, FASTI_INVALID_RANGE, "availability.day_count");
    c.body.availability.day_count = 0;
    assert_refused(&c, FASTI_INVALID_RANGE, "availability.day_count");
    c.body.availability.day_count = 60;
    c.body.availability.first.v = INT32_MIN;
    assert_refused(&c, FASTI_INVALID_DATE, "availability.first_date");
    fasti_messages_command(&m, &c, FASTI_COMMAND_BOOK);
    c.body.book.items[0].start_utc_s = INT64_MIN;
    assert_refused(&c, FASTI_INVALID_TIME, "book.starts_utc_s");
    fasti_messages_command(&m, &c, FASTI_COMMAND_BOOK);
    c.body.book.appointments[0].patient_length = 0;
    assert_refused(&c, FASTI_INVALID_TEXT, "patient");
    c.body.book.appointments[0].patient_length = 2;
    c.body.book.appointments[0].patient = "\xc0x";
    assert_refused(&c, FASTI_INVALID_TEXT, "patient");
    c.body.book.appointments[0].patient = "\xc2\x9f"; /* U+009F, the last control character */
    assert_refused(&c, FASTI_INVALID_TEXT, "patient");
    c.body.book.appointments[0].patient = "\xc2\xa0";
    cr_assert_eq(decoded(&c, &(struct fasti_detail){{0}}), FASTI_OK);
    fasti_messages_command(&m, &c, FASTI_COMMAND_LIST);
    c.body.list.limit = FASTI_LIST_MAX + 1;
    assert_refused(&c, FASTI_INVALID_RANGE, "list.limit");
    c.body.list.by = (enum fasti_list_by)0;
    assert_refused(&c, FASTI_INVALID_RANGE, "list.by");
    fasti_messages_command(&m, &c, FASTI_COMMAND_CIVIL);
    c.body.civil.minute = 1441;
    assert_refused(&c, FASTI_INVALID_TIME, "civil.minute");
    fasti_messages_command(&m, &c, FASTI_COMMAND_RESOLVE);
    c.body.resolve.id.bytes[0] = '\n';
    assert_refused(&c, FASTI_INVALID_ID, "resolve.id");
}

/* A number out of its range, and what the refusal names. */
#define SEARCH_REFUSES(member, wrong, status, field)          \
    do {                                                      \
        fasti_messages_command(&m, &c, FASTI_COMMAND_SEARCH); \
        query->member = wrong;                                \
        assert_refused(&c, status, field);                    \
    } while (0)

Test(codec, wrong_searches_are_refused_by_name) {
    static struct fasti_command c;
    struct fasti_search_query *query = &c.body.search;
    struct fasti_detail detail;
    SEARCH_REFUSES(duration_minutes, 1441, FASTI_INVALID_RANGE, "search.duration_minutes");
    SEARCH_REFUSES(area, (enum fasti_search_area)3, FASTI_INVALID_RANGE, "search.area");
    SEARCH_REFUSES(latitude_e7, 900000001, FASTI_INVALID_RANGE, "search.latitude_e7");
    SEARCH_REFUSES(longitude_e7, -1800000001, FASTI_INVALID_RANGE, "search.longitude_e7");
    SEARCH_REFUSES(north_e7, INT32_MIN, FASTI_INVALID_RANGE, "search.north_e7");
    SEARCH_REFUSES(east_e7, INT32_MAX, FASTI_INVALID_RANGE, "search.east_e7");
    SEARCH_REFUSES(radius_m, FASTI_SEARCH_RADIUS_MAX_M + 1, FASTI_INVALID_RANGE, "search.radius_m");
    SEARCH_REFUSES(facts.modality, 9, FASTI_INVALID_RANGE, "facts");
    SEARCH_REFUSES(first.v, INT32_MIN, FASTI_INVALID_DATE, "search.first_date");
    SEARCH_REFUSES(last.v, INT32_MAX, FASTI_INVALID_DATE, "search.last_date");
    SEARCH_REFUSES(last.v, query->first.v - 1, FASTI_INVALID_RANGE, "search.last_date");
    SEARCH_REFUSES(last.v, query->first.v + 400, FASTI_INVALID_RANGE, "1 to 400 days");
    SEARCH_REFUSES(from_minute, 1440, FASTI_INVALID_TIME, "search.from_minute");
    SEARCH_REFUSES(to_minute, 1441, FASTI_INVALID_TIME, "to_minute");
    SEARCH_REFUSES(weekdays, 128, FASTI_INVALID_RANGE, "search.weekdays");
    SEARCH_REFUSES(order, (enum fasti_search_order)0, FASTI_INVALID_RANGE, "search.order");
    SEARCH_REFUSES(limit, 0, FASTI_INVALID_RANGE, "search.limit");
    SEARCH_REFUSES(limit, 101, FASTI_INVALID_RANGE, "search.limit");
    SEARCH_REFUSES(start_limit, 0, FASTI_INVALID_RANGE, "search.start_limit");
    SEARCH_REFUSES(start_limit, 17, FASTI_INVALID_RANGE, "search.start_limit");
    fasti_messages_command(&m, &c, FASTI_COMMAND_SEARCH);
    query->code = (struct fasti_id_text){.length = 2, .bytes = "a\n"};
    assert_refused(&c, FASTI_INVALID_ID, "search.code");
    query->code.length = 0;
    query->specialty = (struct fasti_id_text){.length = 2, .bytes = "a\n"};
    assert_refused(&c, FASTI_INVALID_ID, "search.specialty");
    fasti_messages_command(&m, &c, FASTI_COMMAND_SEARCH);
    query->radius_m = 0;
    query->area = FASTI_SEARCH_BOX;
    cr_assert_eq(decoded(&c, &detail), FASTI_OK, "%s", detail.text);
    query->area = FASTI_SEARCH_CIRCLE;
    assert_refused(&c, FASTI_INVALID_RANGE, "search.radius_m");
}

Test(codec, a_row_to_be_removed_needs_its_id_only) {
    static struct fasti_command c;
    struct fasti_detail detail;
    memset(&c, 0, sizeof c);
    c.kind = FASTI_COMMAND_PUT;
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_OPENINGS);
    c.body.put.body.openings.mode = FASTI_OPENINGS_REMOVE;
    c.body.put.body.openings.count = 1;
    m.openings[0] = (struct fasti_opening){.id = c.body.put.id};
    cr_assert_eq(decoded(&c, &detail), FASTI_OK, "%s", detail.text);
    m.openings[0].kind = 5;
    assert_refused(&c, FASTI_INVALID_RANGE, "openings.kinds");
    c.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    m.openings[0].kind = 0;
    assert_refused(&c, FASTI_INVALID_RANGE, "openings.kinds");
}

Test(codec, wrong_records_are_refused_by_name) {
    static struct fasti_command c;
    memset(&c, 0, sizeof c);
    c.kind = FASTI_COMMAND_PUT;
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_LOCATION);
    c.body.put.body.location.has_position = true;
    c.body.put.body.location.latitude_e7 = 900000001;
    assert_refused(&c, FASTI_INVALID_RANGE, "position");
    c.body.put.body.location.zone.length = 0;
    assert_refused(&c, FASTI_INVALID_ID, "zone");
    c.body.put.name.length = 3;
    c.body.put.name.bytes[1] = 0x7f;
    assert_refused(&c, FASTI_INVALID_TEXT, "entity.name");
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_SERVICE);
    c.body.put.body.service.code = (struct fasti_id_text){.length = 2, .bytes = "a\n"};
    assert_refused(&c, FASTI_INVALID_ID, "code");
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_SCHEDULE);
    c.body.put.body.schedule.specialty_count = 1;
    c.body.put.body.schedule.specialties[0].length = 0;
    assert_refused(&c, FASTI_INVALID_ID, "specialties");
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_OPENINGS);
    c.body.put.body.openings.service_name_count = 1;
    c.body.put.body.openings.service_names[0] = c.body.put.id;
    c.body.put.body.openings.count = 2;
    fasti_messages_opening(&m, &m.openings[0], 1);
    fasti_messages_opening(&m, &m.openings[1], 1);
    m.openings[1].service_count = 1;
    m.openings[1].services[0].v = 2;
    assert_refused(&c, FASTI_INVALID_RANGE, "openings.services: row 1 names service 2 of 1");
    m.openings[1].service_count = 0;
    m.openings[1].kind = 5;
    assert_refused(&c, FASTI_INVALID_RANGE, "openings.kinds");
    m.openings[1].kind = FASTI_OPENING_WEEKLY;
    m.openings[1].weekdays = 0x80;
    assert_refused(&c, FASTI_INVALID_OPENING, "row 1");
}

Test(codec, what_is_not_on_the_wire_is_not_encoded) {
    static struct fasti_command c;
    static const struct fasti_zone zone;
    struct fasti_bytes frame;
    c.kind = FASTI_COMMAND_PUT;
    c.body.put.kind = FASTI_ENTITY_ZONE;
    c.body.put.body.zone = &zone;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &c, &frame), FASTI_INVALID_RANGE);
    c.body.put.kind = FASTI_ENTITY_OPENINGS;
    c.body.put.body.openings.openings = m.openings;
    c.body.put.body.openings.count = FASTI_OPENINGS_MAX + 1;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &c, &frame), FASTI_INVALID_RANGE);
    fasti_messages_put(&m, &c.body.put, FASTI_ENTITY_SCHEDULE);
    c.body.put.body.schedule.specialty_count = FASTI_SCHEDULE_SPECIALTIES_MAX + 1;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &c, &frame), FASTI_INVALID_RANGE);
    c.kind = (enum fasti_command_kind)(FASTI_COMMAND_COMBINE + 1);
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &c, &frame), FASTI_INVALID_COMMAND);
}

/* A column of zeros is not written: a record without a number would come back as none. */
Test(codec, records_without_a_number_are_refused) {
    static struct fasti_server_frame decoded;
    static struct fasti_list_answer list;
    struct fasti_answer answer = {.kind = FASTI_COMMAND_LIST, .outcome = FASTI_OUTCOME_FOUND};
    answer.body.list = &list;
    list.count = 2;
    for (uint32_t i = 0; i < 2; i++)
        list.records[i] = (struct fasti_record_view){.record = {5},
                                                     .item_count = 1,
                                                     .kind = FASTI_RECORD_BLOCK,
                                                     .state = FASTI_STATE_BOOKED};
    for (uint64_t number = 0; number < 2; number++) {
        struct fasti_detail detail = {{0}};
        list.records[1].record.v = number;
        const struct fasti_bytes frame = fasti_codec_encode_answer(codec, &answer);
        const enum fasti_status status =
            fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &decoded, &detail);
        cr_assert_eq(status, number == 0 ? FASTI_INVALID_MESSAGE : FASTI_OK, "%s", detail.text);
    }
}

/* ---- the handshake ---- */

Test(codec, hello_and_its_reply_come_back) {
    struct fasti_hello hello = {.wire_min = 1, .wire_max = 7, .client_length = 4, .client = "test"};
    struct fasti_bytes frame = fasti_codec_encode_hello(codec, &hello);
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(opened.kind, FASTI_CLIENT_HELLO);
    cr_assert_eq(opened.hello.wire_max, 7);
    cr_assert_eq(opened.hello.client_length, 4);
    cr_assert(memcmp(opened.hello.client, "test", 4) == 0);
    struct fasti_hello_reply reply = {.status = FASTI_INVALID_VERSION,
                                      .detail = {"no"},
                                      .wire_version = 1,
                                      .server = "0.1.0",
                                      .frame_bytes_max = 1,
                                      .answer_bytes_max = 2,
                                      .in_flight_max = 3,
                                      .batch_max = 4};
    frame = fasti_codec_encode_hello_reply(codec, &reply);
    struct fasti_server_frame got;
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, NULL, &got, &detail),
                 FASTI_OK);
    cr_assert_eq(got.kind, FASTI_SERVER_HELLO_REPLY);
    cr_assert_eq(got.hello.status, FASTI_INVALID_VERSION);
    cr_assert_str_eq(got.hello.detail.text, "no");
    cr_assert_str_eq(got.hello.server, "0.1.0");
    cr_assert_eq(got.hello.in_flight_max, 3);
    cr_assert_eq(got.hello.batch_max, 4);
}

Test(codec, versions_are_chosen_or_refused) {
    static const struct {
        uint16_t min, max;
        enum fasti_status status;
    } cases[] = {{1, 1, FASTI_OK},
                 {0, 900, FASTI_OK},
                 {2, 3, FASTI_INVALID_VERSION},
                 {0, 0, FASTI_INVALID_VERSION},
                 {3, 1, FASTI_INVALID_VERSION}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fasti_detail detail = {{0}};
        uint16_t version = 9;
        const struct fasti_hello hello = {.wire_min = cases[i].min, .wire_max = cases[i].max};
        cr_assert_eq(fasti_hello_choose(&hello, &version, &detail), cases[i].status);
        cr_assert_eq(version, cases[i].status == FASTI_OK ? 1 : 0);
        cr_assert_eq(detail.text[0] == '\0', cases[i].status == FASTI_OK);
    }
}

/* ---- answers: big bodies are compared where they lie; then the pointers are made alike ---- */
static void assert_answers_equal(const struct fasti_answer *sent, struct fasti_answer *got) {
    const size_t size = sent->kind == FASTI_COMMAND_AVAILABILITY ? sizeof m.availability
                        : sent->kind == FASTI_COMMAND_SEARCH     ? sizeof m.search
                        : sent->kind == FASTI_COMMAND_NAMES      ? sizeof m.names
                        : sent->kind == FASTI_COMMAND_HEATMAP    ? sizeof m.heatmap
                        : sent->kind == FASTI_COMMAND_COMBINE    ? sizeof m.combine
                        : sent->kind == FASTI_COMMAND_LIST       ? sizeof m.list
                                                                 : 0;
    if (size > 0) {
        cr_assert(memcmp(got->body.list, sent->body.list, size) == 0);
        got->body.list = sent->body.list; /* whichever it is */
    } else if (sent->kind == FASTI_COMMAND_DESCRIBE) {
        cr_assert(memcmp(got->body.describe->openings, m.openings,
                         m.describe.opening_count * sizeof m.openings[0]) == 0);
        space.describe.openings = m.openings;
        cr_assert(memcmp(got->body.describe, &m.describe, sizeof m.describe) == 0);
        got->body.describe = &m.describe;
    } else if (sent->kind == FASTI_COMMAND_SHOW) {
        cr_assert(memcmp(got->body.show.payload, m.payload, sent->body.show.view.payload_length) ==
                  0);
        got->body.show.payload = m.payload;
        cr_assert(memcmp(got->body.show.items, m.items,
                         sent->body.show.view.item_count * sizeof m.items[0]) == 0);
        got->body.show.items = m.items;
    }
    cr_assert(memcmp(sent, got, sizeof *sent) == 0, "kind %d", (int)sent->kind);
}

Test(codec, answers_come_back_as_they_were_sent) {
    static struct fasti_answer sent;
    static struct fasti_server_frame got;
    struct fasti_detail detail = {{0}};
    for (int round = 0; round < 1500; round++) {
        fasti_messages_answer(&m, &sent, any_kind());
        struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
        cr_assert_eq(frame.size % 8, 0);
        memset(&space, 0, sizeof space);
        cr_assert_eq(
            fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
            FASTI_OK, "%s", detail.text);
        cr_assert_eq(got.kind, FASTI_SERVER_ANSWER);
        assert_answers_equal(&sent, &got.answer);
    }
}

static struct fasti_answer travelled(enum fasti_status status, enum fasti_outcome outcome) {
    struct fasti_answer sent;
    static struct fasti_server_frame got;
    struct fasti_detail detail;
    memset(&sent, 0, sizeof sent);
    sent.status = status;
    sent.outcome = outcome;
    struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
                 FASTI_OK);
    return got.answer;
}

Test(codec, every_status_and_outcome_travels) {
#define STATUS_TRAVELS(name, value, class, text) \
    cr_assert_eq(travelled(FASTI_##name, FASTI_OUTCOME_NONE).status, FASTI_##name);
    FASTI_STATUS_TABLE(STATUS_TRAVELS)
#define OUTCOME_TRAVELS(name, value, done, text) \
    cr_assert_eq(travelled(FASTI_OK, FASTI_OUTCOME_##name).outcome, FASTI_OUTCOME_##name);
    FASTI_OUTCOME_TABLE(OUTCOME_TRAVELS)
}

Test(codec, the_largest_availability_answer_fits) {
    static struct fasti_answer sent;
    static struct fasti_server_frame got;
    struct fasti_detail detail;
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_AVAILABILITY);
    fasti_messages_availability(&m, 17, 60, 200);
    cr_assert_eq(m.availability.total, FASTI_QUERY_STARTS_MAX);
    for (uint32_t i = 0; i < m.availability.total; i++) {
        m.availability.offsets_minutes[i] = (int16_t)(i & 1);
        m.availability.lengths_minutes[i] = (uint16_t)(i & 1);
    }
    struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
    cr_assert_leq(frame.size, FASTI_ANSWER_BYTES_MAX);
    memset(&space, 0, sizeof space);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
                 FASTI_OK);
    assert_answers_equal(&sent, &got.answer);
}

Test(codec, the_largest_answer_to_a_search_fits) {
    static struct fasti_answer sent;
    static struct fasti_server_frame got;
    struct fasti_detail detail;
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_SEARCH);
    fasti_messages_search(&m, FASTI_SEARCH_RESULTS_MAX, 1);
    for (uint32_t i = 0; i < FASTI_SEARCH_RESULTS_MAX; i++)
        m.search.results[i].start_count = FASTI_SEARCH_STARTS_MAX;
    m.search.starts_total = FASTI_SEARCH_RESULTS_MAX * FASTI_SEARCH_STARTS_MAX;
    for (uint32_t i = 0; i < m.search.starts_total; i++) {
        m.search.starts[i].utc_s = (int64_t)i;
        m.search.starts[i].offset_minutes = (int16_t)(i & 1);
        m.search.starts[i].minutes = (uint16_t)(i & 1);
    }
    struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
    cr_assert_leq(frame.size, FASTI_ANSWER_BYTES_MAX);
    memset(&space, 0, sizeof space);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
                 FASTI_OK);
    assert_answers_equal(&sent, &got.answer);
}

/* What a search answers, with one thing wrong; the client refuses it by name. */
static void assert_found_refused(struct fasti_answer *sent, enum fasti_status status,
                                 const char *field) {
    static struct fasti_server_frame got;
    struct fasti_detail detail = {{0}};
    sent->body.search = &m.search;
    const struct fasti_bytes frame = fasti_codec_encode_answer(codec, sent);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
                 status);
    cr_assert_not_null(strstr(detail.text, field), "%s does not name %s", detail.text, field);
}

Test(codec, wrong_answers_to_a_search_are_refused) {
    static struct fasti_answer sent;
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_SEARCH);
    fasti_messages_search(&m, 3, 1);
    m.search.results[1].schedule.v = 0;
    assert_found_refused(&sent, FASTI_INVALID_MESSAGE, "search.schedules");
    fasti_messages_search(&m, 3, 1);
    m.search.results[1].location.v = 0;
    assert_found_refused(&sent, FASTI_INVALID_MESSAGE, "locations");
    fasti_messages_search(&m, 3, 1);
    m.search.results[2].start_count = 0;
    assert_found_refused(&sent, FASTI_INVALID_MESSAGE, "search.start_counts");
    m.search.results[2].start_count = 2;
    assert_found_refused(&sent, FASTI_INVALID_MESSAGE, "search.starts_utc_s");
    fasti_messages_search(&m, 3, 1);
    m.search.starts[2].utc_s = INT64_MAX;
    assert_found_refused(&sent, FASTI_INVALID_TIME, "is no instant");
}

/* ---- hostile bytes ---- */

static _Alignas(8) uint8_t hostile[FASTI_ANSWER_BYTES_MAX + 8];

/* Opens and, if that works, decodes all of it; any status will do, no crash may happen. */
static enum fasti_status try_client(const uint8_t *bytes, size_t size) {
    static struct fasti_command got;
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    enum fasti_status status = fasti_codec_open_client(codec, bytes, size, &opened, &detail);
    for (uint32_t i = 0; status == FASTI_OK && i < opened.request_count; i++) {
        uint64_t id;
        status = fasti_codec_decode_request(codec, i, &id, &got, &detail);
    }
    cr_assert(status == FASTI_OK || detail.text[0] != '\0', "a refusal says why");
    return status;
}

Test(codec, truncated_and_flipped_commands_are_refused_or_harmless) {
    static struct fasti_command sent;
    int refused = 0;
    for (int round = 0; round < 600; round++) {
        fasti_messages_command(&m, &sent, any_kind());
        struct fasti_bytes frame;
        cr_assert_eq(fasti_codec_encode_request(codec, 1, &sent, &frame), FASTI_OK);
        memcpy(hostile, frame.bytes, frame.size);
        for (size_t size = 0; size < frame.size; size += 1 + frame.size / 64)
            cr_assert_eq(try_client(hostile, size), FASTI_INVALID_MESSAGE, "cut at %zu", size);
        for (int i = 0; i < 64; i++) {
            const size_t at = 4 + fasti_prng_below(&m.prng, frame.size - 4);
            const uint8_t was = hostile[at];
            hostile[at] = (uint8_t)fasti_prng_below(&m.prng, 256);
            refused += try_client(hostile, frame.size) != FASTI_OK;
            if (i % 2 == 0)
                hostile[at] = was;
        }
    }
    cr_assert_gt(refused, 1000, "flipping bytes must break something: %d", refused);
}

Test(codec, misaligned_frames_are_read_all_the_same) {
    static struct fasti_command sent;
    fasti_messages_command(&m, &sent, FASTI_COMMAND_BOOK);
    struct fasti_bytes frame;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &sent, &frame), FASTI_OK);
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(hostile + shift, frame.bytes, frame.size);
        cr_assert_eq(try_client(hostile + shift, frame.size), FASTI_OK, "shift %zu", shift);
    }
}

/* FlatBuffers' own verifier takes an unknown member of a union for valid. */
Test(codec, unknown_union_members_are_refused) {
    static struct fasti_command sent;
    sent.kind = FASTI_COMMAND_CHECKPOINT;
    struct fasti_bytes frame;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &sent, &frame), FASTI_OK);
    memcpy(hostile, frame.bytes, frame.size);
    int unknown_commands = 0, unknown_messages = 0;
    for (size_t at = 4; at < frame.size; at++) {
        const uint8_t was = hostile[at];
        hostile[at] = 200;
        const enum fasti_status status = try_client(hostile, frame.size);
        unknown_commands += was == 11 && status == FASTI_INVALID_COMMAND;
        unknown_messages += was == 2 && status == FASTI_INVALID_MESSAGE;
        hostile[at] = was;
    }
    cr_assert_geq(unknown_commands, 1, "Checkpoint is the 11th member of RequestBody");
    cr_assert_geq(unknown_messages, 1, "Request is the 2nd member of ClientMessage");
}

Test(codec, flipped_answers_are_refused_or_harmless) {
    static struct fasti_answer sent;
    static struct fasti_server_frame got;
    int refused = 0;
    for (int round = 0; round < 300; round++) {
        fasti_messages_answer(&m, &sent, any_kind());
        struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
        const size_t size = frame.size;
        memcpy(hostile, frame.bytes, size);
        for (int i = 0; i < 64; i++) {
            struct fasti_detail detail = {{0}};
            const size_t end = i % 2 == 0 && size > 96 ? 92 : size - 4;
            hostile[4 + fasti_prng_below(&m.prng, end)] = (uint8_t)fasti_prng_below(&m.prng, 256);
            const enum fasti_status status =
                fasti_codec_decode_server(codec, hostile, size, &space, &got, &detail);
            refused += status != FASTI_OK;
            cr_assert(status == FASTI_OK || detail.text[0] != '\0');
        }
    }
    cr_assert_gt(refused, 1000, "%d", refused);
}

/* ---- exports and loads ---- */

/* Records as one LOAD has them: the codec copies, the engine looks into them. */
static uint64_t words[FASTI_EXPORT_BYTES_MAX / 8];

static void words_make(void) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        words[i] = fasti_prng_next(&m.prng);
}

Test(codec, loads_come_back_as_they_were_sent) {
    static struct fasti_command sent, got;
    static const uint32_t sizes[] = {8, 104, 8192, FASTI_EXPORT_BYTES_MAX};
    struct fasti_client_frame opened;
    struct fasti_detail detail;
    struct fasti_bytes frame;
    uint64_t id;
    words_make();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        sent.kind = FASTI_COMMAND_LOAD;
        sent.organization.v = 3;
        sent.body.load = (struct fasti_loading){.bytes = (const uint8_t *)words, .size = sizes[i]};
        cr_assert_eq(fasti_codec_encode_request(codec, 7, &sent, &frame), FASTI_OK);
        cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                     FASTI_OK);
        cr_assert_eq(fasti_codec_decode_request(codec, 0, &id, &got, &detail), FASTI_OK);
        cr_assert_eq(got.kind, FASTI_COMMAND_LOAD);
        cr_assert_eq(got.organization.v, 3);
        cr_assert_eq(got.body.load.size, sizes[i]);
        cr_assert_eq((uintptr_t)got.body.load.bytes % 8, 0);
        cr_assert(memcmp(got.body.load.bytes, words, sizes[i]) == 0);
    }
    sent.body.load.size = 12;
    cr_assert_eq(fasti_codec_encode_request(codec, 7, &sent, &frame), FASTI_INVALID_RANGE);
    sent.body.load.size = FASTI_LOAD_BYTES_MAX + 8;
    cr_assert_eq(fasti_codec_encode_request(codec, 7, &sent, &frame), FASTI_INVALID_RANGE);
    sent = (struct fasti_command){.kind = FASTI_COMMAND_EXPORT, .body.export_after = {9}};
    cr_assert_eq(fasti_codec_encode_request(codec, 7, &sent, &frame), FASTI_OK);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(fasti_codec_decode_request(codec, 0, &id, &got, &detail), FASTI_OK);
    cr_assert_eq(got.kind, FASTI_COMMAND_EXPORT);
    cr_assert_eq(got.body.export_after.v, 9);
}

Test(codec, pages_of_an_export_come_back_as_they_were_sent) {
    static struct fasti_server_frame got;
    static const uint32_t sizes[] = {0, 8, 104, FASTI_EXPORT_BYTES_MAX};
    struct fasti_detail detail;
    words_make();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct fasti_answer sent = {.tag = 5,
                                          .kind = FASTI_COMMAND_EXPORT,
                                          .outcome = FASTI_OUTCOME_FOUND,
                                          .body.exported = {.bytes = (const uint8_t *)words,
                                                            .size = sizes[i],
                                                            .next = {17 + i},
                                                            .more = i % 2 == 0}};
        const struct fasti_bytes frame = fasti_codec_encode_answer(codec, &sent);
        cr_assert_eq(
            fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
            FASTI_OK, "%s", detail.text);
        const struct fasti_export_answer *page = &got.answer.body.exported;
        cr_assert_eq(page->size, sizes[i]);
        cr_assert_eq(page->next.v, 17 + i);
        cr_assert_eq(page->more, i % 2 == 0);
        cr_assert(memcmp(page->bytes, words, sizes[i]) == 0);
    }
    const struct fasti_answer loaded = {.kind = FASTI_COMMAND_LOAD,
                                        .outcome = FASTI_OUTCOME_LOADED,
                                        .record = {3},
                                        .body.load = {.loaded = 2, .known = 1}};
    const struct fasti_bytes frame = fasti_codec_encode_answer(codec, &loaded);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &got, &detail),
                 FASTI_OK);
    cr_assert_eq(got.answer.outcome, FASTI_OUTCOME_LOADED);
    cr_assert_eq(got.answer.body.load.loaded, 2);
    cr_assert_eq(got.answer.body.load.known, 1);
}

Test(codec, a_zone_travels_with_its_table) {
    static struct fasti_command sent, got;
    static struct fasti_zone zone;
    struct fasti_client_frame opened;
    struct fasti_detail detail;
    struct fasti_bytes frame;
    uint64_t id;
    zone.change_count = FASTI_ZONE_TRANSITIONS_MAX;
    for (uint32_t i = 0; i < zone.change_count; i++)
        zone.changes[i] =
            (struct fasti_zone_change){-5000000000 + i * INT64_C(9000000), (int32_t)i - 500};
    fasti_messages_command(&m, &sent, FASTI_COMMAND_PUT);
    fasti_messages_put(&m, &sent.body.put, FASTI_ENTITY_ZONE);
    sent.body.put.body.zone = &zone;
    cr_assert_eq(fasti_codec_encode_request(codec, 7, &sent, &frame), FASTI_OK);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(fasti_codec_decode_request(codec, 0, &id, &got, &detail), FASTI_OK, "%s",
                 detail.text);
    cr_assert_eq(got.body.put.kind, FASTI_ENTITY_ZONE);
    cr_assert_eq(got.body.put.organization.v, 0);
    cr_assert(fasti_id_text_equal(&got.body.put.id, &sent.body.put.id));
    cr_assert(memcmp(got.body.put.body.zone, &zone, sizeof zone) == 0);
}
