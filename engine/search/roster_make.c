/*
 * roster_make.c - ranks, blocks, postings and summaries from the directory.
 */
#include "engine/search/roster_make.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/huge.h"
#include "engine/calendar/claim.h"
#include "engine/time/civil.h"

#define LINE_BYTES 64

/* Codes and their numbers, from 1: open addressing, at most half full. */
struct fasti_roster_codes {
    uint32_t mask, count;
    struct code {
        uint32_t number; /* 0: free */
        bool is_specialty;
        struct fasti_id_text text;
    } slots[];
};

/* Where a schedule goes. */
struct key {
    uint32_t specialty, cell, schedule;
};

/* What is under way. */
struct making {
    const struct fasti_roster_source *source;
    const struct fasti_roster *before;
    struct fasti_roster *roster;
    struct key *keys;
    uint32_t *slots; /* by code number: posting + 1 of the block */
    uint64_t *stale; /* by schedule: its summaries are computed */
    uint32_t offer_room, posting_count, block_room, posting_room;
    size_t word_count, word_room;
};

int32_t fasti_roster_day_of(int64_t now_ms) {
    const int64_t day_ms = FASTI_DAY_SECONDS * INT64_C(1000);
    return (int32_t)(now_ms / day_ms - (now_ms % day_ms < 0));
}

/* ---- codes ---- */

static struct code *code_slot(const struct fasti_roster_codes *codes, bool is_specialty,
                              const struct fasti_id_text *text) {
    uint32_t at = (uint32_t)fasti_hash64_seeded(text->bytes, text->length, is_specialty);
    struct code *slots = (struct code *)(uintptr_t)codes->slots;
    for (;; at++) {
        struct code *slot = &slots[at & codes->mask];
        if (slot->number == 0 ||
            (slot->is_specialty == is_specialty && fasti_id_text_equal(&slot->text, text)))
            return slot;
    }
}

uint32_t fasti_roster_code(const struct fasti_roster *roster, bool is_specialty,
                           const struct fasti_id_text *code) {
    return code->length == 0 ? 0 : code_slot(roster->codes, is_specialty, code)->number;
}

static struct fasti_roster_codes *codes_make(uint32_t room) {
    uint32_t slots = 16;
    while (slots < 2 * (uint64_t)room)
        slots *= 2;
    struct fasti_roster_codes *codes =
        calloc(1, sizeof *codes + (size_t)slots * sizeof codes->slots[0]);
    if (codes != NULL)
        codes->mask = slots - 1;
    return codes;
}

/* The code's number, given if new. false: no memory. */
static bool code_number(struct making *making, bool is_specialty, const struct fasti_id_text *text,
                        uint32_t *number) {
    struct fasti_roster_codes *codes = making->roster->codes;
    *number = 0;
    if (text->length == 0)
        return true;
    if (2 * (codes->count + 1) > codes->mask) {
        struct fasti_roster_codes *larger = codes_make(2 * (codes->count + 1));
        if (larger == NULL)
            return false;
        larger->count = codes->count;
        for (uint32_t i = 0; i <= codes->mask; i++)
            if (codes->slots[i].number != 0)
                *code_slot(larger, codes->slots[i].is_specialty, &codes->slots[i].text) =
                    codes->slots[i];
        free(codes);
        making->roster->codes = codes = larger;
    }
    struct code *slot = code_slot(codes, is_specialty, text);
    if (slot->number == 0)
        *slot = (struct code){++codes->count, is_specialty, *text};
    *number = slot->number;
    return true;
}

/* ---- ranks ---- */

static const struct fasti_schedule_config *config_of(const struct making *making, uint32_t id) {
    return fasti_load_seq_cst(
        &fasti_schedule_get(making->source->directory, (fasti_schedule_id){id})->config);
}

static int key_compare(const void *a, const void *b) {
    const struct key *first = a, *second = b;
    if (first->specialty != second->specialty)
        return first->specialty < second->specialty ? -1 : 1;
    if (first->cell != second->cell)
        return first->cell < second->cell ? -1 : 1;
    return first->schedule < second->schedule ? -1 : first->schedule > second->schedule;
}

