/*
 * io.h - all that Fasti asks of a disk, as one table of functions with two implementations.
 *
 *   io_ring.c   files in one directory: O_DIRECT, io_uring (the only engine file with liburing)
 *   io_sim.c    a memory disk for tests: torn, lost and failing writes, a kill at any write
 *
 * Two kinds of calls. Blocking ones serve start, recovery, segment creation and tools. Queued ones
 * serve running: a queue belongs to one worker, takes writes, and gives completions back in any
 * order; a write is durable when its completion says size (RWF_DSYNC), and only then.
 * Offsets, sizes and buffers of reads and writes are multiples of FASTI_BLOCK_BYTES, buffers
 * aligned to it; a queued write's buffer stays untouched until its completion. The directory is
 * locked while it is open (one process); its lock file "lock" is not listed.
 * Threading: a queue is used by one thread at a time, blocking calls by any. The queues belong to
 * the log while one is open: it takes every completion of the worker that it is polled with.
 * File names are plain names inside the directory, at most FASTI_IO_NAME_BYTES_MAX bytes.
 */
#ifndef FASTI_STORAGE_IO_H
#define FASTI_STORAGE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/text.h"

#define FASTI_IO_NAME_BYTES_MAX 63
#define FASTI_IO_QUEUE_DEPTH    8 /* queued operations of one worker at once */

struct fasti_io; /* an open directory */

struct fasti_io_file {
    int32_t handle; /* >= 0 while open */
};

struct fasti_io_entry {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    uint64_t size_bytes;
};

struct fasti_io_completion {
    uint64_t user;  /* as given to the submit call */
    int32_t result; /* bytes done, or a negative errno */
};

struct fasti_io_operations {
    void (*close)(struct fasti_io *io);

    /* Names in byte order; at most max are written, *count says how many there are. */
    enum fasti_status (*list)(struct fasti_io *io, struct fasti_io_entry *entries, uint32_t max,
                              uint32_t *count);
    /* Creates an empty file and makes its name durable; EXISTS, IO_OPEN. */
    enum fasti_status (*create)(struct fasti_io *io, const char *name, struct fasti_io_file *file);
    /* NOT_FOUND, IO_OPEN. */
    enum fasti_status (*open)(struct fasti_io *io, const char *name, struct fasti_io_file *file);
    void (*close_file)(struct fasti_io *io, struct fasti_io_file file);
    enum fasti_status (*remove)(struct fasti_io *io, const char *name);
    /* Reserves room for size_bytes; IO_WRITE with e.g. ENOSPC in *error. */
    enum fasti_status (*allocate)(struct fasti_io *io, struct fasti_io_file file,
                                  uint64_t size_bytes, int *error);
    /* Blocking. A short read fills the rest with zeros and returns OK with *done < size. */
    enum fasti_status (*read)(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                              void *buffer, size_t size, size_t *done);
    /* Blocking. When OK, this and all that was written to the file before is durable. */
    enum fasti_status (*write)(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                               const void *buffer, size_t size);
    /* Bytes that the file system still gives us. */
    uint64_t (*free_bytes)(struct fasti_io *io);

    /* Queue worker's writes; durable: RWF_DSYNC. BUSY when its queue is full, IO_WRITE, IO_RING. */
    enum fasti_status (*submit_write)(struct fasti_io *io, uint32_t worker,
                                      struct fasti_io_file file, uint64_t offset,
                                      const void *buffer, size_t size, bool durable, uint64_t user);
    /* fdatasync as a queued operation: covers writes that completed before. */
    enum fasti_status (*submit_sync)(struct fasti_io *io, uint32_t worker,
                                     struct fasti_io_file file, uint64_t user);
    /* Completions that are there, without waiting. */
    uint32_t (*reap)(struct fasti_io *io, uint32_t worker, struct fasti_io_completion *completions,
                     uint32_t max);
    /* Blocks until reap has something (start and close only). INVALID_STATE: nothing is queued.
     * IO_WRITE: nothing will ever come, the ring or the simulated process is dead. */
    enum fasti_status (*wait)(struct fasti_io *io, uint32_t worker);
    /* A descriptor that polls readable while reap has something; -1 if there is none (simulated).
     * It belongs to the io. It is the ring itself: nothing has to be read from it, and a multishot
     * poll on it from another ring ends after each wake-up and must be armed again. */
    int (*event_fd)(struct fasti_io *io, uint32_t worker);
    /* Random bytes for names (the log's id); seeded on the simulated disk. */
    enum fasti_status (*random)(struct fasti_io *io, void *bytes, size_t size);
};

