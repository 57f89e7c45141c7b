/*
 * main.c - fastid: arguments, recovery, server, signals, one log line an event.
 *
 * A thin composition: addresses -> data directory -> engine -> server -> wait for a signal or a
 * fault -> stop. What is wrong with the arguments shows before the data directory is touched.
 * Standard error gets one line for each start, recovery, readiness, stop, fault and warning;
 * systemd is told READY and STOPPING when it asked for that. Exit status: 0 stopped as asked, 1
 * could not start or a fault, 2 bad arguments.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "api/api_limits.h"
#include "api/server.h"

#define EXIT_USAGE          2
#define WORKERS_DEFAULT_MAX 16
#define SEGMENT_BYTES_LEAST (512 * 1024) /* the largest effect fits */
#define FILES_WANTED        (FASTI_CONNECTIONS_MAX + 4096)
#define PROGRESS_LINE_S     1.0
#define NEWS_MS             1000
#define DAYS_MAX            73000 /* as many as can be booked */

const char *argp_program_version = "fastid " FASTI_VERSION;

struct arguments {
    const char *data;
    struct fasti_server_options server;
    uint64_t segment_bytes, memory_bytes, snapshot_log_bytes;
    uint32_t past_days, retention_days;
    bool has_now;
    int64_t now_utc_s;
};

/* One line, whole, also when several processes share the stream. */
__attribute__((format(printf, 1, 2))) static void log_line(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "fastid: %s\n", line);
    fflush(stderr);
}

/* ---- arguments ---- */

enum {
    KEY_NOW = 256,
    KEY_INSECURE,
    KEY_ZONEINFO,
    KEY_SEGMENT,
    KEY_MEMORY,
    KEY_SNAPSHOT,
    KEY_PAST,
    KEY_RETENTION
};

static const struct argp_option options_known[] = {
    {"data", 'd', "DIR", 0, "Directory of the log; made when missing (default ./data)", 0},
    {"listen", 'l', "HOST:PORT", 0,
     "Address to listen on (default " FASTI_LISTEN_DEFAULT "); port 0 takes a free one; "
     "\"none\" for no TCP",
     0},
    {"unix", 'u', "PATH", 0, "Also listen on a Unix socket, open to this user only", 0},
    {"workers", 'w', "N", 0, "Worker threads, 1 to 64 (default: one a core, at most 16)", 0},
    {"now", KEY_NOW, "TIME", 0,
     "Test clock: it is TIME (like 2023-03-24T08:00:00-04:00) when the server starts", 0},
    {"insecure", KEY_INSECURE, NULL, 0, "Listen beyond this machine, without TLS", 0},
    {"zoneinfo", KEY_ZONEINFO, "DIR", 0, "Time zone files (default " FASTI_ZONEINFO_DEFAULT ")", 0},
    {"log-segment-bytes", KEY_SEGMENT, "BYTES", 0, "Size of a log file (suffixes K, M, G)", 0},
    {"snapshot-log-bytes", KEY_SNAPSHOT, "BYTES", 0,
     "Write a snapshot when the log has grown by so much, or by the size of the last one if that "
     "is more (suffixes K, M, G; default 256M; 0: only when asked to)",
     0},
    {"memory", KEY_MEMORY, "BYTES", 0,
     "Bound of the engine's memory (suffixes K, M, G; default 8G)", 0},
    {"past-days", KEY_PAST, "DAYS", 0,
     "Keep a schedule's day in memory so long after it is past, 35 or more (default 45; 0: for "
     "ever); its appointments stay",
     0},
    {"retention-days", KEY_RETENTION, "DAYS", 0,
     "Remove appointments and blocks so long after they ended and were changed last (default 0: "
     "never)",
     0},
    {0},
};

/* "64M" as a number of bytes; 0 when it is none. */
static uint64_t bytes_parse(const char *text) {
    char *end = NULL;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || text[0] == '-')
        return 0;
    static const char units[] = "KMG";
    const char *unit = *end == '\0' ? NULL : strchr(units, *end);
    if (*end != '\0' && (unit == NULL || end[1] != '\0'))
        return 0;
    const unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);
    return number > UINT64_MAX >> shift ? 0 : (uint64_t)number << shift;
}

static void now_parse(const char *text, struct argp_state *state, struct arguments *arguments) {
    struct fasti_instant_text instant;
    if (fasti_instant_parse(text, strlen(text), &instant) != FASTI_OK || !instant.has_offset)
        argp_error(state, "--now %s is not an instant like 2023-03-24T08:00:00-04:00", text);
    arguments->has_now = true;
    arguments->now_utc_s = fasti_instant_utc_s(&instant);
}

