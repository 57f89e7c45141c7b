/*
 * test_search.c - SEARCH and HEATMAP through the engine's face, against a loop over all schedules
 * that knows their codes and places and asks AVAILABILITY for everything else.
 *
 * Bookings, cancels, blocks, holds, edits, midnights and restarts come between the questions, so
 * that summaries are old and new, of days with and without pages, and schedules are in the ranks or
 * among the changes. Places lie around Berlin, at both poles and on both sides of the 180th
 * meridian; distances are the test's own.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/time/civil.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW           "2026-03-27T07:00:00Z" /* two days before clocks change in Berlin */
#define TODAY         20539
#define ORGANIZATIONS 2
#define LOCATIONS     12 /* of each organization */
#define SERVICES      7  /* of each */
#define SCHEDULES_MAX 400
#define SPECIALTIES   5
#define CODES         4
#define QUERIES       40
#define ROUNDS        30
#define ROUNDS_MAX    300
#define TOLD_MIN      500
#define CELLS_MIN     200

struct known {
    uint32_t organization, location; /* location: index */
    uint32_t service_count, services[3];
    uint32_t specialty_count, specialties[2];
    bool is_capacity;
};

static struct engine_world *world;
static struct fasti_prng prng;
static struct fasti_geo_known {
    bool has_position;
    double latitude, longitude;
} places[ORGANIZATIONS][LOCATIONS];
static struct {
    uint16_t minutes;
    uint32_t code; /* 0: none */
} services[ORGANIZATIONS][SERVICES];
static struct known known[SCHEDULES_MAX + 1]; /* by dense id */
static uint32_t schedule_count;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, below(2), &command);
}

static struct fasti_answer must(struct fasti_command command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    return answer;
}

static struct fasti_id_text text_of(const char *prefix, uint32_t number) {
    char text[32];
    snprintf(text, sizeof text, "%s%u", prefix, number);
    return engine_id(text);
}

static struct fasti_command put_of(enum fasti_entity_kind kind, uint32_t organization,
                                   const char *prefix, uint32_t number) {
    struct fasti_command command = engine_put(kind, organization, "x");
    command.body.put.id = text_of(prefix, number);
    return command;
}

/* ---- the country ---- */

static void zone_put(const char *name, int32_t before, int32_t after) {
    static struct fasti_zone zone;
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, name);
    memset(&zone, 0, sizeof zone);
    zone.change_count = before == after ? 1 : 2;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, before};
    zone.changes[1] = (struct fasti_zone_change){engine_utc_s("2026-03-29T01:00:00Z"), after};
    command.body.put.body.zone = &zone;
    (void)must(command);
}

static void place_draw(struct fasti_geo_known *place) {
    static const double centres[][2] = {{52.5, 13.4},  {52.5, 13.4},    {52.4, 13.1},    {89.9, 0},
                                        {-89.95, 120}, {-16.5, 179.98}, {-16.5, -179.98}};
    const uint32_t at = below(sizeof centres / sizeof centres[0]);
    place->has_position = below(8) != 0;
    place->latitude = centres[at][0] + (below(2000) - 1000.0) / 1e4;
    place->longitude = centres[at][1] + (below(2000) - 1000.0) / 1e4;
    place->latitude = fmin(fmax(place->latitude, -90), 90);
    if (fabs(place->longitude) > 180)
        place->longitude -= copysign(360, place->longitude);
}

static void location_put(uint32_t o, uint32_t l) {
    static const char *const zones[] = {"Europe/Berlin", "Europe/Berlin", "Pacific/Auckland",
                                        "America/Los_Angeles"};
    struct fasti_command command = put_of(FASTI_ENTITY_LOCATION, o + 1, "place", l);
    struct fasti_geo_known *place = &places[o][l];
    command.body.put.body.location.zone = engine_id(zones[l % 4]);
    command.body.put.body.location.has_position = place->has_position;
    command.body.put.body.location.latitude_e7 = (int32_t)lround(place->latitude * 1e7);
    command.body.put.body.location.longitude_e7 = (int32_t)lround(place->longitude * 1e7);
    place->latitude = command.body.put.body.location.latitude_e7 / 1e7;
    place->longitude = command.body.put.body.location.longitude_e7 / 1e7;
    (void)must(command);
}

