/*
 * zone_table.h - how a zone's table of changes is built and what makes it valid.
 *
 * Private to the room: the TZif decoder and the footer rule push changes in ascending order, the
 * table keeps what the bookable range can see. What precedes FASTI_ZONE_FIRST_UTC_S becomes the
 * base entry; what follows FASTI_ZONE_END_UTC_S and what changes nothing is dropped, so that
 * equal zones have equal tables however their file was written.
 */
#ifndef FASTI_TIME_ZONE_TABLE_H
#define FASTI_TIME_ZONE_TABLE_H

#include "engine/time/zone.h"

/* One entry: offset_s for ever. Unused entries are zero. */
void fasti_zone_table_init(struct fasti_zone *zone, int32_t offset_s);

/* From utc_s on, offset_s; utc_s must not be before the last one pushed. INVALID_ZONE when the
 * table is full. */
FASTI_MUST_USE enum fasti_status fasti_zone_table_push(struct fasti_zone *zone, int64_t utc_s,
                                                       int32_t offset_s,
                                                       struct fasti_detail *detail);

/* fasti_zone_check with the sentence. */
FASTI_MUST_USE enum fasti_status fasti_zone_table_check(const struct fasti_zone *zone,
                                                        struct fasti_detail *detail);

#endif
