/*
 * bench_connection.c - one connection's closed loop: keep `depth` commands on their way.
 *
 *   prepare (connect, collect free starts) -> refill, take, refill, take ... -> finish (cancel)
 *
 * A booking takes a start from a shuffled stock that availability answers gave before the clock
 * started; no two starts of the stock overlap, and each connection has its own schedules, so the
 * run itself makes no conflicts. When the stock is empty the oldest own booking is cancelled and
 * its start is free again: a run never ends for want of starts. Latency counts from the encoding
 * of a command to the decoding of its answer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

struct fasti_bench_flight {
    enum fasti_bench_operation operation;
    int64_t sent_ns;
    struct fasti_bench_booking booking; /* BOOK: the start; CANCEL: the record too */
};

/* ---- the stock of free starts ---- */

static enum fasti_status call(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    FASTI_TRY(fasti_client_call(c->client, c->command, answer));
    if (answer->status != FASTI_OK)
        c->detail = answer->detail;
    return answer->status;
}

static void fill_availability(struct fasti_bench_connection *c, struct fasti_bench_pair pair,
                              fasti_date first, uint32_t days) {
    c->command->kind = FASTI_COMMAND_AVAILABILITY;
    struct fasti_availability_query *query = &c->command->body.availability;
    query->service = pair.service;
    query->facts = (struct fasti_facts){0};
    query->first = first;
    query->day_count = (uint16_t)days;
    query->schedule_count = 1;
    query->schedules[0] = pair.schedule;
}

/* Adds an answer's starts, without those that overlap the one before. */
static void stock_add(struct fasti_bench_connection *c, struct fasti_bench_pair pair,
                      const struct fasti_availability_answer *answer) {
    int64_t free_from_s = INT64_MIN;
    for (uint32_t i = 0; i < answer->total && c->start_count < FASTI_BENCH_STARTS_MAX; i++) {
        const int64_t utc_s = answer->base_utc_s + answer->starts[i];
        if (utc_s < free_from_s)
            continue;
        free_from_s = utc_s + (int64_t)answer->lengths_minutes[i] * 60;
        c->starts[c->start_count++] = (struct fasti_bench_start){pair, utc_s};
    }
}

static void stock_shuffle(struct fasti_bench_connection *c) {
    for (uint32_t i = c->start_count; i > 1; i--) {
        const uint64_t other = fasti_prng_below(&c->prng, i);
        const struct fasti_bench_start start = c->starts[i - 1];
        c->starts[i - 1] = c->starts[other];
        c->starts[other] = start;
    }
}

/* One random service of each of this connection's schedules, from tomorrow on. */
static enum fasti_status stock_collect(struct fasti_bench_connection *c,
                                       struct fasti_answer *answer) {
    const struct fasti_bench_world *world = c->world;
    uint32_t schedule_number = 0;
    for (uint32_t i = 0, next; i < world->pair_count; i = next, schedule_number++) {
        for (next = i + 1; next < world->pair_count &&
                           world->pairs[next].schedule.v == world->pairs[i].schedule.v;)
            next++;
        if (schedule_number % c->connection_count != c->index ||
            c->start_count == FASTI_BENCH_STARTS_MAX)
            continue;
        const struct fasti_bench_pair pair = world->pairs[i + fasti_prng_below(&c->prng, next - i)];
        fill_availability(c, pair, (fasti_date){world->today.v + 1}, FASTI_QUERY_DAYS_MAX);
        FASTI_TRY(call(c, answer));
        stock_add(c, pair, answer->body.availability);
    }
    stock_shuffle(c);
    return FASTI_OK;
}

/* ---- commands ---- */

