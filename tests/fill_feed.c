/*
 * fill_feed.c - a publication booked until nothing is offered, by clients that race for its places.
 *
 *   fill_feed raise SERVER ORGANIZATION DIR ZONE MINUTES [SCHEDULES]   so many visits at once on
 *                                                   each schedule that every span's places fit
 *   fill_feed fill  ...   racers: ask what is offered, book some of it, ask again; then count
 *   fill_feed count ...   reads all back and holds it against the file
 *
 *   racers 0 to 7 --> schedule 0, 1, 2 ... N - 1      8 to 15 --> schedule N/2 ... N - 1, 0 ...
 *
 * count: every visit lies on the grid of one free span; a span has no more than its places, and
 * fewer only where no further visit fits in its time; no more visits at once than the schedule
 * allows; nothing is offered; and where spans do not overlap, exactly as many as must fit. The
 * file's side is publication.h's reading. Exit 0: all so, and the figures are printed; 1: what is
 * not. Of the recorded feed (tests/test_quota.sh): 46,702 places, no span over another;
 * one visit at once: 46,435 fit, 235 spans lack the time for 267; two at once: all. Each about a
 * second with sanitizers on two busy cores.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "tests/support/ask.h"
#include "tests/support/publication.h"
#include "tests/support/seed.h"
#include "tests/support/stop.h"

#define RACERS     16
#define TEAM       8  /* begin at the same schedule */
#define BATCH      32 /* booked of one answer, all on their way at once */
#define VISITS_MAX (1 << 20)
#define NAMED_MAX  5 /* spans that are told of */
#define DAY_S      86400

struct visit {
    uint64_t record;
    time_t start, end; /* end: as listed; 0 of an acknowledgement */
    uint32_t schedule;
};

struct visits {
    struct visit *items;
    uint32_t count;
};

struct fill {
    struct publication feed; /* spans sorted by schedule, then by start */
    const char *server;
    time_t visit_s;
    struct fasti_client *client;
    fasti_organization_id organization;
    fasti_service_id service;
    uint32_t schedule_count; /* the first ones of the feed */
    uint32_t span_end[PUBLICATION_SCHEDULES_MAX];
    uint32_t ids[PUBLICATION_SCHEDULES_MAX];   /* dense ids of the server */
    uint32_t seats[PUBLICATION_SCHEDULES_MAX]; /* visits at once, as the server tells */
    int32_t day_first, day_end;
    struct visits listed; /* sorted as spans are */
    uint32_t held[PUBLICATION_SPANS_MAX];
};

struct racer {
    const struct fill *fill;
    struct fasti_client *client;
    pthread_t thread;
    struct fasti_prng prng;
    uint32_t index;
    struct visits booked;
    uint64_t taken, full, busy, questions;
    uint32_t start_count;
    time_t starts[FASTI_QUERY_STARTS_MAX];
};

/* ---- the file's side ---- */

static int by_schedule(const void *a, const void *b) {
    const struct publication_span *x = a, *y = b;
    if (x->schedule != y->schedule)
        return x->schedule < y->schedule ? -1 : 1;
    return (x->start > y->start) - (x->start < y->start);
}

static uint32_t span_first(const struct fill *fill, uint32_t schedule) {
    return schedule == 0 ? 0 : fill->span_end[schedule - 1];
}

static bool is_short(const struct publication_span *span) {
    return span->end - span->start <= PUBLICATION_SHORT_SECONDS;
}

static time_t visit_seconds(const struct fill *fill, const struct publication_span *span) {
    return is_short(span) ? span->end - span->start : fill->visit_s;
}

/* Visits one after the other that fit into it. */
static uint32_t starts_of(const struct fill *fill, const struct publication_span *span) {
    return (uint32_t)((span->end - span->start) / visit_seconds(fill, span));
}

/* INT64_MAX: it does not say, and any number may come. */
static int64_t places_of(const struct publication_span *span) {
    if (!span->is_free)
        return 0;
    return span->places >= 0 ? span->places : is_short(span) ? span->slots : INT64_MAX;
}

