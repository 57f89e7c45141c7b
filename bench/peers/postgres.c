/*
 * postgres.c - the system PostgreSQL 15: rows of visits, an exclusion constraint, multiranges.
 *
 *   initdb -> postgresql.conf appended -> postgres -> tables.sql -> COPY -> indexes.sql -> VACUUM,
 *   CHECKPOINT, everything read into shared memory
 *
 * Each connection prepares postgres/NAME.sql and stays in pipeline mode; parameters and rows are
 * binary. Each booking and cancel is a transaction of its own (a sync behind each); the questions
 * that are sent together end with one sync.
 */
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_compare.h"
#include "bench/bench_generate.h"

#define READY_TRIES    600 /* of READY_PAUSE_NS */
#define READY_PAUSE_NS (100 * 1000 * 1000)
#define BUFFER_BYTES   (1 << 20) /* of COPY */
#define ROW_BYTES_MAX  128
#define EPOCH_UTC_S    INT64_C(946684800) /* PostgreSQL counts from 2000-01-01 */
#define US_OF_CELL     (INT64_C(1000000) * 60 * FASTI_WORKLOAD_CELL_MINUTES)
#define SHARED_MB_MAX  4096
#define PARAMETERS_MAX 10

enum statement {
    STATEMENT_Q1,
    STATEMENT_Q2,
    STATEMENT_Q3,
    STATEMENT_BOOK,
    STATEMENT_CANCEL,
    STATEMENTS
};
static const char *const statement_names[STATEMENTS] = {"q1", "q2", "q3", "book", "cancel"};

struct own {
    char folder[FASTI_COMPARE_PATH_MAX]; /* with the socket */
    PGconn *connection;                  /* of loading */
    char *texts[STATEMENTS];
    char *buffer; /* of COPY */
    size_t used;
};

/* What is on its way, in order: a tag, or SYNC. */
#define SYNC      UINT32_MAX
#define QUEUE_MAX (2 * FASTI_COMPARE_DEPTH_MAX)
struct link_own {
    PGconn *connection;
    uint32_t first, count, queue[QUEUE_MAX];
    bool owes_sync; /* questions were sent since the last one */
};

static bool complain(struct fasti_compare_system *system, const char *step, const char *text) {
    if (!system->has_complained && !fasti_compare_is_interrupted())
        fprintf(stderr, "fasti-bench: postgres: %s: %s\n", step, text);
    system->has_complained = true;
    return false;
}

/* ---- the server ---- */

static PGconn *connect_to(const struct own *own) {
    const char *const keys[] = {"host", "user", "dbname", "application_name", NULL};
    const char *const values[] = {own->folder, "fasti", "postgres", "fasti-bench", NULL};
    return PQconnectdbParams(keys, values, 0);
}

static bool server_wait(struct fasti_compare_system *system, struct own *own) {
    static const struct timespec pause = {.tv_nsec = READY_PAUSE_NS};
    for (uint32_t i = 0; i < READY_TRIES && !fasti_compare_is_interrupted(); i++) {
        own->connection = connect_to(own);
        if (PQstatus(own->connection) == CONNECTION_OK)
            return true;
        if (fasti_compare_process_is_gone(system->compare, "postgres", system->pid))
            return false;
        PQfinish(own->connection);
        own->connection = NULL;
        (void)nanosleep(&pause, NULL);
    }
    return complain(system, "connection", "it does not answer");
}

/* Debian has them outside PATH. */
static bool programs_find(char initdb[FASTI_COMPARE_PATH_MAX],
                          char postgres[FASTI_COMPARE_PATH_MAX]) {
    static const char directory[] = "/usr/lib/postgresql/15/bin";
    return fasti_compare_program_find(directory, "initdb", "postgresql-15", initdb) &&
           fasti_compare_program_find(directory, "postgres", "postgresql-15", postgres);
}

static bool look(void) {
    char initdb[FASTI_COMPARE_PATH_MAX], postgres[FASTI_COMPARE_PATH_MAX];
    return programs_find(initdb, postgres);
}