static bool keys_make(struct making *making) {
    for (uint32_t r = 0; r < making->roster->rank_count; r++) {
        const struct fasti_schedule_config *config = config_of(making, r + 1);
        const struct fasti_location *location =
            fasti_location_get(making->source->directory, config->location);
        static const struct fasti_id_text none;
        struct key *key = &making->keys[r];
        key->schedule = r + 1;
        key->cell = FASTI_GEO_NOWHERE;
        if (location->has_position)
            key->cell =
                fasti_geo_cell((struct fasti_geo){location->latitude_e7, location->longitude_e7});
        if (!code_number(making, true,
                         config->specialty_count == 0 ? &none : &config->specialties[0],
                         &key->specialty))
            return false;
        making->offer_room += config->service_count;
    }
    qsort(making->keys, making->roster->rank_count, sizeof *making->keys, key_compare);
    return true;
}

static bool offers_fill(struct making *making, const struct fasti_schedule_config *config,
                        struct fasti_roster_entry *entry, uint32_t *offer_count) {
    entry->offer_first = *offer_count;
    entry->offer_count = config->service_count;
    for (uint32_t i = 0; i < config->service_count; i++) {
        const struct fasti_service *service =
            fasti_service_get(making->source->directory, config->services[i]);
        struct fasti_roster_offer *offer = &making->roster->offers[(*offer_count)++];
        *offer = (struct fasti_roster_offer){.service = config->services[i].v,
                                             .minutes = service->duration_minutes,
                                             .needed = fasti_summary_needed(config, service)};
        if (!code_number(making, false, &service->code, &offer->code))
            return false;
    }
    return true;
}

static bool entries_fill(struct making *making) {
    struct fasti_roster *roster = making->roster;
    uint32_t offer_count = 0;
    for (uint32_t r = 0; r < roster->rank_count; r++) {
        const struct key *key = &making->keys[r];
        const struct fasti_schedule_config *config = config_of(making, key->schedule);
        const struct fasti_location *location =
            fasti_location_get(making->source->directory, config->location);
        struct fasti_roster_entry *entry = &roster->entries[r];
        entry->schedule = roster->schedules[r] = key->schedule;
        entry->place = (struct fasti_geo){location->latitude_e7, location->longitude_e7};
        entry->point = fasti_geo_point_of(entry->place);
        roster->cells[r] = key->cell;
        roster->ranks[key->schedule] = r + 1;
        fasti_store_relaxed(&roster->alive[r / 64],
                            fasti_load_relaxed(&roster->alive[r / 64]) | UINT64_C(1) << (r % 64));
        if (!offers_fill(making, config, entry, &offer_count))
            return false;
    }
    return true;
}

/* A schedule never changes its organization: counted, then put where they belong. */
static void seats_fill(struct making *making) {
    struct fasti_roster *roster = making->roster;
    uint32_t *ends = roster->seat_ends;
    for (uint32_t id = 1; id < roster->schedule_end; id++)
        ends[config_of(making, id)->organization.v + 1]++;
    for (uint32_t o = 1; o < roster->organization_end; o++)
        ends[o + 1] += ends[o];
    for (uint32_t id = 1; id < roster->schedule_end; id++) {
        const struct fasti_schedule_config *config = config_of(making, id);
        roster->seats[ends[config->organization.v]++] =
            (struct fasti_roster_seat){id, config->location.v};
    }
}

/* ---- blocks ---- */

static bool grow(void **items, uint32_t *room, uint32_t needed, size_t size) {
    if (needed <= *room)
        return true;
    const uint32_t wanted = needed < 32 ? 64 : 2 * needed;
    void *moved = realloc(*items, wanted * size);
    if (moved == NULL)
        return false;
    *items = moved;
    *room = wanted;
    return true;
}

static bool words_add(struct making *making, size_t count, size_t *at) {
    if (making->word_count + count > making->word_room) {
        const size_t room = 2 * (making->word_count + count) + 1024;
        uint64_t *words = realloc(making->roster->words, room * sizeof *words);
        if (words == NULL)
            return false;
        making->roster->words = words;
        making->word_room = room;
    }
    *at = making->word_count;
    memset(making->roster->words + *at, 0, count * sizeof *making->roster->words);
    making->word_count += count;
    return true;
}

