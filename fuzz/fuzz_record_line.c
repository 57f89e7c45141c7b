/*
 * fuzz_record_line.c - bytes as a line of an export, and as a record that is loaded.
 *
 *   mode | bytes       mode even: a line -> record -> line -> the same record
 *                      mode odd: a record's bytes -> record -> the same bytes, and a line and back
 *
 * Whatever is refused is refused with a sentence.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "tools/fasti_record_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(8) uint8_t first[FASTI_WHOLE_BYTES_MAX], second[FASTI_WHOLE_BYTES_MAX];

static const struct fasti_id_text *any_name(const void *context, enum fasti_entity_kind kind,
                                            uint32_t id) {
    static const struct fasti_id_text name = {.length = 5, .bytes = "a\"b,c"};
    (void)context;
    (void)kind;
    FASTI_ASSERT(id != 0);
    return &name;
}

static size_t encoded(const struct fasti_whole *whole, uint8_t *bytes) {
    const char *field;
    const size_t size = fasti_whole_encode(whole, bytes, FASTI_WHOLE_BYTES_MAX, &field);
    FASTI_ASSERT(size > 0);
    return size;
}

/* A record as a line and back: all but its dense ids. */
static void line_and_back(const struct fasti_whole *whole) {
    static struct fasti_record_line line;
    struct fasti_item items[FASTI_ITEMS_MAX];
    struct fasti_whole plain = *whole;
    struct fasti_detail detail;
    memcpy(items, whole->items, whole->item_count * sizeof items[0]);
    for (uint32_t i = 0; i < whole->item_count; i++) {
        items[i].schedule = 1;
        items[i].service = items[i].service != 0;
    }
    plain.items = items;
    plain.organization.v = 1;
    json_t *object = fasti_record_line_json(&plain, any_name, NULL);
    FASTI_ASSERT(object != NULL);
    char *text = json_dumps(object, JSON_COMPACT);
    json_t *again = text == NULL ? NULL : json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    FASTI_ASSERT(again != NULL);
    const enum fasti_status status = fasti_record_line_decode(again, &line, &detail);
    if (status != FASTI_OK)
        fprintf(stderr, "%s: %s\n", detail.text, text);
    FASTI_ASSERT(status == FASTI_OK);
    const size_t size = encoded(&plain, first);
    FASTI_ASSERT(encoded(&line.whole, second) == size && memcmp(first, second, size) == 0);
    free(text);
    json_decref(object);
    json_decref(again);
}

static void line_try(const char *text, size_t size) {
    static struct fasti_record_line line;
    struct fasti_detail detail = {""};
    json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL)
        return;
    if (fasti_record_line_decode(object, &line, &detail) == FASTI_OK)
        line_and_back(&line.whole);
    else
        FASTI_ASSERT(detail.text[0] != '\0');
    json_decref(object);
}

static void record_try(const uint8_t *data, size_t size) {
    static _Alignas(8) uint8_t bytes[FASTI_WHOLE_BYTES_MAX];
    struct fasti_whole whole;
    size = size < sizeof bytes ? size : sizeof bytes;
    memcpy(bytes, data, size);
    const size_t length = fasti_whole_decode(bytes, size, &whole);
    if (length == 0 || whole.organization.v == 0)
        return;
    FASTI_ASSERT(length <= size);
    FASTI_ASSERT(encoded(&whole, first) == length && memcmp(first, bytes, length) == 0);
    line_and_back(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    if (data[0] % 2 == 0)
        line_try((const char *)data + 1, size - 1);
    else
        record_try(data + 1, size - 1);
    return 0;
}