/* The first limit schedules; all when it is 0. */
static void read_feed(struct fill *fill, const char *directory, uint32_t limit) {
    struct publication *feed = &fill->feed;
    publication_read(feed, directory, false);
    qsort(feed->spans, feed->span_count, sizeof feed->spans[0], by_schedule);
    fill->schedule_count =
        limit == 0 || limit > feed->schedule_count ? feed->schedule_count : limit;
    fill->day_first = INT32_MAX;
    for (uint32_t i = 0; i < feed->span_count; i++) {
        const struct publication_span *span = &feed->spans[i];
        if (span->day_first != span->day_last || span->slots != 1)
            stop("a span over midnight, or there twice: how its places count is not known here",
                 feed->schedules[span->schedule]);
        fill->span_end[span->schedule] = i + 1;
        if (span->day_first < fill->day_first)
            fill->day_first = span->day_first;
        if (span->day_last >= fill->day_end)
            fill->day_end = span->day_last + 1;
    }
    for (uint32_t s = 1; s < feed->schedule_count; s++)
        if (fill->span_end[s] == 0)
            fill->span_end[s] = fill->span_end[s - 1];
    if (fill->day_end - fill->day_first > FASTI_QUERY_DAYS_MAX)
        stop("too many days for one question", directory);
}

/* ---- the server's side ---- */

static const struct fasti_describe_answer *describe(struct fill *fill, uint32_t schedule) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE};
    command.body.describe =
        (struct fasti_describe_query){FASTI_ENTITY_SCHEDULE, fill->ids[schedule], 0};
    return ask_found(fill->client, fill->organization, &command, fill->feed.schedules[schedule])
        .body.describe;
}

static void connect_server(struct fill *fill, const char *organization) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                    .body.describe.kind = FASTI_ENTITY_SERVICE};
    fill->client = ask_open(fill->server);
    fill->organization.v =
        ask_resolve(fill->client, fill->organization, FASTI_ENTITY_ORGANIZATION, organization);
    fill->service.v =
        ask_found(fill->client, fill->organization, &command, "the service").body.describe->id;
    for (uint32_t s = 0; s < fill->schedule_count; s++) {
        fill->ids[s] = ask_resolve(fill->client, fill->organization, FASTI_ENTITY_SCHEDULE,
                                   fill->feed.schedules[s]);
        const uint8_t capacity = describe(fill, s)->put.body.schedule.terms.capacity;
        fill->seats[s] = capacity == 0 ? 1 : capacity;
    }
}

static uint64_t appointments(struct fill *fill) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return ask_found(fill->client, (fasti_organization_id){0}, &command, "status")
        .body.status.appointments;
}

/* All days of schedules [first, end). */
static const struct fasti_availability_answer *
offered(const struct fill *fill, struct fasti_client *client, uint32_t first, uint32_t end) {
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
    struct fasti_availability_query *query = &command.body.availability;
    query->service_count = 1;
    query->services[0] = fill->service;
    query->first = (fasti_date){fill->day_first};
    query->day_count = (uint16_t)(fill->day_end - fill->day_first);
    for (uint32_t s = first; s < end; s++)
        query->schedules[query->schedule_count++].v = fill->ids[s];
    return ask_found(client, fill->organization, &command, "availability").body.availability;
}

static void visits_add(struct visits *visits, struct visit visit) {
    if (visits->count == VISITS_MAX)
        stop("more visits than anybody can have booked", "visits");
    if (visits->items == NULL)
        visits->items = malloc(VISITS_MAX * sizeof *visits->items);
    if (visits->items == NULL)
        stop("no memory", "visits");
    visits->items[visits->count++] = visit;
}

/* ---- raise ---- */

static uint32_t seats_needed(const struct fill *fill, uint32_t schedule) {
    uint32_t most = 1;
    for (uint32_t i = span_first(fill, schedule); i < fill->span_end[schedule]; i++) {
        const int64_t places = places_of(&fill->feed.spans[i]);
        const uint32_t starts = starts_of(fill, &fill->feed.spans[i]);
        if (places == 0 || places == INT64_MAX)
            continue;
        if (starts == 0 || places > (int64_t)starts * FASTI_SEATS_MAX)
            stop("a span's places can never fit", fill->feed.schedules[schedule]);
        const uint32_t seats = (uint32_t)((places + starts - 1) / starts);
        most = seats > most ? seats : most;
    }
    return most;
}

