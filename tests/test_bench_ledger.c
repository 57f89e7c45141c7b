/*
 * test_bench_ledger.c - the judge of a load: made-up double sales are found, honest runs pass, and
 * it says of random runs what a comparison of all pairs says.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bench/bench_ledger.h"
#include "tests/support/seed.h"

#define NEVER           INT64_MAX
#define COUNT_OF(array) (uint32_t)(sizeof(array) / sizeof(array)[0])

/* Minutes of a day, and moments of a run. */
static struct fasti_bench_sale sale(uint64_t record, int64_t minute, uint16_t minutes,
                                    int64_t told_ns, int64_t undone_ns) {
    return (struct fasti_bench_sale){
        .record = record,
        .schedule = 1,
        .start_utc_s = minute * 60,
        .minutes = minutes,
        .told_ns = told_ns,
        .undone_ns = undone_ns,
        .state = undone_ns == NEVER ? FASTI_BENCH_SALE_STANDS : FASTI_BENCH_SALE_CANCELLED,
    };
}

static struct fasti_bench_finding judge(struct fasti_bench_sale *sales, uint32_t count) {
    struct fasti_bench_finding finding;
    fasti_bench_sales_sort(sales, count);
    fasti_bench_sales_check(sales, count, &finding);
    return finding;
}

Test(bench_ledger, honest_sales_pass) {
    struct fasti_bench_sale sales[] = {
        sale(1, 540, 20, 10, NEVER), sale(2, 560, 20, 11, NEVER), /* side by side */
        sale(3, 600, 30, 12, 50),    sale(4, 610, 10, 60, NEVER), /* again, after a cancel */
        sale(5, 700, 10, 20, 30),    sale(6, 700, 10, 30, 40),    /* at one moment */
        sale(7, 700, 10, 41, 42),    sale(8, 700, 10, 43, 43),    /* gone when it was told */
        sale(9, 700, 10, 44, NEVER),
    };
    cr_assert_eq(judge(sales, COUNT_OF(sales)).fault, FASTI_BENCH_FAULT_NONE);
    cr_assert_eq(judge(sales, 0).fault, FASTI_BENCH_FAULT_NONE);
}

/* Each is one double sale among honest ones; both records are named. */
Test(bench_ledger, double_sales_are_found) {
    const struct {
        struct fasti_bench_sale first, second;
    } doubles[] = {
        {sale(8, 600, 20, 5, NEVER), sale(9, 600, 20, 6, NEVER)}, /* the same start */
        {sale(8, 600, 20, 5, NEVER), sale(9, 619, 20, 6, NEVER)}, /* the last minute */
        {sale(8, 600, 60, 5, NEVER), sale(9, 620, 5, 6, NEVER)},  /* inside */
        {sale(8, 620, 5, 5, NEVER), sale(9, 600, 60, 6, NEVER)},  /* around */
        {sale(8, 600, 20, 5, 90), sale(9, 600, 20, 89, NEVER)},   /* cancelled a moment too late */
        {sale(8, 600, 20, 5, 90), sale(9, 600, 20, 6, 80)},       /* both are gone at the end */
    };
    for (uint32_t i = 0; i < COUNT_OF(doubles); i++) {
        struct fasti_bench_sale sales[] = {
            sale(1, 540, 60, 1, NEVER), sale(2, 660, 20, 2, NEVER), doubles[i].second,
            sale(3, 680, 20, 3, 7),     doubles[i].first,
        };
        const struct fasti_bench_finding finding = judge(sales, COUNT_OF(sales));
        cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_TWICE, "double %u", i);
        cr_assert(finding.first.record == 8 && finding.second.record == 9, "double %u: %lu, %lu", i,
                  (unsigned long)finding.first.record, (unsigned long)finding.second.record);
    }
}

/* All pairs: do two of them overlap, and are they certain at once? */
static bool naive_is_double(const struct fasti_bench_sale *sales, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct fasti_bench_sale *a = &sales[i], *b = &sales[j];
            const int64_t from = a->told_ns > b->told_ns ? a->told_ns : b->told_ns;
            const int64_t to = a->undone_ns < b->undone_ns ? a->undone_ns : b->undone_ns;
            if (from < to && a->start_utc_s < b->start_utc_s + b->minutes * 60 &&
                b->start_utc_s < a->start_utc_s + a->minutes * 60)
                return true;
        }
    return false;
}

Test(bench_ledger, as_all_pairs_say) {
    struct fasti_prng prng = fasti_test_prng("bench_ledger");
    uint32_t found = 0;
    for (uint32_t round = 0; round < 4000; round++) {
        struct fasti_bench_sale sales[12];
        const uint32_t count = (uint32_t)fasti_prng_below(&prng, COUNT_OF(sales) + 1);
        for (uint32_t i = 0; i < count; i++) {
            const int64_t told_ns = (int64_t)fasti_prng_below(&prng, 100);
            sales[i] = sale(i + 1, (int64_t)fasti_prng_below(&prng, 200),
                            (uint16_t)(1 + fasti_prng_below(&prng, 15)), told_ns,
                            fasti_prng_below(&prng, 2) == 0
                                ? NEVER
                                : told_ns - 2 + (int64_t)fasti_prng_below(&prng, 40));
        }
        const bool is_double = naive_is_double(sales, count);
        cr_assert_eq(judge(sales, count).fault != FASTI_BENCH_FAULT_NONE, is_double, "round %u",
                     round);
        found += is_double;
    }
    cr_assert(found > 400 && found < 3600, "%u of 4000 rounds: the rounds say little", found);
}

