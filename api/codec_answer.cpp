/*
 * codec_answer.cpp - answers on the wire: columns out of the engine's arrays and back.
 *
 * Availability and lists are copied column by column; a start's local offset and a visit's length
 * are one number each unless they really differ. Reading trusts a server as little as the server
 * trusts a client: every count is checked against its array before a byte is copied.
 */
#include "api/codec_wire.h"

#include <cstring>

using wire::ReplyBody;

/* ---- writing ---- */

/* Rows that all equal the first one are sent as one number. */
template <typename T> static bool is_constant(const T *values, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static Offset<void> availability_write(FlatBufferBuilder &b,
                                       const struct fasti_availability_answer *a) {
    FASTI_ASSERT(a->total <= FASTI_QUERY_STARTS_MAX);
    FASTI_ASSERT(a->row_count <= FASTI_QUERY_ROWS_MAX);
    const uint32_t cells = uint32_t{a->row_count} * a->day_count;
    FASTI_ASSERT(cells <= FASTI_QUERY_CELLS_MAX);
    const bool one_offset = is_constant(a->offsets_minutes, a->total);
    const bool one_length = is_constant(a->lengths_minutes, a->total);
    const auto lengths = fasti_column_copy(b, a->lengths_minutes, one_length ? 0 : a->total);
    const auto offsets = fasti_column_copy(b, a->offsets_minutes, one_offset ? 0 : a->total);
    const auto starts = fasti_column_copy(b, a->starts, a->total);
    const auto day_reasons = fasti_column_copy(b, a->day_reasons, cells);
    const auto counts = fasti_column_copy(b, a->counts, cells);
    const auto next_offsets = fasti_column_write<int32_t>(
        b, a->row_count, 0, [&](uint32_t r) { return a->next_slot_offset_s[r]; });
    const auto next_slots = fasti_column_write<int64_t>(
        b, a->row_count, 0, [&](uint32_t r) { return a->next_slot_utc_s[r]; });
    const auto totals = fasti_column_copy(b, a->totals, a->row_count);
    const auto reasons = fasti_column_copy(b, a->reasons, a->row_count);
    bool one_service = true;
    for (uint32_t r = 1; r < a->row_count; r++)
        one_service = one_service && a->services[r].v == a->services[0].v;
    const auto services = fasti_column_write<uint32_t>(
        b, one_service ? 0 : a->row_count, 0, [&](uint32_t r) { return a->services[r].v; });
    const auto schedules = fasti_column_write<uint32_t>(
        b, a->row_count, 0, [&](uint32_t r) { return a->schedules[r].v; });
    wire::AvailabilityReplyBuilder reply(b);
    reply.add_base_utc_s(a->base_utc_s);
    reply.add_row_count(a->row_count);
    reply.add_day_count(a->day_count);
    reply.add_total(a->total);
    reply.add_reasons(reasons.o);
    reply.add_totals(totals);
    reply.add_next_slots_utc_s(next_slots);
    reply.add_next_slot_offsets_s(next_offsets);
    reply.add_counts(counts);
    reply.add_day_reasons(day_reasons.o);
    reply.add_starts(starts);
    reply.add_offset_minutes(one_offset && a->total > 0 ? a->offsets_minutes[0] : int16_t{0});
    reply.add_offsets_minutes(offsets);
    reply.add_length_minutes(one_length && a->total > 0 ? a->lengths_minutes[0] : uint16_t{0});
    reply.add_lengths_minutes(lengths);
    reply.add_schedules(schedules);
    reply.add_service(one_service && a->row_count > 0 ? a->services[0].v : 0);
    reply.add_services(services);
    reply.add_next(a->next);
    return reply.Finish().Union();
}

static Offset<wire::Records> records_write(struct fasti_codec *codec,
                                           const struct fasti_record_view *views, uint32_t count) {
    FlatBufferBuilder &b = codec->builder;
    FASTI_ASSERT(count <= FASTI_LIST_MAX);
    if (count == 0)
        return Offset<wire::Records>();
    for (uint32_t i = 0; i < count; i++)
        codec->strings[i] = b.CreateString(views[i].patient, views[i].patient_length);
    const auto patients = b.CreateVector(codec->strings, count);
#define RECORD_COLUMN(type, expression) \
    fasti_column_write<type>(b, count, 0, [&](uint32_t i) { return expression; })
    const auto records = RECORD_COLUMN(uint64_t, views[i].record.v);
    const auto kinds = RECORD_COLUMN(uint8_t, views[i].kind);
    const auto states = RECORD_COLUMN(uint8_t, views[i].state);
    const auto reasons = RECORD_COLUMN(uint8_t, views[i].reason);
    const auto conflicts = RECORD_COLUMN(uint8_t, views[i].is_conflict);
    const auto schedules = RECORD_COLUMN(uint32_t, views[i].schedule.v);
    const auto services = RECORD_COLUMN(uint32_t, views[i].service.v);
    const auto starts = RECORD_COLUMN(int64_t, views[i].start_utc_s);
    const auto offsets = RECORD_COLUMN(int32_t, views[i].offset_s);
    const auto durations = RECORD_COLUMN(uint32_t, views[i].duration_minutes);
    const auto created = RECORD_COLUMN(int64_t, views[i].created_ms);
    const auto changed = RECORD_COLUMN(int64_t, views[i].changed_ms);
    const auto payload_lengths = RECORD_COLUMN(uint16_t, views[i].payload_length);
    const auto items = RECORD_COLUMN(uint8_t, views[i].item);
    const auto expires = RECORD_COLUMN(int64_t, views[i].expires_ms);
    const auto moved_from = RECORD_COLUMN(uint64_t, views[i].moved_from.v);
    const auto modalities = RECORD_COLUMN(uint8_t, views[i].modality);
    const auto overrides = RECORD_COLUMN(uint8_t, views[i].is_override);
    const auto sources = RECORD_COLUMN(uint32_t, views[i].source);
    const auto keys = RECORD_COLUMN(uint64_t, views[i].key);
    const auto befores = RECORD_COLUMN(uint8_t, views[i].before_minutes);
    const auto afters = RECORD_COLUMN(uint8_t, views[i].after_minutes);
#undef RECORD_COLUMN
    const auto item_counts =
        fasti_column_write<uint8_t>(b, count, 1, [&](uint32_t i) { return views[i].item_count; });
    return wire::CreateRecords(b, records, kinds.o, states.o, reasons, conflicts, schedules,
                               services, starts, offsets, durations, created, changed, patients,
                               payload_lengths, items, item_counts, expires, moved_from,
                               modalities.o, overrides, sources, keys, befores, afters);
}

static Offset<wire::Items> items_write(FlatBufferBuilder &b, const struct fasti_item_view *items,
                                       uint32_t count) {
    FASTI_ASSERT(count <= FASTI_ITEMS_MAX);
    uint32_t *schedules = nullptr;
    const auto schedule_column = b.CreateUninitializedVector(count, &schedules);
    for (uint32_t i = 0; i < count; i++)
        schedules[i] = items[i].schedule.v;
#define ITEM_COLUMN(type, expression) \
    fasti_column_write<type>(b, count, 0, [&](uint32_t i) { return expression; })
    const auto services = ITEM_COLUMN(uint32_t, items[i].service.v);
    const auto starts = ITEM_COLUMN(int64_t, items[i].start_utc_s);
    const auto offsets = ITEM_COLUMN(int32_t, items[i].offset_s);
    const auto durations = ITEM_COLUMN(uint32_t, items[i].duration_minutes);
#undef ITEM_COLUMN
    return wire::CreateItems(b, schedule_column, services, starts, offsets, durations);
}

static Offset<void> book_write(FlatBufferBuilder &b, const struct fasti_answer *answer) {
    const struct fasti_book_answer *book = &answer->body.book;
    FASTI_ASSERT(book->item_count <= FASTI_ITEMS_MAX && book->appointment_count <= FASTI_ITEMS_MAX);
    const auto outcomes = fasti_column_copy_as<uint16_t>(b, book->outcomes, book->item_count);
    const auto records =
        fasti_column_write<uint64_t>(b, book->appointment_count, 0, [&](uint32_t i) {
            return answer->record.v + book->offsets[i];
        });
    return wire::CreateBookReply(b, outcomes.o, records, book->token.low, book->token.high,
                                 book->expires_ms)
        .Union();
}

static Offset<void> status_write(FlatBufferBuilder &b, const struct fasti_status_answer *s) {
    return wire::CreateStatusReply(
               b, s->lsn_durable, s->epoch, s->now_ms, s->started_ms, s->digest.low, s->digest.high,
               s->organizations, s->locations, s->practitioners, s->services, s->schedules,
               s->patterns, s->plans, s->appointments, s->records, s->recovered_effects,
               s->recovery_ms, s->arena_bytes, s->disk_low, s->workers, s->pending, s->snapshot,
               s->snapshot_lsn, s->snapshot_bytes, s->snapshots_failed, s->past_days,
               s->retention_days, s->retired_days, s->purged_records)
        .Union();
}

static Offset<void> describe_write(struct fasti_codec *codec,
                                   const struct fasti_describe_answer *describe) {
    Offset<wire::Entity> entity;
    const enum fasti_status status = fasti_codec_write_described(codec, describe, &entity);
    FASTI_ASSERT(status == FASTI_OK); /* the engine's own record */
    return wire::CreateDescribeReply(codec->builder, static_cast<wire::EntityKind>(describe->kind),
                                     describe->id, describe->put.organization.v, entity,
                                     describe->etag)
        .Union();
}

static Offset<void> list_write(struct fasti_codec *codec, const struct fasti_list_answer *list) {
    const auto records = records_write(codec, list->records, list->count);
    return wire::CreateListReply(codec->builder, list->more, records, list->next.v).Union();
}

static Offset<void> show_write(struct fasti_codec *codec, const struct fasti_answer *answer) {
    const struct fasti_record_view *view = &answer->body.show.view;
    const auto records = records_write(codec, view, 1);
    const uint32_t payload = answer->body.show.payload == nullptr ? 0 : view->payload_length;
    FASTI_ASSERT(payload <= FASTI_PAYLOAD_BYTES_MAX);
    const auto bytes = fasti_column_copy(codec->builder, answer->body.show.payload, payload);
    const Offset<wire::Items> items =
        view->item_count > 1
            ? items_write(codec->builder, answer->body.show.items, view->item_count)
            : Offset<wire::Items>();
    return wire::CreateShowReply(codec->builder, records, bytes, items).Union();
}

static Offset<void> import_write(FlatBufferBuilder &b, const struct fasti_import_answer *import) {
    return wire::CreateImportReply(b, import->import, import->created, import->changed,
                                   import->unchanged, import->conflicts)
        .Union();
}

static Offset<void> explain_write(FlatBufferBuilder &b, const struct fasti_explain_answer *answer) {
    return wire::CreateExplainReply(b, static_cast<wire::Outcome>(answer->verdict),
                                    answer->duration_minutes)
        .Union();
}

static Offset<void> export_write(FlatBufferBuilder &b, const struct fasti_export_answer *page) {
    FASTI_ASSERT(page->size <= FASTI_EXPORT_BYTES_MAX && page->size % 8 == 0);
    const auto records = fasti_column_copy(b, reinterpret_cast<const uint64_t *>(page->bytes),
                                           page->size / uint32_t{sizeof(uint64_t)});
    return wire::CreateExportReply(b, records, page->next.v, page->more).Union();
}

/* Bodies that are there whenever the status is OK. */
static ReplyBody whole_write(struct fasti_codec *codec, const struct fasti_answer *answer,
                             Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    switch (static_cast<int>(answer->kind)) {
    case FASTI_COMMAND_STATUS:
    case FASTI_COMMAND_CHECKPOINT:
        *body = status_write(b, &answer->body.status);
        return ReplyBody::StatusReply;
    case FASTI_COMMAND_CIVIL:
        *body = wire::CreateCivilReply(b, answer->body.civil.utc_s, answer->body.civil.offset_s,
                                       static_cast<wire::CivilKind>(answer->body.civil.kind))
                    .Union();
        return ReplyBody::CivilReply;
    case FASTI_COMMAND_EXPLAIN:
        *body = explain_write(b, &answer->body.explain);
        return ReplyBody::ExplainReply;
    case FASTI_COMMAND_LOAD:
        *body = wire::CreateLoadReply(b, answer->body.load.loaded, answer->body.load.known).Union();
        return ReplyBody::LoadReply;
    case FASTI_COMMAND_EXPORT:
        *body = export_write(b, &answer->body.exported);
        return ReplyBody::ExportReply;
    default: *body = import_write(b, &answer->body.import); return ReplyBody::ImportReply;
    }
}

static ReplyBody body_write(struct fasti_codec *codec, const struct fasti_answer *answer,
                            Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    switch (answer->kind) {
    case FASTI_COMMAND_AVAILABILITY:
        if (answer->body.availability == nullptr)
            break;
        *body = availability_write(b, answer->body.availability);
        return ReplyBody::AvailabilityReply;
    case FASTI_COMMAND_LIST:
        if (answer->body.list == nullptr)
            break;
        *body = list_write(codec, answer->body.list);
        return ReplyBody::ListReply;
    case FASTI_COMMAND_SEARCH:
    case FASTI_COMMAND_NAMES:
    case FASTI_COMMAND_HEATMAP:
    case FASTI_COMMAND_COMBINE:
        if (answer->body.search == nullptr) /* whichever it is */
            break;
        return fasti_codec_write_finding(codec, answer, body);
    case FASTI_COMMAND_DESCRIBE:
        if (answer->body.describe == nullptr || answer->body.describe->id == 0)
            break;
        *body = describe_write(codec, answer->body.describe);
        return ReplyBody::DescribeReply;
    case FASTI_COMMAND_SHOW:
        if (answer->outcome != FASTI_OUTCOME_FOUND)
            break;
        *body = show_write(codec, answer);
        return ReplyBody::ShowReply;
    case FASTI_COMMAND_STATUS:
    case FASTI_COMMAND_CHECKPOINT:
    case FASTI_COMMAND_IMPORT_BEGIN:
    case FASTI_COMMAND_IMPORT_COMMIT:
    case FASTI_COMMAND_IMPORT_ABORT:
    case FASTI_COMMAND_CIVIL:
    case FASTI_COMMAND_EXPLAIN:
    case FASTI_COMMAND_LOAD:
    case FASTI_COMMAND_EXPORT: return whole_write(codec, answer, body);
    case FASTI_COMMAND_BOOK:
    case FASTI_COMMAND_MOVE:
        if (answer->body.book.item_count < 2)
            break;
        *body = book_write(b, answer);
        return ReplyBody::BookReply;
    case FASTI_COMMAND_EXTEND:
        if (answer->outcome != FASTI_OUTCOME_EXTENDED)
            break;
        *body = book_write(b, answer);
        return ReplyBody::BookReply;
    case FASTI_COMMAND_HOLD:
        if (answer->body.book.item_count == 0)
            break;
        *body = book_write(b, answer);
        return ReplyBody::BookReply;
    case FASTI_COMMAND_RESOLVE:
    case FASTI_COMMAND_PUT:
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_BLOCK:
    case FASTI_COMMAND_UNBLOCK:
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_RELEASE:
    case FASTI_COMMAND_MARK: break;
    }
    return ReplyBody::NONE;
}

struct fasti_bytes fasti_codec_encode_answer(struct fasti_codec *codec,
                                             const struct fasti_answer *answer) {
    FlatBufferBuilder &b = fasti_codec_begin(codec);
    Offset<void> body;
    const ReplyBody type =
        answer->status == FASTI_OK ? body_write(codec, answer, &body) : ReplyBody::NONE;
    const Offset<String> detail =
        fasti_codec_write_text(b, answer->detail.text, std::strlen(answer->detail.text));
    const auto reply = wire::CreateReply(
        b, answer->tag, static_cast<wire::CommandKind>(answer->kind),
        static_cast<wire::Status>(answer->status), static_cast<wire::Outcome>(answer->outcome),
        detail, answer->as_of, answer->id, answer->record.v, type, body);
    return fasti_codec_finish_server(codec, wire::ServerMessage::Reply, reply.Union());
}

/* ---- reading ---- */

enum fasti_status fasti_codec_wrong_answer(const char *field, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_INVALID_MESSAGE, "the server's answer: %s is wrong",
                            field);
}

