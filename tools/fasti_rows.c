/*
 * fasti_rows.c - words into an object, the object over what stood before it.
 */
#include "tools/fasti_rows.h"

#include <stdio.h>
#include <string.h>

#include "tools/fasti_facts.h"

/* ---- words ---- */

/* Longer than a payload in hexadecimal: what does not fit is no word of ours. */
#define WORD_BYTES_MAX (2 * FASTI_PAYLOAD_BYTES_MAX + 1)

struct word {
    bool is_quoted; /* it begins with a quote */
    bool has_name;
    char name[16];
    size_t size;
    char value[WORD_BYTES_MAX + 1];
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

/* The name before the first = that no quote comes before. */
static enum fasti_status word_name(struct word *word, struct fasti_detail *detail) {
    static const char *const names[] = {"schedule", "service", "start", "patient", "payload"};
    word->value[word->size] = '\0';
    const char *name = fasti_facts_name(word->value);
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word->value, names[i]) == 0)
            name = names[i];
    if (name == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "there is no \"%.20s=\"; there are schedule=, service=, start=, "
                                "patient=, payload=, by=, modality=, sector=, language=, "
                                "patient-kind=, age=, referral=, override= (quote an id with =)",
                                word->value);
    word->has_name = true;
    snprintf(word->name, sizeof word->name, "%s", name);
    word->size = 0;
    return FASTI_OK;
}

/* The next word; *found false at the end of the text. */
static enum fasti_status word_next(const char **text, struct word *word, bool *found,
                                   struct fasti_detail *detail) {
    const char *at = *text;
    char quote = '\0';
    bool may_be_name = true;
    while (is_space(*at))
        at++;
    word->has_name = false;
    word->size = 0;
    word->is_quoted = *at == '"' || *at == '\'';
    *found = *at != '\0';
    for (; *at != '\0' && (quote != '\0' || !is_space(*at)); at++) {
        if (quote == '\0' && (*at == '"' || *at == '\'')) {
            quote = *at;
            may_be_name = false;
        } else if (*at == quote && quote != '\0') {
            quote = '\0';
        } else if (*at == '=' && may_be_name) {
            may_be_name = false;
            FASTI_TRY(word_name(word, detail));
        } else if (word->size == WORD_BYTES_MAX) {
            return fasti_detail_set(detail, FASTI_INVALID_OPTION, "a word is too long");
        } else {
            word->value[word->size++] = *at;
        }
    }
    word->value[word->size] = '\0';
    *text = at;
    if (quote != '\0')
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "a quote (%c) is opened and not closed", quote);
    return FASTI_OK;
}

static enum fasti_status word_take(const struct word *word, json_t *said,
                                   struct fasti_detail *detail) {
    const char *name = word->has_name ? word->name : "schedule";
    if (json_object_get(said, name) != NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%s\" is said twice, the second time with \"%.60s\" (words stand "
                                "apart by spaces: a value with spaces is written in quotes)",
                                name, word->value);
    json_t *value = json_string(word->value);
    if (value == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_TEXT, "the text is not UTF-8");
    json_object_set_new(said, name, value);
    return FASTI_OK;
}

static enum fasti_status words_take(const char *text, enum fasti_item_place *place, json_t *said,
                                    struct fasti_detail *detail) {
    struct word word;
    bool found;
    *place = FASTI_ITEM_BEGINS;
    for (uint32_t i = 0;; i++) {
        FASTI_TRY(word_next(&text, &word, &found, detail));
        if (!found)
            break;
        const bool is_bare = i == 0 && !word.is_quoted && !word.has_name;
        if (is_bare && strcmp(word.value, "with") == 0)
            *place = FASTI_ITEM_WITH;
        else if (is_bare && strcmp(word.value, "or") == 0)
            *place = FASTI_ITEM_OR;
        else
            FASTI_TRY(word_take(&word, said, detail));
    }
    if (json_object_size(said) == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "nothing is said: such as --item 'with room-1' or --item "
                                "'patient=p-2 start=09:20'");
    return FASTI_OK;
}

enum fasti_status fasti_item_parse(const char *text, enum fasti_item_place *place, json_t **said,
                                   struct fasti_detail *detail) {
    *said = json_object();
    const enum fasti_status status = words_take(text, place, *said, detail);
    if (status != FASTI_OK) {
        json_decref(*said);
        *said = NULL;
    }
    return status;
}

/* ---- rows ---- */

struct decoding {
    struct fasti_rows *rows;
    enum fasti_rows_use use;
    struct fasti_row plain; /* what the first item goes by */
    struct fasti_row_appointment plain_appointment;
    uint32_t first; /* the row that began the last appointment */
};

