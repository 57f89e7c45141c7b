/*
 * bench_verify.c - load --check: was a slot sold twice, is a booking missing?
 *
 *   ledgers of all connections -> by schedule, in the order of time -> certain at once? (ledger)
 *   each schedule of them -> LIST, page by page -> booked there?       (ledger, server)
 *
 * The first fault ends it; both records are named. Schedules where more than one visit may be at
 * one time are only looked through for what is missing. Runs when nothing is on its way any more;
 * what was on its way when a connection was lost is in no ledger, and may be booked or not.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench_load.h"

#define PAGES_MAX      (1 << 16) /* of one schedule's list */
#define REACH_TRIES    300
#define REACH_PAUSE_NS 200000000 /* a minute in all */

struct verifier {
    const struct fasti_bench_world *world;
    struct fasti_client *client;
    struct fasti_command command;
    struct fasti_answer answer;
    struct fasti_detail detail;
    struct fasti_bench_sale *sales; /* of all connections */
    uint32_t sale_count;
    struct fasti_bench_sale *listed; /* of one schedule */
    uint32_t listed_count, listed_room;
};

/* ---- sentences ---- */

/* "record 17 (2026-10-06 08:00 UTC, 20 min, connection 3)". */
static void sale_print(const struct fasti_bench_sale *sale, bool is_listed) {
    char date[FASTI_DATE_TEXT_BYTES];
    const fasti_date day = fasti_date_of_utc(sale->start_utc_s);
    const int64_t minute = (sale->start_utc_s - (int64_t)day.v * 86400) / 60;
    fasti_date_format(day, date);
    fprintf(stderr, "record %" PRIu64 " (%s %02d:%02d UTC, %u min, ", sale->record, date,
            (int)(minute / 60), (int)(minute % 60), sale->minutes);
    if (is_listed)
        fputs("as the server lists it)", stderr);
    else
        fprintf(stderr, "connection %u)", sale->connection);
}

/* The schedule's own name, asked for; or its number. */
static void schedule_print(struct verifier *verifier, uint32_t schedule) {
    verifier->command.kind = FASTI_COMMAND_DESCRIBE;
    verifier->command.body.describe =
        (struct fasti_describe_query){.kind = FASTI_ENTITY_SCHEDULE, .id = schedule};
    const struct fasti_describe_answer *found = NULL;
    if (fasti_client_call(verifier->client, &verifier->command, &verifier->answer) == FASTI_OK &&
        verifier->answer.status == FASTI_OK)
        found = verifier->answer.body.describe;
    if (found != NULL && found->id == schedule)
        fprintf(stderr, "schedule %.*s", found->put.id.length, found->put.id.bytes);
    else
        fprintf(stderr, "schedule #%u", schedule);
}

static void finding_print(struct verifier *verifier, const struct fasti_bench_finding *finding) {
    static const struct {
        const char *before, *between, *after; /* between NULL: one record is enough */
        bool is_listed;                       /* the second one is the server's */
    } sentences[] = {
        [FASTI_BENCH_FAULT_NONE] = {"", NULL, "", false},
        [FASTI_BENCH_FAULT_TWICE] = {"sold twice: ", " and ", " were booked at the same time",
                                     false},
        [FASTI_BENCH_FAULT_MISSING] = {"missing: ", NULL,
                                       " was acknowledged, and the server does not have it", false},
        [FASTI_BENCH_FAULT_DIFFERS] = {"changed: ", " was acknowledged, but the server has ", "",
                                       true},
        [FASTI_BENCH_FAULT_BACK] = {"not cancelled: the cancel of ",
                                    " was acknowledged, and the server has ", "", true},
        [FASTI_BENCH_FAULT_LISTED_TWICE] = {"sold twice: ", " and ", " overlap", true},
    };
    const bool is_all_listed = finding->fault == FASTI_BENCH_FAULT_LISTED_TWICE;
    fputs("fasti-bench: CHECK FAILED: ", stderr);
    schedule_print(verifier, finding->first.schedule);
    fprintf(stderr, ": %s", sentences[finding->fault].before);
    sale_print(&finding->first, is_all_listed);
    if (sentences[finding->fault].between != NULL) {
        fputs(sentences[finding->fault].between, stderr);
        sale_print(&finding->second, sentences[finding->fault].is_listed);
    }
    fprintf(stderr, "%s\n", sentences[finding->fault].after);
}

