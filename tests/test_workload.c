/*
 * test_workload.c - the reference workload: its totals, and what holds for whatever seed.
 *
 * Its bytes are checked as tables, by tests/test_generate.sh.
 */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bench/workload.h"
#include "support/seed.h"

#define SEED FASTI_WORKLOAD_SEED_DEFAULT
#define FEW  200 /* practitioners of a random workload */

static struct fasti_workload_visit appointments[FASTI_WORKLOAD_VISITS_MAX];
static struct fasti_workload_visit bookings[FASTI_WORKLOAD_VISITS_MAX];

/* What a cell is; a visit turns all of its cells from one into another. */
enum { CLOSED, OPEN, APPOINTMENT, BOOKING };

static void take(uint8_t *cells, const struct fasti_workload_visit *visit, uint8_t to) {
    cr_assert_geq(visit->cells, 1);
    cr_assert_leq(visit->cells, FASTI_WORKLOAD_LENGTHS);
    cr_assert_leq(visit->start_cell + visit->cells, FASTI_WORKLOAD_CELLS);
    for (uint32_t i = visit->start_cell; i < (uint32_t)visit->start_cell + visit->cells; i++) {
        cr_assert_eq(cells[i], OPEN, "cell %u is %u", i, cells[i]);
        cells[i] = to;
    }
}

static uint32_t open_mark(uint8_t *cells, const struct fasti_workload_practitioner *who) {
    uint32_t sum = 0;
    for (uint32_t day = 0; day < FASTI_WORKLOAD_DAYS; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t count = fasti_workload_open(who, day, spans);
        uint32_t open = 0;
        cr_assert_leq(count, day % 7 < 5 ? FASTI_WORKLOAD_HALVES : 0);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_lt(spans[i].start_cell, spans[i].end_cell);
            cr_assert_geq(spans[i].start_cell, day * FASTI_WORKLOAD_DAY_CELLS);
            cr_assert_leq(spans[i].end_cell, (day + 1) * FASTI_WORKLOAD_DAY_CELLS);
            memset(cells + spans[i].start_cell, OPEN, spans[i].end_cell - spans[i].start_cell);
            open += spans[i].end_cell - spans[i].start_cell;
        }
        cr_assert_leq(open, FASTI_WORKLOAD_OPEN_CELLS_MAX);
        sum += open;
    }
    return sum;
}

static double distance_km(double latitude, double longitude, double latitude_2,
                          double longitude_2) {
    const double radian = acos(-1) / 180, a = sin((latitude_2 - latitude) * radian / 2),
                 b = sin((longitude_2 - longitude) * radian / 2);
    return 2 * 6371 * asin(sqrt(a * a + cos(latitude * radian) * cos(latitude_2 * radian) * b * b));
}

Test(workload, totals_of_5000) {
    uint64_t count = 0, booked = 0, open = 0, free_count = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        static uint8_t cells[FASTI_WORKLOAD_CELLS];
        struct fasti_workload_practitioner who;
        fasti_workload_practitioner(SEED, i, &who);
        open += open_mark(cells, &who);
        const uint32_t of_one = fasti_workload_appointments(SEED, &who, 90, appointments);
        for (uint32_t n = 0; n < of_one; n++)
            booked += appointments[n].cells;
        count += of_one;
        free_count += fasti_workload_bookings(SEED, &who, 90, appointments, of_one, bookings);
    }
    cr_assert_eq(count, 4828877);
    cr_assert_eq(free_count, 2372335);
    cr_assert_float_eq((double)booked / (double)open, 0.7032, 0.00005);
}

/* Open, booked and free time of one practitioner fit together. */
static void visits_check(uint64_t seed, const struct fasti_workload_practitioner *who) {
    static uint8_t cells[FASTI_WORKLOAD_CELLS];
    memset(cells, CLOSED, sizeof cells);
    (void)open_mark(cells, who);
    const uint32_t count = fasti_workload_appointments(seed, who, 90, appointments);
    for (uint32_t i = 0; i < count; i++) {
        take(cells, &appointments[i], APPOINTMENT);
        cr_assert(i == 0 || appointments[i - 1].start_cell < appointments[i].start_cell);
        cr_assert_lt(fasti_workload_patient(who->index, appointments[i].start_cell),
                     FASTI_WORKLOAD_PATIENTS);
    }
    const uint32_t free_count =
        fasti_workload_bookings(seed, who, 90, appointments, count, bookings);
    for (uint32_t i = 0; i < free_count; i++) {
        take(cells, &bookings[i], BOOKING);
        cr_assert(i == 0 || bookings[i - 1].start_cell < bookings[i].start_cell);
        cr_assert(who->lengths >> (bookings[i].cells - 1) & 1, "a length that is not offered");
    }
}

Test(workload, whatever_the_seed) {
    struct fasti_prng prng = fasti_test_prng("whatever_the_seed");
    const uint64_t seed = fasti_prng_next(&prng);
    uint32_t part_time = 0, first_specialty = 0;
    for (uint32_t i = 0; i < FEW; i++) {
        struct fasti_workload_practitioner who;
        fasti_workload_practitioner(seed, i, &who);
        cr_assert_lt(who.specialty, FASTI_WORKLOAD_SPECIALTIES);
        cr_assert_lt(who.city, FASTI_WORKLOAD_CITIES);
        cr_assert_geq(who.service_count, FASTI_WORKLOAD_SERVICES_MIN);
        cr_assert_leq(who.service_count, FASTI_WORKLOAD_SERVICES_MAX);
        uint32_t lengths = 0, days = 0;
        for (uint32_t n = 0; n < who.service_count; n++)
            lengths |= 1u << (who.service_cells[n] - 1);
        cr_assert_eq(lengths, who.lengths);
        for (uint32_t day = 0; day < 7; day++)
            days += who.hours[day][0].open_minute >= 0;
        cr_assert(days == 5 || days == 3 || days == 2, "%u days a week", days);
        part_time += days < 5;
        first_specialty += who.specialty == 0;
        visits_check(seed, &who);
    }
    /* 10 % and 25 %; five deviations and more. */
    cr_assert(part_time < FEW * 10 / 100 + 22, "%u part-time", part_time);
    cr_assert(first_specialty > FEW * 25 / 100 - 31 && first_specialty < FEW * 25 / 100 + 31,
              "%u of specialty 0", first_specialty);
}