static void raise_seats(struct fill *fill) {
    uint32_t raised = 0, most = 1;
    for (uint32_t s = 0; s < fill->schedule_count; s++) {
        const uint32_t seats = seats_needed(fill, s);
        most = seats > most ? seats : most;
        if (seats == fill->seats[s])
            continue;
        const struct fasti_describe_answer *known = describe(fill, s);
        struct fasti_command command = {
            .kind = FASTI_COMMAND_PUT, .organization = fill->organization, .if_match = known->etag};
        struct fasti_answer answer;
        command.body.put = known->put;
        command.body.put.body.schedule.terms.capacity = (uint8_t)seats;
        if (fasti_client_call(fill->client, &command, &answer) != FASTI_OK ||
            answer.status != FASTI_OK || answer.outcome != FASTI_OUTCOME_CHANGED)
            stop("a schedule's capacity was not changed", fill->feed.schedules[s]);
        raised++;
    }
    printf("%u of %u schedules take more visits at once, at most %u\n", raised,
           fill->schedule_count, most);
}

/* ---- fill ---- */

static void racer_ask(struct racer *racer, uint32_t schedule) {
    const struct fasti_availability_answer *answer =
        offered(racer->fill, racer->client, schedule, schedule + 1);
    racer->questions++;
    racer->start_count = answer->total;
    for (uint32_t i = 0; i < answer->total; i++)
        racer->starts[i] = answer->base_utc_s + answer->starts[i];
}

/* Sends some of the starts that are offered, each once, in random order; how many. */
static uint32_t racer_send(struct racer *racer, uint32_t schedule) {
    const uint32_t count = racer->start_count < BATCH ? racer->start_count : BATCH;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = i + (uint32_t)fasti_prng_below(&racer->prng, racer->start_count - i);
        const time_t start = racer->starts[j];
        racer->starts[j] = racer->starts[i];
        racer->starts[i] = start;
        char patient[FASTI_PATIENT_BYTES_MAX];
        struct fasti_command command = {.kind = FASTI_COMMAND_BOOK,
                                        .organization = racer->fill->organization};
        struct fasti_book *book = &command.body.book;
        book->appointment_count = book->item_count = 1;
        book->appointments[0].patient = patient;
        book->appointments[0].patient_length = (uint8_t)snprintf(
            patient, sizeof patient, "r%u-%u", racer->index, racer->booked.count + i);
        book->items[0] = (struct fasti_book_item){.schedule = {racer->fill->ids[schedule]},
                                                  .service = racer->fill->service,
                                                  .start_utc_s = start};
        if (fasti_client_send(racer->client, &command, i) != FASTI_OK)
            stop("a booking cannot be sent", "racer");
    }
    return count;
}

static void racer_receive(struct racer *racer, uint32_t schedule) {
    struct fasti_answer answer;
    if (fasti_client_receive(racer->client, &answer) != FASTI_OK)
        stop("the connection ended", fasti_client_fault(racer->client)->text);
    if (answer.status == FASTI_BUSY)
        racer->busy++; /* offered again, and asked for again */
    else if (answer.status != FASTI_OK)
        stop(fasti_status_name(answer.status), answer.detail.text);
    else if (answer.outcome == FASTI_OUTCOME_BOOKED)
        visits_add(&racer->booked,
                   (struct visit){answer.record.v, racer->starts[answer.tag], 0, schedule});
    else if (answer.outcome == FASTI_OUTCOME_TAKEN)
        racer->taken++;
    else if (answer.outcome == FASTI_OUTCOME_FULL)
        racer->full++;
    else
        stop(fasti_outcome_name(answer.outcome), answer.detail.text);
}

/* Nobody cancels: where nothing is offered once, nothing ever is again. */
static void *racer_run(void *context) {
    struct racer *racer = context;
    const uint32_t count = racer->fill->schedule_count;
    const uint32_t first = racer->index / TEAM * count / (RACERS / TEAM);
    for (uint32_t step = 0; step < count; step++) {
        const uint32_t schedule = (first + step) % count;
        for (racer_ask(racer, schedule); racer->start_count > 0; racer_ask(racer, schedule)) {
            const uint32_t sent = racer_send(racer, schedule);
            for (uint32_t i = 0; i < sent; i++)
                racer_receive(racer, schedule);
        }
    }
    return NULL;
}

