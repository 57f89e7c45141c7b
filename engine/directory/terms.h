/*
 * terms.h - what a service or a schedule asks of a booking: the rules, as plain data.
 *
 * One struct for both: where both say something the stricter one holds (rules/rule.h joins them).
 * 0 means "says nothing" everywhere, so that terms which are all 0 change nothing. Limits of a
 * service count its own visits on a schedule, those of a schedule all of its visits. The table
 * below is the one list of fields: encoding, checks, the wire and the command line follow it.
 */
#ifndef FASTI_DIRECTORY_TERMS_H
#define FASTI_DIRECTORY_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/text.h"

/* Who books. Staff may book whatever is offered to anybody; the other rules hold for them, too. */
enum fasti_audience {
    FASTI_AUDIENCE_PUBLIC = 0,
    FASTI_AUDIENCE_OWN = 1, /* patients of the practice */
    FASTI_AUDIENCE_REFERRER = 2,
    FASTI_AUDIENCE_STAFF = 3,
};
/* How the visit takes place. */
enum fasti_modality {
    FASTI_MODALITY_ANY = 0,
    FASTI_MODALITY_IN_PERSON = 1,
    FASTI_MODALITY_VIDEO = 2,
    FASTI_MODALITY_PHONE = 3,
    FASTI_MODALITY_HOME = 4,
};
/* Whose insurance pays. */
enum fasti_sector {
    FASTI_SECTOR_UNKNOWN = 0,
    FASTI_SECTOR_PUBLIC = 1,
    FASTI_SECTOR_PRIVATE = 2,
};
/* Has the patient been there before? */
enum fasti_acquaintance {
    FASTI_ACQUAINTANCE_UNKNOWN = 0,
    FASTI_ACQUAINTANCE_NEW = 1,
    FASTI_ACQUAINTANCE_KNOWN = 2,
};

enum {
    FASTI_TERMS_PAUSED = 1,   /* nothing may be booked for now */
    FASTI_TERMS_REFERRAL = 2, /* only with a referral */
};

/* X(type, name, most, meaning). Disk order: append only. Masks: bit 0 is the enum's value 1, but of
 * audiences its value 0. */
#define FASTI_TERMS_TABLE(X)                                                                    \
    X(uint8_t, before_minutes, FASTI_BUFFER_MINUTES_MAX, "buffer before a visit, minutes")      \
    X(uint8_t, after_minutes, FASTI_BUFFER_MINUTES_MAX, "buffer after a visit, minutes")        \
    X(uint8_t, capacity, FASTI_SEATS_MAX, "visits at once; of a service: that share one start") \
    X(uint8_t, overbook, FASTI_SEATS_MAX - 1, "visits at once beyond that, for staff")          \
    X(uint32_t, notice_minutes, 366 * 1440, "notice before a visit, minutes")                   \
    X(uint16_t, horizon_days, 3660, "days ahead that may be booked")                            \
    X(uint16_t, horizon_minute, 1439, "minute of the local day at which a new day opens")       \
    X(uint16_t, day_limit, FASTI_PAGE_VISITS_MAX, "visits a local day")                         \
    X(uint16_t, week_limit, 10000, "visits a week from Monday on")                              \
    X(uint16_t, month_limit, 40000, "visits a month")                                           \
    X(uint16_t, from_minute, 1439, "first local minute of the day that a visit may take")       \
    X(uint16_t, to_minute, 1440, "end of the last one")                                         \
    X(uint16_t, age_min_months, FASTI_AGE_MONTHS_MAX, "least age, months")                      \
    X(uint16_t, age_max_months, FASTI_AGE_MONTHS_MAX, "age that is too old, months")            \
    X(uint8_t, weekdays, 127, "weekdays, bit 0 = Monday")                                       \
    X(uint8_t, modalities, 15, "bits: in person, video, phone, home")                           \
    X(uint8_t, sectors, 3, "bits: public, private")                                             \
    X(uint8_t, audiences, 7, "bits: public, own patients, referrers")                           \
    X(uint8_t, acquaintances, 3, "bits: new, known patients")                                   \
    X(uint8_t, flags, 3, "bits: paused, needs a referral")

struct fasti_terms {
#define FASTI_TERMS_FIELD(type, name, most, meaning) type name;
    FASTI_TERMS_TABLE(FASTI_TERMS_FIELD)
#undef FASTI_TERMS_FIELD
};

/* How many bytes fasti_terms_write writes. */
#define FASTI_TERMS_SIZE(type, name, most, meaning) +sizeof(type)
enum { FASTI_TERMS_BYTES = 0 FASTI_TERMS_TABLE(FASTI_TERMS_SIZE) };
#undef FASTI_TERMS_SIZE

/* Field by field, little-endian; the same bytes on disk and in the digest. */
void fasti_terms_write(struct fasti_writer *writer, const struct fasti_terms *terms);
void fasti_terms_read(struct fasti_reader *reader, struct fasti_terms *terms);
bool fasti_terms_equal(const struct fasti_terms *a, const struct fasti_terms *b);

/* Every range and what must fit together. INVALID_RANGE with a sentence; `of`: "service" and the
 * like, `id` and its length name it. */
FASTI_MUST_USE enum fasti_status fasti_terms_check(const struct fasti_terms *terms, const char *of,
                                                   const char *id, uint32_t id_length,
                                                   struct fasti_detail *detail);

/* Do they count visits over several days? */
static inline bool fasti_terms_guard_week(const struct fasti_terms *terms) {
    return terms->week_limit != 0;
}
static inline bool fasti_terms_guard_month(const struct fasti_terms *terms) {
    return terms->month_limit != 0;
}

/* A language as two or three lower-case letters (ISO 639), 5 bits each; 0: not one. */
uint16_t fasti_language_pack(const char *text, size_t length);
/* Writes at most 3 letters and a 0. */
void fasti_language_text(uint16_t language, char text[4]);
static inline bool fasti_language_is_sound(uint16_t language) {
    char text[4];
    fasti_language_text(language, text);
    return fasti_language_pack(text, text[2] == 0 ? 2 : 3) == language && language != 0;
}

#endif