template <typename T, typename W>
static bool copy_column(const Vector<W> *column, uint32_t count, T *values) {
    static_assert(sizeof(T) == sizeof(W), "copied as bytes");
    if (fasti_column_size(column) == 0) {
        std::memset(values, 0, count * sizeof(T));
        return true;
    }
    if (column->size() != count)
        return false;
    std::memcpy(values, column->Data(), count * sizeof(T));
    return true;
}

static bool are_reasons(const uint8_t *reasons, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (reasons[i] > FASTI_REASON_LAST)
            return false;
    return true;
}

static enum fasti_status availability_read(const wire::AvailabilityReply *reply,
                                           struct fasti_availability_answer *a,
                                           struct fasti_detail *detail) {
    a->row_count = reply->row_count();
    a->day_count = reply->day_count();
    a->total = reply->total();
    a->base_utc_s = reply->base_utc_s();
    a->next = reply->next();
    const uint32_t cells = uint32_t{a->row_count} * a->day_count;
    if (a->row_count > FASTI_QUERY_ROWS_MAX || cells > FASTI_QUERY_CELLS_MAX ||
        a->total > FASTI_QUERY_STARTS_MAX)
        return fasti_codec_wrong_answer("availability's size", detail);
    if (!copy_column(reply->reasons(), a->row_count, a->reasons) ||
        !are_reasons(a->reasons, a->row_count))
        return fasti_codec_wrong_answer("availability.reasons", detail);
    if (!fasti_column_fits(reply->schedules(), a->row_count) ||
        !fasti_column_fits(reply->services(), a->row_count))
        return fasti_codec_wrong_answer("availability.schedules or services", detail);
    for (uint32_t r = 0; r < a->row_count; r++) {
        a->schedules[r].v = fasti_column_get<uint32_t>(reply->schedules(), r, 0);
        a->services[r].v = fasti_column_get<uint32_t>(reply->services(), r, reply->service());
    }
    if (!copy_column(reply->totals(), a->row_count, a->totals) ||
        !copy_column(reply->next_slots_utc_s(), a->row_count, a->next_slot_utc_s) ||
        !copy_column(reply->next_slot_offsets_s(), a->row_count, a->next_slot_offset_s))
        return fasti_codec_wrong_answer("availability.totals or next_slots", detail);
    if (!copy_column(reply->counts(), cells, a->counts) ||
        !copy_column(reply->day_reasons(), cells, a->day_reasons) ||
        !are_reasons(a->day_reasons, cells))
        return fasti_codec_wrong_answer("availability.counts or day_reasons", detail);
    uint64_t sum = 0;
    for (uint32_t r = 0; r < a->row_count; r++) {
        uint64_t of_row = 0;
        for (uint32_t d = 0; d < a->day_count; d++)
            of_row += a->counts[r * a->day_count + d];
        if (of_row != a->totals[r])
            return fasti_codec_wrong_answer("availability.totals", detail);
        sum += of_row;
    }
    if (sum != a->total || fasti_column_size(reply->starts()) != a->total)
        return fasti_codec_wrong_answer("availability.total", detail);
    (void)copy_column(reply->starts(), a->total, a->starts);
    if (!fasti_column_fits(reply->offsets_minutes(), a->total) ||
        !fasti_column_fits(reply->lengths_minutes(), a->total))
        return fasti_codec_wrong_answer("availability.offsets_minutes or lengths_minutes", detail);
    for (uint32_t i = 0; i < a->total; i++) {
        a->offsets_minutes[i] =
            fasti_column_get<int16_t>(reply->offsets_minutes(), i, reply->offset_minutes());
        a->lengths_minutes[i] =
            fasti_column_get<uint16_t>(reply->lengths_minutes(), i, reply->length_minutes());
    }
    return FASTI_OK;
}

