/*
 * thread_edits.c - agenda pages beside an edit that gives ticks another meaning.
 *
 *   worker 0   puts schedule "anna" at resolution 5, 15, 5, 15 ... (no day of it holds time)
 *   worker 1   asks for a fortnight of it: always the same 32 quarter hours a working day
 *
 * A page that mixes the patterns of one resolution with the other shows other times. A plain
 * program: ctest runs it, also under TSan.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "tests/support/engine_world.h"

#define FLIPS 300

static _Atomic bool is_over;

static struct fasti_command anna(uint8_t resolution_minutes) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, 1, "anna");
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.resolution_minutes = resolution_minutes;
    command.body.put.body.schedule.service_count = 1;
    command.body.put.body.schedule.services[0] = engine_id("visit");
    return command;
}

static void *edit(void *context) {
    struct engine_world *world = context;
    for (int i = 0; i < FLIPS; i++) {
        const struct fasti_command command = anna(i % 2 == 0 ? 15 : 5);
        struct fasti_answer answer;
        bool is_answered = fasti_engine_submit(world->engine, 0, &command, 1, &answer);
        while (!is_answered)
            is_answered = fasti_engine_poll(world->engine, 0, &answer, 1) == 1;
        if (answer.outcome != FASTI_OUTCOME_CHANGED) {
            fprintf(stderr, "flip %d: %s\n", i, answer.detail.text);
            break;
        }
    }
    fasti_store_seq_cst(&is_over, true);
    return NULL;
}

/* Is every start a quarter hour from 08:00 to 11:45 or from 13:00 to 16:45 in Berlin's winter? */
static bool page_is_right(const struct fasti_availability_answer *page) {
    bool is_right = page->total == 10 * 32;
    for (uint32_t i = 0; i < page->total; i++) {
        const int64_t minute = (page->base_utc_s + page->starts[i] + 3600) % 86400 / 60;
        is_right = is_right && minute % 15 == 0 && minute >= 480 && minute < 1020 &&
                   (minute < 720 || minute >= 780);
    }
    return is_right;
}

/* Asks until the edits are over; returns how many pages were wrong. */
static uint32_t ask(struct engine_world *world) {
    const struct fasti_command command = engine_availability(1, 1, "2026-01-12", 14);
    uint32_t wrong = 0, asked = 0;
    for (; !fasti_load_seq_cst(&is_over); asked++) {
        struct fasti_answer answer;
        if (!fasti_engine_submit(world->engine, 1, &command, 2, &answer) ||
            (answer.status != FASTI_OK && answer.status != FASTI_BUSY) ||
            (answer.status == FASTI_OK && !page_is_right(answer.body.availability)))
            wrong++;
        (void)fasti_engine_poll(world->engine, 1, &answer, 1);
    }
    printf("%u pages beside %d edits, %u wrong\n", asked, FLIPS, wrong);
    return asked == 0 ? 1 : wrong;
}

int main(void) {
    struct engine_world *world = engine_world_make(1, 2, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    const struct fasti_command first = anna(5);
    (void)engine_world_run(world, 0, &first);
    pthread_t editor;
    if (pthread_create(&editor, NULL, edit, world) != 0)
        return 1;
    const uint32_t wrong = ask(world);
    pthread_join(editor, NULL);
    engine_world_crash(world);
    engine_world_free(world);
    return wrong == 0 ? 0 : 1;
}
