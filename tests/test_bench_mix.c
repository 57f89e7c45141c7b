/*
 * test_bench_mix.c - mixes of a load: what is read, what is refused, how often each part is drawn.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bench/bench_mix.h"

static void reads(const char *text, const uint32_t weights[FASTI_BENCH_PARTS]) {
    struct fasti_bench_mix mix;
    char why[160] = "", back[FASTI_BENCH_MIX_TEXT_BYTES];
    cr_assert(fasti_bench_mix_parse(text, &mix, why, sizeof why), "%s: %s", text, why);
    cr_assert(memcmp(mix.weights, weights, sizeof mix.weights) == 0, "%s", text);
    fasti_bench_mix_format(&mix, back);
    cr_assert(fasti_bench_mix_parse(back, &mix, why, sizeof why), "%s: %s", back, why);
    cr_assert(memcmp(mix.weights, weights, sizeof mix.weights) == 0, "%s as %s", text, back);
}

static void refuses(const char *text, const char *sentence) {
    struct fasti_bench_mix mix;
    char why[160] = "";
    cr_assert(!fasti_bench_mix_parse(text, &mix, why, sizeof why), "%s", text);
    cr_assert(strstr(why, sentence) != NULL, "%s: %s", text, why);
}

Test(bench_mix, reads) {
    reads("search=60,page=30,book=8,cancel=1,hold=1", (const uint32_t[]){60, 30, 8, 1, 1});
    reads("hold=1,search=2", (const uint32_t[]){2, 0, 0, 0, 1});
    reads("book=1000000,page=0", (const uint32_t[]){0, 0, 1000000, 0, 0});
    reads("availability", (const uint32_t[]){0, 1, 0, 0, 0});
    reads("page", (const uint32_t[]){0, 1, 0, 0, 0});
    reads("book", (const uint32_t[]){0, 0, 1, 0, 0});
    reads("mixed", (const uint32_t[]){0, 1, 1, 0, 0});
    reads("hold", (const uint32_t[]){0, 0, 0, 0, 1});
    reads("search", (const uint32_t[]){1, 0, 0, 0, 0});
    reads("search=1000000,page=999999,book=999998,cancel=999997,hold=999996",
          (const uint32_t[]){1000000, 999999, 999998, 999997, 999996});
}

Test(bench_mix, refuses) {
    refuses("", "is not a mix");
    refuses("books", "is not a mix");
    refuses("books=1", "\"books=1\" is not a part");
    refuses("book=1,", "\"\" is not a part");
    refuses(",book=1", "\"\" is not a part");
    refuses("book=1,page", "\"page\" is not a part");
    refuses("book=1;page=2", "book takes a weight from 0 to 1000000, not \"1;page=2\"");
    refuses("book=", "book takes a weight");
    refuses("book=-1", "book takes a weight");
    refuses("book=1.5", "book takes a weight");
    refuses("book=1000001", "book takes a weight");
    refuses("book=99999999999999999999", "book takes a weight");
    refuses("book=1,page=2,book=3", "book stands twice");
    refuses("book=0,page=0", "all weights are 0");
}

Test(bench_mix, draws_as_often_as_weights_say) {
    enum { DRAWS = 100000 };
    struct fasti_bench_mix mix = {.weights = {60, 30, 8, 0, 2}};
    struct fasti_prng prng = {20261129};
    uint32_t drawn[FASTI_BENCH_PARTS] = {0};
    for (uint32_t i = 0; i < DRAWS; i++)
        drawn[fasti_bench_mix_pick(&mix, &prng)]++;
    cr_assert_eq(drawn[FASTI_BENCH_PART_CANCEL], 0);
    for (uint32_t i = 0; i < FASTI_BENCH_PARTS; i++) {
        const int64_t wanted = (int64_t)mix.weights[i] * DRAWS / 100;
        cr_assert_leq(llabs((int64_t)drawn[i] - wanted), DRAWS / 100, "part %u: %u times", i,
                      drawn[i]);
    }
    cr_assert(fasti_bench_mix_writes(&mix));
    mix = (struct fasti_bench_mix){.weights = {1, 1, 0, 0, 0}};
    cr_assert(!fasti_bench_mix_writes(&mix));
}
