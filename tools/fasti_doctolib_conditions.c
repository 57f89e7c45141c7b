/*
 * fasti_doctolib_conditions.c - who may not book a motive at which agenda, and that as our terms.
 *
 *   new_patient_restrictions     [{insurance_sector, agenda_ids}]                  known patients
 *   age_referral_restrictions    [{insurance_sector, agenda_ids,                   least age, or
 *                                  age: {operator, age, unit}}]                    too old
 *   configurations               [{insurance, agenda_id, online_booking_status,    sectors
 *                                  disabled}]
 *   visit_motive_ids_only_for_doctors   (of the agenda)                            referrers
 *
 * A restriction refuses those whom it describes. Ours hold for all sectors: one that differs
 * between two sectors that may both book is a note, and not kept.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/fasti_doctolib_record.h"
#include "tools/fasti_fields.h"

#define SECTORS 2

static const char *const sector_names[SECTORS] = {"public", "private"};

static uint16_t larger(uint16_t a, uint16_t b) {
    return a > b ? a : b;
}

/* Whom either of both refuses. */
static void conditions_add(struct fasti_doctolib_conditions *to,
                           const struct fasti_doctolib_conditions *from) {
    for (int s = 0; s < SECTORS; s++) {
        const uint16_t most = from->age_max_months[s];
        to->is_closed[s] = to->is_closed[s] || from->is_closed[s];
        to->refuses_new[s] = to->refuses_new[s] || from->refuses_new[s];
        to->age_min_months[s] = larger(to->age_min_months[s], from->age_min_months[s]);
        if (most != 0 && (to->age_max_months[s] == 0 || most < to->age_max_months[s]))
            to->age_max_months[s] = most;
    }
}

/* ---- reading ---- */

/* False: a sector that nobody here knows, which was noted. */
static bool sector_read(const struct fasti_doctolib_record *record, const json_t *object,
                        const char *field, bool sectors[SECTORS]) {
    const json_t *value = json_object_get(object, field);
    const char *text = json_string_value(value);
    const bool is_all =
        value == NULL || json_is_null(value) || (text != NULL && strcmp(text, "all") == 0);
    bool is_known = is_all;
    for (int s = 0; s < SECTORS; s++) {
        sectors[s] = is_all || (text != NULL && strcmp(text, sector_names[s]) == 0);
        is_known = is_known || sectors[s];
    }
    if (!is_known)
        fasti_doctolib_note(record,
                            "a condition's \"%s\" is none of all, public, private: the "
                            "condition is not kept",
                            field);
    return is_known;
}

/* Refused are those whose age in whole units is less or greater than `age`. */
static enum fasti_status age_read(const struct fasti_doctolib_record *record, const json_t *age,
                                  const bool sectors[SECTORS],
                                  struct fasti_doctolib_conditions *conditions) {
    const char *comparison = fasti_field_text(age, "operator", "");
    const char *unit = fasti_field_text(age, "unit", "");
    const json_t *value = json_object_get(age, "age");
    const int64_t months = strcmp(unit, "years") == 0 ? 12 : 1;
    const bool is_less = strcmp(comparison, "lt") == 0 || strcmp(comparison, "lte") == 0;
    const bool is_more = strcmp(comparison, "gt") == 0 || strcmp(comparison, "gte") == 0;
    const int64_t next = strcmp(comparison, "lte") == 0 || strcmp(comparison, "gt") == 0 ? 1 : 0;
    if ((!is_less && !is_more) || (months == 1 && strcmp(unit, "months") != 0)) {
        fasti_doctolib_note(record, "an age is not lt, lte, gt or gte some years or months: the "
                                    "condition is not kept");
        return FASTI_OK;
    }
    const int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > FASTI_AGE_MONTHS_MAX / months - next)
        return fasti_doctolib_refuse(record, FASTI_INVALID_RANGE,
                                     "an age is not a whole number of 0 to %d months",
                                     FASTI_AGE_MONTHS_MAX);
    const uint16_t bound = (uint16_t)((number + next) * months);
    for (int s = 0; s < SECTORS; s++) {
        if (!sectors[s])
            continue;
        *(is_less ? &conditions->age_min_months[s] : &conditions->age_max_months[s]) = bound;
        conditions->is_closed[s] = is_more && bound == 0; /* 0 would say nothing */
    }
    return FASTI_OK;
}

static enum fasti_status agendas_apply(const struct fasti_doctolib_record *record, uint32_t motive,
                                       const json_t *ids,
                                       const struct fasti_doctolib_conditions *conditions) {
    struct fasti_doctolib *feed = record->feed;
    if (!json_is_array(ids))
        return fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "\"agenda_ids\" is not an array");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t id;
        FASTI_TRY(fasti_doctolib_number(record, "agenda_ids", json_array_get(ids, i), &id));
        const uint32_t agenda = fasti_doctolib_agenda_find(feed, id);
        struct fasti_doctolib_offer *offer = fasti_doctolib_offer_find(feed, agenda, motive);
        if (offer != NULL) /* else it does not offer the motive, and nothing is to be restricted */
            conditions_add(&offer->conditions, conditions);
    }
    return FASTI_OK;
}

