/*
 * bench_plot.c - files of a load's results, and its picture by gnuplot.
 *
 *   FILE.part, made before the run --rename--> FILE, when it is whole
 *   script and data --pipe--> gnuplot --standard output--> FILE.part
 *
 * gnuplot is asked for in PATH before the run; no name of ours reaches its script.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench_load.h"

extern char **environ;

#define BEYOND_MIN 1e-9 /* the 100th percentile's place on a scale without an end */

/* ---- files ---- */

static bool complain(const char *path) {
    fprintf(stderr, "fasti-bench: %s: %s\n", path, strerror(errno));
    return false;
}

bool fasti_bench_file_open(struct fasti_bench_file *file, const char *path) {
    *file = (struct fasti_bench_file){.path = path};
    if (path == NULL)
        return true;
    const size_t size = strlen(path) + sizeof ".part";
    file->beside = malloc(size);
    if (file->beside == NULL)
        abort();
    snprintf(file->beside, size, "%s.part", path);
    file->stream = fopen(file->beside, "we");
    if (file->stream != NULL)
        return true;
    (void)complain(file->beside);
    free(file->beside);
    return false;
}

bool fasti_bench_file_close(struct fasti_bench_file *file, bool is_good) {
    if (file->path == NULL)
        return true;
    bool is_kept = ferror(file->stream) == 0;
    is_kept = fclose(file->stream) == 0 && is_kept;
    if (is_good && !is_kept)
        (void)complain(file->beside);
    if (is_good && is_kept && rename(file->beside, file->path) != 0)
        is_kept = complain(file->path);
    if (!is_good || !is_kept)
        (void)unlink(file->beside);
    free(file->beside);
    return is_kept;
}

/* ---- gnuplot ---- */

bool fasti_bench_plot_find(void) {
    const char *path = getenv("PATH");
    while (path != NULL && *path != '\0') {
        char program[4096];
        const size_t length = strcspn(path, ":");
        snprintf(program, sizeof program, "%.*s/gnuplot", (int)(length < 4000 ? length : 4000),
                 path);
        if (access(program, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    fputs("fasti-bench: --png needs gnuplot, and there is none in PATH: install gnuplot-nox (on "
          "Debian: apt-get install gnuplot-nox), or take --csv\n",
          stderr);
    return false;
}

/* One curve as gnuplot's data block: 1 / (1 - percentile / 100), microseconds. */
static void data_write(FILE *script, uint32_t number, const struct fasti_histogram *histogram) {
    double percentiles[FASTI_BENCH_POINTS_MAX];
    uint64_t ranks[FASTI_BENCH_POINTS_MAX];
    const uint32_t points = fasti_bench_curve(histogram->count, percentiles, ranks);
    fprintf(script, "$data%u << EOD\n", number);
    for (uint32_t i = 0; i + 1 < points; i++)
        fprintf(script, "%.9g %.1f\n", 1 / fmax(1 - percentiles[i] / 100, BEYOND_MIN),
                (double)fasti_histogram_at(histogram, ranks[i]) / 1e3);
    if (points > 0) /* the slowest, where one of so many stands */
        fprintf(script, "%.9g %.1f\n", (double)histogram->count,
                (double)histogram->value_max / 1e3);
    fputs("EOD\n", script);
}

static void script_write(FILE *script, const struct fasti_bench_load *load,
                         const struct fasti_bench_result *result) {
    char mix[FASTI_BENCH_MIX_TEXT_BYTES], plots[512] = "";
    size_t length = 0;
    uint32_t curves = 0;
    fasti_bench_mix_format(&load->mix, mix);
    fprintf(script,
            "set terminal png size 1000,600\n"
            "set title '%s, %u connections x depth %u, %s loop, %.1f s'\n"
            "set xlabel 'percentile'\nset ylabel 'latency, us'\n"
            "set logscale x\nset logscale y\nset grid\nset key outside right top\n"
            "set xtics ('0' 1, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000, "
            "'99.9999' 1000000)\n",
            mix, load->connections, load->depth, load->plan.is_open ? "open" : "closed",
            result->seconds);
    for (uint32_t op = 0; op <= FASTI_BENCH_OPERATIONS; op++) {
        const struct fasti_bench_tally *tally =
            op == FASTI_BENCH_OPERATIONS ? &result->all : &result->tallies[op];
        if (tally->latency_ns.count == 0)
            continue;
        data_write(script, curves, &tally->latency_ns);
        length +=
            (size_t)snprintf(plots + length, sizeof plots - length,
                             "%s$data%u using 1:2 with lines title '%s'", curves == 0 ? "" : ", ",
                             curves, fasti_bench_operation_name((enum fasti_bench_operation)op));
        curves++;
    }
    if (curves > 0)
        fprintf(script, "plot %s\n", plots);
}

/* Starts gnuplot with a pipe for its script and out as standard output; -1: it was told. */
static pid_t plot_start(int out, int *script) {
    char name[] = "gnuplot";
    char *arguments[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        (void)complain("gnuplot");
        return -1;
    }
    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) != 0)
        abort();
    errno = posix_spawnp(&pid, name, &actions, NULL, arguments, environ);
    if (errno != 0) {
        (void)complain("gnuplot");
        (void)close(ends[1]);
        pid = -1;
    }
    (void)close(ends[0]);
    (void)posix_spawn_file_actions_destroy(&actions);
    *script = ends[1];
    return pid;
}

bool fasti_bench_plot(struct fasti_bench_file *file, const struct fasti_bench_load *load,
                      const struct fasti_bench_result *result) {
    int end = -1, status = 0;
    const pid_t pid = plot_start(fileno(file->stream), &end);
    if (pid < 0)
        return false;
    FILE *script = fdopen(end, "w");
    if (script == NULL)
        abort();
    script_write(script, load, result);
    (void)fclose(script);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "fasti-bench: gnuplot could not draw %s\n", file->path);
    return false;
}
