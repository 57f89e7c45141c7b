/*
 * fasti_commands.h - every command of the client: one function each, and what they share.
 *
 * All have the signature of fasti_command_spec.run (fasti_options.h): options are checked by type
 * already; they return how the program ends and have printed the answer.
 */
#ifndef FASTI_TOOLS_FASTI_COMMANDS_H
#define FASTI_TOOLS_FASTI_COMMANDS_H

#include "tools/fasti_columns.h"
#include "tools/fasti_options.h"

typedef enum fasti_exit fasti_command_run(struct fasti_session *session,
                                          const struct fasti_command_spec *spec,
                                          const json_t *options);

fasti_command_run fasti_run_create;
fasti_command_run fasti_run_set;
fasti_command_run fasti_run_list_entities;
fasti_command_run fasti_run_list_appointments;
fasti_command_run fasti_run_list_conflicts;
fasti_command_run fasti_run_show_entity;
fasti_command_run fasti_run_show_record;
fasti_command_run fasti_run_availability;
fasti_command_run fasti_run_search;
fasti_command_run fasti_run_names;
fasti_command_run fasti_run_joint;
fasti_command_run fasti_run_chain;
fasti_command_run fasti_run_heatmap;
fasti_command_run fasti_run_visits;
fasti_command_run fasti_run_explain;
fasti_command_run fasti_run_book;
fasti_command_run fasti_run_series;
fasti_command_run fasti_run_cancel;
fasti_command_run fasti_run_hold;
fasti_command_run fasti_run_confirm;
fasti_command_run fasti_run_extend;
fasti_command_run fasti_run_release;
fasti_command_run fasti_run_move;
fasti_command_run fasti_run_mark;
fasti_command_run fasti_run_block;
fasti_command_run fasti_run_unblock;
fasti_command_run fasti_run_status;
fasti_command_run fasti_run_checkpoint;
fasti_command_run fasti_run_backup;
fasti_command_run fasti_run_restore;
fasti_command_run fasti_run_import_smart;
fasti_command_run fasti_run_import_ndjson;
fasti_command_run fasti_run_import_busy;
fasti_command_run fasti_run_import_holidays;
fasti_command_run fasti_run_import_ics;
fasti_command_run fasti_run_import_doctolib;
fasti_command_run fasti_run_export_ndjson;
fasti_command_run fasti_run_export_ics;
fasti_command_run fasti_run_export_csv;

/* ---- searches (fasti_search.c) ---- */

/* Reads what, where and between which dates, connects, and scopes the session where an organization
 * is said. days: after the first, where --to is not said. */
FASTI_MUST_USE enum fasti_exit fasti_search_question(struct fasti_session *session,
                                                     const json_t *options, int32_t days,
                                                     struct fasti_search_query *query);

/* ---- times (fasti_times.c) ---- */

/* An instant from text: with an offset or Z as it is, else as local time of the schedule (its
 * offset is then the zone's). A time that clocks skip is INVALID; of one that happens twice the
 * first is taken, and a sentence on standard error says so. name: "--start", for sentences. */
FASTI_MUST_USE enum fasti_exit fasti_times_instant(struct fasti_session *session,
                                                   fasti_schedule_id schedule, const char *name,
                                                   const char *text,
                                                   struct fasti_civil_answer *answer);

/* As instant, where the offset does not matter. */
FASTI_MUST_USE enum fasti_exit fasti_times_resolve(struct fasti_session *session,
                                                   fasti_schedule_id schedule, const char *name,
                                                   const char *text, int64_t *utc_s);

/* Local time of a schedule as an instant. */
FASTI_MUST_USE enum fasti_exit fasti_times_civil(struct fasti_session *session,
                                                 fasti_schedule_id schedule, fasti_date date,
                                                 uint16_t minute,
                                                 struct fasti_civil_answer *answer);

/* The local date of a schedule at the server's present time. */
FASTI_MUST_USE enum fasti_exit fasti_times_today(struct fasti_session *session,
                                                 fasti_schedule_id schedule, fasti_date *date);

/* A bound of a list: an instant, or a date (its local midnight where there is a schedule, id not
 * 0, else midnight UTC). text NULL: *utc_s stays. */