static void shared_buffers(char *text, size_t size) {
    const uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
    const uint64_t quarter_mb = pages * (uint64_t)sysconf(_SC_PAGESIZE) / 4 >> 20;
    (void)snprintf(text, size, "shared_buffers=%" PRIu64 "MB",
                   quarter_mb < SHARED_MB_MAX ? quarter_mb : SHARED_MB_MAX);
}

static bool server_start(struct fasti_compare_system *system, struct own *own) {
    char initdb[FASTI_COMPARE_PATH_MAX], postgres[FASTI_COMPARE_PATH_MAX];
    char data[FASTI_COMPARE_PATH_MAX], path[FASTI_COMPARE_PATH_MAX], shared[64];
    if (!programs_find(initdb, postgres) ||
        !fasti_compare_folder_add(system->compare, "postgres", true, own->folder))
        return false;
    (void)snprintf(data, sizeof data, "%.4000s/data", own->folder);
    shared_buffers(shared, sizeof shared);
    const char *const made[] = {initdb,      "-D",         data,
                                "-U",        "fasti",      "--auth=trust",
                                "--no-sync", "--locale=C", "--encoding=UTF8",
                                NULL};
    const struct fasti_compare_spawn make = {.name = "initdb", .argv = made, .is_foreign = true};
    const char *const served[] = {postgres, "-D", data, "-k", own->folder, "-c", shared, NULL};
    const struct fasti_compare_spawn serve = {
        .name = "postgres", .argv = served, .is_foreign = true};
    return fasti_compare_process_run(system->compare, &make) &&
           fasti_compare_file_append(data, "postgresql.conf", "postgres/postgresql.conf", path) &&
           fasti_compare_process_start(system->compare, &serve, &system->pid) &&
           server_wait(system, own);
}

/* ---- loading ---- */

static bool statement_do(struct fasti_compare_system *system, const char *text) {
    struct own *own = system->own;
    PGresult *result = PQexec(own->connection, text);
    const ExecStatusType status = PQresultStatus(result);
    const bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_good)
        (void)complain(system, text, PQerrorMessage(own->connection));
    PQclear(result);
    return is_good;
}

static void put_16(char *bytes, size_t *size, uint16_t value) {
    const uint16_t wire = htobe16(value);
    memcpy(bytes + *size, &wire, sizeof wire);
    *size += sizeof wire;
}

static void put_32(char *bytes, size_t *size, uint32_t value) {
    const uint32_t wire = htobe32(value);
    memcpy(bytes + *size, &wire, sizeof wire);
    *size += sizeof wire;
}

static void put_64(char *bytes, size_t *size, uint64_t value) {
    const uint64_t wire = htobe64(value);
    memcpy(bytes + *size, &wire, sizeof wire);
    *size += sizeof wire;
}

static void put_double(char *bytes, size_t *size, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_64(bytes, size, bits);
}

static uint64_t us_of_cell(uint32_t cell) {
    return (uint64_t)((FASTI_WORKLOAD_START_UTC_S - EPOCH_UTC_S) * INT64_C(1000000) +
                      (int64_t)cell * US_OF_CELL);
}

static bool copy_send(struct fasti_compare_system *system, struct own *own) {
    const bool is_good = PQputCopyData(own->connection, own->buffer, (int)own->used) == 1;
    own->used = 0;
    return is_good || complain(system, "loading", PQerrorMessage(own->connection));
}

static bool copy_begin(struct fasti_compare_system *system, const char *text) {
    static const char head[19] = "PGCOPY\n\377\r\n"; /* then no flags, no extension */
    struct own *own = system->own;
    PGresult *result = PQexec(own->connection, text);
    const bool is_good = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    memcpy(own->buffer, head, sizeof head);
    own->used = sizeof head;
    return is_good || complain(system, text, PQerrorMessage(own->connection));
}

static bool copy_end(struct fasti_compare_system *system) {
    struct own *own = system->own;
    put_16(own->buffer, &own->used, UINT16_MAX);
    if (!copy_send(system, own) || PQputCopyEnd(own->connection, NULL) != 1)
        return false;
    PGresult *result = PQgetResult(own->connection);
    const bool is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    while ((result = PQgetResult(own->connection)) != NULL)
        PQclear(result);
    return is_good || complain(system, "loading", PQerrorMessage(own->connection));
}

