/*
 * check_feed.c - a publication, read a second time and plainly, against what a server answers.
 *
 *   *.ndjson --line--> slots --key (schedule, start, end)--> starts of each local day  = expected
 *   server <--client.h-- the same days of every schedule                               = answered
 *
 *   check_feed SERVER ORGANIZATION DIR ZONE MINUTES [civil] [issue]
 *
 * The oracle of "fasti import smart": it shares no code with tools/fasti_smart*.c (publication.h
 * reads the file), and local time is the C library's (TZ=ZONE), not ours. civil: the wall clock
 * that is written counts, not the offset. issue: the figures that the recorded feed is known to
 * have are looked at, too. Run by the sessions; exit 0: all alike, 1: what differs was printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/ask.h"
#include "tests/support/publication.h"
#include "tests/support/stop.h"

#define STARTS_MAX        65536 /* of one schedule */
#define WINDOW_DAYS_MAX   16
#define DIFFERENCES_SHOWN 10

struct visit {
    time_t start;
    int32_t day; /* local */
    int32_t minutes;
};

struct check {
    struct publication feed;
    bool is_civil, is_issue;
    int32_t minutes;
    struct fasti_client *client;
    fasti_organization_id organization;
    fasti_service_id service;
    uint32_t schedule_ids[PUBLICATION_SCHEDULES_MAX]; /* dense ids of the server */
    int32_t day_first, day_end;                       /* of the feed, days since 1970 */
    struct visit visits[STARTS_MAX]; /* of the schedule at hand: expected, by start */
    uint32_t visit_count;
    uint64_t expected, answered;                /* starts */
    uint32_t totals[PUBLICATION_SCHEDULES_MAX]; /* answered, of each schedule */
    uint32_t free, full, closed;                /* days of each kind */
    uint32_t differences, figures;              /* figures: of the issue that were looked at */
};

/* ---- what is expected ---- */

static int by_start(const void *a, const void *b) {
    const struct visit *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->minutes > y->minutes) - (x->minutes < y->minutes);
}

/* Read as wall clock a visit lies within one local day, for an opening is made for each; of several
 * that would start together the shortest is offered. */
static void expect_visit(struct check *check, time_t start, time_t end) {
    const int32_t day = publication_day(start);
    if (check->is_civil && day != publication_day(end - 1))
        return;
    if (check->visit_count == STARTS_MAX)
        stop("too many starts", "of one schedule");
    check->visits[check->visit_count++] = (struct visit){start, day, (int32_t)((end - start) / 60)};
}

static void expect_schedule(struct check *check, uint32_t schedule) {
    check->visit_count = 0;
    for (uint32_t i = 0; i < check->feed.span_count; i++) {
        const struct publication_span *span = &check->feed.spans[i];
        if (span->schedule != schedule || !span->is_free)
            continue;
        if (span->end - span->start <= PUBLICATION_SHORT_SECONDS) {
            expect_visit(check, span->start, span->end);
            continue;
        }
        const time_t step = check->minutes * 60;
        for (time_t at = span->start; at + step <= span->end; at += step)
            expect_visit(check, at, at + step);
    }
    qsort(check->visits, check->visit_count, sizeof check->visits[0], by_start);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < check->visit_count; i++)
        if (kept == 0 || check->visits[i].start != check->visits[kept - 1].start)
            check->visits[kept++] = check->visits[i];
    check->visit_count = kept;
    check->expected += kept;
}

/* FREE where there is a start, FULL where there is only a span, else CLOSED. */
static enum fasti_reason reason_of(const struct check *check, uint32_t schedule, int32_t day) {
    for (uint32_t i = 0; i < check->visit_count; i++)
        if (check->visits[i].day == day)
            return FASTI_REASON_FREE;
    for (uint32_t i = 0; i < check->feed.span_count; i++) {
        const struct publication_span *span = &check->feed.spans[i];
        if (span->schedule == schedule && span->day_first <= day && day <= span->day_last)
            return FASTI_REASON_FULL;
    }
    return FASTI_REASON_CLOSED;
}

/* ---- what is answered ---- */

