/*
 * test_replay.c - logs with right checksums and digests that say what no engine wrote: refused
 * with a sentence, or, where replay cannot know better, answered without a crash.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/effect.h"
#include "engine/calendar/cell.h"
#include "tests/support/engine_world.h"
#include "tests/support/log_image.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW          "2026-01-05T07:00:00Z"
#define START        "2026-01-06T09:00:00+01:00"
#define DATE         20459
#define TICK         108 /* 09:00 in steps of five minutes */
#define TICKS        3
#define BYTES_MAX    16384
#define RECORD_BYTES (sizeof(struct fasti_record) + sizeof(struct fasti_item) + 8)
#define DECIDED_MS   INT64_C(1767596400000)

/* Effects of a practice, then ones of the test. */
struct tale {
    struct fasti_hash128 digest;  /* of the practice and of what was added with tell */
    struct fasti_hash128 changed; /* what effects that are no bookings add to it */
    uint32_t practice_bytes, practice_count;
    uint32_t bytes, count; /* of what was added */
    _Alignas(8) uint8_t practice[BYTES_MAX];
    _Alignas(8) uint8_t added[BYTES_MAX];
};

static struct tale tale;

static enum fasti_status practice_visit(void *context, const struct fasti_batch *batch,
                                        const uint8_t *payload,
                                        const struct fasti_log_position *position) {
    (void)context;
    (void)position;
    cr_assert_leq(tale.practice_bytes + batch->payload_bytes, BYTES_MAX);
    if (batch->payload_bytes > 0)
        memcpy(tale.practice + tale.practice_bytes, payload, batch->payload_bytes);
    tale.practice_bytes += batch->payload_bytes;
    tale.practice_count += batch->effect_count;
    return FASTI_OK;
}

static void setup(void) {
    struct engine_world *world = engine_world_make(1, 1, NOW);
    struct fasti_log_report report;
    memset(&tale, 0, sizeof tale);
    engine_world_practice(world);
    tale.digest = engine_world_digest(world);
    engine_world_crash(world);
    struct fasti_io *io = fasti_sim_disk_open(world->disk);
    cr_assert_eq(fasti_log_read(io, 0, practice_visit, NULL, &report, NULL), FASTI_OK);
    io->operations->close(io);
    engine_world_free(world);
}

TestSuite(replay, .init = setup);

/* ---- telling ---- */

/* An effect of two cells and a record: a booking, if nothing is changed in it. */
struct telling {
    struct fasti_effect_header header;
    struct fasti_effect_cell cells[2];
    uint32_t body_bytes;
    _Alignas(8) uint8_t body[RECORD_BYTES]; /* a record of patient "p" */
};

static struct fasti_record *record_of(struct telling *t) {
    return (struct fasti_record *)(void *)t->body;
}

static struct telling booking(uint64_t id) {
    struct telling t = {
        .header = {.kind = FASTI_EFFECT_BOOK, .cell_count = 2, .decided_ms = DECIDED_MS},
        .cells = {{.id = fasti_cell_id_day((fasti_schedule_id){1}, (fasti_date){DATE}),
                   .tick = TICK,
                   .count = TICKS},
                  {.id = fasti_cell_id_record((fasti_record_id){id})}},
        .body_bytes = RECORD_BYTES,
    };
    const struct fasti_record record = {.id = (uint32_t)id,
                                        .organization = 1,
                                        .kind = FASTI_RECORD_APPOINTMENT,
                                        .state = FASTI_STATE_BOOKED,
                                        .patient_length = 1,
                                        .created_ms = DECIDED_MS,
                                        .item_count = 1};
    const struct fasti_item item = {1, 1, engine_utc_s(START), 60, 15, 0, 0, 1, 1};
    memcpy(t.body, &record, sizeof record);
    memcpy(t.body + sizeof record, &item, sizeof item);
    t.body[sizeof record + sizeof item] = 'p';
    return t;
}

/* Does an effect of this kind make the record of a telling? */
static bool makes(uint16_t kind) {
    return kind == FASTI_EFFECT_BOOK || kind == FASTI_EFFECT_LOAD;
}

/* Adds an effect; a record in it counts in the digest, as if it were good. */
static void tell(const struct telling *t) {
    struct fasti_writer writer = {.bytes = tale.added + tale.bytes,
                                  .capacity = BYTES_MAX - tale.bytes};
    fasti_effect_begin(&writer, &t->header, t->cells);
    fasti_write(&writer, t->body, t->body_bytes);
    cr_assert(fasti_effect_finish(&writer));
    tale.bytes += (uint32_t)writer.size;
    tale.count++;
    if (makes(t->header.kind))
        tale.digest = fasti_hash128_add(tale.digest, fasti_hash128(t->body, t->body_bytes));
}

