/*
 * test_snapshot.c - a state that was loaded from a snapshot is the state that the log says.
 *
 *   random session, a snapshot written beside it -> crash -> open      = what it shows
 *                                   snapshots removed -> crash -> open   the same, to the letter
 *
 * Then with a kill, or a failure, at every write.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/storage/snapshot.h"
#include "tests/support/seed.h"
#include "tests/support/snapshot_session.h"

/* ---- what is seen from outside ---- */

#define SEEN_BYTES (512 * 1024)

static void say(char *seen, const char *format, ...) {
    const size_t size = strlen(seen);
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(seen + size, SEEN_BYTES - size, format, arguments);
    va_end(arguments);
    cr_assert(more >= 0 && (size_t)more < SEEN_BYTES - size, "it says too much");
}

static void list_say(struct engine_world *world, char *seen, uint32_t schedule, const char *who) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){
        .by = who == NULL ? FASTI_LIST_BY_SCHEDULE : FASTI_LIST_BY_PATIENT,
        .schedule = {schedule},
        .patient_length = who == NULL ? 0 : (uint8_t)strlen(who),
        .include_blocks = true,
        .include_ended = true,
        .from_utc_s = INT64_MIN,
        .to_utc_s = INT64_MAX,
        .limit = 50,
    };
    if (who != NULL)
        memcpy(command.body.list.patient, who, strlen(who));
    const struct fasti_list_answer *list;
    say(seen, "\nschedule %u, patient %s:", schedule, who == NULL ? "-" : who);
    do {
        const struct fasti_answer answer = engine_world_run(world, 0, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        list = answer.body.list;
        for (uint32_t i = 0; i < list->count; i++)
            say(seen, " %" PRIu64 "/%d@%" PRId64, list->records[i].record.v, list->records[i].state,
                list->records[i].start_utc_s);
        command.body.list.before = list->next;
    } while (list->more);
}

static void availability_say(struct engine_world *world, char *seen, uint32_t schedule,
                             uint32_t service) {
    const struct fasti_command command = engine_availability(schedule, service, "2026-01-05", 14);
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    const struct fasti_availability_answer *page = answer.body.availability;
    say(seen, "\nfree %u %u:", schedule, service);
    for (uint32_t i = 0; i < page->total; i++)
        say(seen, " %u", page->starts[i]);
}

static void seen_fill(struct engine_world *world, char *seen) {
    const struct fasti_command status = {.kind = FASTI_COMMAND_STATUS};
    const struct fasti_status_answer told = engine_world_run(world, 0, &status).body.status;
    seen[0] = '\0';
    say(seen, "digest %016" PRIx64 "%016" PRIx64 ", appointments %" PRIu64 ", schedules %u",
        told.digest.high, told.digest.low, told.appointments, told.schedules);
    for (uint32_t schedule = 1; schedule <= told.schedules; schedule++) {
        struct fasti_command describe = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
        describe.body.describe.kind = FASTI_ENTITY_SCHEDULE;
        describe.body.describe.id = schedule;
        const struct fasti_answer answer = engine_world_run(world, 0, &describe);
        say(seen, "\netag %" PRIx64 " openings %u", answer.body.describe->etag,
            answer.body.describe->opening_count);
        list_say(world, seen, schedule, NULL);
        availability_say(world, seen, schedule, 1);
    }
    for (uint32_t i = 0; i < SESSION_PATIENTS; i++)
        list_say(world, seen, 1, session_patient(i));
}

/* Where two differ, with what stands around it. */
static void seen_compare(const char *a, const char *b) {
    size_t at = 0;
    while (a[at] == b[at] && a[at] != '\0')
        at++;
    const size_t from = at < 80 ? 0 : at - 80;
    cr_assert(a[at] == b[at], "with the snapshot: ...%.120s...\nby the log alone: ...%.120s...",
              a + from, b + from);
}

static void snapshots_remove(struct fasti_sim_disk *disk) {
    struct fasti_io *io = fasti_sim_disk_open(disk);
    uint64_t generations[16];
    uint32_t count;
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    cr_assert_eq(fasti_snapshot_list(io, generations, 16, &count), FASTI_OK);
    for (uint32_t i = 0; i < count; i++) {
        fasti_snapshot_name(name, generations[i]);
        cr_assert_eq(io->operations->remove(io, name), FASTI_OK);
    }
    io->operations->close(io);
}

Test(snapshot, is_what_the_log_says) {
    static char with[SEEN_BYTES], without[SEEN_BYTES];
    static struct session s;
    struct fasti_prng prng = fasti_test_prng("snapshot");
    uint32_t loaded = 0, overlapped = 0;
    for (uint32_t round = 0; round < 60; round++) {
        session_begin(&s, fasti_prng_next(&prng));
        const uint32_t before = session_below(&s, 60), after = session_below(&s, 60);
        for (uint32_t i = 0; i < before; i++)
            session_step(&s);
        engine_world_checkpoint(s.world);
        for (uint32_t i = 0; i < after; i++) {
            overlapped += s.world->checkpoints_done == 0;
            session_step(&s);
        }
        if (session_below(&s, 4) != 0)
            cr_assert(engine_world_checkpoint_wait(s.world, 20000), "it never ends");
        for (uint32_t i = session_below(&s, 20); i > 0; i--)
            session_step(&s);
        engine_world_settle(s.world);
        const struct fasti_hash128 digest = engine_world_digest(s.world);
        session_reopen(&s);
        loaded += s.world->recovery.snapshot != 0;
        cr_assert_eq(s.world->recovery.snapshots_refused, 0, "%s",
                     s.world->recovery.snapshot_why.text);
        cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));
        seen_fill(s.world, with);
        session_asked_again(&s);
        cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));
        engine_world_crash(s.world);
        snapshots_remove(s.world->disk);
        cr_assert_eq(engine_world_open(s.world), FASTI_OK, "%s", s.world->detail.text);
        cr_assert_eq(s.world->recovery.snapshot, 0);
        seen_fill(s.world, without);
        seen_compare(with, without);
        engine_world_free(s.world);
    }
    cr_assert_gt(loaded, 30);
    cr_assert_gt(overlapped, 300, "few commands came while a snapshot was written");
}

