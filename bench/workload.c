/*
 * workload.c - the reference workload out of its streams; see workload.h.
 *
 * What is drawn, and in which order, is the definition: another order is another workload.
 */
#include "bench/workload.h"

#include <math.h>
#include <string.h>

#include "engine/base/prng.h"

#define PI              3.14159265358979323846
#define KM_PER_DEGREE   111.32
#define EARTH_KM        6371.0088
#define DST_CELL        5772 /* 2026-10-25T01:00Z */
#define WEEKDAYS_WORKED 5

/* ---- streams ---- */

enum domain {
    DOMAIN_PRACTITIONER = 1,
    DOMAIN_APPOINTMENTS = 2,
    DOMAIN_AGENDA = 3,
    DOMAIN_SEARCH = 4,
    DOMAIN_BOOKINGS = 5,
    DOMAIN_SHUFFLE = 6,
};

static struct fasti_prng stream(uint64_t seed, enum domain domain, uint64_t index) {
    struct fasti_prng prng = {seed * UINT64_C(0x9e3779b97f4a7c15) ^
                              (uint64_t)domain * UINT64_C(0xd1b54a32d192ed03) ^
                              (index + 1) * UINT64_C(0x8cb92ba72f3d8dd7)};
    (void)fasti_prng_next(&prng); /* neighbours begin alike */
    return prng;
}

/* 0 <= result < end. */
static uint32_t below(struct fasti_prng *prng, uint32_t end) {
    return (uint32_t)((fasti_prng_next(prng) >> 32) * end >> 32);
}

/* 0 <= result < 1, of 53 bits. */
static double unit(struct fasti_prng *prng) {
    return (double)(fasti_prng_next(prng) >> 11) * (1.0 / 9007199254740992.0);
}

/* Mean 0, deviation 1 (Box and Muller 1958, of two numbers the first). */
static double gaussian(struct fasti_prng *prng) {
    const double radius = sqrt(-2 * log(1.0 - unit(prng)));
    return radius * cos(2 * PI * unit(prng));
}

/* ---- what is drawn ---- */

/* By population, in thousands. */
static const struct city {
    const char *name;
    double latitude, longitude;
    uint32_t population;
} cities[FASTI_WORKLOAD_CITIES] = {
    {"Berlin", 52.520, 13.405, 3677},
    {"Hamburg", 53.551, 9.993, 1853},
    {"Muenchen", 48.137, 11.575, 1487},
    {"Koeln", 50.938, 6.960, 1073},
    {"Frankfurt", 50.110, 8.682, 759},
    {"Stuttgart", 48.775, 9.182, 626},
    {"Duesseldorf", 51.227, 6.773, 619},
    {"Leipzig", 51.340, 12.373, 601},
    {"Dortmund", 51.514, 7.465, 586},
    {"Essen", 51.456, 7.012, 579},
    {"Bremen", 53.079, 8.801, 563},
    {"Dresden", 51.050, 13.737, 555},
    {"Hannover", 52.376, 9.732, 535},
    {"Nuernberg", 49.452, 11.077, 510},
    {"Duisburg", 51.435, 6.762, 495},
    {"Bochum", 51.482, 7.216, 363},
    {"Wuppertal", 51.256, 7.150, 354},
    {"Bielefeld", 52.030, 8.532, 334},
    {"Bonn", 50.737, 7.098, 331},
    {"Muenster", 51.961, 7.626, 317},
    {"Mannheim", 49.487, 8.466, 311},
    {"Karlsruhe", 49.007, 8.404, 306},
    {"Augsburg", 48.371, 10.898, 296},
    {"Wiesbaden", 50.078, 8.240, 278},
    {"Moenchengladbach", 51.180, 6.442, 261},
    {"Gelsenkirchen", 51.517, 7.085, 260},
    {"Aachen", 50.776, 6.084, 249},
    {"Braunschweig", 52.264, 10.527, 248},
    {"Chemnitz", 50.828, 12.921, 243},
    {"Kiel", 54.323, 10.123, 246},
    {"Halle", 51.483, 11.970, 238},
    {"Magdeburg", 52.121, 11.628, 235},
    {"Freiburg", 47.999, 7.842, 231},
    {"Krefeld", 51.339, 6.585, 227},
    {"Mainz", 49.993, 8.247, 217},
    {"Luebeck", 53.866, 10.687, 216},
    {"Erfurt", 50.978, 11.029, 213},
    {"Oberhausen", 51.470, 6.851, 208},
    {"Rostock", 54.092, 12.099, 208},
    {"Kassel", 51.313, 9.480, 200},
    {"Hagen", 51.361, 7.475, 188},
    {"Potsdam", 52.391, 13.065, 183},
    {"Saarbruecken", 49.234, 6.997, 179},
    {"Hamm", 51.681, 7.817, 179},
    {"Ludwigshafen", 49.477, 8.445, 172},
    {"Oldenburg", 53.144, 8.214, 170},
    {"Muelheim", 51.431, 6.880, 170},
    {"Osnabrueck", 52.280, 8.047, 165},
    {"Leverkusen", 51.046, 7.019, 163},
    {"Heidelberg", 49.399, 8.673, 159},
};

