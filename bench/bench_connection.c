/*
 * bench_connection.c - one connection: commands of a mix, their answers, and what they booked.
 *
 *   prepare (connect, collect free starts) -> send, flush, take, send, flush, take ... -> finish
 *
 * A booking takes a start from a shuffled stock (bench_stock.c). When the stock is empty the oldest
 * own booking is cancelled and its start is free again: a run never ends for want of starts.
 * Latency counts to the decoding of the answer, from the encoding of the command or from when it
 * should have been sent.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

#define CLEAN_DEPTH        64 /* cancels on their way after the run, whatever its depth was */
#define SEARCH_DAYS        14
#define SEARCH_DAYS_SPREAD 30 /* a search begins on one of so many days */
#define SEARCH_RESULTS     20

struct fasti_bench_flight {
    enum fasti_bench_operation operation;
    int64_t begun_ns; /* latency counts from here */
    uint32_t step;
    struct fasti_bench_booking booking; /* BOOK: the start; CANCEL: the record too */
};

void fasti_bench_tally_add(struct fasti_bench_tally *tally, const struct fasti_bench_tally *from) {
    fasti_histogram_merge(&tally->latency_ns, &from->latency_ns);
    tally->done += from->done;
    tally->refused += from->refused;
    tally->busy += from->busy;
    tally->unsent += from->unsent;
}

/* ---- commands ---- */

