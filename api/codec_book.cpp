/*
 * codec_book.cpp - commands that take, hold and move time: rows and whom they are for.
 *
 * Rows are columns, one row the time of one schedule. Texts and payloads are not copied: they stay
 * in the frame, which lives until the command is submitted.
 */
#include "api/codec_wire.h"

#include <cstring>

using wire::RequestBody;

/* ---- reading ---- */

static enum fasti_status missing(const char *field, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s: it is missing", field);
}

static enum fasti_status book_rows_read(const wire::Book *book, struct fasti_book *body,
                                        struct fasti_detail *detail) {
    const uint32_t rows = fasti_column_size(book->schedules());
    if (rows == 0)
        return missing("book.schedules", detail);
    if (rows > FASTI_ITEMS_MAX || fasti_column_size(book->services()) != rows ||
        fasti_column_size(book->starts_utc_s()) != rows ||
        !fasti_column_fits(book->starts_utc_s(), rows) ||
        !fasti_column_fits(book->appointments(), rows) ||
        !fasti_column_fits(book->alternatives(), rows))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "book: %u schedules, %u services and %u starts; one of each a row, "
                                "1 to %d rows",
                                rows, fasti_column_size(book->services()),
                                fasti_column_size(book->starts_utc_s()), FASTI_ITEMS_MAX);
    body->item_count = static_cast<uint8_t>(rows);
    body->is_fair = book->fair();
    for (uint32_t i = 0; i < rows; i++) {
        struct fasti_book_item *item = &body->items[i];
        item->schedule.v = book->schedules()->Get(i);
        item->service.v = book->services()->Get(i);
        item->appointment = fasti_column_get<uint8_t>(book->appointments(), i, 0);
        item->is_alternative = fasti_column_get<uint8_t>(book->alternatives(), i, 0) != 0;
        FASTI_TRY(fasti_codec_read_instant(book->starts_utc_s()->Get(i), "book.starts_utc_s",
                                           &item->start_utc_s, detail));
    }
    return FASTI_OK;
}

/* Of each appointment, whose count is known by now; absent: nothing is known. */
static enum fasti_status facts_read(const wire::Book *book, struct fasti_book *body,
                                    struct fasti_detail *detail) {
    const uint32_t count = book->facts() == nullptr ? 0 : book->facts()->size();
    if (count != 0 && (count != body->appointment_count || count > FASTI_ITEMS_MAX))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "book.facts: %u of them for %u appointments", count,
                                static_cast<unsigned>(body->appointment_count));
    for (uint32_t i = 0; i < body->appointment_count && i < FASTI_ITEMS_MAX; i++)
        FASTI_TRY(fasti_codec_read_facts(count == 0 ? nullptr : book->facts()->Get(i),
                                         &body->appointments[i].facts, detail));
    return FASTI_OK;
}

static enum fasti_status patient_borrow(const String *text,
                                        struct fasti_book_appointment *appointment,
                                        struct fasti_detail *detail) {
    char unused[FASTI_PATIENT_BYTES_MAX];
    FASTI_TRY(fasti_codec_read_patient(text, false, &appointment->patient_length, unused, detail));
    appointment->patient = text->c_str();
    return FASTI_OK;
}

static enum fasti_status payload_range(uint32_t bytes, struct fasti_detail *detail) {
    return bytes <= FASTI_PAYLOAD_BYTES_MAX
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_RANGE, "book.payload: %u bytes, at most %d",
                                  bytes, FASTI_PAYLOAD_BYTES_MAX);
}

/* For whom `count` appointments are: a Book's or a Confirm's columns. Texts and payloads stay in
 * the frame, which lives until the command is submitted. */
template <typename T>
static enum fasti_status appointments_read(const T *table, uint32_t count,
                                           struct fasti_book_appointment *appointments,
                                           struct fasti_detail *detail) {
    if (count > FASTI_ITEMS_MAX || fasti_column_size(table->patients()) != count ||
        !fasti_column_fits(table->payload_lengths(), count))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "patients: %u of them for %u appointments, at most %d, each with a "
                                "payload's length or none",
                                fasti_column_size(table->patients()), count, FASTI_ITEMS_MAX);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_book_appointment *appointment = &appointments[i];
        const uint32_t payload = fasti_column_get<uint32_t>(table->payload_lengths(), i, 0u);
        FASTI_TRY(patient_borrow(table->patients()->Get(i), appointment, detail));
        FASTI_TRY(payload_range(payload, detail));
        if (payload > fasti_column_size(table->payloads()) - at)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "payloads: shorter than its lengths say");
        appointment->payload = payload > 0 ? table->payloads()->data() + at : nullptr;
        appointment->payload_length = static_cast<uint16_t>(payload);
        at += payload;
    }
    return at == fasti_column_size(table->payloads())
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                  "payloads: longer than its lengths say");
}

