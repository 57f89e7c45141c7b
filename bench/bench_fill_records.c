/*
 * bench_fill_records.c - the workload's appointments into a server, as LOADs in a pipeline.
 *
 *   practitioner 0: appointment, appointment ... | practitioner 1: ... --> batches of 64 records
 *   batch --LOAD--> server, FASTI_BENCH_FILL_LOADS of them on their way --> durable, counted
 *
 * Record n is the n-th appointment, whenever it is loaded, with the same bytes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/bench_generate.h"

#define RECORD_BYTES_MAX 64                                            /* one item, no payload */
#define CREATED_MS       ((FASTI_WORKLOAD_START_UTC_S - 86400) * 1000) /* the day before */
#define BUSY_TRIES       500
#define BUSY_PAUSE_NS    (20 * 1000 * 1000)

_Static_assert(RECORD_BYTES_MAX *FASTI_ITEMS_MAX <= FASTI_LOAD_BYTES_MAX, "a batch is a LOAD");
/* Each record and the day that it is on. */
_Static_assert(2 * FASTI_ITEMS_MAX <= FASTI_CELLS_MAX, "a batch is a claim");

/* Records that travel together; in use until they are answered. */
struct batch {
    bool is_sent;
    uint32_t tries, count, size;
    _Alignas(8) uint8_t bytes[FASTI_ITEMS_MAX * RECORD_BYTES_MAX];
};

struct loader {
    struct fasti_bench_filler *filler;
    uint64_t number;            /* of the last record */
    uint64_t loaded, known;     /* known: were there already */
    uint32_t filling;           /* batch that is being filled */
    uint32_t in_flight, window; /* batches; window at most FASTI_BENCH_FILL_LOADS */
    struct batch batches[FASTI_BENCH_FILL_LOADS];
    struct fasti_bench_visits visits;
};

/* ---- batches ---- */

static bool answer_take(struct loader *loader);

static bool batch_send(struct loader *loader, uint32_t index) {
    struct fasti_bench_filler *filler = loader->filler;
    struct batch *batch = &loader->batches[index];
    enum fasti_status status;
    do {
        *filler->command = (struct fasti_command){
            .kind = FASTI_COMMAND_LOAD,
            .organization = filler->organization,
            .body.load = {.bytes = batch->bytes, .size = batch->size},
        };
        status = fasti_client_send(filler->client, filler->command, index);
        /* BUSY: the server reads again when answers are taken. */
        if (status == FASTI_BUSY && loader->in_flight > 0 && !answer_take(loader))
            return false;
    } while (status == FASTI_BUSY && loader->in_flight > 0);
    if (status != FASTI_OK)
        return fasti_bench_fill_complain(filler, "appointments", status);
    batch->is_sent = true;
    loader->in_flight++;
    return true;
}

/* Takes one answer; a batch is free then, or on its way again if the server was BUSY. */
static bool answer_take(struct loader *loader) {
    struct fasti_bench_filler *filler = loader->filler;
    struct fasti_answer *answer = &filler->answer;
    enum fasti_status status = fasti_client_receive(filler->client, answer);
    if (status == FASTI_OK &&
        (answer->tag >= FASTI_BENCH_FILL_LOADS || !loader->batches[answer->tag].is_sent))
        status = FASTI_INVALID_MESSAGE; /* nobody asked for that */
    if (status != FASTI_OK)
        return fasti_bench_fill_complain(filler, "appointments", status);
    struct batch *batch = &loader->batches[answer->tag];
    batch->is_sent = false;
    loader->in_flight--;
    if (answer->status == FASTI_BUSY && ++batch->tries < BUSY_TRIES) {
        const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
        (void)nanosleep(&pause, NULL);
        return batch_send(loader, (uint32_t)answer->tag);
    }
    if (answer->status != FASTI_OK || !fasti_outcome_is_done(answer->outcome)) {
        if (answer->status == FASTI_EXISTS)
            fputs("fasti-bench: the server has other records, or those of another --seed or "
                  "--fill-days: take an empty one\n",
                  stderr);
        return fasti_bench_fill_complain(filler, "appointments", FASTI_OK);
    }
    loader->loaded += answer->body.load.loaded;
    loader->known += answer->body.load.known;
    batch->count = 0;
    return true;
}