static bool record_columns_fit(const wire::Records *r, uint32_t rows) {
    return fasti_column_fits(r->records(), rows) && fasti_column_fits(r->kinds(), rows) &&
           fasti_column_fits(r->states(), rows) && fasti_column_fits(r->reasons(), rows) &&
           fasti_column_fits(r->conflicts(), rows) && fasti_column_fits(r->schedules(), rows) &&
           fasti_column_fits(r->services(), rows) && fasti_column_fits(r->starts_utc_s(), rows) &&
           fasti_column_fits(r->offsets_s(), rows) &&
           fasti_column_fits(r->durations_minutes(), rows) &&
           fasti_column_fits(r->created_ms(), rows) && fasti_column_fits(r->changed_ms(), rows) &&
           fasti_column_fits(r->patients(), rows) &&
           fasti_column_fits(r->payload_lengths(), rows) && fasti_column_fits(r->items(), rows) &&
           fasti_column_fits(r->item_counts(), rows) && fasti_column_fits(r->expires_ms(), rows) &&
           fasti_column_fits(r->moved_from(), rows) && fasti_column_fits(r->modalities(), rows) &&
           fasti_column_fits(r->overrides(), rows) && fasti_column_fits(r->sources(), rows) &&
           fasti_column_fits(r->keys(), rows) && fasti_column_fits(r->befores_minutes(), rows) &&
           fasti_column_fits(r->afters_minutes(), rows);
}