static enum fasti_status book_read(const wire::Book *book, struct fasti_book *body,
                                   struct fasti_detail *detail) {
    FASTI_TRY(book_rows_read(book, body, detail));
    body->is_request = book->request();
    const uint32_t count = fasti_column_size(book->patients());
    body->appointment_count = static_cast<uint8_t>(count <= FASTI_ITEMS_MAX ? count : 0);
    if (count > 0) {
        FASTI_TRY(appointments_read(book, count, body->appointments, detail));
        return facts_read(book, body, detail);
    }
    const uint32_t payload = fasti_column_size(book->payload());
    body->appointment_count = 1;
    FASTI_TRY(facts_read(book, body, detail));
    FASTI_TRY(patient_borrow(book->patient(), &body->appointments[0], detail));
    FASTI_TRY(payload_range(payload, detail));
    body->appointments[0].payload = payload > 0 ? book->payload()->data() : nullptr;
    body->appointments[0].payload_length = static_cast<uint16_t>(payload);
    return FASTI_OK;
}

/* Rows without patients: their appointments are counted. */
static enum fasti_status rows_read(const wire::Book *rows, const char *field,
                                   struct fasti_book *body, struct fasti_detail *detail) {
    if (rows == nullptr)
        return missing(field, detail);
    FASTI_TRY(book_rows_read(rows, body, detail));
    body->is_request = false;
    const uint32_t last = body->items[body->item_count - 1].appointment;
    body->appointment_count = static_cast<uint8_t>(last < FASTI_ITEMS_MAX ? last + 1 : 0);
    return facts_read(rows, body, detail);
}

static enum fasti_status hold_read(const wire::Hold *hold, struct fasti_hold *body,
                                   struct fasti_detail *detail) {
    body->seconds = hold->seconds();
    body->replaces.v = hold->replaces();
    body->token = {hold->token_low(), hold->token_high()};
    return rows_read(hold->rows(), "hold.rows", &body->book, detail);
}

static enum fasti_status move_read(const wire::Move *move, struct fasti_move *body,
                                   struct fasti_detail *detail) {
    body->record.v = move->record();
    return rows_read(move->rows(), "move.rows", &body->book, detail);
}

/* What Confirm, Extend and Release have in common. */
template <typename T>
static enum fasti_status held_read(const T *table, struct fasti_held *body,
                                   struct fasti_detail *detail) {
    const uint32_t count = fasti_column_size(table->records());
    if (count < 1 || count > FASTI_ITEMS_MAX || !fasti_column_fits(table->records(), count))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "records: %u holds, not 1 to %d",
                                count, FASTI_ITEMS_MAX);
    body->token = {table->token_low(), table->token_high()};
    body->seconds = 0;
    body->is_request = false;
    body->count = static_cast<uint8_t>(count);
    for (uint32_t i = 0; i < count; i++)
        body->records[i].v = table->records()->Get(i);
    return FASTI_OK;
}

static enum fasti_status confirm_read(const wire::Confirm *confirm, struct fasti_held *body,
                                      struct fasti_detail *detail) {
    FASTI_TRY(held_read(confirm, body, detail));
    body->is_request = confirm->request();
    return appointments_read(confirm, body->count, body->appointments, detail);
}

enum fasti_status fasti_codec_read_booking(const wire::Request *request,
                                           struct fasti_command *command,
                                           struct fasti_detail *detail) {
    switch (request->body_type()) {
    case RequestBody::Book: return book_read(request->body_as_Book(), &command->body.book, detail);
    case RequestBody::Hold: return hold_read(request->body_as_Hold(), &command->body.hold, detail);
    case RequestBody::Confirm:
        return confirm_read(request->body_as_Confirm(), &command->body.held, detail);
    case RequestBody::Extend:
        FASTI_TRY(held_read(request->body_as_Extend(), &command->body.held, detail));
        command->body.held.seconds = request->body_as_Extend()->seconds();
        return FASTI_OK;
    case RequestBody::Release:
        return held_read(request->body_as_Release(), &command->body.held, detail);
    case RequestBody::Move: return move_read(request->body_as_Move(), &command->body.move, detail);
    case RequestBody::Mark:
        command->body.mark.record.v = request->body_as_Mark()->record();
        command->body.mark.state = static_cast<uint8_t>(request->body_as_Mark()->state());
        command->body.mark.reason = request->body_as_Mark()->reason();
        return FASTI_OK;
    default: return FASTI_INVALID_COMMAND; /* the caller chose */
    }
}