static void service_put(uint32_t o, uint32_t s) {
    static const uint16_t minutes[SERVICES] = {10, 15, 20, 30, 45, 60, 15};
    struct fasti_command command = put_of(FASTI_ENTITY_SERVICE, o + 1, "service", s);
    services[o][s].minutes = minutes[s];
    command.body.put.body.service.duration_minutes = minutes[s];
    command.body.put.body.service.grid_minutes = s == 3 ? 15 : 0;
    if (s == 6) /* visits share starts */
        command.body.put.body.service.terms.capacity = 3;
    if (services[o][s].code != 0)
        command.body.put.body.service.code = text_of("code", services[o][s].code);
    (void)must(command);
}

static void schedule_put(uint32_t id) {
    struct known *k = &known[id];
    struct fasti_command command =
        put_of(FASTI_ENTITY_SCHEDULE, k->organization + 1, "schedule", id);
    struct fasti_put *put = &command.body.put;
    put->body.schedule.location = text_of("place", k->location);
    put->body.schedule.service_count = (uint8_t)k->service_count;
    for (uint32_t i = 0; i < k->service_count; i++)
        put->body.schedule.services[i] = text_of("service", k->services[i]);
    put->body.schedule.specialty_count = (uint8_t)k->specialty_count;
    for (uint32_t i = 0; i < k->specialty_count; i++)
        put->body.schedule.specialties[i] = text_of("specialty", k->specialties[i]);
    put->body.schedule.terms.capacity = k->is_capacity ? 2 : 0;
    (void)must(command);
}

static void openings_put(uint32_t id) {
    struct fasti_opening openings[4];
    uint32_t count = 0;
    struct fasti_command command =
        put_of(FASTI_ENTITY_OPENINGS, known[id].organization + 1, "schedule", id);
    static const char *const ends[] = {"08:20", "08:45", "09:00", "11:00"};
    openings[count++] = engine_weekly("am", (uint8_t)(1 + below(127)), "08:00", ends[below(4)]);
    if (below(2) == 0)
        openings[count++] = engine_weekly("pm", (uint8_t)(1 + below(127)), "13:00", "17:30");
    if (below(6) == 0) { /* through midnight */
        openings[count] = engine_weekly("night", (uint8_t)(1 + below(127)), "22:00", "24:00");
        openings[count++].end_minute = 26 * 60;
    }
    if (below(6) == 0) { /* shorter or longer than the services */
        openings[count] = engine_weekly("single", 0x7f, "18:00", "18:05");
        openings[count++].flags = FASTI_OPENING_SINGLE;
    }
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = count;
    command.body.put.body.openings.openings = openings;
    (void)must(command);
}

static void attributes_draw(uint32_t id) {
    struct known *k = &known[id];
    k->location = below(LOCATIONS);
    k->service_count = 1 + below(3);
    for (uint32_t i = 0, first = below(SERVICES); i < k->service_count; i++)
        k->services[i] = (first + 2 * i) % SERVICES;
    k->specialty_count = below(3);
    k->specialties[0] = 1 + below(SPECIALTIES);
    k->specialties[1] = 1 + k->specialties[0] % SPECIALTIES;
    k->is_capacity = below(6) == 0;
}

static void schedule_add(void) {
    const uint32_t id = ++schedule_count;
    known[id].organization = below(ORGANIZATIONS);
    attributes_draw(id);
    schedule_put(id);
    openings_put(id);
}

static void country_make(uint32_t count) {
    schedule_count = 0;
    zone_put("Europe/Berlin", 3600, 7200);
    zone_put("Pacific/Auckland", 46800, 46800);
    zone_put("America/Los_Angeles", -25200, -25200);
    for (uint32_t o = 0; o < ORGANIZATIONS; o++) {
        (void)must(put_of(FASTI_ENTITY_ORGANIZATION, 0, "organization", o));
        for (uint32_t l = 0; l < LOCATIONS; l++) {
            place_draw(&places[o][l]);
            location_put(o, l);
        }
        for (uint32_t s = 0; s < SERVICES; s++) {
            services[o][s].code = below(CODES + 1);
            service_put(o, s);
        }
    }
    while (schedule_count < count)
        schedule_add();
}

/* ---- the model ---- */

static double distance_m(double a_lat, double a_lon, double b_lat, double b_lon) {
    const double r = acos(-1) / 180, x = sin((b_lat - a_lat) * r / 2);
    const double y = sin((b_lon - a_lon) * r / 2);
    const double h = x * x + cos(a_lat * r) * cos(b_lat * r) * y * y;
    return 2 * 6371008.8 * asin(sqrt(fmin(h, 1)));
}

