/*
 * fasti_emergency_plan.h - who moves where: cases in order of urgency, and the file of them.
 *
 *   {"record":7,"schedule":"anna","service":"visit","start":T,"minutes":20,"patient":"p-1",
 *    "rank":1,"outcome":"PLANNED","moved_to":null,"to":[{"schedule","service","start","minutes"}],
 *    "why":""}
 *
 * A line of a plan says all that is needed to carry it out: record, to, and the facts for the
 * rules.
 */
#ifndef FASTI_TOOLS_FASTI_EMERGENCY_PLAN_H
#define FASTI_TOOLS_FASTI_EMERGENCY_PLAN_H

#include "tools/fasti_emergency.h"

enum fasti_case_fate {
    FASTI_CASE_OPEN,    /* not looked at yet */
    FASTI_CASE_PLANNED, /* a time is found */
    FASTI_CASE_MOVED,
    FASTI_CASE_UNPLACED, /* none was found: it stays where it is */
    FASTI_CASE_GONE,     /* moved or ended by somebody else meanwhile */
};

struct fasti_case_row {
    fasti_schedule_id schedule;
    fasti_service_id service;
    struct fasti_id_text schedule_text;
    int64_t start_utc_s;
    int32_t offset_s;
    uint32_t minutes;
};

struct fasti_case {
    fasti_record_id record, moved_to;
    int64_t rank;
    struct fasti_facts facts;
    json_t *told; /* how it is told: record, schedule ...; facts that were said; owned */
    enum fasti_case_fate fate;
    uint32_t row_count; /* of the new time */
    struct fasti_case_row *rows;
    char why[200]; /* of UNPLACED and GONE */
};

struct fasti_plan_cases {
    uint32_t count;
    struct fasti_case *cases;
};

void fasti_plan_cases_deinit(struct fasti_plan_cases *plan);

/* Rows of the case become these. false: no memory. */
bool fasti_case_rows_set(struct fasti_case *one, const struct fasti_case_row *rows, uint32_t count);

/* PLANNED, MOVED, NONE or GONE. */
const char *fasti_case_outcome(const struct fasti_case *one);

/* One case as it is told (a new reference). */
FASTI_MUST_USE enum fasti_exit fasti_case_json(struct fasti_session *session,
                                               const struct fasti_case *one, json_t **object);

/* Writes the plan, a line a case; an existing file is replaced. */
FASTI_MUST_USE enum fasti_exit fasti_plan_write(struct fasti_session *session,
                                                const struct fasti_plan_cases *plan,
                                                const char *path);

/* One line's text as a checked object (a new reference; NULL unless OK). INVALID_* with a sentence.
 */
FASTI_MUST_USE enum fasti_status fasti_plan_parse(const char *bytes, size_t size, json_t **object,
                                                  struct fasti_detail *detail);

/* Reads it back; the session is scoped. Cases that found no time are OPEN. A bad line refuses the
 * file with its number. */
FASTI_MUST_USE enum fasti_exit fasti_plan_read(struct fasti_session *session, const char *path,
                                               struct fasti_plan_cases *plan);

#endif
