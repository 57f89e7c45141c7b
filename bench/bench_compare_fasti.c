/*
 * bench_compare_fasti.c - the system Fasti: a fastid of its own on a Unix socket, filled by
 * fasti-bench generate, asked through the client library.
 *
 * Its clock stands at the workload's first day. Bookings and cancels carry request ids, as those of
 * a client that may have to send again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/bench_compare.h"
#include "bench/bench_question.h"

#define WORKERS        "2"
#define READY_TRIES    600 /* of READY_PAUSE_NS */
#define READY_PAUSE_NS (100 * 1000 * 1000)

struct own {
    char address[FASTI_COMPARE_PATH_MAX];
    struct fasti_client *client; /* of the first questions */
    struct fasti_command command;
    struct fasti_answer answer;
    struct fasti_prng prng; /* of request ids */
    int64_t ahead_ms;       /* the server's clock less our monotonic one */
    fasti_organization_id organization;
    fasti_service_id services[FASTI_WORKLOAD_LENGTHS];
    fasti_schedule_id *schedules; /* by practitioner */
    uint32_t *practitioners;      /* by schedule id */
    char patient[FASTI_PATIENT_BYTES_MAX + 1];
};

struct link_own {
    struct fasti_client *client;
    bool is_readable; /* an answer, or a part of one, came since the last take */
};

static bool complain(struct fasti_compare_system *system, const char *step,
                     enum fasti_status status, const struct fasti_detail *detail) {
    if (!system->has_complained && !fasti_compare_is_interrupted())
        fprintf(stderr, "fasti-bench: fasti: %s: %s\n", step,
                detail != NULL && detail->text[0] != '\0' ? detail->text
                                                          : fasti_status_text(status));
    system->has_complained = true;
    return false;
}

/* ---- the server ---- */

/* fasti-bench itself, and fastid beside it. */
static bool programs_find(char self[FASTI_COMPARE_PATH_MAX], char server[FASTI_COMPARE_PATH_MAX]) {
    const ssize_t length = readlink("/proc/self/exe", self, FASTI_COMPARE_PATH_MAX - 1);
    if (length <= 0)
        return false;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    const int count =
        snprintf(server, FASTI_COMPARE_PATH_MAX, "%.*s/fastid", (int)(slash - self), self);
    if (count < FASTI_COMPARE_PATH_MAX && access(server, X_OK) == 0)
        return true;
    fprintf(stderr, "fasti-bench: there is no %s: build it, too\n", server);
    return false;
}

static bool look(void) {
    char self[FASTI_COMPARE_PATH_MAX], server[FASTI_COMPARE_PATH_MAX];
    return programs_find(self, server);
}

static bool server_wait(struct fasti_compare_system *system, struct own *own) {
    static const struct timespec pause = {.tv_nsec = READY_PAUSE_NS};
    struct fasti_detail detail = {0};
    for (uint32_t i = 0; i < READY_TRIES && !fasti_compare_is_interrupted(); i++) {
        if (fasti_client_open(own->address, FASTI_COMPARE_ANSWER_S * 1000, &own->client, &detail) ==
            FASTI_OK)
            return true;
        if (fasti_compare_process_is_gone(system->compare, "fastid", system->pid))
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return complain(system, "no connection", FASTI_UNREACHABLE, &detail);
}

static bool server_start(struct fasti_compare_system *system, struct own *own) {
    char self[FASTI_COMPARE_PATH_MAX], server[FASTI_COMPARE_PATH_MAX];
    char folder[FASTI_COMPARE_PATH_MAX], schedules[16], seed[32];
    if (!programs_find(self, server) ||
        !fasti_compare_folder_add(system->compare, "fasti", false, folder))
        return false;
    (void)snprintf(own->address, sizeof own->address, "unix:%.4000s/s", system->compare->folder);
    const char *const served[] = {
        server, "--data",    folder,  "--unix", own->address + strlen("unix:"), "--listen",
        "none", "--workers", WORKERS, "--now",  "2026-10-05T00:00:00Z",         NULL};
    const struct fasti_compare_spawn spawn = {.name = "fastid", .argv = served};
    if (!fasti_compare_process_start(system->compare, &spawn, &system->pid) ||
        !server_wait(system, own))
        return false;
    (void)snprintf(schedules, sizeof schedules, "%u", system->compare->options.schedules);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)system->compare->options.seed);
    const char *const filled[] = {self, "generate", "--schedules", schedules, "--seed",
                                  seed, "--server", own->address,  NULL};
    const struct fasti_compare_spawn fill = {
        .name = "generate", .argv = filled, .shows_progress = true};
    return fasti_compare_process_run(system->compare, &fill);
}

/* ---- names ---- */

