/*
 * bench_inner.c - see bench_inner.h.
 */
#include "bench/bench_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fasti_bench_inner *fasti_bench_inner_make(const struct fasti_bench_options *options) {
    struct fasti_bench_inner *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        abort();
    bench->options = options;
    bench->prng = (struct fasti_prng){1};
    bench->disk = fasti_sim_disk_create(1);
    bench->schedules = calloc(options->schedules, sizeof *bench->schedules);
    if (bench->disk == NULL || bench->schedules == NULL)
        abort();
    return bench;
}

void fasti_bench_inner_free(struct fasti_bench_inner *bench) {
    fasti_engine_close(bench->engine, true);
    fasti_sim_disk_destroy(bench->disk);
    free(bench->schedules);
    free(bench);
}

bool fasti_bench_complain(const struct fasti_bench_inner *bench, const char *step,
                          enum fasti_status status) {
    fprintf(stderr, "fasti-bench: %s: %s%s%s\n", step, fasti_status_text(status),
            bench->detail.text[0] != '\0' ? ": " : "", bench->detail.text);
    return false;
}

void fasti_bench_report(const struct fasti_bench_options *options, const char *name, uint64_t count,
                        int64_t ns) {
    const double rate = 1e9 * (double)count / (double)ns, each = (double)ns / (double)count;
    if (options->json)
        printf("{\"figure\":\"%s\",\"count\":%" PRIu64 ",\"per_second\":%.0f,\"ns\":%.1f}\n", name,
               count, rate, each);
    else
        printf("%-28s %14.0f /s %12.1f ns each\n", name, rate, each);
    fflush(stdout);
}

bool fasti_bench_inner_open(struct fasti_bench_inner *bench) {
    const struct fasti_engine_options options = {
        .worker_count = 1,
        .memory_bytes_max = UINT64_C(16) << 30,
        .snapshot_log_bytes = bench->options->snapshot_log_bytes,
        .past_days = bench->options->past_days,
        .retention_days = bench->options->retention_days,
        .is_prefaulted = true,
        .clock = fasti_clock_fixed(bench->options->now_ms == 0 ? FASTI_BENCH_NOW_MS
                                                               : bench->options->now_ms),
    };
    struct fasti_io *io = NULL;
    enum fasti_status status = FASTI_OK;
    if (bench->options->data == NULL)
        io = fasti_sim_disk_open(bench->disk);
    else
        status = fasti_io_open_directory(bench->options->data, 1, false, &io, &bench->detail);
    if (status == FASTI_OK)
        status = fasti_engine_open(&options, io, &bench->engine, &bench->recovery, &bench->detail);
    return status == FASTI_OK || fasti_bench_complain(bench, "open", status);
}

/* ---- a small directory ---- */

bool fasti_bench_ask(struct fasti_bench_inner *bench, const char *step) {
    bool is_answered = fasti_engine_submit(bench->engine, 0, &bench->command, 0, &bench->answer);
    while (!is_answered && !fasti_engine_is_dead(bench->engine))
        is_answered = fasti_engine_poll(bench->engine, 0, &bench->answer, 1) == 1;
    bench->detail = bench->answer.detail;
    const bool is_done = is_answered && bench->answer.status == FASTI_OK &&
                         fasti_outcome_is_done(bench->answer.outcome);
    return is_done || fasti_bench_complain(bench, step, bench->answer.status);
}

static void id_set(struct fasti_id_text *id, const char *text) {
    id->length = (uint8_t)strlen(text);
    memcpy(id->bytes, text, id->length);
}

static struct fasti_put *put_begin(struct fasti_bench_inner *bench, enum fasti_entity_kind kind,
                                   const char *id) {
    memset(&bench->command, 0, sizeof bench->command);
    bench->command.kind = FASTI_COMMAND_PUT;
    bench->command.organization = bench->organization;
    struct fasti_put *put = &bench->command.body.put;
    put->kind = kind;
    put->organization = bench->organization;
    id_set(&put->id, id);
    return put;
}

static bool put_schedule(struct fasti_bench_inner *bench, uint32_t i) {
    char id[32];
    (void)snprintf(id, sizeof id, "schedule-%u", i);
    struct fasti_put *put = put_begin(bench, FASTI_ENTITY_SCHEDULE, id);
    id_set(&put->body.schedule.location, "place");
    put->body.schedule.resolution_minutes = 5;
    put->body.schedule.service_count = 1;
    id_set(&put->body.schedule.services[0], "visit");
    if (!fasti_bench_ask(bench, "schedule"))
        return false;
    bench->schedules[i] = (fasti_schedule_id){bench->answer.id};

    struct fasti_opening opening = {
        .kind = FASTI_OPENING_WEEKLY,
        .weekdays = 0x7f,
        .start_minute = FASTI_BENCH_OPEN_MINUTE,
        .end_minute = FASTI_BENCH_OPEN_MINUTE + FASTI_BENCH_VISITS * FASTI_BENCH_VISIT_MINUTES,
        .date_first = {FASTI_BENCH_DATE_FIRST},
        .date_last = {FASTI_BENCH_DATE_FIRST + bench->options->open_days - 1},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
    id_set(&opening.id, "daily");
    put = put_begin(bench, FASTI_ENTITY_OPENINGS, id);
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.count = 1;
    put->body.openings.openings = &opening;
    return fasti_bench_ask(bench, "openings");
}

bool fasti_bench_inner_fill(struct fasti_bench_inner *bench) {
    static const struct fasti_zone zone = {
        .change_count = 1,
        .changes = {{.utc_s = FASTI_ZONE_FIRST_UTC_S, .offset_s = 0}},
    };
    struct fasti_put *put = put_begin(bench, FASTI_ENTITY_ZONE, "UTC");
    put->body.zone = &zone;
    if (!fasti_bench_ask(bench, "zone"))
        return false;
    (void)put_begin(bench, FASTI_ENTITY_ORGANIZATION, "bench");
    if (!fasti_bench_ask(bench, "organization"))
        return false;
    bench->organization = (fasti_organization_id){bench->answer.id};
    put = put_begin(bench, FASTI_ENTITY_LOCATION, "place");
    id_set(&put->body.location.zone, "UTC");
    if (!fasti_bench_ask(bench, "location"))
        return false;
    put = put_begin(bench, FASTI_ENTITY_SERVICE, "visit");
    put->body.service.duration_minutes = FASTI_BENCH_VISIT_MINUTES;
    if (!fasti_bench_ask(bench, "service"))
        return false;
    bench->service = (fasti_service_id){bench->answer.id};
    for (uint32_t i = 0; i < bench->options->schedules; i++)
        if (!put_schedule(bench, i))
            return false;
    return true;
}
