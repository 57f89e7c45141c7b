/*
 * geo.c - great circles, hulls of circles.
 */
#include "engine/search/geo.h"

#include <math.h>

#define EARTH_M  6371008.8
#define RADIAN   0.017453292519943295 /* of a degree */
#define NORTH_E7 900000000
#define EAST_E7  1800000000
#define NEAR     1e-9 /* nearer to the edge than so much of the chord, the formula decides */

static double radians(int32_t e7) {
    return e7 * (RADIAN / 1e7);
}

struct fasti_geo_point fasti_geo_point_of(struct fasti_geo place) {
    const double latitude = radians(place.latitude_e7), longitude = radians(place.longitude_e7);
    return (struct fasti_geo_point){cos(latitude) * cos(longitude), cos(latitude) * sin(longitude),
                                    sin(latitude)};
}

double fasti_geo_distance_m(struct fasti_geo a, struct fasti_geo b) {
    const double north = sin((radians(b.latitude_e7) - radians(a.latitude_e7)) / 2);
    const double east = sin((radians(b.longitude_e7) - radians(a.longitude_e7)) / 2);
    const double h =
        north * north + cos(radians(a.latitude_e7)) * cos(radians(b.latitude_e7)) * east * east;
    return 2 * EARTH_M * asin(sqrt(h < 1 ? h : 1));
}

static int32_t clamp(double e7, int32_t most) {
    return e7 < -most ? -most : e7 > most ? most : (int32_t)e7;
}

/* The hull: north and south by the angle, east and west where the meridians touch the circle
 * (asin(sin angle / cos latitude)); all of them when it holds a pole. A little is added for what is
 * lost by rounding. */
struct fasti_geo_area fasti_geo_circle(struct fasti_geo centre, uint32_t radius_m) {
    struct fasti_geo_area area = {.kind = FASTI_GEO_CIRCLE,
                                  .centre = centre,
                                  .radius_m = radius_m,
                                  .point = fasti_geo_point_of(centre)};
    const double angle = radius_m / EARTH_M;
    const double half = sin(angle / 2 < RADIAN * 90 ? angle / 2 : RADIAN * 90);
    area.chord2 = 4 * half * half;
    const double reach_e7 = angle / RADIAN * 1e7 * (1 + NEAR) + 2;
    const double south = centre.latitude_e7 - reach_e7, north = centre.latitude_e7 + reach_e7;
    area.south_west.latitude_e7 = clamp(south, NORTH_E7);
    area.north_east.latitude_e7 = clamp(north, NORTH_E7);
    area.south_west.longitude_e7 = -EAST_E7;
    area.north_east.longitude_e7 = EAST_E7;
    const double slope = sin(angle) / cos(radians(centre.latitude_e7));
    if (south <= -NORTH_E7 || north >= NORTH_E7 || slope >= 1)
        return area;
    const double width_e7 = asin(slope) / RADIAN * 1e7 * (1 + NEAR) + 2;
    double west = centre.longitude_e7 - width_e7, east = centre.longitude_e7 + width_e7;
    west += west < -EAST_E7 ? 2.0 * EAST_E7 : 0;
    east -= east > EAST_E7 ? 2.0 * EAST_E7 : 0;
    area.south_west.longitude_e7 = clamp(west, EAST_E7);
    area.north_east.longitude_e7 = clamp(east, EAST_E7);
    return area;
}

struct fasti_geo_area fasti_geo_box(struct fasti_geo south_west, struct fasti_geo north_east) {
    return (struct fasti_geo_area){
        .kind = FASTI_GEO_BOX, .south_west = south_west, .north_east = north_east};
}

static bool circle_has(const struct fasti_geo_area *area, struct fasti_geo place,
                       const struct fasti_geo_point *point) {
    const double x = point->x - area->point.x, y = point->y - area->point.y;
    const double z = point->z - area->point.z;
    const double chord2 = x * x + y * y + z * z;
    const double edge = area->chord2 * NEAR + 1e-18;
    if (chord2 < area->chord2 - edge)
        return true;
    return chord2 <= area->chord2 + edge &&
           fasti_geo_distance_m(area->centre, place) <= area->radius_m;
}

bool fasti_geo_has(const struct fasti_geo_area *area, struct fasti_geo place,
                   const struct fasti_geo_point *point) {
    if (area->kind == FASTI_GEO_CIRCLE)
        return circle_has(area, place, point);
    const int32_t west = area->south_west.longitude_e7, east = area->north_east.longitude_e7;
    const bool is_in_width = west <= east
                                 ? place.longitude_e7 >= west && place.longitude_e7 <= east
                                 : place.longitude_e7 >= west || place.longitude_e7 <= east;
    return is_in_width && place.latitude_e7 >= area->south_west.latitude_e7 &&
           place.latitude_e7 <= area->north_east.latitude_e7;
}
