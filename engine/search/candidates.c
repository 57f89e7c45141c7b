/*
 * candidates.c - ranks by codes and area, then what changed since.
 */
#include "engine/search/candidates.h"

#include <math.h>

#include "engine/search/ranks.h"

#define RANKS_PER_RESULT_MANY 4 /* so many for each result that is asked for: days go by parts */

bool fasti_candidates_mean(const struct fasti_candidates *c,
                           const struct fasti_roster_offer *offer) {
    return (c->code == 0 || offer->code == c->code) &&
           (c->query->duration_minutes == 0 || offer->minutes == c->query->duration_minutes);
}

/* Is the schedule of an organization that is asked for? */
static bool is_of_organization(const struct fasti_candidates *c, uint32_t schedule) {
    if (c->organization.v == 0)
        return true;
    const struct fasti_schedule *object =
        fasti_schedule_get(c->directory, (fasti_schedule_id){schedule});
    return fasti_load_seq_cst(&object->config)->organization.v == c->organization.v;
}

/* Where the order asks for it; else the place is not read. */
static uint64_t distance_of(const struct fasti_candidates *c, const struct fasti_geo *place) {
    return c->query->order == FASTI_SEARCH_BY_START
               ? 0
               : (uint64_t)llround(1000 * fasti_geo_distance_m(c->area.centre, *place));
}

/* Does every offer with the code that is asked for have the length that is asked for? Then nobody's
 * offers are looked at. */
static bool is_any_meant(const struct fasti_candidates *c, const struct fasti_ranks *ranks) {
    return c->code != 0 &&
           (c->query->duration_minutes == 0 || c->query->duration_minutes == ranks->minutes);
}

static bool rank_is_meant(const struct fasti_candidates *c, uint32_t rank, bool is_any) {
    const struct fasti_roster_entry *entry = &c->roster->entries[rank];
    if (c->area.kind != FASTI_GEO_ANYWHERE && !fasti_geo_has(&c->area, entry->place, &entry->point))
        return false;
    const struct fasti_roster_offer *offers = &c->roster->offers[entry->offer_first];
    for (uint32_t i = 0; i < entry->offer_count && !is_any; i++)
        is_any = fasti_candidates_mean(c, &offers[i]);
    return is_any && is_of_organization(c, entry->schedule);
}

/* Those that are alive. */
static uint64_t alive_of(const struct fasti_roster *roster, const struct fasti_ranks *ranks) {
    const uint32_t at = ranks->first / 64, shift = ranks->first % 64;
    uint64_t alive = fasti_load_seq_cst(&roster->alive[at]) >> shift;
    if (shift + ranks->count > 64)
        alive |= fasti_load_seq_cst(&roster->alive[at + 1]) << (64 - shift);
    return alive & ranks->bits;
}

/* May the rank have a start by what its own offers need? *first: where. */
static bool rank_may(const struct fasti_candidates *c, uint32_t rank,
                     const struct fasti_window_day *day, uint32_t part, uint8_t *first) {
    const struct fasti_roster_entry *entry = &c->roster->entries[rank];
    const struct fasti_roster_offer *offers = &c->roster->offers[entry->offer_first];
    uint8_t needed = UINT8_MAX;
    for (uint32_t i = 0; i < entry->offer_count; i++)
        if (fasti_candidates_mean(c, &offers[i]) && offers[i].needed < needed)
            needed = offers[i].needed;
    return fasti_window_day_may(day, part, rank, 1, 1, needed, first) != 0;
}

/* Those of the ranks that have no day yet and may have a start on this one. */
static void ranks_day(struct fasti_candidates *c, struct fasti_ranks *ranks, uint32_t d,
                      uint32_t part) {
    const struct fasti_window_day *day = &c->window->days[d];
    uint8_t firsts[64];
    const uint64_t may = fasti_window_day_may(day, part, ranks->first, ranks->count, ranks->bits,
                                              ranks->needed, firsts);
    for (uint64_t bits = may; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits), rank = ranks->first + i;
        if (!ranks->is_even && !rank_may(c, rank, day, part, &firsts[i]))
            continue;
        ranks->bits &= ~(bits & -bits);
        const struct fasti_candidate candidate = {.schedule = c->roster->schedules[rank],
                                                  .rank = rank,
                                                  .day = (uint16_t)d,
                                                  .first = firsts[i]};
        c->take(c->context, &candidate, distance_of(c, &c->roster->entries[rank].place));
    }
}

static void part_take(struct fasti_candidates *c, uint32_t d, uint32_t part) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->ranks_count; i++) {
        ranks_day(c, &c->ranks[i], d, part);
        if (c->ranks[i].bits != 0)
            c->ranks[left++] = c->ranks[i];
    }
    c->ranks_count = left;
    c->pause(c->context);
}

/* A day at a time, as long as one is of use; a part at a time where there are many. The last part
 * is the whole day again: what a visit left free in a part that was passed, as it moved into a
 * later one, counts. */
