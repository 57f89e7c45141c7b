/*
 * test_pairs.c - agendas of many schedules, services and locations, page by page: against a loop
 * over questions of one row each, and with edits between pages.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW           "2026-01-05T07:00:00Z"
#define FIRST         "2026-01-06"
#define ORGANIZATIONS 2
#define LOCATIONS     4 /* of an organization; ids 1 to 4, then 5 to 8 */
#define SERVICES      5 /* the same: 1 to 5, then 6 to 10 */
#define SCHEDULES_MAX 400

static struct engine_world *world;
static struct fasti_prng prng;
static uint32_t schedule_count;
static struct known {
    uint32_t organization; /* from 0 */
    uint32_t location;     /* dense id */
    uint32_t services;     /* bits, from 0 in the organization */
    bool is_touched;
} known[SCHEDULES_MAX + 1]; /* by dense id */

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static uint32_t must(const struct fasti_command *command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    return answer.id;
}

/* ---- the world ---- */

static struct fasti_id_text named(const char *kind, uint32_t number) {
    char text[16];
    snprintf(text, sizeof text, "%s%u", kind, number);
    return engine_id(text);
}

/* What known says of a schedule becomes so. */
static void schedule_put(uint32_t id) {
    const struct known *k = &known[id];
    const struct fasti_id_text name = named("s", id);
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, k->organization + 1, "s");
    struct fasti_put *put = &command.body.put;
    put->id = name;
    put->body.schedule.location = named("l", (k->location - 1) % LOCATIONS);
    put->body.schedule.resolution_minutes = 5;
    for (uint32_t s = 0; s < SERVICES; s++)
        if ((k->services >> s & 1) != 0)
            put->body.schedule.services[put->body.schedule.service_count++] = named("v", s);
    cr_assert_eq(must(&command), id);
}

static void openings_put(uint32_t id) {
    const struct fasti_id_text name = named("s", id);
    struct fasti_opening opening = engine_weekly("o", (uint8_t)(1 + below(127)), "09:00", "10:00");
    opening.end_minute = (uint16_t)(opening.start_minute + 5 * (1 + below(24)));
    struct fasti_command command =
        engine_put(FASTI_ENTITY_OPENINGS, known[id].organization + 1, "s");
    command.body.put.id = name;
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    must(&command);
}

static void schedule_change(uint32_t id) {
    known[id].location = known[id].organization * LOCATIONS + 1 + below(LOCATIONS);
    known[id].services = 1 + below((1 << SERVICES) - 1);
    known[id].is_touched = true;
    schedule_put(id);
}

static void schedule_make(uint32_t organization) {
    const uint32_t id = ++schedule_count;
    known[id] = (struct known){.organization = organization};
    schedule_change(id);
    if (below(3) != 0)
        openings_put(id);
}

static void organization_make(uint32_t number) {
    struct fasti_id_text name = named("p", number);
    struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "p");
    command.body.put.id = name;
    must(&command);
    for (uint32_t i = 0; i < LOCATIONS; i++) {
        command = engine_put(FASTI_ENTITY_LOCATION, number + 1, "l");
        command.body.put.id = named("l", i);
        command.body.put.body.location.zone = engine_id("Etc/Hour");
        must(&command);
    }
    for (uint32_t i = 0; i < SERVICES; i++) {
        command = engine_put(FASTI_ENTITY_SERVICE, number + 1, "v");
        command.body.put.id = named("v", i);
        command.body.put.body.service.duration_minutes = (uint16_t)(5 * (i + 1));
        must(&command);
    }
}

static void setup(void) {
    static struct fasti_zone zone = {.change_count = 1};
    prng = fasti_test_prng("pairs");
    world = engine_world_make(4, 1, NOW);
    schedule_count = 0;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, 3600};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Etc/Hour");
    command.body.put.body.zone = &zone;
    must(&command);
    for (uint32_t o = 0; o < ORGANIZATIONS; o++)
        organization_make(o);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(pairs, .init = setup, .fini = teardown);

/* A zone that nobody is in changes: the roster is made anew, and what changed before has seats. */
static void roster_remake(void) {
    static struct fasti_zone zone = {.change_count = 1};
    static int32_t offset_s = 3600;
    offset_s = 10800 - offset_s;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, offset_s};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Etc/Nobody");
    command.body.put.body.zone = &zone;
    must(&command);
}

