/*
 * bench_compare_model.c - what is right: a bit for each cell of each practitioner, and plain walks.
 *
 * The bits are also what Redis is given; the answers are found cell by cell, without any of its
 * shifts, or Fasti's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_compare.h"
#include "bench/bench_generate.h"

static bool is_free(const uint8_t *bits, uint32_t cell) {
    return (bits[cell / 8] >> (7 - cell % 8) & 1) != 0;
}

static bool fits(const uint8_t *bits, uint32_t cell, uint32_t cells) {
    for (uint32_t i = cell; i < cell + cells; i++)
        if (i >= FASTI_WORKLOAD_CELLS || !is_free(bits, i))
            return false;
    return true;
}

static void bits_set(uint8_t *bits, uint32_t first, uint32_t end, bool is_one) {
    for (uint32_t cell = first; cell < end; cell++) {
        const uint8_t mask = (uint8_t)(0x80 >> cell % 8);
        bits[cell / 8] = (uint8_t)(is_one ? bits[cell / 8] | mask : bits[cell / 8] & ~mask);
    }
}

/* ---- made once ---- */

static void *room(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fputs("fasti-bench: no memory for the model: take fewer --schedules\n", stderr);
        abort();
    }
    return memory;
}

static void bookings_add(struct fasti_compare_model *model, uint64_t *place,
                         const struct fasti_bench_visits *visits) {
    if (model->booking_count + visits->booking_count > *place) {
        *place += *place / 4 + (UINT64_C(1) << 20);
        model->bookings = realloc(model->bookings, *place * sizeof *model->bookings);
        if (model->bookings == NULL)
            abort();
    }
    for (uint32_t i = 0; i < visits->booking_count; i++)
        model->bookings[model->booking_count++] =
            (struct fasti_workload_booking){visits->practitioner.index, visits->bookings[i]};
}

static void practitioner_add(struct fasti_compare_model *model, uint32_t index,
                             struct fasti_bench_visits *visits) {
    struct fasti_workload_practitioner *who = &visits->practitioner;
    uint8_t *bits = fasti_compare_free(model, index);
    fasti_workload_practitioner(model->seed, index, who);
    model->practitioners[index] = *who;
    visits->appointment_count =
        fasti_workload_appointments(model->seed, who, FASTI_WORKLOAD_DAYS, visits->appointments);
    visits->booking_count =
        fasti_workload_bookings(model->seed, who, FASTI_WORKLOAD_DAYS, visits->appointments,
                                visits->appointment_count, visits->bookings);
    for (uint32_t day = 0; day < FASTI_WORKLOAD_DAYS; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t count = fasti_workload_open(who, day, spans);
        for (uint32_t i = 0; i < count; i++)
            bits_set(bits, spans[i].start_cell, spans[i].end_cell, true);
    }
    for (uint32_t i = 0; i < visits->appointment_count; i++) {
        const struct fasti_workload_visit *visit = &visits->appointments[i];
        bits_set(bits, visit->start_cell, (uint32_t)visit->start_cell + visit->cells, false);
    }
}

void fasti_compare_model_init(struct fasti_compare_model *model, uint64_t seed,
                              uint32_t schedules) {
    struct fasti_bench_visits *visits = room(1, sizeof *visits);
    struct fasti_bench_progress progress = {
        .what = "workload", .things = "practitioners", .count = schedules};
    uint64_t place = 0;
    *model = (struct fasti_compare_model){.seed = seed, .schedules = schedules};
    model->practitioners = room(schedules, sizeof *model->practitioners);
    model->free_bits = room(schedules, FASTI_COMPARE_BITS_BYTES);
    model->agendas = room(FASTI_COMPARE_QUESTIONS, sizeof *model->agendas);
    model->searches = room(FASTI_COMPARE_QUESTIONS, sizeof *model->searches);
    for (uint32_t i = 0; i < schedules; i++) {
        practitioner_add(model, i, visits);
        bookings_add(model, &place, visits);
        fasti_bench_progress_show(&progress, i + 1);
    }
    fasti_workload_shuffle(seed, model->bookings, model->booking_count);
    for (uint32_t n = 0; n < FASTI_COMPARE_QUESTIONS; n++) {
        model->agendas[n] = fasti_workload_agenda(seed, n, schedules);
        model->searches[n] = fasti_workload_search(seed, n);
    }
    free(visits);
}

