/*
 * heatmap.c - cells, and what is free in them.
 */
#include "engine/search/heatmap.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/summary.h"
#include "engine/search/ranks.h"
#include "engine/time/civil.h"

#define NO_RANK   UINT32_MAX
#define TRIES_MAX 16                            /* of a schedule that is edited all the time */
#define SLOTS     (4 * FASTI_HEATMAP_CELLS_MAX) /* of the table of cells: a power of two */

_Static_assert((SLOTS & (SLOTS - 1)) == 0, "slots are masked");

struct cell {
    uint32_t row, column, schedules;
};

struct fasti_heatmap {
    uint32_t cell_count;
    struct cell cells[FASTI_HEATMAP_CELLS_MAX]; /* as they were met */
    uint16_t slots[SLOTS];                      /* cell + 1; 0: free */
    uint16_t order[FASTI_HEATMAP_CELLS_MAX];    /* as they are told */
    struct fasti_heatmap_day days[FASTI_HEATMAP_CELLS_MAX * FASTI_HEATMAP_DAYS_MAX];
    struct fasti_heatmap_answer answer;
};

/* One question. */
struct run {
    struct fasti_search *search;
    struct fasti_heatmap *heatmap;
    const struct fasti_heatmap_query *query;
    const struct fasti_roster *roster;
    const struct fasti_roster_changes *changes; /* as the question began; NULL: none */
    fasti_organization_id organization;
    struct fasti_geo_area area;
    uint32_t day_count;
    int64_t now_ms;
    uint32_t looks, bytes; /* at days of schedules, at summaries, so far */
    enum { FITS, MANY_CELLS, MANY_DAYS } limit;
    struct fasti_row row;
    uint32_t counts[FASTI_HEATMAP_DAYS_MAX]; /* starts of one schedule */
};

/* ---- cells ---- */

/* The cell of a place, made if it is new; NULL: there are too many. */
static struct cell *cell_of(struct run *run, struct fasti_geo place) {
    struct fasti_heatmap *heatmap = run->heatmap;
    const int64_t side = run->query->cell_e7;
    const uint32_t row = (uint32_t)((place.latitude_e7 + INT64_C(900000000)) / side);
    const uint32_t column = (uint32_t)((place.longitude_e7 + INT64_C(1800000000)) / side);
    for (uint32_t at = row * UINT32_C(2654435761) ^ column * UINT32_C(2246822519);; at++) {
        uint16_t *slot = &heatmap->slots[at & (SLOTS - 1)];
        if (*slot == 0 && heatmap->cell_count == FASTI_HEATMAP_CELLS_MAX)
            return NULL;
        struct cell *cell = &heatmap->cells[*slot == 0 ? heatmap->cell_count : *slot - 1u];
        if (*slot != 0 && (cell->row != row || cell->column != column))
            continue;
        if (*slot != 0)
            return cell;
        *cell = (struct cell){row, column, 0};
        memset(&heatmap->days[heatmap->cell_count * run->day_count], 0,
               run->day_count * sizeof heatmap->days[0]);
        *slot = (uint16_t)++heatmap->cell_count;
        return cell;
    }
}

/* Counts a schedule with the starts of its days. */
static void cell_add(struct run *run, struct fasti_geo place) {
    struct cell *cell = cell_of(run, place);
    if (cell == NULL) {
        run->limit = MANY_CELLS;
        return;
    }
    struct fasti_heatmap_day *days =
        &run->heatmap->days[(uint32_t)(cell - run->heatmap->cells) * run->day_count];
    cell->schedules++;
    run->heatmap->answer.candidates++;
    for (uint32_t d = 0; d < run->day_count; d++) {
        days[d].schedules += run->counts[d] > 0;
        days[d].starts += run->counts[d];
    }
}

/* ---- a schedule ---- */

/* A service that is looked at: in the ranks, or of a schedule that changed. */
struct offer {
    uint32_t service, rank; /* NO_RANK: nothing is known of its days */
    uint8_t needed;
};