/* The first half has seats, the others are in the list of changes. */
static void schedules_make(uint32_t count) {
    for (const uint32_t half = (schedule_count + count) / 2; schedule_count < count;) {
        schedule_make(below(4) == 0);
        if (schedule_count == half)
            roster_remake();
    }
}

/* ---- the twin ---- */

struct pair {
    uint32_t schedule, service;
    bool is_elsewhere;
};
static struct pair expected[SCHEDULES_MAX * SERVICES];
static uint32_t expected_count;

static bool is_at(const struct fasti_availability_query *query, uint32_t location) {
    bool is = query->location_count == 0;
    for (uint32_t i = 0; i < query->location_count; i++)
        is = is || query->locations[i].v == location;
    return is;
}

static bool offers(uint32_t id, uint32_t service) {
    const uint32_t first = known[id].organization * SERVICES + 1;
    return service >= first && service < first + SERVICES &&
           (known[id].services >> (service - first) & 1) != 0;
}

/* What a query asks for, by its words. */
static void expect(const struct fasti_command *command) {
    const struct fasti_availability_query *query = &command->body.availability;
    const uint32_t organization = command->organization.v;
    expected_count = 0;
    for (uint32_t i = 0; i < query->schedule_count; i++)
        for (uint32_t s = 0; s < query->service_count; s++) {
            const uint32_t id = query->schedules[i].v;
            const bool is_known =
                id >= 1 && id <= schedule_count && known[id].organization + 1 == organization;
            expected[expected_count++] = (struct pair){
                id, query->services[s].v, is_known && !is_at(query, known[id].location)};
        }
    for (uint32_t id = 1; id <= schedule_count && query->schedule_count == 0; id++)
        for (uint32_t s = 0; s < query->service_count; s++)
            if (known[id].organization + 1 == organization && is_at(query, known[id].location) &&
                offers(id, query->services[s].v))
                expected[expected_count++] = (struct pair){id, query->services[s].v, false};
}

/* The row of a page, and what is answered to its pair alone. */
static void row_compare(const struct fasti_command *asked,
                        const struct fasti_availability_answer *page, uint32_t at, uint32_t from,
                        const struct pair *pair) {
    const struct fasti_availability_query *query = &asked->body.availability;
    const uint32_t days = query->day_count;
    cr_assert_eq(page->schedules[at].v, pair->schedule);
    cr_assert_eq(page->services[at].v, pair->service);
    if (pair->is_elsewhere) {
        cr_assert_eq(page->reasons[at], FASTI_REASON_ELSEWHERE);
        cr_assert_eq(page->totals[at], 0);
        cr_assert_eq(page->next_slot_utc_s[at], 0);
        for (uint32_t d = 0; d < days; d++) {
            cr_assert_eq(page->counts[at * days + d], 0);
            cr_assert_eq(page->day_reasons[at * days + d], FASTI_REASON_ELSEWHERE);
        }
        return;
    }
    struct fasti_command command =
        engine_availability(pair->schedule, pair->service, FIRST, query->day_count);
    command.organization = asked->organization;
    command.body.availability.facts = query->facts;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    const struct fasti_availability_answer *alone = answer.body.availability;
    cr_assert(alone->row_count == 1 && alone->next == 0);
    cr_assert_eq(page->totals[at], alone->totals[0]);
    cr_assert_eq(page->reasons[at], alone->reasons[0]);
    cr_assert_eq(page->next_slot_utc_s[at], alone->next_slot_utc_s[0]);
    cr_assert_eq(page->next_slot_offset_s[at], alone->next_slot_offset_s[0]);
    cr_assert_arr_eq(page->counts + at * days, alone->counts, days * sizeof alone->counts[0]);
    cr_assert_arr_eq(page->day_reasons + at * days, alone->day_reasons, days);
    cr_assert_arr_eq(page->starts + from, alone->starts, alone->total * sizeof alone->starts[0]);
    cr_assert_arr_eq(page->offsets_minutes + from, alone->offsets_minutes,
                     alone->total * sizeof alone->offsets_minutes[0]);
    cr_assert_arr_eq(page->lengths_minutes + from, alone->lengths_minutes,
                     alone->total * sizeof alone->lengths_minutes[0]);
}

static struct fasti_availability_answer page; /* a copy: rows are asked for one by one */

