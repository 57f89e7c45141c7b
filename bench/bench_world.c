/*
 * bench_world.c - which schedules does the server have, and which services do they offer?
 *
 * Walks the directory with DESCRIBE, one record a call: a record names its services by external
 * id, so the services are read first. Bounded by FASTI_BENCH_PAIRS_MAX.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

struct service {
    struct fasti_id_text id;
    fasti_service_id service;
    bool is_shared; /* visits may share a start */
};

struct reading {
    struct fasti_client *client;
    struct fasti_command command;
    struct fasti_answer answer;
    struct service *services;
    uint32_t service_count, service_room, pair_room;
    struct fasti_bench_world *world;
};

/* One call; an answer's own refusal counts as failure. */
static enum fasti_status ask(struct reading *reading, struct fasti_detail *detail) {
    const enum fasti_status status =
        fasti_client_call(reading->client, &reading->command, &reading->answer);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "the connection: %s", fasti_status_text(status));
    if (reading->answer.status != FASTI_OK && detail != NULL)
        *detail = reading->answer.detail;
    return reading->answer.status;
}

/* Room for one more element: doubles. false at the limit or without memory. */
static bool grow(void **elements, size_t size, uint32_t count, uint32_t *room) {
    if (count < *room)
        return true;
    const uint32_t wanted = *room == 0 ? 1024 : *room * 2;
    void *grown = wanted <= FASTI_BENCH_PAIRS_MAX ? realloc(*elements, wanted * size) : NULL;
    if (grown == NULL)
        return false;
    *elements = grown;
    *room = wanted;
    return true;
}

static int compare_services(const void *a, const void *b) {
    const struct fasti_id_text *x = &((const struct service *)a)->id;
    const struct fasti_id_text *y = &((const struct service *)b)->id;
    const size_t shorter = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->bytes, y->bytes, shorter);
    return order != 0 ? order : (int)x->length - (int)y->length;
}

static bool add_service(struct reading *reading, const struct fasti_describe_answer *found) {
    void *services = reading->services;
    const bool has_room =
        grow(&services, sizeof *reading->services, reading->service_count, &reading->service_room);
    reading->services = services;
    if (has_room)
        reading->services[reading->service_count++] = (struct service){
            found->put.id, {found->id}, found->put.body.service.terms.capacity > 1};
    return has_room;
}

static bool add_schedule(struct reading *reading, const struct fasti_describe_answer *found) {
    struct fasti_bench_world *world = reading->world;
    const uint32_t first = world->pair_count;
    bool is_shared = found->put.body.schedule.terms.capacity > 1;
    for (uint32_t i = 0; i < found->put.body.schedule.service_count; i++) {
        const struct service wanted = {.id = found->put.body.schedule.services[i]};
        const struct service *service = bsearch(&wanted, reading->services, reading->service_count,
                                                sizeof wanted, compare_services);
        if (service == NULL)
            continue; /* made after the services were read */
        void *pairs = world->pairs;
        const bool has_room =
            grow(&pairs, sizeof *world->pairs, world->pair_count, &reading->pair_room);
        world->pairs = pairs;
        if (!has_room)
            return false;
        world->pairs[world->pair_count++] =
            (struct fasti_bench_pair){{found->id}, service->service, false};
        is_shared |= service->is_shared;
    }
    for (uint32_t i = first; i < world->pair_count; i++)
        world->pairs[i].is_shared = is_shared;
    return true;
}

/* Every record of a kind, in order of dense ids. */
static enum fasti_status walk(struct reading *reading, enum fasti_entity_kind kind,
                              bool (*add)(struct reading *, const struct fasti_describe_answer *),
                              struct fasti_detail *detail) {
    reading->command.kind = FASTI_COMMAND_DESCRIBE;
    reading->command.body.describe = (struct fasti_describe_query){.kind = kind};
    for (uint32_t i = 0; i <= FASTI_BENCH_PAIRS_MAX; i++) {
        FASTI_TRY(ask(reading, detail));
        const struct fasti_describe_answer *found = reading->answer.body.describe;
        if (reading->answer.outcome != FASTI_OUTCOME_FOUND || found->id == 0)
            return FASTI_OK;
        if (!add(reading, found))
            return fasti_detail_set(detail, FASTI_LIMIT_MEMORY,
                                    "the directory is too large for this bench");
        reading->command.body.describe.after = found->id;
    }
    return fasti_detail_set(detail, FASTI_LIMIT_RECORDS, "the directory does not end");
}

static enum fasti_status read_organization(struct reading *reading, const char *organization,
                                           struct fasti_detail *detail) {
    reading->command.kind = FASTI_COMMAND_STATUS;
    FASTI_TRY(ask(reading, detail));
    reading->world->ahead_ms =
        reading->answer.body.status.now_ms - fasti_clock_monotonic_ns() / 1000000;
    reading->world->today = fasti_date_of_utc(reading->answer.body.status.now_ms / 1000);

    reading->command.kind = FASTI_COMMAND_RESOLVE;
    reading->command.body.resolve.kind = FASTI_ENTITY_ORGANIZATION;
    if (fasti_id_text_set(&reading->command.body.resolve.id, organization, strlen(organization)) !=
        FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "not an id: %s", organization);
    FASTI_TRY(ask(reading, detail));
    if (reading->answer.outcome != FASTI_OUTCOME_FOUND)
        return fasti_detail_set(detail, FASTI_NOT_FOUND, "the server has no organization %s",
                                organization);
    reading->world->organization = (fasti_organization_id){reading->answer.id};
    reading->command.organization = reading->world->organization;
    return FASTI_OK;
}

static enum fasti_status read_all(struct reading *reading, const char *organization,
                                  struct fasti_detail *detail) {
    FASTI_TRY(read_organization(reading, organization, detail));
    FASTI_TRY(walk(reading, FASTI_ENTITY_SERVICE, add_service, detail));
    if (reading->service_count > 0)
        qsort(reading->services, reading->service_count, sizeof *reading->services,
              compare_services);
    FASTI_TRY(walk(reading, FASTI_ENTITY_SCHEDULE, add_schedule, detail));
    if (reading->world->pair_count == 0)
        return fasti_detail_set(detail, FASTI_NOT_FOUND, "%s has no schedule that offers a service",
                                organization);
    return FASTI_OK;
}

enum fasti_status fasti_bench_world_read(struct fasti_client *client, const char *organization,
                                         struct fasti_bench_world *world,
                                         struct fasti_detail *detail) {
    *world = (struct fasti_bench_world){0};
    struct reading *reading = calloc(1, sizeof *reading); /* a command is too big for the stack */
    if (reading == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory");
    reading->client = client;
    reading->world = world;
    const enum fasti_status status = read_all(reading, organization, detail);
    free(reading->services);
    free(reading);
    if (status != FASTI_OK)
        fasti_bench_world_deinit(world);
    return status;
}

void fasti_bench_world_deinit(struct fasti_bench_world *world) {
    free(world->pairs);
    free(world->questions);
    *world = (struct fasti_bench_world){0};
}
