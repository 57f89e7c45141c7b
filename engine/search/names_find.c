/*
 * names_find.c - names that have all words of a text, the best of them.
 */
#include "engine/search/names_find.h"

#include <stdlib.h>
#include <string.h>

#define NO_WORD UINT32_MAX

/* A range of postings. */
struct range {
    uint32_t first, end;
};

/* One of the text, and where names that have it stand. */
struct word {
    struct fasti_fold_word text;
    struct range plain, spelled; /* no posting is in both */
};

/* A name that matches. */
struct match {
    struct fasti_named named;
    uint32_t prefixes;
};

struct fasti_names_find {
    const struct fasti_names *names;
    const struct fasti_names_query *query;
    uint32_t organization, word_count;
    struct word words[FASTI_NAMES_WORDS_MAX];
    struct fasti_fold after; /* of the place's name */
    uint32_t best_count;
    struct match best[FASTI_NAMES_RESULTS_MAX + 1]; /* in order; one more than is asked for */
    struct fasti_names_answer answer;
};

struct fasti_names_find *fasti_names_find_create(void) {
    return calloc(1, sizeof(struct fasti_names_find));
}

void fasti_names_find_destroy(struct fasti_names_find *find) {
    free(find);
}

/* ---- one name ---- */

/* Begins the word of a name so, and is that all of it? */
static bool begins(const char *word, const char *bytes, uint32_t size, bool *is_all) {
    for (uint32_t i = 0; i < size; i++) /* a word's end is no byte of a word */
        if (word[i] != bytes[i])
            return false;
    *is_all = fasti_fold_ends(word[size]);
    return true;
}

/* The first word of the name that begins as one of the text, from its folded words on; NO_WORD:
 * none does. *is_all: one is that word. */
static uint32_t word_find(const struct fasti_named *named, const struct fasti_fold_word *word,
                          bool *is_all) {
    uint32_t found = NO_WORD;
    *is_all = false;
    for (uint32_t at = 0; at < named->entry->fold_length; at++) {
        const char *here = named->fold + at;
        bool is_plain_all = false, is_spelled_all = false;
        const bool is_plain = begins(here, word->plain, word->plain_length, &is_plain_all);
        const bool is_spelled = word->spelled_length > 0 &&
                                begins(here, word->spelled, word->spelled_length, &is_spelled_all);
        if (found == NO_WORD && (is_plain || is_spelled))
            found = at;
        *is_all = *is_all || is_plain_all || is_spelled_all;
        while (!fasti_fold_ends(named->fold[at]))
            at++;
    }
    return found;
}

/* Has the name all words? *prefixes: how many are only the beginning of one. */
static bool name_has(const struct fasti_names_find *find, const struct fasti_named *named,
                     uint32_t *prefixes) {
    *prefixes = 0;
    for (uint32_t i = 0; i < find->word_count; i++) {
        bool is_all;
        if (word_find(named, &find->words[i].text, &is_all) == NO_WORD)
            return false;
        *prefixes += !is_all;
    }
    return true;
}

/* ---- the best ---- */

/* Where a record stands in the order. */
struct place {
    uint32_t prefixes;
    const char *plain;
    uint32_t plain_length, kind, id;
};

static struct place place_of(const struct match *match) {
    return (struct place){match->prefixes, match->named.fold, match->named.entry->plain_length,
                          match->named.kind, match->named.id};
}

static bool is_less(const struct place *a, const struct place *b) {
    if (a->prefixes != b->prefixes)
        return a->prefixes < b->prefixes;
    const uint32_t both = a->plain_length < b->plain_length ? a->plain_length : b->plain_length;
    const int order = memcmp(a->plain, b->plain, both);
    if (order != 0)
        return order < 0;
    if (a->plain_length != b->plain_length)
        return a->plain_length < b->plain_length;
    return a->kind < b->kind || (a->kind == b->kind && a->id < b->id);
}

static bool is_after(const struct fasti_names_find *find, const struct place *place) {
    const struct fasti_names_place *after = &find->query->after;
    const struct place from = {after->prefixes, find->after.bytes, find->after.plain_length,
                               (uint32_t)after->kind - FASTI_ENTITY_LOCATION, after->id};
    return after->id == 0 || is_less(&from, place);
}

/* Counts it, and lets it take its place among the best, if it has one. */
static void match_add(struct fasti_names_find *find, const struct match *match) {
    const struct place place = place_of(match);
    uint32_t at = find->best_count;
    find->answer.total++;
    if (!is_after(find, &place))
        return;
    for (; at > 0; at--) {
        const struct place other = place_of(&find->best[at - 1]);
        if (!is_less(&place, &other))
            break;
    }
    const bool is_full = find->best_count > find->query->limit;
    if (is_full && at == find->best_count)
        return;
    find->best_count += !is_full;
    memmove(&find->best[at + 1], &find->best[at],
            (find->best_count - 1 - at) * sizeof find->best[0]);
    find->best[at] = *match;
}