/* All codings of the publication are one service, named by one of them. */
static void find_service(struct check *check) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                    .body.describe.kind = FASTI_ENTITY_SERVICE};
    const struct fasti_describe_answer *service =
        ask_found(check->client, check->organization, &command, "the service").body.describe;
    check->service.v = service->id;
    char name[FASTI_ID_BYTES_MAX + 1];
    snprintf(name, sizeof name, "%.*s", service->put.id.length, service->put.id.bytes);
    bool is_known = check->feed.coding_count == 0;
    for (uint32_t i = 0; i < check->feed.coding_count; i++)
        is_known = is_known || strcmp(name, check->feed.codings[i]) == 0;
    if (!is_known)
        stop("the service is none of the publication's codings", name);
    command.body.describe.after = check->service.v;
    struct fasti_answer answer;
    command.organization = check->organization;
    if (fasti_client_call(check->client, &command, &answer) == FASTI_OK &&
        answer.status == FASTI_OK && answer.outcome == FASTI_OUTCOME_FOUND)
        stop("a second service came of the codings", name);
}

static void connect_server(struct check *check, const char *server, const char *organization) {
    check->client = ask_open(server);
    check->organization.v =
        ask_resolve(check->client, check->organization, FASTI_ENTITY_ORGANIZATION, organization);
    for (uint32_t i = 0; i < check->feed.schedule_count; i++)
        check->schedule_ids[i] = ask_resolve(check->client, check->organization,
                                             FASTI_ENTITY_SCHEDULE, check->feed.schedules[i]);
    find_service(check);
}

/* ---- the comparison ---- */

static void differ(struct check *check, uint32_t schedule, int32_t day, const char *what,
                   long long expected, long long answered) {
    if (check->differences++ >= DIFFERENCES_SHOWN)
        return;
    char date[FASTI_DATE_TEXT_BYTES];
    fasti_date_format((fasti_date){day}, date);
    printf("schedule %s, %s: %s: the file says %lld, the server %lld\n",
           check->feed.schedules[schedule], date, what, expected, answered);
}

/* The figures of issue 2 for 15-minute visits at the instants written. */
static void compare_figures(struct check *check, uint32_t schedule, int32_t day,
                            enum fasti_reason reason, const struct visit *visits, uint32_t count) {
    static const struct {
        const char *schedule;
        int32_t weekday_first, weekday_last; /* 0 = Sunday */
        int32_t first, last;                 /* local minutes of the day; first -1: CLOSED */
        uint32_t count;
    } figures[] = {
        {"116", 6, 6, 10 * 60, 18 * 60 + 45, 36},   {"116", 0, 0, 11 * 60, 18 * 60 + 45, 32},
        {"116", 1, 5, 9 * 60, 22 * 60 + 45, 56},    {"10487", 6, 6, 9 * 60, 20 * 60 + 45, 48},
        {"10487", 0, 0, 9 * 60, 20 * 60 + 45, 48},  {"10487", 1, 5, 8 * 60, 23 * 60 + 45, 64},
        {"10507", 6, 6, 10 * 60, 18 * 60 + 45, 36}, {"10507", 0, 0, -1, -1, 0},
        {"10507", 1, 5, 10 * 60, 21 * 60 + 45, 48},
    };
    if (day == check->day_first && strcmp(check->feed.schedules[schedule], "116") == 0 &&
        reason != FASTI_REASON_FULL)
        differ(check, schedule, day, "the issue's FULL", FASTI_REASON_FULL, reason);
    if (day <= check->day_first || day >= check->day_end)
        return;
    const int32_t weekday = (day + 4) % 7;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (strcmp(figures[i].schedule, check->feed.schedules[schedule]) != 0 ||
            weekday < figures[i].weekday_first || weekday > figures[i].weekday_last)
            continue;
        check->figures++;
        if (figures[i].first < 0 && reason != FASTI_REASON_CLOSED)
            differ(check, schedule, day, "the issue's CLOSED", FASTI_REASON_CLOSED, reason);
        if (count != figures[i].count) {
            differ(check, schedule, day, "the issue's count", figures[i].count, count);
            continue;
        }
        for (uint32_t at = 0; at < count; at++) {
            struct tm local;
            localtime_r(&visits[at].start, &local);
            const int32_t minute = local.tm_hour * 60 + local.tm_min;
            const int32_t wanted = figures[i].first + (int32_t)at * 15;
            if (minute != wanted || (at + 1 == count && minute != figures[i].last))
                differ(check, schedule, day, "the issue's minute", wanted, minute);
        }
    }
}