/* May the day hold a start, as far as summaries tell? */
static bool may_be_free(struct run *run, const struct offer *offer, fasti_date date) {
    const _Atomic uint8_t *day =
        offer->rank == NO_RANK ? NULL : fasti_roster_day(run->roster, date);
    if (++run->bytes > FASTI_HEATMAP_BYTES_MAX)
        run->limit = MANY_DAYS;
    return day == NULL || fasti_load_relaxed(&day[offer->rank]) >= offer->needed;
}

/* The day's starts are in search->starts. */
static uint32_t starts_count(const struct run *run) {
    const struct fasti_day_view *view = &run->row.view;
    uint32_t count = 0;
    for (uint32_t w = fasti_rule_word_first(view); w < fasti_rule_word_end(view); w++)
        count += (uint32_t)__builtin_popcountll(run->search->starts[w]);
    return count;
}

/* Of each day the service with most starts counts. */
static void offer_look(struct run *run, const struct fasti_schedule_config *config,
                       uint32_t schedule, const struct offer *offer) {
    int32_t viewed = -1;
    run->row.scene = (struct fasti_rule_scene){.now_ms = run->now_ms};
    if (fasti_row_load(run->search, config->organization, (fasti_schedule_id){schedule},
                       (fasti_service_id){offer->service}, &run->query->facts,
                       &run->row) != FASTI_REASON_FREE)
        return;
    for (uint32_t d = 0; d < run->day_count && run->limit == FITS; d++) {
        const fasti_date date = {run->query->first.v + (int32_t)d};
        if (!may_be_free(run, offer, date))
            continue;
        if (run->looks++ == FASTI_HEATMAP_LOOKS_MAX) {
            run->limit = MANY_DAYS;
            return;
        }
        const bool is_next = d > 0 && viewed == (int32_t)d - 1;
        viewed = (int32_t)d;
        if (!fasti_row_free(run->search, &run->row, date, is_next))
            continue;
        const uint32_t count = starts_count(run);
        run->counts[d] = count > run->counts[d] ? count : run->counts[d];
    }
}

static bool service_is_meant(const struct run *run, const struct fasti_service *service) {
    return (run->query->code.length == 0 ||
            fasti_id_text_equal(&service->code, &run->query->code)) &&
           (run->query->duration_minutes == 0 ||
            service->duration_minutes == run->query->duration_minutes);
}

/* All of it under one configuration, or it is tried again. false: it offers nothing that is meant,
 * is another's, or is edited all the time. rank NO_RANK: summaries do not know it. */
static bool schedule_look(struct run *run, uint32_t schedule, uint32_t rank) {
    const struct fasti_directory *directory = run->search->directory;
    const struct fasti_schedule *object =
        fasti_schedule_get(directory, (fasti_schedule_id){schedule});
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        const struct fasti_schedule_config *config = fasti_load_seq_cst(&object->config);
        bool is_meant = false;
        memset(run->counts, 0, sizeof run->counts);
        if (run->organization.v != 0 && config->organization.v != run->organization.v)
            return false;
        for (uint32_t i = 0; i < config->service_count && run->limit == FITS; i++) {
            const struct fasti_service *service = fasti_service_get(directory, config->services[i]);
            if (!service_is_meant(run, service))
                continue;
            is_meant = true;
            offer_look(run, config, schedule,
                       &(struct offer){config->services[i].v, rank,
                                       fasti_summary_needed(config, service)});
        }
        if (config == fasti_load_seq_cst(&object->config))
            return is_meant;
    }
    return false;
}

/* ---- candidates ---- */

static bool is_changed(const struct run *run, uint32_t schedule) {
    uint32_t first = 0, end = run->changes == NULL ? 0 : run->changes->count;
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        if (run->changes->schedules[middle] == schedule)
            return true;
        if (run->changes->schedules[middle] < schedule)
            first = middle + 1;
        else
            end = middle;
    }
    return false;
}

