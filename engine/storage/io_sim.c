/*
 * io_sim.c - a disk in memory that fails as it is told: the simulated twin of io_ring.c.
 *
 *   file:  view      what a read of the running process sees (its page cache)
 *          durable   what stands there after a power loss
 *          dirty     for each 512-byte sector: when it was written without being made durable, or 0
 *
 * A queued operation is carried out when its completion is handed out, from the caller's own
 * buffer: a buffer touched too early shows up as wrong contents. A kill takes away everything that
 * is not durable; with `tear`, any subset of the sectors in flight or dirty reaches the disk.
 * After a failed sync the dirty sectors count as clean and are not durable, as Linux has it
 * (Rebello et al., ATC 2020).
 * Threading: one thread at a time uses a disk; random is any thread's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/base/panic.h"
#include "engine/base/prng.h"
#include "engine/storage/batch.h"
#include "engine/storage/io.h"

#define FREE_BYTES_UNLIMITED (UINT64_C(1) << 40)

struct sim_file {
    char name[FASTI_IO_NAME_BYTES_MAX + 1]; /* empty: removed */
    uint64_t size_bytes;                    /* whole sectors */
    uint8_t *view, *durable;
    uint64_t *dirty;
};

struct fasti_sim_disk {
    struct fasti_prng prng;  /* who has the committer's role */
    _Atomic uint64_t random; /* any worker: what was given as random so far, and the seed */
    struct fasti_sim_faults faults;
    struct sim_file *files; /* in order of creation; a handle is an index */
    uint32_t file_count;
    uint64_t write_count;
    uint64_t stamp; /* of the last write that was carried out */
    bool killed;
    struct sim_io *live; /* the io of the running process, or NULL */
};

struct sim_operation {
    struct fasti_io_file file;
    uint64_t offset;
    const uint8_t *buffer; /* NULL: a sync */
    size_t size;
    uint64_t stamp; /* a sync covers what was carried out up to here */
    uint64_t user;
    uint32_t delay; /* reap calls until it shows */
    int32_t fault;  /* as fail_error, 0 = none */
    bool durable;
};

struct sim_queue {
    struct sim_operation operations[FASTI_IO_QUEUE_DEPTH];
    uint32_t count;
};

struct sim_io {
    struct fasti_io io; /* first: the io is the sim_io */
    struct fasti_sim_disk *disk;
    struct sim_queue queues[FASTI_WORKERS_MAX];
};

static struct sim_io *sim_of(struct fasti_io *io) {
    return (struct sim_io *)io;
}

static void *memory_get(void *old, size_t size) {
    void *memory = realloc(old, size);
    FASTI_ASSERT(memory != NULL);
    return memory;
}

/* The process that uses this io is still running. */
static bool is_alive(const struct sim_io *sim) {
    return sim->disk->live == sim && !sim->disk->killed;
}

/* ---- files ---- */

static struct sim_file *file_find(struct fasti_sim_disk *disk, const char *name) {
    for (uint32_t i = 0; i < disk->file_count; i++) {
        if (name[0] != '\0' && strcmp(disk->files[i].name, name) == 0)
            return &disk->files[i];
    }
    return NULL;
}

static struct sim_file *file_at(struct fasti_sim_disk *disk, struct fasti_io_file file) {
    FASTI_ASSERT(file.handle >= 0 && (uint32_t)file.handle < disk->file_count);
    return &disk->files[file.handle];
}

static uint64_t bytes_used(const struct fasti_sim_disk *disk) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < disk->file_count; i++)
        sum += disk->files[i].size_bytes;
    return sum;
}

static uint64_t bytes_free(const struct fasti_sim_disk *disk) {
    const uint64_t used = bytes_used(disk);
    if (disk->faults.capacity_bytes == 0)
        return FREE_BYTES_UNLIMITED;
    return disk->faults.capacity_bytes > used ? disk->faults.capacity_bytes - used : 0;
}

/* Makes the file at least size_bytes long; false: the disk is full. */
static bool file_grow(struct fasti_sim_disk *disk, struct sim_file *file, uint64_t size_bytes) {
    if (size_bytes <= file->size_bytes)
        return true;
    const uint64_t more = size_bytes - file->size_bytes;
    if (more > bytes_free(disk))
        return false;
    file->view = memory_get(file->view, size_bytes);
    file->durable = memory_get(file->durable, size_bytes);
    file->dirty = memory_get(file->dirty, size_bytes / FASTI_SECTOR_BYTES * sizeof(uint64_t));
    memset(file->view + file->size_bytes, 0, more);
    memset(file->durable + file->size_bytes, 0, more);
    memset(file->dirty + file->size_bytes / FASTI_SECTOR_BYTES, 0,
           more / FASTI_SECTOR_BYTES * sizeof(uint64_t));
    file->size_bytes = size_bytes;
    return true;
}

