/*
 * thread_mutants.c - known mistakes, switched on one at a time: the explorers must catch each.
 *
 * The table of mistakes is in engine/base/mutant.h; this program alone has them compiled in. For
 * each explorer a child process runs without a mistake, which must pass. Then each mistake, with
 * one explorer after the other until one catches it: a check of the explorer's fails, an assertion
 * of the code, a sanitizer, a crash. A child that finds nothing in the same budget, or runs out of
 * time, has not caught it. A mistake that no explorer catches fails the test.
 *
 *   thread_mutants            all: by whom each is caught, after how many runs, by what
 *   thread_mutants NAME       that one with every explorer, whose output is shown
 *
 * To prove another room's checks: its mistakes into the table, its explorer into the list below.
 * Seeds and rounds are fixed, so a mistake is caught each time or never. GUARD_AFTER_DAYS and
 * QUOTA_COUNTS_ALL are rare: other seeds may miss them in as many rounds. If one of them survives
 * after a change of the random worlds, take more rounds, or make what they need more frequent
 * there. Skipped under TSan, which does not know coroutines.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mutant.h"
#include "tests/support/booking_race.h"
#include "tests/support/check.h"
#include "tests/support/claim_world.h"

#define SECONDS_MAX 300 /* of one child; some 10 are usual */

enum fasti_mutant fasti_mutant_chosen;

/* Which explorers look for a mutant; for no mutant, all. */
enum area { EVERYWHERE, WORDS, TIME };

struct mutant {
    const char *name, *text;
    enum area area;
};

#define WORDS_ROW(name, text) {#name, text, WORDS},
#define TIME_ROW(name, text)  {#name, text, TIME},
static const struct mutant mutants[] = {{"none", "the code as it is", EVERYWHERE},
                                        FASTI_MUTANT_TABLE_WORDS(WORDS_ROW)
                                            FASTI_MUTANT_TABLE_TIME(TIME_ROW)};
#undef WORDS_ROW
#undef TIME_ROW

/* Schedules or rounds that the child has begun; shared with it. */
static _Atomic uint64_t *runs;

/* ---- the explorers ---- */

/* Each is here because some mistake needs it. */
static const char *const walk_programs[] = {
    "01~ 01~ 01~", "01~ 12~ 02~",    "01*~ 0~ 0~",    "01*~ 01~ 12~",
    "01~ ?~ ?~",   "p 0~~~0~ 0~ 0~", "p 0~~~ 01~ 0~",
};

/* All schedules of claims, those of fewest preemptions first. */
static bool claim_walk(uint32_t first) {
    (void)first;
    static struct fasti_explore_walk walk;
    fasti_claim_world_open();
    for (uint32_t preemptions = 0; preemptions <= 2; preemptions++) {
        for (size_t i = 0; i < sizeof walk_programs / sizeof walk_programs[0]; i++) {
            fasti_claim_world_program(walk_programs[i]);
            fasti_explore_walk_init(&walk, preemptions);
            do {
                (*runs)++;
                if (!fasti_claim_world_run_walk(&walk))
                    return false;
            } while (fasti_explore_walk_next(&walk));
        }
    }
    return true;
}

/* Seeds are fixed: a mistake is caught each time or never. */
static bool claim_random(uint32_t first) {
    (void)first;
    struct fasti_prng prng = {1};
    fasti_claim_world_open();
    for (uint32_t i = 0; i < 100000; i++) {
        char text[FASTI_CLAIM_WORLD_TEXT_BYTES];
        fasti_claim_world_text_random(&prng, 1 + (uint32_t)fasti_prng_below(&prng, 8), text);
        fasti_claim_world_program(text);
        (*runs)++;
        if (!fasti_claim_world_run_random(fasti_prng_next(&prng)))
            return false;
    }
    return true;
}

/* What takes 5 preemptions: a failed claim is put back late, and a third worker meets it there. */
static bool claim_put_back(uint32_t first) {
    (void)first;
    struct fasti_prng prng = {1};
    fasti_claim_world_open();
    fasti_claim_world_program("01*~ 0~ ~~0");
    for (uint32_t i = 0; i < 1000000; i++) {
        (*runs)++;
        if (!fasti_claim_world_run_random(fasti_prng_next(&prng)))
            return false;
    }
    return true;
}

