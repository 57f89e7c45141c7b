/*
 * io_ring.c - the real disk: files of one directory, O_DIRECT, one small io_uring a worker.
 *
 *   blocking calls   pread, pwrite and fdatasync, fallocate: start, recovery, tools
 *   queued calls     worker's ring: write with RWF_DSYNC, fdatasync; reaped by the same worker
 *
 * The only file of the engine that includes liburing. Rings are plain (no polling thread): a
 * batch is one system call, and the thread that opened the log may use worker 0's. They may write
 * and sync and nothing else: seccomp does not see what a ring does, restrictions do. A file system
 * that refuses O_DIRECT gets files through the page cache; RWF_DSYNC keeps the promise there too.
 * The lock is a flock on the file "lock". Threading: blocking calls any thread; a queue by its
 * worker only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/panic.h"
#include "engine/storage/io.h"

#define LOCK_NAME "lock"

struct ring_queue {
    struct io_uring ring;
    bool is_open;
    uint32_t in_flight;
};

struct ring_io {
    struct fasti_io io; /* first: see ring_of */
    int directory;
    int lock; /* -1: read only */
    uint32_t worker_count;
    struct ring_queue *queues; /* NULL: read only */
};

static struct ring_io *ring_of(struct fasti_io *io) {
    return (struct ring_io *)(void *)io;
}

/* ---- blocking operations ---- */

static void ring_close(struct fasti_io *io) {
    struct ring_io *ring = ring_of(io);
    for (uint32_t i = 0; ring->queues != NULL && i < ring->worker_count; i++)
        if (ring->queues[i].is_open)
            io_uring_queue_exit(&ring->queues[i].ring);
    free(ring->queues);
    if (ring->lock >= 0)
        close(ring->lock);
    if (ring->directory >= 0)
        close(ring->directory);
    free(ring);
}

static int entry_compare(const void *a, const void *b) {
    return strcmp(((const struct fasti_io_entry *)a)->name,
                  ((const struct fasti_io_entry *)b)->name);
}

/* One more entry in a growing array; false: no memory. */
static bool entry_add(struct fasti_io_entry **all, uint32_t *count, uint32_t *capacity,
                      const char *name, uint64_t size_bytes) {
    if (*count == *capacity) {
        const uint32_t grown = *capacity == 0 ? 64 : *capacity * 2;
        struct fasti_io_entry *more = realloc(*all, grown * sizeof *more);
        if (more == NULL)
            return false;
        *all = more;
        *capacity = grown;
    }
    struct fasti_io_entry *entry = &(*all)[(*count)++];
    memset(entry, 0, sizeof *entry);
    memcpy(entry->name, name, strlen(name));
    entry->size_bytes = size_bytes;
    return true;
}

