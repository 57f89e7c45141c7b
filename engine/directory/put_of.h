/*
 * put_of.h - from a published record back to the puts that make it.
 *
 *   record, dense ids --> names --> put      resolve.h the other way round
 *
 * For snapshots and descriptions: putting them in the order zones, organizations, locations,
 * practitioners, services, schedules gives every record the dense id that it has. Only what is
 * published can be named, so every reference resolves.
 * Threading: as reading the directory: any thread that is online in the epoch.
 */
#ifndef FASTI_DIRECTORY_PUT_OF_H
#define FASTI_DIRECTORY_PUT_OF_H

#include "engine/directory/directory.h"

/* The put of a record of a kind but OPENINGS. A ZONE's table is borrowed from the directory.
 * Returns the record that it was made of (of a schedule its configuration), for another one may be
 * published meanwhile; NULL: there is no such record. */
const void *fasti_put_of(const struct fasti_directory *directory, enum fasti_entity_kind kind,
                         uint32_t id, struct fasti_put *put);

/* The openings of a schedule from number *at on, as many as one put may have: of one source, naming
 * at most FASTI_SCHEDULE_SERVICES_MAX services. *at becomes the number of the next one. openings:
 * room for FASTI_OPENINGS_MAX, which the put borrows. false: there are none left. Call it with one
 * configuration until it says so: nothing may be published meanwhile. */
bool fasti_put_of_openings(const struct fasti_directory *directory, fasti_schedule_id id,
                           uint32_t *at, struct fasti_opening *openings, struct fasti_put *put);

#endif
