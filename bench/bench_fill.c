/*
 * bench_fill.c - the workload's directory into a running server.
 *
 *   organization, services d05 .. d60          at once
 *   location, practitioner, schedule, openings of each practitioner: few large imports
 *   schedule ids                               asked for
 *   appointments                               bench_fill_records.c
 *
 * A record that is there and differs is refused (another seed's), one that is there already is
 * left: a fill that broke off is run again. Zones are the server's own.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_generate.h"

#define TIMEOUT_MS       60000 /* a commit publishes all of an import */
#define PUTS             4     /* of one practitioner */
#define DATE_FIRST       ((int32_t)(FASTI_WORKLOAD_START_UTC_S / 86400))
#define RESOLUTION       FASTI_WORKLOAD_CELL_MINUTES
#define MICRODEGREES(at) ((int32_t)lround((at)*1e6))

_Static_assert(FASTI_BENCH_FILL_SCHEDULES *PUTS <= FASTI_IMPORT_EFFECTS_MAX,
               "an import takes the puts of so many schedules");
_Static_assert(FASTI_WORKLOAD_SCHEDULES_MAX <= FASTI_SCHEDULES_MAX &&
                   FASTI_WORKLOAD_SCHEDULES_MAX <= FASTI_LOCATIONS_MAX &&
                   FASTI_WORKLOAD_SCHEDULES_MAX <= FASTI_PRACTITIONERS_MAX,
               "a server can have them all");

/* ---- commands ---- */

bool fasti_bench_fill_complain(const struct fasti_bench_filler *filler, const char *step,
                               enum fasti_status status) {
    const struct fasti_answer *answer = &filler->answer;
    const bool is_answer = status == FASTI_OK;
    const char *text = !is_answer                   ? fasti_status_text(status)
                       : answer->status != FASTI_OK ? fasti_status_text(answer->status)
                                                    : fasti_outcome_text(answer->outcome);
    const char *detail = is_answer ? answer->detail.text : fasti_client_fault(filler->client)->text;
    fprintf(stderr, "fasti-bench: %s: %s%s%s\n", step, text, detail[0] != '\0' ? ": " : "", detail);
    return false;
}

uint32_t fasti_bench_fill_window(const struct fasti_bench_filler *filler, uint32_t wished) {
    const uint32_t allowed = fasti_client_server(filler->client)->in_flight_max;
    return allowed < wished ? allowed : wished;
}

static bool is_done(const struct fasti_answer *answer) {
    return answer->status == FASTI_OK &&
           (fasti_outcome_is_done(answer->outcome) || answer->kind == FASTI_COMMAND_STATUS ||
            answer->kind == FASTI_COMMAND_IMPORT_BEGIN ||
            answer->kind == FASTI_COMMAND_IMPORT_ABORT);
}

static struct fasti_command *command_begin(struct fasti_bench_filler *filler,
                                           enum fasti_command_kind kind) {
    memset(filler->command, 0, sizeof *filler->command);
    filler->command->kind = kind;
    filler->command->organization = filler->organization;
    return filler->command;
}

/* filler->command, to its answer; it must be done. */
static bool ask(struct fasti_bench_filler *filler, const char *step) {
    const enum fasti_status status =
        fasti_client_call(filler->client, filler->command, &filler->answer);
    return (status == FASTI_OK && is_done(&filler->answer)) ||
           fasti_bench_fill_complain(filler, step, status);
}

/* Commands first to first + count - 1 of a kind, FASTI_BENCH_FILL_PUTS of them on their way: make
 * fills filler->command, take looks at filler->answer. */
struct row {
    const char *step;
    uint64_t first, count;
    void (*make)(struct fasti_bench_filler *filler, uint64_t index);
    void (*take)(struct fasti_bench_filler *filler, uint64_t index); /* or NULL */
    struct fasti_bench_progress *progress;                           /* or NULL */
};

