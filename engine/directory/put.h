/*
 * put.h - creating or setting one directory record, as plain data.
 *
 * The same struct travels from the wire's codec through check and effect to publish and replay.
 * Records name each other by external ids, so that an import can stage a record before the ones
 * that it names are published. Data only.
 */
#ifndef FASTI_DIRECTORY_PUT_H
#define FASTI_DIRECTORY_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/calendar/opening.h"
#include "engine/directory/terms.h"
#include "engine/time/zone.h"

enum fasti_entity_kind {
    FASTI_ENTITY_ORGANIZATION = 1,
    FASTI_ENTITY_LOCATION = 2,
    FASTI_ENTITY_PRACTITIONER = 3,
    FASTI_ENTITY_SERVICE = 4,
    FASTI_ENTITY_SCHEDULE = 5,
    FASTI_ENTITY_OPENINGS = 6, /* the openings of one schedule: no id of their own */
    FASTI_ENTITY_ZONE = 7,     /* organization 0; id = IANA name */
};

enum fasti_openings_mode {
    FASTI_OPENINGS_UPSERT = 1,  /* add or replace the listed ones by id */
    FASTI_OPENINGS_REPLACE = 2, /* the listed ones become all the openings of this source */
    FASTI_OPENINGS_REMOVE = 3,  /* remove the listed ids */
};

/* In the puts of an import: an organization that this import makes. The low bits are the number
 * (from 1) of the staged put that makes it; publishing puts the dense id in its place. */
#define FASTI_ORGANIZATION_STAGED UINT32_C(0x80000000)

/* One create or set. Texts by value; `openings` is borrowed for the call. */
struct fasti_put {
    enum fasti_entity_kind kind;
    fasti_organization_id organization; /* 0 for ORGANIZATION and ZONE; or a STAGED one */
    bool create_only;                   /* an existing record that differs is EXISTS */
    struct fasti_id_text id;            /* of the record; of the schedule for OPENINGS */
    struct fasti_name_text name;        /* empty where unused */
    union {
        struct {
            struct fasti_id_text zone; /* a zone that was put before */
            bool has_position;
            int32_t latitude_e7, longitude_e7;
        } location;
        struct {
            uint16_t duration_minutes;
            uint16_t grid_minutes;   /* 0 = the duration */
            uint16_t offset_minutes; /* of the grid: starts are opening + offset + n * grid */
            struct fasti_terms terms;
            struct fasti_id_text code; /* in a catalogue that organizations share; empty = none */
        } service;
        struct {
            struct fasti_id_text location;
            struct fasti_id_text practitioner; /* empty = none */
            uint8_t resolution_minutes;        /* 0 = 5 */
            uint8_t service_count;
            struct fasti_id_text services[FASTI_SCHEDULE_SERVICES_MAX];
            uint8_t language_count;                           /* spoken there; 0: it does not say */
            uint16_t languages[FASTI_SCHEDULE_LANGUAGES_MAX]; /* fasti_language_pack */
            struct fasti_id_text substitute; /* schedule that stands in while it is paused, there
                                                or not; empty = none */
            struct fasti_terms terms;
            uint8_t specialty_count;
            /* Codes in a catalogue that organizations share; the first one is the main one. */
            struct fasti_id_text specialties[FASTI_SCHEDULE_SPECIALTIES_MAX];
        } schedule;
        struct {
            enum fasti_openings_mode mode;
            uint32_t source; /* fasti_source_of(name); 0 = by hand. Listed openings take it */
            uint8_t service_name_count; /* openings[].services[].v is 1 + an index in here */
            struct fasti_id_text service_names[FASTI_SCHEDULE_SERVICES_MAX];
            uint32_t count; /* 0 to FASTI_OPENINGS_MAX */
            const struct fasti_opening *openings;
        } openings;
        const struct fasti_zone *zone; /* borrowed */
    } body;
};

enum fasti_put_result { FASTI_PUT_UNCHANGED, FASTI_PUT_CREATED, FASTI_PUT_CHANGED };

/* A stable number for an import source's name; never 0. */
uint32_t fasti_source_of(const char *name, size_t size);

#endif
