/*
 * fasti_busy.c - lists, plans and does what makes the blocks of a source equal to busy times.
 */
#include "tools/fasti_busy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "tools/fasti_busy_days.h"
#include "tools/fasti_commands.h"
#include "tools/fasti_conflicts.h"

/* How long before now something may have begun that is not over: a block of 64 local days. */
#define RUNNING_SECONDS ((FASTI_ITEMS_MAX + 2) * (int64_t)FASTI_DAY_SECONDS)

struct busy {
    struct fasti_session *session;
    const struct fasti_busy_job *job;
    struct fasti_busy_result *result;
    struct fasti_busy_days days;
    int64_t now_utc_s, from_utc_s; /* from: now, rounded down to a tick */
    const struct fasti_busy_time *wanted;
    size_t wanted_count;

    /* what the server has, of one round */
    struct fasti_busy_block *blocks;
    struct fasti_busy_span *taken;
    size_t block_count, block_room, taken_count, taken_room;
    struct fasti_busy_times missing;
    struct fasti_busy_step *steps;
    size_t step_count;
};

static enum fasti_exit no_memory(struct busy *busy) {
    return fasti_session_fail(busy->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
}

/* ---- what is there ---- */

/* A block has a row a local day; its rows stand together, newest first. */
static bool own_add(struct busy *busy, const struct fasti_record_view *view) {
    const int64_t end_s = view->start_utc_s + (int64_t)view->duration_minutes * 60;
    struct fasti_busy_block *block =
        busy->block_count == 0 ? NULL : &busy->blocks[busy->block_count - 1];
    if (block != NULL && block->record == view->record.v) {
        if (view->start_utc_s < block->start_utc_s)
            block->start_utc_s = view->start_utc_s;
        if (end_s > block->end_utc_s)
            block->end_utc_s = end_s;
        return true;
    }
    if (busy->block_count == busy->block_room) {
        const size_t room = busy->block_room == 0 ? 64 : 2 * busy->block_room;
        struct fasti_busy_block *moved = realloc(busy->blocks, room * sizeof *moved);
        if (moved == NULL)
            return false;
        busy->blocks = moved;
        busy->block_room = room;
    }
    busy->blocks[busy->block_count++] = (struct fasti_busy_block){
        .start_utc_s = view->start_utc_s,
        .end_utc_s = end_s,
        .key = view->key,
        .record = view->record.v,
    };
    return true;
}

static bool taken_add(struct busy *busy, int64_t start_s, int64_t end_s) {
    if (busy->taken_count == busy->taken_room) {
        const size_t room = busy->taken_room == 0 ? 256 : 2 * busy->taken_room;
        struct fasti_busy_span *moved = realloc(busy->taken, room * sizeof *moved);
        if (moved == NULL)
            return false;
        busy->taken = moved;
        busy->taken_room = room;
    }
    busy->taken[busy->taken_count++] = (struct fasti_busy_span){start_s, end_s};
    return true;
}

static bool is_wanted(const struct busy *busy, int64_t start_s, int64_t end_s) {
    size_t low = 0, high = busy->wanted_count; /* the first one that ends after the start */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (busy->wanted[middle].end_utc_s <= start_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low < busy->wanted_count && busy->wanted[low].start_utc_s < end_s;
}

static enum fasti_exit conflict_add(struct busy *busy, const struct fasti_record_view *view) {
    json_t *object;
    busy->result->conflict_count++;
    if (json_array_size(busy->result->conflicts) >= FASTI_CONFLICTS_LISTED)
        return FASTI_EXIT_DONE;
    const enum fasti_exit exit = fasti_records_json(busy->session, view, &object);
    if (exit == FASTI_EXIT_DONE)
        json_array_append_new(busy->result->conflicts, object);
    return exit;
}

static enum fasti_exit row_add(struct busy *busy, const struct fasti_record_view *view) {
    const int64_t start_s = view->start_utc_s - view->before_minutes * INT64_C(60);
    const int64_t end_s =
        view->start_utc_s + ((int64_t)view->duration_minutes + view->after_minutes) * INT64_C(60);
    if (view->source == busy->job->source)
        return own_add(busy, view) ? FASTI_EXIT_DONE : no_memory(busy);
    if (end_s <= busy->from_utc_s)
        return FASTI_EXIT_DONE;
    if (!taken_add(busy, start_s, end_s))
        return no_memory(busy);
    return view->kind == FASTI_RECORD_APPOINTMENT && end_s > busy->now_utc_s &&
                   is_wanted(busy, start_s, end_s)
               ? conflict_add(busy, view)
               : FASTI_EXIT_DONE;
}

static int compare_blocks(const void *left, const void *right) {
    const struct fasti_busy_block *a = left, *b = right;
    return a->start_utc_s == b->start_utc_s ? 0 : a->start_utc_s < b->start_utc_s ? -1 : 1;
}

static int compare_spans(const void *left, const void *right) {
    const struct fasti_busy_span *a = left, *b = right;
    return a->start_utc_s == b->start_utc_s ? 0 : a->start_utc_s < b->start_utc_s ? -1 : 1;
}

/* Those that are over stay. */
static void sort_found(struct busy *busy) {
    size_t left = 0;
    for (size_t i = 0; i < busy->block_count; i++)
        if (busy->blocks[i].end_utc_s > busy->now_utc_s)
            busy->blocks[left++] = busy->blocks[i];
    busy->block_count = left;
    if (busy->block_count > 0)
        qsort(busy->blocks, busy->block_count, sizeof *busy->blocks, compare_blocks);
    if (busy->taken_count > 0)
        qsort(busy->taken, busy->taken_count, sizeof *busy->taken, compare_spans);
}

static enum fasti_exit find(struct busy *busy) {
    struct fasti_list_answer *page = malloc(sizeof *page);
    if (page == NULL)
        return no_memory(busy);
    struct fasti_command command = {
        .kind = FASTI_COMMAND_LIST,
        .body.list = {.by = FASTI_LIST_BY_SCHEDULE,
                      .schedule = busy->job->schedule,
                      .include_blocks = true,
                      .from_utc_s = busy->now_utc_s - RUNNING_SECONDS,
                      .to_utc_s = (int64_t)(FASTI_DATE_LAST + 2) * FASTI_DAY_SECONDS,
                      .limit = FASTI_LIST_MAX}};
    busy->block_count = busy->taken_count = 0;
    busy->result->conflict_count = 0;
    json_array_clear(busy->result->conflicts);
    enum fasti_exit exit;
    do {
        struct fasti_answer answer;
        exit = fasti_session_call(busy->session, &command, &answer);
        if (exit != FASTI_EXIT_DONE)
            break;
        *page = *answer.body.list; /* naming a record asks the server in between */
        for (uint32_t i = 0; i < page->count && exit == FASTI_EXIT_DONE; i++)
            exit = row_add(busy, &page->records[i]);
        command.body.list.before = page->next;
    } while (exit == FASTI_EXIT_DONE && page->more);
    free(page);
    sort_found(busy);
    return exit;
}

/* ---- what to do ---- */

static enum fasti_exit plan(struct busy *busy) {
    struct fasti_busy_times missing = {NULL, 0, 0};
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (!fasti_busy_missing(busy->wanted, busy->wanted_count, busy->blocks, busy->block_count,
                            busy->taken, busy->taken_count, busy->from_utc_s, &missing))
        exit = no_memory(busy);
    busy->missing.count = 0;
    for (size_t i = 0; i < missing.count && exit == FASTI_EXIT_DONE; i++)
        exit = fasti_busy_days_cut(&busy->days, &missing.times[i], &busy->missing);
    free(missing.times);
    free(busy->steps);
    const size_t room = busy->missing.count + 2 * busy->block_count;
    busy->steps = calloc(room + 1, sizeof *busy->steps);
    if (busy->steps == NULL && exit == FASTI_EXIT_DONE)
        exit = no_memory(busy);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    busy->step_count =
        fasti_busy_steps(busy->wanted, busy->wanted_count, busy->missing.times, busy->missing.count,
                         busy->blocks, busy->block_count, busy->steps);
    busy->result->kept = 0;
    for (size_t i = 0; i < busy->block_count; i++)
        busy->result->kept +=
            fasti_busy_is_kept(&busy->blocks[i], busy->wanted, busy->wanted_count);
    return exit;
}

/* ---- doing it ---- */

static void request_make(struct busy *busy) {
    uint64_t random[2] = {0, 0};
    if (getrandom(random, sizeof random, 0) != sizeof random)
        random[0] = (uint64_t)getpid(); /* then it is only that: the id is less random */
    busy->session->request = fasti_request_id_make(busy->now_utc_s * 1000, random[0], random[1]);
}

static struct fasti_command step_command(const struct busy *busy,
                                         const struct fasti_busy_step *step) {
    struct fasti_command command = {.kind = FASTI_COMMAND_UNBLOCK};
    if (step->kind == FASTI_BUSY_REMOVE) {
        command.body.cancel.record.v = step->record;
        return command;
    }
    command.kind = FASTI_COMMAND_BLOCK;
    command.body.block = (struct fasti_block){
        .schedule = busy->job->schedule,
        .start_utc_s = step->time.start_utc_s,
        .end_utc_s = step->time.end_utc_s,
        .source = busy->job->source,
        .key = step->time.key,
        .replaces = {step->record},
    };
    return command;
}

/* What is printed when a step fails: what was done, and what finishes it. */
static enum fasti_exit step_fail(struct busy *busy, enum fasti_exit exit, enum fasti_status status,
                                 const char *why) {
    const struct fasti_busy_result *result = busy->result;
    return fasti_session_fail(
        busy->session, exit, status,
        "%s; before that %u blocks were added, %u moved and %u removed: run it again, and it "
        "goes on from there",
        why, result->added, result->moved, result->removed);
}

/* *is_lost: somebody else changed what the step rests on. */
static enum fasti_exit step_do(struct busy *busy, const struct fasti_busy_step *step,
                               bool *is_lost) {
    struct fasti_session *session = busy->session;
    struct fasti_command command = step_command(busy, step);
    struct fasti_answer answer;
    request_make(busy);
    session->is_quiet = true;
    enum fasti_exit exit = fasti_session_ask_again(session, &command, &answer);
    session->is_quiet = false;
    session->request = (fasti_request_id){0, 0};
    char why[300];
    if (exit != FASTI_EXIT_DONE) {
        snprintf(why, sizeof why, "%.290s", session->failure);
        return step_fail(busy, exit, FASTI_UNREACHABLE, why);
    }
    if (answer.status != FASTI_OK) {
        char start[FASTI_TIMES_TEXT_BYTES];
        fasti_times_format(step->time.start_utc_s, 0, start);
        snprintf(why, sizeof why, "block at %s: %s", start,
                 answer.detail.text[0] != '\0' ? answer.detail.text
                                               : fasti_status_text(answer.status));
        exit = fasti_status_class(answer.status) == FASTI_CLASS_INVALID ? FASTI_EXIT_INVALID
                                                                        : FASTI_EXIT_FAILED;
        return step_fail(busy, exit, answer.status, why);
    }
    *is_lost = !fasti_outcome_is_done(answer.outcome);
    busy->result->added += answer.outcome == FASTI_OUTCOME_BLOCKED;
    busy->result->moved += answer.outcome == FASTI_OUTCOME_MOVED;
    busy->result->removed += answer.outcome == FASTI_OUTCOME_UNBLOCKED;
    return FASTI_EXIT_DONE;
}

/* On a terminal a line that overwrites itself; else a line a tenth of a long run. */
static void show_progress(size_t done, size_t count, bool is_terminal) {
    if (is_terminal && count >= 64 && (done % 64 == 0 || done == count))
        fprintf(stderr, "\rblocks: %zu of %zu changes%s", done, count, done == count ? "\n" : "");
    else if (!is_terminal && count >= 1000 && done % (count / 10) == 0)
        fprintf(stderr, "blocks: %zu of %zu changes\n", done, count);
}

static enum fasti_exit steps_do(struct busy *busy, bool *is_lost) {
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    *is_lost = false;
    for (size_t i = 0; i < busy->step_count && exit == FASTI_EXIT_DONE; i++) {
        bool is_step_lost = false;
        exit = step_do(busy, &busy->steps[i], &is_step_lost);
        *is_lost = *is_lost || is_step_lost;
        show_progress(i + 1, busy->step_count, is_terminal);
    }
    return exit;
}

static enum fasti_exit rounds(struct busy *busy) {
    for (uint32_t round = 0; round < FASTI_BUSY_ROUNDS; round++) {
        bool is_lost;
        enum fasti_exit exit = find(busy);
        if (exit == FASTI_EXIT_DONE)
            exit = plan(busy);
        if (exit != FASTI_EXIT_DONE || busy->job->is_dry_run)
            return exit;
        exit = steps_do(busy, &is_lost);
        if (exit != FASTI_EXIT_DONE || !is_lost)
            return exit;
    }
    return step_fail(busy, FASTI_EXIT_FAILED, FASTI_BUSY,
                     "others change the schedule too fast for its blocks to be set");
}

/* ---- the face ---- */

/* Whole ticks, what is over left out, the rest merged. */
static enum fasti_exit prepare(struct busy *busy) {
    const struct fasti_busy_job *job = busy->job;
    size_t left = 0;
    busy->from_utc_s = busy->now_utc_s;
    enum fasti_exit exit = fasti_busy_days_down(&busy->days, &busy->from_utc_s);
    for (size_t i = 0; i < job->count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_busy_time time = job->times[i];
        FASTI_ASSERT(time.start_utc_s < time.end_utc_s);
        if (time.end_utc_s <= busy->now_utc_s) {
            busy->result->past++;
            continue;
        }
        exit = fasti_busy_days_down(&busy->days, &time.start_utc_s);
        if (exit == FASTI_EXIT_DONE)
            exit = fasti_busy_days_up(&busy->days, &time.end_utc_s);
        job->times[left++] = time;
    }
    busy->wanted = job->times;
    busy->wanted_count = fasti_busy_merge(job->times, left);
    busy->result->spans = (uint32_t)busy->wanted_count;
    return exit;
}

enum fasti_exit fasti_busy_run(struct fasti_session *session, const struct fasti_busy_job *job,
                               struct fasti_busy_result *result) {
    struct busy busy = {.session = session, .job = job, .result = result};
    FASTI_ASSERT(job->source != 0);
    *result = (struct fasti_busy_result){.conflicts = json_array()};
    session->request = (fasti_request_id){0, 0}; /* each step has its own */
    enum fasti_exit exit = fasti_conflicts_now(session, &busy.now_utc_s);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_busy_days_init(&busy.days, session, job->schedule);
    if (exit == FASTI_EXIT_DONE)
        exit = prepare(&busy);
    if (exit == FASTI_EXIT_DONE)
        exit = rounds(&busy);
    if (exit == FASTI_EXIT_DONE && job->is_dry_run)
        for (size_t i = 0; i < busy.step_count; i++) {
            result->added += busy.steps[i].kind == FASTI_BUSY_ADD;
            result->moved += busy.steps[i].kind == FASTI_BUSY_REPLACE;
            result->removed += busy.steps[i].kind == FASTI_BUSY_REMOVE;
        }
    fasti_busy_days_deinit(&busy.days);
    free(busy.blocks);
    free(busy.taken);
    free(busy.missing.times);
    free(busy.steps);
    return exit;
}

void fasti_busy_result_deinit(struct fasti_busy_result *result) {
    json_decref(result->conflicts);
    result->conflicts = NULL;
}

void fasti_busy_print_conflicts(const struct fasti_busy_result *result) {
    if (result->conflict_count == 0)
        return;
    printf("appointments at busy times: %u (kept; move or cancel them)\n", result->conflict_count);
    fasti_conflicts_print_list(result->conflicts);
}