struct fasti_io {
    const struct fasti_io_operations *operations;
    bool direct; /* false: the file system refuses O_DIRECT, files go through the page cache */
};

/* Opens (creating it, mode 0700) the directory and takes its lock file. LOCKED when another
 * process has it, IO_OPEN, IO_RING (io_uring denied: the detail says what to do), LIMIT_MEMORY.
 * read_only takes no lock and no rings: for tools; the directory must exist. When OK and the io is
 * not direct, *detail says so. Give it back with operations->close. */
FASTI_MUST_USE enum fasti_status fasti_io_open_directory(const char *path, uint32_t worker_count,
                                                         bool read_only, struct fasti_io **io,
                                                         struct fasti_detail *detail);

/* All entries of a directory, in *entries, the caller's to free. IO_*, LIMIT_MEMORY: there is
 * nothing to free. */
FASTI_MUST_USE enum fasti_status fasti_io_entries(struct fasti_io *io,
                                                  struct fasti_io_entry **entries, uint32_t *count);
/* The size of a file; *bytes 0 where there is none of that name. As fasti_io_entries. */
FASTI_MUST_USE enum fasti_status fasti_io_size(struct fasti_io *io, const char *name,
                                               uint64_t *bytes);

/* ---- the simulated disk ---- */

struct fasti_sim_disk; /* survives the "process": open it again after a kill */

/* What goes wrong; all 0 = nothing. Counts are of writes and syncs over all files, blocking and
 * queued; the first after fasti_sim_disk_set_faults is 1. */
struct fasti_sim_faults {
    uint64_t kill_at_write;  /* this write and all later operations vanish: the process is dead */
    bool tear;               /* at a kill, a random subset of the dying write's and of all unsynced
                                writes' 512-byte sectors reaches the disk; else none does */
    uint64_t fail_at_write;  /* this write completes with error */
    int32_t fail_error;      /* e.g. -EIO, -ENOSPC; a positive value: a short write of that size,
                                of which the whole 512-byte sectors are on the disk */
    uint64_t capacity_bytes; /* allocations beyond it fail with ENOSPC; 0 = no limit */
    uint32_t delay_max;      /* a completion shows after 0..delay_max reap calls */
};

struct fasti_sim_disk *fasti_sim_disk_create(uint64_t seed);
void fasti_sim_disk_destroy(struct fasti_sim_disk *disk);
void fasti_sim_disk_set_faults(struct fasti_sim_disk *disk, const struct fasti_sim_faults *faults);
/* Opens the disk as a directory. After a kill, call this again: what was durable is there, and
 * an io of before the kill stays dead (close it). Never NULL; one live io a disk at a time. */
struct fasti_io *fasti_sim_disk_open(struct fasti_sim_disk *disk);
bool fasti_sim_disk_is_killed(const struct fasti_sim_disk *disk);
/* Writes and syncs since the last fasti_sim_disk_set_faults. */
uint64_t fasti_sim_disk_write_count(const struct fasti_sim_disk *disk);
/* Flips bits of one byte of a file, as a failing disk would (damage tests). NOT_FOUND. */
FASTI_MUST_USE enum fasti_status fasti_sim_disk_flip(struct fasti_sim_disk *disk, const char *name,
                                                     uint64_t offset, uint8_t mask);

#endif
