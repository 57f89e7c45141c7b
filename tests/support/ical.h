/*
 * ical.h - what the tests of the iCalendar reader share: a place's zone, and texts of calendars.
 */
#ifndef FASTI_TESTS_SUPPORT_ICAL_H
#define FASTI_TESTS_SUPPORT_ICAL_H

#include <string.h>

#include "engine/base/panic.h"
#include "tools/fasti_ical.h"

#define ICAL_ZONEINFO "/usr/share/zoneinfo"

struct ical_place {
    struct fasti_zoneinfo *zoneinfo;
    struct fasti_zone zone;
};

/* A place in a zone of this machine. */
static inline void ical_place_open(struct ical_place *place, const char *name) {
    struct fasti_id_text id;
    struct fasti_detail detail;
    const struct fasti_zone *zone;
    place->zoneinfo = fasti_zoneinfo_open(ICAL_ZONEINFO);
    FASTI_ASSERT(place->zoneinfo != NULL);
    FASTI_ASSERT(fasti_id_text_set(&id, name, strlen(name)) == FASTI_OK);
    FASTI_ASSERT(fasti_zoneinfo_load(place->zoneinfo, &id, &zone, &detail) == FASTI_OK);
    place->zone = *zone;
}

static inline void ical_place_close(struct ical_place *place) {
    fasti_zoneinfo_close(place->zoneinfo);
}

static inline int64_t ical_new_year(int32_t year) {
    return fasti_date_of_civil((struct fasti_civil){year, 1, 1}).v * FASTI_DAY_SECONDS;
}

#endif
