/*
 * desk.c - the handshake, requests in, answers out; see desk.h for the picture.
 */
#include "api/desk.h"

#include <stdlib.h>
#include <string.h>

#include "api/frame.h"

#define COMING_BYTES_MAX 1024 /* of a frame that is read ahead: nothing larger is read twice */

/* ---- life ---- */

struct fasti_desk *fasti_desk_create(struct fasti_engine *engine, uint32_t worker,
                                     const char *zoneinfo_directory) {
    struct fasti_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return NULL;
    desk->engine = engine;
    desk->worker = worker;
    desk->codec = fasti_codec_create(FASTI_FRAME_BYTES_MAX);
    desk->zoneinfo = fasti_zoneinfo_open(zoneinfo_directory);
    desk->connections = calloc(FASTI_DESK_CONNECTIONS_MAX, sizeof *desk->connections);
    if (desk->codec == NULL || desk->zoneinfo == NULL || desk->connections == NULL) {
        fasti_desk_destroy(desk);
        return NULL;
    }
    for (uint32_t i = 0; i < FASTI_DESK_CONNECTIONS_MAX; i++)
        desk->connections[i].index = i;
    for (uint32_t i = FASTI_WORKER_PENDING_MAX; i > 0; i--) {
        desk->slots[i - 1].next = desk->slot_free;
        desk->slot_free = i;
    }
    return desk;
}

void fasti_desk_destroy(struct fasti_desk *desk) {
    if (desk == NULL)
        return;
    fasti_codec_destroy(desk->codec);
    fasti_zoneinfo_close(desk->zoneinfo);
    free(desk->connections);
    free(desk);
}

void fasti_desk_touch(struct fasti_desk *desk, struct fasti_connection *connection) {
    if (connection->is_dirty)
        return;
    connection->is_dirty = true;
    connection->next_dirty = desk->dirty;
    desk->dirty = connection->index + 1;
}

struct fasti_connection *fasti_desk_take_dirty(struct fasti_desk *desk) {
    if (desk->dirty == 0)
        return NULL;
    struct fasti_connection *connection = &desk->connections[desk->dirty - 1];
    desk->dirty = connection->next_dirty;
    connection->is_dirty = false;
    return connection;
}

/* ---- words to the peer ---- */

static void frame_queue(struct fasti_desk *desk, struct fasti_connection *connection,
                        struct fasti_bytes frame) {
    if (connection->state >= FASTI_CONNECTION_LINGERING)
        return;
    connection->active_ms = desk->now_ms;
    if (!fasti_connection_queue(connection, frame.bytes, frame.size))
        connection->state = FASTI_CONNECTION_CLOSED; /* it does not read what it asks for */
    fasti_desk_touch(desk, connection);
}

static void answer_queue(struct fasti_desk *desk, struct fasti_connection *connection, uint64_t id,
                         struct fasti_answer *answer) {
    answer->tag = id;
    frame_queue(desk, connection, fasti_codec_encode_answer(desk->codec, answer));
}

/* An answer of the server's own, without the engine. */
static void status_queue(struct fasti_desk *desk, struct fasti_connection *connection, uint64_t id,
                         enum fasti_command_kind kind, enum fasti_status status,
                         const char *sentence) {
    struct fasti_answer *answer = &desk->answer;
    memset(answer, 0, sizeof *answer);
    answer->kind = kind;
    answer->status = fasti_detail_set(&answer->detail, status, "%s", sentence);
    answer_queue(desk, connection, id, answer);
}

static void hello_queue(struct fasti_desk *desk, struct fasti_connection *connection,
                        enum fasti_status status, uint16_t wire_version, const char *sentence) {
    struct fasti_hello_reply reply = {
        .status = status,
        .wire_version = wire_version,
        .frame_bytes_max = FASTI_FRAME_BYTES_MAX,
        .answer_bytes_max = FASTI_ANSWER_BYTES_MAX,
        .in_flight_max = FASTI_CONNECTION_IN_FLIGHT_MAX,
        .batch_max = FASTI_BATCH_MAX,
        .server = FASTI_VERSION,
    };
    (void)fasti_detail_set(&reply.detail, status, "%s", sentence);
    frame_queue(desk, connection, fasti_codec_encode_hello_reply(desk->codec, &reply));
}

