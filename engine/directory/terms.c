/*
 * terms.c - terms to bytes and back, and their checks.
 */
#include "engine/directory/terms.h"

static void uint_write(struct fasti_writer *writer, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        fasti_write_u8(writer, (uint8_t)(value >> (8 * i)));
}

static uint64_t uint_read(struct fasti_reader *reader, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)fasti_read_u8(reader) << (8 * i);
    return value;
}

void fasti_terms_write(struct fasti_writer *writer, const struct fasti_terms *terms) {
#define WRITE(type, name, most, meaning) uint_write(writer, terms->name, sizeof(type));
    FASTI_TERMS_TABLE(WRITE)
#undef WRITE
}

void fasti_terms_read(struct fasti_reader *reader, struct fasti_terms *terms) {
#define READ(type, name, most, meaning) terms->name = (type)uint_read(reader, sizeof(type));
    FASTI_TERMS_TABLE(READ)
#undef READ
}

bool fasti_terms_equal(const struct fasti_terms *a, const struct fasti_terms *b) {
    bool is_equal = true;
#define COMPARE(type, name, most, meaning) is_equal = is_equal && a->name == b->name;
    FASTI_TERMS_TABLE(COMPARE)
#undef COMPARE
    return is_equal;
}

static enum fasti_status refuse(const char *of, const char *id, uint32_t id_length,
                                const char *what, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s '%.*s': %s", of, (int)id_length, id,
                            what);
}

enum fasti_status fasti_terms_check(const struct fasti_terms *terms, const char *of, const char *id,
                                    uint32_t id_length, struct fasti_detail *detail) {
#define RANGE(type, name, most, meaning)                                                          \
    if ((uint32_t)terms->name > (uint32_t)(most))                                                 \
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s '%.*s': %s: at most %u, not %u", \
                                of, (int)id_length, id, meaning, (unsigned)(most),                \
                                (unsigned)terms->name);
    FASTI_TERMS_TABLE(RANGE)
#undef RANGE
    const uint32_t capacity = terms->capacity == 0 ? 1 : terms->capacity;
    if (capacity + terms->overbook > FASTI_SEATS_MAX)
        return refuse(of, id, id_length, "capacity and overbooking are more than 127 together",
                      detail);
    if (terms->horizon_minute != 0 && terms->horizon_days == 0)
        return refuse(of, id, id_length, "a minute at which new days open needs a horizon", detail);
    if (terms->to_minute != 0 && terms->from_minute >= terms->to_minute)
        return refuse(of, id, id_length, "its hours end before they begin", detail);
    if (terms->age_max_months != 0 && terms->age_min_months >= terms->age_max_months)
        return refuse(of, id, id_length, "no age is both old and young enough for it", detail);
    return FASTI_OK;
}

uint16_t fasti_language_pack(const char *text, size_t length) {
    uint32_t packed = 0;
    if (length < 2 || length > 3)
        return 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < 'a' || text[i] > 'z')
            return 0;
        packed |= (uint32_t)(text[i] - 'a' + 1) << (5 * i);
    }
    return (uint16_t)packed;
}

void fasti_language_text(uint16_t language, char text[4]) {
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t letter = (uint32_t)language >> (5 * i) & 31u;
        text[i] = letter >= 1 && letter <= 26 ? (char)('a' + letter - 1) : 0;
    }
    text[3] = 0;
}
