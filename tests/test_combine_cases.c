/*
 * test_combine_cases.c - COMBINE in single cases: what is offered is booked once, rows that stand
 * in each other's way, month ends, bounds, other organizations; and its columns on the wire.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "api/api_limits.h"
#include "api/codec.h"
#include "tests/support/engine_world.h"
#include "tests/support/messages.h"
#include "tests/support/seed.h"

#define TODAY 20458 /* 2026-01-05, a Monday */

static struct engine_world *world;
static struct fasti_command command; /* the question; its query is `query` */
static struct fasti_combine_query *query = &command.body.combine;
static struct fasti_answer answer;
static struct fasti_combine_answer got;

static void must(struct fasti_command put) {
    const struct fasti_answer done = engine_world_run(world, 0, &put);
    cr_assert_eq(done.status, FASTI_OK, "%s", done.detail.text);
    cr_assert(fasti_outcome_is_done(done.outcome), "%s", fasti_outcome_name(done.outcome));
}

/* Beside anna, who is 1: bernd (2) and a room (3), for "visit" (1, 15 minutes) and "long" (2). */
static void setup(void) {
    world = engine_world_make(1, 1, "2026-01-05T06:00:00Z");
    engine_world_practice(world);
    static const char *const ids[] = {"bernd", "room"};
    for (uint32_t i = 0; i < 2; i++) {
        static struct fasti_opening opening;
        opening = engine_weekly("day", 0x7f, i == 0 ? "10:00" : "08:00", "11:00");
        must(engine_schedule(1, ids[i], 15, "visit", NULL));
        struct fasti_command openings = engine_put(FASTI_ENTITY_OPENINGS, 1, ids[i]);
        openings.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        openings.body.put.body.openings.count = 1;
        openings.body.put.body.openings.openings = &opening;
        must(openings);
    }
    memset(&command, 0, sizeof command);
    command.kind = FASTI_COMMAND_COMBINE;
    command.organization.v = 1;
    query->first.v = query->last.v = TODAY;
    query->limit = 3;
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(combine_cases, .init = setup, .fini = teardown);

static void step_add(uint16_t days_min, uint16_t days_max) {
    query->steps[query->step_count++] =
        (struct fasti_combine_step){.days_min = days_min, .days_max = days_max};
}
/* Its schedules, up to a 0, for "visit". */
static void part_add(int16_t offset_minutes, const uint32_t *schedules) {
    query->steps[query->step_count - 1].part_count++;
    struct fasti_combine_part *part = &query->parts[query->part_count++];
    part->offset_minutes = offset_minutes;
    for (; *schedules != 0; schedules++, part->choice_count++)
        query->choices[query->choice_count++] = (struct fasti_combine_choice){{*schedules}, {1}};
}
#define PART(offset, ...) part_add(offset, (const uint32_t[]){__VA_ARGS__, 0})

static enum fasti_status ask(void) {
    answer = engine_world_run(world, 0, &command);
    if (answer.status == FASTI_OK)
        got = *answer.body.combine;
    return answer.status;
}

static void assert_row(uint32_t row, uint32_t schedule, const char *start) {
    cr_assert_lt(row, got.row_count);
    cr_assert_eq(got.rows[row].schedule.v, schedule, "row %u is %u", row, got.rows[row].schedule.v);
    cr_assert_eq(got.rows[row].start_utc_s, engine_utc_s(start), "row %u is at %lld", row,
                 (long long)got.rows[row].start_utc_s);
}

/* Books an offer as it stands. */
static enum fasti_outcome offer_book(uint32_t offer) {
    static struct fasti_command book;
    const uint32_t rows = (uint32_t)got.row_count / got.count;
    memset(&book, 0, sizeof book);
    book.kind = FASTI_COMMAND_BOOK;
    book.organization.v = 1;
    book.body.book.item_count = (uint8_t)rows;
    for (uint32_t r = 0; r < rows; r++) {
        const struct fasti_combine_row *row = &got.rows[offer * rows + r];
        book.body.book.items[r] = (struct fasti_book_item){.schedule = row->schedule,
                                                           .service = row->service,
                                                           .start_utc_s = row->start_utc_s,
                                                           .appointment = row->appointment};
        book.body.book.appointment_count = (uint8_t)(row->appointment + 1);
        book.body.book.appointments[row->appointment].patient = "p";
        book.body.book.appointments[row->appointment].patient_length = 1;
    }
    return engine_world_run(world, 0, &book).outcome;
}

Test(combine_cases, what_is_offered_is_booked_and_then_taken) {
    step_add(0, 0);
    PART(0, 1, 2);
    PART(15, 3);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.count, 3);
    cr_assert(got.more);
    assert_row(0, 1, "2026-01-05T08:00:00+01:00");
    assert_row(1, 3, "2026-01-05T08:15:00+01:00");
    assert_row(4, 1, "2026-01-05T08:30:00+01:00");
    cr_assert_eq(got.rows[1].offset_minutes, 60);
    cr_assert_eq(got.rows[1].minutes, 15);
    for (uint32_t offer = 0; offer < 3; offer++)
        cr_assert_eq(offer_book(offer), FASTI_OUTCOME_BOOKED);
    for (uint32_t offer = 0; offer < 3; offer++)
        cr_assert_eq(offer_book(offer), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(ask(), FASTI_OK);
    assert_row(0, 1, "2026-01-05T08:45:00+01:00");
}

Test(combine_cases, one_schedule_is_not_two_parts_at_once) {
    step_add(0, 0);
    PART(0, 1, 2);
    PART(0, 1, 2);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-05T10:00:00+01:00"); /* bernd begins then */
    assert_row(1, 2, "2026-01-05T10:00:00+01:00");
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
    query->parts[1].offset_minutes = 30; /* nor one after the other: it stays beside the patient */
    query->parts[0].choice_count = query->parts[1].choice_count = 1;
    query->choices[1].schedule.v = 1;
    query->choice_count = 2;
    cr_assert_eq(ask(), FASTI_OK);
    cr_assert_eq(got.count, 0);
    cr_assert_not(got.more);
}

Test(combine_cases, a_chain_on_one_day_follows_and_crosses_the_month) {
    step_add(0, 0);
    PART(0, 1);
    step_add(0, 0);
    PART(0, 1);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-05T08:00:00+01:00");
    assert_row(1, 1, "2026-01-05T08:15:00+01:00");
    assert_row(2, 1, "2026-01-05T08:00:00+01:00");
    assert_row(3, 1, "2026-01-05T08:30:00+01:00");
    cr_assert_eq(got.rows[1].appointment, 1);
    query->first.v = TODAY + 25; /* Friday 30 January */
    query->last.v = TODAY + 60;
    query->steps[1] = (struct fasti_combine_step){.part_count = 1, .days_min = 28, .days_max = 30};
    step_add(1, 1);
    PART(-30, 3);
    query->parts[2].offset_minutes = 0;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-30T08:00:00+01:00");
    assert_row(1, 1, "2026-02-27T08:00:00+01:00");
    assert_row(2, 3, "2026-02-28T08:00:00+01:00");
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_TAKEN);
}