/* A schedule that changed since the roster was made: looked at as it is. */
static void changed_take(struct run *run, uint32_t schedule) {
    const struct fasti_directory *directory = run->search->directory;
    const struct fasti_schedule_config *config =
        fasti_load_seq_cst(&fasti_schedule_get(directory, (fasti_schedule_id){schedule})->config);
    bool is_meant = run->query->specialty.length == 0;
    for (uint32_t i = 0; i < config->specialty_count && !is_meant; i++)
        is_meant = fasti_id_text_equal(&config->specialties[i], &run->query->specialty);
    const struct fasti_location *location = fasti_location_get(directory, config->location);
    const struct fasti_geo place = {location->latitude_e7, location->longitude_e7};
    const struct fasti_geo_point point = fasti_geo_point_of(place);
    if (is_meant && location->has_position && fasti_geo_has(&run->area, place, &point) &&
        schedule_look(run, schedule, NO_RANK))
        cell_add(run, place);
}

/* One that changed before the question began is among the changes; one that changed since is looked
 * at as it is. So each is counted once. */
static void rank_take(struct run *run, uint32_t rank) {
    const struct fasti_roster_entry *entry = &run->roster->entries[rank];
    const bool is_alive =
        (fasti_load_seq_cst(&run->roster->alive[rank / 64]) >> (rank % 64) & 1) != 0;
    if (is_changed(run, entry->schedule))
        return;
    if (!is_alive)
        changed_take(run, entry->schedule);
    else if (fasti_geo_has(&run->area, entry->place, &entry->point) &&
             schedule_look(run, entry->schedule, rank))
        cell_add(run, entry->place);
}

static bool ranks_take(void *context, const struct fasti_ranks *ranks) {
    struct run *run = context;
    for (uint64_t bits = ranks->bits; bits != 0 && run->limit == FITS; bits &= bits - 1)
        rank_take(run, ranks->first + (uint32_t)__builtin_ctzll(bits));
    return run->limit == FITS;
}

static void candidates_look(struct run *run) {
    const struct fasti_ranks_query query = {
        .roster = run->roster,
        .specialty = fasti_roster_code(run->roster, true, &run->query->specialty),
        .code = fasti_roster_code(run->roster, false, &run->query->code),
        .area = &run->area};
    /* Before the ranks: those that are taken out of them from now on are met there. */
    run->changes = fasti_load_seq_cst(&run->roster->changes);
    for (uint32_t i = 0; run->changes != NULL && i < run->changes->count && run->limit == FITS; i++)
        changed_take(run, run->changes->schedules[i]);
    const bool is_known = (run->query->specialty.length == 0 || query.specialty != 0) &&
                          (run->query->code.length == 0 || query.code != 0);
    if (is_known && run->limit == FITS)
        fasti_ranks_each(&query, ranks_take, run);
}

/* ---- the answer ---- */

static int cell_compare(const void *a, const void *b, void *context) {
    const struct fasti_heatmap *heatmap = context;
    const struct cell *first = &heatmap->cells[*(const uint16_t *)a];
    const struct cell *second = &heatmap->cells[*(const uint16_t *)b];
    if (first->row != second->row)
        return first->row < second->row ? -1 : 1;
    return (first->column > second->column) - (first->column < second->column);
}

static void answer_write(struct run *run) {
    struct fasti_heatmap *heatmap = run->heatmap;
    struct fasti_heatmap_answer *answer = &heatmap->answer;
    const uint32_t count = heatmap->cell_count, days = run->day_count;
    const int64_t side = run->query->cell_e7;
    answer->cell_count = (uint16_t)count;
    answer->day_count = (uint16_t)days;
    for (uint32_t i = 0; i < count; i++)
        heatmap->order[i] = (uint16_t)i;
    if (count > 1)
        qsort_r(heatmap->order, count, sizeof heatmap->order[0], cell_compare, heatmap);
    for (uint32_t i = 0; i < count; i++) {
        const struct cell *cell = &heatmap->cells[heatmap->order[i]];
        answer->cells[i] =
            (struct fasti_heatmap_cell){.south_e7 = (int32_t)(cell->row * side - 900000000),
                                        .west_e7 = (int32_t)(cell->column * side - 1800000000),
                                        .schedules = cell->schedules};
        memcpy(&answer->days[i * days], &heatmap->days[heatmap->order[i] * days],
               days * sizeof answer->days[0]);
    }
}

/* ---- the question ---- */

