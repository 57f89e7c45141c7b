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

/* X(name, what is wrong). Words that workers share: claims and epoch. A grace of one step less (2
 * for pages, 3 for descriptors) is no mutant here: it is enough under sequential consistency, see
 * epoch.h. */
#define FASTI_MUTANT_TABLE_WORDS(X)                                                          \
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

/* Time that is taken and given back: rules, pages, the booking room and its replay. */
#define FASTI_MUTANT_TABLE_TIME(X)                                                         \
    X(CANCEL_TWICE, "a record that ended is cancelled once more")                          \
    X(RECORD_UNCLAIMED, "a record's cell is written behind the claim of its days")         \
    X(PAGE_FREED_EARLY, "a page that was replaced is freed at once")                       \
    X(TAKE_LEAVES_GUARD, "what takes time does not swap the guards of its week and month") \
    X(RELEASE_LEAVES_GUARD, "what gives time back does not swap them")                     \
    X(GUARD_READ_LATE, "guards are read after the visits were counted")                    \
    X(EXPIRED_IS_TAKEN, "a claim does not expire the hold whose time it needs")            \
    X(EXPIRY_KEEPS_TIME, "a hold's expiry leaves its time taken")                          \
    X(RELEASE_LEAVES_VISIT, "a hold that ends leaves its visit to be counted")             \
    X(CONFIRM_UNCOUNTED, "a hold that is confirmed is not counted any more")               \
    X(EXTEND_LEAVES_PAGE, "a hold is extended in its record, not in its day")              \
    X(EXPIRED_IS_COUNTED, "limits and quotas count holds that expired")                    \
    X(HOLD_OUTLIVES, "a hold is confirmed after its time")                                 \
    X(HOLD_ANY_TOKEN, "any token will do")                                                 \
    X(MOVE_SEES_ITSELF, "a move finds its own old time taken")                             \
    X(MOVE_ENDS_ANYWAY, "a move gives its old time back though the new one was refused")   \
    X(GUARD_AFTER_DAYS, "days that were looked at before a guard are trusted")             \
    X(BUFFER_NOT_TAKEN, "the buffer after a visit is asked for, not taken")                \
    X(SEARCH_WITHOUT_BUFFER, "search does not ask for the buffer after a visit")           \
    X(CLAIM_WITHOUT_NOTICE, "claims do not ask for the notice")                            \
    X(WEEK_SHORT, "a week's limit does not count Sunday")                                  \
    X(QUOTA_COUNTS_ALL, "an opening's places are used by services that it does not offer") \
    X(OVERBOOK_FOR_ALL, "not only staff overbooks")                                        \
    X(SHARED_BY_COUNT, "who shares a start is told by how many there are")                 \
    X(SHARED_UNTIL_START, "who shares a start is told by what takes the start alone")      \
    X(SEAT_TOO_MANY, "a schedule has a seat more than its capacity")                       \
    X(RELEASE_ONE_SEAT, "of several seats one is given back")                              \
    X(REPLAY_FORGETS_VISIT, "replay takes the time, but counts no visit")                  \
    X(EMITTED_UNORDERED, "effects enter the log as they come, not as their cells have it") \
    X(REFUSAL_EARLY, "a refusal is told before what it rests on is durable")               \
    X(ONCE_ACTS_AGAIN, "a request that comes again acts again")                            \
    X(ONCE_FORGETS, "a restart forgets which requests were decided")

#define FASTI_MUTANT_TABLE(X)   \
    FASTI_MUTANT_TABLE_WORDS(X) \
    FASTI_MUTANT_TABLE_TIME(X)

#define FASTI_MUTANT_NAME(name, text) FASTI_MUTANT_##name,
enum fasti_mutant { FASTI_MUTANT_NONE, FASTI_MUTANT_TABLE(FASTI_MUTANT_NAME) FASTI_MUTANT_END };
#undef FASTI_MUTANT_NAME

extern enum fasti_mutant fasti_mutant_chosen;
#define FASTI_MUTANT(name) (fasti_mutant_chosen == FASTI_MUTANT_##name)

#else
#define FASTI_MUTANT(name) false
#endif

#endif
