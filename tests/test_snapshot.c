/*
 * test_snapshot.c - a state that was loaded from a snapshot is the state that the log says.
 *
 *   random session, a snapshot written beside it -> crash -> open      = what it shows
 *                                   snapshots removed -> crash -> open   the same, to the letter
 *
 * On a simulated disk whose walk takes a few entries a poll, so that commands fall between any two
 * of them. A kill at every write; damage in every section; trimming; two generations.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/storage/batch.h"
#include "engine/storage/snapshot.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW      "2026-01-05T07:00:00Z"
#define PATIENTS 6
#define MADE_MAX 512

/* A session: what was made, so that it can be changed; requests, so that they can come again. */
struct session {
    struct engine_world *world;
    struct fasti_prng prng;
    uint64_t records[MADE_MAX];
    uint32_t record_count;
    struct {
        uint64_t record;
        struct fasti_token token;
    } holds[MADE_MAX];
    uint32_t hold_count;
    struct fasti_command asked[MADE_MAX]; /* with request ids */
    enum fasti_outcome answered[MADE_MAX];
    uint32_t asked_count;
    uint32_t import;
    uint64_t id_next;
};

static uint32_t below(struct session *s, uint32_t end) {
    return (uint32_t)fasti_prng_below(&s->prng, end);
}

static const char *patient(uint32_t i) {
    static const char *const names[PATIENTS] = {"p-1", "p-2", "p-3", "p-4", "p-5", "p-6"};
    return names[i];
}

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
    for (uint32_t i = 0; i < PATIENTS; i++)
        list_say(world, seen, 1, patient(i));
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

/* ---- acts ---- */

static fasti_request_id request_new(struct session *s) {
    s->id_next++;
    return (fasti_request_id){.high = (uint64_t)s->world->now_ms << 16 | 0x7000,
                              .low = UINT64_C(1) << 63 | s->id_next};
}

static struct fasti_answer run(struct session *s, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(s->world, below(s, 2), command);
    if (answer.status == FASTI_OK && (command->request.high | command->request.low) != 0 &&
        s->asked_count < MADE_MAX && fasti_outcome_is_done(answer.outcome)) {
        s->asked[s->asked_count] = *command;
        s->answered[s->asked_count++] = answer.outcome;
    }
    return answer;
}

static void start_random(struct session *s, char text[32]) {
    snprintf(text, 32, "2026-01-%02u%c%02u:%02u:00+01:00", 5 + below(s, 12), 'T', 8 + below(s, 9),
             15 * below(s, 4));
}

static void take_step(struct session *s) {
    char start[32];
    start_random(s, start);
    struct fasti_command command =
        engine_book(1 + below(s, 2), 1, start, patient(below(s, PATIENTS)));
    const bool is_hold = below(s, 3) == 0;
    if (is_hold) {
        const struct fasti_book book = command.body.book;
        command.kind = FASTI_COMMAND_HOLD;
        memset(&command.body, 0, sizeof command.body);
        command.body.hold.book = book;
        command.body.hold.seconds = 600;
        command.body.hold.book.appointments[0].patient = NULL;
        command.body.hold.book.appointments[0].patient_length = 0;
    }
    if (below(s, 2) == 0)
        command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED && s->record_count < MADE_MAX)
        s->records[s->record_count++] = answer.record.v;
    if (answer.outcome == FASTI_OUTCOME_HELD && s->hold_count < MADE_MAX) {
        s->holds[s->hold_count].record = answer.record.v;
        s->holds[s->hold_count++].token = answer.body.book.token;
    }
}

static void held_step(struct session *s) {
    if (s->hold_count == 0)
        return;
    const uint32_t at = below(s, s->hold_count), dice = below(s, 4);
    struct fasti_command command = {.organization = {1}};
    command.kind = dice < 2    ? FASTI_COMMAND_CONFIRM
                   : dice == 2 ? FASTI_COMMAND_EXTEND
                               : FASTI_COMMAND_RELEASE;
    command.body.held.count = 1;
    command.body.held.records[0].v = s->holds[at].record;
    command.body.held.token = s->holds[at].token;
    command.body.held.seconds = 900;
    const char *who = patient(below(s, PATIENTS));
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = who, .patient_length = 3};
    if (below(s, 2) == 0)
        command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED && s->record_count < MADE_MAX)
        s->records[s->record_count++] = s->holds[at].record;
}

