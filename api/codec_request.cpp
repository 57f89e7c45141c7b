/*
 * codec_request.cpp - commands on the wire: one table a kind, read into plain data.
 *
 * Reading checks what keeps the engine's arithmetic and arrays safe (counts, instants, texts);
 * whether a record exists or a time is open is the engine's decision.
 */
#include "api/codec_wire.h"

#include <cstring>

using wire::RequestBody;

/* ---- frames ---- */

static enum fasti_status hello_read(const wire::Hello *wire_hello, struct fasti_hello *hello,
                                    struct fasti_detail *detail) {
    const String *magic = wire_hello->magic();
    if (magic == nullptr || magic->size() != 5 || std::memcmp(magic->c_str(), "FASTI", 5) != 0)
        return fasti_detail_set(detail, FASTI_INVALID_MESSAGE, "hello.magic: not FASTI");
    hello->wire_min = wire_hello->wire_min();
    hello->wire_max = wire_hello->wire_max();
    const String *client = wire_hello->client();
    const size_t size = client == nullptr ? 0 : client->size();
    if (size > sizeof hello->client || (size > 0 && !fasti_text_is_plain(client->c_str(), size)))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "hello.client: not 0 to %d bytes of UTF-8 without control "
                                "characters",
                                FASTI_CLIENT_NAME_MAX);
    if (size > 0)
        std::memcpy(hello->client, client->c_str(), size);
    hello->client_length = static_cast<uint8_t>(size);
    return FASTI_OK;
}

enum fasti_status fasti_codec_open_client(struct fasti_codec *codec, const uint8_t *frame,
                                          size_t size, struct fasti_client_frame *opened,
                                          struct fasti_detail *detail) {
    static_assert(sizeof opened->hello.client == FASTI_CLIENT_NAME_MAX, "one bound");
    std::memset(opened, 0, sizeof *opened);
    codec->opened = nullptr;
    const uint8_t *aligned = fasti_codec_align(codec, frame, size, detail);
    if (aligned == nullptr)
        return FASTI_INVALID_MESSAGE;
    flatbuffers::Verifier verifier = fasti_codec_verifier(aligned, size);
    if (!verifier.VerifySizePrefixedBuffer<wire::ClientFrame>(nullptr))
        return fasti_detail_set(detail, FASTI_INVALID_MESSAGE,
                                "the frame does not hold a client's message (or too large a one)");
    const wire::ClientFrame *root = flatbuffers::GetSizePrefixedRoot<wire::ClientFrame>(aligned);
    const wire::ClientMessage type = root->message_type();
    if (root->message() == nullptr || type == wire::ClientMessage::NONE ||
        type > wire::ClientMessage::MAX)
        return fasti_detail_set(detail, FASTI_INVALID_MESSAGE, "message: its kind %u is not known",
                                static_cast<unsigned>(type));
    if (type == wire::ClientMessage::Hello) {
        opened->kind = FASTI_CLIENT_HELLO;
        return hello_read(root->message_as_Hello(), &opened->hello, detail);
    }
    opened->kind = FASTI_CLIENT_REQUESTS;
    opened->request_count = 1;
    if (type == wire::ClientMessage::Batch) {
        const uint32_t count = fasti_column_size(root->message_as_Batch()->requests());
        if (count == 0 || count > FASTI_BATCH_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_MESSAGE,
                                    "batch.requests: %u requests, not 1 to %d", count,
                                    FASTI_BATCH_MAX);
        opened->request_count = count;
    }
    codec->opened = root;
    return FASTI_OK;
}

/* ---- reading one command ---- */

