/*
 * scene.c - loads what the rules need for one row; and explains.
 */
#include "engine/booking/scene.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/rules/period.h"

enum fasti_outcome fasti_outcome_of_verdict(enum fasti_rule_verdict verdict) {
    switch (verdict) {
    case FASTI_RULE_FREE: return FASTI_OUTCOME_BOOKED;
    case FASTI_RULE_PAST: return FASTI_OUTCOME_PAST;
    case FASTI_RULE_PAUSED: return FASTI_OUTCOME_PAUSED;
    case FASTI_RULE_AUDIENCE: return FASTI_OUTCOME_AUDIENCE;
    case FASTI_RULE_MODALITY: return FASTI_OUTCOME_MODALITY;
    case FASTI_RULE_SECTOR: return FASTI_OUTCOME_SECTOR;
    case FASTI_RULE_LANGUAGE: return FASTI_OUTCOME_LANGUAGE;
    case FASTI_RULE_ACQUAINTANCE: return FASTI_OUTCOME_ACQUAINTANCE;
    case FASTI_RULE_AGE: return FASTI_OUTCOME_AGE;
    case FASTI_RULE_REFERRAL: return FASTI_OUTCOME_REFERRAL;
    case FASTI_RULE_CLOSED: return FASTI_OUTCOME_CLOSED;
    case FASTI_RULE_FULL: return FASTI_OUTCOME_FULL;
    case FASTI_RULE_OFF_GRID: return FASTI_OUTCOME_OFF_GRID;
    case FASTI_RULE_HOURS: return FASTI_OUTCOME_HOURS;
    case FASTI_RULE_NOTICE: return FASTI_OUTCOME_NOTICE;
    case FASTI_RULE_HORIZON: return FASTI_OUTCOME_HORIZON;
    case FASTI_RULE_DAY_LIMIT: return FASTI_OUTCOME_DAY_LIMIT;
    case FASTI_RULE_WEEK_LIMIT: return FASTI_OUTCOME_WEEK_LIMIT;
    case FASTI_RULE_MONTH_LIMIT: return FASTI_OUTCOME_MONTH_LIMIT;
    case FASTI_RULE_TAKEN: return FASTI_OUTCOME_TAKEN;
    case FASTI_RULE_BUFFER: return FASTI_OUTCOME_BUFFER;
    }
    FASTI_UNREACHABLE_CODE();
}

/* Visits of a period: [0] of the schedule, [1] of the service. */
static void visits_count(struct fasti_booking *booking, const struct fasti_scene *scene,
                         struct fasti_period period, uint32_t used[2]) {
    const struct fasti_day_look *look = &scene->day->look;
    used[0] = used[1] = 0;
    for (fasti_date date = period.first; date.v <= period.last.v; date.v++) {
        const struct fasti_page *page = fasti_draft_page(booking, look->schedule, look->id, date);
        for (uint32_t i = 0; i < 2; i++)
            used[i] += fasti_page_visits_count(page, 0, FASTI_TICKS_MAX, &scene->view.service, i,
                                               scene->scene.now_ms);
    }
}

/* Pages of days around, looked at in the draft: what is taken there becomes part of the claim. */
static enum fasti_look_result pages_load(struct fasti_booking *booking,
                                         const struct fasti_asked *asked, int32_t step,
                                         uint32_t count, const struct fasti_scene *scene,
                                         const struct fasti_page **pages) {
    const struct fasti_zone *zone = scene->view.config->zone;
    for (uint32_t d = 0; d < count; d++) {
        struct fasti_draft_day *day;
        struct fasti_local_day local;
        const fasti_date date = {scene->view.date.v + step * (int32_t)(d + 1)};
        fasti_zone_day(zone, date, &local);
        if (local.minutes == 0) { /* a date that was skipped */
            pages[d] = &fasti_page_empty;
            continue;
        }
        const enum fasti_look_result looked =
            fasti_draft_day(booking, asked->organization, asked->schedule, local.start_utc_s, &day);
        if (looked != FASTI_LOOK_OK)
            return looked;
        pages[d] = day->page;
    }
    return FASTI_LOOK_OK;
}

static enum fasti_look_result around_load(struct fasti_booking *booking,
                                          const struct fasti_asked *asked,
                                          struct fasti_scene *scene) {
    const struct fasti_rule_around around = fasti_rule_around(&scene->view);
    const enum fasti_look_result looked =
        pages_load(booking, asked, -1, around.before, scene, scene->scene.before);
    return looked != FASTI_LOOK_OK
               ? looked
               : pages_load(booking, asked, 1, around.after, scene, scene->scene.after);
}

static struct fasti_scene_end end_refused(enum fasti_outcome outcome) {
    return (struct fasti_scene_end){.result = FASTI_SCENE_REFUSED, .outcome = outcome};
}

static struct fasti_scene_end end_look(enum fasti_look_result looked) {
    if (looked == FASTI_LOOK_OUTSIDE)
        return end_refused(FASTI_OUTCOME_OUTSIDE);
    if (looked == FASTI_LOOK_RETIRED)
        return end_refused(FASTI_OUTCOME_PAST);
    if (looked == FASTI_LOOK_NO_SCHEDULE)
        return end_refused(FASTI_OUTCOME_NO_SUCH);
    return (struct fasti_scene_end){.result = FASTI_SCENE_LOOK, .looked = looked};
}