/* All of a row, or until the first that is refused; none is on its way then. */
static bool row_run(struct fasti_bench_filler *filler, const struct row *row) {
    const uint32_t window = fasti_bench_fill_window(filler, FASTI_BENCH_FILL_PUTS);
    uint64_t sent = 0, answered = 0;
    bool is_good = true;
    while (answered < row->count && (is_good || answered < sent)) {
        enum fasti_status status;
        if (is_good && sent < row->count && sent - answered < window) {
            row->make(filler, row->first + sent);
            status = fasti_client_send(filler->client, filler->command, row->first + sent);
            if (status != FASTI_OK)
                return fasti_bench_fill_complain(filler, row->step, status);
            sent++;
            continue;
        }
        status = fasti_client_receive(filler->client, &filler->answer);
        if (status == FASTI_OK && filler->answer.tag - row->first >= sent)
            status = FASTI_INVALID_MESSAGE; /* nobody asked for that */
        if (status != FASTI_OK)
            return fasti_bench_fill_complain(filler, row->step, status);
        answered++;
        if (is_good && !is_done(&filler->answer))
            is_good = fasti_bench_fill_complain(filler, row->step, FASTI_OK);
        else if (row->take != NULL && is_good)
            row->take(filler, filler->answer.tag);
        if (row->progress != NULL)
            fasti_bench_progress_show(row->progress, row->first + answered);
    }
    return is_good;
}

/* ---- puts ---- */

__attribute__((format(printf, 2, 3))) static void id_set(struct fasti_id_text *id,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    id->length = (uint8_t)vsnprintf(id->bytes, sizeof id->bytes, format, arguments);
    va_end(arguments);
    FASTI_ASSERT(id->length < sizeof id->bytes);
}

static struct fasti_put *put_begin(struct fasti_bench_filler *filler, enum fasti_entity_kind kind) {
    struct fasti_command *command = command_begin(filler, FASTI_COMMAND_PUT);
    struct fasti_put *put = &command->body.put;
    command->import = filler->import;
    put->kind = kind;
    put->organization = filler->organization;
    put->create_only = true;
    return put;
}

static void service_id_set(struct fasti_id_text *id, uint32_t cells) {
    id_set(id, "d%02u", cells * FASTI_WORKLOAD_CELL_MINUTES);
}

static void location_fill(struct fasti_put *put,
                          const struct fasti_workload_practitioner *practitioner) {
    id_set(&put->id, "l%u", practitioner->index);
    put->name.length = (uint8_t)snprintf(put->name.bytes, sizeof put->name.bytes, "%s",
                                         fasti_workload_city_name(practitioner->city));
    id_set(&put->body.location.zone, "%s", FASTI_WORKLOAD_ZONE);
    put->body.location.has_position = true;
    put->body.location.latitude_e7 = MICRODEGREES(practitioner->latitude) * 10;
    put->body.location.longitude_e7 = MICRODEGREES(practitioner->longitude) * 10;
}

static void practitioner_fill(struct fasti_put *put,
                              const struct fasti_workload_practitioner *practitioner) {
    id_set(&put->id, "p%u", practitioner->index);
    put->name.length = (uint8_t)snprintf(put->name.bytes, sizeof put->name.bytes, "specialty %u",
                                         practitioner->specialty);
}

static void schedule_fill(struct fasti_put *put,
                          const struct fasti_workload_practitioner *practitioner) {
    id_set(&put->id, "s%u", practitioner->index);
    id_set(&put->body.schedule.location, "l%u", practitioner->index);
    id_set(&put->body.schedule.practitioner, "p%u", practitioner->index);
    put->body.schedule.resolution_minutes = RESOLUTION;
    put->body.schedule.specialty_count = 1;
    id_set(&put->body.schedule.specialties[0], "specialty-%u", practitioner->specialty);
    for (uint32_t cells = 1; cells <= FASTI_WORKLOAD_LENGTHS; cells++)
        if ((practitioner->lengths >> (cells - 1) & 1) != 0)
            service_id_set(&put->body.schedule.services[put->body.schedule.service_count++], cells);
}

