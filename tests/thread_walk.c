/*
 * thread_walk.c - claims under every schedule of at most 3 preemptions, 3 workers, k <= 2.
 *
 *   enumeration   first the walk itself: for workers that only yield, its schedules are counted
 *                 against all words over the workers, written down one by one, and no two are alike
 *   programs      each is walked to its end (what is checked: see tests/support/claim_world.h);
 *                 the walk asserts that every replay meets the same choices, so it is complete when
 *                 its stack is empty
 *
 *   thread_walk               what ctest runs: all programs of one claim a worker with 2
 *                             preemptions, some longer ones with 3
 *   thread_walk all           the campaign: those with 3, and more; CONTRIBUTING.md has its figures
 *   thread_walk PROGRAM [N]   one program, with at most N preemptions (default 3)
 *
 * Skipped under TSan, which does not know coroutines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/claim_world.h"

#define WORKERS     3
#define PREEMPTIONS 3

static struct fasti_explore_walk walk;

/* ---- the walk itself ---- */

#define BLOCKS_MAX 4
#define LENGTH_MAX (WORKERS * BLOCKS_MAX)
#define WORDS_MAX  531441 /* 3 to the 12 */

static uint32_t blocks; /* of one worker */
static uint32_t word, word_length;
static bool was_met[WORDS_MAX];

void fasti_explore_yield(const volatile void *word, bool writes);

static void write_word(uint32_t worker) {
    for (uint32_t i = 0; i < blocks; i++) {
        fasti_explore_yield(&word, true);
        word = word * WORKERS + worker;
        word_length++;
    }
}

/* Schedules of at most preemptions_max; no two alike. */
static uint64_t words_walked(uint32_t preemptions_max) {
    memset(was_met, 0, sizeof was_met);
    fasti_explore_init(WORKERS, write_word);
    fasti_explore_walk_init(&walk, preemptions_max);
    do {
        word = word_length = 0;
        fasti_explore_run_walk(&walk);
        CHECK(word_length == WORKERS * blocks && !was_met[word], "a schedule came twice");
        was_met[word] = true;
    } while (fasti_explore_walk_next(&walk));
    return walk.schedules;
}

/* Is the word a schedule: each worker as often as it has blocks, and left at most so often while
 * it could have gone on? */
static bool is_schedule(uint32_t number, uint32_t preemptions_max) {
    uint32_t left[WORKERS] = {blocks, blocks, blocks}, preemptions = 0, last = WORKERS;
    for (uint32_t i = 0; i < WORKERS * blocks; i++, number /= WORKERS) {
        const uint32_t worker = number % WORKERS;
        if (left[worker]-- == 0)
            return false;
        preemptions += last != WORKERS && last != worker && left[last] > 0;
        last = worker;
    }
    return preemptions <= preemptions_max;
}

static uint64_t words_counted(uint32_t preemptions_max) {
    uint64_t count = 0;
    uint32_t end = 1;
    for (uint32_t i = 0; i < WORKERS * blocks; i++)
        end *= WORKERS;
    for (uint32_t number = 0; number < end; number++)
        count += is_schedule(number, preemptions_max);
    return count;
}

static void enumeration_check(void) {
    static const uint64_t all[] = {0, 6, 90, 1680, 34650}; /* (3 n)! / n!^3 */
    for (blocks = 1; blocks <= BLOCKS_MAX; blocks++) {
        for (uint32_t preemptions = 0; preemptions <= LENGTH_MAX; preemptions++) {
            const uint64_t walked = words_walked(preemptions);
            const uint64_t counted = words_counted(preemptions);
            CHECK(walked == counted, "%u blocks, %u preemptions: %" PRIu64 " walked, %" PRIu64,
                  blocks, preemptions, walked, counted);
        }
        CHECK(words_walked(LENGTH_MAX) == all[blocks], "%u blocks", blocks);
    }
    puts("enumeration: as many schedules as there are, and no two alike");
}

/* ---- claims ---- */

static uint64_t schedules_total;

