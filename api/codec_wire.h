/*
 * codec_wire.h - what the codec's C++ files share; the one home of the generated header.
 *
 * C++ only because FlatBuffers' library is; no exceptions, no RTTI, no allocation after create.
 * Columns: an encoder leaves out a column whose rows all hold its default, a decoder takes an
 * absent column as that default.
 */
#ifndef FASTI_API_CODEC_WIRE_H
#define FASTI_API_CODEC_WIRE_H

/* The engine's headers are C17: two of its words are spelled otherwise in C++. */
#define _Static_assert static_assert
#define _Noreturn [[noreturn]]
extern "C" {
#include "api/api_limits.h"
#include "engine/engine.h"
}
#undef _Noreturn
#undef _Static_assert
#include "api/codec.h"
#include "api/fasti_generated.h"

namespace wire = fasti::wire;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::String;
using flatbuffers::Vector;

/* Lends the builder one block for ever; asking for more than was promised is a bug. */
class fasti_block_allocator final : public flatbuffers::Allocator {
  public:
    uint8_t *block = nullptr;
    size_t size = 0;
    uint8_t *allocate(size_t wanted) override {
        FASTI_ASSERT(wanted <= size);
        return block;
    }
    void deallocate(uint8_t *, size_t) override {}
};

/* Room for the largest message and the builder's own notes beside it. */
#define FASTI_BUILDER_BYTES (FASTI_ANSWER_BYTES_MAX + 64 * 1024)

struct fasti_codec {
    fasti_block_allocator allocator;
    FlatBufferBuilder builder;
    const wire::ClientFrame *opened; /* verified; lies in the caller's frame or in aligned */
    uint8_t *aligned;                /* copy of a misaligned frame */
    size_t aligned_bytes;
    Offset<String> strings[FASTI_OPENINGS_MAX];
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
    struct fasti_zone zone;

    fasti_codec() : builder(FASTI_BUILDER_BYTES, &allocator) {}
};

/* ---- shared pieces (codec.cpp) ---- */

/* The frame in aligned memory and its prefix checked; nullptr with INVALID_FRAME's sentence. */
const uint8_t *fasti_codec_align(struct fasti_codec *codec, const uint8_t *frame, size_t size,
                                 struct fasti_detail *detail);
flatbuffers::Verifier fasti_codec_verifier(const uint8_t *frame, size_t size);
/* Empties the builder for a new frame. */
FlatBufferBuilder &fasti_codec_begin(struct fasti_codec *codec);
struct fasti_bytes fasti_codec_finish_client(struct fasti_codec *codec, wire::ClientMessage type,
                                             Offset<void> message);
struct fasti_bytes fasti_codec_finish_server(struct fasti_codec *codec, wire::ServerMessage type,
                                             Offset<void> message);

/* Texts. field names what is wrong; an absent text reads as empty. */
enum fasti_status fasti_codec_read_id(const String *text, const char *field, bool optional,
                                      struct fasti_id_text *id, struct fasti_detail *detail);
enum fasti_status fasti_codec_read_name(const String *text, const char *field,
                                        struct fasti_name_text *name, struct fasti_detail *detail);
/* 1 to FASTI_PATIENT_BYTES_MAX plain bytes; optional: 0 too. */
enum fasti_status fasti_codec_read_patient(const String *text, bool optional, uint8_t *length,
                                           char *bytes, struct fasti_detail *detail);
enum fasti_status fasti_codec_read_instant(int64_t utc_s, const char *field, int64_t *instant,
                                           struct fasti_detail *detail);
enum fasti_status fasti_codec_read_date(int32_t days, const char *field, fasti_date *date,
                                        struct fasti_detail *detail);
/* 1 to last. */
enum fasti_status fasti_codec_read_kind(unsigned value, unsigned last, const char *field,
                                        struct fasti_detail *detail);
Offset<String> fasti_codec_write_text(FlatBufferBuilder &builder, const char *bytes, size_t size);
/* A NUL-terminated field of fixed size, cut where the wire's text is longer. */
void fasti_codec_read_line(const String *text, char *line, size_t line_size);

/* ---- directory records (codec_entity.cpp) ---- */

enum fasti_status fasti_codec_read_entity(struct fasti_opening *openings, struct fasti_zone *zone,
                                          const wire::Entity *entity, struct fasti_put *put,
                                          struct fasti_detail *detail);
enum fasti_status fasti_codec_write_entity(struct fasti_codec *codec, const struct fasti_put *put,
                                           Offset<wire::Entity> *entity);
