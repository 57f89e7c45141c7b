/*
 * zone_table.c - building and checking the table of a zone.
 *
 * The checks are what lookups in zone.c rely on; FASTI_ZONE_CHANGE_SECONDS_MIN in zone.h says why.
 */
#include "engine/time/zone_table.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"

_Static_assert(FASTI_ZONE_CHANGE_SECONDS_MIN >= 2 * (FASTI_ZONE_OFFSET_SECONDS_MAX + 60),
               "local time of segment ends ascends: lookups search them by halves");
_Static_assert(FASTI_ZONE_CHANGE_SECONDS_MIN >= 60 * FASTI_LOCAL_DAY_MINUTES_MAX,
               "a local day has at most one change inside");

void fasti_zone_table_init(struct fasti_zone *zone, int32_t offset_s) {
    memset(zone, 0, sizeof *zone);
    zone->change_count = 1;
    zone->changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, offset_s};
}

enum fasti_status fasti_zone_table_push(struct fasti_zone *zone, int64_t utc_s, int32_t offset_s,
                                        struct fasti_detail *detail) {
    const uint32_t count = zone->change_count;
    struct fasti_zone_change *last = &zone->changes[count - 1];
    FASTI_ASSERT(count == 1 || utc_s >= last->utc_s);
    if (utc_s >= FASTI_ZONE_END_UTC_S)
        return FASTI_OK;
    if (utc_s <= last->utc_s) {
        last->offset_s = offset_s;
        if (count > 1 && zone->changes[count - 2].offset_s == offset_s)
            zone->change_count--;
        return FASTI_OK;
    }
    if (offset_s == last->offset_s)
        return FASTI_OK;
    if (count == FASTI_ZONE_TRANSITIONS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the zone changes its offset more than %d times from 2000 to 2199",
                                FASTI_ZONE_TRANSITIONS_MAX);
    zone->changes[zone->change_count++] = (struct fasti_zone_change){utc_s, offset_s};
    return FASTI_OK;
}

static enum fasti_status offset_check(int32_t offset_s, const char *when,
                                      struct fasti_detail *detail) {
    if (offset_s % 60 != 0)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "from %s on the offset is %d s, which is not a whole minute", when,
                                (int)offset_s);
    if (offset_s < -FASTI_ZONE_OFFSET_SECONDS_MAX || offset_s > FASTI_ZONE_OFFSET_SECONDS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "from %s on the offset is %d s, which is 24 hours or more", when,
                                (int)offset_s);
    return FASTI_OK;
}

/* One change against the entry before it; is_first: that one is the base entry. */
static enum fasti_status change_check(const struct fasti_zone_change *before,
                                      const struct fasti_zone_change *change, bool is_first,
                                      struct fasti_detail *detail) {
    char when[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(change->utc_s, 0, when);
    FASTI_TRY(offset_check(change->offset_s, when, detail));
    if (change->utc_s <= before->utc_s || change->offset_s == before->offset_s)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the change at %s is out of order or changes nothing", when);
    if (change->utc_s <= FASTI_ZONE_FIRST_UTC_S || change->utc_s >= FASTI_ZONE_END_UTC_S)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the change at %s is not in the bookable range", when);
    if (change->utc_s % 60 != 0)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the change at %s is not at a whole minute", when);
    if (!is_first && change->utc_s - before->utc_s < FASTI_ZONE_CHANGE_SECONDS_MIN)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the change at %s comes less than %d hours after another", when,
                                FASTI_ZONE_CHANGE_SECONDS_MIN / 3600);
    if (before->offset_s - change->offset_s > FASTI_ZONE_FOLD_SECONDS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "at %s clocks go back by %d s, so that a day has over %d hours",
                                when, (int)(before->offset_s - change->offset_s),
                                FASTI_LOCAL_DAY_MINUTES_MAX / 60);
    return FASTI_OK;
}

enum fasti_status fasti_zone_table_check(const struct fasti_zone *zone,
                                         struct fasti_detail *detail) {
    if (zone->change_count < 1 || zone->change_count > FASTI_ZONE_TRANSITIONS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE, "the zone has %u entries, not 1 to %d",
                                (unsigned)zone->change_count, FASTI_ZONE_TRANSITIONS_MAX);
    if (zone->changes[0].utc_s > FASTI_ZONE_FIRST_UTC_S)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the first entry begins after the first bookable day");
    FASTI_TRY(offset_check(zone->changes[0].offset_s, "the beginning", detail));
    for (uint32_t i = 1; i < zone->change_count; i++)
        FASTI_TRY(change_check(&zone->changes[i - 1], &zone->changes[i], i == 1, detail));
    return FASTI_OK;
}

enum fasti_status fasti_zone_check(const struct fasti_zone *zone) {
    return fasti_zone_table_check(zone, NULL);
}
