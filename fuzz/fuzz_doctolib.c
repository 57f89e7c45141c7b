/*
 * fuzz_doctolib.c - bytes as a booking page's answer: read, planned, and every put looked at.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "tools/fasti_doctolib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_service(const struct fasti_put *put) {
    struct fasti_detail detail;
    FASTI_ASSERT(put->body.service.duration_minutes >= 1 &&
                 put->body.service.duration_minutes <= FASTI_SERVICE_MINUTES_MAX);
    FASTI_ASSERT(fasti_terms_check(&put->body.service.terms, "service", put->id.bytes,
                                   put->id.length, &detail) == FASTI_OK);
}

static void check_schedule(const struct fasti_doctolib *feed, const struct fasti_put *put) {
    FASTI_ASSERT(put->body.schedule.location.length > 0);
    FASTI_ASSERT(put->body.schedule.service_count <= FASTI_SCHEDULE_SERVICES_MAX);
    FASTI_ASSERT(put->body.schedule.resolution_minutes == 1 ||
                 put->body.schedule.resolution_minutes == 5);
    for (uint32_t i = 0; i < put->body.schedule.service_count; i++) {
        const struct fasti_id_text *id = &put->body.schedule.services[i];
        bool is_there = false;
        for (uint32_t s = 0; s < feed->service_count; s++)
            is_there = is_there || fasti_id_text_equal(&feed->services[s].id, id);
        FASTI_ASSERT(is_there);
        for (uint32_t other = 0; other < i; other++)
            FASTI_ASSERT(!fasti_id_text_equal(&put->body.schedule.services[other], id));
    }
}

/* No id is put twice: the later put would replace the earlier one. */
static void check_ids(const struct fasti_doctolib *feed) {
    for (uint32_t i = 0; i < feed->place_count; i++)
        for (uint32_t other = 0; other < i; other++)
            FASTI_ASSERT(!fasti_id_text_equal(&feed->places[i].id, &feed->places[other].id));
    for (uint32_t i = 0; i < feed->schedule_count; i++)
        for (uint32_t other = 0; other < i; other++)
            FASTI_ASSERT(!fasti_id_text_equal(&feed->schedules[i].id, &feed->schedules[other].id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fasti_doctolib_options options = {.minutes = 15};
    struct fasti_doctolib *feed = fasti_doctolib_create(&options);
    struct fasti_detail detail = {""};
    if (feed == NULL)
        return 0;
    const enum fasti_status status = fasti_doctolib_read(feed, (const char *)data, size, &detail);
    FASTI_ASSERT(status == FASTI_OK || detail.text[0] != '\0');
    for (uint64_t i = 0; status == FASTI_OK && i < fasti_doctolib_put_count(feed); i++) {
        struct fasti_put put;
        fasti_doctolib_put(feed, i, &put);
        FASTI_ASSERT(put.id.length > 0);
        if (put.kind == FASTI_ENTITY_SERVICE)
            check_service(&put);
        if (put.kind == FASTI_ENTITY_SCHEDULE)
            check_schedule(feed, &put);
    }
    if (status == FASTI_OK)
        check_ids(feed);
    fasti_doctolib_destroy(feed);
    return 0;
}