/* All that was acknowledged. */
static struct visits race(const struct fill *fill) {
    struct racer *racers = calloc(RACERS, sizeof *racers);
    struct fasti_prng prng = fasti_test_prng("fill_feed");
    struct visits all = {NULL, 0};
    uint64_t taken = 0, full = 0, busy = 0, questions = 0;
    if (racers == NULL)
        stop("no memory", "racers");
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    for (uint32_t i = 0; i < RACERS; i++) {
        racers[i].fill = fill;
        racers[i].index = i;
        racers[i].client = ask_open(fill->server);
        racers[i].prng.state = fasti_prng_next(&prng);
        if (pthread_create(&racers[i].thread, NULL, racer_run, &racers[i]) != 0)
            stop("no thread", "racer");
    }
    for (uint32_t i = 0; i < RACERS; i++) {
        pthread_join(racers[i].thread, NULL);
        fasti_client_close(racers[i].client);
        for (uint32_t b = 0; b < racers[i].booked.count; b++)
            visits_add(&all, racers[i].booked.items[b]);
        free(racers[i].booked.items);
        taken += racers[i].taken, full += racers[i].full, busy += racers[i].busy;
        questions += racers[i].questions;
    }
    printf("%d connections, %.1f s: %u booked, %" PRIu64 " taken, %" PRIu64 " full, %" PRIu64
           " busy; %" PRIu64 " questions\n",
           RACERS, (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9, all.count, taken, full,
           busy, questions);
    free(racers);
    return all;
}

/* ---- count ---- */

static int by_time(const void *a, const void *b) {
    const struct visit *x = a, *y = b;
    if (x->schedule != y->schedule)
        return x->schedule < y->schedule ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

static void list_schedule(struct fill *fill, uint32_t schedule) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST};
    struct fasti_list_query *list = &command.body.list;
    list->by = FASTI_LIST_BY_SCHEDULE;
    list->schedule.v = fill->ids[schedule];
    list->from_utc_s = (int64_t)(fill->day_first - 2) * DAY_S;
    list->to_utc_s = (int64_t)(fill->day_end + 2) * DAY_S;
    list->limit = FASTI_LIST_MAX;
    for (bool more = true; more;) {
        const struct fasti_list_answer *answer =
            ask_found(fill->client, fill->organization, &command, fill->feed.schedules[schedule])
                .body.list;
        for (uint32_t i = 0; i < answer->count; i++) {
            const struct fasti_record_view *row = &answer->records[i];
            if (row->schedule.v != fill->ids[schedule] || row->state != FASTI_STATE_BOOKED)
                stop("a row that was not asked for", fill->feed.schedules[schedule]);
            visits_add(&fill->listed,
                       (struct visit){row->record.v, row->start_utc_s,
                                      row->start_utc_s + row->duration_minutes * 60, schedule});
        }
        more = answer->more;
        list->before = answer->next;
    }
}

/* Gives each visit to its span, and holds the span's places against them. */
static void count_spans(struct fill *fill) {
    for (uint32_t v = 0; v < fill->listed.count; v++) {
        const struct visit *visit = &fill->listed.items[v];
        uint32_t found = 0;
        for (uint32_t i = span_first(fill, visit->schedule); i < fill->span_end[visit->schedule];
             i++) {
            const struct publication_span *span = &fill->feed.spans[i];
            const time_t length = visit_seconds(fill, span);
            if (visit->start < span->start || visit->end > span->end ||
                (visit->start - span->start) % length != 0 || visit->end - visit->start != length)
                continue;
            fill->held[i]++;
            found++;
        }
        if (found != 1)
            stop("a visit is not of exactly one span", fill->feed.schedules[visit->schedule]);
    }
    for (uint32_t i = 0; i < fill->feed.span_count; i++)
        if (fill->held[i] > places_of(&fill->feed.spans[i]))
            stop("a span holds more visits than places",
                 fill->feed.schedules[fill->feed.spans[i].schedule]);
}

