/*
 * codec_terms.cpp - rules of services and schedules, and the facts that they are asked with.
 */
#include "api/codec_wire.h"

constexpr unsigned FACTS_AGE = 1, FACTS_REFERRAL = 2, FACTS_OVERRIDE = 4;

void fasti_codec_read_terms(const wire::Terms *table, struct fasti_terms *terms) {
    *terms = fasti_terms();
    if (table == nullptr)
        return;
#define TERM_READ(type, name, most, meaning) terms->name = table->name();
    FASTI_TERMS_TABLE(TERM_READ)
#undef TERM_READ
}

Offset<wire::Terms> fasti_codec_write_terms(FlatBufferBuilder &b, const struct fasti_terms *terms) {
    static const struct fasti_terms none = {};
    if (fasti_terms_equal(terms, &none))
        return Offset<wire::Terms>();
    wire::TermsBuilder builder(b);
#define TERM_WRITE(type, name, most, meaning) builder.add_##name(terms->name);
    FASTI_TERMS_TABLE(TERM_WRITE)
#undef TERM_WRITE
    return builder.Finish();
}

enum fasti_status fasti_codec_read_facts(const wire::Facts *from, struct fasti_facts *facts,
                                         struct fasti_detail *detail) {
    *facts = fasti_facts();
    if (from == nullptr)
        return FASTI_OK;
    const unsigned known = FACTS_AGE | FACTS_REFERRAL | FACTS_OVERRIDE;
    facts->audience = static_cast<uint8_t>(from->audience());
    facts->modality = static_cast<uint8_t>(from->modality());
    facts->sector = static_cast<uint8_t>(from->sector());
    facts->acquaintance = static_cast<uint8_t>(from->acquaintance());
    facts->language = from->language();
    facts->age_months = from->age_months();
    facts->has_age = (from->flags() & FACTS_AGE) != 0;
    facts->has_referral = (from->flags() & FACTS_REFERRAL) != 0;
    facts->is_override = (from->flags() & FACTS_OVERRIDE) != 0;
    if ((from->flags() & ~known) != 0 || !fasti_facts_are_sound(facts))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "facts: %s", FASTI_FACTS_TEXT);
    return FASTI_OK;
}

bool fasti_codec_has_facts(const struct fasti_facts *facts) {
    return facts->audience != 0 || facts->modality != 0 || facts->sector != 0 ||
           facts->acquaintance != 0 || facts->language != 0 || facts->has_age ||
           facts->has_referral || facts->is_override;
}

wire::Facts fasti_codec_write_facts(const struct fasti_facts *facts) {
    const unsigned flags = (facts->has_age ? FACTS_AGE : 0u) |
                           (facts->has_referral ? FACTS_REFERRAL : 0u) |
                           (facts->is_override ? FACTS_OVERRIDE : 0u);
    return wire::Facts(
        static_cast<wire::Audience>(facts->audience), static_cast<wire::Modality>(facts->modality),
        static_cast<wire::Sector>(facts->sector),
        static_cast<wire::Acquaintance>(facts->acquaintance), facts->language,
        facts->has_age ? facts->age_months : static_cast<uint16_t>(0), static_cast<uint8_t>(flags));
}
