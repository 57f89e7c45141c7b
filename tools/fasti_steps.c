/*
 * fasti_steps.c - words into parts of steps; see fasti_steps.h.
 */
#include "tools/fasti_steps.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BYTES_MAX 100 /* a name and an id */

struct word {
    bool is_quoted; /* it begins with a quote: a schedule, whatever it says */
    size_t size;
    char text[WORD_BYTES_MAX + 1];
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

/* The next word; *found false at the end of the text. */
static enum fasti_status word_next(const char **text, struct word *word, bool *found,
                                   struct fasti_detail *detail) {
    const char *at = *text;
    char quote = '\0';
    while (is_space(*at))
        at++;
    *found = *at != '\0';
    word->size = 0;
    word->is_quoted = *at == '"' || *at == '\'';
    for (; *at != '\0' && (quote != '\0' || !is_space(*at)); at++) {
        if (quote == *at || (quote == '\0' && (*at == '"' || *at == '\''))) {
            quote = quote == '\0' ? *at : '\0';
            continue;
        }
        if (word->size == WORD_BYTES_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_OPTION, "a word is longer than %d bytes",
                                    WORD_BYTES_MAX);
        word->text[word->size++] = *at;
    }
    word->text[word->size] = '\0';
    *text = at;
    return quote == '\0'
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_OPTION, "a %c is not closed", quote);
}

/* ---- values ---- */

/* "10" or "10..14", each with d or w behind it or not. */
static bool days_read(const char *text, uint16_t *min, uint16_t *max) {
    long days[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        char *end;
        if (*text < '0' || *text > '9')
            return false;
        days[i] = strtol(text, &end, 10);
        if (days[i] > FASTI_COMBINE_DAYS_MAX)
            return false;
        days[i] *= *end == 'w' ? 7 : 1;
        text = end + (*end == 'w' || *end == 'd');
        if (i == 0 && *text == '\0') {
            days[1] = days[0];
            break;
        }
        if (i == 0 && strncmp(text, "..", 2) != 0)
            return false;
        text += i == 0 ? 2 : 0;
    }
    *min = (uint16_t)days[0];
    *max = (uint16_t)days[1];
    return *text == '\0' && days[0] <= days[1] && days[1] <= FASTI_COMBINE_DAYS_MAX;
}

/* "15", "+15", "-15", with m or h behind it or not. */
static bool offset_read(const char *text, int16_t *minutes) {
    char *end;
    if (strchr("+-0123456789", *text) == NULL || *text == '\0')
        return false;
    long number = strtol(text, &end, 10);
    if (end == text || number < -FASTI_DAY_MINUTES || number > FASTI_DAY_MINUTES)
        return false;
    number *= *end == 'h' ? 60 : 1;
    end += *end == 'h' || *end == 'm';
    *minutes = (int16_t)number;
    return *end == '\0' && number >= -FASTI_DAY_MINUTES && number <= FASTI_DAY_MINUTES;
}

static enum fasti_status id_read(const char *text, struct fasti_id_text *id,
                                 struct fasti_detail *detail) {
    if (fasti_id_text_set(id, text, strlen(text)) == FASTI_OK)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_ID,
                            "\"%.70s\" is no id: those have 1 to %d bytes without control "
                            "characters",
                            text, FASTI_ID_BYTES_MAX);
}

/* What stands behind "name="; NULL: it is another word. */
static const char *value_of(const struct word *word, const char *name) {
    const size_t size = strlen(name);
    return !word->is_quoted && strncmp(word->text, name, size) == 0 && word->text[size] == '='
               ? word->text + size + 1
               : NULL;
}

/* ---- parts ---- */

static enum fasti_status part_begin(struct fasti_steps *steps, struct fasti_detail *detail) {
    uint8_t *count = &steps->steps[steps->step_count - 1].part_count;
    if (*count == FASTI_COMBINE_PARTS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a step has at most %d parts",
                                FASTI_COMBINE_PARTS_MAX);
    struct fasti_step_part *part = &steps->parts[steps->part_count];
    memset(part, 0, sizeof *part);
    if (steps->part_count > 0)
        part->service = part[-1].service;
    steps->part_count++;
    (*count)++;
    return FASTI_OK;
}

static enum fasti_status part_end(const struct fasti_steps *steps, struct fasti_detail *detail) {
    const uint32_t parts = steps->steps[steps->step_count - 1].part_count;
    const struct fasti_step_part *part = &steps->parts[steps->part_count - 1];
    if (part->service.length == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "for which service? Say service=ID");
    if (part->schedule_count > 0 && part->location.length > 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "location= is for a part that names no schedule");
    if (parts == 1 && part->offset_minutes != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "offset= is from the first part: that has none");
    return FASTI_OK;
}

static enum fasti_status word_take(struct fasti_steps *steps, const struct word *word,
                                   bool may_say_in, struct fasti_detail *detail) {
    struct fasti_step_part *part = &steps->parts[steps->part_count - 1];
    const char *value;
    if (!word->is_quoted && strcmp(word->text, "with") == 0) {
        FASTI_TRY(part_end(steps, detail));
        return part_begin(steps, detail);
    }
    if ((value = value_of(word, "service")) != NULL)
        return id_read(value, &part->service, detail);
    if ((value = value_of(word, "location")) != NULL)
        return id_read(value, &part->location, detail);
    if ((value = value_of(word, "offset")) != NULL) {
        if (offset_read(value, &part->offset_minutes))
            return FASTI_OK;
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "offset=%.30s is not like 15, -10 or 2h, up to a day", value);
    }
    if ((value = value_of(word, "in")) != NULL) {
        const uint32_t step = steps->step_count - 1;
        if (!may_say_in)
            return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                    "in= is of a step behind another one: the first has none");
        if (days_read(value, &steps->steps[step].days_min, &steps->steps[step].days_max))
            return FASTI_OK;
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "in=%.30s is not like 7, 7..14 or 1w..2w, up to %d days", value,
                                FASTI_COMBINE_DAYS_MAX);
    }
    if (part->schedule_count == FASTI_COMBINE_CHOICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a part names at most %d schedules",
                                FASTI_COMBINE_CHOICES_MAX);
    if (!word->is_quoted && strchr(word->text, '=') != NULL)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "there is no \"%.30s\"; there are in=, service=, location=, "
                                "offset= and with (quote an id with =)",
                                word->text);
    return id_read(word->text, &part->schedules[part->schedule_count++], detail);
}

static enum fasti_status words_take(struct fasti_steps *steps, const char *text, bool may_say_in,
                                    struct fasti_detail *detail) {
    struct word word;
    bool found;
    FASTI_TRY(part_begin(steps, detail));
    for (;;) {
        FASTI_TRY(word_next(&text, &word, &found, detail));
        if (!found)
            return part_end(steps, detail);
        FASTI_TRY(word_take(steps, &word, may_say_in, detail));
    }
}

enum fasti_status fasti_steps_add(struct fasti_steps *steps, const char *text,
                                  struct fasti_detail *detail) {
    if (steps->step_count == FASTI_COMBINE_STEPS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a chain has at most %d steps",
                                FASTI_COMBINE_STEPS_MAX);
    memset(&steps->steps[steps->step_count++], 0, sizeof steps->steps[0]);
    return words_take(steps, text, steps->step_count > 1, detail);
}

enum fasti_status fasti_steps_add_parts(struct fasti_steps *steps, const char *text,
                                        struct fasti_detail *detail) {
    if (steps->step_count == 0)
        memset(&steps->steps[steps->step_count++], 0, sizeof steps->steps[0]);
    return words_take(steps, text, false, detail);
}