static void file_drop(struct sim_file *file) {
    free(file->view);
    free(file->durable);
    free(file->dirty);
    *file = (struct sim_file){0};
}

/* ---- carrying writes out ---- */

static bool coin(struct fasti_sim_disk *disk) {
    return fasti_prng_below(&disk->prng, 2) == 0;
}

static void sectors_make_durable(struct sim_file *file, uint64_t stamp_max) {
    for (uint64_t s = 0; s < file->size_bytes / FASTI_SECTOR_BYTES; s++) {
        if (file->dirty[s] == 0 || file->dirty[s] > stamp_max)
            continue;
        memcpy(file->durable + s * FASTI_SECTOR_BYTES, file->view + s * FASTI_SECTOR_BYTES,
               FASTI_SECTOR_BYTES);
        file->dirty[s] = 0;
    }
}

static void sectors_forget_dirty(struct sim_file *file, uint64_t stamp_max) {
    for (uint64_t s = 0; s < file->size_bytes / FASTI_SECTOR_BYTES; s++) {
        if (file->dirty[s] <= stamp_max)
            file->dirty[s] = 0;
    }
}

/* Puts whole sectors into the view; false: the disk is full. */
static bool view_write(struct fasti_sim_disk *disk, struct sim_file *file, uint64_t offset,
                       const uint8_t *buffer, size_t size) {
    const size_t whole = size / FASTI_SECTOR_BYTES * FASTI_SECTOR_BYTES;
    if (!file_grow(disk, file, offset + whole))
        return false;
    disk->stamp++;
    memcpy(file->view + offset, buffer, whole);
    for (size_t s = 0; s < whole / FASTI_SECTOR_BYTES; s++)
        file->dirty[offset / FASTI_SECTOR_BYTES + s] = disk->stamp;
    return true;
}

/* Any subset of a write's sectors reaches view and disk. */
static void sectors_tear(struct fasti_sim_disk *disk, const struct sim_operation *operation) {
    struct sim_file *file = file_at(disk, operation->file);
    if (operation->buffer == NULL || file->name[0] == '\0')
        return;
    if (!file_grow(disk, file, operation->offset + operation->size))
        return;
    for (size_t at = 0; at < operation->size; at += FASTI_SECTOR_BYTES) {
        if (!coin(disk))
            continue;
        memcpy(file->view + operation->offset + at, operation->buffer + at, FASTI_SECTOR_BYTES);
        memcpy(file->durable + operation->offset + at, operation->buffer + at, FASTI_SECTOR_BYTES);
    }
}

static int32_t operation_fail(struct fasti_sim_disk *disk, const struct sim_operation *operation) {
    struct sim_file *file = file_at(disk, operation->file);
    if (operation->buffer == NULL) {
        sectors_forget_dirty(file, operation->stamp);
        return operation->fault > 0 ? -EIO : operation->fault;
    }
    if (operation->fault > 0) {
        const size_t size =
            (size_t)operation->fault < operation->size ? (size_t)operation->fault : operation->size;
        (void)view_write(disk, file, operation->offset, operation->buffer, size);
        return (int32_t)size;
    }
    if (disk->faults.tear)
        sectors_tear(disk, operation);
    return operation->fault;
}

/* Returns the completion's result. */
static int32_t operation_do(struct fasti_sim_disk *disk, const struct sim_operation *operation) {
    struct sim_file *file = file_at(disk, operation->file);
    if (operation->fault != 0)
        return operation_fail(disk, operation);
    if (operation->buffer == NULL) {
        sectors_make_durable(file, operation->stamp);
        return 0;
    }
    if (!view_write(disk, file, operation->offset, operation->buffer, operation->size))
        return -ENOSPC;
    if (operation->durable) {
        const uint64_t first = operation->offset / FASTI_SECTOR_BYTES;
        memcpy(file->durable + operation->offset, operation->buffer, operation->size);
        memset(file->dirty + first, 0, operation->size / FASTI_SECTOR_BYTES * sizeof(uint64_t));
    }
    return (int32_t)operation->size;
}