/* ---- the server's list ---- */

static void listed_add(struct verifier *verifier, const struct fasti_record_view *view) {
    if (verifier->listed_count == verifier->listed_room) {
        verifier->listed_room = verifier->listed_room == 0 ? 4096 : verifier->listed_room * 2;
        verifier->listed =
            realloc(verifier->listed, verifier->listed_room * sizeof *verifier->listed);
        if (verifier->listed == NULL)
            abort();
    }
    verifier->listed[verifier->listed_count++] = (struct fasti_bench_sale){
        .record = view->record.v,
        .start_utc_s = view->start_utc_s,
        .schedule = view->schedule.v,
        .minutes = (uint16_t)view->duration_minutes,
        .state = FASTI_BENCH_SALE_STANDS,
    };
}

static bool is_booked(const struct fasti_record_view *view) {
    return view->kind == FASTI_RECORD_APPOINTMENT &&
           (view->state == FASTI_STATE_BOOKED || view->state == FASTI_STATE_ARRIVED ||
            view->state == FASTI_STATE_FULFILLED);
}

/* All that is booked on a schedule, into verifier->listed. */
static enum fasti_status list_read(struct verifier *verifier, uint32_t schedule) {
    verifier->listed_count = 0;
    verifier->command.kind = FASTI_COMMAND_LIST;
    struct fasti_list_query *query = &verifier->command.body.list;
    *query = (struct fasti_list_query){
        .by = FASTI_LIST_BY_SCHEDULE,
        .schedule = {schedule},
        .from_utc_s = (int64_t)FASTI_DATE_FIRST * 86400,
        .to_utc_s = ((int64_t)FASTI_DATE_LAST + 1) * 86400,
        .limit = FASTI_LIST_MAX,
    };
    for (uint32_t page = 0; page < PAGES_MAX; page++) {
        const enum fasti_status status =
            fasti_client_call(verifier->client, &verifier->command, &verifier->answer);
        if (status != FASTI_OK)
            return fasti_detail_set(&verifier->detail, status, "%s",
                                    fasti_client_fault(verifier->client)->text);
        if (verifier->answer.status != FASTI_OK)
            return fasti_detail_set(&verifier->detail, verifier->answer.status, "%s",
                                    verifier->answer.detail.text);
        const struct fasti_list_answer *list = verifier->answer.body.list;
        for (uint32_t i = 0; i < list->count; i++)
            if (is_booked(&list->records[i]))
                listed_add(verifier, &list->records[i]);
        if (!list->more)
            return FASTI_OK;
        query->before = list->next;
    }
    return fasti_detail_set(&verifier->detail, FASTI_LIMIT_RECORDS, "a list does not end");
}

/* ---- judging ---- */

static int compare_pairs(const void *a, const void *b) {
    const struct fasti_bench_pair *x = a, *y = b;
    return (x->schedule.v > y->schedule.v) - (x->schedule.v < y->schedule.v);
}

/* May only one visit of the schedule be at one time? */
static bool is_single(const struct fasti_bench_world *world, uint32_t schedule) {
    const struct fasti_bench_pair wanted = {.schedule = {schedule}};
    const struct fasti_bench_pair *pair =
        bsearch(&wanted, world->pairs, world->pair_count, sizeof wanted, compare_pairs);
    return pair != NULL && !pair->is_shared;
}

/* Sales first to end - 1 are all those of one schedule. */
static enum fasti_status schedule_judge(struct verifier *verifier, uint32_t first, uint32_t end,
                                        struct fasti_bench_result *result,
                                        struct fasti_bench_finding *finding) {
    const struct fasti_bench_sale *sales = &verifier->sales[first];
    const bool single = is_single(verifier->world, sales->schedule);
    if (single)
        fasti_bench_sales_check(sales, end - first, finding);
    if (finding->fault != FASTI_BENCH_FAULT_NONE)
        return FASTI_OK;
    FASTI_TRY(list_read(verifier, sales->schedule));
    fasti_bench_listed_check(sales, end - first, verifier->listed, verifier->listed_count, single,
                             finding);
    result->shared_schedules += !single;
    result->listed += verifier->listed_count;
    return FASTI_OK;
}

