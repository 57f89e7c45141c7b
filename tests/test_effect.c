/*
 * test_effect.c - effects and puts as bytes: against an encoder that follows FORMAT.md byte by
 * byte, there and back with extreme values, and refused when anything is missing or too much.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/booking/effect.h"
#include "tests/support/seed.h"

/* ---- the model: FORMAT.md, a byte at a time ---- */

struct bytes {
    size_t size;
    uint8_t at[FASTI_EFFECT_BYTES_MAX];
};

static void number(struct bytes *b, uint64_t value, int size) {
    for (int i = 0; i < size; i++)
        b->at[b->size++] = (uint8_t)(value >> (8 * i));
}

static void text(struct bytes *b, const char *letters, size_t length) {
    number(b, length, 1);
    for (size_t i = 0; i < length; i++)
        b->at[b->size++] = (uint8_t)letters[i];
}

static void id(struct bytes *b, const struct fasti_id_text *id_text) {
    text(b, id_text->bytes, id_text->length);
}

static void model_opening(struct bytes *b, const struct fasti_opening *opening) {
    id(b, &opening->id);
    number(b, opening->kind, 1);
    number(b, opening->weekdays, 1);
    number(b, opening->flags, 1);
    number(b, opening->service_count, 1);
    number(b, opening->start_minute, 2);
    number(b, opening->end_minute, 2);
    number(b, (uint64_t)(int64_t)opening->date_first.v, 4);
    number(b, (uint64_t)(int64_t)opening->date_last.v, 4);
    number(b, (uint64_t)opening->start_utc_s, 8);
    number(b, (uint64_t)opening->end_utc_s, 8);
    number(b, opening->capacity, 4);
    number(b, opening->source, 4);
    for (int i = 0; i < opening->service_count; i++)
        number(b, opening->services[i].v, 4);
}

/* Written out, so that a field that moves in the table is seen here. */
static void model_terms(struct bytes *b, const struct fasti_terms *t) {
    number(b, t->before_minutes, 1);
    number(b, t->after_minutes, 1);
    number(b, t->capacity, 1);
    number(b, t->overbook, 1);
    number(b, t->notice_minutes, 4);
    number(b, t->horizon_days, 2);
    number(b, t->horizon_minute, 2);
    number(b, t->day_limit, 2);
    number(b, t->week_limit, 2);
    number(b, t->month_limit, 2);
    number(b, t->from_minute, 2);
    number(b, t->to_minute, 2);
    number(b, t->age_min_months, 2);
    number(b, t->age_max_months, 2);
    number(b, t->weekdays, 1);
    number(b, t->modalities, 1);
    number(b, t->sectors, 1);
    number(b, t->audiences, 1);
    number(b, t->acquaintances, 1);
    number(b, t->flags, 1);
}

