/*
 * fasti_steps.h - the steps of a combination as a person types them.
 *
 *   'anna bernd service=visit'                        one of these schedules
 *   'service=mri location=centre offset=30'           any that offers it there, 30 minutes later
 *   'in=10..14 anna service=visit with room-1 room-2' a step, so many days behind the one before,
 *                                                     and in it a second part: one of these rooms
 *
 *   step = [in=DAYS[..DAYS]] part {with part}
 *   part = {SCHEDULE | service=ID | location=ID | offset=MINUTES}
 *
 * A part that says no service has that of the part before it. Words stand apart by spaces; '...'
 * and "..." take what is between them as it is. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_STEPS_H
#define FASTI_TOOLS_FASTI_STEPS_H

#include "engine/booking/command.h"

struct fasti_step_part {
    struct fasti_id_text service, location; /* location empty: anywhere */
    int16_t offset_minutes;
    uint32_t schedule_count; /* 0: all that offer the service */
    struct fasti_id_text schedules[FASTI_COMBINE_CHOICES_MAX];
};

struct fasti_steps {
    uint32_t step_count, part_count; /* parts of all steps */
    struct {
        uint8_t part_count;
        uint16_t days_min, days_max;
    } steps[FASTI_COMBINE_STEPS_MAX];
    struct fasti_step_part parts[FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX];
};

/* Adds a step. INVALID_OPTION, INVALID_ID or INVALID_RANGE with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_steps_add(struct fasti_steps *steps, const char *text,
                                                 struct fasti_detail *detail);

/* Adds parts to the last step, or a first step of them. As before. */
FASTI_MUST_USE enum fasti_status fasti_steps_add_parts(struct fasti_steps *steps, const char *text,
                                                       struct fasti_detail *detail);

#endif