static struct fasti_sim_disk *disk_make(void) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct fasti_hash128 before = tale.digest;
    struct log_image image;
    for (uint32_t at = 0; at < tale.bytes;) { /* the practice's digest is without them */
        struct fasti_effect effect;
        cr_assert_eq(fasti_effect_decode(tale.added + at, tale.bytes - at, &effect), FASTI_OK);
        if (makes(effect.header->kind))
            before = fasti_hash128_subtract(before, fasti_hash128(effect.body, effect.body_bytes));
        at += effect.header->size_bytes;
    }
    log_image_begin(&image, 16 * FASTI_BLOCK_BYTES);
    cr_assert(log_image_batch(&image, tale.practice, tale.practice_bytes, tale.practice_count,
                              DECIDED_MS, before));
    cr_assert(log_image_batch(&image, tale.added, tale.bytes, tale.count, DECIDED_MS,
                              fasti_hash128_add(tale.digest, tale.changed)));
    log_image_place(&image, disk);
    return disk;
}

/* What a replay of the tale says; it is forgotten then. */
static enum fasti_status replay(struct fasti_detail *detail) {
    struct fasti_sim_disk *disk = disk_make();
    struct fasti_inspect_report report;
    detail->text[0] = '\0';
    struct fasti_io *io = fasti_sim_disk_open(disk);
    const enum fasti_status status =
        fasti_engine_inspect(io, FASTI_INSPECT_DIGEST, NULL, NULL, &report, detail);
    struct fasti_detail unused;
    const enum fasti_status dumped =
        fasti_engine_inspect(io, FASTI_INSPECT_DUMP, NULL, NULL, &report, &unused);
    cr_assert_eq(dumped, FASTI_OK, "a dump takes apart what replay refuses");
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
    for (uint32_t at = 0; at < tale.bytes;) {
        struct fasti_effect effect;
        cr_assert_eq(fasti_effect_decode(tale.added + at, tale.bytes - at, &effect), FASTI_OK);
        if (makes(effect.header->kind))
            tale.digest =
                fasti_hash128_subtract(tale.digest, fasti_hash128(effect.body, effect.body_bytes));
        at += effect.header->size_bytes;
    }
    tale.bytes = tale.count = 0;
    tale.changed = (struct fasti_hash128){0, 0};
    return status;
}

static void refused(const char *what, const char *word) {
    struct fasti_detail detail;
    const enum fasti_status status = replay(&detail);
    cr_assert_eq(status, FASTI_CORRUPT_STATE, "%s: %s", what, fasti_status_name(status));
    cr_assert(strstr(detail.text, word) != NULL, "%s: no \"%s\" in: %s", what, word, detail.text);
    cr_assert(strstr(detail.text, "LSN") != NULL, "%s: no place in: %s", what, detail.text);
}

/* ---- bookings ---- */

Test(replay, a_booking_as_the_engine_makes_it_is_taken) {
    struct fasti_detail detail;
    const struct telling t = booking(1);
    tell(&t);
    cr_assert_eq(replay(&detail), FASTI_OK, "%s", detail.text);
}

#define WELL_FORMED(what, change)                    \
    do {                                             \
        struct telling t = booking(1);               \
        struct fasti_record *record = record_of(&t); \
        struct fasti_item *item = record->items;     \
        (void)item;                                  \
        (void)record;                                \
        change;                                      \
        tell(&t);                                    \
        refused(what, "not well formed");            \
    } while (0)