static void fill_book(struct fasti_bench_connection *c, const struct fasti_bench_start *start) {
    c->command->kind = FASTI_COMMAND_BOOK;
    struct fasti_book *book = &c->command->body.book;
    book->appointment_count = book->item_count = 1;
    book->items[0] = (struct fasti_book_item){.schedule = start->pair.schedule,
                                              .service = start->pair.service,
                                              .start_utc_s = start->utc_s};
    const int length = snprintf(c->patient, sizeof c->patient, "bench-%016llx",
                                (unsigned long long)fasti_prng_next(&c->prng));
    book->appointments[0] =
        (struct fasti_book_appointment){.patient = c->patient, .patient_length = (uint8_t)length};
}

static void fill_hold(struct fasti_bench_connection *c, const struct fasti_bench_start *start) {
    c->command->kind = FASTI_COMMAND_HOLD;
    struct fasti_hold *hold = &c->command->body.hold;
    hold->seconds = 0;
    hold->replaces.v = 0;
    hold->book.appointment_count = hold->book.item_count = 1;
    hold->book.is_fair = hold->book.is_request = false;
    hold->book.items[0] = (struct fasti_book_item){.schedule = start->pair.schedule,
                                                   .service = start->pair.service,
                                                   .start_utc_s = start->utc_s};
    hold->book.appointments[0] = (struct fasti_book_appointment){0};
}

static void fill_confirm(struct fasti_bench_connection *c, const struct fasti_bench_booking *held) {
    c->command->kind = FASTI_COMMAND_CONFIRM;
    struct fasti_held *confirm = &c->command->body.held;
    confirm->token = held->token;
    confirm->seconds = 0;
    confirm->is_request = false;
    confirm->count = 1;
    confirm->records[0] = held->record;
    const int length = snprintf(c->patient, sizeof c->patient, "bench-%016llx",
                                (unsigned long long)fasti_prng_next(&c->prng));
    confirm->appointments[0] =
        (struct fasti_book_appointment){.patient = c->patient, .patient_length = (uint8_t)length};
}

static void fill_cancel(struct fasti_bench_connection *c, fasti_record_id record) {
    c->command->kind = FASTI_COMMAND_CANCEL;
    c->command->body.cancel = (struct fasti_cancel){.record = record};
}

static enum fasti_bench_operation choose(struct fasti_bench_connection *c) {
    if (c->mix == FASTI_BENCH_MIX_HOLD) {
        if (c->hold_count > 0)
            return FASTI_BENCH_CONFIRM;
        if (c->start_count > 0)
            return FASTI_BENCH_HOLD;
        return c->booking_count > 0 ? FASTI_BENCH_CANCEL : FASTI_BENCH_AVAILABILITY;
    }
    const bool may_query = c->mix != FASTI_BENCH_MIX_BOOK;
    const bool may_book = c->mix != FASTI_BENCH_MIX_AVAILABILITY;
    if (may_book && (!may_query || fasti_prng_below(&c->prng, 2) == 0)) {
        if (c->start_count > 0)
            return FASTI_BENCH_BOOK;
        if (c->booking_count > 0)
            return FASTI_BENCH_CANCEL;
    }
    return FASTI_BENCH_AVAILABILITY;
}

static struct fasti_bench_booking booking_take(struct fasti_bench_connection *c) {
    const struct fasti_bench_booking booking = c->bookings[c->booking_first];
    c->booking_first = (c->booking_first + 1) % FASTI_BENCH_STARTS_MAX;
    c->booking_count--;
    return booking;
}

static void booking_put(struct fasti_bench_connection *c, struct fasti_bench_booking booking) {
    /* Never full: every booking came out of a stock of at most FASTI_BENCH_STARTS_MAX. */
    c->bookings[(c->booking_first + c->booking_count++) % FASTI_BENCH_STARTS_MAX] = booking;
}

