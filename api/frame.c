/*
 * frame.c - the splitter; see frame.h for the picture.
 *
 * A wrong prefix is reported as soon as its four bytes are there, before any byte of the body, so
 * that a stranger who speaks another protocol is told at once and no memory waits for gigabytes.
 */
#include "api/frame.h"

#include "api/api_limits.h"

enum fasti_frame_result fasti_frame_next(const uint8_t *bytes, size_t size, size_t frame_bytes_max,
                                         size_t *frame_size, struct fasti_detail *detail) {
    *frame_size = 0;
    if (size < 4)
        return FASTI_FRAME_PARTIAL;
    const uint64_t body = (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
                          (uint64_t)bytes[3] << 24;
    const uint64_t whole = body + 4;
    enum fasti_status status = FASTI_OK;
    if (whole < FASTI_FRAME_BYTES_MIN)
        status = fasti_detail_set(detail, FASTI_INVALID_FRAME,
                                  "frame: %llu bytes is shorter than any message",
                                  (unsigned long long)whole);
    else if (whole > frame_bytes_max)
        status = fasti_detail_set(detail, FASTI_INVALID_FRAME,
                                  "frame: %llu bytes, at most %llu are taken",
                                  (unsigned long long)whole, (unsigned long long)frame_bytes_max);
    else if (whole % FASTI_FRAME_ALIGN_BYTES != 0)
        status = fasti_detail_set(detail, FASTI_INVALID_FRAME,
                                  "frame: %llu bytes is not a multiple of %d: pad it",
                                  (unsigned long long)whole, FASTI_FRAME_ALIGN_BYTES);
    if (status != FASTI_OK)
        return FASTI_FRAME_INVALID;
    *frame_size = (size_t)whole;
    return size >= whole ? FASTI_FRAME_COMPLETE : FASTI_FRAME_PARTIAL;
}