static void named_look(struct fasti_names_find *find, const struct fasti_named *named) {
    const uint32_t kinds = find->query->kinds == 0 ? FASTI_NAMES_ALL : find->query->kinds;
    struct match match = {.named = *named};
    if (named->entry->organization == find->organization && (kinds >> named->kind & 1) != 0 &&
        name_has(find, named, &match.prefixes))
        match_add(find, &match);
}

/* ---- ranges ---- */

/* Where a posting lies to those whose word begins with the bytes: before, among or behind them. */
static int posting_order(const struct fasti_names_find *find, uint32_t at, const char *bytes,
                         uint32_t size) {
    const struct fasti_names_posting *posting = &find->names->index->postings[at];
    if (posting->organization != find->organization)
        return posting->organization < find->organization ? -1 : 1;
    const char *word = find->names->index->text + posting->word_at;
    for (uint32_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(i < 8 ? posting->head >> (56 - 8 * i) : (uint8_t)word[i]);
        if (fasti_fold_ends((char)byte))
            byte = 0;
        if (byte != (uint8_t)bytes[i])
            return byte < (uint8_t)bytes[i] ? -1 : 1;
    }
    return 0;
}

/* The first posting that is not before them, or (is_end) that is behind them. */
static uint32_t bound(const struct fasti_names_find *find, const char *bytes, uint32_t size,
                      bool is_end) {
    uint32_t first = 0, end = find->names->index->posting_count;
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        const int order = posting_order(find, middle, bytes, size);
        if (order < 0 || (is_end && order == 0))
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static struct range range_of(const struct fasti_names_find *find, const char *bytes,
                             uint32_t size) {
    return (struct range){bound(find, bytes, size, false), bound(find, bytes, size, true)};
}

static uint32_t word_size(const struct word *word) {
    return word->plain.end - word->plain.first + word->spelled.end - word->spelled.first;
}

static void word_range(const struct fasti_names_find *find, struct word *word) {
    const struct fasti_fold_word *text = &word->text;
    word->plain = range_of(find, text->plain, text->plain_length);
    word->spelled = (struct range){0, 0};
    /* Spelled is longer: what begins so may begin as the plain one, and is in that range then. */
    if (text->spelled_length > 0 && memcmp(text->spelled, text->plain, text->plain_length) != 0)
        word->spelled = range_of(find, text->spelled, text->spelled_length);
}

/* A name stands in the ranges once for each word that begins so: the first of them counts. */
static void range_look(struct fasti_names_find *find, const struct word *word, struct range range) {
    const struct fasti_names_index *index = find->names->index;
    for (uint32_t i = range.first; i < range.end; i++) {
        const struct fasti_names_posting *posting = &index->postings[i];
        const struct fasti_named named = fasti_names_at(index, posting->entry);
        bool is_all;
        const uint32_t fold_at = named.entry->text_at + named.entry->name_length;
        if (fold_at + word_find(&named, &word->text, &is_all) == posting->word_at &&
            !fasti_names_is_old(find->names, named.kind, named.id))
            named_look(find, &named);
    }
}

/* ---- the answer ---- */

static void place_write(struct fasti_names_row *row, const struct fasti_directory *directory,
                        fasti_location_id id) {
    const struct fasti_location *location = fasti_location_get(directory, id);
    row->location = id;
    row->location_name = location->name;
    row->has_position = location->has_position;
    row->latitude_e7 = location->has_position ? location->latitude_e7 : 0;
    row->longitude_e7 = location->has_position ? location->longitude_e7 : 0;
}

/* Ids never change; where it is, is told as it is now. */
static void row_write(const struct fasti_names_find *find, const struct fasti_directory *directory,
                      const struct match *match, struct fasti_names_row *row) {
    const struct fasti_named *named = &match->named;
    memset(row, 0, sizeof *row);
    row->kind = fasti_names_kind(named->kind);
    row->id = named->id;
    row->prefixes = (uint8_t)match->prefixes;
    row->name.length = named->entry->name_length;
    memcpy(row->name.bytes, named->name, named->entry->name_length);
    switch ((int)row->kind) {
    case FASTI_ENTITY_LOCATION:
        row->text = fasti_location_get(directory, (fasti_location_id){row->id})->id;
        place_write(row, directory, (fasti_location_id){row->id});
        break;
    case FASTI_ENTITY_PRACTITIONER:
        row->text = fasti_practitioner_get(directory, (fasti_practitioner_id){row->id})->id;
        row->schedule.v = fasti_names_schedule(find->names, directory, row->id);
        if (row->schedule.v != 0)
            place_write(row, directory,
                        fasti_load_seq_cst(&fasti_schedule_get(directory, row->schedule)->config)
                            ->location);
        break;
    default: row->text = fasti_service_get(directory, (fasti_service_id){row->id})->id; break;
    }
}

/* ---- the question ---- */

static enum fasti_status text_read(struct fasti_names_find *find, struct fasti_detail *detail) {
    const struct fasti_name_text *text = &find->query->text;
    struct fasti_fold_word words[FASTI_NAMES_WORDS_MAX];
    if (text->length > FASTI_NAME_BYTES_MAX || !fasti_text_is_plain(text->bytes, text->length))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "a text to look for is UTF-8 of at most %d bytes without control "
                                "characters",
                                FASTI_NAME_BYTES_MAX);
    find->word_count = fasti_fold_words(text->bytes, text->length, words, FASTI_NAMES_WORDS_MAX);
    if (find->word_count == 0)
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "a text to look for has at least one letter or digit");
    if (find->word_count > FASTI_NAMES_WORDS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a text to look for has at most %d words, not %u",
                                FASTI_NAMES_WORDS_MAX, find->word_count);
    for (uint32_t i = 0; i < find->word_count; i++)
        find->words[i].text = words[i];
    return FASTI_OK;
}

