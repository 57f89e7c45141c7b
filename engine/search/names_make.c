/*
 * names_make.c - entries, postings and who works where, from the directory.
 *
 *   before's postings, but for names that are other ones  --+--merge--> postings
 *   words of new and other names, sorted                  --+
 */
#include "engine/search/names_make.h"

#include <stdlib.h>
#include <string.h>

/* What is under way. */
struct making {
    const struct fasti_directory *directory;
    const struct fasti_names_index *before;
    struct fasti_names_index *index;
    uint8_t *kept; /* by entry: as before */
    struct fasti_names_posting *fresh;
    uint32_t fresh_count, fresh_room;
    uint32_t text_size, text_room;
};

_Static_assert((UINT64_C(1) * FASTI_LOCATIONS_MAX + FASTI_PRACTITIONERS_MAX + FASTI_SERVICES_MAX) *
                       (FASTI_NAME_BYTES_MAX + FASTI_FOLD_TEXT_MAX + 1) <
                   UINT32_MAX,
               "a place in the text of all names has 32 bits");

const struct fasti_name_text *fasti_names_of(const struct fasti_directory *directory, uint32_t kind,
                                             uint32_t id, uint32_t *organization) {
    if (fasti_names_kind(kind) == FASTI_ENTITY_LOCATION) {
        const struct fasti_location *location =
            fasti_location_get(directory, (fasti_location_id){id});
        *organization = location->organization.v;
        return &location->name;
    }
    if (fasti_names_kind(kind) == FASTI_ENTITY_PRACTITIONER) {
        const struct fasti_practitioner *practitioner =
            fasti_practitioner_get(directory, (fasti_practitioner_id){id});
        *organization = practitioner->organization.v;
        return &practitioner->name;
    }
    const struct fasti_service *service = fasti_service_get(directory, (fasti_service_id){id});
    *organization = service->organization.v;
    return &service->name;
}

/* ---- entries ---- */

/* Room for so much more text; false: no memory. */
static bool text_reserve(struct making *making, uint32_t size) {
    if (making->text_room - making->text_size >= size)
        return true;
    const uint64_t wanted = 2 * (uint64_t)making->text_room + 4096;
    const uint32_t room = wanted > UINT32_MAX ? UINT32_MAX : (uint32_t)wanted;
    char *text = realloc(making->index->text, room);
    if (text == NULL)
        return false;
    making->index->text = text;
    making->text_room = room;
    return true;
}

static void text_add(struct making *making, const char *bytes, uint32_t size) {
    memcpy(making->index->text + making->text_size, bytes, size);
    making->text_size += size;
}

/* The entry of before, if nothing of it changed; NULL: it is another one, or new. */
static const struct fasti_names_entry *entry_before(const struct making *making, uint32_t kind,
                                                    uint32_t id, uint32_t organization,
                                                    const struct fasti_name_text *name) {
    const struct fasti_names_index *before = making->before;
    if (before == NULL || id > before->count[kind])
        return NULL;
    const struct fasti_names_entry *entry = &before->entries[before->first[kind] + id - 1];
    return entry->organization == organization && entry->name_length == name->length &&
                   memcmp(before->text + entry->text_at, name->bytes, name->length) == 0
               ? entry
               : NULL;
}

static bool entry_make(struct making *making, uint32_t kind, uint32_t id) {
    struct fasti_names_entry *entry = &making->index->entries[making->index->first[kind] + id - 1];
    struct fasti_fold fold;
    const struct fasti_name_text *name =
        fasti_names_of(making->directory, kind, id, &entry->organization);
    const struct fasti_names_entry *before =
        entry_before(making, kind, id, entry->organization, name);
    if (before == NULL)
        fasti_fold(name->bytes, name->length, &fold);
    entry->name_length = name->length;
    entry->plain_length = before == NULL ? fold.plain_length : before->plain_length;
    entry->fold_length = before == NULL ? fold.length : before->fold_length;
    entry->text_at = making->text_size;
    making->kept[making->index->first[kind] + id - 1] = before != NULL;
    if (!text_reserve(making, (uint32_t)name->length + entry->fold_length + 1))
        return false;
    text_add(making, name->bytes, name->length);
    if (before == NULL)
        text_add(making, fold.bytes, fold.length);
    else
        text_add(making, making->before->text + before->text_at + before->name_length,
                 before->fold_length);
    text_add(making, " ", 1);
    return true;
}

