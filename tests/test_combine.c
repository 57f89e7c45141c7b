/*
 * test_combine.c - COMBINE through the engine's face, against nested loops that know starts from
 * AVAILABILITY alone and ask BOOK whether rows can be had together (and cancel what it took).
 *
 * Schedules of three zones, around a change of clocks in two of them, of four resolutions, with
 * buffers, seats, visits that share starts, limits a day and a week, hours over midnight; some time
 * is booked, some held, some of that expired.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/time/civil.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW       "2026-03-26T21:00:00Z"
#define TODAY     20538
#define ZONES     3
#define SERVICES  4
#define SCHEDULES 8
#define ROUNDS    8
#define QUERIES   30
#define STARTS    4096

static struct engine_world *world;
static struct fasti_prng prng;
static const struct {
    const char *name, *change;
    int32_t before_s, after_s;
} zones[ZONES] = {
    {"Europe/Berlin", "2026-03-29T01:00:00Z", 3600, 7200},
    {"Pacific/Auckland", "2026-04-04T14:00:00Z", 46800, 43200},
    {"America/Los_Angeles", "2026-03-08T10:00:00Z", -28800, -25200},
};
static uint32_t zone_of[SCHEDULES + 2]; /* by dense id; the last one is another organization's */

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}
static bool one_in(uint32_t n) {
    return below(n) == 0;
}

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, below(2), command);
}

static void must(struct fasti_command command) {
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
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

/* ---- the world ---- */

static void zones_put(void) {
    static struct fasti_zone zone;
    for (uint32_t z = 0; z < ZONES; z++) {
        struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, zones[z].name);
        memset(&zone, 0, sizeof zone);
        zone.change_count = 2;
        zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, zones[z].before_s};
        zone.changes[1] =
            (struct fasti_zone_change){engine_utc_s(zones[z].change), zones[z].after_s};
        command.body.put.body.zone = &zone;
        must(command);
    }
}

static void service_put(uint32_t s) {
    static const uint16_t minutes[SERVICES] = {30, 60, 30, 90};
    struct fasti_command command = put_of(FASTI_ENTITY_SERVICE, 1, "service", s);
    struct fasti_terms *terms = &command.body.put.body.service.terms;
    command.body.put.body.service.duration_minutes = minutes[s];
    command.body.put.body.service.grid_minutes = s == 3 ? 60 : 0;
    terms->before_minutes = one_in(4) ? 30 : 0;
    terms->after_minutes = one_in(4) ? 30 : 0;
    terms->day_limit = (uint16_t)(one_in(3) ? 1 : 0);
    terms->week_limit = (uint16_t)(one_in(3) ? 1 + below(2) : 0);
    if (s == 2) /* visits share starts */
        terms->capacity = 2;
    must(command);
}