static enum fasti_status query_check(struct fasti_names_find *find,
                                     fasti_organization_id organization,
                                     struct fasti_detail *detail) {
    const struct fasti_names_query *query = find->query;
    const struct fasti_names_place *after = &query->after;
    FASTI_TRY(text_read(find, detail));
    if (organization.v == 0)
        return fasti_detail_set(detail, FASTI_INVALID_REFERENCE,
                                "names are looked for in one organization: say which");
    if (query->limit == 0 || query->limit > FASTI_NAMES_RESULTS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d names",
                                FASTI_NAMES_RESULTS_MAX);
    if (query->kinds > FASTI_NAMES_ALL)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "names are of locations (1), practitioners (2), services (4)");
    if (after->id != 0 &&
        (after->kind < FASTI_ENTITY_LOCATION || after->kind > FASTI_ENTITY_SERVICE))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a page begins behind a location, practitioner or service");
    if (after->id != 0 && (after->name.length > FASTI_NAME_BYTES_MAX ||
                           !fasti_text_is_plain(after->name.bytes, after->name.length)))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "the name that a page begins behind is UTF-8");
    if (after->id != 0)
        fasti_fold(after->name.bytes, after->name.length, &find->after);
    return FASTI_OK;
}

static void answer_write(struct fasti_names_find *find, const struct fasti_directory *directory) {
    struct fasti_names_answer *answer = &find->answer;
    answer->more = find->best_count > find->query->limit;
    answer->count = (uint16_t)(find->best_count - answer->more);
    for (uint32_t i = 0; i < answer->count; i++)
        row_write(find, directory, &find->best[i], &answer->rows[i]);
}

enum fasti_status
fasti_names_find_run(struct fasti_names_find *find, const struct fasti_names_store *store,
                     const struct fasti_directory *directory, fasti_organization_id organization,
                     const struct fasti_names_query *query,
                     const struct fasti_names_answer **answer, struct fasti_detail *detail) {
    find->query = query;
    find->organization = organization.v;
    find->names = fasti_names_current(store);
    find->best_count = find->answer.total = 0;
    FASTI_TRY(query_check(find, organization, detail));
    if (find->names == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "there is no memory for names");
    uint32_t rarest = 0;
    for (uint32_t i = 0; i < find->word_count; i++) {
        word_range(find, &find->words[i]);
        if (word_size(&find->words[i]) < word_size(&find->words[rarest]))
            rarest = i;
    }
    const struct word *word = &find->words[rarest];
    if (word_size(word) > FASTI_NAMES_LOOKS_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                "more than %d names have a word that begins so: ask with more "
                                "letters or more words",
                                FASTI_NAMES_LOOKS_MAX);
    range_look(find, word, word->plain);
    range_look(find, word, word->spelled);
    for (uint32_t i = 0; i < find->names->change_count; i++) {
        const struct fasti_named named = fasti_names_changed(find->names->changes[i]);
        named_look(find, &named);
    }
    answer_write(find, directory);
    *answer = &find->answer;
    return FASTI_OK;
}
