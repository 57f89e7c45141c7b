/*
 * fasti_emergency.h - what the commands of an emergency share: its source, days, appointments.
 *
 *   close     closed openings of a source on schedules, by one import
 *   move      the appointments in closed days, most urgent first, to free times of other schedules
 *   surge     schedules and openings of a template, of the same kind of source, by one import
 *   end       takes away what close and surge of a source brought, by one import
 *
 * Each is a preview that changes nothing, until --commit is said. A source of an emergency is
 * "emergency:NAME": no NAME can reach what holidays or publications brought.
 */
#ifndef FASTI_TOOLS_FASTI_EMERGENCY_H
#define FASTI_TOOLS_FASTI_EMERGENCY_H

#include "tools/fasti_options.h"
#include "tools/fasti_places.h"

#define FASTI_EMERGENCY_COMMANDS 4
extern const struct fasti_command_spec fasti_emergency_specs[FASTI_EMERGENCY_COMMANDS];

#define FASTI_EMERGENCY_APPOINTMENTS_MAX 100000 /* in the days of one command */
#define FASTI_EMERGENCY_LISTED           1000   /* so many schedules and appointments are named */

enum fasti_exit fasti_run_emergency_close(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options);
enum fasti_exit fasti_run_emergency_end(struct fasti_session *session,
                                        const struct fasti_command_spec *spec,
                                        const json_t *options);
enum fasti_exit fasti_run_emergency_surge(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options);
enum fasti_exit fasti_run_emergency_move(struct fasti_session *session,
                                         const struct fasti_command_spec *spec,
                                         const json_t *options);

/* ---- the source ---- */

/* Bytes, so that the ids of openings have room for two dates. */
#define FASTI_EMERGENCY_NAME_MAX 32

struct fasti_emergency_source {
    char name[sizeof "emergency:" + FASTI_EMERGENCY_NAME_MAX];
    uint32_t number;
};

/* --source. INVALID with a sentence. */
FASTI_MUST_USE enum fasti_exit fasti_emergency_source(struct fasti_session *session,
                                                      const json_t *options,
                                                      struct fasti_emergency_source *source);

/* ---- days ---- */

/* --from and --to (or what they are called), both there, in order; else INVALID with a sentence. */
FASTI_MUST_USE enum fasti_exit fasti_emergency_dates(struct fasti_session *session,
                                                     const json_t *options, fasti_date *from,
                                                     fasti_date *to);

/* One date option; text NULL: *date stays. */
FASTI_MUST_USE enum fasti_exit fasti_emergency_date(struct fasti_session *session, const char *name,
                                                    const char *text, fasti_date *date);

/* Time of a schedule that is, or will be, closed: half-open. */
struct fasti_emergency_span {
    uint32_t place; /* in places */
    int64_t from_utc_s, to_utc_s;
};

/* Each schedule once, or more often where it is closed for several times. */
struct fasti_emergency_spans {
    struct fasti_places places;
    uint32_t count, room;
    struct fasti_emergency_span *spans;
};

/* The local days [from, to] of every place. */
FASTI_MUST_USE enum fasti_exit fasti_emergency_days(struct fasti_session *session,
                                                    struct fasti_emergency_spans *spans,
                                                    fasti_date from, fasti_date to);

/* The schedules that have openings of a source, and the time that closures among them close;
 * *opening_count: all openings of it. Nobody has any: INVALID with a sentence. */
FASTI_MUST_USE enum fasti_exit
fasti_emergency_of_source(struct fasti_session *session,
                          const struct fasti_emergency_source *source,
                          struct fasti_emergency_spans *spans, uint32_t *opening_count);

void fasti_emergency_spans_deinit(struct fasti_emergency_spans *spans);

/* Is some of [from, to) of a schedule in one of the spans? */
bool fasti_emergency_touches(const struct fasti_emergency_spans *spans, fasti_schedule_id schedule,
                             int64_t from_utc_s, int64_t to_utc_s);

/* ---- appointments ---- */

/* An appointment, or a request for one, that takes time inside the spans and has not begun. */
struct fasti_emergency_inside {
    fasti_record_id record;
    uint32_t place;           /* where the first of its items inside is */
    fasti_service_id service; /* of that item */
    int64_t start_utc_s;
    int32_t offset_s;
    uint32_t minutes;
    uint8_t modality, item_count, patient_length;
    char patient[FASTI_PATIENT_BYTES_MAX];
};

struct fasti_emergency_insides {
    uint32_t count, room;
    struct fasti_emergency_inside *insides;
    uint32_t *by_place; /* how many are at each place; an appointment counts once */
};

/* Finds them, each record once, by start and number. */
FASTI_MUST_USE enum fasti_exit fasti_emergency_inside(struct fasti_session *session,
                                                      const struct fasti_emergency_spans *spans,
                                                      struct fasti_emergency_insides *insides);
void fasti_emergency_insides_deinit(struct fasti_emergency_insides *insides);

/* {"record","schedule","service","start","minutes","patient"} (a new reference). */
FASTI_MUST_USE enum fasti_exit fasti_emergency_json(struct fasti_session *session,
                                                    const struct fasti_emergency_spans *spans,
                                                    const struct fasti_emergency_inside *inside,
                                                    json_t **object);

/* The first FASTI_EMERGENCY_LISTED of them as an array (a new reference), which people are shown by
 * print. */
FASTI_MUST_USE enum fasti_exit
fasti_emergency_insides_json(struct fasti_session *session,
                             const struct fasti_emergency_spans *spans,
                             const struct fasti_emergency_insides *insides, json_t **list);
void fasti_emergency_insides_print(const struct fasti_emergency_insides *insides,
                                   const json_t *list);

/* Places and how many appointments each has, the first FASTI_EMERGENCY_LISTED of them. */
json_t *fasti_emergency_places_json(const struct fasti_places *places, const uint32_t *by_place);

#endif