static enum fasti_status availability_read(const wire::AvailabilityQuery *query,
                                           struct fasti_availability_query *body,
                                           struct fasti_detail *detail) {
    const uint32_t schedules = fasti_column_size(query->schedules());
    const bool is_one = fasti_column_size(query->services()) == 0;
    const uint32_t services = is_one ? 1 : query->services()->size();
    const uint32_t locations = fasti_column_size(query->locations());
    const uint32_t days = query->day_count();
    body->schedule_count = body->service_count = body->location_count = 0;
    body->after = query->after();
    FASTI_TRY(fasti_codec_read_facts(query->facts(), &body->facts, detail));
    FASTI_TRY(fasti_codec_read_date(query->first_date(), "availability.first_date", &body->first,
                                    detail));
    if (days < 1 || days > FASTI_QUERY_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "availability.day_count: %u is not in 1 to %d", days,
                                FASTI_QUERY_DAYS_MAX);
    if (schedules > FASTI_QUERY_SCHEDULES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "availability.schedules: %u schedules, not 0 to %d", schedules,
                                FASTI_QUERY_SCHEDULES_MAX);
    if (services > FASTI_QUERY_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "availability.services: %u services, not 1 to %d", services,
                                FASTI_QUERY_SERVICES_MAX);
    if (locations > FASTI_QUERY_LOCATIONS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "availability.locations: %u locations, not 0 to %d", locations,
                                FASTI_QUERY_LOCATIONS_MAX);
    body->day_count = static_cast<uint16_t>(days);
    body->schedule_count = static_cast<uint16_t>(schedules);
    body->service_count = static_cast<uint16_t>(services);
    body->location_count = static_cast<uint16_t>(locations);
    for (uint32_t i = 0; i < schedules; i++)
        body->schedules[i].v = query->schedules()->Get(i);
    for (uint32_t i = 0; i < services; i++)
        body->services[i].v = is_one ? query->service() : query->services()->Get(i);
    for (uint32_t i = 0; i < locations; i++)
        body->locations[i].v = query->locations()->Get(i);
    return FASTI_OK;
}

static enum fasti_status list_read(const wire::ListQuery *query, struct fasti_list_query *body,
                                   struct fasti_detail *detail) {
    const unsigned by = static_cast<unsigned>(query->by());
    FASTI_TRY(fasti_codec_read_kind(by, FASTI_LIST_BY_PATIENT, "list.by", detail));
    body->by = static_cast<enum fasti_list_by>(by);
    body->schedule.v = query->schedule();
    FASTI_TRY(fasti_codec_read_patient(query->patient(), by != FASTI_LIST_BY_PATIENT,
                                       &body->patient_length, body->patient, detail));
    body->include_ended = query->include_ended();
    body->include_blocks = query->include_blocks();
    body->only_conflicts = query->only_conflicts();
    body->from_utc_s = query->from_utc_s();
    body->to_utc_s = query->to_utc_s();
    body->before.v = query->before();
    body->limit = query->limit();
    body->source = query->source();
    if (body->limit < 1 || body->limit > FASTI_LIST_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "list.limit: %u is not in 1 to %d",
                                body->limit, FASTI_LIST_MAX);
    return FASTI_OK;
}

static enum fasti_status block_read(const wire::Block *block, struct fasti_block *body,
                                    struct fasti_detail *detail) {
    body->schedule.v = block->schedule();
    body->source = block->source();
    body->key = block->key();
    body->replaces.v = block->replaces();
    FASTI_TRY(fasti_codec_read_instant(block->start_utc_s(), "block.start_utc_s",
                                       &body->start_utc_s, detail));
    return fasti_codec_read_instant(block->end_utc_s(), "block.end_utc_s", &body->end_utc_s,
                                    detail);
}

static enum fasti_status resolve_read(const wire::ResolveQuery *query,
                                      struct fasti_resolve_query *body,
                                      struct fasti_detail *detail) {
    const unsigned kind = static_cast<unsigned>(query->kind());
    FASTI_TRY(fasti_codec_read_kind(kind, FASTI_ENTITY_ZONE, "resolve.kind", detail));
    body->kind = static_cast<enum fasti_entity_kind>(kind);
    return fasti_codec_read_id(query->id(), "resolve.id", false, &body->id, detail);
}

static enum fasti_status describe_read(const wire::DescribeQuery *query,
                                       struct fasti_describe_query *body,
                                       struct fasti_detail *detail) {
    const unsigned kind = static_cast<unsigned>(query->kind());
    FASTI_TRY(fasti_codec_read_kind(kind, FASTI_ENTITY_ZONE, "describe.kind", detail));
    body->kind = static_cast<enum fasti_entity_kind>(kind);
    body->id = query->id();
    body->after = query->after();
    return FASTI_OK;
}

