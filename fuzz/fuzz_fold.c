/*
 * fuzz_fold.c - bytes as a name that is looked for by its words.
 *
 * What is no plain text is passed, as the engine refuses it. Words are bounded and of letters
 * alone; what was folded folds to itself; a question's words are those of the name.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/base/text.h"
#include "engine/search/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void words_verify(const char *name, size_t size, const struct fasti_fold *fold) {
    struct fasti_fold_word words[FASTI_NAMES_WORDS_MAX];
    const uint32_t count = fasti_fold_words(name, size, words, FASTI_NAMES_WORDS_MAX);
    FASTI_ASSERT(count <= FASTI_NAMES_WORDS_MAX || fold->plain_length > 0);
    FASTI_ASSERT((count == 0) == (fold->plain_length == 0));
    for (uint32_t i = 0; i < count && i < FASTI_NAMES_WORDS_MAX; i++) {
        FASTI_ASSERT(words[i].plain_length > 0);
        FASTI_ASSERT(words[i].plain_length <= FASTI_NAME_BYTES_MAX);
        FASTI_ASSERT(words[i].spelled_length == 0 ||
                     words[i].spelled_length >= words[i].plain_length);
    }
    if (count > 0) /* the first one always fits */
        FASTI_ASSERT(fold->plain_length >= words[0].plain_length &&
                     memcmp(fold->bytes, words[0].plain, words[0].plain_length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *name = (const char *)data;
    struct fasti_fold fold, again;
    if (size > FASTI_NAME_BYTES_MAX || !fasti_text_is_plain(name, size))
        return 0;
    fasti_fold(name, size, &fold);
    FASTI_ASSERT(fold.plain_length <= FASTI_FOLD_BYTES_MAX && fold.length <= FASTI_FOLD_TEXT_MAX);
    FASTI_ASSERT(fasti_text_is_plain(fold.bytes, fold.length));
    for (uint32_t i = 0; i < fold.length; i++)
        FASTI_ASSERT((uint8_t)fold.bytes[i] >= '0' || fasti_fold_ends(fold.bytes[i]));
    words_verify(name, size, &fold);
    if (fold.plain_length > FASTI_NAME_BYTES_MAX)
        return 0;
    fasti_fold(fold.bytes, fold.plain_length, &again);
    FASTI_ASSERT(again.plain_length == fold.plain_length &&
                 memcmp(again.bytes, fold.bytes, fold.plain_length) == 0);
    return 0;
}
