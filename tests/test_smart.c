/*
 * test_smart.c - reading a SMART Scheduling Links publication and planning what it means, without
 * a server: lines, oddities, services, spans, openings, and the recorded feed where it is there.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fasti_smart_plan.h"

static struct fasti_smart_feed *feed;
static struct fasti_smart_plan *plan;
static struct fasti_detail detail;

static void set_up(void) {
    uint32_t file;
    feed = fasti_smart_feed_create(false);
    cr_assert_eq(fasti_smart_add_file(feed, "test.ndjson", &file), FASTI_OK);
}

static void tear_down(void) {
    fasti_smart_plan_destroy(plan);
    fasti_smart_feed_destroy(feed);
    plan = NULL;
}

TestSuite(smart, .init = set_up, .fini = tear_down);

static enum fasti_status line(const char *text) {
    const struct fasti_smart_place place = {0, (uint32_t)feed->line_count + 1};
    return fasti_smart_read_line(feed, place, text, strlen(text), &detail);
}

static void good(const char *text) {
    cr_assert_eq(line(text), FASTI_OK, "%s: %s", text, detail.text);
}

static void slot(const char *id, const char *schedule, const char *start, const char *end,
                 const char *status, int capacity) {
    char text[1024];
    snprintf(
        text, sizeof text,
        "{\"resourceType\":\"Slot\",\"id\":\"%s\",\"schedule\":{\"reference\":\"Schedule/%s\"},"
        "\"status\":\"%s\",\"start\":\"%s\",\"end\":\"%s\",\"extension\":[{\"url\":"
        "\"http://x/StructureDefinition/slot-capacity\",\"valueInteger\":%d}]}",
        id, schedule, status, start, end, capacity);
    good(text);
}

static void make_plan(uint16_t minutes) {
    struct fasti_smart_options options = {.minutes = minutes, .source = 7};
    cr_assert_eq(fasti_id_text_set(&options.zone, "America/New_York", 16), FASTI_OK);
    cr_assert_eq(fasti_smart_plan_make(feed, &options, &plan, &detail), FASTI_OK, "%s",
                 detail.text);
}

static bool id_is(const struct fasti_id_text *id, const char *text) {
    return id->length == strlen(text) && memcmp(id->bytes, text, id->length) == 0;
}

static uint64_t oddities(enum fasti_smart_oddity_kind kind) {
    return feed->oddities[kind].count;
}

#define SCHEDULE_LINE(id)                                                                      \
    "{\"resourceType\":\"Schedule\",\"id\":\"" id                                              \
    "\",\"serviceType\":[{\"coding\":[{\"system\":\"a\",\"code\":\"57\"},{\"system\":"         \
    "\"http://fhir-registry.smarthealthit.org/x\",\"code\":\"covid19\",\"display\":\"C\"}]}]," \
    "\"actor\":[{\"reference\":\"Practitioner/9\"},{\"reference\":\"https://h/Location/L" id   \
    "\"}]}"

Test(smart, a_location_a_schedule_and_a_slot_become_puts) {
    good("{\"resourceType\":\"Location\",\"id\":\"L1\",\"name\":\"Place\","
         "\"position\":{\"latitude\":39.4056,\"longitude\":-75.0392}}");
    good(SCHEDULE_LINE("1"));
    slot("a", "1", "2023-03-25T09:00:00-05:00", "2023-03-25T18:00:00-05:00", "free", 33);
    make_plan(15);
    cr_assert_eq(fasti_smart_plan_put_count(plan), 4);
    struct fasti_put put;
    fasti_smart_plan_put(plan, 0, &put, NULL);
    cr_assert_eq(put.kind, FASTI_ENTITY_SERVICE);
    cr_assert(id_is(&put.id, "covid19"));
    cr_assert(id_is(&put.body.service.code, "covid19"));
    cr_assert_eq(put.body.service.duration_minutes, 15);
    fasti_smart_plan_put(plan, 1, &put, NULL);
    cr_assert_eq(put.kind, FASTI_ENTITY_LOCATION);
    cr_assert(put.body.location.has_position);
    cr_assert_eq(put.body.location.latitude_e7, 394056000);
    cr_assert_eq(put.body.location.longitude_e7, -750392000);
    fasti_smart_plan_put(plan, 2, &put, NULL);
    cr_assert(id_is(&put.body.schedule.location, "L1"));
    cr_assert_eq(put.body.schedule.resolution_minutes, 15);
    cr_assert_eq(put.body.schedule.service_count, 1);
    fasti_smart_plan_put(plan, 3, &put, NULL);
    cr_assert_eq(put.body.openings.mode, FASTI_OPENINGS_REPLACE);
    cr_assert_eq(put.body.openings.count, 1);
    const struct fasti_opening *opening = put.body.openings.openings;
    cr_assert(id_is(&opening->id, "2023-03-25T14:00Z/2023-03-25T23:00Z"));
    cr_assert_eq(opening->kind, FASTI_OPENING_INSTANT);
    cr_assert_eq(opening->flags, 0);
    cr_assert_eq(opening->capacity, 33);
    cr_assert_eq(opening->source, 7);
    cr_assert_eq(opening->end_utc_s - opening->start_utc_s, 9 * 3600);
}

Test(smart, bad_lines_are_refused_and_change_nothing) {
    static const struct {
        const char *text;
        enum fasti_status status;
    } cases[] = {
        {"{", FASTI_INVALID_FILE},
        {"[]", FASTI_INVALID_FILE},
        {"{\"a\":1}", FASTI_INVALID_FILE},
        {"{\"resourceType\":7}", FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Location\"}", FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Location\",\"id\":\"\"}", FASTI_INVALID_ID},
        {"{\"resourceType\":\"Location\",\"id\":\"a\",\"id\":\"b\"}", FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Schedule\",\"id\":5}", FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Slot\"}", FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Slot\",\"schedule\":{\"reference\":\"Location/1\"}}",
         FASTI_INVALID_FILE},
        {"{\"resourceType\":\"Slot\",\"schedule\":{\"reference\":\"Schedule/1\"},\"status\":"
         "\"free\",\"start\":\"2023-04-31T09:00:00Z\",\"end\":\"2023-05-01T10:00:00Z\"}",
         FASTI_INVALID_DATE},
        {"{\"resourceType\":\"Slot\",\"schedule\":{\"reference\":\"Schedule/1\"},\"status\":"
         "\"free\",\"start\":\"1900-04-30T09:00:00Z\",\"end\":\"2023-05-01T10:00:00Z\"}",
         FASTI_INVALID_DATE},
        {"{\"resourceType\":\"Slot\",\"schedule\":{\"reference\":\"Schedule/1\"},\"status\":"
         "\"free\",\"start\":\"2023-04-30T09:00:00\",\"end\":\"2023-05-01T10:00:00\"}",
         FASTI_INVALID_TIME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(line(cases[i].text), cases[i].status, "case %zu: %s", i, detail.text);
        cr_expect_neq(detail.text[0], '\0');
    }
    cr_assert_eq(feed->line_count, 0);
    cr_assert_eq(feed->location_count + feed->schedule_count + feed->slot_count, 0);
}

Test(smart, slots_are_keyed_by_schedule_start_and_end) {
    good(SCHEDULE_LINE("1"));
    slot("a", "1", "2023-03-25T09:00:00-05:00", "2023-03-25T12:00:00-05:00", "free", 3);
    slot("a", "1", "2023-03-26T09:00:00-05:00", "2023-03-26T12:00:00-05:00", "free", 3);
    slot("a", "1", "2023-03-26T09:00:00-05:00", "2023-03-26T12:00:00-05:00", "free", 3);
    slot("b", "1", "2023-03-26T10:00:00-04:00", "2023-03-26T13:00:00-04:00", "free", 4);
    make_plan(15);
    cr_assert_eq(plan->span_count, 2);
    cr_assert_eq(oddities(FASTI_SMART_SLOT_ID_REPEATS), 2);
    cr_assert_eq(oddities(FASTI_SMART_SLOT_REPEATS), 1);
    cr_assert_eq(oddities(FASTI_SMART_SLOT_MERGED), 1);
    cr_assert_eq(plan->openings[1].capacity, 7);
    cr_assert_eq(plan->offset_count, 1);
    cr_assert_eq(feed->oddities[FASTI_SMART_SLOT_ID_REPEATS].first.line, 3);
}

Test(smart, short_slots_are_single_starts_and_set_the_resolution) {
    good(SCHEDULE_LINE("1"));
    good(SCHEDULE_LINE("2"));
    good(SCHEDULE_LINE("3"));
    slot("a", "1", "2023-03-25T09:00:00Z", "2023-03-25T10:00:00Z", "free", 1);
    slot("b", "1", "2023-03-25T10:00:00Z", "2023-03-25T11:01:00Z", "free", 1);
    slot("c", "2", "2023-03-25T10:00:00Z", "2023-03-25T10:20:00Z", "free", 1);
    make_plan(30);
    cr_assert_eq(plan->openings[0].flags, FASTI_OPENING_SINGLE);
    cr_assert_eq(plan->openings[1].flags, 0);
    cr_assert_eq(plan->single_count, 2);
    cr_assert_eq(plan->schedules[0].resolution_minutes, 1);
    cr_assert_eq(plan->schedules[1].resolution_minutes, 10);
    cr_assert_eq(plan->schedules[2].resolution_minutes, 15);
    cr_assert_eq(oddities(FASTI_SMART_SCHEDULE_EMPTY), 1);
}

Test(smart, oddities_are_counted_and_the_rest_is_kept) {
    good(SCHEDULE_LINE("1"));
    good("{\"resourceType\":\"Schedule\",\"id\":\"2\"}");
    good("{\"resourceType\":\"Practitioner\",\"id\":\"x\"}");
    good("{\"output\":[{\"url\":\"https://never.example/fetched\"}]}");
    slot("a", "1", "2023-03-25T09:00:00Z", "2023-03-25T11:00:00Z", "busy", 0);
    slot("b", "1", "2023-03-26T09:00:00Z", "2023-03-26T11:00:00Z", "busy", 5);
    slot("c", "1", "2023-03-27T09:00:00Z", "2023-03-27T11:00:00Z", "free", 0);
    slot("d", "1", "2023-03-28T09:00:00Z", "2023-03-28T11:00:00Z", "perhaps", 5);
    slot("e", "1", "2023-03-29T09:00:00Z", "2023-03-29T11:00:00Z", "entered-in-error", 5);
    slot("f", "9", "2023-03-29T09:00:00Z", "2023-03-29T11:00:00Z", "free", 5);
    slot("g", "1", "2023-03-29T11:00:00Z", "2023-03-29T09:00:00Z", "free", 5);
    slot("h", "1", "2023-03-30T09:00:00Z", "2023-04-01T09:00:00Z", "free", 5);
    slot("i", "1", "2023-03-30T12:00:30Z", "2023-03-30T14:00:30Z", "free", -5);
    make_plan(15);
    static const struct {
        enum fasti_smart_oddity_kind kind;
        uint64_t count;
    } expected[] = {
        {FASTI_SMART_SLOT_BUSY, 2},        {FASTI_SMART_CAPACITY_ZERO, 2},
        {FASTI_SMART_CAPACITY_BUSY, 1},    {FASTI_SMART_STATUS_UNKNOWN, 1},
        {FASTI_SMART_STATUS_IN_ERROR, 1},  {FASTI_SMART_SCHEDULE_MISSING, 1},
        {FASTI_SMART_END_BEFORE_START, 1}, {FASTI_SMART_SPAN_LONG, 1},
        {FASTI_SMART_SECONDS, 1},          {FASTI_SMART_EXTENSION_TYPE, 1},
        {FASTI_SMART_RESOURCE_UNKNOWN, 1}, {FASTI_SMART_LOCATION_MISSING, 1},
        {FASTI_SMART_LOCATION_NONE, 1},    {FASTI_SMART_SERVICE_NONE, 1},
        {FASTI_SMART_SCHEDULE_EMPTY, 1},   {FASTI_SMART_SLOT_OVERLAPS, 1},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect_eq(oddities(expected[i].kind), expected[i].count, "%s: %lu",
                     fasti_smart_oddity_name(expected[i].kind),
                     (unsigned long)oddities(expected[i].kind));
    cr_assert_eq(plan->span_count, 6);
    cr_assert_eq(plan->full_count, 4);
    cr_assert_eq(plan->full_day_count, 4);
    cr_assert_eq(plan->capacity_count, 1);
    cr_assert_eq(plan->service_count, 2);
    cr_assert_eq(feed->manifest_count, 1);
}

Test(smart, a_broad_coding_does_not_join_two_services) {
#define CONCEPT(id, coding)                                                                        \
    "{\"resourceType\":\"Schedule\",\"id\":\"" id "\",\"serviceType\":[{\"coding\":[" coding "]}]" \
    "}"
#define BROAD    "{\"system\":\"hl7\",\"code\":\"57\"}"
#define SPECIFIC "{\"system\":\"http://smarthealthit.org\",\"code\":\"covid\"}"
#define OTHER    "{\"system\":\"http://smarthealthit.org\",\"code\":\"flu\"}"
    good(CONCEPT("1", BROAD "," SPECIFIC));
    good(CONCEPT("2", OTHER "," BROAD));
    good(CONCEPT("3", BROAD));
    good(CONCEPT("4", "{\"code\":\"a\"},{\"code\":\"b\"}"));
    good(CONCEPT("5", "{\"code\":\"b\"}"));
    make_plan(15);
    cr_assert_eq(plan->service_count, 4);
    cr_assert_neq(plan->schedules[0].services[0], plan->schedules[1].services[0]);
    cr_assert(id_is(&plan->services[plan->schedules[0].services[0]].id, "covid"));
    cr_assert(id_is(&plan->services[plan->schedules[1].services[0]].id, "flu"));
    cr_assert(id_is(&plan->services[plan->schedules[2].services[0]].id, "57"));
    cr_assert_eq(plan->schedules[3].services[0], plan->schedules[4].services[0]);
}

Test(smart, wall_clocks_become_dated_openings_split_at_midnight) {
    feed->is_civil = true;
    good(SCHEDULE_LINE("1"));
    slot("a", "1", "2023-03-25T22:00:00-05:00", "2023-03-26T02:00:00-04:00", "free", 3);
    slot("b", "1", "2023-03-27T23:45:00", "2023-03-28T00:15:00", "free", 3);
    slot("c", "1", "2023-03-28T09:00:00", "2023-03-29T00:00:00", "free", 3);
    make_plan(15);
    cr_assert_eq(plan->opening_count, 3);
    cr_assert_eq(plan->openings[0].kind, FASTI_OPENING_DATED);
    cr_assert_eq(plan->openings[0].start_minute, 22 * 60);
    cr_assert_eq(plan->openings[0].end_minute, 1440);
    cr_assert_eq(plan->openings[1].start_minute, 0);
    cr_assert_eq(plan->openings[1].end_minute, 120);
    cr_assert(id_is(&plan->openings[1].id, "2023-03-25T22:00/2023-03-26T02:00#2"));
    cr_assert_eq(plan->openings[1].date_first.v, plan->openings[0].date_first.v + 1);
    cr_assert_eq(plan->openings[2].end_minute, 1440);
    cr_assert_eq(oddities(FASTI_SMART_SINGLE_CROSSES_MIDNIGHT), 1);
}

Test(smart, the_grid_of_a_wall_clock_goes_on_over_midnight) {
    feed->is_civil = true;
    good(SCHEDULE_LINE("1"));
    slot("a", "1", "2023-03-25T23:50:00", "2023-03-27T02:00:00", "free", 3);
    slot("b", "1", "2023-03-28T23:30:00", "2023-03-29T00:40:00", "free", 3);
    make_plan(45);
    static const struct {
        uint16_t start, end;
        uint8_t flags;
    } expected[] = {
        {1430, 1440, 0}, {35, 1440, 0}, /* 23:50 and 45 minutes */
        {35, 120, 0},                   /* a day is 32 times 45 minutes */
        {1410, 1440, 0},                /* no visit ends before midnight, none begins after it */
        {15, 40, 0},
    };
    cr_assert_eq(plan->opening_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        cr_expect_eq(plan->openings[i].start_minute, expected[i].start, "opening %u: %d", i,
                     plan->openings[i].start_minute);
        cr_expect_eq(plan->openings[i].end_minute, expected[i].end);
        cr_expect_eq(plan->openings[i].flags, expected[i].flags);
    }
    fasti_smart_plan_destroy(plan);
    make_plan(90);
    cr_assert_eq(plan->openings[4].start_minute, 0);
    cr_assert_eq(plan->openings[4].flags, FASTI_OPENING_FULL, "open, but nothing starts");
}

