/*
 * fasti_doctolib_plan.c - what becomes of it: services by their conditions, zones, and the puts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "tools/fasti_doctolib_record.h"

/* ---- zones ---- */

enum fasti_status fasti_doctolib_zone(const struct fasti_doctolib *feed, const char *zipcode,
                                      struct fasti_id_text *zone, struct fasti_detail *detail) {
    static const struct {
        const char *country, *zipcode, *zone; /* zipcode: what it begins with; the first row wins */
    } rows[] = {
        {"fr", "971", "America/Guadeloupe"}, {"fr", "972", "America/Martinique"},
        {"fr", "973", "America/Cayenne"},    {"fr", "974", "Indian/Reunion"},
        {"fr", "975", "America/Miquelon"},   {"fr", "976", "Indian/Mayotte"},
        {"fr", "986", "Pacific/Wallis"},     {"fr", "987", "Pacific/Tahiti"},
        {"fr", "988", "Pacific/Noumea"},     {"fr", "", "Europe/Paris"},
        {"de", "", "Europe/Berlin"},         {"it", "", "Europe/Rome"},
    };
    *zone = feed->options.zone;
    for (size_t i = 0; zone->length == 0 && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(feed->country, rows[i].country) == 0 &&
            strncmp(zipcode, rows[i].zipcode, strlen(rows[i].zipcode)) == 0)
            return fasti_id_text_set(zone, rows[i].zone, strlen(rows[i].zone));
    return zone->length > 0
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                  "the profile's \"country\" is not fr, de or it: say --zone");
}

/* ---- services ---- */

static int compare_by_motive(const void *a, const void *b) {
    const struct fasti_doctolib_offer *const *x = a, *const *y = b;
    if ((*x)->motive != (*y)->motive)
        return (*x)->motive < (*y)->motive ? -1 : 1;
    return ((*x)->agenda > (*y)->agenda) - ((*x)->agenda < (*y)->agenda);
}

/* agenda NULL: the motive's own service. */
static uint32_t service_add(struct fasti_doctolib *feed, uint32_t motive,
                            const struct fasti_doctolib_agenda *agenda,
                            const struct fasti_terms *terms) {
    const struct fasti_doctolib_motive *of = &feed->motives[motive];
    struct fasti_doctolib_service *service = &feed->services[feed->service_count];
    char id[FASTI_ID_BYTES_MAX];
    int size = snprintf(id, sizeof id, "%" PRId64, of->id);
    if (agenda != NULL)
        size = snprintf(id, sizeof id, "%" PRId64 "@%" PRId64, of->id, agenda->id);
    const enum fasti_status status = fasti_id_text_set(&service->id, id, (size_t)size);
    FASTI_ASSERT(status == FASTI_OK);
    service->motive = motive;
    service->minutes = of->minutes > 0 ? of->minutes : feed->options.minutes;
    service->grid_minutes = service->minutes;
    service->terms = *terms;
    service->code = of->code;
    feed->guess_count += of->minutes == 0;
    return feed->service_count++;
}

/* The offers of one motive: one service, or where their terms differ one for each that has its own
 * beside that of those which have none. */
static void motive_plan(struct fasti_doctolib *feed, uint32_t motive,
                        struct fasti_doctolib_offer **offers, uint32_t count) {
    const struct fasti_doctolib_motive *of = &feed->motives[motive];
    bool is_split = false;
    const struct fasti_doctolib_offer *first = NULL;
    struct fasti_terms terms = {.modalities = of->modalities,
                                .acquaintances = of->refuses_new ? 2 : 0};
    for (uint32_t i = 0; i < count; i++) {
        if (offers[i]->is_closed)
            continue;
        if (first == NULL)
            first = offers[i];
        is_split = is_split || !fasti_terms_equal(&first->terms, &offers[i]->terms);
    }
    if (first != NULL && !is_split)
        terms = first->terms;
    const uint32_t own = service_add(feed, motive, NULL, &terms);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_doctolib_agenda *agenda = &feed->agendas[offers[i]->agenda];
        if (offers[i]->is_closed)
            continue;
        offers[i]->service = fasti_terms_equal(&terms, &offers[i]->terms)
                                 ? own
                                 : service_add(feed, motive, agenda, &offers[i]->terms);
        if (offers[i]->service == own)
            continue;
        struct fasti_doctolib_record record = {.feed = feed};
        snprintf(record.name, sizeof record.name, "visit motive %" PRId64, of->id);
        fasti_doctolib_note(&record,
                            "agenda %" PRId64 " asks for other patients than others do: there it "
                            "is service %" PRId64 "@%" PRId64,
                            agenda->id, of->id, agenda->id);
    }
}

static enum fasti_status services_plan(struct fasti_doctolib *feed, struct fasti_detail *detail) {
    struct fasti_doctolib_offer **offers = calloc((size_t)feed->offer_count + 1, sizeof *offers);
    feed->services =
        calloc((size_t)feed->offer_count + feed->motive_count + 1, sizeof *feed->services);
    if (offers == NULL || feed->services == NULL) {
        free(offers);
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the services");
    }
    for (uint32_t i = 0; i < feed->offer_count; i++)
        offers[i] = &feed->offers[i];
    qsort(offers, feed->offer_count, sizeof *offers, compare_by_motive);
    for (uint32_t m = 0, from = 0, end; m < feed->motive_count; m++, from = end) {
        for (end = from; end < feed->offer_count && offers[end]->motive == m; end++) {
        }
        motive_plan(feed, m, offers + from, end - from);
    }
    free(offers);
    return FASTI_OK;
}

/* ---- schedules ---- */

