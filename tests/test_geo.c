/*
 * test_geo.c - places: distances and areas against the formula, and the 1,706 pharmacies of a chain
 * in a country's search, by radius and box, against a loop over all of them.
 *
 * The pharmacies are read where they are and are not part of the project: without them that test
 * says so and passes.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/geo.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW       "2026-01-05T07:00:00Z"
#define SITES_MAX 2000
#define QUERIES   400
#define POINTS    20000

static struct fasti_prng prng;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

/* Haversine, in long double. */
static double distance_m(struct fasti_geo a, struct fasti_geo b) {
    const long double r = acosl(-1) / 180 / 1e7L;
    const long double x = sinl((b.latitude_e7 - (long double)a.latitude_e7) * r / 2);
    const long double y = sinl((b.longitude_e7 - (long double)a.longitude_e7) * r / 2);
    const long double h = x * x + cosl(a.latitude_e7 * r) * cosl(b.latitude_e7 * r) * y * y;
    return (double)(2 * 6371008.8L * asinl(sqrtl(fminl(h, 1))));
}

static struct fasti_geo place_draw(void) {
    static const int32_t edges[] = {-900000000, 900000000, 0, -1800000000, 1800000000};
    struct fasti_geo place = {(int32_t)below(1800000001u) - 900000000,
                              (int32_t)((int64_t)below(3600000001u) - 1800000000)};
    if (below(8) == 0)
        place.latitude_e7 = edges[below(3)];
    if (below(8) == 0)
        place.longitude_e7 = edges[2 + below(3)];
    return place;
}

/* Near it, or nearly on the other side of the world. */
static struct fasti_geo neighbour_draw(struct fasti_geo of) {
    const int64_t reach = 1 + below(30000000);
    int64_t north = of.latitude_e7 + (int64_t)fasti_prng_below(&prng, 2 * (uint64_t)reach) - reach;
    int64_t east = of.longitude_e7 + (int64_t)fasti_prng_below(&prng, 2 * (uint64_t)reach) - reach;
    if (below(10) == 0) {
        north = -north;
        east += 1800000000;
    }
    north = north > 900000000 ? 900000000 : north < -900000000 ? -900000000 : north;
    east = east > 1800000000 ? east - 3600000000 : east < -1800000000 ? east + 3600000000 : east;
    return (struct fasti_geo){(int32_t)north, (int32_t)east};
}

static bool hull_has(const struct fasti_geo_area *area, struct fasti_geo place) {
    struct fasti_geo_area box = fasti_geo_box(area->south_west, area->north_east);
    const struct fasti_geo_point point = fasti_geo_point_of(place);
    return fasti_geo_has(&box, place, &point);
}

Test(geo, circles_hold_what_is_near_enough_and_their_hulls_hold_them) {
    prng = fasti_test_prng("geo");
    uint32_t inside = 0;
    for (uint32_t i = 0; i < POINTS; i++) {
        const struct fasti_geo centre = place_draw(), place = neighbour_draw(centre);
        const double metres = distance_m(centre, place);
        /* At the edge, too: a metre more or less. */
        const int64_t radius = below(2) == 0 ? (int64_t)metres + (int64_t)below(3) - 1
                                             : 1 + (int64_t)below(FASTI_SEARCH_RADIUS_MAX_M);
        if (radius < 1 || radius > FASTI_SEARCH_RADIUS_MAX_M ||
            fabs(metres - (double)radius) < 1e-3)
            continue;
        const struct fasti_geo_area area = fasti_geo_circle(centre, (uint32_t)radius);
        const struct fasti_geo_point point = fasti_geo_point_of(place);
        cr_assert_float_eq(fasti_geo_distance_m(centre, place), metres, 0.5);
        const bool is_near = metres <= (double)radius;
        cr_assert_eq(fasti_geo_has(&area, place, &point), is_near, "%.3f m of %lld", metres,
                     (long long)radius);
        cr_assert(!is_near || hull_has(&area, place));
        inside += is_near;
    }
    cr_assert_gt(inside, POINTS / 8);
}

Test(geo, cells_go_row_by_row) {
    const struct fasti_geo corners[] = {
        {-900000000, -1800000000}, {-900000000, 1800000000}, {0, 0}, {900000000, 1800000000}};
    for (int i = 1; i < 4; i++)
        cr_assert_lt(fasti_geo_cell(corners[i - 1]), fasti_geo_cell(corners[i]));
    cr_assert_lt(fasti_geo_cell(corners[3]), FASTI_GEO_ROWS * FASTI_GEO_COLUMNS);
    cr_assert_lt(FASTI_GEO_ROWS * FASTI_GEO_COLUMNS, FASTI_GEO_NOWHERE);
}

/* ---- the pharmacies ---- */

static struct fasti_geo sites[SITES_MAX];
static bool is_placed[SITES_MAX]; /* one of them has no position */
static uint32_t site_count, placed_count;
static struct engine_world *world;

