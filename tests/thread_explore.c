/*
 * thread_explore.c - claims under random schedules: the rare interleavings that threads hardly ever
 * meet. thread_walk.c runs all schedules of small programs; here programs are larger.
 *
 *   each run    3 workers, 3 claims each, of 1 to 8 cells out of 2 to 10, some of which must fail;
 *               in between they announce to the epoch, collect, go offline; switching often or
 *               rarely. Program and schedule come from the seed
 *   checked     see tests/support/claim_world.h
 *
 * thread_explore [RUNS]: 100,000 by default. Skipped under TSan, which does not know coroutines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/claim_world.h"
#include "tests/support/seed.h"

#define RUNS      100000
#define CELLS_MAX 8

int main(int argc, char **argv) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    puts("thread_explore: skipped under TSan");
    return 77;
#endif
#endif
    const uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : RUNS;
    struct fasti_prng prng = fasti_test_prng("thread_explore");
    bool holds = true;
    uint64_t run = 0;
    fasti_claim_world_open();
    for (; run < runs && holds; run++) {
        char text[FASTI_CLAIM_WORLD_TEXT_BYTES];
        fasti_claim_world_text_random(&prng, CELLS_MAX, text);
        fasti_claim_world_program(text);
        holds = fasti_claim_world_run_random(fasti_prng_next(&prng));
    }
    const struct fasti_claim_world_counts counts = fasti_claim_world_counts();
    fasti_claim_world_close();
    printf("thread_explore: %" PRIu64 " schedules, %" PRIu64 " switches, %" PRIu64
           " claims won, %" PRIu64 " lost, %" PRIu64 " objects freed meanwhile: %s\n",
           run, fasti_explore_switches(), counts.won, counts.lost, counts.freed,
           holds ? "all holds" : "a fault");
    return holds ? 0 : 1;
}