void fasti_desk_refuse(struct fasti_desk *desk, struct fasti_connection *connection,
                       enum fasti_status status, const char *sentence) {
    if (connection->state == FASTI_CONNECTION_HELLO)
        hello_queue(desk, connection, status, 0, sentence);
    else
        status_queue(desk, connection, 0, 0, status, sentence);
    fasti_connection_drain(connection, desk->now_ms + FASTI_TIMEOUT_CLOSE_MS);
    fasti_desk_touch(desk, connection);
}

/* ---- slots ---- */

/* How much longer than a small one the answer may be, when it comes later: lists and payloads that
 * wait for the same write come due all at once. */
static uint32_t answer_reserve(const struct fasti_command *command) {
    if (command->kind == FASTI_COMMAND_LIST && command->body.list.limit <= FASTI_LIST_MAX)
        return command->body.list.limit * FASTI_RECORD_BYTES_WIRE;
    if (command->kind == FASTI_COMMAND_EXPORT)
        return FASTI_EXPORT_BYTES_MAX;
    return command->kind == FASTI_COMMAND_SHOW ? FASTI_RECORD_BYTES_WIRE + FASTI_PAYLOAD_BYTES_MAX +
                                                     FASTI_ITEMS_MAX * FASTI_ITEM_BYTES_WIRE
                                               : 0;
}

static struct fasti_desk_slot *slot_take(struct fasti_desk *desk,
                                         struct fasti_connection *connection, uint64_t id,
                                         const struct fasti_command *command) {
    if (desk->slot_free == 0)
        return NULL;
    struct fasti_desk_slot *slot = &desk->slots[desk->slot_free - 1];
    desk->slot_free = slot->next;
    desk->slot_count++;
    connection->in_flight++;
    *slot = (struct fasti_desk_slot){
        .id = id,
        .connection = connection->index,
        .generation = connection->generation,
        .reserved = answer_reserve(command),
        .step = FASTI_STEP_COMMAND,
    };
    connection->reserved += slot->reserved;
    return slot;
}

/* The slot's connection; NULL when that peer is gone. */
static struct fasti_connection *slot_connection(struct fasti_desk *desk,
                                                const struct fasti_desk_slot *slot) {
    struct fasti_connection *connection = &desk->connections[slot->connection];
    return connection->generation == slot->generation && connection->state != FASTI_CONNECTION_FREE
               ? connection
               : NULL;
}

static void slot_give(struct fasti_desk *desk, struct fasti_desk_slot *slot) {
    struct fasti_connection *connection = slot_connection(desk, slot);
    if (connection != NULL) {
        connection->in_flight--;
        connection->reserved -= slot->reserved;
    }
    slot->next = desk->slot_free;
    desk->slot_free = (uint32_t)(slot - desk->slots) + 1;
    desk->slot_count--;
}

static void slot_submit(struct fasti_desk *desk, struct fasti_desk_slot *slot,
                        const struct fasti_command *command);

/* ---- a location's zone ---- */

/* Ends the zone's steps: the location's own put goes on, or is refused with *answer. */
static void zone_finish(struct fasti_desk *desk, struct fasti_desk_slot *slot,
                        struct fasti_answer *refusal) {
    struct fasti_zone_wait *wait = &desk->waits[slot->wait];
    struct fasti_connection *connection = slot_connection(desk, slot);
    wait->is_used = false;
    slot->step = FASTI_STEP_COMMAND;
    if (connection != NULL) {
        connection->is_waiting_zone = false;
        fasti_desk_touch(desk, connection); /* the loop resumes its input */
    }
    if (refusal == NULL) {
        slot_submit(desk, slot, &wait->command);
        return;
    }
    refusal->kind = FASTI_COMMAND_PUT;
    if (connection != NULL)
        answer_queue(desk, connection, slot->id, refusal);
    slot_give(desk, slot);
}