/* A number of bytes, a multiple of step. */
static uint64_t size_parse(const char *name, const char *text, uint64_t min, uint64_t max,
                           uint64_t step, struct argp_state *state) {
    const uint64_t bytes = bytes_parse(text);
    if (bytes < min || bytes > max)
        argp_error(state, "--%s %s is not a size from %" PRIu64 " to %" PRIu64 " bytes", name, text,
                   min, max);
    if (bytes % step != 0)
        argp_error(state, "--%s %s is not a multiple of %" PRIu64 " bytes", name, text, step);
    return bytes;
}

static uint32_t days_parse(const char *name, const char *text, long min, struct argp_state *state) {
    char *end = NULL;
    const long days = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || days > DAYS_MAX || (days != 0 && days < min))
        argp_error(state, "--%s %s is not 0 or a number of days from %ld to %d", name, text, min,
                   DAYS_MAX);
    return (uint32_t)days;
}

static const char *zoneinfo_parse(const char *text, struct argp_state *state) {
    struct stat info;
    if (stat(text, &info) != 0)
        argp_error(state, "--zoneinfo %s: %s", text, strerror(errno));
    else if (!S_ISDIR(info.st_mode))
        argp_error(state, "--zoneinfo %s is not a directory", text);
    return text;
}

static error_t argument_parse(int key, char *text, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case 'd': arguments->data = text; break;
    case 'l': arguments->server.listen = strcmp(text, "none") == 0 ? NULL : text; break;
    case 'u': arguments->server.unix_path = text; break;
    case 'w': {
        char *end = NULL;
        const long count = strtol(text, &end, 10);
        if (*text == '\0' || *end != '\0' || count < 1 || count > FASTI_WORKERS_MAX)
            argp_error(state, "--workers %s is not 1 to %d", text, FASTI_WORKERS_MAX);
        arguments->server.worker_count = (uint32_t)count;
        break;
    }
    case KEY_NOW: now_parse(text, state, arguments); break;
    case KEY_INSECURE: arguments->server.is_insecure = true; break;
    case KEY_ZONEINFO: arguments->server.zoneinfo = zoneinfo_parse(text, state); break;
    case KEY_SEGMENT:
        arguments->segment_bytes = size_parse("log-segment-bytes", text, SEGMENT_BYTES_LEAST,
                                              UINT64_C(1) << 30, FASTI_BLOCK_BYTES, state);
        break;
    case KEY_SNAPSHOT:
        arguments->snapshot_log_bytes =
            strcmp(text, "0") == 0 ? UINT64_MAX
                                   : size_parse("snapshot-log-bytes", text, SEGMENT_BYTES_LEAST,
                                                UINT64_C(1) << 40, 1, state);
        break;
    case KEY_MEMORY:
        arguments->memory_bytes =
            size_parse("memory", text, UINT64_C(16) << 20, UINT64_C(1) << 40, 1, state);
        break;
    case KEY_PAST:
        arguments->past_days = days_parse("past-days", text, FASTI_PAST_DAYS_MIN, state);
        break;
    case KEY_RETENTION:
        arguments->retention_days = days_parse("retention-days", text, 1, state);
        break;
    case ARGP_KEY_END:
        if (arguments->retention_days != 0 && arguments->past_days == 0)
            argp_error(state, "--retention-days needs --past-days: what a day holds stays with it");
        break;
    case ARGP_KEY_ARG: argp_error(state, "%s: there are options only", text); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void arguments_read(int argc, char **argv, struct arguments *arguments) {
    static const struct argp argp = {
        options_known,
        argument_parse,
        NULL,
        "The Fasti server: availability search and slot booking.\v"
        "It stops on SIGTERM or SIGINT after answering what is in flight. All state is in the "
        "data directory; one server at a time uses it. FASTI_KERNEL=scalar in the environment "
        "searches without wide registers.",
        NULL,
        NULL,
        NULL};
    argp_err_exit_status = EXIT_USAGE;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *arguments = (struct arguments){
        .data = "data",
        .past_days = FASTI_PAST_DAYS_DEFAULT,
        .server = {.listen = FASTI_LISTEN_DEFAULT, .zoneinfo = FASTI_ZONEINFO_DEFAULT},
    };
    arguments->server.worker_count = cores < 1                     ? 1
                                     : cores > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX
                                                                   : (uint32_t)cores;
    (void)argp_parse(&argp, argc, argv, 0, NULL, arguments);
    if (arguments->server.listen == NULL && arguments->server.unix_path == NULL) {
        fprintf(stderr, "fastid: with --listen none there must be a --unix PATH\n");
        exit(EXIT_USAGE);
    }
}

/* ---- start ---- */

/* Each connection is a file; the soft limit is often 1,024. */
static void files_raise(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FILES_WANTED)
        log_line("only %llu files may be open: raise ulimit -n for more connections",
                 (unsigned long long)limit.rlim_cur);
}

