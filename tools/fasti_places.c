/*
 * fasti_places.c - which schedules are meant; see fasti_places.h.
 *
 *   options -> named locations, shape --locations--> set of ids --schedules--> places
 */
#include "tools/fasti_places.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES      24
#define EARTH_RADIUS_KM 6371.0088 /* the mean one of the IUGG */
#define RADIUS_MAX_KM   20000.0
#define DEGREES(e7)     ((double)(e7) / 1e7)

/* A circle, a box, or both. */
struct shape {
    bool has_circle, has_box;
    double centre[2], radius_km;
    double south, west, north, east;
};

struct search {
    struct fasti_session *session;
    const json_t *options;
    const char *prefix;
    struct fasti_places *places;
    bool is_all;
    struct shape shape;
    uint32_t location_count, location_room; /* ids that are meant, sorted */
    struct fasti_id_text *locations;
};

static const char *option(const char *prefix, const char *word, char name[NAME_BYTES]) {
    snprintf(name, NAME_BYTES, "%s%s", prefix, word);
    return name;
}

bool fasti_places_are_said(const json_t *object, const char *prefix) {
    static const char *const words[] = {"location", "schedule", "near", "radius", "box", "all"};
    char name[NAME_BYTES];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (json_object_get(object, option(prefix, words[i], name)) != NULL)
            return true;
    return false;
}

/* ---- shapes ---- */

