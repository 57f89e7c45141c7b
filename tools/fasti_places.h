/*
 * fasti_places.h - schedules chosen by where they are: by id, location, distance or box.
 *
 *   --location ID  --schedule ID  --near LAT,LON --radius KM  --box SOUTH,WEST,NORTH,EAST
 *   --to-location  --to-schedule  --to-near --to-radius  --to-box  --to-all        the same, of
 * targets
 *
 * What one of them chooses is chosen, each schedule once, in the server's order. The client walks
 * the directory by itself: DESCRIBE pages through it, so the wire needs no question about places.
 * One list, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_PLACES_H
#define FASTI_TOOLS_FASTI_PLACES_H

#include "tools/fasti_fields.h"
#include "tools/fasti_session.h"

/* Fields for a table of options; their names begin with prefix ("" or "to_"). */
#define FASTI_PLACES_FIELDS(prefix)                                                           \
    {prefix "location", FASTI_FIELD_TEXTS, false, "ID",                                       \
     "All schedules of this location, once for each"},                                        \
        {prefix "schedule", FASTI_FIELD_TEXTS, false, "ID", "This schedule, once for each"},  \
        {prefix "near", FASTI_FIELD_TEXT, false, "LAT,LON", "All around this point"},         \
        {prefix "radius", FASTI_FIELD_TEXT, false, "KM", "So far around it, 0.1 to 20000"}, { \
        prefix "box", FASTI_FIELD_TEXT, false, "SOUTH,WEST,NORTH,EAST",                       \
            "All between these degrees"                                                       \
    }

struct fasti_place {
    fasti_schedule_id id;
    struct fasti_id_text schedule, location;
    struct fasti_terms terms; /* of the schedule */
};

struct fasti_places {
    uint32_t count, room;
    struct fasti_place *places;
    uint32_t location_count;   /* of them, each once */
    uint32_t without_position; /* locations that no distance and no box could choose */
};

/* "48.1,11.5" -> count numbers; false: it is something else. */
bool fasti_places_numbers(const char *text, uint32_t count, double *numbers);

/* Does the object say any of the options with this prefix? */
bool fasti_places_are_said(const json_t *object, const char *prefix);

/* Finds the schedules that the options choose; the session is scoped. Each id that is named must be
 * there, and somebody must be chosen (INVALID). deinit it in either case. */
FASTI_MUST_USE enum fasti_exit fasti_places_find(struct fasti_session *session,
                                                 const json_t *options, const char *prefix,
                                                 struct fasti_places *places);
void fasti_places_deinit(struct fasti_places *places);

/* Adds a schedule as DESCRIBE tells of it. false: no memory. */
bool fasti_places_add(struct fasti_places *places, const struct fasti_describe_answer *answer);

/* The index of a schedule; places->count: it is not among them. They rise by id. */
uint32_t fasti_places_index(const struct fasti_places *places, fasti_schedule_id id);

#endif
