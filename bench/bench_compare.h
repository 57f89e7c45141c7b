/*
 * bench_compare.h - the parts of fasti-bench compare: Fasti beside PostgreSQL and Redis, on the
 * same data, with the same questions, in one run.
 *
 *   bench_compare.c          the command: options, the order of things, the report
 *   bench_compare_model.c    what is right: every practitioner's free time as bits
 *   bench_compare_check.c    equal answers, before anything is measured
 *   bench_compare_loop.c     a closed loop over connections of one system, and its CPU time
 *   bench_compare_process.c  a private folder and the servers in it; nothing of them is left
 *   bench_compare_fasti.c    the system Fasti
 *   peers/postgres.c, redis.c  the others
 *   bench_compare_report.c   medians, ratios, a table, JSON lines
 *
 * A *system* is a server of our own with the workload in it. All systems are up together and take
 * turns. One thread, blocking but for the loop; functions that return false have told why on
 * stderr.
 */
#ifndef FASTI_BENCH_BENCH_COMPARE_H
#define FASTI_BENCH_BENCH_COMPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/bench_compare_report.h"
#include "bench/workload.h"

#define FASTI_COMPARE_CONNECTIONS_MAX 64
#define FASTI_COMPARE_DEPTH_MAX       16
#define FASTI_COMPARE_QUESTIONS       20000 /* of each kind, asked in turn */
#define FASTI_COMPARE_CHECKS_MAX      10000
#define FASTI_COMPARE_RESULTS         20 /* of a search */
/* A week of starts: 7 days, and no more than open cells. */
#define FASTI_COMPARE_ROWS_MAX (FASTI_WORKLOAD_AGENDA_DAYS * FASTI_WORKLOAD_OPEN_CELLS_MAX)
#define FASTI_COMPARE_PATH_MAX 4096
#define FASTI_COMPARE_ANSWER_S 60 /* a system that says nothing for so long is given up */

enum fasti_compare_op {
    FASTI_COMPARE_Q1,
    FASTI_COMPARE_Q2,
    FASTI_COMPARE_Q3,
    FASTI_COMPARE_BOOK,
    FASTI_COMPARE_CANCEL,
    FASTI_COMPARE_RUSH, /* BOOK, of few slots that all want */
    FASTI_COMPARE_OPS,
};

/* ---- one request and its answer ---- */

struct fasti_compare_booking {
    struct fasti_workload_booking wanted;
    uint64_t handle; /* what the system cancels it by */
};

struct fasti_compare_ask {
    enum fasti_compare_op op;
    uint32_t number; /* of the question */
    struct fasti_workload_agenda agenda;
    struct fasti_workload_search search;
    struct fasti_compare_booking booking;
};

struct fasti_compare_row {
    uint32_t cell, practitioner;
};

/* Rows are decoded where link->wants_rows; counted always. */
struct fasti_compare_reply {
    uint32_t tag;
    bool is_done;    /* answered, booked or cancelled; else it was refused */
    bool is_failed;  /* neither: an error of the system, told on stderr once */
    uint64_t handle; /* of a booking */
    uint32_t count;
    struct fasti_compare_row rows[FASTI_COMPARE_ROWS_MAX];
};

/* ---- systems ---- */

struct fasti_compare;
struct fasti_compare_system;

/* A connection. own is the system's. */
struct fasti_compare_link {
    struct fasti_compare_system *system;
    bool wants_rows;
    int fd;
    void *own;
    uint32_t free_count, free_tags[FASTI_COMPARE_DEPTH_MAX];
    struct fasti_compare_ask asks[FASTI_COMPARE_DEPTH_MAX]; /* by tag */
};