static void zone_put(struct fasti_desk *desk, struct fasti_desk_slot *slot) {
    const struct fasti_put *location = &desk->waits[slot->wait].command.body.put;
    struct fasti_answer refusal = {.kind = FASTI_COMMAND_PUT};
    const struct fasti_zone *zone = NULL;
    refusal.status =
        fasti_zoneinfo_load(desk->zoneinfo, &location->body.location.zone, &zone, &refusal.detail);
    if (refusal.status != FASTI_OK) {
        zone_finish(desk, slot, &refusal);
        return;
    }
    struct fasti_command command;
    memset(&command, 0, sizeof command);
    command.kind = FASTI_COMMAND_PUT;
    command.organization = desk->waits[slot->wait].command.organization;
    command.import = desk->waits[slot->wait].command.import; /* staged with its location, if so */
    command.body.put.kind = FASTI_ENTITY_ZONE;
    command.body.put.id = location->body.location.zone;
    command.body.put.body.zone = zone;
    slot->step = FASTI_STEP_ZONE_PUT;
    slot_submit(desk, slot, &command);
}

/* One of the zone's steps was answered. */
static void zone_advance(struct fasti_desk *desk, struct fasti_desk_slot *slot,
                         struct fasti_answer *answer) {
    if (answer->status != FASTI_OK) {
        zone_finish(desk, slot, answer);
    } else if (slot->step == FASTI_STEP_ZONE_PUT) {
        const struct fasti_command *location = &desk->waits[slot->wait].command;
        desk->staged_import = location->import;
        desk->staged_zone = location->body.put.body.location.zone;
        zone_finish(desk, slot, fasti_outcome_is_done(answer->outcome) ? NULL : answer);
    } else if (answer->outcome == FASTI_OUTCOME_FOUND) {
        zone_finish(desk, slot, NULL);
    } else {
        zone_put(desk, slot);
    }
}

/* A publication has thousands of locations in one zone: its file is read once. */
static bool zone_is_staged(const struct fasti_desk *desk, const struct fasti_command *command) {
    return command->import != 0 && command->import == desk->staged_import &&
           fasti_id_text_equal(&command->body.put.body.location.zone, &desk->staged_zone);
}

/* Keeps the put of a location until its zone is known; false: no room. */
static bool zone_begin(struct fasti_desk *desk, struct fasti_connection *connection,
                       struct fasti_desk_slot *slot, const struct fasti_command *command) {
    uint8_t at = 0;
    while (at < FASTI_ZONE_WAITS_MAX && desk->waits[at].is_used)
        at++;
    if (at == FASTI_ZONE_WAITS_MAX)
        return false;
    desk->waits[at].is_used = true;
    desk->waits[at].command = *command;
    slot->wait = at;
    slot->step = FASTI_STEP_ZONE_RESOLVE;
    connection->is_waiting_zone = true;
    struct fasti_command resolve;
    memset(&resolve, 0, sizeof resolve);
    resolve.kind = FASTI_COMMAND_RESOLVE;
    resolve.import = command->import; /* its import may have brought the zone */
    resolve.body.resolve.kind = FASTI_ENTITY_ZONE;
    resolve.body.resolve.id = command->body.put.body.location.zone;
    slot_submit(desk, slot, &resolve);
    return true;
}

/* ---- answers ---- */

static void slot_answer(struct fasti_desk *desk, struct fasti_desk_slot *slot,
                        struct fasti_answer *answer) {
    if (slot->step != FASTI_STEP_COMMAND) {
        zone_advance(desk, slot, answer);
        return;
    }
    struct fasti_connection *connection = slot_connection(desk, slot);
    if (connection != NULL)
        answer_queue(desk, connection, slot->id, answer);
    slot_give(desk, slot);
}

static void slot_submit(struct fasti_desk *desk, struct fasti_desk_slot *slot,
                        const struct fasti_command *command) {
    struct fasti_answer *answer = &desk->answer;
    if (fasti_engine_submit(desk->engine, desk->worker, command, (uint64_t)(slot - desk->slots),
                            answer))
        slot_answer(desk, slot, answer);
}

void fasti_desk_poll(struct fasti_desk *desk) {
    uint32_t count;
    do {
        count =
            fasti_engine_poll(desk->engine, desk->worker, desk->answers, FASTI_POLL_ANSWERS_MAX);
        for (uint32_t i = 0; i < count; i++) {
            FASTI_ASSERT(desk->answers[i].tag < FASTI_WORKER_PENDING_MAX);
            slot_answer(desk, &desk->slots[desk->answers[i].tag], &desk->answers[i]);
        }
    } while (count == FASTI_POLL_ANSWERS_MAX);
}

/* ---- requests ---- */

