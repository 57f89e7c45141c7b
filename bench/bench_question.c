/*
 * bench_question.c - see bench_question.h.
 */
#include "bench/bench_question.h"

#include <math.h>
#include <stdio.h>

#define HOME_DAYS ((int32_t)(FASTI_WORKLOAD_START_UTC_S / 86400))
#define RADIUS_M  (FASTI_WORKLOAD_SEARCH_KM * 1000)

void fasti_bench_ask_agenda(struct fasti_command *command, fasti_organization_id organization,
                            fasti_service_id service, fasti_schedule_id schedule,
                            const struct fasti_workload_agenda *agenda) {
    struct fasti_availability_query *query = &command->body.availability;
    command->kind = FASTI_COMMAND_AVAILABILITY;
    command->organization = organization;
    /* One by one: the query is large, for it has room for many schedules. */
    query->service_count = 1;
    query->services[0] = service;
    query->location_count = 0;
    query->after = 0;
    query->facts = (struct fasti_facts){0};
    query->first = (fasti_date){HOME_DAYS + agenda->day};
    query->day_count = FASTI_WORKLOAD_AGENDA_DAYS;
    query->schedule_count = 1;
    query->schedules[0] = schedule;
}

static void id_set(struct fasti_id_text *id, const char *format, uint32_t number) {
    id->length = (uint8_t)snprintf(id->bytes, sizeof id->bytes, format, number);
}

void fasti_bench_ask_search(struct fasti_command *command,
                            const struct fasti_workload_search *search, bool is_country) {
    command->kind = FASTI_COMMAND_SEARCH;
    command->organization.v = 0;
    command->body.search = (struct fasti_search_query){
        .area = is_country ? FASTI_SEARCH_ANYWHERE : FASTI_SEARCH_CIRCLE,
        .latitude_e7 = (int32_t)lround(search->latitude * 1e7),
        .longitude_e7 = (int32_t)lround(search->longitude * 1e7),
        .radius_m = RADIUS_M,
        .first = {HOME_DAYS + search->day},
        .last = {HOME_DAYS + search->day + FASTI_WORKLOAD_SEARCH_DAYS - 1},
        .from_minute = search->first_minute,
        .to_minute = search->end_minute,
        .weekdays = search->weekdays,
        .order = FASTI_SEARCH_BY_START,
        .limit = FASTI_BENCH_SEARCH_RESULTS,
        .start_limit = 1,
    };
    id_set(&command->body.search.specialty, "specialty-%u", search->specialty);
    id_set(&command->body.search.code, "d%02u", search->cells * FASTI_WORKLOAD_CELL_MINUTES);
}