/* Rounds: each mistake is caught in some of them; where what is random changes, more may be needed.
 */
enum { AGREEMENTS = 60, RACES = 100, CRASHES = 300 };

static struct agreement agreement;

/* Round i of so many, the one that a hint names first; each has a seed of its own. */
static uint32_t round_of(uint32_t i, uint32_t first, uint32_t count) {
    const uint32_t round = (first + i) % count;
    agreement.prng.state = 1 + round;
    (*runs)++;
    return round;
}

/* One worker after the other, beside the model of the rules. */
static bool time_agreement(uint32_t first) {
    for (uint32_t i = 0; i < AGREEMENTS; i++) {
        const uint32_t round = round_of(i, first, AGREEMENTS);
        agreement_begin(&agreement, round);
        for (uint32_t step = 0; step < 100; step++)
            agreement_step(&agreement);
        agreement_end(&agreement);
    }
    return true;
}

/* Two workers at once; acts and schedules are those of a seed. */
static bool time_race(uint32_t first) {
    for (uint32_t i = 0; i < RACES; i++)
        if (!booking_race_run(&agreement, round_of(i, first, RACES), 60))
            return false;
    return true;
}

/* Two workers, and the disk dies as soon as one of them has its answer. */
static bool time_crash(uint32_t first) {
    for (uint32_t i = 0; i < CRASHES; i++)
        if (!booking_race_crash(&agreement, round_of(i, first, CRASHES)))
            return false;
    return true;
}

struct explorer {
    const char *name;
    bool (*explore)(uint32_t first); /* its rounds begin with this one */
    enum area area;
};

static const struct explorer explorers[] = {
    {"walk", claim_walk, WORDS},         {"random", claim_random, WORDS},
    {"put back", claim_put_back, WORDS}, {"agreement", time_agreement, TIME},
    {"race", time_race, TIME},           {"crash", time_crash, TIME},
};
enum { EXPLORERS = sizeof explorers / sizeof explorers[0] };

/* Who caught a mistake when this was written, and in which round: tried first, so that nobody looks
 * long where nothing is found. All others follow where it does not. */
static const struct hint {
    const char *mutant, *explorer;
    uint32_t round;
} hints[] = {
    {"OVERBOOK_FOR_ALL", "agreement", 18},   {"SHARED_BY_COUNT", "agreement", 30},
    {"SHARED_UNTIL_START", "agreement", 13}, {"RELEASE_ONE_SEAT", "agreement", 3},
    {"EMITTED_UNORDERED", "race", 3},        {"REFUSAL_EARLY", "crash", 95},
    {"CLAIM_NO_SECOND_LOOK", "random", 0},   {"LIMBO_DESCRIPTOR_EARLY", "random", 0},
    {"CANCEL_TWICE", "agreement", 18},       {"RECORD_UNCLAIMED", "race", 0},
    {"PAGE_FREED_EARLY", "race", 0},         {"TAKE_LEAVES_GUARD", "race", 0},
    {"RELEASE_LEAVES_GUARD", "race", 16},    {"GUARD_READ_LATE", "race", 9},
    {"EXPIRED_IS_TAKEN", "agreement", 4},    {"RELEASE_LEAVES_VISIT", "agreement", 2},
    {"CONFIRM_UNCOUNTED", "agreement", 2},   {"EXTEND_LEAVES_PAGE", "agreement", 8},
    {"EXPIRED_IS_COUNTED", "agreement", 4},  {"HOLD_OUTLIVES", "agreement", 5},
    {"MOVE_SEES_ITSELF", "agreement", 4},    {"CLAIM_WITHOUT_NOTICE", "agreement", 2},
    {"WEEK_SHORT", "agreement", 13},         {"GUARD_AFTER_DAYS", "race", 81},
    {"QUOTA_COUNTS_ALL", "agreement", 44},
};

/* ---- one child ---- */

struct verdict {
    bool is_caught;
    uint64_t runs;
    char reason[120];
};

const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "symbolize=0:detect_leaks=0"; /* a crash is expected: only its first line matters */
}

static _Noreturn void child(const struct explorer *explorer, uint32_t first, FILE *output) {
    alarm(SECONDS_MAX);
    if (output != NULL && (dup2(fileno(output), 1) < 0 || dup2(fileno(output), 2) < 0))
        abort();
    const bool holds = explorer->explore(first);
    fflush(stdout);
    _exit(holds ? 0 : 1);
}

