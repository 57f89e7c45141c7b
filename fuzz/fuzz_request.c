/*
 * fuzz_request.c - a client's bytes as one frame: verify, decode, encode, decode, encode.
 *
 * Whatever decodes is encoded again; decoding that must give the same command, seen by encoding it
 * once more: both encodings are equal byte for byte. The first bytes make the prefix right, so
 * that the fuzzer spends its time behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "engine/base/panic.h"

#define FUZZ_BYTES_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct fasti_command command, again;
static uint8_t first[FASTI_FRAME_BYTES_MAX];

static void check_round_trip(struct fasti_codec *codec, uint64_t id) {
    struct fasti_bytes frame;
    const enum fasti_status status = fasti_codec_encode_request(codec, id, &command, &frame);
    if (status == FASTI_LIMIT_MESSAGE)
        return; /* a hostile frame may share its vectors: written out it is larger */
    FASTI_ASSERT(status == FASTI_OK);
    const size_t size = frame.size;
    memcpy(first, frame.bytes, size);
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    uint64_t id_again = 0;
    FASTI_ASSERT(fasti_codec_open_client(codec, first, size, &opened, &detail) == FASTI_OK);
    FASTI_ASSERT(fasti_codec_decode_request(codec, 0, &id_again, &again, &detail) == FASTI_OK);
    FASTI_ASSERT(id_again == id);
    FASTI_ASSERT(fasti_codec_encode_request(codec, id, &again, &frame) == FASTI_OK);
    FASTI_ASSERT(frame.size == size && memcmp(frame.bytes, first, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct fasti_codec *codec, *second;
    static _Alignas(8) uint8_t input[FUZZ_BYTES_MAX];
    if (codec == NULL) {
        codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
        second = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
        FASTI_ASSERT(codec != NULL && second != NULL);
    }
    size &= ~(size_t)7;
    if (size < FASTI_FRAME_BYTES_MIN || size > FUZZ_BYTES_MAX)
        return 0;
    memcpy(input, bytes, size);
    const uint32_t body = (uint32_t)size - 4;
    memcpy(input, &body, 4);
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    if (fasti_codec_open_client(codec, input, size, &opened, &detail) != FASTI_OK) {
        FASTI_ASSERT(detail.text[0] != '\0');
        return 0;
    }
    for (uint32_t i = 0; i < opened.request_count; i++) {
        uint64_t id = 0;
        const enum fasti_status status =
            fasti_codec_decode_request(codec, i, &id, &command, &detail);
        FASTI_ASSERT(status == FASTI_OK || detail.text[0] != '\0');
        if (status == FASTI_OK)
            check_round_trip(second, id);
    }
    return 0;
}
