/*
 * fasti_doctolib.h - the answer that Doctolib's booking page begins with, read as a directory.
 *
 *   places ------> locations           practitioners --> practitioners
 *   visit motives --> services         agendas --------> schedules, one at each place
 *                        ^                                  |
 *                        '----- an offer: motive at agenda -'   conditions hang on offers
 *
 * Who may book is written at the motive, agenda by agenda; our rules are a service's or a
 * schedule's. Where all agendas of a motive have the same conditions they are its service's; else
 * an agenda with conditions has a service of its own, MOTIVE@AGENDA.
 *
 * What decides who may book when is refused where it cannot be read; what is for people's eyes is
 * left out. What is read and has no place here is a note, record by record; other fields are
 * counted by name. After the recorded answers and what open clients make of them. One thread.
 */
#ifndef FASTI_TOOLS_FASTI_DOCTOLIB_H
#define FASTI_TOOLS_FASTI_DOCTOLIB_H

#include <jansson.h>

#include "engine/booking/command.h"

#define FASTI_DOCTOLIB_BYTES_MAX   (16 * 1024 * 1024) /* of the file */
#define FASTI_DOCTOLIB_RECORDS_MAX 4096               /* of one kind */
#define FASTI_DOCTOLIB_NOTES_MAX   1000               /* listed; more are counted */
#define FASTI_DOCTOLIB_FIELDS_MAX  64                 /* names of left out fields that are told */
#define FASTI_DOCTOLIB_NONE        UINT32_MAX

struct fasti_doctolib_place {
    struct fasti_id_text id; /* as in the file, "practice-125055" */
    struct fasti_name_text name;
    struct fasti_id_text zone;
    bool has_position, is_made; /* is_made: an agenda is at a practice that is in no place */
    int32_t latitude_e7, longitude_e7;
};

struct fasti_doctolib_practice {
    int64_t id;
    uint32_t place;
};

struct fasti_doctolib_practitioner {
    int64_t id;
    struct fasti_name_text name;
};

struct fasti_doctolib_speciality {
    int64_t id;
    struct fasti_id_text code; /* its slug, "dentiste"; empty: the file tells none */
};

struct fasti_doctolib_motive {
    int64_t id;
    struct fasti_name_text name;
    struct fasti_id_text code; /* "doctolib:475", the motive of their catalogue; empty: of none */
    uint16_t minutes;          /* 0: the file tells none */
    uint8_t modalities;
    bool refuses_new;
    const json_t *object;
};

struct fasti_doctolib_agenda {
    int64_t id;
    bool is_paused, has_no_name;
    uint32_t practitioner;           /* or NONE */
    struct fasti_id_text speciality; /* its code, or empty */
    const json_t *object;
};

/* Who may not book a motive at an agenda, by sector: 0 public, 1 private. */
struct fasti_doctolib_conditions {
    bool refuses_new[2], is_closed[2], is_for_referrers;
    bool is_configured; /* "configurations" names it: closed for the sectors that they do not */
    uint16_t age_min_months[2], age_max_months[2]; /* 0: none */
};

struct fasti_doctolib_offer {
    uint32_t agenda, motive;
    struct fasti_doctolib_conditions conditions;
    struct fasti_terms terms;
    bool is_closed;   /* to everybody */
    uint32_t service; /* or NONE */
};

struct fasti_doctolib_schedule {
    struct fasti_id_text id; /* AGENDA, or AGENDA@PRACTICE beyond its own practice */
    uint32_t agenda, place;
    uint8_t motive_count;
    uint32_t motives[FASTI_SCHEDULE_SERVICES_MAX];
    uint8_t service_count;
    uint32_t services[FASTI_SCHEDULE_SERVICES_MAX];
    uint8_t resolution_minutes;
    uint8_t language_count; /* from here on: as it is there, so that it stays, but for the main
                               specialty, which the agenda may tell */
    uint16_t languages[FASTI_SCHEDULE_LANGUAGES_MAX];
    struct fasti_id_text substitute;
    struct fasti_terms terms;
    uint8_t specialty_count;
    struct fasti_id_text specialties[FASTI_SCHEDULE_SPECIALTIES_MAX];
};

