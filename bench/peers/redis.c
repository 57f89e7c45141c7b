/*
 * redis.c - the system Redis 7: a bitmap of free time each practitioner, scripts, an append-only
 * file that is flushed at every write.
 *
 *   f:P     free time, 288 bits a day (bench_compare_model.c has the same bits)
 *   h:P     what is booked: first cell -> "cells:patient"
 *   g:S:K   who of specialty S offers visits of K cells, by place
 *
 * The scripts are redis/NAME.lua. Places are rounded (52 bits for both coordinates: under half a
 * metre), and Redis's sphere is a little larger than ours: the radius is scaled to it.
 */
#include <hiredis.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench_compare.h"
#include "bench/bench_generate.h"

#define READY_TRIES    300 /* of READY_PAUSE_NS */
#define READY_PAUSE_NS (100 * 1000 * 1000)
#define LOAD_WINDOW    512 /* replies that are outstanding while loading */
#define ARGUMENTS_MAX  16  /* of one request */
#define ARGUMENT_BYTES 48
#define WINTER_DAY     20 /* the first day after the clock change */
#define EARTH_M        6371008.8
#define REDIS_EARTH_M  6372797.560856

enum script { SCRIPT_Q1, SCRIPT_Q2, SCRIPT_BOOK, SCRIPT_CANCEL, SCRIPTS };
static const char *const script_names[SCRIPTS] = {"redis/q1.lua", "redis/q2.lua", "redis/book.lua",
                                                  "redis/cancel.lua"};

struct own {
    char socket[FASTI_COMPARE_PATH_MAX];
    redisContext *context; /* of loading */
    uint32_t outstanding;
    char hashes[SCRIPTS][41];
};

/* Answers come in order: tags waits for them. */
struct link_own {
    redisContext *context;
    uint32_t first, count, tags[FASTI_COMPARE_DEPTH_MAX];
};

static bool complain(struct fasti_compare_system *system, const char *step, const char *text) {
    if (!system->has_complained && !fasti_compare_is_interrupted())
        fprintf(stderr, "fasti-bench: redis: %s: %s\n", step, text);
    system->has_complained = true;
    return false;
}

/* ---- the server ---- */

static bool connect_to(struct fasti_compare_system *system, redisContext **context) {
    const struct own *own = system->own;
    const struct timeval patience = {.tv_sec = FASTI_COMPARE_ANSWER_S};
    *context = redisConnectUnixWithTimeout(own->socket, patience);
    if (*context == NULL)
        abort();
    if ((*context)->err == 0 && redisSetTimeout(*context, patience) == REDIS_OK)
        return true;
    return false;
}

