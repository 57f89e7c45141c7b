/*
 * bench_ledger.c - sales, and the two ways in which they can be wrong.
 */
#include "bench/bench_ledger.h"

#include <stdlib.h>
#include <string.h>

/* ---- taking in ---- */

uint32_t fasti_bench_ledger_add(struct fasti_bench_ledger *ledger,
                                const struct fasti_bench_sale *sale) {
    if (ledger->count == ledger->max)
        return FASTI_BENCH_NO_SALE;
    if (ledger->count == ledger->room) {
        const uint32_t doubled = ledger->room < 512 ? 1024 : ledger->room * 2;
        ledger->room = doubled < ledger->max ? doubled : ledger->max;
        ledger->sales = realloc(ledger->sales, ledger->room * sizeof *ledger->sales);
        if (ledger->sales == NULL)
            abort();
    }
    ledger->sales[ledger->count] = *sale;
    return ledger->count++;
}

void fasti_bench_ledger_cancelling(struct fasti_bench_ledger *ledger, uint32_t sale,
                                   int64_t now_ns) {
    ledger->sales[sale].state = FASTI_BENCH_SALE_CANCELLING;
    ledger->sales[sale].undone_ns = now_ns;
}

void fasti_bench_ledger_cancelled(struct fasti_bench_ledger *ledger, uint32_t sale, bool is_done) {
    ledger->sales[sale].state = is_done ? FASTI_BENCH_SALE_CANCELLED : FASTI_BENCH_SALE_STANDS;
    if (!is_done)
        ledger->sales[sale].undone_ns = INT64_MAX;
}

void fasti_bench_ledger_deinit(struct fasti_bench_ledger *ledger) {
    free(ledger->sales);
    *ledger = (struct fasti_bench_ledger){0};
}

/* ---- orders ---- */

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_told(const void *a, const void *b) {
    const struct fasti_bench_sale *x = a, *y = b;
    return x->schedule != y->schedule ? ORDER(x->schedule, y->schedule)
                                      : ORDER(x->told_ns, y->told_ns);
}

static int compare_start(const void *a, const void *b) {
    const struct fasti_bench_sale *x = a, *y = b;
    return ORDER(x->start_utc_s, y->start_utc_s);
}

static int compare_record(const void *a, const void *b) {
    const struct fasti_bench_sale *x = a, *y = b;
    return ORDER(x->record, y->record);
}

void fasti_bench_sales_sort(struct fasti_bench_sale *sales, uint32_t count) {
    if (count > 0)
        qsort(sales, count, sizeof *sales, compare_told);
}

static bool overlap(const struct fasti_bench_sale *a, const struct fasti_bench_sale *b) {
    return a->start_utc_s < b->start_utc_s + (int64_t)b->minutes * 60 &&
           b->start_utc_s < a->start_utc_s + (int64_t)a->minutes * 60;
}

/* ---- certain at once ---- */

/* A sale begins or ends to be certain. */
struct turn {
    int64_t at_ns;
    bool begins;
    const struct fasti_bench_sale *sale;
};

/* Ends first: of two at one moment nobody can say that they were certain at once. */
static int compare_turns(const void *a, const void *b) {
    const struct turn *x = a, *y = b;
    return x->at_ns != y->at_ns ? ORDER(x->at_ns, y->at_ns) : (int)x->begins - (int)y->begins;
}

/* Sales that are certain now, by start; as long as nothing is wrong no two of them overlap, so only
 * neighbours of a new one need a look. */
struct certain {
    const struct fasti_bench_sale **sales;
    uint32_t count;
};

