/*
 * zoneinfo.c - see zoneinfo.h. Where openat2 is not allowed (an old container), links are refused.
 */
#include "api/zoneinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fasti_zoneinfo {
    int directory_fd; /* -1: it could not be opened */
    char directory[256];
    struct fasti_zone zone;
    uint8_t bytes[FASTI_TZIF_BYTES_MAX + 1]; /* one more: a longer file shows */
};

struct fasti_zoneinfo *fasti_zoneinfo_open(const char *directory) {
    struct fasti_zoneinfo *zoneinfo = malloc(sizeof *zoneinfo);
    if (zoneinfo == NULL)
        return NULL;
    struct fasti_detail cut;
    (void)fasti_detail_set(&cut, FASTI_OK, "%s", directory);
    memcpy(zoneinfo->directory, cut.text, sizeof cut.text);
    zoneinfo->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return zoneinfo;
}

void fasti_zoneinfo_close(struct fasti_zoneinfo *zoneinfo) {
    if (zoneinfo == NULL)
        return;
    if (zoneinfo->directory_fd >= 0)
        close(zoneinfo->directory_fd);
    free(zoneinfo);
}

static int open_beneath(int directory_fd, const char *name) {
    const struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    const long fd = syscall(SYS_openat2, directory_fd, name, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    return openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

/* Reads a regular file whole; SIZE_MAX when it cannot be. */
static size_t read_whole(int fd, uint8_t *bytes, size_t capacity) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return SIZE_MAX;
    size_t size = 0;
    while (size < capacity) {
        const ssize_t got = read(fd, bytes + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SIZE_MAX;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return size;
}

enum fasti_status fasti_zoneinfo_load(struct fasti_zoneinfo *zoneinfo,
                                      const struct fasti_id_text *name,
                                      const struct fasti_zone **zone, struct fasti_detail *detail) {
    *zone = NULL;
    if (!fasti_zone_name_is_valid(name->bytes, name->length))
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "zone: not a name like Europe/Berlin or America/New_York");
    if (zoneinfo->directory_fd < 0)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "zone: the server cannot open its zoneinfo directory %s",
                                zoneinfo->directory);
    char path[FASTI_ZONE_NAME_BYTES_MAX + 1] = {0};
    memcpy(path, name->bytes, name->length);
    const int fd = open_beneath(zoneinfo->directory_fd, path);
    if (fd < 0)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "zone: %s is not in the server's zoneinfo directory", path);
    const size_t size = read_whole(fd, zoneinfo->bytes, sizeof zoneinfo->bytes);
    close(fd);
    if (size > FASTI_TZIF_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "zone: the server's file for %s is not a zone file", path);
    FASTI_TRY(fasti_zone_decode_tzif(zoneinfo->bytes, size, &zoneinfo->zone, detail));
    *zone = &zoneinfo->zone;
    return FASTI_OK;
}
