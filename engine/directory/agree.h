/*
 * agree.h - what the parts of a schedule owe to each other, whichever of them is put last.
 *
 *   service:  duration and grid are multiples of the resolution
 *   zone:     offsets are multiples of the resolution
 *   opening:  times are multiples of the resolution; the services that it names are offered
 *
 * Until all of it holds again, as between two puts of an import, a schedule offers less than its
 * openings say and never more: a service that does not fit has no plan, an opening that does not
 * fit is cut to whole ticks. Threading: under the configuration lock.
 */
#ifndef FASTI_DIRECTORY_AGREE_H
#define FASTI_DIRECTORY_AGREE_H

#include "engine/directory/directory.h"

/* Does a service fit a schedule of this resolution? INVALID_RESOLUTION. detail may be NULL. */
FASTI_MUST_USE enum fasti_status fasti_agree_service(const struct fasti_service *service,
                                                     uint32_t resolution_minutes,
                                                     const struct fasti_id_text *schedule,
                                                     struct fasti_detail *detail);

/* Do openings fit a schedule's resolution, and does it offer what they name? config->openings may
 * be others. INVALID_RESOLUTION, INVALID_REFERENCE. */
FASTI_MUST_USE enum fasti_status fasti_agree_openings(const struct fasti_directory *directory,
                                                      const struct fasti_schedule_config *config,
                                                      const struct fasti_opening *openings,
                                                      uint32_t count, struct fasti_detail *detail);

/* All of a configuration that the directory has. */
FASTI_MUST_USE enum fasti_status fasti_agree_schedule(const struct fasti_directory *directory,
                                                      const struct fasti_schedule_config *config,
                                                      struct fasti_detail *detail);

#endif