/* *all takes what is said without agenda_ids: it is of every agenda that offers the motive. */
static enum fasti_status restriction_read(const struct fasti_doctolib_record *record,
                                          uint32_t motive, const json_t *entry, bool is_of_age,
                                          struct fasti_doctolib_conditions *all) {
    const json_t *ids = json_object_get(entry, "agenda_ids");
    struct fasti_doctolib_conditions conditions = {.is_for_referrers = false};
    bool sectors[SECTORS];
    if (!sector_read(record, entry, "insurance_sector", sectors))
        return FASTI_OK;
    if (is_of_age)
        FASTI_TRY(age_read(record, json_object_get(entry, "age"), sectors, &conditions));
    else
        memcpy(conditions.refuses_new, sectors, sizeof sectors);
    if (ids != NULL && !json_is_null(ids))
        return agendas_apply(record, motive, ids, &conditions);
    conditions_add(all, &conditions);
    return FASTI_OK;
}

static enum fasti_status restrictions_read(const struct fasti_doctolib_record *record,
                                           uint32_t motive, const char *field, bool is_of_age,
                                           struct fasti_doctolib_conditions *all) {
    static const char *const read[] = {"insurance_sector", "agenda_ids", "age", NULL};
    const json_t *entries;
    FASTI_TRY(fasti_doctolib_array(record, field, &entries));
    for (size_t i = 0; i < json_array_size(entries); i++) {
        struct fasti_doctolib_record inner = *record;
        inner.object = json_array_get(entries, i);
        inner.kind = "restriction";
        if (!json_is_object(inner.object))
            return fasti_doctolib_refuse(record, FASTI_INVALID_FILE, "\"%s\" is not all objects",
                                         field);
        fasti_doctolib_leave_others(&inner, read);
        FASTI_TRY(restriction_read(record, motive, inner.object, is_of_age, all));
    }
    return FASTI_OK;
}

/* ---- configurations ---- */

/* What the entries of an offer do not open is closed. */
static void configuration_apply(struct fasti_doctolib_offer *offer, const bool sectors[SECTORS],
                                bool is_open) {
    struct fasti_doctolib_conditions *conditions = &offer->conditions;
    for (int s = 0; s < SECTORS; s++) {
        if (!conditions->is_configured)
            conditions->is_closed[s] = true;
        if (is_open && sectors[s])
            conditions->is_closed[s] = false;
    }
    conditions->is_configured = true;
}

static enum fasti_status configuration_read(const struct fasti_doctolib_record *record,
                                            uint32_t motive, const json_t *entry) {
    const struct fasti_doctolib *feed = record->feed;
    const json_t *status = json_object_get(entry, "online_booking_status");
    const char *text = json_string_value(status);
    int64_t agenda;
    bool is_disabled, sectors[SECTORS];
    struct fasti_doctolib_record inner = *record;
    inner.object = entry;
    FASTI_TRY(
        fasti_doctolib_number(record, "agenda_id", json_object_get(entry, "agenda_id"), &agenda));
    FASTI_TRY(fasti_doctolib_flag(&inner, "disabled", &is_disabled));
    const bool is_for_all = status == NULL || json_is_null(status) ||
                            (text != NULL && strcmp(text, "enabled_for_all") == 0);
    struct fasti_doctolib_offer *offer =
        fasti_doctolib_offer_find(feed, fasti_doctolib_agenda_find(feed, agenda), motive);
    if (offer == NULL || !sector_read(record, entry, "insurance", sectors))
        return FASTI_OK;
    if (!is_for_all && !is_disabled)
        fasti_doctolib_note(record,
                            "at agenda %" PRId64 ": online_booking_status is not enabled_for_all: "
                            "taken as disabled",
                            agenda);
    configuration_apply(offer, sectors, is_for_all && !is_disabled);
    return FASTI_OK;
}

static enum fasti_status configurations_read(const struct fasti_doctolib_record *record,
                                             uint32_t motive) {
    static const char *const read[] = {"insurance", "agenda_id", "online_booking_status",
                                       "disabled", NULL};
    const json_t *entries;
    FASTI_TRY(fasti_doctolib_array(record, "configurations", &entries));
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        struct fasti_doctolib_record inner = *record;
        if (!json_is_object(entry))
            return fasti_doctolib_refuse(record, FASTI_INVALID_FILE,
                                         "\"configurations\" is not all objects");
        inner.object = entry;
        inner.kind = "configuration";
        fasti_doctolib_leave_others(&inner, read);
        FASTI_TRY(configuration_read(record, motive, entry));
    }
    return FASTI_OK;
}

/* ---- of an agenda ---- */