static void page_ask(const struct fasti_command *command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    page = *answer.body.availability;
    cr_assert_eq(page.day_count, command->body.availability.day_count);
    cr_assert_leq(page.row_count, FASTI_QUERY_ROWS_MAX);
    cr_assert_leq(page.row_count * page.day_count, FASTI_QUERY_CELLS_MAX);
}

/* All pages; returns how many. */
static uint32_t pages_compare(struct fasti_command *command) {
    uint32_t at = 0, pages = 0;
    expect(command);
    command->body.availability.after = 0;
    do {
        page_ask(command);
        uint32_t from = 0;
        for (uint32_t r = 0; r < page.row_count; from += page.totals[r], r++) {
            cr_assert_lt(at, expected_count);
            row_compare(command, &page, r, from, &expected[at++]);
        }
        cr_assert_eq(from, page.total);
        pages++;
        command->body.availability.after = page.next;
    } while (page.next != 0);
    cr_assert_eq(at, expected_count);
    return pages;
}

/* ---- questions ---- */

static struct fasti_command question(bool is_listed) {
    const uint32_t organization = below(ORGANIZATIONS);
    struct fasti_command command = engine_availability(1, 1, FIRST, (uint16_t)(1 + below(60)));
    struct fasti_availability_query *query = &command.body.availability;
    command.organization.v = organization + 1;
    query->schedule_count = query->service_count = 0;
    const uint32_t first = below(SERVICES), count = 1 + below(SERVICES);
    for (uint32_t i = 0; i < count; i++) /* each once, in some order */
        query->services[query->service_count++].v =
            organization * SERVICES + 1 + (first + i) % SERVICES;
    if (below(4) == 0) /* another's, or nobody's */
        query->services[query->service_count++].v =
            below(2) == 0 ? 77 : (1 - organization) * SERVICES + 1 + below(SERVICES);
    const uint32_t places = below(2) == 0 ? 0 : 1 + below(3);
    for (uint32_t i = 0; i < places; i++)
        query->locations[query->location_count++].v =
            below(8) == 0 ? below(3 * LOCATIONS) : organization * LOCATIONS + 1 + below(LOCATIONS);
    if (is_listed)
        for (uint32_t i = 1 + below(FASTI_QUERY_SCHEDULES_MAX); i > 0; i--)
            query->schedules[query->schedule_count++].v =
                below(10) == 0 ? schedule_count + below(3) : 1 + below(schedule_count);
    return command;
}

Test(pairs, pages_are_what_single_rows_are) {
    uint32_t pages = 0, rows = 0;
    schedules_make(60);
    for (int round = 0; round < 160; round++) {
        struct fasti_command command = question(round % 3 == 0);
        pages += pages_compare(&command);
        rows += expected_count;
        if (schedule_count < 90)
            schedules_make(schedule_count + below(2));
        schedule_change(1 + below(schedule_count));
        if (below(10) == 0)
            roster_remake();
    }
    cr_assert_gt(pages, 250, "%u pages, %u rows", pages, rows);
    /* A question whose places and services nobody has is answered with nothing. */
    struct fasti_command command = question(false);
    command.body.availability.service_count = 1;
    command.body.availability.services[0].v = 77;
    cr_assert_eq(pages_compare(&command), 1);
    cr_assert_eq(expected_count, 0);
    command.organization.v = 99;
    page_ask(&command);
    cr_assert(page.row_count == 0 && page.next == 0);
}

/* Schedules are made, moved and offered otherwise between pages: rows stay in order, which is each
 * at most once, and those that nobody touched are all there, each once. */
Test(pairs, edits_between_pages_neither_repeat_nor_lose_rows) {
    uint32_t asked = 0, kept = 0;
    schedules_make(80);
    for (int round = 0; round < 80; round++) {
        struct fasti_command command = question(false);
        struct fasti_availability_query *query = &command.body.availability;
        query->day_count = (uint16_t)(40 + below(21));
        for (uint32_t id = 1; id <= schedule_count; id++)
            known[id].is_touched = false;
        expect(&command);
        uint32_t at = 0, last_schedule = 0, last_service = 0;
        query->after = 0;
        do {
            page_ask(&command);
            asked++;
            for (uint32_t r = 0; r < page.row_count; r++) {
                const uint32_t id = page.schedules[r].v;
                uint32_t service = 0;
                while (query->services[service].v != page.services[r].v)
                    cr_assert_lt(++service, query->service_count);
                cr_assert(id > last_schedule || (id == last_schedule && service > last_service));
                last_schedule = id;
                last_service = service;
                while (at < expected_count && known[expected[at].schedule].is_touched)
                    at++;
                if (known[id].is_touched)
                    continue;
                cr_assert_lt(at, expected_count);
                cr_assert_eq(id, expected[at].schedule);
                cr_assert_eq(page.services[r].v, expected[at++].service);
                kept++;
            }
            for (uint32_t edits = below(4); edits > 0; edits--)
                schedule_change(1 + below(schedule_count));
            if (schedule_count < SCHEDULES_MAX && below(2) == 0)
                schedule_make(below(4) == 0);
            if (below(8) == 0)
                roster_remake();
            query->after = page.next;
        } while (page.next != 0);
        while (at < expected_count && known[expected[at].schedule].is_touched)
            at++;
        cr_assert_eq(at, expected_count);
    }
    cr_assert(asked > 100 && kept > 1000, "%u pages, %u rows that nobody touched", asked, kept);
}

