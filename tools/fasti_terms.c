/*
 * fasti_terms.c - one table of the terms: how each is written, and where it lies in the struct.
 */
#include "tools/fasti_terms.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "tools/fasti_words.h"

enum form {
    FORM_NUMBER,
    FORM_MINUTES, /* "2d" or minutes */
    FORM_MONTHS,  /* "18y" or months */
    FORM_CLOCK,   /* "08:00" */
    FORM_WEEKDAYS,
    FORM_WORDS, /* a bit each, from bit 0 */
    FORM_BIT,   /* the bit `most` of the flags */
};

struct term {
    const char *name;
    enum form form;
    uint8_t offset, size; /* in struct fasti_terms */
    uint32_t most;
    const struct fasti_words *words;
};

#define MOST(type, name, most, meaning) MOST_##name = (most),
enum { FASTI_TERMS_TABLE(MOST) };

#define MEMBER(field) offsetof(struct fasti_terms, field), sizeof((struct fasti_terms *)NULL)->field
#define TERM(name, form, field) \
    { name, form, MEMBER(field), MOST_##field, NULL }
#define WORDS(name, field, words) \
    { name, FORM_WORDS, MEMBER(field), MOST_##field, &(words) }
#define BIT(name, bit) \
    { name, FORM_BIT, MEMBER(flags), bit, NULL }

static const struct term terms_table[] = {
    TERM("buffer_before", FORM_NUMBER, before_minutes),
    TERM("buffer_after", FORM_NUMBER, after_minutes),
    TERM("notice", FORM_MINUTES, notice_minutes),
    TERM("horizon", FORM_NUMBER, horizon_days),
    TERM("horizon_at", FORM_CLOCK, horizon_minute),
    TERM("limit_day", FORM_NUMBER, day_limit),
    TERM("limit_week", FORM_NUMBER, week_limit),
    TERM("limit_month", FORM_NUMBER, month_limit),
    TERM("capacity", FORM_NUMBER, capacity),
    TERM("overbook", FORM_NUMBER, overbook),
    TERM("weekdays", FORM_WEEKDAYS, weekdays),
    TERM("from", FORM_CLOCK, from_minute),
    TERM("to", FORM_CLOCK, to_minute),
    WORDS("modality", modalities, fasti_words_modalities),
    WORDS("sector", sectors, fasti_words_sectors),
    WORDS("audience", audiences, fasti_words_audiences),
    WORDS("patients", acquaintances, fasti_words_acquaintances),
    TERM("age_min", FORM_MONTHS, age_min_months),
    TERM("age_max", FORM_MONTHS, age_max_months),
    BIT("referral", FASTI_TERMS_REFERRAL),
    BIT("paused", FASTI_TERMS_PAUSED),
};

/* ---- members ---- */

static uint32_t member_get(const struct fasti_terms *terms, const struct term *term) {
    const char *at = (const char *)terms + term->offset;
    uint32_t wide = 0;
    uint16_t half = 0;
    if (term->size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    if (term->size == sizeof half) {
        memcpy(&half, at, sizeof half);
        return half;
    }
    const uint32_t byte = *(const uint8_t *)at;
    return term->form == FORM_BIT ? byte & term->most : byte;
}

static void member_set(struct fasti_terms *terms, const struct term *term, uint32_t value) {
    char *at = (char *)terms + term->offset;
    const uint16_t half = (uint16_t)value;
    if (term->size == sizeof value) {
        memcpy(at, &value, sizeof value);
    } else if (term->size == sizeof half) {
        memcpy(at, &half, sizeof half);
    } else if (term->form == FORM_BIT) {
        terms->flags = (uint8_t)((terms->flags & ~term->most) | value);
    } else {
        FASTI_ASSERT(term->size == 1);
        *(uint8_t *)at = (uint8_t)value;
    }
}

/* ---- decoding ---- */

static enum fasti_status number_decode(const json_t *value, const struct term *term,
                                       uint32_t *number, struct fasti_detail *detail) {
    const char *text = json_string_value(value);
    const bool is_months = term->form == FORM_MONTHS;
    int64_t whole = json_is_integer(value) ? json_integer_value(value) : 0;
    if (text != NULL && strcmp(text, FASTI_WORD_ANY) != 0) {
        uint32_t span;
        if (!(is_months ? fasti_span_months(text, &span) : fasti_span_minutes(text, &span)))
            return fasti_detail_set(
                detail, FASTI_INVALID_OPTION, "\"%s\": \"%.30s\" is not %s", term->name, text,
                is_months ? "an age like 18y, 6m, or months, nor " FASTI_WORD_ANY
                          : "a span like 2h, 3d, 1w, or minutes, nor " FASTI_WORD_ANY);
        whole = span;
    }
    if (whole < 0 || whole > term->most)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"%s\" must be 0 to %u%s", term->name,
                                (unsigned)term->most,
                                is_months                    ? " months"
                                : term->form == FORM_MINUTES ? " minutes"
                                                             : "");
    *number = (uint32_t)whole;
    return FASTI_OK;
}

static enum fasti_status clock_decode(const char *text, const struct term *term, uint32_t *number,
                                      struct fasti_detail *detail) {
    uint16_t minute = 0;
    const bool is_any = strcmp(text, FASTI_WORD_ANY) == 0;
    if (!is_any &&
        (fasti_minutes_parse(text, strlen(text), &minute) != FASTI_OK || minute > term->most))
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "\"%s\": \"%.30s\" is not a time like 09:00, nor " FASTI_WORD_ANY,
                                term->name, text);
    *number = minute;
    return FASTI_OK;
}

static enum fasti_status weekdays_decode(const char *text, const struct term *term,
                                         uint32_t *number, struct fasti_detail *detail) {
    uint8_t weekdays = 0;
    if (strcmp(text, FASTI_WORD_ANY) != 0 && fasti_weekdays_parse(text, &weekdays) != FASTI_OK)
        return fasti_detail_set(
            detail, FASTI_INVALID_OPTION,
            "\"%s\": \"%.30s\" is not like mon-fri or mon,wed,sun, nor " FASTI_WORD_ANY, term->name,
            text);
    *number = weekdays;
    return FASTI_OK;
}

static enum fasti_status words_decode(const json_t *value, const struct term *term,
                                      uint32_t *number, struct fasti_detail *detail) {
    struct fasti_words_walk walk = {.value = value};
    const char *word;
    size_t length;
    uint8_t found;
    *number = 0;
    if (json_is_string(value) && strcmp(json_string_value(value), FASTI_WORD_ANY) == 0)
        return FASTI_OK;
    if (json_array_size(value) == 1 && json_is_string(json_array_get(value, 0)) &&
        strcmp(json_string_value(json_array_get(value, 0)), FASTI_WORD_ANY) == 0)
        return FASTI_OK;
    while (fasti_words_next(&walk, &word, &length)) {
        FASTI_TRY(fasti_words_find(term->words, term->name, word, length, FASTI_WORD_ANY, &found,
                                   detail));
        *number |= 1u << (found - term->words->first);
    }
    return FASTI_OK;
}

static enum fasti_status term_decode(const json_t *value, const struct term *term, uint32_t *number,
                                     struct fasti_detail *detail) {
    switch (term->form) {
    case FORM_NUMBER:
    case FORM_MINUTES:
    case FORM_MONTHS: return number_decode(value, term, number, detail);
    case FORM_CLOCK: return clock_decode(json_string_value(value), term, number, detail);
    case FORM_WEEKDAYS: return weekdays_decode(json_string_value(value), term, number, detail);
    case FORM_WORDS: return words_decode(value, term, number, detail);
    case FORM_BIT: *number = json_is_true(value) ? term->most : 0; break;
    }
    return FASTI_OK;
}

enum fasti_status fasti_terms_decode(const json_t *object, struct fasti_terms *terms,
                                     struct fasti_detail *detail) {
    for (size_t i = 0; i < sizeof terms_table / sizeof *terms_table; i++) {
        const json_t *value = json_object_get(object, terms_table[i].name);
        uint32_t number = 0;
        if (value == NULL)
            continue;
        FASTI_TRY(term_decode(value, &terms_table[i], &number, detail));
        member_set(terms, &terms_table[i], number);
    }
    /* Without days there is no time at which one opens: who takes the days back means both. */
    if (terms->horizon_days == 0 && json_object_get(object, "horizon_at") == NULL)
        terms->horizon_minute = 0;
    return FASTI_OK;
}

/* ---- printing ---- */

void fasti_terms_set_words(json_t *object, const char *name, json_t *words, bool is_plain) {
    char text[160] = "";
    for (size_t i = 0; i < json_array_size(words); i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : ",",
                 json_string_value(json_array_get(words, i)));
    }
    json_object_set_new(object, name, is_plain ? json_incref(words) : json_string(text));
    json_decref(words);
}

