/*
 * fasti_lines.c - capped reading of lines: bytes beyond the cap are never stored.
 */
#include "tools/fasti_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum fasti_status fasti_lines_open(struct fasti_lines *lines, const char *path,
                                   struct fasti_detail *detail) {
    memset(lines, 0, sizeof *lines);
    const bool is_stdin = strcmp(path, "-") == 0;
    snprintf(lines->name, sizeof lines->name, "%s", is_stdin ? "(standard input)" : path);
    lines->file = is_stdin ? stdin : fopen(path, "r");
    if (lines->file == NULL)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%s: %s", path, strerror(errno));
    struct stat info;
    if (fstat(fileno(lines->file), &info) == 0 && S_ISDIR(info.st_mode)) {
        fasti_lines_close(lines);
        return fasti_detail_set(detail, FASTI_INVALID_FILE, "%s is a directory, not a file", path);
    }
    lines->number_max = FASTI_LINES_MAX;
    lines->is_again = false;
    lines->bytes = malloc(FASTI_LINE_BYTES_MAX + 2);
    if (lines->bytes == NULL) {
        fasti_lines_close(lines);
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory to read %s", path);
    }
    return FASTI_OK;
}

void fasti_lines_close(struct fasti_lines *lines) {
    if (lines->file != NULL && lines->file != stdin)
        fclose(lines->file);
    free(lines->bytes);
    lines->file = NULL;
    lines->bytes = NULL;
}

/* One line up to its end or the cap; false at the end of the file. */
static bool read_line(struct fasti_lines *lines, bool *is_long, bool *has_nul) {
    lines->size = 0;
    *is_long = false;
    *has_nul = false;
    int c = getc_unlocked(lines->file);
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc_unlocked(lines->file)) {
        *has_nul |= c == 0;
        if (lines->size > FASTI_LINE_BYTES_MAX) {
            *is_long = true;
            return true;
        }
        lines->bytes[lines->size++] = (char)c;
    }
    if (lines->size > 0 && lines->bytes[lines->size - 1] == '\r')
        lines->size--;
    *is_long = lines->size > FASTI_LINE_BYTES_MAX;
    return true;
}

static bool is_blank(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != ' ' && bytes[i] != '\t')
            return false;
    return true;
}

enum fasti_status fasti_lines_next(struct fasti_lines *lines, bool *found,
                                   struct fasti_detail *detail) {
    *found = lines->is_again;
    lines->is_again = false;
    if (*found)
        return FASTI_OK;
    bool is_long, has_nul;
    while (read_line(lines, &is_long, &has_nul)) {
        if (lines->number >= lines->number_max)
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "%.100s: more than %u lines: split the file", lines->name,
                                    (unsigned)lines->number_max);
        lines->number++;
        if (is_long)
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "%.100s:%u: the line is longer than %u bytes", lines->name,
                                    lines->number, (unsigned)FASTI_LINE_BYTES_MAX);
        if (has_nul)
            return fasti_detail_set(detail, FASTI_INVALID_FILE,
                                    "%.100s:%u: the line holds a NUL byte: not a text file",
                                    lines->name, lines->number);
        lines->bytes[lines->size] = '\0';
        if (!is_blank(lines->bytes, lines->size)) {
            *found = true;
            return FASTI_OK;
        }
    }
    if (ferror(lines->file))
        return fasti_detail_set(detail, FASTI_IO_READ, "%.100s: %s", lines->name, strerror(errno));
    return FASTI_OK;
}