static void change_step(struct session *s) {
    if (s->record_count == 0)
        return;
    struct fasti_command command = engine_cancel(s->records[below(s, s->record_count)]);
    if (below(s, 3) == 0) {
        char start[32];
        start_random(s, start);
        const fasti_record_id record = command.body.cancel.record;
        command.kind = FASTI_COMMAND_MOVE;
        memset(&command.body.move, 0, sizeof command.body.move);
        command.body.move.record = record;
        command.body.move.book.appointment_count = command.body.move.book.item_count = 1;
        command.body.move.book.items[0] = (struct fasti_book_item){
            .schedule = {1 + below(s, 2)}, .service = {1}, .start_utc_s = engine_utc_s(start)};
    }
    command.request = request_new(s);
    const struct fasti_answer answer = run(s, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_MOVED && s->record_count < MADE_MAX)
        s->records[s->record_count++] = answer.record.v;
}

/* An opening comes, changes or goes; sometimes in an import that is open for a while. */
static void edit_step(struct session *s) {
    static const char *const names[] = {"extra-1", "extra-2", "extra-3"};
    struct fasti_opening opening =
        engine_weekly(names[below(s, 3)], (uint8_t)(1u << below(s, 7)), "17:00", "19:00");
    struct fasti_command command =
        engine_put(FASTI_ENTITY_OPENINGS, 1, below(s, 2) == 0 ? "anna" : "bert");
    command.body.put.body.openings.mode =
        below(s, 3) == 0 ? FASTI_OPENINGS_REMOVE : FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.source = below(s, 2) == 0 ? 0 : 7;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    if (below(s, 2) == 0) {
        (void)engine_world_run(s->world, 0, &command); /* of another source: it is refused */
        return;
    }
    struct fasti_command import = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    if (s->import == 0)
        s->import = run(s, &import).body.import.import;
    command.import = s->import;
    (void)engine_world_run(s->world, 0, &command);
    char name[24];
    snprintf(name, sizeof name, "new-%u", below(s, 1000));
    command = engine_schedule(1, name, 0, "visit", NULL);
    command.import = s->import;
    if (below(s, 4) == 0)
        (void)engine_world_run(s->world, 0, &command);
    if (below(s, 4) == 0) {
        import.kind = below(s, 4) == 0 ? FASTI_COMMAND_IMPORT_ABORT : FASTI_COMMAND_IMPORT_COMMIT;
        import.body.import.import = s->import;
        (void)engine_world_run(s->world, 0, &import);
        s->import = 0;
    }
}

static void block_step(struct session *s) {
    char start[32];
    start_random(s, start);
    struct fasti_command command = engine_block(1 + below(s, 2), start, start);
    command.body.block.end_utc_s += 60 * (15 + 15 * (int64_t)below(s, 4));
    (void)run(s, &command);
}

static void step(struct session *s) {
    const uint32_t dice = below(s, 16);
    if (dice < 7)
        take_step(s);
    else if (dice < 10)
        held_step(s);
    else if (dice < 13)
        change_step(s);
    else if (dice < 15)
        edit_step(s);
    else
        block_step(s);
    if (below(s, 40) == 0) { /* some holds expire */
        s->world->now_ms += 300000;
        fasti_engine_clock(s->world->engine)->offset_ms += 300000;
    }
}

static void session_begin_in(struct session *s, struct engine_world *world, uint64_t seed) {
    s->world = world;
    s->prng.state = seed;
    s->import = 0;
    s->record_count = s->hold_count = s->asked_count = 0;
    s->id_next = 0;
    engine_world_practice(s->world);
    const struct fasti_command command = engine_schedule(1, "bert", 0, "visit", NULL);
    cr_assert_eq(engine_world_run(s->world, 0, &command).outcome, FASTI_OUTCOME_CREATED);
    const struct fasti_opening opening = engine_weekly("day", 0x1f, "08:00", "17:00");
    struct fasti_command put = engine_put(FASTI_ENTITY_OPENINGS, 1, "bert");
    put.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    put.body.put.body.openings.count = 1;
    put.body.put.body.openings.openings = &opening;
    cr_assert_eq(engine_world_run(s->world, 0, &put).outcome, FASTI_OUTCOME_CHANGED);
}

static void session_begin(struct session *s, uint64_t seed) {
    session_begin_in(s, engine_world_make(seed, 2, NOW), seed);
}

/* What was done once is not done again after the restart. */
static void asked_again(struct session *s) {
    for (uint32_t i = 0; i < s->asked_count; i++) {
        const struct fasti_answer answer = engine_world_run(s->world, 0, &s->asked[i]);
        cr_assert_eq(answer.outcome, s->answered[i], "request %u: %s, then %s", i,
                     fasti_outcome_name(s->answered[i]), fasti_outcome_name(answer.outcome));
    }
}