/* The signals as a descriptor; blocked before any thread starts, so that all threads inherit. */
static int signals_open(void) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0)
        return -1;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* ulimit -f: EFBIG, a failed write like any other */
    return signalfd(-1, &stop, SFD_CLOEXEC);
}

struct progress {
    int signal_fd;
    double told_s; /* when a line was last written */
};

/* false: a signal asks to stop. */
static bool progress_check(void *context, uint64_t effects, double seconds) {
    struct progress *progress = context;
    struct pollfd fd = {.fd = progress->signal_fd, .events = POLLIN};
    if (seconds - progress->told_s >= PROGRESS_LINE_S) {
        log_line("recovering: %" PRIu64 " records in %.1f s", effects, seconds);
        progress->told_s = seconds;
    }
    return poll(&fd, 1, 0) <= 0;
}

static void recovery_log(const struct fasti_recovery *recovery, int64_t now_ms) {
    if (recovery->snapshots_refused > 0)
        log_line("WARNING: the newest snapshot could not be used (%s): %s instead; nothing is "
                 "missing, but find out what damaged it",
                 recovery->snapshot_why.text,
                 recovery->snapshot == 0 ? "the whole log was replayed"
                                         : "an older one was loaded");
    if (recovery->snapshot > 0)
        log_line("loaded: snapshot %" PRIu64 ", %" PRIu64 " entries", recovery->snapshot,
                 recovery->snapshot_entries);
    log_line("recovered: %" PRIu64 " records in %" PRId64 ".%03" PRId64 " s, digest %016" PRIx64
             "%016" PRIx64 ", %s%s%s",
             recovery->effects, recovery->milliseconds / 1000, recovery->milliseconds % 1000,
             recovery->digest.high, recovery->digest.low,
             recovery->batches == 0 ? "a new directory"
             : recovery->clean      ? "after a clean stop"
                                    : "not stopped cleanly",
             recovery->torn ? ", torn tail cut at " : "",
             recovery->torn ? recovery->torn_where : "");
    if (recovery->lacks_reserve)
        log_line("warning: no prepared file follows the log's last one, although some are kept "
                 "unless the disk is full: if it was not, the newest files may have been deleted, "
                 "and what they held is missing");
    if (recovery->mended > 0)
        log_line("warning: %" PRIu64 " damaged headers in the log, each read from its other copy: "
                 "nothing is missing, but the disk may be failing",
                 recovery->mended);
    const int64_t ahead_s = (recovery->logged_ms - now_ms) / 1000;
    if (ahead_s < 1)
        return;
    char floor[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(recovery->logged_ms / 1000, 0, floor);
    log_line("warning: the log has been at %s, %" PRId64 " days and %" PRId64 " seconds ahead of "
             "the clock: until the clock is there time stands still, and every date before it "
             "counts as past",
             floor, ahead_s / 86400, ahead_s % 86400);
}

static enum fasti_status engine_start(const struct arguments *arguments, int signal_fd,
                                      struct fasti_engine **engine, struct fasti_detail *detail) {
    struct fasti_io *io = NULL;
    struct fasti_recovery recovery;
    FASTI_TRY(fasti_io_open_directory(arguments->data, arguments->server.worker_count, false, &io,
                                      detail));
    detail->text[0] = '\0'; /* how files are written is no reason for what may fail below */
    const struct fasti_clock real = fasti_clock_system(0);
    const int64_t offset_ms =
        arguments->has_now ? arguments->now_utc_s * 1000 - fasti_clock_now_ms(&real) : 0;
    struct progress progress = {.signal_fd = signal_fd};
    const struct fasti_engine_options options = {
        .worker_count = arguments->server.worker_count,
        .memory_bytes_max = arguments->memory_bytes,
        .segment_bytes = arguments->segment_bytes,
        .snapshot_log_bytes = arguments->snapshot_log_bytes,
        .past_days = arguments->past_days,
        .retention_days = arguments->retention_days,
        .is_prefaulted = true,
        .clock = fasti_clock_system(offset_ms),
        .progress = progress_check,
        .progress_context = &progress,
    };
    FASTI_TRY(fasti_engine_open(&options, io, engine, &recovery, detail));
    recovery_log(&recovery, fasti_clock_now_ms(&options.clock));
    return FASTI_OK;
}

static int start_failed(const char *what, enum fasti_status status,
                        const struct fasti_detail *detail) {
    log_line("%s: %s (%s)", what,
             detail->text[0] != '\0' ? detail->text : fasti_status_text(status),
             fasti_status_name(status));
    return status == FASTI_INVALID_OPTION ? EXIT_USAGE : EXIT_FAILURE;
}

/* ---- run ---- */

/* A line for each snapshot that was written, or given up, since the last look. */
static void snapshot_log(struct fasti_engine *engine, struct fasti_snapshot_news *told) {
    struct fasti_snapshot_news news;
    fasti_engine_snapshot(engine, &news);
    if (news.generation != told->generation)
        log_line("snapshot %" PRIu64 " is written: %" PRIu64
                 " bytes, all below log position %" PRIu64,
                 news.generation, news.bytes, news.lsn);
    if (news.failed != told->failed)
        log_line("warning: %s", news.why.text);
    *told = news;
}

/* Waits for a signal (true) or for the engine's death (false). */
static bool wait_for_end(struct fasti_engine *engine, int signal_fd, int fault_fd) {
    struct fasti_snapshot_news told;
    fasti_engine_snapshot(engine, &told);
    for (;;) {
        struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN},
                                {.fd = fault_fd, .events = POLLIN}};
        if (poll(fds, 2, NEWS_MS) < 0 && errno != EINTR)
            return false;
        snapshot_log(engine, &told);
        if (fds[1].revents != 0)
            return false;
        if (fds[0].revents != 0)
            return true;
    }
}

