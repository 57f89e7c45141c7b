/*
 * test_availability.c - every row and column of an agenda page, through the engine's face, against
 * a walk over the ticks of every day that knows the rules, the bookings and the clock.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/opening_model.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW           "2026-01-05T07:00:00Z"
#define MONDAY        20458
#define FIRST_SERVICE 3 /* "half", "quarter", "hour" are 3, 4, 5 */
#define SERVICES      3
#define SCHEDULES     40
#define OPENINGS_MAX  6
#define TAKEN_MAX     128

/* What the test knows of one schedule. */
struct known {
    uint32_t id, resolution, opening_count, taken_count;
    bool offers[SERVICES];
    const struct fasti_zone *zone;
    struct fasti_opening openings[OPENINGS_MAX]; /* services as dense ids */
    struct {
        int64_t start_s, end_s;
        uint64_t record;
        bool is_block;
    } taken[TAKEN_MAX];
};

static const struct {
    const char *id;
    uint16_t minutes, grid;
} services[SERVICES] = {{"half", 30, 15}, {"quarter", 15, 15}, {"hour", 60, 30}};

static struct engine_world *world;
static struct fasti_prng prng;
static struct fasti_zone berlin, new_york;
static struct known known[SCHEDULES];
static struct fasti_model_day model;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run_by(uint32_t worker, struct fasti_command command) {
    return engine_world_run(world, worker, &command);
}

static void must(struct fasti_command command) {
    const struct fasti_answer answer = run_by(0, command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
}

/* ---- the world ---- */

static void place_put(const char *zone_name, const struct fasti_zone *zone, const char *location) {
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, zone_name);
    command.body.put.body.zone = zone;
    must(command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, location);
    command.body.put.body.location.zone = engine_id(zone_name);
    must(command);
}

static void setup(void) {
    world = engine_world_make(3, 2, NOW);
    engine_world_practice(world);
    fasti_test_zone_berlin(&berlin);
    fasti_test_zone_utc(&new_york);
    new_york.change_count = 3;
    new_york.changes[0].offset_s = -5 * 3600;
    new_york.changes[1] =
        (struct fasti_zone_change){engine_utc_s("2026-03-08T07:00:00Z"), -4 * 3600};
    new_york.changes[2] =
        (struct fasti_zone_change){engine_utc_s("2026-11-01T06:00:00Z"), -5 * 3600};
    place_put("Etc/Berlin", &berlin, "berlin");
    place_put("Etc/York", &new_york, "york");
    for (uint32_t i = 0; i < SERVICES; i++) {
        struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, services[i].id);
        command.body.put.body.service.duration_minutes = services[i].minutes;
        command.body.put.body.service.grid_minutes = services[i].grid;
        must(command);
    }
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(availability, .init = setup, .fini = teardown);

/* offers: bit i = services[i]. */
static void schedule_put(struct known *k, uint32_t number, uint32_t resolution, uint32_t offers) {
    const char name[] = {'s', (char)('a' + number / 26), (char)('a' + number % 26), '\0'};
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, 1, name);
    struct fasti_put *put = &command.body.put;
    put->body.schedule.location = engine_id(number % 3 == 0 ? "york" : "berlin");
    put->body.schedule.resolution_minutes = (uint8_t)resolution;
    for (uint32_t i = 0; i < SERVICES; i++)
        if ((offers >> i & 1) != 0)
            put->body.schedule.services[put->body.schedule.service_count++] =
                engine_id(services[i].id);
    must(command);
    *k = (struct known){
        .id = 2 + number, .resolution = resolution, .zone = number % 3 == 0 ? &new_york : &berlin};
    for (uint32_t i = 0; i < SERVICES; i++)
        k->offers[i] = (offers >> i & 1) != 0;
}

/* Puts k->openings, whose services are dense ids. */
static void openings_put(struct known *k, uint32_t number) {
    const char name[] = {'s', (char)('a' + number / 26), (char)('a' + number % 26), '\0'};
    struct fasti_opening openings[OPENINGS_MAX];
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, name);
    struct fasti_put *put = &command.body.put;
    uint8_t place[SERVICES] = {0};
    for (uint32_t i = 0; i < SERVICES; i++)
        if (k->offers[i]) {
            put->body.openings.service_names[put->body.openings.service_name_count++] =
                engine_id(services[i].id);
            place[i] = put->body.openings.service_name_count;
        }
    memcpy(openings, k->openings, sizeof openings);
    for (uint32_t i = 0; i < k->opening_count; i++)
        for (uint32_t s = 0; s < openings[i].service_count; s++)
            openings[i].services[s].v = place[openings[i].services[s].v - FIRST_SERVICE];
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.count = k->opening_count;
    put->body.openings.openings = openings;
    must(command);
}

