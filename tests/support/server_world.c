/*
 * server_world.c - see server_world.h. Exits 77 where the kernel denies io_uring: the loops need it
 * though the disk does not.
 */
#include "tests/support/server_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check.h"

/* Says why and exits with "skipped" where the kernel denies io_uring. */
static void ring_check(enum fasti_status status, const struct fasti_detail *detail) {
    if (status != FASTI_IO_RING)
        return;
    fprintf(stderr, "skipped: %s\n", detail->text);
    exit(77);
}

static struct fasti_io *disk_open(struct server_world *world) {
    if (!world->is_real_disk)
        return fasti_sim_disk_open(world->engine.disk);
    struct fasti_io *io = NULL;
    const enum fasti_status status = fasti_io_open_directory(
        world->data, world->engine.worker_count, false, &io, &world->engine.detail);
    ring_check(status, &world->engine.detail);
    CHECK(status == FASTI_OK, "%s", world->engine.detail.text);
    return io;
}

static void engine_start(struct server_world *world) {
    const struct fasti_engine_options options = {
        .worker_count = world->engine.worker_count,
        .memory_bytes_max = UINT64_C(256) << 20,
        .segment_bytes =
            world->is_real_disk ? SERVER_WORLD_SEGMENT_BYTES : ENGINE_WORLD_SEGMENT_BYTES,
        .clock = fasti_clock_fixed(world->engine.now_ms),
    };
    struct fasti_io *io = gate_init(&world->gate, disk_open(world));
    const enum fasti_status status = fasti_engine_open(
        &options, io, &world->engine.engine, &world->engine.recovery, &world->engine.detail);
    CHECK(status == FASTI_OK, "%s", world->engine.detail.text);
}

static void server_start(struct server_world *world, struct fasti_server_options options) {
    options.listen = "127.0.0.1:0";
    options.unix_path = world->path;
    enum fasti_status status = fasti_server_open(&options, &world->server, &world->engine.detail);
    if (status == FASTI_OK)
        status = fasti_server_start(world->server, world->engine.engine, &world->engine.detail);
    ring_check(status, &world->engine.detail);
    CHECK(status == FASTI_OK, "%s", world->engine.detail.text);
    snprintf(world->unix_where, sizeof world->unix_where, "unix:%s", world->path);
    snprintf(world->tcp_where, sizeof world->tcp_where, "%u", fasti_server_port(world->server));
}

static struct server_world *start(struct fasti_server_options options, bool is_real_disk) {
    struct server_world *world = calloc(1, sizeof *world);
    CHECK(world != NULL, "no memory");
    snprintf(world->directory, sizeof world->directory, "/tmp/fasti-server-XXXXXX");
    CHECK(mkdtemp(world->directory) != NULL, "no directory in /tmp");
    snprintf(world->path, sizeof world->path, "%s/s", world->directory);
    snprintf(world->data, sizeof world->data, "%s/data", world->directory);
    world->is_real_disk = is_real_disk;
    world->engine.disk = fasti_sim_disk_create(1);
    world->engine.worker_count = options.worker_count;
    world->engine.now_ms = engine_utc_s(SERVER_WORLD_NOW) * 1000;
    engine_start(world);
    engine_world_practice(&world->engine);
    engine_world_settle(&world->engine);
    server_start(world, options);
    return world;
}

struct server_world *server_world_start(struct fasti_server_options options) {
    return start(options, false);
}

struct server_world *server_world_start_on_disk(struct fasti_server_options options) {
    return start(options, true);
}

void server_world_down(struct server_world *world) {
    const uint32_t undecided = fasti_server_stop(world->server);
    world->server = NULL;
    CHECK(undecided == 0, "%u requests got no answer", undecided);
}

void server_world_recover(struct server_world *world) {
    engine_world_crash(&world->engine);
    engine_start(world);
}

void server_world_reopen(struct server_world *world) {
    fasti_engine_close(world->engine.engine, true);
    engine_start(world);
}

static int entry_remove(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void server_world_stop(struct server_world *world) {
    gate_shut(&world->gate, false);
    if (world->server != NULL)
        server_world_down(world);
    engine_world_crash(&world->engine);
    fasti_sim_disk_destroy(world->engine.disk);
    (void)nftw(world->directory, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
}

int64_t server_world_start_utc_s(uint32_t i) {
    const uint32_t day = 1 + i / 32, at = i % 32; /* days after the Monday */
    const uint32_t minute = 8 * 60 + at * 15 + (at >= 16 ? 60 : 0);
    const fasti_date date = {20458 + (int32_t)(day / 5 * 7 + day % 5)};  /* 2026-01-05 is 20458 */
    const int64_t summer = date.v >= 20541 && date.v < 20751 ? 3600 : 0; /* 29 Mar to 25 Oct 2026 */
    return (int64_t)date.v * 86400 + (int64_t)minute * 60 - 3600 - summer;
}

struct fasti_command server_world_book(uint32_t i) {
    struct fasti_command command = engine_book(1, 1, SERVER_WORLD_NOW, "patient");
    command.body.book.items[0].start_utc_s = server_world_start_utc_s(i);
    return command;
}

struct fasti_command server_world_show(uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = record;
    return command;
}

struct fasti_command server_world_list(void) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                                  .schedule = {1},
                                                  .include_ended = true,
                                                  .to_utc_s = INT64_C(1) << 40,
                                                  .limit = FASTI_LIST_MAX};
    return command;
}
