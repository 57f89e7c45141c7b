/*
 * fold.h - names as they are looked for: words without case, accents and umlauts.
 *
 *   "Dr. Jörg Müller-Weiß"  ->  plain  dr jorg muller weiss      spelled  joerg mueller
 *
 * A word is a run of letters and digits. What people write in two ways has two words: plain without
 * its marks, spelled as where a keyboard has none of them (ä ö ü å ø: ae oe ue aa oe). Case, width
 * and ligatures go by NFKC_Casefold (UAX 31), so ß is ss; marks by canonical decomposition (UAX
 * 15). Words have letters, digits and vowel signs only: every byte of theirs is above '!'. Names
 * that differ in what is folded away are the same name here. Pure functions, any thread.
 */
#ifndef FASTI_SEARCH_FOLD_H
#define FASTI_SEARCH_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/limits.h"

#define FASTI_FOLD_TEXT_MAX (2 * FASTI_FOLD_BYTES_MAX + 1)

/* All words of a name: plain ones and spaces, then, if there are any, '!' and the spelled ones. */
struct fasti_fold {
    uint16_t plain_length, length;
    char bytes[FASTI_FOLD_TEXT_MAX];
};

struct fasti_fold_word {
    uint16_t plain_length, spelled_length; /* spelled 0: as plain */
    char plain[FASTI_NAME_BYTES_MAX], spelled[FASTI_NAME_BYTES_MAX];
};

/* bytes: at most FASTI_NAME_BYTES_MAX of well-formed UTF-8. Words beyond FASTI_FOLD_BYTES_MAX bytes
 * (names of compatibility characters alone have them) are left out. */
void fasti_fold(const char *bytes, size_t size, struct fasti_fold *fold);

/* The same as words, in their order; returns how many there are, of which the first `most` are
 * written. A word is cut at FASTI_NAME_BYTES_MAX. */
uint32_t fasti_fold_words(const char *bytes, size_t size, struct fasti_fold_word *words,
                          uint32_t most);

static inline bool fasti_fold_ends(char byte) {
    return byte == ' ' || byte == '!';
}

#endif
