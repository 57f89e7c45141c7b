/*
 * bench_question.h - questions of the reference workload (bench/workload.h) as commands.
 *
 * Pure functions, any thread. They set the whole of the command's body that they name; request and
 * import stay as they are.
 */
#ifndef FASTI_BENCH_BENCH_QUESTION_H
#define FASTI_BENCH_BENCH_QUESTION_H

#include "bench/bench.h"
#include "bench/workload.h"

#define FASTI_BENCH_SEARCH_RESULTS 20

/* Q1 as AVAILABILITY of one schedule. service: of agenda->cells, as generate made it; schedule: of
 * agenda->practitioner. */
void fasti_bench_ask_agenda(struct fasti_command *command, fasti_organization_id organization,
                            fasti_service_id service, fasti_schedule_id schedule,
                            const struct fasti_workload_agenda *agenda);

/* Q2, or Q3 where is_country, as SEARCH: the first FASTI_BENCH_SEARCH_RESULTS by their first start,
 * of all organizations. */
void fasti_bench_ask_search(struct fasti_command *command,
                            const struct fasti_workload_search *search, bool is_country);

#endif
