/*
 * scene.h - one asked row as the rules see it: its day in the draft, and what is counted around it.
 *
 *   row -> day (draft) -> guards read -> pages around, visits counted -> view + scene -> check
 *
 * The one place where a booking, a hold, a move and an explanation put a question to rules/. The
 * guards of weeks and months are read before visits are counted, so that a claim which swaps them
 * proves the count. Threading: as the draft; valid until the worker's next view.
 */
#ifndef FASTI_BOOKING_SCENE_H
#define FASTI_BOOKING_SCENE_H

#include "engine/booking/draft.h"

struct fasti_scene {
    struct fasti_draft_day *day; /* NULL: it could not be looked at */
    const struct fasti_service *terms;
    struct fasti_rules rules;
    struct fasti_day_view view;
    struct fasti_rule_scene scene;
};

struct fasti_asked {
    fasti_organization_id organization;
    fasti_schedule_id schedule;
    fasti_service_id service;
    int64_t start_utc_s;
    const struct fasti_facts *facts;
    int64_t now_ms;
};

enum fasti_scene_result {
    FASTI_SCENE_OK,
    FASTI_SCENE_REFUSED, /* *outcome says why: no such schedule, not offered, outside */
    FASTI_SCENE_LOOK,    /* *looked says how the look at a day ended */
    FASTI_SCENE_DRAFT,   /* *result says why the guards could not be read */
};
struct fasti_scene_end {
    enum fasti_scene_result result;
    enum fasti_outcome outcome;
    enum fasti_look_result looked;
    enum fasti_draft_result draft;
};

FASTI_MUST_USE struct fasti_scene_end fasti_scene_load(struct fasti_booking *booking,
                                                       const struct fasti_asked *asked,
                                                       struct fasti_scene *scene);

/* The outcome that tells of a verdict; BOOKED for FREE. */
enum fasti_outcome fasti_outcome_of_verdict(enum fasti_rule_verdict verdict);

/* EXPLAIN: a row as BOOK would decide it, in its own words. Takes nothing. */
FASTI_MUST_USE enum fasti_disposition fasti_explain(struct fasti_booking *booking,
                                                    const struct fasti_command *command,
                                                    struct fasti_pending *pending);

#endif
