/*
 * fasti_doctolib_agendas.c - agendas, the schedules that they are at each practice, and what each
 * of them offers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_doctolib_record.h"

/* ---- agendas ---- */

static enum fasti_status practitioner_find(const struct fasti_doctolib_record *record,
                                           struct fasti_doctolib_agenda *agenda) {
    const json_t *value = json_object_get(record->object, "practitioner_id");
    int64_t id;
    agenda->practitioner = FASTI_DOCTOLIB_NONE;
    if (value == NULL || json_is_null(value))
        return FASTI_OK;
    FASTI_TRY(fasti_doctolib_number(record, "practitioner_id", value, &id));
    agenda->practitioner = fasti_doctolib_practitioner_find(record->feed, id);
    if (agenda->practitioner == FASTI_DOCTOLIB_NONE)
        fasti_doctolib_note(
            record, "practitioner %" PRId64 " is not in the file: the schedule has none", id);
    return FASTI_OK;
}

static void marks_note(const struct fasti_doctolib_record *record, bool is_anonymous,
                       bool is_hidden, bool needs_device) {
    if (is_anonymous || is_hidden)
        fasti_doctolib_note(record, "%s: the schedule has no name; its practitioner is kept",
                            is_anonymous ? "anonymous" : "hide_practitioner");
    if (needs_device)
        fasti_doctolib_note(record, "equipment_agendas_required: no rule asks for a device: book "
                                    "it with the visit (\"fasti book --item 'with DEVICE'\")");
}

static enum fasti_status speciality_find(const struct fasti_doctolib_record *record,
                                         struct fasti_doctolib_agenda *row) {
    const json_t *value = json_object_get(record->object, "speciality_id");
    int64_t id;
    if (value == NULL || json_is_null(value))
        return FASTI_OK;
    FASTI_TRY(fasti_doctolib_number(record, "speciality_id", value, &id));
    const uint32_t at = fasti_doctolib_speciality_find(record->feed, id);
    if (at != FASTI_DOCTOLIB_NONE)
        row->speciality = record->feed->specialities[at].code;
    else
        fasti_doctolib_note(record,
                            "speciality %" PRId64 " is not in \"specialities\": a search for its "
                            "specialty does not find it",
                            id);
    return FASTI_OK;
}

enum fasti_status fasti_doctolib_agenda_read(struct fasti_doctolib_record *record) {
    static const char *const read[] = {"id",
                                       "practice_id",
                                       "practitioner_id",
                                       "speciality_id",
                                       "booking_disabled",
                                       "booking_temporary_disabled",
                                       "anonymous",
                                       "hide_practitioner",
                                       "equipment_agendas_required",
                                       "visit_motive_ids",
                                       "visit_motive_ids_by_practice_id",
                                       "visit_motive_ids_only_for_doctors",
                                       NULL};
    struct fasti_doctolib_agenda row = {.object = record->object};
    bool is_off, is_off_for_now, is_anonymous, is_hidden, needs_device;
    FASTI_TRY(fasti_doctolib_id(record, &row.id));
    FASTI_TRY(practitioner_find(record, &row));
    FASTI_TRY(speciality_find(record, &row));
    FASTI_TRY(fasti_doctolib_flag(record, "booking_disabled", &is_off));
    FASTI_TRY(fasti_doctolib_flag(record, "booking_temporary_disabled", &is_off_for_now));
    FASTI_TRY(fasti_doctolib_flag(record, "anonymous", &is_anonymous));
    FASTI_TRY(fasti_doctolib_flag(record, "hide_practitioner", &is_hidden));
    FASTI_TRY(fasti_doctolib_flag(record, "equipment_agendas_required", &needs_device));
    row.is_paused = is_off || is_off_for_now;
    row.has_no_name = is_anonymous || is_hidden;
    marks_note(record, is_anonymous, is_hidden, needs_device);
    fasti_doctolib_leave_others(record, read);
    record->feed->agendas[record->feed->agenda_count++] = row;
    return FASTI_OK;
}

/* ---- offers ---- */