static void column_16(struct own *own, uint16_t value) {
    put_32(own->buffer, &own->used, sizeof value);
    put_16(own->buffer, &own->used, value);
}
static void column_32(struct own *own, uint32_t value) {
    put_32(own->buffer, &own->used, sizeof value);
    put_32(own->buffer, &own->used, value);
}
static void column_64(struct own *own, uint64_t value) {
    put_32(own->buffer, &own->used, sizeof value);
    put_64(own->buffer, &own->used, value);
}
static void column_double(struct own *own, double value) {
    put_32(own->buffer, &own->used, sizeof value);
    put_double(own->buffer, &own->used, value);
}

static bool row_begin(struct fasti_compare_system *system, struct own *own, uint16_t columns) {
    if (own->used > BUFFER_BYTES - ROW_BYTES_MAX && !copy_send(system, own))
        return false;
    put_16(own->buffer, &own->used, columns);
    return true;
}

static bool practitioners_copy(struct fasti_compare_system *system, struct own *own) {
    const struct fasti_compare_model *model = &system->compare->model;
    if (!copy_begin(system, "COPY practitioner FROM STDIN BINARY"))
        return false;
    for (uint32_t i = 0; i < model->schedules; i++) {
        const struct fasti_workload_practitioner *who = &model->practitioners[i];
        if (!row_begin(system, own, 5))
            return false;
        column_32(own, i);
        column_16(own, who->specialty);
        column_double(own, who->latitude);
        column_double(own, who->longitude);
        column_32(own, who->lengths);
    }
    return copy_end(system);
}

static bool open_spans_copy(struct fasti_compare_system *system, struct own *own) {
    const struct fasti_compare_model *model = &system->compare->model;
    if (!copy_begin(system, "COPY open_span FROM STDIN BINARY"))
        return false;
    for (uint32_t i = 0; i < model->schedules; i++)
        for (uint32_t day = 0; day < FASTI_WORKLOAD_DAYS; day++) {
            struct fasti_workload_span spans[FASTI_WORKLOAD_HALVES];
            const uint32_t count = fasti_workload_open(&model->practitioners[i], day, spans);
            for (uint32_t s = 0; s < count; s++) {
                const uint32_t cell = spans[s].start_cell;
                if (!row_begin(system, own, 5))
                    return false;
                column_32(own, i);
                column_64(own, us_of_cell(cell));
                column_64(own, us_of_cell(spans[s].end_cell));
                column_16(own, (uint16_t)(day % 7));
                column_16(own, (uint16_t)((int32_t)(cell % FASTI_WORKLOAD_DAY_CELLS *
                                                    FASTI_WORKLOAD_CELL_MINUTES) +
                                          fasti_workload_offset_minutes(cell)));
            }
        }
    return copy_end(system);
}

static bool visits_copy(struct fasti_compare_system *system, struct own *own) {
    const struct fasti_compare_model *model = &system->compare->model;
    struct fasti_workload_visit *visits = calloc(FASTI_WORKLOAD_VISITS_MAX, sizeof *visits);
    struct fasti_bench_progress progress = {
        .what = "postgres", .things = "practitioners", .count = model->schedules};
    bool is_good =
        copy_begin(system, "COPY visit (practitioner, begins, ends, patient) FROM STDIN BINARY");
    if (visits == NULL)
        abort();
    for (uint32_t i = 0; i < model->schedules && is_good; i++) {
        const uint32_t count = fasti_workload_appointments(model->seed, &model->practitioners[i],
                                                           FASTI_WORKLOAD_DAYS, visits);
        for (uint32_t v = 0; v < count && is_good; v++) {
            const uint32_t cell = visits[v].start_cell;
            is_good = row_begin(system, own, 4);
            column_32(own, i);
            column_64(own, us_of_cell(cell));
            column_64(own, us_of_cell(cell + visits[v].cells));
            column_64(own, fasti_workload_patient(i, cell));
        }
        is_good = is_good && !fasti_compare_is_interrupted();
        fasti_bench_progress_show(&progress, i + 1);
    }
    free(visits);
    return is_good && copy_end(system);
}

