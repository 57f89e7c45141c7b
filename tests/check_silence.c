/*
 * check_silence.c - a listener that must not be called: proves that nothing is fetched.
 *
 *   check_silence FILE     writes its port to FILE and listens until standard input ends
 *
 * A session puts http://127.0.0.1:PORT/ where a publication has its URLs. Exit 0: nobody called,
 * 1: somebody did (or it could not listen).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int stop(const char *what) {
    fprintf(stderr, "check_silence: %s\n", what);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 2 || listener < 0 ||
        bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return stop("cannot listen");
    FILE *file = fopen(argv[1], "w");
    if (file == NULL)
        return stop("cannot write the port");
    fprintf(file, "%d\n", ntohs(address.sin_port));
    fclose(file);
    for (;;) {
        struct pollfd events[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                   {.fd = listener, .events = POLLIN}};
        char byte;
        if (poll(events, 2, -1) < 0)
            return stop("cannot wait");
        if (events[1].revents != 0)
            return stop("somebody called");
        if (events[0].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0)
            return EXIT_SUCCESS;
    }
}