struct expected {
    uint64_t key;
    uint32_t schedule, service;
    uint32_t start_count;
    struct fasti_search_start starts[FASTI_SEARCH_STARTS_MAX];
};
static struct expected expected[SCHEDULES_MAX];
static uint32_t expected_count, candidate_count;

static bool is_there(const struct fasti_search_query *query, uint32_t id) {
    const struct fasti_geo_known *place = &places[known[id].organization][known[id].location];
    const double lat = query->latitude_e7 / 1e7, lon = query->longitude_e7 / 1e7;
    const double north = query->north_e7 / 1e7, east = query->east_e7 / 1e7;
    if (query->area == FASTI_SEARCH_ANYWHERE)
        return true;
    if (!place->has_position)
        return false;
    if (query->area == FASTI_SEARCH_CIRCLE)
        return distance_m(lat, lon, place->latitude, place->longitude) <= query->radius_m;
    return place->latitude >= lat && place->latitude <= north &&
           (lon <= east ? place->longitude >= lon && place->longitude <= east
                        : place->longitude >= lon || place->longitude <= east);
}

static bool has_specialty(const struct fasti_search_query *query, uint32_t id) {
    bool has = query->specialty.length == 0;
    for (uint32_t i = 0; i < known[id].specialty_count; i++) {
        const struct fasti_id_text text = text_of("specialty", known[id].specialties[i]);
        has = has || fasti_id_text_equal(&text, &query->specialty);
    }
    return has;
}

static bool is_meant(const struct fasti_search_query *query, uint32_t organization,
                     uint32_t service) {
    const struct fasti_id_text text = text_of("code", services[organization][service].code);
    return (query->code.length == 0 || (services[organization][service].code != 0 &&
                                        fasti_id_text_equal(&text, &query->code))) &&
           (query->duration_minutes == 0 ||
            services[organization][service].minutes == query->duration_minutes);
}

static bool takes(const struct fasti_search_query *query, int64_t utc_s, int32_t offset_minutes) {
    const int64_t local_s = utc_s + offset_minutes * 60;
    const int32_t date = (int32_t)(local_s / 86400), minute = (int32_t)(local_s % 86400 / 60);
    const int32_t to = query->to_minute == 0 ? 1440 : query->to_minute;
    return minute >= query->from_minute && minute < to &&
           (query->weekdays == 0 ||
            (query->weekdays >> fasti_date_weekday((fasti_date){date}) & 1) != 0);
}

/* The first starts of a service on a schedule that the query takes. */
static void starts_find(const struct fasti_search_query *query, uint32_t id, uint32_t service,
                        struct expected *e) {
    e->start_count = 0;
    for (int32_t first = query->first.v;
         first <= query->last.v && e->start_count < query->start_limit; first += 30) {
        const int32_t left = query->last.v - first + 1;
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY,
                                        .organization = {known[id].organization + 1}};
        command.body.availability = (struct fasti_availability_query){
            .service_count = 1,
            .services = {{known[id].organization * SERVICES + service + 1}},
            .facts = query->facts,
            .first = {first},
            .day_count = (uint16_t)(left < 30 ? left : 30),
            .schedule_count = 1,
            .schedules = {{id}}};
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_availability_answer *page = answer.body.availability;
        for (uint32_t i = 0; i < page->total && e->start_count < query->start_limit; i++) {
            const struct fasti_search_start start = {page->base_utc_s + page->starts[i],
                                                     page->offsets_minutes[i],
                                                     page->lengths_minutes[i]};
            if (takes(query, start.utc_s, start.offset_minutes))
                e->starts[e->start_count++] = start;
        }
    }
}

static uint64_t key_of(const struct fasti_search_query *query, uint32_t id,
                       const struct expected *e) {
    const struct fasti_geo_known *place = &places[known[id].organization][known[id].location];
    if (query->order == FASTI_SEARCH_BY_START)
        return (uint64_t)e->starts[0].utc_s;
    const uint64_t mm =
        (uint64_t)llround(1000 * distance_m(query->latitude_e7 / 1e7, query->longitude_e7 / 1e7,
                                            place->latitude, place->longitude));
    const int64_t local_s = e->starts[0].utc_s + e->starts[0].offset_minutes * 60;
    return query->order == FASTI_SEARCH_BY_DISTANCE
               ? mm
               : (uint64_t)(local_s / 86400 - FASTI_DATE_FIRST) << 40 | mm;
}