struct fasti_compare_face {
    const char *name;
    double edge_m; /* distances within so much of the radius may fall on either side */
    /* Are its programs here? Asked before anything is started. */
    bool (*look)(void);
    /* Starts the server in a folder of its own, and loads. */
    bool (*start)(struct fasti_compare_system *system);
    /* Frees what start made; the server itself is ended by its process. */
    void (*stop)(struct fasti_compare_system *system);
    bool (*open)(struct fasti_compare_link *link);
    void (*close)(struct fasti_compare_link *link);
    /* Puts link->asks[tag] into the send buffer, flush sends all that is there. */
    bool (*send)(struct fasti_compare_link *link, uint32_t tag);
    bool (*flush)(struct fasti_compare_link *link);
    /* read: the descriptor is readable, take in what there is. take: the next whole answer; 1, or
     * 0: none is there, or -1: the connection is of no more use. */
    bool (*read)(struct fasti_compare_link *link);
    int (*take)(struct fasti_compare_link *link, struct fasti_compare_reply *reply);
};

struct fasti_compare_system {
    const struct fasti_compare_face *face;
    struct fasti_compare *compare;
    void *own;
    pid_t pid; /* of the server; its children belong to it */
    uint32_t link_count;
    struct fasti_compare_link *links; /* FASTI_COMPARE_CONNECTIONS_MAX */
    uint64_t cursor[FASTI_COMPARE_OPS];
    struct fasti_compare_booking *booked; /* what stands of the loops' bookings */
    uint64_t booked_count;
    bool has_complained;
};

extern const struct fasti_compare_face fasti_compare_fasti;
extern const struct fasti_compare_face fasti_compare_postgres; /* where built with libpq */
extern const struct fasti_compare_face fasti_compare_redis;    /* where built with hiredis */

/* ---- the model ---- */

struct fasti_compare_model {
    uint64_t seed;
    uint32_t schedules;
    struct fasti_workload_practitioner *practitioners;
    uint8_t *free_bits; /* FASTI_COMPARE_BITS_BYTES each, see fasti_compare_free */
    uint64_t booking_count;
    struct fasti_workload_booking *bookings; /* the workload's order: the first are hot */
    struct fasti_workload_agenda *agendas;   /* FASTI_COMPARE_QUESTIONS */
    struct fasti_workload_search *searches;
};

/* Cell c is bit 7 - c % 8 of byte c / 8: one where it is open and not booked. */
#define FASTI_COMPARE_BITS_BYTES (FASTI_WORKLOAD_CELLS / 8)

/* The right answer to a search. */
struct fasti_compare_right {
    uint32_t count;
    double edge_m; /* how near the circle's edge a candidate comes; INFINITY: none */
    struct fasti_compare_row rows[FASTI_COMPARE_RESULTS];
};

/* Ends the program where there is no memory. */
void fasti_compare_model_init(struct fasti_compare_model *model, uint64_t seed, uint32_t schedules);
void fasti_compare_model_deinit(struct fasti_compare_model *model);
static inline uint8_t *fasti_compare_free(const struct fasti_compare_model *model, uint32_t who) {
    return model->free_bits + (size_t)who * FASTI_COMPARE_BITS_BYTES;
}
/* Every start of a week, rising. rows: room for FASTI_COMPARE_ROWS_MAX. Returns how many. */
uint32_t fasti_compare_agenda(const struct fasti_compare_model *model,
                              const struct fasti_workload_agenda *agenda,
                              struct fasti_compare_row *rows);
void fasti_compare_search(const struct fasti_compare_model *model,
                          const struct fasti_workload_search *search, bool is_country,
                          struct fasti_compare_right *right);

/* ---- processes ---- */

/* Only Ctrl-C and SIGTERM set it; the servers are being ended then. */
bool fasti_compare_is_interrupted(void);
void fasti_compare_signals_init(void);

/* Makes a private folder below `above` (NULL: TMPDIR or /tmp), which is removed with all that is in
 * it by fasti_compare_folder_remove. is_shared: fasti_compare_user must be able to reach it. */
bool fasti_compare_folder_make(const char *above, bool is_shared,
                               char folder[FASTI_COMPARE_PATH_MAX]);
void fasti_compare_folder_remove(const char *folder);

/* The user that servers run as which refuse root; false: we are not root, they run as we do. */
bool fasti_compare_user(uid_t *user, gid_t *group, const char **name);
/* A folder below the private one, of that user where is_foreign. */
bool fasti_compare_folder_add(const struct fasti_compare *compare, const char *name,
                              bool is_foreign, char path[FASTI_COMPARE_PATH_MAX]);
