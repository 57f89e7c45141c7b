/*
 * geo.h - where places are, how far apart, and the cells that search sorts them by.
 *
 * Distances are great circles on a sphere of 6,371.0088 km (the mean radius of WGS 84, IUGG), by
 * the haversine formula. Points of the unit sphere make the common comparison three products: the
 * chord of two points grows with their distance; the formula decides where the two are too near to
 * tell. Pure functions, any thread.
 */
#ifndef FASTI_SEARCH_GEO_H
#define FASTI_SEARCH_GEO_H

#include <stdbool.h>
#include <stdint.h>

/* Degrees x 10^7, WGS 84. */
struct fasti_geo {
    int32_t latitude_e7, longitude_e7;
};

struct fasti_geo_point {
    double x, y, z;
};

struct fasti_geo_point fasti_geo_point_of(struct fasti_geo place);

/* Metres. */
double fasti_geo_distance_m(struct fasti_geo a, struct fasti_geo b);

/* Where a query looks. */
struct fasti_geo_area {
    enum { FASTI_GEO_ANYWHERE, FASTI_GEO_CIRCLE, FASTI_GEO_BOX } kind;
    struct fasti_geo centre; /* of a circle */
    uint32_t radius_m;
    struct fasti_geo south_west, north_east; /* of a box, both inside; over the 180th meridian when
                                                the west is east of the east. Of a circle: its hull,
                                                which fasti_geo_circle makes */
    struct fasti_geo_point point;            /* of the centre */
    double chord2;                           /* of two points so far apart, squared */
};

/* The circle of radius_m metres, which is part of it, around a place. */
struct fasti_geo_area fasti_geo_circle(struct fasti_geo centre, uint32_t radius_m);
struct fasti_geo_area fasti_geo_box(struct fasti_geo south_west, struct fasti_geo north_east);

/* Is the place, whose point is given, in the area? Not for ANYWHERE. */
bool fasti_geo_has(const struct fasti_geo_area *area, struct fasti_geo place,
                   const struct fasti_geo_point *point);

/* Cells of a twentieth of a degree of latitude by a tenth of longitude: row by row from the south,
 * each from the west. A place without a position has FASTI_GEO_NOWHERE, behind all of them. */
#define FASTI_GEO_ROWS    3601
#define FASTI_GEO_COLUMNS 3601
#define FASTI_GEO_NOWHERE UINT32_MAX

static inline uint32_t fasti_geo_row(int32_t latitude_e7) {
    return (uint32_t)(((int64_t)latitude_e7 + 900000000) / 500000);
}
static inline uint32_t fasti_geo_column(int32_t longitude_e7) {
    return (uint32_t)(((int64_t)longitude_e7 + 1800000000) / 1000000);
}
static inline uint32_t fasti_geo_cell(struct fasti_geo place) {
    return fasti_geo_row(place.latitude_e7) * FASTI_GEO_COLUMNS +
           fasti_geo_column(place.longitude_e7);
}

#endif