static void request_take(struct fasti_desk *desk, struct fasti_connection *connection, uint64_t id,
                         const struct fasti_command *command) {
    if (connection->in_flight >= FASTI_CONNECTION_IN_FLIGHT_MAX) {
        status_queue(desk, connection, id, command->kind, FASTI_BUSY,
                     "too many requests are on their way on this connection");
        return;
    }
    struct fasti_desk_slot *slot = slot_take(desk, connection, id, command);
    if (slot == NULL) {
        status_queue(desk, connection, id, command->kind, FASTI_BUSY,
                     fasti_status_text(FASTI_BUSY));
        return;
    }
    if (command->kind != FASTI_COMMAND_PUT || command->body.put.kind != FASTI_ENTITY_LOCATION ||
        zone_is_staged(desk, command)) {
        slot_submit(desk, slot, command);
        return;
    }
    if (!zone_begin(desk, connection, slot, command)) {
        slot_give(desk, slot);
        status_queue(desk, connection, id, command->kind, FASTI_BUSY,
                     "too many locations wait for their time zone");
    }
}

static void hello_take(struct fasti_desk *desk, struct fasti_connection *connection,
                       const struct fasti_hello *hello) {
    struct fasti_detail detail = {{0}};
    uint16_t version = 0;
    const enum fasti_status status = fasti_hello_choose(hello, &version, &detail);
    if (status != FASTI_OK) {
        fasti_desk_refuse(desk, connection, status, detail.text);
        return;
    }
    /* The authenticate step of TLS and rights comes here: it fills the scope or refuses. */
    connection->scope.is_everything = true;
    connection->state = FASTI_CONNECTION_OPEN;
    hello_queue(desk, connection, FASTI_OK, version, "");
}

/* Are commands of this kind read ahead? */
static bool is_read_ahead(const struct fasti_command *command) {
    return command->kind == FASTI_COMMAND_AVAILABILITY || command->kind == FASTI_COMMAND_BOOK;
}

/* Takes the requests of one frame from request_index on; false: blocked before the last one. */
static bool requests_take(struct fasti_desk *desk, struct fasti_connection *connection,
                          uint32_t count) {
    desk->was_ahead = false;
    while (connection->request_index < count) {
        if (!fasti_connection_is_live(connection))
            return true;
        if (fasti_connection_is_blocked(connection))
            return false;
        uint64_t id = 0;
        struct fasti_detail detail = {{0}};
        const enum fasti_status status = fasti_codec_decode_request(
            desk->codec, connection->request_index, &id, &desk->command, &detail);
        connection->request_index++;
        desk->was_ahead = status == FASTI_OK && is_read_ahead(&desk->command);
        if (status == FASTI_OK)
            request_take(desk, connection, id, &desk->command);
        else
            status_queue(desk, connection, id, desk->command.kind, status, detail.text);
    }
    connection->request_index = 0;
    return true;
}

/* One whole frame; false: some of its requests must wait. */
static bool frame_take(struct fasti_desk *desk, struct fasti_connection *connection,
                       const uint8_t *frame, size_t size) {
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    const enum fasti_status status =
        fasti_codec_open_client(desk->codec, frame, size, &opened, &detail);
    connection->active_ms = desk->now_ms;
    if (connection->state == FASTI_CONNECTION_HELLO) {
        if (status != FASTI_OK)
            fasti_desk_refuse(desk, connection, status, detail.text);
        else if (opened.kind != FASTI_CLIENT_HELLO)
            fasti_desk_refuse(desk, connection, FASTI_INVALID_MESSAGE,
                              "the first message of a connection is a Hello");
        else
            hello_take(desk, connection, &opened.hello);
        return true;
    }
    if (status != FASTI_OK) {
        status_queue(desk, connection, 0, 0, status, detail.text);
        return true;
    }
    if (opened.kind == FASTI_CLIENT_HELLO) {
        status_queue(desk, connection, 0, 0, FASTI_INVALID_MESSAGE, "a second Hello is ignored");
        return true;
    }
    return requests_take(desk, connection, opened.request_count);
}

/* Is the frame one command whose kind is read ahead? Then it is kept, decoded. Its texts stay in
 * the frame, so it must lie where the codec reads it in place. */