static enum fasti_status records_read(const wire::Records *r, uint32_t max,
                                      struct fasti_record_view *views, uint32_t *count,
                                      struct fasti_detail *detail) {
    *count = r == nullptr ? 0 : fasti_column_size(r->patients());
    if (*count > max || (*count > 0 && (fasti_column_size(r->records()) != *count ||
                                        !record_columns_fit(r, *count))))
        return fasti_codec_wrong_answer("records' size", detail);
    for (uint32_t i = 0; i < *count; i++) {
        struct fasti_record_view *view = &views[i];
        std::memset(view, 0, sizeof *view);
        const unsigned kind = fasti_column_get<unsigned>(r->kinds(), i, 0u);
        const unsigned state = fasti_column_get<unsigned>(r->states(), i, 0u);
        if (kind < 1 || kind > FASTI_RECORD_BLOCK || state < 1 || state > FASTI_STATE_RELEASED)
            return fasti_codec_wrong_answer("records.kinds or states", detail);
        view->record.v = r->records()->Get(i);
        if (view->record.v == 0)
            return fasti_codec_wrong_answer("records.records", detail);
        view->kind = static_cast<enum fasti_record_kind>(kind);
        view->state = static_cast<enum fasti_record_state>(state);
        view->reason = fasti_column_get<uint8_t>(r->reasons(), i, 0);
        view->is_conflict = fasti_column_get<uint8_t>(r->conflicts(), i, 0) != 0;
        view->schedule.v = fasti_column_get<uint32_t>(r->schedules(), i, 0);
        view->service.v = fasti_column_get<uint32_t>(r->services(), i, 0);
        view->start_utc_s = fasti_column_get<int64_t>(r->starts_utc_s(), i, 0);
        view->offset_s = fasti_column_get<int32_t>(r->offsets_s(), i, 0);
        view->duration_minutes = fasti_column_get<uint32_t>(r->durations_minutes(), i, 0);
        view->created_ms = fasti_column_get<int64_t>(r->created_ms(), i, 0);
        view->changed_ms = fasti_column_get<int64_t>(r->changed_ms(), i, 0);
        view->payload_length = fasti_column_get<uint16_t>(r->payload_lengths(), i, 0);
        view->expires_ms = fasti_column_get<int64_t>(r->expires_ms(), i, 0);
        view->moved_from.v = fasti_column_get<uint64_t>(r->moved_from(), i, 0);
        view->modality = fasti_column_get<uint8_t>(r->modalities(), i, 0);
        view->is_override = fasti_column_get<uint8_t>(r->overrides(), i, 0) != 0;
        view->source = fasti_column_get<uint32_t>(r->sources(), i, 0);
        view->key = fasti_column_get<uint64_t>(r->keys(), i, 0);
        view->before_minutes = fasti_column_get<uint8_t>(r->befores_minutes(), i, 0);
        view->after_minutes = fasti_column_get<uint8_t>(r->afters_minutes(), i, 0);
        if (view->modality > FASTI_MODALITY_HOME)
            return fasti_codec_wrong_answer("records.modalities", detail);
        view->item = fasti_column_get<uint8_t>(r->items(), i, 0);
        view->item_count = fasti_column_get<uint8_t>(r->item_counts(), i, 1);
        if (view->item >= view->item_count || view->item_count > FASTI_ITEMS_MAX)
            return fasti_codec_wrong_answer("records.items", detail);
        FASTI_TRY(fasti_codec_read_patient(r->patients()->Get(i), true, &view->patient_length,
                                           view->patient, detail));
    }
    return FASTI_OK;
}

