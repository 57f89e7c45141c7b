/*
 * claim_world.h - a few cells, workers that claim them by a program, and what must hold after any
 * schedule (explore.h chooses it).
 *
 * A program is a text, one word a worker:
 *   digits   a claim of these cells; a '*' behind a digit: with a word that is out of date, so that
 *            the claim must fail. A '.' parts two claims
 *   ~        between two commands: announces to the epoch, collects what may be freed
 *   ^        goes offline and comes back
 *   ?        looks at cells 0 and 1 as they are at one time
 *   p        (as the first word) cells name pages, which are retired and used again, not values
 * "01~ 12*~ 0~~^1~" : worker 0 claims cells 0 and 1; worker 1 claims 1, and 2 with a stale word;
 * worker 2 claims 0, announces twice, goes offline and comes back, claims 1.
 *
 * Every claim publishes words that name it, so a ledger of the winners tells the whole history:
 *   each version of each cell has one winner, who won it in all its cells or in none
 *   what a read returned was published, and no worker's reads of a cell go back; a claim of both
 *   cells is seen in both or in none
 *   a claim LOST only if one of its cells had moved on; a stale one never WON
 *   nothing is left: no descriptor in a cell, no object that nobody gave back, or gave back twice
 * Freed objects are poisoned (ASan) and used again. The caller's program compiles claim.c and
 * epoch.c with FASTI_EXPLORE. Threading: one world a process.
 */
#ifndef FASTI_TESTS_SUPPORT_CLAIM_WORLD_H
#define FASTI_TESTS_SUPPORT_CLAIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/prng.h"
#include "tests/support/explore.h"

#define FASTI_CLAIM_WORLD_CELLS      10
#define FASTI_CLAIM_WORLD_STEPS      16  /* of one worker */
#define FASTI_CLAIM_WORLD_TEXT_BYTES 256 /* of a program, with its end */

struct fasti_claim_world_counts {
    uint64_t won, lost, freed; /* freed: objects collected while workers ran */
};

void fasti_claim_world_open(void);
void fasti_claim_world_close(void);

/* Every run from now on follows this program. */
void fasti_claim_world_program(const char *text);

/* A program of 3 workers with 3 claims each of 1 to cells_max cells. */
void fasti_claim_world_text_random(struct fasti_prng *prng, uint32_t cells_max,
                                   char text[FASTI_CLAIM_WORLD_TEXT_BYTES]);

/* One run under a schedule. false: something did not hold, and was printed with the program and
 * the schedule. */
bool fasti_claim_world_run_random(uint64_t seed);
bool fasti_claim_world_run_walk(struct fasti_explore_walk *walk);

struct fasti_claim_world_counts fasti_claim_world_counts(void);

#endif