static bool server_wait(struct fasti_compare_system *system, struct own *own) {
    static const struct timespec pause = {.tv_nsec = READY_PAUSE_NS};
    for (uint32_t i = 0; i < READY_TRIES && !fasti_compare_is_interrupted(); i++) {
        if (connect_to(system, &own->context))
            return true;
        redisFree(own->context);
        own->context = NULL;
        if (fasti_compare_process_is_gone(system->compare, "redis-server", system->pid))
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return complain(system, "connection", "it does not answer");
}

static bool program_find(char path[FASTI_COMPARE_PATH_MAX]) {
    return fasti_compare_program_find(NULL, "redis-server", "redis-server", path);
}

static bool look(void) {
    char program[FASTI_COMPARE_PATH_MAX];
    return program_find(program);
}

static bool server_start(struct fasti_compare_system *system, struct own *own) {
    char program[FASTI_COMPARE_PATH_MAX], folder[FASTI_COMPARE_PATH_MAX];
    char options[FASTI_COMPARE_PATH_MAX];
    if (!program_find(program) ||
        !fasti_compare_folder_add(system->compare, "redis", true, folder) ||
        !fasti_compare_file_append(folder, "redis.conf", "redis/redis.conf", options))
        return false;
    (void)snprintf(own->socket, sizeof own->socket, "%.4000s/s", folder);
    const char *const argv[] = {program,        options,     "--dir", folder,
                                "--unixsocket", own->socket, NULL};
    const struct fasti_compare_spawn spawn = {
        .name = "redis-server", .argv = argv, .is_foreign = true};
    return fasti_compare_process_start(system->compare, &spawn, &system->pid) &&
           server_wait(system, own);
}

/* ---- loading ---- */

/* Takes replies until at most `most` are outstanding. */
static bool replies_take(struct fasti_compare_system *system, uint32_t most) {
    struct own *own = system->own;
    while (own->outstanding > most) {
        redisReply *reply = NULL;
        if (redisGetReply(own->context, (void **)&reply) != REDIS_OK)
            return complain(system, "loading", own->context->errstr);
        const bool is_good =
            reply->type != REDIS_REPLY_ERROR || complain(system, "loading", reply->str);
        freeReplyObject(reply);
        if (!is_good)
            return false;
        own->outstanding--;
    }
    return true;
}

/* One command with a reply that says nothing new. */
static bool command_do(struct fasti_compare_system *system, const char *command) {
    struct own *own = system->own;
    if (redisAppendCommand(own->context, command) != REDIS_OK)
        return complain(system, command, own->context->errstr);
    own->outstanding++;
    return replies_take(system, 0);
}

static bool command_put(struct fasti_compare_system *system, int argc, const char **argv,
                        const size_t *sizes) {
    struct own *own = system->own;
    if (redisAppendCommandArgv(own->context, argc, argv, sizes) != REDIS_OK)
        return complain(system, "loading", own->context->errstr);
    own->outstanding++;
    return replies_take(system, LOAD_WINDOW);
}

/* A hash command: its arguments, and the bytes that they point into. */
struct hash {
    int count;
    const char *argv[2 + 2 * FASTI_WORKLOAD_VISITS_MAX];
    size_t sizes[2 + 2 * FASTI_WORKLOAD_VISITS_MAX];
    char bytes[2 * FASTI_WORKLOAD_VISITS_MAX][20];
};

static void hash_add(struct hash *hash, const char *text) {
    hash->argv[hash->count] = text;
    hash->sizes[hash->count++] = strlen(text);
}

static bool booked_put(struct fasti_compare_system *system, struct hash *hash,
                       const struct fasti_bench_visits *visits) {
    const uint32_t who = visits->practitioner.index;
    char key[16];
    (void)snprintf(key, sizeof key, "h:%u", who);
    hash->count = 0;
    hash_add(hash, "HSET");
    hash_add(hash, key);
    for (uint32_t i = 0; i < visits->appointment_count; i++) {
        const struct fasti_workload_visit *visit = &visits->appointments[i];
        char *field = hash->bytes[2 * i], *value = hash->bytes[2 * i + 1];
        (void)snprintf(field, sizeof hash->bytes[0], "%u", visit->start_cell);
        (void)snprintf(value, sizeof hash->bytes[0], "%u:%u", visit->cells,
                       fasti_workload_patient(who, visit->start_cell));
        hash_add(hash, field);
        hash_add(hash, value);
    }
    return hash->count == 2 || command_put(system, hash->count, hash->argv, hash->sizes);
}

static bool practitioner_put(struct fasti_compare_system *system,
                             const struct fasti_workload_practitioner *who) {
    char key[24], id[16], longitude[24], latitude[24];
    (void)snprintf(key, sizeof key, "f:%u", who->index);
    const char *set[] = {"SET", key,
                         (const char *)fasti_compare_free(&system->compare->model, who->index)};
    const size_t set_sizes[] = {3, strlen(key), FASTI_COMPARE_BITS_BYTES};
    if (!command_put(system, 3, set, set_sizes))
        return false;
    (void)snprintf(id, sizeof id, "%u", who->index);
    (void)snprintf(longitude, sizeof longitude, "%.6f", who->longitude);
    (void)snprintf(latitude, sizeof latitude, "%.6f", who->latitude);
    for (uint32_t cells = 1; cells <= FASTI_WORKLOAD_LENGTHS; cells++) {
        const char *add[] = {"GEOADD", key, longitude, latitude, id};
        if ((who->lengths >> (cells - 1) & 1) == 0)
            continue;
        (void)snprintf(key, sizeof key, "g:%u:%u", who->specialty, cells);
        const size_t sizes[] = {6, strlen(key), strlen(longitude), strlen(latitude), strlen(id)};
        if (!command_put(system, 5, add, sizes))
            return false;
    }
    return true;
}

static bool scripts_load(struct fasti_compare_system *system, struct own *own) {
    for (uint32_t i = 0; i < SCRIPTS; i++) {
        char *text = fasti_compare_text_read(script_names[i]);
        if (text == NULL)
            return false;
        redisReply *reply = redisCommand(own->context, "SCRIPT LOAD %s", text);
        free(text);
        const bool is_good = reply != NULL && reply->type == REDIS_REPLY_STRING;
        if (is_good)
            (void)snprintf(own->hashes[i], sizeof own->hashes[i], "%s", reply->str);
        else
            (void)complain(system, script_names[i],
                           reply != NULL ? reply->str : own->context->errstr);
        freeReplyObject(reply);
        if (!is_good)
            return false;
    }
    return true;
}

static bool load(struct fasti_compare_system *system, struct own *own) {
    const struct fasti_compare_model *model = &system->compare->model;
    struct fasti_bench_visits *visits = calloc(1, sizeof *visits);
    struct hash *hash = calloc(1, sizeof *hash);
    struct fasti_bench_progress progress = {
        .what = "redis", .things = "practitioners", .count = model->schedules};
    bool is_good = true;
    if (visits == NULL || hash == NULL)
        abort();
    for (uint32_t i = 0; i < model->schedules && is_good; i++) {
        visits->practitioner = model->practitioners[i];
        visits->appointment_count = fasti_workload_appointments(
            model->seed, &visits->practitioner, FASTI_WORKLOAD_DAYS, visits->appointments);
        is_good = practitioner_put(system, &visits->practitioner) &&
                  booked_put(system, hash, visits) && !fasti_compare_is_interrupted();
        fasti_bench_progress_show(&progress, i + 1);
    }
    free(hash);
    free(visits);
    return is_good && replies_take(system, 0) && scripts_load(system, own) &&
           command_do(system, "CONFIG SET appendfsync always");
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
    if (own->context != NULL)
        redisFree(own->context);
    free(own);
}

/* ---- connections ---- */

static bool link_open(struct fasti_compare_link *link) {
    struct link_own *link_own = calloc(1, sizeof *link_own);
    if (link_own == NULL)
        abort();
    if (!connect_to(link->system, &link_own->context)) {
        (void)complain(link->system, "connection", link_own->context->errstr);
        redisFree(link_own->context);
        free(link_own);
        return false;
    }
    link->own = link_own;
    link->fd = link_own->context->fd;
    return true;
}

static void link_close(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    redisFree(link_own->context);
    free(link_own);
}

/* The arguments of one script's call. */
struct call {
    int count;
    const char *argv[ARGUMENTS_MAX];
    size_t sizes[ARGUMENTS_MAX];
    char bytes[ARGUMENTS_MAX][ARGUMENT_BYTES];
};

__attribute__((format(printf, 2, 3))) static void call_add(struct call *call, const char *format,
                                                           ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = call->bytes[call->count];
    call->sizes[call->count] = (size_t)vsnprintf(text, ARGUMENT_BYTES, format, arguments);
    call->argv[call->count++] = text;
    va_end(arguments);
}

static void call_begin(struct call *call, const struct own *own, enum script script,
                       uint32_t key_count) {
    call->count = 0;
    call_add(call, "EVALSHA");
    call_add(call, "%s", own->hashes[script]);
    call_add(call, "%u", key_count);
}

/* First and end cell of a day for starts at these local minutes. */
static void window_add(struct call *call, const struct fasti_workload_search *search,
                       uint32_t day) {
    const int32_t offset = fasti_workload_offset_minutes(day * FASTI_WORKLOAD_DAY_CELLS);
    const int32_t first = (search->first_minute - offset) / FASTI_WORKLOAD_CELL_MINUTES;
    const int32_t end = (search->end_minute - offset) / FASTI_WORKLOAD_CELL_MINUTES;
    call_add(call, "%d", first < 0 ? 0 : first);
    call_add(call, "%d", end);
}

static void search_call(struct call *call, const struct own *own,
                        const struct fasti_workload_search *search, bool is_country) {
    const double radius_m = FASTI_WORKLOAD_SEARCH_KM * 1000 * (REDIS_EARTH_M / EARTH_M);
    call_begin(call, own, SCRIPT_Q2, 1);
    call_add(call, "g:%u:%u", search->specialty, search->cells);
    call_add(call, "%.6f", search->longitude);
    call_add(call, "%.6f", search->latitude);
    if (is_country)
        call_add(call, "0");
    else
        call_add(call, "%.3f", radius_m);
    call_add(call, "%u", search->day);
    call_add(call, "%u", search->cells);
    window_add(call, search, 0);
    window_add(call, search, WINTER_DAY + 1);
    call_add(call, "%u", search->weekdays);
}

static void booking_call(struct call *call, const struct own *own, enum script script,
                         const struct fasti_workload_booking *booking) {
    call_begin(call, own, script, 2);
    call_add(call, "f:%u", booking->practitioner);
    call_add(call, "h:%u", booking->practitioner);
    call_add(call, "%u", booking->visit.start_cell);
    if (script == SCRIPT_CANCEL)
        return;
    call_add(call, "%u", booking->visit.cells);
    call_add(call, "%u", fasti_workload_patient(booking->practitioner, booking->visit.start_cell));
}

static bool link_send(struct fasti_compare_link *link, uint32_t tag) {
    const struct own *own = link->system->own;
    struct link_own *link_own = link->own;
    const struct fasti_compare_ask *ask = &link->asks[tag];
    struct call call;
    switch (ask->op) {
    case FASTI_COMPARE_Q1:
        call_begin(&call, own, SCRIPT_Q1, 1);
        call_add(&call, "f:%u", ask->agenda.practitioner);
        call_add(&call, "%u", ask->agenda.day);
        call_add(&call, "%u", ask->agenda.cells);
        break;
    case FASTI_COMPARE_Q2:
    case FASTI_COMPARE_Q3:
        search_call(&call, own, &ask->search, ask->op == FASTI_COMPARE_Q3);
        break;
    case FASTI_COMPARE_BOOK:
    case FASTI_COMPARE_RUSH: booking_call(&call, own, SCRIPT_BOOK, &ask->booking.wanted); break;
    case FASTI_COMPARE_CANCEL:
    case FASTI_COMPARE_OPS: booking_call(&call, own, SCRIPT_CANCEL, &ask->booking.wanted); break;
    }
    if (redisAppendCommandArgv(link_own->context, call.count, call.argv, call.sizes) != REDIS_OK)
        return complain(link->system, "send", link_own->context->errstr);
    link_own->tags[(link_own->first + link_own->count++) % FASTI_COMPARE_DEPTH_MAX] = tag;
    return true;
}

static bool link_flush(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    int is_sent = 0;
    while (is_sent == 0)
        if (redisBufferWrite(link_own->context, &is_sent) != REDIS_OK)
            return complain(link->system, "send", link_own->context->errstr);
    return true;
}

static bool link_read(struct fasti_compare_link *link) {
    struct link_own *link_own = link->own;
    return redisBufferRead(link_own->context) == REDIS_OK ||
           complain(link->system, "answers", link_own->context->errstr);
}

/* ---- answers ---- */

static void rows_decode(const struct fasti_compare_link *link, const redisReply *answer,
                        struct fasti_compare_reply *reply) {
    const struct fasti_compare_ask *ask = &link->asks[reply->tag];
    const bool is_agenda = ask->op == FASTI_COMPARE_Q1;
    const uint32_t first_cell = (uint32_t)ask->agenda.day * FASTI_WORKLOAD_DAY_CELLS;
    reply->count = (uint32_t)answer->elements / (is_agenda ? 1 : 2);
    for (uint32_t i = 0; link->wants_rows && i < reply->count && i < FASTI_COMPARE_ROWS_MAX; i++) {
        if (is_agenda)
            reply->rows[i] = (struct fasti_compare_row){
                first_cell + (uint32_t)answer->element[i]->integer, ask->agenda.practitioner};
        else
            reply->rows[i] =
                (struct fasti_compare_row){(uint32_t)answer->element[(size_t)2 * i + 1]->integer,
                                           (uint32_t)answer->element[(size_t)2 * i]->integer};
    }
}

static int link_take(struct fasti_compare_link *link, struct fasti_compare_reply *reply) {
    struct link_own *link_own = link->own;
    redisReply *answer = NULL;
    if (redisGetReplyFromReader(link_own->context, (void **)&answer) != REDIS_OK ||
        (answer != NULL && link_own->count == 0)) {
        (void)complain(link->system, "answers", "not what a Redis says");
        freeReplyObject(answer);
        return -1;
    }
    if (answer == NULL)
        return 0;
    reply->tag = link_own->tags[link_own->first];
    link_own->first = (link_own->first + 1) % FASTI_COMPARE_DEPTH_MAX;
    link_own->count--;
    reply->count = 0;
    reply->handle = 0; /* a booking is cancelled by its practitioner and time */
    reply->is_failed = answer->type == REDIS_REPLY_ERROR;
    if (reply->is_failed)
        (void)complain(link->system, "an answer", answer->str);
    const bool is_read = link->asks[reply->tag].op <= FASTI_COMPARE_Q3;
    reply->is_done = !reply->is_failed && (is_read || answer->integer == 1);
    if (is_read && reply->is_done)
        rows_decode(link, answer, reply);
    freeReplyObject(answer);
    return 1;
}

const struct fasti_compare_face fasti_compare_redis = {
    .name = "redis",
    .edge_m = 1,
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