static struct fasti_opening opening_random(const struct known *k, uint32_t number) {
    const char name[] = {(char)('a' + number), '\0'};
    struct fasti_opening o = engine_weekly(name, (uint8_t)(1 + below(127)), "00:00", "24:00");
    const uint32_t ticks = 1440 / k->resolution,
                   start = below(below(4) == 0 ? ticks : ticks * 3 / 4);
    const uint32_t length = 1 + below(ticks / 4);
    o.kind = (uint8_t)(1 + below(4));
    o.start_minute = (uint16_t)(start * k->resolution);
    o.end_minute = (uint16_t)((start + length) * k->resolution);
    if (o.kind != FASTI_OPENING_WEEKLY || below(3) == 0) {
        o.date_first.v = MONDAY + (int32_t)below(120) - 5;
        o.date_last.v = o.date_first.v + (int32_t)below(30);
    }
    if (o.kind == FASTI_OPENING_CLOSED)
        return o;
    if (o.kind == FASTI_OPENING_INSTANT) {
        o.start_utc_s = o.date_first.v * FASTI_DAY_SECONDS + (int64_t)below(48) * 1800;
        o.end_utc_s = o.start_utc_s + (1 + (int64_t)below(100)) * 1800;
        o.weekdays = 0;
        o.start_minute = o.end_minute = 0;
        o.date_first.v = o.date_last.v = 0;
    }
    o.flags = (uint8_t)(below(3) == 0 ? below(4) : 0);
    const uint32_t service = below(SERVICES);
    if (below(3) == 0 && k->offers[service]) {
        o.service_count = 1;
        o.services[0].v = FIRST_SERVICE + service;
    }
    return o;
}

static void schedules_make(void) {
    static const uint32_t resolutions[] = {1, 5, 10, 15};
    for (uint32_t number = 0; number < SCHEDULES; number++) {
        struct known *k = &known[number];
        const uint32_t resolution = resolutions[below(4)];
        schedule_put(k, number, resolution, resolution == 10 ? 4 : 1 + below(7));
        k->opening_count = below(OPENINGS_MAX + 1);
        for (uint32_t i = 0; i < k->opening_count; i++)
            k->openings[i] = opening_random(k, i);
        if (k->opening_count > 0)
            openings_put(k, number);
    }
}

/* ---- the walk ---- */

static int64_t clock_ms(void) {
    return fasti_engine_clock(world->engine)->offset_ms;
}

static bool is_free(const struct known *k, int64_t start_s, int64_t end_s) {
    for (uint32_t i = 0; i < k->taken_count; i++)
        if (start_s < k->taken[i].end_s && k->taken[i].start_s < end_s)
            return false;
    return true;
}

/* Ticks of the shortest visit of the service that is free at a tick of model's day; 0: none. */
static uint32_t visit_at(const struct known *k, uint32_t service, int64_t day_start_s,
                         uint32_t tick) {
    const int64_t tick_s = (int64_t)k->resolution * 60, start_s = day_start_s + tick * tick_s;
    const uint32_t normal = services[service].minutes / k->resolution;
    uint32_t shortest = 0;
    if (model.normal[tick] && is_free(k, start_s, start_s + normal * tick_s))
        shortest = normal;
    for (uint32_t i = 0; i < model.single_count; i++) {
        const uint32_t length = model.singles[i].length;
        if (model.singles[i].tick == tick && (shortest == 0 || length < shortest) &&
            is_free(k, start_s, start_s + length * tick_s))
            shortest = length;
    }
    return shortest;
}

struct walked {
    enum fasti_reason reason;
    uint32_t count;
    int64_t starts[FASTI_TICKS_MAX];
    uint32_t lengths[FASTI_TICKS_MAX]; /* minutes */
};

static struct walked day_walked;

