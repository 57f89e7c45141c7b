/*
 * fhir_world.h - the practice that a message of FHIR speaks of, and what it asks as calls.
 *
 *   fhir_message -> fhir_world_make, fhir_service, fhir_schedule, fhir_slot -> fhir_book ...
 *   fhir_world_end
 *
 * Organization 1 of an engine of engine_world.h; ids are those of the messages. A call answers with
 * an outcome: another status than OK ends the program. One thread.
 */
#ifndef FASTI_TESTS_SUPPORT_FHIR_WORLD_H
#define FASTI_TESTS_SUPPORT_FHIR_WORLD_H

#include "tests/support/engine_world.h"
#include "tests/support/fhir.h"

#define FHIR_MESSAGES_MAX 8
#define FHIR_STARTS_MAX   64

struct fhir_world {
    struct engine_world *engine; /* NULL: no practice was made */
    uint32_t schedule, service;  /* of the calls below; the test sets them */
    uint32_t message_count;
    json_t *messages[FHIR_MESSAGES_MAX];
};

/* fhir_read; released with the world. */
const json_t *fhir_message(struct fhir_world *world, const char *name);

/* zone: Europe/London, Europe/Berlin or America/Los_Angeles, in the years of the messages. */
void fhir_world_make(struct fhir_world *world, const char *now, const char *zone,
                     const char *organization, const char *location);
/* Crashes it: what a scenario left must be there again. Whatever was made is released. */
void fhir_world_end(struct fhir_world *world);
void fhir_pass_to(struct fhir_world *world, int64_t utc_s);

/* ---- directory: dense ids ---- */

uint32_t fhir_service(struct fhir_world *world, const char *id, uint32_t minutes);
/* services: up to the first NULL; practitioner may be NULL. */
uint32_t fhir_schedule(struct fhir_world *world, const char *id, const char *location,
                       const char *practitioner, const char *const *services);
/* A Slot: from one instant to another; service NULL: all of the schedule's. A fixed one is booked
 * as a whole; in others visits start every so many minutes as they are long. */
void fhir_slot(struct fhir_world *world, const char *schedule, const char *id, int64_t start_utc_s,
               int64_t end_utc_s, const char *service, bool is_fixed);

/* ---- calls ---- */

struct fasti_answer fhir_run(struct fhir_world *world, const struct fasti_command *command);
struct fasti_answer fhir_book(struct fhir_world *world, const struct fhir_visit *visit);
struct fasti_answer fhir_request(struct fhir_world *world, const struct fhir_visit *visit);
struct fasti_answer fhir_hold(struct fhir_world *world, const struct fhir_visit *visit);
enum fasti_outcome fhir_confirm(struct fhir_world *world, const struct fasti_answer *held,
                                const char *patient);
enum fasti_outcome fhir_release(struct fhir_world *world, const struct fasti_answer *held);
struct fasti_answer fhir_move(struct fhir_world *world, uint64_t record,
                              const struct fhir_visit *visit);
enum fasti_outcome fhir_cancel(struct fhir_world *world, uint64_t record, uint8_t reason);
enum fasti_outcome fhir_mark(struct fhir_world *world, uint64_t record,
                             enum fasti_record_state state);

/* ---- questions; what they point to is valid until the next call ---- */

struct fasti_answer fhir_show(struct fhir_world *world, uint64_t record);
/* FHIR's status of a record. */
const char *fhir_status_of(struct fhir_world *world, uint64_t record);
/* The first element of the message that the record does not say; "text" is description and comment;
 * "": it says all. */
const char *fhir_difference(struct fhir_world *world, uint64_t record,
                            const struct fhir_visit *visit);
/* The free starts of a service from one instant to another. */
uint32_t fhir_offered(struct fhir_world *world, uint32_t service, int64_t from_utc_s,
                      int64_t to_utc_s, int64_t starts[FHIR_STARTS_MAX]);
bool fhir_is_offered(struct fhir_world *world, const struct fhir_visit *visit);
const struct fasti_list_answer *fhir_listed(struct fhir_world *world, const char *patient,
                                            int64_t from_utc_s, int64_t to_utc_s,
                                            bool include_ended);

#endif
