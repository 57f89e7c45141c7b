/*
 * bench_generate_csv.c - the workload as nine tables, numbers only, without a heading.
 *
 *   practitioners  practitioner, specialty, city, latitude, longitude, lengths (bit k - 1: k cells)
 *   motives        practitioner, number of the service from 0, minutes
 *   hours          practitioner, weekday (0 = Monday), open and close in local minutes
 *   open_seg       practitioner, start and end cell, weekday, local minute of the start
 *   appts          practitioner, start cell, cells
 *   book, hot      number from 1, practitioner, start cell, cells: free times in random order
 *   q1             number from 1, practitioner, cells, first day
 *   q2             number, specialty, cells, first day, latitude, longitude, minutes from and to,
 *                  weekdays
 *
 * No file is overwritten; when one cannot be written, all that were begun are removed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench_generate.h"

enum table {
    TABLE_PRACTITIONERS,
    TABLE_MOTIVES,
    TABLE_HOURS,
    TABLE_OPEN,
    TABLE_APPOINTMENTS,
    TABLE_BOOK,
    TABLE_AGENDA,
    TABLE_SEARCH,
    TABLE_HOT,
    TABLES,
};
static const char *const table_names[TABLES] = {
    "practitioners", "motives", "hours", "open_seg", "appts", "book", "q1", "q2", "hot"};

#define BUFFER_BYTES (256 * 1024)
_Static_assert(sizeof(struct fasti_workload_booking) == 8, "as the help says");

struct writer {
    const struct fasti_bench_generate *generate;
    bool is_directory_new;
    FILE *files[TABLES]; /* NULL: not begun */
    uint64_t appointment_count, booked_cells, open_cells;
    struct fasti_workload_booking *bookings; /* of all practitioners */
    uint64_t booking_count, booking_room;
    struct fasti_bench_visits visits;
    char buffers[TABLES][BUFFER_BYTES];
};

/* ---- files ---- */

static bool complain(const struct writer *writer, enum table table, int error) {
    fprintf(stderr, "fasti-bench: %s/%s.csv: %s%s\n", writer->generate->csv, table_names[table],
            strerror(error), error == EEXIST ? " already: take an empty directory" : "");
    return false;
}

static bool table_path(const struct writer *writer, enum table table, char path[4096]) {
    return snprintf(path, 4096, "%s/%s.csv", writer->generate->csv, table_names[table]) < 4096;
}

static bool tables_open(struct writer *writer) {
    const char *directory = writer->generate->csv;
    writer->is_directory_new = mkdir(directory, 0777) == 0;
    if (!writer->is_directory_new && errno != EEXIST) {
        fprintf(stderr, "fasti-bench: %s: %s\n", directory, strerror(errno));
        return false;
    }
    for (enum table table = 0; table < TABLES; table++) {
        char path[4096];
        if (!table_path(writer, table, path))
            return complain(writer, table, ENAMETOOLONG);
        writer->files[table] = fopen(path, "wx");
        if (writer->files[table] == NULL)
            return complain(writer, table, errno);
        (void)setvbuf(writer->files[table], writer->buffers[table], _IOFBF, BUFFER_BYTES);
    }
    return true;
}

/* Is all that was written so far on its way to the disk? */
static bool tables_check(const struct writer *writer) {
    for (enum table table = 0; table < TABLES; table++)
        if (ferror(writer->files[table]) != 0)
            return complain(writer, table, errno);
    return true;
}

static bool tables_close(struct writer *writer, bool is_good) {
    bool is_begun[TABLES];
    for (enum table table = 0; table < TABLES; table++) {
        is_begun[table] = writer->files[table] != NULL;
        if (is_begun[table] && fclose(writer->files[table]) != 0 && is_good)
            is_good = complain(writer, table, errno);
    }
    if (is_good)
        return true;
    for (enum table table = 0; table < TABLES; table++) {
        char path[4096];
        if (is_begun[table] && table_path(writer, table, path))
            (void)unlink(path);
    }
    if (writer->is_directory_new)
        (void)rmdir(writer->generate->csv);
    return false;
}

/* ---- rows ---- */

static void practitioner_write(const struct writer *writer) {
    const struct fasti_workload_practitioner *who = &writer->visits.practitioner;
    fprintf(writer->files[TABLE_PRACTITIONERS], "%u,%u,%u,%.6f,%.6f,%u\n", who->index,
            who->specialty, who->city, who->latitude, who->longitude, who->lengths);
    for (uint32_t i = 0; i < who->service_count; i++)
        fprintf(writer->files[TABLE_MOTIVES], "%u,%u,%u\n", who->index, i,
                who->service_cells[i] * FASTI_WORKLOAD_CELL_MINUTES);
    for (uint32_t day = 0; day < 7; day++)
        for (uint32_t half = 0; half < FASTI_WORKLOAD_HALVES; half++)
            if (who->hours[day][half].open_minute >= 0)
                fprintf(writer->files[TABLE_HOURS], "%u,%u,%d,%d\n", who->index, day,
                        who->hours[day][half].open_minute, who->hours[day][half].close_minute);
}

static void open_write(struct writer *writer) {
    const struct fasti_workload_practitioner *who = &writer->visits.practitioner;
    for (uint32_t day = 0; day < writer->generate->days; day++) {
        struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
        const uint32_t count = fasti_workload_open(who, day, spans);
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t cell = spans[i].start_cell;
            fprintf(writer->files[TABLE_OPEN], "%u,%u,%u,%u,%d\n", who->index, cell,
                    spans[i].end_cell, day % 7,
                    (int)(cell % FASTI_WORKLOAD_DAY_CELLS * FASTI_WORKLOAD_CELL_MINUTES) +
                        fasti_workload_offset_minutes(cell));
            writer->open_cells += spans[i].end_cell - cell;
        }
    }
}

