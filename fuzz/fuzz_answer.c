/*
 * fuzz_answer.c - a server's bytes as one frame, as the client library reads them: verify, decode,
 * encode, decode, encode; the two encodings of an answer are equal byte for byte.
 */
#include <string.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "engine/base/panic.h"

#define FUZZ_BYTES_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct fasti_answer_space space, space_again;
static uint8_t first[FASTI_ANSWER_BYTES_MAX];

static void check_round_trip(struct fasti_codec *codec, const struct fasti_answer *answer) {
    static struct fasti_server_frame again;
    struct fasti_bytes frame = fasti_codec_encode_answer(codec, answer);
    const size_t size = frame.size;
    memcpy(first, frame.bytes, size);
    struct fasti_detail detail = {{0}};
    FASTI_ASSERT(fasti_codec_decode_server(codec, first, size, &space_again, &again, &detail) ==
                 FASTI_OK);
    FASTI_ASSERT(again.kind == FASTI_SERVER_ANSWER);
    frame = fasti_codec_encode_answer(codec, &again.answer);
    FASTI_ASSERT(frame.size == size && memcmp(frame.bytes, first, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct fasti_codec *codec;
    static struct fasti_server_frame decoded;
    static _Alignas(8) uint8_t input[FUZZ_BYTES_MAX];
    if (codec == NULL) {
        codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
        FASTI_ASSERT(codec != NULL);
    }
    size &= ~(size_t)7;
    if (size < FASTI_FRAME_BYTES_MIN || size > FUZZ_BYTES_MAX)
        return 0;
    memcpy(input, bytes, size);
    const uint32_t body = (uint32_t)size - 4;
    memcpy(input, &body, 4);
    struct fasti_detail detail = {{0}};
    if (fasti_codec_decode_server(codec, input, size, &space, &decoded, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return 0;
    }
    if (decoded.kind == FASTI_SERVER_ANSWER)
        check_round_trip(codec, &decoded.answer);
    return 0;
}