static int expected_compare(const void *a, const void *b) {
    const struct expected *first = a, *second = b;
    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->schedule < second->schedule ? -1 : 1;
}

static void expect(const struct fasti_search_query *query, uint32_t organization) {
    expected_count = candidate_count = 0;
    for (uint32_t id = 1; id <= schedule_count; id++) {
        const struct known *k = &known[id];
        struct expected *best = &expected[expected_count], one;
        bool is_candidate = false;
        best->start_count = 0;
        if (!has_specialty(query, id) || !is_there(query, id) ||
            (organization != 0 && k->organization + 1 != organization))
            continue;
        for (uint32_t i = 0; i < k->service_count; i++) {
            if (!is_meant(query, k->organization, k->services[i]))
                continue;
            is_candidate = true;
            starts_find(query, id, k->services[i], &one);
            if (one.start_count == 0 ||
                (best->start_count > 0 && one.starts[0].utc_s >= best->starts[0].utc_s))
                continue;
            one.schedule = id;
            one.service = k->organization * SERVICES + k->services[i] + 1;
            *best = one;
        }
        candidate_count += is_candidate;
        if (best->start_count == 0)
            continue;
        best->key = key_of(query, id, best);
        expected_count++;
    }
    qsort(expected, expected_count, sizeof expected[0], expected_compare);
}

/* ---- questions ---- */

static struct fasti_search_query query_draw(void) {
    static const uint16_t durations[] = {0, 0, 10, 15, 30, 60};
    struct fasti_search_query query = {.first = {TODAY + (int32_t)below(30) - 3}};
    query.last.v = query.first.v + (int32_t)(below(4) == 0 ? below(160) : below(15));
    const uint32_t what = below(3);
    if (what != 1)
        query.specialty = text_of("specialty", 1 + below(SPECIALTIES + 1)); /* one is unknown */
    if (what != 0)
        query.code = text_of("code", 1 + below(CODES + 1));
    query.duration_minutes = durations[below(6)];
    struct fasti_geo_known centre;
    place_draw(&centre);
    query.area = (enum fasti_search_area)below(3);
    query.latitude_e7 = (int32_t)lround(centre.latitude * 1e7);
    query.longitude_e7 = (int32_t)lround(centre.longitude * 1e7);
    query.radius_m = below(3) == 0 ? 1 + below(20015200) : 1 + below(30000);
    query.north_e7 = query.latitude_e7 + (int32_t)below(900000001u - (uint32_t)query.latitude_e7);
    query.north_e7 = query.north_e7 > 900000000 ? 900000000 : query.north_e7;
    query.east_e7 = (int32_t)((int64_t)below(3600000001u) - 1800000000);
    if (below(3) == 0) { /* times of the day */
        query.from_minute = (uint16_t)below(1000);
        query.to_minute = (uint16_t)(query.from_minute + 1 + below(400));
    }
    query.weekdays = (uint8_t)(below(3) == 0 ? 1 + below(127) : 0);
    query.order = query.area == FASTI_SEARCH_CIRCLE ? (enum fasti_search_order)(1 + below(3))
                                                    : FASTI_SEARCH_BY_START;
    query.limit = (uint16_t)(1 + below(8));
    query.start_limit = (uint16_t)(1 + below(5));
    return query;
}

static void result_check(const struct fasti_search_query *query,
                         const struct fasti_search_answer *page, uint32_t r,
                         const struct expected *e, uint32_t *start_at) {
    const struct fasti_search_result *result = &page->results[r];
    const struct known *k = &known[e->schedule];
    cr_assert_eq(result->schedule.v, e->schedule);
    cr_assert_eq(result->service.v, e->service);
    cr_assert_eq(result->organization.v, k->organization + 1);
    cr_assert_eq(result->location.v, k->organization * LOCATIONS + k->location + 1);
    cr_assert_eq(result->start_count, e->start_count);
    for (uint32_t i = 0; i < e->start_count; i++, ++*start_at) {
        const struct fasti_search_start *start = &page->starts[*start_at];
        cr_assert_eq(start->utc_s, e->starts[i].utc_s);
        cr_assert_eq(start->offset_minutes, e->starts[i].offset_minutes);
        cr_assert_eq(start->minutes, e->starts[i].minutes);
    }
    const struct fasti_geo_known *place = &places[k->organization][k->location];
    if (query->area == FASTI_SEARCH_CIRCLE && place->has_position)
        cr_assert_eq(result->distance_m, (uint32_t)llround(distance_m(
                                             query->latitude_e7 / 1e7, query->longitude_e7 / 1e7,
                                             place->latitude, place->longitude)));
    else
        cr_assert_eq(result->distance_m, FASTI_SEARCH_NO_DISTANCE);
}

