/*
 * fold.c - case, marks and ligatures away; the one home of ICU in the engine.
 *
 *   UTF-8 -> UTF-16 -> NFKC_Casefold -> NFD -> letters, digits | marks | everything else
 *
 * ASCII, which most names are, goes without ICU, to the same words.
 */
#include "engine/search/fold.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* What 128 bytes may become: 18 units of 3 bytes (U+FDFA), each of which may be taken apart. */
#define UNITS_MAX 4096

#define DIAERESIS 0x308
#define RING      0x30a

/* Letters that no decomposition takes apart. */
struct letter {
    UChar32 code;
    char plain[3], spelled[3]; /* spelled empty: as plain */
};
static const struct letter letters[] = {
    {0xe6, "ae", ""}, {0xf0, "d", ""},  {0xf8, "o", "oe"}, {0xfe, "th", ""},  {0x111, "d", ""},
    {0x127, "h", ""}, {0x131, "i", ""}, {0x142, "l", ""},  {0x153, "oe", ""}, {0x167, "t", ""},
};

/* The word that is being read, and who takes it. */
struct folding {
    struct fasti_fold_word word;
    UChar32 base; /* the letter before, while a mark of it may follow */
    bool is_spelled;
    void (*take)(void *context, const struct fasti_fold_word *word);
    void *context;
};

static void append(char *bytes, uint16_t *length, const char *more, size_t size) {
    if (*length + size > FASTI_NAME_BYTES_MAX)
        return;
    memcpy(bytes + *length, more, size);
    *length = (uint16_t)(*length + size);
}

static void plain_append(struct folding *folding, const char *more, size_t size) {
    append(folding->word.plain, &folding->word.plain_length, more, size);
}

static void spelled_append(struct folding *folding, const char *more, size_t size) {
    append(folding->word.spelled, &folding->word.spelled_length, more, size);
}

static void word_end(struct folding *folding) {
    if (folding->word.plain_length > 0) {
        if (!folding->is_spelled || folding->word.spelled_length < folding->word.plain_length)
            folding->word.spelled_length = 0; /* shorter: it was cut */
        folding->take(folding->context, &folding->word);
    }
    folding->word.plain_length = folding->word.spelled_length = 0;
    folding->is_spelled = false;
    folding->base = 0;
}

/* The code as UTF-8; how many bytes. (ICU's macros for it convert signs without saying so.) */
static size_t utf8_write(UChar32 code, char bytes[4]) {
    const uint32_t c = (uint32_t)code;
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    const size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3; /* bytes of 6 bits */
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    bytes[0] = (char)(leads[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        bytes[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

/* The code at *at of well-formed UTF-16, which ICU makes. */
static UChar32 utf16_next(const UChar *units, int32_t *at) {
    const uint32_t unit = units[(*at)++];
    if (unit < 0xd800 || unit > 0xdbff)
        return (UChar32)unit;
    return (UChar32)(0x10000 + ((unit - 0xd800) << 10) + (units[(*at)++] - 0xdc00u));
}

static void letter_add(struct folding *folding, UChar32 code) {
    char bytes[4];
    folding->base = code;
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].code == code) {
            const char *spelled =
                letters[i].spelled[0] == '\0' ? letters[i].plain : letters[i].spelled;
            plain_append(folding, letters[i].plain, strlen(letters[i].plain));
            spelled_append(folding, spelled, strlen(spelled));
            folding->is_spelled = folding->is_spelled || spelled == letters[i].spelled;
            return;
        }
    const size_t size = utf8_write(code, bytes);
    plain_append(folding, bytes, size);
    spelled_append(folding, bytes, size);
}

/* A mark is left out; the first one behind a letter may be spelled. */
static void mark_add(struct folding *folding, UChar32 mark) {
    const UChar32 base = folding->base;
    if (mark == DIAERESIS && (base == 'a' || base == 'o' || base == 'u')) {
        spelled_append(folding, "e", 1);
        folding->is_spelled = true;
    } else if (mark == RING && base == 'a') {
        spelled_append(folding, "a", 1);
        folding->is_spelled = true;
    }
    folding->base = 0;
}

static void code_add(struct folding *folding, UChar32 code) {
    if (u_getCombiningClass(code) != 0)
        mark_add(folding, code);
    else if (u_isalnum(code) || (folding->word.plain_length > 0 &&
                                 (U_MASK(u_charType(code)) & U_GC_M_MASK) != 0)) /* a vowel sign */
        letter_add(folding, code);
    else
        word_end(folding);
}

/* false: a byte is none of ASCII's, and nothing was taken. */
static bool ascii_fold(struct folding *folding, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] & 0x80) != 0)
            return false;
    for (size_t i = 0; i < size; i++) {
        const char small = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] + 32 : bytes[i]);
        if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
            plain_append(folding, &small, 1);
        else
            word_end(folding);
    }
    word_end(folding);
    return true;
}