static enum fasti_status referrers_read(const struct fasti_doctolib_record *record,
                                        uint32_t agenda) {
    const struct fasti_doctolib *feed = record->feed;
    const json_t *ids;
    FASTI_TRY(fasti_doctolib_array(record, "visit_motive_ids_only_for_doctors", &ids));
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t id;
        FASTI_TRY(fasti_doctolib_number(record, "visit_motive_ids_only_for_doctors",
                                        json_array_get(ids, i), &id));
        struct fasti_doctolib_offer *offer =
            fasti_doctolib_offer_find(feed, agenda, fasti_doctolib_motive_find(feed, id));
        if (offer != NULL)
            offer->conditions.is_for_referrers = true;
        else
            fasti_doctolib_note(record,
                                "visit motive %" PRId64 ", for doctors alone, is not among those "
                                "that it offers: left out",
                                id);
    }
    return FASTI_OK;
}

/* ---- terms ---- */

#define BIT_KNOWN    2 /* of acquaintances */
#define BIT_REFERRER 4 /* of audiences */

/* The conditions that hold for whoever may book at all; what differs by sector is noted. */
static void terms_make(const struct fasti_doctolib_record *record,
                       struct fasti_doctolib_offer *offer) {
    const struct fasti_doctolib_conditions *of = &offer->conditions;
    const int64_t agenda = record->feed->agendas[offer->agenda].id;
    const int first = of->is_closed[0] ? 1 : 0, last = of->is_closed[1] ? 0 : 1;
    struct fasti_terms *terms = &offer->terms;
    terms->modalities = record->feed->motives[offer->motive].modalities;
    offer->is_closed = first > last;
    if (offer->is_closed) {
        fasti_doctolib_note(record, "nobody may book it at agenda %" PRId64 ": it is not offered",
                            agenda);
        return;
    }
    if (first == last)
        terms->sectors = (uint8_t)(1 << first);
    if (of->is_for_referrers)
        terms->audiences = BIT_REFERRER;
    if (of->refuses_new[first] && of->refuses_new[last])
        terms->acquaintances = BIT_KNOWN;
    else if (of->refuses_new[first] || of->refuses_new[last])
        fasti_doctolib_note(record,
                            "at agenda %" PRId64 ": new patients of the %s sector alone are "
                            "refused: not kept, a rule is for all sectors",
                            agenda, sector_names[of->refuses_new[0] ? 0 : 1]);
    if (of->age_min_months[first] == of->age_min_months[last] &&
        of->age_max_months[first] == of->age_max_months[last]) {
        terms->age_min_months = of->age_min_months[first];
        terms->age_max_months = of->age_max_months[first];
    } else {
        fasti_doctolib_note(record,
                            "at agenda %" PRId64 ": ages differ by sector: not kept, a rule is "
                            "for all sectors",
                            agenda);
    }
    offer->is_closed = terms->age_max_months != 0 && terms->age_min_months >= terms->age_max_months;
    if (offer->is_closed)
        fasti_doctolib_note(record, "no age may book it at agenda %" PRId64 ": it is not offered",
                            agenda);
}

static enum fasti_status motive_read(const struct fasti_doctolib_record *record, uint32_t motive) {
    struct fasti_doctolib *feed = record->feed;
    const bool refuses_new = feed->motives[motive].refuses_new;
    struct fasti_doctolib_conditions all = {.refuses_new = {refuses_new, refuses_new}};
    FASTI_TRY(configurations_read(record, motive));
    FASTI_TRY(restrictions_read(record, motive, "new_patient_restrictions", false, &all));
    FASTI_TRY(restrictions_read(record, motive, "age_referral_restrictions", true, &all));
    for (uint32_t i = 0; i < feed->offer_count; i++)
        if (feed->offers[i].motive == motive)
            conditions_add(&feed->offers[i].conditions, &all);
    return FASTI_OK;
}

enum fasti_status fasti_doctolib_read_conditions(struct fasti_doctolib *feed,
                                                 struct fasti_detail *detail) {
    int64_t id;
    for (uint32_t a = 0; a < feed->agenda_count; a++) {
        struct fasti_doctolib_record record = {feed, feed->agendas[a].object, "agenda", "", detail};
        FASTI_TRY(fasti_doctolib_id(&record, &id));
        FASTI_TRY(referrers_read(&record, a));
    }
    for (uint32_t m = 0; m < feed->motive_count; m++) {
        struct fasti_doctolib_record record = {feed, feed->motives[m].object, "visit motive", "",
                                               detail};
        FASTI_TRY(fasti_doctolib_id(&record, &id));
        FASTI_TRY(motive_read(&record, m));
    }
    for (uint32_t i = 0; i < feed->offer_count; i++) {
        struct fasti_doctolib_record record = {feed, feed->motives[feed->offers[i].motive].object,
                                               "visit motive", "", detail};
        FASTI_TRY(fasti_doctolib_id(&record, &id));
        terms_make(&record, &feed->offers[i]);
    }
    return FASTI_OK;
}