static enum fasti_status items_read(const wire::Items *columns,
                                    const struct fasti_record_view *view,
                                    struct fasti_item_view *items, struct fasti_detail *detail) {
    items[0] = {view->schedule, view->service, view->start_utc_s, view->offset_s,
                view->duration_minutes};
    if (view->item_count == 1)
        return columns == nullptr ? FASTI_OK : fasti_codec_wrong_answer("show.items", detail);
    const uint32_t rows = view->item_count;
    if (columns == nullptr || fasti_column_size(columns->schedules()) != rows ||
        !fasti_column_fits(columns->schedules(), rows) ||
        !fasti_column_fits(columns->services(), rows) ||
        !fasti_column_fits(columns->starts_utc_s(), rows) ||
        !fasti_column_fits(columns->offsets_s(), rows) ||
        !fasti_column_fits(columns->durations_minutes(), rows))
        return fasti_codec_wrong_answer("show.items", detail);
    for (uint32_t i = 0; i < rows; i++)
        items[i] = {{columns->schedules()->Get(i)},
                    {fasti_column_get<uint32_t>(columns->services(), i, 0u)},
                    fasti_column_get<int64_t>(columns->starts_utc_s(), i, int64_t{0}),
                    fasti_column_get<int32_t>(columns->offsets_s(), i, 0),
                    fasti_column_get<uint32_t>(columns->durations_minutes(), i, 0u)};
    return FASTI_OK;
}