/* A described record: the put's fields and, for a schedule, its openings with dense ids. */
enum fasti_status fasti_codec_write_described(struct fasti_codec *codec,
                                              const struct fasti_describe_answer *describe,
                                              Offset<wire::Entity> *entity);
enum fasti_openings_rows {
    FASTI_ROWS_PUT,
    FASTI_ROWS_REMOVED,  /* of a Put that removes: only the ids must be there */
    FASTI_ROWS_ANSWERED, /* with their own sources */
};
enum fasti_status fasti_codec_read_openings(const wire::Openings *columns,
                                            enum fasti_openings_rows kind, uint32_t service_end,
                                            uint32_t source, struct fasti_opening *openings,
                                            uint32_t *count, struct fasti_detail *detail);

/* ---- rules and facts (codec_terms.cpp) ---- */

/* nullptr: says nothing. Ranges are the directory's business. */
void fasti_codec_read_terms(const wire::Terms *table, struct fasti_terms *terms);
/* None when they say nothing. */
Offset<wire::Terms> fasti_codec_write_terms(FlatBufferBuilder &builder,
                                            const struct fasti_terms *terms);
/* nullptr: nothing is known. */
enum fasti_status fasti_codec_read_facts(const wire::Facts *from, struct fasti_facts *facts,
                                         struct fasti_detail *detail);
/* Is anything known? Else they are left out. */
bool fasti_codec_has_facts(const struct fasti_facts *facts);
wire::Facts fasti_codec_write_facts(const struct fasti_facts *facts);

/* ---- bookings (codec_book.cpp) ---- */

/* Of a request whose body is a Book, Hold, Confirm, Extend, Release, Move or Mark. */
enum fasti_status fasti_codec_read_booking(const wire::Request *request,
                                           struct fasti_command *command,
                                           struct fasti_detail *detail);
enum fasti_status fasti_codec_write_booking(struct fasti_codec *codec,
                                            const struct fasti_command *command,
                                            wire::RequestBody *type, Offset<void> *body);

/* ---- a search (codec_search.cpp) ---- */

enum fasti_status fasti_codec_read_search(const wire::SearchQuery *from,
                                          struct fasti_search_query *query,
                                          struct fasti_detail *detail);
Offset<void> fasti_codec_write_search(FlatBufferBuilder &builder,
                                      const struct fasti_search_query *query);
enum fasti_status fasti_codec_read_found(const wire::SearchReply *reply,
                                         struct fasti_search_answer *answer,
                                         struct fasti_detail *detail);
Offset<void> fasti_codec_write_found(FlatBufferBuilder &builder,
                                     const struct fasti_search_answer *answer);

/* ---- names (codec_names.cpp) ---- */

enum fasti_status fasti_codec_read_names(const wire::NamesQuery *from,
                                         struct fasti_names_query *query,
                                         struct fasti_detail *detail);
Offset<void> fasti_codec_write_names(FlatBufferBuilder &builder,
                                     const struct fasti_names_query *query);
enum fasti_status fasti_codec_read_named(const wire::NamesReply *reply,
                                         struct fasti_names_answer *answer,
                                         struct fasti_detail *detail);
Offset<void> fasti_codec_write_named(struct fasti_codec *codec,
                                     const struct fasti_names_answer *answer);
/* ---- a combination (codec_combine.cpp) ---- */

enum fasti_status fasti_codec_read_combine(const wire::CombineQuery *from,
                                           struct fasti_combine_query *query,
                                           struct fasti_detail *detail);
/* INVALID_RANGE: a count beyond its array. */
enum fasti_status fasti_codec_write_combine(FlatBufferBuilder &builder,
                                            const struct fasti_combine_query *query,
                                            Offset<void> *body);
enum fasti_status fasti_codec_read_combined(const wire::CombineReply *reply,
                                            struct fasti_combine_answer *answer,
                                            struct fasti_detail *detail);
Offset<void> fasti_codec_write_combined(FlatBufferBuilder &builder,
                                        const struct fasti_combine_answer *answer);

/* ---- heat maps (codec_heatmap.cpp) ---- */

enum fasti_status fasti_codec_read_heatmap(const wire::HeatmapQuery *from,
                                           struct fasti_heatmap_query *query,
                                           struct fasti_detail *detail);
Offset<void> fasti_codec_write_heatmap(FlatBufferBuilder &builder,
                                       const struct fasti_heatmap_query *query);
enum fasti_status fasti_codec_read_heat(const wire::HeatmapReply *reply,
                                        struct fasti_heatmap_answer *answer,
                                        struct fasti_detail *detail);
Offset<void> fasti_codec_write_heat(FlatBufferBuilder &builder,
                                    const struct fasti_heatmap_answer *answer);