static bool ask(struct fasti_compare_system *system, const char *step) {
    struct own *own = system->own;
    enum fasti_status status = fasti_client_call(own->client, &own->command, &own->answer);
    if (status != FASTI_OK)
        return complain(system, step, status, NULL);
    return own->answer.status == FASTI_OK ||
           complain(system, step, own->answer.status, &own->answer.detail);
}

static uint32_t resolve(struct fasti_compare_system *system, enum fasti_entity_kind kind,
                        const char *format, uint32_t number) {
    struct own *own = system->own;
    struct fasti_resolve_query *query = &own->command.body.resolve;
    own->command.kind = FASTI_COMMAND_RESOLVE;
    own->command.organization = own->organization;
    query->kind = kind;
    query->id.length = (uint8_t)snprintf(query->id.bytes, sizeof query->id.bytes, format, number);
    if (!ask(system, "names"))
        return 0;
    if (own->answer.id == 0)
        (void)complain(system, "a name that generate made is missing", FASTI_NOT_FOUND, NULL);
    return own->answer.id;
}

static bool names_learn(struct fasti_compare_system *system) {
    struct own *own = system->own;
    const uint32_t count = system->compare->options.schedules;
    own->schedules = calloc(count, sizeof *own->schedules);
    own->practitioners = calloc((size_t)count + 1, sizeof *own->practitioners);
    if (own->schedules == NULL || own->practitioners == NULL)
        abort();
    own->organization.v = resolve(system, FASTI_ENTITY_ORGANIZATION, "workload", 0);
    bool is_good = own->organization.v != 0;
    for (uint32_t cells = 1; cells <= FASTI_WORKLOAD_LENGTHS && is_good; cells++) {
        own->services[cells - 1].v =
            resolve(system, FASTI_ENTITY_SERVICE, "d%02u", cells * FASTI_WORKLOAD_CELL_MINUTES);
        is_good = own->services[cells - 1].v != 0;
    }
    for (uint32_t i = 0; i < count && is_good; i++) {
        const uint32_t id = resolve(system, FASTI_ENTITY_SCHEDULE, "s%u", i);
        is_good = id != 0 && id <= count;
        if (is_good) {
            own->schedules[i].v = id;
            own->practitioners[id] = i;
        }
    }
    own->command.kind = FASTI_COMMAND_STATUS;
    own->command.organization.v = 0;
    if (!is_good || !ask(system, "status"))
        return false;
    own->ahead_ms = own->answer.body.status.now_ms - fasti_clock_monotonic_ns() / 1000000;
    return true;
}

static bool start(struct fasti_compare_system *system) {
    struct own *own = calloc(1, sizeof *own);
    if (own == NULL)
        abort();
    own->prng = (struct fasti_prng){system->compare->options.seed};
    system->own = own;
    return server_start(system, own) && names_learn(system);
}

static void stop(struct fasti_compare_system *system) {
    struct own *own = system->own;
    if (own == NULL)
        return;
    fasti_client_close(own->client);
    free(own->practitioners);
    free(own->schedules);
    free(own);
}

/* ---- connections ---- */

static bool link_open(struct fasti_compare_link *link) {
    const struct own *own = link->system->own;
    struct link_own *link_own = calloc(1, sizeof *link_own);
    struct fasti_detail detail = {0};
    if (link_own == NULL)
        abort();
    const enum fasti_status status =
        fasti_client_open(own->address, FASTI_COMPARE_ANSWER_S * 1000, &link_own->client, &detail);
    if (status != FASTI_OK) {
        free(link_own);
        return complain(link->system, "connection", status, &detail);
    }
    link->own = link_own;
    link->fd = fasti_client_fd(link_own->client);
    return true;
}

static void link_close(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    fasti_client_close(link_own->client);
    free(link_own);
}

static void book_ask(struct own *own, const struct fasti_workload_booking *wanted) {
    struct fasti_book *book = &own->command.body.book;
    own->command.kind = FASTI_COMMAND_BOOK;
    book->appointment_count = book->item_count = 1;
    book->is_request = book->is_fair = false;
    book->items[0] = (struct fasti_book_item){
        .schedule = own->schedules[wanted->practitioner],
        .service = own->services[wanted->visit.cells - 1],
        .start_utc_s = fasti_workload_utc_s(wanted->visit.start_cell),
    };
    const int length =
        snprintf(own->patient, sizeof own->patient, "%u",
                 fasti_workload_patient(wanted->practitioner, wanted->visit.start_cell));
    book->appointments[0] =
        (struct fasti_book_appointment){.patient = own->patient, .patient_length = (uint8_t)length};
}

static void request_set(struct own *own) {
    const int64_t now_ms = fasti_clock_monotonic_ns() / 1000000 + own->ahead_ms;
    const uint64_t random = fasti_prng_next(&own->prng);
    own->command.request = fasti_request_id_make(now_ms, random, fasti_prng_next(&own->prng));
}