struct fasti_doctolib_offer *fasti_doctolib_offer_find(const struct fasti_doctolib *feed,
                                                       uint32_t agenda, uint32_t motive) {
    uint32_t low = 0, high = feed->offer_count;
    while (low < high) { /* rows are by agenda, then motive, once all are there */
        const uint32_t middle = low + (high - low) / 2;
        struct fasti_doctolib_offer *offer = &feed->offers[middle];
        if (offer->agenda == agenda && offer->motive == motive)
            return offer;
        if (offer->agenda < agenda || (offer->agenda == agenda && offer->motive < motive))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int compare_offers(const void *a, const void *b) {
    const struct fasti_doctolib_offer *x = a, *y = b;
    if (x->agenda != y->agenda)
        return x->agenda < y->agenda ? -1 : 1;
    return (x->motive > y->motive) - (x->motive < y->motive);
}

/* The same motive at two practices of an agenda is one offer. */
static void offers_sort(struct fasti_doctolib *feed) {
    uint32_t kept = 0;
    if (feed->offer_count > 0)
        qsort(feed->offers, feed->offer_count, sizeof *feed->offers, compare_offers);
    for (uint32_t i = 0; i < feed->offer_count; i++)
        if (kept == 0 || compare_offers(&feed->offers[kept - 1], &feed->offers[i]) != 0)
            feed->offers[kept++] = feed->offers[i];
    feed->offer_count = kept;
}

static enum fasti_status offer_add(struct fasti_doctolib *feed, uint32_t agenda, uint32_t motive,
                                   struct fasti_detail *detail) {
    if (feed->offer_count == feed->offer_room) {
        const uint32_t room = feed->offer_room == 0 ? 256 : 2 * feed->offer_room;
        struct fasti_doctolib_offer *moved = realloc(feed->offers, room * sizeof *moved);
        if (moved == NULL)
            return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the offers");
        feed->offers = moved;
        feed->offer_room = room;
    }
    feed->offers[feed->offer_count++] = (struct fasti_doctolib_offer){
        .agenda = agenda, .motive = motive, .service = FASTI_DOCTOLIB_NONE};
    return FASTI_OK;
}

static bool has_motive(const struct fasti_doctolib_schedule *schedule, uint32_t motive) {
    for (uint32_t i = 0; i < schedule->motive_count; i++)
        if (schedule->motives[i] == motive)
            return true;
    return false;
}

static enum fasti_status motives_read(const struct fasti_doctolib_record *record, const json_t *ids,
                                      struct fasti_doctolib_schedule *schedule) {
    struct fasti_doctolib *feed = record->feed;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        int64_t id;
        FASTI_TRY(fasti_doctolib_number(record, "visit_motive_ids", json_array_get(ids, i), &id));
        const uint32_t motive = fasti_doctolib_motive_find(feed, id);
        if (motive == FASTI_DOCTOLIB_NONE)
            fasti_doctolib_note(
                record, "visit motive %" PRId64 " is not in the file: it is not offered", id);
        if (motive == FASTI_DOCTOLIB_NONE || has_motive(schedule, motive))
            continue;
        if (schedule->motive_count == FASTI_SCHEDULE_SERVICES_MAX)
            return fasti_doctolib_refuse(
                record, FASTI_LIMIT_RECORDS,
                "offers more than %d visit motives: take some out of the file",
                FASTI_SCHEDULE_SERVICES_MAX);
        schedule->motives[schedule->motive_count++] = motive;
        FASTI_TRY(offer_add(feed, schedule->agenda, motive, record->detail));
    }
    return FASTI_OK;
}

/* ---- schedules ---- */

/* The practice is at this place from now on. */
static void practice_add(struct fasti_doctolib *feed, int64_t practice, uint32_t place) {
    uint32_t at = feed->practice_count++;
    for (; at > 0 && feed->practices[at - 1].id > practice; at--)
        feed->practices[at] = feed->practices[at - 1];
    feed->practices[at] = (struct fasti_doctolib_practice){practice, place};
}

/* A place for a practice that is in none, named by its number as places are; one that has the name
 * already is taken for it. */
static enum fasti_status place_make(const struct fasti_doctolib_record *record, int64_t practice) {
    struct fasti_doctolib *feed = record->feed;
    struct fasti_doctolib_place place = {.is_made = true};
    char id[FASTI_ID_BYTES_MAX];
    const int size = snprintf(id, sizeof id, "practice-%" PRId64, practice);
    FASTI_TRY(fasti_id_text_set(&place.id, id, (size_t)size));
    for (uint32_t i = 0; i < feed->place_count; i++)
        if (fasti_id_text_equal(&feed->places[i].id, &place.id)) {
            practice_add(feed, practice, i);
            return FASTI_OK;
        }
    FASTI_TRY(fasti_doctolib_zone(feed, "", &place.zone, record->detail));
    fasti_doctolib_note(record,
                        "practice %" PRId64 " is in no place: location %s is made, without name "
                        "and position",
                        practice, id);
    practice_add(feed, practice, feed->place_count);
    feed->places[feed->place_count++] = place;
    feed->made_count++;
    return FASTI_OK;
}

static enum fasti_status place_of(const struct fasti_doctolib_record *record, int64_t practice,
                                  uint32_t *place) {
    const struct fasti_doctolib *feed = record->feed;
    uint32_t found = fasti_doctolib_practice_find(feed, practice);
    if (found == FASTI_DOCTOLIB_NONE) {
        FASTI_TRY(place_make(record, practice));
        found = fasti_doctolib_practice_find(feed, practice);
    }
    *place = feed->practices[found].place;
    return FASTI_OK;
}

static void id_format(struct fasti_id_text *id, int64_t agenda, int64_t practice) {
    char text[FASTI_ID_BYTES_MAX];
    int size = snprintf(text, sizeof text, "%" PRId64, agenda);
    if (practice != 0)
        size = snprintf(text, sizeof text, "%" PRId64 "@%" PRId64, agenda, practice);
    const enum fasti_status status = fasti_id_text_set(id, text, (size_t)size);
    (void)status; /* digits always fit */
}

static enum fasti_status schedule_add(const struct fasti_doctolib_record *record, uint32_t agenda,
                                      int64_t practice, bool is_own, const json_t *motives) {
    struct fasti_doctolib *feed = record->feed;
    if (feed->schedule_count == FASTI_DOCTOLIB_RECORDS_MAX)
        return fasti_doctolib_refuse(record, FASTI_LIMIT_RECORDS,
                                     "more than %d agendas at practices in one file: split it",
                                     FASTI_DOCTOLIB_RECORDS_MAX);
    struct fasti_doctolib_schedule *schedule = &feed->schedules[feed->schedule_count++];
    schedule->agenda = agenda;
    FASTI_TRY(place_of(record, practice, &schedule->place));
    id_format(&schedule->id, feed->agendas[agenda].id, is_own ? 0 : practice);
    return motives_read(record, motives, schedule);
}

/* {"214473": [3251399, ...], ...}: a schedule each; *found: the agenda's own practice was there. */
static enum fasti_status practices_read(const struct fasti_doctolib_record *record, uint32_t agenda,
                                        int64_t own, const json_t *by_practice, bool *found) {
    const char *key;
    json_t *motives;
    json_t *iterated = json_incref((json_t *)(uintptr_t)by_practice);
    enum fasti_status status = FASTI_OK;
    *found = false;
    json_object_foreach(iterated, key, motives) {
        const size_t size = strspn(key, "0123456789");
        const bool is_number = size > 0 && size < 19 && key[0] != '0' && key[size] == '\0';
        const int64_t practice = is_number ? strtoll(key, NULL, 10) : 0;
        if (status != FASTI_OK)
            continue;
        if (practice < 1 || !json_is_array(motives)) {
            status = fasti_doctolib_refuse(
                record, FASTI_INVALID_FILE,
                "\"visit_motive_ids_by_practice_id\" is not practices with arrays of motives");
            continue;
        }
        *found = *found || practice == own;
        status = schedule_add(record, agenda, practice, practice == own, motives);
    }
    json_decref(iterated);
    return status;
}

static enum fasti_status agenda_schedules(const struct fasti_doctolib_record *record,
                                          uint32_t agenda) {
    const json_t *by_practice = json_object_get(record->object, "visit_motive_ids_by_practice_id");
    const json_t *motives, *practice = json_object_get(record->object, "practice_id");
    const uint32_t before = record->feed->schedule_count;
    int64_t own;
    bool found;
    FASTI_TRY(fasti_doctolib_array(record, "visit_motive_ids", &motives));
    FASTI_TRY(fasti_doctolib_number(record, "practice_id", practice, &own));
    if (by_practice == NULL || !fasti_doctolib_says(by_practice))
        return schedule_add(record, agenda, own, true, motives);
    if (!json_is_object(by_practice))
        return fasti_doctolib_refuse(record, FASTI_INVALID_FILE,
                                     "\"visit_motive_ids_by_practice_id\" is not an object");
    FASTI_TRY(practices_read(record, agenda, own, by_practice, &found));
    if (!found)
        fasti_doctolib_note(record,
                            "practice %" PRId64 " has no visit motives: no schedule is there", own);
    if (record->feed->schedule_count - before > 1)
        fasti_doctolib_note(record,
                            "is at %u practices: a schedule each, and none knows that another's "
                            "time is taken: keep their openings apart",
                            record->feed->schedule_count - before);
    return FASTI_OK;
}

enum fasti_status fasti_doctolib_read_schedules(struct fasti_doctolib *feed,
                                                struct fasti_detail *detail) {
    for (uint32_t a = 0; a < feed->agenda_count; a++) {
        struct fasti_doctolib_record record = {feed, feed->agendas[a].object, "agenda", "", detail};
        int64_t id;
        FASTI_TRY(fasti_doctolib_id(&record, &id));
        FASTI_TRY(agenda_schedules(&record, a));
    }
    offers_sort(feed);
    return FASTI_OK;
}
