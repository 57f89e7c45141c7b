/*
 * test_recovery.c - the engine's start: what recovery tells, and that it can be called off.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/storage/batch.h"
#include "tests/support/engine_world.h"

#define NOW           "2026-01-05T07:00:00Z"
#define SEGMENT_BYTES (512 * 1024)

static struct engine_world world;
static struct fasti_engine_options options;

static enum fasti_status open_engine(void) {
    memset(&world.detail, 0, sizeof world.detail);
    return fasti_engine_open(&options, fasti_sim_disk_open(world.disk), &world.engine,
                             &world.recovery, &world.detail);
}

static void setup(void) {
    memset(&world, 0, sizeof world);
    world.disk = fasti_sim_disk_create(1);
    world.worker_count = 1;
    options = (struct fasti_engine_options){
        .worker_count = 1,
        .memory_bytes_max = UINT64_C(256) << 20,
        .segment_bytes = SEGMENT_BYTES,
        .clock = fasti_clock_fixed(engine_utc_s(NOW) * 1000),
    };
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_eq(world.recovery.logged_ms, 0);
    const struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    cr_assert_eq(engine_world_run(&world, 0, &command).outcome, FASTI_OUTCOME_CREATED);
}

static void teardown(void) {
    engine_world_crash(&world);
    fasti_sim_disk_destroy(world.disk);
}

TestSuite(recovery, .init = setup, .fini = teardown);

/* One batch each. */
static void put_many(uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "p-%u", i);
        const struct fasti_command command = engine_put(FASTI_ENTITY_PRACTITIONER, 1, id);
        cr_assert_eq(engine_world_run(&world, 0, &command).outcome, FASTI_OUTCOME_CREATED);
    }
}

/* Removes the files from `number` on. */
static void remove_from(uint64_t number) {
    struct fasti_io *io = fasti_sim_disk_open(world.disk);
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    do
        fasti_segment_name(name, number++);
    while (io->operations->remove(io, name) == FASTI_OK);
    io->operations->close(io);
}

static uint32_t asked, allowed;

static bool progress(void *context, uint64_t effects, double seconds) {
    (void)effects;
    (void)seconds;
    cr_assert_eq(context, &world);
    return ++asked <= allowed;
}

Test(recovery, recovery_can_be_called_off) {
    put_many(40);
    const struct fasti_hash128 digest = engine_world_digest(&world);
    engine_world_crash(&world);
    options.progress = progress;
    options.progress_context = &world;
    asked = allowed = 0;
    fasti_sim_disk_set_faults(world.disk, &(struct fasti_sim_faults){0});
    cr_assert_eq(open_engine(), FASTI_STARTING);
    cr_assert_null(world.engine);
    cr_assert_eq(asked, 1, "asked before anything was read");
    cr_assert_eq(fasti_sim_disk_write_count(world.disk), 0, "nothing was written");
    asked = 0, allowed = 1;
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert(fasti_hash128_equal(world.recovery.digest, digest));
}

Test(recovery, the_logs_time_is_told) {
    engine_world_close(&world);
    options.clock = fasti_clock_fixed(engine_utc_s("2025-01-01T00:00:00Z") * 1000);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_eq(world.recovery.logged_ms, engine_utc_s(NOW) * 1000, "ahead of the clock");
}

Test(recovery, a_log_that_was_used_has_a_reserve) {
    engine_world_crash(&world);
    remove_from(2);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_not(world.recovery.lacks_reserve, "the first segment's reserve may never have been");
    put_many(300);
    engine_world_crash(&world);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_geq(world.recovery.segments, 3);
    cr_assert_not(world.recovery.lacks_reserve, "nothing is missing");
    const uint64_t segments = world.recovery.segments;
    engine_world_close(&world);

    remove_from(segments + 1);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_not(world.recovery.lacks_reserve, "nothing was lost: the stop was clean");
    engine_world_close(&world);
    remove_from(segments);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert(world.recovery.lacks_reserve, "the newest files are gone");
    engine_world_crash(&world);
    remove_from(2);
    cr_assert_eq(open_engine(), FASTI_OK);
    cr_assert_eq(world.recovery.segments, 1);
    cr_assert(world.recovery.lacks_reserve, "the only one that is left is full");
}