const char *fasti_workload_city_name(uint32_t city) {
    return cities[city].name;
}

static uint8_t draw_city(struct fasti_prng *prng) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < FASTI_WORKLOAD_CITIES; i++)
        total += cities[i].population;
    uint32_t rest = below(prng, total);
    uint8_t city = 0;
    while (rest >= cities[city].population)
        rest -= cities[city++].population;
    return city;
}

/* By Zipf's law with exponent 1. */
static uint8_t draw_specialty(struct fasti_prng *prng) {
    double total = 0, sum = 0;
    for (uint32_t i = 0; i < FASTI_WORKLOAD_SPECIALTIES; i++)
        total += 1.0 / (i + 1);
    const double drawn = unit(prng);
    for (uint8_t i = 0; i < FASTI_WORKLOAD_SPECIALTIES - 1; i++) {
        sum += 1.0 / (i + 1);
        if (drawn < sum / total)
            return i;
    }
    return FASTI_WORKLOAD_SPECIALTIES - 1;
}

/* A length of 1 to 12 cells. */
static uint8_t draw_cells(struct fasti_prng *prng) {
    static const uint8_t percent[FASTI_WORKLOAD_LENGTHS] = {6, 18, 22, 18, 6, 14, 2, 3, 4, 1, 1, 5};
    uint32_t rest = below(prng, 100);
    uint8_t i = 0;
    while (rest >= percent[i])
        rest -= percent[i++];
    return i + 1;
}

/* Around a city's centre, wider around larger ones: a deviation of 2 to 6 km. */
static void draw_position(struct fasti_prng *prng, uint32_t city, double *latitude,
                          double *longitude) {
    const struct city *centre = &cities[city];
    const double millions = centre->population / 1000.0;
    const double deviation_km = 2.0 + 4.0 * (millions < 1.5 ? millions / 1.5 : 1.0);
    const double north = gaussian(prng), east = gaussian(prng);
    const double wide_km = KM_PER_DEGREE * cos(centre->latitude * PI / 180);
    *latitude = round((centre->latitude + north * deviation_km / KM_PER_DEGREE) * 1e6) / 1e6;
    *longitude = round((centre->longitude + east * deviation_km / wide_km) * 1e6) / 1e6;
}

/* ---- practitioners ---- */

/* Bit d: works on weekday d. One in ten works on two or three days only. */
static uint32_t draw_weekdays(struct fasti_prng *prng) {
    if (below(prng, 10) != 0)
        return (1u << WEEKDAYS_WORKED) - 1;
    const int count = 2 + (int)below(prng, 2);
    uint32_t days = 0;
    while (__builtin_popcount(days) < count)
        days |= 1u << below(prng, WEEKDAYS_WORKED);
    return days;
}

/* All weekdays' hours are drawn, also those of days without work: all take as many numbers. */
static void draw_hours(struct fasti_prng *prng, struct fasti_workload_hours (*hours)[2]) {
    static const struct fasti_workload_hours closed = {-1, -1};
    const uint32_t days = draw_weekdays(prng);
    for (uint32_t day = 0; day < 7; day++)
        hours[day][0] = hours[day][1] = closed;
    for (uint32_t day = 0; day < WEEKDAYS_WORKED; day++) {
        const int16_t open = (int16_t)(450 + 30 * below(prng, 4));
        const int16_t lunch = (int16_t)(720 + 30 * below(prng, 3));
        const int16_t lunch_end = (int16_t)(lunch + 60 + 30 * (int)below(prng, 3));
        const int16_t close = (int16_t)(1020 + 30 * below(prng, 5));
        const bool may_end_early = day == 2 || day == 4; /* Wednesday, Friday */
        const bool is_short = may_end_early && below(prng, 2) != 0;
        if ((days >> day & 1) == 0)
            continue;
        hours[day][0] = (struct fasti_workload_hours){open, lunch};
        if (!is_short)
            hours[day][1] = (struct fasti_workload_hours){lunch_end, close};
    }
}