/* The block's rank r has the code. */
static bool posting_add(struct making *making, const struct fasti_roster_block *block,
                        uint32_t rank, uint32_t code, uint16_t minutes, uint8_t needed) {
    struct fasti_roster *roster = making->roster;
    if (making->slots[code] <= block->posting_first) { /* not of this block yet */
        struct fasti_roster_posting posting = {
            .code = code, .minutes = minutes, .needed = needed, .is_even = true};
        if (!grow((void **)&roster->postings, &making->posting_room, making->posting_count + 1,
                  sizeof posting) ||
            !words_add(making, (block->rank_end - block->rank_first + 63) / 64, &posting.words_at))
            return false;
        roster->postings[making->posting_count++] = posting;
        making->slots[code] = making->posting_count;
    }
    struct fasti_roster_posting *posting = &roster->postings[making->slots[code] - 1];
    posting->is_even = posting->is_even && needed == posting->needed;
    posting->needed = needed < posting->needed ? needed : posting->needed;
    posting->minutes = minutes == posting->minutes ? minutes : 0;
    const uint32_t bit = rank - block->rank_first;
    roster->words[posting->words_at + bit / 64] |= UINT64_C(1) << (bit % 64);
    return true;
}

static bool rank_post(struct making *making, struct fasti_roster_block *block, uint32_t rank) {
    const struct fasti_roster *roster = making->roster;
    const struct fasti_roster_entry *entry = &roster->entries[rank];
    const struct fasti_schedule_config *config = config_of(making, entry->schedule);
    for (uint32_t i = 0; i < entry->offer_count; i++) {
        const struct fasti_roster_offer *offer = &roster->offers[entry->offer_first + i];
        block->needed = offer->needed < block->needed ? offer->needed : block->needed;
        if (offer->code != 0 &&
            !posting_add(making, block, rank, offer->code, offer->minutes, offer->needed))
            return false;
    }
    block->has_further = block->has_further || config->specialty_count > 1;
    for (uint32_t i = 1; i < config->specialty_count; i++)
        if (!posting_add(making, block, rank,
                         fasti_roster_code(roster, true, &config->specialties[i]), 0, 0))
            return false;
    return true;
}

static int posting_compare(const void *a, const void *b) {
    const uint32_t first = ((const struct fasti_roster_posting *)a)->code;
    const uint32_t second = ((const struct fasti_roster_posting *)b)->code;
    return (first > second) - (first < second);
}

static bool blocks_fill(struct making *making) {
    struct fasti_roster *roster = making->roster;
    for (uint32_t r = 0; r < roster->rank_count;) {
        struct fasti_roster_block block = {.specialty = making->keys[r].specialty,
                                           .rank_first = r,
                                           .posting_first = making->posting_count,
                                           .needed = UINT8_MAX};
        for (block.rank_end = r; block.rank_end < roster->rank_count &&
                                 making->keys[block.rank_end].specialty == block.specialty;)
            block.rank_end++;
        for (; r < block.rank_end; r++)
            if (!rank_post(making, &block, r))
                return false;
        block.posting_end = making->posting_count;
        if (block.posting_end > block.posting_first)
            qsort(roster->postings + block.posting_first, block.posting_end - block.posting_first,
                  sizeof *roster->postings, posting_compare);
        if (!grow((void **)&roster->blocks, &making->block_room, roster->block_count + 1,
                  sizeof block))
            return false;
        roster->blocks[roster->block_count++] = block;
    }
    return true;
}

const struct fasti_roster_posting *fasti_roster_posting(const struct fasti_roster *roster,
                                                        const struct fasti_roster_block *block,
                                                        uint32_t code) {
    uint32_t first = block->posting_first, end = block->posting_end;
    while (first < end) {
        const uint32_t middle = first + (end - first) / 2;
        if (roster->postings[middle].code < code)
            first = middle + 1;
        else
            end = middle;
    }
    return first < block->posting_end && roster->postings[first].code == code
               ? &roster->postings[first]
               : NULL;
}

/* ---- summaries ---- */