static enum fasti_status ring_list(struct fasti_io *io, struct fasti_io_entry *entries,
                                   uint32_t max, uint32_t *count) {
    struct ring_io *ring = ring_of(io);
    const int fd = openat(ring->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        if (fd >= 0)
            close(fd);
        return FASTI_IO_OPEN;
    }
    struct fasti_io_entry *all = NULL;
    uint32_t capacity = 0;
    enum fasti_status status = FASTI_OK;
    *count = 0;
    for (struct dirent *item; status == FASTI_OK && (item = readdir(directory)) != NULL;) {
        struct stat info;
        if (strlen(item->d_name) > FASTI_IO_NAME_BYTES_MAX ||
            strcmp(item->d_name, LOCK_NAME) == 0 ||
            fstatat(ring->directory, item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        if (!entry_add(&all, count, &capacity, item->d_name, (uint64_t)info.st_size))
            status = FASTI_LIMIT_MEMORY;
    }
    closedir(directory);
    if (*count > 0)
        qsort(all, *count, sizeof *all, entry_compare);
    for (uint32_t i = 0; i < max && i < *count; i++)
        entries[i] = all[i];
    free(all);
    return status;
}

/* Opens with O_DIRECT where the file system can, else through the page cache. */
static int file_open(struct ring_io *ring, const char *name, int flags) {
    flags |= O_CLOEXEC | O_NOFOLLOW;
    int fd = -1;
    if (ring->io.direct) {
        fd = openat(ring->directory, name, flags | O_DIRECT, 0600);
        if (fd >= 0 || errno != EINVAL)
            return fd;
    }
    return openat(ring->directory, name, flags, 0600);
}

static enum fasti_status ring_create(struct fasti_io *io, const char *name,
                                     struct fasti_io_file *file) {
    struct ring_io *ring = ring_of(io);
    FASTI_ASSERT(ring->lock >= 0);
    const int fd = file_open(ring, name, O_RDWR | O_CREAT | O_EXCL);
    if (fd < 0)
        return errno == EEXIST ? FASTI_EXISTS : FASTI_IO_OPEN;
    if (fsync(fd) != 0 || fsync(ring->directory) != 0) {
        close(fd);
        return FASTI_IO_OPEN;
    }
    file->handle = fd;
    return FASTI_OK;
}

static enum fasti_status ring_open(struct fasti_io *io, const char *name,
                                   struct fasti_io_file *file) {
    struct ring_io *ring = ring_of(io);
    const int fd = file_open(ring, name, ring->lock >= 0 ? O_RDWR : O_RDONLY);
    if (fd < 0)
        return errno == ENOENT ? FASTI_NOT_FOUND : FASTI_IO_OPEN;
    file->handle = fd;
    return FASTI_OK;
}

static void ring_close_file(struct fasti_io *io, struct fasti_io_file file) {
    (void)io;
    close(file.handle);
}

static enum fasti_status ring_remove(struct fasti_io *io, const char *name) {
    struct ring_io *ring = ring_of(io);
    FASTI_ASSERT(ring->lock >= 0);
    if (unlinkat(ring->directory, name, 0) != 0)
        return errno == ENOENT ? FASTI_NOT_FOUND : FASTI_IO_WRITE;
    return fsync(ring->directory) == 0 ? FASTI_OK : FASTI_IO_WRITE;
}

/* Not posix_fallocate: where the file system has no fallocate, it writes single bytes, which
 * O_DIRECT refuses. There the zeros that the log writes take the room. */
static enum fasti_status ring_allocate(struct fasti_io *io, struct fasti_io_file file,
                                       uint64_t size_bytes, int *error) {
    FASTI_ASSERT(ring_of(io)->lock >= 0);
    int result;
    do
        result = fallocate(file.handle, 0, 0, (off_t)size_bytes);
    while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EOPNOTSUPP)
        result = ftruncate(file.handle, (off_t)size_bytes);
    *error = result == 0 ? 0 : errno;
    return result == 0 ? FASTI_OK : FASTI_IO_WRITE;
}

static enum fasti_status ring_read(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                   void *buffer, size_t size, size_t *done) {
    (void)io;
    *done = 0;
    while (*done < size) {
        const ssize_t got =
            pread(file.handle, (uint8_t *)buffer + *done, size - *done, (off_t)(offset + *done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return FASTI_IO_READ;
        *done += (size_t)got;
        if (got == 0 || got % FASTI_BLOCK_BYTES != 0)
            break; /* the end of the file */
    }
    memset((uint8_t *)buffer + *done, 0, size - *done);
    return FASTI_OK;
}

/* fdatasync and not RWF_DSYNC: what was written before, by a killed process too, is covered. */
static enum fasti_status ring_write(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                    const void *buffer, size_t size) {
    FASTI_ASSERT(ring_of(io)->lock >= 0);
    ssize_t done;
    do
        done = pwrite(file.handle, buffer, size, (off_t)offset);
    while (done < 0 && errno == EINTR);
    if (done != (ssize_t)size)
        return FASTI_IO_WRITE;
    return fdatasync(file.handle) == 0 ? FASTI_OK : FASTI_IO_WRITE; /* never tried again */
}

static uint64_t ring_free_bytes(struct fasti_io *io) {
    struct statvfs info;
    if (fstatvfs(ring_of(io)->directory, &info) != 0)
        return 0;
    return (uint64_t)info.f_bavail * info.f_frsize;
}

static enum fasti_status ring_random(struct fasti_io *io, void *bytes, size_t size) {
    (void)io;
    return getrandom(bytes, size, 0) == (ssize_t)size ? FASTI_OK : FASTI_IO_READ;
}

/* ---- queued operations ---- */

static enum fasti_status submit(struct ring_queue *queue) {
    int submitted;
    do
        submitted = io_uring_submit(&queue->ring);
    while (submitted == -EINTR);
    if (submitted != 1)
        return FASTI_IO_WRITE;
    queue->in_flight++;
    return FASTI_OK;
}

static struct ring_queue *queue_at(struct fasti_io *io, uint32_t worker) {
    struct ring_io *ring = ring_of(io);
    FASTI_ASSERT(ring->queues != NULL && worker < ring->worker_count);
    return &ring->queues[worker];
}

/* NULL: the queue is full. */
static struct io_uring_sqe *queue_place(struct ring_queue *queue) {
    return queue->in_flight < FASTI_IO_QUEUE_DEPTH ? io_uring_get_sqe(&queue->ring) : NULL;
}

static enum fasti_status ring_submit_write(struct fasti_io *io, uint32_t worker,
                                           struct fasti_io_file file, uint64_t offset,
                                           const void *buffer, size_t size, bool durable,
                                           uint64_t user) {
    struct ring_queue *queue = queue_at(io, worker);
    FASTI_ASSERT(size > 0 && size <= INT32_MAX);
    struct io_uring_sqe *sqe = queue_place(queue);
    if (sqe == NULL)
        return FASTI_BUSY;
    io_uring_prep_write(sqe, file.handle, buffer, (unsigned)size, offset);
    sqe->rw_flags = durable ? RWF_DSYNC : 0;
    io_uring_sqe_set_data64(sqe, user);
    return submit(queue);
}

static enum fasti_status ring_submit_sync(struct fasti_io *io, uint32_t worker,
                                          struct fasti_io_file file, uint64_t user) {
    struct ring_queue *queue = queue_at(io, worker);
    struct io_uring_sqe *sqe = queue_place(queue);
    if (sqe == NULL)
        return FASTI_BUSY;
    io_uring_prep_fsync(sqe, file.handle, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data64(sqe, user);
    return submit(queue);
}

static uint32_t ring_reap(struct fasti_io *io, uint32_t worker,
                          struct fasti_io_completion *completions, uint32_t max) {
    struct ring_queue *queue = queue_at(io, worker);
    uint32_t count = 0;
    struct io_uring_cqe *cqe;
    while (count < max && queue->in_flight > 0 && io_uring_peek_cqe(&queue->ring, &cqe) == 0) {
        completions[count++] =
            (struct fasti_io_completion){.user = cqe->user_data, .result = cqe->res};
        io_uring_cqe_seen(&queue->ring, cqe);
        queue->in_flight--;
    }
    return count;
}

static enum fasti_status ring_wait(struct fasti_io *io, uint32_t worker) {
    struct ring_queue *queue = queue_at(io, worker);
    if (queue->in_flight == 0)
        return FASTI_INVALID_STATE;
    struct io_uring_cqe *cqe;
    int result;
    do
        result = io_uring_wait_cqe(&queue->ring, &cqe);
    while (result == -EINTR);
    return result == 0 ? FASTI_OK : FASTI_IO_WRITE;
}

static int ring_event_fd(struct fasti_io *io, uint32_t worker) {
    return ring_of(io)->queues == NULL ? -1 : queue_at(io, worker)->ring.ring_fd;
}

/* ---- opening ---- */

static const struct fasti_io_operations ring_operations = {
    .close = ring_close,
    .list = ring_list,
    .create = ring_create,
    .open = ring_open,
    .close_file = ring_close_file,
    .remove = ring_remove,
    .allocate = ring_allocate,
    .read = ring_read,
    .write = ring_write,
    .free_bytes = ring_free_bytes,
    .submit_write = ring_submit_write,
    .submit_sync = ring_submit_sync,
    .reap = ring_reap,
    .wait = ring_wait,
    .event_fd = ring_event_fd,
    .random = ring_random,
};

/* Debian's liburing 2.3 declares functions for these two and does not export them. */
static int ring_register(int fd, unsigned what, void *argument, unsigned count) {
    return syscall(__NR_io_uring_register, fd, what, argument, count) < 0 ? -errno : 0;
}

/* Returns 0 or a negative errno. */
static int ring_make(struct io_uring *ring) {
    struct io_uring_restriction allowed[] = {
        {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITE},
        {.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_FSYNC},
    };
    int error = io_uring_queue_init(FASTI_IO_QUEUE_DEPTH, ring, IORING_SETUP_R_DISABLED);
    if (error < 0)
        return error;
    error = ring_register(ring->ring_fd, IORING_REGISTER_RESTRICTIONS, allowed,
                          sizeof allowed / sizeof allowed[0]);
    if (error == 0)
        error = ring_register(ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    if (error < 0)
        io_uring_queue_exit(ring);
    return error;
}

static enum fasti_status queues_open(struct ring_io *ring, struct fasti_detail *detail) {
    ring->queues = calloc(ring->worker_count, sizeof *ring->queues);
    if (ring->queues == NULL)
        return FASTI_LIMIT_MEMORY;
    for (uint32_t i = 0; i < ring->worker_count; i++) {
        const int error = ring_make(&ring->queues[i].ring);
        if (error == -EPERM || error == -EACCES || error == -ENOSYS)
            return fasti_detail_set(
                detail, FASTI_IO_RING,
                "the kernel refuses io_uring (%s): allow io_uring_setup, io_uring_enter and "
                "io_uring_register in the container's seccomp profile, and set "
                "kernel.io_uring_disabled=0",
                strerror(-error));
        if (error != 0)
            return fasti_detail_set(
                detail, FASTI_IO_RING, "no io_uring for worker %u: %s%s", i, strerror(-error),
                error == -EMFILE || error == -ENFILE ? "; raise ulimit -n, or take fewer workers"
                : error == -ENOMEM                   ? "; raise ulimit -l, or take fewer workers"
                                                     : "");
        ring->queues[i].is_open = true;
    }
    return FASTI_OK;
}

static enum fasti_status lock_take(struct ring_io *ring, const char *path,
                                   struct fasti_detail *detail) {
    ring->lock =
        openat(ring->directory, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (ring->lock < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%.160s: cannot create the lock file: %s",
                                path, strerror(errno));
    if (flock(ring->lock, LOCK_EX | LOCK_NB) == 0)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_LOCKED,
                            "%.160s is in use by another fastid; stop it or choose another "
                            "directory",
                            path);
}

/* Does the file system take O_DIRECT? Asked once with a file that has no name. */
static bool takes_direct(const struct ring_io *ring) {
    const int fd = openat(ring->directory, ".", O_RDWR | O_TMPFILE | O_DIRECT | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno != EINVAL;
}

/* Makes names durable: the directory's own if it was just made, and those of files that a killed
 * process made. */
static enum fasti_status names_sync(const struct ring_io *ring, const char *path, bool is_new,
                                    struct fasti_detail *detail) {
    const int parent =
        is_new ? openat(ring->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const bool synced =
        fsync(ring->directory) == 0 && (!is_new || (parent >= 0 && fsync(parent) == 0));
    const int error = errno;
    if (parent >= 0)
        close(parent);
    return synced ? FASTI_OK
                  : fasti_detail_set(detail, FASTI_IO_OPEN, "%.160s: cannot sync the directory: %s",
                                     path, strerror(error));
}

static enum fasti_status directory_open(struct ring_io *ring, const char *path, bool read_only,
                                        struct fasti_detail *detail) {
    const bool is_new = !read_only && mkdir(path, 0700) == 0;
    if (!read_only && !is_new && errno != EEXIST)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%.160s: cannot create the directory: %s",
                                path, strerror(errno));
    ring->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ring->directory < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "%.160s: cannot open the directory: %s",
                                path, strerror(errno));
    ring->io.direct = takes_direct(ring);
    if (read_only)
        return FASTI_OK;
    FASTI_TRY(lock_take(ring, path, detail));
    FASTI_TRY(names_sync(ring, path, is_new, detail));
    return queues_open(ring, detail);
}

enum fasti_status fasti_io_open_directory(const char *path, uint32_t worker_count, bool read_only,
                                          struct fasti_io **io, struct fasti_detail *detail) {
    struct ring_io *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return FASTI_LIMIT_MEMORY;
    *ring = (struct ring_io){
        .io.operations = &ring_operations,
        .directory = -1,
        .lock = -1,
        .worker_count = worker_count,
    };
    (void)fasti_detail_set(detail, FASTI_OK, "%s", "");
    const enum fasti_status status = directory_open(ring, path, read_only, detail);
    if (status != FASTI_OK) {
        ring_close(&ring->io);
        return status;
    }
    if (!ring->io.direct)
        (void)fasti_detail_set(detail, FASTI_OK,
                               "%.160s: the file system refuses O_DIRECT; the page cache is used",
                               path);
    *io = &ring->io;
    return FASTI_OK;
}