/* One weekly opening each half of a day, in the workload's 90 days. */
static void openings_fill(struct fasti_put *put, struct fasti_opening *openings,
                          const struct fasti_workload_practitioner *practitioner) {
    static const char *const names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    uint32_t count = 0;
    for (uint32_t day = 0; day < 7; day++)
        for (uint32_t half = 0; half < FASTI_WORKLOAD_HALVES; half++) {
            const struct fasti_workload_hours *hours = &practitioner->hours[day][half];
            if (hours->open_minute < 0)
                continue;
            openings[count] = (struct fasti_opening){
                .kind = FASTI_OPENING_WEEKLY,
                .weekdays = (uint8_t)(1u << day),
                .start_minute = (uint16_t)hours->open_minute,
                .end_minute = (uint16_t)hours->close_minute,
                .date_first = {DATE_FIRST},
                .date_last = {DATE_FIRST + FASTI_WORKLOAD_DAYS - 1},
                .capacity = FASTI_CAPACITY_UNLIMITED,
            };
            id_set(&openings[count++].id, "%s-%s", names[day], half == 0 ? "am" : "pm");
        }
    id_set(&put->id, "s%u", practitioner->index);
    put->create_only = false;
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.count = count;
    put->body.openings.openings = openings;
}

/* ---- the directory ---- */

static void put_make(struct fasti_bench_filler *filler, uint64_t index) {
    static const enum fasti_entity_kind kinds[PUTS] = {
        FASTI_ENTITY_LOCATION, FASTI_ENTITY_PRACTITIONER, FASTI_ENTITY_SCHEDULE,
        FASTI_ENTITY_OPENINGS};
    const enum fasti_entity_kind kind = kinds[index % PUTS];
    struct fasti_put *put = put_begin(filler, kind);
    struct fasti_workload_practitioner practitioner;
    fasti_workload_practitioner(filler->generate->seed, (uint32_t)(index / PUTS), &practitioner);
    if (kind == FASTI_ENTITY_LOCATION)
        location_fill(put, &practitioner);
    else if (kind == FASTI_ENTITY_PRACTITIONER)
        practitioner_fill(put, &practitioner);
    else if (kind == FASTI_ENTITY_SCHEDULE)
        schedule_fill(put, &practitioner);
    else
        openings_fill(put, filler->openings, &practitioner);
}

/* What all practitioners share. */
static bool shared_put(struct fasti_bench_filler *filler) {
    id_set(&put_begin(filler, FASTI_ENTITY_ORGANIZATION)->id, "workload");
    if (!ask(filler, "organization workload"))
        return false;
    filler->organization = (fasti_organization_id){filler->answer.id};
    for (uint32_t cells = 1; cells <= FASTI_WORKLOAD_LENGTHS; cells++) {
        struct fasti_put *put = put_begin(filler, FASTI_ENTITY_SERVICE);
        service_id_set(&put->id, cells);
        put->body.service.duration_minutes = (uint16_t)(cells * FASTI_WORKLOAD_CELL_MINUTES);
        put->body.service.grid_minutes = FASTI_WORKLOAD_CELL_MINUTES;
        put->body.service.code = put->id;
        if (!ask(filler, "services"))
            return false;
        filler->services[cells - 1] = (fasti_service_id){filler->answer.id};
    }
    return true;
}

/* One import: practitioners first to end - 1. */
static bool practitioners_import(struct fasti_bench_filler *filler, uint32_t first, uint32_t end,
                                 struct fasti_bench_progress *progress) {
    const struct row puts = {.step = "directory",
                             .first = (uint64_t)first * PUTS,
                             .count = (uint64_t)(end - first) * PUTS,
                             .make = put_make,
                             .progress = progress};
    (void)command_begin(filler, FASTI_COMMAND_IMPORT_BEGIN);
    if (!ask(filler, "begin of an import"))
        return false;
    const struct fasti_import import = {.import = filler->answer.body.import.import};
    filler->import = import.import;
    const bool is_staged = row_run(filler, &puts);
    filler->import = 0;
    command_begin(filler, is_staged ? FASTI_COMMAND_IMPORT_COMMIT : FASTI_COMMAND_IMPORT_ABORT)
        ->body.import = import;
    if (is_staged)
        return ask(filler, "commit of an import");
    if (fasti_client_call(filler->client, filler->command, &filler->answer) != FASTI_OK)
        fputs(
            "fasti-bench: the server did not hear of the abort; it forgets the import by itself\n",
            stderr);
    return false;
}

