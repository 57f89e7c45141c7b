/*
 * workload.h - the reference workload: practitioners, what is booked, and what is asked.
 *
 *   seed --+-- (practitioner, i) --> specialty, city, position, services, weekly hours
 *          +-- (appointments, i) --> what of its hours is booked: 95 % of day 0, 45 % of day 89
 *          +-- (bookings, i) ------> a way to fill what is left free
 *          +-- (shuffle) ----------> all of these in one random order; the first 100 are hot
 *          +-- (agenda, n) --------> question Q1: one schedule, one week
 *          `-- (search, n) --------> question Q2: a specialty near a place, two weeks
 *
 * Each line is a splitmix64 stream of its own, so the first n practitioners of a workload are those
 * of every larger one, and the days before any day are filled alike.
 *
 * Time is counted in cells of 5 minutes from 2026-10-05T00:00Z, a Monday; day d is the UTC day of
 * cells d * 288 to d * 288 + 287, and everything lies within 90 of them. Hours are local times of
 * Europe/Berlin; the clock change (2026-10-25T01:00Z, cell 5772) falls on a Sunday, when all are
 * closed, and no hours reach into another UTC day. Spans are half-open.
 * Pure functions, no I/O, any thread.
 */
#ifndef FASTI_BENCH_WORKLOAD_H
#define FASTI_BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define FASTI_WORKLOAD_SEED_DEFAULT  20261005
#define FASTI_WORKLOAD_SCHEDULES_MAX 1000000 /* practitioners, a schedule each */
#define FASTI_WORKLOAD_ZONE          "Europe/Berlin"

#define FASTI_WORKLOAD_START_UTC_S  INT64_C(1791158400) /* of cell 0 */
#define FASTI_WORKLOAD_CELL_MINUTES 5
#define FASTI_WORKLOAD_DAY_CELLS    288
#define FASTI_WORKLOAD_DAYS         90
#define FASTI_WORKLOAD_CELLS        (FASTI_WORKLOAD_DAYS * FASTI_WORKLOAD_DAY_CELLS)

#define FASTI_WORKLOAD_SPECIALTIES  30
#define FASTI_WORKLOAD_CITIES       50
#define FASTI_WORKLOAD_LENGTHS      12 /* a visit takes 1 to 12 cells */
#define FASTI_WORKLOAD_SERVICES_MIN 4
#define FASTI_WORKLOAD_SERVICES_MAX 12
#define FASTI_WORKLOAD_HALVES       2 /* of a day: before and after lunch */
#define FASTI_WORKLOAD_HOT          100
#define FASTI_WORKLOAD_PATIENTS     4000000

/* No day is open longer than 07:30 to 19:00 less an hour of lunch; 65 of 90 days are weekdays. So
 * many visits one practitioner has at most, free or booked. */
#define FASTI_WORKLOAD_OPEN_CELLS_MAX 126
#define FASTI_WORKLOAD_VISITS_MAX     (65 * FASTI_WORKLOAD_OPEN_CELLS_MAX)

/* ---- practitioners ---- */

/* Local minutes of the day; both -1: closed. */
struct fasti_workload_hours {
    int16_t open_minute, close_minute;
};

struct fasti_workload_practitioner {
    uint32_t index;             /* from 0 */
    uint8_t specialty;          /* 0, the most frequent, to FASTI_WORKLOAD_SPECIALTIES - 1 */
    uint8_t city;               /* 0, the largest, to FASTI_WORKLOAD_CITIES - 1 */
    double latitude, longitude; /* degrees, rounded to 1e-6 */
    uint8_t service_count;      /* FASTI_WORKLOAD_SERVICES_MIN to _MAX */
    uint8_t service_cells[FASTI_WORKLOAD_SERVICES_MAX]; /* lengths; the same one may recur */
    uint16_t lengths; /* bit k - 1: a service of k cells is among them */
    struct fasti_workload_hours hours[7][FASTI_WORKLOAD_HALVES]; /* from Monday */
};

/* Practitioner number index of the workload of a seed. */
void fasti_workload_practitioner(uint64_t seed, uint32_t index,
                                 struct fasti_workload_practitioner *practitioner);