static enum fasti_status show_read(const wire::ShowReply *reply, struct fasti_answer_space *space,
                                   struct fasti_answer *answer, struct fasti_detail *detail) {
    uint32_t count = 0;
    FASTI_TRY(records_read(reply->records(), 1, &answer->body.show.view, &count, detail));
    const uint32_t payload = fasti_column_size(reply->payload());
    if (count != 1 || payload > FASTI_PAYLOAD_BYTES_MAX ||
        payload != answer->body.show.view.payload_length)
        return fasti_codec_wrong_answer("show.payload", detail);
    if (payload > 0)
        std::memcpy(space->payload, reply->payload()->data(), payload);
    answer->body.show.payload = space->payload;
    answer->body.show.items = space->items;
    return items_read(reply->items(), &answer->body.show.view, space->items, detail);
}

/* What became of each row, and the appointments' numbers as offsets from the first. */
static enum fasti_status book_read(const wire::BookReply *reply, const struct fasti_answer *answer,
                                   struct fasti_book_answer *book, struct fasti_detail *detail) {
    const uint32_t rows = fasti_column_size(reply->outcomes());
    const uint32_t appointments = fasti_column_size(reply->records());
    if (rows > FASTI_ITEMS_MAX || appointments > rows ||
        !fasti_column_fits(reply->outcomes(), rows) ||
        !fasti_column_fits(reply->records(), appointments))
        return fasti_codec_wrong_answer("book.outcomes or records", detail);
    book->item_count = static_cast<uint8_t>(rows);
    book->appointment_count = static_cast<uint8_t>(appointments);
    book->token = {reply->token_low(), reply->token_high()};
    book->expires_ms = reply->expires_ms();
    for (uint32_t i = 0; i < rows; i++) {
        const unsigned outcome = static_cast<unsigned>(reply->outcomes()->Get(i));
        if (outcome > UINT8_MAX)
            return fasti_codec_wrong_answer("book.outcomes", detail);
        book->outcomes[i] = static_cast<uint8_t>(outcome);
    }
    for (uint32_t i = 0; i < appointments; i++) {
        const uint64_t offset = reply->records()->Get(i) - answer->record.v;
        if (offset >= FASTI_ITEMS_MAX)
            return fasti_codec_wrong_answer("book.records", detail);
        book->offsets[i] = static_cast<uint8_t>(offset);
    }
    return FASTI_OK;
}

/* A booking or move of one row says all in its outcome. */
static void book_single(struct fasti_answer *answer) {
    answer->body.book.item_count = 1;
    answer->body.book.appointment_count = fasti_outcome_is_done(answer->outcome);
    answer->body.book.outcomes[0] = static_cast<uint8_t>(
        fasti_outcome_is_done(answer->outcome) ? FASTI_OUTCOME_BOOKED : answer->outcome);
    answer->body.book.offsets[0] = 0;
}

static enum fasti_status describe_read(const wire::DescribeReply *reply,
                                       struct fasti_answer_space *space,
                                       struct fasti_detail *detail) {
    struct fasti_describe_answer *describe = &space->describe;
    std::memset(describe, 0, sizeof *describe);
    const unsigned kind = static_cast<unsigned>(reply->kind());
    FASTI_TRY(fasti_codec_read_kind(kind, FASTI_ENTITY_ZONE, "describe.kind", detail));
    describe->kind = static_cast<enum fasti_entity_kind>(kind);
    describe->id = reply->id();
    describe->etag = reply->etag();
    describe->openings = space->openings;
    const wire::Entity *entity = reply->entity();
    if (entity == nullptr || describe->id == 0)
        return fasti_codec_wrong_answer("describe.entity", detail);
    if (entity->kind() == wire::EntityKind::OPENINGS)
        return fasti_codec_wrong_answer("describe.entity", detail);
    FASTI_TRY(
        fasti_codec_read_entity(space->openings, &space->zone, entity, &describe->put, detail));
    describe->put.organization.v = reply->organization();
    if (entity->kind() != wire::EntityKind::SCHEDULE)
        return FASTI_OK;
    return fasti_codec_read_openings(entity->openings(), FASTI_ROWS_ANSWERED, UINT32_MAX, 0,
                                     space->openings, &describe->opening_count, detail);
}

static void status_read(const wire::StatusReply *s, struct fasti_status_answer *status) {
    status->lsn_durable = s->lsn_durable();
    status->epoch = s->epoch();
    status->now_ms = s->now_ms();
    status->started_ms = s->started_ms();
    status->digest.low = s->digest_low();
    status->digest.high = s->digest_high();
    status->organizations = s->organizations();
    status->locations = s->locations();
    status->practitioners = s->practitioners();
    status->services = s->services();
    status->schedules = s->schedules();
    status->patterns = s->patterns();
    status->plans = s->plans();
    status->appointments = s->appointments();
    status->records = s->records();
    status->recovered_effects = s->recovered_effects();
    status->recovery_ms = s->recovery_ms();
    status->arena_bytes = s->arena_bytes();
    status->disk_low = s->disk_low();
    status->workers = s->workers();
    status->pending = s->pending();
    status->snapshot = s->snapshot();
    status->snapshot_lsn = s->snapshot_lsn();
    status->snapshot_bytes = s->snapshot_bytes();
    status->snapshots_failed = s->snapshots_failed();
    status->past_days = s->past_days();
    status->retention_days = s->retention_days();
    status->retired_days = s->retired_days();
    status->purged_records = s->purged_records();
}