/* All pages of one question. */
static uint32_t question(void) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SEARCH,
                                    .organization = {below(5) == 0 ? 1 + below(2) : 0}};
    struct fasti_search_query *query = &command.body.search;
    *query = query_draw();
    expect(query, command.organization.v);
    uint32_t told = 0;
    for (bool more = true; more;) {
        const struct fasti_answer answer = engine_world_run(world, 1, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_search_answer *page = answer.body.search;
        uint32_t start_at = 0;
        const uint32_t left = expected_count - told;
        cr_assert_eq(page->candidates, candidate_count,
                     "%u candidates, not %u: area %d of %u m at %d, %d to %d, %d; %.*s, %.*s, %u",
                     page->candidates, candidate_count, (int)query->area, query->radius_m,
                     query->latitude_e7, query->longitude_e7, query->north_e7, query->east_e7,
                     query->specialty.length, query->specialty.bytes, query->code.length,
                     query->code.bytes, query->duration_minutes);
        cr_assert_eq(page->count, left < query->limit ? left : query->limit,
                     "%u of %u left, order %d, %d to %d", page->count, left, (int)query->order,
                     query->first.v, query->last.v);
        for (uint32_t r = 0; r < page->count; r++)
            result_check(query, page, r, &expected[told + r], &start_at);
        cr_assert_eq(page->starts_total, start_at);
        told += page->count;
        more = page->more;
        cr_assert_eq(more, told < expected_count);
        query->after = page->next;
    }
    return told;
}

/* ---- heat maps ---- */

struct heat {
    int32_t south_e7, west_e7;
    uint32_t schedules;
    struct fasti_heatmap_day days[FASTI_HEATMAP_DAYS_MAX];
};
static struct heat heats[SCHEDULES_MAX];
static uint32_t heat_count, heat_schedules;

static struct heat *heat_of(const struct fasti_geo_known *place, uint32_t cell_e7) {
    const int64_t row = (lround(place->latitude * 1e7) + 900000000) / cell_e7;
    const int64_t column = (lround(place->longitude * 1e7) + 1800000000) / cell_e7;
    const struct heat heat = {.south_e7 = (int32_t)(row * cell_e7 - 900000000),
                              .west_e7 = (int32_t)(column * cell_e7 - 1800000000)};
    for (uint32_t i = 0; i < heat_count; i++)
        if (heats[i].south_e7 == heat.south_e7 && heats[i].west_e7 == heat.west_e7)
            return &heats[i];
    heats[heat_count] = heat;
    return &heats[heat_count++];
}

/* Of each day the meant service with most starts, as AVAILABILITY tells. */
static bool heat_starts(const struct fasti_search_query *query, uint32_t id,
                        uint32_t counts[FASTI_HEATMAP_DAYS_MAX]) {
    const struct known *k = &known[id];
    const uint32_t days = (uint32_t)(query->last.v - query->first.v + 1);
    bool is_candidate = false;
    memset(counts, 0, FASTI_HEATMAP_DAYS_MAX * sizeof counts[0]);
    for (uint32_t s = 0; s < k->service_count; s++) {
        if (!is_meant(query, k->organization, k->services[s]))
            continue;
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY,
                                        .organization = {k->organization + 1}};
        command.body.availability = (struct fasti_availability_query){
            .service_count = 1,
            .services = {{k->organization * SERVICES + k->services[s] + 1}},
            .first = query->first,
            .day_count = (uint16_t)days,
            .schedule_count = 1,
            .schedules = {{id}}};
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        is_candidate = true;
        for (uint32_t d = 0; d < days; d++)
            if (answer.body.availability->counts[d] > counts[d])
                counts[d] = answer.body.availability->counts[d];
    }
    return is_candidate;
}

static int heat_compare(const void *a, const void *b) {
    const struct heat *first = a, *second = b;
    if (first->south_e7 != second->south_e7)
        return first->south_e7 < second->south_e7 ? -1 : 1;
    return first->west_e7 < second->west_e7 ? -1 : 1;
}

