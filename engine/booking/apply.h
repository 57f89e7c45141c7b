/*
 * apply.h - what an effect does when it gets its number, when it is durable, and in replay.
 *
 *   running   claim swapped the cells already; emitted: chains, versions; durable: versions
 *   replay    the cells are swapped here, from the effect alone, checking every from_version
 *
 * Page building is page_apply in both; chains and counts go through the same functions.
 * Threading: emitted and durable by whoever holds the committer's role; replay single-threaded.
 */
#ifndef FASTI_BOOKING_APPLY_H
#define FASTI_BOOKING_APPLY_H

#include "engine/booking/state.h"

/* May this effect get the next number: is everything that it builds on in the log? */
bool fasti_effect_is_next(const struct fasti_state *state, const struct fasti_pending *pending);

/* It got its number: versions and chains. bytes: the effect, aligned to 8. */
void fasti_effect_emitted(struct fasti_state *state, struct fasti_pending *pending,
                          const uint8_t *bytes);

/* It is on disk: answers may rest on it. */
void fasti_effect_durable(const struct fasti_pending *pending);

/* Hints for effects that replay comes to soon: first the day's cell, later the page that it names.
 * The effect was only taken apart, so it may name anything; nothing is changed. */
void fasti_effect_prefetch_cell(struct fasti_booking *booking, const struct fasti_effect *effect);
void fasti_effect_prefetch_page(struct fasti_booking *booking, const struct fasti_effect *effect);

/* Applies one effect of the log to a state that nobody else uses. *delta: its change of the
 * digest. CORRUPT_STATE with a sentence when the log contradicts itself; LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_effect_replay(struct fasti_booking *booking,
                                                     const struct fasti_effect *effect,
                                                     struct fasti_hash128 *delta,
                                                     struct fasti_detail *detail);

#endif
