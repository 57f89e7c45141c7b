/*
 * test_fold.c - words of names: what is the same word, and that the way without ICU says the same.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/search/fold.h"
#include "tests/support/seed.h"

static void expect(const char *name, const char *folded) {
    struct fasti_fold fold;
    fasti_fold(name, strlen(name), &fold);
    cr_expect_eq(fold.length, strlen(folded), "%s: %.*s, not %s", name, fold.length, fold.bytes,
                 folded);
    cr_expect(memcmp(fold.bytes, folded, fold.length) == 0, "%s: %.*s, not %s", name, fold.length,
              fold.bytes, folded);
    cr_expect_eq(fold.plain_length, strcspn(folded, "!"));
}

Test(fold, words_lose_case_accents_and_umlauts) {
    expect("", "");
    expect(" - . ", "");
    expect("Dr. Jörg Müller", "dr jorg muller!joerg mueller");
    expect("MÜLLER", "muller!mueller");
    expect("mueller", "mueller");
    expect("Mu\xcc\x88ller", "muller!mueller"); /* u and a combining diaeresis */
    expect("François Lefèvre", "francois lefevre");
    expect("Weiß-Größe GROẞ", "weiss grosse gross!groesse");
    expect("Ærøskøbing", "aeroskobing!aeroeskoebing");
    expect("Ångström", "angstrom!aangstroem");
    expect("Łódź Đorđe Þór", "lodz dorde thor");
    expect("İstanbul Iğdır", "istanbul igdir");
    expect("O'Brien, St. Mary's", "o brien st mary s");
    expect("Haus 12b (Nord)", "haus 12b nord");
    expect("Ｆｕｌｌ ﬁne ²", "full fine 2"); /* width, ligature, exponent */
    expect("Joël ǖ", "joel u!ue");           /* no e of another letter's diaeresis */
    expect("Σίσυφος ΣΊΣΥΦΟΣ", "σισυφοσ σισυφοσ");
    expect("Ёлкин Йод", "елкин иод");
    expect("山田 太郎", "山田 太郎");
    expect("soft\xc2\xadhyphen", "softhyphen");
    expect("हिन्दी", "हिनदी"); /* vowel signs stay, the virama is a mark */
}

Test(fold, a_question_has_words_with_both_spellings) {
    struct fasti_fold_word words[2];
    cr_assert_eq(fasti_fold_words("Jörg Müller-Weiß", strlen("Jörg Müller-Weiß"), words, 2), 3);
    cr_assert(words[0].plain_length == 4 && memcmp(words[0].plain, "jorg", 4) == 0);
    cr_assert(words[0].spelled_length == 5 && memcmp(words[0].spelled, "joerg", 5) == 0);
    cr_assert(words[1].plain_length == 6 && memcmp(words[1].plain, "muller", 6) == 0);
    cr_assert_eq(fasti_fold_words("Weiß", strlen("Weiß"), words, 2), 1);
    cr_assert_eq(words[0].spelled_length, 0);
}

/* A letter beyond ASCII behind a name takes the way through ICU. */
Test(fold, ascii_without_icu_folds_as_with_it) {
    struct fasti_prng prng = fasti_test_prng("fold");
    for (int round = 0; round < 20000; round++) {
        char name[FASTI_NAME_BYTES_MAX];
        struct fasti_fold plain, other;
        const size_t size = (size_t)fasti_prng_below(&prng, FASTI_NAME_BYTES_MAX - 2);
        for (size_t i = 0; i < size; i++)
            name[i] = (char)(' ' + fasti_prng_below(&prng, 95));
        memcpy(name + size, " \xc3\xb1", 3); /* ñ */
        fasti_fold(name, size, &plain);
        fasti_fold(name, size + 3, &other);
        cr_assert(other.length >= 1 && other.bytes[other.length - 1] == 'n');
        const size_t left = other.length == 1 ? 0 : other.length - 2u;
        cr_assert_eq(plain.length, left, "%.*s", (int)size, name);
        cr_assert(memcmp(plain.bytes, other.bytes, left) == 0, "%.*s", (int)size, name);
    }
}

/* Whatever is a name: bounded, words alone, and the same again when it is folded again. */
Test(fold, random_names_fold_within_their_bounds) {
    struct fasti_prng prng = fasti_test_prng("fold");
    uint32_t named = 0;
    for (int round = 0; round < 60000; round++) {
        char name[FASTI_NAME_BYTES_MAX];
        struct fasti_fold fold, again;
        size_t size = 0;
        const bool is_wide = fasti_prng_below(&prng, 4) == 0; /* what grows when it is folded */
        while (size + 4 <= sizeof name && fasti_prng_below(&prng, 40) != 0) {
            const uint32_t c = is_wide
                                   ? 0xfdf0 + (uint32_t)fasti_prng_below(&prng, 16)
                                   : (uint32_t)fasti_prng_below(
                                         &prng, fasti_prng_below(&prng, 2) == 0 ? 0x250 : 0x20000);
            if (c < 0x800) {
                name[size++] = (char)(c < 0x80 ? c : 0xc0 | c >> 6);
                if (c >= 0x80)
                    name[size++] = (char)(0x80 | (c & 0x3f));
                continue;
            }
            if (c >= 0x10000)
                name[size++] = (char)(0xf0 | c >> 18);
            name[size++] = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12);
            name[size++] = (char)(0x80 | (c >> 6 & 0x3f));
            name[size++] = (char)(0x80 | (c & 0x3f));
        }
        if (!fasti_text_is_plain(name, size))
            continue;
        named++;
        fasti_fold(name, size, &fold);
        cr_assert_leq(fold.plain_length, FASTI_FOLD_BYTES_MAX);
        cr_assert_leq(fold.length, FASTI_FOLD_TEXT_MAX);
        for (uint32_t i = 0; i < fold.length; i++)
            cr_assert((uint8_t)fold.bytes[i] >= '0' || fasti_fold_ends(fold.bytes[i]));
        const size_t part = fold.plain_length < sizeof name ? fold.plain_length : 0;
        fasti_fold(fold.bytes, part, &again);
        cr_assert_eq(again.length, part, "%.*s", (int)part, fold.bytes);
        cr_assert(memcmp(again.bytes, fold.bytes, part) == 0, "%.*s", (int)part, fold.bytes);
    }
    cr_assert_gt(named, 1000);
}
