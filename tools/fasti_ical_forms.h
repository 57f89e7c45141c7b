/*
 * fasti_ical_forms.h - the list of recurrence rules that libical 3.0.16 expands rightly.
 *
 * Private to tools/fasti_ical*.c and the tests of the list.
 */
#ifndef FASTI_TOOLS_FASTI_ICAL_FORMS_H
#define FASTI_TOOLS_FASTI_ICAL_FORMS_H

#include "tools/fasti_ical_rule.h"

/* "BYDAY" */
const char *fasti_ical_part_name(enum fasti_ical_part part);

/* Is the rule, whose values are in range, of a form in the list? INVALID_FILE names the part that
 * is not, and what it does not go with. */
FASTI_MUST_USE enum fasti_status fasti_ical_forms_check(const struct fasti_ical_rule *rule,
                                                        struct fasti_detail *detail);

#endif