void fasti_workload_practitioner(uint64_t seed, uint32_t index,
                                 struct fasti_workload_practitioner *practitioner) {
    struct fasti_prng prng = stream(seed, DOMAIN_PRACTITIONER, index);
    memset(practitioner, 0, sizeof *practitioner);
    practitioner->index = index;
    practitioner->specialty = draw_specialty(&prng);
    practitioner->city = draw_city(&prng);
    draw_position(&prng, practitioner->city, &practitioner->latitude, &practitioner->longitude);
    practitioner->service_count =
        (uint8_t)(FASTI_WORKLOAD_SERVICES_MIN +
                  below(&prng, FASTI_WORKLOAD_SERVICES_MAX - FASTI_WORKLOAD_SERVICES_MIN + 1));
    for (uint32_t i = 0; i < practitioner->service_count; i++) {
        const uint8_t cells = draw_cells(&prng);
        practitioner->service_cells[i] = cells;
        practitioner->lengths |= (uint16_t)(1u << (cells - 1));
    }
    draw_hours(&prng, practitioner->hours);
}

static uint8_t draw_service(struct fasti_prng *prng,
                            const struct fasti_workload_practitioner *practitioner) {
    return practitioner->service_cells[below(prng, practitioner->service_count)];
}

/* ---- time ---- */

int32_t fasti_workload_offset_minutes(uint32_t cell) {
    return cell < DST_CELL ? 120 : 60;
}

int64_t fasti_workload_utc_s(uint32_t cell) {
    return FASTI_WORKLOAD_START_UTC_S + (int64_t)cell * (FASTI_WORKLOAD_CELL_MINUTES * 60);
}

uint32_t fasti_workload_open(const struct fasti_workload_practitioner *practitioner, uint32_t day,
                             struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES]) {
    const uint32_t first = day * FASTI_WORKLOAD_DAY_CELLS;
    const int32_t offset = fasti_workload_offset_minutes(first);
    uint32_t count = 0;
    for (uint32_t half = 0; half < FASTI_WORKLOAD_HALVES; half++) {
        const struct fasti_workload_hours *hours = &practitioner->hours[day % 7][half];
        if (hours->open_minute < 0)
            continue;
        spans[count++] = (struct fasti_workload_span){
            first + (uint32_t)(hours->open_minute - offset) / FASTI_WORKLOAD_CELL_MINUTES,
            first + (uint32_t)(hours->close_minute - offset) / FASTI_WORKLOAD_CELL_MINUTES,
        };
    }
    return count;
}

/* ---- visits ---- */

/* How much of a day is taken: near days are fuller. */
static double occupancy(uint32_t day) {
    return 0.95 - 0.50 * day / (FASTI_WORKLOAD_DAYS - 1.0);
}

uint32_t fasti_workload_appointments(uint64_t seed,
                                     const struct fasti_workload_practitioner *practitioner,
                                     uint32_t days, struct fasti_workload_visit *visits) {
    struct fasti_prng prng = stream(seed, DOMAIN_APPOINTMENTS, practitioner->index);
    uint32_t count = 0;
    for (uint32_t day = 0; day < days; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t span_count = fasti_workload_open(practitioner, day, spans);
        for (uint32_t i = 0; i < span_count; i++)
            for (uint32_t cell = spans[i].start_cell; cell < spans[i].end_cell;) {
                const uint32_t drawn = draw_service(&prng, practitioner);
                const uint32_t room = spans[i].end_cell - cell;
                const uint32_t cells = drawn < room ? drawn : room;
                if (unit(&prng) < occupancy(day))
                    visits[count++] = (struct fasti_workload_visit){(uint16_t)cell, (uint8_t)cells};
                cell += cells;
            }
    }
    return count;
}

/* Fills a gap between appointments with bookings; returns how many. */
static uint32_t gap_fill(struct fasti_prng *prng,
                         const struct fasti_workload_practitioner *practitioner, uint32_t cell,
                         uint32_t end_cell, struct fasti_workload_visit *bookings) {
    uint32_t count = 0;
    while (cell < end_cell) {
        const uint32_t drawn = draw_service(prng, practitioner), room = end_cell - cell;
        const uint32_t cells = drawn < room ? drawn : room;
        if ((practitioner->lengths >> (cells - 1) & 1) == 0)
            break; /* the rest is too short for what was drawn, and is no service's length */
        bookings[count++] = (struct fasti_workload_visit){(uint16_t)cell, (uint8_t)cells};
        cell += cells;
    }
    return count;
}

