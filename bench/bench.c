/*
 * bench.c - fasti-bench: how fast is a server, or the engine alone?
 *
 * The first argument names the subcommand; each has its own options and --help. Exit status: 0
 * done, 1 a file could not be written, 2 usage, 3 the server could not be reached or refused, 4
 * load --check or --rush found that what the server acknowledged cannot be true.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"load", fasti_bench_load, "a load on a running server: closed, open, in a rush"},
    {"engine", fasti_bench_engine, "the engine in this process, on a simulated disk"},
    {"life", fasti_bench_life, "years of a calendar, in this process"},
    {"generate", fasti_bench_generate, "the reference workload: tables, or into a server"},
    {"search", fasti_bench_search, "the workload's questions, in this process"},
    {"compare", fasti_bench_compare, "Fasti beside PostgreSQL and Redis, in one run"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

bool fasti_bench_number(const char *name, const char *text, uint32_t first, uint32_t last,
                        uint32_t *number) {
    char *end;
    const unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || value < first || value > last) {
        fprintf(stderr, "fasti-bench: %s takes a number from %u to %u, not \"%s\"\n", name, first,
                last, text);
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static int usage(FILE *stream, int status) {
    fprintf(stream, "usage: fasti-bench COMMAND [OPTION ...]\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].text);
    fprintf(stream, "fasti-bench COMMAND --help lists the options of one.\n"
                    "Exit: 0 done, 1 a file could not be written, 2 usage, 3 the server could not "
                    "be reached or refused, 4 a check failed.\n");
    return status;
}

int main(int argc, char **argv) {
    argp_err_exit_status = FASTI_BENCH_EXIT_USAGE;
    if (argc < 2)
        return usage(stderr, FASTI_BENCH_EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    if (strcmp(argv[1], "--version") == 0) {
        printf("fasti-bench %s\n", FASTI_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char name[64]; /* what usage calls the program */
            snprintf(name, sizeof name, "fasti-bench %s", commands[i].name);
            argv[1] = name;
            return commands[i].run(argc - 1, argv + 1);
        }
    fprintf(stderr, "fasti-bench: there is no command \"%s\"\n", argv[1]);
    return usage(stderr, FASTI_BENCH_EXIT_USAGE);
}
