/*
 * bench_compare_report.c - see bench_compare_report.h.
 */
#include "bench/bench_compare_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const unit_names[] = {"ops/s", "cpu_us/op", "winners"};

/* ---- arithmetic ---- */

static int number_compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double fasti_compare_median(const double *values, uint32_t count) {
    double sorted[FASTI_COMPARE_ROUNDS_MAX];
    if (count == 0)
        return 0;
    if (count > FASTI_COMPARE_ROUNDS_MAX)
        count = FASTI_COMPARE_ROUNDS_MAX;
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, number_compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

double fasti_compare_ratio(enum fasti_compare_unit unit, double fasti, double peer) {
    const double above = unit == FASTI_COMPARE_CPU ? peer : fasti;
    const double below = unit == FASTI_COMPARE_CPU ? fasti : peer;
    return below > 0 ? above / below : 0;
}

void fasti_compare_spread(const struct fasti_compare_figure *fasti,
                          const struct fasti_compare_figure *peer, double *least, double *most) {
    *least = *most = 0;
    for (uint32_t i = 0; i < fasti->rounds && i < peer->rounds; i++) {
        const double ratio =
            fasti_compare_ratio(FASTI_COMPARE_RATE, fasti->per_second[i], peer->per_second[i]);
        *least = i == 0 || ratio < *least ? ratio : *least;
        *most = i == 0 || ratio > *most ? ratio : *most;
    }
}

/* ---- JSON ---- */

size_t fasti_compare_json(const struct fasti_compare_line *line, char *text, size_t size) {
    const int digits = line->unit == FASTI_COMPARE_CPU ? 3 : 0;
    int length =
        snprintf(text, size,
                 "{\"op\":\"%s\",\"schedules\":%u,\"connections\":%u,\"depth\":%u,"
                 "\"fasti\":%.*f,",
                 line->op, line->schedules, line->connections, line->depth, digits, line->fasti);
    const size_t used = (size_t)length;
    if (line->peer_name == NULL)
        length += snprintf(text + used, size - used,
                           "\"peer\":null,\"peer_name\":null,\"ratio\":null,\"unit\":\"%s\"}",
                           unit_names[line->unit]);
    else
        length += snprintf(text + used, size - used,
                           "\"peer\":%.*f,\"peer_name\":\"%s\",\"ratio\":%.2f,\"unit\":\"%s\"}",
                           digits, line->peer, line->peer_name,
                           fasti_compare_ratio(line->unit, line->fasti, line->peer),
                           unit_names[line->unit]);
    return (size_t)length;
}

static double figure_of(const struct fasti_compare_figure *figure, enum fasti_compare_unit unit) {
    if (figure == NULL)
        return 0;
    if (unit == FASTI_COMPARE_WINNERS)
        return (double)figure->winners_max;
    return fasti_compare_median(unit == FASTI_COMPARE_RATE ? figure->per_second : figure->cpu_us,
                                figure->rounds);
}

void fasti_compare_json_print(FILE *stream, const struct fasti_compare_line *line,
                              const struct fasti_compare_figure *fasti,
                              const struct fasti_compare_figure *peer) {
    const bool is_rush = fasti->winners_max > 0;
    for (enum fasti_compare_unit unit = 0; unit <= FASTI_COMPARE_WINNERS; unit++) {
        char text[FASTI_COMPARE_LINE_BYTES];
        struct fasti_compare_line one = *line;
        if (unit == FASTI_COMPARE_WINNERS && !is_rush)
            continue;
        one.unit = unit;
        one.fasti = figure_of(fasti, unit);
        one.peer = figure_of(peer, unit);
        (void)fasti_compare_json(&one, text, sizeof text);
        fprintf(stream, "%s\n", text);
    }
}

/* ---- the table ---- */

void fasti_compare_table_print(FILE *stream, const struct fasti_compare_line *line, bool is_first,
                               const struct fasti_compare_figure *fasti,
                               const struct fasti_compare_figure *peer) {
    const double rate = figure_of(fasti, FASTI_COMPARE_RATE);
    const double cpu_us = figure_of(fasti, FASTI_COMPARE_CPU);
    const bool is_rush = fasti->winners_max > 0;
    if (is_first) {
        fprintf(stream, "%-7s %2u x %-4u %-10s %11.0f %12.2f", line->op, line->connections,
                line->depth, "fasti", rate, cpu_us);
        if (is_rush)
            fprintf(stream, "   %" PRIu64 " winners", fasti->winners_max);
        fputc('\n', stream);
    }
    if (peer == NULL)
        return;
    double least, most;
    fasti_compare_spread(fasti, peer, &least, &most);
    const double peer_rate = figure_of(peer, FASTI_COMPARE_RATE);
    const double peer_cpu_us = figure_of(peer, FASTI_COMPARE_CPU);
    fprintf(stream, "%-7s %9s %-10s %11.0f %12.2f %8.1f x (%.1f to %.1f) %8.1f x", "", "",
            line->peer_name, peer_rate, peer_cpu_us,
            fasti_compare_ratio(FASTI_COMPARE_RATE, rate, peer_rate), least, most,
            fasti_compare_ratio(FASTI_COMPARE_CPU, cpu_us, peer_cpu_us));
    if (is_rush)
        fprintf(stream, "   %" PRIu64 " winners", peer->winners_max);
    fputc('\n', stream);
}
