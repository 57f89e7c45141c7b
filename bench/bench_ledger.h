/*
 * bench_ledger.h - what a load was told it has booked, and whether that can be true.
 *
 *   told          record 7: Tue 09:00 to 09:20      |=============|      until its cancel was sent
 *   told          record 9: Tue 09:10 to 09:30            |===========|
 *                                                   time of the run --->
 *
 * A sale is certain from the moment its answer came to the moment its cancel was sent. Two sales of
 * one schedule that overlap there and in this time at once were sold twice, also when one of them
 * is gone at the end. What stands at the end must be in the server's list, what was cancelled not.
 * Times of all connections are of one clock (monotonic). Pure, one thread a ledger.
 */
#ifndef FASTI_BENCH_LEDGER_H
#define FASTI_BENCH_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#define FASTI_BENCH_SALES_MAX (UINT32_C(1) << 23) /* of all connections: 384 MiB */
#define FASTI_BENCH_NO_SALE   UINT32_MAX

enum fasti_bench_sale_state {
    FASTI_BENCH_SALE_STANDS,
    FASTI_BENCH_SALE_CANCELLING, /* its cancel was sent, and not answered */
    FASTI_BENCH_SALE_CANCELLED,
};

struct fasti_bench_sale {
    uint64_t record;
    int64_t start_utc_s;
    int64_t told_ns;   /* when its answer came */
    int64_t undone_ns; /* when its cancel was sent; INT64_MAX: none was */
    uint32_t schedule; /* dense id */
    uint16_t minutes;
    uint8_t state;       /* enum fasti_bench_sale_state */
    uint32_t connection; /* that was told */
};

struct fasti_bench_ledger {
    struct fasti_bench_sale *sales;
    uint32_t count, room, max; /* max: as many as it may take */
};

/* Takes a sale in and returns its index; FASTI_BENCH_NO_SALE: max is reached. Ends the program
 * where there is no memory. */
uint32_t fasti_bench_ledger_add(struct fasti_bench_ledger *ledger,
                                const struct fasti_bench_sale *sale);
/* A cancel of it is sent now, was done, or was definitely not done. */
void fasti_bench_ledger_cancelling(struct fasti_bench_ledger *ledger, uint32_t sale,
                                   int64_t now_ns);
void fasti_bench_ledger_cancelled(struct fasti_bench_ledger *ledger, uint32_t sale, bool is_done);
void fasti_bench_ledger_deinit(struct fasti_bench_ledger *ledger);

/* ---- judging ---- */

enum fasti_bench_fault {
    FASTI_BENCH_FAULT_NONE,
    FASTI_BENCH_FAULT_TWICE,        /* first and second were sold, and overlap */
    FASTI_BENCH_FAULT_MISSING,      /* first was sold, and the server does not have it */
    FASTI_BENCH_FAULT_DIFFERS,      /* the server has first's record as second */
    FASTI_BENCH_FAULT_BACK,         /* first was cancelled, and the server has it still: second */
    FASTI_BENCH_FAULT_LISTED_TWICE, /* the server has both first and second, and they overlap */
};

struct fasti_bench_finding {
    enum fasti_bench_fault fault;
    struct fasti_bench_sale first, second;
};

/* By schedule, then in the order in which they were told. */
void fasti_bench_sales_sort(struct fasti_bench_sale *sales, uint32_t count);

/* Sales of one schedule of one seat, sorted: were two of them certain at once that overlap? The
 * first such pair is *finding, or fault NONE. */
void fasti_bench_sales_check(const struct fasti_bench_sale *sales, uint32_t count,
                             struct fasti_bench_finding *finding);

/* Sales of one schedule beside what the server says is booked there (listed; their order changes):
 * all that stands is there, as it was sold, nothing that was cancelled is, and, of a schedule of
 * one seat, no two of the listed overlap. The first fault is *finding, or NONE. */
void fasti_bench_listed_check(const struct fasti_bench_sale *sales, uint32_t count,
                              struct fasti_bench_sale *listed, uint32_t listed_count,
                              bool is_single, struct fasti_bench_finding *finding);

#endif
