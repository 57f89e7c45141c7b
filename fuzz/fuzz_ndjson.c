/*
 * fuzz_ndjson.c - bytes as one of our own import lines: refused with a sentence, or sound.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/base/panic.h"
#include "tools/fasti_ndjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct fasti_line *line) {
    if (line->kind == FASTI_LINE_APPOINTMENT || line->kind == FASTI_LINE_BLOCK) {
        FASTI_ASSERT(line->visit.schedule.length > 0);
        FASTI_ASSERT(line->visit.payload_length <= FASTI_PAYLOAD_BYTES_MAX);
        return;
    }
    FASTI_ASSERT(line->put.kind == fasti_line_entity(line->kind));
    FASTI_ASSERT(line->put.id.length > 0);
    if (line->kind != FASTI_LINE_OPENING)
        return;
    FASTI_ASSERT(line->put.body.openings.openings == &line->opening);
    FASTI_ASSERT(line->opening.id.length > 0);
    FASTI_ASSERT(line->opening.service_count <= FASTI_OPENING_SERVICES_MAX);
    if (line->put.body.openings.mode == FASTI_OPENINGS_REMOVE)
        return;
    if (line->opening.kind != FASTI_OPENING_INSTANT) {
        FASTI_ASSERT(line->opening.start_minute < line->opening.end_minute);
        FASTI_ASSERT(line->opening.date_first.v <= line->opening.date_last.v);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum fasti_line_kind kind;
    json_t *object;
    struct fasti_detail detail = {""};
    if (fasti_ndjson_parse((const char *)data, size, &kind, &object, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return 0;
    }
    /* The line as it is, and laid over itself as set does. */
    struct fasti_line *line = malloc(2 * sizeof *line);
    if (line != NULL) {
        FASTI_ASSERT(fasti_line_decode(object, kind, NULL, &line[0], &detail) == FASTI_OK);
        check_line(&line[0]);
        if (fasti_line_decode(object, kind, &line[0], &line[1], &detail) == FASTI_OK)
            check_line(&line[1]);
    }
    free(line);
    json_decref(object);
    return 0;
}
