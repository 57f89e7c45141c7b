/*
 * facts.h - what is known of the patient and of who books, when rules are asked.
 *
 * Given with each request and kept nowhere, but for the way of the visit and an override, which the
 * appointment's record keeps. All 0: the public, nothing known. A rule that needs a fact which is
 * not known excludes the visit. Data only.
 */
#ifndef FASTI_RULES_FACTS_H
#define FASTI_RULES_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/directory/terms.h"

struct fasti_facts {
    uint8_t audience;     /* enum fasti_audience: who books */
    uint8_t modality;     /* enum fasti_modality: wished; ANY: whichever there is */
    uint8_t sector;       /* enum fasti_sector */
    uint8_t acquaintance; /* enum fasti_acquaintance */
    uint16_t language;    /* fasti_language_pack: wished; 0: whichever */
    uint16_t age_months;  /* when has_age; 0 to FASTI_AGE_MONTHS_MAX */
    bool has_age;
    bool has_referral;
    bool is_override; /* STAFF only: every rule but seats, offer and the past is waived */
};

/* What is refused when they are not sound. */
#define FASTI_FACTS_TEXT \
    "a fact about the patient or about who books is out of its range; only staff may override"

/* Every field in its range, and overrides by staff only. */
static inline bool fasti_facts_are_sound(const struct fasti_facts *facts) {
    return facts->audience <= FASTI_AUDIENCE_STAFF && facts->modality <= FASTI_MODALITY_HOME &&
           facts->sector <= FASTI_SECTOR_PRIVATE &&
           facts->acquaintance <= FASTI_ACQUAINTANCE_KNOWN &&
           (facts->language == 0 || fasti_language_is_sound(facts->language)) &&
           facts->age_months <= FASTI_AGE_MONTHS_MAX &&
           (!facts->is_override || facts->audience == FASTI_AUDIENCE_STAFF);
}

#endif