static enum fasti_status area_check(const struct fasti_heatmap_query *query,
                                    struct fasti_detail *detail) {
    const int32_t latitudes[] = {query->latitude_e7, query->north_e7};
    const int32_t longitudes[] = {query->longitude_e7, query->east_e7};
    if (query->area != FASTI_SEARCH_CIRCLE && query->area != FASTI_SEARCH_BOX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a heat map is of a circle or of a box: say where");
    for (int i = 0; i < 2; i++)
        if (latitudes[i] < -900000000 || latitudes[i] > 900000000 || longitudes[i] < -1800000000 ||
            longitudes[i] > 1800000000)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "latitudes are -90 to 90 degrees, longitudes -180 to 180");
    if (query->area == FASTI_SEARCH_CIRCLE &&
        (query->radius_m == 0 || query->radius_m > FASTI_SEARCH_RADIUS_MAX_M))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a radius is 1 to %d m",
                                FASTI_SEARCH_RADIUS_MAX_M);
    if (query->area == FASTI_SEARCH_BOX && query->north_e7 < query->latitude_e7)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a box's north is not south of it");
    if (query->cell_e7 < FASTI_HEATMAP_CELL_MIN_E7 || query->cell_e7 > FASTI_HEATMAP_CELL_MAX_E7)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a cell's side is 0.01 to 10 degrees");
    return FASTI_OK;
}

static enum fasti_status query_check(const struct fasti_heatmap_query *query,
                                     struct fasti_detail *detail) {
    if (query->specialty.length == 0 && query->code.length == 0)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a heat map is of a specialty, of a service's code, or both");
    if (query->duration_minutes > FASTI_SERVICE_MINUTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a visit has at most %d minutes",
                                FASTI_SERVICE_MINUTES_MAX);
    FASTI_TRY(area_check(query, detail));
    FASTI_TRY(fasti_row_check(&query->facts, query->first, query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_HEATMAP_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a heat map is of 1 to %d days, from the first to the last",
                                FASTI_HEATMAP_DAYS_MAX);
    return FASTI_OK;
}

static enum fasti_status limit_tell(const struct run *run, struct fasti_detail *detail) {
    if (run->limit == MANY_CELLS)
        return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                "more than %d cells have schedules in them: ask for larger cells, "
                                "or for a smaller area",
                                FASTI_HEATMAP_CELLS_MAX);
    if (run->limit == MANY_DAYS)
        return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                "there are more than %d days of schedules to look at, or %d to "
                                "pass: ask for fewer days, a smaller area, or a code",
                                FASTI_HEATMAP_LOOKS_MAX, FASTI_HEATMAP_BYTES_MAX);
    return FASTI_OK;
}

void fasti_heatmap_destroy(struct fasti_heatmap *heatmap) {
    free(heatmap);
}

enum fasti_status fasti_heatmap_run(struct fasti_heatmap **heatmap, struct fasti_search *search,
                                    fasti_organization_id organization,
                                    const struct fasti_heatmap_query *query, int64_t now_ms,
                                    const struct fasti_heatmap_answer **answer,
                                    struct fasti_detail *detail) {
    FASTI_TRY(query_check(query, detail));
    const struct fasti_geo place = {query->latitude_e7, query->longitude_e7};
    struct run run = {.search = search,
                      .query = query,
                      .roster = fasti_roster_current(search->roster),
                      .organization = organization,
                      .day_count = (uint32_t)(query->last.v - query->first.v + 1),
                      .now_ms = now_ms};
    run.area = query->area == FASTI_SEARCH_CIRCLE
                   ? fasti_geo_circle(place, query->radius_m)
                   : fasti_geo_box(place, (struct fasti_geo){query->north_e7, query->east_e7});
    if (*heatmap == NULL)
        *heatmap = malloc(sizeof **heatmap);
    run.heatmap = *heatmap;
    if (run.heatmap == NULL || run.roster == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "there is no memory for a heat map");
    run.heatmap->cell_count = run.heatmap->answer.candidates = 0;
    memset(run.heatmap->slots, 0, sizeof run.heatmap->slots);
    candidates_look(&run);
    FASTI_TRY(limit_tell(&run, detail));
    answer_write(&run);
    *answer = &run.heatmap->answer;
    return FASTI_OK;
}
