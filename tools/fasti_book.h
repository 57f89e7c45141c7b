/*
 * fasti_book.h - rows of a booking, hold or move on their way: asked, and what became of them.
 *
 *   fasti_rows --resolve--> items, times --ask--> fates, records --print--> text or JSON
 *
 * Appointments that are left out are not asked for; series asks again without those that were
 * refused. A booking borrows from itself: it is not to be copied. One booking, one thread.
 */
#ifndef FASTI_TOOLS_FASTI_BOOK_H
#define FASTI_TOOLS_FASTI_BOOK_H

#include "tools/fasti_rows.h"
#include "tools/fasti_session.h"

/* What became of a row. */
struct fasti_row_fate {
    enum fasti_outcome outcome; /* as the server said; BOOKED in a refusal: it would have been */
    fasti_record_id record;     /* the appointment that holds it; 0: none */
    int64_t free_utc_s;         /* series: another start that is free; 0: none was found */
    int32_t free_offset_s;
};

struct fasti_book_run {
    bool is_request; /* a booking's wait for approval */
    struct fasti_session *session;
    struct fasti_rows rows;
    struct fasti_book_item items[FASTI_ITEMS_MAX]; /* of the rows, resolved */
    int32_t offsets_s[FASTI_ITEMS_MAX];            /* of their starts, for people */
    int64_t kept_utc_s;                            /* a move's: of rows that are FASTI_ROW_KEPT */
    int32_t kept_offset_s;
    const char *start_name; /* the option that says the first start; NULL: "--start" */
    struct fasti_row_fate fates[FASTI_ITEMS_MAX]; /* of the rows */
    bool is_left_out[FASTI_ITEMS_MAX];            /* appointments that are not asked for */
    uint32_t record_count;                        /* appointments that were booked or held */
    fasti_record_id records[FASTI_ITEMS_MAX];     /* in their order */
    bool is_series;                               /* rows are dates of one schedule */
    struct fasti_command
        command; /* kind: BOOK, HOLD or MOVE, with all but the rows; the caller's */
    struct fasti_answer answer;
};

/* Like those of fasti_session.h these say DONE, or have printed why not. */

/* Finds what the rows name; the session is scoped. A failure names the item. */
FASTI_MUST_USE enum fasti_exit fasti_book_resolve(struct fasti_book_run *run);

/* Asks for all that is not left out. Fills answer, fates and, if it was booked, records; whether it
 * was is the caller's to look at. */
FASTI_MUST_USE enum fasti_exit fasti_book_ask(struct fasti_book_run *run);

/* A row is lost if neither it nor one that it could be exchanged for was free. */
bool fasti_book_is_lost(const struct fasti_book_run *run, uint32_t row);

/* What was lost in one sentence: "item 2, schedule room-1: the time is taken; item 3 ...". */
void fasti_book_lost_text(const struct fasti_book_run *run, char *text, size_t size);

/* Prints the appointments, after fasti_book_ask booked them, and what was left out. DONE. */
enum fasti_exit fasti_book_print(struct fasti_book_run *run);

/* The rows as they are in JSON (a new reference). */
json_t *fasti_book_rows_json(const struct fasti_book_run *run);

/* Prints the refusal and every row that was lost; sentence NULL: one that counts them. REFUSED. */
enum fasti_exit fasti_book_refuse(struct fasti_book_run *run, const char *sentence);

/* As refuse, with a sentence of its own where there is one row. Where no row stands in the way but
 * the record that a hold replaces or that is moved, only that: `what` names it. REFUSED. */
enum fasti_exit fasti_book_refuse_rows(struct fasti_book_run *run, const char *what);

#endif