FASTI_MUST_USE enum fasti_exit fasti_times_bound(struct fasti_session *session,
                                                 fasti_schedule_id schedule, const char *name,
                                                 const char *text, int64_t *utc_s);

/* "Tue 2026-11-24 09:00 +01:00"; seconds are left out. */
#define FASTI_TIMES_TEXT_BYTES 40
void fasti_times_format(int64_t utc_s, int32_t offset_s, char text[FASTI_TIMES_TEXT_BYTES]);

/* "+01:00". */
void fasti_times_format_offset(int32_t offset_s, char text[16]);

/* "Tue". */
const char *fasti_times_weekday(fasti_date date);

/* ---- directory records (fasti_directory.c) ---- */

/* As the fields that made it (a new reference); is_plain: as in an import line, else as options
 * take them. An opening's services are given by their external ids. */
json_t *fasti_put_json(const struct fasti_put *put, bool is_plain);
json_t *fasti_opening_json(const struct fasti_id_text *schedule,
                           const struct fasti_opening *opening,
                           const struct fasti_id_text *services);

/* ---- records (fasti_records.c) ---- */

/* Sends a change of one record whose command is filled, and prints what became of
 * it, with the record. */
FASTI_MUST_USE enum fasti_exit fasti_records_change(struct fasti_session *session,
                                                    struct fasti_command *command,
                                                    const char *what);

/* Prints that a change of one record is done, with the record that answer.record names. DONE. */
enum fasti_exit fasti_records_changed(struct fasti_session *session,
                                      const struct fasti_answer *answer);

/* After a change that is done: the records as they are now, as lines of text on standard output or,
 * with --json, in the array (a new reference, empty without --json). One that cannot be shown is
 * left out, with those after it, and takes nothing back. */
json_t *fasti_records_done(struct fasti_session *session, const fasti_record_id *records,
                           uint32_t count);

/* Their numbers as an array (a new reference). */
json_t *fasti_records_numbers(const fasti_record_id *records, uint32_t count);

/* Text as the number of a record, name as in fasti_field_record; and the one argument as such. */
FASTI_MUST_USE enum fasti_exit fasti_records_number(struct fasti_session *session, const char *name,
                                                    const char *text, fasti_record_id *record);
FASTI_MUST_USE enum fasti_exit fasti_records_argument(struct fasti_session *session,
                                                      const json_t *options,
                                                      fasti_record_id *record);

/* --reason CODE as its number, 0 where it is not said; a word that is no code is INVALID with all
 * codes in the sentence. */
FASTI_MUST_USE enum fasti_exit fasti_records_reason(struct fasti_session *session,
                                                    const json_t *options, uint8_t *reason);

/* One row of a list as JSON (a new reference): a record and the item that the row tells of. */
FASTI_MUST_USE enum fasti_exit fasti_records_json(struct fasti_session *session,
                                                  const struct fasti_record_view *view,
                                                  json_t **object);

/* The same as the cells of a row of text: FASTI_RECORDS_COLUMNS of them. */
#define FASTI_RECORDS_COLUMNS 8
FASTI_MUST_USE enum fasti_exit fasti_records_row(struct fasti_session *session,
                                                 const struct fasti_record_view *view,
                                                 struct fasti_columns *table);

/* A record with all its items. */
struct fasti_record_shown {
    struct fasti_record_view view;
    struct fasti_item_view items[FASTI_ITEMS_MAX]; /* view.item_count */
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
};

/* Asks for a record; *outcome FOUND, or *shown says nothing. */
FASTI_MUST_USE enum fasti_exit fasti_records_ask(struct fasti_session *session,
                                                 fasti_record_id record,
                                                 struct fasti_record_shown *shown,
                                                 enum fasti_outcome *outcome);

/* As a line of text on standard output, and as JSON (a new reference). */
FASTI_MUST_USE enum fasti_exit fasti_records_print(struct fasti_session *session,
                                                   const struct fasti_record_shown *shown);
FASTI_MUST_USE enum fasti_exit fasti_records_shown_json(struct fasti_session *session,
                                                        const struct fasti_record_shown *shown,
                                                        json_t **object);

/* Fills the command of a block line: its schedule found, its times made instants. */
FASTI_MUST_USE enum fasti_exit fasti_records_block(struct fasti_session *session,
                                                   const struct fasti_line *line,
                                                   struct fasti_command *command);

#endif