static void schedule_put(uint32_t id) {
    static const uint8_t resolutions[] = {1, 5, 10, 15};
    static struct fasti_opening openings[3];
    struct fasti_command command = put_of(FASTI_ENTITY_SCHEDULE, 1, "schedule", id);
    zone_of[id] = one_in(3) ? below(ZONES) : 0;
    command.body.put.body.schedule.location = text_of("place", zone_of[id]);
    command.body.put.body.schedule.resolution_minutes = resolutions[below(4)];
    command.body.put.body.schedule.service_count = SERVICES - 1;
    for (uint32_t i = 0; i < SERVICES - 1u; i++) /* one of them is not offered */
        command.body.put.body.schedule.services[i] = text_of("service", (id + i) % SERVICES);
    command.body.put.body.schedule.terms.week_limit = (uint16_t)(one_in(4) ? 1 + below(3) : 0);
    command.body.put.body.schedule.terms.capacity = (uint8_t)(one_in(6) ? 2 : 0);
    must(command);
    uint32_t count = 0;
    static const char *const begins[] = {"09:00", "09:30", "10:00"};
    openings[count++] =
        engine_weekly("am", (uint8_t)(127 - (1u << below(7))), begins[below(3)], "12:00");
    if (one_in(3)) { /* through midnight */
        openings[count] = engine_weekly("night", (uint8_t)(1 + below(127)), "23:00", "24:00");
        openings[count++].end_minute = 25 * 60;
    }
    if (one_in(4)) {
        openings[count] = engine_weekly("single", 0x7f, "14:00", "15:30");
        openings[count++].flags = FASTI_OPENING_SINGLE;
    }
    command = put_of(FASTI_ENTITY_OPENINGS, 1, "schedule", id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = count;
    command.body.put.body.openings.openings = openings;
    must(command);
}

static void world_make(void) {
    world = engine_world_make_small(fasti_prng_next(&prng), 2, NOW);
    zones_put();
    for (uint32_t o = 1; o <= 2; o++) {
        must(put_of(FASTI_ENTITY_ORGANIZATION, 0, "organization", o));
        for (uint32_t z = 0; z < ZONES; z++) {
            struct fasti_command command = put_of(FASTI_ENTITY_LOCATION, o, "place", z);
            command.body.put.body.location.zone = engine_id(zones[z].name);
            must(command);
        }
    }
    for (uint32_t s = 0; s < SERVICES; s++)
        service_put(s);
    for (uint32_t id = 1; id <= SCHEDULES; id++)
        schedule_put(id);
    struct fasti_command command = put_of(FASTI_ENTITY_SCHEDULE, 2, "foreign", 1);
    command.body.put.body.schedule.location = text_of("place", 0);
    command.body.put.body.schedule.resolution_minutes = 15;
    must(command);
}

/* ---- what is free ---- */

struct start {
    int64_t utc_s;
    uint32_t minutes;
};
struct starts {
    uint32_t count;
    struct start at[STARTS];
};
static struct starts free_starts[FASTI_COMBINE_CHOICES_MAX]; /* by choice */

static void availability_ask(const struct fasti_combine_query *query, uint32_t c) {
    struct starts *starts = &free_starts[c];
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY, .organization = {1}};
    command.body.availability = (struct fasti_availability_query){
        .service_count = 1,
        .services = {query->choices[c].service},
        .facts = query->facts,
        .first = {query->first.v - 3},
        .day_count = (uint16_t)(query->last.v - query->first.v + 7),
        .schedule_count = 1,
        .schedules = {query->choices[c].schedule}};
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    const struct fasti_availability_answer *page = answer.body.availability;
    cr_assert_leq(page->total, STARTS);
    starts->count = page->total;
    for (uint32_t i = 0; i < page->total; i++)
        starts->at[i] =
            (struct start){page->base_utc_s + page->starts[i], page->lengths_minutes[i]};
}

/* Minutes of the visit of a choice that starts there; 0: it is not free. */
static uint32_t minutes_at(uint32_t c, int64_t utc_s) {
    for (uint32_t i = 0; i < free_starts[c].count; i++)
        if (free_starts[c].at[i].utc_s == utc_s)
            return free_starts[c].at[i].minutes;
    return 0;
}

/* ---- the twin ---- */

static struct twin {
    const struct fasti_combine_query *query;
    uint32_t part_first[FASTI_COMBINE_STEPS_MAX], choice_first[16];
    struct starts steps[FASTI_COMBINE_STEPS_MAX]; /* of each step, whichever choices */
    int64_t starts[FASTI_COMBINE_STEPS_MAX];
    uint32_t choices[16], books;
    struct fasti_combine_answer answer;
} twin;

static int64_t local_s(uint32_t step, int64_t utc_s) {
    const struct fasti_combine_query *query = twin.query;
    const uint32_t part = twin.part_first[step];
    for (uint32_t i = 0; i < query->parts[part].choice_count; i++) {
        const uint32_t id = query->choices[twin.choice_first[part] + i].schedule.v;
        if (id >= 1 && id <= SCHEDULES)
            return utc_s + (utc_s >= engine_utc_s(zones[zone_of[id]].change)
                                ? zones[zone_of[id]].after_s
                                : zones[zone_of[id]].before_s);
    }
    return 0;
}