Test(replay, a_record_that_is_not_well_formed_is_refused) {
    WELL_FORMED("start", item->start_utc_s = INT64_MAX);
    WELL_FORMED("start", item->start_utc_s = INT64_MIN);
    WELL_FORMED("start", item->start_utc_s = FASTI_ZONE_END_UTC_S);
    WELL_FORMED("offset", item->offset_minutes = 1440);
    WELL_FORMED("offset", item->offset_minutes = INT16_MIN);
    WELL_FORMED("minutes", item->minutes = 0);
    WELL_FORMED("minutes", item->minutes = FASTI_LOCAL_DAY_MINUTES_MAX + 1);
    WELL_FORMED("buffer", item->before_minutes = FASTI_BUFFER_MINUTES_MAX + 1);
    WELL_FORMED("buffer", item->after_minutes = 255);
    WELL_FORMED("seats", item->seats = 0);
    WELL_FORMED("seats", item->seats = 2);
    WELL_FORMED("seats", item->seats_max = FASTI_SEATS_MAX + 1);
    WELL_FORMED("service", item->service = FASTI_SERVICES_MAX + 1);
    WELL_FORMED("state", record->state = FASTI_STATE_CANCELLED);
    WELL_FORMED("reason", record->reason = 1);
    WELL_FORMED("flags", record->flags = 1);
    WELL_FORMED("source", record->flags = FASTI_RECORD_SOURCE);
    WELL_FORMED("items", record->item_count = 2);
    WELL_FORMED("items", record->item_count = 0);
    WELL_FORMED("kind", record->kind = 3);
    WELL_FORMED("patient", record->patient_length = 0);
    WELL_FORMED("patient", record->patient_length = FASTI_PATIENT_BYTES_MAX + 1);
    WELL_FORMED("patient", record->kind = FASTI_RECORD_BLOCK);
    WELL_FORMED("payload", record->payload_length = FASTI_PAYLOAD_BYTES_MAX + 1);
    WELL_FORMED("payload", record->payload_length = 8);
    WELL_FORMED("padding", t.body[RECORD_BYTES - 1] = 1);
    WELL_FORMED("size", t.body_bytes -= 8);
    WELL_FORMED("size", t.body_bytes = 0);
    WELL_FORMED("cells", t.header.cell_count = 1);
    WELL_FORMED("cells", t.header.cell_count = 0);
}

static void wrong(const char *word, const struct telling *t) {
    tell(t);
    refused(word, word);
}

Test(replay, a_booking_that_does_not_fit_the_state_is_refused) {
    struct telling t = booking(0);
    wrong("not well formed", &t);
    t = booking(FASTI_RECORDS_MAX);
    wrong("not well formed", &t);
    t = booking(1);
    t.cells[1].id++;
    wrong("not well formed", &t);
    t = booking(1);
    t.cells[1].from_version = 1;
    wrong("not well formed", &t);
    t = booking(1);
    record_of(&t)->items[0].schedule = 2;
    wrong("belongs to no record", &t);
    t = booking(1);
    t.cells[0].count = 0;
    wrong("belongs to no record", &t);
    t = booking(1);
    t.cells[0].count |= FASTI_EFFECT_CELL_RELEASES;
    wrong("belongs to no record", &t);
    t = booking(1);
    t.cells[0].from_version = 1;
    wrong("another version", &t);
    t = booking(1);
    t.cells[0].tick = FASTI_TICKS_MAX - TICKS + 1;
    wrong("taken time", &t);
    t = booking(1);
    record_of(&t)->items[0].schedule = 2;
    t.cells[0].id = fasti_cell_id_day((fasti_schedule_id){2}, (fasti_date){DATE});
    wrong("unknown schedule", &t);
    t = booking(1);
    t.cells[0].id |= 0xfffff; /* a date in the year 4870 */
    wrong("unknown schedule", &t);
    t = booking(1);
    tell(&t);
    t = booking(2);
    t.cells[0].from_version = 1;
    t.cells[0].tick = TICK + TICKS - 1;
    wrong("taken time", &t);
    t = booking(1);
    tell(&t);
    t.cells[0].tick = 0;
    t.cells[0].from_version = 1;
    wrong("does not make a new record", &t);
}

/* ---- other effects ---- */

static struct telling ending(uint64_t id) {
    struct telling t = booking(id);
    const struct fasti_effect_end end = {
        .record = id, .organization = 1, .state = FASTI_STATE_CANCELLED};
    t.header.kind = FASTI_EFFECT_END;
    t.cells[0].from_version = 1;
    t.cells[0].count |= FASTI_EFFECT_CELL_RELEASES;
    t.cells[1].from_version = 1;
    memset(t.body, 0, sizeof t.body);
    memcpy(t.body, &end, sizeof end);
    t.body_bytes = sizeof end;
    return t;
}

/* Logs of before the codes have other reasons than those of the table. */
Test(replay, an_end_has_any_reason) {
    const struct telling b = booking(1);
    for (uint32_t reason = 0; reason < 256; reason++) {
        struct telling t = ending(1), after = booking(1);
        struct fasti_effect_end end;
        struct fasti_detail detail;
        memcpy(&end, t.body, sizeof end);
        end.reason = (uint8_t)reason;
        memcpy(t.body, &end, sizeof end);
        record_of(&after)->state = FASTI_STATE_CANCELLED;
        record_of(&after)->reason = (uint8_t)reason;
        tale.changed = fasti_hash128_subtract(fasti_hash128(after.body, after.body_bytes),
                                              fasti_hash128(b.body, b.body_bytes));
        tell(&b);
        tell(&t);
        cr_assert_eq(replay(&detail), FASTI_OK, "%u: %s", reason, detail.text);
    }
}