static void resolve_make(struct fasti_bench_filler *filler, uint64_t index) {
    struct fasti_command *command = command_begin(filler, FASTI_COMMAND_RESOLVE);
    command->body.resolve.kind = FASTI_ENTITY_SCHEDULE;
    id_set(&command->body.resolve.id, "s%" PRIu64, index);
}

static void resolve_take(struct fasti_bench_filler *filler, uint64_t index) {
    filler->schedules[index] = (fasti_schedule_id){filler->answer.id};
}

static bool directory_fill(struct fasti_bench_filler *filler) {
    const uint32_t count = filler->generate->schedules;
    struct fasti_bench_progress imported = {
        .what = "directory", .things = "records", .count = (uint64_t)count * PUTS};
    const struct row ids = {
        .step = "ids of the schedules", .count = count, .make = resolve_make, .take = resolve_take};
    if (!shared_put(filler))
        return false;
    for (uint32_t first = 0; first < count; first += FASTI_BENCH_FILL_SCHEDULES) {
        const uint32_t rest = count - first;
        const uint32_t end =
            first + (rest < FASTI_BENCH_FILL_SCHEDULES ? rest : FASTI_BENCH_FILL_SCHEDULES);
        if (!practitioners_import(filler, first, end, &imported))
            return false;
    }
    return row_run(filler, &ids);
}

/* ---- all of it ---- */

/* What is past is not offered, and what is long past not even kept. */
static bool clock_look(struct fasti_bench_filler *filler) {
    (void)command_begin(filler, FASTI_COMMAND_STATUS);
    if (!ask(filler, "status"))
        return false;
    if (filler->answer.body.status.now_ms >= (FASTI_WORKLOAD_START_UTC_S + 86400) * 1000)
        fprintf(stderr,
                "fasti-bench: by the server's clock the workload's first days are past; start it "
                "with --now 2026-10-05T00:00:00Z\n");
    return true;
}

static bool fill(struct fasti_bench_filler *filler) {
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    if (!clock_look(filler) || !directory_fill(filler))
        return false;
    printf("organization workload: %u schedules in %.1f s\n", filler->generate->schedules,
           (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9);
    fflush(stdout);
    return fasti_bench_fill_records(filler);
}

int fasti_bench_fill(const struct fasti_bench_generate *generate) {
    struct fasti_bench_filler *filler = calloc(1, sizeof *filler);
    struct fasti_detail detail = {0};
    if (filler == NULL)
        abort();
    filler->generate = generate;
    filler->command = calloc(1, sizeof *filler->command);
    filler->schedules = calloc(generate->schedules, sizeof *filler->schedules);
    if (filler->command == NULL || filler->schedules == NULL)
        abort();
    const enum fasti_status status =
        fasti_client_open(generate->server, TIMEOUT_MS, &filler->client, &detail);
    bool is_good = false;
    if (status == FASTI_OK)
        is_good = fill(filler);
    else
        fprintf(stderr, "fasti-bench: %s\n",
                detail.text[0] != '\0' ? detail.text : fasti_status_text(status));
    fasti_client_close(filler->client);
    free(filler->schedules);
    free(filler->command);
    free(filler);
    return is_good                          ? 0
           : status == FASTI_INVALID_OPTION ? FASTI_BENCH_EXIT_USAGE
                                            : FASTI_BENCH_EXIT_SERVER;
}
