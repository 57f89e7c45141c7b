/*
 * fastid.c - see fastid.h.
 */
#include "tests/support/fastid.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"
#include "tests/support/engine_world.h"

#define START_WAIT_MS 120000
#define LOG_BYTES     8192

void fastid_make(struct fastid *fastid, const char *name) {
    memset(fastid, 0, sizeof *fastid);
    fastid->log_fd = -1;
    snprintf(fastid->directory, sizeof fastid->directory, "/tmp/fasti-%.24s-XXXXXX", name);
    CHECK(mkdtemp(fastid->directory) != NULL, "no directory in /tmp");
    snprintf(fastid->data, sizeof fastid->data, "%s/data", fastid->directory);
    snprintf(fastid->socket, sizeof fastid->socket, "%s/s", fastid->directory);
    snprintf(fastid->acks, sizeof fastid->acks, "%s/acks", fastid->directory);
    snprintf(fastid->where, sizeof fastid->where, "unix:%s", fastid->socket);
}

static void program_path(char path[512], const char *program) {
    const ssize_t length = readlink("/proc/self/exe", path, 400);
    CHECK(length > 0, "/proc/self/exe: %s", strerror(errno));
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    CHECK(slash != NULL && strlen(program) < 100, "%s", path);
    memcpy(slash + 1, program, strlen(program) + 1);
}

/* Reads the log until it says `word` (true) or ends (false); text gets all that was read. */
static bool log_read(const struct fastid *fastid, const char *word, char text[LOG_BYTES]) {
    size_t size = 0;
    text[0] = '\0';
    while (size < LOG_BYTES - 1 && (word == NULL || strstr(text, word) == NULL)) {
        struct pollfd event = {.fd = fastid->log_fd, .events = POLLIN};
        CHECK(poll(&event, 1, START_WAIT_MS) == 1, "fastid says nothing more after: %s", text);
        const ssize_t got = read(fastid->log_fd, text + size, LOG_BYTES - 1 - size);
        if (got <= 0)
            return false;
        size += (size_t)got;
        text[size] = '\0';
    }
    return true;
}

void fastid_start(struct fastid *fastid) {
    char path[512], text[LOG_BYTES];
    int log[2];
    program_path(path, "fastid");
    CHECK(pipe2(log, O_CLOEXEC) == 0, "pipe: %s", strerror(errno));
    fastid->log_fd = log[0];
    fastid->pid = fork();
    CHECK(fastid->pid >= 0, "fork: %s", strerror(errno));
    if (fastid->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(log[1], 2);
        execl(path, path, "--data", fastid->data, "--listen", "127.0.0.1:0", "--unix",
              fastid->socket, "--workers", "2", "--now", FASTID_NOW, "--log-segment-bytes", "512K",
              "--memory", "256M", "--snapshot-log-bytes",
              fastid->snapshot_log_bytes == NULL ? "256M" : fastid->snapshot_log_bytes,
              (char *)NULL);
        _exit(127);
    }
    close(log[1]);
    if (log_read(fastid, "ready", text))
        return;
    fprintf(stderr, "%s", text);
    _exit(strstr(text, "io_uring") != NULL ? 77 : 1);
}

static int reap(struct fastid *fastid) {
    int status = 0;
    pid_t reaped;
    do
        reaped = waitpid(fastid->pid, &status, 0);
    while (reaped < 0 && errno == EINTR);
    CHECK(reaped == fastid->pid, "waitpid: %s", strerror(errno));
    fastid->pid = 0;
    return status;
}

void fastid_kill(struct fastid *fastid) {
    (void)kill(fastid->pid, SIGKILL);
    (void)reap(fastid);
    close(fastid->log_fd);
}

void fastid_stop(struct fastid *fastid) {
    char text[LOG_BYTES];
    (void)kill(fastid->pid, SIGTERM);
    (void)log_read(fastid, NULL, text);
    const int status = reap(fastid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0 && strstr(text, "stop: clean") != NULL,
          "status %x: %s", (unsigned)status, text);
    close(fastid->log_fd);
}

static int entry_remove(const char *path, const struct stat *info, int kind, struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void fastid_free(struct fastid *fastid) {
    CHECK(fastid->pid == 0, "fastid still runs");
    (void)nftw(fastid->directory, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

int fastid_run(const char *program, const char *first, const char *second) {
    char path[512];
    program_path(path, program);
    const pid_t pid = fork();
    CHECK(pid >= 0, "fork: %s", strerror(errno));
    if (pid == 0) {
        execl(path, path, first, second, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid, "waitpid: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* ---- as a client ---- */

struct fasti_client *fastid_connect(const struct fastid *fastid) {
    struct fasti_client *client = NULL;
    struct fasti_detail detail = {{0}};
    const enum fasti_status status = fasti_client_open(fastid->where, 60000, &client, &detail);
    CHECK(status == FASTI_OK, "%s: %s", fasti_status_name(status), detail.text);
    return client;
}

static void put(struct fasti_client *client, const struct fasti_command *command) {
    struct fasti_answer answer;
    const enum fasti_status status = fasti_client_call(client, command, &answer);
    CHECK(status == FASTI_OK && answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome),
          "%s %s: %s", fasti_status_name(status), fasti_status_name(answer.status),
          answer.detail.text);
}

void fastid_practice(struct fasti_client *client, uint32_t schedule_count) {
    struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    put(client, &command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    put(client, &command);
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = 15;
    put(client, &command);
    const struct fasti_opening openings[2] = {
        engine_weekly("morning", 0x1f, "08:00", "12:00"),
        engine_weekly("afternoon", 0x1f, "13:00", "17:00"),
    };
    for (uint32_t i = 1; i <= schedule_count; i++) {
        char id[16];
        snprintf(id, sizeof id, "anna-%u", i);
        command = engine_put(FASTI_ENTITY_SCHEDULE, 1, id);
        command.body.put.body.schedule.location = engine_id("haus");
        command.body.put.body.schedule.service_count = 1;
        command.body.put.body.schedule.services[0] = engine_id("visit");
        put(client, &command);
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, id);
        command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        command.body.put.body.openings.count = 2;
        command.body.put.body.openings.openings = openings;
        put(client, &command);
    }
}