static bool link_send(struct fasti_compare_link *link, uint32_t tag) {
    struct own *own = link->system->own;
    const struct link_own *link_own = link->own;
    const struct fasti_compare_ask *asked = &link->asks[tag];
    own->command.organization = own->organization;
    own->command.request = (fasti_request_id){0};
    switch (asked->op) {
    case FASTI_COMPARE_Q1:
        fasti_bench_ask_agenda(&own->command, own->organization,
                               own->services[asked->agenda.cells - 1],
                               own->schedules[asked->agenda.practitioner], &asked->agenda);
        break;
    case FASTI_COMPARE_Q2:
    case FASTI_COMPARE_Q3:
        fasti_bench_ask_search(&own->command, &asked->search, asked->op == FASTI_COMPARE_Q3);
        break;
    case FASTI_COMPARE_BOOK:
    case FASTI_COMPARE_RUSH:
        book_ask(own, &asked->booking.wanted);
        request_set(own);
        break;
    case FASTI_COMPARE_CANCEL:
    case FASTI_COMPARE_OPS:
        own->command.kind = FASTI_COMMAND_CANCEL;
        own->command.body.cancel = (struct fasti_cancel){.record = {asked->booking.handle}};
        request_set(own);
        break;
    }
    const enum fasti_status status = fasti_client_send(link_own->client, &own->command, tag);
    return status == FASTI_OK || complain(link->system, "send", status, NULL);
}

static bool link_flush(struct fasti_compare_link *link) {
    const struct link_own *link_own = link->own;
    const enum fasti_status status = fasti_client_flush(link_own->client);
    /* BUSY: the rest goes once answers are taken. */
    return status == FASTI_OK || status == FASTI_BUSY ||
           complain(link->system, "send", status, fasti_client_fault(link_own->client));
}

static bool link_read(struct fasti_compare_link *link) {
    ((struct link_own *)link->own)->is_readable = true;
    return true;
}

/* ---- answers ---- */

static uint32_t cell_of(int64_t utc_s) {
    return (uint32_t)((utc_s - FASTI_WORKLOAD_START_UTC_S) / (FASTI_WORKLOAD_CELL_MINUTES * 60));
}

static void rows_decode(const struct fasti_compare_link *link, const struct fasti_answer *answer,
                        struct fasti_compare_reply *reply) {
    const struct own *own = link->system->own;
    const uint32_t most = link->wants_rows ? FASTI_COMPARE_ROWS_MAX : 0;
    const uint32_t schedules = link->system->compare->options.schedules;
    if (answer->kind == FASTI_COMMAND_AVAILABILITY) {
        const struct fasti_availability_answer *week = answer->body.availability;
        reply->count = week->total;
        for (uint32_t i = 0; i < week->total && i < most; i++)
            reply->rows[i] = (struct fasti_compare_row){cell_of(week->base_utc_s + week->starts[i]),
                                                        link->asks[reply->tag].agenda.practitioner};
    } else {
        const struct fasti_search_answer *search = answer->body.search;
        reply->count = search->count;
        for (uint32_t i = 0; i < search->count && i < most; i++) {
            const uint32_t id = search->results[i].schedule.v;
            reply->rows[i] =
                (struct fasti_compare_row){cell_of(search->starts[i].utc_s),
                                           id <= schedules ? own->practitioners[id] : UINT32_MAX};
        }
    }
}

static int link_take(struct fasti_compare_link *link, struct fasti_compare_reply *reply) {
    struct link_own *link_own = link->own;
    struct own *own = link->system->own;
    struct fasti_answer *answer = &own->answer;
    if (!link_own->is_readable && !fasti_client_has_answer(link_own->client))
        return 0;
    link_own->is_readable = false;
    enum fasti_status status = fasti_client_receive(link_own->client, answer);
    if (status == FASTI_OK && answer->tag >= FASTI_COMPARE_DEPTH_MAX)
        status = FASTI_INVALID_MESSAGE; /* nobody asked for that */
    if (status != FASTI_OK) {
        (void)complain(link->system, "answers", status, fasti_client_fault(link_own->client));
        return -1;
    }
    reply->tag = (uint32_t)answer->tag;
    reply->count = 0;
    reply->handle = answer->record.v;
    reply->is_failed = answer->status != FASTI_OK;
    if (reply->is_failed)
        (void)complain(link->system, "an answer", answer->status, &answer->detail);
    const bool is_read = link->asks[reply->tag].op <= FASTI_COMPARE_Q3;
    reply->is_done = !reply->is_failed && (is_read || fasti_outcome_is_done(answer->outcome));
    if (is_read && reply->is_done)
        rows_decode(link, answer, reply);
    return 1;
}

const struct fasti_compare_face fasti_compare_fasti = {
    .name = "fasti",
    .look = look,
    .start = start,
    .stop = stop,
    .open = link_open,
    .close = link_close,
    .send = link_send,
    .flush = link_flush,
    .read = link_read,
    .take = link_take,
};