/* ---- writing ---- */

/* Several appointments' patients and payloads. */
struct appointment_columns {
    Offset<Vector<Offset<String>>> patients;
    Offset<Vector<uint8_t>> payloads;
    Offset<Vector<uint16_t>> lengths;
};

static bool appointments_fit(const struct fasti_book_appointment *appointments, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (appointments[i].patient_length > FASTI_PATIENT_BYTES_MAX ||
            appointments[i].payload_length > FASTI_PAYLOAD_BYTES_MAX)
            return false;
    return count >= 1 && count <= FASTI_ITEMS_MAX;
}

static struct appointment_columns
appointments_write(struct fasti_codec *codec, const struct fasti_book_appointment *appointments,
                   uint32_t count) {
    FlatBufferBuilder &b = codec->builder;
    struct appointment_columns columns;
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        codec->strings[i] = b.CreateString(appointments[i].patient, appointments[i].patient_length);
        bytes += appointments[i].payload_length;
    }
    columns.patients = b.CreateVector(codec->strings, size_t{count});
    if (bytes > 0) {
        uint8_t *to = nullptr;
        columns.payloads = b.CreateUninitializedVector<uint8_t>(bytes, &to);
        for (uint32_t i = 0; i < count; i++) {
            if (appointments[i].payload_length > 0)
                std::memcpy(to, appointments[i].payload, appointments[i].payload_length);
            to += appointments[i].payload_length;
        }
    }
    columns.lengths = fasti_column_write<uint16_t>(
        b, count, 0, [&](uint32_t i) { return appointments[i].payload_length; });
    return columns;
}

/* Each appointment's facts; none when nothing is known of any. */
static Offset<Vector<const wire::Facts *>> facts_write(FlatBufferBuilder &b,
                                                       const struct fasti_book *book) {
    wire::Facts facts[FASTI_ITEMS_MAX];
    bool is_needed = false;
    const uint32_t count = book->appointment_count <= FASTI_ITEMS_MAX ? book->appointment_count : 0;
    for (uint32_t i = 0; i < count; i++) {
        facts[i] = fasti_codec_write_facts(&book->appointments[i].facts);
        is_needed = is_needed || fasti_codec_has_facts(&book->appointments[i].facts);
    }
    return is_needed ? b.CreateVectorOfStructs(facts, count)
                     : Offset<Vector<const wire::Facts *>>();
}

/* The rows' columns, in the order of the table's first fields. */
struct row_columns {
    Offset<Vector<uint32_t>> schedules, services;
    Offset<Vector<int64_t>> starts;
    Offset<Vector<uint8_t>> appointments, alternatives;
};

static struct row_columns rows_columns(FlatBufferBuilder &b, const struct fasti_book *book) {
    const uint32_t rows = book->item_count;
    struct row_columns columns;
    uint32_t *schedules = nullptr, *services = nullptr;
    int64_t *starts = nullptr;
    columns.schedules = b.CreateUninitializedVector(rows, &schedules);
    for (uint32_t i = 0; i < rows; i++)
        schedules[i] = book->items[i].schedule.v;
    columns.services = b.CreateUninitializedVector(rows, &services);
    for (uint32_t i = 0; i < rows; i++)
        services[i] = book->items[i].service.v;
    columns.starts = b.CreateUninitializedVector(rows, &starts);
    for (uint32_t i = 0; i < rows; i++)
        starts[i] = book->items[i].start_utc_s;
    columns.appointments = fasti_column_write<uint8_t>(
        b, rows, 0, [&](uint32_t i) { return book->items[i].appointment; });
    columns.alternatives = fasti_column_write<uint8_t>(
        b, rows, 0, [&](uint32_t i) { return book->items[i].is_alternative; });
    return columns;
}

static enum fasti_status book_write(struct fasti_codec *codec, const struct fasti_book *book,
                                    Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    if (book->item_count < 1 || book->item_count > FASTI_ITEMS_MAX ||
        !appointments_fit(book->appointments, book->appointment_count))
        return FASTI_INVALID_RANGE;
    const struct row_columns rows = rows_columns(b, book);
    const bool is_single = book->appointment_count == 1;
    const struct fasti_book_appointment *first = &book->appointments[0];
    const auto patient =
        fasti_codec_write_text(b, first->patient, is_single ? first->patient_length : 0);
    const auto payload =
        fasti_column_copy(b, first->payload, is_single ? first->payload_length : 0);
    const struct appointment_columns columns =
        is_single ? appointment_columns()
                  : appointments_write(codec, book->appointments, book->appointment_count);
    const auto facts = facts_write(b, book);
    *body = wire::CreateBook(b, rows.schedules, rows.services, rows.starts, patient, payload,
                             rows.appointments, rows.alternatives, book->is_fair, columns.patients,
                             columns.payloads, columns.lengths, book->is_request, facts)
                .Union();
    return FASTI_OK;
}