/* All schedules of one program; the process ends at the first that does not hold. */
static void walk_program(const char *program, uint32_t preemptions_max) {
    const struct fasti_claim_world_counts before = fasti_claim_world_counts();
    fasti_claim_world_program(program);
    printf("%-36s %u", program, preemptions_max);
    fflush(stdout); /* a crash is then this program's */
    fasti_explore_walk_init(&walk, preemptions_max);
    do {
        if (!fasti_claim_world_run_walk(&walk)) {
            printf("schedule %" PRIu64 " of the walk\n", walk.schedules);
            exit(1);
        }
    } while (fasti_explore_walk_next(&walk));
    const struct fasti_claim_world_counts after = fasti_claim_world_counts();
    printf(" %12" PRIu64 " schedules, %12" PRIu64 " won, %12" PRIu64 " lost, %12" PRIu64 " freed\n",
           walk.schedules, after.won - before.won, after.lost - before.lost,
           after.freed - before.freed);
    fflush(stdout);
    schedules_total += walk.schedules;
}

/* One claim a worker, out of 3 cells: 1 or 2 of them; a star: it must fail in its second cell. */
static const char *const shapes[] = {"0~", "1~", "2~", "01~", "02~", "12~", "01*~", "02*~", "12*~"};

/* Two claims a worker. */
static const char *const pairs[] = {"01~01~", "01~12~", "12~01~", "0~01~", "01*~01~"};

/* What is retired comes back while others run: the counter makes its four steps. */
static const char *const reclaims[] = {
    "01~~~~01~ 0~ 0~",     "p 0~~~~0~ 0~ 0~",     "p 01~~~~1~ 0~ ^0~", "01*~~^01~ 01~ 0~",
    "01*~~~~01~ 01~ 0~^",  "p 01~~~01~ 01~~ 1~",  "p 0~~~0~ 01*~ 0~",  "01~^~^~0~ 01*~ 0~",
    "p 01*~~~~0~ 0~ ~~0~", "01~~~~0~ 12~~~ 02~~",
};
enum { RECLAIMS = sizeof reclaims / sizeof reclaims[0], RECLAIMS_SHORT = 3 };

/* A worker that only looks: claims of two cells are seen whole. */
static const char *const looks[] = {"01~ 01~ ??~", "01~ 01*~ ??~", "01~ 1~ ?01~", "01~01~ 12~ ??~"};
enum { LOOKS_SHORT = 2 };

/* The one of epoch.h for which descriptors wait longer than pages: worker 1 puts the failed claim
 * of worker 0 back, worker 2 meets it there. It takes 5 preemptions. */
static const char *const put_back = "01*~ 0~ ~~0";

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

/* Every choice of three, up to the order of the workers. */
static void walk_threes(const char *const *words, uint32_t count, uint32_t preemptions_max) {
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = a; b < count; b++) {
            for (uint32_t c = b; c < count; c++) {
                char program[FASTI_CLAIM_WORLD_TEXT_BYTES];
                (void)snprintf(program, sizeof program, "%s %s %s", words[a], words[b], words[c]);
                walk_program(program, preemptions_max);
            }
        }
    }
}

static void walk_short(void) {
    walk_threes(shapes, COUNT(shapes), PREEMPTIONS - 1);
    walk_program("01~ 01~ 01~", PREEMPTIONS);
    walk_program("01*~ 01~ 0~", PREEMPTIONS);
    walk_program("01~0~ 01~ 0~", PREEMPTIONS);
    for (uint32_t i = 0; i < LOOKS_SHORT; i++)
        walk_program(looks[i], PREEMPTIONS);
    for (uint32_t i = 0; i < RECLAIMS_SHORT; i++)
        walk_program(reclaims[i], PREEMPTIONS);
}

static void walk_all(void) {
    walk_threes(shapes, COUNT(shapes), PREEMPTIONS);
    for (uint32_t i = 0; i < COUNT(looks); i++)
        walk_program(looks[i], PREEMPTIONS);
    for (uint32_t i = 0; i < RECLAIMS; i++)
        walk_program(reclaims[i], PREEMPTIONS);
    walk_program(put_back, PREEMPTIONS + 2);
    walk_threes(pairs, COUNT(pairs), PREEMPTIONS);
}

int main(int argc, char **argv) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    puts("thread_walk: skipped under TSan");
    return 77;
#endif
#endif
    fasti_claim_world_open();
    const bool walks_all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc > 1 && !walks_all) {
        walk_program(argv[1], argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : PREEMPTIONS);
        return 0;
    }
    enumeration_check();
    walks_all ? walk_all() : walk_short();
    fasti_claim_world_close();
    printf("thread_walk: %" PRIu64 " schedules, all holds\n", schedules_total);
    return 0;
}
