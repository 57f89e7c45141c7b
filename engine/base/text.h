/*
 * text.h - short texts held by value, and the sentence that explains a refusal.
 *
 * Bytes are UTF-8 without a terminating NUL; length counts bytes. An id is compared byte for
 * byte: no case folding, no trimming.
 */
#ifndef FASTI_BASE_TEXT_H
#define FASTI_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/limits.h"
#include "engine/base/status.h"

struct fasti_id_text {
    uint8_t length;
    char bytes[FASTI_ID_BYTES_MAX];
};

struct fasti_name_text {
    uint8_t length;
    char bytes[FASTI_NAME_BYTES_MAX];
};

/* A sentence for a person that says what was wrong and where; always NUL-terminated. */
struct fasti_detail {
    char text[240];
};

/* Well-formed UTF-8 (RFC 3629) without control characters (U+0000 to U+001F, U+007F to U+009F). */
bool fasti_text_is_plain(const char *bytes, size_t size);

/* 1 to FASTI_ID_BYTES_MAX plain bytes -> OK, else INVALID_ID and *text is empty. */
FASTI_MUST_USE enum fasti_status fasti_id_text_set(struct fasti_id_text *text, const char *bytes,
                                                   size_t size);

/* 0 to FASTI_NAME_BYTES_MAX plain bytes -> OK, else INVALID_TEXT and *text is empty. */
FASTI_MUST_USE enum fasti_status fasti_name_text_set(struct fasti_name_text *text,
                                                     const char *bytes, size_t size);

bool fasti_id_text_equal(const struct fasti_id_text *a, const struct fasti_id_text *b);

/* Fills *detail (may be NULL: nothing happens) as printf would, cut to fit; returns status. */
__attribute__((format(printf, 3, 4))) enum fasti_status
fasti_detail_set(struct fasti_detail *detail, enum fasti_status status, const char *format, ...);

#endif