static bool sites_read(void) {
    const char *shared = getenv("FASTI_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/fixtures/geo/albertsons-stores-scraped.json",
             shared != NULL ? shared : FASTI_SOURCE_DIR "/../shared");
    json_error_t error;
    json_t *stores = json_load_file(path, 0, &error), *store;
    size_t at;
    if (stores == NULL) {
        printf("skipped: %s: %s\n", path, error.text);
        return false;
    }
    json_array_foreach(stores, at, store) {
        double latitude = 0, longitude = 0;
        cr_assert_lt(at, SITES_MAX);
        is_placed[at] = json_unpack(store, "{s:{s:F, s:F}}", "geocodedCoordinate", "lat", &latitude,
                                    "long", &longitude) == 0;
        placed_count += is_placed[at];
        sites[site_count++] =
            (struct fasti_geo){(int32_t)lround(latitude * 1e7), (int32_t)lround(longitude * 1e7)};
    }
    json_decref(stores);
    return true;
}

static void must(struct fasti_command command) {
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
}

static void country_make(void) {
    const struct fasti_opening opening = engine_weekly("hours", 0x7f, "08:00", "12:00");
    for (uint32_t i = 0; i < site_count; i++) {
        char id[16];
        snprintf(id, sizeof id, "site-%u", i);
        struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, 1, id);
        command.body.put.body.location.zone = engine_id("Europe/Berlin");
        command.body.put.body.location.has_position = is_placed[i];
        command.body.put.body.location.latitude_e7 = sites[i].latitude_e7;
        command.body.put.body.location.longitude_e7 = sites[i].longitude_e7;
        must(command);
        command = engine_schedule(1, id, 5, "visit", NULL);
        command.body.put.body.schedule.location = engine_id(id);
        command.body.put.body.schedule.specialty_count = 1;
        command.body.put.body.schedule.specialties[0] = engine_id("pharmacy");
        must(command);
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, id);
        command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
        command.body.put.body.openings.count = 1;
        command.body.put.body.openings.openings = &opening;
        must(command);
    }
}

/* Every site that is found, by as many pages as it takes; returns how many. Schedule 1 is none. */
static uint32_t found_all(struct fasti_command *command, bool found[SITES_MAX]) {
    uint32_t count = 0, last_m = 0;
    memset(found, 0, SITES_MAX * sizeof found[0]);
    for (bool more = true; more;) {
        const struct fasti_answer answer = engine_world_run(world, 0, command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_search_answer *page = answer.body.search;
        for (uint32_t r = 0; r < page->count; r++, count++) {
            const uint32_t site = page->results[r].schedule.v - 2;
            cr_assert(site < site_count && !found[site]);
            found[site] = true;
            if (command->body.search.area == FASTI_SEARCH_CIRCLE)
                cr_assert_geq(page->results[r].distance_m, last_m);
            last_m = page->results[r].distance_m;
        }
        more = page->more;
        command->body.search.after = page->next;
    }
    return count;
}

static void query_draw(struct fasti_search_query *query) {
    const struct fasti_geo site = sites[below(site_count)];
    *query = (struct fasti_search_query){.specialty = engine_id("pharmacy"),
                                         .first = {20458},
                                         .last = {20459},
                                         .limit = FASTI_SEARCH_RESULTS_MAX,
                                         .start_limit = 1};
    query->area = below(2) == 0 ? FASTI_SEARCH_CIRCLE : FASTI_SEARCH_BOX;
    query->latitude_e7 = site.latitude_e7 + (int32_t)below(2000000) - 1000000;
    query->longitude_e7 = site.longitude_e7 + (int32_t)below(2000000) - 1000000;
    query->radius_m = 1 + below(below(4) == 0 ? 3000000 : 50000);
    query->north_e7 = query->latitude_e7 + (int32_t)below(60000000);
    query->east_e7 = query->longitude_e7 + (int32_t)below(below(4) == 0 ? 400000000 : 5000000);
    query->order =
        query->area == FASTI_SEARCH_CIRCLE ? FASTI_SEARCH_BY_DISTANCE : FASTI_SEARCH_BY_START;
}

static bool is_meant(const struct fasti_search_query *query, struct fasti_geo site) {
    const struct fasti_geo centre = {query->latitude_e7, query->longitude_e7};
    if (query->area == FASTI_SEARCH_CIRCLE)
        return distance_m(centre, site) <= query->radius_m;
    return site.latitude_e7 >= query->latitude_e7 && site.latitude_e7 <= query->north_e7 &&
           site.longitude_e7 >= query->longitude_e7 && site.longitude_e7 <= query->east_e7;
}

Test(geo, pharmacies_of_a_country_are_found_by_radius_and_box) {
    static bool found[SITES_MAX];
    uint32_t total = 0;
    prng = fasti_test_prng("pharmacies");
    if (!sites_read())
        return;
    cr_assert_eq(site_count, 1706);
    cr_assert_eq(placed_count, 1705);
    world = engine_world_make(1, 1, NOW);
    engine_world_practice(world);
    country_make();
    for (uint32_t q = 0; q < QUERIES; q++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_SEARCH};
        query_draw(&command.body.search);
        const struct fasti_search_query query = command.body.search;
        const uint32_t count = found_all(&command, found);
        uint32_t meant = 0;
        for (uint32_t i = 0; i < site_count; i++) {
            const bool is_one = is_placed[i] && is_meant(&query, sites[i]);
            cr_assert_eq(found[i], is_one, "site %u", i);
            meant += is_one;
        }
        cr_assert_eq(count, meant);
        total += count;
    }
    cr_assert_gt(total, QUERIES);
    engine_world_free(world);
}