/* One statement a line that ends with a semicolon. */
static bool indexes_make(struct fasti_compare_system *system) {
    char *text = fasti_compare_text_read("postgres/indexes.sql"), *rest = NULL;
    bool is_good = text != NULL;
    if (!is_good)
        return false;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL && is_good;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "--", 2) == 0)
            continue;
        fprintf(stderr, "postgres: %.60s ...\n", line);
        is_good = statement_do(system, line);
    }
    free(text);
    return is_good;
}

static bool load(struct fasti_compare_system *system, struct own *own) {
    char *tables = fasti_compare_text_read("postgres/tables.sql");
    bool is_good = tables != NULL && statement_do(system, tables);
    free(tables);
    for (uint32_t i = 0; i < STATEMENTS && is_good; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "postgres/%s.sql", statement_names[i]);
        own->texts[i] = fasti_compare_text_read(name);
        is_good = own->texts[i] != NULL;
    }
    own->buffer = malloc(BUFFER_BYTES);
    if (own->buffer == NULL)
        abort();
    return is_good && practitioners_copy(system, own) && open_spans_copy(system, own) &&
           visits_copy(system, own) && indexes_make(system) &&
           statement_do(system, "VACUUM ANALYZE") && statement_do(system, "CHECKPOINT") &&
           statement_do(system, "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i') "
                                "AND relnamespace = 'public'::regnamespace");
}

static bool start(struct fasti_compare_system *system) {
    struct own *own = calloc(1, sizeof *own);
    if (own == NULL)
        abort();
    system->own = own;
    return server_start(system, own) && load(system, own);
}

static void stop(struct fasti_compare_system *system) {
    struct own *own = system->own;
    if (own == NULL)
        return;
    PQfinish(own->connection);
    for (uint32_t i = 0; i < STATEMENTS; i++)
        free(own->texts[i]);
    free(own->buffer);
    free(own);
}

/* ---- connections ---- */