static bool entries_make(struct making *making) {
    struct fasti_names_index *index = making->index;
    for (uint32_t kind = 0; kind < FASTI_NAMES_KINDS; kind++) {
        index->first[kind] = index->entry_count;
        index->count[kind] = fasti_directory_count(making->directory, fasti_names_kind(kind));
        index->entry_count += index->count[kind];
    }
    index->entries = malloc(((size_t)index->entry_count + 1) * sizeof *index->entries);
    making->kept = malloc((size_t)index->entry_count + 1);
    if (index->entries == NULL || making->kept == NULL || !text_reserve(making, 1))
        return false;
    for (uint32_t kind = 0; kind < FASTI_NAMES_KINDS; kind++)
        for (uint32_t id = 1; id <= index->count[kind]; id++)
            if (!entry_make(making, kind, id))
                return false;
    return true;
}

/* ---- postings ---- */

static uint64_t head_of(const char *word) {
    uint64_t head = 0;
    for (uint32_t i = 0; i < 8 && !fasti_fold_ends(word[i]); i++)
        head |= (uint64_t)(uint8_t)word[i] << (56 - 8 * i);
    return head;
}

static bool posting_add(struct making *making, const struct fasti_names_posting *posting) {
    if (making->fresh_count == making->fresh_room) {
        const uint32_t room = 2 * making->fresh_room + 256;
        struct fasti_names_posting *fresh =
            realloc(making->fresh, (size_t)room * sizeof *making->fresh);
        if (fresh == NULL)
            return false;
        making->fresh = fresh;
        making->fresh_room = room;
    }
    making->fresh[making->fresh_count++] = *posting;
    return true;
}

/* The words of entries that are not as before. */
static bool fresh_make(struct making *making) {
    const struct fasti_names_index *index = making->index;
    for (uint32_t e = 0; e < index->entry_count; e++) {
        const struct fasti_names_entry *entry = &index->entries[e];
        const uint32_t at = entry->text_at + entry->name_length, end = at + entry->fold_length;
        for (uint32_t word = at, i = at; !making->kept[e] && i <= end && at < end; i++) {
            if (!fasti_fold_ends(index->text[i]))
                continue;
            const struct fasti_names_posting posting = {.head = head_of(index->text + word),
                                                        .organization = entry->organization,
                                                        .word_at = word,
                                                        .entry = e};
            if (i > word && !posting_add(making, &posting))
                return false;
            word = i + 1;
        }
    }
    return true;
}

/* By organization, word and entry; one entry's in their order. */
static int posting_compare(const void *a, const void *b, void *text) {
    const struct fasti_names_posting *first = a, *second = b;
    if (first->organization != second->organization)
        return first->organization < second->organization ? -1 : 1;
    if (first->head != second->head)
        return first->head < second->head ? -1 : 1;
    const char *x = (const char *)text + first->word_at, *y = (const char *)text + second->word_at;
    while (*x == *y && !fasti_fold_ends(*x))
        x++, y++;
    const uint8_t left = fasti_fold_ends(*x) ? 0 : (uint8_t)*x;
    const uint8_t right = fasti_fold_ends(*y) ? 0 : (uint8_t)*y;
    if (left != right)
        return left < right ? -1 : 1;
    if (first->entry != second->entry)
        return first->entry < second->entry ? -1 : 1;
    return (first->word_at > second->word_at) - (first->word_at < second->word_at);
}

/* A posting of before as it is now; false: its name is another one. */
static bool posting_keep(const struct making *making, const struct fasti_names_posting *old,
                         struct fasti_names_posting *now) {
    const struct fasti_names_index *before = making->before, *index = making->index;
    uint32_t kind = FASTI_NAMES_KINDS - 1;
    while (old->entry < before->first[kind])
        kind--;
    *now = *old;
    now->entry = index->first[kind] + (old->entry - before->first[kind]);
    now->word_at =
        old->word_at - before->entries[old->entry].text_at + index->entries[now->entry].text_at;
    return making->kept[now->entry];
}