void fasti_compare_model_deinit(struct fasti_compare_model *model) {
    free(model->searches);
    free(model->agendas);
    free(model->bookings);
    free(model->free_bits);
    free(model->practitioners);
}

/* ---- answers ---- */

uint32_t fasti_compare_agenda(const struct fasti_compare_model *model,
                              const struct fasti_workload_agenda *agenda,
                              struct fasti_compare_row *rows) {
    const uint8_t *bits = fasti_compare_free(model, agenda->practitioner);
    const uint32_t first = (uint32_t)agenda->day * FASTI_WORKLOAD_DAY_CELLS;
    uint32_t count = 0;
    for (uint32_t cell = first;
         cell < first + FASTI_WORKLOAD_AGENDA_DAYS * FASTI_WORKLOAD_DAY_CELLS; cell++)
        if (fits(bits, cell, agenda->cells))
            rows[count++] = (struct fasti_compare_row){cell, agenda->practitioner};
    return count;
}

/* The first cell at which a visit may start; UINT32_MAX: none. */
static uint32_t first_start(const struct fasti_workload_search *search, const uint8_t *bits) {
    for (uint32_t day = search->day; day < (uint32_t)search->day + FASTI_WORKLOAD_SEARCH_DAYS;
         day++) {
        if ((search->weekdays >> day % 7 & 1) == 0)
            continue;
        const uint32_t first = day * FASTI_WORKLOAD_DAY_CELLS;
        for (uint32_t cell = first; cell < first + FASTI_WORKLOAD_DAY_CELLS; cell++) {
            const int32_t minute = (int32_t)((cell - first) * FASTI_WORKLOAD_CELL_MINUTES) +
                                   fasti_workload_offset_minutes(cell);
            if (is_free(bits, cell) && minute >= search->first_minute &&
                minute < search->end_minute && fits(bits, cell, search->cells))
                return cell;
        }
    }
    return UINT32_MAX;
}

static int row_compare(const void *a, const void *b) {
    const struct fasti_compare_row *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return (x->practitioner > y->practitioner) - (x->practitioner < y->practitioner);
}

void fasti_compare_search(const struct fasti_compare_model *model,
                          const struct fasti_workload_search *search, bool is_country,
                          struct fasti_compare_right *right) {
    struct fasti_compare_row *rows = room(model->schedules, sizeof *rows);
    uint32_t count = 0;
    right->edge_m = INFINITY;
    for (uint32_t i = 0; i < model->schedules; i++) {
        const struct fasti_workload_practitioner *who = &model->practitioners[i];
        if (who->specialty != search->specialty || (who->lengths >> (search->cells - 1) & 1) == 0)
            continue;
        if (!is_country) {
            const double beyond_km = fasti_workload_distance_km(search->latitude, search->longitude,
                                                                who->latitude, who->longitude) -
                                     FASTI_WORKLOAD_SEARCH_KM;
            right->edge_m = fmin(right->edge_m, fabs(beyond_km) * 1000);
            if (beyond_km > 0)
                continue;
        }
        const uint32_t cell = first_start(search, fasti_compare_free(model, i));
        if (cell != UINT32_MAX)
            rows[count++] = (struct fasti_compare_row){cell, i};
    }
    qsort(rows, count, sizeof *rows, row_compare);
    right->count = count < FASTI_COMPARE_RESULTS ? count : FASTI_COMPARE_RESULTS;
    memcpy(right->rows, rows, right->count * sizeof *rows);
    free(rows);
}