/* "09:20" is that time on the day of `before`, with its offset if it has one. */
static enum fasti_status start_decode(const char *text, const char *before,
                                      char start[FASTI_INSTANT_TEXT_BYTES],
                                      struct fasti_detail *detail) {
    uint16_t minute;
    char whole[64];
    const bool is_time = fasti_minutes_parse(text, strlen(text), &minute) == FASTI_OK;
    if (!is_time && strchr(text, '-') == NULL)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"start\": \"%.40s\" is not a time like 09:20 or 2026-11-24T09:20",
                                text);
    if (!is_time)
        return fasti_field_time("start", text, start, detail);
    if (before[0] == '\0')
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"start\": %s of which day? None was said before", text);
    snprintf(whole, sizeof whole, "%.10sT%.5s%s", before, text,
             before + 10 + strcspn(before + 10, "Z+-"));
    return fasti_field_time("start", whole, start, detail);
}

/* Lays what is said over what the row takes from the one before. */
static enum fasti_status row_decode(const json_t *said, uint32_t index, struct fasti_row *row,
                                    struct fasti_detail *detail) {
    const char *schedule = fasti_field_text(said, "schedule", NULL);
    const char *service = fasti_field_text(said, "service", NULL);
    const char *start = fasti_field_text(said, "start", NULL);
    if (schedule != NULL)
        FASTI_TRY(fasti_field_id("schedule", schedule, &row->schedule, detail));
    if (service != NULL)
        FASTI_TRY(fasti_field_id("service", service, &row->service, detail));
    if (start == NULL)
        return FASTI_OK;
    char before[FASTI_INSTANT_TEXT_BYTES];
    memcpy(before, row->start, sizeof before);
    row->time_of = (uint8_t)index;
    return start_decode(start, before, row->start, detail);
}

static enum fasti_status appointment_decode(const json_t *said,
                                            struct fasti_row_appointment *appointment,
                                            struct fasti_detail *detail) {
    const char *patient = fasti_field_text(said, "patient", NULL);
    if (patient != NULL)
        FASTI_TRY(fasti_field_patient(patient, appointment->patient, &appointment->patient_length,
                                      detail));
    FASTI_TRY(fasti_facts_decode(said, &appointment->facts, detail));
    return fasti_field_payload(fasti_field_text(said, "payload", ""), appointment->payload,
                               &appointment->payload_length, detail);
}

static enum fasti_status missing_check(const struct decoding *decoding, const struct fasti_row *row,
                                       struct fasti_detail *detail) {
    const struct fasti_row_appointment *appointment =
        &decoding->rows->appointments[row->appointment];
    const bool has_patient = decoding->use != FASTI_ROWS_BOOK || appointment->patient_length > 0;
    const char *missing = row->schedule.length == 0  ? "schedule"
                          : row->service.length == 0 ? "service"
                          : row->start[0] == '\0'    ? "start"
                          : !has_patient             ? "patient"
                                                     : NULL;
    if (missing == NULL)
        return FASTI_OK;
    if (row->number == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "--%s is missing", missing);
    return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                            "which %s? Say %s=..., or --%s in front of the items", missing, missing,
                            missing);
}

static enum fasti_status place_check(const struct decoding *decoding, enum fasti_item_place place,
                                     const json_t *said, struct fasti_detail *detail) {
    const bool has_patient =
        json_object_get(said, "patient") != NULL || json_object_get(said, "payload") != NULL;
    if (decoding->rows->count == FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "there are at most %d rows at once",
                                FASTI_ITEMS_MAX);
    if (has_patient && decoding->use != FASTI_ROWS_BOOK)
        return fasti_detail_set(
            detail, FASTI_INVALID_OPTION, "%s",
            decoding->use == FASTI_ROWS_HOLD
                ? "a hold has no patient and no payload: \"fasti confirm\" says "
                  "for whom it is"
                : "the patient and payload of an appointment stay when it is "
                  "moved");
    if (place == FASTI_ITEM_BEGINS && decoding->use == FASTI_ROWS_MOVE && decoding->rows->count > 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "only one appointment is moved: a row beside the first begins with "
                                "\"with\" or \"or\"");
    if (place == FASTI_ITEM_BEGINS)
        return FASTI_OK;
    if (decoding->rows->count == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%s\" needs a row before it: another item, or --schedule",
                                place == FASTI_ITEM_WITH ? "with" : "or");
    if (has_patient)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "patient= and payload= are said where the appointment begins, not "
                                "after \"with\" and \"or\"");
    if (fasti_facts_are_said(said))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "facts like age= are of the whole appointment: say them where it "
                                "begins, not after \"with\" and \"or\"");
    return FASTI_OK;
}

