/*
 * test_ndjson.c - the words of the command line and of import lines: decoding, defaults, refusals,
 * what set leaves as it is, weekdays, the order of an import, and the sample that we ship.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fasti_ndjson.h"

static struct fasti_line *line;
static struct fasti_detail detail;

static void set_up(void) {
    line = malloc(2 * sizeof *line);
}

static void tear_down(void) {
    free(line);
}

TestSuite(ndjson, .init = set_up, .fini = tear_down);

static enum fasti_status parse(const char *text) {
    enum fasti_line_kind kind;
    json_t *object;
    detail.text[0] = '\0';
    enum fasti_status status = fasti_ndjson_parse(text, strlen(text), &kind, &object, &detail);
    if (status == FASTI_OK) {
        status = fasti_line_decode(object, kind, NULL, line, &detail);
        json_decref(object);
    }
    return status;
}

static bool id_is(const struct fasti_id_text *id, const char *text) {
    return id->length == strlen(text) && memcmp(id->bytes, text, id->length) == 0;
}

Test(ndjson, every_kind_decodes) {
    cr_assert_eq(parse("{\"kind\":\"organization\",\"id\":\"o\",\"name\":\"N\"}"), FASTI_OK);
    cr_assert_eq(line->put.kind, FASTI_ENTITY_ORGANIZATION);
    cr_assert_eq(parse("{\"kind\":\"location\",\"id\":\"l\",\"zone\":\"Europe/Berlin\","
                       "\"latitude\":-1.5,\"longitude\":2}"),
                 FASTI_OK, "%s", detail.text);
    cr_assert(line->put.body.location.has_position);
    cr_assert_eq(line->put.body.location.latitude_e7, -15000000);
    cr_assert_eq(parse("{\"kind\":\"service\",\"id\":\"s\",\"minutes\":20}"), FASTI_OK);
    cr_assert_eq(line->put.body.service.duration_minutes, 20);
    cr_assert_eq(line->put.body.service.grid_minutes, 0);
    cr_assert_eq(line->put.body.service.code.length, 0);
    cr_assert_eq(parse("{\"kind\":\"service\",\"id\":\"s\",\"minutes\":20,\"code\":\"57\"}"),
                 FASTI_OK);
    cr_assert(id_is(&line->put.body.service.code, "57"));
    cr_assert_eq(parse("{\"kind\":\"schedule\",\"id\":\"a\",\"location\":\"l\",\"service\":"
                       "[\"s\",\"t\"],\"resolution\":10}"),
                 FASTI_OK);
    cr_assert_eq(line->put.body.schedule.service_count, 2);
    cr_assert(id_is(&line->put.body.schedule.services[1], "t"));
    cr_assert_eq(line->put.body.schedule.specialty_count, 0);
    cr_assert_eq(parse("{\"kind\":\"schedule\",\"id\":\"a\",\"location\":\"l\",\"specialty\":"
                       "[\"skin\",\"eyes\"]}"),
                 FASTI_OK);
    cr_assert_eq(line->put.body.schedule.specialty_count, 2);
    cr_assert(id_is(&line->put.body.schedule.specialties[0], "skin"));
    cr_assert(id_is(&line->put.body.schedule.specialties[1], "eyes"));
    cr_assert_eq(parse("{\"kind\":\"appointment\",\"schedule\":\"a\",\"service\":\"s\",\"start\":"
                       "\"2026-11-24T09:00\",\"patient\":\"p\",\"payload\":\"00fF\"}"),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(line->visit.payload_length, 2);
    cr_assert_eq(line->visit.payload[1], 0xff);
    cr_assert_eq(parse("{\"kind\":\"block\",\"schedule\":\"a\",\"start\":\"2026-11-24T09:00Z\","
                       "\"end\":\"2026-11-24T10:00Z\"}"),
                 FASTI_OK);
}

Test(ndjson, openings_have_their_defaults) {
    cr_assert_eq(parse("{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"o\",\"from\":\"09:00\","
                       "\"to\":\"24:00\"}"),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(line->opening.kind, FASTI_OPENING_WEEKLY);
    cr_assert_eq(line->opening.weekdays, 0x7f);
    cr_assert_eq(line->opening.end_minute, 1440);
    cr_assert_eq(line->opening.date_first.v, FASTI_DATE_FIRST);
    cr_assert_eq(line->opening.date_last.v, FASTI_DATE_LAST);
    cr_assert_eq(line->opening.capacity, FASTI_CAPACITY_UNLIMITED);
    cr_assert_eq(parse("{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"o\",\"rule\":\"closed\","
                       "\"date\":\"2026-12-24\"}"),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(line->opening.start_minute, 0);
    cr_assert_eq(line->opening.end_minute, 1440);
    cr_assert_eq(line->opening.date_first.v, line->opening.date_last.v);
    cr_assert_eq(parse("{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"o\",\"rule\":\"instant\","
                       "\"from\":\"2026-12-24T09:00+01:00\",\"to\":\"2026-12-24T10:00+01:00\","
                       "\"capacity\":3,\"single\":true,\"service\":\"s\"}"),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(line->opening.end_utc_s - line->opening.start_utc_s, 3600);
    cr_assert_eq(line->opening.flags, FASTI_OPENING_SINGLE);
    cr_assert_eq(line->opening.services[0].v, 1);
    cr_assert_eq(line->opening.weekdays, 0);
}

Test(ndjson, an_appointment_takes_several_items) {
#define ITEM(schedule, service) \
    "{\"schedule\":\"" schedule "\",\"service\":\"" service "\",\"start\":\"2026-11-24T09:00\"}"
    cr_assert_eq(
        parse("{\"kind\":\"appointment\",\"patient\":\"p\",\"payload\":\"00\",\"items\":[" ITEM(
            "anna", "visit") "," ITEM("room-1", "room") "]}"),
        FASTI_OK, "%s", detail.text);
    cr_assert(id_is(&line->visit.schedule, "anna"));
    cr_assert(id_is(&line->visit.service, "visit"));
    cr_assert_eq(line->visit.payload_length, 1);
    cr_assert_eq(line->more_count, 1);
    cr_assert(id_is(&line->more[0].schedule, "room-1"));
    cr_assert(id_is(&line->more[0].service, "room"));
    cr_assert_str_eq(line->more[0].start, "2026-11-24T09:00");
}

Test(ndjson, what_is_wrong_is_named) {
#define VISIT   "{\"kind\":\"appointment\",\"patient\":\"p\","
#define OPENING "{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"o\","
    static const struct {
        const char *text;
        enum fasti_status status;
        const char *names;
    } cases[] = {
        {"nonsense", FASTI_INVALID_FILE, "not JSON"},
        {"[]", FASTI_INVALID_OPTION, "kind"},
        {"{\"kind\":\"room\"}", FASTI_INVALID_OPTION, "room"},
        {"{\"kind\":\"service\",\"id\":\"s\"}", FASTI_INVALID_OPTION, "minutes"},
        {"{\"kind\":\"service\",\"id\":\"s\",\"minutes\":\"20\"}", FASTI_INVALID_OPTION, "minutes"},
        {"{\"kind\":\"service\",\"id\":\"s\",\"minutes\":1441}", FASTI_INVALID_RANGE, "minutes"},
        {"{\"kind\":\"service\",\"id\":\"\",\"minutes\":5}", FASTI_INVALID_ID, "id"},
        {"{\"kind\":\"service\",\"id\":\"s\",\"minutes\":5,\"colour\":1}", FASTI_INVALID_OPTION,
         "colour"},
        {"{\"kind\":\"location\",\"id\":\"l\",\"zone\":\"Z\",\"latitude\":5}", FASTI_INVALID_OPTION,
         "longitude"},
        {"{\"kind\":\"location\",\"id\":\"l\",\"zone\":\"Z\",\"latitude\":91,\"longitude\":0}",
         FASTI_INVALID_RANGE, "latitude"},
        {"{\"kind\":\"schedule\",\"id\":\"l\",\"location\":\"Z\",\"resolution\":7}",
         FASTI_INVALID_RESOLUTION, "resolution"},
        {OPENING "\"from\":\"09:00\"}", FASTI_INVALID_OPTION, "to"},
        {OPENING "\"from\":\"09:00\",\"to\":\"09:00\"}", FASTI_INVALID_OPENING, "to"},
        {OPENING "\"from\":\"09:60\",\"to\":\"10:00\"}", FASTI_INVALID_TIME, "from"},
        {OPENING "\"from\":\"09:00\",\"to\":\"10:00\",\"first\":\"2026-04-31\"}",
         FASTI_INVALID_DATE, "first"},
        {OPENING "\"from\":\"09:00\",\"to\":\"10:00\",\"weekdays\":\"mon-\"}", FASTI_INVALID_OPTION,
         "weekdays"},
        {OPENING "\"rule\":\"dated\",\"from\":\"09:00\",\"to\":\"10:00\"}", FASTI_INVALID_OPTION,
         "date"},
        {OPENING "\"rule\":\"dated\",\"from\":\"09:00\",\"to\":\"10:00\",\"first\":\"2026-02-02\","
                 "\"last\":\"2026-02-01\"}",
         FASTI_INVALID_OPENING, "last"},
        {OPENING "\"rule\":\"instant\",\"from\":\"2026-01-01T09:00\",\"to\":\"10:00\"}",
         FASTI_INVALID_TIME, "from"},
        {"{\"kind\":\"block\",\"schedule\":\"a\",\"start\":\"2026-13-01T00:00\",\"end\":\"x\"}",
         FASTI_INVALID_DATE, "start"},
        {"{\"kind\":\"block\",\"schedule\":\"a\",\"start\":\"2026-11-24 09:00\",\"end\":\"x\"}",
         FASTI_INVALID_TIME, "start"},
        {OPENING
         "\"rule\":\"instant\",\"from\":\"9999-01-01T09:00Z\",\"to\":\"9999-01-01T10:00Z\"}",
         FASTI_INVALID_DATE, "from"},
        {"{\"kind\":\"appointment\",\"schedule\":\"a\",\"service\":\"s\",\"start\":"
         "\"2026-11-24T09:00\",\"patient\":\"p\",\"payload\":\"0\"}",
         FASTI_INVALID_TEXT, "payload"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(parse(cases[i].text), cases[i].status, "%s: %s", cases[i].text, detail.text);
        cr_expect(strstr(detail.text, cases[i].names) != NULL, "%s: %s", cases[i].text,
                  detail.text);
    }
}

Test(ndjson, what_is_wrong_in_items_is_named) {
#define VISIT "{\"kind\":\"appointment\",\"patient\":\"p\","
    static const struct {
        const char *text;
        enum fasti_status status;
        const char *names;
    } cases[] = {
        {VISIT "\"service\":\"s\",\"start\":\"2026-11-24T09:00\"}", FASTI_INVALID_OPTION,
         "\"schedule\" is missing"},
        {VISIT "\"schedule\":\"a\",\"service\":\"s\"}", FASTI_INVALID_OPTION,
         "\"start\" is missing"},
        {VISIT "\"items\":[]}", FASTI_INVALID_RANGE, "items"},
        {VISIT "\"items\":{}}", FASTI_INVALID_OPTION, "an array of objects"},
        {VISIT "\"items\":[" ITEM("a", "s") ",7]}", FASTI_INVALID_OPTION,
         "item 2: not a JSON object"},
        {VISIT "\"items\":[" ITEM("a", "s") ",{\"schedule\":\"b\",\"service\":\"s\"}]}",
         FASTI_INVALID_OPTION, "item 2: \"start\" is missing"},
        {VISIT "\"items\":[{\"schedule\":\"b\",\"service\":\"s\",\"start\":\"9\"}]}",
         FASTI_INVALID_DATE, "item 1: \"start\""},
        {VISIT "\"items\":[" ITEM("", "s") "]}", FASTI_INVALID_ID, "item 1: \"schedule\""},
        {VISIT "\"items\":[{\"schedule\":\"b\",\"patient\":\"s\"}]}", FASTI_INVALID_OPTION,
         "item 1: there is no field \"patient\""},
        {VISIT "\"start\":\"2026-11-24T09:00\",\"items\":[" ITEM("a", "s") "]}",
         FASTI_INVALID_OPTION, "\"start\" stands in each"},
        {"{\"kind\":\"block\",\"items\":[" ITEM("a", "s") "]}", FASTI_INVALID_OPTION, "items"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(parse(cases[i].text), cases[i].status, "%s: %s", cases[i].text, detail.text);
        cr_expect(strstr(detail.text, cases[i].names) != NULL, "%s: %s", cases[i].text,
                  detail.text);
    }
}

Test(ndjson, set_leaves_what_is_not_said) {
    cr_assert_eq(parse("{\"kind\":\"opening\",\"schedule\":\"a\",\"id\":\"o\",\"from\":\"09:00\","
                       "\"to\":\"12:00\",\"weekdays\":\"mon-wed\",\"service\":[\"s\"]}"),
                 FASTI_OK);
    json_t *change = json_pack("{s:s, s:s, s:s}", "schedule", "a", "id", "o", "to", "13:00");
    cr_assert_eq(fasti_line_decode(change, FASTI_LINE_OPENING, &line[0], &line[1], &detail),
                 FASTI_OK, "%s", detail.text);
    cr_assert_eq(line[1].opening.start_minute, 9 * 60);
    cr_assert_eq(line[1].opening.end_minute, 13 * 60);
    cr_assert_eq(line[1].opening.weekdays, 7);
    cr_assert_eq(line[1].opening.service_count, 1);
    cr_assert_eq(line[1].put.body.openings.openings, &line[1].opening);
    json_decref(change);
}

Test(ndjson, weekdays_survive_being_written) {
    for (uint32_t bits = 1; bits < 128; bits++) {
        char text[32];
        uint8_t again = 0;
        fasti_weekdays_format((uint8_t)bits, text);
        cr_assert_eq(fasti_weekdays_parse(text, &again), FASTI_OK, "%s", text);
        cr_assert_eq(again, bits, "%s", text);
    }
    uint8_t bits;
    cr_assert_eq(fasti_weekdays_parse("fri-mon", &bits), FASTI_OK);
    cr_assert_eq(bits, 0x71);
    static const char *const wrong[] = {"",       "mo",     "mon,", ",mon", "mon-tue-wed",
                                        "monday", "mon tue"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_neq(fasti_weekdays_parse(wrong[i], &bits), FASTI_OK, "\"%s\"", wrong[i]);
}

static void write_and_read(struct fasti_ndjson *file, const char *text,
                           enum fasti_status expected) {
    char path[] = "/tmp/fasti-ndjson-XXXXXX";
    const int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    cr_assert_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    cr_assert_eq(fasti_ndjson_read(file, path, &detail), expected, "%s", detail.text);
    unlink(path);
}

Test(ndjson, an_import_puts_what_is_named_first) {
    struct fasti_ndjson file;
    write_and_read(&file,
                   "{\"kind\":\"schedule\",\"id\":\"a\",\"location\":\"l\"}\n"
                   "{\"kind\":\"location\",\"id\":\"l\",\"zone\":\"Europe/Paris\"}\n"
                   "{\"kind\":\"block\",\"schedule\":\"a\",\"start\":\"2026-11-24T09:00Z\","
                   "\"end\":\"2026-11-24T10:00Z\"}\n"
                   "\n"
                   "{\"kind\":\"organization\",\"id\":\"o\"}\n"
                   "{\"kind\":\"service\",\"id\":\"s\",\"minutes\":5}\n",
                   FASTI_OK);
    fasti_ndjson_sort(&file);
    static const enum fasti_line_kind expected[] = {FASTI_LINE_LOCATION, FASTI_LINE_SCHEDULE,
                                                    FASTI_LINE_BLOCK, FASTI_LINE_ORGANIZATION,
                                                    FASTI_LINE_SERVICE};
    cr_assert_eq(file.count, 5);
    for (uint32_t i = 0; i < file.count; i++)
        cr_assert_eq(file.lines[i].kind, expected[i]);
    cr_assert_eq(file.lines[4].number, 6);
    fasti_ndjson_deinit(&file);
    write_and_read(&file, "{\"kind\":\"service\",\"id\":\"s\",\"minutes\":5}\n\n{}\n",
                   FASTI_INVALID_OPTION);
    cr_assert(strstr(detail.text, ":3: ") != NULL, "%s", detail.text);
    fasti_ndjson_deinit(&file);
}

Test(ndjson, a_record_has_one_line) {
#define SERVICE(id) "{\"kind\":\"service\",\"id\":\"" id "\",\"minutes\":5}\n"
#define HOURS(schedule, id)                                                                     \
    "{\"kind\":\"opening\",\"schedule\":\"" schedule "\",\"id\":\"" id "\",\"from\":\"09:00\"," \
    "\"to\":\"10:00\"}\n"
    static const char good[] = SERVICE("s") HOURS("a", "s")
        HOURS("b", "s") "{\"kind\":\"organization\",\"id\":\"o\"}\n" SERVICE("s") HOURS("a", "s");
    struct fasti_ndjson file;
    write_and_read(&file, good, FASTI_OK);
    fasti_ndjson_deinit(&file);
    write_and_read(&file, SERVICE("s") HOURS("a", "o") SERVICE("t") HOURS("a", "o") SERVICE("s"),
                   FASTI_INVALID_FILE);
    cr_assert(strstr(detail.text, ":4: opening \"o\" is in line 2 already") != NULL, "%s",
              detail.text);
    fasti_ndjson_deinit(&file);
}

Test(ndjson, the_sample_is_good) {
    struct fasti_ndjson file;
    cr_assert_eq(
        fasti_ndjson_read(&file, FASTI_SOURCE_DIR "/tools/sample/practices.ndjson", &detail),
        FASTI_OK, "%s", detail.text);
    uint32_t counts[FASTI_LINE_KINDS] = {0};
    for (uint32_t i = 0; i < file.count; i++)
        counts[file.lines[i].kind]++;
    cr_assert_eq(counts[FASTI_LINE_LOCATION], 5);
    cr_assert_eq(counts[FASTI_LINE_SCHEDULE], 10);
    cr_assert_eq(counts[FASTI_LINE_SERVICE], 12);
    cr_assert_eq(counts[FASTI_LINE_APPOINTMENT] + counts[FASTI_LINE_BLOCK], 0);
    fasti_ndjson_deinit(&file);
}
