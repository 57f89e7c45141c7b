/*
 * booking_race.h - two workers in one engine, each at one act, under chosen schedules.
 *
 *   model --+--> act 0 (worker 0) --\  claims, looks and counts interleave at every shared word
 *           \--> act 1 (worker 1) --/                     |
 *                                            outcomes 0 and 1, LIST
 *   holds if the model comes to these outcomes and this list by act 0 then 1, or by act 1 then 0
 *
 *   crash   worker 1 polls until it is told; then the disk dies, whatever worker 0 is at. After the
 *           restart the list must be the model's by some acts in some order, among them, with the
 *           outcome that was told, worker 1's: nothing that was told rested on what is lost.
 *
 * The acts are agreement.h's, its world is tight. The caller's program compiles the booking room,
 * claim.c and epoch.c with FASTI_EXPLORE (explore.h). Threading: one race a process.
 */
#ifndef FASTI_TESTS_SUPPORT_BOOKING_RACE_H
#define FASTI_TESTS_SUPPORT_BOOKING_RACE_H

#include "tests/support/agreement.h"

/* A world, some acts before, then so many races in it, and a restart. false: a fault was printed
 * with the acts and the schedule. */
bool booking_race_run(struct agreement *a, uint32_t round, uint32_t races);

/* A world, some acts before, and a race that a crash ends. false: as above. */
bool booking_race_crash(struct agreement *a, uint32_t round);

#endif