static void stale_mark(struct making *making) {
    const uint32_t *ids;
    uint32_t count;
    const struct fasti_roster *before = making->before;
    const size_t words = making->roster->schedule_end / 64 + 1;
    const bool are_few = fasti_directory_changes(making->source->directory, &ids, &count);
    memset(making->stale, before == NULL || !are_few ? 0xff : 0, words * sizeof making->stale[0]);
    if (before == NULL || !are_few)
        return;
    for (uint32_t i = 0; i < count; i++)
        making->stale[ids[i] / 64] |= UINT64_C(1) << (ids[i] % 64);
    const struct fasti_roster_changes *changes = fasti_load_seq_cst(&before->changes);
    for (uint32_t i = 0; changes != NULL && i < changes->count; i++)
        making->stale[changes->schedules[i] / 64] |= UINT64_C(1) << (changes->schedules[i] % 64);
}

static void set_at(struct fasti_roster *roster, uint32_t rank, uint32_t day,
                   const struct fasti_summary *summary) {
    fasti_store_relaxed(&roster->matrix[(size_t)day * roster->rank_count + rank], summary->run);
    if (day >= FASTI_ROSTER_NEAR_DAYS)
        return;
    struct fasti_kernel_day *steps = &roster->steps[(size_t)day * roster->rank_count + rank];
    for (uint32_t w = 0; w < FASTI_SUMMARY_WORDS; w++)
        fasti_store_relaxed(&steps->words[w], summary->steps[w]);
}

void fasti_roster_set(struct fasti_roster *roster, uint32_t schedule, int32_t date,
                      const struct fasti_summary *summary) {
    const uint32_t day = (uint32_t)(date - roster->first.v);
    const uint32_t rank = schedule < roster->schedule_end ? roster->ranks[schedule] : 0;
    if (rank != 0 && day < FASTI_ROSTER_DAYS)
        set_at(roster, rank - 1, day, summary);
}

/* What the page and the pattern of a day say. */
static struct fasti_summary summary_of(const struct making *making,
                                       const struct fasti_schedule_config *config,
                                       struct fasti_day_ref ref) {
    struct fasti_arena *arena = making->source->arena;
    if (ref.chunk == NULL)
        return fasti_summary_unknown;
    const uint64_t word = fasti_cell_read(arena, &ref.chunk->cells[ref.at]);
    const struct fasti_page *page = fasti_cell_index(word) == 0
                                        ? &fasti_page_empty
                                        : fasti_arena_at(arena, fasti_cell_index(word));
    return fasti_summary_of(making->source->patterns, config,
                            fasti_load_acquire(&ref.chunk->patterns[ref.at]), page);
}

/* What the roster before knows of a rank's day, all of it; false: it has no steps of a day that is
 * near now. */
static bool known_before(const struct fasti_roster *before, uint32_t rank, uint32_t day,
                         fasti_date date, struct fasti_summary *summary) {
    const _Atomic uint8_t *runs = fasti_roster_day(before, date);
    const struct fasti_kernel_day *steps = fasti_roster_steps_on(before, date);
    if (runs == NULL || (steps == NULL && day < FASTI_ROSTER_NEAR_DAYS))
        return false;
    *summary = (struct fasti_summary){.run = fasti_load_relaxed(&runs[rank])};
    for (uint32_t w = 0; w < FASTI_SUMMARY_WORDS && steps != NULL; w++)
        summary->steps[w] = fasti_load_relaxed(&steps[rank].words[w]);
    return true;
}

/* All days of a rank; those of before when they are still right. */
static void rank_summaries(struct making *making, uint32_t rank) {
    struct fasti_roster *roster = making->roster;
    const struct fasti_roster *before = making->before;
    const uint32_t id = roster->entries[rank].schedule;
    struct fasti_schedule *schedule =
        fasti_schedule_get(making->source->directory, (fasti_schedule_id){id});
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    const bool is_stale = (making->stale[id / 64] >> (id % 64) & 1) != 0;
    const uint32_t rank_before = is_stale || id >= before->schedule_end ? 0 : before->ranks[id];
    struct fasti_day_ref ref = {.chunk = NULL, .at = FASTI_CHUNK_DAYS};
    for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++, ref.at++) {
        const fasti_date date = {roster->first.v + (int32_t)d};
        struct fasti_summary summary = fasti_summary_unknown;
        if (rank_before != 0 && known_before(before, rank_before - 1, d, date, &summary)) {
            ref.at = FASTI_CHUNK_DAYS; /* not known any more */
        } else if (date.v >= FASTI_DATE_FIRST && date.v <= FASTI_DATE_LAST) {
            if (ref.at >= FASTI_CHUNK_DAYS)
                ref = fasti_days_find(making->source->arena, &schedule->days, date);
            summary = summary_of(making, config, ref);
        }
        set_at(roster, rank, d, &summary);
    }
}

