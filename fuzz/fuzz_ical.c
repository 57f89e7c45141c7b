/*
 * fuzz_ical.c - bytes as an iCalendar file: read as a whole, and what comes out looked at.
 *
 * The first byte chooses the window; the place is in Europe/Berlin, or a zone without changes
 * where the machine has no time zones.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "tools/fasti_ical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fasti_zoneinfo *zoneinfo;
static struct fasti_zone zone;

static void open_zone(void) {
    static const char name[] = "Europe/Berlin";
    struct fasti_id_text id;
    struct fasti_detail detail;
    const struct fasti_zone *found;
    zoneinfo = fasti_zoneinfo_open("/usr/share/zoneinfo");
    FASTI_ASSERT(zoneinfo != NULL);
    FASTI_ASSERT(fasti_id_text_set(&id, name, sizeof name - 1) == FASTI_OK);
    if (fasti_zoneinfo_load(zoneinfo, &id, &found, &detail) == FASTI_OK)
        zone = *found;
    else
        zone = (struct fasti_zone){.change_count = 1, .changes = {{FASTI_ZONE_FIRST_UTC_S, 3600}}};
}

static void check_busy(const struct fasti_ical *result, const struct fasti_ical_options *options) {
    for (uint32_t i = 0; i < result->busy_count; i++) {
        const struct fasti_ical_busy *busy = &result->busy[i];
        FASTI_ASSERT(busy->start_utc_s < busy->end_utc_s);
        FASTI_ASSERT(busy->start_utc_s < options->to_utc_s);
        FASTI_ASSERT(busy->end_utc_s > options->from_utc_s);
        FASTI_ASSERT(i == 0 || busy[-1].start_utc_s <= busy->start_utc_s);
        FASTI_ASSERT(strlen(busy->uid) <= FASTI_ICAL_UID_BYTES_MAX && busy->line > 0);
    }
}

static void check_openings(const struct fasti_ical *result) {
    struct fasti_detail detail;
    FASTI_ASSERT(result->opening_count == 0 || result->has_availability);
    for (uint32_t i = 0; i < result->opening_count; i++)
        FASTI_ASSERT(fasti_opening_check(&result->openings[i], 1, &detail) == FASTI_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (zoneinfo == NULL)
        open_zone();
    if (size == 0)
        return 0;
    const int64_t from = FASTI_ZONE_FIRST_UTC_S + (data[0] & 15) * INT64_C(12) * 366 * 86400;
    const struct fasti_ical_options options = {
        zoneinfo, &zone, from, from + (data[0] >> 4 & 7) * 400 * INT64_C(86400) + 1};
    /* A copy that ends where the file does. */
    char *bytes = malloc(size);
    FASTI_ASSERT(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    struct fasti_ical *result;
    struct fasti_detail detail = {""};
    const enum fasti_status status = fasti_ical_read(bytes, size - 1, &options, &result, &detail);
    FASTI_ASSERT(result != NULL);
    if (status == FASTI_OK) {
        FASTI_ASSERT(result->refusal_count == 0);
        check_busy(result, &options);
        check_openings(result);
    } else {
        FASTI_ASSERT(detail.text[0] != '\0' && result->refusal_count > 0);
        FASTI_ASSERT(result->busy_count == 0 && result->opening_count == 0);
    }
    fasti_ical_destroy(result);
    free(bytes);
    return 0;
}