static enum fasti_status civil_read(const wire::CivilQuery *query, struct fasti_civil_query *body,
                                    struct fasti_detail *detail) {
    body->schedule.v = query->schedule();
    body->minute = query->minute();
    FASTI_TRY(fasti_codec_read_date(query->date(), "civil.date", &body->date, detail));
    if (body->minute > FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_TIME, "civil.minute: %u is not in 0 to %d",
                                body->minute, FASTI_DAY_MINUTES);
    return FASTI_OK;
}

static enum fasti_status explain_read(const wire::ExplainQuery *query,
                                      struct fasti_explain_query *body,
                                      struct fasti_detail *detail) {
    body->schedule.v = query->schedule();
    body->service.v = query->service();
    FASTI_TRY(fasti_codec_read_instant(query->start_utc_s(), "explain.start_utc_s",
                                       &body->start_utc_s, detail));
    return fasti_codec_read_facts(query->facts(), &body->facts, detail);
}

static enum fasti_status put_read(struct fasti_codec *codec, const wire::Put *put,
                                  struct fasti_command *command, struct fasti_detail *detail) {
    struct fasti_put *body = &command->body.put;
    FASTI_TRY(fasti_codec_read_entity(codec->openings, &codec->zone, put->entity(), body, detail));
    body->create_only = put->create_only();
    command->if_match = put->if_match();
    body->organization = command->organization;
    if (body->kind == FASTI_ENTITY_ORGANIZATION || body->kind == FASTI_ENTITY_ZONE)
        body->organization.v = 0;
    return FASTI_OK;
}

/* The records stay in the frame, which lives until the command is submitted; what they say is
 * looked at there. */
static enum fasti_status load_read(const wire::Load *load, struct fasti_loading *body,
                                   struct fasti_detail *detail) {
    const uint32_t words = fasti_column_size(load->records());
    if (words == 0 || words > FASTI_LOAD_BYTES_MAX / sizeof(uint64_t) ||
        !fasti_column_fits(load->records(), words))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "load.records: %u words of 8 bytes, not 1 to %u", words,
                                static_cast<unsigned>(FASTI_LOAD_BYTES_MAX / sizeof(uint64_t)));
    body->bytes = load->records()->Data();
    body->size = words * uint32_t{sizeof(uint64_t)};
    return FASTI_OK;
}

static enum fasti_status load_write(FlatBufferBuilder &b, const struct fasti_loading *load,
                                    Offset<void> *body) {
    if (load->size == 0 || load->size > FASTI_LOAD_BYTES_MAX || load->size % sizeof(uint64_t) != 0)
        return FASTI_INVALID_RANGE;
    const auto records = fasti_column_copy(b, reinterpret_cast<const uint64_t *>(load->bytes),
                                           load->size / uint32_t{sizeof(uint64_t)});
    *body = wire::CreateLoad(b, records).Union();
    return FASTI_OK;
}