static int32_t date_of(uint32_t step, int64_t utc_s) {
    return (int32_t)(local_s(step, utc_s) / 86400);
}

static bool is_meant(uint32_t step, int64_t utc_s) {
    const struct fasti_combine_query *query = twin.query;
    const fasti_date date = {date_of(step, utc_s)};
    const int32_t minute = (int32_t)(local_s(step, utc_s) % 86400 / 60);
    return date.v >= query->first.v && date.v <= query->last.v && minute >= query->from_minute &&
           minute < (query->to_minute == 0 ? 1440 : query->to_minute) &&
           (query->weekdays == 0 || (query->weekdays >> fasti_date_weekday(date) & 1) != 0);
}

static int start_compare(const void *a, const void *b) {
    const struct start *x = a, *y = b;
    return x->utc_s < y->utc_s ? -1 : x->utc_s > y->utc_s;
}

/* Starts at which every part of the step has some free choice. */
static void step_starts(uint32_t step) {
    const struct fasti_combine_query *query = twin.query;
    struct starts *to = &twin.steps[step];
    const uint32_t first = twin.part_first[step];
    to->count = 0;
    for (uint32_t i = 0; i < query->parts[first].choice_count; i++) {
        const struct starts *from = &free_starts[twin.choice_first[first] + i];
        for (uint32_t s = 0; s < from->count; s++) {
            bool is_there = is_meant(step, from->at[s].utc_s);
            for (uint32_t p = first; p < first + query->steps[step].part_count; p++) {
                bool is_free = false;
                for (uint32_t c = 0; c < query->parts[p].choice_count; c++)
                    is_free |=
                        minutes_at(twin.choice_first[p] + c,
                                   from->at[s].utc_s + query->parts[p].offset_minutes * 60) != 0;
                is_there = is_there && is_free;
            }
            for (uint32_t k = 0; k < to->count; k++)
                is_there = is_there && to->at[k].utc_s != from->at[s].utc_s;
            if (is_there)
                to->at[to->count++] = from->at[s];
        }
    }
    qsort(to->at, to->count, sizeof to->at[0], start_compare);
}

static struct fasti_command *book_of(const struct fasti_combine_row *rows, uint32_t count,
                                     const struct fasti_facts *facts) {
    static struct fasti_command command;
    memset(&command, 0, sizeof command);
    command.kind = FASTI_COMMAND_BOOK;
    command.organization.v = 1;
    struct fasti_book *book = &command.body.book;
    book->item_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        book->items[i] = (struct fasti_book_item){.schedule = rows[i].schedule,
                                                  .service = rows[i].service,
                                                  .start_utc_s = rows[i].start_utc_s,
                                                  .appointment = rows[i].appointment};
        struct fasti_book_appointment *appointment = &book->appointments[rows[i].appointment];
        *appointment = (struct fasti_book_appointment){
            .facts = *facts, .patient = "twin", .patient_length = 4};
        book->appointment_count = (uint8_t)(rows[i].appointment + 1);
    }
    return &command;
}

/* Books the rows and takes them back; would they be booked? */
static bool is_bookable(const struct fasti_combine_row *rows, uint32_t count,
                        const struct fasti_facts *facts) {
    const struct fasti_answer answer = run(book_of(rows, count, facts));
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    twin.books++;
    if (answer.outcome != FASTI_OUTCOME_BOOKED)
        return false;
    for (uint32_t a = 0; a < answer.body.book.appointment_count; a++)
        must((struct fasti_command){
            .kind = FASTI_COMMAND_CANCEL,
            .organization = {1},
            .body.cancel.record = {answer.record.v + answer.body.book.offsets[a]}});
    return true;
}

