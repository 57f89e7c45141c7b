/*
 * fasti_smart_files.c - the files of a publication: which ones, in which order, line by line.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_lines.h"
#include "tools/fasti_smart.h"

#define DOCUMENT_BYTES_MAX (16 * 1024 * 1024) /* a *.json file that is one document */

static bool ends_with(const char *name, const char *suffix) {
    const size_t size = strlen(name), suffix_size = strlen(suffix);
    return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

static int is_wanted(const struct dirent *entry) {
    return entry->d_name[0] != '.' &&
           (ends_with(entry->d_name, ".ndjson") || ends_with(entry->d_name, ".json"));
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Prefixes a sentence with its place. */
static enum fasti_status at_place(const struct fasti_smart_feed *feed,
                                  struct fasti_smart_place place, enum fasti_status status,
                                  const struct fasti_detail *reason, struct fasti_detail *detail) {
    return fasti_detail_set(detail, status, "%.80s:%u: %.140s", feed->files[place.file], place.line,
                            reason->text);
}

/* True when the whole file is one JSON document over several lines, which is then read. */
static bool read_document(struct fasti_smart_feed *feed, uint32_t file, const char *path,
                          enum fasti_status *status, struct fasti_detail *detail) {
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return false;
    char *bytes = malloc(DOCUMENT_BYTES_MAX + 1);
    const size_t size = bytes == NULL ? 0 : fread(bytes, 1, DOCUMENT_BYTES_MAX + 1, stream);
    fclose(stream);
    json_t *document =
        size == 0 || size > DOCUMENT_BYTES_MAX ? NULL : json_loadb(bytes, size, 0, NULL);
    const bool is_document = document != NULL;
    json_decref(document);
    if (is_document) {
        const struct fasti_smart_place place = {file, 1};
        struct fasti_detail reason;
        *status = fasti_smart_read_line(feed, place, bytes, size, &reason);
        if (*status != FASTI_OK)
            at_place(feed, place, *status, &reason, detail);
    }
    free(bytes);
    return is_document;
}

static bool is_bad_line(enum fasti_status status) {
    return fasti_status_class(status) == FASTI_CLASS_INVALID;
}

static enum fasti_status read_lines(struct fasti_smart_feed *feed, uint32_t file, const char *path,
                                    bool skip_bad_lines, struct fasti_detail *detail) {
    struct fasti_lines lines;
    FASTI_TRY(fasti_lines_open(&lines, path, detail));
    enum fasti_status status;
    bool found = false;
    while ((status = fasti_lines_next(&lines, &found, detail)) == FASTI_OK && found) {
        const struct fasti_smart_place place = {file, lines.number};
        struct fasti_detail reason = {""};
        status = fasti_smart_read_line(feed, place, lines.bytes, lines.size, &reason);
        if (status == FASTI_OK)
            continue;
        if (!skip_bad_lines || !is_bad_line(status)) {
            at_place(feed, place, status, &reason, detail);
            break;
        }
        fasti_smart_note(feed, FASTI_SMART_LINE_BAD, place, reason.text);
    }
    fasti_lines_close(&lines);
    return status;
}

static enum fasti_status read_file(struct fasti_smart_feed *feed, const char *directory,
                                   const char *name, bool skip_bad_lines,
                                   struct fasti_detail *detail) {
    uint32_t file;
    if (fasti_smart_add_file(feed, name, &file) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS, "%.100s: more than %d files",
                                directory, FASTI_SMART_FILES_MAX);
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "the path of %.100s is too long", name);
    enum fasti_status status = FASTI_OK;
    if (ends_with(name, ".json") && read_document(feed, file, path, &status, detail)) {
        if (status == FASTI_OK || !skip_bad_lines || !is_bad_line(status))
            return status;
        fasti_smart_note(feed, FASTI_SMART_LINE_BAD, (struct fasti_smart_place){file, 1},
                         detail->text);
        return FASTI_OK;
    }
    return read_lines(feed, file, path, skip_bad_lines, detail);
}

enum fasti_status fasti_smart_read_directory(struct fasti_smart_feed *feed, const char *path,
                                             bool skip_bad_lines, struct fasti_detail *detail) {
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_wanted, by_name);
    if (count < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%.100s: %s", path, strerror(errno));
    enum fasti_status status = FASTI_OK;
    if (count == 0)
        status = fasti_detail_set(detail, FASTI_INVALID_FILE,
                                  "%.100s holds no *.ndjson or *.json file", path);
    for (int i = 0; i < count; i++) {
        if (status == FASTI_OK)
            status = read_file(feed, path, entries[i]->d_name, skip_bad_lines, detail);
        free(entries[i]);
    }
    free(entries);
    return status;
}
