/*
 * candidates.c - ranks by codes and area, then what changed since.
 */
#include "engine/search/candidates.h"

#include <math.h>

#include "engine/calendar/kernels.h"
#include "engine/search/ranks.h"

bool fasti_candidates_mean(const struct fasti_candidates *c,
                           const struct fasti_roster_offer *offer) {
    return (c->code == 0 || offer->code == c->code) &&
           (c->query->duration_minutes == 0 || offer->minutes == c->query->duration_minutes);
}

static void batch_take(struct fasti_candidates *c) {
    c->total += c->batch_count;
    c->take(c->context, c->batch, c->batch_count);
    c->batch_count = 0;
}

/* is_hopeless: it has no start, but counts. */
static void candidate_add(struct fasti_candidates *c, uint32_t schedule, uint32_t rank,
                          struct fasti_geo place, bool is_hopeless) {
    if (c->organization.v != 0) {
        const struct fasti_schedule *object =
            fasti_schedule_get(c->directory, (fasti_schedule_id){schedule});
        if (fasti_load_seq_cst(&object->config)->organization.v != c->organization.v)
            return;
    }
    if (is_hopeless) {
        c->total++;
        return;
    }
    struct fasti_candidate *candidate = &c->batch[c->batch_count++];
    *candidate = (struct fasti_candidate){.schedule = schedule, .rank = rank};
    if (c->query->order != FASTI_SEARCH_BY_START)
        candidate->distance_mm =
            (uint64_t)llround(1000 * fasti_geo_distance_m(c->area.centre, place));
    if (c->batch_count == FASTI_CANDIDATES_BATCH)
        batch_take(c);
}

static void rank_add(struct fasti_candidates *c, uint32_t rank, bool is_hopeless) {
    const struct fasti_roster_entry *entry = &c->roster->entries[rank];
    if (c->area.kind != FASTI_GEO_ANYWHERE && !fasti_geo_has(&c->area, entry->place, &entry->point))
        return;
    const struct fasti_roster_offer *offers = &c->roster->offers[entry->offer_first];
    for (uint32_t i = 0; i < entry->offer_count; i++)
        if (fasti_candidates_mean(c, &offers[i])) {
            candidate_add(c, entry->schedule, rank, entry->place, is_hopeless);
            return;
        }
}

/* Bit i: rank first + i may have a start on some day. */
static uint64_t may_mask(const struct fasti_candidates *c, const struct fasti_ranks *ranks) {
    if (!c->has_days)
        return UINT64_MAX;
    uint64_t mask = 0;
    for (uint32_t d = 0; d < c->day_count && (ranks->bits & ~mask) != 0; d++)
        mask |= fasti_kernel_at_least(c->days[d] + ranks->first, ranks->count, ranks->needed);
    return mask;
}

/* Those that are alive. */
static bool ranks_take(void *context, const struct fasti_ranks *ranks) {
    struct fasti_candidates *c = context;
    const uint64_t may = may_mask(c, ranks);
    for (uint64_t bits = ranks->bits; bits != 0; bits &= bits - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(bits), rank = ranks->first + i;
        if ((fasti_load_seq_cst(&c->roster->alive[rank / 64]) >> (rank % 64) & 1) != 0)
            rank_add(c, rank, (may >> i & 1) == 0);
    }
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
    if (!is_meant || (c->area.kind != FASTI_GEO_ANYWHERE &&
                      (!location->has_position || !fasti_geo_has(&c->area, place, &point))))
        return;
    for (uint32_t i = 0; i < config->service_count; i++) {
        const struct fasti_roster_offer offer = fasti_candidates_offer(c, config->services[i]);
        if (fasti_candidates_mean(c, &offer)) {
            candidate_add(c, schedule, FASTI_CANDIDATE_NO_RANK, place, false);
            return;
        }
    }
}

void fasti_candidates_find(struct fasti_candidates *c) {
    const struct fasti_roster *roster = c->roster;
    const bool has_specialty = c->query->specialty.length > 0, has_code = c->query->code.length > 0;
    c->total = c->batch_count = 0;
    c->specialty = has_specialty ? fasti_roster_code(roster, true, &c->query->specialty) : 0;
    c->code = has_code ? fasti_roster_code(roster, false, &c->query->code) : 0;
    const bool is_known = (!has_specialty || c->specialty != 0) && (!has_code || c->code != 0);
    const struct fasti_ranks_query query = {roster, c->specialty, c->code, &c->area};
    if (is_known)
        fasti_ranks_each(&query, ranks_take, c);
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
    batch_take(c);
}
