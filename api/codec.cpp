/*
 * codec.cpp - the codec's life, its frames' hull, the handshake, and texts and numbers.
 *
 * Requests are in codec_request.cpp, directory records in codec_entity.cpp, answers in
 * codec_answer.cpp, a search and its answer in codec_search.cpp, names in codec_names.cpp, heat
 * maps in codec_heatmap.cpp, a combination in codec_combine.cpp. The wire's enums are proved equal
 * to the engine's here, at compile time: a value added to one without the other does not compile.
 */
#include "api/codec_wire.h"

#include <cstdlib>
#include <cstring>
#include <new>

#define STATUS_IS_ON_THE_WIRE(name, value, class_name, text) \
    static_assert(static_cast<int>(wire::Status::name) == (value), #name);
FASTI_STATUS_TABLE(STATUS_IS_ON_THE_WIRE)
#define OUTCOME_IS_ON_THE_WIRE(name, value, done, text) \
    static_assert(static_cast<int>(wire::Outcome::name) == (value), #name);
FASTI_OUTCOME_TABLE(OUTCOME_IS_ON_THE_WIRE)
static_assert(static_cast<int>(wire::CommandKind::MAX) == FASTI_COMMAND_COMBINE, "last command");
static_assert(static_cast<int>(wire::EntityKind::MAX) == FASTI_ENTITY_ZONE, "last entity");
static_assert(static_cast<int>(wire::Reason::MAX) == FASTI_REASON_LAST, "last reason");
static_assert(static_cast<int>(wire::Audience::MAX) == FASTI_AUDIENCE_STAFF, "last audience");
static_assert(static_cast<int>(wire::Modality::MAX) == FASTI_MODALITY_HOME, "last modality");
static_assert(static_cast<int>(wire::Sector::MAX) == FASTI_SECTOR_PRIVATE, "last sector");
static_assert(static_cast<int>(wire::Acquaintance::MAX) == FASTI_ACQUAINTANCE_KNOWN,
              "last acquaintance");
static_assert(static_cast<int>(wire::OpeningKind::MAX) == FASTI_OPENING_INSTANT, "last opening");
static_assert(static_cast<int>(wire::OpeningsMode::MAX) == FASTI_OPENINGS_REMOVE, "last mode");
static_assert(static_cast<int>(wire::RecordKind::MAX) == FASTI_RECORD_BLOCK, "last record kind");
static_assert(static_cast<int>(wire::RecordState::MAX) == FASTI_STATE_RELEASED, "last state");
static_assert(static_cast<int>(wire::ListBy::MAX) == FASTI_LIST_BY_PATIENT, "last list key");
static_assert(static_cast<int>(wire::SearchArea::MAX) == FASTI_SEARCH_BOX, "last area");
static_assert(static_cast<int>(wire::SearchOrder::MAX) == FASTI_SEARCH_BY_DAY, "last order");
static_assert(static_cast<int>(wire::SeriesFate::MAX) == FASTI_SERIES_UNDECIDED, "last fate");
static_assert(static_cast<int>(wire::CivilKind::MAX) == FASTI_CIVIL_FOLD, "last civil kind");

/* ---- life ---- */

struct fasti_codec *fasti_codec_create(size_t decode_bytes_max) {
    void *memory = std::malloc(sizeof(struct fasti_codec));
    uint8_t *block = static_cast<uint8_t *>(std::aligned_alloc(64, FASTI_BUILDER_BYTES));
    uint8_t *aligned =
        static_cast<uint8_t *>(std::aligned_alloc(64, (decode_bytes_max + 63) & ~size_t{63}));
    if (memory == nullptr || block == nullptr || aligned == nullptr) {
        std::free(memory);
        std::free(block);
        std::free(aligned);
        return nullptr;
    }
    struct fasti_codec *codec = new (memory) fasti_codec();
    codec->allocator.block = block;
    codec->allocator.size = FASTI_BUILDER_BYTES;
    codec->opened = nullptr;
    codec->aligned = aligned;
    codec->aligned_bytes = decode_bytes_max;
    return codec;
}

void fasti_codec_destroy(struct fasti_codec *codec) {
    if (codec == nullptr)
        return;
    std::free(codec->allocator.block);
    std::free(codec->aligned);
    codec->~fasti_codec();
    std::free(codec);
}

/* ---- the hull of a frame ---- */

const uint8_t *fasti_codec_align(struct fasti_codec *codec, const uint8_t *frame, size_t size,
                                 struct fasti_detail *detail) {
    FASTI_ASSERT(size <= codec->aligned_bytes);
    if (size < FASTI_FRAME_BYTES_MIN || size % FASTI_FRAME_ALIGN_BYTES != 0) {
        (void)fasti_detail_set(detail, FASTI_INVALID_MESSAGE, "frame: %zu bytes is no frame", size);
        return nullptr;
    }
    if (reinterpret_cast<uintptr_t>(frame) % FASTI_FRAME_ALIGN_BYTES == 0)
        return frame;
    std::memcpy(codec->aligned, frame, size);
    return codec->aligned;
}

flatbuffers::Verifier fasti_codec_verifier(const uint8_t *frame, size_t size) {
    flatbuffers::Verifier::Options options;
    options.max_depth = FASTI_VERIFY_DEPTH_MAX;
    options.max_tables = FASTI_VERIFY_TABLES_MAX;
    return flatbuffers::Verifier(frame, size, options);
}

FlatBufferBuilder &fasti_codec_begin(struct fasti_codec *codec) {
    codec->builder.Clear();
    codec->builder.Align(FASTI_FRAME_ALIGN_BYTES); /* the whole frame becomes a multiple of it */
    return codec->builder;
}

static struct fasti_bytes finished(const FlatBufferBuilder &builder) {
    const struct fasti_bytes frame = {builder.GetBufferPointer(), builder.GetSize()};
    FASTI_ASSERT(frame.size % FASTI_FRAME_ALIGN_BYTES == 0);
    return frame;
}

struct fasti_bytes fasti_codec_finish_client(struct fasti_codec *codec, wire::ClientMessage type,
                                             Offset<void> message) {
    codec->builder.FinishSizePrefixed(wire::CreateClientFrame(codec->builder, type, message));
    return finished(codec->builder);
}

struct fasti_bytes fasti_codec_finish_server(struct fasti_codec *codec, wire::ServerMessage type,
                                             Offset<void> message) {
    codec->builder.FinishSizePrefixed(wire::CreateServerFrame(codec->builder, type, message));
    const struct fasti_bytes frame = finished(codec->builder);
    FASTI_ASSERT(frame.size <= FASTI_ANSWER_BYTES_MAX);
    return frame;
}

/* ---- texts and numbers ---- */

enum fasti_status fasti_codec_read_id(const String *text, const char *field, bool optional,
                                      struct fasti_id_text *id, struct fasti_detail *detail) {
    if (optional && (text == nullptr || text->size() == 0)) {
        std::memset(id, 0, sizeof *id);
        return FASTI_OK;
    }
    if (text == nullptr)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "%s: it is missing", field);
    const enum fasti_status status = fasti_id_text_set(id, text->c_str(), text->size());
    return status == FASTI_OK
               ? FASTI_OK
               : fasti_detail_set(detail, status,
                                  "%s: not 1 to %d bytes of UTF-8 without control characters",
                                  field, FASTI_ID_BYTES_MAX);
}

enum fasti_status fasti_codec_read_name(const String *text, const char *field,
                                        struct fasti_name_text *name, struct fasti_detail *detail) {
    const enum fasti_status status = text == nullptr
                                         ? fasti_name_text_set(name, "", 0)
                                         : fasti_name_text_set(name, text->c_str(), text->size());
    return status == FASTI_OK
               ? FASTI_OK
               : fasti_detail_set(detail, status,
                                  "%s: not 0 to %d bytes of UTF-8 without control characters",
                                  field, FASTI_NAME_BYTES_MAX);
}

enum fasti_status fasti_codec_read_patient(const String *text, bool optional, uint8_t *length,
                                           char *bytes, struct fasti_detail *detail) {
    const size_t size = text == nullptr ? 0 : text->size();
    *length = 0;
    if (optional && size == 0)
        return FASTI_OK;
    if (size == 0 || size > FASTI_PATIENT_BYTES_MAX || !fasti_text_is_plain(text->c_str(), size))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "patient: not 1 to %d bytes of UTF-8 without control characters",
                                FASTI_PATIENT_BYTES_MAX);
    std::memcpy(bytes, text->c_str(), size);
    *length = static_cast<uint8_t>(size);
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_instant(int64_t utc_s, const char *field, int64_t *instant,
                                           struct fasti_detail *detail) {
    if (utc_s < -FASTI_INSTANT_S_MAX || utc_s > FASTI_INSTANT_S_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_TIME, "%s: %lld is no instant in seconds",
                                field, static_cast<long long>(utc_s));
    *instant = utc_s;
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_date(int32_t days, const char *field, fasti_date *date,
                                        struct fasti_detail *detail) {
    if (days < -FASTI_DATE_DAYS_MAX || days > FASTI_DATE_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_DATE, "%s: %d is no day count", field, days);
    date->v = days;
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_kind(unsigned value, unsigned last, const char *field,
                                        struct fasti_detail *detail) {
    return value >= 1 && value <= last
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s: %u is not in 1 to %u", field,
                                  value, last);
}

Offset<String> fasti_codec_write_text(FlatBufferBuilder &builder, const char *bytes, size_t size) {
    return size == 0 ? Offset<String>() : builder.CreateString(bytes, size);
}

void fasti_codec_read_line(const String *text, char *line, size_t line_size) {
    size_t size = text == nullptr ? 0 : text->size();
    if (size >= line_size)
        size = line_size - 1;
    if (size > 0 && fasti_text_is_plain(text->c_str(), size))
        std::memcpy(line, text->c_str(), size);
    else
        size = 0;
    line[size] = '\0';
}

/* ---- the handshake ---- */

struct fasti_bytes fasti_codec_encode_hello(struct fasti_codec *codec,
                                            const struct fasti_hello *hello) {
    FlatBufferBuilder &builder = fasti_codec_begin(codec);
    const Offset<String> magic = builder.CreateString("FASTI", 5);
    const Offset<String> client =
        fasti_codec_write_text(builder, hello->client, hello->client_length);
    const auto message =
        wire::CreateHello(builder, magic, hello->wire_min, hello->wire_max, client);
    return fasti_codec_finish_client(codec, wire::ClientMessage::Hello, message.Union());
}

struct fasti_bytes fasti_codec_encode_hello_reply(struct fasti_codec *codec,
                                                  const struct fasti_hello_reply *reply) {
    FlatBufferBuilder &builder = fasti_codec_begin(codec);
    const Offset<String> magic = builder.CreateString("FASTI", 5);
    const Offset<String> detail =
        fasti_codec_write_text(builder, reply->detail.text, std::strlen(reply->detail.text));
    const Offset<String> server = builder.CreateString(reply->server, std::strlen(reply->server));
    const auto message =
        wire::CreateHelloReply(builder, magic, static_cast<wire::Status>(reply->status), detail,
                               reply->wire_version, server, reply->frame_bytes_max,
                               reply->answer_bytes_max, reply->in_flight_max, reply->batch_max);
    return fasti_codec_finish_server(codec, wire::ServerMessage::HelloReply, message.Union());
}

enum fasti_status fasti_hello_choose(const struct fasti_hello *hello, uint16_t *wire_version,
                                     struct fasti_detail *detail) {
    *wire_version = 0;
    if (hello->wire_min > FASTI_WIRE_VERSION_MAX || hello->wire_max < FASTI_WIRE_VERSION_MIN ||
        hello->wire_min > hello->wire_max)
        return fasti_detail_set(detail, FASTI_INVALID_VERSION,
                                "the client speaks wire versions %u to %u, this server %d to %d",
                                hello->wire_min, hello->wire_max, FASTI_WIRE_VERSION_MIN,
                                FASTI_WIRE_VERSION_MAX);
    *wire_version = hello->wire_max < FASTI_WIRE_VERSION_MAX ? hello->wire_max
                                                             : uint16_t{FASTI_WIRE_VERSION_MAX};
    return FASTI_OK;
}