/* A limit that each row keeps and both together do not. */
Test(combine_cases, limits_count_the_rows_of_the_chain) {
    struct fasti_command put = engine_schedule(1, "anna", 5, "visit", "long");
    put.body.put.body.schedule.terms.week_limit = 1;
    must(put);
    query->last.v = TODAY + 13;
    query->limit = 1;
    step_add(0, 0);
    PART(0, 1);
    step_add(1, 7);
    PART(0, 1, 2);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-05T08:00:00+01:00");
    assert_row(1, 2, "2026-01-06T10:00:00+01:00"); /* anna is free at 8, but not in this week */
    query->parts[1].choice_count = 1;
    query->choice_count = 2;
    uint32_t pages = 0;
    do { /* what one page may look at ends in the first week: the next one goes on there */
        cr_assert_eq(ask(), FASTI_OK);
        cr_assert(got.count > 0 || (got.more && got.next_utc_s > query->after_utc_s));
        query->after_utc_s = got.next_utc_s;
        pages++;
    } while (got.count == 0);
    cr_assert_gt(pages, 1);
    assert_row(1, 1, "2026-01-12T08:00:00+01:00");
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
}

Test(combine_cases, too_much_to_look_at_is_said) {
    struct fasti_command put = engine_schedule(1, "anna", 5, "visit", "long");
    put.body.put.body.schedule.terms.week_limit = 1;
    must(put);
    static struct fasti_opening opening;
    opening = engine_weekly("all day", 0x1f, "17:00", "24:00");
    struct fasti_command openings = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    openings.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    openings.body.put.body.openings.count = 1;
    openings.body.put.body.openings.openings = &opening;
    must(openings);
    query->last.v = TODAY + 4; /* one week: of four visits never all */
    step_add(0, 0);
    PART(0, 1);
    for (int s = 1; s < 4; s++) {
        step_add(1, 1);
        PART(0, 1);
    }
    cr_assert_eq(ask(), FASTI_LIMIT_MESSAGE);
    cr_assert_not_null(strstr(answer.detail.text, "ask for fewer"), "%s", answer.detail.text);
    query->step_count = query->part_count = query->choice_count = 1;
    query->after_utc_s = 0;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
}