static enum fasti_status row_append(struct decoding *decoding, uint32_t number,
                                    enum fasti_item_place place, const json_t *said,
                                    struct fasti_detail *detail) {
    struct fasti_rows *rows = decoding->rows;
    FASTI_TRY(place_check(decoding, place, said, detail));
    const uint32_t index = rows->count;
    const uint32_t base = place == FASTI_ITEM_BEGINS ? decoding->first : index - 1;
    struct fasti_row *row = &rows->rows[index];
    *row = index == 0 ? decoding->plain : rows->rows[base];
    row->number = (uint8_t)number;
    row->is_alternative = place == FASTI_ITEM_OR;
    if (place == FASTI_ITEM_BEGINS) {
        const uint32_t a = rows->appointment_count++;
        rows->appointments[a] = a == 0 ? decoding->plain_appointment : rows->appointments[a - 1];
        row->appointment = (uint8_t)a;
        decoding->first = index;
        FASTI_TRY(appointment_decode(said, &rows->appointments[a], detail));
    }
    FASTI_TRY(row_decode(said, index, row, detail));
    rows->count++;
    return missing_check(decoding, row, detail);
}

/* Number of the item, from 1, in front of what is wrong with it. */
static enum fasti_status item_append(struct decoding *decoding, const char *text, uint32_t number,
                                     struct fasti_detail *detail) {
    enum fasti_item_place place;
    json_t *said;
    struct fasti_detail reason;
    enum fasti_status status = fasti_item_parse(text, &place, &said, &reason);
    if (status == FASTI_OK) {
        status = row_append(decoding, number, place, said, &reason);
        json_decref(said);
    }
    return status == FASTI_OK
               ? status
               : fasti_detail_set(detail, status, "item %u: %.220s", number, reason.text);
}

/* Are the options a row, or only what the first item goes by? */
static bool options_are_row(const json_t *options, enum fasti_rows_use use) {
    const char *first = fasti_field_item(options, "item", 0);
    if (first == NULL || json_object_get(options, "schedule") != NULL)
        return true;
    enum fasti_item_place place;
    json_t *said;
    struct fasti_detail later; /* what is wrong with the item is told when it is its turn */
    if (use != FASTI_ROWS_MOVE || fasti_item_parse(first, &place, &said, &later) != FASTI_OK)
        return false;
    json_decref(said);
    return place != FASTI_ITEM_BEGINS;
}

enum fasti_status fasti_rows_decode(const json_t *options, enum fasti_rows_use use,
                                    const struct fasti_row *kept, struct fasti_rows *rows,
                                    struct fasti_detail *detail) {
    struct decoding decoding = {.rows = rows, .use = use};
    if (kept != NULL)
        decoding.plain = *kept;
    memset(rows, 0, sizeof *rows);
    rows->is_fair = fasti_field_flag(options, "fair");
    if (options_are_row(options, use))
        FASTI_TRY(row_append(&decoding, 0, FASTI_ITEM_BEGINS, options, detail));
    else if (json_object_get(options, "payload") != NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "--payload belongs to the appointment of --schedule: say payload= "
                                "in the item that begins the appointment");
    FASTI_TRY(row_decode(options, 0, &decoding.plain, detail));
    FASTI_TRY(appointment_decode(options, &decoding.plain_appointment, detail));
    const char *text;
    bool has_alternatives = false;
    for (uint32_t i = 0; (text = fasti_field_item(options, "item", i)) != NULL; i++) {
        FASTI_TRY(item_append(&decoding, text, i + 1, detail));
        has_alternatives |= rows->rows[rows->count - 1].is_alternative;
    }
    if (rows->is_fair && !has_alternatives)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "--fair chooses among alternatives: no --item begins with \"or\"");
    return FASTI_OK;
}

void fasti_rows_of_line(const struct fasti_line *line, struct fasti_rows *rows) {
    const struct fasti_line_visit *visit = &line->visit;
    struct fasti_row_appointment *appointment = &rows->appointments[0];
    memset(rows, 0, sizeof *rows);
    rows->appointment_count = 1;
    rows->count = 1 + line->more_count;
    appointment->patient_length = visit->patient_length;
    appointment->payload_length = visit->payload_length;
    memcpy(appointment->patient, visit->patient, visit->patient_length);
    memcpy(appointment->payload, visit->payload, visit->payload_length);
    appointment->facts = visit->facts;
    rows->rows[0].schedule = visit->schedule;
    rows->rows[0].service = visit->service;
    memcpy(rows->rows[0].start, visit->start, sizeof visit->start);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct fasti_row *row = &rows->rows[i];
        row->time_of = (uint8_t)i;
        row->number = (uint8_t)(line->more_count > 0 ? i + 1 : 0);
        if (i == 0)
            continue;
        row->schedule = line->more[i - 1].schedule;
        row->service = line->more[i - 1].service;
        memcpy(row->start, line->more[i - 1].start, sizeof row->start);
    }
}