/* What the union's member means to the engine; 0 for a member that is not known. */
static unsigned kind_of(RequestBody type) {
    switch (type) {
    case RequestBody::StatusQuery: return FASTI_COMMAND_STATUS;
    case RequestBody::ResolveQuery: return FASTI_COMMAND_RESOLVE;
    case RequestBody::Put: return FASTI_COMMAND_PUT;
    case RequestBody::Book: return FASTI_COMMAND_BOOK;
    case RequestBody::Cancel: return FASTI_COMMAND_CANCEL;
    case RequestBody::Block: return FASTI_COMMAND_BLOCK;
    case RequestBody::Unblock: return FASTI_COMMAND_UNBLOCK;
    case RequestBody::AvailabilityQuery: return FASTI_COMMAND_AVAILABILITY;
    case RequestBody::ShowQuery: return FASTI_COMMAND_SHOW;
    case RequestBody::ListQuery: return FASTI_COMMAND_LIST;
    case RequestBody::Checkpoint: return FASTI_COMMAND_CHECKPOINT;
    case RequestBody::ImportBegin: return FASTI_COMMAND_IMPORT_BEGIN;
    case RequestBody::ImportCommit: return FASTI_COMMAND_IMPORT_COMMIT;
    case RequestBody::ImportAbort: return FASTI_COMMAND_IMPORT_ABORT;
    case RequestBody::DescribeQuery: return FASTI_COMMAND_DESCRIBE;
    case RequestBody::CivilQuery: return FASTI_COMMAND_CIVIL;
    case RequestBody::Hold: return FASTI_COMMAND_HOLD;
    case RequestBody::Confirm: return FASTI_COMMAND_CONFIRM;
    case RequestBody::Extend: return FASTI_COMMAND_EXTEND;
    case RequestBody::Release: return FASTI_COMMAND_RELEASE;
    case RequestBody::Move: return FASTI_COMMAND_MOVE;
    case RequestBody::Mark: return FASTI_COMMAND_MARK;
    case RequestBody::ExplainQuery: return FASTI_COMMAND_EXPLAIN;
    case RequestBody::Load: return FASTI_COMMAND_LOAD;
    case RequestBody::ExportQuery: return FASTI_COMMAND_EXPORT;
    case RequestBody::SearchQuery: return FASTI_COMMAND_SEARCH;
    case RequestBody::NamesQuery: return FASTI_COMMAND_NAMES;
    case RequestBody::CombineQuery: return FASTI_COMMAND_COMBINE;
    case RequestBody::HeatmapQuery: return FASTI_COMMAND_HEATMAP;
    case RequestBody::NONE: break;
    }
    return 0;
}

static enum fasti_status body_read(struct fasti_codec *codec, const wire::Request *request,
                                   struct fasti_command *command, struct fasti_detail *detail) {
    switch (request->body_type()) {
    case RequestBody::ResolveQuery:
        return resolve_read(request->body_as_ResolveQuery(), &command->body.resolve, detail);
    case RequestBody::Put: return put_read(codec, request->body_as_Put(), command, detail);
    case RequestBody::Cancel:
        command->body.cancel.record.v = request->body_as_Cancel()->record();
        command->body.cancel.reason = request->body_as_Cancel()->reason();
        return FASTI_OK;
    case RequestBody::Unblock:
        command->body.cancel.record.v = request->body_as_Unblock()->record();
        command->body.cancel.reason = request->body_as_Unblock()->reason();
        return FASTI_OK;
    case RequestBody::Block:
        return block_read(request->body_as_Block(), &command->body.block, detail);
    case RequestBody::AvailabilityQuery:
        return availability_read(request->body_as_AvailabilityQuery(), &command->body.availability,
                                 detail);
    case RequestBody::ShowQuery:
        command->body.show.v = request->body_as_ShowQuery()->record();
        return FASTI_OK;
    case RequestBody::ListQuery:
        return list_read(request->body_as_ListQuery(), &command->body.list, detail);
    case RequestBody::ImportCommit:
        command->body.import.import = request->body_as_ImportCommit()->import_id();
        command->body.import.source = request->body_as_ImportCommit()->source();
        return FASTI_OK;
    case RequestBody::ImportAbort:
        command->body.import.import = request->body_as_ImportAbort()->import_id();
        command->body.import.source = 0;
        return FASTI_OK;
    case RequestBody::DescribeQuery:
        return describe_read(request->body_as_DescribeQuery(), &command->body.describe, detail);
    case RequestBody::ExplainQuery:
        return explain_read(request->body_as_ExplainQuery(), &command->body.explain, detail);
    case RequestBody::Load: return load_read(request->body_as_Load(), &command->body.load, detail);
    case RequestBody::ExportQuery:
        command->body.export_after.v = request->body_as_ExportQuery()->after();
        return FASTI_OK;
    case RequestBody::SearchQuery:
        return fasti_codec_read_search(request->body_as_SearchQuery(), &command->body.search,
                                       detail);
    case RequestBody::NamesQuery:
        return fasti_codec_read_names(request->body_as_NamesQuery(), &command->body.names, detail);
    case RequestBody::CombineQuery:
        return fasti_codec_read_combine(request->body_as_CombineQuery(), &command->body.combine,
                                        detail);
    case RequestBody::HeatmapQuery:
        return fasti_codec_read_heatmap(request->body_as_HeatmapQuery(), &command->body.heatmap,
                                        detail);
    case RequestBody::CivilQuery:
        return civil_read(request->body_as_CivilQuery(), &command->body.civil, detail);
    case RequestBody::Book:
    case RequestBody::Hold:
    case RequestBody::Confirm:
    case RequestBody::Extend:
    case RequestBody::Release:
    case RequestBody::Move:
    case RequestBody::Mark: return fasti_codec_read_booking(request, command, detail);
    case RequestBody::StatusQuery:
    case RequestBody::Checkpoint:
    case RequestBody::ImportBegin:
    case RequestBody::NONE: break;
    }
    return FASTI_OK;
}

