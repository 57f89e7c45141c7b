/*
 * engine_ask.c - see engine_ask.h.
 */
#include "tests/support/engine_ask.h"

#include <string.h>

#include "engine/storage/batch.h"

#define IDS_MAX   4 /* of each kind that are asked about */
#define POLLS_MAX 1000

static struct fasti_engine *engine_open(struct fasti_sim_disk *disk) {
    const struct fasti_engine_options options = {
        .worker_count = 1,
        .memory_bytes_max = UINT64_C(64) << 20,
        .segment_bytes = 16 * FASTI_BLOCK_BYTES,
        .clock = fasti_clock_fixed(0),
    };
    struct fasti_engine *engine;
    struct fasti_recovery recovery;
    struct fasti_detail detail = {{0}};
    FASTI_ASSERT(fasti_engine_open(&options, fasti_sim_disk_open(disk), &engine, &recovery,
                                   &detail) == FASTI_OK);
    return engine;
}

static struct fasti_answer ask(struct fasti_engine *engine, const struct fasti_command *command) {
    struct fasti_answer answer;
    bool is_done = fasti_engine_submit(engine, 0, command, 1, &answer);
    for (int i = 0; !is_done && i < POLLS_MAX; i++)
        is_done = fasti_engine_poll(engine, 0, &answer, 1) == 1;
    FASTI_ASSERT(is_done);
    return answer;
}

static void describe_all(struct fasti_engine *engine, uint32_t organization) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {organization}};
    for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++) {
        command.body.describe = (struct fasti_describe_query){.kind = (enum fasti_entity_kind)kind};
        struct fasti_answer answer = ask(engine, &command);
        for (int i = 0; i < IDS_MAX && answer.outcome == FASTI_OUTCOME_FOUND; i++) {
            FASTI_ASSERT(answer.id > command.body.describe.after);
            command.body.describe.after = answer.id;
            answer = ask(engine, &command);
        }
    }
}

/* Lists a schedule in pages of two, shows and ends what is there. */
static void records_ask(struct fasti_engine *engine, uint32_t organization, uint32_t schedule,
                        bool only_conflicts) {
    struct fasti_command list = {.kind = FASTI_COMMAND_LIST, .organization = {organization}};
    list.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                               .schedule = {schedule},
                                               .include_ended = true,
                                               .include_blocks = true,
                                               .only_conflicts = only_conflicts,
                                               .from_utc_s = INT64_MIN,
                                               .to_utc_s = INT64_MAX,
                                               .limit = 2};
    for (int page = 0; page < IDS_MAX; page++) {
        struct fasti_answer answer = ask(engine, &list);
        FASTI_ASSERT(answer.status == FASTI_OK);
        const struct fasti_list_answer listed = *answer.body.list;
        for (uint32_t i = 0; i < listed.count; i++) {
            const struct fasti_record_view *view = &listed.records[i];
            FASTI_ASSERT(view->schedule.v == schedule);
            struct fasti_command one = {.kind = FASTI_COMMAND_SHOW, .organization = {organization}};
            one.body.show = view->record;
            answer = ask(engine, &one);
            FASTI_ASSERT(answer.outcome == FASTI_OUTCOME_FOUND);
            FASTI_ASSERT(answer.body.show.view.is_conflict == view->is_conflict);
            one.kind =
                view->kind == FASTI_RECORD_BLOCK ? FASTI_COMMAND_UNBLOCK : FASTI_COMMAND_CANCEL;
            one.body.cancel = (struct fasti_cancel){.record = view->record};
            answer = ask(engine, &one);
        }
        if (!listed.more)
            return;
        list.body.list.before = listed.next;
    }
}

/* The agenda of 60 days from a date; the first start of it is booked. */
static void agenda_ask(struct fasti_engine *engine, uint32_t organization, uint32_t schedule,
                       uint32_t service, fasti_date first) {
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY,
                                    .organization = {organization}};
    command.body.availability = (struct fasti_availability_query){.service_count = 1,
                                                                  .services = {{service}},
                                                                  .first = first,
                                                                  .day_count = FASTI_QUERY_DAYS_MAX,
                                                                  .schedule_count = 1,
                                                                  .schedules = {{schedule}}};
    struct fasti_answer answer = ask(engine, &command);
    if (answer.status != FASTI_OK)
        return;
    const struct fasti_availability_answer *agenda = answer.body.availability;
    int64_t start_utc_s = agenda->next_slot_utc_s[0];
    if (agenda->total > 0)
        start_utc_s = agenda->base_utc_s + agenda->starts[0];
    if (start_utc_s == 0)
        return;
    command = (struct fasti_command){.kind = FASTI_COMMAND_BOOK, .organization = {organization}};
    command.body.book = (struct fasti_book){
        .appointment_count = 1,
        .item_count = 1,
        .appointments = {{.patient = "p", .patient_length = 1}},
        .items = {{.schedule = {schedule}, .service = {service}, .start_utc_s = start_utc_s}},
    };
    answer = ask(engine, &command);
    FASTI_ASSERT(answer.status != FASTI_OK || answer.outcome == FASTI_OUTCOME_BOOKED);
}

static void schedule_ask(struct fasti_engine *engine, uint32_t organization, uint32_t schedule) {
    const fasti_date dates[] = {{FASTI_DATE_FIRST}, {20454}, {FASTI_DATE_LAST - 59}};
    for (uint32_t d = 0; d < 3; d++)
        for (uint32_t service = 1; service < IDS_MAX; service++)
            agenda_ask(engine, organization, schedule, service, dates[d]);
    struct fasti_command command = {.kind = FASTI_COMMAND_CIVIL, .organization = {organization}};
    command.body.civil =
        (struct fasti_civil_query){.schedule = {schedule}, .date = {20454}, .minute = 480};
    struct fasti_answer answer = ask(engine, &command);
    if (answer.outcome == FASTI_OUTCOME_FOUND) {
        command.kind = FASTI_COMMAND_BLOCK;
        command.body.block = (struct fasti_block){.schedule = {schedule},
                                                  .start_utc_s = answer.body.civil.utc_s,
                                                  .end_utc_s = answer.body.civil.utc_s + 3600};
        answer = ask(engine, &command);
    }
    records_ask(engine, organization, schedule, true);
    records_ask(engine, organization, schedule, false);
}

static struct fasti_hash128 digest_of(struct fasti_engine *engine) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return ask(engine, &command).body.status.digest;
}

/* Nothing waits any more, and what was held for too long is expired. */
static struct fasti_hash128 digest_settled(struct fasti_engine *engine) {
    struct fasti_answer answer;
    for (int i = 0; i < 64; i++)
        FASTI_ASSERT(fasti_engine_poll(engine, 0, &answer, 1) == 0);
    return digest_of(engine);
}

void engine_ask_all(struct fasti_sim_disk *disk, struct fasti_hash128 digest) {
    struct fasti_engine *engine = engine_open(disk);
    FASTI_ASSERT(fasti_hash128_equal(digest_of(engine), digest));
    for (uint32_t organization = 0; organization < IDS_MAX; organization++) {
        describe_all(engine, organization);
        for (uint32_t schedule = 1; schedule < IDS_MAX; schedule++)
            schedule_ask(engine, organization, schedule);
    }
    const struct fasti_hash128 after = digest_settled(engine);
    fasti_engine_close(engine, true);
    engine = engine_open(disk);
    FASTI_ASSERT(fasti_hash128_equal(digest_of(engine), after));
    fasti_engine_close(engine, true);
}
