/*
 * tzif.c - the TZif decoder (RFC 8536, RFC 9636): bytes of a file in, a zone's table out.
 *
 *   version 1    header | 32-bit block
 *   version 2+   header | 32-bit block (skipped) | header | 64-bit block | \n TZ string \n
 *
 *   header  0  4 "TZif"   4  1 version   5 15 reserved   20 isutcnt  24 isstdcnt  28 leapcnt
 *           32 timecnt  36 typecnt  40 charcnt               (six counts of 4 bytes, big-endian)
 *   block   times (4 or 8 bytes each) | their types (1) | types (6: offset 4, dst 1, name 1)
 *           | names | leap seconds (8 or 12) | standard flags (1) | UT flags (1)
 *
 * The file is not trusted: no byte is read that its length does not cover, and every field that
 * the RFC restricts is checked, also those of which only the check is of use here.
 */
#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/tz_rule.h"
#include "engine/time/zone_table.h"

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, TYPES_MAX = 256 };

struct header {
    char version; /* '\0', '2', '3' or '4' */
    uint32_t ut_count, standard_count, leap_count, time_count, type_count, name_bytes;
};

/* Where the parts of a block lie; all inside the file. */
struct block {
    size_t time_bytes; /* 4 or 8 */
    const uint8_t *times, *time_types, *types, *names, *flags;
    struct header header;
};

/* at <= size. */
struct file {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    struct fasti_detail *detail;
};

/* ---- numbers --------------------------------------------------------------------------------- */

static uint32_t u32_at(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t time_at(const struct block *block, uint32_t index) {
    const uint8_t *p = block->times + index * block->time_bytes;
    if (block->time_bytes == 4)
        return (int32_t)u32_at(p);
    return (int64_t)((uint64_t)u32_at(p) << 32 | u32_at(p + 4));
}

static int32_t type_offset(const struct block *block, uint32_t type) {
    return (int32_t)u32_at(block->types + (size_t)type * TYPE_BYTES);
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum fasti_status read_header(struct file *file, struct header *header) {
    if (file->size - file->at < HEADER_BYTES)
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "the file ends at byte %zu, inside a header", file->size);
    const uint8_t *p = file->bytes + file->at;
    if (memcmp(p, "TZif", 4) != 0)
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "there is no \"TZif\" at byte %zu", file->at);
    *header = (struct header){
        .version = (char)p[4],
        .ut_count = u32_at(p + 20),
        .standard_count = u32_at(p + 24),
        .leap_count = u32_at(p + 28),
        .time_count = u32_at(p + 32),
        .type_count = u32_at(p + 36),
        .name_bytes = u32_at(p + 40),
    };
    if (header->version != '\0' && (header->version < '2' || header->version > '4'))
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "the version at byte %zu is 0x%02x, not 1 to 4", file->at + 4,
                                (unsigned)p[4]);
    file->at += HEADER_BYTES;
    return FASTI_OK;
}

/* Finds the parts of the block at file->at and moves behind it. */
static enum fasti_status read_block(struct file *file, const struct header *header,
                                    size_t time_bytes, struct block *block) {
    const uint64_t times = (uint64_t)header->time_count * time_bytes;
    const uint64_t types = (uint64_t)header->type_count * TYPE_BYTES;
    const uint64_t leaps = (uint64_t)header->leap_count * (time_bytes + 4);
    const uint64_t flags = (uint64_t)header->standard_count + header->ut_count;
    const uint64_t bytes = times + header->time_count + types + header->name_bytes + leaps + flags;
    if (bytes > file->size - file->at)
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "the file ends at byte %zu, %llu bytes before its block does",
                                file->size, (unsigned long long)(bytes - (file->size - file->at)));
    block->header = *header;
    block->time_bytes = time_bytes;
    block->times = file->bytes + file->at;
    block->time_types = block->times + times;
    block->types = block->time_types + header->time_count;
    block->names = block->types + types;
    block->flags = block->names + header->name_bytes + leaps;
    file->at += (size_t)bytes;
    return FASTI_OK;
}

/* "\n" TZ string "\n", then the end of the file. */
static enum fasti_status read_footer(struct file *file, const char **text, size_t *size) {
    const uint8_t *p = file->bytes + file->at;
    const size_t left = file->size - file->at;
    if (left < 2 || p[0] != '\n' || p[left - 1] != '\n')
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "the footer at byte %zu is not between two line feeds", file->at);
    *text = (const char *)p + 1;
    *size = left - 2;
    return FASTI_OK;
}