static void heat_expect(const struct fasti_search_query *query, uint32_t organization,
                        uint32_t cell_e7) {
    heat_count = heat_schedules = 0;
    for (uint32_t id = 1; id <= schedule_count; id++) {
        const struct known *k = &known[id];
        uint32_t counts[FASTI_HEATMAP_DAYS_MAX];
        if (!has_specialty(query, id) || !is_there(query, id) ||
            (organization != 0 && k->organization + 1 != organization) ||
            !heat_starts(query, id, counts))
            continue;
        struct heat *heat = heat_of(&places[k->organization][k->location], cell_e7);
        heat->schedules++;
        heat_schedules++;
        for (uint32_t d = 0; d < FASTI_HEATMAP_DAYS_MAX; d++) {
            heat->days[d].schedules += counts[d] > 0;
            heat->days[d].starts += counts[d];
        }
    }
    qsort(heats, heat_count, sizeof heats[0], heat_compare);
}

/* How many cells there are. */
static uint32_t heat_question(void) {
    static const uint32_t cells[] = {100000, 123457, 1000000, 5000000, 100000000};
    struct fasti_search_query query = query_draw();
    struct fasti_command command = {.kind = FASTI_COMMAND_HEATMAP,
                                    .organization = {below(5) == 0 ? 1 + below(2) : 0}};
    if (query.area == FASTI_SEARCH_ANYWHERE)
        query.area = FASTI_SEARCH_CIRCLE;
    query.last.v = query.first.v + (int32_t)below(FASTI_HEATMAP_DAYS_MAX);
    command.body.heatmap = (struct fasti_heatmap_query){.specialty = query.specialty,
                                                        .code = query.code,
                                                        .duration_minutes = query.duration_minutes,
                                                        .area = query.area,
                                                        .latitude_e7 = query.latitude_e7,
                                                        .longitude_e7 = query.longitude_e7,
                                                        .north_e7 = query.north_e7,
                                                        .east_e7 = query.east_e7,
                                                        .radius_m = query.radius_m,
                                                        .cell_e7 = cells[below(5)],
                                                        .first = query.first,
                                                        .last = query.last};
    heat_expect(&query, command.organization.v, command.body.heatmap.cell_e7);
    const struct fasti_answer answer = engine_world_run(world, 1, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    const struct fasti_heatmap_answer *heat = answer.body.heatmap;
    cr_assert_eq(heat->candidates, heat_schedules);
    cr_assert_eq(heat->cell_count, heat_count);
    cr_assert_eq(heat->day_count, query.last.v - query.first.v + 1);
    for (uint32_t i = 0; i < heat_count; i++) {
        cr_assert_eq(heat->cells[i].south_e7, heats[i].south_e7);
        cr_assert_eq(heat->cells[i].west_e7, heats[i].west_e7);
        cr_assert_eq(heat->cells[i].schedules, heats[i].schedules);
        for (uint32_t d = 0; d < heat->day_count; d++) {
            const struct fasti_heatmap_day *day = &heat->days[i * heat->day_count + d];
            cr_assert_eq(day->schedules, heats[i].days[d].schedules);
            cr_assert_eq(day->starts, heats[i].days[d].starts, "%u, not %u", day->starts,
                         heats[i].days[d].starts);
        }
    }
    return heat_count;
}

/* ---- life ---- */

/* A free start of a random schedule, by a search of it alone; false: there is none soon. */
static bool start_find(struct fasti_book_item *item) {
    const bool is_crowded = below(4) != 0; /* some schedules get full */
    const uint32_t id = 1 + below(is_crowded ? 20 : schedule_count);
    const uint32_t s = below(known[id].service_count);
    struct fasti_search_query query = {.first = {TODAY + (int32_t)below(is_crowded ? 8 : 40)},
                                       .start_limit = 16};
    struct expected e;
    query.last.v = query.first.v + 6;
    starts_find(&query, id, known[id].services[s], &e);
    if (e.start_count == 0)
        return false;
    *item = (struct fasti_book_item){
        .schedule = {id},
        .service = {known[id].organization * SERVICES + known[id].services[s] + 1},
        .start_utc_s = e.starts[below(e.start_count)].utc_s};
    return true;
}

static uint64_t records[4096]; /* to be cancelled; more are not remembered */
static uint32_t record_count;

static void booking_make(void) {
    struct fasti_command command = engine_book(1, 1, "2026-04-01T08:00:00Z", "p-1");
    struct fasti_book_item *item = &command.body.book.items[0];
    if (!start_find(item))
        return;
    command.organization.v = known[item->schedule.v].organization + 1;
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED && record_count < sizeof records / sizeof records[0])
        records[record_count++] = answer.record.v;
}

