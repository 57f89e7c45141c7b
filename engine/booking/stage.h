/*
 * stage.h - puts under an import: checked as if all that was staged before them were published.
 *
 *   put --check--> published + staged before it --keep--> import.puts
 *
 * So a bad put is refused where it is put, while nothing of the import is visible. The commit has
 * the last word: it rehearses all of them (directory/rehearse.h), for others may have edited
 * meanwhile. Threading: under the configuration lock.
 */
#ifndef FASTI_BOOKING_STAGE_H
#define FASTI_BOOKING_STAGE_H

#include "engine/booking/state.h"

/* As fasti_directory_check. INVALID_REFERENCE: the import does not make the put's organization. */
FASTI_MUST_USE enum fasti_status fasti_stage_check(struct fasti_state *state,
                                                   struct fasti_staged_import *import,
                                                   const struct fasti_put *put,
                                                   enum fasti_put_result *result,
                                                   struct fasti_detail *detail);

/* Keeps a put that was just checked (nothing else was meanwhile) with its encoded bytes, and says
 * in *id what the puts after it call it: an ORGANIZATION's dense or staged id, else 0. reserve was
 * called. LIMIT_MEMORY: nothing is kept. */
FASTI_MUST_USE enum fasti_status
fasti_stage_keep(struct fasti_state *state, struct fasti_staged_import *import,
                 const struct fasti_put *put, enum fasti_put_result result, const uint8_t *bytes,
                 uint32_t size, uint32_t *id);

/* Puts the dense id in the place of a staged organization, if it is published; false: the import
 * has no such organization. */
FASTI_MUST_USE bool fasti_stage_place(const struct fasti_staged_import *import,
                                      struct fasti_put *put);

#endif
