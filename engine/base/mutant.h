/*
 * mutant.h - mistakes that can be switched on, to prove that the tests would see them.
 *
 *   if (FASTI_MUTANT(CLAIM_LATE_HELPER)) ...      stands where the mistake would be made
 *
 * It is the constant false and leaves nothing in an object, unless the file is compiled with
 * FASTI_MUTANTS: that is done for one test program only, tests/thread_mutants, which chooses one
 * after the other while it runs and fails when one survives (tests/test_mutants.sh holds this and
 * what follows). Another mutant is a line of the table, the place in the code and, if its file has
 * none yet, the file's name beside thread_mutants in CMakeLists.txt.
 */
#ifndef FASTI_BASE_MUTANT_H
#define FASTI_BASE_MUTANT_H

#include <stdbool.h>

#ifdef FASTI_MUTANTS

/* X(name, what is wrong). A grace of one step less (2 for pages, 3 for descriptors) is no mutant
 * here: it is enough under sequential consistency, see epoch.h. */
#define FASTI_MUTANT_TABLE(X)                                                                \
    X(CLAIM_UNSORTED, "items are installed in the order in which the caller gave them")      \
    X(CLAIM_LATE_HELPER, "a helper that installs after the decision does not take out")      \
    X(CLAIM_NO_SECOND_LOOK, "a helper does not read the state again after it has installed") \
    X(CLAIM_NO_HELP, "a claim waits for the one in its way instead of helping")              \
    X(CLAIM_GIVES_WAY, "a claim that meets an undecided one fails")                          \
    X(CLAIM_DECIDES_TWICE, "a late helper changes the decision")                             \
    X(CLAIM_SETTLES_BLINDLY, "settling overwrites whatever stands in the cell")              \
    X(CLAIM_SETTLES_OLD, "after a success the old word is put back")                         \
    X(CLAIM_SAME_VERSION, "the version is not raised")                                       \
    X(CLAIM_LEAVES_FIRST, "a failed claim stays in its first cell")                          \
    X(CLAIM_READS_UNDECIDED, "a reader takes an undecided claim's words for new ones")       \
    X(CLAIM_READS_OLD, "a reader takes a claim's old words until they are replaced")         \
    X(CLAIM_ALWAYS_WON, "success is reported though the claim failed")                       \
    X(EPOCH_HASTY, "the counter advances without waiting for workers that are online")       \
    X(EPOCH_SKIPS_LAST, "the counter does not wait for the last of the workers")             \
    X(LIMBO_HASTY, "objects are freed without waiting for their time")                       \
    X(LIMBO_PAGE_EARLY, "pages wait one step instead of three")                              \
    X(LIMBO_DESCRIPTOR_EARLY, "descriptors wait two steps instead of four")

#define FASTI_MUTANT_NAME(name, text) FASTI_MUTANT_##name,
enum fasti_mutant { FASTI_MUTANT_NONE, FASTI_MUTANT_TABLE(FASTI_MUTANT_NAME) FASTI_MUTANT_END };
#undef FASTI_MUTANT_NAME

extern enum fasti_mutant fasti_mutant_chosen;
#define FASTI_MUTANT(name) (fasti_mutant_chosen == FASTI_MUTANT_##name)

#else
#define FASTI_MUTANT(name) false
#endif

#endif
