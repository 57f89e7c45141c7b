/*
 * agree.c - services, zone and openings against the schedule that they meet in.
 */
#include "engine/directory/agree.h"

#include "engine/directory/shape.h"

enum fasti_status fasti_agree_service(const struct fasti_service *service,
                                      uint32_t resolution_minutes,
                                      const struct fasti_id_text *schedule,
                                      struct fasti_detail *detail) {
    const uint32_t duration = service->duration_minutes, grid = service->grid_minutes;
    const struct {
        const char *name;
        uint32_t minutes;
    } all[] = {{"duration", duration},
               {"grid", grid},
               {"offset", service->offset_minutes},
               {"buffer before", service->terms.before_minutes},
               {"buffer after", service->terms.after_minutes}};
    for (uint32_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].minutes % resolution_minutes != 0)
            return fasti_detail_set(
                detail, FASTI_INVALID_RESOLUTION,
                "the %s of service '%.*s', %u minutes, is not a multiple of the resolution of "
                "schedule '%.*s', %u minutes",
                all[i].name, service->id.length, service->id.bytes, all[i].minutes,
                schedule->length, schedule->bytes, resolution_minutes);
    return FASTI_OK;
}

static enum fasti_status named_check(const struct fasti_directory *directory,
                                     const struct fasti_schedule_config *config,
                                     const struct fasti_opening *opening,
                                     struct fasti_detail *detail) {
    for (uint32_t i = 0; i < opening->service_count; i++) {
        if (fasti_schedule_offers(config, opening->services[i]))
            continue;
        const struct fasti_service *service = fasti_service_get(directory, opening->services[i]);
        return fasti_detail_set(detail, FASTI_INVALID_REFERENCE,
                                "schedule '%.*s' cannot drop service '%.*s': its opening '%.*s' "
                                "names it",
                                config->id.length, config->id.bytes, service->id.length,
                                service->id.bytes, opening->id.length, opening->id.bytes);
    }
    return FASTI_OK;
}

enum fasti_status fasti_agree_openings(const struct fasti_directory *directory,
                                       const struct fasti_schedule_config *config,
                                       const struct fasti_opening *openings, uint32_t count,
                                       struct fasti_detail *detail) {
    struct fasti_detail why = {{0}};
    const enum fasti_status status =
        fasti_openings_check_resolution(openings, count, config->resolution_minutes, &why);
    if (status != FASTI_OK)
        return fasti_detail_set(detail, status, "schedule '%.*s': %.*s", config->id.length,
                                config->id.bytes, (int)sizeof why.text - FASTI_ID_BYTES_MAX - 16,
                                why.text);
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(named_check(directory, config, &openings[i], detail));
    return FASTI_OK;
}

enum fasti_status fasti_agree_schedule(const struct fasti_directory *directory,
                                       const struct fasti_schedule_config *config,
                                       struct fasti_detail *detail) {
    for (uint32_t i = 0; i < config->service_count; i++)
        FASTI_TRY(fasti_agree_service(fasti_service_get(directory, config->services[i]),
                                      config->resolution_minutes, &config->id, detail));
    FASTI_TRY(
        fasti_resolution_check_zone(config->resolution_minutes, config->zone, &config->id, detail));
    return fasti_agree_openings(directory, config, config->openings, config->opening_count, detail);
}