/* The corners or the circle of a SearchQuery or a HeatmapQuery, `table` on the wire: the area's
 * kind is checked already. INVALID_RANGE. */
template <typename From, typename Query>
enum fasti_status fasti_codec_read_area(const From *from, const char *table, Query *query,
                                        struct fasti_detail *detail) {
    const struct {
        const char *field;
        int32_t value, most;
    } degrees[] = {
        {"latitude_e7", from->latitude_e7(), FASTI_POSITION_LATITUDE},
        {"longitude_e7", from->longitude_e7(), FASTI_POSITION_LONGITUDE},
        {"north_e7", from->north_e7(), FASTI_POSITION_LATITUDE},
        {"east_e7", from->east_e7(), FASTI_POSITION_LONGITUDE},
    };
    for (const auto &degree : degrees)
        if (degree.value < -degree.most || degree.value > degree.most)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s.%s: %d is beyond +-%d", table,
                                    degree.field, degree.value, degree.most);
    query->area = static_cast<enum fasti_search_area>(from->area());
    query->latitude_e7 = from->latitude_e7();
    query->longitude_e7 = from->longitude_e7();
    query->north_e7 = from->north_e7();
    query->east_e7 = from->east_e7();
    query->radius_m = from->radius_m();
    if (query->radius_m > FASTI_SEARCH_RADIUS_MAX_M ||
        (query->area == FASTI_SEARCH_CIRCLE && query->radius_m == 0))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s.radius_m: %u is not in 1 to %d",
                                table, query->radius_m, FASTI_SEARCH_RADIUS_MAX_M);
    return FASTI_OK;
}

/* ---- the body of an answer to SEARCH, NAMES, HEATMAP or COMBINE (codec_search.cpp) ---- */

wire::ReplyBody fasti_codec_write_finding(struct fasti_codec *codec,
                                          const struct fasti_answer *answer, Offset<void> *body);
enum fasti_status fasti_codec_read_finding(const wire::Reply *reply,
                                           struct fasti_answer_space *space,
                                           struct fasti_answer *answer,
                                           struct fasti_detail *detail);

/* ---- answers (codec_answer.cpp) ---- */

/* INVALID_MESSAGE: the server does not keep to the protocol. */
enum fasti_status fasti_codec_wrong_answer(const char *field, struct fasti_detail *detail);

/* ---- columns ---- */

template <typename T> uint32_t fasti_column_size(const Vector<T> *column) {
    return column == nullptr ? 0 : column->size();
}

/* Absent, or one aligned value a row? (The verifier aligns a vector's length, not its 8-byte
 * elements.) */
template <typename T> bool fasti_column_fits(const Vector<T> *column, uint32_t rows) {
    return fasti_column_size(column) == 0 ||
           (column->size() == rows && reinterpret_cast<uintptr_t>(column->Data()) % sizeof(T) == 0);
}

template <typename V, typename T>
V fasti_column_get(const Vector<T> *column, uint32_t row, V absent) {
    return fasti_column_size(column) == 0 ? absent : static_cast<V>(column->Get(row));
}

/* get(row) of every row as a column; none when all are `absent`. */
template <typename T, typename F>
Offset<Vector<T>> fasti_column_write(FlatBufferBuilder &builder, uint32_t rows, T absent, F get) {
    bool is_needed = false;
    for (uint32_t row = 0; row < rows && !is_needed; row++)
        is_needed = static_cast<T>(get(row)) != absent;
    if (!is_needed)
        return Offset<Vector<T>>();
    T *values = nullptr;
    const Offset<Vector<T>> column = builder.CreateUninitializedVector<T>(rows, &values);
    for (uint32_t row = 0; row < rows; row++)
        values[row] = static_cast<T>(get(row));
    return column;
}

/* A plain copy of count values; none when there are none. */
template <typename T>
Offset<Vector<T>> fasti_column_copy(FlatBufferBuilder &builder, const T *values, uint32_t count) {
    return count == 0 ? Offset<Vector<T>>() : builder.CreateVector(values, count);
}

/* The same, each value as another type. */
template <typename T, typename S>
Offset<Vector<T>> fasti_column_copy_as(FlatBufferBuilder &builder, const S *values,
                                       uint32_t count) {
    if (count == 0)
        return Offset<Vector<T>>();
    T *to = nullptr;
    const Offset<Vector<T>> column = builder.CreateUninitializedVector<T>(count, &to);
    for (uint32_t i = 0; i < count; i++)
        to[i] = static_cast<T>(values[i]);
    return column;
}

#endif