/* One that expires at the next midnight, at the latest. */
static void hold_make(void) {
    struct fasti_command command = {.kind = FASTI_COMMAND_HOLD};
    struct fasti_book *book = &command.body.hold.book;
    book->appointment_count = book->item_count = 1;
    if (!start_find(&book->items[0]))
        return;
    command.organization.v = known[book->items[0].schedule.v].organization + 1;
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
}

static void booking_cancel(void) {
    if (record_count == 0)
        return;
    const uint32_t at = below(record_count);
    struct fasti_command command = engine_cancel(records[at]);
    for (uint32_t o = 1; o <= ORGANIZATIONS; o++) {
        command.organization.v = o;
        (void)run(command);
    }
    records[at] = records[--record_count];
}

static void day_block(void) {
    const uint32_t id = 1 + below(schedule_count);
    const int64_t start_s = (TODAY + (int64_t)below(40)) * 86400 + 6 * 3600;
    struct fasti_command command = engine_block(id, "2026-04-01T06:00:00Z", "2026-04-01T18:00:00Z");
    command.organization.v = known[id].organization + 1;
    command.body.block.start_utc_s = start_s;
    command.body.block.end_utc_s = start_s + (int64_t)(1 + below(20)) * 3600;
    (void)run(command);
}

static void edit_make(void) {
    const uint32_t id = 1 + below(schedule_count), o = below(ORGANIZATIONS);
    switch (below(5)) {
    case 0: openings_put(id); break;
    case 1:
        attributes_draw(id);
        known[id].location = 4 * below(LOCATIONS / 4) + known[id].location % 4;
        break;
    case 2: {
        const uint32_t l = below(LOCATIONS);
        place_draw(&places[o][l]);
        location_put(o, l);
        return;
    }
    case 3: {
        const uint32_t s = below(SERVICES);
        services[o][s].code = below(CODES + 1);
        service_put(o, s);
        return;
    }
    default:
        if (schedule_count < SCHEDULES_MAX)
            schedule_add();
        return;
    }
    /* Another zone is refused where time is held: the place stays where that is. */
    struct known *k = &known[id];
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                    .organization = {k->organization + 1}};
    command.body.describe.kind = FASTI_ENTITY_SCHEDULE;
    command.body.describe.id = id;
    const struct fasti_answer answer = must(command);
    k->location =
        (uint32_t)atoi(answer.body.describe->put.body.schedule.location.bytes + strlen("place"));
    schedule_put(id);
}

static void life(uint32_t steps) {
    for (uint32_t i = 0; i < steps; i++)
        switch (below(8)) {
        case 0: edit_make(); break;
        case 1: day_block(); break;
        case 2: booking_cancel(); break;
        case 3: hold_make(); break;
        default: booking_make(); break;
        }
    if (below(3) == 0)
        engine_world_pass(world, 86400000);
    if (below(4) == 0) {
        engine_world_settle(world);
        engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    }
}

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    record_count = 0;
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(search, .init = setup, .fini = teardown);

Test(search, results_are_what_a_loop_over_all_schedules_finds) {
    prng = fasti_test_prng("search");
    uint32_t told = 0, cells = 0;
    country_make(60 + below(140));
    /* A country may have little of what is asked for: then more questions are asked of it. */
    for (uint32_t round = 0;
         round < ROUNDS || (round < ROUNDS_MAX && (told <= TOLD_MIN || cells <= CELLS_MIN));
         round++) {
        life(120);
        for (uint32_t q = 0; q < QUERIES; q++)
            told += question();
        for (uint32_t q = 0; q < QUERIES / 4; q++)
            cells += heat_question();
    }
    cr_assert_gt(told, TOLD_MIN);
    cr_assert_gt(cells, CELLS_MIN);
}

/* ---- what a heat map refuses ---- */

static void assert_cold(struct fasti_heatmap_query query, enum fasti_status status,
                        const char *sentence) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_HEATMAP, .body.heatmap = query};
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, status, "%d: %s", (int)answer.status, answer.detail.text);
    cr_assert_not_null(strstr(answer.detail.text, sentence), "%s", answer.detail.text);
}

