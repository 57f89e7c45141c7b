/*
 * frame.h - where one message ends and the next begins.
 *
 *   +----------------+---------------------------+---------+
 *   | size (u32, LE) | FlatBuffer                | padding |   size = bytes after the prefix
 *   +----------------+---------------------------+---------+   4 + size is a multiple of 8
 *
 * The prefix and the FlatBuffer are what FlatBuffers calls a size-prefixed buffer; the padding is
 * part of size. A splitter knows nothing of what a frame holds. When it says INVALID, framing is
 * lost: nothing after that byte can be trusted, so the connection must be closed.
 * Pure function, any thread.
 */
#ifndef FASTI_API_FRAME_H
#define FASTI_API_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "engine/booking/command.h"

enum fasti_frame_result {
    FASTI_FRAME_COMPLETE, /* *frame_size bytes from the start are one frame */
    FASTI_FRAME_PARTIAL,  /* more bytes are needed; *frame_size: how many in all, 0 = unknown yet */
    FASTI_FRAME_INVALID,  /* too short, too long or not padded; *detail says which */
};

/* Looks at the first frame in bytes. frame_bytes_max: FASTI_FRAME_BYTES_MAX or
 * FASTI_ANSWER_BYTES_MAX. detail may be NULL. */
enum fasti_frame_result fasti_frame_next(const uint8_t *bytes, size_t size, size_t frame_bytes_max,
                                         size_t *frame_size, struct fasti_detail *detail);

#endif
