/*
 * recur_model.h - recurrence rules expanded naively: every day of every period is looked at.
 *
 *   day --is it in the period, month, week ... that the rule names?--> times of the day
 *       --period's set, BYSETPOS--> instances from the start on --COUNT, last moment--> out
 *
 * After RFC 5545 3.3.10, read as filters over days: what a rule does not say comes from its start.
 * It shares no code with tools/fasti_ical_rule.c but the rule's struct and the calendar.
 */
#ifndef FASTI_TESTS_SUPPORT_RECUR_MODEL_H
#define FASTI_TESTS_SUPPORT_RECUR_MODEL_H

#include "tools/fasti_ical_rule.h"

#define RECUR_MODEL_MAX 4096 /* instances; more are cut */

struct recur_model_instances {
    uint32_t count;
    int64_t wall_s[RECUR_MODEL_MAX];
};

/* Instances at or after start_wall_s, up to and with last_wall_s, at most RECUR_MODEL_MAX. */
void recur_model_expand(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                        int64_t last_wall_s, struct recur_model_instances *instances);

#endif