static void model_body(struct bytes *b, const struct fasti_put *put) {
    if (put->kind == FASTI_ENTITY_LOCATION) {
        id(b, &put->body.location.zone);
        number(b, put->body.location.has_position, 1);
        number(b, (uint64_t)(int64_t)put->body.location.latitude_e7, 4);
        number(b, (uint64_t)(int64_t)put->body.location.longitude_e7, 4);
    } else if (put->kind == FASTI_ENTITY_SERVICE) {
        number(b, put->body.service.duration_minutes, 2);
        number(b, put->body.service.grid_minutes, 2);
        number(b, put->body.service.offset_minutes, 2);
        model_terms(b, &put->body.service.terms);
        id(b, &put->body.service.code);
    } else if (put->kind == FASTI_ENTITY_SCHEDULE) {
        id(b, &put->body.schedule.location);
        id(b, &put->body.schedule.practitioner);
        number(b, put->body.schedule.resolution_minutes, 1);
        number(b, put->body.schedule.service_count, 1);
        for (int i = 0; i < put->body.schedule.service_count; i++)
            id(b, &put->body.schedule.services[i]);
        number(b, put->body.schedule.language_count, 1);
        for (int i = 0; i < put->body.schedule.language_count; i++)
            number(b, put->body.schedule.languages[i], 2);
        id(b, &put->body.schedule.substitute);
        model_terms(b, &put->body.schedule.terms);
        number(b, put->body.schedule.specialty_count, 1);
        for (int i = 0; i < put->body.schedule.specialty_count; i++)
            id(b, &put->body.schedule.specialties[i]);
    } else if (put->kind == FASTI_ENTITY_OPENINGS) {
        number(b, (uint64_t)put->body.openings.mode, 1);
        number(b, put->body.openings.source, 4);
        number(b, put->body.openings.service_name_count, 1);
        for (int i = 0; i < put->body.openings.service_name_count; i++)
            id(b, &put->body.openings.service_names[i]);
        number(b, put->body.openings.count, 4);
        for (uint32_t i = 0; i < put->body.openings.count; i++)
            model_opening(b, &put->body.openings.openings[i]);
    } else if (put->kind == FASTI_ENTITY_ZONE) {
        number(b, put->body.zone->change_count, 4);
        for (uint32_t i = 0; i < put->body.zone->change_count; i++) {
            number(b, (uint64_t)put->body.zone->changes[i].utc_s, 8);
            number(b, (uint64_t)(int64_t)put->body.zone->changes[i].offset_s, 4);
        }
    }
}

static void model_put(struct bytes *b, const struct fasti_put *put) {
    b->size = 0;
    number(b, (uint64_t)put->kind, 1);
    number(b, put->create_only, 1);
    number(b, 0, 2);
    number(b, put->organization.v, 4);
    id(b, &put->id);
    text(b, put->name.bytes, put->name.length);
    model_body(b, put);
}

/* ---- random puts; every number may be extreme ---- */

struct made {
    struct fasti_put put;
    struct fasti_zone zone;
    struct fasti_opening openings[FASTI_OPENINGS_MAX];
};

static struct fasti_prng prng;

static uint64_t below(uint64_t end) {
    return fasti_prng_below(&prng, end);
}

/* 0, all ones, the sign bit, or anything. */
static uint64_t extreme(void) {
    static const uint64_t values[] = {0, UINT64_MAX, UINT64_C(1) << 63,
                                      UINT64_C(0x8000000080008080)};
    return below(2) == 0 ? values[below(4)] : fasti_prng_next(&prng);
}

static void id_make(struct fasti_id_text *id_text, size_t min) {
    memset(id_text, 0, sizeof *id_text);
    const size_t lengths[] = {min, FASTI_ID_BYTES_MAX, min + below(9)};
    id_text->length = (uint8_t)lengths[below(3)];
    for (size_t i = 0; i < id_text->length; i++)
        id_text->bytes[i] = (char)('!' + below(90));
}

static void terms_make(struct fasti_terms *terms) {
#define TERM_MAKE(type, name, most, meaning) terms->name = (type)extreme();
    FASTI_TERMS_TABLE(TERM_MAKE)
#undef TERM_MAKE
}

static void opening_make(struct fasti_opening *opening) {
    memset(opening, 0, sizeof *opening);
    id_make(&opening->id, 1);
    opening->kind = (uint8_t)extreme();
    opening->weekdays = (uint8_t)extreme();
    opening->flags = (uint8_t)extreme();
    opening->service_count = (uint8_t)below(FASTI_OPENING_SERVICES_MAX + 1);
    opening->start_minute = (uint16_t)extreme();
    opening->end_minute = (uint16_t)extreme();
    opening->date_first.v = (int32_t)extreme();
    opening->date_last.v = (int32_t)extreme();
    opening->start_utc_s = (int64_t)extreme();
    opening->end_utc_s = (int64_t)extreme();
    opening->capacity = (uint32_t)extreme();
    opening->source = (uint32_t)extreme();
    for (int i = 0; i < opening->service_count; i++)
        opening->services[i].v = (uint32_t)extreme();
}

