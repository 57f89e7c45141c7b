/*
 * edits.c - edits that wait.
 */
#include "engine/commit/edits.h"

bool fasti_edits_tell(struct fasti_booking *booking, struct fasti_roster_store *roster,
                      struct fasti_names_store *names) {
    struct fasti_state *state = booking->state;
    if (pthread_mutex_trylock(&state->config_lock) != 0)
        return false;
    const struct fasti_roster_source source = {
        .directory = state->directory,
        .patterns = state->patterns,
        .arena = &state->arena,
        .version = fasti_load_relaxed(&state->config_version),
        .now_ms = fasti_state_now_ms(state),
    };
    /* First: the roster says which edits are in both. */
    fasti_names_sync(names, state->directory, source.now_ms, &booking->limbo);
    fasti_roster_sync(roster, &source, &booking->limbo);
    pthread_mutex_unlock(&state->config_lock);
    return true;
}

/* Does search know the edit? One that changed nothing rests on others. */
static bool is_told(const struct fasti_roster_store *roster, const struct fasti_pending *pending) {
    return pending->cell_count == 0 ||
           (int32_t)(fasti_load_seq_cst(&roster->version) - pending->cells[0].from_version) > 0;
}

bool fasti_edit_is_whole(struct fasti_edits *edits, struct fasti_booking *booking,
                         struct fasti_roster_store *roster, struct fasti_names_store *names,
                         struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    if (pending->edit_epoch == 0 || pending->answer.status != FASTI_OK)
        return true;
    if (fasti_load_relaxed(&state->is_dead)) {
        pending->answer.status = FASTI_UNKNOWN;
        return true;
    }
    const bool is_over = fasti_load_seq_cst(&state->epoch.counter) >= pending->edit_epoch;
    if (is_over && pending->edit_pushed == 0)
        pending->edit_pushed = fasti_load_seq_cst(&state->pushed);
    if (is_over && fasti_load_seq_cst(&state->settled) >= pending->edit_pushed &&
        (is_told(roster, pending) || fasti_edits_tell(booking, roster, names)))
        return true;
    pending->next = edits->first;
    edits->first = pending;
    return false;
}

void fasti_edits_resume(struct fasti_edits *edits, struct fasti_pending **ready) {
    for (struct fasti_pending *next, *edit = edits->first; edit != NULL; edit = next) {
        next = edit->next;
        edit->next = *ready;
        *ready = edit;
    }
    edits->first = NULL;
}
