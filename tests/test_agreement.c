/*
 * test_agreement.c - availability = what BOOK accepts = what EXPLAIN says = a naive model.
 *
 * See tests/support/agreement.h. Around the nights of 23 and 25 hours; visits are booked, held,
 * confirmed, extended, moved, marked and cancelled, time is blocked, terms change, the clock steps,
 * snapshots are written, the engine crashes, requests come twice. After each step, for some
 * question, all four say the same; the engine lists what the model has; and no minute is taken by
 * more than the seats there are. A difference ends the test's process with a sentence, which
 * Criterion reports.
 */
#include <criterion/criterion.h>

#include "tests/support/agreement.h"
#include "tests/support/engine_copy.h"
#include "tests/support/seed.h"

#define ROUNDS 24
#define STEPS  120

/* What came of the round is the same in an engine that is made of what this one tells. */
static void copy_compare(struct agreement *a) {
    struct engine_world *copy = engine_copy(a->world);
    for (int crash = 0; crash < 2; crash++) {
        cr_assert(fasti_hash128_equal(engine_world_digest(copy), engine_world_digest(a->world)),
                  "the copy has another digest");
        engine_world_crash(copy);
        cr_assert_eq(engine_world_open(copy), FASTI_OK, "%s", copy->detail.text);
    }
    engine_world_free(copy);
}

Test(agreement, search_claim_and_explain_say_what_the_model_says) {
    static struct agreement a;
    a.prng = fasti_test_prng("agreement");
    a.has_sources = true;
    a.has_snapshots = true;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        agreement_begin(&a, round);
        for (uint32_t i = 0; i < STEPS; i++)
            agreement_step(&a);
        copy_compare(&a);
        agreement_end(&a);
    }
    cr_assert_gt(a.acts[FASTI_OUTCOME_BOOKED] + a.acts[FASTI_OUTCOME_HELD], 300);
    static const uint8_t possible[] = {
        FASTI_OUTCOME_BOOKED,     FASTI_OUTCOME_TAKEN,       FASTI_OUTCOME_CLOSED,
        FASTI_OUTCOME_FULL,       FASTI_OUTCOME_PAST,        FASTI_OUTCOME_OFF_GRID,
        FASTI_OUTCOME_PAUSED,     FASTI_OUTCOME_AUDIENCE,    FASTI_OUTCOME_MODALITY,
        FASTI_OUTCOME_SECTOR,     FASTI_OUTCOME_LANGUAGE,    FASTI_OUTCOME_ACQUAINTANCE,
        FASTI_OUTCOME_AGE,        FASTI_OUTCOME_REFERRAL,    FASTI_OUTCOME_HOURS,
        FASTI_OUTCOME_NOTICE,     FASTI_OUTCOME_HORIZON,     FASTI_OUTCOME_DAY_LIMIT,
        FASTI_OUTCOME_WEEK_LIMIT, FASTI_OUTCOME_MONTH_LIMIT, FASTI_OUTCOME_BUFFER};
    for (uint32_t i = 0; i < sizeof possible; i++)
        cr_assert_gt(a.seen[possible[i]], 0, "%s was never asked about",
                     fasti_outcome_name((enum fasti_outcome)possible[i]));
    static const uint8_t done[] = {
        FASTI_OUTCOME_BOOKED,    FASTI_OUTCOME_HELD,     FASTI_OUTCOME_MOVED,
        FASTI_OUTCOME_BLOCKED,   FASTI_OUTCOME_MARKED,   FASTI_OUTCOME_CANCELLED,
        FASTI_OUTCOME_UNBLOCKED, FASTI_OUTCOME_EXTENDED, FASTI_OUTCOME_RELEASED,
        FASTI_OUTCOME_EXPIRED,   FASTI_OUTCOME_ALREADY,  FASTI_OUTCOME_WRONG_STATE,
        FASTI_OUTCOME_NOT_OWNER, FASTI_OUTCOME_NO_SUCH};
    for (uint32_t i = 0; i < sizeof done; i++)
        cr_assert_gt(a.acts[done[i]], 0, "nothing ever came to %s",
                     fasti_outcome_name((enum fasti_outcome)done[i]));
}