/* ---- beside the server's list ---- */

static struct fasti_bench_finding compare(const struct fasti_bench_sale *sales, uint32_t count,
                                          const struct fasti_bench_sale *listed,
                                          uint32_t listed_count, bool is_single) {
    struct fasti_bench_finding finding;
    struct fasti_bench_sale copies[8];
    memcpy(copies, listed, listed_count * sizeof *listed);
    fasti_bench_listed_check(sales, count, copies, listed_count, is_single, &finding);
    return finding;
}

Test(bench_ledger, the_list_is_compared) {
    struct fasti_bench_sale sales[] = {sale(5, 540, 20, 1, NEVER), sale(6, 560, 20, 2, 9),
                                       sale(7, 580, 20, 3, 9), sale(8, 600, 20, 4, NEVER)};
    struct fasti_bench_sale listed[] = {sale(8, 600, 20, 0, NEVER), sale(5, 540, 20, 0, NEVER),
                                        sale(2, 100, 20, 0, NEVER), sale(7, 580, 20, 0, NEVER)};
    sales[2].state = FASTI_BENCH_SALE_CANCELLING; /* there or not: nobody was told */
    cr_assert_eq(compare(sales, 4, listed, 4, true).fault, FASTI_BENCH_FAULT_NONE);
    cr_assert_eq(compare(sales, 4, listed, 3, true).fault, FASTI_BENCH_FAULT_NONE);
    cr_assert_eq(compare(sales, 0, listed, 4, true).fault, FASTI_BENCH_FAULT_NONE);

    struct fasti_bench_finding finding = compare(sales, 4, listed + 1, 3, true);
    cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_MISSING);
    cr_assert_eq(finding.first.record, 8);
    finding = compare(sales, 4, listed, 0, true);
    cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_MISSING);
    cr_assert_eq(finding.first.record, 5);

    listed[2] = sale(6, 560, 20, 0, NEVER);
    finding = compare(sales, 4, listed, 4, true);
    cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_BACK);
    cr_assert(finding.first.record == 6 && finding.second.record == 6);

    listed[2] = sale(2, 100, 20, 0, NEVER);
    listed[1].start_utc_s += 60;
    finding = compare(sales, 4, listed, 4, true);
    cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_DIFFERS);
    cr_assert(finding.first.record == 5 && finding.second.record == 5);
}

/* Somebody else's record at the time of one of ours. */
Test(bench_ledger, overlaps_in_the_list_are_found) {
    const struct fasti_bench_sale sales[] = {sale(5, 540, 20, 1, NEVER)};
    const struct fasti_bench_sale listed[] = {
        sale(9, 600, 20, 0, NEVER), sale(5, 540, 20, 0, NEVER), sale(4, 535, 6, 0, NEVER)};
    const struct fasti_bench_finding finding = compare(sales, 1, listed, 3, true);
    cr_assert_eq(finding.fault, FASTI_BENCH_FAULT_LISTED_TWICE);
    cr_assert(finding.first.record == 4 && finding.second.record == 5);
    cr_assert_eq(compare(sales, 1, listed, 2, true).fault, FASTI_BENCH_FAULT_NONE);
    cr_assert_eq(compare(sales, 1, listed, 3, false).fault, FASTI_BENCH_FAULT_NONE,
                 "where several are seen at once they may overlap");
}

/* ---- taking in ---- */

Test(bench_ledger, has_a_limit_and_knows_cancels) {
    struct fasti_bench_ledger ledger = {.max = 1500};
    for (uint32_t i = 0; i < 1500; i++) {
        const struct fasti_bench_sale next = sale(i + 1, i, 1, i, NEVER);
        cr_assert_eq(fasti_bench_ledger_add(&ledger, &next), i);
    }
    cr_assert_eq(fasti_bench_ledger_add(&ledger, ledger.sales), FASTI_BENCH_NO_SALE);
    cr_assert(ledger.count == 1500 && ledger.sales[1499].record == 1500);
    fasti_bench_ledger_cancelling(&ledger, 7, 77);
    cr_assert(ledger.sales[7].state == FASTI_BENCH_SALE_CANCELLING);
    cr_assert_eq(ledger.sales[7].undone_ns, 77);
    fasti_bench_ledger_cancelled(&ledger, 7, false); /* BUSY: it stands */
    cr_assert(ledger.sales[7].state == FASTI_BENCH_SALE_STANDS);
    cr_assert_eq(ledger.sales[7].undone_ns, NEVER);
    fasti_bench_ledger_cancelling(&ledger, 7, 99);
    fasti_bench_ledger_cancelled(&ledger, 7, true);
    cr_assert(ledger.sales[7].state == FASTI_BENCH_SALE_CANCELLED);
    cr_assert_eq(ledger.sales[7].undone_ns, 99);
    fasti_bench_ledger_deinit(&ledger);
}
