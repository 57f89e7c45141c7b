/*
 * bytes.h - bounded reading and writing of little-endian records.
 *
 * Both ends remember a failure instead of returning one each time: write or read everything, then
 * look at `failed` once. After a failure reads give zeros. Fasti's formats are little-endian and
 * so are the machines it runs on (asserted at compile time).
 */
#ifndef FASTI_BASE_BYTES_H
#define FASTI_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "formats are written as they lie");

struct fasti_writer {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed;
};

struct fasti_reader {
    const uint8_t *bytes;
    size_t at, size;
    bool failed;
};

static inline void fasti_write(struct fasti_writer *writer, const void *source, size_t size) {
    if (writer->failed || writer->capacity - writer->size < size) {
        writer->failed = true;
        return;
    }
    if (size > 0)
        memcpy(writer->bytes + writer->size, source, size);
    writer->size += size;
}
static inline void fasti_write_u8(struct fasti_writer *writer, uint8_t value) {
    fasti_write(writer, &value, sizeof value);
}
static inline void fasti_write_u16(struct fasti_writer *writer, uint16_t value) {
    fasti_write(writer, &value, sizeof value);
}
static inline void fasti_write_u32(struct fasti_writer *writer, uint32_t value) {
    fasti_write(writer, &value, sizeof value);
}
static inline void fasti_write_i32(struct fasti_writer *writer, int32_t value) {
    fasti_write(writer, &value, sizeof value);
}
static inline void fasti_write_i64(struct fasti_writer *writer, int64_t value) {
    fasti_write(writer, &value, sizeof value);
}
/* Zeros up to the next multiple of 8. */
static inline void fasti_write_pad8(struct fasti_writer *writer) {
    static const uint8_t zeros[8] = {0};
    fasti_write(writer, zeros, (8 - writer->size % 8) % 8);
}

static inline void fasti_read(struct fasti_reader *reader, void *target, size_t size) {
    if (reader->failed || reader->size - reader->at < size) {
        reader->failed = true;
        memset(target, 0, size);
        return;
    }
    if (size > 0)
        memcpy(target, reader->bytes + reader->at, size);
    reader->at += size;
}
static inline uint8_t fasti_read_u8(struct fasti_reader *reader) {
    uint8_t value;
    fasti_read(reader, &value, sizeof value);
    return value;
}
static inline uint16_t fasti_read_u16(struct fasti_reader *reader) {
    uint16_t value;
    fasti_read(reader, &value, sizeof value);
    return value;
}
static inline uint32_t fasti_read_u32(struct fasti_reader *reader) {
    uint32_t value;
    fasti_read(reader, &value, sizeof value);
    return value;
}
static inline int32_t fasti_read_i32(struct fasti_reader *reader) {
    int32_t value;
    fasti_read(reader, &value, sizeof value);
    return value;
}
static inline int64_t fasti_read_i64(struct fasti_reader *reader) {
    int64_t value;
    fasti_read(reader, &value, sizeof value);
    return value;
}

#endif