Test(combine_cases, reasons_say_who_cannot_be_had_and_nobody_sees_another_house) {
    must(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "other"));
    step_add(0, 0);
    PART(0, 77, 1, 3);
    query->choices[2].service.v = 2; /* the room has no "long" */
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.choice_count, 3);
    cr_assert_eq(got.reasons[0], FASTI_REASON_UNKNOWN);
    cr_assert_eq(got.reasons[1], FASTI_REASON_FREE);
    cr_assert_eq(got.reasons[2], FASTI_REASON_NOT_OFFERED);
    cr_assert_eq(got.rows[0].choice, 1);
    command.organization.v = 2;
    cr_assert_eq(ask(), FASTI_OK);
    cr_assert_eq(got.count, 0);
    for (uint32_t c = 0; c < 3; c++)
        cr_assert_eq(got.reasons[c], FASTI_REASON_UNKNOWN);
}

/* Its time is free from then on, though nobody has written that yet; nor does the question. */
Test(combine_cases, an_expired_hold_is_in_nobodys_way) {
    static struct fasti_command hold;
    hold = (struct fasti_command){.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    hold.body.hold.book = engine_book(1, 1, "2026-01-05T08:00:00+01:00", "p").body.book;
    hold.body.hold.book.appointments[0].patient_length = 0;
    hold.body.hold.seconds = 10;
    must(hold);
    step_add(0, 0);
    PART(0, 1);
    step_add(0, 0);
    PART(0, 1);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-05T08:15:00+01:00");
    const struct fasti_hash128 digest = engine_world_digest(world);
    fasti_engine_clock(world->engine)->offset_ms += 11000;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    assert_row(0, 1, "2026-01-05T08:00:00+01:00");
    const struct fasti_command status = {.kind = FASTI_COMMAND_STATUS};
    cr_assert(fasti_hash128_equal(digest, engine_world_run(world, 0, &status).body.status.digest));
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
}

/* Every Monday at ten; one is taken, one is a gap of what can be had. */
Test(combine_cases, a_series_has_its_wishes_and_what_is_near) {
    step_add(0, 0);
    PART(0, 2);
    query->last.v = TODAY + 40;
    query->from_minute = 600;
    query->series = (struct fasti_combine_series){
        .count = 4, .every_days = 7, .minute = 600, .near_days = 1, .first = {TODAY}};
    must(engine_book(2, 1, "2026-01-12T10:00:00+01:00", "q"));
    must(engine_block(2, "2026-01-18T10:00:00+01:00", "2026-01-18T11:00:00+01:00"));
    must(engine_block(2, "2026-01-19T10:00:00+01:00", "2026-01-19T11:00:00+01:00"));
    must(engine_block(2, "2026-01-20T10:00:00+01:00", "2026-01-20T11:00:00+01:00"));
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.visit_count, 4);
    static const uint8_t fates[] = {FASTI_SERIES_WISHED, FASTI_SERIES_NEAR, FASTI_SERIES_NONE,
                                    FASTI_SERIES_WISHED};
    cr_assert_arr_eq(((uint8_t[]){got.visits[0].fate, got.visits[1].fate, got.visits[2].fate,
                                  got.visits[3].fate}),
                     fates, 4);
    cr_assert_eq(got.visits[2].wished_utc_s, engine_utc_s("2026-01-19T10:00:00+01:00"));
    cr_assert_eq(got.visits[2].wished_offset_minutes, 60);
    cr_assert_eq(got.count, 1);
    cr_assert_eq(got.row_count, 3);
    assert_row(1, 2, "2026-01-12T10:15:00+01:00");
    assert_row(2, 2, "2026-01-26T10:00:00+01:00");
    cr_assert_eq(got.rows[2].appointment, 2);
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_TAKEN);
}