bool fasti_places_numbers(const char *text, uint32_t count, double *numbers) {
    for (uint32_t i = 0; i < count; i++) {
        char *end;
        numbers[i] = strtod(text, &end);
        if (end == text || !isfinite(numbers[i]) || *end != (i + 1 < count ? ',' : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

/* Between two points in degrees, on a sphere. */
static double distance_km(const double from[2], const double to[2]) {
    const double radian = acos(-1.0) / 180;
    const double lat = sin((to[0] - from[0]) * radian / 2);
    const double lon = sin((to[1] - from[1]) * radian / 2);
    const double h = lat * lat + cos(from[0] * radian) * cos(to[0] * radian) * lon * lon;
    return 2 * EARTH_RADIUS_KM * asin(sqrt(h < 1 ? h : 1));
}

static bool is_latitude(double degrees) {
    return degrees >= -90 && degrees <= 90;
}

static bool is_longitude(double degrees) {
    return degrees >= -180 && degrees <= 180;
}

static enum fasti_exit shape_read(struct search *search) {
    struct shape *shape = &search->shape;
    char near_name[NAME_BYTES], radius_name[NAME_BYTES], box_name[NAME_BYTES];
    const char *near =
        fasti_field_text(search->options, option(search->prefix, "near", near_name), NULL);
    const char *radius =
        fasti_field_text(search->options, option(search->prefix, "radius", radius_name), NULL);
    const char *box =
        fasti_field_text(search->options, option(search->prefix, "box", box_name), NULL);
    const char *dash = search->prefix[0] == '\0' ? "" : "to-";
    double corners[4] = {0};
    shape->has_circle = near != NULL;
    shape->has_box = box != NULL;
    if ((near == NULL) != (radius == NULL))
        return fasti_session_fail(search->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--%snear and --%sradius go together: around which point, and "
                                  "how far?",
                                  dash, dash);
    if (near != NULL && (!fasti_places_numbers(near, 2, shape->centre) ||
                         !is_latitude(shape->centre[0]) || !is_longitude(shape->centre[1])))
        return fasti_session_fail(search->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--%snear: \"%.40s\" is not a latitude and a longitude like "
                                  "48.137,11.575",
                                  dash, near);
    if (near != NULL && (!fasti_places_numbers(radius, 1, &shape->radius_km) ||
                         shape->radius_km < 0.1 || shape->radius_km > RADIUS_MAX_KM))
        return fasti_session_fail(search->session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--%sradius: \"%.40s\" is not 0.1 to 20000 kilometres", dash,
                                  radius);
    if (box != NULL && (!fasti_places_numbers(box, 4, corners) || !is_latitude(corners[0]) ||
                        !is_longitude(corners[1]) || !is_latitude(corners[2]) ||
                        !is_longitude(corners[3]) || corners[0] > corners[2]))
        return fasti_session_fail(search->session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--%sbox: \"%.60s\" is not SOUTH,WEST,NORTH,EAST in degrees, "
                                  "like 47.9,11.2,48.3,11.9",
                                  dash, box);
    shape->south = corners[0];
    shape->west = corners[1];
    shape->north = corners[2];
    shape->east = corners[3];
    return FASTI_EXIT_DONE;
}

/* A box whose west lies east of its east goes over 180 degrees. */
static bool is_inside(const struct shape *shape, const double point[2]) {
    if (shape->has_circle && distance_km(shape->centre, point) <= shape->radius_km)
        return true;
    if (!shape->has_box || point[0] < shape->south || point[0] > shape->north)
        return false;
    return shape->west <= shape->east ? point[1] >= shape->west && point[1] <= shape->east
                                      : point[1] >= shape->west || point[1] <= shape->east;
}

/* ---- locations ---- */

static int compare_ids(const void *a, const void *b) {
    const struct fasti_id_text *x = a, *y = b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return memcmp(x->bytes, y->bytes, x->length);
}

static bool location_add(struct search *search, const struct fasti_id_text *id) {
    if (search->location_count == search->location_room) {
        const uint32_t room = search->location_room == 0 ? 64 : 2 * search->location_room;
        struct fasti_id_text *moved = realloc(search->locations, room * sizeof *moved);
        if (moved == NULL)
            return false;
        search->locations = moved;
        search->location_room = room;
    }
    search->locations[search->location_count++] = *id;
    return true;
}

static enum fasti_exit no_memory(struct fasti_session *session) {
    return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
}

/* Those that are named must be there: a slip would leave them out. */
static enum fasti_exit locations_named(struct search *search) {
    char name[NAME_BYTES];
    const char *text;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    (void)option(search->prefix, "location", name);
    for (size_t i = 0;
         exit == FASTI_EXIT_DONE && (text = fasti_field_item(search->options, name, i)) != NULL;
         i++) {
        uint32_t unused;
        struct fasti_id_text id;
        exit = fasti_session_resolve(search->session, FASTI_ENTITY_LOCATION, text, &unused);
        if (exit == FASTI_EXIT_DONE && fasti_id_text_set(&id, text, strlen(text)) == FASTI_OK &&
            !location_add(search, &id))
            return no_memory(search->session);
    }
    return exit;
}

static enum fasti_exit locations_inside(struct search *search) {
    for (uint32_t after = 0;;) {
        const struct fasti_describe_answer *answer;
        const enum fasti_exit exit =
            fasti_session_describe(search->session, FASTI_ENTITY_LOCATION, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            return exit;
        after = answer->id;
        if (!answer->put.body.location.has_position) {
            search->places->without_position++;
            continue;
        }
        const double point[2] = {DEGREES(answer->put.body.location.latitude_e7),
                                 DEGREES(answer->put.body.location.longitude_e7)};
        if (is_inside(&search->shape, point) && !location_add(search, &answer->put.id))
            return no_memory(search->session);
    }
}

/* ---- schedules ---- */

bool fasti_places_add(struct fasti_places *places, const struct fasti_describe_answer *answer) {
    if (places->count == places->room) {
        const uint32_t room = places->room == 0 ? 64 : 2 * places->room;
        struct fasti_place *moved = realloc(places->places, room * sizeof *moved);
        if (moved == NULL)
            return false;
        places->places = moved;
        places->room = room;
    }
    places->places[places->count++] =
        (struct fasti_place){.id = {answer->id},
                             .schedule = answer->put.id,
                             .location = answer->put.body.schedule.location,
                             .terms = answer->put.body.schedule.terms};
    return true;
}

static bool is_meant(const struct search *search, const struct fasti_id_text *location) {
    return search->is_all || bsearch(location, search->locations, search->location_count,
                                     sizeof *search->locations, compare_ids) != NULL;
}

static enum fasti_exit schedules_at_locations(struct search *search) {
    for (uint32_t after = 0;;) {
        const struct fasti_describe_answer *answer;
        const enum fasti_exit exit =
            fasti_session_describe(search->session, FASTI_ENTITY_SCHEDULE, 0, after, &answer);
        if (exit != FASTI_EXIT_DONE || answer->id == 0)
            return exit;
        after = answer->id;
        if (is_meant(search, &answer->put.body.schedule.location) &&
            !fasti_places_add(search->places, answer))
            return no_memory(search->session);
    }
}

static enum fasti_exit schedules_named(struct search *search) {
    char name[NAME_BYTES];
    const char *text;
    (void)option(search->prefix, "schedule", name);
    for (size_t i = 0; (text = fasti_field_item(search->options, name, i)) != NULL; i++) {
        const struct fasti_describe_answer *answer;
        uint32_t id;
        enum fasti_exit exit =
            fasti_session_resolve(search->session, FASTI_ENTITY_SCHEDULE, text, &id);
        if (exit == FASTI_EXIT_DONE)
            exit = fasti_session_describe(search->session, FASTI_ENTITY_SCHEDULE, id, 0, &answer);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        if (!fasti_places_add(search->places, answer))
            return no_memory(search->session);
    }
    return FASTI_EXIT_DONE;
}

static int compare_places(const void *a, const void *b) {
    const struct fasti_place *x = a, *y = b;
    return (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

/* Each once, rising by id; counts their locations. */
static enum fasti_exit places_sort(struct fasti_session *session, struct fasti_places *places) {
    uint32_t kept = 0;
    struct fasti_id_text *locations = calloc((size_t)places->count + 1, sizeof *locations);
    if (locations == NULL)
        return no_memory(session);
    qsort(places->places, places->count, sizeof *places->places, compare_places);
    for (uint32_t i = 0; i < places->count; i++)
        if (kept == 0 || places->places[kept - 1].id.v != places->places[i].id.v)
            places->places[kept++] = places->places[i];
    places->count = kept;
    for (uint32_t i = 0; i < kept; i++)
        locations[i] = places->places[i].location;
    qsort(locations, kept, sizeof *locations, compare_ids);
    for (uint32_t i = 0; i < kept; i++)
        places->location_count += i == 0 || compare_ids(&locations[i - 1], &locations[i]) != 0;
    free(locations);
    return FASTI_EXIT_DONE;
}

static enum fasti_exit nobody(struct search *search) {
    const uint32_t bare = search->places->without_position;
    char hint[96] = "";
    if (bare > 0 && (search->shape.has_circle || search->shape.has_box))
        snprintf(hint, sizeof hint, " (%u locations have no position: name those by --%slocation)",
                 bare, search->prefix[0] == '\0' ? "" : "to-");
    return fasti_session_fail(search->session, FASTI_EXIT_INVALID, FASTI_NOT_FOUND,
                              "no schedule is at the %splaces that are said%s: fasti list "
                              "locations shows what there is",
                              search->prefix[0] == '\0' ? "" : "target ", hint);
}

enum fasti_exit fasti_places_find(struct fasti_session *session, const json_t *options,
                                  const char *prefix, struct fasti_places *places) {
    char all_name[NAME_BYTES];
    struct search search = {
        .session = session, .options = options, .prefix = prefix, .places = places};
    memset(places, 0, sizeof *places);
    search.is_all = fasti_field_flag(options, option(prefix, "all", all_name));
    enum fasti_exit exit = shape_read(&search);
    if (exit == FASTI_EXIT_DONE)
        exit = locations_named(&search);
    if (exit == FASTI_EXIT_DONE && (search.shape.has_circle || search.shape.has_box))
        exit = locations_inside(&search);
    if (search.location_count > 0)
        qsort(search.locations, search.location_count, sizeof *search.locations, compare_ids);
    if (exit == FASTI_EXIT_DONE && (search.location_count > 0 || search.is_all))
        exit = schedules_at_locations(&search);
    if (exit == FASTI_EXIT_DONE)
        exit = schedules_named(&search);
    if (exit == FASTI_EXIT_DONE && places->count == 0)
        exit = nobody(&search);
    if (exit == FASTI_EXIT_DONE)
        exit = places_sort(session, places);
    free(search.locations);
    return exit;
}

void fasti_places_deinit(struct fasti_places *places) {
    free(places->places);
    memset(places, 0, sizeof *places);
}

uint32_t fasti_places_index(const struct fasti_places *places, fasti_schedule_id id) {
    const struct fasti_place key = {.id = id};
    if (places->count == 0)
        return 0;
    const struct fasti_place *found =
        bsearch(&key, places->places, places->count, sizeof key, compare_places);
    return found == NULL ? places->count : (uint32_t)(found - places->places);
}
