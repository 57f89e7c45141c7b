/*
 * test_record_line.c - records as lines of an export and back: random ones, and what is refused.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/record.h"
#include "tests/support/seed.h"
#include "tools/fasti_record_line.h"

static const struct fasti_id_text *name_of(const void *context, enum fasti_entity_kind kind,
                                           uint32_t id) {
    static const struct fasti_id_text schedule = {.length = 4, .bytes = "anna"},
                                      service = {.length = 5, .bytes = "visit"};
    return context != NULL && id == 1 ? NULL : kind == FASTI_ENTITY_SCHEDULE ? &schedule : &service;
}

/* A record that a log may have: its state says what else it has. */
struct made {
    struct fasti_whole whole;
    struct fasti_item items[FASTI_ITEMS_MAX];
    char patient[FASTI_PATIENT_BYTES_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
};

static uint64_t below(struct fasti_prng *prng, uint64_t end) {
    return fasti_prng_below(prng, end);
}

static void record_make(struct fasti_prng *prng, struct made *made) {
    static const uint8_t block_states[] = {FASTI_STATE_BOOKED, FASTI_STATE_CANCELLED,
                                           FASTI_STATE_MOVED};
    struct fasti_whole *whole = &made->whole;
    const bool is_block = below(prng, 4) == 0;
    memset(made, 0, sizeof *made);
    *whole = (struct fasti_whole){
        .record = {1 + below(prng, FASTI_RECORDS_MAX - 100)},
        .organization = {1},
        .kind = is_block ? FASTI_RECORD_BLOCK : FASTI_RECORD_APPOINTMENT,
        .state = is_block ? block_states[below(prng, 3)]
                          : (uint8_t)(1 + below(prng, FASTI_STATE_RELEASED)),
        .reason = (uint8_t)below(prng, 256),
        .created_ms = (int64_t)below(prng, 1000),
        .moved_from = {below(prng, 2) == 0 ? 0 : FASTI_RECORDS_MAX - 1 - below(prng, 50)},
        .item_count = (uint16_t)(1 + below(prng, below(prng, 4) == 0 ? FASTI_ITEMS_MAX : 3)),
        .items = made->items,
        .patient = made->patient,
        .payload = made->payload};
    whole->changed_ms = below(prng, 2) == 0 ? whole->created_ms
                                            : INT64_C(1700000000000) + (int64_t)below(prng, 1000);
    if (below(prng, 2) == 0)
        whole->request = (fasti_request_id){below(prng, 2) == 0 ? 0 : fasti_prng_next(prng),
                                            fasti_prng_next(prng)};
    whole->was_held = whole->state == FASTI_STATE_HELD || whole->state == FASTI_STATE_EXPIRED ||
                      whole->state == FASTI_STATE_RELEASED;
    if (whole->was_held) {
        whole->expires_ms = 1000 + (int64_t)below(prng, 1000 * FASTI_HOLD_LIFE_SECONDS - 1000);
        whole->token_low = fasti_prng_next(prng);
        whole->token_high = fasti_prng_next(prng);
    } else if (!is_block) {
        whole->patient_length = (uint8_t)(1 + below(prng, FASTI_PATIENT_BYTES_MAX));
        whole->payload_length = (uint16_t)below(prng, FASTI_PAYLOAD_BYTES_MAX + 1);
        for (uint32_t i = 0; i < whole->patient_length; i++) /* now and then no UTF-8 */
            made->patient[i] = (char)(below(prng, 40) == 0 ? below(prng, 256) : 'a' + i % 26);
        for (uint32_t i = 0; i < whole->payload_length; i++)
            made->payload[i] = (uint8_t)below(prng, 256);
    }
    if (is_block && below(prng, 2) == 0) {
        whole->source = 1 + (uint32_t)below(prng, UINT32_MAX);
        whole->key = below(prng, 2) == 0 ? 0 : fasti_prng_next(prng);
    } else if (!is_block) {
        whole->modality = (uint8_t)below(prng, FASTI_MODALITY_HOME + 1);
        whole->is_override = below(prng, 2) == 0;
    }
    for (uint32_t i = 0; i < whole->item_count; i++) {
        const uint8_t most = (uint8_t)(1 + below(prng, FASTI_SEATS_MAX));
        made->items[i] = (struct fasti_item){
            .schedule = 1,
            .service = !is_block,
            .start_utc_s = (FASTI_DATE_FIRST + 1) * FASTI_DAY_SECONDS +
                           (int64_t)below(prng, (uint64_t)(FASTI_DAYS_MAX - 2) * 86400),
            .offset_minutes = (int16_t)((int)below(prng, 2879) - 1439),
            .minutes = (uint16_t)(1 + below(prng, FASTI_LOCAL_DAY_MINUTES_MAX)),
            .before_minutes = (uint8_t)below(prng, FASTI_BUFFER_MINUTES_MAX + 1),
            .after_minutes = (uint8_t)below(prng, FASTI_BUFFER_MINUTES_MAX + 1),
            .seats = (uint8_t)(1 + below(prng, most)),
            .seats_max = most,
        };
    }
}

static size_t encoded(const struct fasti_whole *whole, uint8_t *bytes) {
    const char *field = NULL;
    const size_t size = fasti_whole_encode(whole, bytes, FASTI_WHOLE_BYTES_MAX, &field);
    cr_assert_neq(size, 0, "%s", field == NULL ? "no room" : field);
    return size;
}

/* What FORMAT.md says of a record, byte by byte. */
Test(record_line, the_bytes_are_those_of_the_format) {
    static const uint8_t expected[] = {
        7,   0,   0,   0,
        3,   0,   0,   0, /* record, organization */
        1,   10,  9,   2,
        3,   0,   1,   91, /* kind, state, reason, patient, payload, items and flags 182 */
        1,   2,   0,   0,
        0,   0,   0,   0, /* created */
        5,   0,   0,   0,
        6,   0,   0,   0, /* schedule, service */
        8,   0,   0,   64,
        0,   0,   0,   0, /* start */
        60,  0,   15,  0,
        1,   2,   1,   4, /* offset, minutes, buffers, seats */
        11,  0,   0,   0,
        0,   0,   0,   0, /* moved from */
        1,   0,   0,   0,
        0,   0,   0,   128, /* request, low half first */
        2,   0,   0,   0,
        0,   0,   0,   0, /* its high half */
        3,   2,   0,   0,
        0,   0,   'p', 'q', /* changed, patient */
        'a', 'b', 'c', 0,
        0,   0,   0,   0, /* payload, zeros */
    };
    const struct fasti_item item = {.schedule = 5,
                                    .service = 6,
                                    .start_utc_s = INT64_C(64) << 24 | 8,
                                    .offset_minutes = 60,
                                    .minutes = 15,
                                    .before_minutes = 1,
                                    .after_minutes = 2,
                                    .seats = 1,
                                    .seats_max = 4};
    const struct fasti_whole whole = {.record = {7},
                                      .organization = {3},
                                      .kind = FASTI_RECORD_APPOINTMENT,
                                      .state = FASTI_STATE_MOVED,
                                      .reason = 9,
                                      .modality = 2,
                                      .is_override = true,
                                      .created_ms = 0x201,
                                      .changed_ms = 0x203,
                                      .request = {.low = UINT64_C(1) << 63 | 1, .high = 2},
                                      .moved_from = {11},
                                      .item_count = 1,
                                      .payload_length = 3,
                                      .patient_length = 2,
                                      .items = &item,
                                      .patient = "pq",
                                      .payload = (const uint8_t *)"abc"};
    static _Alignas(8) uint8_t bytes[FASTI_WHOLE_BYTES_MAX];
    cr_assert_eq(encoded(&whole, bytes), sizeof expected);
    for (size_t i = 0; i < sizeof expected; i++)
        cr_assert_eq(bytes[i], expected[i], "byte %zu is %u, not %u", i, bytes[i], expected[i]);
}

/* A change never makes a record outgrow the room that it has: cancels go on when memory is full. */
Test(record_line, a_change_takes_no_more_room) {
    struct fasti_prng prng = fasti_test_prng("record_line.room");
    static struct made made;
    static _Alignas(8) uint8_t before[FASTI_WHOLE_BYTES_MAX], after[FASTI_WHOLE_BYTES_MAX];
    uint32_t grown = 0;
    for (int i = 0; i < 3000; i++) {
        record_make(&prng, &made);
        made.whole.changed_ms = made.whole.created_ms;
        const size_t size = encoded(&made.whole, before);
        made.whole.changed_ms++;
        grown += encoded(&made.whole, after) > size;
        const struct fasti_record *old = (const void *)before, *new = (const void *)after;
        cr_assert_eq(fasti_record_room(old), fasti_record_room(new));
        cr_assert_leq(fasti_record_bytes(new), fasti_record_room(old));
    }
    cr_assert(grown > 0 && grown < 3000);
}

Test(record_line, what_is_written_is_read_again) {
    struct fasti_prng prng = fasti_test_prng("record_line");
    static struct made made;
    static struct fasti_record_line line;
    static _Alignas(8) uint8_t first[FASTI_WHOLE_BYTES_MAX], second[FASTI_WHOLE_BYTES_MAX];
    uint32_t states[FASTI_STATE_RELEASED + 1] = {0};
    for (int round = 0; round < 2000; round++) {
        struct fasti_detail detail;
        struct fasti_whole decoded;
        record_make(&prng, &made);
        states[made.whole.state]++;
        const size_t size = encoded(&made.whole, first);
        cr_assert_eq(fasti_whole_decode(first, size, &decoded), size);
        cr_assert_eq(encoded(&decoded, second), size);
        cr_assert(memcmp(first, second, size) == 0);
        json_t *object = fasti_record_line_json(&decoded, name_of, NULL);
        char *text = json_dumps(object, JSON_COMPACT);
        json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        cr_assert_eq(fasti_record_line_decode(again, &line, &detail), FASTI_OK, "%s: %s",
                     detail.text, text);
        cr_assert_eq(encoded(&line.whole, second), size);
        cr_assert(memcmp(first, second, size) == 0, "%s", text);
        cr_assert_eq(line.schedules[0].length, 4);
        cr_assert_eq(line.services[0].length, made.whole.kind == FASTI_RECORD_BLOCK ? 0 : 5);
        cr_assert_null(fasti_record_line_json(&decoded, name_of, &decoded)); /* a name is missing */
        json_decref(object);
        json_decref(again);
        free(text);
    }
    for (int state = 1; state <= FASTI_STATE_RELEASED; state++)
        cr_assert_gt(states[state], 0, "no record was in state %d", state);
}

/* ---- refusals ---- */

#define HEAD                                                                                     \
    "{\"kind\":\"record\",\"record\":7,\"type\":\"appointment\",\"state\":\"booked\",\"created_" \
    "ms\":1,\"changed_ms\":1"
#define ITEM                                                                                     \
    "{\"schedule\":\"s\",\"service\":\"v\",\"start\":\"2026-03-03T09:00:00+01:00\",\"minutes\":" \
    "20}"
#define ITEMS ",\"items\":[" ITEM "]}"

static void tried(const char *text, bool is_good, const char *why) {
    static struct fasti_record_line line;
    struct fasti_detail detail = {""};
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(object, "%s", text);
    const enum fasti_status status = fasti_record_line_decode(object, &line, &detail);
    cr_assert_eq(status == FASTI_OK, is_good, "%s: %s", text, detail.text);
    cr_assert(is_good || strstr(detail.text, why) != NULL, "no \"%s\" in: %s", why, detail.text);
    json_decref(object);
}

Test(record_line, what_is_wrong_is_named) {
    tried(HEAD ",\"patient\":\"p\"" ITEMS, true, "");
    tried(HEAD ",\"patient_hex\":\"ff00\"" ITEMS, true, "");
    tried(HEAD ITEMS, false, "state");
    tried(HEAD ",\"patient\":\"\"" ITEMS, false, "\"patient\"");
    tried(HEAD ",\"patient_hex\":\"f\"" ITEMS, false, "\"patient_hex\"");
    tried(HEAD ",\"patient\":\"p\"}", false, "\"items\" is missing");
    tried(HEAD ",\"patient\":\"p\",\"items\":[]}", false, "\"items\" must be 1 to 64");
    tried(HEAD ",\"patient\":\"p\",\"items\":[7]}", false, "item 1: not a JSON object");
    tried(HEAD ",\"patient\":\"p\",\"items\":[" ITEM ",{\"schedule\":\"s\"}]}", false, "item 2:");
    tried(HEAD ",\"patient\":\"p\",\"who\":1" ITEMS, false, "who");
    tried(HEAD ",\"patient\":\"p\",\"reason\":256" ITEMS, false, "\"reason\" must be 0 to 255");
    tried(HEAD ",\"patient\":\"p\",\"request\":\"12\"" ITEMS, false, "\"request\" must be 32");
    tried(HEAD ",\"patient\":\"p\",\"modality\":\"pigeon\"" ITEMS, false, "modality");
    tried(HEAD ",\"patient\":\"p\",\"payload\":\"0\"" ITEMS, false, "payload");
    tried(HEAD ",\"patient\":\"p\",\"token\":\"00000000000000000000000000000001\"" ITEMS, false,
          "\"expires_ms\" and \"token\"");
    tried(HEAD ",\"patient\":\"p\",\"moved_from\":7" ITEMS, false, "state");
    tried(HEAD ",\"patient\":\"p\",\"source_number\":5" ITEMS, false, "state");
    tried(HEAD ",\"patient\":\"p\",\"key\":\"0000000000000005\"" ITEMS, false, "\"key\"");
    tried(HEAD ",\"patient\":\"p\",\"key\":\"5\"" ITEMS, false, "\"key\" must be 16");
}