static void openings_make(struct made *made, uint32_t count) {
    struct fasti_put *put = &made->put;
    put->body.openings.mode = (enum fasti_openings_mode)(1 + below(3));
    put->body.openings.source = (uint32_t)extreme();
    put->body.openings.service_name_count = (uint8_t)below(FASTI_SCHEDULE_SERVICES_MAX + 1);
    for (int i = 0; i < put->body.openings.service_name_count; i++)
        id_make(&put->body.openings.service_names[i], 0);
    put->body.openings.count = count;
    put->body.openings.openings = made->openings;
    for (uint32_t i = 0; i < count; i++)
        opening_make(&made->openings[i]);
}

static void zone_make(struct made *made, uint32_t count) {
    made->zone.change_count = count;
    for (uint32_t i = 0; i < count; i++)
        made->zone.changes[i] = (struct fasti_zone_change){(int64_t)extreme(), (int32_t)extreme()};
    made->put.body.zone = &made->zone;
}

/* list: openings or changes of offset. */
static void put_make(struct made *made, enum fasti_entity_kind kind, uint32_t list) {
    struct fasti_put *put = &made->put;
    memset(put, 0, sizeof *put);
    memset(&made->zone, 0, sizeof made->zone);
    put->kind = kind;
    put->create_only = below(2) == 1;
    put->organization.v = (uint32_t)extreme();
    id_make(&put->id, 1);
    put->name.length = (uint8_t)(below(2) * below(FASTI_NAME_BYTES_MAX + 1));
    memset(put->name.bytes, 'n', put->name.length);
    if (kind == FASTI_ENTITY_LOCATION) {
        id_make(&put->body.location.zone, 0);
        put->body.location.has_position = below(2) == 1;
        put->body.location.latitude_e7 = (int32_t)extreme();
        put->body.location.longitude_e7 = (int32_t)extreme();
    } else if (kind == FASTI_ENTITY_SERVICE) {
        put->body.service.duration_minutes = (uint16_t)extreme();
        put->body.service.grid_minutes = (uint16_t)extreme();
        put->body.service.offset_minutes = (uint16_t)extreme();
        terms_make(&put->body.service.terms);
        id_make(&put->body.service.code, 0);
    } else if (kind == FASTI_ENTITY_SCHEDULE) {
        id_make(&put->body.schedule.location, 0);
        id_make(&put->body.schedule.practitioner, 0);
        put->body.schedule.resolution_minutes = (uint8_t)extreme();
        put->body.schedule.service_count = (uint8_t)below(FASTI_SCHEDULE_SERVICES_MAX + 1);
        for (int i = 0; i < put->body.schedule.service_count; i++)
            id_make(&put->body.schedule.services[i], 0);
        put->body.schedule.language_count = (uint8_t)below(FASTI_SCHEDULE_LANGUAGES_MAX + 1);
        for (int i = 0; i < put->body.schedule.language_count; i++)
            put->body.schedule.languages[i] = (uint16_t)extreme();
        id_make(&put->body.schedule.substitute, 0);
        terms_make(&put->body.schedule.terms);
        put->body.schedule.specialty_count = (uint8_t)below(FASTI_SCHEDULE_SPECIALTIES_MAX + 1);
        for (int i = 0; i < put->body.schedule.specialty_count; i++)
            id_make(&put->body.schedule.specialties[i], 1);
    } else if (kind == FASTI_ENTITY_OPENINGS) {
        openings_make(made, list);
    } else if (kind == FASTI_ENTITY_ZONE) {
        zone_make(made, list);
    }
}

/* ---- puts ---- */

static struct made made;
static struct bytes model, again;
static struct fasti_put_scratch scratch;

/* Exactly size bytes, so that the sanitizer sees a read beyond them. */
static enum fasti_status decode(const uint8_t *bytes, size_t size) {
    uint8_t *exact = malloc(size + (size == 0));
    if (size > 0)
        memcpy(exact, bytes, size);
    const enum fasti_status status = fasti_put_decode(exact, size, &scratch);
    free(exact);
    return status;
}