static void fold(struct folding *folding, const char *bytes, size_t size) {
    UChar from[FASTI_NAME_BYTES_MAX], folded[UNITS_MAX], apart[UNITS_MAX];
    UErrorCode error = U_ZERO_ERROR;
    int32_t length = 0;
    if (size > FASTI_NAME_BYTES_MAX || ascii_fold(folding, bytes, size))
        return;
    const UNormalizer2 *casefold = unorm2_getNFKCCasefoldInstance(&error);
    const UNormalizer2 *decompose = unorm2_getNFDInstance(&error);
    u_strFromUTF8(from, FASTI_NAME_BYTES_MAX, &length, bytes, (int32_t)size, &error);
    length = unorm2_normalize(casefold, from, length, folded, UNITS_MAX, &error);
    length = unorm2_normalize(decompose, folded, length, apart, UNITS_MAX, &error);
    for (int32_t at = 0; at < length && U_SUCCESS(error);)
        code_add(folding, utf16_next(apart, &at));
    word_end(folding);
}

/* ---- a name ---- */

/* Both lists of words, before they are put together. */
struct lists {
    uint16_t plain_length, spelled_length;
    char plain[FASTI_FOLD_BYTES_MAX], spelled[FASTI_FOLD_BYTES_MAX];
};

static void list_add(char *list, uint16_t *length, const char *word, uint16_t size) {
    const uint16_t gap = *length > 0;
    if (size == 0 || *length + gap + size > FASTI_FOLD_BYTES_MAX)
        return;
    if (gap > 0)
        list[*length] = ' ';
    memcpy(list + *length + gap, word, size);
    *length = (uint16_t)(*length + gap + size);
}

static void lists_take(void *context, const struct fasti_fold_word *word) {
    struct lists *lists = context;
    list_add(lists->plain, &lists->plain_length, word->plain, word->plain_length);
    list_add(lists->spelled, &lists->spelled_length, word->spelled, word->spelled_length);
}

void fasti_fold(const char *bytes, size_t size, struct fasti_fold *out) {
    struct lists lists;
    struct folding folding = {.take = lists_take, .context = &lists};
    lists.plain_length = lists.spelled_length = 0;
    fold(&folding, bytes, size);
    out->plain_length = out->length = lists.plain_length;
    memcpy(out->bytes, lists.plain, lists.plain_length);
    if (lists.spelled_length == 0)
        return;
    out->bytes[out->length++] = '!';
    memcpy(out->bytes + out->length, lists.spelled, lists.spelled_length);
    out->length = (uint16_t)(out->length + lists.spelled_length);
}

/* ---- a question ---- */

struct words {
    struct fasti_fold_word *words;
    uint32_t count, most;
};

static void words_take(void *context, const struct fasti_fold_word *word) {
    struct words *words = context;
    if (words->count < words->most)
        words->words[words->count] = *word;
    words->count++;
}

uint32_t fasti_fold_words(const char *bytes, size_t size, struct fasti_fold_word *out,
                          uint32_t most) {
    struct words words = {.words = out, .most = most};
    struct folding folding = {.take = words_take, .context = &words};
    fold(&folding, bytes, size);
    return words.count;
}