static bool choices_try(uint32_t step, uint32_t row) {
    const struct fasti_combine_query *query = twin.query;
    struct fasti_combine_row *rows = &twin.answer.rows[twin.answer.row_count];
    if (row == query->part_count)
        return is_bookable(rows, row, &query->facts);
    const uint32_t first = twin.part_first[step];
    const uint32_t end = first + query->steps[step].part_count;
    for (uint32_t i = 0; i < query->parts[row].choice_count; i++) {
        const uint32_t c = twin.choice_first[row] + i;
        const int64_t utc_s = twin.starts[step] + query->parts[row].offset_minutes * 60;
        const uint32_t minutes = minutes_at(c, utc_s);
        bool is_good = minutes != 0;
        for (uint32_t r = first; r < row; r++)
            is_good = is_good && rows[r].schedule.v != query->choices[c].schedule.v;
        for (uint32_t r = step == 0 ? first : twin.part_first[step - 1]; r < first; r++)
            is_good = is_good && utc_s >= rows[r].start_utc_s + rows[r].minutes * 60;
        if (!is_good)
            continue;
        const uint32_t zone = zone_of[query->choices[c].schedule.v];
        rows[row] = (struct fasti_combine_row){
            .schedule = query->choices[c].schedule,
            .service = query->choices[c].service,
            .start_utc_s = utc_s,
            .offset_minutes =
                (int16_t)((utc_s >= engine_utc_s(zones[zone].change) ? zones[zone].after_s
                                                                     : zones[zone].before_s) /
                          60),
            .minutes = (uint16_t)minutes,
            .appointment = (uint8_t)step,
            .choice = (uint8_t)c};
        if (choices_try(step + (row + 1 == end), row + 1))
            return true;
    }
    return false;
}

/* Starts of the steps before the last, whose start is fixed. */
static bool starts_try(uint32_t step) {
    const struct fasti_combine_query *query = twin.query;
    const uint32_t last = query->step_count - 1u;
    for (uint32_t i = 0;
         step < FASTI_COMBINE_STEPS_MAX && i < (step == last ? 1 : twin.steps[step].count); i++) {
        const int64_t utc_s = step == last ? twin.starts[last] : twin.steps[step].at[i].utc_s;
        if (step > 0) {
            const int32_t days = date_of(step, utc_s) - date_of(step - 1, twin.starts[step - 1]);
            if (utc_s <= twin.starts[step - 1] || days < query->steps[step].days_min ||
                days > query->steps[step].days_max)
                continue;
        }
        twin.starts[step] = utc_s;
        if (step == last ? choices_try(0, 0) : starts_try(step + 1))
            return true;
    }
    return false;
}

/* ---- the twin of a series ---- */

static struct placed {
    bool is_placed;
    struct fasti_combine_row rows[FASTI_COMBINE_PARTS_MAX];
} placed[FASTI_ITEMS_MAX];

/* The first instant at which clocks show a minute of a date, or a later one. */
static int64_t wished_at(int32_t date, uint32_t minute) {
    const struct fasti_combine_query *query = twin.query;
    const int64_t wall_s = date * INT64_C(86400) + minute * 60;
    for (uint32_t i = 0; i < query->parts[0].choice_count; i++) {
        const uint32_t id = query->choices[i].schedule.v;
        if (id < 1 || id > SCHEDULES)
            continue;
        const int64_t change_s = engine_utc_s(zones[zone_of[id]].change);
        const int64_t before_s = wall_s - zones[zone_of[id]].before_s;
        const int64_t after_s = wall_s - zones[zone_of[id]].after_s;
        return before_s < change_s ? before_s : after_s < change_s ? change_s : after_s;
    }
    return 0;
}