/* Encodes one command of this kind into a free flight. */
static enum fasti_status launch(struct fasti_bench_connection *c,
                                enum fasti_bench_operation operation) {
    const uint32_t tag = c->flights_free[--c->flight_free_count];
    struct fasti_bench_flight *flight = &c->flights[tag];
    flight->operation = operation;
    const int64_t now_ms = fasti_clock_monotonic_ns() / 1000000 + c->world->ahead_ms;
    const uint64_t random = fasti_prng_next(&c->prng);
    c->command->request = fasti_request_id_make(now_ms, random, fasti_prng_next(&c->prng));
    switch (operation) {
    case FASTI_BENCH_BOOK:
        flight->booking.start = c->starts[--c->start_count];
        fill_book(c, &flight->booking.start);
        break;
    case FASTI_BENCH_HOLD:
        flight->booking.start = c->starts[--c->start_count];
        fill_hold(c, &flight->booking.start);
        break;
    case FASTI_BENCH_CONFIRM:
        flight->booking = c->holds[--c->hold_count];
        fill_confirm(c, &flight->booking);
        break;
    case FASTI_BENCH_CANCEL:
        flight->booking = booking_take(c);
        fill_cancel(c, flight->booking.record);
        break;
    case FASTI_BENCH_AVAILABILITY:
    case FASTI_BENCH_OPERATIONS:
        fill_availability(c, c->world->pairs[fasti_prng_below(&c->prng, c->world->pair_count)],
                          c->world->today, c->days);
        break;
    }
    flight->sent_ns = fasti_clock_monotonic_ns();
    return fasti_client_send(c->client, c->command, tag);
}

/* ---- answers ---- */

/* What an answer does to stock and bookings. */
static void settle(struct fasti_bench_connection *c, const struct fasti_bench_flight *flight,
                   const struct fasti_answer *answer, bool is_done) {
    if (flight->operation == FASTI_BENCH_BOOK) {
        if (is_done)
            booking_put(c, (struct fasti_bench_booking){.start = flight->booking.start,
                                                        .record = answer->record});
        else if (answer->status != FASTI_OK)
            c->starts[c->start_count++] = flight->booking.start;
        /* else somebody else has it: not our start any more */
    } else if (flight->operation == FASTI_BENCH_HOLD) {
        if (is_done)
            c->holds[c->hold_count++] = (struct fasti_bench_booking){
                flight->booking.start, answer->record, answer->body.book.token};
        else if (answer->status != FASTI_OK)
            c->starts[c->start_count++] = flight->booking.start;
    } else if (flight->operation == FASTI_BENCH_CONFIRM) {
        if (is_done)
            booking_put(c, flight->booking);
        else if (answer->status != FASTI_OK)
            c->holds[c->hold_count++] = flight->booking;
    } else if (flight->operation == FASTI_BENCH_CANCEL) {
        if (is_done)
            c->starts[c->start_count++] = flight->booking.start;
        else if (answer->status != FASTI_OK)
            booking_put(c, flight->booking);
    }
}

static enum fasti_status land(struct fasti_bench_connection *c, struct fasti_answer *answer,
                              bool is_measured) {
    FASTI_TRY(fasti_client_receive(c->client, answer));
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (answer->tag >= c->depth)
        return fasti_detail_set(&c->detail, FASTI_INVALID_STATE, "an answer that nobody asked for");
    const struct fasti_bench_flight *flight = &c->flights[answer->tag];
    const bool is_ok = answer->status == FASTI_OK;
    const bool is_done = is_ok && (flight->operation == FASTI_BENCH_AVAILABILITY ||
                                   fasti_outcome_is_done(answer->outcome));
    settle(c, flight, answer, is_done);
    c->flights_free[c->flight_free_count++] = (uint32_t)answer->tag;
    if (!is_measured) {
        c->cleaned += is_done;
        return FASTI_OK;
    }
    struct fasti_bench_tally *tally = &c->tallies[flight->operation];
    tally->done += is_done;
    tally->refused += is_ok && !is_done;
    tally->busy += !is_ok;
    if (is_ok)
        fasti_histogram_record(&tally->latency_ns, (uint64_t)(now_ns - flight->sent_ns));
    return answer->status == FASTI_UNKNOWN ? FASTI_UNKNOWN : FASTI_OK;
}