void fasti_roster_forget(struct fasti_roster *roster) {
    for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++)
        for (uint32_t rank = 0; rank < roster->rank_count; rank++)
            set_at(roster, rank, d, &fasti_summary_unknown);
}

/* ---- all of it ---- */

/* The most that local time of a zone is ahead of UTC, from an instant on. */
static int32_t offset_max(const struct fasti_zone *zone, int64_t from_utc_s) {
    int32_t most = fasti_zone_offset_at(zone, from_utc_s);
    for (uint32_t i = 0; i < zone->change_count; i++)
        if (zone->changes[i].utc_s >= from_utc_s && zone->changes[i].offset_s > most)
            most = zone->changes[i].offset_s;
    return most;
}

static void zone_day_look(const struct fasti_zone *zone, fasti_date date,
                          struct fasti_roster_day *known) {
    struct fasti_local_day day;
    if (!fasti_date_is_bookable(date))
        return;
    fasti_zone_day(zone, date, &day);
    known->start_min_s =
        day.start_utc_s < known->start_min_s ? day.start_utc_s : known->start_min_s;
    known->start_max_s =
        day.start_utc_s > known->start_max_s ? day.start_utc_s : known->start_max_s;
    known->is_plain = known->is_plain && day.change_minute < 0 &&
                      day.start_utc_s + day.offset_s == date.v * (int64_t)FASTI_DAY_SECONDS;
}

/* When the days of the matrix begin, in any zone. */
static void zones_look(struct making *making) {
    struct fasti_roster *roster = making->roster;
    const struct fasti_directory *directory = making->source->directory;
    const uint32_t count = fasti_directory_count(directory, FASTI_ENTITY_ZONE);
    const int64_t from = (roster->first.v - 2) * (int64_t)FASTI_DAY_SECONDS;
    roster->offset_max_s = -FASTI_DAY_SECONDS;
    for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++)
        roster->days[d] = (struct fasti_roster_day){INT64_MAX, INT64_MIN, true};
    for (uint32_t id = 1; id <= count; id++) {
        const struct fasti_zone *zone =
            fasti_zone_get(directory, (fasti_zone_id){id}, &(struct fasti_id_text){0});
        const int32_t most = offset_max(zone, from);
        roster->offset_max_s = most > roster->offset_max_s ? most : roster->offset_max_s;
        for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++)
            zone_day_look(zone, (fasti_date){roster->first.v + (int32_t)d}, &roster->days[d]);
    }
    for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++) /* nobody can have days there */
        if (roster->days[d].start_min_s > roster->days[d].start_max_s)
            roster->days[d].start_min_s = roster->days[d].start_max_s =
                (roster->first.v + (int64_t)d) * FASTI_DAY_SECONDS;
}

/* In huge pages where that is worth it; NULL: no memory. */
static void *table_make(size_t bytes) {
    const size_t page = bytes < FASTI_HUGE_BYTES ? LINE_BYTES : FASTI_HUGE_BYTES;
    const size_t all = (bytes + page - 1) / page * page;
    void *table = aligned_alloc(page, all);
    if (table != NULL && page == FASTI_HUGE_BYTES)
        fasti_huge_advise(table, all);
    return table;
}

static bool rooms_make(struct making *making) {
    struct fasti_roster *roster = making->roster;
    const size_t ranks = roster->rank_count == 0 ? 1 : roster->rank_count;
    const size_t matrix = /* and a line that a kernel may read beyond the last rank */
        ranks * FASTI_ROSTER_DAYS + LINE_BYTES;
    roster->codes = codes_make(64);
    roster->entries = malloc(ranks * sizeof *roster->entries);
    roster->cells = malloc(ranks * sizeof *roster->cells);
    roster->schedules = malloc(ranks * sizeof *roster->schedules);
    roster->ranks = calloc(roster->schedule_end, sizeof *roster->ranks);
    roster->seats = malloc(ranks * sizeof *roster->seats);
    roster->seat_ends = calloc(roster->organization_end + 1, sizeof *roster->seat_ends);
    roster->alive = calloc((ranks + 63) / 64, sizeof *roster->alive);
    roster->matrix = table_make(matrix);
    roster->steps = table_make(ranks * FASTI_ROSTER_NEAR_DAYS * sizeof *roster->steps);
    making->keys = malloc(ranks * sizeof *making->keys);
    making->stale = malloc((roster->schedule_end / 64 + 1) * sizeof *making->stale);
    return roster->codes != NULL && roster->entries != NULL && roster->cells != NULL &&
           roster->schedules != NULL && roster->ranks != NULL && roster->seats != NULL &&
           roster->seat_ends != NULL && roster->alive != NULL && roster->matrix != NULL &&
           roster->steps != NULL && making->keys != NULL && making->stale != NULL;
}