static size_t encode(const struct fasti_put *put, uint8_t *bytes, size_t capacity) {
    struct fasti_writer writer = {.bytes = bytes, .capacity = capacity};
    fasti_put_encode(&writer, put);
    cr_assert_not(writer.failed);
    return writer.size;
}

static void put_verify(void) {
    model_put(&model, &made.put);
    const size_t capacity = fasti_put_bytes_max(&made.put);
    cr_assert_leq(capacity, sizeof again.at);
    again.size = encode(&made.put, again.at, capacity);
    cr_assert_eq(again.size, model.size, "%zu bytes, not %zu", again.size, model.size);
    cr_assert_arr_eq(again.at, model.at, model.size);
    cr_assert_eq(decode(model.at, model.size), FASTI_OK);
    cr_assert_eq(encode(&scratch.put, again.at, capacity), model.size);
    cr_assert_arr_eq(again.at, model.at, model.size);
}

Test(effect, puts_are_what_the_format_says) {
    prng = fasti_test_prng("puts");
    for (int round = 0; round < 400; round++)
        for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++) {
            put_make(&made, (enum fasti_entity_kind)kind, (uint32_t)below(20));
            put_verify();
        }
    put_make(&made, FASTI_ENTITY_OPENINGS, FASTI_OPENINGS_MAX);
    put_verify();
    put_make(&made, FASTI_ENTITY_ZONE, FASTI_ZONE_TRANSITIONS_MAX);
    put_verify();
}

Test(effect, a_put_that_is_cut_anywhere_is_refused) {
    prng = fasti_test_prng("puts_cut");
    for (int round = 0; round < 20; round++)
        for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++) {
            put_make(&made, (enum fasti_entity_kind)kind, 1 + (uint32_t)below(3));
            model_put(&model, &made.put);
            for (size_t size = 0; size < model.size; size++)
                cr_assert_eq(decode(model.at, size), FASTI_CORRUPT_STATE, "kind %d, %zu of %zu",
                             kind, size, model.size);
            memset(model.at + model.size, 0, 8);
            for (size_t more = 0; more < 8; more++)
                cr_assert_eq(decode(model.at, model.size + more), FASTI_OK, "padding of %zu", more);
            cr_assert_eq(decode(model.at, model.size + 8), FASTI_CORRUPT_STATE);
            model.at[model.size + below(7)] = 1;
            cr_assert_eq(decode(model.at, model.size + 7), FASTI_CORRUPT_STATE);
        }
}

/* Whatever a byte becomes: the put is refused, or it says that byte. */
Test(effect, no_byte_of_a_put_is_passed_over) {
    prng = fasti_test_prng("puts_changed");
    uint32_t refused = 0, taken = 0;
    for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++) {
        put_make(&made, (enum fasti_entity_kind)kind, 2);
        model_put(&model, &made.put);
        for (size_t at = 0; at < model.size; at++)
            for (int bit = 0; bit < 8; bit++) {
                model.at[at] ^= (uint8_t)(1 << bit);
                if (decode(model.at, model.size) == FASTI_OK) {
                    again.size = encode(&scratch.put, again.at, sizeof again.at);
                    cr_assert_leq(again.size, model.size);
                    memset(again.at + again.size, 0, model.size - again.size);
                    cr_assert_arr_eq(again.at, model.at, model.size, "kind %d, byte %zu", kind, at);
                    taken++;
                } else {
                    refused++;
                }
                model.at[at] ^= (uint8_t)(1 << bit);
            }
    }
    cr_assert_gt(refused, 100);
    cr_assert_gt(taken, 1000);
}

