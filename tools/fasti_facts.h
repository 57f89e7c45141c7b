/*
 * fasti_facts.h - what is known of the patient and of who books, as options, words and JSON.
 *
 * What is not said stays as in the facts before; "unknown" and "any" take a fact or wish back.
 * Pure functions, any thread.
 */
#ifndef FASTI_TOOLS_FASTI_FACTS_H
#define FASTI_TOOLS_FASTI_FACTS_H

#include "tools/fasti_fields.h"

/* Fields for a table: those of a search, and those of a booking. */
#define FASTI_FACTS_SEARCH_FIELDS                                                               \
    {"What is known for rules, and wished:", FASTI_FIELD_HEADING, false, NULL, NULL},           \
        {"by", FASTI_FIELD_TEXT, false, "WHO",                                                  \
         "Who books: public (if not said), own (patient of the practice), referrer or staff"},  \
        {"modality", FASTI_FIELD_TEXT, false, "WAY",                                            \
         "How it is wished: in-person, video, phone or home"},                                  \
        {"sector", FASTI_FIELD_TEXT, false, "SECTOR", "The insurance: public or private"},      \
        {"language", FASTI_FIELD_TEXT, false, "CODE", "Spoken there, such as de (ISO 639)"},    \
        {"patient_kind", FASTI_FIELD_TEXT, false, "KIND", "The patient is new or known there"}, \
        {"age", FASTI_FIELD_SPAN, false, "AGE", "Of the patient: 34y, 6m, or months"}, {        \
        "referral", FASTI_FIELD_FLAG, false, NULL, "There is a referral"                        \
    }
#define FASTI_FACTS_FIELDS                                                                        \
    FASTI_FACTS_SEARCH_FIELDS, {                                                                  \
        "override", FASTI_FIELD_FLAG, false, NULL, "With --by staff: though a rule is against it" \
    }

/* The field that a word names ("patient-kind" or "patient_kind"); NULL: it names none. */
const char *fasti_facts_name(const char *word);

/* Does the object say any fact? */
bool fasti_facts_are_said(const json_t *object);

/* Lays what the checked object says over *facts; flags may be "yes" and "no", too. INVALID_* with a
 * sentence. */
FASTI_MUST_USE enum fasti_status fasti_facts_decode(const json_t *object, struct fasti_facts *facts,
                                                    struct fasti_detail *detail);

#endif