static enum fasti_status rows_write(FlatBufferBuilder &b, const struct fasti_book *book,
                                    Offset<wire::Book> *written) {
    if (book->item_count < 1 || book->item_count > FASTI_ITEMS_MAX)
        return FASTI_INVALID_RANGE;
    const struct row_columns rows = rows_columns(b, book);
    const auto facts = facts_write(b, book);
    wire::BookBuilder builder(b);
    builder.add_schedules(rows.schedules);
    builder.add_services(rows.services);
    builder.add_starts_utc_s(rows.starts);
    builder.add_appointments(rows.appointments);
    builder.add_alternatives(rows.alternatives);
    builder.add_fair(book->is_fair);
    builder.add_facts(facts);
    *written = builder.Finish();
    return FASTI_OK;
}

static enum fasti_status hold_write(FlatBufferBuilder &b, const struct fasti_hold *hold,
                                    Offset<void> *body) {
    Offset<wire::Book> rows;
    FASTI_TRY(rows_write(b, &hold->book, &rows));
    *body = wire::CreateHold(b, hold->seconds, hold->replaces.v, hold->token.low, hold->token.high,
                             rows)
                .Union();
    return FASTI_OK;
}

static enum fasti_status move_write(FlatBufferBuilder &b, const struct fasti_move *move,
                                    Offset<void> *body) {
    Offset<wire::Book> rows;
    FASTI_TRY(rows_write(b, &move->book, &rows));
    *body = wire::CreateMove(b, move->record.v, rows).Union();
    return FASTI_OK;
}

/* Confirm, Extend, Release. */
static enum fasti_status held_write(struct fasti_codec *codec, enum fasti_command_kind kind,
                                    const struct fasti_held *held, Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    if (held->count < 1 || held->count > FASTI_ITEMS_MAX)
        return FASTI_INVALID_RANGE;
    uint64_t *numbers = nullptr;
    const auto records = b.CreateUninitializedVector(held->count, &numbers);
    for (uint32_t i = 0; i < held->count; i++)
        numbers[i] = held->records[i].v;
    const uint64_t low = held->token.low, high = held->token.high;
    if (kind == FASTI_COMMAND_EXTEND) {
        *body = wire::CreateExtend(b, low, high, records, held->seconds).Union();
    } else if (kind == FASTI_COMMAND_RELEASE) {
        *body = wire::CreateRelease(b, low, high, records).Union();
    } else {
        if (!appointments_fit(held->appointments, held->count))
            return FASTI_INVALID_RANGE;
        const struct appointment_columns columns =
            appointments_write(codec, held->appointments, held->count);
        *body = wire::CreateConfirm(b, low, high, records, columns.patients, columns.payloads,
                                    columns.lengths, held->is_request)
                    .Union();
    }
    return FASTI_OK;
}

enum fasti_status fasti_codec_write_booking(struct fasti_codec *codec,
                                            const struct fasti_command *command, RequestBody *type,
                                            Offset<void> *body) {
    FlatBufferBuilder &b = codec->builder;
    if (command->kind == FASTI_COMMAND_BOOK) {
        *type = RequestBody::Book;
        return book_write(codec, &command->body.book, body);
    }
    if (command->kind == FASTI_COMMAND_HOLD) {
        *type = RequestBody::Hold;
        return hold_write(b, &command->body.hold, body);
    }
    if (command->kind == FASTI_COMMAND_MOVE) {
        *type = RequestBody::Move;
        return move_write(b, &command->body.move, body);
    }
    if (command->kind == FASTI_COMMAND_MARK) {
        const struct fasti_mark *mark = &command->body.mark;
        *type = RequestBody::Mark;
        *body = wire::CreateMark(b, mark->record.v, static_cast<wire::RecordState>(mark->state),
                                 mark->reason)
                    .Union();
        return FASTI_OK;
    }
    *type = command->kind == FASTI_COMMAND_EXTEND    ? RequestBody::Extend
            : command->kind == FASTI_COMMAND_RELEASE ? RequestBody::Release
                                                     : RequestBody::Confirm;
    return held_write(codec, command->kind, &command->body.held, body);
}