/* In ASCII; city is below FASTI_WORKLOAD_CITIES. */
const char *fasti_workload_city_name(uint32_t city);

/* ---- time ---- */

struct fasti_workload_span {
    uint32_t start_cell, end_cell;
};

/* Of Europe/Berlin from UTC, in the workload's 90 days: 120, then 60. */
int32_t fasti_workload_offset_minutes(uint32_t cell);
int64_t fasti_workload_utc_s(uint32_t cell);

/* When a practitioner is open on a day (0 to 89): 0 to 2 spans, in order. Returns how many. */
uint32_t fasti_workload_open(const struct fasti_workload_practitioner *practitioner, uint32_t day,
                             struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES]);

/* ---- visits ---- */

/* Of one practitioner: booked, or free to be. */
struct fasti_workload_visit {
    uint16_t start_cell;
    uint8_t cells; /* 1 to FASTI_WORKLOAD_LENGTHS */
};

/* The appointments of days 0 to days - 1 (days at most 90), by rising start; none overlap, all lie
 * within hours. One that the end of the hours cuts may have a length that the practitioner does not
 * offer. visits: room for FASTI_WORKLOAD_VISITS_MAX. Returns how many. */
uint32_t fasti_workload_appointments(uint64_t seed,
                                     const struct fasti_workload_practitioner *practitioner,
                                     uint32_t days, struct fasti_workload_visit *visits);

/* Bookings that fit beside those appointments, and beside each other, by rising start, each of a
 * length that the practitioner offers. bookings: room for FASTI_WORKLOAD_VISITS_MAX. Returns how
 * many. */
uint32_t fasti_workload_bookings(uint64_t seed,
                                 const struct fasti_workload_practitioner *practitioner,
                                 uint32_t days, const struct fasti_workload_visit *appointments,
                                 uint32_t appointment_count, struct fasti_workload_visit *bookings);

/* For whom an appointment is: 0 to FASTI_WORKLOAD_PATIENTS - 1. */
uint32_t fasti_workload_patient(uint32_t practitioner, uint32_t start_cell);

/* One of all practitioners' bookings. */
struct fasti_workload_booking {
    uint32_t practitioner;
    struct fasti_workload_visit visit;
};

/* Brings the bookings, which are in order of practitioner and start, into the workload's order. The
 * first FASTI_WORKLOAD_HOT of them (or all, if there are fewer) are those that many want at once;
 * the others are asked for once each. */
void fasti_workload_shuffle(uint64_t seed, struct fasti_workload_booking *bookings, uint64_t count);

/* ---- questions ---- */

/* Q1: every start of a service in 7 days. */
#define FASTI_WORKLOAD_AGENDA_DAYS 7
struct fasti_workload_agenda {
    uint32_t practitioner;
    uint8_t cells; /* one of the practitioner's lengths */
    uint8_t day;   /* the first: 0 to 83 */
};

/* Q2: who of a specialty, within 10 km, has a service of this length and a start within 14 days,
 * that starts at some local time of day and on some weekdays? */
#define FASTI_WORKLOAD_SEARCH_DAYS 14
#define FASTI_WORKLOAD_SEARCH_KM   10
struct fasti_workload_search {
    uint8_t specialty, cells;
    uint8_t day; /* the first: 0 to 29 */
    double latitude, longitude;
    uint16_t first_minute, end_minute; /* local, of the start; 0 and 1440: at any time */
    uint8_t weekdays;                  /* local, of the start; bit 0 = Monday */
};

/* Question number n (from 0) about practitioners 0 to schedule_count - 1. */
struct fasti_workload_agenda fasti_workload_agenda(uint64_t seed, uint32_t n,
                                                   uint32_t schedule_count);
struct fasti_workload_search fasti_workload_search(uint64_t seed, uint32_t n);

/* Between two points, in degrees: haversine on the mean sphere; none of the server's code, whose
 * answers it checks. */
double fasti_workload_distance_km(double a_latitude, double a_longitude, double b_latitude,
                                  double b_longitude);

#endif