/* Whatever number is given as a place: what is answered are rows of the question, in order. */
Test(pairs, any_place_is_a_place) {
    uint32_t rows = 0;
    schedules_make(40);
    for (int round = 0; round < 300; round++) {
        struct fasti_command command = question(round % 2 == 0);
        struct fasti_availability_query *query = &command.body.availability;
        query->day_count = 20;
        expect(&command);
        static const uint64_t ends[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 40, 1, 255, 256};
        query->after = below(4) == 0   ? ends[below(6)]
                       : below(2) == 0 ? fasti_prng_next(&prng)
                                       : below(60 << 8);
        page_ask(&command);
        uint32_t at = 0, from = 0;
        for (uint32_t r = 0; r < page.row_count; from += page.totals[r], r++) {
            while (at < expected_count && (expected[at].schedule != page.schedules[r].v ||
                                           expected[at].service != page.services[r].v))
                at++;
            cr_assert_lt(at, expected_count);
            if (r < 2)
                row_compare(&command, &page, r, from, &expected[at]);
            at++;
            rows++;
        }
    }
    cr_assert_gt(rows, 500, "%u rows", rows);
}

/* ---- limits ---- */

Test(pairs, questions_are_bounded) {
    schedules_make(3);
    struct fasti_command command = engine_availability(1, 1, FIRST, 7);
    struct fasti_availability_query *query = &command.body.availability;
    query->service_count = 0;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    query->service_count = FASTI_QUERY_SERVICES_MAX + 1;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    query->service_count = 2;
    query->services[1] = query->services[0];
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_INVALID_RANGE);
    cr_assert_not_null(strstr(answer.detail.text, "twice"), "%s", answer.detail.text);
    query->service_count = 1;
    query->location_count = FASTI_QUERY_LOCATIONS_MAX + 1;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    query->location_count = 0;
    cr_assert_eq(run(&command).status, FASTI_OK);
}

/* The only schedule that offers a service stands behind more than one question looks at: the
 * pages before it are empty and say where to go on. */
Test(pairs, a_page_that_finds_nothing_in_time_says_where_to_go_on) {
    const uint32_t many = FASTI_QUERY_LOOKS_MAX / 16 + 50;
    struct fasti_command command = engine_schedule(1, "x", 5, "v0", NULL);
    command.body.put.body.schedule.location = engine_id("l0");
    for (uint32_t i = 0; i < many; i++) {
        command.body.put.id = named("x", i);
        must(&command);
    }
    command.body.put.id = engine_id("rare");
    command.body.put.body.schedule.location = engine_id("l3");
    command.body.put.body.schedule.services[0] = engine_id("v4");
    const uint32_t rare = must(&command);
    struct fasti_command ask = engine_availability(1, 5, FIRST, 7);
    struct fasti_availability_query *query = &ask.body.availability;
    query->schedule_count = 0;
    uint32_t pages = 0, rows = 0;
    do {
        page_ask(&ask);
        pages++;
        rows += page.row_count;
        cr_assert(page.row_count == 0 || page.schedules[0].v == rare);
        query->after = page.next;
    } while (page.next != 0);
    cr_assert_eq(rows, 1);
    cr_assert_eq(pages, 2);
    /* Where places are asked for, those elsewhere are passed without a look. */
    query->location_count = 1;
    query->locations[0].v = 4;
    query->after = 0;
    page_ask(&ask);
    cr_assert(page.row_count == 1 && page.next == 0 && page.schedules[0].v == rare);
}