static void disk_kill(struct sim_io *sim, const struct sim_operation *dying) {
    struct fasti_sim_disk *disk = sim->disk;
    for (uint32_t f = 0; f < disk->file_count && disk->faults.tear; f++) {
        struct sim_file *file = &disk->files[f];
        for (uint64_t s = 0; s < file->size_bytes / FASTI_SECTOR_BYTES; s++) {
            if (file->dirty[s] != 0 && coin(disk))
                memcpy(file->durable + s * FASTI_SECTOR_BYTES, file->view + s * FASTI_SECTOR_BYTES,
                       FASTI_SECTOR_BYTES);
        }
    }
    for (uint32_t w = 0; w < FASTI_WORKERS_MAX; w++) {
        for (uint32_t i = 0; i < sim->queues[w].count && disk->faults.tear; i++)
            sectors_tear(disk, &sim->queues[w].operations[i]);
        sim->queues[w].count = 0;
    }
    if (disk->faults.tear)
        sectors_tear(disk, dying);
    disk->killed = true;
}

/* Counts the operation and marks it with its fault. false: the process died of it. */
static bool operation_begin(struct sim_io *sim, struct sim_operation *operation) {
    struct fasti_sim_disk *disk = sim->disk;
    disk->write_count++;
    if (disk->write_count == disk->faults.kill_at_write) {
        disk_kill(sim, operation);
        return false;
    }
    if (disk->write_count == disk->faults.fail_at_write)
        operation->fault = disk->faults.fail_error;
    return true;
}

/* ---- blocking operations ---- */

static void sim_close(struct fasti_io *io) {
    struct sim_io *sim = sim_of(io);
    if (sim->disk->live == sim)
        sim->disk->live = NULL;
    free(sim);
}

static int entry_compare(const void *a, const void *b) {
    return strcmp(((const struct fasti_io_entry *)a)->name,
                  ((const struct fasti_io_entry *)b)->name);
}

static enum fasti_status sim_list(struct fasti_io *io, struct fasti_io_entry *entries, uint32_t max,
                                  uint32_t *count) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    if (!is_alive(sim_of(io)))
        return FASTI_IO_OPEN;
    struct fasti_io_entry *all = calloc((size_t)disk->file_count + 1, sizeof *all);
    FASTI_ASSERT(all != NULL);
    *count = 0;
    for (uint32_t i = 0; i < disk->file_count; i++) {
        if (disk->files[i].name[0] == '\0')
            continue;
        memcpy(all[*count].name, disk->files[i].name, sizeof all->name);
        all[*count].size_bytes = disk->files[i].size_bytes;
        (*count)++;
    }
    qsort(all, *count, sizeof *all, entry_compare);
    for (uint32_t i = 0; i < max && i < *count; i++)
        entries[i] = all[i];
    free(all);
    return FASTI_OK;
}

static enum fasti_status sim_create(struct fasti_io *io, const char *name,
                                    struct fasti_io_file *file) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    FASTI_ASSERT(name[0] != '\0' && strlen(name) <= FASTI_IO_NAME_BYTES_MAX);
    if (!is_alive(sim_of(io)))
        return FASTI_IO_OPEN;
    if (file_find(disk, name) != NULL)
        return FASTI_EXISTS;
    disk->files = memory_get(disk->files, (disk->file_count + 1) * sizeof *disk->files);
    struct sim_file *made = &disk->files[disk->file_count];
    *made = (struct sim_file){0};
    memcpy(made->name, name, strlen(name));
    *file = (struct fasti_io_file){(int32_t)disk->file_count};
    disk->file_count++;
    return FASTI_OK;
}

static enum fasti_status sim_open(struct fasti_io *io, const char *name,
                                  struct fasti_io_file *file) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    if (!is_alive(sim_of(io)))
        return FASTI_IO_OPEN;
    const struct sim_file *found = file_find(disk, name);
    if (found == NULL)
        return FASTI_NOT_FOUND;
    *file = (struct fasti_io_file){(int32_t)(found - disk->files)};
    return FASTI_OK;
}

static void sim_close_file(struct fasti_io *io, struct fasti_io_file file) {
    (void)file_at(sim_of(io)->disk, file);
}

static enum fasti_status sim_remove(struct fasti_io *io, const char *name) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    if (!is_alive(sim_of(io)))
        return FASTI_IO_OPEN;
    struct sim_file *file = file_find(disk, name);
    if (file == NULL)
        return FASTI_NOT_FOUND;
    file_drop(file);
    return FASTI_OK;
}

