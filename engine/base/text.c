/*
 * text.c - checks of short texts and the printing of refusals.
 */
#include "engine/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Length in bytes of the well-formed UTF-8 sequence at p, 0 if there is none (RFC 3629). */
static size_t sequence_length(const unsigned char *p, size_t left) {
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if ((p[0] & 0xf0) == 0xe0) {
        const unsigned char low = p[0] == 0xe0 ? 0xa0 : 0x80;
        const unsigned char high = p[0] == 0xed ? 0x9f : 0xbf;
        return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        const unsigned char low = p[0] == 0xf0 ? 0x90 : 0x80;
        const unsigned char high = p[0] == 0xf4 ? 0x8f : 0xbf;
        return left >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 &&
                       (p[3] & 0xc0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

/* Of the sequence at p: U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F.
 */
static bool is_control(const unsigned char *p) {
    return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

bool fasti_text_is_plain(const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < size;) {
        const size_t length = sequence_length(p + i, size - i);
        if (length == 0 || is_control(p + i))
            return false;
        i += length;
    }
    return true;
}

enum fasti_status fasti_id_text_set(struct fasti_id_text *text, const char *bytes, size_t size) {
    memset(text, 0, sizeof *text);
    if (size == 0 || size > FASTI_ID_BYTES_MAX || !fasti_text_is_plain(bytes, size))
        return FASTI_INVALID_ID;
    text->length = (uint8_t)size;
    memcpy(text->bytes, bytes, size);
    return FASTI_OK;
}

enum fasti_status fasti_name_text_set(struct fasti_name_text *text, const char *bytes,
                                      size_t size) {
    memset(text, 0, sizeof *text);
    if (size > FASTI_NAME_BYTES_MAX || !fasti_text_is_plain(bytes, size))
        return FASTI_INVALID_TEXT;
    text->length = (uint8_t)size;
    if (size > 0)
        memcpy(text->bytes, bytes, size);
    return FASTI_OK;
}

bool fasti_id_text_equal(const struct fasti_id_text *a, const struct fasti_id_text *b) {
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* A text that was cut at size ends with a whole character. */
static void text_cut(char *text, size_t size) {
    size_t last = size;
    while (last > 0 && size - last < 4 && ((unsigned char)text[last - 1] & 0xc0) == 0x80)
        last--;
    if (last > 0 && sequence_length((unsigned char *)text + last - 1, size - last + 1) == 0)
        text[last - 1] = '\0';
}

enum fasti_status fasti_detail_set(struct fasti_detail *detail, enum fasti_status status,
                                   const char *format, ...) {
    if (detail != NULL) {
        va_list arguments;
        va_start(arguments, format);
        const int length = vsnprintf(detail->text, sizeof detail->text, format, arguments);
        va_end(arguments);
        if (length >= (int)sizeof detail->text)
            text_cut(detail->text, sizeof detail->text - 1);
    }
    return status;
}