static bool ahead_keep(struct fasti_desk *desk, const uint8_t *frame, size_t size,
                       struct fasti_desk_ahead *ahead) {
    struct fasti_client_frame opened;
    struct fasti_detail detail;
    return (uintptr_t)frame % FASTI_FRAME_ALIGN_BYTES == 0 &&
           fasti_codec_open_client(desk->codec, frame, size, &opened, &detail) == FASTI_OK &&
           opened.kind != FASTI_CLIENT_HELLO && opened.request_count == 1 &&
           fasti_codec_decode_request(desk->codec, 0, &ahead->id, &ahead->command, &detail) ==
               FASTI_OK &&
           is_read_ahead(&ahead->command);
}

/* What the command will touch; of a booking its first row. */
static struct fasti_coming coming_of(const struct fasti_command *command) {
    const struct fasti_availability_query *query = &command->body.availability;
    const struct fasti_book_item *item = &command->body.book.items[0];
    if (command->kind == FASTI_COMMAND_BOOK)
        return (struct fasti_coming){.schedule = item->schedule,
                                     .service = item->service,
                                     .first = {(int32_t)(item->start_utc_s / FASTI_DAY_SECONDS)},
                                     .day_count = 1, /* of a place not far from UTC */
                                     .organization = command->organization,
                                     .request = command->request};
    return (struct fasti_coming){
        .schedule = query->schedule_count == 0 ? (fasti_schedule_id){0} : query->schedules[0],
        .service = query->service_count == 0 ? (fasti_service_id){0} : query->services[0],
        .first = query->first,
        .day_count = query->day_count};
}

/* Reads the commands that come next in bytes, and tells the engine of them, so that memory for all
 * of them is on its way before the first is answered. Nothing where one comes alone. */
static void ahead_read(struct fasti_desk *desk, const uint8_t *bytes, size_t size) {
    struct fasti_coming coming[FASTI_COMING_MAX];
    size_t at = 0, frame_size = 0;
    desk->ahead_count = desk->ahead_at = 0;
    while (desk->ahead_count < FASTI_COMING_MAX) {
        struct fasti_desk_ahead *ahead = &desk->ahead[desk->ahead_count];
        struct fasti_detail detail;
        if (fasti_frame_next(bytes + at, size - at, FASTI_FRAME_BYTES_MAX, &frame_size, &detail) !=
                FASTI_FRAME_COMPLETE ||
            (at == 0 && frame_size == size) || frame_size > COMING_BYTES_MAX ||
            !ahead_keep(desk, bytes + at, frame_size, ahead))
            break;
        ahead->bytes = frame_size;
        coming[desk->ahead_count++] = coming_of(&ahead->command);
        at += frame_size;
    }
    if (desk->ahead_count > 1)
        fasti_engine_prefetch(desk->engine, desk->worker, coming, desk->ahead_count);
}

/* The bytes begin with the next of the commands that were read: it is taken; 0: none is left. */
static size_t ahead_take(struct fasti_desk *desk, struct fasti_connection *connection) {
    if (desk->ahead_at == desk->ahead_count)
        return 0;
    struct fasti_desk_ahead *ahead = &desk->ahead[desk->ahead_at++];
    connection->active_ms = desk->now_ms;
    connection->frame_ms = 0;
    request_take(desk, connection, ahead->id, &ahead->command);
    return ahead->bytes;
}

/* Takes frames from the front of bytes; returns how many bytes are done with. */
static size_t frames_take(struct fasti_desk *desk, struct fasti_connection *connection,
                          const uint8_t *bytes, size_t size) {
    size_t at = 0;
    desk->ahead_count = desk->ahead_at = 0;
    while (at < size && fasti_connection_is_live(connection) &&
           !fasti_connection_is_blocked(connection)) {
        if (desk->ahead_at == desk->ahead_count && desk->was_ahead &&
            connection->state == FASTI_CONNECTION_OPEN)
            ahead_read(desk, bytes + at, size - at);
        size_t frame_size = ahead_take(desk, connection);
        at += frame_size;
        if (frame_size > 0)
            continue;
        struct fasti_detail detail = {{0}};
        const enum fasti_frame_result result =
            fasti_frame_next(bytes + at, size - at, FASTI_FRAME_BYTES_MAX, &frame_size, &detail);
        if (result == FASTI_FRAME_INVALID) {
            fasti_desk_refuse(desk, connection, FASTI_INVALID_FRAME, detail.text);
            return size;
        }
        if (result == FASTI_FRAME_PARTIAL) {
            if (connection->frame_ms == 0)
                connection->frame_ms = desk->now_ms;
            return at;
        }
        if (!frame_take(desk, connection, bytes + at, frame_size))
            return at;
        at += frame_size;
        connection->frame_ms = 0;
    }
    return fasti_connection_is_live(connection) ? at : size;
}

