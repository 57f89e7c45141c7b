/*
 * snapshot.h - one file that holds a whole state, as sections of entries.
 *
 *   snapshot-0000000000000001
 *   +--------+--------------------------+--------------------------+- - - -+-------------+
 *   | header | section: header 128 | entries | zeros |   section    |       | header copy |
 *   | block  | whole blocks             | whole blocks             |       | last block  |
 *   +--------+--------------------------+--------------------------+- - - -+-------------+
 *
 * The header's block is written last, when all the rest is durable: so a file counts from one
 * write on, and what a crash left unfinished is told from it by a first block of zeros. Each
 * section proves itself; the header proves their order. The file does not know what its entries
 * say.
 *
 *   writer: place entries -> section full -> one write in flight through the log's queue
 *   reader: header -> section after section, each checked before it is handed out
 *
 * Threading: a writer by the committer's role, a reader by the thread that recovers.
 */
#ifndef FASTI_STORAGE_SNAPSHOT_H
#define FASTI_STORAGE_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/storage/batch.h"
#include "engine/storage/io.h"
#include "engine/storage/log.h"

#define FASTI_SECTION_HEADER_BYTES 128
#define FASTI_SECTION_BYTES_MAX    (256 * 1024) /* with its header */
#define FASTI_ENTRY_BYTES_MAX      (FASTI_SECTION_BYTES_MAX - FASTI_SECTION_HEADER_BYTES)

/* Disk values: never renumbered. What entries say: FORMAT.md, commit/walk.h. */
enum fasti_section_kind {
    FASTI_SECTION_STAGED = 1,
    FASTI_SECTION_DIRECTORY = 2,
    FASTI_SECTION_HEADS = 3,
    FASTI_SECTION_DAYS = 4,
    FASTI_SECTION_GUARDS = 5,
    FASTI_SECTION_RECORDS = 6,
    FASTI_SECTION_REQUESTS = 7,
};
#define FASTI_SECTION_KINDS 8 /* arrays by kind */

/* The bytes of the file's header (FORMAT.md). */
struct fasti_snapshot_header {
    uint64_t magic;
    uint32_t format_version;
    uint16_t header_bytes;
    uint16_t flags; /* 0 */
    struct fasti_log_id log_id;
    uint64_t generation; /* as in the file's name, from 1 */
    uint64_t epoch;      /* in which it was written */
    uint64_t lsn_floor;  /* replay starts here: what is smaller is contained */
    uint64_t lsn_end;    /* nothing of this or a greater LSN is contained */
    int64_t logged_ms;   /* at lsn_end */
    uint64_t body_bytes; /* of all sections */
    uint32_t sections;
    uint32_t config_version;     /* at lsn_floor */
    uint64_t entries[3];         /* days and guards, records, directory */
    struct fasti_hash128 digest; /* at lsn_end: what replay from lsn_floor on must reach */
    uint64_t key_id;             /* 0 = not encrypted */
    uint8_t nonce[24];
    uint8_t tag[16];
    uint64_t term, replica_id; /* replication; 0 here */
    uint64_t record_next;      /* record numbers begin here */
    uint32_t import_next;
    uint32_t request_buckets;           /* that the horizons are of */
    struct fasti_hash128 body_checksum; /* over the sections' checksums, in order */
    uint64_t purged_end;                /* no record number below it comes again */
    uint8_t reserved[8];
    struct fasti_hash128 checksum;
};

struct fasti_section_header {
    uint32_t kind;
    uint32_t flags; /* 0 */
    uint64_t entries;
    uint64_t bytes;                /* behind this header */
    uint64_t number;               /* from 0, in the file */
    struct fasti_hash128 checksum; /* of this header (this field 0) and the bytes behind it */
    uint64_t key_id;               /* 0 = not encrypted */
    uint8_t nonce[24];
    uint8_t tag[16];
    uint8_t reserved[32];
};

/* Fills magic, version, header size and checksum. */
void fasti_snapshot_header_seal(struct fasti_snapshot_header *header);
enum fasti_header_state fasti_snapshot_header_check(const void *bytes,
                                                    struct fasti_snapshot_header *header);

/* "snapshot-" and sixteen hexadecimal digits; parse: false: another name. */
void fasti_snapshot_name(char name[FASTI_IO_NAME_BYTES_MAX + 1], uint64_t generation);
bool fasti_snapshot_name_parse(const char *name, uint64_t *generation);

/* Generations of all files of that name in a directory, newest first; at most max are given.
 * IO_OPEN, IO_READ, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_list(struct fasti_io *io, uint64_t *generations,
                                                     uint32_t max, uint32_t *count);

/* ---- writing ---- */

