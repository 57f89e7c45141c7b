/*
 * bench_compare_check.c - equal answers: each system's are those of the model.
 *
 *   Q1, Q2, Q3    row by row; a search whose circle's edge somebody stands on is left out for a
 *                 system that rounds places
 *   bookings      made, refused again, refused a cell later, cancelled, refused, made, cancelled
 *   Q1            again: nothing is left of the bookings
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_compare.h"

#define CONNECTIONS 16
#define DEPTH       4

struct checker {
    struct fasti_compare *compare;
    struct fasti_compare_system *system;
    struct fasti_compare_right *rights[2]; /* Q2, Q3: made when the first system is asked */
    uint64_t equal, left_out;
};

static int row_compare(const void *a, const void *b) {
    const struct fasti_compare_row *x = a, *y = b;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

static void complain(const struct checker *checker, const struct fasti_compare_ask *ask,
                     const struct fasti_compare_row *rows, uint32_t count,
                     const struct fasti_compare_row *right, uint32_t right_count) {
    uint32_t same = 0;
    while (same < count && same < right_count &&
           memcmp(&rows[same], &right[same], sizeof *rows) == 0)
        same++;
    fprintf(stderr, "fasti-bench: question %u of Q%d: %s has %u rows where %u are right",
            ask->number + 1, (int)ask->op + 1, checker->system->face->name, count, right_count);
    if (same < count && same < right_count)
        fprintf(stderr, "; row %u is cell %u of %u, not %u of %u", same + 1, rows[same].cell,
                rows[same].practitioner, right[same].cell, right[same].practitioner);
    fputc('\n', stderr);
}

/* Does an answer have just these rows? */
static bool answer_verify(void *context, const struct fasti_compare_ask *ask,
                          const struct fasti_compare_reply *reply) {
    struct checker *checker = context;
    struct fasti_compare_row week[FASTI_COMPARE_ROWS_MAX], rows[FASTI_COMPARE_ROWS_MAX];
    const struct fasti_compare_row *right = week;
    uint32_t count;
    if (!reply->is_done)
        return false; /* it was told */
    const uint32_t rows_count =
        reply->count < FASTI_COMPARE_ROWS_MAX ? reply->count : FASTI_COMPARE_ROWS_MAX;
    memcpy(rows, reply->rows, rows_count * sizeof *rows);
    if (ask->op == FASTI_COMPARE_Q1) {
        count = fasti_compare_agenda(&checker->compare->model, &ask->agenda, week);
        qsort(rows, rows_count, sizeof *rows, row_compare); /* of a set, as far as SQL goes */
    } else {
        const struct fasti_compare_right *found =
            &checker->rights[ask->op - FASTI_COMPARE_Q2][ask->number];
        if (found->edge_m < checker->system->face->edge_m) {
            checker->left_out++;
            return true;
        }
        right = found->rows;
        count = found->count;
    }
    if (reply->count != count || memcmp(rows, right, count * sizeof *rows) != 0) {
        complain(checker, ask, rows, rows_count, right, count);
        return false;
    }
    checker->equal++;
    return true;
}

static bool answers_check(struct checker *checker, enum fasti_compare_op op) {
    struct fasti_compare_run run = {
        .system = checker->system,
        .op = op,
        .connections = CONNECTIONS,
        .depth = DEPTH,
        .limit = checker->compare->options.checks,
        .verify = answer_verify,
        .context = checker,
    };
    checker->equal = checker->left_out = 0;
    checker->system->cursor[op] = 0;
    return fasti_compare_loop(&run);
}

/* ---- bookings ---- */

static bool bookings_step(struct fasti_compare_system *system, enum fasti_compare_op op,
                          struct fasti_compare_booking *bookings, uint64_t count, bool is_done,
                          const char *what) {
    struct fasti_compare_run run = {
        .system = system,
        .op = op,
        .connections = CONNECTIONS,
        .depth = DEPTH,
        .limit = count,
        .bookings = bookings,
    };
    if (count == 0)
        return true;
    if (!fasti_compare_loop(&run))
        return false;
    if ((is_done ? run.done : run.refused) == count)
        return true;
    fprintf(stderr,
            "fasti-bench: %s: %s: of %" PRIu64 " were %" PRIu64 " done, %" PRIu64
            " refused, %" PRIu64 " failed\n",
            system->face->name, what, count, run.done, run.refused, run.failed);
    return false;
}

static bool bookings_check(struct fasti_compare_system *system) {
    const struct fasti_compare_model *model = &system->compare->model;
    const uint64_t stock = model->booking_count - FASTI_WORKLOAD_HOT;
    const uint64_t wished = system->compare->options.checks;
    const uint64_t count = wished < stock ? wished : stock;
    struct fasti_compare_booking *bookings = calloc(count + 1, sizeof *bookings);
    struct fasti_compare_booking *again = calloc(count + 1, sizeof *again);
    struct fasti_compare_booking *later = calloc(count + 1, sizeof *later);
    uint64_t later_count = 0;
    if (bookings == NULL || again == NULL || later == NULL)
        abort();
    for (uint64_t i = 0; i < count; i++) {
        bookings[i].wanted = again[i].wanted = model->bookings[FASTI_WORKLOAD_HOT + i];
        if (bookings[i].wanted.visit.cells < 2)
            continue;
        later[later_count] = bookings[i];
        later[later_count++].wanted.visit.start_cell++;
    }
    const bool is_good =
        bookings_step(system, FASTI_COMPARE_BOOK, bookings, count, true, "bookings") &&
        bookings_step(system, FASTI_COMPARE_BOOK, again, count, false, "the same again") &&
        bookings_step(system, FASTI_COMPARE_BOOK, later, later_count, false, "overlapping ones") &&
        bookings_step(system, FASTI_COMPARE_CANCEL, bookings, count, true, "cancels") &&
        bookings_step(system, FASTI_COMPARE_CANCEL, bookings, count, false, "cancels again") &&
        bookings_step(system, FASTI_COMPARE_BOOK, bookings, count, true, "bookings again") &&
        bookings_step(system, FASTI_COMPARE_CANCEL, bookings, count, true, "their cancels");
    free(later);
    free(again);
    free(bookings);
    return is_good;
}

/* ---- all of it ---- */

static bool system_check(struct checker *checker) {
    const char *name = checker->system->face->name;
    const uint32_t checks = checker->compare->options.checks;
    uint64_t left_out = 0;
    for (enum fasti_compare_op op = FASTI_COMPARE_Q1; op <= FASTI_COMPARE_Q3; op++) {
        if (!answers_check(checker, op))
            return false;
        left_out += checker->left_out;
    }
    if (!bookings_check(checker->system) || !answers_check(checker, FASTI_COMPARE_Q1))
        return false;
    fprintf(stderr, "%s: %u answers each of Q1, Q2 and Q3 are right", name, checks);
    if (left_out > 0)
        fprintf(stderr, " (less %" PRIu64 " with somebody at the circle's edge)", left_out);
    fprintf(stderr, ", %u bookings and cancels too\n", checks);
    return true;
}

bool fasti_compare_check(struct fasti_compare *compare) {
    struct checker checker = {.compare = compare};
    const uint32_t checks = compare->options.checks;
    bool is_good = true;
    if (checks == 0)
        return true;
    for (uint32_t kind = 0; kind < 2; kind++) {
        checker.rights[kind] = calloc(checks, sizeof *checker.rights[kind]);
        if (checker.rights[kind] == NULL)
            abort();
        for (uint32_t n = 0; n < checks; n++)
            fasti_compare_search(&compare->model, &compare->model.searches[n], kind == 1,
                                 &checker.rights[kind][n]);
    }
    for (uint32_t i = 0; i < compare->system_count && is_good; i++) {
        checker.system = &compare->systems[i];
        is_good = system_check(&checker);
    }
    free(checker.rights[0]);
    free(checker.rights[1]);
    return is_good;
}