/* After a booking, an end that was changed. */
#define AFTER_BOOKING(word, change)          \
    do {                                     \
        const struct telling b = booking(1); \
        struct telling t = ending(1);        \
        struct fasti_effect_end end;         \
        memcpy(&end, t.body, sizeof end);    \
        change;                              \
        memcpy(t.body, &end, sizeof end);    \
        tell(&b);                            \
        wrong(word, &t);                     \
    } while (0)

Test(replay, an_end_that_does_not_fit_its_record_is_refused) {
    AFTER_BOOKING("does not fit its record", end.state = FASTI_STATE_BOOKED);
    AFTER_BOOKING("not well formed", end.record = 2);
    AFTER_BOOKING("not well formed", t.body_bytes += 8);
    AFTER_BOOKING("not well formed", t.header.cell_count = 1);
    AFTER_BOOKING("another version of record", t.cells[1].from_version = 2);
    AFTER_BOOKING("belongs to no record", t.cells[0].count = TICKS);
    AFTER_BOOKING("belongs to no record", t.cells[0].count = FASTI_EFFECT_CELL_RELEASES);
    AFTER_BOOKING("does not fit its record", end.organization = 2);
    AFTER_BOOKING("leaves out time", t.cells[0].count++);
    AFTER_BOOKING("frees free time", t.cells[0].tick++);
    AFTER_BOOKING("another version of a day", t.cells[0].from_version = 2);
    struct telling t = ending(7);
    wrong("another version of record", &t);
}

Test(replay, a_touch_names_one_day_and_no_time) {
    struct telling t = booking(1);
    t.header.kind = FASTI_EFFECT_TOUCH;
    t.body_bytes = 0;
    wrong("a touch names cells", &t);
    t.header.cell_count = 1;
    wrong("a touch names cells", &t);
    t.cells[0].count = 0;
    wrong("a touch names cells", &t);
    t.cells[0].tick = 0;
    t.cells[0].id = fasti_cell_id_config();
    wrong("unknown schedule", &t);
}

Test(replay, configuration_that_does_not_follow_is_refused) {
    struct telling t = booking(1);
    t.header.cell_count = 1;
    t.cells[0] = (struct fasti_effect_cell){.id = fasti_cell_id_config(),
                                            .from_version = tale.practice_count};
    t.body_bytes = 0;
    t.header.kind = FASTI_EFFECT_PUT;
    wrong("contradicts", &t);
    t.header.kind = FASTI_EFFECT_PUBLISH;
    t.header.import = 9;
    wrong("import 9 is published but nothing was staged", &t);
    t.header.kind = FASTI_EFFECT_NOTHING;
    t.cells[0].from_version++;
    wrong("starts from another version", &t);
    t.cells[0].from_version--;
    t.header.cell_count = 2;
    wrong("starts from another version", &t);
}

Test(replay, kinds_of_later_versions_are_told_apart_from_damage) {
    struct fasti_detail detail;
    for (uint16_t kind = 0; kind < 300; kind++) {
        struct telling t = booking(1);
        if (kind <= FASTI_EFFECT_ABORT && kind > 0)
            continue;
        if (kind >= FASTI_EFFECT_BOOK && kind <= FASTI_EFFECT_LOAD)
            continue;
        if (kind == FASTI_EFFECT_RETIRE || kind == FASTI_EFFECT_PURGE)
            continue;
        t.header.kind = kind;
        tell(&t);
        cr_assert_eq(replay(&detail), FASTI_UNSUPPORTED_FORMAT, "kind %u", kind);
    }
}

/* ---- loads ---- */

static struct telling loaded(uint64_t id, enum fasti_record_state state) {
    struct telling t = booking(id);
    t.header.kind = FASTI_EFFECT_LOAD;
    record_of(&t)->state = (uint8_t)state;
    if (!fasti_state_frees(state))
        return t;
    t.header.cell_count = 1; /* no time */
    t.cells[0] = t.cells[1];
    return t;
}