Test(effect, counts_beyond_their_arrays_are_refused) {
    prng = fasti_test_prng("counts");
    put_make(&made, FASTI_ENTITY_SCHEDULE, 0);
    made.put.body.schedule.service_count = made.put.body.schedule.specialty_count = 0;
    model_put(&model, &made.put);
    /* What follows the count: names, the languages, the substitute, the terms, no
     * specialty. */
    const size_t behind = 1 + 2u * made.put.body.schedule.language_count + 1 +
                          made.put.body.schedule.substitute.length + FASTI_TERMS_BYTES + 1;
    const size_t count_at = model.size - behind - 1;
    cr_assert_eq(model.at[count_at], 0);
    memset(model.at + count_at, 0, behind + 257);
    model.at[count_at] = FASTI_SCHEDULE_SERVICES_MAX;
    cr_assert_eq(
        decode(model.at, count_at + 1 + FASTI_SCHEDULE_SERVICES_MAX + 2 + FASTI_TERMS_BYTES + 1),
        FASTI_OK);
    model.at[count_at] = FASTI_SCHEDULE_SERVICES_MAX + 1;
    cr_assert_eq(decode(model.at, count_at + 256), FASTI_CORRUPT_STATE);
    for (int kind = 0; kind < 256; kind++) {
        put_make(&made, FASTI_ENTITY_ORGANIZATION, 0);
        model_put(&model, &made.put);
        model.at[0] = (uint8_t)kind;
        const bool is_like_it =
            kind == FASTI_ENTITY_ORGANIZATION || kind == FASTI_ENTITY_PRACTITIONER;
        cr_assert_eq(decode(model.at, model.size) == FASTI_OK, is_like_it, "kind %d", kind);
    }
}

/* ---- effects ---- */

struct effect_made {
    struct fasti_effect_header header;
    struct fasti_effect_cell cells[FASTI_CELLS_MAX];
    uint8_t body[64];
    uint32_t body_bytes;
};

static void effect_make(struct effect_made *effect) {
    static const uint32_t counts[] = {0, 1, 2, FASTI_CELLS_MAX};
    *effect = (struct effect_made){
        .header = {.kind = (uint16_t)extreme(),
                   .cell_count = counts[below(4)],
                   .import = (uint32_t)extreme(),
                   .decided_ms = (int64_t)extreme(),
                   .request_low = extreme(),
                   .request_high = extreme()},
        .body_bytes = (uint32_t)below(65),
    };
    for (uint32_t i = 0; i < effect->header.cell_count; i++)
        effect->cells[i] = (struct fasti_effect_cell){extreme(), (uint32_t)extreme(),
                                                      (uint16_t)extreme(), (uint16_t)extreme()};
    for (uint32_t i = 0; i < effect->body_bytes; i++)
        effect->body[i] = (uint8_t)extreme();
}

static void model_effect(struct bytes *b, const struct effect_made *effect) {
    const size_t size = 40 + 16 * (size_t)effect->header.cell_count + effect->body_bytes;
    b->size = 0;
    number(b, (size + 7) / 8 * 8, 4);
    number(b, effect->header.kind, 2);
    number(b, 0, 2);
    number(b, effect->header.cell_count, 4);
    number(b, effect->header.import, 4);
    number(b, (uint64_t)effect->header.decided_ms, 8);
    number(b, effect->header.request_low, 8);
    number(b, effect->header.request_high, 8);
    for (uint32_t i = 0; i < effect->header.cell_count; i++) {
        number(b, effect->cells[i].id, 8);
        number(b, effect->cells[i].from_version, 4);
        number(b, effect->cells[i].tick, 2);
        number(b, effect->cells[i].count, 2);
    }
    for (uint32_t i = 0; i < effect->body_bytes; i++)
        number(b, effect->body[i], 1);
    while (b->size % 8 != 0)
        number(b, 0, 1);
}

static bool effect_write(const struct effect_made *effect, struct bytes *b, size_t capacity) {
    struct fasti_writer writer = {.bytes = b->at, .capacity = capacity};
    fasti_effect_begin(&writer, &effect->header, effect->cells);
    fasti_write(&writer, effect->body, effect->body_bytes);
    const bool fits = fasti_effect_finish(&writer);
    b->size = writer.size;
    return fits;
}