/* What the child said of its end, in one of the ways of this project and of the sanitizers. */
static bool reason_find(FILE *output, char reason[static 120]) {
    static const char *const signs[] = {
        "fault: ", "FAILED: ", "fasti: bug: ", "ERROR: ", "runtime error: "};
    char line[1024];
    rewind(output);
    while (fgets(line, sizeof line, output) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
            const char *sign = strstr(line, signs[i]);
            if (sign == NULL)
                continue;
            const char *slash = i == 2 ? strrchr(sign, '/') : NULL; /* file and line, no folder */
            const char *text = slash != NULL ? slash + 1 : sign + strlen(signs[i]);
            const char *end = strstr(text, " on address");
            (void)snprintf(reason, 120, "%.*s",
                           (int)(end != NULL ? (size_t)(end - text) : strlen(text)), text);
            return true;
        }
    }
    return false;
}

static struct verdict verdict_of(int status, FILE *output) {
    struct verdict verdict = {.runs = *runs};
    const bool has_ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const bool is_late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    verdict.is_caught = !has_ended && !is_late;
    if (output != NULL && verdict.is_caught && reason_find(output, verdict.reason))
        return verdict;
    (void)snprintf(verdict.reason, sizeof verdict.reason, "%s",
                   has_ended ? "survived"
                   : is_late ? "out of time"
                             : "a crash");
    return verdict;
}

static struct verdict try(const struct explorer *explorer, uint32_t first, enum fasti_mutant mutant,
                          bool shows) {
    FILE *output = shows ? NULL : tmpfile();
    CHECK(shows || output != NULL, "no temporary file");
    fasti_mutant_chosen = mutant;
    *runs = 0;
    fflush(stdout);
    const pid_t pid = fork();
    CHECK(pid >= 0, "no process");
    if (pid == 0)
        child(explorer, first, output);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid, "the child is lost");
    const struct verdict verdict = verdict_of(status, output);
    if (output != NULL)
        fclose(output);
    return verdict;
}

/* ---- all of them ---- */

static struct hint hint_of(enum fasti_mutant mutant) {
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i].mutant, mutants[mutant].name) == 0)
            return hints[i];
    return (struct hint){"", "", 0};
}

/* The explorers on one mutant, that of the hint first, until one catches it or all have had it; how
 * many caught it. */
static uint32_t mutant_try(enum fasti_mutant mutant, bool shows) {
    const struct hint hint = hint_of(mutant);
    uint32_t caught = 0;
    printf("%-24s %s\n", mutants[mutant].name, mutants[mutant].text);
    for (uint32_t i = 0; i < 2 * EXPLORERS && (caught == 0 || shows); i++) {
        const struct explorer *explorer = &explorers[i % EXPLORERS];
        const bool is_hinted = strcmp(hint.explorer, explorer->name) == 0;
        if (is_hinted != (i < EXPLORERS) ||
            (mutants[mutant].area != EVERYWHERE && mutants[mutant].area != explorer->area))
            continue;
        const int64_t start_ns = fasti_clock_monotonic_ns();
        const struct verdict verdict = try(explorer, is_hinted ? hint.round : 0, mutant, shows);
        caught += verdict.is_caught;
        printf("    %-9s %7" PRIu64 " runs, %4.1f s: %s\n", explorer->name, verdict.runs,
               (double)(fasti_clock_monotonic_ns() - start_ns) / 1e9, verdict.reason);
    }
    return caught;
}

int main(int argc, char **argv) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    puts("thread_mutants: skipped under TSan");
    return 77;
#endif
#endif
    uint32_t tried = 0, faults = 0;
    runs = mmap(NULL, sizeof *runs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(runs != MAP_FAILED, "no shared memory");
    for (enum fasti_mutant mutant = FASTI_MUTANT_NONE; mutant < FASTI_MUTANT_END; mutant++) {
        if (argc > 1 && strcmp(argv[1], mutants[mutant].name) != 0)
            continue;
        const uint32_t caught = mutant_try(mutant, argc > 1);
        tried++;
        faults += mutant == FASTI_MUTANT_NONE ? caught : caught == 0;
    }
    printf("thread_mutants: %u tried, %u not as it should be\n", tried, faults);
    return faults == 0 && tried > 0 ? 0 : 1;
}
