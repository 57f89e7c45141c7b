/*
 * inspect.h - what fasti-log does over a disk, with what must hold of its lines and its report.
 */
#ifndef FASTI_FUZZ_INSPECT_H
#define FASTI_FUZZ_INSPECT_H

#include <string.h>

#include "engine/base/panic.h"
#include "engine/engine.h"

static inline void fuzz_inspect_line(void *context, const char *line) {
    uint64_t *lines = context;
    const size_t length = strlen(line);
    FASTI_ASSERT(length > 2 && line[0] == '{' && line[length - 1] == '}');
    ++*lines;
}

static inline enum fasti_status fuzz_inspect(struct fasti_sim_disk *disk,
                                             enum fasti_inspect_mode mode,
                                             struct fasti_inspect_report *report) {
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_detail detail = {{0}};
    uint64_t lines = 0;
    const enum fasti_status status =
        fasti_engine_inspect(io, mode, fuzz_inspect_line, &lines, report, &detail);
    io->operations->close(io);
    FASTI_ASSERT(status != FASTI_OK || lines == (mode == FASTI_INSPECT_DUMP ? report->effects : 0));
    FASTI_ASSERT(status == FASTI_OK || detail.text[0] != '\0');
    return status;
}

#endif