/* ---- checks ---------------------------------------------------------------------------------- */

static enum fasti_status check_counts(const struct header *header, struct fasti_detail *detail) {
    if (header->type_count < 1 || header->type_count > TYPES_MAX || header->name_bytes < 1)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the block has %u types, not 1 to %d, or no names",
                                (unsigned)header->type_count, TYPES_MAX);
    if ((header->ut_count != 0 && header->ut_count != header->type_count) ||
        (header->standard_count != 0 && header->standard_count != header->type_count))
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the block has neither no flags nor one a type");
    if (header->leap_count != 0)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the file counts leap seconds (a \"right\" file): use a POSIX one");
    return FASTI_OK;
}

static enum fasti_status check_types(const struct block *block, struct fasti_detail *detail) {
    const struct header *header = &block->header;
    if (block->names[header->name_bytes - 1] != '\0')
        return fasti_detail_set(detail, FASTI_INVALID_ZONE, "the last name has no end");
    for (uint32_t i = 0; i < header->type_count; i++) {
        const uint8_t *type = block->types + (size_t)i * TYPE_BYTES;
        if (type[4] > 1 || type[5] >= header->name_bytes || type_offset(block, i) == INT32_MIN)
            return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                    "type %u has a wrong offset, flag or name", (unsigned)i);
    }
    for (uint32_t i = 0; i < header->standard_count + header->ut_count; i++)
        if (block->flags[i] > 1)
            return fasti_detail_set(detail, FASTI_INVALID_ZONE, "flag %u is neither 0 nor 1",
                                    (unsigned)i);
    return FASTI_OK;
}

static enum fasti_status check_times(const struct block *block, struct fasti_detail *detail) {
    for (uint32_t i = 0; i < block->header.time_count; i++) {
        if (block->time_types[i] >= block->header.type_count)
            return fasti_detail_set(
                detail, FASTI_INVALID_ZONE, "change %u is of type %u, but there are %u types",
                (unsigned)i, (unsigned)block->time_types[i], (unsigned)block->header.type_count);
        if (i > 0 && time_at(block, i) <= time_at(block, i - 1))
            return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                    "change %u is not after the one before it", (unsigned)i);
    }
    return FASTI_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Reads the block that counts and the footer's text, "" where there is none. */
static enum fasti_status read_file(struct file *file, struct block *block, const char **footer,
                                   size_t *footer_size) {
    struct header header;
    *footer = "";
    *footer_size = 0;
    FASTI_TRY(read_header(file, &header));
    if (header.version == '\0')
        FASTI_TRY(check_counts(&header, file->detail));
    FASTI_TRY(read_block(file, &header, 4, block));
    if (header.version == '\0')
        return file->at == file->size
                   ? FASTI_OK
                   : fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                      "the file goes on behind its end at byte %zu", file->at);
    struct header header_64;
    FASTI_TRY(read_header(file, &header_64));
    if (header_64.version != header.version)
        return fasti_detail_set(file->detail, FASTI_INVALID_ZONE,
                                "the two headers are of different versions");
    FASTI_TRY(check_counts(&header_64, file->detail));
    FASTI_TRY(read_block(file, &header_64, 8, block));
    return read_footer(file, footer, footer_size);
}

enum fasti_status fasti_zone_decode_tzif(const void *bytes, size_t size, struct fasti_zone *zone,
                                         struct fasti_detail *detail) {
    struct file file = {.bytes = bytes, .size = size, .detail = detail};
    struct block block;
    const char *footer;
    size_t footer_size;
    if (size > FASTI_TZIF_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE, "the file has over %d bytes",
                                FASTI_TZIF_BYTES_MAX);
    FASTI_TRY(read_file(&file, &block, &footer, &footer_size));
    FASTI_TRY(check_types(&block, detail));
    FASTI_TRY(check_times(&block, detail));

    /* Type 0 holds before the first change (RFC 8536 3.2). */
    const uint32_t count = block.header.time_count;
    fasti_zone_table_init(zone, type_offset(&block, 0));
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(fasti_zone_table_push(zone, time_at(&block, i),
                                        type_offset(&block, block.time_types[i]), detail));
    if (footer_size > 0) {
        struct fasti_tz_rule rule;
        FASTI_TRY(fasti_tz_rule_parse(footer, footer_size, &rule, detail));
        FASTI_TRY(fasti_tz_rule_apply(&rule, count > 0, count > 0 ? time_at(&block, count - 1) : 0,
                                      zone, detail));
    }
    return fasti_zone_table_check(zone, detail);
}