/* Beside all that is placed, in order, none overlapping the visit. */
static bool visit_fits(uint32_t at) {
    static struct fasti_combine_row rows[FASTI_ITEMS_MAX];
    const uint32_t parts = twin.query->part_count;
    uint32_t count = 0;
    uint8_t appointment = 0;
    for (uint32_t v = 0; v < twin.query->series.count; v++) {
        if (!placed[v].is_placed && v != at)
            continue;
        for (uint32_t p = 0; p < parts; p++) {
            for (uint32_t q = 0; q < parts && v != at; q++) {
                const struct fasti_combine_row *one = &placed[v < at ? v : at].rows[p];
                const struct fasti_combine_row *next = &placed[v < at ? at : v].rows[q];
                if (one->start_utc_s + one->minutes * 60 > next->start_utc_s)
                    return false;
            }
            rows[count] = placed[v].rows[p];
            rows[count++].appointment = appointment;
        }
        appointment++;
    }
    return is_bookable(rows, count, &twin.query->facts);
}

static bool visit_choices(uint32_t at, uint32_t part, int64_t start_s) {
    const struct fasti_combine_query *query = twin.query;
    if (part == query->part_count || part == FASTI_COMBINE_PARTS_MAX) /* a series has one step */
        return visit_fits(at);
    for (uint32_t i = 0; i < query->parts[part].choice_count; i++) {
        const uint32_t c = twin.choice_first[part] + i;
        const int64_t utc_s = start_s + query->parts[part].offset_minutes * 60;
        const uint32_t minutes = minutes_at(c, utc_s);
        bool is_good = minutes != 0;
        for (uint32_t p = 0; p < part; p++)
            is_good = is_good && placed[at].rows[p].schedule.v != query->choices[c].schedule.v;
        placed[at].rows[part] = (struct fasti_combine_row){.schedule = query->choices[c].schedule,
                                                           .service = query->choices[c].service,
                                                           .start_utc_s = utc_s,
                                                           .minutes = (uint16_t)minutes,
                                                           .choice = (uint8_t)c};
        if (is_good && visit_choices(at, part + 1, start_s))
            return true;
    }
    return false;
}

/* Starts near a wish by days, then by the wished time of their day, then as they come. */
static struct nearby { int64_t days, apart_s, utc_s; } nearby[STARTS];

static int nearby_compare(const void *a, const void *b) {
    const struct nearby *x = a, *y = b;
    if (x->days != y->days)
        return x->days < y->days ? -1 : 1;
    if (x->apart_s != y->apart_s)
        return x->apart_s < y->apart_s ? -1 : 1;
    return x->utc_s < y->utc_s ? -1 : x->utc_s > y->utc_s;
}

static uint8_t visit_place(uint32_t at) {
    const struct fasti_combine_series *series = &twin.query->series;
    const int32_t wished = series->first.v + (int32_t)(at * series->every_days);
    uint32_t count = 0;
    for (uint32_t i = 0; i < twin.steps[0].count; i++) {
        const int64_t utc_s = twin.steps[0].at[i].utc_s;
        const int32_t date = date_of(0, utc_s);
        const struct nearby one = {labs(date - wished),
                                   llabs(utc_s - wished_at(date, series->minute)), utc_s};
        if (one.days <= series->near_days && (one.days > 0 || one.apart_s > 0))
            nearby[count++] = one;
    }
    qsort(nearby, count, sizeof nearby[0], nearby_compare);
    for (uint32_t i = 0; i < count; i++) {
        placed[at].is_placed = visit_choices(at, 0, nearby[i].utc_s);
        if (placed[at].is_placed)
            return FASTI_SERIES_NEAR;
    }
    return FASTI_SERIES_NONE;
}