static void day_walk(const struct known *k, uint32_t service, fasti_date date, struct walked *w) {
    struct fasti_local_day day;
    const struct fasti_model_question question = {
        .openings = k->openings,
        .opening_count = k->opening_count,
        .zone = k->zone,
        .resolution_minutes = k->resolution,
        .date = date,
        .service = {FIRST_SERVICE + service},
        .duration_ticks = services[service].minutes / k->resolution,
        .grid_ticks = services[service].grid / k->resolution,
    };
    uint32_t soonest = FASTI_TICKS_MAX;
    fasti_model_answer(&question, &model);
    fasti_zone_day(k->zone, date, &day);
    w->count = 0;
    for (uint32_t tick = 0; tick < FASTI_TICKS_MAX; tick++) {
        const int64_t start_s = day.start_utc_s + (int64_t)tick * k->resolution * 60;
        if (start_s * 1000 < clock_ms())
            continue;
        soonest = tick < soonest ? tick : soonest;
        const uint32_t visit = visit_at(k, service, day.start_utc_s, tick);
        if (visit == 0)
            continue;
        w->starts[w->count] = start_s;
        w->lengths[w->count++] = visit * k->resolution;
    }
    const enum fasti_rule_verdict none = fasti_model_why_none(&model, soonest);
    w->reason = w->count > 0                ? FASTI_REASON_FREE
                : none == FASTI_RULE_CLOSED ? FASTI_REASON_CLOSED
                : none == FASTI_RULE_FULL   ? FASTI_REASON_FULL
                                            : FASTI_REASON_PAST;
}

/* The first start in the 400 days after a date; 0: none. */
static int64_t next_walk(const struct known *k, uint32_t service, fasti_date last) {
    for (int32_t date = last.v + 1; date <= last.v + FASTI_NEXT_SLOT_DAYS_MAX; date++) {
        day_walk(k, service, (fasti_date){date}, &day_walked);
        if (day_walked.count > 0)
            return day_walked.starts[0];
    }
    return 0;
}

/* ---- the comparison ---- */