static bool link_prepare(struct fasti_compare_link *link, PGconn *connection) {
    const struct own *own = link->system->own;
    bool is_good = PQstatus(connection) == CONNECTION_OK;
    for (uint32_t i = 0; i < STATEMENTS && is_good; i++) {
        PGresult *result = PQprepare(connection, statement_names[i], own->texts[i], 0, NULL);
        is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return (is_good && PQsetnonblocking(connection, 1) == 0 &&
            PQenterPipelineMode(connection) == 1) ||
           complain(link->system, "connection", PQerrorMessage(connection));
}

static bool link_open(struct fasti_compare_link *link) {
    struct link_own *link_own = calloc(1, sizeof *link_own);
    if (link_own == NULL)
        abort();
    link_own->connection = connect_to(link->system->own);
    if (!link_prepare(link, link_own->connection)) {
        PQfinish(link_own->connection);
        free(link_own);
        return false;
    }
    link->own = link_own;
    link->fd = PQsocket(link_own->connection);
    return true;
}

static void link_close(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    PQfinish(link_own->connection);
    free(link_own);
}

/* ---- requests ---- */

struct parameters {
    int count;
    size_t used;
    const char *values[PARAMETERS_MAX];
    int sizes[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    char bytes[PARAMETERS_MAX * 16];
};

/* The next parameter begins here; the caller puts its bytes, then ends it. */
static void parameter_begin(struct parameters *parameters) {
    parameters->values[parameters->count] = parameters->bytes + parameters->used;
    parameters->sizes[parameters->count] = (int)parameters->used;
    parameters->formats[parameters->count] = 1;
}
static void parameter_end(struct parameters *parameters) {
    int *size = &parameters->sizes[parameters->count++];
    *size = (int)parameters->used - *size;
}

static void parameter_16(struct parameters *parameters, uint16_t value) {
    parameter_begin(parameters);
    put_16(parameters->bytes, &parameters->used, value);
    parameter_end(parameters);
}
static void parameter_32(struct parameters *parameters, uint32_t value) {
    parameter_begin(parameters);
    put_32(parameters->bytes, &parameters->used, value);
    parameter_end(parameters);
}
static void parameter_64(struct parameters *parameters, uint64_t value) {
    parameter_begin(parameters);
    put_64(parameters->bytes, &parameters->used, value);
    parameter_end(parameters);
}
static void parameter_double(struct parameters *parameters, double value) {
    parameter_begin(parameters);
    put_double(parameters->bytes, &parameters->used, value);
    parameter_end(parameters);
}
/* An interval: microseconds, days, months. */
static void parameter_cells(struct parameters *parameters, uint32_t cells) {
    parameter_begin(parameters);
    put_64(parameters->bytes, &parameters->used, (uint64_t)(cells * US_OF_CELL));
    put_64(parameters->bytes, &parameters->used, 0);
    parameter_end(parameters);
}
static void parameter_days(struct parameters *parameters, uint32_t day, uint32_t days) {
    parameter_64(parameters, us_of_cell(day * FASTI_WORKLOAD_DAY_CELLS));
    parameter_64(parameters, us_of_cell((day + days) * FASTI_WORKLOAD_DAY_CELLS));
}

static void search_set(struct parameters *parameters, const struct fasti_workload_search *search,
                       bool is_country) {
    parameter_16(parameters, search->specialty);
    parameter_32(parameters, search->cells);
    parameter_cells(parameters, search->cells);
    parameter_days(parameters, search->day, FASTI_WORKLOAD_SEARCH_DAYS);
    parameter_32(parameters, search->first_minute);
    parameter_32(parameters, search->end_minute);
    parameter_32(parameters, search->weekdays);
    if (is_country)
        return;
    parameter_double(parameters, search->latitude);
    parameter_double(parameters, search->longitude);
}

static enum statement parameters_set(const struct fasti_compare_ask *ask,
                                     struct parameters *parameters) {
    const struct fasti_workload_booking *wanted = &ask->booking.wanted;
    const uint32_t cell = wanted->visit.start_cell;
    switch (ask->op) {
    case FASTI_COMPARE_Q1:
        parameter_32(parameters, ask->agenda.practitioner);
        parameter_days(parameters, ask->agenda.day, FASTI_WORKLOAD_AGENDA_DAYS);
        parameter_cells(parameters, ask->agenda.cells);
        return STATEMENT_Q1;
    case FASTI_COMPARE_Q2: search_set(parameters, &ask->search, false); return STATEMENT_Q2;
    case FASTI_COMPARE_Q3: search_set(parameters, &ask->search, true); return STATEMENT_Q3;
    case FASTI_COMPARE_BOOK:
    case FASTI_COMPARE_RUSH:
        parameter_32(parameters, wanted->practitioner);
        parameter_64(parameters, us_of_cell(cell));
        parameter_64(parameters, us_of_cell(cell + wanted->visit.cells));
        parameter_64(parameters, fasti_workload_patient(wanted->practitioner, cell));
        return STATEMENT_BOOK;
    case FASTI_COMPARE_CANCEL:
    case FASTI_COMPARE_OPS: break;
    }
    parameter_64(parameters, ask->booking.handle);
    return STATEMENT_CANCEL;
}

static void queue_put(struct link_own *link_own, uint32_t what) {
    link_own->queue[(link_own->first + link_own->count++) % QUEUE_MAX] = what;
}

static bool sync_send(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    if (PQpipelineSync(link_own->connection) != 1)
        return complain(link->system, "send", PQerrorMessage(link_own->connection));
    queue_put(link_own, SYNC);
    link_own->owes_sync = false;
    return true;
}

static bool link_send(struct fasti_compare_link *link, uint32_t tag) {
    struct link_own *link_own = link->own;
    struct parameters parameters;
    parameters.count = 0;
    parameters.used = 0;
    const enum statement statement = parameters_set(&link->asks[tag], &parameters);
    if (PQsendQueryPrepared(link_own->connection, statement_names[statement], parameters.count,
                            parameters.values, parameters.sizes, parameters.formats, 1) != 1)
        return complain(link->system, "send", PQerrorMessage(link_own->connection));
    queue_put(link_own, tag);
    link_own->owes_sync = true;
    return statement < STATEMENT_BOOK || sync_send(link);
}

static bool link_flush(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    PGconn *connection = link_own->connection;
    if (link_own->owes_sync && !sync_send(link))
        return false;
    int rest;
    while ((rest = PQflush(connection)) == 1) {
        struct pollfd event = {.fd = link->fd, .events = POLLIN | POLLOUT};
        if (poll(&event, 1, FASTI_COMPARE_ANSWER_S * 1000) <= 0 || PQconsumeInput(connection) != 1)
            break;
    }
    return rest == 0 || complain(link->system, "send", PQerrorMessage(connection));
}

static bool link_read(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    return PQconsumeInput(link_own->connection) == 1 ||
           complain(link->system, "answers", PQerrorMessage(link_own->connection));
}

/* ---- answers ---- */

static uint64_t value_64(const PGresult *result, int row, int column) {
    uint64_t wire;
    memcpy(&wire, PQgetvalue(result, row, column), sizeof wire);
    return be64toh(wire);
}

static uint32_t value_32(const PGresult *result, int row, int column) {
    uint32_t wire;
    memcpy(&wire, PQgetvalue(result, row, column), sizeof wire);
    return be32toh(wire);
}

static void rows_decode(const struct fasti_compare_link *link, const PGresult *result,
                        struct fasti_compare_reply *reply) {
    const struct fasti_compare_ask *ask = &link->asks[reply->tag];
    const bool is_agenda = ask->op == FASTI_COMPARE_Q1;
    for (uint32_t i = 0; link->wants_rows && i < reply->count && i < FASTI_COMPARE_ROWS_MAX; i++) {
        const uint64_t us = value_64(result, (int)i, is_agenda ? 0 : 1);
        reply->rows[i] = (struct fasti_compare_row){
            (uint32_t)((us - us_of_cell(0)) / (uint64_t)US_OF_CELL),
            is_agenda ? ask->agenda.practitioner : value_32(result, (int)i, 0)};
    }
}

static void result_settle(struct fasti_compare_link *link, const PGresult *result,
                          struct fasti_compare_reply *reply) {
    const enum fasti_compare_op op = link->asks[reply->tag].op;
    reply->handle = 0;
    reply->count = (uint32_t)PQntuples(result);
    reply->is_failed = PQresultStatus(result) != PGRES_TUPLES_OK;
    reply->is_done = !reply->is_failed && (op <= FASTI_COMPARE_Q3 || reply->count == 1);
    if (reply->is_failed)
        (void)complain(link->system, "an answer", PQresultErrorMessage(result));
    else if (op <= FASTI_COMPARE_Q3)
        rows_decode(link, result, reply);
    else if (reply->is_done)
        reply->handle = value_64(result, 0, 0);
}

/* Each request's result is followed by NULL, a sync's is not. */
static int link_take(struct fasti_compare_link *link, struct fasti_compare_reply *reply) {
    struct link_own *link_own = link->own;
    while (link_own->count > 0 && PQisBusy(link_own->connection) == 0) {
        PGresult *result = PQgetResult(link_own->connection);
        if (result == NULL) {
            if (PQstatus(link_own->connection) == CONNECTION_OK)
                continue;
            (void)complain(link->system, "answers", PQerrorMessage(link_own->connection));
            return -1;
        }
        const uint32_t what = link_own->queue[link_own->first];
        const bool is_sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (is_sync != (what == SYNC)) {
            (void)complain(link->system, "answers", "not in the order that was asked");
            PQclear(result);
            return -1;
        }
        link_own->first = (link_own->first + 1) % QUEUE_MAX;
        link_own->count--;
        if (!is_sync) {
            reply->tag = what;
            result_settle(link, result, reply);
        }
        PQclear(result);
        if (!is_sync)
            return 1;
    }
    return 0;
}

const struct fasti_compare_face fasti_compare_postgres = {
    .name = "postgres",
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