static void reopen(struct session *s) {
    engine_world_crash(s->world);
    cr_assert_eq(engine_world_open(s->world), FASTI_OK, "%s", s->world->detail.text);
}

Test(snapshot, is_what_the_log_says, .timeout = 300) {
    static char with[SEEN_BYTES], without[SEEN_BYTES];
    static struct session s;
    struct fasti_prng prng = fasti_test_prng("snapshot");
    uint32_t loaded = 0, overlapped = 0;
    for (uint32_t round = 0; round < 60; round++) {
        session_begin(&s, fasti_prng_next(&prng));
        const uint32_t before = below(&s, 60), after = below(&s, 60);
        for (uint32_t i = 0; i < before; i++)
            step(&s);
        engine_world_checkpoint(s.world);
        for (uint32_t i = 0; i < after; i++) {
            overlapped += s.world->checkpoints_done == 0;
            step(&s);
        }
        if (below(&s, 4) != 0)
            cr_assert(engine_world_checkpoint_wait(s.world, 20000), "it never ends");
        for (uint32_t i = below(&s, 20); i > 0; i--)
            step(&s);
        engine_world_settle(s.world);
        const struct fasti_hash128 digest = engine_world_digest(s.world);
        reopen(&s);
        loaded += s.world->recovery.snapshot != 0;
        cr_assert_eq(s.world->recovery.snapshots_refused, 0, "%s",
                     s.world->recovery.snapshot_why.text);
        cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));
        seen_fill(s.world, with);
        asked_again(&s);
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

/* ---- kills, damage, generations ---- */

#define SMALL_STEPS 14

/* A short session with a snapshot in it, and one more that may not come to its end. */
static void small_session(struct session *s) {
    for (uint32_t i = 0; i < SMALL_STEPS; i++) {
        if (fasti_sim_disk_is_killed(s->world->disk))
            return;
        if (i == 3 || i == 10)
            engine_world_checkpoint(s->world);
        struct fasti_command command =
            engine_book(1, 1, "2026-01-06T09:00:00+01:00", patient(i % PATIENTS));
        command.body.book.items[0].start_utc_s += 900 * (int64_t)i;
        (void)engine_world_run(s->world, i % 2, &command);
        if (i == 8)
            (void)engine_world_checkpoint_wait(s->world, 3000);
    }
    (void)engine_world_checkpoint_wait(s->world, 3000);
}

Test(snapshot, a_kill_at_any_write_leaves_what_the_log_says, .timeout = 300) {
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
            reopen(&s);
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
Test(snapshot, a_failed_write_costs_the_snapshot_alone, .timeout = 120) {
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
            reopen(&s);
            cr_assert_neq(s.world->recovery.snapshot, 0);
            cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));
            engine_world_free(s.world);
        }
        cr_assert_gt(told, 3, "no write of a snapshot failed");
    }
}

/* Files by name prefix, and the size of all of them. */
static uint32_t files_count(struct fasti_sim_disk *disk, const char *prefix, char *newest) {
    struct fasti_io_entry entries[256];
    struct fasti_io *io = fasti_sim_disk_open(disk);
    uint32_t count, found = 0;
    cr_assert_eq(io->operations->list(io, entries, 256, &count), FASTI_OK);
    for (uint32_t i = 0; i < count; i++)
        if (strncmp(entries[i].name, prefix, strlen(prefix)) == 0) {
            found++;
            if (newest != NULL)
                strcpy(newest, entries[i].name);
        }
    io->operations->close(io);
    return found;
}

static enum fasti_status inspect(struct fasti_sim_disk *disk, enum fasti_inspect_mode mode,
                                 struct fasti_inspect_report *report) {
    struct fasti_detail detail;
    struct fasti_io *io = fasti_sim_disk_open(disk);
    const enum fasti_status status = fasti_engine_inspect(io, mode, NULL, NULL, report, &detail);
    io->operations->close(io);
    return status;
}

/* A session whose log is trimmed; the engine is down when it returns. */
static struct fasti_hash128 long_session(struct session *s) {
    session_begin_in(s, engine_world_make_small(7, 2, NOW), 7);
    engine_world_crash(s->world);
    s->world->snapshot_log_bytes = 512 * 1024;
    cr_assert_eq(engine_world_open(s->world), FASTI_OK, "%s", s->world->detail.text);
    for (uint32_t i = 0; i < 1500; i++)
        step(s);
    engine_world_settle(s->world);
    const struct fasti_hash128 digest = engine_world_digest(s->world);
    engine_world_crash(s->world);
    return digest;
}