static void compare_day(struct check *check, uint32_t schedule, int32_t day,
                        enum fasti_reason reason, const struct visit *visits,
                        const int16_t *offsets, uint32_t count) {
    const enum fasti_reason wanted = reason_of(check, schedule, day);
    uint32_t at = 0;
    while (at < check->visit_count && check->visits[at].day < day)
        at++;
    uint32_t end = at;
    while (end < check->visit_count && check->visits[end].day == day)
        end++;
    check->free += wanted == FASTI_REASON_FREE;
    check->full += wanted == FASTI_REASON_FULL;
    check->closed += wanted == FASTI_REASON_CLOSED;
    if (reason != wanted)
        differ(check, schedule, day, "the reason", wanted, reason);
    if (count != end - at)
        differ(check, schedule, day, "how many starts", end - at, count);
    for (uint32_t i = 0; i < count && i < end - at; i++) {
        const struct visit *visit = &check->visits[at + i];
        struct tm local;
        localtime_r(&visit->start, &local);
        if (visits[i].start != visit->start)
            differ(check, schedule, day, "a start", visit->start, visits[i].start);
        if (visits[i].minutes != visit->minutes)
            differ(check, schedule, day, "a length", visit->minutes, visits[i].minutes);
        if (offsets[i] != local.tm_gmtoff / 60)
            differ(check, schedule, day, "an offset", local.tm_gmtoff / 60, offsets[i]);
    }
    if (check->is_issue)
        compare_figures(check, schedule, day, reason, visits, count);
}

/* One schedule's rows of an answer; *at walks through its starts. */
static void compare_rows(struct check *check, uint32_t schedule,
                         const struct fasti_availability_answer *answer, uint32_t index,
                         int32_t day_first, uint32_t *at) {
    uint32_t total = 0;
    expect_schedule(check, schedule);
    for (uint32_t d = 0; d < answer->day_count; d++) {
        const uint32_t row = index * answer->day_count + d, count = answer->counts[row];
        struct visit visits[FASTI_TICKS_MAX];
        for (uint32_t i = 0; i < count; i++)
            visits[i] = (struct visit){answer->base_utc_s + answer->starts[*at + i], 0,
                                       answer->lengths_minutes[*at + i]};
        compare_day(check, schedule, day_first + (int32_t)d,
                    (enum fasti_reason)answer->day_reasons[row], visits,
                    answer->offsets_minutes + *at, count);
        *at += count;
        total += count;
    }
    check->totals[schedule] += answer->totals[index];
    if (answer->totals[index] != total)
        differ(check, schedule, day_first, "the total of the schedule", total,
               answer->totals[index]);
}

/* Every schedule for days [day_first, day_first + days). */
static void compare_window(struct check *check, int32_t day_first, uint16_t days) {
    const uint32_t count = check->feed.schedule_count;
    for (uint32_t first = 0; first < count; first += FASTI_QUERY_SCHEDULES_MAX) {
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
        struct fasti_availability_query *query = &command.body.availability;
        query->service_count = 1;
        query->services[0] = check->service;
        query->first = (fasti_date){day_first};
        query->day_count = days;
        for (uint32_t i = first; i < count && i < first + FASTI_QUERY_SCHEDULES_MAX; i++)
            query->schedules[query->schedule_count++].v = check->schedule_ids[i];
        const struct fasti_availability_answer *answer =
            ask_found(check->client, check->organization, &command, "availability")
                .body.availability;
        uint32_t at = 0;
        for (uint32_t i = 0; i < query->schedule_count; i++)
            compare_rows(check, first + i, answer, i, day_first, &at);
        if (answer->total != at)
            differ(check, first, day_first, "the total of the answer", at, answer->total);
        check->answered += at;
    }
}

