/*
 * zone_files.c - collects TZif files for tests.
 */
#include "tests/support/zone_files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/panic.h"

enum { PATH_BYTES = 512 };

static void file_add(struct zone_files *files, const char *path, const char *name) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return;
    uint8_t *bytes = malloc(FASTI_TZIF_BYTES_MAX);
    const size_t size = fread(bytes, 1, FASTI_TZIF_BYTES_MAX, stream);
    fclose(stream);
    if (size < 44 || memcmp(bytes, "TZif", 4) != 0) {
        free(bytes);
        return;
    }
    FASTI_ASSERT(files->count < ZONE_FILES_MAX && strlen(name) < sizeof files->files[0].name);
    struct zone_file *file = &files->files[files->count++];
    memcpy(file->name, name, strlen(name) + 1);
    file->bytes = realloc(bytes, size);
    file->size = size;
}

static void folder_scan(struct zone_files *files, const char *folder, const char *prefix) {
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[PATH_BYTES];
        char name[PATH_BYTES];
        struct stat info;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "right") == 0 ||
            strcmp(entry->d_name, "posix") == 0 || strcmp(entry->d_name, "localtime") == 0)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_BYTES ||
            snprintf(name, sizeof name, "%s%s", prefix, entry->d_name) >= PATH_BYTES - 1 ||
            stat(path, &info) != 0)
            continue;
        if (S_ISREG(info.st_mode))
            file_add(files, path, name);
        if (S_ISDIR(info.st_mode)) {
            strcat(name, "/");
            folder_scan(files, path, name);
        }
    }
    closedir(stream);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct zone_file *)a)->name, ((const struct zone_file *)b)->name);
}

struct zone_files *zone_files_open(const char *folder) {
    struct zone_files *files = calloc(1, sizeof *files);
    folder_scan(files, folder, "");
    qsort(files->files, files->count, sizeof files->files[0], by_name);
    for (size_t i = 0; i < files->count; i++)
        for (size_t j = 0; j < i && !files->files[i].is_copy; j++)
            files->files[i].is_copy =
                files->files[i].size == files->files[j].size &&
                memcmp(files->files[i].bytes, files->files[j].bytes, files->files[i].size) == 0;
    return files;
}

void zone_files_close(struct zone_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->files[i].bytes);
    free(files);
}

const struct zone_file *zone_files_find(const struct zone_files *files, const char *name) {
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].name, name) == 0)
            return &files->files[i];
    return NULL;
}
