/*
 * edits.h - when an edit may be answered, and search told of it.
 *
 *   published -> durable -> claims of before over -> what they pushed durable -> in roster, names
 *                           (two grace periods)                                      -> answered
 *
 * A claim that began before an edit may reach the log after it; whoever asks when the edit is
 * answered is told of it, as a conflict for one, and of nothing that the old rules allowed later.
 * Threading: a list is its worker's.
 */
#ifndef FASTI_COMMIT_EDITS_H
#define FASTI_COMMIT_EDITS_H

#include "engine/booking/state.h"
#include "engine/search/names.h"
#include "engine/search/roster.h"

/* Edits of one worker that are durable, but for claims of before. */
struct fasti_edits {
    struct fasti_pending *first;
};

/* Search learns what was published, and of the day that began. false: somebody else publishes just
 * now. */
bool fasti_edits_tell(struct fasti_booking *booking, struct fasti_roster_store *roster,
                      struct fasti_names_store *names);

/* true: the pending may be answered (whatever is no edit may); false: it is in the list. */
bool fasti_edit_is_whole(struct fasti_edits *edits, struct fasti_booking *booking,
                         struct fasti_roster_store *roster, struct fasti_names_store *names,
                         struct fasti_pending *pending);

/* All of them go to the front of another list, to be looked at again: once a poll. */
void fasti_edits_resume(struct fasti_edits *edits, struct fasti_pending **ready);

#endif