static enum fasti_status effect_take(const uint8_t *bytes, size_t size,
                                     struct fasti_effect *effect) {
    uint8_t *exact = aligned_alloc(8, (size + 8) / 8 * 8);
    memcpy(exact, bytes, size);
    const enum fasti_status status = fasti_effect_decode(exact, size, effect);
    free(exact);
    return status;
}

Test(effect, effects_are_what_the_format_says) {
    static _Alignas(8) struct bytes bytes;
    static struct effect_made effect_in;
    prng = fasti_test_prng("effects");
    for (int round = 0; round < 2000; round++) {
        struct fasti_effect effect;
        effect_make(&effect_in);
        model_effect(&model, &effect_in);
        cr_assert(effect_write(&effect_in, &bytes, sizeof bytes.at));
        cr_assert_eq(bytes.size, model.size);
        cr_assert_arr_eq(bytes.at, model.at, model.size);
        cr_assert_not(effect_write(&effect_in, &bytes, model.size - 1 - below(model.size)));
        cr_assert(effect_write(&effect_in, &bytes, model.size));
        cr_assert_eq(fasti_effect_decode(bytes.at, bytes.size + 64, &effect), FASTI_OK,
                     "others follow it");
        cr_assert_eq(effect.header->size_bytes, model.size);
        cr_assert_eq(effect.header->kind, effect_in.header.kind);
        cr_assert_arr_eq(effect.cells, effect_in.cells,
                         effect_in.header.cell_count * sizeof effect_in.cells[0]);
        cr_assert_eq(effect.body_bytes, (effect_in.body_bytes + 7) / 8 * 8);
        cr_assert_arr_eq(effect.body, effect_in.body, effect_in.body_bytes);
    }
}

Test(effect, an_effect_that_is_cut_or_contradicts_itself_is_refused) {
    static struct effect_made effect_in;
    struct fasti_effect effect;
    prng = fasti_test_prng("effects_cut");
    for (int round = 0; round < 20; round++) {
        effect_make(&effect_in);
        model_effect(&model, &effect_in);
        for (size_t size = 0; size < model.size; size++)
            cr_assert_eq(effect_take(model.at, size, &effect), FASTI_CORRUPT_STATE, "%zu of %zu",
                         size, model.size);
        const uint32_t cells = effect_in.header.cell_count;
        struct fasti_effect_header header;
        memcpy(&header, model.at, sizeof header);
        const struct fasti_effect_header wrong[] = {
            {.size_bytes = header.size_bytes + 8, .cell_count = cells},
            {.size_bytes = header.size_bytes - 4, .cell_count = cells},
            {.size_bytes = 32, .cell_count = cells},
            {.size_bytes = 0, .cell_count = cells},
            {.size_bytes = UINT32_MAX - 7, .cell_count = cells},
            {.size_bytes = header.size_bytes, .cell_count = FASTI_CELLS_MAX + 1},
            {.size_bytes = header.size_bytes, .cell_count = UINT32_MAX},
            {.size_bytes = header.size_bytes, .cell_count = UINT32_C(1) << 28},
            {.size_bytes = header.size_bytes, .cell_count = cells, .flags = 1},
            {.size_bytes = 40 + 16 * cells - 8, .cell_count = cells},
        };
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            memcpy(model.at, &wrong[i], sizeof wrong[i]);
            cr_assert_eq(effect_take(model.at, model.size, &effect), FASTI_CORRUPT_STATE,
                         "header %zu", i);
        }
    }
}

Test(effect, every_kind_has_its_own_name) {
    static const uint16_t kinds[] = {1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23};
    const size_t count = sizeof kinds / sizeof kinds[0];
    for (size_t i = 0; i < count; i++) {
        const char *name = fasti_effect_kind_name((enum fasti_effect_kind)kinds[i]);
        cr_assert_str_neq(name, "?");
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(name, fasti_effect_kind_name((enum fasti_effect_kind)kinds[j]));
    }
    cr_assert_str_eq(fasti_effect_kind_name((enum fasti_effect_kind)6), "?");
}