static enum fasti_status sim_allocate(struct fasti_io *io, struct fasti_io_file file,
                                      uint64_t size_bytes, int *error) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    *error = EIO;
    if (!is_alive(sim_of(io)))
        return FASTI_IO_WRITE;
    *error = ENOSPC;
    return file_grow(disk, file_at(disk, file), size_bytes) ? FASTI_OK : FASTI_IO_WRITE;
}

static enum fasti_status sim_read(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                  void *buffer, size_t size, size_t *done) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    const struct sim_file *from = file_at(disk, file);
    FASTI_ASSERT(offset % FASTI_BLOCK_BYTES == 0 && size % FASTI_BLOCK_BYTES == 0);
    FASTI_ASSERT((uintptr_t)buffer % FASTI_BLOCK_BYTES == 0);
    if (!is_alive(sim_of(io)))
        return FASTI_IO_READ;
    const uint64_t there = from->size_bytes > offset ? from->size_bytes - offset : 0;
    *done = there < size ? (size_t)there : size;
    if (*done > 0)
        memcpy(buffer, from->view + offset, *done);
    memset((uint8_t *)buffer + *done, 0, size - *done);
    return FASTI_OK;
}

static enum fasti_status sim_write(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                   const void *buffer, size_t size) {
    struct sim_io *sim = sim_of(io);
    struct sim_operation operation = {
        .file = file, .offset = offset, .buffer = buffer, .size = size, .durable = true};
    FASTI_ASSERT(offset % FASTI_BLOCK_BYTES == 0 && size % FASTI_BLOCK_BYTES == 0);
    FASTI_ASSERT((uintptr_t)buffer % FASTI_BLOCK_BYTES == 0 && size > 0);
    if (!is_alive(sim) || !operation_begin(sim, &operation))
        return FASTI_IO_WRITE;
    if (operation_do(sim->disk, &operation) != (int32_t)size)
        return FASTI_IO_WRITE;
    sectors_make_durable(file_at(sim->disk, file), UINT64_MAX);
    return FASTI_OK;
}

static uint64_t sim_free_bytes(struct fasti_io *io) {
    return bytes_free(sim_of(io)->disk);
}

static enum fasti_status sim_random(struct fasti_io *io, void *bytes, size_t size) {
    struct fasti_sim_disk *disk = sim_of(io)->disk;
    struct fasti_prng prng = {fasti_add_relaxed(&disk->random, UINT64_C(1)) << 32};
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)fasti_prng_next(&prng);
    return FASTI_OK;
}

/* ---- queued operations ---- */

static enum fasti_status submit(struct fasti_io *io, uint32_t worker,
                                struct sim_operation operation) {
    struct sim_io *sim = sim_of(io);
    FASTI_ASSERT(worker < FASTI_WORKERS_MAX);
    struct sim_queue *queue = &sim->queues[worker];
    if (!is_alive(sim))
        return FASTI_IO_WRITE;
    if (queue->count == FASTI_IO_QUEUE_DEPTH)
        return FASTI_BUSY;
    if (!operation_begin(sim, &operation))
        return FASTI_IO_WRITE;
    operation.delay =
        (uint32_t)fasti_prng_below(&sim->disk->prng, (uint64_t)sim->disk->faults.delay_max + 1);
    queue->operations[queue->count++] = operation;
    return FASTI_OK;
}

static enum fasti_status sim_submit_write(struct fasti_io *io, uint32_t worker,
                                          struct fasti_io_file file, uint64_t offset,
                                          const void *buffer, size_t size, bool durable,
                                          uint64_t user) {
    FASTI_ASSERT(offset % FASTI_BLOCK_BYTES == 0 && size % FASTI_BLOCK_BYTES == 0);
    FASTI_ASSERT((uintptr_t)buffer % FASTI_BLOCK_BYTES == 0 && size > 0);
    return submit(io, worker,
                  (struct sim_operation){.file = file,
                                         .offset = offset,
                                         .buffer = buffer,
                                         .size = size,
                                         .durable = durable,
                                         .user = user});
}

static enum fasti_status sim_submit_sync(struct fasti_io *io, uint32_t worker,
                                         struct fasti_io_file file, uint64_t user) {
    return submit(
        io, worker,
        (struct sim_operation){.file = file, .stamp = sim_of(io)->disk->stamp, .user = user});
}

