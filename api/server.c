/*
 * server.c - composition: sockets, crew, threads. See server.h.
 */
#include "api/server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "api/api_limits.h"

#define ADDRESS_STEP_MS 20

struct fasti_server {
    struct fasti_server_options options;
    struct fasti_crew crew;
    int listeners[2]; /* TCP, Unix; -1 = none */
    uint16_t port;
    struct sockaddr_un unix_address;
    bool is_unix_bound; /* the path is ours to remove */
    char address[320];
    struct fasti_loop_options loops[FASTI_WORKERS_MAX];
    pthread_t threads[FASTI_WORKERS_MAX];
    uint32_t thread_count;
};

/* ---- TCP ---- */

/* "HOST:PORT" or "[HOST]:PORT" in two texts. */
static bool address_split(const char *text, char host[256], char port[8]) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL || strlen(colon + 1) == 0 || strlen(colon + 1) > 5 ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    const char *begin = text;
    size_t size = (size_t)(colon - text);
    if (size >= 2 && text[0] == '[' && colon[-1] == ']') {
        begin++;
        size -= 2;
    } else if (memchr(text, ':', size) != NULL) {
        return false; /* an IPv6 address needs its brackets */
    }
    if (size == 0 || size >= 256)
        return false;
    memcpy(host, begin, size);
    host[size] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return strtol(port, NULL, 10) <= 65535;
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
    }
    return false;
}

/* A killed server's rings keep its sockets for a moment after it has ended: an address in use is
 * asked for again until that must be over. Counts *waited_ms; false: it is over. */
static bool address_wait(int32_t *waited_ms) {
    static const struct timespec step = {.tv_nsec = ADDRESS_STEP_MS * 1000000};
    if (*waited_ms >= FASTI_TIMEOUT_CLOSE_MS)
        return false;
    (void)nanosleep(&step, NULL);
    *waited_ms += ADDRESS_STEP_MS;
    return true;
}

static bool tcp_bind_patiently(int fd, const struct addrinfo *info) {
    int32_t waited_ms = 0;
    int result;
    do
        result = bind(fd, info->ai_addr, info->ai_addrlen);
    while (result != 0 && errno == EADDRINUSE && address_wait(&waited_ms));
    return result == 0;
}

static enum fasti_status tcp_bind(struct fasti_server *server, const struct addrinfo *info,
                                  struct fasti_detail *detail) {
    static const int on = 1;
    const char *listen_text = server->options.listen;
    if (!is_loopback(info->ai_addr) && !server->options.is_insecure)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "%s is reachable from other machines, and there is no TLS yet: "
                                "anybody could read and book. Listen on 127.0.0.1, put a proxy "
                                "with TLS before it, or say --insecure",
                                listen_text);
    const int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot open a socket: %s", strerror(errno));
    server->listeners[0] = fd;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!tcp_bind_patiently(fd, info))
        return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot listen on %s: %s", listen_text,
                                strerror(errno));
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot tell where %s is", listen_text);
    server->port = (uint16_t)strtol(port, NULL, 10);
    const bool is_v6 = info->ai_family == AF_INET6;
    snprintf(server->address, sizeof server->address, "%s%.100s%s:%s", is_v6 ? "[" : "", host,
             is_v6 ? "]" : "", port);
    return FASTI_OK;
}

static enum fasti_status tcp_open(struct fasti_server *server, struct fasti_detail *detail) {
    char host[256], port[8];
    if (server->options.listen == NULL)
        return FASTI_OK;
    if (!address_split(server->options.listen, host, port))
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "%s is not HOST:PORT, like 127.0.0.1:7600 or [::1]:7600",
                                server->options.listen);
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *info = NULL;
    const int error = getaddrinfo(host, port, &hints, &info);
    if (error != 0)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION, "cannot look up %s: %s",
                                server->options.listen, gai_strerror(error));
    const enum fasti_status status = tcp_bind(server, info, detail);
    freeaddrinfo(info);
    return status;
}

/* ---- Unix socket ---- */