/* Half of a year of them, and a limit that each visit alone would keep. */
Test(combine_cases, a_long_series_is_one_booking) {
    struct fasti_command put = engine_schedule(1, "anna", 5, "visit", "long");
    put.body.put.body.schedule.terms.month_limit = 4;
    must(put);
    step_add(0, 0);
    PART(0, 1);
    query->last.v = TODAY + 399;
    query->series = (struct fasti_combine_series){
        .count = 50, .every_days = 7, .minute = 480, .near_days = 3, .first = {TODAY}};
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.visit_count, 50);
    uint32_t booked = 0;
    for (uint32_t v = 0; v < 50; v++)
        booked += got.visits[v].fate == FASTI_SERIES_WISHED;
    cr_assert_geq(booked, 40);
    cr_assert_lt(booked, 50); /* months with five Mondays */
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
}

#define REFUSES(change, wanted, sentence)                                                   \
    do {                                                                                    \
        const struct fasti_combine_query kept = *query;                                     \
        change;                                                                             \
        cr_assert_eq(ask(), wanted, "%s", #change);                                         \
        cr_assert_not_null(strstr(answer.detail.text, sentence), "%s", answer.detail.text); \
        *query = kept;                                                                      \
    } while (0)

Test(combine_cases, what_is_beyond_a_bound_is_refused) {
    step_add(0, 0);
    PART(0, 1);
    PART(15, 3);
    step_add(1, 2);
    PART(0, 2);
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    REFUSES(query->step_count = 0, FASTI_INVALID_RANGE, "1 to 4 steps");
    REFUSES(query->step_count = 5, FASTI_INVALID_RANGE, "1 to 4 steps");
    REFUSES(query->steps[0].part_count = 0, FASTI_INVALID_RANGE, "1 to 4 parts");
    REFUSES(query->steps[0].part_count = 1, FASTI_INVALID_RANGE, "2 parts, not 3");
    REFUSES(query->parts[1].choice_count = 0, FASTI_INVALID_RANGE, "part 2 names no schedule");
    REFUSES(query->choice_count = 4, FASTI_INVALID_RANGE, "1 to 64 schedules");
    REFUSES(query->parts[2].choice_count = 200, FASTI_INVALID_RANGE, "1 to 64 schedules");
    REFUSES(query->steps[1].days_min = 3, FASTI_INVALID_RANGE, "0 <= a <= b");
    REFUSES(query->steps[1].days_max = 401, FASTI_INVALID_RANGE, "b <= 400");
    REFUSES(query->steps[0].days_max = 1, FASTI_INVALID_RANGE, "the first one behind none");
    REFUSES(query->parts[1].offset_minutes = 1441, FASTI_INVALID_RANGE, "1440 minutes");
    REFUSES(query->parts[1].offset_minutes = -1441, FASTI_INVALID_RANGE, "1440 minutes");
    REFUSES(query->parts[0].offset_minutes = 1, FASTI_INVALID_RANGE, "the first part with it");
    REFUSES(query->limit = 0, FASTI_INVALID_RANGE, "1 to 32 offers");
    REFUSES(query->limit = 33, FASTI_INVALID_RANGE, "1 to 32 offers");
    REFUSES(query->from_minute = 1440, FASTI_INVALID_RANGE, "two times of one day");
    const struct fasti_combine_series series = {.count = 2, .every_days = 1, .first = {TODAY}};
    REFUSES(query->series = series, FASTI_INVALID_RANGE, "a series is one step");
    query->step_count = 1;
    query->part_count = query->choice_count = 2;
    query->last.v = TODAY + 9;
    query->series = series;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    REFUSES(query->after_utc_s = 1, FASTI_INVALID_RANGE, "is not paged");
    REFUSES(query->series.count = 33, FASTI_INVALID_RANGE, "1 to 64 visits");
    REFUSES(query->series.count = 11, FASTI_INVALID_RANGE, "from the first to the last");
    REFUSES(query->series.every_days = 0, FASTI_INVALID_RANGE, "every 1 to 400 days");
    REFUSES(query->series.near_days = 32, FASTI_INVALID_RANGE, "31 days around");
    REFUSES(query->series.minute = 1440, FASTI_INVALID_RANGE, "a time of the day");
    REFUSES(query->series.first.v--, FASTI_INVALID_RANGE, "from the first to the last");
    query->series.count = 0;
    REFUSES(query->weekdays = 128, FASTI_INVALID_RANGE, "some weekday");
    REFUSES(query->facts.audience = 9, FASTI_INVALID_RANGE, "a fact");
    REFUSES(query->first.v = FASTI_DATE_FIRST - 1, FASTI_INVALID_DATE, "2000-01-01");
    REFUSES(query->last.v = TODAY - 1, FASTI_INVALID_RANGE, "1 to 400 days");
    REFUSES(query->last.v = TODAY + 400, FASTI_INVALID_RANGE, "1 to 400 days");
}

/* The widest question at both ends of what can be booked; nothing lies beyond the lines. */
Test(combine_cases, the_first_and_the_last_dates_can_be_asked_for) {
    step_add(0, 0);
    PART(0, 1, 2);
    PART(1440, 3);
    PART(-1440, 3, 2);
    step_add(0, 400);
    PART(0, 3);
    query->first.v = FASTI_DATE_LAST - 399;
    query->last.v = FASTI_DATE_LAST;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.count, 3);
    cr_assert_eq(offer_book(0), FASTI_OUTCOME_BOOKED);
    query->first.v = FASTI_DATE_FIRST;
    query->last.v = FASTI_DATE_FIRST + 399;
    cr_assert_eq(ask(), FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(got.count, 0); /* it is past */
}

/* ---- the wire ---- */

static struct fasti_messages m;
static struct fasti_answer_space space;

/* The question, sent and read: with one thing wrong it is refused by name. */
static void assert_asked_refused(struct fasti_codec *codec, const struct fasti_command *sent,
                                 enum fasti_status status, const char *field) {
    static struct fasti_command read;
    struct fasti_bytes frame;
    struct fasti_client_frame opened;
    struct fasti_detail detail = {{0}};
    uint64_t id;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, sent, &frame), FASTI_OK);
    cr_assert_eq(fasti_codec_open_client(codec, frame.bytes, frame.size, &opened, &detail),
                 FASTI_OK);
    cr_assert_eq(fasti_codec_decode_request(codec, 0, &id, &read, &detail), status, "%s",
                 detail.text);
    cr_assert_not_null(strstr(detail.text, field), "%s does not name %s", detail.text, field);
}

