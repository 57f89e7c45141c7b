/*
 * gate.c - see gate.h: every call goes to the disk below, but for the two switches.
 */
#include "tests/support/gate.h"

#include <errno.h>

static struct fasti_io *under(struct fasti_io *io) {
    return ((struct gate *)(void *)io)->under;
}

static void gate_close(struct fasti_io *io) {
    under(io)->operations->close(under(io));
}

static enum fasti_status gate_list(struct fasti_io *io, struct fasti_io_entry *entries,
                                   uint32_t max, uint32_t *count) {
    return under(io)->operations->list(under(io), entries, max, count);
}

static enum fasti_status gate_create(struct fasti_io *io, const char *name,
                                     struct fasti_io_file *file) {
    return under(io)->operations->create(under(io), name, file);
}

static enum fasti_status gate_open(struct fasti_io *io, const char *name,
                                   struct fasti_io_file *file) {
    return under(io)->operations->open(under(io), name, file);
}

static void gate_close_file(struct fasti_io *io, struct fasti_io_file file) {
    under(io)->operations->close_file(under(io), file);
}

static enum fasti_status gate_remove(struct fasti_io *io, const char *name) {
    return under(io)->operations->remove(under(io), name);
}

static bool is_full(struct fasti_io *io) {
    return fasti_load_seq_cst(&((struct gate *)(void *)io)->is_full);
}

static enum fasti_status gate_allocate(struct fasti_io *io, struct fasti_io_file file,
                                       uint64_t size_bytes, int *error) {
    *error = ENOSPC;
    return is_full(io) ? FASTI_IO_WRITE
                       : under(io)->operations->allocate(under(io), file, size_bytes, error);
}

static enum fasti_status gate_read(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                   void *buffer, size_t size, size_t *done) {
    return under(io)->operations->read(under(io), file, offset, buffer, size, done);
}

static enum fasti_status gate_write(struct fasti_io *io, struct fasti_io_file file, uint64_t offset,
                                    const void *buffer, size_t size) {
    return under(io)->operations->write(under(io), file, offset, buffer, size);
}

static uint64_t gate_free_bytes(struct fasti_io *io) {
    return is_full(io) ? 0 : under(io)->operations->free_bytes(under(io));
}

static enum fasti_status gate_submit_write(struct fasti_io *io, uint32_t worker,
                                           struct fasti_io_file file, uint64_t offset,
                                           const void *buffer, size_t size, bool durable,
                                           uint64_t user) {
    return under(io)->operations->submit_write(under(io), worker, file, offset, buffer, size,
                                               durable, user);
}

static enum fasti_status gate_submit_sync(struct fasti_io *io, uint32_t worker,
                                          struct fasti_io_file file, uint64_t user) {
    return under(io)->operations->submit_sync(under(io), worker, file, user);
}

static uint32_t gate_reap(struct fasti_io *io, uint32_t worker,
                          struct fasti_io_completion *completions, uint32_t max) {
    if (fasti_load_seq_cst(&((struct gate *)(void *)io)->is_shut))
        return 0;
    return under(io)->operations->reap(under(io), worker, completions, max);
}

static enum fasti_status gate_wait(struct fasti_io *io, uint32_t worker) {
    return under(io)->operations->wait(under(io), worker);
}

static int gate_event_fd(struct fasti_io *io, uint32_t worker) {
    return under(io)->operations->event_fd(under(io), worker);
}

static enum fasti_status gate_random(struct fasti_io *io, void *bytes, size_t size) {
    return under(io)->operations->random(under(io), bytes, size);
}

static const struct fasti_io_operations gate_operations = {
    .close = gate_close,
    .list = gate_list,
    .create = gate_create,
    .open = gate_open,
    .close_file = gate_close_file,
    .remove = gate_remove,
    .allocate = gate_allocate,
    .read = gate_read,
    .write = gate_write,
    .free_bytes = gate_free_bytes,
    .submit_write = gate_submit_write,
    .submit_sync = gate_submit_sync,
    .reap = gate_reap,
    .wait = gate_wait,
    .event_fd = gate_event_fd,
    .random = gate_random,
};

struct fasti_io *gate_init(struct gate *gate, struct fasti_io *disk) {
    gate->io = (struct fasti_io){.operations = &gate_operations, .direct = disk->direct};
    gate->under = disk;
    return &gate->io;
}

void gate_shut(struct gate *gate, bool is_shut) {
    fasti_store_seq_cst(&gate->is_shut, is_shut);
}

void gate_fill(struct gate *gate, bool full) {
    fasti_store_seq_cst(&gate->is_full, full);
}