Test(workload, first_days_are_the_same_in_short_ones) {
    static struct fasti_workload_visit whole[FASTI_WORKLOAD_VISITS_MAX];
    struct fasti_workload_practitioner who;
    for (uint32_t i = 0; i < 20; i++) {
        fasti_workload_practitioner(SEED, i, &who);
        const uint32_t all = fasti_workload_appointments(SEED, &who, 90, whole);
        for (uint32_t days = 0; days < 90; days += 7) {
            const uint32_t count = fasti_workload_appointments(SEED, &who, days, appointments);
            cr_assert_leq(count, all);
            cr_assert_arr_eq(appointments, whole, count * sizeof *whole);
            cr_assert(count == all || whole[count].start_cell >= days * FASTI_WORKLOAD_DAY_CELLS);
        }
    }
}

Test(workload, a_place_is_in_its_city) {
    struct fasti_workload_practitioner who;
    for (uint32_t i = 0; i < 1000; i++) {
        fasti_workload_practitioner(SEED, i, &who);
        if (strcmp(fasti_workload_city_name(who.city), "Berlin") == 0)
            cr_assert_lt(distance_km(52.52, 13.405, who.latitude, who.longitude), 6 * 5);
    }
}

Test(workload, clock_change) {
    cr_assert_eq(fasti_workload_utc_s(0), 1791158400);
    cr_assert_eq(fasti_workload_utc_s(5772), 1792890000); /* 2026-10-25T01:00Z */
    cr_assert_eq(fasti_workload_offset_minutes(5771), 120);
    cr_assert_eq(fasti_workload_offset_minutes(5772), 60);
    struct fasti_workload_practitioner who = {.hours = {{{480, 720}, {-1, -1}}}};
    for (uint32_t day = 1; day < 7; day++)
        who.hours[day][0] = who.hours[day][1] = (struct fasti_workload_hours){-1, -1};
    struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
    cr_assert_eq(fasti_workload_open(&who, 14, spans), 1); /* 08:00 is 06:00Z */
    cr_assert_eq(spans[0].start_cell, 14 * 288 + 72);
    cr_assert_eq(spans[0].end_cell, 14 * 288 + 120);
    cr_assert_eq(fasti_workload_open(&who, 21, spans), 1); /* 08:00 is 07:00Z */
    cr_assert_eq(spans[0].start_cell, 21 * 288 + 84);
    cr_assert_eq(fasti_workload_open(&who, 22, spans), 0);
}

Test(workload, shuffled_is_the_same_in_another_order) {
    enum { COUNT = 1000 };
    static struct fasti_workload_booking once[COUNT], again[COUNT], other[COUNT];
    static bool seen[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        once[i] = again[i] = other[i] =
            (struct fasti_workload_booking){i, {(uint16_t)(i * 7), (uint8_t)(i % 12 + 1)}};
    fasti_workload_shuffle(SEED, once, COUNT);
    fasti_workload_shuffle(SEED, again, COUNT);
    fasti_workload_shuffle(SEED + 1, other, COUNT);
    uint32_t at_home = 0, alike = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        const uint32_t who = once[i].practitioner;
        cr_assert(who < COUNT && !seen[who]);
        seen[who] = true;
        cr_assert_eq(once[i].visit.start_cell, who * 7);
        cr_assert_eq(once[i].visit.cells, who % 12 + 1);
        cr_assert_eq(again[i].practitioner, who);
        at_home += who == i;
        alike += other[i].practitioner == who;
    }
    cr_assert(at_home < 20 && alike < 20, "%u at home, %u as with another seed", at_home, alike);
    fasti_workload_shuffle(SEED, once, 1);
    fasti_workload_shuffle(SEED, NULL, 0);
}

Test(workload, questions) {
    struct fasti_prng prng = fasti_test_prng("questions");
    const uint64_t seed = fasti_prng_next(&prng);
    for (uint32_t n = 0; n < 2000; n++) {
        const struct fasti_workload_agenda agenda = fasti_workload_agenda(seed, n, FEW);
        struct fasti_workload_practitioner who;
        cr_assert_lt(agenda.practitioner, FEW);
        fasti_workload_practitioner(seed, agenda.practitioner, &who);
        cr_assert(who.lengths >> (agenda.cells - 1) & 1);
        cr_assert_leq(agenda.day + FASTI_WORKLOAD_AGENDA_DAYS, FASTI_WORKLOAD_DAYS);

        const struct fasti_workload_search search = fasti_workload_search(seed, n);
        cr_assert_lt(search.specialty, FASTI_WORKLOAD_SPECIALTIES);
        cr_assert(search.cells >= 1 && search.cells <= FASTI_WORKLOAD_LENGTHS);
        cr_assert_leq(search.day + FASTI_WORKLOAD_SEARCH_DAYS, FASTI_WORKLOAD_DAYS);
        cr_assert_lt(search.first_minute, search.end_minute);
        cr_assert_leq(search.end_minute, 1440);
        cr_assert(search.weekdays != 0 && search.weekdays < 0x80);
        cr_assert(search.latitude > 47 && search.latitude < 55);
        cr_assert(search.longitude > 5 && search.longitude < 15);
    }
}