static const struct fasti_availability_answer *ask(uint32_t worker, struct fasti_command command) {
    const struct fasti_answer answer = run_by(worker, command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    return answer.body.availability;
}

static enum fasti_reason hope(enum fasti_reason a, enum fasti_reason b) {
    static const enum fasti_reason order[] = {FASTI_REASON_FREE, FASTI_REASON_FULL,
                                              FASTI_REASON_PAST, FASTI_REASON_CLOSED};
    for (int i = 0; i < 4; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return FASTI_REASON_CLOSED;
}

/* Rows of one schedule that is asked as number `at`; *next: the place of its first start. */
static void rows_compare(const struct fasti_availability_answer *page, uint32_t at,
                         const struct known *k, uint32_t service, fasti_date first,
                         uint32_t *next) {
    enum fasti_reason window = FASTI_REASON_CLOSED;
    uint32_t total = 0;
    for (uint32_t d = 0; d < page->day_count; d++) {
        const uint32_t row = at * page->day_count + d;
        day_walk(k, service, (fasti_date){first.v + (int32_t)d}, &day_walked);
        cr_assert_eq(page->counts[row], day_walked.count, "schedule %u, service %u, date %d: %u",
                     k->id, service, first.v + (int32_t)d, page->counts[row]);
        cr_assert_eq(page->day_reasons[row], day_walked.reason);
        window = hope(window, day_walked.reason);
        for (uint32_t i = 0; i < day_walked.count; i++, ++*next) {
            cr_assert_eq(page->base_utc_s + page->starts[*next], day_walked.starts[i]);
            cr_assert_eq(page->lengths_minutes[*next], day_walked.lengths[i]);
            cr_assert_eq(page->offsets_minutes[*next],
                         fasti_zone_offset_at(k->zone, day_walked.starts[i]) / 60);
        }
        total += day_walked.count;
    }
    cr_assert_eq(page->totals[at], total);
    cr_assert_eq(page->reasons[at], window);
    const int64_t slot =
        total > 0 ? 0 : next_walk(k, service, (fasti_date){first.v + (int32_t)page->day_count - 1});
    cr_assert_eq(page->next_slot_utc_s[at], slot);
    cr_assert_eq(page->next_slot_offset_s[at], slot == 0 ? 0 : fasti_zone_offset_at(k->zone, slot));
}

static void closed_compare(const struct fasti_availability_answer *page, uint32_t at,
                           enum fasti_reason reason) {
    cr_assert_eq(page->reasons[at], reason);
    cr_assert_eq(page->totals[at], 0);
    cr_assert_eq(page->next_slot_utc_s[at], 0);
    for (uint32_t d = 0; d < page->day_count; d++) {
        cr_assert_eq(page->counts[at * page->day_count + d], 0);
        cr_assert_eq(page->day_reasons[at * page->day_count + d], reason);
    }
}

/* Asks for schedules by number in known, SCHEDULES and up: there is none. */
static void page_compare(uint32_t worker, const uint32_t *numbers, uint32_t count, uint32_t service,
                         fasti_date first, uint32_t days) {
    struct fasti_command command =
        engine_availability(1, FIRST_SERVICE + service, "2026-01-01", (uint16_t)days);
    struct fasti_availability_query *query = &command.body.availability;
    query->first = first;
    query->schedule_count = (uint16_t)count;
    for (uint32_t i = 0; i < count; i++)
        query->schedules[i].v = numbers[i] + 2;
    const struct fasti_availability_answer *page = ask(worker, command);
    uint32_t next = 0;
    cr_assert_eq(page->row_count, count);
    cr_assert_eq(page->day_count, days);
    for (uint32_t i = 0; i < count; i++) {
        if (numbers[i] >= SCHEDULES)
            closed_compare(page, i, FASTI_REASON_UNKNOWN);
        else if (!known[numbers[i]].offers[service])
            closed_compare(page, i, FASTI_REASON_NOT_OFFERED);
        else
            rows_compare(page, i, &known[numbers[i]], service, first, &next);
    }
    cr_assert_eq(page->total, next, "starts that belong to no row");
}

/* ---- bookings ---- */

static void taken_add(struct known *k, int64_t start_s, int64_t minutes, bool is_block,
                      uint64_t record) {
    if (k->taken_count == TAKEN_MAX)
        return;
    k->taken[k->taken_count].start_s = start_s;
    k->taken[k->taken_count].end_s = start_s + minutes * 60;
    k->taken[k->taken_count].is_block = is_block;
    k->taken[k->taken_count++].record = record;
}

/* Books one of the starts of a day, or a start that is none: the walk knows which. */
static bool book_random(uint32_t worker, struct known *k) {
    const uint32_t service = below(SERVICES);
    const fasti_date date = {MONDAY + (int32_t)below(110)};
    if (!k->offers[service] || k->taken_count == TAKEN_MAX)
        return false;
    day_walk(k, service, date, &day_walked);
    struct fasti_command command = engine_book(k->id, FIRST_SERVICE + service, NOW, "p");
    struct fasti_local_day day;
    fasti_zone_day(k->zone, date, &day);
    uint32_t at = day_walked.count;
    int64_t start_s = day.start_utc_s + 60 * (int64_t)below((uint32_t)day.minutes);
    if (day_walked.count > 0 && below(4) != 0)
        start_s = day_walked.starts[below(day_walked.count)];
    for (uint32_t i = 0; i < day_walked.count; i++)
        at = day_walked.starts[i] == start_s ? i : at;
    command.body.book.items[0].start_utc_s = start_s;
    const struct fasti_answer answer = run_by(worker, command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.outcome == FASTI_OUTCOME_BOOKED, at < day_walked.count, "%s",
                 fasti_outcome_name(answer.outcome));
    if (at < day_walked.count)
        taken_add(k, start_s, day_walked.lengths[at], false, answer.record.v);
    return at < day_walked.count;
}

static void block_random(uint32_t worker, struct known *k) {
    struct fasti_command command =
        engine_block(k->id, "2026-01-06T09:00:00Z", "2026-01-06T10:00:00Z");
    const int64_t shift = (int64_t)below(100) * FASTI_DAY_SECONDS + (int64_t)below(24) * 1800;
    if (k->taken_count == TAKEN_MAX)
        return;
    command.body.block.start_utc_s += shift;
    command.body.block.end_utc_s += shift;
    const bool is_there = is_free(k, command.body.block.start_utc_s, command.body.block.end_utc_s);
    const struct fasti_answer answer = run_by(worker, command);
    if (answer.status != FASTI_OK)
        return; /* not within one local day */
    cr_assert_eq(answer.outcome == FASTI_OUTCOME_BLOCKED, is_there, "%s",
                 fasti_outcome_name(answer.outcome));
    if (is_there)
        taken_add(k, command.body.block.start_utc_s, 60, true, answer.record.v);
}

static void end_random(uint32_t worker, struct known *k) {
    if (k->taken_count == 0)
        return;
    const uint32_t at = below(k->taken_count);
    const struct fasti_command command = k->taken[at].is_block ? engine_unblock(k->taken[at].record)
                                                               : engine_cancel(k->taken[at].record);
    const struct fasti_answer answer = run_by(worker, command);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    k->taken[at] = k->taken[--k->taken_count];
}

static void change_random(uint32_t worker, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct known *k = &known[below(SCHEDULES)];
        const uint32_t what = below(10);
        if (what < 7)
            (void)book_random(worker, k);
        else if (what == 7)
            block_random(worker, k);
        else
            end_random(worker, k);
    }
}

/* A question of up to `cells` rows in any order, names given twice and ones that are not there. */
static void question_random(uint32_t worker, uint32_t cells) {
    uint32_t numbers[FASTI_QUERY_SCHEDULES_MAX];
    const uint32_t days = 1 + below(FASTI_QUERY_DAYS_MAX);
    uint32_t count =
        cells / days < FASTI_QUERY_SCHEDULES_MAX ? cells / days : FASTI_QUERY_SCHEDULES_MAX;
    count = 1 + below(count);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = below(SCHEDULES + 3);
    page_compare(worker, numbers, count, below(SERVICES),
                 (fasti_date){MONDAY + (int32_t)below(100) - 3}, days);
}

/* ---- the tests ---- */

Test(availability, every_row_and_column_is_as_walked) {
    prng = fasti_test_prng("availability.rows");
    schedules_make();
    for (uint32_t round = 0; round < 40; round++) {
        change_random(round % 2, 20);
        if (round % 5 == 4) /* time passes, also within a minute */
            fasti_engine_clock(world->engine)->offset_ms += (int64_t)below(3 * 86400) * 1000 + 1;
        question_random((round + 1) % 2, 256);
    }
    /* All schedules at once, 64 rows wide and 60 days long. */
    uint32_t numbers[FASTI_QUERY_SCHEDULES_MAX];
    for (uint32_t i = 0; i < FASTI_QUERY_SCHEDULES_MAX; i++)
        numbers[i] = (i * 7) % (SCHEDULES + 1);
    page_compare(0, numbers, FASTI_QUERY_SCHEDULES_MAX, 0, (fasti_date){MONDAY}, 16);
    page_compare(1, numbers, 17, 1, (fasti_date){MONDAY}, FASTI_QUERY_DAYS_MAX);
    world->now_ms = clock_ms();
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    page_compare(0, numbers, FASTI_QUERY_SCHEDULES_MAX, 0, (fasti_date){MONDAY}, 16);
}

/* The days' cells come in chunks of 32: windows of every length begin on both sides of a border. */
Test(availability, windows_across_chunks) {
    prng = fasti_test_prng("availability.chunks");
    schedules_make();
    change_random(0, 200);
    const int32_t border =
        FASTI_DATE_FIRST + ((MONDAY + 40 - FASTI_DATE_FIRST) / FASTI_CHUNK_DAYS) * FASTI_CHUNK_DAYS;
    for (uint32_t days = 1; days <= FASTI_QUERY_DAYS_MAX; days += days < 4 ? 1 : 7)
        for (int32_t before = 0; before < 3; before++) {
            const uint32_t numbers[] = {below(SCHEDULES), below(SCHEDULES)};
            page_compare(0, numbers, 2, below(SERVICES), (fasti_date){border - before}, days);
        }
}

/* While the other worker's bookings wait for the disk, their time is gone already. */
Test(availability, beside_bookings_that_are_under_way) {
    prng = fasti_test_prng("availability.beside");
    schedule_put(&known[0], 0, 5, 7);
    known[0].openings[0] = engine_weekly("a", 0x7f, "08:00", "18:00");
    known[0].opening_count = 1;
    openings_put(&known[0], 0);
    const uint32_t numbers[] = {0};
    uint32_t pending = 0, done = 0;
    struct fasti_answer answer;
    fasti_sim_disk_set_faults(world->disk, &(struct fasti_sim_faults){.delay_max = 9});
    for (int i = 0; i < 100; i++) {
        const fasti_date date = {MONDAY + 1 + (int32_t)below(3)};
        const uint32_t service = below(SERVICES);
        day_walk(&known[0], service, date, &day_walked);
        if (day_walked.count > 0) {
            const uint32_t at = below(day_walked.count);
            struct fasti_command command = engine_book(2, FIRST_SERVICE + service, NOW, "p");
            command.body.book.items[0].start_utc_s = day_walked.starts[at];
            cr_assert_not(fasti_engine_submit(world->engine, 1, &command, 7, &answer));
            taken_add(&known[0], day_walked.starts[at], day_walked.lengths[at], false, 0);
            pending++;
        }
        page_compare(0, numbers, 1, below(SERVICES), (fasti_date){MONDAY}, 5);
        if (below(3) == 0)
            while (fasti_engine_poll(world->engine, 1, &answer, 1) == 1)
                done += answer.outcome == FASTI_OUTCOME_BOOKED;
    }
    cr_assert_gt(pending, 50);
    for (int i = 0; i < 1000 && done < pending; i++)
        while (fasti_engine_poll(world->engine, 1, &answer, 1) == 1)
            done += answer.outcome == FASTI_OUTCOME_BOOKED;
    cr_assert_eq(done, pending, "what was offered was booked");
}