static int compare_numbers(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void fasti_doctolib_resolution(const struct fasti_doctolib *feed,
                               struct fasti_doctolib_schedule *schedule) {
    const uint8_t resolutions[] = {schedule->resolution_minutes, 5, 1};
    for (size_t r = 0; r < sizeof resolutions; r++) {
        const uint8_t resolution = resolutions[r];
        bool fits = resolution != 0;
        for (uint32_t i = 0; fits && i < schedule->service_count; i++) {
            const struct fasti_doctolib_service *service = &feed->services[schedule->services[i]];
            fits = service->minutes % resolution == 0 && service->grid_minutes % resolution == 0 &&
                   service->offset_minutes % resolution == 0;
        }
        schedule->resolution_minutes = resolution;
        if (fits)
            return;
    }
}

enum fasti_status fasti_doctolib_plan(struct fasti_doctolib *feed, struct fasti_detail *detail) {
    FASTI_TRY(services_plan(feed, detail));
    for (uint32_t s = 0; s < feed->schedule_count; s++) {
        struct fasti_doctolib_schedule *schedule = &feed->schedules[s];
        for (uint32_t i = 0; i < schedule->motive_count; i++) {
            const struct fasti_doctolib_offer *offer =
                fasti_doctolib_offer_find(feed, schedule->agenda, schedule->motives[i]);
            if (offer->service != FASTI_DOCTOLIB_NONE)
                schedule->services[schedule->service_count++] = offer->service;
        }
        qsort(schedule->services, schedule->service_count, sizeof *schedule->services,
              compare_numbers);
        if (feed->agendas[schedule->agenda].is_paused)
            schedule->terms.flags = FASTI_TERMS_PAUSED;
        const struct fasti_id_text *speciality = &feed->agendas[schedule->agenda].speciality;
        schedule->specialty_count = speciality->length > 0;
        schedule->specialties[0] = *speciality;
        fasti_doctolib_resolution(feed, schedule);
    }
    return FASTI_OK;
}

/* ---- puts ---- */

uint64_t fasti_doctolib_put_count(const struct fasti_doctolib *feed) {
    return (uint64_t)feed->place_count + feed->practitioner_count + feed->service_count +
           feed->schedule_count;
}

static void number_set(struct fasti_id_text *id, int64_t number) {
    char text[24];
    const int size = snprintf(text, sizeof text, "%" PRId64, number);
    const enum fasti_status status = fasti_id_text_set(id, text, (size_t)size);
    FASTI_ASSERT(status == FASTI_OK);
}

static void put_place(const struct fasti_doctolib_place *place, struct fasti_put *put) {
    put->kind = FASTI_ENTITY_LOCATION;
    put->id = place->id;
    put->name = place->name;
    put->body.location.zone = place->zone;
    put->body.location.has_position = place->has_position;
    put->body.location.latitude_e7 = place->latitude_e7;
    put->body.location.longitude_e7 = place->longitude_e7;
}

static void put_service(const struct fasti_doctolib *feed,
                        const struct fasti_doctolib_service *service, struct fasti_put *put) {
    put->kind = FASTI_ENTITY_SERVICE;
    put->id = service->id;
    put->name = feed->motives[service->motive].name;
    put->body.service.duration_minutes = service->minutes;
    put->body.service.grid_minutes = service->grid_minutes;
    put->body.service.offset_minutes = service->offset_minutes;
    put->body.service.terms = service->terms;
    put->body.service.code = service->code;
}

static void put_schedule(const struct fasti_doctolib *feed,
                         const struct fasti_doctolib_schedule *schedule, struct fasti_put *put) {
    const struct fasti_doctolib_agenda *agenda = &feed->agendas[schedule->agenda];
    put->kind = FASTI_ENTITY_SCHEDULE;
    put->id = schedule->id;
    put->body.schedule.location = feed->places[schedule->place].id;
    if (agenda->practitioner != FASTI_DOCTOLIB_NONE) {
        const struct fasti_doctolib_practitioner *of = &feed->practitioners[agenda->practitioner];
        number_set(&put->body.schedule.practitioner, of->id);
        if (!agenda->has_no_name)
            put->name = of->name;
    }
    put->body.schedule.resolution_minutes = schedule->resolution_minutes;
    put->body.schedule.service_count = schedule->service_count;
    for (uint32_t i = 0; i < schedule->service_count; i++)
        put->body.schedule.services[i] = feed->services[schedule->services[i]].id;
    put->body.schedule.language_count = schedule->language_count;
    memcpy(put->body.schedule.languages, schedule->languages, sizeof schedule->languages);
    put->body.schedule.substitute = schedule->substitute;
    put->body.schedule.terms = schedule->terms;
    put->body.schedule.specialty_count = schedule->specialty_count;
    memcpy(put->body.schedule.specialties, schedule->specialties, sizeof schedule->specialties);
}

void fasti_doctolib_put(const struct fasti_doctolib *feed, uint64_t index, struct fasti_put *put) {
    FASTI_ASSERT(index < fasti_doctolib_put_count(feed));
    memset(put, 0, sizeof *put);
    if (index < feed->place_count) {
        put_place(&feed->places[index], put);
    } else if ((index -= feed->place_count) < feed->practitioner_count) {
        put->kind = FASTI_ENTITY_PRACTITIONER;
        number_set(&put->id, feed->practitioners[index].id);
        put->name = feed->practitioners[index].name;
    } else if ((index -= feed->practitioner_count) < feed->service_count) {
        put_service(feed, &feed->services[index], put);
    } else {
        put_schedule(feed, &feed->schedules[index - feed->service_count], put);
    }
}