struct fasti_scene_end fasti_scene_load(struct fasti_booking *booking,
                                        const struct fasti_asked *asked,
                                        struct fasti_scene *scene) {
    struct fasti_state *state = booking->state;
    scene->day = NULL;
    enum fasti_look_result looked = fasti_draft_day(booking, asked->organization, asked->schedule,
                                                    asked->start_utc_s, &scene->day);
    if (looked != FASTI_LOOK_OK) {
        scene->day = NULL;
        return end_look(looked);
    }
    const struct fasti_day_look *look = &scene->day->look;
    scene->terms = fasti_service_get(state->directory, asked->service);
    if (scene->terms == NULL || !fasti_schedule_offers(look->config, asked->service))
        return end_refused(FASTI_OUTCOME_NOT_OFFERED);
    fasti_rules_join(look->config, scene->terms, asked->facts, &scene->rules);
    fasti_day_view_load(state->patterns, look->config, asked->service, scene->terms, &scene->rules,
                        look->date, look->pattern_id, &booking->scratch, &scene->view);
    scene->scene = (struct fasti_rule_scene){
        .page = FASTI_MUTANT(MOVE_SEES_ITSELF) ? look->page : scene->day->page,
        .now_ms = asked->now_ms,
    };
    const uint32_t needs = fasti_rule_needs(&scene->view);
    if (needs == 0)
        return (struct fasti_scene_end){.result = FASTI_SCENE_OK};
    const enum fasti_draft_result guarded =
        FASTI_MUTANT(GUARD_READ_LATE) /* not before the time is taken */
            ? FASTI_DRAFT_OK
            : fasti_draft_guards(booking, scene->day, asked->service, false);
    if (guarded != FASTI_DRAFT_OK)
        return (struct fasti_scene_end){.result = FASTI_SCENE_DRAFT, .draft = guarded};
    if ((needs & FASTI_RULE_NEEDS_AROUND) != 0)
        looked = around_load(booking, asked, scene);
    if (looked != FASTI_LOOK_OK)
        return end_look(looked);
    if ((needs & FASTI_RULE_NEEDS_WEEK) != 0)
        visits_count(booking, scene, fasti_period_week(look->date), scene->scene.week_used);
    if ((needs & FASTI_RULE_NEEDS_MONTH) != 0)
        visits_count(booking, scene, fasti_period_month(look->date), scene->scene.month_used);
    return (struct fasti_scene_end){.result = FASTI_SCENE_OK};
}

/* ---- explain ---- */

static enum fasti_attempt explain_attempt(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending,
                                          enum fasti_disposition *disposition) {
    const struct fasti_explain_query *query = &command->body.explain;
    struct fasti_explain_answer *answer = &pending->answer.body.explain;
    const struct fasti_asked asked = {
        .organization = command->organization,
        .schedule = query->schedule,
        .service = query->service,
        .start_utc_s = query->start_utc_s,
        .facts = &query->facts,
        .now_ms = pending->decided_ms,
    };
    struct fasti_scene scene;
    fasti_draft_begin(booking);
    const struct fasti_scene_end end = fasti_scene_load(booking, &asked, &scene);
    *answer = (struct fasti_explain_answer){.verdict = end.outcome};
    pending->answer.outcome = FASTI_OUTCOME_FOUND;
    *disposition = FASTI_ANSWERED;
    struct fasti_rule_place place = {0};
    switch (end.result) {
    case FASTI_SCENE_OK: {
        const enum fasti_rule_verdict verdict =
            fasti_rule_check(&scene.view, &scene.scene, query->start_utc_s, &place);
        if (!fasti_draft_is_current(booking))
            return fasti_draft_refuse(booking, pending, FASTI_DRAFT_AGAIN, disposition);
        fasti_rule_tell(&scene.view, &scene.scene, verdict, &pending->answer.detail);
        answer->verdict = fasti_outcome_of_verdict(verdict);
        if (verdict == FASTI_RULE_FREE)
            answer->duration_minutes =
                (uint32_t)place.count * scene.view.config->resolution_minutes;
        break;
    }
    case FASTI_SCENE_REFUSED:
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "%s",
                               fasti_outcome_text(end.outcome));
        break;
    case FASTI_SCENE_LOOK: return fasti_look_refuse(booking, pending, end.looked, disposition);
    case FASTI_SCENE_DRAFT: return fasti_draft_refuse(booking, pending, end.draft, disposition);
    }
    fasti_draft_drop(booking);
    return FASTI_ATTEMPT_END;
}

enum fasti_disposition fasti_explain(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending) {
    const struct fasti_explain_query *query = &command->body.explain;
    if (!fasti_facts_are_sound(&query->facts))
        return fasti_fail(pending, FASTI_INVALID_RANGE, FASTI_FACTS_TEXT);
    if (query->start_utc_s % 60 != 0)
        return fasti_fail(pending, FASTI_INVALID_TIME, "a booking starts on a whole minute");
    /* It claims nothing, so neither a full disk nor a full limbo is in its way. */
    for (uint32_t tries = 0; tries < FASTI_CLAIM_TRIES_MAX; tries++) {
        enum fasti_disposition disposition = FASTI_ANSWERED;
        pending->decided_ms = fasti_state_now_ms(booking->state);
        switch (explain_attempt(booking, command, pending, &disposition)) {
        case FASTI_ATTEMPT_END: return disposition;
        case FASTI_ATTEMPT_MEMORY:
            return fasti_fail(pending, FASTI_LIMIT_MEMORY, fasti_status_text(FASTI_LIMIT_MEMORY));
        case FASTI_ATTEMPT_AGAIN: break;
        }
    }
    return fasti_fail(pending, FASTI_BUSY, "too many others change the same days; try again");
}
