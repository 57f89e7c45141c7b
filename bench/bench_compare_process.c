/*
 * bench_compare_process.c - a private folder, and the servers in it.
 *
 *   folder (ours, 0711) --+-- NAME.log                what a program said
 *                         +-- fasti/  fastid          runs as we do
 *                         +-- postgres/, redis/       of a user without rights, where we are root
 *
 * Every process is in a table of at most PROCESSES_MAX, from its start to its end. A signal that
 * would end us is passed on to them instead: what waits for one of them fails then, and the way out
 * is that of any failure. A process also ends when we do, even by SIGKILL (PR_SET_PDEATHSIG).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_compare.h"

#define PROCESSES_MAX   8
#define STOP_TRIES      1000 /* of STOP_PAUSE_NS */
#define STOP_PAUSE_NS   (10 * 1000 * 1000)
#define LOG_SHOWN_BYTES 1500
#define STOP_SIGNAL     SIGINT /* PostgreSQL: a fast shutdown */
#define TEXT_BYTES_MAX  (64 * 1024)

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t processes[PROCESSES_MAX]; /* pids; 0: none */

/* ---- signals ---- */

bool fasti_compare_is_interrupted(void) {
    return interrupted != 0;
}

static void on_signal(int number) {
    (void)number;
    const int saved = errno;
    interrupted = 1;
    for (uint32_t i = 0; i < PROCESSES_MAX; i++)
        if (processes[i] > 0)
            (void)kill((pid_t)processes[i], STOP_SIGNAL);
    errno = saved;
}

void fasti_compare_signals_init(void) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    for (uint32_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        (void)sigaction(ends[i], &action, NULL);
    action.sa_handler = SIG_IGN; /* a server that is gone is an error of its connection */
    (void)sigaction(SIGPIPE, &action, NULL);
}

/* Signals that would end us are held back while the table of processes changes. */
static void signals_hold(sigset_t *before) {
    sigset_t held;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &held, before);
}

/* ---- the folder ---- */

/* May a user without rights go down to a folder? Tells which one is in the way. */
static bool is_reachable(const char *folder) {
    uid_t user;
    gid_t group;
    const char *name;
    char above[FASTI_COMPARE_PATH_MAX];
    if (!fasti_compare_user(&user, &group, &name))
        return true;
    for (const char *end = folder; end != NULL; end = strchr(end + 1, '/')) {
        struct stat status;
        (void)snprintf(above, sizeof above, "%.*s/", (int)(end - folder), folder);
        if (stat(above, &status) == 0 && (status.st_mode & S_IXOTH) == 0) {
            fprintf(stderr,
                    "fasti-bench: the peers run as %s, who may not enter %s; take another --dir\n",
                    name, above);
            return false;
        }
    }
    return true;
}

bool fasti_compare_folder_make(const char *above, bool is_shared,
                               char folder[FASTI_COMPARE_PATH_MAX]) {
    const char *temporary = getenv("TMPDIR");
    if (above == NULL)
        above = temporary != NULL && temporary[0] == '/' ? temporary : "/tmp";
    char *absolute = realpath(above, NULL);
    if (absolute == NULL) {
        fprintf(stderr, "fasti-bench: %s: %s\n", above, strerror(errno));
        return false;
    }
    const int length =
        snprintf(folder, FASTI_COMPARE_PATH_MAX, "%s/fasti-compare.XXXXXX", absolute);
    free(absolute);
    if (length > 80) { /* a Unix socket's path has 108 bytes at most */
        fprintf(stderr, "fasti-bench: %s: too long a path for sockets; take a shorter --dir\n",
                above);
        return false;
    }
    if (is_shared && !is_reachable(folder))
        return false;
    if (mkdtemp(folder) == NULL || chmod(folder, 0711) != 0) {
        fprintf(stderr, "fasti-bench: %s: %s\n", folder, strerror(errno));
        return false;
    }
    return true;
}