static enum fasti_status export_read(const wire::ExportReply *reply,
                                     struct fasti_answer_space *space,
                                     struct fasti_export_answer *page,
                                     struct fasti_detail *detail) {
    const uint32_t words = fasti_column_size(reply->records());
    if (words > FASTI_EXPORT_BYTES_MAX / sizeof(uint64_t))
        return fasti_codec_wrong_answer("export.records", detail);
    if (words > 0)
        std::memcpy(space->exported, reply->records()->Data(), words * sizeof(uint64_t));
    page->bytes = reinterpret_cast<const uint8_t *>(space->exported);
    page->size = words * uint32_t{sizeof(uint64_t)};
    page->next.v = reply->next();
    page->more = reply->more();
    return FASTI_OK;
}

static void import_read(const wire::ImportReply *i, struct fasti_import_answer *import) {
    import->import = i->import_id();
    import->created = i->created();
    import->changed = i->changed();
    import->unchanged = i->unchanged();
    import->conflicts = i->conflicts();
}

static bool outcome_is_known(wire::Outcome outcome) {
    return std::strcmp(wire::EnumNameOutcome(outcome), "") != 0;
}

/* The union's member must be the one of the command's kind; none is fine. */
static bool body_belongs(ReplyBody type, wire::CommandKind kind) {
    switch (type) {
    case ReplyBody::NONE: return true;
    case ReplyBody::AvailabilityReply: return kind == wire::CommandKind::AVAILABILITY;
    case ReplyBody::ListReply: return kind == wire::CommandKind::LIST;
    case ReplyBody::ShowReply: return kind == wire::CommandKind::SHOW;
    case ReplyBody::DescribeReply: return kind == wire::CommandKind::DESCRIBE;
    case ReplyBody::StatusReply:
        return kind == wire::CommandKind::STATUS || kind == wire::CommandKind::CHECKPOINT;
    case ReplyBody::ImportReply:
        return kind == wire::CommandKind::IMPORT_BEGIN ||
               kind == wire::CommandKind::IMPORT_COMMIT || kind == wire::CommandKind::IMPORT_ABORT;
    case ReplyBody::CivilReply: return kind == wire::CommandKind::CIVIL;
    case ReplyBody::ExplainReply: return kind == wire::CommandKind::EXPLAIN;
    case ReplyBody::LoadReply: return kind == wire::CommandKind::LOAD;
    case ReplyBody::ExportReply: return kind == wire::CommandKind::EXPORT;
    case ReplyBody::SearchReply: return kind == wire::CommandKind::SEARCH;
    case ReplyBody::NamesReply: return kind == wire::CommandKind::NAMES;
    case ReplyBody::CombineReply: return kind == wire::CommandKind::COMBINE;
    case ReplyBody::HeatmapReply: return kind == wire::CommandKind::HEATMAP;
    case ReplyBody::BookReply:
        return kind == wire::CommandKind::BOOK || kind == wire::CommandKind::HOLD ||
               kind == wire::CommandKind::EXTEND || kind == wire::CommandKind::MOVE;
    }
    return false;
}

static enum fasti_status civil_read(const wire::CivilReply *reply, struct fasti_civil_answer *civil,
                                    struct fasti_detail *detail) {
    if (reply->kind() > wire::CivilKind::MAX)
        return fasti_codec_wrong_answer("civil.kind", detail);
    civil->utc_s = reply->utc_s();
    civil->offset_s = reply->offset_s();
    civil->kind = static_cast<enum fasti_civil_kind>(reply->kind());
    return FASTI_OK;
}

static enum fasti_status explain_read(const wire::ExplainReply *reply,
                                      struct fasti_explain_answer *explain,
                                      struct fasti_detail *detail) {
    if (!outcome_is_known(reply->verdict()))
        return fasti_codec_wrong_answer("explain.verdict", detail);
    explain->verdict = static_cast<enum fasti_outcome>(reply->verdict());
    explain->duration_minutes = reply->duration_minutes();
    return FASTI_OK;
}