Test(replay, loads_make_records_in_any_state) {
    static const enum fasti_record_state states[] = {
        FASTI_STATE_BOOKED,  FASTI_STATE_CANCELLED, FASTI_STATE_PENDING, FASTI_STATE_DECLINED,
        FASTI_STATE_ARRIVED, FASTI_STATE_FULFILLED, FASTI_STATE_NOSHOW,  FASTI_STATE_MOVED};
    struct fasti_detail detail;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct telling t = loaded(7, states[i]);
        record_of(&t)->reason = 200; /* of an old log */
        tell(&t);
        cr_assert_eq(replay(&detail), FASTI_OK, "state %d: %s", (int)states[i], detail.text);
    }
}

Test(replay, a_load_says_that_it_shares) {
    struct fasti_detail detail;
    struct telling t = loaded(1, FASTI_STATE_BOOKED);
    tell(&t);
    struct telling beside = loaded(2, FASTI_STATE_BOOKED);
    beside.cells[0].from_version = 1;
    beside.cells[0].count |= FASTI_EFFECT_CELL_SHARES;
    tell(&beside);
    cr_assert_eq(replay(&detail), FASTI_OK, "%s", detail.text);
}

Test(replay, a_load_that_does_not_fit_is_refused) {
    struct telling t = loaded(1, FASTI_STATE_HELD);
    wrong("not well formed", &t);
    t = loaded(1, FASTI_STATE_RELEASED);
    wrong("not well formed", &t);
    t = loaded(1, (enum fasti_record_state)(FASTI_STATE_RELEASED + 1));
    wrong("not well formed", &t);
    t = loaded(1, FASTI_STATE_BOOKED);
    record_of(&t)->items[0].service = 0;
    wrong("not well formed", &t);
    t = loaded(1, FASTI_STATE_BOOKED);
    record_of(&t)->flags = FASTI_RECORD_MODALITY;
    wrong("not well formed", &t);
    t = loaded(1, FASTI_STATE_CANCELLED); /* it ended, and takes time */
    t.header.cell_count = 2;
    t.cells[1] = t.cells[0];
    t.cells[0] = booking(1).cells[0];
    wrong("belongs to no record", &t);
    t = loaded(1, FASTI_STATE_ARRIVED); /* it goes on, and takes none */
    t.header.cell_count = 1;
    t.cells[0] = t.cells[1];
    wrong("leaves out time", &t);
    t = loaded(1, FASTI_STATE_BOOKED);
    t.cells[1].from_version = 1;
    wrong("not well formed", &t);
    t = loaded(1, FASTI_STATE_CANCELLED);
    record_of(&t)->items[0].schedule = 2;
    wrong("unknown schedule", &t);
    t = loaded(1, FASTI_STATE_BOOKED);
    tell(&t);
    wrong("does not make a new record", &t);
    t = loaded(1, FASTI_STATE_BOOKED);
    tell(&t);
    struct telling beside = loaded(2, FASTI_STATE_BOOKED);
    beside.cells[0].from_version = 1;
    wrong("takes taken time", &beside);
    beside = booking(1); /* only loads share */
    beside.cells[0].count |= FASTI_EFFECT_CELL_SHARES;
    wrong("belongs to no record", &beside);
    t = loaded(1, FASTI_STATE_CANCELLED);
    tell(&t);
    wrong("does not make a new record", &t);
}

/* ---- what replay cannot know ---- */

static struct fasti_answer cancel_of(const struct telling *t) {
    struct fasti_recovery recovery;
    struct fasti_detail detail;
    struct fasti_engine *engine;
    struct fasti_answer answer;
    tell(t);
    struct fasti_sim_disk *disk = disk_make();
    const struct fasti_engine_options options = {.worker_count = 1,
                                                 .segment_bytes = 16 * FASTI_BLOCK_BYTES,
                                                 .clock = fasti_clock_fixed(DECIDED_MS)};
    cr_assert_eq(
        fasti_engine_open(&options, fasti_sim_disk_open(disk), &engine, &recovery, &detail),
        FASTI_OK, "%s", detail.text);
    const struct fasti_command cancel = engine_cancel(1);
    bool is_done = fasti_engine_submit(engine, 0, &cancel, 1, &answer);
    for (int i = 0; !is_done && i < 1000; i++)
        is_done = fasti_engine_poll(engine, 0, &answer, 1) == 1;
    cr_assert(is_done);
    fasti_engine_close(engine, false);
    fasti_sim_disk_destroy(disk);
    return answer;
}

