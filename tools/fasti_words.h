/*
 * fasti_words.h - the words of rules and facts: ways of a visit, insurances, audiences, spans.
 *
 * One list for what is typed, imported and printed. A list of words stands in one text with
 * commas, in several texts, or both. Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_WORDS_H
#define FASTI_TOOLS_FASTI_WORDS_H

#include <jansson.h>

#include "engine/booking/command.h"

#define FASTI_WORD_ANY "any" /* takes a restriction or a wish back */

/* Words of a field, by the values of an enum from `first` on. */
struct fasti_words {
    uint8_t first, count;
    const char *words[4];
};

extern const struct fasti_words fasti_words_audiences;  /* whom terms may name */
extern const struct fasti_words fasti_words_who;        /* these and staff: who books */
extern const struct fasti_words fasti_words_modalities; /* ... */
extern const struct fasti_words fasti_words_sectors;
extern const struct fasti_words fasti_words_acquaintances;

/* The word of a value; NULL: it has none. */
const char *fasti_words_text(const struct fasti_words *words, uint8_t value);

/* One word -> its value. INVALID_OPTION with all words in the sentence, `none` (NULL: none) being
 * one more that the caller takes. */
FASTI_MUST_USE enum fasti_status fasti_words_find(const struct fasti_words *words, const char *name,
                                                  const char *text, size_t length, const char *none,
                                                  uint8_t *value, struct fasti_detail *detail);

/* Steps through the words of a text or an array of texts, parted by commas. */
struct fasti_words_walk {
    const json_t *value;
    size_t index;
    const char *at; /* NULL: at the beginning of text `index` */
};
bool fasti_words_next(struct fasti_words_walk *walk, const char **word, size_t *length);

/* "90" and "90m" are minutes, "2h", "3d", "1w"; false: it is no such span, or beyond 2^31. */
bool fasti_span_minutes(const char *text, uint32_t *minutes);

/* "6" and "6m" are months, "34y". */
bool fasti_span_months(const char *text, uint32_t *months);

/* Back: "3d", "2h" or "90m"; "18y" or "6m". */
#define FASTI_SPAN_TEXT_BYTES 16
void fasti_span_minutes_format(uint32_t minutes, char text[FASTI_SPAN_TEXT_BYTES]);
void fasti_span_months_format(uint32_t months, char text[FASTI_SPAN_TEXT_BYTES]);

/* Two or three letters as a language. INVALID_OPTION with a sentence. */
FASTI_MUST_USE enum fasti_status fasti_words_language(const char *name, const char *text,
                                                      size_t length, uint16_t *language,
                                                      struct fasti_detail *detail);

#endif