static enum fasti_status body_read(const wire::Reply *reply, struct fasti_answer_space *space,
                                   struct fasti_answer *answer, struct fasti_detail *detail) {
    const bool is_shown = reply->kind() == wire::CommandKind::SHOW &&
                          reply->status() == wire::Status::OK &&
                          reply->outcome() == wire::Outcome::FOUND;
    if (is_shown != (reply->body_type() == ReplyBody::ShowReply) ||
        !body_belongs(reply->body_type(), reply->kind()) ||
        (reply->body_type() != ReplyBody::NONE && reply->body() == nullptr))
        return fasti_codec_wrong_answer("body", detail);
    switch (reply->body_type()) {
    case ReplyBody::AvailabilityReply:
        FASTI_TRY(
            availability_read(reply->body_as_AvailabilityReply(), &space->availability, detail));
        answer->body.availability = &space->availability;
        return FASTI_OK;
    case ReplyBody::ListReply: {
        uint32_t count = 0;
        const wire::ListReply *list = reply->body_as_ListReply();
        FASTI_TRY(
            records_read(list->records(), FASTI_LIST_MAX, space->list.records, &count, detail));
        space->list.count = static_cast<uint16_t>(count);
        space->list.more = list->more();
        space->list.next.v = list->next();
        answer->body.list = &space->list;
        return FASTI_OK;
    }
    case ReplyBody::SearchReply:
    case ReplyBody::NamesReply:
    case ReplyBody::HeatmapReply:
    case ReplyBody::CombineReply: return fasti_codec_read_finding(reply, space, answer, detail);
    case ReplyBody::ShowReply: return show_read(reply->body_as_ShowReply(), space, answer, detail);
    case ReplyBody::DescribeReply:
        FASTI_TRY(describe_read(reply->body_as_DescribeReply(), space, detail));
        answer->body.describe = &space->describe;
        return FASTI_OK;
    case ReplyBody::StatusReply:
        status_read(reply->body_as_StatusReply(), &answer->body.status);
        return FASTI_OK;
    case ReplyBody::ImportReply:
        import_read(reply->body_as_ImportReply(), &answer->body.import);
        return FASTI_OK;
    case ReplyBody::CivilReply:
        return civil_read(reply->body_as_CivilReply(), &answer->body.civil, detail);
    case ReplyBody::ExplainReply:
        return explain_read(reply->body_as_ExplainReply(), &answer->body.explain, detail);
    case ReplyBody::LoadReply:
        answer->body.load.loaded = reply->body_as_LoadReply()->loaded();
        answer->body.load.known = reply->body_as_LoadReply()->known();
        return FASTI_OK;
    case ReplyBody::ExportReply:
        return export_read(reply->body_as_ExportReply(), space, &answer->body.exported, detail);
    case ReplyBody::BookReply:
        return book_read(reply->body_as_BookReply(), answer, &answer->body.book, detail);
    case ReplyBody::NONE: break;
    }
    if (answer->kind == FASTI_COMMAND_BOOK || answer->kind == FASTI_COMMAND_MOVE)
        book_single(answer);
    if (answer->kind == FASTI_COMMAND_DESCRIBE) { /* there is no such record: id 0 */
        std::memset(&space->describe, 0, sizeof space->describe);
        space->describe.openings = space->openings;
        answer->body.describe = &space->describe;
    }
    return FASTI_OK;
}

static bool status_is_known(wire::Status status) {
    return std::strcmp(wire::EnumNameStatus(status), "") != 0;
}

static enum fasti_status answer_read(const wire::Reply *reply, struct fasti_answer_space *space,
                                     struct fasti_answer *answer, struct fasti_detail *detail) {
    if (!status_is_known(reply->status()) || !outcome_is_known(reply->outcome()) ||
        reply->kind() > wire::CommandKind::MAX)
        return fasti_codec_wrong_answer("status, outcome or kind", detail);
    answer->tag = reply->id();
    answer->kind = static_cast<enum fasti_command_kind>(reply->kind());
    answer->status = static_cast<enum fasti_status>(reply->status());
    answer->outcome = static_cast<enum fasti_outcome>(reply->outcome());
    answer->id = reply->entity();
    answer->record.v = reply->record();
    answer->as_of = reply->as_of();
    fasti_codec_read_line(reply->detail(), answer->detail.text, sizeof answer->detail.text);
    return body_read(reply, space, answer, detail);
}

static enum fasti_status hello_read(const wire::HelloReply *reply, struct fasti_hello_reply *hello,
                                    struct fasti_detail *detail) {
    if (!status_is_known(reply->status()))
        return fasti_codec_wrong_answer("hello.status", detail);
    hello->status = static_cast<enum fasti_status>(reply->status());
    fasti_codec_read_line(reply->detail(), hello->detail.text, sizeof hello->detail.text);
    fasti_codec_read_line(reply->server(), hello->server, sizeof hello->server);
    hello->wire_version = reply->wire_version();
    hello->frame_bytes_max = reply->frame_bytes_max();
    hello->answer_bytes_max = reply->answer_bytes_max();
    hello->in_flight_max = reply->in_flight_max();
    hello->batch_max = reply->batch_max();
    const String *magic = reply->magic();
    if (magic == nullptr || magic->size() != 5 || std::memcmp(magic->c_str(), "FASTI", 5) != 0)
        return fasti_codec_wrong_answer("hello.magic", detail);
    return FASTI_OK;
}

enum fasti_status fasti_codec_decode_server(struct fasti_codec *codec, const uint8_t *frame,
                                            size_t size, struct fasti_answer_space *space,
                                            struct fasti_server_frame *decoded,
                                            struct fasti_detail *detail) {
    std::memset(decoded, 0, sizeof *decoded);
    const uint8_t *aligned = fasti_codec_align(codec, frame, size, detail);
    if (aligned == nullptr)
        return FASTI_INVALID_MESSAGE;
    flatbuffers::Verifier verifier = fasti_codec_verifier(aligned, size);
    if (!verifier.VerifySizePrefixedBuffer<wire::ServerFrame>(nullptr))
        return fasti_codec_wrong_answer("its structure", detail);
    const wire::ServerFrame *root = flatbuffers::GetSizePrefixedRoot<wire::ServerFrame>(aligned);
    if (root->message() == nullptr)
        return fasti_codec_wrong_answer("its message", detail);
    if (root->message_type() == wire::ServerMessage::HelloReply) {
        decoded->kind = FASTI_SERVER_HELLO_REPLY;
        return hello_read(root->message_as_HelloReply(), &decoded->hello, detail);
    }
    if (root->message_type() != wire::ServerMessage::Reply)
        return fasti_codec_wrong_answer("its message's kind", detail);
    decoded->kind = FASTI_SERVER_ANSWER;
    return answer_read(root->message_as_Reply(), space, &decoded->answer, detail);
}