enum fasti_status fasti_codec_decode_request(struct fasti_codec *codec, uint32_t index,
                                             uint64_t *id, struct fasti_command *command,
                                             struct fasti_detail *detail) {
    FASTI_ASSERT(codec->opened != nullptr);
    const wire::Request *request = codec->opened->message_as_Request();
    if (request == nullptr)
        request = codec->opened->message_as_Batch()->requests()->Get(index);
    *id = request->id();
    std::memset(command, 0, offsetof(struct fasti_command, body));
    const unsigned kind = kind_of(request->body_type());
    if (kind == 0 || request->body() == nullptr)
        return fasti_detail_set(detail, FASTI_INVALID_COMMAND,
                                "body: the command's kind %u is not known",
                                static_cast<unsigned>(request->body_type()));
    command->kind = static_cast<enum fasti_command_kind>(kind);
    command->organization.v = request->organization();
    command->request.low = request->request_low();
    command->request.high = request->request_high();
    command->import = request->import_id();
    return body_read(codec, request, command, detail);
}

/* ---- writing one command ---- */

/* A list of ids; 0 stands in it as what it is, an id that nobody has. */
template <typename T>
static Offset<Vector<uint32_t>> ids_write(FlatBufferBuilder &b, const T *ids, uint32_t count) {
    if (count == 0)
        return Offset<Vector<uint32_t>>();
    uint32_t *column = nullptr;
    const auto written = b.CreateUninitializedVector(count, &column);
    for (uint32_t i = 0; i < count; i++)
        column[i] = ids[i].v;
    return written;
}

static enum fasti_status availability_write(FlatBufferBuilder &b,
                                            const struct fasti_availability_query *query,
                                            Offset<void> *body) {
    if (query->schedule_count > FASTI_QUERY_SCHEDULES_MAX || query->service_count == 0 ||
        query->service_count > FASTI_QUERY_SERVICES_MAX ||
        query->location_count > FASTI_QUERY_LOCATIONS_MAX)
        return FASTI_INVALID_RANGE;
    const auto schedules = ids_write(b, query->schedules, query->schedule_count);
    const bool is_one = query->service_count == 1;
    const auto services = ids_write(b, query->services, is_one ? 0 : query->service_count);
    const auto locations = ids_write(b, query->locations, query->location_count);
    const wire::Facts facts = fasti_codec_write_facts(&query->facts);
    *body = wire::CreateAvailabilityQuery(b, is_one ? query->services[0].v : 0, query->first.v,
                                          query->day_count, schedules,
                                          fasti_codec_has_facts(&query->facts) ? &facts : nullptr,
                                          locations, query->after, services)
                .Union();
    return FASTI_OK;
}

static Offset<void> civil_write(FlatBufferBuilder &b, const struct fasti_civil_query *query) {
    return wire::CreateCivilQuery(b, query->schedule.v, query->date.v, query->minute).Union();
}

static Offset<void> explain_write(FlatBufferBuilder &b, const struct fasti_explain_query *query) {
    const wire::Facts facts = fasti_codec_write_facts(&query->facts);
    return wire::CreateExplainQuery(b, query->schedule.v, query->service.v, query->start_utc_s,
                                    fasti_codec_has_facts(&query->facts) ? &facts : nullptr)
        .Union();
}

static enum fasti_status list_write(FlatBufferBuilder &b, const struct fasti_list_query *query,
                                    Offset<void> *body) {
    if (query->patient_length > FASTI_PATIENT_BYTES_MAX)
        return FASTI_INVALID_RANGE;
    const auto patient = fasti_codec_write_text(b, query->patient, query->patient_length);
    *body = wire::CreateListQuery(b, static_cast<wire::ListBy>(query->by), query->schedule.v,
                                  patient, query->include_ended, query->include_blocks,
                                  query->only_conflicts, query->from_utc_s, query->to_utc_s,
                                  query->before.v, query->limit, query->source)
                .Union();
    return FASTI_OK;
}