static void fill_book(struct fasti_bench_connection *c, const struct fasti_bench_start *start) {
    c->command->kind = FASTI_COMMAND_BOOK;
    struct fasti_book *book = &c->command->body.book;
    book->appointment_count = book->item_count = 1;
    book->is_fair = book->is_request = false;
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

static void fill_search(struct fasti_bench_connection *c) {
    const struct fasti_bench_world *world = c->world;
    const struct fasti_bench_question *question =
        &world->questions[fasti_prng_below(&c->prng, world->question_count)];
    const bool is_near = question->has_position && c->within_m > 0;
    const int32_t first =
        world->today.v + 1 + (int32_t)fasti_prng_below(&c->prng, SEARCH_DAYS_SPREAD);
    c->command->kind = FASTI_COMMAND_SEARCH;
    c->command->body.search = (struct fasti_search_query){
        .specialty = question->specialty,
        .code = question->code,
        .area = is_near ? FASTI_SEARCH_CIRCLE : FASTI_SEARCH_ANYWHERE,
        .latitude_e7 = is_near ? question->latitude_e7 : 0,
        .longitude_e7 = is_near ? question->longitude_e7 : 0,
        .radius_m = is_near ? c->within_m : 0,
        .first = {first},
        .last = {first + SEARCH_DAYS - 1},
        .to_minute = FASTI_DAY_MINUTES,
        .order = FASTI_SEARCH_BY_START,
        .limit = SEARCH_RESULTS,
        .start_limit = 1,
    };
}

/* The operation of a part of the mix; another where there is nothing to book, cancel or confirm. */
static enum fasti_bench_operation choose(struct fasti_bench_connection *c) {
    const bool may_book = c->start_count > 0, may_cancel = c->booking_count > 0;
    switch (fasti_bench_mix_pick(&c->mix, &c->prng)) {
    case FASTI_BENCH_PART_SEARCH: return FASTI_BENCH_SEARCH;
    case FASTI_BENCH_PART_BOOK:
        if (may_book || may_cancel)
            return may_book ? FASTI_BENCH_BOOK : FASTI_BENCH_CANCEL;
        break;
    case FASTI_BENCH_PART_CANCEL:
        if (may_book || may_cancel)
            return may_cancel ? FASTI_BENCH_CANCEL : FASTI_BENCH_BOOK;
        break;
    case FASTI_BENCH_PART_HOLD:
        if (c->hold_count > 0)
            return FASTI_BENCH_CONFIRM;
        if (may_book || may_cancel)
            return may_book ? FASTI_BENCH_HOLD : FASTI_BENCH_CANCEL;
        break;
    case FASTI_BENCH_PART_PAGE:
    case FASTI_BENCH_PARTS: break;
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

enum fasti_status fasti_bench_connection_launch(struct fasti_bench_connection *c,
                                                enum fasti_bench_operation operation,
                                                int64_t intended_ns, uint32_t step) {
    const uint32_t tag = c->flights_free[--c->flight_free_count];
    struct fasti_bench_flight *flight = &c->flights[tag];
    flight->operation = operation;
    flight->step = step;
    const int64_t now_ns = fasti_clock_monotonic_ns();
    const uint64_t random = fasti_prng_next(&c->prng);
    c->command->request = fasti_request_id_make(now_ns / 1000000 + c->world->ahead_ms, random,
                                                fasti_prng_next(&c->prng));
    switch (operation) {
    case FASTI_BENCH_SEARCH: fill_search(c); break;
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
        if (flight->booking.sale != FASTI_BENCH_NO_SALE)
            fasti_bench_ledger_cancelling(&c->ledger, flight->booking.sale, now_ns);
        break;
    case FASTI_BENCH_AVAILABILITY:
    case FASTI_BENCH_OPERATIONS:
        fasti_bench_stock_ask(c, c->world->pairs[fasti_prng_below(&c->prng, c->world->pair_count)],
                              c->world->today, c->days);
        break;
    }
    flight->begun_ns = intended_ns != 0 ? intended_ns : fasti_clock_monotonic_ns();
    return fasti_client_send(c->client, c->command, tag);
}

bool fasti_bench_connection_has_room(const struct fasti_bench_connection *c) {
    return c->flight_count - c->flight_free_count < c->depth;
}

enum fasti_status fasti_bench_connection_send(struct fasti_bench_connection *c, int64_t intended_ns,
                                              uint32_t step) {
    return fasti_bench_connection_launch(c, choose(c), intended_ns, step);
}

/* ---- answers ---- */

/* A start that is booked now: to be cancelled one day, and in the ledger. */
static enum fasti_status booked(struct fasti_bench_connection *c,
                                struct fasti_bench_booking booking, int64_t now_ns) {
    booking.sale = FASTI_BENCH_NO_SALE;
    if (c->ledger.max > 0) {
        const struct fasti_bench_sale sale = {
            .record = booking.record.v,
            .start_utc_s = booking.start.utc_s,
            .told_ns = now_ns,
            .undone_ns = INT64_MAX,
            .schedule = booking.start.pair.schedule.v,
            .minutes = booking.start.minutes,
            .state = FASTI_BENCH_SALE_STANDS,
            .connection = c->index,
        };
        booking.sale = fasti_bench_ledger_add(&c->ledger, &sale);
        if (booking.sale == FASTI_BENCH_NO_SALE)
            return fasti_detail_set(&c->detail, FASTI_LIMIT_MEMORY,
                                    "--check keeps at most %u bookings of this connection: take "
                                    "fewer --seconds",
                                    c->ledger.max);
    }
    booking_put(c, booking);
    return FASTI_OK;
}

/* A cancel was done, was definitely not done, or nobody knows. */
static void cancelled(struct fasti_bench_connection *c, const struct fasti_bench_booking *booking,
                      const struct fasti_answer *answer, bool is_done) {
    if (booking->sale != FASTI_BENCH_NO_SALE && answer->status != FASTI_UNKNOWN)
        fasti_bench_ledger_cancelled(&c->ledger, booking->sale, is_done);
    if (is_done)
        c->starts[c->start_count++] = booking->start;
    else if (answer->status != FASTI_OK)
        booking_put(c, *booking);
}

/* What an answer does to stock and bookings. A start that is refused with an outcome is somebody
 * else's; with a status nothing has changed. */
static enum fasti_status settle(struct fasti_bench_connection *c,
                                const struct fasti_bench_flight *flight,
                                const struct fasti_answer *answer, bool is_done, int64_t now_ns) {
    struct fasti_bench_booking booking = flight->booking;
    switch (flight->operation) {
    case FASTI_BENCH_BOOK:
        booking.record = answer->record;
        if (is_done)
            return booked(c, booking, now_ns);
        if (answer->status != FASTI_OK)
            c->starts[c->start_count++] = booking.start;
        break;
    case FASTI_BENCH_HOLD:
        if (is_done)
            c->holds[c->hold_count++] = (struct fasti_bench_booking){
                booking.start, answer->record, answer->body.book.token, FASTI_BENCH_NO_SALE};
        else if (answer->status != FASTI_OK)
            c->starts[c->start_count++] = booking.start;
        break;
    case FASTI_BENCH_CONFIRM:
        if (is_done)
            return booked(c, booking, now_ns);
        if (answer->status != FASTI_OK)
            c->holds[c->hold_count++] = booking;
        break;
    case FASTI_BENCH_CANCEL: cancelled(c, &booking, answer, is_done); break;
    case FASTI_BENCH_SEARCH:
    case FASTI_BENCH_AVAILABILITY:
    case FASTI_BENCH_OPERATIONS: break;
    }
    return FASTI_OK;
}

static void count(struct fasti_bench_tally *tally, enum fasti_status status, bool is_done,
                  int64_t latency_ns) {
    tally->done += is_done;
    tally->refused += status == FASTI_OK && !is_done;
    tally->busy += status != FASTI_OK;
    if (status == FASTI_OK)
        fasti_histogram_record(&tally->latency_ns, latency_ns > 0 ? (uint64_t)latency_ns : 0);
}

static bool is_question(enum fasti_bench_operation operation) {
    return operation == FASTI_BENCH_AVAILABILITY || operation == FASTI_BENCH_SEARCH;
}

static enum fasti_status land(struct fasti_bench_connection *c, struct fasti_answer *answer,
                              bool is_measured) {
    FASTI_TRY(fasti_client_receive(c->client, answer));
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (answer->tag >= c->flight_count)
        return fasti_detail_set(&c->detail, FASTI_INVALID_STATE, "an answer that nobody asked for");
    const struct fasti_bench_flight *flight = &c->flights[answer->tag];
    const bool is_done = answer->status == FASTI_OK &&
                         (is_question(flight->operation) || fasti_outcome_is_done(answer->outcome));
    FASTI_TRY(settle(c, flight, answer, is_done, now_ns));
    c->flights_free[c->flight_free_count++] = (uint32_t)answer->tag;
    if (!is_measured) {
        c->cleaned += is_done;
        return FASTI_OK;
    }
    count(&c->tallies[flight->operation], answer->status, is_done, now_ns - flight->begun_ns);
    count(&c->steps[flight->step], answer->status, is_done, now_ns - flight->begun_ns);
    return answer->status == FASTI_UNKNOWN ? FASTI_UNKNOWN : FASTI_OK;
}

/* ---- the run ---- */

enum fasti_status fasti_bench_connection_flush(struct fasti_bench_connection *c) {
    const enum fasti_status status = fasti_client_flush(c->client);
    return status == FASTI_BUSY ? FASTI_OK : status; /* the rest goes once answers are taken */
}

enum fasti_status fasti_bench_connection_refill(struct fasti_bench_connection *c, uint32_t step) {
    while (fasti_bench_connection_has_room(c))
        FASTI_TRY(fasti_bench_connection_send(c, 0, step));
    return fasti_bench_connection_flush(c);
}

enum fasti_status fasti_bench_connection_take(struct fasti_bench_connection *c,
                                              struct fasti_answer *answer) {
    FASTI_TRY(land(c, answer, true));
    while (fasti_client_has_answer(c->client))
        FASTI_TRY(land(c, answer, true));
    return FASTI_OK;
}

bool fasti_bench_connection_waits(const struct fasti_bench_connection *c) {
    return c->flight_free_count < c->flight_count;
}

/* Cancels every booking of this run; one that the server is too busy for is asked again, each
 * round being at most as long as the bookings that are left. */
static enum fasti_status clean_up(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    for (uint32_t round = 0; round < 16 && c->booking_count > 0; round++) {
        for (uint32_t left = c->booking_count; left > 0; left--) {
            FASTI_TRY(fasti_bench_connection_launch(c, FASTI_BENCH_CANCEL, 0, 0));
            if (c->flight_free_count == 0)
                FASTI_TRY(land(c, answer, false));
        }
        while (fasti_bench_connection_waits(c))
            FASTI_TRY(land(c, answer, false));
    }
    return FASTI_OK;
}

static enum fasti_status prepare(struct fasti_bench_connection *c) {
    c->command = calloc(1, sizeof *c->command);
    c->flight_count = c->depth > CLEAN_DEPTH ? c->depth : CLEAN_DEPTH;
    c->flights = calloc(c->flight_count, sizeof *c->flights);
    c->flights_free = calloc(c->flight_count, sizeof *c->flights_free);
    c->starts = calloc(FASTI_BENCH_STARTS_MAX, sizeof *c->starts);
    c->bookings = calloc(FASTI_BENCH_STARTS_MAX, sizeof *c->bookings);
    c->holds = calloc(c->depth, sizeof *c->holds);
    if (c->command == NULL || c->flights == NULL || c->flights_free == NULL || c->starts == NULL ||
        c->bookings == NULL || c->holds == NULL)
        return fasti_detail_set(&c->detail, FASTI_LIMIT_MEMORY, "no memory");
    c->command->organization = c->world->organization;
    FASTI_TRY(fasti_client_open(c->server, 0, &c->client, &c->detail));
    const uint32_t depth_max = fasti_client_server(c->client)->in_flight_max;
    if (c->depth > depth_max)
        return fasti_detail_set(&c->detail, FASTI_INVALID_OPTION,
                                "the server takes %u commands at once on a connection", depth_max);
    if (c->flight_count > depth_max)
        c->flight_count = depth_max;
    for (uint32_t i = 0; i < c->flight_count; i++)
        c->flights_free[i] = i;
    c->flight_free_count = c->flight_count;
    return FASTI_OK;
}

void fasti_bench_connection_prepare(struct fasti_bench_connection *c, struct fasti_answer *answer) {
    c->status = prepare(c);
    if (c->status != FASTI_OK || !fasti_bench_mix_writes(&c->mix))
        return;
    c->status = fasti_bench_stock_collect(c, answer);
    const bool is_question_too =
        c->mix.weights[FASTI_BENCH_PART_PAGE] > 0 || c->mix.weights[FASTI_BENCH_PART_SEARCH] > 0;
    if (c->status == FASTI_OK && c->start_count < (is_question_too ? 1 : c->depth))
        c->status = fasti_detail_set(&c->detail, FASTI_NOT_FOUND,
                                     "too few free starts in the next %u days for connection %u: "
                                     "fewer --connections, or more schedules",
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