#define ASKED_REFUSES(change, status, field)                      \
    do {                                                          \
        memset(&sent, 0, sizeof sent);                            \
        fasti_messages_command(&m, &sent, FASTI_COMMAND_COMBINE); \
        change;                                                   \
        assert_asked_refused(codec, &sent, status, field);        \
    } while (0)

Test(combine_cases, wrong_questions_are_refused_by_name) {
    static struct fasti_command sent;
    struct fasti_combine_query *q = &sent.body.combine;
    struct fasti_codec *codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    struct fasti_bytes frame;
    m.prng = fasti_test_prng("combine_wire");
    ASKED_REFUSES(q->step_count = 0, FASTI_INVALID_RANGE, "combine.step_parts");
    ASKED_REFUSES(q->part_count--, FASTI_INVALID_RANGE, "combine.part_choices");
    ASKED_REFUSES(q->choice_count--, FASTI_INVALID_RANGE, "combine.schedules");
    ASKED_REFUSES(q->parts[0].choice_count = 99, FASTI_INVALID_RANGE, "combine.schedules");
    ASKED_REFUSES(q->limit = 0, FASTI_INVALID_RANGE, "combine.limit");
    ASKED_REFUSES(q->limit = 33, FASTI_INVALID_RANGE, "combine.limit");
    ASKED_REFUSES(q->weekdays = 128, FASTI_INVALID_RANGE, "combine.weekdays");
    ASKED_REFUSES(q->from_minute = 1440, FASTI_INVALID_TIME, "combine.from_minute");
    ASKED_REFUSES(q->first.v = INT32_MIN, FASTI_INVALID_DATE, "combine.first_date");
    ASKED_REFUSES(q->last.v = q->first.v + 400, FASTI_INVALID_RANGE, "combine.last_date");
    ASKED_REFUSES(q->series.count = 65, FASTI_INVALID_RANGE, "combine.series_count");
    ASKED_REFUSES(q->series.minute = 1440, FASTI_INVALID_TIME, "combine.series_minute");
    ASKED_REFUSES(q->series.first.v = INT32_MIN, FASTI_INVALID_DATE, "combine.series_first_date");
    ASKED_REFUSES(q->after_utc_s = INT64_MAX, FASTI_INVALID_TIME, "combine.after_utc_s");
    q->after_utc_s = 0;
    q->step_count = FASTI_COMBINE_STEPS_MAX + 1;
    cr_assert_eq(fasti_codec_encode_request(codec, 1, &sent, &frame), FASTI_INVALID_RANGE);
    fasti_codec_destroy(codec);
}