/* The first that does not start before start_utc_s. */
static uint32_t certain_find(const struct certain *certain, int64_t start_utc_s) {
    uint32_t low = 0, high = certain->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (certain->sales[middle]->start_utc_s < start_utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void certain_remove(struct certain *certain, const struct fasti_bench_sale *sale) {
    const uint32_t at = certain_find(certain, sale->start_utc_s);
    if (at == certain->count || certain->sales[at] != sale)
        return; /* its cancel was sent when its answer came, or before */
    certain->count--;
    memmove(certain->sales + at, certain->sales + at + 1,
            (certain->count - at) * sizeof *certain->sales);
}

/* The sale it overlaps, or NULL: it is among them now. */
static const struct fasti_bench_sale *certain_add(struct certain *certain,
                                                  const struct fasti_bench_sale *sale) {
    const uint32_t at = certain_find(certain, sale->start_utc_s);
    if (at > 0 && overlap(certain->sales[at - 1], sale))
        return certain->sales[at - 1];
    if (at < certain->count && overlap(certain->sales[at], sale))
        return certain->sales[at];
    memmove(certain->sales + at + 1, certain->sales + at,
            (certain->count - at) * sizeof *certain->sales);
    certain->sales[at] = sale;
    certain->count++;
    return NULL;
}

void fasti_bench_sales_check(const struct fasti_bench_sale *sales, uint32_t count,
                             struct fasti_bench_finding *finding) {
    *finding = (struct fasti_bench_finding){.fault = FASTI_BENCH_FAULT_NONE};
    struct turn *turns = calloc((size_t)count * 2 + 1, sizeof *turns);
    struct certain certain = {.sales = calloc((size_t)count + 1, sizeof *certain.sales)};
    if (turns == NULL || certain.sales == NULL)
        abort();
    uint32_t turn_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (sales[i].undone_ns <= sales[i].told_ns)
            continue; /* never certain */
        turns[turn_count++] = (struct turn){sales[i].told_ns, true, &sales[i]};
        turns[turn_count++] = (struct turn){sales[i].undone_ns, false, &sales[i]};
    }
    qsort(turns, turn_count, sizeof *turns, compare_turns);
    for (uint32_t i = 0; i < turn_count && finding->fault == FASTI_BENCH_FAULT_NONE; i++) {
        const struct fasti_bench_sale *other = NULL;
        if (turns[i].begins)
            other = certain_add(&certain, turns[i].sale);
        else
            certain_remove(&certain, turns[i].sale);
        if (other != NULL)
            *finding = (struct fasti_bench_finding){
                .fault = FASTI_BENCH_FAULT_TWICE, .first = *other, .second = *turns[i].sale};
    }
    free(certain.sales);
    free(turns);
}

/* ---- beside the server's list ---- */

static void overlaps_look(struct fasti_bench_sale *listed, uint32_t count,
                          struct fasti_bench_finding *finding) {
    qsort(listed, count, sizeof *listed, compare_start);
    for (uint32_t i = 1; i < count; i++) /* if any overlap, neighbours do */
        if (overlap(&listed[i - 1], &listed[i])) {
            *finding = (struct fasti_bench_finding){.fault = FASTI_BENCH_FAULT_LISTED_TWICE,
                                                    .first = listed[i - 1],
                                                    .second = listed[i]};
            return;
        }
}

/* found: the one of its record among the listed; NULL: there is none. */
static enum fasti_bench_fault sale_look(const struct fasti_bench_sale *sale,
                                        const struct fasti_bench_sale *found) {
    if (sale->state == FASTI_BENCH_SALE_CANCELLING)
        return FASTI_BENCH_FAULT_NONE;
    if (sale->state == FASTI_BENCH_SALE_CANCELLED)
        return found == NULL ? FASTI_BENCH_FAULT_NONE : FASTI_BENCH_FAULT_BACK;
    if (found == NULL)
        return FASTI_BENCH_FAULT_MISSING;
    return found->start_utc_s == sale->start_utc_s && found->minutes == sale->minutes
               ? FASTI_BENCH_FAULT_NONE
               : FASTI_BENCH_FAULT_DIFFERS;
}

void fasti_bench_listed_check(const struct fasti_bench_sale *sales, uint32_t count,
                              struct fasti_bench_sale *listed, uint32_t listed_count,
                              bool is_single, struct fasti_bench_finding *finding) {
    *finding = (struct fasti_bench_finding){.fault = FASTI_BENCH_FAULT_NONE};
    if (is_single && listed_count > 0)
        overlaps_look(listed, listed_count, finding);
    if (listed_count > 0)
        qsort(listed, listed_count, sizeof *listed, compare_record);
    for (uint32_t i = 0; i < count && finding->fault == FASTI_BENCH_FAULT_NONE; i++) {
        const struct fasti_bench_sale *found =
            listed_count == 0
                ? NULL
                : bsearch(&sales[i], listed, listed_count, sizeof *listed, compare_record);
        finding->fault = sale_look(&sales[i], found);
        finding->first = sales[i];
        if (found != NULL)
            finding->second = *found;
    }
}
