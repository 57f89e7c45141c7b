/*
 * snapshot_session.h - random sessions of an engine with everything in them that a snapshot holds.
 *
 * Bookings, holds, moves, cancels, blocks, edits and staged imports of two schedules, on a
 * simulated disk; a step is one command, so that a snapshot's walk, which takes a few entries a
 * poll, falls between any two of them.
 */
#ifndef FASTI_TESTS_SUPPORT_SNAPSHOT_SESSION_H
#define FASTI_TESTS_SUPPORT_SNAPSHOT_SESSION_H

#include "engine/base/prng.h"
#include "tests/support/engine_world.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define SESSION_NOW      "2026-01-05T07:00:00Z"
#define SESSION_PATIENTS 6
#define SESSION_MADE_MAX 512

/* A session: what was made, so that it can be changed; requests, so that they can come again. */
struct session {
    struct engine_world *world;
    struct fasti_prng prng;
    uint64_t records[SESSION_MADE_MAX];
    uint32_t record_count;
    struct {
        uint64_t record;
        struct fasti_token token;
    } holds[SESSION_MADE_MAX];
    uint32_t hold_count;
    struct fasti_command asked[SESSION_MADE_MAX]; /* with request ids */
    enum fasti_outcome answered[SESSION_MADE_MAX];
    uint32_t asked_count;
    uint32_t schedules[SESSION_MADE_MAX]; /* dense ids that may be booked */
    uint32_t schedule_count;
    uint32_t import;
    uint64_t id_next;
};

/* In [0, end). */
uint32_t session_below(struct session *s, uint32_t end);
/* A reference of a patient, below SESSION_PATIENTS. */
const char *session_patient(uint32_t i);

/* Begins with two schedules and their openings in world, which is open. */
void session_begin_in(struct session *s, struct engine_world *world, uint64_t seed);
void session_begin(struct session *s, uint64_t seed);
void session_step(struct session *s);
/* What was done once is not done again. */
void session_asked_again(struct session *s);
/* A crash, and a start. */
void session_reopen(struct session *s);

#endif