#define COLD(member, wrong, status, sentence)     \
    do {                                          \
        struct fasti_heatmap_query query = right; \
        query.member = wrong;                     \
        assert_cold(query, status, sentence);     \
    } while (0)

Test(search, a_wrong_heat_map_is_refused_with_a_sentence) {
    const struct fasti_heatmap_query right = {.code = engine_id("code1"),
                                              .area = FASTI_SEARCH_CIRCLE,
                                              .radius_m = 1000,
                                              .cell_e7 = FASTI_HEATMAP_CELL_MIN_E7,
                                              .first = {TODAY},
                                              .last = {TODAY + 30}};
    const struct fasti_command command = {.kind = FASTI_COMMAND_HEATMAP, .body.heatmap = right};
    prng = fasti_test_prng("search");
    country_make(1);
    cr_assert_eq(must(command).body.heatmap->candidates, 0);
    COLD(code, (struct fasti_id_text){0}, FASTI_INVALID_RANGE, "of a specialty, of a service");
    COLD(duration_minutes, 1441, FASTI_INVALID_RANGE, "at most 1440 minutes");
    COLD(area, FASTI_SEARCH_ANYWHERE, FASTI_INVALID_RANGE, "of a circle or of a box");
    COLD(latitude_e7, 900000001, FASTI_INVALID_RANGE, "latitudes");
    COLD(east_e7, -1800000001, FASTI_INVALID_RANGE, "longitudes");
    COLD(radius_m, 0, FASTI_INVALID_RANGE, "a radius is");
    COLD(cell_e7, FASTI_HEATMAP_CELL_MIN_E7 - 1, FASTI_INVALID_RANGE, "0.01 to 10 degrees");
    COLD(cell_e7, FASTI_HEATMAP_CELL_MAX_E7 + 1, FASTI_INVALID_RANGE, "0.01 to 10 degrees");
    COLD(facts.modality, 9, FASTI_INVALID_RANGE, "a fact about the patient");
    COLD(first.v, FASTI_DATE_LAST + 1, FASTI_INVALID_DATE, "both dates");
    COLD(last.v, TODAY - 1, FASTI_INVALID_RANGE, "1 to 31 days");
    COLD(last.v, TODAY + 31, FASTI_INVALID_RANGE, "1 to 31 days");
}

/* Each schedule at a place of its own, more than a heat map has cells. */
Test(search, a_heat_map_of_too_many_cells_is_refused) {
    struct fasti_heatmap_query query = {.specialty = engine_id("far"),
                                        .area = FASTI_SEARCH_BOX,
                                        .latitude_e7 = -900000000,
                                        .longitude_e7 = -1800000000,
                                        .north_e7 = 900000000,
                                        .east_e7 = 1800000000,
                                        .cell_e7 = 1000000,
                                        .first = {TODAY},
                                        .last = {TODAY}};
    prng = fasti_test_prng("search");
    country_make(1);
    for (uint32_t i = 0; i <= FASTI_HEATMAP_CELLS_MAX; i++) {
        struct fasti_command command = put_of(FASTI_ENTITY_LOCATION, 1, "far", i);
        command.body.put.body.location.zone = engine_id("Europe/Berlin");
        command.body.put.body.location.has_position = true;
        command.body.put.body.location.longitude_e7 = (int32_t)i * 1000000;
        (void)must(command);
        command = put_of(FASTI_ENTITY_SCHEDULE, 1, "far", i);
        command.body.put.body.schedule.location = text_of("far", i);
        command.body.put.body.schedule.service_count = 1;
        command.body.put.body.schedule.services[0] = text_of("service", 0);
        command.body.put.body.schedule.specialty_count = 1;
        command.body.put.body.schedule.specialties[0] = engine_id("far");
        (void)must(command);
    }
    assert_cold(query, FASTI_LIMIT_MESSAGE, "more than 1024 cells");
    query.cell_e7 = 2000000;
    const struct fasti_command command = {.kind = FASTI_COMMAND_HEATMAP, .body.heatmap = query};
    const struct fasti_answer answer = must(command);
    cr_assert_eq(answer.body.heatmap->cell_count, FASTI_HEATMAP_CELLS_MAX / 2 + 1);
    cr_assert_eq(answer.body.heatmap->candidates, FASTI_HEATMAP_CELLS_MAX + 1);
}
