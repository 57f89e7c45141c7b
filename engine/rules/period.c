/*
 * period.c - weeks and months of dates.
 */
#include "engine/rules/period.h"

#include "engine/base/mutant.h"
#include "engine/time/civil.h"

#define MONTHS_FROM 20000 /* guards of months come behind those of weeks */
#define WEEKS       ((FASTI_DAYS_MAX + 6) / 7 + 1)
#define MONTHS      (200 * 12)

_Static_assert(WEEKS <= MONTHS_FROM && MONTHS_FROM + MONTHS <= FASTI_DAYS_MAX,
               "every guard has a place among the dates");

static struct fasti_period period_make(int32_t first, int32_t last, int32_t place) {
    return (struct fasti_period){
        .first = {first < FASTI_DATE_FIRST ? FASTI_DATE_FIRST : first},
        .last = {last > FASTI_DATE_LAST ? FASTI_DATE_LAST : last},
        .guard = {FASTI_DATE_FIRST + place},
    };
}

struct fasti_period fasti_period_week(fasti_date date) {
    const int32_t monday = date.v - fasti_date_weekday(date);
    const int32_t first_monday =
        FASTI_DATE_FIRST - fasti_date_weekday((fasti_date){FASTI_DATE_FIRST});
    return period_make(monday, monday + (FASTI_MUTANT(WEEK_SHORT) ? 5 : 6),
                       (monday - first_monday) / 7);
}

struct fasti_period fasti_period_month(fasti_date date) {
    const struct fasti_civil civil = fasti_civil_of_date(date);
    const bool is_december = civil.month == 12;
    const struct fasti_civil next = {civil.year + is_december,
                                     (uint8_t)(is_december ? 1 : civil.month + 1), 1};
    return period_make(date.v - (civil.day - 1), fasti_date_of_civil(next).v - 1,
                       MONTHS_FROM + (civil.year - 2000) * 12 + civil.month - 1);
}

bool fasti_period_is_guard(fasti_date guard) {
    const int32_t place = guard.v - FASTI_DATE_FIRST;
    return place >= 0 && place < MONTHS_FROM + MONTHS && (place < WEEKS || place >= MONTHS_FROM);
}