static void days_take(struct fasti_candidates *c) {
    const uint32_t parts = FASTI_WINDOW_PARTS;
    const bool are_many = c->ranks_total > RANKS_PER_RESULT_MANY * (c->query->limit + UINT32_C(1));
    for (uint32_t p = 0; p < c->part_end && c->ranks_count > 0;) {
        const struct fasti_window_day *day = &c->window->days[p / parts];
        const bool is_split = are_many && day->steps != NULL, is_last = p % parts == parts - 1;
        if (!is_split || p % parts == 0 || is_last || day->mask[p % parts] != 0)
            part_take(c, p / parts, !is_split || is_last ? FASTI_WINDOW_WHOLE : p % parts);
        p += is_split ? 1 : parts;
    }
    c->ranks_count = c->ranks_total = 0;
}

static bool ranks_take(void *context, const struct fasti_ranks *found) {
    struct fasti_candidates *c = context;
    struct fasti_ranks ranks = *found;
    const bool is_any = is_any_meant(c, found);
    ranks.bits = alive_of(c->roster, found);
    const bool are_all = is_any && c->area.kind == FASTI_GEO_ANYWHERE && c->organization.v == 0;
    for (uint64_t bits = are_all ? 0 : ranks.bits; bits != 0; bits &= bits - 1)
        if (!rank_is_meant(c, ranks.first + (uint32_t)__builtin_ctzll(bits), is_any))
            ranks.bits &= ~(bits & -bits);
    const uint32_t count = (uint32_t)__builtin_popcountll(ranks.bits);
    c->total += count;
    c->ranks_total += count;
    if (count != 0)
        c->ranks[c->ranks_count++] = ranks;
    if (c->ranks_count == FASTI_CANDIDATES_RANKS)
        days_take(c);
    return true;
}

/* The offer of a schedule that is not in the ranks. */
struct fasti_roster_offer fasti_candidates_offer(const struct fasti_candidates *c,
                                                 fasti_service_id id) {
    const struct fasti_service *service = fasti_service_get(c->directory, id);
    const bool has_code = fasti_id_text_equal(&service->code, &c->query->code);
    return (struct fasti_roster_offer){
        .service = id.v,
        .code = has_code ? c->code : 0,
        .minutes = service->duration_minutes,
        .needed = 0,
    };
}

/* A schedule that changed since the roster was made: looked at as it is. */
static void changed_add(struct fasti_candidates *c, uint32_t schedule) {
    const struct fasti_directory *directory = c->directory;
    const struct fasti_schedule_config *config =
        fasti_load_seq_cst(&fasti_schedule_get(directory, (fasti_schedule_id){schedule})->config);
    bool is_meant = c->query->specialty.length == 0;
    for (uint32_t i = 0; i < config->specialty_count && !is_meant; i++)
        is_meant = fasti_id_text_equal(&config->specialties[i], &c->query->specialty);
    const struct fasti_location *location = fasti_location_get(directory, config->location);
    const struct fasti_geo place = {location->latitude_e7, location->longitude_e7};
    const struct fasti_geo_point point = fasti_geo_point_of(place);
    if (!is_meant || !is_of_organization(c, schedule) ||
        (c->area.kind != FASTI_GEO_ANYWHERE &&
         (!location->has_position || !fasti_geo_has(&c->area, place, &point))))
        return;
    for (uint32_t i = 0; i < config->service_count; i++) {
        const struct fasti_roster_offer offer = fasti_candidates_offer(c, config->services[i]);
        if (!fasti_candidates_mean(c, &offer))
            continue;
        const struct fasti_candidate candidate = {.schedule = schedule,
                                                  .rank = FASTI_CANDIDATE_NO_RANK};
        c->total++;
        if (c->part_end > 0)
            c->take(c->context, &candidate, distance_of(c, &place));
        return;
    }
}

void fasti_candidates_find(struct fasti_candidates *c) {
    const struct fasti_roster *roster = c->roster;
    const bool has_specialty = c->query->specialty.length > 0, has_code = c->query->code.length > 0;
    c->total = c->ranks_count = c->ranks_total = 0;
    c->specialty = has_specialty ? fasti_roster_code(roster, true, &c->query->specialty) : 0;
    c->code = has_code ? fasti_roster_code(roster, false, &c->query->code) : 0;
    const bool is_known = (!has_specialty || c->specialty != 0) && (!has_code || c->code != 0);
    const struct fasti_ranks_query query = {roster, c->specialty, c->code, &c->area};
    if (is_known)
        fasti_ranks_each(&query, ranks_take, c);
    days_take(c);
    if (c->code == 0 && has_code)
        c->code = UINT32_MAX;
    /* After the bits: who was taken out of them meanwhile is in the list. */
    const struct fasti_roster_changes *changes = fasti_load_seq_cst(&roster->changes);
    for (uint32_t i = 0; changes != NULL && i < changes->count; i++) {
        const uint32_t id = changes->schedules[i];
        const uint32_t rank = id < roster->schedule_end ? roster->ranks[id] : 0;
        if (rank == 0 ||
            (fasti_load_seq_cst(&roster->alive[(rank - 1) / 64]) >> ((rank - 1) % 64) & 1) == 0)
            changed_add(c, id);
    }
}
