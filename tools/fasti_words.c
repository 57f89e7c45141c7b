/*
 * fasti_words.c - lists of words, and numbers with a unit.
 */
#include "tools/fasti_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct fasti_words fasti_words_audiences = {
    FASTI_AUDIENCE_PUBLIC, 3, {"public", "own", "referrer"}};
const struct fasti_words fasti_words_who = {
    FASTI_AUDIENCE_PUBLIC, 4, {"public", "own", "referrer", "staff"}};
const struct fasti_words fasti_words_modalities = {
    FASTI_MODALITY_IN_PERSON, 4, {"in-person", "video", "phone", "home"}};
const struct fasti_words fasti_words_sectors = {FASTI_SECTOR_PUBLIC, 2, {"public", "private"}};
const struct fasti_words fasti_words_acquaintances = {FASTI_ACQUAINTANCE_NEW, 2, {"new", "known"}};

/* ---- words ---- */

const char *fasti_words_text(const struct fasti_words *words, uint8_t value) {
    return value >= words->first && value < words->first + words->count
               ? words->words[value - words->first]
               : NULL;
}

enum fasti_status fasti_words_find(const struct fasti_words *words, const char *name,
                                   const char *text, size_t length, const char *none,
                                   uint8_t *value, struct fasti_detail *detail) {
    char known[100] = "";
    if (none != NULL && strlen(none) == length && memcmp(none, text, length) == 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%s\": \"%s\" stands alone, not beside others", name, none);
    for (uint8_t i = 0; i < words->count; i++) {
        const size_t used = strlen(known);
        if (strlen(words->words[i]) == length && memcmp(words->words[i], text, length) == 0) {
            *value = (uint8_t)(words->first + i);
            return FASTI_OK;
        }
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", words->words[i]);
    }
    return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                            "\"%s\": there is no \"%.*s\"; there are: %s%s%s", name,
                            (int)(length < 30 ? length : 30), text, known, none != NULL ? ", " : "",
                            none != NULL ? none : "");
}

static const char *walk_text(const struct fasti_words_walk *walk) {
    if (json_is_string(walk->value))
        return walk->index == 0 ? json_string_value(walk->value) : NULL;
    return json_string_value(json_array_get(walk->value, walk->index));
}

bool fasti_words_next(struct fasti_words_walk *walk, const char **word, size_t *length) {
    const char *at = walk->at != NULL ? walk->at : walk_text(walk);
    if (at == NULL)
        return false;
    *word = at;
    *length = strcspn(at, ",");
    walk->at = at[*length] == ',' ? at + *length + 1 : NULL;
    walk->index += walk->at == NULL;
    return true;
}

/* ---- spans ---- */

/* Digits and one letter of units, which are `times` each; no letter is the first one. */
static bool span_parse(const char *text, const char *units, const uint32_t *times,
                       uint32_t *value) {
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] == '\0' ? units : strchr(units, text[digits]);
    if (digits == 0 || digits > 9 || unit == NULL ||
        (text[digits] != '\0' && text[digits + 1] != '\0'))
        return false;
    const uint64_t product = strtoull(text, NULL, 10) * times[unit - units];
    *value = (uint32_t)product;
    return product <= INT32_MAX;
}

bool fasti_span_minutes(const char *text, uint32_t *minutes) {
    static const uint32_t times[] = {1, 60, 1440, 7 * 1440};
    return span_parse(text, "mhdw", times, minutes);
}

bool fasti_span_months(const char *text, uint32_t *months) {
    static const uint32_t times[] = {1, 12};
    return span_parse(text, "my", times, months);
}

void fasti_span_minutes_format(uint32_t minutes, char text[FASTI_SPAN_TEXT_BYTES]) {
    if (minutes % 1440 == 0)
        snprintf(text, FASTI_SPAN_TEXT_BYTES, "%ud", (unsigned)(minutes / 1440));
    else if (minutes % 60 == 0)
        snprintf(text, FASTI_SPAN_TEXT_BYTES, "%uh", (unsigned)(minutes / 60));
    else
        snprintf(text, FASTI_SPAN_TEXT_BYTES, "%um", (unsigned)minutes);
}

void fasti_span_months_format(uint32_t months, char text[FASTI_SPAN_TEXT_BYTES]) {
    if (months % 12 == 0)
        snprintf(text, FASTI_SPAN_TEXT_BYTES, "%uy", (unsigned)(months / 12));
    else
        snprintf(text, FASTI_SPAN_TEXT_BYTES, "%um", (unsigned)months);
}

enum fasti_status fasti_words_language(const char *name, const char *text, size_t length,
                                       uint16_t *language, struct fasti_detail *detail) {
    *language = fasti_language_pack(text, length);
    if (*language != 0)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                            "\"%s\": \"%.*s\" is not a language of two or three letters (ISO 639) "
                            "like de or en, nor " FASTI_WORD_ANY,
                            name, (int)(length < 30 ? length : 30), text);
}
