/*
 * fasti_facts.c - words into facts.
 */
#include "tools/fasti_facts.h"

#include <string.h>

#include "tools/fasti_words.h"

#define UNKNOWN "unknown"

static const char *const names[] = {"by",           "modality", "sector",   "language",
                                    "patient_kind", "age",      "referral", "override"};

const char *fasti_facts_name(const char *word) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(word, names[i]) == 0)
            return names[i];
    return strcmp(word, "patient-kind") == 0 ? "patient_kind" : NULL;
}

bool fasti_facts_are_said(const json_t *object) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_object_get(object, names[i]) != NULL)
            return true;
    return false;
}

/* One word of a list, or `none` for 0. */
static enum fasti_status word_decode(const json_t *object, const char *name,
                                     const struct fasti_words *words, const char *none,
                                     uint8_t *value, struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, name, NULL);
    if (text == NULL)
        return FASTI_OK;
    if (none != NULL && strcmp(text, none) == 0) {
        *value = 0;
        return FASTI_OK;
    }
    return fasti_words_find(words, name, text, strlen(text), none, value, detail);
}

static enum fasti_status language_decode(const json_t *object, uint16_t *language,
                                         struct fasti_detail *detail) {
    const char *text = fasti_field_text(object, "language", NULL);
    if (text == NULL)
        return FASTI_OK;
    if (strcmp(text, FASTI_WORD_ANY) == 0) {
        *language = 0;
        return FASTI_OK;
    }
    return fasti_words_language("language", text, strlen(text), language, detail);
}

static enum fasti_status age_decode(const json_t *object, struct fasti_facts *facts,
                                    struct fasti_detail *detail) {
    const json_t *value = json_object_get(object, "age");
    const char *text = json_string_value(value);
    uint32_t months = 0;
    if (value == NULL)
        return FASTI_OK;
    facts->has_age = text == NULL || strcmp(text, UNKNOWN) != 0;
    if (facts->has_age && text != NULL && !fasti_span_months(text, &months))
        return fasti_detail_set(
            detail, FASTI_INVALID_OPTION,
            "\"age\": \"%.30s\" is not an age like 34y, 6m, or months, nor " UNKNOWN, text);
    const int64_t said = text != NULL ? months : json_integer_value(value);
    if (said < 0 || said > FASTI_AGE_MONTHS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "\"age\" must be 0 to %d months",
                                FASTI_AGE_MONTHS_MAX);
    facts->age_months = (uint16_t)said;
    return FASTI_OK;
}

static enum fasti_status flag_decode(const json_t *object, const char *name, bool *flag,
                                     struct fasti_detail *detail) {
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (value == NULL)
        return FASTI_OK;
    if (text != NULL && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"%s\": there is no \"%.30s\"; there are: yes, no", name, text);
    *flag = text != NULL ? strcmp(text, "yes") == 0 : json_is_true(value);
    return FASTI_OK;
}

enum fasti_status fasti_facts_decode(const json_t *object, struct fasti_facts *facts,
                                     struct fasti_detail *detail) {
    FASTI_TRY(word_decode(object, "by", &fasti_words_who, NULL, &facts->audience, detail));
    FASTI_TRY(word_decode(object, "modality", &fasti_words_modalities, FASTI_WORD_ANY,
                          &facts->modality, detail));
    FASTI_TRY(word_decode(object, "sector", &fasti_words_sectors, UNKNOWN, &facts->sector, detail));
    FASTI_TRY(word_decode(object, "patient_kind", &fasti_words_acquaintances, UNKNOWN,
                          &facts->acquaintance, detail));
    FASTI_TRY(language_decode(object, &facts->language, detail));
    FASTI_TRY(age_decode(object, facts, detail));
    FASTI_TRY(flag_decode(object, "referral", &facts->has_referral, detail));
    FASTI_TRY(flag_decode(object, "override", &facts->is_override, detail));
    if (facts->is_override && facts->audience != FASTI_AUDIENCE_STAFF)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "\"override\": only staff may: say \"by\" staff, too");
    return FASTI_OK;
}