Test(snapshot, the_log_is_trimmed_and_two_generations_are_kept, .timeout = 120) {
    static struct session s;
    char newest[FASTI_IO_NAME_BYTES_MAX + 1];
    const struct fasti_hash128 digest = long_session(&s);
    struct fasti_sim_disk *disk = s.world->disk;
    const uint32_t snapshots = files_count(disk, "snapshot-", newest);
    cr_assert(snapshots == 2 || snapshots == 3, "%u snapshots: two, and one that is written",
              snapshots);
    cr_assert_leq(files_count(disk, "log-", NULL), 24, "the log grows without bound");
    struct fasti_inspect_report report;
    cr_assert_eq(inspect(disk, FASTI_INSPECT_VERIFY, &report), FASTI_OK);
    cr_assert_geq(report.snapshots, 2);
    cr_assert_eq(inspect(disk, FASTI_INSPECT_DIGEST, &report), FASTI_OK);
    cr_assert_neq(report.snapshot, 0, "the log does not begin at LSN 1");
    cr_assert(fasti_hash128_equal(report.digest_computed, digest));
    cr_assert_eq(engine_world_open(s.world), FASTI_OK, "%s", s.world->detail.text);
    const uint64_t loaded = s.world->recovery.snapshot;
    cr_assert_gt(loaded, 2);
    cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest));

    /* Damage anywhere in the newest that counts: the older one, and a word about it. */
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    fasti_snapshot_name(name, loaded);
    engine_world_crash(s.world);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 9, 1), FASTI_OK);
    cr_assert_eq(inspect(disk, FASTI_INSPECT_VERIFY, &report), FASTI_CORRUPT_SNAPSHOT);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 9, 1), FASTI_OK);
    uint32_t refused = 0;
    for (uint64_t offset = 0; offset < 48 * 1024; offset += 1237) {
        cr_assert_eq(fasti_sim_disk_flip(disk, name, offset, 0x10), FASTI_OK);
        cr_assert_eq(engine_world_open(s.world), FASTI_OK, "%s", s.world->detail.text);
        cr_assert(fasti_hash128_equal(engine_world_digest(s.world), digest), "offset %lu", offset);
        if (s.world->recovery.snapshots_refused > 0) {
            refused++;
            cr_assert_eq(s.world->recovery.snapshot, loaded - 1);
            cr_assert_not_null(strstr(s.world->recovery.snapshot_why.text, name), "%s",
                               s.world->recovery.snapshot_why.text);
        }
        engine_world_crash(s.world);
        cr_assert_eq(fasti_sim_disk_flip(disk, name, offset, 0x10), FASTI_OK);
    }
    cr_assert_gt(refused, 10);

    /* Both: the log does not reach back to its beginning, so nothing is made up. */
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 200, 0x10), FASTI_OK);
    fasti_snapshot_name(name, loaded - 1);
    cr_assert_eq(fasti_sim_disk_flip(disk, name, FASTI_BLOCK_BYTES + 200, 0x10), FASTI_OK);
    const enum fasti_status status = engine_world_open(s.world);
    cr_assert_eq(status, FASTI_CORRUPT_LOG, "%s, snapshot %lu of %lu: %s",
                 fasti_status_name(status), s.world->recovery.snapshot, loaded,
                 s.world->recovery.snapshot_why.text);
    cr_assert_not_null(strstr(s.world->detail.text, "no sound snapshot"), "%s",
                       s.world->detail.text);
    engine_world_free(s.world);
}

/* Segments that a snapshot knows to have been durable were lost from the end. */
Test(snapshot, knows_that_the_end_of_the_log_is_missing, .timeout = 60) {
    static struct session s;
    (void)long_session(&s);
    char newest[FASTI_IO_NAME_BYTES_MAX + 1];
    struct fasti_sim_disk *disk = s.world->disk;
    cr_assert_gt(files_count(disk, "log-", newest), 3);
    while (files_count(disk, "log-", newest) > 1) { /* prepared ones, then used ones */
        struct fasti_io *io = fasti_sim_disk_open(disk);
        cr_assert_eq(io->operations->remove(io, newest), FASTI_OK);
        io->operations->close(io);
    }
    const enum fasti_status status = engine_world_open(s.world);
    if (status != FASTI_OK)
        cr_assert_eq(status, FASTI_CORRUPT_LOG, "%s", s.world->detail.text);
    else
        cr_assert_eq(s.world->recovery.snapshots_refused, 0);
    cr_assert_neq(status, FASTI_OK, "a shorter log was taken for whole");
    cr_assert_not_null(strstr(s.world->detail.text, "missing at its end"), "%s",
                       s.world->detail.text);
    engine_world_free(s.world);
}