static void appointments_write(struct writer *writer) {
    const struct fasti_bench_visits *visits = &writer->visits;
    for (uint32_t i = 0; i < visits->appointment_count; i++) {
        const struct fasti_workload_visit *visit = &visits->appointments[i];
        fprintf(writer->files[TABLE_APPOINTMENTS], "%u,%u,%u\n", visits->practitioner.index,
                visit->start_cell, visit->cells);
        writer->booked_cells += visit->cells;
    }
    writer->appointment_count += visits->appointment_count;
}

static void booking_write(FILE *file, uint64_t number,
                          const struct fasti_workload_booking *booking) {
    fprintf(file, "%" PRIu64 ",%u,%u,%u\n", number, booking->practitioner,
            booking->visit.start_cell, booking->visit.cells);
}

static void questions_write(const struct writer *writer) {
    const struct fasti_bench_generate *generate = writer->generate;
    for (uint32_t n = 0; n < FASTI_BENCH_QUESTIONS; n++) {
        const struct fasti_workload_agenda agenda =
            fasti_workload_agenda(generate->seed, n, generate->schedules);
        const struct fasti_workload_search search = fasti_workload_search(generate->seed, n);
        fprintf(writer->files[TABLE_AGENDA], "%u,%u,%u,%u\n", n + 1, agenda.practitioner,
                agenda.cells, agenda.day);
        fprintf(writer->files[TABLE_SEARCH], "%u,%u,%u,%u,%.6f,%.6f,%u,%u,%u\n", n + 1,
                search.specialty, search.cells, search.day, search.latitude, search.longitude,
                search.first_minute, search.end_minute, search.weekdays);
    }
}

/* ---- what is free ---- */

/* Grows by a quarter: half of 4 GB would be much to ask for at once. */
static bool bookings_reserve(struct writer *writer, uint32_t count) {
    if (writer->booking_count + count <= writer->booking_room)
        return true;
    const uint64_t room = writer->booking_room + writer->booking_room / 4 + (UINT64_C(1) << 20);
    struct fasti_workload_booking *grown = realloc(writer->bookings, room * sizeof *grown);
    if (grown == NULL) {
        fprintf(stderr,
                "fasti-bench: no memory for %" PRIu64 " free bookings: ask for fewer --schedules "
                "or --fill-days\n",
                room);
        return false;
    }
    writer->bookings = grown;
    writer->booking_room = room;
    return true;
}

static bool bookings_add(struct writer *writer) {
    const struct fasti_bench_visits *visits = &writer->visits;
    if (!bookings_reserve(writer, visits->booking_count))
        return false;
    for (uint32_t i = 0; i < visits->booking_count; i++)
        writer->bookings[writer->booking_count++] =
            (struct fasti_workload_booking){visits->practitioner.index, visits->bookings[i]};
    return true;
}

static void bookings_write(struct writer *writer) {
    fasti_workload_shuffle(writer->generate->seed, writer->bookings, writer->booking_count);
    for (uint64_t i = 0; i < writer->booking_count; i++)
        if (i < FASTI_WORKLOAD_HOT)
            booking_write(writer->files[TABLE_HOT], i + 1, &writer->bookings[i]);
        else
            booking_write(writer->files[TABLE_BOOK], i + 1 - FASTI_WORKLOAD_HOT,
                          &writer->bookings[i]);
}

/* ---- all of it ---- */

static bool write_all(struct writer *writer) {
    const struct fasti_bench_generate *generate = writer->generate;
    struct fasti_bench_visits *visits = &writer->visits;
    struct fasti_bench_progress progress = {
        .what = "generate", .things = "practitioners", .count = generate->schedules};
    for (uint32_t i = 0; i < generate->schedules; i++) {
        fasti_workload_practitioner(generate->seed, i, &visits->practitioner);
        visits->appointment_count = fasti_workload_appointments(
            generate->seed, &visits->practitioner, generate->days, visits->appointments);
        visits->booking_count = fasti_workload_bookings(
            generate->seed, &visits->practitioner, generate->days, visits->appointments,
            visits->appointment_count, visits->bookings);
        practitioner_write(writer);
        open_write(writer);
        appointments_write(writer);
        if (!bookings_add(writer) || !tables_check(writer))
            return false;
        fasti_bench_progress_show(&progress, i + 1);
    }
    bookings_write(writer);
    questions_write(writer);
    return tables_check(writer);
}

int fasti_bench_generate_csv(const struct fasti_bench_generate *generate) {
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        abort();
    writer->generate = generate;
    const bool is_good = tables_close(writer, tables_open(writer) && write_all(writer));
    if (is_good)
        printf("%u practitioners, %" PRIu64 " appointments in %u days, occupancy %.4f, %" PRIu64
               " free bookings in %s\n",
               generate->schedules, writer->appointment_count, generate->days,
               writer->open_cells == 0 ? 0.0
                                       : (double)writer->booked_cells / (double)writer->open_cells,
               writer->booking_count, generate->csv);
    free(writer->bookings);
    free(writer);
    return is_good ? 0 : FASTI_BENCH_EXIT_FILE;
}
