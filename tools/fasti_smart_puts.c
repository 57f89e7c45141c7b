/*
 * fasti_smart_puts.c - a plan as puts, one at a time: a put is several KiB, a publication may have
 * a hundred thousand of them.
 */
#include <string.h>

#include "engine/engine.h"
#include "tools/fasti_smart_plan.h"

uint64_t fasti_smart_plan_put_count(const struct fasti_smart_plan *plan) {
    return (uint64_t)plan->service_count + plan->location_count +
           2 * (uint64_t)plan->schedule_count;
}

static void put_schedule(const struct fasti_smart_plan *plan,
                         const struct fasti_smart_planned_schedule *schedule,
                         struct fasti_put *put) {
    put->kind = FASTI_ENTITY_SCHEDULE;
    put->id = schedule->id;
    put->body.schedule.location = schedule->location;
    put->body.schedule.resolution_minutes = schedule->resolution_minutes;
    put->body.schedule.service_count = schedule->service_count;
    for (uint32_t i = 0; i < schedule->service_count; i++)
        put->body.schedule.services[i] = plan->services[schedule->services[i]].id;
    put->body.schedule.language_count = schedule->language_count;
    memcpy(put->body.schedule.languages, schedule->languages, sizeof schedule->languages);
    put->body.schedule.substitute = schedule->substitute;
    put->body.schedule.specialty_count = schedule->specialty_count;
    memcpy(put->body.schedule.specialties, schedule->specialties, sizeof schedule->specialties);
    put->body.schedule.terms = schedule->terms;
}

static void put_openings(const struct fasti_smart_plan *plan,
                         const struct fasti_smart_planned_schedule *schedule,
                         struct fasti_put *put) {
    put->kind = FASTI_ENTITY_OPENINGS;
    put->id = schedule->id;
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.source = plan->options.source;
    put->body.openings.count = schedule->opening_count;
    put->body.openings.openings = plan->openings + schedule->opening_first;
}

void fasti_smart_plan_put(const struct fasti_smart_plan *plan, uint64_t index,
                          struct fasti_put *put, struct fasti_smart_place *place) {
    FASTI_ASSERT(index < fasti_smart_plan_put_count(plan));
    memset(put, 0, sizeof *put);
    struct fasti_smart_place from = {0, 0};
    if (index < plan->service_count) {
        put->kind = FASTI_ENTITY_SERVICE;
        put->id = plan->services[index].id;
        put->name = plan->services[index].name;
        put->body.service.duration_minutes = plan->options.minutes;
        put->body.service.grid_minutes = plan->options.minutes;
        put->body.service.code = plan->services[index].code;
        put->body.service.offset_minutes = plan->services[index].offset_minutes;
        put->body.service.terms = plan->services[index].terms;
    } else if ((index -= plan->service_count) < plan->location_count) {
        const struct fasti_smart_location *location = &plan->locations[index];
        put->kind = FASTI_ENTITY_LOCATION;
        put->id = location->id;
        put->name = location->name;
        put->body.location.zone = plan->options.zone;
        put->body.location.has_position = location->has_position;
        put->body.location.latitude_e7 = location->latitude_e7;
        put->body.location.longitude_e7 = location->longitude_e7;
        from = location->place;
    } else if ((index -= plan->location_count) < plan->schedule_count) {
        put_schedule(plan, &plan->schedules[index], put);
        from = plan->schedules[index].place;
    } else {
        index -= plan->schedule_count;
        put_openings(plan, &plan->schedules[index], put);
        from = plan->schedules[index].place;
    }
    if (place != NULL)
        *place = from;
}
