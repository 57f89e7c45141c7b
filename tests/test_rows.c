/*
 * test_rows.c - what a person types for several rows: words and quotes, what an item takes from
 * those before it, and what is refused with which sentence.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_rows.h"

static struct fasti_rows *rows;
static struct fasti_detail detail;

static void set_up(void) {
    rows = malloc(sizeof *rows);
}

static void tear_down(void) {
    free(rows);
}

TestSuite(rows, .init = set_up, .fini = tear_down);

/* Plain options as JSON, and the items behind it up to a NULL. */
static enum fasti_status decode_as(enum fasti_rows_use use, const struct fasti_row *kept,
                                   const char *plain, const char *const *items) {
    json_t *options = json_loads(plain, 0, NULL), *list = json_array();
    cr_assert_not_null(options, "%s", plain);
    for (; items != NULL && *items != NULL; items++)
        json_array_append_new(list, json_string(*items));
    if (json_array_size(list) > 0)
        json_object_set(options, "item", list);
    json_decref(list);
    detail.text[0] = '\0';
    const enum fasti_status status = fasti_rows_decode(options, use, kept, rows, &detail);
    json_decref(options);
    return status;
}

static enum fasti_status decode(const char *plain, const char *const *items) {
    return decode_as(FASTI_ROWS_BOOK, NULL, plain, items);
}

#define PLAIN      "\"service\":\"visit\",\"start\":\"2026-11-30T09:00\",\"patient\":\"p\""
#define ITEMS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void row_is(uint32_t index, const char *expected) {
    char text[256];
    const struct fasti_row *row = &rows->rows[index];
    const struct fasti_row_appointment *said = &rows->appointments[row->appointment];
    snprintf(text, sizeof text, "%d %d %d%s %.*s %.*s %s %.*s", row->number, row->time_of,
             row->appointment, row->is_alternative ? " or" : "", (int)row->schedule.length,
             row->schedule.bytes, (int)row->service.length, row->service.bytes, row->start,
             (int)said->patient_length, said->patient);
    cr_expect_str_eq(text, expected);
}

Test(rows, the_options_alone_are_one_row) {
    cr_assert_eq(decode("{\"schedule\":\"anna\",\"payload\":\"00ff\"," PLAIN "}", NULL), FASTI_OK);
    cr_assert_eq(rows->count, 1);
    cr_assert_eq(rows->appointment_count, 1);
    cr_assert_eq(rows->appointments[0].payload_length, 2);
    row_is(0, "0 0 0 anna visit 2026-11-30T09:00 p");
}

Test(rows, an_appointment_goes_by_the_one_before) {
    cr_assert_eq(
        decode("{\"schedule\":\"anna\",\"payload\":\"00\"," PLAIN "}",
               ITEMS("with room-1 service=room", "patient=child start=09:20", "or ben start=10:00",
                     "start=2026-12-01T08:00Z payload=0102", "start=09:00")),
        FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->count, 6);
    cr_assert_eq(rows->appointment_count, 4);
    row_is(0, "0 0 0 anna visit 2026-11-30T09:00 p");
    row_is(1, "1 0 0 room-1 room 2026-11-30T09:00 p");
    row_is(2, "2 2 1 anna visit 2026-11-30T09:20 child");
    row_is(3, "3 3 1 or ben visit 2026-11-30T10:00 child");
    row_is(4, "4 4 2 anna visit 2026-12-01T08:00Z child");
    row_is(5, "5 5 3 anna visit 2026-12-01T09:00Z child");
    cr_expect_eq(rows->appointments[0].payload_length, 1);
    cr_expect_eq(rows->appointments[1].payload_length, 0);
    cr_expect_eq(rows->appointments[2].payload_length, 2);
    cr_expect_eq(rows->appointments[3].payload_length, 0);
}