static bool all_make(struct making *making) {
    struct fasti_roster *roster = making->roster;
    if (!rooms_make(making) || !keys_make(making))
        return false;
    roster->offers = malloc((making->offer_room + 1) * sizeof *roster->offers);
    if (roster->offers == NULL || !entries_fill(making))
        return false;
    seats_fill(making);
    /* All codes but further specialties have their numbers; those are given now. */
    for (uint32_t r = 0; r < roster->rank_count; r++) {
        const struct fasti_schedule_config *config = config_of(making, r + 1);
        uint32_t number;
        for (uint32_t i = 1; i < config->specialty_count; i++)
            if (!code_number(making, true, &config->specialties[i], &number))
                return false;
    }
    making->slots = calloc(roster->codes->count + 1, sizeof *making->slots);
    if (making->slots == NULL || !blocks_fill(making))
        return false;
    stale_mark(making);
    for (uint32_t r = 0; r < roster->rank_count; r++)
        rank_summaries(making, r);
    zones_look(making);
    return true;
}

struct fasti_roster *fasti_roster_make(const struct fasti_roster_source *source,
                                       const struct fasti_roster *before) {
    struct making making = {.source = source, .before = before};
    making.roster = calloc(1, sizeof *making.roster);
    if (making.roster == NULL)
        return NULL;
    making.roster->rank_count = fasti_directory_count(source->directory, FASTI_ENTITY_SCHEDULE);
    making.roster->schedule_end = making.roster->rank_count + 1;
    making.roster->organization_end =
        fasti_directory_count(source->directory, FASTI_ENTITY_ORGANIZATION) + 1;
    making.roster->first.v = fasti_roster_day_of(source->now_ms) - 1;
    const bool is_made = all_make(&making);
    free(making.keys);
    free(making.slots);
    free(making.stale);
    if (is_made)
        return making.roster;
    fasti_roster_free(making.roster);
    return NULL;
}

/* ---- the end ---- */

/* Its parts; returns how many. */
static uint32_t parts_of(struct fasti_roster *roster, void *parts[FASTI_ROSTER_PARTS]) {
    uint32_t count = 0;
    parts[count++] = roster->entries;
    parts[count++] = roster->cells;
    parts[count++] = roster->schedules;
    parts[count++] = roster->offers;
    parts[count++] = roster->blocks;
    parts[count++] = roster->postings;
    parts[count++] = roster->words;
    parts[count++] = roster->ranks;
    parts[count++] = roster->seats;
    parts[count++] = roster->seat_ends;
    parts[count++] = roster->codes;
    parts[count++] = (void *)(uintptr_t)roster->alive;
    parts[count++] = (void *)(uintptr_t)roster->matrix;
    parts[count++] = (void *)(uintptr_t)roster->steps;
    parts[count++] = fasti_load_seq_cst(&roster->changes);
    parts[count++] = roster;
    return count;
}

void fasti_roster_free(struct fasti_roster *roster) {
    void *parts[FASTI_ROSTER_PARTS];
    for (uint32_t count = roster == NULL ? 0 : parts_of(roster, parts); count > 0; count--)
        free(parts[count - 1]);
}

void fasti_roster_retire(struct fasti_roster *roster, struct fasti_limbo *limbo) {
    void *parts[FASTI_ROSTER_PARTS];
    for (uint32_t count = parts_of(roster, parts); count > 0; count--)
        if (parts[count - 1] != NULL)
            fasti_limbo_retire_pointer(limbo, parts[count - 1]);
}
