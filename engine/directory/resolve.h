/*
 * resolve.h - puts into records: the names in a put become dense ids.
 *
 * One code path for check (which may find a name only among the staged records) and for publish
 * (which takes published ones only). Records are compared and logged by what resolve made of them.
 */
#ifndef FASTI_DIRECTORY_RESOLVE_H
#define FASTI_DIRECTORY_RESOLVE_H

#include "engine/directory/state.h"

/* What a put is resolved against; staged and detail may be NULL. */
struct fasti_resolver {
    const struct fasti_directory *directory;
    const struct fasti_put *put;
    const struct fasti_staged *staged;
    struct fasti_detail *detail;
    bool is_complete; /* every name was found among the published records */
};

/* The dense id of a name in *id; 0 and is_complete = false when it is only staged;
 * INVALID_REFERENCE when it is nowhere. */
FASTI_MUST_USE enum fasti_status fasti_resolve_name(struct fasti_resolver *resolver,
                                                    enum fasti_entity_kind kind,
                                                    const struct fasti_id_text *name, uint32_t *id);

/* The staged put of (kind, name), NULL if nothing is staged. */
const struct fasti_put *fasti_resolve_staged(const struct fasti_resolver *resolver,
                                             enum fasti_entity_kind kind,
                                             const struct fasti_id_text *name);

/* The put's organization is published, or 0 for the kinds that belong to none; beside staged puts
 * it may be a staged one, which the stager has looked at. */
FASTI_MUST_USE enum fasti_status fasti_resolve_scope(const struct fasti_resolver *resolver);

FASTI_MUST_USE enum fasti_status fasti_resolve_location(struct fasti_resolver *resolver,
                                                        struct fasti_location *record);
void fasti_resolve_organization(const struct fasti_put *put, struct fasti_organization *record);
void fasti_resolve_practitioner(const struct fasti_put *put, struct fasti_practitioner *record);
void fasti_resolve_service(const struct fasti_put *put, struct fasti_service *record);

/* Everything but the openings. */
FASTI_MUST_USE enum fasti_status fasti_resolve_schedule(struct fasti_resolver *resolver,
                                                        struct fasti_schedule_config *record);

/* Dense ids of the services that an OPENINGS put names. */
FASTI_MUST_USE enum fasti_status
fasti_resolve_opening_services(struct fasti_resolver *resolver,
                               fasti_service_id services[FASTI_SCHEDULE_SERVICES_MAX]);

#endif
