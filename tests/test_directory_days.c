/*
 * test_directory_days.c - compiled days against fasti_openings_expand on the side, and touches
 * against a comparison of every existing day before and after.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/cell.h"
#include "engine/time/civil.h"
#include "tests/support/directory_world.h"
#include "tests/support/seed.h"

#define WEEKDAYS 0x1f

static const char *const services_both[] = {"visit", "scan", NULL};
static const char *const services_visit[] = {"visit", NULL};
static const fasti_schedule_id first_schedule = {1};

/* Organization 1, location "main" in New York, services, schedule 1 "s" that offers both. */
static struct world *world_days(fasti_date today) {
    struct world *world = world_make(1);
    const struct fasti_zone new_york = zone_new_york(), utc = zone_fixed(0);
    struct fasti_put puts[] = {
        put_organization("acme", "Acme"),
        put_zone("America/New_York", &new_york),
        put_zone("Etc/UTC", &utc),
        put_location(1, "main", "America/New_York"),
        put_service(1, "visit", 15, 0),
        put_service(1, "scan", 30, 10),
        put_schedule(1, "s", "main", 5, services_both),
    };
    world->now_ms = ((int64_t)today.v * FASTI_DAY_SECONDS + 12 * 3600) * 1000;
    for (size_t i = 0; i < sizeof puts / sizeof puts[0]; i++)
        world_put(world, &puts[i]);
    return world;
}

static const struct fasti_schedule_config *config_of(struct world *world) {
    return fasti_load_seq_cst(&fasti_schedule_get(world->directory, first_schedule)->config);
}

static struct fasti_day_ref day_find(struct world *world, int32_t date) {
    return fasti_days_find(&world->arena,
                           &fasti_schedule_get(world->directory, first_schedule)->days,
                           (fasti_date){date});
}

/* The pattern of a day as an expansion on the side gives it. */
static uint32_t pattern_aside(struct world *world, const struct fasti_schedule_config *config,
                              int32_t date) {
    static struct fasti_day_draft draft;
    uint32_t pattern = 0;
    cr_assert_eq(fasti_openings_expand(config->openings, config->opening_count, config->zone,
                                       config->resolution_minutes, (fasti_date){date}, &draft),
                 FASTI_OK);
    cr_assert_eq(fasti_pattern_intern(world->patterns, &draft, &pattern), FASTI_OK);
    return pattern;
}

/* Every day: compiled ones are right, past ones are cleared, no chunk was made for nothing, and
 * every service has its plan on every compiled day. */
static void days_verify(struct world *world, int32_t today) {
    const struct fasti_schedule_config *config = config_of(world);
    for (int32_t date = today - 100; date < today + FASTI_COMPILE_DAYS_MAX + 200; date++) {
        const struct fasti_day_ref ref = day_find(world, date);
        const uint32_t wanted = pattern_aside(world, config, date);
        if (ref.chunk == NULL) {
            const bool is_ahead = date >= today - 1 && date < today - 1 + FASTI_COMPILE_DAYS_MAX;
            cr_assert(!is_ahead || wanted == FASTI_PATTERN_CLOSED, "open day %d has a chunk", date);
            continue;
        }
        const uint32_t pattern = fasti_load_acquire(&ref.chunk->patterns[ref.at]);
        if (date < today - 1) {
            cr_assert_eq(pattern, FASTI_PATTERN_NONE, "day %d is past", date);
            continue;
        }
        cr_assert_eq(pattern, wanted, "day %d", date);
        for (uint32_t i = 0; pattern != FASTI_PATTERN_CLOSED && i < config->service_count; i++) {
            const fasti_service_id id = config->services[i];
            struct fasti_plan_key key;
            cr_assert(fasti_schedule_plan_key(config, id, fasti_service_get(world->directory, id),
                                              pattern, &key));
            cr_assert_not_null(fasti_plan_find(world->patterns, &key));
        }
    }
}

static bool is_touched(const struct world *world, int32_t date) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->touch_count; i++)
        count += world->touches[i].date.v == date;
    cr_assert_leq(count, 1, "a day is touched once");
    return count == 1;
}

Test(directory_days, weekly_hours_and_summer_time) {
    const fasti_date today = date_of(2023, 3, 1);
    struct world *world = world_days(today);
    cr_assert_null(day_find(world, today.v).chunk, "nothing is open");
    const struct fasti_opening openings[] = {
        opening_weekly("day", WEEKDAYS, 540, 1020),
        opening_weekly("night", 0x40, 0, 1440), /* Sundays: all of 23 or 25 hours */
        opening_on("holiday", FASTI_OPENING_CLOSED, date_of(2023, 5, 29), 0, 1440),
    };
    struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, openings, 3);
    world_put(world, &put);
    cr_assert_eq(world->touch_count, 0, "no day existed before");
    days_verify(world, today.v);
    const int32_t spring = date_of(2023, 3, 12).v, autumn = date_of(2023, 11, 5).v;
    const int32_t dates[] = {spring, autumn, spring + 7, date_of(2023, 5, 29).v};
    const uint32_t ticks[] = {23 * 12, 25 * 12, 24 * 12, 0};
    for (int i = 0; i < 4; i++) {
        const struct fasti_day_ref ref = day_find(world, dates[i]);
        const uint32_t id = fasti_load_acquire(&ref.chunk->patterns[ref.at]);
        cr_assert_eq(fasti_pattern_get(world->patterns, id)->tick_end, ticks[i], "case %d", i);
    }
    world_free(world);
}