/* A program by name, in a directory (NULL: none), then in PATH; false and the Debian package that
 * has it. */
bool fasti_compare_program_find(const char *directory, const char *name, const char *package,
                                char path[FASTI_COMPARE_PATH_MAX]);
/* The whole text of bench/peers/NAME, to be freed; NULL: it was told. */
char *fasti_compare_text_read(const char *name);

/* Appends the text of bench/peers/NAME to FOLDER/FILE, which is made when missing; path: of that
 * file. */
bool fasti_compare_file_append(const char *folder, const char *file, const char *name,
                               char path[FASTI_COMPARE_PATH_MAX]);

struct fasti_compare_spawn {
    const char *name;        /* in messages, and its output is in NAME.log of the private folder */
    const char *const *argv; /* argv[0] is a path */
    bool is_foreign;         /* runs as fasti_compare_user */
    bool shows_progress;     /* stderr is ours */
};
/* Starts one; at most 8 at a time. Ends with us, whatever becomes of us. */
bool fasti_compare_process_start(const struct fasti_compare *compare,
                                 const struct fasti_compare_spawn *spawn, pid_t *pid);
/* Starts one and waits for its end; false unless it ends with 0: the end of its output is shown. */
bool fasti_compare_process_run(const struct fasti_compare *compare,
                               const struct fasti_compare_spawn *spawn);
/* Has it ended? Then the end of its output is shown. */
bool fasti_compare_process_is_gone(const struct fasti_compare *compare, const char *name,
                                   pid_t pid);
/* Ends every one that is left: asked first, killed after ten seconds. */
void fasti_compare_processes_stop(void);

/* CPU time that a process and its children have used, ns. */
int64_t fasti_compare_cpu_ns(pid_t pid);

/* ---- the machine ---- */

/* At the begin of each round: writes of 4 KiB a second, each durable before the next (0: not
 * known), and the load average of the last minute. */
struct fasti_compare_host {
    uint32_t count;
    double flushes[FASTI_COMPARE_ROUNDS_MAX], load[FASTI_COMPARE_ROUNDS_MAX];
};
/* Adds a look; takes 0.3 s. Nothing once there are FASTI_COMPARE_ROUNDS_MAX. */
void fasti_compare_host_look(const char *folder, struct fasti_compare_host *host);

/* ---- loop and checks ---- */

struct fasti_compare_run {
    struct fasti_compare_system *system;
    enum fasti_compare_op op;
    uint32_t connections, depth;
    int64_t duration_ns; /* nothing is asked after it; 0: no such bound */
    uint64_t least;      /* but so many are asked, however long it takes */
    uint64_t limit;      /* nor more than so many; 0: no such bound. One of the two is needed */
    /* NULL, or the asks, limit of them, instead of the next of the system's. Bookings that are made
     * get their handle here. */
    struct fasti_compare_booking *bookings;
    /* NULL, or told each answer with its rows; false ends the loop. */
    bool (*verify)(void *context, const struct fasti_compare_ask *ask,
                   const struct fasti_compare_reply *reply);
    void *context;
    /* results */
    uint64_t asked, done, refused, failed;
    int64_t elapsed_ns, cpu_ns;
};
bool fasti_compare_loop(struct fasti_compare_run *run);

/* Cancels what the loops' bookings left. */
bool fasti_compare_clean(struct fasti_compare_system *system);

/* The first `checks` questions of each kind to each system; bookings and cancels, twice each, and
 * overlapping ones. */
bool fasti_compare_check(struct fasti_compare *compare);

/* ---- the whole ---- */

struct fasti_compare_options {
    uint32_t schedules, run_ms, rounds, checks;
    uint64_t seed;
    const char *dir;
    bool has_postgres, has_redis, json;
    uint32_t ops; /* bit op */
};

struct fasti_compare {
    struct fasti_compare_options options;
    char folder[FASTI_COMPARE_PATH_MAX];
    struct fasti_compare_model model;
    struct fasti_compare_host host;
    uint32_t system_count;
    struct fasti_compare_system systems[1 + FASTI_COMPARE_PEERS_MAX]; /* Fasti first */
};

#endif