/* The most visits at once in [start, end) of listed [first, last), which is one schedule's. */
static uint32_t most_at_once(const struct fill *fill, uint32_t first, uint32_t last, time_t start,
                             time_t end) {
    const struct visit *visits = fill->listed.items;
    uint32_t most = 0;
    for (uint32_t i = first; i < last && visits[i].start < end; i++) {
        if (visits[i].end <= start)
            continue;
        const time_t at = visits[i].start > start ? visits[i].start : start;
        uint32_t here = 0;
        for (uint32_t j = first; j < last && visits[j].start <= at; j++)
            here += visits[j].end > at;
        most = here > most ? here : most;
    }
    return most;
}

/* Is there no place in time for one more visit on the span's grid? */
static bool is_time_full(const struct fill *fill, const struct publication_span *span,
                         uint32_t first, uint32_t last) {
    const time_t length = visit_seconds(fill, span);
    for (time_t at = span->start; at + length <= span->end; at += length)
        if (most_at_once(fill, first, last, at, at + length) < fill->seats[span->schedule])
            return false;
    return true;
}

/* What the file and the schedules' terms make of it. */
struct sum {
    uint64_t spans, places, fit;      /* of free spans; fit: places that are also in their time */
    uint64_t overlaps;                /* spans that begin before the one before them ends */
    uint64_t short_spans, short_less; /* fewer visits than places, and how many fewer */
};

static void name_span(const struct fill *fill, uint32_t span) {
    const struct publication_span *known = &fill->feed.spans[span];
    char text[32];
    struct tm local;
    localtime_r(&known->start, &local);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    printf("  schedule %s, %s: %lld places, %u visits, %u starts of %u at once\n",
           fill->feed.schedules[known->schedule], text, (long long)places_of(known),
           fill->held[span], starts_of(fill, known), fill->seats[known->schedule]);
}

static void sum_schedule(const struct fill *fill, uint32_t schedule, uint32_t first, uint32_t last,
                         struct sum *sum) {
    const struct publication_span *spans = fill->feed.spans;
    time_t busy_until = 0;
    if (most_at_once(fill, first, last, 0, INT64_MAX) > fill->seats[schedule])
        stop("more visits at once than the schedule takes", fill->feed.schedules[schedule]);
    for (uint32_t i = span_first(fill, schedule); i < fill->span_end[schedule]; i++) {
        const int64_t places = places_of(&spans[i]);
        const int64_t room = (int64_t)starts_of(fill, &spans[i]) * fill->seats[schedule];
        sum->overlaps += spans[i].start < busy_until;
        busy_until = spans[i].end > busy_until ? spans[i].end : busy_until;
        sum->spans += places > 0;
        sum->places += (uint64_t)(places == INT64_MAX ? room : places);
        sum->fit += (uint64_t)(places < room ? places : room);
        if (places == INT64_MAX || fill->held[i] == places)
            continue;
        if (!is_time_full(fill, &spans[i], first, last))
            stop("a span with places and time is not full", fill->feed.schedules[schedule]);
        sum->short_less += (uint64_t)places - fill->held[i];
        if (++sum->short_spans <= NAMED_MAX)
            name_span(fill, i);
    }
}

static bool has_span(const struct fill *fill, uint32_t schedule, int32_t day) {
    for (uint32_t i = span_first(fill, schedule); i < fill->span_end[schedule]; i++)
        if (fill->feed.spans[i].day_first == day)
            return true;
    return false;
}