/* ---- input ---- */

static bool is_large(const struct fasti_buffer *buffer) {
    return buffer->capacity > FASTI_BUFFER_KEEP_BYTES;
}

static void input_trim(struct fasti_desk *desk, struct fasti_connection *connection) {
    const bool was_large = is_large(&connection->input);
    fasti_buffer_trim(&connection->input, FASTI_BUFFER_KEEP_BYTES);
    if (was_large && !is_large(&connection->input))
        desk->large_input_count--;
}

/* May one more connection keep much? Active ones hold on to room that is empty just now, so that
 * they need not allocate it again: it is theirs only while nobody else needs it. */
static bool has_large_room(struct fasti_desk *desk) {
    for (uint32_t i = 0;
         i < FASTI_DESK_CONNECTIONS_MAX && desk->large_input_count >= FASTI_LARGE_INPUTS_MAX; i++)
        input_trim(desk, &desk->connections[i]);
    return desk->large_input_count < FASTI_LARGE_INPUTS_MAX;
}

/* Keeps bytes for later; a worker has only so many connections with much to keep. */
static bool input_keep(struct fasti_desk *desk, struct fasti_connection *connection,
                       const uint8_t *bytes, size_t size) {
    const bool was_large = is_large(&connection->input);
    if (!was_large && fasti_buffer_size(&connection->input) + size > FASTI_BUFFER_KEEP_BYTES &&
        !has_large_room(desk))
        return false;
    if (!fasti_buffer_append(&connection->input, bytes, size, FASTI_CONNECTION_INPUT_MAX))
        return false;
    if (!was_large && is_large(&connection->input))
        desk->large_input_count++;
    return true;
}

void fasti_desk_resume(struct fasti_desk *desk, struct fasti_connection *connection) {
    struct fasti_buffer *input = &connection->input;
    const size_t size = fasti_buffer_size(input);
    if (size > 0 && fasti_connection_is_live(connection)) {
        const size_t done = frames_take(desk, connection, input->bytes + input->begin, size);
        if (fasti_connection_is_live(connection))
            fasti_buffer_consume(input, done);
    }
}

void fasti_desk_trim(struct fasti_desk *desk, struct fasti_connection *connection) {
    input_trim(desk, connection);
    fasti_buffer_trim(&connection->outputs[0], FASTI_BUFFER_KEEP_BYTES);
    fasti_buffer_trim(&connection->outputs[1], FASTI_BUFFER_KEEP_BYTES);
}

void fasti_desk_receive(struct fasti_desk *desk, struct fasti_connection *connection,
                        const uint8_t *bytes, size_t size) {
    if (!fasti_connection_is_live(connection))
        return;
    size_t done = 0;
    if (fasti_buffer_size(&connection->input) == 0)
        done = frames_take(desk, connection, bytes, size);
    if (done < size && fasti_connection_is_live(connection)) {
        const bool is_waiting = fasti_buffer_size(&connection->input) > 0;
        if (!input_keep(desk, connection, bytes + done, size - done)) {
            fasti_desk_refuse(desk, connection, FASTI_BUSY,
                              "the server holds too many large messages that are not complete");
            return;
        }
        if (is_waiting)
            fasti_desk_resume(desk, connection);
    }
    fasti_desk_touch(desk, connection);
}

void fasti_desk_end(struct fasti_desk *desk, struct fasti_connection *connection) {
    connection->is_ended = true;
    if (connection->state == FASTI_CONNECTION_LINGERING)
        connection->state = FASTI_CONNECTION_CLOSED;
    else if (!fasti_connection_is_blocked(connection))
        fasti_connection_drain(connection, desk->now_ms + FASTI_TIMEOUT_SEND_MS);
    fasti_desk_touch(desk, connection);
}

void fasti_desk_forget(struct fasti_desk *desk, struct fasti_connection *connection) {
    FASTI_ASSERT(connection->state == FASTI_CONNECTION_CLOSED);
    if (is_large(&connection->input))
        desk->large_input_count--;
    fasti_connection_deinit(connection);
}
