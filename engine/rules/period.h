/*
 * period.h - the weeks and months over which limits count visits.
 *
 * Weeks begin on Monday (ISO 8601). Each period of a schedule has a guard, a cell whose version
 * grows with every claim that changes visits in it while a limit over that period holds. Guards lie
 * in a tree like that of the days, at the places that are given here. Pure.
 */
#ifndef FASTI_RULES_PERIOD_H
#define FASTI_RULES_PERIOD_H

#include <stdbool.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"

/* First and last date, inside the bookable ones, and the guard's place in its tree. */
struct fasti_period {
    fasti_date first, last;
    fasti_date guard;
};

/* The periods that a bookable date lies in. */
struct fasti_period fasti_period_week(fasti_date date);
struct fasti_period fasti_period_month(fasti_date date);

/* Is there such a guard? */
bool fasti_period_is_guard(fasti_date guard);

#endif