enum fasti_snapshot_stage {
    FASTI_SNAPSHOT_NONE,     /* no file is being written */
    FASTI_SNAPSHOT_SECTIONS, /* entries may be placed */
    FASTI_SNAPSHOT_LAST,     /* the last section, then the header's copy */
    FASTI_SNAPSHOT_SYNC,
    FASTI_SNAPSHOT_HEADER,
    FASTI_SNAPSHOT_DONE,   /* it counts */
    FASTI_SNAPSHOT_FAILED, /* give it up */
};

struct fasti_snapshot_writer {
    struct fasti_io *io;
    struct fasti_log *log;
    enum fasti_snapshot_stage stage;
    struct fasti_io_file file;
    uint64_t generation;
    uint64_t offset;     /* where the next write goes */
    uint64_t allocated;  /* room that the file has */
    uint8_t *buffers[2]; /* FASTI_SECTION_BYTES_MAX each: one is filled while the other flies */
    uint32_t filling;
    uint32_t fill_bytes; /* of the section that is being filled; 0: none is */
    enum fasti_section_kind kind;
    uint32_t entries, sections;
    uint32_t waiting_bytes; /* > 0: the other buffer is full and not in flight yet */
    bool is_flying;
    uint32_t flying_bytes;
    struct fasti_hash128 body_checksum;
    struct fasti_snapshot_header header; /* while it is finished */
    int error;                           /* errno of the failure; 0: none is known */
};

/* Creates the file of a generation; blocks for a directory sync. Memory is taken here and given
 * back by end. EXISTS, IO_*, LIMIT_MEMORY. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_begin(struct fasti_snapshot_writer *writer,
                                                      struct fasti_io *io, struct fasti_log *log,
                                                      uint64_t generation);

/* Room for one entry of bytes (a multiple of 8, at most FASTI_ENTRY_BYTES_MAX) in a section of this
 * kind: the caller fills all of it. NULL: both buffers are full, step and come again. */
void *fasti_snapshot_place(struct fasti_snapshot_writer *writer, enum fasti_section_kind kind,
                           uint32_t bytes);

/* All entries are placed. header: all but what the writer knows (magic, generation, sizes,
 * checksums). The file counts when step says DONE. */
void fasti_snapshot_finish(struct fasti_snapshot_writer *writer,
                           const struct fasti_snapshot_header *header);

/* Takes a completion, queues what is next through worker's queue. */
enum fasti_snapshot_stage fasti_snapshot_step(struct fasti_snapshot_writer *writer,
                                              uint32_t worker);

/* Gives memory and file back; a file that does not count is removed. Nothing may be in flight
 * unless the log is closed. A zeroed writer may be ended, too. */
void fasti_snapshot_end(struct fasti_snapshot_writer *writer);

/* ---- reading ---- */

struct fasti_section {
    enum fasti_section_kind kind;
    uint64_t entries;
    uint64_t offset; /* in the file: fasti_snapshot_again comes back to it */
    const uint8_t *bytes;
    size_t size;
};

struct fasti_snapshot_reader {
    struct fasti_io *io;
    struct fasti_io_file file; /* handle -1: none */
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    struct fasti_snapshot_header header;
    bool is_mended; /* one of header and copy is not sound */
    uint8_t *window;
    uint64_t window_offset, window_end; /* bytes of the file in it */
    uint64_t offset;                    /* of the next section */
    uint64_t number;                    /* of the next section */
    struct fasti_hash128 body_checksum; /* of those that were read in order */
};

/* NOT_FOUND: the file is not there, or was never finished. CORRUPT_SNAPSHOT, UNSUPPORTED_FORMAT,
 * IO_*, LIMIT_MEMORY, with a sentence. Unless OK there is nothing to close. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_open(struct fasti_snapshot_reader *reader,
                                                     struct fasti_io *io, uint64_t generation,
                                                     struct fasti_detail *detail);

/* The next section, proved; *has = false behind the last one (whose order was proved, too). Valid
 * until the next call. CORRUPT_SNAPSHOT, IO_READ. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_next(struct fasti_snapshot_reader *reader,
                                                     struct fasti_section *section, bool *has,
                                                     struct fasti_detail *detail);

/* A section that next gave before, proved again; the order of next is not changed by it. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_again(struct fasti_snapshot_reader *reader,
                                                      uint64_t offset,
                                                      struct fasti_section *section,
                                                      struct fasti_detail *detail);

/* Every section from the first one on; as next. */
FASTI_MUST_USE enum fasti_status fasti_snapshot_verify(struct fasti_snapshot_reader *reader,
                                                       struct fasti_detail *detail);

void fasti_snapshot_close(struct fasti_snapshot_reader *reader);

#endif
