/*
 * fuzz_tzif.c - bytes as a TZif file: refused with a sentence, or a zone that keeps its promises.
 *
 * Input whose first byte is not 'T' is a footer instead: it is wrapped into a file without
 * changes, so that the rule parser is reached without the mutator having to keep a frame intact.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "tests/support/zone_files.h"

enum { FOOTER_BYTES_MAX = 256, FRAME_BYTES = 44 + 44 + 6 + 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An empty 32-bit block, a 64-bit block with one type at UTC, then the footer. */
static size_t footer_wrap(const uint8_t *data, size_t size,
                          uint8_t file[FRAME_BYTES + FOOTER_BYTES_MAX + 2]) {
    const size_t kept = size < FOOTER_BYTES_MAX ? size : FOOTER_BYTES_MAX;
    memset(file, 0, FRAME_BYTES);
    memcpy(file, "TZif3", 5);
    memcpy(file + 44, "TZif3", 5);
    file[44 + 39] = 1;
    file[44 + 43] = 4;
    file[FRAME_BYTES] = '\n';
    memcpy(file + FRAME_BYTES + 1, data, kept);
    file[FRAME_BYTES + 1 + kept] = '\n';
    return FRAME_BYTES + 2 + kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct fasti_zone zone;
    static uint8_t file[FRAME_BYTES + FOOTER_BYTES_MAX + 2];
    struct fasti_detail detail = {0};
    const bool is_footer = size > 0 && data[0] != 'T';
    const size_t file_size = is_footer ? footer_wrap(data, size, file) : size;
    const enum fasti_status status =
        fasti_zone_decode_tzif(is_footer ? file : data, file_size, &zone, &detail);
    FASTI_ASSERT(status == FASTI_OK || status == FASTI_INVALID_ZONE);
    if (status == FASTI_OK)
        zone_invariants_verify(&zone, size, 4);
    else
        FASTI_ASSERT(detail.text[0] != '\0');
    return 0;
}