/* A socket that nobody listens on is left over from a killed server. */
static bool is_stale(const struct sockaddr_un *address) {
    struct stat status;
    if (lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const int result = connect(fd, (const struct sockaddr *)address, sizeof *address);
    const bool refused = result != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* Still, after a while? */
static bool is_listened_on(const struct sockaddr_un *address) {
    int32_t waited_ms = 0;
    do
        if (access(address->sun_path, F_OK) != 0 || is_stale(address))
            return false;
    while (address_wait(&waited_ms));
    return true;
}

static enum fasti_status unix_refuse(const char *path, const char *why,
                                     struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot listen on unix:%s: %s", path, why);
}

/* Could a socket be made at path? Looks only: one that is bound and not listened on yet would be
 * stale to another server. */
static enum fasti_status unix_check(struct fasti_server *server, struct fasti_detail *detail) {
    const char *path = server->options.unix_path;
    struct sockaddr_un *address = &server->unix_address;
    if (path == NULL)
        return FASTI_OK;
    if (strlen(path) == 0 || strlen(path) >= sizeof address->sun_path)
        return fasti_detail_set(detail, FASTI_INVALID_OPTION,
                                "the Unix socket's path is empty or longer than %zu bytes",
                                sizeof address->sun_path - 1);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path));
    struct stat status;
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            return unix_refuse(path, "there is something else than a socket", detail);
        if (is_listened_on(address))
            return unix_refuse(path, "another process listens on it, or it may not be asked",
                               detail);
    } else if (errno != ENOENT) {
        return unix_refuse(path, strerror(errno), detail);
    }
    char folder[sizeof address->sun_path];
    memcpy(folder, address->sun_path, sizeof folder);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    return access(slash == NULL ? "." : folder, W_OK | X_OK) == 0
               ? FASTI_OK
               : unix_refuse(path, strerror(errno), detail);
}

static enum fasti_status unix_open(struct fasti_server *server, struct fasti_detail *detail) {
    const char *path = server->options.unix_path;
    const struct sockaddr_un address = server->unix_address;
    if (path == NULL)
        return FASTI_OK;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot open a socket: %s", strerror(errno));
    server->listeners[1] = fd;
    /* Linux gives the new socket the mode of the descriptor, less umask: nobody else gets in
     * between bind and a later chmod. */
    (void)fchmod(fd, 0600);
    int result = bind(fd, (const struct sockaddr *)&address, sizeof address);
    if (result != 0 && errno == EADDRINUSE && is_stale(&address)) {
        (void)unlink(path);
        result = bind(fd, (const struct sockaddr *)&address, sizeof address);
    }
    if (result != 0)
        return unix_refuse(
            path, errno == EADDRINUSE ? "something is there by now" : strerror(errno), detail);
    server->is_unix_bound = true;
    if (chmod(path, 0600) != 0 || listen(fd, FASTI_LISTEN_BACKLOG) != 0)
        return unix_refuse(path, strerror(errno), detail);
    const size_t used = strlen(server->address);
    snprintf(server->address + used, sizeof server->address - used, "%sunix:%s",
             used > 0 ? " and " : "", path);
    return FASTI_OK;
}

/* ---- life ---- */

static void *thread_main(void *argument) {
    fasti_loop_run(argument);
    return NULL;
}

static void threads_join(struct fasti_server *server) {
    for (uint32_t i = 0; i < server->thread_count; i++)
        (void)pthread_join(server->threads[i], NULL);
    server->thread_count = 0;
}

/* Threads that cannot be made are reported in their place, so that the others give up too. */
static enum fasti_status threads_start(struct fasti_server *server, struct fasti_engine *engine,
                                       struct fasti_detail *detail) {
    for (uint32_t i = 0; i < server->options.worker_count; i++) {
        server->loops[i] = (struct fasti_loop_options){
            .engine = engine,
            .crew = &server->crew,
            .worker = i,
            .zoneinfo = server->options.zoneinfo,
            .timeouts = server->options.timeouts,
            .listeners = {i == 0 ? server->listeners[0] : -1, i == 0 ? server->listeners[1] : -1},
        };
        if (pthread_create(&server->threads[i], NULL, thread_main, &server->loops[i]) != 0) {
            fasti_crew_shrink(&server->crew, i, "no more threads can be started");
            break;
        }
        server->thread_count++;
    }
    const enum fasti_status status = fasti_crew_wait_begun(&server->crew, detail);
    if (status != FASTI_OK)
        threads_join(server);
    return status;
}

