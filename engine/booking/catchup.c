/*
 * catchup.c - what a snapshot holds beyond the LSN that replay starts from.
 */
#include "engine/booking/catchup.h"

#include <stdlib.h>
#include <string.h>

struct fasti_catchup *fasti_catchup_create(void) {
    struct fasti_catchup *catchup = calloc(1, sizeof *catchup);
    if (catchup == NULL)
        return NULL;
    catchup->patient_lsns = calloc(FASTI_PATIENT_BUCKETS, sizeof *catchup->patient_lsns);
    if (catchup->patient_lsns != NULL)
        return catchup;
    free(catchup);
    return NULL;
}

void fasti_catchup_destroy(struct fasti_catchup *catchup) {
    if (catchup == NULL)
        return;
    for (uint32_t kind = 0; kind < FASTI_KIND_SLOTS; kind++)
        free(catchup->config_versions[kind]);
    free(catchup->schedule_lsns);
    free(catchup->patient_lsns);
    free(catchup);
}

/* Room for index `at`, zeros behind what was there. NULL: no memory. */
static void *grow(void *array, uint32_t *count, uint32_t at, size_t size) {
    if (at < *count)
        return array;
    const uint32_t wanted = at < 512 ? 1024 : at * 2;
    uint8_t *grown = realloc(array, wanted * size);
    if (grown == NULL)
        return NULL;
    memset(grown + *count * size, 0, (wanted - *count) * size);
    *count = wanted;
    return grown;
}

bool fasti_catchup_note_schedule(struct fasti_catchup *catchup, uint32_t schedule, uint64_t lsn) {
    uint64_t *grown = grow(catchup->schedule_lsns, &catchup->schedule_count, schedule,
                           sizeof *catchup->schedule_lsns);
    if (grown == NULL)
        return false;
    catchup->schedule_lsns = grown;
    catchup->schedule_lsns[schedule] = lsn;
    return true;
}

bool fasti_catchup_note_config(struct fasti_catchup *catchup, enum fasti_entity_kind kind,
                               uint32_t id, uint32_t version) {
    const enum fasti_entity_kind stored = fasti_kind_stored(kind);
    uint32_t *grown = grow(catchup->config_versions[stored], &catchup->config_counts[stored], id,
                           sizeof *catchup->config_versions[stored]);
    if (grown == NULL)
        return false;
    catchup->config_versions[stored] = grown;
    catchup->config_versions[stored][id] = version;
    return true;
}

bool fasti_catchup_note_import(struct fasti_catchup *catchup, uint32_t import, uint32_t version) {
    uint32_t i = 0;
    while (i < catchup->import_count && catchup->imports[i].import != import)
        i++;
    if (i == FASTI_IMPORTS_MAX)
        return false;
    if (i == catchup->import_count)
        catchup->import_count++;
    catchup->imports[i].import = import;
    catchup->imports[i].config_version = version;
    return true;
}

bool fasti_is_chained_schedule(const struct fasti_state *state, uint32_t schedule) {
    const struct fasti_catchup *catchup = state->catchup;
    return catchup != NULL && schedule < catchup->schedule_count &&
           catchup->lsn < catchup->schedule_lsns[schedule];
}

bool fasti_is_chained_patient(const struct fasti_state *state, uint64_t bucket) {
    const struct fasti_catchup *catchup = state->catchup;
    return catchup != NULL && catchup->lsn < catchup->patient_lsns[bucket];
}

bool fasti_is_published(const struct fasti_state *state, enum fasti_entity_kind kind, uint32_t id,
                        uint32_t from_version) {
    const struct fasti_catchup *catchup = state->catchup;
    if (catchup == NULL)
        return false;
    const enum fasti_entity_kind stored = fasti_kind_stored(kind);
    return id < catchup->config_counts[stored] &&
           from_version < catchup->config_versions[stored][id];
}

bool fasti_is_staged(const struct fasti_state *state, uint32_t import, uint32_t from_version) {
    const struct fasti_catchup *catchup = state->catchup;
    for (uint32_t i = 0; catchup != NULL && i < catchup->import_count; i++)
        if (catchup->imports[i].import == import)
            return from_version < catchup->imports[i].config_version;
    return false;
}