static enum fasti_status judge(struct verifier *verifier, struct fasti_bench_result *result,
                               struct fasti_bench_finding *finding) {
    fasti_bench_sales_sort(verifier->sales, verifier->sale_count);
    for (uint32_t first = 0, end; first < verifier->sale_count; first = end) {
        for (end = first + 1; end < verifier->sale_count &&
                              verifier->sales[end].schedule == verifier->sales[first].schedule;)
            end++;
        FASTI_TRY(schedule_judge(verifier, first, end, result, finding));
        if (finding->fault != FASTI_BENCH_FAULT_NONE)
            return FASTI_OK;
    }
    return FASTI_OK;
}

/* The ledgers of all connections, one behind the other. */
static void sales_gather(struct verifier *verifier,
                         const struct fasti_bench_connection *connections, uint32_t count) {
    size_t sales = 0;
    for (uint32_t i = 0; i < count; i++)
        sales += connections[i].ledger.count;
    verifier->sales = calloc(sales + 1, sizeof *verifier->sales);
    if (verifier->sales == NULL)
        abort();
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_bench_ledger *ledger = &connections[i].ledger;
        if (ledger->count > 0)
            memcpy(verifier->sales + verifier->sale_count, ledger->sales,
                   ledger->count * sizeof *ledger->sales);
        verifier->sale_count += ledger->count;
    }
}

/* Connects; is_lost: tries again for REACH_TRIES, until a server has started and answers. */
static enum fasti_status reach(struct verifier *verifier, const char *server, bool is_lost) {
    const struct timespec pause = {.tv_nsec = REACH_PAUSE_NS};
    const fasti_organization_id organization = verifier->command.organization;
    enum fasti_status status = FASTI_UNREACHABLE;
    for (uint32_t i = 0; i < (is_lost ? REACH_TRIES : 1) && status != FASTI_OK; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        fasti_client_close(verifier->client);
        verifier->client = NULL;
        status = fasti_client_open(server, 0, &verifier->client, &verifier->detail);
        verifier->command = (struct fasti_command){.kind = FASTI_COMMAND_STATUS};
        if (status == FASTI_OK)
            status = fasti_client_call(verifier->client, &verifier->command, &verifier->answer);
        if (status == FASTI_OK)
            status = verifier->answer.status;
    }
    verifier->command.organization = organization;
    return status;
}

int fasti_bench_verify(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                       const struct fasti_bench_connection *connections, bool is_lost,
                       struct fasti_bench_result *result) {
    struct fasti_bench_finding finding = {.fault = FASTI_BENCH_FAULT_NONE};
    struct verifier *verifier = calloc(1, sizeof *verifier);
    int exit_status = 0;
    if (verifier == NULL)
        abort();
    verifier->world = world;
    verifier->command.organization = world->organization;
    sales_gather(verifier, connections, load->connections);
    result->sales = verifier->sale_count;
    enum fasti_status status = reach(verifier, load->server, is_lost);
    if (status == FASTI_OK)
        status = judge(verifier, result, &finding);
    if (status != FASTI_OK) {
        fprintf(stderr, "fasti-bench: the check could not ask the server: %s%s%s\n",
                fasti_status_text(status), verifier->detail.text[0] != '\0' ? ": " : "",
                verifier->detail.text);
        exit_status = FASTI_BENCH_EXIT_SERVER;
    } else if (finding.fault != FASTI_BENCH_FAULT_NONE) {
        finding_print(verifier, &finding);
        exit_status = FASTI_BENCH_EXIT_CHECK;
    } else {
        result->is_checked = true;
        if (is_lost)
            fprintf(stderr,
                    "fasti-bench: checked after a connection was lost: %" PRIu64
                    " bookings were acknowledged, none is missing or was sold twice\n",
                    result->sales);
    }
    fasti_client_close(verifier->client);
    free(verifier->listed);
    free(verifier->sales);
    free(verifier);
    return exit_status;
}