static void server_free(struct fasti_server *server) {
    for (int i = 0; i < 2; i++)
        if (server->listeners[i] >= 0)
            close(server->listeners[i]);
    if (server->is_unix_bound)
        (void)unlink(server->options.unix_path);
    fasti_crew_deinit(&server->crew);
    free(server);
}

static void defaults_set(struct fasti_server_options *options) {
    const struct fasti_timeouts defaults = {
        .hello_ms = FASTI_TIMEOUT_HELLO_MS,
        .frame_ms = FASTI_TIMEOUT_FRAME_MS,
        .send_ms = FASTI_TIMEOUT_SEND_MS,
        .idle_ms = FASTI_TIMEOUT_IDLE_MS,
        .quiet_ms = FASTI_TIMEOUT_QUIET_MS,
    };
    struct fasti_timeouts *timeouts = &options->timeouts;
    timeouts->hello_ms = timeouts->hello_ms > 0 ? timeouts->hello_ms : defaults.hello_ms;
    timeouts->frame_ms = timeouts->frame_ms > 0 ? timeouts->frame_ms : defaults.frame_ms;
    timeouts->send_ms = timeouts->send_ms > 0 ? timeouts->send_ms : defaults.send_ms;
    timeouts->idle_ms = timeouts->idle_ms > 0 ? timeouts->idle_ms : defaults.idle_ms;
    timeouts->quiet_ms = timeouts->quiet_ms > 0 ? timeouts->quiet_ms : defaults.quiet_ms;
    if (options->connections_max == 0 || options->connections_max > FASTI_CONNECTIONS_MAX)
        options->connections_max = FASTI_CONNECTIONS_MAX;
    if (options->zoneinfo == NULL)
        options->zoneinfo = FASTI_ZONEINFO_DEFAULT;
}

enum fasti_status fasti_server_open(const struct fasti_server_options *options,
                                    struct fasti_server **server, struct fasti_detail *detail) {
    struct fasti_server *it = calloc(1, sizeof *it);
    *server = NULL;
    if (it == NULL)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "no memory for the server");
    it->options = *options;
    defaults_set(&it->options);
    it->listeners[0] = it->listeners[1] = -1;
    enum fasti_status status =
        fasti_crew_init(&it->crew, options->worker_count, it->options.connections_max, detail);
    if (status != FASTI_OK) {
        free(it);
        return status;
    }
    status = tcp_open(it, detail);
    if (status == FASTI_OK)
        status = unix_check(it, detail);
    if (status != FASTI_OK) {
        server_free(it);
        return status;
    }
    *server = it;
    return FASTI_OK;
}

enum fasti_status fasti_server_start(struct fasti_server *server, struct fasti_engine *engine,
                                     struct fasti_detail *detail) {
    if (server->listeners[0] >= 0 && listen(server->listeners[0], FASTI_LISTEN_BACKLOG) != 0)
        return fasti_detail_set(detail, FASTI_IO_OPEN, "cannot listen on %s: %s",
                                server->options.listen, strerror(errno));
    FASTI_TRY(unix_open(server, detail));
    return threads_start(server, engine, detail);
}

void fasti_server_close(struct fasti_server *server) {
    FASTI_ASSERT(server->thread_count == 0);
    server_free(server);
}

const char *fasti_server_address(const struct fasti_server *server) {
    return server->address;
}

uint16_t fasti_server_port(const struct fasti_server *server) {
    return server->port;
}

int fasti_server_fault_fd(const struct fasti_server *server) {
    return server->crew.fault_fd;
}

uint32_t fasti_server_stop(struct fasti_server *server) {
    fasti_crew_stop(&server->crew, false);
    threads_join(server);
    const uint32_t undecided = server->crew.undecided_count;
    server_free(server);
    return undecided;
}