static uint32_t sim_reap(struct fasti_io *io, uint32_t worker,
                         struct fasti_io_completion *completions, uint32_t max) {
    struct sim_io *sim = sim_of(io);
    FASTI_ASSERT(worker < FASTI_WORKERS_MAX);
    struct sim_queue *queue = &sim->queues[worker];
    uint32_t done = 0, kept = 0;
    if (!is_alive(sim))
        return 0;
    for (uint32_t i = 0; i < queue->count; i++) {
        struct sim_operation *operation = &queue->operations[i];
        if (operation->delay > 0 || done == max) {
            operation->delay -= operation->delay > 0;
            queue->operations[kept++] = *operation;
            continue;
        }
        completions[done].user = operation->user;
        completions[done].result = operation_do(sim->disk, operation);
        done++;
    }
    queue->count = kept;
    return done;
}

static enum fasti_status sim_wait(struct fasti_io *io, uint32_t worker) {
    struct sim_io *sim = sim_of(io);
    FASTI_ASSERT(worker < FASTI_WORKERS_MAX);
    struct sim_queue *queue = &sim->queues[worker];
    if (!is_alive(sim))
        return FASTI_IO_WRITE;
    if (queue->count == 0)
        return FASTI_INVALID_STATE;
    for (uint32_t i = 0; i < queue->count; i++)
        queue->operations[i].delay = 0;
    return FASTI_OK;
}

static int sim_event_fd(struct fasti_io *io, uint32_t worker) {
    (void)io;
    (void)worker;
    return -1;
}

static const struct fasti_io_operations sim_operations = {
    .close = sim_close,
    .list = sim_list,
    .create = sim_create,
    .open = sim_open,
    .close_file = sim_close_file,
    .remove = sim_remove,
    .allocate = sim_allocate,
    .read = sim_read,
    .write = sim_write,
    .free_bytes = sim_free_bytes,
    .submit_write = sim_submit_write,
    .submit_sync = sim_submit_sync,
    .reap = sim_reap,
    .wait = sim_wait,
    .event_fd = sim_event_fd,
    .random = sim_random,
};

/* ---- the disk ---- */

struct fasti_sim_disk *fasti_sim_disk_create(uint64_t seed) {
    struct fasti_sim_disk *disk = memory_get(NULL, sizeof *disk);
    *disk = (struct fasti_sim_disk){.prng = {seed}, .random = seed};
    return disk;
}

void fasti_sim_disk_destroy(struct fasti_sim_disk *disk) {
    FASTI_ASSERT(disk->live == NULL);
    for (uint32_t i = 0; i < disk->file_count; i++)
        file_drop(&disk->files[i]);
    free(disk->files);
    free(disk);
}

void fasti_sim_disk_set_faults(struct fasti_sim_disk *disk, const struct fasti_sim_faults *faults) {
    disk->faults = *faults;
    disk->write_count = 0;
}

struct fasti_io *fasti_sim_disk_open(struct fasti_sim_disk *disk) {
    FASTI_ASSERT(disk->live == NULL || disk->killed);
    if (disk->killed) {
        for (uint32_t i = 0; i < disk->file_count; i++) {
            struct sim_file *file = &disk->files[i];
            if (file->size_bytes == 0)
                continue;
            memcpy(file->view, file->durable, file->size_bytes);
            memset(file->dirty, 0, file->size_bytes / FASTI_SECTOR_BYTES * sizeof(uint64_t));
        }
    }
    struct sim_io *sim = memory_get(NULL, sizeof *sim);
    memset(sim, 0, sizeof *sim);
    sim->io = (struct fasti_io){.operations = &sim_operations, .direct = true};
    sim->disk = disk;
    disk->killed = false;
    disk->live = sim;
    return &sim->io;
}

bool fasti_sim_disk_is_killed(const struct fasti_sim_disk *disk) {
    return disk->killed;
}

uint64_t fasti_sim_disk_write_count(const struct fasti_sim_disk *disk) {
    return disk->write_count;
}

enum fasti_status fasti_sim_disk_flip(struct fasti_sim_disk *disk, const char *name,
                                      uint64_t offset, uint8_t mask) {
    struct sim_file *file = file_find(disk, name);
    if (file == NULL || offset >= file->size_bytes)
        return FASTI_NOT_FOUND;
    file->view[offset] ^= mask;
    file->durable[offset] ^= mask;
    return FASTI_OK;
}