static enum fasti_status put_write(struct fasti_codec *codec, const struct fasti_put *put,
                                   uint64_t if_match, Offset<void> *body) {
    Offset<wire::Entity> entity;
    FASTI_TRY(fasti_codec_write_entity(codec, put, &entity));
    *body = wire::CreatePut(codec->builder, put->create_only, entity, if_match).Union();
    return FASTI_OK;
}

/* Cancel and Unblock. */
static Offset<void> cancel_write(FlatBufferBuilder &b, const struct fasti_command *command) {
    const struct fasti_cancel *cancel = &command->body.cancel;
    return command->kind == FASTI_COMMAND_CANCEL
               ? wire::CreateCancel(b, cancel->record.v, cancel->reason).Union()
               : wire::CreateUnblock(b, cancel->record.v, cancel->reason).Union();
}

static Offset<void> block_write(FlatBufferBuilder &b, const struct fasti_block *block) {
    return wire::CreateBlock(b, block->schedule.v, block->start_utc_s, block->end_utc_s,
                             block->source, block->key, block->replaces.v)
        .Union();
}

static Offset<void> resolve_write(FlatBufferBuilder &b, const struct fasti_resolve_query *query) {
    const auto id = fasti_codec_write_text(b, query->id.bytes, query->id.length);
    return wire::CreateResolveQuery(b, static_cast<wire::EntityKind>(query->kind), id).Union();
}

/* A question that looks for something. */
static enum fasti_status search_write(FlatBufferBuilder &b, const struct fasti_command *command,
                                      RequestBody *type, Offset<void> *body) {
    switch (command->kind) {
    case FASTI_COMMAND_NAMES:
        *type = RequestBody::NamesQuery;
        *body = fasti_codec_write_names(b, &command->body.names);
        return FASTI_OK;
    case FASTI_COMMAND_HEATMAP:
        *type = RequestBody::HeatmapQuery;
        *body = fasti_codec_write_heatmap(b, &command->body.heatmap);
        return FASTI_OK;
    case FASTI_COMMAND_COMBINE:
        *type = RequestBody::CombineQuery;
        return fasti_codec_write_combine(b, &command->body.combine, body);
    default:
        *type = RequestBody::SearchQuery;
        *body = fasti_codec_write_search(b, &command->body.search);
        return FASTI_OK;
    }
}

