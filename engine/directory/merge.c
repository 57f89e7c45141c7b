/*
 * merge.c - a merge of two lists sorted by opening id.
 *
 * Kept openings are copied as they are; listed ones are rebuilt field by field with their services
 * resolved and ascending and with the put's source, so that equal rules are equal bytes.
 */
#include "engine/directory/merge.h"

#include <stdlib.h>
#include <string.h>

#include "engine/directory/encode.h"

static int id_compare(const struct fasti_id_text *a, const struct fasti_id_text *b) {
    const uint8_t shorter = a->length < b->length ? a->length : b->length;
    const int order = memcmp(a->bytes, b->bytes, shorter);
    return order != 0 ? order : (int)a->length - (int)b->length;
}

static int order_compare(const void *a, const void *b) {
    const struct fasti_opening *const *first = a;
    const struct fasti_opening *const *second = b;
    return id_compare(&(*first)->id, &(*second)->id);
}

static int service_compare(const void *a, const void *b) {
    const uint32_t first = ((const fasti_service_id *)a)->v;
    const uint32_t second = ((const fasti_service_id *)b)->v;
    return (first > second) - (first < second);
}

/* from, a listed opening, as it will stand in the configuration. */
static void opening_build(struct fasti_opening *to, const struct fasti_opening *from,
                          uint32_t source, const fasti_service_id *services) {
    memset(to, 0, sizeof *to);
    to->id.length = from->id.length;
    memcpy(to->id.bytes, from->id.bytes, from->id.length);
    to->kind = from->kind;
    to->weekdays = from->weekdays;
    to->flags = from->flags;
    to->service_count = from->service_count;
    to->start_minute = from->start_minute;
    to->end_minute = from->end_minute;
    to->date_first = from->date_first;
    to->date_last = from->date_last;
    to->start_utc_s = from->start_utc_s;
    to->end_utc_s = from->end_utc_s;
    to->capacity = from->capacity;
    to->source = source;
    for (uint32_t i = 0; i < from->service_count; i++)
        to->services[i] = services[from->services[i].v - 1];
    qsort(to->services, from->service_count, sizeof to->services[0], service_compare);
}

static enum fasti_status listed_sort(struct fasti_merge *merge, const struct fasti_put *put,
                                     struct fasti_detail *detail) {
    const uint32_t count = put->body.openings.count;
    if (count > FASTI_OPENINGS_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                "%u openings are listed; a schedule holds %d", count,
                                FASTI_OPENINGS_MAX);
    for (uint32_t i = 0; i < count; i++)
        merge->order[i] = &put->body.openings.openings[i];
    qsort(merge->order, count, sizeof merge->order[0], order_compare);
    for (uint32_t i = 1; i < count; i++)
        if (id_compare(&merge->order[i - 1]->id, &merge->order[i]->id) == 0)
            return fasti_detail_set(detail, FASTI_INVALID_OPENING, "opening '%.*s' is listed twice",
                                    merge->order[i]->id.length, merge->order[i]->id.bytes);
    return FASTI_OK;
}

/* One listed opening that the schedule may have already (known, else NULL) -> next. */
static enum fasti_status listed_add(struct fasti_merge *merge, const struct fasti_put *put,
                                    const struct fasti_opening *known,
                                    const struct fasti_opening *listed,
                                    const fasti_service_id *services, struct fasti_opening *next,
                                    struct fasti_detail *detail) {
    const struct fasti_id_text *id = &listed->id;
    if (known != NULL && known->source != put->body.openings.source)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "opening '%.*s' of schedule '%.*s' belongs to another source (%u, "
                                "not %u)",
                                id->length, id->bytes, put->id.length, put->id.bytes, known->source,
                                put->body.openings.source);
    opening_build(next, listed, put->body.openings.source, services);
    const bool same = known != NULL && fasti_opening_equal(known, next);
    if (known != NULL && !same && put->create_only)
        return fasti_detail_set(detail, FASTI_EXISTS,
                                "opening '%.*s' of schedule '%.*s' exists and differs", id->length,
                                id->bytes, put->id.length, put->id.bytes);
    merge->is_changed |= !same;
    return FASTI_OK;
}

enum fasti_status fasti_openings_merge(struct fasti_merge *merge,
                                       const struct fasti_schedule_config *config,
                                       const struct fasti_put *put,
                                       const fasti_service_id *services,
                                       struct fasti_detail *detail) {
    const enum fasti_openings_mode mode = put->body.openings.mode;
    const uint32_t known_count = config == NULL ? 0 : config->opening_count;
    const uint32_t listed_count = put->body.openings.count;
    merge->count = 0;
    merge->is_changed = false;
    FASTI_TRY(listed_sort(merge, put, detail));
    for (uint32_t i = 0, j = 0; i < known_count || j < listed_count;) {
        const struct fasti_opening *known = i < known_count ? &config->openings[i] : NULL;
        const struct fasti_opening *listed = j < listed_count ? merge->order[j] : NULL;
        const int order = known == NULL    ? 1
                          : listed == NULL ? -1
                                           : id_compare(&known->id, &listed->id);
        i += order <= 0;
        j += order >= 0;
        struct fasti_opening next;
        if (order >= 0 && mode != FASTI_OPENINGS_REMOVE) {
            FASTI_TRY(
                listed_add(merge, put, order == 0 ? known : NULL, listed, services, &next, detail));
        } else if (order < 0 && !(mode == FASTI_OPENINGS_REPLACE &&
                                  known->source == put->body.openings.source)) {
            next = *known;
        } else {
            merge->is_changed |= order <= 0; /* removed; an unknown id changes nothing */
            continue;
        }
        if (merge->count == FASTI_OPENINGS_MAX)
            return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                    "schedule '%.*s' would have more than %d openings",
                                    put->id.length, put->id.bytes, FASTI_OPENINGS_MAX);
        merge->openings[merge->count++] = next;
    }
    return FASTI_OK;
}
