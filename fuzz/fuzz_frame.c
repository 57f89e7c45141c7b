/*
 * fuzz_frame.c - the splitter over arbitrary bytes: it never looks beyond them, what it calls a
 * frame is one, and it says the same of a stream's beginning however much of it is there.
 */
#include "api/api_limits.h"
#include "api/frame.h"
#include "engine/base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    while (at < size) {
        size_t whole = 0, again = 0;
        struct fasti_detail detail = {{0}};
        const enum fasti_frame_result result =
            fasti_frame_next(bytes + at, size - at, FASTI_FRAME_BYTES_MAX, &whole, &detail);
        if (result == FASTI_FRAME_INVALID) {
            FASTI_ASSERT(whole == 0 && detail.text[0] != '\0');
            FASTI_ASSERT(fasti_frame_next(bytes + at, 4, FASTI_FRAME_BYTES_MAX, &again, NULL) ==
                         FASTI_FRAME_INVALID);
            break;
        }
        FASTI_ASSERT(detail.text[0] == '\0');
        if (result == FASTI_FRAME_PARTIAL) {
            FASTI_ASSERT(size - at < 4 ? whole == 0 : whole > size - at);
            break;
        }
        FASTI_ASSERT(whole >= FASTI_FRAME_BYTES_MIN && whole <= FASTI_FRAME_BYTES_MAX);
        FASTI_ASSERT(whole % FASTI_FRAME_ALIGN_BYTES == 0 && whole <= size - at);
        FASTI_ASSERT(fasti_frame_next(bytes + at, whole - 1, FASTI_FRAME_BYTES_MAX, &again, NULL) ==
                     FASTI_FRAME_PARTIAL);
        FASTI_ASSERT(again == whole);
        at += whole;
    }
    return 0;
}
