/*
 * io.c - what is asked of every disk in the same way.
 */
#include "engine/storage/io.h"

#include <stdlib.h>
#include <string.h>

enum fasti_status fasti_io_entries(struct fasti_io *io, struct fasti_io_entry **entries,
                                   uint32_t *count) {
    uint32_t room = 0;
    FASTI_TRY(io->operations->list(io, NULL, 0, &room));
    *entries = calloc((size_t)room + 1, sizeof **entries);
    if (*entries == NULL)
        return FASTI_LIMIT_MEMORY;
    const enum fasti_status status = io->operations->list(io, *entries, room, count);
    if (status != FASTI_OK) {
        free(*entries);
        return status;
    }
    if (*count > room) /* a file came meanwhile */
        *count = room;
    return FASTI_OK;
}

enum fasti_status fasti_io_size(struct fasti_io *io, const char *name, uint64_t *bytes) {
    struct fasti_io_entry *entries;
    uint32_t count;
    *bytes = 0;
    FASTI_TRY(fasti_io_entries(io, &entries, &count));
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, name) == 0)
            *bytes = entries[i].size_bytes;
    free(entries);
    return FASTI_OK;
}
