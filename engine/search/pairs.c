/*
 * pairs.c - the list, or the merge of seats and changes.
 */
#include "engine/search/pairs.h"

#define PLACE_BITS     8 /* of the service in a place */
#define LOOKS_OF_OFFER 16
_Static_assert(FASTI_QUERY_SERVICES_MAX < 1 << PLACE_BITS, "a place holds a service's index");

static uint64_t place_of(uint32_t key, uint32_t service_at) {
    return ((uint64_t)key << PLACE_BITS | service_at) + 1;
}

bool fasti_pairs_at(const struct fasti_availability_query *query, fasti_location_id location) {
    for (uint32_t i = 0; i < query->location_count; i++)
        if (query->locations[i].v == location.v)
            return true;
    return query->location_count == 0;
}

/* The first of ascending ids that is not less. */
static const uint32_t *ids_from(const uint32_t *ids, const uint32_t *end, uint32_t id) {
    while (ids < end) {
        const uint32_t *middle = ids + (end - ids) / 2;
        if (*middle < id)
            ids = middle + 1;
        else
            end = middle;
    }
    return ids;
}

static const struct fasti_roster_seat *seats_from(const struct fasti_roster_seat *seats,
                                                  const struct fasti_roster_seat *end,
                                                  uint32_t id) {
    while (seats < end) {
        const struct fasti_roster_seat *middle = seats + (end - seats) / 2;
        if (middle->schedule < id)
            seats = middle + 1;
        else
            end = middle;
    }
    return seats;
}

void fasti_pairs_begin(struct fasti_pairs *pairs) {
    const uint64_t place = pairs->query->after == 0 ? 0 : pairs->query->after - 1;
    pairs->key = place >> PLACE_BITS > UINT32_MAX ? UINT32_MAX : (uint32_t)(place >> PLACE_BITS);
    pairs->service_at = (uint32_t)(place & ((1 << PLACE_BITS) - 1));
    pairs->looks = 0;
    if (pairs->query->schedule_count > 0)
        return;
    const struct fasti_roster *roster = pairs->roster;
    const uint32_t organization = pairs->organization.v;
    const bool has_seats = organization != 0 && organization < roster->organization_end;
    const struct fasti_roster_seat *first =
        has_seats ? roster->seats + roster->seat_ends[organization - 1] : roster->seats;
    pairs->seat_end = has_seats ? roster->seats + roster->seat_ends[organization] : first;
    pairs->seat = seats_from(first, pairs->seat_end, pairs->key);
    /* What was acknowledged before this moment is in the roster or in the list. */
    const struct fasti_roster_changes *changes = fasti_load_seq_cst(&roster->changes);
    pairs->change_end = changes == NULL ? NULL : changes->schedules + changes->count;
    pairs->change =
        changes == NULL ? NULL : ids_from(changes->schedules, pairs->change_end, pairs->key);
}

static bool listed_next(struct fasti_pairs *pairs, struct fasti_pair *pair) {
    const struct fasti_availability_query *query = pairs->query;
    if (pairs->service_at >= query->service_count) {
        pairs->key += pairs->key < UINT32_MAX;
        pairs->service_at = 0;
    }
    pair->place = 0;
    if (pairs->key >= query->schedule_count)
        return false;
    pair->place = place_of(pairs->key, pairs->service_at);
    pair->schedule = query->schedules[pairs->key];
    pair->service = query->services[pairs->service_at++];
    return true;
}

/* The next schedule that may be meant, and stays the next one; 0: none. */
static uint32_t seats_next(struct fasti_pairs *pairs) {
    for (; pairs->looks < FASTI_QUERY_LOOKS_MAX; pairs->looks++) {
        const uint32_t seat = pairs->seat < pairs->seat_end ? pairs->seat->schedule : UINT32_MAX;
        const uint32_t change = pairs->change < pairs->change_end ? *pairs->change : UINT32_MAX;
        if (seat == UINT32_MAX && change == UINT32_MAX)
            return 0;
        if (change <= seat)
            return change;
        if (fasti_pairs_at(pairs->query, (fasti_location_id){pairs->seat->location}))
            return seat;
        pairs->seat++;
        pairs->key = seat + 1;
        pairs->service_at = 0;
    }
    return pairs->key;
}

/* Goes behind a schedule. */
static void seats_pass(struct fasti_pairs *pairs, uint32_t schedule) {
    if (pairs->seat < pairs->seat_end && pairs->seat->schedule == schedule)
        pairs->seat++;
    if (pairs->change < pairs->change_end && *pairs->change == schedule)
        pairs->change++;
    pairs->key = schedule + 1;
    pairs->service_at = 0;
}

/* Its next service that it offers; false: there is none, or it is not meant. */
static bool offer_next(struct fasti_pairs *pairs, uint32_t schedule, struct fasti_pair *pair) {
    const struct fasti_availability_query *query = pairs->query;
    const struct fasti_schedule *object =
        fasti_schedule_get(pairs->directory, (fasti_schedule_id){schedule});
    const struct fasti_schedule_config *config =
        object == NULL ? NULL : fasti_load_seq_cst(&object->config);
    if (config == NULL || config->organization.v != pairs->organization.v ||
        !fasti_pairs_at(query, config->location))
        return false;
    for (; pairs->service_at < query->service_count; pairs->service_at++)
        if (fasti_schedule_offers(config, query->services[pairs->service_at])) {
            pair->place = place_of(schedule, pairs->service_at);
            pair->schedule.v = schedule;
            pair->service = query->services[pairs->service_at++];
            return true;
        }
    return false;
}

bool fasti_pairs_next(struct fasti_pairs *pairs, struct fasti_pair *pair) {
    if (pairs->query->schedule_count > 0)
        return listed_next(pairs, pair);
    for (;;) {
        const uint32_t schedule = seats_next(pairs);
        pair->place = schedule == 0 ? 0 : place_of(pairs->key, pairs->service_at);
        if (schedule == 0 || pairs->looks >= FASTI_QUERY_LOOKS_MAX)
            return false;
        if (schedule != pairs->key) {
            pairs->key = schedule;
            pairs->service_at = 0;
        }
        pairs->looks += LOOKS_OF_OFFER;
        if (offer_next(pairs, schedule, pair))
            return true;
        seats_pass(pairs, schedule);
    }
}