Test(rows, with_and_or_go_by_the_row_before) {
    cr_assert_eq(decode("{\"fair\":true," PLAIN "}",
                        ITEMS("lane-1", "or lane-2", "with room start=09:10", "or room-2", "anna")),
                 FASTI_OK, "%s", detail.text);
    cr_assert(rows->is_fair);
    row_is(0, "1 0 0 lane-1 visit 2026-11-30T09:00 p");
    row_is(1, "2 0 0 or lane-2 visit 2026-11-30T09:00 p");
    row_is(2, "3 2 0 room visit 2026-11-30T09:10 p");
    row_is(3, "4 2 0 or room-2 visit 2026-11-30T09:10 p");
    row_is(4, "5 0 1 anna visit 2026-11-30T09:00 p");
}

Test(rows, the_options_may_say_nothing) {
    cr_assert_eq(decode("{}", ITEMS("anna service=visit start=2026-11-30T09:00 patient=p",
                                    "\tben \n service=check  ")),
                 FASTI_OK, "%s", detail.text);
    row_is(0, "1 0 0 anna visit 2026-11-30T09:00 p");
    row_is(1, "2 0 1 ben check 2026-11-30T09:00 p");
}

Test(rows, every_id_can_be_written) {
    static const struct {
        const char *item, *schedule;
    } cases[] = {
        {"schedule=with", "with"}, {"'with'", "with"},     {"\"or\"", "or"},
        {"with 'or'", "or"},       {"with with", "with"},  {"'a=b'", "a=b"},
        {"schedule=a=b", "a=b"},   {"'room 1'", "room 1"}, {"schedule=\"room 1\"", "room 1"},
        {"room' '1", "room 1"},    {"\"it's\"", "it's"},   {"'say \"hi\"'", "say \"hi\""},
        {"'a'\"'\"'\"'", "a'\""},  {"a\\b", "a\\b"},       {"raum-\xc3\xbc", "raum-\xc3\xbc"},
        {"service=visit", "anna"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(decode("{\"schedule\":\"anna\"," PLAIN "}", ITEMS(cases[i].item)), FASTI_OK,
                     "%s: %s", cases[i].item, detail.text);
        const struct fasti_id_text *id = &rows->rows[1].schedule;
        cr_expect(id->length == strlen(cases[i].schedule) &&
                      memcmp(id->bytes, cases[i].schedule, id->length) == 0,
                  "%s: %.*s", cases[i].item, (int)id->length, id->bytes);
    }
}

Test(rows, what_is_wrong_is_named) {
    static const struct {
        const char *plain, *first, *second; /* second: of the two items */
        enum fasti_status status;
        const char *names;
    } cases[] = {
        {"{" PLAIN "}", NULL, NULL, FASTI_INVALID_OPTION, "--schedule is missing"},
        {"{\"schedule\":\"a\"}", NULL, NULL, FASTI_INVALID_OPTION, "--service is missing"},
        {"{" PLAIN ",\"schedule\":\"a\"}", "", NULL, FASTI_INVALID_OPTION,
         "item 1: nothing is said"},
        {"{" PLAIN "}", "with room", NULL, FASTI_INVALID_OPTION, "item 1: \"with\" needs a row"},
        {"{" PLAIN "}", "or", NULL, FASTI_INVALID_OPTION, "item 1: nothing is said"},
        {"{" PLAIN "}", "service=s", NULL, FASTI_INVALID_OPTION, "item 1: which schedule?"},
        {"{}", "anna service=s start=2026-11-30T09:00", NULL, FASTI_INVALID_OPTION,
         "which patient?"},
        {"{}", "anna start=09:20 service=s patient=p", NULL, FASTI_INVALID_TIME, "of which day"},
        {"{" PLAIN "}", "anna", "ben start=24:30", FASTI_INVALID_TIME, "item 2: \"start\""},
        {"{" PLAIN "}", "anna", "ben start=9:20", FASTI_INVALID_TIME, "not a time like 09:20"},
        {"{" PLAIN "}", "anna", "ben start=24:00", FASTI_INVALID_TIME, "item 2: \"start\""},
        {"{" PLAIN "}", "anna", "start=2026-11-31T09:00", FASTI_INVALID_DATE, "item 2: \"start\""},
        {"{" PLAIN "}", "anna", "with room patient=q", FASTI_INVALID_OPTION, "item 2: patient="},
        {"{" PLAIN "}", "anna", "or b payload=00", FASTI_INVALID_OPTION, "item 2: patient="},
        {"{" PLAIN "}", "anna", "payload=0", FASTI_INVALID_TEXT, "item 2: \"payload\""},
        {"{" PLAIN "}", "anna", "patient=", FASTI_INVALID_TEXT, "item 2: \"patient\""},
        {"{" PLAIN "}", "anna", "schedule=", FASTI_INVALID_ID, "item 2: \"schedule\""},
        {"{" PLAIN "}", "anna", "ben carl", FASTI_INVALID_OPTION, "item 2: \"schedule\" is said"},
        {"{" PLAIN "}", "anna", "room=1", FASTI_INVALID_OPTION, "item 2: there is no \"room=\""},
        {"{" PLAIN "}", "anna", "o'neill", FASTI_INVALID_OPTION, "item 2: a quote (')"},
        {"{" PLAIN ",\"payload\":\"00\"}", "anna", NULL, FASTI_INVALID_OPTION, "--payload"},
        {"{" PLAIN ",\"fair\":true}", "anna", "ben", FASTI_INVALID_OPTION, "--fair"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(decode(cases[i].plain, ITEMS(cases[i].first, cases[i].second)),
                     cases[i].status, "%zu: %s", i, detail.text);
        cr_expect(strstr(detail.text, cases[i].names) != NULL, "%zu: %s", i, detail.text);
    }
}

Test(rows, there_are_at_most_64) {
    const char *items[FASTI_ITEMS_MAX + 1];
    for (uint32_t i = 0; i < FASTI_ITEMS_MAX; i++)
        items[i] = i % 2 == 0 ? "anna" : "with room";
    items[FASTI_ITEMS_MAX] = NULL;
    cr_assert_eq(decode("{" PLAIN "}", items), FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->count, FASTI_ITEMS_MAX);
    cr_assert_eq(rows->appointment_count, FASTI_ITEMS_MAX / 2);
    cr_assert_eq(decode("{\"schedule\":\"b\"," PLAIN "}", items), FASTI_INVALID_RANGE);
    cr_assert(strstr(detail.text, "item 64: there are at most 64 rows at once") != NULL, "%s",
              detail.text);
}

Test(rows, a_word_may_be_as_long_as_a_payload) {
    char item[2 * FASTI_PAYLOAD_BYTES_MAX + 64];
    const size_t head = (size_t)sprintf(item, "anna payload=");
    memset(item + head, 'a', 2 * FASTI_PAYLOAD_BYTES_MAX);
    item[head + 2 * FASTI_PAYLOAD_BYTES_MAX] = '\0';
    cr_assert_eq(decode("{" PLAIN "}", ITEMS(item)), FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->appointments[0].payload_length, FASTI_PAYLOAD_BYTES_MAX);
    memset(item + head, 'a', 2 * FASTI_PAYLOAD_BYTES_MAX + 2);
    item[head + 2 * FASTI_PAYLOAD_BYTES_MAX + 2] = '\0';
    cr_assert_eq(decode("{" PLAIN "}", ITEMS(item)), FASTI_INVALID_OPTION);
    cr_assert(strstr(detail.text, "too long") != NULL, "%s", detail.text);
}

/* ---- holds and moves ---- */

static void refused(enum fasti_status status, const char *word) {
    cr_expect_eq(status, FASTI_INVALID_OPTION, "%s", word);
    cr_expect(strstr(detail.text, word) != NULL, "no \"%s\" in: %s", word, detail.text);
}

#define SLOT "\"service\":\"visit\",\"start\":\"2026-11-30T09:00\""

Test(rows, a_hold_has_no_patients) {
    cr_assert_eq(decode_as(FASTI_ROWS_HOLD, NULL, "{\"schedule\":\"anna\"," SLOT "}",
                           ITEMS("start=09:20", "with room", "or room-2")),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->appointment_count, 2);
    row_is(0, "0 0 0 anna visit 2026-11-30T09:00 ");
    row_is(1, "1 1 1 anna visit 2026-11-30T09:20 ");
    row_is(2, "2 1 1 room visit 2026-11-30T09:20 ");
    row_is(3, "3 1 1 or room-2 visit 2026-11-30T09:20 ");
    refused(decode_as(FASTI_ROWS_HOLD, NULL, "{" SLOT "}", ITEMS("anna", "ben patient=p")),
            "item 2: a hold has no patient");
    refused(decode_as(FASTI_ROWS_HOLD, NULL, "{" SLOT "}", ITEMS("anna payload=00")),
            "item 1: a hold has no patient");
    refused(decode_as(FASTI_ROWS_HOLD, NULL, "{" SLOT "}", ITEMS("with anna")), "needs a row");
    refused(decode_as(FASTI_ROWS_HOLD, NULL, "{\"schedule\":\"anna\"}", NULL), "--service");
}

static enum fasti_status decode_move(const char *plain, const char *const *items) {
    struct fasti_row kept = {.start = "2026-11-30T09:00", .time_of = FASTI_ROW_KEPT};
    cr_assert_eq(fasti_id_text_set(&kept.schedule, "anna", 4), FASTI_OK);
    cr_assert_eq(fasti_id_text_set(&kept.service, "visit", 5), FASTI_OK);
    return decode_as(FASTI_ROWS_MOVE, &kept, plain, items);
}

Test(rows, a_move_keeps_what_is_not_said) {
    cr_assert_eq(decode_move("{\"start\":\"10:20\"}", NULL), FASTI_OK, "%s", detail.text);
    row_is(0, "0 0 0 anna visit 2026-11-30T10:20 ");
    cr_assert_eq(decode_move("{\"schedule\":\"ben\"}", NULL), FASTI_OK, "%s", detail.text);
    row_is(0, "0 255 0 ben visit 2026-11-30T09:00 ");
    cr_assert_eq(decode_move("{\"start\":\"2026-12-01T08:00\"}", ITEMS("with room start=08:20")),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->count, 2);
    cr_assert_eq(rows->appointment_count, 1);
    row_is(0, "0 0 0 anna visit 2026-12-01T08:00 ");
    row_is(1, "1 1 0 room visit 2026-12-01T08:20 ");
    cr_assert_eq(decode_move("{}", ITEMS("or ben", "with room")), FASTI_OK, "%s", detail.text);
    row_is(0, "0 255 0 anna visit 2026-11-30T09:00 ");
    row_is(1, "1 255 0 or ben visit 2026-11-30T09:00 ");
    row_is(2, "2 255 0 room visit 2026-11-30T09:00 ");
    cr_assert_eq(decode_move("{\"start\":\"11:00\"}", ITEMS("ben", "with room")), FASTI_OK, "%s",
                 detail.text);
    cr_assert_eq(rows->count, 2, "the first item is the first row");
    row_is(0, "1 0 0 ben visit 2026-11-30T11:00 ");
    row_is(1, "2 0 0 room visit 2026-11-30T11:00 ");
}

Test(rows, a_move_is_of_one_appointment) {
    refused(decode_move("{}", ITEMS("ben", "with room", "anna")), "item 3: only one appointment");
    refused(decode_move("{\"schedule\":\"ben\"}", ITEMS("anna")), "item 1: only one appointment");
    refused(decode_move("{}", ITEMS("with room", "anna")), "item 2: only one appointment");
    refused(decode_move("{}", ITEMS("ben patient=p")), "item 1: the patient and payload");
    refused(decode_move("{}", ITEMS("with")), "item 1: nothing is said");
}

/* ---- numbers ---- */

Test(rows, the_number_of_a_record) {
    static const char *const wrong[] = {"",   "0",  "00", "-1",  "+1",
                                        " 1", "1 ", "1x", "0x1", "12345678901234567890"};
    fasti_record_id record;
    cr_assert_eq(fasti_field_record("", "0017", &record, &detail), FASTI_OK);
    cr_assert_eq(record.v, 17);
    cr_assert_eq(fasti_field_record("", "9999999999999999999", &record, &detail), FASTI_OK);
    cr_assert_eq(record.v, UINT64_C(9999999999999999999));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(fasti_field_record("--replace", wrong[i], &record, &detail), FASTI_INVALID_ID,
                     "\"%s\"", wrong[i]);
        cr_expect(strncmp(detail.text, "--replace: \"", 12) == 0, "%s", detail.text);
    }
}

Test(rows, a_number_of_128_bits) {
    static const char *const wrong[] = {"",
                                        "0",
                                        "0123456789abcdeffedcba987654321",
                                        "0123456789abcdeffedcba98765432100",
                                        "0123456789abcdeffedcba987654321g",
                                        "0x23456789abcdeffedcba9876543210",
                                        " 123456789abcdeffedcba9876543210"};
    uint64_t high = 0, low = 0;
    cr_assert(fasti_field_hex128("0123456789abcdefFEDCBA9876543210", &high, &low));
    cr_assert_eq(high, UINT64_C(0x0123456789abcdef));
    cr_assert_eq(low, UINT64_C(0xfedcba9876543210));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(fasti_field_hex128(wrong[i], &high, &low), "\"%s\"", wrong[i]);
}

/* ---- facts ---- */

static const struct fasti_facts *facts_of(uint32_t appointment) {
    return &rows->appointments[appointment].facts;
}

Test(rows, facts_go_from_one_appointment_to_the_next) {
    cr_assert_eq(
        decode("{\"schedule\":\"anna\",\"age\":\"34y\",\"referral\":true,\"by\":\"own\"," PLAIN "}",
               ITEMS("patient=q age=6m modality=video", "patient=r referral=no",
                     "patient=s age=unknown modality=any patient-kind=known")),
        FASTI_OK, "%s", detail.text);
    cr_assert_eq(rows->appointment_count, 4);
    cr_expect_eq(facts_of(0)->age_months, 34 * 12);
    cr_expect_eq(facts_of(1)->age_months, 6);
    cr_expect_eq(facts_of(1)->modality, FASTI_MODALITY_VIDEO);
    cr_expect_eq(facts_of(2)->modality, FASTI_MODALITY_VIDEO);
    cr_expect(facts_of(1)->has_referral);
    cr_expect_not(facts_of(2)->has_referral);
    cr_expect_not(facts_of(3)->has_age);
    cr_expect_eq(facts_of(3)->modality, FASTI_MODALITY_ANY);
    cr_expect_eq(facts_of(3)->acquaintance, FASTI_ACQUAINTANCE_KNOWN);
    cr_expect_eq(facts_of(3)->audience, FASTI_AUDIENCE_OWN);
}

Test(rows, facts_are_of_a_whole_appointment_and_known_words) {
    static const struct {
        const char *item, *sentence;
    } wrong[] = {
        {"with ben age=6y", "say them where it begins"},
        {"or ben by=staff", "say them where it begins"},
        {"age=6d", "\"6d\" is not an age"},
        {"age=", "\"\" is not an age"},
        {"age=151y", "must be 0 to 1800 months"},
        {"age=99999999999y", "is not an age"},
        {"by=", "there is no \"\"; there are: public"},
        {"override=yes", "only staff may"},
        {"referral=maybe", "there are: yes, no"},
        {"language=germ", "is not a language"},
        {"patient_kin=new", "there is no \"patient_kin=\""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_neq(decode("{\"schedule\":\"anna\"," PLAIN "}", ITEMS(wrong[i].item)), FASTI_OK);
        cr_expect(strstr(detail.text, wrong[i].sentence) != NULL, "%s: %s", wrong[i].item,
                  detail.text);
    }
}