static void assert_answer(struct fasti_codec *codec, struct fasti_answer *sent,
                          enum fasti_status status, const char *field) {
    static struct fasti_server_frame read;
    struct fasti_detail detail = {{0}};
    sent->body.combine = &m.combine;
    const struct fasti_bytes frame = fasti_codec_encode_answer(codec, sent);
    cr_assert_leq(frame.size, FASTI_ANSWER_BYTES_MAX);
    memset(&space, 0, sizeof space);
    cr_assert_eq(fasti_codec_decode_server(codec, frame.bytes, frame.size, &space, &read, &detail),
                 status, "%s", detail.text);
    cr_assert_not_null(strstr(detail.text, field), "%s does not name %s", detail.text, field);
    if (status == FASTI_OK)
        cr_assert(memcmp(read.answer.body.combine, &m.combine, sizeof m.combine) == 0);
}

Test(combine_cases, wrong_answers_are_refused_and_the_largest_fits) {
    static struct fasti_answer sent;
    struct fasti_codec *codec = fasti_codec_create(FASTI_ANSWER_BYTES_MAX);
    m.prng = fasti_test_prng("combine_answers");
    fasti_messages_answer(&m, &sent, FASTI_COMMAND_COMBINE);
    fasti_messages_combine(&m, FASTI_COMBINE_OFFERS_MAX, 16);
    assert_answer(codec, &sent, FASTI_OK, "");
    fasti_messages_combine(&m, 3, 2);
    m.combine.rows[1].schedule.v = 0;
    assert_answer(codec, &sent, FASTI_INVALID_MESSAGE, "combine.schedules");
    fasti_messages_combine(&m, 3, 2);
    m.combine.count = 4;
    assert_answer(codec, &sent, FASTI_INVALID_MESSAGE, "combine's size");
    fasti_messages_combine(&m, 3, 2);
    m.combine.rows[1].choice = 64;
    assert_answer(codec, &sent, FASTI_INVALID_MESSAGE, "combine.appointments or choices");
    fasti_messages_combine(&m, 3, 2);
    m.combine.reasons[0] = FASTI_REASON_LAST + 1;
    assert_answer(codec, &sent, FASTI_INVALID_MESSAGE, "combine.reasons");
    fasti_messages_combine(&m, 3, 2);
    m.combine.visit_count = 1;
    m.combine.visits[0].fate = FASTI_SERIES_UNDECIDED + 1;
    assert_answer(codec, &sent, FASTI_INVALID_MESSAGE, "combine.fates");
    fasti_messages_combine(&m, 3, 2);
    m.combine.rows[2].start_utc_s = INT64_MAX;
    assert_answer(codec, &sent, FASTI_INVALID_TIME, "is no instant");
    fasti_codec_destroy(codec);
}