Test(directory_days, no_chunk_is_made_for_closed_days) {
    const fasti_date today = date_of(2023, 3, 1);
    struct world *world = world_days(today);
    struct fasti_opening once =
        opening_on("once", FASTI_OPENING_DATED, (fasti_date){today.v + 200}, 540, 600);
    struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &once, 1);
    world_put(world, &put);
    days_verify(world, today.v);
    uint32_t chunks = 0;
    struct fasti_days *days = &fasti_schedule_get(world->directory, first_schedule)->days;
    for (fasti_date at = {FASTI_DATE_FIRST}; fasti_days_next_chunk(&world->arena, days, at, &at);
         at.v += FASTI_CHUNK_DAYS)
        chunks++;
    cr_assert_eq(chunks, 1);
    world_free(world);
}

Test(directory_days, touches_of_a_service_of_a_dropped_service_and_of_a_zone) {
    const fasti_date today = date_of(2023, 3, 1); /* a Wednesday */
    struct world *world = world_days(today);
    struct fasti_opening monday = opening_weekly("m", 1, 540, 1020);
    struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &monday, 1);
    world_put(world, &put);
    put = put_practitioner(1, "dr", "Doctor");
    world_put(world, &put);
    cr_assert_eq(world->touch_count, 0);
    struct fasti_put cases[] = {
        put_service(1, "visit", 20, 0),
        put_schedule(1, "s", "main", 5, services_visit),
        put_location(1, "main", "Etc/UTC"),
    };
    const int32_t used = today.v + 2; /* a closed Friday on which something was blocked once */
    const struct fasti_day_ref ref = day_find(world, used);
    fasti_store_release(&ref.chunk->cells[ref.at], fasti_cell_word(FASTI_TAG_PAGE, 1, 0));
    for (int i = 0; i < 3; i++) {
        world_put(world, &cases[i]);
        for (int32_t date = today.v - 30; date < today.v + FASTI_COMPILE_DAYS_MAX + 40; date++) {
            const bool is_open = fasti_date_weekday((fasti_date){date}) == 0;
            const bool wanted = date >= today.v - 1 && day_find(world, date).chunk != NULL &&
                                (is_open || (i == 2 && date == used));
            cr_assert_eq(is_touched(world, date), wanted, "case %d, day %d", i, date);
        }
        days_verify(world, today.v);
    }
    cr_assert_eq(config_of(world)->zone_id.v, 2);
    struct fasti_put rename = put_schedule(1, "s", "main", 5, services_visit);
    rename.name = (struct fasti_name_text){4, "Room"};
    world_put(world, &rename);
    cr_assert_eq(world->touch_count, 0, "a name opens nothing");
    world_free(world);
}

Test(directory_days, a_new_table_of_a_zone_reaches_every_schedule_in_it) {
    const fasti_date today = date_of(2023, 3, 1);
    struct world *world = world_days(today);
    struct fasti_opening opening = opening_instant("i", 1680000000, 1680007200);
    struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &opening, 1);
    world_put(world, &put);
    const struct fasti_schedule_config *old = config_of(world);
    const struct fasti_zone *old_zone = old->zone;
    const struct fasti_zone always_winter = zone_fixed(-5 * 3600);
    put = put_zone("America/New_York", &always_winter);
    world_put(world, &put);
    cr_assert_eq(world->touch_count, 1, "the one open day");
    cr_assert_neq(config_of(world)->zone, old_zone);
    cr_assert_eq(old_zone->change_count, 5, "zones never go");
    cr_assert_eq(config_of(world)->zone->change_count, 1);
    days_verify(world, today.v);
    cr_assert(fasti_hash128_equal(world->digest, fasti_directory_digest(world->directory)));
    for (int i = 0; i < 4; i++) /* the old configuration is freed by a later put */
        fasti_epoch_quiescent(&world->limbo);
    put = put_practitioner(1, "dr", "Doctor");
    world_put(world, &put);
    world_free(world);
}

static fasti_date date_near(struct fasti_prng *prng, int32_t today) {
    return (fasti_date){today - 60 + (int32_t)fasti_prng_below(prng, 300)};
}