/* ---- the run ---- */

enum fasti_status fasti_bench_connection_refill(struct fasti_bench_connection *c) {
    while (c->flight_free_count > 0)
        FASTI_TRY(launch(c, choose(c)));
    enum fasti_status status = fasti_client_flush(c->client);
    return status == FASTI_BUSY ? FASTI_OK : status; /* the rest goes once answers are taken */
}

enum fasti_status fasti_bench_connection_take(struct fasti_bench_connection *c,
                                              struct fasti_answer *answer) {
    FASTI_TRY(land(c, answer, true));
    while (fasti_client_has_answer(c->client))
        FASTI_TRY(land(c, answer, true));
    return FASTI_OK;
}

bool fasti_bench_connection_waits(const struct fasti_bench_connection *c) {
    return c->flight_free_count < c->depth;
}

/* Cancels every booking of this run; one that the server is too busy for is asked again, each
 * round being at most as long as the bookings that are left. */
static enum fasti_status clean_up(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    for (uint32_t round = 0; round < 16 && c->booking_count > 0; round++) {
        for (uint32_t left = c->booking_count; left > 0; left--) {
            FASTI_TRY(launch(c, FASTI_BENCH_CANCEL));
            if (c->flight_free_count == 0)
                FASTI_TRY(land(c, answer, false));
        }
        while (c->flight_free_count < c->depth)
            FASTI_TRY(land(c, answer, false));
    }
    return FASTI_OK;
}

static enum fasti_status prepare(struct fasti_bench_connection *c) {
    c->command = calloc(1, sizeof *c->command);
    c->flights = calloc(c->depth, sizeof *c->flights);
    c->flights_free = calloc(c->depth, sizeof *c->flights_free);
    c->starts = calloc(FASTI_BENCH_STARTS_MAX, sizeof *c->starts);
    c->bookings = calloc(FASTI_BENCH_STARTS_MAX, sizeof *c->bookings);
    c->holds = calloc(c->depth, sizeof *c->holds);
    if (c->command == NULL || c->flights == NULL || c->flights_free == NULL || c->starts == NULL ||
        c->bookings == NULL || c->holds == NULL)
        return fasti_detail_set(&c->detail, FASTI_LIMIT_MEMORY, "no memory");
    c->command->organization = c->world->organization;
    for (uint32_t i = 0; i < c->depth; i++)
        c->flights_free[i] = i;
    c->flight_free_count = c->depth;
    FASTI_TRY(fasti_client_open(c->server, 0, &c->client, &c->detail));
    const uint32_t depth_max = fasti_client_server(c->client)->in_flight_max;
    if (c->depth > depth_max)
        return fasti_detail_set(&c->detail, FASTI_INVALID_OPTION,
                                "the server takes %u commands at once on a connection", depth_max);
    return FASTI_OK;
}

void fasti_bench_connection_prepare(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    c->status = prepare(c);
    if (c->status == FASTI_OK && c->mix != FASTI_BENCH_MIX_AVAILABILITY)
        c->status = stock_collect(c, answer);
    if (c->status == FASTI_OK && c->mix != FASTI_BENCH_MIX_AVAILABILITY &&
        c->mix != FASTI_BENCH_MIX_MIXED && c->start_count < c->depth)
        c->status = fasti_detail_set(&c->detail, FASTI_NOT_FOUND,
                                     "too few free starts in the next %u days for connection %u",
                                     FASTI_QUERY_DAYS_MAX, c->index);
}

void fasti_bench_connection_finish(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    if (c->status == FASTI_OK && c->clean)
        c->status = clean_up(c, answer);
    c->left = c->booking_count; /* what is only held ends by itself */
    if (c->client != NULL)
        fasti_client_close(c->client);
    free(c->bookings);
    free(c->holds);
    free(c->starts);
    free(c->flights_free);
    free(c->flights);
    free(c->command);
}