Test(smart, more_spans_than_a_schedule_holds_are_refused_with_their_place) {
    good(SCHEDULE_LINE("1"));
    for (int i = 0; i <= FASTI_OPENINGS_MAX; i++) {
        char start[40], end[40];
        snprintf(start, sizeof start, "2023-%02d-%02dT%02d:00:00Z", 1 + i / 240 % 12,
                 1 + i / 10 % 24, i % 10);
        snprintf(end, sizeof end, "2023-%02d-%02dT%02d:30:00Z", 1 + i / 240 % 12, 1 + i / 10 % 24,
                 i % 10);
        slot("a", "1", start, end, "free", 3);
    }
    struct fasti_smart_options options = {.minutes = 15, .source = 7};
    cr_assert_eq(fasti_smart_plan_make(feed, &options, &plan, &detail), FASTI_LIMIT_RECORDS);
    cr_assert(strstr(detail.text, "test.ndjson:") != NULL, "%s", detail.text);
}

/* ---- directories ---- */

static void write_file(const char *directory, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *directory, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    unlink(path);
}

Test(smart, a_bad_line_of_a_directory_is_named_or_passed_over) {
    char directory[] = "/tmp/fasti-smart-XXXXXX";
    cr_assert(mkdtemp(directory) != NULL);
    write_file(directory, "a.json", "{\n  \"output\": [\n  ]\n}\n");
    write_file(directory, "b.ndjson", "\n" SCHEDULE_LINE("1") "\r\n\nnot json\n");
    write_file(directory, "c.txt", "not looked at");
    cr_assert_eq(fasti_smart_read_directory(feed, directory, false, &detail), FASTI_INVALID_FILE);
    cr_assert(strstr(detail.text, "b.ndjson:4: ") == detail.text, "%s", detail.text);
    cr_assert_eq(fasti_smart_read_directory(feed, directory, true, &detail), FASTI_OK);
    cr_assert_eq(oddities(FASTI_SMART_LINE_BAD), 1);
    cr_assert_eq(feed->manifest_count, 2);
    remove_file(directory, "a.json");
    remove_file(directory, "b.ndjson");
    cr_assert_eq(fasti_smart_read_directory(feed, directory, false, &detail), FASTI_INVALID_FILE);
    remove_file(directory, "c.txt");
    rmdir(directory);
    cr_assert_eq(fasti_smart_read_directory(feed, directory, false, &detail), FASTI_IO_OPEN);
}