/* Nothing is offered any more, now or later, and the days say why. */
static void check_offers(const struct fill *fill) {
    const uint32_t days = (uint32_t)(fill->day_end - fill->day_first);
    const uint32_t most = FASTI_QUERY_CELLS_MAX / days < FASTI_QUERY_SCHEDULES_MAX
                              ? FASTI_QUERY_CELLS_MAX / days
                              : FASTI_QUERY_SCHEDULES_MAX;
    for (uint32_t first = 0, end; first < fill->schedule_count; first = end) {
        end = first + most < fill->schedule_count ? first + most : fill->schedule_count;
        const struct fasti_availability_answer *answer = offered(fill, fill->client, first, end);
        for (uint32_t s = first; s < end; s++) {
            if (answer->totals[s - first] != 0 || answer->next_slot_utc_s[s - first] != 0)
                stop("there is still an offer", fill->feed.schedules[s]);
            for (uint32_t d = 0; d < days; d++) {
                const bool is_open = has_span(fill, s, fill->day_first + (int32_t)d);
                if (answer->day_reasons[(s - first) * days + d] !=
                    (is_open ? FASTI_REASON_FULL : FASTI_REASON_CLOSED))
                    stop("a day's reason is neither FULL nor CLOSED as it should",
                         fill->feed.schedules[s]);
            }
        }
    }
}

static void count(struct fill *fill) {
    struct sum sum = {0};
    uint64_t digest = UINT64_C(0xcbf29ce484222325); /* FNV-1a over rows */
    for (uint32_t s = 0; s < fill->schedule_count; s++)
        list_schedule(fill, s);
    if (fill->listed.count > 0)
        qsort(fill->listed.items, fill->listed.count, sizeof *fill->listed.items, by_time);
    count_spans(fill);
    for (uint32_t s = 0, first = 0, last = 0; s < fill->schedule_count; s++, first = last) {
        for (; last < fill->listed.count && fill->listed.items[last].schedule == s; last++) {
            const struct visit *visit = &fill->listed.items[last];
            digest = (digest ^ visit->record) * UINT64_C(0x100000001b3);
            digest = (digest ^ (uint64_t)visit->start) * UINT64_C(0x100000001b3);
        }
        sum_schedule(fill, s, first, last, &sum);
    }
    check_offers(fill);
    printf("%u schedules, %" PRIu64 " free spans, %" PRIu64 " places; %" PRIu64
           " spans overlap others; %" PRIu64 " places fit in time, %u visits\n",
           fill->schedule_count, sum.spans, sum.places, sum.overlaps, sum.fit, fill->listed.count);
    printf("%" PRIu64 " spans do not hold all their places, %" PRIu64
           " places in all: their time is full; digest %016" PRIx64 "\n",
           sum.short_spans, sum.short_less, digest);
    if (sum.overlaps == 0 && fill->listed.count != sum.fit)
        stop("not as many visits as places fit", "spans that do not overlap");
}

/* The list holds what was acknowledged, and nothing else. */
static void compare_booked(const struct fill *fill, struct visits *booked) {
    if (booked->count != fill->listed.count)
        stop("the list has another number of visits", "than were acknowledged");
    if (booked->count > 0)
        qsort(booked->items, booked->count, sizeof *booked->items, by_time);
    for (uint32_t i = 0; i < booked->count; i++)
        if (by_time(&booked->items[i], &fill->listed.items[i]) != 0)
            stop("the list has another visit", fill->feed.schedules[booked->items[i].schedule]);
    free(booked->items);
}

int main(int argc, char **argv) {
    if (argc < 7)
        stop("usage",
             "fill_feed raise|fill|count SERVER ORGANIZATION DIR ZONE MINUTES [SCHEDULES]");
    struct fill *fill = calloc(1, sizeof *fill);
    if (fill == NULL)
        stop("no memory", "for the publication");
    setenv("TZ", argv[5], 1);
    tzset();
    fill->server = argv[2];
    fill->visit_s = (time_t)strtol(argv[6], NULL, 10) * 60;
    if (fill->visit_s <= 0)
        stop("not a number of minutes", argv[6]);
    read_feed(fill, argv[4], argc > 7 ? (uint32_t)strtoul(argv[7], NULL, 10) : 0);
    connect_server(fill, argv[3]);
    if (strcmp(argv[1], "raise") == 0) {
        raise_seats(fill);
    } else if (strcmp(argv[1], "fill") == 0) {
        const uint64_t before = appointments(fill);
        struct visits booked = race(fill);
        if (appointments(fill) - before != booked.count)
            stop("the server counts other appointments", "than were acknowledged");
        count(fill);
        compare_booked(fill, &booked);
    } else {
        count(fill);
    }
    fasti_client_close(fill->client);
    free(fill->listed.items);
    free(fill);
    return 0;
}
