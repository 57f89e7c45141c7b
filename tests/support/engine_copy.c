/*
 * engine_copy.c - an engine made of another one's answers.
 */
#include "tests/support/engine_copy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

#define BATCH_RECORDS 7 /* an odd number: batches end anywhere */

static struct fasti_answer done(struct engine_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, 0, command);
    CHECK(answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome), "%d: %s %s: %s",
          (int)command->kind, fasti_status_name(answer.status), fasti_outcome_name(answer.outcome),
          answer.detail.text);
    return answer;
}

/* id 0: there is none. */
static const struct fasti_describe_answer *described(struct engine_world *world,
                                                     enum fasti_entity_kind kind, uint32_t id) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                          .body.describe = {.kind = kind, .id = id}};
    return engine_world_run(world, 0, &command).body.describe;
}

/* Each opening is a put of its own, with the source that it had. */
static void openings_copy(struct engine_world *from, struct engine_world *to, uint32_t schedule) {
    static struct fasti_opening openings[FASTI_OPENINGS_MAX];
    const struct fasti_describe_answer *record = described(from, FASTI_ENTITY_SCHEDULE, schedule);
    const struct fasti_put put = record->put;
    const uint32_t count = record->opening_count;
    memcpy(openings, record->openings, count * sizeof openings[0]);
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_PUT,
                                        .organization = put.organization};
        struct fasti_put *made = &command.body.put;
        made->kind = FASTI_ENTITY_OPENINGS;
        made->organization = put.organization;
        made->id = put.id;
        made->body.openings.mode = FASTI_OPENINGS_UPSERT;
        made->body.openings.source = openings[i].source;
        made->body.openings.count = 1;
        made->body.openings.openings = &openings[i];
        for (uint32_t s = 0; s < openings[i].service_count; s++) {
            made->body.openings.service_names[s] =
                described(from, FASTI_ENTITY_SERVICE, openings[i].services[s].v)->put.id;
            openings[i].services[s].v = s + 1;
        }
        made->body.openings.service_name_count = openings[i].service_count;
        (void)done(to, &command);
    }
}

static void directory_copy(struct engine_world *from, struct engine_world *to) {
    static const enum fasti_entity_kind kinds[] = {FASTI_ENTITY_ZONE,     FASTI_ENTITY_ORGANIZATION,
                                                   FASTI_ENTITY_LOCATION, FASTI_ENTITY_PRACTITIONER,
                                                   FASTI_ENTITY_SERVICE,  FASTI_ENTITY_SCHEDULE};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (uint32_t id = 1;; id++) {
            const struct fasti_describe_answer *record = described(from, kinds[k], id);
            if (record->id == 0)
                break;
            struct fasti_command command = {.kind = FASTI_COMMAND_PUT,
                                            .organization = record->put.organization};
            command.body.put = record->put;
            if (kinds[k] == FASTI_ENTITY_ORGANIZATION)
                command.body.put.organization.v = command.organization.v = 0;
            CHECK(done(to, &command).id == id, "kind %d: another dense id than %u", (int)kinds[k],
                  id);
            if (kinds[k] == FASTI_ENTITY_SCHEDULE)
                openings_copy(from, to, id);
        }
}

static void page_load(struct engine_world *to, const uint8_t *bytes, uint32_t size) {
    for (uint32_t at = 0, end = 0; at < size; at = end) {
        uint32_t count = 0, items = 0;
        while (end < size && count < BATCH_RECORDS) {
            struct fasti_whole whole;
            const size_t length = fasti_whole_decode(bytes + end, size - end, &whole);
            CHECK(length > 0, "a record that cannot be loaded, at %u of %u", end, size);
            if (items + whole.item_count > FASTI_ITEMS_MAX)
                break;
            items += whole.item_count;
            end += (uint32_t)length;
            count++;
        }
        const struct fasti_command command = {.kind = FASTI_COMMAND_LOAD,
                                              .body.load = {.bytes = bytes + at, .size = end - at}};
        const struct fasti_answer answer = done(to, &command);
        CHECK(answer.body.load.loaded == count, "%u records loaded, not %u",
              answer.body.load.loaded, count);
    }
}

struct engine_world *engine_copy(struct engine_world *from) {
    static _Alignas(8) uint8_t page[FASTI_EXPORT_BYTES_MAX];
    engine_world_settle(from); /* what has expired is said */
    struct engine_world *to = engine_world_make_small(7, 1, "2026-01-05T07:00:00Z");
    to->now_ms = from->now_ms;
    fasti_engine_clock(to->engine)->offset_ms +=
        to->now_ms - engine_utc_s("2026-01-05T07:00:00Z") * 1000;
    directory_copy(from, to);
    struct fasti_command command = {.kind = FASTI_COMMAND_EXPORT};
    for (bool more = true; more;) {
        const struct fasti_answer answer = done(from, &command);
        const uint32_t size = answer.body.exported.size;
        memcpy(page, answer.body.exported.bytes, size);
        more = answer.body.exported.more;
        command.body.export_after = answer.body.exported.next;
        page_load(to, page, size);
    }
    engine_world_settle(to);
    return to;
}
