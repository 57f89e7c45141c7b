/*
 * codec.h - bytes of a frame <-> commands and answers; the only door to FlatBuffers.
 *
 *   server   frame --open_client--> hello | n requests --decode_request(i)--> command
 *            answer --encode_answer--> frame
 *   client   command --encode_request--> frame --> ... --> frame --decode_answer--> answer
 *
 * Decoding verifies (depth, tables, every offset), rejects unknown union members, then checks
 * every text and number against its range; what is wrong gives a typed status and a sentence that
 * names the field. Encoding writes into one builder that never grows: all messages are bounded
 * (api_limits.h). After creation nothing allocates.
 * Threading: one codec belongs to one thread at a time. Memory: frames that encode gives out live
 * until the next encode; what decode gives out points into the codec or the space and lives until
 * the next open or decode; an opened frame must stay in place while its requests are decoded.
 */
#ifndef FASTI_API_CODEC_H
#define FASTI_API_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/booking/command.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fasti_codec;

/* NULL when there is no memory. decode_bytes_max: the largest frame that open or decode may get
 * (a misaligned one is copied to aligned memory of the codec's own). */
struct fasti_codec *fasti_codec_create(size_t decode_bytes_max);
void fasti_codec_destroy(struct fasti_codec *codec);

struct fasti_bytes {
    const uint8_t *bytes;
    size_t size;
};

/* ---- the handshake ---- */

struct fasti_hello {
    uint16_t wire_min, wire_max;
    uint8_t client_length;
    char client[64]; /* program and version, for people */
};

struct fasti_hello_reply {
    enum fasti_status status; /* not OK: the server closes */
    struct fasti_detail detail;
    uint16_t wire_version;
    char server[32];
    uint32_t frame_bytes_max, answer_bytes_max, in_flight_max, batch_max;
};

struct fasti_bytes fasti_codec_encode_hello(struct fasti_codec *codec,
                                            const struct fasti_hello *hello);
struct fasti_bytes fasti_codec_encode_hello_reply(struct fasti_codec *codec,
                                                  const struct fasti_hello_reply *reply);

/* The version to speak: the highest that both know. INVALID_VERSION with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_hello_choose(const struct fasti_hello *hello,
                                                    uint16_t *wire_version,
                                                    struct fasti_detail *detail);

/* ---- client's frames ---- */

enum fasti_client_message { FASTI_CLIENT_HELLO = 1, FASTI_CLIENT_REQUESTS = 2 };

struct fasti_client_frame {
    enum fasti_client_message kind;
    struct fasti_hello hello; /* HELLO */
    uint32_t request_count;   /* REQUESTS: 1, or 1 to FASTI_BATCH_MAX of a Batch */
};

/* frame: exactly one frame, prefix included. INVALID_MESSAGE: the frame is dropped, the next one
 * may be good. */
FASTI_MUST_USE enum fasti_status fasti_codec_open_client(struct fasti_codec *codec,
                                                         const uint8_t *frame, size_t size,
                                                         struct fasti_client_frame *opened,
                                                         struct fasti_detail *detail);

/* Request `index` of the opened frame. *id is the client's id also when the status is not OK;
 * command->kind is 0 when it could not be read. Openings and zones point into the codec. */
FASTI_MUST_USE enum fasti_status fasti_codec_decode_request(struct fasti_codec *codec,
                                                            uint32_t index, uint64_t *id,
                                                            struct fasti_command *command,
                                                            struct fasti_detail *detail);

/* LIMIT_MESSAGE: it does not fit in a frame; INVALID_COMMAND: no such command on the wire;
 * INVALID_RANGE: a count beyond its array. */
FASTI_MUST_USE enum fasti_status fasti_codec_encode_request(struct fasti_codec *codec, uint64_t id,
                                                            const struct fasti_command *command,
                                                            struct fasti_bytes *frame);

/* commands[i] travels with ids[i]; 1 to FASTI_BATCH_MAX of them. */
FASTI_MUST_USE enum fasti_status fasti_codec_encode_batch(struct fasti_codec *codec,
                                                          const uint64_t *ids,
                                                          const struct fasti_command *commands,
                                                          uint32_t count,
                                                          struct fasti_bytes *frame);

/* ---- server's frames ---- */

/* answer->tag travels as the id. A body is written when the status is OK and the answer has one
 * (SHOW: outcome FOUND). Never fails: answers are bounded. */
struct fasti_bytes fasti_codec_encode_answer(struct fasti_codec *codec,
                                             const struct fasti_answer *answer);

/* What a decoded answer points to; about 1 MiB, one a client. */
struct fasti_answer_space {
    struct fasti_availability_answer availability;
    struct fasti_search_answer search;
    struct fasti_names_answer names;
    struct fasti_combine_answer combine;
    struct fasti_heatmap_answer heatmap;
    struct fasti_list_answer list;
    struct fasti_describe_answer describe;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    struct fasti_item_view items[FASTI_ITEMS_MAX];
    struct fasti_zone zone;
    uint64_t exported[FASTI_EXPORT_BYTES_MAX / 8];
};

enum fasti_server_message { FASTI_SERVER_HELLO_REPLY = 1, FASTI_SERVER_ANSWER = 2 };

struct fasti_server_frame {
    enum fasti_server_message kind;
    struct fasti_hello_reply hello; /* HELLO_REPLY */
    struct fasti_answer answer;     /* ANSWER; pointers NULL when it has no such body */
};

/* INVALID_MESSAGE with a sentence: the server does not keep to the protocol. */
FASTI_MUST_USE enum fasti_status fasti_codec_decode_server(struct fasti_codec *codec,
                                                           const uint8_t *frame, size_t size,
                                                           struct fasti_answer_space *space,
                                                           struct fasti_server_frame *decoded,
                                                           struct fasti_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
