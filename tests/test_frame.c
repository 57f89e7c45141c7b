/*
 * test_frame.c - the splitter: every prefix value class, every cut, random streams in random cuts.
 */
#include "api/frame.h"

#include <criterion/criterion.h>
#include <string.h>

#include "api/api_limits.h"
#include "tests/support/seed.h"

static void prefix_set(uint8_t *bytes, uint32_t body) {
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(body >> (8 * i));
}

static enum fasti_frame_result next(uint32_t body, size_t given, size_t *size,
                                    struct fasti_detail *detail) {
    static uint8_t bytes[64];
    memset(bytes, 0, sizeof bytes);
    prefix_set(bytes, body);
    return fasti_frame_next(bytes, given, FASTI_FRAME_BYTES_MAX, size, detail);
}

Test(frame, a_prefix_in_pieces_is_partial) {
    size_t size = 1;
    for (size_t given = 0; given < 4; given++) {
        cr_assert_eq(next(28, given, &size, NULL), FASTI_FRAME_PARTIAL);
        cr_assert_eq(size, 0);
    }
    for (size_t given = 4; given < 32; given++) {
        cr_assert_eq(next(28, given, &size, NULL), FASTI_FRAME_PARTIAL);
        cr_assert_eq(size, 32);
    }
    cr_assert_eq(next(28, 32, &size, NULL), FASTI_FRAME_COMPLETE);
    cr_assert_eq(next(28, 40, &size, NULL), FASTI_FRAME_COMPLETE);
    cr_assert_eq(size, 32);
}

Test(frame, short_long_and_unpadded_prefixes_are_refused_at_once) {
    static const struct {
        uint32_t body;
        const char *says;
    } cases[] = {
        {0, "shorter"},
        {4, "shorter"},
        {11, "shorter"},
        {13, "multiple"},
        {24, "multiple"},
        {FASTI_FRAME_BYTES_MAX - 3, "at most"},
        {UINT32_MAX, "at most"},
        {UINT32_C(0x20544547), "at most"}, /* "GET " */
        {UINT32_MAX - 3, "at most"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = 1;
        struct fasti_detail detail = {{0}};
        cr_assert_eq(next(cases[i].body, 4, &size, &detail), FASTI_FRAME_INVALID, "case %zu", i);
        cr_assert_eq(size, 0);
        cr_assert_not_null(strstr(detail.text, cases[i].says), "%s", detail.text);
    }
    size_t size = 0;
    cr_assert_eq(next(FASTI_FRAME_BYTES_MAX - 4, 4, &size, NULL), FASTI_FRAME_PARTIAL);
    cr_assert_eq(size, FASTI_FRAME_BYTES_MAX);
    cr_assert_eq(next(FASTI_FRAME_BYTES_MIN - 4, 4, &size, NULL), FASTI_FRAME_PARTIAL);
}

Test(frame, a_stream_in_random_cuts_gives_the_same_frames) {
    struct fasti_prng prng = fasti_test_prng("test_frame");
    enum { FRAMES = 200, STREAM = FRAMES * 512 };
    static uint8_t stream[STREAM];
    size_t sizes[FRAMES], total = 0;
    for (int i = 0; i < FRAMES; i++) {
        sizes[i] = 16 + 8 * fasti_prng_below(&prng, 60);
        prefix_set(stream + total, (uint32_t)sizes[i] - 4);
        total += sizes[i];
    }
    size_t begin = 0, end = 0;
    int found = 0;
    while (begin < total) {
        size_t size = 0;
        const enum fasti_frame_result result =
            fasti_frame_next(stream + begin, end - begin, FASTI_FRAME_BYTES_MAX, &size, NULL);
        cr_assert_neq(result, FASTI_FRAME_INVALID);
        if (result == FASTI_FRAME_COMPLETE) {
            cr_assert_eq(size, sizes[found]);
            begin += size;
            found++;
        } else {
            cr_assert_lt(end, total, "the stream ended inside a frame");
            end += 1 + fasti_prng_below(&prng, 100);
            end = end > total ? total : end;
        }
    }
    cr_assert_eq(found, FRAMES);
}