/* Ends what runs; returns the exit status. */
static int serve_end(struct fasti_server *server, struct fasti_engine *engine, bool is_asked) {
    const uint32_t undecided = fasti_server_stop(server);
    if (!is_asked || fasti_engine_is_dead(engine)) {
        log_line("fault: the log could not be written; what was in flight is UNKNOWN; "
                 "start again to recover what is on disk");
        fasti_engine_close(engine, false);
        return EXIT_FAILURE;
    }
    if (undecided > 0) {
        log_line("fault: %u commands got no answer in time; the stop is not clean", undecided);
        return EXIT_FAILURE; /* the engine may not be closed under them */
    }
    fasti_engine_close(engine, true);
    log_line("stop: clean");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    arguments_read(argc, argv, &arguments);
    const int signal_fd = signals_open();
    if (signal_fd < 0) {
        log_line("fault: cannot wait for signals: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    files_raise();
    const char *kernel = fasti_engine_choose_kernel(getenv("FASTI_KERNEL"));
    if (kernel == NULL) {
        log_line(
            "FASTI_KERNEL \"%s\": this processor has no such kernel; say scalar, or nothing for "
            "the widest",
            getenv("FASTI_KERNEL"));
        return EXIT_USAGE;
    }
    log_line("start: version %s, data %s, %u workers, %s kernel%s", FASTI_VERSION, arguments.data,
             arguments.server.worker_count, kernel, arguments.has_now ? ", test clock" : "");
    struct fasti_detail detail = {{0}};
    struct fasti_server *server = NULL;
    struct fasti_engine *engine = NULL;
    enum fasti_status status = fasti_server_open(&arguments.server, &server, &detail);
    if (status != FASTI_OK)
        return start_failed("fault: cannot serve", status, &detail);
    status = engine_start(&arguments, signal_fd, &engine, &detail);
    if (status == FASTI_STARTING) {
        fasti_server_close(server);
        log_line("stop: while recovering; nothing was changed");
        return EXIT_SUCCESS;
    }
    if (status != FASTI_OK) {
        fasti_server_close(server);
        return start_failed("fault: cannot open the data directory", status, &detail);
    }
    status = fasti_server_start(server, engine, &detail);
    if (status != FASTI_OK) {
        fasti_server_close(server);
        fasti_engine_close(engine, true);
        return start_failed("fault: cannot serve", status, &detail);
    }
    log_line("ready: listening on %s", fasti_server_address(server));
    (void)sd_notify(0, "READY=1");
    const bool is_asked = wait_for_end(engine, signal_fd, fasti_server_fault_fd(server));
    (void)sd_notify(0, "STOPPING=1");
    return serve_end(server, engine, is_asked);
}