static struct fasti_opening opening_random(struct fasti_prng *prng, int32_t today) {
    char id[8];
    snprintf(id, sizeof id, "%u", (unsigned)fasti_prng_below(prng, 30));
    const uint16_t start = (uint16_t)(5 * fasti_prng_below(prng, 250));
    const uint16_t end =
        (uint16_t)(start +
                   5 * (1 + fasti_prng_below(prng, fasti_prng_below(prng, 3) == 0 ? 280 : 38)));
    const fasti_date date = date_near(prng, today);
    switch (fasti_prng_below(prng, 4)) {
    case 0: return opening_on(id, FASTI_OPENING_DATED, date, start, end);
    case 1: return opening_on(id, FASTI_OPENING_CLOSED, date, start, end);
    case 2: {
        const int64_t from = (int64_t)date.v * FASTI_DAY_SECONDS + start * 60;
        return opening_instant(id, from, from + 300 * (int64_t)(1 + fasti_prng_below(prng, 500)));
    }
    default: {
        struct fasti_opening weekly =
            opening_weekly(id, (uint8_t)(1 + fasti_prng_below(prng, 127)), start, end);
        weekly.date_first = date;
        weekly.date_last.v = date.v + (int32_t)fasti_prng_below(prng, 500);
        return weekly;
    }
    }
}

/* Applies put and compares every touch with the days that differ. */
static void edit_verify(struct world *world, const struct fasti_put *put, int32_t today) {
    enum { SPAN = FASTI_COMPILE_DAYS_MAX + 300 };
    static bool existed[SPAN];
    static uint32_t before[SPAN];
    const struct fasti_schedule_config *old = config_of(world);
    for (int32_t i = 0; i < SPAN; i++) {
        existed[i] = day_find(world, today - 100 + i).chunk != NULL;
        before[i] = existed[i] ? pattern_aside(world, old, today - 100 + i) : 0;
    }
    enum fasti_put_result result;
    if (world_check(world, put, NULL, &result) != FASTI_OK)
        return; /* one id drawn twice */
    cr_assert_eq(world_publish(world, put, NULL), FASTI_OK);
    if (result != FASTI_PUT_UNCHANGED)
        days_verify(world, today);
    uint32_t wanted = 0;
    for (int32_t i = 0; i < SPAN; i++) {
        const int32_t date = today - 100 + i;
        if (!existed[i] || date < today - 1 ||
            pattern_aside(world, config_of(world), date) == before[i])
            continue;
        wanted++;
        cr_assert(is_touched(world, date), "day %d differs", date);
    }
    cr_assert_eq(world->touch_count, wanted);
}

Test(directory_days, random_edits_compile_and_touch_the_right_days) {
    struct fasti_prng prng = fasti_test_prng("random_edits_compile_and_touch_the_right_days");
    for (int round = 0; round < 6; round++) {
        int32_t today = date_of(2023, 2, 1).v + (int32_t)fasti_prng_below(&prng, 300);
        struct world *world = world_days((fasti_date){today});
        /* a claimer made a far day, which nobody has compiled */
        cr_assert_not_null(
            fasti_days_get(&world->local,
                           &fasti_schedule_get(world->directory, first_schedule)->days,
                           (fasti_date){today + FASTI_COMPILE_DAYS_MAX + 100})
                .chunk);
        for (int edit = 0; edit < 12; edit++) {
            struct fasti_opening openings[6];
            const uint32_t count = 1 + (uint32_t)fasti_prng_below(&prng, 6);
            for (uint32_t i = 0; i < count; i++)
                openings[i] = opening_random(&prng, today);
            const struct fasti_put put =
                put_openings(1, "s", (enum fasti_openings_mode)(1 + fasti_prng_below(&prng, 3)), 0,
                             openings, count);
            edit_verify(world, &put, today);
            today += (int32_t)fasti_prng_below(&prng, 3); /* time goes on */
            world->now_ms = ((int64_t)today * FASTI_DAY_SECONDS + 12 * 3600) * 1000;
        }
        world_free(world);
    }
}

Test(directory_days, clocks_outside_the_bookable_dates_compile_nothing_odd) {
    const fasti_date dates[] = {{0}, {FASTI_DATE_FIRST}, {FASTI_DATE_LAST}, {FASTI_DATE_LAST + 9}};
    for (int i = 0; i < 4; i++) {
        struct world *world = world_days(dates[i]);
        struct fasti_opening opening = opening_weekly("m", 0x7f, 540, 1020);
        struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &opening, 1);
        world_put(world, &put);
        opening.end_minute = 1030;
        world_put(world, &put);
        const uint32_t last = i == 3 ? 0 : 1;
        const struct fasti_day_ref ref =
            day_find(world, i < 2 ? FASTI_DATE_FIRST : FASTI_DATE_LAST);
        cr_assert_eq(ref.chunk != NULL, last == 1, "case %d", i);
        world_free(world);
    }
}