static bool postings_make(struct making *making) {
    struct fasti_names_index *index = making->index;
    if (!fresh_make(making))
        return false;
    if (making->fresh_count > 0)
        qsort_r(making->fresh, making->fresh_count, sizeof *making->fresh, posting_compare,
                index->text);
    const uint32_t old_count = making->before == NULL ? 0 : making->before->posting_count;
    index->postings =
        malloc(((size_t)old_count + making->fresh_count + 1) * sizeof *index->postings);
    if (index->postings == NULL)
        return false;
    uint32_t fresh = 0;
    for (uint32_t i = 0; i < old_count; i++) {
        struct fasti_names_posting kept;
        if (!posting_keep(making, &making->before->postings[i], &kept))
            continue;
        while (fresh < making->fresh_count &&
               posting_compare(&making->fresh[fresh], &kept, index->text) < 0)
            index->postings[index->posting_count++] = making->fresh[fresh++];
        index->postings[index->posting_count++] = kept;
    }
    while (fresh < making->fresh_count)
        index->postings[index->posting_count++] = making->fresh[fresh++];
    return true;
}

/* ---- who works where ---- */

static uint32_t practitioner_of(const struct making *making, uint32_t schedule) {
    return fasti_load_seq_cst(
               &fasti_schedule_get(making->directory, (fasti_schedule_id){schedule})->config)
        ->practitioner.v;
}

/* By counting: places first, then schedules into them. */
static bool schedules_make(struct making *making) {
    struct fasti_names_index *index = making->index;
    const uint32_t count = fasti_directory_count(making->directory, FASTI_ENTITY_SCHEDULE);
    index->practitioner_end =
        fasti_directory_count(making->directory, FASTI_ENTITY_PRACTITIONER) + 1;
    index->schedule_first =
        calloc((size_t)index->practitioner_end + 2, sizeof *index->schedule_first);
    index->schedules = malloc(((size_t)count + 1) * sizeof *index->schedules);
    if (index->schedule_first == NULL || index->schedules == NULL)
        return false;
    uint32_t *first = index->schedule_first;
    for (uint32_t s = 1; s <= count; s++)
        first[practitioner_of(making, s) + 2]++; /* two on, so that filling moves them to one on */
    for (uint32_t p = 1; p <= index->practitioner_end; p++)
        first[p + 1] += first[p];
    for (uint32_t s = 1; s <= count; s++)
        index->schedules[first[practitioner_of(making, s) + 1]++] = s;
    return true;
}

struct fasti_names_index *fasti_names_make(const struct fasti_directory *directory,
                                           const struct fasti_names_index *before) {
    struct making making = {.directory = directory, .before = before};
    making.index = calloc(1, sizeof *making.index);
    if (making.index == NULL)
        return NULL;
    const bool is_made = entries_make(&making) && postings_make(&making) && schedules_make(&making);
    free(making.kept);
    free(making.fresh);
    if (is_made)
        return making.index;
    fasti_names_free(making.index);
    return NULL;
}

/* ---- the end ---- */

static uint32_t parts_of(struct fasti_names_index *index, void *parts[FASTI_NAMES_PARTS]) {
    uint32_t count = 0;
    parts[count++] = index->entries;
    parts[count++] = index->postings;
    parts[count++] = index->text;
    parts[count++] = index->schedule_first;
    parts[count++] = index->schedules;
    parts[count++] = index;
    return count;
}

void fasti_names_free(struct fasti_names_index *index) {
    void *parts[FASTI_NAMES_PARTS];
    for (uint32_t count = index == NULL ? 0 : parts_of(index, parts); count > 0; count--)
        free(parts[count - 1]);
}

void fasti_names_retire(struct fasti_names_index *index, struct fasti_limbo *limbo) {
    void *parts[FASTI_NAMES_PARTS];
    for (uint32_t count = parts_of(index, parts); count > 0; count--)
        fasti_limbo_retire_pointer(limbo, parts[count - 1]);
}