static enum fasti_status body_write(struct fasti_codec *codec, const struct fasti_command *command,
                                    RequestBody *type, Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    const auto is = [&](RequestBody member, Offset<void> written) {
        *type = member;
        *body = written;
        return FASTI_OK;
    };
    switch (command->kind) {
    case FASTI_COMMAND_STATUS:
        return is(RequestBody::StatusQuery, wire::CreateStatusQuery(b).Union());
    case FASTI_COMMAND_RESOLVE:
        return is(RequestBody::ResolveQuery, resolve_write(b, &command->body.resolve));
    case FASTI_COMMAND_PUT:
        *type = RequestBody::Put;
        return put_write(codec, &command->body.put, command->if_match, body);
    case FASTI_COMMAND_BOOK:
    case FASTI_COMMAND_HOLD:
    case FASTI_COMMAND_MOVE:
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_EXTEND:
    case FASTI_COMMAND_RELEASE:
    case FASTI_COMMAND_MARK: return fasti_codec_write_booking(codec, command, type, body);
    case FASTI_COMMAND_CANCEL: return is(RequestBody::Cancel, cancel_write(b, command));
    case FASTI_COMMAND_UNBLOCK: return is(RequestBody::Unblock, cancel_write(b, command));
    case FASTI_COMMAND_BLOCK: return is(RequestBody::Block, block_write(b, &command->body.block));
    case FASTI_COMMAND_AVAILABILITY:
        *type = RequestBody::AvailabilityQuery;
        return availability_write(b, &command->body.availability, body);
    case FASTI_COMMAND_SHOW:
        return is(RequestBody::ShowQuery, wire::CreateShowQuery(b, command->body.show.v).Union());
    case FASTI_COMMAND_LIST:
        *type = RequestBody::ListQuery;
        return list_write(b, &command->body.list, body);
    case FASTI_COMMAND_CHECKPOINT:
        return is(RequestBody::Checkpoint, wire::CreateCheckpoint(b).Union());
    case FASTI_COMMAND_IMPORT_BEGIN:
        return is(RequestBody::ImportBegin, wire::CreateImportBegin(b).Union());
    case FASTI_COMMAND_IMPORT_COMMIT:
        return is(
            RequestBody::ImportCommit,
            wire::CreateImportCommit(b, command->body.import.import, command->body.import.source)
                .Union());
    case FASTI_COMMAND_IMPORT_ABORT:
        return is(RequestBody::ImportAbort,
                  wire::CreateImportAbort(b, command->body.import.import).Union());
    case FASTI_COMMAND_DESCRIBE:
        return is(
            RequestBody::DescribeQuery,
            wire::CreateDescribeQuery(b, static_cast<wire::EntityKind>(command->body.describe.kind),
                                      command->body.describe.id, command->body.describe.after)
                .Union());
    case FASTI_COMMAND_EXPLAIN:
        return is(RequestBody::ExplainQuery, explain_write(b, &command->body.explain));
    case FASTI_COMMAND_LOAD:
        *type = RequestBody::Load;
        return load_write(b, &command->body.load, body);
    case FASTI_COMMAND_EXPORT:
        return is(RequestBody::ExportQuery,
                  wire::CreateExportQuery(b, command->body.export_after.v).Union());
    case FASTI_COMMAND_CIVIL:
        return is(RequestBody::CivilQuery, civil_write(b, &command->body.civil));
    case FASTI_COMMAND_SEARCH:
    case FASTI_COMMAND_NAMES:
    case FASTI_COMMAND_HEATMAP:
    case FASTI_COMMAND_COMBINE: return search_write(b, command, type, body);
    }
    return FASTI_INVALID_COMMAND;
}

static enum fasti_status request_write(struct fasti_codec *codec, uint64_t id,
                                       const struct fasti_command *command,
                                       Offset<wire::Request> *request) {
    RequestBody type = RequestBody::NONE;
    Offset<void> body;
    FASTI_TRY(body_write(codec, command, &type, &body));
    *request =
        wire::CreateRequest(codec->builder, id, command->organization.v, command->request.low,
                            command->request.high, command->import, type, body);
    return FASTI_OK;
}

enum fasti_status fasti_codec_encode_request(struct fasti_codec *codec, uint64_t id,
                                             const struct fasti_command *command,
                                             struct fasti_bytes *frame) {
    (void)fasti_codec_begin(codec);
    Offset<wire::Request> request;
    FASTI_TRY(request_write(codec, id, command, &request));
    *frame = fasti_codec_finish_client(codec, wire::ClientMessage::Request, request.Union());
    return frame->size <= FASTI_FRAME_BYTES_MAX ? FASTI_OK : FASTI_LIMIT_MESSAGE;
}

enum fasti_status fasti_codec_encode_batch(struct fasti_codec *codec, const uint64_t *ids,
                                           const struct fasti_command *commands, uint32_t count,
                                           struct fasti_bytes *frame) {
    FASTI_ASSERT(count >= 1 && count <= FASTI_BATCH_MAX);
    FlatBufferBuilder &b = fasti_codec_begin(codec);
    Offset<wire::Request> requests[FASTI_BATCH_MAX];
    for (uint32_t i = 0; i < count; i++) {
        FASTI_TRY(request_write(codec, ids[i], &commands[i], &requests[i]));
        if (b.GetSize() > FASTI_FRAME_BYTES_MAX)
            return FASTI_LIMIT_MESSAGE;
    }
    const auto batch = wire::CreateBatch(b, b.CreateVector(requests, count));
    *frame = fasti_codec_finish_client(codec, wire::ClientMessage::Batch, batch.Union());
    return frame->size <= FASTI_FRAME_BYTES_MAX ? FASTI_OK : FASTI_LIMIT_MESSAGE;
}