static int entry_remove(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void fasti_compare_folder_remove(const char *folder) {
    if (nftw(folder, entry_remove, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
        fprintf(stderr, "fasti-bench: %s is left: %s\n", folder, strerror(errno));
}

bool fasti_compare_user(uid_t *user, gid_t *group, const char **name) {
    if (geteuid() != 0)
        return false;
    const struct passwd *entry = getpwnam("postgres");
    if (entry == NULL)
        entry = getpwnam("nobody");
    *user = entry != NULL ? entry->pw_uid : 65534;
    *group = entry != NULL ? entry->pw_gid : 65534;
    *name = entry != NULL ? entry->pw_name : "65534";
    return true;
}

bool fasti_compare_folder_add(const struct fasti_compare *compare, const char *name,
                              bool is_foreign, char path[FASTI_COMPARE_PATH_MAX]) {
    uid_t user;
    gid_t group;
    const char *user_name;
    const int length = snprintf(path, FASTI_COMPARE_PATH_MAX, "%s/%s", compare->folder, name);
    if (length >= FASTI_COMPARE_PATH_MAX || mkdir(path, 0700) != 0 ||
        (is_foreign && fasti_compare_user(&user, &group, &user_name) &&
         chown(path, user, group) != 0)) {
        fprintf(stderr, "fasti-bench: %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

/* ---- programs and texts ---- */

static bool is_program(const char *directory, size_t length, const char *name,
                       char path[FASTI_COMPARE_PATH_MAX]) {
    return snprintf(path, FASTI_COMPARE_PATH_MAX, "%.*s/%s", (int)length, directory, name) <
               FASTI_COMPARE_PATH_MAX &&
           access(path, X_OK) == 0;
}

bool fasti_compare_program_find(const char *directory, const char *name, const char *package,
                                char path[FASTI_COMPARE_PATH_MAX]) {
    if (directory != NULL && is_program(directory, strlen(directory), name, path))
        return true;
    for (const char *at = getenv("PATH"); at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, ":");
        if (is_program(at, length, name, path))
            return true;
        at += length + (at[length] == ':');
    }
    fprintf(stderr, "fasti-bench: there is no %s here; install Debian's package %s\n", name,
            package);
    return false;
}

char *fasti_compare_text_read(const char *name) {
    char path[FASTI_COMPARE_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/bench/peers/%s", FASTI_SOURCE_DIR, name);
    FILE *file = fopen(path, "re");
    char *text = calloc(1, TEXT_BYTES_MAX);
    if (text == NULL)
        abort();
    const size_t size = file == NULL ? 0 : fread(text, 1, TEXT_BYTES_MAX - 1, file);
    if (file != NULL)
        (void)fclose(file);
    if (size > 0 && size < TEXT_BYTES_MAX - 1)
        return text;
    fprintf(stderr,
            "fasti-bench: %s cannot be read; compare needs the source tree it was built "
            "from\n",
            path);
    free(text);
    return NULL;
}

bool fasti_compare_file_append(const char *folder, const char *file, const char *name,
                               char path[FASTI_COMPARE_PATH_MAX]) {
    char *text = fasti_compare_text_read(name);
    if (text == NULL)
        return false;
    (void)snprintf(path, FASTI_COMPARE_PATH_MAX, "%.4000s/%.60s", folder, file);
    const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const size_t size = strlen(text);
    const bool is_good = fd >= 0 && write(fd, text, size) == (ssize_t)size;
    if (!is_good)
        fprintf(stderr, "fasti-bench: %s: %s\n", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    free(text);
    return is_good;
}

/* ---- processes ---- */

static bool log_path(const struct fasti_compare *compare, const char *name,
                     char path[FASTI_COMPARE_PATH_MAX]) {
    return snprintf(path, FASTI_COMPARE_PATH_MAX, "%s/%s.log", compare->folder, name) <
           FASTI_COMPARE_PATH_MAX;
}

static void log_show(const struct fasti_compare *compare, const char *name) {
    char path[FASTI_COMPARE_PATH_MAX], text[LOG_SHOWN_BYTES + 1];
    FILE *file = log_path(compare, name, path) ? fopen(path, "re") : NULL;
    if (file == NULL)
        return;
    if (fseek(file, -LOG_SHOWN_BYTES, SEEK_END) != 0)
        rewind(file);
    const size_t size = fread(text, 1, LOG_SHOWN_BYTES, file);
    text[size] = '\0';
    (void)fclose(file);
    fprintf(stderr, "fasti-bench: what %s said last:\n%s", name, text);
}

/* In the child, which has one thread: only what may be done between fork and exec. */
static _Noreturn void child_run(const struct fasti_compare_spawn *spawn, int log, pid_t parent,
                                const sigset_t *before, bool changes_user, uid_t user,
                                gid_t group) {
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)setpgid(0, 0); /* a terminal's Ctrl-C comes to us alone, and we pass it on */
    if (dup2(null, 0) < 0 || dup2(log, 1) < 0 || (!spawn->shows_progress && dup2(log, 2) < 0))
        _exit(126);
    if (spawn->is_foreign && changes_user &&
        (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid(user) != 0))
        _exit(126);
    if (prctl(PR_SET_PDEATHSIG, STOP_SIGNAL) != 0 || getppid() != parent)
        _exit(126);
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
    if (chdir("/") == 0)
        (void)execv(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv);
    _exit(127);
}

bool fasti_compare_process_start(const struct fasti_compare *compare,
                                 const struct fasti_compare_spawn *spawn, pid_t *pid) {
    char path[FASTI_COMPARE_PATH_MAX];
    uid_t user = 0;
    gid_t group = 0;
    const char *user_name;
    const bool changes_user = fasti_compare_user(&user, &group, &user_name);
    uint32_t i = 0;
    while (i < PROCESSES_MAX && processes[i] != 0)
        i++;
    const int log = log_path(compare, spawn->name, path)
                        ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                        : -1;
    if (i == PROCESSES_MAX || log < 0 || interrupted != 0) {
        if (interrupted == 0)
            fprintf(stderr, "fasti-bench: %s cannot be started: %s\n", spawn->name,
                    strerror(errno));
        if (log >= 0)
            (void)close(log);
        return false;
    }
    sigset_t before;
    const pid_t parent = getpid();
    signals_hold(&before);
    *pid = fork();
    if (*pid == 0)
        child_run(spawn, log, parent, &before, changes_user, user, group);
    if (*pid > 0)
        processes[i] = *pid;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)close(log);
    if (*pid < 0)
        fprintf(stderr, "fasti-bench: %s cannot be started: %s\n", spawn->name, strerror(errno));
    return *pid > 0;
}

static void process_forget(pid_t pid) {
    for (uint32_t i = 0; i < PROCESSES_MAX; i++)
        if (processes[i] == pid)
            processes[i] = 0;
}

bool fasti_compare_process_run(const struct fasti_compare *compare,
                               const struct fasti_compare_spawn *spawn) {
    pid_t pid;
    int status = 0;
    if (!fasti_compare_process_start(compare, spawn, &pid))
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    process_forget(pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (interrupted == 0) {
        fprintf(stderr, "fasti-bench: %s failed\n", spawn->name);
        log_show(compare, spawn->name);
    }
    return false;
}

bool fasti_compare_process_is_gone(const struct fasti_compare *compare, const char *name,
                                   pid_t pid) {
    if (waitpid(pid, NULL, WNOHANG) != pid)
        return false;
    process_forget(pid);
    if (interrupted == 0) {
        fprintf(stderr, "fasti-bench: %s has ended\n", name);
        log_show(compare, name);
    }
    return true;
}

void fasti_compare_processes_stop(void) {
    static const struct timespec pause = {.tv_nsec = STOP_PAUSE_NS};
    for (uint32_t i = 0; i < PROCESSES_MAX; i++)
        if (processes[i] > 0)
            (void)kill((pid_t)processes[i], STOP_SIGNAL);
    for (uint32_t i = 0; i < PROCESSES_MAX; i++) {
        const pid_t pid = (pid_t)processes[i];
        if (pid <= 0)
            continue;
        uint32_t tries = 0;
        for (; tries < STOP_TRIES && waitpid(pid, NULL, WNOHANG) == 0; tries++)
            (void)nanosleep(&pause, NULL);
        if (tries == STOP_TRIES) {
            (void)kill(pid, SIGKILL);
            (void)waitpid(pid, NULL, 0);
        }
        processes[i] = 0;
    }
}

/* ---- CPU time ---- */

static int64_t clock_ns(pid_t pid) {
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0; /* it has ended meanwhile */
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* The fourth field of /proc/PID/stat, behind a name in brackets that may hold anything. */
static pid_t parent_of(const char *pid) {
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[size] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end == NULL || strlen(name_end) < 4 ? 0 : (pid_t)strtol(name_end + 4, NULL, 10);
}

int64_t fasti_compare_cpu_ns(pid_t pid) {
    int64_t sum_ns = clock_ns(pid);
    DIR *all = opendir("/proc");
    if (all == NULL)
        return sum_ns;
    for (const struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == pid)
            sum_ns += clock_ns((pid_t)strtol(entry->d_name, NULL, 10));
    (void)closedir(all);
    return sum_ns;
}