/* ---- kills and failures ---- */

#define SMALL_STEPS 14

/* A short session with a snapshot in it, and one more that may not come to its end. */
static void small_session(struct session *s) {
    for (uint32_t i = 0; i < SMALL_STEPS; i++) {
        if (fasti_sim_disk_is_killed(s->world->disk))
            return;
        if (i == 3 || i == 10)
            engine_world_checkpoint(s->world);
        struct fasti_command command =
            engine_book(1, 1, "2026-01-06T09:00:00+01:00", session_patient(i % SESSION_PATIENTS));
        command.body.book.items[0].start_utc_s += 900 * (int64_t)i;
        (void)engine_world_run(s->world, i % 2, &command);
        if (i == 8)
            (void)engine_world_checkpoint_wait(s->world, 3000);
    }
    (void)engine_world_checkpoint_wait(s->world, 3000);
}

Test(snapshot, a_kill_at_any_write_leaves_what_the_log_says) {
    static struct session s;
    struct fasti_prng prng = fasti_test_prng("snapshot-kill");
    session_begin(&s, 1);
    fasti_sim_disk_set_faults(s.world->disk, &(struct fasti_sim_faults){0});
    small_session(&s);
    const uint64_t writes = fasti_sim_disk_write_count(s.world->disk);
    cr_assert_eq(s.world->checkpoints_done, 2);
    cr_assert_eq(s.world->checkpoint_status, FASTI_OK);
    engine_world_free(s.world);
    uint32_t loaded = 0, unfinished = 0;
    for (uint64_t n = 1; n <= writes; n++)
        for (int tear = 0; tear < 2; tear++) {
            const struct fasti_sim_faults faults = {.kill_at_write = n, .tear = tear == 1};
            session_begin(&s, fasti_prng_next(&prng));
            fasti_sim_disk_set_faults(s.world->disk, &faults);
            small_session(&s);
            fasti_sim_disk_set_faults(s.world->disk, &(struct fasti_sim_faults){0});
            session_reopen(&s);
            cr_assert_eq(s.world->recovery.snapshots_refused, 0, "write %lu: %s", n,
                         s.world->recovery.snapshot_why.text);
            loaded += s.world->recovery.snapshot != 0;
            unfinished += s.world->recovery.snapshot == 0;
            const struct fasti_hash128 digest = engine_world_digest(s.world);
            engine_world_crash(s.world);
            snapshots_remove(s.world->disk);
            cr_assert_eq(engine_world_open(s.world), FASTI_OK, "write %lu: %s", n,
                         s.world->detail.text);
            cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest),
                      "killed at write %lu: another state than the log's", n);
            engine_world_free(s.world);
        }
    cr_assert(loaded > 10 && unfinished > 10, "%u loaded, %u not", loaded, unfinished);
}

/* A failed write costs the snapshot and nothing else. */
Test(snapshot, a_failed_write_costs_the_snapshot_alone) {
    static struct session s;
    for (int error = 0; error < 2; error++) {
        uint32_t told = 0;
        for (uint64_t n = 1; n < 40; n++) {
            session_begin(&s, n);
            engine_world_settle(s.world);
            const struct fasti_sim_faults faults = {.fail_at_write = n,
                                                    .fail_error = error == 0 ? -EIO : -ENOSPC};
            fasti_sim_disk_set_faults(s.world->disk, &faults);
            engine_world_checkpoint(s.world);
            if (!engine_world_checkpoint_wait(s.world, 3000) ||
                fasti_engine_is_dead(s.world->engine)) {
                engine_world_free(s.world); /* the log's own write */
                continue;
            }
            fasti_sim_disk_set_faults(s.world->disk, &(struct fasti_sim_faults){0});
            const enum fasti_status status = s.world->checkpoint_status;
            told += status != FASTI_OK;
            cr_assert(status == FASTI_OK ||
                          status == (error == 0 ? FASTI_IO_WRITE : FASTI_DISK_LOW),
                      "%s", fasti_status_name(status));
            engine_world_checkpoint(s.world);
            cr_assert(engine_world_checkpoint_wait(s.world, 3000));
            cr_assert_eq(s.world->checkpoint_status, FASTI_OK, "the next one is written");
            const struct fasti_hash128 digest = engine_world_digest(s.world);
            session_reopen(&s);
            cr_assert_neq(s.world->recovery.snapshot, 0);
            cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));
            engine_world_free(s.world);
        }
        cr_assert_gt(told, 3, "no write of a snapshot failed");
    }
}