/* Ticks are the effect's, instants the record's; only the zone could tell that they differ. */
Test(replay, a_record_that_lies_elsewhere_than_its_time_cannot_be_ended) {
    const struct telling good = booking(1);
    cr_assert_eq(cancel_of(&good).outcome, FASTI_OUTCOME_CANCELLED);
    setup();
    struct telling off_tick = booking(1);
    record_of(&off_tick)->items[0].start_utc_s += 60;
    cr_assert_eq(cancel_of(&off_tick).status, FASTI_CORRUPT_STATE);
    setup();
    struct telling other_tick = booking(1);
    other_tick.cells[0].tick++;
    cr_assert_eq(cancel_of(&other_tick).status, FASTI_CORRUPT_STATE);
    setup();
    struct telling other_day = booking(1);
    record_of(&other_day)->items[0].start_utc_s += 86400;
    cr_assert_eq(cancel_of(&other_day).status, FASTI_CORRUPT_STATE);
    setup();
    struct telling far = booking(1);
    record_of(&far)->items[0].start_utc_s += 86400 * 30000LL; /* no cells there */
    cr_assert_eq(cancel_of(&far).status, FASTI_CORRUPT_STATE);
}

/* ---- counters ---- */

static struct fasti_sim_disk *disk_with_epoch(uint64_t epoch) {
    struct fasti_sim_disk *disk = fasti_sim_disk_create(1);
    struct log_image image;
    log_image_begin(&image, 8 * FASTI_BLOCK_BYTES);
    image.epoch = epoch;
    cr_assert(log_image_batch(&image, NULL, 0, 0, 1, (struct fasti_hash128){0, 0}));
    log_image_place(&image, disk);
    return disk;
}

static enum fasti_status read_with_epoch(uint64_t epoch, struct fasti_detail *detail) {
    struct fasti_sim_disk *disk = disk_with_epoch(epoch);
    struct fasti_inspect_report report;
    struct fasti_io *io = fasti_sim_disk_open(disk);
    const enum fasti_status status =
        fasti_engine_inspect(io, FASTI_INSPECT_VERIFY, NULL, NULL, &report, detail);
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
    return status;
}

static enum fasti_status visit_nothing(void *context, const struct fasti_batch *batch,
                                       const uint8_t *payload,
                                       const struct fasti_log_position *position) {
    (void)context, (void)batch, (void)payload, (void)position;
    return FASTI_OK;
}

/* Starts on a log of this epoch; what a start writes reads again. */
static enum fasti_status start_with_epoch(uint64_t epoch, struct fasti_detail *detail) {
    struct fasti_sim_disk *disk = disk_with_epoch(epoch);
    struct fasti_io *io = fasti_sim_disk_open(disk);
    struct fasti_log_report report;
    struct fasti_log *log;
    cr_assert_eq(fasti_log_read(io, 0, visit_nothing, NULL, &report, detail), FASTI_OK, "%s",
                 detail->text);
    const enum fasti_status status =
        fasti_log_open(io, &report, 1000, FASTI_SEGMENT_BYTES_MIN, &log, detail);
    if (status == FASTI_OK) {
        fasti_log_close(log, true);
        cr_assert_eq(fasti_log_read(io, 0, visit_nothing, NULL, &report, detail), FASTI_OK, "%s",
                     detail->text);
        cr_assert_eq(report.epoch, epoch + 1);
    }
    io->operations->close(io);
    fasti_sim_disk_destroy(disk);
    return status;
}

Test(replay, a_log_is_written_on_as_long_as_an_epoch_is_left) {
    struct fasti_detail detail = {{0}};
    cr_assert_eq(read_with_epoch(FASTI_LOG_COUNTER_END - 1, &detail), FASTI_OK, "%s", detail.text);
    cr_assert_eq(read_with_epoch(FASTI_LOG_COUNTER_END, &detail), FASTI_CORRUPT_LOG);
    cr_assert_eq(read_with_epoch(UINT64_MAX, &detail), FASTI_CORRUPT_LOG);
    cr_assert_eq(start_with_epoch(FASTI_LOG_COUNTER_END - 2, &detail), FASTI_OK, "%s", detail.text);
    cr_assert_eq(start_with_epoch(FASTI_LOG_COUNTER_END - 1, &detail), FASTI_CORRUPT_LOG);
    uint64_t number;
    cr_assert(fasti_segment_name_parse("log-7fffffffffffffff", &number));
    cr_assert_not(fasti_segment_name_parse("log-8000000000000000", &number));
    cr_assert_not(fasti_segment_name_parse("log-0000000000000000", &number));
}
