/*
 * ids.h - one type a kind of id, so that the compiler refuses a mix-up.
 *
 * Directory ids are dense, start at 1, are given in log order and never reused; 0 means none.
 * They are stable across restarts, so clients may keep them ("handles" in PROTOCOL.md).
 */
#ifndef FASTI_BASE_IDS_H
#define FASTI_BASE_IDS_H

#include <stdint.h>

typedef struct {
    uint32_t v;
} fasti_organization_id;
typedef struct {
    uint32_t v;
} fasti_location_id;
typedef struct {
    uint32_t v;
} fasti_practitioner_id;
typedef struct {
    uint32_t v;
} fasti_service_id;
typedef struct {
    uint32_t v;
} fasti_schedule_id;
typedef struct {
    uint32_t v;
} fasti_zone_id;

/* An appointment, block or hold: 1, 2, 3 ... with gaps; never reused. */
typedef struct {
    uint64_t v;
} fasti_record_id;

/* A local calendar day, counted from 1970-01-01. */
typedef struct {
    int32_t v;
} fasti_date;

/* A client-made 128-bit request id; both halves 0 means none. */
typedef struct {
    uint64_t low, high;
} fasti_request_id;

#endif