static void twin_series(void) {
    const struct fasti_combine_series *series = &twin.query->series;
    struct fasti_combine_answer *answer = &twin.answer;
    memset(placed, 0, sizeof placed);
    answer->visit_count = series->count;
    for (uint32_t v = 0; v < series->count; v++) {
        const int64_t wished_s =
            wished_at(series->first.v + (int32_t)(v * series->every_days), series->minute);
        answer->visits[v] =
            (struct fasti_combine_visit){.wished_utc_s = wished_s, .fate = FASTI_SERIES_NONE};
        for (uint32_t i = 0; i < twin.steps[0].count && !placed[v].is_placed; i++)
            placed[v].is_placed =
                twin.steps[0].at[i].utc_s == wished_s && visit_choices(v, 0, wished_s);
        if (placed[v].is_placed)
            answer->visits[v].fate = FASTI_SERIES_WISHED;
    }
    for (uint32_t v = 0; v < series->count; v++)
        if (!placed[v].is_placed)
            answer->visits[v].fate = visit_place(v);
    uint8_t appointment = 0;
    for (uint32_t v = 0; v < series->count; v++) {
        for (uint32_t p = 0; p < twin.query->part_count && placed[v].is_placed; p++) {
            placed[v].rows[p].appointment = appointment;
            answer->rows[answer->row_count++] = placed[v].rows[p];
        }
        appointment = (uint8_t)(appointment + placed[v].is_placed);
    }
    answer->count = answer->row_count > 0;
}

static void twin_run(const struct fasti_combine_query *query) {
    memset(&twin.answer, 0, sizeof twin.answer);
    twin.query = query;
    uint32_t part = 0, choice = 0;
    for (uint32_t s = 0; s < query->step_count; s++) {
        twin.part_first[s] = part;
        for (uint32_t p = 0; p < query->steps[s].part_count; p++, part++) {
            twin.choice_first[part] = choice;
            choice += query->parts[part].choice_count;
        }
    }
    for (uint32_t c = 0; c < choice; c++)
        availability_ask(query, c);
    for (uint32_t s = 0; s < query->step_count; s++)
        step_starts(s);
    if (query->series.count > 0) {
        twin_series();
        return;
    }
    const uint32_t last = query->step_count - 1u;
    for (uint32_t i = 0; i < twin.steps[last].count && twin.answer.count < query->limit; i++) {
        twin.starts[last] = twin.steps[last].at[i].utc_s;
        if ((query->after_utc_s != 0 && twin.starts[last] <= query->after_utc_s) || !starts_try(0))
            continue;
        twin.answer.count++;
        twin.answer.row_count = (uint16_t)(twin.answer.row_count + query->part_count);
        twin.answer.next_utc_s = twin.starts[last];
    }
}

/* ---- questions ---- */

static struct fasti_command combine_draw(uint32_t step_max) {
    struct fasti_command command = {.kind = FASTI_COMMAND_COMBINE, .organization = {1}};
    struct fasti_combine_query *query = &command.body.combine;
    query->first.v = TODAY + (int32_t)below(9) - 1;
    query->last.v = query->first.v + (int32_t)(step_max > 1 ? 3 + below(5) : below(7));
    query->from_minute = (uint16_t)(one_in(4) ? below(700) : 0);
    query->to_minute = (uint16_t)(one_in(4) ? 720 + below(720) : 0);
    query->weekdays = (uint8_t)(one_in(4) ? 1 + below(127) : 0);
    query->limit = (uint8_t)(1 + below(6));
    query->step_count = (uint8_t)(1 + below(step_max));
    for (uint32_t s = 0; s < query->step_count; s++) {
        struct fasti_combine_step *step = &query->steps[s];
        step->part_count = (uint8_t)(1 + below(step_max == 1 ? 4 : 2));
        if (s > 0) {
            step->days_min = (uint16_t)below(3);
            step->days_max = (uint16_t)(step->days_min + below(5));
        }
        for (uint32_t p = 0; p < step->part_count; p++) {
            struct fasti_combine_part *part = &query->parts[query->part_count++];
            part->choice_count = (uint8_t)(1 + below(3));
            if (p > 0 && one_in(2))
                part->offset_minutes = (int16_t)(30 * ((int)below(9) - 4));
            const uint32_t service = below(SERVICES);
            for (uint32_t c = 0; c < part->choice_count; c++)
                query->choices[query->choice_count++] = (struct fasti_combine_choice){
                    .schedule = {one_in(30) ? SCHEDULES + below(3) : 1 + below(SCHEDULES)},
                    .service = {1 + (one_in(5) ? below(SERVICES) : service)}};
        }
    }
    return command;
}