/* Sends the batch that is being filled and finds one that is free. */
static bool batch_turn(struct loader *loader) {
    if (!batch_send(loader, loader->filling))
        return false;
    while (loader->in_flight == loader->window)
        if (!answer_take(loader))
            return false;
    loader->filling = 0;
    while (loader->batches[loader->filling].is_sent)
        loader->filling++;
    struct batch *batch = &loader->batches[loader->filling];
    batch->count = batch->size = batch->tries = 0;
    return true;
}

/* ---- records ---- */

static bool record_add(struct loader *loader, uint32_t practitioner,
                       const struct fasti_workload_visit *visit) {
    const struct fasti_bench_filler *filler = loader->filler;
    char patient[16];
    const struct fasti_item item = {
        .schedule = filler->schedules[practitioner].v,
        .service = filler->services[visit->cells - 1].v,
        .start_utc_s = fasti_workload_utc_s(visit->start_cell),
        .offset_minutes = (int16_t)fasti_workload_offset_minutes(visit->start_cell),
        .minutes = (uint16_t)(visit->cells * FASTI_WORKLOAD_CELL_MINUTES),
        .seats = 1,
        .seats_max = 1,
    };
    const struct fasti_whole whole = {
        .record = {++loader->number},
        .organization = filler->organization,
        .kind = FASTI_RECORD_APPOINTMENT,
        .state = FASTI_STATE_BOOKED,
        .created_ms = CREATED_MS,
        .changed_ms = CREATED_MS,
        .item_count = 1,
        .items = &item,
        .patient = patient,
        .patient_length =
            (uint8_t)snprintf(patient, sizeof patient, "p-%u",
                              fasti_workload_patient(practitioner, visit->start_cell)),
    };
    struct batch *batch = &loader->batches[loader->filling];
    const char *field = NULL;
    const size_t size = fasti_whole_encode(&whole, batch->bytes + batch->size,
                                           sizeof batch->bytes - batch->size, &field);
    FASTI_ASSERT(size > 0 && size <= RECORD_BYTES_MAX);
    batch->size += (uint32_t)size;
    return ++batch->count < FASTI_ITEMS_MAX || batch_turn(loader);
}

static bool practitioner_add(struct loader *loader, uint32_t index) {
    const struct fasti_bench_generate *generate = loader->filler->generate;
    struct fasti_bench_visits *visits = &loader->visits;
    fasti_workload_practitioner(generate->seed, index, &visits->practitioner);
    visits->appointment_count = fasti_workload_appointments(generate->seed, &visits->practitioner,
                                                            generate->days, visits->appointments);
    if (loader->number + visits->appointment_count >= FASTI_LOAD_NUMBERS_END) {
        fprintf(stderr,
                "fasti-bench: a server takes at most %" PRIu64 " records by LOAD, which is %u "
                "schedules of %u days; all of these are loaded or on their way\n",
                FASTI_LOAD_NUMBERS_END - 1, index, generate->days);
        return false;
    }
    for (uint32_t i = 0; i < visits->appointment_count; i++)
        if (!record_add(loader, index, &visits->appointments[i]))
            return false;
    return true;
}

static bool load(struct loader *loader) {
    const uint32_t count = loader->filler->generate->schedules;
    struct fasti_bench_progress progress = {
        .what = "appointments", .things = "schedules", .count = count};
    for (uint32_t i = 0; i < count; i++) {
        if (!practitioner_add(loader, i))
            return false;
        fasti_bench_progress_show(&progress, i + 1);
    }
    if (loader->batches[loader->filling].count > 0 && !batch_send(loader, loader->filling))
        return false;
    while (loader->in_flight > 0)
        if (!answer_take(loader))
            return false;
    return true;
}

bool fasti_bench_fill_records(struct fasti_bench_filler *filler) {
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    struct loader *loader = calloc(1, sizeof *loader);
    if (loader == NULL)
        abort();
    loader->filler = filler;
    loader->window = fasti_bench_fill_window(filler, FASTI_BENCH_FILL_LOADS);
    const bool is_good = load(loader);
    const double seconds = (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9;
    if (is_good)
        printf("%" PRIu64 " appointments loaded, %" PRIu64 " were there already: %.1f s, %.0f "
               "records/s\n",
               loader->loaded, loader->known, seconds,
               (double)(loader->loaded + loader->known) / seconds);
    free(loader);
    return is_good;
}