Test(smart, the_recorded_feed_is_planned_as_the_issue_says) {
    const char *shared = getenv("FASTI_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/fixtures/smart-scheduling",
             shared != NULL ? shared : FASTI_SOURCE_DIR "/../shared");
    if (access(path, R_OK) != 0)
        cr_skip_test("%s is absent", path);
    cr_assert_eq(fasti_smart_read_directory(feed, path, false, &detail), FASTI_OK, "%s",
                 detail.text);
    make_plan(15);
    cr_expect_eq(plan->location_count, 112);
    cr_expect_eq(plan->schedule_count, 112);
    cr_expect_eq(plan->span_count, 1542);
    cr_expect_eq(plan->opening_count, 1542);
    cr_expect_eq(plan->service_count, 1);
    cr_expect(id_is(&plan->services[0].id, "covid19-immunization"));
    cr_expect_eq(plan->single_count, 0);
    cr_expect_eq(plan->full_count, 112);
    cr_expect_eq(plan->full_day_count, 112);
    cr_expect_eq(plan->capacity_count, 1430);
    cr_expect_eq(plan->offset_count, 1);
    cr_expect_eq(plan->offsets[0].offset_s, -5 * 3600);
    cr_expect_eq(oddities(FASTI_SMART_SLOT_ID_REPEATS), 1430);
    cr_expect_eq(oddities(FASTI_SMART_SLOT_REPEATS), 0);
    cr_expect_eq(oddities(FASTI_SMART_CAPACITY_ZERO), 112);
    cr_expect_eq(feed->manifest_count, 1);
    uint64_t starts = 0;
    for (uint32_t i = 0; i < plan->opening_count; i++)
        if ((plan->openings[i].flags & FASTI_OPENING_FULL) == 0)
            starts += (uint64_t)(plan->openings[i].end_utc_s - plan->openings[i].start_utc_s) / 900;
    cr_expect_eq(starts, 63738);
}