static uint32_t offers_seen, chains_seen, same_seen;

static void answer_compare(const struct fasti_combine_query *query,
                           const struct fasti_combine_answer *answer) {
    cr_assert_eq(answer->count, twin.answer.count, "%u offers, not %u", answer->count,
                 twin.answer.count);
    cr_assert_eq(answer->row_count, twin.answer.row_count);
    for (uint32_t r = 0; r < answer->row_count; r++) {
        const struct fasti_combine_row *a = &answer->rows[r], *b = &twin.answer.rows[r];
        cr_assert(a->schedule.v == b->schedule.v && a->service.v == b->service.v &&
                      a->start_utc_s == b->start_utc_s && a->offset_minutes == b->offset_minutes &&
                      a->minutes == b->minutes && a->appointment == b->appointment &&
                      a->choice == b->choice,
                  "row %u: schedule %u at %lld for %u, not %u at %lld for %u", r, a->schedule.v,
                  (long long)a->start_utc_s, a->minutes, b->schedule.v, (long long)b->start_utc_s,
                  b->minutes);
        for (uint32_t before = r - r % query->part_count; before < r; before++)
            same_seen += answer->rows[before].schedule.v == a->schedule.v;
    }
    if (answer->count == query->limit)
        cr_assert_eq(answer->next_utc_s, twin.answer.next_utc_s);
    cr_assert_eq(answer->more, answer->count == query->limit);
    offers_seen += answer->count;
    chains_seen += query->step_count > 1 ? answer->count : 0;
}

/* The question's pages, up to three, each as the loops say; nothing of it is written. */
static void combine_check(struct fasti_command *command) {
    static struct fasti_combine_answer answer;
    struct fasti_combine_query *query = &command->body.combine;
    for (int pages = 0; pages < 3; pages++) {
        engine_world_settle(world);
        const struct fasti_hash128 digest = engine_world_digest(world);
        const struct fasti_answer got = run(command);
        cr_assert_eq(got.status, FASTI_OK, "%s", got.detail.text);
        cr_assert_eq(got.outcome, FASTI_OUTCOME_FOUND);
        cr_assert_str_empty(got.detail.text);
        answer = *got.body.combine;
        engine_world_settle(world);
        cr_assert(fasti_hash128_equal(digest, engine_world_digest(world)));
        twin_run(query);
        answer_compare(query, &answer);
        if (!answer.more)
            return;
        query->after_utc_s = answer.next_utc_s;
    }
}

