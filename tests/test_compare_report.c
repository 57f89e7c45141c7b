/*
 * test_compare_report.c - what fasti-bench compare makes of its figures: medians, ratios, JSON
 * lines.
 *
 * tests/test_compare.sh runs the whole command.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <jansson.h>

#include "bench/bench_compare_report.h"

static void near(double value, double right) {
    cr_assert(fabs(value - right) <= 1e-9 * (1 + fabs(right)), "%.12g, not %.12g", value, right);
}

Test(compare_report, median_is_the_middle) {
    near(fasti_compare_median(NULL, 0), 0);
    near(fasti_compare_median((const double[]){7}, 1), 7);
    near(fasti_compare_median((const double[]){9, 1}, 2), 5);
    near(fasti_compare_median((const double[]){30, 10, 20}, 3), 20);
    near(fasti_compare_median((const double[]){4, 1, 3, 2}, 4), 2.5);
    const double rounds[] = {5, 4, 3, 2, 1e9};
    near(fasti_compare_median(rounds, 5), 4);
    near(rounds[0], 5); /* they stay in their order */
}

Test(compare_report, ratio_says_how_many_times_as_good) {
    near(fasti_compare_ratio(FASTI_COMPARE_RATE, 300, 100), 3);
    near(fasti_compare_ratio(FASTI_COMPARE_RATE, 50, 100), 0.5);
    near(fasti_compare_ratio(FASTI_COMPARE_CPU, 2, 100), 50);
    near(fasti_compare_ratio(FASTI_COMPARE_CPU, 100, 2), 0.02);
    near(fasti_compare_ratio(FASTI_COMPARE_WINNERS, 100, 100), 1);
    near(fasti_compare_ratio(FASTI_COMPARE_RATE, 300, 0), 0);
    near(fasti_compare_ratio(FASTI_COMPARE_CPU, 0, 5), 0);
}

Test(compare_report, spread_is_of_rounds_that_stand_beside_each_other) {
    const struct fasti_compare_figure fasti = {.rounds = 3, .per_second = {100, 900, 400}};
    const struct fasti_compare_figure peer = {.rounds = 3, .per_second = {50, 100, 400}};
    const struct fasti_compare_figure none = {0};
    double least, most;
    fasti_compare_spread(&fasti, &peer, &least, &most);
    near(least, 1);
    near(most, 9);
    fasti_compare_spread(&fasti, &none, &least, &most);
    near(least, 0);
    near(most, 0);
}

Test(compare_report, json_line_of_a_peer) {
    char text[FASTI_COMPARE_LINE_BYTES];
    const struct fasti_compare_line line = {
        .op = "q2",
        .schedules = 5000,
        .connections = 16,
        .depth = 1,
        .fasti = 1.25,
        .peer = 150,
        .peer_name = "postgres",
        .unit = FASTI_COMPARE_CPU,
    };
    const size_t length = fasti_compare_json(&line, text, sizeof text);
    cr_assert_eq(length, strlen(text));
    cr_assert_str_eq(text, "{\"op\":\"q2\",\"schedules\":5000,\"connections\":16,\"depth\":1,"
                           "\"fasti\":1.250,\"peer\":150.000,\"peer_name\":\"postgres\","
                           "\"ratio\":120.00,\"unit\":\"cpu_us/op\"}");
}

Test(compare_report, json_line_without_a_peer) {
    char text[FASTI_COMPARE_LINE_BYTES];
    const struct fasti_compare_line line = {
        .op = "b", .schedules = 10, .connections = 64, .depth = 16, .fasti = 350000.4};
    cr_assert_eq(fasti_compare_json(&line, text, sizeof text), strlen(text));
    cr_assert_str_eq(text, "{\"op\":\"b\",\"schedules\":10,\"connections\":64,\"depth\":16,"
                           "\"fasti\":350000,\"peer\":null,\"peer_name\":null,\"ratio\":null,"
                           "\"unit\":\"ops/s\"}");
}

/* The longest that a line may be. */
Test(compare_report, json_line_fits) {
    char text[FASTI_COMPARE_LINE_BYTES];
    const struct fasti_compare_line line = {
        .op = "opopopopopopopopopopopopopopopop",
        .schedules = UINT32_MAX,
        .connections = UINT32_MAX,
        .depth = UINT32_MAX,
        .fasti = 123456789012345,
        .peer = 0.001,
        .peer_name = "pppppppppppppppppppppppppppppppp",
        .unit = FASTI_COMPARE_RATE,
    };
    const size_t length = fasti_compare_json(&line, text, sizeof text);
    cr_assert_lt(length, sizeof text);
    json_t *read = json_loads(text, 0, NULL);
    cr_assert(read != NULL, "%s", text);
    cr_assert_eq(json_integer_value(json_object_get(read, "schedules")), UINT32_MAX);
    json_decref(read);
}

/* The lines of one operation: a figure is the median of its rounds. */
static json_t *lines_read(const struct fasti_compare_figure *fasti,
                          const struct fasti_compare_figure *peer, uint32_t *count) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    const struct fasti_compare_line line = {.op = "rush",
                                            .peer_name = peer == NULL ? NULL : "redis"};
    fasti_compare_json_print(stream, &line, fasti, peer);
    (void)fclose(stream);
    json_t *all = json_array();
    char *rest = NULL;
    for (char *one = strtok_r(text, "\n", &rest); one != NULL; one = strtok_r(NULL, "\n", &rest))
        cr_assert_eq(json_array_append_new(all, json_loads(one, 0, NULL)), 0, "%s", one);
    *count = (uint32_t)json_array_size(all);
    free(text);
    return all;
}

static double number(const json_t *lines, uint32_t index, const char *name) {
    return json_number_value(json_object_get(json_array_get(lines, index), name));
}

Test(compare_report, json_lines_of_rounds) {
    const struct fasti_compare_figure fasti = {
        .rounds = 3, .per_second = {1000, 4000, 2000}, .cpu_us = {3, 1, 2}, .winners_max = 100};
    const struct fasti_compare_figure peer = {
        .rounds = 3, .per_second = {500, 700, 100}, .cpu_us = {9, 8, 10}, .winners_max = 100};
    uint32_t count;
    json_t *lines = lines_read(&fasti, &peer, &count);
    cr_assert_eq(count, 3);
    near(number(lines, 0, "fasti"), 2000);
    near(number(lines, 0, "peer"), 500);
    near(number(lines, 0, "ratio"), 4);
    near(number(lines, 1, "fasti"), 2);
    near(number(lines, 1, "peer"), 9);
    near(number(lines, 1, "ratio"), 4.5);
    near(number(lines, 2, "fasti"), 100);
    near(number(lines, 2, "ratio"), 1);
    json_decref(lines);

    const struct fasti_compare_figure calm = {.rounds = 1, .per_second = {5}, .cpu_us = {7}};
    lines = lines_read(&calm, NULL, &count);
    cr_assert_eq(count, 2); /* no rush, no winners */
    near(number(lines, 1, "fasti"), 7);
    cr_assert(json_is_null(json_object_get(json_array_get(lines, 0), "ratio")));
    json_decref(lines);
}