uint32_t fasti_workload_bookings(uint64_t seed,
                                 const struct fasti_workload_practitioner *practitioner,
                                 uint32_t days, const struct fasti_workload_visit *appointments,
                                 uint32_t appointment_count,
                                 struct fasti_workload_visit *bookings) {
    struct fasti_prng prng = stream(seed, DOMAIN_BOOKINGS, practitioner->index);
    uint32_t count = 0, next = 0; /* next: of the appointments */
    for (uint32_t day = 0; day < days; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t span_count = fasti_workload_open(practitioner, day, spans);
        for (uint32_t i = 0; i < span_count; i++) {
            uint32_t cell = spans[i].start_cell;
            for (; next < appointment_count && appointments[next].start_cell < spans[i].end_cell;
                 next++) {
                const struct fasti_workload_visit *taken = &appointments[next];
                count += gap_fill(&prng, practitioner, cell, taken->start_cell, bookings + count);
                cell = (uint32_t)taken->start_cell + taken->cells;
            }
            count += gap_fill(&prng, practitioner, cell, spans[i].end_cell, bookings + count);
        }
    }
    return count;
}

uint32_t fasti_workload_patient(uint32_t practitioner, uint32_t start_cell) {
    return (uint32_t)((practitioner * UINT64_C(7919) + start_cell) % FASTI_WORKLOAD_PATIENTS);
}

/* Fisher and Yates, from the end. */
void fasti_workload_shuffle(uint64_t seed, struct fasti_workload_booking *bookings,
                            uint64_t count) {
    struct fasti_prng prng = stream(seed, DOMAIN_SHUFFLE, 0);
    for (uint64_t i = count; i > 1; i--) {
        const uint64_t other = (uint64_t)(unit(&prng) * (double)i);
        const struct fasti_workload_booking last = bookings[i - 1];
        bookings[i - 1] = bookings[other];
        bookings[other] = last;
    }
}

/* ---- questions ---- */

struct fasti_workload_agenda fasti_workload_agenda(uint64_t seed, uint32_t n,
                                                   uint32_t schedule_count) {
    struct fasti_prng prng = stream(seed, DOMAIN_AGENDA, n);
    struct fasti_workload_practitioner practitioner;
    struct fasti_workload_agenda agenda = {.practitioner = below(&prng, schedule_count)};
    fasti_workload_practitioner(seed, agenda.practitioner, &practitioner);
    agenda.cells = draw_service(&prng, &practitioner);
    agenda.day = (uint8_t)below(&prng, FASTI_WORKLOAD_DAYS - FASTI_WORKLOAD_AGENDA_DAYS + 1);
    return agenda;
}

/* When the start may be: at any time, after work, early on a weekday, or before noon on Monday,
 * Wednesday and Friday. */
static void draw_window(struct fasti_prng *prng, struct fasti_workload_search *search) {
    static const struct {
        uint16_t first_minute, end_minute;
        uint8_t weekdays, tenths;
    } windows[] = {{0, 1440, 0x7f, 4}, {960, 1440, 0x1f, 3}, {0, 600, 0x1f, 2}, {0, 720, 0x15, 1}};
    uint32_t rest = below(prng, 10), i = 0;
    while (rest >= windows[i].tenths)
        rest -= windows[i++].tenths;
    search->first_minute = windows[i].first_minute;
    search->end_minute = windows[i].end_minute;
    search->weekdays = windows[i].weekdays;
}

struct fasti_workload_search fasti_workload_search(uint64_t seed, uint32_t n) {
    struct fasti_prng prng = stream(seed, DOMAIN_SEARCH, n);
    struct fasti_workload_search search = {0};
    search.specialty = draw_specialty(&prng);
    search.cells = draw_cells(&prng);
    const uint32_t city = draw_city(&prng);
    draw_position(&prng, city, &search.latitude, &search.longitude);
    search.day = (uint8_t)below(&prng, 30);
    draw_window(&prng, &search);
    return search;
}

double fasti_workload_distance_km(double a_latitude, double a_longitude, double b_latitude,
                                  double b_longitude) {
    const double radian = acos(-1) / 180;
    const double x = sin((b_latitude - a_latitude) * radian / 2);
    const double y = sin((b_longitude - a_longitude) * radian / 2);
    return 2 * EARTH_KM *
           asin(sqrt(x * x + cos(a_latitude * radian) * cos(b_latitude * radian) * y * y));
}