/* Takes some time: booked, held, or held and expired. */
static void time_take(void) {
    struct fasti_command command =
        engine_availability(1 + below(SCHEDULES), 1 + below(SERVICES), "2026-03-27", 9);
    const struct fasti_answer answer = run(&command);
    const struct fasti_availability_answer *page = answer.body.availability;
    cr_assert_eq(answer.status, FASTI_OK);
    if (page->total == 0)
        return;
    const struct fasti_combine_row row = {.schedule = command.body.availability.schedules[0],
                                          .service = command.body.availability.services[0],
                                          .start_utc_s =
                                              page->base_utc_s + page->starts[below(page->total)]};
    static const struct fasti_facts nobody;
    struct fasti_command *book = book_of(&row, 1, &nobody);
    if (one_in(2)) {
        must(*book);
        return;
    }
    static struct fasti_command hold;
    hold = (struct fasti_command){.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    hold.body.hold.book = book->body.book;
    hold.body.hold.book.appointments[0].patient_length = 0;
    hold.body.hold.seconds = one_in(2) ? 1800 : 10;
    must(hold);
}

/* One step, so many times. */
static struct fasti_command series_draw(void) {
    struct fasti_command command = combine_draw(1);
    struct fasti_combine_query *query = &command.body.combine;
    struct fasti_combine_series *series = &query->series;
    while (query->part_count > 2)
        query->choice_count =
            (uint8_t)(query->choice_count - query->parts[--query->part_count].choice_count);
    query->steps[0].part_count = query->part_count;
    series->count = (uint8_t)(1 + below(6));
    series->every_days = (uint16_t)(1 + below(3));
    series->near_days = (uint8_t)below(3);
    series->minute = (uint16_t)(one_in(4) ? 120 + 30 * below(3) : 540 + 30 * below(6));
    series->first.v = query->first.v + (int32_t)below(2);
    query->last.v = series->first.v + (series->count - 1) * series->every_days + (int32_t)below(3);
    return command;
}

static uint32_t fates[FASTI_SERIES_UNDECIDED + 1];

static void series_check(const struct fasti_command *command) {
    static struct fasti_combine_answer answer;
    const struct fasti_answer got = run(command);
    cr_assert_eq(got.status, FASTI_OK, "%s", got.detail.text);
    answer = *got.body.combine;
    twin_run(&command->body.combine);
    cr_assert_eq(answer.visit_count, twin.answer.visit_count);
    for (uint32_t v = 0; v < answer.visit_count; v++) {
        const struct fasti_combine_visit *a = &answer.visits[v], *b = &twin.answer.visits[v];
        cr_assert(a->fate == b->fate && a->wished_utc_s == b->wished_utc_s,
                  "visit %u: fate %u of %lld, not %u of %lld", v, a->fate,
                  (long long)a->wished_utc_s, b->fate, (long long)b->wished_utc_s);
        fates[a->fate]++;
    }
    cr_assert_eq(answer.count, twin.answer.count);
    cr_assert_eq(answer.row_count, twin.answer.row_count);
    for (uint32_t r = 0; r < answer.row_count; r++) {
        const struct fasti_combine_row *a = &answer.rows[r], *b = &twin.answer.rows[r];
        cr_assert(a->start_utc_s == b->start_utc_s && a->choice == b->choice &&
                      a->minutes == b->minutes && a->appointment == b->appointment,
                  "row %u: %lld by %u, not %lld by %u", r, (long long)a->start_utc_s, a->choice,
                  (long long)b->start_utc_s, b->choice);
    }
    cr_assert_not(answer.more);
    cr_assert(answer.count == 0 ||
              is_bookable(answer.rows, answer.row_count, &command->body.combine.facts));
}

Test(combine, series_are_those_of_nested_loops) {
    prng = fasti_test_prng("series");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        world_make();
        for (uint32_t i = 0; i < QUERIES; i++) {
            time_take();
            const struct fasti_command command = series_draw();
            series_check(&command);
        }
        engine_world_free(world);
    }
    cr_assert_gt(fates[FASTI_SERIES_WISHED], 15);
    cr_assert_gt(fates[FASTI_SERIES_NEAR], 15);
    cr_assert_gt(fates[FASTI_SERIES_NONE], 15);
    cr_assert_eq(fates[FASTI_SERIES_UNDECIDED], 0);
}

static void rounds_run(uint32_t step_max) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        world_make();
        for (uint32_t i = 0; i < QUERIES; i++) {
            time_take();
            if (one_in(8)) /* short holds expire, and are there still */
                fasti_engine_clock(world->engine)->offset_ms += 11000;
            struct fasti_command command = combine_draw(step_max);
            combine_check(&command);
        }
        engine_world_free(world);
    }
}

Test(combine, joint_starts_are_those_of_nested_loops) {
    prng = fasti_test_prng("combine");
    rounds_run(1);
    cr_assert_gt(offers_seen, 100);
}

Test(combine, chains_are_those_of_nested_loops) {
    prng = fasti_test_prng("chains");
    rounds_run(3);
    cr_assert_gt(chains_seen, 40);
    cr_assert_gt(same_seen, 2, "a chain with one schedule twice");
}