/* A window that ends before the feed begins: the next slot is the feed's first one. */
static void compare_next_slots(struct check *check) {
    for (uint32_t i = 0; i < check->feed.schedule_count; i++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
        command.body.availability =
            (struct fasti_availability_query){.service_count = 1,
                                              .services = {check->service},
                                              .first = {check->day_first - 1},
                                              .day_count = 1,
                                              .schedule_count = 1,
                                              .schedules = {{check->schedule_ids[i]}}};
        const struct fasti_availability_answer *answer =
            ask_found(check->client, check->organization, &command, "next slot").body.availability;
        expect_schedule(check, i);
        const time_t next = check->visit_count == 0 ? 0 : check->visits[0].start;
        if (answer->next_slot_utc_s[0] != next)
            differ(check, i, check->day_first - 1, "the next slot", next,
                   answer->next_slot_utc_s[0]);
    }
}

static void compare_totals(struct check *check) {
    static const struct {
        const char *schedule;
        uint32_t total;
    } totals[] = {{"116", 640}, {"10487", 768}, {"10507", 504}};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        const uint32_t schedule = publication_schedule(&check->feed, totals[i].schedule);
        if (check->totals[schedule] != totals[i].total)
            differ(check, schedule, check->day_first, "the issue's total", totals[i].total,
                   check->totals[schedule]);
    }
    if (check->answered != 63738 || check->feed.schedule_count != 112)
        differ(check, 0, check->day_first, "the issue's starts in the whole feed", 63738,
               (long long)check->answered);
    if (check->figures != 3 * 13)
        differ(check, 0, check->day_first, "days of the issue's schedules", 3 * 13, check->figures);
}

static void compare(struct check *check) {
    check->day_first = INT32_MAX;
    for (uint32_t i = 0; i < check->feed.span_count; i++) {
        const struct publication_span *span = &check->feed.spans[i];
        if (span->day_first < check->day_first)
            check->day_first = span->day_first;
        if (span->day_last >= check->day_end)
            check->day_end = span->day_last + 1;
    }
    uint64_t expected = 0;
    for (uint32_t i = 0; i < check->feed.schedule_count; i++) {
        check->expected = 0;
        expect_schedule(check, i);
        expected += check->expected;
    }
    /* A day more on both sides: closed. */
    const int32_t per_day = FASTI_QUERY_SCHEDULES_MAX * (1440 / check->minutes + 1);
    int32_t window = FASTI_QUERY_STARTS_MAX / per_day;
    window = window > WINDOW_DAYS_MAX ? WINDOW_DAYS_MAX : window;
    for (int32_t day = check->day_first - 1; day <= check->day_end; day += window) {
        const int32_t left = check->day_end + 1 - day;
        compare_window(check, day, (uint16_t)(left < window ? left : window));
    }
    compare_next_slots(check);
    if (check->answered != expected)
        differ(check, 0, check->day_first, "starts in the whole feed", (long long)expected,
               (long long)check->answered);
    if (check->is_issue)
        compare_totals(check);
}

int main(int argc, char **argv) {
    if (argc < 6)
        stop("usage", "check_feed SERVER ORGANIZATION DIR ZONE MINUTES [civil] [issue]");
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL)
        stop("no memory", "for the publication");
    setenv("TZ", argv[4], 1);
    tzset();
    check->minutes = atoi(argv[5]);
    if (check->minutes < 5)
        stop("too many starts for one answer with visits of", argv[5]);
    for (int i = 6; i < argc; i++) {
        check->is_civil |= strcmp(argv[i], "civil") == 0;
        check->is_issue |= strcmp(argv[i], "issue") == 0;
    }
    publication_read(&check->feed, argv[3], check->is_civil);
    connect_server(check, argv[1], argv[2]);
    compare(check);
    printf(
        "%u schedules, %u spans, %llu starts; days free %u, full %u, closed %u: %u differences\n",
        check->feed.schedule_count, check->feed.span_count, (unsigned long long)check->answered,
        check->free, check->full, check->closed, check->differences);
    const int rc = check->differences == 0 ? 0 : 1;
    fasti_client_close(check->client);
    free(check);
    return rc;
}