static json_t *mask_words(const struct term *term, uint32_t mask) {
    json_t *words = json_array();
    for (uint8_t i = 0; i < term->words->count; i++)
        if ((mask >> i & 1) != 0)
            json_array_append_new(words, json_string(term->words->words[i]));
    return words;
}

/* A text that the option takes; for numbers and bits only when people read it. */
static void term_format(const struct term *term, uint32_t number, char text[32]) {
    text[0] = '\0';
    switch (term->form) {
    case FORM_NUMBER: snprintf(text, 32, "%u", (unsigned)number); break;
    case FORM_MINUTES: fasti_span_minutes_format(number, text); break;
    case FORM_MONTHS: fasti_span_months_format(number, text); break;
    case FORM_CLOCK:
        snprintf(text, 32, "%02u:%02u", (unsigned)(number / 60 % 100), (unsigned)(number % 60));
        break;
    case FORM_WEEKDAYS: fasti_weekdays_format((uint8_t)number, text); break;
    case FORM_BIT: snprintf(text, 32, "yes"); break;
    case FORM_WORDS: break; /* several: fasti_terms_set_words */
    }
}

void fasti_terms_fields(const struct fasti_terms *terms, bool is_plain, json_t *object) {
    for (size_t i = 0; i < sizeof terms_table / sizeof *terms_table; i++) {
        const struct term *term = &terms_table[i];
        const uint32_t number = member_get(terms, term);
        const bool is_number = term->form <= FORM_MONTHS;
        char text[32];
        if (number == 0)
            continue;
        term_format(term, number, text);
        if (term->form == FORM_WORDS)
            fasti_terms_set_words(object, term->name, mask_words(term, number), is_plain);
        else if (is_plain && is_number)
            json_object_set_new(object, term->name, json_integer(number));
        else if (is_plain && term->form == FORM_BIT)
            json_object_set_new(object, term->name, json_true());
        else
            json_object_set_new(object, term->name, json_string(text));
    }
}
