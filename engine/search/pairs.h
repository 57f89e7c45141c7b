/*
 * pairs.h - which rows an agenda has: pairs of a schedule and a service, page by page.
 *
 *   schedules listed       in their order                     \
 *   none listed            the organization's seats (roster) --+--> x services --> pairs
 *                          and what changed since, by id      /
 *
 * A place among the pairs is the next schedule (its index in the list, or its id) and the next
 * service: a page that begins there neither repeats a pair nor misses one, however schedules are
 * made and edited meanwhile. Work is bounded: a walk that looked at FASTI_QUERY_LOOKS_MAX
 * stops and says where. Threading: the worker's own, online in the epoch.
 */
#ifndef FASTI_SEARCH_PAIRS_H
#define FASTI_SEARCH_PAIRS_H

#include "engine/booking/command.h"
#include "engine/directory/directory.h"
#include "engine/search/roster.h"

struct fasti_pairs {
    /* given; the query is sound */
    const struct fasti_directory *directory;
    const struct fasti_roster *roster; /* read where no schedules are listed */
    const struct fasti_availability_query *query;
    fasti_organization_id organization;
    /* the walk's own */
    uint32_t key, service_at; /* of the next pair */
    uint32_t looks;
    const struct fasti_roster_seat *seat, *seat_end;
    const uint32_t *change, *change_end;
};

struct fasti_pair {
    fasti_schedule_id schedule;
    fasti_service_id service;
    uint64_t place; /* a page that begins with it is `after` this */
};

/* Goes to the place query->after. */
void fasti_pairs_begin(struct fasti_pairs *pairs);

/* The next pair. false: none; pair->place is where another walk goes on, 0: there is no other. */
bool fasti_pairs_next(struct fasti_pairs *pairs, struct fasti_pair *pair);

/* Is it one of the query's locations? */
bool fasti_pairs_at(const struct fasti_availability_query *query, fasti_location_id location);

#endif