struct fasti_doctolib_service {
    struct fasti_id_text id; /* MOTIVE, or MOTIVE@AGENDA */
    uint32_t motive;
    uint16_t minutes, grid_minutes, offset_minutes;
    struct fasti_terms terms;
    struct fasti_id_text code; /* the motive's, else as it is there */
};

struct fasti_doctolib_options {
    struct fasti_id_text zone; /* empty: by the file's country */
    uint16_t minutes;          /* of a motive without a length */
};

struct fasti_doctolib {
    json_t *document;
    json_t *notes;    /* [{"record","text"}] */
    json_t *left_out; /* {"visit motive.position": {"record","field","count","of"}} */
    uint32_t note_count;
    struct fasti_doctolib_options options;
    int64_t profile;
    struct fasti_name_text profile_name;
    char country[3];
    uint32_t place_count, practice_count, practitioner_count, motive_count, agenda_count;
    uint32_t speciality_count;
    uint32_t made_count; /* of the places: not in the file */
    uint32_t offer_count, offer_room, schedule_count, schedule_room, service_count, guess_count;
    struct fasti_doctolib_place *places;
    struct fasti_doctolib_practice *practices; /* each of these five by id */
    struct fasti_doctolib_speciality *specialities;
    struct fasti_doctolib_practitioner *practitioners;
    struct fasti_doctolib_motive *motives;
    struct fasti_doctolib_agenda *agendas;
    struct fasti_doctolib_offer *offers; /* by agenda, then motive */
    struct fasti_doctolib_schedule *schedules;
    struct fasti_doctolib_service *services;
};

/* Empty; NULL when there is no memory. */
struct fasti_doctolib *fasti_doctolib_create(const struct fasti_doctolib_options *options);
void fasti_doctolib_destroy(struct fasti_doctolib *feed);

/* The whole file, once. INVALID_* with a sentence that names the record but not the file;
 * LIMIT_RECORDS, LIMIT_MEMORY. What was read until then is only to be destroyed. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_read(struct fasti_doctolib *feed, const char *bytes,
                                                     size_t size, struct fasti_detail *detail);

/* Locations, practitioners, services, schedules. put points into the feed. */
uint64_t fasti_doctolib_put_count(const struct fasti_doctolib *feed);
void fasti_doctolib_put(const struct fasti_doctolib *feed, uint64_t index, struct fasti_put *put);

/* ---- the parts of read ---- */

/* The schedules and offers of all agendas; a practice that is in no place makes one. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_read_schedules(struct fasti_doctolib *feed,
                                                               struct fasti_detail *detail);
/* The conditions of all offers, and their terms. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_read_conditions(struct fasti_doctolib *feed,
                                                                struct fasti_detail *detail);
/* Services of motives and offers; which of them each schedule has. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_plan(struct fasti_doctolib *feed,
                                                     struct fasti_detail *detail);
/* Each place's zone: that of the options, else by country and postal code. */
FASTI_MUST_USE enum fasti_status fasti_doctolib_zone(const struct fasti_doctolib *feed,
                                                     const char *zipcode,
                                                     struct fasti_id_text *zone,
                                                     struct fasti_detail *detail);
/* The largest resolution that its services' times fit, that of before where it does. */
void fasti_doctolib_resolution(const struct fasti_doctolib *feed,
                               struct fasti_doctolib_schedule *schedule);

/* The index of a record by its id; NONE. */
uint32_t fasti_doctolib_practice_find(const struct fasti_doctolib *feed, int64_t id);
uint32_t fasti_doctolib_practitioner_find(const struct fasti_doctolib *feed, int64_t id);
uint32_t fasti_doctolib_speciality_find(const struct fasti_doctolib *feed, int64_t id);
uint32_t fasti_doctolib_motive_find(const struct fasti_doctolib *feed, int64_t id);
uint32_t fasti_doctolib_agenda_find(const struct fasti_doctolib *feed, int64_t id);
struct fasti_doctolib_offer *fasti_doctolib_offer_find(const struct fasti_doctolib *feed,
                                                       uint32_t agenda, uint32_t motive);

#endif
