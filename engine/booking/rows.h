/*
 * rows.h - the rows of a booking, a hold or a move: each looked at, its time taken in the draft.
 *
 *   row -> day -> verdict of rules/ -> taken in the draft        lost rows are gathered
 *
 * All rows are looked at even when one is lost, so that a refusal names every one. A row sees what
 * was added to the draft before it. Time of an expired hold is not taken: the hold is expired
 * first, by a claim of its own, and the command begins again. Refusals come with what they rest on:
 * TAKEN with the day's version, CLOSED and the like with the configuration's, so that no answer
 * tells of a change that a crash could still take back. Threading: as the draft.
 */
#ifndef FASTI_BOOKING_ROWS_H
#define FASTI_BOOKING_ROWS_H

#include "engine/booking/draft.h"

/* A booking's rows while they are taken. */
struct fasti_rows {
    const struct fasti_book *book;
    const struct fasti_facts *facts; /* of all rows; NULL: those of each appointment */
    fasti_organization_id organization;
    int64_t now_ms, expires_ms; /* expires_ms 0: taken for good */
    uint8_t *outcomes;          /* of the answer */
    uint32_t next;              /* row that comes next */
    uint32_t item_count;        /* of the appointment that was taken last */

    /* why the attempt ends, after false */
    enum fasti_draft_result result;
    enum fasti_look_result looked;
    uint64_t expired; /* a hold that must be expired first; 0: none */

    /* what a refusal rests on */
    uint32_t lost_count;
    bool rests_on_config, rests_on_guards;
    enum fasti_outcome first;    /* of the first row that was lost */
    struct fasti_detail *detail; /* of the answer: why that one was, in words */

    struct fasti_item items[FASTI_ITEMS_MAX];
};

/* Rows stand by appointment, none is empty, and each begins with what is no alternative. Each row
 * starts on a whole minute. Else *disposition is set and false returned. */
FASTI_MUST_USE bool fasti_rows_check(const struct fasti_book *book, struct fasti_pending *pending,
                                     enum fasti_disposition *disposition);

void fasti_rows_begin(struct fasti_rows *rows, const struct fasti_book *book,
                      const struct fasti_command *command, struct fasti_pending *pending);

/* Rows that are taken if all goes well: alternatives count once. Of one appointment; of all. */
uint32_t fasti_rows_count(const struct fasti_book *book);

/* Takes the rows of the next appointment, whose record will be number `id` and stand at `place` of
 * the draft. true: they were looked at; lost_count says whether all are taken. false: the attempt
 * ends with fasti_rows_stop. */
FASTI_MUST_USE bool fasti_rows_take(struct fasti_booking *booking, struct fasti_rows *rows,
                                    uint64_t id, uint32_t place);

FASTI_MUST_USE enum fasti_attempt fasti_rows_stop(struct fasti_booking *booking,
                                                  struct fasti_pending *pending,
                                                  const struct fasti_rows *rows,
                                                  enum fasti_disposition *disposition);

/* What a record keeps of the facts: the way of the visit, and an override. */
uint32_t fasti_facts_flags(const struct fasti_facts *facts);

/* A row that was lost, on a day (NULL: it could not be looked at). */
void fasti_rows_lose(struct fasti_rows *rows, struct fasti_draft *draft, enum fasti_outcome outcome,
                     const struct fasti_draft_day *day);

/* Ends a command whose rows were lost; it is told when all that it rests on is durable. */
FASTI_MUST_USE enum fasti_attempt fasti_rows_refuse(struct fasti_booking *booking,
                                                    struct fasti_pending *pending,
                                                    struct fasti_rows *rows,
                                                    enum fasti_disposition *disposition);

#endif
